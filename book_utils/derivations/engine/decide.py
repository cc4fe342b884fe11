"""Both routes on one claim: what the prover says, what the tester says, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.evidence import Evidence, Grade
from book_utils.derivations.engine.instances import NotEvaluable, Numbers, compare, draw
from book_utils.derivations.engine.prove import EXACT, Equation, Route
from book_utils.derivations.engine.timelimit import SECONDS, OutOfTime, time_limit

CASES = 24
"""Random instances per claim: sizes 1 to 4 in turn, six of each."""

SIZES = (2, 3, 1, 4)


class Contradiction(RuntimeError):
    """The prover accepts what the tester refutes: one of the two is broken."""


@dataclass(frozen=True)
class Refutation:
    """One instance at which a claim fails."""

    claim: Claim
    instance: Numbers


@dataclass(frozen=True)
class Trial:
    """What the tester found: how many instances agreed, and the first that did not."""

    cases: int
    refutation: Refutation | None = None
    note: str = ""


@dataclass(frozen=True)
class Cited:
    """A step taken from a source, or argued on paper. Where it can be tested, it is."""

    where: str


def refute(claim: Claim, cases: int = CASES, seconds: float = SECONDS) -> Trial:
    """The tester's route alone."""
    agreed = 0
    try:
        with time_limit(seconds):
            for seed in range(cases):
                instance = draw(claim, seed, SIZES[seed % len(SIZES)])
                if instance is None:
                    continue
                try:
                    outcome = compare(claim, instance)
                except NotEvaluable:
                    continue
                if outcome is False:
                    return Trial(agreed, Refutation(claim, instance))
                agreed += outcome is True
    except OutOfTime:
        return Trial(agreed, note=f"the test did not finish in {seconds:g} s")
    return Trial(agreed)


def prove(
    claim: Claim,
    routes: Sequence[Route] = EXACT,
    using: Sequence[Equation] = (),
    seconds: float = SECONDS,
) -> Evidence | None:
    """The prover's route alone: the first route that succeeds."""
    for route in routes:
        try:
            with time_limit(seconds):
                evidence = route(claim, using)
        except OutOfTime:
            return Evidence(Grade.INCONCLUSIVE, note=f"the proof did not finish in {seconds:g} s")
        if evidence is not None:
            return evidence
    return None


def contradicts(proof: Evidence, refutation: Refutation) -> bool:
    """Whether both cannot be right. A proof for n = 2 says nothing about an instance at n = 3."""
    if proof.grade is Grade.PROVED_FOR_SIZES:
        return set(refutation.instance.sizes.values()) <= set(proof.sizes)
    return proof.grade > Grade.INCONCLUSIVE


def decide(
    claim: Claim,
    by: Sequence[Route] | Cited | str = EXACT,
    using: Sequence[Equation] = (),
    cases: int = CASES,
    seconds: float = SECONDS,
) -> Evidence | Refutation:
    """The evidence for a claim, or an instance that refutes it.

    ``by`` names the prover's routes, or is a ``Cited``, or the word "test" for a claim that is
    only tested. Whatever it is, the tester tries to refute the claim.
    """
    trial = refute(claim, cases, seconds)
    proof = None
    if not isinstance(by, Cited | str):
        proof = prove(claim, by, using, seconds)
    if trial.refutation is not None:
        if proof is not None and contradicts(proof, trial.refutation):
            raise Contradiction(
                "a route proved what an instance refutes: "
                f"{claim.left} {claim.relation} {claim.right}"
            )
        return trial.refutation
    if proof is not None and proof.grade > Grade.INCONCLUSIVE:
        if trial.cases == 0 and not trial.note:
            return Evidence(Grade.INCONCLUSIVE, note="no instance could be put in to test it")
        return replace(proof, cases=trial.cases)
    if isinstance(by, Cited):
        return Evidence(Grade.CITED, cases=trial.cases, note=by.where)
    if by == "test" and trial.cases and not trial.note:
        return Evidence(Grade.TESTED, cases=trial.cases)
    note = (
        (proof.note if proof else "")
        or trial.note
        or (f"no route decided it; {trial.cases} cases agree")
    )
    return Evidence(Grade.INCONCLUSIVE, cases=trial.cases, note=note)
