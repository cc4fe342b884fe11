"""What remedies do, and what they do not: what the chapter on remedies states."""

from __future__ import annotations

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    definition,
    lemma,
    substitution,
)
from book_utils.derivations.engine.vocabulary import (
    ColumnOf,
    DiagonalOf,
    Frobenius,
    Number,
    SigmaMax,
    SumOf,
)
from book_utils.derivations.network import alpha, i, j, k, n, q, t

ONE = sp.Integer(1)

# Clipping the norm ---------------------------------------------------------------------------

_g = sp.MatrixSymbol("g", n, 1)
_tau = sp.Symbol("tau", positive=True)
_size = Frobenius(_g)


class Factor(sp.Expr):
    """What clipping multiplies a gradient by: τ/‖g‖ if ‖g‖ >= τ, else 1."""

    is_extended_real = True
    is_positive = True
    is_commutative = True

    def __new__(cls, gradient: sp.Basic, threshold: sp.Basic = _tau):
        return super().__new__(cls, gradient, threshold)

    def _latex(self, printer, exp=None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"s{power}({printer._print(self.args[0])})"

    def numeric(self, at):
        gradient, threshold = self.args
        size, threshold = at(Frobenius(gradient)), at(threshold)
        return threshold / size if size >= threshold else at.one


class Clipped(MatrixExpr):
    """The gradient after clipping, by the rule of the paper: (τ/‖g‖) g if ‖g‖ >= τ, else g."""

    def __new__(cls, gradient: MatrixExpr, threshold: sp.Basic = _tau):
        return super().__new__(cls, gradient, threshold)

    tex = r"\operatorname{{clip}}({})"

    @property
    def shape(self):
        return self.args[0].shape

    def numeric(self, at):
        gradient, threshold = self.args
        rows, size, threshold = at(gradient), at(Frobenius(gradient)), at(threshold)
        return (threshold / size) * rows if size >= threshold else rows


class Term(MatrixExpr):
    """r_k, one term of a gradient: a free sequence of columns."""

    tex = "r_{{{}}}"

    def __new__(cls, place: sp.Basic):
        return super().__new__(cls, sp.sympify(place))

    @property
    def shape(self):
        return (n, ONE)

    def numeric(self, at):
        entries = at.vector(f"r@{at.integer(self.args[0])}", at.integer(n))
        return at.matrix_of([[entry] for entry in entries])


_factor = Factor(_g)
_rule = definition(Clipped(_g), _factor * _g)
_smaller = _tau * _size / sp.Max(_size, _tau)

clip_norm = Derivation(
    "clip-norm",
    r"clipping makes the norm $\tau\Vert g \Vert/\max(\Vert g \Vert, \tau)$, which is "
    r"$\min(\Vert g \Vert, \tau)$",
    Claim(Frobenius(Clipped(_g)), "=", _smaller),
    steps=(
        Step(
            _factor * _size,
            r"clipping multiplies by a number $s(g) > 0$",
            using=(_rule,),
        ),
        Step(
            _smaller,
            r"$s(g) = \tau/\max(\Vert g \Vert, \tau)$: the first case of the rule if $\Vert g "
            r"\Vert \ge \tau$, else the second",
            using=(definition(_factor, _tau / sp.Max(_size, _tau)),),
        ),
    ),
)


def _same_direction(gradient: MatrixExpr, step: MatrixExpr) -> Claim:
    return Claim(Frobenius(gradient) * step, "=", Frobenius(step) * gradient)


clip_direction = Derivation(
    "clip-direction",
    r"clipping keeps the direction: $\operatorname{clip}(g)/\Vert\operatorname{clip}(g)\Vert = "
    r"g/\Vert g \Vert$",
    _same_direction(_g, Clipped(_g)),
    steps=(
        Step(_size * _factor * _g, "clipping multiplies by $s(g)$", using=(_rule,)),
        Step(
            Frobenius(Clipped(_g)) * _g,
            r"$\Vert\operatorname{clip}(g)\Vert = s(g)\,\Vert g \Vert$",
            by=(substitution,),
            using=(lemma(Frobenius(Clipped(_g)), _factor * _size, clip_norm),),
        ),
    ),
)

_total = SumOf(Term(k), k, ONE, t)

clip_terms = Derivation(
    "clip-terms",
    r"if $g = r_1 + \dots + r_t$, then $\operatorname{clip}(g) = s(g)\,r_1 + \dots + s(g)\,r_t$",
    Claim(
        Clipped(_total),
        "=",
        SumOf(Factor(_total) * Term(k), k, ONE, t),
        where={t: sp.Range(1, 6)},
    ),
    steps=(
        Step(
            Factor(_total) * _total,
            "the rule, for the whole gradient",
            using=(definition(Clipped(_total), Factor(_total) * _total),),
        ),
        Step(SumOf(Factor(_total) * Term(k), k, ONE, t), "multiply out"),
    ),
)

_s = sp.Symbol("s", positive=True)

clip_ratio = Derivation(
    "clip-ratio",
    r"with one factor $s > 0$ for all terms, $\Vert s\,r_k \Vert/\Vert s\,r_l \Vert = \Vert r_k "
    r"\Vert/\Vert r_l \Vert$",
    Claim(
        Frobenius(_s * Term(1)) * Frobenius(Term(2)),
        "=",
        Frobenius(_s * Term(2)) * Frobenius(Term(1)),
    ),
    steps=(
        Step(
            Frobenius(_s * Term(2)) * Frobenius(Term(1)),
            r"$\Vert s\,r \Vert = s\,\Vert r \Vert$ on both sides",
        ),
    ),
)


class Cut(Clipped):
    """Each entry of the gradient cut at ±τ."""

    tex = r"\operatorname{{cut}}({})"

    def numeric(self, at):
        gradient, threshold = map(at, self.args)
        return at.matrix_of([[max(-threshold, min(threshold, entry))] for entry in list(gradient)])


entries_cut = Counterexample(
    "clip-entries-turns",
    r"cutting each entry at $\pm\tau$ keeps the direction of $g$",
    refutes=_same_direction(_g, Cut(_g)),
    instance={_g: sp.Matrix([3, 1]), _tau: 1},
    instead=(_same_direction(_g, Clipped(_g)),),
)

# The regulariser -----------------------------------------------------------------------------

_J = sp.MatrixSymbol("J", n, n)
_error, _other = sp.MatrixSymbol("lambda", 1, n), sp.MatrixSymbol("v", 1, n)
_kept = Claim(Frobenius(_error * _J), "=", Frobenius(_error))
_at = {_error: sp.Matrix([[1, 0]]), _other: sp.Matrix([[0, 1]])}
# What the kept length does say: of the multiples of λ, and that J does not shorten every row.
_multiple = sp.Symbol("a", positive=True)
_on_its_line = Claim(
    Frobenius(_multiple * _error * _J), "=", _multiple * Frobenius(_error), given=(_kept,)
)
_some_row = Claim(SigmaMax(_J) * Frobenius(_error), ">=", Frobenius(_error), given=(_kept,))

omega_vanishes = Counterexample(
    "regulariser-other-direction",
    r"if $\Vert\lambda J\Vert = \Vert\lambda\Vert$ for the error $\lambda$, then no row $v$ is "
    "shortened",
    refutes=Claim(Frobenius(_other * _J), ">=", Frobenius(_other), given=(_kept,)),
    instance={_J: sp.diag(1, sp.Rational(1, 10)), **_at},
    instead=(_some_row,),
)

omega_explodes = Counterexample(
    "regulariser-other-grows",
    r"if $\Vert\lambda J\Vert = \Vert\lambda\Vert$ for the error $\lambda$, then no row $v$ is "
    "stretched",
    refutes=Claim(Frobenius(_other * _J), "<=", Frobenius(_other), given=(_kept,)),
    instance={_J: sp.diag(1, 2), _multiple: 3, **_at},
    instead=(_on_its_line,),
)

# The forget path -----------------------------------------------------------------------------

_gate = sp.IndexedBase("f", shape=(n,))
_written = sp.IndexedBase("p", shape=(n,))
_memory = sp.Function("c")
_rate = ColumnOf(
    sp.Derivative(_memory(q, alpha), alpha),
    q,
    n,
    sp.Symbol(r"\frac{\partial c_{t-1}}{\partial\alpha}"),
)
_next_rate = ColumnOf(
    sp.Derivative(_gate[i] * _memory(i, alpha) + _written[i], alpha),
    i,
    n,
    sp.Symbol(r"\frac{\partial c_t}{\partial\alpha}"),
)
_gates = DiagonalOf(_gate[q], q, n, sp.Symbol(r"\operatorname{diag}(f_t)"))

forget_step = Derivation(
    "forget-step",
    r"if $c_{t-1}$ depends on $\alpha$, and $f_t$ and $p_t$ do not, then $\partial c_t/\partial"
    r"\alpha = \operatorname{diag}(f_t)\,\partial c_{t-1}/\partial\alpha$",
    Claim(_next_rate, "=", _gates * _rate),
    steps=(
        Step(
            _gates * _rate,
            r"entry $i$ of $f_t \circ c_{t-1} + p_t$ is $f_{t,i}\,c_{t-1,i} + p_{t,i}$",
        ),
    ),
)


class Gate(Number):
    """f_t of one unit: a free sequence of numbers."""

    tex, plain = "f_{{{}}}", "f_{}"

    def numeric(self, at):
        return at.vector(f"f@{at.integer(self.args[0])}", 1)[0]


class MemoryRate(Number):
    """∂c_t/∂c_k of one unit with c_t = f_t c_{t-1} + p_t, by moving c_k and running on."""

    tex, plain = r"\frac{{\partial c_{{{}}}}}{{\partial c_{{{}}}}}", "∂c_{}/∂c_{}"

    def numeric(self, at):
        newest, oldest = map(at.integer, self.args)
        if not 0 <= oldest <= newest:
            raise at.OutOfRange("a memory does not depend on later ones")

        def moved(memory):
            for time in range(oldest + 1, newest + 1):
                (written,) = at.vector(f"p@{time}", 1)
                memory = Gate(time).numeric(at) * memory + written
            return memory

        return at.derivative(moved, at.vector("c@0", 1)[0], 1)


def _path(newest: sp.Basic) -> sp.Product:
    return sp.Product(Gate(j), (j, k + 1, newest))


forget_path = Derivation.by_induction(
    "forget-path",
    r"if the gates do not depend on the state, $\partial c_t/\partial c_k = f_t f_{t-1} \cdots "
    "f_{k+1}$ for each unit",
    Claim(MemoryRate(t, k), "=", _path(t), where={k: sp.Range(0, 3), t: sp.Range(k + 1, k + 5)}),
    over=t,
    start=k + 1,
    base=(
        Step(
            Gate(k + 1),
            "the lemma, with $\\partial c_k/\\partial c_k = 1$",
            using=(lemma(MemoryRate(k + 1, k), Gate(k + 1), forget_step),),
        ),
        Step(_path(k + 1), "one factor"),
    ),
    step=(
        Step(
            Gate(t) * MemoryRate(t - 1, k),
            "the lemma for this unit",
            using=(lemma(MemoryRate(t, k), Gate(t) * MemoryRate(t - 1, k), forget_step),),
        ),
        Step(Gate(t) * _path(t - 1), "the statement for $t - 1$", using=(HYPOTHESIS,)),
        Step(_path(t), "one more factor", using=(definition(_path(t), Gate(t) * _path(t - 1)),)),
    ),
    step_where={k: sp.Range(0, 3), t: sp.Range(k + 2, k + 5)},
)

# Products of gates ---------------------------------------------------------------------------

_T = sp.Symbol("T", integer=True, positive=True)


def _telescoping(label: str, statement: str, gate, closed: sp.Expr, because: str) -> Derivation:
    """∏ f_t in closed form, by induction over the number of steps."""

    def product(last: sp.Basic) -> sp.Product:
        return sp.Product(gate(t), (t, 1, last))

    return Derivation.by_induction(
        label,
        statement,
        Claim(product(_T), "=", closed, where={_T: sp.Range(1, 9)}),
        over=_T,
        start=ONE,
        base=(
            Step(gate(ONE), "one factor"),
            Step(closed.subs(_T, 1), "the closed form for $T = 1$"),
        ),
        step=(
            Step(
                product(_T - 1) * gate(_T),
                "the last factor by itself",
                using=(definition(product(_T), product(_T - 1) * gate(_T)),),
            ),
            Step(
                closed.subs(_T, _T - 1) * gate(_T), "the statement for $T - 1$", using=(HYPOTHESIS,)
            ),
            Step(closed, because),
        ),
        step_where={_T: sp.Range(2, 9)},
    )


slow_gates = _telescoping(
    "gates-to-zero",
    r"$\prod_{t=1}^{T} (1 - 1/(t+1)) = 1/(T+1)$",
    lambda time: 1 - 1 / (time + 1),
    1 / (_T + 1),
    r"$1 - \frac{1}{T+1} = \frac{T}{T+1}$, and $T$ cancels",
)

fast_gates = _telescoping(
    "gates-to-a-half",
    r"$\prod_{t=1}^{T} (1 - 1/(t+1)^2) = (T+2)/(2(T+1))$",
    lambda time: 1 - 1 / (time + 1) ** 2,
    (_T + 2) / (2 * (_T + 1)),
    r"$1 - \frac{1}{(T+1)^2} = \frac{T(T+2)}{(T+1)^2}$, and $T$ and one $T + 1$ cancel",
)


def _kept(last: sp.Basic) -> sp.Product:
    """What is left of a memory of one unit after so many steps."""
    return sp.Product(Gate(j), (j, 1, last))


def _lost(last: sp.Basic) -> sp.Sum:
    """In step k the share 1 − f_k of what was left before it."""
    return sp.Sum((1 - Gate(k)) * _kept(k - 1), (k, 1, last))


leaks = Derivation.by_induction(
    "leaks-add-up",
    r"$\prod_{j=1}^{T} f_j = 1 - \sum_{k=1}^{T} (1 - f_k) \prod_{j=1}^{k-1} f_j$",
    Claim(_kept(_T), "=", 1 - _lost(_T), where={_T: sp.Range(1, 7)}),
    over=_T,
    start=ONE,
    base=(
        Step(Gate(1), "one factor"),
        Step(1 - _lost(ONE), "one term, whose product is empty"),
    ),
    step=(
        Step(
            _kept(_T - 1) - (1 - Gate(_T)) * _kept(_T - 1),
            r"$f_T = 1 - (1 - f_T)$",
            using=(definition(_kept(_T), _kept(_T - 1) * Gate(_T)),),
        ),
        Step(
            1 - _lost(_T - 1) - (1 - Gate(_T)) * _kept(_T - 1),
            "the statement for $T - 1$, put in once",
            using=(HYPOTHESIS,),
        ),
        Step(
            1 - _lost(_T),
            "the loss of step $T$ joins the sum",
            using=(definition(_lost(_T), _lost(_T - 1) + (1 - Gate(_T)) * _kept(_T - 1)),),
        ),
    ),
    step_where={_T: sp.Range(2, 7)},
)
