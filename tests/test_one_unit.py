"""Promises of ``dynamics.one_unit``: right to ten digits, at and near the curves too.

The oracle is written from the equations alone: bisection with sixty digits on the pieces on which
σ⁻¹(y) − w y is monotone, and orbits run with sixty digits. The numbers that a function gets are
taken as exact.
"""

from __future__ import annotations

from itertools import pairwise

import mpmath
import numpy as np
import pytest
from conftest import missing
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from book_utils.cells import Elman
from book_utils.dynamics import bptt, compiled, one_unit
from book_utils.dynamics.one_unit import double_double, orbits

DIGITS = 60
RIGHT = 1e-10  # what is promised; most results are right to 1e-14
weights = st.floats(-12, 12)
shifts = st.floats(-10, 10)
states = st.floats(0.001, 0.999)
tiny = st.floats(-17, -1).map(lambda e: 10.0**e) | st.just(0.0)
quiet = settings(deadline=None, derandomize=True)
signs = st.sampled_from([-1, 1])


def logistic(x):
    return 1 / (1 + mpmath.exp(-x))


def bisected(f, low, high):
    """The root of a function with different signs at the two ends."""
    rising = f(high) > 0
    for _ in range(3 * DIGITS + 20):
        middle = (low + high) / 2
        low, high = (low, middle) if (f(middle) > 0) == rising else (middle, high)
    return (low + high) / 2


def by_bisection(w, b):
    """All fixed points with sixty digits."""
    with mpmath.workdps(DIGITS):
        w, b = mpf(float(w)), mpf(float(b))
        far = abs(w) + abs(b) + 5

        def off(x):
            return x - w * logistic(x) - b

        ends = [-far, far]
        if w > 4:
            turn = mpmath.log((1 + mpmath.sqrt(1 - 4 / w)) / (1 - mpmath.sqrt(1 - 4 / w)))
            ends = [-far, -turn, turn, far]
        pieces = [(a, c) for a, c in pairwise(ends) if off(a) * off(c) < 0]
        return [logistic(bisected(off, a, c)) for a, c in pieces]


def cycle_by_bisection(w, b):
    """The two-cycle with sixty digits, or None: the root of F(F(y)) − y below the fixed point."""
    with mpmath.workdps(DIGITS):
        w, b = mpf(float(w)), mpf(float(b))
        (fixed,) = by_bisection(w, b)
        if -w * fixed * (1 - fixed) <= 1:
            return None

        def twice(y):
            return logistic(w * logistic(w * y + b) + b) - y

        low = bisected(twice, mpf(0), fixed * (1 - mpf(10) ** -25))
        return low, logistic(w * low + b)


def run(w, b, y0, target, n=50):
    """y_n, E and its two derivatives with sixty digits."""
    with mpmath.workdps(DIGITS):
        w, b, y, target = (mpf(float(each)) for each in (w, b, y0, target))
        by_w = by_b = mpf(0)
        for _ in range(n):
            after = logistic(w * y + b)
            s = after * (1 - after)
            by_w, by_b, y = s * (y + w * by_w), s * (1 + w * by_b), after
        return y, (y - target) ** 2, 2 * (y - target) * by_w, 2 * (y - target) * by_b


def near(curve, side, distance):
    """A number on or near a curve, as doubles have it."""
    return float(curve) + side * distance


# Curves --------------------------------------------------------------------------------------


@given(st.floats(4, 200) | tiny.map(lambda d: 4 + d))
@settings(quiet, max_examples=40)
def test_the_fold_is_where_the_formula_says(w):
    """b_± = σ⁻¹(y_±) − w y_± with y_± = ½ ± ½√(1 − 4/w), to the last digits, at the cusp too."""
    with mpmath.workdps(DIGITS):
        root = mpmath.sqrt(1 - 4 / mpf(w))
        lower, upper = (1 - root) / 2, (1 + root) / 2
        b = [mpmath.log(y / (1 - y)) - w * y for y in (lower, upper)]
        for ours, exact in zip(
            (*one_unit.fold_points(w), *one_unit.fold(w)), (lower, upper, *b), strict=True
        ):
            # A few roundings of numbers as large as w.
            assert abs(mpf(float(ours)) - exact) <= 1e-15 * (1 + w)


@given(st.floats(-200, -4) | tiny.map(lambda d: -4 - d))
@settings(quiet, max_examples=40)
def test_the_flip_is_where_the_formula_says(w):
    """b = σ⁻¹(y) − w y at y = ½ ∓ ½√(1 + 4/w), the lower one first."""
    with mpmath.workdps(DIGITS):
        root = mpmath.sqrt(1 + 4 / mpf(w))
        ys = (1 - root) / 2, (1 + root) / 2
        exact = [mpmath.log(y / (1 - y)) - w * y for y in ys]
        for ours, right in zip(one_unit.flip(w), exact, strict=True):
            assert abs(mpf(float(ours)) - right) <= 1e-15 * (1 - w) + 1e-15


@pytest.mark.parametrize(
    ("w", "b"), [(-6, (-0.0490087, 6.0490087)), (-8, (-0.5911743, 8.5911743)), (-4, (2, 2))]
)
def test_known_flips(w, b):
    """The numbers that the text prints."""
    np.testing.assert_allclose(one_unit.flip(w), b, atol=5e-8)


@given(st.floats(4, 12, exclude_min=True), states, tiny.filter(lambda d: d > 1e-13), signs)
@settings(quiet, max_examples=30)
def test_the_limit_jumps_at_the_shock_and_nowhere_else(w, y0, distance, side):
    """Above the shock the orbit ends at or above ½ + a bit, below it under it; both sides tried."""
    lower, upper = one_unit.fold_points(w)
    b = one_unit.shock(w, y0)
    reached = one_unit.limit(w, near(b, side, distance + 1e-12 * w), y0)
    assert (reached > upper) if side > 0 else (reached < lower)


def test_the_limit_at_the_shock_itself():
    """On the line part y0 is a fixed point, and the orbit stays: with y0 = ½ exactly."""
    assert one_unit.shock(6, 0.5) == -3.0
    assert one_unit.limit(6, -3.0, 0.5) == 0.5


# Fixed points and cycles ---------------------------------------------------------------------


def check_points(w, b):
    ours, exact = one_unit.fixed_points(w, b), by_bisection(w, b)
    assert len(ours) == len(exact), (w, b)
    for one, right in zip(ours, exact, strict=True):
        assert abs(mpf(float(one)) - right) < RIGHT


@given(weights, shifts)
@settings(quiet, max_examples=30)
def test_fixed_points(w, b):
    """All of them, in order, anywhere in the plane."""
    check_points(w, b)


@given(st.floats(4, 20) | tiny.map(lambda d: 4 + d), st.integers(0, 1), tiny, signs)
@settings(quiet, max_examples=40)
def test_fixed_points_near_a_fold(w, which, distance, side):
    """Where two meet: how many there are is decided to the last digit, and they are right."""
    check_points(w, near(one_unit.fold(w)[which], side, distance))


@given(tiny, signs, tiny, signs)
@settings(quiet, max_examples=30)
def test_fixed_points_near_the_cusp(across, side_w, along, side_b):
    """Where three meet."""
    w = 4 + side_w * across
    check_points(w, near(-w / 2, side_b, along))


def test_fixed_points_at_the_cusp():
    """A triple root of an equation that doubles solve to five digits: exactly ½."""
    assert one_unit.fixed_points(4, -2).tolist() == [0.5]


@given(st.floats(-40, -4, exclude_max=True), st.floats(-1.5, 1.5))
@settings(quiet, max_examples=20)
def test_two_cycle(w, share):
    """Both states, or None, across the whole strip between the flip curves and beyond it."""
    half = one_unit.flip(w)[1] + w / 2
    check_cycle(w, -w / 2 + share * half)


@given(
    st.floats(-12, -4, exclude_max=True) | tiny.filter(bool).map(lambda d: -4 - d),
    st.integers(0, 1),
    tiny,
    signs,
)
@settings(quiet, max_examples=30)
def test_two_cycle_near_the_flip(w, which, distance, side):
    """Where it is born, as small as it may be."""
    check_cycle(w, near(one_unit.flip(w)[which], side, distance))


def check_cycle(w, b):
    ours, exact = one_unit.two_cycle(w, b), cycle_by_bisection(w, b)
    if ours is None or exact is None:
        # A cycle narrower than the oracle's room of 1e-25 below the fixed point is none to it.
        assert (ours is None) == (exact is None), (w, b)
        return
    for one, right in zip(ours, exact, strict=True):
        assert abs(mpf(float(one)) - right) < RIGHT, (w, b)


@given(weights, shifts, states)
@settings(quiet, max_examples=30)
def test_the_limit_is_where_a_long_orbit_ends(w, b, y0):
    """Where the orbit moves fast enough to be watched, it ends at the limit; NaN means a cycle."""
    *_, before, after = one_unit.orbit(w, b, y0, 3000)
    ours = one_unit.limit(w, b, y0)
    if np.isnan(ours):
        assert sorted((before, after)) == pytest.approx(one_unit.two_cycle(w, b), abs=1e-6)
    elif abs(after - before) < 1e-13:  # it has come to rest
        slope = abs(w) * after * (1 - after)
        assert abs(after - ours) < 1e-12 / max(1e-6, 1 - slope)


def test_arrays_give_what_their_entries_give():
    """Broadcast arrays are filled up with NaN and otherwise hold the same numbers."""
    w, b = np.array([[-8.0], [3.0], [6.0]]), np.array([-4.0, -3.0, 4.0])
    points, cycles = one_unit.fixed_points(w, b), one_unit.two_cycle(w, b)
    limits = one_unit.limit(w, b, 0.4)
    assert points.shape == (3, 3, 3)
    assert cycles.shape == (3, 3, 2)
    for i, j in np.ndindex(3, 3):
        pair = w[i, 0], b[j]
        found = points[i, j]
        assert found[~np.isnan(found)].tolist() == one_unit.fixed_points(*pair).tolist()
        one = one_unit.two_cycle(*pair)
        assert np.isnan(cycles[i, j]).all() if one is None else (cycles[i, j] == one).all()
        np.testing.assert_equal(limits[i, j], one_unit.limit(*pair, 0.4))


# Orbits and their cost -----------------------------------------------------------------------


@given(weights, shifts, states, st.floats(0, 1))
@settings(quiet, max_examples=20)
def test_cost_and_gradient(w, b, y0, target):
    """Against sixty digits, anywhere in the plane."""
    check_cost(w, b, y0, target)


@given(
    st.floats(4.2, 10) | st.floats(-10, -4.2),
    st.floats(0.05, 0.95),
    tiny,
    signs,
    st.floats(0, 1),
)
@settings(quiet, max_examples=40)
def test_cost_and_gradient_on_and_near_a_wall(w, y0, distance, side, target):
    """Where the unit enlarges a rounding error up to 1e14 times, the results are right all the
    same: the cost to 1e-10, and so its gradient, relative to its size where that is above one."""
    line = np.log(y0) - np.log1p(-y0) - w * y0
    check_cost(w, near(line, side, distance), y0, target)


def check_cost(w, b, y0, target):
    y, cost, by_w, by_b = run(w, b, y0, target)
    assert abs(mpf(float(one_unit.orbit(w, b, y0, 50)[-1])) - y) < RIGHT
    assert abs(mpf(float(one_unit.cost(w, b, y0, target))) - cost) < RIGHT
    for ours, exact in zip(one_unit.cost_gradient(w, b, y0, target), (by_w, by_b), strict=True):
        assert abs(mpf(float(ours)) - exact) < RIGHT * max(1, abs(exact))


def test_the_gradient_is_that_of_backpropagation():
    """An Elman cell with one unit is this unit; bptt goes backwards, this forwards."""
    w, b, y0, target, n = 3.3, -1.2, 0.3, 0.7, 40
    cell = Elman(W=[[w]], U=np.zeros((1, 0)), b=[b], activation="logistic")
    y = one_unit.orbit(w, b, y0, n)[-1]
    rows = np.zeros((n, 1))
    rows[-1] = 2 * (y - target)
    gradient = bptt(cell, np.array([y0]), np.zeros((n, 0)), rows)
    by_w, by_b = one_unit.cost_gradient(w, b, y0, target, n)
    # Forty factors, each rounded once.
    np.testing.assert_allclose((by_w, by_b), (gradient["W"][0, 0], gradient["b"][0]), rtol=1e-13)


def test_compiled_and_numpy_runs_agree():
    """The C loop and the NumPy loop give the same numbers, whatever the length of the array."""
    if compiled.library() is None:
        missing("the package was installed without a C compiler: sudo apt-get install gcc")
    rng = np.random.default_rng(5)
    for size in (1, 63, 64, 65, 1000):
        w, b, y0 = rng.uniform(-4, 4, size), rng.uniform(-3, 3, size), rng.uniform(0.01, 0.99, size)
        for n in (0, 1, 50, 400):
            ours, theirs = compiled.one_unit(w, b, y0, n), orbits.run(w, b, y0, n)
            for one, other in zip(ours, theirs, strict=True):
                # In the strip nothing is enlarged by more than 1/(1 − |w|/4).
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-13)


def test_many_points_are_cut_without_a_trace(monkeypatch):
    """On several cores each entry is what one core gives, bit by bit, at the cuts too."""
    if compiled.library() is None:
        missing("the package was installed without a C compiler: sudo apt-get install gcc")
    rng = np.random.default_rng(7)
    size = compiled.MANY + 17
    given = rng.uniform(-9, 9, size), rng.uniform(-5, 5, size), rng.uniform(0.01, 0.99, size)
    monkeypatch.setattr(compiled.os, "cpu_count", lambda: 1)
    alone = compiled.one_unit(*given, 20)
    monkeypatch.setattr(compiled.os, "cpu_count", lambda: 3)
    for one, other in zip(alone, compiled.one_unit(*given, 20), strict=True):
        np.testing.assert_array_equal(one, other)


def test_compiled_and_numpy_runs_agree_with_twice_the_digits():
    """So do the two loops that take over on a wall, where doubles would differ in all digits."""
    if compiled.library() is None:
        missing("the package was installed without a C compiler: sudo apt-get install gcc")
    rng = np.random.default_rng(6)
    w, y0 = rng.uniform(5, 12, 200), rng.uniform(0.2, 0.8, 200)
    b = one_unit.shock(w, y0) + rng.normal(size=200) * 10.0 ** rng.uniform(-16, -3, 200)
    ours, theirs = compiled.one_unit_twofold(w, b, y0, 50), orbits.long_run(w, b, y0, 50)
    for one, other in zip(ours, theirs, strict=True):
        # Fifty factors of a derivative, each rounded once.
        np.testing.assert_allclose(one, other, rtol=1e-13)


def test_without_the_compiled_loop(monkeypatch):
    """Where there is no compiler the results are the same."""
    grid = np.linspace(-8, 8, 41)[:, None], np.linspace(-6, 6, 37)
    fast = one_unit.cost_gradient(*grid, 0.3, 0.7)
    monkeypatch.setattr(compiled, "library", lambda: None)
    for one, other in zip(fast, one_unit.cost_gradient(*grid, 0.3, 0.7), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


@given(st.floats(-700, 700))
@quiet
def test_twice_the_digits(z):
    """σ with pairs of doubles has thirty digits."""
    value = double_double.logistic(double_double.Double.of(z))
    with mpmath.workdps(DIGITS):
        exact = logistic(mpf(z))
        assert abs(mpf(float(value.high)) + mpf(float(value.low)) - exact) < 1e-30


# What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: one_unit.fold(3.9), "w: got 3.9, expects at least 4"),
        (lambda: one_unit.fold_points([5, 3]), "w: got 3, expects at least 4"),
        (lambda: one_unit.flip(-3), "w: got -3, expects at most -4"),
        (lambda: one_unit.shock(4, 0.3), "w: got 4, expects more than 4"),
        (lambda: one_unit.shock(5, 1.0), "y0: got 1, expects a state between 0 and 1"),
        (lambda: one_unit.limit(5, 0, -0.1), "y0: got -0.1, expects a state between 0 and 1"),
        (lambda: one_unit.orbit(5, 0, 0.1, -1), "n: got -1, expects at least 0"),
        (lambda: one_unit.cost(5, 0, 0.1, np.nan), "target"),
        (lambda: one_unit.fixed_points([1, 2], [1, 2, 3]), "shape"),
    ],
)
def test_refusals(call, message):
    """What has no answer is refused with the name of the argument and what would do."""
    with pytest.raises(ValueError, match=message):
        call()
