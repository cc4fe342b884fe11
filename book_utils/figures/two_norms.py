"""One difference of two runs, measured by its length and with a weight for each unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Linear
from book_utils.dynamics import simulate, spectral_norm
from book_utils.figures.still import BLUE, INK, ORANGE, Still, drawn

SHEAR = ((0.5, 10.0), (0.0, 0.5))


@dataclass(frozen=True)
class Record:
    """How a difference is measured after 0, 1, … steps, over what it is at the start."""

    lengths: np.ndarray
    weighted: np.ndarray
    factor: float
    """‖P⁻¹ W P‖, the bound of a step in the weighted norm."""
    spread: float
    """‖P‖ ‖P⁻¹‖."""

    @property
    def steps(self) -> np.ndarray:
        return np.arange(len(self.lengths))


def compute(
    W: tuple = SHEAR, weights: tuple = (1.0, 1 / 40), start: tuple = (0.0, 1.0), steps: int = 20
) -> Record:
    """The linear system h ↦ W h + x: whatever the inputs, the difference goes from d to W d."""
    P = np.array(weights)
    W = np.array(W)
    apart = simulate(Linear(W, np.zeros((len(P), 0))), start, np.zeros((steps, 0)))
    lengths, weighted = (np.linalg.norm(d, axis=1) for d in (apart, apart / P))
    return Record(
        lengths / lengths[0],
        weighted / weighted[0],
        spectral_norm(W * P / P[:, None]),
        float(P.max() / P.min()),
    )


def draw(figure: Figure, record: Record) -> None:
    """Both measures against the steps, each under its bound."""
    ax = figure.subplots()
    bound = record.factor**record.steps
    ax.plot(record.steps, record.lengths, color=ORANGE, marker="s", markersize=4, label="length")
    ax.plot(record.steps, record.weighted, color=BLUE, marker="o", markersize=4, label="weighted")
    for times, color in ((record.spread, ORANGE), (1.0, BLUE)):
        ax.plot(record.steps, times * bound, color=color, linewidth=0.9, linestyle="--")
    ax.axhline(1, color=INK, linewidth=0.6)
    ax.set_yscale("log")
    ax.set_xticks(record.steps[::5])
    ax.set_xlabel("steps $t$")
    ax.set_ylabel("difference, over that at the start")
    figure.legend(loc="outside lower center", ncols=2)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    falls = bool((np.diff(record.weighted) < 0).all())
    return (
        f"A difference of two runs over {record.steps[-1]} steps. Its length grows up to "
        f"{record.lengths.max():.2f} times, in step {record.lengths.argmax()}, and ends at "
        f"{record.lengths[-1]:.1e}; measured with weights it "
        f"{'falls at every step' if falls else 'does not fall at every step'}, to "
        f"{record.weighted[-1]:.1e}. The bounds are {record.factor:.2f} to the power t, and "
        f"{record.spread:.0f} times that for the length"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "One difference of two runs of a linear system, measured by its length and by the weighted "
        "norm, both divided by what they are at the start. Broken lines: the bounds."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.8, 3.4)), describe(record) + ".", caption
    )
