"""x_t = W σ(x_{t-1}) + U u_t + b: the state is what arrives at a unit, before σ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from book_utils.activations import Activation, activation
from book_utils.cells.cell import Cell, Slopes, apply, outer, total


@dataclass(frozen=True, eq=False)
class Vanilla(Cell):
    """x_t = W σ(x_{t-1}) + U u_t + b."""

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
        """x_t = W σ(x) + d. The state is what arrives."""
        new = self.activation.values(x) @ self.W.T + d
        return new, new

    def slopes(self, x: np.ndarray, a: np.ndarray) -> Slopes:
        """σ′(x)."""
        return (self.activation.slopes(x),)

    def pull_state(self, row: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """The Jacobian is W diag(σ′(x)). Not Wᵀ diag(σ′(x)), in any layout."""
        return (row @ self.W) * slope

    def pull_input(self, row: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """∂x_t/∂u_t is U: the input enters behind σ."""
        return row @ self.U

    def pull_parameters(
        self, rows: np.ndarray, x: np.ndarray, u: np.ndarray, slope: np.ndarray
    ) -> dict[str, np.ndarray]:
        """∂⁺: x_t depends on W through W σ(x), on U through U u, and on b directly."""
        σ = self.activation
        return {"W": outer(rows, σ.values(x)), "U": outer(rows, u), "b": total(rows)}
