"""The still of "drift" shows its record, and its words follow the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from test_drift_kernel import START

from book_utils.figures import trainings
from book_utils.figures.trainings import INPUT, LENGTH


def compute(**changes) -> trainings.Record:
    return trainings.compute(**{**START, "N": 10, "at": 10, **changes})


def loss(w: float, inputs: int, y: float, φ) -> float:
    """The loss by a loop of one line."""
    h = 0.0
    for _ in range(inputs):
        h = φ(w * h + INPUT)
    return (h - y) ** 2 / 2


@pytest.mark.parametrize(("activation", "φ"), [("tanh", np.tanh), ("identity", lambda a: a)])
def test_trainings_go_down_the_losses(activation, φ):
    """Each step is minus its size times the slope of the loss, found by a quotient."""
    record = compute(activation=activation, schedule="root", y=-0.2)
    for weights, inputs in ((record.full, LENGTH), (record.short, 4)):
        for i in range(10):
            w, tiny = weights[i], 1e-5
            slope = (loss(w + tiny, inputs, -0.2, φ) - loss(w - tiny, inputs, -0.2, φ)) / (2 * tiny)
            # A central quotient is right to the square of its width.
            assert weights[i + 1] == pytest.approx(w - 0.1 / np.sqrt(i + 1) * slope, abs=1e-9)


def test_the_constants_hold_for_the_unit():
    """Slopes move no faster than β, and the window leaves out no more than g, for all weights."""
    record = compute(k=2, λ=0.6)
    w = np.linspace(-0.6, 0.6, 241)
    slopes = [
        np.gradient([loss(each, inputs, 0.3, np.tanh) for each in w], w)[1:-1]
        for inputs in (LENGTH, 2)
    ]
    assert np.abs(np.diff(slopes[0])).max() <= record.smoothness * (w[1] - w[0])
    assert np.abs(slopes[0] - slopes[1]).max() <= record.gap


def test_the_pair_is_apart_by_the_worst_case():
    """Its distance is the worst case at every step, from a start at 0."""
    for schedule in trainings.SCHEDULES:
        record = compute(losses="pair", schedule=schedule)
        np.testing.assert_allclose(record.distances, record.worst, rtol=1e-13)
        assert (record.full == 0).all()
        assert record.wide is None


def test_a_pair_on_an_interval_is_apart_by_its_width():
    """The slopes −β w ± g/2, from 0: the recurrence, or 2λ where it says more, and no less."""
    for schedule in trainings.SCHEDULES:
        unit = compute(schedule=schedule, N=60, at=60)
        β, g, λ = unit.smoothness, unit.gap, unit.λ
        w = v = 0.0
        for i, worst in enumerate(unit.worst, 1):
            size = {"over": 0.1 / i, "root": 0.1 / np.sqrt(i), "equal": 0.1}[schedule]
            w, v = (np.clip(a - size * (-β * a + sign * g / 2), -λ, λ)
                    for a, sign in ((w, 1), (v, -1)))  # fmt: skip
            assert v - w == pytest.approx(worst, rel=1e-12)


def test_rounding_is_no_distance():
    """Weights that agree but for rounding are not apart, and the words say so."""
    record = compute()
    near = replace(record, short=record.full + 1e-15)
    assert (near.distances == 0).all()
    assert "not apart" in trainings.describe(near)


def test_the_picture_shows_its_record():
    """Both weights, their distance, the worst case, the bound and the width of the interval."""
    record = compute(schedule="over")
    figure = Figure()
    trainings.draw(figure, record)
    weights, distances = figure.axes
    shown = [line.get_ydata() for line in weights.lines[1:]]
    np.testing.assert_array_equal(shown, [record.full, record.short])
    shown = [line.get_ydata() for line in distances.lines[1:4]]
    np.testing.assert_array_equal(shown, [record.distances, record.worst, record.simple])
    assert distances.lines[4].get_ydata()[0] == 2 * record.λ


def test_the_words_follow_the_data():
    """Other data, other numbers, and where the worst case is all there is."""
    words = trainings.describe(compute())
    assert "a window of 4" in words
    assert "steps α/i, α = 0.1" in words
    record = compute(schedule="equal")
    words = trainings.describe(record)
    assert record.worst[record.wide - 2] < 1 == record.worst[record.wide - 1]
    assert f"the whole interval from step {record.wide} on" in words
    assert f"{record.distances[-1]:.2e} apart" in words
    assert "simple bound" not in words
    assert "The worst pair of losses" in trainings.describe(compute(losses="pair"))
