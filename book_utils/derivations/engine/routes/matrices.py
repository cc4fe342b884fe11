"""Matrix algebra: exact for every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import sympy as sp

from book_utils.derivations.engine.binding import put
from book_utils.derivations.engine.claim import Claim, Equation, shape_of
from book_utils.derivations.engine.each import EquationForEach
from book_utils.derivations.engine.evidence import PROVED, Evidence
from book_utils.derivations.engine.routes.zero import is_zero
from book_utils.derivations.engine.vocabulary import (
    CharacteristicPolynomial,
    Descending,
    SigmaMax,
    SpectralRadius,
    SumOf,
)

Letter = tuple[Any, bool]
Word = tuple[Letter, ...]
Polynomial = dict[Word, sp.Expr]


@dataclass(frozen=True)
class Rule:
    """A product of letters and what may stand in its place.

    With an ``each`` it is a rule for every value of that index from ``low`` to ``high``, and
    is used only under a sum whose index runs inside that range.
    """

    pattern: Word
    replacement: Polynomial
    each: EquationForEach | None = None

    def turned(self) -> Rule:
        return replace(
            self,
            pattern=_transposed(self.pattern),
            replacement={_transposed(word): c for word, c in self.replacement.items()},
        )

    def covers(self, total: Total) -> bool:
        """Whether the sum's index surely stays inside the range of the rule."""
        gaps = total.low - self.each.low, self.each.high - total.high
        return all(sp.expand(gap).is_nonnegative for gap in gaps)

    def put(self, index: sp.Symbol) -> Rule:
        """The rule for one value of its index."""
        name = self.each.index
        return Rule(
            _put(self.pattern, name, index),
            {_put(w, name, index): put(c, name, index) for w, c in self.replacement.items()},
        )


@dataclass(frozen=True)
class Total:
    """A sum over an index, of a number times a word, as one letter of the normal form.

    Factors beside a sum move into it, so it is the only letter of its word. Its index has a name
    that depends on nothing but how many sums are nested inside: equal sums look equal.
    """

    coefficient: sp.Expr
    word: Word
    low: sp.Expr
    high: sp.Expr

    @property
    def index(self) -> sp.Dummy:
        return _index(_height(self.word))

    def open(self) -> tuple[sp.Dummy, sp.Expr, Word]:
        """The number and the word, with a fresh name for the index."""
        fresh = sp.Dummy("k", integer=True)
        return fresh, put(self.coefficient, self.index, fresh), _put(self.word, self.index, fresh)


@cache
def _index(height: int) -> sp.Dummy:
    return sp.Dummy(f"k{height}", integer=True)


def _height(word: Word) -> int:
    """How many sums are nested in a word."""
    return 1 + _height(word[0][0].word) if _is_sum(word) else 0


def _is_sum(word: Word) -> bool:
    return len(word) == 1 and isinstance(word[0][0], Total)


def matrix_of(word: Word) -> sp.MatrixExpr:
    """A word as the matrix it stands for."""
    if not _is_sum(word):
        return sp.MatMul(*(sp.Transpose(a) if turned else a for a, turned in word))
    index, coefficient, inner = word[0][0].open()
    return SumOf(sp.MatMul(coefficient, matrix_of(inner)), index, word[0][0].low, word[0][0].high)


def algebra(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
    """Multiply out in the free algebra: products of letters, each letter plain or transposed.

    Two expressions with the same normal form are equal for matrices of every size. Used beyond
    that: a diagonal matrix is its own transpose, two neighbouring diagonal matrices commute,
    factors beside a sum may move into it, a sum of sums may be split, and the equations of
    ``using`` (a definition, an induction hypothesis) replace their left side where it stands in
    a product. Under a sum an equation about its index is used only if it holds for each value
    (``EquationForEach``).
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
        turned = rule.turned()
        if turned.pattern != rule.pattern:
            left, right = _rewrite(left, turned), _rewrite(right, turned)
    if trace:
        # The empty word is the identity of each side's own size; a sum may hide one.
        hidden = any(not word or _is_sum(word) for word in (*left, *right))
        if sides[0].shape != sides[1].shape and hidden:
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
    if coefficient != 1 or not word:
        return None
    return Rule(word, replacement, equation if isinstance(equation, EquationForEach) else None)


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
        case SumOf():
            body, index, low, high = e.args
            inner = _words(body)
            return None if inner is None else _summed(inner, index, low, high)
        case sp.ZeroMatrix():
            return {}
        case sp.Transpose():
            inner = _words(e.arg)
            return None if inner is None else {_transposed(w): c for w, c in inner.items()}
        case _ if getattr(e, "is_Matrix", False) and not isinstance(e, sp.MatrixBase):
            return {((e, False),): sp.Integer(1)}
    return None


def _summed(body: Polynomial, index: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Polynomial:
    """The sum of a polynomial over an index: a sum for each of its words."""
    low, high = sp.expand(low), sp.expand(high)
    if sp.expand(high - low) == -1:
        return {}
    total: Polynomial = {}
    for word, coefficient in body.items():
        name = _index(_height(word))
        for term in sp.Add.make_args(sp.expand(coefficient)):
            outside, inside = term.as_independent(index, as_Add=False)
            letter = Total(put(inside, index, name), _put(word, index, name), low, high)
            _add(total, ((letter, False),), outside)
    return _nonzero(total)


def _put(word: Word, old: sp.Symbol, new: sp.Symbol) -> Word:
    """A word with one name for another. The name of a sum's own index is never ``old``.

    The order of neighbours that commute must not depend on what a name was before.
    """
    if not _is_sum(word):
        return _sorted(tuple((put(a, old, new), t) for a, t in word))
    (total, turned) = word[0]
    return (
        (
            Total(
                put(total.coefficient, old, new),
                _put(total.word, old, new),
                put(total.low, old, new),
                put(total.high, old, new),
            ),
            turned,
        ),
    )


def _add(polynomial: Polynomial, word: Word, coefficient: sp.Expr) -> None:
    polynomial[word] = sp.expand(polynomial.get(word, 0) + coefficient)


def _nonzero(polynomial: Polynomial) -> Polynomial:
    return {word: c for word, c in polynomial.items() if c != 0}


def _is_diagonal(e: Any) -> bool:
    return getattr(e, "diagonal", False)


def _transposed(word: Word) -> Word:
    if _is_sum(word):
        total = word[0][0]
        return ((replace(total, word=_transposed(total.word)), False),)
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


def _joined(word: Word) -> Polynomial:
    """A word from several: a sum in it takes its neighbours in, the leftmost sum first."""
    place = next((i for i, (a, _) in enumerate(word) if isinstance(a, Total)), None)
    if place is None or len(word) == 1:
        return {_sorted(word): sp.Integer(1)}
    total = word[place][0]
    index, coefficient, inner = total.open()
    body = _joined(word[:place] + inner + word[place + 1 :])
    body = {w: sp.expand(coefficient * c) for w, c in body.items()}
    return _summed(body, index, total.low, total.high)


def _multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    product: Polynomial = {}
    for word, coefficient in a.items():
        for other, factor in b.items():
            for joined, number in _joined(word + other).items():
                _add(product, joined, coefficient * factor * number)
    return _nonzero(product)


def _rewrite(polynomial: Polynomial, rule: Rule) -> Polynomial:
    result: Polynomial = {}
    for word, coefficient in polynomial.items():
        for other, factor in _rewrite_word(word, rule).items():
            _add(result, other, coefficient * factor)
    return _nonzero(result)


def _rewrite_word(word: Word, rule: Rule) -> Polynomial:
    if _is_sum(word):
        whole = _rewrite_whole(word[0][0], rule)
        return _rewrite_inside(word[0][0], rule) if whole is None else whole
    place = None if rule.each else _find(word, rule.pattern)
    if place is None:
        return {word: sp.Integer(1)}
    return _replaced(word, place, rule)


def _replaced(word: Word, place: int, rule: Rule) -> Polynomial:
    before, after = word[:place], word[place + len(rule.pattern) :]
    result: Polynomial = {}
    for middle, factor in rule.replacement.items():
        for joined, number in _joined(before + middle + after).items():
            _add(result, joined, factor * number)
    return _nonzero(result)


def _rewrite_whole(total: Total, rule: Rule) -> Polynomial | None:
    """A rule about a sum, used where that sum stands with factors that moved into it."""
    if rule.each or not _is_sum(rule.pattern):
        return None
    known = rule.pattern[0][0]
    index, coefficient, inner = total.open()
    sought = _put(known.word, known.index, index)
    same = (
        (known.low, known.high) == (total.low, total.high)
        and put(known.coefficient, known.index, index) == coefficient
        and not _is_sum(inner)
    )
    place = _find(inner, sought) if same else None
    if place is None:
        return None
    before, after = inner[:place], inner[place + len(sought) :]
    if any(index in a.free_symbols for a, _ in before + after):
        return None
    return _replaced((*before, *rule.pattern, *after), place, rule)


def _rewrite_inside(total: Total, rule: Rule) -> Polynomial:
    index, coefficient, inner = total.open()
    body = {inner: coefficient}
    if rule.each and rule.covers(total):
        body = _rewrite(body, rule.put(index))
    return _summed(_rewrite(body, rule), index, total.low, total.high)


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
