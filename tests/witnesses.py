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


def lstm(cell: Any, x: Any, u: Any) -> Any:
    """c_t[i] = i[i] z[i] + f[i] c[i] and h_t[i] = o[i] tanh(c_t[i]); x holds all c, then all h."""
    d = len(x) // 2
    σ, tanh = VALUE["logistic"], VALUE["tanh"]

    def arrives(W: Any, U: Any, b: Any, i: int) -> Any:
        total = b[i]
        for j in range(d):
            total = total + W[i, j] * x[d + j]
        for l in range(len(u)):
            total = total + U[i, l] * u[l]
        return total

    c_new, h_new = [], []
    for i in range(d):
        f = σ(arrives(cell.W_f, cell.U_f, cell.b_f, i))
        write = σ(arrives(cell.W_i, cell.U_i, cell.b_i, i))
        o = σ(arrives(cell.W_o, cell.U_o, cell.b_o, i))
        z = tanh(arrives(cell.W_z, cell.U_z, cell.b_z, i))
        c_new.append(write * z + f * x[i])
        h_new.append(o * tanh(c_new[i]))
    return np.array(c_new + h_new)


STEP: dict[str, Callable[[Any, Any, Any], Any]] = {
    "Vanilla": vanilla,
    "Elman": elman,
    "Linear": linear,
    "LSTM": lstm,
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


def state_size(kind: tuple[type, dict[str, Any]], units: int) -> int:
    """How many numbers the state of so many units has: an LSTM's unit has two."""
    cell, _ = kind
    return units * len(cell.parts)


def kind_name(kind: tuple[type, dict[str, Any]]) -> str:
    """A readable name for a test's parameter, such as Vanilla-tanh."""
    cell, others = kind
    return "-".join([cell.__name__, *others.values()])
