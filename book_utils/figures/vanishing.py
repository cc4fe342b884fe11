"""How fast ‖∂x_t/∂x_k‖ falls with t − k, beside the bound (γ σ_max(W))^(t−k)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from book_utils.activations import activation
from book_utils.cells import Vanilla
from book_utils.dynamics import simulate
from book_utils.figures.still import BLUE, GREEN, ORANGE, PURPLE, Still, drawn

COLORS, MARKERS = (GREEN, BLUE, ORANGE, PURPLE), "vos^"
BOUND = r"bound $\eta^{t-k}$"


@dataclass(frozen=True)
class Record:
    """For each activation and each η = γ σ_max(W): the norm of the product of 0, 1, … Jacobians."""

    etas: tuple[float, ...]
    norms: dict[str, np.ndarray]
    """A row for each η, a column for each number of steps from 0 on."""

    @property
    def steps(self) -> np.ndarray:
        return np.arange(next(iter(self.norms.values())).shape[1])

    def rate(self, name: str, eta: float) -> float:
        """The factor per step over the later half: the slope of a line through the logarithms."""
        later = slice(len(self.steps) // 2, None)
        logs = np.log(self.norms[name][self.etas.index(eta), later])
        return float(np.exp(np.polyfit(self.steps[later], logs, 1)[0]))


def compute(
    names: tuple[str, ...] = ("tanh", "logistic"),
    etas: tuple[float, ...] = (0.5, 0.9, 1.2, 2.0),
    steps: int = 30,
    units: int = 16,
    size: float = 0.5,
    seed: int = 0,
) -> Record:
    """W is η/γ times one orthogonal matrix, so that every direction is stretched alike.

    The network first runs thirty steps from 0, with inputs from N(0, size²); then the product
    begins.
    """
    rng = np.random.default_rng(seed)
    Q, R = np.linalg.qr(rng.normal(size=(units, units)))
    Q = Q * np.sign(np.diag(R))  # of the two signs of a column the same on every machine
    inputs = size * rng.normal(size=(30 + steps, units))
    norms = {}
    for name in names:
        gamma = float(activation(name).lipschitz)
        norms[name] = np.array([_norms(Q * eta / gamma, name, inputs, steps) for eta in etas])
    return Record(tuple(etas), norms)


def _norms(W: np.ndarray, name: str, inputs: np.ndarray, steps: int) -> list[float]:
    n = len(W)
    cell = Vanilla(W, np.eye(n), np.zeros(n), name)
    states = simulate(cell, np.zeros(n), inputs)
    product, norms = np.eye(n), [1.0]
    for x in states[-steps - 1 : -1]:
        product = (W * cell.activation.derivative(x)) @ product
        norms.append(float(np.linalg.norm(product, 2)))
    return norms


def draw(figure: Figure, record: Record) -> None:
    """A panel for each activation: measured norms with marks, bounds as thin broken lines."""
    places = figure.subplots(1, len(record.norms), sharey=True)
    for ax, (name, norms) in zip(np.atleast_1d(places), record.norms.items(), strict=True):
        for eta, values, color, marker in zip(record.etas, norms, COLORS, MARKERS, strict=False):
            bounds = eta**record.steps
            ax.plot(record.steps, bounds, color=color, linewidth=0.9, linestyle="--", label=BOUND)
            ax.plot(
                record.steps,
                values,
                color=color,
                marker=marker,
                markevery=6,
                markersize=4,
                label=rf"$\eta = {eta:g}$",
            )
        ax.set_yscale("log")
        gamma = activation(name).lipschitz
        ax.set_title(rf"{name}, $\gamma = {float(gamma):g}$")
        ax.set_xlabel("steps $t - k$")
    first = np.atleast_1d(places)[0]
    first.set_ylabel(r"$\Vert\partial x_t/\partial x_k\Vert$")
    # One entry for all bounds, in grey, behind the measured norms.
    named = {line.get_label(): line for line in first.lines if line.get_label() != BOUND}
    named[BOUND] = Line2D([], [], color="#6e7781", linewidth=0.9, linestyle="--")
    figure.legend(named.values(), named, loc="outside lower center", ncols=3)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    last = record.steps[-1]
    parts = []
    for name, norms in record.norms.items():
        found = ", ".join(
            f"{record.rate(name, eta):.2f} for η = {eta:g} (after {last} steps {values[-1]:.1e} "
            f"against the bound {eta**last:.1e})"
            for eta, values in zip(record.etas, norms, strict=True)
        )
        parts.append(f"with {name} the factor per step is {found}")
    return f"Norm of the product of Jacobians over {last} steps: " + "; ".join(parts)


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The norm of the product of Jacobians against its number of factors (marks) and the "
        "bound (broken lines of the same colour). The weights are a multiple of one orthogonal "
        "matrix, chosen so that γ times the largest singular value is η; the inputs are random."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.6, 3.9)), describe(record) + ".", caption
    )
