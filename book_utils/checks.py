"""Oracles: two outside ways to a Jacobian, and one measure of how far two arrays are apart.

Neither knows how a cell differentiates itself, so agreement is evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
import numpy as np

from book_utils import validate

Function = Callable[[np.ndarray], Any]

# The activations vary on a scale of one, so a step well below one and far above the rounding
# error 1e-16 serves every x. A power of two makes x ± h and the division by h nearly exact.
STEP = 2.0**-6


def finite_difference_jacobian(f: Function, x: Any, step: float = STEP) -> np.ndarray:
    """∂f/∂x by central differences, numerator layout: entry [i, j] is ∂f_i/∂x_j.

    Steps h, h/2 and h/4 are combined (Richardson) so that the h² and h⁴ terms of the error
    cancel. What is left is of order h⁶ and, for functions that vary on a scale of one, near
    1e-12 of the largest entry. Across a kink (relu at 0) the result means nothing.
    """
    x = validate.numbers("x", x, ("n",))
    if not 0 < step < np.inf:
        raise ValueError(f"step: got {step}, expects a positive number")

    def central(j: int, h: float) -> np.ndarray:
        up, down = x.copy(), x.copy()
        up[j] += h
        down[j] -= h
        return (validate.numbers("f(x)", f(up)) - validate.numbers("f(x)", f(down))) / (2 * h)

    columns = []
    for j in range(len(x)):
        coarse, middle, fine = (central(j, step / 2**halvings) for halvings in range(3))
        better, best = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
        columns.append((16 * best - better) / 15)
    return np.stack(columns, axis=-1)


def autograd_jacobian(f: Function, x: Any) -> np.ndarray:
    """∂f/∂x by the library autograd, numerator layout; write f with ``autograd.numpy``."""
    x = validate.numbers("x", x, ("n",))
    try:
        return np.asarray(autograd.jacobian(f)(x))
    except TypeError as error:
        if "ArrayBox" not in str(error):
            raise
        raise TypeError(
            "f: got a function that autograd cannot follow, expects one written with "
            f"autograd.numpy alone ({error})"
        ) from error


def relative_error(a: Any, b: Any) -> float:
    """The largest |a − b| over the largest |b|, the reference; 0 if both are zero."""
    b = validate.numbers("b", b)
    a = validate.numbers("a", a, b.shape)
    difference, size = (np.max(np.abs(values), initial=0.0) for values in (a - b, b))
    if size == 0:
        return 0.0 if difference == 0 else float("inf")
    return float(difference / size)
