"""What SymPy is let evaluate: a number without letters, and a proof that two formulas agree.

SymPy evaluates when it rebuilds an expression, in every branch and in sums that are empty too.
So a formula is weighed first: nothing heavy is ever rebuilt, whether or not a point comes by.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from book_utils.coursework.formulas.limits import TooSlow, within
from book_utils.coursework.formulas.making import CLOSED, is_matrix
from book_utils.coursework.formulas.names import Refused
from book_utils.coursework.formulas.reading import read
from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.decide import prove
from book_utils.derivations.engine.evidence import Grade
from book_utils.derivations.engine.prove import calculus

HEAVIEST = 4_000
"""Bits, roughly, of the numbers that evaluating a formula may make."""

PARTS = 120
"""Of both sides of a proof together."""

SECONDS = 2.0


def weight(e: sp.Basic) -> int:
    """About how many bits it has once it is evaluated; never less. More than enough is one more."""
    if isinstance(e, sp.Rational):
        return e.p.bit_length() + e.q.bit_length()
    parts = [weight(part) for part in e.args]
    if isinstance(e, sp.Pow) and isinstance(e.exp, sp.Integer):
        found = parts[0] * abs(int(e.exp))
    elif isinstance(e, sp.Pow | sp.exp):  # exp(9*log(9)) is 9**9 for SymPy
        found = sum(parts) << min(parts[-1], 20)
    else:
        found = 1 + sum(parts)
    return min(found, HEAVIEST + 1)


def exact(text: Any) -> sp.Expr | sp.Matrix:
    """The number, or the matrix of numbers, that a text says, evaluated exactly."""
    if isinstance(text, list | tuple):
        rows = [
            list(map(exact, row)) if isinstance(row, list | tuple) else exact(row) for row in text
        ]
        return sp.ImmutableDenseMatrix(rows)
    number = read(text, "", CLOSED)
    entries = list(number) if is_matrix(number) else [number]
    if isinstance(number, list) or max(map(weight, entries)) > HEAVIEST:
        raise Refused("write a number, with fractions, roots and small powers")
    try:
        value = within(SECONDS, lambda: _all_evaluated(number))
    except TooSlow:
        raise Refused("write the number in a simpler way") from None
    if any(entry.is_finite is False for entry in (value if is_matrix(value) else [value])):
        raise Refused("this is not a finite number: it divides by zero")
    return value


def _all_evaluated(number: sp.Expr | sp.Matrix) -> sp.Expr | sp.Matrix:
    return number.applyfunc(_evaluated) if is_matrix(number) else _evaluated(number)


def _evaluated(e: sp.Basic) -> sp.Basic:
    return e.func(*map(_evaluated, e.args)) if e.args else e


def proved(yours: sp.Expr, right: sp.Expr) -> bool:
    """Whether multiplying out shows that the two sides are the same; sums by the engine's calculus.

    SymPy's simplify would find more, and take a hundred times as long.
    """
    sides = (yours, right)
    if any(side.has(sp.Piecewise) or weight(side) > HEAVIEST for side in sides):
        return False
    if sum(1 for side in sides for _ in sp.preorder_traversal(side)) > PARTS:
        return False
    if any(side.has(sp.Sum, sp.Product) for side in sides):
        found = prove(Claim(yours, "=", right), (calculus,), seconds=SECONDS)
        return found is not None and found.grade > Grade.INCONCLUSIVE
    try:
        return within(SECONDS, lambda: _multiplied_out(yours, right))
    except TooSlow:
        return False


def _multiplied_out(yours: sp.Expr, right: sp.Expr) -> bool:
    gap = sp.together(_evaluated(yours) - _evaluated(right))
    return sp.expand(sp.fraction(gap)[0]) == 0
