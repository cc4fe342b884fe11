"""The points to compare at: exact numbers for the letters, as is assumed of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

import sympy as sp

from book_utils.coursework.formulas.letters import letters
from book_utils.coursework.formulas.names import Letters
from book_utils.derivations.engine.domains import satisfies

POINTS = 24
"""How many points a formula is compared at."""

PLAIN, FAR = 8, 6
"""So many have plain numbers, to be read in a message; so many lie further out than most."""

DRAWS = 50 * POINTS
"""How often numbers are drawn to find points that fit what is given."""

SPECIAL = tuple(map(sp.Rational, ("0", "1", "-1", "1/2", "2")))
EVERY = 4
"""Mistakes hide here, and at the ends of a domain: every fourth point goes there on purpose."""

Values = Mapping[sp.Symbol, sp.Rational]


@cache
def points(text: str) -> tuple[Values, ...]:
    """Points for the letters of a text: the same for every answer."""
    here = letters(text)
    found: list[Values] = []
    wanted = POINTS if here.names else 1
    for seed in range(DRAWS):
        special = seed % EVERY == EVERY - 1
        values = _draw(here, random.Random(seed), seed // EVERY if special else None)
        if not _fits(values, here):
            continue
        if len(found) < PLAIN and not special:
            values = _moved(values, here, _plain)
        elif len(found) >= POINTS - FAR and not special:
            values = _moved(values, here, _far(POINTS - len(found)))
        found.append(MappingProxyType(values))
        if len(found) == wanted:
            return tuple(found)
    raise ValueError(f"letters: got {text!r}, which too few numbers fit")


def _draw(
    here: Letters, chance: random.Random, special: int | None
) -> dict[sp.Symbol, sp.Rational]:
    values = {}
    for place, symbol in enumerate(here.numbers.values()):
        domain = here.bounds.get(symbol, sp.S.Reals)
        ends = _special(symbol, domain) if special is not None else []
        values[symbol] = (
            ends[(special + place) % len(ends)] if ends else _number(symbol, domain, chance)
        )
    for _ in here.given:  # put letters in order that a relation orders: it is drawn faster so
        for left, relation, right in here.given:
            if left in values and right in values and not _holds(left, relation, right, values):
                values[left], values[right] = values[right], values[left]
    return values


def _special(symbol: sp.Symbol, domain: sp.Set) -> list[sp.Rational]:
    ends = [*SPECIAL, *(e for e in (domain.inf, domain.sup) if e.is_finite)]
    return [e for e in ends if _inside(e, domain) and satisfies(symbol, e)]


def _number(symbol: sp.Symbol, domain: sp.Set, chance: random.Random) -> sp.Rational:
    """One number in its domain, or, of what its kind excludes, one that will be refused."""
    if isinstance(domain, sp.FiniteSet):
        return chance.choice(domain.args)
    low, high = domain.inf, domain.sup
    if low == -sp.oo and symbol.is_nonnegative:
        low = sp.S.Zero
    if high == sp.oo and symbol.is_nonpositive:
        high = sp.S.Zero
    if symbol.is_integer:
        return sp.Integer(
            chance.randint(int(symbol.is_positive or 0) if symbol.is_nonnegative else -4, 4)
        )
    share = sp.Rational(chance.randint(1, 63), 64)
    if low.is_finite and high.is_finite:
        return low + (high - low) * share
    if low.is_finite:
        return low + 4 * share
    return high - 4 * share if high.is_finite else 6 * share - 3


def _fits(values: Values, here: Letters) -> bool:
    """Whether they meet what is assumed of single letters, and of several."""
    return (
        all(satisfies(symbol, value) for symbol, value in values.items())
        and all(_inside(values[s], domain) for s, domain in here.bounds.items())
        and all(_holds(*relation, values) for relation in here.given)
    )


def _inside(value: sp.Rational, domain: sp.Set) -> bool:
    """Said here, since SymPy's ``in`` takes as long as a whole comparison of two formulas."""
    if isinstance(domain, sp.FiniteSet):
        return value in domain.args
    low, high = domain.start, domain.end
    above = value > low or (value == low and not domain.left_open)
    return bool(above and (value < high or (value == high and not domain.right_open)))


def _holds(left: sp.Expr, relation: str, right: sp.Expr, values: Values) -> bool:
    gap = left.xreplace(values) - right.xreplace(values)
    if gap.is_extended_real is not True:
        return False
    return bool(
        {
            "<": gap.is_negative,
            "<=": gap.is_nonpositive,
            ">": gap.is_positive,
            ">=": gap.is_nonnegative,
            "!=": gap.is_nonzero,
        }[relation]
    )


Change = Callable[[int, sp.Symbol, sp.Rational], sp.Rational]


def _moved(values: Values, here: Letters, change: Change) -> dict[sp.Symbol, sp.Rational]:
    """The point with every number changed, one after the other, where that is allowed."""
    moved = dict(values)
    for place, (symbol, value) in enumerate(values.items()):
        moved[symbol] = change(place, symbol, value)
        if not _fits(moved, here):
            moved[symbol] = value
    return moved


def _plain(place: int, symbol: sp.Symbol, value: sp.Rational) -> sp.Rational:
    nearest = sp.Rational(round(4 * value), 4)
    return value if nearest in (-1, 0, 1) and not symbol.is_integer else nearest


def _far(number: int) -> Change:
    """A formula may go wrong only far out, on one side or the other."""

    def change(place: int, symbol: sp.Symbol, value: sp.Rational) -> sp.Rational:
        sign = -1 if (number >> place % 3) & 1 and not symbol.is_nonnegative else 1
        return sign * (3 * (abs(value) + 1) if symbol.is_integer else 16 * (abs(value) + 1))

    return change
