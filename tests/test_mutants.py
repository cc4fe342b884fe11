"""Mutants: every way to get a formula wrong is tried, and every one is rejected."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from book_utils.derivations.engine import (
    Claim,
    Counterexample,
    Derivation,
    Evidence,
    Grade,
    Step,
    sizes,
)
from book_utils.derivations.engine.decide import prove, refute
from book_utils.derivations.engine.derivation import covers
from book_utils.derivations.engine.mutants import mutants
from book_utils.derivations.engine.vocabulary import (
    Ascending,
    Descending,
    Diagonal,
    DiagonalAt,
    Frobenius,
    SigmaMax,
    SpectralRadius,
    SumOf,
    activation_function,
)

n = sp.Symbol("n", integer=True, positive=True)
i, j, m = sp.symbols("i j m", integer=True, positive=True)
t, r = sp.symbols("t r", integer=True, nonnegative=True)
y, z = sp.symbols("y z", real=True)
sigma = activation_function("sigma")
W, P = sp.MatrixSymbol("W", n, n), sp.MatrixSymbol("P", n, n)
w, x = sp.IndexedBase("W", shape=(n, n)), sp.IndexedBase("x", shape=(n,))
D = Diagonal("D", n)


def at(time):
    return DiagonalAt("D", time, n)


def past(kind, oldest=r):
    return kind(W * DiagonalAt("D", m, n), m, t, oldest)


def product(kind, newest, oldest):
    return kind(W * DiagonalAt("D", r, n), r, newest, oldest)


def total(body, low=1, high=t):
    return SumOf(body, r, low, high)


def wrong(right, left=None, relation="=") -> list:
    left = right if left is None else left
    return [mutant.claim for mutant in mutants(Claim(left, relation, right))]


MADE = {
    "transposed factor": (W * D, W.T * D),
    "swapped order": (W * D, D * W),
    "sign": (W * D, -W * D),
    "dropped factor": (W * D, W),
    "dropped term": (W + D, W),
    "turned term": (W + D, W - D),
    "lost transposition": (W.T * D, W * D),
    "exponent one too high": (z**2, z**3),
    "exponent one too low": (z**3, z**2),
    "power of a matrix": (sp.MatPow(W, 3), sp.MatPow(W, 4)),
    "slope for value": (sigma(z), sigma.slope(z)),
    "value for slope": (sigma.slope(z), sigma(z)),
    "radius for norm": (SigmaMax(W), SpectralRadius(W)),
    "norm for radius": (SpectralRadius(W), SigmaMax(W)),
    "swapped indices": (w[i, j], w[j, i]),
    "wrong index": (w[i, j] * x[j], w[i, j] * x[i]),
    "lower limit": (sp.Sum(x[m], (m, 1, n)), sp.Sum(x[m], (m, 2, n))),
    "upper limit": (sp.Sum(x[m], (m, 1, n)), sp.Sum(x[m], (m, 1, n - 1))),
    "ascending": (product(Descending, t, 1), product(Ascending, t, 1)),
    "newest lost": (product(Descending, t, 1), product(Descending, t - 1, 1)),
    "oldest lost": (product(Descending, t, 1), product(Descending, t, 2)),
    "one too many": (product(Descending, t, 1), product(Descending, t, 0)),
    "first of a sum lost": (total(W * at(r)), total(W * at(r), 2)),
    "last of a sum lost": (total(W * at(r)), total(W * at(r), 1, t - 1)),
    "one too early": (total(W * at(r)), total(W * at(r), 0)),
    "one too late": (total(W * at(r)), total(W * at(r), 1, t + 1)),
    "order in a sum": (total(W * at(r)), total(at(r) * W)),
    "ascending in a sum": (total(past(Descending)), total(past(Ascending))),
    "a term of an empty sum": (total(W, 1, 0), total(W, 1, 1)),
    "one step off": (DiagonalAt("D", t, n) * W, DiagonalAt("D", t - 1, n) * W),
}


@pytest.mark.parametrize(("right", "mistake"), MADE.values(), ids=MADE)
def test_a_mistake_that_people_make_is_among_the_mutants(right, mistake) -> None:
    """Each kind of mistake is made, and the result differs from what it was made from."""
    made = [claim.right.doit() for claim in wrong(right)]
    assert mistake.doit() in made
    assert right not in made


@pytest.mark.parametrize(
    ("relation", "turned"), [("<=", ">="), ("<", ">"), (">=", "<="), (">", "<")]
)
def test_an_inequality_is_turned(relation: str, turned: str) -> None:
    """Of every inequality the opposite one is a mutant."""
    assert turned in [claim.relation for claim in wrong(z**2 + 1, z, relation)]


@pytest.mark.parametrize("right", [right for right, _ in MADE.values()], ids=list(MADE))
def test_the_mutants_of_an_identity_are_refuted_or_equal(right) -> None:
    """For e = e the tester refutes the mutants one by one, except those proved equal to e."""
    where = {t: sp.Range(1, 5)} if right.has(t) else {}
    for claim in wrong(right):
        if refute(Claim(claim.left, claim.relation, claim.right, where)).refutation is None:
            assert prove(claim) is not None, claim


def test_an_equivalent_mutant_is_proved_not_assumed() -> None:
    """A mutant counts as equivalent if a route proves it so, and survives if none does."""
    bound = Claim(SigmaMax(W * P), "<=", SigmaMax(W) * SigmaMax(P))
    record = Derivation("test", "a test", bound, [Step(bound.right, "tested", by="test")])
    became = {r.mutant.what: r.status for r in record.rejections}
    assert became["W transposed"] == "equivalent"
    assert became["inequality turned"] == "killed"
    same = Claim(sp.Determinant(W * P), "=", sp.Determinant(W * P))
    record = Derivation("test", "a test", same, [Step(same.right, "the same")])
    # det(WᵀP) = det(WP), but no route knows it: the mutant is not waved through.
    assert [r.mutant.what for r in record.survivors]


def test_a_proof_for_one_size_makes_no_mutant_equivalent() -> None:
    """Equal for n = 1 is not equal: such a mutant is refuted, or it survives."""
    claim = Claim(W * P * W, "=", W * P * W)
    record = Derivation("test", "a test", claim, [Step(claim.right, "so", by=(sizes(1),))])
    assert all(r.status == "killed" for r in record.rejections)
    for_one = Evidence(Grade.PROVED_FOR_SIZES, sizes=(1,))
    assert not covers(for_one, claim)
    assert covers(for_one, replace(claim, where={n: sp.FiniteSet(1)}))
    assert covers(Evidence(Grade.PROVED), claim)
    assert not covers(Evidence(Grade.TESTED), claim)


def test_a_counterexample_needs_a_corrected_claim_that_holds() -> None:
    """What stands in ``instead`` must survive the instance and the tester too."""
    refutes = Claim(W * P, "=", P * W)
    instance = {W: sp.Matrix([[0, 1], [0, 0]]), P: sp.Matrix([[0, 0], [1, 0]])}
    good = Counterexample("test", "", refutes, instance, (Claim((W * P).T, "=", P.T * W.T),))
    assert good.check().survivors == []
    same_instance = Claim(W * W, "=", W * P * W * W)
    assert not good.violates(same_instance)
    poor = Counterexample("test", "", refutes, instance, (same_instance,))
    assert len(poor.survivors) == 1
    with pytest.raises(ValueError, match="expects the corrected claim"):
        Counterexample("test", "", refutes, instance, ())


def test_a_corrected_claim_may_assume_more() -> None:
    """An instance that breaks what it assumes, or lies outside its domain, does not refute it;
    one that nothing meets corrects nothing."""
    refutes = Claim(z**2, "<=", z)
    twice = {z: sp.Integer(2)}
    for true in (
        Claim(z**2, "<=", z, given=(Claim(z, ">=", 0), Claim(z, "<=", 1))),
        Claim(z**2, "<=", z, {z: sp.Interval(0, 1)}),
        Claim(z**2, ">=", z, given=(Claim(z, ">=", 1),)),
    ):
        assert Counterexample("test", "", refutes, twice, (true,)).check().survivors == []
    still_false = Claim(z**2, "<=", z, given=(Claim(z, ">=", 1),))
    elsewhere = Claim(z**2, "<=", z, given=(Claim(z, "<=", 1),))
    never = Claim(z**2, "<=", z, given=(Claim(z, ">", 10), Claim(z, "<", -10)))
    for poor in (still_false, elsewhere, never):
        assert len(Counterexample("test", "", refutes, twice, (poor,)).survivors) == 1


def test_a_mutant_is_an_expression_that_has_a_meaning() -> None:
    """No factors are swapped that do not fit, and no radius is asked of a matrix not square."""
    p = sp.Symbol("p", integer=True, positive=True)
    tall, wide = sp.MatrixSymbol("A", n, p), sp.MatrixSymbol("B", p, n)
    norm = SigmaMax(tall * wide * W) * SigmaMax(tall)
    made = mutants(Claim(norm, "<=", norm))
    what = {mutant.what for mutant in made}
    assert not any("swapped" in each or "A transposed" in each for each in what), what
    radii = [m.claim.right for m in made if m.claim.right.has(SpectralRadius)]
    assert radii == [SpectralRadius(tall * wide * W) * SigmaMax(tall)]
    with pytest.raises(ValueError, match="expects a square one"):
        SpectralRadius(tall)


def test_a_mutant_that_divides_by_zero_is_none() -> None:
    """With z dropped from 1/(1 - z) one divides by zero: what is left is no expression."""
    found = [mutant.claim.right for mutant in mutants(Claim(y, "=", 1 / (1 - z)))]
    assert 1 / (1 + z) in found
    assert not any(right.has(sp.zoo, sp.nan) for right in found)


def test_no_radius_is_put_for_the_norm_of_one_number() -> None:
    """Of a 1 × 1 matrix radius and norm are the same: it would be no change."""
    row, column = sp.MatrixSymbol("g", 1, n), sp.MatrixSymbol("v", n, 1)
    made = mutants(Claim(SigmaMax(row * W * column), "<=", SigmaMax(row * W * column)))
    assert made
    assert not any(mutant.claim.right.has(SpectralRadius) for mutant in made)


def test_a_mutant_that_fits_for_one_unit_only_is_none() -> None:
    """Swapping a row and a matrix makes no expression, though SymPy would write it down."""
    row, column = sp.MatrixSymbol("g", 1, n), sp.MatrixSymbol("v", n, 1)
    both = sp.MatAdd(row * W * column, row * D * column)
    made = [mutant.what for mutant in mutants(Claim(both, "=", both))]
    assert "sign turned" in made
    assert "factor W dropped" in made
    assert not any("swapped" in what or "factor g" in what for what in made)


def test_a_mutant_without_a_meaning_is_rejected_and_never_for_a_proof() -> None:
    """A sum that asks for a product of fewer than no factors is no statement that could pass."""
    products = past(Descending, r + 1)
    claim = Claim(total(products), "=", total(products), {t: sp.Range(1, 5)})
    beyond = claim.with_right(total(products, 1, t + 1))
    assert refute(beyond).refutation is None
    assert refute(beyond).strays
    record = Derivation("test", "a test", claim, [Step(claim.right, "the same")])
    assert record.survivors == []


def test_a_mutant_that_cannot_be_multiplied_is_none() -> None:
    """A change after which the matrices do not fit makes no mutant, whatever the shape outside."""
    A, B = sp.MatrixSymbol("A", n, m), sp.MatrixSymbol("B", m, n)
    made = {mutant.what for mutant in mutants(Claim(A * B * W, "=", A * B * W))}
    assert {"sign turned", "factor W dropped", "W transposed"} <= made
    assert not {"factors B and W swapped", "factors A and B swapped", "factor B dropped"} & made
    made = {mutant.what for mutant in mutants(Claim(y, "=", Frobenius(y * W)))}
    assert "factor y dropped" in made
    assert "factor W dropped" not in made
    inside = (P + A * B) * W
    made = {mutant.what for mutant in mutants(Claim(inside, "=", inside))}
    assert {"term P dropped", "P transposed"} <= made
    assert not {"factor A dropped", "factor B dropped"} & made


def test_a_division_by_zero_is_no_mutant() -> None:
    """Without its y, 1/(1 − y) is 1/0: no expression that a check could reject."""
    made = [mutant.claim.right for mutant in mutants(Claim(z, "=", z / (1 - z)))]
    assert made
    assert not any(right.has(sp.zoo, sp.nan) for right in made)


def test_a_mutant_that_is_nowhere_real_is_refuted() -> None:
    """Without its z, √(1 − 4/z) is √−3: the tester compares complex numbers too."""
    root = sp.sqrt(1 - 4 / z)
    record = Derivation(
        "test",
        "a test",
        Claim(root, "=", root, {z: sp.Interval(4, sp.oo)}),
        [Step(root, "the same")],
    )
    assert any(r.mutant.claim.right.has(sp.I) for r in record.rejections)
    assert record.survivors == []


def test_the_names_of_mutants_say_what_was_done() -> None:
    """A mutant carries a short description, so that a survivor can be understood."""
    made = mutants(Claim(W * D, "=", W * D))
    assert {"factor W dropped", "factors W and D swapped", "W transposed"} <= {
        mutant.what for mutant in made
    }
    assert all(mutant.what and "\n" not in mutant.what for mutant in made)
