"""Every cell a second time: per-unit loops from the displayed formulas, nothing from the package.

Only scalars, loops and autograd.numpy are used, so autograd can follow them too.
A new cell needs its own entry in ``STEP``; a test says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import autograd.numpy as np

from book_utils.activations import ACTIVATIONS
from book_utils.cells import CELLS

VALUE: dict[str, Callable[[Any], Any]] = {
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "relu": lambda x: x if x > 0 else 0 * x,
    "identity": lambda x: x,
}


def vanilla(cell: Any, x: Any, u: Any) -> Any:
    """x_t[i] = Σ_j W[i,j] σ(x[j]) + Σ_l U[i,l] u[l] + b[i]."""
    σ = VALUE[cell.activation.name]
    new = []
    for i in range(len(x)):
        total = cell.b[i]
        for j in range(len(x)):
            total = total + cell.W[i, j] * σ(x[j])
        for l in range(len(u)):
            total = total + cell.U[i, l] * u[l]
        new.append(total)
    return np.array(new)


def elman(cell: Any, h: Any, u: Any) -> Any:
    """h_t[i] = φ(Σ_j W[i,j] h[j] + Σ_l U[i,l] u[l] + b[i])."""
    φ = VALUE[cell.activation.name]
    new = []
    for i in range(len(h)):
        total = cell.b[i]
        for j in range(len(h)):
            total = total + cell.W[i, j] * h[j]
        for l in range(len(u)):
            total = total + cell.U[i, l] * u[l]
        new.append(φ(total))
    return np.array(new)


def linear(cell: Any, x: Any, u: Any) -> Any:
    """x_t[i] = Σ_j W[i,j] x[j] + Σ_l U[i,l] u[l]."""
    new = []
    for i in range(len(x)):
        total = 0.0
        for j in range(len(x)):
            total = total + cell.W[i, j] * x[j]
        for l in range(len(u)):
            total = total + cell.U[i, l] * u[l]
        new.append(total)
    return np.array(new)


STEP: dict[str, Callable[[Any, Any, Any], Any]] = {
    "Vanilla": vanilla,
    "Elman": elman,
    "Linear": linear,
}


def run(cell: Any, x: Any, inputs: Any) -> Any:
    """The last state after all inputs."""
    for u in inputs:
        x = STEP[type(cell).__name__](cell, x, u)
    return x


def kinds() -> list[tuple[type, dict[str, Any]]]:
    """Every registered cell, with every activation if it has one."""
    every: list[tuple[type, dict[str, Any]]] = []
    for cell in CELLS:
        others = {each.name for each in dataclasses.fields(cell)} - set(cell.shapes)
        names = ACTIVATIONS if "activation" in others else ()
        every += [(cell, {"activation": name}) for name in names] or [(cell, {})]
    return every


def kind_name(kind: tuple[type, dict[str, Any]]) -> str:
    """A readable name for a test's parameter, such as Vanilla-tanh."""
    cell, others = kind
    return "-".join([cell.__name__, *others.values()])
