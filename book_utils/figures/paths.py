"""How a change of an LSTM's memory reaches a later one: by the forget gates, and in all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import LSTM
from book_utils.dynamics import jacobians, simulate
from book_utils.figures.still import BLUE, FAINT, ORANGE, Still, drawn

FAR = 10.0
"""Two numbers are said to be far apart if one is this many times the other."""


@dataclass(frozen=True)
class Record:
    """Largest singular values, one for each network, by the size of the recurrent weights."""

    d: int
    steps: int
    forget: dict[float, np.ndarray]
    total: dict[float, np.ndarray]


def random_lstm(d: int, weights: float, rng: np.random.Generator) -> LSTM:
    """All parameters from N(0, 1), those that read h times ``weights``."""
    cell = {name: np.zeros(0) for name in LSTM.shapes}
    for name, letters in LSTM.shapes.items():
        shape = [{"d": d, "m": 1}[letter] for letter in letters]
        size = weights if name.startswith("W") else 1.0
        cell[name] = size * rng.normal(size=shape)
    return LSTM(**cell)


def memory_paths(cell: LSTM, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """∏ diag f_t, and ∂c_T/∂c_0 with all that passes through h."""
    J = jacobians(cell, simulate(cell, np.zeros(cell.n), inputs), inputs)
    d = cell.n // 2
    forget, whole = np.eye(d), np.eye(cell.n)
    for step in J:
        forget, whole = step[:d, :d] @ forget, step @ whole
    return forget, whole[:d, :d]


def compute(
    weights: tuple[float, ...] = (0.1, 1.0),
    networks: int = 100,
    d: int = 2,
    steps: int = 30,
    seed: int = 0,
) -> Record:
    """Draw LSTMs and follow each along inputs N(0, 1), once for each size of the weights."""
    forget = {size: np.empty(networks) for size in weights}
    total = {size: np.empty(networks) for size in weights}
    for size in weights:
        rng = np.random.default_rng(seed)
        for network in range(networks):
            cell = random_lstm(d, size, rng)
            paths = memory_paths(cell, rng.normal(size=(steps, 1)))
            forget[size][network], total[size][network] = (np.linalg.norm(p, 2) for p in paths)
    return Record(d, steps, forget, total)


def draw(figure: Figure, record: Record) -> None:
    """A point for each network; on the line the forget gates are all there is."""
    ax = figure.subplots()
    every = np.concatenate([*record.forget.values(), *record.total.values()])
    ends = every.min() / 2, every.max() * 2
    ax.plot(ends, ends, color=FAINT, linewidth=1, zorder=0)
    for size, color, marker in zip(record.forget, (BLUE, ORANGE), "o^", strict=False):
        ax.scatter(
            record.forget[size],
            record.total[size],
            s=14,
            color=color,
            marker=marker,
            alpha=0.7,
            linewidths=0,
            label=f"recurrent weights times {size:g}",
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("norm of the product of the forget gates")
    ax.set_ylabel(r"norm of $\partial c_T/\partial c_0$")
    ax.legend(loc="upper left")


def shares(record: Record, weights: float) -> tuple[int, int]:
    """In how many networks the whole is far above the forget gates' product, and far below."""
    ratio = record.total[weights] / record.forget[weights]
    return int((ratio > FAR).sum()), int((ratio < 1 / FAR).sum())


def near(record: Record, weights: float) -> int:
    """In how many networks the two differ by a factor of at most 2."""
    ratio = record.total[weights] / record.forget[weights]
    return int(((ratio >= 0.5) & (ratio <= 2)).sum())


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for size, forget in record.forget.items():
        above, below = shares(record, size)
        parts.append(
            f"with recurrent weights times {size:g} the whole is more than {FAR:g} times the "
            f"product of the gates in {above} of {len(forget)} networks and less than a "
            f"{FAR:g}th of it in {below}"
        )
    return (
        f"The derivative of c_{record.steps} by c_0 in random LSTMs with {record.d} units against "
        "the product of their forget gates: " + "; ".join(parts)
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"{len(next(iter(record.forget.values())))} random LSTMs of each colour, with {record.d} "
        f"units over {record.steps} steps. On the line the product "
        "of the forget gates is the whole derivative."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.8, 4.2)), describe(record) + ".", caption
    )
