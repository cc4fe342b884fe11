"""The states of a whole run and of windows, and how far apart they are, under the bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Elman
from book_utils.dynamics import simulate
from book_utils.dynamics.truncation import state_bound, truncated_states
from book_utils.figures.still import BLUE, FAINT, ORANGE, Still, drawn

COLORS, MARKERS = (ORANGE, BLUE), ("o", "s")


@dataclass(frozen=True)
class Record:
    """One unit h_t = tanh(λ h_{t-1} + x_t): h_1, h_2, … and, for each k, h_1^k, h_2^k, …"""

    λ: float
    H: float
    """B_0/(1 − λ), with B_0 the largest |tanh(x_t)|, or 1 where that is less."""
    ks: tuple[int, ...]
    whole: np.ndarray
    windows: np.ndarray
    """A row for each k."""

    @property
    def times(self) -> np.ndarray:
        return np.arange(1, len(self.whole) + 1)

    @property
    def gaps(self) -> np.ndarray:
        """|h_t − h_t^k|, a row for each k."""
        return np.abs(self.windows - self.whole)

    @property
    def bounds(self) -> np.ndarray:
        """λ^k H, for each k."""
        return self.λ ** np.array(self.ks) * self.H


def compute(
    λ: float = 0.9,
    ks: tuple[int, ...] = (3, 15),
    steps: int = 60,
    size: float = 0.3,
    seed: int = 1,
) -> Record:
    """The inputs are drawn from N(0, size²)."""
    cell = Elman([[λ]], [[1.0]], [0.0], "tanh")
    inputs = size * np.random.default_rng(seed).normal(size=(steps, 1))
    windows = np.array([truncated_states(cell, inputs, k)[:, 0] for k in ks])
    H = state_bound(λ, float(np.abs(np.tanh(inputs)).max()), longest=1)
    return Record(λ, H, tuple(ks), simulate(cell, [0.0], inputs)[1:, 0], windows)


def draw(figure: Figure, record: Record) -> None:
    """The states above, their distances below; the bounds as broken lines."""
    above, below = figure.subplots(2, 1, sharex=True)
    above.plot(record.times, record.whole, color=FAINT, linewidth=5, label="whole run")
    below.set_yscale("log")
    rows = zip(record.ks, record.windows, record.gaps, record.bounds, COLORS, MARKERS, strict=False)
    for k, states, gaps, bound, color, marker in rows:
        name = f"$k = {k}$"
        style = {"color": color, "marker": marker, "markersize": 3, "linewidth": 0.9}
        above.plot(record.times, states, label=name, **style)
        apart = gaps > 0
        below.plot(record.times[apart], gaps[apart], label=name, **style)
        below.axhline(bound, color=color, linestyle="--", linewidth=1.1)
    above.set_ylabel("state")
    below.set_ylabel(r"$\vert h_t - h_t^k\vert$")
    below.set_xlabel("time $t$")
    figure.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=3)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = [
        f"with k = {k} the states differ by at most {gaps.max():.2g}, typically "
        f"{np.median(gaps[k:]):.2g}, under the bound {bound:.2g}"
        for k, gaps, bound in zip(record.ks, record.gaps, record.bounds, strict=True)
    ]
    return (
        f"States of one tanh unit with the weight {record.λ:g} over {len(record.times)} steps, "
        "from the whole past and from windows of k inputs, with H = "
        f"{record.H:.3g}: " + "; ".join(parts) + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"Above, the state of one unit with λ = {record.λ:g} and random inputs, and what it would "
        "be if only the last k inputs were known. Below, how far apart they are, on a logarithmic "
        f"axis, and the bound λᵏH with H = {record.H:.3g} (broken lines of the same colour)."
    )
    return Still(drawn(lambda figure: draw(figure, record), (6.4, 4.4)), describe(record), caption)
