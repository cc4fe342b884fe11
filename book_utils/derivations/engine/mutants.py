"""Every claim with one thing put wrong: what a check must reject to be worth anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import sympy as sp

from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.names import names_of
from book_utils.derivations.engine.vocabulary import (
    ActivationFunction,
    Ascending,
    CharacteristicPolynomial,
    Descending,
    DiagonalAt,
    Entry,
    Frobenius,
    Jacobian,
    OfIndex,
    SigmaMax,
    SlopeFunction,
    SpectralRadius,
    SumOf,
)

TURNED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<"}


@dataclass(frozen=True)
class Mutant:
    """A claim with one thing put wrong, and what was done to it."""

    what: str
    claim: Claim


def mutants(claim: Claim) -> list[Mutant]:
    """All mutants of a claim's right side, and of its relation, each different from the claim."""
    found: list[Mutant] = []
    if claim.relation in TURNED:
        found.append(Mutant("inequality turned", replace(claim, relation=TURNED[claim.relation])))
    seen = {claim.right}
    for what, right in _variants(claim.right, sorted(names_of(claim).ranges, key=str)):
        same_kind = _same_shape(right, claim.right) and _has_values(right)
        if right not in seen and same_kind and _fits(right):
            seen.add(right)
            found.append(Mutant(what, claim.with_right(right)))
    return found


def _same_shape(a: sp.Basic, b: sp.Basic) -> bool:
    return getattr(a, "shape", None) == getattr(b, "shape", None)


def _has_values(e: sp.Basic) -> bool:
    """Whether it is an expression at all: p dropped from y/(p (1 - p)) may leave one over zero."""
    return not e.has(sp.zoo, sp.nan)


def _fits(e: sp.Basic) -> bool:
    """Whether matrices are multiplied and added that fit at every size, and have a norm taken."""
    return all(map(_fits_here, sp.preorder_traversal(e)))


def _fits_here(e: sp.Basic) -> bool:
    match e:
        case sp.MatMul():
            factors = [a for a in e.args if a.is_Matrix]
            return all(a.shape[1] == b.shape[0] for a, b in pairwise(factors))
        case sp.MatAdd():
            return all(a.shape == e.shape for a in e.args)
        case SigmaMax() | SpectralRadius() | Frobenius():
            return e.args[0].is_Matrix
    return True


Changes = Iterator[tuple[str, sp.Basic]]


def _variants(e: sp.Basic, indices: list[sp.Symbol]) -> Changes:
    """The expression with one node changed: first here, then in each argument.

    ``indices`` are the free indices of arrays: what another index may be mistaken for.
    """
    if _is_time(e):
        yield f"{_name(e)} one too high", e + 1
        yield f"{_name(e)} one too low", e - 1
        return
    if isinstance(e, sp.Indexed):
        for place, index in enumerate(e.indices):
            for other in indices:
                if other != index:
                    wrong = [*e.indices[:place], other, *e.indices[place + 1 :]]
                    yield f"index {other} for {index} in {_name(e)}", e.base[tuple(wrong)]
    yield from _here(e)
    for place in _places(e):
        for what, argument in _variants(e.args[place], indices):
            try:
                changed = [*e.args[:place], argument, *e.args[place + 1 :]]
                yield what, e.func(*changed)
            except (ValueError, TypeError, IndexError, sp.matrices.exceptions.ShapeError):
                continue  # the change makes no expression at all


def _is_time(e: sp.Basic) -> bool:
    """A time or an end of a product: these go wrong by one."""
    return isinstance(e, sp.Symbol | sp.Add) and e.is_integer is True


def _places(e: sp.Basic) -> range:
    """Which arguments may be changed. Names, sizes and the variable of a sum are not."""
    match e:
        case sp.MatrixSymbol() | sp.IndexedBase() | sp.Identity() | sp.ZeroMatrix():
            return range(0)
        case OfIndex() | Jacobian():
            return range(1)
        case sp.Derivative() | sp.Sum() | sp.Product() | CharacteristicPolynomial():
            return range(1)
        case Descending() | SumOf():
            return range(0 if e.is_empty else 1)
        case sp.Pow() | sp.MatPow():
            return range(1)
        case DiagonalAt():
            return range(1, 2)
        case sp.Indexed() | Entry():
            return range(0)
    return range(len(e.args))


def _here(e: sp.Basic) -> Changes:
    match e:
        case sp.Sum() | sp.Product():
            body, (index, low, high) = e.function, e.limits[0]
            yield "lower limit one too high", e.func(body, (index, low + 1, high))
            yield "upper limit one too low", e.func(body, (index, low, high - 1))
        case Descending():
            body, index, newest, oldest = e.args
            if e.is_empty:
                yield "a factor too many", type(e)(body, index, newest + 1, oldest)
                return
            other = Ascending if type(e) is Descending else Descending
            yield "order of factors reversed", other(body, index, newest, oldest)
            yield "newest factor lost", type(e)(body, index, newest - 1, oldest)
            yield "oldest factor lost", type(e)(body, index, newest, oldest + 1)
            yield "one factor too old", type(e)(body, index, newest, oldest - 1)
        case SumOf():
            body, index, low, high = e.args
            yield "a last term too many", SumOf(body, index, low, high + 1)
            if e.is_empty:
                return
            yield "a first term too many", SumOf(body, index, low - 1, high)
            yield "first term lost", SumOf(body, index, low + 1, high)
            yield "last term lost", SumOf(body, index, low, high - 1)
        case sp.MatMul():
            yield from _products(e, sp.MatMul, ordered=True)
        case sp.Mul():
            yield from _products(e, sp.Mul, ordered=False)
        case sp.MatAdd() | sp.Add():
            negative = (lambda a: -a) if isinstance(e, sp.Add) else (lambda a: sp.MatMul(-1, a))
            for i, term in enumerate(e.args):
                others = [*e.args[:i], *e.args[i + 1 :]]
                name = _name(term)
                yield f"term {name} dropped", _join(e.func, others)
                yield f"sign of {name} turned", e.func(*others, negative(term))
        case sp.Pow() if e.exp.is_integer or e.exp.is_Symbol:
            yield f"exponent of {_name(e.base)} one too high", e.base ** (e.exp + 1)
            yield f"exponent of {_name(e.base)} one too low", e.base ** (e.exp - 1)
        case sp.MatPow():
            yield f"exponent of {_name(e.base)} one too high", sp.MatPow(e.base, e.exp + 1)
            yield f"exponent of {_name(e.base)} one too low", sp.MatPow(e.base, e.exp - 1)
        case sp.Transpose():
            yield f"transposition of {_name(e.arg)} lost", e.arg
        case sp.Indexed() if len(e.indices) == 2:
            i, j = e.indices
            yield f"indices of {_name(e)} swapped", e.base[j, i]
        case Entry():
            matrix, i, j = e.args
            yield "row and column swapped", Entry(matrix, j, i)
        case SlopeFunction():
            yield "σ for σ′", e.func.of(e.args[0])
        case ActivationFunction():
            yield "σ′ for σ", e.func.slope(e.args[0])
        case SigmaMax() if e.args[0].shape[0] == e.args[0].shape[1] != 1:
            yield "ρ for σ_max", SpectralRadius(e.args[0])
        case SpectralRadius():
            yield "σ_max for ρ", SigmaMax(e.args[0])
    if _is_square_factor(e):
        yield f"{_name(e)} transposed", sp.Transpose(e)
    if isinstance(e, sp.Expr) and not isinstance(e, sp.Number) and _is_whole_value(e):
        yield f"sign of {_name(e)} turned", -e


def _is_whole_value(e: sp.Expr) -> bool:
    """Where a sign is worth turning: on values, not inside indices, limits or exponents."""
    return isinstance(
        e, sp.Indexed | sp.Sum | sp.Derivative | SlopeFunction | ActivationFunction | Entry
    ) or (isinstance(e, sp.Function) and not isinstance(e, sp.KroneckerDelta))


def _is_square_factor(e: sp.Basic) -> bool:
    return (
        getattr(e, "is_Matrix", False)
        and not isinstance(e, sp.MatMul | sp.MatAdd | sp.Transpose | sp.Identity | Descending)
        and len(e.shape) == 2
        and e.shape[0] == e.shape[1] != 1
        and sp.Transpose(e).doit() != e
    )


def _join(kind: type, parts: list[sp.Basic]) -> sp.Basic:
    """A product or sum; of a single part, the part itself."""
    return parts[0] if len(parts) == 1 else kind(*parts)


def _products(e: sp.Basic, kind: type, ordered: bool) -> Changes:
    factors = list(e.args)

    def join(*parts: sp.Basic) -> sp.Basic:
        return _join(kind, list(parts))

    for i, factor in enumerate(factors):
        if factor.is_Number:
            if factor != -1:
                continue
            yield "sign turned", join(*factors[:i], *factors[i + 1 :])
            continue
        if len(factors) > 1:
            yield f"factor {_name(factor)} dropped", join(*factors[:i], *factors[i + 1 :])
    if ordered:
        for i in range(len(factors) - 1):
            a, b = factors[i], factors[i + 1]
            if a.is_Matrix and b.is_Matrix:
                yield (
                    f"factors {_name(a)} and {_name(b)} swapped",
                    join(*factors[:i], b, a, *factors[i + 2 :]),
                )
        yield "sign turned", join(-1, *factors)


def _name(e: sp.Basic) -> str:
    """A short name for a message: the first letters of what it prints."""
    text = str(e)
    return text if len(text) <= 24 else f"{text[:21]}…"
