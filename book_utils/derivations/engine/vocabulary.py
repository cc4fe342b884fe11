"""The few words that claims about recurrent networks need and SymPy lacks.

Each word knows what it means in numbers (``numeric``): that is the tester's route. Rules that
the prover may use are equations, stated beside the word.
"""

from __future__ import annotations

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr
from sympy.printing.precedence import PRECEDENCE

from book_utils.derivations.engine.binding import put
from book_utils.derivations.engine.claim import Equation, definition


class ActivationFunction(sp.Function):
    """An activation σ of which nothing is known but that it has a derivative σ′."""

    nargs = 1
    slope: type[sp.Function]

    def fdiff(self, argindex: int = 1) -> sp.Basic:
        return self.slope(self.args[0])

    def numeric(self, at):
        return at.apply(type(self), [at(self.args[0])])

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real


class SlopeFunction(sp.Function):
    """The derivative σ′ of an activation σ."""

    nargs = 1
    of: type[ActivationFunction]

    def numeric(self, at):
        return at.slope(self.of, at(self.args[0]))

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real


def activation_function(name: str) -> type[ActivationFunction]:
    """A new undefined activation; its derivative is ``activation_function(name).slope``."""
    tex = {"sigma": r"\sigma", "phi": r"\varphi", "ell": r"\ell"}.get(name, name)
    function = type(name, (ActivationFunction,), {"tex": tex})
    function.slope = type(f"{name}_slope", (SlopeFunction,), {"of": function, "tex": f"{tex}'"})
    return function


class Diagonal(sp.MatrixSymbol):
    """A diagonal matrix with real entries: its own transpose, commuting with its kind."""

    diagonal = True

    def __new__(cls, name: str, n: sp.Basic):
        return super().__new__(cls, name, n, n)

    def _eval_transpose(self):
        return self

    @property
    def func(self):
        return lambda name, n, _m=None: Diagonal(str(name), n)

    def numeric(self, at):
        return at.matrix_of(at.diagonal(self.name, at.integer(self.shape[0])))


class DiagonalAt(MatrixExpr):
    """A diagonal matrix that depends on time: D_t. A free sequence, one matrix for each t."""

    diagonal = True

    def __new__(cls, name: str | sp.Basic, t: sp.Basic, n: sp.Basic):
        label = name if isinstance(name, sp.Basic) else sp.Symbol(name)
        return super().__new__(cls, label, sp.sympify(t), sp.sympify(n))

    @property
    def shape(self):
        return (self.args[2], self.args[2])

    def _eval_transpose(self):
        return self

    def numeric(self, at):
        size = at.integer(self.args[2])
        return at.matrix_of(at.diagonal(f"{self.args[0]}@{at.integer(self.args[1])}", size))


def _put_under(
    body: sp.Basic, index: sp.Symbol, old: sp.Basic, new: sp.Basic
) -> tuple[sp.Basic, sp.Symbol]:
    """A body with ``old`` replaced, and its index: renamed where ``new`` speaks of another.

    Where ``old`` speaks of another name than the one bound here, there is nothing to replace.
    """
    if index in old.free_symbols:
        return body, index
    if index in new.free_symbols:
        fresh = sp.Dummy(index.name, **index.assumptions0)
        body, index = put(body, index, fresh), fresh
    return put(body, old, new), index


class OverIndex(MatrixExpr):
    """A product or a sum: of a body that names its place by an index, between two ends."""

    def __new__(cls, body: MatrixExpr, index: sp.Symbol, first: sp.Basic, last: sp.Basic):
        return super().__new__(cls, body, index, sp.sympify(first), sp.sympify(last))

    @property
    def shape(self):
        return self.args[0].shape

    @property
    def free_symbols(self):
        body, index, first, last = self.args
        return (body.free_symbols - {index}) | first.free_symbols | last.free_symbols

    def _eval_subs(self, old, new):
        body, index, first, last = self.args
        ends = first._subs(old, new), last._subs(old, new)
        return type(self)(*_put_under(body, index, old, new), *ends)

    def body_at(self, position: sp.Basic) -> MatrixExpr:
        return put(self.args[0], self.args[1], position)


class SumOf(OverIndex):
    """The sum of matrices body(low) + ⋯ + body(high).

    With ``high = low - 1`` it is empty: the zero matrix.
    """

    precedence = PRECEDENCE["Mul"]

    @property
    def is_empty(self) -> bool:
        _, _, low, high = self.args
        return sp.expand(high - low) == -1

    def peel_last(self) -> Equation:
        """The definition, for high >= low: the sum without its last term, plus that term."""
        body, index, low, high = self.args
        return definition(self, type(self)(body, index, low, high - 1) + self.body_at(high))

    def peel_first(self) -> Equation:
        """The same from the other end, for high >= low."""
        body, index, low, high = self.args
        return definition(self, self.body_at(low) + type(self)(body, index, low + 1, high))

    def numeric(self, at):
        body, index, low, high = self.args
        first, last = at.integer(low), at.integer(high)
        if last < first - 1:
            raise at.OutOfRange("the sum would have fewer than no terms")
        height, width = map(at.integer, self.shape)
        total = at.matrix_of([[at.zero] * width for _ in range(height)])
        for position in range(first, last + 1):
            term = at.at_place(index, position)(body)
            for entry in term:
                at.note(entry)
            total = total + term
        return total


class Descending(OverIndex):
    """The ordered product body(newest) ⋯ body(oldest), newest factor on the left.

    With ``newest = oldest - 1`` it is empty: the identity.
    """

    def peel_newest(self) -> Equation:
        """The definition, for newest >= oldest: the product is its newest factor times the rest."""
        body, index, newest, oldest = self.args
        rest = type(self)(body, index, newest - 1, oldest)
        return definition(self, self.body_at(newest) * rest)

    def peel_oldest(self) -> Equation:
        """The same from the other end, for newest >= oldest."""
        body, index, newest, oldest = self.args
        rest = type(self)(body, index, newest, oldest + 1)
        return definition(self, rest * self.body_at(oldest))

    def shown(self) -> tuple[list[MatrixExpr], bool]:
        """The factors at the two ends as they are written, and whether others lie between."""
        _, _, newest, oldest = self.args
        if self.is_empty:
            return [], False
        length = sp.expand(newest - oldest)
        if length == 0:
            return [self.body_at(newest)], False
        ends = [self.body_at(newest), self.body_at(oldest)]
        return (ends if self.order(2, 1)[0] == 2 else ends[::-1]), length != 1

    @property
    def is_empty(self) -> bool:
        _, _, newest, oldest = self.args
        return sp.expand(newest - oldest) == -1

    def numeric(self, at):
        body, index, newest, oldest = self.args
        first, last = at.integer(newest), at.integer(oldest)
        if first < last - 1:
            raise at.OutOfRange("the product would have fewer than no factors")
        product = at.identity(at.integer(self.shape[0]))
        for position in self.order(first, last):
            product = product * at.at_place(index, position)(body)
        return product

    @staticmethod
    def order(newest: int, oldest: int) -> range:
        return range(newest, oldest - 1, -1)


class Ascending(Descending):
    """The same factors in the wrong order for a chain rule: oldest on the left."""

    def peel_newest(self) -> Equation:
        body, index, newest, oldest = self.args
        rest = type(self)(body, index, newest - 1, oldest)
        return definition(self, rest * self.body_at(newest))

    def peel_oldest(self) -> Equation:
        body, index, newest, oldest = self.args
        rest = type(self)(body, index, newest, oldest + 1)
        return definition(self, self.body_at(oldest) * rest)

    @staticmethod
    def order(newest: int, oldest: int) -> range:
        return range(oldest, newest + 1)


class OfIndex(MatrixExpr):
    """A matrix made from a body that names its place by an index; printed by a short name."""

    def __new__(cls, body: sp.Expr, index: sp.Symbol, n: sp.Basic, name: sp.Symbol):
        return super().__new__(cls, body, index, sp.sympify(n), name)

    @property
    def free_symbols(self):
        return (self.args[0].free_symbols - {self.args[1]}) | self.args[2].free_symbols

    def _eval_subs(self, old, new):
        body, index, n, name = self.args
        return type(self)(*_put_under(body, index, old, new), n._subs(old, new), name)

    def values(self, at) -> list:
        body, index, n, _ = self.args
        places = range(1, at.integer(n) + 1)
        return [at.at({index: at.number(sp.Integer(i))})(body) for i in places]


class DiagonalOf(OfIndex):
    """diag(body)."""

    diagonal = True

    @property
    def shape(self):
        return (self.args[2], self.args[2])

    def _eval_transpose(self):
        return self

    def entry(self, i: sp.Basic, j: sp.Basic) -> sp.Expr:
        return sp.KroneckerDelta(i, j) * put(self.args[0], self.args[1], i)

    def numeric(self, at):
        values = self.values(at)
        return at.matrix_of(
            [
                [value if i == j else at.zero for j in range(len(values))]
                for i, value in enumerate(values)
            ]
        )


class ColumnOf(OfIndex):
    """The column whose entry ``index`` is ``body``."""

    @property
    def shape(self):
        return (self.args[2], sp.Integer(1))

    def entry(self, i: sp.Basic, _j: sp.Basic) -> sp.Expr:
        return put(self.args[0], self.args[1], i)

    def numeric(self, at):
        return at.matrix_of([[value] for value in self.values(at)])


def slopes(activation: type[ActivationFunction], x: sp.IndexedBase) -> DiagonalOf:
    """diag(σ′(x)) for a vector x."""
    index = sp.Symbol("p", integer=True, positive=True)
    name = sp.Symbol(rf"\operatorname{{diag}}({activation.slope.tex}({x.label}))")
    return DiagonalOf(activation.slope(x[index]), index, x.shape[0], name)


class Jacobian(MatrixExpr):
    """∂f/∂x in numerator layout: entry (i, j) is ∂f_i/∂x_j. ``body`` is f_i, ``index`` its i."""

    def __new__(cls, body: sp.Expr, index: sp.Symbol, x: sp.IndexedBase, name: sp.Symbol):
        return super().__new__(cls, body, index, x, name)

    @property
    def shape(self):
        return (self.args[2].shape[0], self.args[2].shape[0])

    @property
    def free_symbols(self):
        return self.args[0].free_symbols - {self.args[1]}

    def _eval_subs(self, old, new):
        body, index, x, name = self.args
        return type(self)(*_put_under(body, index, old, new), x._subs(old, new), name)

    def entry(self, i: sp.Basic, j: sp.Basic) -> sp.Expr:
        body, index, x, _ = self.args
        return sp.Derivative(put(body, index, i), x[j])

    def numeric(self, at):
        body, index, x, _ = self.args
        name, places = str(x.label), range(1, at.integer(self.shape[0]) + 1)
        rows = [at.at({index: at.number(sp.Integer(i))}) for i in places]
        start = at.array(name, (len(places),))

        def column(j: int) -> list:
            def moved(value):
                return [row.at({name: {**start, (j,): value}})(body) for row in rows]

            return at.derivatives(moved, start[(j,)])

        columns = [column(j) for j in places]
        return at.matrix_of([list(row) for row in zip(*columns, strict=True)])


class Entry(sp.Expr):
    """Entry (i, j) of a matrix expression, rows and columns counted from 1 as in the text."""

    def __new__(cls, matrix: MatrixExpr, i: sp.Basic, j: sp.Basic):
        return super().__new__(cls, matrix, sp.sympify(i), sp.sympify(j))

    @property
    def is_extended_real(self) -> bool:
        return True

    @property
    def is_commutative(self) -> bool:
        return True

    def doit(self, **hints):
        """The definitions of product, sum and transpose, written with indices."""
        matrix, i, j = self.args
        match matrix:
            case sp.MatMul():
                scalar, factors = matrix.as_coeff_matrices()
                if len(factors) == 1:
                    return scalar * Entry(factors[0], i, j).doit()
                head, tail = factors[0], sp.MatMul(*factors[1:])
                m = sp.Dummy("m", integer=True, positive=True)
                terms = Entry(head, i, m).doit() * Entry(tail, m, j).doit()
                return scalar * sp.Sum(terms, (m, 1, head.shape[1]))
            case sp.MatAdd():
                return sp.Add(*(Entry(a, i, j).doit() for a in matrix.args))
            case sp.Transpose():
                return Entry(matrix.arg, j, i).doit()
            case sp.Identity():
                return sp.KroneckerDelta(i, j)
            case OfIndex() | Jacobian():
                return matrix.entry(i, j)
            case Diagonal():
                return (
                    sp.KroneckerDelta(i, j)
                    * sp.IndexedBase(matrix.name, shape=(matrix.shape[0],))[i]
                )
            case sp.MatrixSymbol():
                return sp.IndexedBase(matrix.name, shape=matrix.shape)[i, j]
            case _:
                return self

    def numeric(self, at):
        matrix, i, j = self.args
        rows = at(matrix)
        row, column = at.integer(i), at.integer(j)
        return at.entry(rows, row, column)


class SigmaMax(sp.Function):
    """The largest singular value of a matrix: its spectral norm. Of a column, its length."""

    nargs = 1
    tex = r"\sigma_{\max}"
    is_extended_real = True
    is_extended_nonnegative = True
    is_commutative = True

    def numeric(self, at):
        return at.sigma_max(at(self.args[0]))

    def _latex(self, printer, exp=None):
        """A length is written as one."""
        matrix, power = printer._print(self.args[0]), rf"^{{{exp}}}" if exp else ""
        if self.args[0].shape[1] == 1:
            return rf"\lVert {matrix} \rVert{power}"
        return rf"{self.tex}{power}({matrix})"


class SpectralRadius(sp.Function):
    """The largest modulus of an eigenvalue of a matrix."""

    nargs = 1
    tex = r"\rho"
    is_extended_real = True
    is_extended_nonnegative = True
    is_commutative = True

    @classmethod
    def eval(cls, matrix):
        if matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"ρ: got a matrix of shape {matrix.shape}, expects a square one")

    def numeric(self, at):
        return at.spectral_radius(at(self.args[0]))


class CharacteristicPolynomial(sp.Expr):
    """det(λ I − A) as a polynomial in λ."""

    def __new__(cls, matrix: MatrixExpr, variable: sp.Symbol):
        return super().__new__(cls, matrix, variable)

    is_commutative = True
    is_extended_real = True

    def numeric(self, at):
        matrix, variable = self.args
        size = at.integer(matrix.shape[0])
        return at.determinant(at.identity(size) * at(variable) - at(matrix))


class Frobenius(sp.Function):
    """The root of the sum of the squares of all entries; of a column, its length."""

    nargs = 1
    is_extended_real = True
    is_extended_nonnegative = True
    is_commutative = True

    def numeric(self, at):
        rows = at(self.args[0])
        height, width = at.shape(rows)
        squares = [rows[i, j] ** 2 for i in range(height) for j in range(width)]
        for square in squares:
            at.note(square)
        return at.power(sum(squares, at.zero), at.one / 2)

    def _latex(self, printer, exp=None):
        power = rf"^{{{exp}}}" if exp else ""
        return rf"\lVert {printer._print(self.args[0])} \rVert_{{\mathrm F}}{power}"

    def _sympystr(self, printer):
        return f"‖{printer._print(self.args[0])}‖_F"
