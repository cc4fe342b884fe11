"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here.

F bounds the forget gates, i, o, f and z are the norms of W_i, W_o, W_f and W_z. A step multiplies
the distances (d_c, d_h) of two states at most by M = [[F, p], [F, p + q_o]].
"""

from __future__ import annotations

import sympy as sp

from book_utils.widgets.codegen import Formula

F, i, o, f, z = sp.symbols("F i o f z", nonnegative=True)
p, q, rate, weight = sp.symbols("p q rate weight", nonnegative=True)
d, r = sp.symbols("d r", integer=True)

NORMS = (i, o, f, z)
P = (i + f / (1 - F)) / 4 + z
Q = o / 4
M = sp.Matrix([[F, p], [F, p + q]])


def formulas() -> tuple[Formula, ...]:
    """Everything the view may compute."""
    squares = d * (1 + weight**-2)
    return (
        Formula("shares", (F, *NORMS), (P, Q, F + P + Q)),
        _weighted(),
        # A larger rate than the smallest, and its weight.
        Formula("middle", (rate, q), ((1 + rate) / 2, 1 - 2 * q / (1 + rate))),
        Formula("room", (F, q), ((1 - F) * (1 - q),)),
        # The bounds of the printed hypotheses: of i and o, of z, and of f.
        Formula("limits", (F,), (1 - F, (1 - F) / 4, (1 - F) ** 2)),
        # From which F on they fail.
        Formula("latest", NORMS, (1 - sp.Max(i, o, 4 * z, sp.sqrt(f)),)),
        *(_top(norm) for norm in (i, f, z)),
        Formula("norms", (F, i, f, p, q), (sp.solve(Q - q, o)[0], sp.solve(P - p, z)[0])),
        # √(d (1 + ω⁻²)) rate^r < 1 holds from this r on; and its left side, squared.
        Formula("needed", (d, rate, weight), (sp.log(squares) / (-2 * sp.log(rate)),)),
        Formula("left", (d, rate, weight, r), (squares * rate ** (2 * r),)),
    )


def _weighted() -> Formula:
    """ρ(M) and the weight ω of d_h; what stands under the root is a sum of squares."""
    root = sp.Symbol("root", nonnegative=True)
    under = (F - q) ** 2 + p * (p + 2 * (F + q))
    assert sp.expand(under - (M.trace() ** 2 - 4 * M.det())) == 0
    best = sp.Piecewise((1, sp.Eq(rate, 0)), (sp.Max(0, 1 - q / rate), True))
    where = ((root, sp.sqrt(under)), (rate, (F + p + q + root) / 2))
    return Formula("weighted", (F, p, q), (rate, best), where)


def _top(norm: sp.Symbol) -> Formula:
    """The value of one norm at which F + p + q_o, or ρ(M), is the given rate."""
    others = tuple(each for each in NORMS if each is not norm)
    characteristic = (rate - F) * (rate - Q) - rate * P
    tops = (sp.solve(equation, norm)[0] for equation in (F + P + Q - rate, characteristic))
    return Formula(f"top_{norm}", (F, *others, rate), tuple(tops))
