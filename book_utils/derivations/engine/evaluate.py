"""What every kind of expression means in numbers, whatever the numbers are."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.numbers import ImaginaryUnit

Instance = Any
"""``instances.Instance``, which imports this file."""


class NotEvaluable(Exception):
    """This instance gives the claim no value (a division by zero, a word without numbers)."""


class OutOfRange(NotEvaluable):
    """An index or a time stands outside its range: the claim says nothing here at all."""


@singledispatch
def evaluate(expression: sp.Basic, at: Instance) -> Any:
    """What an expression comes to, by its kind."""
    raise NotEvaluable(f"no numeric meaning for {type(expression).__name__}")


@evaluate.register
def _(e: sp.Symbol, at: Instance):
    if e in at.values:
        return at.value(at.values[e])
    if e.name in at.sizes:
        return at.number(sp.Integer(at.sizes[e.name]))
    raise NotEvaluable(f"no value for {e}")


@evaluate.register
def _(e: sp.Number, at: Instance):
    return at.number(e)


@evaluate.register
def _(e: sp.NumberSymbol, at: Instance):
    return at.number(e)


@evaluate.register
def _(e: ImaginaryUnit, at: Instance):
    return at.number(e)


@evaluate.register
def _(e: sp.Add, at: Instance):
    terms = [at(term) for term in e.args]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    for term in terms:
        at.note(term)
    return total


@evaluate.register
def _(e: sp.Mul, at: Instance):
    product = at(e.args[0])
    for factor in e.args[1:]:
        product = product * at(factor)
    return product


@evaluate.register
def _(e: sp.Pow, at: Instance):
    return at.power(at(e.base), at(e.exp))


@evaluate.register
def _(e: sp.Min | sp.Max, at: Instance):
    return (min if isinstance(e, sp.Min) else max)(at(a) for a in e.args)


@evaluate.register
def _(e: sp.Function, at: Instance):
    return at.elementary(e, [at(a) for a in e.args])


@evaluate.register
def _(e: AppliedUndef, at: Instance):
    return at.apply(e.func, [at(a) for a in e.args])


@evaluate.register
def _(e: sp.Piecewise, at: Instance):
    for value, condition in e.args:
        if at.holds(condition):
            return at(value)
    raise NotEvaluable("no branch of the definition applies")


@evaluate.register
def _(e: sp.Indexed, at: Instance):
    indices = tuple(at.integer(i) for i in e.indices)
    shape = tuple(at.integer(s) for s in e.base.shape)
    if not all(1 <= i <= s for i, s in zip(indices, shape, strict=True)):
        raise OutOfRange(f"there is no entry {', '.join(map(str, indices))} of {e.base}")
    return at.array(str(e.base.label), shape)[indices]


@evaluate.register
def _(e: sp.KroneckerDelta, at: Instance):
    same = at.integer(e.args[0]) == at.integer(e.args[1])
    return at.one if same else at.zero


@evaluate.register
def _(e: sp.Sum, at: Instance):
    total = at.zero
    for place in at.along(e):
        term = place(e.function)
        at.note(term)
        total = total + term
    return total


@evaluate.register
def _(e: sp.Product, at: Instance):
    product = at.one
    for place in at.along(e):
        product = product * place(e.function)
    return product


@evaluate.register
def _(e: sp.Derivative, at: Instance):
    (variable, order) = e.variable_count[0]
    if len(e.variable_count) != 1:
        raise NotEvaluable("only derivatives in one variable have a numeric meaning here")
    if isinstance(variable, sp.Indexed):
        name = str(variable.base.label)
        place = tuple(at.integer(i) for i in variable.indices)
        at(variable)  # draws the array, and refuses a place outside it
        point = at.values[name][place]

        def along(value):
            return at.at({name: {**at.values[name], place: value}})(e.expr)
    elif isinstance(variable, sp.Symbol):
        point = at(variable)

        def along(value):
            return at.at({variable: value})(e.expr)
    else:
        raise NotEvaluable(f"no numeric meaning for a derivative by {variable}")

    return at.derivative(along, point, int(order))


# Matrices: what a matrix expression means, whatever its entries are ----------------------


@evaluate.register
def _(e: sp.MatrixSymbol, at: Instance):
    return at.matrix(e.name, at.integer(e.shape[0]), at.integer(e.shape[1]))


@evaluate.register
def _(e: sp.MatMul, at: Instance):
    return _fold(at, e.args, lambda a, b: a * b)


@evaluate.register
def _(e: sp.MatAdd, at: Instance):
    return _fold(at, e.args, lambda a, b: a + b)


@evaluate.register
def _(e: sp.MatPow, at: Instance):
    exponent = at.integer(e.exp)
    base = at(e.base)
    if exponent < 0:
        raise NotEvaluable("a negative power of a matrix")
    power = at.identity(at.shape(base)[0])
    for _ in range(exponent):
        power = power * base
    return power


@evaluate.register
def _(e: sp.Transpose, at: Instance):
    return at(e.arg).T


@evaluate.register
def _(e: sp.Trace, at: Instance):
    rows = at(e.arg)
    total = at.zero
    for i in range(at.shape(rows)[0]):
        total = total + rows[i, i]
    return total


@evaluate.register
def _(e: sp.Determinant, at: Instance):
    return at.determinant(at(e.arg))


@evaluate.register
def _(e: sp.Identity, at: Instance):
    return at.identity(at.integer(e.shape[0]))


@evaluate.register
def _(e: sp.ZeroMatrix, at: Instance):
    height, width = map(at.integer, e.shape)
    return at.matrix_of([[at.zero] * width for _ in range(height)])


@evaluate.register
def _(e: sp.MatrixBase, at: Instance):
    return at.matrix_of([[at(entry) for entry in e.row(i)] for i in range(e.rows)])


def _fold(at: Instance, arguments: tuple, combine: Callable) -> Any:
    result = at(arguments[0])
    for argument in arguments[1:]:
        try:
            result = combine(result, at(argument))
        except (ValueError, sp.matrices.exceptions.ShapeError) as error:
            raise NotEvaluable(f"the shapes do not fit: {error}") from None
    return result
