"""Where the unit is held: the logit curve against the graph of w y + b, just at the shock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics.one_unit import fold_points, limit, shock
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn

STARTS = (0.05, 0.4, 0.95)
ASIDE = 0.05


@dataclass(frozen=True)
class Panel:
    """One start, with w y + b at the shock and the limits a little to its two sides."""

    y0: float
    b: float
    below: float
    above: float
    touches: bool
    """Whether the two graphs touch there; otherwise they cross, at y0."""


@dataclass(frozen=True)
class Record:
    w: float
    y: np.ndarray
    logit: np.ndarray
    panels: tuple[Panel, ...]
    fold: tuple[float, float]
    """y_- and y_+."""


def compute(w: float = 6.0, starts: tuple[float, ...] = STARTS) -> Record:
    """One panel for each start."""
    y = np.linspace(0.005, 0.995, 400)
    y_minus, y_plus = map(float, fold_points(w))
    panels = tuple(_panel(w, y0) for y0 in starts)
    return Record(w, y, np.log(y / (1 - y)), panels, (y_minus, y_plus))


def _panel(w: float, y0: float) -> Panel:
    b, (y_minus, y_plus) = float(shock(w, y0)), fold_points(w)
    below, above = (float(limit(w, b + side, y0)) for side in (-ASIDE, ASIDE))
    return Panel(y0, b, below, above, not y_minus < y0 < y_plus)


def draw(figure: Figure, record: Record) -> None:
    """The panels side by side: both graphs, start and the two limits; y_- and y_+ on the axis."""
    axes = figure.subplots(1, len(record.panels), sharey=True, squeeze=False)[0]
    for ax, panel in zip(axes, record.panels, strict=True):
        ax.plot(record.y, record.logit, color=INK)
        ax.plot(record.y, record.w * record.y + panel.b, color=BLUE)
        z0 = np.log(panel.y0 / (1 - panel.y0))
        ax.axvline(panel.y0, color=FAINT, linewidth=0.8)
        ax.plot([panel.y0], [z0], "o", color=ORANGE, markersize=5)
        for end, marker in ((panel.below, "v"), (panel.above, "^")):
            ax.plot([end], [np.log(end / (1 - end))], marker, color=BLUE, markersize=6)
        y_minus, y_plus = record.fold
        case = "y_0 < y_-" if panel.y0 < y_minus else "y_0 > y_+"
        ax.set_title(f"${case}$" if panel.touches else "$y_- < y_0 < y_+$")
        ax.set_xlabel("$y$")
        ax.set_xticks([y_minus, panel.y0, y_plus], ["$y_-$", "$y_0$", "$y_+$"])
        ax.set_xlim(0, 1)
        ax.set_ylim(-5, 5)
    axes[0].set_ylabel(r"$\sigma^{-1}(y)$ and $w y + b$")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = [
        f"from y0 = {p.y0:g} the straight one, at b = {p.b:.4f}, "
        + ("touches the other" if p.touches else "crosses the other at y0")
        + f", and the limit is {p.below:.3f} a little below and {p.above:.3f} a little above"
        for p in record.panels
    ]
    return (
        f"The logit curve and the straight graph of {record.w:g} y + b, with y_- = "
        f"{record.fold[0]:.3f} and y_+ = {record.fold[1]:.3f}: " + "; ".join(parts) + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The logit curve (black) and w y + b at the shock (blue), for three starts (round dots) "
        f"and w = {record.w:g}. Triangles: the limits for b {ASIDE:g} smaller (down) and larger "
        "(up)."
    )
    return Still(drawn(lambda figure: draw(figure, record), (6.6, 3.2)), describe(record), caption)
