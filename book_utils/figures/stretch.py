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
EDGE = 4.48  # of the plane of states: what can be dragged reaches to 4
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
    volume = np.abs(np.cumprod(_determinants(jacobians(cell, states, none))))
    smallest = np.divide(volume, largest, out=np.zeros(LONGEST), where=largest > 0)
    radius = np.abs(np.linalg.eigvals(products)).max(axis=1)
    gain = np.linalg.norm(cell.W, 2) * float(cell.activation.lipschitz)
    return Record(cell, steps, states, products, largest, smallest, radius, gain**lengths)


def _determinants(maps: np.ndarray) -> np.ndarray:
    """Those of a stack of 2 by 2 maps; one that is nothing but rounding is 0: W is singular."""
    down, up = maps[:, 0, 0] * maps[:, 1, 1], maps[:, 0, 1] * maps[:, 1, 0]
    rounding = 4 * np.finfo(float).eps * (np.abs(down) + np.abs(up))
    return np.where(np.abs(down - up) <= rounding, 0, down - up)


def draw(figure: Figure, record: Record) -> None:
    """The states, the circle with its two images, and the size of the product step by step."""
    places = figure.subplots(1, 3, width_ratios=[1, 1.25, 1.1])
    _draw_states(places[0], record)
    _draw_circle(places[1], record)
    _draw_growth(places[2], record)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    steps, cell = record.steps, record.cell
    exponent = _exponent(record)
    size = "larger" if exponent > 0 else "smaller"
    scaled = f" (drawn 10^{abs(exponent)} times {size})" if exponent else ""
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
        f"{record.smallest[last - 1]:.3g} and spectral radius {record.radius[last - 1]:.3g}"
        f"{scaled}; "
        f"the bound on its larger semi-axis is {record.bound[last - 1]:.3g}."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    figure = drawn(lambda figure: draw(figure, record), (7.6, 2.9))
    return Still(figure, describe(record), CAPTION)


def _draw_states(ax: Axes, record: Record) -> None:
    path = record.states[: record.steps + 1]
    start, end = path[0], path[-1]
    _square(ax, EDGE)
    ax.set(xticks=[-4, -2, 0, 2, 4], yticks=[-4, -2, 0, 2, 4])
    ax.plot(*path.T, color=GREEN, linewidth=1.0)
    for point in path[1:]:
        # A state beyond the edge leaves an arrowhead there, which points to it.
        outside = np.abs(point).max() > EDGE
        arrow = (3, 0, np.degrees(np.arctan2(point[1], point[0])) - 90)
        shape = {"marker": arrow if outside else "o", "markersize": 7 if outside else 3.5}
        ax.plot(*_within(point), color=GREEN, clip_on=False, **shape)
    ax.plot(*start, "o", color=GREEN, markersize=8)
    higher = start[1] >= end[1]
    _name(ax, "$x_k$", start, higher)
    _name(ax, f"$x_{{k+{record.steps}}}$", _within(end), not higher)
    shift = ", ".join(f"{entry:g}" for entry in record.cell.b)
    ax.set_xlabel("no input, $b$ = " + (f"({shift})" if record.cell.b.any() else "0"))
    ax.set_title("State and its next steps")


def _within(point: np.ndarray) -> np.ndarray:
    """The point, or where the way to it from the middle crosses the edge."""
    return point / max(1.0, np.abs(point).max() / EDGE)


def _name(ax: Axes, text: str, point: np.ndarray, above: bool) -> None:
    """A name beside a point, turned inward where it would be cut."""
    outward = np.abs(point[0]) < 0.6 * EDGE
    right = (point[0] >= 0) == outward
    below_the_title = -12 if point[1] > 0.8 * EDGE else 0
    ax.annotate(
        text,
        point,
        (7 if right else -7, (3 if above else -9) + below_the_title),
        textcoords="offset points",
        ha="left" if right else "right",
    ).set_in_layout(False)


def _draw_circle(ax: Axes, record: Record) -> None:
    angles = np.linspace(0, 2 * np.pi, 181)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    reach, exponent = _reach(record), _exponent(record)
    label = "1 step" if record.steps == 1 else f"{record.steps} steps"
    if exponent:
        size = "larger" if exponent > 0 else "smaller"
        label += f",\ndrawn $10^{{{abs(exponent)}}}$ times {size}"
    _square(ax, reach)
    ax.plot(*circle, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), label="unit circle")
    ax.plot(*(record.products[0] @ circle), color=BLUE, label="one step")
    image = 10.0**exponent * (record.products[record.steps - 1] @ circle)
    ax.fill(*image, facecolor=ORANGE, alpha=0.18)
    ax.plot(*image, color=ORANGE, linewidth=2.4, label=label)
    ax.set_title("What the steps do to the circle")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.07), fontsize=7.5, ncols=3,
              handlelength=1.4, columnspacing=1.0)  # fmt: skip


def _reach(record: Record) -> float:
    """Half the width of the plane in which the circle and its images are drawn."""
    size = record.largest[record.steps - 1]
    return 1.15 * max(1.2, record.largest[0], min(size, LARGEST_SHOWN))


def _exponent(record: Record) -> int:
    """The power of ten by which an image too small or too large to see is drawn larger."""
    reach, size = _reach(record), record.largest[record.steps - 1]
    fits = size == 0 or 0.1 * reach <= size <= 0.96 * reach
    return 0 if fits else int(np.floor(np.log10(0.96 * reach / size)))


def _draw_growth(ax: Axes, record: Record) -> None:
    lengths = np.arange(1, LONGEST + 1)
    series = {
        "bound": (record.bound, INK, (0, (4, 3)), None),
        r"$\sigma_{\max}$": (record.largest, ORANGE, "solid", "o"),
        r"$\rho$": (record.radius, PURPLE, (0, (1, 1.5)), "s"),
    }
    zero = False
    for label, (values, color, line, marker) in series.items():
        shown = np.where(values > 0, values, np.nan)  # a logarithm has no zero
        ax.plot(lengths, shown, color=color, linestyle=line, marker=marker, markersize=3,
                linewidth=1.4, label=label)  # fmt: skip
        none = lengths[values == 0]
        if none.size:
            zero = True
            ax.plot(none, np.zeros(none.size), color=color, linestyle="none", marker=marker or "_",
                    markersize=4, transform=ax.get_xaxis_transform(), clip_on=False)  # fmt: skip
    ax.axvline(record.steps, color=FAINT, zorder=0)
    ax.set_yscale("log")
    ax.set_box_aspect(1)
    ax.set_xticks([1, 3, 6, 9, 12])
    ax.set_xlabel("steps $s$")
    ax.set_title("Size of the product" + ("\n(0: on the lower edge)" if zero else ""))
    ax.legend(fontsize=7.5)


def _square(ax: Axes, reach: float) -> None:
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
    ax.tick_params(length=0, labelsize=7.5, colors="#57606a")
    ax.locator_params(nbins=5)
