"""The gap of a window of k inputs on random systems, beside k λ^k: as printed and rescaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from book_utils.experiments.windows import LINEAR, MODELS, TANH, VARIANTS, Curve, Result
from book_utils.figures.still import BLUE, INK, ORANGE, Still, drawn

COLOURS = {LINEAR: BLUE, TANH: ORANGE}
LAW = r"$k\lambda^k$, through the gap at $k = 1$"
MARKED = (10, 20, 35)


@dataclass(frozen=True)
class Record:
    """By variant and model: the gaps that stand clear of rounding, for k = 1, 2, …"""

    λ: float
    gaps: Mapping[tuple[str, str], Curve]

    def ks(self, variant: str, model: str) -> np.ndarray:
        return np.arange(1, len(self.gaps[variant, model].mean) + 1)

    def law(self, variant: str, model: str) -> np.ndarray:
        """k λ^k, scaled so that it has the mean gap at k = 1."""
        k = self.ks(variant, model)
        return self.gaps[variant, model].mean[0] * k * self.λ ** (k - 1)

    def share(self, variant: str, model: str) -> np.ndarray:
        """The mean gap as a share of that law."""
        return self.gaps[variant, model].mean / self.law(variant, model)


def compute(result: Result) -> Record:
    """The gaps of a result up to the first that rounding could have made."""
    gaps = {}
    for variant in VARIANTS:
        for model in MODELS:
            clear = result.counted(variant, model)
            last = len(clear) if clear.all() else int(np.argmin(clear))
            curve = result.gap(variant, model)
            gaps[variant, model] = Curve(
                *(part[:last] for part in (curve.mean, curve.least, curve.largest))
            )
    return Record(result.config.λ, gaps)


def draw(figure: Figure, record: Record) -> None:
    """A panel for each variant: mean gaps in bands from least to largest, the law broken."""
    panels = figure.subplots(1, len(VARIANTS), sharex=True)
    for ax, variant in zip(panels, VARIANTS, strict=True):
        for model, colour in COLOURS.items():
            k, curve = record.ks(variant, model), record.gaps[variant, model]
            floor = curve.mean[-1] / 100  # a run below this would only stretch the axis
            ax.fill_between(
                k,
                np.maximum(curve.least, floor),
                curve.largest,
                color=colour,
                alpha=0.2,
                linewidth=0,
            )
            ax.plot(k, curve.mean, color=colour, label=model)
            ax.plot(k, record.law(variant, model), color=colour, linewidth=0.9, linestyle="--")
        ax.set_yscale("log")
        ax.set_title(variant)
        ax.set_xlabel("inputs in the window, $k$")
    panels[0].set_ylabel(r"$\Vert\nabla p_T - \nabla p_T^k\Vert$")
    lines, names = panels[0].get_legend_handles_labels()
    lines.append(Line2D([], [], color=INK, linewidth=0.9, linestyle="--"))
    figure.legend(lines, [*names, LAW], loc="outside lower center", ncols=3)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    parts = []
    for (variant, model), curve in record.gaps.items():
        k, share = record.ks(variant, model), record.share(variant, model)
        shares = ", ".join(
            f"{share[at - 1]:.1g} of the law at k = {at}" for at in MARKED if at <= k[-1]
        )
        parts.append(
            f"{variant}, {model}: from {curve.mean[0]:.2g} at k = 1 down to {curve.mean[-1]:.1e} "
            f"at k = {k[-1]}; {shares}"
        )
    return (
        f"Mean gap of the gradient on a logarithmic axis, beside the law k λ^k with λ = "
        f"{record.λ:g} through its first value. " + ". ".join(parts) + "."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The gap against the length of the window. Lines: the mean over the runs; bands: from the "
        "smallest run to the largest. Broken: the law k λ^k, scaled to the gap at k = 1. Each "
        "curve ends where rounding begins."
    )
    return Still(drawn(lambda figure: draw(figure, record), (7.0, 3.4)), describe(record), caption)
