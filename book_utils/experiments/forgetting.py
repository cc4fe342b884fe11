"""How many inputs random tanh networks really need, beside what the bound asks for.

It takes two seconds, so the chapter runs it, and no result is stored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from book_utils.cells import Cell, Elman
from book_utils.dynamics import spectral_norm
from book_utils.dynamics.truncation import horizon, state_bound


@dataclass(frozen=True)
class Config:
    """Networks h_t = tanh(W h_{t-1} + x_t) with ‖W‖ = λ, and random inputs from N(0, size²)."""

    λs: tuple[float, ...] = (0.5, 0.9, 0.95, 0.99)
    sizes: tuple[float, ...] = (0.01, 0.1, 1.0)
    tolerance: float = 1e-3
    k: int = 20
    """The window at which the distance is compared with its bound."""
    units: int = 16
    steps: int = 800
    networks: int = 5
    orthogonal: bool = True
    """W is λ times an orthogonal matrix; else a Gaussian matrix, scaled."""
    seed: int = 0


@dataclass(frozen=True)
class Row:
    """Medians over the networks for one λ and one size of the inputs."""

    λ: float
    size: float
    asked: float
    """The least whole k with λ^k H <= ε, with B_0 as it was and H no more than √n."""
    needed: float
    """The least k from which on ‖h_T − h_T^k‖ <= ε for good."""
    share: float
    """‖h_T − h_T^k‖/(λ^k H) at the k of the configuration."""


def last_states(cell: Cell, inputs: np.ndarray) -> np.ndarray:
    """h_T^0 = 0, h_T^1, …, h_T^T as rows: all windows that end at the last time, side by side."""
    T = len(inputs)
    states = np.zeros((T + 1, cell.n))
    for t, d in enumerate(cell.drive(inputs)):
        states[T - t :] = cell.forward(states[T - t :], d)[0]
    return states


def weights(config: Config, λ: float, rng: np.random.Generator) -> np.ndarray:
    """A random matrix of norm λ."""
    W = rng.normal(size=(config.units, config.units))
    if config.orthogonal:
        Q, R = np.linalg.qr(W)
        return λ * Q * np.sign(np.diag(R))  # the same signs on every machine
    return W * λ / spectral_norm(W)


def run(config: Config) -> list[Row]:
    """A row for each λ and each size, in this order."""
    return [_row(config, λ, size) for λ in config.λs for size in config.sizes]


def _row(config: Config, λ: float, size: float) -> Row:
    rng = np.random.default_rng(config.seed)
    n, asked, needed, shares = config.units, [], [], []
    for _ in range(config.networks):
        cell = Elman(weights(config, λ, rng), np.eye(n), np.zeros(n), "tanh")
        inputs = size * rng.normal(size=(config.steps, n))
        B = float(np.linalg.norm(np.tanh(inputs), axis=1).max())
        states = last_states(cell, inputs)
        gaps = np.linalg.norm(states - states[-1], axis=1)
        needed.append(np.flatnonzero(gaps > config.tolerance).max(initial=-1) + 1)
        longest = math.sqrt(n)  # no entry of a state exceeds 1
        asked.append(np.ceil(horizon(λ, B, config.tolerance, longest)))
        shares.append(gaps[config.k] / (λ**config.k * state_bound(λ, B, longest)))
    return Row(λ, size, *(float(np.median(values)) for values in (asked, needed, shares)))
