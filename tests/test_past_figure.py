"""The figure of the terms of a gradient: its data say what the chapter says, and it shows them."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.cells import Vanilla
from book_utils.checks import finite_difference_jacobian
from book_utils.dynamics import contributions, simulate
from book_utils.figures import past


@pytest.fixture(scope="module")
def record():
    return past.compute()


def test_gain_one_vanishes_two_is_neutral_three_explodes(record):
    """The chapter's answer: the neutral gain of this network is near 2, not 1."""
    factors = record.factors
    assert factors[1.0] < 0.7
    assert factors[2.0] == pytest.approx(1, abs=0.05)
    assert factors[3.0] > 1.2


def test_ten_steps_make_nearly_all(record):
    """Of the sum of all sizes the last ten steps have 99 % at gain 1, the first ten 91 % at 3."""
    one, three = record.sizes[1.0], record.sizes[3.0]
    assert f"{one[-10:].sum() / one.sum():.2f}" == "0.99"
    assert f"{three[:10].sum() / three.sum():.2f}" == "0.91"


def test_stronger_inputs_move_the_neutral_gain(monkeypatch):
    """At gain 2 the terms keep their size for inputs of N(0, 1), grow for weaker, fade for
    stronger ones."""
    factors = []
    for strength in (0.5, 1.0, 3.0):
        with monkeypatch.context() as patch:
            patch.setattr(past, "simulate", lambda c, x, u, a=strength: simulate(c, x, a * u))
            factors.append(past.compute(gains=(2.0,)).factors[2.0])
    weaker, same, stronger = factors
    assert weaker > 1.05 > same > 0.95 > stronger


def test_the_newest_term_is_no_smaller_in_a_vanishing_network(record):
    """Vanishing is a matter of the old terms: the newest ones differ by less than two."""
    newest = [sizes[-1] for sizes in record.sizes.values()]
    assert max(newest) < 2 * min(newest)


def test_the_terms_are_those_of_the_closed_sum():
    """Each size is that of the package's own term, and the terms add up to what moving the
    weights does."""
    n, t, gain = 3, 5, 1.7
    drawn = past.compute(gains=(gain,), n=n, t=t, seed=4)
    rng = np.random.default_rng(4)
    W, x0 = gain * rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n)
    inputs, row = rng.normal(size=(t, n)), rng.normal(size=n)
    row /= np.linalg.norm(row)

    def network(weights):
        return Vanilla(weights.reshape(n, n), np.eye(n), np.zeros(n), "tanh")

    cell = network(W)
    rows = np.zeros((t, n))
    rows[-1] = row
    terms = contributions(cell, x0, inputs, rows)["W"][-1]
    expected = [np.linalg.norm(term) for term in terms]
    np.testing.assert_allclose(drawn.sizes[gain], expected, rtol=1e-12)
    moved = finite_difference_jacobian(
        lambda weights: [row @ simulate(network(weights), x0, inputs)[-1]], W.ravel()
    )
    np.testing.assert_allclose(sum(terms), moved.reshape(n, n), rtol=1e-7, atol=1e-9)


def test_the_picture_shows_the_terms(record):
    """Each line of the picture is one gain of the record, on a logarithmic axis."""
    figure = Figure()
    past.draw(figure, record)
    (ax,) = figure.axes
    assert ax.get_yscale() == "log"
    for line, sizes in zip(ax.lines, record.sizes.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), record.k)
        np.testing.assert_array_equal(line.get_ydata(), sizes)


def test_the_words_follow_the_data(record):
    """The alternative text is computed: other data, other numbers in it."""
    other = {gain: sizes**2 for gain, sizes in record.sizes.items()}
    assert past.describe(record) != past.describe(replace(record, sizes=other))
    assert f"a factor of {record.factors[1.0]:.2f}" in past.describe(record)
