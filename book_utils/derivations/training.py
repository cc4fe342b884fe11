"""Training the one unit without explosion: what that chapter states.

The unit's limit y is a fixed point, and b = g(y) makes it one, so that w and y can be chosen
freely. With s = y(1 − y), moving b moves the limit at the rate s/(1 − w s), as the records of the
chapter on the strip show.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from book_utils.activations import X, logistic
from book_utils.derivations.engine import (
    Claim,
    Counterexample,
    Derivation,
    Step,
    box,
    certified,
    polynomial,
)
from book_utils.derivations.one_unit import (
    STATES,
    STRIP,
    OfOrbit,
    Orbit,
    target,
    w,
    y,
)

_s = y * (1 - y)
_rate = _s / (1 - w * _s)
_in_strip = {y: STATES, w: STRIP}

# How slowly the limit may move ---------------------------------------------------------------

_omega, _slope = sp.symbols("omega s", real=True)

rate_below = Derivation(
    "training-rate-below",
    r"$1 - ws \le 1 + \omega s$ for $\vert w\vert \le \omega$ and slopes $s$ between 0 and "
    r"$\frac14$",
    Claim(
        1 - w * _slope,
        "<=",
        1 + _omega * _slope,
        where={
            _omega: sp.Interval.open(0, 4),
            w: sp.Interval(-_omega, _omega),
            _slope: sp.Interval.Lopen(0, sp.Rational(1, 4)),
        },
    ),
    steps=(
        Step(
            1 + _omega * _slope,
            r"the difference is $(\omega + w)\,s$",
            relation="<=",
            by=(box,),
        ),
    ),
)

_p, _q = sp.symbols("p q", real=True)
_chord = (_q - y) * _p * (1 - _p) + (y - _p) * _q * (1 - _q)

chord = Derivation(
    "training-chord",
    r"between $p$ and $q$ the parabola $s$ lies above its chord",
    Claim(
        _chord,
        "<=",
        (_q - _p) * _s,
        where={_p: STATES, _q: sp.Interval.open(_p, 1), y: sp.Interval(_p, _q)},
    ),
    steps=(
        Step(
            (_q - _p) * _s,
            r"the difference is $(q - p)(q - y)(y - p)$",
            relation="<=",
            by=(box,),
        ),
    ),
)

# A step that is surely small enough ----------------------------------------------------------

_bend = (1 - 2 * y) / (1 - w * _s) ** 2

curvature = Derivation(
    "training-curvature",
    r"$\frac{\partial r}{\partial y} = \frac{1 - 2y}{(1 - ws)^2}$",
    Claim(sp.Derivative(_rate, y), "=", _bend, where=_in_strip),
    steps=(Step(_bend, "the quotient rule, with $s' = 1 - 2y$"),),
)

_curvature = 2 * (_rate**2 + (y - target) * _bend * _rate)
"""∂²E/∂b²: the product rule, with ∂y/∂b = r."""

_R = sp.Rational
_seven = _R(7, 10)
_at_three = {w: 3, target: _seven}
_three = 1 - 3 * _s

safe_step = Derivation(
    "training-safe-step",
    r"for $w = 3$, $y_T = 0.7$ and all $y$: $\partial^2 E/\partial b^2 < 2.288$, "
    r"multiplied by $(1 - 3s)^3 > 0$",
    Claim(
        2 * (_s**2 * _three + (y - _seven) * (1 - 2 * y) * _s),
        "<",
        _R("2.288") * _three**3,
        where={y: STATES},
    ),
    steps=(
        Step(
            _R("2.288") * _three**3,
            r"the difference has no root between 0 and 1, and at $\frac12$ it has this sign",
            relation="<",
            by=(polynomial,),
        ),
    ),
)

safe_step_sharp = Derivation(
    "training-safe-step-sharp",
    r"and at $y = 0.544$ it is above $2.2876$",
    Claim(_curvature.subs(_at_three).subs(y, _R("0.544")), ">", _R("2.2876")),
    steps=(
        Step(
            _R("2.2876"),
            r"the left side is $\partial^2 E/\partial b^2$ at $w = 3$, $y_T = 0.7$, $y = 0.544$",
            relation=">",
        ),
    ),
)

_multiplied = 2 * (_s**2 * _three + (y - target) * (1 - 2 * y) * _s)

safe_for_all = Derivation(
    "training-safe-for-all",
    r"for $w = 3$, all $y$ and all $y_T$ it is below $\frac{10}{3}$",
    Claim(_multiplied, "<", _R(10, 3) * _three**3, where={y: STATES, target: STATES}),
    steps=(
        Step(
            _R(10, 3) * _three**3,
            r"linear in $y_T$; multiplied out, piece by piece",
            relation="<",
            by=(box,),
        ),
    ),
    source=("003-algorithm1",),
)

_L, _theta, _h, _c, _b = (sp.Symbol(name, real=True) for name in ("L", "theta", "h", "b^*", "b_k"))

no_overshoot = Derivation(
    "training-no-overshoot",
    r"with $\alpha = \theta/L$, $0 < \theta \le 1$, and a derivative $h\,(b_k - b^*)$ with "
    r"$0 < h \le L$: a step from $b_k \ge b^*$ does not pass $b^*$",
    Claim(
        _b - _theta / _L * _h * (_b - _c),
        ">=",
        _c,
        where={
            _L: sp.Interval.open(0, sp.oo),
            _theta: sp.Interval.Lopen(0, 1),
            _h: sp.Interval.Lopen(0, _L),
            _c: sp.Interval(-sp.oo, sp.oo),
            _b: sp.Interval(_c, sp.oo),
        },
    ),
    steps=(
        Step(
            _c,
            r"the difference is $(1 - \theta h/L)(b_k - b^*)$",
            relation=">=",
            by=(box,),
        ),
    ),
    source=("003-algorithm1",),
)

# The plateau ---------------------------------------------------------------------------------

_ratio = (1 - y) ** 2 * sp.exp(w * y) / (1 - w * _s)
_low = {w: sp.Interval(0, 3), y: sp.Interval(0, _R(1, 2000))}

plateau_above = Derivation(
    "training-plateau-above",
    r"for $0 \le w \le 3$ and $y \le \frac{1}{2000}$: $\frac{s}{1 - ws} < 1.003\,e^b$",
    Claim(_ratio, "<", _R("1.003"), where=_low),
    steps=(Step(_R("1.003"), "interval arithmetic", relation="<", by=(certified,)),),
)

plateau_below = Derivation(
    "training-plateau-below",
    r"and $\frac{s}{1 - ws} > 0.998\,e^b$",
    Claim(_ratio, ">", _R("0.998"), where=_low),
    steps=(Step(_R("0.998"), "interval arithmetic", relation=">", by=(certified,)),),
)

_alpha, _k = sp.symbols("alpha k", positive=True)
_b0 = sp.Symbol("b_0", real=True)
_on_plateau = -sp.log(sp.exp(-_b0) - 2 * _alpha * target * _k)

plateau_law = Derivation(
    "training-plateau-law",
    r"$b(k) = -\ln(e^{-b_0} - 2\alpha y_T k)$ solves $b' = 2\alpha y_T\,e^b$",
    Claim(
        sp.Derivative(_on_plateau, _k),
        "=",
        2 * _alpha * target * sp.exp(_on_plateau),
        where={
            target: STATES,
            _b0: sp.Interval(-20, -8),
            _alpha: sp.Interval.open(0, 1),
            _k: sp.Interval.open(0, 100),
        },
    ),
    steps=(Step(2 * _alpha * target * sp.exp(_on_plateau), r"$e^{-\ln z} = 1/z$"),),
)

# What no b reaches ---------------------------------------------------------------------------

_half = _R(1, 2)
_near = _R(1, 10**6)

gap_below = Derivation(
    "training-gap-below",
    r"for $w = 6$, $y_0 = \frac12$ and $b = -3 - 10^{-6}$: $y_{50} < 0.08$",
    Claim(Orbit(6, -3 - _near, _half, 50), "<", _R("0.08")),
    steps=(
        Step(
            _R("0.08"),
            r"interval arithmetic, with $w = 6$, $b = -3 - 10^{-6}$, $y_0 = \frac12$",
            relation="<",
            by=(certified,),
        ),
    ),
)

gap_above = Derivation(
    "training-gap-above",
    r"and for $b = -3 + 10^{-6}$: $y_{50} > 0.92$",
    Claim(Orbit(6, -3 + _near, _half, 50), ">", _R("0.92")),
    steps=(
        Step(
            _R("0.92"),
            r"interval arithmetic, with $w = 6$, $b = -3 + 10^{-6}$, $y_0 = \frac12$",
            relation=">",
            by=(certified,),
        ),
    ),
)

# The two examples ----------------------------------------------------------------------------


class Trained(OfOrbit):
    """E after k iterations of Algorithm 1: with w held, b goes against ∂E/∂b.

    The arguments are w, b_0, x_0, y_T, α, k and the number of steps n of the unit, which starts
    at y_0 = σ(x_0).
    """

    tex, plain = "E(b_{{{5}}})", "E(b_{5})"

    def numeric(self, at: Any) -> Any:
        *numbers, iterations, steps = self.args
        w, b, x0, target, alpha = map(at, numbers)
        start, n = at.at({X: x0})(logistic.expression), at.integer(steps)
        for _ in range(at.integer(iterations)):
            state, by_b = self.end(at, w, b, start, n)
            b = b - alpha * 2 * (state - target) * by_b
        return (self.end(at, w, b, start, n)[0] - target) ** 2

    def end(self, at: Any, w: Any, b: Any, state: Any, steps: int) -> tuple[Any, Any]:
        """y_n and ∂y_n/∂b, carried along the orbit."""
        by_b = at.zero
        for _ in range(steps):
            state = self.run(at, w, b, state, 1)
            by_b = state * (1 - state) * (1 + w * by_b)
        return state, by_b


_tolerance = _R(1, 10**4)


def _arrives(label: str, x0: str, b0: str, y_T: str, alpha: str, k: int, rows: tuple) -> Any:
    """Algorithm 1 at w = 3 arrives at iteration k: the cost is below the tolerance, and one
    iteration earlier it was above."""
    numbers = 3, _R(b0), _R(x0), _R(y_T), _R(alpha)
    before, after = (Trained(*numbers, count, 50) for count in (k - 1, k))
    by = f"interval arithmetic: {k} iterations"
    return Derivation(
        label,
        rf"with $w = 3$, $x_0 = {x0}$, $b_0 = {b0}$, $y_T = {y_T}$ and $\alpha = {alpha}$ the cost "
        rf"is below $10^{{-4}}$ after {k} iterations and above it after {k - 1}",
        Claim(after, "<", before),
        steps=(
            Step(
                _tolerance,
                rf"{by} from $b_0 = {b0}$ with $y_T = {y_T}$, $\alpha = {alpha}$",
                relation="<",
                by=(certified,),
            ),
            Step(before, "one iteration less", relation="<", by=(certified,)),
        ),
        source=rows,
    )


example8 = _arrives(
    "training-example8",
    "-2",
    "-2.41",
    "0.66",
    "0.28",
    19,
    ("003-example8", "003-fig8", "003-fig9"),
)

example9 = _arrives(
    "training-example9",
    "1.2",
    "-2.56",
    "0.31",
    "0.31",
    49,
    ("003-example9", "003-fig10", "003-fig11"),
)

# What is printed of the speed-ups ------------------------------------------------------------

_ratio_8, _ratio_9 = sp.symbols("c_8 c_9", positive=True)
_over_clipping = {_ratio_8: sp.FiniteSet(5), _ratio_9: sp.FiniteSet(_R(9, 5))}
_printed = {_ratio_8: sp.Integer(5), _ratio_9: _R(9, 5)}

three_times = Counterexample(
    "training-three-times",
    r"in both examples the algorithm is at least three times as fast as clipping",
    refutes=Claim(sp.Min(_ratio_8, _ratio_9), ">=", 3, where=_over_clipping),
    instance=_printed,
    instead=(Claim(sp.Min(_ratio_8, _ratio_9), ">=", _R(9, 5), where=_over_clipping),),
    source=("003-three-times",),
)

_speedups = {
    sp.Symbol(name, positive=True): _R(printed)
    for name, printed in {"v_8": "9.3", "c_8": "5", "v_9": "3.5", "c_9": "1.8"}.items()
}
_given = {letter: sp.FiniteSet(value) for letter, value in _speedups.items()}
_off = sp.Min(*(sp.Abs(letter - _R("6.25")) for letter in _speedups))

conclusion = Counterexample(
    "training-conclusion",
    r"6.25 is one of the four speed-ups of Examples 8 and 9, rounded to one decimal",
    refutes=Claim(_off, "<=", _R("0.05"), where=_given),
    instance=_speedups,
    instead=(Claim(_off, ">=", _R("1.25"), where=_given),),
    source=("003-conclusion",),
)
