"""What one unit forgets: its states with all inputs and with the last k, as a still picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from book_utils.activations import activation as named
from book_utils.cells import Elman
from book_utils.dynamics import simulate
from book_utils.dynamics.random_products import uniforms
from book_utils.dynamics.truncation import horizon, state_bound, truncated_states
from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, Still, drawn

LAST = 120
"""The time of the last input."""

ACTIVATIONS = ("identity", "tanh")
INPUTS = ("constant", "pulse", "alternating", "random")

LONGEST = {"identity": math.inf, "tanh": 1.0}
"""What bounds a state of a unit whatever its inputs are."""

CONTRACTIONS = (0.1, 0.99)
SIZES = (0.1, 3.0)
TOLERANCES = (1e-6, 1.0)

SLACK = 1e-9
"""A number of inputs, or a distance, that is over by no more than this is over by rounding."""

CAPTION = (
    "Above, the inputs, with those in the window. In the middle, the state of the whole run, that "
    "of a window of k inputs at each time, and the run of the marked window, which starts at 0. "
    "Below, how far apart the two states are, on a logarithmic axis, under the bound λᵏH; the "
    "dotted curve is the bound that knows t."
)


@dataclass(frozen=True)
class Record:
    """h_t = σ(λ h_{t-1} + x_t) for t = 1, …, LAST, and what windows make of it.

    Index t - 1 of ``inputs``, ``whole`` and ``windows`` belongs to the time t.
    """

    activation: str
    kind: str
    λ: float
    k: int
    B: float
    ε: float
    t: int
    inputs: np.ndarray
    whole: np.ndarray
    """h_t"""
    windows: np.ndarray
    """h_t^k"""
    gaps: np.ndarray
    """|h_t − h_t^j| in row j, for the windows j = 0, …, LAST."""
    run: np.ndarray
    """The run of the window that ends at t: 0, then its states up to h_t^k."""

    @property
    def gap(self) -> np.ndarray:
        """|h_t − h_t^k|"""
        return self.gaps[self.k]

    @property
    def B0(self) -> float:
        """The largest |φ(0, x)| of an input of size B at most."""
        return float(named(self.activation)(self.B))

    @property
    def H(self) -> float:
        return state_bound(self.λ, self.B0, LONGEST[self.activation])

    @property
    def bound(self) -> float:
        """λ^k H"""
        return self.λ**self.k * self.H

    @property
    def bounds(self) -> np.ndarray:
        """The bound that knows t: λ^k times what h_{t−k} can be; 0 while that is h_0."""
        past = np.maximum(np.arange(1, LAST + 1) - self.k, 0)
        longest = (1 - self.λ**past) * state_bound(self.λ, self.B0)
        return self.λ**self.k * np.minimum(longest, LONGEST[self.activation])

    @property
    def shares(self) -> np.ndarray:
        """How much of the bound the difference is, at each time."""
        return self.gap / self.bound

    @property
    def horizon(self) -> float:
        """k*, for the tolerance ε."""
        if self.ε * (1 + SLACK) >= self.H:
            return 0.0
        return horizon(self.λ, self.B0, self.ε, LONGEST[self.activation])

    @property
    def enough(self) -> int:
        """The least k that is enough for all inputs up to B."""
        return math.ceil(self.horizon - SLACK)

    @property
    def needed(self) -> int:
        """The k from which on no state of these inputs is off by more than ε."""
        over = np.flatnonzero((self.gaps > self.ε * (1 + SLACK)).any(axis=1))
        return int(over[-1]) + 1 if len(over) else 0


def sequence(kind: str, B: float, seed: int) -> np.ndarray:
    """The inputs x_1, …, x_LAST of that kind, none larger than B."""
    x = np.zeros(LAST)
    if kind == "constant":
        x[:] = B
    elif kind == "pulse":
        x[0] = B
    elif kind == "alternating":
        x[0::2], x[1::2] = B, -B
    elif kind == "random":
        x[:] = B * (2 * uniforms(seed, (1, LAST, 1))[0, :, 0] - 1)
    else:
        raise ValueError(f"inputs: got {kind!r}, expects one of {', '.join(INPUTS)}")
    return x


def compute(
    activation: str = "tanh",
    inputs: str = "random",
    λ: float = 0.9,
    k: int = 5,
    B: float = 0.5,
    ε: float = 0.01,
    t: int = LAST,
    seed: int = 1,
) -> Record:
    """All windows of one run."""
    cell = Elman([[λ]], [[1.0]], [0.0], activation)
    x = sequence(inputs, B, seed)
    column = x[:, None]
    whole = simulate(cell, [0.0], column)[:, 0]
    return Record(
        activation, inputs, λ, k, B, ε, t,
        inputs=x,
        whole=whole[1:],
        windows=truncated_states(cell, column, k)[:, 0],
        gaps=_gaps(activation, λ, x, whole),
        run=simulate(cell, [0.0], column[max(0, t - k) : t])[:, 0],
    )  # fmt: skip


def draw(figure: Figure, record: Record) -> None:
    """Inputs, states and distances against time."""
    heights = {"height_ratios": (1, 3, 3)}
    inputs, states, gaps = figure.subplots(3, 1, sharex=True, gridspec_kw=heights)
    start = max(0, record.t - record.k)
    times = np.arange(1, LAST + 1)
    inside = (times > start) & (times <= record.t)
    inputs.axhline(0, color=INK, linewidth=0.8)
    for chosen, color in ((~inside, FAINT), (inside, GREEN)):
        if chosen.any():
            inputs.vlines(times[chosen], 0, record.inputs[chosen], color=color, linewidth=2)
    inputs.set_ylabel("$x_t$")
    for ax in (inputs, states):
        ax.axvspan(start + 0.5, record.t + 0.5, color=GREEN, alpha=0.1, linewidth=0)
    states.axhline(0, color=INK, linewidth=0.8)
    states.plot(times, record.whole, color=INK, label="$h_t$")
    states.plot(times, record.windows, "o-", color=BLUE, markersize=3, linewidth=0.9,
                label="$h_t^k$")  # fmt: skip
    states.plot(np.arange(start, record.t + 1), record.run, color=GREEN,
                label="run of the window")  # fmt: skip
    states.set_ylabel("state")
    states.legend(fontsize=7.5, ncols=3, loc="best")
    _draw_gaps(gaps, record)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    rule = "h_{t-1} + x_t"
    rule = f"λ {rule}" if record.activation == "identity" else f"{record.activation}(λ {rule})"
    at = record.t - 1
    largest = int(record.shares.argmax())
    return (
        f"One unit h_t = {rule} with λ = {record.λ:g} and {record.kind} inputs up to "
        f"{record.B:g}, and windows of k = {record.k}. At t = {record.t} the whole run is at "
        f"{record.whole[at]:.4g} and the window at {record.windows[at]:.4g}, "
        f"{record.gap[at]:.3g} apart; the bound is {record.bound:.3g}. The largest share of the "
        f"bound is {record.shares[largest]:.3g}, at t = {largest + 1}. For a tolerance of "
        f"{record.ε:g} a window of {record.enough} is enough for all such inputs, and one of "
        f"{record.needed} for these, up to t = {LAST}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    figure = drawn(lambda figure: draw(figure, record), (7.2, 5.0))
    return Still(figure, describe(record), CAPTION)


def _draw_gaps(ax: Axes, record: Record) -> None:
    times, apart = np.arange(1, LAST + 1), record.gap > 0
    ax.set_yscale("log")
    sizes = np.array([*record.gap, *record.bounds, record.bound, record.ε])
    sizes = sizes[sizes > 0]
    ax.set_ylim(sizes.min() / 3, 3 * sizes.max())
    ax.plot(times[apart], record.gap[apart], "o-", color=BLUE, markersize=3, linewidth=0.9,
            label=r"$\vert h_t - h_t^k\vert$")  # fmt: skip
    ax.axhline(record.bound, color=ORANGE, linestyle="--", label=r"$\lambda^k H$")
    past = record.bounds > 0
    ax.plot(times[past], record.bounds[past], ":", color=ORANGE, linewidth=1.6, zorder=3)
    ax.axhline(record.ε, color=PURPLE, linewidth=1, label=r"$\varepsilon$")
    ax.set_xlabel("time $t$")
    ax.legend(fontsize=7.5, ncols=3, loc="best")


def _gaps(activation: str, λ: float, x: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """|h_t − h_t^j|, a row for each j, to the last digits however small it is.

    Two states that agree in all their digits have no difference left to compute. So it is carried
    along by itself: tanh a − tanh b = tanh(a − b) (1 − tanh a tanh b).
    """
    σ = named(activation)
    gaps = np.zeros((LAST + 1, LAST))
    # One run for each start s, from zero, and what the whole run is ahead of it.
    states, ahead = np.zeros(LAST + 1), whole.copy()
    for t in range(1, LAST + 1):
        s = np.arange(t)
        states[s] = σ(λ * states[s] + x[t - 1])
        ahead[s] = σ(λ * ahead[s])
        if activation == "tanh":
            ahead[s] *= 1 - whole[t] * states[s]
        gaps[t - s, t - 1] = np.abs(ahead[s])
        gaps[0, t - 1] = np.abs(whole[t])
    return gaps
