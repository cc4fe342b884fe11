"""Matrix algebra: exact for every size."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from book_utils.derivations.engine.claim import Claim, Equation, shape_of
from book_utils.derivations.engine.evidence import PROVED, Evidence
from book_utils.derivations.engine.routes.rules import rewrite, rule_of
from book_utils.derivations.engine.routes.words import cyclic, is_sum, same, transposed, words
from book_utils.derivations.engine.routes.zero import is_zero
from book_utils.derivations.engine.vocabulary import (
    CharacteristicPolynomial,
    SigmaMax,
    SpectralRadius,
)


def algebra(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Multiply out in the free algebra: products of letters, each letter plain or transposed.

    Two expressions with the same normal form are equal for matrices of every size. Used beyond
    that: a diagonal matrix is its own transpose, two neighbouring diagonal matrices commute,
    factors beside a sum may move into it, a sum of sums may be split, and the equations of
    ``using`` (a definition, an induction hypothesis) replace their left side where it stands in
    a product. Under a sum an equation about its index is used only if it holds for each value
    (``for_each``).
    """
    if claim.relation != "=":
        return None
    trace = isinstance(claim.left, sp.Trace) and isinstance(claim.right, sp.Trace)
    if not trace and shape_of(claim.left) is None:
        return None
    sides = [side.arg if trace else side for side in (claim.left, claim.right)]
    left, right = map(words, sides)
    if left is None or right is None:
        return None
    for equation in using:
        rule = rule_of(equation)
        if rule is None:
            return None
        left, right = (rewrite(side, rule, claim.where) for side in (left, right))
    if trace:
        # The empty word is the identity of each side's own size; a sum may hide one.
        hidden = any(not word or is_sum(word) for word in (*left, *right))
        if sides[0].shape != sides[1].shape and hidden:
            return None
        left, right = cyclic(left), cyclic(right)
    return PROVED if same(left, right) else None


def spectrum(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Equal characteristic polynomials, spectral radii and norms of products.

    Three theorems are built in: a matrix and its transpose have the same characteristic
    polynomial and the same norm, and AB and BA have the same characteristic polynomial where
    they have the same size. A product may therefore be read backwards transposed, and where
    eigenvalues are asked for turned round as a ring.
    """
    if claim.relation != "=" or using or shape_of(claim.left) is not None:
        return None
    # A number that depends on a bound name, or is differentiated, is no letter.
    if any(side.has(sp.Sum, sp.Product, sp.Derivative) for side in (claim.left, claim.right)):
        return None
    kinds = CharacteristicPolynomial | SigmaMax | SpectralRadius
    numbers: dict[tuple, sp.Dummy] = {}

    def number(e: sp.Expr) -> sp.Expr:
        key = _spectral_key(e)
        return e if key is None else numbers.setdefault(key, sp.Dummy(real=True))

    sides = [s.replace(lambda e: isinstance(e, kinds), number) for s in (claim.left, claim.right)]
    return PROVED if numbers and is_zero(sides[0] - sides[1]) else None


def _spectral_key(e: sp.Expr) -> tuple | None:
    """What two spectral numbers share if a theorem says that they are equal."""
    matrix, *variable = e.args
    found = words(matrix)
    if found is None:
        return None
    if len(found) == 1 and not isinstance(e, SigmaMax):
        found = cyclic(found)
    else:
        turned = {transposed(word): c for word, c in found.items()}
        found = min(found, turned, key=lambda polynomial: sorted(map(str, polynomial.items())))
    # AB and BA of different sizes are kept apart here, and identities too.
    shape = tuple(sorted(matrix.shape, key=str))
    return (type(e), shape, frozenset(found.items()), *variable)
