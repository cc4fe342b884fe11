"""Symbols: what equals what, and why. The check engine, and each topic's derivations.

``Derivation`` and ``Counterexample`` are what a chapter shows, ``ledger()`` lists them all.
"""

from book_utils.derivations.engine import (
    HYPOTHESIS,
    CheckFailed,
    Cited,
    Claim,
    Contradiction,
    Counterexample,
    Derivation,
    Evidence,
    Grade,
    Step,
    decide,
)
from book_utils.derivations.entries import ledger

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
    "decide",
    "ledger",
]
