"""The network drawn as a chain: one layer for each step, and the same parameters in each."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, Still, drawn

Place = tuple[float, float]

COLORS = {"W": BLUE, "U": ORANGE, "L": GREEN}
"""The arrows of W are tied, and those of U. An L arrow leads to a loss and carries no weights."""


@dataclass(frozen=True)
class Arrow:
    """An arrow from node to node, and the letter of what acts along it."""

    start: str
    end: str
    acts: str


@dataclass(frozen=True)
class Record:
    """The chain of T steps: where each node stands, and which arrows lead where."""

    steps: int
    nodes: dict[str, Place]
    arrows: tuple[Arrow, ...]


def compute(steps: int = 4) -> Record:
    """The states in a row, each with its input below it and its loss above it."""
    if steps < 1:
        raise ValueError(f"steps: got {steps}, expects at least 1")
    nodes: dict[str, Place] = {"x_0": (0, 0)}
    arrows = []
    for t in range(1, steps + 1):
        nodes |= {f"x_{t}": (t, 0), f"u_{t}": (t, -1), f"E_{t}": (t, 1)}
        arrows += [
            Arrow(f"x_{t - 1}", f"x_{t}", "W"),
            Arrow(f"u_{t}", f"x_{t}", "U"),
            Arrow(f"x_{t}", f"E_{t}", "L"),
        ]
    return Record(steps, nodes, tuple(arrows))


def draw(figure: Figure, record: Record) -> None:
    """Nodes as circles, arrows in the colour of their parameter, each with its letter."""
    ax = figure.subplots()
    for arrow in record.arrows:
        (x, y), (to_x, to_y) = record.nodes[arrow.start], record.nodes[arrow.end]
        color = COLORS[arrow.acts]
        ax.add_patch(
            FancyArrowPatch(
                (x, y),
                (to_x, to_y),
                arrowstyle="-|>",
                mutation_scale=11,
                shrinkA=16,
                shrinkB=17,
                color=color,
                linewidth=1.6,
            )
        )
        middle = ((x + to_x) / 2, (y + to_y) / 2)
        across = y == to_y
        ax.annotate(
            f"${arrow.acts}$",
            middle,
            xytext=(0, 5) if across else (5, 0),
            textcoords="offset points",
            ha="center" if across else "left",
            va="bottom" if across else "center",
            color=color,
        )
    for name, place in record.nodes.items():
        edge = INK if name.startswith("x") else FAINT
        ax.add_patch(Circle(place, 0.21, facecolor="white", edgecolor=edge, zorder=3))
        ax.annotate(f"${name}$", place, ha="center", va="center", zorder=4)
    ax.set_xlim(-0.35, record.steps + 0.35)
    ax.set_ylim(-1.3, 1.3)
    ax.set_aspect("equal")
    ax.set_axis_off()


def describe(record: Record) -> str:
    """The picture in words, read off its arrows."""
    chain = ", ".join(name for name in record.nodes if name.startswith("x"))
    counts = {letter: sum(arrow.acts == letter for arrow in record.arrows) for letter in COLORS}
    first = {letter: next(a for a in record.arrows if a.acts == letter) for letter in COLORS}
    parts = [
        f"{counts[letter]} arrows are marked {letter}, the first from {first[letter].start} to "
        f"{first[letter].end}"
        for letter in COLORS
    ]
    return f"A chain of the states {chain}. " + "; ".join(parts)


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"The network unrolled over {record.steps} steps. All W arrows carry the same weights, and "
        "so do all U arrows: the chain is a deep network with tied weights. The L arrows lead to "
        "the losses and carry none. The activation and the bias are not drawn."
    )
    size = (1.15 * record.steps + 0.8, 3.0)
    return Still(drawn(lambda figure: draw(figure, record), size), describe(record) + ".", caption)
