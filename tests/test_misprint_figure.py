"""The figure of the misprint: its data say what the chapter says of it, and it shows its data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.cells import Vanilla
from book_utils.dynamics import simulate, transport
from book_utils.figures import misprint

# Rounding in a product of eight 3 × 3 matrices and its eigenvalues stays far below this.
ROUNDING = 1e-10


@pytest.fixture(scope="module")
def record():
    return misprint.compute()


def test_two_units_hide_it_at_every_length(record):
    """For two units the spectral radius differs by rounding only, in all 200 networks."""
    assert np.median(record.radius[2], axis=0).max() < 1e-13
    # A double eigenvalue loses half of the digits: single networks may reach 1e-8.
    assert record.radius[2].max() < 1e-6


def test_three_units_show_it_from_the_third_factor_on(record):
    """For three units the gap is rounding with one and two factors and real from three on."""
    middle = np.median(record.radius[3], axis=0)
    assert middle[:2].max() < ROUNDING
    assert middle[2:].min() > 1e-2


def test_the_entries_are_wrong_from_the_first_factor(record):
    """The entries of the misprinted product miss by about their own size at every length."""
    for gaps in record.entries.values():
        assert np.median(gaps, axis=0).min() > 0.3


def test_the_true_product_is_the_one_of_the_package():
    """The figure's own loop multiplies what `transport` multiplies: same gap on one network."""
    rng = np.random.default_rng(0)
    W = rng.normal(size=(3, 3)) / np.sqrt(3)
    cell = Vanilla(W, np.eye(3), np.zeros(3), "tanh")
    inputs_start = rng.normal(size=3), rng.normal(size=(4, 3))
    states = simulate(cell, *inputs_start)
    true = transport(cell, states, inputs_start[1], 0, 4)
    printed = np.eye(3)
    for x in states[:4]:
        printed = W.T @ np.diag(cell.activation.derivative(x)) @ printed
    expected = np.abs(printed - true).max() / np.abs(true).max()
    drawn = misprint.compute(sizes=(3,), factors=4, networks=1, seed=0)
    assert drawn.entries[3][0, 3] == pytest.approx(expected, rel=1e-12)


def test_the_picture_shows_the_medians(record):
    """Each line of the picture is the median of the record, zeros drawn at the floor."""
    figure = Figure()
    misprint.draw(figure, record)
    for ax, gaps in zip(figure.axes, (record.entries, record.radius), strict=True):
        for line, values in zip(ax.lines, gaps.values(), strict=True):
            medians = np.maximum(np.median(values, axis=0), misprint.FLOOR)
            np.testing.assert_array_equal(line.get_xdata(), record.factors)
            np.testing.assert_allclose(line.get_ydata(), medians, rtol=1e-14)


def test_the_words_follow_the_data(record):
    """The alternative text is computed: other data, other numbers in it."""
    doubled = {n: 2 * gaps for n, gaps in record.radius.items()}
    assert misprint.describe(record) != misprint.describe(replace(record, radius=doubled))
    assert f"{np.median(record.radius[3][:, 2]):.2g} with three" in misprint.describe(record)
