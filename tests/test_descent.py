"""Promises of ``dynamics.descent``: each method does what its name says, for many runs at once."""

from __future__ import annotations

import numpy as np
import pytest

from book_utils.dynamics import one_unit
from book_utils.dynamics.descent import Clipped, FixedW, Projected, Vanilla, descend

COST = one_unit.objective(0.12, 0.6)
STARTS = np.array([4.9, 5.5, 2.0, -3.0]), np.array([-2.1, -3.0, -1.0, 1.0])


def by_hand(start, step, iterations, *, limit=np.inf, weight=None, radius=np.inf):
    """One run, a number at a time, from the update rules alone."""
    w, b = start
    w = weight if weight is not None else min(max(w, -radius), radius)
    path = [(w, b)]
    for _ in range(iterations):
        _, by_w, by_b = COST(w, b)
        size = (by_w**2 + by_b**2) ** 0.5
        if size > limit:
            by_w, by_b = by_w * limit / size, by_b * limit / size
        w = w if weight is not None else min(max(w - step * by_w, -radius), radius)
        b -= step * by_b
        path.append((w, b))
    return np.array(path)


@pytest.mark.parametrize(
    ("method", "rule"),
    [
        (Vanilla(), {}),
        (Clipped(0.3), {"limit": 0.3}),
        (FixedW(3), {"weight": 3.0}),
        (Projected(3.5), {"radius": 3.5}),
    ],
)
def test_each_method_follows_its_rule(method, rule):
    """Runs side by side are the runs one by one, and these follow the written rule."""
    together = descend(COST, STARTS, method, 0.2, 15)
    assert together.w.shape == together.losses.shape == (16, 4)
    for i, start in enumerate(zip(*STARTS, strict=True)):
        path = by_hand(start, 0.2, 15, **rule)
        # Fifteen updates, in an array and alone: vectorised functions may round otherwise.
        np.testing.assert_allclose(together.w[:, i], path[:, 0], rtol=1e-9)
        np.testing.assert_allclose(together.b[:, i], path[:, 1], rtol=1e-9)


def test_losses_and_gradients_belong_to_the_points():
    """Entry k is the cost and the length of the gradient at point k, before clipping."""
    found = descend(COST, STARTS, Clipped(0.01), 0.2, 5)
    loss, by_w, by_b = COST(found.w, found.b)
    np.testing.assert_array_equal(found.losses, loss)
    np.testing.assert_array_equal(found.gradients, np.hypot(by_w, by_b))
    assert found.gradients.max() > 0.01


def test_settings_may_differ_from_run_to_run():
    """Step sizes, thresholds and radii may be arrays: run i uses entry i."""
    steps, radii = np.array([0.1, 0.4]), np.array([1.0, 3.0])
    both = descend(COST, (2.5, -1.0), Projected(radii), steps, 8)
    for i in range(2):
        alone = descend(COST, (2.5, -1.0), Projected(radii[i]), steps[i], 8)
        np.testing.assert_allclose(both.w[:, i], alone.w, rtol=1e-12)


def test_projection_keeps_the_strip():
    """|w| never exceeds the radius, from the start on."""
    found = descend(COST, STARTS, Projected(2.0), 3.0, 30)
    assert np.abs(found.w).max() <= 2.0
    assert np.abs(found.w[0]).max() == 2.0


def test_first_below():
    """The first iteration below a level, and −1 for a run that never gets there."""
    found = descend(COST, STARTS, FixedW(3), 1.0, 200)
    first = found.first_below(1e-4)
    for i, k in enumerate(first):
        assert k > 0
        assert found.losses[k, i] < 1e-4 <= found.losses[k - 1, i]
    assert (found.first_below(0.0) == -1).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Clipped(0), ValueError, "threshold: got 0, expects more than 0"),
        (lambda: Projected([1, -1]), ValueError, "radius: got -1, expects more than 0"),
        (lambda: descend(COST, 3.0, Vanilla(), 0.1, 5), ValueError, "start: got 3.0, expects"),
        (lambda: descend(COST, (3, 1), "vanilla", 0.1, 5), TypeError, "method: got 'vanilla'"),
        (lambda: descend(COST, (3, 1), Vanilla(), -0.1, 5), ValueError, "step: got -0.1"),
        (lambda: descend(COST, (3, 1), Vanilla(), 0.1, -5), ValueError, "iterations: got -5"),
    ],
)
def test_refusals(call, error, message):
    """What makes no sense is refused with the name of the argument."""
    with pytest.raises(error, match=message):
        call()
