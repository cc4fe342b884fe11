"""The one unit as a controlled system: one map in every step, one control, one cost at the end."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, Still, drawn

Place = tuple[float, float]

COLORS = {"F": BLUE, "control": ORANGE, "cost": GREEN}
"""The arrows of the map, those of the control, and the one to the cost."""


@dataclass(frozen=True)
class Record:
    """The folded unit on the left, the unrolled one on the right: nodes and arrows."""

    steps: int
    nodes: dict[str, Place]
    arrows: tuple[tuple[str, str, str], ...]
    """From, to, and what acts along it."""


def compute(steps: int = 4) -> Record:
    """A loop at y, and beside it the chain y_0, …, y_steps with its cost."""
    if steps < 1:
        raise ValueError(f"steps: got {steps}, expects at least 1")
    nodes: dict[str, Place] = {"y": (-1.9, 0), "w,b": (-1.9, -1.1)}
    arrows = [("y", "y", "F"), ("w,b", "y", "control")]
    middle = (1 + steps) / 2
    nodes |= {"y_0": (0, 0), "(w,b)": (middle, -1.1)}
    for k in range(1, steps + 1):
        nodes[f"y_{k}"] = (k, 0)
        arrows += [(f"y_{k - 1}", f"y_{k}", "F"), ("(w,b)", f"y_{k}", "control")]
    nodes["E"] = (steps, 1)
    arrows.append((f"y_{steps}", "E", "cost"))
    return Record(steps, nodes, tuple(arrows))


def draw(figure: Figure, record: Record) -> None:
    """Nodes as circles, arrows in the colour of what acts."""
    ax = figure.subplots()
    for start, end, acts in record.arrows:
        color = COLORS[acts]
        if start == end:
            _loop(ax, record.nodes[start], color)
            continue
        (x, y), (to_x, to_y) = record.nodes[start], record.nodes[end]
        _arrow(ax, (x, y), (to_x, to_y), color)
        if acts == "F":
            _say(ax, "$F$", ((x + to_x) / 2, y + 0.07), color)
    for name, place in record.nodes.items():
        edge = INK if name.startswith("y") else FAINT
        ax.add_patch(Circle(place, 0.24, facecolor="white", edgecolor=edge, zorder=3))
        text = "w, b" if "w" in name else f"${name}$"
        ax.annotate(text, place, ha="center", va="center", zorder=4)
    ax.set_xlim(-2.5, record.steps + 0.4)
    ax.set_ylim(-1.5, 1.4)
    ax.set_aspect("equal")
    ax.set_axis_off()


def _arrow(ax, start: Place, end: Place, color: str) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=10,
            shrinkA=15,
            shrinkB=16,
            color=color,
            linewidth=1.4,
        )
    )


def _loop(ax, place: Place, color: str) -> None:
    x, y = place
    ax.add_patch(
        FancyArrowPatch(
            (x + 0.17, y + 0.18),
            (x - 0.17, y + 0.18),
            arrowstyle="-|>",
            mutation_scale=10,
            connectionstyle="arc3,rad=1.9",
            color=color,
            linewidth=1.4,
        )
    )
    _say(ax, "$F$", (x, y + 0.62), color)


def _say(ax, text: str, place: Place, color: str) -> None:
    ax.annotate(text, place, ha="center", va="bottom", color=color)


def describe(record: Record) -> str:
    """The picture in words, read off its arrows."""
    chain = [name for name in record.nodes if name.startswith("y_")]
    count = {kind: sum(acts == kind for *_, acts in record.arrows) for kind in COLORS}
    return (
        f"On the left a loop marked F at one state, with one control. On the right the chain "
        f"{', '.join(chain)}: {count['F'] - 1} arrows marked F lead from one state to the next, "
        f"{count['control'] - 1} arrows lead from one control to all states but the first, and "
        f"{count['cost']} arrow leads from {chain[-1]} to the cost E."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "One unit, folded and unrolled. In every step the same map F and the same control act; "
        "the cost looks at the last state alone."
    )
    size = (0.82 * (record.steps + 2.9), 2.6)
    return Still(drawn(lambda figure: draw(figure, record), size), describe(record), caption)
