"""Gradient descent in the plane of (w, b), with what keeps it from exploding as data.

Many runs go side by side: the starts, the step sizes and what a method holds may be arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from book_utils import validate

Point = tuple[np.ndarray, np.ndarray]
Objective = Callable[[Any, Any], tuple[Any, Any, Any]]


class Method:
    """Where a run starts, and what becomes of a gradient and of a point."""

    def start(self, w: np.ndarray, b: np.ndarray) -> Point:
        """Where the run begins instead of the start that was asked for."""
        return w, b

    def shape(self, by_w: np.ndarray, by_b: np.ndarray) -> Point:
        """The gradient that is followed instead of the one that was computed."""
        return by_w, by_b

    def settle(self, w: np.ndarray, b: np.ndarray) -> Point:
        """The point that is taken instead of the one that was reached."""
        return w, b


@dataclass(frozen=True)
class Vanilla(Method):
    """(w, b) − step · gradient."""


@dataclass(frozen=True)
class Clipped(Method):
    """A gradient longer than the threshold is shortened to it."""

    threshold: Any

    def __post_init__(self) -> None:
        _above_zero("threshold", self.threshold)

    def shape(self, by_w: np.ndarray, by_b: np.ndarray) -> Point:
        size = np.hypot(by_w, by_b)
        factor = np.where(size > self.threshold, self.threshold / np.where(size > 0, size, 1), 1.0)
        return factor * by_w, factor * by_b


@dataclass(frozen=True)
class FixedW(Method):
    """w stays at one value from the start on, and b alone is trained."""

    w: Any

    def __post_init__(self) -> None:
        validate.numbers("w", self.w)

    def start(self, w: np.ndarray, b: np.ndarray) -> Point:
        return np.broadcast_to(self.w, w.shape).astype(float), b

    def shape(self, by_w: np.ndarray, by_b: np.ndarray) -> Point:
        return np.zeros_like(by_w), by_b


@dataclass(frozen=True)
class Projected(Method):
    """After every step, and at the start, w goes to the nearest value with |w| <= radius."""

    radius: Any

    def __post_init__(self) -> None:
        _above_zero("radius", self.radius)

    def start(self, w: np.ndarray, b: np.ndarray) -> Point:
        return self.settle(w, b)

    def settle(self, w: np.ndarray, b: np.ndarray) -> Point:
        return np.clip(w, -np.asarray(self.radius), self.radius), b


@dataclass(frozen=True)
class Descent:
    """Runs side by side. The first axis counts iterations: entry 0 belongs to the start."""

    w: np.ndarray
    b: np.ndarray
    losses: np.ndarray
    gradients: np.ndarray
    """The length of the gradient that was computed, before the method shaped it."""

    def first_below(self, level: float) -> np.ndarray:
        """The iteration at which the loss is first below the level; −1 if it never is."""
        below = self.losses < level
        return np.where(below.any(axis=0), below.argmax(axis=0), -1)

    def stays_below(self, level: float) -> np.ndarray:
        """The iteration from which on the loss is below the level; −1 if it is not at the end."""
        above = ~(self.losses < level)
        last = len(above) - 1 - above[::-1].argmax(axis=0)
        return np.where(above[-1], -1, np.where(above.any(axis=0), last + 1, 0))


def descend(
    cost_gradient: Objective, start: Any, method: Method, step: Any, iterations: int
) -> Descent:
    """Follow the gradient from ``start`` = (w, b).

    ``cost_gradient(w, b)`` gives the cost and its two derivatives, as ``one_unit.objective``
    makes it. ``step`` is the step size, one for all runs or one for each.
    """
    validate.instance("method", method, Method)
    w, b = (validate.numbers(name, value) for name, value in zip("wb", _two(start), strict=True))
    step = _above_zero("step", step)
    iterations = validate.index("iterations", iterations, 10**7, "ten million")
    w, b, _ = np.broadcast_arrays(w, b, step)
    w, b = method.start(w.copy(), b.copy())
    rows: list[tuple[np.ndarray, ...]] = []
    for count in range(iterations + 1):
        loss, by_w, by_b = cost_gradient(w, b)
        rows.append((w, b, loss, np.hypot(by_w, by_b)))
        if count < iterations:
            by_w, by_b = method.shape(by_w, by_b)
            w, b = method.settle(w - step * by_w, b - step * by_b)
    return Descent(*(np.stack(each) for each in zip(*rows, strict=True)))


def _two(start: Any) -> tuple[Any, Any]:
    try:
        w, b = start
    except (TypeError, ValueError):
        raise ValueError(f"start: got {start!r}, expects a pair (w, b)") from None
    return w, b


def _above_zero(name: str, value: Any) -> np.ndarray:
    values = validate.numbers(name, value)
    if not (values > 0).all():
        raise ValueError(f"{name}: got {values.min():g}, expects more than 0")
    return values
