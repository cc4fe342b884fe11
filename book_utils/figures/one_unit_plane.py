"""The plane of weight and bias: where one unit has how many fixed points, and which attract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics.one_unit import flip, fold
from book_utils.figures.still import BLUE, FAINT, INK, PURPLE, Still, drawn

LIMITS = (-10.0, 14.0)
"""The biases that the picture shows."""
LIGHT_BLUE, LIGHT_PURPLE = "#d6e6f5", "#e9def8"


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
    ax.plot([-end, end], [end / 2, -end / 2], color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    ax.fill_between(record.w, record.b_plus, record.b_minus, color=LIGHT_BLUE, linewidth=0)
    ax.fill_between(-record.w, record.b_lower, record.b_upper, color=LIGHT_PURPLE, linewidth=0)
    for b, name, side in ((record.b_minus, "b₋", 4), (record.b_plus, "b₊", -12)):
        ax.plot(record.w, b, color=BLUE)
        _name(ax, name, (end, b[-1]), (-16, side), BLUE)
    for b in (record.b_lower, record.b_upper):
        ax.plot(-record.w, b, color=PURPLE)
    _name(ax, "flip", (-end, record.b_lower[-1]), (4, -12), PURPLE)
    _name(ax, "flip", (-end, record.b_upper[-1]), (14, -2), PURPLE)
    for w, b, name, place in (
        (record.w[0], record.b_minus[0], "cusp (4, −2)", (-30, 7)),
        (-record.w[0], record.b_upper[0], "tip (−4, 2)", (5, 4)),
    ):
        ax.plot([w], [b], "o", color=INK, markersize=4)
        _name(ax, name, (w, b), place, INK)
    for place, text in (
        ((0.84 * end, -0.43 * end), "three:\ntwo attract"),
        ((-0.72 * end, 0.57 * end), "one, repels;\na two-cycle\nattracts"),
        ((0.35 * end, 0.50 * end), "one fixed point, attracts"),
        ((-0.45 * end, -0.45 * end), "one fixed point, attracts"),
    ):
        ax.text(*place, text, ha="center", va="center", color=INK)
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
        "Blue: the fold curves b₋ and b₊. Purple: the flip curves. Dashed: b = −w/2, about which "
        "the picture is symmetric."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 4.2)), describe(record), caption)
