"""The figures on training: their data say what the chapter says, and they show their data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from test_wall_kernel import COMMON
from test_wall_kernel import EXAMPLES as WALLS

from book_utils.derivations import training as proofs
from book_utils.dynamics.descent import Clipped, FixedW, Vanilla, descend
from book_utils.dynamics.one_unit import fold, limit, objective, shock
from book_utils.experiments import training as study
from book_utils.figures import descents, speedups

COUNTS = {8: (178, 96, 19, 14), 9: (175, 90, 49, 45)}
JUMPS = {8: (3, 4, 0, 0), 9: (2, 2, 0, 0)}
CROSSINGS = {8: (5, 5, 0, 0), 9: (2, 2, 0, 0)}


@pytest.fixture(scope="module")
def records():
    return {k: descents.compute(setting) for k, setting in descents.EXAMPLES.items()}


@pytest.fixture(scope="module")
def speed():
    return speedups.compute(study.stored())


@pytest.mark.parametrize("example", COUNTS)
def test_the_counts_are_those_of_the_chapter(records, example):
    """The four runs of each example take as many iterations as the chapter says, with as many jumps
    and as many steps over the shock."""
    record = records[example]
    for found, method in ((COUNTS, record.count), (CROSSINGS, record.crossings)):
        assert tuple(method(name) for name in record.runs) == found[example]
    assert tuple(len(record.jumps(name)) for name in record.runs) == JUMPS[example]


@pytest.mark.parametrize("example", COUNTS)
def test_examples_do_not_hang_on_rounding(records, example):
    """A billionth more or less in the start changes no count, no jump and no crossing: a machine
    that rounds otherwise draws the same picture."""
    record, rng = records[example], np.random.default_rng(53)
    for _ in range(12):
        w, b = rng.uniform(-1e-9, 1e-9, 2)
        setting = record.setting
        moved = descents.compute(replace(setting, w=setting.w + w, b=setting.b + b))
        for name in record.runs:
            assert moved.count(name) == record.count(name)
            assert moved.crossings(name) == record.crossings(name)
            np.testing.assert_array_equal(moved.jumps(name), record.jumps(name))
            # Less than a pixel: the axes span 2 and more, over some hundred pixels.
            for found, expected in zip(moved.path(name), record.path(name), strict=True):
                np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("example", COUNTS)
def test_the_examples_are_those_of_the_explorable(records, example):
    """The widget on the same page takes as many iterations from the same start."""
    case, setting = {**COMMON, **WALLS[f"Example {example}"]}, records[example].setting
    shared = (case["x0"], *case["start"], case["target"], case["step"], case["threshold"])
    ours = (setting.x0, setting.w, setting.b, setting.target, setting.step, setting.threshold)
    assert shared == ours


@pytest.mark.parametrize(("example", "printed"), [(8, (9.3, 5.0)), (9, (3.5, 1.8))])
def test_the_examples_match_what_is_printed(records, example, printed):
    """The speed-ups over vanilla and clipping lie within 6 % of the printed ones."""
    found = [records[example].speedup(name) for name in ("vanilla", "clipped")]
    assert found == pytest.approx(printed, rel=0.06)


@pytest.mark.parametrize(("example", "record"), [(8, proofs.example8), (9, proofs.example9)])
def test_the_records_speak_of_the_same_runs(records, example, record):
    """The settings in the ledger's records are those of the figures, and so is the iteration."""
    setting = records[example].setting
    for side, before in ((record.claim.left, 0), (record.claim.right, 1)):
        w, b, x0, target, step, count, n = map(float, side.args)
        assert (w, b, x0) == (setting.inside, setting.b, setting.x0)
        assert (target, step, n) == (setting.target, setting.step, 50)
        assert count == records[example].count("b only") - before


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


def test_long_gradients_only_outside_the_strip(records):
    """Vanilla and clipped runs meet gradients of about 5 and more, none of which exceeds 10; the
    gradients of the other two stay below 1."""
    for record in records.values():
        for name in ("vanilla", "clipped"):
            assert 5 < record.largest(name) < 10
        for name in ("b only", "projected"):
            assert record.largest(name) < 1


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


MOVED = {
    8: {"vanilla": [406, 155, 178, 159, 156], "b only": [19, 19, 19, 18, 18]},
    9: {"vanilla": [89, 1480, 175, 258, 115], "b only": [50, 49, 49, 48, 47]},
}


@pytest.mark.parametrize("example", MOVED)
def test_one_hundredth_matters_to_vanilla_and_not_to_algorithm_1(records, example):
    """The numbers that the chapter prints for b_0 moved by one or two hundredths; rounding, which
    is smaller than 1e-12, changes none of them."""
    setting = records[example].setting
    rng = np.random.default_rng(3)
    w = setting.w + rng.uniform(-1e-12, 1e-12, (20, 5))
    moved = np.array([-0.02, -0.01, 0, 0.01, 0.02])
    b = setting.b + moved + rng.uniform(-1e-12, 1e-12, (20, 5))
    methods = {"vanilla": Vanilla(), "b only": FixedW(3)}
    cost = objective(setting.y0, setting.target)
    for name, method in methods.items():
        counts = descend(cost, (w, b), method, setting.step, 3000).stays_below(1e-4)
        assert (counts == MOVED[example][name]).all(), name


@pytest.mark.parametrize("example", COUNTS)
def test_the_examples_stay_where_they_arrive(records, example):
    """No run of the examples leaves the target again: its cost stays below the tolerance."""
    record = descents.compute(records[example].setting, iterations=4000)
    for name, run in record.runs.items():
        assert int(run.stays_below(descents.TOLERANCE)) == records[example].count(name)


def test_other_settings_hang_on_a_billionth():
    """As the chapter says of w_0 = 4.85: vanilla descent and clipping take more than five different
    numbers of iterations, Algorithm 1 one."""
    rng = np.random.default_rng(4)
    start = (4.85 + rng.uniform(-1e-9, 1e-9, 60), -2.37 + rng.uniform(-1e-9, 1e-9, 60))
    cost = objective(1 / (1 + np.exp(2)), 0.66)
    found = [
        len(set(descend(cost, start, method, 0.26, 400).first_below(1e-4)))
        for method in (Vanilla(), Clipped(1.3), FixedW(3))
    ]
    assert min(found[:2]) > 5
    assert found[2] == 1


def test_the_words_on_the_runs_follow_the_data(records):
    """Other runs, other numbers in the alternative texts."""
    assert "arrives after 178 iterations" in descents.describe(records[8])
    assert "arrives after 96 iterations" in descents.describe_costs(records[8])
    short = descents.compute(descents.EXAMPLES[8], iterations=30)
    assert short.count("vanilla") == -1
    assert "does not arrive" in descents.describe(short)
    assert "does not arrive" in descents.describe_costs(short)


def test_where_the_printed_speedups_lie(speed):
    """All four lie between the lower quartile and the median; the quartiles over vanilla descent
    reach to infinity in one example; and in a sixth to a quarter of the settings nothing is
    gained."""
    for (x0, over), printed in speed.printed.items():
        low, middle, _ = speed.quartiles(x0, over)
        assert low < printed < middle
        assert 0.15 < speed.slower(x0, over) < 0.25
        assert speed.speedups[x0, over][0] < 0.01
    assert speed.quartiles(1.2, "vanilla")[2] == np.inf


def test_what_the_chapter_says_of_thresholds():
    """Over clipping from 0.5 on the medians hardly differ, and clipping at 0.1 is slower."""
    full = study.stored()
    for x0 in full.config.x0:
        slow, *others = (full.quartiles(study.clipped(τ), x0)[1] for τ in full.config.thresholds)
        assert max(others) < 1.4 * min(others)
        assert slow > 2 * max(others)


def test_the_picture_of_the_speedups_shows_them(speed):
    """A curve for each comparison, which ends at the share that arrives, and a dot on it at the
    printed value."""
    figure = Figure()
    speedups.draw(figure, speed)
    for ax, x0 in zip(figure.axes, speedups.EXAMPLES, strict=True):
        curves = [line for line in ax.lines if len(line.get_xdata()) > 2]
        dots = [line for line in ax.lines if line.get_marker() == "o"]
        for curve, dot, over in zip(curves, dots, ("vanilla", "clipping"), strict=True):
            found = speed.speedups[x0, over]
            finite = found[np.isfinite(found)]
            np.testing.assert_array_equal(curve.get_xdata()[:-1], finite)
            assert curve.get_ydata()[-1] == pytest.approx(1 - speed.failed(x0, over), abs=1e-12)
            (x,), (height,) = dot.get_data()
            assert x == speed.printed[x0, over]
            assert height == pytest.approx(np.mean(found < x), abs=1e-12)


def test_the_words_on_speedups_follow_the_data(speed):
    """Other speed-ups, other numbers in the alternative text."""
    doubled = {key: 2 * found for key, found in speed.speedups.items()}
    words = speedups.describe(speed)
    assert "823 settings" in words
    assert "infinite, not faster in 22%" in words
    assert words != speedups.describe(replace(speed, speedups=doubled))
