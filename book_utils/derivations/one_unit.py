"""The letters and words of the one unit y_n = σ(w y_{n-1} + b): one declaration for all chapters.

A fixed point p of the unit with weight w has b = ``logit(p) - w*p``: with p and w free, and b made
from them, no equation has to be solved.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from book_utils.activations import X, logistic
from book_utils.derivations.engine.vocabulary import Number

w, b = sp.symbols("w b", real=True)
y = sp.Symbol("y", real=True)
"""A state; where it stands for a fixed point, b is ``shift(w, y)``."""
y0 = sp.Symbol("y_0", real=True)
target = sp.Symbol("y_T", real=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
"""The number of steps. (The size of a network is the n of ``network``; no chapter uses both.)"""

STATES = sp.Interval.open(0, 1)
"""Where states live."""
STRIP = sp.Interval.open(-4, 4)
"""The weights with |w| < 4."""


def logit(y: sp.Expr) -> sp.Expr:
    """σ⁻¹(y)."""
    return sp.log(y / (1 - y))


def shift(w: sp.Expr, y: sp.Expr) -> sp.Expr:
    """g(y) = σ⁻¹(y) − w y: the b at which y is a fixed point."""
    return logit(y) - w * y


def sigma(z: sp.Expr) -> sp.Expr:
    """σ(z), the logistic function."""
    return logistic.formula(sp.sympify(z))


class Bias(Number):
    """σ⁻¹(y) − w y, with arguments w and y: the b at which y is a fixed point."""

    tex = r"\left(\sigma^{{-1}}\left({1}\right) - {0} {1}\right)"
    plain = "(σ⁻¹({1}) − {0} {1})"

    def numeric(self, at):
        return at(shift(*self.args))


class OfOrbit(Number):
    """A number taken from a run of the unit. Its last argument is the number of steps.

    In numbers it comes from the recurrence itself: the tester never sees a formula for it.
    """

    @staticmethod
    def run(at: Any, w: Any, b: Any, state: Any, steps: int) -> Any:
        """y_n from y_0 = ``state``."""
        if steps < 0:
            raise at.OutOfRange("an orbit has no less than no steps")
        for _ in range(steps):
            state = at.at({X: w * state + b})(logistic.expression)
        return state


class Orbit(OfOrbit):
    """y_n, with arguments w, b, y_0 and n."""

    tex, plain = "y_{{{3}}}", "y_{3}"

    def numeric(self, at):
        *numbers, steps = self.args
        return self.run(at, *map(at, numbers), at.integer(steps))


class SecondOrbit(Orbit):
    """z_n: a second orbit, of the same unit or of another one."""

    tex, plain = "z_{{{3}}}", "z_{3}"


class OrbitRate(OfOrbit):
    """∂y_n/∂b or ∂y_n/∂w: move the parameter, run the unit from y_0, and watch y_n.

    The first argument is the parameter, a symbol; then w, b, y_0 and n, where the parameter may
    stand in several places.
    """

    tex, plain = r"\frac{{\partial y_{{{4}}}}}{{\partial {0}}}", "∂y_{4}/∂{0}"

    def numeric(self, at):
        parameter, *numbers, steps = self.args
        count = at.integer(steps)

        def moved(value: Any) -> Any:
            there = at.at({parameter: value})
            return self.run(there, *map(there, numbers), count)

        return at.derivative(moved, at(parameter), 1)


# With inputs ---------------------------------------------------------------------------------


class OfDriven(OfOrbit):
    """A number taken from a run y_{t+1} = σ(w y_t + b + u_t) with inputs u_0, u_1, …

    Every u_t is any number: the one that an instance gives, or one drawn for it.
    """

    @classmethod
    def drive(cls, at: Any, w: Any, b: Any, state: Any, steps: int, start: int = 0) -> Any:
        """The state after ``steps`` more steps, the first of them with the input u_start."""
        if steps < 0:
            raise at.OutOfRange("an orbit has no less than no steps")
        for time in range(start, start + steps):
            state = cls.run(at, w, b + cls.input(at, time), state, 1)
        return state

    @staticmethod
    def input(at: Any, time: int) -> Any:
        symbol = sp.Symbol(f"u_{time}", real=True)
        return at(symbol) if symbol in at.values else at.vector(f"u@{time}", 1)[0]

    def moving(self, at: Any, parameter: sp.Symbol, numbers: tuple, start: int, steps: int) -> Any:
        """∂/∂parameter of the state at time start + steps, where the one at ``start`` is held."""
        held = self.drive(at, *map(at, numbers), start)

        def moved(value: Any) -> Any:
            there = at.at({parameter: value})
            w, b, y0 = map(there, numbers)
            return self.drive(there, w, b, held if start else y0, steps, start)

        return at.derivative(moved, at(parameter), 1)


class Driven(OfDriven):
    """y_n of the driven unit, with arguments w, b, y_0 and n."""

    tex, plain = "y_{{{3}}}", "y_{3}"

    def numeric(self, at):
        *numbers, steps = self.args
        return self.drive(at, *map(at, numbers), at.integer(steps))


class DrivenSlope(OfDriven):
    """s_n = y_n (1 − y_n), the slope with which y_n was reached."""

    is_positive = True
    tex, plain = "s_{{{3}}}", "s_{3}"

    def numeric(self, at):
        state = at(Driven(*self.args))
        return state * (at.one - state)


class DrivenRate(OfDriven):
    """r_n = ∂y_n/∂b of the driven unit; arguments as those of ``OrbitRate``."""

    tex, plain = "r_{{{4}}}", "r_{4}"

    def numeric(self, at):
        parameter, *numbers, steps = self.args
        return self.moving(at, parameter, tuple(numbers), 0, at.integer(steps))


class DrivenWeightRate(DrivenRate):
    """q_n = ∂y_n/∂w of the driven unit; arguments as those of ``OrbitRate``."""

    tex, plain = "q_{{{4}}}", "q_{4}"


class DrivenLoss(OfDriven):
    """ℓ_n = (1 − 4 s_n)(1 + w r_{n-1}): by what step n stays behind the steepest one."""

    tex, plain = r"\ell_{{{4}}}", "ℓ_{4}"

    def numeric(self, at):
        parameter, *numbers, steps = self.args
        slope = at(DrivenSlope(*numbers, steps))
        rate = at(DrivenRate(parameter, *numbers, steps - 1))
        return (at.one - 4 * slope) * (at.one + at(numbers[0]) * rate)


class HeldRate(OfDriven):
    """∂y_{m+k}/∂b where y_m is held: the gradient truncated to the last k steps.

    Arguments: the parameter, w, b, y_0, m and k.
    """

    tex, plain = r"r_{{{4}+{5}}}^{{({5})}}", "r_({4}+{5})^({5})"

    def numeric(self, at):
        parameter, *numbers, held, steps = self.args
        return self.moving(at, parameter, tuple(numbers), at.integer(held), at.integer(steps))
