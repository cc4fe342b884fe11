"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here.

The unit is y_{k+1} = σ(w y_k + b) from y_0 = σ(x_0), and its cost is E = (y_n − y_T)². The two
sensitivities ∂y_k/∂w and ∂y_k/∂b are carried along with the state.
"""

from __future__ import annotations

import sympy as sp

from book_utils.activations import logistic
from book_utils.widgets import one_unit
from book_utils.widgets.codegen import Formula, Hypot
from book_utils.widgets.one_unit import b, w, y

yw, yb, gw, gb, dw, db = sp.symbols("yw yb gw gb dw db", real=True)
target, step = sp.symbols("target step", real=True)
threshold, radius = sp.symbols("threshold radius", nonnegative=True)


def formulas() -> tuple[Formula, ...]:
    """Everything the view may compute."""
    z = w * y + b
    value, slope = logistic.stable_value(z), logistic.stable_derivative(z)
    furthest = sp.Max(target, 1 - target)
    return (
        *one_unit.formulas(),
        Formula("next", (w, b, y), (value,)),
        Formula("carry", (w, b, y, yw, yb), (value, slope * (y + w * yw), slope * (1 + w * yb))),
        _cost(),
        _clip(),
        Formula("descend", (w, b, gw, gb, step), (w - step * gw, b - step * gb)),
        Formula("project", (w, radius), (sp.Max(-radius, sp.Min(radius, w)),)),
        Formula("length", (dw, db), (Hypot(dw, db),)),
        # How high the surface is drawn: the distance of y_n from the target, of all distances.
        Formula("height", (y, target), (sp.Abs(y - target) / furthest,)),
    )


def _cost() -> Formula:
    """E, ∂E/∂w and ∂E/∂b."""
    error = y - target
    return Formula("cost", (y, yw, yb, target), (error**2, 2 * error * yw, 2 * error * yb))


def _clip() -> Formula:
    """The gradient, made no longer than the threshold."""
    length, factor = sp.symbols("length factor", real=True)
    where = (
        (length, Hypot(gw, gb)),
        (factor, sp.Piecewise((threshold / length, length > threshold), (1, True))),
    )
    return Formula("clip", (gw, gb, threshold), (factor * gw, factor * gb), where)
