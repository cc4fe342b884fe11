"""Inequalities between norms: exact for matrices of every size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from book_utils.derivations.engine.binding import put
from book_utils.derivations.engine.claim import Claim, Equation, at_least, shape_of
from book_utils.derivations.engine.evidence import PROVED, Evidence
from book_utils.derivations.engine.routes.matrices import (
    Polynomial,
    Rule,
    Word,
    _cyclic,
    _is_sum,
    _rewrite,
    _rule,
    _transposed,
    _words,
    matrix_of,
)
from book_utils.derivations.engine.vocabulary import (
    Descending,
    Entry,
    Frobenius,
    SigmaMax,
    SpectralRadius,
)

STATES = 2000
"""How many intermediate gaps are looked at before the route gives up."""

KINDS = SigmaMax | SpectralRadius | Frobenius

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
    ‖AB‖_F <= ‖A‖ ‖B‖_F and <= ‖A‖_F ‖B‖.
    """
    return _route(claim, using, theorems=True)


def _route(claim: Claim, using: Sequence[Equation], theorems: bool) -> Evidence | None:
    sides = claim.left, claim.right
    if shape_of(claim.left) is not None or any(
        s.has(sp.Derivative, sp.Product, sp.Integral) for s in sides
    ):
        return None
    # Other routes are better at numbers of which nothing is known.
    if not using and not any(s.has(SigmaMax, SpectralRadius, Frobenius, sp.Sum) for s in sides):
        return None
    left, right = sides if claim.relation not in TURNED else sides[::-1]
    relation = TURNED.get(claim.relation, claim.relation)
    rules = [rule for e in using if (rule := _rule(e)) is not None]
    ground = _Ground(rules, [e for e in using if shape_of(e.left) is None], theorems, claim.where)
    proved = ground.not_negative(right - left, strict=relation == "<")
    if proved and relation == "=":
        proved = ground.not_negative(left - right, strict=False)
    return PROVED if proved else None


@dataclass(frozen=True)
class _Ground:
    """What a proof may use: matrices that are equal, facts about numbers, theorems, domains."""

    rules: list[Rule]
    facts: list[Equation]
    theorems: bool
    where: Mapping[Any, Any]

    def not_negative(self, gap: sp.Expr, strict: bool) -> bool:
        """Whether the gap is surely not below zero: term by term where sums stand in it."""
        rest, sums = sp.Integer(0), {}
        # Not deep: SymPy would multiply A A^(k-1) together inside a norm.
        for term in map(self._term_by_term, sp.Add.make_args(sp.expand(gap, deep=False))):
            factors = sp.Mul.make_args(term)
            inner = [f for f in factors if isinstance(f, sp.Sum)]
            if len(inner) == 1 and len(inner[0].limits) == 1 and len(inner[0].limits[0]) == 3:
                index, low, high = inner[0].limits[0]
                outside = sp.Mul(*(f for f in factors if f is not inner[0]))
                if index not in outside.free_symbols:
                    key = (sp.expand(low), sp.expand(high))
                    sums.setdefault(key, []).append((outside, inner[0].function, index))
                    continue
            rest += term
        if not _Gap(self).not_negative(rest, strict):
            return False
        return all(self._each_term(ends, parts) for ends, parts in sums.items())

    def normal(self, matrix: sp.Basic) -> Polynomial | None:
        """The matrix multiplied out, with equal matrices put in for each other."""
        words = _words(matrix)
        for rule in self.rules if words is not None else ():
            for each in {rule.pattern: rule, rule.turned().pattern: rule.turned()}.values():
                words = _rewrite(words, each)
        return words

    def _term_by_term(self, term: sp.Expr) -> sp.Expr:
        """The norm of a sum over an index is at most the sum of the norms."""
        for norm in sp.Mul.make_args(term) if self.theorems else ():
            words = self.normal(norm.args[0]) if isinstance(norm, SigmaMax | Frobenius) else None
            if words is None or len(words) != 1 or not _is_sum(next(iter(words))):
                continue
            outside = term / norm
            if (-outside).is_nonnegative:
                (((total, _),), factor) = next(iter(words.items()))
                index, coefficient, inner = total.open()
                if not inner:  # a sum of multiples of I, whose size no letter tells
                    continue
                part = sp.Abs(factor * coefficient) * norm.func(matrix_of(inner))
                return outside * sp.Sum(part, (index, total.low, total.high))
        return term

    def _each_term(self, ends: tuple, parts: list[tuple]) -> bool:
        """A sum is not negative if its body is not, at every index."""
        low, high = ends
        index = sp.Dummy("m", integer=True)
        body = sp.Add(*(outside * put(inner, old, index) for outside, inner, old in parts))
        where = {**self.where, index: sp.Range(low, high + 1)}
        facts = [self._at(fact, index, low, high) for fact in self.facts]
        inside = _Ground(self.rules, [f for f in facts if f is not None], self.theorems, where)
        return inside.not_negative(body, strict=False)

    def _at(self, fact: Equation, index: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Equation | None:
        """A fact for every index of a domain, at the index of a sum that runs inside it."""
        if not fact.where:
            return fact
        if len(fact.where) != 1:
            return None
        ((name, domain),) = fact.where.items()
        inside = isinstance(domain, sp.Range) and at_least(low, domain.start, self.where)
        if not inside or not (domain.stop == sp.oo or at_least(domain.stop, high + 1, self.where)):
            return None
        left, right = put(fact.left, name, index), put(fact.right, name, index)
        return Equation(left, right, fact.ground, fact.relation)


@dataclass(frozen=True)
class _Atom:
    """A norm or a radius as one letter: what it is of."""

    kind: type
    words: tuple | None
    shape: tuple


Powers = dict[sp.Expr, sp.Expr]
Monomial = frozenset[tuple[sp.Expr, sp.Expr]]
Terms = dict[Monomial, sp.Expr]


@dataclass(frozen=True)
class _Bound:
    """coefficient · monomial <= right, coefficient > 0."""

    monomial: Monomial
    coefficient: sp.Expr
    right: sp.Expr
    strict: bool


class _Gap:
    """One search: is a polynomial in norms and other numbers not negative?"""

    def __init__(self, ground: _Ground):
        self.ground = ground
        self.letters: dict[_Atom, sp.Dummy] = {}
        self.atoms: dict[sp.Dummy, _Atom] = {}
        self.reals: dict[Any, sp.Dummy] = {}
        self.with_frobenius = False

    def not_negative(self, gap: sp.Expr, strict: bool) -> bool:
        # A fact for every index holds inside a sum; outside there is no index to put in.
        facts = [f for f in self.ground.facts if not f.where]
        self.with_frobenius = any(e.has(Frobenius) for e in (gap, *(s for f in facts for s in f)))
        bounds = [bound for fact in facts for bound in self._bounds(fact)]
        stack, seen = [(self._terms(self._numbers(gap)), not strict)], set()
        while stack and len(seen) < STATES:
            terms, settled = stack.pop()
            key = (frozenset(terms.items()), settled)
            if key in seen:
                continue
            seen.add(key)
            if self._is_settled(terms, settled, first=len(seen) == 1):
                return True
            stack += list(self._changed(terms, settled, bounds))[::-1]
        return False

    def _is_settled(self, terms: Terms, settled: bool, first: bool) -> bool:
        signs = [c.is_positive and self._is_nonnegative(m) for m, c in terms.items()]
        if all(signs):
            return settled or any(self._is_positive(m) for m in terms)
        if not first:
            return False
        whole = sp.factor(sum(c * _product(m) for m, c in terms.items()))
        return bool(whole.is_nonnegative if settled else whole.is_positive)

    def _changed(
        self, terms: Terms, settled: bool, bounds: list[_Bound]
    ) -> Iterator[tuple[Terms, bool]]:
        """The gap with one negative term made larger in absolute value: none grows."""
        for monomial, coefficient in terms.items():
            if not coefficient.is_negative:
                continue
            others = {m: c for m, c in terms.items() if m != monomial}
            for larger, strict in self._larger(monomial, bounds):
                changed = dict(others)
                for m, c in self._terms(larger).items():
                    changed[m] = changed.get(m, 0) + coefficient * c
                yield {m: c for m, c in changed.items() if c != 0}, settled or strict

    def _larger(self, monomial: Monomial, bounds: list[_Bound]) -> Iterator[tuple[sp.Expr, bool]]:
        """What a product of numbers is at most, and whether it is surely less."""
        powers = dict(monomial)
        for bound in bounds:
            yield from self._by(bound, powers)
        if not self.ground.theorems:
            return
        for base, exponent in monomial:
            rest = monomial - {(base, exponent)}
            if base in self.atoms and self._is_nonnegative(rest) and self._at_least_zero(exponent):
                for larger in self._theorems(base, exponent):
                    yield _product(rest) * larger, False

    def _by(self, bound: _Bound, powers: Powers) -> Iterator[tuple[sp.Expr, bool]]:
        left = dict(bound.monomial)
        if not all(base in powers for base in left):
            return
        gaps = {base: sp.expand(powers[base] - exponent) for base, exponent in left.items()}
        if all(self._at_least_zero(gap) for gap in gaps.values()):
            rest = frozenset({**powers, **gaps}.items())
            rest = frozenset((base, exponent) for base, exponent in rest if exponent != 0)
            if self._is_nonnegative(rest):
                strict = bound.strict and self._is_positive(rest)
                yield _product(rest) * bound.right / bound.coefficient, strict
        # 0 <= a <= b gives a^m <= b^m.
        if len(left) == 1 and set(left.values()) == {1}:
            (base,) = left
            rest = frozenset((b, e) for b, e in powers.items() if b != base)
            single = self._is_nonnegative(frozenset({(base, sp.Integer(1))}))
            if single and self._is_nonnegative(rest) and self._at_least_zero(powers[base]):
                larger = (bound.right / bound.coefficient) ** powers[base]
                yield _product(rest) * larger, False

    # Numbers ----------------------------------------------------------------------------------

    def _at_least_zero(self, exponent: sp.Expr) -> bool:
        return at_least(exponent, 0, self.ground.where)

    def _is_nonnegative(self, monomial: Monomial) -> bool:
        return all(
            b.is_nonnegative or (b.is_real and e.is_even) or (b**e).is_nonnegative
            for b, e in monomial
        )

    def _is_positive(self, monomial: Monomial) -> bool:
        return all(b.is_positive for b, _ in monomial)

    def _terms(self, e: sp.Expr) -> Terms:
        """A polynomial as its monomials: each a set of powers, with a number in front."""
        terms: Terms = {}
        for term in sp.Add.make_args(sp.expand(e)):
            coefficient, rest = term.as_coeff_Mul()
            powers: Powers = {}
            for base, exponent in rest.as_powers_dict().items():
                powers[base] = powers.get(base, 0) + exponent
            powers = {b: sp.expand(x) for b, x in powers.items() if b != 1}
            monomial = frozenset((b, x) for b, x in powers.items() if x != 0)
            terms[monomial] = terms.get(monomial, sp.Integer(0)) + coefficient
        return {m: c for m, c in terms.items() if c != 0}

    def _bounds(self, fact: Equation) -> Iterator[_Bound]:
        """A fact as what bounds a product of numbers; an equation bounds both ways."""
        sides = [self._numbers(side) for side in fact]
        if fact.relation in TURNED:
            sides = sides[::-1]
        strict = fact.relation in ("<", ">")
        for left, right in [sides, sides[::-1]] if fact.relation == "=" else [sides]:
            terms = self._terms(left)
            if len(terms) == 1:
                ((monomial, coefficient),) = terms.items()
                if coefficient.is_positive:
                    yield _Bound(monomial, coefficient, right, strict)

    def _numbers(self, e: sp.Expr) -> sp.Expr:
        """An expression with a letter for every norm. What a sum binds is left as it is."""
        if isinstance(e, KINDS):
            matrix = e.args[0]
            return self._number(type(e), self.ground.normal(matrix), matrix.shape, matrix)
        if isinstance(e, Entry):
            words = self.ground.normal(e.args[0])
            return self._real(e if words is None else (_sorted_items(words), *e.args[1:]))
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
        return e.func(*(self._numbers(a) for a in e.args))

    def _real(self, e: Any) -> sp.Dummy:
        """A letter for an entry or a sum of entries: it is real, and no more is known."""
        return self.reals.setdefault(e, sp.Dummy("x", real=True))

    # Norms ------------------------------------------------------------------------------------

    def _number(
        self, kind: type, words: Polynomial | None, shape: tuple, opaque: sp.Basic = sp.S.One
    ) -> sp.Expr:
        """The norm of a sum of words, as a number times a letter."""
        if words is None:
            return self._letter(_Atom(kind, (opaque,), shape))
        if not self.ground.theorems:
            return self._letter(_Atom(kind, _sorted_items(words), shape))
        if not words:
            return sp.Integer(0)
        words = {_plain(word): c for word, c in words.items()}
        turned = {_transposed(word): c for word, c in words.items()}
        kind = SigmaMax if kind is SpectralRadius and words == turned else kind
        if len(words) > 1:
            forms = [f for w in (words, turned) for f in (w, {k: -c for k, c in w.items()})]
            return self._letter(_Atom(kind, min(map(_sorted_items, forms), key=str), shape))
        ((word, coefficient),) = words.items()
        size = sp.Abs(coefficient)
        if not word:
            return size * (sp.sqrt(shape[0]) if kind is Frobenius else 1)
        if kind is SpectralRadius:
            return size * self._radius(word, shape)
        half = word[len(word) // 2 :]
        if kind is SigmaMax and len(word) % 2 == 0 and word == _transposed(half) + half:
            return size * self._number(SigmaMax, {half: sp.Integer(1)}, _shape(half)) ** 2
        word = min(word, *turned, key=str)
        return size * self._letter(_Atom(kind, ((word, sp.Integer(1)),), _sides(shape)))

    def _radius(self, word: Word, shape: tuple) -> sp.Expr:
        """ρ of a product: turned round as a ring, and of a power the power of ρ."""
        for place in range(len(word)):
            ring = word[place:] + word[:place]
            if ring == _transposed(ring):
                return self._number(SigmaMax, {ring: sp.Integer(1)}, _shape(ring))
        ((ring, _),) = _cyclic({word: sp.Integer(1)}).items()
        for length in range(1, len(ring)):
            times, left = divmod(len(ring), length)
            if left == 0 and ring == ring[:length] * times:
                return self._radius(ring[:length], shape) ** times
        if len(ring) == 1 and isinstance(ring[0][0], sp.MatPow):
            base, exponent = ring[0][0].args
            if self._at_least_zero(exponent):
                power = self._number(SpectralRadius, _words(base), base.shape, base)
                return power**exponent
        return self._letter(_Atom(SpectralRadius, ((ring, sp.Integer(1)),), _sides(shape)))

    def _letter(self, atom: _Atom) -> sp.Dummy:
        if atom not in self.letters:
            letter = sp.Dummy("a", nonnegative=True)
            self.letters[atom], self.atoms[letter] = letter, atom
        return self.letters[atom]

    def _theorems(self, letter: sp.Expr, exponent: sp.Expr) -> Iterator[sp.Expr]:
        """What a power of a norm is at most."""
        atom = self.atoms[letter]
        if not isinstance(atom.words[0], tuple):
            return
        words = dict(atom.words)
        if atom.kind is SpectralRadius:
            yield self._number(SigmaMax, words, atom.shape) ** exponent
            yield from self._norm_of_power(words, exponent, atom.shape)
            return
        if atom.kind is SigmaMax and self.with_frobenius:
            yield self._number(Frobenius, words, atom.shape) ** exponent
        for larger in self._split(atom.kind, words, atom.shape):
            yield larger**exponent

    def _norm_of_power(
        self, words: Polynomial, exponent: sp.Expr, shape: tuple
    ) -> Iterator[sp.Expr]:
        """ρ(A)^m = ρ(A^m), which is at most the norm of A^m."""
        if len(words) != 1:
            return
        (word,) = words
        if exponent.is_Integer:
            yield self._number(SigmaMax, {word * int(exponent): sp.Integer(1)}, shape)
        elif len(word) == 1 and exponent.is_integer:
            power = (sp.MatPow(word[0][0], exponent), False)
            yield self._number(SigmaMax, {(power,): sp.Integer(1)}, shape)

    def _split(self, kind: type, words: Polynomial, shape: tuple) -> Iterator[sp.Expr]:
        """A sum term by term, a product at every place between two factors."""
        if len(words) > 1:
            yield sp.Add(*(self._number(kind, {w: c}, shape) for w, c in words.items()))
            return
        (word,) = words
        for place in range(1, len(word)):
            pieces = word[:place], word[place:]
            for kinds in (
                [(kind, kind)] if kind is SigmaMax else [(SigmaMax, kind), (kind, SigmaMax)]
            ):
                yield sp.Mul(
                    *(
                        self._number(k, {piece: sp.Integer(1)}, _shape(piece))
                        for k, piece in zip(kinds, pieces, strict=True)
                    )
                )


def _product(monomial: Iterable[tuple[sp.Expr, sp.Expr]]) -> sp.Expr:
    return sp.Mul(*(base**exponent for base, exponent in monomial))


def _plain(word: Word) -> Word:
    """The word with a letter for a letter of the same norm that is written more simply.

    (Aᵀ)^k is the transpose of A^k, and a product in which the sign of every factor is turned is
    the product itself or its negative.
    """
    return tuple(_plainer(letter, turned) for letter, turned in word)


def _plainer(letter: sp.Basic, turned: bool) -> tuple[sp.Basic, bool]:
    if isinstance(letter, sp.MatPow) and isinstance(letter.base, sp.Transpose):
        return sp.MatPow(letter.base.arg, letter.exp), not turned
    if isinstance(letter, Descending) and isinstance(letter.args[0], sp.MatMul):
        body, *others = letter.args
        scalar, factors = body.as_coeff_matrices()
        if scalar == -1:
            return type(letter)(sp.MatMul(*factors), *others), turned
    return letter, turned


def _sorted_items(words: Polynomial) -> tuple:
    return tuple(sorted(words.items(), key=str))


def _sides(shape: tuple) -> tuple:
    """A matrix and its transpose have one norm: their shapes are not told apart."""
    return tuple(sorted(shape, key=str))


def _shape(word: Word) -> tuple:
    (first, turned), (last, last_turned) = word[0], word[-1]
    return first.shape[int(turned)], last.shape[1 - int(last_turned)]
