"""What the chapter on bifurcations says of one unit, against brute force.

The formulas are those of the chapter, written once more; the brute force knows only the recurrence.
"""

import numpy as np
import pytest

from book_utils.dynamics.one_unit import fixed_points, flip, fold, limit, orbit, two_cycle

# Near a curve two roots lie so close together that no grid tells them apart, and orbits take too
# long. There a fixed point has a slope near ±1; only units without such a one are compared.
MARGIN = 0.02


def sigma(v):
    return 1 / (1 + np.exp(-v))


def run(w, b, y, steps):
    """The recurrence, and nothing else."""
    for _ in range(steps):
        y = sigma(w * y + b)
    return y


def g(y, w):
    return np.log(y / (1 - y)) - w * y


def curve(w):
    """Lower and upper bias of the curve (3.1), with 4/w for w >= 4 and −4/w for w <= −4."""
    root = np.sqrt(1 - 4 / abs(w)) / 2
    return np.sort([g(0.5 - root, w), g(0.5 + root, w)])


@pytest.fixture(scope="module")
def units():
    """Three hundred units in and about the wedges, off the curves by the margin."""
    draw = np.random.default_rng(11)
    found = []
    while len(found) < 300:
        w = draw.uniform(-12, 12)
        width = np.diff(curve(w))[0] if abs(w) > 4 else 10
        b = -w / 2 + draw.uniform(-1, 1) * width
        y = fixed_points(w, b)
        if np.min(np.abs(np.abs(w * y * (1 - y)) - 1)) > MARGIN:
            found.append((w, b))
    return found


def sign_changes(w, b):
    """How often σ(w y + b) − y changes its sign on a fine grid; x = σ⁻¹(y) is as large as |w| + |b|
    at a fixed point."""
    x = np.linspace(-30, 30, 12_001)
    gap = np.sign(w * sigma(x) + b - x)
    return int(np.count_nonzero(np.diff(gap[gap != 0])))


def inside(w, b):
    lower, upper = curve(w)
    return lower < b < upper


def test_the_number_of_fixed_points_is_that_of_the_fold_curves(units):
    """Three inside the wedge, one elsewhere: by the formula, the package, and sign changes."""
    seen = set()
    for w, b in units:
        expected = 3 if w > 4 and inside(w, b) else 1
        assert sign_changes(w, b) == expected
        assert len(fixed_points(w, b)) == expected
        seen.add(expected)
    assert seen == {1, 3}


# With the margin two steps have slopes below 0.97: half as many of them leave e^-45.
STEPS = 3000


def test_orbits_end_as_the_picture_of_the_plane_says(units):
    """Between the flips every orbit ends on the one two-cycle, elsewhere each one converges."""
    starts = np.array([0.02, 0.31, 0.47, 0.62, 0.98])
    w, b = np.array(units).T[:, :, None]
    three = run(w, b, starts, STEPS)
    four = run(w, b, three, 1)
    np.testing.assert_allclose(run(w, b, four, 1), three, atol=1e-9)
    cycles = 0
    for (w, b), before, last in zip(units, three, four, strict=True):
        if w < -4 and inside(w, b):
            states = np.sort([before, last], axis=0)
            np.testing.assert_allclose(states.T, [two_cycle(w, b)] * 5, atol=1e-9)
            cycles += 1
        else:
            assert two_cycle(w, b) is None
            np.testing.assert_allclose(before, last, atol=1e-9)
            assert np.abs(last[:, None] - fixed_points(w, b)).min(axis=1).max() < 1e-9
    assert cycles > 30


def test_the_middle_fixed_point_is_the_border_of_the_basins(units):
    """What starts below it goes to the lowest, what starts above to the highest."""
    wedge = [(w, b) for w, b in units if w > 4 and inside(w, b)]
    assert len(wedge) > 30
    w, b = np.array(wedge).T[:, :, None]
    low, middle, high = np.array([fixed_points(w, b) for w, b in wedge]).T[:, :, None]
    starts = middle * (1 + np.array([-1e-3, 1e-3]) * (1 - middle))
    ends = np.hstack([low, high])
    np.testing.assert_allclose(run(w, b, starts, STEPS), ends, atol=1e-9)


@pytest.mark.parametrize(
    ("w", "lower", "upper"),
    [(-6, -0.0490087, 6.0490087), (-8, -0.5911743, 8.5911743), (-12, -1.1914112, 13.1914112)],
)
def test_the_flips_stand_where_the_chapter_prints_them(w, lower, upper):
    """Seven decimals, as printed; and there the slope of the map is −1."""
    assert flip(w) == pytest.approx((lower, upper), abs=5e-8)
    for b in flip(w):
        (y,) = fixed_points(w, b)
        assert w * y * (1 - y) == pytest.approx(-1, abs=1e-9)


def test_cusp_and_tip():
    """The curves begin at (4, −2) and at (−4, 2)."""
    assert fold(4) == pytest.approx((-2, -2), abs=1e-12)
    assert flip(-4) == pytest.approx((2, 2), abs=1e-12)


def test_the_slope_of_a_fold_curve_is_minus_its_fixed_point():
    """db_±/dw = −y_±, b_− convex and b_+ concave: by central differences, error of their square."""
    h = 1e-4
    for w in (4.5, 6, 11):
        before, here, after = (np.array(fold(w + step)) for step in (-h, 0, h))
        root = np.sqrt(1 - 4 / w) / 2
        np.testing.assert_allclose((after - before) / (2 * h), [root - 0.5, -root - 0.5], atol=1e-7)
        bend = (after - 2 * here + before) / h**2
        expected = 1 / (w**2 * np.sqrt(1 - 4 / w))
        # Sixteen digits, less the eight that h² takes.
        np.testing.assert_allclose(bend, [expected, -expected], atol=1e-6)


@pytest.mark.parametrize("m", [-2.5, 0.0, 1.0])
@pytest.mark.parametrize("d", [0.3, 2.0, 6.0])
def test_all_two_cycles_are_those_of_the_formula(m, d):
    """(m, d) gives (w, b), of which σ(m ± d) is the cycle; two steps have the slope (d/sinh d)²."""
    w = -2 * d * (np.cosh(m) + np.cosh(d)) / np.sinh(d)
    b = m - w / 2 + d * np.sinh(m) / np.sinh(d)
    y, z = two_cycle(w, b)
    assert (y, z) == pytest.approx((sigma(m - d), sigma(m + d)), abs=1e-10)
    assert sigma(w * y + b) == pytest.approx(z, abs=1e-9)
    assert w**2 * y * (1 - y) * z * (1 - z) == pytest.approx((d / np.sinh(d)) ** 2, rel=1e-6)


@pytest.mark.parametrize("w", [-4.5, -6, -8, -12])
def test_a_cycle_opens_by_the_law_of_the_root(w):
    """Its width over the root of the distance from either flip goes to the law, as fast as the
    distance: a tenth of it leaves a tenth of the error."""
    law = 2 * np.sqrt(6) / abs(w) * (1 + 4 / w) ** 0.25
    for edge, inward in zip(flip(w), (1, -1), strict=True):
        errors = []
        for gap in (1e-3, 1e-4):
            y, z = two_cycle(w, edge + inward * gap)
            errors.append((z - y) / np.sqrt(gap) / law - 1)
        assert errors[0] / errors[1] == pytest.approx(10, rel=0.05)
        assert abs(errors[1]) < 1e-3


def test_the_law_at_minus_six_is_the_number_in_the_text():
    """0.6204032, to all seven decimals."""
    assert 2 * np.sqrt(6) / 6 * (1 - 4 / 6) ** 0.25 == pytest.approx(0.6204032, abs=5e-8)


def test_the_remark_oscillates():
    """w = −8, b = 4, y0 = 0.4: even states near 0.0212479880, odd ones near 0.9787520120, and two
    steps shrink a deviation to 0.0276797 of it."""
    path = orbit(-8, 4, 0.4, 61)
    assert path[60] == pytest.approx(0.0212479880, abs=5e-11)
    assert path[61] == pytest.approx(0.9787520120, abs=5e-11)
    deviation = path[:12:2] - path[60]
    assert deviation[5] / deviation[4] == pytest.approx(0.0276797, rel=1e-4)


def test_crossing_a_fold_moves_only_those_who_rest_there():
    """Across b_−(6), 0.0002 wide, the end of 0.9 moves by 1e−5 and the end of 0.1 by 0.75."""
    b = fold(6)[0] + np.array([-1e-4, 1e-4])
    assert np.diff(limit(6, b, 0.9)) == pytest.approx(1.0025e-5, rel=1e-3)
    assert np.diff(limit(6, b, 0.1)) == pytest.approx(0.7516, abs=1e-4)


def run_with_rate(w, b, y, steps):
    """All y_n and all ∂y_n/∂b, by the recurrences of both."""
    states, rates = [y], [0.0]
    for _ in range(steps):
        y = sigma(w * y + b)
        rates.append(y * (1 - y) * (1 + w * rates[-1]))
        states.append(y)
    return np.array(states), np.array(rates)


def test_no_network_from_above_notices_the_fold():
    """From 0.9, for b on both sides of b_−(6): every y_n is above 0.94, F′ below 0.34, and every
    ∂y_n/∂b is positive and below 0.09."""
    for b in np.linspace(-2.6, -2.57, 31):
        states, rates = run_with_rate(6, b, 0.9, 200)
        assert states[1:].min() > 0.94
        assert (6 * states * (1 - states))[1:].max() < 0.34
        assert (rates[1:] > 0).all()
        assert rates.max() < 0.09


def test_the_gradient_of_a_start_below_explodes_at_the_fold():
    """y_− − y_∞ and the inverse of ∂y_∞/∂b go like the root of the gap: a hundredth leaves a tenth,
    up to terms of the order of the gap's root."""
    edge, low = fold(6)[0], (1 - np.sqrt(1 / 3)) / 2
    y = limit(6, edge - np.array([1e-4, 1e-6]), 0.1)
    far, near = low - y
    assert far / near == pytest.approx(10, rel=0.02)
    before, after = (1 - 6 * y * (1 - y)) / (y * (1 - y))
    assert before / after == pytest.approx(10, rel=0.02)


def test_the_states_of_a_cycle_explode_at_the_flip():
    """w = −8, from 1e−3 to 1e−5 inside: the upper state moves 4.2, 13.0 and 40.9 times as much as
    b, as the law of the root says up to the slope of the middle, which stays below a fourth."""
    law = 2 * np.sqrt(6) / 8 * 0.5**0.25
    for gap, rate in ((1e-3, 4.2), (1e-4, 13.0), (1e-5, 40.9)):
        near = flip(-8)[0] + gap * np.array([0.9999, 1.0001])
        (high,) = np.diff(two_cycle(-8, near)[:, 1]) / np.diff(near)
        assert high == pytest.approx(rate, abs=0.05)
        assert abs(high - law / (4 * np.sqrt(gap))) < 0.25


def test_the_gradient_at_the_cusp():
    """At w = 4, b = −2 + 1e−5 the limit moves 411 times as much as b, by a central difference."""
    h = 1e-8
    (after,), (before,) = fixed_points(4, -2 + 1e-5 + h), fixed_points(4, -2 + 1e-5 - h)
    assert (after - before) / (2 * h) == pytest.approx(411, abs=0.5)


@pytest.mark.parametrize("w", [-4.5, -6, -12])
def test_on_a_flip_the_gradient_of_a_network_alternates(w):
    """From the fixed point itself ∂y_n/∂b is 0, s, 0, s, …, and never s/2."""
    for b in flip(w):
        (y,) = fixed_points(w, b)
        _, rates = run_with_rate(w, b, y, 6)
        # The two roundings of w s + 1 are multiplied by no more than six steps.
        np.testing.assert_allclose(rates, [0, y * (1 - y)] * 3 + [0], atol=1e-9)


@pytest.mark.parametrize("w", [-4.5, -6, -12])
def test_the_fixed_point_moves_past_a_flip_at_half_the_slope(w):
    """∂y*/∂b = s/2 there, at most an eighth: by a central difference, error of its square."""
    h = 1e-4
    for b in flip(w):
        (y,) = fixed_points(w, b)
        (after,), (before,) = fixed_points(w, b + h), fixed_points(w, b - h)
        assert (after - before) / (2 * h) == pytest.approx(y * (1 - y) / 2, abs=1e-7)
        assert y * (1 - y) / 2 <= 1 / 8
