"""x_t = W x_{t-1} + U u_t: no activation, so powers of W tell the whole story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from book_utils.cells.cell import Cell


@dataclass(frozen=True, eq=False)
class Linear(Cell):
    """x_t = W x_{t-1} + U u_t."""

    W: np.ndarray
    U: np.ndarray

    shapes: ClassVar = {"W": ("n", "n"), "U": ("n", "m")}

    def step(self, x: Any, u: Any) -> np.ndarray:
        """x_t = W x + U u."""
        x, u = self.check(x, u)
        return self.W @ x + self.U @ u

    def jacobian(self, x: Any, u: Any) -> np.ndarray:
        """W, whatever the state and the input."""
        self.check(x, u)
        return self.W.copy()
