"""Random instances in a claim's domain."""

from __future__ import annotations

import random
from typing import Any

import sympy as sp

from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.compare import compare
from book_utils.derivations.engine.instances import NotEvaluable
from book_utils.derivations.engine.names import Names, names_of
from book_utils.derivations.engine.numbers import Numbers

ATTEMPTS = 60
"""How often new numbers are drawn for an instance that the assumptions refuse."""


def draw(
    claim: Claim, seed: int, size: int | None = None, names: Names | None = None
) -> Numbers | None:
    """A random instance in the claim's domain, or None when none was found.

    The first of several sizes is ``size``; the others are drawn by themselves, since a claim
    about an n × p matrix must not be tested on square ones only.
    """
    names = names or names_of(claim)
    choose = random.Random(f"{seed}/{size}")
    sizes: dict[str, int] = {}
    for s in names.sizes:
        if s in claim.where:
            sizes[s.name] = int(choose.choice(_listed(s, claim.where[s])))
        else:
            sizes[s.name] = size if size and not sizes else choose.randint(1, 4)
    symmetric = frozenset(
        c.left.name
        for c in claim.given
        if c.relation == "=" and isinstance(c.left, sp.MatrixSymbol) and c.right == c.left.T
    )
    for attempt in range(ATTEMPTS):
        instance = Numbers(sizes, choose.randrange(2**30) + attempt, symmetric)
        for function in names.functions:
            if function in claim.where:
                instance.functions[function.__name__] = choose.choice(list(claim.where[function]))
        try:
            for symbol in names.scalars:
                instance.values[symbol] = _scalar(symbol, claim, names, instance)
            if all(compare(c, instance) is True for c in claim.given):
                return instance
        except NotEvaluable:
            continue
    return None


def _listed(name: sp.Symbol, domain: Any) -> list[sp.Basic]:
    if not isinstance(domain, sp.FiniteSet | sp.Range) or not domain.is_finite_set:
        raise ValueError(f"where: got {domain} for {name}, expects a finite Range or FiniteSet")
    return list(domain)


def _scalar(symbol: sp.Symbol, claim: Claim, names: Names, instance: Numbers) -> sp.Expr:
    """A value in the symbol's own domain and as its assumptions say."""
    if symbol in names.ranges and symbol not in claim.where:
        return sp.Integer(instance.random.randint(1, instance.integer(names.ranges[symbol])))
    for _ in range(20):
        if symbol in claim.where:
            value = _from_set(claim.where[symbol], instance)
        elif instance.special:
            value = sp.Rational(instance.random.choice(["-1", "0", "1/2", "1", "2"]))
        elif symbol.is_integer:
            value = sp.Integer(instance.random.randint(-4, 4))
        else:
            value = instance.draw()
        if satisfies(symbol, value):
            return value
    raise NotEvaluable(f"no value for {symbol} fits what is assumed of it")


def satisfies(symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether a value is what SymPy was told of the symbol: real, positive, even …"""
    told = symbol.assumptions0.items()
    return all(getattr(value, f"is_{fact}", None) in (truth, None) for fact, truth in told)


def _from_set(domain: Any, instance: Numbers) -> sp.Expr:
    known = {s: v for s, v in instance.values.items() if isinstance(v, sp.Basic)}
    for name, size in instance.sizes.items():
        known |= {s: sp.Integer(size) for s in domain.free_symbols if s.name == name}
    domain = domain.xreplace(known)
    choose = instance.random
    match domain:
        case sp.Union():
            return _from_set(choose.choice(list(domain.args)), instance)
        case sp.Range():
            size = domain.size
            if size == 0:
                raise NotEvaluable("an empty range")
            return domain[choose.randrange(int(size) if size.is_finite else 5)]
        case sp.Interval():
            return _from_interval(domain, instance)
        case sp.FiniteSet():
            return choose.choice(list(domain))
        case sp.sets.sets.EmptySet():
            raise NotEvaluable("an empty domain")
    raise ValueError(
        f"where: got {domain}, expects an Interval, a Range, a FiniteSet or a union of these"
    )


def _from_interval(domain: sp.Interval, instance: Numbers) -> sp.Expr:
    low, high = domain.start, domain.end
    share = sp.Rational(instance.random.randint(0, 64), 64)
    if instance.special:
        ends = [end for end in (low, high, sp.Integer(0)) if domain.contains(end) == sp.true]
        if ends:
            return instance.random.choice(ends)
    if low.is_finite and high.is_finite:
        value = low + (high - low) * share
    elif low.is_finite:  # half a line: near its end more often than far out
        value = low + share * 4 if share < sp.Rational(1, 2) else low + 1 / (1 - share * 63 / 64)
    elif high.is_finite:
        value = high - share * 4 if share < sp.Rational(1, 2) else high - 1 / (1 - share * 63 / 64)
    else:
        value = instance.draw()
    if (value == low and domain.left_open) or (value == high and domain.right_open):
        raise NotEvaluable("an open end")
    return value
