"""Both routes on one claim: what the prover says, what the tester says, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from book_utils.derivations.engine.claim import Claim, Equation
from book_utils.derivations.engine.compare import compare
from book_utils.derivations.engine.domains import draw
from book_utils.derivations.engine.evidence import Evidence, Grade
from book_utils.derivations.engine.instances import NotEvaluable, OutOfRange
from book_utils.derivations.engine.names import names_of
from book_utils.derivations.engine.numbers import Numbers
from book_utils.derivations.engine.prove import EXACT, Route
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
    """Why the test says less than it seems to."""
    strays: int = 0
    """Instances of the claim's domain at which it has no meaning."""


@dataclass(frozen=True)
class Cited:
    """A step taken from a source, or argued on paper. Where it can be tested, it is."""

    where: str


def refute(claim: Claim, cases: int = CASES, seconds: float = SECONDS) -> Trial:
    """The tester's route alone."""
    agreed, sizes, strays, drawn = 0, set(), [], 0
    names = names_of(claim)
    first = names.sizes[0].name if names.sizes and names.sizes[0] not in claim.where else None
    try:
        with time_limit(seconds):
            for seed in range(cases):
                instance = draw(claim, seed, SIZES[seed % len(SIZES)], names)
                if instance is None:
                    continue
                drawn += 1
                try:
                    outcome = compare(claim, instance, quick=seed >= len(SIZES))
                except OutOfRange as error:
                    strays.append(str(error))
                    continue
                except NotEvaluable:
                    continue
                if outcome is False:
                    return Trial(agreed, Refutation(claim, instance))
                if outcome:
                    agreed += 1
                    sizes.add(instance.sizes.get(first, 0))
                    if instance.is_empty:
                        break  # nothing was drawn: every other instance is the same one
    except OutOfTime:
        return Trial(agreed, note=f"the test did not finish in {seconds:g} s")
    note = ""
    if strays:
        note = f"the claim has no meaning at {len(strays)} of {drawn} instances: {strays[0]}"
    elif drawn == 0:
        note = "no instance fits the assumptions"
    elif agreed == 0:
        note = "neither side could be compared at any instance"
    elif first and (missed := sorted(set(SIZES) - sizes)):
        note = f"no instance with {first} = {', '.join(map(str, missed))} could be compared"
    return Trial(agreed, note=note, strays=len(strays))


def prove(
    claim: Claim,
    routes: Sequence[Route] = EXACT,
    using: Sequence[Equation] = (),
    seconds: float = SECONDS,
) -> Evidence | None:
    """The prover's route alone: the first route that succeeds."""
    late = None
    for route in routes:
        try:
            with time_limit(seconds):
                evidence = route(claim, using)
        except OutOfTime:
            late = Evidence(Grade.INCONCLUSIVE, note=f"the proof did not finish in {seconds:g} s")
            continue
        if evidence is not None:
            return evidence
    return late


def contradicts(proof: Evidence, refutation: Refutation) -> bool:
    """Whether both cannot be right. A proof for n = 2 says nothing about an instance at n = 3."""
    if proof.grade is Grade.PROVED_FOR_SIZES:
        return set(refutation.instance.sizes.values()) <= set(proof.sizes)
    return proof.grade > Grade.INCONCLUSIVE


def _met(trial: Trial) -> bool:
    """Whether the claim means something wherever it is made, and instances agreed with it."""
    return trial.cases > 0 and not trial.strays


def decide(
    claim: Claim,
    by: Sequence[Route] | Cited | str = EXACT,
    using: Sequence[Equation] = (),
    cases: int = CASES,
    seconds: float = SECONDS,
) -> Evidence | Refutation:
    """The evidence for a claim, or an instance that refutes it.

    ``by`` names the prover's routes, or is a ``Cited``, or the word "test" for a claim that is
    only tested. Whatever it is, the tester tries to refute the claim. ``using`` is taken as
    given here; what its equations are worth, a ``Derivation`` judges.
    """
    if isinstance(by, str) and by != "test":
        raise ValueError(f"by: got {by!r}, expects routes, Cited(...) or 'test'")
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
    if isinstance(by, Cited):
        return Evidence(Grade.CITED, cases=trial.cases, note=by.where)
    if proof is not None and proof.grade > Grade.INCONCLUSIVE and _met(trial):
        return replace(proof, cases=trial.cases)
    if by == "test" and trial.cases and not trial.note:
        return Evidence(Grade.TESTED, cases=trial.cases)
    notes = [proof.note if proof else "", trial.note]
    note = "; ".join(filter(None, notes)) or f"no route decided it; {trial.cases} cases agree"
    return Evidence(Grade.INCONCLUSIVE, cases=trial.cases, note=note)
