"""The plane of the two parameters: the strip |w| < 4, and where more than one limit is possible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics.one_unit import flip, fold
from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, Still, drawn

WIDTH, EXAMPLE = 4.0, 4.5


@dataclass(frozen=True)
class Record:
    """The curves that bound the regions, and the solutions for one target.

    Beyond the strip, on both sides, they go on to the weight from which the target no longer
    attracts; one of them is the example of the chapter.
    """

    w_fold: np.ndarray
    fold: tuple[np.ndarray, np.ndarray]
    w_flip: np.ndarray
    flip: tuple[np.ndarray, np.ndarray]
    target: float
    w_solution: np.ndarray
    b_solution: np.ndarray
    w_beyond: np.ndarray
    b_beyond: np.ndarray
    example: tuple[float, float]


def compute(target: float = 0.7, largest: float = 10.0, points: int = 121) -> Record:
    """Curves up to |w| = ``largest``, and the line b = logit(y_T) − w y_T up to |w| = 1/s."""
    w = np.linspace(WIDTH, largest, points)
    inside = np.linspace(-WIDTH, WIDTH, points)
    right = np.linspace(WIDTH, 1 / (target * (1 - target)), points)
    # Two pieces, of which a line drawn through them leaves out the strip.
    beyond = np.concatenate([-right[::-1], [np.nan], right])

    def line(w):
        return np.log(target / (1 - target)) - w * target

    return Record(
        *(w, fold(w), -w, flip(-w), target),
        *(inside, line(inside), beyond, line(beyond), (EXAMPLE, float(line(EXAMPLE)))),
    )


def draw(figure: Figure, record: Record) -> None:
    """The strip in the middle, the two regions beside it, and the line of solutions."""
    ax = figure.subplots()
    ax.axvspan(-WIDTH, WIDTH, color=FAINT, alpha=0.35, linewidth=0)
    closer = ax.inset_axes((0.09, 0.1, 0.3, 0.3))
    for w, (low, high), color, name in (
        (record.w_fold, record.fold[::-1], ORANGE, "three fixed points"),
        (record.w_flip, record.flip, PURPLE, "two-cycle"),
    ):
        ax.fill_between(w, low, high, color=color, alpha=0.3, linewidth=0, label=name)
        ax.plot(w, low, color=color, linewidth=1.2)
        ax.plot(w, high, color=color, linewidth=1.2)
    label = f"solutions for the target {record.target:g}"
    ax.plot(record.w_solution, record.b_solution, color=GREEN, label=label)
    closer.axvspan(0, WIDTH, color=FAINT, alpha=0.35, linewidth=0)
    closer.fill_between(record.w_fold, *record.fold, color=ORANGE, alpha=0.3, linewidth=0)
    closer.plot(record.w_solution, record.b_solution, color=GREEN)
    for axes in (ax, closer):
        axes.plot(record.w_beyond, record.b_beyond, color=GREEN, linestyle=(0, (2, 1)))
        axes.plot(*record.example, "x", color=GREEN, markersize=6)
        axes.plot([-WIDTH, WIDTH], [2, -2], "o", color=INK, markersize=3)
    closer.set(xlim=(3.7, 5.0), ylim=(-2.65, -1.7), xticks=[4, 4.5], yticks=[-2, -2.5])
    closer.tick_params(labelsize=7)
    ax.text(0, -9, "strip", ha="center", color=BLUE)
    ax.set_xlim(record.w_flip[-1], record.w_fold[-1])
    ax.set_ylim(-10, 10)
    ax.set_xlabel("weight w")
    ax.set_ylabel("bias b")
    ax.legend(loc="upper right", fontsize=8)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    right, left = record.w_fold[-1], record.w_flip[-1]
    return (
        "Regions in the plane of w and b. The strip from w = -4 to w = 4 is free of both. On its "
        f"right a region with three fixed points opens at (4, -2); at w = {right:g} it reaches "
        f"from b = {record.fold[1][-1]:.2f} to {record.fold[0][-1]:.2f}. On its left a region with "
        f"a two-cycle opens at (-4, 2); at w = {left:g} it reaches from b = "
        f"{record.flip[0][-1]:.2f} to {record.flip[1][-1]:.2f}. The solutions for the target "
        f"{record.target:g} form a segment from (-4, {record.b_solution[0]:.2f}) to "
        f"(4, {record.b_solution[-1]:.2f}); dashed, it goes on to w = ±{record.w_beyond[-1]:.2f}, "
        f"with a cross at ({record.example[0]:g}, {record.example[1]:.2f})."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Grey: the strip. To its right three fixed points are possible, to its left a two-cycle; "
        "each region opens at a dot. Outside the regions and outside the strip one limit is left. "
        "Dashed: solutions beyond the strip, as far as the target attracts; cross: w = 4.5. "
        "Inset: the place where the solutions leave the strip."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.2, 3.8)), describe(record), caption)
