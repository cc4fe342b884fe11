"""Gelfand's formula in pictures: the k-th root of the norm of A^k goes to the spectral radius."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.dynamics import power_norms, spectral_radius
from book_utils.figures.still import BLUE, GREEN, ORANGE, Still, drawn

GREY = "#6e7781"


@dataclass(frozen=True)
class Record:
    """‖A^k‖^{1/k} for each k in ``powers``, and ρ(A), by the name of the matrix."""

    powers: np.ndarray
    roots: dict[str, np.ndarray]
    radius: dict[str, float]


def compute(matrices: Mapping[str, Sequence[Sequence[float]]], last: int = 100) -> Record:
    """The roots up to k = ``last`` for each matrix."""
    powers = np.arange(1, last + 1)
    norms = {name: power_norms(matrix, last)[1:] for name, matrix in matrices.items()}
    for name, sizes in norms.items():
        if not sizes.all():
            k = powers[sizes == 0][0]
            raise ValueError(f"{name}: got a matrix with A^{k} = 0, expects none of its powers 0")
    roots = {name: sizes ** (1 / powers) for name, sizes in norms.items()}
    return Record(powers, roots, {name: spectral_radius(A) for name, A in matrices.items()})


def draw(figure: Figure, record: Record) -> None:
    """One line for each matrix, on logarithmic axes, and a thin grey one at each radius."""
    ax = figure.subplots()
    styles = zip((BLUE, ORANGE, GREEN), ("-", (0, (6, 2)), (0, (2, 1))), strict=True)
    for (name, roots), (color, style) in zip(record.roots.items(), styles, strict=False):
        ax.plot(record.powers, roots, color=color, linestyle=style, label=name)
    for radius in sorted(set(np.round(list(record.radius.values()), 12))):
        ax.axhline(radius, color=GREY, linewidth=0.8)
    ax.set(xscale="log", yscale="log", xlabel="power $k$")
    ax.set_title(r"$\|A^k\|^{1/k}$, and $\rho(A)$ as a thin grey line")
    ax.set_xticks([1, 2, 5, 10, 20, 50, 100], [1, 2, 5, 10, 20, 50, 100])
    ax.set_yticks([1, 2, 5, 10], [1, 2, 5, 10])
    ax.minorticks_off()
    ax.legend(loc="upper right")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for name, roots in record.roots.items():
        middle = len(roots) // 10 - 1
        parts.append(
            f"{name}: {roots[0]:.3g} at k = 1, {roots[middle]:.3g} at k = "
            f"{record.powers[middle]}, {roots[-1]:.3g} at k = {record.powers[-1]}, "
            f"spectral radius {record.radius[name]:.3g}"
        )
    return "The k-th root of the norm of A to the k. " + "; ".join(parts)


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The k-th root of ‖A^k‖ for matrices with one and the same spectral radius (thin, "
        "grey). "
        "It never falls below the radius, and comes down to it in its own time."
    )
    figure = drawn(lambda figure: draw(figure, record), (5.4, 3.2))
    return Still(figure, describe(record) + ".", caption)
