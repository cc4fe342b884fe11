"""Promises of the pages in a browser, wide and narrow, light and dark, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pages
import pytest
from playwright.sync_api import Browser, sync_playwright

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
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


def look(visit: pages.Visit, axe: str, whole: bool) -> list[str]:
    """What is wrong with a page in a wide window, which is then made as narrow as a phone; of the
    `whole` of it every rule there too, and the colours by night."""
    found = [*visit.still(), *visit.overflow()]
    visit.resize(NARROW)
    # Which leaves the window as the smallest phone, for what comes next.
    found += [*visit.overflow(), *visit.cut_off()]
    found += visit.plain_formulas()
    visit.plain_code()
    visit.answered()
    found += visit.accessibility(axe, pages.EVERY_RULE if whole else pages.LAYOUT)
    visit.resize(WIDE)
    found += visit.accessibility(axe)
    if whole:
        visit.nightfall()
        found += [*visit.plain_formulas(), *visit.accessibility(axe, pages.COLOURS)]
    return found + visit.faults


def test_pages_behave(browser: Browser, axe: str, site: Path, site_url: str) -> None:
    """No page logs an error, asks another host, leaves an explorable still, outgrows the window,
    cuts off a table or a formula on the smallest phone, or breaks a rule of axe: every rule in a
    wide window, in a narrow one what its width can spoil; of every kind of element every rule in
    both, and the colours by night."""
    whole, faults = pages.covering(site), {}
    for name in pages.names(site):
        day = {"viewport": WIDE, "color_scheme": "light"}
        with pages.Visit(browser, f"{site_url}/{name}", **day) as visit:
            if found := look(visit, axe, name in whole):
                faults[name] = found
    assert faults == {}


def test_pages_open_on_a_phone(browser: Browser, axe: str, site: Path, site_url: str) -> None:
    """What a page does when it opens on a phone, and not when a window becomes as narrow as one:
    seen on the two richest pages, it breaks no rule of axe and fits the window."""
    faults = {}
    for name in pages.covering(site)[:2]:
        with pages.Visit(browser, f"{site_url}/{name}", viewport=NARROW) as visit:
            visit.answered()
            found = [*visit.overflow(), *visit.page.evaluate(pages.UNREACHABLE)]
            found += visit.plain_formulas()
            visit.plain_code()
            if found := [*found, *visit.accessibility(axe), *visit.faults]:
                faults[name] = found
    assert faults == {}


def test_a_few_pages_show_every_kind_of_element(site: Path) -> None:
    """The pages that stand for all hold each kind of element, and leaving one out would not do."""
    shown = pages.kinds_by_page(site)
    chosen = pages.covering(site)
    everything = set().union(*shown.values())
    assert {("figure", "explorable"), ("span", "kn")} <= everything
    assert any(name == "table" and "vocabulary" in styled for name, styled in everything)
    assert set().union(*(shown[name] for name in chosen)) == everything
    assert set().union(*(shown[name] for name in chosen[:-1])) < everything
    assert len(chosen) < len(shown) / 2


def test_formulas_break_no_rule(browser: Browser, axe: str, site_url: str) -> None:
    """Where formulas stand in full, axe objects to none of their parts either."""
    with pages.Visit(browser, f"{site_url}/book/jacobian.html") as visit:
        visit.answered()
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
        assert visit.still() == []
        visit.patience = 200
        visit.page.evaluate(
            """() => document.querySelector("article").insertAdjacentHTML("beforeend",
                '<figure class="explorable" data-explorable="stretch"></figure>')"""
        )
        assert visit.still() == ["does not live: stretch"]
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


def test_what_a_phone_cuts_off_is_found(browser: Browser, site_url: str) -> None:
    """A vocabulary too wide for a phone is caught, and so is a formula that no key reaches."""
    with pages.Visit(browser, f"{site_url}/book/shock.html", viewport=NARROW) as visit:
        visit.answered()
        assert visit.cut_off() == []
        visit.resize(NARROW)
        rows = visit.page.locator("table.vocabulary tbody tr").count()
        assert rows > 5
        visit.page.evaluate(
            """() => {
              document.querySelector("table.vocabulary td:last-child").style.minWidth = "500px";
              for (const box of document.querySelectorAll(".katex-display"))
                box.replaceWith(box.cloneNode(true));
              for (const box of document.querySelectorAll(".katex-display"))
                box.removeAttribute("tabindex");
            }"""
        )
        visit.patience = 200
        found = visit.cut_off()
        assert sum(each.startswith("cut off: ") for each in found) == rows
        assert any(each.startswith("out of reach: ") for each in found)


def test_pages_read_without_scripts(browser: Browser, site: Path, site_url: str) -> None:
    """Where scripts do not run, text, formulas, figures and solutions are all there to see: of
    every kind of element, wide and narrow, since the style sheets decide what a page hides."""
    for name in pages.covering(site):
        off = {"java_script_enabled": False, "viewport": NARROW}
        with pages.Visit(browser, f"{site_url}/{name}", **off) as visit:
            page = visit.page
            for screen in (NARROW, WIDE):
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
        # What is found comes in one by one.
        page.wait_for_selector("#search-results a[href*='/jacobian.html']")
        assert visit.faults == []
