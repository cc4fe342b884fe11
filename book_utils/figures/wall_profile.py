"""The wall from the side: the cost against b near the line of rest, for some weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics.one_unit import cost, cost_gradient
from book_utils.figures.still import BLUE, FAINT, GREEN, ORANGE, PURPLE, Still, drawn

COLORS = (BLUE, GREEN, ORANGE, PURPLE)


@dataclass(frozen=True)
class Record:
    """For each weight: E at some distances from the line, and its slope on the line."""

    y0: float
    target: float
    n: int
    distances: np.ndarray
    """b minus the b of the line."""
    costs: Mapping[float, np.ndarray]
    slopes: Mapping[float, float]
    """∂E/∂b on the line."""


def compute(
    weights: tuple[float, ...] = (3.0, 4.3, 5.0, 6.0),
    x0: float = 0.5,
    target: float = 0.7,
    n: int = 50,
    width: float = 0.4,
    points: int = 801,
) -> Record:
    """The paper's start and target; ``width`` to each side of the line."""
    y0 = float(logistic(x0))
    distances = np.linspace(-width, width, points)
    costs, slopes = {}, {}
    for w in weights:
        line = x0 - w * y0
        costs[w] = np.asarray(cost(w, line + distances, y0, target, n))
        slopes[w] = float(cost_gradient(w, line, y0, target, n)[1])
    return Record(y0, target, n, distances, costs, slopes)


def draw(figure: Figure, record: Record) -> None:
    """One line for each weight."""
    ax = figure.subplots()
    ax.axvline(0, color=FAINT, linewidth=1)
    for (w, costs), color in zip(record.costs.items(), COLORS, strict=False):
        ax.plot(record.distances, costs, color=color, label=f"w = {w:g}")
    ax.set_xlabel("$b$ minus the $b$ of the line")
    ax.set_ylabel(f"cost $E_{{{record.n}}}$")
    ax.legend(loc="upper right")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    lines = [
        f"at w = {w:g} from {costs[0]:.3g} to {costs[-1]:.3g}, with the slope "
        f"{record.slopes[w]:.3g} on the line"
        for w, costs in record.costs.items()
    ]
    low, high = record.distances[[0, -1]]
    return (
        f"The cost against b, from {-low:g} below the line of rest to {high:g} above it: "
        + "; ".join(lines)
        + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The cost across the line on which the start is a fixed point, for "
        f"{len(record.costs)} weights. All lines pass through the same point."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 3.4)), describe(record), caption)
