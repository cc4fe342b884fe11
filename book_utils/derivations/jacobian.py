"""From one step of the network to ∂x_t/∂x_k: what the chapter on the Jacobian states."""

from __future__ import annotations

import sympy as sp

from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    definition,
    lemma,
    sizes,
)
from book_utils.derivations.engine.vocabulary import (
    Ascending,
    CharacteristicPolynomial,
    ColumnOf,
    Descending,
    Diagonal,
    DiagonalAt,
    DiagonalOf,
    Jacobian,
    slopes,
)
from book_utils.derivations.network import (
    ActivityJacobian,
    StateJacobian,
    StateSlopes,
    W,
    alpha,
    at_time,
    c,
    h,
    i,
    j,
    k,
    n,
    phi,
    q,
    r,
    sigma,
    t,
    w,
    x,
)

# One step ------------------------------------------------------------------------------------

_entry = sp.Derivative(sp.Sum(w[i, q] * sigma(x[q]), (q, 1, n)) + c[i], x[j])

one_step_entries = Derivation(
    "one-step-entries",
    r"$\partial x_{t,i}/\partial x_{t-1,j} = W_{ij}\,\sigma'(x_{t-1,j})$",
    Claim(_entry, "=", w[i, j] * sigma.slope(x[j])),
    steps=(
        Step(
            sp.Sum(w[i, q] * sigma.slope(x[q]) * sp.KroneckerDelta(q, j), (q, 1, n)),
            r"differentiate term by term; $\partial x_q/\partial x_j = \delta_{jq}$, "
            "and $c_i$ does not depend on $x$",
        ),
        Step(w[i, j] * sigma.slope(x[j]), "only the term $q = j$ is left"),
    ),
    source=("002-eq12",),
)

D = slopes(sigma, x)
step_jacobian = Jacobian(
    sp.Sum(w[i, q] * sigma(x[q]), (q, 1, n)) + c[i],
    i,
    x,
    sp.Symbol(r"\frac{\partial x_t}{\partial x_{t-1}}"),
)

one_step = Derivation(
    "one-step-jacobian",
    r"$\partial x_t/\partial x_{t-1} = W \operatorname{diag}(\sigma'(x_{t-1}))$",
    Claim(step_jacobian, "=", W * D),
    steps=(
        Step(
            W * D,
            r"entry $(i, j)$ of the right side is $\sum_q W_{iq}\,\delta_{qj}\,\sigma'(x_j)$",
        ),
    ),
    source=("002-eq12", "002-pascanu-transpose"),
)

one_step_explicit = Derivation(
    "one-step-explicit",
    "the one-step Jacobian, every entry written out for $n = 1, 2, 3$",
    Claim(step_jacobian, "=", W * D),
    steps=(Step(W * D, "write all entries out and differentiate each", by=(sizes(1, 2, 3),)),),
    source=("002-eq12",),
)

# Layouts -------------------------------------------------------------------------------------

denominator = Derivation(
    "denominator-layout",
    r"in denominator layout the one-step Jacobian is "
    r"$\operatorname{diag}(\sigma'(x_{t-1})) W^{\mathsf T}$",
    Claim(sp.Transpose(step_jacobian), "=", D * W.T),
    steps=(
        Step(
            sp.Transpose(W * D),
            "the one-step Jacobian",
            using=(lemma(step_jacobian, W * D, one_step),),
        ),
        Step(D * W.T, "transposing reverses the order; a diagonal matrix is its own transpose"),
    ),
    source=("002-layout-irrelevant",),
)

_logistic = sp.Lambda(sp.Symbol("z", real=True), 1 / (1 + sp.exp(-sp.Symbol("z", real=True))))
_shift = sp.Matrix([[0, 1], [0, 0]])
_state = [0, sp.log(2)]
_at = {W: _shift, x: _state, c: [0, 0], sigma: _logistic}

transposed_numerator = Counterexample(
    "transpose-fails-numerator",
    r"in numerator layout the one-step Jacobian is $W^{\mathsf T} "
    r"\operatorname{diag}(\sigma'(x_{t-1}))$",
    refutes=Claim(step_jacobian, "=", W.T * D),
    instance=_at,
    instead=(Claim(step_jacobian, "=", W * D),),
    source=("001-jacobian", "002-pascanu-transpose"),
)

transposed_denominator = Counterexample(
    "transpose-fails-denominator",
    r"in denominator layout the one-step Jacobian is $W^{\mathsf T} "
    r"\operatorname{diag}(\sigma'(x_{t-1}))$",
    refutes=Claim(sp.Transpose(step_jacobian), "=", W.T * D),
    instance=_at,
    instead=(Claim(sp.Transpose(step_jacobian), "=", D * W.T),),
    source=("001-jacobian", "002-layout-irrelevant"),
)

row_jacobian = Jacobian(
    sp.Sum(sigma(x[q]) * w[q, i], (q, 1, n)) + c[i],
    i,
    x,
    sp.Symbol(r"\frac{\partial x_t}{\partial x_{t-1}}"),
)

row_convention = Derivation(
    "row-convention",
    r"for the row recurrence $x_t = \sigma(x_{t-1}) W + c$ it is $W^{\mathsf T} "
    r"\operatorname{diag}(\sigma'(x_{t-1}))$",
    Claim(row_jacobian, "=", W.T * D),
    steps=(
        Step(
            W.T * D,
            "the weight of unit $j$ in unit $i$ is now $W_{ji}$; the rest is as before",
        ),
    ),
    source=("001-jacobian",),
)

# Many steps ----------------------------------------------------------------------------------

_path = sp.Function("x")
_moved = sp.Sum(w[i, q] * sigma(_path(q, alpha)), (q, 1, n)) + c[i]
_slopes_on_path = DiagonalOf(sigma.slope(_path(q, alpha)), q, n, sp.Symbol("D_{t-1}"))
_path_rate = ColumnOf(
    sp.Derivative(_path(q, alpha), alpha),
    q,
    n,
    sp.Symbol(r"\frac{\partial x_{t-1}}{\partial\alpha}"),
)
_step_rate = ColumnOf(
    sp.Derivative(_moved, alpha), i, n, sp.Symbol(r"\frac{\partial x_t}{\partial\alpha}")
)

chain_rule = Derivation(
    "chain-rule-step",
    r"if $x_{t-1}$ depends on a number $\alpha$, then $\partial x_t/\partial\alpha = W D_{t-1}\, "
    r"\partial x_{t-1}/\partial\alpha$",
    Claim(_step_rate, "=", W * _slopes_on_path * _path_rate),
    steps=(
        Step(
            W * _slopes_on_path * _path_rate,
            r"entry $i$: the chain rule in each term gives $\sum_q W_{iq}\,\sigma'(x_q)\,"
            r"\partial x_q/\partial\alpha$",
        ),
    ),
    source=("002-eq10",),
)


def _chained(
    label: str,
    statement: str,
    rate: type[StateJacobian],
    factor: sp.MatrixExpr,
    by: Derivation,
    source: tuple[str, ...],
) -> Derivation:
    """∂z_t/∂z_k is the product of its factors, newest on the left: by induction over t.

    ``rate(t, k)`` is ∂z_t/∂z_k, ``factor`` the Jacobian of step ``r``, and ``by`` the chain
    rule of one step.
    """

    def product(newest: sp.Basic) -> Descending:
        return Descending(factor, r, newest, k + 1)

    letter = rate.letter
    newest = factor.subs(r, t)
    return Derivation.by_induction(
        label,
        statement,
        Claim(rate(t, k), "=", product(t), where={k: sp.Range(0, 3), t: sp.Range(k, k + 4)}),
        over=t,
        start=k,
        base=(
            Step(
                sp.Identity(n),
                f"${letter}_k$ as a function of itself",
                using=(definition(rate(k, k), sp.Identity(n)),),
            ),
            Step(product(k), "an empty product is $I$"),
        ),
        step=(
            Step(
                newest * rate(t - 1, k),
                f"the chain rule of the lemma, once for each entry of ${letter}_k$",
                using=(lemma(rate(t, k), newest * rate(t - 1, k), by),),
            ),
            Step(newest * product(t - 1), "the statement for $t - 1$", using=(HYPOTHESIS,)),
            Step(product(t), "one more factor on the left", using=(product(t).peel_newest(),)),
        ),
        step_where={k: sp.Range(0, 3), t: sp.Range(k + 1, k + 4)},
        source=source,
    )


_step_factor = W * StateSlopes(r - 1)

product = _chained(
    "product-of-jacobians",
    r"$\partial x_t/\partial x_k = (W D_{t-1})(W D_{t-2}) \cdots (W D_k)$, newest factor "
    r"on the left",
    StateJacobian,
    _step_factor,
    chain_rule,
    ("002-eq10", "002-eq13"),
)

_D1, _D2, _D3 = (Diagonal(f"D_{p}", n) for p in (1, 2, 3))

_swap = sp.Matrix([[0, 1], [1, 0]])
# The inputs are chosen so that x_1 = (0, ln 3): all slopes are then small fractions.
_path_of_swap = {
    W: _swap,
    at_time("x", 0): [0, sp.log(2)],
    at_time("c", 1): [-sp.Rational(2, 3), sp.log(3) - sp.Rational(1, 2)],
    at_time("c", 2): [0, 0],
    sigma: _logistic,
}
ascending = Counterexample(
    "ascending-order-fails",
    r"the factors of $\partial x_t/\partial x_k$ may stand in ascending order",
    refutes=Claim(StateJacobian(2, 0), "=", Ascending(_step_factor, r, 2, 1)),
    instance=_path_of_swap,
    instead=(Claim(StateJacobian(2, 0), "=", Descending(_step_factor, r, 2, 1)),),
    source=("002-eq10", "002-eq13"),
)

# The other way to write the network ----------------------------------------------------------

_a = sp.Sum(w[i, q] * h[q], (q, 1, n)) + c[i]
elman_jacobian = Jacobian(phi(_a), i, h, sp.Symbol(r"\frac{\partial h_t}{\partial h_{t-1}}"))
_Da = DiagonalOf(phi.slope(_a), i, n, sp.Symbol(r"\operatorname{diag}(\varphi'(a_t))"))

elman = Derivation(
    "elman-jacobian",
    r"for $h_t = \varphi(a_t)$, $a_t = W h_{t-1} + U u_t + b$: $\partial h_t/\partial "
    r"h_{t-1} = \operatorname{diag}(\varphi'(a_t)) W$",
    Claim(elman_jacobian, "=", _Da * W),
    steps=(
        Step(
            _Da * W,
            r"entry $(i, j)$: the outer slope $\varphi'(a_i)$ times $\partial a_i/\partial h_j "
            "= W_{ij}$",
        ),
    ),
    source=("002-other-form",),
)


_activity = sp.Function("h")
_a_on_path = sp.Sum(w[i, q] * _activity(q, alpha), (q, 1, n)) + c[i]
_activity_rate = ColumnOf(
    sp.Derivative(_activity(q, alpha), alpha),
    q,
    n,
    sp.Symbol(r"\frac{\partial h_{t-1}}{\partial\alpha}"),
)
_elman_rate = ColumnOf(
    sp.Derivative(phi(_a_on_path), alpha),
    i,
    n,
    sp.Symbol(r"\frac{\partial h_t}{\partial\alpha}"),
)
_outer_slopes = DiagonalOf(
    phi.slope(_a_on_path), i, n, sp.Symbol(r"\operatorname{diag}(\varphi'(a_t))")
)

elman_chain_rule = Derivation(
    "elman-chain-rule",
    r"if $h_{t-1}$ depends on a number $\alpha$, then $\partial h_t/\partial\alpha = "
    r"\operatorname{diag}(\varphi'(a_t))\, W\, \partial h_{t-1}/\partial\alpha$",
    Claim(_elman_rate, "=", _outer_slopes * W * _activity_rate),
    steps=(
        Step(
            _outer_slopes * W * _activity_rate,
            r"entry $i$: the outer slope $\varphi'(a_i)$ times $\partial a_i/\partial\alpha = "
            r"\sum_q W_{iq}\,\partial h_q/\partial\alpha$",
        ),
    ),
    source=("002-other-form",),
)


_elman_factor = StateSlopes(r) * W

elman_product = _chained(
    "product-of-elman-jacobians",
    r"$\partial h_t/\partial h_k = (D_t W)(D_{t-1} W) \cdots (D_{k+1} W)$, "
    r"with $D_t = \operatorname{diag}(\varphi'(a_t))$",
    ActivityJacobian,
    _elman_factor,
    elman_chain_rule,
    ("002-other-form",),
)


def _slope(time: sp.Basic) -> DiagonalAt:
    return DiagonalAt("D", time, n)


def _states(newest: sp.Basic) -> Descending:
    return Descending(W * _slope(r - 1), r, newest, k + 1)


def _activities(newest: sp.Basic) -> Descending:
    return Descending(_slope(r) * W, r, newest, k + 1)


products_correspond = Derivation.by_induction(
    "products-correspond",
    r"$D_t (W D_{t-1}) \cdots (W D_k) = (D_t W) \cdots (D_{k+1} W) D_k$ for any diagonal "
    r"matrices",
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

_long, _short = (Descending(factor, r, t, k + 1) for factor in (_step_factor, _elman_factor))

correspondence = Derivation(
    "two-forms-correspond",
    r"with $h = \sigma(x)$: $D_t\, \partial x_t/\partial x_k = "
    r"(\partial h_t/\partial h_k)\, D_k$, where $D_t = \operatorname{diag}(\sigma'(x_t))$",
    Claim(
        StateSlopes(t) * StateJacobian(t, k),
        "=",
        ActivityJacobian(t, k) * StateSlopes(k),
        where={k: sp.Range(0, 3), t: sp.Range(k, k + 4)},
    ),
    steps=(
        Step(
            StateSlopes(t) * _long,
            "the product of Jacobians",
            using=(lemma(StateJacobian(t, k), _long, product),),
        ),
        Step(
            _short * StateSlopes(k),
            "the lemma about the two products",
            using=(lemma(StateSlopes(t) * _long, _short * StateSlopes(k), products_correspond),),
        ),
        Step(
            ActivityJacobian(t, k) * StateSlopes(k),
            "the product with the activation outside",
            using=(lemma(ActivityJacobian(t, k), _short, elman_product),),
        ),
    ),
    source=("002-other-form",),
)

# Where the misprint hides --------------------------------------------------------------------


def _misprint(newest: sp.Basic) -> Descending:
    return Descending(W.T * DiagonalAt("D", r, n), r, newest, 1)


reversed_time = Derivation(
    "misprint-reverses-time",
    r"$(W^{\mathsf T} D_3)(W^{\mathsf T} D_2)(W^{\mathsf T} D_1)$ is the transpose of "
    r"$D_1 W D_2 W D_3 W$",
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
    r"$(W^{\mathsf T} D_2)(W^{\mathsf T} D_1)$ and $(W D_2)(W D_1)$ have the same "
    r"characteristic polynomial",
    Claim(
        CharacteristicPolynomial((W.T * _D2) * (W.T * _D1), _lam),
        "=",
        CharacteristicPolynomial((W * _D2) * (W * _D1), _lam),
    ),
    steps=(
        Step(
            CharacteristicPolynomial(_D1 * W * _D2 * W, _lam),
            "a matrix and its transpose have the same determinant",
        ),
        Step(
            CharacteristicPolynomial((W * _D2) * (W * _D1), _lam),
            r"$\det(\lambda I - AB) = \det(\lambda I - BA)$ with $A = D_1$ and $B = W D_2 W$",
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
    r"for $n = 2$ and $S = \operatorname{diag}(W_{21}, W_{12})$: $W^{\mathsf T} D S = S W D$",
    Claim(W.T * Diagonal("D", n) * _S, "=", _S * W * Diagonal("D", n), where=_two),
    steps=(
        Step(
            _S * W * Diagonal("D", n),
            r"both sides are $\begin{pmatrix} W_{11}W_{21}d_1 & W_{12}W_{21}d_2 \\ "
            r"W_{12}W_{21}d_1 & W_{12}W_{22}d_2 \end{pmatrix}$",
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
    "for $n = 2$ the misprinted product $M$ and the true product $P$ satisfy $M S = S P$, "
    "at any length",
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
            using=(lemma(W.T * _Dt * _S, _S * W * _Dt, two_units_balance),),
        ),
        Step(_S * _true(t), "$W D_t$ is the newest factor", using=(_true(t).peel_newest(),)),
    ),
    step_where={**_two, t: sp.Range(1, 5)},
    source=("001-jacobian",),
)

two_units_three_factors = Derivation(
    "two-units-three-factors",
    "for $n = 2$ three misprinted factors and the three true ones have the same characteristic "
    "polynomial",
    Claim(
        CharacteristicPolynomial((W.T * _D3) * (W.T * _D2) * (W.T * _D1), _lam),
        "=",
        CharacteristicPolynomial((W * _D3) * (W * _D2) * (W * _D1), _lam),
        where=_two,
    ),
    steps=(
        Step(
            CharacteristicPolynomial((W * _D3) * (W * _D2) * (W * _D1), _lam),
            "multiply out; both sides are the same polynomial in the ten entries and $\\lambda$",
            by=(sizes(2),),
        ),
    ),
    source=("001-jacobian",),
)

_cycle = sp.Matrix([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
_powers = {d: sp.diag(1, p, p**2) for d, p in zip((_D1, _D2, _D3), (2, 3, 5), strict=True)}
_true_trace = sp.Trace((W * _D3) * (W * _D2) * (W * _D1))
_misprint_trace = sp.Trace((W.T * _D3) * (W.T * _D2) * (W.T * _D1))

three_factors = Counterexample(
    "three-factors-show-it",
    r"$(W^{\mathsf T} D_3)(W^{\mathsf T} D_2)(W^{\mathsf T} D_1)$ and $(W D_3)(W D_2)(W "
    r"D_1)$ have the same trace",
    refutes=Claim(_misprint_trace, "=", _true_trace),
    instance={W: _cycle, **_powers},
    instead=(Claim(_misprint_trace, "=", sp.Trace(_D1 * W * _D2 * W * _D3 * W)),),
    source=("001-jacobian",),
)
