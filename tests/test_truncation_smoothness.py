"""How far the gradient moves with the weights: the bound β, and the constants it is made of."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.cells import Elman, Linear, Vanilla
from book_utils.dynamics import simulate
from book_utils.dynamics.truncation import (
    Constants,
    smoothness_bound,
    smoothness_constants,
    truncated_gradients,
)

QUIET = settings(deadline=None, derandomize=True, max_examples=60)
seeds = st.integers(0, 10**6)
rates = st.floats(0.05, 0.95)
# Sums of up to 60 products of a few factors, each off by a few units in the last place; the
# gradients are divided by a distance of the weights of 1e-3 and more.
ROUNDING = 1e-9

FULL = Constants(λ=0.5, H=2, L_p=3, L_w=5, β_p=7, β_ww=11, β_wh=13, β_hw=17, β_hh=19)


def scaled(W, norm):
    """The matrix with that norm, or a hair less."""
    return W * (norm * (1 - 1e-12) / np.linalg.norm(W, 2))


def two_cells(seed, kind, λ, n):
    """Two cells whose factor is λ at most, not far apart, and inputs for them."""
    random = np.random.default_rng(seed)
    lipschitz = 0.25 if kind == "logistic" else 1.0
    W = scaled(random.normal(size=(n, n)) + random.uniform(0, 5) * np.eye(n), λ / lipschitz)
    other = W + 10 ** random.uniform(-3, 0) * random.normal(size=(n, n))
    other = scaled(other, min(λ / lipschitz, np.linalg.norm(other, 2)))
    U = random.normal(size=(n, 2))
    inputs = 10 ** random.uniform(-3, 0.5) * random.normal(size=(int(random.integers(1, 60)), 2))
    if kind == "linear":
        return Linear(W, U), Linear(other, U), inputs
    b = random.normal(size=n) * inputs.std()
    return Elman(W, U, b, kind), Elman(other, U, b, kind), inputs


def from_zero(cell, inputs):
    """The largest ‖φ(0, u_t)‖."""
    return max(np.linalg.norm(cell.step(np.zeros(cell.n), u)) for u in inputs)


@QUIET
@given(seeds, st.sampled_from(["linear", "tanh", "logistic"]), rates, st.integers(1, 4))
def test_the_gradient_moves_no_further_than_the_bound(seed, kind, λ, n):
    """‖∇p(W) − ∇p(W′)‖ <= β ‖W − W′‖ in the Frobenius norm, for the loss ½ ‖h‖²."""
    first, second, inputs = two_cells(seed, kind, λ, n)
    B = from_zero(first, inputs)
    β = smoothness_bound(smoothness_constants(first, B, B / (1 - λ), 1.0, λ))
    gradients = [
        truncated_gradients(cell, inputs, lambda h: h, [len(inputs)])[0]["W"]
        for cell in (first, second)
    ]
    moved = np.linalg.norm(gradients[0] - gradients[1])
    assert moved <= β * np.linalg.norm(first.W - second.W) * (1 + ROUNDING)


@QUIET
@given(seeds, st.sampled_from(["linear", "tanh", "logistic"]), rates, st.integers(1, 4))
def test_the_states_move_no_further_than_the_bound(seed, kind, λ, n):
    """‖h_t(W) − h_t(W′)‖ <= L_w ‖W − W′‖/(1 − λ) at every time."""
    first, second, inputs = two_cells(seed, kind, λ, n)
    constants = smoothness_constants(first, from_zero(first, inputs), 1.0, 1.0, λ)
    runs = [simulate(cell, np.zeros(n), inputs) for cell in (first, second)]
    bound = constants.L_w / (1 - λ) * np.linalg.norm(first.W - second.W)
    assert np.linalg.norm(runs[0] - runs[1], axis=1).max() <= bound * (1 + ROUNDING)


@QUIET
@given(seeds, st.sampled_from(["tanh", "logistic"]), rates, st.integers(1, 4))
def test_each_constant_bounds_what_it_names(seed, kind, λ, n):
    """The Jacobian and the rate move by β_hh, β_hw, β_wh and β_ww times the cause at most."""
    first, second, inputs = two_cells(seed, kind, λ, n)
    random = np.random.default_rng(seed)
    c = smoothness_constants(first, from_zero(first, inputs), 1.0, 1.0, λ)
    h, other, direction = (random.normal(size=s) for s in (n, n, (n, n)))
    h, other = (v * c.H * random.uniform() / np.linalg.norm(v) for v in (h, other))
    direction /= np.linalg.norm(direction)
    u = inputs[0]

    def slopes(cell, state):
        return np.diag(cell.activation.derivative(cell.W @ state + cell.U @ u + cell.b))

    def turn(a, s, b, r):
        return np.linalg.norm(slopes(a, s) @ a.W - slopes(b, r) @ b.W, 2)

    def rate(a, s, b, r):
        return np.linalg.norm(slopes(a, s) @ direction @ s - slopes(b, r) @ direction @ r)

    states, weights = np.linalg.norm(h - other), np.linalg.norm(first.W - second.W)
    assert turn(first, h, first, other) <= c.β_hh * states * (1 + ROUNDING)
    assert turn(first, h, second, h) <= c.β_hw * weights * (1 + ROUNDING)
    assert rate(first, h, first, other) <= c.β_wh * states * (1 + ROUNDING)
    assert rate(first, h, second, h) <= c.β_ww * weights * (1 + ROUNDING)


@pytest.mark.parametrize("λ", [0.1, 0.5, 0.9])
def test_a_linear_unit_meets_the_bound(λ):
    """For h = wh + B and ½ h² the curvature 3B²/(1 − λ)⁴ is β itself."""
    B, H = 2.0, 2.0 / (1 - λ)
    β = smoothness_bound(smoothness_constants(Linear([[λ]], [[1.0]]), B, H, 1.0))
    assert β == pytest.approx(3 * B**2 / (1 - λ) ** 4, rel=1e-12)


def test_every_part_counts_once():
    """The parts of β, one constant at a time, by hand: λ = 1/2."""
    none = replace(FULL, β_p=0, β_ww=0, β_wh=0, β_hw=0, β_hh=0)
    parts = {"β_p": 7 * 25 * 4, "β_ww": 3 * 11 * 2, "β_wh": 3 * 13 * 5 * 4}
    parts |= {"β_hw": 3 * 17 * 5 * 4, "β_hh": 3 * 25 * 19 * 8}
    for name, expected in parts.items():
        assert smoothness_bound(replace(none, **{name: getattr(FULL, name)})) == expected
    assert smoothness_bound(FULL) == sum(parts.values())


def test_a_linear_cell_does_not_bend():
    """Of the four smoothness constants of a linear cell two are 1 and two are 0."""
    c = smoothness_constants(Linear([[0.5]], [[1.0]]), 3.0, 1.0, 2.0)
    assert (c.β_hh, c.β_ww, c.β_hw, c.β_wh) == (0, 0, 1, 1)
    assert (c.λ, c.H, c.L_w, c.L_p, c.β_p) == (0.5, 6, 6, 1, 2)


def test_the_constants_of_tanh():
    """L_w = H, β_wh = β_hw = 1 + cλH, β_hh = cλ² and β_ww = cH² with c = 4/(3√3)."""
    c = smoothness_constants(Elman([[0.5]], [[1.0]], [0.0], "tanh"), 1.0, 1.0, 1.0)
    bend = 4 / (3 * np.sqrt(3))
    assert c.L_w == c.H == 2
    found = [c.β_wh, c.β_hw, c.β_hh, c.β_ww]
    assert found == pytest.approx([1 + bend, 1 + bend, bend / 4, bend * 4], rel=1e-14)


def test_weights_on_the_border():
    """A norm that rounding leaves a unit in the last place above the contraction is accepted."""
    cell = Linear([[np.nextafter(0.75, 1)]], [[1.0]])
    assert smoothness_constants(cell, 1.0, 1.0, 1.0, 0.75).λ == 0.75


@pytest.mark.parametrize(
    ("cell", "contraction", "message"),
    [
        (Vanilla([[0.5]], [[1.0]], [0.0], "tanh"), None, "cell: got Vanilla, expects a Linear"),
        (Elman([[0.5]], [[1.0]], [0.0], "relu"), None, "cell: got the activation relu"),
        (Linear([[1.5]], [[1.0]]), None, "cell: got a cell whose factor is 1.5, .* below 1"),
        (Linear([[0.8]], [[1.0]]), 0.7, "cell: got a cell whose factor is 0.8, .* at most 0.7"),
        (Linear([[0.8]], [[1.0]]), 1.0, "contraction: got 1, expects a number from 0"),
    ],
)
def test_cells_without_such_constants(cell, contraction, message):
    """A cell that has none of these constants is refused, and the message says why."""
    with pytest.raises((TypeError, ValueError), match=message):
        smoothness_constants(cell, 1.0, 1.0, 1.0, contraction)


def test_what_is_no_constants():
    """Negative constants, a factor of one and other objects are refused by name."""
    with pytest.raises(ValueError, match="β_hh: got -1, expects a number not below zero"):
        replace(FULL, β_hh=-1)
    with pytest.raises(ValueError, match="λ: got 1, expects a number from 0"):
        replace(FULL, λ=1.0)
    with pytest.raises(TypeError, match="constants: got"):
        smoothness_bound(3.0)
    with pytest.raises(ValueError, match="input_bound: got -1"):
        smoothness_constants(Linear([[0.5]], [[1.0]]), -1.0, 1.0, 1.0)
