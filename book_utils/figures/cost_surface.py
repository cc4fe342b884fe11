"""The cost of the one unit over its two parameters: the valley, the wall, and one descent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics.descent import Vanilla, descend
from book_utils.dynamics.one_unit import cost, objective
from book_utils.figures.still import BLUE, INK, ORANGE, PURPLE, Still, drawn


@dataclass(frozen=True)
class Record:
    """E on a grid, with the line where the start rests, the line E = 0 aims at, and a descent."""

    y0: float
    target: float
    n: int
    w: np.ndarray
    b: np.ndarray
    cost: np.ndarray
    """One row for each b."""
    path: np.ndarray
    """The points (w, b) of a gradient descent, one row each."""
    losses: np.ndarray
    """The cost at each of them."""
    step: float

    @property
    def rest(self) -> np.ndarray:
        """b on the line of rest, at each w of the grid."""
        return _logit(self.y0) - self.w * self.y0

    @property
    def valley(self) -> np.ndarray:
        """b with which the target is a fixed point, at each w of the grid."""
        return _logit(self.target) - self.w * self.target

    @property
    def crossing(self) -> float:
        """The w at which the two lines cross: one b makes both states fixed points."""
        return (_logit(self.target) - _logit(self.y0)) / (self.target - self.y0)

    @property
    def leap(self) -> int:
        """The iteration whose step is the longest."""
        return int(np.argmax(np.hypot(*np.diff(self.path, axis=0).T)))


def _logit(y: float) -> float:
    return float(np.log(y) - np.log1p(-y))


def compute(
    x0: float = 0.5,
    target: float = 0.7,
    n: int = 50,
    start: tuple[float, float] = (4.7, -2.7),
    step: float = 0.2,
    iterations: int = 40,
    grid: int = 240,
) -> Record:
    """The paper's start and target; a descent that begins at (w, b) = ``start``."""
    y0 = float(logistic(x0))
    w, b = np.linspace(0, 7, grid), np.linspace(-5, 1, grid)
    run = descend(objective(y0, target, n), start, Vanilla(), step, iterations)
    return Record(
        y0,
        target,
        n,
        w,
        b,
        np.asarray(cost(w[None, :], b[:, None], y0, target, n)),
        np.column_stack([run.w, run.b]),
        np.asarray(run.losses),
        step,
    )


# Few and grey: the picture is stored with 64 colours, and the descent has to keep its own.
VALLEY = 0.01
"""Where the cost is smaller, the picture says valley."""
LEVELS = (0, 0.005, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


def draw(figure: Figure, record: Record) -> None:
    """The cost as shades, the valley in outline, the two lines, and the descent as dots."""
    ax = figure.subplots()
    shades = ax.contourf(record.w, record.b, record.cost, LEVELS, cmap="Greys", vmax=0.9)
    bar = figure.colorbar(shades, ax=ax)
    bar.set_label(f"cost $E_{{{record.n}}}$")
    ax.contour(record.w, record.b, record.cost, (VALLEY,), colors=INK, linewidths=0.6)
    ax.plot(record.w, record.rest, "--", color=BLUE, linewidth=1.3, label="$y_0$ is a fixed point")
    ax.plot(
        record.w, record.valley, ":", color=PURPLE, linewidth=1.6, label="$y_T$ is a fixed point"
    )
    ax.plot(*record.path.T, "o-", color=ORANGE, markersize=3, linewidth=1.2, label="descent")
    _say(ax, "$k = 0$", record.path[0], (-6, -12), "right")
    _say(ax, f"$k = {record.leap + 1}$", record.path[record.leap + 1], (0, 6), "center")
    ax.set_xlim(record.w[0], record.w[-1])
    ax.set_ylim(record.b[0], record.b[-1])
    ax.set_xlabel("$w$")
    ax.set_ylabel("$b$")
    ax.legend(loc="lower left", fontsize=8, framealpha=0.9, frameon=True)


def _say(ax, text: str, place: np.ndarray, away: tuple[float, float], align: str) -> None:
    ax.annotate(
        text, place, xytext=away, textcoords="offset points", color=ORANGE, ha=align, fontsize=9
    )


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    here, there = record.path[record.leap], record.path[record.leap + 1]
    jump = _biggest_jump(record)
    return (
        f"The cost over w from {record.w[0]:g} to {record.w[-1]:g} and b from {record.b[0]:g} to "
        f"{record.b[-1]:g}, for the start {record.y0:.3f} and the target {record.target:g}: "
        f"between {record.cost.min():.2g} and {record.cost.max():.2g}. From one b of "
        f"the grid to the next it changes by {jump[0]:.2g} at w = {record.w[0]:g} at most, and by "
        f"{jump[-1]:.2g} at w = {record.w[-1]:g}. A descent from w = {record.path[0, 0]:.2f}, b = "
        f"{record.path[0, 1]:.2f}, with the cost {record.losses[0]:.2g}, leaps in iteration "
        f"{record.leap + 1} from w = {here[0]:.2f}, b = {here[1]:.2f} to w = {there[0]:.2f}, "
        f"b = {there[1]:.2f}, where the cost is {record.losses[record.leap + 1]:.2g}."
    )


def _biggest_jump(record: Record) -> np.ndarray:
    """How much the cost changes between neighbours in b, at most, for each w."""
    return np.abs(np.diff(record.cost, axis=0)).max(axis=0)


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"The cost after {record.n} steps, bright where it is small; the thin line is the outline "
        f"of the valley, cost {VALLEY:g}. On the dashed line the start is a fixed point, on the "
        f"dotted one the target. The two cross at w = {record.crossing:.2f}. To the right of that "
        "the dotted line runs on the dark side of the wall: there the start does not go to the "
        f"target. Dots: gradient descent with step {record.step:g}, after k iterations."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 4.2)), describe(record), caption)
