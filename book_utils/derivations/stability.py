"""Stable systems: what the chapter on contractions h_t = φ_w(h_{t-1}, x_t) states.

States are columns. What arrives at the units is written a = W h + U x; a second state is h + d,
a second matrix W + V.
"""

from __future__ import annotations

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations import units
from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    algebra,
    box,
    definition,
    given,
    lemma,
    polynomial,
    slope,
)
from book_utils.derivations.engine import norms as norm_theorems
from book_utils.derivations.engine.vocabulary import Diagonal, Frobenius, Number, SigmaMax
from book_utils.derivations.network import W, n, sigma, t
from book_utils.derivations.units import Chords, OfUnits, P, P_inverse

norm = SigmaMax

_one = sp.Integer(1)
_m = sp.Symbol("m", integer=True, positive=True)
_I = sp.Identity(n)
h, d, a = (sp.MatrixSymbol(name, n, _one) for name in "hda")
"""A state, a change of it, and what arrives at the units."""
x, e = (sp.MatrixSymbol(name, _m, _one) for name in "xe")
"""An input, and a change of it."""
U, V, E = sp.MatrixSymbol("U", n, _m), sp.MatrixSymbol("V", n, n), sp.MatrixSymbol("E", n, n)

L = sp.Symbol("L", positive=True)
"""The Lipschitz constant of σ."""
lam = sp.Symbol("lambda", nonnegative=True)
B0 = sp.Symbol("B_0", nonnegative=True)

# Words ---------------------------------------------------------------------------------------


class Column(MatrixExpr):
    """A column with one entry for each unit."""

    shape = (n, _one)

    def __new__(cls, *arguments: sp.Basic):
        return super().__new__(cls, *map(sp.sympify, arguments))


class Answer(Column):
    """σ of each entry of a column."""

    tex = r"\sigma({})"

    @staticmethod
    def value(at, z):
        return at.apply(sigma, [z])

    def numeric(self, at):
        return at.matrix_of([[self.value(at, z)] for z in list(at(self.args[0]))])


class Tanh(Answer):
    """tanh of each entry of a column."""

    tex = r"\tanh({})"

    @staticmethod
    def value(at, z):
        return at.elementary(sp.tanh(sp.Symbol("z")), [z])


class Slopes(OfUnits):
    """D: the slopes σ′ at what arrives, unit by unit."""

    tex = "D({})"

    def values(self, at):
        return [at.slope(sigma, z) for z in list(at(self.args[0]))]


class OfChange(OfUnits):
    """A diagonal matrix for a change of what arrives, which its class tells.

    The change itself is no argument: no mutant makes it another one on one side only.
    """

    change: sp.MatrixExpr

    def places(self, at) -> tuple[list, list]:
        """What arrives after the change, and before."""
        return list(at(a + self.change)), list(at(a))


class SlopesThere(OfChange):
    """D′: the slopes σ′ after the change."""

    tex = "D'"

    def values(self, at):
        return [at.slope(sigma, z) for z in self.places(at)[0]]


class SlopeChords(OfChange):
    """N: the slope of the chord of σ′ over the change, unit by unit; without a change, 0."""

    tex = "N"

    def values(self, at):
        return [
            at.zero if p == q else (at.slope(sigma, p) - at.slope(sigma, q)) / (p - q)
            for p, q in zip(*self.places(at), strict=True)
        ]


def _over(word: type[OfChange], change: sp.MatrixExpr) -> OfChange:
    """The word for one change."""
    letters = "".join(str(letter) for letter in change.args)
    return type(f"{word.__name__}Over{letters}", (word,), {"change": change})()


class Spread(OfUnits):
    """The entries of a column on a diagonal."""

    tex = r"\operatorname{{diag}}({})"

    def values(self, at):
        return list(at(self.args[0]))


class OfSystem(Column):
    """A column of a contraction: its arguments are λ, B_0 and the time.

    Whatever a contraction does to a difference, a matrix A_t with ‖A_t‖ ≤ λ does it too. In
    numbers that is what is drawn, with ‖A_t‖ = λ in many cases.
    """

    def time(self, at) -> int:
        count = at.integer(self.args[2])
        if count < 0:
            raise at.OutOfRange("a run has no less than no steps")
        return count

    def pushed(self, at, time: int, change):
        """A_t applied to a column."""
        size = at.integer(n)
        matrix = at.matrix(f"A@{time}", size, size)
        largest = max(at.one, at(Frobenius(sp.MatrixSymbol(f"A@{time}", n, n))))
        return (at(self.args[0]) / largest) * (matrix * change)

    def from_zero(self, at, time: int):
        """A column of a length of at most B_0."""
        column = at.matrix(f"c@{time}", at.integer(n), 1)
        largest = max(at.one, at(norm(sp.MatrixSymbol(f"c@{time}", n, _one))))
        return (at(self.args[1]) / largest) * column

    def state(self, at, count: int):
        state = at.matrix_of([[at.zero] for _ in range(at.integer(n))])
        for time in range(1, count + 1):
            state = self.pushed(at, time, state) + self.from_zero(at, time)
        return state


class Apart(OfSystem):
    """h_t − h′_t for two runs under the same inputs."""

    tex = r"(h_{{{2}}} - h'_{{{2}}})"

    def numeric(self, at):
        apart = at.matrix("d", at.integer(n), 1)
        for time in range(1, self.time(at) + 1):
            apart = self.pushed(at, time, apart)
        return apart


class State(OfSystem):
    """h_t, from h_0 = 0."""

    tex = "h_{{{2}}}"

    def numeric(self, at):
        return self.state(at, self.time(at))


class FromZero(OfSystem):
    """φ_w(0, x_t): the step from the state 0."""

    tex = r"\varphi_w(0, x_{{{2}}})"

    def numeric(self, at):
        return self.from_zero(at, self.time(at))


class OfPast(OfSystem):
    """φ_w(h_{t−1}, x_t) − φ_w(0, x_t): what the previous state adds to the step."""

    tex = r"(\varphi_w(h_{{{2} - 1}}, x_{{{2}}}) - \varphi_w(0, x_{{{2}}}))"

    def numeric(self, at):
        time = self.time(at)
        return self.pushed(at, time, self.state(at, time - 1))


class StateBound(Number):
    """H = B_0/(1 − λ)."""

    tex, plain = "H", "H"
    is_nonnegative = is_extended_nonnegative = True

    def numeric(self, at):
        bound, factor = map(at, self.args)
        return bound / (at.one - factor)


class LinearState(Number):
    """h_t of h ↦ λ h + B_0 from h_0 = 0."""

    tex, plain = "h_{{{2}}}", "h_{2}"

    def numeric(self, at):
        factor, push, state = at(self.args[0]), at(self.args[1]), at.zero
        for _ in range(at.integer(self.args[2])):
            state = factor * state + push
        return state


# What a contraction does ----------------------------------------------------------------------

decay = Derivation.by_induction(
    "stability-decay",
    r"if each step is a contraction with $\lambda$, two runs under the same inputs satisfy "
    r"$\Vert h_t - h'_t\Vert \le \lambda^t\,\Vert h_0 - h'_0\Vert$",
    Claim(
        norm(Apart(lam, B0, t)), "<=", lam**t * norm(Apart(lam, B0, 0)), where={t: sp.Range(0, 5)}
    ),
    over=t,
    start=sp.Integer(0),
    base=(Step(norm(Apart(lam, B0, 0)), "nothing has happened yet"),),
    step=(
        Step(
            lam * norm(Apart(lam, B0, t - 1)),
            "the contraction, for the last step",
            "<=",
            using=(definition(norm(Apart(lam, B0, t)), lam * norm(Apart(lam, B0, t - 1)), "<="),),
        ),
        Step(
            lam**t * norm(Apart(lam, B0, 0)), "the statement for $t - 1$", "<=", using=(HYPOTHESIS,)
        ),
    ),
    source=("004-eq1", "004-eq2"),
)

_H = StateBound(B0, lam)

states = Derivation.by_induction(
    "stability-states",
    r"if each step is a contraction with $\lambda < 1$ and $\Vert\varphi_w(0, x_t)\Vert \le B_0$ "
    r"for all $t$, then $\Vert h_t\Vert \le H = B_0/(1 - \lambda)$",
    Claim(
        norm(State(lam, B0, t)),
        "<=",
        _H,
        where={t: sp.Range(0, 5), lam: sp.Interval.Ropen(0, 1)},
    ),
    over=t,
    start=sp.Integer(0),
    base=(
        Step(
            _H,
            "$h_0 = 0$, and $H$ is not negative",
            "<=",
            using=(definition(State(lam, B0, 0), sp.ZeroMatrix(n, _one)),),
        ),
    ),
    step=(
        Step(
            _H,
            r"$h_t = (\varphi_w(h_{t-1}, x_t) - \varphi_w(0, x_t)) + \varphi_w(0, x_t)$; the "
            r"contraction for $h_{t-1}$ and $0$; the bound $B_0$; the statement for $t - 1$; and "
            r"$\lambda H + B_0 = H$",
            "<=",
            using=(
                definition(State(lam, B0, t), OfPast(lam, B0, t) + FromZero(lam, B0, t)),
                definition(norm(OfPast(lam, B0, t)), lam * norm(State(lam, B0, t - 1)), "<="),
                definition(norm(FromZero(lam, B0, t)), B0, "<="),
                HYPOTHESIS,
                definition(lam * _H, _H - B0),
            ),
        ),
    ),
    source=("004-eq1", "004-wlog", "004-sec6.1", "004-a.3.1"),
)

_push = sp.Symbol("B_0", real=True)
_factor = sp.Symbol("lambda", real=True)
_closed = _push * (1 - _factor**t) / (1 - _factor)
_run = LinearState(_factor, _push, t)

attained = Derivation.by_induction(
    "stability-attained",
    r"$h_t = \lambda h_{t-1} + B_0$ from $h_0 = 0$ has $h_t = B_0\,(1 - \lambda^t)/(1 - \lambda)$ "
    r"for $0 < \lambda < 1$",
    Claim(_run, "=", _closed, where={t: sp.Range(0, 7), _factor: sp.Interval.open(0, 1)}),
    over=t,
    start=sp.Integer(0),
    base=(
        Step(
            _closed.subs(t, 0),
            "$h_0 = 0$",
            using=(definition(LinearState(_factor, _push, 0), sp.Integer(0)),),
        ),
    ),
    step=(
        Step(
            _factor * LinearState(_factor, _push, t - 1) + _push,
            "the last step",
            using=(definition(_run, _factor * LinearState(_factor, _push, t - 1) + _push),),
        ),
        Step(
            _factor * _closed.subs(t, t - 1) + _push,
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(_closed, "one denominator"),
    ),
    source=("004-sec6.1",),
)

_z_state, _other_state, _b = (sp.Symbol(name, real=True) for name in ("z", "z'", "b"))


def _step(state: sp.Expr) -> sp.Expr:
    """φ of one tanh unit with the weight ½, without an input."""
    return sp.tanh(state / 2 + _b)


class Reparameterised(Number):
    """φ(z) − φ(0) for that unit. A word of its own, so that nothing cancels before it is shown."""

    tex = r"\left(\tanh\left(\frac{{{0}}}{{2}} + {1}\right) - \tanh({1})\right)"
    plain = "(tanh({0}/2 + {1}) - tanh({1}))"

    def numeric(self, at):
        state, bias = map(at, self.args)
        tanh = sp.tanh(sp.Symbol("z"))
        return at.elementary(tanh, [state / 2 + bias]) - at.elementary(tanh, [bias])


wlog = Counterexample(
    "stability-wlog",
    r"if $z = \varphi(z)$ for $\varphi(z) = \tanh(\frac z2 + b)$, then $z$ is also at rest after "
    r"the change to $\varphi(z) - \varphi(0)$",
    refutes=Claim(
        Reparameterised(_z_state, _b),
        "=",
        _z_state,
        given=(Claim(_step(_z_state), "=", _z_state),),
    ),
    instance={
        _z_state: sp.Rational(1, 2),
        _other_state: 0,
        _b: sp.atanh(sp.Rational(1, 2)) - sp.Rational(1, 4),
    },
    instead=(
        Claim(
            Reparameterised(_z_state, _b) - Reparameterised(_other_state, _b),
            "=",
            _step(_z_state) - _step(_other_state),
        ),
    ),
    source=("004-wlog",),
)

# Linear systems and networks ------------------------------------------------------------------

_norm_at_most = Claim(norm(W), "<=", lam)

linear = Derivation(
    "stability-linear",
    r"for $\varphi(h, x) = W h + U x$ and $\Vert W\Vert \le \lambda$: $\Vert\varphi(h + d, x) - "
    r"\varphi(h, x)\Vert \le \lambda\,\Vert d\Vert$",
    Claim(
        norm(W * (h + d) + U * x - (W * h + U * x)),
        "<=",
        lam * norm(d),
        given=(_norm_at_most,),
    ),
    steps=(
        Step(norm(W * d), "multiply out; the input drops out"),
        Step(lam * norm(d), "the norm of a product", "<=", using=(given(_norm_at_most),)),
    ),
    source=("004-sec6.1", "004-eq2"),
)

_F, _G = Answer(W * (h + d) + U * x), Answer(W * h + U * x)
_M = Chords(W * (h + d) + U * x, W * h + U * x)
_chords_bounded = Claim(norm(_M), "<=", L)

network = Derivation(
    "stability-network",
    r"for $\varphi(h, x) = \sigma(W h + U x)$ with chord slopes of at most $L$: "
    r"$\Vert\varphi(h + d, x) - \varphi(h, x)\Vert \le L\,\sigma_{\max}(W)\,\Vert d\Vert$",
    Claim(norm(_F - _G), "<=", L * norm(W) * norm(d), given=(_chords_bounded,)),
    steps=(
        Step(
            norm(_M * W * d),
            "*One step of a difference*, of the chapter on more units, with columns",
            by=(norm_theorems,),
            using=(lemma(_F, _G + _M * W * d, units.difference),),
        ),
        Step(
            L * norm(W) * norm(d),
            "the norm of a product, and the bound of the chord slopes",
            "<=",
            using=(given(_chords_bounded),),
        ),
    ),
    source=("004-rnn-stability", "004-sec6.2", "004-a.3.1", "004-eq2"),
)

_p, _q = sp.symbols("p q", real=True)


def _tanh_of_log(value: sp.Expr) -> sp.Expr:
    """tanh(ln p)."""
    return (value**2 - 1) / (value**2 + 1)


_below_q = {_q: sp.Interval.open(0, sp.oo), _p: sp.Interval(_q, sp.oo)}

tanh_chord = Derivation(
    "stability-tanh-chord",
    r"$\tanh(\ln p) - \tanh(\ln q) \le \ln p - \ln q$ for $p \ge q > 0$",
    Claim(_tanh_of_log(_p) - _tanh_of_log(_q), "<=", sp.log(_p) - sp.log(_q), where=_below_q),
    steps=(
        Step(
            sp.log(_p) - sp.log(_q),
            r"equal at $p = q$; by $p$ the difference has the slope $\frac1p - "
            r"\frac{4p}{(p^2 + 1)^2}$, which is not negative",
            "<=",
            by=(slope,),
        ),
    ),
    source=("004-sec6.2", "004-a.3.1"),
)

# In another norm ------------------------------------------------------------------------------

delta = sp.MatrixSymbol("delta", n, _one)
"""A change of the state as the weights measure it: the state changes by P δ."""
_there = Answer(a + W * P * delta)
_Ma = Chords(a + W * P * delta, a)
_chords_there = Claim(norm(_Ma), "<=", L)

weighted = Derivation(
    "stability-weighted",
    r"for a positive diagonal $P$ and $d = P\delta$: "
    r"$\Vert P^{-1}(\varphi(h + d, x) - \varphi(h, x))\Vert \le "
    r"L\,\Vert P^{-1} W P\Vert\,\Vert P^{-1} d\Vert$",
    Claim(
        norm(P_inverse * (_there - Answer(a))),
        "<=",
        L * norm(P_inverse * W * P) * norm(delta),
        given=(_chords_there,),
    ),
    steps=(
        Step(
            L * norm(P_inverse * W * P) * norm(delta),
            "*One step of a difference*; diagonal matrices commute, so that it is $M (P^{-1} W P)"
            r"\,\delta$; the norm of a product, and the bound of the chord slopes",
            "<=",
            using=(
                lemma(_there, Answer(a) + _Ma * W * P * delta, units.difference),
                given(_chords_there),
            ),
        ),
    ),
    source=("004-rnn-stability",),
)

_p_matrix, _p_back = Diagonal("P", n), Diagonal("P^{-1}", n)
_scaled_below_one = Claim(norm(_p_back * W * _p_matrix), "<", 1)
_are_inverse = Claim(_p_back * _p_matrix, "=", _I)

not_necessary = Counterexample(
    "stability-not-necessary",
    r"if $\Vert P^{-1} W P\Vert < 1$ for a positive diagonal $P$, then $\Vert W\Vert < 1$",
    refutes=Claim(norm(W), "<", 1, given=(_are_inverse, _scaled_below_one)),
    instance={
        W: sp.Matrix([[sp.Rational(1, 2), 10], [0, sp.Rational(1, 2)]]),
        _p_matrix: sp.diag(1, sp.Rational(1, 40)),
        _p_back: sp.diag(1, 40),
    },
    instead=(Claim(units.radius(W), "<", 1, given=(_are_inverse, _scaled_below_one)),),
    source=("004-rnn-stability",),
)

# At norm one ----------------------------------------------------------------------------------

_at_most_one = Claim(norm(W), "<=", 1)

at_one = Counterexample(
    "stability-at-one",
    r"if $\Vert W\Vert \le 1$, then $\Vert\tanh(W h)\Vert \le \lambda\,\Vert h\Vert$ for a "
    r"$\lambda < 1$, here $\lambda = 0.99$",
    refutes=Claim(
        norm(Tanh(W * h)),
        "<=",
        lam * norm(h),
        where={lam: sp.Interval.Ropen(0, 1)},
        given=(_at_most_one,),
    ),
    instance={W: sp.eye(1), h: sp.Matrix([sp.Rational(1, 10)]), lam: sp.Rational(99, 100)},
    instead=(Claim(norm(Tanh(W * h)), "<=", norm(W) * norm(h)),),
    source=("004-norm-at-most-one",),
)

_s = sp.Symbol("s", real=True)
_inside = {_s: sp.Interval.open(0, 1)}

at_one_any = Derivation(
    "stability-at-one-any",
    r"for $0 < s < 1$ and $h = \operatorname{artanh} s = \frac12 \ln\frac{1 + s}{1 - s}$: "
    r"$h < \frac{s}{1 - s^2}$, that is $\tanh h > (1 - s^2)\,h$; with $s^2 = 1 - \lambda$ no "
    r"$\lambda < 1$ is a factor",
    Claim(sp.log((1 + _s) / (1 - _s)) / 2 - _s / (1 - _s**2), "<", 0, where=_inside),
    steps=(
        Step(
            sp.Integer(0),
            r"it is $0$ at $s = 0$, and its slope is $-\frac{2 s^2}{(1 - s^2)^2}$",
            "<",
            by=(slope,),
        ),
    ),
    source=("004-norm-at-most-one",),
)

_z = sp.Symbol("z", positive=True)
_beyond_one = {_p: sp.Interval.open(1, sp.oo)}

sinh_above = Derivation(
    "stability-sinh",
    r"$\ln p - \frac12 (p - \frac1p) < 0$ for $p > 1$; with $p = e^z$: $z < \sinh z$ for $z > 0$",
    Claim(sp.log(_p) - (_p - 1 / _p) / 2, "<", 0, where=_beyond_one),
    steps=(
        Step(
            sp.Integer(0),
            r"it is $0$ at $p = 1$, and its slope is $-\frac{(p - 1)^2}{2 p^2}$",
            "<",
            by=(slope,),
        ),
    ),
    source=("004-norm-at-most-one",),
)

growth_most = Derivation(
    "stability-growth-most",
    r"$z^2 (\frac{1}{\tanh^2 z} - 1) < 1$ for $z > 0$",
    Claim(_z**2 * (1 / sp.tanh(_z) ** 2 - 1), "<", 1),
    steps=(
        Step(_z**2 / sp.sinh(_z) ** 2, r"$\cosh^2 z - \sinh^2 z = 1$"),
        Step(
            sp.Integer(1),
            r"$z < \sinh z$",
            "<",
            using=(lemma(_z, sp.sinh(_z), sinh_above, "<"),),
        ),
    ),
    source=("004-norm-at-most-one",),
)

_arrived = sp.Symbol("z", real=True)
_below = _s * (15 - 4 * _s**2) / (15 - 9 * _s**2)

artanh_above = Derivation(
    "stability-artanh",
    r"$\frac12 \ln\frac{1 + s}{1 - s} - \frac{s (15 - 4 s^2)}{15 - 9 s^2} > 0$ for $0 < s < 1$; "
    r"the first term is $\operatorname{artanh} s$",
    Claim(sp.log((1 + _s) / (1 - _s)) / 2 - _below, ">", 0, where=_inside),
    steps=(
        Step(
            sp.Integer(0),
            "it is $0$ at $s = 0$, and its slope is a rational function without a negative value",
            ">",
            by=(slope,),
        ),
    ),
    source=("004-norm-at-most-one",),
)

growth_least = Derivation(
    "stability-growth-least",
    r"for $0 < s < 1$ and every $z \ge \frac{s (15 - 4 s^2)}{15 - 9 s^2}$: $z^2 (3 - 2 s^2) - "
    r"3 s^2 > 0$",
    Claim(
        _arrived**2 * (3 - 2 * _s**2) - 3 * _s**2,
        ">",
        0,
        where={**_inside, _arrived: sp.Interval(_below, sp.oo)},
    ),
    steps=(
        Step(
            sp.Integer(0),
            "it grows with $z$, and at the smallest $z$ it is $s^6 (45 - 32 s^2)$ divided by "
            "$(15 - 9 s^2)^2$",
            ">",
            by=(box,),
        ),
    ),
    source=("004-norm-at-most-one",),
)

_start = sp.Symbol("h_0", positive=True)
_index = sp.Symbol("j", integer=True, nonnegative=True)


class OfTanhRun(Number):
    """A number taken from the run h ↦ tanh h from h_0."""

    @staticmethod
    def state(at, start, steps):
        value, count = at(start), at.integer(steps)
        if count < 0:
            raise at.OutOfRange("a run has no less than no steps")
        for _ in range(count):
            value = at.elementary(sp.tanh(sp.Symbol("z")), [value])
        return value


class InverseSquare(OfTanhRun):
    """1/h_t²."""

    tex, plain = "h_{{{1}}}^{{-2}}", "1/h_{1}²"

    def numeric(self, at):
        return at.one / self.state(at, *self.args) ** 2


class Gain(OfTanhRun):
    """g_t = 1/tanh² h_t − 1/h_t²."""

    tex, plain = "g_{{{1}}}", "g_{1}"

    def numeric(self, at):
        here = self.state(at, *self.args)
        after = at.elementary(sp.tanh(sp.Symbol("z")), [here])
        return at.one / after**2 - at.one / here**2


def _gains(last: sp.Basic) -> sp.Sum:
    return sp.Sum(Gain(_start, _index), (_index, 0, last))


growth = Derivation.by_induction(
    "stability-growth",
    r"for $h_t = \tanh h_{t-1}$ and $g_j = \frac{1}{\tanh^2 h_j} - \frac{1}{h_j^2}$: "
    r"$\frac{1}{h_t^2} = \frac{1}{h_0^2} + \sum_{j=0}^{t-1} g_j$",
    Claim(
        InverseSquare(_start, t),
        "=",
        InverseSquare(_start, 0) + _gains(t - 1),
        where={t: sp.Range(1, 6)},
    ),
    over=t,
    start=_one,
    base=(
        Step(
            InverseSquare(_start, 0) + Gain(_start, 0),
            "one step, by the definition of $g_0$",
            using=(
                definition(InverseSquare(_start, 1), InverseSquare(_start, 0) + Gain(_start, 0)),
            ),
        ),
        Step(InverseSquare(_start, 0) + _gains(sp.Integer(0)), "one term"),
    ),
    step=(
        Step(
            InverseSquare(_start, t - 1) + Gain(_start, t - 1),
            "the last step",
            using=(
                definition(
                    InverseSquare(_start, t), InverseSquare(_start, t - 1) + Gain(_start, t - 1)
                ),
            ),
        ),
        Step(
            InverseSquare(_start, 0) + _gains(t - 2) + Gain(_start, t - 1),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            InverseSquare(_start, 0) + _gains(t - 1),
            "one more term",
            using=(definition(_gains(t - 1), _gains(t - 2) + Gain(_start, t - 1)),),
        ),
    ),
    source=("004-norm-at-most-one",),
)

# The open ball --------------------------------------------------------------------------------

_w, _r = sp.symbols("w r", real=True)

no_nearest = Derivation(
    "stability-no-nearest",
    r"for $w \ge 1$ and $0 \le r < 1$ the number $\frac{1 + r}{2} < 1$ is nearer to $w$ than $r$: "
    r"$\vert w - \frac{1 + r}{2}\vert^2 < \vert w - r\vert^2$",
    Claim(
        (_w - (1 + _r) / 2) ** 2,
        "<",
        (_w - _r) ** 2,
        where={_w: sp.Interval(1, sp.oo), _r: sp.Interval.Ropen(0, 1)},
    ),
    steps=(
        Step(
            (_w - _r) ** 2,
            r"$0 < w - \frac{1 + r}{2} < w - r$",
            "<",
            by=(box,),
        ),
    ),
    source=("004-projection",),
)

_Q, _B_inside = (sp.MatrixSymbol(name, n, n) for name in "QB")
_S = Diagonal("S", n)


class Cut(OfUnits):
    """min(S, 1), with its sign: a diagonal matrix brought to a norm of at most 1."""

    tex = r"\operatorname{{cut}}({})"

    def values(self, at):
        rows = at(self.args[0])
        entries = [rows[place, place] for place in range(at.shape(rows)[0])]
        return [max(-at.one, min(at.one, entry)) for entry in entries]


_turned_S, _projected = _Q * _S * _Q.T, _Q * Cut(_S) * _Q.T
_ball = (Claim(_Q.T * _Q, "=", _I), Claim(norm(_B_inside), "<=", 1))

not_lipschitz = Counterexample(
    "stability-not-lipschitz",
    r"$\Vert A - B\Vert$ does not grow when $A = Q S Q^{\mathsf T}$ is projected onto the ball "
    r"$\Vert\cdot\Vert \le 1$ and $B$ lies in it",
    refutes=Claim(norm(_projected - _B_inside), "<=", norm(_turned_S - _B_inside), given=_ball),
    instance={
        _Q: sp.Matrix([[12, -5], [5, 12]]) / 13,
        _S: sp.diag(sp.Rational(3, 2), -1),
        _B_inside: sp.diag(1, -sp.Rational(1, 2)),
    },
    instead=(
        Claim(
            Frobenius(_projected - _B_inside), "<=", Frobenius(_turned_S - _B_inside), given=_ball
        ),
    ),
    source=("004-projection",),
)

# How steep the slopes are ---------------------------------------------------------------------

_y, _real = sp.symbols("y z", real=True)
_bend = 2 * _s * (1 - _s**2)
_disc = {_s: sp.Interval(-1, 1)}

tanh_bend = Derivation(
    "stability-tanh-bend",
    r"with $s = \tanh z$: $\tanh''(z) = -2 s (1 - s^2)$",
    Claim(
        sp.Derivative(sp.tanh(_real), (_real, 2)),
        "=",
        -2 * sp.tanh(_real) * (1 - sp.tanh(_real) ** 2),
    ),
    steps=(
        Step(
            -2 * sp.tanh(_real) * (1 - sp.tanh(_real) ** 2),
            "the derivative of $1 - s^2$, with $s' = 1 - s^2$",
        ),
    ),
    source=("004-tanh-smooth",),
)


def _room(u: sp.Expr) -> sp.Expr:
    """16/27 − 4 u (1 − u)², as a product."""
    third = sp.Rational(1, 3)
    return 4 * (u - third) ** 2 * (4 * third - u)


tanh_smooth = Derivation(
    "stability-tanh-smooth",
    r"for $-1 \le s \le 1$: $(2 s (1 - s^2))^2 \le \frac{16}{27}$",
    Claim(_bend**2, "<=", sp.Rational(16, 27), where=_disc),
    steps=(
        Step(
            sp.Rational(16, 27) - _room(_s**2),
            r"with $u = s^2$: $\frac{16}{27} - 4 u (1 - u)^2 = 4 (u - \frac13)^2 (\frac43 - u)$",
        ),
        Step(
            sp.Rational(16, 27), r"no factor is negative, since $u \le 1$", "<=", by=(polynomial,)
        ),
    ),
    source=("004-tanh-smooth", "004-sec6.2", "004-a.3.1"),
)

tanh_attained = Counterexample(
    "stability-tanh-attained",
    r"$(2 s (1 - s^2))^2 < \frac{16}{27}$ for all $-1 \le s \le 1$",
    refutes=Claim(_bend**2, "<", sp.Rational(16, 27), where=_disc),
    instance={_s: 1 / sp.sqrt(3)},
    instead=(Claim(_bend**2, "<=", sp.Rational(16, 27), where=_disc),),
    source=("004-tanh-smooth",),
)

tanh_printed = Derivation(
    "stability-tanh-printed",
    r"$\tanh''(z)^2 = (2 s (1 - s^2))^2 < 1$: neither $1$ nor $2$ is attained",
    Claim(_bend**2, "<", 1, where=_disc),
    steps=(
        Step(
            sp.Rational(16, 27),
            "the exact constant",
            "<=",
            by=(polynomial,),
        ),
        Step(sp.Integer(1), "$16 < 27$", "<"),
    ),
    source=("004-tanh-smooth",),
)

_logistic_bend = _y * (1 - _y) * (1 - 2 * _y)

logistic_smooth = Derivation(
    "stability-logistic-smooth",
    r"for $0 \le y \le 1$: $(y (1 - y)(1 - 2y))^2 \le \frac{1}{108}$",
    Claim(_logistic_bend**2, "<=", sp.Rational(1, 108), where={_y: sp.Interval(0, 1)}),
    steps=(
        Step(
            sp.Rational(1, 108) - _room((1 - 2 * _y) ** 2) / 64,
            r"with $u = (1 - 2y)^2$ and $y (1 - y) = \frac{1 - u}{4}$ it is $\frac{1}{16} u "
            r"(1 - u)^2$: the same product, divided by $64$",
        ),
        Step(
            sp.Rational(1, 108), r"no factor is negative, since $u \le 1$", "<=", by=(polynomial,)
        ),
    ),
    source=("004-sec6.2",),
)

logistic_bend = Derivation(
    "stability-logistic-bend",
    r"with $y = \sigma(z)$ for the logistic function, $y' = y (1 - y)$ and so $y'' = "
    r"\frac{d (y - y^2)}{d y}\,y' = y (1 - y)(1 - 2y)$",
    Claim(sp.Derivative(_y - _y**2, _y) * (_y - _y**2), "=", _logistic_bend),
    steps=(Step(_logistic_bend, "the derivative of $y - y^2$ is $1 - 2y$"),),
    source=("004-sec6.2",),
)

# The constants of a network -------------------------------------------------------------------

_H_bound = sp.Symbol("H", nonnegative=True)
_state_bounded = Claim(norm(h), "<=", _H_bound)


def _lipschitz(label, statement, change, size, bounds, source):
    """‖σ(a + change) − σ(a)‖ ≤ L times the size of the change."""
    M = Chords(a + change, a)
    steep = Claim(norm(M), "<=", L)
    return Derivation(
        label,
        statement,
        Claim(norm(Answer(a + change) - Answer(a)), "<=", L * size, given=(steep, *bounds)),
        steps=(
            Step(
                norm(M * change),
                "the slopes of the chords",
                by=(norm_theorems,),
                using=(definition(Answer(a + change), Answer(a) + M * change),),
            ),
            Step(
                L * size,
                "the norms of products",
                "<=",
                using=(given(steep), *map(given, bounds)),
            ),
        ),
        source=source,
    )


by_weights = _lipschitz(
    "stability-by-weights",
    r"$\Vert\varphi_{W + V}(h, x) - \varphi_W(h, x)\Vert \le L H\,\Vert V\Vert_{\mathrm F}$ if "
    r"$\Vert h\Vert \le H$: $L_w = L H$",
    V * h,
    _H_bound * Frobenius(V),
    (_state_bounded,),
    ("004-sec6.1", "004-sec6.2", "004-a.3.1"),
)

by_inputs = _lipschitz(
    "stability-by-inputs",
    r"$\Vert\varphi(h, x + e) - \varphi(h, x)\Vert \le L\,\Vert U\Vert\,\Vert e\Vert$: "
    r"$L_x = L\,\Vert U\Vert$",
    U * e,
    norm(U) * norm(e),
    (),
    ("004-sec6.1", "004-sec6.2", "004-a.3.1"),
)


_v = sp.MatrixSymbol("v", n, _one)

spread = Derivation(
    "stability-spread",
    r"$\Vert\operatorname{diag}(v)\Vert \le \Vert v\Vert$ for every column $v$",
    Claim(norm(Spread(_v)), "<=", norm(_v)),
    steps=(
        Step(Frobenius(Spread(_v)), r"$\Vert A\Vert \le \Vert A\Vert_{\mathrm F}$", "<="),
        Step(
            norm(_v),
            "both are the root of the sum of the squares of the entries",
            by=(norm_theorems,),
            using=(definition(Frobenius(Spread(_v)), norm(_v)),),
        ),
    ),
    source=("004-a.3.1",),
)


_p_columns = sp.Symbol("p", integer=True, positive=True)
_any_N, _A = Diagonal("N", n), sp.MatrixSymbol("A", n, n)
_u, _C = sp.MatrixSymbol("u", n, _one), sp.MatrixSymbol("C", n, _p_columns)

curved = Derivation(
    "stability-curved",
    r"for a diagonal $N$: $\Vert N \operatorname{diag}(A u)\,C\Vert \le \Vert N\Vert\,\Vert A\Vert"
    r"\,\Vert u\Vert\,\Vert C\Vert$",
    Claim(norm(_any_N * Spread(_A * _u) * _C), "<=", norm(_any_N) * norm(_A) * norm(_u) * norm(_C)),
    steps=(
        Step(
            norm(_any_N) * norm(_A) * norm(_u) * norm(_C),
            r"the norms of products, and $\Vert\operatorname{diag}(A u)\Vert \le \Vert A u\Vert$",
            "<=",
            using=(lemma(norm(Spread(_A * _u)), norm(_A * _u), spread, "<="),),
        ),
    ),
    source=("004-smoothness-1-4", "004-a.3.1"),
)


def _difference(label, statement, left, change, right):
    """A difference of derivatives, exactly: slopes differ by N times what arrives."""
    there, N = _over(SlopesThere, change), _over(SlopeChords, change)
    result = right(there, N * Spread(change))
    return Derivation(
        label,
        statement,
        Claim(left(there), "=", result),
        steps=(
            Step(
                result,
                r"$D' - D$ is $N$ times the diagonal of the change of what arrives; multiply out",
                by=(algebra,),
                using=(definition(Slopes(a), there - N * Spread(change)),),
            ),
        ),
        source=("004-smoothness-1-4", "004-a.3.1"),
    )


beta_hh = _difference(
    "stability-beta-hh",
    r"$\frac{\partial\varphi}{\partial h}(h + d) - \frac{\partial\varphi}{\partial h}(h) = "
    r"N \operatorname{diag}(W d)\,W$, so $\beta_{hh} = c_2 \omega^2$",
    lambda there: there * W - Slopes(a) * W,
    W * d,
    lambda _, turned: turned * W,
)

beta_hw = _difference(
    "stability-beta-hw",
    r"$\frac{\partial\varphi_{W + V}}{\partial h} - \frac{\partial\varphi_W}{\partial h} = D' V + "
    r"N \operatorname{diag}(V h)\,W$, so $\beta_{hw} = L + c_2 \omega H$",
    lambda there: there * (W + V) - Slopes(a) * W,
    V * h,
    lambda there, turned: there * V + turned * W,
)

beta_wh = _difference(
    "stability-beta-wh",
    r"$\frac{\partial\varphi}{\partial w}(h + d)\,V - \frac{\partial\varphi}{\partial w}(h)\,V = "
    r"D' V d + N \operatorname{diag}(W d)\,V h$, so $\beta_{wh} = L + c_2 \omega H$",
    lambda there: there * V * (h + d) - Slopes(a) * V * h,
    W * d,
    lambda there, turned: there * V * d + turned * V * h,
)

beta_ww = _difference(
    "stability-beta-ww",
    r"$\frac{\partial\varphi_{W + E}}{\partial w}\,V - \frac{\partial\varphi_W}{\partial w}\,V = "
    r"N \operatorname{diag}(E h)\,V h$, so $\beta_{ww} = c_2 H^2$",
    lambda there: there * V * h - Slopes(a) * V * h,
    E * h,
    lambda _, turned: turned * V * h,
)
