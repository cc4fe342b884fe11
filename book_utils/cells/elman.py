"""h_t = φ(W h_{t-1} + U u_t + b): the state is what leaves a unit, after φ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from book_utils.activations import Activation, activation
from book_utils.cells.cell import Cell


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

    def step(self, x: Any, u: Any) -> np.ndarray:
        """h_t = φ(W h + U u + b), with h = x the previous state."""
        h, u = self.check(x, u)
        φ = self.activation
        return φ(self.W @ h + self.U @ u + self.b)

    def jacobian(self, x: Any, u: Any) -> np.ndarray:
        """diag(φ′(a)) W with a = W h + U u + b: row i of W times φ′(a_i)."""
        h, u = self.check(x, u)
        φ = self.activation
        a = self.W @ h + self.U @ u + self.b
        return φ.derivative(a)[:, None] * self.W
