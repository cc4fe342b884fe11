"""Words for networks that are run from zero: from time 0, or from the start of a window.

The network is h_t = σ(W h_{t-1} + c_t). A run from time s has h_s = 0: with s = 0 it is the whole
run, with s = T − k the run of the window of k inputs up to T. The weights move with one number
θ: they are W + θV, and the inputs are c_t + θ e_t. A second network, whose words are called
``Other``, has weights W′ and inputs c′_t, and moves with θ in the same way. The loss p of a state
is the sum of ℓ over its units. In numbers everything is taken from the recurrence itself, as it is
run and differentiated: no word knows a formula for a Jacobian.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.network import ell, n, sigma

_ONE = sp.Integer(1)


class OfRun(MatrixExpr):
    """A word about a run; its last argument is the time s at which the run starts."""

    of_times = True
    units = n
    weights, inputs, prime = "W", "c", ""
    pattern: ClassVar[str]

    def __new__(cls, *times: sp.Basic | int):
        return super().__new__(cls, *map(sp.sympify, times))

    def _latex(self, printer) -> str:
        *times, start = (printer._print(time) for time in self.args)
        mark = self.prime + ("" if self.args[-1] == 0 else f"[{start}]")
        return self.pattern.format(*times, mark=f"^{{{mark}}}" if mark else "")

    def step(self, at: Any, state: list, time: int, theta: Any = None) -> list:
        """h_t from h_{t-1}, with the weights moved by θ if a value is given."""
        size = len(state)
        W, c = at.array(self.weights, (size, size)), at.vector(f"{self.inputs}@{time}", size)
        if theta is not None:
            V, e = at.array("V", (size, size)), at.vector(f"e@{time}", size)
            W = {place: W[place] + theta * V[place] for place in W}
            c = [a + theta * b for a, b in zip(c, e, strict=True)]
        return [
            at.apply(sigma, [c[a] + sum(W[a + 1, b + 1] * state[b] for b in range(size))])
            for a in range(size)
        ]

    def states(self, at: Any, last: int) -> list:
        """h_last of the run."""
        start = at.integer(self.args[-1])
        if not 0 <= start <= last:
            raise at.OutOfRange("a run has no state before its start")
        run = at.remember(("run", self.weights, start), lambda: [[at.zero] * at.integer(n)])
        for time in range(start + len(run), last + 1):
            run.append(self.step(at, run[-1], time))
        return run[last - start]

    def loss(self, at: Any, state: list) -> Any:
        losses = [at.apply(ell, [value]) for value in state]
        for loss in losses:  # a flat place of ℓ leaves no more of a derivative than rounding
            at.note(loss)
        return sum(losses, at.zero)


class Hidden(OfRun):
    """h_t, a column: ``Hidden(t, s)`` in the run from s."""

    pattern = "h_{{{0}}}{mark}"
    shape = (n, _ONE)

    def numeric(self, at):
        return at.matrix_of([[value] for value in self.states(at, at.integer(self.args[0]))])


class HiddenJacobian(OfRun):
    """∂h_t/∂h_r along a run: ``HiddenJacobian(t, r, s)``, by moving h_r and running on to t."""

    pattern = r"\frac{{\partial h_{{{0}}}{mark}}}{{\partial h_{{{1}}}{mark}}}"
    shape = (n, n)

    def numeric(self, at):
        last, first, _ = map(at.integer, self.args)
        if first > last:
            raise at.OutOfRange("a state does not depend on later ones")
        start = self.states(at, first)

        def column(b: int) -> list:
            def moved(value):
                state = [*start[:b], value, *start[b + 1 :]]
                for time in range(first + 1, last + 1):
                    state = self.step(at, state, time)
                return state

            return at.derivatives(moved, start[b])

        columns = [column(b) for b in range(len(start))]
        return at.matrix_of([list(row) for row in zip(*columns, strict=True)])


class HiddenRate(OfRun):
    """∂⁺h_t/∂θ along a run, a column: θ moves in the step to h_t alone, h_{t-1} is held."""

    pattern = r"\frac{{\partial^+ h_{{{0}}}{mark}}}{{\partial\theta}}"
    shape = (n, _ONE)

    def numeric(self, at):
        time = at.integer(self.args[0])
        held = self.states(at, time - 1)
        rates = at.derivatives(lambda value: self.step(at, held, time, value), at.zero)
        return at.matrix_of([[rate] for rate in rates])


class HiddenMotion(OfRun):
    """dh_t/dθ along a run, a column: θ moves in all steps of the run, whose start stays zero."""

    pattern = r"\frac{{d h_{{{0}}}{mark}}}{{d\theta}}"
    shape = (n, _ONE)

    def numeric(self, at):
        last, start = map(at.integer, self.args)
        self.states(at, last)  # refuses a time before the start

        def moved(value):
            state = [at.zero] * at.integer(n)
            for time in range(start + 1, last + 1):
                state = self.step(at, state, time, value)
            return state

        return at.matrix_of([[rate] for rate in at.derivatives(moved, at.zero)])


class HiddenLossRow(OfRun):
    """∂p/∂h at h_t, a row."""

    pattern = r"\frac{{\partial p}}{{\partial h}}(h_{{{0}}}{mark})"
    shape = (_ONE, n)

    def numeric(self, at):
        state = self.states(at, at.integer(self.args[0]))
        return at.matrix_of([[at.slope(ell, value) for value in state]])


class HiddenLossRate(OfRun):
    """dp(h_t)/dθ: θ moves in all steps of the run, whose start stays zero."""

    pattern = r"\frac{{d}}{{d\theta}} p(h_{{{0}}}{mark})"
    shape = (_ONE, _ONE)

    def numeric(self, at):
        last, start = map(at.integer, self.args)
        self.states(at, last)  # refuses a time before the start

        def moved(value):
            state = [at.zero] * at.integer(n)
            for time in range(start + 1, last + 1):
                state = self.step(at, state, time, value)
            return [self.loss(at, state)]

        return at.matrix_of([at.derivatives(moved, at.zero)])


class _OfOther:
    weights, inputs, prime = "W'", "c'", r"\prime"


class OtherHidden(_OfOther, Hidden):
    """h′_t of the second network."""


class OtherHiddenJacobian(_OfOther, HiddenJacobian):
    """∂h′_t/∂h′_r of the second network."""


class OtherHiddenRate(_OfOther, HiddenRate):
    """∂⁺h′_t/∂θ of the second network."""


class OtherHiddenLossRow(_OfOther, HiddenLossRow):
    """∂p/∂h at h′_t of the second network."""


class OtherHiddenLossRate(_OfOther, HiddenLossRate):
    """dp(h′_t)/dθ of the second network."""


# How far two runs are apart -------------------------------------------------------------------


class OfGap(OfRun):
    """What a word says of the whole run, minus what it says of the run from s.

    One word and not a difference of two: what is stated of it is stated of how far the runs are
    apart, and to turn a sign inside would be to speak of something else.
    """

    of: type[OfRun]

    def __init_subclass__(cls):
        if "of" in vars(cls):
            cls.shape = cls.of.shape

    def both(self) -> tuple[OfRun, OfRun]:
        """The two things that are apart."""
        *times, _ = self.args
        return self.of(*times, 0), self.of(*self.args)

    def meaning(self):
        """What the word means, as a difference."""
        first, second = self.both()
        return first - second

    def numeric(self, at):
        first, second = map(at, self.both())
        for entry in [*first, *second]:
            at.note(entry)
        return first - second

    def _latex(self, printer) -> str:
        first, second = map(printer._print, self.both())
        return rf"\left({first} - {second}\right)"


class HiddenGap(OfGap):
    """h_t − h_t^[s]."""

    of = Hidden


class JacobianGap(OfGap):
    """∂h_t/∂h_r of the whole run minus that of the run from s."""

    of = HiddenJacobian


class RateGap(OfGap):
    """∂⁺h_t/∂θ of the whole run minus that of the run from s."""

    of = HiddenRate


class LossRowGap(OfGap):
    """∂p/∂h at h_t minus ∂p/∂h at h_t^[s]."""

    of = HiddenLossRow


class LossRateGap(OfGap):
    """dp(h_t)/dθ − dp(h_t^[s])/dθ: what the gradient of the whole run has and the window's not."""

    of = HiddenLossRate


class _FromOther(OfGap):
    """What a word says of the network minus what it says of the second one, both run from s."""

    other: type[OfRun]

    def both(self) -> tuple[OfRun, OfRun]:
        return self.of(*self.args), self.other(*self.args)


class OtherHiddenGap(_FromOther, HiddenGap):
    """h_t − h′_t."""

    other = OtherHidden


class OtherJacobianGap(_FromOther, JacobianGap):
    """∂h_t/∂h_r − ∂h′_t/∂h′_r."""

    other = OtherHiddenJacobian


class OtherRateGap(_FromOther, RateGap):
    """∂⁺h_t/∂θ − ∂⁺h′_t/∂θ."""

    other = OtherHiddenRate


class OtherLossRowGap(_FromOther, LossRowGap):
    """∂p/∂h at h_t minus ∂p/∂h at h′_t."""

    other = OtherHiddenLossRow


class OtherLossRateGap(_FromOther, LossRateGap):
    """dp(h_t)/dθ − dp(h′_t)/dθ: how much the gradient moves with the weights."""

    other = OtherHiddenLossRate
