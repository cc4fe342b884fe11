"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here.

All comes from one step of the vanilla cell with one unit, x_t = w σ(x_{t-1}) + u_t + b, and from
the loss E = ½ (x_T − y)².
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from book_utils.activations import Activation, X
from book_utils.cells import Vanilla
from book_utils.figures.unroll import INPUTS, ROUNDING, t
from book_utils.widgets.codegen import Formula
from book_utils.widgets.formulas import activations, ratio

w, b, x, u, y = sp.symbols("w b x u y", real=True)
value, slope, gamma, eta = sp.symbols("value slope gamma eta", real=True)
first, middle, last, term = sp.symbols("first middle last term", real=True)
total, size, moment, largest = sp.symbols("total size moment largest", real=True)
back = sp.Symbol("back", integer=True, nonnegative=True)  # T - k, how many steps ago


def formulas() -> tuple[Formula, ...]:
    """Everything the view may compute."""
    return (*activations(), *_inputs(), *_factors(), *_bounds(), *_sums())


def _inputs() -> tuple[Formula, ...]:
    """u_t."""
    return tuple(Formula(f"input_{name}", (t,), (each,)) for name, each in INPUTS.items())


def _factors() -> tuple[Formula, ...]:
    """One step, and the three factors of r_{T,k}: the cell's own rule, differentiated."""
    f = sp.Function("f")
    cell = Vanilla(_array([[w]]), _array([[1]]), _array([b]), Activation("f", "f", f(X)))
    (step,) = cell.step(_array([x]), _array([u]))
    named = {f(x).diff(x): slope, f(x): value}
    jacobian, immediate = (sp.diff(step, each).subs(named) for each in (x, w))
    loss = (x - y) ** 2 / 2
    return (
        Formula("step", (w, b, u, value), (step.subs(named),)),
        Formula("loss_gradient", (x, y), (loss.diff(x),)),
        Formula("immediate", (value,), (immediate,)),
        # ∂x_T/∂x_k is 1 for k = T, and each step further back is one more factor on the right.
        Formula("latest", (), (sp.Integer(1),)),
        Formula("earlier", (middle, w, slope), (middle * jacobian,)),
        Formula("contribution", (first, middle, last), (first * middle * last,)),
    )


def _bounds() -> tuple[Formula, ...]:
    """η = γ |w|, what it allows for ∂x_T/∂x_k, and for r_{T,k} with the largest |σ(x_{k-1})|."""
    return (
        Formula("eta", (w, gamma), (gamma * sp.Abs(w),)),
        Formula("larger", (largest, last), (sp.Max(largest, sp.Abs(last)),)),
        Formula("allowed", (eta, back), (eta**back,)),
        Formula("bound", (first, largest, eta, back), (sp.Abs(first) * largest * eta**back,)),
    )


def _sums() -> tuple[Formula, ...]:
    """Σ r, Σ |r| and Σ (T − k) |r|, one step at a time, and what is read off them at the end."""
    rounding = sp.Abs(total) <= ROUNDING * size
    return (
        Formula(
            "add",
            (total, size, moment, term, back),
            (total + term, size + sp.Abs(term), moment + back * sp.Abs(term)),
        ),
        Formula("gradient", (total, size), (sp.Piecewise((0, rounding), (total, True)),)),
        Formula("share", (term, size), (ratio(sp.Abs(term), size),)),
        Formula("distance", (moment, size), (ratio(moment, size),)),
    )


def _array(entries: list) -> np.ndarray:
    return np.array(entries, dtype=object)
