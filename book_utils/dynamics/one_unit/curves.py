"""Where the unit y_n = σ(w y_{n-1} + b) changes its behaviour: fold, flip and shock, exactly.

Everything is symmetric about the line b = −w/2: with y, 1 − y is a state of the unit with b
replaced by −w − b. So both curves are −w/2 plus or minus a function of w, and it is computed
without the cancellation of the usual formulas.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from book_utils import validate

Pair = tuple[Any, Any]


def fold(w: Any) -> Pair:
    """(b_minus, b_plus) for w >= 4: three fixed points for b_plus < b < b_minus.

    b_± = σ⁻¹(y_±) − w y_±. They meet at w = 4, b = −2.
    """
    w = at_least_four("w", w)
    apart = beyond_fold(w)
    return (-w / 2 + apart)[()], (-w / 2 - apart)[()]


def fold_points(w: Any) -> Pair:
    """(y_minus, y_plus) for w >= 4: where σ has the slope 1/w, so that the unit has slope 1."""
    w = at_least_four("w", w)
    root = np.sqrt((w - 4) / w)
    lower = 2 / (w * (1 + root))
    return lower[()], ((1 + root) / 2)[()]


def flip(w: Any) -> Pair:
    """(b_lower, b_upper) for w <= −4: a two-cycle for b_lower < b < b_upper."""
    w = validate.numbers("w", w)
    if (w > -4).any():
        raise ValueError(f"w: got {w.max():g}, expects at most -4: above it nothing flips")
    apart = beyond_flip(w)
    return (-w / 2 - apart)[()], (-w / 2 + apart)[()]


def shock(w: Any, y0: Any) -> Any:
    """The b at which y_∞ jumps, for w > 4 and a start y0 in (0, 1).

    It is the line σ⁻¹(y0) − w y0 where y0 lies between the fold points, and the fold elsewhere.
    """
    w, y0 = validate.numbers("w", w), state("y0", y0)
    if not (w > 4).all():
        raise ValueError(f"w: got {w.min():g}, expects more than 4: up to 4 nothing jumps")
    w, y0 = np.broadcast_arrays(w, y0)
    (y_minus, y_plus), (b_minus, b_plus) = fold_points(w), fold(w)
    line = shift(w, y0)
    return np.where(y0 <= y_minus, b_minus, np.where(y0 >= y_plus, b_plus, line))[()]


# Shared with the other files of this package ------------------------------------------------


def shift(w: np.ndarray, y: np.ndarray) -> np.ndarray:
    """g(y) = σ⁻¹(y) − w y: the b at which y is a fixed point."""
    return np.log(y) - np.log1p(-y) - w * y


def beyond_fold(w: np.ndarray) -> np.ndarray:
    """b_− + w/2 = sinh u − u, where cosh u = w/2 − 1."""
    u, sinh = _arcosh((w - 4) / 2)
    # Near the cusp the difference cancels; there the series has all digits.
    series = u**3 / 6 * (1 + u**2 / 20 * (1 + u**2 / 42 * (1 + u**2 / 72 * (1 + u**2 / 110))))
    return np.where(u < 0.5, series, sinh - u)


def beyond_flip(w: np.ndarray) -> np.ndarray:
    """b_upper + w/2 = sinh u + u, where cosh u = −w/2 − 1."""
    u, sinh = _arcosh((-w - 4) / 2)
    return sinh + u


def _arcosh(above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """u and sinh u for cosh u = 1 + above."""
    sinh = np.sqrt(above * (above + 2))
    return np.log1p(above + sinh), sinh


def at_least_four(name: str, w: Any) -> np.ndarray:
    w = validate.numbers(name, w)
    if (w < 4).any():
        raise ValueError(f"{name}: got {w.min():g}, expects at least 4: below it nothing folds")
    return w


def state(name: str, y: Any) -> np.ndarray:
    """States in (0, 1), as σ gives them."""
    y = validate.numbers(name, y)
    outside = y[~((y > 0) & (y < 1))]
    if outside.size:
        raise ValueError(f"{name}: got {outside.flat[0]:g}, expects a state between 0 and 1")
    return y
