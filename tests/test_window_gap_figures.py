"""The figures of truncated gradients: their data are what they say, and their words follow."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.cells import Linear
from book_utils.dynamics import simulate
from book_utils.dynamics.truncation import truncated_gradients
from book_utils.figures import gap_parts, gap_ratios, window_gaps


@pytest.fixture(scope="module")
def gaps():
    return window_gaps.compute()


@pytest.fixture(scope="module")
def shares():
    return gap_parts.compute(units=4, T=24, longest=10)


@pytest.fixture(scope="module")
def ratios():
    return gap_ratios.compute(networks=60, runs=6)


# Gap, bound and printed bound ----------------------------------------------------------------


def test_the_first_loss_attains_the_bound_and_neither_exceeds_it(gaps):
    """For p = h_T the gap is the bound at every k; for p = h_T²/2 it is below."""
    first, second = gaps.gaps
    np.testing.assert_allclose(gaps.gaps[first], gaps.bounds[first], rtol=1e-10)
    assert (gaps.gaps[second] < gaps.bounds[second]).all()


def test_the_printed_bound_is_the_formula_with_the_printed_line(gaps):
    """One factor λ too much in the term of the immediate rates."""
    λ, ks, H = gaps.λ, gaps.ks, 1 / (1 - gaps.λ)
    first, second = gaps.printed
    np.testing.assert_allclose(gaps.printed[first], λ**ks * H**2 + ks * λ**ks * H, rtol=1e-12)
    expected = 2 * λ**ks * H**3 + ks * λ**ks * H**2
    np.testing.assert_allclose(gaps.printed[second], expected, rtol=1e-12)


def test_the_gap_crosses_the_printed_bound(gaps):
    """For p = h_T it lies above from the start; for p = h_T²/2 from a later k on, to the end."""
    first, second = gaps.gaps
    assert gaps.crossing(first) == 1
    place = gaps.crossing(second)
    assert 1 < place < gaps.ks[-1]
    above = gaps.gaps[second] > gaps.printed[second]
    assert above[gaps.ks >= place].all()
    assert not above[gaps.ks == place - 1].any()
    never = replace(gaps, gaps={name: values / 9 for name, values in gaps.gaps.items()})
    assert never.crossing(first) is None


def test_the_picture_shows_gap_bound_and_printed_bound(gaps):
    """Each panel has the three rows of numbers of its loss."""
    figure = Figure()
    window_gaps.draw(figure, gaps)
    for ax, name in zip(figure.axes, gaps.gaps, strict=True):
        shown = [line.get_ydata() for line in ax.lines]
        for line, values in zip(shown, (gaps.bounds, gaps.printed, gaps.gaps), strict=True):
            np.testing.assert_array_equal(line, values[name])


# The four parts ------------------------------------------------------------------------------


def test_the_four_parts_add_up_to_the_gap(shares):
    """The norm of the sum of the four arrays is the gap that the package computes."""
    rng = np.random.default_rng(0)
    cell = gap_parts.Elman(0.8 * np.eye(3), np.eye(3), np.zeros(3), "tanh")
    inputs, target = rng.normal(size=(9, 3)), rng.normal(size=3)
    for k in range(1, 10):
        whole = sum(gap_parts.parts(cell, inputs, target, k).values())
        expected = gap_parts.gradient_gap(cell, inputs, lambda h: h - target, k, ["W"])
        assert np.linalg.norm(whole) == pytest.approx(expected, rel=1e-10, abs=1e-13)
    assert (shares.gaps <= sum(shares.norms.values()) * (1 + 1e-12)).all()


def test_a_window_of_one_input_changes_neither_row_term_nor_jacobian(shares):
    """At k = 1 the window's rate is zero, and ∂h_T/∂h_T is I in both runs."""
    assert shares.norms["row"][0] == 0
    assert shares.norms["Jacobians"][0] == 0
    np.testing.assert_allclose(sum(shares.shares.values()), 1, rtol=1e-12)


def test_the_picture_stacks_the_shares(shares):
    """A band for each part, named in the legend."""
    figure = Figure()
    gap_parts.draw(figure, shares)
    (ax,) = figure.axes
    assert len(ax.collections) == 4
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        *reversed(gap_parts.PARTS)
    ]


# Random networks -----------------------------------------------------------------------------


def test_no_ratio_exceeds_one_and_some_come_near(ratios):
    """Never above the bound, up to rounding; with small inputs some networks nearly attain it."""
    near = ratios.ratios
    assert (near.values <= 1 + 1e-9).all()
    assert near.values[near.steady & (near.sizes < 0.1)].max() > 0.99


def test_the_parts_are_those_of_the_gap():
    """A and A_w, times λ^k, add up to the difference of the gradients of a linear network."""
    rng, n, λ = np.random.default_rng(1), 3, 0.7
    Q, row, inputs = gap_ratios.orthogonal(rng, n), rng.normal(size=n), rng.normal(size=(9, n))
    cell = Linear(λ * Q, np.eye(n))
    long_term, rates, h = gap_ratios.parts(Q, λ, row, inputs, 6)
    for k in range(1, 7):
        run = np.vstack([inputs, rng.normal(size=(k, n))])

        def rows(states):
            return np.tile(row, (len(states), 1))

        window, whole = truncated_gradients(cell, run, rows, [k, len(run)])
        found = λ**k * (long_term + rates)[k - 1]
        np.testing.assert_allclose(found, whole["W"] - window["W"], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(h, simulate(cell, np.zeros(n), inputs)[-1], rtol=1e-12)


def test_the_worst_case_is_affine_in_k(ratios):
    """gap/λ^k of the unit is k/(λ(1−λ)) + 1/(1−λ)²."""
    λ, far = ratios.λ, ratios.shapes
    expected = far.ks / (λ * (1 - λ)) + 1 / (1 - λ) ** 2
    np.testing.assert_allclose(far.worst, expected, rtol=1e-12)


def test_random_networks_grow_linearly_in_the_end(ratios):
    """Their exponent is below that of the unit for short windows and near one for long ones; what
    remains is a constant, one over the root of the number of units."""
    far = ratios.shapes
    typical, worst = far.exponents(far.typical), far.exponents(far.worst)
    assert typical[0] < worst[0] - 0.1
    assert typical[-1] > 0.95
    assert worst[-1] > 0.95
    assert far.constant == pytest.approx(ratios.units**-0.5, rel=0.25)


def test_the_exponent_is_the_slope_of_the_logarithms(ratios):
    """Of k^0.7 it is 0.7 everywhere."""
    far = ratios.shapes
    np.testing.assert_allclose(far.exponents(3 * far.ks**0.7), 0.7, rtol=1e-12)


def test_the_picture_shows_the_ratios_and_the_shapes(ratios):
    """Above a point for each network, in four families; below three lines that start at one."""
    figure = Figure()
    gap_ratios.draw(figure, ratios)
    above, below = figure.axes
    families = [line.get_ydata() for line in above.lines[1:]]
    assert len(families) == 4
    np.testing.assert_array_equal(np.sort(np.hstack(families)), np.sort(ratios.ratios.values))
    far = ratios.shapes
    for line, values in zip(below.lines[:3], (far.worst, far.typical, far.rates), strict=True):
        np.testing.assert_allclose(line.get_ydata(), values / values[0])


# Words ---------------------------------------------------------------------------------------


def test_the_words_follow_the_data(gaps, shares, ratios):
    """The alternative texts are computed: other data, other numbers in them."""
    halved = replace(gaps, gaps={name: values / 2 for name, values in gaps.gaps.items()})
    assert window_gaps.describe(halved) != window_gaps.describe(gaps)
    turned = dict(zip(shares.norms, reversed(shares.norms.values()), strict=True))
    assert gap_parts.describe(replace(shares, norms=turned)) != gap_parts.describe(shares)
    near = replace(ratios.ratios, values=ratios.ratios.values / 2)
    lower = replace(ratios, ratios=near)
    assert gap_ratios.describe(lower) != gap_ratios.describe(ratios)
    assert f"at most {ratios.ratios.values.max():.3f}" in gap_ratios.describe(ratios)
