"""What a recurrent network computes: what the chapter on the recurrence states."""

from __future__ import annotations

from typing import ClassVar

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    definition,
    for_each,
    lemma,
    substitution,
)
from book_utils.derivations.engine.claim import Equation
from book_utils.derivations.engine.vocabulary import ColumnOf, DiagonalOf, Number, SumOf
from book_utils.derivations.network import (
    StateSlopes,
    T,
    Trajectory,
    V,
    W,
    alpha,
    at_time,
    c,
    i,
    j,
    k,
    n,
    q,
    s,
    sigma,
    t,
    w,
    x,
)

# The words of this chapter -------------------------------------------------------------------

m = sp.Symbol("m", integer=True, positive=True)
ONE = sp.Integer(1)


class Column(MatrixExpr):
    """A column of n numbers that belongs to a time."""

    of_times = True

    def __new__(cls, *args: sp.Basic):
        return super().__new__(cls, *map(sp.sympify, args))

    @property
    def shape(self):
        return (n, ONE)

    def numeric(self, at):
        time = at.integer(self.args[0])
        if time < 0:
            raise at.OutOfRange("time starts at 0")
        return at.matrix_of([[value] for value in self.values(at, time)])

    def values(self, at, time: int) -> list:
        raise NotImplementedError


class State(Column):
    """x_t of the network x_t = W σ(x_{t-1}) + c_t, run from x_0."""

    tex = "x_{{{}}}"

    def values(self, at, time: int) -> list:
        return Trajectory.states(at, time)[-1]


class Drive(Column):
    """c_t = U u_t + b: what is added in step t."""

    tex = "c_{{{}}}"

    def values(self, at, time: int) -> list:
        return at.vector(f"c@{time}", at.integer(n))


class Activity(Column):
    """h_t of the network h_t = σ(W h_{t-1} + c_t), run from h_0 = σ(x_0)."""

    tex = "h_{{{}}}"

    def values(self, at, time: int) -> list:
        activity = self.start(at)
        for past in range(1, time + 1):
            activity = Trajectory.leaving(at, Trajectory.arriving(at, activity, past))
        return activity

    @staticmethod
    def start(at) -> list:
        return Trajectory.leaving(at, at.vector("x@0", at.integer(n)))


class ActivityFrom(Activity):
    """The same network, run from any h_0."""

    @staticmethod
    def start(at) -> list:
        return at.vector("h@0", at.integer(n))


class StateFrom(Column):
    """x_t of the network with σ inside, run from x_1 = W h_0 + c_1."""

    tex = "x_{{{}}}"

    def values(self, at, time: int) -> list:
        if time < 1:
            raise at.OutOfRange("this trajectory starts at 1")
        state = Trajectory.arriving(at, ActivityFrom.start(at), 1)
        for past in range(2, time + 1):
            state = Trajectory.step(at, state, past)
        return state


class Signals(MatrixExpr):
    """σ of each entry of a column."""

    tex = r"\sigma\left({}\right)"

    @property
    def shape(self):
        return self.args[0].shape

    def numeric(self, at):
        return at.matrix_of([[value] for value in Trajectory.leaving(at, list(at(self.args[0])))])


def _by(right: MatrixExpr, because: str, *using: Equation) -> Step:
    """A step that puts equals in for equals, inside σ too."""
    return Step(right, because, by=(substitution,), using=using)


def _arriving(signals: MatrixExpr, time: sp.Basic) -> MatrixExpr:
    return sp.MatAdd(W * signals, Drive(time))


# One map, applied again and again ------------------------------------------------------------

_x0, _x1, _x2, _x3 = (State(time) for time in range(4))


def _next(state: State) -> MatrixExpr:
    return _arriving(Signals(state), state.args[0] + 1)


_from_x1 = _arriving(Signals(_next(_x1)), 3)
_from_x0 = _arriving(Signals(_arriving(Signals(_next(_x0)), 2)), 3)

unrolled = Derivation(
    "recurrence-unrolled",
    r"$x_3 = W\sigma(W\sigma(W\sigma(x_0) + c_1) + c_2) + c_3$ with $c_t = U u_t + b$: a "
    r"function of $x_0$, the inputs and $\theta$",
    Claim(_x3, "=", _from_x0),
    steps=(
        Step(_next(_x2), "the recurrence for $t = 3$", using=(definition(_x3, _next(_x2)),)),
        _by(_from_x1, "the recurrence for $t = 2$", definition(_x2, _next(_x1))),
        _by(_from_x0, "the recurrence for $t = 1$", definition(_x1, _next(_x0))),
    ),
    source=("002-eq1",),
)

_gain = sp.Symbol("w", real=True, nonzero=True)


class Pulse(Number):
    """c_t, what is added to the unit in step t."""

    tex, plain = "c_{{{}}}", "c_{}"

    def numeric(self, at):
        return at.vector(f"c@{at.integer(self.args[0])}", 1)[0]


class LinearState(Number):
    """x_t of one unit without activation, x_t = w x_{t-1} + c_t, run step by step."""

    tex, plain = "x_{{{}}}", "x_{}"

    def __new__(cls, time: sp.Basic, gain: sp.Basic = _gain):
        return super().__new__(cls, time, gain)

    def numeric(self, at):
        last = at.integer(self.args[0])
        if last < 0:
            raise at.OutOfRange("time starts at 0")
        (state,) = at.vector("x@0", 1)
        for past in range(1, last + 1):
            state = at(self.args[1]) * state + Pulse(past).numeric(at)
        return state


def _echoes(newest: sp.Basic, last: sp.Basic) -> sp.Sum:
    return sp.Sum(_gain ** (newest - k) * Pulse(k), (k, 1, last))


linear_memory = Derivation.by_induction(
    "linear-memory",
    r"for one unit without activation $x_t = w^t x_0 + \sum_{k=1}^{t} w^{t-k} c_k$",
    Claim(
        LinearState(t),
        "=",
        _gain**t * LinearState(0) + _echoes(t, t),
        where={t: sp.Range(1, 6)},
    ),
    over=t,
    start=ONE,
    base=(
        Step(
            _gain * LinearState(0) + Pulse(1),
            "one step from the start",
            using=(definition(LinearState(1), _gain * LinearState(0) + Pulse(1)),),
        ),
        Step(_gain * LinearState(0) + _echoes(ONE, ONE), "a sum of one term, with $w^0 = 1$"),
    ),
    step=(
        Step(
            _gain * LinearState(t - 1) + Pulse(t),
            "one more step",
            using=(definition(LinearState(t), _gain * LinearState(t - 1) + Pulse(t)),),
        ),
        Step(
            _gain * (_gain ** (t - 1) * LinearState(0) + _echoes(t - 1, t - 1)) + Pulse(t),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            _gain**t * LinearState(0) + _echoes(t, t - 1) + Pulse(t),
            "every weight gets one more factor $w$",
        ),
        Step(
            _gain**t * LinearState(0) + _echoes(t, t),
            "the newest pulse has the weight $w^0 = 1$",
            using=(definition(_echoes(t, t), _echoes(t, t - 1) + Pulse(t)),),
        ),
    ),
    step_where={t: sp.Range(2, 6)},
)

# The other way to write the network ----------------------------------------------------------


def _one_network(
    label: str,
    statement: str,
    words: tuple[type[Activity], type[Column]],
    start: int,
    base: tuple[Step, ...],
) -> Derivation:
    """h_t = σ(x_t) from some time on, by induction: both do the same with the same signals."""
    activity, state = words
    signals = Signals(_arriving(activity(t - 1), t))
    from_state = _arriving(Signals(state(t - 1)), t)
    return Derivation.by_induction(
        label,
        statement,
        Claim(activity(t), "=", Signals(state(t)), where={t: sp.Range(start, start + 4)}),
        over=t,
        start=sp.Integer(start),
        base=base,
        step=(
            Step(
                signals,
                "the network with the activation outside",
                using=(definition(activity(t), signals),),
            ),
            _by(Signals(from_state), "the statement for $t - 1$", HYPOTHESIS),
            _by(
                Signals(state(t)),
                "inside stands the network with the activation inside",
                definition(state(t), from_state),
            ),
        ),
        step_where={t: sp.Range(start + 1, start + 4)},
        source=("002-other-form",),
    )


two_forms = _one_network(
    "two-forms-states",
    r"if $h_0 = \sigma(x_0)$, then $h_t = \sigma(x_t)$ for all $t$",
    (Activity, State),
    0,
    (
        Step(
            Signals(State(0)),
            "how $h$ was started",
            using=(definition(Activity(0), Signals(State(0))),),
        ),
    ),
)

back = Derivation(
    "two-forms-back",
    r"if $h_0 = \sigma(x_0)$, then $x_t = W h_{t-1} + U u_t + b$ for all $t \ge 1$",
    Claim(State(t), "=", _arriving(Activity(t - 1), t), where={t: sp.Range(1, 5)}),
    steps=(
        Step(
            _arriving(Signals(State(t - 1)), t),
            "the recurrence",
            using=(definition(State(t), _arriving(Signals(State(t - 1)), t)),),
        ),
        Step(
            _arriving(Activity(t - 1), t),
            r"$h_{t-1} = \sigma(x_{t-1})$",
            using=(lemma(Activity(t - 1), Signals(State(t - 1)), two_forms),),
        ),
    ),
    source=("002-other-form",),
)

any_start = _one_network(
    "any-start",
    r"from any $h_0$: $h_t = \sigma(x_t)$ for $t \ge 1$, if $x_1 = W h_0 + U u_1 + b$",
    (ActivityFrom, StateFrom),
    1,
    (
        Step(
            Signals(_arriving(ActivityFrom(0), 1)),
            "one step from $h_0$",
            using=(definition(ActivityFrom(1), Signals(_arriving(ActivityFrom(0), 1))),),
        ),
        _by(
            Signals(StateFrom(1)),
            "how $x$ was started",
            definition(StateFrom(1), _arriving(ActivityFrom(0), 1)),
        ),
    ),
)

_z = sp.Symbol("z", real=True)
_logistic = sp.Lambda(_z, 1 / (1 + sp.exp(-_z)))

no_start = Derivation(
    "logistic-never-zero",
    r"$1/(1 + e^{-x}) > 0$ for every real $x$: $h_0 = 0$ is $\sigma(x_0)$ for no $x_0$",
    Claim(_logistic(_z), ">", 0),
    steps=(Step(0, "a quotient of positive numbers is positive", relation=">"),),
    source=("002-other-form",),
)

zero_starts = Counterexample(
    "zero-starts-differ",
    r"started at $h_0 = 0$ and at $x_0 = 0$ the two forms give $h_1 = \sigma(x_1)$",
    refutes=Claim(ActivityFrom(1), "=", Signals(State(1))),
    instance={
        W: sp.Matrix([[2 * sp.log(2)]]),
        at_time("c", 1): [0],
        at_time("h", 0): [0],
        at_time("x", 0): [0],
        sigma: _logistic,
    },
    instead=(Claim(ActivityFrom(1), "=", Signals(_arriving(ActivityFrom(0), 1))),),
    source=("002-other-form",),
)

# One matrix instead of three -----------------------------------------------------------------

U = sp.MatrixSymbol("U", n, m)
_b = sp.MatrixSymbol("b", n, 1)
_u = sp.MatrixSymbol("u_t", m, 1)
_signals = ColumnOf(sigma(x[j]), j, n, sp.Symbol(r"\sigma(x_{t-1})"))
_height = n + m + 1


class Block(sp.MatrixSymbol):
    """Some rows of the identity of size n + m + 1: P, Q or R, each picks a part of a column."""

    FIRST: ClassVar = {"P": ONE, "Q": n + 1, "R": n + m + 1}

    def __new__(cls, name: str, rows: sp.Basic):
        return super().__new__(cls, name, rows, _height)

    @property
    def func(self):
        return lambda name, rows, _columns=None: Block(str(name), rows)

    def numeric(self, at):
        first, rows = at.integer(self.FIRST[self.name]), at.integer(self.shape[0])
        places = range(1, at.integer(_height) + 1)
        return at.matrix_of(
            [[at.one if p == first + row else at.zero for p in places] for row in range(rows)]
        )


class Beside(MatrixExpr):
    """(W U b): three matrices side by side."""

    tex = r"\begin{{pmatrix}} {} & {} & {} \end{{pmatrix}}"

    @property
    def shape(self):
        return (self.args[0].shape[0], sum(a.shape[1] for a in self.args))

    def numeric(self, at):
        parts = [at(a) for a in self.args]
        height = at.shape(parts[0])[0]
        return at.matrix_of(
            [[p[row, c] for p in parts for c in range(at.shape(p)[1])] for row in range(height)]
        )


class Above(MatrixExpr):
    """Columns and numbers one above the other."""

    tex = r"\begin{{pmatrix}} {} \\ {} \\ {} \end{{pmatrix}}"

    @property
    def shape(self):
        return (sum(a.shape[0] if a.is_Matrix else 1 for a in self.args), ONE)

    def numeric(self, at):
        parts = [list(at(a)) if a.is_Matrix else [at(a)] for a in self.args]
        return at.matrix_of([[value] for part in parts for value in part])


_P, _Q, _R = Block("P", n), Block("Q", m), Block("R", ONE)
stacked_weights, stacked_signals = Beside(W, U, _b), Above(_signals, _u, ONE)
_weights = sp.MatAdd(W * _P, U * _Q, _b * _R)
_column = sp.MatAdd(_P.T * _signals, _Q.T * _u, _R.T)
_expanded = sp.MatAdd(W * _signals, U * _u, _b)


def _nothing(a: Block, b: Block):
    return definition(a * b.T, sp.ZeroMatrix(a.shape[0], b.shape[0]))


stacked = Derivation(
    "stacked-form",
    r"$(W\ U\ b)$ times the column of $\sigma(x_{t-1})$, $u_t$ and $1$ is "
    r"$W\sigma(x_{t-1}) + U u_t + b$",
    Claim(stacked_weights * stacked_signals, "=", _expanded),
    steps=(
        Step(
            sp.MatMul(_weights, _column),
            "$P$, $Q$, $R$ pick the first $n$, the next $m$ and the last entry of a column",
            using=(
                definition(stacked_weights, _weights),
                definition(stacked_signals, _column),
            ),
        ),
        Step(
            _expanded,
            "$P P^{\\mathsf T} = I$, $P Q^{\\mathsf T} = 0$ and so on: picking a part out of "
            "itself gives it back, out of another part gives $0$",
            using=(
                *(definition(a * a.T, sp.Identity(a.shape[0])) for a in (_P, _Q, _R)),
                *(_nothing(a, b) for a in (_P, _Q, _R) for b in (_P, _Q, _R) if a != b),
            ),
        ),
    ),
    source=("002-eq2",),
)

# As it was quoted, and what was said of the bias ---------------------------------------------

_WR, _WI = sp.MatrixSymbol("W_R", n, n), sp.MatrixSymbol("W_I", n, n)
_input = sp.MatrixSymbol("u_t", n, 1)


class Resolvent(MatrixExpr):
    """(I − A)^{-1}, where there is one."""

    tex = r"\left(I - {}\right)^{{-1}}"

    @property
    def shape(self):
        return self.args[0].shape

    def numeric(self, at):
        rows = at(self.args[0])
        gap = at.identity(at.shape(rows)[0]) - rows
        if at.determinant(gap) == 0:
            raise at.NotEvaluable("I - A has no inverse here")
        return gap**-1


_K = Resolvent(_WR)
_known = sp.MatAdd(_WI * _signals, _b)
_solution = sp.MatMul(_K, _known)

implicit = Derivation(
    "quoted-recurrence-solved",
    r"if $I - W_R$ is invertible, $x_t = W_R x_t + W_I\sigma(x_{t-1}) + b$ is solved by "
    r"$x_t = (I - W_R)^{-1}(W_I\sigma(x_{t-1}) + b)$",
    Claim(sp.MatMul(sp.MatAdd(sp.Identity(n), -_WR), _K, _known), "=", _known),
    steps=(
        Step(
            _known,
            r"$(I - W_R)\,(I - W_R)^{-1} = I$",
            using=(definition(_WR * _K, sp.MatAdd(_K, -sp.Identity(n))),),
        ),
    ),
    source=("000-recurrence",),
)

quoted = Counterexample(
    "quoted-recurrence-differs",
    r"$x_t = W_R x_t + W_I\sigma(x_{t-1}) + b$ gives the state that "
    r"$x_t = W_R\sigma(x_{t-1}) + W_I u_t + b$ gives",
    refutes=Claim(_solution, "=", sp.MatAdd(_WR * _signals, _WI * _input, _b)),
    instance={
        _WR: sp.Matrix([[2]]),
        _WI: sp.Matrix([[1]]),
        _b: sp.Matrix([0]),
        _input: sp.Matrix([0]),
        x: [0],
        sigma: _logistic,
    },
    instead=(Claim(_solution, "=", sp.MatAdd(sp.MatMul(_WR, _K, _known), _known)),),
    source=("000-recurrence",),
)

_one_w, _one_b, _one_x = (sp.Symbol(name, real=True) for name in ("w", "b", "x_0"))
_first = _one_w * sigma(_one_x) + _one_b
_second_by_b = sp.Derivative(_one_w * sigma(_first) + _one_b, _one_b)

bias = Derivation(
    "bias-reaches-on",
    r"for one unit $\partial x_2/\partial b = 1 + w\,\sigma'(x_1)$",
    Claim(_second_by_b, "=", 1 + _one_w * sigma.slope(_first)),
    steps=(
        Step(
            1 + _one_w * sigma.slope(_first),
            r"$b$ stands in $x_2$ twice: as it is, and inside $x_1$, with $\partial x_1/\partial "
            r"b = 1$",
        ),
    ),
    source=("002-bias-irrelevant",),
)

bias_counts = Counterexample(
    "bias-is-not-irrelevant",
    r"$b$ may be left out when $x_2$ is differentiated by $\theta$: $\partial x_2/\partial b = 0$",
    refutes=Claim(_second_by_b, "=", 0),
    instance={_one_w: 1, _one_b: 0, _one_x: 0, sigma: sp.Lambda(_z, sp.tanh(_z))},
    instead=(Claim(_second_by_b, "=", 1 + _one_w * sigma.slope(_first)),),
    source=("002-bias-irrelevant",),
)

N = sp.Symbol("N", integer=True, positive=True)
_l = sp.Symbol("l", integer=True, positive=True)
_theta = sp.IndexedBase("Theta", shape=(n, N))
_stack = sp.IndexedBase("z", shape=(N,))

stacked_rate = Derivation(
    "stacked-immediate",
    r"with $x_{t-1}$ held fixed, $\partial(\Theta z)_i/\partial\Theta_{jl} = \delta_{ij} z_l$",
    Claim(
        sp.Derivative(sp.Sum(_theta[i, q] * _stack[q], (q, 1, N)), _theta[j, _l]),
        "=",
        sp.KroneckerDelta(i, j) * _stack[_l],
    ),
    steps=(
        Step(
            sp.Sum(
                sp.KroneckerDelta(i, j) * sp.KroneckerDelta(q, _l) * _stack[q],
                (q, 1, N),
            ),
            r"$\partial\Theta_{iq}/\partial\Theta_{jl}$ is $1$ if $i = j$ and $q = l$, else $0$",
        ),
        Step(
            sp.KroneckerDelta(i, j) * _stack[_l],
            "only the term $q = l$ is left",
        ),
    ),
    source=("002-bias-irrelevant",),
)

# A deep network whose layers share their weights ---------------------------------------------

_v = sp.IndexedBase("V", shape=(n, n))
_path = sp.Function("x")
_on_path = ColumnOf(sigma(_path(q, alpha)), q, n, sp.Symbol(r"\sigma(x_{t-1})"))
_path_slopes = DiagonalOf(sigma.slope(_path(q, alpha)), q, n, sp.Symbol("D_{t-1}"))
_path_rate = ColumnOf(
    sp.Derivative(_path(q, alpha), alpha),
    q,
    n,
    sp.Symbol(r"\frac{\partial x_{t-1}}{\partial\alpha}"),
)
_moved_rate = ColumnOf(
    sp.Derivative(
        sp.Sum((w[i, q] + alpha * _v[i, q]) * sigma(_path(q, alpha)), (q, 1, n)) + c[i], alpha
    ),
    i,
    n,
    sp.Symbol(r"\frac{\partial x_t}{\partial\alpha}"),
)
_both = sp.MatAdd(
    sp.MatMul(sp.MatAdd(W, alpha * V), _path_slopes, _path_rate),
    V * _on_path,
)

moving_weights = Derivation(
    "moving-weights",
    r"if $x_{t-1}$ depends on $\alpha$ and the weights are $W + \alpha V$, then "
    r"$\partial x_t/\partial\alpha = (W + \alpha V) D_{t-1}\,\partial x_{t-1}/\partial\alpha "
    r"+ V\sigma(x_{t-1})$",
    Claim(_moved_rate, "=", _both),
    steps=(
        Step(
            _both,
            r"the product rule in each term $(W_{iq} + \alpha V_{iq})\,\sigma(x_q)$",
        ),
    ),
)


class TiedRate(Column):
    """∂x_t/∂α at α = 0, when all copies of the weights are W + αV.

    In numbers: by running the network with its weights moved a little.
    """

    tex = r"\frac{{\partial x_{{{}}}}}{{\partial\alpha}}"

    def moves(self, at, step: int) -> bool:
        return True

    def values(self, at, time: int) -> list:
        weights, direction = (at.array(name, (at.integer(n),) * 2) for name in "WV")
        start = at.vector("x@0", at.integer(n))

        def last(moved) -> list:
            other = at.at({"W": {p: weights[p] + moved * direction[p] for p in weights}})
            state = start
            for step in range(1, time + 1):
                state = Trajectory.step(other if self.moves(at, step) else at, state, step)
            return state

        return at.derivatives(last, at.zero)


class CopyRate(TiedRate):
    """∂x_t/∂α_s at α_s = 0, when only the copy of step s is W + α_s V."""

    tex = r"\frac{{\partial x_{{{}}}}}{{\partial\alpha_{{{}}}}}"

    def moves(self, at, step: int) -> bool:
        time, copy = map(at.integer, self.args)
        if not 1 <= copy <= time:
            raise at.OutOfRange("x_t holds the copies of the steps 1 … t")
        return step == copy


def _copies(time: sp.Basic) -> SumOf:
    return SumOf(CopyRate(time, s), s, ONE, time)


_slopes = StateSlopes(t - 1)
_direct = V * Signals(State(t - 1))
_earlier = SumOf(CopyRate(t, s), s, ONE, t - 1)

older_copies = Derivation(
    "older-copies",
    r"a copy of an earlier step acts through $x_{t-1}$ alone: for $s < t$, "
    r"$\partial x_t/\partial\alpha_s = W D_{t-1}\,\partial x_{t-1}/\partial\alpha_s$",
    Claim(
        CopyRate(t, s),
        "=",
        W * _slopes * CopyRate(t - 1, s),
        where={t: sp.Range(2, 5), s: sp.Range(1, t)},
    ),
    steps=(
        Step(
            W * _slopes * CopyRate(t - 1, s),
            "the lemma with $V = 0$: the weights of step $t$ do not move",
            using=(lemma(CopyRate(t, s), W * _slopes * CopyRate(t - 1, s), moving_weights),),
        ),
    ),
)

tied = Derivation.by_induction(
    "tied-weights",
    r"$\partial x_t/\partial\alpha = \sum_{s=1}^{t} \partial x_t/\partial\alpha_s$ at equal copies",
    Claim(TiedRate(t), "=", _copies(t), where={t: sp.Range(1, 5)}),
    over=t,
    start=ONE,
    base=(
        Step(
            V * Signals(State(0)),
            "the lemma; the start does not move",
            using=(lemma(TiedRate(1), V * Signals(State(0)), moving_weights),),
        ),
        Step(
            _copies(ONE),
            "there is one copy, and it does the same",
            using=(
                _copies(ONE).peel_last(),
                lemma(CopyRate(1, 1), V * Signals(State(0)), moving_weights),
            ),
        ),
    ),
    step=(
        Step(
            sp.MatAdd(W * _slopes * TiedRate(t - 1), _direct),
            "the lemma",
            using=(
                lemma(
                    TiedRate(t), sp.MatAdd(W * _slopes * TiedRate(t - 1), _direct), moving_weights
                ),
            ),
        ),
        Step(
            sp.MatAdd(W * _slopes * _copies(t - 1), _direct),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(
            sp.MatAdd(_earlier, CopyRate(t, t)),
            "the lemma on older copies in each term; the newest copy acts directly",
            using=(
                for_each(
                    lemma(CopyRate(t, s), W * _slopes * CopyRate(t - 1, s), older_copies),
                    s,
                    ONE,
                    t - 1,
                ),
                lemma(CopyRate(t, t), _direct, moving_weights),
            ),
        ),
        Step(_copies(t), "the newest copy joins the sum", using=(_copies(t).peel_last(),)),
    ),
    step_where={t: sp.Range(2, 5)},
)

# The loss ------------------------------------------------------------------------------------

_loss = sp.Function("E")
_share = sp.IndexedBase("p", shape=(T,))
_time = sp.Symbol("t", integer=True, positive=True)

loss = Derivation(
    "loss-over-time",
    r"for $E = \sum_t p_t E_t$: $\partial E/\partial\alpha = \sum_t p_t\,\partial "
    r"E_t/\partial\alpha$",
    Claim(
        sp.Derivative(sp.Sum(_share[_time] * _loss(_time, alpha), (_time, 1, T)), alpha),
        "=",
        sp.Sum(_share[_time] * sp.Derivative(_loss(_time, alpha), alpha), (_time, 1, T)),
    ),
    steps=(
        Step(
            sp.Sum(_share[_time] * sp.Derivative(_loss(_time, alpha), alpha), (_time, 1, T)),
            "differentiate term by term; $p_t$ is a number",
        ),
    ),
    source=("002-eq3",),
)
