"""How does the gradient by an input shrink with the distance from it to the loss?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.experiments.language import CELLS, FORGET, Stored
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, PURPLE, Still, drawn

COLOURS = (FAINT, PURPLE, BLUE, INK)


@dataclass(frozen=True)
class Record:
    """Mean norms for the distances 0, 1, …, by text, cell and epoch; of the stable models at the
    end; and the contraction by which these were kept stable, by cell."""

    free: Mapping[tuple[str, str], Mapping[int, np.ndarray]]
    stable: Mapping[tuple[str, str], np.ndarray]
    promise: Mapping[str, float]

    def share(self, text: str, cell: str, passed: int, far: int, near: int = 1) -> float:
        """What is left at the distance ``far`` of what there was at ``near``."""
        found = self.free[text, cell][passed]
        return float(found[far] / found[near])

    def per_step(self, found: np.ndarray, near: int, far: int) -> float:
        """The factor by which a curve falls at each step from near to far, in geometric mean."""
        return float((found[far] / found[near]) ** (1 / (far - near)))


def compute(studies: Mapping[str, Stored]) -> Record:
    """From the studies of perplexity by text: the mean over the seeds, at the best rate."""
    free, stable, promise = {}, {}, {}
    for text, study in studies.items():
        for cell in CELLS:
            runs = study.chosen(cell, stable=False)
            free[text, cell] = {
                passed: np.mean([run.reach[passed] for run in runs], axis=0)
                for passed in runs[0].reach
            }
            kept = study.chosen(cell, stable=True)
            stable[text, cell] = np.mean([run.reach[max(run.reach)] for run in kept], axis=0)
            radius = kept[0].config.radius
            promise[cell] = radius if cell == "RNN" else 1 - (1 - radius) * (1 - FORGET)
    return Record(free, stable, promise)


def draw(figure: Figure, record: Record) -> None:
    """One panel for each text and cell: a curve for each epoch; the stable model dashed, and dotted
    how it would fall if it only kept its promise."""
    texts = list(dict.fromkeys(text for text, _ in record.free))
    panels = figure.subplots(len(texts), len(CELLS), sharex=True, sharey=True, squeeze=False)
    for row, text in zip(panels, texts, strict=True):
        for ax, cell in zip(row, CELLS, strict=True):
            curves = record.free[text, cell]
            for (passed, found), colour in zip(curves.items(), COLOURS, strict=True):
                ax.semilogy(range(1, len(found)), found[1:], color=colour, label=f"pass {passed}")
            found = record.stable[text, cell]
            ax.semilogy(range(1, len(found)), found[1:], "--", color=ORANGE, label="stable")
            steps = np.arange(1, len(found))
            promised = found[1] * record.promise[cell] ** (steps - 1)
            ax.semilogy(steps, promised, ":", color=ORANGE, label="promise")
            ax.set_title(f"{text}, {cell}")
        row[0].set_ylabel("mean norm")
        row[-1].legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=7)
    for ax in panels[-1]:
        ax.set_xlabel("distance i")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for (text, cell), curves in record.free.items():
        last = max(curves)
        parts.append(
            f"{text}, {cell}: before training {curves[0][1]:.1g} at distance 1 and "
            f"{curves[0][50]:.1g} at 50, after {last} passes {curves[last][1]:.1g} and "
            f"{curves[last][50]:.1g}, stable {record.stable[text, cell][50]:.1g} at 50, where the "
            f"promise falls to {record.promise[cell] ** 49:.2f} of its first value only"
        )
    return (
        "Mean norm of the gradient of a loss by the input i steps before, on a logarithmic axis: "
        + "; ".join(parts)
        + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The mean norm of the gradient of a loss by the input i steps before it, in the held-out "
        "part. Drawn through: the unconstrained model before training and after some passes. "
        "Dashed: the stable model at the end. Dotted: the fall that its contraction promises, from "
        "distance 1."
    )
    height = 0.4 + 2.2 * len({text for text, _ in record.free})
    return Still(
        drawn(lambda figure: draw(figure, record), (6.4, height)), describe(record), caption
    )
