"""How the gap of the gradients falls with the window, between a bound that holds and one that
does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from book_utils.cells import Linear
from book_utils.dynamics.truncation import Constants, gap_bound, gradient_gap, smoothness_constants
from book_utils.figures.still import BLUE, GREEN, ORANGE, Still, drawn

LOSSES = {"$p = h_T$": (lambda h: np.ones_like(h), 0.0), "$p = h_T^2/2$": (lambda h: h, 1.0)}
"""By name: the rows of a loss, and how fast they turn."""


@dataclass(frozen=True)
class Record:
    """For h = λ h + B and each loss: the gap, the bound and the printed bound at every length."""

    λ: float
    ks: np.ndarray
    gaps: dict[str, np.ndarray]
    bounds: dict[str, np.ndarray]
    printed: dict[str, np.ndarray]

    def crossing(self, loss: str) -> int | None:
        """From which length on the gap lies above the printed bound to the end, if it does."""
        within = np.flatnonzero(self.gaps[loss] <= self.printed[loss])
        first = within[-1] + 1 if len(within) else 0
        return int(self.ks[first]) if first < len(self.ks) else None


def printed_bound(constants: Constants, k: np.ndarray) -> np.ndarray:
    """The bound with the printed line, ‖h_t − h_t^k‖ for ‖h_{t−1} − h_{t−1}^k‖: λ too much in the
    term of the immediate rates. Nothing else is changed."""
    without = gap_bound(replace(constants, β_wh=0), k)
    return without + constants.λ * (gap_bound(constants, k) - without)


def compute(λ: float = 0.8, B: float = 1.0, longest: int = 20, T: int = 400) -> Record:
    """All three for windows of 1 to ``longest`` inputs of a long run."""
    cell, inputs, ks = Linear([[λ]], [[B]]), np.ones((T, 1)), np.arange(1, longest + 1)
    gaps, bounds, printed = {}, {}, {}
    H = B / (1 - λ)
    for name, (rows, β_p) in LOSSES.items():
        L_p = float(np.max(rows(np.array([[H]]))))
        constants = smoothness_constants(cell, B, L_p, β_p)
        gaps[name] = gradient_gap(cell, inputs, rows, ks, ["W"])
        bounds[name] = gap_bound(constants, ks)
        printed[name] = printed_bound(constants, ks)
    return Record(λ, ks, gaps, bounds, printed)


def draw(figure: Figure, record: Record) -> None:
    """A panel for each loss: bound, printed bound and the gap."""
    places = figure.subplots(len(record.gaps), 1, sharex=True)
    for ax, name in zip(places, record.gaps, strict=True):
        ax.plot(record.ks, record.bounds[name], color=BLUE, label="bound")
        ax.plot(record.ks, record.printed[name], color=ORANGE, linestyle="--", label="printed")
        ax.plot(record.ks, record.gaps[name], "o", color=GREEN, markersize=4, label="gap")
        ax.set_yscale("log")
        ax.set_title(name)
        ax.set_ylabel("gap of the gradients")
    places[-1].set_xlabel("window $k$")
    places[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(*places[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts, last = [], record.ks[-1]
    for name, gaps in record.gaps.items():
        bounds, printed = record.bounds[name], record.printed[name]
        crossing = record.crossing(name)
        parts.append(
            f"for {name.strip('$')} the gap is {gaps[0]:.3g} at k = 1 and {gaps[-1]:.3g} at "
            f"k = {last}, the bound {bounds[0]:.3g} and {bounds[-1]:.3g}; "
            f"the printed bound, {printed[0]:.3g} and {printed[-1]:.3g}, "
            + (f"lies below the gap from k = {crossing} on" if crossing else "lies above it")
        )
    return f"Gap of the gradients of h = {record.λ:g} h + 1: " + "; ".join(parts) + "."


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "How much of the gradient a window of k inputs leaves out (points), the bound (line) and "
        "the bound with the printed line of the proof (broken), for one linear unit and two losses."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.2, 5.2)), describe(record), caption)
