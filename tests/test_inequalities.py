"""Inequalities: facts that bound, assumptions that are met, and inductions for <=."""

# ruff: noqa: E501 (tables: one claim a line)

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from book_utils.derivations.engine import (
    HYPOTHESIS,
    CheckFailed,
    Claim,
    Contradiction,
    Counterexample,
    Derivation,
    Evidence,
    Grade,
    Step,
    decide,
    definition,
    every,
    for_each,
    given,
    lemma,
    monotone,
    norms,
)
from book_utils.derivations.engine.claim import Equation, at_least
from book_utils.derivations.engine.compare import compare
from book_utils.derivations.engine.decide import CASES, SIZES, refute
from book_utils.derivations.engine.domains import draw
from book_utils.derivations.engine.prove import EXACT
from book_utils.derivations.engine.vocabulary import (
    Descending,
    DiagonalAt,
    Number,
    SigmaMax,
    SpectralRadius,
)
from book_utils.derivations.network import StateSlopes

n = sp.Symbol("n", integer=True, positive=True)
t, k = sp.symbols("t k", integer=True, nonnegative=True)
r = sp.Symbol("r", integer=True)
m = sp.Symbol("m", integer=True, positive=True)
y, z = sp.symbols("y z", real=True)
gamma, eta, a, b = sp.symbols("gamma eta a b", nonnegative=True)
W, P = sp.MatrixSymbol("W", n, n), sp.MatrixSymbol("P", n, n)
v = sp.MatrixSymbol("v", n, 1)
norm, radius = SigmaMax, SpectralRadius


def D(time) -> DiagonalAt:
    return DiagonalAt("D", time, n)


class Indexed(Number):
    """A number with an index, of which nothing is known."""


def le(left, right, where=None, given=()) -> Claim:
    return Claim(sp.sympify(left), "<=", sp.sympify(right), where or {}, given)


def fact(left, right, relation="<=") -> Equation:
    return Equation(sp.sympify(left), sp.sympify(right), "definition", relation)


# What the routes may conclude from facts ----------------------------------------------------

CONCLUDED = {
    "a bound": (le(z, y), [fact(z, y)]),
    "a chain of bounds": (le(z, 1), [fact(z, y), fact(y, 1)]),
    "times a norm": (le(norm(W) * z, norm(W) * y), [fact(z, y)]),
    "turned": (Claim(y, ">=", z), [fact(y, z, ">=")]),
    "times −1": (le(-y, -z), [fact(z, y)]),
    "a power": (le(a**3, b**3), [fact(a, b)]),
    "a power that counts": (le(a**t, b**t), [fact(a, b)]),
    "an equation": (le(norm(W * v), norm(W)), [fact(norm(W * v), norm(W) * norm(v)), fact(norm(v), 1, "=")]),
    "strict": (Claim(z, "<", 1), [fact(z, y, "<"), fact(y, 1)]),
    "strict, times a positive number": (Claim(3 * z, "<", 3), [fact(z, 1, "<")]),
    "of a product": (le(a * b * norm(W), eta * norm(W)), [fact(a * b, eta)]),
    "equal matrices": (le(norm(P * W), a), [Equation(P, W * W, "definition"), fact(norm(W**3), a)]),
    "a sign": (le(0, y * a), [fact(0, y)]),
    "a sign, turned": (le(0, y * a), [fact(y, 0, ">=")]),
    "a sign of what multiplies a bound": (le(y * z, y), [fact(0, y), fact(z, 1)]),
    "a strict sign": (Claim(y, ">", 0), [fact(0, y, "<")]),
    "the sign of a bound": (le(norm(W * P), z * norm(P)), [fact(0, z), fact(norm(W * P), z * norm(P))]),
    "in every term": (
        le(sp.Sum(norm(D(m)), (m, 1, t)), sp.Sum(gamma, (m, 1, t))),
        [for_each(fact(norm(D(r)), gamma), r, 0, t)],
    ),
}  # fmt: skip

NOT_CONCLUDED = {
    "the converse": (le(y, z), [fact(z, y)]),
    "times a number of any sign": (le(y * z, y), [fact(z, 1)]),
    "times −1, not turned": (le(-z, -y), [fact(z, y)]),
    "strict from a bound": (Claim(z, "<", y), [fact(z, y)]),
    "strict, times a norm that may be 0": (Claim(norm(W) * z, "<", norm(W)), [fact(z, 1, "<")]),
    "a square of negative numbers": (le(z**2, y**2), [fact(z, y)]),
    "a negative power": (le(1 / a, 1 / b), [fact(a, b)]),
    "an exponent that may be negative": (le(a ** (t - 1), b ** (t - 1)), [fact(a, b)]),
    "the sign of another number": (le(0, y * z), [fact(0, y)]),
    "a sign that is not strict": (Claim(y, ">", 0), [fact(0, y)]),
    "the sign of a product for that of a factor": (le(0, y), [fact(0, y * z)]),
    "a sign at one index, in every term": (
        le(0, sp.Sum(Indexed(m), (m, 1, t))),
        [fact(0, Indexed(1)), fact(0, Indexed(m))],
    ),
    "a bound of one factor only": (le(a * b, eta), [fact(a, eta)]),
    "the other way of an equation": (le(norm(W), norm(W * v)), [fact(norm(v), 1, "=")]),
    "a fact for another index": (le(norm(D(t)), gamma), [fact(norm(D(t - 1)), gamma)]),
    "terms beyond the fact's domain": (
        le(sp.Sum(norm(D(m)), (m, 1, t)), sp.Sum(gamma, (m, 1, t))),
        [for_each(fact(norm(D(r)), gamma), r, 0, t - 1)],
    ),
    "a fact for every index, at none": (
        le(norm(D(r)), gamma),
        [for_each(fact(norm(D(r)), gamma), r, 0, t - 1)],
    ),
    "a fact for one index, in every term": (
        le(sp.Sum(norm(D(m)), (m, 1, t)), sp.Sum(gamma, (m, 1, t))),
        [fact(norm(D(1)), gamma)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONCLUDED)
def test_what_follows_from_bounds_is_proved(name: str) -> None:
    """A number is replaced by its bound where what multiplies it is not negative."""
    claim, using = CONCLUDED[name]
    assert monotone(claim, using) is not None
    assert norms(claim, using) is not None
    assert monotone(claim, ()) is None


@pytest.mark.parametrize("name", NOT_CONCLUDED)
def test_what_does_not_follow_from_bounds_is_not_proved(name: str) -> None:
    """Signs, directions, exponents, indices and strictness are respected by both routes."""
    claim, using = NOT_CONCLUDED[name]
    assert monotone(claim, using) is None
    assert norms(claim, using) is None


@pytest.mark.parametrize(
    "claim",
    [
        le(norm(W * P), norm(W) * norm(P)),
        le(norm(W + P), norm(W) + norm(P)),
        le(radius(W), norm(W)),
        Claim(norm(W.T), "=", norm(W)),
        Claim(norm(2 * W), "=", 2 * norm(W)),
        Claim(norm(sp.Identity(n)), "=", 1),
        le(sp.Abs(y + z), sp.Abs(y) + sp.Abs(z)),
        le(a * sp.Abs(y - z), a * (sp.Abs(y) + sp.Abs(z))),
        le(sp.Abs(y * z - y), sp.Abs(y) * sp.Abs(z) + sp.Abs(y)),
    ],
    ids=str,
)
def test_a_theorem_about_norms_is_known_to_one_route_only(claim: Claim) -> None:
    """What the route `norms` has built in, `monotone` does not know: it can prove it afresh."""
    assert norms(claim) is not None
    assert monotone(claim) is None


@pytest.mark.parametrize(
    "claim",
    [
        le(sp.Abs(y) + sp.Abs(z), sp.Abs(y + z)),
        le(y * sp.Abs(y + z), y * (sp.Abs(y) + sp.Abs(z))),
        Claim(sp.Abs(y + z), "<", sp.Abs(y) + sp.Abs(z)),
        le(sp.Abs(y + z), y + z),
        le(1 / (sp.Abs(y) + sp.Abs(z)), 2 / sp.Abs(y + z)),
        le(-sp.Abs(y + z), -sp.Abs(y) - sp.Abs(z)),
    ],
    ids=str,
)
def test_the_triangle_inequality_is_not_turned(claim: Claim) -> None:
    """|a + b| <= |a| + |b| is used in this direction, and under a factor not negative."""
    assert norms(claim) is None


def test_other_routes_use_no_inequality_as_an_equation() -> None:
    """A fact z <= y never makes z = y."""
    for route in EXACT:
        assert route(Claim(z, "=", y), [fact(z, y)]) is None, route.__name__


def test_a_fact_between_matrices_is_an_equation() -> None:
    """An inequality between matrices has no one meaning, and is refused."""
    with pytest.raises(ValueError, match="expects '=' between matrices"):
        fact(W, P)
    with pytest.raises(ValueError, match="relation: got"):
        fact(z, y, "≤")


@pytest.mark.parametrize(
    ("e", "low", "where", "surely"),
    [
        (t, 0, {}, True),
        (t - 1, 0, {}, False),
        (t - 1, 0, {t: sp.Range(1, 5)}, True),
        (t - k, 0, {k: sp.Range(0, 3), t: sp.Range(k, k + 4)}, True),
        (t - k - 1, 0, {k: sp.Range(0, 3), t: sp.Range(k, k + 4)}, False),
        (k - t, 0, {k: sp.Range(0, 3), t: sp.Range(k, k + 4)}, False),
        (4 - t, 0, {t: sp.Range(0, 5)}, False),
    ],
)
def test_a_time_counts_from_its_start_and_has_no_end(e, low, where, surely: bool) -> None:
    """The domain of a time stands for all times from its start on."""
    assert at_least(e, low, where) is surely


# Assumptions ----------------------------------------------------------------------------------

bounded = le(norm(D(t)), gamma)
small = Claim(gamma * norm(W), "<", 1)


bound = gamma * norm(W)


def one_step(steps, assumed=(bounded,), right=bound, relation="<=") -> Derivation:
    return Derivation("test", "", Claim(norm(W * D(t)), relation, right, given=assumed), steps)


def test_an_assumption_is_used_as_a_bound() -> None:
    """With ‖D‖ <= γ and γ‖W‖ < 1 the product W D has a norm below 1, and no mutant survives."""
    first = Step(norm(W) * norm(D(t)), "a product", "<=")
    second = Step(gamma * norm(W), "assumed", "<=", using=(given(bounded),))
    third = Step(1, "assumed", "<", using=(given(small),))
    one = one_step([first, second])
    assert str(one.evidence) == "proved"
    assert one.survivors == []
    below = one_step([first, second, third], (bounded, small), 1, "<")
    assert str(below.evidence) == "proved"
    assert below.survivors == []


def test_without_its_assumption_a_step_is_refuted() -> None:
    """Where nothing is assumed of γ, an instance shows that the bound fails."""
    with pytest.raises(CheckFailed, match="step 1"):
        one_step([Step(gamma * norm(W), "?", "<=")], ()).check()


def test_an_assumption_must_be_one_of_the_claim() -> None:
    """What a step takes as given stands in the claim's `given`, word for word."""
    other = le(norm(D(t)), 2 * gamma)
    step = Step(gamma * norm(W), "assumed", "<=", using=(given(other),))
    with pytest.raises(ValueError, match="expects one of the claim's assumptions"):
        one_step([step])
    with pytest.raises(ValueError, match="has no index"):
        given(bounded, t)


@pytest.mark.parametrize(
    ("claim", "attained"),
    [
        (le(norm(W * D(t)), gamma * norm(W), given=(bounded,)), True),
        (le(norm(W * D(t)), 1, given=(bounded, le(gamma * norm(W), 1))), True),
        (le(norm(W * D(t)), 1, given=(bounded, small)), False),
        (le(norm(W * D(t)), eta, given=(bounded, le(gamma * norm(W), eta), Claim(eta, "<", 1))), True),
        (le(norm(W), gamma, {gamma: sp.Interval(norm(W), sp.oo)}), True),
        (le(norm(W), 3, given=(Claim(norm(W), ">", 2), le(norm(W), 3))), False),
    ],
)  # fmt: skip
def test_instances_meet_what_is_assumed_of_norms(claim: Claim, attained: bool) -> None:
    """Nearly every instance is found at all sizes, and the bound is attained at some."""
    drawn = [draw(claim, seed, SIZES[seed % len(SIZES)]) for seed in range(CASES)]
    met = [instance for instance in drawn if instance is not None]
    assert len(met) >= 20
    assert {instance.sizes["n"] for instance in met} == set(SIZES)
    assert all(compare(c, instance) is True for instance in met for c in claim.given)
    assert all(compare(claim, instance) for instance in met)
    equal = [compare(replace(claim, relation="="), instance) for instance in met]
    assert (True in equal) is attained
    assert refute(claim).cases == len(met)


def test_an_interval_may_end_at_a_norm() -> None:
    """A number from an interval whose ends are norms lies in it, often at an end."""
    claim = le(norm(W), z, {z: sp.Interval(norm(W), norm(W) + 1)})
    drawn = [draw(claim, seed, 3) for seed in range(CASES)]
    # Rounded: 1 + ‖W‖ − ‖W‖ may differ from 1 in the last digit.
    gaps = [round(float(instance(z) - instance(norm(W))), 12) for instance in drawn]
    assert all(0 <= gap <= 1 for gap in gaps)
    assert 0 in gaps
    assert max(gaps) > 0


# Assumptions for every index -------------------------------------------------------------------

upto = every(r, sp.Range(k, t), norm(D(r)), "<=", gamma)
times = {k: sp.Range(0, 3), t: sp.Range(k + 1, k + 4)}


def test_an_assumption_for_every_index_is_met_at_every_index() -> None:
    """γ bounds all D_r from k to t − 1, tightly at some instances, and no D beyond."""
    claim = le(norm(D(t - 1)), gamma, times, (upto,))
    trial = refute(claim)
    assert trial.refutation is None
    assert trial.cases == CASES
    assert refute(replace(claim, relation="<")).refutation is not None
    assert refute(le(norm(D(t)), gamma, times, (upto,))).refutation is not None


@pytest.mark.parametrize("place", [t, k - 1, t - k, t + 1])
def test_an_index_outside_the_assumption_is_refused(place) -> None:
    """An assumption for r from k to t − 1 is not used at an index that may lie elsewhere."""
    claim = le(norm(D(place)), gamma, times, (upto,))
    step = Step(gamma, "assumed", "<=", using=(given(upto, place),))
    with pytest.raises(ValueError, match="expects an index that surely lies in"):
        Derivation("test", "", claim, [step])


def test_an_assumption_for_every_index_needs_a_range() -> None:
    """Its index runs through integers, one after the other."""
    with pytest.raises(ValueError, match="expects a Range of step 1"):
        every(r, sp.Range(0, 9, 2), norm(D(r)), "<=", gamma)


@pytest.mark.parametrize(("slope", "met"), [(2, True), (3, False)])
def test_a_counterexample_meets_an_assumption_for_every_index(slope: int, met: bool) -> None:
    """An instance refutes only where the assumption holds at each of its indices."""
    family = every(r, sp.Range(0, 2), norm(D(r)), "<=", gamma)
    values = {W: sp.eye(1), D(0): sp.eye(1), D(1): slope * sp.eye(1), gamma: 2}
    refutes = le(norm(W * D(0) * D(1)), gamma / 2, given=(family,))
    instead = (le(norm(W * D(0)), norm(W) * norm(D(0))),)
    record = Counterexample("test", "", refutes, values, instead)
    if met:
        assert record.check().survivors == []
    else:
        with pytest.raises(CheckFailed, match="breaks an assumption"):
            record.check()


# Inductions ------------------------------------------------------------------------------------


def product(slopes, newest) -> Descending:
    return Descending(W * slopes(r - 1), r, newest, k + 1)


def powers(slopes=D, **changed) -> Derivation:
    """‖(W D_{t-1}) ⋯ (W D_k)‖ <= (γ‖W‖)^{t-k}, with one part of it exchanged."""
    family = every(r, sp.Range(k, t), norm(slopes(r)), "<=", gamma)
    rate, length = gamma * norm(W), t - k
    long = product(slopes, t)
    right = changed.get("right", rate**length)
    before = changed.get("before", right.subs(t, t - 1))
    where = {k: sp.Range(0, 3), t: sp.Range(k, k + 4)}
    return Derivation.by_induction(
        "test",
        "",
        Claim(norm(long), "<=", right, where, changed.get("given", (family,))),
        over=t,
        start=k,
        base=changed.get("base", (Step(right.subs(t, k), "the norm of I", "<="),)),
        step=(
            Step(norm(W * slopes(t - 1) * product(slopes, t - 1)), "peel", using=(long.peel_newest(),)),
            Step(norm(W) * norm(slopes(t - 1)) * before, "t − 1", "<=", using=changed.get("using", (HYPOTHESIS,))),
            Step(right, "assumed", "<=", using=(given(family, t - 1),)),
        ),
        step_where={k: sp.Range(0, 3), t: sp.Range(k + 1, k + 4)},
    )  # fmt: skip


@pytest.mark.parametrize("slopes", [D, StateSlopes], ids=["free", "on a trajectory"])
def test_an_inequality_is_proved_by_induction(slopes) -> None:
    """The bound of a product is proved for every t and every size; every mutant is rejected."""
    record = powers(slopes)
    assert str(record.evidence) == "proved"
    assert record.evidence.cases == CASES
    assert record.survivors == []
    what = {rejection.mutant.what for rejection in record.rejections}
    assert {"inequality turned", "exponent of gamma*SigmaMax(W) one too high"} <= what


def test_a_wrong_base_is_refuted() -> None:
    """A bound that fails at the start is refuted there."""
    with pytest.raises(CheckFailed, match="Base"):
        powers(right=(gamma * norm(W)) ** (t - k) / 2).check()


def test_a_wrong_step_is_refuted() -> None:
    """An exponent that grows too fast from t − 1 to t is refuted in the step."""
    with pytest.raises(CheckFailed, match="Step"):
        powers(right=(gamma * norm(W)) ** (2 * (t - k))).check()


def test_without_the_hypothesis_nothing_is_proved() -> None:
    """The step rests on the claim one place earlier: without it there is no proof."""
    assert powers(using=()).evidence.grade is Grade.INCONCLUSIVE


def test_a_hypothesis_is_not_multiplied_by_a_negative_number() -> None:
    """From z_{t-1} <= c follows a z_{t-1} <= a c only for a that is not negative."""
    earlier = fact(z * norm(W) ** (t - 1), y)
    for factor, follows in ((norm(W), True), (-norm(W), False), (z, False)):
        claim = le(factor * norm(W) ** (t - 1) * z, factor * y)
        assert (monotone(claim, (earlier,)) is not None) is follows


@pytest.mark.parametrize(
    "assumed",
    [
        le(norm(D(t)), gamma),
        every(r, sp.Range(t, sp.oo), norm(D(r)), "<=", gamma),
        every(r, sp.Range(0, 9 - t), norm(D(r)), "<=", gamma),
        every(r, sp.Range(k, t), norm(D(r)), "<=", gamma * t),
    ],
    ids=["at t", "from t on", "shrinking", "changing"],
)
def test_an_induction_may_not_assume_less_one_place_earlier(assumed: Claim) -> None:
    """The claim at t − 1 is used: what it assumes must follow from what is assumed at t."""
    with pytest.raises(ValueError, match="expects one that does not change with t"):
        powers(given=(every(r, sp.Range(k, t), norm(D(r)), "<=", gamma), assumed))


def test_a_domain_may_not_change_along_an_induction() -> None:
    """A number whose domain depends on t is another number one place earlier."""
    claim = le(z**0, 1 + z * t, {t: sp.Range(0, 5), z: sp.Interval(t, t + 1)})
    with pytest.raises(ValueError, match="expects one without t"):
        Derivation.by_induction("test", "", claim, over=t, start=sp.Integer(0), base=[Step(1, "", "<=")], step=[Step(claim.right, "", "<=")])  # fmt: skip


# Grounds and sabotage --------------------------------------------------------------------------


def test_a_false_inequality_proves_nothing() -> None:
    """An inequality that a step uses is tested too, whatever its ground."""
    right = norm(W) * norm(P)
    true = Derivation("true", "", le(norm(W * P), right), [Step(right, "", "<=")])
    false = (norm(P), radius(P))
    for using in (definition(*false, "<="), lemma(*false, true, "<="), fact(*false)):
        step = Step(norm(W) * radius(P), "by a fact", "<=", using=(using,))
        with pytest.raises(CheckFailed, match=r"does not (hold|follow)"):
            Derivation("test", "", le(norm(W * P), step.right), [step]).check()


def test_an_inequality_is_worth_its_ground() -> None:
    """A step is graded no better than the record of the inequality that it uses."""
    right = radius(W.T * W)
    square = le(norm(W) ** 2, right)
    tested = Derivation("tested", "", square, [Step(right, "tested", "<=", by="test")])
    step = Step(
        right * norm(P), "by the lemma", "<=", using=(lemma(square.left, right, tested, "<="),)
    )
    record = Derivation("test", "", le(norm(W) ** 2 * norm(P), step.right), [step])
    assert record.evidence.grade is Grade.TESTED  # fmt: skip


def test_a_route_that_takes_every_bound_is_noticed() -> None:
    """Were signs not looked at, the tester would contradict the route."""

    def careless(_claim, _using):
        return Evidence(Grade.PROVED)

    for claim, using in NOT_CONCLUDED.values():
        assumed = tuple(Claim(f.left, f.relation, f.right) for f in using if f.index is None)
        trial = refute(replace(claim, given=assumed))
        if trial.refutation is not None:
            with pytest.raises(Contradiction):
                decide(replace(claim, given=assumed), by=(careless,), using=using)
