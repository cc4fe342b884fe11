"""A point of the (w, b) plane, and the cobweb of its unit: the still picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.dynamics import one_unit
from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, Still, drawn

GREY = "#8b949e"
"""For what is neither low nor high."""

WEIGHTS, BIASES, STATES = (-12.0, 12.0), (-10.0, 16.0), (0.001, 0.999)
"""The ranges of w, b and y₀ that are shown."""

# Below the axes: an orbit on a two-cycle leaves no room within.
LEGEND = {"fontsize": 7.5, "loc": "upper center", "bbox_to_anchor": (0.5, -0.13), "ncols": 3}

CAPTION = (
    "Left: the plane of the weight w and the bias b. Right: the unit at the point that is marked, "
    "with the orbit of y₀ between curve and diagonal. Filled circles attract, open ones do not; "
    "the bar below says where each start ends: blue low, purple high, grey at the only fixed "
    "point, dashed on a two-cycle."
)


@dataclass(frozen=True)
class Record:
    """Everything the picture shows; fixed points are in ascending order."""

    w: float
    b: float
    y0: float
    fixed: np.ndarray
    multipliers: np.ndarray
    cycle: tuple[float, float] | None
    orbit: np.ndarray  # y_0 … y_n
    limit: float  # NaN where the orbit settles on the cycle
    shock: float | None  # the b of the jump, for this w and y₀

    @property
    def parting(self) -> int | None:
        """Which fixed point parts the starts that go low from those that go high."""
        if len(self.fixed) == 1:
            return None
        # On a fold it is the point in which two have met.
        return 1 if len(self.fixed) == 3 else int(np.argmin(np.abs(self.multipliers - 1)))

    @property
    def stable(self) -> list[bool]:
        """Which fixed points attract from both sides."""
        if self.parting is None:
            return [self.cycle is None]
        return [i != self.parting for i in range(len(self.fixed))]

    @property
    def region(self) -> str:
        """The name of the region of the plane that (w, b) lies in."""
        if self.cycle is not None:
            return "two-cycle"
        names = {1: "one fixed point", 2: "fold, two fixed points", 3: "three fixed points"}
        return names[len(self.fixed)]


def compute(w: float, b: float, y0: float, steps: int) -> Record:
    """Fixed points, cycle, orbit, and where the orbit ends."""
    fixed = one_unit.fixed_points(w, b)
    return Record(
        float(w), float(b), float(y0), fixed, w * logistic.derivative(w * fixed + b),
        one_unit.two_cycle(w, b), one_unit.orbit(w, b, y0, steps),
        float(one_unit.limit(w, b, y0)), float(one_unit.shock(w, y0)) if w > 4 else None,
    )  # fmt: skip


def draw(figure: Figure, record: Record) -> None:
    """The plane on the left, the cobweb on the right."""
    left, right = figure.subplots(1, 2)
    draw_plane(left, record)
    draw_cobweb(right, record)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    where = f"w = {record.w:.4g}, b = {record.b:.4g}"
    points = ", ".join(
        f"{y:.4g} (multiplier {m:.4g}, {'stable' if s else 'unstable'})"
        for y, m, s in zip(record.fixed, record.multipliers, record.stable, strict=True)
    )
    plural = "s" if len(record.fixed) > 1 else ""
    parts = [f"The unit at {where}: {record.region}. Fixed point{plural}: {points}."]
    if record.cycle is not None:
        low, high = record.cycle
        parts.append(f"The two-cycle jumps between {low:.4g} and {high:.4g}.")
    steps = len(record.orbit) - 1
    ends = f"its limit is {record.limit:.4g}" if np.isfinite(record.limit) else "it has no limit"
    parts.append(
        f"The orbit of {record.y0:.4g} is at {record.orbit[-1]:.4g} after {steps} "
        f"step{'s' if steps > 1 else ''}; {ends}."
    )
    if record.shock is not None:
        apart = record.b - record.shock
        side = f"{abs(apart):.4g} {'above' if apart > 0 else 'below'} it" if apart else "on it"
        parts.append(
            f"The limit jumps at b = {record.shock:.4g}, the shock; the point lies {side}."
        )
    return " ".join(parts)


def show(record: Record) -> Still:
    """The finished picture."""
    return Still(drawn(lambda figure: draw(figure, record), (7.4, 4.0)), describe(record), CAPTION)


def draw_plane(ax: Axes, record: Record) -> None:
    """Folds, flips and the shock of y₀ over (w, b), with the point."""
    # Fine near the tips, where both curves of a pair start with the same slope.
    over = 8 * np.linspace(0, 1, 161) ** 2
    w = 4 + over
    high, low = one_unit.fold(w)
    shock = np.r_[low[0], one_unit.shock(w[1:], record.y0)]
    ax.fill_between(w, low, shock, color=BLUE, alpha=0.22, linewidth=0)
    ax.fill_between(w, shock, high, color=PURPLE, alpha=0.22, linewidth=0)
    ax.plot(np.r_[w[::-1], w], np.r_[low[::-1], high], color=INK, label="fold")
    low, high = one_unit.flip(-w)
    ax.fill_between(-w, low, high, color=FAINT, alpha=0.3, linewidth=0)
    ax.plot(np.r_[-w[::-1], -w], np.r_[low[::-1], high], color=INK, linestyle=(0, (4, 2)),
            label="flip")  # fmt: skip
    ax.plot(w, shock, color=ORANGE, linewidth=2.4, label="shock of $y_0$")
    ax.plot(WEIGHTS, -np.array(WEIGHTS) / 2, color=GREY, linewidth=1.2, linestyle=(0, (1, 2)),
            label="$b = -w/2$")  # fmt: skip
    for edge in (-4, 4):
        ax.axvline(edge, color=FAINT, linewidth=0.8, linestyle=(0, (1, 2)), zorder=0)
    ax.plot(record.w, record.b, "o", color=GREEN, markeredgecolor="white", markersize=9, zorder=5)
    ax.text(6, -9, "three fixed points", ha="center", fontsize=7.5)
    ax.text(-9.2, 7, "two-cycle", ha="center", fontsize=7.5)
    ax.set(xlim=WEIGHTS, ylim=BIASES, xlabel="$w$", xticks=range(-12, 13, 4))
    ax.set_ylabel("$b$", rotation=0)
    ax.set_title("The plane of $w$ and $b$")
    ax.legend(**LEGEND)


def draw_cobweb(ax: Axes, record: Record) -> None:
    """The map, the diagonal, fixed points, basins, and the orbit of y₀."""
    y = np.linspace(0, 1, 401)
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    ax.plot(y, logistic(record.w * y + record.b), color=INK, label=r"$\sigma(w y + b)$")
    corners = np.repeat(record.orbit, 2)
    ax.plot(corners[:-1], np.r_[0, corners[2:]], color=ORANGE, linewidth=1, label="orbit of $y_0$")
    for low, high, color in basins(record):
        style = "solid" if record.cycle is None else (0, (1, 0.8))
        ax.plot([low, high], [-0.035, -0.035], color=color, linewidth=5, linestyle=style,
                solid_capstyle="butt", dash_capstyle="butt")  # fmt: skip
    colors = point_colors(record)
    for at, color in zip(record.fixed, colors, strict=True):
        fill = color if color != INK else "white"
        ax.plot(at, at, "o", color=INK, markerfacecolor=fill, markersize=8, zorder=5)
    if record.cycle is not None:
        low, high = record.cycle
        ax.plot([low, low, high, high, low], [low, high, high, low, low], color=INK,
                linestyle=(0, (4, 3)), label="two-cycle", zorder=4)  # fmt: skip
    ax.plot(record.y0, -0.035, "o", color=GREEN, markeredgecolor="white", markersize=9, zorder=6)
    ax.set(xlim=(0, 1), ylim=(-0.07, 1), xlabel="$y$")
    ax.set_title(f"$w = {record.w:.4g}$, $b = {record.b:.4g}$")
    ax.legend(**LEGEND)


def point_colors(record: Record) -> list[str]:
    """Of each fixed point: the colour of its basin, or ink where it does not attract."""
    highest = len(record.fixed) - 1
    colors = [PURPLE if i == highest else BLUE for i in range(highest + 1)] if highest else [GREY]
    return [c if stable else INK for c, stable in zip(colors, record.stable, strict=True)]


def basins(record: Record) -> list[tuple[float, float, str]]:
    """From where to where starts end at the same place, and the colour of that place."""
    if record.parting is None:
        return [(0, 1, GREY)]
    part = record.fixed[record.parting]
    return [(0, part, BLUE), (part, 1, PURPLE)]
