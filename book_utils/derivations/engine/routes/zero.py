"""Whether an expression is zero: for all values of its letters, exactly."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from book_utils.derivations.engine.vocabulary import ActivationFunction, SlopeFunction


def is_zero(e: sp.Expr) -> bool:
    """Multiplied out, nothing is left; or SymPy simplifies what is left to nothing."""
    e = sp.expand(e)
    return e == 0 or (_may_simplify(e) and sp.simplify(e) == 0)


def _may_simplify(e: sp.Expr) -> bool:
    """SymPy's simplify is slow, and no help where letters are only multiplied and added.

    It also takes a sum with upper < lower by Karr's convention; here such a sum is empty.
    """
    if e.has(sp.Sum, sp.Product):
        return False
    undefined = ActivationFunction | SlopeFunction | AppliedUndef | sp.KroneckerDelta
    return any(not isinstance(f, undefined) for f in e.atoms(sp.Function)) or any(
        not (p.exp.is_Integer and p.exp > 0) for p in e.atoms(sp.Pow)
    )
