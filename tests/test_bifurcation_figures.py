"""The figures on bifurcations: their data say what the chapter says, and they show their data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from book_utils.figures import cycle_loop, logit_lines, one_unit_plane

# One evaluation of logarithms and exponentials of numbers of size 10.
ROUNDING = 1e-10


@pytest.fixture(scope="module")
def lines():
    return logit_lines.compute()


@pytest.fixture(scope="module")
def plane():
    return one_unit_plane.compute()


@pytest.fixture(scope="module")
def loop():
    return cycle_loop.compute()


def logit(y):
    return np.log(y / (1 - y))


# Curve and line ------------------------------------------------------------------------------


def test_the_points_lie_on_curve_and_line(lines):
    """At each dot σ⁻¹(y) = w y + b, and the slope is that of the map there, by a difference."""
    for panel in lines.panels:
        for y, slope in zip(panel.points, panel.slopes, strict=True):
            assert logit(y) == pytest.approx(panel.w * y + panel.b, abs=ROUNDING)
            h = 1e-5  # the error is its square
            after, before = (1 / (1 + np.exp(-(panel.w * (y + e) + panel.b))) for e in (h, -h))
            assert (after - before) / (2 * h) == pytest.approx(slope, abs=1e-7)


def test_one_attracts_three_alternate_and_one_repels(lines):
    """The three units: one that attracts; two that attract about one that repels; one repels."""
    assert [panel.attracts.tolist() for panel in lines.panels] == [
        [True],
        [True, False, True],
        [False],
    ]
    assert lines.panels[2].slopes == pytest.approx([-2], abs=ROUNDING)


def test_a_full_dot_attracts_and_an_empty_one_repels(lines):
    """In each panel the dots stand at the fixed points, full or empty as they attract or repel."""
    figure = Figure()
    logit_lines.draw(figure, lines)
    for ax, panel in zip(figure.axes, lines.panels, strict=True):
        dots = [line for line in ax.lines if line.get_marker() == "o"]
        np.testing.assert_array_equal([dot.get_xdata()[0] for dot in dots], panel.points)
        full = [to_rgba(dot.get_markerfacecolor()) != to_rgba("white") for dot in dots]
        assert full == panel.attracts.tolist()


def test_the_words_on_the_lines_follow_the_data(lines):
    """Another unit, other words."""
    words = logit_lines.describe(lines)
    assert "y = 0.500 (repels, slope of the map -2)" in words
    assert "y = 0.500 (attracts, slope of the map 0.5)" in words
    assert "y = 0.500 (attracts, slope of the map 0.25)" in logit_lines.describe(
        logit_lines.compute([(1, -0.5)])
    )


# The plane -----------------------------------------------------------------------------------


def test_the_curves_are_those_of_the_formulas(plane):
    """b = σ⁻¹(y) − w y at y = ½ ∓ ½√(1 − 4/|w|), on both sides."""
    root = np.sqrt(1 - 4 / plane.w) / 2
    for w, low, high in (
        (plane.w, plane.b_minus, plane.b_plus),
        (-plane.w, plane.b_lower, plane.b_upper),
    ):
        for y, b in ((0.5 - root, low), (0.5 + root, high)):
            np.testing.assert_allclose(logit(y) - w * y, b, atol=1e-7)  # y near ½ loses digits


def test_the_wedges_are_symmetric_and_begin_at_their_tips(plane):
    """b_− + b_+ = −w on both sides; the tips are (4, −2) and (−4, 2)."""
    np.testing.assert_allclose(plane.b_minus + plane.b_plus, -plane.w, atol=ROUNDING)
    np.testing.assert_allclose(plane.b_lower + plane.b_upper, plane.w, atol=ROUNDING)
    assert (plane.w[0], plane.b_minus[0], plane.b_upper[0]) == pytest.approx((4, -2, 2))


def test_the_picture_of_the_plane_shows_the_record(plane):
    """After the line of symmetry come the two fold curves, then the two flip curves."""
    figure = Figure()
    one_unit_plane.draw(figure, plane)
    _, *curves = [line for line in figure.axes[0].lines if line.get_marker() != "o"]
    shown = [(line.get_xdata(), line.get_ydata()) for line in curves]
    expected = [
        (plane.w, plane.b_minus),
        (plane.w, plane.b_plus),
        (-plane.w, plane.b_lower),
        (-plane.w, plane.b_upper),
    ]
    np.testing.assert_array_equal(shown, expected)
    assert [line.is_dashed() for line in curves] == [False, False, True, True]


def test_the_mark_for_three_stands_where_there_are_three(plane):
    """The end of the line from "three" lies between b_+ and b_−, well inside."""
    figure = Figure()
    one_unit_plane.draw(figure, plane)
    (mark,) = [line for line in figure.axes[0].lines if line.get_markersize() == 2]
    (w,), (b,) = mark.get_data()
    assert np.interp(w, plane.w, plane.b_plus) + 0.5 < b < -w / 2


def test_the_words_on_the_plane_follow_the_data(plane):
    """A wider picture, other numbers."""
    assert "b₊ = -8.607 to b₋ = -3.393" in one_unit_plane.describe(plane)
    assert "b₊ = -5.066 to b₋ = -2.934" in one_unit_plane.describe(one_unit_plane.compute(8.0))


# The loop ------------------------------------------------------------------------------------


def test_each_state_of_the_loop_is_the_step_of_the_other(loop):
    """Where there is a cycle, one step leads from low to high and back; the point stays."""

    def step(y):
        return 1 / (1 + np.exp(-(loop.w * y + loop.b)))

    there = ~np.isnan(loop.low)
    np.testing.assert_allclose(step(loop.low)[there], loop.high[there], atol=1e-9)
    np.testing.assert_allclose(step(loop.high)[there], loop.low[there], atol=1e-9)
    np.testing.assert_allclose(step(loop.point), loop.point, atol=ROUNDING)


def test_the_loop_lies_between_the_flips(loop):
    """There is a cycle exactly where the fixed point repels, and the point lies inside it."""
    there = ~np.isnan(loop.low)
    np.testing.assert_array_equal(there, loop.repels)
    assert (loop.low[there] < loop.point[there]).all()
    assert (loop.point[there] < loop.high[there]).all()


def test_the_loop_is_widest_in_the_middle(loop):
    """At b = −w/2, where the two states are ½ ∓ 0.47875201203863."""
    place = int(np.nanargmax(loop.high - loop.low))
    assert loop.b[place] == pytest.approx(4, abs=1e-9)
    assert loop.widest == pytest.approx(2 * 0.47875201203863, abs=ROUNDING)


def test_the_picture_of_the_loop_shows_the_record(loop):
    """The last two lines are the two states of the cycle; before them stands the point in parts."""
    figure = Figure()
    cycle_loop.draw(figure, loop)
    *_, low, high = figure.axes[0].lines
    np.testing.assert_array_equal(low.get_ydata(), loop.low)
    np.testing.assert_array_equal(high.get_ydata(), loop.high)
    dashed, before, after = figure.axes[0].lines[2:5]
    np.testing.assert_array_equal(dashed.get_xdata(), loop.b[loop.repels])
    assert dashed.is_dashed()
    assert len(before.get_xdata()) + len(after.get_xdata()) == np.count_nonzero(~loop.repels)


def test_the_words_on_the_loop_follow_the_data(loop):
    """Other states, other numbers in the alternative text."""
    words = cycle_loop.describe(loop)
    assert "widest at b = 4.00, from 0.0212 to 0.9788" in words
    assert words != cycle_loop.describe(replace(loop, high=loop.high - 0.01))
    assert "the flips, at b = −0.59 and b = 8.59." in cycle_loop.show(loop).caption
