"""Run a cell over a sequence of inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import Cell


def simulate(cell: Cell, x0: Any, inputs: Any) -> np.ndarray:
    """The states x_0, …, x_T as rows, with x_t the cell's step from x_{t-1} and inputs[t-1].

    ``x0`` has shape (n,), ``inputs`` (T, m). Row 0 of the result is x0, so it has T + 1 rows.
    A batch of B sequences has x0 of shape (B, n), inputs (T, B, m) and states (T + 1, B, n).
    Symbols in give symbols out.
    """
    x, inputs = start(cell, x0, inputs)
    states = [x]
    with np.errstate(over="ignore", invalid="ignore"):  # said below, with the step's number
        for u in inputs:
            x, _ = cell.forward(x, cell.drive(u))
            states.append(x)
    states = np.stack(states)
    validate.rows_not_overflown("the state at t = {}", states)
    return states


def start(cell: Any, x0: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
    """First state and inputs as arrays, refused if they do not fit the cell or each other."""
    validate.instance("cell", cell, Cell)
    x0 = validate.array("x0", x0)
    batch = {"B": len(x0)} if x0.ndim == 2 else {}
    x0 = validate.shaped("x0", x0, (*batch, "n"), n=cell.n)
    return x0, validate.array("inputs", inputs, ("T", *batch, "m"), m=cell.m, **batch)
