"""What a cell is: parameters, and one update rule x_t = F(x_{t-1}, u_t)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from book_utils import validate


@runtime_checkable
class Cell(Protocol):
    """The contract of every cell, with what they all share.

    A cell is a frozen dataclass. It names the shape of each parameter in ``shapes``, where n is
    the size of the state and m that of the input, and writes ``step`` and ``jacobian``.
    Parameters, state and input may be numbers or SymPy expressions: the same lines serve both.
    """

    shapes: ClassVar[Mapping[str, validate.Shape]]

    @abstractmethod
    def step(self, x: Any, u: Any) -> np.ndarray:
        """The new state x_t from the previous state x and the input u."""

    @abstractmethod
    def jacobian(self, x: Any, u: Any) -> np.ndarray:
        """∂x_t/∂x_{t-1} at the previous state x, numerator layout: row i differentiates unit i."""

    @property
    def n(self) -> int:
        """The size of the state."""
        return self._sizes()["n"]

    @property
    def m(self) -> int:
        """The size of the input."""
        return self._sizes()["m"]

    def parameters(self) -> Mapping[str, np.ndarray]:
        """The parameters by name, in the order of the fields."""
        return MappingProxyType({name: getattr(self, name) for name in self.shapes})

    @classmethod
    def random(cls, n: int, m: int, rng: np.random.Generator, **others: Any) -> Self:
        """A cell with normal entries, of variance 1/columns in a matrix; ``others`` as given."""
        sizes = {"n": n, "m": m}
        parameters = {}
        for name, letters in cls.shapes.items():
            shape = [sizes.get(letter, letter) for letter in letters]
            spread = np.sqrt(max(shape[-1], 1)) if len(shape) > 1 else 1.0
            parameters[name] = rng.standard_normal(shape) / spread
        return cls(**parameters, **others)

    def __post_init__(self) -> None:
        """Check every parameter, and keep a copy that nobody can change."""
        sizes: dict[str, int] = {}
        for name, letters in self.shapes.items():
            checked = validate.array(name, getattr(self, name), letters, **sizes).copy()
            checked.flags.writeable = False
            object.__setattr__(self, name, checked)
            sizes |= zip(letters, checked.shape, strict=True)

    def check(self, x: Any, u: Any) -> tuple[np.ndarray, np.ndarray]:
        """State and input as arrays, refused if they do not fit the cell."""
        sizes = self._sizes()
        return (
            validate.array("x", x, ("n",), n=sizes["n"]),
            validate.array("u", u, ("m",), m=sizes["m"]),
        )

    def _sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for name, letters in self.shapes.items():
            sizes |= zip(letters, getattr(self, name).shape, strict=True)
        return sizes
