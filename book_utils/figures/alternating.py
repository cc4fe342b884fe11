"""A network whose every step has ρ < 1 and whose products explode, for relu and for tanh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Vanilla
from book_utils.dynamics import jacobians, simulate, spectral_radius
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn

WEIGHTS = np.array([[0.9, 1.3], [-1.3, -0.9]])
STATES: Mapping[str, np.ndarray] = {
    "relu": np.array([[1.0, -1.0], [-1.0, 1.0]]),
    "tanh": np.array([[0.0, 3.0], [3.0, 0.0]]),
}


@dataclass(frozen=True)
class Record:
    """‖∂x_t/∂x_0‖ for t = 1, 2, … and ρ(J_t), by activation, and ρ(W)."""

    norms: Mapping[str, np.ndarray]
    radius: Mapping[str, np.ndarray]
    of_weights: float
    largest_input: Mapping[str, float]

    @property
    def t(self) -> np.ndarray:
        return np.arange(1, len(next(iter(self.norms.values()))) + 1)

    def rate(self, name: str) -> float:
        """The factor per step over the second half of the run."""
        norms = self.norms[name]
        half = len(norms) // 2
        return float((norms[-1] / norms[half - 1]) ** (1 / (len(norms) - half)))


def steering(W: np.ndarray, states: np.ndarray, activation: str) -> tuple[Vanilla, np.ndarray]:
    """The network x_t = W σ(x_{t-1}) + u_t and the inputs that lead it along these states."""
    cell = Vanilla(W, np.eye(len(W)), np.zeros(len(W)), activation)
    inputs = states[1:] - cell.activation(states[:-1]) @ W.T
    return cell, inputs


def compute(steps: int = 40, W: np.ndarray = WEIGHTS) -> Record:
    """Steer each network to and fro between its two states, and multiply its Jacobians."""
    norms, radius, largest = {}, {}, {}
    for name, pair in STATES.items():
        states = np.resize(pair, (steps + 1, len(W)))
        cell, inputs = steering(W, states, name)
        each = jacobians(cell, simulate(cell, states[0], inputs), inputs)
        product, sizes = np.eye(len(W)), []
        for J in each:
            product = J @ product
            sizes.append(np.linalg.norm(product, 2))
        norms[name] = np.array(sizes)
        radius[name] = np.array([spectral_radius(J) for J in each])
        largest[name] = float(np.abs(inputs).max())
    return Record(norms, radius, spectral_radius(W), largest)


def draw(figure: Figure, record: Record) -> None:
    """Above the norms of the products, below the spectral radius of each factor."""
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    # The two lines nearly coincide: a broad one below, a narrow one with gaps on top.
    styles = ((BLUE, "o", 5, "solid", 0.45), (ORANGE, "s", 1.4, (0, (3, 2)), 1))
    for (name, norms), (color, marker, width, line, opacity) in zip(
        record.norms.items(), styles, strict=False
    ):
        label = f"{name}, {record.rate(name):.3f} per step"
        look = {"linewidth": width, "linestyle": line, "alpha": opacity}
        above.plot(record.t, norms, color=color, label=label, **look)
        below.plot(record.t, record.radius[name], marker, color=color, markersize=3)
    above.set_yscale("log")
    above.set_ylabel(r"$\Vert \partial x_t / \partial x_0 \Vert$")
    above.set_title("The product grows …")
    above.legend(loc="upper left")
    below.set_title("… and every factor has its eigenvalues inside the unit circle")
    below.axhline(1, color=FAINT, linewidth=1)
    below.axhline(record.of_weights, color=INK, linewidth=1, linestyle="--", label=r"$\rho(W)$")
    below.set_ylim(0.8, 1.05)
    below.set_ylabel(r"$\rho(J_t)$")
    below.set_xlabel("time t")
    below.legend(loc="lower right")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = [
        f"for {name} the norm of the product grows from {record.norms[name][0]:.3g} at t = 1 to "
        f"{record.norms[name][-1]:.2g} at t = {record.t[-1]}, by a factor of "
        f"{record.rate(name):.2f} per step, while the largest spectral radius of a factor is "
        f"{record.radius[name].max():.3f}"
        for name in record.norms
    ]
    return (
        f"One weight matrix with spectral radius {record.of_weights:.3f}: " + "; ".join(parts) + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    inputs = " and ".join(f"{size:.2f} for {name}" for name, size in record.largest_input.items())
    caption = (
        "Two networks with the same weights, each steered to and fro between two states. "
        f"No entry of an input is larger in modulus than {inputs}."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 4.6)), describe(record), caption)
