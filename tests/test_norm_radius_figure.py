"""The still of "norm radius" shows its record, and its words follow the data."""

from __future__ import annotations

import numpy as np
import pytest

from book_utils.figures import drawn, norm_radius

SHEAR = [[0.9, 10], [0, 0.9]]
BAND = [[0.9, 1, 0], [0, 0.9, 1], [0, 0, 0.9]]


def axes(W, k=9):
    record = norm_radius.compute(W, k)
    return record, drawn(lambda figure: norm_radius.draw(figure, record)).axes


def test_the_shear_is_the_known_one():
    """W = [[.9, 10], [0, .9]]: longest at 9 with 38.7459227175, settled at 63, K = 25.01."""
    record = norm_radius.compute(SHEAR, 9)
    assert (record.peak, record.settled) == (9, 63)
    assert record.largest == record.norms[9] == pytest.approx(38.7459227175, abs=5e-11)
    assert record.kreiss == pytest.approx(25.01, abs=1e-9)
    assert record.ceiling == pytest.approx(np.e * 2 * 25.01)
    assert not record.normal


def test_lines_are_the_record():
    """The three lines are ‖W^k‖, ρ^k and ‖W‖^k, the ring stands at the longest power."""
    record, (circle, sizes) = axes(SHEAR)
    if len(circle.lines) > len(sizes.lines):
        circle, sizes = sizes, circle
    found = {line.get_label(): line for line in (*circle.lines, *sizes.lines)}
    k = np.arange(61)
    for label, values in (
        (r"$\Vert W^k \Vert$", record.norms),
        (r"$\rho(W)^k$", 0.9**k),
        (r"$\Vert W \Vert^k$", record.norm**k),
    ):
        np.testing.assert_allclose(found[label].get_ydata(), values, rtol=1e-12)
    rings = [
        line.get_xydata()[0]
        for ax in (circle, sizes)
        for line in ax.lines
        if line.get_marker() == "o" and len(line.get_xdata()) == 1
    ]
    np.testing.assert_array_equal(rings, [[9, record.largest]])


def test_the_image_is_that_of_the_power():
    """The drawn image has the semi-axis ‖W^k‖, up to the power of ten that its label names."""
    for W, k, factor in (
        (SHEAR, 9, 0.1),
        ([[0.9, 1], [0, 0.9]], 3, 1),
        ([[0.5, 0], [0, 0.5]], 5, 10),
    ):
        record, places = axes(W, k)
        (image,) = [line for ax in places for line in ax.lines if "image" in line.get_label()]
        radii = np.hypot(*image.get_xydata().T)
        # 181 points of the circle miss the end of an axis by at most a degree.
        assert radii.max() == pytest.approx(record.norms[k] * factor, rel=3e-4)
        assert ("10 times" in image.get_label()) == (factor != 1)


def test_zeros_stand_on_the_lower_edge():
    """A logarithmic axis has no 0: the powers of a nilpotent matrix stand on its lower edge."""
    record, places = axes([[0, 5], [0, 0]], 1)
    marks = [
        line.get_xdata().tolist()
        for ax in places
        for line in ax.lines
        if line.get_marker() == "_" and len(line.get_xdata())
    ]
    # ρ^k is 0 from k = 1 on, ‖W^k‖ from k = 2 on, and ‖W‖^k never.
    assert sorted(map(len, marks)) == [59, 60]
    assert (record.settled, record.peak, record.largest) == (2, 1, 5)


def test_three_dimensions_have_no_circle():
    """For a 3 by 3 matrix only the sizes are drawn, and the words give all three rows."""
    record, places = axes(BAND)
    assert len(places) == 1
    assert "W = [[0.9, 1, 0], [0, 0.9, 1], [0, 0, 0.9]]" in norm_radius.describe(record)


@pytest.mark.parametrize(
    ("W", "says"),
    [
        (SHEAR, "which is not normal, with spectral radius 0.9 and norm 10.08"),
        (SHEAR, "longest of all powers is W^9, with norm 38.75. From k = 63 on every power"),
        (SHEAR, "Kreiss's constant is 25.01, so no power is longer than 136."),
        ([[0.9, 0], [0, 0.5]], "which is normal"),
        ([[1, 1], [0, 1]], "longest of the powers up to 60 is W^60, with norm 60.02."),
        ([[1, 1], [0, 1]], "Kreiss's constant is infinite: the powers grow without end."),
        ([[1.3, 0.09], [-1, 0.7]], "Kreiss's constant is infinite"),
        ([[1, 2], [0, 0.5]], "Kreiss's constant is 4.123"),
        ([[0, -1], [1, 0]], "longest of the powers up to 60 is W^0, with norm 1."),
        ([[0.9999, 10], [0, 0.9999]], "longest of the powers up to 20000 is W^9999, with norm"),
    ],
)
def test_words_follow_the_data(W, says):
    """The alternative text says of each matrix what is true of it."""
    assert says in norm_radius.show(norm_radius.compute(W, 9)).alt


def test_not_found_is_not_promised():
    """Where the last long power was not found, no number is named from which all are short."""
    record = norm_radius.compute([[0.9999, 10], [0, 0.9999]], 0)
    assert record.decays
    assert record.settled is None
    assert "every power is shorter" not in norm_radius.describe(record)
