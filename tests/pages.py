"""Reading a built site: its pages, what they point to, and how they behave in a browser."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from conftest import PATIENCE
from playwright.sync_api import Browser, Page, TimeoutError

# Chromium's own services are off: a request that is seen comes from the page.
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SMALLEST = {"width": 320, "height": 640}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERY_RULE = {"runOnly": TAGS}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
LAYOUT = {
    "runOnly": [
        "aria-hidden-focus",
        "scrollable-region-focusable",
        "target-size",
        "meta-viewport",
    ]
}
"""The rules that hang on the width of the window: on what is hidden, scrolls, or is small."""


def names(site: Path) -> list[str]:
    """The address of every page below the root of the site."""
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


TAG = re.compile(r"<([a-z][a-z0-9]*)\b([^>]*)>")
CLASS = re.compile(r'\bclass="([^"]*)"')


def kinds(page: str) -> set[tuple[str, str]]:
    """The kinds of elements in a page's article: their names with their classes.

    Of the spans only those of code, whose classes have one or two letters: the others are parts
    of formulas, for which there is a test of its own.
    """
    article = page.partition("<article")[2].partition("</article>")[0]
    found = (
        (name, "".join(CLASS.findall(attributes))) for name, attributes in TAG.findall(article)
    )
    return {(name, styled) for name, styled in found if name != "span" or len(styled) < 3}


def kinds_by_page(site: Path) -> dict[str, set[tuple[str, str]]]:
    """The kinds of elements on every page of the site."""
    return {name: kinds((site / name).read_text(encoding="utf-8")) for name in names(site)}


def covering(site: Path) -> list[str]:
    """Some pages that show every kind of element of the site, taking the richest first.

    What a style sheet does to one element it does to all of its kind, on every page.
    """
    shown = kinds_by_page(site)
    missing, chosen = set().union(*shown.values()), []
    while missing:
        chosen.append(max(shown, key=lambda name: len(shown[name] & missing)))
        missing -= shown[chosen[-1]]
    return chosen


DRAWN = re.compile(r'<span\b[^>]*\bclass="katex-html"[^>]*>')
SPAN = re.compile(r"<(/?)span\b")


def undrawn(page: str) -> str:
    """A page without what its formulas draw: two thirds of its elements, all of them spans, and
    none with an address or an id. What a formula says stands beside it, as MathML."""
    kept, end = [], 0
    while drawn := DRAWN.search(page, end):
        kept.append(page[end : drawn.start()])
        depth = 0
        for tag in SPAN.finditer(page, drawn.start()):
            depth += -1 if tag[1] else 1
            if depth == 0:
                end = page.index(">", tag.end()) + 1
                break
        else:
            raise ValueError(f"a formula that does not end: {page[drawn.start() :][:200]}")
    return "".join([*kept, page[end:]])


@cache
def soup(path: Path) -> BeautifulSoup:
    """A page as a tree, its formulas without what they draw."""
    # Each tag makes the collector look again at all trees that are kept, and finds nothing.
    gc.disable()
    try:
        return BeautifulSoup(undrawn(path.read_text(encoding="utf-8")), "html.parser")
    finally:
        gc.enable()


@cache
def anchors(path: Path) -> frozenset[str]:
    """What a link may name after its #."""
    return frozenset(str(tag["id"]) for tag in soup(path).find_all(id=True))


def links(page: BeautifulSoup) -> Iterator[tuple[Tag, str]]:
    """Every address that a page mentions, with the element that mentions it."""
    for tag in page.find_all(True):
        for attribute in {"href", "src", "action", "poster", "data"} & tag.attrs.keys():
            yield tag, str(tag[attribute])
        if "srcset" in tag.attrs:
            for candidate in str(tag["srcset"]).split(","):
                yield tag, candidate.split()[0]


def style_urls(style: str) -> Iterator[str]:
    """Every address that a style sheet loads."""
    yield from re.findall(r'url\(\s*["\']?([^"\')]+)', style)
    yield from re.findall(r'@import\s+["\']([^"\']+)', style)


def is_foreign(url: str) -> bool:
    """Whether an address leads to another host."""
    parts = urlsplit(url)
    return bool(parts.netloc) or parts.scheme in ("http", "https")


def broken(site: Path, at: Path, url: str) -> str | None:
    """Why an address found in the file `at` leads nowhere, or None when it leads somewhere."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return None
    target = (at.parent / unquote(parts.path)).resolve() if parts.path else at
    if target.is_dir():
        target /= "index.html"
    if not target.is_relative_to(site.resolve()) or not target.is_file():
        return f"{at.relative_to(site)}: no file at {url}"
    # An empty fragment leads to the top of the page.
    if (
        parts.fragment
        and target.suffix == ".html"
        and unquote(parts.fragment) not in anchors(target)
    ):
        return f"{at.relative_to(site)}: no place at {url}"
    return None


UNREACHABLE = """[
    ...document.querySelectorAll(".katex-display, pre, .pst-scrollable-table-container")
]
    .filter((box) => box.scrollWidth > box.clientWidth && box.tabIndex < 0)
    .map((box) => (box.querySelector("annotation") ?? box).textContent.slice(0, 80))"""
"""The formulas, the code and the tables that are wider than their box and that no key reaches.

The fonts make formulas wider, and the page answers in the frame after they came; to another width
of the window it answers after a pause: wait for it.
"""


class Visit:
    """A page open in a browser, and all that went wrong in it."""

    def __init__(self, browser: Browser, url: str, **context: object) -> None:
        self.host = urlsplit(url).netloc
        self.faults: list[str] = []
        self.patience = 1000.0 * PATIENCE
        """How many milliseconds a page may take to settle."""
        self.context = browser.new_context(**context)
        self.context.set_default_timeout(self.patience)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self._requested)
        self.page.on("requestfailed", self._failed)
        self.page.goto(url)
        # They change the width of everything.
        self.page.evaluate("document.fonts.ready.then(() => null)")

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def _heard(self, message: object) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _requested(self, request: object) -> None:
        if is_foreign(request.url) and urlsplit(request.url).netloc != self.host:
            self.faults.append(f"request to another host: {request.url}")

    def _failed(self, request: object) -> None:
        # Where scripts are off, that is how a script fails.
        if request.failure != "csp":
            self.faults.append(f"failed: {request.url}: {request.failure}")

    def settled(self, condition: str) -> None:
        """Wait until a condition holds in the page, but not for ever: the test says what it saw."""
        with suppress(TimeoutError):
            self.page.wait_for_function(condition, timeout=self.patience)

    def answered(self) -> None:
        """Wait until a key reaches all that is wider than its box."""
        self.settled(f"{UNREACHABLE}.length === 0")

    def resize(self, size: Mapping[str, int]) -> None:
        """Make the window another size, and wait for the page to answer."""
        self.page.set_viewport_size(dict(size))
        self.answered()

    def nightfall(self) -> None:
        """Let the system turn dark under the page, and wait until its colours have faded over."""
        self.page.emulate_media(color_scheme="dark")
        self.settled(
            """document.documentElement.dataset.theme === "dark"
               && document.getAnimations().every((each) => each.playState !== "running")"""
        )

    def still(self) -> list[str]:
        """The explorables that do not come alive."""
        self.settled("document.querySelector('figure.explorable:not([data-live])') === null")
        return self.page.evaluate("""() =>
            [...document.querySelectorAll("figure.explorable")]
                .filter((figure) => !figure.matches("[data-live]") || figure.querySelector("img"))
                .map((figure) => `does not live: ${figure.dataset.explorable}`)""")

    def overflow(self) -> list[str]:
        """What makes the page wider than the window."""
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return [f"{wide} px wider than the window"] if wide > 0 else []

    def cut_off(self) -> list[str]:
        """What a phone does not show: a vocabulary or a table of functions that scrolls, a row of
        one whose last cell has not the whole line, and on the smallest phone, which the window is
        then, a formula, code or a table that is wider than its box and that no key reaches."""
        found = self.page.evaluate("""() =>
            [...document.querySelectorAll("table:is(.vocabulary, .functions)")].flatMap((table) => {
                const box = table.parentElement, rows = [...table.tBodies[0].rows];
                return rows.filter((row) =>
                    box.scrollWidth > box.clientWidth
                    || [...row.cells].at(-1).getBoundingClientRect().width < 0.9 * box.clientWidth
                ).map((row) => `cut off: ${row.textContent}`);
            })""")
        self.resize(SMALLEST)
        found += [f"out of reach: {what}" for what in self.page.evaluate(UNREACHABLE)]
        return found + self.overflow()

    def plain_formulas(self) -> list[str]:
        """Put one letter in the place of every formula, and name those that would not look like it.

        A formula is hundreds of elements, and axe would look at each of them on every page. They
        have the colour of the text around them, which is what is checked here, so that a letter
        in their place is as easy to read as they are.
        """
        return self.page.evaluate("""() => {
            const style = (part) => getComputedStyle(part);
            const own = [...document.querySelectorAll(".katex, .katex-html *")].filter((part) =>
                style(part).backgroundColor !== "rgba(0, 0, 0, 0)"
                || style(part).color !== style(part.parentElement).color);
            for (const formula of document.querySelectorAll(".katex")) formula.replaceChildren("x");
            return own.map((part) => `a colour of its own: ${part.outerHTML.slice(0, 200)}`);
        }""")

    def plain_code(self) -> None:
        """Let one word of each colour stand for all such words in the code of the page.

        Axe would look at each of thousands, and what it says hangs on the colours alone.
        """
        self.page.evaluate("""() => {
            const seen = new Set();
            const colours = (word) => [word.className, getComputedStyle(word).color,
                getComputedStyle(word).backgroundColor,
                getComputedStyle(word.closest("pre")).backgroundColor].join();
            // First all are looked at: with each that goes the page is laid out anew.
            const known = [...document.querySelectorAll("pre span")].filter((word) => {
                const before = seen.size;
                return seen.add(colours(word)).size === before;
            });
            for (const word of known) word.replaceWith(...word.childNodes);
        }""")

    def accessibility(self, axe: str, rules: Mapping[str, object] = EVERY_RULE) -> list[str]:
        """What axe-core objects to."""
        self.page.evaluate(axe)
        found = self.page.evaluate(
            "rules => axe.run(document, rules)", {**rules, "resultTypes": ["violations"]}
        )
        return [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
