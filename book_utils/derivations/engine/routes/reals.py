"""Inequalities in real variables: by factors, by counting roots, by interval arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import mpmath
import sympy as sp

from book_utils.derivations.engine.claim import Claim, Equation, shape_of
from book_utils.derivations.engine.evidence import PROVED, Evidence, Grade
from book_utils.derivations.engine.instances import Instance, NotEvaluable


def sign(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Factor the difference of the two sides and read its sign off the factors."""
    if shape_of(claim.left) is not None or claim.relation == "=":
        return None
    difference = sp.factor(sp.together(claim.right - claim.left))
    match claim.relation:
        case "<=":
            holds = difference.is_nonnegative
        case "<":
            holds = difference.is_positive
        case ">=":
            holds = difference.is_nonpositive
        case ">":
            holds = difference.is_negative
    return PROVED if holds else None


def polynomial(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """An inequality between polynomials in one real variable: by counting roots exactly.

    Sturm's theorem counts the real roots in the variable's domain; the sign is read at one
    rational point between two neighbouring roots.
    """
    if shape_of(claim.left) is not None or claim.relation == "=":
        return None
    gap = sp.together(claim.right - claim.left)
    if claim.relation in (">=", ">"):
        gap = -gap
    if len(gap.free_symbols) != 1:
        return None
    (z,) = gap.free_symbols
    domain = claim.where.get(z, sp.Interval(-sp.oo, sp.oo))
    if z.is_nonnegative:
        domain = domain.intersect(sp.Interval(0, sp.oo))
    if not isinstance(domain, sp.Interval) or domain.free_symbols or not z.is_extended_real:
        return None
    if not gap.is_polynomial(z) or not (whole := sp.Poly(gap, z)).domain.is_Exact:
        return None
    if not (whole.domain.is_QQ or whole.domain.is_ZZ):
        return None
    roots = sorted(set(whole.real_roots()))
    places = [domain.contains(root) for root in roots]
    if not all(place in (sp.true, sp.false) for place in places):
        return None
    inside = [root for root, place in zip(roots, places, strict=True) if place == sp.true]
    if claim.relation in ("<", ">") and inside:
        return None
    cuts = [domain.start, *inside, domain.end]
    return PROVED if all(_sample(gap, z, a, b) for a, b in pairwise(cuts)) else None


def _sample(gap: sp.Expr, z: sp.Symbol, low: sp.Expr, high: sp.Expr) -> bool:
    if low == high:
        return True
    if low == -sp.oo:
        point = sp.floor(high) - 1 if high != sp.oo else sp.Integer(0)
    elif high == sp.oo:
        point = sp.ceiling(low) + 1
    else:
        point = (low + high) / 2
    return bool(gap.subs(z, point) > 0)


def certified(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Interval arithmetic: enclose the difference on ever smaller boxes until its sign is sure.

    Without a name in it the claim is about one number, and one enclosure decides.
    """
    if claim.relation not in ("<", "<=", ">", ">=") or shape_of(claim.left) is not None:
        return None
    gap = claim.right - claim.left if claim.relation in ("<", "<=") else claim.left - claim.right
    names = sorted(gap.free_symbols, key=str)
    domains = [claim.where.get(s) for s in names]
    if not all(isinstance(d, sp.Interval) for d in domains):
        return None
    whole: Box = tuple((d.start, d.end) for d in domains)
    if not all(end.is_Rational for side in whole for end in side):
        return None
    boxes = [whole]
    for _ in range(MAXIMUM_BOXES):
        if not boxes:
            return Evidence(Grade.CERTIFIED)
        box = boxes.pop()
        low, high = _ends(gap, dict(zip(names, box, strict=True)))
        if not low > 0:
            if not box or high < 0:  # below zero on a whole box: smaller ones do not help
                return None
            boxes += _halves(box)
    return None


Box = tuple[tuple[sp.Rational, sp.Rational], ...]


def _ends(
    gap: sp.Expr, box: dict[sp.Symbol, tuple[sp.Rational, sp.Rational]]
) -> tuple[mpmath.mpf, mpmath.mpf]:
    """The ends of the enclosure; where there is none, the whole line."""
    try:
        enclosure = Intervals(box)(gap)
    except NotEvaluable:
        return mpmath.mpf("-inf"), mpmath.mpf("inf")
    return mpmath.mpf(enclosure.a), mpmath.mpf(enclosure.b)


def _halves(box: Box) -> list[Box]:
    widest = max(range(len(box)), key=lambda i: box[i][1] - box[i][0])
    low, high = box[widest]
    middle = (low + high) / 2
    parts = ((low, middle), (middle, high))
    return [(*box[:widest], half, *box[widest + 1 :]) for half in parts]


MAXIMUM_BOXES = 5000


class Intervals(Instance):
    """Every name an interval; every operation rounded outwards."""

    zero, one = mpmath.iv.mpf(0), mpmath.iv.mpf(1)

    def __init__(self, box: dict[sp.Symbol, tuple[sp.Rational, sp.Rational]]):
        super().__init__({})
        for name, (low, high) in box.items():
            self.values[name] = mpmath.iv.mpf([self.number(low).a, self.number(high).b])

    def number(self, value: sp.Expr):
        if value.is_Rational:
            return mpmath.iv.mpf(int(value.p)) / int(value.q)
        if value is sp.pi:
            return mpmath.iv.pi
        if value is sp.E:
            return mpmath.iv.e
        raise NotEvaluable(f"no enclosure of {value} is known here")

    def power(self, base: Any, exponent: Any) -> Any:
        """Whole powers of anything, other powers of what is surely positive."""
        whole = exponent.a == exponent.b and mpmath.isint(mpmath.mpf(exponent.a))
        if whole and (exponent.a >= 0 or base.a > 0 or base.b < 0):
            return base ** int(mpmath.mpf(exponent.a))
        if base.a > 0:
            return base**exponent
        raise NotEvaluable("no enclosure of this power is known here")

    def elementary(self, expression: sp.Function, arguments: list) -> Any:
        (z,) = arguments
        match expression:
            case sp.exp():
                return mpmath.iv.exp(z)
            case sp.log() if z.a > 0:
                return mpmath.iv.log(z)
            case sp.tanh():  # written so that its argument stands once: no overestimation
                return 1 - 2 / (mpmath.iv.exp(2 * z) + 1)
        raise NotEvaluable(f"no enclosure of {expression.func.__name__} is known here")
