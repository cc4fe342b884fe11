"""The figures of the chapter on stable systems: their data keep what the chapter proves."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.figures import bends, two_norms, two_runs

# Two runs --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs():
    return two_runs.compute()


def test_the_contraction_keeps_its_factor(runs):
    """With the weight 0.8 each step multiplies the distance by at most 0.8."""
    contraction, _ = runs.apart
    assert (contraction[1:] <= 0.8 * contraction[:-1]).all()


def test_at_norm_one_the_inverse_squares_grow_as_proved(runs):
    """With the weight 1 each step adds between 2/3 and 1 to the inverse square of the distance."""
    _, edge = runs.apart
    gains = np.diff(edge**-2.0)
    assert (gains > 2 / 3).all()
    assert (gains < 1).all()
    assert gains[-1] == pytest.approx(2 / 3, rel=1e-2)
    assert (edge[1:] < runs.law).all()


def test_the_picture_shows_both_runs(runs):
    """The lines are the law and the distances, on a logarithmic axis that holds them all."""
    figure = Figure()
    two_runs.draw(figure, runs)
    (ax,) = figure.axes
    *lines, law = ax.lines
    np.testing.assert_array_equal(law.get_ydata(), runs.law)
    for line, values in zip(lines, runs.apart, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert ax.get_yscale() == "log"
    low, high = ax.get_ylim()
    assert low < runs.apart.min()
    assert runs.apart.max() < high


def test_the_words_follow_the_runs(runs):
    """The alternative text is computed: other data, other numbers in it."""
    assert f"{runs.apart[1, -1]:.1e} after 60 steps" in two_runs.describe(runs)
    assert two_runs.describe(replace(runs, apart=runs.apart / 2)) != two_runs.describe(runs)


# Two norms ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def norms():
    return two_norms.compute()


def test_both_measures_keep_their_bounds(norms):
    """Weighted, each step shrinks the difference by 0.64 at least; in length it grows tenfold."""
    assert norms.factor == pytest.approx((1 + np.sqrt(17)) / 8, rel=1e-12)
    assert norms.spread == pytest.approx(40, rel=1e-12)
    assert (norms.weighted[1:] <= norms.factor * norms.weighted[:-1]).all()
    assert (norms.lengths <= norms.spread * norms.factor**norms.steps).all()
    assert norms.lengths.max() > 10


def test_the_picture_shows_both_measures(norms):
    """Two curves, their two bounds, and the line of the start."""
    figure = Figure()
    two_norms.draw(figure, norms)
    (ax,) = figure.axes
    lengths, weighted, wide, narrow, _ = ax.lines
    np.testing.assert_array_equal(lengths.get_ydata(), norms.lengths)
    np.testing.assert_array_equal(weighted.get_ydata(), norms.weighted)
    np.testing.assert_allclose(wide.get_ydata(), norms.spread * narrow.get_ydata())


def test_the_words_follow_the_measures(norms):
    """The alternative text is computed: other data, other numbers in it."""
    assert "falls at every step" in two_norms.describe(norms)
    other = two_norms.compute(weights=(1.0, 1.0))
    assert "does not fall at every step" in two_norms.describe(other)


# The slope of the slope --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def curve():
    return bends.compute()


def test_the_exact_constant_is_touched_and_the_printed_ones_are_not(curve):
    """The largest modulus is 4/(3√3), where tanh² = 1/3; 1 and 2 are never reached."""
    largest = np.abs(curve.bends).max()
    # The places are 0.01 apart, and the differences lose some digits.
    assert largest == pytest.approx(4 / (3 * np.sqrt(3)), rel=1e-4)
    assert curve.exact == pytest.approx(4 / (3 * np.sqrt(3)), rel=1e-12)
    assert np.tanh(curve.steepest) ** 2 == pytest.approx(1 / 3, abs=0.01)
    assert all(value > largest * 1.2 for value in curve.printed)


def test_the_logistic_curve_is_flatter():
    """For the logistic function the constant is 1/(6√3)."""
    record = bends.compute("logistic", ())
    assert np.abs(record.bends).max() == pytest.approx(1 / (6 * np.sqrt(3)), rel=1e-4)


def test_the_picture_shows_the_curve_between_its_constants(curve):
    """Two lines for each constant, and the curve itself."""
    figure = Figure()
    bends.draw(figure, curve)
    (ax,) = figure.axes
    bends.draw(Figure(), bends.compute("logistic"))
    levels = [line.get_ydata()[0] for line in ax.lines[:-1]]
    assert levels == [1.0, -1.0, 2.0, -2.0, curve.exact, -curve.exact]
    np.testing.assert_array_equal(ax.lines[-1].get_ydata(), curve.bends)


def test_the_words_follow_the_curve(curve):
    """The alternative text is computed: other data, other numbers in it."""
    assert "exact constant 0.7698" in bends.describe(curve)
    assert bends.describe(replace(curve, bends=curve.bends / 2)) != bends.describe(curve)


@pytest.mark.parametrize("module", [two_runs, bends, two_norms])
def test_the_stills_have_words(module):
    """Each picture is finished with its alternative text and a caption."""
    record = module.compute()
    still = module.show(record)
    assert still.alt == module.describe(record) + "."
    assert still.caption
