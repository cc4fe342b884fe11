"""Where the unit y_n = σ(w y_{n-1} + b) settles: fixed points, the two-cycle, and the limit.

Solved for x = σ⁻¹(y) in the symmetric form x = (w/2) tanh(x/2) + β with β = b + w/2. Turning the
signs of x and β turns the equation into itself, so only roots x <= 0 are ever searched. From the
starts chosen below Newton's method cannot overshoot: the function is curved one way there.

At a fold two fixed points meet, and doubles lose half their digits: there the same is done in long
arithmetic, one pair (w, b) after another.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from book_utils import validate
from book_utils.activations import logistic
from book_utils.dynamics.one_unit.curves import (
    beyond_flip,
    beyond_fold,
    fold_points,
    shift,
    state,
)

TRUSTED = 1e-6
"""Nearer than this to a curve, relative to 1 + |b| + |w|, doubles are not trusted."""
NEAR_THE_TIP = 1e-4
"""The same for the distance of w to −4, where the two flip curves meet."""
DIGITS = 60
NEWTON = 200


def fixed_points(w: Any, b: Any) -> np.ndarray:
    """The fixed points of y ↦ σ(w y + b), ascending.

    For two numbers: an array of the one, two or three that there are. For arrays: an array with a
    last axis of length 3, where NaN stands behind the points that there are.
    """
    found = _all_points(*_pairs(w, b))
    return found if found.ndim > 1 else found[~np.isnan(found)]


def two_cycle(w: Any, b: Any) -> np.ndarray | None:
    """The two states that the unit visits in turn for ever, ascending; None if there are none.

    For arrays: an array with a last axis of length 2, NaN where there is no such cycle.
    """
    found = _all_cycles(*_pairs(w, b))
    if found.ndim > 1:
        return found
    return None if np.isnan(found).any() else found


def limit(w: Any, b: Any, y0: Any) -> Any:
    """y_∞, where the orbit of y0 ends; NaN where it ends on a two-cycle and has no limit.

    For w >= 0 an orbit is monotone: it goes to the next fixed point above if b > σ⁻¹(y0) − w y0,
    to the next one below if b is smaller. For w < 0 the only fixed point is the only candidate.
    """
    w, b, y0 = np.broadcast_arrays(*_pairs(w, b), state("y0", y0))
    points, cycles = _all_points(w, b), _all_cycles(w, b)
    lower, upper = fold_points(np.maximum(w, 4.0))
    # With several fixed points: below y_− one rises to the lowest, above y_+ one falls to the
    # highest; between the two the way of the first step leads all the way.
    several = ~np.isnan(points[..., 1])
    cycling = ~np.isnan(cycles[..., 0])
    way = np.zeros(w.shape)
    way[several | cycling] = _ways(*(each[several | cycling] for each in (w, b, y0)))
    highest = np.nanmax(points, axis=-1)
    up = np.where(way > 0, y0 >= lower, y0 > upper)
    result = np.where(several & up, highest, points[..., 0])
    result = np.where(cycling, np.nan, result)
    return np.where((several | cycling) & (way == 0), y0, result)[()]


def _pairs(w: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.broadcast_arrays(validate.numbers("w", w), validate.numbers("b", b)))


def _room(w: np.ndarray, b: np.ndarray) -> np.ndarray:
    return TRUSTED * (1 + np.abs(b) + np.abs(w))


def _all_points(w: np.ndarray, b: np.ndarray) -> np.ndarray:
    β, folds = b + w / 2, w > 4
    apart = np.where(folds, beyond_fold(np.maximum(w, 4.0)), 0.0)
    x = np.full((*w.shape, 3), np.nan)
    # With x and β turned, the upper root is a lower one; and so is a single one above ½.
    x[..., 0] = _lowest(w, np.where(folds, β, -np.abs(β)), ~folds | (β <= apart))
    x[..., 0] = np.where(folds | (β <= 0), x[..., 0], -x[..., 0])
    x[..., 2] = -_lowest(w, -β, folds & (-β <= apart))
    x[..., 1] = np.where(β >= 0, 1, -1) * _middle(w, np.abs(β), folds & (np.abs(β) < apart))
    y = logistic.values(np.sort(x, axis=-1))  # NaN goes last
    near = (w > 3.9) & (np.abs(np.abs(β) - apart) < _room(w, b))
    for place in np.argwhere(near):
        where = tuple(place)
        y[where] = _long_points(float(w[where]), float(b[where]))
    return y


def _lowest(w: np.ndarray, β: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The lowest root x where it is <= 0.

    For w >= 0 the function is concave left of 0 and Newton rises from b, which lies left of all
    roots. For w < 0 it is convex there and Newton falls from 0.
    """
    start = np.where(w >= 0, β - w / 2, 0.0)
    return _newton(w, β, start, chosen)


def _middle(w: np.ndarray, β: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The middle root for β >= 0 turned to x <= 0, where Newton falls from 0."""
    return _newton(w, β, np.zeros_like(w), chosen)


def _newton(w: np.ndarray, β: np.ndarray, start: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Roots of x − (w/2) tanh(x/2) − β from starts that cannot overshoot; NaN if not chosen."""
    x = np.where(chosen, start, np.nan)
    active = np.flatnonzero(chosen)
    w, β, flat = w.ravel(), β.ravel(), x.reshape(-1)
    for _ in range(NEWTON):
        if not active.size:
            break
        now, weight = flat[active], w[active]
        t = np.tanh(now / 2)
        value = now - weight / 2 * t - β[active]
        slope = 1 - weight / 4 * (1 - t * t)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(value == 0, 0.0, value / slope)
        flat[active] = now - step
        active = active[np.abs(step) > 4e-16 * (1 + np.abs(now))]
    return x


def _ways(w: np.ndarray, b: np.ndarray, y0: np.ndarray) -> np.ndarray:
    """The sign of b − (σ⁻¹(y0) − w y0): which way the first step goes, sure to the last digit."""
    rough = b - shift(w, y0)
    unsure = np.abs(rough) < 1e-12 * (1 + np.abs(w) + np.abs(b) + np.abs(np.log(y0)))
    way = np.sign(rough)
    for place in np.flatnonzero(unsure):
        with mpmath.workdps(DIGITS):
            y = mpmath.mpf(float(y0[place]))
            exact = float(b[place]) + float(w[place]) * y - mpmath.log(y / (1 - y))
            way[place] = mpmath.sign(exact)
    return way


def _all_cycles(w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Both states of the two-cycle, or NaN.

    With x = u + v and u − v at the two states the two equations become
    cosh u + cosh v = |w| sinh v / (2v) and u + v sinh u / sinh v = β. As v grows from 0, where
    they say flip, the second's left side falls below |β| once.
    """
    y = np.full((*w.shape, 2), np.nan)
    β, apart = b + w / 2, beyond_flip(np.minimum(w, -4.0))
    inside = (w < -4) & (np.abs(β) < apart)
    near = (w <= -4) & (np.abs(np.abs(β) - apart) < _room(w, b))
    near |= inside & (w > -4 - NEAR_THE_TIP)
    chosen = inside & ~near
    u, v = _halves(-w[chosen], np.abs(β[chosen]))
    u = np.where(β[chosen] < 0, -u, u)
    y[chosen] = logistic.values(np.stack([u - v, u + v], axis=-1))
    for place in np.argwhere(near):
        where = tuple(place)
        y[where] = _long_cycle(float(w[where]), float(b[where]))
    return y


def _halves(weight: np.ndarray, β: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.zeros_like(β), weight / 2
    with np.errstate(over="ignore", invalid="ignore"):  # where cosh v overflows v is too large
        for _ in range(60):
            v = (low + high) / 2
            cosh = np.cosh(v) * (weight * np.tanh(v) / (2 * v) - 1)
            u = np.arccosh(np.maximum(cosh, 1))
            above = (cosh > 1) & (u + v * _ratio(u, v) > β)
            low, high = np.where(above, v, low), np.where(above, high, v)
    v, u = (low + high) / 2, β
    for _ in range(60):  # a convex function from the right: Newton falls and cannot overshoot
        value = u + v * _ratio(u, v) - β
        slope = 1 + v * (_ratio(u, v) + np.exp(-u) / np.sinh(np.minimum(v, 700)))
        u = u - value / slope
    return u, v


def _ratio(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """sinh u / sinh v, where either may overflow."""
    return np.exp(u - v) * np.expm1(-2 * u) / np.expm1(-2 * v)


# In long arithmetic ------------------------------------------------------------------------------


def _long_points(w: float, b: float) -> list[float]:
    """All fixed points, ascending and filled up with NaN, for one pair near a fold or the cusp."""
    with mpmath.workdps(DIGITS):
        weight, β = mpmath.mpf(w), mpmath.mpf(b) + mpmath.mpf(w) / 2
        sign, β = (1 if β >= 0 else -1), abs(β)
        # With β >= 0 the upper root is always there; turned, it is one left of 0.
        x = [-_long_newton(weight, -β, -β - weight / 2)]
        if w > 4:
            u = mpmath.acosh(weight / 2 - 1)
            apart = mpmath.sinh(u) - u
            if β <= apart:
                x.append(_long_newton(weight, β, β - weight / 2))
            if β < apart:
                x.append(_long_newton(weight, β, mpmath.mpf(0)))
        found = sorted(float(1 / (1 + mpmath.exp(-sign * each))) for each in x)
    return found + [np.nan] * (3 - len(found))


def _long_newton(w: mpmath.mpf, β: mpmath.mpf, x: mpmath.mpf) -> mpmath.mpf:
    for _ in range(NEWTON):
        t = mpmath.tanh(x / 2)
        value, slope = x - w / 2 * t - β, 1 - w / 4 * (1 - t * t)
        if value == 0 or slope == 0:
            break
        x -= value / slope
        if abs(value / slope) < mpmath.mpf(10) ** (-DIGITS // 3):
            break
    return x


def _long_cycle(w: float, b: float) -> tuple[float, float]:
    """The two-cycle near the flip, or NaN twice."""
    with mpmath.workdps(DIGITS):
        weight, β = -mpmath.mpf(w), mpmath.mpf(b) + mpmath.mpf(w) / 2
        sign, β = (1 if β >= 0 else -1), abs(β)
        u = mpmath.acosh(weight / 2 - 1)
        if weight <= 4 or β >= u + mpmath.sinh(u):
            return np.nan, np.nan
        low, high = mpmath.mpf(0), weight / 2
        for _ in range(3 * DIGITS):
            v = (low + high) / 2
            cosh = weight * mpmath.sinh(v) / (2 * v) - mpmath.cosh(v)
            u = mpmath.acosh(cosh) if cosh > 1 else mpmath.mpf(0)
            above = cosh > 1 and u + v * mpmath.sinh(u) / mpmath.sinh(v) > β
            low, high = (v, high) if above else (low, v)
        u = β
        for _ in range(NEWTON):
            value = u + v * mpmath.sinh(u) / mpmath.sinh(v) - β
            step = value / (1 + v * mpmath.cosh(u) / mpmath.sinh(v))
            u -= step
            if abs(step) < mpmath.mpf(10) ** (-DIGITS // 3):
                break
        low, high = (float(1 / (1 + mpmath.exp(-(sign * u + side * v)))) for side in (-1, 1))
    return low, high
