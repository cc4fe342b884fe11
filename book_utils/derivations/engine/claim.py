"""A claim: two expressions, the relation between them, and what is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

RELATIONS = ("=", "<=", "<", ">=", ">")

# What two links of a chain make together: a = b <= c gives a <= c. Links that point in
# opposite directions make nothing.
_STRENGTH = {"=": 0, "<=": 1, "<": 2, ">=": -1, ">": -2}


@dataclass(frozen=True)
class Claim:
    """``left relation right`` for all values of the free names in their domains.

    ``where`` gives domains that a name's own SymPy assumptions do not: a symbol's set
    (``Interval``, ``Range``, ``FiniteSet``; bounds may use names listed before it) or, for a
    function, the callables to try. ``given`` lists further claims that are assumed.
    """

    left: sp.Basic
    relation: str
    right: sp.Basic
    where: Mapping[Any, Any] = field(default_factory=dict)
    given: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS:
            raise ValueError(
                f"relation: got {self.relation!r}, expects one of {', '.join(RELATIONS)}"
            )
        object.__setattr__(self, "left", sp.sympify(self.left))
        object.__setattr__(self, "right", sp.sympify(self.right))

    def with_right(self, right: sp.Basic) -> Claim:
        return replace(self, right=right)


def substitute(claim: Claim, name: sp.Symbol, value: sp.Basic) -> Claim:
    """The same claim with ``name`` replaced, as an induction needs it."""
    return replace(claim, left=claim.left.subs(name, value), right=claim.right.subs(name, value))


def compose(relations: list[str]) -> str | None:
    """The relation that a chain of relations proves, or None if it proves none."""
    strengths = [_STRENGTH[r] for r in relations]
    if any(s > 0 for s in strengths) and any(s < 0 for s in strengths):
        return None
    strongest = max(strengths, key=abs, default=0)
    return next(r for r, s in _STRENGTH.items() if s == strongest)


def implies(proved: str, claimed: str) -> bool:
    """Whether the relation ``proved`` is enough for the relation ``claimed``."""
    return proved == claimed or claimed in {"=": ("<=", ">="), "<": ("<=",), ">": (">=",)}.get(
        proved, ()
    )
