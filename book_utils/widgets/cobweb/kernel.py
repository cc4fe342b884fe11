"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here."""

from __future__ import annotations

from book_utils.widgets import one_unit
from book_utils.widgets.codegen import Formula


def formulas() -> tuple[Formula, ...]:
    """Everything the view may compute."""
    return one_unit.formulas()
