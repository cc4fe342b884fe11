"""Weights with |w| < 4: what the chapter on the stable strip states of the one unit.

Denominators are written as y - 1 rather than 1 - y, and without the quotient where that is
possible: a mutant must not make them the number 0.
"""

from __future__ import annotations

import sympy as sp

from book_utils.derivations import vanishing
from book_utils.derivations.engine import (
    HYPOTHESIS,
    Cited,
    Claim,
    Counterexample,
    Derivation,
    Step,
    box,
    certified,
    definition,
    lemma,
    polynomial,
    substitution,
)
from book_utils.derivations.engine.claim import Equation
from book_utils.derivations.network import alpha
from book_utils.derivations.network import sigma as _any_sigma
from book_utils.derivations.one_unit import (
    STATES,
    DrivenLoss,
    DrivenRate,
    DrivenSlope,
    HeldRate,
    Orbit,
    OrbitRate,
    SecondOrbit,
    b,
    n,
    shift,
    sigma,
    target,
    w,
    y,
    y0,
)

_z, _c, _p, _q = sp.symbols("z c p q", real=True)
_w1, _w2, _b1, _b2 = sp.symbols("w_1 w_2 b_1 b_2", real=True)
_s = y * (1 - y)
_half, _quarter = sp.Rational(1, 2), sp.Rational(1, 4)
_below_four = sp.Interval.open(-sp.oo, 4)


def _often(points: tuple, domain: sp.Set) -> sp.Set:
    """The same numbers, of which the tester draws the given ones more often than others."""
    return sp.Union(*map(sp.FiniteSet, points), domain, evaluate=False)


# One fixed point, which attracts -------------------------------------------------------------

chord = Derivation(
    "strip-chord",
    r"$\vert\sigma(c) - \sigma(z)\vert \le \frac14 \vert c - z\vert$ for all real $c$, $z$",
    Claim(sp.Abs(sigma(_c) - sigma(_z)), "<=", sp.Abs(_c - _z) / 4),
    steps=(
        Step(
            sp.Abs(_c - _z) / 4,
            r"the mean value theorem: a chord is as steep as some tangent, and $\sigma' \le "
            r"\frac14$",
            relation="<=",
            by=Cited("the mean value theorem, with the largest slope"),
            using=(lemma(sp.Derivative(sigma(_z), _z), _quarter, vanishing.logistic_slope, "<="),),
        ),
    ),
    source=("003-lemma3",),
)

slope_of_shift = Derivation(
    "strip-slope-of-shift",
    r"$g(y) = \sigma^{-1}(y) - wy$ and $s = y(1 - y)$: $s\,g'(y) = 1 - ws = (4 - w)\,s + "
    r"(1 - 2y)^2$",
    Claim(_s * sp.Derivative(shift(w, y), y), "=", (4 - w) * _s + (1 - 2 * y) ** 2, {y: STATES}),
    steps=(
        Step(1 - w * _s, r"the slope of $\sigma^{-1}$ is $1/s$"),
        Step((4 - w) * _s + (1 - 2 * y) ** 2, "$1 - 4s = (1 - 2y)^2$"),
    ),
    source=("003-lemma3",),
)


_z0 = sp.Symbol("z_0", real=True)
_reals = sp.Interval(-sp.oo, sp.oo)


def _two(count: sp.Basic) -> tuple[Orbit, SecondOrbit]:
    """Two orbits of one unit."""
    return Orbit(w, b, y0, count), SecondOrbit(w, b, _z0, count)


def _off(count: sp.Basic) -> sp.Expr:
    """4^n |y_n − z_n|."""
    first, second = _two(count)
    return sp.Integer(4) ** count * sp.Abs(first - second)


attraction = Derivation.by_induction(
    "strip-attraction",
    r"two orbits of one unit: $4^n\,\vert y_n - z_n\vert \le \vert w\vert^n\,\vert y_0 - z_0\vert$",
    Claim(
        _off(n),
        "<=",
        sp.Abs(w) ** n * sp.Abs(y0 - _z0),
        where={
            n: sp.Range(0, 3),
            # Where the chord is as steep as it can be, and where the states are far apart.
            w: _often((6, -6, _quarter), _reals),
            _z0: _reals,
            y0: _often((_z0 + sp.Rational(1, 64), _z0 + 20), _reals),
            b: _often((-w * _z0, -w * y0), _reals),
        },
    ),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            sp.Abs(y0 - _z0),
            "no step is done",
            by=(substitution,),
            using=(definition(_two(0)[0], y0), definition(_two(0)[1], _z0)),
        ),
    ),
    step=(
        Step(
            sp.Abs(w) ** n * sp.Abs(y0 - _z0),
            "*The chord*, between $w y_{n-1} + b$ and $w z_{n-1} + b$, and the statement for "
            "$n - 1$",
            relation="<=",
            using=(lemma(_off(n), sp.Abs(w) * _off(n - 1), chord, "<="), HYPOTHESIS),
        ),
    ),
    source=("003-lemma3", "003-fig7"),
)

# Theorem 4 -----------------------------------------------------------------------------------

_mean = (_w1 + _w2) / 2

difference = Derivation(
    "strip-difference",
    r"$(w_1 y + b_1) - (w_2 z + b_2) = \frac{w_1 + w_2}{2}(y - z) + \frac{y + z}{2}(w_1 - w_2) "
    r"+ (b_1 - b_2)$",
    Claim(
        _w1 * y + _b1 - (_w2 * _z + _b2),
        "=",
        _mean * (y - _z) + (y + _z) / 2 * (_w1 - _w2) + (_b1 - _b2),
    ),
    steps=(
        Step(
            _mean * (y - _z) + (y + _z) / 2 * (_w1 - _w2) + (_b1 - _b2),
            "multiply out; $w_1 z$ and $w_2 y$ cancel",
        ),
    ),
    source=("003-eq3.5", "003-eq3.6"),
)

_S = sp.Symbol("S", nonnegative=True)
_M, _d, _e, _f = sp.symbols("M d e f", real=True)
_inside = _M * _d + _S * _e + _f
_to_one = {_S: sp.Interval(0, 1)}
_at_most_one = Equation(_S, sp.Integer(1), None, "<=")
_bound = sp.Abs(_M) * sp.Abs(_d) + sp.Abs(_e) + sp.Abs(_f)

one_step = Derivation(
    "strip-one-step",
    r"$\vert M d + S e + f\vert \le \vert M\vert\,\vert d\vert + \vert e\vert + \vert f\vert$ for "
    r"$0 \le S \le 1$",
    Claim(sp.Abs(_inside), "<=", _bound, where=_to_one),
    steps=(
        Step(
            _bound,
            "the triangle inequality, and $S \\le 1$",
            relation="<=",
            using=(_at_most_one,),
        ),
    ),
    source=("003-eq3.7",),
)


def _after(y_: sp.Expr, z_: sp.Expr) -> sp.Expr:
    """The distance after one step, from the states ``y_`` and ``z_``."""
    return sp.Abs(sigma(_w1 * y_ + _b1) - sigma(_w2 * z_ + _b2))


def _printed(pull: sp.Expr, apart: sp.Expr) -> sp.Expr:
    return pull * apart + (sp.Abs(_w1 - _w2) + sp.Abs(_b1 - _b2)) / 4


_signed, _unsigned = (_w1 + _w2) / 8, sp.Abs(_w1 + _w2) / 8
_strips = {_w1: sp.Interval.open(-4, 4), _w2: sp.Interval.open(-4, 4)}
_two_states = {y: STATES, _z: STATES, **_strips}

printed_step = Counterexample(
    "strip-eq37-fails",
    r"$\vert\sigma(w_1 y + b_1) - \sigma(w_2 z + b_2)\vert \le \frac{w_1 + w_2}{8} "
    r"\vert y - z\vert + \frac{\vert w_1 - w_2\vert + \vert b_1 - b_2\vert}{4}$",
    refutes=Claim(_after(y, _z), "<=", _printed(_signed, sp.Abs(y - _z)), where=_two_states),
    instance={
        _w1: -2,
        _w2: -2,
        _b1: 0,
        _b2: 0,
        y: sp.Rational(3, 4),
        _z: _quarter,
    },
    instead=(Claim(_after(y, _z), "<=", _printed(_unsigned, sp.Abs(y - _z)), where=_two_states),),
    source=("003-eq3.7",),
)


def _apart(count: sp.Basic) -> sp.Expr:
    """|y_n − z_n| for two units from one start."""
    return sp.Abs(Orbit(_w1, _b1, y0, count) - SecondOrbit(_w2, _b2, y0, count))


_one_start = {n: sp.Range(0, 5), y0: STATES, **_strips}

printed_step_on_orbits = Counterexample(
    "strip-eq37-orbits",
    r"$\vert y_{n+1} - z_{n+1}\vert \le p\,\vert y_n - z_n\vert + q$ with $p = (w_1 + w_2)/8$, for "
    "orbits from one start",
    refutes=Claim(_apart(n + 1), "<=", _printed(_signed, _apart(n)), where=_one_start),
    instance={
        _w1: sp.Rational(-39, 10),
        _w2: sp.Rational(-7, 2),
        _b1: sp.Rational(39, 10),
        _b2: sp.Rational(39, 10),
        y0: sp.Rational(99, 100),
        n: 1,
    },
    instead=(Claim(_apart(n + 1), "<=", _printed(_unsigned, _apart(n)), where=_one_start),),
    source=("003-eq3.7", "003-eq3.8"),
)

_d0, _d1, _d2 = sp.symbols("d_0 d_1 d_2", real=True)
_twice = (Claim(_d1, "<=", _p * _d0 + _q), Claim(_d2, "<=", _p * _d1 + _q))
_rest = _q / (1 - _p)
_small = {_p: sp.Interval.open(-1, 1), _q: sp.Interval(0, 2), _d0: sp.Interval(0, 2)}

flipped = Counterexample(
    "strip-eq38-fails",
    r"from $d_1 \le p\,d_0 + q$ and $d_2 \le p\,d_1 + q$ follows $d_2 - \frac{q}{1 - p} \le p^2 "
    r"\left(d_0 - \frac{q}{1 - p}\right)$",
    refutes=Claim(_d2 - _rest, "<=", _p**2 * (_d0 - _rest), where=_small, given=_twice),
    instance={_p: -_half, _q: 1, _d0: 1, _d1: 0, _d2: 1},
    instead=(
        Claim(
            _d2 - _rest,
            "<=",
            _p**2 * (_d0 - _rest),
            where={**_small, _p: sp.Interval.Ropen(0, 1)},
            given=_twice,
        ),
    ),
    source=("003-eq3.8",),
)

_m, _K = sp.symbols("m K", nonnegative=True)

limits = Derivation(
    "strip-limits",
    r"if $K d = S e + f$ with $0 < m \le K$ and $0 \le S \le 1$, then $m\,\vert d\vert \le \vert "
    r"e\vert + \vert f\vert$, that is $m\,\vert S e + f\vert \le K\,(\vert e\vert + \vert f\vert)$",
    Claim(
        _m * sp.Abs(_S * _e + _f),
        "<=",
        _K * (sp.Abs(_e) + sp.Abs(_f)),
        where={**_to_one, _m: sp.Interval.open(0, sp.oo), _K: sp.Interval(_m, sp.oo)},
    ),
    steps=(
        Step(
            _m * (sp.Abs(_e) + sp.Abs(_f)),
            "the triangle inequality, and $S \\le 1$",
            relation="<=",
            using=(_at_most_one,),
        ),
        Step(
            _K * (sp.Abs(_e) + sp.Abs(_f)),
            "$m \\le K$",
            relation="<=",
            using=(Equation(_m, _K, None, "<="),),
        ),
    ),
    source=("003-theorem4",),
)

cost_difference = Derivation(
    "strip-cost-difference",
    r"$(y - y_T)^2 - (z - y_T)^2 = (y - z)(y + z - 2y_T)$",
    Claim(
        (y - target) ** 2 - (_z - target) ** 2,
        "=",
        (y - _z) * (y + _z - 2 * target),
    ),
    steps=(Step((y - _z) * (y + _z - 2 * target), "a difference of squares"),),
    source=("003-theorem4",),
)

# Theorem 5 -----------------------------------------------------------------------------------

solution = Derivation(
    "strip-solution",
    r"with $b = \sigma^{-1}(y_T) - w y_T$ the target is a fixed point: $1/\sigma(w y_T + b) = "
    r"1/y_T$",
    Claim(1 / sigma(w * target + shift(w, target)), "=", 1 / target, where={target: STATES}),
    steps=(
        Step(
            1 / target,
            r"$1/\sigma(z) = 1 + e^{-z}$, and $e^{-\sigma^{-1}(y_T)} = 1/y_T - 1$",
        ),
    ),
    source=("003-theorem5",),
)

_outside = Orbit(
    sp.Rational(9, 2), shift(sp.Rational(9, 2), sp.Rational(7, 10)), sp.Rational(4, 5), 200
)

outside = Derivation(
    "strip-outside",
    r"with $w = 4.5$, $b = \sigma^{-1}(0.7) - 3.15$ and $y_0 = 0.8$: $(y_{200} - 0.7)^2 < "
    r"10^{-11}$",
    Claim((_outside - sp.Rational(7, 10)) ** 2, "<", sp.Rational(1, 10**11)),
    steps=(
        Step(
            sp.Rational(1, 10**11),
            "200 steps in interval arithmetic",
            relation="<",
            by=(certified,),
        ),
    ),
    source=("003-theorem5",),
)

# How the limit moves -------------------------------------------------------------------------

_A, _W = sp.Function("A")(alpha), sp.Function("W")(alpha)
_Y, _slope_Y = _any_sigma(_A), _any_sigma.slope(_A)

implicit = Derivation(
    "strip-implicit",
    r"if $Y = \sigma(A)$ is the fixed point of the unit with $W$ and $B = A - W Y$: $S \left("
    r"\frac{dB}{d\alpha} + Y \frac{dW}{d\alpha}\right) = (1 - W S)\,\frac{dY}{d\alpha}$ with "
    r"$S = \sigma'(A)$",
    Claim(
        _slope_Y * (sp.Derivative(_A - _W * _Y, alpha) + _Y * sp.Derivative(_W, alpha)),
        "=",
        (1 - _W * _slope_Y) * sp.Derivative(_Y, alpha),
    ),
    steps=(
        Step(
            (1 - _W * _slope_Y) * sp.Derivative(_Y, alpha),
            r"$\frac{dY}{d\alpha} = S \frac{dA}{d\alpha}$, and $Y \frac{dW}{d\alpha}$ cancels",
        ),
    ),
    source=("003-no-risk",),
)

_rate = -y * (y - 1) / (w * y * (y - 1) + 1)
"""∂y/∂b = s/(1 − ws)."""
sharp = Derivation(
    "strip-sharp",
    r"for $w < 4$: $0 < \frac{\partial y_\infty}{\partial b} = \frac{s}{1 - ws} \le "
    r"\frac{1}{4 - w}$",
    Claim(_rate, "<=", 1 / (4 - w), where={y: STATES, w: _below_four}),
    steps=(
        Step(
            1 / (4 - w),
            "*The slope of g*: $1 - ws$ is at least $(4 - w)\\,s$",
            relation="<=",
            by=(box,),
        ),
    ),
    source=("003-no-risk",),
)

positive = Derivation(
    "strip-positive",
    r"for $w < 4$: $\frac{s}{1 - ws} > 0$",
    Claim(_rate, ">", 0, where={w: _below_four, y: STATES}),
    steps=(Step(sp.Integer(0), r"$0 < s \le \frac14$ and $ws < 1$", relation=">", by=(box,)),),
    source=("003-theorem5",),
)

_down = 2 * (target - y) * _rate
_in_strip = {w: _below_four, y: STATES, target: STATES}

no_risk = Counterexample(
    "strip-no-risk",
    r"in the strip the cost has no large slope: $-\frac{\partial E}{\partial b} = 2\,(y_T - y)\,"
    r"\frac{s}{1 - ws} \le 100$",
    refutes=Claim(_down, "<=", 100, where=_in_strip),
    instance={w: sp.Rational(3999, 1000), y: _half, target: sp.Rational(7, 10)},
    instead=(Claim(_down, "<=", 2 / (4 - w), where=_in_strip),),
    source=("003-no-risk",),
)

_along_w = y * _rate
_turn = 2 - 3 * y - w * y * (1 - y) ** 2

weight_rate = Derivation(
    "strip-weight-rate",
    r"$(1 - ws)^2\,\frac{d}{dy}\,\frac{ys}{1 - ws} = y\,(2 - 3y - w\,y\,(1 - y)^2)$",
    Claim(
        (1 - w * _s) ** 2 * sp.Derivative(_along_w, y),
        "=",
        y * _turn,
        where={w: _below_four, y: STATES},
    ),
    steps=(Step(y * _turn, "the quotient rule"),),
    source=("003-no-risk",),
)

_top = sp.Symbol("p", real=True)
_w_of_top = (2 - 3 * _top) / (_top * (_top - 1) ** 2)

_peak = _top**2 * (_top - 1) ** 2 / (2 * _top - 1)
_under = _along_w.subs(w, _w_of_top)
_gap = (y - _top) ** 2 * (_top**2 + (2 * _top - 1) * (y - 1)) / (2 * _top - 1)
_positive_part = _top**2 + (2 * _top - 1) * (y - 1)

weight_bound = Derivation(
    "strip-weight-bound",
    r"with $w = \frac{2 - 3p}{p\,(1 - p)^2}$ and $P = \frac{p^2 (1 - p)^2}{2p - 1}$: "
    r"$(1 - ws)\,P - ys = \frac{(y - p)^2}{2p - 1} \left(p^2 - (2p - 1)(1 - y)\right)$",
    Claim(
        (1 - _w_of_top * _s) * _peak - y * _s,
        "=",
        _gap,
        where={_top: sp.Interval.open(_half, 1), y: STATES},
    ),
    steps=(Step(_gap, "multiply out"),),
    source=("003-no-risk",),
)

weight_positive = Derivation(
    "strip-weight-positive",
    r"for $\frac12 < p < 1$ and $0 < y < 1$: $p^2 - (2p - 1)(1 - y) > 0$",
    Claim(_positive_part, ">", 0, where={_top: sp.Interval.open(_half, 1), y: STATES}),
    steps=(
        Step(
            (1 - _top) ** 2,
            "$(2p - 1)(1 - y) < 2p - 1$, and $p^2 - (2p - 1) = (1 - p)^2$",
            relation=">",
            by=(box,),
        ),
        Step(sp.Integer(0), "the square of a number that is not zero", relation=">", by=(box,)),
    ),
    source=("003-no-risk",),
)

# The gradient of the cost --------------------------------------------------------------------

_R = sp.Symbol("R", real=True)
_E = (y - target) ** 2

gradient_norm = Derivation(
    "strip-gradient-norm",
    r"$\vert\nabla E\vert^2 = 4E R^2 (1 + y^2)$ with $R = \frac{s}{1 - ws}$",
    Claim(
        (2 * (y - target) * _R) ** 2 + (2 * (y - target) * y * _R) ** 2,
        "=",
        4 * _E * _R**2 * (1 + y**2),
    ),
    steps=(
        Step(
            4 * _E * _R**2 * (1 + y**2),
            r"$\nabla E = 2\,(y - y_T)\,\frac{s}{1 - ws}\,(y, 1)$",
        ),
    ),
    source=("003-theorem5", "003-no-risk"),
)

_omega = sp.Symbol("omega", real=True)

at_the_middle = Derivation(
    "strip-growth",
    r"at $y = \frac12$ and $w = \omega$: $\vert\nabla E\vert^2 = \frac{5\,(\frac12 - y_T)^2}"
    r"{(4 - \omega)^2}$",
    Claim(
        (4 * _E * _rate**2 * (1 + y**2)).subs({y: _half, w: _omega}),
        "=",
        5 * (_half - target) ** 2 / (4 - _omega) ** 2,
        where={_omega: _below_four},
    ),
    steps=(
        Step(
            5 * (_half - target) ** 2 / (4 - _omega) ** 2,
            r"$s = \frac14$, $\frac{s}{1 - \omega s} = \frac{1}{4 - \omega}$ and $1 + y^2 = "
            r"\frac54$",
        ),
    ),
    source=("003-no-risk",),
)

_sn, _rn = sp.symbols("s r", real=True)

steeper = Derivation(
    "strip-steeper",
    r"for $0 < s \le \frac14$ and $c \le w < 4$: $\frac{s}{1 - cs} \le \frac{s}{1 - ws}$",
    Claim(
        _sn / (1 - _c * _sn),
        "<=",
        _sn / (1 - w * _sn),
        where={w: _below_four, _c: sp.Interval(-sp.oo, w), _sn: sp.Interval.Lopen(0, _quarter)},
    ),
    steps=(Step(_sn / (1 - w * _sn), "a smaller positive denominator", relation="<=", by=(box,)),),
    source=("003-no-risk",),
)

_T, _at, _above = sp.Rational(7, 10), sp.Rational(7, 2), sp.Rational(10173443, 10**7)
_size = 4 * (y - _T) ** 2 * _s**2 * (1 + y**2)

lipschitz_35 = Derivation(
    "strip-lipschitz",
    r"for $y_T = 0.7$ and $w = 3.5$: $2\,\vert y - y_T\vert\,\frac{s}{1 - ws} \sqrt{1 + y^2} \le "
    "1.0173443$ for every $y$",
    Claim(_size - _above**2 * (1 - _at * _s) ** 2, "<", 0, where={y: sp.Interval(0, 1)}),
    steps=(
        Step(
            sp.Integer(0),
            "squared, and multiplied with $(1 - ws)^2$: a polynomial without a root in $[0, 1]$",
            relation="<",
            by=(polynomial,),
        ),
    ),
    source=("003-no-risk",),
)

# Fold and cusp -------------------------------------------------------------------------------

fold = Derivation(
    "strip-fold",
    r"$s^2\,g''(y) = 2y - 1$",
    Claim(_s**2 * sp.Derivative(shift(w, y), (y, 2)), "=", 2 * y - 1, {y: STATES}),
    steps=(Step(2 * y - 1, "differentiate twice"),),
    source=("003-no-risk",),
)

cusp = Derivation(
    "strip-cusp",
    r"$s^3\,g'''(y) = 2 - 6s$",
    Claim(_s**3 * sp.Derivative(shift(w, y), (y, 3)), "=", 2 - 6 * _s, {y: STATES}),
    steps=(Step(2 - 6 * _s, "differentiate three times"),),
    source=("003-no-risk",),
)

# Running cost, inputs, any number of steps ---------------------------------------------------

_u, _hat = sp.Symbol("u", real=True), sp.Symbol("yhat", real=True)
_Y_b = sp.Function("Y")(b)
_before = w * _Y_b + b + _u

chain_rule = Derivation(
    "strip-chain-rule",
    r"if the state $Y$ before a step depends on $b$, then $\frac{d}{db} \sigma(wY + b + u) = "
    r"\sigma'(wY + b + u) \left(1 + w \frac{dY}{db}\right)$",
    Claim(
        sp.Derivative(_any_sigma(_before), b),
        "=",
        _any_sigma.slope(_before) * (1 + w * sp.Derivative(_Y_b, b)),
    ),
    steps=(
        Step(
            _any_sigma.slope(_before) * (1 + w * sp.Derivative(_Y_b, b)),
            "$b$ acts here and on the state before",
        ),
    ),
    source=("003-running-cost",),
)

_lam = sp.Symbol("lambda", positive=True)
_below_one = {_lam: sp.Interval.open(0, 1), y0: STATES}
_steps = {n: sp.Range(0, 4)}
_j = sp.Symbol("j", integer=True, positive=True)


def _r(weight: sp.Expr, count: sp.Basic) -> DrivenRate:
    return DrivenRate(b, weight, b, y0, count)


def _slope(weight: sp.Expr, count: sp.Basic) -> DrivenSlope:
    return DrivenSlope(weight, b, y0, count)


def _by_chain(weight: sp.Expr, count: sp.Basic):
    """r_n = s_n (1 + w r_{n-1})."""
    return lemma(
        _r(weight, count), _slope(weight, count) * (1 + weight * _r(weight, count - 1)), chain_rule
    )


_v = 4 * _lam

not_negative = Derivation.by_induction(
    "strip-not-negative",
    r"with $w = 4\lambda > 0$ and any inputs: $r_n = \partial y_n/\partial b \ge 0$",
    Claim(_r(_v, n), ">=", 0, where={**_steps, y0: STATES}),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            sp.Integer(0),
            "the start does not depend on $b$",
            by=(substitution,),
            using=(definition(_r(_v, 0), 0),),
        ),
    ),
    step=(
        Step(
            _slope(_v, n) * (1 + _v * _r(_v, n - 1)), "*The chain rule*", using=(_by_chain(_v, n),)
        ),
        Step(sp.Integer(0), "the statement for $n - 1$", relation=">=", using=(HYPOTHESIS,)),
    ),
    source=("003-running-cost",),
)


def _loss(last: sp.Basic, power: sp.Basic) -> sp.Sum:
    """Σ_{j=1}^{last} λ^{power-j} ℓ_j."""
    return sp.Sum(_lam ** (power - _j) * DrivenLoss(b, _v, b, y0, _j), (_j, 1, last))


_newest = DrivenLoss(b, _v, b, y0, n)


def _full(power: sp.Basic) -> sp.Expr:
    """H_n = (1 − λ^n)/(4 − w)."""
    return _quarter * (_lam**power - 1) / (_lam - 1)


driven = Derivation.by_induction(
    "strip-driven",
    r"with $w = 4\lambda$ and any inputs: $r_n = \frac{1 - \lambda^n}{4 - w} - \frac14 "
    r"\sum_{j=1}^n \lambda^{n-j} \ell_j$ with $\ell_j = (1 - 4 s_j)(1 + w\,r_{j-1})$",
    Claim(_r(_v, n), "=", _full(n) - _loss(n, n) / 4, where={**_steps, **_below_one}),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            _full(0) - _loss(0, 0) / 4,
            "the start does not depend on $b$, and the sum is empty",
            using=(definition(_r(_v, 0), 0), definition(_loss(0, 0), 0)),
        ),
    ),
    step=(
        Step(
            _slope(_v, n) * (1 + _v * _r(_v, n - 1)), "*The chain rule*", using=(_by_chain(_v, n),)
        ),
        Step(
            _quarter + _lam * _r(_v, n - 1) - _newest / 4,
            r"$s_n = \frac14 - \frac14 (1 - 4 s_n)$",
            using=(definition(_newest, (1 - 4 * _slope(_v, n)) * (1 + _v * _r(_v, n - 1))),),
        ),
        Step(
            _quarter + _lam * (_full(n - 1) - _loss(n - 1, n - 1) / 4) - _newest / 4,
            "the statement for $n - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            _full(n) - _loss(n, n) / 4,
            "the sum has one more term",
            using=(definition(_loss(n, n), _loss(n - 1, n) + _newest),),
        ),
    ),
    source=("003-running-cost",),
)


def _resting(count: sp.Basic) -> OrbitRate:
    """∂y_n/∂b at b = −w/2 for the orbit that rests at ½."""
    return OrbitRate(_c, _v, _c - 2 * _lam, _half, count)


_at_rest = {**_steps, _lam: sp.Interval.open(0, 1), _c: sp.FiniteSet(0)}

attained = Derivation.by_induction(
    "strip-attained",
    r"an orbit that rests at $\frac12$, with $b = -w/2 = -2\lambda$: $\frac{\partial y_n}"
    r"{\partial b} = \frac{1 - \lambda^n}{4 - w}$",
    Claim(_resting(n), "=", _full(n), where=_at_rest),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            sp.Integer(0),
            "the start does not depend on $b$",
            using=(definition(_resting(0), 0),),
        ),
        Step(_full(0), r"$\lambda^0 = 1$"),
    ),
    step=(
        Step(
            (1 + _v * _resting(n - 1)) / 4,
            r"*The chain rule*, with $s_n = \frac14$",
            using=(lemma(_resting(n), (1 + _v * _resting(n - 1)) / 4, chain_rule),),
        ),
        Step(
            (1 + _v * _full(n - 1)) / 4,
            "the statement for $n - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(_full(n), "one fraction"),
    ),
    source=("003-running-cost",),
)

_next = _sn * (1 + w * _rn)

kept = Derivation(
    "strip-kept",
    r"for $-4 \le w \le 0$, $0 \le s \le \frac14$ and $0 \le r \le \frac14$: $0 \le s\,(1 + w r) "
    r"\le \frac14$, that is $(8\,s\,(1 + wr) - 1)^2 \le 1$",
    Claim(
        (8 * _next - 1) ** 2,
        "<=",
        1,
        where={
            w: sp.Interval(-4, 0),
            _sn: sp.Interval(0, _quarter),
            _rn: sp.Interval(0, _quarter),
        },
    ),
    steps=(
        Step(
            sp.Integer(1),
            r"the difference is $16\,s\,(1 + wr)\,(1 - 4s - 4wsr)$, and no factor is negative",
            relation="<=",
            by=(box,),
        ),
    ),
    source=("003-running-cost",),
)

negative = Derivation.by_induction(
    "strip-negative",
    r"with $-4 \le w \le 0$ and any inputs: $0 \le r_n \le \frac14$, that is $\vert 8 r_n - 1\vert "
    r"\le 1$",
    Claim(
        sp.Abs(8 * _r(w, n) - 1),
        "<=",
        1,
        where={**_steps, w: sp.Interval(-4, 0), y0: STATES},
    ),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            sp.Integer(1),
            "$r_0 = 0$",
            by=(substitution,),
            using=(definition(_r(w, 0), 0),),
        ),
    ),
    step=(
        Step(
            sp.Integer(1),
            "*One step keeps the interval*, with the statement for $n - 1$ and *the chain rule*",
            relation="<=",
            using=(lemma(sp.Abs(8 * _r(w, n) - 1), 1, kept, "<="), HYPOTHESIS),
        ),
    ),
    source=("003-running-cost",),
)

_weight, _H = sp.symbols("c H", nonnegative=True)
_miss = sp.Symbol("m", real=True)

cost_term = Derivation(
    "strip-cost-term",
    r"$\frac{d}{db}\,c\,(Y - \hat y)^2 = 2c\,(Y - \hat y)\,\frac{dY}{db}$",
    Claim(
        sp.Derivative(_weight * (_Y_b - _hat) ** 2, b),
        "=",
        2 * _weight * (_Y_b - _hat) * sp.Derivative(_Y_b, b),
    ),
    steps=(
        Step(2 * _weight * (_Y_b - _hat) * sp.Derivative(_Y_b, b), "the chain rule for a square"),
    ),
    source=("003-running-cost",),
)

running_cost = Derivation(
    "strip-running-cost",
    r"for $c \ge 0$, $-1 \le m \le 1$ and $0 \le r \le H$: $2c\,m\,r \le 2c\,H$",
    Claim(
        2 * _weight * _miss * _rn,
        "<=",
        2 * _weight * _H,
        where={
            _weight: sp.Interval(0, sp.oo),
            _miss: sp.Interval(-1, 1),
            _H: sp.Interval(0, sp.oo),
            _rn: sp.Interval(0, _H),
        },
    ),
    steps=(Step(2 * _weight * _H, "$m \\le 1$ and $r \\le H$", relation="<=", by=(box,)),),
    source=("003-running-cost",),
)

# Truncation ----------------------------------------------------------------------------------

_wt = sp.Symbol("w", real=True, nonzero=True)
_held_at = sp.Symbol("m", integer=True, nonnegative=True)
_k = sp.Symbol("k", integer=True, positive=True)


def _held(count: sp.Basic) -> HeldRate:
    return HeldRate(b, _wt, b, y0, _held_at, count)


def _product(last: sp.Basic) -> sp.Product:
    return sp.Product(_slope(_wt, _j), (_j, _held_at + 1, last))


def _lost(count: sp.Basic, last: sp.Basic) -> sp.Expr:
    return _wt**count * _product(last) * _r(_wt, _held_at)


_m_and_k = {_held_at: sp.Range(0, 3), _k: sp.Range(1, 4), y0: STATES}
_last = _held_at + _k

truncated = Derivation.by_induction(
    "strip-truncated",
    r"the gradient of $y_{m+k}$ and the one truncated to the last $k$ steps: $r_{m+k} = "
    r"r_{m+k}^{(k)} + w^k\,s_{m+1} \cdots s_{m+k}\,r_m$",
    Claim(_r(_wt, _last), "=", _held(_k) + _lost(_k, _last), where=_m_and_k),
    over=_k,
    start=sp.Integer(1),
    base=(
        Step(
            _slope(_wt, _held_at + 1) * (1 + _wt * _r(_wt, _held_at)),
            "*The chain rule*",
            using=(_by_chain(_wt, _held_at + 1),),
        ),
        Step(
            _held(1) + _lost(sp.Integer(1), _held_at + 1),
            "held at $y_m$, only $b$ acts",
            using=(
                lemma(_held(1), _slope(_wt, _held_at + 1), chain_rule),
                definition(_product(_held_at + 1), _slope(_wt, _held_at + 1)),
            ),
        ),
    ),
    step=(
        Step(
            _slope(_wt, _last) * (1 + _wt * _r(_wt, _last - 1)),
            "*The chain rule*",
            using=(_by_chain(_wt, _last),),
        ),
        Step(
            _slope(_wt, _last) * (1 + _wt * (_held(_k - 1) + _lost(_k - 1, _last - 1))),
            "the statement for $k - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            _held(_k) + _lost(_k, _last),
            "*The chain rule* once more, and $s_{m+k}$ is one more factor",
            using=(
                lemma(_held(_k), _slope(_wt, _last) * (1 + _wt * _held(_k - 1)), chain_rule),
                definition(
                    _product(_last),
                    _slope(_wt, _last) * _product(_last - 1),
                ),
            ),
        ),
    ),
    source=("003-running-cost",),
)

bias = Derivation(
    "strip-bias",
    r"at rest at $\frac12$ the truncated gradient lacks $\frac{1 - \lambda^{m+k}}{4 - w} - "
    r"\frac{1 - \lambda^k}{4 - w} = \lambda^k\,\frac{1 - \lambda^m}{4 - w}$",
    Claim(
        _full(_held_at + _k) - _full(_k),
        "=",
        _lam**_k * _full(_held_at),
        where={_lam: sp.Interval.open(0, 1), _held_at: sp.Range(0, 4), _k: sp.Range(0, 4)},
    ),
    steps=(Step(_lam**_k * _full(_held_at), r"$\lambda^{m+k} = \lambda^m \lambda^k$"),),
    source=("003-running-cost",),
)
