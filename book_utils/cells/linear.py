"""x_t = W x_{t-1} + U u_t: no activation, so powers of W tell the whole story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from book_utils.cells.cell import Cell, Slopes, apply, outer


@dataclass(frozen=True, eq=False)
class Linear(Cell):
    """x_t = W x_{t-1} + U u_t."""

    W: np.ndarray
    U: np.ndarray

    shapes: ClassVar = {"W": ("n", "n"), "U": ("n", "m")}

    def drive(self, u: np.ndarray) -> np.ndarray:
        """U u."""
        return apply(self.U, u)

    def forward(self, x: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """x_t = W x + d."""
        new = x @ self.W.T + d
        return new, new

    def slopes(self, x: np.ndarray, a: np.ndarray) -> Slopes:
        """None: the derivative is the same everywhere."""
        return ()

    def pull_state(self, row: np.ndarray) -> np.ndarray:
        """The Jacobian is W, whatever the state and the input."""
        return row @ self.W

    def pull_input(self, row: np.ndarray) -> np.ndarray:
        """∂x_t/∂u_t is U, whatever the state and the input."""
        return row @ self.U

    def pull_parameters(
        self, rows: np.ndarray, x: np.ndarray, u: np.ndarray
    ) -> dict[str, np.ndarray]:
        """∂⁺: x_t depends on W through W x and on U through U u."""
        return {"W": outer(rows, x), "U": outer(rows, u)}
