"""How the slope of the limit grows next to a fold and next to the cusp: two power laws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics.one_unit import fold_points
from book_utils.figures.still import BLUE, FAINT, ORANGE, Still, drawn

FOLD, CUSP = "fold", "cusp"


@dataclass(frozen=True)
class Record:
    """By place: distances in b from it, ∂y/∂b there, and what the law says."""

    w: float
    distance: Mapping[str, np.ndarray]
    rate: Mapping[str, np.ndarray]
    law: Mapping[str, np.ndarray]

    def exponent(self, place: str) -> float:
        """The slope of log(rate) over log(distance), nearest to the place."""
        x, y = np.log(self.distance[place][-5:]), np.log(self.rate[place][-5:])
        return float(np.polyfit(x, y, 1)[0])


def compute(w: float = 6.0, points: int = 41) -> Record:
    """Fixed points ever closer to the fold of ``w``, and at w = 4 to the cusp (4, −2)."""
    edge = float(fold_points(w)[0])
    y = edge - edge * np.logspace(-0.5, -4, points)
    s = y * (1 - y)
    b = np.log(y / (1 - y)) - w * y
    fold = np.log(edge / (1 - edge)) - w * edge - b
    bend = w**2 * np.sqrt(1 - 4 / w)
    x = np.logspace(-0.5, -3, points)  # y = ½ + x
    # b + 2 = 2 artanh(2x) − 4x, and s/(1 − 4s) = (¼ − x²)/(4x²).
    cusp = 2 * np.arctanh(2 * x) - 4 * x
    return Record(
        w,
        {FOLD: fold, CUSP: cusp},
        {FOLD: s / (1 - w * s), CUSP: (0.25 - x**2) / (4 * x**2)},
        {FOLD: (2 * bend * fold) ** -0.5, CUSP: (3 / 16) ** (1 / 3) / 3 * cusp ** (-2 / 3)},
    )


def draw(figure: Figure, record: Record) -> None:
    """Points over both laws as thin lines, on logarithmic axes."""
    ax = figure.subplots()
    names = {FOLD: f"fold, w = {record.w:g}", CUSP: "cusp, w = 4"}
    for place, color in ((FOLD, ORANGE), (CUSP, BLUE)):
        ax.loglog(record.distance[place], record.law[place], color=FAINT, linewidth=3)
        ax.loglog(record.distance[place], record.rate[place], ".", color=color, label=names[place])
    ax.set_xlabel("distance in b")
    ax.set_ylabel(r"$\partial y / \partial b$")
    ax.legend(loc="upper right")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for place in (FOLD, CUSP):
        last = record.rate[place][-1]
        parts.append(
            f"at the {place} it reaches {last:.3g} at the distance {record.distance[place][-1]:.2g}"
            f", with the exponent {record.exponent(place):.3f}"
        )
    return (
        "The slope of the fixed point along b, on logarithmic axes, follows two straight lines: "
        + "; ".join(parts)
        + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"The slope of the fixed point against the distance in b, from the lower fold of w = "
        f"{record.w:g} and, at w = 4, from the cusp. Grey: the two laws. They keep only the first "
        "term of a series, so the points leave them where the distance is not small."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.2, 3.4)), describe(record), caption)
