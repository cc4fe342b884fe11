"""Norms and radii as letters of a polynomial, and what the theorems about them say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from book_utils.derivations.engine.routes.words import (
    Polynomial,
    Word,
    add,
    cyclic,
    is_sum,
    nonzero,
    shape_of_word,
    transposed,
)
from book_utils.derivations.engine.vocabulary import (
    Descending,
    Entry,
    Frobenius,
    SigmaMax,
    SpectralRadius,
)

KINDS = SigmaMax | SpectralRadius | Frobenius


@dataclass(frozen=True)
class Atom:
    """A norm or a radius as one letter: what it is of."""

    kind: type
    of: Any
    """The items of a normal form, or the matrix itself where there is none."""
    shape: tuple


class Letters:
    """A letter for every norm: two that are equal by a theorem have one and the same."""

    def __init__(self, ground: Any):
        self.ground = ground
        self.letters: dict[Atom, sp.Dummy] = {}
        self.atoms: dict[sp.Dummy, Atom] = {}
        self.reals: dict[Any, sp.Dummy] = {}
        self.with_frobenius = False

    def number(self, e: sp.Expr) -> sp.Expr:
        """An expression with a letter for every norm. What a sum binds is left as it is."""
        if isinstance(e, KINDS):
            matrix = e.args[0]
            form = self.ground.normal(matrix)
            if form is None:
                return self._letter(Atom(type(e), matrix, matrix.shape))
            return self._norm(type(e), form, matrix.shape)
        if isinstance(e, Entry):
            form = self.ground.normal(e.args[0])
            return self._real(e if form is None else (_items(form), *e.args[1:]))
        if isinstance(e, sp.Indexed):
            return self._real(e)
        if isinstance(e, sp.Sum):
            bound = [limit[0] for limit in e.limits]
            inside = e.function.replace(
                lambda x: isinstance(x, sp.Indexed | Entry), lambda x: sp.Dummy(real=True)
            ).subs([(index, sp.Dummy(integer=True)) for index in bound])
            return self._real(e) if inside.is_real else e
        if not e.args or not e.has(SigmaMax, SpectralRadius, Frobenius, sp.Indexed, Entry, sp.Sum):
            return e
        return e.func(*(self.number(a) for a in e.args))

    def theorems(self, letter: sp.Expr, exponent: sp.Expr) -> Iterator[sp.Expr]:
        """What a power of a norm is at most."""
        atom = self.atoms[letter]
        if not isinstance(atom.of, tuple):
            return
        form = dict(atom.of)
        if atom.kind is SpectralRadius:
            yield self._norm(SigmaMax, form, atom.shape) ** exponent
            yield from self._norm_of_power(form, exponent, atom.shape)
            return
        if atom.kind is SigmaMax and self.with_frobenius:
            yield self._norm(Frobenius, form, atom.shape) ** exponent
        for larger in self._split(atom.kind, form, atom.shape):
            yield larger**exponent

    def _real(self, e: Any) -> sp.Dummy:
        """A letter for an entry or a sum of entries: it is real, and no more is known."""
        return self.reals.setdefault(e, sp.Dummy("x", real=True))

    def _letter(self, atom: Atom) -> sp.Dummy:
        if atom not in self.letters:
            letter = sp.Dummy("a", nonnegative=True)
            self.letters[atom], self.atoms[letter] = letter, atom
        return self.letters[atom]

    def _norm(self, kind: type, form: Polynomial, shape: tuple) -> sp.Expr:
        """The norm of a matrix in its normal form, as a number times a letter."""
        if not self.ground.theorems:
            return self._letter(Atom(kind, _items(form), shape))
        form = _without_transposed_powers(form)
        if not form:
            return sp.S.Zero
        turned = {transposed(word): c for word, c in form.items()}
        kind = SigmaMax if kind is SpectralRadius and form == turned else kind
        if len(form) > 1:
            forms = [f for w in (form, turned) for f in (w, {k: -c for k, c in w.items()})]
            return self._letter(Atom(kind, min(map(_items, forms), key=str), _sides(shape)))
        ((word, coefficient),) = form.items()
        size = sp.Abs(coefficient)
        if not word:
            return size * (sp.sqrt(shape[0]) if kind is Frobenius else 1)
        return size * self._of_word(kind, _unsigned(word), _sides(shape))

    def _of_word(self, kind: type, word: Word, sides: tuple) -> sp.Expr:
        """The norm of a product of letters."""
        if kind is SpectralRadius:
            return self._radius(word, sides)
        half = word[len(word) // 2 :]
        if kind is SigmaMax and len(word) % 2 == 0 and word == transposed(half) + half:
            return self._of_word(SigmaMax, half, _sides(shape_of_word(half))) ** 2
        return self._letter(
            Atom(kind, _items({min(word, transposed(word), key=str): sp.S.One}), sides)
        )

    def _radius(self, word: Word, sides: tuple) -> sp.Expr:
        """ρ of a product: turned round as a ring, and of a power the power of ρ."""
        for place in range(len(word)):
            ring = word[place:] + word[:place]
            if ring == transposed(ring):
                return self._of_word(SigmaMax, ring, _sides(shape_of_word(ring) or sides))
        ((ring, _),) = cyclic({word: sp.S.One}).items()
        for length in range(1, len(ring)):
            times, left = divmod(len(ring), length)
            if left == 0 and ring == ring[:length] * times:
                return self._radius(ring[:length], _sides(shape_of_word(ring[:length]))) ** times
        if len(ring) == 1 and isinstance(ring[0][0], sp.MatPow):
            base, exponent = ring[0][0].args
            if self.ground.at_least_zero(exponent):
                return self.number(SpectralRadius(base)) ** exponent
        return self._letter(Atom(SpectralRadius, _items({ring: sp.S.One}), sides))

    def _norm_of_power(
        self, form: Polynomial, exponent: sp.Expr, shape: tuple
    ) -> Iterator[sp.Expr]:
        """ρ(A)^m = ρ(A^m), which is at most the norm of A^m."""
        if len(form) != 1 or is_sum(next(iter(form))):
            return
        (word,) = form
        if exponent.is_Integer:
            yield self._norm(SigmaMax, {word * int(exponent): sp.S.One}, shape)
        elif len(word) == 1 and exponent.is_integer:
            power = (sp.MatPow(word[0][0], exponent), False)
            yield self._norm(SigmaMax, {(power,): sp.S.One}, shape)

    def _split(self, kind: type, form: Polynomial, shape: tuple) -> Iterator[sp.Expr]:
        """A sum term by term, a product at every place between two factors."""
        if len(form) > 1:
            yield sp.Add(*(self._norm(kind, {w: c}, shape) for w, c in form.items()))
            return
        (word,) = form
        kinds = [(kind, kind)] if kind is SigmaMax else [(SigmaMax, kind), (kind, SigmaMax)]
        for place in range(1, len(word)):
            for first, second in kinds:
                yield sp.Mul(
                    *(
                        self._norm(k, {piece: sp.S.One}, shape_of_word(piece))
                        for k, piece in ((first, word[:place]), (second, word[place:]))
                    )
                )


def _without_transposed_powers(form: Polynomial) -> Polynomial:
    """(Aᵀ)^k is the transpose of A^k."""
    found: Polynomial = {}
    for word, coefficient in form.items():
        plain = tuple(
            (sp.MatPow(a.base.arg, a.exp), not turned)
            if isinstance(a, sp.MatPow) and isinstance(a.base, sp.Transpose)
            else (a, turned)
            for a, turned in word
        )
        add(found, plain, coefficient)
    return nonzero(found)


def _unsigned(word: Word) -> Word:
    """A product in which the sign of every factor is turned is the product or its negative.

    For the norm of one word that is the same; in a sum of several it is not.
    """
    return tuple((_positive(letter), turned) for letter, turned in word)


def _positive(letter: Any) -> Any:
    if isinstance(letter, Descending) and isinstance(letter.args[0], sp.MatMul):
        body, *others = letter.args
        scalar, factors = body.as_coeff_matrices()
        if scalar == -1:
            return type(letter)(sp.MatMul(*factors), *others)
    return letter


def _items(form: Polynomial) -> tuple:
    return tuple(sorted(form.items(), key=str))


def _sides(shape: tuple) -> tuple:
    """A matrix and its transpose have one norm: their shapes are not told apart."""
    return tuple(sorted(shape, key=str))
