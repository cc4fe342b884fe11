"""The states that a window of inputs gives: against loops, and against the bounds of the text."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import sympy as sp
import witnesses
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from book_utils.activations import ACTIVATIONS
from book_utils.cells import LSTM, Elman, Linear, Vanilla
from book_utils.dynamics import simulate, spectral_norm
from book_utils.dynamics.truncation import horizon, state_bound, truncated_states

EVERY = pytest.mark.parametrize("kind", witnesses.kinds(), ids=witnesses.kind_name)
quiet = settings(deadline=None, derandomize=True, max_examples=100)
# States of a few units after at most 24 steps, none of which lengthens an error.
ROUNDING = 1e-12


def some(kind, units=3, m=2, T=7, seed=0):
    cell, others = kind
    rng = np.random.default_rng(seed)
    made = cell.random(witnesses.state_size(kind, units), m, rng, **others)
    return made, rng.normal(size=(T, m))


def by_loop(cell, inputs, k):
    """Each window by itself, with the witness of the cell."""
    return np.array(
        [
            witnesses.run(cell, np.zeros(cell.n), inputs[max(0, t - k) : t])
            for t in range(1, len(inputs) + 1)
        ]
    )


# What the states are -------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("k", [1, 2, 5])
def test_every_window_is_run_from_zero(kind, k):
    """h_t^k is what a loop over the k inputs up to time t reaches from zero, for every cell."""
    cell, inputs = some(kind)
    np.testing.assert_allclose(
        truncated_states(cell, inputs, k), by_loop(cell, inputs, k), rtol=1e-12, atol=1e-14
    )


@EVERY
def test_a_window_of_the_whole_past_is_the_whole_run(kind):
    """With k >= T, and for the first k states with any k, the window forgets nothing."""
    cell, inputs = some(kind)
    whole = simulate(cell, np.zeros(cell.n), inputs)[1:]
    for k in (len(inputs), 10**6):
        np.testing.assert_allclose(truncated_states(cell, inputs, k), whole, rtol=1e-13)
    np.testing.assert_allclose(truncated_states(cell, inputs, 3)[:3], whole[:3], rtol=1e-13)


@EVERY
def test_the_window_holds_k_inputs(kind):
    """h_t^k does not move with x_{t-k}, which the paper lists, and moves with x_{t-k+1}."""
    cell, inputs = some(kind, units=8)  # of so many, some are never silenced by a relu
    t, k = 6, 3
    before = truncated_states(cell, inputs, k)[t - 1]
    for place, moves in ((t - k, False), (t - k + 1, True), (t, True), (t + 1, False)):
        changed = inputs.copy()
        changed[place - 1] += 0.5
        after = truncated_states(cell, changed, k)[t - 1]
        assert (np.abs(after - before).max() > 1e-6) == moves


def test_symbols_in_give_symbols_out():
    """A linear unit's h_3^2 is λ x_2 + x_3, and a tanh unit's the nested formula."""
    λ, *x = sp.symbols("λ x_1:4")
    one, inputs = sp.Integer(1), np.array(x, dtype=object)[:, None]
    states = truncated_states(Linear([[λ]], [[one]]), inputs, 2)
    assert [sp.expand(state) for (state,) in states] == [
        x[0],
        λ * x[0] + x[1],
        λ * x[1] + x[2],
    ]
    nested = truncated_states(Elman([[λ]], [[one]], [0 * one], "tanh"), inputs, 2)[2, 0]
    assert nested == sp.tanh(λ * sp.tanh(x[1]) + x[2])


def test_a_run_without_inputs_has_no_states():
    """No inputs give an array without rows."""
    assert truncated_states(Linear([[0.5]], [[1.0]]), np.zeros((0, 1)), 3).shape == (0, 1)


def test_a_cell_without_inputs_is_run_too():
    """With m = 0 the bias alone drives the cell: h_t^k is h_k from time k on."""
    cell = Elman([[0.5]], np.zeros((1, 0)), [1.0], "tanh")
    states = truncated_states(cell, np.zeros((6, 0)), 3)[:, 0]
    whole = simulate(cell, np.zeros(1), np.zeros((3, 0)))[1:, 0]
    np.testing.assert_allclose(states, [*whole, *whole[-1:], *whole[-1:], *whole[-1:]], rtol=1e-15)


# The bounds ----------------------------------------------------------------------------------


@st.composite
def contractions(draw):
    """A contractive cell with its λ, and inputs: random ones, or ones that push one way."""
    name = draw(st.sampled_from(sorted(ACTIVATIONS)))
    kind = draw(st.sampled_from([Elman, Vanilla]))
    n, T = draw(st.integers(1, 4)), draw(st.integers(1, 24))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    λ = draw(st.sampled_from([0.01, 0.3, 0.7, 0.95, 0.999]))
    W = rng.normal(size=(n, n))
    shape = draw(st.sampled_from(["full", "orthogonal", "multiple of 1", "rank 1"]))
    if shape == "orthogonal":
        W = np.linalg.qr(W)[0]
    elif shape == "multiple of 1":
        W = np.eye(n)
    elif shape == "rank 1":
        W = np.outer(W[0], W[:, 0])
    lipschitz = float(ACTIVATIONS[name].lipschitz)
    W = W * λ / (lipschitz * spectral_norm(W))
    size = draw(st.sampled_from([0.0, 1e-3, 1.0, 50.0]))
    inputs = rng.normal(size=(T, n)) * size
    if draw(st.booleans()):
        inputs[:] = np.linalg.svd(W)[2][0] * size
    bias = rng.normal(size=n) * draw(st.sampled_from([0.0, 1.0]))
    return kind(W, np.eye(n), bias, name), inputs, λ


def alone(cell, inputs):
    """The largest ‖φ(0, x_t)‖."""
    return max(np.linalg.norm(cell.step(np.zeros(cell.n), u)) for u in inputs)


@given(contractions(), st.integers(1, 30))
@quiet
def test_what_is_forgotten_keeps_its_bound(instance, k):
    """‖h_t‖ <= (1 − λ^t) H and ‖h_t − h_t^k‖ <= λ^k ‖h_{t−k}‖ <= λ^k H, with H = B_0/(1 − λ)."""
    cell, inputs, λ = instance
    states = simulate(cell, np.zeros(cell.n), inputs)
    lengths = np.linalg.norm(states, axis=1)
    H = state_bound(λ, alone(cell, inputs))
    room = ROUNDING * (1 + H)
    assert (lengths <= (1 - λ ** np.arange(len(states))) * H + room).all()
    gaps = np.linalg.norm(states[1:] - truncated_states(cell, inputs, k), axis=1)
    assert (gaps[: k - 1] <= room).all()
    assert (gaps[k - 1 :] <= λ**k * lengths[: len(gaps[k - 1 :])] + room).all()


@given(contractions(), st.floats(1e-6, 10))
@quiet
def test_the_horizon_is_enough(instance, tolerance):
    """A window of at least ``horizon`` inputs keeps every state within ε of the whole run's."""
    cell, inputs, λ = instance
    B = alone(cell, inputs)
    k = max(1, math.ceil(horizon(λ, B, tolerance)))
    states = simulate(cell, np.zeros(cell.n), inputs)[1:]
    gaps = np.linalg.norm(states - truncated_states(cell, inputs, k), axis=1)
    assert gaps.max() <= tolerance + ROUNDING * (1 + state_bound(λ, B))


@given(contractions(), st.integers(1, 10), st.floats(0.1, 5))
@quiet
def test_predictions_are_as_close_as_their_lipschitz_constant_says(instance, k, slope):
    """For f(h) = L_f sin(h), ‖f(h_t) − f(h_t^k)‖ <= L_f λ^k H."""
    cell, inputs, λ = instance
    H = state_bound(λ, alone(cell, inputs))
    states = simulate(cell, np.zeros(cell.n), inputs)[1:]
    gap = slope * (np.sin(states) - np.sin(truncated_states(cell, inputs, k)))
    assert np.linalg.norm(gap, axis=1).max() <= slope * (λ**k * H + ROUNDING * (1 + H))


def fed(λ, B, T):
    """h_t = λ h_{t−1} + B, and its inputs."""
    return Linear([[λ]], [[1.0]]), np.full((T, 1), B)


@given(st.floats(0.05, 0.98), st.floats(0.01, 100), st.integers(1, 40), st.integers(0, 40))
@quiet
def test_one_linear_unit_attains_the_bound(λ, B, k, more):
    """For h_t = λ h_{t−1} + B the gap is λ^k B (1 − λ^(t−k))/(1 − λ), exactly."""
    cell, inputs = fed(λ, B, k + more)
    whole = simulate(cell, [0.0], inputs)[-1, 0]
    gap = whole - truncated_states(cell, inputs, k)[-1, 0]
    expected = λ**k * B * (1 - λ**more) / (1 - λ)
    assert gap == pytest.approx(expected, rel=1e-12, abs=1e-12 * whole)


@given(st.floats(0.05, 0.98), st.floats(0.01, 100), st.floats(1e-4, 0.9))
@quiet
def test_one_input_less_than_the_horizon_is_too_few(λ, B, share):
    """For h_t = λ h_{t−1} + B ⌈k*⌉ inputs are enough, and ⌈k*⌉ − 1 are not, once t is large."""
    tolerance = share * state_bound(λ, B)
    exact = horizon(λ, B, tolerance)
    assume(abs(exact - round(exact)) > 1e-6)  # where rounding decides, nothing is promised
    k = math.ceil(exact)
    # Until λ^(t−k) is small beside what the fraction of k* leaves free.
    free = λ ** (exact - k) - 1 if k == 1 else 1 - λ ** (exact - (k - 1))
    T = k + math.ceil(math.log(free / 2) / math.log(λ)) + 1
    cell, inputs = fed(λ, B, T)
    whole = simulate(cell, [0.0], inputs)[-1, 0]
    assert whole - truncated_states(cell, inputs, k)[-1, 0] <= tolerance
    if k > 1:
        assert whole - truncated_states(cell, inputs, k - 1)[-1, 0] > tolerance


def test_without_contraction_no_window_is_enough():
    """For h_t = h_{t−1} + B, where λ = 1, the gap is (t − k) B."""
    cell, inputs = fed(1.0, 0.25, 60)
    whole = simulate(cell, [0.0], inputs)[1:, 0]
    for k in (1, 10, 50):
        gaps = whole - truncated_states(cell, inputs, k)[:, 0]
        np.testing.assert_array_equal(gaps, 0.25 * np.maximum(np.arange(1, 61) - k, 0))


def test_an_lstm_forgets_as_its_forget_gate_says():
    """With all weights of the state zero and forget gates f, c_t − c_t^k is f^k c_{t−k}."""
    d, f = 2, 0.8
    rng = np.random.default_rng(0)
    zero, free = np.zeros((d, d)), rng.normal(size=(4, d, 1))
    names = ("f", "i", "o", "z")
    cell = LSTM(
        **{f"W_{gate}": zero for gate in names},
        **{f"U_{gate}": U * (gate != "f") for gate, U in zip(names, free, strict=True)},
        **{f"b_{gate}": np.full(d, np.log(f / (1 - f)) * (gate == "f")) for gate in names},
    )
    inputs = rng.normal(size=(20, 1))
    memory = simulate(cell, np.zeros(2 * d), inputs)[:, :d]
    for k in (1, 4, 9):
        gap = memory[-1] - truncated_states(cell, inputs, k)[-1, :d]
        np.testing.assert_allclose(gap, f**k * memory[20 - k], rtol=1e-9)


# Numbers and messages ------------------------------------------------------------------------


def test_bound_and_horizon_are_the_formulas():
    """H = B/(1 − λ), and the horizon solves λ^k H = ε; a state within ε needs no input."""
    assert state_bound(0.75, 2.0) == 8
    assert horizon(0.5, 1.0, 0.125) == pytest.approx(4, rel=1e-15)
    assert horizon(0.9, 1.0, 0.01) == pytest.approx(math.log(1000) / math.log(1 / 0.9), rel=1e-13)
    assert [horizon(0.5, 1.0, ε) for ε in (2, 3)] == [0, 0]
    assert [horizon(0.0, 1.0, ε) for ε in (0.5, 1)] == [1, 0]
    assert horizon(0.9, 0.0, 1e-9) == 0


def test_a_bound_of_all_states_shortens_the_horizon():
    """Known otherwise, it replaces B/(1 − λ) where it is smaller, and only there."""
    assert [state_bound(0.75, 2.0, longest) for longest in (3, 8, 9, math.inf)] == [3, 8, 8, 8]
    assert horizon(0.5, 2.0, 0.01, 2.0) == pytest.approx(math.log2(200), rel=1e-14)
    assert horizon(0.5, 2.0, 0.01, 5.0) == horizon(0.5, 2.0, 0.01)
    with pytest.raises(ValueError, match="longest: got -1, expects a number that is not negative"):
        state_bound(0.5, 1.0, -1)


def test_the_horizon_reaches_beyond_the_range_of_floats():
    """Where H/ε is no float any more, the horizon still is its logarithm."""
    expected = (600 * math.log(10) + math.log(2)) / math.log(2)
    assert horizon(0.5, 1e300, 1e-300) == pytest.approx(expected, rel=1e-13)


CELL, INPUTS = Linear([[0.5]], [[1.0]]), np.ones((4, 1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: truncated_states(CELL, INPUTS, 0),
            ValueError,
            "k: got 0, expects at least 1: a window holds the newest input",
        ),
        (
            lambda: truncated_states(CELL, INPUTS, -2),
            ValueError,
            "k: got -2, expects at least 1: a window holds the newest input",
        ),
        (
            lambda: truncated_states(CELL, INPUTS, 2.0),
            TypeError,
            "k: got 2.0, expects an integer",
        ),
        (
            lambda: truncated_states(CELL, INPUTS, True),
            TypeError,
            "k: got True, expects an integer",
        ),
        (
            lambda: truncated_states(CELL, np.ones((4, 2)), 1),
            ValueError,
            "inputs: got shape (4, 2), expects shape (T, m) with m = 1",
        ),
        (
            lambda: truncated_states([[0.5]], INPUTS, 1),
            TypeError,
            "cell: got [[0.5]], expects a Cell",
        ),
        (
            lambda: truncated_states(Linear([[1e200]], [[1e200]]), INPUTS, 3),
            OverflowError,
            "the truncated state 1 steps after the first: got numbers beyond 2e+308",
        ),
        (
            lambda: state_bound(1.0, 1.0),
            ValueError,
            "contraction: got 1, expects a number from 0 up to, not including, 1",
        ),
        (
            lambda: horizon(-0.1, 1.0, 0.1),
            ValueError,
            "contraction: got -0.1, expects a number from 0 up to, not including, 1",
        ),
        (
            lambda: state_bound(0.5, -1.0),
            ValueError,
            "input_bound: got -1, expects a number that is not negative",
        ),
        (
            lambda: horizon(0.5, 1.0, 0.0),
            ValueError,
            "tolerance: got 0.0, expects a positive number",
        ),
    ],
)
def test_messages_name_the_argument(call, error, message):
    """What does not fit is refused with the argument, what it got, and what it expects."""
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        call()
