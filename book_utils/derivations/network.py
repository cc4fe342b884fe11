"""The letters of the text, as the derivations use them: one declaration for every chapter."""

from __future__ import annotations

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.engine.vocabulary import activation_function

n = sp.Symbol("n", integer=True, positive=True)
i, j, q = sp.symbols("i j q", integer=True, positive=True)
t, k = sp.symbols("t k", integer=True, nonnegative=True)
r = sp.Symbol("r", integer=True)
s = sp.Symbol("s", integer=True, nonnegative=True)
T = sp.Symbol("T", integer=True, positive=True)
alpha = sp.Symbol("alpha", real=True)
theta = sp.Symbol("theta", real=True)

sigma = activation_function("sigma")
phi = activation_function("phi")
ell = activation_function("ell")
"""The loss of one unit: E_t is the sum of ℓ(x_{t,i} − y_{t,i}) over the units."""

W = sp.MatrixSymbol("W", n, n)
"""The recurrent weights as one matrix, for matrix algebra."""
w = sp.IndexedBase("W", shape=(n, n))
"""The same weights entry by entry, for calculus with indices."""
x = sp.IndexedBase("x", shape=(n,))
h = sp.IndexedBase("h", shape=(n,))
c = sp.IndexedBase("c", shape=(n,))
"""What does not depend on the state: c = U u_t + b."""
V = sp.MatrixSymbol("V", n, n)
"""How the weights move with a parameter θ: they are W + θV."""


def at_time(name: str, time: int) -> sp.IndexedBase:
    """A vector of a simulated network: the start x_0; the c_t of one step, its change e_t with
    a parameter θ, or the target y_t of its loss."""
    return sp.IndexedBase(f"{name}@{time}", shape=(n,))


class Trajectory(MatrixExpr):
    """A matrix that belongs to a simulated network x_t = W σ(x_{t-1}) + c_t of n units.

    In numbers it is taken from the recurrence itself, run from a random start with random
    inputs: the tester never sees a formula for a Jacobian.
    """

    of_times = True
    """It depends on the times in its arguments and on the network alone: what it is at these
    times is remembered."""

    units = n
    """How many units it has: what a word means in numbers depends on it, whatever its shape."""

    @property
    def shape(self):
        return (n, n)

    @staticmethod
    def states(at, last: int) -> list[list]:
        """x_0 … x_last."""
        states = at.remember("states", lambda: [at.vector("x@0", at.integer(n))])
        for time in range(len(states), last + 1):
            states.append(Trajectory.step(at, states[-1], time))
        return states[: max(last, 0) + 1]

    @staticmethod
    def step(at, state: list, time: int) -> list:
        """The recurrence: what leaves the units arrives at them."""
        return Trajectory.arriving(at, Trajectory.leaving(at, state), time)

    @staticmethod
    def leaving(at, state: list) -> list:
        """σ of each entry."""
        return [at.apply(sigma, [value]) for value in state]

    @staticmethod
    def arriving(at, signals: list, time: int) -> list:
        """W times the signals plus c_t, unit by unit."""
        size = at.integer(n)
        weights = at.array("W", (size, size))
        inputs = at.vector(f"c@{time}", size)
        return [
            inputs[a] + sum(weights[a + 1, p + 1] * signals[p] for p in range(size))
            for a in range(size)
        ]


class StateJacobian(Trajectory):
    """∂x_t/∂x_k, by moving one entry of x_k and running the network on to time t."""

    def __new__(cls, t: sp.Basic, k: sp.Basic):
        return super().__new__(cls, sp.sympify(t), sp.sympify(k))

    letter = "x"
    tex = r"\frac{{\partial x_{{{}}}}}{{\partial x_{{{}}}}}"

    def numeric(self, at):
        newest, oldest = map(at.integer, self.args)
        if not 0 <= oldest <= newest:
            raise at.OutOfRange("a state does not depend on later ones")
        start = self.start(at, oldest)

        def column(b: int) -> list:
            def moved(value):
                state = [*start[:b], value, *start[b + 1 :]]
                for time in range(oldest + 1, newest + 1):
                    state = self.step(at, state, time)
                return state

            return at.derivatives(moved, start[b])

        columns = [column(b) for b in range(at.integer(n))]
        return at.matrix_of([list(row) for row in zip(*columns, strict=True)])

    def start(self, at, time: int) -> list:
        return self.states(at, time)[-1]


class ActivityJacobian(StateJacobian):
    """∂h_t/∂h_k for h_t = σ(W h_{t-1} + c_t), the same network behind the activation."""

    letter = "h"
    tex = r"\frac{{\partial h_{{{}}}}}{{\partial h_{{{}}}}}"

    def start(self, at, time: int) -> list:
        return self.leaving(at, self.states(at, time)[-1])

    @staticmethod
    def step(at, state: list, time: int) -> list:
        return Trajectory.leaving(at, Trajectory.arriving(at, state, time))


class StateSlopes(Trajectory):
    """D_t = diag(σ′(x_t)) on the same trajectory."""

    diagonal = True

    def __new__(cls, t: sp.Basic):
        return super().__new__(cls, sp.sympify(t))

    tex = "D_{{{}}}"

    def _eval_transpose(self):
        return self

    def numeric(self, at):
        time = at.integer(self.args[0])
        if time < 0:
            raise at.NotEvaluable("time starts at 0")
        state = self.states(at, time)[-1]
        size = len(state)
        values = [at.slope(sigma, value) for value in state]
        return at.matrix_of(
            [[values[a] if a == b else at.zero for b in range(size)] for a in range(size)]
        )


class Moved(Trajectory):
    """A word about a network that moves with one number θ, taken at θ = 0.

    Its weights are W + θV and its inputs c_t + θ e_t; the start x_0 stays. With V and e_t all
    zero but for one entry, θ is that one weight, input weight or bias.
    """

    @staticmethod
    def moved_step(at, state: list, time: int, value) -> list:
        """One step of the recurrence with θ = value."""
        size = at.integer(n)
        weights, change = at.array("W", (size, size)), at.array("V", (size, size))
        inputs, input_change = at.vector(f"c@{time}", size), at.vector(f"e@{time}", size)
        signals = Trajectory.leaving(at, state)
        return [
            inputs[a]
            + value * input_change[a]
            + sum(
                (weights[a + 1, p + 1] + value * change[a + 1, p + 1]) * signals[p]
                for p in range(size)
            )
            for a in range(size)
        ]

    @staticmethod
    def moved_states(at, last: int, value) -> list[list]:
        """x_0 … x_last with θ = value."""
        moved = ("moved states", value)
        states = at.remember(moved, lambda: [at.vector("x@0", at.integer(n))])
        for time in range(len(states), last + 1):
            states.append(Moved.moved_step(at, states[-1], time, value))
        return states[: max(last, 0) + 1]

    @staticmethod
    def loss(at, state: list, time: int):
        """E_t at a state: ℓ of the distance to the target, unit by unit."""
        targets = at.vector(f"y@{time}", len(state))
        return sum(at.apply(ell, [a - b]) for a, b in zip(state, targets, strict=True))

    earliest = 0

    def times(self, at) -> list[int]:
        times = [at.integer(a) for a in self.args]
        if min(times) < self.earliest:
            raise at.OutOfRange(f"it is spoken of from time {self.earliest} on")
        return times


class OfLoss(Moved):
    """A word about the losses E_1, E_2, …: the start has none."""

    earliest = 1


class AtTime(Moved):
    """A word about one time."""

    def __new__(cls, t: sp.Basic):
        return super().__new__(cls, sp.sympify(t))


class StateRate(AtTime):
    """dx_t/dθ: move θ, run the network from the start, and watch x_t."""

    tex = r"\frac{{d x_{{{}}}}}{{d\theta}}"
    shape = (n, sp.Integer(1))

    def numeric(self, at):
        (time,) = self.times(at)
        rates = at.derivatives(lambda value: self.moved_states(at, time, value)[-1], at.zero)
        return at.matrix_of([[rate] for rate in rates])


class ImmediateRate(AtTime):
    """∂⁺x_t/∂θ: move θ in the step to x_t alone, with x_{t-1} held where it is.

    The start x_0 is given and not computed, whatever step may have led to it; asked for that
    step, the word makes one up.
    """

    tex = r"\frac{{\partial^+ x_{{{}}}}}{{\partial\theta}}"
    shape = (n, sp.Integer(1))

    def numeric(self, at):
        (time,) = self.times(at)
        frozen = self.states(at, time - 1)[-1] if time else at.vector("x@-1", at.integer(n))
        rates = at.derivatives(lambda value: self.moved_step(at, frozen, time, value), at.zero)
        return at.matrix_of([[rate] for rate in rates])


class LossGradient(OfLoss, AtTime):
    """The row ∂E_t/∂x_t: move one entry of x_t and watch the loss of that time."""

    tex = r"\frac{{\partial E_{{{0}}}}}{{\partial x_{{{0}}}}}"
    shape = (sp.Integer(1), n)

    def numeric(self, at):
        (time,) = self.times(at)
        state = self.states(at, time)[-1]

        def entry(b: int):
            def moved(value):
                return [self.loss(at, [*state[:b], value, *state[b + 1 :]], time)]

            return at.derivatives(moved, state[b])[0]

        return at.matrix_of([[entry(b) for b in range(len(state))]])


class LossRate(OfLoss, AtTime):
    """dE_t/dθ: move θ, run the network from the start, and watch the loss of time t."""

    tex = r"\frac{{d E_{{{}}}}}{{d\theta}}"
    shape = (sp.Integer(1), sp.Integer(1))

    def numeric(self, at):
        (time,) = self.times(at)

        def moved(value):
            return [self.loss(at, self.moved_states(at, time, value)[-1], time)]

        return at.matrix_of([at.derivatives(moved, at.zero)])


class TotalLossRate(OfLoss, AtTime):
    """dE/dθ for E = E_1 + ⋯ + E_T, the losses of a whole run."""

    tex = r"\frac{{d E}}{{d\theta}}"
    shape = (sp.Integer(1), sp.Integer(1))

    def numeric(self, at):
        (last,) = self.times(at)

        def moved(value):
            states = self.moved_states(at, last, value)
            return [sum((self.loss(at, states[p], p) for p in range(1, last + 1)), at.zero)]

        return at.matrix_of([at.derivatives(moved, at.zero)])


class Costate(OfLoss):
    """λ_s: how E_s + ⋯ + E_T moves with x_s, all later states moving along."""

    tex = r"\lambda_{{{}}}"
    shape = (sp.Integer(1), n)

    def __new__(cls, s: sp.Basic, last: sp.Basic):
        return super().__new__(cls, sp.sympify(s), sp.sympify(last))

    def numeric(self, at):
        first, last = self.times(at)
        if first > last:
            raise at.OutOfRange("no loss comes after the last step")
        start = self.states(at, first)[-1]

        def entry(b: int):
            def moved(value):
                state, total = [*start[:b], value, *start[b + 1 :]], at.zero
                for time in range(first, last + 1):
                    if time > first:
                        state = self.step(at, state, time)
                    total = total + self.loss(at, state, time)
                return [total]

            return at.derivatives(moved, start[b])[0]

        return at.matrix_of([[entry(b) for b in range(len(start))]])
