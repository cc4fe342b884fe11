"""How far a unit is from its fixed point after n steps, for weights up to 4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics.one_unit import orbit
from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, Still, drawn

COLORS = (BLUE, GREEN, ORANGE, PURPLE)


@dataclass(frozen=True)
class Record:
    """|y_n − ½| with b = −w/2, where ½ is the fixed point, by the weight w."""

    y0: float
    gaps: Mapping[float, np.ndarray]
    """From n = 1 on."""

    @property
    def n(self) -> np.ndarray:
        return np.arange(1, 1 + len(next(iter(self.gaps.values()))))

    @property
    def law(self) -> np.ndarray:
        """√(3/(8n))."""
        return np.sqrt(3 / (8 * self.n))


def compute(
    weights: tuple[float, ...] = (3.0, 3.9, 3.99, 4.0), y0: float = 0.1, steps: int = 400
) -> Record:
    """One start for all weights."""
    w = np.array(weights)
    gaps = np.abs(orbit(w, -w / 2, y0, steps)[1:] - 0.5)
    return Record(y0, dict(zip(weights, gaps.T, strict=True)))


SMALLEST = 1e-3
"""Below it only the weights far from 4 go on, and the slope at 4 could not be seen."""


def draw(figure: Figure, record: Record) -> None:
    """Both axes logarithmic: a power of n is a straight line."""
    ax = figure.subplots()
    ax.axvline(50, color=FAINT, linewidth=1)
    for (w, gaps), color in zip(record.gaps.items(), COLORS, strict=False):
        seen = gaps > SMALLEST
        ax.plot(record.n[seen], gaps[seen], color=color, label=f"w = {w:g}")
    ax.plot(record.n, record.law, "--", color=INK, linewidth=1, label=r"$\sqrt{3/(8n)}$")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(SMALLEST, 1)
    ax.set_xlabel("steps $n$")
    ax.set_ylabel(r"$|y_n - \frac{1}{2}|$")
    ax.legend(loc="lower left")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    last = record.n[-1]
    lines = []
    for w, gaps in record.gaps.items():
        line = f"w = {w:g}: {gaps[49]:.2g} after 50 steps"
        if gaps[-1] > SMALLEST:
            line += f", {gaps[-1]:.2g} after {last}"
        lines.append(line)
    return (
        f"The distance from the fixed point one half, from the start {record.y0:g}: "
        + "; ".join(lines)
        + f". The dashed line goes from {record.law[49]:.2g} after 50 steps to "
        f"{record.law[-1]:.2g} after {last}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "How far the unit is from its fixed point one half, with b = −w/2. The dashed line is the "
        "law at w = 4. The thin vertical line marks n = 50."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 3.4)), describe(record), caption)
