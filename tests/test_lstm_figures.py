"""The figures of the LSTM's chapter: they show their data, and the data keep the theorems."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.dynamics import lstm_contraction, lstm_rates, simulate
from book_utils.figures import lstm_apart, lstm_measured, lstm_region


@pytest.fixture(scope="module")
def region():
    return lstm_region.compute(points=89)


@pytest.fixture(scope="module")
def measured():
    return lstm_measured.compute(networks=6)


# The region ----------------------------------------------------------------------------------


def test_each_region_contains_the_stricter_one(region):
    """Printed hypotheses imply F + p + q_o < 1, and that implies the weaker condition."""
    rates = region.rates
    assert (rates.by_sum < 1)[rates.hypotheses_hold].all()
    assert rates.weaker_holds[rates.by_sum < 1].all()
    assert set(np.unique(region.regions)) == {0, 1, 2, 3}


def test_the_corners_are_where_the_text_says(region):
    """At F = 3/4 the printed hypotheses end at 1/4 and 1/16, the others at 1 and 4 of W_o."""
    for level, corner in ((3, (0.25, 0.0625)), (2, (1, 0.25)), (1, (4, 0.25))):
        assert region.reach(level) == corner


@pytest.mark.parametrize(("i", "f"), [(0, 0), (0.1, 0.05), (0.3, 0), (0, 0.1), (1.1, 0)])
def test_the_regions_go_as_far_as_the_grid_says(i, f):
    """Their corners and shares are those of the grid, to within its steps."""
    region = lstm_region.compute(i=i, f=f, points=201)
    for level in (1, 2, 3):
        inside = region.regions >= level
        rows, columns = np.nonzero(inside)
        found = [np.max(a[k], initial=0) for a, k in ((region.o, columns), (region.z, rows))]
        np.testing.assert_allclose(
            region.reach(level), found, atol=1.01 * max(region.o[1], region.z[1]), rtol=0
        )
        assert region.share(level) == pytest.approx(inside.mean(), abs=0.01)


def test_the_picture_shows_three_regions_and_the_rate(region):
    """Three filled regions and lines of equal weighted rate, labelled, with a legend of four."""
    figure = Figure()
    lstm_region.draw(figure, region)
    (ax,) = figure.axes
    filled = [part for part in ax.collections if part.filled]
    assert len(filled) == 3
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 4
    assert [text.get_text() for text in ax.texts] == [f"{level:g}" for level in lstm_region.LEVELS]


def test_the_words_of_the_region_follow_the_data(region):
    """Other norms of W_i, other words."""
    words = lstm_region.describe(region)
    assert "hold up to a norm 0.25 of W_o and up to 0.0625 of W_z" in words
    assert lstm_region.describe(lstm_region.compute(i=0.2, points=89)) != words


# Two states ----------------------------------------------------------------------------------


def test_two_states_part_and_meet_as_the_chapter_says():
    """Further apart in length for six steps, closer from the seventh, and below the bound."""
    record = lstm_apart.compute()
    assert record.iterations == 7
    assert (record.euclidean[1:7] > 1).all()
    assert (record.euclidean[7:] < 1).all()
    assert (record.euclidean <= record.bound).all()
    np.testing.assert_allclose(record.weighted, 0.95**record.steps, rtol=1e-12)


def test_the_distances_are_those_of_two_runs():
    """With recurrent weights too: the first run starts in 0, the second after an input of 1."""
    cell = replace(lstm_apart.held(), W_z=[[0.02]], W_o=[[0.3]])
    record, known = lstm_apart.compute(cell, 5), lstm_contraction(cell, 1.0)
    start, same = cell.step([0.0, 0.0], [1.0, 1.0]), np.tile([0.0, 1.0], (5, 1))
    gap = simulate(cell, start, same) - simulate(cell, [0.0, 0.0], same)
    far = np.linalg.norm(gap, axis=1)
    np.testing.assert_allclose(record.euclidean, far / far[0], rtol=1e-12)
    weighed = np.abs(gap * [1, known.weight]).max(axis=1)
    np.testing.assert_allclose(record.weighted, weighed / weighed[0], rtol=1e-12)
    assert record.rate == known.by_sum


def test_the_picture_shows_both_distances_and_the_bound():
    """The lines are no change, the bound, the length and the weighted largest entry."""
    record, figure = lstm_apart.compute(), Figure()
    lstm_apart.draw(figure, record)
    (ax,) = figure.axes
    shown = [line.get_ydata() for line in ax.lines]
    for found, expected in zip(
        shown, ([1, 1], record.bound, record.euclidean, record.weighted), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_the_words_of_the_two_states_follow_the_data():
    """The steps until they are closer are counted, also if there are none."""
    record = lstm_apart.compute()
    assert "below 1 from step 7 on" in lstm_apart.describe(record)
    assert "in no step shown" in lstm_apart.describe(lstm_apart.compute(steps=4))


# Random networks -----------------------------------------------------------------------------


def test_no_network_contracts_more_slowly_than_is_sure(measured):
    """The measured factor is at most the weighted rate, and that at most the printed one."""
    assert (measured.measured <= measured.weighted).all()
    assert (measured.weighted <= measured.by_sum).all()


def test_every_measured_network_contracts(measured):
    """All measured factors are below 1, though most of the rates are not, as the chapter says."""
    assert (measured.measured < 1).all()
    assert np.mean(measured.by_sum < 1) < 0.2


def test_the_rates_are_those_of_the_five_numbers(measured):
    """What a point shows is what `lstm_rates` makes of the same F, p and q_o."""
    one = measured.known[0]
    same = lstm_rates(one.forget, 0, 4 * one.q_o, 0, one.p)
    assert one.weighted == pytest.approx(float(same.weighted), rel=1e-12)
    assert len(measured.known) == len(measured.measured) == 5 * 6


def test_the_picture_shows_every_network_twice(measured):
    """A circle and a triangle for each network, at one height."""
    figure = Figure()
    lstm_measured.draw(figure, measured)
    (ax,) = figure.axes
    circles, triangles = (part.get_offsets() for part in ax.collections)
    np.testing.assert_array_equal(circles, np.column_stack([measured.by_sum, measured.measured]))
    np.testing.assert_array_equal(
        triangles, np.column_stack([measured.weighted, measured.measured])
    )


def test_the_words_of_the_networks_follow_the_data(measured):
    """Other measurements, other words."""
    words = lstm_measured.describe(measured)
    assert lstm_measured.describe(replace(measured, measured=measured.measured / 2)) != words


@pytest.mark.parametrize("module", [lstm_region, lstm_apart, lstm_measured])
def test_the_pictures_come_with_words_and_a_caption(module):
    """Each picture is shown with its description and a caption."""
    still = module.show(module.compute())
    assert still.alt.startswith(module.describe(module.compute()))
    assert still.caption
