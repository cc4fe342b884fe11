"""For which norms of W_o and W_z an LSTM surely contracts: as printed, and by weaker conditions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from book_utils.dynamics import LSTMRates, lstm_rates
from book_utils.figures.still import INK, Still, drawn


@dataclass(frozen=True)
class Record:
    """The rates over a grid: a row for each norm z of W_z, a column for each norm o of W_o."""

    F: float
    i: float
    f: float
    o: np.ndarray
    z: np.ndarray
    rates: LSTMRates

    @property
    def regions(self) -> np.ndarray:
        """0 outside, 1 with the weaker condition, 2 with F + p + q_o < 1, 3 as printed."""
        each = (self.rates.weaker_holds, self.rates.by_sum < 1, self.rates.hypotheses_hold)
        return np.sum(each, axis=0)

    def reach(self, region: int) -> tuple[float, float]:
        """Up to which o and which z a region goes; 0 if it is empty."""
        left = 1 - self.F
        room = max(0.0, left - (self.i + self.f / left) / 4)
        if region == 3:
            inside = self.i < left and self.f < left**2
            return (left, left / 4) if inside else (0.0, 0.0)
        return 4 * room / (1 if region == 2 else left), room

    def share(self, region: int) -> float:
        """Which part of the window a region covers: the strictest is a rectangle, all others are
        triangles."""
        o, z = self.reach(region)
        return o * z / (self.o[-1] * self.z[-1]) / (1 if region == 3 else 2)


def compute(F: float = 0.75, i: float = 0.0, f: float = 0.0, points: int = 401) -> Record:
    """A grid of o up to 4.4 and z up to 1.1 times what the weaker condition allows at i = f = 0."""
    o, z = np.linspace(0, 4.4, points), np.linspace(0, 1.1 * (1 - F), points)
    return Record(F, i, f, o, z, lstm_rates(F, i, o, f, z[:, None]))


NAMES = (
    r"weaker: $p < (1-F)(1-q_o)$",
    r"$F + p + q_o < 1$",
    "hypotheses as printed",
)
COLORS = ("#a9d5cf", "#8fbce0", "#f0a98c")
LEVELS = (0.8, 0.85, 0.9, 0.95, 1.0)


def draw(figure: Figure, record: Record) -> None:
    """Three regions, one inside the other, and lines of equal weighted rate."""
    ax = figure.subplots()
    for level, color in enumerate(COLORS, 1):
        ax.contourf(
            record.o,
            record.z,
            (record.regions >= level).astype(float),
            levels=[0.5, 1.5],
            colors=[color],
        )
    lines = ax.contour(
        record.o,
        record.z,
        record.rates.weighted,
        levels=LEVELS,
        colors=INK,
        linewidths=0.8,
    )
    middle = len(record.o) * 2 // 5  # every label above the same place of the axis
    column = record.rates.weighted[:, middle]
    places = [
        (record.o[middle], float(np.interp(level, column, record.z)))
        for level in LEVELS
        if column[0] < level < column[-1]
    ]
    if places:
        ax.clabel(lines, fmt="%g", fontsize=8, manual=places)
    ax.set_xlabel(r"norm of $W_o$")
    ax.set_ylabel(r"norm of $W_z$")
    handles = [Patch(color=c, label=n) for c, n in zip(COLORS[::-1], NAMES[::-1], strict=True)]
    handles.append(Line2D([], [], color=INK, linewidth=0.8, label=r"weighted rate $\rho(M)$"))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for level, name in (
        (3, "The hypotheses as printed hold"),
        (2, "F + p + q_o is below 1"),
        (1, "the weaker condition holds"),
    ):
        o, z = record.reach(level)
        parts.append(
            f"{name} up to a norm {o:.3g} of W_o and up to {z:.3g} of W_z, "
            f"{100 * record.share(level):.1f} % of the window"
        )
    return (
        f"Regions in the plane of the norms of W_o (0 to {record.o[-1]:g}) and W_z (0 to "
        f"{record.z[-1]:.3g}), for F = {record.F:g}, with norms {record.i:g} of W_i and "
        f"{record.f:g} of W_f. " + "; ".join(parts)
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Where an LSTM surely contracts, by the norms (largest row sums) of W_o and W_z at fixed "
        "F: the rectangle of the printed hypotheses lies in the triangle of F + p + q_o < 1, and "
        "that in the triangle of the weaker condition. A thin line keeps the weighted rate."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.6, 4.2)), describe(record) + ".", caption
    )
