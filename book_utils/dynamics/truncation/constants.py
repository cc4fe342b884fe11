"""The constants of the theorems on truncation, by the letters of the text."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import Cell, Elman, Linear
from book_utils.dynamics.stability import spectral_norm
from book_utils.dynamics.truncation.states import rate, state_bound


@dataclass(frozen=True)
class Constants:
    """What is known of a map φ_w and a loss p: Lipschitz constants L, of derivatives β.

    λ is the contraction factor, H bounds every state. L_p and β_p belong to the loss, L_w to φ_w
    as a function of the weights. β_ww and β_wh say how much ∂φ/∂w moves with the weights and with
    the state, β_hw and β_hh how much ∂φ/∂h does.
    """

    λ: float
    H: float
    L_p: float
    L_w: float
    β_p: float
    β_ww: float
    β_wh: float
    β_hw: float
    β_hh: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = float(validate.numbers(field.name, getattr(self, field.name), ()))
            if value < 0:
                raise ValueError(f"{field.name}: got {value:g}, expects a number not below zero")
            object.__setattr__(self, field.name, value)
        rate("λ", self.λ)


def gap_bound(constants: Constants, k: Any) -> Any:
    """A bound for ‖∇p_T − ∇p_T^k‖, k >= 1: four terms, each of them met by some system.

    λ^k L_p L_w/(1−λ) + λ^k β_p L_w H/(1−λ) + k λ^(k−1) L_p β_wh H
    + (k−1) λ^(k−1) L_p L_w β_hh H/(1−λ). ``k`` may be an array.
    """
    c, k = _constants(constants), _lengths(k)
    long_term = c.λ**k * c.L_p * c.L_w / (1 - c.λ)
    of_loss = c.λ**k * c.β_p * c.L_w * c.H / (1 - c.λ)
    of_step = k * c.λ ** (k - 1) * c.L_p * c.β_wh * c.H
    of_jacobians = (k - 1) * c.λ ** (k - 1) * c.L_p * c.L_w * c.β_hh * c.H / (1 - c.λ)
    return (long_term + of_loss + of_step + of_jacobians)[()]


def gap_rate(constants: Constants) -> float:
    """γ, with which the gap is at most γ k λ^k for every k >= 1."""
    c = _constants(constants)
    if c.λ == 0:
        raise ValueError("λ: got 0, expects a positive factor: γ divides by it")
    whole = c.L_p * c.L_w / (1 - c.λ) + c.β_p * c.L_w * c.H / (1 - c.λ)
    return whole + (c.L_p * c.β_wh * c.H + c.L_p * c.L_w * c.β_hh * c.H / (1 - c.λ)) / c.λ


def smoothness_bound(constants: Constants) -> float:
    """β, with which ‖∇p_T(w) − ∇p_T(w′)‖ <= β ‖w − w′‖."""
    c = _constants(constants)
    room = 1 - c.λ
    return (
        c.β_p * c.L_w**2 / room**2
        + c.L_p * (c.β_wh + c.β_hw) * c.L_w / room**2
        + c.L_p * c.β_ww / room
        + c.L_p * c.L_w**2 * c.β_hh / room**3
    )


def smoothness_constants(
    cell: Cell,
    input_bound: float,
    loss_lipschitz: float,
    loss_smoothness: float,
    contraction: float | None = None,
) -> Constants:
    """The constants of a Linear or Elman cell for the recurrent weights W, in the Frobenius norm.

    ``input_bound`` is B_0, a bound of ‖φ(0, u_t)‖. They hold for all W whose norm, times the
    activation's Lipschitz constant, is at most ``contraction``: that of the cell if left out.
    """
    if isinstance(cell, Linear):
        lipschitz, smoothness = 1.0, 0.0
    elif isinstance(cell, Elman):
        lipschitz, smoothness = float(cell.activation.lipschitz), cell.activation.smoothness
        if smoothness is None:
            raise ValueError(
                f"cell: got the activation {cell.activation.name}, whose slope jumps; "
                "expects one with a derivative that is Lipschitz, such as tanh"
            )
    else:
        raise TypeError(f"cell: got {type(cell).__name__}, expects a Linear or an Elman cell")
    own = lipschitz * spectral_norm(cell.W)
    λ = own if contraction is None else rate("contraction", contraction)
    # An SVD leaves a norm that was clipped a few units in the last place above its bound.
    if not own <= λ * (1 + 16 * np.finfo(float).eps) or own >= 1:
        raise ValueError(
            f"cell: got a cell whose factor is {own:.6g}, expects one "
            + ("below 1" if contraction is None else f"of at most {λ:.6g}")
        )
    c, weights, H = float(smoothness), λ / lipschitz, state_bound(λ, input_bound)
    return Constants(
        λ=λ,
        H=H,
        L_p=loss_lipschitz,
        L_w=lipschitz * H,
        β_p=loss_smoothness,
        β_ww=c * H**2,
        β_wh=lipschitz + c * weights * H,
        β_hw=lipschitz + c * weights * H,
        β_hh=c * weights**2,
    )


def _constants(value: Any) -> Constants:
    validate.instance("constants", value, Constants)
    return value


def _lengths(k: Any) -> np.ndarray:
    lengths = validate.numbers("k", k)
    if (lengths < 1).any():
        raise ValueError(f"k: got {lengths.min():g}, expects at least 1")
    return lengths
