"""Numbers with twice the digits: each the unevaluated sum of two doubles, array by array.

Near a wall an orbit multiplies its rounding errors by millions. There it is run again with these:
about 31 digits, by the classical error-free sum of Knuth and product of Dekker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

LN2 = (0.6931471805599453, 2.3190468138462996e-17)  # ln 2 as such a sum
HALVINGS = 9
TAYLOR = 8
"""|r| <= ln 2/2^10: the first term left out, r^9/9!, is below 1e-34."""


@dataclass(frozen=True)
class Double:
    """high + low, with |low| at most half a unit in the last place of high."""

    high: np.ndarray
    low: np.ndarray

    @classmethod
    def of(cls, value: Any) -> Double:
        if isinstance(value, Double):
            return value
        high = np.asarray(value, dtype=float)
        return cls(high, np.zeros_like(high))

    def __add__(self, other: Any) -> Double:
        other = Double.of(other)
        high, low = _sum(self.high, other.high)
        fine, finer = _sum(self.low, other.low)
        high, low = _ordered(high, low + fine)
        return Double(*_ordered(high, low + finer))

    def __mul__(self, other: Any) -> Double:
        other = Double.of(other)
        high, low = _product(self.high, other.high)
        return Double(*_ordered(high, low + (self.high * other.low + self.low * other.high)))

    def __truediv__(self, other: Any) -> Double:
        other = Double.of(other)
        first = self.high / other.high
        rest = self - other * first
        second = rest.high / other.high
        third = (rest - other * second).high / other.high
        return Double.of(first) + second + third

    def __neg__(self) -> Double:
        return Double(-self.high, -self.low)

    def __sub__(self, other: Any) -> Double:
        return self + -Double.of(other)

    def __rsub__(self, other: Any) -> Double:
        return Double.of(other) - self

    def __rtruediv__(self, other: Any) -> Double:
        return Double.of(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def times_power_of_two(self, exponent: Any) -> Double:
        return Double(np.ldexp(self.high, exponent), np.ldexp(self.low, exponent))

    def where(self, chosen: np.ndarray, other: Double) -> Double:
        """This where ``chosen`` holds, the other elsewhere."""
        return Double(
            np.where(chosen, self.high, other.high), np.where(chosen, self.low, other.low)
        )


def exp(x: Double) -> Double:
    """eˣ: a multiple of ln 2 apart, the rest halved nine times, a Taylor sum, and squared back."""
    twos = np.rint(x.high / LN2[0])
    rest = (x - Double.of(twos) * Double(*map(np.asarray, LN2))).times_power_of_two(-HALVINGS)
    less_one = Double.of(np.zeros_like(x.high))
    for order in range(TAYLOR, 0, -1):
        less_one = rest / order * (1 + less_one)
    for _ in range(HALVINGS):  # eᵗ − 1 keeps its digits where eᵗ is near 1
        less_one = less_one * (2 + less_one)
    return (1 + less_one).times_power_of_two(twos.astype(int))


def logistic(z: Double) -> Double:
    """σ(z) = 1/(1 + e^{−z}), from e^{−|z|}, which cannot overflow."""
    right = z.high > 0
    small = exp((-z).where(right, z))
    return (1 / (1 + small)).where(right, small / (1 + small))


def _sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rounded sum and its rounding error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _ordered(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same where |a| >= |b|."""
    total = a + b
    return total, b - (total - a)


def _product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rounded product and its rounding error."""
    whole = a * b
    (a1, a2), (b1, b2) = _split(a), _split(b)
    return whole, ((a1 * b1 - whole) + a1 * b2 + a2 * b1) + a2 * b2


def _split(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two halves of 26 digits in base two, whose products are exact."""
    scaled = a * 134217729.0  # 2^27 + 1
    high = scaled - (scaled - a)
    return high, a - high
