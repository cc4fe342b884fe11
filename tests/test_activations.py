"""The activations: accuracy, exact constants, and the three ways to evaluate them."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.activations import ACTIVATIONS, Activation, X, identity, logistic, relu, tanh
from book_utils.activations import _largest as largest

EVERY = pytest.mark.parametrize("act", ACTIVATIONS.values(), ids=ACTIVATIONS)
quiet = settings(deadline=None, derandomize=True)
numbers = st.floats(-50, 50)

# Written for 50 digits and from textbooks, not from the expressions in the package.
EXACT = {
    "logistic": lambda x: 1 / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "identity": lambda x: x,
}
EXACT_SLOPE = {
    "logistic": lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2,
    "tanh": lambda x: mpmath.sech(x) ** 2,
    "relu": lambda x: mpmath.mpf(x > 0),
    "identity": lambda x: mpmath.mpf(1),
}
POINTS = np.concatenate(
    [
        np.linspace(-8, 8, 161),
        [
            side * size
            for size in (1e-300, 1e-10, 1e-5, 18.7, 40, 350, 700, 1e4)
            for side in (-1, 1)
        ],
    ]
)


@EVERY
@pytest.mark.parametrize("which", ["value", "derivative"])
def test_relative_accuracy(act, which):
    """Value and derivative keep 14 digits everywhere, also far out in both tails and near 0."""
    ours, exact = (
        (act, EXACT[act.name]) if which == "value" else (act.derivative, EXACT_SLOPE[act.name])
    )
    with mpmath.workdps(50):
        for x in POINTS:
            right = exact(mpmath.mpf(float(x)))
            if 0 < abs(right) < np.finfo(float).tiny:
                continue  # below the normal numbers no format keeps its digits
            # Vectorised exp and tanh may be off by 4 units of 2**-52; a few operations follow.
            assert abs(mpmath.mpf(float(ours(x))) - right) <= 1e-14 * abs(right), x


@EVERY
def test_no_overflow(act):
    """Arguments of ±1e4 and of ±1e300 raise no floating-point flag but underflow."""
    far = np.array([1e4, -1e4, 1e300, -1e300])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.isfinite(act(far)).all()
        assert np.isfinite(act.derivative(far)).all()


@pytest.mark.parametrize(
    ("act", "lipschitz", "smoothness"),
    [
        (logistic, sp.Rational(1, 4), sp.sqrt(3) / 18),
        (tanh, sp.Integer(1), 4 * sp.sqrt(3) / 9),
        (relu, sp.Integer(1), None),
        (identity, sp.Integer(1), sp.Integer(0)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_exact_constants(act, lipschitz, smoothness):
    """The constants computed from the expressions are the exact ones of the text."""
    assert act.lipschitz == lipschitz
    assert act.smoothness == smoothness


@pytest.mark.parametrize(
    ("expression", "lipschitz", "smoothness"),
    [
        (1 / (1 + sp.exp(-2 * X)), sp.Rational(1, 2), 2 * sp.sqrt(3) / 9),
        (3 * sp.tanh(X) + 1, sp.Integer(3), 4 * sp.sqrt(3) / 3),
        (sp.Piecewise((-1, X < -1), (1, X > 1), (X, True)), sp.Integer(1), None),
        (sp.Piecewise((-3 * X, X < 0), (X, True)), sp.Integer(3), None),
    ],
    ids=["logistic(2x)", "3tanh+1", "hard tanh", "leaky"],
)
def test_constants_follow_the_expression(expression, lipschitz, smoothness):
    """Another expression brings its own constants: they are computed, not looked up."""
    act = Activation("another", "a", expression)
    assert act.lipschitz == lipschitz
    assert act.smoothness == smoothness


def test_largest_looks_only_inside():
    """The maximum is taken over the range alone: |x³ − 3x| is 2 at ±1, but 11/8 up to 1/2."""
    cubic = X**3 - 3 * X
    assert largest(cubic, sp.Integer(-2), sp.Integer(2)) == 2
    assert largest(cubic, sp.Integer(0), sp.Rational(1, 2)) == sp.Rational(11, 8)


@EVERY
@given(x=numbers, y=numbers)
@quiet
def test_lipschitz_is_a_bound(act, x, y):
    """|σ(x) − σ(y)| ≤ L |x − y| and |σ′(x)| ≤ L, for any x and y."""
    bound = float(act.lipschitz)
    rounding = 4e-16 * (1 + abs(act(x)) + abs(act(y)))
    assert abs(act(x) - act(y)) <= bound * abs(x - y) + rounding
    assert abs(act.derivative(x)) <= bound * (1 + 1e-14)


@pytest.mark.parametrize("act", [logistic, tanh, identity], ids=lambda act: act.name)
@given(x=numbers, y=numbers)
@quiet
def test_smoothness_is_a_bound(act, x, y):
    """|σ′(x) − σ′(y)| ≤ S |x − y|, for any x and y."""
    rounding = 1e-15
    gap = abs(act.derivative(x) - act.derivative(y))
    assert gap <= float(act.smoothness) * abs(x - y) + rounding


@EVERY
def test_constants_are_the_smallest(act):
    """No smaller constant would do: a grid comes within 1e-6 of each of them."""
    grid = np.linspace(-5, 5, 200_001)
    slopes = act.derivative(grid)
    assert np.max(np.abs(slopes)) >= float(act.lipschitz) * (1 - 1e-6)
    curvature = np.max(np.abs(np.diff(slopes))) / (grid[1] - grid[0])
    if act.smoothness is None:
        assert curvature > 1e4  # grows without bound as the grid is refined
    else:
        assert curvature >= float(act.smoothness) * (1 - 1e-6)


@EVERY
@pytest.mark.parametrize("side", [1, -1, 0])
def test_stable_form_is_the_same_function(act, side):
    """On each side of 0 and at 0, the stable form and the plain formula agree exactly."""
    x = side * sp.Symbol("p", positive=True)
    pairs = [
        (act.stable_value(x), act.formula(x)),
        (act.stable_derivative(x), act.derivative_formula(x)),
    ]
    for stable, plain in pairs:
        assert sp.simplify((stable - plain).rewrite(sp.exp)) == 0


@EVERY
def test_stable_form_speaks_javascript(act):
    """The stable forms print to JavaScript with nothing left that JavaScript does not know."""
    for form in (act.stable_value(X), act.stable_derivative(X)):
        printed = sp.jscode(form)
        assert "Not supported" not in printed
        assert form.atoms(sp.Function) <= form.atoms(sp.exp, sp.Abs, sp.tanh, sp.Piecewise)


@EVERY
@pytest.mark.parametrize("which", ["value", "derivative"])
def test_numbers_symbols_and_arrays_agree(act, which):
    """A number, a nested list, a SymPy expression and an object array give the same function."""
    f = act if which == "value" else act.derivative
    formula = act.formula if which == "value" else act.derivative_formula
    z = sp.Symbol("z")
    assert isinstance(f(1), float)
    assert f([[1, -2], [0, 3]]).tolist() == [[f(1), f(-2)], [f(0), f(3)]]
    assert f(z) == formula(z)
    assert f(sp.Rational(1, 2)) == formula(sp.Rational(1, 2))
    assert f(np.array([[z, 2]], dtype=object)).tolist() == [[formula(z), formula(sp.Integer(2))]]
    assert float(formula(sp.Rational(1, 2))) == pytest.approx(f(0.5), rel=1e-14)


@EVERY
def test_derivative_is_the_derivative(act):
    """σ′ agrees with a slope of σ taken at 40 digits, away from kinks."""
    with mpmath.workdps(40):
        for x in (-3.0, -0.7, 0.2, 2.5):
            assert act.derivative(x) == pytest.approx(float(mpmath.diff(EXACT[act.name], x)), 1e-14)


def test_relu_at_zero():
    """relu′(0) = 0 is the convention, for numbers, for −0.0 and for symbols."""
    assert relu.derivative(0.0) == relu.derivative(-0.0) == 0
    assert relu.derivative(sp.Integer(0)) == 0
