"""Promises of the pages in a browser, wide and narrow, light and dark, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pages
import pytest
from playwright.sync_api import Browser, sync_playwright

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# They stand for all pages where something is the same on every page.
SAMPLE = ("index.html", "book/shock.html")
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


# Not for the whole session: an open browser holds the event loop that replayed chapters need.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for this file."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium, args=list(pages.BROWSER_FLAGS)
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe(node_modules: Path) -> str:
    """The script that finds what is hard to reach or to read."""
    return (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def look(visit: pages.Visit, axe: str, rules: dict[str, object], night: bool) -> list[str]:
    """What is wrong with a page as it stands now, and then by night: there the theme can spoil the
    colours."""
    visit.settled(f"{pages.UNREACHABLE}.length === 0")
    found = [*visit.overflow(), *visit.plain_formulas(), *visit.accessibility(axe, rules)]
    if night:
        visit.page.emulate_media(color_scheme="dark")
        visit.settled("document.documentElement.dataset.theme === 'dark'")
        found += [*visit.plain_formulas(), *visit.accessibility(axe, pages.COLOURS)]
    return found + visit.faults


def spoiled(browser: Browser, axe: str, site: Path, url: str, screen, whole: Sequence[str]) -> dict:
    """Everything wrong on a screen of one size, by page.

    The pages in `whole` are asked every rule by day and the colours by night, the others what
    hangs on the width of the window.
    """
    faults = {}
    every = pages.names(site)
    assert set(whole) <= set(every)
    for name in every:
        rules = pages.EVERY_RULE if name in whole else pages.LAYOUT
        with pages.Visit(browser, f"{url}/{name}", viewport=screen, color_scheme="light") as visit:
            if found := look(visit, axe, rules, night=name in whole):
                faults[name] = found
    return faults


# Each screen is a class of its own, so that they run side by side.
class TestOnADesk:
    """A wide window: every rule by day, the colours by night, on all pages."""

    def test_pages_behave(self, browser: Browser, axe: str, site: Path, site_url: str) -> None:
        """No page logs an error, asks another host, outgrows the window or breaks axe's rules."""
        assert spoiled(browser, axe, site, site_url, WIDE, pages.names(site)) == {}


class TestOnAPhone:
    """A narrow window: what it can spoil, and on two pages all the rest, since what only a phone
    shows is the same on every page."""

    def test_pages_behave(self, browser: Browser, axe: str, site: Path, site_url: str) -> None:
        """No page logs an error, asks another host, outgrows the window or breaks axe's rules."""
        assert spoiled(browser, axe, site, site_url, NARROW, SAMPLE) == {}


def test_formulas_break_no_rule(browser: Browser, axe: str, site_url: str) -> None:
    """Where formulas stand in full, axe objects to none of their parts either."""
    with pages.Visit(browser, f"{site_url}/book/jacobian.html") as visit:
        visit.settled(f"{pages.UNREACHABLE}.length === 0")
        assert visit.page.locator(".katex-display .katex-html").count() > 10
        assert visit.accessibility(axe) == []


def test_the_gates_close(browser: Browser, axe: str, site_url: str) -> None:
    """A page spoiled on purpose is caught at every gate of the test above."""
    with pages.Visit(browser, f"{site_url}/index.html") as visit:
        visit.page.evaluate(
            """() => {
              document.querySelector("article").insertAdjacentHTML("beforeend",
                '<p id="spoiled" style="width: 9000px; color: #999; background: #aaa">grey</p>'
                + '<img src="https://example.org/beacon.png">');
              console.error("spoiled");
            }"""
        )
        visit.page.wait_for_timeout(200)
        assert visit.overflow()
        found = " ".join([*visit.accessibility(axe), *visit.faults])
        for sign in ("color-contrast", "image-alt", "console: spoiled", "another host"):
            assert sign in found
        visit.page.evaluate(
            """() => document.querySelector("#spoiled").innerHTML =
                'grey <span class="katex"><span class="katex-html">'
                + '<span style="color: red">y</span></span></span>'"""
        )
        assert "a colour of its own" in " ".join(visit.plain_formulas())
        assert visit.page.locator("#spoiled").inner_text() == "grey x"
        colours = " ".join(visit.accessibility(axe, pages.COLOURS))
        assert "color-contrast" in colours
        assert "image-alt" not in colours


def test_pages_read_without_scripts(browser: Browser, site: Path, site_url: str) -> None:
    """Where scripts do not run, text, formulas, figures and solutions are all there to see."""
    for name in pages.names(site):
        if name == "search.html":
            continue
        with pages.Visit(browser, f"{site_url}/{name}", java_script_enabled=False) as visit:
            page = visit.page
            # What a width hides is decided by the style sheets, which all pages share.
            for screen in (NARROW, WIDE) if name in SAMPLE else (NARROW,):
                page.set_viewport_size(screen)
                assert page.locator("article h1").is_visible(), name
                hidden = page.evaluate(
                    """() => [...document.querySelectorAll(
                           "article :is(p, td, pre, img, .katex-html)")]
                         .filter((part) => part.textContent.trim() || part.localName === "img")
                         .filter((part) => !part.checkVisibility() || part.naturalWidth === 0)
                         .map((part) => part.outerHTML.slice(0, 200))"""
                )
                assert hidden == [], name
            assert visit.faults == [], name


@THEMES
def test_the_systems_theme_holds(browser: Browser, site_url: str, theme: str) -> None:
    """A page is dark where the system is dark, and light where it is light."""
    with pages.Visit(browser, site_url, color_scheme=theme) as visit:
        colour = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        channels = [int(part) for part in colour.strip("rgba()").split(",")[:3]]
        assert (sum(channels) / 3 < 64) == (theme == "dark"), colour


def test_a_reader_can_choose_the_theme(browser: Browser, site_url: str) -> None:
    """The button for the theme changes it, and the choice holds on the next page."""
    with pages.Visit(browser, site_url, color_scheme="light") as visit:
        page = visit.page
        for _ in range(3):  # light, dark, as the system has it: the button goes round
            page.locator(".theme-switch-button").first.click()
            if page.evaluate("document.documentElement.dataset.theme") == "dark":
                break
        page.goto(f"{site_url}/book/ledger.html", wait_until="networkidle")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_small_phone_shows_all(browser: Browser, site: Path, site_url: str) -> None:
    """On a phone no vocabulary and no table of functions scrolls, and what each row is about has
    the whole line; on the smallest, the keyboard reaches every formula wider than its box."""
    seen = 0
    for name in pages.names(site):
        with pages.Visit(browser, f"{site_url}/{name}", viewport=NARROW) as visit:
            rows = visit.page.evaluate(
                """() => [...document.querySelectorAll("table:is(.vocabulary, .functions)")]
                     .flatMap((table) => [...table.tBodies[0].rows].map((row) => {
                       const box = table.parentElement, last = row.cells[row.cells.length - 1];
                       return {
                         text: row.textContent,
                         over: box.scrollWidth - box.clientWidth,
                         part: last.getBoundingClientRect().width / box.clientWidth,
                       };
                     }))"""
            )
            assert [row for row in rows if row["over"] > 0 or row["part"] < 0.9] == [], name
            seen += len(rows)
            visit.page.set_viewport_size({"width": 320, "height": 640})
            visit.settled(f"{pages.UNREACHABLE}.length === 0")
            assert visit.page.evaluate(pages.UNREACHABLE) == [], name
            assert visit.overflow() == [], name
    assert seen > 0


def test_edges_show_where_there_is_more(browser: Browser, site_url: str) -> None:
    """A box that scrolls sideways has a shadow on the side where there is more, and only there."""
    with pages.Visit(browser, f"{site_url}/book/recurrence.html", viewport=NARROW) as visit:
        shadows = """(box, left) => new Promise((done) => {
            box.scrollLeft = left;
            requestAnimationFrame(() => setTimeout(() => {
                const shadow = getComputedStyle(box).boxShadow;
                const sides = [...shadow.matchAll(/(-?[\\d.]+)px 0px \\S+ \\S+ inset/g)];
                done(sides.map(([, x]) => (x > 0 ? "left" : "right")));
            }));
        })"""
        code = visit.page.locator(".cell_input pre").first
        room = code.evaluate("box => box.scrollWidth - box.clientWidth")
        assert room > 20
        assert code.evaluate(shadows, 0) == ["right"]
        assert code.evaluate(shadows, 10) == ["left", "right"]
        assert code.evaluate(shadows, room) == ["left"]
        short = visit.page.locator("pre", has_text="the same states: True").last
        assert short.evaluate(shadows, 0) == []


def test_the_book_can_be_searched(browser: Browser, site_url: str) -> None:
    """The search finds the chapter that speaks of what was asked."""
    with pages.Visit(browser, site_url) as visit:
        page = visit.page
        page.keyboard.press("Control+k")
        page.keyboard.type("Jacobian")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results a")
        found = page.locator("#search-results a").evaluate_all("links => links.map(a => a.href)")
        assert any("jacobian.html" in url for url in found)
        assert visit.faults == []
