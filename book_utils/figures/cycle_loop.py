"""One weight below −4: the fixed point and the two-cycle over the bias."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics.one_unit import fixed_points, flip, two_cycle
from book_utils.figures.still import BLUE, FAINT, PURPLE, Still, drawn


@dataclass(frozen=True)
class Record:
    """For each bias the fixed point, and the two states of the cycle, NaN where there is none."""

    w: float
    b: np.ndarray
    point: np.ndarray
    low: np.ndarray
    high: np.ndarray
    flips: tuple[float, float]

    @property
    def repels(self) -> np.ndarray:
        """Where the fixed point repels: between the flips."""
        return (self.b > self.flips[0]) & (self.b < self.flips[1])

    @property
    def widest(self) -> float:
        """The largest distance of the two states."""
        return float(np.nanmax(self.high - self.low))


def compute(w: float = -8.0, margin: float = 2.0, count: int = 301) -> Record:
    """Biases from ``margin`` below the lower flip to ``margin`` above the upper one.

    They stand densest at the flips, where the cycle opens like a square root.
    """
    lower, upper = flip(w)
    turn = np.linspace(0, np.pi, count)
    inside = (lower + upper) / 2 - (upper - lower) / 2 * np.cos(turn)
    b = np.concatenate(
        [
            np.linspace(lower - margin, lower, 40, endpoint=False),
            inside,
            np.linspace(upper, upper + margin, 41)[1:],
        ]
    )
    low, high = np.moveaxis(two_cycle(w, b), -1, 0)
    return Record(w, b, fixed_points(w, b)[:, 0], low, high, (float(lower), float(upper)))


def draw(figure: Figure, record: Record) -> None:
    """The loop of the cycle, and through it the fixed point, dashed where it repels."""
    ax = figure.subplots()
    for b in record.flips:
        ax.axvline(b, color=FAINT, linewidth=1)
    inside = record.repels
    ax.plot(record.b[inside], record.point[inside], color=BLUE, linestyle=(0, (4, 2)))
    for side in (record.b <= record.flips[0], record.b >= record.flips[1]):
        ax.plot(record.b[side], record.point[side], color=BLUE)
    for states in (record.low, record.high):
        ax.plot(record.b, states, color=PURPLE)
    middle = (record.flips[0] + record.flips[1]) / 2
    ax.annotate("cycle", (middle, np.nanmax(record.high)), (0, -14), **_TEXT, color=PURPLE)
    ax.annotate("fixed point", (middle, 0.5), (14, -14), **_TEXT, color=BLUE)
    ax.set(xlabel="bias b", ylabel="state y", ylim=(0, 1), xlim=(record.b[0], record.b[-1]))


_TEXT = {"textcoords": "offset points", "ha": "center"}


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    place = int(np.nanargmax(record.high - record.low))
    return (
        f"States over the bias for w = {record.w:g}. The fixed point "
        f"rises from {record.point[0]:.3f} at b = {record.b[0]:.2f} to {record.point[-1]:.3f} at "
        f"b = {record.b[-1]:.2f}, and repels from b = {record.flips[0]:.4f} to "
        f"{record.flips[1]:.4f}. Between these a cycle of two states attracts; it is widest at "
        f"b = {record.b[place]:.2f}, from {record.low[place]:.4f} to {record.high[place]:.4f}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    lower, upper = record.flips
    caption = (
        f"The unit with w = {record.w:g} over its bias. Blue: the fixed point, dashed where it "
        "repels. Purple: the two states of the cycle. Grey: the flips, at "
        f"b = {lower:.2f} and b = {upper:.2f}."
    ).replace("-", "−")
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 3.2)), describe(record), caption)
