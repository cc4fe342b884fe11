"""How steep tanh′ is, beside the constants that are printed for it and the exact one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import activation
from book_utils.figures.still import BLUE, FAINT, INK, Still, drawn


@dataclass(frozen=True)
class Record:
    """The slope of σ′ at places z, the exact Lipschitz constant of σ′, and printed ones."""

    name: str
    places: np.ndarray
    bends: np.ndarray
    exact: float
    printed: tuple[float, ...]

    @property
    def steepest(self) -> float:
        """The place, of those drawn, where σ′ is steepest."""
        return float(abs(self.places[np.argmax(np.abs(self.bends))]))


def compute(
    name: str = "tanh",
    printed: tuple[float, ...] = (1.0, 2.0),
    reach: float = 3.0,
    points: int = 601,
) -> Record:
    """The slopes of σ′ by central differences of the package's own σ′."""
    σ, places, step = activation(name), np.linspace(-reach, reach, points), 1e-5
    bends = (σ.derivative(places + step) - σ.derivative(places - step)) / (2 * step)
    return Record(name, places, bends, float(σ.smoothness), tuple(printed))


def draw(figure: Figure, record: Record) -> None:
    """The slope of σ′ against z, between lines at plus and minus each constant."""
    ax = figure.subplots()
    for value in record.printed:
        for side in (value, -value):
            ax.axhline(side, color=FAINT, linewidth=1)
        ax.annotate(
            f"printed: {value:g}", (record.places[0], value), va="bottom", ha="left", color=INK
        )
    for side in (record.exact, -record.exact):
        ax.axhline(side, color=INK, linewidth=1, linestyle="--")
    ax.annotate(
        f"exact: {record.exact:.4f}", (record.places[-1], record.exact), va="bottom", ha="right"
    )
    ax.plot(record.places, record.bends, color=BLUE)
    ax.set_xlabel("$z$")
    ax.set_ylabel(f"slope of {record.name}′ at z")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    printed = " and ".join(f"{value:g}" for value in record.printed)
    return (
        f"The slope of {record.name}′ from z = {record.places[0]:g} to {record.places[-1]:g}: its "
        f"modulus is largest, {np.abs(record.bends).max():.4f}, at z = ±{record.steepest:.2f}, "
        f"where it touches the exact constant {record.exact:.4f}; the printed constants {printed} "
        "lie beyond it and are not touched"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        f"The slope of {record.name}′ (blue), its largest modulus (broken lines), and the two "
        "printed constants (grey): the curve reaches neither."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (4.8, 3.2)), describe(record) + ".", caption
    )
