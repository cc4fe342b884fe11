"""The figure of vanishing products: its data keep the bound, and it shows its data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.cells import Vanilla
from book_utils.dynamics import simulate, transport
from book_utils.figures import vanishing


@pytest.fixture(scope="module")
def record():
    return vanishing.compute()


def test_no_product_exceeds_its_bound(record):
    """‖∂x_t/∂x_k‖ is at most η^(t−k) for every activation, every η and every number of steps."""
    for norms in record.norms.values():
        bounds = np.array(record.etas)[:, None] ** record.steps
        # Rounding in the norm of a product of thirty matrices.
        assert (norms <= bounds * (1 + 1e-12)).all()


def test_one_step_is_close_to_the_bound_and_many_are_not(record):
    """The first factor has at least 0.9 of the bound, and each rate lies clearly below η."""
    for name, norms in record.norms.items():
        for eta, values in zip(record.etas, norms, strict=True):
            assert values[0] == 1
            assert values[1] > 0.9 * eta
            assert record.rate(name, eta) < 0.9 * eta


def test_seven_of_eight_vanish(record):
    """Only tanh with η = 2 does not vanish, as the chapter says; four have η < 1."""
    growing = [
        (name, eta) for name in record.norms for eta in record.etas if record.rate(name, eta) >= 1
    ]
    assert growing == [("tanh", 2.0)]
    assert sum(eta < 1 for eta in record.etas) * len(record.norms) == 4


def test_with_all_slopes_one_the_bound_is_reached():
    """For the identity the product is a multiple of an orthogonal matrix: rate and norm are η."""
    record = vanishing.compute(names=("identity",), etas=(0.5, 2.0), steps=12)
    np.testing.assert_allclose(record.norms["identity"][1], 2.0**record.steps, rtol=1e-12)
    assert record.rate("identity", 0.5) == pytest.approx(0.5, rel=1e-12)


def test_the_products_are_those_of_the_package():
    """The figure's own loop multiplies what `transport` multiplies, from time 30 on."""
    rng = np.random.default_rng(4)
    W, inputs = rng.normal(size=(3, 3)), rng.normal(size=(36, 3))
    cell = Vanilla(W, np.eye(3), np.zeros(3), "tanh")
    states = simulate(cell, np.zeros(3), inputs)
    norms = vanishing._norms(W, "tanh", inputs, 6)
    for steps in range(7):
        expected = np.linalg.norm(transport(cell, states, inputs, 30, 30 + steps), 2)
        assert norms[steps] == pytest.approx(expected, rel=1e-12)


def test_the_rate_is_the_slope_of_the_later_half():
    """Of a norm that falls by 0.8 a step at first and by 0.5 later, the rate is 0.5."""
    steps = np.arange(21)
    norms = np.where(steps < 8, 0.8**steps, 0.8**8 * 0.5 ** (steps - 8.0))
    record = vanishing.Record((1.0,), {"tanh": norms[None, :]})
    assert record.rate("tanh", 1.0) == pytest.approx(0.5, rel=1e-12)


def test_the_picture_shows_norms_and_bounds(record):
    """Each panel has, for each η, the broken line of the bound and the line of the norms."""
    figure = Figure()
    vanishing.draw(figure, record)
    for ax, (name, norms) in zip(figure.axes, record.norms.items(), strict=True):
        assert ax.get_title().startswith(name)
        assert len(ax.lines) == 2 * len(record.etas)
        for place, (eta, values) in enumerate(zip(record.etas, norms, strict=True)):
            bound, measured = ax.lines[2 * place : 2 * place + 2]
            np.testing.assert_allclose(bound.get_ydata(), eta**record.steps)
            np.testing.assert_array_equal(measured.get_ydata(), values)
            low, high = ax.get_ylim()
            assert ((low < values) & (values < high)).all()
    (legend,) = figure.legends
    named = [text.get_text() for text in legend.get_texts()]
    assert named == [rf"$\eta = {eta:g}$" for eta in record.etas] + [vanishing.BOUND]


def test_the_words_follow_the_data(record):
    """The alternative text is computed: other data, other numbers in it."""
    words = vanishing.describe(record)
    assert f"{record.rate('tanh', 0.9):.2f} for η = 0.9" in words
    slower = {name: np.sqrt(norms) for name, norms in record.norms.items()}
    assert vanishing.describe(replace(record, norms=slower)) != words
