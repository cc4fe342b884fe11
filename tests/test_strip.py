"""The stable strip: the sharp constants, the laws and the figures of the chapter."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from book_utils.dynamics import cost_lipschitz, largest_weight_rate, limit_rates
from book_utils.dynamics.one_unit import limit, orbit
from book_utils.figures import strip_laws, strip_plane, strip_rates

# A few operations on numbers of the size of 1.
ROUNDING = 1e-13
weights = st.floats(-6, 3.99)
states = st.floats(0.001, 0.999)


def logit(y):
    return np.log(y / (1 - y))


# The limit and its derivatives ---------------------------------------------------------------


@pytest.mark.parametrize(("w", "y"), [(3.0, 0.3), (-3.5, 0.6), (0.0, 0.9), (3.9, 0.52)])
def test_the_derivatives_are_those_of_the_limit(w, y):
    """Moving w or b moves the limit that is computed from the orbit at the stated rates."""
    b, h = logit(y) - w * y, 1e-5
    by_w, by_b = limit_rates(w, y)
    # Central differences: the error is of the order h² times a third derivative, below 1e4 here.
    assert (limit(w, b + h, 0.2) - limit(w, b - h, 0.2)) / (2 * h) == pytest.approx(by_b, abs=1e-5)
    assert (limit(w + h, b, 0.2) - limit(w - h, b, 0.2)) / (2 * h) == pytest.approx(by_w, abs=1e-5)


@given(weights, states)
def test_no_limit_moves_faster_than_the_sharp_bound(w, y):
    """0 < ∂y/∂b <= 1/(4 − w), and it is reached at y = ½."""
    bound = 1 / (4 - w)
    assert 0 < limit_rates(w, y)[1] <= bound * (1 + ROUNDING)
    assert limit_rates(w, 0.5)[1] == pytest.approx(bound, rel=ROUNDING)


@settings(max_examples=50)
@given(weights, states)
def test_the_weight_bound_holds_and_is_reached(w, y):
    """∂y/∂w <= P for every limit y, with equality at p."""
    P, p = largest_weight_rate(w)
    assert limit_rates(w, y)[0] <= P * (1 + ROUNDING)
    # Near w = 4 the closed form divides by 2p − 1, which carries the rounding of p.
    assert p**2 * (1 - p) ** 2 / (2 * p - 1) == pytest.approx(P, rel=1e-9)


def test_the_numbers_of_the_chapter():
    """4/27 at w = 0, 0.5291336840 at w = 3, and half of 1/(4 − w) at the edge."""
    assert largest_weight_rate(0)[0] == pytest.approx(4 / 27, rel=ROUNDING)
    assert largest_weight_rate(3)[0] == pytest.approx(0.5291336840, abs=5e-11)
    assert largest_weight_rate(4 - 1e-6)[0] * 1e-6 == pytest.approx(0.5, abs=1e-5)


@given(states, states, weights, weights)
def test_two_limits_are_as_close_as_stated(y, z, w_1, w_2):
    """(4 − (w₁ + w₂)/2) |y − z| <= |w₁ − w₂| + |b₁ − b₂|, with the signed sum."""
    b_1, b_2 = logit(y) - w_1 * y, logit(z) - w_2 * z
    bound = abs(w_1 - w_2) + abs(b_1 - b_2)
    assert (4 - (w_1 + w_2) / 2) * abs(y - z) <= bound + 1e-12


def test_the_two_sides_of_the_printed_step():
    """On the orbits of the chapter the printed (3.7) compares 0.01613 with 0.00998."""
    y, z = orbit(-3.9, 3.9, 0.99, 2), orbit(-3.5, 3.9, 0.99, 2)
    assert abs(y[2] - z[2]) == pytest.approx(0.01613, abs=5e-6)
    assert -7.4 / 8 * abs(y[1] - z[1]) + 0.4 / 4 == pytest.approx(0.00998, abs=5e-6)


# The Lipschitz constant ----------------------------------------------------------------------


def test_the_lipschitz_constants_of_the_chapter():
    """1.017344223 at ω = 3.5 and 4.613921986 at ω = 3.9, for the target 0.7."""
    assert cost_lipschitz(3.5, 0.7) == pytest.approx(1.017344223, abs=5e-10)
    assert cost_lipschitz(3.9, 0.7) == pytest.approx(4.613921986, abs=5e-10)


@given(st.floats(-3.5, 3.5), states)
def test_no_gradient_is_longer_than_the_constant(w, y):
    """|∇E| <= L_E(3.5) wherever |w| <= 3.5, and some gradient comes within 1e-9 of it."""
    sizes = 2 * abs(y - 0.7) * np.hypot(*limit_rates(w, y))
    assert sizes <= 1.0173442235


@pytest.mark.parametrize(("target", "power"), [(0.7, -1), (0.5, -0.5)])
def test_the_constant_grows_with_the_stated_power(target, power):
    """As ω → 4 the constant grows like 1/(4 − ω), for the target ½ like its root."""
    near, nearer = (cost_lipschitz(4 - gap, target) for gap in (1e-4, 1e-6))
    assert np.log(near / nearer) / np.log(100) == pytest.approx(power, abs=2e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: limit_rates(4, 0.5), "w: got 4, expects numbers below 4"),
        (lambda: limit_rates(3, [0.5, 1.0]), r"y: got 1, expects states in \(0, 1\)"),
        (lambda: cost_lipschitz(-1, 0.5), "omega: got -1"),
        (lambda: cost_lipschitz(3, 0), "target: got 0"),
        (lambda: largest_weight_rate(5), "w: got 5"),
    ],
)
def test_what_lies_outside_is_refused(call, message):
    """A weight from 4 on, a state or a target that is none, are refused by name."""
    with pytest.raises(ValueError, match=message):
        call()


# Inputs --------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(
    st.floats(-4, 3.99),
    st.floats(-3, 3),
    st.lists(st.floats(-5, 5), min_size=1, max_size=30),
    states,
)
def test_a_driven_unit_keeps_the_bounds(w, b, inputs, y):
    """0 <= ∂y_n/∂b <= (1 − (w/4)^n)/(4 − w) for w >= 0, and <= ¼ for w <= 0, for any inputs."""
    r = 0.0
    for n, u in enumerate(inputs, 1):
        y = 1 / (1 + np.exp(-(w * y + b + u)))
        r = y * (1 - y) * (1 + w * r)
        bound = (1 - (w / 4) ** n) / (4 - w) if w >= 0 else 0.25
        assert -ROUNDING <= r <= bound * (1 + ROUNDING)


# The figures ---------------------------------------------------------------------------------


def test_the_laws_have_their_exponents_and_constants():
    """−½ at the fold and −⅔ at the cusp; the nearest points lie on the laws."""
    record = strip_laws.compute()
    # Next to the law the relative error is of the order of the distance's root or cube root.
    for place, exponent in ((strip_laws.FOLD, -1 / 2), (strip_laws.CUSP, -2 / 3)):
        assert record.exponent(place) == pytest.approx(exponent, abs=1e-3)
        assert record.rate[place][-1] == pytest.approx(record.law[place][-1], rel=1e-3)
    text = strip_laws.describe(record)
    assert "-0.500" in text
    assert "-0.667" in text


def test_the_largest_rates_are_the_bounds():
    """Each curve has its top at the middle, at 1/(4 − w), and is drawn as it is."""
    record = strip_rates.compute()
    figure = Figure()
    strip_rates.draw(figure, record)
    lines = figure.axes[0].lines[::2]
    for line, (w, (b, rate)) in zip(lines, record.curves.items(), strict=True):
        assert record.largest(w) == pytest.approx(1 / (4 - w), rel=ROUNDING)
        assert abs(b[np.argmax(rate)]) < 1e-12
        np.testing.assert_array_equal(line.get_ydata(), rate)
    assert "for w = 3.9 it is 10, the bound 10" in strip_rates.describe(record)


def test_the_regions_open_at_the_edges_of_the_strip():
    """The curves meet at (4, −2) and (−4, 2), and the solutions are those of the target."""
    record = strip_plane.compute()
    for w, curves, tip in ((record.w_fold, record.fold, -2), (record.w_flip, record.flip, 2)):
        assert abs(w[0]) == 4
        assert [curve[0] for curve in curves] == pytest.approx([tip, tip], abs=1e-12)
    inside = slice(1, -1, 20)
    ends = limit(record.w_solution[inside], record.b_solution[inside], 0.5)
    assert ends == pytest.approx(np.full(len(ends), 0.7), abs=1e-9)
    other = replace(record, target=0.2)
    assert "target 0.2" in strip_plane.describe(other)
    figure = Figure()
    strip_plane.draw(figure, record)
    np.testing.assert_array_equal(figure.axes[0].lines[1].get_ydata(), record.fold[0])
