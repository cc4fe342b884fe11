"""The figures on explosion: their data say what the chapter says, and they show their data."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from book_utils.dynamics import (
    critical_gain,
    gaussian_exponent,
    jacobians,
    simulate,
    spectral_radius,
    transport,
)
from book_utils.figures import alternating, power_growth, random_exponents

# Sums and products of fewer than a hundred numbers lose less than this.
ROUNDING = 1e-12


@pytest.fixture(scope="module")
def powers():
    return power_growth.compute()


@pytest.fixture(scope="module")
def steered():
    return alternating.compute()


@pytest.fixture(scope="module")
def exponents():
    return random_exponents.compute()


# Powers --------------------------------------------------------------------------------------


def test_the_norms_are_those_of_the_closed_forms(powers):
    """The drawn norms are those of λ^k I + k λ^(k−1) N, and of 0.9^k for the rotation."""
    for name, λ, s in (("shear", 0.9, 10.0), ("Jordan block", 1.0, 1.0)):
        for k in powers.k:
            closed = [[λ**k, s * k * λ ** (k - 1.0)], [0, λ**k]]
            expected = np.linalg.norm(closed, ord=2)
            assert powers.norms[name][k] == pytest.approx(expected, rel=ROUNDING)
    np.testing.assert_allclose(powers.norms["rotation"], 0.9**powers.k, rtol=ROUNDING)


def test_the_shear_peaks_where_the_chapter_says(powers):
    """The shear has its peak of 38.7459227175 at k = 9 and lies below 1 from k = 63 on."""
    assert powers.peak("shear") == 9
    assert powers.norms["shear"][9] == pytest.approx(38.7459227175, abs=1e-9)
    assert powers.below_one("shear") == 63
    assert powers.norms["shear"][62] >= 1 > powers.norms["shear"][63:].max()
    assert powers.below_one("Jordan block") is None


def test_only_a_peak_that_is_passed_is_marked(powers):
    """One dot is drawn, on the shear: the others are largest at an end."""
    figure = Figure()
    power_growth.draw(figure, powers)
    (ax,) = figure.axes
    lines = [line for line in ax.lines if len(line.get_xdata()) == len(powers.k)]
    for line, norms in zip(lines, powers.norms.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), norms)
    assert [text.get_text() for text in ax.texts] == ["38.7 at k = 9"]


def test_the_words_on_powers_follow_the_data(powers):
    """Other norms, other numbers in the alternative text."""
    assert "38.7 at k = 9" in power_growth.describe(powers)
    halved = {name: norms / 2 for name, norms in powers.norms.items()}
    assert "19.4 at k = 9" in power_growth.describe(replace(powers, norms=halved))


# Alternating factors -------------------------------------------------------------------------


def test_every_factor_is_small_and_the_product_explodes(steered):
    """All spectral radii lie below 1, and the products grow by 1.3 (relu), 1.29 (tanh) a step."""
    assert steered.of_weights == pytest.approx(np.sqrt(0.88), rel=ROUNDING)
    for name, rate in (("relu", 1.3), ("tanh", 1.294)):
        assert steered.radius[name].max() < 1
        assert steered.rate(name) == pytest.approx(rate, abs=1e-3)


def test_two_relu_steps_stretch_by_169_hundredths(steered):
    """From every second step to the next the norm of the relu product grows by exactly 1.69."""
    norms = steered.norms["relu"]
    np.testing.assert_allclose(norms[2:] / norms[:-2], 1.69, rtol=ROUNDING)


@pytest.mark.parametrize("name", alternating.STATES)
def test_steering_leads_where_it_promises(name):
    """With the inputs of `steering` the network runs along the given states, and its Jacobians
    multiply to what `transport` gives."""
    states = np.resize(alternating.STATES[name], (7, 2))
    cell, inputs = alternating.steering(alternating.WEIGHTS, states, name)
    run = simulate(cell, states[0], inputs)
    np.testing.assert_allclose(run, states, atol=ROUNDING)
    record = alternating.compute(steps=6)
    size = np.linalg.norm(transport(cell, run, inputs, 0, 6), ord=2)
    assert record.norms[name][-1] == pytest.approx(size, rel=ROUNDING)
    radii = [spectral_radius(J) for J in jacobians(cell, run, inputs)]
    np.testing.assert_allclose(record.radius[name], radii, rtol=ROUNDING)


def test_the_picture_of_the_networks_shows_the_record(steered):
    """Above stand the norms, below the spectral radii and the one of the weights."""
    figure = Figure()
    alternating.draw(figure, steered)
    above, below = figure.axes
    for line, norms in zip(above.lines, steered.norms.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), norms)
    for line, radius in zip(below.lines, steered.radius.values(), strict=False):
        np.testing.assert_array_equal(line.get_ydata(), radius)
    assert steered.of_weights in [line.get_ydata()[0] for line in below.lines]


def test_the_words_on_the_networks_follow_the_data(steered):
    """Other norms, other numbers in the alternative text."""
    doubled = {name: 2 * norms for name, norms in steered.norms.items()}
    words = alternating.describe(steered)
    assert f"{steered.norms['relu'][-1]:.2g} at t = 40" in words
    assert words != alternating.describe(replace(steered, norms=doubled))


# Random factors ------------------------------------------------------------------------------


def test_the_measured_exponents_obey_the_law(exponents):
    """No measured exponent is further from the law than four of its standard deviations: a
    right law fails this at a random seed once in a thousand times."""
    for n in exponents.measured:
        assert exponents.worst(n) < 4


def test_the_error_is_the_scatter_of_repeated_runs():
    """The standard deviation that the record states is the one of a hundred runs, within a
    quarter: the spread of a spread of a hundred is 7 %."""
    runs = [
        random_exponents.compute(sizes=(2,), gains=1, steps=50, seed=seed) for seed in range(100)
    ]
    assert np.std([run.measured[2][0] for run in runs]) == pytest.approx(runs[0].error(2), rel=0.25)


def test_gain_one_lies_below_zero_for_both_sizes(exponents):
    """At g = 1 every measured exponent is negative, as the chapter says of the picture."""
    place = int(np.argmin(np.abs(exponents.gains - 1)))
    assert exponents.gains[place] == pytest.approx(1, rel=ROUNDING)
    assert all(values[place] < 0 for values in exponents.measured.values())


def test_the_picture_of_the_exponents_shows_dots_law_and_critical_gains(exponents):
    """For each size: the law as a line, the measured values as dots, a stroke where it is 0."""
    figure = Figure()
    random_exponents.draw(figure, exponents)
    lines = figure.axes[0].lines[2:]  # the first two are the axes of 0 and of 2g = 1
    for n, law, dots, stroke in zip(
        exponents.measured, lines[::3], lines[1::3], lines[2::3], strict=True
    ):
        np.testing.assert_array_equal(dots.get_ydata(), exponents.measured[n])
        expected = [gaussian_exponent(n, gain) for gain in law.get_xdata()]
        np.testing.assert_allclose(law.get_ydata(), expected, rtol=ROUNDING)
        assert stroke.get_xdata()[0] == critical_gain(n)


def test_the_words_on_the_exponents_follow_the_data(exponents):
    """Other measurements, other numbers in the alternative text."""
    shifted = {n: values + 1 for n, values in exponents.measured.items()}
    words = random_exponents.describe(exponents)
    assert f"{exponents.measured[2][0]:.2f} at g = 0.4" in words
    assert words != random_exponents.describe(replace(exponents, measured=shifted))
