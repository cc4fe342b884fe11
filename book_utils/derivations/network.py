"""The letters of the text, as the derivations use them: one declaration for every chapter."""

from __future__ import annotations

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.engine.vocabulary import activation_function

n = sp.Symbol("n", integer=True, positive=True)
i, j, q = sp.symbols("i j q", integer=True, positive=True)
t, k = sp.symbols("t k", integer=True, nonnegative=True)
r = sp.Symbol("r", integer=True)
alpha = sp.Symbol("alpha", real=True)

sigma = activation_function("sigma")
phi = activation_function("phi")

W = sp.MatrixSymbol("W", n, n)
"""The recurrent weights as one matrix, for matrix algebra."""
w = sp.IndexedBase("W", shape=(n, n))
"""The same weights entry by entry, for calculus with indices."""
x = sp.IndexedBase("x", shape=(n,))
h = sp.IndexedBase("h", shape=(n,))
c = sp.IndexedBase("c", shape=(n,))
"""What does not depend on the state: c = U u_t + b."""


def at_time(name: str, time: int) -> sp.IndexedBase:
    """A vector of a simulated network: the start x_0, or the c_t of one step."""
    return sp.IndexedBase(f"{name}@{time}", shape=(n,))


class Trajectory(MatrixExpr):
    """A matrix that belongs to a simulated network x_t = W σ(x_{t-1}) + c_t of n units.

    In numbers it is taken from the recurrence itself, run from a random start with random
    inputs: the tester never sees a formula for a Jacobian.
    """

    @property
    def shape(self):
        return (n, n)

    @staticmethod
    def states(at, last: int) -> list[list]:
        """x_0 … x_last."""
        states = [at.vector("x@0", at.integer(n))]
        for time in range(1, last + 1):
            states.append(Trajectory.step(at, states[-1], time))
        return states

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
            raise at.NotEvaluable("a state does not depend on later ones")
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
