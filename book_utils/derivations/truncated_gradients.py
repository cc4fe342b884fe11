"""The gradient through a window: what the chapter on truncated gradients states.

All words speak of runs from zero: from time 0, or from the start s = T − k of the window of k
inputs up to T.
"""

from __future__ import annotations

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations import bptt, jacobian, terms
from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    definition,
    every,
    for_each,
    given,
    lemma,
    substitution,
)
from book_utils.derivations.engine.claim import Equation
from book_utils.derivations.engine.vocabulary import Descending, Number, SigmaMax, SumOf
from book_utils.derivations.network import (
    T,
    V,
    W,
    at_time,
    ell,
    i,
    j,
    k,
    n,
    q,
    s,
    sigma,
    t,
    theta,
)
from book_utils.derivations.windows import (
    HiddenGap,
    HiddenJacobian,
    HiddenLossRate,
    HiddenLossRow,
    HiddenMotion,
    HiddenRate,
    JacobianGap,
    LossRateGap,
    LossRowGap,
    OfRun,
    RateGap,
)

_one = sp.Integer(1)
m = sp.Symbol("m", integer=True, nonnegative=True)
_lam, _H, _L_p, _L_w = sp.symbols("lambda H L_p L_w", positive=True)
_beta_p, _beta_wh, _beta_hh = sp.symbols(r"beta_p beta_wh beta_hh", positive=True)
_u, _B = sp.symbols("w B", positive=True)
_below_one = {_lam: sp.Interval.open(0, 1)}

# The smallest example ------------------------------------------------------------------------


class Reached(Number):
    """Where h_t = w h_{t-1} + B is after m steps from zero: ``Reached(m, w, B)``."""

    tex = "h_{{{}}}"
    plain = "h_{}"

    def numeric(self, at):
        steps, weight, inflow = self.args
        state, weight, inflow = at.zero, at(weight), at(inflow)
        for _ in range(at.integer(steps)):
            state = weight * state + inflow
        return state


_not_one = {_u: sp.Interval.open(0, 1)}
_reached = _B * (1 - _u**m) / (1 - _u)


def _h(steps: sp.Basic | int) -> Reached:
    return Reached(steps, _u, _B)


scalar_state = Derivation.by_induction(
    "truncated-scalar-state",
    r"$h_t = w h_{t-1} + B$ is at $B(1 - w^m)/(1 - w)$ after $m$ steps from zero",
    Claim(_h(m), "=", _reached, where={m: sp.Range(0, 7), **_not_one}),
    over=m,
    start=sp.Integer(0),
    base=(Step(sp.Integer(0), "the start", using=(definition(_h(0), 0),)),),
    step=(
        Step(
            _u * _h(m - 1) + _B,
            "one step",
            using=(definition(_h(m), _u * _h(m - 1) + _B),),
        ),
        Step(
            _u * _reached.subs(m, m - 1) + _B,
            "the statement for $m - 1$",
            by=(substitution,),
            using=(HYPOTHESIS,),
        ),
        Step(_reached, "one fraction"),
    ),
)

_gap_of_states = _reached.subs(m, T) - _reached.subs(m, k)
_scalar_gap = _B * (_u**k - _u**T) / (1 - _u) ** 2 + (
    k * _u ** (k - 1) - T * _u ** (T - 1)
) * _B / (1 - _u)

scalar_gap = Derivation(
    "truncated-scalar-gap",
    r"for $p = h_T$: $\frac{dp}{dw} - \frac{dp^k}{dw} = B\frac{w^k - w^T}{(1-w)^2} + "
    r"B\frac{k w^{k-1} - T w^{T-1}}{1 - w}$",
    Claim(
        sp.Derivative(_gap_of_states, _u),
        "=",
        _scalar_gap,
        where={k: sp.Range(1, 5), T: sp.Range(1, 9), **_not_one},
    ),
    steps=(Step(_scalar_gap, "the quotient rule for each of the two states"),),
    source=("004-lemma2",),
)

# The gradient is a sum over the steps of the run ---------------------------------------------

_weight, _input = sp.Function("W")(i, q, theta), sp.Function("c")(i, theta)
_past = sp.Function("h")(q, theta)
_arrived = sp.Sum(_weight * _past, (q, 1, n)) + _input
_immediate = sp.Sum(sp.Derivative(_weight, theta) * _past, (q, 1, n)) + sp.Derivative(_input, theta)
_through = sp.Sum(_weight * sp.Derivative(_past, theta), (q, 1, n))

recursion = Derivation(
    "truncated-recursion",
    r"$dh_t/d\theta = \partial^+ h_t/\partial\theta + (\partial h_t/\partial h_{t-1})\, "
    r"dh_{t-1}/d\theta$ for $h_t = \sigma(W h_{t-1} + c_t)$",
    Claim(
        sp.Derivative(sigma(_arrived), theta),
        "=",
        sigma.slope(_arrived) * _immediate + sigma.slope(_arrived) * _through,
    ),
    steps=(
        Step(
            sigma.slope(_arrived) * _immediate + sigma.slope(_arrived) * _through,
            r"the outer slope, and in each term the product rule: what moves with $\theta$ while "
            "$h_{t-1}$ is held, and what moves with $h_{t-1}$",
        ),
    ),
    source=("004-lemma2-proof",),
)

_runs = {s: sp.Range(0, 3), t: sp.Range(s, s + 4)}


def _term(last: sp.Basic, start: sp.Basic, place: sp.Basic = i) -> sp.MatrixExpr:
    return HiddenJacobian(last, place, start) * HiddenRate(place, start)


def _sum_of_rates(last: sp.Basic, start: sp.Basic) -> SumOf:
    return SumOf(_term(last, start), i, start + 1, last)


_none = sp.ZeroMatrix(n, 1)
_jacobian_step = HiddenJacobian(t, t - 1, s)


def _chained(place: sp.Basic, start: sp.Basic = s, last: sp.Basic = t):
    """∂h_t/∂h_i = (∂h_t/∂h_{t-1}) (∂h_{t-1}/∂h_i)."""
    return lemma(
        HiddenJacobian(last, place, start),
        HiddenJacobian(last, last - 1, start) * HiddenJacobian(last - 1, place, start),
        jacobian.elman_chain_rule,
    )


rate_sum = Derivation.by_induction(
    "truncated-rate-sum",
    r"$dh_t/d\theta = \sum_{i=s+1}^{t} (\partial h_t/\partial h_i)\,\partial^+ h_i/\partial\theta$ "
    "along a run from zero at time $s$",
    Claim(HiddenMotion(t, s), "=", _sum_of_rates(t, s), where=_runs),
    over=t,
    start=s,
    base=(
        Step(
            _none,
            r"the start of a run does not depend on $\theta$",
            using=(definition(HiddenMotion(s, s), _none),),
        ),
        Step(_sum_of_rates(s, s), "an empty sum"),
    ),
    step=(
        Step(
            sp.MatAdd(HiddenRate(t, s), _jacobian_step * HiddenMotion(t - 1, s)),
            "the recursion",
            using=(
                lemma(
                    HiddenMotion(t, s),
                    sp.MatAdd(HiddenRate(t, s), _jacobian_step * HiddenMotion(t - 1, s)),
                    recursion,
                ),
            ),
        ),
        Step(
            sp.MatAdd(HiddenRate(t, s), _jacobian_step * _sum_of_rates(t - 1, s)),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            sp.MatAdd(HiddenRate(t, s), SumOf(_term(t, s), i, s + 1, t - 1)),
            "the chain rule, in each term",
            using=(for_each(_chained(i), i, s + 1, t - 1),),
        ),
        Step(
            _sum_of_rates(t, s),
            r"the first term is that of $i = t$, since $\partial h_t/\partial h_t = I$",
            using=(
                _sum_of_rates(t, s).peel_last(),
                definition(HiddenJacobian(t, t, s), sp.Identity(n)),
            ),
        ),
    ),
    source=("004-lemma2-proof",),
)


def _part(last: sp.Basic, start: sp.Basic, place: sp.Basic = i) -> sp.MatrixExpr:
    return HiddenLossRow(last, start) * _term(last, start, place)


gradient_sum = Derivation(
    "truncated-gradient-sum",
    r"$\frac{d}{d\theta}p(h_T) = \sum_{i=s+1}^{T} \frac{\partial p}{\partial h}(h_T)\, "
    r"\frac{\partial h_T}{\partial h_i}\,\frac{\partial^+ h_i}{\partial\theta}$ along a run from "
    "zero at time $s$",
    Claim(
        HiddenLossRate(t, s),
        "=",
        SumOf(_part(t, s), i, s + 1, t),
        where=_runs,
    ),
    steps=(
        Step(
            HiddenLossRow(t, s) * HiddenMotion(t, s),
            "the loss moves with the state",
            using=(
                lemma(
                    HiddenLossRate(t, s),
                    HiddenLossRow(t, s) * HiddenMotion(t, s),
                    bptt.through_state,
                ),
            ),
        ),
        Step(
            SumOf(_part(t, s), i, s + 1, t),
            "the sum of the rates; the row moves into it",
            using=(lemma(HiddenMotion(t, s), _sum_of_rates(t, s), rate_sum),),
        ),
    ),
    source=("004-lemma2-proof",),
)


class Summand(MatrixExpr):
    """z_i, one of a free sequence of columns."""

    tex = "z_{{{}}}"
    shape = (n, _one)

    def __new__(cls, place: sp.Basic):
        return super().__new__(cls, sp.sympify(place))

    def numeric(self, at):
        entries = at.vector(f"z@{at.integer(self.args[0])}", at.integer(n))
        return at.matrix_of([[entry] for entry in entries])


def _cut(body: sp.MatrixExpr, last: sp.Basic) -> sp.MatrixExpr:
    return sp.MatAdd(SumOf(body, i, 1, s), SumOf(body, i, s + 1, last))


split_sum = Derivation.by_induction(
    "truncated-split-sum",
    r"$\sum_{i=1}^{t} z_i = \sum_{i=1}^{s} z_i + \sum_{i=s+1}^{t} z_i$ for $t \ge s$",
    Claim(SumOf(Summand(i), i, 1, t), "=", _cut(Summand(i), t), where=_runs),
    over=t,
    start=s,
    base=(Step(_cut(Summand(i), s), "the second sum is empty"),),
    step=(
        Step(
            sp.MatAdd(SumOf(Summand(i), i, 1, t - 1), Summand(t)),
            "the last term",
            using=(SumOf(Summand(i), i, 1, t).peel_last(),),
        ),
        Step(
            sp.MatAdd(_cut(Summand(i), t - 1), Summand(t)),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            _cut(Summand(i), t),
            "and it is the last term of the second sum",
            using=(SumOf(Summand(i), i, s + 1, t).peel_last(),),
        ),
    ),
)

# Long-term and short-term --------------------------------------------------------------------

_windows = {s: sp.Range(1, 3), T: sp.Range(s + 1, s + 4)}


def _meaning(gap):
    return definition(gap, gap.meaning())


class Part(OfRun):
    """One of the four parts of the gap, a sum over some steps: ``Part(T, s)``."""

    shape = (_one, _one)

    def __new__(cls, last: sp.Basic, start: sp.Basic):
        return super().__new__(cls, last, start)

    def meaning(self) -> SumOf:
        """What it is short for."""
        last, start = self.args
        return self.total(last, start)

    def stands(self) -> Equation:
        """The same as an equation."""
        return definition(self, self.meaning())

    def numeric(self, at):
        return at(self.meaning())

    def _latex(self, printer) -> str:
        return self.pattern


class LongTerm(Part):
    """What the steps before the window contribute to the whole gradient."""

    pattern = r"A"

    @staticmethod
    def total(last, start):
        return SumOf(_part(last, 0), i, 1, start)


class OfRow(Part):
    """What the window's terms change by because the loss is met at another state."""

    pattern = r"A_p"

    @staticmethod
    def total(last, start):
        body = LossRowGap(last, start) * HiddenJacobian(last, i, start) * HiddenRate(i, start)
        return SumOf(body, i, start + 1, last)


class OfRate(Part):
    """… because each step meets another state with its weights."""

    pattern = r"A_w"

    @staticmethod
    def total(last, start):
        body = HiddenLossRow(last, 0) * HiddenJacobian(last, i, 0) * RateGap(i, start)
        return SumOf(body, i, start + 1, last)


class OfJacobian(Part):
    """… because each step passes another state on; ∂h_T/∂h_T = I does not change."""

    pattern = r"A_h"

    @staticmethod
    def total(last, start):
        body = HiddenLossRow(last, 0) * JacobianGap(last, i, start) * HiddenRate(i, start)
        return SumOf(body, i, start + 1, last - 1)


_long, _row, _rate, _jac = (kind(T, s) for kind in (LongTerm, OfRow, OfRate, OfJacobian))
_short_whole, _short_window = SumOf(_part(T, 0), i, s + 1, T), SumOf(_part(T, s), i, s + 1, T)

_two_parts = sp.MatAdd(_long, _short_whole, sp.MatMul(-1, _short_window))

split = Derivation(
    "truncated-split",
    r"the gap of the gradients is the long-term part, $\sum_{i \le s}$, plus what the terms of the "
    "window differ by",
    Claim(
        LossRateGap(T, s),
        "=",
        _two_parts,
        where=_windows,
    ),
    steps=(
        Step(
            sp.MatAdd(SumOf(_part(T, 0), i, 1, T), sp.MatMul(-1, _short_window)),
            "what the gap means, and both gradients as sums",
            using=(
                _meaning(LossRateGap(T, s)),
                lemma(HiddenLossRate(T, 0), SumOf(_part(T, 0), i, 1, T), gradient_sum),
                lemma(HiddenLossRate(T, s), _short_window, gradient_sum),
            ),
        ),
        Step(
            _two_parts,
            "the first sum, cut at $s$",
            using=(
                lemma(SumOf(_part(T, 0), i, 1, T), _cut(_part(T, 0), T), split_sum),
                _long.stands(),
            ),
        ),
    ),
    source=("004-lemma2-proof",),
)

_of_row = LossRowGap(T, s) * HiddenJacobian(T, i, s) * HiddenRate(i, s)
_of_jacobian = HiddenLossRow(T, 0) * JacobianGap(T, i, s) * HiddenRate(i, s)
_of_rate = HiddenLossRow(T, 0) * HiddenJacobian(T, i, 0) * RateGap(i, s)
_in_window = {s: sp.Range(1, 3), T: sp.Range(s + 1, s + 4), i: sp.Range(s + 1, T + 1)}


three_changes = Derivation(
    "truncated-three-changes",
    "a term of the window changes by the change of its row, of its Jacobian and of its rate, each "
    "times the other two",
    Claim(
        sp.MatAdd(_part(T, 0), sp.MatMul(-1, _part(T, s))),
        "=",
        sp.MatAdd(_of_row, _of_jacobian, _of_rate),
        where=_in_window,
    ),
    steps=(
        Step(
            sp.MatAdd(_of_row, _of_jacobian, _of_rate),
            "multiply out: what is added twice goes away",
            using=tuple(map(_meaning, (LossRowGap(T, s), JacobianGap(T, i, s), RateGap(i, s)))),
        ),
    ),
    source=("004-lemma2-proof",),
)


_four = sp.MatAdd(_long, _row, _rate, _jac)
_I = sp.Identity(n)


def _mixed(start: sp.Basic | int) -> SumOf:
    """The whole run's row and the window's rates, with the Jacobians of either."""
    body = HiddenLossRow(T, 0) * HiddenJacobian(T, i, start) * HiddenRate(i, s)
    return SumOf(body, i, s + 1, T)


four_parts = Derivation(
    "truncated-four-parts",
    "the gap of the gradients is the sum of four parts",
    Claim(LossRateGap(T, s), "=", _four, where=_windows),
    steps=(
        Step(
            _four,
            "before the window and inside; there the three changes in each term, and in that of "
            "$T$ the Jacobian is $I$ and does not change",
            using=(
                lemma(LossRateGap(T, s), _two_parts, split),
                *(part.stands() for part in (_row, _rate, _jac)),
                for_each(_meaning(JacobianGap(T, i, s)), i, s + 1, T),
                for_each(_meaning(RateGap(i, s)), i, s + 1, T),
                _meaning(LossRowGap(T, s)),
                *(_mixed(start).peel_last() for start in (0, s)),
                *(definition(HiddenJacobian(T, T, start), _I) for start in (0, s)),
            ),
        ),
    ),
    source=("004-lemma2-proof",),
)

# Each part is bounded ------------------------------------------------------------------------


def _contracts(start: sp.Basic, first: sp.Basic, last: sp.Basic) -> Claim:
    """‖∂h_j/∂h_{j-1}‖ <= λ along a run."""
    return every(
        j, sp.Range(first, last + 1), SigmaMax(HiddenJacobian(j, j - 1, start)), "<=", _lam
    )


_before = {s: sp.Range(0, 3), i: sp.Range(s + 1, s + 4), t: sp.Range(i, i + 4)}
_steps_contract = _contracts(s, i + 1, t)

jacobian_power = Derivation.by_induction(
    "truncated-jacobian-power",
    r"if $\Vert\partial h_j/\partial h_{j-1}\Vert \le \lambda$ for $i < j \le t$, then "
    r"$\Vert\partial h_t/\partial h_i\Vert \le \lambda^{t-i}$",
    Claim(
        SigmaMax(HiddenJacobian(t, i, s)),
        "<=",
        _lam ** (t - i),
        where=_before,
        given=(_steps_contract,),
    ),
    over=t,
    start=i,
    base=(
        Step(
            _one,
            r"$\partial h_i/\partial h_i = I$, and $\Vert I\Vert = 1$",
            using=(definition(HiddenJacobian(i, i, s), sp.Identity(n)),),
        ),
    ),
    step=(
        Step(
            _lam * SigmaMax(HiddenJacobian(t - 1, i, s)),
            "the chain rule, and one step contracts",
            relation="<=",
            using=(_chained(i), given(_steps_contract, t)),
        ),
        Step(_lam ** (t - i), "the statement for $t - 1$", relation="<=", using=(HYPOTHESIS,)),
    ),
    source=("004-lemma2-proof",),
)

_row_bounded = Claim(SigmaMax(HiddenLossRow(T, 0)), "<=", _L_p)
_rates_bounded = every(i, sp.Range(1, s + 1), SigmaMax(HiddenRate(i, 0)), "<=", _L_w)
_window_rates_bounded = every(i, sp.Range(s + 1, T + 1), SigmaMax(HiddenRate(i, s)), "<=", _L_w)
_whole_contracts, _window_contracts = _contracts(0, 2, T), _contracts(s, s + 2, T)


def _power(start: sp.Basic, first: sp.Basic, last: sp.Basic):
    return for_each(
        lemma(SigmaMax(HiddenJacobian(T, i, start)), _lam ** (T - i), jacobian_power, "<="),
        i,
        first,
        last,
    )


long_bound = Derivation(
    "truncated-long-term",
    r"the long-term part is at most $L_p L_w \sum_{i=1}^{s} \lambda^{T-i}$",
    Claim(
        SigmaMax(_long),
        "<=",
        sp.Sum(_L_p * _L_w * _lam ** (T - i), (i, 1, s)),
        where=_windows,
        given=(_row_bounded, _rates_bounded, _whole_contracts),
    ),
    steps=(
        Step(
            sp.Sum(_L_p * _L_w * _lam ** (T - i), (i, 1, s)),
            "the norms of sums and products; each Jacobian is bounded",
            relation="<=",
            using=(_long.stands(), _power(0, 1, s), given(_row_bounded), given(_rates_bounded)),
        ),
    ),
    source=("004-lemma2-proof",),
)

_delta_p = sp.Symbol("delta_p", positive=True)
"""How far the rows of the loss are apart: at most β_p ‖h_T − h_T^k‖."""
_loss_smooth = Claim(SigmaMax(LossRowGap(T, s)), "<=", _delta_p)

row_bound = Derivation(
    "truncated-row-part",
    r"the part of the row is at most $\delta_p L_w \sum_{i=s+1}^{T} "
    r"\lambda^{T-i}$",
    Claim(
        SigmaMax(_row),
        "<=",
        sp.Sum(_delta_p * _L_w * _lam ** (T - i), (i, s + 1, T)),
        where=_windows,
        given=(_loss_smooth, _window_rates_bounded, _window_contracts),
    ),
    steps=(
        Step(
            sp.Sum(_delta_p * _L_w * _lam ** (T - i), (i, s + 1, T)),
            "the norms of sums and products; each Jacobian is bounded",
            relation="<=",
            using=(
                _row.stands(),
                _power(s, s + 1, T),
                given(_loss_smooth),
                given(_window_rates_bounded),
            ),
        ),
    ),
    source=("004-lemma2-proof",),
)

_rates_smooth = every(
    i,
    sp.Range(s + 1, T + 1),
    SigmaMax(RateGap(i, s)),
    "<=",
    _beta_wh * SigmaMax(HiddenGap(i - 1, s)),
)
_rate_terms = sp.Sum(
    _L_p * _beta_wh * _lam ** (T - i) * SigmaMax(HiddenGap(i - 1, s)), (i, s + 1, T)
)

rate_bound = Derivation(
    "truncated-rate-part",
    r"the part of the immediate rates is at most $L_p \beta_{wh} \sum_{i=s+1}^{T} \lambda^{T-i} "
    r"\Vert h_{i-1} - h_{i-1}^{[s]}\Vert$",
    Claim(
        SigmaMax(_rate),
        "<=",
        _rate_terms,
        where=_windows,
        given=(_row_bounded, _rates_smooth, _whole_contracts),
    ),
    steps=(
        Step(
            _rate_terms,
            "the norms of sums and products; each Jacobian is bounded",
            relation="<=",
            using=(_rate.stands(), _power(0, s + 1, T), given(_row_bounded), given(_rates_smooth)),
        ),
    ),
    source=("004-lemma2-proof",),
)

# Products of other factors -------------------------------------------------------------------


class Factor(MatrixExpr):
    """X_i or Y_i, one of a free sequence of square matrices."""

    shape = (n, n)

    def __new__(cls, place: sp.Basic):
        return super().__new__(cls, sp.sympify(place))

    @property
    def tex(self) -> str:
        return self.letter + "_{{{}}}"

    def numeric(self, at):
        size, place = at.integer(n), at.integer(self.args[0])
        return at.matrix(f"{self.letter}@{place}", size, size)


class X(Factor):
    letter = "X"


class Y(Factor):
    letter = "Y"


class FactorGap(Factor):
    """X_i − Y_i, as one word."""

    tex = "(X_{{{0}}} - Y_{{{0}}})"

    def numeric(self, at):
        (place,) = self.args
        return at(X(place)) - at(Y(place))


_r = sp.Symbol("r", integer=True, positive=True)


def _product(kind: type[Factor], newest: sp.Basic, oldest: sp.Basic | int = 1) -> Descending:
    return Descending(kind(_r), _r, newest, oldest)


def _exchanged(last: sp.Basic, terms: sp.Basic) -> SumOf:
    """X_last ⋯ X_{i+1} (X_i − Y_i) Y_{i-1} ⋯ Y_1, summed over i up to ``terms``."""
    return SumOf(_product(X, last, i + 1) * FactorGap(i) * _product(Y, i - 1), i, 1, terms)


_any_m = {m: sp.Range(0, 5)}


telescope = Derivation.by_induction(
    "truncated-telescope",
    r"$X_m \cdots X_1 = Y_m \cdots Y_1 + \sum_{i=1}^{m} X_m \cdots X_{i+1} (X_i - Y_i) "
    r"Y_{i-1} \cdots Y_1$",
    Claim(_product(X, m), "=", sp.MatAdd(_product(Y, m), _exchanged(m, m)), where=_any_m),
    over=m,
    start=sp.Integer(0),
    base=(
        Step(
            sp.MatAdd(_product(Y, sp.Integer(0)), _exchanged(sp.Integer(0), sp.Integer(0))),
            "both products are empty, and so is the sum",
        ),
    ),
    step=(
        Step(
            X(m) * _product(X, m - 1),
            "the newest factor",
            using=(_product(X, m).peel_newest(),),
        ),
        Step(
            X(m) * sp.MatAdd(_product(Y, m - 1), _exchanged(m - 1, m - 1)),
            "the statement for $m - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            sp.MatAdd(
                Y(m) * _product(Y, m - 1),
                FactorGap(m) * _product(Y, m - 1),
                X(m) * _exchanged(m - 1, m - 1),
            ),
            "$X_m = Y_m + (X_m - Y_m)$ in the first term",
            using=(definition(FactorGap(m), X(m) - Y(m)),),
        ),
        Step(
            sp.MatAdd(_product(Y, m), FactorGap(m) * _product(Y, m - 1), _exchanged(m, m - 1)),
            "$Y_m$ and $X_m$ become the newest factors",
            using=(
                _product(Y, m).peel_newest(),
                for_each(_product(X, m, i + 1).peel_newest(), i, 1, m - 1),
            ),
        ),
        Step(
            sp.MatAdd(_product(Y, m), _exchanged(m, m)),
            "and the last term of the sum is that of $i = m$",
            using=(_exchanged(m, m).peel_last(),),
        ),
    ),
    source=("004-lemma2-proof",),
)

# The Jacobians of a run, and what is left of them --------------------------------------------

_inside = {s: sp.Range(1, 2), i: sp.Range(s, s + 2), t: sp.Range(i, i + 4)}
_both_contract = (_contracts(0, i + 1, t), _contracts(s, i + 1, t))


def _jacobians_smooth(first: sp.Basic, last: sp.Basic) -> Claim:
    return every(
        j,
        sp.Range(first, last),
        SigmaMax(JacobianGap(j + 1, j, s)),
        "<=",
        _beta_hh * SigmaMax(HiddenGap(j, s)),
    )


_one_gap = JacobianGap(t, t - 1, s)

_exchange_right = sp.MatAdd(
    _one_gap * HiddenJacobian(t - 1, i, 0),
    HiddenJacobian(t, t - 1, s) * JacobianGap(t - 1, i, s),
)
exchange = Derivation(
    "truncated-exchange",
    "the newest factor is exchanged first, then the others",
    Claim(
        JacobianGap(t, i, s),
        "=",
        _exchange_right,
        where={s: sp.Range(1, 3), i: sp.Range(s, s + 2), t: sp.Range(i + 1, i + 3)},
    ),
    steps=(
        Step(
            sp.MatAdd(
                HiddenJacobian(t, t - 1, 0) * HiddenJacobian(t - 1, i, 0),
                sp.MatMul(-1, HiddenJacobian(t, t - 1, s), HiddenJacobian(t - 1, i, s)),
            ),
            "the chain rule in both runs",
            using=(_meaning(JacobianGap(t, i, s)), _chained(i, 0), _chained(i, s)),
        ),
        Step(
            _exchange_right,
            "$X P - Y Q = (X - Y) P + Y (P - Q)$ for the newest factors $X$ and $Y$",
            using=(_meaning(_one_gap), _meaning(JacobianGap(t - 1, i, s))),
        ),
    ),
    source=("004-lemma2-proof",),
)


def _swapped(last: sp.Basic, end: sp.Basic) -> SumOf:
    """Newer factors from the window's run, the change of one, older factors from the whole run."""
    body = HiddenJacobian(last, j + 1, s) * JacobianGap(j + 1, j, s) * HiddenJacobian(j, i, 0)
    return SumOf(body, j, i, end)


jacobian_telescope = Derivation.by_induction(
    "truncated-jacobian-telescope",
    r"$\frac{\partial h_t}{\partial h_i} - \frac{\partial h_t^{[s]}}{\partial h_i^{[s]}} = "
    r"\sum_{j=i}^{t-1} \frac{\partial h_t^{[s]}}{\partial h_{j+1}^{[s]}} \left( "
    r"\frac{\partial h_{j+1}}{\partial h_j} - "
    r"\frac{\partial h_{j+1}^{[s]}}{\partial h_j^{[s]}} \right) \frac{\partial h_j}{\partial h_i}$",
    Claim(JacobianGap(t, i, s), "=", _swapped(t, t - 1), where=_inside),
    over=t,
    start=i,
    base=(
        Step(
            _swapped(i, i - 1),
            r"$\partial h_i/\partial h_i = I$ in both runs, and the sum is empty",
            using=(definition(JacobianGap(i, i, s), sp.ZeroMatrix(n, n)),),
        ),
    ),
    step=(
        Step(
            _exchange_right,
            "the newest factor is exchanged first",
            using=(lemma(JacobianGap(t, i, s), _exchange_right, exchange),),
        ),
        Step(
            sp.MatAdd(
                _one_gap * HiddenJacobian(t - 1, i, 0),
                HiddenJacobian(t, t - 1, s) * _swapped(t - 1, t - 2),
            ),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            sp.MatAdd(_one_gap * HiddenJacobian(t - 1, i, 0), _swapped(t, t - 2)),
            "the chain rule, in each term",
            using=(for_each(_chained(j + 1), j, i, t - 2),),
        ),
        Step(
            _swapped(t, t - 1),
            "the first term is that of $j = t - 1$",
            using=(
                _swapped(t, t - 1).peel_last(),
                definition(HiddenJacobian(t, t, s), _I),
            ),
        ),
    ),
    source=("004-lemma2-proof",),
)


def _distances(last: sp.Basic, first: sp.Basic = i, front: sp.Expr = _one) -> sp.Sum:
    body = front * _beta_hh * _lam ** (last - 1 - first) * SigmaMax(HiddenGap(j, s))
    return sp.Sum(body, (j, first, last - 1))


_smooth = _jacobians_smooth(i, t)

jacobian_gap = Derivation(
    "truncated-jacobian-gap",
    r"$\Vert\frac{\partial h_t}{\partial h_i} - "
    r"\frac{\partial h_t^{[s]}}{\partial h_i^{[s]}}\Vert \le \beta_{hh} "
    r"\lambda^{t-1-i} \sum_{j=i}^{t-1} \Vert h_j - h_j^{[s]}\Vert$",
    Claim(
        SigmaMax(JacobianGap(t, i, s)),
        "<=",
        _distances(t),
        where={s: sp.Range(1, 3), i: sp.Range(s, s + 2), t: sp.Range(i + 1, i + 3)},
        given=(*_both_contract, _smooth),
    ),
    steps=(
        Step(
            _distances(t),
            "the norms of sums and products: one step's smoothness and $t - 1 - i$ contractions",
            relation="<=",
            using=(
                lemma(JacobianGap(t, i, s), _swapped(t, t - 1), jacobian_telescope),
                given(_smooth),
                for_each(
                    lemma(
                        SigmaMax(HiddenJacobian(t, j + 1, s)),
                        _lam ** (t - j - 1),
                        jacobian_power,
                        "<=",
                    ),
                    j,
                    i,
                    t - 1,
                ),
                for_each(
                    lemma(SigmaMax(HiddenJacobian(j, i, 0)), _lam ** (j - i), jacobian_power, "<="),
                    j,
                    i,
                    t - 1,
                ),
            ),
        ),
    ),
    source=("004-lemma2-proof",),
)

_delta_h = sp.Symbol("delta_h", positive=True)
"""How far the Jacobians to time T are apart, at most, from whatever time of the window."""
_jacobians_near = every(i, sp.Range(s + 1, T), SigmaMax(JacobianGap(T, i, s)), "<=", _delta_h)
_jacobian_terms = sp.Sum(_L_p * _L_w * _delta_h, (i, s + 1, T - 1))

jacobian_bound = Derivation(
    "truncated-jacobian-part",
    r"the part of the Jacobians is at most $(k - 1)\,L_p L_w \delta_h$",
    Claim(
        SigmaMax(_jac),
        "<=",
        _jacobian_terms,
        where={s: sp.Range(1, 3), T: sp.Range(s + 2, s + 4)},
        given=(_row_bounded, _window_rates_bounded, _jacobians_near),
    ),
    steps=(
        Step(
            _jacobian_terms,
            "the norms of sums and products, for $k - 1$ equal terms",
            relation="<=",
            using=(
                _jac.stands(),
                given(_row_bounded),
                given(_window_rates_bounded),
                given(_jacobians_near),
            ),
        ),
    ),
    source=("004-lemma2-proof",),
)

# Adding up -----------------------------------------------------------------------------------

_norms_of_four = SigmaMax(_long) + SigmaMax(_row) + SigmaMax(_rate) + SigmaMax(_jac)

gap_bound = Derivation(
    "truncated-gap-bound",
    "the norm of the gap is at most the sum of the norms of the four parts",
    Claim(SigmaMax(LossRateGap(T, s)), "<=", _norms_of_four, where=_windows),
    steps=(
        Step(
            _norms_of_four,
            "the norm of a sum",
            relation="<=",
            using=(lemma(LossRateGap(T, s), _four, four_parts),),
        ),
    ),
    source=("004-lemma2", "004-lemma2-proof"),
)

_k = sp.Symbol("k", integer=True, positive=True)

equal_terms = Derivation(
    "truncated-equal-terms",
    r"$\sum_{i=1}^{k} \lambda^{k-i} \lambda^{i-1} = k \lambda^{k-1}$",
    Claim(
        sp.Sum(_lam ** (_k - i) * _lam ** (i - 1), (i, 1, _k)),
        "=",
        _k * _lam ** (_k - 1),
        where={_k: sp.Range(1, 6), **_below_one},
    ),
    steps=(
        Step(
            sp.Sum(_lam ** (_k - 1), (i, 1, _k)),
            "what the one factor loses from step to step, the other gains",
        ),
        Step(_k * _lam ** (_k - 1), "$k$ equal terms"),
    ),
    source=("004-lemma2-proof",),
)

_room = 1 - _lam
_a, _b = sp.symbols("a b", positive=True)
"""What stands beside the powers of λ in the first two parts: L_p L_w and β_p L_w H."""


def _powers_to(last: sp.Basic) -> sp.Sum:
    return sp.Sum(_lam ** (last - i), (i, 1, last))


_closed = _lam**_k * (_a * (1 - _lam**s) + _b * (1 - _lam**_k)) / _room

sums = Derivation(
    "truncated-sums",
    r"$a \lambda^k \sum_{i=1}^{s} \lambda^{s-i} + b \lambda^k \sum_{i=1}^{k} \lambda^{k-i} = "
    r"\lambda^k\,\frac{a (1 - \lambda^s) + b (1 - \lambda^k)}{1 - \lambda}$",
    Claim(
        _a * _lam**_k * _powers_to(s) + _b * _lam**_k * _powers_to(_k),
        "=",
        _closed,
        where={s: sp.Range(1, 4), _k: sp.Range(1, 5), **_below_one},
    ),
    steps=(
        Step(
            _closed,
            "*The geometric sum*, twice",
            using=(
                lemma(_powers_to(s), (1 - _lam**s) / _room, terms.geometric),
                lemma(_powers_to(_k), (1 - _lam**_k) / _room, terms.geometric),
            ),
        ),
    ),
    source=("004-lemma2", "004-lemma2-proof"),
)

_C_0, _C_1, _C_2 = sp.symbols("C_0 C_1 C_2", positive=True)
"""What stands beside λ^k, k λ^(k−1) and (k − 1) λ^(k−1) in the bound."""
_gamma = _C_0 + (_C_1 + _C_2) / _lam
_less = _gamma * _k * _lam**_k - (_k - 1) * _lam**_k * _C_0 - _lam ** (_k - 1) * _C_2

gap_rate = Derivation(
    "truncated-gap-rate",
    r"with $\gamma = C_0 + (C_1 + C_2)/\lambda$: $\lambda^k C_0 + k \lambda^{k-1} C_1 + (k - 1) "
    r"\lambda^{k-1} C_2$ is $\gamma k \lambda^k$ less something that is not negative",
    Claim(
        _lam**_k * _C_0 + _k * _lam ** (_k - 1) * _C_1 + (_k - 1) * _lam ** (_k - 1) * _C_2,
        "=",
        _less,
        where={_k: sp.Range(1, 6), **_below_one},
    ),
    steps=(Step(_less, "multiply out"),),
    source=("004-lemma2",),
)

# What is printed -----------------------------------------------------------------------------

_half = sp.Rational(1, 2)


def _identity(value: sp.Expr) -> sp.Expr:
    """A function, since SymPy writes the identity with a letter of its own."""
    return value


def _line(last: int) -> dict:
    """h_t = h_{t-1}/2 + 1 with p = h_T, moved by its weight: n = 1."""
    return {
        W: sp.Matrix([[_half]]),
        V: sp.Matrix([[1]]),
        **{at_time("c", p): [1] for p in range(1, last + 1)},
        **{at_time("e", p): [0] for p in range(1, last + 1)},
        sigma: _identity,
        ell: _identity,
    }


def _rates_of(last: int, start: int) -> Claim:
    """What the smoothness of φ_w says of the immediate rates in a window."""
    return every(
        j,
        sp.Range(start + 1, last + 1),
        SigmaMax(RateGap(j, start)),
        "<=",
        _beta_wh * SigmaMax(HiddenGap(j - 1, start)),
    )


printed_line = Counterexample(
    "truncated-printed-line",
    r"$\Vert\frac{\partial^+ h_t}{\partial\theta} - \frac{\partial^+ h_t^k}{\partial\theta}\Vert "
    r"\le \beta_{wh} \Vert h_t - h_t^k\Vert$",
    refutes=Claim(
        SigmaMax(RateGap(4, 3)),
        "<=",
        _beta_wh * SigmaMax(HiddenGap(4, 3)),
        given=(_rates_of(4, 3),),
    ),
    instance={**_line(4), _beta_wh: 1},
    instead=(
        Claim(
            SigmaMax(RateGap(4, 3)),
            "<=",
            _beta_wh * SigmaMax(HiddenGap(3, 3)),
            given=(_rates_of(4, 3),),
        ),
    ),
    source=("004-lemma2-proof",),
)

_many_steps = {_k: sp.Range(1, 6), T: sp.Range(_k, _k + 6), **_below_one}
_first, _second = _B * _lam**_k / _room**2, _B * _lam**_k / _room
_unit_gap = _scalar_gap.subs({_u: _lam, k: _k})

printed_bound = Counterexample(
    "truncated-printed-bound",
    r"for $h_t = \lambda h_{t-1} + B$ and $p = h_T$ the gap is at most $\lambda^k \frac{L_p L_w}"
    r"{1-\lambda} + k \lambda^k L_p \beta_{wh} H$, with $L_p = \beta_{wh} = 1$ and $L_w = H = "
    r"B/(1-\lambda)$",
    refutes=Claim(_unit_gap, "<=", _first + _k * _second, where=_many_steps),
    instance={_lam: _half, T: 7, _k: 5, _B: 1},
    instead=(Claim(_unit_gap, "<=", _first + _k * _second / _lam, where=_many_steps),),
    source=("004-lemma2-proof",),
)

not_equal = Counterexample(
    "truncated-not-equal",
    r"the gap is $\gamma k \lambda^k$ with one $\gamma$ for all $k$",
    refutes=Claim(
        SigmaMax(LossRateGap(4, 2)), "=", 2 * _lam * SigmaMax(LossRateGap(4, 3)), where=_below_one
    ),
    instance={**_line(4), _lam: _half},
    instead=(
        Claim(
            SigmaMax(LossRateGap(4, 2)),
            "<=",
            sum(SigmaMax(kind(4, 2)) for kind in (LongTerm, OfRow, OfRate, OfJacobian)),
        ),
    ),
    source=("004-lemma2",),
)
