"""The plane of weight and bias: where one unit has how many fixed points, and which attract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics.one_unit import flip, fold
from book_utils.figures.still import INK, Still, drawn

LIMITS = (-10.0, 14.0)
"""The biases that the picture shows."""
LIGHT, MIDDLE = "#e6e9ed", "#6e7781"


@dataclass(frozen=True)
class Record:
    """The two fold curves over ``w``, and the two flip curves over ``−w``."""

    w: np.ndarray
    b_minus: np.ndarray
    b_plus: np.ndarray
    b_lower: np.ndarray
    b_upper: np.ndarray


def compute(widest: float = 12.0, count: int = 161) -> Record:
    """Curves from |w| = 4 to ``widest``; closer together near the tips, where they are steep."""
    w = 4 + (widest - 4) * np.linspace(0, 1, count) ** 2
    return Record(w, *fold(w), *flip(-w))


def draw(figure: Figure, record: Record) -> None:
    """Two wedges, their tips and names, and the line b = −w/2 about which all is symmetric."""
    ax = figure.subplots()
    end = record.w[-1]
    ax.plot([-end, end], [end / 2, -end / 2], color=MIDDLE, linewidth=1.2, linestyle=(0, (1, 2)))
    ax.fill_between(record.w, record.b_plus, record.b_minus, color=LIGHT, linewidth=0)
    ax.fill_between(-record.w, record.b_lower, record.b_upper, color=LIGHT, linewidth=0)
    for b, name, offset in (
        (record.b_minus, "fold b₋", (2, 9)),
        (record.b_plus, "fold b₊", (-48, -8)),
    ):
        ax.plot(record.w, b, color=INK)
        _name(ax, name, (0.75 * end, np.interp(0.75 * end, record.w, b)), offset, INK)
    for b, side in ((record.b_lower, -17), (record.b_upper, 10)):
        ax.plot(-record.w, b, color=INK, linestyle=(0, (4, 2)))
        _name(ax, "flip", (-0.6 * end, np.interp(0.6 * end, record.w, b)), (0, side), INK)
    _name(ax, "b = −w/2", (0, 0), (3, 4), MIDDLE)
    for w, b, name, place in (
        (record.w[0], record.b_minus[0], "cusp (4, −2)", (-66, -12)),
        (-record.w[0], record.b_upper[0], "tip (−4, 2)", (5, 4)),
    ):
        ax.plot([w], [b], "o", color=INK, markersize=4)
        _name(ax, name, (w, b), place, INK)
    for place, text in (
        ((-0.75 * end, 0.16 * end), "one, repels;\na two-cycle\nattracts"),
        ((0.35 * end, 0.50 * end), "one fixed point, attracts"),
        ((-0.45 * end, -0.45 * end), "one fixed point, attracts"),
    ):
        ax.text(*place, text, ha="center", va="center", color=INK)
    inside = (0.92 * end, 0.8 * record.b_plus[-1])
    ax.annotate(
        "three, two attract", inside, (0.1 * end, -0.7 * end), color=INK, va="center",
        arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.8},
    )  # fmt: skip
    ax.plot(*inside, "o", color=INK, markersize=2)
    ax.set(xlim=(-end, end), ylim=LIMITS, xlabel="weight w", ylabel="bias b")


def _name(ax, text: str, place: tuple, offset: tuple, color: str) -> None:
    ax.annotate(text, place, textcoords="offset points", xytext=offset, color=color)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    w = record.w[-1]
    return (
        "The plane of the weight w and the bias b. From the cusp at "
        f"w = {record.w[0]:g}, b = {record.b_minus[0]:g} a wedge opens to the right; at w = {w:g} "
        f"it reaches from b₊ = {record.b_plus[-1]:.3f} to b₋ = {record.b_minus[-1]:.3f}. In it "
        "there are three fixed points, of which two attract. From the tip at "
        f"w = {-record.w[0]:g}, b = {record.b_upper[0]:g} a wedge opens to the left; at w = "
        f"{-w:g} it reaches from b = {record.b_lower[-1]:.3f} to b = {record.b_upper[-1]:.3f}. "
        "In it the one fixed point repels and a two-cycle attracts. Outside of both there is one "
        "fixed point, and it attracts."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Solid: the fold curves b₋ and b₊. Dashed: the flip curves. Dotted: b = −w/2, about which "
        "the picture is symmetric."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 4.2)), describe(record), caption)
