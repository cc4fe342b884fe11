"""The gradient as a sum over the past: what the chapter on backpropagation through time states."""

from __future__ import annotations

import sympy as sp

from book_utils.derivations import jacobian
from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    definition,
    for_each,
    lemma,
)
from book_utils.derivations.engine.claim import Equation
from book_utils.derivations.engine.vocabulary import Ascending, Descending, SumOf
from book_utils.derivations.network import (
    Costate,
    ImmediateRate,
    LossGradient,
    LossRate,
    StateJacobian,
    StateRate,
    StateSlopes,
    T,
    TotalLossRate,
    V,
    W,
    at_time,
    ell,
    i,
    j,
    k,
    n,
    q,
    r,
    s,
    sigma,
    t,
    theta,
    w,
    x,
)

# The loss is a sum ---------------------------------------------------------------------------

_losses = sp.Function("E")(t, theta)

loss_sum = Derivation(
    "bptt-loss-sum",
    r"if $E = \sum_t E_t$, then $dE/d\theta = \sum_t dE_t/d\theta$",
    Claim(
        sp.Derivative(sp.Sum(_losses, (t, 1, T)), theta),
        "=",
        sp.Sum(sp.Derivative(_losses, theta), (t, 1, T)),
    ),
    steps=(
        Step(
            sp.Sum(sp.Derivative(_losses, theta), (t, 1, T)),
            "a finite sum is differentiated term by term",
        ),
    ),
    source=("002-eq3", "002-eq4"),
)

# The immediate derivative --------------------------------------------------------------------

m, l = sp.Symbol("m", integer=True, positive=True), sp.Symbol("l", integer=True, positive=True)
_input_weights = sp.IndexedBase("U", shape=(n, m))
_input = sp.IndexedBase("u", shape=(m,))
_bias = sp.IndexedBase("b", shape=(n,))
_p = sp.Symbol("p", integer=True, positive=True)
_state = (
    sp.Sum(w[i, q] * sigma(x[q]), (q, 1, n))
    + sp.Sum(_input_weights[i, _p] * _input[_p], (_p, 1, m))
    + _bias[i]
)


def _immediate(
    label: str, what: str, by: sp.Expr, value: sp.Expr, formula: str, because: str
) -> Derivation:
    return Derivation(
        label,
        rf"$\partial^+ x_{{t,i}}/\partial {what} = {formula}$",
        Claim(sp.Derivative(_state, by), "=", value),
        steps=(Step(value, because),),
    )


immediate_weight = _immediate(
    "bptt-immediate-weight",
    "W_{jl}",
    w[j, l],
    sp.KroneckerDelta(i, j) * sigma(x[l]),
    r"\delta_{ij}\, \sigma(x_{t-1,l})",
    "$W_{jl}$ stands only in the equation of unit $j$, beside $\\sigma(x_l)$",
)
immediate_input_weight = _immediate(
    "bptt-immediate-input-weight",
    "U_{jl}",
    _input_weights[j, l],
    sp.KroneckerDelta(i, j) * _input[l],
    r"\delta_{ij}\, u_{t,l}",
    "$U_{jl}$ stands only in the equation of unit $j$, beside $u_l$",
)
immediate_bias = _immediate(
    "bptt-immediate-bias",
    "b_j",
    _bias[j],
    sp.KroneckerDelta(i, j),
    r"\delta_{ij}",
    "$b_j$ stands only in the equation of unit $j$",
)

# The recursion -------------------------------------------------------------------------------

_weight, _rest = sp.Function("W")(i, q, theta), sp.Function("c")(i, theta)
_past = sp.Function("x")(q, theta)
_explicit = sp.Sum(sp.Derivative(_weight, theta) * sigma(_past), (q, 1, n))
_through = sp.Sum(_weight * sigma.slope(_past) * sp.Derivative(_past, theta), (q, 1, n))

recursion = Derivation(
    "bptt-recursion",
    r"$dx_t/d\theta = \partial^+ x_t/\partial\theta + J_t\, dx_{t-1}/d\theta$",
    Claim(
        sp.Derivative(sp.Sum(_weight * sigma(_past), (q, 1, n)) + _rest, theta),
        "=",
        _explicit + sp.Derivative(_rest, theta) + _through,
    ),
    steps=(
        Step(
            sp.Sum(sp.Derivative(_weight * sigma(_past), theta), (q, 1, n))
            + sp.Derivative(_rest, theta),
            "term by term",
        ),
        Step(
            _explicit + sp.Derivative(_rest, theta) + _through,
            r"the product rule, and the chain rule where $x_q$ moves with $\theta$",
        ),
    ),
    source=("002-eq6", "002-eq7"),
)

_target = sp.IndexedBase("y", shape=(n,))
_loss = sp.Sum(ell(_past - _target[q]), (q, 1, n))
_loss_rate = sp.Sum(ell.slope(_past - _target[q]) * sp.Derivative(_past, theta), (q, 1, n))

through_state = Derivation(
    "bptt-through-state",
    r"$dE_t/d\theta = (\partial E_t/\partial x_t)\, dx_t/d\theta$ for $E_t = \sum_q "
    r"\ell(x_{t,q} - y_{t,q})$",
    Claim(sp.Derivative(_loss, theta), "=", _loss_rate),
    steps=(Step(_loss_rate, r"the chain rule in each term; $y$ does not depend on $\theta$"),),
    source=("002-eq5",),
)


def factor(time: sp.Basic) -> sp.MatrixExpr:
    """J_t = W D_{t-1}."""
    return W * StateSlopes(time - 1)


later = {t: sp.Range(1, 5)}
_one_more = lemma(
    StateRate(t),
    sp.MatAdd(ImmediateRate(t), factor(t) * StateRate(t - 1)),
    recursion,
)
_by_state = lemma(LossRate(t), LossGradient(t) * StateRate(t), through_state)


def _unrolled(steps: int) -> list[sp.MatrixExpr]:
    """dE_t/dθ with the recursion used so often: one immediate term each, and the rest."""
    path, terms = LossGradient(t), []
    for back in range(steps):
        terms.append(path * ImmediateRate(t - back))
        path = path * factor(t - back)
    return [*terms, path * StateRate(t - steps)]


def _earlier(back: int):
    return lemma(
        StateRate(t - back),
        sp.MatAdd(ImmediateRate(t - back), factor(t - back) * StateRate(t - back - 1)),
        recursion,
    )


first_unrolling = Derivation(
    "bptt-first-unrolling",
    r"$dE_t/d\theta = \frac{\partial E_t}{\partial x_t} \frac{\partial^+ x_t}{\partial\theta} + "
    r"\frac{\partial E_t}{\partial x_t} J_t \frac{d x_{t-1}}{d\theta}$",
    Claim(LossRate(t), "=", sp.MatAdd(*_unrolled(1)), where=later),
    steps=(
        Step(LossGradient(t) * StateRate(t), "the loss moves with the state", using=(_by_state,)),
        Step(sp.MatAdd(*_unrolled(1)), "the recursion, multiplied out", using=(_one_more,)),
    ),
    source=("002-eq8.1",),
)

unrolled_thrice = Derivation(
    "bptt-unrolled-thrice",
    r"$dE_t/d\theta$ unrolled three times: three immediate terms and one with $dx_{t-3}/d\theta$",
    Claim(LossRate(t), "=", sp.MatAdd(*_unrolled(3)), where={t: sp.Range(3, 6)}),
    steps=(
        Step(
            sp.MatAdd(*_unrolled(1)),
            "unrolled once",
            using=(lemma(LossRate(t), sp.MatAdd(*_unrolled(1)), first_unrolling),),
        ),
        Step(sp.MatAdd(*_unrolled(2)), "the recursion for $t - 1$", using=(_earlier(1),)),
        Step(sp.MatAdd(*_unrolled(3)), "the recursion for $t - 2$", using=(_earlier(2),)),
    ),
    source=("002-eq8.2",),
)

# The closed sum ------------------------------------------------------------------------------


def path(newest: sp.Basic, oldest: sp.Basic = k) -> Descending:
    """J_newest ⋯ J_{oldest+1}."""
    return Descending(factor(r), r, newest, oldest + 1)


def _states(newest: sp.Basic, last: sp.Basic) -> SumOf:
    """The terms of dx_newest/dθ up to k = last."""
    return SumOf(path(newest) * ImmediateRate(k), k, 1, last)


_none = sp.ZeroMatrix(n, 1)

closed_sum = Derivation.by_induction(
    "bptt-closed-sum",
    r"$dx_t/d\theta = \sum_{k=1}^{t} J_t \cdots J_{k+1}\, \partial^+ x_k/\partial\theta$ for "
    r"every $t$, if $dx_0/d\theta = 0$",
    Claim(StateRate(t), "=", _states(t, t), where={t: sp.Range(0, 5)}),
    over=t,
    start=sp.Integer(0),
    base=(
        Step(
            _none,
            r"the start $x_0$ does not depend on $\theta$",
            using=(definition(StateRate(0), _none),),
        ),
        Step(
            _states(sp.Integer(0), sp.Integer(0)),
            "an empty sum is zero (its summand is never formed)",
        ),
    ),
    step=(
        Step(
            sp.MatAdd(ImmediateRate(t), factor(t) * StateRate(t - 1)),
            "the recursion",
            using=(_one_more,),
        ),
        Step(
            sp.MatAdd(ImmediateRate(t), factor(t) * _states(t - 1, t - 1)),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            sp.MatAdd(ImmediateRate(t), _states(t, t - 1)),
            "$J_t$ moves into the sum and is the newest factor of each product",
            using=(for_each(path(t).peel_newest(), k, 1, t - 1),),
        ),
        Step(
            _states(t, t),
            "the first term is that of $k = t$: its product is empty",
            using=(_states(t, t).peel_last(),),
        ),
    ),
    source=("002-eq9",),
)


def _losses_by_path(newest: sp.Basic) -> SumOf:
    return SumOf(LossGradient(newest) * path(newest) * ImmediateRate(k), k, 1, newest)


def _losses_by_state(newest: sp.Basic) -> SumOf:
    term = LossGradient(newest) * StateJacobian(newest, k) * ImmediateRate(k)
    return SumOf(term, k, 1, newest)


gradient_sum = Derivation(
    "bptt-gradient-sum",
    r"if $dx_0/d\theta = 0$: $\frac{dE_t}{d\theta} = \sum_{k=1}^{t} "
    r"\frac{\partial E_t}{\partial x_t} \frac{\partial x_t}{\partial x_k} "
    r"\frac{\partial^+ x_k}{\partial\theta}$",
    Claim(LossRate(t), "=", _losses_by_state(t), where=later),
    steps=(
        Step(LossGradient(t) * StateRate(t), "the loss moves with the state", using=(_by_state,)),
        Step(
            _losses_by_path(t),
            "the closed sum; the row moves into it",
            using=(lemma(StateRate(t), _states(t, t), closed_sum),),
        ),
        Step(
            _losses_by_state(t),
            "the product of Jacobians, for each $k$",
            using=(for_each(lemma(StateJacobian(t, k), path(t), jacobian.product), k, 1, t),),
        ),
    ),
    source=("002-eq9", "002-eq11"),
)

# What goes wrong -----------------------------------------------------------------------------

_z = sp.Symbol("z", real=True)
_square, _half_square = sp.Lambda(_z, _z**2), sp.Lambda(_z, _z**2 / 2)
_ascending = SumOf(LossGradient(3) * Ascending(factor(r), r, 3, k + 1) * ImmediateRate(k), k, 1, 3)
ascending_sum = Counterexample(
    "bptt-ascending-fails",
    r"the factors in $\sum_k \frac{\partial E_t}{\partial x_t} \prod_{j=k+1}^t J_j\, "
    r"\frac{\partial^+ x_k}{\partial\theta}$ may stand in ascending order",
    refutes=Claim(LossRate(3), "=", _ascending),
    instance={
        W: sp.Matrix([[0, 1], [1, 1]]),
        V: sp.Matrix([[0, 0], [0, 1]]),
        at_time("x", 0): [1, 1],
        **{at_time("c", p): [0, 0] for p in (1, 2, 3)},
        **{at_time("e", p): [0, 0] for p in (1, 2, 3)},
        at_time("y", 3): [24, 40],
        sigma: _square,
        ell: _half_square,
    },
    instead=(Claim(LossRate(3), "=", _losses_by_path(sp.Integer(3))),),
    source=("002-eq9",),
)

_twice = SumOf(LossGradient(2) * path(sp.Integer(2)) * StateRate(k), k, 1, 2)
double_count = Counterexample(
    "bptt-double-count",
    r"the last factor of the sum may be the total derivative $dx_k/d\theta$",
    refutes=Claim(LossRate(2), "=", _twice),
    instance={
        W: sp.Matrix([[2]]),
        V: sp.Matrix([[1]]),
        at_time("x", 0): [1],
        **{at_time("c", p): [0] for p in (1, 2)},
        **{at_time("e", p): [0] for p in (1, 2)},
        at_time("y", 2): [7],
        sigma: _square,
        ell: _half_square,
    },
    instead=(Claim(LossRate(2), "=", _losses_by_path(sp.Integer(2))),),
    source=("002-eq9", "002-eq11"),
)

# The same sum, organised backwards -----------------------------------------------------------


def _costate_sum(start: sp.Basic, by: sp.MatrixExpr) -> SumOf:
    return SumOf(LossGradient(t) * by, t, start, T)


def _meaning(start: sp.Basic) -> tuple[Equation, Equation]:
    """λ_start as a sum over the later losses, with the product of Jacobians for each of them."""
    jacobians = lemma(StateJacobian(t, start), path(t, start), jacobian.product)
    return (
        definition(Costate(start, T), _costate_sum(start, StateJacobian(t, start))),
        for_each(jacobians, t, start, T),
    )


_handed_back = sp.MatAdd(LossGradient(s), Costate(s + 1, T) * factor(s + 1))

costate_recursion = Derivation(
    "bptt-costate-recursion",
    r"$\lambda_s = \partial E_s/\partial x_s + \lambda_{s+1} J_{s+1}$",
    Claim(
        Costate(s, T),
        "=",
        _handed_back,
        where={T: sp.Range(2, 6), s: sp.Range(1, T)},
    ),
    steps=(
        Step(
            _costate_sum(s, path(t, s)),
            r"the definition of $\lambda_s$; the product theorem for each $t$",
            using=_meaning(s),
        ),
        Step(
            sp.MatAdd(LossGradient(s), _costate_sum(s + 1, path(t, s))),
            "the first term is that of $t = s$: its product is empty",
            using=(_costate_sum(s, path(t, s)).peel_first(),),
        ),
        Step(
            sp.MatAdd(LossGradient(s), _costate_sum(s + 1, path(t, s + 1)) * factor(s + 1)),
            "the oldest factor of each product is $J_{s+1}$",
            using=(for_each(path(t, s).peel_oldest(), t, s + 1, T),),
        ),
        Step(
            _handed_back,
            r"the definition of $\lambda_{s+1}$; the product theorem again",
            using=_meaning(s + 1),
        ),
    ),
)


def _so_far(last: sp.Basic) -> SumOf:
    return SumOf(LossGradient(t) * StateRate(t), t, 1, last)


def _by_costates(last: sp.Basic) -> SumOf:
    return SumOf(Costate(k, T) * ImmediateRate(k), k, 1, last)


def _balance(last: sp.Basic) -> sp.MatrixExpr:
    later = sp.MatAdd(LossGradient(last), -Costate(last, T))
    return sp.MatAdd(sp.MatMul(later, StateRate(last)), _by_costates(last))


def _recursion_at(time: sp.Basic) -> Equation:
    return lemma(
        StateRate(time),
        sp.MatAdd(ImmediateRate(time), factor(time) * StateRate(time - 1)),
        recursion,
    )


_first, _horizon = sp.Integer(1), {T: sp.Range(1, 4)}

books_balance = Derivation.by_induction(
    "bptt-books-balance",
    r"if $dx_0/d\theta = 0$: $\sum_{t=1}^{s} \frac{\partial E_t}{\partial x_t} "
    r"\frac{dx_t}{d\theta} = \left(\frac{\partial E_s}{\partial x_s} - \lambda_s\right) "
    r"\frac{dx_s}{d\theta} + \sum_{k=1}^{s} \lambda_k \frac{\partial^+ x_k}{\partial\theta}$ "
    r"for $1 \le s \le T$",
    Claim(_so_far(s), "=", _balance(s), where={**_horizon, s: sp.Range(1, T + 1)}),
    over=s,
    start=_first,
    base=(
        Step(LossGradient(1) * StateRate(1), "one term", using=(_so_far(_first).peel_last(),)),
        Step(
            _balance(_first),
            r"$dx_0/d\theta = 0$, so $dx_1/d\theta$ is the immediate derivative, and the two "
            r"terms with $\lambda_1$ cancel",
            using=(
                _by_costates(_first).peel_last(),
                _recursion_at(_first),
                definition(StateRate(0), _none),
            ),
        ),
    ),
    step=(
        Step(
            sp.MatAdd(LossGradient(s) * StateRate(s), _balance(s - 1)),
            "take the newest term out, and use the statement for $s - 1$",
            using=(_so_far(s).peel_last(), HYPOTHESIS),
        ),
        Step(
            sp.MatAdd(
                LossGradient(s) * StateRate(s),
                -Costate(s, T) * factor(s) * StateRate(s - 1),
                _by_costates(s - 1),
            ),
            r"the recursion for $\lambda_{s-1}$",
            using=(
                lemma(
                    Costate(s - 1, T),
                    sp.MatAdd(LossGradient(s - 1), Costate(s, T) * factor(s)),
                    costate_recursion,
                ),
            ),
        ),
        Step(
            _balance(s),
            r"the recursion for $dx_s/d\theta$, and one more term in the sum",
            using=(_by_costates(s).peel_last(), _recursion_at(s)),
        ),
    ),
)

total_gradient = Derivation(
    "bptt-total-gradient",
    r"if $dx_0/d\theta = 0$: $\frac{dE}{d\theta} = \sum_{k=1}^{T} \lambda_k "
    r"\frac{\partial^+ x_k}{\partial\theta}$",
    Claim(TotalLossRate(T), "=", _by_costates(T), where=_horizon),
    steps=(
        Step(
            SumOf(LossRate(t), t, 1, T),
            "the loss is a sum",
            using=(lemma(TotalLossRate(T), SumOf(LossRate(t), t, 1, T), loss_sum),),
        ),
        Step(_so_far(T), "each loss moves with its state", using=(for_each(_by_state, t, 1, T),)),
        Step(
            _by_costates(T),
            r"the lemma for $s = T$, where $\lambda_T = \partial E_T/\partial x_T$",
            using=(
                lemma(_so_far(T), _balance(T), books_balance),
                definition(Costate(T, T), LossGradient(T)),
            ),
        ),
    ),
)
