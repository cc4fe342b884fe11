"""The contributions r_{t,k} as a triangle, and their sums S_t: which vanish, which grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Linear
from book_utils.dynamics import contributions, simulate
from book_utils.figures.still import BLUE, GREEN, INK, ORANGE, PURPLE, Still, drawn

GREY = "#6e7781"


@dataclass(frozen=True)
class Example:
    """One linear unit x_t = w x_{t-1} + u_t with the loss E_t = ½ (x_t − y)²."""

    w: float
    x0: float
    first: tuple[float, ...]
    """The first inputs."""
    then: tuple[float, ...]
    """What comes again and again after them."""
    y: float

    def inputs(self, T: int) -> np.ndarray:
        """u_1, …, u_T."""
        later = [self.then[s % len(self.then)] for s in range(T)]
        return np.array([*self.first, *later][:T], dtype=float)


EXAMPLES = {
    "one term stays": Example(1, 0, (1, -1), (0,), -1),
    "two terms cancel": Example(1, 0, (1, -2, 1), (0,), -1),
    "no term vanishes": Example(1, 2, (-3,), (2, -2), -3),
    "columns fade": Example(0.5, 1, (), (0.5,), 0),
    "left alone, w = 1": Example(1, 1, (), (0,), 0),
    "left alone, w = 1.1": Example(1.1, 1, (), (0,), 0),
}
TRIANGLES = ("one term stays", "two terms cancel", "no term vanishes", "columns fade")
ROWS = 12
"""How many rows of a triangle are drawn; the sums go on."""
LINES = {
    "left alone, w = 1.1": (ORANGE, "^"),
    "left alone, w = 1": (PURPLE, "s"),
    "no term vanishes": (BLUE, "o"),
    "columns fade": (GREEN, "v"),
    "one term stays": (INK, "D"),
    "two terms cancel": (GREY, "x"),
}


@dataclass(frozen=True)
class Record:
    """For each example the triangle r[t-1, k-1], with zeros above its diagonal, and its row sums
    S[t-1]."""

    terms: dict[str, np.ndarray]
    sums: dict[str, np.ndarray]

    @property
    def T(self) -> int:
        return len(next(iter(self.sums.values())))


def compute(T: int = 40, names: Sequence[str] = tuple(EXAMPLES)) -> Record:
    """Run each example for T steps."""
    terms = {name: _terms(EXAMPLES[name], T) for name in names}
    return Record(terms, {name: r.sum(axis=1) for name, r in terms.items()})


def _terms(example: Example, T: int) -> np.ndarray:
    cell = Linear(W=np.array([[float(example.w)]]), U=np.eye(1))
    start, inputs = np.array([float(example.x0)]), example.inputs(T)[:, None]
    errors = simulate(cell, start, inputs)[1:] - example.y
    return contributions(cell, start, inputs, errors)["W"][:, :, 0, 0]


def draw(figure: Figure, record: Record) -> None:
    """Four triangles, with dots whose area is the size of a term, and the sums of all rows."""
    places = figure.subplot_mosaic("ab;cd;ee", height_ratios=(1, 1, 1.35))
    for place, name in zip("abcd", TRIANGLES, strict=True):
        _triangle(places[place], record.terms[name][:ROWS, :ROWS], name)
    for place in "ac":
        places[place].set_ylabel("row $t$", labelpad=-6)
    _lines(places["e"], record)


def _triangle(ax, r: np.ndarray, name: str) -> None:
    T = len(r)
    t, k = np.tril_indices(T)
    values = r[t, k]
    areas = 60 * np.abs(values) / np.abs(r).max()
    for sign, face, edge in ((1, BLUE, BLUE), (-1, "white", ORANGE)):
        which = np.sign(values) == sign
        ax.scatter(
            k[which] + 1,
            t[which] + 1,
            s=areas[which],
            facecolors=face,
            edgecolors=edge,
            linewidths=1,
        )
    zero = values == 0
    ax.scatter(k[zero] + 1, t[zero] + 1, s=9, marker="x", color=GREY, linewidths=0.8)
    ax.set_xlim(0, T + 1)
    ax.set_ylim(T + 1, 0)
    ax.set_aspect("equal")
    ax.set_xticks([1, T])
    ax.set_yticks([1, T])
    ax.set_xlabel("column $k$", labelpad=-6)
    ax.set_title(name)


def _lines(ax, record: Record) -> None:
    times = np.arange(1, record.T + 1)
    for name, (color, marker) in LINES.items():
        sums = record.sums[name]
        ax.plot(times, sums, color=color, marker=marker, markersize=4, markevery=3, label=name)
    ax.set_yscale("symlog", linthresh=1)
    ax.set_yticks([0, 1, 4, 10, 100, 1000, 10000], ["0", "1", "4", "10", "100", "1000", "10000"])
    ax.set_ylim(-0.3, 5e6)
    ax.set_xticks([1, *range(10, record.T + 1, 10)])
    ax.set_xlabel("$t$")
    ax.set_title("$S_t$, the sum of row $t$")
    ax.legend(loc="upper left", ncols=2, fontsize=8)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    rows = min(ROWS, record.T)
    triangles = "; ".join(f"{name}: {_counts(record.terms[name][:rows])}" for name in TRIANGLES)
    ends = "; ".join(f"{name}: {record.sums[name][-1]:.3g}" for name in LINES)
    return (
        f"Above, four triangles of terms with {rows} rows. In row {rows}, {triangles}. "
        f"Below, the row sums S_t for six networks. At t = {record.T} they are, {ends}"
    )


def _counts(r: np.ndarray) -> str:
    row = r[-1]
    largest = np.abs(row).max()
    up, down = (int((sign * row > 1e-2 * largest).sum()) for sign in (1, -1))
    first = next(value for value in row if value)
    return (
        f"{up} positive and {down} negative terms above a hundredth of the largest, which is "
        f"{largest:.3g}, and the oldest that is not zero is {first:.2g}"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Above: the terms of four networks, a row for each time and a column for each step. "
        "The area of a dot is the modulus of the term, against the largest of its triangle; "
        "filled is positive, hollow negative, a cross is zero. "
        "Below: the sums of the rows, for these four and two more. The axis is linear up to "
        "1 and logarithmic above."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.6, 7.4)), describe(record) + ".", caption
    )
