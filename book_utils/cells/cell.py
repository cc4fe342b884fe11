"""What a cell is: parameters, and one update rule x_t = F(x_{t-1}, u_t)."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from book_utils import validate

Slopes = tuple[np.ndarray, ...]


@runtime_checkable
class Cell(Protocol):
    """The contract of every cell, with what they all share.

    A cell is a frozen dataclass. It names the shape of each parameter in ``shapes``, where m is
    the size of the input, and the parts of its state in ``parts``, each by the letter of its size.
    It writes its rule and how a row is pulled back through it, in six methods: ``drive``,
    ``forward``, ``slopes``, ``pull_state``, ``pull_input`` and ``pull_parameters``. They take
    arrays that have been checked, with any leading axes (times, a batch), of numbers or of SymPy
    expressions.
    All else follows from them.
    """

    shapes: ClassVar[Mapping[str, validate.Shape]]
    parts: ClassVar[tuple[str, ...]] = ("n",)

    # --- what a cell writes -----------------------------------------------------------------

    @abstractmethod
    def drive(self, u: np.ndarray) -> np.ndarray:
        """The part of the step in which no state occurs, such as U u + b."""

    @abstractmethod
    def forward(self, x: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The new state x_t from the previous state x and the drive d; and what arrives, a_t.

        What arrives at the units, before they answer, is kept for ``slopes``.
        """

    @abstractmethod
    def slopes(self, x: np.ndarray, a: np.ndarray) -> Slopes:
        """All that the derivative of the step takes from the point: previous state x, arrived a."""

    @abstractmethod
    def pull_state(self, row: np.ndarray, *slopes: np.ndarray) -> np.ndarray:
        """row · ∂x_t/∂x_{t-1}: what a row of derivatives by x_t says about x_{t-1}."""

    @abstractmethod
    def pull_input(self, row: np.ndarray, *slopes: np.ndarray) -> np.ndarray:
        """row · ∂x_t/∂u_t: what a row of derivatives by x_t says about the input u_t."""

    @abstractmethod
    def pull_parameters(
        self, rows: np.ndarray, x: np.ndarray, u: np.ndarray, *slopes: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Σ row · ∂⁺x_t/∂θ for every parameter θ by name, summed over all leading axes."""

    # --- what follows: one step -------------------------------------------------------------

    def step(self, x: Any, u: Any) -> np.ndarray:
        """The new state x_t from the previous state x and the input u."""
        x, u = self.check(x, u)
        return self.forward(x, self.drive(u))[0]

    def jacobian(self, x: Any, u: Any) -> np.ndarray:
        """∂x_t/∂x_{t-1} at the previous state x, numerator layout: row i differentiates unit i."""
        x, u = self.check(x, u)
        (J,) = self.jacobians(x[None], u[None])
        return J

    def immediate(self, x: Any, u: Any) -> dict[str, np.ndarray]:
        """∂⁺x_t/∂θ by name, the previous state x held fixed; shape (n, *shape of θ)."""
        x, u = self.check(x, u)
        slopes = self.slopes_along(x, u)
        units = [self.pull_parameters(row, x, u, *slopes) for row in self.units(x, u)]
        return {name: np.stack([unit[name] for unit in units]) for name in self.shapes}

    # --- what follows: many steps, unchecked ------------------------------------------------

    def jacobians(self, x: np.ndarray, u: np.ndarray) -> Iterator[np.ndarray]:
        """J_1, J_2, … at rows of previous states and inputs: the unit rows, pulled back."""
        units, slopes = self.units(x, u), self.slopes_along(x, u)
        for t in range(len(x)):
            yield self.pull_state(units, *(slope[t] for slope in slopes))

    def units(self, *arrays: np.ndarray) -> np.ndarray:
        """The unit rows, as floats; exact if an array or a parameter is, lest it become 1.0 x."""
        return np.eye(self.n, dtype=self.kind(*arrays))

    def kind(self, *arrays: np.ndarray) -> np.dtype:
        """Floats, or objects as soon as one of the arrays or of the parameters is exact."""
        return np.result_type(*arrays, *self.parameters().values())

    def slopes_along(self, x: np.ndarray, u: np.ndarray) -> Slopes:
        """The slopes at all previous states x and inputs u."""
        return self.slopes(x, self.forward(x, self.drive(u))[1])

    def run(self, x0: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The states x_0, …, x_T and what arrived, a_1, …, a_T, for the inputs u_1, …, u_T."""
        states, arrived = [x0], []
        drives = self.drive(u)
        for d in drives:
            x, a = self.forward(states[-1], d)
            states.append(x)
            arrived.append(a)
        return np.stack(states), np.stack(arrived) if arrived else drives

    def pull_back(self, rows: np.ndarray, *slopes: np.ndarray) -> np.ndarray:
        """λ_0, …, λ_T from λ_T = rows[T] and λ_{t-1} = λ_t J_t + rows[t-1], backwards."""
        costates = list(rows)
        for t in range(len(rows) - 1, 0, -1):
            here = (slope[t - 1] for slope in slopes)
            costates[t - 1] = self.pull_state(costates[t], *here) + rows[t - 1]
        return np.stack(costates)

    # --- sizes and parameters ---------------------------------------------------------------

    @property
    def n(self) -> int:
        """The size of the state."""
        sizes = self._sizes()
        return sum(sizes[letter] for letter in self.parts)

    @property
    def m(self) -> int:
        """The size of the input."""
        return self._sizes()["m"]

    def parameters(self) -> Mapping[str, np.ndarray]:
        """The parameters by name, in the order of the fields."""
        return MappingProxyType({name: getattr(self, name) for name in self.shapes})

    @classmethod
    def sizes(cls, n: int, m: int) -> dict[str, int]:
        """The sizes that the letters in ``shapes`` stand for, for a state of size n."""
        part, odd = divmod(n, len(cls.parts))
        if odd:
            raise ValueError(
                f"n: got {n}, expects a multiple of {len(cls.parts)}, "
                f"the number of parts in the state of {cls.__name__}"
            )
        return dict.fromkeys(cls.parts, part) | {"m": m}

    @classmethod
    def random(cls, n: int, m: int, rng: np.random.Generator, **others: Any) -> Self:
        """A cell with normal entries, of variance 1/columns in a matrix; ``others`` as given."""
        sizes = cls.sizes(n, m)
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
        return (
            validate.array("x", x, ("n",), n=self.n),
            validate.array("u", u, ("m",), m=self.m),
        )

    def _sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for name, letters in self.shapes.items():
            sizes |= zip(letters, getattr(self, name).shape, strict=True)
        return sizes


# --- the three products that cells are made of, for any leading axes ---------------------------


def apply(W: np.ndarray, x: np.ndarray) -> np.ndarray:
    """W x for every x in the leading axes, as one product of two matrices."""
    rows = _flat(x) @ W.T
    return rows.reshape(*x.shape[:-1], len(W))


def outer(rows: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Σ rowᵀ xᵀ over all leading axes: the entry [i, j] is Σ row_i x_j."""
    return _flat(rows).T @ _flat(x)


def total(rows: np.ndarray) -> np.ndarray:
    """Σ row over all leading axes."""
    flat = _flat(rows)
    # As a product, because that is several times faster than a sum along the first axis.
    return np.ones(len(flat), dtype=int).astype(flat.dtype) @ flat


def _flat(x: np.ndarray) -> np.ndarray:
    # Without an input x is empty, and NumPy could not tell the number of rows by itself.
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
