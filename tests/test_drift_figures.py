"""The figures of the drift: their data keep the bounds, and they show their data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.dynamics.truncation import drift_factor
from book_utils.figures import drift, drift_bounds


@pytest.fixture(scope="module")
def record():
    return drift.compute(steps=20)


@pytest.fixture(scope="module")
def chain():
    return drift_bounds.compute()


def test_no_distance_exceeds_the_worst_case(record):
    """For every schedule and at every step; the chapter says a hundredth, for k = 8."""
    for name, values in record.distances.items():
        assert (values > 0).all()
        assert (values < record.worst[name] / 100).all()


def test_the_first_step_is_the_same_for_all_schedules(record):
    """All three begin with a step α, and the worst case with α g."""
    firsts = [values[0] for values in record.distances.values()]
    assert firsts == [firsts[0]] * 3
    for worst in record.worst.values():
        assert worst[0] == pytest.approx(record.alpha * record.gap, rel=1e-14)


def test_larger_steps_drift_further(record):
    """After the last step α/i is nearest and the constant step farthest, as are the worst cases."""
    for values in (record.distances, record.worst):
        ends = [values[name][-1] for name in ("1/i", "1/√i", "1")]
        assert ends == sorted(ends)


def test_a_longer_window_drifts_less():
    """Each of k = 2, 4, 8 leaves less than half of the distance of the one before."""
    ends = [drift.compute(k=k, steps=6).distances["1"][-1] for k in (2, 4, 8)]
    assert (np.array(ends[1:]) < np.array(ends[:-1]) / 2).all()


def test_the_least_of_three_bounds_is_allowed(record):
    """No distance exceeds it; it is the worst case at first, and never more than the diameter."""
    for name, values in record.distances.items():
        allowed = record.allowed(name)
        assert (values < allowed).all()
        assert allowed[0] == record.worst[name][0]
        assert allowed.max() <= record.diameter
    assert record.diameter == pytest.approx(np.linalg.norm(np.eye(4)), rel=1e-15)
    short = replace(record, steepest=0.01)
    np.testing.assert_allclose(short.allowed("1"), 0.02 * record.alpha * record.steps, rtol=1e-13)


def test_the_picture_shows_distances_and_worst_cases(record):
    """Above three broken lines, three with marks and the diameter; below the distances alone."""
    figure = Figure()
    drift.draw(figure, record)
    above, below = figure.axes
    assert len(above.lines) == 2 * len(record.distances) + 1
    for place, name in enumerate(record.distances):
        worst, measured = above.lines[2 * place : 2 * place + 2]
        np.testing.assert_array_equal(worst.get_ydata(), record.worst[name])
        np.testing.assert_array_equal(measured.get_ydata(), record.distances[name])
        np.testing.assert_array_equal(below.lines[place].get_ydata(), record.distances[name])
    assert above.lines[-1].get_ydata()[0] == record.diameter
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][-2:] == [drift.WORST, drift.DIAMETER]


def test_the_words_follow_the_data(record, chain):
    """Both alternative texts are computed: other data, other numbers in them."""
    words = drift.describe(record)
    assert f"{record.distances['1'][-1]:.1e}, allowed 2" in words
    doubled = {name: 3 * values for name, values in record.distances.items()}
    assert drift.describe(replace(record, distances=doubled)) != words
    said = drift_bounds.describe(chain)
    assert "s = 0.64" in said
    assert f"exact {chain.values['exact'][-1]:.3g}" in said
    assert drift_bounds.describe(drift_bounds.compute(0.5)) != said


def test_the_bounds_lie_in_their_order(chain):
    """At every number of steps each curve lies on or above the one before."""
    values = np.array(list(chain.values.values()))
    # At N = 1 all four are 1 up to rounding.
    assert (values[:-1] <= values[1:] * (1 + 1e-12)).all()
    exact = [drift_factor(int(N), chain.exponent) for N in chain.steps]
    np.testing.assert_array_equal(chain.values["exact"], exact)


def test_all_but_the_printed_bound_have_the_right_slope(chain):
    """From 4642 steps to 10000 the exponent of N is s to two digits, and s + 1 as printed."""
    for name in ("exact", "zeta", "simple"):
        assert drift_bounds.slope(chain, name) == pytest.approx(0.64, abs=5e-3)
    assert drift_bounds.slope(chain, "printed") == pytest.approx(1.64, rel=1e-12)


def test_the_chain_is_drawn(chain):
    """Four curves on two logarithmic axes, with the data of the record."""
    figure = Figure()
    drift_bounds.draw(figure, chain)
    (ax,) = figure.axes
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    for line, values in zip(ax.lines, chain.values.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), chain.steps)
        np.testing.assert_array_equal(line.get_ydata(), values)
