"""The still of "cobweb" shows its record, and its words follow the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes

from book_utils.activations import logistic
from book_utils.dynamics import one_unit
from book_utils.figures import cobweb, drawn


def axes(w: float, b: float, y0: float = 0.4, steps: int = 20) -> tuple[cobweb.Record, list[Axes]]:
    record = cobweb.compute(w, b, y0, steps)
    return record, drawn(lambda figure: cobweb.draw(figure, record)).axes


def lines(ax: Axes) -> dict[str, np.ndarray]:
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def test_curves_of_the_plane_are_those_of_the_unit():
    """On a fold the unit touches the diagonal, on a flip its slope is −1, on the shock y₀ parts."""
    _, (plane, _) = axes(6, -2.8)
    found = lines(plane)
    for label, slope in (("fold", 1), ("flip", -1)):
        for w, b in found[label][::8]:
            # A rounding error beyond the curve and the double point is gone: step 1e-9 inside,
            # where the two points are still half the digits of that apart.
            inside = b + 1e-9 * np.sign(-w / 2 - b)
            points = one_unit.fixed_points(w, inside)
            slopes = w * logistic.derivative(w * points + inside)
            assert abs(slopes - slope).min() < 1e-3, (label, w, b)
        assert found[label][:, 0].min() == min(4 * slope, 12 * slope)
        assert found[label][:, 0].max() == max(4 * slope, 12 * slope)
    for w, b in found["shock of $y_0$"][8::8]:
        below, above = one_unit.limit(w, np.array([b - 1e-6, b + 1e-6]), 0.4)
        assert below < one_unit.fold_points(w)[0] + 1e-2
        assert above > one_unit.fold_points(w)[1] - 1e-2
    (point,) = [line.get_xydata()[0] for line in plane.lines if line.get_marker() == "o"]
    assert point.tolist() == [6, -2.8]


def test_the_cobweb_climbs_between_curve_and_diagonal():
    """The line of the orbit has its corners on the curve and on the diagonal, in turn."""
    record, (_, web) = axes(6, -2.8)
    path = lines(web)["orbit of $y_0$"]
    assert path[0].tolist() == [0.4, 0]
    onto, across = path[1::2], path[2::2]
    np.testing.assert_array_equal(across[:, 0], across[:, 1])
    np.testing.assert_allclose(onto[:, 1], logistic(6 * onto[:, 0] - 2.8), rtol=1e-12)
    np.testing.assert_array_equal(across[:, 0], record.orbit[1:])
    curve = lines(web)[r"$\sigma(w y + b)$"]
    np.testing.assert_allclose(curve[:, 1], logistic(6 * curve[:, 0] - 2.8), rtol=1e-12)


@pytest.mark.parametrize(
    ("w", "b", "count"),
    [(2, -1, 1), (6, -3, 3), (12, -8.6, 3), (-8, 4, 1)],
)
def test_basins_end_where_starts_end(w, b, count):
    """Each part of the bar holds the starts of one end, tried on starts all over (0, 1)."""
    record = cobweb.compute(w, b, 0.4, 5)
    assert len(cobweb.point_colors(record)) == len(record.fixed) == count
    parts = cobweb.basins(record)
    assert parts[0][0] == 0
    assert parts[-1][1] == 1
    ends = []
    for low, high, _ in parts:
        starts = np.linspace(low, high, 42)[1:-1]
        limits = one_unit.limit(w, b, starts)
        assert np.isnan(limits).all() or np.ptp(limits) < 1e-12
        ends.append(limits[0])
    assert len(parts) == 1 or ends[1] - ends[0] > 0.1


def test_low_and_high_are_said_of_two_ends_only():
    """Where all starts end alike the bar and the point are grey, on both sides of a wedge."""
    for b in (-2.58, -3.42, 5):
        record = cobweb.compute(6, b, 0.1, 5)
        assert [color for *_, color in cobweb.basins(record)] == [cobweb.GREY]
        assert cobweb.point_colors(record) == [cobweb.GREY]
    record = cobweb.compute(6, -2.59, 0.1, 5)
    assert cobweb.GREY not in [color for *_, color in cobweb.basins(record)]
    _, (_, web) = axes(-8, 4)
    bars = [line for line in web.lines if set(line.get_ydata()) == {-0.035} and line.is_dashed()]
    assert len(bars) == 1, "the bar of a two-cycle is dashed"


def test_the_line_of_symmetry_is_drawn():
    """On the line named b = −w/2 the state ½ is a fixed point."""
    _, (plane, _) = axes(6, -2.8)
    for w, b in lines(plane)["$b = -w/2$"]:
        assert logistic(w / 2 + b) == 0.5


@pytest.mark.parametrize(("side", "part"), [(0, 0), (1, 1)])
def test_on_a_fold_the_double_point_parts(side, part):
    """Of two fixed points the one where two have met parts the starts, and does not attract."""
    b = one_unit.fold(6)[side]
    double = one_unit.fold_points(6)[side]
    fixed = np.sort([double, one_unit.fixed_points(6, b)[0]])
    multipliers = 6 * logistic.derivative(6 * fixed + b)
    record = replace(cobweb.compute(6, b, 0.4, 5), fixed=fixed, multipliers=multipliers)
    assert (record.parting, record.stable[part], record.stable[1 - part]) == (part, False, True)
    assert cobweb.basins(record)[0][1] == double
    assert "fold, two fixed points" in cobweb.describe(record)


def test_a_cycle_is_drawn_as_a_square():
    """The square has its corners at the two states, and both are those of the unit."""
    record, (_, web) = axes(-8, 4)
    square = lines(web)["two-cycle"]
    low, high = record.cycle
    assert {tuple(corner) for corner in square} == {(low, low), (low, high), (high, high),
                                                    (high, low)}  # fmt: skip
    np.testing.assert_allclose(logistic(-8 * np.array([low, high]) + 4), [high, low], rtol=1e-12)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ((6, -2.81, 0.4, 50), "three fixed points. Fixed points: 0.09756 (multiplier"),
        ((6, -2.81, 0.4, 50), "its limit is 0.09756. The limit jumps at b = -2.805"),
        ((6, -2.81, 0.4, 50), "the shock; the point lies 0.004535 below it."),
        ((6, -2.8, 0.4, 50), "the shock; the point lies 0.005465 above it."),
        ((6, -3, 0.5, 50), "its limit is 0.5. The limit jumps at b = -3, the shock; the point lies"
                           " on it."),
        ((-8, 4, 0.4, 1), "two-cycle. Fixed point: 0.5 (multiplier -2, unstable). The two-cycle "
                          "jumps between 0.02125 and 0.9788. The orbit of 0.4 is at 0.69 after 1 "
                          "step; it has no limit."),
        ((4, -2, 0.1, 50), "one fixed point. Fixed point: 0.5 (multiplier 1, stable)."),
    ],
)  # fmt: skip
def test_words_follow_the_data(state, says):
    """The alternative text says of each state what is true of it."""
    assert says in cobweb.show(cobweb.compute(*state)).alt
