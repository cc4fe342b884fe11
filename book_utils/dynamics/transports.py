"""How a small change of an early state arrives in a later one: Jacobians and their products."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
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
    with np.errstate(over="ignore", invalid="ignore"):  # said below, with the factors
        for product in _products(cell, states[k:t], inputs[k:t]):  # noqa: B007
            pass
        if product.dtype != object and not np.isfinite(product).all():
            for j, each in enumerate(_products(cell, states[k:t], inputs[k:t]), start=k):
                validate.not_overflown(f"the product from k = {k} to t = {j}", each)
    return product


def _products(cell: Cell, states: np.ndarray, inputs: np.ndarray) -> Iterator[np.ndarray]:
    """I, J_{k+1}, J_{k+2} J_{k+1}, …: a factor that overflows is never made good by a later one."""
    start = cell.units(states, inputs)
    return accumulate(cell.jacobians(states, inputs), lambda product, J: J @ product, initial=start)


def _trajectory(cell: Cell, states: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
    validate.instance("cell", cell, Cell)
    inputs = validate.array("inputs", inputs, ("T", "m"), m=cell.m)
    rows = {"T + 1": len(inputs) + 1, "n": cell.n}
    return validate.array("states", states, ("T + 1", "n"), **rows), inputs
