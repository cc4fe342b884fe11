"""What a student is told: where the answer first differs, never what it should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import mpmath
import sympy as sp

from book_utils.coursework.formulas.letters import Letters

if TYPE_CHECKING:
    from book_utils.coursework.formulas.comparing import Look

DIGITS = 4
MANY = 6
CLOSE = mpmath.mpf("1e-30")
"""Of values with 40 digits."""


def upper(text: str) -> str:
    """A sentence of it."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?")) else text + "."


def difference(looks: Sequence[Look], here: Letters, yours: sp.Expr) -> str:
    """Where it differs, and what all the differences have in common, if anything."""
    apart = [each for each in looks if each.outcome == "apart"]
    shown = plainest(apart)
    common = _constant_factor(looks) or _only_where(looks, here) or _same_gap(looks)
    return " ".join(filter(None, [at(shown, here, yours), common or _direction(shown)]))


def at(shown: Look, here: Letters, yours: sp.Expr) -> str:
    """At a = 1/2, T = 3 your formula gives 0.4219."""
    where = place(shown, here, yours)
    begin = f"At {where} your" if where else "Your"
    return f"{begin} formula gives {number(shown.yours, shown.right)}."


def gap(shown: Look, here: Letters, yours: sp.Expr) -> str:
    """At w = 1 your formula has no value."""
    where = place(shown, here, yours)
    begin = f"At {where} your" if where else "Your"
    return f"{begin} formula has no value: {shown.why}."


def both(
    looks: Sequence[Look], here: Letters, sides: tuple[sp.Expr, sp.Expr], line: int, before: str
) -> str:
    """Numbers of two lines of the student's own."""
    apart = [each for each in looks if each.outcome == "apart"]
    if not apart:
        (shown, *_) = [each for each in looks if each.outcome == "gap"]
        return gap(shown, here, sides[0])
    shown = plainest(apart)
    where = place(shown, here, *sides)
    numbers = (
        f"{before} gives {number(shown.right, shown.yours)} and "
        f"line {line} gives {number(shown.yours, shown.right)}."
    )
    return f"At {where} {numbers}" if where else upper(numbers)


def shape(yours: tuple[int, int], right: tuple[int, int]) -> str:
    """A shape that does not fit."""
    says = f"Its shape, {yours[0]} by {yours[1]}, is not the right one."
    return says + " Rows and columns may be swapped." * (yours == right[::-1])


def entry(where: tuple[int, int], of: tuple[int, int], says: str) -> str:
    """The same about one entry of a matrix, or of a list."""
    i, j = where[0] + 1, where[1] + 1
    name = f"Entry {max(i, j)}" if 1 in of else f"Entry ({i}, {j})"
    return f"{name}: {says}".replace("your formula", "it").replace("Your formula", "it")


def plainest(looks: Sequence[Look]) -> Look:
    """The point with the plainest numbers that are not special: 0, 1 and -1 hide mistakes."""

    def effort(each: Look) -> tuple[int, int]:
        values = [v for v in each.point.values.values() if isinstance(v, sp.Rational)]
        special = sum(v in (-1, 0, 1) for v in values)
        return (special, sum(v.q + abs(v.p) for v in values))

    return min(looks, key=effort)


def place(shown: Look, here: Letters, *sides: sp.Expr) -> str:
    """a = 1/2, T = 3: every letter, or of many those that stand in the formula."""
    letters = list(here.numbers.values())
    if len(letters) > MANY:
        used = set().union(*(side.free_symbols for side in sides))
        letters = [s for s in letters if s in used] or letters
    return ", ".join(f"{s.name} = {shown.point.values[s]}" for s in letters)


def number(value: Any, other: Any = None) -> str:
    """Four digits; as many as it takes to tell the value from another one."""
    for digits in (DIGITS, 8, 12, 16, 24, 36):
        text = _text(value, digits)
        if other is None or text != _text(other, digits):
            break
    return text


def _text(value: Any, digits: int) -> str:
    if isinstance(value, mpmath.mpc):
        sign = "-" if value.imag < 0 else "+"
        return f"{_text(value.real, digits)} {sign} {_text(abs(value.imag), digits)} i"
    return mpmath.nstr(value, digits, strip_zeros=True).removesuffix(".0")


def _pairs(looks: Sequence[Look]) -> list[tuple[Any, Any]]:
    return [(each.yours, each.right) for each in looks if each.outcome in ("same", "apart")]


def _constant_factor(looks: Sequence[Look]) -> str:
    """Whether the answer is the same multiple of the truth everywhere."""
    pairs = [(l, r) for l, r in _pairs(looks) if l or r]
    if len(pairs) < 3 or not all(l and r for l, r in pairs):
        return ""
    with mpmath.workdps(40):
        factors = [l / r for l, r in pairs]
        factor = factors[0]
        if len({_text(r, 20) for _, r in pairs}) < 3:
            return ""
        if not all(abs(f - factor) <= CLOSE * abs(factor) for f in factors[1:]):
            return ""
        if isinstance(factor, mpmath.mpc):
            return ""
        if abs(factor + 1) < CLOSE:
            return "The size is right everywhere; the sign is not."
        sign = " and has the other sign" if factor < 0 else ""
        size = abs(factor)
        if size > 1:
            return (
                f"At every point tried it is {number(size, mpmath.mpf(1))} times too large{sign}."
            )
        return (
            f"At every point tried it is {number(1 / size, mpmath.mpf(1))} times too small{sign}."
        )


def _only_where(looks: Sequence[Look], here: Letters) -> str:
    """Whether it agrees exactly where one letter has one value, T = 1 for instance."""
    agreed = [each for each in looks if each.outcome == "same"]
    if len(agreed) < 2:
        return ""
    for symbol in here.numbers.values():
        values = {each.point.values[symbol] for each in agreed}
        if len(values) != 1:
            continue
        (value,) = values
        others = [each for each in looks if each.outcome == "apart"]
        if all(each.point.values[symbol] != value for each in others):
            return f"It is right where {symbol.name} = {value}, and nowhere else that was tried."
    return ""


def _same_gap(looks: Sequence[Look]) -> str:
    """Whether it differs by the same number everywhere."""
    pairs = _pairs(looks)
    with mpmath.workdps(40):
        gaps = [r - l for l, r in pairs]
        if len({_text(r, 20) for _, r in pairs}) < 3:
            return ""
        size = max(1, *(abs(r) for _, r in pairs))
        if all(abs(g - gaps[0]) <= CLOSE * size for g in gaps[1:]):
            return "It differs by the same number everywhere: look at the terms without letters."
    return ""


def _direction(shown: Look) -> str:
    yours, right = shown.yours, shown.right
    if isinstance(right, mpmath.mpc):
        return ""
    if isinstance(yours, mpmath.mpc):
        return "It should be a real number there."
    if yours and right and (yours < 0) != (right < 0):
        return f"It should be {'negative' if right < 0 else 'positive'} there."
    return f"It should be {'larger' if right > yours else 'smaller'} there."
