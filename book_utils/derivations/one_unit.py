"""The letters and words of the one unit y_n = σ(w y_{n-1} + b): one declaration for all chapters.

A fixed point p of the unit with weight w has b = ``logit(p) - w*p``: with p and w free, and b made
from them, no equation has to be solved.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from book_utils.activations import X, logistic
from book_utils.derivations.engine.vocabulary import Number

w, b = sp.symbols("w b", real=True)
y = sp.Symbol("y", real=True)
"""A state; where it stands for a fixed point, b is ``shift(w, y)``."""
y0 = sp.Symbol("y_0", real=True)
target = sp.Symbol("y_T", real=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
"""The number of steps. (The size of a network is the n of ``network``; no chapter uses both.)"""

STATES = sp.Interval.open(0, 1)
"""Where states live."""
STRIP = sp.Interval.open(-4, 4)
"""The weights with |w| < 4."""


def logit(y: sp.Expr) -> sp.Expr:
    """σ⁻¹(y)."""
    return sp.log(y / (1 - y))


def shift(w: sp.Expr, y: sp.Expr) -> sp.Expr:
    """g(y) = σ⁻¹(y) − w y: the b at which y is a fixed point."""
    return logit(y) - w * y


def sigma(z: sp.Expr) -> sp.Expr:
    """σ(z), the logistic function."""
    return logistic.formula(sp.sympify(z))


class OfOrbit(Number):
    """A number taken from a run of the unit. Its last argument is the number of steps.

    In numbers it comes from the recurrence itself: the tester never sees a formula for it.
    """

    @staticmethod
    def run(at: Any, w: Any, b: Any, state: Any, steps: int) -> Any:
        """y_n from y_0 = ``state``."""
        if steps < 0:
            raise at.OutOfRange("an orbit has no less than no steps")
        for _ in range(steps):
            state = at.at({X: w * state + b})(logistic.expression)
        return state


class Orbit(OfOrbit):
    """y_n, with arguments w, b, y_0 and n."""

    tex, plain = "y_{{{3}}}", "y_{3}"

    def numeric(self, at):
        *numbers, steps = self.args
        return self.run(at, *map(at, numbers), at.integer(steps))


class OrbitRate(OfOrbit):
    """∂y_n/∂b or ∂y_n/∂w: move the parameter, run the unit from y_0, and watch y_n.

    The first argument is the parameter, a symbol; then w, b, y_0 and n, where the parameter may
    stand in several places.
    """

    tex, plain = r"\frac{{\partial y_{{{4}}}}}{{\partial {0}}}", "∂y_{4}/∂{0}"

    def numeric(self, at):
        parameter, *numbers, steps = self.args
        count = at.integer(steps)

        def moved(value: Any) -> Any:
            there = at.at({parameter: value})
            return self.run(there, *map(there, numbers), count)

        return at.derivative(moved, at(parameter), 1)
