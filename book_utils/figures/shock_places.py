"""The place of the shock in the plane of w and b: as it is, as it is printed, as it is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics.one_unit import fold, fold_points, shock
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn

STARTS = (-2.0, 1.2)


def printed(w: Any, y0: Any) -> np.ndarray:
    """The formula as it is printed."""
    w, y0 = np.broadcast_arrays(np.asarray(w, float), np.asarray(y0, float))
    x0 = np.log(y0) - np.log1p(-y0)
    b_minus, b_plus = fold(w)
    low = np.where(b_minus <= x0, b_minus, x0)
    return np.where(y0 <= 0.5, low, np.where(b_plus >= x0, b_plus, x0))


def repaired(w: Any, y0: Any) -> np.ndarray:
    """The formula with σ⁻¹(y0) − w y0 put for σ⁻¹(y0), and nothing else changed."""
    w, y0 = np.broadcast_arrays(np.asarray(w, float), np.asarray(y0, float))
    line = np.log(y0) - np.log1p(-y0) - w * y0
    b_minus, b_plus = fold(w)
    low = np.where(b_minus <= line, b_minus, line)
    return np.where(y0 <= 0.5, low, np.where(b_plus >= line, b_plus, line))


def found(w: Any, y0: Any, steps: int = 4000, halvings: int = 30) -> np.ndarray:
    """The b between those whose orbit ends below 1/2 and those whose orbit ends above, by
    halving. It knows no formula: it runs the unit."""
    w, y0 = np.broadcast_arrays(np.asarray(w, float), np.asarray(y0, float))
    low, high = -w - 6, np.full(w.shape, 6.0)
    for _ in range(halvings):
        b, y = (low + high) / 2, y0
        for _ in range(steps):
            y = logistic.values(w * y + b)
        low, high = np.where(y > 0.5, low, b), np.where(y > 0.5, b, high)
    return (low + high) / 2


@dataclass(frozen=True)
class Record:
    """For each x0: the shock as it is and as it is printed at all w, and found at a few."""

    w: np.ndarray
    shock: Mapping[float, np.ndarray]
    printed: Mapping[float, np.ndarray]
    few: np.ndarray
    found: Mapping[float, np.ndarray]
    fold: tuple[np.ndarray, np.ndarray]

    def turn(self, x0: float) -> float:
        """w*: from here on the shock is the line."""
        y0 = float(logistic(x0))
        return 1 / (y0 * (1 - y0))


def compute(starts: tuple[float, ...] = STARTS, steps: int = 2000) -> Record:
    """Curves for 4 < w <= 14, and the place found at six weights."""
    w, few = np.linspace(4.01, 14, 400), np.array([4.5, 5.5, 7, 9, 11, 13])
    y0 = {x0: float(logistic(x0)) for x0 in starts}
    return Record(
        w,
        {x0: shock(w, y) for x0, y in y0.items()},
        {x0: printed(w, y) for x0, y in y0.items()},
        few,
        {x0: found(few, y, steps) for x0, y in y0.items()},
        fold(w),
    )


def draw(figure: Figure, record: Record) -> None:
    """One panel for each start: the fold, the two formulas, and what was found."""
    panels = figure.subplots(1, len(record.shock), squeeze=False)[0]
    for ax, x0 in zip(panels, record.shock, strict=True):
        ax.fill_between(record.w, record.fold[1], record.fold[0], color=FAINT, alpha=0.4, lw=0)
        ax.plot(record.w, record.printed[x0], "--", color=ORANGE, label="as printed")
        ax.plot(record.w, record.shock[x0], color=BLUE, label="corrected")
        ax.plot(record.few, record.found[x0], "o", color=INK, markersize=4, label="found")
        if record.w[0] < (turn := record.turn(x0)) < record.w[-1]:
            ax.axvline(turn, color=FAINT, linewidth=0.8)
        ax.set_title(f"$x_0 = {x0:g}$")
        ax.set_xlabel("$w$")
        ax.set_xlim(4, record.w[-1])
        both = np.concatenate([record.shock[x0], record.printed[x0]])
        ax.set_ylim(both.min() - 0.3, both.max() + 0.3)
    panels[0].set_ylabel("$b$")
    panels[0].legend(loc="lower left")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    return "; ".join(_panel(record, x0) for x0 in record.shock) + "."


def _panel(record: Record, x0: float) -> str:
    w, off = record.few[-1], np.abs(record.printed[x0] - record.shock[x0])
    right = np.abs(record.found[x0] - shock(record.few, float(logistic(x0)))).max()
    return (
        f"Start x0 = {x0:g}: the place found by running the unit lies within {right:.0e} of the "
        f"corrected curve at {len(record.few)} weights, for instance at b = "
        f"{record.found[x0][-1]:.4f} for w = {w:g}; the printed curve is off by up to "
        f"{off.max():.3g}"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The place of the shock for two starts. Grey: three fixed points, bounded by the fold "
        "curves. Dots: found by running the unit. The thin upright line marks w*."
    )
    return Still(drawn(lambda figure: draw(figure, record), (6.4, 3.4)), describe(record), caption)


def share_right(formula: Any, w: np.ndarray, y0: np.ndarray, places: np.ndarray) -> int:
    """At how many of the pairs a formula gives the place that was found, to four digits."""
    return int((np.abs(formula(w, y0) - places) < 1e-4).sum())


def random_units(count: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random weights in (4.2, 14) and starts, and how the start lies to the fold points."""
    random = np.random.default_rng(seed)
    w, y0 = random.uniform(4.2, 14, count), random.uniform(0.01, 0.99, count)
    y_minus, y_plus = fold_points(w)
    return w, y0, (y0 > y_minus) & (y0 < y_plus)
