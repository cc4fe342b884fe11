"""Powers of one matrix: norms are norms of powers, and Kreiss's constant brackets the largest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.dynamics import departure, kreiss, power_norms, spectral_radius

SHEAR = [[0.9, 10], [0, 0.9]]
quiet = settings(deadline=None, derandomize=True, max_examples=60)


@st.composite
def contractions(draw):
    """A matrix with ρ(W) from 0.3 to 0.98, near to normal or far from it."""
    n, seed = draw(st.integers(1, 4)), draw(st.integers(0, 9999))
    rng = np.random.default_rng(seed)
    W = np.triu(rng.normal(size=(n, n)) * draw(st.sampled_from([0, 1, 10])), 1)
    W += rng.normal(size=(n, n)) * draw(st.sampled_from([0.01, 1]))
    return W * draw(st.floats(0.3, 0.98)) / spectral_radius(W)


def test_a_shear_peaks_before_it_decays():
    """W = [[.9, 10], [0, .9]] has ρ = .9, and yet ‖W^k‖ reaches 38.7459227175 at k = 9."""
    norms = power_norms(SHEAR, 200)
    exact = [
        np.linalg.norm([[0.9**k, 10 * k * 0.9 ** (k - 1)], [0, 0.9**k]], 2) for k in range(201)
    ]
    np.testing.assert_allclose(norms, exact, rtol=1e-12)  # 200 products of a few roundings each
    assert norms.argmax() == 9
    assert norms.max() == pytest.approx(38.7459227175, abs=5e-11)
    assert spectral_radius(SHEAR) == 0.9
    assert norms[-1] < 1e-4


@given(W=contractions())
@quiet
def test_power_norms_lie_between_radius_and_norm(W):
    """ρ^k ≤ ‖W^k‖ ≤ ‖W‖^k for every k, and at k = 0 and 1 the norms are 1 and ‖W‖."""
    norms, k = power_norms(W, 12), np.arange(13)
    assert norms[0] == 1
    assert norms[1] == np.linalg.norm(W, 2)
    # ρ of a matrix far from normal is known to few digits only.
    assert (spectral_radius(W) ** k <= norms * (1 + 1e-6)).all()
    assert (norms <= norms[1] ** k * (1 + 1e-12)).all()


@given(W=contractions())
@quiet
def test_kreiss_brackets_the_largest_power(W):
    """K ≤ sup ‖W^k‖ ≤ e n K, for every size and however far from normal."""
    # With ρ ≤ 0.98 the powers are past their peak long before 2000.
    largest, K = power_norms(W, 2000).max(), kreiss(W)
    assert largest * (1 + 1e-10) >= K
    assert largest <= np.e * len(W) * K


def jordan_supremum(radius: float, shear: float) -> float:
    """K of [[ρ, s], [0, ρ]] by a fine scan along the real axis, where the supremum lies.

    The norm of the resolvent depends on |z − ρ| alone and falls with it.
    """
    beyond = np.exp(np.linspace(-12, 6, 400_001))
    d = 1 + beyond - radius
    # σ_max of [[1/d, s/d²], [0, 1/d]]
    return np.max(beyond * (np.hypot(2 / d, shear / d**2) + shear / d**2) / 2)


@pytest.mark.parametrize("radius", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("shear", [0.5, 3, 10])
def test_kreiss_of_a_shear(radius, shear):
    """For a shear the search finds what a scan along the real axis finds; for .9 and 10: 25.01."""
    expected = max(1, jordan_supremum(radius, shear))
    # The scan misses the flat top by half a step of 4.5e-5, so its value by about 1e-10.
    assert kreiss([[radius, shear], [0, radius]]) == pytest.approx(expected, rel=1e-8)
    assert kreiss(SHEAR) == pytest.approx(25.01, abs=1e-9)


def test_kreiss_looks_in_every_direction():
    """Of two peaks, one at angle 0 and a higher and narrow one at angle 2, the higher is found."""
    a, b = 0.99 * np.cos(2), 0.99 * np.sin(2)
    W = np.zeros((4, 4))
    W[:2, :2] = [[0.9, 0.6], [0, 0.9]]
    W[2:, 2:] = [[a, 5 * b], [-b / 5, a]]
    real, pair = kreiss(W[:2, :2]), kreiss(W[2:, 2:])
    assert 1.5 < real < 0.9 * pair
    # For blocks on the diagonal K is the larger one; and the pair's peak lies at an angle near 2.
    assert kreiss(W) == pytest.approx(pair, rel=1e-12)
    r, angle = np.meshgrid(1 + np.exp(np.linspace(-9, 0, 400)), np.linspace(1.9, 2.1, 401))
    z = (r * np.exp(1j * angle)).reshape(-1, 1, 1)
    sizes = np.linalg.svd(z * np.eye(2) - W[2:, 2:], compute_uv=False)[:, -1]
    scan = np.max((np.abs(z).ravel() - 1) / sizes)
    assert scan <= pair * (1 + 1e-12)
    assert pair == pytest.approx(scan, rel=1e-3)  # the scan's steps are about 1/400 of the peak


@given(W=contractions(), seed=st.integers(0, 99))
@quiet
def test_kreiss_keeps_under_rotation(W, seed):
    """A change of orthonormal basis changes neither the powers' norms nor K."""
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=W.shape))
    turned = Q @ W @ Q.T
    # Eigenvalues of a nearly defective matrix move by the root of the rounding error; where the
    # grid starts its search moves with them, and the flat top is found to about 1e-8.
    assert kreiss(turned) == pytest.approx(kreiss(W), rel=1e-6)
    np.testing.assert_allclose(power_norms(turned, 8), power_norms(W, 8), rtol=1e-9)


@pytest.mark.parametrize("W", [np.eye(3), [[0, -1], [1, 0]], np.diag([1, 0.5]), 0.9 * np.eye(2)])
def test_kreiss_of_a_normal_matrix_is_one(W):
    """A normal matrix with ρ ≤ 1 has K = 1: no power is longer than 1."""
    assert departure(W) == 0
    assert kreiss(W) == 1
    assert power_norms(W, 40).max() == 1


def test_kreiss_is_infinite_where_powers_grow():
    """With ρ > 1 there is no bound on the powers, so K = ∞."""
    assert kreiss([[1.01, 0], [0, 0.3]]) == np.inf


def test_kreiss_on_the_circle():
    """A simple eigenvalue 1 leaves K finite: for [[1, 2], [0, 1/2]] it is √17 = ‖lim W^k‖."""
    W = [[1, 2], [0, 0.5]]
    assert kreiss(W) == pytest.approx(np.sqrt(17), rel=1e-6)
    assert power_norms(W, 60)[-1] == pytest.approx(np.sqrt(17), rel=1e-12)


@pytest.mark.parametrize("W", [[[1, 1], [0, 1]], [[-1, 0.1], [0, -1]]])
def test_kreiss_refuses_what_rounding_hides(W):
    """A multiple eigenvalue on the circle is refused with words, not answered with a guess."""
    with pytest.raises(ValueError, match="W: got an eigenvalue of modulus 1 that may be multiple"):
        kreiss(W)


def test_powers_refuse_what_they_cannot_use():
    """A matrix that is not square, a negative count and an overflow are refused by name."""
    with pytest.raises(ValueError, match=r"W: got shape \(1, 2\), expects a square matrix"):
        power_norms([[1, 2]], 3)
    with pytest.raises(ValueError, match="steps: got -1, expects at least 0"):
        power_norms([[1]], -1)
    with pytest.raises(OverflowError, match="W to the power 309"):
        power_norms([[10.0]], 400)
