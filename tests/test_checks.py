"""The oracles themselves, on functions whose Jacobian is known by hand."""

import autograd.numpy as anp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.checks import autograd_jacobian, finite_difference_jacobian, relative_error

quiet = settings(deadline=None, derandomize=True)
ORACLES = pytest.mark.parametrize("oracle", [finite_difference_jacobian, autograd_jacobian])


def spiral(x):
    """Three outputs of two inputs: a Jacobian that is not square has only one right layout."""
    return anp.array([x[0] * x[1], anp.sin(x[0]), anp.exp(-x[1]) + x[0] ** 2])


@ORACLES
@given(x=st.tuples(st.floats(-2, 2), st.floats(-2, 2)))
@quiet
def test_known_jacobian(oracle, x):
    """Both oracles give the Jacobian known by hand: row i for output i, column j for input j."""
    by_hand = [[x[1], x[0]], [np.cos(x[0]), 0], [2 * x[0], -np.exp(-x[1])]]
    assert relative_error(oracle(spiral, x), by_hand) < 1e-10


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e3, 1e6])
def test_differences_far_out(scale):
    """The step of the differences suits small and large arguments alike."""
    x = np.array([scale + 0.3])
    ours = finite_difference_jacobian(np.sin, x)
    assert relative_error(ours, [[np.cos(x[0])]]) < 1e-9


def test_differences_cancel_low_orders():
    """Central differences with two extrapolations are exact for polynomials up to degree 6."""
    # With h = 1 the truncation error would show; only rounding is left.
    ours = finite_difference_jacobian(lambda x: x**6 - 3 * x**5 + x**2, [1.0], step=1.0)
    assert relative_error(ours, [[6 - 15 + 2]]) < 1e-13


def test_scalar_function_gives_a_row():
    """A function with one number as value gives its gradient, with the shape of x."""
    assert finite_difference_jacobian(lambda x: x[0] * x[1], [2.0, 3.0]) == pytest.approx([3, 2])
    assert autograd_jacobian(lambda x: x[0] * x[1], [2.0, 3.0]) == pytest.approx([3, 2])


def test_relative_error():
    """The largest difference over the largest entry of the reference; 0 and ∞ at the borders."""
    assert relative_error([1.0, 9.0], [1.0, 10.0]) == pytest.approx(0.1)
    assert relative_error([[0.0]], [[0.0]]) == 0
    assert relative_error([1e-9], [0.0]) == np.inf
    assert relative_error([0.5], [sp.Rational(1, 2)]) == 0
