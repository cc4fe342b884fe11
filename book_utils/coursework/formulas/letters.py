"""The letters of a question, from one line of text.

An assignment says it once: ``a, w real; T positive integer; 0 < a < 1; a < w``.
"""

from __future__ import annotations

import ast
import keyword
import re
from functools import cache
from itertools import pairwise
from types import MappingProxyType

import sympy as sp

from book_utils.coursework.formulas.names import Letters, Refused, Relation
from book_utils.coursework.formulas.parsing import parse_part

NUMBERS: dict[str, dict[str, bool]] = {
    "real": {"real": True},
    "positive": {"positive": True},
    "nonnegative": {"nonnegative": True},
    "negative": {"negative": True},
    "nonzero": {"real": True, "nonzero": True},
    "integer": {"integer": True},
    "positive integer": {"integer": True, "positive": True},
    "nonnegative integer": {"integer": True, "nonnegative": True},
}
KINDS = (*NUMBERS, "array", "function")

RELATIONS: dict[type, str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.NotEq: "!=",
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!="}
_WHOLE_LINE = sp.Interval(-sp.oo, sp.oo)


@cache
def letters(text: str) -> Letters:
    """Read such a line. Entries stand between semicolons; a letter without a kind is real.

    The kinds are real, positive, nonnegative, negative, nonzero, integer, positive integer,
    nonnegative integer, array and function; a relation is a chain of <, <=, >, >= and !=.
    """
    kinds: dict[str, str] = {}
    chains: list[ast.Compare] = []
    for entry in filter(None, map(str.strip, text.split(";"))):
        if re.search(r"[<>=]", entry):
            chains.append(_chain(entry))
        else:
            _declare(entry, kinds)
    for chain in chains:
        called = {part.func for part in ast.walk(chain) if isinstance(part, ast.Call)}
        for part in ast.walk(chain):
            if isinstance(part, ast.Name) and part not in called:
                kinds.setdefault(part.id, "real")
    numbers = {n: sp.Symbol(n, **NUMBERS[k]) for n, k in kinds.items() if k in NUMBERS}
    bounds, given = _relations(chains, Letters(text, numbers))
    return Letters(
        text,
        MappingProxyType(numbers),
        frozenset(n for n, k in kinds.items() if k == "array"),
        frozenset(n for n, k in kinds.items() if k == "function"),
        MappingProxyType(bounds),
        given,
    )


def _declare(entry: str, kinds: dict[str, str]) -> None:
    """The names of an entry such as ``a, w real``, with what they are."""
    words = re.findall(r"[^\s,]+", entry)
    for size in (2, 1, 0):
        kind = " ".join(words[len(words) - size :]) if size else ""
        if size < len(words) and (kind in KINDS or not size):
            break
    for name in words[: len(words) - size]:
        if not name.isidentifier() or keyword.iskeyword(name) or name in kinds:
            raise ValueError(
                f"letters: got {entry!r}, expects new names and one of {', '.join(KINDS)}"
            )
        kinds[name] = kind or "real"


def _chain(entry: str) -> ast.Compare:
    try:
        tree = ast.parse(entry, mode="eval").body
    except SyntaxError:
        tree = None
    if not isinstance(tree, ast.Compare) or not all(type(o) in RELATIONS for o in tree.ops):
        raise ValueError(f"letters: got {entry!r}, expects a chain such as 0 < a <= b")
    return tree


def _relations(
    chains: list[ast.Compare], here: Letters
) -> tuple[dict[sp.Symbol, sp.Set], tuple[Relation, ...]]:
    """Bounds of single numbers, and all other relations."""
    bounds: dict[sp.Symbol, sp.Set] = {}
    given: list[Relation] = []
    for chain in chains:
        try:
            sides = [parse_part(side, here) for side in (chain.left, *chain.comparators)]
        except Refused as error:
            raise ValueError(f"letters: got {here.text!r}, where {error}") from None
        for (left, right), op in zip(pairwise(sides), chain.ops, strict=True):
            relation = RELATIONS[type(op)]
            if isinstance(right, sp.Symbol) and not left.free_symbols:
                left, relation, right = right, _TURNED[relation], left
            if isinstance(left, sp.Symbol) and right.is_Rational and relation != "!=":
                known = bounds.get(left, _WHOLE_LINE)
                bounds[left] = known.intersect(_half_line(relation, right))
            else:
                given.append((left, relation, right))
    for symbol, domain in bounds.items():
        if symbol.is_nonnegative:
            domain = domain.intersect(sp.Interval(0, sp.oo))
        bounds[symbol] = _integers(domain) if symbol.is_integer else domain
        if bounds[symbol] == sp.S.EmptySet:
            raise ValueError(f"letters: got {here.text!r}, which leaves no number for {symbol}")
    return bounds, tuple(given)


def _half_line(relation: str, bound: sp.Rational) -> sp.Interval:
    is_open = "=" not in relation
    if "<" in relation:
        return sp.Interval(-sp.oo, bound, right_open=is_open)
    return sp.Interval(bound, sp.oo, left_open=is_open)


def _integers(domain: sp.Interval) -> sp.FiniteSet:
    """The integers of an interval, or ten of them from its end on."""
    low, high = domain.start, domain.end
    low = sp.ceiling(low) if low.is_finite else sp.floor(high) - 9
    high = sp.floor(high) if high.is_finite else low + 9
    return sp.FiniteSet(*(n for n in range(int(low), int(high) + 1) if n in domain))
