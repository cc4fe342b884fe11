"""Fixed points of one unit as the places where a line meets the logit curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics.one_unit import fixed_points
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn

UNITS = ((2.0, -1.0), (6.0, -3.0), (-8.0, 4.0))
HEIGHT = 5.0
"""The picture shows σ⁻¹(y) from −HEIGHT to HEIGHT."""


@dataclass(frozen=True)
class Panel:
    """One unit: its fixed points, ascending, and the slope w y (1 − y) of the map at each."""

    w: float
    b: float
    points: np.ndarray
    slopes: np.ndarray

    @property
    def attracts(self) -> np.ndarray:
        """Whether each fixed point draws its neighbours in."""
        return np.abs(self.slopes) < 1


@dataclass(frozen=True)
class Record:
    """One panel for each unit."""

    panels: tuple[Panel, ...]


def compute(units: Sequence[tuple[float, float]] = UNITS) -> Record:
    """The fixed points of each unit (w, b)."""
    panels = []
    for w, b in units:
        points = fixed_points(w, b)
        panels.append(Panel(w, b, points, w * points * (1 - points)))
    return Record(tuple(panels))


def draw(figure: Figure, record: Record) -> None:
    """Curve and line; a full dot where the fixed point attracts, an empty one where it repels."""
    z = np.linspace(-HEIGHT, HEIGHT, 201)
    ends = np.array([0.0, 1.0])
    for ax, panel in zip(
        figure.subplots(1, len(record.panels), sharey=True, squeeze=False)[0],
        record.panels,
        strict=True,
    ):
        ax.axhline(0, color=FAINT, linewidth=0.8)
        ax.plot(logistic(z), z, color=BLUE)
        ax.plot(ends, panel.w * ends + panel.b, color=ORANGE)
        for y, attracts in zip(panel.points, panel.attracts, strict=True):
            face = INK if attracts else "white"
            ax.plot(
                [y],
                [panel.w * y + panel.b],
                "o",
                color=INK,
                markerfacecolor=face,
                markersize=6,
                zorder=3,
            )
        ax.set(xlim=(0, 1), ylim=(-HEIGHT, HEIGHT), xlabel="y")
        ax.set_title(f"w = {panel.w:g}, b = {panel.b:g}".replace("-", "−"))
        ax.set_xticks([0, 0.5, 1], ["0", "½", "1"])
    figure.axes[0].set_ylabel("σ⁻¹(y) and w y + b")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    return (
        "The curve σ⁻¹(y) and the line w y + b, with a dot where they meet. "
        + "; ".join(map(_words, record.panels))
        + "."
    )


def _words(panel: Panel) -> str:
    met = ", ".join(
        f"y = {y:.3f} ({'attracts' if attracts else 'repels'}, slope of the map {slope:.3g})"
        for y, slope, attracts in zip(panel.points, panel.slopes, panel.attracts, strict=True)
    )
    return f"w = {panel.w:g}, b = {panel.b:g}: they meet at {met}"


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Blue: σ⁻¹(y). Orange: the line w y + b. Where they meet is a fixed point; a full dot "
        "attracts, an empty one repels."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.8, 2.8)), describe(record), caption)
