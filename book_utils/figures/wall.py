"""A surface with a wall, and four descents on it: the still picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from book_utils.activations import logistic
from book_utils.dynamics import one_unit
from book_utils.dynamics.descent import Clipped, FixedW, Method, Projected, Vanilla, descend
from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, Still, drawn

Window = tuple[tuple[float, float], tuple[float, float]]

WINDOWS: dict[str, Window] = {
    "whole": ((0.0, 8.0), (-7.0, 1.0)),
    "near": ((2.5, 6.5), (-4.0, 0.0)),
}
"""The parts of the plane that are shown: from which w to which, from which b to which."""

GOAL = 1e-4
"""A run has arrived when its cost is below this."""

JUMP = 0.5
"""A step longer than this is marked as a jump."""

FAR = 1e6
"""A run that comes out here is not followed any further."""

LOWEST = 1e-7
"""The lowest cost on the chart."""

CELLS = 80

COLOURS = {"vanilla": ORANGE, "clipped": BLUE, "fixed": GREEN, "projected": PURPLE}
LINES = {"vanilla": "-", "clipped": (0, (5, 2)), "fixed": (0, (1, 1)), "projected": "-."}
NAMES = {"vanilla": "vanilla", "clipped": "clipped", "fixed": "fixed w", "projected": "projected"}
HEIGHTS = LinearSegmentedColormap.from_list("heights", ["white", "#6f85b4"], N=16)

CAPTION = (
    "The cost of the one unit over its two parameters, and four descents from one start: vanilla, "
    "clipped, with w fixed, and projected. The stronger the blue, the further the last state is "
    "from the target; the thick line is where the limit of the orbit jumps, the thin one where "
    "E = 0. A step longer than ½ is dotted."
)


@dataclass(frozen=True)
class Run:
    """One descent; entry k of a list belongs to k iterations."""

    w: np.ndarray
    b: np.ndarray
    losses: np.ndarray
    gradients: np.ndarray
    left: int | None
    """The first iteration outside the whole window."""

    @property
    def hit(self) -> int | None:
        """The first iteration with a cost below the goal."""
        below = self.losses < GOAL
        return int(below.argmax()) if below.any() else None

    @property
    def largest(self) -> float:
        """The longest gradient met."""
        return float(self.gradients.max())

    @property
    def steps(self) -> np.ndarray:
        """How long each step was."""
        return np.hypot(np.diff(self.w), np.diff(self.b))

    @property
    def jumps(self) -> list[int]:
        """The iterations that a long step led to."""
        return [int(k) + 1 for k in np.flatnonzero(self.steps > JUMP)]


@dataclass(frozen=True)
class Record:
    """Everything the picture shows."""

    x0: float
    y0: float
    target: float
    n: int
    start: tuple[float, float]
    window: Window
    heights: np.ndarray  # of the cells of the window, rows from the lowest b up; 0 where E = 0
    runs: dict[str, Run]


def compute(
    x0: float,
    target: float,
    n: int,
    start: Sequence[float],
    step: float,
    threshold: float,
    held: float,
    radius: float,
    iterations: int,
    zoom: str = "whole",
) -> Record:
    """The surface in the window, and the four runs."""
    y0 = float(logistic(x0))
    window = WINDOWS[zoom] if inside(start, WINDOWS[zoom]) else WINDOWS["whole"]
    w, b = np.meshgrid(*(middles(*ends) for ends in window))
    last = np.sqrt(one_unit.cost(w, b, y0, target, n))
    runs = descents(y0, target, n, start, step, threshold, held, radius, iterations)
    where = (float(start[0]), float(start[1]))
    heights = last / max(target, 1 - target)
    return Record(float(x0), y0, float(target), n, where, window, heights, runs)


def descents(
    y0: float,
    target: float,
    n: int,
    start: Sequence[float],
    step: float,
    threshold: float,
    held: float,
    radius: float,
    iterations: int,
) -> dict[str, Run]:
    """The four runs."""
    methods: dict[str, Method] = {
        "vanilla": Vanilla(),
        "clipped": Clipped(threshold),
        "fixed": FixedW(held),
        "projected": Projected(radius),
    }
    return {
        name: _follow(y0, target, n, start, method, step, iterations)
        for name, method in methods.items()
    }


def inside(point: Sequence[float], window: Window) -> bool:
    """Whether (w, b) lies in the window."""
    return all(low <= v <= high for v, (low, high) in zip(point, window, strict=True))


def middles(low: float, high: float) -> np.ndarray:
    """The middles of the cells from ``low`` to ``high``."""
    return low + (np.arange(CELLS) + 0.5) * (high - low) / CELLS


def draw(figure: Figure, record: Record) -> None:
    """The map with the runs, and their costs."""
    places = figure.subplots(1, 2)
    _draw_map(places[0], record)
    _draw_losses(places[1], record)
    handles = [
        Line2D([], [], color=COLOURS[name], linestyle=LINES[name], label=NAMES[name])
        for name in record.runs
    ]
    figure.legend(handles=handles, fontsize=8, loc="outside lower center", ncols=len(handles))


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    w, b = record.start
    fates = "; ".join(_fate(NAMES[name], run) for name, run in record.runs.items())
    jumps = one_unit.shock(6.0, record.y0)
    return (
        f"The cost E of the unit after {record.n} steps from y0 = {record.y0:.4g}, with target "
        f"{record.target:g}. It is 0 on a straight valley for w up to 4, and for w above 4 there "
        f"is a wall: at w = 6 the limit jumps at b = {jumps:.4g}. Four descents from "
        f"w = {w:.4g}, b = {b:.4g}: {fates}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    figure = drawn(lambda figure: draw(figure, record), (7.6, 3.8))
    return Still(figure, describe(record), CAPTION)


def _follow(y0, target, n, start, method: Method, step: float, iterations: int) -> Run:
    found = descend(one_unit.objective(y0, target, n), start, method, step, iterations)
    places = np.stack([found.w, found.b], axis=1)
    away = [k for k, place in enumerate(places) if not inside(place, WINDOWS["whole"])]
    lost = np.flatnonzero(np.abs(places).max(axis=1) > FAR)
    known = int(lost[0]) if lost.size else len(places)
    rows = (found.w, found.b, found.losses, found.gradients)
    return Run(*(each[:known] for each in rows), away[0] if away else None)


def _fate(name: str, run: Run) -> str:
    long = f", with a largest gradient of {run.largest:.4g}"
    if run.jumps:
        long += f" and {len(run.jumps)} step{'s' * (len(run.jumps) > 1)} longer than {JUMP:g}"
    if run.left is not None and (run.hit is None or run.left < run.hit):
        return f"{name} leaves the map at iteration {run.left}{long}"
    if run.hit is not None:
        return f"{name} is below {GOAL:g} after {run.hit} iterations{long}"
    return f"{name} stands at {run.losses[-1]:.3g} after {len(run.losses) - 1} iterations{long}"


def _draw_map(ax: Axes, record: Record) -> None:
    (left, right), (bottom, top) = record.window
    ax.imshow(
        record.heights,
        origin="lower",
        extent=(left, right, bottom, top),
        cmap=HEIGHTS,
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="bilinear",
    )
    weights = 4 + np.linspace(0, np.sqrt(right - 4), 61)[1:] ** 2
    upper, lower = one_unit.fold(weights)
    for edge in (upper, lower):
        ax.plot(weights, edge, color=INK, linewidth=0.8, linestyle=(0, (5, 3)))
    ax.axvline(4, color=INK, linewidth=0.8, linestyle=(0, (1, 3)))
    strip = np.array([0.0, 4.0])
    valley = np.log(record.target / (1 - record.target)) - strip * record.target
    ax.plot(strip, valley, color=INK, linewidth=1.2, label="E = 0")
    shock = one_unit.shock(weights, record.y0)
    ax.plot(weights, shock, color=INK, linewidth=2.4, label="wall")
    for name, run in record.runs.items():
        color = COLOURS[name]
        for style, chosen in (("-", run.steps <= JUMP), (":", run.steps > JUMP)):
            ax.plot(*_segments(run, chosen), style, color=color, linewidth=1.4)
        ax.plot(run.w, run.b, ".", color=color, markersize=3.5)
    ax.plot(*record.start, "o", color=INK, markeredgecolor="white", markersize=8)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="$w$", ylabel="$b$")
    ax.locator_params(nbins=5)
    ax.set_title("The surface $E(w, b)$ and four descents")


def _segments(run: Run, chosen: np.ndarray) -> np.ndarray:
    """The chosen steps as one broken line: a pair of rows, w and b, with NaN at each break."""
    places = np.stack([run.w, run.b])
    nothing = np.full((2, chosen.sum()), np.nan)
    parts = np.stack([places[:, :-1][:, chosen], places[:, 1:][:, chosen], nothing], axis=2)
    return parts.reshape(2, -1)


def _draw_losses(ax: Axes, record: Record) -> None:
    ax.axhline(GOAL, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    longest = 1
    for name, run in record.runs.items():
        color = COLOURS[name]
        longest = max(longest, len(run.losses) - 1)
        # A cost of 0 has no place on a logarithmic axis.
        seen = np.maximum(run.losses, LOWEST / 100)
        ax.plot(seen, linestyle=LINES[name], color=color, linewidth=1.4, label=NAMES[name])
        ax.plot(run.jumps, seen[run.jumps], "o", color=color, markerfacecolor="white", markersize=5)
        if run.hit is not None:
            ax.plot(run.hit, seen[run.hit], "o", color=color, markersize=4.5)
    ax.set(yscale="log", ylim=(LOWEST, 1), xlim=(0, longest), xlabel="iterations")
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_title("Cost $E$")
    ax.set_yticks(10.0 ** np.arange(-6, 1, 2))
    ax.minorticks_off()
