"""The still of "lstm_plane" shows its record, and its words follow the data."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.figures import lstm_plane

NUMBERS = {"F": 0.9, "i": 0.05, "o": 1.6, "f": 0.002, "z": 0.02, "d": 3}
EVERY = pytest.mark.parametrize("plane", lstm_plane.PLANES)


@EVERY
def test_the_point_lies_in_the_window_and_the_line_goes_through_it(plane):
    """The point is drawn where its two numbers are, inside, and has the rate of the line."""
    record, figure = lstm_plane.compute(**NUMBERS, plane=plane, points=81), Figure()
    lstm_plane.draw(figure, record)
    (ax,) = figure.axes
    (point,) = [line.get_xydata()[0] for line in ax.lines]
    assert point.tolist() == [record.value(name) for name in lstm_plane.PLANES[plane]]
    assert (point < [record.across[-1], record.up[-1]]).all()
    assert len([part for part in ax.collections if part.filled]) == 3
    (line,) = [part for part in ax.collections if not part.filled]
    size = np.array([record.across[-1], record.up[-1]])
    corners = np.vstack([path.vertices for path in line.get_paths()])
    assert np.hypot(*((corners - point) / size).T).min() < 0.02


@EVERY
def test_each_region_contains_the_stricter_one(plane):
    """As printed implies the sum, and that implies the weaker condition, in every plane."""
    around = lstm_plane.compute(**NUMBERS, plane=plane, points=41).around
    assert (around.by_sum < 1)[around.hypotheses_hold].all()
    assert around.weaker_holds[around.by_sum < 1].all()


def test_below_the_least_p_there_is_no_network():
    """With norms of W_i and W_f there is a least p, and no region reaches below it."""
    record = lstm_plane.compute(**NUMBERS, plane="p over q_o", points=81)
    least = (0.05 + 10 * 0.002) / 4
    assert (record.regions[record.up < least - 1e-12] == 0).all()
    assert (record.regions[record.up > least] > 0).any()


def test_the_axis_holds_the_point_and_the_region():
    """At F = 0.9 the axis of z ends at 1.1/8; a point further out doubles it, often enough."""
    assert lstm_plane.reach("z", 0.9, 0.0) == 1.1 / 8
    assert lstm_plane.reach("z", 0.9, 0.2) == 1.1 / 4
    assert lstm_plane.reach("f", 0.9, 0.0) == 4.4 / 64
    assert lstm_plane.reach("o", 0.9, 5.0) == 8.8


def test_the_words_follow_the_data():
    """Rates, conditions and steps are told, also where nothing is sure, and where all is still."""
    record = lstm_plane.compute(0.75, 0, 0.5, 0, 0.1, 1, "N_z over N_o", points=41)
    words = lstm_plane.describe(record)
    assert "The hypotheses as printed do not hold." in words
    assert "F + p + q_o = 0.975, enough for length after 14 steps with d = 1." in words
    assert "ρ(M) = 0.8668, enough for length after 4 steps" in words
    apart = lstm_plane.compute(0.75, 0, 4.5, 0, 0.1, 1, "N_z over N_o", points=41)
    assert "which promises nothing" in lstm_plane.describe(apart)
    still = lstm_plane.compute(0, 0, 0, 0, 0, 1, "N_z over F", points=41)
    assert "ρ(M) = 0, enough for length after 1 step with" in lstm_plane.describe(still)
    assert lstm_plane.show(still).caption
    without = lstm_plane.compute(0.25, 0, 2, 0, 0, 1, "N_z over F", points=41)
    assert "ρ(M) = 0.5 (any larger rate is sure), enough" in lstm_plane.describe(without)
