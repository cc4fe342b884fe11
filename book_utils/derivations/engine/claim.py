"""A claim: two expressions, the relation between them, and what is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from book_utils.derivations.engine.binding import put

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
        left, right = shape_of(self.left), shape_of(self.right)
        if left != right:
            raise ValueError(
                f"claim: the left side is {_kind(left)}, the right side {_kind(right)}; "
                "expects two sides of one shape"
            )

    def with_right(self, right: sp.Basic) -> Claim:
        return replace(self, right=right)


@dataclass(frozen=True)
class Equation:
    """``left = right``, taken as known in a step, and on what ground.

    ``ground`` is "definition" for what a word means, "hypothesis" for the claim of an induction
    one step earlier, or the record that derives the equation. Without a ground the equation has
    to be proved where it is used, or the step counts as tested at most: a false equation proves
    anything. Whatever its ground, it is tested in the domain of the step that uses it.
    """

    left: sp.Basic
    right: sp.Basic
    ground: Any = None

    def __iter__(self):
        return iter((self.left, self.right))

    def within(self, claim: Claim) -> Claim:
        """The equation as a claim in the domain of another claim."""
        return Claim(self.left, "=", self.right, claim.where, claim.given)


def definition(left: sp.Basic, right: sp.Basic) -> Equation:
    """What a word means. It is not proved, but tested like everything else."""
    return Equation(sp.sympify(left), sp.sympify(right), "definition")


def lemma(left: sp.Basic, right: sp.Basic, record: Any) -> Equation:
    """What another record derives, with the names of this place put in.

    That it is the same equation is for the reader to see; the step is graded no better than
    the record, and the equation is tested.
    """
    return Equation(sp.sympify(left), sp.sympify(right), record)


def as_equation(pair: Any) -> Equation:
    return pair if isinstance(pair, Equation) else Equation(*map(sp.sympify, pair))


def shape_of(e: sp.Basic) -> tuple | None:
    """The shape of a matrix, None for a number."""
    return tuple(e.shape) if getattr(e, "is_Matrix", False) else None


def _kind(shape: tuple | None) -> str:
    return "a number" if shape is None else f"a matrix of shape ({', '.join(map(str, shape))})"


def substitute(claim: Claim, name: sp.Symbol, value: sp.Basic) -> Claim:
    """The same claim with ``name`` replaced, as an induction needs it."""
    return replace(claim, left=put(claim.left, name, value), right=put(claim.right, name, value))


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
