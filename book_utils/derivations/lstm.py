"""The LSTM: what is bounded in it, and when two of its states approach each other.

Everything is said of one unit, or of the distances of the halves of two states: d_c for the
memories c, d_h for what is shown, h, both in the largest entry.
"""

from __future__ import annotations

import sympy as sp

from book_utils.derivations.control import one_step as logistic_chord
from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    box,
    definition,
    given,
    lemma,
    substitution,
)
from book_utils.derivations.engine.vocabulary import Frobenius, Number
from book_utils.derivations.network import n, t

_ONE, _HALF = sp.Integer(1), sp.Rational(1, 2)

F, p, q, K = (sp.Symbol(name, nonnegative=True) for name in ("F", "p", "q_o", "K"))
x, y = (sp.Symbol(name, nonnegative=True) for name in ("d_c", "d_h"))
rate, weight = sp.Symbol("lambda", positive=True), sp.Symbol("omega", positive=True)
root = sp.Symbol("rho", positive=True)


def _mostly(points: tuple, domain: sp.Set) -> sp.Set:
    """The same numbers, of which the tester draws the given ones more often than others."""
    return sp.Union(*(sp.FiniteSet(point) for point in points), domain, evaluate=False)


def _logistic(z: sp.Basic) -> sp.Expr:
    return 1 / (1 + sp.exp(-z))


# The gates -----------------------------------------------------------------------------------


class Known(Number):
    """A finite number."""

    is_real = True
    is_finite = True


def _signed(at, name: str):
    """A number from -1 to 1, which is often one of the two."""
    (drawn,) = at.vector(name, 1)
    return max(-at.one, min(at.one, drawn))


def _share(at, name: str):
    """A number from 0 to 1, which is often 1."""
    return abs(_signed(at, name))


_X, _S = sp.symbols("X S", nonnegative=True)
_sum, _w, _xi = sp.symbols("eta w xi", real=True)
_so_far = Claim(sp.Abs(_sum), "<=", _S * _X)
_entry = Claim(sp.Abs(_xi), "<=", _X)

row_sum = Derivation(
    "lstm-row-sum",
    r"if $\vert\eta\vert \le S X$ and $\vert\xi\vert \le X$, then $\vert\eta + w\xi\vert \le "
    r"(S + \vert w\vert)\,X$",
    Claim(
        sp.Abs(_sum + _w * _xi),
        "<=",
        (_S + sp.Abs(_w)) * _X,
        where={
            _S: _mostly((0, 1), sp.Interval(0, 4)),
            _X: _mostly((1, 4), sp.Interval(0, 4)),
            _sum: _mostly((_S * _X,), sp.Interval(-_S * _X, _S * _X)),
            _xi: _mostly((_X,), sp.Interval(-_X, _X)),
        },
        given=(_so_far, _entry),
    ),
    steps=(
        Step(
            sp.Abs(_sum) + sp.Abs(_w) * sp.Abs(_xi),
            "the triangle inequality",
            relation="<=",
        ),
        Step(
            (_S + sp.Abs(_w)) * _X,
            "the two assumptions",
            relation="<=",
            using=(given(_so_far), given(_entry)),
        ),
    ),
    source=("004-prop5",),
)

# Lemma 5 -------------------------------------------------------------------------------------

_a, _A = sp.symbols("y Y", real=True)


class Gate(Known):
    """σ(y), the logistic function."""

    tex, plain = r"\sigma({})", "σ({})"

    def numeric(self, at):
        return at(_logistic(self.args[0]))


forget_bound = Derivation(
    "lstm-forget-bound",
    r"if $y \le Y$ arrives at a gate, then $\sigma(y) \le \sigma(Y) < 1$",
    Claim(Gate(_a), "<", 1, where={_A: sp.Interval(-4, 4), _a: sp.Interval(-6, _A)}),
    steps=(
        Step(
            Gate(_A),
            r"$\sigma$ increases: in the lemma on its chords $q \le p$ gives $\sigma^{-1}(q) \le "
            r"\sigma^{-1}(p)$",
            relation="<=",
            using=(lemma(Gate(_a), Gate(_A), logistic_chord, "<="),),
        ),
        Step(
            _logistic(_A),
            "the logistic function",
            by=(substitution,),
            using=(definition(Gate(_A), _logistic(_A)),),
        ),
        Step(_ONE, "$e^{-Y} > 0$", relation="<"),
    ),
    source=("004-lemma5",),
)


class Top(Known):
    """F = 1 - 1/K, so that K = 1/(1 - F): what no forget gate exceeds."""

    tex, plain = "F", "F"
    is_nonnegative = True

    def numeric(self, at):
        return at.one - at.one / at(self.args[0])


class Forgotten(Known):
    """f_t: any numbers from 0 to F."""

    tex, plain = "f_{{{1}}}", "f_{1}"
    is_nonnegative = True

    def numeric(self, at):
        return at(Top(self.args[0])) * _share(at, f"f@{at.integer(self.args[1])}")


class Written(Known):
    """v_t = i_t z_t: any numbers from -1 to 1."""

    tex, plain = "v_{{{}}}", "v_{}"

    def numeric(self, at):
        return _signed(at, f"v@{at.integer(self.args[0])}")


class Memory(Known):
    """c_t of one unit, from c_0 = 0: c_t = v_t + f_t c_{t-1}."""

    tex, plain = "c_{{{1}}}", "c_{1}"

    def numeric(self, at):
        bound, last = self.args
        memory = at.zero
        for time in range(1, at.integer(last) + 1):
            memory = at(Written(time)) + at(Forgotten(bound, time)) * memory
        return memory


_time = {t: sp.Range(0, 5), K: _mostly((4, 8, 16), sp.Interval(1, sp.oo))}

memory_bound = Derivation.by_induction(
    "lstm-memory-bound",
    r"if $c_0 = 0$ and $c_t = v_t + f_t c_{t-1}$ with $\vert v_t\vert \le 1$ and $0 \le f_t "
    r"\le F < 1$, then $\vert c_t\vert \le K$ with $K = 1/(1 - F)$",
    Claim(sp.Abs(Memory(K, t)), "<=", K, where=_time),
    over=t,
    start=sp.Integer(0),
    base=(
        Step(
            sp.Abs(sp.Integer(0)),
            "$c_0 = 0$",
            by=(substitution,),
            using=(definition(Memory(K, 0), sp.Integer(0)),),
        ),
        Step(K, "$0 < K$", relation="<="),
    ),
    step=(
        Step(
            sp.Abs(Written(t) + Forgotten(K, t) * Memory(K, t - 1)),
            "the update",
            by=(substitution,),
            using=(definition(Memory(K, t), Written(t) + Forgotten(K, t) * Memory(K, t - 1)),),
        ),
        Step(
            1 + Top(K) * K,
            r"the triangle inequality, $\vert v_t\vert \le 1$, $f_t \le F$, and the statement for "
            "$t - 1$",
            relation="<=",
            using=(
                definition(sp.Abs(Written(t)), 1, "<="),
                definition(Forgotten(K, t), Top(K), "<="),
                definition(Top(K), 1, "<="),
                HYPOTHESIS,
            ),
        ),
        Step(
            K,
            "$F K = K - 1$",
            using=(definition(Top(K) * K, K - 1),),
        ),
    ),
    source=("004-lemma5",),
)


class Filled(Known):
    """c_t with v_t = 1 and f_t = F in every step, from c_0 = 0."""

    tex, plain = "c_{{{1}}}", "c_{1}"

    def numeric(self, at):
        gate, last = self.args
        memory = at.zero
        for _ in range(at.integer(last)):
            memory = at.one + at(gate) * memory
        return memory


memory_reached = Derivation.by_induction(
    "lstm-memory-reached",
    r"with $v_t = 1$ and $f_t = F$ in every step, $c_t = \frac{1 - F^t}{1 - F}$",
    Claim(
        Filled(F, t),
        "=",
        (1 - F**t) / (1 - F),
        where={t: sp.Range(0, 6), F: sp.Interval.open(0, 1)},
    ),
    over=t,
    start=sp.Integer(0),
    base=(Step(sp.Integer(0), "the start", using=(definition(Filled(F, 0), 0),)),),
    step=(
        Step(
            1 + F * Filled(F, t - 1),
            "the update",
            using=(definition(Filled(F, t), 1 + F * Filled(F, t - 1)),),
        ),
        Step(
            1 + F * (1 - F ** (t - 1)) / (1 - F),
            "the statement for $t - 1$",
            by=(substitution,),
            using=(HYPOTHESIS,),
        ),
        Step((1 - F**t) / (1 - F), "on one denominator"),
    ),
    source=("004-lemma5",),
)

_c, _z, _L = sp.symbols("c z L", real=True)
_c1, _c2 = sp.symbols("c cprime", real=True)
_h1, _h2 = sp.symbols("h hprime", real=True)
_apart_by_gate = sp.Abs(_c * _logistic(_h1) - _c * _logistic(_h2))


def _lipschitz(memories: sp.Set) -> Claim:
    return Claim(
        _apart_by_gate,
        "<=",
        _L * sp.Abs(_h1 - _h2),
        where={
            _L: sp.Interval(1, 10),
            _c: memories,
            **dict.fromkeys((_h1, _h2), sp.Interval.open(-1, 1)),
        },
    )


not_lipschitz = Counterexample(
    "lstm-not-lipschitz",
    r"with $W_f = 1$, $z = 0$, $\vert h\vert, \vert h'\vert < 1$ and any memory $c$: "
    r"$\vert c\,\sigma(h) - c\,\sigma(h')\vert \le L\,\vert h - h'\vert$ with $L = 10$",
    refutes=_lipschitz(sp.Interval(-sp.oo, sp.oo)),
    instance={_L: 10, _c: 80, _h1: sp.log(2), _h2: 0},
    instead=(
        Claim(
            _apart_by_gate,
            "<=",
            sp.Abs(_c) * sp.Abs(_h1 - _h2) / 4,
        ),
    ),
    source=("004-lemma5",),
)

# One step ------------------------------------------------------------------------------------

_i, _i2, _zz, _z2, _f, _f2 = sp.symbols("i iprime z zprime f fprime", real=True)

difference = Derivation(
    "lstm-difference",
    r"$(i z + f c) - (i' z' + f' c') = (i - i')\,z + i'\,(z - z') + f\,(c - c') + (f - f')\,c'$",
    Claim(
        _i * _zz + _f * _c1 - (_i2 * _z2 + _f2 * _c2),
        "=",
        (_i - _i2) * _zz + _i2 * (_zz - _z2) + _f * (_c1 - _c2) + (_f - _f2) * _c2,
    ),
    steps=(
        Step(
            (_i - _i2) * _zz + _i2 * (_zz - _z2) + _f * (_c1 - _c2) + (_f - _f2) * _c2,
            "$i' z$ and $f c'$ are added and taken away",
        ),
    ),
    source=("004-lstm", "004-prop5"),
)

Ni, Nf, No, Nz = (sp.Symbol(f"N_{gate}", nonnegative=True) for gate in "ifoz")
"""The norms of W_i, W_f, W_o, W_z: the largest sum of |entries| in a row."""
_di, _df, _do, _dz, _dc = (sp.Symbol(f"delta_{part}", real=True) for part in "ifozc")
_iprime, _oprime = sp.Symbol("iprime", nonnegative=True), sp.Symbol("oprime", nonnegative=True)
_gate = sp.Symbol("f", nonnegative=True)
_size = _mostly((0, 0, 8), sp.Interval(0, 8))


def _within(bound: sp.Expr) -> sp.Set:
    """Numbers up to a bound in size, which is often reached."""
    return _mostly((bound, bound, -bound), sp.Interval(-bound, bound))


def _up_to(bound: sp.Expr) -> sp.Set:
    return _mostly((bound, bound, bound), sp.Interval(0, bound))


_bounded = (
    Claim(sp.Abs(_zz), "<=", 1),
    Claim(sp.Abs(_c2), "<=", K),
    Claim(_iprime, "<=", 1),
    Claim(_gate, "<=", F),
)
_moves = {d: _mostly((0, 0, 8), sp.Interval(-8, 8)) for d in (_di, _dz, _dc, _df)}
_gate_bound = _mostly((_HALF, 2), sp.Interval.open(0, 1))

memory_parts = Derivation(
    "lstm-memory-parts",
    r"$\vert\delta_i z + i'\delta_z + f\delta_c + \delta_f c'\vert \le \vert\delta_i\vert + "
    r"\vert\delta_z\vert + F\,\vert\delta_c\vert + K\,\vert\delta_f\vert$",
    Claim(
        sp.Abs(_di * _zz + _iprime * _dz + _gate * _dc + _df * _c2),
        "<=",
        sp.Abs(_di) + sp.Abs(_dz) + F * sp.Abs(_dc) + K * sp.Abs(_df),
        where={
            F: _gate_bound,
            K: _mostly((4,), sp.Interval(1, 8)),
            **_moves,
            _zz: _within(_ONE),
            _c2: _within(K),
            _iprime: _up_to(_ONE),
            _gate: _up_to(F),
        },
        given=_bounded,
    ),
    steps=(
        Step(
            sp.Abs(_di) + sp.Abs(_dz) + F * sp.Abs(_dc) + K * sp.Abs(_df),
            r"the triangle inequality, and $\vert z\vert \le 1$, $i' \le 1$, $f \le F$, "
            r"$\vert c'\vert \le K$",
            relation="<=",
            using=tuple(map(given, _bounded)),
        ),
    ),
    source=("004-prop5",),
)

_Ai, _Af, _Az = (sp.Symbol(f"Delta_{part}", nonnegative=True) for part in "ifz")
_p = (Ni + K * Nf) / 4 + Nz
_gates_move = (
    Claim(_Ai, "<=", Ni / 4 * y),
    Claim(_Az, "<=", Nz * y),
    Claim(_Af, "<=", Nf / 4 * y),
)

memory_step = Derivation(
    "lstm-memory-step",
    r"if $\Delta_i \le \frac14 N_i\,d_h$, $\Delta_f \le \frac14 N_f\,d_h$ and $\Delta_z \le "
    r"N_z\,d_h$, then $\Delta_i + \Delta_z + F d_c + K \Delta_f \le F d_c + p\,d_h$ with "
    r"$p = \frac{N_i + K N_f}{4} + N_z$",
    Claim(
        _Ai + _Az + F * x + K * _Af,
        "<=",
        F * x + _p * y,
        where={
            F: _gate_bound,
            K: _mostly((4,), sp.Interval(1, 8)),
            **dict.fromkeys((Ni, Nf, Nz, x), _size),
            y: _mostly((1, 4), sp.Interval(0, 4)),
            _Ai: _up_to(Ni / 4 * y),
            _Az: _up_to(Nz * y),
            _Af: _up_to(Nf / 4 * y),
        },
        given=_gates_move,
    ),
    steps=(
        Step(
            F * x + _p * y,
            "the chords of the gates, and the rows of the weights",
            relation="<=",
            using=tuple(map(given, _gates_move)),
        ),
    ),
    source=("004-prop5",),
)

_tanh, _dtanh = sp.symbols("T delta_T", real=True)
_shown_moves = (
    Claim(sp.Abs(_do), "<=", q * y),
    Claim(sp.Abs(_dtanh), "<=", F * x + p * y),
    Claim(sp.Abs(_tanh), "<=", 1),
    Claim(_oprime, "<=", 1),
)

shown_step = Derivation(
    "lstm-shown-step",
    r"$\vert h_+ - h_+'\vert \le F d_c + (p + q_o)\,d_h$ with $q_o = \frac14 N_o$",
    Claim(
        sp.Abs(_do * _tanh + _oprime * _dtanh),
        "<=",
        F * x + (p + q) * y,
        where={
            F: _gate_bound,
            p: _size,
            q: _size,
            x: _size,
            y: _mostly((1, 4), sp.Interval(0, 4)),
            _do: _within(q * y),
            _dtanh: _within(F * x + p * y),
            _tanh: _within(_ONE),
            _oprime: _up_to(_ONE),
        },
        given=_shown_moves,
    ),
    steps=(
        Step(
            sp.Abs(_do) + sp.Abs(_dtanh),
            r"the triangle inequality, $\vert T\vert \le 1$ and $o' \le 1$",
            relation="<=",
            using=tuple(map(given, _shown_moves[2:])),
        ),
        Step(
            F * x + (p + q) * y,
            r"the chord of $\sigma$ for $o$, and that of $\tanh$ with *The memory of two states*",
            relation="<=",
            using=tuple(map(given, _shown_moves[:2])),
        ),
    ),
    source=("004-prop5",),
)

# Proposition 5 -------------------------------------------------------------------------------

_forget = sp.Interval.Ropen(0, 1)
_printed_hypotheses = {
    F: _forget,
    Ni: sp.Interval.Ropen(0, 1 - F),
    No: sp.Interval.Ropen(0, 1 - F),
    Nz: sp.Interval(0, (1 - F) / 4),
    Nf: sp.Interval.Ropen(0, (1 - F) ** 2),
}
_p_of_norms = (Ni - Nf / (F - 1)) / 4 + Nz
_total = F + _p_of_norms + No / 4

printed_hypotheses = Derivation(
    "lstm-printed-hypotheses",
    r"if $N_i < 1 - F$, $N_o < 1 - F$, $N_z \le \frac14 (1 - F)$ and $N_f < (1 - F)^2$, then "
    r"$F + p + q_o < 1$",
    Claim(_total, "<", 1, where=_printed_hypotheses),
    steps=(
        Step(
            _ONE,
            r"$\frac14 (N_i + N_o + \frac{N_f}{1-F}) < \frac34 (1 - F)$, and $N_z \le "
            r"\frac14 (1 - F)$",
            relation="<",
            by=(box,),
        ),
    ),
    source=("004-prop5",),
)


class Apart(Known):
    """The distance of two runs, of which each step makes at most λ times the one before."""

    tex, plain = "D_{{{1}}}", "D_{1}"
    is_nonnegative = True

    def numeric(self, at):
        factor, last = self.args
        distance = abs(at.vector("D@0", 1)[0])
        for time in range(1, at.integer(last) + 1):
            distance = at(factor) * _share(at, f"D@{time}") * distance
        return distance


contraction = Derivation.by_induction(
    "lstm-contraction",
    r"if $D_t \le \lambda\,D_{t-1}$ for every $t$, then $D_t \le \lambda^t D_0$",
    Claim(
        Apart(rate, t),
        "<=",
        rate**t * Apart(rate, 0),
        where={t: sp.Range(0, 5), rate: _mostly((_HALF, 2), sp.Interval.open(0, 3))},
    ),
    over=t,
    start=sp.Integer(0),
    base=(Step(Apart(rate, 0), "no step is done"),),
    step=(
        Step(
            rate**t * Apart(rate, 0),
            "one step, and the statement for $t - 1$",
            relation="<=",
            using=(
                definition(Apart(rate, t), rate * Apart(rate, t - 1), "<="),
                HYPOTHESIS,
            ),
        ),
    ),
    source=("004-prop5",),
)

strict_alone = Counterexample(
    "lstm-strict-alone",
    r"$\vert\tanh(h)\vert < \vert h\vert$ for all $h \ne 0$, so there is a $\lambda < 1$ with "
    r"$\vert\tanh(h)\vert \le \lambda\,\vert h\vert$; with $\lambda = \frac{999}{1000}$",
    refutes=Claim(
        sp.Abs(sp.tanh(_h1)),
        "<=",
        _L * sp.Abs(_h1),
        where={_L: sp.Interval(0, 1, right_open=True)},
    ),
    instance={_h1: sp.Rational(1, 100), _L: sp.Rational(999, 1000)},
    instead=(
        Claim(sp.Abs(sp.tanh(_h1)), "<", sp.Abs(_h1), where={_h1: sp.Interval.open(0, sp.oo)}),
    ),
    source=("004-prop5",),
)

# The weaker condition ------------------------------------------------------------------------

comparison = Derivation(
    "lstm-comparison",
    r"$\det(\lambda I - M) = (\lambda - F)(\lambda - q_o) - \lambda p$ for $M = "
    r"\begin{pmatrix} F & p \\ F & p + q_o \end{pmatrix}$",
    Claim(
        (rate - F) * (rate - (p + q)) - p * F,
        "=",
        (rate - F) * (rate - q) - rate * p,
    ),
    steps=(
        Step(
            (rate - F) * (rate - q) - rate * p,
            "multiply out",
        ),
    ),
    source=("004-prop5", "004-iterated-open"),
)

_share_F, _share_q = sp.symbols("alpha beta", nonnegative=True)
_inside = {
    root: sp.Interval.open(0, 1),
    _share_F: sp.Interval.Ropen(0, 1),
    _share_q: sp.Interval.Ropen(0, 1),
}

_left_over = (1 - root * _share_F) * (1 - root * _share_q) - root * (1 - _share_F) * (1 - _share_q)

weaker_needed = Derivation(
    "lstm-weaker-needed",
    r"if $\rho = \rho(M) < 1$, with $F = \alpha\rho$ and $q_o = \beta\rho$, then $(1 - F)(1 - q_o) "
    r"- p > 0$, where $p = \rho\,(1 - \alpha)(1 - \beta)$",
    Claim(_left_over, ">", 0, where=_inside),
    steps=(
        Step((1 - root) * (1 - _share_F * _share_q * root), "multiply out"),
        Step(sp.Integer(0), r"$\rho < 1$ and $\alpha\beta < 1$", relation=">", by=(box,)),
    ),
    source=("004-prop5", "004-iterated-open"),
)

_above = {F: _forget, q: _forget, root: sp.Interval(1, sp.oo)}

weaker_enough = Derivation(
    "lstm-weaker-enough",
    r"if $\rho = \rho(M) \ge 1$ and $F, q_o < 1$, then $\rho p - \rho\,(1 - F)(1 - q_o) "
    r"\ge 0$, where $\rho p = (\rho - F)(\rho - q_o)$",
    Claim((root - F) * (root - q) - root * (1 - F) * (1 - q), ">=", 0, where=_above),
    steps=(
        Step((root - 1) * (root - F * q), "multiply out"),
        Step(sp.Integer(0), r"$\rho \ge 1 > F q_o$", relation=">=", by=(box,)),
    ),
    source=("004-prop5", "004-iterated-open"),
)

gain = Derivation(
    "lstm-gain",
    r"$(1 - F)(1 - q_o) - (1 - F - q_o) = F q_o$",
    Claim((1 - F) * (1 - q) - (1 - F - q), "=", F * q),
    steps=(Step(F * q, "multiply out"),),
    source=("004-prop5",),
)

_shows = sp.Symbol("O", nonnegative=True)

gate_bounds = Derivation(
    "lstm-gate-bounds",
    r"for $M = \begin{pmatrix} F & p \\ O F & O p + q_o \end{pmatrix}$, $\det(I - M) = "
    r"(1 - F)(1 - q_o) - O p$",
    Claim(
        (1 - F) * (1 - (_shows * p + q)) - p * _shows * F,
        "=",
        (1 - F) * (1 - q) - _shows * p,
    ),
    steps=(Step((1 - F) * (1 - q) - _shows * p, "multiply out"),),
    source=("004-iterated-open",),
)

_example = {F: sp.Rational(9, 10), p: sp.Rational(1, 20), q: sp.Rational(2, 5)}

not_needed = Counterexample(
    "lstm-printed-not-needed",
    r"if $p < (1 - F)(1 - q_o)$, then $F + p + q_o < 1$",
    refutes=Claim(
        F + p + q,
        "<",
        1,
        where={F: _forget, q: _forget},
        given=(Claim(p, "<", (1 - F) * (1 - q)),),
    ),
    instance=_example,
    instead=(
        Claim(
            F + p + q,
            "<",
            1 + F * q,
            where={F: _forget, q: _forget},
            given=(Claim(p, "<", (1 - F) * (1 - q)),),
        ),
    ),
    source=("004-iterated-open",),
)

_N = sp.Symbol("R", nonnegative=True)
_weighted = {
    weight: sp.Interval.Lopen(0, 1),
    _N: sp.Interval(0, sp.oo),
    x: sp.Interval(0, _N),
    y: sp.Interval(0, _N / weight),
}
_slack = sp.Symbol("mu", nonnegative=True)

weighted_memory = Derivation(
    "lstm-weighted-memory",
    r"if $p = \mu\omega$ with $\mu = \lambda - F$, and $d_c \le R$, $\omega d_h \le R$, then $F "
    r"d_c + p\,d_h \le (F + \mu)\,R = \lambda R$",
    Claim(F * x + _slack * weight * y, "<=", (F + _slack) * _N, where=_weighted),
    steps=(
        Step(
            (F + _slack) * _N,
            r"$d_c \le R$ and $\omega d_h \le R$",
            relation="<=",
            by=(box,),
        ),
    ),
    source=("004-prop5", "004-iterated-open"),
)

_q_weighted = (F + _slack) * (1 - weight)

weighted_shown = Derivation(
    "lstm-weighted-shown",
    r"if moreover $q_o = \lambda\,(1 - \omega)$, then $\omega\,(F d_c + (p + q_o)\,d_h) \le (F + "
    r"\mu)\,R = \lambda R$",
    Claim(
        weight * F * x + (_slack * weight + _q_weighted) * weight * y,
        "<=",
        (F + _slack) * _N,
        where=_weighted,
    ),
    steps=(
        Step(
            (F + _slack) * _N,
            r"$\omega F + \mu\omega + \lambda\,(1 - \omega) = \lambda$",
            relation="<=",
            by=(box,),
        ),
    ),
    source=("004-prop5", "004-iterated-open"),
)

_lam = F + _slack
_first_slack, _second_slack = weight * _slack - p, _lam - weight * F - p - q

best_weight = Derivation(
    "lstm-best-weight",
    r"with $\lambda = F + \mu$: $(\lambda - F)(\lambda - q_o) - \lambda p = F\,(\omega\mu - p) + "
    r"\mu\,(\lambda - \omega F - p - q_o)$ for every $\omega$",
    Claim(
        _slack * (_lam - q) - _lam * p,
        "=",
        F * _first_slack + _slack * _second_slack,
        where={weight: sp.Interval.Lopen(0, 2)},
    ),
    steps=(Step(F * _first_slack + _slack * _second_slack, "multiply out; $\\omega$ cancels"),),
    source=("004-prop5", "004-iterated-open"),
)

# The Euclidean norm --------------------------------------------------------------------------


_Q, _count = sp.symbols("Q m", nonnegative=True)
_squares_so_far = Claim(_Q, "<=", _count * _X**2)
_next_square = Claim(_xi**2, "<=", _X**2)

more_squares = Derivation(
    "lstm-more-squares",
    r"if $Q \le m X^2$ and $\xi^2 \le X^2$, then $Q + \xi^2 \le (m + 1)\,X^2$",
    Claim(
        _Q + _xi**2,
        "<=",
        (_count + 1) * _X**2,
        where={
            _count: _mostly((0, 1, 2), sp.Interval(0, 4)),
            _X: _mostly((_HALF, 2), sp.Interval(0, 4)),
            _Q: _up_to(_count * _X**2),
            _xi: _within(_X),
        },
        given=(_squares_so_far, _next_square),
    ),
    steps=(
        Step(
            (_count + 1) * _X**2,
            "the two assumptions",
            relation="<=",
            using=(given(_squares_so_far), given(_next_square)),
        ),
    ),
    source=("004-prop5-r",),
)

one_square = Derivation(
    "lstm-one-square",
    r"if $Q \ge 0$, then $Q + \xi^2 \ge \xi^2$",
    Claim(
        _Q + _xi**2,
        ">=",
        _xi**2,
        where={_Q: _mostly((0,), sp.Interval(0, 4)), _xi: _mostly((_HALF,), sp.Interval(-4, 4))},
    ),
    steps=(Step(_xi**2, "the other squares are not negative", relation=">="),),
    source=("004-prop5-r",),
)


class OfColumn(sp.Function):
    """A number that belongs to a column."""

    nargs = 1
    is_extended_real = True
    is_nonnegative = True
    is_commutative = True


class RootOfEntries(OfColumn):
    """√n for a column of n entries."""

    def numeric(self, at):
        height, _ = at.shape(at(self.args[0]))
        return at.power(height * at.one, at.one / 2)

    def _latex(self, printer, exp=None) -> str:
        return r"\sqrt{n}"

    def _sympystr(self, printer) -> str:
        return "√n"


class Largest(OfColumn):
    """The largest |entry| of a column."""

    def numeric(self, at):
        rows = at(self.args[0])
        height, _ = at.shape(rows)
        return max(abs(rows[place, 0]) for place in range(height))

    def _latex(self, printer, exp=None) -> str:
        power = rf"^{{{exp}}}" if exp else ""
        return rf"\lVert {printer._print(self.args[0])} \rVert_\infty{power}"

    def _sympystr(self, printer) -> str:
        return f"‖{printer._print(self.args[0])}‖_∞"


_before, _after = sp.MatrixSymbol("s", n, 1), sp.MatrixSymbol("v", n, 1)
_root = RootOfEntries(_before)
_factor = sp.Symbol("Lambda", nonnegative=True)
_shrunk = Claim(Largest(_after), "<=", _factor * Largest(_before))

euclidean = Derivation(
    "lstm-euclidean",
    r"if $\Vert v\Vert_\infty \le \Lambda\,\Vert s\Vert_\infty$ for columns of $n$ entries, then "
    r"$\Vert v\Vert_2 \le \sqrt n\,\Lambda\,\Vert s\Vert_2$",
    Claim(Frobenius(_after), "<=", _root * _factor * Frobenius(_before), given=(_shrunk,)),
    steps=(
        Step(
            _root * Largest(_after),
            "each of the $n$ squares is at most the largest",
            relation="<=",
            using=(lemma(Frobenius(_after), _root * Largest(_after), more_squares, "<="),),
        ),
        Step(
            _root * _factor * Largest(_before),
            "the assumption",
            relation="<=",
            using=(given(_shrunk),),
        ),
        Step(
            _root * _factor * Frobenius(_before),
            "the largest entry is not longer than the column",
            relation="<=",
            using=(lemma(Largest(_before), Frobenius(_before), one_square, "<="),),
        ),
    ),
    source=("004-prop5", "004-prop5-r"),
)

_o, _c0, _h0 = (
    sp.Symbol("o", nonnegative=True),
    sp.Symbol("c_0", real=True),
    sp.Symbol("h_0", real=True),
)
_r = sp.Symbol("r", integer=True, nonnegative=True)
_one_unit = {
    F: sp.Interval.open(0, 1),
    _o: sp.Interval.open(0, 1),
    _c0: sp.Interval(-1, 1),
    _h0: sp.Interval(-1, 1),
}
_reached = sp.tanh(sp.Rational(1, 100)) / 2
_held = {
    F: sp.Rational(19, 20),
    _o: sp.Rational(99, 100),
    _c0: _reached,
    _h0: 99 / (99 + sp.exp(20)) * sp.tanh(_reached),
}


def _squares(count: sp.Basic) -> sp.Expr:
    """‖s_r‖² of the one unit with all W = 0 and z = 0, which goes to the state 0."""
    memory = F**count * _c0
    return memory**2 + (_o * sp.tanh(memory)) ** 2


_start = _c0**2 + _h0**2
_sharp = Claim(
    _squares(_r), "<=", 2 * F ** (2 * _r) * _start, where={_r: sp.Range(1, 8), **_one_unit}
)

pushed_apart = Counterexample(
    "lstm-pushed-apart",
    r"under the hypotheses of Proposition 5 $\Vert\phi(s, x) - \phi(s', x)\Vert_2 \le "
    r"\Vert s - s'\Vert_2$ for reachable $s$, $s'$; here $d = 1$, all $W_\bullet = 0$, $s' = 0$, "
    r"in the closed form of one unit with $z = 0$",
    refutes=Claim(_squares(_ONE), "<=", _start, where=_one_unit),
    instance=_held,
    instead=(Claim(_squares(_ONE), "<=", 2 * F**2 * _start, where=_one_unit),),
    source=("004-iterated-open", "004-prop5-r"),
)

printed_iterations = Counterexample(
    "lstm-printed-iterations",
    r"$\Vert s_r - s_r'\Vert_2 \le \Vert s_0 - s_0'\Vert_2$ for every $r \ge \log_{1/\lambda}"
    r"\sqrt d$; here $d = 1$, so for every $r \ge 0$",
    refutes=Claim(_squares(_r), "<=", _start, where={_r: sp.Range(0, 8), **_one_unit}),
    instance={**_held, _r: 6},
    instead=(
        _sharp,
        Claim(
            _squares(_r),
            "<",
            _start,
            where={_r: sp.Range(1, 30), **_one_unit, _c0: sp.Interval.open(0, 1)},
            given=(Claim(2 * F ** (2 * _r), "<", 1),),
        ),
    ),
    source=("004-prop5-r",),
)

# The forget path -----------------------------------------------------------------------------

_back = sp.Symbol("a", real=True)
_J = sp.Matrix([[_gate, _back], [_o * _gate, _o * _back]])
"""One unit at the state 0, with a = i W_z: c feeds itself and h, and h feeds c by way of z."""
_two_steps = (_J * _J)[0, 0]

other_path = Counterexample(
    "lstm-other-path",
    r"one unit that stays at the state $0$, as $z = 0$ in every step, with $a = i\,W_z$: "
    r"$\partial c_2/\partial c_0 = f^2$",
    refutes=Claim(_two_steps, "=", _gate**2),
    instance={_gate: _HALF, _o: _HALF, _back: _HALF},
    instead=(
        Claim(_two_steps, "=", _gate * (_gate + _o * _back)),
        Claim((_J * _J * _J)[0, 0], "=", _gate * (_gate + _o * _back) ** 2),
    ),
    source=("004-lstm",),
)


class Leak(Known):
    """g_t = 1 - f_t, what is lost in one step: any numbers from 0 to 1."""

    tex, plain = "g_{{{}}}", "g_{}"
    is_nonnegative = True

    def numeric(self, at):
        (drawn,) = at.vector(f"g@{at.integer(self.args[0])}", 1)
        return abs(drawn) / 3


class SoFar(Known):
    """A number made from all steps up to time t."""

    is_nonnegative = True

    def leaks(self, at) -> list:
        last = at.integer(self.args[0])
        if last < 0:
            raise at.OutOfRange("time starts at 0")
        return [at(Leak(time)) for time in range(1, last + 1)]


class Kept(SoFar):
    """f_1 f_2 ⋯ f_t."""

    tex, plain = r"\pi_{{{}}}", "π_{}"

    def numeric(self, at):
        product = at.one
        for leak in self.leaks(at):
            product = product * (at.one - leak)
        return product


class OneAndLost(SoFar):
    """1 + g_1 + ⋯ + g_t."""

    tex, plain = r"(1 + \ell_{{{}}})", "(1 + ℓ_{})"

    def numeric(self, at):
        return at.one + sum(self.leaks(at), at.zero)


_kept_now = definition(Kept(t), (1 - Leak(t)) * Kept(t - 1))
_lost_now = definition(OneAndLost(t), OneAndLost(t - 1) + Leak(t))
_no_step = (definition(Kept(0), 1), definition(OneAndLost(0), 1))
_times = {t: sp.Range(0, 5)}

kept_above = Derivation.by_induction(
    "lstm-kept-above",
    r"$\pi_t\,(1 + \ell_t) \le 1$",
    Claim(Kept(t) * OneAndLost(t), "<=", 1, where=_times),
    over=t,
    start=sp.Integer(0),
    base=(Step(_ONE, "no step is done", using=_no_step),),
    step=(
        Step(
            (1 - Leak(t)) * Kept(t - 1) * (OneAndLost(t - 1) + Leak(t)),
            "one more gate, and one more loss",
            by=(substitution,),
            using=(_kept_now, _lost_now),
        ),
        Step(
            _ONE,
            r"$(1 - g)(1 + \ell + g) \le 1 + \ell$, and the statement for $t - 1$",
            relation="<=",
            using=(HYPOTHESIS, definition(_ONE, OneAndLost(t - 1), "<=")),
        ),
    ),
    source=("004-lemma5",),
)
