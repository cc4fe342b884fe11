"""A formula's value at a point, by the engine, with limits on what it may ask for."""

from __future__ import annotations

import random
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy as sp

from book_utils.derivations.engine.instances import NotEvaluable
from book_utils.derivations.engine.numbers import SMOOTH, Numbers

BITS = 100_000
"""No number may be larger than 2 to this power, and none smaller than its inverse."""

ARGUMENT = 70_000
"""What exp and its like may be taken of: e to this power has as many bits."""

STEEP = 1_000_000
"""A power with so high an exponent asks for all the digits of its base."""

MANY = 20
"""With at most so many parts a sum of the letters' numbers has all its digits."""

PARTS = 3_000
"""Parts that are evaluated at one point, counted again for each term of a sum.

A limit that is counted, so that a verdict does not depend on how busy a machine is.
"""


class TooLarge(NotEvaluable):
    """The formula asks for more than a comparison computes. It may be right all the same."""


class TooLong(TooLarge):
    """The formula has too many parts or terms."""


class Point(Numbers):
    """Values for the letters. Arrays and unknown functions follow from their names alone.

    The engine draws them in the order in which they are met; here two answers must meet the
    same values in whatever order they are written.
    """

    def __init__(self, values: Mapping[sp.Symbol, sp.Rational], place: int):
        super().__init__({}, place)
        self.values = ChainMap(dict(values))
        self.place = place
        self.left = [PARTS]
        self.lost = [False]
        """Whether terms of a sum wiped each other out to half of the digits: see ``_added``."""

    def fresh(self, evaluations: int = 1) -> Point:
        """The same point, with its count set back for so many evaluations."""
        self.left[0], self.lost[0] = PARTS * evaluations, False
        return self

    def __call__(self, expression: sp.Basic) -> Any:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise TooLong("it has too many parts or terms to compute")
        if isinstance(expression, sp.Add):
            return self._added(expression, [self(term) for term in expression.args])
        if isinstance(expression, sp.Sum):
            terms = [place(expression.function) for place in self.along(expression)]
            return self._added(expression, terms)
        if isinstance(expression, sp.Min | sp.Max):
            parts = [self(part) for part in expression.args]
            if any(isinstance(part, mpmath.mpc) for part in parts):
                raise NotEvaluable("it compares numbers that are not real")
            return min(parts) if isinstance(expression, sp.Min) else max(parts)
        return super().__call__(expression)

    def _added(self, expression: sp.Expr, terms: list) -> Any:
        """The sum of terms. Where rounded ones cancel, no digit of it may be right."""
        total = self.zero
        for term in terms:
            self.note(term)
            total = total + term
        largest = max(map(abs, terms), default=self.zero)
        if abs(total) < largest * self._half():
            rounded = any(map(_is_rounded, terms)) or not _is_exact(expression)
            self.lost[0] = self.lost[0] or rounded
        return total

    def _half(self) -> mpmath.mpf:
        """What is left of one when half of its digits are taken away."""
        return mpmath.mpf(10) ** (-mpmath.mp.dps // 2)

    def _chance(self, *what: Any) -> random.Random:
        return random.Random("/".join(map(str, (self.place, *what))))

    def item(self, name: str, places: tuple[int, ...]) -> Any:
        chance = self._chance(name, *places)
        return self.number(sp.Rational(chance.choice((-1, 1)) * chance.randint(1, 48), 16))

    def function(self, function: type) -> Callable:
        name = function.__name__
        return SMOOTH[self._chance("function", name).choice(sorted(SMOOTH))]

    def weight(self, name: str) -> mpmath.mpf:
        return self.number(sp.Rational(self._chance(name).randint(4, 32), 16))

    def power(self, base: Any, exponent: Any) -> Any:
        # The quick look first: a logarithm for each power would cost more than the power.
        may_grow = base and (abs(mpmath.mag(base)) + 1) * abs(exponent) > BITS
        if may_grow and abs(mpmath.log(abs(base), 2) * exponent) > BITS:
            raise TooLarge("a power grows too large to compute")
        if abs(exponent) > STEEP and abs(base - 1) < self._half():
            self.lost[0] = True
        return super().power(base, exponent)

    def elementary(self, expression: sp.Function, arguments: list) -> Any:
        if not isinstance(expression, sp.Abs | sp.sign | sp.log) and any(
            mpmath.isfinite(a) and abs(a) > ARGUMENT for a in arguments
        ):
            name = expression.func.__name__
            raise TooLarge(f"it takes {name} of a number that is too large to compute")
        if isinstance(expression, sp.log | sp.asin | sp.acos | sp.acosh | sp.atanh):
            near = abs(abs(arguments[0]) - 1) < self._half()
            self.lost[0] = self.lost[0] or (near and not _is_exact(expression.args[0]))
        return super().elementary(expression, arguments)

    def holds(self, condition: sp.Basic) -> bool:
        if condition == sp.true:
            return True
        if isinstance(condition, sp.And | sp.Or):
            parts = [self.holds(part) for part in condition.args]
            return all(parts) if isinstance(condition, sp.And) else any(parts)
        left, right = self(condition.lhs), self(condition.rhs)
        match condition:
            case sp.Eq():
                return bool(left == right)
            case sp.Ne():
                return bool(left != right)
        if isinstance(left, mpmath.mpc) or isinstance(right, mpmath.mpc):
            raise NotEvaluable("it compares numbers that are not real")
        return {
            sp.StrictLessThan: left < right,
            sp.LessThan: left <= right,
            sp.StrictGreaterThan: left > right,
            sp.GreaterThan: left >= right,
        }[type(condition)]


def _is_rounded(value: Any) -> bool:
    """Whether a number has so many binary digits that it was hardly given with all of them."""
    parts = (value.real, value.imag) if isinstance(value, mpmath.mpc) else (value,)
    return any(part.man.bit_length() > mpmath.mp.prec // 2 for part in parts)


def _is_exact(e: sp.Expr) -> bool:
    """Whether it is made of letters and numbers by few steps that keep all digits."""
    parts = list(sp.preorder_traversal(e))
    return len(parts) <= MANY and all(
        isinstance(part, sp.Symbol | sp.Rational | sp.Add | sp.Mul)
        or (isinstance(part, sp.Pow) and part.exp.is_Integer and 0 < part.exp <= 4)
        for part in parts
    )
