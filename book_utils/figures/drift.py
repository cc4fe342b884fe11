"""How far training with a window runs from full training, for three schedules of steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from book_utils.cells import Elman
from book_utils.dynamics.truncation import (
    gap_rate,
    smoothness_bound,
    smoothness_constants,
    train,
    worst_drift,
)
from book_utils.figures.still import BLUE, ORANGE, PURPLE, Still, drawn

NAMES = {"1/i": r"$\alpha/i$", "1/√i": r"$\alpha/\sqrt{i}$", "1": r"$\alpha$"}
COLORS, MARKERS = (BLUE, ORANGE, PURPLE), "os^"
WORST, DIAMETER = r"worst case for $\beta$ and $g$", r"diameter of $\Omega$"
GREY = "#6e7781"
TOP = 50  # worst cases go on for powers of ten above the diameter; the chart does not
CONTRACTION, INPUT, TARGET = 0.5, 0.25, 0.5


@dataclass(frozen=True)
class Record:
    """Distances ‖W_i − W_i^k‖ in the Frobenius norm for i = 1, …, N, and the worst case."""

    k: int
    alpha: float
    smoothness: float
    """β, from the constants of the network."""
    gap: float
    """g = γ k λ^k, from the same constants."""
    distances: dict[str, np.ndarray]
    worst: dict[str, np.ndarray]
    """For β and g alone, without a projection."""
    diameter: float
    """The largest distance of two matrices with ‖W‖ <= λ."""
    steepest: float
    """G, which bounds both gradients."""

    def allowed(self, name: str) -> np.ndarray:
        """The least of three bounds: the worst case, the diameter, and 2 G times the way so far."""
        way = np.cumsum(schedules(self.alpha, len(self.steps))[name])
        return np.minimum(self.worst[name], np.minimum(self.diameter, 2 * self.steepest * way))

    @property
    def steps(self) -> np.ndarray:
        return np.arange(1, 1 + len(next(iter(self.distances.values()))))


def schedules(alpha: float, steps: int) -> dict[str, np.ndarray]:
    """Steps α/i, α/√i and α."""
    i = np.arange(1, steps + 1)
    return {"1/i": alpha / i, "1/√i": alpha / np.sqrt(i), "1": alpha * np.ones(steps)}


def network(
    units: int = 4, length: int = 40, seed: int = 0
) -> tuple[Elman, np.ndarray, np.ndarray]:
    """A small tanh network with ‖W‖ = ½, inputs of length ¼ and a target of length ½."""
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(units, units))
    W *= CONTRACTION / np.linalg.norm(W, 2)
    inputs = rng.normal(size=(length, units))
    inputs *= INPUT / np.linalg.norm(inputs, axis=1, keepdims=True)
    target = rng.normal(size=units)
    target *= TARGET / np.linalg.norm(target)
    return Elman(W, np.eye(units), np.zeros(units), "tanh"), inputs, target


def compute(k: int = 8, alpha: float = 0.1, steps: int = 60, seed: int = 0) -> Record:
    """Train twice from one start, with the loss ½ ‖h_T − y‖² and W held in ‖W‖ <= ½.

    States are at most ½ long, and so is the target: the loss is 1-Lipschitz there and 1-smooth.
    """
    cell, inputs, target = network(seed=seed)
    constants = smoothness_constants(cell, INPUT, 1.0, 1.0, CONTRACTION)
    β, g = smoothness_bound(constants), gap_rate(constants) * k * CONTRACTION**k
    distances, worst = {}, {}
    for name, schedule in schedules(alpha, steps).items():
        full, short = (
            train(cell, inputs, lambda h: h - target, window, schedule, CONTRACTION)
            for window in (None, k)
        )
        distances[name] = np.linalg.norm(full - short, axis=(1, 2))[1:]
        worst[name] = worst_drift(schedule, β, g)
    diameter = 2 * CONTRACTION * float(np.sqrt(len(cell.W)))  # from λ I to −λ I
    steepest = constants.L_p * constants.L_w / (1 - CONTRACTION)
    return Record(k, alpha, β, g, distances, worst, diameter, steepest)


def draw(figure: Figure, record: Record) -> None:
    """Distances under their worst cases and the diameter, and below them the distances alone."""
    above, below = figure.subplots(2, 1, sharex=True)
    for color, marker, (name, values) in zip(
        COLORS, MARKERS, record.distances.items(), strict=True
    ):
        above.plot(record.steps, record.worst[name], color=color, linewidth=0.9, linestyle="--")
        for ax in (above, below):
            ax.plot(
                record.steps,
                values,
                color=color,
                marker=marker,
                markevery=10,
                markersize=4,
                label=f"steps {NAMES[name]}",
            )
    above.axhline(record.diameter, color=GREY, linewidth=0.8)
    for ax in (above, below):
        ax.set_yscale("log")
        ax.set_ylabel(r"$\Vert W_i - W_i^k\Vert_{\mathrm{F}}$")
    above.set_ylim(top=TOP * record.diameter)
    below.set_xlabel("step $i$")
    named = {line.get_label(): line for line in below.lines}
    named[WORST] = Line2D([], [], color=GREY, linewidth=0.9, linestyle="--")
    named[DIAMETER] = Line2D([], [], color=GREY, linewidth=0.8)
    figure.legend(named.values(), named, loc="outside lower center", ncols=2)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    last = record.steps[-1]
    found = "; ".join(
        f"with steps {name.replace('1', 'α', 1)} {values[-1]:.1e}, allowed "
        f"{record.allowed(name)[-1]:.2g}"
        for name, values in record.distances.items()
    )
    return (
        f"Distance between the weights of full training and of training with a window of "
        f"{record.k} inputs, over {last} steps, α = {record.alpha:g}; above with the worst cases "
        f"and the diameter {record.diameter:g} of the set of weights, below alone. After step "
        f"{last}: {found}"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Full training and training with a window, from one start: the distance of the weights "
        "(marks), with what the constants and the set of weights allow, and alone."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.6, 5.0)), describe(record) + ".", caption
    )
