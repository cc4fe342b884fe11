"""Matrix algebra: exact for every size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import sympy as sp

from book_utils.derivations.engine.claim import Claim, Equation, shape_of
from book_utils.derivations.engine.evidence import PROVED, Evidence
from book_utils.derivations.engine.routes.zero import is_zero
from book_utils.derivations.engine.vocabulary import (
    CharacteristicPolynomial,
    Descending,
    SigmaMax,
    SpectralRadius,
)

Letter = tuple[sp.Basic, bool]
Word = tuple[Letter, ...]
Polynomial = dict[Word, sp.Expr]
Rule = tuple[Word, Polynomial]


def algebra(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Multiply out in the free algebra: products of letters, each letter plain or transposed.

    Two expressions with the same normal form are equal for matrices of every size. Used beyond
    that: a diagonal matrix is its own transpose, two neighbouring diagonal matrices commute,
    and the equations of ``using`` (a definition, an induction hypothesis) replace their left
    side where it stands in a product.
    """
    if claim.relation != "=":
        return None
    trace = isinstance(claim.left, sp.Trace) and isinstance(claim.right, sp.Trace)
    if not trace and shape_of(claim.left) is None:
        return None
    sides = [side.arg if trace else side for side in (claim.left, claim.right)]
    left, right = map(_words, sides)
    if left is None or right is None:
        return None
    for equation in using:
        rule = _rule(equation)
        if rule is None:
            return None
        left, right = _rewrite(left, rule), _rewrite(right, rule)
        # ... and the transposed equation, where that is another one.
        turned = (_transposed(rule[0]), {_transposed(w): c for w, c in rule[1].items()})
        if turned[0] != rule[0]:
            left, right = _rewrite(left, turned), _rewrite(right, turned)
    if trace:
        # The empty word is the identity of each side's own size.
        if sides[0].shape != sides[1].shape and () in {*left, *right}:
            return None
        left, right = _cyclic(left), _cyclic(right)
    return PROVED if not _difference(left, right) else None


def _rule(equation: Equation) -> Rule | None:
    """An equation as a rewriting rule: a product of letters and what may stand in its place."""
    if shape_of(equation.left) is None:
        return None
    pattern, replacement = _words(equation.left), _words(equation.right)
    if pattern is None or replacement is None or len(pattern) != 1:
        return None
    ((word, coefficient),) = pattern.items()
    return (word, replacement) if coefficient == 1 and word else None


def _words(e: sp.Basic) -> Polynomial | None:
    """The normal form: a polynomial in non-commuting letters."""
    match e:
        case sp.MatAdd():
            parts = [_words(a) for a in e.args]
            if any(p is None for p in parts):
                return None
            total: Polynomial = {}
            for part in parts:
                for word, coefficient in part.items():
                    total[word] = sp.expand(total.get(word, 0) + coefficient)
            return {w: c for w, c in total.items() if c != 0}
        case sp.MatMul():
            scalar, factors = e.as_coeff_matrices()
            product: Polynomial = {(): scalar}
            for factor in factors:
                part = _words(factor)
                if part is None:
                    return None
                product = _multiply(product, part)
            return product
        case sp.MatPow() if e.exp.is_Integer and e.exp >= 0:
            product = {(): sp.Integer(1)}
            base = _words(e.base)
            if base is None:
                return None
            for _ in range(int(e.exp)):
                product = _multiply(product, base)
            return product
        case sp.Identity():
            return {(): sp.Integer(1)}
        case Descending() if e.is_empty:
            return {(): sp.Integer(1)}
        case sp.ZeroMatrix():
            return {}
        case sp.Transpose():
            inner = _words(e.arg)
            return None if inner is None else {_transposed(w): c for w, c in inner.items()}
        case _ if getattr(e, "is_Matrix", False) and not isinstance(e, sp.MatrixBase):
            return {((e, False),): sp.Integer(1)}
    return None


def _is_diagonal(e: sp.Basic) -> bool:
    return getattr(e, "diagonal", False)


def _transposed(word: Word) -> Word:
    return _sorted(tuple((a, (not t) and not _is_diagonal(a)) for a, t in reversed(word)))


def _sorted(word: Word) -> Word:
    """Neighbouring diagonal letters in one order: they commute."""
    letters = list(word)
    changed = True
    while changed:
        changed = False
        for i, (a, b) in enumerate(pairwise(letters)):
            if _is_diagonal(a[0]) and _is_diagonal(b[0]) and a[0].sort_key() > b[0].sort_key():
                letters[i], letters[i + 1] = b, a
                changed = True
    return tuple(letters)


def _multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    product: Polynomial = {}
    for word, coefficient in a.items():
        for other, factor in b.items():
            joined = _sorted(word + other)
            product[joined] = sp.expand(product.get(joined, 0) + coefficient * factor)
    return {w: c for w, c in product.items() if c != 0}


def _rewrite(polynomial: Polynomial, rule: Rule) -> Polynomial:
    pattern, replacement = rule
    result: Polynomial = {}
    for word, coefficient in polynomial.items():
        place = _find(word, pattern)
        if place is None:
            result[word] = sp.expand(result.get(word, 0) + coefficient)
            continue
        before, after = word[:place], word[place + len(pattern) :]
        for middle, factor in replacement.items():
            joined = _sorted(before + middle + after)
            result[joined] = sp.expand(result.get(joined, 0) + coefficient * factor)
    return {w: c for w, c in result.items() if c != 0}


def _find(word: Word, pattern: Word) -> int | None:
    for i in range(len(word) - len(pattern) + 1):
        if word[i : i + len(pattern)] == pattern:
            return i
    return None


def _cyclic(polynomial: Polynomial) -> Polynomial:
    """Under a trace a word may be turned round as a ring, and read backwards transposed."""
    result: Polynomial = {}
    for word, coefficient in polynomial.items():
        turns = [_sorted(word[i:] + word[:i]) for i in range(max(len(word), 1))]
        back = _transposed(word)
        turns += [_sorted(back[i:] + back[:i]) for i in range(max(len(back), 1))]
        first = min(turns, key=str)
        result[first] = sp.expand(result.get(first, 0) + coefficient)
    return {w: c for w, c in result.items() if c != 0}


def _difference(a: Polynomial, b: Polynomial) -> Polynomial:
    total = dict(a)
    for word, coefficient in b.items():
        total[word] = sp.simplify(total.get(word, 0) - coefficient)
    return {w: c for w, c in total.items() if c != 0}


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
    words = _words(matrix)
    if words is None:
        return None
    if len(words) == 1 and not isinstance(e, SigmaMax):
        words = _cyclic(words)
    else:
        turned = {_transposed(word): c for word, c in words.items()}
        words = min(words, turned, key=lambda polynomial: sorted(map(str, polynomial.items())))
    # AB and BA of different sizes are kept apart here, and identities too.
    shape = tuple(sorted(matrix.shape, key=str))
    return (type(e), shape, frozenset(words.items()), *variable)
