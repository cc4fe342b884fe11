"""Whether a polynomial in norms and other numbers is not negative: a search through bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import sympy as sp

from book_utils.derivations.engine.binding import binds, put
from book_utils.derivations.engine.claim import Domains, Equation, at_least
from book_utils.derivations.engine.routes.letters import Letters
from book_utils.derivations.engine.routes.rules import Rule, rewrite
from book_utils.derivations.engine.routes.words import Polynomial, is_sum, matrix_of, words
from book_utils.derivations.engine.vocabulary import Frobenius, Number, SigmaMax

STATES = 2000
"""How many intermediate gaps are looked at before the route gives up."""


@dataclass(frozen=True)
class Ground:
    """What a proof may use: matrices that are equal, facts about numbers, theorems, domains."""

    rules: list[Rule]
    facts: list[Equation]
    theorems: bool
    where: Domains

    def not_negative(self, gap: sp.Expr, strict: bool) -> bool:
        """Whether the gap is surely not below zero: as it is, or with norms of sums split up."""
        # Not deep: SymPy would multiply A A^(k-1) together inside a norm.
        terms = sp.Add.make_args(sp.expand(gap, deep=False))
        if self._is_not_negative(terms, strict):
            return True
        split = tuple(map(self._term_by_term, terms)) if self.theorems else terms
        return split != terms and self._is_not_negative(split, strict)

    def _is_not_negative(self, terms: Iterable[sp.Expr], strict: bool) -> bool:
        """Sums are compared term by term where they have the same ends; the rest as a whole."""
        rest, sums = sp.S.Zero, {}
        for term in terms:
            factors = sp.Mul.make_args(term)
            inner = [f for f in factors if isinstance(f, sp.Sum)]
            if len(inner) == 1 and all(len(limit) == 3 for limit in inner[0].limits):
                *others, (index, low, high) = inner[0].limits  # the outermost sum stands last
                body = sp.Sum(inner[0].function, *others) if others else inner[0].function
                outside = sp.Mul(*(f for f in factors if f is not inner[0]))
                if index not in outside.free_symbols:
                    key = (sp.expand(low), sp.expand(high))
                    sums.setdefault(key, []).append((outside, body, index))
                    continue
            rest += term
        if not _Gap(self).not_negative(rest, strict):
            return False
        return all(self._each_term(ends, parts) for ends, parts in sums.items())

    def normal(self, matrix: sp.Basic) -> Polynomial | None:
        """The matrix multiplied out, with equal matrices put in for each other."""
        found = words(matrix)
        for rule in self.rules if found is not None else ():
            found = rewrite(found, rule, self.where)
        return found

    def at_least_zero(self, exponent: sp.Expr) -> bool:
        return at_least(exponent, 0, self.where)

    def _term_by_term(self, term: sp.Expr) -> sp.Expr:
        """The norm of a sum over an index is at most the sum of the norms."""
        for norm in sp.Mul.make_args(term):
            found = self.normal(norm.args[0]) if isinstance(norm, SigmaMax | Frobenius) else None
            if found is None or len(found) != 1 or not is_sum(next(iter(found))):
                continue
            outside = term / norm
            if (-outside).is_nonnegative:
                (((total, _),), factor) = next(iter(found.items()))
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
        here = [fact.at(index, low, high, self.where) for fact in self.facts]
        inside = replace(
            self,
            facts=[*self.facts, *(fact for fact in here if fact is not None)],
            where={**self.where, index: sp.Range(low, high + 1)},
        )
        return inside.not_negative(body, strict=False)


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

    def __init__(self, ground: Ground):
        self.ground = ground
        self.letters = Letters(ground)

    def not_negative(self, gap: sp.Expr, strict: bool) -> bool:
        # A fact for every index holds inside a sum; outside there is no index to put in.
        facts = [f for f in self.ground.facts if f.index is None]
        self.letters.with_frobenius = any(
            e.has(Frobenius) for e in (gap, *(side for f in facts for side in f))
        )
        bounds = [bound for fact in facts for bound in self._bounds(fact)]
        gap = self.letters.number(gap)
        if signs := self._signs(facts, gap):
            gap = gap.xreplace(signs)
            bounds = [bound for fact in facts for bound in self._bounds(fact, signs)]
        stack, seen = [(_terms(gap), not strict)], set()
        while stack and len(seen) < STATES:
            terms, settled = stack.pop()
            key = (frozenset(terms.items()), settled)
            if key in seen:
                continue
            seen.add(key)
            if _is_settled(terms, settled, first=len(seen) == 1):
                return True
            stack += list(self._changed(terms, settled, bounds))[::-1]
        return False

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
                for m, c in _terms(larger).items():
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
            if not _is_nonnegative(rest) or not self.ground.at_least_zero(exponent):
                continue
            if base in self.letters.atoms:
                for larger in self.letters.theorems(base, exponent):
                    yield _product(rest) * larger, False
            elif isinstance(base, sp.Abs) and base.args[0].is_Add:
                yield _product(rest) * sp.Add(*map(sp.Abs, base.args[0].args)) ** exponent, False

    def _by(self, bound: _Bound, powers: Powers) -> Iterator[tuple[sp.Expr, bool]]:
        left = dict(bound.monomial)
        if not all(base in powers for base in left):
            return
        gaps = {base: sp.expand(powers[base] - exponent) for base, exponent in left.items()}
        if all(self.ground.at_least_zero(gap) for gap in gaps.values()):
            rest = frozenset({**powers, **gaps}.items())
            rest = frozenset((base, exponent) for base, exponent in rest if exponent != 0)
            if _is_nonnegative(rest):
                strict = bound.strict and _is_positive(rest)
                yield _product(rest) * bound.right / bound.coefficient, strict
        # 0 <= a <= b gives a^m <= b^m.
        if len(left) == 1 and set(left.values()) == {1}:
            (base,) = left
            rest = frozenset((b, e) for b, e in powers.items() if b != base)
            single = _is_nonnegative(frozenset({(base, sp.S.One)}))
            if single and _is_nonnegative(rest) and self.ground.at_least_zero(powers[base]):
                larger = (bound.right / bound.coefficient) ** powers[base]
                yield _product(rest) * larger, False

    def _signs(self, facts: list[Equation], gap: sp.Expr) -> Powers:
        """Letters that are not negative, for the numbers of which a fact says so.

        Under a sum the same word may speak of other numbers: then no sign is used at all.
        """
        signs: Powers = {}
        for fact in facts:
            sides = [self.letters.number(side) for side in fact]
            small, large = sides[::-1] if fact.relation in (">=", ">") else sides
            whole = isinstance(large, sp.Symbol | Number) and fact.relation != "="
            if small == 0 and whole and not large.is_nonnegative:
                strict = {"positive" if fact.relation in ("<", ">") else "nonnegative": True}
                signs.setdefault(large, sp.Dummy(str(large), **strict))
        everything = [gap, *(side for fact in facts for side in fact)] if signs else []
        if any(binds(part) for e in everything for part in sp.preorder_traversal(e)):
            return {}
        return signs

    def _bounds(self, fact: Equation, signs: Powers | None = None) -> Iterator[_Bound]:
        """A fact as what bounds a product of numbers; an equation bounds both ways."""
        sides = [self.letters.number(side).xreplace(signs or {}) for side in fact]
        if fact.relation in (">=", ">"):
            sides = sides[::-1]
        strict = fact.relation in ("<", ">")
        for left, right in [sides, sides[::-1]] if fact.relation == "=" else [sides]:
            terms = _terms(left)
            if len(terms) == 1:
                ((monomial, coefficient),) = terms.items()
                if coefficient.is_positive:
                    yield _Bound(monomial, coefficient, right, strict)


def _is_settled(terms: Terms, settled: bool, first: bool) -> bool:
    """Whether no term is negative, and, where that is asked for, one is surely positive."""
    if all(c.is_positive and _is_nonnegative(m) for m, c in terms.items()):
        return settled or any(map(_is_positive, terms))
    if not first:
        return False
    whole = sp.factor(sum(c * _product(m) for m, c in terms.items()))
    return bool(whole.is_nonnegative if settled else whole.is_positive)


def _is_nonnegative(monomial: Monomial) -> bool:
    return all(
        b.is_nonnegative or (b.is_real and e.is_even) or (b**e).is_nonnegative for b, e in monomial
    )


def _is_positive(monomial: Monomial) -> bool:
    return all(b.is_positive for b, _ in monomial)


def _product(monomial: Iterable[tuple[sp.Expr, sp.Expr]]) -> sp.Expr:
    return sp.Mul(*(base**exponent for base, exponent in monomial))


def _split_moduli(e: sp.Expr) -> sp.Expr:
    """|a b| = |a| |b|, which SymPy writes only where it knows the sign of one of the two."""
    return e.replace(
        lambda x: isinstance(x, sp.Abs) and x.args[0].is_Mul,
        lambda x: sp.Mul(*map(sp.Abs, x.args[0].args)),
    )


def _terms(e: sp.Expr) -> Terms:
    """A polynomial as its monomials: each a set of powers, with a number in front."""
    terms: Terms = {}
    for term in sp.Add.make_args(_split_moduli(sp.expand(e))):
        coefficient, rest = term.as_coeff_Mul()
        powers: Powers = {}
        for base, exponent in rest.as_powers_dict().items():
            powers[base] = powers.get(base, 0) + exponent
        powers = {b: sp.expand(x) for b, x in powers.items() if b != 1}
        monomial = frozenset((b, x) for b, x in powers.items() if x != 0)
        terms[monomial] = terms.get(monomial, sp.S.Zero) + coefficient
    return {m: c for m, c in terms.items() if c != 0}
