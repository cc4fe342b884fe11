"""Reading a built site: its pages, what they point to, and how they behave in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
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


@cache
def soup(path: Path) -> BeautifulSoup:
    """A page as a tree."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path: Path) -> frozenset[str]:
    """What a link may name after its #."""
    return frozenset(str(tag["id"]) for tag in soup(path).find_all(id=True))


def links(page: BeautifulSoup) -> Iterator[tuple[Tag, str]]:
    """Every address that a page mentions, with the element that mentions it."""
    for attribute in ("href", "src", "action", "poster", "data"):
        for tag in page.find_all(attrs={attribute: True}):
            yield tag, str(tag[attribute])
    for tag in page.find_all(srcset=True):
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


UNREACHABLE = """[...document.querySelectorAll(".katex-display")]
    .filter((box) => box.scrollWidth > box.clientWidth && box.tabIndex < 0)
    .map((box) => box.querySelector("annotation").textContent)"""
"""The formulas that are wider than their box and that no key reaches.

The fonts make formulas wider, and the page answers in the frame after they came: wait for it.
"""


class Visit:
    """A page open in a browser, and all that went wrong in it."""

    def __init__(self, browser: Browser, url: str, **context: object) -> None:
        self.host = urlsplit(url).netloc
        self.faults: list[str] = []
        self.context = browser.new_context(**context)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self._requested)
        self.page.on("requestfailed", self._failed)
        self.page.goto(url, wait_until="networkidle")

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
            self.page.wait_for_function(condition, timeout=10_000)

    def overflow(self) -> list[str]:
        """What makes the page wider than the window."""
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return [f"{wide} px wider than the window"] if wide > 0 else []

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
