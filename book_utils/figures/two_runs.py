"""How far two runs under the same inputs are apart: a contraction beside h = tanh h."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Elman
from book_utils.dynamics import simulate
from book_utils.figures.still import BLUE, INK, ORANGE, Still, drawn


@dataclass(frozen=True)
class Record:
    """For each weight w of one tanh unit: the distance of two runs after 0, 1, … steps."""

    weights: tuple[float, ...]
    apart: np.ndarray
    """A row for each weight, a column for each number of steps from 0 on."""

    @property
    def steps(self) -> np.ndarray:
        return np.arange(self.apart.shape[1])

    @property
    def law(self) -> np.ndarray:
        """√(3/(2t)), from t = 1 on."""
        return np.sqrt(3 / (2 * self.steps[1:]))


def compute(weights: tuple[float, ...] = (0.8, 1.0), steps: int = 60, start: float = 1.0) -> Record:
    """The runs start at 0 and at ``start``; the inputs are 0, so that one run stays at 0."""
    rows = []
    for w in weights:
        cell = Elman([[w]], np.zeros((1, 0)), [0.0], "tanh")
        runs = [simulate(cell, [at], np.zeros((steps, 0)))[:, 0] for at in (start, 0.0)]
        rows.append(np.abs(runs[0] - runs[1]))
    return Record(tuple(weights), np.array(rows))


def draw(figure: Figure, record: Record) -> None:
    """Time against the distance on a logarithmic axis; the law of the weight 1 broken."""
    ax = figure.subplots()
    styles = zip((BLUE, ORANGE), "os", strict=True)
    for w, values, (color, marker) in zip(record.weights, record.apart, styles, strict=True):
        ax.plot(
            record.steps,
            values,
            color=color,
            marker=marker,
            markevery=10,
            markersize=4,
            label=f"$w = {w:g}$",
        )
    ax.plot(
        record.steps[1:],
        record.law,
        color=INK,
        linestyle="--",
        linewidth=1,
        label=r"$\sqrt{3/(2t)}$",
    )
    ax.set_yscale("log")
    ax.set_xlabel("steps $t$")
    ax.set_ylabel("distance of the two runs")
    figure.legend(loc="outside lower center", ncols=3)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    last = record.steps[-1]
    found = "; ".join(
        f"with w = {w:g} it is {values[-1]:.1e} after {last} steps"
        for w, values in zip(record.weights, record.apart, strict=True)
    )
    return (
        f"Distance of two runs of one tanh unit, {record.apart[0, 0]:g} at the start: {found}, "
        f"where √(3/(2t)) is {record.law[-1]:.1e}"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Two runs of one tanh unit without inputs, from 0 and from 1: their distance on a "
        "logarithmic axis. An exponential is a straight line there. With the weight 1 the "
        "distance follows a root (broken line) instead."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.8, 3.4)), describe(record) + ".", caption
    )
