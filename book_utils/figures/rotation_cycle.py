"""A network of two units whose weights rotate: below gain 4 it spirals in, above onto a circle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Elman
from book_utils.dynamics import numerical_abscissa, simulate, spectral_norm
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn

GAINS = (3.8, 4.2)
ANGLE = 1.0
STARTS = ((0.5, 0.52), (0.9, 0.5))


@dataclass(frozen=True)
class Record:
    """The runs y_0, y_1, … for each gain from each start, and two numbers of the weights."""

    gains: tuple[float, ...]
    runs: np.ndarray
    """Shape (gains, starts, steps + 1, 2)."""
    norms: tuple[float, ...]
    abscissae: tuple[float, ...]

    @property
    def radii(self) -> np.ndarray:
        """How far each state lies from the fixed point (½, ½)."""
        return np.linalg.norm(self.runs - 0.5, axis=-1)

    def band(self, place: int, last: int = 500) -> tuple[float, float]:
        """The smallest and the largest distance in the last steps, over all starts."""
        end = self.radii[place, :, -last:]
        return float(end.min()), float(end.max())


def weights(gain: float, angle: float = ANGLE) -> np.ndarray:
    """The gain times the rotation by the angle."""
    cos, sin = np.cos(angle), np.sin(angle)
    return gain * np.array([[cos, -sin], [sin, cos]])


def compute(
    gains: tuple[float, ...] = GAINS,
    angle: float = ANGLE,
    starts: tuple[tuple[float, float], ...] = STARTS,
    steps: int = 1000,
) -> Record:
    """Run y ↦ σ(y W + b) with b = −½ 𝟙 W, which has the fixed point (½, ½)."""
    runs = []
    for gain in gains:
        W = weights(gain, angle)
        cell = Elman(W.T, np.zeros((2, 0)), -0.5 * np.ones(2) @ W, "logistic")
        states = simulate(cell, np.array(starts), np.zeros((steps, len(starts), 0)))
        runs.append(np.swapaxes(states, 0, 1))
    return Record(
        gains,
        np.array(runs),
        tuple(spectral_norm(weights(gain, angle)) for gain in gains),
        tuple(numerical_abscissa(weights(gain, angle)) for gain in gains),
    )


def draw(figure: Figure, record: Record) -> None:
    """One panel for each gain, below each other: the first steps joined, all as dots."""
    panels = figure.subplots(len(record.gains), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for ax, gain, runs in zip(panels, record.gains, record.runs, strict=True):
        ax.plot([0.5], [0.5], "+", color=INK, markersize=9, zorder=3)
        for run, color in zip(runs, (BLUE, ORANGE), strict=False):
            ax.plot(*run[:13].T, color=FAINT, linewidth=0.8)
            ax.plot(*run.T, ".", color=color, markersize=2)
            ax.plot(*run[0], "o", color=color, markersize=5)
        ax.set_title(f"‖W‖ = {gain:g}")
        ax.set_ylabel("second unit")
        ax.set_aspect("equal")
    panels[-1].set_xlabel("first unit")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    return "Runs of two units in the plane of their states. " + " ".join(
        _line(record, place) for place in range(len(record.gains))
    )


def _line(record: Record, place: int) -> str:
    gain, (low, high) = record.gains[place], record.band(place)
    if high < 1e-6:
        return f"With ‖W‖ = {gain:g} both runs spiral into the fixed point (½, ½)."
    return (
        f"With ‖W‖ = {gain:g} both runs end on one closed curve around (½, ½), "
        f"at distances from {low:.3f} to {high:.3f}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Two starts (large dots, blue and orange), and a thousand steps from each in its colour; "
        "grey lines join the first twelve. The cross is the fixed point, the only one in either "
        "panel."
    )
    return Still(drawn(lambda figure: draw(figure, record), (4.2, 6.6)), describe(record), caption)
