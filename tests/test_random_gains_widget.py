"""In a browser: the explorable "random gains", by mouse, touch and keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from widget_pages import SHOWN, drawn, finger_drags, shown

from book_utils.dynamics import critical_gain
from book_utils.figures import random_gains
from book_utils.widgets.random_gains import RandomGains
from book_utils.widgets.random_gains.kernel import SIZES


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name, exact=False)


def chart(page: Page) -> Locator:
    return page.locator(".rate .picker")


def state(page: Page) -> dict:
    """The state as the controls show it."""
    return {
        "gain": float(chart(page).get_attribute("aria-valuenow")),
        "n": int(page.get_by_role("combobox", name="size").input_value()),
        "steps": int(slider(page, "steps").input_value()),
    }


def agrees_with_numpy(page: Page, seed: int = 1) -> random_gains.Record:
    """Every read-out is the number that NumPy gives for the state that the controls show."""
    record = random_gains.compute(**state(page), seed=seed)
    ends = record.rates[:, -1]
    expected = {
        "rate": record.rate,
        "factor": np.exp(record.rate),
        "critical": record.critical,
        "lowest": ends.min(),
        "highest": ends.max(),
    }
    found = {what: shown(page, what) for what in expected}
    # Four digits of a number below 1e-3 are shown as three beside a power of ten.
    assert found == pytest.approx(expected, rel=SHOWN, abs=1e-12)
    return record


def test_numbers_are_right_before_anyone_moves(live):
    """The page starts at the stored state, with NumPy's numbers and the same six runs."""
    record = agrees_with_numpy(live)
    assert state(live) == {name: RandomGains().state()[name] for name in ("gain", "n", "steps")}
    assert record.rate == pytest.approx(-np.euler_gamma / 2)


@pytest.mark.parametrize("n", SIZES)
def test_every_size(live, n):
    """Each size has its own critical gain, and the rate changes sign there."""
    live.get_by_role("combobox", name="size").select_option(str(n))
    agrees_with_numpy(live)
    critical = critical_gain(n)
    for gain, grows in ((critical - 0.02, False), (critical + 0.02, True)):
        live.get_by_role("slider", name="gain").fill(f"{gain:.2f}")
        assert (shown(live, "rate") > 0) == grows
        assert live.get_by_text("a typical product grows").count() == grows
        agrees_with_numpy(live)


def test_examples_show_what_they_are_named_for(live):
    """Near g_c two units keep their size, at 1 many shrink slowly, above critical they grow."""
    rates = {}
    for name in ("Two units, near critical", "64 units, g = 1", "Above critical", "Norm criterion"):
        live.get_by_role("button", name=name).click()
        agrees_with_numpy(live)
        rates[name] = shown(live, "rate")
    assert abs(rates["Two units, near critical"]) < 0.005
    assert -0.01 < rates["64 units, g = 1"] < 0
    assert rates["Above critical"] > 0
    assert rates["Norm criterion"] < -0.6, "far below what would be enough"


def test_new_runs_are_new_and_have_the_same_law(live):
    """The button draws six other runs, those of the next seed; the exact numbers stay."""
    before = shown(live, "lowest"), shown(live, "highest"), shown(live, "rate")
    live.get_by_role("button", name="New runs").click()
    after = shown(live, "lowest"), shown(live, "highest"), shown(live, "rate")
    assert before[:2] != after[:2]
    assert before[2] == after[2]
    agrees_with_numpy(live, seed=2)


def test_new_runs_are_announced(live):
    """Who does not see the picture hears where the new runs lie: the numbers of the read-out."""
    said = live.get_by_role("status")
    heard = set()
    for _ in range(2):
        live.get_by_role("button", name="New runs").click()
        low, high = (
            live.locator(f"[data-read={what}]").inner_text() for what in ("lowest", "highest")
        )
        expect(said).to_contain_text(
            f"After 200 steps the rates of 6 runs lie from {low} to {high}."
        )
        heard.add(said.inner_text())
    assert len(heard) == 2


def test_steps_narrow_the_runs(live):
    """After 400 steps the six rates lie closer together than after 10."""
    width = {}
    for steps in ("10", "400"):
        slider(live, "steps").fill(steps)
        agrees_with_numpy(live)
        width[steps] = shown(live, "highest") - shown(live, "lowest")
    assert width["400"] < width["10"] / 2


def test_keys_change_the_gain(live):
    """In the chart arrows move the gain by 0.01, page keys by 0.1, Home and End to the ends."""
    chart(live).focus()
    for key, gain in (("ArrowRight", 1.01), ("ArrowDown", 1), ("PageUp", 1.1), ("End", 2),
                      ("ArrowRight", 2), ("PageDown", 1.9), ("Home", 0.5)):  # fmt: skip
        live.keyboard.press(key)
        assert state(live)["gain"] == gain
        agrees_with_numpy(live)
    assert live.evaluate("scrollY") == 0


def test_drag_in_the_chart_changes_the_gain(live):
    """The point on the curve follows the pointer along the gain, and so do all numbers."""
    box = live.locator("svg.rate").bounding_box()
    y = box["y"] + box["height"] / 2
    live.mouse.move(box["x"] + box["width"] / 2, y)
    live.mouse.down()
    for share in (0.2, 0.8):
        live.mouse.move(box["x"] + 42 + share * (box["width"] - 54), y, steps=3)
        assert state(live)["gain"] == pytest.approx(0.5 + 1.5 * share, abs=0.02)
    live.mouse.move(box["x"] + 3 * box["width"], y)
    assert state(live)["gain"] == 2
    live.mouse.up()
    agrees_with_numpy(live)


def test_drag_by_touch(phone):
    """On a phone a finger that moves sideways in the chart sets the gain, and the page stays."""
    phone.locator("svg.rate").scroll_into_view_if_needed()
    box = phone.locator("svg.rate").bounding_box()
    y = box["y"] + 100
    finger_drags(phone, *((box["x"] + x, y) for x in (60, 90, box["width"] - 12)))
    assert state(phone)["gain"] == 2
    agrees_with_numpy(phone)


OWN = """
    chosen: all("path.chosen").length,
    runs: all("path.run").filter((node) => box(node).width > 0).length,
    places: ["half", "one", "critical"].map((kind) => all(`path.${kind}`)[0])
        .map((node) => (box(node).left + box(node).right) / 2),
"""


def test_every_state_is_drawn(live):
    """At the ends of all ranges everything is drawn, nothing is cut off, and g_c is in place."""
    for n in SIZES:
        for gain in (0.5, 1, 2):
            for steps, seed in ((10, 1), (400, 9999)):
                case = {"gain": gain, "n": n, "steps": steps, "seed": seed}
                (found,) = drawn(live, "random_gains", [case], OWN)
                assert found["odd"] is None, case
                assert found["cut"] == [], case
                assert found["chosen"] == 1, case
                assert found["runs"] == 6, case
                low, one, critical = found["places"]
                gain_there = 0.5 + 0.5 * (critical - low) / (one - low)
                assert gain_there == pytest.approx(critical_gain(n), abs=5e-3), case


def test_it_is_said_how_runs_are_drawn(live):
    """Beside the runs stands that they come from the exact law and not from whole matrices."""
    key = live.locator(".key span.run").inner_text()
    assert key == "a run, drawn from the exact law of ‖Jv‖ for a fixed v"


def test_state_changes_the_picture():
    """Another state gives another figure and other words."""
    first = RandomGains()._repr_mimebundle_()[0]["text/html"]
    moved = RandomGains(gain=1.5, n=16, steps=50, seed=7)
    html = moved._repr_mimebundle_()[0]["text/html"]
    assert html != first
    assert "size 16 at gain 1.5" in html


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"gain": 0.4}, "gain: got 0.4, expects 0.5 to 2"),
        ({"gain": 2.1}, "gain: got 2.1, expects 0.5 to 2"),
        ({"n": 3}, "n: got 3, expects one of 1, 2, 4, 8, 16, 32, 64"),
        ({"steps": 9}, "steps: got 9, expects 10 to 400"),
        ({"steps": 401}, "steps: got 401, expects 10 to 400"),
        ({"seed": 0}, "seed: got 0, expects 1 to 9999"),
    ],
)
def test_bad_state_is_refused(state, message):
    """A number out of range is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        RandomGains(**state)
