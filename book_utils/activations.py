"""Activations: one SymPy expression each; value, derivative and constants follow from it.

``tanh(x)`` evaluates on numbers, on arrays, on a SymPy expression, and on an object array of
SymPy expressions; ``tanh.derivative(x)`` does the same for the derivative.
``tanh.lipschitz`` and ``tanh.smoothness`` are exact: the largest |σ′| and the largest |σ″|.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy as sp

from book_utils import validate

X = sp.Symbol("x", real=True)

Numeric = Callable[[np.ndarray], np.ndarray]
# Longer arrays are evaluated in blocks of this many entries, whose intermediate results stay in
# the processor's cache: for a million entries that halves the time.
BLOCK = 2**13


@dataclass(frozen=True)
class Activation:
    """A function of one real variable, given by one expression in the symbol ``X``.

    At a kink the value of the derivative is a convention. It is read off the expression:
    a branch ``x > 0`` leaves the point 0 to the other branch, hence relu′(0) = 0.
    """

    name: str
    tex: str
    expression: sp.Expr

    def __post_init__(self) -> None:
        if not self.expression.free_symbols <= {X}:
            raise ValueError(
                f"activation {self.name}: got {self.expression}, "
                "expects an expression in book_utils.activations.X alone"
            )

    def __call__(self, x: Any) -> Any:
        """σ(x), for numbers, arrays and SymPy expressions, entry by entry."""
        return self.values(validate.array("x", x))[()]

    def derivative(self, x: Any) -> Any:
        """σ′(x), for numbers, arrays and SymPy expressions, entry by entry; relu′(0) = 0."""
        return self.slopes(validate.array("x", x))[()]

    def values(self, x: np.ndarray) -> np.ndarray:
        """σ(x) as a new array, for an x that ``validate.array`` has seen before: inner loops."""
        return self._values(x) if x.dtype != object else _exact(self.formula, x)

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """σ′(x) as a new array, for an x that ``validate.array`` has seen before."""
        return self._slopes(x) if x.dtype != object else _exact(self.derivative_formula, x)

    def formula(self, x: sp.Expr) -> sp.Expr:
        """σ(x) as SymPy writes it."""
        return self.expression.subs(X, x)

    def derivative_formula(self, x: sp.Expr) -> sp.Expr:
        """σ′(x) as SymPy's differentiation writes it."""
        return self._slope.subs(X, x)

    def stable_value(self, x: sp.Expr) -> sp.Expr:
        """σ(x) in a form that floating point evaluates without overflow or cancellation."""
        return _stable(self.expression).subs(X, x)

    def stable_derivative(self, x: sp.Expr) -> sp.Expr:
        """σ′(x) in a form that floating point evaluates without overflow or cancellation."""
        return _stable(self._slope).subs(X, x)

    @cached_property
    def lipschitz(self) -> sp.Expr:
        """The smallest L with |σ(x) − σ(y)| ≤ L |x − y|: the largest |σ′|, exact."""
        if self.expression.has(sp.Piecewise):
            return sp.Max(*(abs(slope) for slope in _constant_slopes(self)))
        slope, low, high = _autonomous(self)
        return _largest(slope, low, high)

    @cached_property
    def smoothness(self) -> sp.Expr | None:
        """The Lipschitz constant of σ′: the largest |σ″|, exact; None where σ′ jumps."""
        if self.expression.has(sp.Piecewise):
            return sp.Integer(0) if len(_constant_slopes(self)) == 1 else None
        slope, low, high = _autonomous(self)
        # σ′ = p(σ) gives σ″ = p′(σ) σ′ = p′(σ) p(σ).
        return _largest(slope * slope.diff(X), low, high)

    @cached_property
    def _slope(self) -> sp.Expr:
        return self.expression.diff(X)

    @cached_property
    def _values(self) -> Numeric:
        return _numeric(_stable(self.expression))

    @cached_property
    def _slopes(self) -> Numeric:
        return _numeric(_stable(self._slope))


logistic = Activation("logistic", r"\operatorname{logistic}", 1 / (1 + sp.exp(-X)))
tanh = Activation("tanh", r"\tanh", sp.tanh(X))
relu = Activation("relu", r"\operatorname{relu}", sp.Piecewise((X, X > 0), (0, True)))
identity = Activation("identity", r"\operatorname{id}", X)

ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {each.name: each for each in (logistic, tanh, relu, identity)}
)


def activation(value: Activation | str) -> Activation:
    """Return the activation meant by ``value``: itself, or the one of that name."""
    if isinstance(value, Activation):
        return value
    if isinstance(value, str) and value in ACTIVATIONS:
        return ACTIVATIONS[value]
    error = ValueError if isinstance(value, str) else TypeError
    names = ", ".join(ACTIVATIONS)
    raise error(f"activation: got {value!r}, expects one of {names} or an Activation")


def _exact(formula: Callable[[sp.Expr], sp.Expr], x: np.ndarray) -> np.ndarray:
    result = np.empty(x.shape, dtype=object)
    for where, entry in np.ndenumerate(x):
        result[where] = formula(entry)
    return result


@cache
def _numeric(stable: sp.Expr) -> Numeric:
    """The expression as a function of a float array, which always gives a new one."""
    if stable == X:
        return np.copy
    compiled = sp.lambdify(X, stable, [{"select": _select}, "numpy"], cse=True)
    if stable.is_number:  # a constant such as identity′ = 1
        return lambda x: np.full(x.shape, compiled(x), dtype=float)

    def function(x: np.ndarray) -> np.ndarray:
        if x.size <= BLOCK:
            return compiled(x)
        result = np.empty(x.shape)
        entries, results = x.reshape(-1), result.reshape(-1)
        for start in range(0, x.size, BLOCK):
            block = slice(start, start + BLOCK)
            results[block] = compiled(entries[block])
        return result

    return function


def _select(conditions: list[Any], choices: list[Any], default: float) -> np.ndarray:
    """``np.select`` for the Piecewise that ends in True, without its cost on short arrays."""
    chosen = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        chosen = choice if condition is True else np.where(condition, choice, chosen)
    return np.asarray(chosen, dtype=float)


@cache
def _stable(expression: sp.Expr) -> sp.Expr:
    """Rewrite a function rational in exp(x) in q = exp(−|x|), which stays within (0, 1].

    Nothing can overflow then, and the two tails keep their relative accuracy. A lone tanh(x)
    stays: its libraries are good, while (1 − q²)/(1 + q²) would cancel near 0.
    """
    if expression == sp.tanh(X) or not expression.rewrite(sp.exp).has(sp.exp):
        return expression
    q = sp.Symbol("q", positive=True)
    small = sp.exp(-sp.Abs(X))
    right, left = (sp.factor(_in_exp(expression, power)) for power in (1 / q, q))
    if right == left:
        return right.subs(q, small)
    return sp.Piecewise((right.subs(q, small), X > 0), (left.subs(q, small), True))


def _in_exp(expression: sp.Expr, power: sp.Expr) -> sp.Expr:
    """The expression with exp(x) called ``power``; refused if x is left over."""
    rational = sp.cancel(expression.rewrite(sp.exp).subs(X, sp.log(power)))
    if not rational.is_rational_function(*power.free_symbols):
        raise ValueError(f"activation: got {expression}, expects a rational function of exp(x)")
    return rational


def _autonomous(act: Activation) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The polynomial p with σ′ = p(σ), written in X, and the ends of the range of σ.

    A solution of a scalar equation σ′ = p(σ) is monotone, so its range lies between its limits.
    """
    ends = [sp.limit(act.expression, X, end) for end in (-sp.oo, sp.oo)]
    if act._slope.is_number:
        return act._slope, *ends
    q = sp.Symbol("q", positive=True)
    value, slope = _in_exp(act.expression, q), _in_exp(act._slope, q)
    # Higher degrees cannot occur. Where σ has a pole, σ′ = p(σ) of degree d makes its order
    # 1/(d − 1), hence d = 2; where it has none, σ is a Laurent polynomial in q, hence d = 1.
    for degree in (1, 2):
        c = sp.symbols(f"c:{degree + 1}")
        guess = sum(c[i] * value**i for i in range(degree + 1))
        equations = sp.Poly(sp.numer(sp.together(slope - guess)), q).coeffs()
        for found in sp.linsolve(equations, c):
            return sum(found[i] * X**i for i in range(degree + 1)), *ends
    raise ValueError(
        f"activation {act.name}: got {act.expression}, "
        "expects σ′ to be a polynomial in σ of degree at most 2"
    )


def _largest(polynomial: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """The largest |polynomial| on [low, high]: at an end or where the derivative vanishes."""
    if polynomial.is_number:
        return abs(polynomial)
    critical = sp.real_roots(polynomial.diff(X), X)
    inside = [point for point in critical if low <= point <= high]
    sizes = [abs(sp.expand(polynomial.subs(X, point))) for point in (low, high, *inside)]
    return sp.radsimp(sp.Max(*sizes))


def _constant_slopes(act: Activation) -> set[sp.Expr]:
    """The slopes of a continuous function made of straight pieces."""
    pieces = act.expression.as_expr_set_pairs()
    slopes = {piece.diff(X) for piece, _ in pieces}
    joints = set().union(*(interval.boundary for _, interval in pieces))
    meets = all(
        len({piece.subs(X, at) for piece, interval in pieces if at in interval.closure}) == 1
        for at in joints
    )
    if not meets or not all(slope.is_number for slope in slopes):
        raise ValueError(
            f"activation {act.name}: got {act.expression}, expects straight pieces that meet"
        )
    return slopes
