"""Random numbers for every name: what the tester puts in."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import mpmath
import sympy as sp

from book_utils.derivations.engine.instances import Instance, NotEvaluable

Place = tuple[int, ...]


class Numbers(Instance):
    """Random numbers, drawn exactly when a name is first met, from one seed.

    What is drawn is a fraction or an expression such as ``pi/4``, so that the same instance can
    be evaluated again with more digits. ``symmetric`` names matrices that equal their transpose.
    """

    zero, one = mpmath.mpf(0), mpmath.mpf(1)

    def __init__(
        self, sizes: Mapping[str, int], seed: int, symmetric: frozenset[str] = frozenset()
    ):
        super().__init__(sizes)
        self.random = random.Random(seed)
        self.largest = [self.zero]
        """The largest number met in an evaluation: rounding errors are a fraction of it."""
        self.symmetric = symmetric
        self.scale = sp.Integer(1)
        """Of the entries of matrices."""
        self.shape_of_matrices = self.random.choice(["full", "full", "sparse", "triangular"])
        # False claims hide at zero, at one and at the ends of a domain: go there on purpose.
        self.special = self.random.random() < 0.25

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been put in for anything: the claim is about given numbers."""
        return not (self.sizes or self.values or self.functions)

    def note(self, value: Any) -> None:
        if abs(value) > self.largest[0]:
            self.largest[0] = abs(value)

    def draw(self, low: float = -3, high: float = 3) -> sp.Rational:
        """A random fraction with a small denominator: readable in a message, exact in binary."""
        return sp.Rational(self.random.randint(int(low * 16), int(high * 16)), 16)

    def draw_array(self, name: str, shape: Place) -> dict[Place, mpmath.mpf]:
        places = [(i,) for i in range(1, shape[0] + 1)]
        if len(shape) == 2:
            places = [(i, j) for (i,) in places for j in range(1, shape[1] + 1)]
        # Strictly triangular ones above or below: a product of the two kinds is neither.
        self.below = self.shape_of_matrices == "strictly triangular" and self.random.random() < 0.5
        drawn = {place: self._kept(place) * self.number(self._entry()) for place in places}
        if name in self.symmetric:
            drawn = {place: drawn[min(place), max(place)] for place in places}
        return (
            drawn if self.scale == 1 else {p: self.number(self.scale) * v for p, v in drawn.items()}
        )

    def _entry(self) -> sp.Rational:
        return sp.Integer(self.random.randint(-1, 1)) if self.special else self.draw()

    def _kept(self, place: Place) -> int:
        """Matrices are now full, now sparse, now triangular: false claims hide in special ones."""
        if len(place) == 1 or self.shape_of_matrices == "full":
            return 1
        if self.shape_of_matrices == "triangular":
            return int(place[0] <= place[1])
        if self.shape_of_matrices == "strictly triangular":
            return int(place[0] > place[1] if self.below else place[0] < place[1])
        return int(self.random.random() < 0.5)

    def value(self, kept: Any) -> Any:
        return self(kept) if isinstance(kept, sp.Basic) else kept

    def matrix_of(self, rows: list[list]) -> mpmath.matrix:
        return mpmath.matrix(rows)

    def shape(self, rows: mpmath.matrix) -> tuple[int, int]:
        return rows.rows, rows.cols

    def number(self, value: sp.Expr) -> mpmath.mpf:
        if value.is_Integer:
            return mpmath.mpf(int(value))
        if value.is_Rational:
            return mpmath.mpf(int(value.p)) / int(value.q)
        if not value.is_finite:
            raise NotEvaluable(f"{value} is not a finite number")
        return mpmath.mpmathify(value.evalf(mpmath.mp.dps))

    def power(self, base: Any, exponent: Any) -> Any:
        if base == 0 and mpmath.re(exponent) < 0:
            raise NotEvaluable("division by zero")
        return _real(base**exponent)

    def elementary(self, expression: sp.Function, arguments: list) -> Any:
        """Principal values, complex ones too: √a √b = √(ab) must not pass as undefined."""
        name = expression.func.__name__
        try:
            return _real(_numeric(expression.func, len(arguments))(*arguments))
        except NameError:
            raise NotEvaluable(f"no numeric meaning for {name}") from None
        except (ZeroDivisionError, ValueError) as error:
            raise NotEvaluable(f"{name} has no value here: {error}") from None

    def apply(self, function: type, arguments: list) -> Any:
        """A smooth function; of several arguments, a sum of smooth functions of mixtures.

        One function of one mixture would not do: all its partial derivatives are multiples of
        each other.
        """
        smooth = self.function(function)
        if len(arguments) == 1:
            return smooth(arguments[0])
        total = self.zero
        for part in range(2):
            weights = [
                self.weight(f"_{function.__name__}_{part}_{i}") for i in range(len(arguments))
            ]
            mixture = sum((w * a for w, a in zip(weights, arguments, strict=True)), self.zero)
            total += smooth(mixture) if part == 0 else mpmath.sin(mixture)
        return total

    def weight(self, name: str) -> mpmath.mpf:
        return self.keep(name, lambda: self.number(self.draw(0.25, 2)))

    def function(self, function: type) -> Callable:
        name = function.__name__
        if name not in self.functions:
            self.functions[name] = self.random.choice(list(SMOOTH.values()))
        return self.functions[name]

    def slope(self, function: type, argument: Any) -> Any:
        smooth = self.function(function)
        return SLOPES[smooth](argument) if smooth in SLOPES else mpmath.diff(smooth, argument)

    def derivative(self, of: Callable, point: Any, order: int) -> Any:
        if order == 1:
            return self.derivatives(lambda value: [of(value)], point)[0]
        return mpmath.diff(of, point, order)

    def derivatives(self, of: Callable[[Any], list], point: Any) -> list:
        """Central differences with so small a step, and so many digits, that all asked for
        are right: the error is the step squared, and half of the digits are lost."""
        digits = mpmath.mp.dps
        with mpmath.workdps(digits + digits // 2 + 20):
            step = mpmath.mpf(10) ** -(digits // 2 + 5)
            pairs = zip(of(point + step), of(point - step), strict=True)
            return [(after - before) / (2 * step) for after, before in pairs]

    def determinant(self, rows: mpmath.matrix) -> Any:
        """By its first column: without a division, and at home with singular matrices."""
        self.note_all(rows)
        return _determinant(rows.tolist())

    def sigma_max(self, rows: mpmath.matrix) -> Any:
        """The root of the largest eigenvalue of the smaller of AᵀA and AAᵀ."""
        self.note_all(rows)
        gram = rows * rows.T if rows.rows < rows.cols else rows.T * rows
        if gram.rows == 1:
            return mpmath.sqrt(gram[0, 0])
        if gram.rows == 2:  # sums of what is not negative: no digits are lost
            half = (gram[0, 0] - gram[1, 1]) / 2
            middle = (gram[0, 0] + gram[1, 1]) / 2
            return mpmath.sqrt(middle + mpmath.sqrt(half**2 + gram[0, 1] ** 2))
        return mpmath.sqrt(max(mpmath.eigsy(gram, eigvals_only=True)))

    def spectral_radius(self, rows: mpmath.matrix) -> Any:
        self.note_all(rows)
        places = range(rows.rows)
        if all(rows[i, j] == 0 for i in places for j in range(i)):  # triangular
            return max(abs(rows[i, i]) for i in places)
        return max(abs(value) for value in mpmath.eig(rows, left=False, right=False))

    def note_all(self, rows: mpmath.matrix) -> None:
        for entry in rows:
            self.note(entry)


def _determinant(rows: list[list]) -> Any:
    if len(rows) == 1:
        return rows[0][0]
    total = mpmath.mpf(0)
    for i, (first, *_) in enumerate(rows):
        minor = [row[1:] for place, row in enumerate(rows) if place != i]
        total += (-1) ** i * first * _determinant(minor)
    return total


@cache
def _numeric(function: type, arguments: int) -> Callable:
    names = [sp.Dummy(f"z{i}") for i in range(arguments)]
    return sp.lambdify(names, function(*names), "mpmath")


def _real(value: Any) -> Any:
    return value.real if isinstance(value, mpmath.mpc) and not value.imag else value


def _logistic(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


def _wave(z: Any) -> Any:
    return mpmath.sin(2 * z) + z**2 / 3


def _cubic(z: Any) -> Any:
    return z**3 / 4 - z


SMOOTH: dict[str, Callable] = {
    "logistic": _logistic,
    "tanh": mpmath.tanh,
    "sin(2z) + z²/3": _wave,
    "z³/4 − z": _cubic,
}
"""What an undefined function may be: two activations, and two with no symmetry to hide behind."""

SLOPES: dict[Callable, Callable] = {
    _logistic: lambda z: _logistic(z) * (1 - _logistic(z)),
    mpmath.tanh: lambda z: 1 - mpmath.tanh(z) ** 2,
    _wave: lambda z: 2 * mpmath.cos(2 * z) + 2 * z / 3,
    _cubic: lambda z: 3 * z**2 / 4 - 1,
}
"""Their derivatives: written down, since a numerical one costs ten times as much."""
