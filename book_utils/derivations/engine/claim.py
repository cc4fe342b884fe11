"""A claim: two expressions, the relation between them, and what is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from book_utils.derivations.engine.binding import put

Domains = Mapping[Any, Any]

RELATIONS = ("=", "<=", "<", ">=", ">")

# What two links of a chain make together: a = b <= c gives a <= c. Links that point in
# opposite directions make nothing.
_STRENGTH = {"=": 0, "<=": 1, "<": 2, ">=": -1, ">": -2}


@dataclass(frozen=True)
class Claim:
    """``left relation right`` for all values of the free names in their domains.

    ``where`` gives domains that a name's own SymPy assumptions do not: a symbol's set
    (``Interval``, ``Range``, ``FiniteSet``; bounds may use names listed before it, and the norm
    of a matrix) or, for a function, the callables to try. ``given`` lists further claims that
    are assumed. An assumption made for every value of an index says which in ``every``, and
    where the index runs in its own ``where``: see the function ``every``.
    """

    left: sp.Basic
    relation: str
    right: sp.Basic
    where: Mapping[Any, Any] = field(default_factory=dict)
    given: tuple[Claim, ...] = ()
    every: sp.Symbol | None = None

    def __post_init__(self) -> None:
        _refuse_relation(self.relation)
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


def _refuse_relation(relation: str) -> None:
    if relation not in RELATIONS:
        raise ValueError(f"relation: got {relation!r}, expects one of {', '.join(RELATIONS)}")


def every(
    index: sp.Symbol, domain: sp.Range, left: sp.Basic, relation: str, right: sp.Basic
) -> Claim:
    """An assumption for every ``index`` in ``domain``: σ_max(D_r) <= γ for r from k to t − 1."""
    if not isinstance(domain, sp.Range) or domain.step != 1:
        raise ValueError(f"every: got {domain} for {index}, expects a Range of step 1")
    if index in domain.start.free_symbols | domain.stop.free_symbols:
        raise ValueError(f"every: got {domain}, expects a Range without {index}")
    return Claim(left, relation, right, where={index: domain}, every=index)


@dataclass(frozen=True)
class Assumption:
    """The ground of a fact that is assumed: a claim of ``given``, and at which index."""

    claim: Claim
    at: sp.Basic | None = None


@dataclass(frozen=True)
class Equation:
    """``left = right``, or an inequality, taken as known in a step, and on what ground.

    ``ground`` is "definition" for what a word means, "hypothesis" for the claim of an induction
    one step earlier, an ``Assumption`` for what the claim supposes, or the record that derives
    it. Without a ground it has to be proved where it is used, or the step counts as tested at
    most: a false equation proves anything. Whatever its ground, it is tested in the domain of
    the step that uses it.

    With an ``index`` it is a fact for every value of that index in ``domain``, made by
    ``for_each``. A route may put the index of a sum in its place, where all of that sum surely
    lies in the domain; nothing else may use it.
    """

    left: sp.Basic
    right: sp.Basic
    ground: Any = None
    relation: str = "="
    index: sp.Symbol | None = None
    domain: sp.Range | None = None

    def __post_init__(self) -> None:
        _refuse_relation(self.relation)
        if self.relation != "=" and shape_of(self.left) is not None:
            raise ValueError(
                f"fact: got {self.left} {self.relation} {self.right}, expects '=' between matrices"
            )

    def __iter__(self):
        return iter((self.left, self.right))

    def within(self, claim: Claim) -> Claim:
        """The fact as a claim in the domain of another claim, over the whole of its own."""
        where = (
            dict(claim.where) if self.index is None else {**claim.where, self.index: self.domain}
        )
        return Claim(self.left, self.relation, self.right, where, claim.given)

    def at(self, index: sp.Symbol, low: sp.Expr, high: sp.Expr, where: Domains) -> Equation | None:
        """The fact at the index of a sum from ``low`` to ``high``, if it holds for all of them."""
        if self.index is None or not lies_in(low, high, self.domain, where):
            return None
        left, right = put(self.left, self.index, index), put(self.right, self.index, index)
        return Equation(left, right, self.ground, self.relation)


def definition(left: sp.Basic, right: sp.Basic, relation: str = "=") -> Equation:
    """What a word means. It is not proved, but tested like everything else."""
    return Equation(sp.sympify(left), sp.sympify(right), "definition", relation)


def lemma(left: sp.Basic, right: sp.Basic, record: Any, relation: str = "=") -> Equation:
    """What another record derives, with the names of this place put in.

    That it is the same fact is for the reader to see; the step is graded no better than the
    record, and the fact is tested.
    """
    return Equation(sp.sympify(left), sp.sympify(right), record, relation)


def given(assumption: Claim, at: sp.Basic | None = None) -> Equation:
    """An assumption of the claim, used in a step; one made for every index, ``at`` one of them.

    It must stand in the claim's ``given`` word for word, and the index must lie in its domain.
    Without ``at`` an assumption for every index is used, inside a sum, for all of them.
    """
    c = assumption
    if at is not None and c.every is None:
        raise ValueError(f"given: got at={at}, but {c.left} {c.relation} {c.right} has no index")
    if c.every is not None and at is not None:
        place = sp.sympify(at)
        left, right = put(c.left, c.every, place), put(c.right, c.every, place)
        return Equation(left, right, Assumption(c, place), c.relation)
    fact = Equation(c.left, c.right, Assumption(c), c.relation)
    return fact if c.every is None else _for_each(fact, c.every, c.where[c.every])


def for_each(fact: Any, index: sp.Symbol, low: sp.Basic, high: sp.Basic) -> Equation:
    """A fact for every ``index`` from ``low`` to ``high``: what a sum over it may use."""
    fact, low, high = as_equation(fact), sp.sympify(low), sp.sympify(high)
    if index in low.free_symbols | high.free_symbols:
        raise ValueError(f"for_each: got {low} to {high}, expects limits without {index}")
    if isinstance(fact.ground, Assumption) or fact.index is not None:
        raise ValueError(
            f"for_each: got {fact.left} {fact.relation} {fact.right}, which is "
            + (
                "assumed; expects every(…) in the claim's given"
                if fact.index is None
                else f"for each {fact.index.name.removeprefix(EACH)} already"
            )
        )
    return _for_each(fact, index, sp.Range(low, high + 1))


EACH = "each "


def _for_each(fact: Equation, index: sp.Symbol, domain: sp.Range) -> Equation:
    """The index gets a name of its own, so that no claim speaks of it by accident."""
    name = sp.Symbol(EACH + index.name, integer=True)
    left, right = put(fact.left, index, name), put(fact.right, index, name)
    return replace(fact, left=left, right=right, index=name, domain=domain)


def as_equation(pair: Any) -> Equation:
    return pair if isinstance(pair, Equation) else Equation(*map(sp.sympify, pair))


def shape_of(e: sp.Basic) -> tuple | None:
    """The shape of a matrix, None for a number."""
    return tuple(e.shape) if getattr(e, "is_Matrix", False) else None


def _kind(shape: tuple | None) -> str:
    return "a number" if shape is None else f"a matrix of shape ({', '.join(map(str, shape))})"


def substitute(claim: Claim, name: sp.Symbol, value: sp.Basic) -> Claim:
    """The same claim with ``name`` replaced, in what it assumes too, as an induction needs it."""
    domain = claim.where.get(claim.every) if claim.every else None
    return replace(
        claim,
        left=put(claim.left, name, value),
        right=put(claim.right, name, value),
        where={**claim.where, claim.every: domain.subs(name, value)}
        if domain is not None
        else claim.where,
        given=tuple(substitute(c, name, value) for c in claim.given),
    )


def at_least(e: sp.Expr, low: sp.Expr | int, where: Domains) -> bool:
    """Whether an integer expression is surely at least ``low`` for all names in their domains.

    A ``Range`` counts from its start on and has no end here: the domain of a time stands for
    all times from there on.
    """
    gap = sp.sympify(e) - low
    for name, domain in reversed(list(where.items())):
        if isinstance(domain, sp.Range) and domain.step == 1 and domain.start.is_finite:
            gap = gap.subs(name, domain.start + sp.Dummy(integer=True, nonnegative=True))
    return sp.expand(gap).is_nonnegative is True


def lies_in(low: sp.Expr, high: sp.Expr, domain: sp.Range, where: Domains) -> bool:
    """Whether all integers from ``low`` to ``high`` surely lie in a range of step 1."""
    return at_least(low, domain.start, where) and (
        domain.stop == sp.oo or at_least(domain.stop, high + 1, where)
    )


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
