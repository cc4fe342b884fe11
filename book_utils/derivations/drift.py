"""Training with a window: what the chapter on the drift of the weights states.

Two trainings start from one place and take the same steps, one along the gradient, one along the
gradient of a window. The gradient is β-Lipschitz, and the two differ by at most g at each place:
g = γ k λ^k in the chapter before. Nothing else is used of the network, so that the records here
speak of sequences of numbers.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    box,
    certified,
    definition,
    every,
    given,
    lemma,
    monotone,
    slope,
    substitution,
)
from book_utils.derivations.engine.vocabulary import Frobenius, Number
from book_utils.derivations.network import i, n, q
from book_utils.derivations.terms import letter

N = sp.Symbol("N", integer=True, nonnegative=True)
beta, gap = sp.symbols("beta g", positive=True)
_ONE = sp.Integer(1)
_R = sp.Rational
_from_0 = {N: sp.Range(0, 6)}

# The projection ------------------------------------------------------------------------------

_e, _u, _v = (sp.IndexedBase(name, shape=(n,)) for name in "eum")


def _total(term: sp.Expr) -> sp.Sum:
    return sp.Sum(term, (q, 1, n))


_split = (
    _total(_e[q] ** 2)
    + _total((_u[q] - _v[q]) ** 2)
    + 2 * _total(_u[q] * _e[q])
    - 2 * _total(_v[q] * _e[q])
)

projection = Derivation(
    "drift-projection",
    r"with $e = \Pi a - \Pi b$, $u = a - \Pi a$, $m = b - \Pi b$: $\Vert a - b\Vert^2 = \Vert "
    r"e\Vert^2 + \Vert u - m\Vert^2 + 2\langle u, e\rangle - 2\langle m, e\rangle$, so that "
    r"$\Vert\Pi a - \Pi b\Vert \le \Vert a - b\Vert$",
    Claim(_total((_e[q] + _u[q] - _v[q]) ** 2), "=", _split),
    steps=(Step(_split, r"$a - b = e + (u - m)$, squared entry by entry"),),
    source=("004-prop2",),
)

# One step ------------------------------------------------------------------------------------

alpha = sp.Symbol("alpha", positive=True)
_d, _q, _r = (sp.MatrixSymbol(name, n, 1) for name in "dqr")
_smooth = Claim(Frobenius(_q), "<=", beta * Frobenius(_d))
_near = Claim(Frobenius(_r), "<=", gap)
_bound = (1 + alpha * beta) * Frobenius(_d) + alpha * gap

one_step = Derivation(
    "drift-one-step",
    r"$\Vert d - \alpha q - \alpha r\Vert \le (1 + \alpha\beta)\Vert d\Vert + \alpha g$, if "
    r"$\Vert q\Vert \le \beta\Vert d\Vert$ and $\Vert r\Vert \le g$",
    Claim(Frobenius(_d - alpha * _q - alpha * _r), "<=", _bound, given=(_smooth, _near)),
    steps=(
        Step(
            Frobenius(_d) + alpha * Frobenius(_q) + alpha * Frobenius(_r),
            "the triangle inequality",
            relation="<=",
        ),
        Step(
            _bound,
            r"the gradient is $\beta$-Lipschitz, and the window's is at most $g$ from it",
            relation="<=",
            using=(given(_smooth), given(_near)),
        ),
    ),
    source=("004-prop2",),
)

# All steps -----------------------------------------------------------------------------------


class Free(Number):
    """A number of a free sequence, not below zero: its one argument is the place."""

    is_real = True
    is_nonnegative = True
    name = ""

    def numeric(self, at: Any) -> Any:
        return self.value(at, at.integer(self.args[0]))

    @classmethod
    def value(cls, at: Any, place: int) -> Any:
        return abs(letter(at, cls.name, place))


class Slack(Free):
    """By how much step i stays below what it may do: nothing more often than not."""

    name = "slack"

    @classmethod
    def value(cls, at: Any, place: int) -> Any:
        drawn = letter(at, cls.name, place)
        return drawn if drawn > 1 else at.zero


class Factor(Free):
    """1 + α_i β as any number that is not below zero."""

    tex, plain, name = r"(1 + \alpha_{{{0}}} \beta)", "(1 + α_{0} β)", "c"


class Raised(Number):
    """δ_i + g/β, of which a step makes (1 + α_i β)(δ_{i-1} + g/β) or less."""

    tex, plain = r"(\delta_{{{0}}} + g/\beta)", "(δ_{0} + g/β)"
    is_real = True

    def numeric(self, at: Any) -> Any:
        value = letter(at, "e", 0)
        for place in range(1, at.integer(self.args[0]) + 1):
            value = Factor.value(at, place) * value - Slack.value(at, place)
        return value


class Growth(Number):
    """(1 + α_1 β) ⋯ (1 + α_N β)."""

    tex, plain = r"\prod_{{i=1}}^{{{0}}} (1 + \alpha_i \beta)", "∏_1^{0} (1 + α_i β)"
    is_real = True
    is_nonnegative = True

    def numeric(self, at: Any) -> Any:
        value = at.one
        for place in range(1, at.integer(self.args[0]) + 1):
            value = value * Factor.value(at, place)
        return value


_alpha, _delta = sp.symbols("alpha delta", real=True)
_beta = sp.Symbol("beta", real=True, nonzero=True)
_step_raised = (1 + _alpha * _beta) * (_delta + gap / _beta)

raised = Derivation(
    "drift-raised",
    r"$(1 + \alpha\beta)\,\delta + \alpha g + g/\beta = (1 + \alpha\beta)(\delta + g/\beta)$",
    Claim((1 + _alpha * _beta) * _delta + _alpha * gap + gap / _beta, "=", _step_raised),
    steps=(Step(_step_raised, r"$\alpha g = \alpha\beta \cdot g/\beta$"),),
    source=("004-prop2-sum",),
)

_steps = every(i, sp.Range(1, N + 1), Raised(i), "<=", Factor(i) * Raised(i - 1))

bound = Derivation.by_induction(
    "drift-bound",
    r"if $\delta_i \le (1 + \alpha_i\beta)\,\delta_{i-1} + \alpha_i g$ for $i = 1, \dots, N$, then "
    r"$\delta_N + g/\beta \le (\delta_0 + g/\beta) \prod_{i=1}^N (1 + \alpha_i\beta)$",
    Claim(Raised(N), "<=", Raised(0) * Growth(N), where=_from_0, given=(_steps,)),
    over=N,
    start=sp.Integer(0),
    base=(Step(Raised(0) * Growth(0), "an empty product", using=(definition(Growth(0), 1),)),),
    step=(
        Step(
            Factor(N) * Raised(N - 1),
            "the assumption for $i = N$, raised by $g/\\beta$",
            relation="<=",
            using=(given(_steps, N),),
        ),
        Step(
            Factor(N) * Raised(0) * Growth(N - 1),
            "the statement for $N - 1$",
            relation="<=",
            using=(HYPOTHESIS,),
        ),
        Step(
            Raised(0) * Growth(N),
            "one more factor",
            using=(definition(Growth(N), Factor(N) * Growth(N - 1)),),
        ),
    ),
    source=("004-prop2", "004-prop2-sum"),
)

# A pair that is as far apart -----------------------------------------------------------------


class Rate(Free):
    """α_i, the size of step i."""

    tex, plain, name = r"\alpha_{{{0}}}", "α_{0}", "alpha"


class _Descent(Number):
    """A weight after i steps against the derivative of a loss, from a start w_0: (i, β, g)."""

    is_real = True

    def loss(self, at: Any, weight: Any) -> Any:
        return -at(beta) * weight**2 * at.number(_R(1, 2))

    def numeric(self, at: Any) -> Any:
        weight = letter(at, "w", 0)
        for place in range(1, at.integer(self.args[0]) + 1):
            slope_here = at.derivative(lambda value: self.loss(at, value), weight, 1)
            weight = weight - Rate.value(at, place) * slope_here
        return weight


class Full(_Descent):
    """w_i, with the loss −β w²/2."""

    tex, plain = "w_{{{0}}}", "w_{0}"


class Windowed(_Descent):
    """v_i, with the loss −β w²/2 − g w."""

    tex, plain = "v_{{{0}}}", "v_{0}"

    def loss(self, at: Any, weight: Any) -> Any:
        return super().loss(at, weight) - at(gap) * weight


class Between(Number):
    """v_i − w_i."""

    tex, plain = "(v_{{{0}}} - w_{{{0}}})", "(v_{0} − w_{0})"
    is_real = True

    def numeric(self, at: Any) -> Any:
        return at(Windowed(*self.args)) - at(Full(*self.args))


def _between(place: sp.Basic) -> Between:
    return Between(place, beta, gap)


def _product(last: sp.Basic) -> sp.Product:
    return sp.Product(1 + Rate(i) * beta, (i, 1, last))


_worst = gap / beta * (_product(N) - 1)
_next = (1 + Rate(N) * beta) * _between(N - 1) + Rate(N) * gap

attained = Derivation.by_induction(
    "drift-attained",
    r"for $p = -\frac{\beta}{2} w^2$ and $p^k = p - g w$: $v_N - w_N = \frac{g}{\beta} "
    r"(\prod_{i=1}^N (1 + \alpha_i\beta) - 1)$",
    Claim(_between(N), "=", _worst, where=_from_0),
    over=N,
    start=sp.Integer(0),
    base=(
        Step(sp.Integer(0), "one start", using=(definition(_between(0), 0),)),
        Step(gap / beta * (_product(0) - 1), "an empty product"),
    ),
    step=(
        Step(
            _next,
            r"$w_N = w_{N-1} + \alpha_N\beta w_{N-1}$, and $v_N = v_{N-1} + \alpha_N(\beta v_{N-1} "
            "+ g)$",
            using=(definition(_between(N), _next),),
        ),
        Step(
            (1 + Rate(N) * beta) * (gap / beta * (_product(N - 1) - 1)) + Rate(N) * gap,
            "the statement for $N - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            gap / beta * (_product(N - 1) * (1 + Rate(N) * beta) - 1),
            r"$\alpha_N g = \frac{g}{\beta}\,\alpha_N\beta$",
        ),
        Step(
            _worst,
            "one more factor",
            using=(definition(_product(N), _product(N - 1) * (1 + Rate(N) * beta)),),
        ),
    ),
    source=("004-prop2", "004-prop2-sum", "004-one-over-t"),
)

# Steps α/i -----------------------------------------------------------------------------------

s = sp.Symbol("s", positive=True)
"""αβ."""


def _rising(last: sp.Basic) -> sp.Product:
    return sp.Product(i + s, (i, 1, last))


_by_gamma = sp.gamma(N + 1 + s) / sp.gamma(1 + s)

gamma_form = Derivation.by_induction(
    "drift-gamma",
    r"$\prod_{i=1}^N (i + s) = \Gamma(N + 1 + s)/\Gamma(1 + s)$; divided by $N!$ it is "
    r"$\prod_{i=1}^N (1 + s/i)$",
    Claim(_rising(N), "=", _by_gamma, where=_from_0),
    over=N,
    start=sp.Integer(0),
    base=(Step(_by_gamma.subs(N, 0), "an empty product"),),
    step=(
        Step(
            _rising(N - 1) * (N + s),
            "the last factor apart",
            using=(definition(_rising(N), _rising(N - 1) * (N + s)),),
        ),
        Step(_by_gamma.subs(N, N - 1) * (N + s), "the statement for $N - 1$", using=(HYPOTHESIS,)),
        Step(_by_gamma, r"$\Gamma(z + 1) = z\,\Gamma(z)$ with $z = N + s$"),
    ),
    source=("004-prop2-sum",),
)

_x = sp.Symbol("x", real=True)
_up_to_one = sp.Interval.Lopen(0, 1)

one_factor = Derivation(
    "drift-one-factor",
    r"$\ln(1 + s (1 - x)) \le -s \ln x$, that is $1 + s (1 - x) \le x^{-s}$, for $0 < x \le 1$",
    Claim(
        sp.log(1 + s * (1 - _x)),
        "<=",
        -s * sp.log(_x),
        where={s: sp.Interval.open(0, sp.oo), _x: _up_to_one},
    ),
    steps=(
        Step(
            -s * sp.log(_x),
            r"equal at $x = 1$, and $-\frac{s}{x} \le -\frac{s}{1 + s (1 - x)}$ below it",
            relation="<=",
            by=(slope,),
        ),
    ),
    source=("004-prop2-sum",),
)

logarithm = Derivation(
    "drift-log",
    r"$\frac{x}{1 + x} \le \ln(1 + x) \le x$ for $x \ge 0$",
    Claim(_x / (1 + _x), "<=", _x, where={_x: sp.Interval(0, sp.oo)}),
    steps=(
        Step(
            sp.log(1 + _x),
            r"equal at $x = 0$, and $\frac{1}{(1 + x)^2} \le \frac{1}{1 + x}$ above it",
            relation="<=",
            by=(slope,),
        ),
        Step(
            _x,
            r"equal at $x = 0$, and $\frac{1}{1 + x} \le 1$ above it",
            relation="<=",
            by=(slope,),
        ),
    ),
    source=("004-prop2-sum", "004-theorem1"),
)


class Smaller(Free):
    """a_i."""

    tex, plain, name = "a_{{{0}}}", "a_{0}", "a"


class Larger(Free):
    """b_i, at least a_i."""

    tex, plain = "b_{{{0}}}", "b_{0}"

    @classmethod
    def value(cls, at: Any, place: int) -> Any:
        return Smaller.value(at, place) + Slack.value(at, place)


class Added(Free):
    """c_i."""

    tex, plain, name = "c_{{{0}}}", "c_{0}", "added"


class _Summed(Number):
    """A number that each step multiplies by its factor and then adds c_i to."""

    is_real = True
    is_nonnegative = True
    factor: type[Free]

    def numeric(self, at: Any) -> Any:
        value = at.zero
        for place in range(1, at.integer(self.args[0]) + 1):
            value = self.factor.value(at, place) * value + Added.value(at, place)
        return value

    @classmethod
    def meaning(cls, place: sp.Basic) -> Any:
        """The definition, at one place."""
        return definition(cls(place), cls.factor(place) * cls(place - 1) + Added(place))


class Below(_Summed):
    """F_i."""

    tex, plain, factor = "F_{{{0}}}", "F_{0}", Smaller


class Above(_Summed):
    """Z_i."""

    tex, plain, factor = "Z_{{{0}}}", "Z_{0}", Larger


_larger = every(i, sp.Range(1, N + 1), Smaller(i), "<=", Larger(i))

comparison = Derivation.by_induction(
    "drift-comparison",
    r"if $F_0 = Z_0 = 0$, $F_i = a_i F_{i-1} + c_i$, $Z_i = b_i Z_{i-1} + c_i$ and $0 \le a_i \le "
    r"b_i$, $0 \le c_i$ for all $i$, then $F_N \le Z_N$",
    Claim(Below(N), "<=", Above(N), where=_from_0, given=(_larger,)),
    over=N,
    start=sp.Integer(0),
    base=(
        Step(sp.Integer(0), "the start", using=(definition(Below(0), 0),)),
        Step(Above(0), "the start", using=(definition(Above(0), 0),)),
    ),
    step=(
        Step(
            Smaller(N) * Below(N - 1) + Added(N),
            "the recurrence",
            using=(Below.meaning(N),),
        ),
        Step(
            Larger(N) * Above(N - 1) + Added(N),
            "the factor is at most $b_N$, and the statement for $N - 1$",
            relation="<=",
            using=(given(_larger, N), HYPOTHESIS),
        ),
        Step(Above(N), "the recurrence", using=(Above.meaning(N),)),
    ),
    source=("004-prop2-sum",),
)


class Height(Number):
    """y_i: any sequence."""

    tex, plain = "y_{{{0}}}", "y_{0}"

    def numeric(self, at: Any) -> Any:
        return letter(at, "y", at.integer(self.args[0]))


class Drop(Number):
    """c_i, at most y_{i-1} − y_i."""

    tex, plain = "c_{{{0}}}", "c_{0}"

    def numeric(self, at: Any) -> Any:
        place = at.integer(self.args[0])
        return letter(at, "y", place - 1) - letter(at, "y", place) - Slack.value(at, place)


_M = sp.Symbol("N", integer=True, positive=True)
_drops = every(i, sp.Range(2, _M + 1), Drop(i), "<=", Height(i - 1) - Height(i))


class Dropped(Number):
    """c_2 + ⋯ + c_N."""

    tex, plain = r"\sum_{{i=2}}^{{{0}}} c_i", "∑_2^{0} c_i"
    is_real = True

    def numeric(self, at: Any) -> Any:
        last = at.integer(self.args[0])
        return sum((at(Drop(place)) for place in range(2, last + 1)), at.zero)


telescoping = Derivation.by_induction(
    "drift-telescoping",
    r"if $c_i \le y_{i-1} - y_i$ for $i = 2, \dots, N$, then $\sum_{i=2}^N c_i \le y_1 - y_N$",
    Claim(Dropped(_M), "<=", Height(1) - Height(_M), where={_M: sp.Range(1, 7)}, given=(_drops,)),
    over=_M,
    start=_ONE,
    base=(
        Step(sp.Integer(0), "an empty sum, and $y_1 - y_1$", using=(definition(Dropped(1), 0),)),
    ),
    step=(
        Step(
            Dropped(_M - 1) + Drop(_M),
            "the last term apart",
            using=(definition(Dropped(_M), Dropped(_M - 1) + Drop(_M)),),
        ),
        Step(
            Height(1) - Height(_M),
            "the statement for $N - 1$, and the assumption for $i = N$",
            relation="<=",
            using=(HYPOTHESIS, given(_drops, _M)),
        ),
    ),
    source=("004-prop2-sum",),
)


class Power(Number):
    """A power of two given numbers, written as one."""

    tex, plain = "{0}^{{{1}}}", "{0}^{1}"
    is_real = True
    is_positive = True

    def numeric(self, at: Any) -> Any:
        return at.power(*map(at, self.args))


_many, _exponent = sp.Integer(200), _R(16, 25)
_power = Power(_many, _exponent)
_zeta = _power * (1 + sp.Sum(i ** -(1 + _exponent), (i, 2, _many)))

two_hundred = Derivation(
    "drift-two-hundred",
    r"for $N = 200$ and $s = 0.64$: $\frac1s (\prod (1 + s/i) - 1) < 50.21 < 63.29 < N^s "
    r"\sum i^{-1-s} < 76.08 < N^s (1 + 1/s) < 76.1 < 5938 < N^{1+s} < 5939$",
    Claim(
        (sp.Product(1 + _exponent / i, (i, 1, _many)) - 1) / _exponent,
        "<",
        _R(5939),
    ),
    steps=(
        Step(_R("50.21"), "an enclosure of the exact factor", relation="<", by=(certified,)),
        Step(_R("63.29"), "numbers", relation="<"),
        Step(_zeta, "an enclosure of the sum", relation="<", by=(certified,)),
        Step(_R("76.08"), "the same enclosure", relation="<", by=(certified,)),
        Step(
            _power * (1 + 1 / _exponent),
            "an enclosure of the simple bound",
            relation="<",
            by=(certified,),
        ),
        Step(_R("76.1"), "the same enclosure", relation="<", by=(certified,)),
        Step(_R(5938), "numbers", relation="<"),
        Step(
            _power * _many,
            "an enclosure of the printed bound",
            relation="<",
            by=(certified,),
        ),
        Step(_R(5939), "the same enclosure", relation="<", by=(certified,)),
    ),
    source=("004-prop2", "004-prop2-sum"),
)

# Predictions ---------------------------------------------------------------------------------

_L, _A, _B = sp.symbols("L_f A B", positive=True)
_gap_y, _gap_w, _gap_k = (sp.MatrixSymbol(name, n, 1) for name in ("y", "a", "b"))
_reads = Claim(Frobenius(_gap_y), "<=", _L * Frobenius(_gap_w + _gap_k))
_moves = Claim(Frobenius(_gap_w), "<=", _A)
_forgets = Claim(Frobenius(_gap_k), "<=", _B)

predictions = Derivation(
    "drift-predictions",
    r"if $\Vert y\Vert \le L_f\Vert a + b\Vert$, $\Vert a\Vert \le A$ and $\Vert b\Vert \le B$, "
    r"then $\Vert y\Vert \le L_f (A + B)$",
    Claim(Frobenius(_gap_y), "<=", _L * (_A + _B), given=(_reads, _moves, _forgets)),
    steps=(
        Step(
            _L * Frobenius(_gap_w + _gap_k),
            "the prediction is a Lipschitz function of the state",
            relation="<=",
            using=(given(_reads),),
        ),
        Step(
            _L * (_A + _B),
            "the triangle inequality, and the two bounds",
            relation="<=",
            using=(given(_moves), given(_forgets)),
        ),
    ),
    source=("004-theorem1",),
)


class PredictionGap(Number):
    """|y_T − y_T^k| after one step: ``PredictionGap(T, k, α, κ)``.

    The system is h_t = w h_{t-1} + 1, read as it is, with the loss κ h_T. From w = 1/2 the
    weight goes one step α against the derivative, once of all T steps and once of the last k, and
    then to the nearest weight between −1/2 and 1/2.
    """

    tex, plain = r"\lvert y_{{{0}}} - y_{{{0}}}^{{{1}}} \rvert", "|y_{0} − y_{0}^{1}|"

    def numeric(self, at: Any) -> Any:
        last, window = map(at.integer, self.args[:2])
        if not 1 <= window <= last:
            raise at.OutOfRange("a window has from one to all inputs")
        half, step = at.number(_R(1, 2)), at(self.args[2]) * at(self.args[3])

        def state(weight: Any, steps: int) -> Any:
            value = at.zero
            for _ in range(steps):
                value = weight * value + at.one
            return value

        def trained(steps: int) -> Any:
            by_weight = at.derivative(lambda weight: state(weight, steps), half, 1)
            return max(-half, min(half, half - step * by_weight))

        return abs(state(trained(last), last) - state(trained(window), window))


_T = sp.Symbol("T", integer=True, positive=True)
_k = sp.Symbol("k", integer=True, positive=True)
_scale = sp.Symbol("kappa", positive=True)
_windows = {_k: sp.Range(1, 4), _T: sp.Range(_k, _k + 4)}
_after_one = PredictionGap(_T, _k, alpha, _scale)
_fades = _R(1, 2) ** _k

gamma_lost = Counterexample(
    "drift-gamma-lost",
    r"the last display of the proof of Theorem 1: after $N = 1$ step $\vert y_T - y_T^k\vert \le "
    r"k\lambda^k\,\frac{\alpha L_f L_w}{1 - \lambda} + \lambda^k\,\frac{L_f L_x B_x}{1 - \lambda}$",
    refutes=Claim(_after_one, "<=", _k * _fades * 4 * alpha + _fades * 2, where=_windows),
    instance={_T: 6, _k: 3, alpha: _R(1, 100), _scale: 25},
    instead=(
        Claim(
            _after_one, "<=", _k * _fades * 4 * alpha * (8 * _scale) + _fades * 2, where=_windows
        ),
    ),
    source=("004-theorem1",),
)

# How long a window ---------------------------------------------------------------------------

_rate, _eps = sp.symbols("c epsilon", positive=True)
_branch = sp.LambertW(-_rate * _eps, -1)
_small = {_rate: sp.Interval.open(0, 2), _eps: sp.Interval.Lopen(0, sp.exp(-1) / _rate)}

lambert = Derivation(
    "drift-lambert",
    r"$k = -W_{-1}(-c\varepsilon)/c$ solves $k e^{-ck} = \varepsilon$, for $0 < \varepsilon \le "
    r"1/(ec)$ and $c = \ln(1/\lambda)$",
    Claim(_eps, "=", -_branch / _rate * sp.exp(_branch), where=_small),
    steps=(
        Step(
            -_branch / _rate * sp.exp(_branch),
            r"$e^{W_{-1}(z)} = z/W_{-1}(z)$ with $z = -c\varepsilon$",
            by=(substitution,),
            using=(definition(sp.exp(_branch), -_rate * _eps / _branch),),
        ),
    ),
    source=("004-theorem1",),
)

_m = sp.Symbol("m", real=True)
_long = Claim(_m, "<=", _x + 1)

window = Derivation(
    "drift-window",
    r"if $k \ge \frac2c \ln\frac{2}{e c \varepsilon}$, then $k\lambda^k \le \varepsilon$: with "
    r"$x = \frac{ck}{2} > 0$ and $m = \ln\frac{2}{c\varepsilon}$ the assumption is $m \le x + 1$, "
    r"the conclusion $\ln x - 2x + m \le 0$",
    Claim(
        sp.log(_x) - 2 * _x + _m, "<=", 0, where={_x: sp.Interval.open(0, sp.oo)}, given=(_long,)
    ),
    steps=(
        Step(
            sp.Integer(0),
            r"$\ln x \le x - 1$, below one and above, and the assumption",
            relation="<=",
            by=(monotone,),
            using=(lemma(sp.log(_x), _x - 1, logarithm, "<="), given(_long)),
        ),
    ),
    source=("004-theorem1",),
)

_a, _b, _short, _far = sp.symbols("A B r z", positive=True)
_first = Claim(_short, "<=", _eps / (2 * _a))
_second = Claim(_far, "<=", _eps / (2 * _b))

enough = Derivation(
    "drift-enough",
    r"with $A = \frac{\alpha\gamma L_f L_w F_N}{1 - \lambda}$, $B = L_f H$, $r = k\lambda^k \le "
    r"\frac{\varepsilon}{2A}$ and $z = \lambda^k \le \frac{\varepsilon}{2B}$: $A r + B z \le "
    r"\varepsilon$",
    Claim(_a * _short + _b * _far, "<=", _eps, given=(_first, _second)),
    steps=(
        Step(
            _eps,
            "each term is at most half of it",
            relation="<=",
            using=(given(_first), given(_second)),
        ),
    ),
    source=("004-theorem1",),
)

_lam = sp.Symbol("lambda", positive=True)
_length = sp.Symbol("k", positive=True)
_too_large = Claim(_lam**_length, "<=", _eps)

too_short = Counterexample(
    "drift-too-short",
    r"if $k \ge \log(1/\varepsilon)/\log(1/\lambda)$, that is $\lambda^k \le \varepsilon$, then "
    r"$k\lambda^k \le \varepsilon$",
    refutes=Claim(
        _length * _lam**_length,
        "<=",
        _eps,
        where={_lam: sp.Interval.open(0, 1)},
        given=(_too_large,),
    ),
    instance={_lam: _R(1, 2), _length: 4, _eps: _R(1, 16)},
    instead=(
        Claim(
            _length * _lam**_length,
            "<=",
            _length * _eps,
            where={_lam: sp.Interval.open(0, 1)},
            given=(_too_large,),
        ),
    ),
    source=("004-theorem1",),
)

# Convex losses, and other schedules ----------------------------------------------------------

_D, _E, _I, _mu = sp.symbols("D E P mu", real=True)
_b_ = sp.Symbol("beta", real=True)
_step = sp.Symbol("alpha", real=True)
_half_line = sp.Interval.open(0, sp.oo)
_from_zero = sp.Interval(0, sp.oo)

convex_step = Derivation(
    "drift-convex-step",
    r"with $D = \Vert d\Vert^2$, $E = \Vert q\Vert^2$, $P = \langle d, q\rangle \ge E/\beta$ and "
    r"$0 \le \alpha \le 2/\beta$: $\Vert d - \alpha q\Vert^2 = D - 2\alpha P + \alpha^2 E \le D$",
    Claim(
        _D - 2 * _step * _I + _step**2 * _E,
        "<=",
        _D,
        where={
            _b_: _half_line,
            _D: _from_zero,
            _E: _from_zero,
            _step: sp.Interval(0, 2 / _b_),
            _I: sp.Interval(_E / _b_, sp.oo),
        },
    ),
    steps=(
        Step(
            _D,
            r"the difference is $2\alpha (P - E/\beta) + \alpha E (2/\beta - \alpha)$",
            relation="<=",
            by=(box,),
        ),
    ),
    source=("004-one-over-t",),
)

_slacks = 2 * _step * (_I - (_mu * _b_ * _D + _E) / (_mu + _b_)) + _step * (
    2 / (_mu + _b_) - _step
) * (_E - _mu**2 * _D)

strong_step = Derivation(
    "drift-strong-step",
    r"if moreover $P \ge \frac{\mu\beta D + E}{\mu + \beta}$, $E \ge \mu^2 D$ and $0 \le \alpha "
    r"\le \frac{2}{\mu + \beta}$, then $D - 2\alpha P + \alpha^2 E \le (1 - \alpha\mu)^2 D$: the "
    "difference is written as two numbers that are not negative",
    Claim(
        (1 - _step * _mu) ** 2 * _D - (_D - 2 * _step * _I + _step**2 * _E),
        "=",
        _slacks,
        where={_mu: _half_line, _b_: _half_line},
    ),
    steps=(Step(_slacks, "multiply out"),),
    source=("004-one-over-t",),
)


class AnyRate(Number):
    """α_i: any number."""

    tex, plain = r"\alpha_{{{0}}}", "α_{0}"
    is_real = True

    def numeric(self, at: Any) -> Any:
        return letter(at, "alpha", at.integer(self.args[0]))


class Rates(Number):
    """α_1 + ⋯ + α_N."""

    tex, plain = r"\sum_{{i=1}}^{{{0}}} \alpha_i", "∑_1^{0} α_i"
    is_real = True

    def numeric(self, at: Any) -> Any:
        last = at.integer(self.args[0])
        return sum((at(AnyRate(place)) for place in range(1, last + 1)), at.zero)


class Apart(Number):
    """δ_i: how far the two trainings are apart after step i, with δ_0 = 0."""

    tex, plain = r"\delta_{{{0}}}", "δ_{0}"
    is_real = True

    def numeric(self, at: Any) -> Any:
        value = at.zero
        for place in range(1, at.integer(self.args[0]) + 1):
            value = value + at(AnyRate(place)) * at(self.args[1]) - Slack.value(at, place)
        return value


_never_grows = every(
    i, sp.Range(1, N + 1), Apart(i, gap), "<=", Apart(i - 1, gap) + AnyRate(i) * gap
)

convex = Derivation.by_induction(
    "drift-convex",
    r"if $\delta_0 = 0$ and $\delta_i \le \delta_{i-1} + \alpha_i g$, then $\delta_N \le g "
    r"\sum_{i=1}^N \alpha_i$",
    Claim(Apart(N, gap), "<=", gap * Rates(N), where=_from_0, given=(_never_grows,)),
    over=N,
    start=sp.Integer(0),
    base=(
        Step(sp.Integer(0), "one start", using=(definition(Apart(0, gap), 0),)),
        Step(gap * Rates(0), "an empty sum", using=(definition(Rates(0), 0),)),
    ),
    step=(
        Step(
            Apart(N - 1, gap) + AnyRate(N) * gap,
            "the assumption for $i = N$",
            relation="<=",
            using=(given(_never_grows, N),),
        ),
        Step(
            gap * Rates(N - 1) + AnyRate(N) * gap,
            "the statement for $N - 1$",
            relation="<=",
            using=(HYPOTHESIS,),
        ),
        Step(
            gap * Rates(N),
            "one more term",
            using=(definition(Rates(N), Rates(N - 1) + AnyRate(N)),),
        ),
    ),
    source=("004-one-over-t",),
)


_newer, _older = sp.symbols("x y", real=True)

root_step = Derivation(
    "drift-root-step",
    r"$(x^2 - y^2) + (x - y)^2 = 2x(x - y)$; with $x = \sqrt i$, $y = \sqrt{i - 1}$: "
    r"$\frac{1}{\sqrt i} \le 2(\sqrt i - \sqrt{i - 1})$",
    Claim((_newer**2 - _older**2) + (_newer - _older) ** 2, "=", 2 * _newer * (_newer - _older)),
    steps=(Step(2 * _newer * (_newer - _older), "multiply out"),),
    source=("004-one-over-t",),
)

# A stable system as far apart as the worst pair ----------------------------------------------

_h0, _c = sp.symbols("h_0 c", real=True)
_below_one = {_lam: sp.Interval.open(0, 1)}


class Driven(Number):
    """h_N of h_t = λ h_{t-1} + c, a stable linear system: ``Driven(N, λ, h_0, c)``."""

    tex, plain = "h_{{{0}}}", "h_{0}"
    is_real = True

    def numeric(self, at: Any) -> Any:
        rate, value, push = map(at, self.args[1:])
        for _ in range(at.integer(self.args[0])):
            value = rate * value + push
        return value


def _state(steps: sp.Basic) -> Driven:
    return Driven(steps, _lam, _h0, _c)


_driven = _lam**N * _h0 + _c * (1 - _lam**N) / (1 - _lam)

equal_inputs = Derivation.by_induction(
    "drift-equal-inputs",
    r"if $h_t = \lambda h_{t-1} + c$ for $t = 1, \dots, N$, then $h_N = \lambda^N h_0 + c\, "
    r"\frac{1 - \lambda^N}{1 - \lambda}$",
    Claim(_state(N), "=", _driven, where={**_from_0, **_below_one}),
    over=N,
    start=sp.Integer(0),
    base=(Step(_driven.subs(N, 0), "no step", using=(definition(_state(0), _h0),)),),
    step=(
        Step(
            _lam * _state(N - 1) + _c,
            "one step",
            using=(definition(_state(N), _lam * _state(N - 1) + _c),),
        ),
        Step(
            _lam * _driven.subs(N, N - 1) + _c,
            "the statement for $N - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(_driven, r"$\lambda\,(1 - \lambda^{N-1}) + (1 - \lambda) = 1 - \lambda^N$"),
    ),
    source=("004-one-over-t",),
)


class SystemApart(Number):
    """|w_N − v_N| for a stable system with λ = ½: ``SystemApart(N, k, T, α)``.

    The system is h_t = ½ h_{t-1} − x_1 w²/2 + x_2 w with the loss h_T. Its inputs are (0, −1), and
    (1, 0) in the last k places. Both trainings start at 0, take steps α and keep w in [−1, 1].
    """

    tex, plain = r"\lvert w_{{{0}}} - v_{{{0}}} \rvert", "|w_{0} − v_{0}|"

    def numeric(self, at: Any) -> Any:
        steps, window, last = map(at.integer, self.args[:3])
        if not 1 <= window <= last:
            raise at.OutOfRange("a window has from one to all inputs")
        half, step = at.number(_R(1, 2)), at(self.args[3])

        def loss(weight: Any, seen: int) -> Any:
            value = at.zero
            for place in range(seen):
                early = place < seen - window
                value = half * value - (weight if early else half * weight**2)
            return value

        def trained(seen: int) -> Any:
            weight = at.zero
            for _ in range(steps):
                by_weight = at.derivative(lambda w: loss(w, seen), weight, 1)
                weight = max(-at.one, min(at.one, weight - step * by_weight))
            return weight

        return abs(trained(last) - trained(window))


_system = SystemApart(N, _k, _T, alpha)
_system_gap = 2 * sp.sqrt(2) * _k * _fades
_in_system = {_k: sp.Range(1, 13), _T: sp.Range(_k, _k + 13), N: sp.Range(0, 13)}

constant_steps = Counterexample(
    "drift-constant-steps",
    r"with all steps $\alpha$, for a stable system with $\beta = 2$ and $\gamma = 2\sqrt2$: "
    r"$\vert w_N - v_N\vert \le \alpha \gamma k\lambda^k N^{\alpha\beta + 1}$",
    refutes=Claim(_system, "<=", alpha * _system_gap * N ** (2 * alpha + 1), where=_in_system),
    instance={N: 12, _k: 12, _T: 24, alpha: _R(1, 2)},
    instead=(
        Claim(
            _system,
            "<=",
            _system_gap / 2 * ((1 + 2 * alpha) ** N - 1),
            where=_in_system,
        ),
    ),
    source=("004-one-over-t", "004-prop2"),
)
