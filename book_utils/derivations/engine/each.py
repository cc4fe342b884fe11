"""An equation for each value of an index: what may be used under a sum over that index."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import sympy as sp

from book_utils.derivations.engine.binding import put
from book_utils.derivations.engine.claim import Claim, Equation


@dataclass(frozen=True)
class EquationForEach(Equation):
    """``left = right`` for every ``index`` from ``low`` to ``high``.

    The index has a name of its own, so that no claim speaks of it by accident. A route may put
    the index of a sum in its place, where that runs inside ``low … high``.
    """

    index: sp.Symbol = None
    low: sp.Basic = None
    high: sp.Basic = None

    def within(self, claim: Claim) -> Claim:
        """Tested over the whole range of the index, in the domain of the claim."""
        here = super().within(claim)
        return replace(here, where={**here.where, self.index: sp.Range(self.low, self.high + 1)})


def for_each(
    equation: Equation, index: sp.Symbol, low: sp.Basic, high: sp.Basic
) -> EquationForEach:
    """The equation for every ``index`` from ``low`` to ``high``: what a sum over it may use."""
    name = sp.Symbol(f"each {index.name}", integer=True)
    given = {f.name: getattr(equation, f.name) for f in fields(Equation)}
    given |= {side: put(given[side], index, name) for side in ("left", "right")}
    low, high = sp.sympify(low), sp.sympify(high)
    if index in low.free_symbols | high.free_symbols:
        raise ValueError(f"for_each: got {low} to {high}, expects limits without {index}")
    return EquationForEach(**given, index=name, low=low, high=high)
