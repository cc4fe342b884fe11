"""Inequalities with logarithms in one number: by the sign of a derivative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from book_utils.derivations.engine.claim import Claim, Equation, shape_of
from book_utils.derivations.engine.evidence import PROVED, Evidence
from book_utils.derivations.engine.names import names_of
from book_utils.derivations.engine.routes.boxes import box
from book_utils.derivations.engine.routes.zero import is_zero


def slope(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """A gap that is not below zero at one end of an interval and grows from there on.

    It is for sums of rational functions and logarithms, whose derivative is rational: ``box``
    finds its sign, and the mean value theorem does the rest. What stands in a logarithm must be
    positive on the whole domain and at that end; then the gap is smooth wherever its derivative
    has no pole, which ``box`` sees to. The number must not stand in the domain of another one.
    """
    if claim.relation == "=" or shape_of(claim.left) is not None or using:
        return None
    gap = claim.right - claim.left
    if claim.relation in (">=", ">"):
        gap = -gap
    strict = claim.relation in ("<", ">")
    names, logarithms = names_of(claim), gap.atoms(sp.log)
    rest = gap.xreplace({e: sp.Dummy() for e in logarithms})
    if not logarithms or names.sizes or names.functions or not rest.is_rational_function():
        return None
    if not _positive({e.args[0] for e in logarithms}, claim):
        return None
    for name in names.scalars:
        domain = claim.where.get(name)
        if not isinstance(domain, sp.Interval) or _bounds_another(name, claim):
            continue
        low, high, low_open, high_open = domain.args
        for end, is_open, direction in ((low, low_open, 1), (high, high_open, -1)):
            if not end.is_finite or (strict and not is_open):
                continue
            if not _vanishes(gap, name, end, logarithms, claim):
                continue
            inner = {**claim.where, name: sp.Interval.open(low, high)}
            growth = sp.together(direction * sp.diff(gap, name))
            if box(Claim(growth, ">" if strict else ">=", sp.S.Zero, inner)) is not None:
                return PROVED
    return None


def _bounds_another(name: sp.Symbol, claim: Claim) -> bool:
    return any(name in getattr(domain, "free_symbols", ()) for domain in claim.where.values())


def _positive(arguments: set[sp.Expr], claim: Claim) -> bool:
    return all(
        box(replace(claim, left=e, relation=">", right=sp.S.Zero)) is not None for e in arguments
    )


def _vanishes(
    gap: sp.Expr, name: sp.Symbol, end: sp.Expr, logarithms: set[sp.Expr], claim: Claim
) -> bool:
    """Whether the gap is smooth up to the end, and zero there."""
    arguments = {e.args[0].xreplace({name: end}) for e in logarithms}
    return _positive(arguments, claim) and is_zero(gap.xreplace({name: end}))
