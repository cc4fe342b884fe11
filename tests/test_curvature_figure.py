"""The figure on the movement of the gradient: its data, its words, its picture."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.dynamics.truncation import Constants, smoothness_bound
from book_utils.figures import curvature


@pytest.fixture(scope="module")
def record():
    return curvature.compute((0.1, 0.05, 0.025))


@pytest.mark.parametrize("λ", [0.3, 0.7, 0.9])
def test_a_straight_unit_reaches_its_bound(λ):
    """After a long run the curvature is 3B²/(1 − λ)⁴, which is β."""
    system = curvature.Straight(λ, B=1.5)
    reached = curvature.second_derivative(system, 2000)
    assert reached == pytest.approx(3 * 1.5**2 / (1 - λ) ** 4, rel=1e-10)
    assert reached == pytest.approx(smoothness_bound(system.constants()), rel=1e-10)


@pytest.mark.parametrize("λ", [0.3, 0.7, 0.9, 0.99])
@pytest.mark.parametrize("c", [0.5, 2.0])
def test_the_bent_unit_is_what_it_says(λ, c):
    """It rests at m with the slope λ and the bend c, is C¹, and its slope lies between λ − ε and λ
    and moves by c at most."""
    ε = (1 - λ) / 10
    unit = curvature.Bent(λ, c=c, ε=ε)
    assert unit.step(unit.rest) == pytest.approx((unit.rest, λ, c), rel=1e-12)
    assert unit.step(0.0)[0] == pytest.approx(unit.B)
    states = unit.rest + np.linspace(-3, 3, 6001) * ε / c
    values, slopes, _ = np.array([unit.step(h) for h in states]).T
    step = states[1] - states[0]
    assert (slopes.min(), slopes.max()) == pytest.approx((λ - ε, λ), rel=1e-12)
    assert np.abs(np.diff(slopes)).max() <= c * step * (1 + 1e-6)
    # The chord of a parabola has the mean of the slopes at its ends.
    chords, means = np.diff(values) / step, (slopes[1:] + slopes[:-1]) / 2
    assert np.abs(chords - means).max() <= c * step


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"λ": 0.1, "ε": 0.2}, r"ε: got 0\.2, expects a positive number up to λ = 0\.1"),
        ({"λ": 0.9, "ε": 0.0}, r"ε: got 0, expects a positive"),
        ({"λ": 0.9, "ε": 0.5, "c": 0.25}, r"ε: got 0\.5, expects less than 2cB = 0\.5"),
    ],
)
def test_a_bend_that_does_not_fit_is_refused(wrong, message):
    """A slope below 0 and a bend that begins below 0 are refused, and the message names ε."""
    with pytest.raises(ValueError, match=message):
        curvature.Bent(**wrong)


@pytest.mark.parametrize("λ", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("c", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("squared", [True, False])
def test_the_bent_unit_reaches_its_bound(λ, c, squared):
    """At rest p″ = β_p h′² + L_p h″ with h′ = m/e and h″ = (2h′ + c h′²)/e: β, but for ε."""
    unit = curvature.Bent(λ, c=c, squared=squared)
    e, m = 1 - λ, unit.rest
    first = m / e
    second = (2 * first + c * first**2) / e
    reached = curvature.second_derivative(unit, 5000)
    assert reached == pytest.approx(first**2 + m * second if squared else second, rel=1e-9)
    β = smoothness_bound(unit.constants())
    assert 0.996 * β <= reached <= β


def moves(step, w, squared, steps=4000):
    """p′ after a long run, and the states' derivative: value, slope and rate of a step."""
    h = first = 0.0
    for _ in range(steps):
        h, slope, rate = step(h, w)
        first = slope * first + rate
    return h * first if squared else first


@pytest.mark.parametrize("λ", [0.5, 0.9])
def test_each_part_of_the_bound_is_reached_alone(λ):
    """Four units, each with one part of β and no other, move their gradient as fast as β allows."""
    none = Constants(λ=λ, H=0, L_p=1, L_w=1, β_p=0, β_ww=0, β_wh=0, β_hw=0, β_hh=0)
    e, c, H = 1 - λ, 2.0, 1 / (1 - λ)

    def bends(h, w):
        # Slope λ at and above 1, and less below; for w = e the rest is 1.
        u = max(h - 1, -0.01)
        straight = min(h - 1 + 0.01, 0.0)
        bent = λ * u + c / 2 * min(u, 0.0) ** 2
        return λ + w + bent + (λ - 0.01 * c) * straight, λ + c * min(u, 0.0), 1.0

    cases = (
        (lambda h, w: (λ * h + w, λ, 1.0), 1.0, True, {"β_p": 1}),
        (lambda h, w: (w * h + 1, w, h), λ, False, {"β_wh": 1, "β_hw": 1, "L_w": H}),
        (lambda h, w: (λ * h + w**2 / 2, λ, w), 1.0, False, {"β_ww": 1}),
        (bends, e, False, {"β_hh": c}),
    )
    for step, w, squared, constants in cases:
        moved = (moves(step, w, squared) - moves(step, w - 1e-6, squared)) / 1e-6
        β = smoothness_bound(replace(none, **constants))
        assert 0.995 * β <= moved <= β * (1 + 1e-5)


def test_the_orders(record):
    """Three and four for the straight unit, five and six for the bent one."""
    orders = [-record.order(name) for name in record.reached]
    assert orders == pytest.approx([3, 4, 5, 6], abs=0.1)


def test_nothing_is_above_its_bound(record):
    """Every dot lies on or below its line."""
    for name, reached in record.reached.items():
        assert (reached <= record.bounds[name] * (1 + 1e-9)).all()


def test_random_networks_stay_below_the_bound():
    """No random network moves its gradient by more than β says, and some come close."""
    found, bend = curvature.ratios(400).T
    assert found.max() <= 1
    assert found.max() > 0.95
    assert ((bend >= 0) & (bend < 1)).all()


def test_the_words_follow_the_data(record):
    """The alternative text gives the slopes of the data."""
    reached = {name: values * record.room**-1 for name, values in record.reached.items()}
    assert "a slope of 4.00 at the end" in curvature.describe(record)
    assert "Bent, p = h: |p''|" in curvature.describe(record)
    told = curvature.describe(replace(record, reached=reached))
    assert told.count("a slope of 4.00 at the end") == 1
    assert "a slope of 5.00 at the end" in told


def test_the_picture_shows_the_data(record):
    """For each system the bound is a line and what is reached are marks."""
    figure = Figure()
    curvature.draw(figure, record)
    lines = iter(figure.axes[0].lines)
    for name in record.reached:
        assert np.array_equal(next(lines).get_ydata(), record.bounds[name])
        assert np.array_equal(next(lines).get_ydata(), record.reached[name])
