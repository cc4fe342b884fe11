"""The tester's route: put something in for every name and evaluate both sides.

One evaluator, three kinds of things to put in: random numbers with fifty digits
(``Numbers``), symbols for the entries at one named size (``Symbols``), and given exact values
(``Exact``). It shares no step with the prover, which rewrites expressions and never evaluates.
"""

from __future__ import annotations

import random
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.vocabulary import (
    ActivationFunction,
    Descending,
    Diagonal,
    DiagonalAt,
    DiagonalOf,
    Entry,
    Jacobian,
)

DIGITS = 50
"""Working precision of random instances: far beyond what a coincidence could reach."""

DIGITS_FOR_STRICT = 200
"""For < and >: two sides that agree in 150 digits are held to be equal, which breaks them."""


class NotEvaluable(Exception):
    """This instance gives the claim no meaning (an index out of range, a division by zero)."""


class Instance:
    """Values for names, and the evaluation of expressions at these values."""

    NotEvaluable = NotEvaluable
    zero: Any = 0
    one: Any = 1

    def __init__(self, sizes: Mapping[str, int]):
        self.sizes = dict(sizes)
        self.values: ChainMap[str, Any] = ChainMap()
        self.functions: dict[str, Callable] = {}

    # What an expression's own `numeric` may ask for -----------------------------------------

    def __call__(self, expression: sp.Basic) -> Any:
        expression = sp.sympify(expression)
        if hasattr(expression, "numeric"):
            return expression.numeric(self)
        return self.evaluate(expression)

    def integer(self, expression: sp.Basic) -> int:
        value = self(expression)
        if isinstance(value, mpmath.mpf):
            if value != int(value):
                raise NotEvaluable(f"{expression} is not an integer here")
            return int(value)
        value = sp.sympify(value)
        if not value.is_Integer:
            raise NotEvaluable(f"{expression} is not an integer here")
        return int(value)

    def at(self, **values: Any) -> Instance:
        """The same instance with some scalar names put otherwise."""
        other = object.__new__(type(self))
        other.__dict__ = dict(self.__dict__, values=self.values.new_child(values))
        return other

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
            raise NotEvaluable(f"there is no entry ({i}, {j})")
        return rows[i - 1, j - 1]

    def vector(self, name: str, size: int) -> list:
        """The entries of a vector, drawn at the first request."""
        rows = self.array(name, (size,))
        return [rows[(i,)] for i in range(1, size + 1)]

    def matrix(self, name: str, height: int, width: int) -> Any:
        rows = self.array(name, (height, width))
        return self.matrix_of(
            [[rows[(i, j)] for j in range(1, width + 1)] for i in range(1, height + 1)]
        )

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

    def elementary(self, expression: sp.Function, arguments: list) -> Any:
        raise NotImplementedError

    def apply(self, function: type, arguments: list) -> Any:
        raise NotImplementedError

    def slope(self, function: type, argument: Any) -> Any:
        raise NotImplementedError

    def derivative(self, of: Callable, point: Any, order: int) -> Any:
        raise NotImplementedError

    def determinant(self, rows: Any) -> Any:
        raise NotImplementedError

    def sigma_max(self, rows: Any) -> Any:
        raise NotImplementedError

    def spectral_radius(self, rows: Any) -> Any:
        raise NotImplementedError

    # The evaluator ---------------------------------------------------------------------------

    @singledispatchmethod
    def evaluate(self, expression: sp.Basic) -> Any:
        raise NotEvaluable(f"no numeric meaning for {type(expression).__name__}")

    @evaluate.register
    def _(self, e: sp.Symbol):
        if e.name in self.values:
            return self.values[e.name]
        if e.name in self.sizes:
            return self.number(sp.Integer(self.sizes[e.name]))
        raise NotEvaluable(f"no value for {e}")

    @evaluate.register
    def _(self, e: sp.Number):
        return self.number(e)

    @evaluate.register
    def _(self, e: sp.NumberSymbol):
        return self.number(e)

    @evaluate.register
    def _(self, e: sp.Add):
        total = self(e.args[0])
        for term in e.args[1:]:
            total = total + self(term)
        return total

    @evaluate.register
    def _(self, e: sp.Mul):
        product = self(e.args[0])
        for factor in e.args[1:]:
            product = product * self(factor)
        return product

    @evaluate.register
    def _(self, e: sp.Pow):
        base, exponent = self(e.base), self(e.exp)
        if base == 0 and exponent < 0:
            raise NotEvaluable("division by zero")
        return base**exponent

    @evaluate.register
    def _(self, e: sp.Function):
        return self.elementary(e, [self(a) for a in e.args])

    @evaluate.register
    def _(self, e: AppliedUndef):
        return self.apply(e.func, [self(a) for a in e.args])

    @evaluate.register
    def _(self, e: sp.Piecewise):
        for value, condition in e.args:
            if self.holds(condition):
                return self(value)
        raise NotEvaluable("no branch of the definition applies")

    def holds(self, condition: sp.Basic) -> bool:
        if condition in (True, sp.true):
            return True
        if isinstance(condition, sp.core.relational.Relational):
            left, right = self(condition.lhs), self(condition.rhs)
            return bool(condition.func(sp.sympify(left), sp.sympify(right)))
        raise NotEvaluable(f"cannot decide {condition}")

    @evaluate.register
    def _(self, e: sp.Indexed):
        indices = tuple(self.integer(i) for i in e.indices)
        shape = tuple(self.integer(s) for s in e.base.shape)
        if not all(1 <= i <= s for i, s in zip(indices, shape, strict=True)):
            raise NotEvaluable(f"there is no entry {indices}")
        return self.array(str(e.base.label), shape)[indices]

    @evaluate.register
    def _(self, e: sp.KroneckerDelta):
        same = self.integer(e.args[0]) == self.integer(e.args[1])
        return self.one if same else self.zero

    @evaluate.register
    def _(self, e: sp.Sum):
        body, (index, low, high) = e.function, e.limits[0]
        if len(e.limits) != 1:
            raise NotEvaluable("only single sums have a numeric meaning here")
        total = self.zero
        for position in range(self.integer(low), self.integer(high) + 1):
            total = total + self.at(**{index.name: self.number(sp.Integer(position))})(body)
        return total

    @evaluate.register
    def _(self, e: sp.Product):
        body, (index, low, high) = e.function, e.limits[0]
        product = self.one
        for position in range(self.integer(low), self.integer(high) + 1):
            product = product * self.at(**{index.name: self.number(sp.Integer(position))})(body)
        return product

    @evaluate.register
    def _(self, e: sp.Derivative):
        (variable, order) = e.variable_count[0]
        if len(e.variable_count) != 1:
            raise NotEvaluable("only derivatives in one variable have a numeric meaning here")
        if isinstance(variable, sp.Indexed):
            name = str(variable.base.label)
            place = tuple(self.integer(i) for i in variable.indices)
            self(variable)  # draws the array, and refuses a place outside it
            point = self.values[name][place]

            def along(value):
                return self.at(**{name: {**self.values[name], place: value}})(e.expr)
        else:
            point = self(variable)

            def along(value):
                return self.at(**{variable.name: value})(e.expr)

        return self.derivative(along, point, int(order))

    # Matrices: what a matrix expression means, whatever its entries are ----------------------

    @evaluate.register
    def _(self, e: sp.MatrixSymbol):
        return self.matrix(e.name, self.integer(e.shape[0]), self.integer(e.shape[1]))

    @evaluate.register
    def _(self, e: sp.MatMul):
        return self._fold(e.args, lambda a, b: a * b)

    @evaluate.register
    def _(self, e: sp.MatAdd):
        return self._fold(e.args, lambda a, b: a + b)

    def _fold(self, arguments, combine):
        result = self(arguments[0])
        for argument in arguments[1:]:
            try:
                result = combine(result, self(argument))
            except (ValueError, sp.matrices.exceptions.ShapeError) as error:
                raise NotEvaluable(f"the shapes do not fit: {error}") from None
        return result

    @evaluate.register
    def _(self, e: sp.MatPow):
        exponent = self.integer(e.exp)
        base = self(e.base)
        if exponent < 0:
            raise NotEvaluable("a negative power of a matrix")
        power = self.identity(self.shape(base)[0])
        for _ in range(exponent):
            power = power * base
        return power

    @evaluate.register
    def _(self, e: sp.Transpose):
        return self(e.arg).T

    @evaluate.register
    def _(self, e: sp.Trace):
        rows = self(e.arg)
        total = self.zero
        for i in range(self.shape(rows)[0]):
            total = total + rows[i, i]
        return total

    @evaluate.register
    def _(self, e: sp.Determinant):
        return self.determinant(self(e.arg))

    @evaluate.register
    def _(self, e: sp.Identity):
        return self.identity(self.integer(e.shape[0]))

    @evaluate.register
    def _(self, e: sp.ZeroMatrix):
        height, width = map(self.integer, e.shape)
        return self.matrix_of([[self.zero] * width for _ in range(height)])

    @evaluate.register
    def _(self, e: sp.MatrixBase):
        return self.matrix_of([[self(entry) for entry in e.row(i)] for i in range(e.rows)])


class Numbers(Instance):
    """Random numbers with fifty digits, drawn when a name is first met, from one seed."""

    def __init__(self, sizes: Mapping[str, int], seed: int):
        super().__init__(sizes)
        self.zero, self.one = mpmath.mpf(0), mpmath.mpf(1)
        self.random = random.Random(seed)
        self.shape_of_matrices = self.random.choice(["full", "full", "sparse", "triangular"])

    def draw(self, low: float = -3, high: float = 3) -> mpmath.mpf:
        """A random rational with a small denominator: readable in a message, exact in binary."""
        return mpmath.mpf(self.random.randint(int(low * 16), int(high * 16))) / 16

    def draw_array(self, name: str, shape: tuple[int, ...]) -> dict[tuple[int, ...], Any]:
        places = [(i,) for i in range(1, shape[0] + 1)]
        if len(shape) == 2:
            places = [(i, j) for (i,) in places for j in range(1, shape[1] + 1)]
        return {place: self._kept(place) * self.draw() for place in places}

    def _kept(self, place: tuple[int, ...]) -> int:
        """Matrices are now full, now sparse, now triangular: false claims hide in special ones."""
        if len(place) == 1 or self.shape_of_matrices == "full":
            return 1
        if self.shape_of_matrices == "triangular":
            return int(place[0] <= place[1])
        return int(self.random.random() < 0.5)

    def matrix_of(self, rows: list[list]) -> mpmath.matrix:
        return mpmath.matrix(rows)

    def shape(self, rows: mpmath.matrix) -> tuple[int, int]:
        return rows.rows, rows.cols

    def number(self, value: sp.Expr) -> mpmath.mpf:
        if value.is_Rational:
            return mpmath.mpf(int(value.p)) / int(value.q)
        return mpmath.mpmathify(value.evalf(mpmath.mp.dps))

    def elementary(self, expression: sp.Function, arguments: list) -> Any:
        function = sp.lambdify(
            list(dummies := sp.symbols(f"z:{len(arguments)}")), expression.func(*dummies), "mpmath"
        )
        try:
            value = function(*arguments)
        except (ZeroDivisionError, ValueError) as error:
            raise NotEvaluable(f"{expression.func.__name__} has no value here: {error}") from None
        if isinstance(value, mpmath.mpc):
            if value.imag:
                raise NotEvaluable(f"{expression.func.__name__} is not real here")
            value = value.real
        return value

    def apply(self, function: type, arguments: list) -> Any:
        """A smooth function; of several arguments, a smooth function of a mixture of them."""
        smooth = self.function(function)
        weights = [
            self.keep(f"_{function.__name__}_{i}", lambda: self.draw(0.25, 2))
            for i in range(1, len(arguments))
        ]
        return smooth(
            sum((w * a for w, a in zip(weights, arguments[1:], strict=True)), arguments[0])
        )

    def function(self, function: type) -> Callable:
        name = function.__name__
        if name not in self.functions:
            self.functions[name] = self.random.choice(list(SMOOTH.values()))
        return self.functions[name]

    def slope(self, function: type, argument: Any) -> Any:
        return mpmath.diff(self.function(function), argument)

    def derivative(self, of: Callable, point: Any, order: int) -> Any:
        return mpmath.diff(of, point, order)

    def determinant(self, rows: Any) -> Any:
        return mpmath.det(rows)

    def sigma_max(self, rows: Any) -> Any:
        return max(mpmath.svd_r(rows, compute_uv=False))

    def spectral_radius(self, rows: Any) -> Any:
        eigenvalues = mpmath.eig(rows, left=False, right=False)
        return max(abs(value) for value in eigenvalues)


SMOOTH: dict[str, Callable] = {
    "logistic": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "sin(2z) + z²/3": lambda z: mpmath.sin(2 * z) + z**2 / 3,
    "z³/4 − z": lambda z: z**3 / 4 - z,
}
"""What an undefined function may be: two activations, and two with no symmetry to hide behind."""


class Symbols(Instance):
    """A symbol for every entry, at one size: what is equal here is equal for all numbers."""

    def __init__(self, sizes: Mapping[str, int]):
        super().__init__(sizes)
        self.zero, self.one = sp.Integer(0), sp.Integer(1)

    def draw_array(self, name: str, shape: tuple[int, ...]) -> dict[tuple[int, ...], Any]:
        label = name.replace("@", "_")
        if len(shape) == 1:
            return {(i,): sp.Symbol(f"{label}_{i}", real=True) for i in range(1, shape[0] + 1)}
        return {
            (i, j): sp.Symbol(f"{label}_{i}{j}", real=True)
            for i in range(1, shape[0] + 1)
            for j in range(1, shape[1] + 1)
        }

    def __call__(self, expression: sp.Basic) -> Any:
        if (
            isinstance(expression, sp.Symbol)
            and expression.name not in self.values
            and expression.name not in self.sizes
        ):
            return expression
        return super().__call__(expression)

    def matrix_of(self, rows: list[list]) -> sp.Matrix:
        return sp.Matrix(rows)

    def shape(self, rows: sp.Matrix) -> tuple[int, int]:
        return rows.shape

    def number(self, value: sp.Expr) -> sp.Expr:
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
    """Given exact values: how a counterexample is evaluated."""

    def __init__(self, given: Mapping[Any, Any], sizes: Mapping[str, int] | None = None):
        super().__init__(sizes or {})
        for name, value in given.items():
            self.put(name, value)

    def put(self, name: Any, value: Any) -> None:
        if isinstance(name, type):
            self.functions[name.__name__] = value
            return
        label = str(getattr(name, "label", None) or getattr(name, "name", None) or name)
        if isinstance(name, DiagonalAt):
            label = f"{name.args[0]}@{name.args[1]}"
        if isinstance(value, sp.MatrixBase | list | tuple):
            rows = sp.Matrix(value)
            if isinstance(name, sp.IndexedBase) and len(name.shape) == 1:
                self.values[label] = {(i + 1,): rows[i] for i in range(len(rows))}
            elif isinstance(name, Diagonal | DiagonalAt):
                self.values[label] = {(i + 1,): rows[i, i] for i in range(rows.rows)}
            else:
                self.values[label] = {
                    (i + 1, j + 1): rows[i, j] for i in range(rows.rows) for j in range(rows.cols)
                }
            for size, extent in zip(name.shape, rows.shape, strict=False):
                if isinstance(size, sp.Symbol):
                    self.sizes[size.name] = int(extent)
        else:
            self.values[label] = sp.sympify(value)


def draw(claim: Claim, seed: int, size: int | None = None) -> Numbers | None:
    """A random instance in the claim's domain, or None when none was found."""
    choose = random.Random(f"{seed}/{size}")
    names = names_of(claim)
    sizes = {
        s.name: int(choose.choice(list(claim.where[s]))) if s in claim.where else size or 2
        for s in names.sizes
    }
    for attempt in range(60):
        instance = Numbers(sizes, seed=choose.randrange(2**30) + attempt)
        for function in names.functions:
            if function in claim.where:
                instance.functions[function.__name__] = choose.choice(list(claim.where[function]))
        try:
            for symbol in names.scalars:
                instance.values[symbol.name] = _scalar(symbol, claim, names, instance)
            if all(compare(c, instance) is True for c in claim.given):
                return instance
        except NotEvaluable:
            continue
    return None


@dataclass(frozen=True)
class Names:
    """The names in a claim, by what has to be put in for them."""

    sizes: list[sp.Symbol]
    functions: list[type]
    scalars: list[sp.Symbol]
    ranges: dict[sp.Symbol, sp.Basic]
    """For a free index of an array: the array's extent there."""


def names_of(claim: Claim) -> Names:
    sides = [claim.left, claim.right]
    for c in claim.given:
        sides += [c.left, c.right]
    sizes: set[sp.Symbol] = set()
    functions: dict[str, type] = {}
    ranges: dict[sp.Symbol, sp.Basic] = {}
    free: set[sp.Symbol] = set()
    for side in sides:
        # A derivative's own free_symbols leave out the index of what it differentiates by.
        symbols = side.atoms(sp.Symbol) - {b.label for b in side.atoms(sp.IndexedBase)}
        bound: set[sp.Symbol] = set()
        for node in sp.preorder_traversal(side):
            match node:
                case sp.Indexed():
                    places = zip(node.indices, node.base.shape, strict=True)
                case Entry():
                    places = zip(node.args[1:], node.args[0].shape, strict=True)
                case sp.Sum() | sp.Product():
                    bound.add(node.limits[0][0])
                    places = ()
                case Descending():
                    bound.add(node.args[1])
                    places = ()
                case DiagonalOf() | Jacobian():
                    bound.add(node.args[1])
                    symbols -= {node.args[3]}
                    places = ()
                case Diagonal() | sp.MatrixSymbol():
                    symbols -= {sp.Symbol(node.name)}
                    places = ()
                case DiagonalAt():
                    symbols -= {node.args[0]}
                    places = ()
                case _:
                    places = ()
            for index, extent in places:
                if isinstance(index, sp.Symbol):
                    ranges.setdefault(index, extent)
            if isinstance(node, sp.IndexedBase | sp.MatrixExpr):
                sizes |= {s for s in node.shape if isinstance(s, sp.Symbol)}
            function = getattr(node.func, "of", node.func)
            if isinstance(function, type) and issubclass(
                function, ActivationFunction | AppliedUndef
            ):
                functions[function.__name__] = function
        free |= (symbols - bound) | (symbols & side.free_symbols)
    listed = [s for s in claim.where if isinstance(s, sp.Symbol) and s not in sizes]
    rest = sorted(free - set(listed) - sizes, key=lambda s: s.name)
    return Names(
        sorted(sizes, key=lambda s: s.name),
        [functions[k] for k in sorted(functions)],
        listed + rest,
        {index: extent for index, extent in ranges.items() if index in free},
    )


def _scalar(symbol: sp.Symbol, claim: Claim, names: Names, instance: Numbers) -> Any:
    """A value in the symbol's own domain, or in what its assumptions say."""
    if symbol in claim.where:
        return _from_set(claim.where[symbol], instance)
    if symbol in names.ranges:
        extent = instance.integer(names.ranges[symbol])
        return mpmath.mpf(instance.random.randint(1, extent))
    if symbol.is_integer:
        low = 1 if symbol.is_positive else 0 if symbol.is_nonnegative else -4
        return mpmath.mpf(instance.random.randint(low, 4))
    low, high = -3, 3
    if symbol.is_nonnegative:
        low = 0
    if symbol.is_nonpositive:
        high = 0
    value = instance.draw(low, high)
    if value == 0 and symbol.is_nonzero:
        raise NotEvaluable(f"{symbol} must not be zero")
    return value


def _from_set(domain: Any, instance: Numbers) -> Any:
    match domain:
        case sp.Range():
            low, high = instance.integer(domain.start), instance.integer(domain.stop)
            if high <= low:
                raise NotEvaluable(f"{domain} is empty here")
            return mpmath.mpf(instance.random.randrange(low, high))
        case sp.Interval():
            low, high = instance(domain.start), instance(domain.end)
            share = mpmath.mpf(instance.random.randint(0, 64)) / 64
            if (share == 0 and domain.left_open) or (share == 1 and domain.right_open):
                raise NotEvaluable("an open end")
            return low + (high - low) * share
        case _:
            return instance(instance.random.choice(list(domain)))


# Comparing the two sides ------------------------------------------------------------------


def compare(claim: Claim, instance: Numbers) -> bool | None:
    """True: the relation holds here. False: it fails here. None: too close to tell.

    Two numbers that agree in 30 of 50 digits are held to be equal, two that differ before the
    20th to be different; between the two nothing is said. A strict relation is looked at with
    200 digits, and is broken by two sides that agree in 150 of them.
    """
    strict = claim.relation in ("<", ">")
    with mpmath.workdps(DIGITS_FOR_STRICT if strict else DIGITS):
        left, right = instance(claim.left), instance(claim.right)
        return _compare(claim.relation, *_entries(left, right, instance))


def _entries(left: Any, right: Any, instance: Numbers) -> tuple[list, list]:
    if isinstance(left, mpmath.matrix) != isinstance(right, mpmath.matrix):
        raise TypeError("the claim compares a matrix with a number")
    if not isinstance(left, mpmath.matrix):
        return [left], [right]
    if instance.shape(left) != instance.shape(right):
        raise NotEvaluable("the shapes of the two sides differ")
    return list(left), list(right)


def _compare(relation: str, left: list, right: list) -> bool | None:
    scale = max([mpmath.mpf(1), *map(abs, left), *map(abs, right)])
    gaps = [(r - l) / scale for l, r in zip(left, right, strict=True)]
    if not all(mpmath.isfinite(g) for g in gaps):
        raise NotEvaluable("not finite here")
    same, apart = mpmath.mpf(10) ** -30, mpmath.mpf(10) ** -20
    if relation == "=":
        if all(abs(g) <= same for g in gaps):
            return True
        return False if any(abs(g) >= apart for g in gaps) else None
    signed = [g if relation in ("<", "<=") else -g for g in gaps]
    if all(g >= apart for g in signed):
        return True
    if any(g <= -apart for g in signed):
        return False
    if relation in ("<=", ">="):
        return True if all(g >= -same for g in signed) else None
    equal = mpmath.mpf(10) ** -150
    if all(g > equal for g in signed):
        return True
    return False if any(abs(g) <= equal for g in signed) else None
