"""Products of random matrices: at which rate they grow, and from which gain on.

A Gaussian Jacobian has n × n independent entries N(0, g²/n); g is the gain. For a fixed vector
v the squared length of J v is then g²/n times a chi-squared variable with n degrees of freedom,
times |v|². So every step adds to log|v| an independent amount of known mean and spread.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from book_utils import validate

# A shift and a multiplier for each round of a hash of 32-bit integers: x becomes x ^ (x >> shift),
# times the multiplier. The numbers are those of "lowbias32", found by Chris Wellons by search.
ROUNDS = ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1))

LONGEST = 1000
"""Steps that a run may have."""

DRAWS = 32
"""Random numbers that a step may use: one counts two degrees of freedom, up to n = 64."""


def gaussian_exponent(n: int, gain: float = 1.0) -> float:
    """The rate at which products of Gaussian Jacobians grow: log g + ½ (log(2/n) + ψ(n/2)).

    ψ is the digamma function. The rate is the largest Lyapunov exponent, the limit of
    log‖J_k ⋯ J_1 v‖ / k.
    """
    n = _size(n)
    gain = float(validate.array("gain", gain, ()))
    if gain <= 0:
        raise ValueError(f"gain: got {gain:g}, expects a positive number")
    return float(np.log(gain) + (np.log(2 / n) + _digamma_of_half(n)) / 2)


def gaussian_spread(n: int) -> float:
    """The standard deviation of what one step adds to log‖v‖: ½ √ψ′(n/2)."""
    n = _size(n)
    # ψ′ at 1/2 is π²/2, at 1 it is π²/6, and ψ′(x + 1) = ψ′(x) − 1/x².
    start = np.pi**2 / 2 if n % 2 else np.pi**2 / 6
    below = np.arange(1 if n % 2 else 2, n, 2) / 2
    return float(np.sqrt(start - np.sum(below**-2.0)) / 2)


def critical_gain(n: int) -> float:
    """The gain at which the exponent is 0: products grow above it and shrink below it."""
    return float(np.exp(-gaussian_exponent(n)))


def log_growth(jacobians: Any, v: Any) -> np.ndarray:
    """log‖J_k ⋯ J_1 v‖ for k = 1, …, T, where the Jacobians are stacked as J_1, …, J_T.

    The vector is brought back to length 1 after each step, so nothing overflows. From a step on
    that sends it to 0 the result is −∞.
    """
    jacobians = validate.array("jacobians", jacobians, ("T", "n", "n")).astype(float)
    v = validate.array("v", v, ("n",), n=jacobians.shape[1]).astype(float)
    size = np.linalg.norm(v)
    if size == 0:
        raise ValueError("v: got the zero vector, expects one that has a direction")
    total, logs, v = np.log(size), [], v / size
    for J in jacobians:
        v = J @ v
        size = np.linalg.norm(v)
        with np.errstate(divide="ignore"):  # log 0 is −∞, as promised
            total += np.log(size)
        v = v / size if size else v
        logs.append(total)
    return np.array(logs)


def lyapunov(jacobians: Any) -> np.ndarray:
    """Estimates of all n Lyapunov exponents of J_T ⋯ J_1, the largest first.

    By repeated QR factors: Q_t R_t = J_t Q_{t-1}, and the estimates are the means of
    log|diag R_t|. The largest is the rate of a vector, the sum of the first two that of an area.
    """
    jacobians = validate.array("jacobians", jacobians, ("T", "n", "n")).astype(float)
    if not len(jacobians):
        raise ValueError("jacobians: got none, expects at least one")
    Q, total = np.eye(jacobians.shape[1]), 0.0
    for J in jacobians:
        Q, R = np.linalg.qr(J @ Q)
        with np.errstate(divide="ignore"):  # a singular factor has the exponent −∞
            total = total + np.log(np.abs(np.diag(R)))
    return np.sort(total / len(jacobians))[::-1]


def gaussian_growth(n: int, gain: float, steps: int, runs: int, seed: int) -> np.ndarray:
    """log‖J_k ⋯ J_1 v‖ for k = 1, …, steps, from a unit vector v, as one row per run.

    Drawn from the exact law: step by step log(g²χ²/n)/2 is added, with χ² chi-squared with n
    degrees of freedom. The random numbers come from a hash of run, step and draw, so that a
    browser computes the same. ``n`` is 1 or an even number up to 64.
    """
    gaussian_exponent(n, gain)  # refuses a size or gain that is none
    if n > 2 * DRAWS or (n % 2 and n > 1):
        raise ValueError(f"n: got {n}, expects 1 or an even number up to {2 * DRAWS}")
    steps = validate.index("steps", steps, LONGEST, "the longest run")
    runs = validate.index("runs", runs, 1000, "the largest number of runs")
    u = uniforms(seed, (runs, steps, DRAWS))
    # Box and Muller: -2 log u is the sum of two squares of normal numbers, and cos² of a random
    # angle takes one of them.
    squares = -2 * np.log(u)
    if n == 1:
        chi2 = squares[..., 0] * np.cos(2 * np.pi * u[..., 1]) ** 2
    else:
        chi2 = squares[..., : n // 2].sum(axis=-1)
    return np.cumsum(np.log(gain) + np.log(chi2 / n) / 2, axis=-1)


def uniforms(seed: int, shape: tuple[int, int, int]) -> np.ndarray:
    """Numbers between 0 and 1, one for each run, step and draw: those of a browser."""
    seed = validate.index("seed", seed, 2**31, "2³¹")
    if seed == 0:  # whose hash is 0
        raise ValueError("seed: got 0, expects at least 1")
    runs, steps, draws = np.indices(shape, dtype=np.uint64)
    counter = (runs * LONGEST + steps) * DRAWS + draws
    return (_hash(counter ^ _hash(np.uint64(seed))) + 0.5) / 2**32


def _hash(x: np.ndarray) -> np.ndarray:
    """The hash of each 32-bit integer."""
    for shift, multiplier in ROUNDS:
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(multiplier)) & np.uint64(2**32 - 1)
    return x


def _digamma_of_half(n: int) -> float:
    """ψ(n/2), from ψ(1) = −γ, ψ(1/2) = −γ − 2 log 2 and ψ(x + 1) = ψ(x) + 1/x."""
    start = -np.euler_gamma - (2 * np.log(2) if n % 2 else 0)
    return float(start + np.sum(2 / np.arange(1 if n % 2 else 2, n, 2)))


def _size(n: Any) -> int:
    n = validate.index("n", n, 10**6, "a million")
    if n == 0:
        raise ValueError("n: got 0, expects at least 1")
    return n
