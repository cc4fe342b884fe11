"""h_t = φ(W h_{t-1} + U u_t + b): the state is what leaves a unit, after φ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from book_utils.activations import Activation, activation
from book_utils.cells.cell import Cell, Slopes, apply, outer, total


@dataclass(frozen=True, eq=False)
class Elman(Cell):
    """h_t = φ(W h_{t-1} + U u_t + b). The state is called x where all cells are meant."""

    W: np.ndarray
    U: np.ndarray
    b: np.ndarray
    activation: Activation  # or its name, such as "tanh"

    shapes: ClassVar = {"W": ("n", "n"), "U": ("n", "m"), "b": ("n",)}

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "activation", activation(self.activation))

    def drive(self, u: np.ndarray) -> np.ndarray:
        """U u + b."""
        return apply(self.U, u) + self.b

    def forward(self, x: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """h_t = φ(a) with a = W h + d, and h = x the previous state."""
        a = x @ self.W.T + d
        return self.activation.values(a), a

    def slopes(self, x: np.ndarray, a: np.ndarray) -> Slopes:
        """φ′(a)."""
        return (self.activation.slopes(a),)

    def pull_state(self, row: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """The Jacobian is diag(φ′(a)) W."""
        return (row * slope) @ self.W

    def pull_input(self, row: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """∂h_t/∂u_t is diag(φ′(a)) U."""
        return (row * slope) @ self.U

    def pull_parameters(
        self, rows: np.ndarray, x: np.ndarray, u: np.ndarray, slope: np.ndarray
    ) -> dict[str, np.ndarray]:
        """∂⁺: h_t depends on all parameters through a, so each row first passes φ′(a)."""
        rows = rows * slope
        return {"W": outer(rows, x), "U": outer(rows, u), "b": total(rows)}
