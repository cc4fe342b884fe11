"""In a browser: the explorable "hysteresis", by mouse, touch and keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from widget_pages import SHOWN, drawn, finger_drags, shown

from book_utils.dynamics import one_unit
from book_utils.figures import hysteresis
from book_utils.widgets.hysteresis import Hysteresis


def axis(page: Page) -> Locator:
    return page.get_by_role("slider", name="Place on the axis")


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def state(page: Page) -> dict:
    """The state as the controls show it; of the memory four digits."""
    pressed = page.locator("[aria-label=along] [aria-pressed=true]").inner_text()
    kept = {"b": "w", "w": "b"}[pressed]
    at, fixed = float(axis(page).get_attribute("aria-valuenow")), page.locator(".slot input")
    return {
        "across": pressed,
        pressed: at,
        kept: float(fixed.input_value()),
        "y0": float(slider(page, "start y").input_value()),
        "memory": shown(page, "memory"),
    }


def agrees_with_numpy(page: Page) -> hysteresis.Record:
    """Every read-out is the number that NumPy gives for the state that the controls show."""
    record = hysteresis.compute(**state(page))
    expected = {"at": record.at, "carried": record.carried, "fresh": record.fresh,
                "start": record.y0}  # fmt: skip
    for what, jump in (("up", record.up), ("down", record.down)):
        if jump is not None:
            expected[what] = jump[0]
        assert page.locator(f"[data-read={what}]").count() == (jump is not None)
    if record.shock is not None:
        expected["shock"] = record.shock
    found = {what: shown(page, what) for what in expected}
    assert found == pytest.approx(expected, rel=SHOWN, abs=1e-9)
    same = ": the same" if abs(record.carried - record.fresh) < 1e-6 else ": not the same"
    assert page.locator("[data-read=same]").inner_text() == same
    return record


def test_numbers_are_right_before_anyone_moves(live):
    """The page starts at the stored state, with NumPy's numbers: two ends for one b."""
    record = agrees_with_numpy(live)
    assert {**state(live), "trace": []} == Hysteresis().state()
    assert record.carried < 0.1 < 0.9 < record.fresh


def test_examples_show_what_they_are_named_for(live):
    """Each example has the property that it is named for, and NumPy's numbers."""
    widths = {}
    for name in ("Left of the loop", "A wide loop"):
        press(live, name)
        record = agrees_with_numpy(live)
        widths[name] = record.up[0] - record.down[0]
        assert record.at < record.down[0]
    assert widths["A wide loop"] > 2 * widths["Left of the loop"]
    press(live, "No loop")
    assert agrees_with_numpy(live).up is None
    assert live.get_by_text("nowhere on this axis").count() == 2
    press(live, "Two-cycle")
    record = agrees_with_numpy(live)
    assert record.cycle is not None
    assert live.locator("circle.twin").count() == 1
    assert shown(live, "swap") == pytest.approx(np.log(2 / 3) + 8 * 0.4, rel=SHOWN)
    press(live, "Against w")
    record = agrees_with_numpy(live)
    assert record.across == "w"
    assert one_unit.fold(record.up[0])[0] == pytest.approx(-3)


def test_keys_carry_the_state_around_the_loop(live):
    """By arrow keys: up at b₋ on the way right, down at b₊ on the way left, y₀ at its shock."""
    lower, upper = one_unit.fold(6)[::-1]
    axis(live).focus()
    seen = {}
    for way, keys in (("right", ["PageUp"] * 2 + ["ArrowRight"]), ("left", ["PageDown"] * 5)):
        seen[way] = []
        for key in keys:
            live.keyboard.press(key)
            record = agrees_with_numpy(live)
            seen[way].append((record.at, record.carried > 0.5))
            assert (record.fresh > 0.5) == (record.at > -3)
    assert seen["right"] == [(-2.65, False), (-2.4, True), (-2.39, True)]
    assert all(high == (at > lower) for at, high in seen["left"])
    assert {at > upper for at, _ in seen["left"]} == {False}
    live.keyboard.press("Home")
    assert state(live)["b"] == -6
    live.keyboard.press("End")
    assert state(live)["b"] == 0
    assert live.evaluate("scrollY") == 0


def test_a_drag_carries_the_state(live):
    """The state follows the pointer, jumps once on the way there and once on the way back."""
    press(live, "Left of the loop")
    box = live.locator("svg.diagram").bounding_box()
    left, wide = box["x"] + 43, box["width"] - 60

    def place(b: float) -> float:
        return left + wide * (b + 6) / 6

    y = box["y"] + 150
    live.mouse.move(place(-4), y)
    live.mouse.down()
    carried = []
    for b in (-3, -1, -3, -5):
        live.mouse.move(place(b), y, steps=2)
        assert state(live)["b"] == pytest.approx(b, abs=0.03)
        agrees_with_numpy(live)
        carried.append(shown(live, "carried") > 0.5)
    live.mouse.up()
    assert carried == [False, True, True, False]
    numbers = live.locator("path.trace").get_attribute("d").count("L")
    assert numbers > 100, "the way is drawn in small steps, however fast the hand"


def test_journeys_and_forgetting(live):
    """The buttons go to both ends; who forgets starts again from y₀ without a trace."""
    press(live, "To the right end")
    assert agrees_with_numpy(live).at == 0
    press(live, "To the left end")
    assert agrees_with_numpy(live).at == -6
    axis(live).focus()
    for _ in range(12):
        live.keyboard.press("PageUp")
    assert state(live)["b"] == -3
    slider(live, "start y").fill("0.6")
    assert agrees_with_numpy(live).carried < 0.5
    assert live.locator("[data-read=same]").inner_text() == ": not the same"
    press(live, "Forget")
    assert agrees_with_numpy(live).carried > 0.5
    assert live.locator("[data-read=same]").inner_text() == ": the same"
    assert live.locator("path.trace").get_attribute("d") == ""
    says = "At b = −3 the carried state settles at 0.9293, the orbit of 0.6 at 0.9293."
    expect(live.get_by_role("status")).to_contain_text(says)


def test_another_axis_and_another_unit(live):
    """Along w the slider holds b; the state is carried over, and b stays within what is shown."""
    press(live, "To the right end")
    live.get_by_role("button", name="w", exact=True).click()
    now = state(live)
    assert (now["across"], now["w"], now["b"]) == ("w", 6, 0)
    agrees_with_numpy(live)
    slider(live, "bias").fill("-3")
    record = agrees_with_numpy(live)
    assert record.carried > 0.9, "it stays on the branch that it was on"
    live.get_by_role("button", name="b", exact=True).click()
    slider(live, "weight").fill("-12")
    record = agrees_with_numpy(live)
    assert record.window[0] <= record.b <= record.window[1]
    assert record.cycle is None


def test_drag_by_touch(phone):
    """On a phone a finger that moves sideways carries the state, and the page stays."""
    phone.locator("svg.diagram").scroll_into_view_if_needed()
    box = phone.locator("svg.diagram").bounding_box()
    y = box["y"] + 100
    finger_drags(phone, *((box["x"] + x, y) for x in (200, 240, box["width"] - 12)))
    assert state(phone)["b"] == 0
    agrees_with_numpy(phone)


OWN = """
    cycle: all("path.cycle")[0].getAttribute("d") !== "",
    shock: all("path.shock")[0].getAttribute("d") !== "",
    heads: all(".heads path").length,
"""


def test_every_state_is_drawn(live):
    """At the ends of all ranges, and on the tips, everything is drawn and nothing is cut off."""
    cases = [
        {"across": across, "w": w, "b": b, "y0": y0, "memory": 1 - y0, "trace": []}
        for across in "bw"
        for w, b in ((-12, 6), (-12, -10), (12, -6), (12, 16), (0, 0), (4, -2), (-4, 2))
        for y0 in (0.001, 0.999)
    ]
    for case, found in zip(cases, drawn(live, "hysteresis", cases, OWN), strict=True):
        record = hysteresis.compute(**{key: case[key] for key in case if key != "trace"})
        assert found["odd"] is None, case
        assert found["cut"] == [], case
        assert found["cycle"] == (len(record.cycles) > 0), case
        assert found["shock"] == (record.shock is not None), case
        assert found["heads"] == sum(jump is not None for jump in (record.up, record.down)), case


def test_state_changes_the_picture():
    """Another state gives another figure and other words; a trace of an array will do."""
    first = Hysteresis()._repr_mimebundle_()[0]["text/html"]
    moved = Hysteresis(w=-8, b=2, memory=0.9, trace=np.array([[1.9, 0.87], [2, 0.875]]).tolist())
    assert moved.state()["trace"] == [[1.9, 0.87], [2, 0.875]]
    html = moved._repr_mimebundle_()[0]["text/html"]
    assert html != first
    assert "There is a two-cycle from -0.5912 to 8.591." in html


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"across": "y"}, "across: got 'y', expects one of b, w"),
        ({"w": -12.1}, "w: got -12.1, expects -12 to 12"),
        ({"b": 17}, "b: got 17, expects -10 to 16"),
        ({"y0": 1}, "y0: got 1, expects 0.001 to 0.999"),
        ({"memory": 0}, "memory: got 0, expects a state between 0 and 1"),
        ({"memory": 1}, "memory: got 1, expects a state between 0 and 1"),
        ({"trace": [[1, 2, 3]]}, r"trace: got shape \(1, 3\), expects"),
        ({"trace": [[1, float("nan")]]}, "trace: got a non-finite number"),
    ],
)
def test_bad_state_is_refused(state, message):
    """A wrong name, range or shape is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        Hysteresis(**state)
