"""The gradient of the loss at the last step, through the whole past and through a window of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import Cell
from book_utils.dynamics.gradients import Gradient
from book_utils.dynamics.truncation.states import from_zero, window

Rows = Callable[[np.ndarray], np.ndarray]


def truncated_gradients(
    cell: Cell, inputs: Any, loss_gradient: Rows, ks: Sequence[int]
) -> list[Gradient]:
    """∇p_T^k for every k in ``ks``: the loss of the state h_T^k that a window of k inputs gives.

    ``loss_gradient`` takes states as rows and gives the rows ∂p/∂h at them. A k of T or more
    gives the gradient of the whole run. All windows run side by side, so that many of them cost
    little more than the longest.
    """
    inputs = from_zero(cell, inputs)
    T = len(inputs)
    if T == 0:
        raise ValueError("inputs: got no time step, expects at least one")
    lengths = np.array([window("ks", k, T) for k in ks])
    if len(lengths) == 0:
        return []
    longest = int(lengths.max())
    inputs = inputs[T - longest :]
    starts = longest - lengths  # how many of these inputs lie before each window
    drives = cell.drive(inputs)
    states = np.zeros((longest + 1, len(lengths), cell.n), cell.kind(inputs))
    with np.errstate(over="ignore", invalid="ignore"):  # said below, with the step's number
        arrived = []
        for t, d in enumerate(drives):
            new, a = cell.forward(states[t], d)
            states[t + 1] = np.where((t >= starts)[:, None], new, states[t])
            arrived.append(a)
        validate.rows_not_overflown("the state {} steps into the window", states)
        slopes = cell.slopes(states[:-1], np.stack(arrived))
        rows = np.zeros_like(states)
        rows[-1] = validate.array(
            "loss_gradient", loss_gradient(states[-1]), ("ks", "n"), ks=len(lengths), n=cell.n
        )
        λ = cell.pull_back(rows, *slopes)
    validate.rows_not_overflown("the costate {} steps into the window", λ, order=-1)
    # Only the steps inside a window know the weights.
    return [
        cell.pull_parameters(
            λ[1 + first :, b],
            states[first:-1, b],
            inputs[first:],
            *(slope[first:, b] for slope in slopes),
        )
        for b, first in enumerate(starts)
    ]


def gradient_gap(
    cell: Cell,
    inputs: Any,
    loss_gradient: Rows,
    k: int | Sequence[int],
    parameters: Iterable[str] | None = None,
) -> Any:
    """‖∇p_T − ∇p_T^k‖, the 2-norm over all entries of the parameters; for several k an array.

    ``parameters`` names those that are counted, all of them if left out. See
    ``truncated_gradients``.
    """
    several = isinstance(k, Sequence | np.ndarray)
    ks = list(k) if several else [k]
    names = _known(cell, parameters)
    T = len(from_zero(cell, inputs))
    *windows, whole = truncated_gradients(cell, inputs, loss_gradient, [*ks, max(T, 1)])
    gaps = [
        np.sqrt(sum(np.sum((whole[name] - each[name]) ** 2) for name in names)) for each in windows
    ]
    return np.array(gaps) if several else gaps[0]


def _known(cell: Cell, parameters: Iterable[str] | None) -> list[str]:
    validate.instance("cell", cell, Cell)
    names = list(cell.shapes if parameters is None else parameters)
    if unknown := [name for name in names if name not in cell.shapes]:
        expected = ", ".join(cell.shapes)
        raise ValueError(f"parameters: got {unknown[0]!r}, expects names among {expected}")
    return names
