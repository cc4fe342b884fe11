"""From one step of the network to ∂x_t/∂x_k: what the chapter on the Jacobian states."""

from __future__ import annotations

import sympy as sp

from book_utils.derivations.engine import HYPOTHESIS, Claim, Counterexample, Derivation, Step, sizes
from book_utils.derivations.engine.vocabulary import (
    CharacteristicPolynomial,
    Descending,
    Diagonal,
    DiagonalAt,
    DiagonalOf,
    Jacobian,
    slopes,
)
from book_utils.derivations.network import (
    StateJacobian,
    StateSlopes,
    W,
    c,
    h,
    i,
    j,
    k,
    m,
    n,
    phi,
    r,
    s,
    sigma,
    t,
    w,
    x,
)

# One step ------------------------------------------------------------------------------------

_entry = sp.Derivative(sp.Sum(w[i, m] * sigma(x[m]), (m, 1, n)) + c[i], x[j])

one_step_entries = Derivation(
    "one-step-entries",
    "∂x_{t,i}/∂x_{t−1,j} = W_{ij} σ′(x_{t−1,j})",
    Claim(_entry, "=", w[i, j] * sigma.slope(x[j])),
    steps=(
        Step(
            sp.Sum(w[i, m] * sigma.slope(x[m]) * sp.KroneckerDelta(m, j), (m, 1, n)),
            "differentiate term by term; $\\partial x_m/\\partial x_j = \\delta_{jm}$, "
            "and $c_i$ does not depend on $x$",
        ),
        Step(w[i, j] * sigma.slope(x[j]), "only the term $m = j$ is left"),
    ),
    source=("002-eq12",),
)

_D = slopes(sigma, x)
step_jacobian = Jacobian(
    sp.Sum(w[i, m] * sigma(x[m]), (m, 1, n)) + c[i],
    i,
    x,
    sp.Symbol(r"\frac{\partial x_t}{\partial x_{t-1}}"),
)

one_step = Derivation(
    "one-step-jacobian",
    "∂x_t/∂x_{t−1} = W diag(σ′(x_{t−1}))",
    Claim(step_jacobian, "=", W * _D),
    steps=(
        Step(
            W * _D,
            "entry $(i, j)$ of the right side is $\\sum_m W_{im}\\,\\delta_{mj}\\,\\sigma'(x_j)$",
        ),
    ),
    source=("002-eq12", "002-pascanu-transpose"),
)

one_step_explicit = Derivation(
    "one-step-explicit",
    "∂x_t/∂x_{t−1} = W diag(σ′(x_{t−1})), written out for n = 1, 2, 3",
    Claim(step_jacobian, "=", W * _D),
    steps=(Step(W * _D, "write all entries out and differentiate each", by=(sizes(1, 2, 3),)),),
    source=("002-eq12",),
)

# Layouts -------------------------------------------------------------------------------------

denominator = Derivation(
    "denominator-layout",
    "in denominator layout ∂x_t/∂x_{t−1} = diag(σ′(x_{t−1})) Wᵀ",
    Claim(sp.Transpose(step_jacobian), "=", _D * W.T),
    steps=(
        Step(
            sp.Transpose(W * _D),
            "the one-step Jacobian",
            using=((step_jacobian, W * _D),),
        ),
        Step(_D * W.T, "transposing reverses the order; a diagonal matrix is its own transpose"),
    ),
    source=("002-layout-irrelevant",),
)

_logistic = sp.Lambda(sp.Symbol("z", real=True), 1 / (1 + sp.exp(-sp.Symbol("z", real=True))))
_shift = sp.Matrix([[0, 1], [0, 0]])
_state = [0, sp.log(2)]
_at = {W: _shift, x: _state, c: [0, 0], sigma: _logistic}

transposed_numerator = Counterexample(
    "transpose-fails-numerator",
    "∂x_t/∂x_{t−1} = Wᵀ diag(σ′(x_{t−1})) in numerator layout",
    refutes=Claim(step_jacobian, "=", W.T * _D),
    instance=_at,
    instead=(Claim(step_jacobian, "=", W * _D),),
    source=("001-jacobian", "002-pascanu-transpose"),
)

transposed_denominator = Counterexample(
    "transpose-fails-denominator",
    "∂x_t/∂x_{t−1} = Wᵀ diag(σ′(x_{t−1})) in denominator layout",
    refutes=Claim(sp.Transpose(step_jacobian), "=", W.T * _D),
    instance=_at,
    instead=(Claim(sp.Transpose(step_jacobian), "=", _D * W.T),),
    source=("001-jacobian", "002-layout-irrelevant"),
)

row_jacobian = Jacobian(
    sp.Sum(sigma(x[m]) * w[m, i], (m, 1, n)) + c[i],
    i,
    x,
    sp.Symbol(r"\frac{\partial x_t}{\partial x_{t-1}}"),
)

row_convention = Derivation(
    "row-convention",
    "for the row recurrence x_t = σ(x_{t−1}) W + c the Jacobian is Wᵀ diag(σ′(x_{t−1}))",
    Claim(row_jacobian, "=", W.T * _D),
    steps=(
        Step(
            W.T * _D,
            "the weight of unit $j$ in unit $i$ is now $W_{ji}$; the rest is as before",
        ),
    ),
    source=("001-jacobian",),
)

# Many steps ----------------------------------------------------------------------------------

_path = sp.Function("x")
_moved = sp.Sum(w[i, m] * sigma(_path(m, s)), (m, 1, n)) + c[i]
_chain = sp.Sum(w[i, m] * sigma.slope(_path(m, s)) * sp.Derivative(_path(m, s), s), (m, 1, n))

chain_rule = Derivation(
    "chain-rule-step",
    "if x_{t−1} depends on a number s, then ∂x_t/∂s = W diag(σ′(x_{t−1})) ∂x_{t−1}/∂s",
    Claim(sp.Derivative(_moved, s), "=", _chain),
    steps=(Step(_chain, "the chain rule in each term of the sum"),),
    source=("002-eq10",),
)


def _product(newest: sp.Basic) -> Descending:
    return Descending(W * StateSlopes(r - 1), r, newest, k + 1)


product = Derivation.by_induction(
    "product-of-jacobians",
    "∂x_t/∂x_k = (W D_{t−1})(W D_{t−2}) ⋯ (W D_k), newest factor on the left",
    Claim(
        StateJacobian(t, k),
        "=",
        _product(t),
        where={k: sp.Range(0, 3), t: sp.Range(k, k + 4)},
    ),
    over=t,
    start=k,
    base=(
        Step(
            sp.Identity(n),
            "$x_k$ as a function of itself",
            using=((StateJacobian(k, k), sp.Identity(n)),),
        ),
        Step(_product(k), "an empty product is $I$"),
    ),
    step=(
        Step(
            W * StateSlopes(t - 1) * StateJacobian(t - 1, k),
            "the chain rule of the lemma, once for each entry of $x_k$",
            using=((StateJacobian(t, k), W * StateSlopes(t - 1) * StateJacobian(t - 1, k)),),
        ),
        Step(
            W * StateSlopes(t - 1) * _product(t - 1),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(_product(t), "one more factor on the left", using=(_product(t).peel_newest(),)),
    ),
    step_where={k: sp.Range(0, 3), t: sp.Range(k + 1, k + 4)},
    source=("002-eq10", "002-eq13"),
)

_D1, _D2, _D3 = (Diagonal(f"D_{p}", n) for p in (1, 2, 3))

ascending = Counterexample(
    "ascending-order-fails",
    "∂x_t/∂x_k is the product of the one-step Jacobians in any order",
    refutes=Claim((W * _D2) * (W * _D1), "=", (W * _D1) * (W * _D2)),
    instance={W: sp.Matrix([[0, 1], [1, 0]]), _D1: sp.diag(1, 2), _D2: sp.diag(3, 5)},
    instead=(Claim((W * _D2) * (W * _D1), "=", W * (_D2 * W) * _D1),),
    source=("002-eq10", "002-eq13"),
)

# The other way to write the network ----------------------------------------------------------

_a = sp.Sum(w[i, m] * h[m], (m, 1, n)) + c[i]
elman_jacobian = Jacobian(phi(_a), i, h, sp.Symbol(r"\frac{\partial h_t}{\partial h_{t-1}}"))
_Da = DiagonalOf(phi.slope(_a), i, n, sp.Symbol(r"\operatorname{diag}(\varphi'(a_t))"))

elman = Derivation(
    "elman-jacobian",
    "for h_t = φ(a_t), a_t = W h_{t−1} + U u_t + b: ∂h_t/∂h_{t−1} = diag(φ′(a_t)) W",
    Claim(elman_jacobian, "=", _Da * W),
    steps=(
        Step(
            _Da * W,
            "entry $(i, j)$: the outer slope $\\varphi'(a_i)$ times $\\partial a_i/\\partial h_j "
            "= W_{ij}$",
        ),
    ),
    source=("002-other-form",),
)


def _states(newest: sp.Basic) -> Descending:
    return Descending(W * DiagonalAt("D", r - 1, n), r, newest, k + 1)


def _activities(newest: sp.Basic) -> Descending:
    return Descending(DiagonalAt("D", r, n) * W, r, newest, k + 1)


def _slope(time: sp.Basic) -> DiagonalAt:
    return DiagonalAt("D", time, n)


correspondence = Derivation.by_induction(
    "two-forms-correspond",
    "with h = σ(x): D_t ∂x_t/∂x_k = (∂h_t/∂h_k) D_k, where D_t = diag(σ′(x_t))",
    Claim(
        _slope(t) * _states(t),
        "=",
        _activities(t) * _slope(k),
        where={k: sp.Range(0, 3), t: sp.Range(k, k + 5)},
    ),
    over=t,
    start=k,
    base=(
        Step(_slope(k), "an empty product is $I$"),
        Step(_activities(k) * _slope(k), "and so is this one"),
    ),
    step=(
        Step(
            _slope(t) * W * _slope(t - 1) * _states(t - 1),
            "take the newest factor off the left product",
            using=(_states(t).peel_newest(),),
        ),
        Step(
            _slope(t) * W * _activities(t - 1) * _slope(k),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            _activities(t) * _slope(k),
            "$D_t W$ is the newest factor of the right product",
            using=(_activities(t).peel_newest(),),
        ),
    ),
    step_where={k: sp.Range(0, 3), t: sp.Range(k + 1, k + 5)},
    source=("002-other-form",),
)

# Where the misprint hides --------------------------------------------------------------------


def _misprint(newest: sp.Basic) -> Descending:
    return Descending(W.T * DiagonalAt("D", r, n), r, newest, 1)


reversed_time = Derivation(
    "misprint-reverses-time",
    "(Wᵀ D₃)(Wᵀ D₂)(Wᵀ D₁) is the transpose of D₁ W D₂ W D₃ W: the slopes in reversed order",
    Claim(
        (W.T * _D3) * (W.T * _D2) * (W.T * _D1),
        "=",
        sp.Transpose(_D1 * W * _D2 * W * _D3 * W),
    ),
    steps=(
        Step(
            sp.Transpose(_D1 * W * _D2 * W * _D3 * W),
            "transposing reverses the order of the six factors",
        ),
    ),
    source=("001-jacobian",),
)

_lam = sp.Symbol("lambda", real=True)

two_factors = Derivation(
    "two-factors-hide-it",
    "(Wᵀ D₂)(Wᵀ D₁) and (W D₂)(W D₁) have the same eigenvalues, for every n",
    Claim(
        CharacteristicPolynomial((W.T * _D2) * (W.T * _D1), _lam),
        "=",
        CharacteristicPolynomial((W * _D2) * (W * _D1), _lam),
    ),
    steps=(
        Step(
            CharacteristicPolynomial(_D1 * W * _D2 * W, _lam),
            "a matrix and its transpose have the same eigenvalues",
        ),
        Step(
            CharacteristicPolynomial((W * _D2) * (W * _D1), _lam),
            "so have $AB$ and $BA$: bring $D_1$ to the other end",
        ),
    ),
    source=("001-jacobian",),
)


class Balance(Diagonal):
    """S = diag(W_21, W_12), for two units."""

    def __new__(cls, name: str = "S", size: sp.Basic = n, _columns: sp.Basic | None = None):
        return sp.MatrixSymbol.__new__(cls, name, size, size)

    @property
    def func(self):
        return lambda name, size, _columns=None: Balance(str(name), size)

    def numeric(self, at):
        weights = at.array("W", (2, 2))
        return at.matrix_of([[weights[2, 1], at.zero], [at.zero, weights[1, 2]]])


_S = Balance()
_two = {n: sp.FiniteSet(2)}
_time = sp.Symbol("t", integer=True, nonnegative=True)

two_units_balance = Derivation(
    "two-units-balance",
    "for n = 2 and S = diag(W₂₁, W₁₂): Wᵀ D S = S W D",
    Claim(W.T * Diagonal("D", n) * _S, "=", _S * W * Diagonal("D", n), where=_two),
    steps=(
        Step(
            _S * W * Diagonal("D", n),
            "both sides are $\\begin{pmatrix} W_{11}W_{21}d_1 & W_{12}W_{21}d_2 \\\\ "
            "W_{12}W_{21}d_1 & W_{12}W_{22}d_2 \\end{pmatrix}$",
            by=(sizes(2),),
        ),
    ),
    source=("001-jacobian",),
)


def _true(newest: sp.Basic) -> Descending:
    return Descending(W * DiagonalAt("D", r, n), r, newest, 1)


_Dt = DiagonalAt("D", t, n)

two_units = Derivation.by_induction(
    "two-units-hide-it",
    "for n = 2 the misprinted product M and the true product P satisfy M S = S P, at any length",
    Claim(
        _misprint(t) * _S,
        "=",
        _S * _true(t),
        where={**_two, t: sp.Range(0, 5)},
    ),
    over=t,
    start=sp.Integer(0),
    base=(
        Step(_S, "an empty product is $I$"),
        Step(_S * _true(sp.Integer(0)), "and so is this"),
    ),
    step=(
        Step(
            W.T * _Dt * _misprint(t - 1) * _S,
            "take the newest factor off",
            using=(_misprint(t).peel_newest(),),
        ),
        Step(W.T * _Dt * _S * _true(t - 1), "the statement for $t - 1$", using=(HYPOTHESIS,)),
        Step(
            _S * W * _Dt * _true(t - 1),
            "the lemma for one factor",
            using=((W.T * _Dt * _S, _S * W * _Dt),),
        ),
        Step(_S * _true(t), "$W D_t$ is the newest factor", using=(_true(t).peel_newest(),)),
    ),
    step_where={**_two, t: sp.Range(1, 5)},
    source=("001-jacobian",),
)

_cycle = sp.Matrix([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
_powers = {d: sp.diag(1, p, p**2) for d, p in zip((_D1, _D2, _D3), (2, 3, 5), strict=True)}
_true_trace = sp.Trace((W * _D3) * (W * _D2) * (W * _D1))
_misprint_trace = sp.Trace((W.T * _D3) * (W.T * _D2) * (W.T * _D1))

three_factors = Counterexample(
    "three-factors-show-it",
    "(Wᵀ D₃)(Wᵀ D₂)(Wᵀ D₁) and (W D₃)(W D₂)(W D₁) have the same trace",
    refutes=Claim(_misprint_trace, "=", _true_trace),
    instance={W: _cycle, **_powers},
    instead=(Claim(_misprint_trace, "=", sp.Trace(_D1 * W * _D2 * W * _D3 * W)),),
    source=("001-jacobian",),
)
