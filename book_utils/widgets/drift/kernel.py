"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here.

The unit is the Elman cell h_t = φ(w h_{t−1} + ¼), its loss ½ (h_T − y)². The formulas of β and γ
are those of ``dynamics.truncation``, with letters in the place of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp

from book_utils.activations import ACTIVATIONS, Activation
from book_utils.cells import Elman
from book_utils.dynamics.truncation import Constants, gap_rate, smoothness_bound
from book_utils.figures.drift import INPUT
from book_utils.figures.trainings import ROUNDING, UNITS
from book_utils.widgets.codegen import Formula
from book_utils.widgets.formulas import ratio

w, v, h, y, row, total, gradient = sp.symbols("w v h y row total gradient", real=True)
α, β, γ, λ, g, δ = sp.symbols("α β γ λ g δ", nonnegative=True)
size, top, bottom = sp.symbols("size top bottom", nonnegative=True)
jacobian, immediate = sp.symbols("jacobian immediate", real=True)
i, k = sp.symbols("i k", integer=True, positive=True)

SIZES = {"over": α / i, "root": α / sp.sqrt(i), "equal": α}


@dataclass(frozen=True)
class Letters(Constants):
    """The same constants, not yet numbers."""

    def __post_init__(self) -> None:
        """Letters stand for numbers that are fit: there is nothing to check."""


def formulas() -> tuple[Formula, ...]:
    """Everything the view may compute."""
    units = [ACTIVATIONS[name] for name in UNITS]
    return (
        *map(_carry, units),
        *map(_constants, units),
        *_training(),
        *_pair(),
        *_drift(),
    )


def _carry(act: Activation) -> Formula:
    """The new state, and its derivatives by the state before and by the weight: the cell's rule."""
    cell = Elman(_array([[w]]), _array([[1]]), _array([0]), act)
    (step,) = cell.step(_array([h]), _array([sp.Rational(INPUT)]))
    return Formula(f"carry_{act.name}", (w, h), (step, step.diff(h), step.diff(w)))


def _constants(act: Activation) -> Formula:
    """H, L_p, β and γ of the unit, for all weights in [−λ, λ]."""
    H, L_p = sp.symbols("H L_p", nonnegative=True)
    L, c = act.lipschitz, act.smoothness
    weights = λ / L
    letters = Letters(
        λ=λ,
        H=H,
        L_p=L_p,
        L_w=L * H,
        β_p=sp.diff((h - y) ** 2 / 2, h, 2),
        β_ww=c * H**2,
        β_wh=L + c * weights * H,
        β_hw=L + c * weights * H,
        β_hh=c * weights**2,
    )
    where = ((H, act.stable_value(sp.Rational(INPUT)) / (1 - λ)), (L_p, H + sp.Abs(y)))
    results = (H, L_p, smoothness_bound(letters), gap_rate(letters))
    return Formula(f"constants_{act.name}", (λ, y), results, where)


def _training() -> tuple[Formula, ...]:
    """The gradient, one step back at a time, and a step of projected gradient descent."""
    return (
        Formula("loss_gradient", (h, y), (sp.diff((h - y) ** 2 / 2, h),)),
        Formula(
            "back",
            (row, total, jacobian, immediate),
            (row * jacobian, total + row * immediate),
        ),
        *(Formula(f"size_{name}", (α, i), (each,)) for name, each in SIZES.items()),
        Formula("descend", (w, gradient, size), (w - size * gradient,)),
        Formula("project", (w, λ), (sp.Max(-λ, sp.Min(λ, w)),)),
    )


def _pair() -> tuple[Formula, ...]:
    """The derivatives of p = −β w²/2 and p^k = p − g w."""
    p = -β * w**2 / 2
    return (
        Formula("pair_full", (w, β, g), (p.diff(w),)),
        Formula("pair_short", (w, β, g), ((p - g * w).diff(w),)),
    )


def _drift() -> tuple[Formula, ...]:
    """The distance, the worst case one step further, and the bounds that are easier to read."""
    s = α * β
    factor = sp.Min(1 + 1 / s, 1 + sp.log(i))
    apart = sp.Abs(w - v)
    return (
        Formula("gap", (γ, k, λ), (γ * k * λ**k,)),
        Formula("apart", (w, v), (sp.Piecewise((0, apart < ROUNDING), (apart, True)),)),
        Formula("worst", (δ, size, β, g), ((1 + size * β) * δ + size * g,)),
        Formula("held", (δ, λ), (sp.Min(δ, 2 * λ),)),
        Formula("simple_over", (i, α, β, g), (α * g * i**s * factor,)),
        Formula("simple_root", (i, α, β, g), (g / β * (sp.exp(2 * s * sp.sqrt(i)) - 1),)),
        Formula("exponent", (α, β), (s,)),
        Formula("share", (top, bottom), (ratio(top, bottom),)),
        Formula("width", (λ,), (2 * λ,)),
    )


def _array(entries: list) -> np.ndarray:
    return np.array(entries, dtype=object)
