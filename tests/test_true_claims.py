"""Positive controls: true claims reach the grade they deserve, no better and no worse."""

# ruff: noqa: E501 (a table: one claim a line)

from __future__ import annotations

from itertools import product

import pytest
import sympy as sp

from book_utils.derivations.engine import Cited, Claim, Evidence, Grade, certified, decide, sizes
from book_utils.derivations.engine.claim import compose, implies
from book_utils.derivations.engine.decide import CASES
from book_utils.derivations.engine.evidence import weakest
from book_utils.derivations.engine.prove import EXACT, calculus, entrywise, norms, polynomial, sign
from book_utils.derivations.engine.vocabulary import (
    CharacteristicPolynomial,
    Descending,
    Diagonal,
    DiagonalAt,
    Entry,
    Frobenius,
    Jacobian,
    SigmaMax,
    SpectralRadius,
    SumOf,
    activation_function,
    slopes,
)

n, p = sp.symbols("n p", integer=True, positive=True)
i, j, m, q = sp.symbols("i j m q", integer=True, positive=True)
t, k, r = sp.symbols("t k r", integer=True, nonnegative=True)
y, z = sp.symbols("y z", real=True)
lam = sp.Symbol("lambda", real=True)
sigma = activation_function("sigma")
W, P = sp.MatrixSymbol("W", n, n), sp.MatrixSymbol("P", n, n)
A, B = sp.MatrixSymbol("A", n, p), sp.MatrixSymbol("B", p, n)
w, x = sp.IndexedBase("W", shape=(n, n)), sp.IndexedBase("x", shape=(n,))
v, g = sp.MatrixSymbol("v", n, 1), sp.MatrixSymbol("g", 1, n)
at_m = DiagonalAt("D", m, n)
D, D1, D2 = (Diagonal(name, n) for name in ("D", "D_1", "D_2"))
state = Jacobian(sp.Sum(w[i, m] * sigma(x[m]), (m, 1, n)), i, x, sp.Symbol("J"))
unit = sp.Interval(0, 1)
logistic = 1 / (1 + sp.exp(-z))
# Its only eigenvalue is 0, four times: numbers with d digits find it to d/4 digits.
turn = sp.Matrix([[1, 0, 0, 0], [1, 1, 0, 0], [2, 1, 1, 0], [1, 3, 1, 1]])
jordan = sp.Matrix(4, 4, lambda a, b: int(b == a + 1))
nilpotent = sp.ImmutableMatrix(turn * jordan * turn.inv())


def eq(left, right, where=None, given=()) -> Claim:
    return Claim(sp.sympify(left), "=", sp.sympify(right), where or {}, given)


def le(left, right, where=None, given=()) -> Claim:
    return Claim(sp.sympify(left), "<=", sp.sympify(right), where or {}, given)


def signed(factor: sp.MatrixExpr) -> Descending:
    return Descending(factor * DiagonalAt("D", r, n), r, t, 1)


empty = Descending(W * DiagonalAt("D", r, n), r, k, k + 1)
steps = {t: sp.Range(0, 5)}


def total(body, index=k, low=1, high=t) -> SumOf:
    return SumOf(body, index, low, high)


def at(time, name="D") -> DiagonalAt:
    return DiagonalAt(name, time, n)


PROVED = {
    "Jacobian": eq(state, W * slopes(sigma, x)),
    "Jacobian transposed": eq(state.T, slopes(sigma, x) * W.T),
    "entry": eq(sp.Derivative(sp.Sum(w[i, m] * sigma(x[m]), (m, 1, n)), x[j]), w[i, j] * sigma.slope(x[j])),
    "transpose of a product": eq((W * P).T, P.T * W.T),
    "rectangular transpose": eq((A * B).T, B.T * A.T),
    "diagonal matrices commute": eq(D1 * D2 * W, D2 * D1 * W),
    "distributive": eq((W + P) * D, W * D + P * D),
    "trace turns round": eq(sp.Trace(W * P * D), sp.Trace(D * W * P)),
    "trace of rectangular": eq(sp.Trace(A * B), sp.Trace(B * A)),
    "trace of a transpose": eq(sp.Trace(W * D), sp.Trace(D * W.T)),
    "spectrum of AB and BA": eq(CharacteristicPolynomial(W * P, lam), CharacteristicPolynomial(P * W, lam)),
    "rho of a transpose": eq(SpectralRadius(W), SpectralRadius(W.T)),
    "rho of AB and BA": eq(SpectralRadius(W * P), SpectralRadius(P * W)),
    "norm of a transpose": eq(SigmaMax(W), SigmaMax(W.T)),
    "empty product": eq(empty * W, W),
    "empty sum": eq(P + total(W * at(k), high=0), P),
    "sum from both ends": eq(total(at(k), high=t) + at(t + 1), at(t + 1) + total(at(r), r), steps),
    "factors move into a sum": eq(P * total(W * at(k)) * P.T, total(P * W * at(r) * P.T, r), steps),
    "sum of sums": eq(total(W * at(k)) + total(at(r, "B"), r), total(W * at(k) + at(k, "B")), steps),
    "sum of multiples": eq(total(k * at(k) * W + at(k) * W), total((k + 1) * at(k) * W), steps),
    "transposed sum": eq(total(W * at(k)).T, total(at(k) * W.T), steps),
    "a sum's own index": eq(at(k) * total(W * at(k)), total(at(k) * W * at(r), r), {**steps, k: sp.Range(0, 3)}),
    "two sums": eq(total(W * at(k)) * total(at(k) * P), total(W * at(k) * total(at(r) * P, r)), steps),
    "sum in a sum": eq(total(total(W * at(r), r, 1, k) * P), total(total(W * at(k) * P, k, 1, r), r), steps),
    "diagonal letters in a sum": eq(total(at(k) * at(t, "B") * W), at(t, "B") * total(at(k) * W), steps),
    "trace of a sum": eq(sp.Trace(total(W * at(k))), sp.Trace(total(at(k) * W.T).T), steps),
    "entry of a product": eq(Entry(W * P, i, j), sp.Sum(w[i, m] * sp.IndexedBase("P", shape=(n, n))[m, j], (m, 1, n))),
    "delta": eq(sp.Sum(sp.KroneckerDelta(m, j) * x[m], (m, 1, n)), x[j]),
    "sum without its index": eq(x[1] * sp.Sum(z, (m, 1, n)), n * z * x[1]),
    "one term": eq(sp.Sum(z**m * x[m], (m, 1, 1)), z * x[1]),
    "one late term": eq(sp.Sum(x[m], (m, n, n)), x[n]),
    "one factor": eq(sp.Product(z + m, (m, 2, 2)), z + 2),
    "no factor": eq(sp.Product(z + m, (m, n + 1, n)) * z, z),
    "fewer than no factors": eq(sp.Product(z + m, (m, 3, 1)), 1),
    "renamed index of a product": eq(sp.Product(x[m] ** 2, (m, 1, n)), sp.Product(x[j] ** 2, (j, 1, n))),
    "no term": eq(z * sp.Sum(x[m], (m, n + 1, n)) + z, z),
    "renamed index": eq(sp.Sum(x[m] ** 2, (m, 1, n)), sp.Sum(x[j] ** 2, (j, 1, n))),
    "double sum": eq(sp.Derivative(sp.Sum(sp.Sum(w[q, m] ** 2, (m, 1, n)), (q, 1, n)), w[i, j]), 2 * w[i, j]),
    "own index": eq(x[m] * sp.Derivative(sp.Sum(x[m] ** 2, (m, 1, n)), x[m]), 2 * x[m] ** 2),
    "logistic slope": eq(sp.Derivative(logistic, z), logistic * (1 - logistic)),
    "tanh slope": eq(sp.Derivative(sp.tanh(z), z), 1 - sp.tanh(z) ** 2),
    "square": Claim(z**2 + y**2, ">=", 2 * y * z),
    "square of a nonzero number": Claim(sp.Symbol("q", real=True, nonzero=True) ** 2, ">", 0),
    "discriminant": Claim(z**2 + z + 1, ">", 0),
    "parabola": le(z * (1 - z), sp.Rational(1, 4), {z: unit}),
    "parabola, open": Claim(z * (1 - z), ">", 0, {z: sp.Interval.open(0, 1)}),
    "submultiplicative": le(SigmaMax(W * P), SigmaMax(W) * SigmaMax(P)),
    "norm of rectangular": le(SigmaMax(A * B), SigmaMax(A) * SigmaMax(B)),
    "norm of three": le(SigmaMax(W * D * P), SigmaMax(W) * SigmaMax(D) * SigmaMax(P)),
    "norm of a difference": le(SigmaMax(W - P), SigmaMax(W) + SigmaMax(P)),
    "norm of a multiple": eq(SigmaMax(-z * W), sp.Abs(z) * SigmaMax(W)),
    "norm of the identity": eq(SigmaMax(sp.Identity(n)), 1),
    "norm of a column": le(SigmaMax(B * v), SigmaMax(B) * SigmaMax(v)),
    "bounds in one polynomial": le(SigmaMax(W * P * W + W), SigmaMax(W) * (SigmaMax(W) * SigmaMax(P) + 1)),
    "turned, at least": Claim(SigmaMax(W) * SigmaMax(P), ">=", SigmaMax(P.T * W.T)),
    "sign of every factor": eq(SigmaMax(signed(-W)), SigmaMax(signed(W)), {t: sp.Range(0, 4)}),
    "rho below norm": le(SpectralRadius(W), SigmaMax(W)),
    "rho of a product": le(SpectralRadius(W * P), SigmaMax(P) * SigmaMax(W)),
    "rho of a power": eq(SpectralRadius(W**3), SpectralRadius(W) ** 3),
    "power of rho": le(SpectralRadius(W) ** k, SigmaMax(W**k), {k: sp.Range(0, 5)}),
    "rho of a diagonal": eq(SpectralRadius(D1 * D2), SigmaMax(D2 * D1)),
    "norm of a Gram matrix": eq(SigmaMax(A.T * A), SigmaMax(A) ** 2),
    "rho of a Gram matrix": eq(SpectralRadius(A.T * A), SigmaMax(A) ** 2),
    "rho of a Gram matrix, turned": eq(SpectralRadius(W * D * W.T), SigmaMax(W * D * W.T)),
    "sum of squares": Claim(sp.Sum((x[m] * z) ** 2, (m, 1, n)), ">=", 0),
    "square of a sum": Claim(sp.Sum(x[m], (m, 1, n)) ** 2, ">=", 0),
    "Frobenius above norm": le(SigmaMax(A), Frobenius(A)),
    "Frobenius of a product": le(Frobenius(A * B), SigmaMax(A) * Frobenius(B)),
    "Frobenius of a transpose": eq(Frobenius(A), Frobenius(A.T)),
    "norm of a sum of matrices": le(SigmaMax(g * total(W * at(k) * W)), SigmaMax(g) * SigmaMax(W) * sp.Sum(SigmaMax(W * at(k)), (k, 1, t)), steps),
    "norm of a sum, term by term": le(SigmaMax(g * total(W * at(k) * W)), sp.Sum(SigmaMax(g) * SigmaMax(W * at(k) * W), (k, 1, t)), steps),
    "norm of a sum of multiples": le(SigmaMax(total((-1) ** k * at(k) * W)), sp.Sum(SigmaMax(at(k) * W), (k, 1, t)), steps),
    "norm of nested sums": le(SigmaMax(total(total(at(m) * W, m, 1, k))), sp.Sum(sp.Sum(SigmaMax(at(m) * W), (m, 1, k)), (k, 1, t)), steps),
    "Frobenius of a sum": le(Frobenius(total(W * at(k))), sp.Sum(SigmaMax(W) * Frobenius(at(k)), (k, 1, t)), steps),
    "norm of an empty sum": eq(SigmaMax(total(W * at(k), high=0)), 0),
    "rho of a symmetric sum": eq(SpectralRadius(total(W * at(k) * W.T)), SigmaMax(total(W * at(r) * W.T, r)), steps),
    "rho of the square of a sum": le(SpectralRadius(total(W * at(k))) ** 2, SigmaMax(total(W * at(k))) ** 2, steps),
    "a power and its transpose": eq(SigmaMax(sp.MatAdd(sp.MatPow(W.T, k), sp.Transpose(sp.MatPow(W, k)))), 2 * SigmaMax(W**k), {k: sp.Range(0, 5)}),
    "sum of norms": le(sp.Sum(SigmaMax(W * at_m), (m, 1, k)), SigmaMax(W) * sp.Sum(SigmaMax(at_m), (m, 1, k)), {k: sp.Range(0, 4)}),
    "open end": Claim(1 / z, ">", 0, {z: sp.Interval.Lopen(0, 1)}),
    "barely positive": Claim(z**4 - z + sp.Rational(473, 1000), ">", 0),
    "ordered numbers": Claim(z**2, "<", y * z, {y: sp.Interval.open(0, 1), z: sp.Interval.open(0, y)}),
    "coefficients of both signs": Claim((1 - 2 * y) ** 2 * (2 - y * z), ">=", 0, {y: sp.Interval(0, 1), z: sp.Interval(-1, 2)}),
    "a logarithm and its tangent": Claim(sp.log(1 + z), "<=", z, {z: sp.Interval(0, 2)}),
    "a falling piece": Claim(sp.log(y / (1 - y)) - 5 * y, "<", -sp.Rational(5, 2), {y: sp.Interval.Lopen(sp.Rational(1, 2), sp.Rational(7, 10))}),
}  # fmt: skip

BEYOND = {
    "determinant": eq(sp.Determinant(W * P), sp.Determinant(W) * sp.Determinant(P)),
    "symmetric: norm is rho": eq(SigmaMax(W), SpectralRadius(W), given=(eq(W, W.T),)),
    "zeros of the sine": eq(sp.sin(z), 0, {z: sp.FiniteSet(0, sp.pi, 2 * sp.pi)}),
    "to the end of the domain": Claim(sp.sin(z), ">=", 0, {z: sp.Interval(0, sp.pi)}),
    "even integers": eq(sp.cos(sp.pi * k), 1, {k: sp.Range(0, 9, 2)}),
    "shifted sum": eq(total(W * at(k)), total(W * at(k + 1), k, 0, t - 1), steps),
    "sum of one matrix": eq(total(W), t * W, steps),
    "given": le(y**2, z**2, given=(le(0, y), le(y, z))),
}  # fmt: skip

NUMERIC = {
    "large numbers cancel": eq(sp.cosh(z) ** 2, 1 + sp.sinh(z) ** 2, {z: sp.Interval(100, 200)}),
    "half line": Claim(z**2, ">=", z, {z: sp.Interval(1, sp.oo)}),
}  # fmt: skip


@pytest.mark.parametrize("claim", PROVED.values(), ids=PROVED)
def test_a_true_claim_within_reach_is_proved(claim: Claim) -> None:
    """The exact routes prove it for every size, and every random instance agrees."""
    evidence = decide(claim)
    assert isinstance(evidence, Evidence)
    assert evidence.grade is Grade.PROVED, evidence
    assert evidence.cases > CASES // 2, evidence
    assert str(evidence) == "proved"


@pytest.mark.parametrize("claim", BEYOND.values(), ids=BEYOND)
def test_a_true_claim_beyond_the_prover_is_inconclusive(claim: Claim) -> None:
    """What no route proves is never called proved, and a true claim is never refuted."""
    evidence = decide(claim)
    assert isinstance(evidence, Evidence)
    assert evidence.grade is Grade.INCONCLUSIVE, evidence
    assert "no route decided it" in str(evidence)


@pytest.mark.parametrize("claim", (BEYOND | NUMERIC).values(), ids=BEYOND | NUMERIC)
def test_a_true_claim_is_tested_and_the_cases_are_counted(claim: Claim) -> None:
    """Asked for a test only, a true claim agrees in at least half of the cases, and says in
    how many."""
    evidence = decide(claim, by="test")
    assert isinstance(evidence, Evidence)
    assert evidence.grade is Grade.TESTED, evidence
    assert evidence.cases >= CASES // 2, evidence
    assert str(evidence) == f"tested ({evidence.cases} cases)"


def test_a_fourfold_eigenvalue_is_found_well_enough() -> None:
    """A defective matrix, whose eigenvalues lose three quarters of the digits, refutes nothing."""
    evidence = decide(eq(SpectralRadius(nilpotent), 0), by="test", cases=1)
    assert str(evidence) == "tested (1 case)"


def test_what_is_proved_for_named_sizes_says_which() -> None:
    """Cayley-Hamilton for two units is proved for n = 2 where n is 2, and refuted elsewhere."""
    left, right = sp.Trace(W) ** 2 - sp.Trace(W**2), 2 * sp.Determinant(W)
    evidence = decide(eq(left, right, {n: sp.FiniteSet(2)}), by=(sizes(2),))
    assert str(evidence) == "proved for n = 2"
    assert not isinstance(decide(eq(left, right), by=(sizes(2),)), Evidence)


def test_explicit_matrices_prove_all_pairs_of_two_sizes() -> None:
    """A claim about n × p matrices is written out for every pair of the named sizes."""
    assert str(decide(eq((A * B).T, B.T * A.T), by=(sizes(1, 2, 3),))) == "proved for n = 1, 2, 3"
    square_only = eq(sp.Trace(A * B) * n, sp.Trace(A * B) * p)
    assert sizes(1)(square_only, ()) is not None
    assert sizes(1, 2)(square_only, ()) is None


def test_interval_arithmetic_certifies() -> None:
    """A strict inequality on a box is certified, and an equality attained there is not."""
    box = {z: sp.Interval(sp.Rational(1, 10), 2)}
    assert str(decide(Claim(sp.tanh(z), "<", z, box), by=(certified,))) == "certified"
    touching = decide(le(sp.tanh(z), z, {z: unit}), by=(certified,))
    assert touching.grade is Grade.INCONCLUSIVE


def test_a_citation_is_tested_all_the_same() -> None:
    """A cited claim counts the cases that agree and names its source; a false one is refuted."""
    cited = Cited("Horn and Johnson, 5.6.9")
    evidence = decide(PROVED["rho below norm"], by=cited)
    assert str(evidence) == f"cited ({CASES} cases agree): Horn and Johnson, 5.6.9"
    assert not isinstance(decide(le(SigmaMax(W), SpectralRadius(W)), by=cited), Evidence)


@pytest.mark.parametrize(
    ("claim", "note"),
    [
        (eq(z, z + 1, given=(Claim(z, ">", 10),)), "no instance fits the assumptions"),
        (eq(sp.Sum(x[m], (m, 1, n + 1)), sp.Sum(x[m], (m, 1, n + 1)) + 1), "has no meaning"),
        (eq(sp.Sum(z**m, (m, 1, sp.oo)), z), "could be compared at any instance"),
        (le(SigmaMax(W), SpectralRadius(W), given=(eq(sp.Trace(sp.Identity(n)), 1),)), "n = 2, 3, 4"),
    ],
    ids=["no instance", "no meaning", "no value", "one size only"],
)  # fmt: skip
def test_what_was_hardly_tested_is_not_called_tested(claim: Claim, note: str) -> None:
    """A test that met no instance, or not all sizes, is inconclusive and says why."""
    evidence = decide(claim, by="test")
    assert evidence.grade is Grade.INCONCLUSIVE
    assert note in evidence.note


def test_a_proof_without_an_instance_is_inconclusive() -> None:
    """Nothing is called proved that could be put to no test at all."""
    claim = eq(z, z, given=(Claim(z, ">", 10),))
    assert decide(claim).grade is Grade.INCONCLUSIVE


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: decide(eq(z, z), by="tested"), "expects routes, Cited"),
        (lambda: eq(W, z), "expects two sides of one shape"),
        (lambda: eq(W, A), "expects two sides of one shape"),
        (lambda: Claim(z, "==", z), "relation: got '=='"),
        (lambda: decide(eq(sp.Symbol("q") ** 2, 1)), "may be any complex number"),
        (lambda: decide(eq(sp.Symbol("z", positive=True), z)), "two symbols have this name"),
        (lambda: decide(eq(sp.MatrixSymbol("D", n, n), D)), "two different things"),
        (lambda: decide(eq(sp.Symbol("W", real=True) * W, W)), "of a number and of an array"),
        (lambda: decide(eq(w[i, j], sp.IndexedBase("W", shape=(n,))[i])), "two different things"),
        (lambda: decide(eq(sp.IndexedBase("q")[i], z)), "has no shape"),
        (lambda: decide(eq(z, z, {W: unit})), "where: got a domain for W"),
        (lambda: decide(eq(z, z, {z: sp.S.Integers})), "expects an Interval, a Range"),
        (lambda: decide(eq(PROVED["delta"].left, x[j], {m: sp.Range(1, 2)})), "a sum or a product binds"),
        (lambda: decide(eq(sigma(z), activation_function("sigma")(z))), "two different functions"),
    ],
)  # fmt: skip
def test_what_could_be_misread_is_refused(build, message: str) -> None:
    """A claim that reader and machine could read differently is refused with one clear line."""
    with pytest.raises(ValueError, match=message) as refused:
        build()
    assert "\n" not in str(refused.value)


def test_every_grade_is_weaker_than_the_next() -> None:
    """A chain is as strong as its weakest step, and keeps the sizes that all steps share."""
    some = [Evidence(grade, cases=24) for grade in Grade if grade is not Grade.PROVED_FOR_SIZES]
    for one, other in product(some, some):
        assert weakest([one, other]).grade == min(one.grade, other.grade)
    two_three = Evidence(Grade.PROVED_FOR_SIZES, sizes=(2, 3))
    two = Evidence(Grade.PROVED_FOR_SIZES, sizes=(1, 2))
    assert weakest([two_three, two, Evidence(Grade.PROVED)]).sizes == (2,)
    assert str(weakest([two, Evidence(Grade.CERTIFIED)])) == "certified for n = 1, 2"
    assert weakest([two_three, Evidence(Grade.PROVED_FOR_SIZES, sizes=(1,))]).grade == 0


def test_a_chain_of_relations_proves_what_numbers_obey() -> None:
    """compose and implies agree with all triples of small numbers."""
    holds = {
        "=": lambda l, r: l == r,
        "<=": lambda l, r: l <= r,
        "<": lambda l, r: l < r,
        ">=": lambda l, r: l >= r,
        ">": lambda l, r: l > r,
    }
    for first, second, claimed in product(holds, repeat=3):
        whole = compose([first, second])
        proves = whole is not None and implies(whole, claimed)
        always = all(
            holds[claimed](u, q)
            for u, v, q in product(range(3), repeat=3)
            if holds[first](u, v) and holds[second](v, q)
        )
        assert proves == always, (first, second, claimed)


def test_each_exact_route_is_needed() -> None:
    """For every route there is a claim that it alone proves: none is there for show."""
    found = {route.__name__: set() for route in EXACT}
    for name, claim in PROVED.items():
        provers = [route.__name__ for route in EXACT if route(claim, ()) is not None]
        if len(provers) == 1:
            found[provers[0]].add(name)
    assert all(found.values()), found
    assert {
        calculus.__name__,
        entrywise.__name__,
        sign.__name__,
        polynomial.__name__,
        norms.__name__,
    } <= set(found)


def test_a_claim_without_letters_is_one_case() -> None:
    """Given numbers are compared once: the same case again is not more evidence."""
    evidence = decide(Claim(sp.exp(1), "<", 3), by=(certified,))
    assert evidence.grade is Grade.CERTIFIED
    assert evidence.cases == 1
    assert decide(Claim(sp.exp(z), ">", z, {z: sp.Interval(0, 2)}), by=(certified,)).cases > 1
