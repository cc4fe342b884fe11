"""Descent on an unstable system: the theorem as a theorem, and the figure by its data."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from book_utils.figures import thrown

QUIET = settings(deadline=None, derandomize=True, max_examples=60)
starts = st.fractions(1, 40, max_denominator=50)
sizes = st.fractions(1, 30, max_denominator=50)


def gradient(a, T):
    off, slope = thrown.excess(a, T)
    return off * slope


@pytest.fixture(scope="module")
def record():
    return thrown.compute(size=120, steps=400)


@QUIET
@given(starts, st.integers(3, 50), st.integers(1, 2))
def test_from_one_on_descent_is_thrown_out(start, T, steps):
    """For T from 3 to 50 and starts from 1 on, (−1)^i a^(i) >= 5·17^(i−1), in exact fractions."""
    found = thrown.iterates(start, T, steps)
    for i, a in enumerate(found[1:], 1):
        assert (-1) ** i * a >= 5 * 17 ** (i - 1)


@QUIET
@given(starts, st.integers(2, 15), st.integers(2, 3))
def test_for_even_lengths_it_is_thrown_out_from_the_left_too(start, half, steps):
    """For even T and starts from −1 down, (−1)^(i+1) a^(i) >= 8·17^(i−2) from the second step on,
    in exact fractions; and the first step leads to the right of 1."""
    steps = 2 if half > 4 else steps
    found = thrown.iterates(-start, 2 * half, steps)
    assert found[1] >= 1
    for i, a in enumerate(found[2:], 2):
        assert (-1) ** (i + 1) * a >= 8 * 17 ** (i - 2)


@pytest.mark.parametrize("T", [3, 5, 7, 9, 11, 13, 31])
def test_for_odd_lengths_some_starts_below_minus_one_end_there(T):
    """−1 is a minimum with the curvature ((T − 1)/2)², and a start just below converges to it."""
    off, slope = thrown.excess(Fraction(-1), T)
    assert (off, slope**2) == (0, Fraction((T - 1) ** 2, 4))
    # The first steps stretch the distance, as long as (T − 1)²/4 is larger than 2i.
    m = (T - 1) // 2
    with mpmath.workdps(200):
        factors = [abs(1 - mpmath.mpf(m) ** 2 / i) for i in range(1, m**2)]
        away = mpmath.mpf("1e-4") / mpmath.fprod(max(1, factor) for factor in factors)
        run = thrown.iterates(-1 - away, T, 2 * m**2)
        assert run[0] < -1
        assert abs(run[-1] + 1) < away


def test_the_bound_is_met():
    """From 1 with T = 3 the first two iterates are as small as the bound allows."""
    assert thrown.iterates(Fraction(1), 3, 2)[1:] == [-5, 85]


def test_below_one_and_below_three_it_fails():
    """Just below 1 the bound fails for T = 3, and for T = 2 descent arrives in one step."""
    assert -thrown.iterates(Fraction(999, 1000), 3, 1)[1] < 5
    assert thrown.iterates(Fraction(5), 2, 3)[1:] == [0, 0, 0]


@QUIET
@given(sizes, st.integers(3, 50))
def test_the_gradient_is_as_steep_as_that_of_three_steps(y, T):
    """To the right p′(y) >= y(1+y)(1+2y), to the left −p′(−y) >= y(y−1)(2y−1)."""
    assert gradient(y, T) >= y * (1 + y) * (1 + 2 * y)
    assert -gradient(-y, T) >= y * (y - 1) * (2 * y - 1)


@QUIET
@given(sizes)
def test_three_steps_meet_both_bounds(y):
    """For T = 3 both are equalities."""
    assert gradient(y, 3) == y * (1 + y) * (1 + 2 * y)
    assert -gradient(-y, 3) == y * (y - 1) * (2 * y - 1)


@QUIET
@given(st.fractions(-30, 30, max_denominator=50), st.integers(1, 30))
def test_the_gradient_is_the_one_in_closed_form(a, T):
    """(a − 1)³ p′(a) = (a^T − a)((T(a − 1) − a) a^(T−1) + 1), in exact fractions."""
    closed = (a**T - a) * ((T * (a - 1) - a) * a ** (T - 1) + 1)
    assert (a - 1) ** 3 * gradient(a, T) == closed


@pytest.mark.parametrize("a", [Fraction(11, 10), Fraction(2), Fraction(-2), Fraction(20)])
def test_how_large_the_gradient_is(a):
    """Over T a^(2T−3) it is near (a/(a−1))²(1 − a/(T(a−1))) for T = 1000."""
    T = 1000
    ratio = gradient(a, T) / (T * a ** (2 * T - 3))
    expected = (a / (a - 1)) ** 2 * (1 - a / (T * (a - 1)))
    # What is left out is smaller by |a|^T: 1.1^1000 is 10^41.
    assert abs(ratio / expected - 1) < Fraction(1, 10**30)


def test_descent_may_end_on_the_border():
    """From −1.2 with T = 3 the iterates fall to −1 from above and never reach it."""
    run = thrown.iterates(-1.2, 3, 5000)[1:]
    assert all(-1 < later < earlier for earlier, later in pairwise(run))
    assert run[-1] < -0.9999


def test_where_the_starts_end(record):
    """T = 2: all at 0. T >= 3: all above 1 thrown out. Below −1 only odd T spare some."""
    assert record.share(thrown.ZERO, 2) == 1
    assert record.thrown_right()
    left = record.starts < -1
    spared = {
        int(T): (row[left] != thrown.THROWN).any()
        for T, row in zip(record.lengths, record.fates, strict=True)
    }
    assert not any(spared[T] for T in (4, 6, 8, 10, 12))
    assert spared[3]


def test_a_fate_is_that_of_the_iterates():
    """The fates say what the exact iterates do."""
    found = thrown.fates(np.array([0.3, -1.2, 1.02, 0.7]), 3, 400)
    expected = [thrown.ZERO, thrown.MINUS_ONE, thrown.THROWN, thrown.THROWN]
    assert found.tolist() == expected


def test_the_words_follow_the_data(record):
    """The alternative text changes with the fates."""
    other = replace(record, fates=np.full_like(record.fates, thrown.ZERO))
    assert "All starts above 1 are thrown out" in thrown.describe(record)
    assert "Not all starts above 1" in thrown.describe(other)
    assert "T = 4: 0% thrown out" in thrown.describe(other)


def test_the_picture_shows_the_data(record):
    """The map is the array of fates, and each run is drawn as far as it lies in the picture."""
    figure = Figure()
    thrown.draw(figure, record)
    ax, map_ = figure.axes
    assert np.array_equal(map_.images[0].get_array(), record.fates)
    for line, run in zip(ax.lines[1:], record.runs.values(), strict=True):
        assert set(line.get_xdata()) <= set(run)


def test_a_length_that_is_none():
    """A T that is no whole number is refused by name."""
    with pytest.raises((TypeError, ValueError), match="T: got"):
        thrown.excess(1.0, 2.5)
