"""The LSTM: a memory c that is kept, forgotten and written to through gates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from book_utils.activations import logistic, tanh
from book_utils.cells.cell import Cell, Slopes, apply, outer, total

GATES = ("f", "i", "o", "z")  # forget, input, output, and the candidate that may be written


@dataclass(frozen=True, eq=False)
class LSTM(Cell):
    """c_t = i ∘ z + f ∘ c_{t-1} and h_t = o ∘ tanh(c_t), with d units.

    f, i, o = logistic(W_• h_{t-1} + U_• u_t + b_•) and z = tanh(W_z h_{t-1} + U_z u_t + b_z).
    The state is x = (c, h), one after the other, so n = 2d.
    """

    W_f: np.ndarray
    W_i: np.ndarray
    W_o: np.ndarray
    W_z: np.ndarray
    U_f: np.ndarray
    U_i: np.ndarray
    U_o: np.ndarray
    U_z: np.ndarray
    b_f: np.ndarray
    b_i: np.ndarray
    b_o: np.ndarray
    b_z: np.ndarray

    shapes: ClassVar = (
        {f"W_{gate}": ("d", "d") for gate in GATES}
        | {f"U_{gate}": ("d", "m") for gate in GATES}
        | {f"b_{gate}": ("d",) for gate in GATES}
    )
    parts: ClassVar = ("d", "d")

    def drive(self, u: np.ndarray) -> np.ndarray:
        """U u + b for the four gates, one after the other."""
        return apply(self._U, u) + self._b

    def forward(self, x: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """c_t = i ∘ z + f ∘ c and h_t = o ∘ tanh(c_t); what arrives are the four gates' a."""
        c, h = _split(x, 2)
        a = h @ self._W.T + d
        f, i, o, z = _gates(a)
        new = i * z + f * c
        return np.concatenate([new, o * tanh.values(new)], axis=-1), a

    def slopes(self, x: np.ndarray, a: np.ndarray) -> Slopes:
        """∂c_t/∂c, ∂h_t/∂c_t, and by the four a: of h_t in the third place, of c_t elsewhere."""
        c, _ = _split(x, 2)
        f, i, o, z = _gates(a)
        new = i * z + f * c
        a_f, a_i, a_o, a_z = _split(a, 4)
        by_a = [
            c * logistic.slopes(a_f),
            z * logistic.slopes(a_i),
            tanh.values(new) * logistic.slopes(a_o),
            i * tanh.slopes(a_z),
        ]
        return f, o * tanh.slopes(new), np.concatenate(by_a, axis=-1)

    def pull_state(
        self, row: np.ndarray, f: np.ndarray, out: np.ndarray, by_a: np.ndarray
    ) -> np.ndarray:
        """Back along the memory, where only f stands in the way, and through the gates' W."""
        c_row, a_row = _pull_arrived(row, out, by_a)
        return np.concatenate([c_row * f, a_row @ self._W], axis=-1)

    def pull_input(
        self, row: np.ndarray, f: np.ndarray, out: np.ndarray, by_a: np.ndarray
    ) -> np.ndarray:
        """The input acts through the four a alone, by the gates' U."""
        _, a_row = _pull_arrived(row, out, by_a)
        return a_row @ self._U

    def pull_parameters(
        self,
        rows: np.ndarray,
        x: np.ndarray,
        u: np.ndarray,
        f: np.ndarray,
        out: np.ndarray,
        by_a: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """∂⁺: the parameters act through the four a alone."""
        _, h = _split(x, 2)
        _, a_rows = _pull_arrived(rows, out, by_a)
        whole = outer(a_rows, h), outer(a_rows, u), total(a_rows)
        return {
            f"{letter}_{gate}": part
            for letter, stacked in zip("WUb", whole, strict=True)
            for gate, part in zip(GATES, np.split(stacked, 4), strict=True)
        }

    @cached_property
    def _W(self) -> np.ndarray:
        return np.concatenate([self.W_f, self.W_i, self.W_o, self.W_z])

    @cached_property
    def _U(self) -> np.ndarray:
        return np.concatenate([self.U_f, self.U_i, self.U_o, self.U_z])

    @cached_property
    def _b(self) -> np.ndarray:
        return np.concatenate([self.b_f, self.b_i, self.b_o, self.b_z])


def _split(x: np.ndarray, parts: int) -> list[np.ndarray]:
    d = x.shape[-1] // parts
    return [x[..., k * d : (k + 1) * d] for k in range(parts)]


def _gates(a: np.ndarray) -> list[np.ndarray]:
    a_f, a_i, a_o, a_z = _split(a, 4)
    return [*map(logistic.values, (a_f, a_i, a_o)), tanh.values(a_z)]


def _pull_arrived(
    row: np.ndarray, out: np.ndarray, by_a: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """From a row by (c_t, h_t): the row by c_t on all ways, and the row by the four a."""
    c_row, h_row = _split(row, 2)
    c_row = c_row + h_row * out
    return c_row, np.concatenate([c_row, c_row, h_row, c_row], axis=-1) * by_a
