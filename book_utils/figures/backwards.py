"""How long a row of derivatives is after so many steps back, with orthogonal weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Vanilla
from book_utils.dynamics import costates, simulate
from book_utils.figures.still import BLUE, GREEN, ORANGE, PURPLE, Still, drawn

COLOURS = ((GREEN, "s"), (ORANGE, "^"), (PURPLE, "v"))
"""One for each size of the noise; the network without activation is blue."""


@dataclass(frozen=True)
class Network:
    """Orthogonal weights times a gain, an activation, and the size of the noise that comes in."""

    gain: float
    activation: str
    noise: float

    @property
    def name(self) -> str:
        weights = "Q" if self.gain == 1 else f"{self.gain:g} Q"
        return f"{weights}, {self.activation}, noise {self.noise:g}"


NETWORKS = (
    Network(1, "identity", 0.5),
    *(Network(gain, "tanh", noise) for noise in (0.1, 0.5, 2) for gain in (1, 1.5)),
)
"""Both gains at the same noises: what changes from line to line is one thing."""


@dataclass(frozen=True)
class Record:
    """The mean length of ∂E_T/∂x_{T-s} for s = 0, 1, …, for each network; it is 1 at s = 0."""

    n: int
    runs: int
    lengths: dict[Network, np.ndarray]


def compute(
    networks: tuple[Network, ...] = NETWORKS,
    n: int = 16,
    steps: int = 50,
    runs: int = 20,
    seed: int = 0,
) -> Record:
    """Run each network on noise, send unit rows back from the end, take geometric means."""
    lengths = {}
    for network in networks:
        rng = np.random.default_rng(seed)
        logs = []
        for _ in range(runs):
            Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
            cell = Vanilla(network.gain * Q, np.eye(n), np.zeros(n), network.activation)
            inputs = network.noise * rng.normal(size=(steps, n))
            states = simulate(cell, np.zeros(n), inputs)
            rows = np.zeros((steps, n))
            end = rng.normal(size=n)
            rows[-1] = end / np.linalg.norm(end)
            back = costates(cell, states, inputs, rows)[::-1]
            logs.append(np.log(np.linalg.norm(back, axis=1)))
        lengths[network] = np.exp(np.mean(logs, axis=0))
    return Record(n, runs, lengths)


def draw(figure: Figure, record: Record) -> None:
    """One line for each network: a colour for its noise, dashed with a gain above 1."""
    ax = figure.subplots()
    noises = sorted({network.noise for network in record.lengths if network.activation == "tanh"})
    colours = dict(zip(noises, COLOURS, strict=True))
    for network, values in record.lengths.items():
        linear = network.activation == "identity"
        color, marker = (BLUE, "o") if linear else colours[network.noise]
        ax.plot(
            values,
            "--" if network.gain > 1 else "-",
            color=color,
            marker=marker,
            markevery=5,
            markersize=4,
            label=network.name,
        )
    ax.set_yscale("log")
    ax.set_xlabel("steps back")
    ax.set_ylabel("length of the row")
    ax.legend(loc="lower left")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = [
        f"with {network.name} it is {values[-1]:.2g}, a factor of "
        f"{(values[-1] / values[0]) ** (1 / (len(values) - 1)):.2f} per step"
        for network, values in record.lengths.items()
    ]
    steps = len(next(iter(record.lengths.values()))) - 1
    return f"Length of a row of derivatives after {steps} steps back: " + "; ".join(parts)


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"A row of length 1 at the end, sent back through networks with {record.n} units and "
        f"random orthogonal weights: geometric means over {record.runs} runs."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (5.2, 4.0)), describe(record) + ".", caption
    )
