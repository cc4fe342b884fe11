"""Measured growth rates of products of Gaussian matrices beside the exact law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics import critical_gain, gaussian_exponent, gaussian_spread, log_growth
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn


@dataclass(frozen=True)
class Record:
    """Measured and exact exponents by size n, at the gains ``gains``."""

    gains: np.ndarray
    steps: int
    measured: Mapping[int, np.ndarray]

    def exact(self, n: int) -> np.ndarray:
        return np.array([gaussian_exponent(n, gain) for gain in self.gains])

    def error(self, n: int) -> float:
        """The standard deviation of a measured value, by the exact law."""
        return gaussian_spread(n) / np.sqrt(self.steps)

    def worst(self, n: int) -> float:
        """The largest deviation of a measured from an exact value, in standard deviations."""
        return float(np.abs(self.measured[n] - self.exact(n)).max() / self.error(n))


def compute(
    sizes: tuple[int, ...] = (2, 16), gains: int = 9, steps: int = 2000, seed: int = 0
) -> Record:
    """For each size and each gain, new matrices and the rate of their product."""
    rng = np.random.default_rng(seed)
    places = np.linspace(0.4, 2, gains)
    measured = {n: np.array([_rate(n, gain, steps, rng) for gain in places]) for n in sizes}
    return Record(places, steps, measured)


def _rate(n: int, gain: float, steps: int, rng: np.random.Generator) -> float:
    """The growth of one vector under fresh Gaussian matrices, per step."""
    factors = rng.normal(0, gain / np.sqrt(n), (steps, n, n))
    return float(log_growth(factors, np.ones(n) / np.sqrt(n))[-1] / steps)


def draw(figure: Figure, record: Record) -> None:
    """Dots for what is measured, lines for the law, and where the lines cross zero."""
    ax = figure.subplots()
    ax.axhline(0, color=FAINT, linewidth=1)
    ax.axvline(0.5, color=INK, linewidth=1, linestyle=":")
    ax.text(0.52, 0.95, "2g = 1", transform=ax.get_xaxis_transform(), va="top")
    fine = np.linspace(record.gains[0], record.gains[-1], 200)
    for n, color, marker in zip(record.measured, (BLUE, ORANGE), "os", strict=False):
        law = [gaussian_exponent(n, gain) for gain in fine]
        ax.plot(fine, law, color=color, linewidth=1.2)
        ax.plot(record.gains, record.measured[n], marker, color=color, label=f"n = {n}")
        ax.plot([critical_gain(n)], [0], "|", color=color, markersize=14, markeredgewidth=2)
    ax.set_xlabel("gain g")
    ax.set_ylabel("Lyapunov exponent λ")
    ax.legend(loc="lower right")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = [
        f"for n = {n} the measured exponents rise from {record.measured[n][0]:.2f} at g = "
        f"{record.gains[0]:.2g} to {record.measured[n][-1]:.2f} at g = {record.gains[-1]:.2g}, all "
        f"within {np.ceil(10 * record.worst(n)) / 10:.1f} standard deviations of the law, which is "
        f"0 at g = {critical_gain(n):.4f}"
        for n in record.measured
    ]
    return "Lyapunov exponent against gain: " + "; ".join(parts) + "."


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"The growth rate of products of {record.steps} Gaussian matrices: dots are measured, "
        "lines are the law, and an upright stroke marks the gain at which the law is 0. At the "
        "dotted line the norm of a single large factor is about 1."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 3.6)), describe(record), caption)
