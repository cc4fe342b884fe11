"""Which past steps does the gradient come from? The still picture of one unrolled unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import sympy as sp
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from book_utils.activations import Activation
from book_utils.cells import Vanilla
from book_utils.dynamics import simulate, transport
from book_utils.figures.still import BLUE, FAINT, INK, ORANGE, Still, drawn

LONGEST = 40
STRONGEST = 10  # the largest |w|, and one part of it the smallest
# A sum of contributions that is no larger than this part of their sizes is nothing but rounding.
ROUNDING = sp.Rational(64, 2**52)

t = sp.Symbol("t", integer=True, positive=True)
# u_t, one expression each. The sine is taken of whole numbers, where it never is nearly 0.
INPUTS: Mapping[str, sp.Expr] = MappingProxyType(
    {
        "none": sp.Integer(0),
        "pulse": sp.Piecewise((1, sp.Eq(t, 1)), (0, True)),
        "sine": sp.sin(t),
    }
)

CAPTION = "Which past steps does the gradient come from?"


@dataclass(frozen=True)
class Record:
    """Everything the picture shows; entry k - 1 of a sequence belongs to step k."""

    cell: Vanilla
    inputs: str  # a name in INPUTS
    y: float
    k: int  # the step that is picked
    states: np.ndarray  # x_0, …, x_T
    loss_gradient: float  # ∂E/∂x_T = x_T - y, for E = ½ (x_T - y)²
    transports: np.ndarray  # ∂x_T/∂x_k
    immediates: np.ndarray  # ∂⁺x_k/∂w = σ(x_{k-1})
    terms: np.ndarray  # r_{T,k}, the product of the three
    eta: float  # γ |w|
    bounds: np.ndarray  # |∂E/∂x_T| · max |σ| · η^(T-k), which no |r_{T,k}| exceeds

    @property
    def T(self) -> int:
        """The number of steps."""
        return len(self.terms)

    @property
    def gradient(self) -> float:
        """dE/dw, the sum of all contributions; 0 where they cancel but for rounding."""
        total, size = self.terms.sum(), np.abs(self.terms).sum()
        return 0.0 if abs(total) <= float(ROUNDING) * size else float(total)

    @property
    def shares(self) -> np.ndarray:
        """|r_{T,k}| as parts of their sum; all 0 if that is 0."""
        sizes = np.abs(self.terms)
        return np.divide(sizes, sizes.sum(), out=np.zeros(self.T), where=sizes.sum() > 0)

    @property
    def distance(self) -> float:
        """From how many steps before T the contributions come on average, weighted by size."""
        return float(self.shares @ np.arange(self.T - 1, -1, -1))


def compute(
    w: float,
    activation: Activation | str,
    inputs: str,
    T: int,
    k: int,
    x0: float = 1.0,
    b: float = 0.0,
    y: float = -1.0,
) -> Record:
    """Run x_t = w σ(x_{t-1}) + u_t + b for T steps; split dE/dw by the step where w acts."""
    cell = Vanilla([[w]], [[1]], [b], activation)
    u = np.array([[float(INPUTS[inputs].subs(t, step))] for step in range(1, T + 1)])
    states = simulate(cell, [x0], u)
    steps = np.arange(1, T + 1)
    transports = np.array([transport(cell, states, u, step, T)[0, 0] for step in steps])
    immediates = cell.activation(states[:-1, 0])
    loss_gradient = float(states[-1, 0] - y)
    eta = float(cell.activation.lipschitz) * abs(w)
    size = abs(loss_gradient) * np.abs(immediates).max()
    return Record(
        cell,
        inputs,
        y,
        k,
        states[:, 0],
        loss_gradient,
        transports,
        immediates,
        loss_gradient * transports * immediates,
        eta,
        size * eta ** (T - steps),
    )


def draw(figure: Figure, record: Record) -> None:
    """The chain of steps, shaded by contribution, and below it the sizes on a logarithmic axis."""
    chain, sizes = figure.subplots(2, 1, height_ratios=[1, 4.2], sharex=True)
    _draw_chain(chain, record)
    _draw_sizes(sizes, record)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    cell, k, T = record.cell, record.k, record.T
    last, first = record.terms[-1], record.terms[0]
    zeros = int(np.count_nonzero(record.terms == 0))
    parts = [
        f"One unit, x_t = {cell.W[0, 0]:g} σ(x_(t-1)) + u_t + {cell.b[0]:g} with "
        f"{cell.activation.name}, {_input_words(record.inputs)}, from x_0 = {record.states[0]:g}, "
        f"unrolled for {T} steps; the loss is ½ (x_{T} - y)² with y = {record.y:g}.",
        f"The contributions r of the steps to dE/dw go from {first:.3g} at step 1 to "
        f"{last:.3g} at step {T}" + (f"; {zeros} of them are 0." if zeros else "."),
        f"Step {k} contributes {record.terms[k - 1]:.3g}: ∂E/∂x_{T} = "
        f"{record.loss_gradient:.3g} times ∂x_{T}/∂x_{k} = "
        f"{record.transports[k - 1]:.3g} times {record.immediates[k - 1]:.3g}.",
        f"All together are dE/dw = {record.gradient:.3g}. Their average age, weighted by size, is "
        f"{record.distance:.3g} steps before step {T}.",
        f"The bound goes from {record.bounds[-1]:.3g} at step {T} to {record.bounds[0]:.3g} "
        f"at step 1, by a factor η = {record.eta:.3g} a step.",
    ]
    return " ".join(parts)


def show(record: Record) -> Still:
    """The finished picture."""
    return Still(drawn(lambda figure: draw(figure, record), (7.2, 3.6)), describe(record), CAPTION)


def _input_words(name: str) -> str:
    return {"none": "no input", "pulse": "a pulse u_1 = 1", "sine": "the input u_t = sin t"}[name]


def _draw_chain(ax: Axes, record: Record) -> None:
    T, k = record.T, record.k
    shades = record.shares / (record.shares.max() or 1)
    ax.plot([0, T + 1], [0, 0], color=FAINT, linewidth=1, zorder=0)
    ax.plot([k, T + 1], [0, 0], color=INK, linewidth=2, zorder=0)
    ax.plot([k, k], [-1, 0], color=INK, linewidth=2, zorder=0)
    for step in range(T + 1):
        shade = shades[step - 1] if step else 0
        color = BLUE if step and record.terms[step - 1] < 0 else ORANGE
        style = {"edgecolor": INK if step >= k else FAINT, "linewidth": 0.8}
        ax.add_patch(_box(step, "white", **style))
        ax.add_patch(_box(step, color, alpha=shade, linewidth=0))
    for where, name in ((0, "$x_0$"), (k, f"$x_{{{k}}}$"), (T, f"$x_{{{T}}}$")):
        if where == k or abs(where - k) > T / 12:
            ax.text(where, 0.7, name, ha="center", va="bottom")
    ax.text(T + 1, 0, " $E$", va="center")
    ax.text(k, -1, "$w$ ", va="center", ha="right")
    ax.set(ylim=(-1.3, 1.5), yticks=[])
    ax.set_title("Each step, shaded by its share in the gradient")
    ax.tick_params(bottom=False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def _box(step: int, color: str, **style: object) -> Rectangle:
    return Rectangle((step - 0.36, -0.55), 0.72, 1.1, facecolor=color, **style)


def _draw_sizes(ax: Axes, record: Record) -> None:
    steps = np.arange(1, record.T + 1)
    ax.axvline(record.k, color=FAINT, linewidth=5, alpha=0.5, zorder=0)
    ax.set_yscale("log")
    if record.bounds.max() > 0:
        label = r"bound: $\eta^{T-k}$, scaled to this run"
        ax.plot(steps, record.bounds, color=INK, linestyle=(0, (4, 3)), linewidth=1.2, label=label)
    styles = (
        (record.terms > 0, {"color": ORANGE, "marker": "o"}, "positive"),
        (record.terms < 0, {"color": BLUE, "marker": "o", "markerfacecolor": "white"}, "negative"),
    )
    for chosen, style, label in styles:
        if chosen.any():
            sizes = np.abs(record.terms[chosen])
            ax.plot(steps[chosen], sizes, linestyle="none", markersize=4.5, label=label, **style)
    none = steps[record.terms == 0]
    if none.size:
        # A logarithm has no zero: it stands on the lower edge.
        ax.plot(none, np.zeros(none.size), color=INK, linestyle="none", marker="x", markersize=5,
                transform=ax.get_xaxis_transform(), clip_on=False,
                label="0, on the lower edge")  # fmt: skip
    if none.size == record.T:
        ax.set_yticks([])
    ax.set(xlim=(-0.8, record.T + 1.8), xlabel="step $k$")
    ax.set_ylabel(r"$|r_{T,k}|$")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(fontsize=7.5)
