"""How steep the wall is after n steps: at the shock on the line, and beside the fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics.one_unit import cost, cost_gradient, fold, fold_points, shock
from book_utils.figures.still import BLUE, FAINT, ORANGE, Still, drawn

STEPS = (25, 50, 100, 200, 400)


def slope(w: Any, b: Any, y0: Any, n: int) -> np.ndarray:
    """∂y_n/∂b, from the cost with the target 0, which is y_n²."""
    return cost_gradient(w, b, y0, 0, n)[1] / (2 * np.sqrt(cost(w, b, y0, 0, n)))


def steepest(w: float, y0: float, n: int) -> tuple[float, float]:
    """(b, ∂y_n/∂b) at the steepest place above the fold b_−, for a start below y_−.

    Searched on ever finer grids: the slope has one peak there.
    """
    edge = float(fold(w)[0])
    low, high = edge, edge + 30 / (rate(w) * n**2)
    for _ in range(7):
        grid = np.linspace(low, high, 25)
        slopes = slope(w, grid, y0, n)
        place = int(slopes.argmax())
        low, high = grid[max(place - 1, 0)], grid[min(place + 1, 24)]
    return float(grid[place]), float(slopes[place])


def rate(w: float) -> float:
    """A B = ½ √(1 − 4/w): near the fold a step moves y by A d + B (y − y_−)².

    A = σ'(σ⁻¹(y_−)) = 1/w, and B = ½ F''(y_−) = ½ w √(1 − 4/w).
    """
    y_minus, y_plus = fold_points(w)
    return float(y_plus - y_minus) / 2


def thickness(w: float, y0: float, n: int = 50, limit: float = 10) -> float:
    """The measure of the b near the shock with ∂y_n/∂b above ``limit``.

    Read off a grid that is finer and finer towards the shock, on both sides of it.
    """
    total, place = 0.0, float(shock(w, y0))
    away = np.concatenate([[0], np.geomspace(1e-13, 0.1, 8000)])
    for side in (-1, 1):
        steep = slope(w, place + side * away, y0, n) > limit
        total += float(np.diff(away)[steep[:-1] & steep[1:]].sum())
    return total


@dataclass(frozen=True)
class Record:
    """∂y_n/∂b by n: at the shock on the line, and the largest beside the fold with its place."""

    w: float
    n: np.ndarray
    line: np.ndarray
    fold: np.ndarray
    places: np.ndarray
    edge: float
    short: np.ndarray
    """The n for the line: it leaves the picture early."""

    @property
    def exponents(self) -> np.ndarray:
        """From one n to the next on the fold: d log slope / d log n."""
        return np.diff(np.log(self.fold)) / np.diff(np.log(self.n))

    @property
    def shares(self) -> np.ndarray:
        """How far the wall stands from the fold, in units of π²/(A B n²)."""
        return (self.places - self.edge) * rate(self.w) * self.n**2 / np.pi**2


def compute(
    w: float = 6.0, on_line: float = 0.5, on_fold: float = -2.0, steps: tuple = STEPS
) -> Record:
    """For the starts σ(on_line) and σ(on_fold)."""
    line, low = float(logistic(on_line)), float(logistic(on_fold))
    short = np.array([5, 10, 15, 20, 30, 40, 50])
    at = float(shock(w, line))
    found = [steepest(w, low, n) for n in steps]
    return Record(
        w,
        np.array(steps),
        np.array([slope(w, at, line, int(n)) for n in short]),
        np.array([value for _, value in found]),
        np.array([b for b, _ in found]),
        float(fold(w)[0]),
        short,
    )


def draw(figure: Figure, record: Record) -> None:
    """Both kinds of wall, and a line of slope 3."""
    ax = figure.subplots()
    ax.plot(record.short, record.line, "s-", color=ORANGE, ms=4, label="on the line, at the shock")
    ax.plot(record.n, record.fold, "o-", color=BLUE, ms=4, label="beside the fold, the largest")
    cubic = record.fold[-1] * (record.n / record.n[-1]) ** 3
    ax.plot(record.n, cubic, "--", color=FAINT, label="$n^3$")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("$n$")
    ax.set_ylabel(r"$\partial y_n/\partial b$")
    ax.legend(loc="lower right")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    return (
        f"Slope of the wall for w = {record.w:g} on logarithmic axes. At the shock on the line it "
        f"grows from {record.line[0]:.3g} at n = {record.short[0]} to {record.line[-1]:.3g} at "
        f"n = {record.short[-1]}, along a curve that bends up. Beside the fold the largest grows "
        f"from {record.fold[0]:.3g} at n = {record.n[0]} to {record.fold[-1]:.3g} at n = "
        f"{record.n[-1]}, with local exponents from {record.exponents[0]:.2f} to "
        f"{record.exponents[-1]:.2f}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The slope of y_n in b for two starts: at the shock, where that lies on the line, and "
        "where it is largest, beside the fold. Dashed: a cubic."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.4, 3.4)), describe(record), caption)
