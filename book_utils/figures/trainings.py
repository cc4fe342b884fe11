"""Two trainings of one unit, or the worst pair of losses: the still of the explorable ``drift``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from book_utils.cells import Elman
from book_utils.dynamics.truncation import (
    Constants,
    drift_bounds,
    gap_rate,
    gradient_gap,
    smoothness_bound,
    smoothness_constants,
    train,
    worst_drift,
)
from book_utils.figures.drift import INPUT, NAMES, schedules
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, PURPLE, Still, drawn

LENGTH = 40  # inputs, all of them INPUT
UNITS = ("identity", "tanh")
LOSSES = ("unit", "pair")
# The schedules of figures.drift by words: a script would put a name that is a number first.
SCHEDULES: Mapping[str, str] = MappingProxyType({"over": "1/i", "root": "1/√i", "equal": "1"})
# Weights are at most 1 in size here, and rounded to 1e-16 at each of up to 200 steps.
ROUNDING = 1e-14

CAPTION = "How far do full training and training with a window run apart, and how far could they?"


@dataclass(frozen=True)
class Record:
    """Weights w_0, …, w_N and v_0, …, v_N of the two trainings, and what bounds their distance."""

    losses: str  # a name in LOSSES
    activation: str
    schedule: str  # a name in SCHEDULES
    k: int
    α: float
    λ: float
    y: float
    at: int  # the step that is picked
    full: np.ndarray
    short: np.ndarray
    constants: Constants
    smoothness: float
    """β, from the constants of the unit."""
    rate: float
    """γ, from the same constants."""
    first_gap: float
    """|p′ − p^k′| of the unit where it starts."""
    worst: np.ndarray
    """The worst case after steps 1, …, N: for a unit no more than its interval is wide."""
    simple: np.ndarray | None
    """The simple bound after steps 1, …, N; there is none for equal steps."""

    @property
    def N(self) -> int:
        """The number of steps of gradient descent."""
        return len(self.worst)

    @property
    def gap(self) -> float:
        """g = γ k λ^k."""
        return self.rate * self.k * self.λ**self.k

    @property
    def distances(self) -> np.ndarray:
        """|w_i − v_i| for i = 1, …, N; 0 where it is nothing but rounding."""
        apart = np.abs(self.full - self.short)[1:]
        return np.where(apart < ROUNDING, 0.0, apart)

    @property
    def wide(self) -> int | None:
        """The first step after which the worst case of a unit is the whole interval, if any."""
        reached = self.worst == 2 * self.λ
        return int(reached.argmax()) + 1 if self.losses == "unit" and reached.any() else None


def compute(
    losses: str,
    activation: str,
    schedule: str,
    k: int,
    N: int,
    α: float,
    λ: float,
    w0: float,
    y: float,
    at: int,
) -> Record:
    """Train h_t = φ(w h_{t−1} + ¼) with the loss ½ (h_T − y)² twice, or take the worst pair.

    The weight of the unit is held in [−λ, λ]. The pair −β w²/2 and −β w²/2 − g w has the β and
    the g of that unit, starts at 0, and nothing stops it.
    """
    steps = schedules(α, N)[SCHEDULES[schedule]]
    cell = Elman([[np.clip(w0, -λ, λ)]], [[1]], [0], activation)
    constants = constants_of(activation, λ, y)
    β, γ = smoothness_bound(constants), gap_rate(constants)
    g = γ * k * λ**k
    inputs = np.full((LENGTH, 1), INPUT)

    def loss_gradient(h: np.ndarray) -> np.ndarray:
        return h - y

    if losses == "unit":
        full, short = (
            train(cell, inputs, loss_gradient, window, steps, λ)[:, 0, 0] for window in (None, k)
        )
    else:
        # At the top of its parabola full training stays.
        full = np.zeros(N + 1)
        short = np.array(list(accumulate(steps, lambda v, a: v + a * (β * v + g), initial=0.0)))
    worst = worst_drift(steps, β, g)
    return Record(
        losses,
        activation,
        schedule,
        k,
        α,
        λ,
        y,
        at,
        full,
        short,
        constants,
        β,
        γ,
        float(gradient_gap(cell, inputs, loss_gradient, k, ["W"])),
        np.minimum(worst, 2 * λ) if losses == "unit" else worst,
        _simple(schedule, N, α, β, g),
    )


def constants_of(activation: str, λ: float, y: float) -> Constants:
    """The constants of the unit for all weights in [−λ, λ].

    A state is at most H long, so the loss is (H + |y|)-Lipschitz there; it is 1-smooth.
    """
    cell = Elman([[λ]], [[1]], [0], activation)
    arrived = float(cell.activation(INPUT))
    return smoothness_constants(cell, arrived, arrived / (1 - λ) + abs(y), 1.0, λ)


def _simple(schedule: str, N: int, α: float, β: float, g: float) -> np.ndarray | None:
    steps = range(1, N + 1)
    if schedule == "over":
        return α * g * np.array([drift_bounds(i, α * β).simple for i in steps])
    if schedule == "root":
        return g / β * np.expm1(2 * α * β * np.sqrt(steps))
    return None


def draw(figure: Figure, record: Record) -> None:
    """The two weights, and below them their distance on a logarithmic axis."""
    weights, distances = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1.3])
    _draw_weights(weights, record)
    _draw_distances(distances, record)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    i, δ, worst = record.at, record.distances[record.at - 1], record.worst[record.at - 1]
    unit = "linear" if record.activation == "identity" else record.activation
    what = (
        f"One {unit} unit with weights from {-record.λ:g} to {record.λ:g} and the target "
        f"{record.y:g}"
        if record.losses == "unit"
        else f"The worst pair of losses with the constants of a {unit} unit, λ = {record.λ:g}"
    )
    parts = [
        f"{what}, trained from w_0 = {record.full[0]:.3g} for {record.N} steps "
        f"{SCHEDULES[record.schedule].replace('1', 'α', 1)}, α = {record.α:g}, through all "
        f"{LENGTH} inputs and through a window of {record.k}.",
        f"After step {i} the weights are {record.full[i]:.4g} and {record.short[i]:.4g}, "
        + ("not apart" if δ == 0 else f"{δ:.2e} apart")
        + f"; the worst case for β = {record.smoothness:.3g} and g = {record.gap:.3g} is "
        f"{worst:.2e}"
        + ("." if record.simple is None else f", the simple bound {record.simple[i - 1]:.2e}."),
    ]
    if record.wide is not None:
        parts.append(f"The worst case is the whole interval from step {record.wide} on.")
    return " ".join(parts)


def show(record: Record) -> Still:
    """The finished picture."""
    return Still(drawn(lambda figure: draw(figure, record), (7.2, 4.4)), describe(record), CAPTION)


def _draw_weights(ax: Axes, record: Record) -> None:
    steps = np.arange(record.N + 1)
    ax.axvline(record.at, color=FAINT, linewidth=1, zorder=0)
    ax.plot(steps, record.full, color=INK, label="$w_i$, whole run")
    ax.plot(
        steps, record.short, color=BLUE, linestyle=(0, (5, 2)), label=f"$v_i$, window {record.k}"
    )
    ax.set_ylabel("weight")
    ax.legend(fontsize=7.5)


def _draw_distances(ax: Axes, record: Record) -> None:
    steps, δ = np.arange(1, record.N + 1), record.distances
    ax.axvline(record.at, color=FAINT, linewidth=1, zorder=0)
    ax.set_yscale("log")
    if (δ > 0).any():
        ax.plot(steps, np.where(δ > 0, δ, np.nan), color=BLUE, linewidth=3, label="apart")
    ax.plot(steps, record.worst, color=ORANGE, linestyle="--", label="worst case")
    if record.simple is not None:
        ax.plot(steps, record.simple, color=PURPLE, linestyle=":", label="simple bound")
    none = steps[δ == 0]
    if none.size:
        # A logarithm has no zero: it stands on the lower edge.
        ax.plot(none, np.zeros(none.size), color=BLUE, linestyle="none", marker="o", markersize=3,
                transform=ax.get_xaxis_transform(), clip_on=False,
                label="0, on the lower edge")  # fmt: skip
    if record.losses == "unit":
        ax.axhline(2 * record.λ, color=INK, linewidth=0.8, label=r"$2\lambda$, the interval")
        ax.set_ylim(top=10 * record.λ)
    ax.set_xlabel(f"step $i$, of size {NAMES[SCHEDULES[record.schedule]]}")
    ax.set_ylabel(r"$\vert w_i - v_i\vert$")
    ax.legend(fontsize=7.5)
