"""Run a cell over a sequence of inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import Cell


def simulate(cell: Cell, x0: Any, inputs: Any) -> np.ndarray:
    """The states x_0, …, x_T as rows, with x_t the cell's step from x_{t-1} and inputs[t-1].

    ``x0`` has shape (n,), ``inputs`` (T, m). Row 0 of the result is x0, so it has T + 1 rows.
    Symbols in give symbols out.
    """
    validate.instance("cell", cell, Cell)
    states = [validate.array("x0", x0, ("n",), n=cell.n)]
    for t, u in enumerate(validate.array("inputs", inputs, ("T", "m"), m=cell.m), start=1):
        with np.errstate(over="ignore", invalid="ignore"):  # said below, with the step's number
            x = cell.step(states[-1], u)
        validate.not_overflown(f"the state at t = {t}", x)
        states.append(x)
    return np.stack(states)
