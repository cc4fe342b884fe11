"""The names in a claim: which have to be put in, and from where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.vocabulary import (
    ActivationFunction,
    Diagonal,
    DiagonalAt,
    Entry,
    Jacobian,
    OfIndex,
    OverIndex,
    SlopeFunction,
)

Bound = frozenset[sp.Symbol]


@dataclass
class Names:
    """The names in a claim, by what has to be put in for them."""

    sizes: list[sp.Symbol] = field(default_factory=list)
    functions: list[type] = field(default_factory=list)
    scalars: list[sp.Symbol] = field(default_factory=list)
    """Those with a domain in ``where`` first, in its order: a bound may name an earlier one."""
    ranges: dict[sp.Symbol, sp.Basic] = field(default_factory=dict)
    """For a free index of an array: the array's extent there."""


def names_of(claim: Claim) -> Names:
    """The free names of both sides and of the assumptions. Refuses what could be confused."""
    found = _Collector()
    for c in (claim, *claim.given):
        bound = frozenset() if c.every is None else frozenset({c.every})
        found.visit(c.left, bound)
        found.visit(c.right, bound)
        if c.every is not None:
            found.bound.add(c.every)
            found.visit_all((c.where[c.every].start, c.where[c.every].stop), frozenset())
    for domain in claim.where.values():
        if isinstance(domain, sp.Basic):
            found.visit_domain(domain)
    found.scalars -= found.sizes
    _refuse_doubles(found)
    _refuse_domains(claim, found)
    listed = [s for s in claim.where if isinstance(s, sp.Symbol) and s not in found.sizes]
    rest = sorted(found.scalars - set(listed), key=lambda s: s.name)
    return Names(
        sorted(found.sizes, key=lambda s: s.name),
        [found.functions[k] for k in sorted(found.functions)],
        listed + rest,
        {i: extent for i, extent in found.ranges.items() if i in found.scalars},
    )


class _Collector:
    """Walks an expression and keeps the names that no sum, product or diagonal binds."""

    def __init__(self) -> None:
        self.scalars: set[sp.Symbol] = set()
        self.bound: set[sp.Symbol] = set()
        self.sizes: set[sp.Symbol] = set()
        self.functions: dict[str, type] = {}
        self.arrays: dict[str, tuple] = {}
        self.ranges: dict[sp.Symbol, sp.Basic] = {}

    def visit_all(self, parts: Iterable[sp.Basic], bound: Bound) -> None:
        for part in parts:
            self.visit(part, bound)

    def visit(self, e: sp.Basic, bound: Bound) -> None:
        if isinstance(e, MatrixExpr | sp.IndexedBase):
            self._shape(e)
        match e:
            case sp.Symbol():
                if e not in bound:
                    self.scalars.add(e)
            case sp.Sum() | sp.Product():
                inner = bound
                for index, *ends in reversed(e.limits):
                    self.visit_all(ends, inner)
                    inner |= {index}
                    self.bound.add(index)
                self.visit(e.function, inner)
            case OverIndex():
                body, index, *ends = e.args
                self.bound.add(index)
                self.visit_all(ends, bound)
                self.visit(body, bound | {index})
            case OfIndex():
                self.bound.add(e.args[1])
                self.visit(e.args[0], bound | {e.args[1]})
            case Jacobian():
                self.bound.add(e.args[1])
                self.visit(e.args[0], bound | {e.args[1]})
                self.visit(e.args[2], bound)
            case sp.Indexed():
                self.visit(e.base, bound)
                self._places(zip(e.indices, e.base.shape, strict=True), bound)
            case Entry():
                self.visit(e.args[0], bound)
                self._places(zip(e.args[1:], e.args[0].shape, strict=True), bound)
            case sp.IndexedBase():
                self._array(str(e.label), ("array", *e.shape))
            case DiagonalAt():
                self.visit(e.args[1], bound)
                self._array(f"{e.args[0]}@", ("sequence of diagonals", e.shape[0]))
            case Diagonal():
                self._array(e.name, ("array", e.shape[0]))
            case sp.MatrixSymbol():
                self._array(e.name, ("array", *e.shape))
            case sp.MatrixBase():
                self.visit_all(list(e), bound)
            case _:
                self._function(e)
                self.visit_all((a for a in e.args if isinstance(a, sp.Basic)), bound)

    def visit_domain(self, domain: sp.Basic) -> None:
        """A domain names numbers, or, as a bound, the norm of a matrix."""
        ends = [e for e in sp.preorder_traversal(domain) if isinstance(e, sp.Expr)]
        self.visit_all((e for e in ends if e.is_Symbol or e.has(MatrixExpr)), frozenset())

    def _shape(self, e: sp.Basic) -> None:
        if not e.shape:
            raise ValueError(f"{e}: has no shape, expects IndexedBase('{e}', shape=(…))")
        # A number that belongs to a network depends on its size, though its shape does not.
        for extent in (*e.shape, getattr(e, "units", sp.S.One)):
            self.sizes |= sp.sympify(extent).free_symbols

    def _places(self, places: Iterable[tuple], bound: Bound) -> None:
        for index, extent in places:
            self.visit(index, bound)
            if isinstance(index, sp.Symbol) and index not in bound:
                known = self.ranges.setdefault(index, extent)
                # Of two named extents neither is the other's; a number is the narrower claim.
                if known != extent:
                    self.ranges[index] = sp.Min(known, extent)

    def _array(self, name: str, what: tuple) -> None:
        known = self.arrays.setdefault(name, what)
        if known != what:
            raise ValueError(
                f"{name.rstrip('@')}: stands for two different things ({_say(known)} and "
                f"{_say(what)}), expects one name for one thing"
            )

    def _function(self, e: sp.Basic) -> None:
        function = e.func.of if isinstance(e, SlopeFunction) else e.func
        if isinstance(e, SlopeFunction | ActivationFunction | AppliedUndef):
            known = self.functions.setdefault(function.__name__, function)
            if known != function:
                raise ValueError(f"{function.__name__}: two different functions have this name")


def _say(what: tuple) -> str:
    kind, *shape = what
    return f"{kind} of shape ({', '.join(map(str, shape))})"


def _refuse_doubles(found: _Collector) -> None:
    """Two names that print alike would be one for the reader and two for the machine."""
    seen: dict[str, sp.Symbol] = {}
    for symbol in [*sorted(found.scalars | found.sizes, key=str)]:
        if seen.setdefault(symbol.name, symbol) != symbol:
            raise ValueError(
                f"{symbol}: two symbols have this name but different assumptions, "
                "expects one symbol for one name"
            )
        if symbol.name in found.arrays:
            raise ValueError(
                f"{symbol}: is the name of a number and of an array, expects two names"
            )


def _refuse_domains(claim: Claim, found: _Collector) -> None:
    for name in claim.where:
        if not isinstance(name, sp.Symbol | type):
            raise ValueError(
                f"where: got a domain for {name}, expects one for a number, a size or a function"
            )
        if name in found.bound and name not in found.scalars:
            raise ValueError(
                f"where: got a domain for {name}, which a sum or a product binds; "
                "expects its limits to say where it runs"
            )
    for symbol in found.scalars:
        if not symbol.is_extended_real and symbol not in claim.where:
            raise ValueError(
                f"{symbol}: may be any complex number, expects a real symbol "
                f"(sp.Symbol({symbol.name!r}, real=True)) or a domain in where"
            )
