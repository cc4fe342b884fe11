"""Inequalities between rational functions of several numbers, each in an interval of its own."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from book_utils.derivations.engine.claim import Claim, Equation, shape_of
from book_utils.derivations.engine.evidence import PROVED, Evidence
from book_utils.derivations.engine.names import names_of

Signs = dict[sp.Symbol, str]
"""What a new letter may be: "positive", "nonnegative" or "real"."""
Letters = tuple[tuple[sp.Symbol, str], ...]
Piece = tuple[sp.Expr, Letters]
"""An expression in new letters, and what they may be."""


def box(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Map every interval onto a half line, multiply out, and read the sign off the coefficients.

    A number between a and b is (a + b p)/(1 + p) with p > 0. Once all numbers are written so, a
    polynomial whose coefficients have one sign has that sign everywhere. Where they do not, the
    box is cut into pieces, and each is tried again. The ends of an interval may speak of the
    numbers before it in ``where``.
    """
    if claim.relation == "=" or shape_of(claim.left) is not None or using:
        return None
    gap = claim.right - claim.left
    if claim.relation in (">=", ">"):
        gap = -gap
    strict = claim.relation in ("<", ">")
    names = names_of(claim)
    if names.sizes or names.functions or gap.has(sp.Derivative):
        return None
    if not gap.is_rational_function(*names.scalars):
        return None
    pieces: list[Piece] = [(gap, ())]
    for name in reversed(names.scalars):  # the ends of the later ones speak of the earlier
        values = _onto_half_line(name, claim.where.get(name))
        if not values:
            return None
        pieces = [
            (piece.xreplace({name: value}), letters if new is None else (*letters, new))
            for piece, letters in pieces
            for value, new in values
        ]
    return PROVED if _holds(pieces, strict) else None


MAXIMUM_PIECES = 200
MAXIMUM_CUTS = 5
"""So many pieces are looked at, cut so often in each direction, before the route gives up."""


def _holds(pieces: list[Piece], strict: bool) -> bool:
    """Whether the gap is nowhere below zero, or above it everywhere: piece by piece."""
    waiting = [(piece, 0) for piece in pieces]
    for _ in range(MAXIMUM_PIECES):
        if not waiting:
            return True
        (gap, letters), cuts = waiting.pop()
        sign = _sign(gap, dict(letters))
        if sign == 1 or (sign == 0 and not strict):
            continue
        middle = gap.xreplace(dict.fromkeys(dict(letters), sp.Integer(1)))
        fails = middle.is_negative or sign == 0
        if fails or not letters or cuts >= MAXIMUM_CUTS * len(letters):
            return False
        waiting += [(half, cuts + 1) for half in _halves(gap, letters)]
    return False


def _halves(gap: sp.Expr, letters: Letters) -> list[Piece]:
    """Cut where the first letter is 1, a real one at 0; the next letter is cut next."""
    (letter, sign), *others = letters
    fresh = sp.Dummy(letter.name, real=True)
    if sign == "real":
        parts = ((-fresh, "positive"), (fresh, "nonnegative"))
    else:
        parts = ((fresh / (1 + fresh), sign), (1 + fresh, "nonnegative"))
    return [
        (sp.cancel(gap.xreplace({letter: part})), (*others, (fresh, kind))) for part, kind in parts
    ]


def _onto_half_line(
    name: sp.Symbol, domain: sp.Set | None
) -> list[tuple[sp.Expr, tuple[sp.Symbol, str] | None]]:
    """The number in a new letter, with what the letter may be; nothing for what is no interval.

    An end that belongs to the interval and is not reached by the letter follows by itself.
    """
    if not name.is_extended_real:
        return []
    letter = sp.Dummy(name.name, real=True)
    if domain is None:
        sign = "positive" if name.is_positive else "nonnegative" if name.is_nonnegative else "real"
        return [(letter, (letter, sign))]
    if isinstance(domain, sp.Range) and domain.step == 1 and domain.start.is_finite:
        return [(domain.start + letter, (letter, "nonnegative"))]
    if not isinstance(domain, sp.Interval):
        return []
    low, high, low_open, high_open = domain.args
    from_low, from_high = (
        (letter, "positive" if is_open else "nonnegative") for is_open in (low_open, high_open)
    )
    if low == -sp.oo and high == sp.oo:
        return [(letter, (letter, "real"))]
    if high == sp.oo:
        return [(low + letter, from_low)]
    if low == -sp.oo:
        return [(high - letter, from_high)]
    inside = (low + high * letter) / (1 + letter)
    return [(inside, from_low)] + ([] if high_open else [(high, None)])


def _sign(e: sp.Expr, signs: Signs) -> int | None:
    """1 for a value above zero everywhere, 0 for one that is nowhere below, None if unknown."""
    top, bottom = sp.fraction(sp.together(e))
    whole = 1
    for part, below in ((top, False), (bottom, True)):
        constant, factors = sp.factor_list(part, *signs) if signs else (sp.nsimplify(part), [])
        if not constant.is_Rational:
            return None
        if constant == 0:
            return 0
        whole *= int(sp.sign(constant))
        strong = True
        for factor, power in factors:
            direction, positive = _direction(sp.Poly(factor, *signs), signs)
            if direction is None and power % 2:
                return None
            strong &= positive
            if power % 2:
                whole *= direction
        if below and not strong:
            return None
        if not below:
            above = strong
    return None if whole < 0 else int(above)


def _direction(factor: sp.Poly, signs: Signs) -> tuple[int | None, bool]:
    """The sign that a factor has or is zero with, and whether it is surely not zero."""
    letters = factor.gens
    found: set[int] = set()
    surely = False
    for powers, coefficient in factor.terms():
        if any(p % 2 and signs[x] == "real" for x, p in zip(letters, powers, strict=True)):
            return None, False
        found.add(int(sp.sign(coefficient)))
        surely |= all(not p or signs[x] == "positive" for x, p in zip(letters, powers, strict=True))
    if len(found) != 1:
        return None, False
    return found.pop(), surely
