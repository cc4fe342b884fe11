"""What a step may not make of a fact: no route follows, and no derivation passes."""

# ruff: noqa: E501 (a table: one false step a line)

from __future__ import annotations

import pytest
import sympy as sp

from book_utils.derivations.engine import (
    HYPOTHESIS,
    CheckFailed,
    Claim,
    Counterexample,
    Derivation,
    Grade,
    Step,
    certified,
    definition,
    every,
    for_each,
    given,
    lemma,
    monotone,
    sizes,
    substitution,
)
from book_utils.derivations.engine.claim import Assumption, Equation
from book_utils.derivations.engine.decide import refute
from book_utils.derivations.engine.prove import EXACT
from book_utils.derivations.engine.vocabulary import (
    Descending,
    DiagonalAt,
    DiagonalOf,
    Entry,
    Frobenius,
    SigmaMax,
    SpectralRadius,
    SumOf,
    activation_function,
)

n, p = sp.symbols("n p", integer=True, positive=True)
i, j, m = sp.symbols("i j m", integer=True, positive=True)
t, k = sp.symbols("t k", integer=True, nonnegative=True)
r = sp.Symbol("r", integer=True)
y, z = sp.symbols("y z", real=True)
gamma, a, b = sp.symbols("gamma a b", nonnegative=True)
W, P, Q = (sp.MatrixSymbol(name, n, n) for name in "WPQ")
A, B = sp.MatrixSymbol("A", n, p), sp.MatrixSymbol("B", p, n)
x = sp.IndexedBase("x", shape=(n,))
sigma = activation_function("sigma")
norm, radius = SigmaMax, SpectralRadius
identity = sp.Identity(n)
steps = {t: sp.Range(1, 5)}
few = {k: sp.Range(0, 4)}


def at(time) -> DiagonalAt:
    return DiagonalAt("D", time, n)


def total(body, index=k, low=1, high=t) -> SumOf:
    return SumOf(body, index, low, high)


def claim(left, relation, right, where=None, assumed=()) -> Claim:
    return Claim(sp.sympify(left), relation, sp.sympify(right), where or {}, assumed)


def eq(left, right, where=None) -> Claim:
    return claim(left, "=", right, where)


def le(left, right, where=None) -> Claim:
    return claim(left, "<=", right, where)


def bound(left, right, relation="<=") -> Equation:
    return definition(left, right, relation)


def summed(body, index=m, low=1, high=t) -> sp.Sum:
    return sp.Sum(body, (index, low, high))


def each(low, high, relation="<=") -> Equation:
    """‖D_k‖ <= γ for k from ``low`` to ``high``."""
    return for_each(bound(norm(at(k)), gamma, relation), k, low, high)


sizes_of_slopes = summed(norm(at(m)))
twice = summed(summed(norm(at(m)), m, 1, k), k), summed(summed(gamma, m, 1, k), k)

# A false claim, and facts from which it does not follow.
FALSE_STEPS = {
    # A fact for every index, under sums.
    "not for the first": (le(sizes_of_slopes, summed(gamma), steps), [each(2, t)]),
    "not for the last": (le(sizes_of_slopes, summed(gamma), steps), [each(1, t - 1)]),
    "for one of them": (le(sizes_of_slopes, summed(gamma), steps), [bound(norm(at(t)), gamma)]),
    "for a k that is not the sum's": (le(summed(norm(at(k)), k), summed(gamma, k), steps), [bound(norm(at(k)), gamma)]),
    "outside any sum": (le(norm(at(1)), gamma), [each(0, 3)]),
    "the other way round": (le(summed(gamma), sizes_of_slopes, steps), [each(1, t)]),
    "times −1": (le(-sizes_of_slopes, -summed(gamma), steps), [each(1, t)]),
    "times any number": (le(summed(z * norm(at(m))), summed(z * gamma), steps), [each(1, t)]),
    "times a number below zero at first": (le(summed((m - 2) * norm(at(m))), summed((m - 2) * gamma), steps), [each(1, t)]),
    "one place further": (le(summed(norm(at(m + 1))), summed(gamma), steps), [each(1, t)]),
    "an inner sum to the outer index": (le(*twice, steps), [each(1, 3)]),
    "strict, in no term": (claim(summed(norm(at(m)), m, 1, 0), "<", summed(gamma, m, 1, 0)), [each(1, t, "<")]),
    "inside the norm of a sum": (le(norm(total(W * at(k))), summed(norm(W) * gamma), steps), [each(1, t - 1)]),
    "a matrix, beyond the last": (eq(total(W * at(k)), total(W * P), steps), [for_each((at(k), P), k, 1, t - 1)]),
    "a matrix, outside": (eq(W * at(1), W * P), [for_each((at(k), P), k, 0, 4)]),
    "a number, outside": (eq(x[m] * y, z * y), [for_each((x[m], z), m, 1, 2)]),
    "a matrix, in nested sums": (eq(total(total(at(m) * W, m, 0, k)), total(total(P * W, m, 0, k)), steps), [for_each((at(m), P), m, 1, t)]),
    "a matrix for one k": (le(norm(total(W * at(k))), summed(norm(W * P)), steps), [definition(at(k), P)]),
    "a sum with other ends": (eq(total(W * at(k), low=2), P, steps), [definition(total(W * at(k)), P)]),
    "a sum beside its own index": (eq(total(at(k) * W * at(k)), P * W, steps), [definition(total(at(k)), P)]),
    # Words that bind a name.
    "under a sum of matrices": (eq(total(W * at(k)), total(W * P), steps), [definition(at(k), P)]),
    "under an ordered product": (eq(Descending(W * at(r), r, t, 1), Descending(W * P, r, t, 1), steps), [definition(at(r), P)]),
    "under a sum of numbers": (eq(sp.Sum(x[m] * y, (m, 1, n)), sp.Sum(z * y, (m, 1, n))), [definition(x[m], z)]),
    "captured by a sum": (eq(sp.Sum(z * y, (m, 1, n)), sp.Sum(x[m] * y, (m, 1, n))), [definition(z, x[m])]),
    "under a diagonal": (eq(DiagonalOf(x[m], m, n, sp.Symbol("X")), DiagonalOf(z, m, n, sp.Symbol("Z"))), [definition(x[m], z)]),
    "under a derivative": (eq(sp.Derivative(y**2, y), 0), [definition(y**2, z**2)]),
    "into a derivative": (eq(sp.Derivative(z, y), 2 * y), [definition(z, y**2)]),
    # Equations that are none, or other ones.
    "an inequality": (eq(sigma(z), sigma(y)), [bound(z, y)]),
    "the factors swapped": (eq(W * P, Q), [definition(P * W, Q)]),
    "one factor transposed": (eq(W.T * P, Q), [definition(W * P, Q)]),
    "a multiple": (eq(W * P, Q), [definition(2 * W * P, Q)]),
    "a right inverse": (eq(P * W, identity), [definition(W * P, identity)]),
    "an inverse of another size": (eq(sp.Trace(A * B), sp.Trace(sp.Identity(p))), [definition(A * B, identity)]),
    "cancelled": (eq(W, identity), [definition(W * W, W)]),
    # Signs, exponents, strictness.
    "strict, times a norm": (claim(a * norm(W), "<", b * norm(W)), [bound(a, b, "<")]),
    "strict, to the power 0": (claim(a**k, "<", b**k, few), [bound(a, b, "<")]),
    "divided by a norm": (le(a, b), [bound(a * norm(W), b * norm(W))]),
    "divided by γ": (le(gamma, 1), [bound(gamma * norm(W), norm(W))]),
    "an absolute value": (le(sp.Abs(z), y), [bound(z, y)]),
    "an exponent below zero": (le(a ** (k - 2), b ** (k - 2), few), [bound(a, b)]),
    "an exponent of unknown sign": (le(a ** (t - k), b ** (t - k), {**few, t: sp.Range(0, 3)}), [bound(a, b)]),
    "γ^0 is 1": (le(gamma**k, gamma, few), [bound(gamma, 1)]),
    # Norms.
    "a norm by its radius": (le(norm(W), gamma), [bound(radius(W), gamma)]),
    "powers by the radius": (le(norm(W**k), gamma**k, few), [bound(radius(W), gamma)]),
    "a radius of a product": (le(radius(W * P), gamma**2), [bound(radius(W), gamma), bound(radius(P), gamma)]),
    "Frobenius by the norm": (le(Frobenius(W), gamma), [bound(norm(W), gamma)]),
    "from below": (claim(norm(W * P), ">=", gamma**2), [bound(norm(W), gamma, ">="), bound(norm(P), gamma, ">=")]),
    "a product by the norm of the product": (le(norm(W) * norm(P), gamma), [bound(norm(W * P), gamma)]),
    "another entry": (eq(Entry(W, i, j), Entry(P, j, i)), [definition(W, P)]),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE_STEPS)
def test_no_route_makes_too_much_of_a_fact(name: str) -> None:
    """Each claim is false, and none of the routes derives it from the facts."""
    false, using = FALSE_STEPS[name]
    assert refute(false).refutation is not None
    for route in (*EXACT, monotone, substitution, certified, sizes(1, 2)):
        assert route(false, using) is None, route.__name__


def test_what_does_follow_is_proved() -> None:
    """The same facts, used where they hold: each kind of use has one that is right."""
    assert monotone(le(sizes_of_slopes, summed(gamma), steps), [each(1, t)]) is not None
    nested = le(summed(summed(norm(at(m)), m, k, t), k), summed(summed(gamma, m, k, t), k), steps)
    assert monotone(nested, [each(1, t)]) is not None
    matrices = eq(total(W * at(k)), total(W * P), steps)
    assert EXACT[1](matrices, [for_each((at(k), P), k, 1, t)]) is not None
    inside = le(norm(total(W * at(k))), summed(norm(W) * gamma), steps)
    assert EXACT[-1](inside, [each(1, t)]) is not None
    assert substitution(eq(sigma(z), sigma(y)), [definition(z, y)]) is not None


# Derivations ----------------------------------------------------------------------------------

bounded = le(norm(at(t)), gamma)
family = every(r, sp.Range(1, t + 1), norm(at(r)), "<=", gamma)
determinants = eq(sp.Determinant(W * P), sp.Determinant(P * W))
product = Descending(W * at(r), r, t, k)
newest_off = total(W * at(t) * Descending(W * at(r), r, t - 1, k))


def record(statement: Claim, using, **step) -> Derivation:
    one = Step(statement.right, "?", statement.relation, using=tuple(using), **step)
    return Derivation("test", "", statement, [one])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: record(claim(norm(at(t)), "<=", gamma / 2, None, (bounded,)), [Equation(norm(at(t)), gamma / 2, Assumption(bounded), "<=")]), "word for word"),
        (lambda: for_each(given(bounded), t, 1, 3), r"expects every\(…\)"),
        (lambda: for_each(each(1, t), k, 1, 3), "for each k already"),
        (lambda: record(determinants, [Equation(*determinants_sides(), "hypothesis")]), "step of an induction"),
        (lambda: record(claim(norm(at(2)), "<=", gamma, None, (family,)), [given(family, sp.Rational(3, 2))]), "surely lies in"),
        (lambda: record(claim(norm(at(2)), "<=", gamma, steps, (family,)), [given(family, t + 1)]), "surely lies in"),
        (lambda: every(r, sp.Range(r, t), norm(at(r)), "<=", gamma), "expects a Range without r"),
    ],
    ids=["forged", "one for all", "twice", "hypothesis by hand", "between", "beyond", "own range"],
)  # fmt: skip
def test_a_ground_that_is_not_there_is_refused(build, message: str) -> None:
    """No fact is taken as assumed that is not one of the claim's assumptions, where they hold."""
    with pytest.raises(ValueError, match=message):
        build()


def determinants_sides() -> tuple[sp.Expr, sp.Expr]:
    return determinants.left, determinants.right


def test_the_base_of_an_induction_supposes_nothing() -> None:
    """What is supposed one step earlier may not be used at the start."""
    with pytest.raises(ValueError, match="HYPOTHESIS is for the step"):
        Derivation.by_induction(
            "test", "", le(norm(W**t), norm(W) ** t, {t: sp.Range(0, 4)}), over=t, start=sp.Integer(0),
            base=[Step(1, "?", "<=", using=(HYPOTHESIS,))], step=[Step(norm(W) ** t, "?", "<=")],
        )  # fmt: skip


@pytest.mark.parametrize(
    "assumed",
    [
        (claim(z, ">", 1), claim(z, "<", 0)),
        (claim(norm(W), "<", 0),),
        (every(r, sp.Range(1, 3), norm(at(r)), "<", 0),),
    ],
    ids=["two numbers", "a norm", "for every index"],
)
def test_from_a_contradiction_nothing_is_proved(assumed) -> None:
    """Assumptions that no instance meets prove nothing, whatever a step makes of them."""
    facts = [definition(W * P, P * W)]
    graded = Derivation("test", "", claim(W * P, "=", P * W, None, assumed), [Step(P * W, "?", using=facts)], seconds=2).evidence  # fmt: skip
    assert graded.grade is Grade.INCONCLUSIVE


two = Derivation("two", "", eq(sp.Trace(W) ** 2 - sp.Trace(W**2), 2 * sp.Determinant(W), {n: sp.FiniteSet(2)}), [Step(2 * sp.Determinant(W), "", by=(sizes(2),))])  # fmt: skip
split = total(W * at(k)).peel_last()
late = Derivation("late", "", eq(*split, steps), [Step(split.right, "", using=(split,))])
false_counter = Counterexample("c", "", eq(W * P, P * W), {W: sp.Matrix([[0, 1], [0, 0]]), P: sp.Matrix([[0, 0], [1, 0]])}, (determinants,))  # fmt: skip


def test_a_lemma_is_not_used_beyond_what_it_says() -> None:
    """Of two units, used for all; from t = 1 on, used at 0; with other names or relations."""
    for using in (
        record(eq(two.claim.left + 1, two.claim.right + 1), [lemma(*two_sides(), two)]),
        record(le(radius(W * P), radius(W) * radius(P)), [lemma(radius(W * P), radius(W) * radius(P), late, "<=")]),
        record(eq(norm(W * P), norm(W) * norm(P)), [lemma(norm(W * P), norm(W) * norm(P), late)]),
    ):  # fmt: skip
        with pytest.raises(CheckFailed, match="uses an equation that does not hold"):
            using.check()
    earlier = record(eq(*split, {t: sp.Range(0, 5)}), [lemma(*split, late)])
    assert earlier.evidence.grade is Grade.INCONCLUSIVE


def two_sides() -> tuple[sp.Expr, sp.Expr]:
    return two.claim.left, two.claim.right


@pytest.mark.parametrize("ground", [false_counter, "theorem", None])
def test_a_ground_that_derives_nothing_makes_a_step_tested(ground) -> None:
    """A counterexample, or a word, is no proof of what a step uses."""
    graded = record(determinants, [Equation(*determinants_sides(), ground)]).evidence
    assert graded.grade is Grade.TESTED


def test_a_fact_for_every_index_is_used_in_a_derivation() -> None:
    """An assumption for every index is used in all terms of a sum, a definition under one."""
    assumed = claim(sizes_of_slopes, "<=", summed(gamma), steps, (family,))
    assert record(assumed, [given(family)]).evidence.grade is Grade.PROVED
    peeled = for_each(product.peel_newest(), k, 1, t)
    assert record(eq(total(product), newest_off, steps), [peeled]).evidence.grade is Grade.PROVED
    beyond = for_each(product.peel_newest(), k, 1, t + 1)
    graded = record(eq(total(product), newest_off, steps), [beyond]).evidence
    assert graded.grade is Grade.INCONCLUSIVE
    with pytest.raises(CheckFailed, match="does not follow"):
        record(claim(summed(norm(at(m)), m, 0), "<=", summed(gamma, m, 0), steps, (family,)), [given(family)]).check()  # fmt: skip
