"""What do the stable models lose? The perplexities of all runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.experiments.language import CELLS, Stored
from book_utils.figures.still import BLUE, FAINT, ORANGE, Still, drawn

KINDS = ((False, "unconstrained"), (True, "stable"))


@dataclass(frozen=True)
class Record:
    """Test perplexities by text, cell and stability: of the learning rate that did best on the
    held-out part, and of the others."""

    best: Mapping[tuple[str, str, bool], np.ndarray]
    others: Mapping[tuple[str, str, bool], np.ndarray]

    def mean(self, text: str, cell: str, stable: bool) -> float:
        """Over the seeds, at the best rate."""
        return float(self.best[text, cell, stable].mean())

    def price(self, text: str, cell: str) -> float:
        """By what share the stable model is worse than the unconstrained one."""
        return self.mean(text, cell, True) / self.mean(text, cell, False) - 1


def compute(studies: Mapping[str, Stored]) -> Record:
    """From the studies of perplexity, by text."""
    best, others = {}, {}
    for text, study in studies.items():
        for cell in CELLS:
            for stable, _ in KINDS:
                rate = study.rate(cell, stable)
                runs = study.of(cell=cell, stable=stable)
                key = text, cell, stable
                best[key] = np.array([r.test for r in runs if r.config.rate == rate])
                others[key] = np.array([r.test for r in runs if r.config.rate != rate])
    return Record(best, others)


def draw(figure: Figure, record: Record) -> None:
    """One panel for each text, one line for each model, one dot for each run."""
    texts = list(dict.fromkeys(text for text, *_ in record.best))
    panels = figure.subplots(1, len(texts), sharey=True, squeeze=False)[0]
    names = [f"{kind} {cell}" for cell in CELLS for _, kind in KINDS]
    for ax, text in zip(panels, texts, strict=True):
        models = [(cell, stable) for cell in CELLS for stable, _ in KINDS]
        for height, (cell, stable) in enumerate(models):
            ax.axhline(height, color=FAINT, linewidth=0.6, zorder=0)
            for found, fill in (
                (record.others[text, cell, stable], "white"),
                (record.best[text, cell, stable], ORANGE if stable else BLUE),
            ):
                ax.plot(
                    found,
                    np.full(len(found), height),
                    "o",
                    color=ORANGE if stable else BLUE,
                    markerfacecolor=fill,
                    markersize=6,
                )
        ax.set_title(text)
        ax.set_xlabel("test perplexity")
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.5, -0.5)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for (text, cell, stable), found in record.best.items():
        kind = dict(KINDS)[stable]
        parts.append(f"{text}, {kind} {cell}: " + " and ".join(f"{value:.3g}" for value in found))
    return "Test perplexities at the best learning rate, by seed: " + "; ".join(parts) + "."


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Test perplexities, a dot for each run. Less is better. Full dots: the learning rate that "
        "did best on the held-out part; open dots: the other one (of 1 and 3 for the RNN, of 5 and "
        "20 for the LSTM)."
    )
    return Still(drawn(lambda figure: draw(figure, record), (7.2, 2.4)), describe(record), caption)
