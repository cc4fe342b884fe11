"""The prover: every route rewrites the two sides exactly, or says that it cannot.

No route evaluates at random numbers, and none returns a verdict against a claim: what is not
proved here may be true all the same. ``given`` is not used by any route: what is proved holds
without the assumptions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from book_utils.derivations.engine.claim import Claim, Equation
from book_utils.derivations.engine.evidence import Evidence
from book_utils.derivations.engine.routes.explicit import sizes
from book_utils.derivations.engine.routes.indices import calculus, entrywise
from book_utils.derivations.engine.routes.matrices import algebra, spectrum
from book_utils.derivations.engine.routes.reals import certified, polynomial, sign
from book_utils.derivations.engine.routes.substitution import substitution

Route = Callable[[Claim, Sequence[Equation]], Evidence | None]

EXACT: tuple[Route, ...] = (calculus, algebra, entrywise, spectrum, sign, polynomial)
"""What is tried when a step names no route of its own."""

__all__ = [
    "EXACT",
    "Route",
    "algebra",
    "calculus",
    "certified",
    "entrywise",
    "polynomial",
    "sign",
    "sizes",
    "spectrum",
    "substitution",
]
