"""What one step, and a product of steps, does to the unit circle: the still picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from book_utils.activations import Activation
from book_utils.cells import Vanilla
from book_utils.dynamics import jacobians, simulate, transport
from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, Still, drawn

LONGEST = 12
STATE_LIMIT = 4.0
LARGEST_SHOWN = 6.0  # beyond it the unit circle would be too small to compare with

CAPTION = "What one step, and a product of steps, does to the unit circle."


@dataclass(frozen=True)
class Record:
    """Everything the picture shows; entry s - 1 of a sequence belongs to s steps."""

    cell: Vanilla
    steps: int
    states: np.ndarray  # x_k, x_{k+1}, …
    products: np.ndarray  # J_{k+s} ⋯ J_{k+1}
    largest: np.ndarray  # σ_max of each product
    smallest: np.ndarray  # σ_min of each product
    radius: np.ndarray  # ρ of each product
    bound: np.ndarray  # (σ_max(W) γ)^s


def compute(
    W: Sequence[Sequence[float]],
    x: Sequence[float],
    steps: int,
    activation: Activation | str,
    b: Sequence[float] = (0.0, 0.0),
) -> Record:
    """Follow the state x for 12 steps of x_t = W σ(x_{t-1}) + b, with the products along it."""
    cell = Vanilla(W, np.zeros((2, 0)), b, activation)
    none = np.zeros((LONGEST, 0))
    states = simulate(cell, x, none)
    lengths = np.arange(1, LONGEST + 1)
    products = np.stack([transport(cell, states, none, 0, s) for s in lengths])
    largest = np.linalg.norm(products, 2, axis=(1, 2))
    # σ_min as |det|/σ_max with the determinants multiplied: the SVD of a thin product gives
    # nothing but rounding noise below 1e-16 σ_max.
    volume = np.abs(np.cumprod(np.linalg.det(jacobians(cell, states, none))))
    smallest = np.divide(volume, largest, out=np.zeros(LONGEST), where=largest > 0)
    radius = np.abs(np.linalg.eigvals(products)).max(axis=1)
    gain = np.linalg.norm(cell.W, 2) * float(cell.activation.lipschitz)
    return Record(cell, steps, states, products, largest, smallest, radius, gain**lengths)


def draw(figure: Figure, record: Record) -> None:
    """The states, the circle with its two images, and the size of the product step by step."""
    places = figure.subplots(1, 3, width_ratios=[1, 1.25, 1.1])
    _draw_states(places[0], record)
    _draw_circle(places[1], record)
    _draw_growth(places[2], record)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    steps, cell = record.steps, record.cell
    (w11, w12), (w21, w22) = cell.W
    x1, x2 = record.states[0]
    b1, b2 = cell.b
    shift = f" and b = ({b1:g}, {b2:g})" if cell.b.any() else ""
    one, last = ("step", steps) if steps == 1 else ("steps", steps)
    return (
        f"The unit circle and its images for W = [[{w11:g}, {w12:g}], [{w21:g}, {w22:g}]]{shift} "
        f"with {cell.activation.name}, from the state ({x1:g}, {x2:g}). "
        f"One step makes an ellipse with semi-axes {record.largest[0]:.3g} "
        f"and {record.smallest[0]:.3g}. "
        f"The product of {last} {one} has semi-axes {record.largest[last - 1]:.3g} and "
        f"{record.smallest[last - 1]:.3g} and spectral radius {record.radius[last - 1]:.3g}; "
        f"the bound on its larger semi-axis is {record.bound[last - 1]:.3g}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    figure = drawn(lambda figure: draw(figure, record), (7.6, 2.9))
    return Still(figure, describe(record), CAPTION)


def _draw_states(ax: Axes, record: Record) -> None:
    path = record.states[: record.steps + 1]
    _square(ax, STATE_LIMIT)
    ax.plot(*path.T, color=GREEN, linewidth=1.0)
    ax.plot(*path[1:].T, "o", color=GREEN, markersize=3.5)
    ax.plot(*path[0], "o", color=GREEN, markersize=8)
    ax.annotate("$x_k$", path[0], (6, 6), textcoords="offset points")
    ax.set_title("State and its next steps")


def _draw_circle(ax: Axes, record: Record) -> None:
    angles = np.linspace(0, 2 * np.pi, 181)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    size = record.largest[record.steps - 1]
    reach = 1.15 * max(1.2, record.largest[0], min(size, LARGEST_SHOWN))
    # Too small or too large to see: drawn larger or smaller by a power of ten, and labelled so.
    fits = size == 0 or 0.1 * reach <= size <= 0.96 * reach
    exponent = 0 if fits else int(np.floor(np.log10(0.96 * reach / size)))
    steps = "1 step" if record.steps == 1 else f"{record.steps} steps"
    label = steps if fits else f"{steps}, drawn × $10^{{{exponent}}}$"
    _square(ax, reach)
    ax.plot(*circle, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), label="unit circle")
    ax.plot(*(record.products[0] @ circle), color=BLUE, label="one step")
    image = 10.0**exponent * record.products[record.steps - 1] @ circle
    ax.fill(*image, facecolor=ORANGE, alpha=0.18)
    ax.plot(*image, color=ORANGE, linewidth=2.4, label=label)
    ax.set_title("What the steps do to the circle")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.07), fontsize=7.5, ncols=3,
              handlelength=1.4, columnspacing=1.0)  # fmt: skip


def _draw_growth(ax: Axes, record: Record) -> None:
    lengths = np.arange(1, LONGEST + 1)
    series = {
        "bound": (record.bound, INK, (0, (4, 3)), None),
        r"$\sigma_{\max}$": (record.largest, ORANGE, "solid", "o"),
        r"$\rho$": (record.radius, PURPLE, (0, (1, 1.5)), "s"),
    }
    for label, (values, color, line, marker) in series.items():
        shown = np.where(values > 0, values, np.nan)  # a logarithm has no zero
        ax.plot(lengths, shown, color=color, linestyle=line, marker=marker, markersize=3,
                linewidth=1.4, label=label)  # fmt: skip
    ax.axvline(record.steps, color=FAINT, zorder=0)
    ax.set_yscale("log")
    ax.set_box_aspect(1)
    ax.set_xticks([1, 3, 6, 9, 12])
    ax.set_xlabel("steps $s$")
    ax.set_title("Size of the product")
    ax.legend(fontsize=7.5)


def _square(ax: Axes, reach: float) -> None:
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
    ax.tick_params(length=0, labelsize=7.5, colors="#57606a")
    ax.locator_params(nbins=5)
