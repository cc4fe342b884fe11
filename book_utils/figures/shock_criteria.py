"""Where the unit is held: the logit curve against the line w y + b, just at the shock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics.one_unit import fold_points, limit, shock
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn

STARTS = (0.15, 0.4, 0.85)
ASIDE = 0.05


@dataclass(frozen=True)
class Panel:
    """One start, with the line at the shock and the limits a little to its two sides."""

    y0: float
    b: float
    below: float
    above: float
    touches: bool
    """Whether the line touches the curve there; otherwise it crosses it, at y0."""


@dataclass(frozen=True)
class Record:
    w: float
    y: np.ndarray
    logit: np.ndarray
    panels: tuple[Panel, ...]


def compute(w: float = 6.0, starts: tuple[float, ...] = STARTS) -> Record:
    """One panel for each start."""
    y = np.linspace(0.005, 0.995, 400)
    return Record(w, y, np.log(y / (1 - y)), tuple(_panel(w, y0) for y0 in starts))


def _panel(w: float, y0: float) -> Panel:
    b, (y_minus, y_plus) = float(shock(w, y0)), fold_points(w)
    below, above = (float(limit(w, b + side, y0)) for side in (-ASIDE, ASIDE))
    return Panel(y0, b, below, above, not y_minus < y0 < y_plus)


def draw(figure: Figure, record: Record) -> None:
    """The panels side by side: curve, line, start and the two limits."""
    axes = figure.subplots(1, len(record.panels), sharey=True, squeeze=False)[0]
    for ax, panel in zip(axes, record.panels, strict=True):
        ax.plot(record.y, record.logit, color=INK)
        ax.plot(record.y, record.w * record.y + panel.b, color=BLUE)
        z0 = np.log(panel.y0 / (1 - panel.y0))
        ax.axvline(panel.y0, color=FAINT, linewidth=0.8)
        ax.plot([panel.y0], [z0], "o", color=ORANGE, markersize=5)
        for end, marker in ((panel.below, "v"), (panel.above, "^")):
            ax.plot([end], [np.log(end / (1 - end))], marker, color=BLUE, markersize=6)
        ax.set_title("touches" if panel.touches else "crosses at $y_0$")
        ax.set_xlabel("$y$")
        ax.set_xticks([0, panel.y0, 1], ["0", "$y_0$", "1"])
        ax.set_ylim(-5, 5)
    axes[0].set_ylabel(r"$\sigma^{-1}(y)$ and $w y + b$")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = [
        f"from y0 = {p.y0:g} the line at b = {p.b:.4f} "
        + ("touches the curve" if p.touches else "crosses the curve at y0")
        + f", and the limit is {p.below:.3f} a little below and {p.above:.3f} a little above"
        for p in record.panels
    ]
    return f"The logit curve against the line {record.w:g} y + b: " + "; ".join(parts) + "."


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The logit curve (black) and the line w y + b at the shock (blue), for three starts "
        f"(orange) and w = {record.w:g}. Triangles: the limits for b {ASIDE:g} smaller (down) and "
        "larger (up)."
    )
    return Still(drawn(lambda figure: draw(figure, record), (6.6, 3.2)), describe(record), caption)
