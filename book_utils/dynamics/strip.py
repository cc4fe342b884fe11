"""How the fixed point of the one unit moves with its parameters, for weights w < 4.

A fixed point y stands for its bias b = logit(y) − w y: no equation has to be solved.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from book_utils import validate
from book_utils.dynamics.one_unit.curves import state


def limit_rates(w: Any, y: Any) -> tuple[Any, Any]:
    """(∂y/∂w, ∂y/∂b) at the fixed point y: ys/(1 − ws) and s/(1 − ws) with s = y(1 − y)."""
    w, y = _below_four("w", w), state("y", y)
    s = y * (1 - y)
    # 1 − ws = (4 − w) s + (1 − 2y)², without a difference of nearly equal numbers.
    by_b = s / ((4 - w) * s + (1 - 2 * y) ** 2)
    return (y * by_b)[()], by_b[()]


def largest_weight_rate(w: float) -> tuple[float, float]:
    """(V, v): the largest ∂y/∂w over all b, and the fixed point where it is taken; one w < 4."""
    w = float(_below_four("w", w))
    # The root of 2 − 3y = w y (1 − y)² between ½ and 1, where the left side less the right falls.
    low, high = 0.5, 1.0
    while (middle := (low + high) / 2) not in (low, high):
        above = 2 - 3 * middle > w * middle * (1 - middle) ** 2
        low, high = (middle, high) if above else (low, middle)
    return float(limit_rates(w, low)[0]), low


def cost_lipschitz(omega: float, target: float) -> float:
    """L_E(ω), the largest |∇E| over |w| <= ω and all b, for E = (y_∞ − y_T)² and 0 <= ω < 4.

    The maximum over w lies at w = ω. That over y is found on a grid that closes in on it.
    """
    omega, target = float(_below_four("omega", omega)), float(state("target", target))
    if omega < 0:
        raise ValueError(f"omega: got {omega:g}, expects a number from 0 to below 4")
    low, high, largest = 0.0, 1.0, -1.0
    while True:
        y = np.linspace(low, high, 10001)[1:-1]
        sizes = 2 * np.abs(y - target) * limit_rates(omega, y)[1] * np.sqrt(1 + y**2)
        best = int(np.argmax(sizes))
        if sizes[best] <= largest:
            return largest
        largest = float(sizes[best])
        low, high = y[max(best - 2, 0)], y[min(best + 2, len(y) - 1)]


def _below_four(name: str, w: Any) -> np.ndarray:
    w = validate.numbers(name, w)
    if not (w < 4).all():
        raise ValueError(f"{name}: got {w.max():g}, expects numbers below 4")
    return w
