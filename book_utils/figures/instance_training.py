"""How far apart training with the whole past and with a window gets, for three schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.experiments.windows import LINEAR, SCHEDULES, TANH, VARIANTS, Curve, Result
from book_utils.figures.still import BLUE, FAINT, GREEN, ORANGE, Still, drawn

COLOURS = dict(zip(SCHEDULES, (BLUE, ORANGE, GREEN), strict=True))
STYLES = dict(zip(SCHEDULES, ("-", "--", ":"), strict=True))
MARKED = 10
DECADES = 1e-5, 1e-3
"""The axis of the rescaled panel: wide enough that a power of N would show."""


@dataclass(frozen=True)
class Record:
    """By variant and schedule, for linear systems: the distance after 1, 2, … steps."""

    α: float
    trivial: float
    """No two matrices of the ball are further apart, in the Frobenius norm."""
    distances: Mapping[tuple[str, str], Curve]
    tanh: Mapping[str, float]
    """By variant the largest distance of all runs and steps of tanh systems."""

    @property
    def steps(self) -> np.ndarray:
        return np.arange(1, len(next(iter(self.distances.values())).mean) + 1)

    def growth(self, variant: str, schedule: str) -> float:
        """By which factor the distance grows from ten steps to all."""
        mean = self.distances[variant, schedule].mean
        return float(mean[-1] / mean[MARKED - 1])


def compute(result: Result) -> Record:
    """All distances but the one before the first step, which is zero."""
    c = result.config
    distances, tanh = {}, {}
    for variant in VARIANTS:
        for schedule in SCHEDULES:
            curve = result.distance(variant, LINEAR, schedule)
            parts = curve.mean, curve.least, curve.largest
            distances[variant, schedule] = Curve(*(part[1:] for part in parts))
        tanh[variant] = max(
            float(result.distance(variant, TANH, schedule).largest.max()) for schedule in SCHEDULES
        )
    return Record(c.α, 2 * c.λ * float(np.sqrt(c.n)), distances, tanh)


def draw(figure: Figure, record: Record) -> None:
    """A panel for each variant, both axes logarithmic: a power of N would be a straight line."""
    panels = figure.subplots(1, len(VARIANTS), sharex=True)
    for ax, variant in zip(panels, VARIANTS, strict=True):
        for schedule, colour in COLOURS.items():
            curve = record.distances[variant, schedule]
            ax.plot(record.steps, curve.mean, STYLES[schedule], color=colour, label=schedule)
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_title(f"{variant}, linear")
        ax.set_xlabel("steps of training")
    panels[-1].set_ylim(*DECADES)
    first = record.distances[VARIANTS[-1], next(iter(SCHEDULES))].mean[0]
    panels[-1].plot(record.steps, first * record.steps, color=FAINT, linewidth=1)
    panels[0].axhline(record.trivial, color=FAINT, linewidth=1)
    panels[0].set_ylabel(r"$\Vert w_{\mathrm{recurr}} - w_{\mathrm{trunc}}\Vert$")
    lines, names = panels[0].get_legend_handles_labels()
    figure.legend(
        lines, names, loc="outside lower center", ncols=3, title=r"step size: $\alpha$ times"
    )


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for (variant, schedule), curve in record.distances.items():
        parts.append(
            f"{variant}, {schedule}: {curve.mean[0]:.2g} after the first step, "
            f"{curve.mean[MARKED - 1]:.2g} after {MARKED}, {curve.mean[-1]:.2g} after "
            f"{record.steps[-1]}"
        )
    return (
        "Mean distance of the weights of linear systems trained with the whole past and with the "
        f"window, on logarithmic axes, for α = {record.α:g} times three schedules. "
        + "; ".join(parts)
        + f". The grey line at {record.trivial:.2g} is the distance that none can exceed; "
        "the other grey line grows like the number of steps."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The distance of the weights against the number N of steps: the mean over the runs. A "
        "power of N would be a straight line. Grey: left 2λ√n, right the slope of N itself. The "
        "axes of the two panels differ. tanh has no panel: its distances are as small as rounding."
    )
    return Still(drawn(lambda figure: draw(figure, record), (7.0, 3.4)), describe(record), caption)
