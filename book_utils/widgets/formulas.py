"""Formulas that several explorables compute with."""

from __future__ import annotations

import sympy as sp

from book_utils.activations import ACTIVATIONS
from book_utils.dynamics.random_products import DRAWS, LONGEST, ROUNDS
from book_utils.widgets.codegen import Formula, Hash

x = sp.Symbol("x", real=True)
run, k, draw, hashed = sp.symbols("run k draw hashed", integer=True)


def activations() -> tuple[Formula, ...]:
    """σ(x) and σ′(x), in the forms that do not overflow, and γ, the largest slope anywhere."""
    return tuple(
        Formula(
            f"sigma_{name}",
            (x,),
            (act.stable_value(x), act.stable_derivative(x), act.lipschitz),
        )
        for name, act in ACTIVATIONS.items()
    )


def random_numbers() -> tuple[Formula | Hash, ...]:
    """What ``shared/random.js`` computes with: numbers between 0 and 1, the same as NumPy's."""
    return (
        Formula("counter", (run, k, draw), ((run * LONGEST + k) * DRAWS + draw,)),
        Hash("hash", ROUNDS),
        Formula("uniform", (hashed,), ((hashed + sp.Rational(1, 2)) / 2**32,)),
    )


def ratio(top: sp.Expr, bottom: sp.Expr) -> sp.Expr:
    """top/bottom, and 0 where bottom is 0."""
    return sp.Piecewise((0, sp.Eq(bottom, 0)), (top / bottom, True))
