"""The prover: every route rewrites the two sides exactly, or says that it cannot.

No route evaluates at random numbers, and none returns a verdict against a claim: what is not
proved here may be true all the same. No route looks at a claim's ``given``: an assumption is
used where a step names it in ``using``, and only by the routes that take inequalities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from book_utils.derivations.engine.claim import Claim, Equation
from book_utils.derivations.engine.evidence import Evidence
from book_utils.derivations.engine.routes.boxes import box
from book_utils.derivations.engine.routes.explicit import sizes
from book_utils.derivations.engine.routes.indices import calculus, entrywise
from book_utils.derivations.engine.routes.matrices import algebra, spectrum
from book_utils.derivations.engine.routes.norms import monotone, norms
from book_utils.derivations.engine.routes.reals import certified, polynomial, sign
from book_utils.derivations.engine.routes.slopes import slope
from book_utils.derivations.engine.routes.substitution import substitution

Route = Callable[[Claim, Sequence[Equation]], Evidence | None]

EXACT: tuple[Route, ...] = (
    calculus,
    algebra,
    entrywise,
    spectrum,
    sign,
    polynomial,
    box,
    slope,
    norms,
)
"""What is tried when a step names no route of its own."""

__all__ = [
    "EXACT",
    "Route",
    "algebra",
    "box",
    "calculus",
    "certified",
    "entrywise",
    "monotone",
    "norms",
    "polynomial",
    "sign",
    "sizes",
    "slope",
    "spectrum",
    "substitution",
]
