"""The contributions r_{t,k} as a triangle, and their sums S_t: which vanish, which grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Linear
from book_utils.dynamics import contributions, simulate
from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, Still, drawn


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
    "no term vanishes": Example(1, 0, (1, 0), (-2, 2), -3),
    "all terms equal": Example(1, 1, (), (0,), 0),
    "columns fade": Example(0.5, 1, (), (0.5,), 0),
    "columns explode": Example(1.1, 1, (), (0,), 0),
}
TRIANGLES = ("two terms cancel", "no term vanishes", "columns fade")
LINES = {
    "columns explode": (ORANGE, "^"),
    "all terms equal": (PURPLE, "s"),
    "no term vanishes": (BLUE, "o"),
    "columns fade": (GREEN, "v"),
    "one term stays": (INK, "D"),
    "two terms cancel": ("#6e7781", "x"),
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


def compute(T: int = 12, names: Sequence[str] = tuple(EXAMPLES)) -> Record:
    """Run each example for T steps."""
    terms = {name: _terms(EXAMPLES[name], T) for name in names}
    return Record(terms, {name: r.sum(axis=1) for name, r in terms.items()})


def _terms(example: Example, T: int) -> np.ndarray:
    cell = Linear(W=np.array([[float(example.w)]]), U=np.eye(1))
    start, inputs = np.array([float(example.x0)]), example.inputs(T)[:, None]
    errors = simulate(cell, start, inputs)[1:] - example.y
    return contributions(cell, start, inputs, errors)["W"][:, :, 0, 0]


def draw(figure: Figure, record: Record) -> None:
    """Three triangles, with dots whose area is the size of a term, and the sums of all."""
    places = figure.subplot_mosaic("abc;ddd", height_ratios=(1, 1.25))
    for place, name in zip("abc", TRIANGLES, strict=True):
        _triangle(places[place], record.terms[name], name)
    places["a"].set_ylabel("row $t$")
    _lines(places["d"], record)


def _triangle(ax, r: np.ndarray, name: str) -> None:
    T = len(r)
    t, k = np.tril_indices(T)
    values = r[t, k]
    areas = 42 * np.abs(values) / np.abs(r).max()
    ax.scatter(k + 1, t + 1, s=2, color=FAINT, linewidths=0)
    for sign, face in ((1, BLUE), (-1, "white")):
        which = np.sign(values) == sign
        ax.scatter(
            k[which] + 1,
            t[which] + 1,
            s=areas[which],
            facecolors=face,
            edgecolors=BLUE if sign > 0 else ORANGE,
            linewidths=1,
        )
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
        ax.plot(times, record.sums[name], color=color, marker=marker, markersize=4, label=name)
    ax.set_yscale("symlog", linthresh=1)
    ax.set_yticks([0, 1, 2, 4, 10, 100], ["0", "1", "2", "4", "10", "100"])
    ax.set_ylim(-0.3, 200)
    ax.set_xticks(times)
    ax.set_xlabel("$t$")
    ax.set_title("$S_t$, the sum of row $t$")
    ax.legend(loc="upper left", ncols=2, fontsize=8)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    T = record.T
    triangles = "; ".join(f"{name}: {_counts(record.terms[name])} in row {T}" for name in TRIANGLES)
    ends = ", ".join(f"{name} {record.sums[name][-1]:.3g}" for name in LINES)
    return (
        f"Above, three triangles of terms with {T} rows. {triangles}. "
        f"Below, the row sums S_t for six networks; at t = {T} they are: {ends}"
    )


def _counts(r: np.ndarray) -> str:
    row = r[-1]
    largest = np.abs(row).max()
    up, down = (int((sign * row > 1e-2 * largest).sum()) for sign in (1, -1))
    first = next(value for value in row if value)
    return (
        f"{up} positive and {down} negative terms above a hundredth of the largest, which is "
        f"{largest:.3g}; the oldest that is not zero is {first:.2g}"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Above: the terms of three networks, a row for each time and a column for each step. "
        "The area of a dot is the modulus of the term, against the largest of its triangle; "
        "filled is positive, hollow negative, a point is zero. "
        "Below: the sums of the rows, for these three and three more. The axis is linear up to "
        "1 and logarithmic above."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (5.2, 5.4)), describe(record) + ".", caption
    )
