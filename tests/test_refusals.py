"""Every refusal: one message that names the argument, what it got and what it expects."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from book_utils import checks, validate
from book_utils.activations import ACTIVATIONS, Activation, X, activation, logistic
from book_utils.cells import LSTM, Elman, Linear, Vanilla
from book_utils.dynamics import (
    bptt,
    clip,
    contributions,
    costates,
    jacobian,
    jacobians,
    simulate,
    transport,
)

W, U, b = np.eye(2), np.ones((2, 3)), np.zeros(2)
cell = Vanilla(W, U, b, "tanh")
inputs = np.zeros((4, 3))
states = simulate(cell, b, inputs)
z = sp.Symbol("z")
exploding = Linear([[10.0]], np.zeros((1, 0)))
no_inputs = np.zeros((400, 0))

CASES = {
    # shapes of the parameters
    "W not square": (
        lambda: Vanilla(np.ones((2, 3)), U, b, "tanh"),
        ValueError,
        "W: got shape (2, 3), expects a square matrix (n, n)",
    ),
    "W a vector": (
        lambda: Linear(b, U),
        ValueError,
        "W: got shape (2,), expects a square matrix (n, n)",
    ),
    "W empty": (
        lambda: Linear(np.ones((0, 0)), np.ones((0, 1))),
        ValueError,
        "W: got shape (0, 0), expects a square matrix (n, n)",
    ),
    "U for another n": (
        lambda: Elman(W, np.ones((3, 2)), b, "tanh"),
        ValueError,
        "U: got shape (3, 2), expects shape (n, m) with n = 2",
    ),
    "b too long": (
        lambda: Elman(W, U, [1, 2, 3], "tanh"),
        ValueError,
        "b: got shape (3,), expects shape (n,) with n = 2",
    ),
    "b a number": (
        lambda: Vanilla(W, U, 0.0, "tanh"),
        ValueError,
        "b: got shape (), expects shape (n,) with n = 2",
    ),
    # entries
    "nan": (
        lambda: Vanilla(W, U, [0, np.nan], "tanh"),
        ValueError,
        "b: got a non-finite number nan at index (1,), expects finite numbers",
    ),
    "inf": (
        lambda: Linear([[1, 2], [-np.inf, 4]], U),
        ValueError,
        "W: got a non-finite number -inf at index (1, 0), expects finite numbers",
    ),
    "nan among symbols": (
        lambda: Linear([[z, 2], [sp.nan, 4]], U),
        ValueError,
        "W: got a non-finite number nan at index (1, 0), expects finite numbers",
    ),
    "infinity among symbols": (
        lambda: Linear([[z, 2], [sp.oo, 4]], U),
        ValueError,
        "W: got a non-finite number oo at index (1, 0), expects finite numbers",
    ),
    "complex": (
        lambda: Linear(W * 1j, U),
        TypeError,
        "W: got complex numbers, expects real numbers or SymPy expressions",
    ),
    "complex among symbols": (
        lambda: Linear([[z, 2], [sp.I, 4]], U),
        TypeError,
        "W: got the complex number I at index (1, 0), expects real numbers",
    ),
    "booleans": (
        lambda: Linear(W > 0, U),
        TypeError,
        "W: got booleans, expects real numbers or SymPy expressions",
    ),
    "text": (
        lambda: Linear([["1", "2"], ["3", "4"]], U),
        TypeError,
        "W: got text, expects real numbers or SymPy expressions",
    ),
    "text among symbols": (
        lambda: Linear(np.array([[z, "x"], [1, 2]], dtype=object), U),
        TypeError,
        "W: got str at index (0, 1), expects real numbers or SymPy expressions",
    ),
    "a boolean among symbols": (
        lambda: Vanilla(W, U, np.array([z, True], dtype=object), "tanh"),
        TypeError,
        "b: got bool at index (1,), expects real numbers or SymPy expressions",
    ),
    "nothing": (
        lambda: Linear(None, U),
        TypeError,
        "W: got NoneType, expects real numbers or SymPy expressions",
    ),
    "ragged": (
        lambda: Linear([[1, 2], [3]], U),
        ValueError,
        "W: got rows of different length, expects a full array of real numbers",
    ),
    # activations
    "unknown activation": (
        lambda: Vanilla(W, U, b, "swish"),
        ValueError,
        "activation: got 'swish', expects one of logistic, tanh, relu, identity or an Activation",
    ),
    "activation of another type": (
        lambda: activation(3),
        TypeError,
        "activation: got 3, expects one of logistic, tanh, relu, identity or an Activation",
    ),
    "activation of nan": (
        lambda: logistic(np.nan),
        ValueError,
        "x: got a non-finite number nan, expects finite numbers",
    ),
    "activation with a parameter": (
        lambda: Activation("scaled", "s", z * X),
        ValueError,
        "activation scaled: got x*z, expects an expression in book_utils.activations.X alone",
    ),
    "activation that jumps": (
        lambda: Activation("step", "s", sp.Piecewise((1, X > 0), (0, True))).lipschitz,
        ValueError,
        "activation step: got Piecewise((1, x > 0), (0, True)), expects straight pieces that meet",
    ),
    "activation without stable form": (
        lambda: Activation("softplus", "s", sp.log(1 + sp.exp(X)))(0.0),
        ValueError,
        "activation: got log(exp(x) + 1), expects a rational function of exp(x)",
    ),
    "activation without polynomial": (
        lambda: Activation("cubic", "s", sp.exp(X) / (1 + sp.exp(6 * X))).lipschitz,
        ValueError,
        "activation cubic: got exp(x)/(exp(6*x) + 1), "
        "expects σ′ to be a polynomial in σ of degree at most 2",
    ),
    # one step
    "x of another size": (
        lambda: cell.step(np.zeros(3), np.zeros(3)),
        ValueError,
        "x: got shape (3,), expects shape (n,) with n = 2",
    ),
    "x as a column": (
        lambda: jacobian(cell, np.zeros((2, 1)), np.zeros(3)),
        ValueError,
        "x: got shape (2, 1), expects shape (n,) with n = 2",
    ),
    "u of another size": (
        lambda: cell.jacobian(b, b),
        ValueError,
        "u: got shape (2,), expects shape (m,) with m = 3",
    ),
    # trajectories
    "x0 of another size": (
        lambda: simulate(cell, [0.0], inputs),
        ValueError,
        "x0: got shape (1,), expects shape (n,) with n = 2",
    ),
    "inputs in one dimension": (
        lambda: simulate(cell, b, np.zeros(3)),
        ValueError,
        "inputs: got shape (3,), expects shape (T, m) with m = 3",
    ),
    "inputs too wide": (
        lambda: simulate(cell, b, np.zeros((4, 5))),
        ValueError,
        "inputs: got shape (4, 5), expects shape (T, m) with m = 3",
    ),
    "states one row short": (
        lambda: jacobians(cell, states[1:], inputs),
        ValueError,
        "states: got shape (4, 2), expects shape (T + 1, n) with T + 1 = 5, n = 2",
    ),
    "not a cell": (
        lambda: simulate("tanh", b, inputs),
        TypeError,
        "cell: got 'tanh', expects a Cell",
    ),
    "states overflow": (
        lambda: simulate(exploding, [1.0], no_inputs),
        OverflowError,
        "the state at t = 309: got numbers beyond 2e+308, expects finite ones; "
        "take fewer steps or smaller weights",
    ),
    "product overflows": (
        lambda: transport(exploding, np.zeros((401, 1)), no_inputs, 1, 400),
        OverflowError,
        "the product from k = 1 to t = 310: got numbers beyond 2e+308, expects finite ones; "
        "take fewer steps or smaller weights",
    ),
    # batches and gradients
    "an LSTM of odd size": (
        lambda: LSTM.random(3, 1, np.random.default_rng(0)),
        ValueError,
        "n: got 3, expects a multiple of 2, the number of parts in the state of LSTM",
    ),
    "W_i for another d": (
        lambda: LSTM(W, np.eye(3), W, W, U, U, U, U, b, b, b, b),
        ValueError,
        "W_i: got shape (3, 3), expects a square matrix (d, d) with d = 2",
    ),
    "x0 with too many axes": (
        lambda: simulate(cell, np.zeros((1, 1, 2)), inputs),
        ValueError,
        "x0: got shape (1, 1, 2), expects shape (n,) with n = 2",
    ),
    "a batch with x0 of another size": (
        lambda: simulate(cell, np.zeros((5, 3)), inputs),
        ValueError,
        "x0: got shape (5, 3), expects shape (B, n) with n = 2",
    ),
    "inputs of another batch": (
        lambda: bptt(cell, np.zeros((5, 2)), np.zeros((4, 6, 3)), np.zeros((4, 5, 2))),
        ValueError,
        "inputs: got shape (4, 6, 3), expects shape (T, B, m) with B = 5, m = 3",
    ),
    "loss gradients one row long": (
        lambda: bptt(cell, b, inputs, states),
        ValueError,
        "loss_gradients: got shape (5, 2), expects shape (T, n) with T = 4, n = 2",
    ),
    "loss gradients without a batch": (
        lambda: bptt(cell, np.zeros((5, 2)), np.zeros((4, 5, 3)), np.zeros((4, 2))),
        ValueError,
        "loss_gradients: got shape (4, 2), expects shape (T, B, n) with T = 4, B = 5, n = 2",
    ),
    "nan among loss gradients": (
        lambda: costates(cell, states, inputs, np.full((4, 2), np.nan)),
        ValueError,
        "loss_gradients: got a non-finite number nan at index (0, 0), expects finite numbers",
    ),
    "costates of states without their batch": (
        lambda: costates(cell, states, np.zeros((4, 5, 3)), np.zeros((4, 2))),
        ValueError,
        "inputs: got shape (4, 5, 3), expects shape (T, m) with m = 3",
    ),
    "contributions of a batch": (
        lambda: contributions(cell, np.zeros((5, 2)), np.zeros((4, 5, 3)), np.zeros((4, 5, 2))),
        ValueError,
        "x0: got shape (5, 2), expects shape (n,) with n = 2",
    ),
    "gradient of no cell": (
        lambda: bptt("tanh", b, inputs, states[1:]),
        TypeError,
        "cell: got 'tanh', expects a Cell",
    ),
    "costates overflow": (
        lambda: bptt(exploding, [0.0], no_inputs, np.eye(400)[:, -1:]),
        OverflowError,
        "the costate at t = 91: got numbers beyond 2e+308, expects finite ones; "
        "take fewer steps or smaller weights",
    ),
    "contributions overflow": (
        lambda: contributions(exploding, [0.0], no_inputs[:320], np.ones((320, 1))),
        OverflowError,
        "the products up to t = 310: got numbers beyond 2e+308, expects finite ones; "
        "take fewer steps or smaller weights",
    ),
    "a threshold of zero": (
        lambda: clip(b, 0),
        ValueError,
        "threshold: got 0.0, expects a positive number",
    ),
    "a threshold without end": (
        lambda: clip(b, np.inf),
        ValueError,
        "threshold: got a non-finite number inf, expects finite numbers",
    ),
    "a gradient with nan": (
        lambda: clip({"W": W, "b": [0.0, np.nan]}, 1.0),
        ValueError,
        "b: got a non-finite number nan at index (1,), expects finite numbers",
    ),
    "a gradient of symbols": (
        lambda: clip(np.array([z, 1]), 1.0),
        TypeError,
        "gradient: got the symbol z at index (0,), expects numbers",
    ),
    # times
    "k after t": (
        lambda: transport(cell, states, inputs, 4, 3),
        ValueError,
        "k: got 4, expects at most t = 3",
    ),
    "k negative": (
        lambda: transport(cell, states, inputs, -1, 3),
        ValueError,
        "k: got -1, expects at least 0",
    ),
    "t beyond the end": (
        lambda: transport(cell, states, inputs, 0, 5),
        ValueError,
        "t: got 5, expects at most the number of inputs, T = 4",
    ),
    "k a fraction": (
        lambda: transport(cell, states, inputs, 1.5, 3),
        TypeError,
        "k: got 1.5, expects an integer",
    ),
    "t a boolean": (
        lambda: transport(cell, states, inputs, 0, True),
        TypeError,
        "t: got True, expects an integer",
    ),
    # oracles
    "step of zero": (
        lambda: checks.finite_difference_jacobian(np.sin, [0.0], step=0),
        ValueError,
        "step: got 0, expects a positive number",
    ),
    "errors of different shape": (
        lambda: checks.relative_error([1.0], [1.0, 2.0]),
        ValueError,
        "a: got shape (1,), expects shape (2,)",
    ),
    "oracle of symbols": (
        lambda: checks.relative_error([1.0], [z]),
        TypeError,
        "b: got the symbol z at index (0,), expects numbers",
    ),
    "function returns nan": (
        lambda: checks.finite_difference_jacobian(lambda x: x * np.nan, [0.0]),
        ValueError,
        "f(x): got a non-finite number nan at index (0,), expects finite numbers",
    ),
    "a fixed shape": (
        lambda: validate.array("W", W, (3, 3)),
        ValueError,
        "W: got shape (2, 2), expects a square matrix (3, 3)",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), CASES.values(), ids=CASES)
def test_refusal(call, error, message):
    """A wrong argument is refused with exactly this one sentence."""
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


def test_autograd_needs_its_own_numpy():
    """A function that autograd cannot follow is refused with the way out, not NumPy's riddle."""
    with pytest.raises(TypeError, match=r"^f: got a function .* expects one written with autograd"):
        checks.autograd_jacobian(lambda x: cell.step(x, np.zeros(3)), b)


def test_other_type_errors_pass_through():
    """A mistake inside the reader's own function keeps its own message."""
    with pytest.raises(TypeError, match="has no len"):
        checks.autograd_jacobian(lambda x: x + len(3), b)


def test_a_number_of_its_own_kind_passes():
    """Integers, fractions, nested lists and SymPy matrices are numbers: nothing is refused."""
    assert validate.array("W", [[1, 2], [3, 4]], ("n", "n")).dtype == float
    assert validate.array("b", np.array([1, 2], dtype=np.int8), ("n",)).dtype == float
    exact = validate.array("b", [Fraction(1, 3), z], ("n",))
    assert exact.tolist() == [sp.Rational(1, 3), z]
    assert validate.array("W", sp.eye(2), ("n", "n")).tolist() == [[1, 0], [0, 1]]
    assert validate.index("k", np.int64(3), 4, "t") == 3


def test_activation_by_name():
    """Every name in the list is accepted, and so is the activation itself."""
    for name, act in ACTIVATIONS.items():
        assert activation(name) is act
        assert activation(act) is act
