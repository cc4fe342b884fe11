"""In a browser: the explorable "the wall", by mouse, touch and keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from test_wall_kernel import COMMON, EXAMPLES
from widget_pages import SHOWN, drawn, finger_drags, shown

from book_utils.dynamics import one_unit
from book_utils.figures import wall
from book_utils.widgets.wall import Wall

SLIDERS = {
    "x0": "x0",
    "target": "target",
    "n": "steps",
    "iterations": "iterations",
    "step": "step size",
    "threshold": "clipped",
    "held": "fixed",
    "radius": "largest",
}


def slider(page: Page, key: str) -> Locator:
    return page.get_by_role("slider", name=re.compile(f"^{SLIDERS[key]}"))


def start(page: Page) -> Locator:
    return page.locator(".handle.start")


def place(page: Page) -> list[float]:
    """The start, as its handle says it."""
    said = start(page).get_attribute("aria-valuetext").replace("−", "-")
    return [float(v) for v in re.match(r"w = ([-\d.]+), b = ([-\d.]+):", said).groups()]


def state(page: Page) -> dict:
    """The state as the controls show it."""
    numbers = {key: float(slider(page, key).input_value()) for key in SLIDERS}
    counts = {key: int(numbers[key]) for key in ("n", "iterations")}
    near = page.get_by_role("button", name="near the wall").get_attribute("aria-pressed")
    zoom = "near" if near == "true" else "whole"
    return {**numbers, **counts, "start": place(page), "zoom": zoom}


def agrees_with_numpy(page: Page) -> wall.Record:
    """What is said of the start and of each run is what NumPy gives for the state shown."""
    now = state(page)
    record = wall.compute(**now)
    E, gw, gb = one_unit.objective(record.y0, now["target"], now["n"])(*now["start"])
    for what, expected in (("E", E), ("gw", gw), ("gb", gb), ("y0", record.y0)):
        assert shown(page, what) == pytest.approx(expected, rel=SHOWN), what
    for name, run in record.runs.items():
        hit = page.locator(f'[data-read="{name}.hit"]').inner_text()
        assert hit == ("—" if run.hit is None else str(run.hit)), name
        assert shown(page, f"{name}.largest") == pytest.approx(run.largest, rel=SHOWN), name
        assert shown(page, f"{name}.jumps") == len(run.jumps), name
        row = page.locator("tbody tr", has=page.locator(f'[data-read="{name}.hit"]'))
        away = f"left the map at {run.left}"
        assert row.inner_text().count(away) == (run.left is not None), name
    return record


def point(page: Page, w: float, b: float) -> tuple[float, float]:
    """Where on the page that place of the window shown lies."""
    (left, right), (bottom, top) = wall.WINDOWS[state(page)["zoom"]]
    box = page.locator(".wall canvas").bounding_box()
    x = box["x"] + (w - left) / (right - left) * box["width"]
    return x, box["y"] + (top - b) / (top - bottom) * box["height"]


def test_numbers_are_right_before_anyone_moves(live):
    """The page starts at the stored state, with NumPy's numbers."""
    agrees_with_numpy(live)
    assert state(live) == Wall().state()


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_show_what_they_are_named_for(live, name):
    """Each example sets its state, and its story is NumPy's."""
    live.get_by_role("button", name=name).click()
    now = state(live)
    assert {**now, **COMMON, **EXAMPLES[name], "zoom": now["zoom"]} == now
    runs = agrees_with_numpy(live).runs
    hits = {method: run.hit for method, run in runs.items()}
    if name.startswith("Example"):
        assert hits["fixed"] < hits["clipped"] < hits["vanilla"]
        assert runs["vanilla"].left is None
    elif name == "Figure 2":
        assert runs["vanilla"].left == 6
        assert runs["vanilla"].largest > 100
    else:
        assert hits["vanilla"] is None
        assert runs["vanilla"].b[-1] < -5.5


def test_drag_moves_the_start(live):
    """The start follows the mouse, from where it is grabbed, and so do all numbers."""
    x, y = point(live, *place(live))
    live.mouse.move(x + 3, y + 3)
    live.mouse.down()
    live.mouse.move(*(v + 3 for v in point(live, 3.5, -1.25)), steps=3)
    assert place(live) == pytest.approx([3.5, -1.25], abs=0.011)
    live.mouse.move(x - 900, y - 900)
    assert place(live) == [2.5, 0]
    live.mouse.up()
    agrees_with_numpy(live)


def test_press_sets_the_start(live):
    """A press beside the start moves it there, and the mouse may drag on at once."""
    live.mouse.move(*point(live, 3, -3))
    live.mouse.down()
    assert place(live) == pytest.approx([3, -3], abs=0.011)
    expect(start(live)).to_be_focused()
    live.mouse.move(*point(live, 3.3, -2.5))
    live.mouse.up()
    assert place(live) == pytest.approx([3.3, -2.5], abs=0.011)
    live.mouse.move(*point(live, 5, -1))
    assert place(live) == pytest.approx([3.3, -2.5], abs=0.011)
    agrees_with_numpy(live)


def test_keys_move_the_start(live):
    """Arrows move the start by 0.05, with Shift by 0.5, within the window; Home goes back."""
    start(live).focus()
    for key, where in (
        ("ArrowRight", [4.69, -2.41]), ("ArrowUp", [4.69, -2.36]),
        ("Shift+ArrowLeft", [4.19, -2.36]), ("Shift+ArrowDown", [4.19, -2.86]),
    ):  # fmt: skip
        live.keyboard.press(key)
        assert place(live) == pytest.approx(where)
    agrees_with_numpy(live)
    for _ in range(5):
        live.keyboard.press("Shift+ArrowLeft")
    assert place(live) == [2.5, -2.86]
    live.keyboard.press("Home")
    assert place(live) == [4.64, -2.41]
    assert live.evaluate("scrollY") == 0


def test_every_slider_reaches_the_numbers(live):
    """From a start in the strip, where nothing is delicate, each slider changes what is shown."""
    live.mouse.click(*point(live, 3.5, -3))
    for key, value in (
        ("x0", "1.5"), ("target", "0.4"), ("n", "12"), ("iterations", "90"), ("step", "0.8"),
        ("threshold", "0.1"), ("held", "1.5"), ("radius", "2"),
    ):  # fmt: skip
        before = live.locator(".side").inner_html()
        slider(live, key).fill(value)
        assert state(live)[key] == float(value)
        assert live.locator(".side").inner_html() != before
        agrees_with_numpy(live)


def test_windows(live):
    """The whole window shows more, and a start outside the near one is shown in the whole."""
    near = live.get_by_role("button", name="near the wall")
    whole = live.get_by_role("button", name="whole")
    assert near.get_attribute("aria-pressed") == "true"
    whole.click()
    assert near.get_attribute("aria-pressed") == "false"
    live.mouse.click(*point(live, 7, -6))
    assert place(live) == pytest.approx([7, -6], abs=0.02)
    near.click()
    assert whole.get_attribute("aria-pressed") == "true"
    agrees_with_numpy(live)


def test_touch(phone):
    """On a phone a finger drags the start, a tap sets it, and the page scrolls elsewhere."""
    phone.locator(".wall canvas").scroll_into_view_if_needed()
    where = place(phone)
    finger_drags(phone, *(point(phone, *at) for at in (where, (4.3, -2), (3.5, -1.5))))
    assert place(phone) == pytest.approx([3.5, -1.5], abs=0.05)
    phone.touchscreen.tap(*point(phone, 5.5, -3))
    assert place(phone) == pytest.approx([5.5, -3], abs=0.05)
    agrees_with_numpy(phone)


def test_the_canvas_has_words(live):
    """Who does not see the map reads where the valley and the wall are, and the runs' fates."""
    canvas = live.locator(".wall canvas")
    assert canvas.get_attribute("role") == "img"
    words = canvas.get_attribute("aria-label")
    assert "at w = 6 the limit jumps at b = −2.585" in words
    assert "falls straight from b = 0.6633 at w = 0" in words
    label = live.locator("svg.map").get_attribute("aria-label")
    assert "Vanilla arrives at 178; clipped arrives at 96" in label
    live.get_by_role("button", name="Figure 2").click()
    assert "Vanilla leaves the map at 6" in live.locator("svg.map").get_attribute("aria-label")
    expect(live.get_by_role("status")).to_contain_text("Vanilla leaves the map at 6; clipped")


# How opaque the map is painted at shares of its width and height from the top left.
SHADE = """([x, y]) => {
    const map = document.querySelector(".wall canvas");
    const copy = new OffscreenCanvas(map.width, map.height).getContext("2d");
    copy.drawImage(map, 0, 0);
    const at = [Math.floor(x * map.width), Math.floor(y * map.height)];
    return copy.getImageData(...at, 1, 1).data[3] / 215;
}"""


def test_the_map_is_painted_as_high_as_the_surface(live):
    """Where NumPy's surface is higher the map is darker, and it follows the target."""
    for target in ("0.66", "0.3"):
        slider(live, "target").fill(target)
        record = wall.compute(**state(live))
        for column, row in ((0.5, 0.5), (0.1, 0.9), (0.9, 0.1), (0.05, 0.05), (0.95, 0.95)):
            cell = int((1 - row) * wall.CELLS), int(column * wall.CELLS)
            # Twenty shades: half of one, and the slope within a cell.
            found = live.evaluate(SHADE, [column, row])
            assert found == pytest.approx(record.heights[cell], abs=0.05)


def test_every_state_is_drawn(live):
    """At the ends of all ranges, and on the wall itself, nothing is cut off and nothing is NaN."""
    for x0, target in ((-3, 0.05), (3, 0.95), (0, 0.7)):
        for place in ([0, -7], [8, 1], [8, -4.0], [4, -2]):
            for zoom, n, step in (("near", 5, 0.01), ("whole", 100, 1)):
                case = {
                    **Wall().state(), "x0": x0, "target": target, "start": place, "zoom": zoom,
                    "n": n, "step": step,
                }  # fmt: skip
                assert drawn(live, "wall", [case], parts="svg :is(text, path)") == [
                    {"cut": [], "odd": None}
                ], case


def test_state_changes_the_picture():
    """Another state gives another figure and other words."""
    first = Wall()._repr_mimebundle_()[0]["text/html"]
    moved = Wall(start=[3.5, -1], x0=1)._repr_mimebundle_()[0]["text/html"]
    assert moved != first
    assert "from w = 3.5, b = -1" in moved


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"x0": 3.1}, "x0: got 3.1, expects -3 to 3"),
        ({"target": 0}, "target: got 0, expects 0.05 to 0.95"),
        ({"n": 4}, "n: got 4, expects 5 to 100"),
        ({"start": [8.5, 0]}, r"start: got \[8.5, 0.0\], expects w from 0 to 8 and b from -7 to 1"),
        ({"start": [4, 2]}, r"start: got \[4.0, 2.0\], expects w from 0 to 8 and b from -7 to 1"),
        ({"start": [4]}, r"start: got shape \(1,\), expects shape \(2,\)"),
        ({"step": 0}, "step: got 0, expects 0.01 to 1"),
        ({"threshold": 6}, "threshold: got 6, expects 0.1 to 5"),
        ({"held": 4}, "held: got 4, expects 0 to 3.9"),
        ({"radius": 4}, "radius: got 4, expects 0.5 to 3.9"),
        ({"iterations": 301}, "iterations: got 301, expects 10 to 300"),
        ({"zoom": "far"}, "zoom: got 'far', expects one of whole, near"),
    ],
)
def test_bad_state_is_refused(state, message):
    """A number out of range is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        Wall(**state)
