"""Projected gradient descent on the recurrent weights, along the gradient of a window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import Cell
from book_utils.dynamics.stability import project_spectral_ball
from book_utils.dynamics.truncation.gradients import Rows, truncated_gradients
from book_utils.dynamics.truncation.states import from_zero


def train(
    cell: Cell,
    inputs: Any,
    loss_gradient: Rows,
    k: int | None,
    schedule: Any,
    radius: float | None = None,
) -> np.ndarray:
    """W_0, …, W_N, shape (N + 1, n, n): the weights W of the cell before and after every step.

    Step i goes ``schedule[i-1]`` against ∇p_T^k, the gradient that a window of k inputs gives, or
    against the gradient of the whole run where k is None. After each step, and at the start, W
    goes to the nearest matrix with ‖W‖ <= ``radius``, if one is given. Other parameters stay.
    """
    validate.instance("cell", cell, Cell)
    if "W" not in cell.shapes:
        raise TypeError(f"cell: got {type(cell).__name__}, expects a cell with weights W")
    steps = validate.numbers("schedule", schedule, ("N",))
    window = max(len(from_zero(cell, inputs)), 1) if k is None else k

    def nearest(W: np.ndarray) -> np.ndarray:
        return W if radius is None else project_spectral_ball(W, radius)

    weights = [nearest(np.array(cell.W, float))]
    for step in steps:
        here = replace(cell, W=weights[-1])
        (gradient,) = truncated_gradients(here, inputs, loss_gradient, [window])
        weights.append(nearest(weights[-1] - step * gradient["W"]))
    return np.stack(weights)
