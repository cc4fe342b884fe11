"""Whether a cell is a contraction: whether each step brings any two states closer.

For an activation with slopes between −L and L the change of a step is an M W, with a diagonal M
of chord slopes: ‖M‖ ≤ L. So L ‖P⁻¹ W P‖ < 1 is enough, for P = I or any other diagonal P > 0,
with the distance ‖P⁻¹(x − y)‖. Without an activation P may be any matrix that has an inverse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from book_utils import validate
from book_utils.cells import LSTM, Cell, Elman, Linear, Vanilla
from book_utils.dynamics.powers import spectral_radius
from book_utils.dynamics.stability import spectral_norm

CONTRACTS, NOT_SHOWN, DOES_NOT = "contracts", "not shown", "does not contract"

# A factor that is closer to 1 may be on its other side but for rounding: nothing is claimed then.
MARGIN = 1e-12
# So many times a set of weights is bettered, and so fast.
TRIALS, PACE = 400, 0.5


@dataclass(frozen=True, eq=False)
class Stability:
    """What is known of a cell: a verdict, and what it rests on.

    ``contraction`` is the factor found: every step with the same input brings two states to at
    most so many times their distance, ‖P⁻¹(x − y)‖. It proves the verdict "contracts" if it is
    below 1. "does not contract" holds in every norm: at the state ``witness`` the Jacobian of the
    step has a spectral radius of at least 1. "not shown" is neither.
    """

    verdict: str
    contraction: float
    norm: str
    P: np.ndarray
    reason: str
    witness: np.ndarray | None = None

    @property
    def stable(self) -> bool:
        """Whether the cell was shown to be a contraction."""
        return self.verdict == CONTRACTS

    def distance(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """‖P⁻¹(x − y)‖, the distance that shrinks; for states in the last axis."""
        apart = np.asarray(x, dtype=float) - np.asarray(y, dtype=float)
        return np.linalg.norm(apart @ np.linalg.inv(self.P).T, axis=-1)


def is_stable(cell: Cell) -> Stability:
    """Whether a Linear, Elman or Vanilla cell is a contraction, and in which norm.

    First the length of vectors is tried, then lengths with a weight for each unit, and for a
    linear cell one more norm, which exists whenever the spectral radius is below 1.
    """
    if isinstance(cell, LSTM):
        raise TypeError(
            "cell: got an LSTM, which contracts or not depending on how large its inputs are; "
            "expects a Linear, Elman or Vanilla cell; see lstm_contraction(cell, input_bound)"
        )
    if not isinstance(cell, Linear | Elman | Vanilla):
        raise TypeError(f"cell: got {cell!r}, expects a Linear, Elman or Vanilla cell")
    W = validate.numbers("W", cell.W)
    L = 1.0 if isinstance(cell, Linear) else float(cell.activation.lipschitz)
    n = len(W)
    plain = L * spectral_norm(W)
    if _below_one(plain):
        return Stability(CONTRACTS, plain, "‖h‖", np.eye(n), f"L ‖W‖ = {plain:.4g} < 1")
    P = np.diag(weights(W))
    weighted = L * spectral_norm(_turned(W, P))
    if _below_one(weighted):
        reason = f"L ‖W‖ = {plain:.4g}, but L ‖P⁻¹ W P‖ = {weighted:.4g} < 1"
        return Stability(CONTRACTS, weighted, "‖P⁻¹ h‖, P diagonal", P, reason)
    best, norm, P = min(
        ((plain, "‖h‖", np.eye(n)), (weighted, "‖P⁻¹ h‖, P diagonal", P)),
        key=lambda found: found[0],
    )
    radius = L * spectral_radius(W)
    if isinstance(cell, Linear) and _below_one(radius):
        P = _ellipsoid(W, radius)
        factor = spectral_norm(_turned(W, P))
        if _below_one(factor):
            reason = f"‖W‖ = {plain:.4g}, but ‖P⁻¹ W P‖ = {factor:.4g} < 1"
            return Stability(CONTRACTS, factor, "‖P⁻¹ h‖", P, reason)
    state = _steepest_state(cell, W) if radius >= 1 else None
    if state is not None:
        reason = f"at the witness the Jacobian has the spectral radius {radius:.4g} ≥ 1"
        return Stability(DOES_NOT, best, norm, P, reason, state)
    reason = f"no norm that was tried has a factor below 1; the best has {best:.4g}"
    return Stability(NOT_SHOWN, best, norm, P, reason)


def weights(W: np.ndarray) -> np.ndarray:
    """The diagonal of a P > 0 that makes ‖P⁻¹ W P‖ small: at most ρ(|W|), and often less.

    It starts from the eigenvectors of |W|, made positive by a small change, with which
    ‖P⁻¹ |W| P‖ = ρ(|W|). Then it goes down along the slope of the logarithm of the norm.
    """
    moduli = np.abs(W)
    size = moduli.max()
    if size == 0:
        return np.ones(len(W))
    best, best_norm = np.zeros(len(W)), spectral_norm(W)
    for nearly in (1e-2, 1e-4, 1e-6):
        right, left = (_perron(A + nearly * size) for A in (moduli, moduli.T))
        start = (np.log(right) - np.log(left)) / 2
        if (norm := spectral_norm(_turned(W, np.diag(np.exp(start))))) < best_norm:
            best, best_norm = start, norm
    logs = best
    for trial in range(TRIALS):
        U, σ, Vt = np.linalg.svd(_turned(W, np.diag(np.exp(logs))))
        if σ[0] < best_norm:
            best, best_norm = logs, float(σ[0])
        # The norm is u · P⁻¹ W P v: a larger weight divides row i by it, and multiplies column i.
        slope = Vt[0] ** 2 - U[:, 0] ** 2
        logs = logs - PACE / np.sqrt(trial + 1) * slope
    return np.exp(best - best.max())


def _perron(A: np.ndarray) -> np.ndarray:
    """The eigenvector of a matrix with positive entries that has positive entries itself."""
    values, vectors = np.linalg.eig(A)
    vector = np.abs(vectors[:, np.argmax(values.real)].real)
    return np.maximum(vector, np.finfo(float).tiny)


def _turned(W: np.ndarray, P: np.ndarray) -> np.ndarray:
    """P⁻¹ W P; for a diagonal P entry by entry, without solving equations."""
    if not (diagonal := np.diag(P)).all() or np.count_nonzero(P) > len(P):
        return np.linalg.solve(P, W @ P)
    return W * diagonal / diagonal[:, None]


def _ellipsoid(W: np.ndarray, radius: float) -> np.ndarray:
    """A P with ‖P⁻¹ W P‖ below 1, for a radius below 1.

    Q = Σ (W/q)ᵏᵀ (W/q)ᵏ with q between the radius and 1 satisfies Wᵀ Q W = q² (Q − I), so ‖·‖ with
    hᵀ Q h shrinks by q at least. P is the inverse of a root of Q.
    """
    q = (1 + radius) / 2
    Q, power = np.eye(len(W)), W / q
    # Doubling: the sum of the first 2m terms is the sum of m terms, and Aᵐᵀ times it times Aᵐ.
    for _ in range(60):
        added = power.T @ Q @ power
        Q, power = Q + added, power @ power
        if not np.isfinite(Q).all() or np.abs(added).max() <= 1e-16 * np.abs(Q).max():
            break
    if not np.isfinite(Q).all():
        return np.eye(len(W))
    values, vectors = np.linalg.eigh(Q)
    return vectors / np.sqrt(np.maximum(values, 1.0))


def _steepest_state(cell: Cell, W: np.ndarray) -> np.ndarray | None:
    """A state at which all units are as steep as can be, if one is easily found.

    Tanh, logistic and identity are steepest where 0 arrives, relu where 1 does. What arrives at a
    Vanilla unit is the state; at an Elman unit, without an input, W h + b.
    """
    n = len(W)
    if isinstance(cell, Linear):
        return np.zeros(n)
    σ = cell.activation
    for place in (0.0, 1.0):
        if float(σ.derivative(place)) != float(σ.lipschitz):
            continue
        if isinstance(cell, Vanilla):
            return np.full(n, place)
        wanted = place - validate.numbers("b", cell.b)
        state = np.linalg.lstsq(W, wanted, rcond=None)[0]
        if np.abs(W @ state - wanted).max() <= 1e-12 * max(1.0, np.abs(wanted).max()):
            return state
    return None


def _below_one(factor: float) -> bool:
    return factor < 1 - MARGIN
