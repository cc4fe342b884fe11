"""Read a formula that somebody wrote, without running any of it.

Python's own parser makes a tree of the text; only what is listed here is taken from the tree,
and everything else is refused with a word of help. SymPy evaluates nothing: ``9**9**9`` stays a
power of a power, and what it comes to is for the comparison to ask, within limits.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.symbol import Str
from sympy.functions.elementary.piecewise import ExprCondPair

from book_utils.coursework.formulas.cleaning import clean, may_use, what_is_wrong
from book_utils.coursework.formulas.making import (
    ALLOWED,
    FUNCTIONS,
    ONE,
    Item,
    Slope,
    as_matrix,
    inverse,
    is_matrix,
    matrix,
    negative,
    power,
    product,
    times,
    total,
)
from book_utils.coursework.formulas.names import Letters, Refused

NODES = 1500
DEPTH = 60
DIGITS = 40
EXPONENT = 100_000
"""The largest number that may stand as an exponent; ``points`` limits what powers come to."""
SHOWN = 24
"""Characters of the answer that a message repeats."""
LIMITS, FACTORS = 4, 8
"""Letters of one sum, and matrices of one product."""
SIDE = 12
"""Rows and columns of a matrix, and lines of a list."""


CONSTANTS = {"pi": sp.pi, "E": sp.E}
_ALSO = {
    "ImmutableMatrix": "Matrix",
    "ImmutableDenseMatrix": "Matrix",
    "MutableDenseMatrix": "Matrix",
}
_INSTEAD = {
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctanh": "atanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "sig": "sigma",
    "sigmoid": "sigma",
    "logistic": "sigma",
    "sum": "Sum",
    "summation": "Sum",
    "prod": "Product",
    "product": "Product",
    "e": "E",
    "Pi": "pi",
}
_WORKED_OUT = {
    **dict.fromkeys(("Derivative", "diff"), "the derivative"),
    **dict.fromkeys(("Integral", "integrate"), "the integral"),
    **dict.fromkeys(("Limit", "limit"), "the limit"),
    **dict.fromkeys(("oo", "inf", "infinity"), "a sum or a limit without end"),
}
"""What a formula may not leave to be done."""
_RELATIONS = {"Eq": sp.Eq, "Ne": sp.Ne, "Lt": sp.Lt, "Le": sp.Le, "Gt": sp.Gt, "Ge": sp.Ge}
_COMPARED = {
    ast.Lt: sp.Lt,
    ast.LtE: sp.Le,
    ast.Gt: sp.Gt,
    ast.GtE: sp.Ge,
    ast.Eq: sp.Eq,
    ast.NotEq: sp.Ne,
}
Formula = Any
"""A SymPy expression, an immutable matrix, or a (nested) list of expressions."""


def parse(text: str, here: Letters, functions: Iterable[str]) -> Formula:
    """The formula that a text says, or ``Refused`` with what to write instead."""
    cleaned = clean(text, here)
    try:
        tree = ast.parse(cleaned, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Refused(what_is_wrong(cleaned, here)) from None
    count = sum(1 for _ in ast.walk(tree))
    if count > NODES:
        raise Refused(f"this formula has {count} parts; write one with at most {NODES}")
    return _Reader(here, frozenset(functions), cleaned).read(tree)


def parse_part(tree: ast.expr, here: Letters) -> sp.Expr:
    """One side of a relation between letters."""
    return _Reader(here, ALLOWED, "").number(tree, 0)


_REASONS: dict[type, str] = {
    ast.Attribute: "a dot after a name is not part of a formula; write {0}, not {1}",
    ast.Lambda: "a function cannot be made here; write the formula alone",
    ast.ListComp: "write every entry, or Sum(term, (k, 1, T)) for a sum",
    ast.GeneratorExp: "write Sum(term, (k, 1, T)) for a sum",
    ast.SetComp: "write Sum(term, (k, 1, T)) for a sum",
    ast.DictComp: "write Sum(term, (k, 1, T)) for a sum",
    ast.Compare: "a relation is not part of a formula; write the right side only",
    ast.BoolOp: "'and' and 'or' are not part of a formula",
    ast.IfExp: "'if' is not part of a formula; write Max, Min or Abs",
    ast.NamedExpr: "= is not part of a formula; write the right side only",
    ast.Dict: "braces are not part of a formula; write round brackets",
    ast.Set: "braces are not part of a formula; write round brackets",
    ast.JoinedStr: "write the formula alone, without quotes",
    ast.Starred: "a star needs something on both of its sides",
    ast.Await: "'await' is not part of a formula",
    ast.Slice: "a colon is not part of a formula",
}


class _Reader:
    """Takes from a tree what is listed, and nothing else."""

    def __init__(self, here: Letters, functions: frozenset[str], text: str):
        self.here, self.functions, self.text = here, functions, text
        self.bound: dict[str, sp.Symbol] = {}

    # Numbers, matrices, lists ---------------------------------------------------------------

    def read(self, tree: ast.expr, level: int = 0) -> Formula:
        if isinstance(tree, ast.List | ast.Tuple):
            return self._list(tree, level)
        return self._any(tree, level)

    def _list(self, tree: ast.List | ast.Tuple, level: int = 0) -> list:
        if not 1 <= len(tree.elts) <= SIDE:
            raise Refused(f"a list here has {len(tree.elts)} entries; write 1 to {SIDE}")
        if level > 1:
            raise Refused("lists stand inside lists inside lists; write one list of rows")
        return [self.read(part, level + 1) for part in tree.elts]

    def number(self, tree: ast.expr, depth: int) -> sp.Expr:
        value = self._any(tree, depth)
        if getattr(value, "is_Matrix", False):
            raise Refused("a matrix stands here where a number is expected")
        return value

    def _any(self, tree: ast.expr, depth: int) -> Any:
        if depth > DEPTH:
            raise Refused(f"this formula is nested more than {DEPTH} deep; write it flatter")
        match tree:
            case ast.Constant(value=bool()):
                raise Refused("True and False are not part of a formula")
            case ast.Constant(value=int() | float()):
                return self._constant(tree)
            case ast.Constant():
                raise Refused(f"{tree.value!r} is not part of a formula".replace("Ellipsis", "..."))
            case ast.Name():
                return self._name(tree.id)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return self._signed(tree, depth)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self._terms(tree, depth)
            case ast.BinOp(op=ast.Mult() | ast.Div() | ast.MatMult()):
                return self._factors(tree, depth)
            case ast.BinOp(op=ast.Pow()):
                return self._power(tree, depth)
            case ast.BinOp():
                raise Refused("only + - * / and ** are part of a formula")
            case ast.Call():
                return self._call(tree, depth)
            case ast.Subscript():
                return self._item(tree, depth)
            case ast.List() | ast.Tuple():
                raise Refused("a list or a comma stands here where a number is expected")
            case ast.Attribute():
                raise Refused(_REASONS[ast.Attribute].format(_cut(tree.attr), self._said(tree)))
        reason = _REASONS.get(type(tree), f"{type(tree).__name__} is not part of a formula")
        raise Refused(reason)

    def _constant(self, tree: ast.Constant) -> sp.Rational:
        source = ast.get_source_segment(self.text, tree) if self.text else repr(tree.value)
        source = (source or "").replace("_", "").lower()
        if not re.fullmatch(r"\d*\.?\d*(e[+-]?\d{1,3})?", source):
            raise Refused(f"write the number {_cut(source)} with ordinary digits")
        mantissa, _, exponent = source.partition("e")
        digits = mantissa.replace(".", "").lstrip("0")
        if len(digits) > DIGITS or abs(int(exponent or 0)) > DIGITS:
            raise Refused(f"a number here has more than {DIGITS} digits; write a shorter one")
        value = Fraction(source)
        if "." in mantissa and len(digits) >= 14:
            value = _meant(value)
        return sp.Rational(value.numerator, value.denominator)

    def _name(self, name: str) -> sp.Expr:
        if name in self.bound:
            return self.bound[name]
        if name in self.here.numbers:
            return self.here.numbers[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in self.here.arrays:
            raise Refused(f"the letter {name} is an array; write an entry of it, such as {name}[1]")
        if name in self.here.functions or name in self.functions:
            raise Refused(
                f"the function {name} stands alone; write what it is taken of, such as {name}(x)"
            )
        raise Refused(self._unknown("name", name))

    def _said(self, tree: ast.expr) -> str:
        """The beginning of what was written there."""
        return _cut(ast.get_source_segment(self.text, tree) or "")

    def _unknown(self, what: str, name: str) -> str:
        name = _cut(name)
        if (instead := _INSTEAD.get(name)) and (instead in self.functions or instead in CONSTANTS):
            return f"unknown {what} {name!r}; write {instead}"
        if name in _WORKED_OUT:
            return f"unknown {what} {name!r}; work out {_WORKED_OUT[name]} and write what it is"
        if name == "Piecewise":
            return "this answer may not use Piecewise; write the formula for the case that is asked"
        if name in ALLOWED:
            return f"this answer may not use {name}"
        known = (*self.here.names, *self.bound)
        near = difflib.get_close_matches(name, [k for k in known if len(name) > 1], 1, 0.75)
        if not near and what == "function":
            near = difflib.get_close_matches(name, sorted(self.functions), 1, 0.75)
        if near:
            return f"unknown {what} {name!r}; perhaps {near[0]}? {_upper(may_use(self.here))}"
        if what == "name" and len(name) > 1 and all(c in known for c in name):
            return f"unknown name {name!r}; write {'*'.join(name)} for a product"
        if what == "function":
            allowed = ", ".join(sorted(self.functions))
            return f"unknown function {name!r}; this answer may use {allowed}"
        return f"unknown {what} {name!r}; {may_use(self.here)}"

    # Operations -----------------------------------------------------------------------------

    def _signed(self, tree: ast.UnaryOp, depth: int) -> Any:
        value = self._any(tree.operand, depth + 1)
        if isinstance(tree.op, ast.UAdd):
            return value
        return value.applyfunc(negative) if is_matrix(value) else negative(value)

    def _terms(self, tree: ast.expr, depth: int) -> Any:
        """A sum, read from its end: a long one must not be deep."""
        terms: list[Any] = []
        while isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub):
            term = self._any(tree.right, depth + 1)
            if isinstance(tree.op, ast.Sub):
                term = term.applyfunc(negative) if is_matrix(term) else negative(term)
            terms.insert(0, term)
            tree = tree.left
        terms.insert(0, self._any(tree, depth + 1))
        if not any(map(is_matrix, terms)):
            return total(*terms)
        if len({t.shape if is_matrix(t) else None for t in terms}) > 1:
            raise Refused("matrices can be added only if they have the same shape")
        return matrix(terms[0].shape, lambda i, j: total(*(t[i, j] for t in terms)))

    def _factors(self, tree: ast.expr, depth: int) -> Any:
        factors: list[Any] = []
        while isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult | ast.Div | ast.MatMult):
            factor = self._any(tree.right, depth + 1)
            if isinstance(tree.op, ast.Div):
                if is_matrix(factor):
                    raise Refused("a matrix cannot be divided by; write the entries")
                factor = inverse(factor)
            factors.insert(0, factor)
            tree = tree.left
        factors.insert(0, self._any(tree, depth + 1))
        plain = [f for f in factors if not is_matrix(f)]
        matrices = [f for f in factors if is_matrix(f)]
        if all(f.is_Rational for f in plain) and not matrices and len(plain) == 2:
            return sp.Rational(plain[0] * plain[1])
        if not matrices:
            return times(*plain)
        if len(matrices) > FACTORS:
            raise Refused(f"this multiplies {len(matrices)} matrices; multiply some of them out")
        made = matrices[0]
        for right in matrices[1:]:
            made = product(made, right)
        return made.applyfunc(lambda e: times(*plain, e)) if plain else made

    def _power(self, tree: ast.BinOp, depth: int) -> sp.Expr:
        base, exponent = self._any(tree.left, depth + 1), self._any(tree.right, depth + 1)
        if is_matrix(base) or is_matrix(exponent):
            raise Refused("a power of a matrix is not read; write the entries")
        if exponent.is_Rational and max(abs(exponent.p), exponent.q) > EXPONENT:
            raise Refused(f"the exponent {exponent} is too large; write at most {EXPONENT}")
        return power(base, exponent)

    # Calls ----------------------------------------------------------------------------------

    def _call(self, tree: ast.Call, depth: int) -> Any:
        if not isinstance(tree.func, ast.Name):
            if isinstance(tree.func, ast.Attribute):
                self._any(tree.func, depth)
            raise Refused(f"write {self._said(tree.func)}*(...), with a sign for the product")
        name = _ALSO.get(tree.func.id, tree.func.id)
        if tree.keywords:
            raise Refused("= is not part of a formula; write arguments without names")
        if name in self.here.numbers or name in self.bound:
            raise Refused(f"the letter {name} is a number; write {name}*(...) for a product")
        if name in self.here.arrays:
            raise Refused(f"the letter {name} is an array; write {name}[...] with square brackets")
        if name in self.here.functions:
            self._count(name, tree.args, (1, 4))
            return sp.Function(name)(
                *(self.number(a, depth + 1) for a in tree.args), evaluate=False
            )
        if name in self.here.slopes:
            self._count(name, tree.args, ONE)
            return Slope(Str(self.here.slopes[name]), self.number(tree.args[0], depth + 1))
        if name not in self.functions:
            raise Refused(self._unknown("function", name))
        if name in ("Sum", "Product"):
            return self._over(getattr(sp, name), tree, depth)
        if name == "Matrix":
            return self._matrix(tree)
        if name == "Piecewise":
            return self._pieces(tree, depth)
        make, count = FUNCTIONS[name]
        self._count(name, tree.args, count)
        return make(*(self.number(a, depth + 1) for a in tree.args))

    def _count(self, name: str, arguments: list, count: tuple[int, int]) -> None:
        low, high = count
        if not low <= len(arguments) <= high:
            wanted = str(low) if low == high else f"{low} to {high}"
            raise Refused(
                f"the function {name} has {len(arguments)} arguments here; write {wanted}"
            )

    def _over(self, what: type, tree: ast.Call, depth: int) -> sp.Expr:
        """Sum(term, (k, 1, T)). The letter k is its own, whatever it is called."""
        name = what.__name__
        limits = tree.args[1:]
        if not limits or not all(
            isinstance(limit, ast.Tuple)
            and len(limit.elts) == 3
            and isinstance(limit.elts[0], ast.Name)
            for limit in limits
        ):
            raise Refused(f"write {name}(term, (k, 1, T)) with a letter, a first and a last number")
        if len(limits) > LIMITS:
            raise Refused(f"this {name} runs over {len(limits)} letters; write at most {LIMITS}")
        outer, made = dict(self.bound), []
        for limit in reversed(limits):  # an inner limit may speak of an outer letter
            letter, low, high = limit.elts
            ends = self.number(low, depth + 1), self.number(high, depth + 1)
            index = sp.Dummy(letter.id, integer=True)
            self.bound = {**self.bound, letter.id: index}
            made.append((index, *ends))
        body = self.number(tree.args[0], depth + 1)
        self.bound = outer
        for limit in reversed(made):
            body = sp.Expr.__new__(what, body, sp.Tuple(*limit))
            body.is_commutative = True
        return body

    def _matrix(self, tree: ast.Call) -> sp.Matrix:
        if len(tree.args) != 1 or not isinstance(tree.args[0], ast.List):
            raise Refused("write Matrix([[a, b], [c, d]]) with one list for each row")
        rows = self._list(tree.args[0])
        made = as_matrix(rows)
        if made is None:
            raise Refused("the rows of a matrix must have the same number of entries")
        return made

    def _pieces(self, tree: ast.Call, depth: int) -> sp.Expr:
        pieces = []
        for piece in tree.args:
            if not isinstance(piece, ast.Tuple) or len(piece.elts) != 2:
                raise Refused("write Piecewise((value, condition), (value, True))")
            value, condition = piece.elts
            pieces.append((self.number(value, depth + 1), self._condition(condition, depth + 1)))
        if not pieces:
            raise Refused("write Piecewise((value, condition), (value, True))")
        made = [sp.Basic.__new__(ExprCondPair, value, when) for value, when in pieces]
        return sp.Expr.__new__(sp.Piecewise, *made)

    def _condition(self, tree: ast.expr, depth: int) -> sp.Basic:
        match tree:
            case ast.Constant(value=True):
                return sp.true
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr() as op, left=left, right=right):
                both = sp.And if isinstance(op, ast.BitAnd) else sp.Or
                parts = [self._condition(part, depth + 1) for part in (left, right)]
                return sp.Basic.__new__(both, *parts)
            case ast.Compare(ops=[op], comparators=[right]) if type(op) in _COMPARED:
                relation, sides = _COMPARED[type(op)], (tree.left, right)
            case ast.Call(func=ast.Name(id=name), args=[left, right]) if name in _RELATIONS:
                relation, sides = _RELATIONS[name], (left, right)
            case _:
                raise Refused(
                    "write one relation for each value, such as x > 0 or Ne(x, 1), or True"
                )
        left, right = (self.number(side, depth + 1) for side in sides)
        return relation(left, right, evaluate=False)

    def _item(self, tree: ast.Subscript, depth: int) -> sp.Expr:
        name = tree.value.id if isinstance(tree.value, ast.Name) else None
        if name not in self.here.arrays:
            shown = _cut(name or "of that name")
            raise Refused(f"there is no array {shown}; {may_use(self.here)}")
        inside = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
        return Item(Str(name), *(self.number(part, depth + 1) for part in inside))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _meant(value: Fraction) -> Fraction:
    """What a decimal of 14 digits or more stands for: Python writes 1/3 as 0.333333333333333."""
    simple = value.limit_denominator(1000)
    return simple if simple and abs(value - simple) <= abs(simple) * Fraction(1, 10**14) else value
