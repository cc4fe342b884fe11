"""Two of an LSTM's norms against each other, and a point among the regions: the still picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from book_utils.dynamics import (
    LSTMRates,
    lstm_iterations,
    lstm_rates,
    lstm_weighted_iterations,
)
from book_utils.figures.lstm_region import COLORS, NAMES
from book_utils.figures.still import GREEN, INK, Still, drawn

FORGET, LARGEST, UNITS = (0.0, 0.99), 5.0, 10_000
"""The range of F, the largest norm, and the largest number of units."""

PLANES = {
    "N_z over N_o": ("o", "z"),
    "N_z over N_i": ("i", "z"),
    "N_z over N_f": ("f", "z"),
    "N_i over N_o": ("o", "i"),
    "N_f over N_o": ("o", "f"),
    "N_i over N_f": ("f", "i"),
    "p over q_o": ("q_o", "p"),
    "N_z over F": ("F", "z"),
}

# What is drawn of an axis: the least of unit, unit/2, unit/4, … that holds the point and what the
# weaker condition allows, or unit times a power of 2 for a point further out.
AXES = {
    "i": (4.4, 1), "o": (4.4, 0), "f": (4.4, 2), "z": (1.1, 1), "p": (1.1, 1), "q_o": (1.1, 0),
}  # fmt: skip
LABELS = {
    "i": "$N_i$", "o": "$N_o$", "f": "$N_f$", "z": "$N_z$", "p": "$p$", "q_o": "$q_o$", "F": "$F$",
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """The point with its rates and numbers of steps, and the rates over the plane around it."""

    F: float
    i: float
    o: float
    f: float
    z: float
    d: int
    plane: str
    rates: LSTMRates
    sum_iterations: int | None
    weighted_iterations: int | None
    across: np.ndarray
    up: np.ndarray
    around: LSTMRates
    possible: np.ndarray
    """Which pairs of the plane there are: p is at least (N_i + K N_f)/4."""

    @property
    def regions(self) -> np.ndarray:
        """0 outside, 1 with the weaker condition, 2 with F + p + q_o < 1, 3 as printed."""
        each = (self.around.weaker_holds, self.around.by_sum < 1, self.around.hypotheses_hold)
        return np.where(self.possible, np.sum(each, axis=0), 0)

    def value(self, name: str) -> float:
        """A norm, F, p or q_o of the point."""
        return float(getattr(self.rates if name in ("p", "q_o") else self, name))


def reach(name: str, F: float, value: float) -> float:
    """How far the axis of that name goes, from that F on and with the point at that value."""
    if name == "F":
        return 1.0
    unit, power = AXES[name]
    return unit * 2.0 ** np.ceil(np.log2(max((1 - F) ** power, value / unit)))


def compute(
    F: float, i: float, o: float, f: float, z: float, d: int, plane: str, points: int = 301
) -> Record:
    """The point, and a grid of the plane."""
    rates = lstm_rates(F, i, o, f, z)
    here = {"F": F, "i": i, "o": o, "f": f, "z": z, "p": float(rates.p), "q_o": float(rates.q_o)}
    names = PLANES[plane]
    least = 0.0 if "F" in names else F
    across, up = (np.linspace(0, reach(name, least, here[name]), points) for name in names)
    numbers = {name: np.asarray(here[name]) for name in "Fiofz"}
    possible = np.ones((points, points), dtype=bool)
    if names == ("q_o", "p"):
        without = rates.p - z
        possible &= (up >= without)[:, None]
        numbers |= {"o": 4 * across, "z": np.maximum(up - without, 0)[:, None]}
    else:
        if names[0] == "F":
            across = across[:-1]  # F < 1
            possible = possible[:, :-1]
        numbers |= {names[0]: across, names[1]: up[:, None]}
    return Record(
        F, i, o, f, z, d, plane, rates,
        lstm_iterations(d, float(rates.by_sum)) if rates.by_sum > 0 else 1,
        lstm_weighted_iterations(d, rates) if rates.weighted > 0 else 1,
        across, up, lstm_rates(**numbers), possible,
    )  # fmt: skip


def draw(figure: Figure, record: Record) -> None:
    """Three regions, one inside the other, the point, and the line of its weighted rate."""
    ax = figure.subplots()
    for level, color in enumerate(COLORS, 1):
        region = (record.regions >= level).astype(float)
        ax.contourf(record.across, record.up, region, levels=[0.5, 1.5], colors=[color])
    rates = np.where(record.possible, record.around.weighted, np.nan)
    here = float(record.rates.weighted)
    if np.nanmin(rates) < here < np.nanmax(rates):
        ax.contour(record.across, record.up, rates, levels=[here], colors=INK, linewidths=0.9)
    point = [record.value(name) for name in PLANES[record.plane]]
    ax.plot(*point, "o", color=GREEN, markeredgecolor="white", markersize=9, clip_on=False)
    for name, label in zip(PLANES[record.plane], (ax.set_xlabel, ax.set_ylabel), strict=True):
        label(LABELS[name])
    handles = [Patch(color=c, label=n) for c, n in zip(COLORS[::-1], NAMES[::-1], strict=True)]
    handles.append(Line2D([], [], color=INK, linewidth=0.9, label=r"the same $\rho(M)$"))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    up, across = record.plane.split(" over ")
    rates = record.rates
    numbers = ", ".join(
        f"{name} = {getattr(record, short):g}"
        for name, short in (("F", "F"), ("N_i", "i"), ("N_o", "o"), ("N_f", "f"), ("N_z", "z"))
    )
    shares = ", ".join(
        f"about {100 * np.mean(record.regions >= level):.0f} % {name}"
        for level, name in ((3, "as printed"), (2, "by the sum"), (1, "by the weaker condition"))
    )
    # Then the weight of ρ(M) is 0, which makes no norm.
    beyond = rates.p == 0 and rates.q_o > 0 and rates.q_o >= record.F
    above = " (any larger rate is sure)" if beyond else ""
    return (
        f"The plane of {record.plane}: {across} up to {record.across[-1]:.3g}, {up} up to "
        f"{record.up[-1]:.3g}. Of the window an LSTM surely contracts in {shares}. "
        f"The point: {numbers}. "
        f"The hypotheses as printed {'hold' if rates.hypotheses_hold else 'do not hold'}. "
        f"F + p + q_o = {rates.by_sum:.4g}, {_steps(record.sum_iterations, record.d)}. "
        f"p = {rates.p:.4g} against (1 − F)(1 − q_o) = {(1 - record.F) * (1 - rates.q_o):.4g}, so "
        f"ρ(M) = {rates.weighted:.4g}{above}, {_steps(record.weighted_iterations, record.d)}."
    )


def _steps(r: int | None, d: int) -> str:
    if r is None:
        return "which promises nothing"
    return f"enough for length after {r} step{'s' * (r > 1)} with d = {d}"


CAPTION = (
    "Where an LSTM surely contracts: by the printed hypotheses, around them by F + p + q_o < 1, "
    "and around that by the weaker condition. The line joins all points with the ρ(M) of the one "
    "that is marked."
)


def show(record: Record) -> Still:
    """The finished picture."""
    figure = drawn(lambda figure: draw(figure, record), (4.6, 4.2))
    return Still(figure, describe(record), CAPTION)
