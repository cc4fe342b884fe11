"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here."""

from __future__ import annotations

import sympy as sp

from book_utils.activations import identity, tanh
from book_utils.figures.forgetting import LONGEST, SLACK
from book_utils.widgets.codegen import Formula, Hash
from book_utils.widgets.formulas import random_numbers, ratio

h, other, gap, x = sp.symbols("h other gap x", real=True)
λ, B, B0, H, ε, u, top, bottom = sp.symbols("λ B B0 H ε u top bottom", nonnegative=True)
k, t = sp.symbols("k t", integer=True)

slack = sp.Float(SLACK)


def formulas() -> tuple[Formula | Hash, ...]:
    """Everything the view may compute."""
    enough = sp.Piecewise(
        (0, ε * (1 + slack) >= H),
        ((sp.log(H) - sp.log(ε)) / -sp.log(λ), True),
    )
    free = B0 / (1 - λ)
    grown = (1 - λ ** (t - k)) * free
    longest = sp.Integer(int(LONGEST["tanh"]))
    return (
        *random_numbers(),
        Formula("input_constant", (B, t, u), (B,)),
        Formula("input_pulse", (B, t, u), (sp.Piecewise((B, sp.Eq(t, 1)), (0, True)),)),
        Formula("input_alternating", (B, t, u), (-B * (-1) ** t,)),
        Formula("input_random", (B, t, u), (B * (2 * u - 1),)),
        Formula("step_identity", (λ, h, x), (identity.stable_value(λ * h + x),)),
        Formula("step_tanh", (λ, h, x), (tanh.stable_value(λ * h + x),)),
        # What is left of a gap h − h′ after a step to the states h and other. The difference of
        # two values of tanh is written as a product, which keeps its digits however small it is.
        Formula("gap_identity", (λ, gap, h, other), (λ * gap,)),
        Formula("gap_tanh", (λ, gap, h, other), (tanh.stable_value(λ * gap) * (1 - h * other),)),
        Formula("size", (gap,), (sp.Abs(gap),)),
        # The states of tanh are no longer than 1, whatever λ and the inputs are.
        Formula("state_bound_identity", (λ, B0), (free,)),
        Formula("state_bound_tanh", (λ, B0), (sp.Min(longest, free),)),
        Formula("bound", (λ, k, H), (λ**k * H,)),
        Formula("bound_at_identity", (λ, k, t, B0), (λ**k * grown,)),
        Formula("bound_at_tanh", (λ, k, t, B0), (λ**k * sp.Min(longest, grown),)),
        Formula("share", (top, bottom), (ratio(top, bottom),)),
        Formula("horizon", (λ, H, ε), (enough,)),
        Formula("enough", (x,), (sp.ceiling(x - slack),)),
        Formula("exceeds", (x, ε), (x - ε * (1 + slack),)),
    )
