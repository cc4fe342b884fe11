"""Calculus with indices: exact for every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.engine.binding import put, rename_apart
from book_utils.derivations.engine.claim import Claim, Equation, shape_of
from book_utils.derivations.engine.evidence import PROVED, Evidence
from book_utils.derivations.engine.names import names_of
from book_utils.derivations.engine.routes.zero import is_zero
from book_utils.derivations.engine.vocabulary import Entry, Jacobian, OfIndex


def calculus(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Differentiate, let the Kronecker deltas act, collect: both sides become the same sum."""
    if claim.relation != "=" or shape_of(claim.left) is not None:
        return None
    # A free index of an array runs from 1 to the array's extent; one with a domain of its own
    # is left out, since a delta could then point outside a sum's range.
    ranges = tuple((i, n) for i, n in names_of(claim).ranges.items() if i not in claim.where)
    if any(e.relation != "=" or shape_of(e.left) is not None for e in using):
        return None
    if any(_inside(claim) & (e.left.free_symbols | e.right.free_symbols) for e in using):
        return None
    left, right = (
        _canonical(side.subs([tuple(e) for e in using], simultaneous=True), ranges)
        for side in (claim.left, claim.right)
    )
    return PROVED if is_zero(left - right) else None


def _inside(claim: Claim) -> set[sp.Symbol]:
    """Names that no equation may speak of that is put in.

    An equation for one index must not be used for all that a sum runs over, nor one at a point
    under a derivative, which asks what is around that point.
    """
    parts = [part for side in (claim.left, claim.right) for part in sp.preorder_traversal(side)]
    names = {limit[0] for e in parts if isinstance(e, sp.Sum | sp.Product) for limit in e.limits}
    by = [v for e in parts if isinstance(e, sp.Derivative) for v in e.variables]
    by += [e.args[2] for e in parts if isinstance(e, Jacobian)]
    return names.union(*(variable.free_symbols for variable in by))


def entrywise(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Two matrices are equal when entry (i, j) of the one is entry (i, j) of the other.

    Where no matrix is made from a formula for its entries, multiplying out (``algebra``) says as
    much.
    """
    if claim.relation != "=" or shape_of(claim.left) is None or using:
        return None
    if not any(side.has(OfIndex, Jacobian) for side in (claim.left, claim.right)):
        return None
    i, j = sp.symbols("i j", integer=True, positive=True, cls=sp.Dummy)
    return calculus(replace(claim, left=Entry(claim.left, i, j), right=Entry(claim.right, i, j)))


Ranges = dict[sp.Symbol, sp.Expr]


# The left side of a claim is that of all its mutants, and the next step begins with it.
@lru_cache(maxsize=64)
def _canonical(expression: sp.Expr, ranges: tuple[tuple[sp.Symbol, sp.Expr], ...]) -> sp.Expr:
    """Sums of single terms, constants outside, deltas used up, dummies renamed in order."""
    expression = expression.replace(lambda e: isinstance(e, Entry), lambda e: e.doit())
    # No index of a sum may meet that of a derivative, of a delta, or of another sum.
    expression = rename_apart(expression)
    expression = expression.replace(lambda e: isinstance(e, sp.Derivative), _differentiate)
    expression = _collapse(sp.expand(expression), dict(ranges))
    expression = expression.replace(lambda e: isinstance(e, sp.Product), _one_product)
    return _rename(sp.expand(expression))


def _differentiate(e: sp.Derivative) -> sp.Expr:
    inner = e.expr
    if inner.has(MatrixExpr):
        return e  # SymPy's derivatives of and through matrices are not to be trusted
    for variable, order in e.variable_count:
        for _ in range(int(order)):
            inner = inner.diff(variable)
    return inner


def _collapse(e: sp.Basic, ranges: Ranges) -> sp.Basic:
    """Every sum as terms of sums, each with its constants in front and its deltas used."""
    if not e.has(sp.Sum):
        return e
    if not isinstance(e, sp.Sum):
        return e.func(*(_collapse(a, ranges) for a in e.args))
    body, (index, low, high) = e.function, e.limits[-1]
    if len(e.limits) > 1:
        body = sp.Sum(body, *e.limits[:-1])
    inside_ranges = {**ranges, index: high} if low == 1 else ranges
    total = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(_collapse(sp.expand(body), inside_ranges))):
        outside, inside = term.as_independent(index, as_Add=False)
        total += outside * _one_sum(inside, index, low, high, ranges)
    return total


def _one_sum(
    term: sp.Expr, index: sp.Symbol, low: sp.Expr, high: sp.Expr, ranges: Ranges
) -> sp.Expr:
    length = sp.expand(high - low + 1)
    if length.is_Integer and length <= 0:
        return sp.Integer(0)
    if length == 1:
        return put(term, index, low)
    if index not in term.free_symbols and (high - low + 1).is_nonnegative:
        return term * (high - low + 1)
    for delta in sp.Mul.make_args(term):
        if isinstance(delta, sp.KroneckerDelta) and index in delta.args:
            other = delta.args[1] if delta.args[0] == index else delta.args[0]
            # The delta may act only if its other index surely lies inside the sum's range.
            if low == 1 and ranges.get(other) == high:
                return (term / delta).subs(index, other)
    return sp.Sum(term, (index, low, high))


def _one_product(e: sp.Product) -> sp.Expr:
    """A product of no factors is 1, one of a single factor is that factor."""
    if len(e.limits) > 1:
        return e
    ((index, low, high),) = e.limits
    length = sp.expand(high - low + 1)
    if length.is_Integer and length <= 0:
        return sp.Integer(1)
    return put(e.function, index, low) if length == 1 else e


@cache
def _place(depth: int) -> sp.Dummy:
    return sp.Dummy(f"m{depth}", integer=True, positive=True)


def _rename(expression: sp.Expr) -> sp.Expr:
    """The same name for the index at the same depth, so that equal sums and products look equal."""

    def rename(e: sp.Basic, depth: int) -> sp.Basic:
        if isinstance(e, sp.Sum | sp.Product):
            body, limits = e.function, list(e.limits)
            for place in reversed(range(len(limits))):  # the outermost sum stands last
                fresh = {limits[place][0]: _place(depth)}
                body, depth = body.xreplace(fresh), depth + 1
                limits[place] = limits[place].xreplace(fresh)
                limits[:place] = [inner.xreplace(fresh) for inner in limits[:place]]
            return e.func(rename(body, depth), *limits)
        if not e.args or not e.has(sp.Sum, sp.Product):
            return e
        return e.func(*(rename(a, depth) for a in e.args))

    return rename(expression, 0)
