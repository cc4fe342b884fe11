"""Four descents from one start: their paths in the plane of (w, b), and their costs.

The setting of each published example has holes. ``EXAMPLES`` fills them so that the numbers of
iterations are close to those that the publication implies, so that vanilla descent jumps as often
as there, so that no run leaves the target again, and so that a billionth more or less in the start
changes no number of iterations and no number of jumps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics.descent import Clipped, Descent, FixedW, Projected, Vanilla, descend
from book_utils.dynamics.one_unit import fold, limit, objective, shock
from book_utils.figures.still import FAINT, INK, Still, drawn
from book_utils.figures.wall import COLOURS as SHARED

TOLERANCE = 1e-4
LONG = 0.3
"""A step in the plane that is longer than this is a jump."""


@dataclass(frozen=True)
class Setting:
    """What a run depends on; only ``x0`` and ``inside`` are printed in the publication."""

    x0: float
    w: float
    b: float
    target: float
    step: float
    threshold: float
    inside: float = 3.0
    radius: float = 3.9

    @property
    def y0(self) -> float:
        return float(logistic(self.x0))


EXAMPLES: Mapping[int, Setting] = {
    8: Setting(x0=-2.0, w=4.64, b=-2.41, target=0.66, step=0.28, threshold=2.5),
    9: Setting(x0=1.2, w=4.3, b=-2.56, target=0.31, step=0.31, threshold=3.2),
}


@dataclass(frozen=True)
class Record:
    """The four runs, and the curves of the plane: (w, b) of the wall, of the folds and of the
    valley, where the limit is the target."""

    setting: Setting
    runs: Mapping[str, Descent]
    wall: tuple[np.ndarray, np.ndarray]
    folds: tuple[np.ndarray, np.ndarray, np.ndarray]
    valley: tuple[np.ndarray, np.ndarray]

    def count(self, name: str) -> int:
        """The iteration at which the cost is first below the tolerance; −1 if it never is."""
        return int(self.runs[name].first_below(TOLERANCE))

    def path(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """w, b and cost up to the arrival, or to the end."""
        run, count = self.runs[name], self.count(name)
        until = len(run.losses) if count < 0 else count + 1
        return run.w[:until], run.b[:until], run.losses[:until]

    def jumps(self, name: str) -> np.ndarray:
        """After which iterations the point jumps."""
        w, b, _ = self.path(name)
        return np.flatnonzero(np.hypot(np.diff(w), np.diff(b)) > LONG)

    def crossings(self, name: str) -> int:
        """How often a run crosses the wall in a step between two points with w > 4."""
        w, b, _ = self.path(name)
        right = w > 4
        side = np.sign(b - shock(np.where(right, w, 5), self.setting.y0))
        return int(np.sum((np.diff(side) != 0) & right[1:] & right[:-1]))

    def largest(self, name: str) -> float:
        """The longest gradient up to the arrival."""
        return float(self.runs[name].gradients[: len(self.path(name)[0])].max())

    def speedup(self, over: str) -> float:
        return self.count(over) / self.count("b only")


def compute(setting: Setting = EXAMPLES[8], iterations: int = 400) -> Record:
    """All four descents; the last two begin at w = ``inside``, with the same b."""
    cost = objective(setting.y0, setting.target)
    start, within = (setting.w, setting.b), (setting.inside, setting.b)
    methods = {
        "vanilla": (Vanilla(), start),
        "clipped": (Clipped(setting.threshold), start),
        "b only": (FixedW(setting.inside), within),
        "projected": (Projected(setting.radius), within),
    }
    runs = {
        name: descend(cost, where, method, setting.step, iterations)
        for name, (method, where) in methods.items()
    }
    beyond = np.linspace(4.0001, RIGHT, 120)
    every = np.linspace(LEFT, RIGHT, 200)
    bottom = np.log(setting.target / (1 - setting.target)) - every * setting.target
    reached = np.isclose(limit(every, bottom, setting.y0), setting.target, atol=1e-6)
    return Record(
        setting,
        runs,
        (beyond, shock(beyond, setting.y0)),
        (beyond, *fold(beyond)),
        (every[reached], bottom[reached]),
    )


LEFT, RIGHT = 2.6, 5.7
"""The ends of the axis of w."""
PANELS = (("vanilla",), ("clipped",), ("b only", "projected"))
COLOURS = {
    "vanilla": SHARED["vanilla"],
    "clipped": SHARED["clipped"],
    "b only": SHARED["fixed"],
    "projected": SHARED["projected"],
}
WITHIN, THREE = "#e6f0e6", "#d9d4c4"
"""The strip, and where there are three fixed points."""
LABELS = {
    "vanilla": "vanilla",
    "clipped": "clipped",
    "b only": "b only, w = 3",
    "projected": "w and b, projected",
}


def draw(figure: Figure, record: Record) -> None:
    """A panel for vanilla, one for clipping, one for the two that stay in the strip."""
    panels = figure.subplots(len(PANELS), 1, sharex=True, sharey=True)
    heights = np.concatenate([record.path(name)[1] for name in record.runs])
    for ax, names in zip(panels, PANELS, strict=True):
        w, minus, plus = record.folds
        ax.axvspan(LEFT, 4, color=WITHIN, linewidth=0, zorder=0, label="strip")
        ax.fill_between(
            w, plus, minus, color=THREE, linewidth=0, zorder=0, label="three fixed points"
        )
        ax.plot(*record.wall, color=INK, linewidth=2.2, label="shock")
        ax.plot(*record.valley, color=INK, linewidth=1.0, linestyle="--", label="valley")
        for name in names:
            _path(ax, record, name)
        ax.set_ylabel("b")
    panels[0].set_xlim(LEFT, RIGHT)
    panels[0].set_ylim(heights.min() - 0.35, heights.max() + 0.35)
    panels[-1].set_xlabel("w")
    entries: dict[str, object] = {}
    for ax in panels:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    figure.legend(
        entries.values(), entries.keys(), loc="outside upper center", ncols=2, handlelength=1.6
    )


def _path(ax, record: Record, name: str) -> None:
    w, b, _ = record.path(name)
    colour = COLOURS[name]
    ax.plot(w, b, ".-", color=colour, linewidth=0.9, markersize=3, label=LABELS[name])
    ax.plot(w[:1], b[:1], "^", color=colour, markersize=7)
    ax.plot(w[-1:], b[-1:], "s", color=colour, markersize=5)
    for i, k in enumerate(record.jumps(name)):
        ax.annotate(
            chr(ord("A") + i),
            (w[k + 1], b[k + 1]),
            textcoords="offset points",
            xytext=(5, 3) if i % 2 == 0 else (-7, 6),
            color=colour,
        )


def draw_costs(figure: Figure, record: Record) -> None:
    """The costs on a logarithmic axis."""
    ax = figure.subplots()
    ax.axhline(TOLERANCE, color=FAINT, linewidth=1)
    styles = {"vanilla": "-", "clipped": ":", "b only": "-", "projected": "--"}
    for name in record.runs:
        losses = record.path(name)[2]
        ax.plot(losses, styles[name], color=COLOURS[name], linewidth=1.4, label=LABELS[name])
    ax.set_yscale("log")
    ax.set_xlabel("iteration")
    ax.set_ylabel("cost E")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)


def _arrival(record: Record, name: str) -> str:
    count = record.count(name)
    return f"arrives after {count} iterations" if count >= 0 else "does not arrive"


def describe(record: Record) -> str:
    """The paths in words and numbers."""
    parts = []
    for name in record.runs:
        w, b, _ = record.path(name)
        jumps = len(record.jumps(name))
        parts.append(
            f"{LABELS[name]} goes from ({w[0]:.2f}, {b[0]:.2f}) to ({w[-1]:.2f}, {b[-1]:.2f}), "
            f"with {jumps} jump{'s' * (jumps != 1)}, a gradient of at most "
            f"{record.largest(name):.2g}, and {_arrival(record, name)}"
        )
    return "Paths of (w, b): " + "; ".join(parts) + "."


def describe_costs(record: Record) -> str:
    """The costs in words and numbers."""
    parts = []
    for name in record.runs:
        losses = record.path(name)[2]
        parts.append(
            f"{LABELS[name]} starts at {losses[0]:.2g}, is {losses.max():.2g} at worst and "
            f"{_arrival(record, name)}"
        )
    return f"Costs on a logarithmic axis, down to {TOLERANCE:g}: " + "; ".join(parts) + "."


def show(record: Record) -> Still:
    """The finished picture of the paths."""
    caption = (
        "Triangles are starts, squares ends; a dot for every iteration. A letter stands where a "
        f"step longer than {LONG} lands. In the valley the limit is the target; it ends where the "
        f"orbit from y₀ = {record.setting.y0:.3f} goes elsewhere."
    )
    return Still(drawn(lambda figure: draw(figure, record), (4.2, 7.6)), describe(record), caption)


def show_costs(record: Record) -> Still:
    """The finished picture of the costs."""
    caption = f"The costs of the four runs. Each is drawn until it is below {TOLERANCE:g}."
    return Still(
        drawn(lambda figure: draw_costs(figure, record), (4.2, 3.6)),
        describe_costs(record),
        caption,
    )
