"""Thresholds of the one unit, from both sides: what holds just below fails just above.

The curves themselves are tried from both sides in ``test_one_unit``.
"""

from __future__ import annotations

import numpy as np
import pytest

from book_utils.dynamics import one_unit
from book_utils.dynamics.descent import FixedW, descend

NEAR = 1e-3


@pytest.mark.parametrize(("w", "count"), [(4 - NEAR, 1), (4.0, 1), (4 + NEAR, 3)])
def test_up_to_four_there_is_one_fixed_point(w, count):
    """At b = −w/2 the third appears beyond w = 4, and not at it."""
    assert len(one_unit.fixed_points(w, -w / 2)) == count


@pytest.mark.parametrize(("w", "cycles"), [(-4 + NEAR, False), (-4.0, False), (-4 - NEAR, True)])
def test_down_to_minus_four_nothing_cycles(w, cycles):
    """At b = −w/2 the two-cycle appears beyond w = −4, and not at it."""
    assert (one_unit.two_cycle(w, -w / 2) is not None) == cycles


@pytest.mark.parametrize("w", [4.0, -4.0])
def test_on_the_edge_every_start_still_arrives(w):
    """Slower than any power, and all the same: the distance to ½ falls like √(3/(8n))."""
    starts = np.array([0.01, 0.3, 0.7, 0.99])
    ends = one_unit.orbit(w, -w / 2, starts, 20_000)[-1]
    # 1/d² grows by 8/3 a step up to a sum of d², which is of the size of log n: here about 2e-4.
    np.testing.assert_allclose(np.abs(ends - 0.5), np.sqrt(3 / (8 * 20_000)), rtol=1e-3)


@pytest.mark.parametrize("share", [0.999, 1.001])
def test_the_bound_of_the_gradient_is_the_least(share):
    """No limit moves faster than 1/(4 − w), and one moves faster than 0.999 times that."""
    w, h = 3.2, 1e-5
    b = -w / 2 + np.linspace(-1, 1, 2001)
    # The limit's third derivative is below 1e3 here: differences are right to 1e-7.
    rates = (one_unit.limit(w, b + h, 0.3) - one_unit.limit(w, b - h, 0.3)) / (2 * h)
    assert (rates > share / (4 - w)).any() == (share < 1)


@pytest.mark.parametrize(("share", "arrives"), [(0.98, True), (1.02, False)])
def test_a_step_of_two_over_the_curvature_is_the_last(share, arrives):
    """With w fixed the cost is quadratic near the target: steps below 2/E″ approach it, steps
    above lead away from it."""
    w, target = 3.0, 0.7
    s = target * (1 - target)
    curvature = 2 * (s / (1 - w * s)) ** 2
    rest = np.log(target / (1 - target)) - w * target
    # 200 steps and w s = 0.63 leave y_n at its limit, so the cost is that of the limit.
    found = descend(
        one_unit.objective(0.3, target, 200),
        (w, rest + 1e-3),
        FixedW(w),
        share * 2 / curvature,
        100,
    )
    away = np.abs(found.b - rest)
    assert (away[-1] < away[0] / 5) == arrives
    assert (away[-1] > 2 * away[0]) == (not arrives)


@pytest.mark.parametrize("side", [-1, 1])
def test_the_shock_leaves_the_fold_where_the_line_touches_it(side):
    """For y0 < ½ the shock is b_− up to w* = 1/(y0 (1 − y0)) and below it beyond."""
    y0 = 0.2
    w = 1 / (y0 * (1 - y0)) + side * NEAR
    b_minus, _ = one_unit.fold(w)
    assert (one_unit.shock(w, y0) < b_minus) == (side > 0)
