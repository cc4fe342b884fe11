"""What the powers of a matrix do, beside what its radius and its norm say: the still picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from book_utils import validate
from book_utils.dynamics import departure, kreiss, power_norms, spectral_radius
from book_utils.figures.still import FAINT, INK, ORANGE, PURPLE, Still, drawn

LONGEST = 60
"""The largest power that is drawn."""

PATIENCE = 20_000
"""The largest power that is tried before the search for the last long one is given up."""

LOWEST = 1e-6
"""Sizes below it run off the chart: else a fast decay would leave no room for the peak."""

EDGE = 1e-9
"""A radius this near to 1 counts as 1, and a maximum this near to the largest as reached."""

LARGEST_SHOWN = 6.0  # beyond it the unit circle would be too small to compare with

CAPTION = (
    "How much the powers of a matrix stretch at most, beside the powers of its spectral radius "
    "and the powers of its norm."
)


@dataclass(frozen=True)
class Record:
    """Everything the picture shows; entry k of ``norms`` belongs to the k-th power.

    ``settled`` is the exponent from which on every power is shorter than 1; it is None if there
    is none, or none up to PATIENCE. ``peak`` is the exponent of the longest power and ``largest``
    its norm: of all powers if ``settled`` is known, else of those up to PATIENCE if ρ(W) < 1, and
    of those that are drawn if not.
    """

    W: np.ndarray
    k: int
    norms: np.ndarray
    radius: float
    norm: float
    departure: float
    peak: int
    largest: float
    settled: int | None
    kreiss: float

    @property
    def decays(self) -> bool:
        """Whether ρ(W) < 1."""
        return self.radius < 1 - EDGE

    @property
    def normal(self) -> bool:
        """Whether W commutes with its transpose, up to rounding."""
        return is_normal(self.departure, self.norm)

    @property
    def ceiling(self) -> float:
        """The upper bound e n K on every power."""
        return np.e * len(self.W) * self.kreiss


def compute(W: Sequence[Sequence[float]], k: int) -> Record:
    """Follow the powers of a matrix; ``k`` is the one whose numbers are named."""
    W = validate.array("W", W, ("n", "n")).astype(float)
    norms, radius = power_norms(W, LONGEST), _radius(W)
    longer, settled = norms, None
    if radius < 1 - EDGE:
        longer, settled = _until_settled(W)
    # Rounding must not choose between equal powers: the first of them counts.
    peak = int(np.argmax(longer >= longer.max() * (1 - EDGE)))
    return Record(
        W, k, norms, radius, float(norms[1]), departure(W),
        peak, float(longer[peak]), settled, _kreiss(W, radius),
    )  # fmt: skip


def is_normal(departure: float, norm: float) -> bool:
    """Whether ‖WᵀW − WWᵀ‖ is nothing but rounding of products of the size of ‖W‖²."""
    return departure <= 1e-14 * norm**2


def _until_settled(W: np.ndarray) -> tuple[np.ndarray, int | None]:
    """The norms as far as they matter, and from which power on all are below 1.

    If the powers m, …, 2m − 1 are shorter than 1, then so are all after them: each is a product
    of these.
    """
    steps = LONGEST
    while True:
        norms = power_norms(W, steps)
        settled = int(np.flatnonzero(norms >= 1).max()) + 1
        if 2 * settled - 1 <= steps:
            return norms, settled
        if steps == PATIENCE:
            return norms, None
        steps = min(2 * steps, PATIENCE)


def _radius(W: np.ndarray) -> float:
    """ρ(W). A double eigenvalue of a 2 by 2 matrix is half its trace: rounding would split it."""
    return abs(np.trace(W)) / 2 if len(W) == 2 and _double(W) else spectral_radius(W)


def _double(W: np.ndarray) -> bool:
    """Whether the discriminant of a 2 by 2 matrix is nothing but rounding."""
    (a, b), (c, d) = W
    sizes = np.array([abs(a - d) * (abs(a) + abs(d)) / 2, abs(b * c)])
    ulps = 64 * np.finfo(float).eps
    rounding = ulps * sizes.sum() + (ulps * (abs(a) + abs(d))) ** 2
    return abs(((a - d) / 2) ** 2 + b * c) <= rounding


def _kreiss(W: np.ndarray, radius: float) -> float:
    """Kreiss's constant, also for what it is infinite for."""
    multiple = _double(W) if len(W) == 2 else True
    normal = is_normal(departure(W), np.linalg.norm(W, 2))
    if radius > 1 + EDGE or (radius >= 1 - EDGE and multiple and not normal):
        return np.inf
    return kreiss(W)


def draw(figure: Figure, record: Record) -> None:
    """The sizes on a logarithmic axis, and for two dimensions the circle with its image."""
    if len(record.W) == 2:
        places = figure.subplots(1, 2, width_ratios=[1.9, 1])
        _draw_circle(places[1], record)
        _draw_sizes(places[0], record)
    else:
        _draw_sizes(figure.subplots(), record)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    rows = ", ".join("[" + ", ".join(f"{entry:.4g}" for entry in row) + "]" for row in record.W)
    k = record.k
    kind = "normal" if record.normal else "not normal"
    parts = [
        f"Powers 0 to {LONGEST} of W = [{rows}], which is {kind}, with spectral radius "
        f"{record.radius:.4g} and norm {record.norm:.4g}.",
        f"At k = {k} the norm of the power is {record.norms[k]:.4g}, the power of the radius "
        f"{record.radius**k:.4g} and the power of the norm {record.norm**k:.4g}.",
    ]
    found = record.settled is not None
    which = "all powers" if found else f"the powers up to {_tried(record)}"
    parts.append(f"The longest of {which} is W^{record.peak}, with norm {record.largest:.4g}.")
    if found:
        parts.append(f"From k = {record.settled} on every power is shorter than 1.")
    if np.isfinite(record.kreiss):
        parts.append(
            f"Kreiss's constant is {record.kreiss:.4g}, so no power is longer than "
            f"{record.ceiling:.4g}."
        )
    else:
        parts.append("Kreiss's constant is infinite: the powers grow without end.")
    return " ".join(parts)


def _tried(record: Record) -> int:
    """The largest power that was looked at, where not all of them are known."""
    return PATIENCE if record.decays else LONGEST


def show(record: Record) -> Still:
    """The finished picture."""
    figure = drawn(lambda figure: draw(figure, record), (7.6, 3.0))
    return Still(figure, describe(record), CAPTION)


def _draw_sizes(ax: Axes, record: Record) -> None:
    k = np.arange(LONGEST + 1)
    with np.errstate(under="ignore", over="ignore"):
        series = (
            (record.norm**k, r"$\Vert W \Vert^k$", INK, (0, (4, 3))),
            (record.radius**k, r"$\rho(W)^k$", PURPLE, (0, (1, 1.5))),
            (record.norms, r"$\Vert W^k \Vert$", ORANGE, "solid"),
        )
    for values, label, color, line in series:
        ax.plot(k, np.where(values > 0, values, np.nan), color=color, linestyle=line, label=label)
        none = k[values == 0]
        ax.plot(none, np.zeros(none.size), "_", color=color, markersize=4,
                transform=ax.get_xaxis_transform(), clip_on=False)  # fmt: skip
    if record.peak <= LONGEST:
        ax.plot(record.peak, record.largest, "o", color=ORANGE, markersize=7, fillstyle="none")
    ax.axhline(1, color=FAINT, linewidth=0.8, zorder=0)
    ax.axvline(record.k, color=FAINT, linewidth=3, zorder=0)
    ax.set_yscale("log")
    ax.set_ylim(*_limits(record))
    ax.set_xlabel("$k$")
    where = "" if record.settled is not None else f" up to $k$ = {_tried(record)}"
    ax.set_title(f"Longest power{where}: {record.largest:.4g} at $k$ = {record.peak}")
    ax.legend(fontsize=7.5)


def _limits(record: Record) -> tuple[float, float]:
    sizes = np.append(record.norms, record.radius ** np.arange(LONGEST + 1))
    lowest = sizes[sizes > 0].min()
    return max(LOWEST, min(0.5, lowest / 2)), 4 * sizes.max()


def _draw_circle(ax: Axes, record: Record) -> None:
    angles = np.linspace(0, 2 * np.pi, 181)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    image = np.linalg.matrix_power(record.W, record.k) @ circle
    size = record.norms[record.k]
    reach = 1.15 * max(1.2, min(size, LARGEST_SHOWN))
    fits = size == 0 or 0.1 * reach <= size <= 0.96 * reach
    exponent = 0 if fits else int(np.floor(np.log10(0.96 * reach / size)))
    label = f"image under $W^{{{record.k}}}$"
    if exponent:
        way = "larger" if exponent > 0 else "smaller"
        power = f"$10^{{{abs(exponent)}}}$" if abs(exponent) > 1 else "10"
        label += f",\ndrawn {power} times {way}"
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
    ax.plot(*circle, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), label="unit circle")
    ax.fill(*(10.0**exponent * image), facecolor=ORANGE, alpha=0.18)
    ax.plot(*(10.0**exponent * image), color=ORANGE, linewidth=2.2, label=label)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.02), fontsize=7.5, handlelength=1.4)
