"""In a browser: the explorable "norm radius", by mouse, touch and keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, Page
from widget_pages import SHOWN, finger_drags, in_node, shown

from book_utils import widgets
from book_utils.figures import norm_radius
from book_utils.widgets.norm_radius import NormRadius

SHARED = widgets.HERE / "shared"


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def state(page: Page) -> dict:
    """The state as the controls show it."""
    k = int(slider(page, "Power k").get_attribute("aria-valuenow"))
    if page.locator(".matrix.three").is_visible():
        entries = page.locator(".matrix.three span").all_inner_texts()
        return {"W": np.array(entries, float).reshape(3, 3), "k": k}
    names = [f"W, row {i}, column {j}" for i in (1, 2) for j in (1, 2)]
    entries = [float(page.get_by_label(name).input_value()) for name in names]
    return {"W": np.array(entries).reshape(2, 2), "k": k}


def agrees_with_numpy(page: Page, W: np.ndarray | None = None) -> norm_radius.Record:
    """Every read-out is the number that NumPy gives for the matrix that the fields show."""
    now = state(page)
    if W is not None:
        now["W"] = W
    record, k = norm_radius.compute(**now), now["k"]
    expected = {
        "radius": record.radius,
        "norm": record.norm,
        "departure": record.departure,
        "picked": record.norms[k],
        "picked.radius": record.radius**k,
        "picked.norm": record.norm**k,
        "largest": record.largest,
        "peak": record.peak,
    }
    if record.settled is not None:
        expected["settled"] = record.settled
    if np.isfinite(record.kreiss):
        expected |= {"kreiss": record.kreiss, "ceiling": record.ceiling}
    found = {what: shown(page, what) for what in expected}
    assert found == pytest.approx(expected, rel=SHOWN, abs=1e-9)
    said = page.locator("[data-read=kind]").inner_text()
    assert said == (": normal" if record.normal else ": not normal")
    return record


def test_numbers_are_right_before_anyone_moves(live):
    """The page starts at the stored state, with NumPy's numbers."""
    record = agrees_with_numpy(live)
    assert record.W.tolist() == NormRadius().W
    assert record.k == NormRadius().k == 9


def test_examples_show_what_they_are_named_for(live):
    """Each example has the property that it is named for, and NumPy's numbers."""
    press(live, "Normal")
    normal = agrees_with_numpy(live)
    assert normal.normal
    assert shown(live, "largest") == 1
    press(live, "Rotation")
    rotation = agrees_with_numpy(live)
    assert rotation.normal
    assert shown(live, "picked") == shown(live, "picked.radius") == shown(live, "picked.norm")
    press(live, "Shear")
    shear = agrees_with_numpy(live)
    assert shear.radius == 0.9
    assert shown(live, "largest") == 38.75
    assert shown(live, "kreiss") == 25.01
    press(live, "Jordan, ρ = 1")
    jordan = agrees_with_numpy(live)
    assert jordan.kreiss == np.inf
    assert live.get_by_text("the powers grow without end").is_visible()
    assert live.get_by_text("of the powers up to 60").is_visible()
    press(live, "Nilpotent")
    nilpotent = agrees_with_numpy(live)
    assert nilpotent.norm == 5
    slider(live, "Power k").press("ArrowRight")
    assert shown(live, "picked") == 0


def test_the_bracket_by_kreiss_holds_wherever_the_sliders_stand(live):
    """At each place of the sliders K ≤ longest power ≤ e n K, and the numbers are NumPy's."""
    for radius, shear in ((0.5, 0), (0.7, 3), (0.98, 10), (0.05, 0.1)):
        slider(live, "radius").fill(str(radius))
        slider(live, "shear").fill(str(shear))
        now = state(live)["W"]
        np.testing.assert_allclose(now, [[radius, shear], [0, radius]], atol=1e-9)
        record = agrees_with_numpy(live)
        assert record.kreiss <= record.largest * (1 + 1e-9) <= record.ceiling


def test_the_angle_keeps_radius_and_shear(live):
    """Turning the eigenvalues by the slider leaves the radius and the shear where they are."""
    for degrees in ("30", "90", "180"):
        slider(live, "angle").fill(degrees)
        a, b = 0.9 * np.cos(np.radians(int(degrees))), 0.9 * np.sin(np.radians(int(degrees)))
        upper = (1 + np.hypot(1, 2 * b)) / 2
        W = np.array([[a, upper], [-(b**2) / upper, a]])
        np.testing.assert_allclose(state(live)["W"], W, atol=5.1e-5)
        record = agrees_with_numpy(live, W.round(12))
        assert record.radius == pytest.approx(0.9)
        for name, value in (("radius", "0.9"), ("shear", "1")):
            assert slider(live, name).input_value() == value


def test_three_dimensions(live):
    """As 3 by 3 matrix ρ and s stay, the angle goes, and W is ρI with s above the diagonal."""
    slider(live, "shear").fill("2")
    press(live, "3 × 3")
    assert state(live)["W"].tolist() == [[0.9, 2, 0], [0, 0.9, 2], [0, 0, 0.9]]
    assert not slider(live, "angle").is_visible()
    agrees_with_numpy(live)
    slider(live, "radius").fill("0.8")
    agrees_with_numpy(live)
    assert live.get_by_text("The sphere and its image are not drawn.").is_visible()
    press(live, "2 × 2")
    assert state(live)["W"].tolist() == [[0.8, 2], [0, 0.8]]
    agrees_with_numpy(live)


def test_typed_entries(live):
    """A number typed into W counts at once, and the sliders then stand at its measures."""
    live.get_by_label("W, row 2, column 1").fill("-0.3")
    assert state(live)["W"].tolist() == [[0.9, 1], [-0.3, 0.9]]
    agrees_with_numpy(live)
    assert float(slider(live, "radius").input_value()) == pytest.approx(np.sqrt(1.11), abs=5e-3)
    assert float(slider(live, "shear").input_value()) == pytest.approx(0.7, abs=1e-9)
    angle = np.degrees(np.arctan2(np.sqrt(0.3), 0.9))
    assert float(slider(live, "angle").input_value()) == pytest.approx(angle, abs=0.5)


def test_an_entry_out_of_range_is_refused(live):
    """It changes nothing, and a sentence says what is expected."""
    before = state(live)["W"]
    live.get_by_label("W, row 1, column 2").fill("12.5")
    assert live.get_by_text("An entry lies between −12 and 12.").is_visible()
    live.get_by_label("W, row 1, column 2").blur()
    assert (state(live)["W"] == before).all()


def test_keys_pick_a_power(live):
    """Arrows move k by 1, page keys by 10, Home and End to the ends; the page does not scroll."""
    chart = slider(live, "Power k")
    chart.focus()
    for key, k in (("ArrowRight", 10), ("ArrowUp", 11), ("ArrowLeft", 10), ("PageUp", 20),
                   ("End", 60), ("ArrowRight", 60), ("PageDown", 50), ("Home", 0)):  # fmt: skip
        live.keyboard.press(key)
        assert chart.get_attribute("aria-valuenow") == str(k)
        assert chart.get_attribute("aria-valuetext").startswith(f"k = {k}: norm of the power ")
        agrees_with_numpy(live)
    assert live.evaluate("scrollY") == 0


def test_drag_in_the_chart_picks_a_power(live):
    """The line that marks k follows the pointer, and stops at both ends."""
    box = live.locator(".growth").bounding_box()
    y = box["y"] + box["height"] / 2
    live.mouse.move(box["x"] + box["width"] / 2, y)
    live.mouse.down()
    # From place 42 to 12 before the right edge lie sixty steps.
    for share in (0.25, 0.75):
        live.mouse.move(box["x"] + 42 + share * (box["width"] - 54), y, steps=3)
        assert abs(state(live)["k"] - 60 * share) <= 1
    live.mouse.move(box["x"] + 2 * box["width"], y)
    assert state(live)["k"] == 60
    live.mouse.move(box["x"] - 50, y)
    assert state(live)["k"] == 0
    live.mouse.up()
    agrees_with_numpy(live)


def test_drag_by_touch(phone):
    """On a phone a finger that moves sideways in the chart picks k, and the page stays."""
    phone.locator(".growth").scroll_into_view_if_needed()
    box = phone.locator(".growth").bounding_box()
    y = box["y"] + 100
    finger_drags(phone, *((box["x"] + x, y) for x in (60, 90, box["width"] - 12)))
    assert state(phone)["k"] == 60
    agrees_with_numpy(phone)


# Draws a state with the published module, as a page does, and says what stands on it.
DRAW = """async (state) => {
    const view = (await import("/_static/explorables/norm_radius.js")).default;
    const model = { get: (key) => state[key], set() {}, save_changes() {}, on() {}, off() {} };
    document.querySelector("main").replaceChildren();
    await view.render({ model, el: document.querySelector("main") });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const box = (node) => {
        const { left, right, top, bottom } = node.getBoundingClientRect();
        return { left, right, top, bottom, size: Math.max(right - left, bottom - top) };
    };
    const within = (node) => {
        const [inner, outer] = [box(node), box(node.closest("svg"))];
        return inner.left >= outer.left - 4 && inner.right <= outer.right + 4
            && inner.top >= outer.top - 4 && inner.bottom <= outer.bottom + 4;
    };
    const all = (selector) => [...document.querySelectorAll(selector)];
    const shown = (node) => box(node).size > 0;
    const image = document.querySelector("path.image");
    return {
        cut: all(".growth text, .growth path, .growth circle, path.image")
            .filter((node) => shown(node) && !within(node)).map((node) => node.outerHTML),
        dots: all(".growth g.norms circle").length,
        peak: all("circle.peak").filter(shown).length,
        image: shown(image) ? box(image).size / box(image.closest("svg")).size : 0,
        odd: document.querySelector("main").innerHTML.match(/NaN|undefined|Infinity/g),
        badge: document.querySelector(".side .badge")?.innerText ?? "",
    };
}"""


def extremes() -> list[dict]:
    """The ends of all that a reader can set, and some in between."""
    W = [
        [[0, 0], [0, 0]], [[0, 10], [0, 0]], [[1.2, 10], [0, 1.2]], [[12, 12], [12, 12]],
        [[-12, 12], [-12, -12]], [[1e-4, 0], [0, 1e-4]], [[0.01, 10], [0, 0.01]],
        [[0.99, 10], [0, 0.99]], [[1, 0], [0, 1]], [[0, -1], [1, 0]], [[0.9, 10], [0, 0.9]],
        [[0, 10, 0], [0, 0, 10], [0, 0, 0]], [[1.2, 10, 0], [0, 1.2, 10], [0, 0, 1.2]],
    ]  # fmt: skip
    return [{"W": each, "k": k} for each in W for k in (0, 1, 9, 60)]


def test_every_state_is_drawn(live):
    """At the ends of all ranges everything is drawn, and nothing is cut off or not a number."""
    for case in extremes():
        drawn = live.evaluate(DRAW, case)
        record = norm_radius.compute(**case)
        assert drawn["odd"] is None, case
        assert drawn["cut"] == [], case
        assert drawn["peak"] == (record.peak <= 60), case
        # Each power has its dot, but for those that ran off the chart below.
        visible = (record.norms == 0) | (record.norms >= norm_radius.LOWEST)
        assert abs(drawn["dots"] - visible.sum()) <= 1, case
        if len(case["W"]) == 2:
            size = record.norms[case["k"]]
            assert drawn["image"] <= 1.01, case
            # From 0.096 of the plane, which seen aslant is √2 less.
            assert size == 0 or drawn["image"] > 0.067, case


def test_an_image_out_of_scale_says_so(live):
    """An image too large or too small for the circle is drawn otherwise, with how much in words."""
    drawn = live.evaluate(DRAW, {"W": [[0.9, 10], [0, 0.9]], "k": 9})
    assert drawn["badge"] == "The image is drawn 10 times smaller than it is."
    drawn = live.evaluate(DRAW, {"W": [[0.5, 0], [0, 0.5]], "k": 20})
    assert drawn["badge"] == "The image is drawn 106 times larger than it is."
    assert live.locator(".badge sup").inner_text() == "6"
    assert live.evaluate(DRAW, {"W": [[0.9, 0], [0, 0.9]], "k": 2})["badge"] == ""


def test_what_is_said_of_the_scale_wraps(live):
    """The sentence on the scale stays in its panel, whatever a theme says of ``badge``."""
    live.add_style_tag(content=".badge { white-space: nowrap; padding: 0.35em 0.65em }")
    slider(live, "radius").fill("1.2")
    slider(live, "shear").fill("10")
    badge, panel = live.locator(".badge"), live.locator(".side .panel").first
    assert "times smaller than it is." in badge.inner_text()
    width = "(node) => node.scrollWidth - node.clientWidth"
    assert badge.evaluate(width) == panel.evaluate(width) == 0
    lines = "(node) => node.getClientRects().length && node.offsetHeight"
    assert badge.evaluate(lines) > 30  # two lines of 13 pixels


def test_small_shears_can_be_picked(live):
    """An arrow key moves the shear by 0.01, so that 0.19, where the norm is 1, can be reached."""
    slider(live, "shear").fill("0.18")
    slider(live, "shear").press("ArrowRight")
    assert state(live)["W"].tolist() == [[0.9, 0.19], [0, 0.9]]
    assert shown(live, "norm") == 1
    slider(live, "shear").press("ArrowRight")
    assert shown(live, "largest") > 1


CUT = "([points, low, high], view) => view.cut(points, low, high)"


def test_a_line_is_cut_where_it_leaves(node, tmp_path):
    """A line that leaves and comes back is two pieces, each ending exactly on the edge."""
    source = (SHARED / "clip.js").read_text(encoding="utf-8")
    zigzag = [[0, 0], [1, 4], [2, 0], [3, -4], [4, 0]]
    cases = [
        (zigzag, -1, 1),
        ([[0, 0.5], [1, 0.5]], 0, 1),
        ([[0, -5], [1, 5]], -1, 1),
        ([[0, 3], [1, 4]], 0, 1),
    ]
    found = in_node(node, tmp_path, source, CUT, cases)
    assert found == [
        [[[0, 0], [0.25, 1]], [[1.75, 1], [2, 0], [2.25, -1]], [[3.75, -1], [4, 0]]],
        [[[0, 0.5], [1, 0.5]]],
        [[[0.4, -1], [0.6, 1]]],
        [],
    ]


def test_state_changes_the_picture():
    """Another state gives another figure and other words; an array will do as well as lists."""
    first = NormRadius()._repr_mimebundle_()[0]["text/html"]
    moved = NormRadius(W=np.array([[0, 5], [0, 0]]), k=2)
    assert moved.state() == {"W": [[0.0, 5.0], [0.0, 0.0]], "k": 2}
    html = moved._repr_mimebundle_()[0]["text/html"]
    assert html != first
    assert "W = [[0, 5], [0, 0]]" in html


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"W": [[1, 2]]}, r"W: got shape \(1, 2\), expects a square matrix"),
        ({"W": [[1.0]]}, r"W: got shape \(1, 1\), expects \(2, 2\) or \(3, 3\)"),
        ({"W": np.ones((3, 3))}, r"W: got .* expects \[\[ρ, s, 0\]"),
        ({"W": -np.eye(3)}, r"with ρ, s ≥ 0"),
        ({"W": [[13, 0], [0, 1]]}, "W: got .* expects numbers from -12 to 12"),
        ({"W": [[float("nan"), 0], [0, 1]]}, "W: got a non-finite number"),
        ({"k": 61}, "k: got 61, expects 0 to 60"),
        ({"k": -1}, "k: got -1, expects 0 to 60"),
    ],
)
def test_bad_state_is_refused(state, message):
    """A wrong shape, form, range or number is refused by argument, with what is expected."""
    with pytest.raises(ValueError, match=message):
        NormRadius(**state)
