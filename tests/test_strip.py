"""The stable strip: the sharp constants, the laws and the figures of the chapter."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from book_utils.dynamics import cost_lipschitz, largest_weight_rate, limit_rates
from book_utils.dynamics.one_unit import fixed_points, fold_points, limit, orbit
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
    """∂y/∂w <= V for every fixed point y, with equality at v."""
    V, v = largest_weight_rate(w)
    assert limit_rates(w, y)[0] <= V * (1 + ROUNDING)
    # Near w = 4 the closed form divides by 2v − 1, which carries the rounding of v.
    assert v**2 * (1 - v) ** 2 / (2 * v - 1) == pytest.approx(V, rel=1e-9)


def test_each_weight_has_one_place_where_it_acts_most():
    """w = (2 − 3v)/(v (1 − v)²) falls from 4 in v, with the derivative that the chapter states."""
    v, h = np.linspace(0.5, 0.95, 451), 1e-6

    def weight(v):
        return (2 - 3 * v) / (v * (1 - v) ** 2)

    stated = -2 * (3 * v**2 - 3 * v + 1) / (v**2 * (1 - v) ** 3)
    # Central differences: h² times a third derivative below 1e8, and the rounding over h.
    assert (weight(v + h) - weight(v - h)) / (2 * h) == pytest.approx(stated, rel=1e-5)
    assert weight(0.5) == pytest.approx(4, rel=ROUNDING)
    assert (np.diff(weight(v)) < 0).all()


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


def test_a_finite_step_leaves_the_strip():
    """At (3.999, −1.9995), target 0.7, the gradient is (−200, −400); 0.01 of it is too far."""
    gradient = 2 * (0.5 - 0.7) * np.array(limit_rates(3.999, 0.5))
    # 4 − w carries the rounding of 3.999, a relative 1e-13.
    assert gradient == pytest.approx([-200, -400], rel=1e-9)
    assert np.array([3.999, -1.9995]) - 0.01 * gradient == pytest.approx([6, 2], abs=1e-3)


def test_negative_weights_lower_the_largest_sensitivity_only():
    """At b = 2 the limit of w = −3.5 moves faster than that of w = 0, at the largest slower."""
    ends = [limit(w, 2.0, 0.5) for w in (-3.5, 0.0)]
    there = [float(limit_rates(w, y)[1]) for w, y in zip((-3.5, 0.0), ends, strict=True)]
    assert there == pytest.approx([0.133, 0.105], abs=5e-4)
    assert limit_rates(-3.5, 0.5)[1] < limit_rates(0.0, 0.5)[1]


def driven_gap(b, y0, n):
    """r_n − ∂y_∞/∂b over ρ^n, for w = 3."""
    end = limit(3.0, b, y0)
    rho, y, r = 3 * end * (1 - end), y0, 0.0
    for _ in range(n):
        y = 1 / (1 + np.exp(-(3 * y + b)))
        r = y * (1 - y) * (1 + 3 * r)
    return (r - end * (1 - end) / (1 - rho)) / rho**n


def test_the_gap_of_the_gradient_and_its_two_exceptions():
    """Over ρ^n it grows with n, unless the limit is ½ or the start is the limit."""
    assert driven_gap(-1.0, 0.2, 40) / driven_gap(-1.0, 0.2, 20) == pytest.approx(2, rel=0.1)
    # Here it settles: at the limit ½ up to ρ^(2n), at rest up to the rounding of r over ρ^n.
    assert driven_gap(-1.5, 0.2, 40) / driven_gap(-1.5, 0.2, 20) == pytest.approx(1, rel=1e-2)
    start = float(limit(3.0, -1.0, 0.2))
    assert driven_gap(-1.0, start, 20) / driven_gap(-1.0, start, 10) == pytest.approx(1, rel=1e-6)


def test_the_example_outside_the_strip_is_the_highest_fixed_point():
    """At w = 4.5 the target 0.7 attracts, lies above y_+ = 2/3, and is reached from 0.8."""
    b = logit(0.7) - 4.5 * 0.7
    assert fold_points(4.5)[1] == pytest.approx(2 / 3, rel=ROUNDING)
    assert fixed_points(4.5, b)[-1] == pytest.approx(0.7, abs=1e-10)
    assert limit(4.5, b, 0.8) == pytest.approx(0.7, abs=1e-9)


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
        (lambda: limit_rates(3, [0.5, 1.0]), "y: got 1, expects a state between 0 and 1"),
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
    """0 <= r <= (1 − (w/4)^n)/(4 − w) for w >= 0, <= ¼ for w <= 0; and q keeps its bounds."""
    r = q = 0.0
    for n, u in enumerate(inputs, 1):
        before, y = y, 1 / (1 + np.exp(-(w * y + b + u)))
        r, q = y * (1 - y) * (1 + w * r), y * (1 - y) * (before + w * q)
        if w >= 0:
            assert 0 <= q <= r * (1 + ROUNDING)
        elif w > -4:
            assert abs(q) * (4 + w) <= 1 + ROUNDING
        bound = (1 - (w / 4) ** n) / (4 - w) if w >= 0 else 0.25
        assert -ROUNDING <= r <= bound * (1 + ROUNDING)


@given(
    st.floats(-4, 3.99),
    st.lists(
        st.tuples(st.floats(-5, 5), st.floats(0, 2), st.floats(0, 1)), min_size=1, max_size=30
    ),
    states,
)
def test_the_running_cost_keeps_its_bound(w, steps, y):
    """|∂C/∂b| <= 2 Σ c_t (1 − (w/4)^t)/(4 − w) for w >= 0 and <= ½ Σ c_t for w <= 0."""
    r = slope = bound = 0.0
    for t, (u, c, wanted) in enumerate(steps, 1):
        y = 1 / (1 + np.exp(-(w * y + u)))
        r = y * (1 - y) * (1 + w * r)
        slope += 2 * c * (y - wanted) * r
        bound += 2 * c * ((1 - (w / 4) ** t) / (4 - w) if w >= 0 else 0.25)
    assert abs(slope) <= bound * (1 + ROUNDING) + ROUNDING


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
    s = 0.7 * 0.3
    beyond = record.w_beyond[~np.isnan(record.w_beyond)]
    assert beyond[[0, -1]] == pytest.approx([-1 / s, 1 / s], rel=ROUNDING)
    assert abs(beyond).min() == 4
    # The last ones hardly attract: from near the target, well before the ends.
    for w in (-4.6, 4.6):
        assert limit(w, np.log(0.7 / 0.3) - 0.7 * w, 0.71) == pytest.approx(0.7, abs=1e-9)
    assert record.example == pytest.approx((4.5, -2.3027), abs=5e-5)
    assert limit(*record.example, 0.8) == pytest.approx(0.7, abs=1e-9)
    assert "a cross at (4.5, -2.30)" in strip_plane.describe(record)
    other = replace(record, target=0.2)
    assert "target 0.2" in strip_plane.describe(other)
    figure = Figure()
    strip_plane.draw(figure, record)
    np.testing.assert_array_equal(figure.axes[0].lines[1].get_ydata(), record.fold[0])
