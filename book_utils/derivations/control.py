"""Training one unit as optimal control: what the chapter on the one unit and its wall states."""

from __future__ import annotations

from typing import Any

import sympy as sp

from book_utils.derivations.engine import (
    HYPOTHESIS,
    Cited,
    Claim,
    Counterexample,
    Derivation,
    Step,
    certified,
    definition,
    given,
    lemma,
    slope,
    substitution,
)
from book_utils.derivations.engine.claim import Equation
from book_utils.derivations.engine.vocabulary import Number, activation_function
from book_utils.derivations.one_unit import (
    STATES,
    OfOrbit,
    Orbit,
    b,
    logit,
    n,
    shift,
    sigma,
    target,
    w,
    y,
    y0,
)

# The words of this chapter -------------------------------------------------------------------

x0 = sp.Symbol("x_0", real=True)
z = sp.Symbol("z", real=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
m = sp.Symbol("m", integer=True, nonnegative=True)

_half, _quarter = sp.Rational(1, 2), sp.Rational(1, 4)
_inside = {y0: STATES}
_steps = {n: sp.Range(0, 6)}
_from_1 = {n: sp.Range(1, 7)}


class On(OfOrbit):
    """Fⁿ(y), n steps from y: the same as ``Orbit``, written with its start."""

    tex, plain = r"F^{{{3}}}\left({2}\right)", "F^{3}({2})"

    def numeric(self, at):
        return Orbit(*self.args).numeric(at)


class StepSlope(OfOrbit):
    """s_n = y_n (1 − y_n), the slope of σ in step n; arguments w, b, y_0 and n."""

    tex, plain = "s_{{{3}}}", "s_{3}"

    def numeric(self, at):
        state = Orbit(*self.args).numeric(at)
        return state * (1 - state)


class Map(OfOrbit):
    """F(y) = σ(w y + b), one step of the unit, with arguments w, b and y."""

    tex, plain = r"F\left({2}\right)", "F({2})"

    def numeric(self, at):
        return self.run(at, *map(at, self.args), 1)


class Sigma(Number):
    """σ(z), as a word: it is written so, and opened where a step needs the formula."""

    tex, plain = r"\sigma\left({0}\right)", "σ({0})"

    def numeric(self, at):
        return at.at({z: at(self.args[0])})(sigma(z))


class Logit(Number):
    """σ⁻¹(y) = ln(y/(1 − y))."""

    tex, plain = r"\sigma^{{-1}}\left({0}\right)", "σ⁻¹({0})"

    def numeric(self, at):
        return at.at({z: at(self.args[0])})(logit(z))


class Inner(Number):
    """x_n of x_n = w σ(x_{n-1}) + b, with arguments w, b, x_0 and n."""

    tex, plain = "x_{{{3}}}", "x_{3}"

    def numeric(self, at):
        *numbers, steps = self.args
        w, b, state = map(at, numbers)
        if at.integer(steps) < 0:
            raise at.OutOfRange("an orbit has no less than no steps")
        for _ in range(at.integer(steps)):
            state = w * at.at({z: state})(sigma(z)) + b
        return state


class BiasRate(OfOrbit):
    """∂y_n/∂b where the bias is any expression: arguments w, b, y_0 and n."""

    tex, plain = r"\frac{{\partial y_{{{3}}}}}{{\partial b}}", "∂y_{3}/∂b"

    def numeric(self, at):
        *numbers, steps = self.args
        w, b, start = map(at, numbers)
        last = at.integer(steps)
        return at.derivative(lambda moved: self.run(at, w, moved, start, last), b, 1)


class WeightRate(OfOrbit):
    """∂y_n/∂w, with arguments w, b, y_0 and n."""

    tex, plain = r"\frac{{\partial y_{{{3}}}}}{{\partial w}}", "∂y_{3}/∂w"

    def numeric(self, at):
        *numbers, steps = self.args
        w, b, start = map(at, numbers)
        last = at.integer(steps)
        return at.derivative(lambda moved: self.run(at, moved, b, start, last), w, 1)


class OfCost(OfOrbit):
    """A number about E_n = (y_n − y_T)²; arguments w, b, y_0, y_T and n."""

    def cost(self, at, w, b, start, target, steps):
        return (self.run(at, w, b, start, steps) - target) ** 2


class BiasSlope(OfCost):
    """∂E_n/∂b, where the bias is any expression."""

    tex, plain = r"\frac{{\partial E_{{{4}}}}}{{\partial b}}", "∂E_{4}/∂b"

    def numeric(self, at):
        *numbers, steps = self.args
        w, b, start, target = map(at, numbers)
        last = at.integer(steps)
        return at.derivative(lambda moved: self.cost(at, w, moved, start, target, last), b, 1)


class WeightSlope(OfCost):
    """∂E_n/∂w."""

    tex, plain = r"\frac{{\partial E_{{{4}}}}}{{\partial w}}", "∂E_{4}/∂w"

    def numeric(self, at):
        *numbers, steps = self.args
        w, b, start, target = map(at, numbers)
        last = at.integer(steps)
        return at.derivative(lambda moved: self.cost(at, moved, b, start, target, last), w, 1)


class Costate(OfCost):
    """λ_k: how E_n moves with y_k. Move y_k, and run the unit on to y_n.

    The arguments are w, b, y_0, y_T, k and n.
    """

    tex, plain = r"\lambda_{{{4}}}", "λ_{4}"

    def numeric(self, at):
        *numbers, place, steps = self.args
        w, b, start, target = map(at, numbers)
        here, last = at.integer(place), at.integer(steps)
        if not 0 <= here <= last:
            raise at.OutOfRange("the cost does not depend on later states")
        state = self.run(at, w, b, start, here)
        return at.derivative(
            lambda moved: self.cost(at, w, b, moved, target, last - here), state, 1
        )


def _y(steps: sp.Basic) -> Orbit:
    return Orbit(w, b, y0, steps)


def _slope(steps: sp.Basic) -> StepSlope:
    return StepSlope(w, b, y0, steps)


def _costate(steps: sp.Basic, last: sp.Basic = n) -> Costate:
    return Costate(w, b, y0, target, steps, last)


# Two ways to write the unit ------------------------------------------------------------------

inverse = Derivation(
    "control-inverse",
    r"$\sigma^{-1}(y) = \ln\frac{y}{1-y}$ undoes $\sigma$: $\sigma^{-1}(\Sigma(z)) = z$",
    Claim(Logit(Sigma(z)), "=", z),
    steps=(
        Step(
            sp.log(sp.exp(z), evaluate=False),
            r"$\frac{\sigma}{1 - \sigma} = e^z$",
            using=(definition(Logit(Sigma(z)), logit(sigma(z))),),
        ),
        Step(z, "the logarithm undoes the exponential function"),
    ),
    source=("003-eq3.4",),
)

two_forms = Derivation.by_induction(
    "control-two-forms",
    r"if $x_n = w\Sigma(x_{n-1}) + b$, $y_n = \Sigma(w y_{n-1} + b)$ and $y_0 = \Sigma(x_0)$, "
    r"then $y_n = \Sigma(x_n)$ for all $n$",
    Claim(Orbit(w, b, Sigma(x0), n), "=", Sigma(Inner(w, b, x0, n)), where=_steps),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            Sigma(x0),
            "that is the start",
            by=(substitution,),
            using=(definition(Orbit(w, b, Sigma(x0), 0), Sigma(x0)),),
        ),
        Step(
            Sigma(Inner(w, b, x0, 0)),
            "and the start of the other",
            by=(substitution,),
            using=(definition(Inner(w, b, x0, 0), x0),),
        ),
    ),
    step=(
        Step(
            Sigma(w * Orbit(w, b, Sigma(x0), n - 1) + b),
            "one step of $y$",
            by=(substitution,),
            using=(
                definition(Orbit(w, b, Sigma(x0), n), Sigma(w * Orbit(w, b, Sigma(x0), n - 1) + b)),
            ),
        ),
        Step(
            Sigma(w * Sigma(Inner(w, b, x0, n - 1)) + b),
            "the statement for $n - 1$",
            by=(substitution,),
            using=(HYPOTHESIS,),
        ),
        Step(
            Sigma(Inner(w, b, x0, n)),
            "one step of $x$",
            by=(substitution,),
            using=(definition(Inner(w, b, x0, n), w * Sigma(Inner(w, b, x0, n - 1)) + b),),
        ),
    ),
    source=("003-eq1.1", "003-cost"),
)

_next = Map(w, b, _y(n - 1))

logit_form = Derivation(
    "control-logit-form",
    r"$\sigma^{-1}(y_n) = w y_{n-1} + b$",
    Claim(Logit(_y(n)), "=", w * _y(n - 1) + b, where={**_from_1, **_inside}),
    steps=(
        Step(
            Logit(_next),
            "one step of $y$",
            by=(substitution,),
            using=(definition(_y(n), _next),),
        ),
        Step(
            w * _y(n - 1) + b,
            r"$\sigma^{-1}$ undoes $\sigma$",
            by=(substitution,),
            using=(
                definition(_next, Sigma(w * _y(n - 1) + b)),
                lemma(Logit(Sigma(w * _y(n - 1) + b)), w * _y(n - 1) + b, inverse),
            ),
        ),
    ),
    source=("003-eq3.4",),
)

restart = Derivation.by_induction(
    "control-restart",
    r"$n$ steps from $y_k$ lead where $k + n$ steps from $y_0$ lead",
    Claim(
        On(w, b, _y(k), n),
        "=",
        _y(k + n),
        where={**_inside, k: sp.Range(0, 4), n: sp.Range(0, 5)},
    ),
    over=n,
    start=sp.Integer(0),
    base=(Step(_y(k), "no step", using=(definition(On(w, b, _y(k), 0), _y(k)),)),),
    step=(
        Step(
            Map(w, b, On(w, b, _y(k), n - 1)),
            "the last step",
            using=(definition(On(w, b, _y(k), n), Map(w, b, On(w, b, _y(k), n - 1))),),
        ),
        Step(
            Map(w, b, _y(k + n - 1)),
            "the statement for $n - 1$",
            by=(substitution,),
            using=(HYPOTHESIS,),
        ),
        Step(
            _y(k + n),
            "one more step from $y_{k+n-1}$",
            using=(definition(_y(k + n), Map(w, b, _y(k + n - 1))),),
        ),
    ),
    source=("003-fig1",),
)

# What has to exist ---------------------------------------------------------------------------

ends = Derivation(
    "control-ends",
    r"$F(y) - y$ has opposite signs at $y = 0$ and at $y = 1$",
    Claim((Map(w, b, 0) - 0) * (Map(w, b, 1) - 1), "<", 0),
    steps=(
        Step(
            sigma(b) * (sigma(w + b) - 1),
            r"$F(0) = \sigma(b)$ and $F(1) = \sigma(w + b)$",
            by=(substitution,),
            using=(
                definition(Map(w, b, 0), sigma(b)),
                definition(Map(w, b, 1), sigma(w + b)),
            ),
        ),
        Step(sp.Integer(0), r"$0 < \sigma < 1$", relation="<"),
    ),
    source=("003-brouwer",),
)

support = Counterexample(
    "control-no-support",
    r"$F(y) = \sigma(w y + b)$ has compact support: it is $0$ outside some compact set, say for "
    r"$y > 1$",
    refutes=Claim(Map(w, b, y), "=", 0, where={y: sp.Interval.open(1, sp.oo)}),
    instance={w: 0, b: 0, y: 2},
    instead=(Claim(Map(w, b, y), ">", 0), Claim(Map(w, b, y), "<", 1)),
    source=("003-brouwer",),
)


class Turning(OfOrbit):
    """y_n with w = −4 ln 3, b = 2 ln 3 and y_0 = ¼; its argument is n."""

    tex, plain = "y_{{{0}}}", "y_{0}"

    weight, bias, start = -4 * sp.log(3), 2 * sp.log(3), sp.Rational(1, 4)

    def numeric(self, at):
        (steps,) = self.args
        return self.run(at, at(self.weight), at(self.bias), at(self.start), at.integer(steps))


class TurningMap(OfOrbit):
    """F with the same weight and bias; its argument is the state."""

    tex, plain = r"F\left({0}\right)", "F({0})"

    @classmethod
    def means(cls, state: sp.Basic) -> Equation:
        formula = sigma(Turning.weight * state + Turning.bias)
        return definition(cls(state), formula)

    def numeric(self, at):
        (state,) = self.args
        return self.run(at, at(Turning.weight), at(Turning.bias), at(state), 1)


_now, _before = Turning(n), Turning(n - 1)

alternates = Derivation.by_induction(
    "control-alternates",
    r"with $w = -4 \ln 3$, $b = 2 \ln 3$ and $y_0 = \frac14$: $y_{n+1} = 1 - y_n$ for all $n$",
    Claim(Turning(n + 1), "=", 1 - _now, where=_steps),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            1 - Turning(0),
            r"$y_1 = \sigma(-\ln 3 + 2 \ln 3) = \frac34$",
            by=(substitution,),
            using=(
                definition(Turning(1), TurningMap(Turning(0))),
                definition(Turning(0), Turning.start),
                TurningMap.means(Turning.start),
            ),
        ),
    ),
    step=(
        Step(TurningMap(_now), "one step", using=(definition(Turning(n + 1), TurningMap(_now)),)),
        Step(
            TurningMap(1 - _before),
            "the statement for $n - 1$",
            by=(substitution,),
            using=(HYPOTHESIS,),
        ),
        Step(
            1 - TurningMap(_before),
            r"$F(1 - y) = 1 - F(y)$, since $b = -\frac{w}{2}$ and $\sigma(-z) = 1 - \sigma(z)$",
            using=(TurningMap.means(1 - _before), TurningMap.means(_before)),
        ),
        Step(1 - _now, "one step", using=(definition(_now, TurningMap(_before)),)),
    ),
    source=("003-eq2.1",),
)

# How close y_n is to its limit ---------------------------------------------------------------

_p, _q = sp.symbols("p q", real=True)

one_step = Derivation(
    "control-one-step",
    r"$\vert \sigma(u) - \sigma(v) \vert \le \frac14 \vert u - v \vert$: if $0 < q \le p < 1$, "
    r"then $\sigma^{-1}(p) - \sigma^{-1}(q) \ge 4\,(p - q)$",
    Claim(
        logit(_p) - logit(_q) - 4 * (_p - _q),
        ">=",
        0,
        where={_p: sp.Interval.open(0, 1), _q: sp.Interval.Lopen(0, _p)},
    ),
    steps=(
        Step(
            sp.Integer(0),
            r"it is $0$ at $q = p$, and $\frac{d}{dq} \ln\frac{q}{1 - q} = \frac{1}{q (1 - q)} "
            r"\ge 4$",
            relation=">=",
            by=(slope,),
        ),
    ),
    source=("003-y50",),
)


class Near(OfOrbit):
    """y_n with the bias that makes y a fixed point: arguments w, y, y_0 and n."""

    tex, plain = "y_{{{3}}}", "y_{3}"

    def numeric(self, at):
        w, y, start, steps = self.args
        return self.run(at, at(w), at(shift(w, y)), at(start), at.integer(steps))


class NearMap(OfOrbit):
    """F(z) with the bias that makes y a fixed point: arguments w, y and z."""

    tex, plain = r"F\left({2}\right)", "F({2})"

    def numeric(self, at):
        w, y, state = self.args
        return self.run(at, at(w), at(shift(w, y)), at(state), 1)


class Distance(Near):
    """|y_n − y|, how far the unit is from the fixed point: the same arguments."""

    tex, plain = r"\left|{{y_{{{3}}} - {1}}}\right|", "|y_{3} − {1}|"
    is_nonnegative = True

    def numeric(self, at):
        return abs(super().numeric(at) - at(self.args[1]))


def _near(steps: sp.Basic) -> Near:
    return Near(w, y, y0, steps)


def _distance(steps: sp.Basic) -> Distance:
    return Distance(w, y, y0, steps)


def _gap(steps: sp.Basic) -> sp.Expr:
    """What ``Distance`` stands for."""
    return sp.Abs(_near(steps) - y)


fixed = Derivation(
    "control-fixed",
    r"with $b = \sigma^{-1}(y) - w y$: $F(y) = y$",
    Claim(NearMap(w, y, y), "=", y, where={y: STATES}),
    steps=(
        Step(
            sigma(Logit(y)),
            "$w y + b = \\sigma^{-1}(y)$",
            by=(substitution,),
            using=(definition(NearMap(w, y, y), sigma(Logit(y))),),
        ),
        Step(
            y,
            r"$\sigma$ undoes $\sigma^{-1}$",
            using=(definition(Logit(y), logit(y)),),
        ),
    ),
    source=("003-eq2.1",),
)

# The bound holds for any start. Only a far one tells it from (|w|/4)^n alone, only one among the
# states from |y_0 - y| alone: the tester gets both.
_starts = sp.Union(sp.Interval(-10, -3), sp.Interval(0, 1))
_around = {y: STATES, y0: _starts, w: sp.Interval(-5, 5)}
_stretched = sp.Abs(NearMap(w, y, _near(n - 1)) - NearMap(w, y, y))
_inner = sp.Abs(w * _near(n - 1) - w * y)

geometric = Derivation.by_induction(
    "control-geometric",
    r"if $y$ is a fixed point, then $\vert y_n - y \vert \le (\vert w \vert/4)^n\, "
    r"\vert y_0 - y \vert$",
    Claim(
        _distance(n),
        "<=",
        (sp.Abs(w) / 4) ** n * _distance(0),
        where={**_around, n: sp.Range(0, 3)},
    ),
    over=n,
    start=sp.Integer(0),
    base=(Step(_distance(0), "the same", by=(substitution,)),),
    step=(
        Step(
            _stretched,
            "one step; $y$ is a fixed point",
            by=(substitution,),
            using=(
                definition(_distance(n), _gap(n)),
                definition(_near(n), NearMap(w, y, _near(n - 1))),
                lemma(NearMap(w, y, y), y, fixed),
            ),
        ),
        Step(
            sp.Abs(w) / 4 * _distance(n - 1),
            "*One step*: the arguments of $\\sigma$ are $w$ times as far apart as the states",
            relation="<=",
            using=(
                lemma(_stretched, _inner / 4, one_step, "<="),
                definition(_inner, sp.Abs(w) * _distance(n - 1)),
            ),
        ),
        Step(
            (sp.Abs(w) / 4) ** n * _distance(0),
            "the statement for $n - 1$",
            relation="<=",
            using=(HYPOTHESIS,),
        ),
    ),
    source=("003-y50",),
)

_three = sp.Rational(3, 4) ** 50
_apart = Claim(Distance(3, y, y0, 0), "<=", 1)

at_three = Derivation(
    "control-at-three",
    r"with $w = 3$ and a fixed point $y$: $\vert y_{50} - y \vert < 6 \cdot 10^{-7}$ for every "
    r"$y_0$ in $[0, 1]$",
    Claim(
        Distance(3, y, y0, 50),
        "<",
        sp.Rational(6, 10**7),
        where={y: STATES, y0: sp.Interval(0, 1)},
        given=(_apart,),
    ),
    steps=(
        Step(
            sp.Rational(6, 10**7),
            r"*Geometric decay*; two states are at most $1$ apart, and $(\frac34)^{50} < 6 \cdot "
            r"10^{-7}$",
            relation="<",
            using=(
                lemma(Distance(3, y, y0, 50), _three * Distance(3, y, y0, 0), geometric, "<="),
                given(_apart),
            ),
        ),
    ),
    source=("003-y50",),
)

not_close = Derivation(
    "control-not-close",
    r"with $w = 3.99$, $b = -1.995$ and $y_0 = 0.1$: the fixed point is $\frac12$, and "
    r"$\frac12 - y_{50} > 0.0789$",
    Claim(
        _half - Orbit(sp.Rational(399, 100), sp.Rational(-1995, 1000), sp.Rational(1, 10), 50),
        ">",
        sp.Rational(789, 10000),
    ),
    steps=(
        Step(
            sp.Rational(789, 10000),
            "an enclosure of all fifty states",
            relation=">",
            by=(certified,),
        ),
    ),
    source=("003-y50",),
)

# At |w| = 4 ----------------------------------------------------------------------------------

_d, _d0 = sp.symbols("d d_0", real=True)
_j = sp.Symbol("k", integer=True, positive=True)
_gaps = {_d: sp.Interval.open(0, _half)}


class Slow(OfOrbit):
    """d_n = ½ − y_n with w = 4, b = −2 and y_0 = ½ − d: arguments d and n."""

    tex, plain = "d_{{{1}}}", "d_{1}"
    is_positive = True

    def numeric(self, at):
        d, steps = self.args
        weight, bias = (at.number(sp.Integer(each)) for each in (4, -2))
        state = self.run(at, weight, bias, at(_half - d), at.integer(steps))
        return at(_half) - state


def _slow(steps: sp.Basic) -> Slow:
    return Slow(_d, steps)


class Sinh(Number):
    """sinh 2d = (e^{2d} − e^{−2d})/2."""

    tex, plain = r"\sinh\left(2 {0}\right)", "sinh(2{0})"
    is_positive = True
    formula = (sp.exp(2 * _d) - sp.exp(-2 * _d)) / 2

    def numeric(self, at):
        return at.at({_d: at(self.args[0])})(self.formula)


_first = Slow(_d, 1)
_one_slow = 1 / _first**2
_one_more = 4 + 4 / Sinh(_d) ** 2

slow_step = Derivation(
    "control-slow-step",
    r"with $w = 4$, $b = -2$ and $d_0 = d$: $1/d_1^2 = 4 + 4/\sinh^2(2d)$",
    Claim(_one_slow, "=", _one_more, where=_gaps),
    steps=(
        Step(
            _one_more,
            r"$\frac12 - \sigma(-4d) = \frac{1 - q}{2 (1 + q)}$ with $q = e^{-4d}$, and "
            r"$(1 + q)^2 = (1 - q)^2 + 4 q$",
            using=(
                definition(_first, _half - sigma(-4 * _d)),
                definition(Sinh(_d), Sinh.formula),
            ),
        ),
    ),
    source=("003-y50",),
)

series = Derivation(
    "control-series",
    r"for the coefficients $a_k = 2^{2k-1}/(2k)!$ of $\sinh^2$ and $k \ge 1$: $a_{k+1}/a_k = "
    r"\frac{4}{(2k+1)(2k+2)} \le \frac13$",
    Claim(4 / ((2 * _j + 1) * (2 * _j + 2)), "<=", sp.Rational(1, 3)),
    steps=(Step(sp.Rational(1, 3), r"$(2k + 1)(2k + 2) \ge 12$ for $k \ge 1$", relation="<="),),
    source=("003-y50",),
)

_POWER_SERIES = Cited("the power series of the hyperbolic sine")


_grown = _one_slow - 1 / _d**2

slow_at_least = Derivation(
    "control-slow-at-least",
    r"in one step $1/d^2$ grows by at least $\frac83$",
    Claim(_grown, ">=", sp.Rational(8, 3), where=_gaps),
    steps=(
        Step(
            _one_more - 1 / _d**2,
            "*One step at $w = 4$*",
            using=(lemma(_one_slow, _one_more, slow_step),),
        ),
        Step(
            sp.Rational(8, 3),
            r"with $z = 2d$: $\sinh^2 z\, (1 - \frac{z^2}{3}) \le z^2$, since $a_1 = 1$ and no "
            r"coefficient $a_{k+1} - \frac13 a_k$ is positive; divided by $z^2 \sinh^2 z$ this is "
            r"$\frac{4}{\sinh^2 2d} \ge \frac{1}{d^2} - \frac43$, and $4 - \frac43 = \frac83$",
            relation=">=",
            by=_POWER_SERIES,
            using=(lemma(4 / ((2 * _j + 1) * (2 * _j + 2)), sp.Rational(1, 3), series, "<="),),
        ),
    ),
    source=("003-y50",),
)

slow_at_most = Derivation(
    "control-slow-at-most",
    r"in one step $1/d^2$ grows by at most $4$",
    Claim(_grown, "<=", 4, where=_gaps),
    steps=(
        Step(
            _one_more - 1 / _d**2,
            "*One step at $w = 4$*",
            using=(lemma(_one_slow, _one_more, slow_step),),
        ),
        Step(
            sp.Integer(4),
            r"with $z = 2d$: $\sinh z \ge z$, since all coefficients are positive, so "
            r"$\frac{4}{\sinh^2 2d} \le \frac{1}{d^2}$",
            relation="<=",
            by=_POWER_SERIES,
        ),
    ),
    source=("003-y50",),
)

# a_{k+1}/a_{k-1} − a_k/(3 a_{k-1}) + 1/15, with the quotients of neighbours.
_quotient = 4 / ((2 * _j) * (2 * _j - 1))
_next_quotient = 4 / ((2 * _j + 2) * (2 * _j + 1))
_three_terms = _next_quotient * _quotient - _quotient / 3 + sp.Rational(1, 15)

series_further = Derivation(
    "control-series-further",
    r"and $a_{k+1} - \frac13 a_k + \frac{1}{15} a_{k-1} \ge 0$ for $k \ge 2$",
    Claim(_three_terms, ">=", 0, where={_j: sp.Range(2, 12)}),
    steps=(
        Step(
            sp.Integer(0),
            "divided by $a_{k-1}$; it is $0$ at $k = 2$, and $k = 2 + p$ with $p \\ge 0$ leaves no "
            "negative coefficient",
            relation=">=",
        ),
    ),
    source=("003-y50",),
)

_grown_less = _one_more - 1 / _d**2 - sp.Rational(16, 15) * _d**2

slow_nearly = Derivation(
    "control-slow-nearly",
    r"in one step $1/d^2$ grows by at most $\frac83 + \frac{16}{15} d^2$",
    Claim(_grown - sp.Rational(16, 15) * _d**2, "<=", sp.Rational(8, 3), where=_gaps),
    steps=(
        Step(
            _grown_less,
            "*One step at $w = 4$*",
            using=(lemma(_one_slow, _one_more, slow_step),),
        ),
        Step(
            sp.Rational(8, 3),
            r"with $z = 2d$: $\sinh^2 z\, (1 - \frac{z^2}{3} + \frac{z^4}{15}) \ge z^2$, "
            r"coefficient by coefficient: $a_1 = 1$, $a_2 - \frac13 a_1 = 0$, and *Three "
            r"coefficients* from $z^6$ on; divided by $z^2 \sinh^2 z$ this is "
            r"$\frac{4}{\sinh^2 2d} \le \frac{1}{d^2} - \frac43 + \frac{16}{15} d^2$",
            relation="<=",
            by=_POWER_SERIES,
            using=(lemma(_three_terms.subs(_j, _j + 1), 0, series_further, ">="),),
        ),
    ),
    source=("003-y50",),
)


class TooSlow(Slow):
    """1/d² + rate n − 1/d_n²: what d_n is short of a decay. Arguments d, n and the rate."""

    tex = r"\frac{{1}}{{{0}^{{2}}}} + {2} - \frac{{1}}{{d_{{{1}}}^{{2}}}}"
    plain = "1/{0}² + {2}({1}) − 1/d_{1}²"
    is_positive = None

    def _latex(self, printer) -> str:
        d, steps, rate = self.args
        times = rf"\left({printer._print(steps)}\right)" if steps.is_Add else printer._print(steps)
        grown = "0" if steps == 0 else f"{printer._print(rate)} {times}"
        return self.tex.format(printer._print(d), printer._print(steps), grown)

    def numeric(self, at):
        d, steps, rate = self.args
        now = Slow(d, steps).numeric(at)
        return 1 / at(d) ** 2 + at(rate) * at.integer(steps) - 1 / now**2


class TooFast(TooSlow):
    """1/d_n² − 1/d² − rate n: the same with the other sign."""

    tex = r"\frac{{1}}{{d_{{{1}}}^{{2}}}} - \frac{{1}}{{{0}^{{2}}}} - {2}"
    plain = "1/d_{1}² − 1/{0}² − {2}({1})"

    def numeric(self, at):
        return -super().numeric(at)


class Behind(TooFast):
    """1/d_n² − 1/d² − rate n − 16/15 Σ d_k², the sum over the steps so far."""

    tex = TooFast.tex + r" - \frac{{16}}{{15}} \sum_{{k < {1}}} d_k^2"
    plain = TooFast.plain + " − 16/15 Σ d_k²"

    def numeric(self, at):
        d, steps, _ = self.args
        squares = [Slow(d, past).numeric(at) ** 2 for past in range(at.integer(steps))]
        return super().numeric(at) - at(sp.Rational(16, 15)) * sum(squares, at.zero)


def _slow_law(kind: type, rate: sp.Expr, by: Derivation, label: str, says: str) -> Derivation:
    """A law for every n from what happens in one step."""
    return Derivation.by_induction(
        label,
        rf"with $w = 4$, $b = -2$, $d_n = \frac12 - y_n$ and $0 < d_0 < \frac12$: {says}",
        Claim(kind(_d0, n, rate), "<=", 0, where={_d0: _gaps[_d], n: sp.Range(0, 7)}),
        over=n,
        start=sp.Integer(0),
        base=(
            Step(
                sp.Integer(0),
                "no step",
                by=(substitution,),
                using=(definition(kind(_d0, 0, rate), 0),),
            ),
        ),
        step=(
            Step(
                kind(_d0, n - 1, rate),
                r"one more step, from $d_{n-1}$, which lies between $0$ and $\frac12$",
                relation="<=",
                using=(lemma(kind(_d0, n, rate), kind(_d0, n - 1, rate), by, "<="),),
            ),
            Step(sp.Integer(0), "the statement for $n - 1$", relation="<=", using=(HYPOTHESIS,)),
        ),
        source=("003-y50",),
    )


slow_upper = _slow_law(
    TooSlow,
    sp.Rational(8, 3),
    slow_at_least,
    "control-slow-upper",
    r"$1/d_n^2 \ge 1/d_0^2 + \frac83 n$, so that $d_n < \sqrt{3/(8n)}$ for $n \ge 1$",
)
slow_lower = _slow_law(
    TooFast,
    sp.Integer(4),
    slow_at_most,
    "control-slow-lower",
    r"$1/d_n^2 \le 1/d_0^2 + 4n$",
)
slow_law = _slow_law(
    Behind,
    sp.Rational(8, 3),
    slow_nearly,
    "control-slow-law",
    r"$1/d_n^2 \le 1/d_0^2 + \frac83 n + \frac{16}{15} \sum_{k=0}^{n-1} d_k^2$",
)

# The wall ------------------------------------------------------------------------------------

_Y = sp.Function("Y")
_activation = activation_function("sigma")
_inner_bias = _activation.slope(w * _Y(b) + b) * (1 + w * sp.Derivative(_Y(b), b))
_inner_weight = _activation.slope(w * _Y(w) + b) * (_Y(w) + w * sp.Derivative(_Y(w), w))

bias_rule = Derivation(
    "control-bias-rule",
    r"if $Y$ depends on $b$: $\frac{d}{db} \sigma(w Y + b) = \sigma'(w Y + b)\,(1 + w\, Y')$",
    Claim(sp.Derivative(_activation(w * _Y(b) + b), b), "=", _inner_bias),
    steps=(Step(_inner_bias, "the chain rule"),),
    source=("003-fig2",),
)

weight_rule = Derivation(
    "control-weight-rule",
    r"if $Y$ depends on $w$: $\frac{d}{dw} \sigma(w Y + b) = \sigma'(w Y + b)\,(Y + w\, Y')$",
    Claim(sp.Derivative(_activation(w * _Y(w) + b), w), "=", _inner_weight),
    steps=(Step(_inner_weight, "the chain rule, and the product rule inside"),),
)

_square = (_Y(b) - target) ** 2

square_rule = Derivation(
    "control-square-rule",
    r"if $Y$ depends on $b$: $\frac{d}{db} (Y - y_T)^2 = 2 (Y - y_T)\, Y'$",
    Claim(sp.Derivative(_square, b), "=", 2 * (_Y(b) - target) * sp.Derivative(_Y(b), b)),
    steps=(Step(2 * (_Y(b) - target) * sp.Derivative(_Y(b), b), "the chain rule for a square"),),
    source=("003-cost",),
)


def _bias(steps: sp.Basic) -> BiasRate:
    return BiasRate(w, b, y0, steps)


def _weight(steps: sp.Basic) -> WeightRate:
    return WeightRate(w, b, y0, steps)


_bias_step = _slope(n) * (1 + w * _bias(n - 1))
_weight_step = _slope(n) * (_y(n - 1) + w * _weight(n - 1))

bias_rate = Derivation(
    "control-bias-rate",
    r"$\frac{\partial y_n}{\partial b} = s_n\,\bigl(1 + w\, \frac{\partial y_{n-1}}{\partial b}"
    r"\bigr)$ with $s_n = y_n (1 - y_n)$",
    Claim(_bias(n), "=", _bias_step, where={**_from_1, **_inside}),
    steps=(
        Step(
            _bias_step,
            r"*The derivative of one step* with $Y = y_{n-1}$; $\sigma' = \sigma (1 - \sigma)$",
            using=(lemma(_bias(n), _bias_step, bias_rule),),
        ),
    ),
    source=("003-fig2",),
)

weight_rate = Derivation(
    "control-weight-rate",
    r"$\frac{\partial y_n}{\partial w} = s_n\,\bigl(y_{n-1} + w\, \frac{\partial y_{n-1}}"
    r"{\partial w}\bigr)$",
    Claim(_weight(n), "=", _weight_step, where={**_from_1, **_inside}),
    steps=(
        Step(
            _weight_step,
            r"*The derivative of one step* with $Y = y_{n-1}$; $\sigma' = \sigma (1 - \sigma)$",
            using=(lemma(_weight(n), _weight_step, weight_rule),),
        ),
    ),
)


class LineState(OfOrbit):
    """y_n with the bias that makes the start a fixed point: arguments w, y_0 and n."""

    tex, plain = "y_{{{2}}}", "y_{2}"

    def numeric(self, at):
        w, start, steps = self.args
        return self.run(at, at(w), at(shift(w, start)), at(start), at.integer(steps))


class LineRate(OfOrbit):
    """∂y_n/∂b at that bias; the start stays. Arguments w, y_0 and n."""

    tex, plain = r"\frac{{\partial y_{{{2}}}}}{{\partial b}}", "∂y_{2}/∂b"

    def numeric(self, at):
        w, start, steps = self.args
        return BiasRate(w, shift(w, start), start, steps).numeric(at)


class LineSlope(OfCost):
    """∂E_n/∂b at that bias. Arguments w, y_0, y_T and n."""

    tex, plain = r"\frac{{\partial E_{{{3}}}}}{{\partial b}}", "∂E_{3}/∂b"

    def numeric(self, at):
        w, start, target, steps = self.args
        return BiasSlope(w, shift(w, start), start, target, steps).numeric(at)


def _line(steps: sp.Basic) -> LineRate:
    return LineRate(w, y0, steps)


rest = Derivation.by_induction(
    "control-rest",
    r"on the line $b = \sigma^{-1}(y_0) - w y_0$ the unit rests: $y_n = y_0$ for all $n$",
    Claim(LineState(w, y0, n), "=", y0, where={**_steps, **_inside}),
    over=n,
    start=sp.Integer(0),
    base=(Step(y0, "that is the start", using=(definition(LineState(w, y0, 0), y0),)),),
    step=(
        Step(
            sigma(Logit(y0)),
            r"the statement for $n - 1$, and $w y_0 + b = \sigma^{-1}(y_0)$",
            by=(substitution,),
            using=(
                definition(LineState(w, y0, n), NearMap(w, y0, LineState(w, y0, n - 1))),
                HYPOTHESIS,
                definition(NearMap(w, y0, y0), sigma(Logit(y0))),
            ),
        ),
        Step(
            y0,
            r"$\sigma$ undoes $\sigma^{-1}$",
            using=(definition(Logit(y0), logit(y0)),),
        ),
    ),
    source=("003-fig2",),
)


class RestSlope(Number):
    """s_0 = y_0 (1 − y_0), the slope of σ in all steps of a unit that rests at y_0."""

    tex, plain = "s_0", "s_0"
    is_real = True

    def numeric(self, at):
        start = at(self.args[0])
        return start * (1 - start)


_s0 = RestSlope(y0)
_closed = _s0 * ((w * _s0) ** n - 1) / (w * _s0 - 1)

wall = Derivation.by_induction(
    "control-wall",
    r"on this line, with $s_0 = y_0 (1 - y_0)$ and $w s_0 \ne 1$: $\frac{\partial y_n}{\partial b} "
    r"= s_0\, \frac{(w s_0)^n - 1}{w s_0 - 1}$",
    Claim(_line(n), "=", _closed, where={**_steps, **_inside}),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            sp.Integer(0),
            "the start does not depend on $b$",
            using=(definition(_line(0), 0),),
        ),
    ),
    step=(
        Step(
            _s0 * (1 + w * _line(n - 1)),
            "*How the state moves*, where all states are $y_0$ (*The line of rest*)",
            using=(lemma(_line(n), _s0 * (1 + w * _line(n - 1)), bias_rate),),
        ),
        Step(
            _s0 * (1 + w * _closed.subs(n, n - 1)),
            "the statement for $n - 1$",
            by=(substitution,),
            using=(HYPOTHESIS,),
        ),
        Step(_closed, "one fraction"),
    ),
    source=("003-fig2", "003-fig4"),
)

wall_slope = Derivation(
    "control-wall-slope",
    r"and $\frac{\partial E_n}{\partial b} = 2 (y_0 - y_T)\, s_0\, \frac{(w s_0)^n - 1}"
    r"{w s_0 - 1}$",
    Claim(
        LineSlope(w, y0, target, n),
        "=",
        2 * (y0 - target) * _closed,
        where={**_steps, **_inside},
    ),
    steps=(
        Step(
            2 * (y0 - target) * _line(n),
            "the chain rule for a square; the last state is $y_0$",
            using=(lemma(LineSlope(w, y0, target, n), 2 * (y0 - target) * _line(n), square_rule),),
        ),
        Step(
            2 * (y0 - target) * _closed,
            "*The slope on the line of rest*",
            by=(substitution,),
            using=(lemma(_line(n), _closed, wall),),
        ),
    ),
    source=("003-fig2", "003-fig4"),
)


class LineWeightRate(OfOrbit):
    """∂y_n/∂w at the same bias, which stays when w moves. Arguments w, y_0 and n."""

    tex, plain = r"\frac{{\partial y_{{{2}}}}}{{\partial w}}", "∂y_{2}/∂w"

    def numeric(self, at):
        w, start, steps = self.args
        return WeightRate(w, shift(w, start), start, steps).numeric(at)


def _by_weight(steps: sp.Basic) -> LineWeightRate:
    return LineWeightRate(w, y0, steps)


perpendicular = Derivation.by_induction(
    "control-perpendicular",
    r"on the line of rest $\frac{\partial y_n}{\partial w} = y_0 \frac{\partial y_n}{\partial b}$",
    Claim(_by_weight(n), "=", y0 * _line(n), where={**_steps, **_inside}),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            y0 * _line(0),
            "the start does not move",
            using=(definition(_by_weight(0), 0), definition(_line(0), 0)),
        ),
    ),
    step=(
        Step(
            _s0 * (y0 + w * _by_weight(n - 1)),
            "*How the state moves with $w$*, where all states are $y_0$",
            using=(lemma(_by_weight(n), _s0 * (y0 + w * _by_weight(n - 1)), weight_rate),),
        ),
        Step(
            _s0 * (y0 + w * y0 * _line(n - 1)),
            "the statement for $n - 1$",
            by=(substitution,),
            using=(HYPOTHESIS,),
        ),
        Step(
            y0 * _line(n),
            "*How the state moves with $b$*",
            using=(lemma(_line(n), _s0 * (1 + w * _line(n - 1)), bias_rate),),
        ),
    ),
    source=("003-fig2",),
)


class Start(Number):
    """The start of the paper's picture, y_0 = σ(½)."""

    tex, plain = "y_0", "y_0"

    def numeric(self, at):
        return at(sigma(_half))


_picture = RestSlope(Start())
_steepness = (
    (sp.Rational(7, 10) - Start()) * _picture * ((w * _picture) ** 50 - 1) / (w * _picture - 1) * 2
)

steep = Derivation(
    "control-steep",
    r"with $y_0 = \sigma(\frac12)$ and $y_T = 0.7$ the slope of $E_{50}$ on the wall is steeper "
    r"than $2 \cdot 10^6$ for $6 \le w \le 7$",
    Claim(_steepness, ">", 2000000, where={w: sp.Interval(6, 7)}),
    steps=(
        Step(
            sp.Integer(2000000),
            "intervals of $w$, each with an enclosure",
            relation=">",
            by=(certified,),
        ),
    ),
    source=("003-fig2", "003-fig4"),
)

# The gradient, backwards ---------------------------------------------------------------------

_value = activation_function("V")

costate_rule = Derivation(
    "control-costate-rule",
    r"if $V$ is the final cost as a function of the next state, then $\frac{d}{dy} "
    r"V(\sigma(w y + b)) = V'(\sigma(w y + b))\, w\, \sigma'(w y + b)$",
    Claim(
        sp.Derivative(_value(_activation(w * y + b)), y),
        "=",
        _value.slope(_activation(w * y + b)) * w * _activation.slope(w * y + b),
    ),
    steps=(
        Step(
            _value.slope(_activation(w * y + b)) * w * _activation.slope(w * y + b),
            "the chain rule, twice",
        ),
    ),
)

_before_the_end = {n: sp.Range(1, 6), k: sp.Range(0, n), **_inside}

costate = Derivation(
    "control-costate",
    r"$\lambda_k = \lambda_{k+1}\, w\, s_{k+1}$ for $k < n$",
    Claim(_costate(k), "=", _costate(k + 1) * w * _slope(k + 1), where=_before_the_end),
    steps=(
        Step(
            _costate(k + 1) * w * _slope(k + 1),
            r"*One step back*, where $V' = \lambda_{k+1}$ at $y_{k+1}$ and $\sigma' = s_{k+1}$",
            using=(lemma(_costate(k), _costate(k + 1) * w * _slope(k + 1), costate_rule),),
        ),
    ),
)

_up_to_n = {n: sp.Range(1, 5), m: sp.Range(0, n + 1), **_inside}


def _collected(
    label: str, statement: str, rate: sp.Expr, before: sp.Expr, own: Any, rule: Derivation
) -> Derivation:
    """λ_m times the rate of y_m, as the sum of what the steps up to m contribute."""

    def total(last: sp.Basic) -> sp.Sum:
        return sp.Sum(_costate(k) * own(k), (k, 1, last))

    at_zero = rate.subs(m, 0)
    return Derivation.by_induction(
        label,
        statement,
        Claim(_costate(m) * rate, "=", total(m), where=_up_to_n),
        over=m,
        start=sp.Integer(0),
        base=(
            Step(
                sp.Integer(0),
                "the start does not move",
                using=(definition(at_zero, 0),),
            ),
            Step(total(sp.Integer(0)), "an empty sum"),
        ),
        step=(
            Step(
                _costate(m) * (own(m) + w * _slope(m) * before),
                "*How the state moves*",
                using=(lemma(rate, own(m) + w * _slope(m) * before, rule),),
            ),
            Step(
                _costate(m) * own(m) + _costate(m - 1) * before,
                "*The costate*",
                using=(lemma(_costate(m - 1), _costate(m) * w * _slope(m), costate),),
            ),
            Step(
                _costate(m) * own(m) + total(m - 1),
                "the statement for $m - 1$",
                using=(HYPOTHESIS,),
            ),
            Step(
                total(m),
                "one more term",
                using=(definition(total(m), total(m - 1) + _costate(m) * own(m)),),
            ),
        ),
    )


def _own_bias(step: sp.Basic) -> sp.Expr:
    return _slope(step)


def _own_weight(step: sp.Basic) -> sp.Expr:
    return _slope(step) * _y(step - 1)


bias_collected = _collected(
    "control-bias-collected",
    r"$\lambda_m \frac{\partial y_m}{\partial b} = \sum_{k=1}^m \lambda_k s_k$ for $m \le n$",
    _bias(m),
    _bias(m - 1),
    _own_bias,
    bias_rate,
)
weight_collected = _collected(
    "control-weight-collected",
    r"$\lambda_m \frac{\partial y_m}{\partial w} = \sum_{k=1}^m \lambda_k s_k y_{k-1}$ for "
    r"$m \le n$",
    _weight(m),
    _weight(m - 1),
    _own_weight,
    weight_rate,
)


def _gradient(
    label: str, statement: str, slope: sp.Expr, rate: sp.Expr, own: Any, by: Derivation
) -> Derivation:
    total = sp.Sum(_costate(k) * own(k), (k, 1, n))
    return Derivation(
        label,
        statement,
        Claim(slope, "=", total, where={n: sp.Range(0, 5), **_inside}),
        steps=(
            Step(
                _costate(n) * rate,
                r"the chain rule for a square; $\lambda_n = 2 (y_n - y_T)$",
                using=(lemma(slope, _costate(n) * rate, square_rule),),
            ),
            Step(
                total,
                "*Collected backwards* at $m = n$",
                using=(lemma(_costate(n) * rate, total, by),),
            ),
        ),
    )


bias_gradient = _gradient(
    "control-bias-gradient",
    r"$\frac{\partial E_n}{\partial b} = \sum_{k=1}^n \lambda_k s_k$",
    BiasSlope(w, b, y0, target, n),
    _bias(n),
    _own_bias,
    bias_collected,
)
weight_gradient = _gradient(
    "control-weight-gradient",
    r"$\frac{\partial E_n}{\partial w} = \sum_{k=1}^n \lambda_k s_k y_{k-1}$",
    WeightSlope(w, b, y0, target, n),
    _weight(n),
    _own_weight,
    weight_collected,
)

# At rest -------------------------------------------------------------------------------------


class CostateSum(OfCost):
    """Λ_n = λ_1 + … + λ_n where the start rests; arguments w, y_0, y_T and n."""

    tex, plain = r"\Lambda_{{{3}}}", "Λ_{3}"

    def numeric(self, at):
        w, start, target, steps = self.args
        last = at.integer(steps)
        costates = (
            Costate(w, shift(w, start), start, target, place, last).numeric(at)
            for place in range(1, last + 1)
        )
        return sum(costates, at.zero)


def _sum(steps: sp.Basic) -> CostateSum:
    return CostateSum(w, y0, target, steps)


def _closed_slope(steps: sp.Basic) -> sp.Expr:
    return 2 * (y0 - target) * _closed.subs(n, steps)


def _slope_at_rest(steps: sp.Basic) -> Equation:
    return lemma(LineSlope(w, y0, target, steps), _closed_slope(steps), wall_slope)


costate_sum = Derivation(
    "control-costate-sum",
    r"on the line of rest $\Lambda_n = \lambda_1 + \dots + \lambda_n$ obeys $\Lambda_n = 2 (y_0 - "
    r"y_T) + w s_0\, \Lambda_{n-1}$",
    Claim(_sum(n), "=", 2 * (y0 - target) + w * _s0 * _sum(n - 1), where={**_from_1, **_inside}),
    steps=(
        Step(
            LineSlope(w, y0, target, n) / _s0,
            r"*The gradient by $b$*, where all $s_k$ are $s_0$",
            by=(substitution,),
            using=(lemma(_sum(n), LineSlope(w, y0, target, n) / _s0, bias_gradient),),
        ),
        Step(
            _closed_slope(n) / _s0,
            "*The slope of the cost*",
            by=(substitution,),
            using=(_slope_at_rest(n),),
        ),
        Step(2 * (y0 - target) + w * _closed_slope(n - 1), "one fraction"),
        Step(
            2 * (y0 - target) + w * LineSlope(w, y0, target, n - 1),
            "*The slope of the cost* for $n - 1$",
            by=(substitution,),
            using=(_slope_at_rest(n - 1),),
        ),
        Step(
            2 * (y0 - target) + w * _s0 * _sum(n - 1),
            r"*The gradient by $b$* for $n - 1$",
            by=(substitution,),
            using=(lemma(LineSlope(w, y0, target, n - 1), _s0 * _sum(n - 1), bias_gradient),),
        ),
    ),
)

_stationary = 2 * (y0 - target) / (1 - w * _s0)

equilibrium = Derivation.by_induction(
    "control-equilibrium",
    r"on the line of rest $\Lambda_n = \Lambda\, (1 - (w s_0)^n)$ with the stationary $\Lambda = "
    r"2(y_0 - y_T)/(1 - w s_0)$",
    Claim(_sum(n), "=", _stationary * (1 - (w * _s0) ** n), where={**_steps, **_inside}),
    over=n,
    start=sp.Integer(0),
    base=(Step(sp.Integer(0), "an empty sum", using=(definition(_sum(0), 0),)),),
    step=(
        Step(
            2 * (y0 - target) + w * _s0 * _sum(n - 1),
            "*The sum of the costates*",
            by=(substitution,),
            using=(lemma(_sum(n), 2 * (y0 - target) + w * _s0 * _sum(n - 1), costate_sum),),
        ),
        Step(
            2 * (y0 - target) + w * _s0 * _stationary * (1 - (w * _s0) ** (n - 1)),
            "the statement for $n - 1$",
            by=(substitution,),
            using=(HYPOTHESIS,),
        ),
        Step(
            _stationary * (1 - (w * _s0) ** n),
            r"$2(y_0 - y_T) + w s_0\, \Lambda = \Lambda$",
        ),
    ),
)
