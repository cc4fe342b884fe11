"""In a browser: the explorable "cobweb", by mouse, touch and keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from widget_pages import SHOWN, drawn, finger_drags, shown

from book_utils.dynamics import one_unit
from book_utils.figures import cobweb
from book_utils.widgets.cobweb import Cobweb


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def state(page: Page) -> dict:
    """The state as the sliders show it."""
    names = {"w": "weight", "b": "bias", "y0": "start y", "steps": "steps"}
    found = {key: float(slider(page, name).input_value()) for key, name in names.items()}
    return {**found, "steps": int(found["steps"])}


def agrees_with_numpy(page: Page, **exactly: float) -> cobweb.Record:
    """Every read-out is the number that NumPy gives for the state that the sliders show."""
    now = {**state(page), **exactly}
    record = cobweb.compute(**now)
    expected = {"reached": record.orbit[-1]}
    for i, (y, multiplier) in enumerate(zip(record.fixed, record.multipliers, strict=True)):
        expected |= {f"fixed.{i}": y, f"multiplier.{i}": multiplier}
    if record.cycle is not None:
        low, high = record.cycle
        expected |= {"cycle.low": low, "cycle.high": high}
    else:
        expected["limit"] = record.limit
    if record.shock is not None:
        expected |= {"shock": record.shock, "beyond": abs(record.b - record.shock)}
    found = {what: shown(page, what) for what in expected}
    assert found == pytest.approx(expected, rel=SHOWN, abs=1e-9)
    assert page.locator("[data-read^=fixed]").count() == len(record.fixed)
    assert page.locator(".web .point.open").count() == len(record.fixed) - sum(record.stable)
    return record


def test_numbers_are_right_before_anyone_moves(live):
    """The page starts at the stored state, with NumPy's numbers."""
    agrees_with_numpy(live)
    assert state(live) == Cobweb().state()


def test_examples_show_what_they_are_named_for(live):
    """Each example has the property that it is named for, and NumPy's numbers."""
    press(live, "One fixed point")
    assert len(agrees_with_numpy(live).fixed) == 1
    press(live, "Three fixed points")
    assert len(agrees_with_numpy(live).fixed) == 3
    ends = []
    for name, side in (("Just below the shock", "above"), ("Just above it", "below")):
        press(live, name)
        record = agrees_with_numpy(live)
        assert abs(record.b - record.shock) < 0.01
        said = live.locator("tr", has_text="shock of").inner_text()
        assert said.endswith(f" {side} the point")
        ends.append(shown(live, "limit"))
    assert ends[0] < 0.1 < 0.9 < ends[1]
    press(live, "Two-cycle")
    record = agrees_with_numpy(live)
    assert (record.w, record.b, record.y0) == (-8, 4, 0.4)
    assert shown(live, "cycle.multiplier") == pytest.approx(0.02768, rel=SHOWN)
    press(live, "Near the cusp")
    record = agrees_with_numpy(live, w=3.99, b=-1.99)
    assert abs(record.orbit[-1] - record.limit) > 0.05, "fifty steps are few here"


def test_the_point_moves_by_mouse(live):
    """Dragged, the point goes where the pointer goes and stops at the edge; a click puts it."""
    plane = live.locator("svg.map")
    box = plane.bounding_box()
    left, top = box["x"] + 37, box["y"] + 9
    wide, tall = box["width"] - 50, box["height"] - 34

    def place(w: float, b: float) -> tuple[float, float]:
        return left + wide * (w + 12) / 24, top + tall * (16 - b) / 26

    live.mouse.move(*place(6, -2.8))
    live.mouse.down()
    for w, b in ((-6, 3), (9, -5)):
        live.mouse.move(*place(w, b), steps=3)
        now = state(live)
        assert [now["w"], now["b"]] == pytest.approx([w, b], abs=0.2)
    live.mouse.move(box["x"] + 3 * box["width"], box["y"] + 3 * box["height"])
    live.mouse.up()
    assert [state(live)[key] for key in "wb"] == [12, -10]
    live.mouse.click(*place(2, 8))
    assert [state(live)[key] for key in "wb"] == pytest.approx([2, 8], abs=0.2)
    agrees_with_numpy(live)


def test_the_start_moves_by_mouse(live):
    """Where a pointer presses and drags in the cobweb, there is y₀, from 0.001 to 0.999."""
    box = live.locator("svg.web").bounding_box()
    y = box["y"] + box["height"] / 2
    live.mouse.move(box["x"] + box["width"] / 2, y)
    live.mouse.down()
    for share in (0.2, 0.8):
        live.mouse.move(box["x"] + 36 + share * (box["width"] - 48), y, steps=3)
        assert state(live)["y0"] == pytest.approx(share, abs=0.01)
    live.mouse.move(box["x"] - 50, y)
    assert state(live)["y0"] == 0.001
    live.mouse.up()
    agrees_with_numpy(live)


def test_keys_move_point_and_start(live):
    """Arrows move both, Shift and page keys further, Home goes back or to the end."""
    point, start = slider(live, "Point (w, b)"), slider(live, "Start of the orbit")
    point.focus()
    live.keyboard.press("ArrowRight")
    live.keyboard.press("Shift+ArrowDown")
    assert [state(live)[key] for key in "wb"] == [6.05, -3.3]
    says = "w = 6.05, b = −3.3: three fixed points"
    expect(point).to_have_attribute("aria-valuetext", says)
    agrees_with_numpy(live)
    live.keyboard.press("Home")
    assert [state(live)[key] for key in "wb"] == [6, -2.8]
    start.focus()
    for key, y0 in (("ArrowRight", 0.401), ("ArrowDown", 0.4), ("PageUp", 0.45), ("End", 0.999),
                    ("Home", 0.001)):  # fmt: skip
        live.keyboard.press(key)
        assert state(live)["y0"] == y0
    agrees_with_numpy(live)
    assert live.evaluate("scrollY") == 0


def test_the_shock_is_where_the_orbit_turns(live):
    """Moved over the shock by one arrow key, the same start ends at the other fixed point."""
    slider(live, "bias").fill("-2.81")
    low = agrees_with_numpy(live)
    slider(live, "bias").press("ArrowRight")
    high = agrees_with_numpy(live)
    assert low.b < low.shock == high.shock < high.b
    assert shown(live, "limit") - low.limit > 0.8
    expect(live.get_by_role("status")).to_contain_text("tends to 0.9469. The shock is 0.005465")


def test_one_end_is_neither_low_nor_high(live):
    """Across a fold the bar loses its two colours; a two-cycle has a mark of its own."""
    bars = live.locator(".web path.basin")

    def kinds() -> list[str]:
        drawn = [bar for bar in bars.all() if bar.get_attribute("d")]
        return [bar.get_attribute("class") for bar in drawn]

    slider(live, "bias").fill("-2.59")
    assert kinds() == ["basin low", "basin high"]
    slider(live, "bias").press("ArrowRight")
    assert agrees_with_numpy(live).b == -2.58
    assert kinds() == ["basin only"]
    assert live.locator(".web .point.only").count() == 1
    press(live, "Two-cycle")
    assert kinds() == ["basin cycle"]


def test_on_a_curve_it_says_here(live):
    """A start on the unstable point of a two-cycle is where even steps jump; a multiplier beside
    −1 is told from it; a shock that is met is here."""
    press(live, "Two-cycle")
    slider(live, "start y").fill("0.5")
    expect(live.locator("tr", has_text="even steps")).to_contain_text("jump at b = 4, here")
    assert live.locator("tr", has_text="shock of").count() == 0
    slider(live, "bias").fill("-0.59")
    expect(live.locator('[data-read="multiplier.0"]')).to_have_text("−1.0004")
    slider(live, "weight").fill("6")
    slider(live, "bias").fill("-3")
    row = live.locator("tr", has_text="shock of").inner_text()
    assert row.endswith("here")


def test_drag_by_touch(phone):
    """On a phone a finger drags the point, and the page does not scroll under it."""
    phone.locator("svg.map").scroll_into_view_if_needed()
    box = slider(phone, "Point (w, b)").locator(".knob").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    moves = ((5, 5), (-20, -20), (-900, -40))
    finger_drags(phone, *((x + dx, y + dy) for dx, dy in moves))
    assert state(phone)["w"] == -12
    assert state(phone)["b"] > -2
    agrees_with_numpy(phone)


def test_every_state_is_drawn(live):
    """At the ends of all ranges, and on the tips, everything is drawn and nothing is cut off."""
    cases = [
        {"w": w, "b": b, "y0": y0, "steps": steps}
        for w, b in ((-12, -10), (-12, 16), (12, 16), (12, -10), (12, -6), (-12, 6), (0, 0),
                     (4, -2), (-4, 2))
        for y0, steps in ((0.001, 200), (0.999, 1))
    ]  # fmt: skip
    for case, found in zip(
        cases,
        drawn(
            live,
            "cobweb",
            cases,
            'points: all(".point").length',
            "svg :is(text, path, circle:not(.reach, .ring, .halo))",
        ),
        strict=True,
    ):
        assert found["odd"] is None, case
        assert found["cut"] == [], case
        fixed, cycle = (
            f(case["w"], case["b"]) for f in (one_unit.fixed_points, one_unit.two_cycle)
        )
        assert found["points"] == len(fixed) + 2 * (cycle is not None), case


def test_state_changes_the_picture():
    """Another state gives another figure and other words; NumPy's numbers will do."""
    first = Cobweb()._repr_mimebundle_()[0]["text/html"]
    moved = Cobweb(w=np.float64(-8), b=4, y0=0.3, steps=7)
    assert moved.state() == {"w": -8, "b": 4, "y0": 0.3, "steps": 7}
    html = moved._repr_mimebundle_()[0]["text/html"]
    assert html != first
    assert "w = -8, b = 4: two-cycle" in html


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"w": 12.5}, "w: got 12.5, expects -12 to 12"),
        ({"w": float("nan")}, "w: got nan, expects -12 to 12"),
        ({"b": -11}, "b: got -11, expects -10 to 16"),
        ({"y0": 0}, "y0: got 0, expects 0.001 to 0.999"),
        ({"y0": 1}, "y0: got 1, expects 0.001 to 0.999"),
        ({"steps": 0}, "steps: got 0, expects 1 to 200"),
    ],
)
def test_bad_state_is_refused(state, message):
    """A number out of range is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        Cobweb(**state)
