"""Both sides of a comparison: what a student wrote, and what the instructor knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp
from sympy.core.symbol import Str

from book_utils.coursework.formulas.letters import letters
from book_utils.coursework.formulas.making import ALLOWED, Item, is_matrix, put
from book_utils.coursework.formulas.names import Letters, Refused
from book_utils.coursework.formulas.parsing import Formula, parse


def read(text: str, of: str | Letters, functions: Iterable[str] = ALLOWED) -> Formula:
    """The formula that a text says, or ``Refused`` with what to write instead.

    ``of`` declares the letters; ``functions`` are those that it may use, of ``ALLOWED``. Nothing
    is evaluated, by Python or by SymPy.
    """
    return parse(text, letters(of) if isinstance(of, str) else of, functions)


def known(truth: Any, here: Letters) -> Formula:
    """The instructor's side: symbols are taken by their names, whatever is assumed of them."""
    if isinstance(truth, str):
        return read(truth, here)
    if isinstance(truth, list | tuple):
        return [known(part, here) for part in truth]
    e = sp.sympify(truth)
    if is_matrix(e):
        return sp.ImmutableDenseMatrix(e.rows, e.cols, [known(entry, here) for entry in e])
    e = e.replace(
        lambda part: isinstance(part, sp.Indexed),
        lambda part: Item(Str(str(part.base.label)), *part.indices),
    )
    # A decimal is what was typed, not the binary number next to it.
    if decimals := e.atoms(sp.Float):
        e = e.xreplace({f: sp.Rational(repr(float(f))) for f in decimals})
    strange = sorted({s.name for s in e.free_symbols} - set(here.names))
    if strange:
        raise ValueError(f"truth: got the letters {', '.join(strange)}, expects {here.text!r}")
    values = {s: here.numbers[s.name] for s in e.free_symbols if s.name in here.numbers}
    # It may be made from a line of a student's, so nothing is rebuilt that need not be.
    return put(e, {s: own for s, own in values.items() if s != own})


def answered(answer: Any, here: Letters, functions: Iterable[str]) -> Formula:
    """The student's side: texts, and lists of texts."""
    if isinstance(answer, str):
        return read(answer, here, functions)
    if isinstance(answer, list | tuple):
        return [answered(part, here, functions) for part in answer]
    if isinstance(answer, sp.Basic):
        return known(answer, here)
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return read(str(answer), here, functions)
    raise Refused("write the formula as text")
