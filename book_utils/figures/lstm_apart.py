"""Two reachable states of an LSTM that one step pushes apart in length, and not in another norm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import LSTM
from book_utils.dynamics import lstm_contraction, simulate
from book_utils.figures.still import BLUE, FAINT, ORANGE, Still, drawn


def held(f: float = 0.95, o: float = 0.99, written: float = 0.01, hide: float = 20.0) -> LSTM:
    """One unit with two inputs, all W = 0 and no bias.

    The second input, held at 1, gives the gates f and o. A first input of 1 writes half of
    tanh(``written``) into the memory, and shuts the output gate.
    """
    zeros = {name: np.zeros([1] * len(letters)) for name, letters in LSTM.shapes.items()}
    gates = {
        "U_f": [[0.0, np.log(f / (1 - f))]],
        "U_o": [[-hide, np.log(o / (1 - o))]],
        "U_z": [[written, 0.0]],
        "U_i": [[0.0, 0.0]],
    }
    return LSTM(**zeros | gates)


def inputs(steps: int, m: int = 2) -> np.ndarray:
    """The same input in every step: 1 as the last of m, and 0 otherwise."""
    return np.tile(np.eye(m)[-1], (steps, 1))


@dataclass(frozen=True)
class Record:
    """Distances of two runs after 0, 1, … steps, as fractions of the first."""

    euclidean: np.ndarray
    weighted: np.ndarray
    rate: float
    """λ: what a step surely leaves of the weighted distance."""
    units: int
    iterations: int | None

    @property
    def steps(self) -> np.ndarray:
        return np.arange(len(self.euclidean))

    @property
    def bound(self) -> np.ndarray:
        """√(2d) λ^r."""
        return np.sqrt(2 * self.units) * self.rate**self.steps


def compute(cell: LSTM | None = None, steps: int = 8) -> Record:
    """One run from 0, one from where inputs of 1 lead from 0; then only the last input is 1."""
    cell = held() if cell is None else cell
    known, same = lstm_contraction(cell, 1.0), inputs(steps, cell.m)
    zero = np.zeros(cell.n)
    runs = [simulate(cell, s, same) for s in (zero, cell.step(zero, np.ones(cell.m)))]
    gap, d = np.abs(runs[1] - runs[0]), cell.n // 2
    sizes = np.maximum(gap[:, :d].max(axis=1), known.weight * gap[:, d:].max(axis=1))
    lengths = np.linalg.norm(gap, axis=1)
    return Record(lengths / lengths[0], sizes / sizes[0], known.by_sum, d, known.sum_iterations)


def draw(figure: Figure, record: Record) -> None:
    """Both distances against the number of steps, with the bound and the line of no change."""
    ax = figure.subplots()
    ax.axhline(1, color=FAINT, linewidth=1)
    ax.plot(
        record.steps, record.bound, "--", color=ORANGE, linewidth=1, label=r"$\sqrt{2d}\,\lambda^r$"
    )
    ax.plot(record.steps, record.euclidean, "o", color=ORANGE, label="length")
    ax.plot(record.steps, record.weighted, "^-", color=BLUE, label="largest entry, weighted")
    ax.set_xlabel("steps $r$")
    ax.set_ylabel("distance, as a fraction of the first")
    ax.set_ylim(0, 1.5)
    ax.legend(loc="lower left")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    lengths = ", ".join(f"{value:.3f}" for value in record.euclidean)
    sizes = ", ".join(f"{value:.3f}" for value in record.weighted)
    closer = np.flatnonzero(record.euclidean[1:] < 1)
    when = f"from step {closer[0] + 1} on" if len(closer) else "in no step shown"
    return (
        f"Distance of two states over {record.steps[-1]} steps, as fractions of the first. In "
        f"length: {lengths}, below 1 {when}. In the weighted largest entry: {sizes}. The bound "
        f"of the length falls from {record.bound[0]:.3f} to {record.bound[-1]:.3f}"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Two reachable states of one LSTM unit under the same inputs. Their distance in length "
        "(circles) stays under the bound (broken), which starts above 1. In the weighted largest "
        "entry (triangles; the weight is 1 here) each step makes it smaller."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.6, 3.2)), describe(record) + ".", caption
    )
