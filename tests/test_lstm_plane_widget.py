"""In a browser: the explorable "lstm_plane", by mouse, touch and keyboard."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from widget_pages import SHOWN, drawn, finger_drags, shown, value_of

from book_utils.dynamics import lstm_iterations
from book_utils.figures import lstm_plane
from book_utils.widgets.lstm_plane import LSTMPlane

# The room around the axes, in pixels.
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 12, 30


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def point(page: Page) -> Locator:
    return slider(page, "Point of the plane")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose(page: Page, plane: str) -> None:
    page.get_by_role("combobox").select_option(plane)


def state(page: Page) -> dict:
    """The state as the sliders say it, with four digits."""
    names = {"F": "forget bound F", **{each: f"N{each} =" for each in "iofz"}, "d": "units d"}
    found = {
        key: value_of(slider(page, name).get_attribute("aria-valuetext"))
        for key, name in names.items()
    }
    return {**found, "d": int(found["d"]), "plane": page.get_by_role("combobox").input_value()}


def agrees_with_numpy(page: Page) -> lstm_plane.Record:
    """Every read-out is what NumPy gives for the state that the sliders show."""
    record = lstm_plane.compute(**state(page), points=5)
    rates = record.rates
    expected = {"p": rates.p, "q_o": rates.q_o, "printed": rates.by_sum,
                "weighted": rates.weighted, "weight": rates.weight,
                "room": (1 - record.F) * (1 - rates.q_o)}  # fmt: skip
    found = {what: shown(page, what) for what in expected}
    assert found == pytest.approx({k: float(v) for k, v in expected.items()}, rel=SHOWN, abs=1e-9)
    conditions = {"hypotheses": rates.hypotheses_hold, "sum": rates.by_sum < 1,
                  "weaker": rates.weaker_holds}  # fmt: skip
    for what, holds in conditions.items():
        expect(page.locator(f'[data-read="{what}"]')).to_contain_text("✓" if holds else "✗")
    steps = {"printed": record.sum_iterations, "weighted": record.weighted_iterations}
    for what, r in steps.items():
        says = "It promises nothing for any number of steps." if r is None else str(r)
        expect(page.locator(f'[data-read="{what}.steps"]')).to_have_text(says)
    return record


def test_numbers_are_right_before_anyone_moves(live):
    """The page starts at the stored state, with NumPy's numbers."""
    agrees_with_numpy(live)
    assert state(live) == LSTMPlane().state()


def test_examples_show_what_they_are_named_for(live):
    """Each example has the property that it is named for, and NumPy's numbers."""
    names = {"All three hold": 3, "Not as printed": 2, "Only the weaker": 1, "None holds": 0}
    for name, level in names.items():
        press(live, name)
        rates = agrees_with_numpy(live).rates
        conditions = (rates.weaker_holds, rates.by_sum < 1, rates.hypotheses_hold)
        assert np.sum(conditions) == level, name
    press(live, "N_f is dear")
    rates = agrees_with_numpy(live).rates
    assert 10 * agrees_with_numpy(live).f / 4 == pytest.approx(5 / 6 * rates.p)


def test_the_point_moves_by_mouse(live):
    """Dragged, the point goes where the pointer goes and stops at the edge; a click puts it."""
    box = live.locator("svg.map").bounding_box()
    wide, high = 4.4, 1.1 / 4

    def place(o: float, z: float) -> tuple[float, float]:
        across = LEFT + (box["width"] - LEFT - RIGHT) * o / wide
        down = TOP + (box["height"] - TOP - BOTTOM) * (high - z) / high
        return box["x"] + across, box["y"] + down

    live.mouse.move(*place(0.5, 0.1))
    live.mouse.down()
    for o, z in ((3, 0.05), (1.5, 0.2)):
        live.mouse.move(*place(o, z), steps=3)
        now = state(live)
        assert now["o"] == pytest.approx(o, abs=0.05)
        assert now["z"] == pytest.approx(z, abs=0.003)
    live.mouse.move(box["x"] + 900, box["y"] - 300)
    live.mouse.up()
    assert [state(live)[key] for key in "oz"] == [4.4, 0.275]
    agrees_with_numpy(live)
    live.mouse.click(*place(1, 0.15))
    now = state(live)
    assert [now["o"], now["z"]] == pytest.approx([1, 0.15], abs=0.03)
    agrees_with_numpy(live)


def test_the_axes_stay_until_the_point_is_released(live):
    """Dragged in from far out the point keeps to the pointer, and then the axes fit it again."""
    slider(live, "No =").fill("400")
    plane = live.locator("svg.map")
    expect(plane).to_have_attribute("aria-label", re.compile("^The plane of N_o, up to 8.8, "))
    box, knob = plane.bounding_box(), point(live).locator(".knob").bounding_box()
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    live.mouse.move(x, y)
    live.mouse.down()
    live.mouse.move(x - 3 / 8.8 * (box["width"] - LEFT - RIGHT), y, steps=6)
    assert state(live)["o"] == pytest.approx(2, abs=0.05)  # a border of a pixel
    live.mouse.up()
    expect(plane).to_have_attribute("aria-label", re.compile("^The plane of N_o, up to 4.4, "))


def test_keys_move_the_point(live):
    """Arrows move it, Shift further, Home back; a larger F draws a finer plane."""
    point(live).focus()
    live.keyboard.press("ArrowRight")
    live.keyboard.press("ArrowUp")
    live.keyboard.press("Shift+ArrowRight")
    assert [state(live)[key] for key in "oz"] == [1.05, 0.105]
    agrees_with_numpy(live)
    says = "N_o = 1.05, N_z = 0.105: The hypotheses as printed fail. F + p + q_o = 1.117."
    assert point(live).get_attribute("aria-valuetext").startswith(says)
    live.keyboard.press("Home")
    assert [state(live)[key] for key in "oz"] == [0.5, 0.1]
    slider(live, "Nz =").fill("0")
    slider(live, "forget bound F").fill("0.98")
    point(live).focus()
    live.keyboard.press("ArrowUp")
    assert state(live)["z"] == 0.0005
    for _ in range(3):
        live.keyboard.press("Shift+ArrowLeft")
    assert state(live)["o"] == 0
    agrees_with_numpy(live)
    assert live.evaluate("scrollY") == 0


def test_a_pair_of_p_and_q_o_moves_two_norms(live):
    """In the plane of p and q_o the point moves N_z and N_o, down to the p of the other two."""
    press(live, "N_f is dear")
    choose(live, "p over q_o")
    point(live).focus()
    for key in ("ArrowRight", "Shift+ArrowUp"):
        live.keyboard.press(key)
    assert [shown(live, what) for what in ("p", "q_o")] == [0.11, 0.15]
    now = state(live)
    assert [now["o"], now["z"]] == [0.6, 0.06]
    agrees_with_numpy(live)
    for _ in range(3):
        live.keyboard.press("Shift+ArrowDown")
    assert [state(live)["z"], shown(live, "p")] == [0, 0.05]


def test_many_units_need_more_steps(live):
    """The number of units changes the number of steps and nothing else."""
    one = agrees_with_numpy(live)
    slider(live, "units d").fill("11")
    many = agrees_with_numpy(live)
    assert many.d == 1500
    assert many.sum_iterations > one.sum_iterations
    assert many.weighted_iterations > one.weighted_iterations
    expect(live.get_by_role("status")).to_contain_text(f"{many.weighted_iterations} steps")


def test_without_p_only_larger_rates_have_a_norm(live):
    """With p = 0 and q_o >= F the weight of ρ(M) is 0: the page says so, and what it counts."""
    slider(live, "Nz =").fill("0")
    slider(live, "No =").fill("360")
    block = live.locator(".condition.weaker")
    expect(block).to_contain_text("any rate above ρ(M) = 1.012, with a weight of its own")
    slider(live, "forget bound F").fill("0.5")
    slider(live, "No =").fill("253")
    q = shown(live, "q_o")
    assert q == pytest.approx(0.5, abs=0.01)
    assert q >= 0.5
    expect(block).to_contain_text("any rate above ρ(M) = ")
    expect(block.locator('[data-read="weight"]')).to_have_count(0)
    rate, weight = (shown(live, f"counted.{what}") for what in ("rate", "weight"))
    assert rate == pytest.approx((1 + q) / 2, rel=SHOWN)
    r = lstm_iterations(1, rate, weight)
    expect(block).to_contain_text(f"{r} steps together contract the length")


def test_one_step_is_told_in_the_singular(live):
    """Where all is forgotten at once, one step contracts."""
    for name in ("forget bound F", "No =", "Nz ="):
        slider(live, name).fill("0")
    expect(live.locator(".condition.weaker")).to_contain_text("1 step contracts the length")


def test_a_phone_shows_the_result_above_the_plane(phone):
    """What holds stands in one line above the picture, and only where the read-out is below it."""
    line = phone.locator(".verdicts")
    expect(line).to_have_text("as printed ✗by the sum 0.975 ✓ρ(M) 0.8668 ✓")
    assert line.bounding_box()["y"] < phone.locator("svg.map").bounding_box()["y"]
    phone.set_viewport_size({"width": 1280, "height": 900})
    expect(line).to_be_hidden()


def test_drag_by_touch(phone):
    """On a phone a finger drags the point, and the page does not scroll under it."""
    phone.locator("svg.map").scroll_into_view_if_needed()
    box = point(phone).locator(".knob").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    moves = ((5, 5), (30, -20), (-90, -60))
    finger_drags(phone, *((x + dx, y + dy) for dx, dy in moves))
    assert state(phone)["o"] == 0
    assert state(phone)["z"] > 0.12
    agrees_with_numpy(phone)


def test_every_state_is_drawn(live):
    """At the ends of all ranges, in each plane, everything is drawn and nothing is cut off."""
    cases = [
        {"F": F, "i": i, "o": o, "f": i, "z": z, "d": 1, "plane": plane}
        for plane in lstm_plane.PLANES
        for F, i, o, z in ((0, 0, 0, 0), (0.99, 5, 5, 5), (0.99, 0, 0, 0), (0.5, 0.1, 4, 0))
    ]
    for case, found in zip(
        cases,
        drawn(live, "lstm_plane", cases, parts="svg :is(text, path, circle:not(.reach, .ring))"),
        strict=True,
    ):
        assert found == {"cut": [], "odd": None}, case


def test_state_changes_the_picture():
    """Another state gives another figure and other words; NumPy's numbers will do."""
    first = LSTMPlane()._repr_mimebundle_()[0]["text/html"]
    moved = LSTMPlane(F=np.float64(0.9), o=1.6, z=0.02, d=7, plane="N_f over N_o")
    html = moved._repr_mimebundle_()[0]["text/html"]
    assert html != first
    assert "F = 0.9, N_i = 0, N_o = 1.6" in html


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"F": 1}, "F: got 1, expects 0 to 0.99"),
        ({"i": -0.1}, "i: got -0.1, expects 0 to 5"),
        ({"z": float("nan")}, "z: got nan, expects 0 to 5"),
        ({"d": 0}, "d: got 0, expects 1 to 10000"),
        ({"plane": "N_o over N_o"}, "plane: got 'N_o over N_o', expects one of N_z over N_o, "),
    ],
)
def test_bad_state_is_refused(state, message):
    """What is out of range is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        LSTMPlane(**state)
