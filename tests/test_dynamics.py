"""Trajectories and transport: they follow from step and jacobian, in the right order."""

import itertools
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import sympy as sp
import witnesses
from hypothesis import given, settings
from hypothesis import strategies as st

import book_utils.dynamics as d
from book_utils.activations import Activation, X
from book_utils.cells import Linear, Vanilla
from book_utils.checks import autograd_jacobian, finite_difference_jacobian, relative_error

EVERY = pytest.mark.parametrize("kind", witnesses.kinds(), ids=witnesses.kind_name)
quiet = settings(deadline=None, derandomize=True, max_examples=30)


def trajectory(kind, units, m, T, seed=0):
    """A random cell of this kind with inputs and the states they lead through."""
    cell_type, others = kind
    rng = np.random.default_rng([seed, units, m, T])
    cell = cell_type.random(witnesses.state_size(kind, units), m, rng, **others)
    inputs = rng.normal(size=(T, m))
    return cell, d.simulate(cell, rng.normal(size=cell.n), inputs), inputs


@st.composite
def indices(draw):
    """Sizes, a seed, and times k ≤ s ≤ t ≤ T."""
    n, m, T = draw(st.integers(1, 6)), draw(st.integers(0, 3)), draw(st.integers(0, 12))
    k, s, t = sorted(draw(st.tuples(*[st.integers(0, T)] * 3)))
    return n, m, T, draw(st.integers(0, 999)), k, s, t


@EVERY
def test_simulate_agrees_with_loops(kind):
    """Fifty steps end where the per-unit loops end, and row 0 is the first state."""
    cell, states, inputs = trajectory(kind, 4, 2, 50)
    assert states.shape == (51, cell.n)
    assert relative_error(states[-1], witnesses.run(cell, states[0], inputs)) < 1e-12


@EVERY
@given(case=indices())
@quiet
def test_simulate_continues(kind, case):
    """A run may be stopped and continued: each row is one step from the row before it."""
    n, m, T, seed, _, s, _ = case
    cell, states, inputs = trajectory(kind, n, m, T, seed)
    assert np.array_equal(d.simulate(cell, states[s], inputs[s:]), states[s:])
    for t in range(1, T + 1):
        assert np.array_equal(states[t], cell.step(states[t - 1], inputs[t - 1]))


@EVERY
@given(case=indices())
@quiet
def test_transport_composes(kind, case):
    """Transport from k to s, then from s to t, is transport from k to t."""
    n, m, T, seed, k, s, t = case
    cell, states, inputs = trajectory(kind, n, m, T, seed)
    late, early, whole = (
        d.transport(cell, states, inputs, *times) for times in ((s, t), (k, s), (k, t))
    )
    # Rounding is relative to the factors: the product itself may be far smaller than they are.
    size = np.linalg.norm(late) * np.linalg.norm(early)
    assert np.linalg.norm(late @ early - whole) <= 1e-12 * size


@EVERY
@given(case=indices())
@quiet
def test_transport_of_no_step_and_of_one(kind, case):
    """From t to t nothing changes; from t − 1 to t it is the Jacobian of step t."""
    n, m, T, seed, *_, t = case
    cell, states, inputs = trajectory(kind, n, m, T, seed)
    assert np.array_equal(d.transport(cell, states, inputs, t, t), np.eye(cell.n))
    every = d.jacobians(cell, states, inputs)
    assert every.shape == (T, cell.n, cell.n)
    for j in range(1, T + 1):
        one = d.jacobian(cell, states[j - 1], inputs[j - 1])
        # One product for all steps sums in another order than one product for each step.
        assert relative_error(d.transport(cell, states, inputs, j - 1, j), one) < 1e-14
        assert relative_error(every[j - 1], one) < 1e-14


@EVERY
@pytest.mark.parametrize(("k", "t"), [(0, 1), (0, 3), (17, 20), (0, 50), (40, 50)])
def test_transport_agrees_with_autograd(kind, k, t):
    """Over up to 50 steps transport agrees with autograd run through the witness."""
    cell, states, inputs = trajectory(kind, 4, 2, 50)
    outside = autograd_jacobian(lambda x: witnesses.run(cell, x, inputs[k:t]), states[k])
    # Each factor may lose a few digits' last unit; 50 of them stay well below 1e-9.
    assert relative_error(d.transport(cell, states, inputs, k, t), outside) < 1e-9


@EVERY
def test_transport_agrees_with_finite_differences(kind):
    """Over four steps transport agrees with differences of whole trajectories."""
    cell, states, inputs = trajectory(kind, 5, 2, 6)
    outside = finite_difference_jacobian(
        lambda x: d.simulate(cell, x, inputs[1:5])[-1], states[1], step=2.0**-14
    )
    assert relative_error(d.transport(cell, states, inputs, 1, 5), outside) < 1e-8


@EVERY
def test_symbols_run_through(kind):
    """Symbols in, symbols out: two symbolic steps are differentiated exactly by transport."""
    cell_type, others = kind
    sizes, entries = cell_type.sizes(2, 1), itertools.cycle([1, 2, 3, -4, 5, 7, -1])
    exact = {
        name: np.fromfunction(
            np.frompyfunc(lambda *_: next(entries), len(letters), 1),
            [sizes[letter] for letter in letters],
        )
        for name, letters in cell_type.shapes.items()
    }
    cell = cell_type(**exact, **others)
    x, u = sp.symarray("x", 2, real=True), sp.symarray("u", (2, 1), real=True)
    states = d.simulate(cell, x, u)
    assert states.shape == (3, 2)
    outside = sp.Matrix(states[2]).jacobian(sp.Matrix(x))
    ours = sp.Matrix(d.transport(cell, states, u, 0, 2))
    # Putting numbers into the compiled difference takes a moment; subs takes minutes for an LSTM.
    difference = sp.lambdify([*x, *u.flat], (ours - outside).tolist(), "mpmath", cse=True)
    with mpmath.workdps(50):
        point = [mpmath.mpf(p) / q for p, q in ((1, 3), (-2, 7), (1, 5), (3, 4))]
        assert max(abs(entry) for row in difference(*point) for entry in row) < 1e-40
    assert d.transport(cell, states, u, 1, 1).tolist() == [[1, 0], [0, 1]]


def test_order_of_three_factors():
    """Three factors at n = 3 tell the layouts apart: trace 107, against 113 for Wᵀ diag(σ′)."""
    W = np.roll(np.eye(3), 1, axis=0)  # the cyclic shift
    slopes = np.array([[1, p, p**2] for p in (2, 3, 5)])
    # With σ(x) = x²/2 the slope σ′(x) is the state itself.
    square = Activation("square", "s", X**2 / 2)
    inputs = np.zeros((3, 3))
    inputs[:2] = [after - W @ square(before) for before, after in pairwise(slopes)]
    cell = Vanilla(W, np.eye(3), np.zeros(3), square)
    states = d.simulate(cell, slopes[0], inputs)
    assert np.allclose(states[:3], slopes)
    ours = np.trace(d.transport(cell, states, inputs, 0, 3))
    transposed = np.trace(np.linalg.multi_dot([W.T @ np.diag(row) for row in slopes[::-1]]))
    assert sorted([ours, transposed]) == [107, 113]
    assert ours == np.trace(np.linalg.multi_dot([W @ np.diag(row) for row in slopes[::-1]]))


def test_linear_transport_is_a_power():
    """For a linear cell transport over T steps is the T-th power of W, exactly."""
    W = np.array([[1, 2, 0], [0, 1, 3], [1, 0, 1]], dtype=object)
    cell = Linear(W, np.zeros((3, 0)))
    states = d.simulate(cell, [1, 0, 0], np.zeros((7, 0)))
    power = sp.Matrix(W) ** 7
    assert sp.Matrix(d.transport(cell, states, np.zeros((7, 0)), 0, 7)) == power


def test_arguments_stay_as_they_were():
    """simulate and transport leave their arguments untouched."""
    kind = (Vanilla, {"activation": "tanh"})
    cell, states, inputs = trajectory(kind, 3, 2, 5)
    kept = states.copy(), inputs.copy()
    again = d.simulate(cell, states[0], inputs)
    again[0] = 9
    d.transport(cell, states, inputs, 0, 5)
    assert np.array_equal(states, kept[0])
    assert np.array_equal(inputs, kept[1])
