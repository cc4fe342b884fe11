"""In a browser: the explorable "drift", by mouse, touch and keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from test_drift_kernel import EXAMPLES, START
from widget_pages import SHOWN, drawn, finger_drags, finger_scrolls, shown

from book_utils.figures import trainings
from book_utils.widgets.drift import Drift

SLIDERS = {
    "k": "window", "λ": "largest weight", "α": "step size", "N": "steps", "w0": "start",
    "y": "target",
}  # fmt: skip
CHOICES = {
    "losses": ("losses", {"unit": "one unit", "pair": "the worst pair"}),
    "schedule": ("size of step", {"over": "α/i", "root": "α/√i", "equal": "α"}),
    "activation": ("unit", {"identity": "linear", "tanh": "tanh"}),
}


@pytest.fixture(scope="module")
def window() -> dict[str, int]:
    """Room for the whole view."""
    return {"width": 1280, "height": 1000}


def slider(page: Page, key: str) -> Locator:
    return page.get_by_role("slider", name=re.compile(f"^{SLIDERS[key]}"))


def picker(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step i")


def choose(page: Page, key: str, value: str) -> None:
    group, names = CHOICES[key]
    buttons = page.get_by_role("group", name=re.compile(f"^{group}"))
    buttons.get_by_role("button", name=names[value], exact=True).click()


def pressed(page: Page, key: str) -> str:
    group, names = CHOICES[key]
    buttons = page.get_by_role("group", name=re.compile(f"^{group}"))
    text = buttons.locator("[aria-pressed=true]").inner_text()
    return next(value for value, name in names.items() if name == text)


def state(page: Page) -> dict:
    """The state as the controls show it."""
    numbers = {key: float(slider(page, key).input_value()) for key in SLIDERS}
    counts = {key: int(numbers[key]) for key in ("k", "N")}
    at = int(picker(page).get_attribute("aria-valuenow"))
    return {**numbers, **counts, **{key: pressed(page, key) for key in CHOICES}, "at": at}


def agrees_with_numpy(page: Page) -> trainings.Record:
    """Every read-out is the number that NumPy gives for the state that the controls show."""
    now = state(page)
    record, i = trainings.compute(**now), now["at"]
    δ, worst = record.distances[i - 1], record.worst[i - 1]
    expected = {
        "full": record.full[i], "short": record.short[i], "apart": δ, "worst": worst,
        "share": δ / worst, "β": record.smoothness, "γ": record.rate, "g": record.gap,
        "exponent": now["α"] * record.smoothness,
    }  # fmt: skip
    if record.simple is not None:
        expected["simple"] = record.simple[i - 1]
    if now["losses"] == "unit":
        expected["first-gap"] = record.first_gap
    found = {what: shown(page, what) for what in expected}
    assert found == pytest.approx(expected, rel=SHOWN, abs=1e-300)
    whole = f"the whole interval from step {record.wide} on"
    hint = page.locator(".drift .pictures .hint").inner_text()
    assert (whole in hint) == (record.wide is not None)
    return record


def point(page: Page, i: int) -> tuple[float, float]:
    """Where on the page step i lies in the chart of the distance."""
    box = page.locator("svg.distances").bounding_box()
    left, right = box["x"] + 73, box["x"] + box["width"] - 15  # with the border of the chart
    return left + (right - left) * i / state(page)["N"], box["y"] + box["height"] / 2


def test_numbers_are_right_before_anyone_moves(live):
    """The page starts at the stored state, with NumPy's numbers."""
    assert state(live) == Drift().state()
    agrees_with_numpy(live)


def test_examples_show_what_the_chapter_says(live):
    """Each example sets its state, shows NumPy's numbers, and those that the text names."""
    records = {}
    for name, expected in EXAMPLES.items():
        live.get_by_role("button", name=name, exact=True).click()
        assert state(live) == expected
        records[name] = agrees_with_numpy(live)
    arrived = records["Both arrive"]
    assert {f"{δ:.3f}" for δ in arrived.distances[44:]} == {"0.081"}
    assert (f"{arrived.full[-1]:.3f}", f"{arrived.short[-1]:.3f}") == ("0.583", "0.665")
    assert f"{arrived.distances[-1] / arrived.worst[-1]:.3f}" == "0.058"
    stopped = records["Stopped"]
    assert stopped.full[-1] == stopped.short[-1] == 0.5
    assert (f"{stopped.distances.max():.3f}", stopped.distances.argmax()) == ("0.020", 7)
    far = records["Far apart"]
    assert far.distances[-1] == far.worst[-1]
    assert (far.full[-1], far.short[-1]) == (-0.5, 0.5)
    close = records["Close to worst"]
    shares = close.distances / close.worst
    assert (f"{shares[0]:.3f}", f"{shares[-1]:.3f}") == ("0.915", "0.778")
    assert f"{close.α * close.smoothness:.3f}" == "0.039"


def test_the_text_names_the_right_numbers():
    """So does the chapter for what a reader sets beside the examples."""
    ends = [trainings.compute(**{**START, "schedule": name}) for name in ("over", "equal")]
    assert [f"{each.distances[-1]:.2g}" for each in ends] == ["0.0079", "0.016"]
    assert [f"{each.worst[-1]:.2g}" for each in ends] == ["0.96", "1"]
    assert ends[1].wide == 6
    slow = {**EXAMPLES["Far apart"], "schedule": "over", "N": 200, "at": 200}
    assert f"{trainings.compute(**slow).distances[-1]:.2f}" == "0.35"
    larger = trainings.compute(**{**EXAMPLES["Close to worst"], "α": 0.1})
    assert f"{larger.distances[-1] / larger.worst[-1]:.2f}" == "0.44"


def test_a_step_is_picked_with_the_mouse(live):
    """A press picks the step under it, a drag follows, and after release nothing follows."""
    live.mouse.move(*point(live, 20))
    live.mouse.down()
    assert state(live)["at"] == 20
    agrees_with_numpy(live)
    live.mouse.move(*point(live, 41), steps=3)
    assert state(live)["at"] == 41
    live.mouse.move(2, 300)
    assert state(live)["at"] == 1
    live.mouse.up()
    live.mouse.move(*point(live, 30))
    assert state(live)["at"] == 1
    expect(picker(live)).to_be_focused()
    agrees_with_numpy(live)


def test_a_step_is_picked_with_keys(live):
    """Arrows move by one step, with Shift or Page by ten, Home and End to the ends."""
    picker(live).focus()
    for key, expected in [
        ("ArrowLeft", 59), ("ArrowRight", 60), ("ArrowUp", 60), ("Shift+ArrowLeft", 50),
        ("PageDown", 40), ("PageUp", 50), ("Home", 1), ("ArrowDown", 1), ("End", 60),
    ]:  # fmt: skip
        live.keyboard.press(key)
        assert state(live)["at"] == expected, key
    assert "the worst case is 0.9577" in picker(live).get_attribute("aria-valuetext")
    assert live.evaluate("scrollY") == 0


def test_every_control_reaches_the_numbers(live):
    """Each slider and each choice changes what is shown, to NumPy's numbers for it."""
    moves = [
        (key, lambda value, key=key: slider(live, key).fill(value), value)
        for key, value in (("k", "2"), ("λ", "0.61"), ("α", "0.23"), ("w0", "-0.4"), ("y", "0.75"))
    ]
    moves += [
        (key, lambda value, key=key: choose(live, key, value), value)
        for key, value in (
            ("schedule", "root"), ("activation", "identity"), ("losses", "pair"),
            ("schedule", "equal"), ("losses", "unit"),
        )
    ]  # fmt: skip
    for key, move, value in moves:
        before = live.locator(".readout").inner_html()
        move(value)
        found = state(live)[key]
        assert (found if isinstance(found, str) else f"{found:g}") == value
        assert live.locator(".readout").inner_html() != before
        agrees_with_numpy(live)


def test_the_picked_step_stays_within_the_training(live):
    """The last step stays the last one when N changes; another stays where it is if it can."""
    for N, expected in (("40", 40), ("90", 90)):
        slider(live, "N").fill(N)
        assert state(live)["at"] == expected
    picker(live).focus()
    live.keyboard.press("PageDown")
    for N, expected in (("100", 80), ("50", 50)):
        slider(live, "N").fill(N)
        assert state(live)["at"] == expected
    agrees_with_numpy(live)


def test_touch(phone):
    """On a phone a finger that moves sideways picks, and one that moves up scrolls the page."""
    phone.locator("svg.distances").scroll_into_view_if_needed()
    (x, y), (to, _) = point(phone, 50), point(phone, 12)
    finger_drags(phone, (x, y), ((x + to) / 2, y + 3), (to, y + 6))
    assert state(phone)["at"] == 12
    agrees_with_numpy(phone)
    finger_scrolls(phone, (x, y), (x, y - 40), (x, y - 120))


def test_the_pair_has_other_words(live):
    """What belongs to the unit alone is away for the pair, and the pair is described."""
    key = live.locator(".key").get_by_text("the width of the interval")
    expect(key).to_be_visible()
    choose(live, "losses", "pair")
    expect(key).to_be_hidden()
    assert "nothing stops it" in live.locator(".readout").inner_text()
    label = live.locator("svg.weights").get_attribute("aria-label")
    assert label.startswith("The two weights over 60 steps, from 0: through the whole run to 0")
    choose(live, "schedule", "equal")
    assert "none for constant steps" in live.locator(".readout").inner_text()
    expect(live.get_by_role("status")).to_contain_text("the worst case is 9.86·10⁹.")


def test_the_start_says_where_it_is(live):
    """A start outside the interval is taken back, and the pair has a start of its own."""
    note = live.locator(".hint.start")
    expect(note).to_be_hidden()
    slider(live, "w0").fill("0.7")
    expect(note).to_have_text("The start lies outside and is taken back to 0.5.")
    agrees_with_numpy(live)
    choose(live, "losses", "pair")
    expect(note).to_contain_text("The worst pair starts at 0")
    expect(slider(live, "w0")).to_be_disabled()
    choose(live, "losses", "unit")
    expect(slider(live, "w0")).to_be_enabled()


def test_a_bound_above_the_width_is_called_so(live):
    """A simple bound that allows more than the interval holds is said to."""
    words = "more than the interval is wide"
    choose(live, "schedule", "root")
    assert words in live.locator(".readout").inner_text()
    choose(live, "losses", "pair")
    assert words not in live.locator(".readout").inner_text()


def test_every_state_is_drawn(live):
    """At the ends of all ranges nothing is cut off and nothing is NaN or infinite."""
    for losses in trainings.LOSSES:
        for schedule in trainings.SCHEDULES:
            for k, N, α, λ, w0, y, at in (
                (1, 200, 0.3, 0.7, 0.7, 0.8, 1), (20, 10, 0.02, 0.3, 0, 0, 10),
                (20, 200, 0.3, 0.7, -0.7, -0.8, 100),
            ):  # fmt: skip
                case = {**EXAMPLES["Stopped"], "losses": losses, "schedule": schedule, "k": k,
                        "N": N, "α": α, "λ": λ, "w0": w0, "y": y, "at": at}  # fmt: skip
                (found,) = drawn(live, "drift", [case], parts="svg :is(text, path)")
                assert found == {"cut": [], "odd": None}, case


def test_state_changes_the_picture():
    """Another state gives another figure and other words."""
    first = Drift()._repr_mimebundle_()[0]["text/html"]
    moved = Drift(N=20, at=5, k=2)._repr_mimebundle_()[0]["text/html"]
    assert moved != first
    assert "a window of 2. After step 5" in moved


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"losses": "mean"}, "losses: got 'mean', expects one of unit, pair"),
        ({"activation": "relu"}, "activation: got 'relu', expects one of identity, tanh"),
        ({"schedule": "1/i"}, "schedule: got '1/i', expects one of over, root, equal"),
        ({"k": 0}, "k: got 0, expects 1 to 20"),
        ({"N": 201}, "N: got 201, expects 10 to 200"),
        ({"N": 40}, "at: got 60, expects 1 to N = 40; set both at once"),
        ({"α": 0.5}, "α: got 0.5, expects 0.02 to 0.3"),
        ({"λ": 0.9}, "λ: got 0.9, expects 0.3 to 0.7"),
        ({"w0": 1}, "w0: got 1, expects -0.7 to 0.7"),
        ({"y": -1}, "y: got -1, expects -0.8 to 0.8"),
    ],
)
def test_bad_state_is_refused(state, message):
    """A number out of range is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        Drift(**state)
