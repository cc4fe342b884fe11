"""How the gradient moves with the weights: what the chapter on smoothness states.

Two networks run side by side from zero on the same kind of inputs. The words are those of
``windows``; all runs start at time 0. What one network does in a step from the other's state is
the one word that is added here.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from book_utils.derivations import bptt, jacobian
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
)
from book_utils.derivations.engine.vocabulary import Number, SigmaMax, SumOf
from book_utils.derivations.network import T, i, j, n, t
from book_utils.derivations.terms import letter
from book_utils.derivations.windows import (
    Hidden,
    HiddenJacobian,
    HiddenLossRate,
    HiddenLossRow,
    HiddenRate,
    OtherHidden,
    OtherHiddenGap,
    OtherHiddenJacobian,
    OtherHiddenLossRate,
    OtherHiddenLossRow,
    OtherHiddenRate,
    OtherJacobianGap,
    OtherLossRateGap,
    OtherLossRowGap,
    OtherRateGap,
)

_0 = sp.Integer(0)
lam, L_w, L_p = sp.symbols("lambda L_w L_p", positive=True)
beta_p, beta_hh, beta_hw, beta_wh, beta_ww = sp.symbols(
    "beta_p beta_hh beta_hw beta_wh beta_ww", positive=True
)
d = sp.Symbol("d", positive=True)
"""How far the weights are apart."""
M, K = sp.symbols("M K", positive=True)
D = sp.Symbol("D", nonnegative=True)
"""Bounds: of what the weights do to the state and to its Jacobian in one step, and of how far the
states are apart."""

norm = SigmaMax

# The states ----------------------------------------------------------------------------------


class FromWeights(OtherHiddenGap):
    """What the weights do to h_t: one step of each network, both from h_{t-1}."""

    def numeric(self, at):
        time = at.integer(self.args[0])
        before = Hidden(time - 1, 0).states(at, time - 1)
        first = Hidden(time, 0).step(at, before, time)
        second = OtherHidden(time, 0).step(at, before, time)
        for value in [*first, *second]:
            at.note(value)
        return at.matrix_of([[x - y] for x, y in zip(first, second, strict=True)])

    def _latex(self, printer) -> str:
        return rf"\Delta^w_{{{printer._print(self.args[0])}}}"


class FromState(OtherHiddenGap):
    """What the state does to h_t: one step of the second network from h_{t-1} and from h′_{t-1}."""

    def numeric(self, at):
        time = at.integer(self.args[0])
        states = Hidden(time - 1, 0).states(at, time - 1), OtherHidden(time, 0).states(at, time - 1)
        first, second = (OtherHidden(time, 0).step(at, state, time) for state in states)
        for value in [*first, *second]:
            at.note(value)
        return at.matrix_of([[x - y] for x, y in zip(first, second, strict=True)])

    def _latex(self, printer) -> str:
        return rf"\Delta^h_{{{printer._print(self.args[0])}}}"


def _gap(time: sp.Basic) -> OtherHiddenGap:
    return OtherHiddenGap(time, 0)


_from_1 = {t: sp.Range(1, 5)}
_two = sp.MatAdd(FromWeights(t, 0), FromState(t, 0))

one_step = Derivation(
    "smoothness-one-step",
    r"$h_t - h'_t = \Delta^w_t + \Delta^h_t$: by the weights, and by the state",
    Claim(_gap(t), "=", _two, where=_from_1),
    steps=(
        Step(
            _two,
            r"add and subtract the step of the second network from $h_{t-1}$",
            using=(definition(_gap(t), _two),),
        ),
    ),
    source=("004-lemma4",),
)

_e, _u, _v = (sp.MatrixSymbol(name, n, 1) for name in "euv")

step_bound = Derivation(
    "smoothness-step-bound",
    r"$\Vert u + v\Vert \le M + \lambda\Vert e\Vert$, if $\Vert u\Vert \le M$ and "
    r"$\Vert v\Vert \le \lambda\Vert e\Vert$",
    Claim(
        norm(_u + _v),
        "<=",
        M + lam * norm(_e),
        given=(Claim(norm(_u), "<=", M), Claim(norm(_v), "<=", lam * norm(_e))),
    ),
    steps=(
        Step(
            M + lam * norm(_e),
            "the triangle inequality, and the two assumptions",
            relation="<=",
            using=(
                given(Claim(norm(_u), "<=", M)),
                given(Claim(norm(_v), "<=", lam * norm(_e))),
            ),
        ),
    ),
    source=("004-lemma4",),
)


class Size(Number):
    """A number of a sequence that starts at zero, of which nothing is known but how much each
    step adds at most: its arguments are the place, λ and what is added."""

    is_real = True

    def most(self, at: Any, before: Any, place: int) -> Any:
        """What a step makes at most of the number before it."""
        raise NotImplementedError

    def numeric(self, at: Any) -> Any:
        value, last = at.zero, at.integer(self.args[0])
        if last < 0:
            raise at.OutOfRange("the sequence starts at zero")
        for place in range(1, last + 1):
            below = letter(at, "below", place)
            value = self.most(at, value, place) - (below if below > 1 else at.zero)
        return value


class StateSize(Size):
    """‖h_t − h′_t‖, at most λ times the one before and (1 − λ) D."""

    tex, plain = r"\lVert h_{{{0}}} - h'_{{{0}}} \rVert", "‖h_{0} - h'_{0}‖"

    def most(self, at, before, place):
        _, rate, added = map(at, self.args)
        return (1 - rate) * added + rate * before


class TurnSize(Size):
    """‖G_{r+m,r}‖, at most K λ^(m−1) + λ times the one before."""

    tex, plain = r"\lVert G_{{r+{0},r}} \rVert", "‖G_{0}‖"

    def most(self, at, before, place):
        _, rate, added = map(at, self.args)
        return added * rate ** (place - 1) + rate * before


def _apart(place: sp.Basic | int) -> StateSize:
    return StateSize(place, lam, D)


def _turned(place: sp.Basic | int) -> TurnSize:
    return TurnSize(place, lam, K)


class Series(Number):
    """1 + λ + ⋯ + λ^(t−1); its arguments are t and λ."""

    tex, plain = r"\sum_{{j=0}}^{{{0}-1}} {1}^j", "Σ_0^({0}-1) {1}^j"
    is_real = True

    def numeric(self, at):
        last, rate = at.integer(self.args[0]), at(self.args[1])
        if last < 0:
            raise at.OutOfRange("a sum has no less than no terms")
        return sum((rate**power for power in range(last)), at.zero)

    def _latex(self, printer) -> str:
        last, rate = self.args
        return rf"\sum_{{j=0}}^{{{printer._print(last - 1)}}} {printer._print(rate)}^j"


def _series(last: sp.Basic | int) -> Series:
    return Series(last, lam)


_one_more = definition(_series(t), 1 + lam * _series(t - 1))
_times = {t: sp.Range(0, 6)}

geometric = Derivation.by_induction(
    "smoothness-geometric",
    r"$(1 - \lambda) \sum_{j=0}^{t-1} \lambda^j = 1 - \lambda^t$",
    Claim((1 - lam) * _series(t), "=", 1 - lam**t, where=_times),
    over=t,
    start=_0,
    base=(Step(_0, "the sum is empty", using=(definition(_series(0), 0),)),),
    step=(
        Step(
            1 - lam + lam * (1 - lam) * _series(t - 1),
            "the first term apart, and $\\lambda$ out of the others",
            using=(_one_more,),
        ),
        Step(1 - lam**t, "the statement for $t - 1$", using=(HYPOTHESIS,)),
    ),
    source=("004-lemma4",),
)

_state_steps = every(j, sp.Range(1, t + 1), _apart(j), "<=", lam * _apart(j - 1) + (1 - lam) * D)

states = Derivation.by_induction(
    "smoothness-states",
    r"if $\Vert h_j - h'_j\Vert \le \lambda\Vert h_{j-1} - h'_{j-1}\Vert + (1 - \lambda) D$ for "
    r"$1 \le j \le t$, $h_0 = h'_0$ and $D \ge 0$, then $\Vert h_t - h'_t\Vert \le D$",
    Claim(_apart(t), "<=", D, where=_times, given=(_state_steps,)),
    over=t,
    start=_0,
    base=(
        Step(_0, "both start alike", using=(definition(_apart(0), 0),)),
        Step(D, r"$D \ge 0$", relation="<="),
    ),
    step=(
        Step(
            D,
            r"the assumption for $j = t$, and the statement for $t - 1$: $\lambda D + "
            r"(1 - \lambda) D$",
            relation="<=",
            using=(given(_state_steps, t), HYPOTHESIS),
        ),
    ),
    source=("004-lemma4",),
)


class ToState(Number):
    """h_t of h_t = λ h_{t-1} + w: the weight is what flows in; w, t and λ are its arguments."""

    tex, plain = "h_{{{1}}}({0})", "h_{1}({0})"

    def numeric(self, at):
        (weight, _, rate), last = map(at, self.args), at.integer(self.args[1])
        state = at.zero
        for _ in range(last):
            state = rate * state + weight
        return state


_w, _w_other = sp.symbols("w w'", real=True)


def _to(time: sp.Basic | int) -> ToState:
    return ToState(_w, time, lam)


def _other_to(time: sp.Basic | int) -> ToState:
    return ToState(_w_other, time, lam)


_both = _to(t) - _other_to(t)
_moved = (_w - _w_other) * _series(t)

attained = Derivation.by_induction(
    "smoothness-states-attained",
    r"for $h_t = \lambda h_{t-1} + w$: $h_t(w) - h_t(w') = (w - w') \sum_{j=0}^{t-1} \lambda^j$",
    Claim(_both, "=", _moved, where=_times),
    over=t,
    start=_0,
    base=(
        Step(
            _0,
            "both start at zero",
            using=(definition(_to(0), 0), definition(_other_to(0), 0)),
        ),
        Step(_moved.subs(t, 0), "the sum is empty", using=(definition(_series(0), 0),)),
    ),
    step=(
        Step(
            lam * _both.subs(t, t - 1) + _w - _w_other,
            "one step of both",
            using=(
                definition(_to(t), lam * _to(t - 1) + _w),
                definition(_other_to(t), lam * _other_to(t - 1) + _w_other),
            ),
        ),
        Step(
            lam * _moved.subs(t, t - 1) + _w - _w_other,
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(_moved, "the first term of the sum is $1$", using=(_one_more,)),
    ),
    source=("004-lemma4",),
)

# Jacobians -----------------------------------------------------------------------------------

_r = sp.Symbol("r", integer=True, nonnegative=True)
_place = {_r: sp.Range(0, 2), t: sp.Range(_r, _r + 4)}
_after = {_r: sp.Range(0, 2), t: sp.Range(_r + 1, _r + 4)}


def _J(last: sp.Basic, first: sp.Basic) -> HiddenJacobian:
    return HiddenJacobian(last, first, 0)


def _other_J(last: sp.Basic, first: sp.Basic) -> OtherHiddenJacobian:
    return OtherHiddenJacobian(last, first, 0)


def _turn(last: sp.Basic, first: sp.Basic) -> OtherJacobianGap:
    return OtherJacobianGap(last, first, 0)


def _meaning(gap: Any) -> Any:
    return definition(gap, gap.meaning())


def _product(of: Any, name: str, statement: str) -> Derivation:
    small = every(j, sp.Range(_r + 1, t + 1), norm(of(j, j - 1)), "<=", lam)
    return Derivation.by_induction(
        name,
        statement,
        Claim(norm(of(t, _r)), "<=", lam ** (t - _r), where=_place, given=(small,)),
        over=t,
        start=_r,
        base=(
            Step(
                sp.Integer(1),
                r"$\partial h_r/\partial h_r = I$",
                using=(definition(of(_r, _r), sp.Identity(n)),),
            ),
        ),
        step=(
            Step(
                lam * norm(of(t - 1, _r)),
                "one more factor on the left",
                relation="<=",
                using=(
                    lemma(of(t, _r), of(t, t - 1) * of(t - 1, _r), jacobian.elman_chain_rule),
                    given(small, t),
                ),
            ),
            Step(lam ** (t - _r), "the statement for $t - 1$", relation="<=", using=(HYPOTHESIS,)),
        ),
        source=("004-lemma3",),
    )


product = _product(
    _J,
    "smoothness-product",
    r"if $\Vert\partial h_j/\partial h_{j-1}\Vert \le \lambda$ for $r < j \le t$, then "
    r"$\Vert\partial h_t/\partial h_r\Vert \le \lambda^{t-r}$",
)

_peeled = sp.MatAdd(_turn(t, t - 1) * _J(t - 1, _r), _other_J(t, t - 1) * _turn(t - 1, _r))

peel = Derivation(
    "smoothness-peel",
    r"the newest factor apart: $G_{t,r} = G_{t,t-1}\,\frac{\partial h_{t-1}}{\partial h_r} + "
    r"\frac{\partial h'_t}{\partial h'_{t-1}}\,G_{t-1,r}$ for $G_{t,r} = \partial h_t/\partial h_r "
    r"- \partial h'_t/\partial h'_r$",
    Claim(_turn(t, _r), "=", _peeled, where=_after),
    steps=(
        Step(
            sp.MatAdd(_J(t, t - 1) * _J(t - 1, _r), -_other_J(t, t - 1) * _other_J(t - 1, _r)),
            "the chain rule in both networks",
            using=(
                _meaning(_turn(t, _r)),
                lemma(_J(t, _r), _J(t, t - 1) * _J(t - 1, _r), jacobian.elman_chain_rule),
                lemma(
                    _other_J(t, _r),
                    _other_J(t, t - 1) * _other_J(t - 1, _r),
                    jacobian.elman_chain_rule,
                ),
            ),
        ),
        Step(
            _peeled,
            r"add and subtract $\frac{\partial h'_t}{\partial h'_{t-1}} "
            r"\frac{\partial h_{t-1}}{\partial h_r}$",
            using=(_meaning(_turn(t, t - 1)), _meaning(_turn(t - 1, _r))),
        ),
    ),
    source=("004-lemma3",),
)

_A, _B, _X, _Y = (sp.MatrixSymbol(name, n, n) for name in "ABXY")
_a_small, _b_small = Claim(norm(_A), "<=", K), Claim(norm(_B), "<=", lam)

turn_step = Derivation(
    "smoothness-turn-step",
    r"$\Vert A X + B Y\Vert \le K \Vert X\Vert + \lambda\Vert Y\Vert$, if $\Vert A\Vert \le K$ "
    r"and $\Vert B\Vert \le \lambda$",
    Claim(
        norm(_A * _X + _B * _Y),
        "<=",
        K * norm(_X) + lam * norm(_Y),
        given=(_a_small, _b_small),
    ),
    steps=(
        Step(
            K * norm(_X) + lam * norm(_Y),
            "the triangle inequality, the norm of a product, and the two assumptions",
            relation="<=",
            using=(given(_a_small), given(_b_small)),
        ),
    ),
    source=("004-lemma3",),
)

m = sp.Symbol("m", integer=True, nonnegative=True)
_turn_steps = every(
    j,
    sp.Range(1, m + 1),
    _turned(j),
    "<=",
    K * lam ** (j - 1) + lam * _turned(j - 1),
)

jacobians = Derivation.by_induction(
    "smoothness-jacobians",
    r"if $\Vert G_{r+j,r}\Vert \le K \lambda^{j-1} + \lambda \Vert G_{r+j-1,r}\Vert$ for "
    r"$1 \le j \le m$, then $\Vert G_{r+m,r}\Vert \le m K \lambda^{m-1}$",
    Claim(
        _turned(m),
        "<=",
        m * K * lam ** (m - 1),
        where={m: sp.Range(0, 6)},
        given=(_turn_steps,),
    ),
    over=m,
    start=_0,
    base=(Step(_0, "$I - I = 0$", using=(definition(_turned(0), 0),)),),
    step=(
        Step(
            m * K * lam ** (m - 1),
            "the assumption for $j = m$, and the statement for $m - 1$",
            relation="<=",
            using=(given(_turn_steps, m), HYPOTHESIS),
        ),
    ),
    source=("004-lemma3",),
)

# One term of the gradient ---------------------------------------------------------------------

_terms_where = {T: sp.Range(1, 5), i: sp.Range(1, T + 1)}


def _rate(place: sp.Basic) -> HiddenRate:
    return HiddenRate(place, 0)


_of_row = OtherLossRowGap(T, 0) * _other_J(T, i) * OtherHiddenRate(i, 0)
_of_jacobian = HiddenLossRow(T, 0) * _turn(T, i) * OtherHiddenRate(i, 0)
_of_rate = HiddenLossRow(T, 0) * _J(T, i) * OtherRateGap(i, 0)
_part = HiddenLossRow(T, 0) * _J(T, i) * _rate(i)
_other_part = OtherHiddenLossRow(T, 0) * _other_J(T, i) * OtherHiddenRate(i, 0)
_changes = sp.MatAdd(_of_row, _of_jacobian, _of_rate)

three_changes = Derivation(
    "smoothness-three-changes",
    r"$a X f - a' X' f' = (a - a') X' f' + a (X - X') f' + a X (f - f')$ for a term of the "
    "gradient",
    Claim(sp.MatAdd(_part, -_other_part), "=", _changes, where=_terms_where),
    steps=(
        Step(
            _changes,
            "multiply out: what is added twice goes away",
            using=tuple(map(_meaning, (OtherLossRowGap(T, 0), _turn(T, i), OtherRateGap(i, 0)))),
        ),
    ),
    source=("004-lemma3",),
)

_parts, _other_parts = SumOf(_part, i, 1, T), SumOf(_other_part, i, 1, T)
_sum_of_changes = SumOf(_changes, i, 1, T)

difference = Derivation(
    "smoothness-difference",
    "the difference of the gradients is the sum of these changes over all steps",
    Claim(OtherLossRateGap(T, 0), "=", _sum_of_changes, where={T: sp.Range(1, 4)}),
    steps=(
        Step(
            sp.MatAdd(_parts, -_other_parts),
            "both gradients as sums over the steps",
            using=(
                _meaning(OtherLossRateGap(T, 0)),
                lemma(HiddenLossRate(T, 0), _parts, bptt.gradient_sum),
                lemma(OtherHiddenLossRate(T, 0), _other_parts, bptt.gradient_sum),
            ),
        ),
        Step(
            _sum_of_changes,
            "*Three changes*, in each term",
            using=tuple(
                for_each(_meaning(gap), i, 1, T)
                for gap in (OtherLossRowGap(T, 0), _turn(T, i), OtherRateGap(i, 0))
            ),
        ),
    ),
    source=("004-lemma3",),
)

_a = sp.MatrixSymbol("a", sp.Integer(1), n)
_f = sp.MatrixSymbol("f", n, 1)

term_bound = Derivation(
    "smoothness-term-bound",
    r"$\Vert a X f\Vert \le \Vert a\Vert\,\Vert X\Vert\,\Vert f\Vert$",
    Claim(norm(_a * _X * _f), "<=", norm(_a) * norm(_X) * norm(_f)),
    steps=(Step(norm(_a) * norm(_X) * norm(_f), "the norm of a product, twice", relation="<="),),
    source=("004-lemma3",),
)

# The constant ---------------------------------------------------------------------------------

N = sp.Symbol("N", integer=True, nonnegative=True)
_x = sp.Symbol("x", real=True, nonzero=True)
_weighted = sp.Sum(m * _x ** (m - 1), (m, 1, N))
_closed = (1 - (N + 1) * _x**N + N * _x ** (N + 1)) / (1 - _x) ** 2

weighted_series = Derivation.by_induction(
    "smoothness-weighted-series",
    r"$\sum_{m=1}^N m \lambda^{m-1} = (1 - (N + 1)\lambda^N + N \lambda^{N+1})/(1 - \lambda)^2$",
    Claim(_weighted, "=", _closed, where={N: sp.Range(0, 6)}),
    over=N,
    start=_0,
    base=(Step(_0, "the sum is empty"), Step(_closed.subs(N, 0), "$1 - 1 = 0$")),
    step=(
        Step(
            sp.Sum(m * _x ** (m - 1), (m, 1, N - 1)) + N * _x ** (N - 1),
            "take off the last term",
            using=(
                definition(_weighted, sp.Sum(m * _x ** (m - 1), (m, 1, N - 1)) + N * _x ** (N - 1)),
            ),
        ),
        Step(
            _closed.subs(N, N - 1) + N * _x ** (N - 1),
            "the statement for $N - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(_closed, "one fraction"),
    ),
    source=("004-lemma3",),
)

_room = sp.Symbol("e", positive=True)
"""1 − λ."""
_D = L_w * d / _room
_collected = (
    beta_p * _D * L_w / _room
    + L_p * (beta_hh * _D + beta_hw * d) * L_w / _room**2
    + L_p * (beta_wh * _D + beta_ww * d) / _room
)


def _formula(
    room: sp.Expr,
    L_p: sp.Expr,
    L_w: sp.Expr,
    loss: sp.Expr,
    mixed: sp.Expr,
    weights: sp.Expr,
    bend: sp.Expr,
) -> sp.Expr:
    """β from 1 − λ, L_p, L_w, β_p, β_wh + β_hw, β_ww and β_hh."""
    return (
        loss * L_w**2 / room**2
        + L_p * mixed * L_w / room**2
        + L_p * weights / room
        + L_p * L_w**2 * bend / room**3
    )


_beta = _formula(_room, L_p, L_w, beta_p, beta_wh + beta_hw, beta_ww, beta_hh)

constant = Derivation(
    "smoothness-constant",
    r"with $e = 1 - \lambda$, $P = \beta_p D$, $K = \beta_{hh} D + \beta_{hw} d$, $R = "
    r"\beta_{wh} D + \beta_{ww} d$ and $D = L_w d/e$: $\frac{P L_w}{e} + \frac{L_p K L_w}{e^2} + "
    r"\frac{L_p R}{e} = \beta d$",
    Claim(_collected, "=", _beta * d),
    steps=(Step(_beta * d, "sort by the constants"),),
    source=("004-lemma3",),
)

_lam_half = {lam: sp.Interval.open(0, 1), N: sp.Range(1, 8)}
_steps_between = sp.Sum(m * lam ** (m - 1), (m, 1, N))

extra_power = Counterexample(
    "smoothness-extra-power",
    r"$\frac{1}{(1 - \lambda)^2} \sum_{m=1}^N m \lambda^{m-1} \le \frac{1}{(1 - \lambda)^3}$",
    refutes=Claim(_steps_between / (1 - lam) ** 2, "<=", 1 / (1 - lam) ** 3, where=_lam_half),
    instance={lam: sp.Rational(1, 2), N: 3},
    instead=(Claim(_steps_between / (1 - lam), "<=", 1 / (1 - lam) ** 3, where=_lam_half),),
    source=("004-lemma3",),
)

# Equality, and the true order -----------------------------------------------------------------

w = sp.Symbol("w", real=True)
B = sp.Symbol("B", positive=True)
_below_one = {w: sp.Interval.open(0, 1)}
_rest_loss = (B / (1 - w)) ** 2 / 2

curvature = Derivation(
    "smoothness-curvature",
    r"for $p = \frac12 h^2$ at the rest $h = B/(1 - w)$ of $h_t = w h_{t-1} + B$: "
    r"$p''(w) = 3 B^2/(1 - w)^4$",
    Claim(sp.Derivative(_rest_loss, (w, 2)), "=", 3 * B**2 / (1 - w) ** 4, where=_below_one),
    steps=(Step(3 * B**2 / (1 - w) ** 4, r"$p = \frac12 B^2 (1 - w)^{-2}$, differentiated twice"),),
    source=("004-lemma3",),
)


class Beta(Number):
    """β with constants put in: the arguments of ``_formula``, in its order."""

    tex = plain = "beta"
    is_real = True

    def numeric(self, at):
        return _formula(*map(at, self.args))

    def _latex(self, printer) -> str:
        room, L_p, L_w, loss, mixed, weights, bend = map(printer._print, self.args)
        return (
            rf"\frac{{{loss} \cdot ({L_w})^2}}{{{room}^2}} + "
            rf"\frac{{{L_p} \cdot {mixed} \cdot {L_w}}}{{{room}^2}} + "
            rf"\frac{{{L_p} \cdot {weights}}}{{{room}}} + "
            rf"\frac{{{L_p} \cdot ({L_w})^2 \cdot {bend}}}{{{room}^3}}"
        )

    def _sympystr(self, printer) -> str:
        return f"beta({', '.join(map(printer._print, self.args))})"


def _put_in(*constants: sp.Expr | int) -> tuple[Beta, Any]:
    """β with these constants, and that it is so by *The constant*."""
    beta = Beta(_room, *constants)
    return beta, lemma(beta, _formula(_room, *map(sp.sympify, constants)), constant)


_met, _is_met = _put_in(B / _room, B / _room, 1, 2, 0, 0)

met = Derivation(
    "smoothness-met",
    r"*The constant* for $L_w = L_p = B/e$, $\beta_p = \beta_{wh} = \beta_{hw} = 1$ and "
    r"$\beta_{ww} = \beta_{hh} = 0$ is $3 B^2/e^4$",
    Claim(_met, "=", 3 * B**2 / _room**4),
    steps=(Step(3 * B**2 / _room**4, "one and two of the same", using=(_is_met,)),),
    source=("004-lemma3",),
)

not_three = Counterexample(
    "smoothness-not-three",
    r"for all $0 < w < 1$ the curvature at the rest is at most $100\, B^2/(1 - w)^3$",
    refutes=Claim(
        sp.Derivative(_rest_loss, (w, 2)), "<=", 100 * B**2 / (1 - w) ** 3, where=_below_one
    ),
    instance={w: sp.Rational(99, 100), B: 1},
    instead=(
        Claim(sp.Derivative(_rest_loss, (w, 2)), "<=", 3 * B**2 / (1 - w) ** 4, where=_below_one),
    ),
    source=("004-lemma3",),
)

_v, _c, _m = sp.symbols("v c m", real=True)


def _moves(rest: sp.Expr, bend: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The first two derivatives of a rest with respect to the weight."""
    first = rest / _room
    return first, (2 * first + bend * first**2) / _room


_rest_slope, _rest_bend = _moves(_m, _c)
_taken = _rest_slope * _v + _rest_bend * _v**2 / 2
_left_over = _v**3 * (_rest_bend * (1 + _c * _rest_slope) / 2 + _c * _rest_bend**2 * _v / 8)

bent_rest = Derivation(
    "smoothness-bent-rest",
    r"with $u = r_1 v + \frac12 r_2 v^2$, $r_1 = m/e$ and $r_2 = (2 r_1 + c\,r_1^2)/e$: "
    r"$m v + (v - e) u + \frac c2 u^2 = v^3 \left(\frac12 r_2 (1 + c\,r_1) + "
    r"\frac c8 r_2^2 v\right)$",
    Claim(_m * _v + (_v - _room) * _taken + _c * _taken**2 / 2, "=", _left_over),
    steps=(Step(_left_over, "what stands at $v$ and at $v^2$ cancels"),),
    source=("004-lemma3",),
)

_highest = sp.Symbol("H", positive=True)
_reached, _is_reached = _put_in(L_p, _highest, beta_p, 2, 0, beta_hh)
_first, _second = _moves(_highest, beta_hh)

bent_met = Derivation(
    "smoothness-bent-met",
    r"*The constant* for $L_w = H$, $\beta_{wh} = \beta_{hw} = 1$ and $\beta_{ww} = 0$ is "
    r"$\beta_p r_1^2 + L_p r_2$ with $r_1 = H/e$ and $r_2 = (2 r_1 + \beta_{hh} r_1^2)/e$",
    Claim(_reached, "=", beta_p * _first**2 + L_p * _second),
    steps=(
        Step(
            beta_p * _first**2 + L_p * _second,
            r"$L_w/e = r_1$, in each part",
            using=(_is_reached,),
        ),
    ),
    source=("004-lemma3",),
)

_size_of_bend = _moves(1 / _room, sp.Integer(1))[1]
_little_room = {_room: sp.Interval.open(0, 1)}

not_four = Counterexample(
    "smoothness-not-four",
    r"for $c = 1$ and $m = 1/e$ the curvature $r_2$ is at most $100/e^4$",
    refutes=Claim(_size_of_bend, "<=", 100 / _room**4, where=_little_room),
    instance={_room: sp.Rational(1, 1000)},
    instead=(Claim(_size_of_bend, "<=", 3 / _room**5, where=_little_room),),
    source=("004-lemma3",),
)
