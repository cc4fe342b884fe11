"""How many inputs a window needs, against the contraction factor, for several tolerances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from book_utils.dynamics.truncation import horizon, state_bound
from book_utils.figures.still import BLUE, GREEN, ORANGE, Still, drawn

COLORS, MARKERS = (GREEN, BLUE, ORANGE), ("v", "o", "s")
TICKS = (0.5, 0.9, 0.99, 0.999)


@dataclass(frozen=True)
class Record:
    """For each tolerance ε (a row) and each λ (a column): k*, and ln(H/ε) alone; B_0 is 1."""

    λs: np.ndarray
    tolerances: tuple[float, ...]
    needed: np.ndarray
    logarithms: np.ndarray


def compute(
    tolerances: tuple[float, ...] = (1e-1, 1e-3, 1e-6), nearest: float = 1e-3, places: int = 28
) -> Record:
    """λ runs from 0.5 up to 1 − ``nearest``, by equal factors of 1 − λ."""
    λs = 1 - np.geomspace(0.5, nearest, places)
    needed = [[horizon(λ, 1.0, ε) for λ in λs] for ε in tolerances]
    logarithms = [[np.log(state_bound(λ, 1.0) / ε) for λ in λs] for ε in tolerances]
    return Record(λs, tuple(tolerances), np.array(needed), np.array(logarithms))


def draw(figure: Figure, record: Record) -> None:
    """A line for each tolerance, and a broken one for the logarithm without its divisor."""
    ax = figure.subplots()
    rows = zip(record.tolerances, record.needed, record.logarithms, COLORS, MARKERS, strict=False)
    for tolerance, needed, logarithms, color, marker in rows:
        name = rf"$\varepsilon = 10^{{{round(np.log10(tolerance))}}}$"
        style = {"color": color, "marker": marker, "markersize": 4, "markevery": 6}
        ax.plot(1 - record.λs, needed, label=name, **style)
        ax.plot(1 - record.λs, logarithms, color=color, linestyle="--", linewidth=1.1)
    ax.set(xscale="log", yscale="log", xlabel=r"$\lambda$", ylabel="inputs")
    ax.invert_xaxis()
    ticks = [λ for λ in TICKS if λ <= record.λs.max() + 1e-9]
    ax.set_xticks([1 - λ for λ in ticks], [f"{λ:g}" for λ in ticks])
    ax.set_xticks([], minor=True)
    handles, names = ax.get_legend_handles_labels()
    handles.append(Line2D([], [], color="#6e7781", linewidth=1.1, linestyle="--"))
    figure.legend(handles, [*names, r"$\ln(H/\varepsilon)$"], loc="outside upper center", ncols=4)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    first, last = record.λs[[0, -1]]
    parts = [
        f"for ε = {tolerance:g} from {needed[0]:.3g} to {needed[-1]:,.0f}, while ln(H/ε) only goes "
        f"from {logarithms[0]:.3g} to {logarithms[-1]:.3g}"
        for tolerance, needed, logarithms in zip(
            record.tolerances, record.needed, record.logarithms, strict=True
        )
    ]
    return (
        f"How many inputs are needed as λ goes from {first:g} to {last:g}, on logarithmic axes: "
        + "; ".join(parts)
        + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The number k* of inputs that keeps every state within ε of the whole run's, for B₀ = 1 "
        "(lines with marks), and the logarithm in it alone (broken lines). The scale of λ is "
        "logarithmic in 1 − λ."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.6, 3.8)), describe(record), caption)
