"""How fast random LSTMs really contract, beside the two rates that are sure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import LSTM
from book_utils.dynamics import LSTMContraction, lstm_contraction, simulate
from book_utils.figures.still import BLUE, FAINT, ORANGE, Still, drawn

TICKS = (0.25, 0.5, 1, 2, 4, 8)


@dataclass(frozen=True)
class Record:
    """For each network: what is sure of it, and the mean factor by which a step was measured."""

    sizes: np.ndarray
    """By what W_f, W_i and W_z were multiplied."""
    known: tuple[LSTMContraction, ...]
    measured: np.ndarray
    steps: int

    @property
    def by_sum(self) -> np.ndarray:
        return np.array([one.by_sum for one in self.known])

    @property
    def weighted(self) -> np.ndarray:
        return np.array([one.weighted for one in self.known])


def compute(
    sizes: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1, 0.3),
    networks: int = 24,
    d: int = 3,
    steps: int = 12,
    seed: int = 0,
) -> Record:
    """Cells with normal parameters, W_f, W_i and W_z times each size; inputs of ±1.

    Two runs start where thirty different inputs have led from 0, and then get the same inputs.
    """
    rng = np.random.default_rng(seed)
    all_sizes, known, measured = [], [], []
    for size in sizes:
        for _ in range(networks):
            cell = LSTM.random(2 * d, 1, rng)
            cell = replace(cell, **{f"W_{g}": size * getattr(cell, f"W_{g}") for g in "fiz"})
            signs = rng.choice([-1.0, 1.0], size=(2, 30, 1))
            starts = [simulate(cell, np.zeros(2 * d), u)[-1] for u in signs]
            inputs = rng.choice([-1.0, 1.0], size=(steps, 1))
            one = lstm_contraction(cell, 1.0)
            gap = np.abs(np.subtract(*(simulate(cell, s, inputs) for s in starts)))
            far = np.maximum(gap[:, :d].max(axis=1), one.weight * gap[:, d:].max(axis=1))
            all_sizes.append(size)
            known.append(one)
            measured.append((far[-1] / far[0]) ** (1 / steps))
    return Record(np.array(all_sizes), tuple(known), np.array(measured), steps)


def draw(figure: Figure, record: Record) -> None:
    """Measured factors against both rates; on the line a rate is what was measured."""
    ax = figure.subplots()
    same = np.linspace(record.measured.min(), 1, 60)  # bent: the axis across is logarithmic
    ax.plot(same, same, color=FAINT, linewidth=1, label="measured = sure")
    ax.axvline(1, color=FAINT, linewidth=1, linestyle=":")
    for rates, color, marker, name in (
        (record.by_sum, ORANGE, "o", r"$F + p + q_o$"),
        (record.weighted, BLUE, "^", r"$\rho(M)$"),
    ):
        ax.scatter(rates, record.measured, s=14, color=color, marker=marker, alpha=0.7, label=name)
    ax.set_xscale("log")
    ax.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    ax.minorticks_off()
    ax.set_xlabel("rate that is sure")
    ax.set_ylabel("measured factor per step")
    figure.legend(loc="outside lower center", ncols=3)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for size in dict.fromkeys(record.sizes.tolist()):
        here = record.sizes == size
        low, middle, high = np.quantile(record.measured[here], [0, 0.5, 1])
        parts.append(
            f"with W_f, W_i and W_z times {size:g} the measured factors lie between {low:.2f} "
            f"and {high:.2f}, in the middle at {middle:.2f}, and F + p + q_o is in the middle "
            f"{np.median(record.by_sum[here]):.2f}, the weighted rate "
            f"{np.median(record.weighted[here]):.2f}"
        )
    return f"Mean factor per step over {record.steps} steps of random LSTMs: " + "; ".join(parts)


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Random LSTMs with W_f, W_i and W_z times "
        f"{', '.join(f'{size:g}' for size in dict.fromkeys(record.sizes.tolist()))}. Across: the "
        "rate that is sure, by the sum (circles) and in the weighted norm (triangles). Up: the "
        "factor by which a step shrank the weighted norm, on average. No point lies above the "
        "grey curve, on which a rate is reached."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.6, 3.6)), describe(record) + ".", caption
    )
