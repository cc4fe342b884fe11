"""Three matrices and the norms of their powers: a rotation, a shear, and a Jordan block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics import power_norms, spectral_radius
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, PURPLE, Still, drawn

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])
MATRICES: Mapping[str, np.ndarray] = {
    "rotation": 0.9 * TURN,
    "shear": np.array([[0.9, 10.0], [0.0, 0.9]]),
    "Jordan block": np.array([[1.0, 1.0], [0.0, 1.0]]),
}


@dataclass(frozen=True)
class Record:
    """‖W^k‖ for k = 0, 1, … by the matrix's name, with its spectral radius."""

    norms: Mapping[str, np.ndarray]
    radius: Mapping[str, float]

    @property
    def k(self) -> np.ndarray:
        return np.arange(len(next(iter(self.norms.values()))))

    def peak(self, name: str) -> int:
        """The exponent with the largest norm."""
        return int(np.argmax(self.norms[name]))

    def below_one(self, name: str) -> int | None:
        """The exponent from which on all norms shown are below 1; None if the last is not."""
        large = np.flatnonzero(self.norms[name] >= 1)
        first = int(large[-1]) + 1 if large.size else 0
        return first if first < len(self.k) else None


def compute(steps: int = 80, matrices: Mapping[str, np.ndarray] = MATRICES) -> Record:
    """Powers 0 to ``steps`` of each matrix."""
    return Record(
        {name: power_norms(W, steps) for name, W in matrices.items()},
        {name: spectral_radius(W) for name, W in matrices.items()},
    )


def draw(figure: Figure, record: Record) -> None:
    """One line for each matrix on a logarithmic axis, and 1 as a thin line."""
    ax = figure.subplots()
    ax.axhline(1, color=FAINT, linewidth=1)
    for (name, norms), color in zip(record.norms.items(), (BLUE, ORANGE, PURPLE), strict=False):
        ax.plot(record.k, norms, color=color, label=f"{name}, ρ = {record.radius[name]:.2g}")
    for name, norms in record.norms.items():
        if 0 < (peak := record.peak(name)) < record.k[-1]:
            ax.plot([peak], [norms[peak]], "o", color=INK, markersize=4)
            ax.annotate(
                f"{norms[peak]:.1f} at k = {peak}",
                (peak, norms[peak]),
                textcoords="offset points",
                xytext=(6, 5),
            )
    ax.set_yscale("log")
    ax.set_xlabel("number of factors k")
    ax.set_ylabel(r"$\Vert W^k \Vert$")
    ax.legend(loc="lower left")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    return "Norms of powers: " + "; ".join(_line(record, name) for name in record.norms) + "."


def _line(record: Record, name: str) -> str:
    norms, peak, below = record.norms[name], record.peak(name), record.below_one(name)
    last = record.k[-1]
    if peak in (0, last):
        course = f"goes from {norms[0]:.3g} at k = 0 to {norms[-1]:.2g} at k = {last}"
    else:
        course = f"rises from {norms[0]:.3g} at k = 0 to {norms[peak]:.3g} at k = {peak}"
        course += f" and ends at {norms[-1]:.2g} at k = {last}"
    if below is not None and peak:
        course += f", below 1 from k = {below} on"
    return f"{name} with spectral radius {record.radius[name]:.2g} {course}"


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The norm of the k-th power of three 2 × 2 matrices, on a logarithmic axis. "
        "A dot marks a peak that is passed."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 3.4)), describe(record), caption)
