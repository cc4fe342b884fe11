"""Known-false claims: the check engine refutes every one, and no route proves any."""

# ruff: noqa: E501 (a table: one false claim a line)

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import pytest
import sympy as sp

from book_utils.derivations.engine import Claim, Grade, decide
from book_utils.derivations.engine.decide import Refutation, prove, refute
from book_utils.derivations.engine.prove import (
    EXACT,
    certified,
    monotone,
    sizes,
    substitution,
)
from book_utils.derivations.engine.report import refutation_text
from book_utils.derivations.engine.vocabulary import (
    Ascending,
    CharacteristicPolynomial,
    Descending,
    Diagonal,
    DiagonalAt,
    DiagonalOf,
    Frobenius,
    Jacobian,
    SigmaMax,
    SpectralRadius,
    SumOf,
    activation_function,
    slopes,
)

n, p = sp.symbols("n p", integer=True, positive=True)
i, j, m = sp.symbols("i j m", integer=True, positive=True)
t, k, r = sp.symbols("t k r", integer=True, nonnegative=True)
y, z, a = sp.symbols("y z a", real=True)
sigma, phi = activation_function("sigma"), activation_function("phi")
W, P = sp.MatrixSymbol("W", n, n), sp.MatrixSymbol("P", n, n)
w, v = sp.IndexedBase("W", shape=(n, n)), sp.IndexedBase("v", shape=(n,))
x, x_new, h, c = (sp.IndexedBase(name, shape=(n,)) for name in ("x", "y", "h", "c"))
A, B = sp.MatrixSymbol("A", n, p), sp.MatrixSymbol("B", p, n)
g = sp.MatrixSymbol("g", 1, n)
D, D1, D2, D3 = (Diagonal(name, n) for name in ("D", "D_1", "D_2", "D_3"))
lam = sp.Symbol("lambda", real=True)
f = sp.Function("f")

# ∂x_t/∂x_{t-1}, with x for x_{t-1}, and the same for h_t = φ(W h_{t-1} + c).
state = Jacobian(sp.Sum(w[i, m] * sigma(x[m]), (m, 1, n)) + c[i], i, x, sp.Symbol("J"))
activity = Jacobian(phi(sp.Sum(w[i, m] * h[m], (m, 1, n)) + c[i]), i, h, sp.Symbol("H"))
entry = sp.Derivative(sp.Sum(w[i, m] * sigma(x[m]), (m, 1, n)) + c[i], x[j])
Dx = slopes(sigma, x)
Dh = slopes(phi, h)
# σ itself on the diagonal, and the slope at the state that comes out.
Dσ = DiagonalOf(sigma(x[m]), m, n, sp.Symbol("diag(σ(x))"))
D_new = slopes(sigma, x_new)


def signed(factor) -> Descending:
    return Descending(factor * DiagonalAt("D", r, n), r, t, 1)


def product(newest: sp.Basic, oldest: sp.Basic) -> Descending:
    return Descending(W * DiagonalAt("D", r, n), r, newest, oldest)


def ascending(newest: sp.Basic, oldest: sp.Basic) -> Ascending:
    return Ascending(W * DiagonalAt("D", r, n), r, newest, oldest)


def eq(left, right, where=None, given=()) -> Claim:
    return Claim(sp.sympify(left), "=", sp.sympify(right), where or {}, given)


def le(left, right, where=None, given=()) -> Claim:
    return Claim(sp.sympify(left), "<=", sp.sympify(right), where or {}, given)


def lt(left, right, where=None) -> Claim:
    return Claim(sp.sympify(left), "<", sp.sympify(right), where or {})


def total(body, index=k, low=1, high=t) -> SumOf:
    return SumOf(body, index, low, high)


def at(time) -> DiagonalAt:
    return DiagonalAt("D", time, n)


def of_norms(low=1, high=t, last=W) -> sp.Sum:
    """‖g‖ times the sum of ‖W D_k‖ ‖W‖, or of what else is the last matrix."""
    return SigmaMax(g) * sp.Sum(SigmaMax(W * at(k)) * SigmaMax(last), (k, low, high))


# A scalar recurrence x_{s} = W σ(x_{s-1}) over two steps, and the derivative by its weight.
weight, start = sp.symbols("u s", real=True)
one = weight * sigma(start)
two = weight * sigma(one)
slope = sigma.slope
from_t_to_k = {k: sp.Range(0, 3), t: sp.Range(k + 1, k + 4)}
steps = {t: sp.Range(1, 5)}
two_units = {n: sp.FiniteSet(2)}
delta = sp.KroneckerDelta
unit = sp.Interval(0, 1)


@dataclass(frozen=True)
class FalseClaim:
    """A false claim and why it is false."""

    name: str
    why: str
    claim: Claim


# fmt: off
FALSE = [
    # The layouts of the Jacobian of x_t = W σ(x_{t-1}) + c.
    FalseClaim("W^T D", "the misprint: rows and columns of W exchanged", eq(state, W.T * Dx)),
    FalseClaim("D W", "the form for h_t = φ(a_t): slopes multiply the columns", eq(state, Dx * W)),
    FalseClaim("D W^T", "the transpose: denominator layout", eq(state, Dx * W.T)),
    FalseClaim("denominator W^T D", "transposing turns the order round", eq(state.T, W.T * Dx)),
    FalseClaim("denominator W D", "numerator layout", eq(state.T, W * Dx)),
    FalseClaim("denominator D W", "W must be transposed too", eq(state.T, Dx * W)),
    FalseClaim("activity W D", "for h_t = φ(a_t) slopes multiply the rows", eq(activity, W * Dh)),
    FalseClaim("activity slope at h", "the slope belongs at a_t, not at h_{t-1}", eq(activity, Dh * W)),
    FalseClaim("sigma for slope", "σ(x) stands where σ′(x) should", eq(state, W * Dσ)),
    FalseClaim("slope at x_t", "the slope belongs at x_{t-1}", eq(state, W * D_new)),
    FalseClaim("no slope", "σ is not linear", eq(state, W)),
    FalseClaim("minus sign", "the sign is turned", eq(state, -W * Dx)),
    FalseClaim("entry W_ji", "row and column exchanged", eq(entry, w[j, i] * slope(x[j]))),
    FalseClaim("slope at i", "the slope is that of the unit moved, j", eq(entry, w[i, j] * slope(x[i]))),
    FalseClaim("sigma at j", "σ for σ′ in an entry", eq(entry, w[i, j] * sigma(x[j]))),
    FalseClaim("entry sum kept", "the delta leaves one term", eq(entry, sp.Sum(w[i, m] * slope(x[j]), (m, 1, n)))),
    FalseClaim("diagonal W", "W is not diagonal", eq(entry, w[i, j] * slope(x[j]) * delta(i, j))),
    # Products.
    FalseClaim("ascending", "newest factor on the left", eq(product(t, k + 1), ascending(t, k + 1), from_t_to_k)),
    FalseClaim("one too few", "the factor of k+1 is lost", eq(product(t, k + 1), product(t, k + 2), from_t_to_k)),
    FalseClaim("one too many", "the factor of k does not belong", eq(product(t, k + 1), product(t, k), from_t_to_k)),
    FalseClaim("newest lost", "the factor of t is lost", eq(product(t, k + 1), product(t - 1, k + 1), from_t_to_k)),
    FalseClaim("newest t+1", "x_t does not depend on what comes later", eq(product(t, k + 1), product(t + 1, k + 2), from_t_to_k)),
    FalseClaim("true at t = k", "an empty product is I, a longer one is not", eq(product(t, k + 1), sp.Identity(n), {k: sp.Range(0, 3), t: sp.Range(k, k + 4)})),
    FalseClaim("transposed order", "(W D)^T = D W^T", eq((W * D).T, W.T * D)),
    FalseClaim("three transposed", "the slopes come in reversed order", eq(sp.Trace((W.T * D3) * (W.T * D2) * (W.T * D1)), sp.Trace((W * D3) * (W * D2) * (W * D1)))),
    FalseClaim("product of traces", "the trace is not multiplicative", eq(sp.Trace(W * P), sp.Trace(W) * sp.Trace(P))),
    FalseClaim("trace cyclic only", "a trace allows turning round, not swapping neighbours", eq(sp.Trace(W * P * D1), sp.Trace(P * W * D1))),
    # Sums of matrices.
    FalseClaim("sum: first term lost", "it starts at 1", eq(total(W * at(k)), total(W * at(k), low=2), steps)),
    FalseClaim("sum: last term lost", "it ends at t", eq(total(W * at(k)), total(W * at(k), high=t - 1), steps)),
    FalseClaim("sum: first term too many", "it starts at 1", eq(total(W * at(k)), total(W * at(k), low=0), steps)),
    FalseClaim("sum: last term too many", "it ends at t", eq(total(W * at(k)), total(W * at(k), high=t + 1), steps)),
    FalseClaim("sum: order in the body", "each term is W D", eq(total(W * at(k)), total(at(k) * W), steps)),
    FalseClaim("sum: factor on the other side", "P stands on the left", eq(P * total(W * at(k)), total(W * at(k) * P), steps)),
    FalseClaim("sum: captured index", "the D in front is that of the outer k", eq(at(k) * total(W * at(k)), total(at(k) * W * at(k)), {**steps, k: sp.Range(1, 4)})),
    FalseClaim("sum: square", "mixed terms are lost", eq(total(at(k)) * total(at(k)), total(at(k) * at(k)), steps)),
    FalseClaim("sum: of ascending products", "newest factor on the left", eq(total(product(t, k + 1) * P), total(ascending(t, k + 1) * P), steps)),
    FalseClaim("sum: of one term each", "a sum of t terms is not its last", eq(total(W * at(k)), W * at(t), steps)),
    FalseClaim("sum: empty is no identity", "an empty sum is zero", eq(total(W, high=0), sp.Identity(n))),
    FalseClaim("sum: hidden identity", "tr of n ones and of p ones", eq(sp.Trace(total(sp.Identity(n))), sp.Trace(total(sp.Identity(p))), steps)),
    FalseClaim("sum: pulled out of a product", "the sum is over both factors", eq(total(at(k) * W * at(k)), total(at(k)) * W * total(at(k)), steps)),
    # A dropped immediate derivative ∂⁺.
    FalseClaim("no immediate derivative", "dx_1/dw = σ(x_0) is left out", eq(sp.Derivative(two, weight), weight * slope(one) * 0)),
    FalseClaim("only the recursion", "the explicit σ(x_1) is left out", eq(sp.Derivative(two, weight), weight * slope(one) * sigma(start))),
    FalseClaim("only the immediate", "the path through x_1 is left out", eq(sp.Derivative(two, weight), sigma(one))),
    # Norms and radii.
    FalseClaim("norm of a power by rho", "σ_max(W^3) is not bounded by ρ(W)^3", le(SigmaMax(W**3), SpectralRadius(W) ** 3)),
    FalseClaim("norm is rho", "W is not normal", eq(SigmaMax(W), SpectralRadius(W))),
    FalseClaim("norm below rho", "ρ(W) <= σ_max(W) is turned", le(SigmaMax(W), SpectralRadius(W))),
    FalseClaim("rho submultiplicative", "ρ(WP) may exceed ρ(W) ρ(P)", le(SpectralRadius(W * P), SpectralRadius(W) * SpectralRadius(P))),
    FalseClaim("rho of one factor", "ρ(P) may be 0 where ρ(WP) is not", le(SpectralRadius(W * P), SigmaMax(W) * SpectralRadius(P))),
    FalseClaim("rho of a sum", "ρ obeys no triangle inequality", le(SpectralRadius(W + P), SpectralRadius(W) + SpectralRadius(P))),
    FalseClaim("strict submultiplicativity", "equal at n = 1", lt(SigmaMax(W * D), SigmaMax(W) * SigmaMax(D))),
    FalseClaim("norm multiplicative", "only <= holds", eq(SigmaMax(W * P), SigmaMax(W) * SigmaMax(P))),
    FalseClaim("turned submultiplicativity", "the inequality is turned", Claim(SigmaMax(W * P), ">=", SigmaMax(W) * SigmaMax(P))),
    FalseClaim("factor pulled out of the middle", "A P B is not A B P", le(SigmaMax(W * D * P), SigmaMax(W * P) * SigmaMax(D))),
    FalseClaim("norm above trace", "|tr W| may exceed σ_max by a factor n", le(sp.Abs(sp.Trace(W)), SigmaMax(W))),
    FalseClaim("strict norm of a sum", "equal where W = P", lt(SigmaMax(W + P), SigmaMax(W) + SigmaMax(P))),
    FalseClaim("turned triangle", "two matrices may cancel", Claim(SigmaMax(W + P), ">=", SigmaMax(W) + SigmaMax(P))),
    FalseClaim("norm of a difference", "‖W − P‖ may exceed ‖W‖ − ‖P‖", le(SigmaMax(W - P), SigmaMax(W) - SigmaMax(P))),
    FalseClaim("sign of a multiple", "‖aW‖ = |a| ‖W‖", le(SigmaMax(a * W), a * SigmaMax(W))),
    FalseClaim("times a negative number", "a < 0 turns the inequality", le(a * SigmaMax(W * P), a * SigmaMax(W) * SigmaMax(P))),
    FalseClaim("norm of a power", "‖W²‖ may be less than ‖W‖²", Claim(SigmaMax(W) ** 2, "<=", SigmaMax(W**2))),
    FalseClaim("norm squared", "the norm is λ_1 and not λ_1²", eq(SigmaMax(W), SpectralRadius(W.T * W))),
    FalseClaim("factor lost", "‖P‖ may exceed 1", le(SigmaMax(W * P), SigmaMax(W))),
    FalseClaim("norm below one", "nothing bounds a norm", le(SigmaMax(W), 1)),
    FalseClaim("strictly positive", "the norm of 0 is 0", Claim(SigmaMax(W), ">", 0)),
    FalseClaim("rho of W P Wᵀ", "P is not symmetric", eq(SpectralRadius(W * P * W.T), SigmaMax(W * P * W.T))),
    FalseClaim("norm of a square", "only AᵀA has the norm squared", eq(SigmaMax(W * W), SigmaMax(W) ** 2)),
    FalseClaim("sum of numbers", "entries may be negative", Claim(sp.Sum(x[m], (m, 1, n)), ">=", 0)),
    FalseClaim("sum of cubes", "cubes may be negative", Claim(sp.Sum(x[m] ** 3, (m, 1, n)), ">=", 0)),
    FalseClaim("square of a root", "(√z)² = z may be negative", Claim(sp.Sum(sp.sqrt(z), (m, 1, n)) ** 2, ">=", 0)),
    FalseClaim("Frobenius below norm", "‖W‖ <= ‖W‖_F is turned", le(Frobenius(W), SigmaMax(W))),
    FalseClaim("Frobenius by two norms", "one factor must keep its Frobenius norm", le(Frobenius(A * B), SigmaMax(A) * SigmaMax(B))),
    FalseClaim("Frobenius of the identity", "‖I‖_F is the root of n", eq(Frobenius(sp.Identity(n)), 1)),
    FalseClaim("sum of norms, one factor", "the sum has its factor in every term", le(sp.Sum(SigmaMax(W * DiagonalAt("D", m, n)), (m, 1, n)), SigmaMax(W) * SigmaMax(DiagonalAt("D", 1, n)))),
    FalseClaim("given a bound, not used on both", "‖W‖ <= a does not bound ‖WP‖ by a", le(SigmaMax(W * P), a, given=(le(SigmaMax(W), a),))),
    # Norms of sums.
    FalseClaim("norm of a sum: first term lost", "it starts at 1", le(SigmaMax(g * total(W * at(k) * W)), of_norms(low=2), steps)),
    FalseClaim("norm of a sum: last term lost", "it ends at t", le(SigmaMax(g * total(W * at(k) * W)), of_norms(high=t - 1), steps)),
    FalseClaim("norm of a sum: factor lost", "‖W‖ may exceed 1", le(SigmaMax(g * total(W * at(k) * W)), of_norms(last=sp.Identity(n)), steps)),
    FalseClaim("norm of a sum: turned", "terms may cancel", Claim(SigmaMax(g * total(W * at(k) * W)), ">=", of_norms(), steps)),
    FalseClaim("norm of a sum: strict", "equal for one term of one unit", lt(SigmaMax(g * total(W * at(k) * W)), of_norms(), steps)),
    FalseClaim("norm of a sum: sign of a coefficient", "‖cA‖ = |c| ‖A‖", le(SigmaMax(total(a**k * W * at(k))), sp.Sum(a**k * SigmaMax(W * at(k)), (k, 1, t)), steps)),
    FalseClaim("norm of a sum: times −1", "the inequality turns", le(-SigmaMax(total(W * at(k))), -sp.Sum(SigmaMax(W * at(k)), (k, 1, t)), steps)),
    FalseClaim("norm of a sum: times any number", "a < 0 turns the inequality", le(a * SigmaMax(total(W * at(k))), a * sp.Sum(SigmaMax(W * at(k)), (k, 1, t)), steps)),
    FalseClaim("norm of a sum: squared", "mixed terms are lost", le(SigmaMax(total(W * at(k))) ** 2, sp.Sum(SigmaMax(W * at(k)) ** 2, (k, 1, t)), steps)),
    FalseClaim("norm of a sum of identities", "t times I has norm t", le(SigmaMax(total(sp.Identity(n))), 1, steps)),
    FalseClaim("Frobenius of a sum of identities", "‖I‖_F is the root of n", le(Frobenius(total(sp.Identity(n))), t, steps)),
    FalseClaim("Frobenius of a sum by norms", "the larger norm stands on the left", le(Frobenius(total(W * at(k))), sp.Sum(SigmaMax(W * at(k)), (k, 1, t)), steps)),
    FalseClaim("norm of nested sums", "the inner sum is lost", le(SigmaMax(total(total(at(m) * W, m, 1, k))), sp.Sum(SigmaMax(at(k) * W), (k, 1, t)), steps)),
    FalseClaim("radius of a sum is its norm", "the sum is not symmetric", eq(SpectralRadius(total(W * at(k))), SigmaMax(total(W * at(k))), steps)),
    FalseClaim("norm of the square of a sum", "only ρ² <= ‖·²‖ holds", le(SigmaMax(total(W * at(k)) ** 2), SpectralRadius(total(W * at(k))) ** 2, steps)),
    FalseClaim("two signs of one product", "for even lengths the two add up", le(SigmaMax(signed(-W) + signed(W)), SigmaMax(signed(W)), {t: sp.Range(0, 5)})),
    FalseClaim("a power and its transpose", "‖A + A‖ = 2 ‖A‖", le(SigmaMax(sp.MatAdd(sp.MatPow(W.T, k), sp.Transpose(sp.MatPow(W, k)))), SigmaMax(sp.MatPow(W, k)), {k: sp.Range(0, 5)})),
    FalseClaim("root of a norm", "√a > a below 1", le(sp.sqrt(SigmaMax(W)), SigmaMax(W))),
    FalseClaim("a norm divided", "dividing by a norm below 1 makes more", le(SigmaMax(W) / SigmaMax(P), SigmaMax(W * P))),
    FalseClaim("inverse norms", "1/‖WP‖ is the larger one", le(1 / SigmaMax(W * P), 1 / (SigmaMax(W) * SigmaMax(P)))),
    FalseClaim("negative exponent", "the inequality turns where k < 2", le(SigmaMax(W * P) ** (k - 2), (SigmaMax(W) * SigmaMax(P)) ** (k - 2), {k: sp.Range(0, 4)})),
    FalseClaim("one more power", "a norm may be below 1", le(SigmaMax(W) ** (k - 1), SigmaMax(W) ** k, {k: sp.Range(1, 4)})),
    # Numbers in front of a matrix.
    FalseClaim("Karr in front of a matrix", "at n = 1 the sum is empty, n − 2 is not zero", eq(sp.MatMul(sp.Sum(y, (m, 3, n)), W), (n - 2) * y * W)),
    FalseClaim("root in front of a matrix", "√(z²) = |z|", eq(sp.sqrt(z**2) * W, z * W)),
    FalseClaim("sum: coefficient pulled out", "k is bound, and the outer k is not", eq(k * total(k * W), total(k**2 * W), {**steps, k: sp.Range(2, 5)})),
    FalseClaim("sum: limits depend on the outer index", "the order of the two sums matters", eq(total(total(at(k) * W * at(m), m, 1, t)), total(total(at(m) * W * at(k), m, 1, k)), steps)),
    FalseClaim("sum: inner limit is the outer index", "k above a sum is not the k inside", eq(total(total(at(k) * W, k, 1, k)), total(total(at(k) * W, k, 1, t)), steps)),
    # Sizes.
    FalseClaim("true for n = 2", "tr(W)^2 − tr(W^2) = 2 det W is Cayley-Hamilton for two units", eq(sp.Trace(W) ** 2 - sp.Trace(W**2), 2 * sp.Determinant(W))),
    FalseClaim("true for n = 1", "numbers commute, matrices do not", eq(W * P, P * W)),
    FalseClaim("true for n = 1, trace", "tr W = det W for one unit", eq(sp.Trace(W), sp.Determinant(W))),
    FalseClaim("true for n <= 2", "three factors: eigenvalues differ from n = 3 on", eq(CharacteristicPolynomial((W.T * D3) * (W.T * D2) * (W.T * D1), lam), CharacteristicPolynomial((W * D3) * (W * D2) * (W * D1), lam))),
    FalseClaim("true for square only", "n × p: AB and BA differ by a power of λ", eq(CharacteristicPolynomial(A * B, lam), CharacteristicPolynomial(B * A, lam))),
    FalseClaim("identity of another size", "tr I_n = n", eq(sp.Trace(sp.Identity(n)), sp.Trace(sp.Identity(p)))),
    FalseClaim("n for p", "the width of A is p", eq(sp.Sum(sp.Sum(w[i, i], (j, 1, p)), (i, 1, n)), n * sp.Sum(w[i, i], (i, 1, n)))),
    FalseClaim("determinant of AB", "det(AB) = det(BA) needs square factors", eq(sp.Determinant(A * B), sp.Determinant(B * A))),
    # Special matrices.
    FalseClaim("true for symmetric W", "W is not symmetric", eq(W * W.T, W * W)),
    FalseClaim("true for commuting", "(W+P)^2 has two mixed terms", eq((W + P) * (W + P), W * W + 2 * W * P + P * P)),
    FalseClaim("true for diagonal", "D and W do not commute", eq(D * W, W * D)),
    FalseClaim("symmetric do not commute", "two symmetric matrices need not commute", eq(W * P, P * W, given=(eq(W, W.T), eq(P, P.T)))),
    FalseClaim("given, still false", "W symmetric does not make W D symmetric", eq((W * D).T, W * D, given=(eq(W, W.T),))),
    # Numbers.
    FalseClaim("true for positive", "√(z²) = |z|", eq(sp.sqrt(z**2), z)),
    FalseClaim("root of a product", "two negative numbers: √y √z = −√(yz)", eq(sp.sqrt(y) * sp.sqrt(z), sp.sqrt(y * z))),
    FalseClaim("log of a product", "two negative numbers again", eq(sp.log(y) + sp.log(z), sp.log(y * z))),
    FalseClaim("true for integers", "sin(πz) vanishes at integers only", eq(sp.sin(sp.pi * z), 0)),
    FalseClaim("true to 15 digits", "wrong in the 16th digit", eq(z * sp.Rational("0.333333333333333"), z / 3)),
    FalseClaim("true to 29 digits", "e^{π√163} is almost an integer", eq(z * sp.exp(sp.pi * sp.sqrt(163)), z * 262537412640768744)),
    FalseClaim("true to 60 digits", "a difference below the first precision", eq(z + sp.Rational(1, 10**60), z)),
    FalseClaim("tiny sides", "both sides vanish to forty digits, and differ", eq(z / 10**40, 2 * z / 10**40)),
    FalseClaim("large numbers cancel", "cosh² − sinh² = 1, however large the two are", eq(sp.cosh(z) ** 2 - sp.sinh(z) ** 2, 0, {z: sp.Interval(200, 300)})),
    FalseClaim("strict at zero", "z² = 0 at z = 0", Claim(z**2, ">", 0)),
    FalseClaim("strict at an end", "z(1−z) = 0 at the ends", lt(0, z * (1 - z), {z: unit})),
    FalseClaim("turned", "z² <= z on [0, 1]", Claim(z**2, ">=", z, where={z: unit})),
    FalseClaim("beyond the unit interval", "z² > z beyond 1", le(z**2, z, {z: sp.Interval(0, 2)})),
    FalseClaim("half line", "z² < z between 0 and 1", le(z, z**2, {z: sp.Interval(0, sp.oo)})),
    FalseClaim("odd integers", "cos(πk) = −1 for odd k", eq(sp.cos(sp.pi * k), 1, {k: sp.Range(1, 9, 2)})),
    FalseClaim("given, turned", "from y <= z follows −z <= −y", le(-y, -z, given=(le(y, z),))),
    FalseClaim("given, squared", "y <= z does not give y² <= z²", le(y**2, z**2, given=(le(y, z),))),
    # Activations.
    FalseClaim("true for odd", "σ need not be odd", eq(sigma(-z), -sigma(z))),
    FalseClaim("true for even", "σ need not be even", eq(sigma(-z), sigma(z))),
    FalseClaim("true for tanh", "σ′ = 1 − σ² is tanh's", eq(slope(z), 1 - sigma(z) ** 2)),
    FalseClaim("true for the logistic", "σ′ = σ(1 − σ) is the logistic's", eq(slope(z), sigma(z) * (1 - sigma(z)))),
    FalseClaim("logistic slope", "the slope is at most 1/4, and attains it", lt(sp.diff(1 / (1 + sp.exp(-z)), z), sp.Rational(1, 4))),
    FalseClaim("additive", "σ is not linear", eq(sigma(y + z), sigma(y) + sigma(z))),
    # Derivatives.
    FalseClaim("product rule", "(σφ)′ is not σ′φ′", eq(sp.Derivative(sigma(z) * phi(z), z), slope(z) * phi.slope(z))),
    FalseClaim("chain rule", "the inner slope is left out", eq(sp.Derivative(sigma(phi(z)), z), slope(phi(z)))),
    FalseClaim("chain rule at z", "the outer slope belongs at φ(z)", eq(sp.Derivative(sigma(phi(z)), z), slope(z) * phi.slope(z))),
    FalseClaim("inner factor", "d σ(az)/dz = a σ′(az)", eq(sp.Derivative(sigma(a * z), z), slope(a * z))),
    FalseClaim("power rule", "the exponent is not lowered", eq(sp.Derivative(z**3, z), 3 * z**3)),
    FalseClaim("trace by an entry", "∂ tr(WᵀW)/∂W_ij = 2 W_ij, not 0", eq(sp.Derivative(sp.Sum(sp.Sum(w[r + 1, m] ** 2, (m, 1, n)), (r, 0, n - 1)), w[i, j]), 0)),
    FalseClaim("trace transposed", "∂ tr(W P)/∂W_ij is P_ji", eq(sp.Derivative(sp.Sum(sp.Sum(w[m, r + 1] * sp.IndexedBase("P", shape=(n, n))[r + 1, m], (m, 1, n)), (r, 0, n - 1)), w[i, j]), sp.IndexedBase("P", shape=(n, n))[i, j])),
    FalseClaim("own index", "∂ Σ x_m²/∂x_m is 2 x_m: the sum's m is another", eq(sp.Derivative(sp.Sum(x[m] ** 2, (m, 1, n)), x[m]), sp.Sum(2 * x[m], (m, 1, n)))),
    FalseClaim("norm differentiated", "σ_max(zW) = |z| σ_max(W) does depend on z", eq(sp.Derivative(SigmaMax(z * W), z), 0)),
    FalseClaim("ridge", "f depends on y and z in more than one mixture", eq(sp.Derivative(f(y, z), (y, 2)) * sp.Derivative(f(y, z), z) ** 2, sp.Derivative(f(y, z), (z, 2)) * sp.Derivative(f(y, z), y) ** 2)),
    # Sums and deltas.
    FalseClaim("delta out of range", "m never reaches j + n", eq(x[j] * sp.Sum(delta(m, j + n), (m, 1, n)), x[j])),
    FalseClaim("delta at an end", "the sum starts at 2: j = 1 is missed", eq(sp.Sum(delta(m, j) * x[m], (m, 2, n)), x[j])),
    FalseClaim("shifted limits", "the first term is lost", eq(sp.Sum(x[m], (m, 1, n)), sp.Sum(x[m], (m, 2, n)))),
    FalseClaim("upper limit", "the last term is lost", eq(sp.Sum(x[m], (m, 1, n)), sp.Sum(x[m], (m, 1, n - 1)))),
    FalseClaim("one factor", "the factor at the limit, not the one after it", eq(sp.Product(x[m], (m, 1, 1)), x[n])),
    FalseClaim("no factor", "an empty product is 1, not 0", eq(sp.Product(x[m], (m, n + 1, n)), 0)),
    FalseClaim("one term", "the term at the limit, not the one after it", eq(sp.Sum(x[m], (m, 1, 1)), x[n])),
    FalseClaim("empty sum", "at n = 1 the sum is empty, n − 2 is not zero", eq(sp.Sum(z, (m, 3, n)) * x[1], (n - 2) * z * x[1])),
    FalseClaim("captured index", "the inner j is bound, the outer j is not", eq(x[j] * sp.Sum(delta(m, j) * sp.Sum(w[m, j], (j, 1, n)), (m, 1, n)), x[j] * sp.Sum(w[m, m], (m, 1, n)))),
    FalseClaim("past the turn", "the gap grows at first and shrinks before the end", Claim(sp.log(y / (1 - y)) - 5 * y, "<", -sp.Rational(5, 2), {y: sp.Interval.Lopen(sp.Rational(1, 2), sp.Rational(9, 10))})),
    FalseClaim("the touching end belongs to it", "at z = 0 both sides are 0", Claim(sp.log(1 + z), "<", z, {z: sp.Interval(0, 2)})),
    FalseClaim("square of a sum", "mixed terms are lost", eq(sp.Sum(x[m], (m, 1, n)) ** 2, sp.Sum(x[m] ** 2, (m, 1, n)))),
]
# fmt: on

cases = pytest.mark.parametrize("false", FALSE, ids=lambda false: false.name)


def difference(refutation: Refutation) -> list[tuple]:
    """Both sides, entry by entry, evaluated once more with four hundred digits."""
    left, right = (refutation.instance(s) for s in (refutation.claim.left, refutation.claim.right))
    if isinstance(left, mpmath.matrix):
        return list(zip(left, right, strict=True))
    return [(left, right)]


@cases
def test_a_false_claim_is_refuted_by_a_true_counterexample(false: FalseClaim) -> None:
    """The tester refutes a false claim, and at its instance the relation really fails."""
    refutation = refute(false.claim).refutation
    assert refutation is not None, false.why
    holds = {
        "=": lambda l, r: abs(l - r) < mpmath.mpf(10) ** -90,
        "<=": lambda l, r: l <= r,
        "<": lambda l, r: l < r - mpmath.mpf(10) ** -90,
        ">=": lambda l, r: l >= r,
        ">": lambda l, r: l > r + mpmath.mpf(10) ** -90,
    }[false.claim.relation]
    with mpmath.workdps(400):
        assert not all(holds(left, right) for left, right in difference(refutation)), false.why
    assert "left side" in refutation_text(refutation)


@cases
def test_no_route_proves_a_false_claim(false: FalseClaim) -> None:
    """Every route stays silent on a false claim, or proves it only at sizes where it is true."""
    refuted_at = set(refute(false.claim).refutation.instance.sizes.values())
    for route in (*EXACT, monotone, substitution, certified, sizes(*sorted(refuted_at))):
        proof = prove(false.claim, [route], seconds=2)
        assert proof is None or proof.grade is Grade.INCONCLUSIVE, (route.__name__, false.why)


@cases
def test_deciding_a_false_claim_ends_in_a_refutation(false: FalseClaim) -> None:
    """Both routes together refute a false claim; nothing is raised and nothing is graded."""
    assert isinstance(decide(false.claim), Refutation), false.why


def test_there_are_many_false_claims_of_many_kinds() -> None:
    """The list stays as long as it was promised, and names no claim twice."""
    assert len(FALSE) >= 130
    assert len({false.name for false in FALSE}) == len(FALSE)
