"""The figures on the shock: their data say what the chapter says, and they show their data."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import art3d

from book_utils.activations import logistic
from book_utils.dynamics.one_unit import fold, fold_points, orbit, shock
from book_utils.figures import shock_criteria, shock_places, shock_surface, wall_slope

# Halving stops at 1e-8; near a fold 2000 steps leave π²/(AB n²), with AB > 0.05 up to 1e-4.
FOUND = 1e-4
# Formulas of a few operations, whose terms are of the size of 10.
ROUNDING = 1e-11


@pytest.fixture(scope="module")
def places():
    return shock_places.compute()


@pytest.fixture(scope="module")
def surface():
    return shock_surface.compute(size=61)


@pytest.fixture(scope="module")
def walls():
    return wall_slope.compute(steps=(25, 50, 100, 200))


# The place -----------------------------------------------------------------------------------


def test_the_place_is_where_the_formula_says_and_not_where_it_is_printed():
    """For 60 random units the place found by running agrees with the corrected formula, with the
    printed one for two, and with the repaired one exactly for the starts on the line."""
    w, y0, inside = shock_places.random_units()
    found = shock_places.found(w, y0)
    assert shock_places.share_right(shock, w, y0, found) == 60
    assert shock_places.share_right(shock_places.printed, w, y0, found) == 2
    assert shock_places.share_right(shock_places.repaired, w, y0, found) == inside.sum() == 37


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_units_say_the_same(seed):
    """That does not depend on the draw: all right, and fewer than one in six by the print."""
    w, y0, inside = shock_places.random_units(60, seed)
    found = shock_places.found(w, y0)
    assert shock_places.share_right(shock, w, y0, found) == 60
    assert shock_places.share_right(shock_places.printed, w, y0, found) < 10
    # Near tangency line and fold are closer than the 1e-4 that count as right.
    close = np.abs(shock_places.repaired(w, y0) - shock(w, y0)) < FOUND
    assert close[inside].all()
    assert close[~inside].sum() <= 2
    assert shock_places.share_right(shock_places.repaired, w, y0, found) == close.sum()


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_where_the_printed_formula_is_right(seed):
    """It is right exactly for y0 <= y_-(w) with b_-(w) <= σ⁻¹(y0), and too large above y_-."""
    w, y0, _ = shock_places.random_units(1000, seed)
    (y_minus, _), (b_minus, _) = fold_points(w), fold(w)
    rule = (y0 <= y_minus) & (b_minus <= np.log(y0 / (1 - y0)))
    gap = shock_places.printed(w, y0) - shock(w, y0)
    assert 0 < rule.sum() < 500
    assert (gap[rule] == 0).all()
    assert (gap[~rule] != 0).all()
    assert (gap[y0 > y_minus] > 0).all()
    assert (shock(w, y0)[y0 > 0.5] < 0).all()


@pytest.mark.parametrize(
    ("w", "x0", "printed", "true"),
    [
        (12, -2, -3.3934521840, -3.4304350643),
        (5, 0, -2.3443896614, -2.5),
        (6, 1.2, 1.2, -3.4111487010),
    ],
)
def test_the_printed_places_of_the_chapter(w, x0, printed, true):
    """The three instances of the chapter, to ten digits."""
    y0 = logistic(float(x0))
    assert float(shock_places.printed(w, y0)) == pytest.approx(printed, abs=1e-10)
    assert shock(w, y0) == pytest.approx(true, abs=1e-10)
    assert float(shock_places.found(w, y0)) == pytest.approx(true, abs=FOUND)


def test_the_picture_of_the_places_shows_the_record(places):
    """Each panel draws the printed and the corrected curve, and the places found on the latter."""
    figure = Figure()
    shock_places.draw(figure, places)
    for ax, (x0, found) in zip(figure.axes, places.found.items(), strict=True):
        printed, corrected, dots = ax.lines[:3]
        np.testing.assert_array_equal(printed.get_ydata(), places.printed[x0])
        np.testing.assert_array_equal(corrected.get_ydata(), places.shock[x0])
        np.testing.assert_array_equal(dots.get_ydata(), found)
        np.testing.assert_allclose(found, shock(places.few, logistic(x0)), atol=FOUND)


def test_curves_meet_smoothly_at_w_star(places):
    """Up to w* the shock is the fold, beyond it the line, and value and slope agree at w*."""
    assert places.turn(-2.0) == pytest.approx(9.5243913822, abs=1e-10)
    assert places.turn(1.2) == pytest.approx(5.6213111346, abs=1e-10)
    y0, turn, h = logistic(-2.0), places.turn(-2.0), 1e-4
    assert shock(turn, y0) == pytest.approx(-2 - turn * y0, abs=ROUNDING)
    left = (shock(turn, y0) - shock(turn - h, y0)) / h
    # A difference quotient is off by h/2 times the curvature, 1/(w² √(1 − 4/w)) = 0.0145.
    assert left == pytest.approx(-y0, abs=h * 0.0145)
    bend = (left + y0) * 2 / -h
    assert bend == pytest.approx(1 / (turn**2 * np.sqrt(1 - 4 / turn)), rel=1e-3)


def test_the_words_on_the_places_follow_the_data(places):
    """Other data, other words."""
    words = shock_places.describe(places)
    assert f"{places.found[1.2][-1]:.4f}" in words
    moved = {x0: found + 1 for x0, found in places.found.items()}
    assert words != shock_places.describe(replace(places, found=moved))


# The criteria --------------------------------------------------------------------------------


def test_the_line_touches_or_crosses_where_it_should():
    """At the shock the line touches the curve at a fold point, or crosses it at the start."""
    record = shock_criteria.compute()
    assert [panel.touches for panel in record.panels] == [True, False, True]
    places = (fold_points(6)[0], record.panels[1].y0, fold_points(6)[1])
    assert record.fold == (places[0], places[2])
    for panel, y in zip(record.panels, places, strict=True):
        assert record.w * y + panel.b == pytest.approx(np.log(y / (1 - y)), abs=ROUNDING)
        assert panel.below < fold_points(6)[0] < fold_points(6)[1] < panel.above


def test_the_picture_of_the_criteria_shows_the_record():
    """Each panel draws the curve, the line at the shock, the start and the two limits."""
    record, figure = shock_criteria.compute(), Figure()
    shock_criteria.draw(figure, record)
    assert len(figure.axes) == len(record.panels)
    for ax, panel in zip(figure.axes, record.panels, strict=True):
        curve, line, _, start, below, above = ax.lines
        np.testing.assert_array_equal(curve.get_ydata(), record.logit)
        np.testing.assert_array_equal(line.get_ydata(), record.w * record.y + panel.b)
        ends = [mark.get_xdata()[0] for mark in (start, below, above)]
        assert ends == [panel.y0, panel.below, panel.above]
        assert set(ax.get_xticks()) == {panel.y0, *record.fold}
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["$y_0 < y_-$", "$y_- < y_0 < y_+$", "$y_0 > y_+$"]


def test_the_words_on_the_criteria_follow_the_data():
    """Another start, other words."""
    words = shock_criteria.describe(shock_criteria.compute())
    assert "crosses the other at y0" in words
    assert words != shock_criteria.describe(shock_criteria.compute(starts=(0.3, 0.4, 0.8)))


# The surface ---------------------------------------------------------------------------------


def test_the_surface_is_the_cost(surface):
    """Each height is the squared distance of y_50 from the target, and rows are values of b."""
    row, column = 40, 50
    end = orbit(surface.w[column], surface.b[row], logistic(0.5), 50)[-1]
    assert surface.E[row, column] == pytest.approx((end - 0.7) ** 2, abs=ROUNDING)
    assert surface.E.shape == (len(surface.b), len(surface.w))


def test_the_cliff_of_the_surface_is_the_shock(surface):
    """For w above 4.3 the cost changes most within two rows of the shock, which lies between the
    fold curves and follows the upper fold point up to w*."""
    row = surface.b[1] - surface.b[0]
    steepest = surface.steepest[surface.w > 4.3]
    np.testing.assert_allclose(steepest, shock_surface.shock_at(surface), atol=2 * row)
    assert surface.turn == pytest.approx(4.2552519304, abs=1e-9)
    b_minus, b_plus = surface.fold
    on_edge = surface.bent <= surface.turn
    np.testing.assert_allclose(surface.shock[on_edge], b_plus[on_edge], atol=ROUNDING)
    assert (surface.shock[~on_edge] > b_plus[~on_edge]).all()
    assert (surface.shock <= b_minus).all()


@pytest.mark.parametrize(("w", "outside"), [(4.2, True), (4.3, True), (4.4, True), (4.5, False)])
def test_after_fifty_steps_the_wall_enters_the_wedge_late(w, outside):
    """For n = 50 it is steepest below b_+ until a little beyond w* = 4.255."""
    edge, y0 = float(fold(w)[1]), logistic(0.5)
    grid = np.linspace(edge - 0.05, edge + 0.05, 4001)
    assert (grid[wall_slope.slope(w, grid, y0, 50).argmax()] < edge) == outside


def test_the_picture_of_the_surface_shows_the_record(surface):
    """The right panel draws the curve of the shock and the steepest places."""
    figure = Figure()
    shock_surface.draw(figure, surface)
    _, right = figure.axes
    curve, dots = right.lines[:2]
    np.testing.assert_array_equal(curve.get_ydata(), surface.shock)
    assert set(dots.get_ydata()) <= set(surface.steepest)


def test_the_surface_draws_only_what_it_was_given(monkeypatch):
    """Whatever lies in memory that nobody has written, the surface gives no warning of it."""

    class FullOfRubbish:
        def __getattr__(self, name):
            return getattr(np, name)

        def empty(self, *args, **kwargs):
            found = np.empty(*args, **kwargs)
            found.fill(np.finfo(float).max)
            return found

    monkeypatch.setattr(art3d, "np", FullOfRubbish())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shock_surface.show(shock_surface.compute())


def test_the_words_on_the_surface_follow_the_data(surface):
    """Other heights, other words."""
    words = shock_surface.describe(surface)
    assert words != shock_surface.describe(replace(surface, E=surface.E * 2))


# The wall ------------------------------------------------------------------------------------


def test_the_slope_is_the_derivative_of_the_end():
    """The slope agrees with a difference quotient of y_n, and on the line with the closed sum."""
    w, b, y0, n, h = 5.0, -2.4, 0.4, 12, 1e-5
    quotient = (orbit(w, b + h, y0, n)[-1] - orbit(w, b - h, y0, n)[-1]) / (2 * h)
    # The quotient is off by h² times a third derivative, which is below 10³ here.
    assert wall_slope.slope(w, b, y0, n) == pytest.approx(quotient, abs=1e-6)
    y0 = logistic(0.5)
    s0 = y0 * (1 - y0)
    for w, steps in ((6, 50), (-6, 50), (-6, 49)):
        closed = s0 * ((w * s0) ** steps - 1) / (w * s0 - 1)
        at = 0.5 - w * y0
        # b is off by a rounding error of 1e-16, which 50 steps make 1e-9 of the state.
        assert wall_slope.slope(w, at, y0, steps) == pytest.approx(closed, rel=1e-6)


def test_the_wall_on_the_fold_grows_like_a_cube(walls):
    """Its exponents climb towards 3 and its shares of π²/(AB n²) towards 1, from below."""
    for climbing, goal in ((walls.exponents, 3), (walls.shares, 1)):
        assert (np.diff(climbing) > 0).all()
        assert climbing[-1] < goal
    assert walls.exponents[-1] > 2.88
    assert walls.shares[-1] > 0.95


def test_the_steepest_place_is_steepest(walls):
    """No b of a fine grid around it has a larger slope; at n = 50 it is −2.5736, not the fold."""
    place, slope = wall_slope.steepest(6, logistic(-2.0), 50)
    grid = np.linspace(walls.edge, place + 0.03, 400)
    assert wall_slope.slope(6, grid, logistic(-2.0), 50).max() <= slope
    assert place == pytest.approx(-2.573616, abs=1e-6)
    assert walls.edge == pytest.approx(float(fold(6)[0]), abs=ROUNDING)
    assert place == walls.places[1]


def test_the_wall_gets_thin():
    """How much of the b-axis is steep at x0 = 0.5: as in the chapter, to 1 %, which is what the
    grid, 0.35 % from point to point, leaves at either end."""
    measured = {(4.2, 0.5): 1.44e-2, (4.5, 0.5): 6.88e-3, (5, 0.5): 8.12e-4,
                (6, -2.0): 7.35e-3, (7, -2.0): 5.46e-3, (9, -2.0): 2.94e-3}  # fmt: skip
    for (w, x0), thickness in measured.items():
        assert wall_slope.thickness(w, logistic(x0)) == pytest.approx(thickness, rel=0.01)
    assert wall_slope.thickness(6, logistic(0.5)) < 1e-5
    assert wall_slope.thickness(8, logistic(0.5)) < 1e-9


@pytest.mark.parametrize(("n", "ratio"), [(10, 1.31), (25, 1.40), (50, 1.40)])
def test_on_the_line_it_is_steeper_beside_the_shock(n, ratio):
    """The largest slope is about 1.4 times the one at the shock, at a distance like (w s0)^−n."""
    y0 = logistic(0.5)
    at, reach = float(shock(6, y0)), (6 * y0 * (1 - y0)) ** -n
    slopes = wall_slope.slope(6, np.linspace(at - 3 * reach, at + 3 * reach, 2001), y0, n)
    # The grid, a thousandth of the width, misses the rounded peak by less than 1 %.
    assert slopes.max() / wall_slope.slope(6, at, y0, n) == pytest.approx(ratio, rel=0.01)


def test_how_long_the_orbits_wait():
    """On the line 10⁻⁶ takes some 40 steps to grow a million times; b = −2.584 passes its gap
    near the fold in T(δ) = 194 steps, by the rule, and in about that many when run."""
    y0 = logistic(0.5)
    assert np.log(1e6) / np.log(6 * y0 * (1 - y0)) == pytest.approx(40, abs=0.5)
    waited = int((orbit(6, -2.584, logistic(-2.0), 400) < 0.5).sum())
    rule = np.pi / np.sqrt(wall_slope.rate(6) * (-2.584 - float(fold(6)[0])))
    assert rule == pytest.approx(194, abs=0.5)
    # The rule integrates from −∞ to ∞; the orbit starts and ends nearer, which saves a few steps.
    assert rule - 10 < waited < rule


def test_the_step_at_the_fold_is_a_parabola():
    """Near y_- a step moves y by δ/w + ½ w √(1 − 4/w) (y − y_-)², to second order."""
    w, h, y_minus = 6.0, 1e-3, float(fold_points(6)[0])
    edge = float(fold(w)[0])
    moved = [logistic(w * (y_minus + u) + edge) - (y_minus + u) for u in (-h, h)]
    # Third derivatives cancel between the two sides, and fourth ones leave h² of the value.
    assert np.mean(moved) / h**2 == pytest.approx(w * np.sqrt(1 - 4 / w) / 2, rel=1e-4)
    assert (logistic(w * y_minus + edge + 1e-6) - y_minus) / 1e-6 == pytest.approx(1 / w, rel=1e-5)


def test_the_picture_of_the_walls_shows_the_record(walls):
    """Two lines of slopes on logarithmic axes, and a cubic through the last of the fold."""
    figure = Figure()
    wall_slope.draw(figure, walls)
    line, on_fold, cubic = figure.axes[0].lines
    np.testing.assert_array_equal(line.get_ydata(), walls.line)
    np.testing.assert_array_equal(on_fold.get_ydata(), walls.fold)
    assert cubic.get_ydata()[-1] == walls.fold[-1]
    growth = cubic.get_ydata()[1] / cubic.get_ydata()[0]
    assert growth == pytest.approx(2**3, rel=ROUNDING)


def test_the_words_on_the_walls_follow_the_data(walls):
    """Other slopes, other words."""
    words = wall_slope.describe(walls)
    assert words != wall_slope.describe(replace(walls, fold=walls.fold * 2))


def test_the_limit_is_low_and_high_on_the_two_sides():
    """y_50 of the opening: the three ends, and the place where it passes 1/2."""
    ends = [orbit(6, b, logistic(-2.0), 50)[-1] for b in (-2.6, -2.58, -2.57)]
    np.testing.assert_allclose(ends, [0.17563, 0.22512, 0.96057], atol=1e-5)
    assert (ends[2] - ends[1]) / 0.01 > 73
    assert fold(6)[0] < -2.58, "that orbit is past the shock"
    low, high = (orbit(6, b, logistic(-2.0), 50)[-1] for b in (-2.5744, -2.5742))
    assert low < 0.5 < high
