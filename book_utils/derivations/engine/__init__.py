"""The check engine: claims, two independent routes, mutants, derivations and counterexamples.

The prover (``prove``) rewrites expressions exactly; the tester (``instances``) puts numbers in.
``decide`` asks both. ``derivation`` and ``counterexample`` are what chapters show.
"""

from book_utils.derivations.engine.claim import (
    Claim,
    definition,
    every,
    for_each,
    given,
    lemma,
)
from book_utils.derivations.engine.counterexample import Counterexample
from book_utils.derivations.engine.decide import Cited, Contradiction, decide
from book_utils.derivations.engine.derivation import HYPOTHESIS, CheckFailed, Derivation, Step
from book_utils.derivations.engine.evidence import Evidence, Grade
from book_utils.derivations.engine.prove import (
    algebra,
    box,
    calculus,
    certified,
    monotone,
    norms,
    polynomial,
    sign,
    sizes,
    slope,
    substitution,
)

__all__ = [
    "HYPOTHESIS",
    "CheckFailed",
    "Cited",
    "Claim",
    "Contradiction",
    "Counterexample",
    "Derivation",
    "Evidence",
    "Grade",
    "Step",
    "algebra",
    "box",
    "calculus",
    "certified",
    "decide",
    "definition",
    "every",
    "for_each",
    "given",
    "lemma",
    "monotone",
    "norms",
    "polynomial",
    "sign",
    "sizes",
    "slope",
    "substitution",
]
