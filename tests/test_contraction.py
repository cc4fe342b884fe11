"""Contractions: what `is_stable` claims holds for pairs of states, and it claims no more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.activations import ACTIVATIONS
from book_utils.cells import LSTM, Elman, Linear, Vanilla
from book_utils.dynamics import is_stable, simulate, spectral_norm, spectral_radius
from book_utils.dynamics.contraction import CONTRACTS, DOES_NOT, NOT_SHOWN

quiet = settings(deadline=None, derandomize=True, max_examples=40)
# Rounding in one step and in the distance, for at most five units with entries below 100.
ROUNDING = 1e-9

SHEAR = np.array([[0.5, 10.0], [0.0, 0.5]])


def a_cell(kind, W, activation="tanh", b=None):
    """A cell without input weights; its inputs come as the bias, or not at all."""
    n = len(W)
    if kind is Linear:
        return Linear(W, np.eye(n))
    return kind(W, np.eye(n), np.zeros(n) if b is None else b, activation)


@st.composite
def cells(draw):
    """A cell of one of the three kinds, with weights small or large, full or triangular."""
    n = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    W = rng.normal(size=(n, n)) * draw(st.sampled_from([0, 0.2, 0.5, 1.0, 3.0]))
    if draw(st.booleans()):
        W = np.triu(W)
    kind = draw(st.sampled_from([Linear, Elman, Vanilla]))
    return a_cell(kind, W, draw(st.sampled_from(list(ACTIVATIONS))), rng.normal(size=n))


# What is claimed holds ------------------------------------------------------------------------


@given(cell=cells(), seed=st.integers(0, 9999), size=st.sampled_from([1e-3, 1.0, 30.0]))
@quiet
def test_no_pair_of_states_beats_the_factor(cell, seed, size):
    """In the norm of the result a step brings any two states to at most the factor found."""
    result, rng = is_stable(cell), np.random.default_rng(seed)
    x, y = size * rng.normal(size=(2, 20, cell.n))
    u = rng.normal(size=cell.n)
    before = result.distance(x, y)
    after = result.distance(
        np.array([cell.step(row, u) for row in x]), np.array([cell.step(row, u) for row in y])
    )
    # The weights may count a unit a million times less: then its rounding counts as much more.
    slack = ROUNDING * (1 + size) * np.linalg.cond(result.P)
    assert (after <= result.contraction * before + slack / np.abs(np.diag(result.P)).max()).all()


@given(cell=cells())
@quiet
def test_the_factor_can_be_checked(cell):
    """The factor is L ‖P⁻¹ W P‖ for the P that comes with it; the verdict follows from it."""
    result = is_stable(cell)
    L = 1.0 if isinstance(cell, Linear) else float(cell.activation.lipschitz)
    turned = np.linalg.inv(result.P) @ cell.W @ result.P
    assert result.contraction == pytest.approx(L * spectral_norm(turned), rel=1e-6, abs=1e-9)
    assert result.stable == (result.contraction < 1)
    assert result.stable == (result.verdict == CONTRACTS)
    assert result.contraction >= L * spectral_radius(cell.W) * (1 - 1e-6)


@given(cell=cells())
@quiet
def test_a_witness_is_one(cell):
    """At the witness the Jacobian has a spectral radius of at least 1: no norm shrinks there."""
    result = is_stable(cell)
    if result.verdict == DOES_NOT:
        J = cell.jacobian(result.witness, np.zeros(cell.n))
        assert spectral_radius(J) >= 1 - 1e-6
    else:
        assert result.witness is None


# Tight ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Linear, Elman, Vanilla])
def test_the_factor_is_attained(kind):
    """Near the state 0 a tanh network, and a linear one anywhere, shrinks no more than λ says."""
    rng = np.random.default_rng(2)
    W = rng.normal(size=(3, 3))
    W *= 0.8 / spectral_norm(W)
    cell = a_cell(kind, W)
    direction = np.linalg.svd(W)[2][0] * 1e-6
    result, zero = is_stable(cell), np.zeros(3)
    ratio = result.distance(cell.step(direction, zero), cell.step(zero, zero)) / result.distance(
        direction, zero
    )
    assert result.contraction == pytest.approx(0.8, rel=1e-12)
    assert ratio == pytest.approx(0.8, rel=1e-9)


@pytest.mark.parametrize("kind", [Linear, Elman, Vanilla])
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_both_sides_of_the_threshold(kind, name):
    """A multiple of a rotation contracts below the norm 1/L, and does not from there on."""
    L = 1.0 if kind is Linear else float(ACTIVATIONS[name].lipschitz)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]]) / L
    below, above = (is_stable(a_cell(kind, turn * factor, name)) for factor in (0.999, 1.001))
    assert below.verdict == CONTRACTS
    assert below.contraction == pytest.approx(0.999, rel=1e-12)
    assert above.verdict == DOES_NOT


def test_at_norm_one_nothing_is_claimed_in_favour():
    """h = tanh h is no contraction; where nothing can arrive at 0, no witness is made up."""
    assert is_stable(a_cell(Elman, np.eye(1))).verdict == DOES_NOT
    # W h + b is never 0 in both units, so no state is steepest, and none of the norms will do.
    flat = a_cell(Elman, np.ones((2, 2)), b=np.array([1.0, -1.0]))
    assert is_stable(flat).verdict == NOT_SHOWN


# Other norms ----------------------------------------------------------------------------------


def test_weights_help_where_the_length_does_not():
    """‖W‖ = 10.02, and with a weight for each unit the factor is below 0.64."""
    for kind in (Linear, Elman, Vanilla):
        result = is_stable(a_cell(kind, SHEAR))
        assert result.verdict == CONTRACTS
        assert result.contraction < 0.64
        assert np.count_nonzero(result.P) == 2


def test_weights_do_as_well_as_the_radius_of_the_moduli():
    """For weights without negative entries the factor comes down to ρ(W), which none beats."""
    rng = np.random.default_rng(5)
    W = np.abs(rng.normal(size=(5, 5)) * 10 ** rng.uniform(-2, 2, size=(5, 5)))
    W *= 0.9 / spectral_radius(W)
    result = is_stable(a_cell(Elman, W))
    assert spectral_norm(W) > 1
    assert result.contraction == pytest.approx(0.9, rel=1e-2)


@given(seed=st.integers(0, 9999), radius=st.sampled_from([0.5, 0.9, 0.99]))
@quiet
def test_every_linear_cell_is_decided(seed, radius):
    """Below the spectral radius 1 a linear cell contracts in some norm, above it in none."""
    W = np.random.default_rng(seed).normal(size=(4, 4))
    W /= spectral_radius(W)
    assert is_stable(a_cell(Linear, radius * W)).verdict == CONTRACTS
    assert is_stable(a_cell(Linear, W / radius)).verdict == DOES_NOT


def test_a_gap_is_named():
    """A tanh network may have ρ(W) < 1 and no weights: then the verdict is "not shown"."""
    W = np.array([[2.0, -2.0], [2.0, -2.0]])
    assert spectral_radius(W) < 1e-6
    result = is_stable(a_cell(Elman, W))
    assert result.verdict == NOT_SHOWN
    assert not result.stable
    assert is_stable(a_cell(Linear, W)).verdict == CONTRACTS


def test_two_runs_approach_as_promised():
    """Under the same inputs the distance of two runs falls by the factor at each step."""
    rng = np.random.default_rng(3)
    cell = a_cell(Elman, SHEAR)
    result = is_stable(cell)
    inputs = rng.normal(size=(12, 2))
    first, second = (simulate(cell, rng.normal(size=2), inputs) for _ in range(2))
    apart = result.distance(first, second)
    assert (apart[1:] <= result.contraction * apart[:-1] + 1e-9).all()


# Refusals -------------------------------------------------------------------------------------


def test_an_lstm_is_sent_elsewhere():
    """The message names the function that takes a bound of the inputs as well."""
    cell = LSTM.random(4, 1, np.random.default_rng(0))
    with pytest.raises(TypeError, match=r"see lstm_contraction\(cell, input_bound\)"):
        is_stable(cell)


def test_what_is_no_cell_is_refused():
    """One sentence says what was expected."""
    with pytest.raises(TypeError) as caught:
        is_stable("tanh")
    assert str(caught.value) == "cell: got 'tanh', expects a Linear, Elman or Vanilla cell"
