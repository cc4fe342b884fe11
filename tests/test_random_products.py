"""Products of random matrices: rates are exact for Gaussian ones, and estimated for given ones."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.dynamics import (
    critical_gain,
    gaussian_exponent,
    gaussian_growth,
    gaussian_spread,
    log_growth,
    lyapunov,
)

SIZES = pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 16, 33, 64])
quiet = settings(deadline=None, derandomize=True, max_examples=40)


def gaussian(n: int, gain: float, steps: int, seed: int = 0) -> np.ndarray:
    """Jacobians with independent entries N(0, gain²/n)."""
    return np.random.default_rng([n, seed]).normal(size=(steps, n, n)) * gain / np.sqrt(n)


@SIZES
def test_exponent_and_spread_are_those_of_chi_squared(n):
    """Mean and variance of ½ log(χ²_n/n) by integrating its density: another way than ψ and ψ′."""
    with mp.workdps(30):
        half = mp.mpf(n) / 2

        def moment(p):
            # t = log χ², whose density is exp(half t − e^t/2) / (2^half Γ(half)).
            centre, width = mp.log(n), 12 / mp.sqrt(half)
            edges = mp.linspace(centre - 3 * width - 20, centre + width, 9)
            weight = lambda t: mp.exp(half * t - mp.exp(t) / 2) / (2**half * mp.gamma(half))  # noqa: E731
            return mp.quad(lambda t: ((t - mp.log(n)) / 2) ** p * weight(t), edges)

        total, mean, square = moment(0), moment(1), moment(2)
        # Far to the left lies less than 1e-9 of a chi-squared variable with one degree of freedom.
        assert abs(total - 1) < 1e-9
        assert gaussian_exponent(n) == pytest.approx(float(mean), rel=1e-6)
        assert gaussian_spread(n) == pytest.approx(float(mp.sqrt(square - mean**2)), rel=1e-6)


def test_known_values():
    """At gain 1 products vanish at every size: −γ/2 at n = 2; the critical gain falls towards 1."""
    assert gaussian_exponent(2) == pytest.approx(-np.euler_gamma / 2, rel=1e-14)
    gains = [critical_gain(n) for n in (2, 16, 64)]
    assert gains == pytest.approx([1.3346, 1.0324, 1.00788], abs=5e-5)
    assert all(critical_gain(n) > critical_gain(n + 1) > 1 for n in range(1, 200))


@SIZES
def test_exponent_changes_sign_at_the_critical_gain(n):
    """Below the critical gain the rate is negative, at it 0, above it positive."""
    critical = critical_gain(n)
    assert gaussian_exponent(n, 0.999 * critical) < 0 < gaussian_exponent(n, 1.001 * critical)
    assert gaussian_exponent(n, critical) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_gaussian_products_grow_at_their_exponent(n):
    """Four thousand random Jacobians grow at the exact rate, by a vector and by QR factors."""
    steps, gain = 4000, 1.2
    jacobians = gaussian(n, gain, steps)
    exact, error = gaussian_exponent(n, gain), 4 * gaussian_spread(n) / np.sqrt(steps)
    # Four standard deviations, the seed is fixed; QR's first vector settles in a few steps.
    assert log_growth(jacobians, np.ones(n))[-1] / steps == pytest.approx(exact, abs=error)
    assert lyapunov(jacobians)[0] == pytest.approx(exact, abs=error)


@pytest.mark.parametrize("n", [1, 2, 4, 16, 64])
def test_drawn_growth_has_the_law_of_true_products(n):
    """Steps drawn from χ² are distributed as log‖Jv‖ of Jacobians drawn entry by entry."""
    drawn = np.sort(np.diff(gaussian_growth(n, 1.3, 1000, 4, 1), axis=1, prepend=0).ravel())
    jacobians = np.random.default_rng(n).normal(size=(4000, n, n)) * 1.3 / np.sqrt(n)
    true = np.sort(np.diff(log_growth(jacobians, np.ones(n)), prepend=np.log(n) / 2))
    # Kolmogorov and Smirnov: two samples of 4000 differ by 0.043 with a chance of 1 in 1000.
    where = np.concatenate([drawn, true])
    ranks = [np.searchsorted(each, where, side="right") / 4000 for each in (drawn, true)]
    assert np.abs(ranks[0] - ranks[1]).max() < 0.043


def test_drawn_growth_depends_on_run_step_and_seed():
    """Runs, steps and seeds are independent: no two share a number, and none is correlated."""
    steps = [np.diff(gaussian_growth(2, 1.0, 900, 40, seed), axis=1, prepend=0) for seed in (1, 2)]
    assert len(np.unique(steps)) == 2 * 40 * 900
    pairs = ((steps[0][:-1], steps[0][1:]), (steps[0][:, :-1], steps[0][:, 1:]), tuple(steps))
    for one, other in pairs:
        # 35 000 pairs: four standard deviations are 0.021.
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.021
    again = gaussian_growth(2, 1.0, 10, 3, 1)
    assert np.array_equal(again, gaussian_growth(2, 1.0, 900, 40, 1)[:3, :10])


@given(n=st.integers(1, 5), steps=st.integers(1, 30), seed=st.integers(0, 999))
@quiet
def test_log_growth_is_that_of_the_product(n, steps, seed):
    """Each entry is log‖J_k ⋯ J_1 v‖, computed by multiplying the factors out."""
    jacobians = gaussian(n, 1.5, steps, seed)
    v = np.random.default_rng(seed).normal(size=n)
    logs, w = log_growth(jacobians, v), v
    for J, log in zip(jacobians, logs, strict=True):
        w = J @ w
        # Relative rounding of up to 30 products of the entries' size; w itself may cancel.
        assert log == pytest.approx(np.log(np.linalg.norm(w)), abs=1e-9)


@given(n=st.integers(1, 5), steps=st.integers(1, 30), seed=st.integers(0, 999))
@quiet
def test_all_exponents_add_up_to_the_volume(n, steps, seed):
    """The exponents fall, and their sum is the mean of log|det J|."""
    jacobians = gaussian(n, 1.0, steps, seed)
    exponents = lyapunov(jacobians)
    assert (np.diff(exponents) <= 0).all()
    volume = np.log(np.abs(np.linalg.det(jacobians))).mean()
    assert exponents.sum() == pytest.approx(volume, abs=1e-9)


def test_powers_of_one_matrix_have_the_logs_of_its_eigenvalues():
    """For equal factors the exponents are log|λ|, also where the norm of one factor says more."""
    W = np.array([[0.9, 10, 0], [0, 0.5, 1], [0, 0, 0.2]])
    # Not triangular, else the factors taken one by one would give the same.
    S = np.array([[1, 2, 0], [0, 1, 3], [1, 0, 1]])
    W = S @ W @ np.linalg.inv(S)
    estimate = lyapunov(np.broadcast_to(W, (3000, 3, 3)))
    # What the start leaves behind is divided by the number of steps.
    np.testing.assert_allclose(estimate, np.log([0.9, 0.5, 0.2]), atol=5e-3)


def test_a_long_product_neither_overflows_nor_underflows():
    """Rates of ±2 over a thousand steps: e^±2000 is no number, but its logarithm is."""
    for rate in (2.0, -2.0):
        jacobians = np.broadcast_to(np.exp(rate) * np.eye(2), (1000, 2, 2))
        assert log_growth(jacobians, [3, 4])[-1] == pytest.approx(np.log(5) + 1000 * rate)
        assert lyapunov(jacobians) == pytest.approx([rate, rate])


def test_a_product_that_is_zero_has_minus_infinity():
    """Once a factor sends the vector to 0, its logarithm is −∞ from there on."""
    jacobians = [np.eye(2), [[0, 1], [0, 0]], [[0, 1], [0, 0]], np.eye(2)]
    assert log_growth(jacobians, [0, 1]).tolist() == [0, 0, -np.inf, -np.inf]
    assert lyapunov(jacobians)[-1] == -np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gaussian_exponent(0), "n: got 0, expects at least 1"),
        (lambda: gaussian_exponent(2, 0), "gain: got 0, expects a positive number"),
        (lambda: gaussian_spread(-1), "n: got -1, expects at least 0"),
        (lambda: gaussian_growth(3, 1, 10, 1, 1), "n: got 3, expects 1 or an even number up to"),
        (lambda: gaussian_growth(2, 1, 1001, 1, 1), "steps: got 1001, expects at most"),
        (lambda: gaussian_growth(2, 1, 10, 1, 0), "seed: got 0, expects at least 1"),
        (lambda: log_growth([np.eye(2)], [0, 0]), "v: got the zero vector"),
        (lambda: log_growth([np.eye(2)], [1]), r"v: got shape \(1,\), expects shape \(n,\)"),
        (lambda: lyapunov(np.zeros((0, 2, 2))), "jacobians: got none, expects at least one"),
        (lambda: lyapunov(np.eye(2)), r"jacobians: got shape \(2, 2\)"),
    ],
)
def test_random_products_refuse_what_they_cannot_use(call, message):
    """A wrong size, gain, vector or stack is refused by name, with what is expected."""
    with pytest.raises(ValueError, match=message):
        call()
