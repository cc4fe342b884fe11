"""The gradient of a loss along a trajectory: term by term, and organised backwards.

The loss is E = Σ_t E_t, where E_t depends on the state x_t alone. What is asked for of each E_t is
``loss_gradients[t-1]``, the row ∂E_t/∂x_t. Everything else follows from the cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import Cell
from book_utils.dynamics import compiled
from book_utils.dynamics.simulation import start

Gradient = dict[str, np.ndarray]


def bptt(cell: Cell, x0: Any, inputs: Any, loss_gradients: Any) -> Gradient:
    """∂E/∂θ for every parameter θ of the cell, by name: backpropagation through time.

    ``x0`` has shape (n,), ``inputs`` (T, m), ``loss_gradients`` (T, n). For a batch of B sequences
    the shapes are (B, n), (T, B, m) and (T, B, n), and the gradient is the sum over the batch.
    Time and memory grow linearly in T.
    """
    if (gradient := compiled.bptt(cell, x0, inputs, loss_gradients)) is not None:
        return gradient
    x0, inputs = start(cell, x0, inputs)
    loss_gradients = _rows(cell, x0, inputs, loss_gradients)
    with np.errstate(over="ignore", invalid="ignore"):  # said below, with the step's number
        states, arrived = cell.run(x0, inputs)
        validate.rows_not_overflown("the state at t = {}", states)
        slopes = cell.slopes(states[:-1], arrived)
        λ = cell.pull_back(_from_time_zero(loss_gradients), *slopes)
        gradient = cell.pull_parameters(λ[1:], states[:-1], inputs, *slopes)
    validate.rows_not_overflown("the costate at t = {}", λ, order=-1)
    for name, value in gradient.items():
        validate.not_overflown(f"the gradient by {name}", value)
    return gradient


def costates(cell: Cell, states: Any, inputs: Any, loss_gradients: Any) -> np.ndarray:
    """The rows λ_0, …, λ_T with λ_t = ∂E/∂x_t, counting all ways from x_t to the loss.

    λ_T = ∂E_T/∂x_T, and backwards λ_{t-1} = λ_t J_t + ∂E_{t-1}/∂x_{t-1}; no loss is at x_0.
    ``states`` are the T + 1 rows that ``simulate`` gives; a batch may stand after the times.
    """
    states, inputs = _trajectory(cell, states, inputs)
    loss_gradients = _rows(cell, states[0], inputs, loss_gradients)
    with np.errstate(over="ignore", invalid="ignore"):  # said below, with the step's number
        slopes = cell.slopes_along(states[:-1], inputs)
        λ = cell.pull_back(_from_time_zero(loss_gradients), *slopes)
    validate.rows_not_overflown("the costate at t = {}", λ, order=-1)
    return λ


def immediate(cell: Cell, x: Any, u: Any) -> Gradient:
    """∂⁺x_t/∂θ by name, shape (n, *shape of θ): θ acts in this step only, x_{t-1} = x stays."""
    validate.instance("cell", cell, Cell)
    return cell.immediate(x, u)


def contributions(cell: Cell, x0: Any, inputs: Any, loss_gradients: Any) -> Gradient:
    """Every r_{t,k} = (∂E_t/∂x_t)(∂x_t/∂x_k)(∂⁺x_k/∂θ), by name of θ; zero for k > t.

    The arrays have shape (T, T, *shape of θ) and hold r_{t,k} at [t-1, k-1]. Their sum over t and
    k is the gradient that ``bptt`` gives, found in another way: the products ∂x_t/∂x_k are
    carried forwards and no costate is used. Memory grows with the square of T.
    """
    x, inputs = start(cell, x0, inputs)
    x = validate.shaped("x0", x, ("n",), n=cell.n)
    loss_gradients = _rows(cell, x, inputs, loss_gradients)
    T, n = loss_gradients.shape
    kind, parameters = cell.kind(x, inputs, loss_gradients), cell.parameters()
    terms = {name: np.zeros((T, T, *p.shape), kind) for name, p in parameters.items()}
    immediates = {name: np.zeros((T, n, *p.shape), kind) for name, p in parameters.items()}
    units = cell.units(x, inputs)
    products = units[None][:0]  # ∂x_t/∂x_k for k = 1, …, t
    with np.errstate(over="ignore", invalid="ignore"):  # said below
        for t, (u, g) in enumerate(zip(inputs, loss_gradients, strict=True), start=1):
            for name, each in cell.immediate(x, u).items():
                immediates[name][t - 1] = each
            products = np.concatenate([cell.jacobian(x, u) @ products, units[None]])
            x = cell.step(x, u)
            validate.not_overflown(f"the state at t = {t}", x)
            validate.not_overflown(f"the products up to t = {t}", products)
            for k, product in enumerate(products, start=1):
                row = g @ product
                for name, term in terms.items():
                    term[t - 1, k - 1] = np.tensordot(row, immediates[name][k - 1], 1)
    for name, term in terms.items():
        validate.not_overflown(f"the contributions to {name}", term)
    return terms


def clip(gradient: Any, threshold: float) -> Any:
    """g · threshold/‖g‖ where the norm ‖g‖ exceeds the threshold, else g; as a new array.

    ``gradient`` is one array, or a mapping by name such as ``bptt`` gives: then ‖g‖ is the 2-norm
    of all its entries together, and all are shrunk by the same factor.
    """
    threshold = validate.positive("threshold", threshold)
    if not isinstance(gradient, Mapping):
        return clip({"gradient": gradient}, threshold)["gradient"]
    g = {name: validate.numbers(str(name), value) for name, value in gradient.items()}
    largest = max((np.abs(each).max(initial=0.0) for each in g.values()), default=0.0)
    if largest == 0:
        return {name: each.copy() for name, each in g.items()}
    # Entries up to 1: no square can overflow, and the norm is largest · relative.
    unit = {name: each / largest for name, each in g.items()}
    relative = np.sqrt(sum(np.sum(each**2) for each in unit.values()))
    if largest <= threshold / relative:
        return {name: each.copy() for name, each in g.items()}
    return {name: each * (threshold / relative) for name, each in unit.items()}


def _rows(cell: Cell, x0: np.ndarray, inputs: np.ndarray, loss_gradients: Any) -> np.ndarray:
    sizes = {"T": len(inputs), "n": cell.n} | ({"B": len(x0)} if x0.ndim == 2 else {})
    shape = ("T", "B", "n") if x0.ndim == 2 else ("T", "n")
    return validate.array("loss_gradients", loss_gradients, shape, **sizes)


def _from_time_zero(loss_gradients: np.ndarray) -> np.ndarray:
    """The rows for t = 0, …, T: no loss is counted at x_0."""
    nothing = np.zeros_like(loss_gradients, shape=(1, *loss_gradients.shape[1:]))
    return np.concatenate([nothing, loss_gradients])


def _trajectory(cell: Cell, states: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
    validate.instance("cell", cell, Cell)
    states = validate.array("states", states)
    batch = {"B": states.shape[1]} if states.ndim == 3 else {}
    inputs = validate.array("inputs", inputs, ("T", *batch, "m"), m=cell.m, **batch)
    sizes = {"T + 1": len(inputs) + 1, "n": cell.n} | batch
    return validate.shaped("states", states, ("T + 1", *batch, "n"), **sizes), inputs
