"""How far full and truncated training drift apart: exact factor, simpler bounds, and windows."""

from __future__ import annotations

import math
from dataclasses import dataclass
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
    i, power = np.arange(1, N + 1), float(N) ** s
    return DriftBounds(
        exact=float(drift_factor(N, s)),
        zeta=float(power * (i ** -(1 + s)).sum()),
        simple=power * min(1 + 1 / s, 1 + math.log(N)),
        printed=power * N,
    )


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


def _exponents(value: Any) -> np.ndarray:
    s = validate.numbers("exponent", value)
    if (s < 0).any():
        raise ValueError(f"exponent: got {s.min():g}, expects numbers that are not negative")
    return s
