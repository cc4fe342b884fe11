"""In a browser, without a kernel: what every explorable owes its readers."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page
from widget_pages import come_alive, open_page

from book_utils import widgets

NAMES = widgets.names()
CONTROLS = ":is(button, input, select, [tabindex='0'])"


@pytest.fixture(params=NAMES)
def explorable(request: pytest.FixtureRequest) -> str:
    """Each of them."""
    return request.param


def readings(page: Page) -> list[str]:
    """All that a reader sees in words, and where every control stands."""
    return page.evaluate(f"""() => {{
        const view = document.querySelector(".explorable-view");
        const values = [...view.querySelectorAll("{CONTROLS}")]
            .map((node) => node.value || node.getAttribute("aria-valuetext"));
        // Without what is said aloud after a pause: on a slow machine that comes in between.
        const shown = [...view.children].filter((node) => !node.matches(".spoken"));
        return [...shown.flatMap((node) => node.innerText.split("\\n")), ...values];
    }}""")


def test_live_view_takes_the_place_of_the_still(live):
    """The image is gone, and the view is there with its controls and read-outs."""
    assert live.locator("figure.explorable img").count() == 0
    assert live.locator(f".explorable-view {CONTROLS}").count() > 2
    assert live.locator("[data-read]").count() > 2
    assert not {"NaN", "undefined"} & set(" ".join(map(str, readings(live))).split())


def test_keys_stay_inside(live):
    """No key pressed in the explorable reaches the page around it: a notebook would take it."""
    live.evaluate("""() => {
        window.heard = [];
        for (const type of ["keydown", "keyup"])
            document.addEventListener(type, (event) => window.heard.push(event.key));
    }""")
    controls = live.locator(f".explorable-view {CONTROLS}")
    for i in range(controls.count()):
        controls.nth(i).focus()
        live.keyboard.press("ArrowRight")
    assert live.evaluate("window.heard") == []
    live.evaluate("document.activeElement.blur()")
    live.keyboard.press("ArrowRight")
    assert live.evaluate("window.heard") == ["ArrowRight", "ArrowRight"], "the test hears nothing"


def test_tab_reaches_every_control(live):
    """With Tab alone a reader comes by every control, and each has a name of its own."""
    live.locator("body").click(position={"x": 2, "y": 2})
    controls = live.locator(f".explorable-view {CONTROLS}")
    count = controls.count()
    reached = []
    for _ in range(count):
        live.keyboard.press("Tab")
        reached.append(
            live.evaluate(f"""() => {{
                const node = document.activeElement;
                if (!node.matches(".explorable-view {CONTROLS}")) return null;
                return node.getAttribute("aria-label") || node.labels?.[0]?.textContent
                    || node.textContent;
            }}""")
        )
    assert all(reached)
    assert len(set(reached)) == count, sorted(reached)


def test_examples_are_left_by_reset(live):
    """Each example changes what is shown, and Reset brings back what the page was written with."""
    stored = readings(live)
    buttons = live.get_by_role("group", name="Examples").get_by_role("button")
    assert buttons.count() > 2
    assert buttons.last.inner_text() == "Reset"
    for i in range(buttons.count() - 1):
        before = readings(live)
        buttons.nth(i).click()
        assert readings(live) != before
        assert "NaN" not in " ".join(map(str, readings(live)))
    buttons.last.click()
    assert [each for each in readings(live) if each] == [each for each in stored if each]


def test_changes_are_announced_once_the_reader_pauses(live):
    """A live region says what is new after a change, and nothing on arrival."""
    region = live.locator(".spoken[role=status]")
    # Longer than the pause after which a sentence is said; a slow machine only waits longer.
    live.wait_for_timeout(1000)
    assert region.text_content() == ""
    example = live.get_by_role("group", name="Examples").get_by_role("button").first
    # Clicked and read in one step: between two, a slow machine may let the pause pass.
    at_once = "button => { button.click(); return document.querySelector('.spoken').textContent; }"
    assert example.evaluate(at_once) == ""
    live.wait_for_function("document.querySelector('.spoken').textContent !== ''")
    assert region.text_content().endswith(".")


def around(control: Locator, margin: float = 8) -> dict[str, float]:
    """Where a control is in the window, with room for a ring around it."""
    box = control.bounding_box()
    left, top = max(box["x"] - margin, 0), max(box["y"] - margin, 0)
    return {
        "x": left,
        "y": top,
        "width": box["x"] + box["width"] + margin - left,
        "height": box["y"] + box["height"] + margin - top,
    }


def test_focus_can_be_seen(live):
    """Wherever the keyboard stands, something is drawn that is not drawn otherwise."""
    controls = live.locator(f".explorable-view {CONTROLS}")
    # A press of Tab first: a browser draws the focus for those who use the keyboard.
    live.keyboard.press("Tab")
    for i in range(controls.count()):
        controls.nth(i).scroll_into_view_if_needed()
        live.evaluate("document.activeElement.blur()")
        without = live.screenshot(clip=around(controls.nth(i)))
        controls.nth(i).focus()
        drawn = live.screenshot(clip=around(controls.nth(i)))
        assert drawn != without, controls.nth(i).evaluate("node => node.outerHTML")


def test_axe_finds_nothing(tab, window, explorable, explorables_url, node_modules):
    """Light and dark, wide and narrow: no accessibility violation, and nothing sticks out. No
    colour hangs on the width, so the narrow one is looked at by day."""
    page, complaints = tab
    complaints.clear()
    for theme, width in (("light", window["width"]), ("dark", window["width"]), ("light", 390)):
        page.set_viewport_size(window | {"width": width})
        page.goto(f"{explorables_url}/{explorable}-{theme}.html")
        come_alive(page)
        page.add_script_tag(path=str(node_modules / "axe-core" / "axe.min.js"))
        found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], (theme, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_nothing_moves_by_itself(live):
    """There is no animation and no transition, so there is none to reduce."""
    live.get_by_role("group", name="Examples").get_by_role("button").first.click()
    assert live.evaluate("document.getAnimations().length") == 0


# What is done without scripts, and where a module fails, is done alike for all explorables.
ONE = pytest.mark.parametrize("name", NAMES[:1])


@ONE
def test_without_scripts_the_still_figure_stands(browser, explorables_url, name):
    """With scripts off a reader sees the still figure, with its words, and why it stands still."""
    url = f"{explorables_url}/{name}-light.html"
    page, _ = open_page(browser, url, java_script_enabled=False)
    image = page.locator("figure.explorable img")
    image.wait_for(state="visible")
    assert image.get_attribute("alt") == widgets.explorable(name)().still().alt
    assert "Scripts are off, so this figure" in page.locator("figcaption").inner_text()
    page.context.close()


@ONE
@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "body": "gone"},
        {"content_type": "text/javascript", "body": "syntax error"},
        {
            "content_type": "text/javascript",
            "body": "export default { render() { throw new Error('broken') } }",
        },
    ],
    ids=["missing", "unreadable", "throwing"],
)
def test_a_view_that_fails_leaves_the_still(browser, explorables_url, answer, name):
    """If the module is missing or throws, the still stays, a sentence says so, and an error too."""
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.route(f"**/explorables/{name}.js", lambda route: route.fulfill(**answer))
    page.goto(f"{explorables_url}/{name}-light.html")
    page.get_by_text("The interactive version did not load").wait_for()
    image = page.locator("figure.explorable img")
    image.wait_for(state="visible")
    assert image.evaluate("image => image.complete && image.naturalWidth > 300")
    assert any(f'The explorable "{name}" did not start' in text for text in complaints)
    page.close()
