"""Equations between matrices as rewriting rules: what may stand in the place of a product."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from book_utils.derivations.engine.binding import put
from book_utils.derivations.engine.claim import Domains, Equation, lies_in, shape_of
from book_utils.derivations.engine.routes.words import (
    Polynomial,
    Total,
    Word,
    add,
    is_sum,
    joined,
    nonzero,
    renamed,
    summed,
    transposed,
    words,
)


@dataclass(frozen=True)
class Rule:
    """A product of letters and what may stand in its place.

    With an ``each`` it is a rule for every value of an index, and is used only under a sum that
    surely stays inside the domain of that fact.
    """

    pattern: Word
    replacement: Polynomial
    each: Equation | None = None

    def both_ways(self) -> list[Rule]:
        """The rule and, where that is another one, the transposed rule."""
        turned = replace(
            self,
            pattern=transposed(self.pattern),
            replacement={transposed(word): c for word, c in self.replacement.items()},
        )
        return [self] if turned.pattern == self.pattern else [self, turned]

    def at(self, index: sp.Symbol) -> Rule:
        """The rule for one value of its index."""
        name = self.each.index
        return Rule(
            renamed(self.pattern, name, index),
            {renamed(w, name, index): put(c, name, index) for w, c in self.replacement.items()},
        )


def rule_of(equation: Equation) -> Rule | None:
    """An equation between matrices as a rule, if its left side is one product of letters."""
    if equation.relation != "=" or shape_of(equation.left) is None:
        return None
    pattern, replacement = words(equation.left), words(equation.right)
    if pattern is None or replacement is None or len(pattern) != 1:
        return None
    ((word, coefficient),) = pattern.items()
    if coefficient != 1 or not word:
        return None
    return Rule(word, replacement, None if equation.index is None else equation)


def rewrite(polynomial: Polynomial, rule: Rule, where: Domains) -> Polynomial:
    """The rule, and its transposed, used once in each word: at the first place that fits."""
    for one in rule.both_ways():
        polynomial = _rewrite(polynomial, one, where)
    return polynomial


def _rewrite(polynomial: Polynomial, rule: Rule, where: Domains) -> Polynomial:
    result: Polynomial = {}
    for word, coefficient in polynomial.items():
        for other, factor in _rewrite_word(word, rule, where).items():
            add(result, other, coefficient * factor)
    return nonzero(result)


def _rewrite_word(word: Word, rule: Rule, where: Domains) -> Polynomial:
    if is_sum(word):
        whole = _rewrite_whole(word[0][0], rule)
        return _rewrite_inside(word[0][0], rule, where) if whole is None else whole
    place = None if rule.each else _find(word, rule.pattern)
    if place is None:
        return {word: sp.S.One}
    return _replaced(word, place, rule)


def _replaced(word: Word, place: int, rule: Rule) -> Polynomial:
    before, after = word[:place], word[place + len(rule.pattern) :]
    result: Polynomial = {}
    for middle, factor in rule.replacement.items():
        for whole, number in joined(before + middle + after).items():
            add(result, whole, factor * number)
    return nonzero(result)


def _rewrite_whole(total: Total, rule: Rule) -> Polynomial | None:
    """A rule about a sum, used where that sum stands with factors that moved into it."""
    if rule.each or not is_sum(rule.pattern):
        return None
    known = rule.pattern[0][0]
    index, coefficient, inner = total.open()
    sought = renamed(known.word, known.index, index)
    same = (
        (known.low, known.high) == (total.low, total.high)
        and put(known.coefficient, known.index, index) == coefficient
        and not is_sum(inner)
    )
    place = _find(inner, sought) if same else None
    if place is None:
        return None
    before, after = inner[:place], inner[place + len(sought) :]
    if any(index in a.free_symbols for a, _ in before + after):
        return None
    return _replaced((*before, *rule.pattern, *after), place, rule)


def _rewrite_inside(total: Total, rule: Rule, where: Domains) -> Polynomial:
    """A rule used in the body of a sum, whose index has a name that no other rule knows."""
    index, coefficient, inner = total.open()
    body = {inner: coefficient}
    if rule.each and lies_in(total.low, total.high, rule.each.domain, where):
        body = _rewrite(body, rule.at(index), where)
    inside = {**where, index: sp.Range(total.low, total.high + 1)}
    return summed(_rewrite(body, rule, inside), index, total.low, total.high)


def _find(word: Word, pattern: Word) -> int | None:
    for i in range(len(word) - len(pattern) + 1):
        if word[i : i + len(pattern)] == pattern:
            return i
    return None
