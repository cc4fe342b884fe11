"""A counterexample: what it refutes, the instance, and the two sides evaluated exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.decide import Trial, refute
from book_utils.derivations.engine.derivation import CheckFailed, Rejection
from book_utils.derivations.engine.domains import each, satisfies
from book_utils.derivations.engine.evidence import Evidence, Grade
from book_utils.derivations.engine.exact import Exact
from book_utils.derivations.engine.instances import NotEvaluable
from book_utils.derivations.engine.mutants import Mutant
from book_utils.derivations.engine.names import names_of
from book_utils.derivations.engine.tex import cell, claim_tex, conditions_tex, tex


@dataclass(frozen=True, eq=False)
class Counterexample:
    """A claim that is false, and exact values that show it.

    ``instead`` are claims that the same instance must *not* refute: the corrected statement,
    usually. They are this record's mutants: a check that rejected them too would be worthless.
    """

    label: str
    statement: str
    refutes: Claim
    instance: Mapping[Any, Any]
    instead: tuple[Claim, ...]
    source: tuple[str, ...] = ()

    kind = "counterexample"

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", tuple(self.source))
        if not self.instead:
            raise ValueError(
                f"{self.label}: instead: got nothing, expects the corrected claim, "
                "which the same instance must not refute"
            )

    def sides(self, claim: Claim) -> tuple[Any, Any]:
        try:
            at = Exact(self.instance)
            left, right = at(claim.left), at(claim.right)
        except NotEvaluable as error:
            raise CheckFailed(f"{self.label}: {error}") from None
        return tuple(
            s.applyfunc(sp.simplify) if isinstance(s, sp.MatrixBase) else sp.simplify(s)
            for s in (left, right)
        )

    def violates(self, claim: Claim) -> bool:
        """Whether the instance is one of the claim, and the claim fails there, exactly."""
        return not self._outside(claim) and self._fails(claim)

    def _fails(self, claim: Claim) -> bool:
        """Whether the relation fails at the instance: decided exactly, or an error."""
        left, right = self.sides(claim)
        if claim.relation == "=":
            gap = left - right
            entries = list(gap) if isinstance(gap, sp.MatrixBase) else [gap]
            zero = [sp.simplify(e).is_zero for e in entries]
            if any(z is None for z in zero):
                raise CheckFailed(f"{self.label}: equality could not be decided exactly")
            return not all(zero)
        relation = {"<=": sp.Le, "<": sp.Lt, ">=": sp.Ge, ">": sp.Gt}[claim.relation]
        holds = sp.simplify(relation(left, right))
        if holds not in (sp.true, sp.false):
            raise CheckFailed(f"{self.label}: {left} and {right} could not be compared exactly")
        return holds == sp.false

    def _outside(self, claim: Claim) -> str:
        """Why the instance is none of the claim: it lies outside its domain, or breaks an
        assumption. Such an instance refutes nothing."""
        known = {n: sp.sympify(v) for n, v in self.instance.items() if isinstance(n, sp.Symbol)}
        at = Exact(self.instance)
        for name in names_of(claim).sizes:
            if name.name not in at.sizes and name not in known:
                raise CheckFailed(f"{self.label}: instance: no value for {name}")
            known.setdefault(name, sp.Integer(at.sizes[name.name]))
        for name, value in known.items():
            domain = claim.where.get(name, sp.UniversalSet).subs(known)
            if not satisfies(name, value) or domain.contains(value) != sp.true:
                return f"stands outside the claim's domain: {name} = {value}"
        for c in claim.given:
            if any(self._fails(one) for one in each(c, at)):
                return f"breaks an assumption of the claim: {c.left} {c.relation} {c.right}"
        return ""

    @cached_property
    def evidence(self) -> Evidence:
        """Proved: every assumption holds at the instance, and the claim fails there, exactly."""
        if outside := self._outside(self.refutes):
            raise CheckFailed(f"{self.label}: the instance {outside}")
        if not self._fails(self.refutes):
            left, right = self.sides(self.refutes)
            raise CheckFailed(
                f"{self.label}: the instance does not refute the claim; "
                f"left side {left}, right side {right}"
            )
        return Evidence(Grade.PROVED, cases=1)

    def check(self) -> Counterexample:
        _ = self.evidence
        return self

    @cached_property
    def rejections(self) -> tuple[Rejection, ...]:
        return tuple(
            Rejection(
                Mutant("the corrected claim", claim),
                "killed" if self._corrects(claim, trial) else "survived",
            )
            for claim, trial in zip(self.instead, self._trials, strict=True)
        )

    @cached_property
    def _trials(self) -> tuple[Trial, ...]:
        """What random instances say of the corrected claims."""
        return tuple(map(refute, self.instead))

    def _corrects(self, claim: Claim, trial: Trial) -> bool:
        """Whether neither this instance nor another refutes it, and some instance meets it."""
        if self.violates(claim):
            return False
        return trial.refutation is None and (trial.cases > 0 or not self._outside(claim))

    def _support(self) -> str:
        """How far the corrected claims are tested here; what proves them stands elsewhere."""
        cases = min(trial.cases for trial in self._trials)
        if cases == 0:
            return "at these values"
        return "tested" if cases == 1 else f"tested, {cases} cases"

    @property
    def survivors(self) -> list[Rejection]:
        return [r for r in self.rejections if r.status == "survived"]

    def __repr__(self) -> str:
        return f"{self.label}: refuted by an exact instance"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        self.check()
        left, right = self.sides(self.refutes)
        values = [f"{self._name(n)} = {tex(self._value(v))}" for n, v in self._numbers()]
        # Formulas of their own, in braces: a line breaks between two values, never inside one.
        listed = ", ".join(f"${cell('{' + value + '}')}$" for value in values)
        names = r",\quad ".join(values)
        relation = {"=": r"\ne", "<=": ">", "<": r"\ge", ">=": "<", ">": r"\le"}
        true = r",\quad ".join(map(self._corrected, self.instead))
        against = rf"{tex(left)} \;{relation[self.refutes.relation]}\; {tex(right)}"
        claimed = self._with(self.refutes, conditions_tex(self.refutes))
        markdown = (
            f"| refuted | ${cell(claimed)}$ |\n| :-- | :-- |\n"
            f"| at | {listed} |\n"
            f"| left side, right side | ${cell(against)}$ |\n"
            f"| true instead ({self._support()}) | ${cell(true)}$ |\n"
        )
        latex = (
            "$$\\begin{aligned}\n"
            rf"\text{{refuted: }} & {claimed} \\ \text{{at }} & {names} \\ "
            rf"\text{{since }} & {against} \\ \text{{true instead: }} & {true}"
            "\n\\end{aligned}$$"
        )
        return {"text/markdown": markdown, "text/latex": latex, "text/plain": repr(self)}

    @staticmethod
    def _with(claim: Claim, conditions: str) -> str:
        """A claim, and under which conditions it is made."""
        return claim_tex(claim) + (rf"\ \text{{ if }}\ {conditions}" if conditions else "")

    def _corrected(self, claim: Claim) -> str:
        """A corrected claim; what it assumes as the refuted one did is not said twice."""
        more = conditions_tex(claim, self.refutes)
        if not any(c in self.refutes.given for c in claim.given):
            return self._with(claim, more)
        same = claim_tex(claim) + r"\ \text{ under the same assumptions"
        return same + (rf" and if }}\ {more}" if more else "}")

    def _numbers(self):
        return [(n, v) for n, v in self.instance.items()]

    @staticmethod
    def _name(name: Any) -> str:
        return getattr(name, "tex", "f") + "(z)" if isinstance(name, type) else tex(name)

    @staticmethod
    def _value(value: Any) -> Any:
        if callable(value) and not isinstance(value, sp.Basic | sp.MatrixBase):
            return value(sp.Symbol("z"))
        if isinstance(value, sp.Lambda):
            return value.expr
        if isinstance(value, list | tuple):
            return sp.Matrix(value)
        return value
