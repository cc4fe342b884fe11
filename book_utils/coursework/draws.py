"""Numbers drawn from a secret seed: the same for the same course, and for nobody else.

The stream is SHAKE-256 of the seed and of what is drawn for. Who sees the numbers of a released
assignment cannot go back to the seed, and no version of Python or NumPy changes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeVar

Option = TypeVar("Option")
BLOCK = 32


class Draws:
    """A stream of numbers for one purpose, for instance ``Draws(seed, "bptt", "student 17")``."""

    def __init__(self, seed: bytes, *purpose: str):
        if not isinstance(seed, bytes) or len(seed) < 8:
            raise ValueError("seed: got fewer than 8 bytes, expects the secret seed of the course")
        # Lengths keep ("ab", "c") and ("a", "bc") apart.
        parts = [seed, *(word.encode() for word in purpose)]
        self.key = hashlib.sha256(
            b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        ).digest()
        self._count = 0

    @classmethod
    def of(cls, key: bytes) -> Draws:
        """The stream that has this key, from its beginning; the key does not tell the seed."""
        stream = cls.__new__(cls)
        stream.key, stream._count = key, 0
        return stream

    def _word(self) -> int:
        self._count += 1
        block = hashlib.shake_256(self.key + self._count.to_bytes(8, "big"))
        return int.from_bytes(block.digest(BLOCK), "big")

    def integer(self, low: int, high: int) -> int:
        """A whole number, both ends included, each equally likely."""
        if low > high:
            raise ValueError(f"integer: got {low} to {high}, expects low <= high")
        # 256 bits against a few hundred values: the bias is below 1e-70.
        return low + self._word() % (high - low + 1)

    def choice(self, options: Sequence[Option]) -> Option:
        """One of the options."""
        return options[self.integer(0, len(options) - 1)]

    def several(self, options: Sequence[Option], count: int) -> list[Option]:
        """``count`` different options, in random order."""
        left = list(options)
        if count > len(left):
            raise ValueError(f"several: got {count} of {len(left)} options")
        return [left.pop(self.integer(0, len(left) - 1)) for _ in range(count)]

    def sign(self) -> int:
        """1 or -1."""
        return self.choice((1, -1))

    def fraction(
        self, low: Fraction | int | str, high: Fraction | int | str, parts: int
    ) -> Fraction:
        """A multiple of 1/parts from low to high."""
        first, last = (Fraction(end) * parts for end in (low, high))
        if first.denominator != 1 or last.denominator != 1:
            raise ValueError(f"fraction: expects ends that are multiples of 1/{parts}")
        return Fraction(self.integer(int(first), int(last)), parts)

    def decimal(self, low: str, high: str, digits: int = 2) -> float:
        """A float with few digits after the point, from low to high: readable in the text."""
        return float(self.fraction(low, high, 10**digits))

    def decimals(self, shape: tuple[int, ...], low: str, high: str, digits: int = 2) -> list:
        """Nested lists of such floats."""
        if not shape:
            return self.decimal(low, high, digits)
        return [self.decimals(shape[1:], low, high, digits) for _ in range(shape[0])]
