"""The figures on random systems: their data say what the chapter says, and they show their data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.experiments import windows as study
from book_utils.figures import instance_gaps, instance_training


@pytest.fixture(scope="module")
def full():
    return study.stored()


@pytest.fixture(scope="module")
def gaps(full):
    return instance_gaps.compute(full)


@pytest.fixture(scope="module")
def training(full):
    return instance_training.compute(full)


def test_linear_gaps_stay_below_the_law(gaps):
    """Of the law through the first gap, linear systems keep less than a fifth from k = 10 on."""
    for variant in study.VARIANTS:
        share = gaps.share(variant, study.LINEAR)
        assert share[0] == 1
        assert (share <= 1).all()
        assert (share[9:] < 0.2).all()


def test_tanh_gaps_leave_the_law(gaps):
    """At k = 10 the tanh systems are six orders below it as printed, three after rescaling."""
    assert gaps.share(study.PRINTED, study.TANH)[9] < 1e-6
    assert gaps.share(study.RESCALED, study.TANH)[9] < 2e-3


def test_rounding_is_left_out(full, gaps):
    """Each curve is the beginning of the measured one, up to the first gap that is not clear."""
    for (variant, model), curve in gaps.gaps.items():
        length = len(curve.mean)
        np.testing.assert_array_equal(curve.mean, full.gap(variant, model).mean[:length])
        clear = full.counted(variant, model)
        assert clear[:length].all()
        assert not clear[length]


def test_the_rescaled_distance_is_level(training):
    """From ten steps to two hundred it changes by less than 3 %, whatever the schedule."""
    for schedule in study.SCHEDULES:
        assert abs(training.growth(study.RESCALED, schedule) - 1) < 0.03


def test_the_printed_training_is_thrown_about(full, training):
    """The first step of every printed linear run is longer than the ball is wide, and the weights
    part by more than 1; with constant steps most losses rise, with 1/t most end at zero."""
    name = study.PRINTED, study.LINEAR
    assert (full.config.α * full.first(*name) > training.trivial).all()
    risen = {}
    for schedule in study.SCHEDULES:
        before, after = full.loss(*name, schedule)
        risen[schedule] = int((after > before).sum())
        assert training.distances[study.PRINTED, schedule].mean[-1] > 1
    assert risen == {"1/t": 1, "1/√t": 3, "constant": 7}
    assert (full.loss(*name, "1/t")[1] < 1e-6).sum() == 6


def test_the_rescaled_training_settles(full):
    """Every rescaled linear run ends at zero loss, and the constant step at a curvature below 2."""
    name = study.RESCALED, study.LINEAR
    for schedule in study.SCHEDULES:
        assert (full.loss(*name, schedule)[1] < 1e-6).all()
    settled = full.config.α * full.settled(*name, "constant")
    assert (settled < 2).all()
    assert (settled > 0).all()


def test_the_spectral_distance_is_no_longer(full):
    """Of each variant the spectral norm of the last distance is below the Frobenius norm."""
    for variant in study.VARIANTS:
        for schedule in study.SCHEDULES:
            name = variant, study.LINEAR, schedule
            spectral = full.spectral(*name)
            assert spectral.mean() < full.distance(*name).mean[-1]
            assert spectral.max() <= 2 * full.config.λ


def test_tanh_distances_are_rounding(training):
    """No tanh system comes further apart than 1e-11."""
    assert max(training.tanh.values()) < 1e-11


def test_both_linear_kinds_have_no_bound(full):
    """With the least constants that fit the bound exceeds 2λ√n in all runs of linear systems, in
    nine of printed tanh, and in none of rescaled tanh."""
    trivial = np.log10(2 * full.config.λ * np.sqrt(full.config.n))
    beyond = {
        (variant, model): int((full.least_bound(variant, model) > trivial).sum())
        for variant in study.VARIANTS
        for model in study.MODELS
    }
    assert list(beyond.values()) == [10, 9, 10, 0]


def test_no_rescaled_distance_reaches_the_bound(full):
    """The least bound of rescaled linear systems is at its first step above every distance."""
    name = study.RESCALED, study.LINEAR
    least = 10 ** full.least_bound(*name, 1).min()
    assert max(full.distance(*name, each).largest.max() for each in study.SCHEDULES) < least


def test_the_picture_of_gaps_shows_gaps_and_law(gaps):
    """Each panel has for each model the line of the mean gaps and the broken line of the law."""
    figure = Figure()
    instance_gaps.draw(figure, gaps)
    for ax, variant in zip(figure.axes, study.VARIANTS, strict=True):
        assert ax.get_title() == variant
        for place, model in enumerate(instance_gaps.COLOURS):
            measured, law = ax.lines[2 * place : 2 * place + 2]
            np.testing.assert_array_equal(measured.get_ydata(), gaps.gaps[variant, model].mean)
            np.testing.assert_allclose(law.get_ydata(), gaps.law(variant, model))
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [*instance_gaps.COLOURS, instance_gaps.LAW]


def test_the_picture_of_training_shows_three_schedules(training):
    """Each panel has a line for each schedule inside its axes, the first also the trivial bound."""
    figure = Figure()
    instance_training.draw(figure, training)
    for ax, variant in zip(figure.axes, study.VARIANTS, strict=True):
        for line, schedule in zip(ax.lines, study.SCHEDULES, strict=False):
            values = training.distances[variant, schedule].mean
            np.testing.assert_array_equal(line.get_ydata(), values)
            low, high = ax.get_ylim()
            assert ((low < values) & (values < high)).all()
    assert figure.axes[0].lines[-1].get_ydata()[0] == pytest.approx(training.trivial)
    straight = figure.axes[1].lines[-1].get_ydata()
    np.testing.assert_allclose(straight / straight[0], training.steps)


def test_the_words_follow_the_data(gaps, training):
    """The alternative texts are computed: other data, other numbers in them."""
    words = instance_gaps.describe(gaps)
    name = study.PRINTED, study.LINEAR
    curve = gaps.gaps[name]
    assert f"from {curve.mean[0]:.2g} at k = 1" in words
    halved = replace(curve, mean=curve.mean / 2)
    assert instance_gaps.describe(replace(gaps, gaps={**gaps.gaps, name: halved})) != words
    words = instance_training.describe(training)
    assert f"at {training.trivial:.2g} is" in words
    assert instance_training.describe(replace(training, α=0.5)) != words
