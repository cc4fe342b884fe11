"""How a small change of an early state arrives in a later one: Jacobians and their products."""

from __future__ import annotations

from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import Cell


def jacobian(cell: Cell, x: Any, u: Any) -> np.ndarray:
    """J = ∂x_t/∂x_{t-1} at the previous state x and the input u, numerator layout."""
    validate.instance("cell", cell, Cell)
    return cell.jacobian(x, u)


def jacobians(cell: Cell, states: Any, inputs: Any) -> np.ndarray:
    """J_1, …, J_T stacked, shape (T, n, n); J_t is taken at states[t-1] and inputs[t-1]."""
    states, inputs = _trajectory(cell, states, inputs)
    every = list(cell.jacobians(states[:-1], inputs))
    return np.stack(every) if every else np.empty((0, cell.n, cell.n))


def transport(cell: Cell, states: Any, inputs: Any, k: int, t: int) -> np.ndarray:
    """∂x_t/∂x_k = J_t J_{t-1} ⋯ J_{k+1}: the newest factor stands on the left.

    ``states`` are the T + 1 rows that ``simulate`` gives, ``inputs`` the T inputs that went in.
    For t = k the product is empty: the identity.
    """
    states, inputs = _trajectory(cell, states, inputs)
    t = validate.index("t", t, len(inputs), "the number of inputs, T")
    k = validate.index("k", k, t, "t")
    # An identity of floats would turn exact entries into 1.0 times themselves.
    exact = any(each.dtype == object for each in (states, inputs, *cell.parameters().values()))
    product = np.eye(cell.n, dtype=object if exact else float)
    with np.errstate(over="ignore", invalid="ignore"):  # said below, with the factors
        for j, J in enumerate(cell.jacobians(states[k:t], inputs[k:t]), start=k + 1):
            product = J @ product
            validate.not_overflown(f"the product from k = {k} to t = {j}", product)
    return product


def _trajectory(cell: Cell, states: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
    validate.instance("cell", cell, Cell)
    inputs = validate.array("inputs", inputs, ("T", "m"), m=cell.m)
    rows = {"T + 1": len(inputs) + 1, "n": cell.n}
    return validate.array("states", states, ("T + 1", "n"), **rows), inputs
