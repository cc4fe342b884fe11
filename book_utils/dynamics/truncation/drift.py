"""How far full and truncated training drift apart: exact factor, simpler bounds, and windows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import mpmath
import numpy as np

from book_utils import validate
from book_utils.dynamics.truncation.states import rate


def drift_factor(steps: int, exponent: Any) -> Any:
    """(∏_{i=1}^N (1 + s/i) − 1)/s, for s = 0 the sum of 1/i: what the recurrence adds up to.

    With steps α/i, gradients that are β-Lipschitz and a gap of at most g, full and truncated
    training are no further apart than α g times this after N steps, s = αβ, and some are as far.
    ``exponent`` is s, or an array of them.
    """
    N, s = _steps(steps), _exponents(exponent)
    i = np.arange(1, N + 1)
    logarithm = np.log1p(s[..., None] / i).sum(axis=-1)
    with np.errstate(over="ignore"):  # said below
        factor = np.where(s == 0, (1 / i).sum(), np.expm1(logarithm) / np.where(s == 0, 1, s))
    validate.not_overflown(f"the drift after {N} steps", factor)
    return factor[()]


def worst_drift(schedule: Any, smoothness: float, gap: float) -> np.ndarray:
    """δ_1, …, δ_N: how far apart full and truncated training can be after each step, at most.

    ``schedule`` holds the steps α_1, …, α_N, ``smoothness`` is β, ``gap`` is g. It is what
    δ_i = (1 + α_i β) δ_{i−1} + α_i g makes of δ_0 = 0, and the losses −β w²/2 and −β w²/2 − g w
    are that far apart, if no projection stops them.
    """
    steps = validate.numbers("schedule", schedule, ("N",))
    if (steps < 0).any():
        raise ValueError(f"schedule: got {steps.min():g}, expects steps that are not negative")
    β, g = _not_negative("smoothness", smoothness), _not_negative("gap", gap)
    with np.errstate(over="ignore", invalid="ignore"):  # said below
        drift = np.array(list(accumulate(steps, lambda δ, α: (1 + α * β) * δ + α * g, initial=0.0)))
    validate.not_overflown(f"the drift after {len(steps)} steps", drift)
    return drift[1:]


@dataclass(frozen=True)
class DriftBounds:
    """Bounds of the drift factor, each weaker than the one before."""

    exact: float
    zeta: float  # N^s Σ i^−(1+s)
    simple: float  # N^s min(1 + 1/s, 1 + ln N)
    printed: float  # N^(1+s)


def drift_bounds(steps: int, exponent: float) -> DriftBounds:
    """The exact factor for N steps and s = αβ, and three bounds that are easier to read."""
    N, s = _steps(steps), float(_exponents(validate.positive("exponent", exponent)))
    if N == 0:
        return DriftBounds(0.0, 0.0, 0.0, 0.0)
    i, power = np.arange(1, N + 1), np.float64(N)
    with np.errstate(over="ignore", under="ignore"):  # said below
        power = power**s
        bounds = DriftBounds(
            exact=float(drift_factor(N, s)),
            zeta=float(power * (i ** -(1 + s)).sum()),
            simple=float(power * min(1 + 1 / s, 1 + math.log(N))),
            printed=float(power * N),
        )
    validate.not_overflown(f"the bound N^(1 + s) after {N} steps", np.float64(bounds.printed))
    return bounds


def least_k(gap: float, contraction: float) -> float:
    """The least real k such that κ λ^κ <= gap for every κ >= k.

    k λ^k rises to 1/(e c) at k = 1/c and falls after that, with c = ln(1/λ). A gap of that size or
    more is met by every k: 0 is given. Else it is −W(−c gap)/c, W the lower branch of Lambert's.
    """
    gap, λ = validate.positive("gap", gap), rate("contraction", contraction)
    if λ == 0:
        return 0.0
    c = -math.log(λ)
    if math.e * c * gap >= 1:
        return 0.0
    return float(-mpmath.lambertw(-c * gap, -1).real / c)


def _steps(value: Any) -> int:
    return validate.index("steps", value, 10**7, "ten million")


def _not_negative(name: str, value: Any) -> float:
    number = float(validate.numbers(name, value, ()))
    if number < 0:
        raise ValueError(f"{name}: got {number:g}, expects a number that is not negative")
    return number


def _exponents(value: Any) -> np.ndarray:
    s = validate.numbers("exponent", value)
    if (s < 0).any():
        raise ValueError(f"exponent: got {s.min():g}, expects numbers that are not negative")
    return s
