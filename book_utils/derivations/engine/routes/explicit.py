"""Explicit matrices: exact at named sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import sympy as sp

from book_utils.derivations.engine.claim import Claim, Equation
from book_utils.derivations.engine.evidence import PROVED, Evidence, Grade
from book_utils.derivations.engine.exact import Symbols
from book_utils.derivations.engine.instances import NotEvaluable
from book_utils.derivations.engine.names import names_of
from book_utils.derivations.engine.routes.zero import is_zero


def sizes(*which: int) -> Callable[[Claim, Sequence[Equation]], Evidence | None]:
    """Write every entry as a symbol at each of these sizes, and compare entry by entry."""

    def route(claim: Claim, using: Sequence[Equation] = ()) -> Evidence | None:
        if claim.relation != "=" or using:
            return None
        names = names_of(claim)
        if names.ranges:
            return None  # a claim about one entry is proved with indices, not at a size
        try:
            # Several sizes are several numbers: n × p matrices at all pairs of them.
            for extents in product(which, repeat=len(names.sizes)):
                if not _equal_at(claim, dict(zip(names.sizes, extents, strict=True))):
                    return None
        except NotEvaluable:
            return None
        return Evidence(Grade.PROVED_FOR_SIZES, sizes=which) if names.sizes else PROVED

    route.__name__ = f"explicit matrices, n = {', '.join(map(str, which))}"
    return route


def _equal_at(claim: Claim, extents: dict[sp.Symbol, int]) -> bool:
    at = Symbols({s.name: extent for s, extent in extents.items()})
    gap = at(claim.left) - at(claim.right)
    entries = list(gap) if isinstance(gap, sp.MatrixBase) else [gap]
    return all(is_zero(e) for e in entries)
