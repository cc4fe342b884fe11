"""Put formulas together without evaluating anything: ``9**9**9`` stays a power of a power."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import sympy as sp

from book_utils.coursework.formulas.names import Refused

HEAVY = 2_000
"""Parts of what is put together from formulas: each may multiply the number of the others."""


class Slope(sp.Expr):
    """dh(z): the slope of an unknown function h."""

    is_commutative = True
    is_extended_real = True

    def numeric(self, at: Any) -> Any:
        return at.slope(sp.Function(self.args[0].name), at(self.args[1]))

    def _sympystr(self, printer) -> str:
        return f"d{self.args[0].name}({printer._print(self.args[1])})"


class Item(sp.Expr):
    """x[t]: an entry of an array that has no known length."""

    is_commutative = True
    is_extended_real = True

    def numeric(self, at: Any) -> Any:
        return at.item(self.args[0].name, tuple(at.integer(place) for place in self.args[1:]))

    def _sympystr(self, printer) -> str:
        return f"{self.args[0].name}[{', '.join(map(printer._print, self.args[1:]))}]"


def total(*terms: sp.Expr) -> sp.Expr:
    """A sum that stays as it was written."""
    return sp.Add(*terms, evaluate=False) if len(terms) > 1 else terms[0]


def times(*factors: sp.Expr) -> sp.Expr:
    """A product that stays as it was written."""
    return sp.Mul(*factors, evaluate=False) if len(factors) > 1 else factors[0]


def power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """A power that stays as it was written."""
    return sp.Pow(base, exponent, evaluate=False)


def negative(e: sp.Expr) -> sp.Expr:
    """The number with the other sign, or minus one times the rest."""
    return sp.Rational(-e.p, e.q) if e.is_Rational else times(sp.S.NegativeOne, e)


def inverse(e: sp.Expr) -> sp.Expr:
    """One over it. One over zero stays a power without a value."""
    if e.is_Rational and e.p:
        return sp.Rational(e.q, e.p)
    return power(e, sp.S.NegativeOne)


def _of(function: type) -> Callable[[sp.Expr], sp.Expr]:
    return lambda e: function(e, evaluate=False)


def _logarithm(e: sp.Expr, base: sp.Expr | None = None) -> sp.Expr:
    natural = sp.log(e, evaluate=False)
    return natural if base is None else times(natural, inverse(sp.log(base, evaluate=False)))


def _extreme(function: type) -> Callable[..., sp.Expr]:
    # Not by its own constructor, which asks what is known of the arguments.
    return lambda *parts: sp.Expr.__new__(function, *parts)


CHOSEN = 20
"""The largest second part of a binomial coefficient."""


def _binomial(n: sp.Expr, k: sp.Expr) -> sp.Expr:
    """n over k, multiplied out: n (n - 1) / 2 for k = 2."""
    if not (k.is_Integer and 0 <= k <= CHOSEN):
        raise Refused(
            f"the second part of a binomial is a number from 0 to {CHOSEN} here, as in "
            "binomial(n, 2); write a Product for another one"
        )
    if not k:
        return sp.S.One
    return times(
        *(total(n, sp.Integer(-i)) if i else n for i in range(k)),
        sp.Rational(1, math.factorial(int(k))),
    )


ONE, MANY = (1, 1), (1, 50)

NAMES = ["exp", "sin", "cos", "tan", "asin", "acos", "atan"]
NAMES += ["sinh", "cosh", "tanh", "coth", "sech", "asinh", "acosh", "atanh", "sign"]

FUNCTIONS: dict[str, tuple[Callable[..., sp.Expr], tuple[int, int]]] = {
    **{name: (_of(getattr(sp, name)), ONE) for name in NAMES},
    "Abs": (_of(sp.Abs), ONE),
    "abs": (_of(sp.Abs), ONE),
    "log": (_logarithm, (1, 2)),
    "ln": (_logarithm, ONE),
    "sqrt": (lambda e: power(e, sp.S.Half), ONE),
    "Min": (_extreme(sp.Min), MANY),
    "Max": (_extreme(sp.Max), MANY),
    "min": (_extreme(sp.Min), MANY),
    "max": (_extreme(sp.Max), MANY),
    "relu": (lambda e: sp.Expr.__new__(sp.Max, sp.S.Zero, e), ONE),
    "sigma": (lambda e: inverse(total(sp.S.One, sp.exp(negative(e), evaluate=False))), ONE),
    "binomial": (_binomial, (2, 2)),
    "Rational": (lambda p, q: times(p, inverse(q)), (2, 2)),
}
"""The functions that a formula may use, how each is made, and how many arguments it takes."""

FORMS = ("Sum", "Product", "Matrix", "Piecewise")
"""What looks like a function and is read in its own way."""

ALLOWED = frozenset({*FUNCTIONS, *FORMS})
CLOSED = ALLOWED - {"Sum", "Product", "Piecewise"}
"""For a question that asks for a closed form."""


def put(e: sp.Basic, values: Mapping[sp.Symbol, sp.Expr]) -> sp.Basic:
    """The formula with something put in for its letters, and nothing evaluated.

    SymPy's ``subs`` and ``xreplace`` evaluate what they rebuild: on a student's formula they are
    as good as ``eval``. A letter that a sum binds is never one of the question's.
    """
    made = e.applyfunc(lambda entry: _put(entry, values)) if is_matrix(e) else _put(e, values)
    refuse_heavy(made, "what is put together here is too long")
    return made


def _put(e: sp.Basic, values: Mapping[sp.Symbol, sp.Expr]) -> sp.Basic:
    if e in values:
        return values[e]
    if not e.free_symbols & values.keys():
        return e
    parts = [_put(part, values) for part in e.args]
    if isinstance(e, sp.Add | sp.Mul | sp.Pow | sp.Function):
        return e.func(*parts, evaluate=False)
    if isinstance(e, sp.Tuple):
        return sp.Tuple(*parts)
    made = sp.Basic.__new__(type(e), *parts)
    if isinstance(e, sp.Expr):
        made.is_commutative = True
    return made


def refuse_heavy(e: sp.Basic, says: str) -> None:
    """Refuse what has more parts than a formula that somebody typed."""
    for entry in e if is_matrix(e) else [e]:
        if len(list(islice(sp.preorder_traversal(entry), HEAVY + 1))) > HEAVY:
            raise Refused(says)


def is_matrix(value: Any) -> bool:
    """Whether it has rows and columns."""
    return bool(getattr(value, "is_Matrix", False))


def matrix(shape: tuple[int, int], entry: Callable[[int, int], sp.Expr]) -> sp.Matrix:
    rows, columns = shape
    return sp.ImmutableDenseMatrix([[entry(i, j) for j in range(columns)] for i in range(rows)])


def product(left: sp.Matrix, right: sp.Matrix) -> sp.Matrix:
    if left.shape[1] != right.shape[0]:
        raise Refused(
            f"a {left.shape[0]} by {left.shape[1]} matrix times a "
            f"{right.shape[0]} by {right.shape[1]} matrix has no meaning"
        )
    inner = range(left.shape[1])
    made = matrix(
        (left.shape[0], right.shape[1]),
        lambda i, j: total(*(times(left[i, k], right[k, j]) for k in inner)),
    )
    refuse_heavy(made, "this product of matrices is too long; multiply it out")
    return made


def as_matrix(rows: Any) -> sp.Matrix | None:
    """A list of numbers as a column, a list of equally long lists as a matrix."""
    if is_matrix(rows):
        return sp.ImmutableDenseMatrix(rows)
    rows = [row if isinstance(row, list | tuple) else [row] for row in rows]
    if len({len(row) for row in rows}) != 1:
        return None
    if not all(isinstance(entry, sp.Expr) for row in rows for entry in row):
        return None
    return sp.ImmutableDenseMatrix([list(row) for row in rows])
