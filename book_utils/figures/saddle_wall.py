"""Two units, and the wall in the plane of their biases: where the start meets a saddle's curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Elman
from book_utils.dynamics import bptt, simulate, spectral_norm
from book_utils.figures.still import GREEN, INK, ORANGE, PURPLE, Still, drawn

W = np.array([[2.0, 3.0], [3.0, 2.0]])
START = np.array([0.7, 0.3])
ON_THE_WALL = np.array([-2.5, -2.5])
BESIDE = np.array([-2.2, -2.2])
LOW, HIGH = -4.5, -0.5
RESTS = 0.5 + np.array([-1, 1]) / np.sqrt(20)  # the first unit where 5 u (1 − u) = 1
ENDS = np.log(RESTS / (1 - RESTS)) - 3 + RESTS  # and the b_1 with which it rests there


@dataclass(frozen=True)
class Record:
    """The end of the run for a grid of biases, and how ∂y_t/∂b grows at two of them."""

    b: np.ndarray
    """The values of b_1, and of b_2."""
    ends: np.ndarray
    """The mean of the two entries of y_t: at [i, j] for b = (b[j], b[i])."""
    steps: int
    places: tuple[np.ndarray, np.ndarray]
    """Two biases: on the wall, and beside it."""
    norms: np.ndarray
    """‖∂y_t/∂b‖ for t = 0, 1, … at each of the two places."""

    @property
    def growth(self) -> np.ndarray:
        """‖∂y_t/∂b‖ over (5/4)^t, on the wall."""
        return self.norms[0] / 1.25 ** np.arange(self.norms.shape[1])

    @property
    def jump(self) -> float:
        """The largest difference over two steps of the grid on the diagonal b_1 = b_2: the point
        between may lie on the wall itself."""
        along = np.diag(self.ends)
        return float(np.abs(along[2:] - along[:-2]).max())


def network(b: np.ndarray) -> Elman:
    """y ↦ σ(y W + b)."""
    return Elman(W.T, np.zeros((2, 0)), b, "logistic")


def bias_gradient(b: np.ndarray, t: int) -> np.ndarray:
    """∂y_t/∂b, row by row: backpropagation of each entry of y_t."""
    rows = []
    for row in np.eye(2):
        last = np.zeros((t, 2))
        last[-1:] = row
        rows.append(bptt(network(b), START, np.zeros((t, 0)), last)["b"])
    return np.array(rows)


def compute(points: int = 121, steps: int = 50, last: int = 60) -> Record:
    """A grid of ``points`` × ``points`` biases, each run for ``steps``; gradients to ``last``."""
    b = np.linspace(LOW, HIGH, points)
    grid = np.stack(np.meshgrid(b, b), axis=-1).reshape(-1, 2)
    steered = Elman(W.T, np.eye(2), np.zeros(2), "logistic")  # the bias comes in as an input
    states = np.broadcast_to(START, grid.shape)
    for _ in range(steps):  # one step at a time: only the last state is kept
        states = simulate(steered, states, grid[None])[-1]
    norms = [
        [spectral_norm(bias_gradient(place, t)) if t else 0.0 for t in range(last + 1)]
        for place in (ON_THE_WALL, BESIDE)
    ]
    ends = states.mean(axis=-1).reshape(points, points)
    return Record(b, ends, steps, (ON_THE_WALL, BESIDE), np.array(norms))


def draw(figure: Figure, record: Record) -> None:
    """The plane of the biases as a map of the ends; below it the gradients at two places."""
    above, below = figure.subplots(2, 1, height_ratios=(1.25, 1))
    levels = np.linspace(0, 1, 11)  # few colours: the palette of a Still is small
    image = above.contourf(record.b, record.b, record.ends, levels=levels, cmap="Blues")
    above.set_aspect("equal")
    figure.colorbar(image, ax=above, shrink=0.9, label=f"mean of y after {record.steps} steps")
    above.plot(ENDS, -5 - ENDS, color=PURPLE, marker="x", markersize=7)
    for place, color, mark in zip(record.places, (ORANGE, GREEN), "os", strict=True):
        above.plot(*place, mark, color=color, markeredgecolor=INK, markersize=6)
    above.set_xlabel("$b_1$")
    above.set_ylabel("$b_2$")
    t = np.arange(record.norms.shape[1])
    words = ("on the wall", "beside it")
    for place, norms, color, word in zip(
        record.places, record.norms, (ORANGE, GREEN), words, strict=True
    ):
        below.plot(
            t[1:], norms[1:], color=color, label=f"{word}, b₁ = b₂ = {place[0]:g}".replace("-", "−")
        )
    below.set_yscale("log")
    below.set_xlabel("number of steps t")
    below.set_ylabel(r"$\Vert \partial y_t/\partial b \Vert$")
    below.legend(loc="upper left")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    low, high = record.ends.min(), record.ends.max()
    last = record.norms.shape[1] - 1
    wall, beside = record.norms[:, -1]
    return (
        f"Above: the plane of the two biases from {record.b[0]:g} to {record.b[-1]:g}. The mean of "
        f"y after {record.steps} steps lies between {low:.2f} and {high:.2f} and jumps along a "
        f"segment from ({ENDS[0]:.3f}, {-5 - ENDS[0]:.3f}) to ({ENDS[1]:.3f}, {-5 - ENDS[1]:.3f}) "
        f"through ({ON_THE_WALL[0]:g}, {ON_THE_WALL[1]:g}), on the diagonal by "
        f"{record.jump:.2f} over two steps of the grid. Below: the norm of the "
        f"gradient by b grows on the segment to {wall:.2g} after {last} steps, and beside it, at "
        f"({BESIDE[0]:g}, {BESIDE[1]:g}), ends at {beside:.2g}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Two units with W = [[2, 3], [3, 2]], started at (0.7, 0.3). Above: where the run ends for "
        "each pair of biases; the wall in purple, its ends as crosses. Below: the gradient at the "
        "two marked places, orange on the wall and green beside it."
    )
    return Still(drawn(lambda figure: draw(figure, record), (4.4, 6.4)), describe(record), caption)
