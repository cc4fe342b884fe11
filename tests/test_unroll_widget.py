"""The explorable "unroll": its JavaScript computes NumPy's numbers, and a reader can move it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Locator, Page
from widget_pages import SHOWN, finger_drags, finger_scrolls, in_node, open_live, shown

from book_utils import widgets
from book_utils.activations import ACTIVATIONS
from book_utils.cells import Vanilla
from book_utils.dynamics import jacobians, simulate
from book_utils.figures import unroll
from book_utils.widgets.unroll import Unroll

# Both sides round each operation to 1e-16 of its size; a product of forty Jacobians has about two
# hundred operations. 1e-12 leaves room for them and for exp, tanh and sin, whose last digit
# differs between libraries, and is far below any mistake in a formula.
TOLERANCE = 1e-12
# Below 1e-307 floating point loses digits, at whichever factor a product first gets there; the
# factors that follow are at most 10 each, but seldom more than a few of them.
TINY = 1e-290

MODULE = widgets.explorable("unroll").module()
ANSWER = "(state, view) => view.record(state)"


def states() -> list[dict]:
    """600 random states, and the ends of all ranges: saturation, kinks, underflow, growth."""
    rng = np.random.default_rng(21)
    names, inputs = list(ACTIVATIONS), list(unroll.INPUTS)
    found = []
    for i in range(600):
        x0, b, y = rng.uniform(-3, 3, 3).round(2) * rng.integers(0, 2, 3)
        T = int(rng.integers(1, 41))
        w = float(rng.choice([-1, 1]) * 10 ** rng.uniform(-1, 1))
        found.append({"T": T, "w": w, "x0": x0, "b": b, "y": y,
                      "activation": names[i % 4], "inputs": inputs[i % 3]})  # fmt: skip
    found += [
        {"T": T, "w": w, "x0": x0, "b": b, "y": y, "activation": activation, "inputs": kind}
        for T in (1, 40)
        for w in (-10.0, -1.0, 0.1, 1.0, 10.0)
        for x0, b, y in ((3, 3, -3), (-3, -3, 3), (0, 0, 0), (0.01, 0, 0), (1, 0, 1))
        for activation in names
        for kind in inputs
    ]
    return [{**each, "k": 1} for each in found]


@pytest.fixture(scope="module")
def results(node: str, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict, dict]]:
    """Each state with what the published module computes for it in Node."""
    cases = states()
    assert len(cases) >= 500
    answers = in_node(node, tmp_path_factory.mktemp("node"), MODULE, ANSWER, cases)
    return list(zip(cases, answers, strict=True))


def inputs_of(case: dict) -> np.ndarray:
    """u_1, …, u_T as the chapter says them, without the expressions of the package."""
    t = np.arange(1, case["T"] + 1)
    return {"none": 0.0 * t, "pulse": 1.0 * (t == 1), "sine": np.sin(t)}[case["inputs"]]


def cell_of(case: dict) -> Vanilla:
    return Vanilla([[case["w"]]], [[1]], [case["b"]], case["activation"])


def column(steps: list[dict], what: str) -> np.ndarray:
    return np.array([step[what] for step in steps], float)


def test_states_are_the_cells(results):
    """Every state follows from the one before by the cell's own step."""
    for case, found in results:
        cell, u = cell_of(case), inputs_of(case)
        assert found["states"][0] == case["x0"]
        for t, (before, after) in enumerate(pairwise(found["states"])):
            σ = float(cell.activation(before))
            size = abs(case["w"] * σ) + abs(u[t]) + abs(case["b"])
            (expected,) = simulate(cell, [before], u[t].reshape(1, 1))[1]
            assert abs(after - expected) <= TOLERANCE * size, (case, t)


def test_factors_and_contributions_are_numpys(results):
    """∂E/∂x_T, the products of Jacobians, σ(x_{k-1}) and their products are NumPy's."""
    for case, found in results:
        cell, steps = cell_of(case), found["steps"]
        x = np.array(found["states"], float)
        assert found["first"] == x[-1] - case["y"]
        J = jacobians(cell, x[:, None], inputs_of(case)[:, None])[:, 0, 0]
        middle = np.append(np.cumprod(J[:0:-1])[::-1], 1.0)
        assert len(steps) == case["T"] == len(middle)
        immediate = cell.activation(x[:-1])
        for what, expected in (
            ("middle", middle),
            ("immediate", immediate),
            ("term", found["first"] * middle * immediate),
        ):
            error = np.abs(column(steps, what) - expected)
            assert (error <= TOLERANCE * np.abs(expected) + TINY).all(), (case, what)


def test_sums_are_numpys(results):
    """The gradient, the shares and the mean distance are those of the contributions shown."""
    for case, found in results:
        r = column(found["steps"], "term")
        size = np.abs(r).sum()
        assert found["size"] == pytest.approx(size, rel=TOLERANCE)
        assert abs(found["gradient"] - r.sum()) <= TOLERANCE * size, case
        share = np.abs(r) / size if size else np.zeros_like(r)
        # A sum that is itself among the last numbers before 0 has few digits.
        exact = size > TINY
        assert not exact or np.abs(column(found["steps"], "share") - share).max() <= TOLERANCE
        distance = share @ np.arange(case["T"] - 1, -1, -1)
        assert not exact or found["distance"] == pytest.approx(distance, rel=TOLERANCE)


def test_bounds_hold_and_are_the_stated_ones(results):
    """η = γ|w|; no factor exceeds η^(T-k), no contribution its bound, and no sum that of bounds."""
    for case, found in results:
        eta = float(ACTIVATIONS[case["activation"]].lipschitz) * abs(case["w"])
        steps = found["steps"]
        allowed = eta ** np.arange(case["T"] - 1.0, -1, -1)
        bounds = abs(found["first"]) * np.abs(column(steps, "immediate")).max() * allowed
        assert found["eta"] == pytest.approx(eta, rel=TOLERANCE)
        assert column(steps, "allowed") == pytest.approx(allowed, rel=TOLERANCE)
        assert column(steps, "bound") == pytest.approx(bounds, rel=TOLERANCE)
        assert found["allowed"] == pytest.approx(bounds.sum(), rel=TOLERANCE)
        over = 1 + TOLERANCE
        assert (np.abs(column(steps, "middle")) <= allowed * over).all(), case
        assert (np.abs(column(steps, "term")) <= bounds * over).all(), case
        assert abs(found["gradient"]) <= found["allowed"] * over, case


def test_the_ranges_reach_zero_and_stay_finite(results):
    """Zeros of all four kinds occur in these states, and no number overflows in any."""
    kinds = set()
    for case, found in results:
        steps = found["steps"]
        numbers = [*found["states"], *(found[what] for what in ("gradient", "size", "allowed"))]
        numbers += [step[what] for step in steps for what in ("middle", "term", "bound")]
        assert np.isfinite(np.array(numbers, float)).all(), case
        slopes = column(steps, "slope")
        for k, step in enumerate(steps, start=1):
            if step["term"] == 0 and found["first"] != 0 and step["immediate"] != 0:
                kinds.add("off" if (slopes[k:] == 0).any() else "too small")
            elif step["term"] == 0:
                kinds.add("least loss" if found["first"] == 0 else "no value")
    assert kinds == {"off", "too small", "least loss", "no value"}


def test_a_wrong_kernel_is_caught(node, tmp_path, results):
    """With the weight left out of the Jacobian the comparison with NumPy fails."""
    wrong = MODULE.replace("return [middle*slope*w];", "return [middle*slope];", 1)
    assert wrong != MODULE
    cases = [case for case, _ in results]
    answers = in_node(node, tmp_path, wrong, ANSWER, cases)
    with pytest.raises(AssertionError):
        test_factors_and_contributions_are_numpys(list(zip(cases, answers, strict=True)))


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"T": 41}, "T: got 41, expects 1 to 40"),
        ({"k": 0}, "k: got 0, expects 1 to 40"),
        ({"T": 5}, "k: got 15, expects 1 to T = 5"),
        ({"w": 0}, r"w: got 0, expects \|w\| from 0.1 to 10"),
        ({"w": -11}, "w: got -11, expects a number from -10 to 10"),
        ({"x0": float("inf")}, "x0: got a non-finite number inf"),
        ({"b": [1, 2]}, r"b: got shape \(2,\), expects a number"),
        ({"inputs": "noise"}, "inputs: got 'noise', expects one of none, pulse, sine"),
        ({"activation": "sigmoid"}, "activation: got 'sigmoid', expects one of logistic, tanh"),
    ],
)
def test_bad_state_is_refused(state, message):
    """A wrong shape, range, number or name is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        Unroll(**state)


def test_the_picture_follows_the_state():
    """Another state is another still figure, with its numbers in words."""
    first, moved = Unroll(), Unroll(T=8, k=3, w=-0.5)
    assert first.still().alt != moved.still().alt
    assert "x_t = -0.5 σ" in moved.still().alt
    assert "unrolled for 8 steps" in moved.still().alt


@pytest.fixture(scope="module")
def window() -> dict[str, int]:
    """Room for the whole view."""
    return {"width": 1280, "height": 1000}


def picker(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step k")


def field(page: Page, name: str) -> Locator:
    return page.get_by_label(name, exact=True)


def steps(page: Page) -> Locator:
    return page.get_by_role("slider", name="steps T")


def gain(page: Page) -> Locator:
    return page.get_by_role("slider", name="gain |w|")


def pressed(page: Page, group: str) -> str:
    buttons = page.get_by_role("group", name=group).locator("[aria-pressed=true]")
    assert buttons.count() == 1
    return buttons.inner_text()


def state(page: Page) -> dict:
    """The state as the controls show it."""
    size = float(gain(page).get_attribute("aria-valuetext"))
    return {
        "T": int(steps(page).input_value()),
        "k": int(picker(page).get_attribute("aria-valuenow")),
        "w": -size if pressed(page, "sign") == "w < 0" else size,
        "activation": page.get_by_role("combobox", name="activation").input_value(),
        "inputs": pressed(page, "input"),
        **{name: float(field(page, name).input_value()) for name in ("x0", "b", "y")},
    }


def agrees_with_numpy(page: Page) -> unroll.Record:
    """Every read-out is the number that NumPy gives for the state that the controls show."""
    record = unroll.compute(**state(page))
    i = record.k - 1
    expected = {
        "first": record.loss_gradient,
        "middle": record.transports[i],
        "immediate": record.immediates[i],
        "term": record.terms[i],
        "share": 100 * record.shares[i],
        "allowed": record.eta ** (record.T - record.k),
        "gradient": record.gradient,
        "total_allowed": record.bounds.sum(),
        "eta": record.eta,
    }
    if record.shares.any():
        expected["distance"] = record.distance
    assert {what: shown(page, what) for what in expected} == pytest.approx(expected, rel=SHOWN)
    return record


def place_of(page: Page, k: int) -> tuple[float, float]:
    """The middle of the box of step k, on the screen."""
    box = page.locator(".chain rect.box").nth(k).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_numbers_are_right_on_arrival(live):
    """Before anyone moves it, the view shows the page's state and NumPy's numbers for it."""
    assert state(live) == Unroll().state()
    agrees_with_numpy(live)


def test_pick_with_the_mouse(live):
    """A press picks the step under it, a drag follows, and after release nothing follows."""
    x, y = place_of(live, 4)
    live.mouse.move(x, y)
    live.mouse.down()
    assert state(live)["k"] == 4
    agrees_with_numpy(live)
    live.mouse.move(*place_of(live, 9), steps=4)
    assert state(live)["k"] == 9
    live.mouse.move(x - 900, y + 120, steps=3)
    assert state(live)["k"] == 1
    live.mouse.move(place_of(live, 20)[0] + 400, y, steps=3)
    assert state(live)["k"] == 20
    live.mouse.up()
    agrees_with_numpy(live)
    live.mouse.move(*place_of(live, 9))
    assert state(live)["k"] == 20
    assert picker(live).evaluate("node => node === document.activeElement")


def test_pick_with_keys(live):
    """Arrows move by one step, with Shift or Page by five, Home and End to the ends."""
    picker(live).focus()
    for key, expected in [
        ("ArrowLeft", 14), ("ArrowDown", 13), ("ArrowRight", 14), ("ArrowUp", 15),
        ("Shift+ArrowLeft", 10), ("PageUp", 15), ("PageDown", 10), ("Home", 1), ("ArrowLeft", 1),
        ("End", 20), ("PageUp", 20),
    ]:  # fmt: skip
        live.keyboard.press(key)
        assert state(live)["k"] == expected, key
    agrees_with_numpy(live)
    assert live.evaluate("scrollY") == 0


def test_pick_by_touch(phone):
    """On a phone a finger that moves sideways picks, and one that moves up scrolls the page."""
    picker(phone).scroll_into_view_if_needed()
    (x, y), (to, _) = place_of(phone, 16), place_of(phone, 6)
    finger_drags(phone, (x, y), ((x + to) / 2, y + 3), (to, y + 6))
    assert state(phone)["k"] == 6
    agrees_with_numpy(phone)
    finger_scrolls(phone, (x, y), (x, y - 30), (x, y - 60), (x, y - 120))


def test_fewer_steps_keep_k_within(live):
    """When T falls below k, k goes with it; every T gives a box and a mark for each step."""
    for T in (40, 12, 1):
        steps(live).fill(str(T))
        assert state(live)["T"] == T
        assert state(live)["k"] == min(15, T)
        assert live.locator(".chain rect.box").count() == T + 1
        agrees_with_numpy(live)


def test_the_gain_passes_exactly_one(live):
    """The slider of |w| has 1 in its middle and equal factors to both sides, 0.1 to 10."""
    seen = []
    for position in ("-60", "-30", "0", "30", "60"):
        gain(live).fill(position)
        seen.append(state(live)["w"])
        agrees_with_numpy(live)
    assert seen == [0.1, 0.316, 1, 3.16, 10]
    live.get_by_role("button", name="w < 0").click()
    assert state(live)["w"] == -10
    agrees_with_numpy(live)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_choice(live, activation):
    """Each activation with each input gives NumPy's numbers, with both signs of w."""
    live.get_by_role("combobox", name="activation").select_option(activation)
    for kind in unroll.INPUTS:
        live.get_by_role("button", name=kind, exact=True).click()
        for sign in ("w < 0", "w > 0"):
            live.get_by_role("button", name=sign).click()
            agrees_with_numpy(live)


def test_typed_numbers(live):
    """x_0, b and y count as typed; one out of range changes nothing and is answered."""
    for name, typed in (("x0", "-0.5"), ("b", "0.25"), ("y", "3")):
        field(live, name).fill(typed)
        assert state(live)[name] == float(typed)
        agrees_with_numpy(live)
    field(live, "b").fill("3.5")
    live.get_by_text("b lies between −3 and 3.").wait_for()
    assert shown(live, "first") == pytest.approx(unroll.compute(
        **{**state(live), "b": 0.25}).loss_gradient, rel=SHOWN)  # fmt: skip
    field(live, "b").blur()
    assert field(live, "b").input_value() == "0.25"


def test_examples_show_what_they_are_named_for(live):
    """Each example shows its lesson in the numbers on the page."""
    seen = {}
    for name in ("Vanishes", "Holds", "Explodes", "Saturates", "Sign changes", "Cut off"):
        live.get_by_role("button", name=name).click()
        seen[name] = agrees_with_numpy(live)
    sizes = {name: np.abs(record.terms) for name, record in seen.items()}
    assert seen["Vanishes"].eta < 1
    assert sizes["Vanishes"][0] < 1e-8 < sizes["Vanishes"][-1]
    assert (sizes["Holds"] == 2).all()
    assert seen["Explodes"].eta > 1
    assert sizes["Explodes"][0] > 100 * sizes["Explodes"][-1]
    assert seen["Saturates"].eta == 2
    assert sizes["Saturates"][0] < 1e-14 < sizes["Saturates"][-1]
    assert seen["Sign changes"].gradient == 0
    assert (sizes["Sign changes"] == 2).all()
    assert (sizes["Cut off"][:13] == 0).all()
    assert (sizes["Cut off"][13:] > 0).all()


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"T": 16, "k": 8, "w": 1, "activation": "relu", "inputs": "sine", "b": -0.1},
         "relu has slope 0 at x12: nothing from before it arrives."),
        ({"T": 2, "k": 1, "w": 1, "activation": "relu", "inputs": "none", "b": -1, "y": 0.5},
         "relu has its kink at x1 = 0, where its slope is taken as 0."),
        ({"T": 5, "k": 2, "w": 1, "activation": "identity", "inputs": "none", "y": 1},
         "xT = y, where the loss is least."),
        ({"T": 5, "k": 1, "w": 1, "activation": "tanh", "inputs": "sine", "x0": 0},
         "σ(x0) = 0: the weight multiplies 0 there."),
        ({"T": 40, "k": 1, "w": 10, "activation": "tanh", "inputs": "none", "x0": 3, "b": 3},
         "The product is too small for the numbers of a computer, which take it for 0."),
    ],
    ids=["off", "kink", "least loss", "no value", "too small"],
)  # fmt: skip
def test_a_zero_says_why(live, state, says):
    """A contribution of 0 is drawn as a cross on the line of zeros, and a sentence says why."""
    full = {"x0": 1.0, "b": 0.0, "y": -1.0, **state}
    seen = live.evaluate(DRAW, full)
    assert seen["remark"] == says
    record = unroll.compute(**full)
    assert seen["zeros"] == np.count_nonzero(record.terms == 0) > 0
    assert seen["ticks"][-1] == "0"


# Draws a state with the published module, as a page does, and says what stands on it.
DRAW = """async (state) => {
    const view = (await import("/_static/explorables/unroll.js")).default;
    const model = { get: (key) => state[key], set() {}, save_changes() {}, on() {}, off() {} };
    const main = document.querySelector("main");
    main.replaceChildren();
    await view.render({ model, el: main });
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const all = (selector) => [...main.querySelectorAll(selector)];
    const outer = main.querySelector("svg").getBoundingClientRect();
    const within = (node) => {
        const { left, right, top, bottom } = node.getBoundingClientRect();
        return left >= outer.left - 1 && right <= outer.right + 1
            && top >= outer.top - 1 && bottom <= outer.bottom + 1;
    };
    return {
        unit: main.querySelector("svg").clientWidth
            / main.querySelector("svg").viewBox.baseVal.width,
        cut: all("svg text, svg circle, svg rect, svg path.zero, svg path.bound")
            .filter((node) => !within(node)).map((node) => node.outerHTML),
        positive: all("circle.positive").length,
        negative: all("circle.negative").length,
        zeros: all("path.zero").length,
        boxes: all("rect.box").length,
        path: all("rect.box.on").length,
        remark: main.querySelector(".remark").textContent,
        ticks: all("text.tick.end").map((node) => node.textContent),
        text: main.innerText,
    };
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_every_state_is_drawn(browser, explorables_url, width):
    """At the ends of all ranges each step has its mark and box, in full, and no number is odd."""
    url = f"{explorables_url}/unroll-light.html"
    page, complaints = open_live(browser, url, viewport={"width": width, "height": 1000})
    for case in states()[600::7]:
        case = {**case, "k": 1 + case["T"] // 2}
        drawn = page.evaluate(DRAW, case)
        record = unroll.compute(**case)
        assert drawn["cut"] == [], case
        assert drawn["boxes"] == record.T + 1
        assert drawn["path"] == record.T + 1 - record.k
        signs = [drawn["positive"], drawn["negative"], drawn["zeros"]]
        assert signs == [(np.sign(record.terms) == sign).sum() for sign in (1, -1, 0)], case
        assert not {"NaN", "undefined", "∞"} & set(drawn["text"].split()), case
        assert drawn["unit"] == pytest.approx(1, abs=1e-3), "text keeps its size"
    assert complaints == []
    page.context.close()


def test_the_path_lights_up(live):
    """The boxes from x_k to x_T are marked, and they follow k."""
    for k in (3, 17):
        live.mouse.click(*place_of(live, k))
        assert live.locator(".chain rect.box.on").count() == 20 + 1 - k


def test_a_change_is_said(live):
    """After a change the live region says the contribution of the step and the gradient."""
    picker(live).press("ArrowLeft")
    live.wait_for_function("document.querySelector('.spoken').textContent !== ''")
    said = live.locator(".spoken[role=status]").text_content()
    assert said.startswith("Step 14 of 20 contributes −0.01")
    assert "The gradient is −1.378." in said
