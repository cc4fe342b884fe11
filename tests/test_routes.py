"""Every route of the prover can fail, and a broken route or a broken tester is noticed."""

from __future__ import annotations

import random
from itertools import product

import mpmath
import pytest
import sympy as sp

from book_utils.derivations.engine import (
    HYPOTHESIS,
    CheckFailed,
    Claim,
    Contradiction,
    Derivation,
    Evidence,
    Grade,
    Step,
    algebra,
    box,
    calculus,
    certified,
    decide,
    definition,
    for_each,
    lemma,
    norms,
    polynomial,
    sign,
    sizes,
    slope,
)
from book_utils.derivations.engine import derivation as derivation_module
from book_utils.derivations.engine.compare import Sides, _far_apart
from book_utils.derivations.engine.decide import CASES, SIZES, Trial, prove, refute
from book_utils.derivations.engine.domains import draw, surely_in
from book_utils.derivations.engine.numbers import SLOPES, SMOOTH, Numbers
from book_utils.derivations.engine.prove import EXACT, entrywise, spectrum, substitution
from book_utils.derivations.engine.routes import reals, zero
from book_utils.derivations.engine.vocabulary import (
    CharacteristicPolynomial,
    Descending,
    Diagonal,
    DiagonalAt,
    DiagonalOf,
    Entry,
    SigmaMax,
    SpectralRadius,
    SumOf,
    activation_function,
)
from book_utils.derivations.network import ActivityJacobian, Moved, StateJacobian, Trajectory

n, p = sp.symbols("n p", integer=True, positive=True)
i, j, m = sp.symbols("i j m", integer=True, positive=True)
t, k, r = sp.symbols("t k r", integer=True, nonnegative=True)
y, z = sp.symbols("y z", real=True)
lam = sp.Symbol("lambda", real=True)
W, P = sp.MatrixSymbol("W", n, n), sp.MatrixSymbol("P", n, n)
w, x = sp.IndexedBase("W", shape=(n, n)), sp.IndexedBase("x", shape=(n,))
D = Diagonal("D", n)
sigma = activation_function("sigma")
rows = DiagonalOf(x[m], m, n, sp.Symbol("X"))
to_two = {z: sp.Interval(0, 2)}


def between(low, high, **open_ends) -> dict:
    return {y: sp.Interval(low, high, **open_ends)}


def eq(left, right, where=None) -> Claim:
    return Claim(sp.sympify(left), "=", sp.sympify(right), where or {})


def charpoly(matrix) -> CharacteristicPolynomial:
    return CharacteristicPolynomial(matrix, lam)


strip = {y: sp.Interval.open(0, 1), z: sp.Interval.open(-4, 4)}

BOTH_WAYS = {
    calculus: (eq(sp.Derivative(z**3, z), 3 * z**2), eq(sp.Derivative(z**3, z), 3 * z**3)),
    entrywise: (eq(rows * W.T, (W * rows).T), eq(rows * W.T, W.T * rows)),
    algebra: (eq((W * D).T, D * W.T), eq((W * D).T, W.T * D)),
    spectrum: (eq(charpoly(W * P), charpoly(P * W)), eq(charpoly(W * P), charpoly(W * P.T))),
    substitution: (eq(sigma(z), sigma(z)), eq(sigma(z), sigma(y))),
    sizes(1, 2): (eq(sp.Trace(W * P), sp.Trace(P * W)), eq(W * P, P * W)),
    sign: (Claim(z**2, ">=", 0), Claim(z**2, ">", 0)),
    polynomial: (Claim(z * (2 - z), ">=", 0, to_two), Claim(z * (1 - z), ">=", 0, to_two)),
    box: (
        Claim(y * (1 - y) / (1 - z * y * (1 - y)), "<=", 1 / (4 - z), strip),
        Claim(y * (1 - y) / (1 - z * y * (1 - y)), "<", 1 / (4 - z), strip),
    ),
    slope: (
        Claim(sp.log(1 + z), "<=", z, to_two),
        Claim(sp.log(1 + z), "<=", z / 2, to_two),
    ),
    norms: (
        Claim(SigmaMax(W * P), "<=", SigmaMax(W) * SigmaMax(P)),
        Claim(SpectralRadius(W * P), "<=", SpectralRadius(W) * SpectralRadius(P)),
    ),
    certified: (Claim(sp.exp(z), ">", z, to_two), Claim(sp.exp(z), ">", 2 * z + 1, to_two)),
}
routes = pytest.mark.parametrize("route", BOTH_WAYS, ids=lambda route: route.__name__)


@routes
def test_a_route_proves_a_true_claim_and_not_a_false_one(route) -> None:
    """Each route proves something and fails on something like it."""
    true, false = BOTH_WAYS[route]
    assert route(true, ()) is not None
    assert route(false, ()) is None


def test_every_exact_route_is_shown() -> None:
    """A new route enters the exact ones only together with a claim that it does not prove."""
    assert set(EXACT) <= set(BOTH_WAYS)


@routes
def test_a_route_that_always_says_proved_contradicts_the_tester(route) -> None:
    """A sabotaged route is noticed at its first false claim, not believed."""

    def sabotaged(_claim, _using):
        return Evidence(Grade.PROVED)

    with pytest.raises(Contradiction, match="proved what an instance refutes"):
        decide(BOTH_WAYS[route][1], by=(route, sabotaged))


def test_a_proof_at_one_size_does_not_contradict_an_instance_at_another() -> None:
    """What is proved for n = 1 may be refuted at n = 2; a lie about n = 2 is noticed."""
    commute = eq(W * P, P * W)
    assert not isinstance(decide(commute, by=(sizes(1),)), Evidence)

    def sabotaged(_claim, _using):
        return Evidence(Grade.PROVED_FOR_SIZES, sizes=(1, 2))

    with pytest.raises(Contradiction):
        decide(commute, by=(sabotaged,))


# What a route must not take for granted ------------------------------------------------------


def test_a_claim_that_fails_on_a_whole_box_is_given_up(monkeypatch) -> None:
    """Where the enclosure lies below zero no smaller box is tried: one look is enough."""
    looks = []
    ends = reals._ends
    monkeypatch.setattr(reals, "_ends", lambda *a: looks.append(a) or ends(*a))
    assert certified(Claim(sp.exp(z), "<", 0, to_two)) is None
    assert len(looks) == 1


@pytest.mark.parametrize(
    ("route", "claim"),
    [
        # j may be beyond the sum's range, or has a range of its own.
        (calculus, eq(sp.Sum(sp.KroneckerDelta(m, j) * x[m], (m, 1, n - 1)), x[j])),
        (calculus, eq(y * sp.Sum(sp.KroneckerDelta(m, k), (m, 1, n)), y)),
        # Karr's convention gives n − 2 = −1 at n = 1; the sum is empty there.
        (calculus, eq(sp.Sum(y, (m, 3, n)), (n - 2) * y)),
        (calculus, eq(sp.Product(y, (m, 3, n)), y ** (n - 2))),
        # Another size: the empty word is the identity of its own size.
        (algebra, eq(sp.Trace(sp.Identity(n)), sp.Trace(sp.Identity(p)))),
        (spectrum, eq(charpoly(sp.Identity(n)), charpoly(sp.Identity(p)))),
        # A double root counted, a root at an end, an end that is not known.
        (polynomial, Claim((z - 1) ** 2, ">", 0, where=to_two)),
        (polynomial, Claim(z, ">", 0, where=to_two)),
        (polynomial, Claim(z * (1 - z), ">=", 0, where={z: sp.Interval(0, y)})),
        (polynomial, Claim(z**5 - z - 1, "<", 0, where=to_two)),
        # No enclosure: a pole inside, a root of a negative number, an unbounded box.
        (certified, Claim(1 / z + 9, ">", 0, where={z: sp.Interval(-1, 1)})),
        (certified, Claim(sp.sqrt(z) + 9, ">", 0, where={z: sp.Interval(-1, 1)})),
        (certified, Claim(sp.log(z) + 99, ">", 0, where={z: sp.Interval(-1, 1)})),
        (certified, Claim(sp.exp(z), ">", 0, where={z: sp.Interval(0, sp.oo)})),
        (certified, Claim(z, ">", -1, where={z: sp.FiniteSet(0, 1)})),
        (certified, Claim(sp.sin(z), "<", 2, where=to_two)),
        # One number too small.
        (certified, Claim(sp.exp(1), ">", 3)),
        # A pole at an end, an end reached, an end that another number is, a touching point.
        (box, Claim(1 / (1 - y), ">=", 0, where=between(0, 1))),
        (box, Claim(1 / y, ">", 0)),
        (box, Claim(y, "<", 1, where=between(0, 1))),
        (box, Claim(y, ">", 0, where=between(0, 1))),
        (box, Claim(y, "<=", z**2, where={z: sp.Interval.open(0, 1), y: sp.Interval.open(0, z)})),
        (box, Claim((y - z) ** 2, ">", 0)),
        (box, Claim(y**2 + z**2, ">=", 2 * y * z + sp.Rational(1, 100))),
        (box, Claim(y, ">", -1, where={y: sp.FiniteSet(0, 1)})),
        # The end is reached, a jump or a pole inside, a logarithm of zero inside.
        (slope, Claim(sp.log(y), "<", y - 1, where=between(0, 1, left_open=True))),
        (
            slope,
            Claim(
                sp.log(y) + sp.Piecewise((1, y < sp.Rational(1, 2)), (0, True)),
                "<=",
                0,
                where=between(0, 1, left_open=True),
            ),
        ),
        (
            slope,
            Claim(sp.log(y) + 2 / (1 - 2 * y), "<=", -2, where=between(0, 1, left_open=True)),
        ),
        (slope, Claim(sp.log(y**2), "<=", y**2 - 1, where=between(-1, 1))),
        # The gap is not zero at the end; the other number's place depends on this one.
        (slope, Claim(sp.log(1 + z), "<=", z - 1, where=to_two)),
        (
            slope,
            Claim(
                sp.log(y),
                "<=",
                sp.log(z),
                where={y: sp.Interval.open(0, 1), z: sp.Interval.Lopen(0, y)},
            ),
        ),
        # A derivative is no rational function, though SymPy takes it for one.
        (box, Claim(sp.Derivative(y**2, y), ">=", 0, where=between(0, 1))),
        # The difference may be undefined, or its sign unknown.
        (sign, Claim(1 / z, ">", 0)),
        (sign, Claim(sp.sqrt(z), ">=", 0)),
    ],
)
def test_a_route_does_not_step_beyond_its_ground(route, claim: Claim) -> None:
    """Where a side condition of its method is not met, a route says nothing, and says it
    without an error."""
    assert route(claim, ()) is None


def test_a_delta_acts_inside_its_range() -> None:
    """The same sum collapses where the index surely runs from 1 to n."""
    inside = eq(sp.Sum(sp.KroneckerDelta(m, j) * x[m], (m, 1, n)), x[j])
    assert calculus(inside, ()) is not None
    assert calculus(eq(inside.left, inside.right, {j: sp.Range(1, 3)}), ()) is None


def test_bound_names_are_not_captured() -> None:
    """Putting an index into a sum that binds the same letter renames the sum's own."""
    rows = DiagonalOf(sp.Sum(w[i, m] * x[m], (m, 1, n)), i, n, sp.Symbol("R"))
    placed = eq(Entry(rows, m, m), sp.Sum(w[m, j] * x[j], (j, 1, n)))
    assert calculus(placed, ()) is not None
    product = Descending(DiagonalAt("A", k, n) * DiagonalAt("B", r, n), r, t, 1)
    moved = product.subs(k, r)
    assert r in moved.free_symbols
    assert moved.args[1] != r


def test_a_product_is_the_same_whatever_its_index_is_called() -> None:
    """∏ x_m and ∏ x_j are one number; ∏ x_m and Σ x_m, or other ends, are not."""
    product = sp.Product(x[m], (m, 1, n))
    assert calculus(eq(2 * product, product + sp.Product(x[j], (j, 1, n))), ()) is not None
    for other in (sp.Sum(x[j], (j, 1, n)), sp.Product(x[j], (j, 2, n)), sp.Product(y, (j, 1, n))):
        assert calculus(eq(product, other), ()) is None


# Equations that a step uses ------------------------------------------------------------------


def derive(right, using, left=W * P, where=None) -> Derivation:
    claim = eq(left, right, where)
    return Derivation("test", "a test", claim, [Step(right, "by an equation", using=using)])


def test_a_false_equation_proves_nothing() -> None:
    """An equation that a step uses is tested too, and a false one is named with numbers."""
    for equation in ((W, P), definition(W, P), lemma(W, P, derive(W * P, ()))):
        with pytest.raises(
            CheckFailed, match=r"step 1 .* uses an equation that does not hold"
        ) as no:
            derive(P * P, (equation,)).check()
        assert "left side" in str(no.value)


def test_an_equation_that_is_only_tested_makes_the_step_tested() -> None:
    """A step is graded no better than the equations it uses: nothing proves itself."""
    left, right = sp.Determinant(W * P), sp.Determinant(W) * sp.Determinant(P)
    itself = derive(right, ((left, right),), left)
    assert itself.evidence.grade is Grade.TESTED
    assert "only tested" in str(itself.evidence)


def test_an_equation_is_worth_its_ground() -> None:
    """Proved where it is used, taken from a record of its grade, or a definition."""
    turned = (W * D).T, D * W.T
    proved = derive(turned[1] * P, (turned,), turned[0] * P).evidence
    assert (proved.grade, proved.cases) == (Grade.PROVED, CASES)
    for_two = Derivation(
        "two",
        "a test",
        eq(*turned, {n: sp.FiniteSet(2)}),
        [Step(turned[1], "written out", by=(sizes(2),))],
    )
    using = (lemma(*turned, for_two),)
    graded = derive(turned[1] * P, using, turned[0] * P, {n: sp.FiniteSet(2)})
    assert str(graded.evidence) == "proved for n = 2"


def test_an_equation_without_meaning_is_not_used() -> None:
    """A product peeled where it has no factor makes the step inconclusive."""
    product = Descending(W * DiagonalAt("D", r, n), r, t, 1)
    peeled = product.peel_newest()
    fine = derive(peeled.right, (peeled,), product, {t: sp.Range(1, 5)})
    assert fine.evidence.grade is Grade.PROVED
    beyond = derive(peeled.right, (peeled,), product, {t: sp.Range(0, 5)})
    assert beyond.evidence.grade is Grade.INCONCLUSIVE
    assert "has no meaning" in str(beyond.evidence)
    idle = derive(W * P, (peeled,), where={t: sp.Range(0, 5)})
    assert idle.evidence.grade is Grade.INCONCLUSIVE


def test_an_equation_for_one_index_is_not_used_for_all() -> None:
    """x_m = 0 for one m must not empty a sum over all m."""
    empty = eq(sp.Sum(x[m], (m, 1, n)), 0)
    nothing = [definition(x[m], sp.Integer(0))]
    assert calculus(empty, nothing) is None
    assert substitution(empty, nothing) is None


def test_an_equation_is_used_inside_a_function() -> None:
    """Equals are put in for equals under σ, in numbers and in matrices, and no others."""
    same = [definition(y, z)]
    assert substitution(eq(sigma(2 * y), sigma(2 * z)), same) is not None
    assert substitution(eq(sigma(2 * y), sigma(3 * z)), same) is None
    inverse = [definition(W * P, sp.Identity(n))]
    assert substitution(eq(sp.Trace(W * P), sp.Trace(sp.Identity(n))), inverse) is not None
    assert substitution(eq(W * P * W, W), inverse) is not None
    assert substitution(eq(P * W, sp.Identity(n)), inverse) is None


def test_an_equation_is_not_used_under_a_derivative() -> None:
    """That two numbers are equal does not make the derivatives by them equal."""
    slope = eq(sp.Derivative(y**2, y), 2 * z)
    assert substitution(slope, [definition(y**2, z**2)]) is None
    assert substitution(slope, [definition(sp.Derivative(y**2, y), 2 * z)]) is None


def test_an_inequality_is_not_put_in_for_an_equation() -> None:
    """y <= z makes no two numbers equal, nor does an equation for some indices only."""
    same = eq(sigma(y), sigma(z))
    assert substitution(same, [definition(y, z)]) is not None
    assert substitution(same, [definition(y, z, "<=")]) is None
    assert substitution(same, [for_each(definition(y, z), m, 1, 3)]) is None


# Equations under a sum -----------------------------------------------------------------------


def at(time, name="D") -> DiagonalAt:
    return DiagonalAt(name, time, n)


def total(body, low=1, high=t) -> SumOf:
    return SumOf(body, k, low, high)


def past(newest, oldest=k) -> Descending:
    return Descending(W * at(r), r, newest, oldest)


from_one = {t: sp.Range(1, 5)}


def test_an_equation_for_each_index_is_used_under_a_sum() -> None:
    """The newest factor comes off each product of a sum, and the step is proved."""
    newest_off = for_each(past(t).peel_newest(), k, 1, t)
    right = W * at(t) * total(past(t - 1))
    assert derive(right, (newest_off,), total(past(t)), from_one).evidence.grade is Grade.PROVED
    # The name of its index is of no importance, only where it runs.
    renamed = definition(past(t, p), W * at(t) * past(t - 1, p))
    assert algebra(eq(total(past(t)), right, from_one), (for_each(renamed, p, 0, t),)) is not None


@pytest.mark.parametrize(
    "equation",
    [
        past(t).peel_newest(),
        for_each(past(t).peel_newest(), k, 1, t - 1),
        for_each(past(t).peel_newest(), k, 2, t),
        for_each(past(t).peel_newest(), k, 1, r),
    ],
    ids=["for one k", "not for the last", "not for the first", "to another end"],
)
def test_an_equation_is_not_used_beyond_the_indices_it_holds_for(equation) -> None:
    """Under a sum over 1 … t only what holds for each of 1 … t may be used."""
    claim = eq(total(past(t)), W * at(t) * total(past(t - 1)), from_one)
    assert algebra(claim, (equation,)) is None


def test_the_index_of_an_equation_is_no_name_of_the_claim() -> None:
    """What holds for each k of a range says nothing of a k that the claim speaks of."""
    equation = for_each(definition(at(k), at(k, "B")), k, 1, 3)
    assert algebra(eq(W * at(k), W * at(k, "B"), {k: sp.Range(0, 9)}), (equation,)) is None
    with pytest.raises(ValueError, match="expects limits without k"):
        for_each(equation, k, 1, k)


def test_an_equation_about_another_index_stays_outside_a_sum() -> None:
    """An equation about a free k is not used for the k that a sum binds."""
    claim = eq(total(W * at(k)), total(W * P), {**from_one, k: sp.Range(1, 4)})
    assert algebra(claim, (definition(at(k), P),)) is None
    assert substitution(claim, (definition(at(k), P),)) is None
    assert total(W * at(k)).subs(at(k), P) == total(W * at(k))


def test_an_equation_for_each_index_is_tested_over_all_of_them() -> None:
    """False at the last index alone, it is found; without a meaning there, it is not used."""
    claim = total(past(t)), W * at(t) * total(past(t - 1))
    false = for_each(definition(past(t), past(t, k + 1)), k, 1, t)
    with pytest.raises(CheckFailed, match="uses an equation that does not hold"):
        derive(claim[1], (false,), claim[0], from_one).check()
    beyond = for_each(past(t).peel_newest(), k, 1, t + 1)
    graded = derive(claim[1], (beyond,), claim[0], from_one).evidence
    assert graded.grade is Grade.INCONCLUSIVE
    assert "has no meaning" in str(graded)


def test_a_sum_is_split_where_it_stands_with_factors() -> None:
    """The last and the first term come off a sum between two other matrices."""
    whole = total(W * at(k))
    for equation, rest in (
        (whole.peel_last(), total(W * at(k), 1, t - 1) + W * at(t)),
        (whole.peel_first(), total(W * at(k), 2) + W * at(1)),
    ):
        for left, right in ((P * whole * P.T, P * rest * P.T), (whole.T * P, rest.T * P)):
            assert algebra(eq(left, right, from_one), (equation,)) is not None
            assert algebra(eq(left, right, from_one), ()) is None
        # A factor that depends on the index does not stand beside the sum.
        inside = eq(total(at(k, "B") * W * at(k)), total(at(k, "B")) * rest, from_one)
        assert algebra(inside, (equation,)) is None


def test_an_empty_sum_has_no_last_term() -> None:
    """Split where it is empty, a sum makes the step inconclusive."""
    split = total(W * at(k)).peel_last()
    graded = derive(split.right, (split,), split.left, {t: sp.Range(0, 5)}).evidence
    assert graded.grade is Grade.INCONCLUSIVE


# Induction -----------------------------------------------------------------------------------


def powers(where, start=0, step_where=None, using=(HYPOTHESIS,)) -> Derivation:
    product = Descending(W * DiagonalAt("D", r, n), r, t, 1)
    turned = sp.Transpose(product)
    return Derivation.by_induction(
        "test",
        "a product is what it is",
        eq(turned, sp.Transpose(product), where),
        over=t,
        start=sp.Integer(start),
        base=[Step(sp.Transpose(product).subs(t, start), "empty")],
        step=[Step(turned, "the statement for t − 1", using=using)],
        step_where=step_where,
    )


@pytest.mark.parametrize(
    ("where", "step_where", "message"),
    [
        ({}, None, r"expects where=\{t: sp.Range\(0"),
        ({t: sp.Range(1, 5)}, None, r"expects where=\{t: sp.Range\(0"),
        ({t: sp.Range(0, 9, 2)}, None, r"expects where=\{t: sp.Range\(0"),
        ({t: sp.Range(0, 5)}, {t: sp.Range(2, 5)}, "step_where: got"),
        ({t: sp.Range(0, 5), n: sp.FiniteSet(1, 2)}, {n: sp.FiniteSet(1)}, "step_where: got"),
    ],
)
def test_an_induction_leaves_out_no_place(where, step_where, message: str) -> None:
    """Base and step join: the claim starts at the start, and the step right after it."""
    with pytest.raises(ValueError, match=message):
        powers(where, step_where=step_where)


def test_a_hypothesis_belongs_to_an_induction() -> None:
    """Outside the step of an induction there is nothing to suppose."""
    with pytest.raises(ValueError, match="HYPOTHESIS is for the step of an induction"):
        derive(W * P, (HYPOTHESIS,))
    assert powers({t: sp.Range(0, 5)}).evidence.grade is Grade.PROVED


# The tester ----------------------------------------------------------------------------------


def test_a_tester_that_never_refutes_lets_mutants_survive(monkeypatch) -> None:
    """If the tester were blind, the mutants would say so."""
    sound = derive((P.T * W.T).T, ())
    assert sound.survivors == []
    monkeypatch.setattr(derivation_module, "refute", lambda *_, **__: Trial(CASES))
    assert derive((P.T * W.T).T, ()).survivors


def test_a_prover_that_proves_mutants_is_noticed() -> None:
    """A route that proves a mutant which an instance refutes is a contradiction."""

    def sabotaged(_claim, _using):
        return Evidence(Grade.PROVED)

    claim = eq((W * P).T, P.T * W.T)
    record = Derivation("test", "a test", claim, [Step(claim.right, "so", by=(sabotaged,))])
    assert record.evidence.grade is Grade.PROVED
    with pytest.raises(Contradiction, match="proves the mutant"):
        _ = record.rejections


def test_instances_come_in_all_sizes_and_are_the_same_again() -> None:
    """Sizes 1 to 4 take turns, other sizes are independent, and a seed fixes everything."""
    A = sp.MatrixSymbol("A", n, p)
    claim = eq(sp.Trace(A * A.T), 0)
    drawn = [draw(claim, seed, SIZES[seed % 4]) for seed in range(CASES)]
    assert {instance.sizes["n"] for instance in drawn} == {1, 2, 3, 4}
    assert any(instance.sizes["n"] != instance.sizes["p"] for instance in drawn)
    again = draw(claim, 3, 4)
    assert again.sizes == drawn[3].sizes
    assert list(again(A)) == list(drawn[3](A))


def test_norms_and_radii_are_those_of_the_textbook() -> None:
    """The tester's norm is the largest singular value and its radius the largest eigenvalue, for
    matrices of any shape, triangular ones too."""
    choose = random.Random(1)
    at = Numbers({}, 1)
    with mpmath.workdps(50):
        for height, width in product(range(1, 5), repeat=2):
            rows = mpmath.matrix(height, width)
            for i, j in product(range(height), range(width)):
                rows[i, j] = mpmath.mpf(choose.randint(-48, 48)) / 16
            expected = max(mpmath.svd_r(rows, compute_uv=False))
            assert abs(at.sigma_max(rows) - expected) < mpmath.mpf(10) ** -45
            if height == width > 1:
                corner = rows.copy()
                for i in range(height):
                    for j in range(i):
                        corner[i, j] = 0
                for square in (rows, corner):
                    largest = max(map(abs, mpmath.eig(square, left=False, right=False)))
                    assert abs(at.spectral_radius(square) - largest) < mpmath.mpf(10) ** -10
        assert at.spectral_radius(mpmath.matrix([[-3]])) == 3


def test_what_is_remembered_is_forgotten_where_an_array_changes() -> None:
    """A matrix is made once, but anew where its entries are put otherwise or more digits asked."""
    at = Numbers({"n": 2}, 1)
    first = at(W)
    assert at(W) is first
    assert at.at({z: mpmath.mpf(1)})(W) is first
    moved = {(i, j): mpmath.mpf(7) for i in (1, 2) for j in (1, 2)}
    assert list(at.at({"W": moved})(W)) == [7] * 4
    assert at(W) is first
    made = []
    for digits in (20, 20, 60):
        with mpmath.workdps(digits):
            at.remember("third", lambda: made.append(mpmath.mpf(1) / 3))
    assert len(made) == 2


def test_a_network_is_remembered_by_its_times_and_its_weights() -> None:
    """States at other times, other weights, or a moved θ are other numbers."""
    at = Numbers({"n": 2}, 3)
    late = at(StateJacobian(3, 1))
    assert at(StateJacobian(3, 1)) is late
    assert list(at(StateJacobian(3, 2))) != list(late)
    assert list(at(ActivityJacobian(3, 1))) != list(late)
    half = {place: value / 2 for place, value in at.array("W", (2, 2)).items()}
    assert list(at.at({"W": half})(StateJacobian(3, 1))) != list(late)
    still, moved = (Moved.moved_states(at, 2, mpmath.mpf(value)) for value in (0, 1))
    assert still[0] == moved[0]
    assert still[2] != moved[2]
    assert Trajectory.states(at, 2) == still


def test_one_look_refutes_only_what_is_far_apart() -> None:
    """A gap that rounding could have made, or that the digits hide, is looked at again."""
    with mpmath.workdps(50):
        one, wide, narrow = mpmath.mpf(1), mpmath.mpf("1e-19"), mpmath.mpf("1e-21")
        for gap, seen in ((wide, 1), (-wide, -1), (narrow, None), (0, None)):
            assert _far_apart(Sides([(one, one + gap)], narrow, one)) == [seen]
        # Where larger numbers stood in the sums, rounding may have done more.
        assert _far_apart(Sides([(one, one + wide)], narrow, 100 * one)) == [None]
    assert refute(eq(z + sp.Rational(1, 10**30), z)).refutation is not None
    assert refute(eq((10**40 + z) - 10**40, z)).refutation is None


def test_instances_of_norms_are_sometimes_small() -> None:
    """At each size some norm is below 1, so that a power may be less than its base."""
    claim = Claim(SigmaMax(W), "<=", SigmaMax(W) ** 2)
    small = set()
    for seed in range(CASES):
        instance = draw(claim, seed, SIZES[seed % 4])
        if instance(SigmaMax(W)) < 1:
            small.add(instance.sizes["n"])
    assert small == {1, 2, 3, 4}


def test_written_slopes_are_the_derivatives() -> None:
    """The tester's own slopes agree with numerical derivatives to thirty digits."""
    assert set(SLOPES) == set(SMOOTH.values())
    with mpmath.workdps(50):
        for smooth, slope in SLOPES.items():
            for at in map(mpmath.mpf, ("-2", "0", "1.4")):
                assert abs(mpmath.diff(smooth, at) - slope(at)) < mpmath.mpf(10) ** -30


def test_a_proof_that_runs_out_of_time_lets_the_next_route_try() -> None:
    """One slow route does not keep a quick one from proving the claim."""

    def slow(_claim, _using):
        while True:
            pass

    assert prove(eq(W * P, W * P), (slow, algebra), seconds=1).grade is Grade.PROVED
    late = prove(eq(W * P, P * W), (slow, algebra), seconds=1)
    assert late.grade is Grade.INCONCLUSIVE
    assert "did not finish in 1 s" in late.note


def test_a_derivative_has_all_the_digits_asked_for() -> None:
    """The tester's first derivatives are right to every digit of the precision asked."""
    at = Numbers({}, 1)
    for digits in (50, 200):
        with mpmath.workdps(digits):
            (slope,) = at.derivatives(lambda z: [mpmath.tanh(z)], mpmath.mpf("0.7"))
            exact = 1 - mpmath.tanh(mpmath.mpf("0.7")) ** 2
            assert abs(slope - exact) < mpmath.mpf(10) ** (3 - digits)


class Word(sp.Function):
    """A word that only this test knows."""

    def numeric(self, at):
        return at(self.args[0])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # One point shows the difference: SymPy's simplify is not asked.
        (1 / (z + 1) - 1 / (z + 2), False),
        (Word(z) / (z + 1) - 1 / (z + 1), False),
        (sp.Function("f")(z) / (z + 1) - 1, False),
        # What is zero is found, also where a word stands in it.
        (z / (z + 1) + 1 / (z + 1) - 1, True),
        (Word(z) * z / (z + 1) + Word(z) / (z + 1) - Word(z), True),
        # One place, written in two ways.
        (Word(z + 1) - Word((z**2 - 1) / (z - 1)), True),
        # SymPy knows more of i than that it is a letter.
        (sp.exp(sp.I * z) - sp.cos(z) - sp.I * sp.sin(z), True),
    ],
)
def test_a_zero_is_found_and_what_is_none_costs_little(expression, expected, monkeypatch) -> None:
    """A point may spare the long way where there is nothing to find, and it
    hides no zero."""
    asked = []
    simplify = sp.simplify
    monkeypatch.setattr(zero.sp, "simplify", lambda e: asked.append(e) or simplify(e))
    assert zero.is_zero(expression) == expected
    assert expected or asked == []


@pytest.mark.parametrize("low", [-sp.oo, -2, -sp.sqrt(2), 0, sp.Rational(1, 3), sp.pi])
@pytest.mark.parametrize("high", [-1, 0, sp.Rational(1, 2), 1, sp.pi, sp.oo, z])
@pytest.mark.parametrize("is_open", [(False, False), (True, False), (False, True), (True, True)])
def test_what_lies_in_an_interval(low, high, is_open) -> None:
    """The quick answer is SymPy's, for the ends and for zero."""
    domain = sp.Interval(low, high, *is_open)
    if isinstance(domain, sp.Interval):
        for number in (domain.start, domain.end, sp.Integer(0)):
            assert surely_in(domain, number) == (domain.contains(number) == sp.true)
