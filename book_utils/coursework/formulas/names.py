"""What a formula may speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

Relation = tuple[sp.Expr, str, sp.Expr]


@dataclass(frozen=True)
class Letters:
    """Numbers, arrays such as x[t], and unknown functions such as h(t), whose slope is dh(t).

    ``bounds`` are the domains of single numbers, ``given`` the relations between several.
    """

    text: str
    numbers: Mapping[str, sp.Symbol]
    arrays: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    bounds: Mapping[sp.Symbol, sp.Set] | None = None
    given: tuple[Relation, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.numbers, *sorted(self.arrays), *sorted(self.functions))

    @property
    def slopes(self) -> dict[str, str]:
        """The function by the name of its slope, where that name is not taken."""
        return {f"d{f}": f for f in sorted(self.functions) if f"d{f}" not in self.names}


class Refused(ValueError):
    """A text that is no formula here. The message says what to write instead."""
