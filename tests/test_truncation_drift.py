"""How far full and truncated training drift apart: the recurrence, its bounds, and windows."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.cells import LSTM, Elman, Linear
from book_utils.dynamics import bptt, project_spectral_ball, spectral_norm
from book_utils.dynamics.truncation import (
    Constants,
    drift_bounds,
    drift_factor,
    gap_bound,
    gap_rate,
    least_k,
    smoothness_bound,
    smoothness_constants,
    train,
    worst_drift,
)

quick = settings(deadline=None, derandomize=True)
exponents = st.floats(1e-3, 5)
rates = st.lists(st.floats(0, 3), min_size=1, max_size=30)


def unwound(schedule, smoothness, gap) -> float:
    """g Σ α_i (1 + α_{i+1} β) ⋯ (1 + α_N β), term by term."""
    later = [np.prod([1 + a * smoothness for a in schedule[i + 1 :]]) for i in range(len(schedule))]
    return gap * sum(a * product for a, product in zip(schedule, later, strict=True))


@quick
@given(rates, st.floats(0, 5), st.floats(0, 100))
def test_the_worst_drift_is_the_sum_that_the_paper_unwinds(schedule, smoothness, gap):
    """For every schedule, every β and every g, after every step, to eleven digits."""
    found = worst_drift(schedule, smoothness, gap)
    expected = [unwound(schedule[: i + 1], smoothness, gap) for i in range(len(schedule))]
    # The smallest numbers that there are have fewer digits.
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-300)


@quick
@given(rates, st.floats(1e-3, 5), st.floats(0, 100))
def test_the_closed_form_is_the_worst_drift(schedule, smoothness, gap):
    """(g/β)(∏ (1 + α_i β) − 1), with logarithms so that no digits are lost."""
    growth = np.expm1(np.log1p(np.array(schedule) * smoothness).sum())
    expected = gap / smoothness * growth
    assert worst_drift(schedule, smoothness, gap)[-1] == pytest.approx(
        expected, rel=1e-11, abs=1e-300
    )


@quick
@given(rates, st.floats(1e-3, 5), st.floats(1e-3, 100), st.floats(-3, 3))
def test_two_losses_drift_that_far_apart(schedule, smoothness, gap, start):
    """Descent on −β w²/2 and on −β w²/2 − g w attains the worst case."""
    full = short = start
    for step in schedule:
        full = full - step * (-smoothness * full)
        short = short - step * (-smoothness * short - gap)
    worst = worst_drift(schedule, smoothness, gap)[-1]
    # The difference of two numbers as large as ``full`` keeps so many digits.
    assert short - full == pytest.approx(worst, rel=1e-9, abs=1e-13 * (1 + abs(full)))


@quick
@given(st.integers(1, 300), exponents, st.floats(0.01, 3))
def test_the_factor_is_the_worst_drift_of_harmonic_steps(steps, exponent, alpha):
    """With steps α/i and αβ = s the worst drift after N steps is α g times the factor."""
    schedule = alpha / np.arange(1, steps + 1)
    worst = worst_drift(schedule, exponent / alpha, 1.0)[-1]
    assert alpha * drift_factor(steps, exponent) == pytest.approx(worst, rel=1e-10)


@quick
@given(st.integers(1, 2000), exponents)
def test_the_bounds_are_ordered(steps, exponent):
    """Exact <= N^s ζ_N(1 + s) <= the simple bound <= the printed one, from one step on."""
    bounds = drift_bounds(steps, exponent)
    chain = [bounds.exact, bounds.zeta, bounds.simple, bounds.printed]
    # At N = 1 all four are 1, and rounding may turn them round by some units in the last place.
    assert all(a <= b * (1 + 1e-12) for a, b in pairwise(chain))


def test_the_chain_at_two_hundred_steps():
    """At N = 200 and s = 0.64 the four numbers are those that the chapter prints."""
    bounds = drift_bounds(200, 0.64)
    found = [bounds.exact, bounds.zeta, bounds.simple, bounds.printed]
    assert np.round(found, 2).tolist() == [50.20, 63.30, 76.09, 5938.67]


def test_after_no_step_nothing_has_drifted():
    """Without a step the factor and all its bounds are 0."""
    assert drift_factor(0, 0.5) == 0
    bounds = drift_bounds(0, 0.5)
    assert {bounds.exact, bounds.zeta, bounds.simple, bounds.printed} == {0.0}


@pytest.mark.parametrize("steps", [1, 10, 1000])
def test_a_small_exponent_gives_the_harmonic_sum(steps):
    """For s → 0 the factor goes to Σ 1/i, and no digits are lost on the way."""
    harmonic = (1 / np.arange(1, steps + 1)).sum()
    assert drift_factor(steps, 0) == pytest.approx(harmonic, rel=1e-14)
    for exponent in (1e-300, 1e-100, 1e-15):
        assert drift_factor(steps, exponent) == pytest.approx(harmonic, rel=1e-12)
    # The next term of the series is at most s (Σ 1/i)²/2.
    assert drift_factor(steps, 1e-6) == pytest.approx(harmonic, rel=1e-6 * harmonic)


@pytest.mark.parametrize("exponent", [0.1, 0.64, 2.0])
def test_many_steps_grow_by_the_power_s_and_not_by_s_plus_one(exponent):
    """From half a million steps to a million the factor grows by 2^s."""
    growth = drift_factor(10**6, exponent) / drift_factor(5 * 10**5, exponent)
    # (∏ − 1)/∏ differs from 1 by N^(−s): at s = 0.1 that is a quarter.
    room = 10**6 ** float(-exponent) if exponent > 1 else 0.35 * 10 ** (-5 * exponent)
    assert growth == pytest.approx(2**exponent, rel=max(room, 1e-3))


def test_the_factor_takes_an_array():
    """An array of exponents gives an array of factors, entry by entry."""
    found = drift_factor(20, [[0.0, 0.5], [1.0, 2.0]])
    expected = [[drift_factor(20, s) for s in row] for row in ([0.0, 0.5], [1.0, 2.0])]
    np.testing.assert_array_equal(found, expected)


def test_a_tiny_smoothness_leaves_the_sum_of_the_steps():
    """For β = 0, and for β so small that growth rounds to 0, the drift is g Σ α_i."""
    for smoothness in (0, 1e-320, 1e-300):
        np.testing.assert_allclose(worst_drift([1, 2, 4], smoothness, 3), [3, 9, 21], rtol=1e-12)


def test_constant_steps_exceed_the_printed_bound():
    """With α = β = g = 1 the worst case is 2^N − 1, above N² from the fifth step on."""
    worst = worst_drift(np.ones(8), 1, 1)
    np.testing.assert_array_equal(worst, 2.0 ** np.arange(1, 9) - 1)
    np.testing.assert_array_equal(worst > np.arange(1, 9) ** 2.0, [False] * 4 + [True] * 4)


def system_slope(w: float, inputs) -> float:
    """The derivative by w of h_T for h_t = h_{t-1}/2 − x_1 w²/2 + x_2 w."""
    h = slope = 0.0
    for first, second in inputs:
        h, slope = h / 2 - first * w**2 / 2 + second * w, slope / 2 - first * w + second
    return slope


@pytest.mark.parametrize(("k", "ratio"), [(12, 1.6), (20, 92), (30, 2.7e4)])
def test_a_stable_system_runs_apart_as_the_worst_pair(k, ratio):
    """With N = k constant steps ½ its trainings come to be 1 apart, ever more above the bound."""
    inputs = [(0, -1)] * 200 + [(1, 0)] * k
    constants = Constants(λ=0.5, H=5**0.5, L_p=1, L_w=2**0.5, β_p=0, β_ww=1, β_wh=0, β_hw=0, β_hh=0)
    β, γ = smoothness_bound(constants), gap_rate(constants)
    assert (β, γ) == (2, pytest.approx(8**0.5, rel=1e-15))
    own, gap = 2 * (1 - 0.5**k), 2 * 0.5**k
    for w in (-1, -0.3, 0, 0.7):
        assert system_slope(w, inputs) == pytest.approx(-own * w - gap, abs=1e-15)
        assert system_slope(w, inputs[-k:]) == pytest.approx(-own * w, abs=1e-15)
    w = 0.0
    for _ in range(k):
        w = min(1.0, w - system_slope(w, inputs) / 2)
    assert system_slope(0, inputs[-k:]) == 0
    assert w == pytest.approx(worst_drift(np.full(k, 0.5), own, gap)[-1], rel=1e-12)
    assert 1 - 3 * k / 2**k < w < 1
    assert w > ratio * 0.5 * γ * k * 0.5**k * k ** (0.5 * β + 1)


# Windows --------------------------------------------------------------------------------------


@quick
@given(st.floats(1e-12, 10), st.floats(0.01, 0.999))
def test_the_least_window_is_the_least(gap, contraction):
    """From k on κ λ^κ <= gap, and a little before k it is not, unless every k will do."""
    k = least_k(gap, contraction)
    later = k + np.linspace(0, 50, 101)
    assert (later * contraction**later <= gap * (1 + 1e-9)).all()
    if k > 0:
        before = k - 1e-3 / -np.log(contraction)
        assert before * contraction**before > gap * (1 + 1e-12) or k < 1.1 / -np.log(contraction)


def test_a_gap_that_is_never_reached_needs_no_window():
    """k λ^k is at most 1/(e c): at that gap and above it the answer is 0, just below it is 1/c."""
    c = np.log(2)
    assert least_k(1 / (np.e * c) * (1 + 1e-12), 0.5) == 0
    assert least_k(1.0, 0.5) == 0
    assert least_k(1e-9, 0) == 0
    # Near its top k λ^k is a parabola: a millionth below it k is some thousandths from 1/c.
    assert least_k((1 - 1e-6) / (np.e * c), 0.5) == pytest.approx(1 / c, rel=2e-3)


@quick
@given(st.floats(1e-12, 1e-2), st.floats(0.1, 0.99))
def test_the_simple_window_suffices(gap, contraction):
    """(2/c) ln(2/(e c ε)) is at least the least window."""
    c = -np.log(contraction)
    simple = 2 / c * np.log(2 / (np.e * c * gap))
    assert simple >= least_k(gap, contraction) * (1 - 1e-12) or simple <= 2 / c


# Training -------------------------------------------------------------------------------------


def network(seed, length=12, units=3):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(units, units))
    W *= 0.5 / spectral_norm(W)
    inputs = rng.normal(size=(length, units))
    inputs *= 0.25 / np.linalg.norm(inputs, axis=1, keepdims=True)
    target = rng.normal(size=units)
    target *= 0.5 / np.linalg.norm(target)
    return Elman(W, np.eye(units), np.zeros(units), "tanh"), inputs, lambda h: h - target


@pytest.mark.parametrize("seed", range(5))
def test_training_stays_within_the_worst_case(seed):
    """With the constants of the network, for three schedules, at every step and every k."""
    cell, inputs, loss = network(seed)
    constants = smoothness_constants(cell, 0.25, 1.0, 1.0, contraction=0.5)
    i = np.arange(1, 16)
    for schedule in (0.3 / i, 0.3 / np.sqrt(i), np.full(15, 0.3)):
        full = train(cell, inputs, loss, None, schedule, 0.5)
        for k in (1, 3, 6):
            short = train(cell, inputs, loss, k, schedule, 0.5)
            gap = gap_bound(constants, k)
            worst = worst_drift(schedule, smoothness_bound(constants), gap)
            distances = np.linalg.norm(full - short, axis=(1, 2))
            assert distances[0] == 0
            assert (distances[1:] <= worst).all()


def test_one_step_is_the_gradient_and_the_projection():
    """W_1 is the projection of W_0 − α ∂p/∂W, with the gradient that `bptt` gives."""
    cell, inputs, loss = network(1)
    states = np.zeros((len(inputs), 3))
    last = np.zeros(3)
    for u in inputs:
        last = cell.step(last, u)
    states[-1] = loss(last[None])[0]
    expected = cell.W - 2 * bptt(cell, np.zeros(3), inputs, states)["W"]
    found = train(cell, inputs, loss, None, [2.0], 0.5)
    np.testing.assert_allclose(found[1], project_spectral_ball(expected, 0.5), atol=1e-14)
    np.testing.assert_allclose(train(cell, inputs, loss, None, [2.0])[1], expected, atol=1e-14)


def test_the_start_is_projected_too():
    """A cell outside the ball is trained from the nearest point of it, and stays in the ball."""
    cell, inputs, loss = network(2)
    wide = replace(cell, W=3 * cell.W)
    weights = train(wide, inputs, loss, 4, np.full(6, 5.0), 0.5)
    np.testing.assert_allclose(weights[0], project_spectral_ball(wide.W, 0.5), atol=1e-14)
    assert max(map(spectral_norm, weights)) <= 0.5 * (1 + 1e-14)


def test_a_window_of_all_inputs_trains_as_the_whole_run():
    """k = T and k = None take the same steps."""
    cell, inputs, loss = network(3)
    whole = train(cell, inputs, loss, None, [1.0, 0.5], 0.5)
    np.testing.assert_array_equal(whole, train(cell, inputs, loss, len(inputs), [1.0, 0.5], 0.5))


def test_convex_training_drifts_by_the_sum_of_its_steps():
    """h_t = w h_{t-1} + 1 with two steps and p = h²/2 is convex in w: δ_N <= g Σ α_i."""
    cell = Linear(W=[[0.4]], U=[[1.0]])
    schedule = np.full(40, 0.4)
    full, short = (
        train(cell, [[1.0], [1.0]], lambda h: h, k, schedule, 1.0)[:, 0, 0] for k in (2, 1)
    )
    # p(w) = (w + 1)²/2 has slope w + 1 <= 2, and the window sees none of it: g = 2, β = 1.
    assert (abs(full - short)[1:] <= 2 * np.cumsum(schedule)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: worst_drift([1, -1], 1, 1), "schedule: got -1, expects steps that are not neg"),
        (lambda: worst_drift([[1]], 1, 1), r"schedule: got shape \(1, 1\), expects shape \(N,\)"),
        (lambda: worst_drift([1], -1, 1), "smoothness: got -1, expects a number that is not neg"),
        (lambda: worst_drift([1], 1, -2), "gap: got -2, expects a number that is not negative"),
        (lambda: drift_factor(-1, 0.5), "steps: got -1, expects at least 0"),
        (lambda: drift_factor(3, -0.5), "exponent: got -0.5, expects numbers that are not neg"),
        (lambda: drift_bounds(3, 0), "exponent: got 0.*, expects a positive number"),
        (lambda: least_k(0, 0.5), "gap: got 0.*, expects a positive number"),
        (lambda: least_k(0.1, 1), "contraction: got 1, expects a number from 0 up to"),
    ],
)
def test_a_message_names_the_argument(call, message):
    """What does not fit is refused by its name, with what was got and what is expected."""
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: worst_drift(np.full(400, 9.0), 9, 1), "the drift after 400 steps"),
        (lambda: drift_factor(10**5, 90), "the drift after 100000 steps"),
        (lambda: drift_bounds(10**5, 61.5), r"the bound N\^\(1 \+ s\) after 100000 steps"),
    ],
)
def test_an_overflow_is_said(call, message):
    """Numbers that outgrow floating point are refused and not passed on as inf."""
    with pytest.raises(OverflowError, match=message):
        call()


def test_only_a_cell_with_recurrent_weights_is_trained():
    """What is no cell is refused by name, and so is a cell whose weights have other names."""
    with pytest.raises(TypeError, match="cell: got 'tanh', expects a Cell"):
        train("tanh", [[1.0]], lambda h: h, 1, [1.0])
    parts = {name: np.zeros((1,) * len(shape)) for name, shape in LSTM.shapes.items()}
    with pytest.raises(TypeError, match="cell: got LSTM, expects a cell with weights W"):
        train(LSTM(**parts), [[1.0]], lambda h: h, 1, [1.0])
