"""The still of "hysteresis" shows its record, and its words follow the data."""

from __future__ import annotations

import numpy as np
import pytest

from book_utils.activations import logistic
from book_utils.dynamics import one_unit
from book_utils.figures import drawn, hysteresis

STATES = [
    {"w": 6, "b": -2.9, "y0": 0.5, "memory": 0.05},
    {"w": 2, "b": -1, "y0": 0.5, "memory": 0.5},
    {"w": -8, "b": 2, "y0": 0.4, "memory": 0.9},
    {"w": 3, "b": -3, "y0": 0.5, "memory": 0.05, "across": "w"},
    {"w": -9, "b": 0.5, "y0": 0.7, "memory": 0.2, "across": "w"},
    {"w": 12, "b": -5, "y0": 0.5, "memory": 0.9, "across": "w"},
]
EVERY = pytest.mark.parametrize("state", STATES)


def on_axis(record: hysteresis.Record, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points (w, b) with those values on the axis."""
    w, b = (record.w, values) if record.across == "b" else (values, record.b)
    return np.broadcast_arrays(w, b)


@EVERY
def test_branches_are_all_fixed_points(state):
    """Solid lines are the fixed points with multiplier within ±1, dashed ones the others."""
    record = hysteresis.compute(**state)
    values = np.linspace(*record.window, 42)[1:-1]
    expected = one_unit.fixed_points(*on_axis(record, values))
    multipliers = on_axis(record, values)[0][:, None] * expected * (1 - expected)
    for stable in (True, False):
        drawn_there = [[] for _ in values]
        for across, states, attracts in record.branches:
            assert (np.diff(across) > 0).all() or (np.diff(across) < 0).all()
            w, b = on_axis(record, across)
            np.testing.assert_allclose(logistic(w * states + b), states, atol=1e-12)
            if attracts == stable:
                order = np.argsort(across)
                at = np.interp(values, across[order], states[order], np.nan, np.nan)
                for found, y in zip(drawn_there, at, strict=True):
                    found.extend([y] if np.isfinite(y) else [])
        right = (np.abs(multipliers) < 1) == stable
        for found, points, chosen in zip(drawn_there, expected, right, strict=True):
            meant = points[chosen & np.isfinite(points)]
            # Between the points that are drawn the line is straight.
            np.testing.assert_allclose(sorted(found), meant, atol=2e-3)


@EVERY
def test_cycles_are_drawn_from_flip_to_flip(state):
    """The loop holds the two states of the cycle, and closes where there is none any more."""
    record = hysteresis.compute(**state)
    values = np.linspace(*record.window, 60)
    present = ~np.isnan(one_unit.two_cycle(*on_axis(record, values))[:, 0])
    assert present.any() == (len(record.cycles) > 0)
    for value, low, high in record.cycles:
        w, b = (each.item() for each in on_axis(record, np.array(value)))
        assert logistic(w * low + b) == pytest.approx(high, abs=1e-6)
        assert logistic(w * high + b) == pytest.approx(low, abs=1e-6)
    if present.any():
        assert record.cycles[0, 0] <= values[present].min()
        assert record.cycles[-1, 0] >= values[present].max()


@pytest.mark.parametrize("state", [STATES[0], STATES[3], STATES[5]])
def test_jumps_are_where_a_branch_ends(state):
    """Just before a jump the carried state stays, just after it is at the other end of the arrow;
    the limit from y₀ jumps at the shock."""
    record = hysteresis.compute(**state)
    for jump, way in ((record.up, 1), (record.down, -1)):
        if jump is None:
            continue
        value, start, end = jump
        for apart, expected in ((-1e-7 * way, start), (1e-7 * way, end)):
            w, b = (each.item() for each in on_axis(record, np.array(value + apart)))
            # At a fold a state moves with the square root of the distance.
            found = hysteresis.settled(w, b, start - 0.05 * way)
            assert found == pytest.approx(expected, abs=5e-3)
    w, b = on_axis(record, record.shock + np.array([-1e-7, 1e-7]))
    low, high = one_unit.limit(w, b, record.y0)
    assert high - low > 0.5


def test_the_picture_holds_the_record():
    """Both marks, the band of the limit, the level of y₀ and the trace are drawn."""
    record, trace = hysteresis.compute(**STATES[0]), [[-3.0, 0.07], [-2.95, 0.075], [-2.9, 0.083]]
    (ax,) = drawn(lambda figure: hysteresis.draw(figure, record, trace)).axes
    found = {line.get_label(): line.get_xydata() for line in ax.lines}
    assert found["carried state"].tolist() == [[-2.9, record.carried]]
    assert found["ends from $y_0$"].tolist() == [[-2.9, record.fresh]]
    assert found["its way"].tolist() == trace
    assert set(found["start $y_0$"][:, 1]) == {0.5}
    assert set(found["shock"][:, 0]) == {record.shock} == {-3}
    band = found["limit from $y_0$"]
    np.testing.assert_allclose(band[:, 1], one_unit.limit(6, band[:, 0], 0.5), atol=1e-12)
    assert band[:, 0].max() < -3


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (STATES[0], "jumps on the way right at -2.585, from 0.2113 to 0.9599; on the way left at "
                    "-3.415, from 0.7887 to 0.04015. The limit from 0.5 jumps at -3 both ways."),
        (STATES[0], "At b = -2.9 the carried state, started at 0.05, settles at 0.08304, and the "
                    "orbit of 0.5 at 0.939."),
        (STATES[2], "at w = -8 against b from -2.97 to 10.97. There is a two-cycle from -0.5912 "
                    "to 8.591."),
        (STATES[3], "at b = -3 against w from -12 to 12."),
    ],
)  # fmt: skip
def test_words_follow_the_data(state, says):
    """The alternative text says of each state what is true of it."""
    assert says in hysteresis.show(hysteresis.compute(**state)).alt


def test_nothing_is_said_of_what_is_not_there():
    """Below w = 4 there is no jump and no cycle, and the words name none."""
    words = hysteresis.describe(hysteresis.compute(**STATES[1]))
    assert "jumps" not in words
    assert "two-cycle" not in words
