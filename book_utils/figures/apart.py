"""How far does training with cut gradients go from training with full ones?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from book_utils.experiments.language import CELLS, Stored
from book_utils.figures.still import Still, drawn


@dataclass(frozen=True)
class Record:
    """By text and cell: the updates, and for each k the distance from the run with full gradients
    after so many; and the norm of W there."""

    updates: Mapping[tuple[str, str], np.ndarray]
    distances: Mapping[tuple[str, str], Mapping[int, np.ndarray]]
    norms: Mapping[tuple[str, str], np.ndarray]

    def last(self, text: str, cell: str) -> dict[int, float]:
        """The distance at the end, by k."""
        return {k: float(found[-1]) for k, found in self.distances[text, cell].items()}

    def early(self, text: str, cell: str, k: int) -> float:
        """The share of the last distance that is there after a quarter of the updates."""
        found = self.distances[text, cell][k]
        return float(found[len(found) // 4] / found[-1])

    def growth(self, text: str, cell: str, k: int) -> float:
        """By how much the distance grew in a hundred updates, in the mean over the second half."""
        found, updates = self.distances[text, cell][k], self.updates[text, cell]
        half = len(found) // 2
        return float(100 * (found[-1] - found[half]) / (updates[-1] - updates[half]))


def compute(studies: Mapping[str, Stored]) -> Record:
    """From the studies of distance, by text."""
    results = {
        (text, each.config.cell): each
        for text, study in studies.items()
        for cell in CELLS
        for each in study.of(cell=cell)
    }
    return Record(
        {key: np.array(each.updates) for key, each in results.items()},
        {
            key: {k: np.array(found) for k, found in sorted(each.distances.items())}
            for key, each in results.items()
        },
        {key: np.array(each.norms) for key, each in results.items()},
    )


def draw(figure: Figure, record: Record) -> None:
    """One panel for each text and cell, a curve for each k."""
    texts = list(dict.fromkeys(text for text, _ in record.updates))
    panels = figure.subplots(len(texts), len(CELLS), sharex="row", squeeze=False)
    for row, text in zip(panels, texts, strict=True):
        for ax, cell in zip(row, CELLS, strict=True):
            curves = record.distances[text, cell]
            shades = mpl.colormaps["viridis"](np.linspace(0, 0.9, len(curves)))
            for (k, found), colour in zip(curves.items(), shades, strict=True):
                ax.plot(record.updates[text, cell], found, color=colour, label=f"{k}")
            ax.set_ylim(bottom=0)
            ax.set_title(f"{text}, {cell}")
            ax.set_xlabel("updates")
        row[0].set_ylabel("distance")
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside right center", title="k")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for text, cell in record.updates:
        last = record.last(text, cell)
        listed = ", ".join(f"{value:.2g} for k = {k}" for k, value in last.items())
        parts.append(
            f"{text}, {cell}, after {record.updates[text, cell][-1]} updates: {listed}, where the "
            f"norm of W is {record.norms[text, cell][-1]:.2g}"
        )
    return (
        "Distance between the recurrent matrices with gradients cut every k steps and with full "
        "ones: " + "; ".join(parts) + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The spectral norm of the difference between W, trained with gradients cut every k steps, "
        "and W trained from the same point on the same text with gradients over 65 steps."
    )
    height = 0.4 + 2.3 * len({text for text, _ in record.updates})
    return Still(
        drawn(lambda figure: draw(figure, record), (6.4, height)), describe(record), caption
    )
