"""How far one step of an LSTM can move two of its states apart, from five numbers alone.

F bounds the forget gates; i, o, f and z are the largest sums of |entries| in a row of W_i, W_o,
W_f and W_z. Everything here takes arrays of them as well, of shapes that fit each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from book_utils import validate


@dataclass(frozen=True)
class LSTMRates:
    """By what a step multiplies distances of states s = (c, h) at most, in two norms.

    ``by_sum`` is F + p + q_o, in the largest entry. ``weighted`` is the spectral radius λ of
    M = [[F, p], [F, p + q_o]], in the norm max(‖c‖_∞, ω ‖h‖_∞) with ω = ``weight``.
    """

    p: np.ndarray
    q_o: np.ndarray
    by_sum: np.ndarray
    weighted: np.ndarray
    weight: np.ndarray
    hypotheses_hold: np.ndarray
    """Those that Proposition 5 prints: i, o < 1 − F, z <= (1 − F)/4, f < (1 − F)²."""
    weaker_holds: np.ndarray
    """p < (1 − F)(1 − q_o) and q_o < 1: just where ``weighted`` is below 1."""


def lstm_rates(F: Any, i: Any, o: Any, f: Any, z: Any) -> LSTMRates:
    """The rates for a bound F of the forget gates and the ∞-norms of W_i, W_o, W_f and W_z.

    p = (i + f/(1 − F))/4 + z and q_o = o/4.
    """
    F = validate.numbers("F", F)
    if ((F < 0) | (F >= 1)).any():
        raise ValueError(f"F: got {_first(F, (F < 0) | (F >= 1))}, expects 0 <= F < 1")
    i, o, f, z = (_norm(name, value) for name, value in (("i", i), ("o", o), ("f", f), ("z", z)))
    left = 1 - F
    p, q_o = (i + f / left) / 4 + z, o / 4
    # The roots of λ² − (F + p + q_o) λ + F q_o; what stands under the root is a sum of squares.
    spread = np.sqrt((F - q_o) ** 2 + p * (p + 2 * (F + q_o)))
    weighted = (F + p + q_o + spread) / 2
    with np.errstate(invalid="ignore"):
        weight = np.where(weighted > 0, np.maximum(1 - q_o / weighted, 0.0), 1.0)
    return LSTMRates(
        p,
        q_o,
        F + p + q_o,
        weighted,
        weight,
        (i < left) & (o < left) & (z <= left / 4) & (f < left**2),
        (q_o < 1) & (p < left * (1 - q_o)),
    )


def lstm_iterations(d: int, rate: float, weight: float = 1.0) -> int | None:
    """The least r with d (1 + ω⁻²) rate^(2r) < 1, or None if there is none.

    A cell of d units that contracts max(‖c‖_∞, ω ‖h‖_∞) by ``rate`` in every step, with
    ω = ``weight`` <= 1, contracts the Euclidean norm in r steps together. With ω = 1 that is
    √(2d) rate^r < 1.
    """
    if (d := validate.index("d", d, 10**9, "a billion")) == 0:
        raise ValueError("d: got 0, expects at least 1")
    rate, weight = validate.positive("rate", rate), validate.positive("weight", weight)
    if rate >= 1:
        return None
    needed = np.log(d * (1 + weight**-2.0)) / (-2 * np.log(rate))
    r = max(int(needed), 1)
    while d * (1 + weight**-2.0) * rate ** (2 * r) >= 1:  # rounding, or the next whole number
        r += 1
    return r


def lstm_weighted_iterations(d: int, rates: LSTMRates) -> int | None:
    """The steps after which a cell of d units with these rates is sure to contract in length.

    Of two weighted norms, that of ``weight`` and one of a larger rate, the one that needs fewer.
    """
    weighted, q_o = float(rates.weighted), float(rates.q_o)
    middle = (1 + weighted) / 2
    # Every rate from ``weighted`` on does, with a weight of its own: a larger one may need fewer
    # steps, and serves where the weight of the smallest is 0.
    known = [(weighted, float(rates.weight)), (middle, 1 - q_o / middle)]
    counts = [lstm_iterations(d, rate, weight) for rate, weight in known if rate < 1 and weight > 0]
    return min(counts, default=None)


def _norm(name: str, value: Any) -> np.ndarray:
    values = validate.numbers(name, value)
    if (values < 0).any():
        raise ValueError(f"{name}: got {_first(values, values < 0)}, expects a norm, at least 0")
    return values


def _first(values: np.ndarray, wrong: np.ndarray) -> float:
    return float(values[wrong][0]) if values.ndim else float(values)
