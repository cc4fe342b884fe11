"""What the explorable "cobweb" computes in JavaScript is what NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
from widget_pages import in_node

from book_utils import widgets
from book_utils.activations import logistic
from book_utils.dynamics import one_unit

# Sums of numbers up to 40, rounded to 1e-16 each, then divided by 1 − wσ′ or what it is for a
# cycle: where that is at least EASY, twelve digits are left.
TOLERANCE, EASY = 1e-12, 0.05
# Where it is 0 the equation is curved, and of a rounding error the square root is left; where the
# curvature is 0 too, at the cusp, the cube root.
HALF, THIRD = 1e-6, 1e-4
MODULE = widgets.explorable("cobweb").module()
RECORD = "(state, view) => view.record(state)"


def states() -> list[dict]:
    """Some 600 states: all over the plane, and as near to folds, flips and the tips as 1e-6."""
    rng = np.random.default_rng(50)
    places = [(rng.uniform(-12, 12), rng.uniform(-10, 16)) for _ in range(300)]
    places += [(w, rng.uniform(*one_unit.fold(w)[::-1])) for w in rng.uniform(4, 12, 100)]
    places += [(w, rng.uniform(*one_unit.flip(w))) for w in rng.uniform(-12, -4, 100)]
    for apart in (1e-6, 1e-3, -1e-6, -1e-3):
        places += [(w, b + apart) for w in (4.1, 6, 12) for b in one_unit.fold(w)]
        places += [(-w, b + apart) for w in (4.1, 6, 12) for b in one_unit.flip(-w)]
        places += [(4 + apart, -2.0), (4.0, -2 + apart), (-4 + apart, 2.0), (-4.0, 2 + apart)]
    places += [(4.0, -2.0), (-4.0, 2.0), (0.0, 0.0), (12.0, -10.0), (-12.0, 16.0), (-8.0, 4.0)]
    return [
        {"w": float(w), "b": float(b), "y0": float(y0), "steps": int(steps)}
        for (w, b), y0, steps in zip(
            places,
            rng.uniform(0.001, 0.999, len(places)),
            rng.integers(1, 60, len(places)),
            strict=True,
        )
    ]


@pytest.fixture(scope="module")
def results(node, tmp_path_factory) -> list[tuple[dict, dict]]:
    """Each state with what the published module computes for it in Node."""
    cases = states()
    assert len(cases) >= 500
    shown = in_node(node, tmp_path_factory.mktemp("node"), MODULE, RECORD, cases)
    return list(zip(cases, shown, strict=True))


def allowed(distance: float) -> float:
    """How far two computations of a point may be apart, for that distance from a curve."""
    if distance >= EASY:
        return TOLERANCE
    return THIRD if distance < 1e-4 else HALF


def test_fixed_points_are_numpys(results):
    """Number, places and multipliers of all fixed points; near a fold with half the digits."""
    counts, easy = set(), 0
    for case, shown in results:
        w, b = case["w"], case["b"]
        expected = one_unit.fixed_points(w, b)
        found = np.array([point["y"] for point in shown["points"]])
        assert found.shape == expected.shape, case
        multipliers = w * logistic.derivative(w * expected + b)
        for ours, theirs, point, multiplier in zip(
            found, expected, shown["points"], multipliers, strict=True
        ):
            distance = abs(1 - multiplier)
            assert abs(ours - theirs) <= allowed(distance), case
            assert abs(point["multiplier"] - multiplier) <= 12 * allowed(distance), case
            # The states themselves fulfil their equation wherever they lie.
            assert abs(logistic(w * ours + b) - ours) <= TOLERANCE, case
            easy += distance >= EASY
        counts.add(len(found))
    assert counts == {1, 3}
    assert easy > 600


def test_attracting_points_are_named(results):
    """A point attracts where its multiplier is within ±1; of three the middle one parts two."""
    for case, shown in results:
        points = one_unit.fixed_points(case["w"], case["b"])
        if len(points) == 3:
            assert (shown["attracts"], shown["part"]) == ([True, False, True], 1)
        else:
            alone = one_unit.two_cycle(case["w"], case["b"]) is None
            assert (shown["attracts"], shown["part"]) == ([alone], None), case


def test_two_cycles_are_numpys(results):
    """The cycle is there where NumPy has one, with its states and its multiplier."""
    seen = 0
    for case, shown in results:
        w, b = case["w"], case["b"]
        expected = one_unit.two_cycle(w, b)
        assert (shown["cycle"] is None) == (expected is None), case
        if expected is None:
            continue
        slopes = logistic.derivative(w * expected + b)
        multiplier = w**2 * slopes.prod()
        found = [shown["cycle"][name]["y"] for name in ("low", "high")]
        tolerance = allowed(1 - multiplier)
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
        assert shown["cycle"]["multiplier"] == pytest.approx(multiplier, abs=50 * tolerance)
        seen += 1
    assert seen > 100


def test_ends_are_numpys(results):
    """The orbit of y₀ ends where NumPy says, and on a cycle at the state of even steps."""
    for case, shown in results:
        w, b, y0 = case["w"], case["b"], case["y0"]
        limit, points = one_unit.limit(w, b, y0), one_unit.fixed_points(w, b)
        if np.isnan(limit):
            limit = one_unit.two_cycle(w, b)[int(y0 > points[0])]
            distance = 1 - shown["cycle"]["multiplier"]
        else:
            distance = abs(1 - w * logistic.derivative(w * limit + b))
        assert abs(shown["end"]["y"] - limit) <= allowed(distance), case
        assert not shown["end"]["unstable"]


def test_curves_are_numpys(results):
    """Folds, flips and shock of each w, and the distance to the shock."""
    for case, shown in results:
        w, b, y0 = case["w"], case["b"], case["y0"]
        folds = one_unit.fold(w)[::-1] if w >= 4 else None
        flips = one_unit.flip(w) if w <= -4 else None
        for found, expected in ((shown["folds"], folds), (shown["flips"], flips)):
            assert (found is None) == (expected is None)
            if expected is not None:
                np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)
        if w > 4:
            shock = one_unit.shock(w, y0)
            assert shown["shock"] == pytest.approx(shock, abs=TOLERANCE)
            assert shown["beyond"] == pytest.approx(b - shock, abs=TOLERANCE)
        elif w >= -4:
            assert shown["shock"] is None


def test_even_steps_change_over_where_it_is_said(results):
    """For w < −4 the even steps end at the other state just below and above the line named."""
    seen = 0
    for case, shown in results:
        if case["w"] >= -4 or shown["shock"] is None:
            continue
        w, b, y0 = case["w"], shown["shock"], case["y0"]
        low, high = one_unit.flip(w)
        apart = 0.01 * min(b - low, high - b)
        ends = []
        for side in (-apart, apart):
            assert one_unit.two_cycle(w, b + side) is not None
            ends.append(y0 > one_unit.fixed_points(w, b + side)[0])
        assert ends == [True, False]
        seen += 1
    assert seen > 50


def test_orbits_are_numpys(results):
    """All states of an orbit, as far as the unit itself does not multiply their rounding."""
    for case, shown in results:
        w, b, y0 = case["w"], case["b"], case["y0"]
        expected = one_unit.orbit(w, b, y0, case["steps"])
        growth = np.abs(w * logistic.derivative(w * expected + b))
        error, errors = 1.0, [1.0]
        for factor in growth[:-1]:
            error = 1 + factor * error
            errors.append(error)
        ours = np.array(shown["orbit"])
        assert (np.abs(ours - expected) <= 1e-14 * np.array(errors)).all(), case


ASK = "([name, ...numbers], view) => view.unit[name](...numbers)"


def test_a_multiplier_is_told_from_one(node, tmp_path):
    """Four digits, or more where these would say ±1, which is where stability changes."""
    asked = [-1.00041518, -0.99998, 1.000002, 0.39412, -2, 1, 3e-5]
    elements = (widgets.HERE / "shared" / "elements.js").read_text(encoding="utf-8")
    text = in_node(node, tmp_path, elements, "(value, shared) => shared.factor(value)", asked)
    assert text == ["−1.0004", "−0.99998", "1.000002", "0.3941", "−2", "1", "3.00·10⁻⁵"]


def test_on_the_curves_themselves(node, tmp_path):
    """On a fold there are two points and the double one parts; a start on the middle one stays."""
    asked = [["folds", 6], ["turn", 6], ["turn", 3.9], ["shock", 6, 0.4], ["shock", 4, 0.4],
             ["end", 6, -3, 0.5], ["end", -8, 4, 0.5], ["end", 4, -2, 0.1]]  # fmt: skip
    folds, turn, none, shock, cusp, middle, flipped, tip = in_node(
        node, tmp_path, MODULE, ASK, asked
    )
    np.testing.assert_allclose(folds, one_unit.fold(6)[::-1], atol=TOLERANCE)
    assert logistic(turn) == pytest.approx(one_unit.fold_points(6)[1], abs=1e-15)
    assert shock == pytest.approx(one_unit.shock(6, 0.4), abs=TOLERANCE)
    assert (none, cusp) == (None, None)
    assert (middle["index"], middle["unstable"], flipped["unstable"]) == (1, True, True)
    assert [middle["y"], flipped["y"]] == pytest.approx([0.5, 0.5], abs=TOLERANCE)
    assert (tip["unstable"], tip["cycle"]) == (False, None)
    assert tip["y"] == pytest.approx(0.5, abs=THIRD)
    asked = [["fixedPoints", 6, b] for b in folds]
    asked += [["end", 6, b, y0] for b in folds for y0 in (0.1, 0.5, 0.9)]
    lower, upper, *ends = in_node(node, tmp_path, MODULE, ASK, asked)
    for points, double in ((lower, 1), (upper, 0)):
        assert len(points) == 2
        assert points[double]["multiplier"] == pytest.approx(1, abs=HALF)
    assert [end["index"] for end in ends] == [0, 0, 1, 0, 1, 1]
