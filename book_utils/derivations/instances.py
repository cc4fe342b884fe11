"""What random systems say about windows: what the chapter on random instances states."""

from __future__ import annotations

import sympy as sp

from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    certified,
    definition,
    given,
)
from book_utils.derivations.engine.vocabulary import Frobenius, Number, SigmaMax
from book_utils.derivations.network import W, n

_R = sp.Rational
_N = sp.Symbol("N", integer=True, positive=True)
_k, _j = sp.symbols("k j", integer=True, positive=True)
_lam = sp.Symbol("lambda", positive=True)
_z = sp.Symbol("z", real=True)

# What is trivial ------------------------------------------------------------------------------

_other = sp.MatrixSymbol("V", n, n)
_both = tuple(Claim(SigmaMax(each), "<=", _lam) for each in (W, _other))
_apart = Claim(SigmaMax(W - _other), "<=", 2 * _lam, given=_both)

trivial = Derivation(
    "instances-trivial",
    r"if $\Vert W\Vert \le \lambda$ and $\Vert V\Vert \le \lambda$, then "
    r"$\Vert W - V\Vert \le 2\lambda$",
    _apart,
    steps=(
        Step(
            SigmaMax(W) + SigmaMax(_other),
            "the norm of a difference is at most the sum of the norms",
            "<=",
        ),
        Step(2 * _lam, "both are at most $\\lambda$", "<=", using=tuple(map(given, _both))),
    ),
    source=("004-not-vacuous",),
)

trivial_frobenius = Counterexample(
    "instances-trivial-frobenius",
    r"and also $\Vert W - V\Vert_{\mathrm F} \le 2\lambda$",
    refutes=Claim(Frobenius(W - _other), "<=", 2 * _lam, given=_both),
    instance={W: _R(3, 4) * sp.eye(2), _other: -_R(3, 4) * sp.eye(2), _lam: _R(3, 4)},
    instead=(_apart,),
    source=("004-not-vacuous",),
)

# The constants of the printed experiment ------------------------------------------------------

_alpha = sp.Symbol("alpha", positive=True)
_B, _L, _C = sp.symbols("B_x L_x C", positive=True)
_H = _L * _B / (1 - _lam)
# L_p >= ‖C‖² H, beta_p = ‖C‖², L_w = H, beta_wh = 1, beta_hh = 0.
_gamma = _C**2 * _H**2 * (2 / (1 - _lam) + 1 / _lam)
_at_least = _alpha * _gamma * _k * _lam**_k * _N
_values = {
    _alpha: _R(1, 100),
    _B: sp.Integer(13),
    _L: sp.Integer(7),
    _C: sp.Integer(4),
    _lam: _R(3, 4),
    _k: sp.Integer(35),
    _N: sp.Integer(200),
}
_domain = {letter: sp.FiniteSet(value) for letter, value in _values.items()}

vacuous = Counterexample(
    "instances-vacuous",
    r"with $\lambda = \frac34$, $k = 35$, $\alpha = \frac{1}{100}$, $N = 200$, a linear system "
    r"with $B_x = 13$, $L_x = 7$ and $\Vert C\Vert = 4$ has "
    r"$\alpha\gamma k\lambda^k N \le 2\lambda$",
    refutes=Claim(_at_least, "<=", 2 * _lam, where=_domain),
    instance=_values,
    instead=(Claim(_at_least, ">=", 39000 * 2 * _lam, where=_domain),),
    source=("004-not-vacuous",),
)

# The gap of one linear unit -------------------------------------------------------------------

_q = sp.Symbol("q", positive=True)


def _from(first: sp.Expr) -> sp.Expr:
    """S with q^k S(k) the sum of j² q^j over j >= k, for q < 1."""
    room = 1 - _q
    return first**2 / room + 2 * first * _q / room**2 + _q * (1 + _q) / room**3


square_sum = Derivation(
    "instances-square-sum",
    r"with $S(k) = \frac{k^2}{1 - q} + \frac{2kq}{(1 - q)^2} + \frac{q(1 + q)}{(1 - q)^3}$: "
    r"$S(k) - q S(k + 1) = k^2$",
    Claim(_from(_k) - _q * _from(_k + 1), "=", _k**2, where={_q: sp.Interval.open(0, 1)}),
    steps=(Step(_k**2, "bring everything over $(1 - q)^3$"),),
    source=("004-fig1a",),
)

# tanh does not wait for lambda ----------------------------------------------------------------

_u = sp.exp(-2 * _z)

tail = Derivation(
    "instances-tail",
    r"for $\tanh z = (1 - e^{-2 z})/(1 + e^{-2 z})$: $\tanh' z = 4 e^{-2 z}/(1 + e^{-2 z})^2$",
    Claim(sp.Derivative((1 - _u) / (1 + _u), _z), "=", 4 * _u / (1 + _u) ** 2),
    steps=(Step(4 * _u / (1 + _u) ** 2, "the derivative of a quotient"),),
    source=("004-fig1a",),
)

_x = sp.Symbol("x", real=True)
_w = _R(3, 4)
_h_1 = sp.tanh(_x)
_a_2 = _w * _h_1 + _x
_h_2 = sp.tanh(_a_2)
_slope_2, _slope_3 = 1 - _h_2**2, 1 - sp.tanh(_w * _h_2 + _x) ** 2
# The window of one input does not see w; that of two is the whole run of two steps. These are the
# differences with their signs, the gaps their absolute values: the squares are compared.
_gap_1 = _slope_3 * (_h_2 + _w * _slope_2 * _h_1)
_gap_2 = _gap_1 - _slope_2 * _h_1
_near_three = {_x: sp.Interval(_R(29, 10), _R(31, 10))}

tanh_falls = Derivation(
    "instances-tanh-falls",
    r"one tanh unit with $w = \lambda = \frac34$, three equal inputs $x$ with $2.9 \le x \le 3.1$ "
    r"and $p = h_3$: the gap for $k = 2$ is at most a tenth of that for $k = 1$ (here squared), "
    r"where $k\lambda^k$ grows by $\frac32$",
    Claim(_gap_2**2, "<=", (_gap_1 / 10) ** 2, where=_near_three),
    steps=(
        Step(
            (_gap_1 / 10) ** 2,
            "intervals of $x$, each with an enclosure of both sides",
            "<=",
            by=(certified,),
        ),
    ),
    source=("004-fig1a",),
)

# Constant steps -------------------------------------------------------------------------------

_r, _away = sp.symbols("r d", real=True)


class Apart(Number):
    """δ_N: how far apart two descents are after N constant steps α from the same start.

    One is on c w²/2, the other on c (w − d)²/2, with r = 1 − αc.
    """

    tex, plain = r"\delta_{{{}}}", "δ_{}"

    def numeric(self, at):
        steps = at.integer(self.args[0])
        if steps < 0:
            raise at.OutOfRange("no step has been taken before the first")
        size, factor, away = map(at, self.args[1:])
        curvature = (1 - factor) / size
        first = second = at.one
        for _ in range(steps):
            first = first - size * at.derivative(lambda w: curvature * w * w / 2, first, 1)
            moved = at.derivative(lambda w: curvature * (w - away) ** 2 / 2, second, 1)
            second = second - size * moved
        return second - first


def _after(steps: sp.Expr | int) -> Apart:
    return Apart(steps, _alpha, _r, _away)


_apart_by = _away * (1 - _r**_N)

constant_steps = Derivation.by_induction(
    "instances-constant-steps",
    r"descent on $\frac c2 w^2$ and on $\frac c2 (w - d)^2$ from one start with the step $\alpha$: "
    r"with $r = 1 - \alpha c$ they are $\delta_N = d\,(1 - r^N)$ apart after $N$ steps",
    Claim(_after(_N), "=", _apart_by, where={_N: sp.Range(1, 7)}),
    over=_N,
    start=sp.Integer(1),
    base=(
        Step(
            (1 - _r) * _away,
            r"in the first step they part by $\alpha c d$",
            using=(definition(_after(1), (1 - _r) * _away),),
        ),
        Step(_apart_by.subs(_N, 1), "the closed form for $N = 1$"),
    ),
    step=(
        Step(
            _r * _after(_N - 1) + (1 - _r) * _away,
            r"a step multiplies the distance by $r$ and adds $\alpha c d$",
            using=(definition(_after(_N), _r * _after(_N - 1) + (1 - _r) * _away),),
        ),
        Step(
            _r * _apart_by.subs(_N, _N - 1) + (1 - _r) * _away,
            "the statement for $N - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(_apart_by, "multiply out"),
    ),
    step_where={_N: sp.Range(2, 7)},
    source=("004-one-over-t", "004-fig1b"),
)

_d, _a = sp.symbols("d a", positive=True)
_below_one = {_a: sp.Interval.Lopen(0, 1), _N: sp.Range(1, 20)}

level = Counterexample(
    "instances-level",
    r"at twice as many constant steps the distance $d\,(1 - (1 - a)^N)$ is at least twice as large",
    refutes=Claim(
        _d * (1 - (1 - _a) ** (2 * _N)), ">=", 2 * _d * (1 - (1 - _a) ** _N), where=_below_one
    ),
    instance={_a: _R(1, 2), _N: sp.Integer(10), _d: sp.Integer(1)},
    instead=(
        Claim(
            _d * (1 - (1 - _a) ** (2 * _N)), "<=", 2 * _d * (1 - (1 - _a) ** _N), where=_below_one
        ),
    ),
    source=("004-fig1b",),
)

_ten = {_a: sp.FiniteSet(1), _N: sp.FiniteSet(10)}
_bound = _a * _d * _N ** (_a + 1)

constant_breaks = Counterexample(
    "instances-constant-breaks",
    r"with a constant step the worst case $d\,((1 + a)^N - 1)$ keeps the bound "
    r"$a d N^{a + 1}$, for $a = \alpha\beta$ and $d = g/\beta$",
    refutes=Claim(_d * ((1 + _a) ** _N - 1), "<=", _bound, where=_ten),
    instance={_a: sp.Integer(1), _N: sp.Integer(10), _d: sp.Integer(1)},
    instead=(Claim(_d * (sp.Product(1 + _a / _j, (_j, 1, _N)) - 1), "<=", _bound, where=_ten),),
    source=("004-one-over-t",),
)

_eighteen = {_a: sp.FiniteSet(1), _N: sp.FiniteSet(18)}

root_breaks = Counterexample(
    "instances-root-breaks",
    r"with steps $\alpha/\sqrt j$ the worst case $d\,(\prod_{j \le N} (1 + a/\sqrt j) - 1)$ keeps "
    r"the bound $a d N^{a + 1}$",
    refutes=Claim(
        _d * (sp.Product(1 + _a / sp.sqrt(_j), (_j, 1, _N)) - 1), "<=", _bound, where=_eighteen
    ),
    instance={_a: sp.Integer(1), _N: sp.Integer(18), _d: sp.Integer(1)},
    instead=(
        Claim(_d * (sp.Product(1 + _a / _j, (_j, 1, _N)) - 1), "<=", _bound, where=_eighteen),
    ),
    source=("004-one-over-t",),
)

_steep = {_a: sp.FiniteSet(3), _N: sp.FiniteSet(20)}

steep_breaks = Counterexample(
    "instances-steep-breaks",
    r"on a convex loss the distance $d\,\vert 1 - (1 - a)^N\vert$ keeps the bound "
    r"$a d N^{a + 1}$ for every constant step",
    refutes=Claim(sp.Abs(_d * (1 - (1 - _a) ** _N)), "<=", _bound, where=_steep),
    instance={_a: sp.Integer(3), _N: sp.Integer(20), _d: sp.Integer(1)},
    instead=(
        Claim(sp.Abs(_d * (1 - sp.Product(1 - _a / _j, (_j, 1, _N)))), "<=", _bound, where=_steep),
    ),
    source=("004-one-over-t",),
)

_to_two = {_a: sp.Interval.Lopen(0, 2), _N: sp.Range(1, 20)}
_level = sp.Abs(_d * (1 - (1 - _a) ** _N))

constant_need_not = Counterexample(
    "instances-constant-need-not",
    r"with a constant step, $0 < a \le 2$, the distance exceeds the bound: "
    r"$d\,\vert 1 - (1 - a)^N\vert > a d N^{a + 1}$",
    refutes=Claim(_level, ">", _bound, where=_to_two),
    instance={_a: _R(1, 2), _N: sp.Integer(16), _d: sp.Integer(1)},
    instead=(Claim(_level, "<=", _a * _d * _N, where=_to_two),),
    source=("004-one-over-t",),
)
