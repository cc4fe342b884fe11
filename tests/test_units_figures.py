"""The figures on several units: their data say what the chapter says, and they show their data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.cells import Elman
from book_utils.dynamics import bptt, project_spectral_ball, simulate, spectral_norm
from book_utils.figures import rotation_cycle, saddle_wall

GRID = 41


@pytest.fixture(scope="module")
def turning():
    return rotation_cycle.compute()


@pytest.fixture(scope="module")
def wall():
    return saddle_wall.compute(points=GRID)


def sigma(z):
    return 1 / (1 + np.exp(-z))


# The closed curve ----------------------------------------------------------------------------


def test_the_runs_obey_the_recurrence_in_rows(turning):
    """Each drawn state is σ(y W + b) of the one before, with the fixed point (½, ½)."""
    for gain, runs in zip(turning.gains, turning.runs, strict=True):
        W = rotation_cycle.weights(gain)
        b = -0.5 * np.ones(2) @ W
        for run in runs:
            # one step of numbers below 10: two ways to add them differ in the last digit
            np.testing.assert_allclose(run[1:], sigma(run[:-1] @ W + b), atol=1e-14)


def test_below_four_the_runs_end_in_the_point_and_above_on_a_curve(turning):
    """With ‖W‖ = 3.8 the distance falls to nothing; with 4.2 it stays from 0.211 to 0.217."""
    assert turning.norms == pytest.approx((3.8, 4.2))
    assert max(turning.abscissae) < 4
    assert turning.band(0)[1] < 1e-9  # (3.8/4)^500 is 7e-12
    low, high = turning.band(1)
    assert 0.211 < low < high < 0.217


def test_the_curve_is_the_same_from_inside_and_outside(turning):
    """The start near the point and the start far out end at the same distances."""
    inside, outside = turning.radii[1, :, -500:]
    assert inside.min() == pytest.approx(outside.min(), abs=1e-3)  # 500 points on the curve
    assert inside.max() == pytest.approx(outside.max(), abs=1e-3)


def test_the_panels_show_the_runs(turning):
    """There is one panel for each gain, with every run in it."""
    figure = Figure()
    rotation_cycle.draw(figure, turning)
    for ax, runs in zip(figure.axes, turning.runs, strict=True):
        drawn = [line.get_xydata() for line in ax.lines]
        assert all(any(np.array_equal(run, line) for line in drawn) for run in runs)


def test_the_words_on_the_curve_follow_the_data(turning):
    """Other runs, other words in the alternative text."""
    text = rotation_cycle.describe(turning)
    assert "3.8 both runs spiral" in text
    assert "0.212 to 0.216" in text
    wider = replace(turning, runs=0.5 + 1.5 * (turning.runs - 0.5))
    assert "0.318 to 0.324" in rotation_cycle.describe(wider)


# The wall ------------------------------------------------------------------------------------


def test_the_ends_are_those_of_single_runs(wall):
    """A point of the map is the mean of the last state of the run with that bias."""
    for i, j in ((0, 0), (3, 30), (20, 20), (40, 5)):
        b = np.array([wall.b[j], wall.b[i]])
        states = simulate(saddle_wall.network(b), saddle_wall.START, np.zeros((wall.steps, 0)))
        # beside the wall 50 steps multiply a rounding error by (5/4)^50 = 7e4
        assert wall.ends[i, j] == pytest.approx(states[-1].mean(), abs=1e-9)


def test_the_gradient_is_that_of_differences(wall):
    """∂y_t/∂b by backpropagation is what differences of runs give."""
    h = 1e-6
    for place in wall.places:
        rows = saddle_wall.bias_gradient(place, 10)
        for column, e in enumerate(np.eye(2)):
            ends = [
                simulate(saddle_wall.network(place + s * e), saddle_wall.START, np.zeros((10, 0)))
                for s in (h, -h)
            ]
            difference = (ends[0][-1] - ends[1][-1]) / (2 * h)
            np.testing.assert_allclose(rows[:, column], difference, atol=1e-7)


def test_on_the_wall_the_gradient_grows_like_five_quarters(wall):
    """‖∂y_t/∂b‖/(5/4)^t is 0.8904, 0.9965, 0.9978 at t = 10, 30, 60; beside it nothing grows."""
    assert wall.growth[[10, 30, 60]] == pytest.approx([0.8904, 0.9965, 0.9978], abs=5e-5)
    assert wall.norms[1].max() < 1
    assert wall.norms[1, -1] == pytest.approx(wall.norms[1, -2], rel=1e-9)


@pytest.mark.parametrize(("β", "jumps"), [(-3.6, True), (-1.4, True), (-3.8, False), (-1.2, False)])
def test_the_wall_ends_where_the_saddle_stops_repelling(β, jumps):
    """On b_1 + b_2 = −5 the end jumps for −3.686 < β < −1.314, and is continuous outside."""
    ends = []
    for side in (-1e-7, 1e-7):
        b = np.array([β, -5 - β]) + side
        states = simulate(saddle_wall.network(b), saddle_wall.START, np.zeros((3000, 0)))
        ends.append(states[-1].mean())
    assert bool(abs(ends[1] - ends[0]) > 0.1) is jumps


def test_the_panels_show_the_map_and_the_gradients(wall):
    """The upper panel carries the wall and the two places, the lower one both lines."""
    figure = Figure()
    saddle_wall.draw(figure, wall)
    above, below = figure.axes[:2]
    segment, *marks = above.lines
    ends = [[-3.6860, -1.3140], [-1.3140, -3.6860]]
    np.testing.assert_allclose(segment.get_xydata(), ends, atol=5e-5)
    assert [tuple(line.get_xydata()[0]) for line in marks] == [(-2.5, -2.5), (-2.2, -2.2)]
    for line, norms in zip(below.lines, wall.norms, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), norms[1:])


def test_the_words_on_the_wall_follow_the_data(wall):
    """Other gradients, other numbers in the alternative text."""
    assert "6.5e+05 after 60 steps" in saddle_wall.describe(wall)
    halved = replace(wall, norms=wall.norms / 2)
    assert "3.3e+05 after 60 steps" in saddle_wall.describe(halved)


# The training --------------------------------------------------------------------------------


def learn(seed, radius, steps):
    """Weights and biases after some steps of descent, projected once, before the first."""
    W = np.random.default_rng(seed).normal(size=(3, 3))
    W *= 8 / spectral_norm(W)
    b = -0.5 * np.ones(3) @ W
    W = project_spectral_ball(W, radius)
    for _ in range(steps):
        _, _, by_W, by_b = at_fifty(W, b)
        W, b = W - 0.5 * by_W, b - 0.5 * by_b
    return at_fifty(W, b)


def at_fifty(W, b):
    """The run, its error, and the gradient by W and by b."""
    start, nothing, rows = np.array([0.7, 0.3, 0.5]), np.zeros((50, 0)), np.zeros((50, 3))
    cell = Elman(W.T, np.zeros((3, 0)), b, "logistic")
    states = simulate(cell, start, nothing)
    error = states[-1] - np.array([0.3, 0.8, 0.6])
    rows[-1] = 2 * error
    gradient = bptt(cell, start, nothing, rows)
    return states, error @ error, gradient["W"].T, gradient["b"]


def test_why_free_runs_fail():
    """One swings by more than a half at its fiftieth step, one rests at E = 0.19 on a plateau."""
    states, error, _, _ = learn(7, 1e9, 10)  # after 15 the last digits of the computation tell
    assert np.abs(states[-1] - states[-2]).max() > 0.5
    assert error > 0.1
    states, error, by_W, by_b = learn(6, 1e9, 199)
    assert np.abs(states[-1] - states[-2]).max() < 1e-6
    assert error == pytest.approx(0.19, abs=0.005)
    assert np.hypot(np.linalg.norm(by_W), np.linalg.norm(by_b)) < 0.02


def test_one_projection_is_enough():
    """Projected before the first step only, the same two starts arrive."""
    for seed in (6, 7):
        assert learn(seed, 3.9, 199)[1] < 0.001
