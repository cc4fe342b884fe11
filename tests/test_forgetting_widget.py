"""In a browser: the explorable "forgetting", by mouse, touch and keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from widget_pages import SHOWN, drawn, finger, finger_drags, finger_scrolls, shown

from book_utils.figures import forgetting
from book_utils.widgets.forgetting import Forgetting

SLIDERS = {"λ": "contraction", "k": "window k", "B": "largest input", "ε": "tolerance"}
UNITS = {"linear": "identity", "tanh": "tanh"}
KINDS = {"one pulse": "pulse"}


@pytest.fixture(scope="module")
def window() -> dict[str, int]:
    """Room for the whole view."""
    return {"width": 1280, "height": 1200}


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=SLIDERS[name], exact=False)


def time(page: Page) -> Locator:
    return page.locator(".states .picker")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def state(page: Page) -> dict:
    """The state as the controls show it."""
    unit, kind = page.locator(".choice [aria-pressed=true]").all_inner_texts()
    values = {
        name: float(slider(page, name).locator("xpath=..").locator("b").inner_text())
        for name in SLIDERS
    }
    return values | {
        "activation": UNITS[unit],
        "inputs": KINDS.get(kind, kind),
        "k": int(values["k"]),
        "t": int(time(page).get_attribute("aria-valuenow")),
    }


def agrees_with_numpy(page: Page, seed: int = 1) -> forgetting.Record:
    """Every read-out is the number that NumPy gives for the state that the controls show."""
    record = forgetting.compute(**state(page), seed=seed)
    at = record.t - 1
    largest = int(record.shares.argmax())
    expected = {
        "whole": record.whole[at],
        "window": record.windows[at],
        "gap": record.gap[at],
        "bound": record.bound,
        "H": record.H,
        "B0": record.B0,
        "share": record.shares[at],
        "largest": record.shares[largest],
        "bound-at": record.bounds[at],
        "horizon": record.horizon,
        "enough": record.enough,
        "needed": record.needed,
    }
    for what in ("enough", "needed"):
        if expected[what] == 0:  # said in words
            assert page.locator(f"[data-read={what}]").count() == 0
            del expected[what]
    found = {what: shown(page, what) for what in expected}
    # Four digits of a number below 1e-3 are shown as three beside a power of ten.
    assert found == pytest.approx(expected, rel=SHOWN, abs=1e-30)
    return record


def test_numbers_are_right_before_anyone_moves(live):
    """The page starts at the stored state, with NumPy's numbers."""
    agrees_with_numpy(live)
    stored = Forgetting().state()
    assert state(live) == {name: stored[name] for name in stored if name != "seed"}


def test_every_unit_and_every_kind_of_input(live):
    """Each button brings its own run, and the constant input alone attains the bound."""
    attained = set()
    for unit in ("linear", "tanh"):
        for kind in ("constant", "one pulse", "alternating", "random"):
            button(live, unit).click()
            button(live, kind).click()
            record = agrees_with_numpy(live)
            assert (record.activation, record.kind) == (UNITS[unit], KINDS.get(kind, kind))
            if shown(live, "gap") == pytest.approx(shown(live, "bound-at"), rel=1e-3):
                attained.add((unit, kind))
    assert attained == {("linear", "constant")}


def test_sliders_change_their_numbers(live):
    """Each slider sets its quantity: a longer window is closer, a smaller ε needs a longer one."""
    button(live, "Tight").click()
    bound, enough = shown(live, "bound"), shown(live, "enough")
    slider(live, "k").fill("30")
    assert agrees_with_numpy(live).k == 30
    assert shown(live, "bound") < bound
    slider(live, "ε").fill("-9")
    assert agrees_with_numpy(live).ε == 1e-3
    assert shown(live, "enough") > enough
    slider(live, "λ").fill("0.99")
    assert agrees_with_numpy(live).λ == 0.99
    assert shown(live, "enough") > 1000
    slider(live, "B").fill("3")
    assert shown(live, "H") == pytest.approx(300)
    button(live, "tanh").click()
    assert agrees_with_numpy(live).H == 1
    assert shown(live, "enough") < 1000


def test_examples_show_what_they_are_named_for(live):
    """Tight leaves all of the bound, the slow one is on its way to it, large inputs little."""
    shares = {}
    for name in ("Tight", "Slow, λ = 0.99", "Large inputs"):
        button(live, name).click()
        agrees_with_numpy(live)
        shares[name] = shown(live, "largest")
        if name == "Tight":
            assert shown(live, "needed") == shown(live, "enough") == 66
    assert shares["Tight"] == pytest.approx(1 - 0.9**100, rel=SHOWN)
    assert shares["Slow, λ = 0.99"] == pytest.approx(1 - 0.99**100, rel=SHOWN)
    assert shares["Large inputs"] < 1e-5


def test_a_tolerance_above_all_states_needs_no_window(live):
    """Where H is ε, up to rounding, the horizon is 0 and every window will do."""
    button(live, "linear").click()
    slider(live, "B").fill("0.1")
    slider(live, "ε").fill("0")
    assert agrees_with_numpy(live).enough == 0
    assert shown(live, "horizon") == 0
    rows = live.locator(".readout").last.locator("tr").all_inner_texts()
    assert [row.split("\t")[1].split(",")[0] for row in rows[-2:]] == [
        "0: every window is within ε = 1",
        "every window is within ε = 1",
    ]


def test_one_axis_for_all_kinds_of_inputs(live):
    """The axis of the differences stays when another kind of input is chosen."""
    for unit in ("linear", "tanh"):
        button(live, unit).click()
        axes = set()
        for kind in ("constant", "one pulse", "alternating", "random"):
            button(live, kind).click()
            axes.add(tuple(live.locator(".gaps text.end").all_inner_texts()))
        assert len(axes) == 1


def test_the_bound_lies_over_the_points(live):
    """Where the bound is attained its dotted line is drawn after the points, and so is seen."""
    order = "(svg) => [...svg.children].map((node) => node.getAttribute('class'))"
    kinds = live.locator("svg.gaps").evaluate(order)
    assert kinds.index("bound-at") > kinds.index("spot")


def test_a_window_of_everything_says_so(live):
    """Before the window is full, who does not see the page hears that there is no difference."""
    button(live, "Tight").click()
    time(live).focus()
    live.keyboard.press("Home")
    said = "t = 1: At t = 1 a window of 20 holds the whole past and is off by 0."
    assert time(live).get_attribute("aria-valuetext") == said


def test_new_inputs_are_new_and_are_announced(live):
    """The button draws the inputs of the next seed; who does not see them hears the numbers."""
    before = shown(live, "whole"), shown(live, "bound")
    button(live, "New inputs").click()
    agrees_with_numpy(live, seed=2)
    assert shown(live, "whole") != before[0]
    assert shown(live, "bound") == before[1]
    gap, needed = (live.locator(f"[data-read={what}]").inner_text() for what in ("gap", "needed"))
    said = live.locator(".spoken")
    expect(said).to_contain_text(f"At t = 120 a window of 5 is off by {gap};")
    expect(said).to_contain_text(f"and {needed} for these, up to t = 120.")


def test_keys_move_the_window(live):
    """In the chart arrows move the time by 1, page keys by 10, Home and End to the ends."""
    time(live).focus()
    for key, t in (("ArrowLeft", 119), ("ArrowUp", 120), ("ArrowRight", 120),
                   ("PageDown", 110), ("Shift+ArrowLeft", 100), ("Home", 1), ("PageUp", 11),
                   ("End", 120)):  # fmt: skip
        live.keyboard.press(key)
        assert state(live)["t"] == t
        agrees_with_numpy(live)
    assert live.evaluate("scrollY") == 0


def test_drag_moves_the_window(live):
    """The marked window follows the pointer, and so does its run, which starts at zero."""
    box = live.locator("svg.states").bounding_box()
    y = box["y"] + box["height"] / 2
    live.mouse.move(box["x"] + box["width"] / 2, y)
    live.mouse.down()
    for share in (0.25, 0.75):
        live.mouse.move(box["x"] + 46 + share * (box["width"] - 60), y, steps=3)
        assert state(live)["t"] == 120 * share
        agrees_with_numpy(live)
        assert live.locator("g.own circle").count() == 6
        start = live.locator("circle.start").bounding_box()
        middle = start["x"] + start["width"] / 2 - box["x"] - 46
        assert middle / (box["width"] - 60) == pytest.approx(share - 5 / 120, abs=2e-3)
    live.mouse.move(box["x"] - 50, y)
    assert state(live)["t"] == 1
    live.mouse.up()
    agrees_with_numpy(live)


def test_drag_by_touch(phone):
    """A finger that moves sideways or taps moves the window; one that moves up scrolls alone."""
    phone.locator("svg.states").scroll_into_view_if_needed()
    box = phone.locator("svg.states").bounding_box()
    middle = 46 + (box["width"] - 60) / 2

    def inside(*path: tuple[float, float]) -> list[tuple[float, float]]:
        return [(box["x"] + x, box["y"] + y) for x, y in path]

    finger_drags(phone, *inside((60, 100), (90, 100), (middle, 100)))
    assert state(phone)["t"] == 60
    agrees_with_numpy(phone)
    finger_scrolls(phone, *inside((90, 140), (91, 100), (92, 40)))
    assert state(phone)["t"] == 60
    box = phone.locator("svg.states").bounding_box()
    finger(phone, *inside((46, 50)))
    assert state(phone)["t"] == 1


OWN = """
    gaps: all(".gaps g.gap circle").length,
    bars: all(".inputs path.inside, .inputs path.outside")
        .flatMap((node) => node.getAttribute("d").match(/M/g) ?? []).length,
    now: [".states .now", ".gaps .now"].map((chart) => all(chart)[0])
        .map((node) => (box(node).left + box(node).right) / 2),
"""


def test_every_state_is_drawn(live):
    """At the ends of all ranges everything is drawn, nothing is cut off, and the axes agree."""
    first = Forgetting().state()
    for unit, kind in (("identity", "constant"), ("tanh", "pulse"), ("tanh", "alternating"),
                       ("identity", "random")):  # fmt: skip
        for λ in (0.1, 0.5, 0.99):
            for k, t, B, ε in ((1, 120, 3, 1e-6), (120, 120, 0.1, 1), (20, 1, 0.1, 0.01)):
                case = {**first, "activation": unit, "inputs": kind, "λ": λ, "k": k, "t": t,
                        "B": B, "ε": ε}  # fmt: skip
                (found,) = drawn(live, "forgetting", [case], OWN)
                first_now, second_now = found.pop("now")
                assert first_now == second_now, case
                assert found == {"cut": [], "gaps": 120, "bars": 120, "odd": None}, case


def test_state_changes_the_picture():
    """Another state gives another figure and other words."""
    first = Forgetting()._repr_mimebundle_()[0]["text/html"]
    moved = Forgetting(activation="identity", inputs="constant", k=20, B=1)
    html = moved._repr_mimebundle_()[0]["text/html"]
    assert html != first
    assert "constant inputs up to 1, and windows of k = 20" in html


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"activation": "relu"}, "activation: got 'relu', expects one of identity, tanh"),
        ({"inputs": "noise"}, "inputs: got 'noise', expects one of constant, pulse, alternating"),
        ({"λ": 1}, "λ: got 1, expects 0.1 to 0.99"),
        ({"λ": 0}, "λ: got 0, expects 0.1 to 0.99"),
        ({"k": 0}, "k: got 0, expects 1 to 120"),
        ({"k": 121}, "k: got 121, expects 1 to 120"),
        ({"B": 0}, "B: got 0, expects 0.1 to 3"),
        ({"ε": 0}, "ε: got 0, expects 1e-06 to 1"),
        ({"t": 121}, "t: got 121, expects 1 to 120"),
        ({"seed": 0}, "seed: got 0, expects 1 to 9999"),
    ],
)
def test_bad_state_is_refused(state, message):
    """A number out of range is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        Forgetting(**state)
