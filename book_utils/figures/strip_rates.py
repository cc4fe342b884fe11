"""How fast the limit of the one unit moves with b, for several weights, and the sharp bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics import limit_rates
from book_utils.figures.still import BLUE, GREEN, INK, ORANGE, PURPLE, Still, drawn

WEIGHTS = (-3.5, 0.0, 3.0, 3.9)


@dataclass(frozen=True)
class Record:
    """∂y_∞/∂b along b + w/2, by weight: (distance from the middle, rate)."""

    curves: Mapping[float, tuple[np.ndarray, np.ndarray]]

    def largest(self, w: float) -> float:
        """The largest rate that was computed."""
        return float(self.curves[w][1].max())


def compute(weights: tuple[float, ...] = WEIGHTS, points: int = 801) -> Record:
    """Rates at fixed points y close to 0, up to close to 1, the middle ½ among them."""
    z = np.linspace(-5, 5, points)  # σ⁻¹(y)
    y = logistic(z)
    return Record({w: (z - w * y + w / 2, limit_rates(w, y)[1]) for w in weights})


def draw(figure: Figure, record: Record) -> None:
    """One curve for each weight on a logarithmic axis; a dot is the bound 1/(4 − w)."""
    ax = figure.subplots()
    for (w, (b, rate)), color in zip(
        record.curves.items(), (PURPLE, BLUE, GREEN, ORANGE), strict=False
    ):
        ax.plot(b, rate, color=color, label=f"w = {w:g}")
        ax.plot([0], [1 / (4 - w)], "o", color=INK, markersize=4)
    ax.set_yscale("log")
    ax.set_xlim(-4, 4)
    ax.set_ylim(0.01, 20)
    ax.set_xlabel("b + w/2")
    ax.set_ylabel(r"$\partial y_\infty / \partial b$")
    ax.legend(loc="upper right", fontsize=8)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = [
        f"for w = {w:g} it is {record.largest(w):.3g}, the bound {1 / (4 - w):.3g}"
        for w in record.curves
    ]
    return (
        "The slope of the limit along b has one hump for each weight, symmetric about b = -w/2. "
        "The largest slope there: " + "; ".join(parts) + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The slope of the limit as b moves, for four weights, on a logarithmic axis. "
        "Dots: the bound 1/(4 − w), reached at b = −w/2."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.2, 3.4)), describe(record), caption)
