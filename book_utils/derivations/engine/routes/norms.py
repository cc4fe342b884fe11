"""Inequalities between norms: exact for matrices of every size."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from book_utils.derivations.engine.binding import binds
from book_utils.derivations.engine.claim import Claim, Equation, shape_of
from book_utils.derivations.engine.evidence import PROVED, Evidence
from book_utils.derivations.engine.routes.gaps import Ground
from book_utils.derivations.engine.routes.letters import KINDS
from book_utils.derivations.engine.routes.rules import rule_of

TURNED = {">=": "<=", ">": "<"}


def monotone(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Put an upper bound from ``using`` for a number wherever what multiplies it is not negative.

    The norm of a matrix is a number not below zero here, and nothing else is known of it: no
    theorem about norms is built in. Matrices are multiplied out, and replaced by equal ones.
    """
    return _route(claim, using, theorems=False)


def norms(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """The same with the theorems about norms built in.

    For the spectral norm: that of a sum is at most the sum of the norms, that of a product at
    most the product; ‖cA‖ = |c| ‖A‖, ‖Aᵀ‖ = ‖A‖, ‖AᵀA‖ = ‖A‖², ‖I‖ = 1. For the spectral radius:
    ρ(A) <= ‖A‖, and ρ(A) = ‖A‖ where A is its own transpose; ρ(A^k) = ρ(A)^k, ρ(cA) = |c| ρ(A),
    ρ(Aᵀ) = ρ(A), ρ(AB) = ρ(BA). For the Frobenius norm: the triangle inequality, ‖A‖ <= ‖A‖_F,
    ‖AB‖_F <= ‖A‖ ‖B‖_F and <= ‖A‖_F ‖B‖. For numbers: |a + b| <= |a| + |b|.
    """
    return _route(claim, using, theorems=True)


def _route(claim: Claim, using: Sequence[Equation], theorems: bool) -> Evidence | None:
    sides = claim.left, claim.right
    if shape_of(claim.left) is not None or any(map(_binds_otherwise, sides)):
        return None
    # Other routes are better at numbers of which nothing is known.
    if not using and not any(
        isinstance(p, KINDS | sp.Sum | sp.Abs) for s in sides for p in _parts(s)
    ):
        return None
    left, right = sides if claim.relation not in TURNED else sides[::-1]
    relation = TURNED.get(claim.relation, claim.relation)
    rules = [rule for e in using if (rule := rule_of(e)) is not None]
    facts = [e for e in using if shape_of(e.left) is None]
    ground = Ground(rules, facts, theorems, claim.where)
    proved = ground.not_negative(right - left, strict=relation == "<")
    if proved and relation == "=":
        proved = ground.not_negative(left - right, strict=False)
    return PROVED if proved else None


def _parts(e: sp.Basic):
    return sp.preorder_traversal(e)


def _binds_otherwise(e: sp.Basic) -> bool:
    """Whether a number in it binds a name, or differentiates: only sums are opened here."""
    return any(
        isinstance(part, sp.Expr)
        and not getattr(part, "is_Matrix", False)
        and not isinstance(part, sp.Sum)
        and binds(part)
        for part in _parts(e)
    )
