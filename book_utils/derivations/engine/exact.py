"""Exact instances: symbols for all entries at one size, and given exact values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from book_utils.derivations.engine.instances import Instance, NotEvaluable
from book_utils.derivations.engine.vocabulary import Diagonal, DiagonalAt


class Symbols(Instance):
    """A symbol for every entry, at one size: what is equal here is equal for all numbers."""

    def __init__(self, sizes: Mapping[str, int]):
        super().__init__(sizes)
        self.zero, self.one = sp.Integer(0), sp.Integer(1)

    def draw_array(self, name: str, shape: tuple[int, ...]) -> dict[tuple[int, ...], Any]:
        """The brackets keep entry 1 of D_1 apart from entry 1 of the D of time 1."""
        places = [(i,) for i in range(1, shape[0] + 1)]
        if len(shape) == 2:
            places = [(i, j) for (i,) in places for j in range(1, shape[1] + 1)]
        return {
            place: sp.Symbol(f"{name}[{','.join(map(str, place))}]", real=True) for place in places
        }

    def __call__(self, expression: sp.Basic) -> Any:
        if (
            isinstance(expression, sp.Symbol)
            and expression not in self.values
            and expression.name not in self.sizes
        ):
            return self.unknown(expression)
        return super().__call__(expression)

    def unknown(self, name: sp.Symbol) -> sp.Expr:
        """A number of which nothing is given stays a symbol."""
        return name

    def matrix_of(self, rows: list[list]) -> sp.Matrix:
        return sp.Matrix(rows)

    def shape(self, rows: sp.Matrix) -> tuple[int, int]:
        return rows.shape

    def number(self, value: sp.Expr) -> sp.Expr:
        return value

    def power(self, base: Any, exponent: Any) -> Any:
        value = base**exponent
        if value.has(sp.zoo, sp.nan, sp.oo):
            raise NotEvaluable("division by zero")
        return value

    def elementary(self, expression: sp.Function, arguments: list) -> Any:
        return expression.func(*arguments)

    def apply(self, function: type, arguments: list) -> Any:
        return self.functions.get(function.__name__, function)(*arguments)

    def slope(self, function: type, argument: Any) -> Any:
        if function.__name__ in self.functions:
            z = sp.Dummy("z", real=True)
            return sp.diff(self.functions[function.__name__](z), z).subs(z, argument)
        return function.slope(argument)

    def derivative(self, of: Callable, point: Any, order: int) -> Any:
        z = sp.Dummy("z", real=True)
        derivative = sp.diff(of(z), z, order)
        return derivative.subs(z, point)

    def derivatives(self, of: Callable[[Any], list], point: Any) -> list:
        z = sp.Dummy("z", real=True)
        return [sp.diff(value, z).subs(z, point) for value in of(z)]

    def determinant(self, rows: sp.Matrix) -> Any:
        return rows.det(method="berkowitz")

    def sigma_max(self, rows: sp.Matrix) -> Any:
        return sp.sqrt(self._largest(list((rows.T * rows).eigenvals())))

    def spectral_radius(self, rows: sp.Matrix) -> Any:
        return self._largest([sp.Abs(value) for value in rows.eigenvals()])

    @staticmethod
    def _largest(values: list[sp.Expr]) -> sp.Expr:
        if any(value.free_symbols for value in values):
            raise NotEvaluable("the eigenvalues are not numbers here")
        return max(values, key=lambda value: sp.N(sp.re(value), 30))


class Exact(Symbols):
    """Given exact values: how a counterexample is evaluated. Nothing is made up beside them."""

    def __init__(self, given: Mapping[Any, Any]):
        super().__init__({})
        for name, value in given.items():
            self.put(name, value)

    def unknown(self, name: sp.Symbol) -> sp.Expr:
        raise NotEvaluable(f"instance: no value for {name}")

    def draw_array(self, name: str, shape: tuple[int, ...]) -> dict[tuple[int, ...], Any]:
        raise NotEvaluable(f"instance: no value for {name}")

    def put(self, name: Any, value: Any) -> None:
        if isinstance(name, type):
            self.functions[name.__name__] = value
        elif isinstance(value, sp.MatrixBase | list | tuple):
            self._put_array(name, sp.Matrix(value))
        else:
            self._refuse_inexact(name, [sp.sympify(value)])
            self.values[name] = sp.sympify(value)

    def _put_array(self, name: Any, rows: sp.Matrix) -> None:
        self._refuse_inexact(name, list(rows))
        label = str(getattr(name, "label", None) or getattr(name, "name", None) or name)
        if isinstance(name, DiagonalAt):
            label = f"{name.args[0]}@{name.args[1]}"
        extents = rows.shape
        if isinstance(name, sp.IndexedBase) and len(name.shape) == 1:
            extents = (len(rows),)
            self.values[label] = {(i + 1,): rows[i] for i in range(len(rows))}
        elif isinstance(name, Diagonal | DiagonalAt):
            if not rows.is_diagonal():
                raise ValueError(f"instance: got {rows.tolist()} for {name}, expects diagonal")
            self.values[label] = {(i + 1,): rows[i, i] for i in range(rows.rows)}
        else:
            self.values[label] = {
                (i + 1, j + 1): rows[i, j] for i in range(rows.rows) for j in range(rows.cols)
            }
        for size, extent in zip(name.shape, extents, strict=True):
            known = self.sizes.setdefault(size.name, extent) if size.is_Symbol else size
            if known != extent:
                raise ValueError(
                    f"instance: {name} has extent {extent} where {size} is {known} elsewhere"
                )

    @staticmethod
    def _refuse_inexact(name: Any, values: list[sp.Expr]) -> None:
        for value in values:
            if value.has(sp.Float) or value.is_real is not True:
                raise ValueError(f"instance: got {value} for {name}, expects exact real numbers")
