"""Random instances in a claim's domain."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.engine.binding import put
from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.compare import compare
from book_utils.derivations.engine.instances import Instance, NotEvaluable
from book_utils.derivations.engine.names import Names, names_of
from book_utils.derivations.engine.numbers import Numbers
from book_utils.derivations.engine.vocabulary import Frobenius, SigmaMax, SpectralRadius

ATTEMPTS = 60
"""How often new numbers are drawn for an instance that the assumptions refuse."""

SCALES = tuple(map(sp.Rational, ("1", "1", "1/2", "1/4", "1/8", "2", "1/16", "4")))
"""Of the arrays, attempt by attempt, where something is assumed of their norms: an assumption
such as γ σ_max(W) < 1 would otherwise be met by hardly any matrix."""


SMALL = sp.Rational(1, 16)
NORMS = (SigmaMax, SpectralRadius, Frobenius)


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
    of_norms = [c for c in claim.given if c.relation != "=" and c.left.has(MatrixExpr)]
    of_radii = claim.left.has(SpectralRadius) or claim.right.has(SpectralRadius)
    # Norms below 1 are rare among matrices drawn at random: every fifth instance is small.
    small = seed % 5 == 4 and any(side.has(*NORMS) for side in (claim.left, claim.right))
    # A name that an assumption bounds is drawn after those that the bound speaks of.
    scalars = sorted(names.scalars, key=lambda s: bool(_bounds(s, claim)))
    for attempt in range(ATTEMPTS):
        instance = Numbers(sizes, choose.randrange(2**30) + attempt, symmetric)
        instance.scale = SMALL if small else sp.S.One
        if of_norms:
            instance.scale = SCALES[attempt % len(SCALES)]
        if seed % 6 == 5 and (of_norms or of_radii):
            # At n = 3 and n = 4: where a radius stands for a norm, it is 0.
            instance.shape_of_matrices = "strictly triangular"
        for function in names.functions:
            if function in claim.where:
                instance.functions[function.__name__] = choose.choice(list(claim.where[function]))
        try:
            for symbol in scalars:
                instance.values[symbol] = _scalar(symbol, claim, names, instance)
            if all(_assumed(c, instance) for c in claim.given):
                return instance
        except NotEvaluable:
            continue
    return None


def _assumed(assumption: Claim, instance: Numbers) -> bool:
    return all(compare(c, instance, quick=True) is True for c in each(assumption, instance))


def each(assumption: Claim, instance: Instance) -> list[Claim]:
    """An assumption for every index, as one for each of them."""
    if assumption.every is None:
        return [assumption]
    domain = assumption.where[assumption.every]
    places = range(instance.integer(domain.start), instance.integer(domain.stop))
    return [
        Claim(
            put(assumption.left, assumption.every, sp.Integer(place)),
            assumption.relation,
            put(assumption.right, assumption.every, sp.Integer(place)),
        )
        for place in places
    ]


def _bounds(symbol: sp.Symbol, claim: Claim) -> list[tuple[Claim, str, sp.Expr]]:
    """What the assumptions say of one number: (assumption, relation, bound).

    Read off where the number stands alone on one side, or times something not negative:
    γ σ_max(W) <= 1 bounds γ by 1/σ_max(W).
    """
    found = []
    for c in claim.given:
        for side, relation, other in (
            (c.left, c.relation, c.right),
            (c.right, _TURNED[c.relation], c.left),
        ):
            factor = side / symbol if isinstance(side, sp.Expr) else None
            if relation == "=" or factor is None or not side.has(symbol) or other.has(symbol):
                continue
            if not factor.has(symbol) and factor.is_extended_nonnegative:
                found.append((c, relation, other / factor))
    # Bounds by numbers alone are met often enough by numbers drawn at random.
    return found if any(bound.has(MatrixExpr, sp.Indexed) for *_, bound in found) else []


def _is_of_norms(domain: Any) -> bool:
    """Whether a domain's ends are norms: numbers that are known only at an instance."""
    return isinstance(domain, sp.Interval) and domain.has(MatrixExpr)


_TURNED = {"=": "=", "<=": ">=", "<": ">", ">=": "<=", ">": "<"}


def _listed(name: sp.Symbol, domain: Any) -> list[sp.Basic]:
    if not isinstance(domain, sp.FiniteSet | sp.Range) or not domain.is_finite_set:
        raise ValueError(f"where: got {domain} for {name}, expects a finite Range or FiniteSet")
    return list(domain)


def _scalar(symbol: sp.Symbol, claim: Claim, names: Names, instance: Numbers) -> sp.Expr:
    """A value in the symbol's own domain and as its assumptions say."""
    if symbol in names.ranges and symbol not in claim.where:
        return sp.Integer(instance.random.randint(1, instance.integer(names.ranges[symbol])))
    bounds = _bounds(symbol, claim)
    for _ in range(20):
        if bounds or _is_of_norms(claim.where.get(symbol)):
            later = set(names.scalars) - set(instance.values)
            value = _between(symbol, bounds, claim, instance, later)
        elif symbol in claim.where:
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


def _between(
    symbol: sp.Symbol,
    bounds: list[tuple[Claim, str, sp.Expr]],
    claim: Claim,
    instance: Numbers,
    later: set[sp.Symbol],
) -> sp.Expr:
    """A value as the assumptions bound it: at the bound as often as beyond it."""
    low, high = (sp.Integer(0) if symbol.is_nonnegative else -sp.oo), sp.oo
    low_open, high_open = bool(symbol.is_positive), False
    if isinstance(domain := claim.where.get(symbol), sp.Interval):
        low, high, low_open, high_open = _known(domain, instance).args
    for assumption, relation, bound in bounds:
        if bound.free_symbols & later:
            continue  # it speaks of a number that is drawn after this one, and bounded by it
        for one in each(replace(assumption, left=bound, right=bound), instance):
            size, is_open = instance(one.left), relation in ("<", ">")
            if relation in (">=", ">") and (low == -sp.oo or size > instance(low)):
                low, low_open = one.left, is_open
            if relation in ("<=", "<") and (high == sp.oo or size < instance(high)):
                high, high_open = one.left, is_open
    closed = [e for e, is_open in ((low, low_open), (high, high_open)) if not is_open]
    ends = [e for e in closed if e not in (-sp.oo, sp.oo)]
    if ends and instance.random.random() < 0.5:
        return instance.random.choice(ends)
    share = sp.Rational(instance.random.randint(1, 15), 16)
    if high == sp.oo and low == -sp.oo:
        return instance.draw()
    if high == sp.oo:
        return low + share * instance.random.choice((1, 4))
    return high - share if low == -sp.oo else low + (high - low) * share


def satisfies(symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether a value is what SymPy was told of the symbol: real, positive, even …"""
    told = symbol.assumptions0.items()
    return all(getattr(value, f"is_{fact}", None) in (truth, None) for fact, truth in told)


def _known(e: Any, instance: Numbers) -> Any:
    """An expression with the numbers put in that are drawn already. Matrices stay letters."""
    if isinstance(e, sp.Basic) and e.has(MatrixExpr):
        return e
    known = {s: v for s, v in instance.values.items() if isinstance(v, sp.Basic)}
    for name, size in instance.sizes.items():
        known |= {s: sp.Integer(size) for s in e.free_symbols if s.name == name}
    return e.xreplace(known)


def _from_set(domain: Any, instance: Numbers) -> sp.Expr:
    domain = _known(domain, instance)
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
        ends = [end for end in (low, high, sp.Integer(0)) if surely_in(domain, end)]
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


def surely_in(domain: sp.Interval, number: sp.Expr) -> bool:
    """Whether a number lies in an interval; SymPy's own `contains` takes ten times as long."""
    low, high = domain.start, domain.end
    if domain.free_symbols:
        return domain.contains(number) == sp.true
    after = not domain.left_open if number == low else (low < number) == sp.true
    before = not domain.right_open if number == high else (number < high) == sp.true
    return after and before
