"""Whether a network of several units settles, and weights with which it must.

A matrix here is the W of y ↦ σ(y W + b) or of h ↦ σ(W h + b): what is asked of it, its norm, its
numerical abscissa and its projection, is the same for W and its transpose.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import Cell

# A step this short has come to rest, if also all that would follow it stays this close.
STILL, CLOSE = 1e-13, 1e-10


def spectral_norm(W: Any) -> float:
    """‖W‖, the largest singular value, of a matrix of any shape."""
    return float(np.linalg.norm(validate.numbers("W", W, ("n", "m")), 2))


def numerical_abscissa(W: Any) -> float:
    """μ(W), the largest eigenvalue of the symmetric part (W + Wᵀ)/2: at most ‖W‖.

    It is the largest v W vᵀ over all rows v of length 1. If it is below 4, the logistic network
    has one fixed point for every b, whether or not the fixed point attracts.
    """
    W = validate.numbers("W", W, ("n", "n"))
    return float(np.linalg.eigvalsh(W / 2 + W.T / 2)[-1])


def project_spectral_ball(W: Any, radius: float) -> np.ndarray:
    """The matrix nearest to W, entry by entry in squares, among those with ‖·‖ ≤ radius.

    It is U min(Σ, radius) Vᵀ for the singular value decomposition W = U Σ Vᵀ. A W that lies in
    the ball is returned as it is, in a new array.
    """
    W = validate.numbers("W", W, ("n", "m"))
    radius = validate.positive("radius", radius)
    U, σ, Vt = np.linalg.svd(W, full_matrices=False)
    if σ[0] <= radius:
        return W.copy()
    return (U * np.minimum(σ, radius)) @ Vt


def equilibrium(cell: Cell, x0: Any, u: Any = None, steps: int = 100_000) -> np.ndarray:
    """The state in which the cell comes to rest, run from x0 with the same input u for ever.

    Without ``u`` the input is zero. The run has come to rest when a step moves no entry by more
    than 1e-13 (of its size, if that is above 1), and the last two steps, continued as a geometric
    series, would move it by no more than 1e-10 altogether. A run that cycles, or creeps too slowly
    to tell, is refused.
    """
    validate.instance("cell", cell, Cell)
    x = validate.shaped("x0", validate.numbers("x0", x0), ("n",), n=cell.n)
    u = np.zeros(cell.m) if u is None else validate.numbers("u", u)
    drive = validate.numbers("cell", cell.drive(validate.shaped("u", u, ("m",), m=cell.m)))
    steps = validate.index("steps", steps, 10**7, "ten million")
    moved = np.inf
    for t in range(1, steps + 1):
        with np.errstate(over="ignore", invalid="ignore"):  # said below, with the step's number
            new, _ = cell.forward(x, drive)
        validate.not_overflown(f"the state at t = {t}", new)
        before, moved = moved, float(np.abs(new - x).max() / max(1.0, np.abs(new).max()))
        x = new
        # moved/(1 - moved/before) <= CLOSE, without a division
        if moved <= STILL and (moved == 0 or moved * before <= CLOSE * (before - moved)):
            return x
    raise ValueError(
        f"steps: got {steps}, after which a step still moves the state by {moved:.1e}; expects a "
        "run that comes to rest: this one cycles, or needs more steps"
    )
