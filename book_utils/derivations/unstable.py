"""What can go wrong where nothing contracts: what the chapter on unstable systems states.

The system is the scalar one, h_t = a h_{t-1} + x_t with h_0 = 0, and the window of k inputs gives
h_t^k. In numbers every word is taken from a run of it: the gradient is the derivative of the run,
and the iterates of descent are run too.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from book_utils.derivations import terms
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
from book_utils.derivations.engine.vocabulary import Number
from book_utils.derivations.network import T, alpha, i, k, s, t
from book_utils.derivations.terms import Inputs, letter

a = sp.Symbol("a", real=True, nonzero=True)
"""The one weight."""
b = sp.Symbol("a^{(0)}", real=True)
"""The start of descent."""
N = sp.Symbol("N", integer=True, positive=True)

# The system in numbers -----------------------------------------------------------------------

ANY = Inputs("any", lambda at, time: letter(at, "x", time))
PRINTED = Inputs("printed", lambda at, time: at.zero if time else at.one)
PULSE = Inputs("pulse", lambda at, time: at.one if time == 1 else at.zero)
ONES = Inputs("ones", lambda at, time: at.one)


class OfSystem(Number):
    """A number that is taken from runs of the system."""

    @staticmethod
    def run(at: Any, inputs: Inputs, weight: Any, first: int, last: int) -> Any:
        """The state at ``last`` of the run that is zero at ``first``."""
        if not 0 <= first <= last:
            raise at.OutOfRange("a run has no state before its start")
        state = at.zero
        for time in range(first + 1, last + 1):
            state = weight * state + inputs.rule(at, time)
        return state


class Input(OfSystem):
    """x_t."""

    tex, plain = "x_{{{1}}}", "x_{1}"

    def numeric(self, at):
        inputs, t = self.args
        return inputs.rule(at, at.integer(t))


class State(OfSystem):
    """h_t."""

    tex, plain = "h_{{{2}}}", "h_{2}"

    def numeric(self, at):
        inputs, a, t = self.args
        return self.run(at, inputs, at(a), 0, at.integer(t))


class Window(OfSystem):
    """h_t^k: zero at time t − k, then k inputs."""

    tex, plain = "h_{{{2}}}^{{{3}}}", "h_{2}^{3}"

    def numeric(self, at):
        inputs, a, t, k = self.args
        last = at.integer(t)
        return self.run(at, inputs, at(a), last - at.integer(k), last)


class Slope(OfSystem):
    """dh_T/da, all inputs one."""

    tex, plain = r"\frac{{dh_{{{1}}}}}{{da}}", "dh_{1}/da"

    def numeric(self, at):
        a, T = self.args
        last = at.integer(T)
        return at.derivative(lambda value: self.run(at, ONES, value, 0, last), at(a), 1)


class Gradient(OfSystem):
    """p′(a) for p = ½ (h_T − 1)², all inputs one."""

    tex, plain = "p'({0})", "p'({0})"

    def numeric(self, at):
        a, T = self.args
        return self.of(at, at(a), at.integer(T))

    def of(self, at: Any, a: Any, last: int) -> Any:
        def loss(value):
            return (self.run(at, ONES, value, 0, last) - 1) ** 2 * at.number(sp.Rational(1, 2))

        return at.derivative(loss, a, 1)


class Iterate(Gradient):
    """a^i: after i steps of descent from b, step i of length 1/i."""

    tex, plain = "a^{{({2})}}", "a^({2})"

    def numeric(self, at):
        b, T, i = self.args
        last, value, steps = at.integer(T), at(b), at.integer(i)
        if steps < 0:
            raise at.OutOfRange("descent has no iterate before its start")
        for step in range(1, steps + 1):
            value = value - self.of(at, value, last) / at.number(sp.Integer(step))
        return value


# What a window misses ------------------------------------------------------------------------

_times = {s: sp.Range(0, 4), k: sp.Range(0, 5)}


def _h(time: sp.Basic, inputs: Inputs = ANY, weight: sp.Expr = a) -> State:
    return State(inputs, weight, time)


def _missed(k: sp.Basic) -> sp.Expr:
    return _h(s + k) - Window(ANY, a, s + k, k)


missed = Derivation.by_induction(
    "unstable-missed",
    r"$h_{s+k} - h_{s+k}^k = a^k h_s$: what the window of $k$ inputs misses",
    Claim(_missed(k), "=", a**k * _h(s), where=_times),
    over=k,
    start=sp.Integer(0),
    base=(
        Step(
            _h(s),
            "a window without inputs gives $0$",
            using=(definition(Window(ANY, a, s, 0), 0),),
        ),
    ),
    step=(
        Step(
            a * _missed(k - 1),
            "one step of both runs; the input is the same",
            using=(
                definition(_h(s + k), a * _h(s + k - 1) + Input(ANY, s + k)),
                definition(
                    Window(ANY, a, s + k, k),
                    a * Window(ANY, a, s + k - 1, k - 1) + Input(ANY, s + k),
                ),
            ),
        ),
        Step(a**k * _h(s), "the statement for $k - 1$", using=(HYPOTHESIS,)),
    ),
    source=("004-eq4-5", "004-prop3"),
)

_pulse = {t: sp.Range(1, 7)}

pulse = Derivation.by_induction(
    "unstable-pulse",
    r"with $x_1 = 1$ and no other input $h_t = a^{t-1}$ for $t \ge 1$",
    Claim(_h(t, PULSE), "=", a ** (t - 1), where=_pulse),
    over=t,
    start=sp.Integer(1),
    base=(
        Step(
            sp.Integer(1),
            "the first step, from $h_0 = 0$ with $x_1 = 1$",
            using=(definition(_h(1, PULSE), 1),),
        ),
    ),
    step=(
        Step(
            a * _h(t - 1, PULSE),
            "a step without an input",
            using=(definition(_h(t, PULSE), a * _h(t - 1, PULSE)),),
        ),
        Step(a ** (t - 1), "the statement for $t - 1$", using=(HYPOTHESIS,)),
    ),
    source=("004-prop3",),
)

_after = {s: sp.Range(1, 4), k: sp.Range(0, 5)}
_gap = _h(s + k, PULSE) - Window(PULSE, a, s + k, k)

forgotten = Derivation(
    "unstable-forgotten",
    r"and $h_{s+k} - h_{s+k}^k = a^{s+k-1}$ for $s \ge 1$: all of $h_{s+k}$",
    Claim(_gap, "=", a ** (s + k - 1), where=_after),
    steps=(
        Step(
            a**k * _h(s, PULSE),
            "*What the window misses*",
            using=(lemma(_gap, a**k * _h(s, PULSE), missed),),
        ),
        Step(
            a ** (s + k - 1),
            "*One pulse*",
            using=(lemma(_h(s, PULSE), a ** (s - 1), pulse),),
        ),
    ),
    source=("004-prop3",),
)


class StateOf(State):
    """h_t, written with the one input that is not 0."""

    def _latex(self, printer) -> str:
        only = 0 if self.args[0] == PRINTED else 1
        return rf"h_{{{printer._print(self.args[2])}}}[x_{{{only}}} = 1]"


def _doubled(inputs: Inputs) -> Claim:
    return Claim(StateOf(inputs, sp.Integer(2), t), "=", 2 ** (t - 1), where=_pulse)


unused = Counterexample(
    "unstable-unused",
    r"with $a = 2$, $x_0 = 1$ and $x_t = 0$ for $t \ge 1$: $h_t = 2^{t-1}$",
    refutes=_doubled(PRINTED),
    instance={t: 3},
    instead=(_doubled(PULSE),),
    source=("004-prop3",),
)

_last_only = Inputs("last", lambda at, time: at.zero if time < 3 else letter(at, "x", time))
_late = {k: sp.Range(1, 7)}

harmless = Derivation(
    "unstable-harmless",
    r"if $x_1 = x_2 = 0$, then $h_{2+k}^k = h_{2+k}$ for every $a$",
    Claim(
        Window(_last_only, a, 2 + k, k),
        "=",
        _h(2 + k, _last_only),
        where=_late,
    ),
    steps=(
        Step(
            _h(2 + k, _last_only),
            "*What the window misses* is $a^k h_2$, and $h_2 = 0$: two steps from $0$ without "
            "inputs",
            using=(lemma(Window(_last_only, a, 2 + k, k), _h(2 + k, _last_only), missed),),
        ),
    ),
    source=("004-stability-necessary",),
)

# The gradient --------------------------------------------------------------------------------

_whole = {T: sp.Range(1, 7)}


def _ones(time: sp.Basic) -> State:
    return State(ONES, a, time)


_sum = (a - 1) * _ones(T)

states = Derivation.by_induction(
    "unstable-states",
    r"with all inputs one $(a - 1)\, h_T = a^T - 1$",
    Claim(_sum, "=", a**T - 1, where=_whole),
    over=T,
    start=sp.Integer(1),
    base=(
        Step(
            a - 1,
            "the first step, from $h_0 = 0$ with $x_1 = 1$",
            using=(definition(_ones(1), 1),),
        ),
    ),
    step=(
        Step(
            a * (a - 1) * _ones(T - 1) + a - 1,
            "one step",
            using=(definition(_ones(T), a * _ones(T - 1) + 1),),
        ),
        Step(a**T - 1, "the statement for $T - 1$", using=(HYPOTHESIS,)),
    ),
    source=("004-eq6", "004-eq4-5"),
)

wrong_index = Counterexample(
    "unstable-wrong-index",
    r"$h_t = \sum_{i=0}^{t-1} a^t$",
    refutes=Claim(_h(t, ONES), "=", sp.Sum(a**t, (i, 0, t - 1)), where=_pulse),
    instance={a: 2, t: 2},
    instead=(Claim(_h(t, ONES), "=", sp.Sum(a**i, (i, 0, t - 1)), where=_pulse),),
    source=("004-eq6",),
)

_inside = T * (a - 1) * a ** (T - 1) - a**T + 1


def _dh(time: sp.Basic) -> Slope:
    return Slope(a, time)


slope = Derivation.by_induction(
    "unstable-slope",
    r"and $(a - 1)^2\,\frac{dh_T}{da} = T (a - 1)\, a^{T-1} - a^T + 1$",
    Claim((a - 1) ** 2 * _dh(T), "=", _inside, where=_whole),
    over=T,
    start=sp.Integer(1),
    base=(
        Step(
            _inside.subs(T, 1),
            "$h_1 = 1$ does not depend on $a$; and the right side is $0$",
            using=(definition(_dh(1), 0),),
        ),
    ),
    step=(
        Step(
            (a - 1) ** 2 * _ones(T - 1) + a * (a - 1) ** 2 * _dh(T - 1),
            "$h_T = a h_{T-1} + 1$, and *the chain rule for a linear step*",
            using=(lemma(_dh(T), _ones(T - 1) + a * _dh(T - 1), terms.chain_rule),),
        ),
        Step(
            (a - 1) * (a ** (T - 1) - 1) + a * (a - 1) ** 2 * _dh(T - 1),
            "*The states*",
            using=(lemma((a - 1) * _ones(T - 1), a ** (T - 1) - 1, states),),
        ),
        Step(_inside, "the statement for $T - 1$", using=(HYPOTHESIS,)),
    ),
    source=("004-eq6",),
)

_f = sp.Function("f")(a)

loss_rule = Derivation(
    "unstable-loss-rule",
    r"$\frac{d}{da}\,\frac12 (f - 1)^2 = (f - 1)\frac{df}{da}$",
    Claim(sp.Derivative((_f - 1) ** 2 / 2, a), "=", (_f - 1) * sp.Derivative(_f, a)),
    steps=(Step((_f - 1) * sp.Derivative(_f, a), "the chain rule for a square"),),
    source=("004-eq6",),
)

gradient = Derivation(
    "unstable-gradient",
    r"$p'(a) = (h_T - 1)\,\frac{dh_T}{da}$",
    Claim(Gradient(a, T), "=", (_ones(T) - 1) * _dh(T), where=_whole),
    steps=(
        Step(
            (_ones(T) - 1) * _dh(T),
            "*The chain rule for the loss*",
            using=(lemma(Gradient(a, T), (_ones(T) - 1) * _dh(T), loss_rule),),
        ),
    ),
    source=("004-eq6",),
)

_cleared = (a - 1) ** 3 * Gradient(a, T)
_factors = (a**T - a) * ((T * (a - 1) - a) * a ** (T - 1) + 1)

factored = Derivation(
    "unstable-factored",
    r"$(a - 1)^3\, p'(a) = (a^T - a)\left((T(a - 1) - a)\, a^{T-1} + 1\right)$",
    Claim(_cleared, "=", _factors, where=_whole),
    steps=(
        Step(
            ((a - 1) * _ones(T) - a + 1) * (a - 1) ** 2 * _dh(T),
            "*The gradient*",
            using=(lemma(Gradient(a, T), (_ones(T) - 1) * _dh(T), gradient),),
        ),
        Step(
            _factors,
            "*The states*, and *the slope*",
            using=(lemma(_sum, a**T - 1, states), lemma((a - 1) ** 2 * _dh(T), _inside, slope)),
        ),
    ),
    source=("004-eq6",),
)

_main = (T * (a - 1) - a) * a ** (2 * T - 1)
_rest = (1 + a - T * (a - 1)) * a**T - a

asymptotics = Derivation(
    "unstable-asymptotics",
    r"$(a^T - a)\left((T(a - 1) - a)\, a^{T-1} + 1\right) = (T(a - 1) - a)\, a^{2T-1} + "
    r"(1 + a - T(a - 1))\, a^T - a$",
    Claim(_factors, "=", _main + _rest, where=_whole),
    steps=(Step(_main + _rest, "multiply out, and sort by the powers of $a^T$"),),
    source=("004-prop4-asymptotics",),
)

_long = {T: sp.Range(10, 14), a: sp.Interval(2, 3)}
_printed = T * a ** (2 * T - 3)

not_so_small = Counterexample(
    "unstable-not-so-small",
    r"$p'(a)$ is at most twice $T a^{2T-3}$ for $a \ge 2$ and $T \ge 10$",
    refutes=Claim(Gradient(a, T), "<=", 2 * _printed, where=_long),
    instance={a: 2, T: 10},
    instead=(
        Claim(Gradient(a, T), "<=", _main / (a - 1) ** 3, where=_long),
        Claim(Gradient(a, T), "<=", 4 * _printed, where=_long),
    ),
    source=("004-prop4-asymptotics",),
)

# Where descent goes --------------------------------------------------------------------------

_outside = {b: sp.Interval.open(1, sp.oo), T: sp.Range(2, 5)}

at_once = Counterexample(
    "unstable-at-once",
    r"from $a^{(0)} > 1$ the first step of descent leads to $\vert a^{(1)}\vert \ge a^{(0)}$, "
    r"for every $T \ge 2$",
    refutes=Claim(sp.Abs(Iterate(b, T, 1)), ">=", b, where=_outside),
    instance={b: 5, T: 2},
    instead=(Claim(sp.Abs(Iterate(b, T, 1)), ">=", 5 * b, where={**_outside, T: sp.Range(3, 5)}),),
    source=("004-prop4",),
)


def _third(size: sp.Expr) -> sp.Expr:
    """p′ for T = 3."""
    return size * (1 + size) * (1 + 2 * size)


three = Derivation(
    "unstable-three",
    r"for $T = 3$: $p'(a) = a (1 + a)(1 + 2a)$",
    Claim(Gradient(a, 3), "=", _third(a)),
    steps=(
        Step(
            (_ones(3) - 1) * _dh(3),
            "*The gradient*",
            using=(lemma(Gradient(a, 3), (_ones(3) - 1) * _dh(3), gradient),),
        ),
        Step(
            (a + a**2) * (1 + 2 * a),
            "$h_3 = 1 + a + a^2$",
            using=(definition(_ones(3), 1 + a + a**2), definition(_dh(3), 1 + 2 * a)),
        ),
        Step(_third(a), "take out $a$"),
    ),
    source=("004-prop4",),
)

_v = sp.Symbol("v", real=True)
_caught = {_v: sp.Interval(0, sp.Rational(1, 2)), alpha: sp.Interval(0, 1)}


caught = Derivation(
    "unstable-caught",
    r"for $T = 3$ a step of length $\alpha$ from $-1 + v$ leads to "
    r"$-1 + v\,(1 - \alpha (1 - v)(1 - 2v))$",
    Claim(
        (_v - 1) - alpha * _third(_v - 1),
        "=",
        -1 + _v * (1 - alpha * (1 - _v) * (1 - 2 * _v)),
    ),
    steps=(
        Step(
            -1 + _v * (1 - alpha * (1 - _v) * (1 - 2 * _v)),
            r"$p'(-1 + v) = (-1 + v)\, v\, (-1 + 2v)$",
        ),
    ),
    source=("004-prop4",),
)

_first, _second = sp.Derivative(_f, a), sp.Derivative(_f, (a, 2))

loss_twice = Derivation(
    "unstable-loss-twice",
    r"$\frac{d^2}{da^2}\,\frac12 (f - 1)^2 = \left(\frac{df}{da}\right)^2 + "
    r"(f - 1)\frac{d^2f}{da^2}$",
    Claim(sp.Derivative((_f - 1) ** 2 / 2, (a, 2)), "=", _first**2 + (_f - 1) * _second),
    steps=(Step(_first**2 + (_f - 1) * _second, "the chain rule, then the product rule"),),
    source=("004-prop4",),
)

_half = sp.Symbol("m", integer=True, positive=True)
_odd = 2 * _half + 1


class Bend(OfSystem):
    """p″(a) for p = ½ (h_T − 1)², all inputs one."""

    tex, plain = "p''({0})", "p''({0})"

    def numeric(self, at):
        a, T = self.args
        last = at.integer(T)

        def loss(value):
            return (self.run(at, ONES, value, 0, last) - 1) ** 2 * at.number(sp.Rational(1, 2))

        return at.derivative(loss, at(a), 2)


_minus = sp.Integer(-1)
_odd_times = {_half: sp.Range(1, 5)}

slope_there = Derivation(
    "unstable-slope-there",
    r"for odd $T = 2m + 1$ and $a = -1$: $4\,\frac{dh_T}{da} = -4m$",
    Claim(4 * Slope(_minus, _odd), "=", -4 * _half, where=_odd_times),
    steps=(
        Step(
            -4 * _half,
            r"*The slope* at $a = -1$: $-2T + 1 + 1$",
            using=(lemma(4 * Slope(_minus, _odd), -2 * _odd + 2, slope),),
        ),
    ),
    source=("004-prop4",),
)

second_minimum = Derivation(
    "unstable-second-minimum",
    r"for odd $T = 2m + 1$: $p''(-1) = m^2$",
    Claim(Bend(_minus, _odd), "=", _half**2, where=_odd_times),
    steps=(
        Step(
            _half**2,
            r"*The chain rule once more*, with $h_T = 1$ and $\frac{dh_T}{da} = -m$ at $a = -1$",
            using=(lemma(Bend(_minus, _odd), (-_half) ** 2, loss_twice),),
        ),
    ),
    source=("004-prop4",),
)

trapped = Counterexample(
    "unstable-trapped",
    r"from $a^{(0)} < -1$ the first step of descent leads to $\vert a^{(1)}\vert \ge "
    r"\vert a^{(0)}\vert$, for every $T \ge 3$",
    refutes=Claim(sp.Abs(Iterate(-b, T, 1)), ">=", b, where={**_outside, T: sp.Range(3, 6)}),
    instance={b: sp.Rational(6, 5), T: 3},
    instead=(
        Claim(
            sp.Abs(Iterate(-b, T, 1)),
            ">=",
            5 * b,
            where={b: sp.Interval(3, sp.oo), T: sp.Range(3, 6)},
        ),
    ),
    source=("004-prop4",),
)

# It diverges ---------------------------------------------------------------------------------


z = sp.Symbol("z", positive=True)
"""The size of a weight below 0."""
_T3 = {T: sp.Range(3, 8)}


_h_before, _dh_before = _ones(T - 3), _dh(T - 3)
_slope_now = 1 + 2 * a + 3 * a**2 * _h_before + a**3 * _dh_before
_added = (a + a**2) * (3 * a**2 * _h_before + a**3 * _dh_before) + a**3 * _h_before * _slope_now

right = Derivation(
    "unstable-right",
    r"for $T \ge 3$, with $h = h_{T-3}$ and its derivative $h'$: $p'(a) = a (1 + a)(1 + 2a) + "
    r"(a + a^2)(3a^2 h + a^3 h') + a^3 h\,(1 + 2a + 3a^2 h + a^3 h')$",
    Claim(Gradient(a, T), "=", _third(a) + _added, where=_T3),
    steps=(
        Step(
            (_ones(T) - 1) * _dh(T),
            "*The gradient*",
            using=(lemma(Gradient(a, T), (_ones(T) - 1) * _dh(T), gradient),),
        ),
        Step(
            _third(a) + _added,
            "three steps at once, $h_T = 1 + a + a^2 + a^3 h_{T-3}$, and the derivative of that",
            using=(
                definition(_ones(T), 1 + a + a**2 + a**3 * _h_before),
                lemma(_dh(T), _slope_now, terms.chain_rule),
            ),
        ),
    ),
    source=("004-prop4",),
)

_epsilon = (-1) ** (T - 1)
_size = (1 + z) ** 3 * -Gradient(-z, T)


def _of_size(power: sp.Expr, sign: sp.Expr, T: sp.Expr = T) -> sp.Expr:
    return z * (power - sign) * ((T * (1 + z) - z) * power - sign)


left_form = Derivation(
    "unstable-left-form",
    r"$-(1 + z)^3\, p'(-z) = z (q - \epsilon)\left((T(1 + z) - z)\, q - \epsilon\right)$ with "
    r"$q = z^{T-1}$ and $\epsilon = (-1)^{T-1}$",
    Claim(_size, "=", _of_size(z ** (T - 1), _epsilon), where=_whole),
    steps=(
        Step(
            _of_size(z ** (T - 1), _epsilon),
            r"*Factors* with $a = -z$, and $\epsilon^2 = 1$",
            using=(
                lemma(
                    _size, ((-z) ** T + z) * ((T * (-z - 1) + z) * (-z) ** (T - 1) + 1), factored
                ),
            ),
        ),
    ),
    source=("004-prop4",),
)

_q, _tau, _e = sp.symbols("q tau epsilon", real=True)

_powers = {z: sp.Interval(1, sp.oo), _q: sp.Interval(z**2, sp.oo), _e: sp.Interval(-1, 1)}

left_state = Derivation(
    "unstable-left-state",
    r"for $z \ge 1$, $q \ge z^2$ and $-1 \le \epsilon \le 1$: $q - \epsilon \ge "
    r"(z - 1)(1 + z)$",
    Claim(_q - _e, ">=", (z - 1) * (1 + z), where=_powers),
    steps=(Step((z - 1) * (1 + z), r"$q - \epsilon \ge z^2 - 1$", relation=">="),),
    source=("004-prop4",),
)

left_slope = Derivation(
    "unstable-left-slope",
    r"and, for $T \ge 3$ besides, $(T(1 + z) - z)\, q - \epsilon \ge (2z - 1)(1 + z)^2$",
    Claim(
        (_tau * (1 + z) - z) * _q - _e,
        ">=",
        (2 * z - 1) * (1 + z) ** 2,
        where={**_powers, _tau: sp.Interval(3, sp.oo)},
    ),
    steps=(
        Step(
            (2 * z - 1) * (1 + z) ** 2,
            r"$(3(1 + z) - z) z^2 - 1 = (2z - 1)(1 + z)^2$",
            relation=">=",
        ),
    ),
    source=("004-prop4",),
)

_cubes = {z: sp.Interval(1, sp.oo), _q: sp.Interval(z**3, sp.oo)}

even_slope = Derivation(
    "unstable-even-slope",
    r"for $z \ge 1$ and $q \ge z^3$: $(4(1 + z) - z)\, q + 1 \ge (3z^2 - 2z + 1)(1 + z)^2$",
    Claim(
        (4 * (1 + z) - z) * _q + 1,
        ">=",
        (3 * z**2 - 2 * z + 1) * (1 + z) ** 2,
        where=_cubes,
    ),
    steps=(
        Step(
            (3 * z**2 - 2 * z + 1) * (1 + z) ** 2,
            r"$(4(1 + z) - z) z^3 + 1 = (3z^2 - 2z + 1)(1 + z)^2$",
            relation=">=",
        ),
    ),
    source=("004-prop4",),
)

_even_size = z * (z**2 - z + 1) * (3 * z**2 - 2 * z + 1)

even_first = Derivation(
    "unstable-even-first",
    r"$-z + z (z^2 - z + 1)(3z^2 - 2z + 1) \ge z$ for $z \ge 1$",
    Claim(-z + _even_size, ">=", z, where={z: sp.Interval(1, sp.oo)}),
    steps=(Step(z, r"$z^2 - z + 1 \ge 1$ and $3z^2 - 2z + 1 \ge 2$", relation=">="),),
    source=("004-prop4",),
)

_y, _m = sp.symbols("y m", real=True)
_far = {_m: sp.Interval(1, sp.oo), _y: sp.Interval(5 * _m, sp.oo)}


def _thrown(y: sp.Expr, step: sp.Expr) -> sp.Expr:
    """What a step of length 1/step makes at least of the size y."""
    return -y + _third(y - 1) / step


growth = Derivation(
    "unstable-growth",
    r"$-y + y (y - 1)(2y - 1)/(m + 1) \ge 17 y$ for $m \ge 1$ and $y \ge 5m$",
    Claim(_thrown(_y, _m + 1), ">=", 17 * _y, where=_far),
    steps=(
        Step(
            17 * _y,
            r"$(y - 1)(2y - 1) \ge (5m - 1)(10m - 1) = 18(m + 1) + (m - 1)(50m + 17)$",
            relation=">=",
        ),
    ),
    source=("004-prop4",),
)


class Size(Number):
    """y_i, of which nothing is known but that each is at least g times the one before."""

    tex, plain = "y_{{{0}}}", "y_{0}"
    is_real = True

    def numeric(self, at):
        value, last = letter(at, "y", 1), at.integer(self.args[0])
        if last < 1:
            raise at.OutOfRange("the sequence begins with y_1")
        for place in range(2, last + 1):
            more = letter(at, "more", place)
            value = at(g) * value + (more if more > 1 else at.zero)
        return value


g = sp.Symbol("g", positive=True)
_each_grows = every(i, sp.Range(2, N + 1), g * Size(i - 1), "<=", Size(i))

piles_up = Derivation.by_induction(
    "unstable-piles-up",
    r"if $y_i \ge g\, y_{i-1}$ for $i = 2, \dots, N$, then $y_N \ge g^{N-1} y_1$",
    Claim(
        Size(N),
        ">=",
        g ** (N - 1) * Size(1),
        where={N: sp.Range(1, 6)},
        given=(_each_grows,),
    ),
    over=N,
    start=sp.Integer(1),
    base=(Step(Size(1), "$g^0 = 1$"),),
    step=(
        Step(
            g * Size(N - 1),
            "the assumption for $i = N$",
            relation=">=",
            using=(given(_each_grows, N),),
        ),
        Step(
            g ** (N - 1) * Size(1),
            "the statement for $N - 1$",
            relation=">=",
            using=(HYPOTHESIS,),
        ),
    ),
    source=("004-prop4",),
)


class Turned(Iterate):
    """(−1)^i a^i."""

    tex, plain = r"(-1)^{{{2}}}\, a^{{({2})}}", "(-1)^{2} a^({2})"

    def numeric(self, at):
        return at.number(sp.Integer(-1)) ** at.integer(self.args[2]) * super().numeric(at)


_length, _count = sp.symbols("T i", positive=True)
_thrown_out = Turned(b, _length, _count)

diverges = Derivation(
    "unstable-diverges",
    r"if $a^{(0)} \ge 1$ and $T \ge 3$, then $(-1)^i a^{(i)} \ge 5 \cdot 17^{i-1}$ for $i \ge 1$",
    Claim(
        5 * sp.Integer(17) ** (_count - 1),
        "<=",
        _thrown_out,
        where={b: sp.Interval(1, sp.oo), _length: sp.Range(3, 6), _count: sp.Range(1, 4)},
    ),
    steps=(
        Step(
            _thrown_out,
            "argued in the text from *to the right*, *to the left*, *growth* and *it piles up*; "
            "here tested for $T = 3, 4, 5$ and $i = 1, 2, 3$",
            relation="<=",
            by="test",
        ),
    ),
    source=("004-prop4", "004-stability-necessary"),
)


class TurnedBack(Turned):
    """(−1)^(i+1) a^i."""

    tex, plain = r"(-1)^{{{2}+1}}\, a^{{({2})}}", "(-1)^({2}+1) a^({2})"

    def numeric(self, at):
        return -super().numeric(at)


_half_length = sp.Symbol("m", positive=True)
_thrown_even = TurnedBack(b, 2 * _half_length, _count)

even = Derivation(
    "unstable-even",
    r"if $a^{(0)} \le -1$ and $T = 2m \ge 4$, then $(-1)^{i+1} a^{(i)} \ge 8 \cdot 17^{i-2}$ for "
    r"$i \ge 2$",
    Claim(
        8 * sp.Integer(17) ** (_count - 2),
        "<=",
        _thrown_even,
        where={
            b: sp.Interval(-sp.oo, -1),
            _half_length: sp.Range(2, 3),
            _count: sp.Range(2, 4),
        },
    ),
    steps=(
        Step(
            _thrown_even,
            "argued in the text from the two lemmas before, *to the right*, *growth* and *it "
            "piles up*; here tested for $T = 4$ and $i = 2, 3$",
            relation="<=",
            by="test",
        ),
    ),
    source=("004-prop4", "004-stability-necessary"),
)
