"""x_t = W σ(x_{t-1}) + U u_t + b: the state is what arrives at a unit, before σ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from book_utils.activations import Activation, activation
from book_utils.cells.cell import Cell


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

    def step(self, x: Any, u: Any) -> np.ndarray:
        """x_t = W σ(x) + U u + b."""
        x, u = self.check(x, u)
        σ = self.activation
        return self.W @ σ(x) + self.U @ u + self.b

    def jacobian(self, x: Any, u: Any) -> np.ndarray:
        """W diag(σ′(x)): column j of W times σ′(x_j). Not Wᵀ diag(σ′(x)), in any layout."""
        x, u = self.check(x, u)
        σ = self.activation
        return self.W * σ.derivative(x)
