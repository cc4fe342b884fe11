"""Arithmetic of the one unit y ↦ σ(w y + b), shared by the kernels that draw its fixed points.

All of it is written in x = σ⁻¹(y), the logarithm of the odds y/(1 − y): near 0 and 1 a state
would have no digits left, and the unit is solved for b there, b = x − w σ(x).
"""

from __future__ import annotations

import sympy as sp

from book_utils.activations import logistic
from book_utils.widgets.codegen import Formula

w, b, x, y, at = sp.symbols("w b x y at", real=True)
slope, other = sp.symbols("slope other", real=True)
over = sp.Symbol("over", nonnegative=True)


def formulas() -> tuple[Formula, ...]:
    """Everything that ``shared/one_unit.js`` computes with."""
    return (
        Formula("sigma", (x,), (logistic.stable_value(x), logistic.stable_derivative(x))),
        # The modulus changes nothing between 0 and 1; elsewhere there are no odds.
        Formula("logit", (y,), (sp.log(sp.Abs(y / (1 - y))),)),
        Formula("drive", (w, b, y), (w * y + b,)),
        Formula("shift", (w, x), (x - w * logistic.stable_value(x),)),
        Formula("multiplier", (w, slope), (w * slope,)),
        Formula("pair", (w, slope, other), (w**2 * slope * other,)),
        Formula("beyond", (at, b), (b - at,)),
        turn(),
    )


def turn() -> Formula:
    """The x > 0 at which 1/σ′(x) is 4 + over: there a fixed point has multiplier ±1 at w = ±that.

    From y (1 − y) = 1/w follow the states (1 ± r)/2 with r² = 1 − 4/w, hence the odds
    (1 + r)/(1 − r). Their denominator would cancel, so it is turned into a factor: w (1 + r)²/4.
    """
    size, root = 4 + over, sp.Symbol("root", nonnegative=True)
    odds = size * (1 + root) ** 2 / 4
    return Formula("turn", (over,), (sp.log(odds),), ((root, sp.sqrt(over / size)),))


def weight() -> Formula:
    """The w at which σ(x) is a fixed point for a given b."""
    return Formula("weight", (b, x), ((x - b) / logistic.stable_value(x),))
