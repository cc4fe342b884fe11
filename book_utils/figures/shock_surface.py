"""The cost over the plane of w and b, and the curve along which its wall stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics.one_unit import cost, fold, shock
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn


@dataclass(frozen=True)
class Record:
    """E on a grid (rows b, columns w), the shock and the fold, and where E rises most in b."""

    w: np.ndarray
    b: np.ndarray
    E: np.ndarray
    x0: float
    target: float
    n: int
    bent: np.ndarray
    """Weights above 4, for the curves."""
    shock: np.ndarray
    fold: tuple[np.ndarray, np.ndarray]

    @property
    def turn(self) -> float:
        """w*: here the shock leaves the fold."""
        y0 = float(logistic(self.x0))
        return 1 / (y0 * (1 - y0))

    @property
    def steepest(self) -> np.ndarray:
        """For each w of the grid: the b where E changes most from one row to the next."""
        rows = np.abs(np.diff(self.E, axis=0)).argmax(axis=0)
        return (self.b[rows] + self.b[rows + 1]) / 2


def compute(x0: float = 0.5, target: float = 0.7, n: int = 50, size: int = 121) -> Record:
    """The cost (y_n − target)² for −2 <= w <= 8 and −7 <= b <= 3."""
    y0 = float(logistic(x0))
    w, b = np.linspace(-2, 8, size), np.linspace(-7, 3, size + 80)
    bent = np.linspace(4.001, 8, 200)
    E = cost(w[None, :], b[:, None], y0, target, n)
    return Record(w, b, E, x0, target, n, bent, shock(bent, y0), fold(bent))


def draw(figure: Figure, record: Record) -> None:
    """Left the cost as heights, right the plane from above: fold, shock and where E jumps."""
    left = figure.add_subplot(1, 2, 1, projection="3d")
    w, b = np.meshgrid(record.w, record.b)
    # Strides that divide the grid, for an odd `size`: of patches with fewer corners matplotlib 3.11
    # projects memory that nobody has written, and at times warns of what it finds (its #32272).
    left.plot_surface(w, b, record.E, cmap="viridis", linewidth=0, rstride=2, cstride=2)
    left.view_init(elev=42, azim=-60)
    left.set_xlabel("$w$")
    left.set_ylabel("$b$")
    left.set_zticks([0, 0.2, 0.4])
    left.set_title("$E$")
    right = figure.add_subplot(1, 2, 2)
    right.fill_between(
        record.bent, record.fold[1], record.fold[0], color=FAINT, alpha=0.5, lw=0, label="three"
    )
    right.plot(record.bent, record.shock, color=BLUE, label="shock")
    seen = record.w > 4.3
    w, b = record.w[seen][::4], record.steepest[seen][::4]
    right.plot(w, b, "o", color=INK, ms=3, label="steepest in $b$")
    right.axvline(record.turn, color=ORANGE, linewidth=0.8, label="$w^*$")
    right.set_xlim(3.8, 8)
    right.set_xlabel("$w$")
    right.set_ylabel("$b$")
    right.legend(loc="upper right")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    last = record.shock[-1]
    off = np.abs(record.steepest[record.w > 4.3] - shock_at(record)).max()
    return (
        f"Left, the cost over the plane for x0 = {record.x0:g}, y_T = {record.target:g} and "
        f"n = {record.n}, between {record.E.min():.1e} and {record.E.max():.2f}, with a cliff. "
        f"Right, the line of the shock from w = 4, b = -2 to w = {record.bent[-1]:g}, b = "
        f"{last:.3f} in the region with three fixed points; up to w = {record.turn:.3f} it follows "
        "an edge of that region, and from there on it is straight. The steepest places of the "
        f"cost on a grid lie within {off:.2f} of it."
    )


def shock_at(record: Record) -> np.ndarray:
    """The shock at the weights of the grid that are drawn."""
    return shock(record.w[record.w > 4.3], float(logistic(record.x0)))


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"Left: the cost for x0 = {record.x0:g}, y_T = {record.target:g}, n = {record.n}. Right: "
        "the plane from above. Grey: three fixed points. Dots: for some of the w the b where the "
        "cost changes most from one row of the grid to the next, so they scatter by a row."
    )
    return Still(drawn(lambda figure: draw(figure, record), (6.8, 3.3)), describe(record), caption)
