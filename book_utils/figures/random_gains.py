"""At which gain products of random Jacobians stop shrinking: the still picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from book_utils.dynamics import (
    critical_gain,
    gaussian_exponent,
    gaussian_growth,
    gaussian_spread,
)
from book_utils.figures.still import BLUE, INK, ORANGE, PURPLE, Still, drawn

RUNS = 6
"""How many random products are followed."""

SMALLEST, LARGEST = 0.5, 2.0
"""The range of the gain."""

NORM = 0.5
"""Below this gain E‖J‖ < 1 at every size, because E‖J‖ ≤ 2g, nearly met for large n."""

CAPTION = (
    "The rate at which products of Gaussian Jacobians grow, exact, and six random products. Each "
    "step of a run is drawn from the exact law of the length of Jv for a vector v of length 1. "
    "The band is λ ± 2 standard deviations of a run: about 19 runs of 20 lie in it."
)


@dataclass(frozen=True)
class Record:
    """Everything the picture shows; ``logs`` has a row per run and a column per step."""

    gain: float
    n: int
    seed: int
    rate: float  # λ(g)
    critical: float  # g_c
    spread: float  # standard deviation of a step
    logs: np.ndarray  # log‖J_k ⋯ J_1 v‖

    @property
    def rates(self) -> np.ndarray:
        """The logarithms divided by the number of steps."""
        return self.logs / self.steps

    @property
    def steps(self) -> np.ndarray:
        """1, 2, …, the number of steps."""
        return np.arange(1, self.logs.shape[1] + 1)

    @property
    def band(self) -> np.ndarray:
        """Two standard deviations of the rate after each number of steps."""
        return 2 * self.spread / np.sqrt(self.steps)


def compute(gain: float, n: int, steps: int, seed: int = 1) -> Record:
    """The exact rate, and six runs."""
    rate, critical, spread = gaussian_exponent(n, gain), critical_gain(n), gaussian_spread(n)
    logs = gaussian_growth(n, gain, steps, RUNS, seed)
    return Record(float(gain), n, seed, rate, critical, spread, logs)


def draw(figure: Figure, record: Record) -> None:
    """The rate against the gain, and the rates of the runs against the steps."""
    places = figure.subplots(1, 2)
    _draw_rate(places[0], record)
    _draw_runs(places[1], record)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    ends = record.rates[:, -1]
    verdict = "grow" if record.rate > 0 else "shrink"
    factor = np.exp(record.rate)
    return (
        f"Products of Gaussian Jacobians of size {record.n} at gain {record.gain:.4g}. The exact "
        f"rate is {record.rate:.4f}, so typical products {verdict} by a factor of {factor:.4g} a "
        f"step. The rate is 0 at the critical gain {record.critical:.5g}; at gain 1 it is "
        f"{gaussian_exponent(record.n):.4f}. After {len(record.steps)} steps the rates of "
        f"{len(ends)} random runs lie from {ends.min():.4f} to {ends.max():.4f}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    figure = drawn(lambda figure: draw(figure, record), (7.6, 3.0))
    return Still(figure, describe(record), CAPTION)


def _draw_rate(ax: Axes, record: Record) -> None:
    gains = np.linspace(SMALLEST, LARGEST, 121)
    rates = gaussian_exponent(record.n) + np.log(gains)
    ax.axhline(0, color=INK, linewidth=0.8)
    marks = (
        (NORM, "$2g = 1$", PURPLE, (0, (1, 1.5))),
        (1.0, "$g = 1$", BLUE, (0, (4, 3))),
        (record.critical, f"$g_c$ = {record.critical:.4f}", ORANGE, "solid"),
    )
    for gain, label, color, line in marks:
        ax.axvline(gain, color=color, linestyle=line, linewidth=1.2, label=label)
    ax.plot(gains, rates, color=INK, label=r"$\lambda(g)$")
    ax.plot(record.gain, record.rate, "o", color=ORANGE, markersize=8)
    ax.set_xlabel("gain $g$")
    ax.set_title(rf"Rate $\lambda$ at $n$ = {record.n}")
    ax.legend(fontsize=7.5)


def _draw_runs(ax: Axes, record: Record) -> None:
    for each in record.rates:
        ax.plot(record.steps, each, color=BLUE, linewidth=0.9, alpha=0.8)
    low, high = record.rate - record.band, record.rate + record.band
    ax.fill_between(record.steps, low, high, color=ORANGE, alpha=0.15, linewidth=0)
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.axhline(record.rate, color=ORANGE, label=rf"$\lambda = {record.rate:.4f}$")
    # The first few steps say little and would set the scale.
    start = min(3, len(record.steps) - 1)
    low = min(low[start], record.rates[:, start:].min(), 0)
    high = max(high[start], record.rates[:, start:].max(), 0)
    ax.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    ax.set_xlabel("steps $k$")
    ax.set_title(r"$\ln\Vert J_k \cdots J_1 v\Vert \,/\, k$ in six runs")
    ax.legend(fontsize=7.5)
