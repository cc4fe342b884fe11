"""Descent on the loss of a system that may be unstable: the loss, the iterates, where they end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from book_utils import validate
from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, Still, drawn

STARTS = (-1.55, -1.2, 0.7, 1.02)
ELSEWHERE, ZERO, MINUS_ONE, THROWN = range(4)
FAR = 1e3


def excess(a: Any, T: int) -> tuple[Any, Any]:
    """h_T − 1 and its derivative, all inputs one: with fractions in, exact fractions out."""
    T = validate.index("T", T, 10**6, "a million")
    state, slope = a * 0, a * 0
    for _ in range(T):
        state, slope = a * state + 1, state + a * slope
    return state - 1, slope


def iterates(start: Any, T: int, steps: int) -> list:
    """a^(0), …, a^(steps) of descent on p = ½ (h_T − 1)², step i of length 1/i."""
    found = [start]
    for i in range(1, steps + 1):
        off, slope = excess(found[-1], T)
        found.append(found[-1] - off * slope / i)
    return found


def fates(starts: np.ndarray, T: int, steps: int) -> np.ndarray:
    """Where each start ends: at 0, at −1, beyond all bounds, or somewhere else."""
    a, thrown = np.array(starts, float), np.zeros(len(starts), bool)
    for i in range(1, steps + 1):
        off, slope = excess(np.where(thrown, 0, a), T)
        a = np.where(thrown, a, a - off * slope / i)
        thrown |= np.abs(a) > FAR
    near = [np.abs(a) < 0.1, np.abs(a + 1) < 0.1, thrown]
    return np.select(near, [ZERO, MINUS_ONE, THROWN], ELSEWHERE)


@dataclass(frozen=True)
class Record:
    """The loss for T = 3 with iterates from a few starts, and the fates for many T."""

    a: np.ndarray
    loss: np.ndarray
    runs: dict[float, np.ndarray]
    starts: np.ndarray
    lengths: np.ndarray
    fates: np.ndarray  # a row for each T

    def share(self, fate: int, T: int) -> float:
        """Which part of the starts has this fate."""
        return float((self.fates[list(self.lengths).index(T)] == fate).mean())

    def thrown_right(self) -> bool:
        """Whether all starts above 1 are thrown out, for all T from 3 on."""
        block = self.fates[self.lengths >= 3][:, self.starts > 1]
        return bool((block == THROWN).all())


def compute(size: int = 400, longest: int = 12, steps: int = 2000) -> Record:
    """Starts from −3 to 3, T from 2 on."""
    a = np.linspace(-1.6, 1.2, 281)
    starts = np.linspace(-3, 3, size)
    lengths = np.arange(2, longest + 1)
    return Record(
        a,
        excess(a, 3)[0] ** 2 / 2,
        {start: np.array(iterates(start, 3, 4)) for start in STARTS},
        starts,
        lengths,
        np.array([fates(starts, int(T), steps) for T in lengths]),
    )


def draw(figure: Figure, record: Record) -> None:
    """Left the loss and the iterates that lie in the picture, right the fates."""
    ax, map_ = figure.subplots(1, 2, width_ratios=(1, 1.25))
    ax.plot(record.a, record.loss, color=INK)
    for (start, run), colour, mark in zip(
        record.runs.items(), (GREEN, ORANGE, BLUE, INK), "osv^", strict=True
    ):
        shown = run[(run > record.a[0]) & (run < record.a[-1])]
        losses = excess(shown, 3)[0] ** 2 / 2
        ax.plot(shown, losses, mark + "-", color=colour, markersize=4, lw=0.8, label=f"{start:g}")
    ax.set_xlabel("$a$")
    ax.set_ylabel("$p(a)$, $T = 3$")
    ax.set_ylim(-0.05, 2.4)
    ax.legend(title="$a^{(0)}$", loc="upper center")
    colours = ListedColormap([INK, BLUE, GREEN, FAINT])
    step = record.starts[1] - record.starts[0]
    map_.imshow(
        record.fates,
        cmap=colours,
        vmin=0,
        vmax=3,
        aspect="auto",
        origin="lower",
        interpolation="nearest",
        extent=(
            record.starts[0] - step / 2,
            record.starts[-1] + step / 2,
            record.lengths[0] - 0.5,
            record.lengths[-1] + 0.5,
        ),
    )
    for place, words in (((1.8, 7), "thrown out"), ((-0.2, 7), "to 0"), ((-0.95, 3), "to −1")):
        map_.text(
            *place, words, ha="center", va="center", size=7, color=INK if place[0] > 1 else "w"
        )
    map_.set_xlabel("$a^{(0)}$")
    map_.set_ylabel("$T$")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    ends = "; ".join(f"from {start:g} to {run[-1]:.3g}" for start, run in record.runs.items())
    shares = "; ".join(
        f"T = {T}: {record.share(THROWN, T):.0%} thrown out, {record.share(ZERO, T):.0%} to 0, "
        f"{record.share(MINUS_ONE, T):.0%} to -1"
        for T in (2, 3, 4, int(record.lengths[-1]))
    )
    right = "All" if record.thrown_right() else "Not all"
    return (
        f"Left: the loss for T = 3, zero at 0 and at -1. Four steps of descent lead {ends}. "
        f"Right: where {len(record.starts)} starts from {record.starts[0]:g} to "
        f"{record.starts[-1]:g} end. {shares}. {right} starts above 1 are thrown out for T from "
        f"3 on."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Left: the loss for T = 3 and the iterates from four starts, as far as they lie in the "
        "picture. Right: where descent ends. Blue: at 0. Green: at −1. Grey: beyond all bounds. "
        "Black: after 2000 steps still near the top between two minima."
    )
    return Still(drawn(lambda figure: draw(figure, record), (6.8, 3.2)), describe(record), caption)
