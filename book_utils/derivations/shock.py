"""Where the end of the orbit jumps: what the chapter on the shock states.

The fold is written by its fixed point: with p between 1/2 and 1 and w = 1/(p(1 − p)), the curve g
turns at 1 − p = y₋(w) and at p = y₊(w), and no square root has to be drawn. A distance d from a
curve is written log k: then the step of the unit is a rational function.
"""

from __future__ import annotations

import mpmath
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
    monotone,
    slope,
)
from book_utils.derivations.one_unit import (
    STATES,
    OfOrbit,
    Orbit,
    SecondOrbit,
    b,
    logit,
    n,
    shift,
    sigma,
    w,
    y,
    y0,
)

p, q, z = sp.symbols("p q z", real=True)
"""p is y₊, q any level, z any state."""
d = sp.Symbol("d", positive=True)
"""A distance from a curve."""
k, u, v = sp.symbols("k u v", positive=True)
"""k = exp d."""

_one, _half = sp.Integer(1), sp.Rational(1, 2)
_at_fold = 1 / (p * (1 - p))
_upper = sp.Interval.open(_half, 1)
_weights = sp.Interval(0, sp.oo)
_far = sp.Interval.open(1, sp.oo)


def y_minus(w: sp.Expr) -> sp.Expr:
    """The lower place where g turns."""
    return _half - sp.sqrt(1 - 4 / sp.sympify(w)) / 2


def y_plus(w: sp.Expr) -> sp.Expr:
    """The upper place where g turns."""
    return _half + sp.sqrt(1 - 4 / sp.sympify(w)) / 2


def b_minus(w: sp.Expr) -> sp.Expr:
    return shift(w, y_minus(w))


def b_plus(w: sp.Expr) -> sp.Expr:
    return shift(w, y_plus(w))


class Limit(OfOrbit):
    """y_∞, with arguments w, b and y_0: run the unit until it stands still.

    Near a fold that takes long; where it has not settled after ``LONGEST`` steps there is no value.
    """

    tex, plain = r"y_{{\infty}}", "y_∞"
    LONGEST = 4000

    def numeric(self, at):
        w, b, state = map(at, self.args)
        still = at.number(sp.Integer(10)) ** (8 - mpmath.mp.dps)
        for _ in range(self.LONGEST):
            following = self.run(at, w, b, state, 1)
            if abs(following - state) < still:
                return following
            state = following
        raise at.NotEvaluable("the orbit has not settled")


# Orbits do not turn back ---------------------------------------------------------------------

increasing = Derivation(
    "shock-increasing",
    r"$\sigma(r) \le \sigma(s)$ for $r \le s$, written with $u = e^r$ and $v = e^{s-r} \ge 1$",
    Claim(
        sigma(sp.log(u)),
        "<=",
        sigma(sp.log(u * v)),
        where={v: sp.Interval(1, sp.oo)},
    ),
    steps=(
        Step(
            sigma(sp.log(u * v)),
            r"cross-multiplied: $u + u^2 v \le u v + u^2 v$",
            relation="<=",
        ),
    ),
)

_b_off = shift(w, y0) + sp.log(k)
_next = y0 * k / (1 - y0 + y0 * k)

first_step = Derivation(
    "shock-first-step",
    r"with $b = g(y_0) + d$ and $k = e^d$ the first step is $y_1 - y_0 = "
    r"y_0 (1 - y_0) (k - 1)/(1 - y_0 + y_0 k)$",
    Claim(
        Orbit(w, _b_off, y0, 1) - y0,
        "=",
        y0 * (1 - y0) * (k - 1) / (1 - y0 + y0 * k),
        where={y0: STATES},
    ),
    steps=(
        Step(
            y0 * (1 - y0) * (k - 1) / (1 - y0 + y0 * k),
            r"$w y_0 + b = \sigma^{-1}(y_0) + d$, and $\sigma(z) = 1/(1 + e^{-z})$ at "
            r"$e^z = k y_0/(1 - y_0)$",
            using=(definition(Orbit(w, _b_off, y0, 1), sigma(w * y0 + _b_off)),),
        ),
    ),
    source=("003-lemma2",),
)

_one_step, _no_step = Orbit(w, b, y0, 1), Orbit(w, b, y0, 0)
_up = Claim(_one_step, ">=", _no_step)

rising = Derivation.by_induction(
    "shock-rising",
    r"if $w \ge 0$ and $y_1 \ge y_0$, then $y_{n+1} \ge y_n$ for all $n$",
    Claim(
        Orbit(w, b, y0, n + 1),
        ">=",
        Orbit(w, b, y0, n),
        where={w: _weights, y0: STATES, n: sp.Range(0, 7)},
        given=(_up,),
    ),
    over=n,
    start=sp.Integer(0),
    base=(Step(_no_step, "that is assumed", relation=">=", by=(monotone,), using=(given(_up),)),),
    step=(
        Step(
            Orbit(w, b, y0, n),
            r"the statement for $n - 1$, multiplied by $w \ge 0$ and shifted by $b$, and "
            r"*$\sigma$ increases*",
            relation=">=",
            by=(monotone,),
            using=(
                HYPOTHESIS,
                lemma(Orbit(w, b, y0, n + 1), Orbit(w, b, y0, n), increasing, ">="),
            ),
        ),
    ),
)

# The mirror ----------------------------------------------------------------------------------

mirror = Derivation(
    "shock-mirror",
    r"$\sigma(w(1 - y) + b') = 1 - \sigma(w y + b)$ with $b' = -w - b$",
    Claim(sigma(w * (1 - y) + (-w - b)), "=", 1 - sigma(w * y + b)),
    steps=(
        Step(
            1 - sigma(w * y + b),
            r"$w(1 - y) - w - b = -(w y + b)$, and $\sigma(-z) = 1 - \sigma(z)$",
        ),
    ),
    source=("003-lemma2",),
)

# Where g turns -------------------------------------------------------------------------------

_rise = shift(_at_fold, z) - shift(_at_fold, q)

climbs = Derivation(
    "shock-climbs",
    r"$g(z) - g(q) < 0$ for $0 < z < q \le y_-(w)$",
    Claim(
        _rise,
        "<",
        0,
        where={p: _upper, q: sp.Interval.Lopen(0, 1 - p), z: sp.Interval.open(0, q)},
    ),
    steps=(
        Step(
            0,
            r"zero at $z = q$, and $\frac{1}{z(1-z)} - \frac{1}{p(1-p)} > 0$ for $z < 1 - p$",
            relation="<",
            by=(slope,),
        ),
    ),
    source=("003-lemma2",),
)

falls = Derivation(
    "shock-falls",
    r"$g(z) - g(q) < 0$ for $y_-(w) \le q < z \le y_+(w)$",
    Claim(
        _rise,
        "<",
        0,
        where={p: _upper, q: sp.Interval.Ropen(1 - p, p), z: sp.Interval.Lopen(q, p)},
    ),
    steps=(
        Step(
            0,
            r"zero at $z = q$, and $\frac{1}{z(1-z)} - \frac{1}{p(1-p)} < 0$ for $1 - p < z < p$",
            relation="<",
            by=(slope,),
        ),
    ),
    source=("003-lemma2",),
)

# Levels that hold the orbit ------------------------------------------------------------------


def _held(label: str, statement: str, relation: str, side: sp.Interval, b: sp.Expr) -> Derivation:
    """y_n stays on one side of the level q, which one step does not leave."""
    orbit, moved = Orbit(w, b, y0, n), Orbit(w, b, q, 1)
    return Derivation.by_induction(
        label,
        statement,
        Claim(
            orbit,
            relation,
            q,
            where={
                w: _weights,
                q: STATES,
                k: sp.Interval(1, sp.oo),
                y0: side,
                n: sp.Range(0, 6),
            },
        ),
        over=n,
        start=sp.Integer(0),
        base=(
            Step(y0, "$y_0$ itself", using=(definition(orbit.subs(n, 0), y0),)),
            Step(q, "that is assumed", relation=relation),
        ),
        step=(
            Step(
                q,
                r"the statement for $n - 1$; *$\sigma$ increases*, so one step leads no further "
                r"than from $q$; and *the first step* from $q$ leads back",
                relation=relation,
                by=(monotone,),
                using=(
                    HYPOTHESIS,
                    lemma(orbit, moved, increasing, relation),
                    lemma(moved, q, first_step, relation),
                ),
            ),
        ),
        source=("003-lemma2",),
    )


ceiling = _held(
    "shock-ceiling",
    r"if $w \ge 0$, $y_0 \le q$ and $b \le g(q)$, then $y_n \le q$ for all $n$",
    "<=",
    sp.Interval.Lopen(0, q),
    shift(w, q) - sp.log(k),
)

floor = _held(
    "shock-floor",
    r"if $w \ge 0$, $y_0 \ge q$ and $b \ge g(q)$, then $y_n \ge q$ for all $n$",
    ">=",
    sp.Interval.Ropen(q, 1),
    shift(w, q) + sp.log(k),
)

# The shock -----------------------------------------------------------------------------------

_near = sp.Interval.open(1, 3)

line = Derivation(
    "shock-line",
    r"if $y_-(w) < y_0 < y_+(w)$ and $b > \sigma^{-1}(y_0) - w y_0$, then $y_\infty > y_+(w)$",
    Claim(
        Limit(_at_fold, shift(_at_fold, y0) + sp.log(k), y0),
        ">",
        p,
        where={p: _upper, y0: sp.Interval.open(1 - p, p), k: _near},
    ),
    steps=(
        Step(
            p,
            "argued in the text from *the first step*, *the falling piece* and *the floor*",
            relation=">",
            by=Cited("argued in the text"),
        ),
    ),
    source=("003-lemma2", "003-fig4"),
)

fold = Derivation(
    "shock-fold",
    r"if $y_0 \le y_-(w)$ and $b > b_-(w)$, then $y_\infty > y_+(w)$",
    Claim(
        Limit(_at_fold, shift(_at_fold, 1 - p) + sp.log(k), y0),
        ">",
        p,
        where={p: _upper, y0: sp.Interval.Lopen(0, 1 - p), k: _near},
    ),
    steps=(
        Step(
            p,
            "argued in the text from *the first step*, *the climbing piece*, *the falling piece* "
            "and *the floor*",
            relation=">",
            by=Cited("argued in the text"),
        ),
    ),
    source=("003-lemma2", "003-fig4"),
)

none_at_four = Derivation(
    "shock-none-at-four",
    r"for $w = 4$ the slope of $g$ is $(1 - 2y)^2/(y(1-y))$, which is nowhere negative",
    Claim(
        sp.Derivative(shift(sp.Integer(4), y), y),
        "=",
        (1 - 2 * y) ** 2 / (y * (1 - y)),
        where={y: STATES},
    ),
    steps=(Step((1 - 2 * y) ** 2 / (y * (1 - y)), r"$1 - 4 y (1 - y) = (1 - 2y)^2$"),),
    source=("003-lemma2",),
)

# Line and fold -------------------------------------------------------------------------------

_w_star = 1 / ((_half - u) * (_half + u))

touches = Derivation(
    "shock-touches",
    r"at $w^* = 1/(y_0(1 - y_0))$ with $y_0 = \frac12 - u < \frac12$: $y_-(w^*) = y_0$",
    Claim(y_minus(_w_star), "=", _half - u, where={u: sp.Interval.open(0, _half)}),
    steps=(Step(_half - u, r"$1 - 4/w^* = 4u^2$, and its root is $2u$ for $u > 0$"),),
    source=("003-lemma2", "003-fig4"),
)

curvature = Derivation(
    "shock-curvature",
    r"the fold curve, whose slope is $-y_-(w)$, bends by $1/(w^2 \sqrt{1 - 4/w})$",
    Claim(
        sp.Derivative(-y_minus(w), w),
        "=",
        1 / (w**2 * sp.sqrt(1 - 4 / w)),
        where={w: sp.Interval.open(4, sp.oo)},
    ),
    steps=(Step(1 / (w**2 * sp.sqrt(1 - 4 / w)), "the derivative of a root"),),
    source=("003-fig4",),
)

# What is printed -----------------------------------------------------------------------------

_first = Orbit(w, b, y0, 1)
_printed_fold = Claim(
    _first,
    "<=",
    y0,
    where={w: sp.Interval(4, sp.oo), y0: STATES},
    given=(
        Claim(y_minus(w), "<", y0),
        Claim(y0, "<=", _half),
        Claim(b_minus(w), "<=", logit(y0)),
        Claim(b, "<", b_minus(w)),
    ),
)
_printed_line = Claim(
    _first,
    "<=",
    y0,
    where={w: sp.Interval(4, sp.oo), y0: STATES},
    given=(
        Claim(y0, ">", _half),
        Claim(y0, "<", y_plus(w)),
        Claim(b_plus(w), "<", logit(y0)),
        Claim(b, "<", logit(y0)),
    ),
)
_rises_above_line = Claim(
    _first,
    ">",
    y0,
    where={w: sp.Interval(4, sp.oo), y0: STATES},
    given=(Claim(b, ">", shift(w, y0)),),
)

printed_twelve = Counterexample(
    "shock-printed-twelve",
    r"for $y_-(w) < y_0 \le \frac12$ and $b_-(w) \le \sigma^{-1}(y_0)$ no orbit with "
    r"$b < b_-(w)$ rises ($w = 12$, $y_0 = \sigma(-2)$)",
    refutes=_printed_fold,
    instance={w: 12, b: sp.Rational(-341, 100), y0: sigma(-2)},
    instead=(_rises_above_line,),
    source=("003-lemma2",),
)

printed_half = Counterexample(
    "shock-printed-half",
    r"the same for $w = 5$, $y_0 = \frac12$",
    refutes=_printed_fold,
    instance={w: 5, b: sp.Rational(-12, 5), y0: _half},
    instead=(_rises_above_line,),
    source=("003-lemma2",),
)

printed_line = Counterexample(
    "shock-printed-line",
    r"for $\frac12 < y_0 < y_+(w)$ and $b_+(w) < \sigma^{-1}(y_0)$ no orbit with "
    r"$b < \sigma^{-1}(y_0)$ rises",
    refutes=_printed_line,
    instance={w: 6, b: 0, y0: sigma(sp.Rational(6, 5))},
    instead=(_rises_above_line,),
    source=("003-lemma2",),
)

_from_fold = SecondOrbit(w, b, y_minus(w), 1)
"""z_1, where z_0 = y_−: if it is no larger, y_− is a ceiling."""
_low = {w: sp.Interval.open(4, sp.oo), y0: STATES}
_held_below_fold = Claim(
    _from_fold,
    "<=",
    y_minus(w),
    where={w: sp.Interval.open(4, sp.oo)},
    given=(Claim(b, "<=", b_minus(w)),),
)

caption = Counterexample(
    "shock-caption",
    r"for $y_0 < \frac12$ and $b_-(w) > \sigma^{-1}(y_0)$ every $b > \sigma^{-1}(y_0)$ "
    r"leads up from $y_-(w)$",
    refutes=Claim(
        _from_fold,
        ">",
        y_minus(w),
        where=_low,
        given=(
            Claim(y0, "<", y_minus(w)),
            Claim(b_minus(w), ">", logit(y0)),
            Claim(b, ">", logit(y0)),
        ),
    ),
    instance={w: 5, b: -3, y0: sigma(-4)},
    instead=(_held_below_fold,),
    source=("003-fig6", "003-lemma2"),
)

repair = Counterexample(
    "shock-repair",
    r"for $b_-(w) > \sigma^{-1}(y_0) - w y_0$ every $b > \sigma^{-1}(y_0) - w y_0$ leads "
    r"up from $y_-(w)$",
    refutes=Claim(
        _from_fold,
        ">",
        y_minus(w),
        where=_low,
        given=(
            Claim(y0, "<", y_minus(w)),
            Claim(b_minus(w), ">", shift(w, y0)),
            Claim(b, ">", shift(w, y0)),
        ),
    ),
    instance={w: 6, b: sp.Rational(-13, 5), y0: sigma(-2)},
    instead=(_held_below_fold,),
    source=("003-lemma2",),
)

four = Counterexample(
    "shock-four",
    r"for every $w \ge 4$ the two sides of the jump are apart: $y_-(w) < y_+(w)$",
    refutes=Claim(y_minus(w), "<", y_plus(w), where={w: sp.Interval(4, sp.oo)}),
    instance={w: 4},
    instead=(Claim(y_minus(w), "<=", y_plus(w), where={w: sp.Interval(4, sp.oo)}),),
    source=("003-lemma2",),
)

# Whole intervals of b on both sides, enclosed ------------------------------------------------

_six = sp.Integer(6)
_start = sigma(_half)
_on_line = _half - _six * _start
_close = {d: sp.Interval(sp.Rational(1, 10**6), sp.Rational(1, 1000))}


def _enclosed(label, statement, orbit, relation, bound, where, source=("003-lemma2",)):
    return Derivation(
        label,
        statement,
        Claim(orbit, relation, bound, where=where),
        steps=(
            Step(
                bound,
                "interval arithmetic along the whole orbit",
                relation=relation,
                by=(certified,),
            ),
        ),
        source=source,
    )


below_line = _enclosed(
    "shock-below-line",
    r"$w = 6$, $y_0 = \sigma(\frac12)$, $b = b_s - d$ with $10^{-6} \le d \le 10^{-3}$: "
    r"$y_{80} < 0.051$",
    Orbit(_six, _on_line - d, _start, 80),
    "<",
    sp.Rational(51, 1000),
    _close,
    ("003-lemma2", "003-fig4"),
)

above_line = _enclosed(
    "shock-above-line",
    r"the same with $b = b_s + d$: $y_{80} > 0.893$",
    Orbit(_six, _on_line + d, _start, 80),
    ">",
    sp.Rational(893, 1000),
    _close,
    ("003-lemma2", "003-fig4"),
)

below_fold = _enclosed(
    "shock-below-fold",
    r"$w = 6$, $y_0 = \sigma(-2)$, $-2.6 \le b \le -2.585$: $y_{400} < 0.21$",
    Orbit(_six, b, sigma(-2), 400),
    "<",
    sp.Rational(21, 100),
    {b: sp.Interval(sp.Rational(-26, 10), sp.Rational(-2585, 1000))},
)

above_fold = _enclosed(
    "shock-above-fold",
    r"the same with $-2.584 \le b \le -2.57$: $y_{400} > 0.959$",
    Orbit(_six, b, sigma(-2), 400),
    ">",
    sp.Rational(959, 1000),
    {b: sp.Interval(sp.Rational(-2584, 1000), sp.Rational(-257, 100))},
)

nothing_at_print = _enclosed(
    "shock-nothing-at-print",
    r"$w = 12$, $y_0 = \sigma(-2)$, $-3.43 \le b \le -3.35$: $y_{60} > 0.999$",
    Orbit(sp.Integer(12), b, sigma(-2), 60),
    ">",
    sp.Rational(999, 1000),
    {b: sp.Interval(sp.Rational(-343, 100), sp.Rational(-335, 100))},
)

# Negative weights ----------------------------------------------------------------------------

one_fixed_point = Derivation(
    "shock-one-fixed-point",
    r"for $w \le 0$ and $z < q$: $g(z) - g(q) < 0$",
    Claim(
        shift(w, z) - shift(w, q),
        "<",
        0,
        where={w: sp.Interval(-sp.oo, 0), q: STATES, z: sp.Interval.open(0, q)},
    ),
    steps=(Step(0, r"zero at $z = q$, and $\frac{1}{z(1-z)} - w > 0$", relation="<", by=(slope,)),),
)

_turning = _half + _six * _start
_closer = {d: sp.Interval(sp.Rational(1, 10**6), sp.Rational(1, 10**4))}

second_low = _enclosed(
    "shock-second-above",
    r"$w = -6$, $y_0 = \sigma(\frac12)$, $b = \sigma^{-1}(y_0) - w y_0 + d$ with $10^{-6} \le d "
    r"\le 10^{-4}$: $y_{100} < 0.18$",
    Orbit(-_six, _turning + d, _start, 100),
    "<",
    sp.Rational(18, 100),
    _closer,
    (),
)

second_high = _enclosed(
    "shock-second-below",
    r"the same with $-d$ in the place of $d$: $y_{100} > 0.959$",
    Orbit(-_six, _turning - d, _start, 100),
    ">",
    sp.Rational(959, 1000),
    _closer,
    (),
)
