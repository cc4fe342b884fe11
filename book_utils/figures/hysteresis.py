"""Settled states of the one unit against b or w, and one that is carried along: the still."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics import one_unit
from book_utils.figures.still import GREEN, INK, ORANGE, PURPLE, Still, drawn

ACROSS = ("b", "w")
WEIGHTS, BIASES, STATES = (-12.0, 12.0), (-10.0, 16.0), (0.001, 0.999)
"""The ranges of w, b and y₀ that are shown."""

CAPTION = (
    "The fixed points of the unit, stable ones solid and unstable ones dashed. A state that is "
    "carried along jumps where its branch ends, at the arrows, and at another place on the way "
    "back: between the two arrows lies the loop. The limit from the fixed start y₀, the broad band "
    "with the ring, takes the same way there and back; where it jumps, it jumps at one place."
)


@dataclass(frozen=True)
class Record:
    """Everything the picture shows. ``carried`` and ``fresh`` are where the orbits of the memory
    and of y₀ end: the limit, or on a two-cycle the limit of every second state."""

    across: str
    w: float
    b: float
    y0: float
    memory: float
    window: tuple[float, float]
    branches: list[tuple[np.ndarray, np.ndarray, bool]]  # values on the axis, states, stable
    cycles: np.ndarray  # rows (value, low, high)
    up: tuple[float, float, float] | None  # (value, from, to) of the jump on the way right
    down: tuple[float, float, float] | None
    shock: float | None
    carried: float
    fresh: float

    @property
    def at(self) -> float:
        """The value on the axis."""
        return self.b if self.across == "b" else self.w

    @property
    def cycle(self) -> tuple[float, float] | None:
        """The two-cycle at the present point."""
        return one_unit.two_cycle(self.w, self.b)


def compute(w: float, b: float, y0: float, memory: float, across: str = "b") -> Record:
    """Branches, cycles, jumps, and where the two starts end."""
    low, high = window(w, across)
    at = b if across == "b" else w
    low, high = min(low, at), max(high, at)
    turns = _turns(w, b, across)
    folds = {x > 0: (value, x) for value, x, fold in turns if fold}
    up, down = (_jump(w, b, across, folds.get(upper)) for upper in (False, True))
    return Record(
        across, float(w), float(b), float(y0), float(memory), (low, high),
        _branches(w, b, across, (low, high), turns), _cycles(w, b, across, (low, high), turns),
        up, down, _shock(w, b, y0, across), settled(w, b, memory), settled(w, b, y0),
    )  # fmt: skip


def settled(w: float, b: float, y0: float) -> float:
    """The limit of the orbit of y₀, or on a two-cycle that of every second state."""
    limit = one_unit.limit(w, b, y0)
    if np.isfinite(limit):
        return float(limit)
    return float(one_unit.two_cycle(w, b)[int(y0 > one_unit.fixed_points(w, b)[0])])


def draw(figure: Figure, record: Record, trace: Sequence[Sequence[float]] = ()) -> None:
    """Branches, jumps, and both marks."""
    ax = figure.subplots()
    _draw_limit(ax, record)
    if len(trace):
        ax.plot(*np.transpose(trace), color=GREEN, linewidth=4, alpha=0.6, label="its way")
    labelled = set()
    for values, states, stable in record.branches:
        name = "stable fixed point" if stable else "unstable"
        ax.plot(values, states, color=INK, linestyle="solid" if stable else (0, (4, 3)),
                label=None if name in labelled else name)  # fmt: skip
        labelled.add(name)
    if len(record.cycles):
        values, low, high = record.cycles.T
        ax.plot(np.r_[values, values[::-1]], np.r_[low, high[::-1]], color=PURPLE,
                label="two-cycle")  # fmt: skip
    for jump in filter(None, (record.up, record.down)):
        value, start, end = jump
        ax.annotate("", (value, end), (value, start), arrowprops={
            "arrowstyle": "->", "color": GREEN, "linestyle": (0, (3, 3)), "linewidth": 1.4,
            "shrinkA": 0, "shrinkB": 4})  # fmt: skip
    ax.axhline(record.y0, color=ORANGE, linestyle=(0, (1, 3)), linewidth=1,
               label="start $y_0$")  # fmt: skip
    ax.plot(record.at, record.fresh, "o", markerfacecolor="white", markeredgecolor=ORANGE,
            markeredgewidth=2, markersize=11, label="ends from $y_0$", zorder=5)  # fmt: skip
    ax.plot(record.at, record.carried, "o", color=GREEN, markersize=7, label="carried state",
            zorder=6)  # fmt: skip
    kept = "w" if record.across == "b" else "b"
    value = record.w if record.across == "b" else record.b
    ax.set(xlim=record.window, ylim=(-0.02, 1.02), xlabel=f"${record.across}$")
    ax.set_title(f"Settled state at ${kept} = {value:.4g}$")
    ax.legend(fontsize=7.5, loc="center left", bbox_to_anchor=(1, 0.5))


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    kept, value = ("w", record.w) if record.across == "b" else ("b", record.b)
    low, high = record.window
    parts = [
        f"Settled states of the unit at {kept} = {value:.4g} against {record.across} from "
        f"{low:.4g} to {high:.4g}."
    ]
    jumps = [
        f"on the way {way} at {jump[0]:.4g}, from {jump[1]:.4g} to {jump[2]:.4g}"
        for way, jump in (("right", record.up), ("left", record.down))
        if jump
    ]
    if jumps:
        parts.append(f"A carried state jumps {'; '.join(jumps)}.")
    if len(record.cycles):
        values = record.cycles[:, 0]
        parts.append(f"There is a two-cycle from {values.min():.4g} to {values.max():.4g}.")
    if record.shock is not None:
        parts.append(f"The limit from {record.y0:.4g} jumps at {record.shock:.4g} both ways.")
    parts.append(
        f"At {record.across} = {record.at:.4g} the carried state, started at {record.memory:.4g}, "
        f"settles at {record.carried:.4g}, and the orbit of {record.y0:.4g} at {record.fresh:.4g}."
    )
    return " ".join(parts)


def show(record: Record, trace: Sequence[Sequence[float]] = ()) -> Still:
    """The finished picture; ``trace`` holds the places that a carried state has visited."""
    figure = drawn(lambda figure: draw(figure, record, trace), (7.4, 3.5))
    return Still(figure, describe(record), CAPTION)


def _draw_limit(ax: Axes, record: Record) -> None:
    """Where the orbits of y₀ end, as a band that is cut at the shock."""
    values = np.linspace(*record.window, 241)
    w, b = (record.w, values) if record.across == "b" else (values, record.b)
    limits = one_unit.limit(w, b, record.y0)
    sides = [values < np.inf] if record.shock is None else [
        values < record.shock, values > record.shock]  # fmt: skip
    for i, side in enumerate(sides):
        ax.plot(values[side], limits[side], color=ORANGE, linewidth=7, alpha=0.35,
                solid_capstyle="butt", label=None if i else "limit from $y_0$")  # fmt: skip
    if record.shock is not None:
        ends = limits[sides[0]][-1], limits[sides[1]][0]
        ax.plot([record.shock] * 2, ends, color=ORANGE, label="shock")


def _place(w: float, b: float, across: str, value: float) -> tuple[float, float]:
    return (w, value) if across == "b" else (value, b)


def window(w: float, across: str) -> tuple[float, float]:
    """All that happens at this w, around b = −w/2; or all w."""
    if across == "w":
        return WEIGHTS
    ends = one_unit.fold(w) if w >= 4 else one_unit.flip(w) if w <= -4 else (0, 0)
    reach = max(3, 0.65 * abs(ends[0] - ends[1]) + 1)
    return round(-w / 2 - reach, 2), round(-w / 2 + reach, 2)


def _turns(w: float, b: float, across: str) -> list[tuple[float, float, bool]]:
    """(value, x, fold or not) where the curve of the fixed points σ(x) turns or turns unstable."""
    if across == "b":
        if abs(w) <= 4:
            return []
        values = one_unit.fold(w) if w > 0 else one_unit.flip(w)
        upper = _x(abs(w))
        return [(float(value), x, w > 0) for value, x in zip(values, (-upper, upper), strict=True)]
    found = []
    for low, high, curve in ((-12.0, -4.0, one_unit.flip), (4.0, 12.0, one_unit.fold)):
        for side, sign in enumerate((-1, 1)):
            # Each curve falls or rises with w all along, so that b meets it once or never.
            at = _root(lambda w, curve=curve, side=side: b - curve(w)[side], low, high)
            if at is not None:
                found.append((at, sign * _x(abs(at)), low > 0))
    return found


def _x(size: float) -> float:
    """σ⁻¹ of the upper fold point at the weight ``size``."""
    # 1 − y_+ is y_−, without the cancellation.
    lower, upper = one_unit.fold_points(size)
    return float(np.log(upper / lower))


def _jump(
    w: float, b: float, across: str, fold: tuple[float, float] | None
) -> tuple[float, float, float] | None:
    """Value, beginning and end of the jump where a branch ends in a fold."""
    if fold is None:
        return None
    value, x = fold
    points = one_unit.fixed_points(*_place(w, b, across, value))
    return value, float(logistic(x)), float(points[-1] if x < 0 else points[0])


def _shock(w: float, b: float, y0: float, across: str) -> float | None:
    """The value at which the limit from y₀ jumps."""
    if across == "b":
        return float(one_unit.shock(w, y0)) if w > 4 else None
    cusp = one_unit.fold(4.0)[0]
    return _root(lambda w: b - (one_unit.shock(w, y0) if w > 4 else cusp), 4.0, 12.0)


def _branches(
    w: float, b: float, across: str, window: tuple[float, float], turns: list
) -> list[tuple[np.ndarray, np.ndarray, bool]]:
    """Pieces of the curve of fixed points σ(x), from turn to turn, over x: nothing is solved."""

    def weights(x: np.ndarray) -> np.ndarray:
        return np.full(x.shape, w) if across == "b" else (x - b) / logistic(x)

    ends = (_place(w, b, across, value) for value in window)
    edges = [x for w0, b0 in ends for x in w0 * one_unit.fixed_points(w0, b0) + b0]
    pieces = []
    for start, end in pairwise(sorted([*edges, *(x for _, x, _ in turns)])):
        x = start + (end - start) * (1 - np.cos(np.linspace(0, np.pi, 121))) / 2
        values = x - w * logistic(x) if across == "b" else weights(x)
        middle = len(x) // 2
        # Along w a branch may leave the window at its end and come back.
        if window[0] <= values[middle] <= window[1]:
            multiplier = (weights(x) * logistic.derivative(x))[middle]
            pieces.append((values, logistic(x), bool(abs(multiplier) < 1)))
    return pieces


def _cycles(
    w: float, b: float, across: str, window: tuple[float, float], turns: list
) -> np.ndarray:
    """Rows (value, low, high) of the two-cycle within the window."""
    flips = [value for value, _, fold in turns if not fold]
    if across == "w" and one_unit.two_cycle(window[0], b) is not None:
        flips.append(window[0])
    if len(flips) < 2:
        return np.empty((0, 3))
    low, high = min(flips), max(flips)
    values = low + (high - low) * (1 - np.cos(np.linspace(0, np.pi, 81))) / 2
    states = one_unit.two_cycle(*np.broadcast_arrays(*_place(w, b, across, values)))
    # At a flip itself the cycle has shrunk to the fixed point.
    points = one_unit.fixed_points(*np.broadcast_arrays(*_place(w, b, across, values)))[:, :1]
    return np.column_stack([values, np.where(np.isnan(states), points, states)])


def _root(f: Callable[[float], float], low: float, high: float) -> float | None:
    """Where a monotone function goes through 0 between ``low`` and ``high``, if it does."""
    way = np.sign(f(high))
    if not f(low) * f(high) < 0:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if way * f(middle) < 0 else (low, middle)
    return float(high)
