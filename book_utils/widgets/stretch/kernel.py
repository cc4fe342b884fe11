"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here."""

from __future__ import annotations

import numpy as np
import sympy as sp

from book_utils.activations import Activation, X
from book_utils.cells import Vanilla
from book_utils.widgets import planar
from book_utils.widgets.codegen import Formula
from book_utils.widgets.formulas import activations
from book_utils.widgets.planar import m, w

b = sp.symbols("b1 b2", real=True)
x = sp.symbols("x1 x2", real=True)
value = sp.symbols("value1 value2", real=True)
slope = sp.symbols("slope1 slope2", real=True)
norm, gamma = sp.symbols("norm gamma", real=True)
s = sp.Symbol("s", integer=True)


def formulas() -> tuple[Formula, ...]:
    """Everything the view may compute."""
    return (*activations(), *_cell(), *_maps())


def _cell() -> tuple[Formula, ...]:
    """One step of the vanilla cell, and its Jacobian as a map made from the map of W."""
    f = sp.Function("f")
    cell = Vanilla(
        _square(w), np.zeros((2, 0)), np.array(b, dtype=object), Activation("f", "f", f(X))
    )
    step = sp.Matrix(cell.step(np.array(x, dtype=object), np.zeros(0)))
    jacobian = step.jacobian(x).subs(
        {f(each).diff(each): s for each, s in zip(x, slope, strict=True)}
    )
    # det W is known better than from the entries of the Jacobian: take out what belongs to W.
    shrink = sp.cancel(jacobian.det() / sp.Matrix(2, 2, w).det())
    entries = tuple(jacobian.subs(dict(zip(w, m, strict=False))))
    values = {f(each): v for each, v in zip(x, value, strict=True)}
    return (
        Formula("step", (*w, *b, *value), tuple(step.subs(values))),
        Formula("jacobian", (*m, *slope), (*entries, m[4] * shrink)),
        Formula("bound", (norm, gamma, s), ((norm * gamma) ** s,)),
    )


def _maps() -> tuple[Formula, ...]:
    """What a 2 by 2 matrix does to the unit circle."""
    return (
        planar.unit(),
        planar.weight(),
        planar.product(),
        planar.image(),
        planar.singular_values(),
        planar.semi_axes(),
        planar.eigenvalues(),
    )


def _square(entries: tuple[sp.Symbol, ...]) -> np.ndarray:
    return np.array(entries, dtype=object).reshape(2, 2)
