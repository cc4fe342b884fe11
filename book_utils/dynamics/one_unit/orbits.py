"""Runs of the unit y_n = σ(w y_{n-1} + b), what they cost, and the gradient of the cost.

E = (y_n − y_T)². The gradient is carried forwards beside the state: with s = y(1 − y), the slope
of σ where y left it, ∂y_n/∂b = s (1 + w ∂y_{n-1}/∂b) and ∂y_n/∂w = s (y_{n-1} + w ∂y_{n-1}/∂w).

Near a wall the unit multiplies a rounding error as it multiplies a gradient. How much is counted
along, and where it is too much the orbit is run again with twice the digits.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from book_utils import validate
from book_utils.activations import BLOCK, logistic
from book_utils.dynamics import compiled
from book_utils.dynamics.one_unit.curves import state
from book_utils.dynamics.one_unit.double_double import Double
from book_utils.dynamics.one_unit.double_double import logistic as long_logistic

Objective = Callable[[Any, Any], tuple[Any, Any, Any]]
Arrays = tuple[np.ndarray, ...]

TOO_MUCH = 200
"""Rounding errors may grow so many times where derivatives are asked for, whose errors are larger
by up to 1/s."""
FAR_TOO_MUCH = 10**5
"""The same where only states are: to about 1e-11."""
LONGEST = 10**6


def orbit(w: Any, b: Any, y0: Any, n: int) -> np.ndarray:
    """y_0, …, y_n: time is the first axis."""
    w, b, y0 = _broadcast(w, b, y0)
    steps = _steps(n)
    states = np.empty((steps + 1, *w.shape))
    states[0] = y0
    error = worst = np.zeros(w.shape)
    for k in range(steps):
        states[k + 1] = y = logistic.values(w * states[k] + b)
        error = 1 + np.abs(w) * y * (1 - y) * error
        worst = np.maximum(worst, error)
    if (again := worst > FAR_TOO_MUCH).any():
        long = _long_states(w[again], b[again], y0[again], steps)
        states[:, again] = np.stack([y.high for y in long])
    return states


def cost(w: Any, b: Any, y0: Any, target: Any, n: int = 50) -> Any:
    """E = (y_n − y_T)², where the orbit starts at y0 and y_T is the target."""
    return _costs(w, b, y0, target, n)[0]


def cost_gradient(w: Any, b: Any, y0: Any, target: Any, n: int = 50) -> tuple[Any, Any]:
    """(∂E/∂w, ∂E/∂b)."""
    return _costs(w, b, y0, target, n)[1:]


def objective(y0: Any, target: Any, n: int = 50) -> Objective:
    """The cost as a function of (w, b) that gives E, ∂E/∂w and ∂E/∂b, as ``descend`` takes it."""
    y0, target, n = state("y0", y0), validate.numbers("target", target), _steps(n)
    return lambda w, b: _costs(w, b, y0, target, n)


def _costs(w: Any, b: Any, y0: Any, target: Any, n: int) -> tuple[Any, Any, Any]:
    """E, ∂E/∂w, ∂E/∂b."""
    w, b, y0 = _broadcast(w, b, y0)
    w, b, y0, target = np.broadcast_arrays(w, b, y0, validate.numbers("target", target))
    steps, shape = _steps(n), w.shape
    flat = tuple(np.ascontiguousarray(each).reshape(-1) for each in (w, b, y0))
    found = compiled.one_unit(*flat, steps) or run(*flat, steps)
    y, by_w, by_b, worst = (each.reshape(shape) for each in found)
    if (again := worst > TOO_MUCH).any():
        walls = w[again], b[again], y0[again], steps
        y[again], by_w[again], by_b[again] = compiled.one_unit_twofold(*walls) or long_run(*walls)
    off = y - target
    with np.errstate(over="ignore"):  # said below
        found = off * off, 2 * off * by_w, 2 * off * by_b
    for each in found:
        validate.not_overflown("the gradient of the cost", each)
    return tuple(each[()] for each in found)


def run(w: np.ndarray, b: np.ndarray, y0: np.ndarray, n: int) -> Arrays:
    """y_n, ∂y_n/∂w, ∂y_n/∂b, and how many times a rounding error had grown at worst; flat arrays.

    Block by block, so that what is read and written again at every step stays near the processor.
    """
    found = tuple(np.empty_like(w) for _ in range(4))
    for start in range(0, w.size, BLOCK):
        block = slice(start, start + BLOCK)
        for whole, part in zip(found, _run_block(w[block], b[block], y0[block], n), strict=True):
            whole[block] = part
    return found


def _run_block(w: np.ndarray, b: np.ndarray, y0: np.ndarray, n: int) -> Arrays:
    """In place: half of the time would go into new arrays."""
    y, size = y0.copy(), np.abs(w)
    by_w, by_b, error, worst, s = (np.zeros_like(w) for _ in range(5))
    with np.errstate(over="ignore"):  # 1/(1 + e^{−z}) where e^{−z} overflows is 0
        for _ in range(n):
            by_w *= w
            by_w += y
            by_b *= w
            by_b += 1
            _step(w, y, b)
            np.subtract(1, y, out=s)
            s *= y
            by_w *= s
            by_b *= s
            error *= s
            error *= size
            error += 1
            np.maximum(worst, error, out=worst)
    return y, by_w, by_b, worst


def _step(w: np.ndarray, y: np.ndarray, b: np.ndarray) -> None:
    """y becomes σ(w y + b)."""
    y *= w
    y += b
    np.negative(y, out=y)
    np.exp(y, out=y)
    y += 1
    np.reciprocal(y, out=y)


def long_run(w: np.ndarray, b: np.ndarray, y0: np.ndarray, n: int) -> Arrays:
    """The same with states of twice the digits. The derivatives are products of what they give:
    they keep the digits that doubles have."""
    by_w, by_b = np.zeros_like(w), np.zeros_like(w)
    states = _long_states(w, b, y0, n)
    for before, after in pairwise(states):
        s = (after * (1 - after)).high
        by_w = s * (before.high + w * by_w)
        by_b = s * (1 + w * by_b)
    return states[-1].high, by_w, by_b


def _long_states(w: np.ndarray, b: np.ndarray, y0: np.ndarray, n: int) -> list[Double]:
    states = [Double.of(y0)]
    for _ in range(n):
        states.append(long_logistic(states[-1] * w + b))
    return states


def _broadcast(w: Any, b: Any, y0: Any) -> Arrays:
    return np.broadcast_arrays(validate.numbers("w", w), validate.numbers("b", b), state("y0", y0))


def _steps(n: Any) -> int:
    return validate.index("n", n, LONGEST, "a million")
