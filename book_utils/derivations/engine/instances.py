"""The tester's route: put something in for every name and evaluate both sides.

One evaluator, three kinds of things to put in: random numbers with fifty digits
(``numbers.Numbers``), symbols for the entries at one named size (``exact.Symbols``), and given
exact values (``exact.Exact``). The random route shares no step with the prover, which rewrites
expressions and never evaluates.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import mpmath
import sympy as sp

from book_utils.derivations.engine.evaluate import NotEvaluable, OutOfRange, evaluate


class Instance:
    """Values for names, and the evaluation of expressions at these values."""

    NotEvaluable = NotEvaluable
    OutOfRange = OutOfRange
    zero: Any = 0
    one: Any = 1

    def __init__(self, sizes: Mapping[str, int]):
        self.sizes = dict(sizes)
        self.values: ChainMap[Any, Any] = ChainMap()
        """Numbers by their symbol, arrays by their name."""
        self.functions: dict[str, Callable] = {}
        self.known: dict[Any, Any] = {}
        """What words asked to be remembered."""

    # What an expression's own `numeric` may ask for -----------------------------------------

    def __call__(self, expression: sp.Basic) -> Any:
        numeric = getattr(expression, "numeric", None)
        if numeric is None:
            return evaluate(expression, self)
        if getattr(expression, "of_times", False):
            times = tuple(map(self.integer, expression.args))
            return self.remember((type(expression), times), lambda: numeric(self))
        return numeric(self)

    def note(self, value: Any) -> None:
        """Told of every term of a sum: how large the numbers are that may cancel."""

    def integer(self, expression: sp.Basic | int) -> int:
        if isinstance(expression, int | sp.Integer):
            return int(expression)
        if isinstance(expression, sp.Symbol):
            if expression not in self.values:
                size = self.sizes.get(expression.name)
                if size is not None:
                    return size
            elif isinstance(kept := self.values[expression], sp.Integer):
                return int(kept)
        value = self(expression)
        if isinstance(value, mpmath.mpf):
            if not mpmath.isint(value):
                raise NotEvaluable(f"{expression} is not an integer here")
            return int(value)
        value = sp.sympify(value)
        if not value.is_Integer:
            raise NotEvaluable(f"{expression} is not an integer here")
        return int(value)

    def at(self, values: Mapping[Any, Any]) -> Instance:
        """The same instance with some names put otherwise."""
        other = object.__new__(type(self))
        other.__dict__ = dict(self.__dict__, values=self.values.new_child(values))
        if not all(isinstance(name, sp.Symbol) for name in values):
            other.known = {}  # what is remembered may have been made from an array
        return other

    def at_place(self, index: sp.Symbol, place: int) -> Instance:
        """The same instance at one place of a sum or a product."""
        return self.at({index: self.number(sp.Integer(place))})

    def remember(self, name: Any, make: Callable[[], Any]) -> Any:
        """What a word makes from arrays, functions and sizes alone: made once per precision."""
        key = (name, mpmath.mp.prec)
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def keep(self, name: str, draw: Callable[[], Any]) -> Any:
        """The value of a name, drawn at the first request and then kept for good.

        It is kept below everything put otherwise by ``at``, so that a name which is first met
        inside a derivative has one value, not a new one at each evaluation.
        """
        if name not in self.values:
            self.values.maps[-1][name] = draw()
        return self.values[name]

    def entry(self, rows: Any, i: int, j: int) -> Any:
        height, width = self.shape(rows)
        if not (1 <= i <= height and 1 <= j <= width):
            raise OutOfRange(f"there is no entry ({i}, {j})")
        return rows[i - 1, j - 1]

    def vector(self, name: str, size: int) -> list:
        """The entries of a vector, drawn at the first request."""
        rows = self.array(name, (size,))
        return [rows[(i,)] for i in range(1, size + 1)]

    def matrix(self, name: str, height: int, width: int) -> Any:
        def make() -> Any:
            rows = self.array(name, (height, width))
            return self.matrix_of(
                [[rows[(i, j)] for j in range(1, width + 1)] for i in range(1, height + 1)]
            )

        return self.remember(("matrix", name, height, width), make)

    def diagonal(self, name: str, size: int) -> list[list]:
        entries = self.vector(name, size)
        return [[entries[i] if i == j else self.zero for j in range(size)] for i in range(size)]

    def array(self, name: str, shape: tuple[int, ...]) -> dict[tuple[int, ...], Any]:
        return self.keep(name, lambda: self.draw_array(name, shape))

    # To be said by each kind of instance ----------------------------------------------------

    def draw_array(self, name: str, shape: tuple[int, ...]) -> dict[tuple[int, ...], Any]:
        raise NotImplementedError

    def matrix_of(self, rows: list[list]) -> Any:
        raise NotImplementedError

    def identity(self, size: int) -> Any:
        return self.matrix_of(
            [[self.one if i == j else self.zero for j in range(size)] for i in range(size)]
        )

    def shape(self, rows: Any) -> tuple[int, int]:
        raise NotImplementedError

    def number(self, value: sp.Expr) -> Any:
        raise NotImplementedError

    def power(self, base: Any, exponent: Any) -> Any:
        raise NotImplementedError

    def elementary(self, expression: sp.Function, arguments: list) -> Any:
        raise NotImplementedError

    def apply(self, function: type, arguments: list) -> Any:
        raise NotImplementedError

    def slope(self, function: type, argument: Any) -> Any:
        raise NotImplementedError

    def derivative(self, of: Callable, point: Any, order: int) -> Any:
        raise NotImplementedError

    def derivatives(self, of: Callable[[Any], list], point: Any) -> list:
        """First derivatives of several numbers at once: a column of a Jacobian."""
        raise NotImplementedError

    def determinant(self, rows: Any) -> Any:
        raise NotImplementedError

    def sigma_max(self, rows: Any) -> Any:
        raise NotImplementedError

    def spectral_radius(self, rows: Any) -> Any:
        raise NotImplementedError

    # What the evaluator asks for ------------------------------------------------------------

    def value(self, kept: Any) -> Any:
        """What is kept for a name, as a value of this kind of instance."""
        return kept

    def holds(self, condition: sp.Basic) -> bool:
        if condition in (True, sp.true):
            return True
        if isinstance(condition, sp.core.relational.Relational):
            left, right = self(condition.lhs), self(condition.rhs)
            return bool(condition.func(sp.sympify(left), sp.sympify(right)))
        raise NotEvaluable(f"cannot decide {condition}")

    def along(self, e: sp.Sum | sp.Product) -> Iterator[Instance]:
        """This instance at each place of the indices: at none if upper < lower."""
        yield from self._along(list(e.limits))

    def _along(self, limits: list) -> Iterator[Instance]:
        if not limits:
            yield self
            return
        *inner, outer = limits  # an inner limit may mention an outer index
        if len(outer) != 3:
            raise NotEvaluable("only sums with two limits have a numeric meaning")
        index, low, high = outer
        for position in range(self.integer(low), self.integer(high) + 1):
            yield from self.at({index: self.number(sp.Integer(position))})._along(inner)
