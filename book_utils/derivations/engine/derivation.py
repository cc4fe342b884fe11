"""A derivation: a claim, the steps that lead to it, a reason for each, and the checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sympy as sp

from book_utils.derivations.engine.claim import (
    Assumption,
    Claim,
    Equation,
    as_equation,
    at_least,
    compose,
    given,
    implies,
    lies_in,
    substitute,
)
from book_utils.derivations.engine.decide import (
    Cited,
    Contradiction,
    Refutation,
    contradicts,
    decide,
    prove,
    refute,
)
from book_utils.derivations.engine.evidence import Evidence, Grade, weakest
from book_utils.derivations.engine.mutants import Mutant, mutants
from book_utils.derivations.engine.names import names_of
from book_utils.derivations.engine.prove import EXACT, Route
from book_utils.derivations.engine.report import refutation_text
from book_utils.derivations.engine.tex import RELATION, cell, tex
from book_utils.derivations.engine.timelimit import SECONDS


class CheckFailed(AssertionError):
    """A step does not follow. The message names it and gives an instance that refutes it."""


@dataclass(frozen=True)
class Step:
    """One link: the next expression, and why it stands there.

    ``by`` names the prover's routes (or ``Cited(...)``, or "test"). ``using`` lists equations
    and inequalities that the step may use: ``definition(...)``, ``lemma(...)``, ``given(...)``,
    the ``HYPOTHESIS`` of an induction, or a pair of sides, which has to be proved where it is
    used.
    """

    right: sp.Basic
    because: str
    relation: str = "="
    by: Sequence[Route] | Cited | str = EXACT
    using: tuple[Equation, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "right", sp.sympify(self.right))
        object.__setattr__(self, "using", tuple(map(as_equation, self.using)))


@dataclass(frozen=True)
class Part:
    """A chain of steps from one side of a claim to the other."""

    claim: Claim
    steps: tuple[Step, ...]
    heading: str = ""

    def claims(self) -> list[Claim]:
        """What each step says: from the expression before it to its own."""
        left, found = self.claim.left, []
        for step in self.steps:
            found.append(Claim(left, step.relation, step.right, self.claim.where, self.claim.given))
            left = step.right
        return found


@dataclass(frozen=True)
class Induction:
    """How a claim is shown for every ``over`` from ``start`` on: at the start, then from one to
    the next."""

    over: sp.Symbol
    start: sp.Basic
    base: tuple[Step, ...]
    step: tuple[Step, ...]
    step_where: Mapping[Any, Any]

    def hypothesis(self, claim: Claim) -> Equation:
        """The claim one step earlier."""
        before = substitute(claim, self.over, self.over - 1)
        return Equation(before.left, before.right, "hypothesis", claim.relation)

    def parts(self, claim: Claim) -> tuple[Part, ...]:
        where = {s: d for s, d in claim.where.items() if s != self.over}
        at_start = replace(substitute(claim, self.over, self.start), where=where)
        steps = tuple(
            replace(
                s, using=tuple(self.hypothesis(claim) if u is HYPOTHESIS else u for u in s.using)
            )
            for s in self.step
        )
        name, first = tex(self.over), tex(sp.sympify(self.start))
        return (
            Part(at_start, self.base, f"Base, ${name} = {first}$"),
            Part(
                replace(claim, where=self._domain(claim)),
                steps,
                f"Step, from ${name} - 1$ to ${name}$",
            ),
        )

    def _domain(self, claim: Claim) -> dict[Any, Any]:
        """The claim's domain without the start: no place may be left out between the two."""
        domain = claim.where.get(self.over)
        self._refuse_assumptions(claim)
        if not isinstance(domain, sp.Range) or domain.step != 1 or domain.start != self.start:
            raise ValueError(
                f"induction over {self.over} from {self.start}: got the domain {domain}, "
                f"expects where={{{self.over}: sp.Range({self.start}, …)}}"
            )
        step = {**claim.where, self.over: sp.Range(domain.start + 1, domain.stop)}
        for name, said in self.step_where.items():
            expected = step.get(name)
            same = said == expected or (
                name == self.over and getattr(said, "start", None) == domain.start + 1
            )
            if not same:
                raise ValueError(f"step_where: got {said} for {name}, expects {expected}")
        return step

    def _refuse_assumptions(self, claim: Claim) -> None:
        """What is assumed at one place must hold at the one before, where the claim is used."""
        for name, domain in claim.where.items():
            if name != self.over and self.over in getattr(domain, "free_symbols", ()):
                raise ValueError(
                    f"induction over {self.over}: got the domain {domain} for {name}, "
                    f"expects one without {self.over}"
                )
        for c in claim.given:
            inside = c.left.free_symbols | c.right.free_symbols
            if c.every is not None:
                range_ = c.where[c.every]
                inside |= range_.start.free_symbols
                grows = range_.stop - range_.stop.subs(self.over, self.over - 1)
                if not at_least(grows, 0, {}):
                    inside |= {self.over}
            if self.over in inside:
                raise ValueError(
                    f"induction over {self.over}: got the assumption {c.left} {c.relation} "
                    f"{c.right}, expects one that does not change with {self.over}, or one for "
                    "every index up to it"
                )


@dataclass(frozen=True)
class Rejection:
    """What became of one mutant."""

    mutant: Mutant
    status: str
    """'killed': refuted by an instance, or without a meaning at one (a product with fewer than
    no factors), which no check lets pass; and no route proves it. 'equivalent': proved, so it
    is as true as what it was made from. 'survived': neither."""


@dataclass(frozen=True, eq=False)
class Derivation:
    """A statement with its proof as data. Displaying it runs the checks.

    ``label`` is the statement's label in the chapter, ``statement`` says it in words and
    symbols for the ledger, ``source`` lists the rows of statements.csv that it settles.
    """

    label: str
    statement: str
    claim: Claim
    steps: tuple[Step, ...] = ()
    source: tuple[str, ...] = ()
    seconds: float = SECONDS
    induction: Induction | None = None

    kind = "derivation"

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        object.__setattr__(self, "source", tuple(self.source))
        for part in self.parts:
            self._check_shape(part)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """One chain of steps, or the two of an induction."""
        if self.induction is None:
            return (Part(self.claim, self.steps),)
        return self.induction.parts(self.claim)

    def _check_shape(self, part: Part) -> None:
        if not part.steps:
            raise ValueError(f"{self.label}: a derivation needs at least one step")
        supposed = () if self.induction is None else (self.induction.hypothesis(self.claim),)
        for step in part.steps:
            for fact in step.using:
                if fact.ground == "hypothesis" and (fact not in supposed or part is self.parts[0]):
                    raise ValueError(f"{self.label}: HYPOTHESIS is for the step of an induction")
                if isinstance(fact.ground, Assumption):
                    self._refuse_unassumed(fact, part.claim)
        if part.steps[-1].right != part.claim.right:
            raise ValueError(
                f"{self.label}: the steps end at {part.steps[-1].right}, "
                f"the claim at {part.claim.right}; expects the same expression"
            )
        whole = compose([step.relation for step in part.steps])
        if whole is None or not implies(whole, part.claim.relation):
            raise ValueError(
                f"{self.label}: relations {[s.relation for s in part.steps]} do not make the "
                f"claim's {part.claim.relation!r}"
            )

    def _refuse_unassumed(self, fact: Equation, claim: Claim) -> None:
        """What a step takes as given must be an assumption of its claim, at an index in range."""
        ground = fact.ground
        c = ground.claim
        if c not in claim.given or fact != given(c, ground.at):
            raise ValueError(
                f"{self.label}: given: got {c.left} {c.relation} {c.right}, expects one of the "
                "claim's assumptions, word for word"
            )
        if ground.at is None:
            return
        domain = c.where[c.every]
        if not lies_in(ground.at, ground.at, domain, claim.where):
            raise ValueError(
                f"{self.label}: given: got {c.every} = {ground.at}, expects an index that surely "
                f"lies in {domain}"
            )

    @classmethod
    def by_induction(
        cls,
        label: str,
        statement: str,
        claim: Claim,
        *,
        over: sp.Symbol,
        start: sp.Basic,
        base: Sequence[Step],
        step: Sequence[Step],
        source: Sequence[str] = (),
        step_where: Mapping[Any, Any] | None = None,
    ) -> Derivation:
        """A claim for every ``over`` >= ``start``: at the start, and from one to the next.

        In the steps of ``step`` that set ``using=(HYPOTHESIS, …)`` the claim at ``over - 1``
        may be used. It is made from ``start + 1`` on; ``step_where`` may say so itself.
        """
        induction = Induction(over, start, tuple(base), tuple(step), dict(step_where or {}))
        return cls(label, statement, claim, source=tuple(source), induction=induction)

    # The checks -----------------------------------------------------------------------------

    @cached_property
    def evidence_of_steps(self) -> tuple[tuple[Evidence, ...], ...]:
        """Check every step. A step that does not follow raises CheckFailed."""
        return tuple(
            tuple(
                self._check(claim, step, f"{part.heading}, " if part.heading else "", number)
                for number, (claim, step) in enumerate(
                    zip(part.claims(), part.steps, strict=True), 1
                )
            )
            for part in self.parts
        )

    def _check(self, claim: Claim, step: Step, heading: str, number: int) -> Evidence:
        name = f"{self.label}: {heading}step {number} ({step.because})"
        grounds = [self._ground(equation, claim, name) for equation in step.using]
        outcome = decide(claim, step.by, step.using, seconds=self.seconds)
        if isinstance(outcome, Refutation):
            raise CheckFailed(f"{name} does not follow.\n" + refutation_text(outcome))
        return weakest([outcome, *grounds])

    def _ground(self, equation: Equation, claim: Claim, name: str) -> Evidence:
        """What a fact is worth that a step uses. Whatever its ground, it is tested."""
        itself = equation.within(claim)
        trial = refute(itself, seconds=self.seconds)
        if trial.refutation is not None:
            raise CheckFailed(
                f"{name} uses an equation that does not hold.\n" + refutation_text(trial.refutation)
            )
        if trial.strays or not trial.cases:
            shown = f"{equation.left} {equation.relation} {equation.right}"
            return Evidence(Grade.INCONCLUSIVE, note=f"it uses {shown}, but {trial.note}")
        if equation.ground in ("definition", "hypothesis") or isinstance(
            equation.ground, Assumption
        ):
            return Evidence(Grade.PROVED, cases=trial.cases)
        if isinstance(equation.ground, Derivation):
            return equation.ground.evidence
        proof = prove(itself, seconds=self.seconds)
        if proof is not None and proof.grade > Grade.INCONCLUSIVE:
            return replace(proof, cases=trial.cases)
        return Evidence(Grade.TESTED, trial.cases, note="it uses an equation that is only tested")

    @cached_property
    def evidence(self) -> Evidence:
        """As strong as the weakest step; the whole claim is tested once more by itself."""
        steps = [e for part in self.evidence_of_steps for e in part]
        if self.claim in [claim for part in self.parts for claim in part.claims()]:
            return weakest(steps)
        trial = refute(self.claim, seconds=self.seconds)
        if trial.refutation is not None:
            raise CheckFailed(
                f"{self.label}: the claim does not follow.\n" + refutation_text(trial.refutation)
            )
        return weakest(steps)

    def check(self) -> Derivation:
        """Run all checks and return the derivation itself."""
        _ = self.evidence
        return self

    @cached_property
    def rejections(self) -> tuple[Rejection, ...]:
        """What became of every mutant of every step and of the whole claim."""
        found: list[Rejection] = []
        seen: set[tuple] = set()
        jobs = [
            (claim, step.by, step.using)
            for part in self.parts
            for claim, step in zip(part.claims(), part.steps, strict=True)
        ]
        for claim, by, using in [*jobs, (self.claim, EXACT, ())]:
            for mutant in mutants(claim):
                key = (mutant.claim.left, mutant.claim.relation, mutant.claim.right)
                if key not in seen:
                    seen.add(key)
                    found.append(self._judge(mutant, claim, by, using))
        return tuple(found)

    def _judge(
        self, mutant: Mutant, origin: Claim, by: Any, using: tuple[Equation, ...]
    ) -> Rejection:
        trial = refute(mutant.claim, seconds=self.seconds)
        refutation = trial.refutation
        routes = EXACT if isinstance(by, Cited | str) else by
        proof = prove(mutant.claim, routes, using, self.seconds)
        if refutation is not None and proof is not None and contradicts(proof, refutation):
            raise Contradiction(
                f"{self.label}: a route proves the mutant '{mutant.what}', which an instance "
                f"refutes: {mutant.claim.left} {mutant.claim.relation} {mutant.claim.right}"
            )
        if refutation is not None or (trial.strays and proof is None):
            return Rejection(mutant, "killed")
        if proof is None and mutant.claim.relation == origin.relation:
            # Perhaps only the form changed: then it is as true as what it was made from.
            same = replace(origin, left=origin.right, relation="=", right=mutant.claim.right)
            proof = prove(same, seconds=self.seconds)
        equivalent = proof is not None and covers(proof, mutant.claim)
        return Rejection(mutant, "equivalent" if equivalent else "survived")

    @property
    def survivors(self) -> list[Rejection]:
        return [r for r in self.rejections if r.status == "survived"]

    # What it looks like ----------------------------------------------------------------------

    def _rows(self):
        for part, evidence in zip(self.parts, self.evidence_of_steps, strict=True):
            yield part, list(zip(part.steps, evidence, strict=True))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        self.check()
        return {
            "text/markdown": self._markdown(),
            "text/latex": self._latex(),
            "text/plain": repr(self),
        }

    def __repr__(self) -> str:
        steps = sum(len(part.steps) for part in self.parts)
        return f"{self.label}: {self.evidence} ({steps} step{'s' * (steps != 1)})"

    def _markdown(self) -> str:
        lines = ["| step | because | evidence |", "| :-- | :-- | :-- |"]
        for part, rows in self._rows():
            if part.heading:
                lines.append(f"| {part.heading} | | |")
            lines.append(f"| ${cell(tex(part.claim.left))}$ | | |")
            for step, evidence in rows:
                lines.append(
                    f"| ${RELATION[step.relation]} {cell(tex(step.right))}$ "
                    f"| {step.because} | {evidence.mark} {evidence} |"
                )
        lines.append("")
        lines.append(
            f"Evidence for the whole: **{self.evidence.mark} {self.evidence}**{self._tested()}."
        )
        return "\n".join(lines) + "\n"

    def _tested(self) -> str:
        """How often the tester agreed with each step, where the grade does not say it."""
        if self.evidence.grade in (Grade.TESTED, Grade.CITED, Grade.INCONCLUSIVE):
            return ""
        if self.evidence.cases == 1:  # a claim about given numbers leaves nothing to draw
            return "; the numbers agree with every step"
        return f"; {self.evidence.cases} random cases agree with every step"

    def _latex(self) -> str:
        rows = []
        for part, steps in self._rows():
            left = tex(part.claim.left)
            for step, evidence in steps:
                rows.append(
                    rf"{left} &{RELATION[step.relation]} {tex(step.right)} "
                    rf"&& \text{{{_plain(step.because)}}} "
                    rf"&& \text{{{evidence.mark} {evidence}}}"
                )
                left = ""
        body = " \\\\\n".join(rows)
        return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"


def covers(proof: Evidence, claim: Claim) -> bool:
    """Whether a proof is one for all sizes that the claim speaks of."""
    if not proof.sizes:
        return proof.grade >= Grade.CERTIFIED
    domains = [claim.where.get(size) for size in names_of(claim).sizes]
    return proof.grade >= Grade.CERTIFIED and all(
        isinstance(d, sp.FiniteSet) and d.is_subset(sp.FiniteSet(*proof.sizes)) for d in domains
    )


HYPOTHESIS = Equation(sp.Symbol("hypothesis"), sp.Symbol("hypothesis"), "hypothesis")
"""Stands in ``using`` for the claim one step earlier."""


def _plain(text: str) -> str:
    """A reason as TeX text: formulas stay, Markdown's marks go."""
    return text.replace("**", "").replace("*", "").replace("`", "")
