"""The sum of the contributions of all steps: what the chapter on the terms states.

The network is the smallest that has the problem: one linear unit, x_t = w x_{t-1} + u_t, and
the loss E_t = ½ (x_t − y)². In numbers every word is taken from a run of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.core.symbol import Str
from sympy.matrices.expressions.matexpr import MatrixExpr

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
from book_utils.derivations.engine.vocabulary import Number
from book_utils.derivations.network import alpha, k, n, t

w = sp.Symbol("w", real=True, nonzero=True)
"""The one weight of the one unit; also a number that is put in for it."""
y = sp.Symbol("y", real=True)
s = sp.Symbol("s", integer=True, positive=True)

# The network in numbers ----------------------------------------------------------------------


class Inputs(Str):
    """A rule for x_0, u_1, u_2, …: ``rule(at, s)`` is u_s in the numbers of an instance, and
    ``rule(at, 0)`` the start x_0."""

    def __new__(cls, name: str, rule: Callable[[Any, int], Any]):
        inputs = super().__new__(cls, name)
        inputs.rule = rule
        return inputs


def letter(at: Any, name: str, place: int | str) -> Any:
    """u_3 or p_3: the value that the instance gives, or a number drawn for it."""
    symbol = sp.Symbol(f"{name}_{place}", real=True)
    return at(symbol) if symbol in at.values else at.vector(f"{name}@{place}", 1)[0]


def to_reach(state: Callable[[Any, int], Any]) -> Callable[[Any, int], Any]:
    """The inputs with which a network with w = 1 runs through the given states."""
    return lambda at, s: state(at, s) - (state(at, s - 1) if s > 0 else at.zero)


ANY = Inputs("any", lambda at, s: letter(at, "u" if s else "x", s))
CHOSEN = Inputs("chosen", to_reach(lambda at, s: letter(at, "p", s)))


class Run(Number):
    """A number that is taken from a run of the network; its first argument are the inputs."""

    def run(self, at: Any, weight: Callable[[int], Any], last: int) -> Any:
        """x_t, where step s has the weight ``weight(s)``; before x_0 all is 0."""
        state = at.zero
        for time in range(last + 1):
            state = weight(time) * state + self.args[0].rule(at, time)
        return state

    def loss(self, at: Any, state: Any, target: sp.Basic) -> Any:
        return (state - at(target)) ** 2 * at.number(sp.Rational(1, 2))


class State(Run):
    """x_t."""

    tex, plain = "x_{{{2}}}", "x_{2}"

    def numeric(self, at):
        _, w, t = self.args
        value = at(w)
        return self.run(at, lambda _: value, at.integer(t))


class Slope(Run):
    """dx_t/dw: every step uses the weight, and the weights of all steps move together."""

    tex, plain = r"\frac{{dx_{{{2}}}}}{{dw}}", "dx_{2}/dw"

    def numeric(self, at):
        _, w, t = self.args
        last = at.integer(t)
        return at.derivative(lambda value: self.run(at, lambda _: value, last), at(w), 1)


class OwnSlope(Run):
    """∂x_t/∂w_k: only the weight of step k moves."""

    tex, plain = r"\frac{{\partial x_{{{2}}}}}{{\partial w_{{{3}}}}}", "∂x_{2}/∂w_{3}"

    def numeric(self, at):
        _, w, t, k = self.args
        moved = self.moved(at, at(w), at.integer(t), at.integer(k))
        return at.derivative(moved, at(w), 1)

    def moved(self, at: Any, value: Any, last: int, step: int) -> Callable[[Any], Any]:
        if not 1 <= step <= last:
            raise at.OutOfRange("only the steps up to t act on x_t")
        return lambda own: self.run(at, lambda time: own if time == step else value, last)


class Loss(Run):
    """E_t = ½ (x_t − y)²."""

    tex, plain = "E_{{{3}}}", "E_{3}"

    def numeric(self, at):
        _, w, y, t = self.args
        value = at(w)
        return self.loss(at, self.run(at, lambda _: value, at.integer(t)), y)


class Gradient(Run):
    """S_t = dE_t/dw."""

    tex, plain = "S_{{{3}}}", "S_{3}"

    def numeric(self, at):
        _, w, y, t = self.args
        last = at.integer(t)

        def along(value):
            return self.loss(at, self.run(at, lambda _: value, last), y)

        return at.derivative(along, at(w), 1)


class Contribution(OwnSlope):
    """r_{t,k}: what the use of the weight at step k contributes to S_t."""

    tex, plain = "r_{{{3},{4}}}", "r_{3},{4}"

    def numeric(self, at):
        _, w, y, t, k = self.args
        moved = self.moved(at, at(w), at.integer(t), at.integer(k))
        return at.derivative(lambda own: self.loss(at, moved(own), y), at(w), 1)


class Choice(Number):
    """p_t, the state that was chosen for time t: ``Choice(t)``."""

    tex, plain = "p_{{{0}}}", "p_{0}"

    def numeric(self, at):
        time = at.integer(self.args[0])
        return letter(at, "p", time) if time >= 0 else at.zero


class Term(Number):
    """r_{t,k} as any number, of which nothing is known: ``Term(t, k)``."""

    tex, plain = "r_{{{0},{1}}}", "r_{0},{1}"

    def numeric(self, at):
        return letter(at, "r", ",".join(str(at.integer(place)) for place in self.args))


# One step, and the loss ----------------------------------------------------------------------

_v, _X = sp.Function("v")(alpha), sp.Function("X")(alpha)
_u = sp.Symbol("u", real=True)

chain_rule = Derivation(
    "terms-chain-rule",
    r"if the weight $v$ of a step and the state $X$ before it depend differentiably on $\alpha$, "
    r"then $\frac{d}{d\alpha}(vX + u) = \frac{dv}{d\alpha} X + v \frac{dX}{d\alpha}$",
    Claim(
        sp.Derivative(_v * _X + _u, alpha),
        "=",
        sp.Derivative(_v, alpha) * _X + _v * sp.Derivative(_X, alpha),
    ),
    steps=(
        Step(
            sp.Derivative(_v, alpha) * _X + _v * sp.Derivative(_X, alpha),
            r"the product rule; the input does not depend on $\alpha$",
        ),
    ),
)

loss_rule = Derivation(
    "terms-loss-rule",
    r"if the state $X$ depends differentiably on $\alpha$, then "
    r"$\frac{d}{d\alpha}\,\frac12 (X - y)^2 = (X - y) \frac{dX}{d\alpha}$",
    Claim(
        sp.Derivative((_X - y) ** 2 / 2, alpha),
        "=",
        (_X - y) * sp.Derivative(_X, alpha),
    ),
    steps=(Step((_X - y) * sp.Derivative(_X, alpha), "the chain rule for a square"),),
)

# The array -----------------------------------------------------------------------------------

_from_k = {k: sp.Range(1, 4), t: sp.Range(k, k + 4)}


def _x(time: sp.Basic) -> State:
    return State(ANY, w, time)


def _own(time: sp.Basic) -> OwnSlope:
    return OwnSlope(ANY, w, time, k)


own_weight = Derivation.by_induction(
    "terms-own-weight",
    r"$\partial x_t/\partial w_k = w^{t-k} x_{k-1}$",
    Claim(_own(t), "=", w ** (t - k) * _x(k - 1), where=_from_k),
    over=t,
    start=k,
    base=(
        Step(
            _x(k - 1),
            "step $k$ multiplies $x_{k-1}$ by $w_k$, and $x_{k-1}$ does not depend on $w_k$",
            using=(lemma(_own(k), _x(k - 1), chain_rule),),
        ),
        Step(w ** (k - k) * _x(k - 1), "$w^0 = 1$"),
    ),
    step=(
        Step(
            w * _own(t - 1),
            "step $t$ multiplies by $w$, which is not the weight that moves",
            using=(lemma(_own(t), w * _own(t - 1), chain_rule),),
        ),
        Step(
            w ** (t - k) * _x(k - 1),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
    ),
)

_r = Contribution(ANY, w, y, t, k)

contribution = Derivation(
    "terms-contribution",
    r"$r_{t,k} = (x_t - y)\, w^{t-k} x_{k-1}$",
    Claim(_r, "=", (_x(t) - y) * w ** (t - k) * _x(k - 1), where=_from_k),
    steps=(
        Step(
            (_x(t) - y) * _own(t),
            "*the chain rule for the loss*",
            using=(lemma(_r, (_x(t) - y) * _own(t), loss_rule),),
        ),
        Step(
            (_x(t) - y) * w ** (t - k) * _x(k - 1),
            "*One weight moves*",
            using=(lemma(_own(t), w ** (t - k) * _x(k - 1), own_weight),),
        ),
    ),
    source=("000-vanishing-terms",),
)

_time = {t: sp.Range(0, 6)}
_from_1 = {t: sp.Range(1, 6)}


def _slope(time: sp.Basic) -> Slope:
    return Slope(ANY, w, time)


def _row(last: sp.Basic, power: sp.Basic) -> sp.Sum:
    """Σ_{k=1}^{last} w^{power-k} x_{k-1}."""
    return sp.Sum(w ** (power - k) * _x(k - 1), (k, 1, last))


slope = Derivation.by_induction(
    "terms-slope",
    r"$dx_t/dw = \sum_{k=1}^t w^{t-k} x_{k-1}$",
    Claim(_slope(t), "=", _row(t, t), where=_from_1),
    over=t,
    start=sp.Integer(1),
    base=(
        Step(
            _x(0),
            "*the chain rule for a linear step*; $x_0$ does not depend on $w$",
            using=(lemma(_slope(1), _x(0), chain_rule),),
        ),
        Step(_row(1, 1), "a sum of one term", using=(definition(_row(1, 1), _x(0)),)),
    ),
    step=(
        Step(
            _x(t - 1) + w * _slope(t - 1),
            "*the chain rule for a linear step*: the weight and the state both depend on $w$",
            using=(lemma(_slope(t), _x(t - 1) + w * _slope(t - 1), chain_rule),),
        ),
        Step(
            _x(t - 1) + w * _row(t - 1, t - 1),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            _row(t, t),
            "multiply into the sum; $x_{t-1}$ is its term $k = t$",
            using=(definition(_row(t, t), _row(t - 1, t) + _x(t - 1)),),
        ),
    ),
)


def _gradient(time: sp.Basic) -> Gradient:
    return Gradient(ANY, w, y, time)


_terms = sp.Sum((_x(t) - y) * w ** (t - k) * _x(k - 1), (k, 1, t))

gradient = Derivation(
    "terms-gradient",
    r"$S_t = \sum_{k=1}^t (x_t - y)\, w^{t-k} x_{k-1}$, the sum of the $r_{t,k}$",
    Claim(_gradient(t), "=", _terms, where=_from_1),
    steps=(
        Step(
            (_x(t) - y) * _slope(t),
            "*the chain rule for the loss*",
            using=(lemma(_gradient(t), (_x(t) - y) * _slope(t), loss_rule),),
        ),
        Step(
            (_x(t) - y) * _row(t, t),
            "*All weights move*",
            using=(lemma(_slope(t), _row(t, t), slope),),
        ),
        Step(_terms, "multiply into the sum"),
    ),
    source=("000-vanishing-terms",),
)

# A series and an array -----------------------------------------------------------------------

_last_row = sp.Sum(Term(t - 1, k), (k, 1, t - 1))


def _part(last: sp.Basic) -> sp.Sum:
    return sp.Sum(Term(t, k), (k, 1, last))


_changes = sp.Sum(Term(t, k) - Term(t - 1, k), (k, 1, t - 1))

two_rows = Derivation(
    "terms-two-rows",
    r"from one row to the next, $\sum_{k=1}^t r_{t,k} - \sum_{k=1}^{t-1} r_{t-1,k} = r_{t,t} + "
    r"\sum_{k=1}^{t-1} (r_{t,k} - r_{t-1,k})$",
    Claim(
        _part(t) - _last_row,
        "=",
        Term(t, t) + _changes,
        where={t: sp.Range(1, 7)},
    ),
    steps=(
        Step(
            Term(t, t) + _part(t - 1) - _last_row,
            "take off the last term of the long row",
            using=(definition(_part(t), _part(t - 1) + Term(t, t)),),
        ),
        Step(Term(t, t) + _changes, "one sum for the terms that both rows have"),
    ),
    source=("000-divergence",),
)

# The weight 1: any states can be chosen ------------------------------------------------------


def _p(time: sp.Basic) -> Choice:
    return Choice(time)


chosen_states = Derivation.by_induction(
    "terms-chosen-states",
    r"with $w = 1$, $x_0 = p_0$ and $u_t = p_t - p_{t-1}$ the states are $x_t = p_t$",
    Claim(State(CHOSEN, 1, t), "=", _p(t), where=_time),
    over=t,
    start=sp.Integer(0),
    base=(
        Step(
            _p(0),
            "that is the start",
            using=(definition(State(CHOSEN, 1, 0), _p(0)),),
        ),
    ),
    step=(
        Step(
            State(CHOSEN, 1, t - 1) + _p(t) - _p(t - 1),
            "the recurrence with $w = 1$",
            using=(definition(State(CHOSEN, 1, t), State(CHOSEN, 1, t - 1) + _p(t) - _p(t - 1)),),
        ),
        Step(_p(t), "the statement for $t - 1$", using=(HYPOTHESIS,)),
    ),
)

_sum_of_p = sp.Sum(_p(k - 1), (k, 1, t))

weight_one = Derivation(
    "terms-weight-one",
    r"with $w = 1$ and states $p_t$: $S_t = (p_t - y) \sum_{k=1}^t p_{k-1}$",
    Claim(Gradient(CHOSEN, 1, y, t), "=", (_p(t) - y) * _sum_of_p, where=_from_1),
    steps=(
        Step(
            sp.Sum((_p(t) - y) * _p(k - 1), (k, 1, t)),
            "*The gradient is the sum of its terms* with $w = 1$, and *Any states can be had*",
            using=(
                lemma(
                    Gradient(CHOSEN, 1, y, t),
                    sp.Sum((_p(t) - y) * _p(k - 1), (k, 1, t)),
                    gradient,
                ),
                lemma(State(CHOSEN, 1, t), _p(t), chosen_states),
            ),
        ),
        Step((_p(t) - y) * _sum_of_p, "$p_t - y$ is the same in all terms of the row"),
    ),
    source=("000-divergence",),
)

# One term that stays -------------------------------------------------------------------------

_PULSE = Inputs("pulse", to_reach(lambda at, s: letter(at, "p", s) if s == 1 else at.zero))
_from_2 = {t: sp.Range(2, 8)}
_p_1 = Choice(1)

one_stays = Derivation(
    "terms-one-stays",
    r"with $w = 1$ and states $0, p_1, 0, 0, \dots$: $S_t = -p_1 y$ for all $t \ge 2$",
    Claim(Gradient(_PULSE, 1, y, t), "=", -_p_1 * y, where=_from_2),
    steps=(
        Step(
            -_p_1 * y,
            r"*The gradient at weight 1*, with $p_t = 0$ and $0 + p_1 + 0 + \dots + 0 = p_1$",
            using=(lemma(Gradient(_PULSE, 1, y, t), (0 - y) * _p_1, weight_one),),
        ),
    ),
    source=("000-divergence",),
)

# Terms that cancel ---------------------------------------------------------------------------

_five = {sp.Symbol(f"u_{time}", real=True): u for time, u in enumerate((1, -2, 1, 0, 0), 1)}
_size = sp.Abs(_gradient(t))

cancelling = Counterexample(
    "terms-cancel",
    r"where a term is large, the gradient is at least as large: $\vert S_t\vert \ge "
    r"\vert r_{t,k}\vert$",
    refutes=Claim(_size, ">=", sp.Abs(_r), where=_from_k),
    instance={w: 1, y: -1, t: 5, k: 2, sp.Symbol("x_0", real=True): 0, **_five},
    instead=(
        Claim(
            _size,
            "<=",
            sp.Sum(sp.Abs(Contribution(ANY, w, y, t, s)), (s, 1, t)),
            where=_from_k,
        ),
    ),
    source=("000-divergence",),
)

# No term that vanishes -----------------------------------------------------------------------


def _flipping(at: Any, time: int) -> Any:
    return at.number(sp.Integer((-1) ** time if time else 2))


_FLIP = Inputs("flip", to_reach(_flipping))
_signs = 2 + sp.Sum((-1) ** (k - 1), (k, 2, t))
_one_or_two = (3 - (-1) ** t) / 2

alternating = Derivation.by_induction(
    "terms-alternating",
    r"$2 - 1 + 1 - \dots$, up to the sign $(-1)^{t-1}$, is $\tfrac12(3 - (-1)^t)$",
    Claim(_signs, "=", _one_or_two, where=_from_1),
    over=t,
    start=sp.Integer(1),
    base=(Step(_one_or_two.subs(t, 1), "the sum is empty"),),
    step=(
        Step(
            2 + sp.Sum((-1) ** (k - 1), (k, 2, t - 1)) + (-1) ** (t - 1),
            "take off the last term",
            using=(
                definition(
                    sp.Sum((-1) ** (k - 1), (k, 2, t)),
                    sp.Sum((-1) ** (k - 1), (k, 2, t - 1)) + (-1) ** (t - 1),
                ),
            ),
        ),
        Step(
            (3 - (-1) ** (t - 1)) / 2 + (-1) ** (t - 1),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(_one_or_two, "$(-1)^{t-1} = -(-1)^t$"),
    ),
)

none_vanishes = Derivation(
    "terms-none-vanishes",
    r"with $w = 1$, $y = -3$ and states $2, -1, 1, -1, 1, \dots$: $S_t = 4$ for all $t \ge 1$",
    Claim(Gradient(_FLIP, 1, -3, t), "=", 4, where=_from_1),
    steps=(
        Step(
            ((-1) ** t + 3) * _signs,
            r"*The gradient at weight 1*, with $p_t = (-1)^t$ from $t = 1$ on",
            using=(lemma(Gradient(_FLIP, 1, -3, t), ((-1) ** t + 3) * _signs, weight_one),),
        ),
        Step(
            ((-1) ** t + 3) * _one_or_two,
            "*One or two*",
            using=(lemma(_signs, _one_or_two, alternating),),
        ),
        Step(sp.Integer(4), r"$(3 + z)(3 - z) = 9 - z^2$ with $z = (-1)^t$, and $z^2 = 1$"),
    ),
    source=("000-divergence",),
)

_u = {sp.Symbol(f"u_{time}", real=True): u for time, u in enumerate((-3, 2), 1)}

no_series = Counterexample(
    "terms-no-series",
    r"one more time step adds one term: $S_t - S_{t-1} = r_{t,t}$",
    refutes=Claim(
        _gradient(t) - _gradient(t - 1), "=", Contribution(ANY, w, y, t, t), where=_from_1
    ),
    instance={w: 1, y: -3, t: 2, sp.Symbol("x_0", real=True): 2, **_u},
    instead=(
        Claim(
            _gradient(t) - _gradient(t - 1),
            "=",
            Contribution(ANY, w, y, t, t)
            + sp.Sum(
                Contribution(ANY, w, y, t, k) - Contribution(ANY, w, y, t - 1, k),
                (k, 1, t - 1),
            ),
            where=_from_1,
        ),
    ),
    source=("000-divergence",),
)

# Linear or exponential -----------------------------------------------------------------------

LEFT_ALONE = Inputs("left alone", lambda at, s: at.zero if s else at.one)

left_alone = Derivation.by_induction(
    "terms-left-alone",
    r"with $x_0 = 1$ and no input: $x_t = w^t$",
    Claim(State(LEFT_ALONE, w, t), "=", w**t, where=_time),
    over=t,
    start=sp.Integer(0),
    base=(Step(sp.Integer(1), "that is the start", by=(sizes(1),)),),
    step=(
        Step(
            w * State(LEFT_ALONE, w, t - 1),
            "the recurrence without an input",
            using=(definition(State(LEFT_ALONE, w, t), w * State(LEFT_ALONE, w, t - 1)),),
        ),
        Step(w**t, "the statement for $t - 1$", using=(HYPOTHESIS,)),
    ),
)

_equal = sp.Sum(w ** (2 * t - 1), (k, 1, t))

exponential = Derivation(
    "terms-exponential",
    r"with $x_0 = 1$, no input and $y = 0$: $S_t = t\, w^{2t-1}$",
    Claim(Gradient(LEFT_ALONE, w, 0, t), "=", t * w ** (2 * t - 1), where=_time),
    steps=(
        Step(
            _equal,
            "*The gradient is the sum of its terms*: each is $w^t w^{t-k} w^{k-1}$",
            using=(
                lemma(Gradient(LEFT_ALONE, w, 0, t), _equal, gradient),
                lemma(State(LEFT_ALONE, w, t), w**t, left_alone),
            ),
        ),
        Step(t * w ** (2 * t - 1), "$t$ equal terms"),
    ),
    source=("000-divergence", "000-not-a-problem"),
)

_BALANCED = Inputs("balanced", lambda at, s: at.number(sp.Integer({0: 1, 1: -4, 2: 4}.get(s, 0))))

growing_cancel = Derivation(
    "terms-growing-cancel",
    r"with $w = 2$, $y = -1$ and states $1, -2, 0, 0, \dots$: $r_{t,1} = 2^{t-1}$ and "
    r"$r_{t,2} = -2^{t-1}$, and $S_t = 0$ for all $t \ge 2$",
    Claim(Gradient(_BALANCED, 2, -1, t), "=", 0, where=_from_2),
    steps=(
        Step(
            Contribution(_BALANCED, 2, -1, t, 1) + Contribution(_BALANCED, 2, -1, t, 2),
            "*The gradient is the sum of its terms*; $x_2 = x_3 = \\dots = 0$ leave two",
            using=(
                lemma(
                    Gradient(_BALANCED, 2, -1, t),
                    Contribution(_BALANCED, 2, -1, t, 1) + Contribution(_BALANCED, 2, -1, t, 2),
                    gradient,
                ),
            ),
        ),
        Step(
            2 ** (t - 1) + Contribution(_BALANCED, 2, -1, t, 2),
            "*The term of a step*: $(0 + 1) \\cdot 2^{t-1} \\cdot 1$",
            using=(lemma(Contribution(_BALANCED, 2, -1, t, 1), 2 ** (t - 1), contribution),),
        ),
        Step(
            2 ** (t - 1) - 2 ** (t - 1),
            "*The term of a step*: $(0 + 1) \\cdot 2^{t-2} \\cdot (-2)$",
            using=(lemma(Contribution(_BALANCED, 2, -1, t, 2), -(2 ** (t - 1)), contribution),),
        ),
    ),
    source=("000-not-a-problem",),
)

# The same terms in every row: a series after all ---------------------------------------------

_HELD = Inputs("held", lambda at, s: at.one - at(w) if s else at.one)
_powers = sp.Sum(w ** (t - k), (k, 1, t))

geometric = Derivation.by_induction(
    "terms-geometric",
    r"$\sum_{k=1}^t w^{t-k} = (w^t - 1)/(w - 1)$ for $w \ne 1$",
    Claim(_powers, "=", (w**t - 1) / (w - 1), where=_time),
    over=t,
    start=sp.Integer(0),
    base=(Step(sp.Integer(0), "the sum is empty"),),
    step=(
        Step(
            w * sp.Sum(w ** (t - 1 - k), (k, 1, t - 1)) + 1,
            "take off the term $k = t$, and $w$ out of the others",
            using=(definition(_powers, sp.Sum(w ** (t - k), (k, 1, t - 1)) + 1),),
        ),
        Step(
            w * (w ** (t - 1) - 1) / (w - 1) + 1,
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step((w**t - 1) / (w - 1), "one fraction"),
    ),
)

held = Derivation(
    "terms-held",
    r"a network that rests at $1$: $S_t = (1 - y)(w^t - 1)/(w - 1)$ for $w \ne 1$",
    Claim(Gradient(_HELD, w, y, t), "=", (1 - y) * (w**t - 1) / (w - 1), where=_time),
    steps=(
        Step(
            (1 - y) * _powers,
            "*The gradient is the sum of its terms*; all states are $1$",
            using=(lemma(Gradient(_HELD, w, y, t), (1 - y) * _powers, gradient),),
        ),
        Step(
            (1 - y) * (w**t - 1) / (w - 1),
            "*The geometric sum*",
            using=(lemma(_powers, (w**t - 1) / (w - 1), geometric),),
        ),
    ),
    source=("000-divergence", "000-vanishing-terms"),
)

J = sp.MatrixSymbol("J", n, n)


class OfJ(MatrixExpr):
    """A matrix made of powers of J."""

    def __new__(cls, t: sp.Basic):
        return super().__new__(cls, sp.sympify(t))

    @property
    def shape(self):
        return (n, n)

    def powers(self, at: Any) -> list:
        """I, J, …, J^t."""
        size, last = at.integer(n), at.integer(self.args[0])
        if last < 0:
            raise at.NotEvaluable("a negative power of a matrix")
        found = [at.identity(size)]
        for _ in range(last):
            found.append(at.matrix("J", size, size) * found[-1])
        return found


class PowerOf(OfJ):
    """J^t."""

    tex = "J^{{{}}}"

    def numeric(self, at):
        return self.powers(at)[-1]


class PowersOf(OfJ):
    """G_t = I + J + … + J^{t-1}."""

    tex = "G_{{{}}}"

    def numeric(self, at):
        *powers, last = self.powers(at)
        return sum(powers, last - last)


_closed = PowersOf(t) - sp.Identity(n) + PowerOf(t)

equilibrium = Derivation.by_induction(
    "terms-equilibrium",
    r"$G_t = I + J + \dots + J^{t-1}$ satisfies $J G_t = G_t - I + J^t$, that is "
    r"$(I - J)\, G_t = I - J^t$",
    Claim(J * PowersOf(t), "=", _closed, where=_time),
    over=t,
    start=sp.Integer(0),
    base=(
        Step(
            _closed.subs(t, 0),
            "$G_0 = 0$, an empty sum, and $J^0 = I$",
            using=(
                definition(PowersOf(0), sp.ZeroMatrix(n, n)),
                definition(PowerOf(0), sp.Identity(n)),
            ),
        ),
    ),
    step=(
        Step(
            _closed,
            "$G_t = G_{t-1} + J^{t-1}$ on both sides, the statement for $t - 1$, and "
            "$J^t = J J^{t-1}$",
            using=(
                definition(PowersOf(t), PowersOf(t - 1) + PowerOf(t - 1)),
                HYPOTHESIS,
                definition(PowerOf(t), J * PowerOf(t - 1)),
            ),
        ),
    ),
    source=("000-divergence",),
)

# A minimum -----------------------------------------------------------------------------------

_THREE = Inputs("three", lambda at, s: at.number(sp.Integer((0, 1, -2, 3)[s])))
_x_3 = (w - 1) ** 2 + 2

at_the_minimum = Derivation(
    "terms-at-the-minimum",
    r"with $x_0 = 0$, inputs $1, -2, 3$ and $y = 0$: $S_3 = ((w-1)^2 + 2)\,w + "
    r"((w-1)^2 + 2)(w - 2)$, the terms of $k = 2$ and $k = 3$",
    Claim(
        Gradient(_THREE, w, 0, 3),
        "=",
        2 * (w - 1) * _x_3,
    ),
    steps=(
        Step(
            Contribution(_THREE, w, 0, 3, 1)
            + Contribution(_THREE, w, 0, 3, 2)
            + Contribution(_THREE, w, 0, 3, 3),
            "*The gradient is the sum of its terms* for $t = 3$",
            by=(sizes(1),),
        ),
        Step(
            _x_3 * w + _x_3 * (w - 2),
            "$r_{3,1} = 0$ since $x_0 = 0$; the factors are $x_3$, $w x_1$ and $x_2$",
            by=(sizes(1),),
        ),
        Step(2 * (w - 1) * _x_3, "$w + (w - 2) = 2w - 2$"),
    ),
    source=("000-not-a-problem",),
)

minimum = Derivation(
    "terms-minimum",
    r"and $E_3 \ge 2$ for every $w$, with equality at $w = 1$",
    Claim(Loss(_THREE, w, 0, 3), ">=", sp.Integer(2)),
    steps=(
        Step(_x_3**2 / 2, "$x_3 = w^2 - 2w + 3$, squared and halved", by=(sizes(1),)),
        Step(sp.Integer(2), "the square $(w - 1)^2$ is not negative", relation=">="),
    ),
    source=("000-not-a-problem",),
)

# Averaging does not help ---------------------------------------------------------------------

T = sp.Symbol("T", integer=True, nonnegative=True)


def _total(last: sp.Basic) -> sp.Sum:
    return sp.Sum(Gradient(LEFT_ALONE, 1, 0, s), (s, 1, last))


average = Derivation.by_induction(
    "terms-average",
    r"with $w = 1$, $x_0 = 1$, no input and $y = 0$: $\sum_{t=1}^T S_t = T(T+1)/2$",
    Claim(_total(T), "=", T * (T + 1) / 2, where={T: sp.Range(0, 6)}),
    over=T,
    start=sp.Integer(0),
    base=(Step(sp.Integer(0), "the sum is empty"),),
    step=(
        Step(
            _total(T - 1) + Gradient(LEFT_ALONE, 1, 0, T),
            "the last gradient apart",
            using=(definition(_total(T), _total(T - 1) + Gradient(LEFT_ALONE, 1, 0, T)),),
        ),
        Step(
            _total(T - 1) + T,
            "*Linear or exponential* with $w = 1$",
            using=(lemma(Gradient(LEFT_ALONE, 1, 0, T), T, exponential),),
        ),
        Step(
            (T - 1) * T / 2 + T,
            "the statement for $T - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(T * (T + 1) / 2, "one fraction"),
    ),
    source=("000-not-a-problem",),
)

# Bounded terms -------------------------------------------------------------------------------

_C, _eta = sp.Symbol("C", real=True), sp.Symbol("eta", real=True, nonzero=True)

bounded = Derivation(
    "terms-bounded",
    r"$S_t + \sum_{k=1}^t (C - r_{t,k}) = C t$, so that $r_{t,k} \le C$ for all $k$ gives "
    r"$S_t \le C t$",
    Claim(_part(t) + sp.Sum(_C - Term(t, k), (k, 1, t)), "=", _C * t, where=_time),
    steps=(
        Step(sp.Sum(_C, (k, 1, t)), "add term by term"),
        Step(_C * t, "$t$ equal terms"),
    ),
    source=("000-not-a-problem",),
)

_to_fade = sp.Sum(_C * _eta ** (t - k) - Term(t, k), (k, 1, t))
_all_of_it = (_eta**t - 1) / (_eta - 1)

contractive = Derivation(
    "terms-contractive",
    r"$S_t + \sum_{k=1}^t (C \eta^{t-k} - r_{t,k}) = C\,(1 - \eta^t)/(1 - \eta)$, so that "
    r"$r_{t,k} \le C \eta^{t-k}$ with $0 < \eta < 1$ gives $S_t \le C/(1 - \eta)$",
    Claim(_part(t) + _to_fade, "=", _C * _all_of_it, where=_time),
    steps=(
        Step(_C * sp.Sum(_eta ** (t - k), (k, 1, t)), "add term by term"),
        Step(
            _C * _all_of_it,
            "*The geometric sum*",
            using=(lemma(sp.Sum(_eta ** (t - k), (k, 1, t)), _all_of_it, geometric),),
        ),
    ),
    source=("000-not-a-problem",),
)
