"""The exact drift factor against the number of steps, and three bounds of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics.truncation import drift_bounds
from book_utils.figures.still import BLUE, GREEN, ORANGE, PURPLE, Still, drawn

LABELS = {
    "exact": "exact",
    "zeta": r"$N^s \sum_{i \leq N} i^{-1-s}$",
    "simple": r"$N^s \min(1 + \frac{1}{s}, 1 + \ln N)$",
    "printed": "$N^{s+1}$, as printed",
}
COLORS, MARKERS = (BLUE, GREEN, PURPLE, ORANGE), "ov^s"


@dataclass(frozen=True)
class Record:
    """For s = αβ and each number of steps N the exact factor and its bounds, by name."""

    exponent: float
    steps: np.ndarray
    values: dict[str, np.ndarray]


def compute(exponent: float = 0.64, most: int = 10_000, points: int = 13) -> Record:
    """Numbers of steps from 1 to ``most``, evenly spaced on a logarithmic axis."""
    steps = np.unique(np.geomspace(1, most, points).round().astype(int))
    found = [asdict(drift_bounds(int(N), exponent)) for N in steps]
    return Record(exponent, steps, {name: np.array([f[name] for f in found]) for name in LABELS})


def slope(record: Record, name: str) -> float:
    """The exponent of N between the last two points."""
    (a, b), (m, n) = record.values[name][-2:], record.steps[-2:]
    return float(np.log(b / a) / np.log(n / m))


def draw(figure: Figure, record: Record) -> None:
    """Four curves on logarithmic axes."""
    ax = figure.subplots()
    for color, marker, (name, values) in zip(COLORS, MARKERS, record.values.items(), strict=True):
        ax.plot(record.steps, values, color=color, marker=marker, markersize=4, label=LABELS[name])
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("number of steps $N$")
    ax.set_ylabel(r"distance divided by $\alpha g$")
    ax.legend()


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    last = record.steps[-1]
    parts = ", ".join(
        f"{name} {values[-1]:.3g} (slope {slope(record, name):.2f})"
        for name, values in record.values.items()
    )
    return (
        f"The exact drift factor and three bounds for s = {record.exponent:g} against the number "
        f"of steps on logarithmic axes, from 1 to {last}. At {last}: {parts}"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "What the distance after N steps α/i is at most, divided by αg: the exact worst case, two "
        "bounds with the same slope, and the printed bound."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.6, 3.6)), describe(record) + ".", caption
    )
