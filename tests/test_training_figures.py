"""The figures on training: their data say what the chapter says, and they show their data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.derivations import training as proofs
from book_utils.dynamics.one_unit import fold, limit, shock
from book_utils.experiments import training as study
from book_utils.figures import descents, speedups

COUNTS = {8: (173, 92, 19, 14), 9: (177, 89, 50, 48)}


@pytest.fixture(scope="module")
def records():
    return {k: descents.compute(setting) for k, setting in descents.EXAMPLES.items()}


@pytest.fixture(scope="module")
def speed():
    return speedups.compute(study.stored())


@pytest.mark.parametrize("example", COUNTS)
def test_the_counts_are_those_of_the_chapter(records, example):
    """The four runs of each example take as many iterations as the chapter says."""
    record = records[example]
    assert tuple(record.count(name) for name in record.runs) == COUNTS[example]


@pytest.mark.parametrize(("example", "printed"), [(8, (9.3, 5.0)), (9, (3.5, 1.8))])
def test_the_examples_match_what_is_printed(records, example, printed):
    """The speed-ups over vanilla and clipping lie within 4 % of the printed ones."""
    found = [records[example].speedup(name) for name in ("vanilla", "clipped")]
    assert found == pytest.approx(printed, rel=0.04)


@pytest.mark.parametrize(("example", "record"), [(8, proofs.example8), (9, proofs.example9)])
def test_the_records_speak_of_the_same_runs(records, example, record):
    """The settings in the ledger's records are those of the figures, and so is the iteration."""
    setting = records[example].setting
    w, b, x0, target, step, count, n = map(float, record.claim.left.args)
    assert (w, b, x0) == (setting.inside, setting.b, setting.x0)
    assert (target, step, n) == (setting.target, setting.step, 50)
    assert count == records[example].count("b only")


@pytest.mark.parametrize("example", COUNTS)
def test_the_curves_of_the_plane(records, example):
    """The wall and the folds are those of `one_unit`, and in the valley the limit is the target."""
    record = records[example]
    w, b = record.wall
    np.testing.assert_array_equal(b, shock(w, record.setting.y0))
    w, minus, plus = record.folds
    np.testing.assert_array_equal((minus, plus), fold(w))
    ends = limit(*record.valley, record.setting.y0)
    np.testing.assert_allclose(ends, record.setting.target, atol=1e-6)


def test_jumps_and_explosions_only_outside_the_strip(records):
    """Vanilla and clipped runs cross the wall, with gradients above 2; the other two never."""
    for record in records.values():
        for name in ("vanilla", "clipped"):
            assert record.crossings(name) >= 3
            assert record.largest(name) > 2
        for name in ("b only", "projected"):
            assert record.crossings(name) == len(record.jumps(name)) == 0
            assert record.largest(name) < 1
    assert len(records[8].jumps("vanilla")) == 2
    assert len(records[9].jumps("vanilla")) == 3


@pytest.mark.parametrize("example", COUNTS)
def test_the_pictures_show_the_runs(records, example):
    """Each path is drawn from its start to its arrival, and so is each cost."""
    record = records[example]
    paths, costs = Figure(), Figure()
    descents.draw(paths, record)
    descents.draw_costs(costs, record)
    lines = [line for ax in paths.axes for line in ax.lines]
    shown = [line for line in costs.axes[0].lines if len(line.get_ydata()) > 2]
    for name, cost in zip(record.runs, shown, strict=True):
        w, b, losses = record.path(name)
        np.testing.assert_array_equal(cost.get_ydata(), losses)
        assert losses[-1] < descents.TOLERANCE <= losses[:-1].min()
        assert any(
            np.array_equal(line.get_xdata(), w) and np.array_equal(line.get_ydata(), b)
            for line in lines
        )
    letters = [text.get_text() for ax in paths.axes for text in ax.texts]
    assert len(letters) == sum(len(record.jumps(name)) for name in record.runs)


def test_vanilla_descent_is_sensitive_and_algorithm_1_is_not(records):
    """Moved by one hundredth, Example 8 takes vanilla descent from 26 iterations to never, and
    Algorithm 1 always 19."""
    setting = records[8].setting
    counts = {"vanilla": set(), "b only": set()}
    for w, b in ((0, 0), (-0.01, 0.01), (0.01, -0.01), (0.01, 0.01)):
        moved = replace(setting, w=setting.w + w, b=setting.b + b)
        record = descents.compute(moved)
        for name, found in counts.items():
            found.add(record.count(name))
    assert counts["b only"] == {19}
    assert {26, 173, -1} <= counts["vanilla"]


def test_the_words_on_the_runs_follow_the_data(records):
    """Other runs, other numbers in the alternative texts."""
    assert "arrives after 173 iterations" in descents.describe(records[8])
    assert "arrives after 92 iterations" in descents.describe_costs(records[8])
    short = descents.compute(descents.EXAMPLES[8], iterations=30)
    assert short.count("vanilla") == -1
    assert "does not arrive" in descents.describe(short)
    assert "does not arrive" in descents.describe_costs(short)


def test_the_printed_speedups_lie_between_median_and_upper_quartile(speed):
    """So the chapter says; and in a quarter to two fifths of the settings nothing is gained."""
    for (x0, over), printed in speed.printed.items():
        _, middle, high = speed.quartiles(x0, over)
        assert middle < printed < high
        assert 0.25 < speed.slower(x0, over) < 0.4


def test_the_picture_of_the_speedups_shows_them(speed):
    """A curve for each comparison, and a dot on it at the printed value."""
    figure = Figure()
    speedups.draw(figure, speed)
    for ax, x0 in zip(figure.axes, speedups.EXAMPLES, strict=True):
        curves = [line for line in ax.lines if len(line.get_xdata()) > 2]
        dots = [line for line in ax.lines if line.get_marker() == "o"]
        for curve, dot, over in zip(curves, dots, ("vanilla", "clipping"), strict=True):
            np.testing.assert_array_equal(curve.get_xdata(), speed.speedups[x0, over])
            (x,), (height,) = dot.get_data()
            assert x == speed.printed[x0, over]
            below = np.mean(speed.speedups[x0, over] < x)
            assert height == pytest.approx(below, abs=1e-12)


def test_the_words_on_speedups_follow_the_data(speed):
    """Other speed-ups, other numbers in the alternative text."""
    doubled = {key: 2 * found for key, found in speed.speedups.items()}
    words = speedups.describe(speed)
    assert "642 settings" in words
    assert words != speedups.describe(replace(speed, speedups=doubled))
