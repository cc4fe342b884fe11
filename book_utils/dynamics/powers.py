"""How large the powers of one matrix become: norms, spectral radius, and Kreiss's constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from book_utils import validate

# An eigenvalue this near to the unit circle counts as lying on it.
ON_THE_CIRCLE = 1e-9
# Eigenvalues further apart than this are different ones, whatever the rounding.
APART = 1e-6


def power_norms(W: Any, steps: int) -> np.ndarray:
    """‖W⁰‖, ‖W¹‖, …, ‖W^steps‖, largest singular values: an array of steps + 1 numbers."""
    W = _square(W)
    power, norms = np.eye(len(W)), []
    for k in range(_count("steps", steps) + 1):
        if k:
            with np.errstate(over="ignore", invalid="ignore"):  # said below, with the exponent
                power = W @ power
            validate.not_overflown(f"W to the power {k}", power)
        norms.append(np.linalg.norm(power, 2))
    return np.array(norms)


def spectral_radius(W: Any) -> float:
    """ρ(W), the largest modulus of an eigenvalue."""
    return float(np.abs(np.linalg.eigvals(_square(W))).max())


def departure(W: Any) -> float:
    """‖WᵀW − WWᵀ‖, which is 0 exactly if W is normal."""
    W = _square(W)
    return float(np.linalg.norm(W.T @ W - W @ W.T, 2))


def kreiss(W: Any) -> float:
    """Kreiss's constant K(W) = sup over |z| > 1 of (|z| − 1) ‖(zI − W)⁻¹‖.

    It brackets the largest power: K ≤ sup_k ‖W^k‖ ≤ e n K. The result is a search: a grid of
    circles and angles, then ever smaller steps from its best point. Every point it tries gives a
    lower bound of K, so it can only be too small. K is infinite where ρ(W) > 1. Where an
    eigenvalue on the unit circle may be multiple, rounding hides whether K is finite, and the
    matrix is refused; a normal one is not, because then K = 1.
    """
    W = _square(W)
    eigenvalues = np.linalg.eigvals(W)
    sizes = np.abs(eigenvalues)
    if sizes.max() > 1 + ON_THE_CIRCLE:
        return np.inf
    if departure(W) <= 1e-14 * np.linalg.norm(W, 2) ** 2:
        return 1.0
    for edge in np.flatnonzero(sizes >= 1 - ON_THE_CIRCLE):
        others = np.delete(eigenvalues, edge)
        if others.size and np.abs(others - eigenvalues[edge]).min() <= APART:
            raise ValueError(
                "W: got an eigenvalue of modulus 1 that may be multiple, expects a spectral radius "
                "below 1, simple eigenvalues on the unit circle, or a normal matrix"
            )
    # (|z| − 1) on a logarithmic scale; W is real, so the lower half plane repeats the upper.
    logs, angles = np.linspace(-16, 8, 97), np.linspace(0, np.pi, 65)
    # The circle through every angle of an eigenvalue: a peak there may be narrow.
    angles = np.union1d(angles, np.abs(np.angle(eigenvalues)))
    grid = np.array(np.meshgrid(logs, angles, indexing="ij")).reshape(2, -1)
    values = _resolvent(W, *grid)
    best = np.argmax(values)
    point, value = grid[:, best], values[best]
    step = np.array([logs[1] - logs[0], np.pi / 64])
    ways = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)])
    while step.max() > 1e-9:
        around = point + step * ways
        values = _resolvent(W, *around.T)
        best = np.argmax(values)
        if values[best] > value:
            point, value = around[best], values[best]
        else:
            step = step / 2
    return float(max(1.0, value))  # the limit for |z| → ∞ is 1


def _resolvent(W: np.ndarray, log: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """(|z| − 1) ‖(zI − W)⁻¹‖ at |z| = 1 + exp(log)."""
    beyond = np.exp(log)
    z = (1 + beyond) * np.exp(1j * angle)
    shifted = z[:, None, None] * np.eye(len(W)) - W
    return beyond / np.linalg.svd(shifted, compute_uv=False)[:, -1]


def _square(W: Any) -> np.ndarray:
    return validate.array("W", W, ("n", "n")).astype(float)


def _count(name: str, value: Any) -> int:
    return validate.index(name, value, 10**6, "a million")
