"""After how many factors the misprint Wᵀ diag(σ′) shows: in the entries, in the eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import Activation
from book_utils.cells import Vanilla
from book_utils.dynamics import simulate
from book_utils.figures.still import BLUE, ORANGE, Still, drawn

FLOOR = 1e-17
"""Where an exact zero is drawn on the logarithmic axis: below every rounding error."""


@dataclass(frozen=True)
class Record:
    """Relative gaps between the misprinted and the true product of 1, 2, … factors.

    Each array has a row for a network and a column for a number of factors, by size n.
    """

    factors: np.ndarray
    entries: dict[int, np.ndarray]
    radius: dict[int, np.ndarray]


def compute(
    sizes: tuple[int, ...] = (2, 3),
    factors: int = 8,
    networks: int = 200,
    activation: Activation | str = "tanh",
    seed: int = 0,
) -> Record:
    """Draw networks with weights N(0, 1/n) and follow each along inputs N(0, 1)."""
    rng = np.random.default_rng(seed)
    entries = {n: np.empty((networks, factors)) for n in sizes}
    radius = {n: np.empty((networks, factors)) for n in sizes}
    for n in sizes:
        for network in range(networks):
            W = rng.normal(size=(n, n)) / np.sqrt(n)
            cell = Vanilla(W, np.eye(n), np.zeros(n), activation)
            states = simulate(cell, rng.normal(size=n), rng.normal(size=(factors, n)))
            true = misprint = np.eye(n)
            for length in range(factors):
                slopes = cell.activation.derivative(states[length])
                true, misprint = (W * slopes) @ true, (W.T * slopes) @ misprint
                entries[n][network, length] = _gap(misprint, true)
                radius[n][network, length] = _gap(_radius(misprint), _radius(true))
    return Record(np.arange(1, factors + 1), entries, radius)


def draw(figure: Figure, record: Record) -> None:
    """Medians over the networks, with the range from the 5th to the 95th percentile."""
    places = figure.subplots(2, 1, sharex=True)
    titles = ("Gap in the entries", "Gap in the spectral radius")
    for ax, gaps, title in zip(places, (record.entries, record.radius), titles, strict=True):
        for (n, values), color, marker in zip(gaps.items(), (BLUE, ORANGE), "os", strict=False):
            low, middle, high = np.maximum(np.percentile(values, (5, 50, 95), axis=0), FLOOR)
            ax.fill_between(record.factors, low, high, color=color, alpha=0.15, linewidth=0)
            ax.plot(record.factors, middle, color=color, marker=marker, label=f"$n = {n}$")
        ax.set_yscale("log")
        ax.set_xticks(record.factors)
        ax.set_title(title)
        ax.set_ylabel("relative gap")
    places[0].set_ylim(0.01, 30)
    places[1].set_ylim(FLOOR, 30)
    places[1].set_xlabel("number of factors")
    places[0].legend(loc="lower right", ncols=2)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for n in record.entries:
        entries, radius = (np.median(gaps[n], axis=0) for gaps in (record.entries, record.radius))
        parts.append(
            f"for n = {n} the median relative gap in the entries is {entries[0]:.2g} with one "
            f"factor and {entries[-1]:.2g} with {record.factors[-1]}; in the spectral "
            f"radius it is below {_ceiling(radius[:2])} with one and two factors, "
            f"{_size(radius[2])} with three and {_size(radius[-1])} with "
            f"{record.factors[-1]}"
        )
    return (
        f"Misprinted against true product in {_networks(record)} networks of each size: "
        + "; ".join(parts)
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"The misprinted product against the true one: medians over {_networks(record)} random "
        "tanh networks of each size, shaded from the 5th to the 95th percentile. The gap is the "
        "largest error over the largest true value; zeros are drawn at the bottom edge."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (5.2, 5.0)), describe(record) + ".", caption
    )


def _networks(record: Record) -> int:
    return len(next(iter(record.entries.values())))


def _radius(product: np.ndarray) -> float:
    return np.abs(np.linalg.eigvals(product)).max()


def _gap(a: np.ndarray | float, b: np.ndarray | float) -> float:
    return float(np.max(np.abs(a - b)) / np.max(np.abs(b)))


def _size(value: float) -> str:
    """A number, or for rounding errors only their order: their digits differ between machines."""
    return f"{value:.2g}" if value > 1e-12 else "below 1e-12"


def _ceiling(values: np.ndarray) -> str:
    return "1e-12" if values.max() < 1e-12 else f"{values.max() * 1.01:.2g}"
