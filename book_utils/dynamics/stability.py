"""Whether a network of several units settles, and weights with which it must.

Except for the LSTM's, a matrix here is the W of y ↦ σ(y W + b) or of h ↦ σ(W h + b): what is asked
of it, its norm, its numerical abscissa and its projection, is the same for W and its transpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from book_utils import validate
from book_utils.activations import logistic
from book_utils.cells import LSTM, Cell
from book_utils.dynamics.gates import lstm_iterations, lstm_rates, lstm_weighted_iterations

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


@dataclass(frozen=True)
class LSTMContraction:
    """What is known of an LSTM: by what each step multiplies the distance of two states.

    It holds for states with |h| <= 1 and |c| <= 1/(1 − ``forget``) in every entry, which are all
    that the cell reaches from 0, and for one input given to both.
    """

    forget: float
    """F, which no entry of a forget gate exceeds."""
    p: float
    q_o: float
    by_sum: float
    """F + p + q_o, for the largest entry of c and h together."""
    weighted: float
    """The spectral radius of [[F, p], [F, p + q_o]], for max(‖c‖_∞, ω ‖h‖_∞)."""
    weight: float
    """ω, at most 1; 0 only where p = 0, and h then does not count."""
    hypotheses_hold: bool
    """Those that Proposition 5 prints."""
    weaker_holds: bool
    """p < (1 − F)(1 − q_o) and q_o < 1; with it ``weighted`` is below 1."""
    sum_iterations: int | None
    """So many steps together surely contract the Euclidean norm, by ``by_sum``; or None."""
    weighted_iterations: int | None
    """The same by the weighted norm."""


def lstm_contraction(cell: LSTM, input_bound: float) -> LSTMContraction:
    """How two states of an LSTM approach each other, for all inputs with ‖u_t‖_∞ <= input_bound.

    F is the logistic function of the largest of Σ_j |W_f,ij| + input_bound Σ_j |U_f,ij| + b_f,i
    over the units i. The other biases and input weights do not matter.
    """
    validate.instance("cell", cell, LSTM)
    bound = float(validate.numbers("input_bound", input_bound, ()))
    if bound < 0:
        raise ValueError(f"input_bound: got {bound}, expects at least 0")
    rows = {
        name: np.abs(validate.numbers(name, getattr(cell, name))).sum(axis=1)
        for name in ("W_f", "W_i", "W_o", "W_z", "U_f")
    }
    arrives = rows["W_f"] + bound * rows["U_f"] + validate.numbers("b_f", cell.b_f)
    forget = float(logistic.values(arrives.max()))
    if forget >= 1:
        raise ValueError(
            f"cell: got {arrives.max():g} at a forget gate, whose logistic function rounds to 1; "
            "expects at most 36"
        )
    i, o, f, z = (float(rows[f"W_{gate}"].max()) for gate in "iofz")
    rates = lstm_rates(forget, i, o, f, z)
    q_o, by_sum, weighted = (float(v) for v in (rates.q_o, rates.by_sum, rates.weighted))
    d = cell.n // 2
    return LSTMContraction(
        forget,
        float(rates.p),
        q_o,
        by_sum,
        weighted,
        float(rates.weight),
        bool(rates.hypotheses_hold),
        bool(rates.weaker_holds),
        lstm_iterations(d, by_sum),
        lstm_weighted_iterations(d, rates),
    )
