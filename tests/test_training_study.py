"""The study of training: it compares what it says it compares, and what is stored can be remade."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from book_utils.dynamics.descent import FixedW, Vanilla, descend
from book_utils.dynamics.one_unit import limit, objective, shock
from book_utils.experiments import training as study


@pytest.fixture(scope="module")
def small():
    config = study.Config(steps=(0.2, 0.5), targets=(0.3, 0.7), starts=3, iterations=250)
    return study.run(config)


def test_every_setting_is_tried(small):
    """Each step size meets each target and each start once, for each start of the unit."""
    chosen = small.settings
    rows = set(zip(chosen.x0, chosen.step, chosen.target, chosen.w, chosen.b, strict=True))
    assert len(rows) == len(chosen) == 2 * 2 * 2 * 3
    assert len(study.settings(study.Config())) == 1680


def test_the_starts_lie_near_the_shock():
    """b_0 differs from the shock by a normal number with the stated spread: the root of the mean
    square of forty of them lies within 30 % of it, which is three of its own deviations."""
    config = study.Config()
    chosen = study.settings(config)
    off = np.unique(chosen.b - shock(chosen.w, chosen.y0))
    assert np.sqrt(np.mean(off**2)) == pytest.approx(config.spread, rel=0.3)
    assert chosen.w.min() >= config.w_low
    assert chosen.w.max() <= config.w_high


@pytest.mark.parametrize(
    ("name", "method", "w"),
    [(study.VANILLA, Vanilla(), None), (study.B_ONLY, FixedW(3.0), 3.0)],
)
def test_a_count_is_that_of_a_single_descent(small, name, method, w):
    """A run side by side with others, in rounds, arrives when the same run alone does, with the
    same longest gradient: both methods are followed through several rounds."""
    chosen, config = small.settings, small.config
    for i in range(0, len(chosen), 5):
        alone = descend(
            objective(chosen.y0[i], chosen.target[i]),
            (chosen.w[i] if w is None else w, chosen.b[i]),
            method,
            chosen.step[i],
            config.iterations + config.stays,
        )
        low = alone.losses < config.tolerance
        stays = [k for k in range(config.iterations + 1) if low[k : k + config.stays + 1].all()]
        count = stays[0] if stays else -1
        assert small.counts[name][i] == count
        until = count + 1 if count >= 0 else len(low)
        assert small.largest[name][i] == pytest.approx(alone.gradients[:until].max(), rel=1e-9)


def test_a_run_that_passes_through_has_not_arrived():
    """What counts is to stay below: some clipped runs come below the tolerance, leave it and come
    back, b alone at w = 3 never leaves it."""
    config = study.Config(steps=(0.35, 0.7), targets=(0.3, 0.7), starts=10, iterations=1000)
    stay, touch = study.run(config), study.run(replace(config, stays=0))
    for name in (study.clipped(1), study.B_ONLY):
        later = stay.counts[name] != touch.counts[name]
        assert (stay.counts[name] >= touch.counts[name])[stay.counts[name] >= 0].all()
        assert later.any() == (name != study.B_ONLY)


def test_stored_and_read_again(small, tmp_path, monkeypatch):
    """What is written is read again: configuration, settings, counts, and three digits of sizes."""
    monkeypatch.setattr(study, "STORED", tmp_path / "training.csv")
    study.store(small, study.STORED)
    again = study.stored.__wrapped__()
    assert again.config == small.config
    assert again.made == small.made
    for name in small.counts:
        np.testing.assert_array_equal(again.counts[name], small.counts[name])
        np.testing.assert_allclose(again.largest[name], small.largest[name], rtol=6e-3)
    for column in study.NAMES:
        np.testing.assert_allclose(
            getattr(again.settings, column), getattr(small.settings, column), rtol=1e-12
        )


def test_the_stored_result_can_be_remade():
    """Every fortieth stored setting, run again, takes as many iterations as stored where no
    gradient explodes; runs on the wall may differ on another machine, and few of them do."""
    full = study.stored()
    assert full.config == study.Config()
    some = np.arange(0, len(full.settings), 40)
    again = study.run(full.config, full.settings[some])
    for name in again.counts:
        same = again.counts[name] == full.counts[name][some]
        if name in (study.B_ONLY, study.BOTH):
            assert same.all(), name
        else:
            calm = full.largest[name][some] < 1
            assert np.mean(same[calm]) >= 0.95, name


def test_the_stored_settings_are_those_of_the_configuration():
    """The stored settings are made by the stored configuration, not typed."""
    full = study.stored()
    made = study.settings(full.config)
    for column in study.NAMES:
        np.testing.assert_allclose(getattr(full.settings, column), getattr(made, column), rtol=1e-6)


def test_the_stored_result_says_how_it_was_made():
    """A date, a time, and the versions stand in the file."""
    made = study.stored().made
    for part in ("on 20", "seconds", "Python", "NumPy"):
        assert part in made


def test_what_the_chapter_says_of_the_study():
    """Vanilla fails in a quarter and more, the strip never explodes and fails in one setting,
    clipping from 0.5 on in one to four of a hundred, b alone at the old w mostly, and most runs
    that explode do not come back."""
    full = study.stored()
    for x0 in full.config.x0:
        of = full.of(x0)
        assert 0.7 < full.arrived(study.VANILLA, x0) < 0.77
        assert 0.76 < full.arrived(study.clipped(0.1), x0) < 0.8
        for threshold in (0.5, 1, 2):
            assert 0.955 < full.arrived(study.clipped(threshold), x0) < 0.99
        assert full.arrived(study.B_KEPT, x0) < 0.3
        for name, largest in ((study.B_ONLY, 1.2), (study.BOTH, 1.2), (study.AT_ONCE, 6)):
            assert np.sum(full.counts[name][of] < 0) <= 1
            assert full.largest[name][of].max() < largest
        assert full.quartiles(study.B_ONLY, x0, method=study.BOTH)[1] > 1.05
        met, arrived = full.exploded(x0)
        assert arrived < met / 2
        assert 0.29 < met / of.sum() < 0.37
        exploded = (full.largest[study.VANILLA] > 10) & of
        counts = full.counts[study.VANILLA][exploded]
        assert not ((counts >= 0) & (counts <= 200)).any()
        failed = np.sum(full.counts[study.VANILLA][of] < 0)
        assert met - arrived > 0.85 * failed
    slower, faster = (
        full.quartiles(study.B_ONLY, x0, method=study.AT_ONCE)[1] for x0 in full.config.x0
    )
    assert slower < 1 < faster


def test_the_gap_is_what_stops_b_alone():
    """With w kept, no run arrives at a target that the limit jumps over, and most at others; a
    limit on either side of the shock confirms which targets these are."""
    full = study.stored()
    gap, arrived = full.in_gap(), full.counts[study.B_KEPT] >= 0
    for x0 in full.config.x0:
        of = full.of(x0)
        assert not arrived[of & gap].any()
        assert arrived[of & ~gap].mean() > 0.7
    for i in range(0, len(full.settings), 60):
        one = full.settings[i]
        b = shock(one.w, one.y0) + np.concatenate(
            [-np.geomspace(1e-8, 9, 400), np.geomspace(1e-8, 9, 400)]
        )
        near = np.abs(limit(np.full_like(b, one.w), b, one.y0) - one.target).min()
        # Off the shock two neighbours of the grid are less than 0.02 apart.
        assert near >= 0.0099 if gap[i] else near < 0.03


def test_quartiles_are_values_and_may_be_infinite():
    """Of eight values the second, the fourth and the sixth."""
    values = np.array([3, 1, 2, np.inf, 4, 5, np.inf, np.inf])
    assert study.quartiles(values) == (2, 4, np.inf)
    assert study.quartiles(np.array([7.0, 5, 6])) == (5, 6, 7)


@pytest.mark.parametrize("over", [study.VANILLA, study.clipped(1)])
def test_where_nothing_is_gained_the_wall_is_rarely_met(over):
    """Where b alone at w = 3 is not faster, fewer than half of the other runs meet a gradient
    above 1; where it is, more than four fifths do."""
    full = study.stored()
    for x0 in full.config.x0:
        calm, gained = full.steep(over, x0)
        assert calm < 0.5
        assert gained > 0.8
        slow, fast, of = full.counts[over], full.counts[study.B_ONLY], full.of(x0)
        both = of & (slow > 0) & (fast > 0) & (slow <= fast)
        either = of & (slow > 0) & (fast < 0)
        assert calm == np.mean(full.largest[over][both | either] > 1)


def test_a_run_that_does_not_arrive_has_taken_infinitely_many(small):
    """A ratio is taken where both runs train and at least one arrives: it is infinite where the
    method arrives alone, and 0 where the other one does."""
    for x0 in small.config.x0:
        of = small.of(x0)
        slow, fast = small.counts[study.VANILLA][of], small.counts[study.B_ONLY][of]
        trained = (slow != 0) & (fast != 0)
        found = small.speedups(study.VANILLA, x0)
        assert np.isinf(found).sum() == np.sum(trained & (slow < 0) & (fast > 0))
        assert (found == 0).sum() == np.sum(trained & (slow > 0) & (fast < 0))
        both = (slow > 0) & (fast > 0)
        ratios = found[np.isfinite(found) & (found > 0)]
        np.testing.assert_array_equal(ratios, np.sort(slow[both] / fast[both]))
    assert any(np.isinf(small.speedups(study.VANILLA, x0)).any() for x0 in small.config.x0)


def test_the_command_is_the_one_of_the_text():
    """`python -m book_utils.experiments.training` is a module with a main function."""
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import book_utils.experiments.training as t; print(t.main.__doc__)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "stored result" in found.stdout
