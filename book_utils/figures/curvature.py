"""How fast the gradient of a contracting system can move with the weights, against the bound β."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from book_utils.cells import Elman
from book_utils.dynamics.truncation import (
    Constants,
    smoothness_bound,
    smoothness_constants,
    truncated_gradients,
)
from book_utils.figures.still import BLUE, INK, ORANGE, Still, drawn


@dataclass(frozen=True)
class Straight:
    """h_t = w h_{t-1} + B at w = λ, with the loss ½ h², or h if it is not ``squared``."""

    λ: float
    B: float = 1.0
    squared: bool = True

    def step(self, h: float) -> tuple[float, float, float]:
        """φ at w = λ, and its first and second derivative with respect to the state."""
        return self.λ * h + self.B, self.λ, 0.0

    def loss(self, h: float) -> tuple[float, float]:
        """p′ and p″ at a state."""
        return (h, 1.0) if self.squared else (1.0, 0.0)

    def constants(self, bend: float = 0.0) -> Constants:
        """Those for all weights up to λ: no state is above H = B/(1 − λ)."""
        H = self.B / (1 - self.λ)
        L_p, β_p = (H, 1.0) if self.squared else (1.0, 0.0)
        return Constants(λ=self.λ, H=H, L_p=L_p, L_w=H, β_p=β_p, β_ww=0, β_wh=1, β_hw=1, β_hh=bend)


@dataclass(frozen=True)
class Bent(Straight):
    """A unit that bends below its rest m: there its slope grows from λ − ε to λ, at the rate c.

    Further below its slope is λ − ε, above m it is λ. The derivatives at m are those from below,
    where the rest lies for weights below λ. For small ε the rest is near H = B/(1 − λ).
    """

    c: float = 1.0
    ε: float | None = None

    def __post_init__(self) -> None:
        ε = (1 - self.λ) / 1000 if self.ε is None else self.ε
        if not 0 < ε <= self.λ:
            raise ValueError(f"ε: got {ε:g}, expects a positive number up to λ = {self.λ:g}")
        if ε >= 2 * self.c * self.B:
            raise ValueError(f"ε: got {ε:g}, expects less than 2cB = {2 * self.c * self.B:g}")
        object.__setattr__(self, "ε", ε)

    @property
    def rest(self) -> float:
        return (self.B + self.ε**2 / (2 * self.c)) / (1 - self.λ + self.ε)

    def step(self, h: float) -> tuple[float, float, float]:
        # How far the state is above the beginning of the bend; the bend is ε/c long.
        above = h - self.rest + self.ε / self.c
        inside = min(max(above, 0.0), self.ε / self.c)
        value = self.B + (self.λ - self.ε) * h + self.c * inside * (above - inside / 2)
        # Rounding may carry a state at rest a few units in the last place above m.
        bends = above > 0 and h <= self.rest * (1 + 1e-12)
        return value, self.λ - self.ε + self.c * inside, self.c if bends else 0.0

    def constants(self) -> Constants:
        return super().constants(self.c)


def second_derivative(system: Straight, steps: int) -> float:
    """p″(w) after so many steps from zero: state, first and second derivative run together."""
    h = first = second = 0.0
    for _ in range(steps):
        value, slope, bend = system.step(h)
        # The weight multiplies h, so ∂φ/∂w = h and ∂²φ/∂w∂h = 1.
        second = slope * second + 2 * first + bend * first**2
        first = h + slope * first
        h = value
    slope, bend = system.loss(h)
    return slope * second + bend * first**2


@dataclass(frozen=True)
class Record:
    """For each 1 − λ: what two systems reach, and their bounds."""

    room: np.ndarray
    reached: dict[str, np.ndarray]
    bounds: dict[str, np.ndarray]

    def order(self, name: str) -> float:
        """The slope on logarithmic axes between the two smallest 1 − λ."""
        values, room = np.log(self.reached[name][-2:]), np.log(self.room[-2:])
        return float((values[1] - values[0]) / (room[1] - room[0]))


KINDS = {
    "straight, p = h": (Straight, False),
    "straight, p = ½h²": (Straight, True),
    "bent, p = h": (Bent, False),
    "bent, p = ½h²": (Bent, True),
}


def compute(rooms: tuple[float, ...] = (0.4, 0.2, 0.1, 0.05, 0.025, 0.0125)) -> Record:
    """Each unit with each loss at each 1 − λ, run for 80/(1 − λ) steps: long enough to rest."""
    room = np.array(rooms)
    systems = {
        name: [kind(1 - float(e), squared=squared) for e in room]
        for name, (kind, squared) in KINDS.items()
    }
    return Record(
        room,
        {
            name: np.array([abs(second_derivative(s, int(80 / (1 - s.λ)))) for s in many])
            for name, many in systems.items()
        },
        {
            name: np.array([smoothness_bound(s.constants()) for s in many])
            for name, many in systems.items()
        },
    )


def draw(figure: Figure, record: Record) -> None:
    """Marks for what is reached, lines for the bounds: a colour a unit, a mark a loss."""
    ax = figure.subplots()
    x = 1 / record.room
    for (name, reached), colour, mark in zip(
        record.reached.items(), (BLUE, BLUE, ORANGE, ORANGE), "os^D", strict=True
    ):
        ax.loglog(x, record.bounds[name], color=colour, lw=1)
        label = f"{name}: {-record.order(name):.0f}"
        ax.loglog(x, reached, mark, color=colour, markersize=5, label=label)
    ax.loglog(x, x**3 / 4, "--", color=INK, lw=1, label="slope 3, printed")
    ax.set_xlabel(r"$1/(1 - \lambda)$")
    ax.set_ylabel("$|p''(w)|$")
    ax.legend(title="slope at the end", fontsize="small")
    ax.set_xticks(x, [f"{value:g}" for value in x])
    ax.xaxis.set_minor_locator(NullLocator())


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    return (
        " ".join(
            f"{name.capitalize()}: |p''| = {record.reached[name][0]:.3g} at 1/(1 - λ) = "
            f"{1 / record.room[0]:.3g} and {record.reached[name][-1]:.3g} at "
            f"{1 / record.room[-1]:.3g}, a slope of {-record.order(name):.2f} at the end; that is "
            f"{record.reached[name][-1] / record.bounds[name][-1]:.3f} of its bound."
            for name in record.reached
        )
        + " The dashed line has the slope 3."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "How fast the gradient moves with the weight when the contraction weakens. Blue: the "
        "straight unit, orange: the bent one, each with the losses h and ½h². Marks: reached. "
        "Lines: the bounds β. Dashed: the printed order."
    )
    return Still(drawn(lambda figure: draw(figure, record), (6.0, 3.6)), describe(record), caption)


# Random networks -----------------------------------------------------------------------------


class Ratio(NamedTuple):
    """What the gradient moves over β ‖W − W′‖, and which part of β comes from tanh's bend."""

    moved: float
    bend: float


def ratio(
    random: np.random.Generator, n: int, T: int, λ: float, size: float, spread: float = 1.0
) -> Ratio:
    """‖∇p(W) − ∇p(W′)‖/(β ‖W − W′‖) for a random tanh network with inputs of a given size.

    The part of the bend is that of β_hh and β_ww. The loss is ½ ‖h‖², and all norms of weights
    and gradients are Frobenius norms. ``spread`` says how far from the worst case things are
    drawn: at 0 the weights are a multiple of I, the inputs constant, and the weights move in the
    direction of the input.
    """
    U = np.ones((n, 1)) + spread * random.normal(size=(n, 1))
    inputs = size * (1 + spread * random.normal(size=(T, 1)))
    W = _to_norm(np.eye(n) + spread * random.normal(size=(n, n)), λ)
    move = U @ U.T / np.sum(U**2) + spread * random.normal(size=(n, n))
    other = W - random.uniform(0.002, 0.1) * λ * (1 - λ) * move
    other = _to_norm(other, min(0.999 * λ, np.linalg.norm(other, 2)))
    largest = np.linalg.norm(np.tanh(inputs @ U.T), axis=1).max()
    gradients = []
    for weights in (W, other):
        cell = Elman(weights, U, np.zeros(n), "tanh")
        gradients.append(truncated_gradients(cell, inputs, lambda h: h, [T])[0]["W"])
    # ½ ‖h‖² is Lipschitz with H where no state is longer than H.
    constants = smoothness_constants(cell, largest, largest / (1 - λ), 1.0, λ)
    moved = np.linalg.norm(gradients[0] - gradients[1])
    β = smoothness_bound(constants)
    straight = smoothness_bound(replace(constants, β_hh=0.0, β_ww=0.0))
    return Ratio(float(moved / (β * np.linalg.norm(W - other))), 1 - straight / β)


def ratios(count: int, seed: int = 0) -> np.ndarray:
    """The same for many random networks, a row each, from the worst case to far away from it."""
    random = np.random.default_rng(seed)
    return np.array(
        [
            ratio(
                random,
                n=int(random.integers(1, 5)),
                T=int(random.integers(1, 80)),
                λ=float(random.uniform(0.05, 0.9)),
                size=float(10 ** random.uniform(-4, 0.5)),
                spread=float(10 ** random.uniform(-4, 0.5)),
            )
            for _ in range(count)
        ]
    )


def _to_norm(W: np.ndarray, λ: float) -> np.ndarray:
    """The weights scaled to the norm λ, a hair below."""
    return W * (λ * (1 - 1e-12) / np.linalg.norm(W, 2))
