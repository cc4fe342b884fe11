"""Several units: norms and projections of weights, and where a network comes to rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.cells import Elman, Linear
from book_utils.dynamics import (
    equilibrium,
    numerical_abscissa,
    project_spectral_ball,
    simulate,
    spectral_norm,
)

quiet = settings(deadline=None, derandomize=True, max_examples=80)
# A decomposition of at most 5 × 5 entries below 100 loses less than this, of the norm squared.
ROUNDING = 1e-11


def logit(y):
    return np.log(y) - np.log1p(-y)


def in_rows(W, b) -> Elman:
    """The network y ↦ σ(y W + b), which has the weights Wᵀ when states are columns."""
    return Elman(np.transpose(W), np.zeros((len(b), 0)), b, "logistic")


@st.composite
def matrices(draw, square=False):
    """A matrix: full, of low rank, symmetric or zero."""
    rows = draw(st.integers(1, 5))
    columns = rows if square else draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    W = rng.normal(size=(rows, columns)) * draw(st.sampled_from([0, 0.1, 1, 10]))
    kind = draw(st.sampled_from(["full", "low rank", "symmetric"]))
    if kind == "low rank":
        W = np.outer(W[:, 0], W[0])
    if kind == "symmetric" and rows == columns:
        W = W + W.T
    return W


# Numbers of a matrix -------------------------------------------------------------------------


@given(W=matrices())
@quiet
def test_the_norm_is_the_largest_stretch(W):
    """‖W‖² is the largest eigenvalue of WᵀW, and no direction is stretched by more."""
    norm = spectral_norm(W)
    assert norm**2 == pytest.approx(np.linalg.eigvalsh(W.T @ W)[-1], abs=ROUNDING * (1 + norm**2))
    for v in np.random.default_rng(0).normal(size=(20, W.shape[1])):
        assert np.linalg.norm(W @ v) <= norm * np.linalg.norm(v) * (1 + 1e-12)


@given(W=matrices(square=True))
@quiet
def test_the_abscissa_bounds_the_quadratic_form(W):
    """v W vᵀ ≤ μ(W) ‖v‖² for every row, with equality at the top eigenvector; μ(W) ≤ ‖W‖."""
    μ, size = numerical_abscissa(W), 1 + spectral_norm(W)
    assert μ <= spectral_norm(W) + ROUNDING * size
    assert μ == pytest.approx(numerical_abscissa(W.T), abs=ROUNDING * size)
    for v in np.random.default_rng(0).normal(size=(20, len(W))):
        assert v @ W @ v <= μ * (v @ v) + ROUNDING * size * (v @ v)
    top = np.linalg.eigh(W + W.T)[1][:, -1]
    assert top @ W @ top == pytest.approx(μ, abs=ROUNDING * size)


def test_the_abscissa_of_a_rotation_is_zero():
    """[[0, 8], [−8, 0]] has norm 8 and abscissa 0, and −100·I has the abscissa −100."""
    turn = [[0, 8], [-8, 0]]
    assert (spectral_norm(turn), numerical_abscissa(turn)) == (8, 0)
    assert numerical_abscissa(-100 * np.eye(2)) == -100


# The projection ------------------------------------------------------------------------------


@given(W=matrices(), radius=st.sampled_from([0.05, 1.0, 3.9]))
@quiet
def test_the_projection_carries_its_certificate(W, radius):
    """It lies in the ball, and ⟨W − P, P⟩ = radius · (sum of what was cut off)."""
    P = project_spectral_ball(W, radius)
    scale = 1 + spectral_norm(W) ** 2
    assert spectral_norm(P) <= radius * (1 + 1e-12)
    cut = np.linalg.svd(W - P, compute_uv=False).sum()
    assert np.sum((W - P) * P) == pytest.approx(radius * cut, abs=ROUNDING * scale)


@given(W=matrices(), radius=st.sampled_from([0.05, 1.0, 3.9]), seed=st.integers(0, 999))
@quiet
def test_no_matrix_in_the_ball_is_nearer(W, radius, seed):
    """⟨W − P, B − P⟩ ≤ (‖B‖ − radius) · (what was cut off) ≤ 0 for every B in the ball."""
    P = project_spectral_ball(W, radius)
    cut = np.linalg.svd(W - P, compute_uv=False).sum()
    rng, scale = np.random.default_rng(seed), 1 + spectral_norm(W) ** 2
    near = P + 1e-3 * rng.normal(size=W.shape)
    for B in (rng.normal(size=W.shape), near, W, -P):
        B = B * min(1, radius / spectral_norm(B)) if B.any() else B
        slack = ROUNDING * scale
        assert np.sum((W - P) * (B - P)) <= (spectral_norm(B) - radius) * cut + slack
        assert np.linalg.norm(W - P) <= np.linalg.norm(W - B) + slack


@given(W=matrices(), V=matrices(), radius=st.sampled_from([0.5, 3.9]))
@quiet
def test_the_projection_moves_no_two_matrices_apart(W, V, radius):
    """Twice is once, and the distance of two images is at most that of the matrices."""
    P = project_spectral_ball(W, radius)
    scale = 1 + spectral_norm(W)
    np.testing.assert_allclose(project_spectral_ball(P, radius), P, atol=ROUNDING * scale)
    if W.shape == V.shape:
        apart = np.linalg.norm(P - project_spectral_ball(V, radius))
        assert apart <= np.linalg.norm(W - V) + ROUNDING * (scale + spectral_norm(V))


def test_inside_the_ball_nothing_changes():
    """A matrix of the ball comes back bit by bit, in an array of its own."""
    W = np.random.default_rng(1).normal(size=(3, 3))
    P = project_spectral_ball(W, 100)
    np.testing.assert_array_equal(P, W)
    assert P is not W


def test_rows_and_columns_agree():
    """The projection of Wᵀ is the transpose of that of W."""
    W = np.random.default_rng(2).normal(size=(3, 3)) * 5
    np.testing.assert_allclose(
        project_spectral_ball(W.T, 2), project_spectral_ball(W, 2).T, atol=1e-13
    )


# Rest ----------------------------------------------------------------------------------------


@given(seed=st.integers(0, 999), n=st.integers(1, 4), norm=st.sampled_from([0.5, 3.0, 3.9]))
@quiet
def test_a_network_below_four_rests_where_its_bias_says(seed, n, norm):
    """With ‖W‖ < 4 and b = logit(y) − y W every run comes to rest in y."""
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    W *= norm / spectral_norm(W)
    y = rng.uniform(0.05, 0.95, size=n)
    found = equilibrium(in_rows(W, logit(y) - y @ W), rng.uniform(size=n))
    np.testing.assert_allclose(found, y, atol=1e-9)  # CLOSE, and rounding over 1 − ‖W‖/4


@given(seed=st.integers(0, 999), n=st.integers(1, 4), norm=st.sampled_from([1.0, 3.9, 4.0]))
@quiet
def test_two_runs_approach_as_the_bounds_say(seed, n, norm):
    """‖y_t − z_t‖ ≤ (‖W‖/4)^t ‖y_0 − z_0‖, and each step also obeys √n tanh(‖·‖/√n)."""
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    W *= norm / spectral_norm(W)
    cell, none = in_rows(W, rng.normal(size=n)), np.zeros((30, 2, 0))
    runs = simulate(cell, rng.uniform(size=(2, n)), none)
    apart = np.linalg.norm(runs[:, 0] - runs[:, 1], axis=1)
    bound = (norm / 4) ** np.arange(31) * apart[0]
    assert (apart <= bound + 1e-15).all()  # a state is rounded to 1e-16
    assert (apart[1:] <= np.sqrt(n) * np.tanh(apart[:-1] / np.sqrt(n)) + 1e-15).all()


@given(seed=st.integers(0, 999), n=st.integers(1, 4))
@quiet
def test_biases_keep_fixed_points_apart(seed, n):
    """(4 − μ) ‖y − z‖ ≤ ‖b − c‖, where b and c have the fixed points y and z."""
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n)) * rng.choice([1, 5])
    y, z = rng.uniform(0.01, 0.99, size=(2, n))
    apart = np.linalg.norm((logit(y) - y @ W) - (logit(z) - z @ W))
    assert (4 - numerical_abscissa(W)) * np.linalg.norm(y - z) <= apart + ROUNDING


@pytest.mark.parametrize("μ", [-3.0, 0.0, 3.9])
def test_the_gradient_bound_is_reached(μ):
    """For symmetric W at y = ½ the norm of ∂y_∞/∂b is 1/(4 − μ): by differences of runs."""
    Q = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    W = Q @ np.diag([μ, -3.5, min(μ, 0) - 0.2]) @ Q.T
    W = (W + W.T) / 2
    b, h = -0.5 * np.ones(3) @ W, 1e-5
    moved = [
        equilibrium(in_rows(W, b + h * e), np.full(3, 0.5))
        - equilibrium(in_rows(W, b - h * e), np.full(3, 0.5))
        for e in np.eye(3)
    ]
    # Differences over 2e-5 of runs known to CLOSE, and the cubic term h²/(4 − μ)⁴.
    assert spectral_norm(np.array(moved) / (2 * h)) == pytest.approx(1 / (4 - μ), abs=2e-5)


def test_an_input_counts_as_a_bias():
    """With U = I the input u does what the bias b does."""
    W, b = np.array([[1.0, -2.0], [0.5, 1.0]]), np.array([0.3, -1.0])
    steered = Elman(W, np.eye(2), np.zeros(2), "logistic")
    silent = Elman(W, np.zeros((2, 0)), b, "logistic")
    np.testing.assert_array_equal(
        equilibrium(steered, [0.1, 0.9], b), equilibrium(silent, [0.1, 0.9])
    )


def test_a_large_state_rests_too():
    """x ↦ x/2 + 10⁶ comes to rest at 2·10⁶: what counts is the size of a step beside the state."""
    cell = Linear([[0.5]], [[1.0]])
    assert equilibrium(cell, [0.0], [1e6]) == pytest.approx([2e6], rel=1e-9)


# Refusals ------------------------------------------------------------------------------------

TURN = np.array([[0.0, 8.0], [-8.0, 0.0]])
CYCLING = in_rows(TURN, -0.5 * np.ones(2) @ TURN)
CREEPING = in_rows([[4.0]], np.array([-2.0]))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: project_spectral_ball(np.eye(2), 0),
            ValueError,
            "radius: got 0.0, expects a positive number",
        ),
        (
            lambda: project_spectral_ball(np.ones(2), 1),
            ValueError,
            "W: got shape (2,), expects shape (n, m)",
        ),
        (
            lambda: numerical_abscissa(np.ones((2, 3))),
            ValueError,
            "W: got shape (2, 3), expects a square matrix (n, n)",
        ),
        (
            lambda: equilibrium(CYCLING, [0.5, 0.6], steps=1000),
            ValueError,
            "steps: got 1000, after which a step still moves the state by 4.8e-01; expects a run "
            "that comes to rest: this one cycles, or needs more steps",
        ),
        (
            lambda: equilibrium(CREEPING, [0.1], steps=1000),
            ValueError,
            "steps: got 1000, after which a step still moves the state by 9.6e-06; expects a run "
            "that comes to rest: this one cycles, or needs more steps",
        ),
        (
            lambda: equilibrium(CYCLING, [0.5]),
            ValueError,
            "x0: got shape (1,), expects shape (n,) with n = 2",
        ),
        (
            lambda: equilibrium(CYCLING, [0.5, 0.5], [1.0]),
            ValueError,
            "u: got shape (1,), expects shape (m,) with m = 0",
        ),
        (
            lambda: equilibrium(TURN, [0.5, 0.5]),
            TypeError,
            f"cell: got {TURN!r}, expects a Cell",
        ),
        (
            lambda: equilibrium(Linear([[2.0]], np.zeros((1, 0))), [1.0]),
            OverflowError,
            "the state at t = 1024: got numbers beyond 2e+308, expects finite ones; "
            "take fewer steps or smaller weights",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, kind, message):
    """One sentence names the argument, what it got and what it expects."""
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
