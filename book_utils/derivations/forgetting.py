"""How soon a contractive network forgets: what the chapter on truncation at inference states."""

from __future__ import annotations

from typing import Any

import sympy as sp

from book_utils.derivations import stability
from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    definition,
    every,
    given,
    lemma,
)
from book_utils.derivations.engine.vocabulary import Number, SigmaMax
from book_utils.derivations.network import j, k, n, phi, s, t
from book_utils.derivations.terms import letter
from book_utils.derivations.windows import Hidden, HiddenGap, OfGap, OfRun

_zero, _one = sp.Integer(0), sp.Integer(1)
lam = sp.Symbol("lambda", positive=True)
_B = sp.Symbol("B", positive=True)

# One linear unit -----------------------------------------------------------------------------


class Input(Number):
    """x_t, any number: ``Input(t)``."""

    tex, plain = "x_{{{0}}}", "x_{0}"

    def numeric(self, at):
        return letter(at, "x", at.integer(self.args[0]))


class UnitState(Number):
    """h_t = λ h_{t-1} + x_t, run from zero at time s: ``UnitState(λ, t, s)``."""

    def _latex(self, printer) -> str:
        _, time, start = map(printer._print, self.args)
        return rf"h_{{{time}}}" + ("" if self.args[2] == 0 else rf"^{{[{start}]}}")

    plain = "h_{1}^[{2}]"

    def numeric(self, at):
        factor, time, start = self.args
        return self.run(at, at(factor), at.integer(time), at.integer(start))

    def run(self, at: Any, factor: Any, last: int, start: int) -> Any:
        if not 0 <= start <= last:
            raise at.OutOfRange("a run has no state before its start")
        state = at.zero
        for time in range(start + 1, last + 1):
            state = factor * state + self.input(at, time)
        return state

    def input(self, at: Any, time: int) -> Any:
        return letter(at, "x", time)


class FedState(UnitState):
    """The same with the input B at every step: ``FedState(λ, t, s, B)``."""

    plain = "h_{1}^[{2}]"

    def _latex(self, printer) -> str:
        return printer._print(UnitState(*self.args[:3]))

    def numeric(self, at):
        factor, time, start, _ = self.args
        return self.run(at, at(factor), at.integer(time), at.integer(start))

    def input(self, at: Any, time: int) -> Any:
        return at(self.args[3])


class FedGap(FedState):
    """h_t of the whole run minus that of the run from s; one word, whose sign does not turn."""

    plain = "(h_{1} - h_{1}^[{2}])"

    def both(self) -> tuple[FedState, FedState]:
        factor, time, start, fed = self.args
        return FedState(factor, time, _zero, fed), FedState(factor, time, start, fed)

    def _latex(self, printer) -> str:
        first, second = map(printer._print, self.both())
        return rf"\left({first} - {second}\right)"

    def numeric(self, at):
        whole, window = map(at, self.both())
        return whole - window


_places = {s: sp.Range(0, 3), t: sp.Range(s, s + 5)}


def _weighted(first: sp.Basic, last: sp.Basic) -> sp.Sum:
    """The inputs of a run, each by the power of λ that is left of it."""
    return sp.Sum(lam ** (last - j) * Input(j), (j, first, last))


window = Derivation.by_induction(
    "forgetting-window",
    r"for $h_t = \lambda h_{t-1} + x_t$, run from zero at time $s$: $h_t = \sum_{j=s+1}^{t} "
    r"\lambda^{t-j} x_j$",
    Claim(UnitState(lam, t, s), "=", _weighted(s + 1, t), where=_places),
    over=t,
    start=s,
    base=(
        Step(_zero, "it starts with 0", using=(definition(UnitState(lam, s, s), _zero),)),
        Step(_weighted(s + 1, s), "a sum without terms"),
    ),
    step=(
        Step(
            lam * UnitState(lam, t - 1, s) + Input(t),
            "one more step",
            using=(definition(UnitState(lam, t, s), lam * UnitState(lam, t - 1, s) + Input(t)),),
        ),
        Step(
            lam * _weighted(s + 1, t - 1) + Input(t),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            _weighted(s + 1, t),
            "the newest input joins the sum",
            using=(definition(_weighted(s + 1, t), lam * _weighted(s + 1, t - 1) + Input(t)),),
        ),
    ),
    source=("004-eq3", "004-window"),
)

oldest = Derivation(
    "forgetting-oldest",
    r"a run that starts one step earlier differs by its oldest input alone: $h_t^{[s]} = "
    r"\lambda^{t-s-1} x_{s+1} + h_t^{[s+1]}$",
    Claim(
        UnitState(lam, t, s),
        "=",
        lam ** (t - s - 1) * Input(s + 1) + UnitState(lam, t, s + 1),
        where={s: sp.Range(0, 3), t: sp.Range(s + 1, s + 6)},
    ),
    steps=(
        Step(
            _weighted(s + 1, t),
            "the sum",
            using=(lemma(UnitState(lam, t, s), _weighted(s + 1, t), window),),
        ),
        Step(
            lam ** (t - s - 1) * Input(s + 1) + _weighted(s + 2, t),
            "its first term by itself",
            using=(
                definition(
                    _weighted(s + 1, t),
                    lam ** (t - s - 1) * Input(s + 1) + _weighted(s + 2, t),
                ),
            ),
        ),
        Step(
            lam ** (t - s - 1) * Input(s + 1) + UnitState(lam, t, s + 1),
            "the sum for the later start",
            using=(lemma(UnitState(lam, t, s + 1), _weighted(s + 2, t), window),),
        ),
    ),
    source=("004-window",),
)

_windows = {k: sp.Range(1, 4), t: sp.Range(k + 1, k + 5)}

printed_window = Counterexample(
    "forgetting-printed-window",
    r"$h_t^k$ depends on $x_{t-k}, \dots, x_t$: it is the sum of these $k + 1$ inputs, each with "
    r"its power of $\lambda$",
    refutes=Claim(UnitState(lam, t, t - k), "=", _weighted(t - k, t), where=_windows),
    instance={
        lam: sp.Rational(1, 2),
        t: 3,
        k: 2,
        **{sp.Symbol(f"x_{p}", real=True): value for p, value in ((1, 8), (2, 4), (3, 1))},
    },
    instead=(Claim(UnitState(lam, t, t - k), "=", _weighted(t - k + 1, t), where=_windows),),
    source=("004-window", "004-eq3"),
)

# How long a state can be ---------------------------------------------------------------------

_H = sp.Symbol("H", nonnegative=True)
_h, _d, _o = (sp.MatrixSymbol(name, n, 1) for name in ("h", "d", "o"))
_contracted = Claim(SigmaMax(_d), "<=", lam * SigmaMax(_h))

state_step = Derivation(
    "forgetting-state-step",
    r"if $\Vert d\Vert \le \lambda\,\Vert h\Vert$, then $\Vert d + o\Vert \le \lambda\,\Vert h"
    r"\Vert + \Vert o\Vert$: here $o = \varphi(0, x)$ and $d = \varphi(h, x) - \varphi(0, x)$",
    Claim(SigmaMax(_d + _o), "<=", lam * SigmaMax(_h) + SigmaMax(_o), given=(_contracted,)),
    steps=(
        Step(SigmaMax(_d) + SigmaMax(_o), "the triangle inequality", relation="<="),
        Step(
            lam * SigmaMax(_h) + SigmaMax(_o),
            "the contraction",
            relation="<=",
            using=(given(_contracted),),
        ),
    ),
    source=("004-lemma1",),
)


class Slack(Number):
    """ℓ_t, by how much a step stays below its bound: any number."""

    tex, plain = r"\ell_{{{0}}}", "ℓ_{0}"

    def numeric(self, at):
        return letter(at, "l", at.integer(self.args[0]))


class Length(Number):
    """‖h_t‖ where ‖h_0‖ = 0 and ‖h_t‖ = λ ‖h_{t-1}‖ + (1 − λ) H − ℓ_t: ``Length(λ, H, t)``."""

    tex, plain = r"\Vert h_{{{2}}}\Vert", "‖h_{2}‖"

    def numeric(self, at):
        factor, bound = at(self.args[0]), at(self.args[1])
        length = at.zero
        for time in range(1, at.integer(self.args[2]) + 1):
            length = factor * length + (at.one - factor) * bound - at(Slack(time))
        return length


def _slacks(last: sp.Basic) -> sp.Sum:
    return sp.Sum(lam ** (last - j) * Slack(j), (j, 1, last))


def _length(time: sp.Basic) -> Length:
    return Length(lam, _H, time)


_one_more = lam * _length(t - 1) + (1 - lam) * _H - Slack(t)

state_bound = Derivation.by_induction(
    "forgetting-state-bound",
    r"if $h_0 = 0$ and $\Vert h_t\Vert = \lambda\,\Vert h_{t-1}\Vert + (1 - \lambda) H - \ell_t$, "
    r"then $\Vert h_t\Vert = (1 - \lambda^t) H - \sum_{j=1}^{t} \lambda^{t-j} \ell_j$",
    Claim(_length(t), "=", (1 - lam**t) * _H - _slacks(t), where={t: sp.Range(0, 5)}),
    over=t,
    start=_zero,
    base=(
        Step(_zero, "$h_0 = 0$", using=(definition(_length(_zero), _zero),)),
        Step((1 - lam**0) * _H - _slacks(_zero), r"$\lambda^0 = 1$, and a sum without terms"),
    ),
    step=(
        Step(_one_more, "one step", using=(definition(_length(t), _one_more),)),
        Step(
            lam * ((1 - lam ** (t - 1)) * _H - _slacks(t - 1)) + (1 - lam) * _H - Slack(t),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            (1 - lam**t) * _H - _slacks(t),
            "multiply out; the newest slack joins the sum",
            using=(definition(_slacks(t), lam * _slacks(t - 1) + Slack(t)),),
        ),
    ),
    source=("004-lemma1",),
)

# How far the two runs are apart --------------------------------------------------------------


def _runs_meet(first: sp.Basic, last: sp.Basic, start: sp.Basic) -> Claim:
    """The contraction, between the states of the two runs, for every step of the window."""
    return every(
        j,
        sp.Range(first, last + 1),
        SigmaMax(HiddenGap(j, start)),
        "<=",
        lam * SigmaMax(HiddenGap(j - 1, start)),
    )


_in_window = _runs_meet(s + 1, t, s)
_at_the_start = SigmaMax(Hidden(s, 0))

gap_induction = Derivation.by_induction(
    "forgetting-gap",
    r"if every step of the window shrinks the distance of the two runs by $\lambda$, then "
    r"$\Vert h_t - h_t^{[s]}\Vert \le \lambda^{t-s}\,\Vert h_s\Vert$",
    Claim(
        SigmaMax(HiddenGap(t, s)),
        "<=",
        lam ** (t - s) * _at_the_start,
        where={s: sp.Range(1, 4), t: sp.Range(s, s + 5)},
        given=(_in_window,),
    ),
    over=t,
    start=s,
    base=(
        Step(
            _at_the_start,
            "the window starts with 0",
            using=(definition(HiddenGap(s, s), Hidden(s, 0)),),
        ),
    ),
    step=(
        Step(
            lam * SigmaMax(HiddenGap(t - 1, s)),
            "the contraction",
            relation="<=",
            using=(given(_in_window, t),),
        ),
        Step(
            lam ** (t - s) * _at_the_start,
            "the statement for $t - 1$",
            relation="<=",
            using=(HYPOTHESIS,),
        ),
    ),
    source=("004-lemma1",),
)

_last_k = _runs_meet(t - k + 1, t, t - k)
_bounded_start = Claim(SigmaMax(Hidden(t - k, 0)), "<=", _H)
_gap = SigmaMax(HiddenGap(t, t - k))
_with_k = {k: sp.Range(1, 4), t: sp.Range(k + 1, k + 4)}

state_gap = Derivation(
    "forgetting-lemma1",
    r"if also $\Vert h_{t-k}\Vert \le H$, then $\Vert h_t - h_t^k\Vert \le \lambda^k H$",
    Claim(_gap, "<=", lam**k * _H, where=_with_k, given=(_last_k, _bounded_start)),
    steps=(
        Step(
            lam**k * SigmaMax(Hidden(t - k, 0)),
            "the lemma, for the window from $t - k$ on",
            relation="<=",
            using=(lemma(_gap, lam**k * SigmaMax(Hidden(t - k, 0)), gap_induction, "<="),),
        ),
        Step(
            lam**k * _H,
            "the bound of the states",
            relation="<=",
            using=(given(_bounded_start),),
        ),
    ),
    source=("004-lemma1",),
)

# The predictions -----------------------------------------------------------------------------


class Prediction(OfRun):
    """f(h_t), a column; in numbers f is a matrix times a function of each entry."""

    pattern = "f(h_{{{0}}}{mark})"
    shape = (n, _one)

    def numeric(self, at):
        state = self.states(at, at.integer(self.args[0]))
        size = len(state)
        mixed = at.array("R", (size, size))
        felt = [at.apply(phi, [value]) for value in state]
        return at.matrix_of(
            [[sum(mixed[a + 1, b + 1] * felt[b] for b in range(size))] for a in range(size)]
        )


class PredictionGap(OfGap):
    """f(h_t) − f(h_t^[s])."""

    of = Prediction
    shape = Prediction.shape


_L_f = sp.Symbol("L_f", positive=True)
_predicted = SigmaMax(PredictionGap(t, t - k))
_lipschitz = Claim(_predicted, "<=", _L_f * _gap)

prediction_gap = Derivation(
    "forgetting-prop1",
    r"if also $\Vert f(h_t) - f(h_t^k)\Vert \le L_f\,\Vert h_t - h_t^k\Vert$, then $\Vert f(h_t) "
    r"- f(h_t^k)\Vert \le L_f\,\lambda^k H$",
    Claim(
        _predicted,
        "<=",
        _L_f * lam**k * _H,
        where=_with_k,
        given=(_last_k, _bounded_start, _lipschitz),
    ),
    steps=(
        Step(
            _L_f * _gap,
            "$f$ is Lipschitz",
            relation="<=",
            using=(given(_lipschitz),),
        ),
        Step(
            _L_f * lam**k * _H,
            "the bound of the states' distance",
            relation="<=",
            using=(lemma(_gap, lam**k * _H, state_gap, "<="),),
        ),
    ),
    source=("004-prop1",),
)

# Solving for k -------------------------------------------------------------------------------

_eps = sp.Symbol("varepsilon", positive=True)
_size = sp.Symbol("H", positive=True)
_m = sp.Symbol("m", real=True)
_below_one = {lam: sp.Interval.open(0, 1)}
_horizon = sp.log(_size / _eps) / sp.log(1 / lam)

solved = Derivation(
    "forgetting-horizon",
    r"with $k^* = \ln(H/\varepsilon)/\ln(1/\lambda)$: $\lambda^{k^* + m} H = \varepsilon "
    r"\lambda^m$ for every real $m$",
    Claim(lam ** (_horizon + _m) * _size, "=", _eps * lam**_m, where=_below_one),
    steps=(
        Step(
            _eps * lam**_m,
            r"$\lambda^{k^*} = e^{-k^* \ln(1/\lambda)} = e^{-\ln(H/\varepsilon)} = "
            r"\varepsilon/H$",
        ),
    ),
    source=("004-lemma1", "004-prop1"),
)

# The logarithm stands on the right: there are few ways to get it wrong that stay true.
log_above = Derivation(
    "forgetting-log-above",
    r"for $0 < \lambda < 1$: $2(1 - \lambda)/(1 + \lambda) < \ln(1/\lambda)$",
    Claim(2 * (1 - lam) / (1 + lam), "<", sp.log(1 / lam), where=_below_one),
    steps=(
        Step(
            sp.log(1 / lam),
            r"equal at $\lambda = 1$; right minus left has the derivative $-(1 - \lambda)^2/"
            r"(\lambda (1 + \lambda)^2) < 0$",
            relation="<",
        ),
    ),
    source=("004-lemma1",),
)

log_below = Derivation(
    "forgetting-log-below",
    r"for $0 < \lambda < 1$: $(1 - \lambda^2)/(2 \lambda) > \ln(1/\lambda)$",
    Claim((1 - lam**2) / (2 * lam), ">", sp.log(1 / lam), where=_below_one),
    steps=(
        Step(
            sp.log(1 / lam),
            r"equal at $\lambda = 1$; left minus right has the derivative $-(1 - \lambda)^2/"
            r"(2 \lambda^2) < 0$",
            relation=">",
        ),
    ),
    source=("004-lemma1",),
)

# Tight ---------------------------------------------------------------------------------------


def _fed(time: sp.Basic) -> FedState:
    return FedState(lam, time, _zero, _B)


def _fed_gap(time: sp.Basic, start: sp.Basic) -> FedGap:
    return FedGap(lam, time, start, _B)


fed_gap = Derivation.by_induction(
    "forgetting-fed-gap",
    r"for $h_t = \lambda h_{t-1} + B$ and $h_0 = 0$ the run from $s$ is behind by $h_t - h_t^{[s]} "
    r"= \lambda^{t-s} h_s$",
    Claim(_fed_gap(t, s), "=", lam ** (t - s) * _fed(s), where=_places),
    over=t,
    start=s,
    base=(
        Step(
            _fed(s),
            "the window starts with 0",
            using=(definition(_fed_gap(s, s), _fed(s)),),
        ),
    ),
    step=(
        Step(
            lam * _fed_gap(t - 1, s),
            "both runs get the same $B$",
            using=(definition(_fed_gap(t, s), lam * _fed_gap(t - 1, s)),),
        ),
        Step(
            lam ** (t - s) * _fed(s),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
    ),
    source=("004-lemma1",),
)

tight = Derivation(
    "forgetting-tight",
    r"for $h_t = \lambda h_{t-1} + B$ and $h_0 = 0$: $(1 - \lambda)\,(h_t - h_t^k) = \lambda^k "
    r"B\,(1 - \lambda^{t-k})$",
    Claim(
        (1 - lam) * _fed_gap(t, t - k),
        "=",
        lam**k * _B * (1 - lam ** (t - k)),
        where={**_below_one, **_windows},
    ),
    steps=(
        Step(
            lam**k * ((1 - lam) * _fed(t - k)),
            "the lemma, for the window from $t - k$ on",
            using=(lemma(_fed_gap(t, t - k), lam**k * _fed(t - k), fed_gap),),
        ),
        Step(
            lam**k * _B * (1 - lam ** (t - k)),
            "the state at $t - k$, as the chapter on stability gives it",
            using=(lemma((1 - lam) * _fed(t - k), _B * (1 - lam ** (t - k)), stability.attained),),
        ),
    ),
    source=("004-lemma1", "004-prop1"),
)

# What breaks ---------------------------------------------------------------------------------

_fed_in_window = _fed_gap(t, t - k)
_far = {**_below_one, k: sp.Range(1, 100), t: sp.Range(k + 1, k + 100)}
_wanted = sp.log(_B / ((1 - lam) * _eps))

printed_log = Counterexample(
    "forgetting-printed-log",
    r"$k \ge \ln\frac{B}{(1 - \lambda)\,\varepsilon}$ is enough for $h_t - h_t^k \le \varepsilon$",
    refutes=Claim(
        _fed_in_window,
        "<=",
        _eps,
        where=_far,
        given=(Claim(k, ">=", _wanted),),
    ),
    instance={lam: sp.Rational(9, 10), _B: 1, _eps: sp.Rational(1, 100), k: 7, t: 14},
    instead=(
        Claim(_fed_in_window, "<=", lam**k * _B / (1 - lam), where=_far),
        Claim(
            _fed_in_window,
            "<=",
            _eps,
            where=_far,
            given=(Claim(k * sp.log(1 / lam), ">=", _wanted),),
        ),
    ),
    source=("004-lemma1", "004-prop1"),
)

one_less = Counterexample(
    "forgetting-one-less",
    r"one input less than $k^*$ is enough too",
    refutes=Claim(
        _fed_in_window,
        "<=",
        _eps,
        where=_far,
        given=(Claim((k + 1) * sp.log(1 / lam), ">=", _wanted),),
    ),
    instance={lam: sp.Rational(1, 2), _B: 1, _eps: sp.Rational(1, 8), k: 3, t: 6},
    instead=(
        Claim(
            _fed_in_window,
            "<=",
            _eps / lam,
            where=_far,
            given=(Claim((k + 1) * sp.log(1 / lam), ">=", _wanted),),
        ),
    ),
    source=("004-lemma1",),
)

_x, _L_x = sp.Symbol("x", real=True), sp.Symbol("L_x", positive=True)
_B_x = sp.Symbol("B_x", nonnegative=True)
_first_state = 1 / (1 + sp.exp(-_x))

_logistic_unit = (
    Claim(lam, ">=", sp.Rational(1, 4)),
    Claim(_L_x, ">=", sp.Rational(1, 4)),
    Claim(_B_x, ">=", sp.Abs(_x)),
)

offset = Counterexample(
    "forgetting-offset",
    r"for $h_t = \sigma(h_{t-1} + x_t)$ with the logistic $\sigma$, whose slope is at most "
    r"$\frac14 = \lambda = L_x$, $h_1 \le \frac{L_x B_x}{1 - \lambda}$",
    refutes=Claim(
        _first_state, "<=", _L_x * _B_x / (1 - lam), where=_below_one, given=_logistic_unit
    ),
    instance={_x: 0, _B_x: 0, lam: sp.Rational(1, 4), _L_x: sp.Rational(1, 4)},
    instead=(
        Claim(
            _first_state,
            "<=",
            (sp.Rational(1, 2) + _L_x * _B_x) / (1 - lam),
            where=_below_one,
            given=_logistic_unit,
        ),
    ),
    source=("004-lemma1",),
)


def _kept(time: sp.Basic) -> FedState:
    return FedState(1, time, _zero, _B)


kept_state = Derivation.by_induction(
    "forgetting-kept-state",
    r"for $h_t = h_{t-1} + B$ and $h_0 = 0$: $h_t = t B$",
    Claim(_kept(t), "=", t * _B, where={t: sp.Range(0, 7)}),
    over=t,
    start=_zero,
    base=(Step(_zero, "it starts with 0", using=(definition(_kept(_zero), _zero),)),),
    step=(
        Step(
            _kept(t - 1) + _B,
            "one more step",
            using=(definition(_kept(t), _kept(t - 1) + _B),),
        ),
        Step(t * _B, "the statement for $t - 1$", using=(HYPOTHESIS,)),
    ),
    source=("004-lemma1",),
)

kept_gap = Derivation(
    "forgetting-no-contraction",
    r"for $h_t = h_{t-1} + B$: $h_t - h_t^k = (t - k) B$",
    Claim(FedGap(1, t, t - k, _B), "=", (t - k) * _B, where=_windows),
    steps=(
        Step(
            _kept(t - k),
            r"the lemma with $\lambda = 1$",
            using=(lemma(FedGap(1, t, t - k, _B), _kept(t - k), fed_gap),),
        ),
        Step(
            (t - k) * _B,
            "the state at $t - k$",
            using=(lemma(_kept(t - k), (t - k) * _B, kept_state),),
        ),
    ),
    source=("004-lemma1",),
)
