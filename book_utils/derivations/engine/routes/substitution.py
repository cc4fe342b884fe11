"""Equals put in for equals: exact for every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from book_utils.derivations.engine.binding import binds
from book_utils.derivations.engine.claim import Claim, Equation, shape_of
from book_utils.derivations.engine.evidence import PROVED, Evidence
from book_utils.derivations.engine.routes.matrices import algebra


def substitution(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Put each equation of ``using`` in, wherever its left side stands, then multiply out.

    ``algebra`` uses an equation only in a product of matrices; here it may also be used inside
    a function, such as the activation. A word that binds a name, or differentiates, is left to
    the other routes: under it an equation may hold for other values than those it is given for.
    So is a fact for every index, which is made for such words, and one that is no equation.
    """
    sides = (claim.left, claim.right)
    parts = [part for side in sides for part in sp.preorder_traversal(side)]
    if claim.relation != "=" or any(map(binds, parts)):
        return None
    if any(fact.relation != "=" or fact.index is not None for fact in using):
        return None
    for equation in using:
        sides = tuple(side.xreplace({equation.left: equation.right}) for side in sides)
    left, right = sides
    if left == right:
        return PROVED
    if not using or shape_of(left) is None:
        return None
    return algebra(replace(claim, left=left, right=right), using)
