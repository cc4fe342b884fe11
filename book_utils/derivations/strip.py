"""Weights with |w| < 4: what the chapter on the stable strip states of the one unit.

Denominators are written as y - 1 rather than 1 - y, and without the quotient where that is
possible: a mutant must not make them the number 0.
"""

from __future__ import annotations

import sympy as sp

from book_utils.derivations import control
from book_utils.derivations.engine import (
    HYPOTHESIS,
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
    Bias,
    DrivenLoss,
    DrivenRate,
    DrivenSlope,
    DrivenWeightRate,
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

_z, _a = sp.symbols("z a", real=True)
_w1, _w2, _b1, _b2 = sp.symbols("w_1 w_2 b_1 b_2", real=True)
_s = y * (1 - y)
_half, _quarter = sp.Rational(1, 2), sp.Rational(1, 4)
_below_four = sp.Interval.open(-sp.oo, 4)


def _often(points: tuple, domain: sp.Set) -> sp.Set:
    """The same numbers, of which the tester draws the given ones more often than others."""
    return sp.Union(*map(sp.FiniteSet, points), domain, evaluate=False)


# One fixed point, which attracts -------------------------------------------------------------

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
            using=(lemma(_off(n), sp.Abs(w) * _off(n - 1), control.one_step, "<="), HYPOTHESIS),
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

_ybar = sp.Symbol("ybar", nonnegative=True)
_wbar, _d, _dw, _db = sp.symbols("wbar d delta_w delta_b", real=True)
_to_one = {_ybar: sp.Interval(0, 1)}
_at_most_one = Equation(_ybar, sp.Integer(1), None, "<=")

one_step = Derivation(
    "strip-one-step",
    r"$\vert \bar w d + \bar y \delta_w + \delta_b\vert \le \vert \bar w\vert\,\vert d\vert + "
    r"\vert \delta_w\vert + \vert \delta_b\vert$ for $0 \le \bar y \le 1$",
    Claim(
        sp.Abs(_wbar * _d + _ybar * _dw + _db),
        "<=",
        sp.Abs(_wbar) * sp.Abs(_d) + sp.Abs(_dw) + sp.Abs(_db),
        where=_to_one,
    ),
    steps=(
        Step(
            sp.Abs(_wbar) * sp.Abs(_d) + sp.Abs(_dw) + sp.Abs(_db),
            r"the triangle inequality, and $\bar y \le 1$",
            relation="<=",
            using=(_at_most_one,),
        ),
    ),
    source=("003-eq3.7",),
)


def _printed(pull: sp.Expr, apart: sp.Expr) -> sp.Expr:
    return pull * apart + (sp.Abs(_w1 - _w2) + sp.Abs(_b1 - _b2)) / 4


_signed, _unsigned = (_w1 + _w2) / 8, sp.Abs(_w1 + _w2) / 8
_strips = {_w1: sp.Interval.open(-4, 4), _w2: sp.Interval.open(-4, 4)}


def _apart(count: sp.Basic) -> sp.Expr:
    """|y_n − z_n| for two units from one start."""
    return sp.Abs(Orbit(_w1, _b1, y0, count) - SecondOrbit(_w2, _b2, y0, count))


_one_start = {n: sp.Range(0, 5), y0: STATES, **_strips}

_example = {
    _w1: sp.Rational(-39, 10),
    _w2: sp.Rational(-7, 2),
    _b1: sp.Rational(39, 10),
    _b2: sp.Rational(39, 10),
    y0: sp.Rational(99, 100),
}

printed_step_on_orbits = Counterexample(
    "strip-eq37-orbits",
    r"$\vert y_{n+1} - z_{n+1}\vert \le p\,\vert y_n - z_n\vert + q$ with $p = (w_1 + w_2)/8$, for "
    "orbits from one start",
    refutes=Claim(_apart(n + 1), "<=", _printed(_signed, _apart(n)), where=_one_start),
    instance={**_example, n: 1},
    instead=(Claim(_apart(n + 1), "<=", _printed(_unsigned, _apart(n)), where=_one_start),),
    source=("003-eq3.7", "003-eq3.8"),
)


def _repeated(pull: sp.Expr) -> Claim:
    """(3.8), used n times from one start: 8 (1 - p) |y_n - z_n| <= 2 (1 - p^n) 4q."""
    four_q = sp.Abs(_w1 - _w2) + sp.Abs(_b1 - _b2)
    left = sp.expand(8 * (1 - pull)) * _apart(n)
    return Claim(left, "<=", 2 * (1 - pull**n) * four_q, where=_one_start)


repeated_step = Counterexample(
    "strip-eq38-fails",
    r"$(1 - p)\,\vert y_n - z_n\vert \le (1 - p^n)\,q$ with $p = (w_1 + w_2)/8$ and $q = "
    r"(\vert w_1 - w_2\vert + \vert b_1 - b_2\vert)/4$, for orbits from one start",
    refutes=_repeated(_signed),
    instance={**_example, n: 2},
    instead=(_repeated(_unsigned),),
    source=("003-eq3.8",),
)

_m, _K = sp.symbols("m K", nonnegative=True)

limits = Derivation(
    "strip-limits",
    r"if $K d = \bar y \delta_w + \delta_b$ with $0 < m \le K$ and $0 \le \bar y \le 1$, then "
    r"$m\,\vert d\vert \le \vert \delta_w\vert + \vert \delta_b\vert$, that is $m\,\vert \bar y "
    r"\delta_w + \delta_b\vert \le K\,(\vert \delta_w\vert + \vert \delta_b\vert)$",
    Claim(
        _m * sp.Abs(_ybar * _dw + _db),
        "<=",
        _K * (sp.Abs(_dw) + sp.Abs(_db)),
        where={**_to_one, _m: sp.Interval.open(0, sp.oo), _K: sp.Interval(_m, sp.oo)},
    ),
    steps=(
        Step(
            _m * (sp.Abs(_dw) + sp.Abs(_db)),
            r"the triangle inequality, and $\bar y \le 1$",
            relation="<=",
            using=(_at_most_one,),
        ),
        Step(
            _K * (sp.Abs(_dw) + sp.Abs(_db)),
            "$m \\le K$",
            relation="<=",
            using=(Equation(_m, _K, None, "<="),),
        ),
    ),
    source=("003-theorem4",),
)

# Theorem 5 -----------------------------------------------------------------------------------


def _from_target(count: sp.Basic) -> Orbit:
    """y_n from y_0 = y_T, with the bias that the target needs."""
    return Orbit(w, shift(w, target), target, count)


solution = Derivation.by_induction(
    "strip-solution",
    r"with $b = \sigma^{-1}(y_T) - w y_T$ the target is a fixed point: "
    r"from $y_0 = y_T$, $y_n = y_T$",
    Claim(_from_target(n), "=", target, where={n: sp.Range(0, 4), target: STATES}),
    over=n,
    start=sp.Integer(0),
    base=(Step(target, "that is the start", using=(definition(_from_target(0), target),)),),
    step=(
        Step(
            sigma(w * target + Bias(w, target)),
            "the statement for $n - 1$",
            by=(substitution,),
            using=(
                definition(_from_target(n), sigma(w * _from_target(n - 1) + Bias(w, target))),
                HYPOTHESIS,
            ),
        ),
        Step(
            target,
            r"$w y_T$ cancels, and $\sigma$ undoes $\sigma^{-1}$",
            using=(definition(Bias(w, target), shift(w, target)),),
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

_top = sp.Symbol("v", real=True)
_w_of_top = (2 - 3 * _top) / (_top * (_top - 1) ** 2)

_peak = _top**2 * (_top - 1) ** 2 / (2 * _top - 1)
_under = _along_w.subs(w, _w_of_top)
_gap = (y - _top) ** 2 * (_top**2 + (2 * _top - 1) * (y - 1)) / (2 * _top - 1)
_positive_part = _top**2 + (2 * _top - 1) * (y - 1)

weight_bound = Derivation(
    "strip-weight-bound",
    r"with $w = \frac{2 - 3v}{v\,(1 - v)^2}$ and $V = \frac{v^2 (1 - v)^2}{2v - 1}$: "
    r"$(1 - ws)\,V - ys = \frac{(y - v)^2}{2v - 1} \left(v^2 - (2v - 1)(1 - y)\right)$",
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
    r"for $\frac12 < v < 1$ and $0 < y < 1$: $v^2 - (2v - 1)(1 - y) > 0$",
    Claim(_positive_part, ">", 0, where={_top: sp.Interval.open(_half, 1), y: STATES}),
    steps=(
        Step(
            (1 - _top) ** 2,
            "$(2v - 1)(1 - y) < 2v - 1$, and $v^2 - (2v - 1) = (1 - v)^2$",
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
    r"for $0 < s \le \frac14$ and $w \le \omega < 4$: $\frac{s}{1 - ws} \le "
    r"\frac{s}{1 - \omega s}$",
    Claim(
        _sn / (1 - w * _sn),
        "<=",
        _sn / (1 - _omega * _sn),
        where={
            _omega: _below_four,
            w: sp.Interval(-sp.oo, _omega),
            _sn: sp.Interval.Lopen(0, _quarter),
        },
    ),
    steps=(
        Step(_sn / (1 - _omega * _sn), "a smaller positive denominator", relation="<=", by=(box,)),
    ),
    source=("003-no-risk",),
)

_T, _at, _above = sp.Rational(7, 10), sp.Rational(7, 2), sp.Rational(10173443, 10**7)
_size = 4 * (y - _T) ** 2 * _s**2 * (1 + y**2)

lipschitz_35 = Derivation(
    "strip-lipschitz",
    r"for $y_T = 0.7$ and $w = 3.5$: $\vert\nabla E\vert = 2\,\vert y - y_T\vert\,\frac{s}{1 - ws} "
    r"\sqrt{1 + y^2} < 1.0173443$ for every $y$",
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

_u = sp.Symbol("u", real=True)
_B, _state = sp.Function("B")(alpha), sp.Function("Y")(alpha)
_before = _W * _state + _B + _u
_moved = (
    _W * sp.Derivative(_state, alpha) + _state * sp.Derivative(_W, alpha) + sp.Derivative(_B, alpha)
)

chain_rule = Derivation(
    "strip-chain-rule",
    r"if $W$, $B$ and the state $Y$ before a step depend on $\alpha$, then $\frac{d}{d\alpha} "
    r"\sigma(WY + B + u) = \sigma'(WY + B + u) \left(W \frac{dY}{d\alpha} + Y \frac{dW}{d\alpha} + "
    r"\frac{dB}{d\alpha}\right)$",
    Claim(
        sp.Derivative(_any_sigma(_before), alpha),
        "=",
        _any_sigma.slope(_before) * _moved,
    ),
    steps=(
        Step(
            _any_sigma.slope(_before) * _moved,
            "the parameters act here and on the state before",
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
    return OrbitRate(b, _v, b, _half, count)


_at_rest = {**_steps, _lam: sp.Interval.open(0, 1), b: sp.FiniteSet(-2 * _lam)}

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

_free = sp.Symbol("w", positive=True)
_either = sp.Symbol("w", real=True)


def _q(weight: sp.Symbol, count: sp.Basic) -> DrivenWeightRate:
    """q_n = ∂y_n/∂w."""
    return DrivenWeightRate(weight, weight, b, y0, count)


_qn = sp.Symbol("q", real=True)
_by_bias, _by_weight = _sn * (1 + w * _rn), _sn * (y + w * _qn)

weight_step = Derivation(
    "strip-weight-step",
    r"for $w > 0$, $0 \le s \le \frac14$, $0 \le y \le 1$ and $0 \le q \le r$: $0 \le s\,(y + wq) "
    r"\le s\,(1 + wr)$, that is $\left(2\,s\,(y + wq) - s\,(1 + wr)\right)^2 \le \left(s\,(1 + "
    r"wr)\right)^2$",
    Claim(
        (2 * _by_weight - _by_bias) ** 2,
        "<=",
        _by_bias**2,
        where={
            w: sp.Interval.open(0, sp.oo),
            _sn: sp.Interval(0, _quarter),
            y: sp.Interval(0, 1),
            _rn: sp.Interval(0, sp.oo),
            _qn: sp.Interval(0, _rn),
        },
    ),
    steps=(
        Step(
            _by_bias**2,
            r"the difference is $4 s^2\,(y + wq)\,(1 - y + w\,(r - q))$, and no factor is negative",
            relation="<=",
            by=(box,),
        ),
    ),
    source=("003-running-cost",),
)


def _off_middle(count: sp.Basic) -> sp.Expr:
    return sp.Abs(2 * _q(_free, count) - _r(_free, count))


weight_below_bias = Derivation.by_induction(
    "strip-weight-below-bias",
    r"with $w > 0$ and any inputs: $0 \le q_n \le r_n$, that is $\vert 2q_n - r_n\vert \le r_n$",
    Claim(
        _off_middle(n),
        "<=",
        _r(_free, n),
        where={**_steps, _free: sp.Interval.open(0, 6), y0: STATES},
    ),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(
            _r(_free, 0),
            "both are $0$",
            by=(substitution,),
            using=(definition(_q(_free, 0), 0), definition(_r(_free, 0), 0)),
        ),
    ),
    step=(
        Step(
            _r(_free, n),
            "*One step*, with the statement for $n - 1$ and *the chain rule*",
            relation="<=",
            using=(lemma(_off_middle(n), _r(_free, n), weight_step, "<="), HYPOTHESIS),
        ),
    ),
    source=("003-running-cost",),
)

_t = sp.Symbol("t", real=True)

weight_kept = Derivation(
    "strip-weight-kept",
    r"for $-4 \le w \le 0$, $0 \le s \le \frac14$, $0 \le y \le 1$ and $-1 \le t \le 1$: "
    r"$\left(s\,((4 + w)\,y + w t)\right)^2 \le 1$",
    Claim(
        (_sn * ((4 + w) * y + w * _t)) ** 2,
        "<=",
        1,
        where={
            w: sp.Interval(-4, 0),
            _sn: sp.Interval(0, _quarter),
            y: sp.Interval(0, 1),
            _t: sp.Interval(-1, 1),
        },
    ),
    steps=(
        Step(
            sp.Integer(1),
            r"$\vert (4 + w)\,y + w t\vert \le 4 + w + \vert w\vert = 4$",
            relation="<=",
            by=(box,),
        ),
    ),
    source=("003-running-cost",),
)

weight_negative = Derivation.by_induction(
    "strip-weight-negative",
    r"with $-4 \le w \le 0$ and any inputs: $\vert (4 + w)\,q_n\vert \le 1$",
    Claim(
        sp.Abs((4 + _either) * _q(_either, n)),
        "<=",
        1,
        where={**_steps, _either: sp.Interval(-4, 0), y0: STATES},
    ),
    over=n,
    start=sp.Integer(0),
    base=(
        Step(sp.Integer(0), "$q_0 = 0$", using=(definition(_q(_either, 0), 0),)),
        Step(sp.Integer(1), "$0 < 1$", relation="<="),
    ),
    step=(
        Step(
            sp.Integer(1),
            "*One step* with $t = (4 + w)\\,q_{n-1}$, the statement for $n - 1$ and *the chain "
            "rule*",
            relation="<=",
            using=(
                lemma(sp.Abs((4 + _either) * _q(_either, n)), 1, weight_kept, "<="),
                HYPOTHESIS,
            ),
        ),
    ),
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
