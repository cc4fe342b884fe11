"""The figures of the one unit and its wall: their data say what the chapter says."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.dynamics.descent import Vanilla, descend
from book_utils.dynamics.one_unit import cost, cost_gradient, objective
from book_utils.figures import closeness, cost_surface, steering, wall_profile

# Fifty steps that contract, and a few operations more, lose less than this.
ROUNDING = 1e-12


@pytest.fixture(scope="module")
def surface():
    return cost_surface.compute(grid=60)


@pytest.fixture(scope="module")
def profile():
    return wall_profile.compute()


@pytest.fixture(scope="module")
def close():
    return closeness.compute()


def end(w, b, y, steps):
    """y_n with forty digits, from the recurrence alone."""
    with mpmath.workdps(40):
        w, b, y = mpmath.mpf(w), mpmath.mpf(b), mpmath.mpf(y)
        for _ in range(steps):
            y = 1 / (1 + mpmath.exp(-w * y - b))
        return y


# The surface ---------------------------------------------------------------------------------


def test_the_surface_is_the_cost_of_the_recurrence(surface):
    """At a few places of the grid the drawn cost is (y_50 − y_T)², with b along the rows."""
    for i, j in ((0, 0), (10, 50), (45, 20), (59, 59)):
        state = end(surface.w[j], surface.b[i], surface.y0, surface.n)
        expected = float((state - mpmath.mpf(surface.target)) ** 2)
        assert surface.cost[i, j] == pytest.approx(expected, abs=ROUNDING)


def test_the_two_lines_are_where_start_and_target_rest(surface):
    """On the dashed line the start is a fixed point, on the dotted one the target."""
    for line, y in ((surface.rest, surface.y0), (surface.valley, surface.target)):
        after = 1 / (1 + np.exp(-surface.w * y - line))
        np.testing.assert_allclose(after, y, rtol=ROUNDING)


def test_the_descent_follows_the_gradient_and_is_thrown(surface):
    """Each step is the gradient times the step size; the longest leads from the wall to where
    the chapter says, and the rest of the run stays there."""
    for k in range(len(surface.path) - 1):
        gradient = np.array(cost_gradient(*surface.path[k], surface.y0, surface.target, surface.n))
        moved = surface.path[k + 1] - surface.path[k]
        np.testing.assert_allclose(moved, -surface.step * gradient, atol=1e-9)
    assert surface.leap == 9
    assert surface.path[9] == pytest.approx([4.70, -2.42], abs=5e-3)
    assert surface.path[10] == pytest.approx([5.98, -0.36], abs=5e-3)
    assert surface.losses[[0, 9, 10]] == pytest.approx([0.366, 0.00098, 0.0878], rel=5e-3)
    assert np.abs(surface.path[10:] - surface.path[10]).max() < 0.02


def test_the_losses_of_the_descent_are_the_costs_on_its_way(surface):
    """The cost with forty digits at the start, after five steps and where the leap ends."""
    for k in (0, 5, 10):
        state = end(*surface.path[k], surface.y0, surface.n)
        expected = float((state - mpmath.mpf(surface.target)) ** 2)
        assert surface.losses[k] == pytest.approx(expected, abs=ROUNDING)


def test_the_dotted_line_leaves_the_valley_where_the_wall_begins(surface):
    """With the target at rest the cost is below the valley's 0.01 up to w = 4.3, and far above
    from w = 4.5 on."""
    costs = cost(surface.w, surface.valley, surface.y0, surface.target, surface.n)
    assert (costs[surface.w <= 4.3] < cost_surface.VALLEY).all()
    assert (costs[surface.w >= 4.5] > 5 * cost_surface.VALLEY).all()


def test_the_descent_comes_back_late(surface):
    """After 1000 iterations the run is still outside the valley, after 1100 it is inside."""
    run = descend(
        objective(surface.y0, surface.target), surface.path[0], Vanilla(), surface.step, 1100
    )
    assert run.losses[1000] > 0.06
    assert run.losses[1100] < cost_surface.VALLEY


def test_the_picture_of_the_surface_shows_the_record(surface):
    """Both lines, all points of the descent, and where it starts and lands are drawn."""
    figure = Figure()
    cost_surface.draw(figure, surface)
    rest, valley, path = figure.axes[0].lines
    assert rest.get_color() != valley.get_color()
    start, landing = figure.axes[0].texts
    np.testing.assert_array_equal(start.xy, surface.path[0])
    np.testing.assert_array_equal(landing.xy, surface.path[surface.leap + 1])
    np.testing.assert_array_equal(rest.get_ydata(), surface.rest)
    np.testing.assert_array_equal(valley.get_ydata(), surface.valley)
    np.testing.assert_array_equal(path.get_xydata(), surface.path)


def test_the_words_on_the_surface_follow_the_data(surface):
    """Another descent and another cost, other numbers in the alternative text."""
    words = cost_surface.describe(surface)
    assert "leaps in iteration 10 from w = 4.70, b = -2.42 to w = 5.98, b = -0.36" in words
    assert "where the cost is 0.088" in words
    assert words != cost_surface.describe(replace(surface, path=surface.path + 1))
    assert words != cost_surface.describe(replace(surface, losses=surface.losses / 2))
    assert words != cost_surface.describe(replace(surface, cost=surface.cost / 2))


# The wall from the side ----------------------------------------------------------------------


def test_the_slope_on_the_line_is_the_closed_form(profile):
    """∂E_50/∂b on the line is 2 (y_0 − y_T) s_0 ((w s_0)^50 − 1)/(w s_0 − 1); at w = 6 a change
    of b by 1e-16 moves it by 1e-9 of itself."""
    s0 = profile.y0 * (1 - profile.y0)
    for w, slope in profile.slopes.items():
        sum_of_powers = ((w * s0) ** 50 - 1) / (w * s0 - 1)
        expected = 2 * (profile.y0 - profile.target) * s0 * sum_of_powers
        assert slope == pytest.approx(expected, rel=1e-7)


def test_just_beside_the_line_the_wall_is_steeper(profile):
    """At w = 6 and 1.6e-8 below the line the slope, with forty digits, is 1.66e7: more than six
    times that on the line."""

    def height(b):
        return (end(6, b, profile.y0, profile.n) - mpmath.mpf(profile.target)) ** 2

    with mpmath.workdps(40):
        beside, h = mpmath.mpf(0.5 - 6 * profile.y0) - mpmath.mpf("1.6e-8"), mpmath.mpf("1e-15")
        slope = float((height(beside + h) - height(beside - h)) / (2 * h))
    assert slope == pytest.approx(-1.66e7, rel=5e-3)
    assert slope < 6 * profile.slopes[6.0]
    # A rounding error of b, 1e-16, moves the place by 1e-8 of its distance from the line.
    swept = cost_gradient(6, float(beside), profile.y0, profile.target)[1]
    assert swept == pytest.approx(slope, rel=1e-5)


def test_the_wall_is_thinner_than_a_thousandth(profile):
    """For w = 5 and 6 the cost falls by more than 0.3 within a thousandth of b; for w = 3 it
    changes by less than 0.001 there."""
    for w, least in ((5.0, 0.3), (6.0, 0.3)):
        line = 0.5 - w * profile.y0
        before, after = cost(w, line + np.array([-5e-4, 5e-4]), profile.y0, profile.target)
        assert before - after > least
    line = 0.5 - 3 * profile.y0
    before, after = cost(3, line + np.array([-5e-4, 5e-4]), profile.y0, profile.target)
    assert abs(before - after) < 1e-3


def test_all_lines_pass_through_one_point(profile):
    """In the middle the start rests and every cost is (y_0 − y_T)²."""
    middle = len(profile.distances) // 2
    assert profile.distances[middle] == pytest.approx(0, abs=ROUNDING)
    for w, costs in profile.costs.items():
        # At w = 6 a rounding error of b has grown by (w s_0)^50 = 3e7.
        assert costs[middle] == pytest.approx((profile.y0 - profile.target) ** 2, abs=1e-7), w


def test_the_picture_of_the_wall_shows_the_record(profile):
    """One line for each weight, after the one that marks the middle."""
    figure = Figure()
    wall_profile.draw(figure, profile)
    lines = figure.axes[0].lines[1:]
    for line, costs in zip(lines, profile.costs.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), costs)


def test_the_words_on_the_wall_follow_the_data(profile):
    """Other slopes, other numbers in the alternative text."""
    words = wall_profile.describe(profile)
    assert "with the slope -662 on the line" in words
    doubled = {w: 2 * slope for w, slope in profile.slopes.items()}
    assert words != wall_profile.describe(replace(profile, slopes=doubled))


# How close -----------------------------------------------------------------------------------


def test_the_distances_are_those_of_the_recurrence(close):
    """After 50 steps the drawn distance is |y_50 − ½|, run with forty digits."""
    for w, gaps in close.gaps.items():
        expected = float(abs(end(w, -w / 2, close.y0, 50) - 0.5))
        assert gaps[49] == pytest.approx(expected, abs=ROUNDING)
    assert close.gaps[3.0][49] == pytest.approx(1.81e-7, rel=1e-2)
    assert close.gaps[3.99][49] == pytest.approx(0.0789, abs=5e-5)


def test_the_line_at_four_obeys_both_bounds(close):
    """1/√(1/d_0² + 4n) <= d_n <= 1/√(1/d_0² + 8n/3), d_n is at least what the sharper bound says,
    and it comes within one percent of the law √(3/(8n)) at the end of the picture."""
    d0 = 0.5 - close.y0
    gaps = close.gaps[4.0]
    assert (gaps >= 1 / np.sqrt(1 / d0**2 + 4 * close.n)).all()
    assert (gaps <= 1 / np.sqrt(1 / d0**2 + 8 * close.n / 3)).all()
    squares = np.cumsum(np.append(d0, gaps[:-1]) ** 2)
    assert (gaps >= 1 / np.sqrt(1 / d0**2 + 8 * close.n / 3 + 16 / 15 * squares)).all()
    assert gaps[-1] == pytest.approx(close.law[-1], rel=1e-2)


def test_the_others_decay_at_least_geometrically(close):
    """|y_n − ½| <= (w/4)^n |y_0 − ½|, up to the rounding of a state."""
    for w, gaps in close.gaps.items():
        assert (gaps <= (w / 4) ** close.n * (0.5 - close.y0) + 1e-15).all()
    factor = (3.99 / 4) ** 50
    assert factor == pytest.approx(0.88, abs=5e-3)


def test_the_picture_of_the_distances_shows_the_record(close):
    """One line for each weight, without what is mere rounding, and the law."""
    figure = Figure()
    closeness.draw(figure, close)
    _, *lines, law = figure.axes[0].lines
    for line, gaps in zip(lines, close.gaps.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), gaps[gaps > closeness.SMALLEST])
    np.testing.assert_array_equal(law.get_ydata(), close.law)


def test_the_words_on_the_distances_follow_the_data(close):
    """Other distances, other numbers in the alternative text."""
    words = closeness.describe(close)
    assert "w = 3.99: 0.079 after 50 steps" in words
    halved = {w: gaps / 2 for w, gaps in close.gaps.items()}
    assert words != closeness.describe(replace(close, gaps=halved))


# The chain -----------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 4])
def test_the_control_acts_once_in_each_step(steps):
    """From one control an arrow leads to each state but the start, from each state one to the
    next, and from the last one to the cost."""
    record = steering.compute(steps)
    pairs = {(start, end) for start, end, _ in record.arrows}
    for k in range(1, steps + 1):
        assert {(f"y_{k - 1}", f"y_{k}"), ("(w,b)", f"y_{k}")} <= pairs
    assert (f"y_{steps}", "E") in pairs
    assert ("y", "y") in pairs
    assert len(pairs) == len(record.arrows) == 2 * steps + 3
    assert {place for pair in pairs for place in pair} == set(record.nodes)


def test_the_chain_needs_a_step():
    """Without a step there is no chain, and the message says what was asked for."""
    with pytest.raises(ValueError, match="steps: got 0"):
        steering.compute(0)


def test_the_words_on_the_chain_follow_the_data():
    """Another chain, other counts in the alternative text."""
    assert "3 arrows marked F" in steering.describe(steering.compute(3))
    assert "5 arrows marked F" in steering.describe(steering.compute(5))


def test_the_picture_of_the_chain_has_every_arrow():
    """As many arrows and circles are drawn as the record has."""
    record = steering.compute(3)
    figure = Figure()
    steering.draw(figure, record)
    kinds = [type(patch).__name__ for patch in figure.axes[0].patches]
    assert kinds.count("FancyArrowPatch") == len(record.arrows)
    assert kinds.count("Circle") == len(record.nodes)
