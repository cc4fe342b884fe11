"""The figures on forgetting: their data keep the bound, and they show their data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.cells import Elman
from book_utils.figures import forgotten, horizons

FIGURES = pytest.mark.parametrize("module", [forgotten, horizons])


@pytest.fixture(scope="module")
def states():
    return forgotten.compute()


@pytest.fixture(scope="module")
def inputs():
    return horizons.compute()


def test_no_window_leaves_its_bound(states):
    """|h_t − h_t^k| is at most λ^k H at every time, and 0 until k inputs have come."""
    assert (states.gaps <= states.bounds[:, None]).all()
    for k, gaps in zip(states.ks, states.gaps, strict=True):
        assert (gaps[:k] == 0).all()
        assert (gaps[k:] > 0).all()


def test_the_windows_are_runs_from_zero(states):
    """The last state of each line is what the cell reaches with the last k inputs alone."""
    cell = Elman([[states.λ]], [[1.0]], [0.0], "tanh")
    drawn = 0.3 * np.random.default_rng(1).normal(size=(60, 1))
    for k, line in zip(states.ks, states.windows, strict=True):
        h = np.zeros(1)
        for u in drawn[-k:]:
            h = cell.step(h, u)
        assert line[-1] == pytest.approx(h[0], rel=1e-13)


def test_the_longer_window_is_closer_mostly_not_always(states):
    """As the chapter says, at a few times the window of 15 is further off than that of 3."""
    further = states.gaps[1] > states.gaps[0]
    assert 1 <= further.sum() <= 5


def test_each_line_of_inputs_solves_for_the_tolerance(inputs):
    """λ^k* /(1 − λ) is ε for every λ and ε, and λ runs from 0.5 to 0.999."""
    left = inputs.λs**inputs.needed / (1 - inputs.λs)
    np.testing.assert_allclose(left, np.array(inputs.tolerances)[:, None] * np.ones(28), rtol=1e-9)
    assert (inputs.λs[0], inputs.λs[-1]) == pytest.approx((0.5, 0.999))


def test_the_logarithm_alone_grows_slowly(inputs):
    """From λ = 0.5 to 0.999 it grows by ln 500, while k* is multiplied by 980 at least."""
    np.testing.assert_allclose(np.ptp(inputs.logarithms, axis=1), np.log(500), rtol=1e-9)
    assert (inputs.needed[:, -1] / inputs.needed[:, 0] > 980).all()


def test_the_picture_of_states_shows_states_distances_and_bounds(states):
    """Three lines above; below, for each k, the distances that are not 0 and the bound."""
    figure = Figure()
    forgotten.draw(figure, states)
    above, below = figure.axes
    np.testing.assert_array_equal(above.lines[0].get_ydata(), states.whole)
    for place in range(len(states.ks)):
        np.testing.assert_array_equal(above.lines[1 + place].get_ydata(), states.windows[place])
        gaps, bound = below.lines[2 * place : 2 * place + 2]
        shown = states.gaps[place][states.gaps[place] > 0]
        np.testing.assert_array_equal(gaps.get_ydata(), shown)
        np.testing.assert_allclose(bound.get_ydata(), states.bounds[place])
    low, high = below.get_ylim()
    assert low < states.gaps[states.gaps > 0].min()
    assert high > states.bounds.max()


def test_the_picture_of_inputs_shows_both_numbers(inputs):
    """For each ε the line of k* and the broken line of the logarithm, with λ growing rightwards."""
    figure = Figure()
    horizons.draw(figure, inputs)
    (ax,) = figure.axes
    for place in range(len(inputs.tolerances)):
        needed, logarithms = ax.lines[2 * place : 2 * place + 2]
        np.testing.assert_array_equal(needed.get_ydata(), inputs.needed[place])
        np.testing.assert_array_equal(logarithms.get_ydata(), inputs.logarithms[place])
    left, right = ax.get_xlim()
    assert left > right
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    assert names == ["0.5", "0.9", "0.99", "0.999"]


def test_the_words_follow_the_data(states, inputs):
    """The alternative texts are computed: other data, other words."""
    assert "k = 15" in forgotten.describe(states)
    other = replace(states, windows=states.windows + 1)
    assert forgotten.describe(other) != forgotten.describe(states)
    assert "ε = 0.001" in horizons.describe(inputs)
    assert horizons.describe(replace(inputs, needed=2 * inputs.needed)) != horizons.describe(inputs)


@FIGURES
def test_the_finished_picture_has_words(module):
    """Each figure comes with an alternative text and a caption."""
    still = module.show(module.compute())
    assert still.alt == module.describe(module.compute())
    assert still.caption


def test_one_old_input_may_move_the_state_by_twice_the_bound():
    """In h_t = x_t (λ h_{t−1} + B) the sign of x_{t−k} alone makes 2 λ^k (1 − λ^(t−k)) H."""
    λ, B, k, t = 0.9, 1.0, 20, 120
    ends = []
    for old in (1, -1):
        h = 0.0
        for j in range(1, t + 1):
            h = (old if j == t - k else 1) * (λ * h + B)
        ends.append(h)
    expected = 2 * λ**k * (1 - λ ** (t - k)) * B / (1 - λ)
    assert ends[0] - ends[1] == pytest.approx(expected, rel=1e-12)
