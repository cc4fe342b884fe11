"""In a browser: the explorable "stretch", by mouse, touch and keyboard."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page
from widget_pages import SHOWN, finger_drags, shown

from book_utils.activations import ACTIVATIONS
from book_utils.figures import stretch
from book_utils.widgets.stretch import Stretch


def knob(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def steps(page: Page) -> Locator:
    return page.get_by_role("slider", name="steps s")


def choice(page: Page) -> Locator:
    return page.get_by_role("combobox", name="activation")


def values(handle: Locator) -> list[float]:
    """The coordinates that a handle tells a screen reader."""
    text = handle.get_attribute("aria-valuetext").replace("−", "-")
    return [float(number) for number in re.findall(r"(?:=|entry) (-?[\d.]+)", text)]


def state(page: Page) -> dict:
    """The state as the controls show it."""
    first, second = (values(knob(page, f"Column {j} of W")) for j in (1, 2))
    return {
        "W": [[first[0], second[0]], [first[1], second[1]]],
        "x": values(knob(page, "State x at step k")),
        "steps": int(steps(page).input_value()),
        "activation": choice(page).input_value(),
    }


def agrees_with_numpy(page: Page) -> None:
    """Every read-out is the number that NumPy gives for the state that the controls show."""
    record = stretch.compute(**state(page))
    last = record.steps - 1
    expected = {
        "one.sigma_max": record.largest[0],
        "one.sigma_min": record.smallest[0],
        "one.rho": record.radius[0],
        "product.sigma_max": record.largest[last],
        "product.sigma_min": record.smallest[last],
        "product.rho": record.radius[last],
        "largest": record.largest[last],
        "bound": record.bound[last],
    }
    assert {what: shown(page, what) for what in expected} == pytest.approx(expected, rel=SHOWN)


def centre(handle: Locator) -> tuple[float, float]:
    box = handle.locator(".knob").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def unit(page: Page, handle: Locator) -> float:
    """Pixels per unit of the plane that the handle lies in: one line of the grid to the next."""
    lines = handle.locator("xpath=ancestor::*[name()='svg']").locator("path.grid")
    boxes = sorted({round(lines.nth(i).bounding_box()["width"], 3) for i in range(lines.count())})
    limit = float(handle.get_attribute("aria-valuemax"))
    return boxes[-1] / (2 * limit)


def test_live_view_takes_the_place_of_the_still(live):
    """The image is gone, the view is there, and its numbers are right before anyone moves it."""
    assert live.locator("figure.explorable img").count() == 0
    agrees_with_numpy(live)


@pytest.mark.parametrize("name", ["State x at step k", "Column 1 of W", "Column 2 of W"])
def test_drag_with_the_mouse(live, name):
    """A dragged point follows the pointer, and all read-outs follow the point."""
    handle = knob(live, name)
    before, size = values(handle), unit(live, handle)
    x, y = centre(handle)
    live.mouse.move(x, y)
    live.mouse.down()
    live.mouse.move(x + 10, y - 5)
    live.mouse.move(x + 0.6 * size, y + 0.9 * size, steps=3)
    live.mouse.up()
    # The state keeps two decimals, and the browser places the pointer on whole pixels.
    assert values(handle) == pytest.approx([before[0] + 0.6, before[1] - 0.9], abs=1.5 / size)
    assert values(handle) != before
    agrees_with_numpy(live)
    released = values(handle)
    live.mouse.move(x + 0.6 * size + 4, y + 0.9 * size + 4)
    assert values(handle) == released, "the point follows though the button was released"


def test_drag_stops_at_the_edge(live):
    """A point cannot be dragged out of its plane, and the read-outs stay right there."""
    handle = knob(live, "State x at step k")
    x, y = centre(handle)
    live.mouse.move(x, y)
    live.mouse.down()
    live.mouse.move(x + 900, y - 600, steps=4)
    live.mouse.up()
    assert values(handle) == [4, 4]
    agrees_with_numpy(live)


def test_keys_move_a_point(live):
    """Arrows move by 0.05, with Shift by 0.5, Home goes back; the page does not scroll."""
    handle = knob(live, "State x at step k")
    x1, x2 = values(handle)
    handle.focus()
    for keys, expected in [
        (["ArrowRight"], [x1 + 0.05, x2]),
        (["ArrowUp", "ArrowUp"], [x1 + 0.05, x2 + 0.1]),
        (["Shift+ArrowLeft"], [x1 - 0.45, x2 + 0.1]),
        (["ArrowDown"], [x1 - 0.45, x2 + 0.05]),
        (["Home"], [x1, x2]),
    ]:
        for key in keys:
            live.keyboard.press(key)
        assert values(handle) == pytest.approx(expected, abs=1e-9)
        agrees_with_numpy(live)
    assert live.evaluate("scrollY") == 0


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(live, activation):
    """Each activation that can be chosen gives NumPy's numbers, for one step and for twelve."""
    choice(live).select_option(activation)
    for count in ("1", "12"):
        steps(live).fill(count)
        assert state(live)["steps"] == int(count)
        agrees_with_numpy(live)


def test_examples_show_what_they_are_named_for(live):
    """Rotation meets the bound, the shear grows though ρ < 1, saturation stays far below it."""
    measured = {}
    for name in ("Rotation", "Symmetric", "Shear", "Saturation"):
        live.get_by_role("button", name=name).click()
        agrees_with_numpy(live)
        measured[name] = {
            what: shown(live, what) for what in ("largest", "bound", "product.rho", "weight.rho")
        }
    assert measured["Rotation"] == dict.fromkeys(measured["Rotation"], 1)
    for name in ("Rotation", "Symmetric"):
        assert measured[name]["largest"] == measured[name]["bound"] == measured[name]["product.rho"]
    assert measured["Shear"]["weight.rho"] < 1 < measured["Shear"]["largest"]
    assert measured["Shear"]["product.rho"] < 1
    assert measured["Saturation"]["largest"] < measured["Saturation"]["bound"] / 500


def test_home_goes_back_to_what_was_loaded_last(live):
    """After an example, Home puts a point where the example had it, and after Reset the page's."""
    handle = knob(live, "State x at step k")
    stored = values(handle)
    for button, home in (("Shear", [-2, 1]), ("Reset", stored)):
        live.get_by_role("button", name=button).click()
        for name in ("State x at step k", "Column 1 of W"):
            before = values(knob(live, name))
            knob(live, name).press("Shift+ArrowLeft")
            assert values(knob(live, name)) != before
            knob(live, name).press("Home")
            assert values(knob(live, name)) == before
        assert values(handle) == home


def test_typed_entries(live):
    """A number typed into W counts at once; half a number changes nothing."""
    field = live.get_by_label("W, row 1, column 2")
    field.fill("0.35")
    assert state(live)["W"][0][1] == 0.35
    agrees_with_numpy(live)
    field.fill("")
    assert state(live)["W"][0][1] == 0.35
    field.blur()
    assert field.input_value() == "0.35"


@pytest.mark.parametrize("typed", ["7", "99.99", "3.01", "-4.123", "12345678.91", "-3.00001"])
def test_an_entry_out_of_range_is_refused(live, typed):
    """It changes nothing, leaving the field restores it, and a sentence says what is expected."""
    field = live.get_by_label("W, row 2, column 1")
    before = state(live)
    field.fill(typed)
    assert state(live) == before
    assert field.get_attribute("aria-invalid") == "true"
    refusal = live.get_by_text("An entry lies between −3 and 3.")
    refusal.wait_for()
    field.blur()
    assert field.input_value() == str(before["W"][1][0])
    assert refusal.count() == 1, "the reader can still read why"
    assert abs(float(knob(live, "Column 1 of W").get_attribute("aria-valuenow"))) <= 3
    live.get_by_role("button", name="Shear").click()
    assert refusal.count() == 0


@pytest.mark.parametrize(
    ("typed", "used"), [("1e-200", "0"), ("0.123456", "0.1235"), ("-1e-9", "0")]
)
def test_entries_have_four_decimals(live, typed, used):
    """What is typed finer is rounded to what the field then shows, and nothing underflows."""
    field = live.get_by_label("W, row 1, column 1")
    field.fill(typed)
    field.blur()
    assert field.input_value() == used
    assert state(live)["W"][0][0] == float(used)
    agrees_with_numpy(live)


@pytest.mark.parametrize(
    ("activation", "says"),
    [
        ("identity", "every slope is 1, so the state does not matter"),
        ("relu", "slope 1 where the state is above 0, else 0"),
    ],
)
def test_a_state_that_changes_nothing_says_so(live, activation, says):
    """Where dragging the state need not change the ellipse, a line beside it says why."""
    remark = live.get_by_text(says)
    assert remark.count() == 0
    choice(live).select_option(activation)
    remark.wait_for()


def test_bound_gives_its_reason(live):
    """Beside the bound stands γ, the largest slope of the activation that is chosen."""
    for name, gamma in (("logistic", 0.25), ("tanh", 1)):
        choice(live).select_option(name)
        assert shown(live, "gamma") == gamma
        reason = live.locator(".readout > p").last.inner_text()
        assert reason.startswith("Each factor stretches by at most")
        assert reason.endswith(f"is the largest slope of {name}.")


# Draws a state with the published module, as a page does, and says what stands on it.
DRAW = """async (state) => {
    const view = (await import("/_static/explorables/stretch.js")).default;
    const model = { get: (key) => state[key], set() {}, save_changes() {}, on() {}, off() {} };
    document.querySelector("main").replaceChildren();
    await view.render({ model, el: document.querySelector("main") });
    const box = (node) => {
        const { left, right, top, bottom } = node.getBoundingClientRect();
        return { left, right, top, bottom, size: Math.max(right - left, bottom - top) };
    };
    const within = (node) => {
        const [inner, outer] = [box(node), box(node.closest("svg"))];
        // A dot may lie on the edge, half of it outside.
        const slack = node.matches("text") ? 1 : 4;
        return inner.left >= outer.left - slack && inner.right <= outer.right + slack
            && inner.top >= outer.top - slack && inner.bottom <= outer.bottom + slack;
    };
    const all = (selector) => [...document.querySelectorAll(selector)];
    const [circle] = all("svg:has(path.product)");
    return {
        ellipse: box(circle.querySelector("path.product")).size / box(circle).size,
        cut: all("svg text, svg path.dot, .growth circle")
            .filter((node) => box(node).size && !within(node))
            .map((node) => node.outerHTML),
        dots: ["sigma", "rho"].map((kind) => all(`.growth g.${kind} circle`).length),
        badge: document.querySelector(".badge").innerText,
        note: document.querySelector(".controls > .hint").innerText,
        outside: all("path.dot").filter((d) => box(d).size)
            .filter((d) => d.getAttribute("transform") !== "rotate(0.00)").length,
        names: all(".planes text:not(.tick)").map((node) => node.textContent),
    };
}"""


def extremes() -> list[dict]:
    """The corners of all that a reader can set, and a few states in between."""
    signs = [[[3, 3], [3, 3]], [[3, -3], [3, 3]], [[-3, 3], [3, 3]], [[0, 0], [0, 0]]]
    small = [[[1e-4, 0], [0, 1e-4]], [[3, 3], [3, 3.0 - 1e-4]], [[0, 3], [1e-4, 0]]]
    places = [[4, 4], [-4, 4], [0, 0], [0.01, -4]]
    return [
        {"W": W, "b": b, "x": x, "steps": steps, "activation": activation}
        for W in (*signs, *small)
        for x in places
        for b in ([0, 0], [3, -3])
        for steps in (1, 12)
        for activation in ACTIVATIONS
    ]


def test_every_state_is_drawn(live):
    """At the ends of all ranges everything is drawn, nothing is cut off, and no message appears."""
    for case in extremes():
        drawn = live.evaluate(DRAW, case)
        assert drawn["cut"] == [], case
        assert drawn["dots"] == [12, 12], case
        zero = stretch.compute(**case).largest[case["steps"] - 1] == 0
        # A dot for a map to zero; else from 0.096 of the plane, which seen aslant is √2 less.
        assert drawn["ellipse"] <= 1.01, case
        assert zero or drawn["ellipse"] > 0.067, case


def test_the_scene_of_the_bound(live):
    """Weights of 3 and a state at (4, 4): the ellipse is drawn and its enlargement is in words."""
    case = {"W": [[3, 3], [3, 3]], "b": [0, 0], "x": [4, 4], "steps": 12, "activation": "tanh"}
    drawn = live.evaluate(DRAW, case)
    assert drawn["badge"] == "The ellipse of 12 steps is drawn 1044 times larger than it is."
    assert live.locator(".badge sup").inner_text() == "44"
    assert (
        live.locator(".badge").evaluate("node => parseFloat(getComputedStyle(node).fontSize)") > 13
    )
    assert drawn["outside"] == 12
    drawn = live.evaluate(DRAW, {**case, "activation": "identity", "b": [0.5, -1]})
    assert drawn["badge"] == "The ellipse of 12 steps is drawn 109 times smaller than it is."
    assert drawn["note"] == "no input, b = (0.5, −1)"


def test_names_stand_where_they_belong(live):
    """Columns are called columns, the states x_k and x_{k+s}, and the absence of input is said."""
    drawn = live.evaluate(DRAW, extremes()[0] | {"steps": 3, "W": [[1, 0], [0, 1]]})
    assert drawn["names"] == ["column 1", "column 2", "xk", "xk+s"]
    assert drawn["note"] == "no input, b = 0"
    assert drawn["outside"] == 0


def test_near_points_are_told_apart(live):
    """Of two columns close to each other, the one under the pointer moves and the other stays."""
    entries = (("1, column 1", "1"), ("2, column 1", "1"), ("1, column 2", "1"))
    for where, entry in (*entries, ("2, column 2", "0.5")):
        live.get_by_label(f"W, row {where}").fill(entry)
    handle = knob(live, "Column 1 of W")
    x, y = centre(handle)
    live.mouse.move(x, y)
    live.mouse.down()
    live.mouse.move(x - 40, y, steps=3)
    live.mouse.up()
    assert values(handle)[0] < 1
    assert values(knob(live, "Column 2 of W")) == [1, 0.5]


def test_drag_by_touch(phone):
    """On a phone a finger drags a point, and the page stays where it is."""
    handle = knob(phone, "State x at step k")
    handle.scroll_into_view_if_needed()
    before, size = values(handle), unit(phone, handle)
    x, y = centre(handle)
    # The finger comes down beside the point: what counts is how far it moves.
    finger_drags(phone, (x + 8, y + 8), (x, y - 0.4 * size), (x + 8 - size, y + 8 - 0.8 * size))
    assert values(handle) == pytest.approx([before[0] - 1, before[1] + 0.8], abs=1.5 / size)
    agrees_with_numpy(phone)


def test_reset_returns_to_the_stored_state(live):
    """After an example, Reset brings back the state that the page was written with."""
    stored = state(live)
    live.get_by_role("button", name="Shear").click()
    assert state(live) != stored
    live.get_by_role("button", name="Reset").click()
    assert state(live) == stored


def test_a_change_is_said(live):
    """After a change the live region says the steps and the stretch."""
    steps(live).fill("7")
    live.wait_for_function("document.querySelector('.spoken').textContent !== ''")
    said = live.locator(".spoken[role=status]").text_content()
    assert said.startswith("7 steps stretch by ")


def html_of(widget: Stretch) -> str:
    return widget._repr_mimebundle_()[0]["text/html"]


def test_state_changes_the_picture():
    """Another state gives another figure and other words, and an array will do as well as lists."""
    first = html_of(Stretch())
    moved = Stretch(x=np.array([1.0, 0.75]), W=np.eye(2))
    assert moved.state()["x"] == [1.0, 0.75]
    assert moved.state()["W"] == [[1.0, 0.0], [0.0, 1.0]]
    assert "state (1, 0.75)" in html_of(moved)
    assert html_of(moved) != first


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"W": [[1, 2]]}, r"W: got shape \(1, 2\), expects a square matrix \(2, 2\)"),
        ({"W": [[9, 0], [0, 1]]}, "W: got .*expects numbers from -3 to 3"),
        ({"x": [1, float("nan")]}, "x: got a non-finite number nan"),
        ({"b": [1]}, r"b: got shape \(1,\), expects shape \(2,\)"),
        ({"steps": 13}, "steps: got 13, expects 1 to 12"),
        ({"steps": 0}, "steps: got 0, expects 1 to 12"),
        ({"activation": "sigmoid"}, "activation: got 'sigmoid', expects one of logistic, tanh"),
    ],
)
def test_bad_state_is_refused(state, message):
    """A wrong shape, range, number or name is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        Stretch(**state)
