"""How large the term of each past step is in the gradient of one loss, for several gains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Vanilla
from book_utils.dynamics import jacobian, simulate
from book_utils.figures.still import BLUE, GREEN, ORANGE, Still, drawn


@dataclass(frozen=True)
class Record:
    """Sizes of the terms r_{t,k} for k = 1, …, t at one t, by gain of the weights.

    The size of a term is its Frobenius norm as a gradient for W: the square root of the sum of
    the squares of its entries.
    """

    k: np.ndarray
    sizes: dict[float, np.ndarray]

    @property
    def factors(self) -> dict[float, float]:
        """The factor that one more step into the past brings, on average: a geometric mean."""
        return {
            gain: float((sizes[0] / sizes[-1]) ** (1 / (len(sizes) - 1)))
            for gain, sizes in self.sizes.items()
        }


def compute(
    gains: tuple[float, ...] = (1.0, 2.0, 3.0), n: int = 64, t: int = 40, seed: int = 0
) -> Record:
    """One tanh network with weights gain · N(0, 1/n) and inputs N(0, 1), for each gain.

    The random numbers are the same for all gains, and ∂E_t/∂x_t is one row of length 1.
    """
    rng = np.random.default_rng(seed)
    W, x0 = rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n)
    inputs, row = rng.normal(size=(t, n)), rng.normal(size=n)
    sizes = {}
    for gain in gains:
        cell = Vanilla(gain * W, np.eye(n), np.zeros(n), "tanh")
        x, g, found = simulate(cell, x0, inputs), row / np.linalg.norm(row), []
        for k in range(t, 0, -1):
            # g is the row (∂E_t/∂x_t)(∂x_t/∂x_k), and the term is g^T times σ(x_{k-1})^T.
            found.append(np.linalg.norm(g) * np.linalg.norm(np.tanh(x[k - 1])))
            g = g @ jacobian(cell, x[k - 1], inputs[k - 1])
        sizes[gain] = np.array(found[::-1])
    return Record(np.arange(1, t + 1), sizes)


def draw(figure: Figure, record: Record) -> None:
    """A line for each gain, newest terms on the right."""
    ax = figure.subplots()
    colours = zip(record.sizes.items(), (BLUE, GREEN, ORANGE), "os^", strict=False)
    for (gain, sizes), color, marker in colours:
        ax.plot(record.k, sizes, color=color, marker=marker, markersize=3, label=f"gain {gain:g}")
    ax.set_yscale("log")
    ax.set_xlabel("step $k$ in which the weights acted")
    ax.set_ylabel("size of the term")
    ax.legend(loc="lower right")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = [
        f"with gain {gain:g} the term of k = 1 is {sizes[0] / sizes[-1]:.1g} times that of "
        f"k = {_t(record)}, a factor of {record.factors[gain]:.2f} for each step back"
        for gain, sizes in record.sizes.items()
    ]
    return "Sizes of the terms of one gradient on a logarithmic axis: " + "; ".join(parts)


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"The terms of the gradient of one loss, that of step {_t(record)}, by the step k in "
        "which the weights acted. One tanh network, drawn once; "
        f"{len(record.sizes)} gains."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.4, 3.3)), describe(record) + ".", caption
    )


def _t(record: Record) -> int:
    return int(record.k[-1])
