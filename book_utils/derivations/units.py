"""More units: what the chapter on networks y_t = σ(y_{t-1} W + b) in rows states.

States, pre-activations and biases are rows here, as in the paper that the chapter answers. A
fixed point needs no equation to be solved: with x free and y = σ(x), the bias b = x − y W has it.
"""

from __future__ import annotations

import mpmath
import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.activations import X, logistic
from book_utils.derivations import norms as on_norms
from book_utils.derivations.engine import (
    HYPOTHESIS,
    Cited,
    Claim,
    Counterexample,
    Derivation,
    Step,
    algebra,
    definition,
    every,
    given,
    lemma,
    sizes,
    substitution,
)
from book_utils.derivations.engine import norms as norm_theorems
from book_utils.derivations.engine.vocabulary import (
    Diagonal,
    DiagonalOf,
    Entry,
    Jacobian,
    Number,
    SigmaMax,
    SpectralRadius,
    slopes,
)
from book_utils.derivations.network import W, i, n, q, r, sigma, t

norm, radius = SigmaMax, SpectralRadius

_one = sp.Integer(1)
_quarter = sp.Rational(1, 4)
_I = sp.Identity(n)
_z = sp.Symbol("z", real=True)
_gamma = sp.Symbol("gamma", nonnegative=True)

y, z, b = (sp.MatrixSymbol(name, _one, n) for name in "yzb")
"""Rows: two states, and the bias."""
x, v = (sp.MatrixSymbol(name, _one, n) for name in "xv")
"""Rows: what arrives at the units."""
d = sp.MatrixSymbol("d", _one, n)
"""A row: a difference."""

# Words ---------------------------------------------------------------------------------------


class Row(MatrixExpr):
    """A row with one entry for each unit."""

    shape = (_one, n)

    def __new__(cls, *arguments: sp.Basic):
        return super().__new__(cls, *map(sp.sympify, arguments))


class Leaving(Row):
    """σ of each entry of a row, for any activation σ."""

    tex = r"\sigma({})"

    @staticmethod
    def value(at, z):
        return at.apply(sigma, [z])

    def numeric(self, at):
        return at.matrix_of([[self.value(at, z) for z in list(at(self.args[0]))]])


class Logistic(Leaving):
    """The same for the logistic function."""

    @staticmethod
    def value(at, z):
        return at.at({X: z})(logistic.expression)


class OfUnits(MatrixExpr):
    """A diagonal matrix with one entry for each unit."""

    diagonal = True
    shape = (n, n)

    def __new__(cls, *arguments: sp.Basic):
        return super().__new__(cls, *map(sp.sympify, arguments))

    def _eval_transpose(self):
        return self

    def numeric(self, at):
        values = self.values(at)
        for value in values:
            at.note(value)
        places = range(len(values))
        return at.matrix_of([[values[a] if a == b else at.zero for b in places] for a in places])


class Chords(OfUnits):
    """M: the slope of the chord of σ between two rows, unit by unit; of equal entries, σ′."""

    tex = "M"

    @staticmethod
    def slope(at, a, c):
        if a == c:
            return at.slope(sigma, a)
        return (at.apply(sigma, [a]) - at.apply(sigma, [c])) / (a - c)

    def values(self, at):
        rows = [list(at(row)) for row in self.args]
        return [self.slope(at, a, c) for a, c in zip(*rows, strict=True)]


class LogisticChords(Chords):
    """The same for the logistic function."""

    @staticmethod
    def slope(at, a, c):
        left, right = Logistic.value(at, a), Logistic.value(at, c)
        return left * (1 - left) if a == c else (left - right) / (a - c)


class Steepness(LogisticChords):
    """K: the slope of the chord of σ⁻¹ between the states of two rows, unit by unit."""

    tex = "K"

    def values(self, at):
        return [at.one / value for value in super().values(at)]


class InverseSlopes(OfUnits):
    """D⁻¹ for the logistic slopes D at a row."""

    tex = "D^{{-1}}"

    def values(self, at):
        states = [Logistic.value(at, a) for a in list(at(self.args[0]))]
        return [at.one / (p * (1 - p)) for p in states]


class Activity(Row):
    """y_t: the row after t steps of y ↦ σ(y W + b), from the start in its first argument."""

    tex = "{{{}}}_{{{}}}"

    def numeric(self, at):
        start, steps = self.args
        count, row = at.integer(steps), at(start)
        if count < 0:
            raise at.OutOfRange("a run has no less than no steps")
        size = at.integer(n)
        weights, bias = at.matrix("W", size, size), at.matrix("b", 1, size)
        for _ in range(count):
            row = at.matrix_of([[at.apply(sigma, [z]) for z in list(row * weights + bias)]])
        return row


class ChordsAt(Chords):
    """M_t: the chord slopes between two runs, in the step that leaves time t."""

    tex = "M_{{{}}}"

    def values(self, at):
        (time,) = self.args
        size = at.integer(n)
        weights, bias = at.matrix("W", size, size), at.matrix("b", 1, size)
        rows = [list(at(Activity(start, time)) * weights + bias) for start in (y, z)]
        return [self.slope(at, a, c) for a, c in zip(*rows, strict=True)]


class Rightmost(Number):
    """μ(W): the largest eigenvalue of the symmetric part (W + Wᵀ)/2, the same for W and Wᵀ."""

    tex, plain = r"\mu(W)", "μ(W)"

    def numeric(self, at):
        rows = at(W)
        part = (rows + rows.T) / 2
        shift = at.sigma_max(part)  # the part plus so many times I has no negative eigenvalue
        return at.sigma_max(part + at.identity(at.shape(rows)[0]) * shift) - shift


class Moduli(MatrixExpr):
    """|W|: the moduli of all entries."""

    tex = r"\lvert {} \rvert"

    @property
    def shape(self):
        return self.args[0].shape

    def numeric(self, at):
        rows = at(self.args[0])
        height, width = at.shape(rows)
        return at.matrix_of([[abs(rows[a, c]) for c in range(width)] for a in range(height)])


mu = Rightmost()

# The bias of a target -------------------------------------------------------------------------


class Shift(Row):
    """b = x − σ(x) W: the bias with which σ(x) is a fixed point."""

    tex = "b"

    def numeric(self, at):
        row = at(self.args[0])
        back = at(Leaving(self.args[0])) * at(W)
        for entry in list(row) + list(back):
            at.note(entry)
        return row - back


_y = Leaving(x)
_b = Shift(x)

fixed_bias = Derivation(
    "units-fixed-bias",
    r"with $y = \sigma(x)$ and $b = x - y W$ the state $y$ is a fixed point: $y = \sigma(y W + b)$",
    Claim(_y, "=", Leaving(_y * W + _b)),
    steps=(
        Step(
            Leaving(_y * W + _b),
            r"the bias makes up what is missing: $x = \sigma(x) W + b$",
            by=(substitution,),
            using=(definition(_y * W + _b, x),),
        ),
    ),
    source=("003-theorem7",),
)

_printed = x - _y * W.T
_swapped = sp.Matrix([[0, 3], [0, 0]])
_goal = sp.Matrix([[sp.log(sp.Rational(3, 7)), sp.log(4)]])
_logistic = sp.Lambda(_z, 1 / (1 + sp.exp(-_z)))

printed_bias = Counterexample(
    "units-printed-bias",
    r"with $b = \sigma^{-1}(y_T) - (W y_T^{\mathsf T})^{\mathsf T}$ the target $y_T$ is a fixed "
    r"point of $y \mapsto \sigma(y W + b)$",
    refutes=Claim(Leaving(_y * W + _printed), "=", _y),
    instance={W: _swapped, x: _goal, sigma: _logistic},
    instead=(Claim(Leaving(_y * W + _b), "=", _y),),
    source=("003-theorem7",),
)

# Differences ---------------------------------------------------------------------------------

_F, _G = Leaving((z + d) * W + b), Leaving(z * W + b)
_M = Chords((z + d) * W + b, z * W + b)

difference = Derivation(
    "units-difference",
    r"$F(z + d) - F(z) = d\, W M$ for $F(y) = \sigma(y W + b)$, with the slopes of the chords of "
    r"$\sigma$ in the diagonal matrix $M$",
    Claim(_F - _G, "=", d * W * _M),
    steps=(
        Step(
            ((z + d) * W + b - z * W - b) * _M,
            "a difference of values is the slope of the chord times the difference of the places",
            by=(algebra,),
            using=(definition(_F, _G + ((z + d) * W + b - z * W - b) * _M),),
        ),
        Step(d * W * _M, "the bias drops out"),
    ),
    source=("003-eq3.9-3.14", "003-eq3.17-3.19"),
)

_Ml = LogisticChords(x, v)

chords = Derivation(
    "units-chords",
    r"for the logistic function all chord slopes are at most $\frac14$: $\Vert M\Vert \le \frac14$",
    Claim(norm(_Ml), "<=", _quarter),
    steps=(
        Step(
            _quarter,
            "the slope of a chord is a slope somewhere between its ends, and no slope is larger",
            "<=",
            by=Cited("the mean value theorem"),
        ),
    ),
    source=("003-eq3.17-3.19",),
)

_low, _high = sp.symbols("q p", positive=True)
_value_high, _value_low = (logistic.formula(2 * sp.log(e)) for e in (_high, _low))
_over = (_high + _low) ** 2 + (1 - _high * _low) ** 2

two_values = Derivation(
    "units-two-values",
    r"$\sigma(2\ln p) - \sigma(2\ln q) = \frac{p^2 - q^2}{(p + q)^2 + (1 - p q)^2}$ for $p, q > 0$",
    Claim(_value_high - _value_low, "=", (_high**2 - _low**2) / _over),
    steps=(
        Step(
            (_high**2 - _low**2) / _over,
            r"$\sigma(2\ln p) = p^2/(1 + p^2)$, and $(1 + p^2)(1 + q^2) = (p + q)^2 + "
            r"(1 - p q)^2$",
        ),
    ),
    source=("003-lemma6",),
)

# Contraction ---------------------------------------------------------------------------------

_chords_bounded = Claim(norm(_M), "<=", _gamma)

contraction = Derivation(
    "units-contraction",
    r"if $\Vert M\Vert \le \gamma$, then $\Vert F(z + d) - F(z)\Vert \le "
    r"\gamma\,\sigma_{\max}(W)\,\Vert d\Vert$",
    Claim(norm(_F - _G), "<=", _gamma * norm(W) * norm(d), given=(_chords_bounded,)),
    steps=(
        Step(
            norm(d * W * _M),
            "the difference of two images",
            by=(norm_theorems,),
            using=(lemma(_F, _G + d * W * _M, difference),),
        ),
        Step(
            _gamma * norm(W) * norm(d),
            "the norm of a product, and the bound of the chord slopes",
            "<=",
            using=(given(_chords_bounded),),
        ),
    ),
    source=("003-eq3.17-3.19", "003-lemma6"),
)


class Apart(Row):
    """d_t = y_t − z_t: how far two runs are apart at time t."""

    tex = "d_{{{}}}"

    def numeric(self, at):
        (time,) = self.args
        return at(Activity(y, time)) - at(Activity(z, time))


_all_bounded = every(r, sp.Range(0, t), norm(ChordsAt(r)), "<=", _gamma)
_rate = _gamma * norm(W)

decay = Derivation.by_induction(
    "units-decay",
    r"if all chord slopes are at most $\gamma$, then $\Vert y_t - z_t\Vert \le "
    r"(\gamma\,\sigma_{\max}(W))^t\,\Vert y_0 - z_0\Vert$ for any two runs",
    Claim(
        norm(Apart(t)),
        "<=",
        _rate**t * norm(Apart(0)),
        where={t: sp.Range(0, 5)},
        given=(_all_bounded,),
    ),
    over=t,
    start=sp.Integer(0),
    base=(Step(norm(Apart(0)), "nothing has happened yet"),),
    step=(
        Step(
            norm(Apart(t - 1) * W * ChordsAt(t - 1)),
            "the difference of two images",
            by=(norm_theorems,),
            using=(lemma(Apart(t), Apart(t - 1) * W * ChordsAt(t - 1), difference),),
        ),
        Step(
            _rate * norm(Apart(t - 1)),
            "the norm of a product, and the bound of the chord slopes",
            "<=",
            using=(given(_all_bounded, t - 1),),
        ),
        Step(_rate**t * norm(Apart(0)), "the statement for $t - 1$", "<=", using=(HYPOTHESIS,)),
    ),
    source=("003-eq3.17-3.19", "003-lemma6"),
)

_Fl, _Gl = Logistic((z + d) * W + b), Logistic(z * W + b)
_at_most_four = Claim(norm(W), "<=", 4)
_somewhere = Claim(norm(d), ">", 0)

boundary = Derivation(
    "units-boundary",
    r"if $\sigma_{\max}(W) \le 4$ and $d \ne 0$, then $\Vert F(z + d) - F(z)\Vert < "
    r"\Vert d\Vert$ for the logistic function",
    Claim(norm(_Fl - _Gl), "<", norm(d), given=(_at_most_four, _somewhere)),
    steps=(
        Step(
            norm(d),
            r"entry by entry at most $\tanh(\lvert (d W)_i\rvert/4)$, by the lemma on two values; "
            r"$\tanh u < u$ for $u > 0$, and $\Vert d W/4\Vert \le \Vert d\Vert$",
            "<",
            by=Cited("by hand, from the lemma on two values"),
        ),
    ),
    source=("003-lemma6",),
)

# The paper's proof of uniqueness -------------------------------------------------------------

_p, _s = sp.symbols("p s", real=True)
_logit = {e: sp.log(e / (1 - e)) for e in (_p, _s)}
_between = {e: sp.Interval.open(0, 1) for e in (_p, _s)}
_gap = _logit[_p] - _logit[_s]

vector_inequality = Counterexample(
    "units-vector-inequality",
    r"$\sigma^{-1}(y) - \sigma^{-1}(z) \ge 4 (y - z)$ in every component",
    refutes=Claim(_gap, ">=", 4 * (_p - _s), where=_between),
    instance={_p: sp.Rational(1, 5), _s: sp.Rational(4, 5)},
    instead=(Claim(_gap * (_p - _s), ">=", 4 * (_p - _s) ** 2, where=_between),),
    source=("003-lemma6",),
)


class StateGap(Row):
    """y − z for the states of two rows."""

    tex = "(y - z)"

    def numeric(self, at):
        first, second = self.args
        return at(Logistic(first)) - at(Logistic(second))


class BiasGap(Row):
    """b − c for the biases with which these states are fixed points."""

    tex = "(b - c)"

    def numeric(self, at):
        first, second = (at(row) - at(Logistic(row)) * at(W) for row in self.args)
        for entry in list(first) + list(second):
            at.note(entry)
        return first - second


_d, _biases, _K = StateGap(x, v), BiasGap(x, v), Steepness(x, v)

bilinear = Derivation(
    "units-bilinear",
    r"let $y$ be a fixed point for the bias $b$ and $z$ one for $c$; then "
    r"$b - c = (y - z)(K - W)$ with the slopes of the chords of $\sigma^{-1}$ in $K$",
    Claim(_biases, "=", _d * (_K - W)),
    steps=(
        Step(
            x - v - _d * W,
            r"$b = \sigma^{-1}(y) - y W$ and $c = \sigma^{-1}(z) - z W$",
            by=(algebra,),
            using=(definition(_biases, x - v - _d * W),),
        ),
        Step(
            _d * (_K - W),
            r"$\sigma^{-1}(y) - \sigma^{-1}(z) = (y - z) K$",
            by=(algebra,),
            using=(definition(_d * _K, x - v),),
        ),
    ),
    source=("003-eq3.9-3.14",),
)

_e = sp.IndexedBase("e", shape=(n,))
_S = DiagonalOf(_e[q] ** 2, q, n, sp.Symbol("S"))
_di = sp.IndexedBase("d", shape=(_one, n))
_squares = sp.Sum(_di[1, q] ** 2, (q, 1, n))
_with_S = sp.Sum(_e[q] ** 2 * _di[1, q] ** 2, (q, 1, n))
_form_of_K = Entry(d * (4 * _I + _S) * d.T, 1, 1)
_form_of_W = Entry(d * W * d.T, 1, 1)

lower = Derivation(
    "units-lower",
    r"if $K = 4I + S$ with $S = \operatorname{diag}(e_i^2)$, then "
    r"$d K d^{\mathsf T} = 4 \Vert d\Vert^2 + \sum_i e_i^2 d_i^2$",
    Claim(_form_of_K, "=", 4 * norm(d) ** 2 + _with_S),
    steps=(
        Step(4 * _squares + _with_S, "entry by entry"),
        Step(
            4 * norm(d) ** 2 + _with_S,
            r"$\sum_i d_i^2 = \Vert d\Vert^2$",
            using=(definition(_squares, norm(d) ** 2),),
        ),
    ),
    source=("003-eq3.15-3.16",),
)

upper = Derivation(
    "units-upper",
    r"$\lvert d W d^{\mathsf T}\rvert \le \sigma_{\max}(W)\,\Vert d\Vert^2$",
    Claim(norm(d * W * d.T), "<=", norm(W) * norm(d) ** 2),
    steps=(Step(norm(W) * norm(d) ** 2, "the norm of a product", "<="),),
    source=("003-eq3.15-3.16",),
)

rayleigh = Derivation(
    "units-rayleigh",
    r"$d W d^{\mathsf T} \le \mu(W)\,\Vert d\Vert^2$ with the largest eigenvalue $\mu(W)$ of "
    r"$(W + W^{\mathsf T})/2$",
    Claim(_form_of_W, "<=", mu * norm(d) ** 2),
    steps=(
        Step(
            mu * norm(d) ** 2,
            r"$d W d^{\mathsf T} = d\,\frac12 (W + W^{\mathsf T})\,d^{\mathsf T}$, and a symmetric "
            "matrix multiplies no square of a length by more than its largest eigenvalue",
            "<=",
            by=Cited("Horn and Johnson, theorem 4.2.2"),
        ),
    ),
    source=("003-eq3.15-3.16",),
)


class Pushed(Row):
    """d (K − W)."""

    tex = "d (K - W)"

    def numeric(self, at):
        return at(d * (4 * _I + _S - W))


pushed = Derivation(
    "units-pushed",
    r"if $K = 4I + S$ with $S = \operatorname{diag}(e_i^2)$, then "
    r"$\Vert d (K - W)\Vert\,\Vert d\Vert + \mu(W)\,\Vert d\Vert^2 \ge 4\,\Vert d\Vert^2$",
    Claim(
        norm(Pushed()) * norm(d) + mu * norm(d) ** 2,
        ">=",
        4 * norm(d) ** 2,
    ),
    steps=(
        Step(
            4 * norm(d) ** 2,
            r"$d K d^{\mathsf T} = d (K - W) d^{\mathsf T} + d W d^{\mathsf T}$; the first is "
            "a number, at most its modulus, the norm of a product; then the two bounds",
            ">=",
            by=(norm_theorems,),
            using=(
                definition(_form_of_K, norm(Pushed() * d.T) + _form_of_W, "<="),
                lemma(4 * norm(d) ** 2, _form_of_K, lower, "<="),
                lemma(_form_of_W, mu * norm(d) ** 2, rayleigh, "<="),
            ),
        ),
    ),
    source=("003-lemma6",),
)

lipschitz = Derivation(
    "units-lipschitz",
    r"let $y$ be a fixed point for the bias $b$ and $z \ne y$ one for $c$; then "
    r"$\Vert b - c\Vert / \Vert y - z\Vert + \mu(W) \ge 4$ for the logistic function",
    Claim(norm(_biases) / norm(_d) + mu, ">=", 4, given=(Claim(norm(_d), ">", 0),)),
    steps=(
        Step(
            4,
            r"the bound for every row with $d = y - z$, divided by $\Vert d\Vert^2$: $d (K - W) = "
            r"b - c$, and no chord slope of $\sigma^{-1}$ is below $4$",
            ">=",
            by=Cited("by hand, from the bound for every row"),
        ),
    ),
    source=("003-lemma6",),
)

small_enough = Claim(mu, "<=", 4)
_turn = sp.Matrix([[0, 8], [-8, 0]])

not_small = Counterexample(
    "units-unique-not-small",
    r"if $\mu(W) \le 4$, then $\sigma_{\max}(W) \le 4$",
    refutes=Claim(norm(W), "<=", 4, given=(small_enough,)),
    instance={W: _turn},
    instead=(Claim(mu, "<=", norm(W)),),
    source=("003-lemma6",),
)

# Attraction in another norm ------------------------------------------------------------------


class Scale(Diagonal):
    """P: a diagonal matrix with positive entries."""

    def entries(self, at):
        size = at.integer(self.shape[0])
        return [at.one / 4 + value**2 for value in at.vector(self.name, size)]

    @property
    def func(self):
        return lambda name, size, _columns=None: type(self)(str(name), size)

    def numeric(self, at):
        values = self.entries(at)
        places = range(len(values))
        return at.matrix_of([[values[a] if a == b else at.zero for b in places] for a in places])


class InverseScale(OfUnits):
    """P⁻¹."""

    tex = "P^{{-1}}"

    def values(self, at):
        return [at.one / value for value in P.entries(at)]


P, P_inverse = Scale("P", n), InverseScale()

scaled = Derivation(
    "units-scaled",
    r"for a positive diagonal matrix $P$: $(F(z + d) - F(z)) P = (d P)(P^{-1} W P) M$",
    Claim((_F - _G) * P, "=", (d * P) * (P_inverse * W * P) * _M),
    steps=(
        Step(
            d * W * _M * P,
            "the difference of two images",
            by=(algebra,),
            using=(lemma(_F, _G + d * W * _M, difference),),
        ),
        Step(
            (d * P) * (P_inverse * W * P) * _M,
            "$P P^{-1} = I$, and diagonal matrices commute",
            by=(algebra,),
            using=(definition(P * P_inverse, _I),),
        ),
    ),
    source=("003-lemma6",),
)

_of_moduli = radius(Moduli(W))

norm_not_moduli = Counterexample(
    "units-norm-not-moduli",
    r"if $\sigma_{\max}(W) \le 4$, then $\rho(\lvert W\rvert) < 4$",
    refutes=Claim(_of_moduli, "<", 4, given=(_at_most_four,)),
    instance={W: sp.Rational(5, 2) * sp.Matrix([[1, 1], [1, -1]])},
    instead=(Claim(radius(W), "<=", 4, given=(_at_most_four,)),),
    source=("003-lemma6",),
)

moduli_not_norm = Counterexample(
    "units-moduli-not-norm",
    r"if $\rho(\lvert W\rvert) < 4$, then $\sigma_{\max}(W) \le 4$",
    refutes=Claim(norm(W), "<=", 4, given=(Claim(_of_moduli, "<", 4),)),
    instance={W: sp.Matrix([[1, 100], [0, 1]])},
    instead=(Claim(radius(W), "<", 4, given=(Claim(_of_moduli, "<", 4),)),),
    source=("003-lemma6",),
)

_D = Diagonal("D", n)
_steep_at_most = Claim(norm(_D), "<=", _quarter)

radius_not_enough = Counterexample(
    "units-radius-not-enough",
    r"if $\rho(W) < 4$ and $\Vert D\Vert \le \frac14$, then $\rho(W D) \le 1$",
    refutes=Claim(radius(W * _D), "<=", 1, given=(Claim(radius(W), "<", 4), _steep_at_most)),
    instance={
        W: sp.Matrix([[5, -6], [6, -5]]),
        _D: sp.diag(_quarter, sp.Rational(1, 1000)),
    },
    instead=(Claim(radius(W * _D), "<=", norm(W) / 4, given=(_steep_at_most,)),),
    source=("003-lemma6",),
)

cycling = Counterexample(
    "units-cycling",
    r"if $\mu(W) \le 4$ and $\Vert D\Vert \le \frac14$, then $\rho(W D) \le 1$",
    refutes=Claim(radius(W * _D), "<=", 1, given=(small_enough, _steep_at_most)),
    instance={W: _turn, _D: sp.eye(2) / 4},
    instead=(Claim(radius(W * _D), "<=", norm(W) / 4, given=(_steep_at_most,)),),
    source=("003-lemma6",),
)

N = on_norms.Normal("W", n)

exact_for_normal = Derivation(
    "units-normal",
    r"if $W^{\mathsf T} W = W W^{\mathsf T}$, then $\rho(W \cdot \frac14 I) = "
    r"\frac14 \sigma_{\max}(W)$",
    Claim(radius(N * _quarter), "=", norm(N) / 4),
    steps=(
        Step(
            norm(N) / 4,
            "the factor comes out, and the radius of a normal matrix is its norm",
            by=(norm_theorems,),
            using=(lemma(radius(N), norm(N), on_norms.normal),),
        ),
    ),
    source=("003-lemma6",),
)

# The gradient --------------------------------------------------------------------------------

_xi, _w = sp.IndexedBase("x", shape=(n,)), sp.IndexedBase("W", shape=(n, n))
_bias_entry = _xi[i] - sp.Sum(sigma(_xi[q]) * _w[q, i], (q, 1, n))
_bias_moves = Jacobian(_bias_entry, i, _xi, sp.Symbol(r"\frac{\partial b}{\partial x}"))
_slopes = slopes(sigma, _xi)

bias_rate = Derivation(
    "units-bias-rate",
    r"for $b = x - \sigma(x) W$ the transposed Jacobian is $(\partial b/\partial x)^{\mathsf T} = "
    r"I - D W$ with $D = \operatorname{diag}(\sigma'(x))$",
    Claim(sp.Transpose(_bias_moves), "=", _I - _slopes * W),
    steps=(
        Step(
            _I - _slopes * W,
            r"$\partial b_j/\partial x_i$ is $-\sigma'(x_i) W_{ij}$, and $1$ more if $i = j$; it "
            "stands in row $i$ and column $j$",
        ),
    ),
    source=("003-eq3.9-3.14",),
)

_moved = d * (InverseSlopes(x) - W)

gradient = Derivation(
    "units-gradient",
    r"for every row $d \ne 0$ and the logistic slopes $D$: $\Vert d (D^{-1} - W)\Vert/\Vert d\Vert "
    r"+ \mu(W) \ge 4$",
    Claim(norm(_moved) / norm(d) + mu, ">=", 4, given=(_somewhere,)),
    steps=(
        Step(
            4,
            r"the bound for every row with $K = D^{-1}$, divided by $\Vert d\Vert^2$: no logistic "
            r"slope is above $\frac14$",
            ">=",
            by=Cited("by hand, from the bound for every row"),
        ),
    ),
    source=("003-lemma6",),
)

# The projection ------------------------------------------------------------------------------

_tau = sp.Symbol("tau", positive=True)


class OfSingularValues(MatrixExpr):
    """A matrix made from the singular value decomposition W = U Σ Vᵀ."""

    shape = (n, n)

    @staticmethod
    def parts(at):
        """U, the singular values, and Vᵀ."""
        rows = at(W)
        at.note_all(rows)
        return at.remember("singular values", lambda: mpmath.svd_r(rows))


class LeftVectors(OfSingularValues):
    """U: its columns are the left singular vectors."""

    tex = "U"

    def numeric(self, at):
        return self.parts(at)[0]


class RightVectors(OfSingularValues):
    """V: its columns are the right singular vectors."""

    tex = "V"

    def numeric(self, at):
        return self.parts(at)[2].T


class Excess(OfUnits):
    """The part of each singular value above τ."""

    tex = r"(\Sigma - {})_+"

    def values(self, at):
        return [max(value - at(self.args[0]), at.zero) for value in OfSingularValues.parts(at)[1]]


class Clipped(OfUnits):
    """Each singular value, but τ where it is larger."""

    tex = r"\min(\Sigma, {})"

    def values(self, at):
        return [min(value, at(self.args[0])) for value in OfSingularValues.parts(at)[1]]


_U, _V = LeftVectors(), RightVectors()
_excess, _clipped = Excess(_tau), Clipped(_tau)
_cut, _kept = _U * _excess * _V.T, _U * _clipped * _V.T

certificate = Derivation(
    "units-certificate",
    r"for $W = U \Sigma V^{\mathsf T}$ let $Q = U \min(\Sigma, \tau) V^{\mathsf T}$; then "
    r"$(W - Q)^{\mathsf T} Q = \tau\, V (\Sigma - \tau)_+ V^{\mathsf T}$",
    Claim(_cut.T * _kept, "=", _tau * _V * _excess * _V.T),
    steps=(
        Step(
            _V * _excess * _clipped * _V.T,
            r"$W - Q = U (\Sigma - \tau)_+ V^{\mathsf T}$, and $U^{\mathsf T} U = I$",
            by=(algebra,),
            using=(definition(_U.T * _U, _I),),
        ),
        Step(
            _tau * _V * _excess * _V.T,
            r"where anything was cut off, $\tau$ is left",
            by=(algebra,),
            using=(definition(_excess * _clipped, _tau * _excess),),
        ),
    ),
)

_other = sp.MatrixSymbol("B", n, n)
_inside = Claim(norm(_other), "<=", _tau)

projection = Derivation(
    "units-projection",
    r"with the same $Q$, for every $B$ with $\sigma_{\max}(B) \le \tau$: "
    r"$\langle W - Q, B - Q\rangle \le 0$",
    Claim(sp.Trace(_cut.T * (_other - _kept)), "<=", 0, given=(_inside,)),
    steps=(
        Step(
            0,
            r"$\langle W - Q, B\rangle \le \sigma_{\max}(B) \sum_i (\sigma_i - \tau)_+$, by von "
            "Neumann's inequality, and the certificate",
            "<=",
            by=Cited("Horn and Johnson, theorem 7.4.1.1"),
        ),
    ),
)

# The saddle ----------------------------------------------------------------------------------

_u, _beta = sp.symbols("u beta", real=True)
_on_line = sp.ImmutableMatrix([[_u, 1 - _u]])
_symmetric = sp.ImmutableMatrix([[2, 3], [3, 2]])
_split = sp.ImmutableMatrix([[_beta, -5 - _beta]])
_both = sp.MatAdd(sp.MatMul(_on_line, _symmetric, evaluate=False), _split, evaluate=False)
_first, _second = (logistic.formula(Entry(_both, 1, unit)) for unit in (1, 2))
_arrives = 3 - _u + _beta

invariant_line = Derivation(
    "units-invariant-line",
    r"for $W = \begin{pmatrix} 2 & 3 \\ 3 & 2 \end{pmatrix}$ and $b = (\beta, -5 - \beta)$ the "
    r"image of $(u, 1 - u)$ has as its second entry $1$ minus its first",
    Claim(_second, "=", 1 - _first),
    steps=(
        Step(
            logistic.formula(-_arrives),
            r"multiply out: $-(3 - u + \beta)$ arrives at the second unit",
            by=(sizes(2),),
        ),
        Step(1 - logistic.formula(_arrives), r"$\sigma(-z) = 1 - \sigma(z)$"),
        Step(
            1 - _first, r"multiply out: $3 - u + \beta$ arrives at the first unit", by=(sizes(2),)
        ),
    ),
)
