"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here."""

from __future__ import annotations

import sympy as sp

from book_utils.widgets.codegen import Formula, Hash
from book_utils.widgets.formulas import random_numbers

SIZES = (1, 2, 4, 8, 16, 32, 64)
"""The sizes n that a reader may choose."""

drift, spread, log = sp.symbols("drift spread log", real=True)
gain, chi2, u, v = sp.symbols("gain chi2 u v", positive=True)
n, k = sp.symbols("n k", integer=True)


def formulas() -> tuple[Formula | Hash, ...]:
    """Everything the view may compute."""
    square = -2 * sp.log(u)  # of two normal numbers together, by Box and Muller
    return (
        *map(_size, SIZES),
        Formula("rate", (gain, drift), (sp.log(gain) + drift,)),
        Formula("factor", (log,), (sp.exp(log),)),
        Formula("band", (spread, k), (2 * spread / sp.sqrt(k),)),
        *random_numbers(),
        Formula("two", (u,), (square,)),
        Formula("one", (u, v), (square * sp.cos(2 * sp.pi * v) ** 2,)),
        Formula("step", (log, gain, chi2, n), (log + sp.log(gain) + sp.log(chi2 / n) / 2,)),
    )


def _size(size: int) -> Formula:
    """For one size: the exponent at gain 1, the critical gain, and the spread of a step."""
    half = sp.Rational(size, 2)
    exponent = (sp.log(1 / half) + sp.digamma(half)) / 2
    variance = sp.polygamma(1, half) / 4
    values = (exponent, sp.exp(-exponent), sp.sqrt(variance))
    return Formula(f"size_{size}", (), tuple(sp.N(value, 17) for value in values))
