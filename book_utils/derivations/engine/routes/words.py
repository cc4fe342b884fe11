"""The normal form of a matrix: a polynomial in letters that do not commute."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import sympy as sp

from book_utils.derivations.engine.binding import put
from book_utils.derivations.engine.routes.zero import is_zero
from book_utils.derivations.engine.vocabulary import Descending, SumOf

Letter = tuple[Any, bool]
"""A matrix, and whether it is transposed."""
Word = tuple[Letter, ...]
"""A product of letters. The empty word is an identity, of a size that no letter tells."""
Polynomial = dict[Word, sp.Expr]


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
        return (
            fresh,
            put(self.coefficient, self.index, fresh),
            renamed(self.word, self.index, fresh),
        )


@cache
def _index(height: int) -> sp.Dummy:
    return sp.Dummy(f"k{height}", integer=True)


def _height(word: Word) -> int:
    """How many sums are nested in a word."""
    return 1 + _height(word[0][0].word) if is_sum(word) else 0


def is_sum(word: Word) -> bool:
    return len(word) == 1 and isinstance(word[0][0], Total)


def matrix_of(word: Word) -> sp.MatrixExpr:
    """A word as the matrix it stands for."""
    if not is_sum(word):
        return sp.MatMul(*(sp.Transpose(a) if turned else a for a, turned in word))
    index, coefficient, inner = word[0][0].open()
    return SumOf(sp.MatMul(coefficient, matrix_of(inner)), index, word[0][0].low, word[0][0].high)


def shape_of_word(word: Word) -> tuple | None:
    """Height and width, or None where no letter tells them."""
    if is_sum(word):
        return shape_of_word(word[0][0].word)
    if not word:
        return None
    (first, turned), (last, last_turned) = word[0], word[-1]
    return first.shape[int(turned)], last.shape[1 - int(last_turned)]


def words(e: sp.Basic) -> Polynomial | None:
    """The normal form, multiplied out; None for what is not made of matrices as letters."""
    found = _words(e)
    return None if found is None else dict(found)


@lru_cache(maxsize=20_000)
def _words(e: sp.Basic) -> Polynomial | None:
    match e:
        case sp.MatAdd():
            parts = [_words(a) for a in e.args]
            if any(p is None for p in parts):
                return None
            total: Polynomial = {}
            for part in parts:
                for word, coefficient in part.items():
                    add(total, word, coefficient)
            return nonzero(total)
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
            return None if inner is None else summed(inner, index, low, high)
        case sp.ZeroMatrix():
            return {}
        case sp.Transpose():
            inner = _words(e.arg)
            return None if inner is None else {transposed(w): c for w, c in inner.items()}
        case _ if getattr(e, "is_Matrix", False) and not isinstance(e, sp.MatrixBase):
            return {((e, False),): sp.Integer(1)}
    return None


def summed(body: Polynomial, index: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Polynomial:
    """The sum of a polynomial over an index: a sum for each of its words."""
    low, high = sp.expand(low), sp.expand(high)
    if sp.expand(high - low) == -1:
        return {}
    total: Polynomial = {}
    for word, coefficient in body.items():
        name = _index(_height(word))
        for term in sp.Add.make_args(_expanded(coefficient)):
            outside, inside = term.as_independent(index, as_Add=False)
            letter = Total(put(inside, index, name), renamed(word, index, name), low, high)
            add(total, ((letter, False),), outside)
    return nonzero(total)


def renamed(word: Word, old: sp.Symbol, new: sp.Symbol) -> Word:
    """A word with one name for another. The name of a sum's own index is never ``old``.

    The order of neighbours that commute must not depend on what a name was before.
    """
    if not is_sum(word):
        return _sorted(tuple((put(a, old, new), t) for a, t in word))
    (total, turned) = word[0]
    return (
        (
            Total(
                put(total.coefficient, old, new),
                renamed(total.word, old, new),
                put(total.low, old, new),
                put(total.high, old, new),
            ),
            turned,
        ),
    )


def _expanded(number: sp.Expr) -> sp.Expr:
    """Multiplied out. Most numbers here are plain: SymPy need not look at them."""
    return number if number.is_Atom else sp.expand(number)


def add(polynomial: Polynomial, word: Word, coefficient: sp.Expr) -> None:
    polynomial[word] = _expanded(polynomial.get(word, sp.S.Zero) + coefficient)


def nonzero(polynomial: Polynomial) -> Polynomial:
    return {word: c for word, c in polynomial.items() if c != 0}


def _is_diagonal(e: Any) -> bool:
    return getattr(e, "diagonal", False)


def transposed(word: Word) -> Word:
    if is_sum(word):
        total = word[0][0]
        return ((replace(total, word=transposed(total.word)), False),)
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


def joined(word: Word) -> Polynomial:
    """A word from several: a sum in it takes its neighbours in, the leftmost sum first."""
    place = next((i for i, (a, _) in enumerate(word) if isinstance(a, Total)), None)
    if place is None or len(word) == 1:
        return {_sorted(word): sp.S.One}
    total = word[place][0]
    index, coefficient, inner = total.open()
    body = joined(word[:place] + inner + word[place + 1 :])
    body = {w: _expanded(coefficient * c) for w, c in body.items()}
    return summed(body, index, total.low, total.high)


def _multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    product: Polynomial = {}
    for word, coefficient in a.items():
        for other, factor in b.items():
            for whole, number in joined(word + other).items():
                add(product, whole, coefficient * factor * number)
    return nonzero(product)


def cyclic(polynomial: Polynomial) -> Polynomial:
    """Under a trace a word may be turned round as a ring, and read backwards transposed."""
    result: Polynomial = {}
    for word, coefficient in polynomial.items():
        turns = [_sorted(word[i:] + word[:i]) for i in range(max(len(word), 1))]
        back = transposed(word)
        turns += [_sorted(back[i:] + back[:i]) for i in range(max(len(back), 1))]
        add(result, min(turns, key=str), coefficient)
    return nonzero(result)


def same(a: Polynomial, b: Polynomial) -> bool:
    """Whether two normal forms are equal, for all values of the numbers in them."""
    return all(is_zero(a.get(word, sp.S.Zero) - b.get(word, sp.S.Zero)) for word in {*a, *b})
