"""The study of random networks: its windows are the package's, and it says what the text says."""

import numpy as np
import pytest

from book_utils.cells import Elman, Linear
from book_utils.dynamics import simulate, spectral_norm
from book_utils.dynamics.truncation import truncated_states
from book_utils.experiments import forgetting as study


def test_all_last_windows_are_the_truncated_states():
    """Row k is h_T^k: of `truncated_states` for each k, with 0 first and the whole run last."""
    rng = np.random.default_rng(0)
    cell = Elman.random(3, 2, rng, activation="tanh")
    inputs = rng.normal(size=(9, 2))
    found = study.last_states(cell, inputs)
    np.testing.assert_array_equal(found[0], 0)
    for k in range(1, 10):
        expected = truncated_states(cell, inputs, k)[-1]
        np.testing.assert_allclose(found[k], expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(found[-1], simulate(cell, np.zeros(3), inputs)[-1], rtol=1e-13)


def test_a_linear_unit_has_all_windows_at_once():
    """For h_t = h_{t−1}/2 + 1 the rows are 2 (1 − 2^−k)."""
    found = study.last_states(Linear([[0.5]], [[1.0]]), np.ones((6, 1)))[:, 0]
    np.testing.assert_allclose(found, 2 * (1 - 0.5 ** np.arange(7)), rtol=1e-15)


@pytest.mark.parametrize("orthogonal", [True, False])
def test_the_weights_have_the_norm_asked_for(orthogonal):
    """‖W‖ = λ for both kinds, and for the orthogonal one every singular value is λ."""
    config = study.Config(units=5, orthogonal=orthogonal)
    W = study.weights(config, 0.9, np.random.default_rng(0))
    assert spectral_norm(W) == pytest.approx(0.9, rel=1e-12)
    smallest = np.linalg.svd(W, compute_uv=False).min()
    assert (smallest == pytest.approx(0.9, rel=1e-12)) == orthogonal


def test_fewer_inputs_are_needed_than_asked_for():
    """In a small study no row needs more than the bound asks for, and each gap keeps its bound."""
    config = study.Config(λs=(0.5, 0.9), sizes=(0.1, 1.0), units=4, steps=150, networks=3, k=5)
    rows = study.run(config)
    assert [(row.λ, row.size) for row in rows] == [(0.5, 0.1), (0.5, 1), (0.9, 0.1), (0.9, 1)]
    for row in rows:
        assert 1 <= row.needed <= row.asked
        assert 0 < row.share <= 1


def test_the_needed_window_is_the_least():
    """From `needed` inputs on the distance keeps ε, and with one input less it does not."""
    config = study.Config(λs=(0.8,), sizes=(0.2,), units=3, steps=120, networks=1)
    (row,) = study.run(config)
    rng = np.random.default_rng(config.seed)
    cell = Elman(study.weights(config, 0.8, rng), np.eye(3), np.zeros(3), "tanh")
    inputs = 0.2 * rng.normal(size=(120, 3))
    whole = simulate(cell, np.zeros(3), inputs)[-1]
    k = int(row.needed)

    def gap(length):
        return np.linalg.norm(whole - truncated_states(cell, inputs, length)[-1])

    assert max(map(gap, range(k, 121))) <= config.tolerance < gap(k - 1)


def test_the_result_does_not_hang_on_rounding():
    """Inputs that are larger by a billionth need the same numbers of inputs."""
    small = {"λs": (0.9, 0.99), "units": 6, "steps": 300, "networks": 3}
    first = study.run(study.Config(sizes=(0.1,), **small))
    second = study.run(study.Config(sizes=(0.1 * (1 + 1e-9),), **small))
    assert [row.needed for row in first] == [row.needed for row in second]
