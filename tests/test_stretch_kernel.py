"""What the explorable "stretch" computes in JavaScript is what NumPy computes."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from widget_pages import in_node

from book_utils import widgets
from book_utils.activations import ACTIVATIONS
from book_utils.cells import Vanilla
from book_utils.dynamics import jacobian, simulate, transport

# Both sides round each operation to 1e-16 of its size; a step has about ten, a product of twelve
# Jacobians about a hundred. 1e-12 leaves room for them and for exp and tanh, whose last digit
# differs between libraries, and is far below any mistake in a formula.
TOLERANCE = 1e-12
# Below 1e-307 floating point loses digits. A determinant gets there for a map below 1e-150,
# and σ_min and the smaller eigenvalue are read off the determinant.
TINY, TINY_MAP = 1e-307, 1e-150
LONGEST = 12
NO_INPUT = np.zeros((LONGEST, 0))

# What the view would show for a state, with fewer points of each image.
ANSWER = """(state, view) => {
    const { orbit, slopes, weight, products, gamma } = view.record(state);
    for (const each of [weight, ...products])
        each.image = each.image.filter((_, i) => i % 16 === 0);
    return { orbit, slopes, weight, products, gamma };
}"""
MODULE = widgets.explorable("stretch").module()


def states() -> list[dict]:
    """600 random states, and the corners: saturation, kinks, zero and singular matrices."""
    rng = np.random.default_rng(20)
    found = []
    for i in range(600):
        W = rng.uniform(-3, 3, (2, 2)) * 10.0 ** rng.choice([0, 0, 0, -1, -3])
        if i % 10 == 0:
            W[1] = rng.integers(-2, 3) * W[0]
        if i % 17 == 0:
            W = np.round(W)
        x = rng.normal(size=2) * rng.choice([0.1, 1, 4, 40])
        found.append((W, rng.normal(size=2) * (i % 3), x))
    corners = [0.0, -0.0, 1e-300, -1e-9, 37.0, -745.0, 1e3]
    some = [[[0, 0], [0, 0]], [[1, 0], [0, 1]], [[0, 3], [-3, 0]], [[0.9, 3], [0, 0.9]]]
    some += [[[1e-12, 2e-12], [0, 1e-12]], [[3, 3], [3, 3]]]
    found += [(np.array(W, float), np.zeros(2), np.array([p, q]))
              for W in some for p in corners for q in corners]  # fmt: skip
    return [
        {"W": W.tolist(), "b": b.tolist(), "x": x.tolist(), "activation": list(ACTIVATIONS)[i % 4]}
        for i, (W, b, x) in enumerate(found)
    ]


@pytest.fixture(scope="module")
def results(node: str, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict, dict]]:
    """Each state with what the published module computes for it in Node."""
    cases = states()
    assert len(cases) >= 500
    shown = in_node(node, tmp_path_factory.mktemp("node"), MODULE, ANSWER, cases)
    return list(zip(cases, shown, strict=True))


def cell_of(case: dict) -> Vanilla:
    return Vanilla(case["W"], np.zeros((2, 0)), case["b"], case["activation"])


def matrix(map_: list[float]) -> np.ndarray:
    return np.array(map_[:4], float).reshape(2, 2)


def test_orbit_is_the_cells(results):
    """Every state of the path follows from the one before by the cell's own step."""
    for case, shown in results:
        cell = cell_of(case)
        orbit = np.array(shown["orbit"], float)
        for before, after in pairwise(orbit):
            # Relative to the terms that are added: their sum may cancel.
            terms = np.abs(cell.W) @ np.abs(cell.activation(before)) + np.abs(cell.b)
            error = np.abs(after - simulate(cell, before, np.zeros((1, 0)))[1])
            assert (error <= TOLERANCE * terms).all(), (case, before, after)


def test_slopes_are_the_activations(results):
    """The slopes beside a state are σ′ of its two entries."""
    for case, shown in results:
        orbit = np.array(shown["orbit"][:-1], float)
        expected = ACTIVATIONS[case["activation"]].derivative(orbit)
        error = np.abs(np.array(shown["slopes"], float) - expected)
        assert (error <= TOLERANCE * expected).all(), case


def test_products_are_transports(results):
    """The map of s steps is ∂x_{k+s}/∂x_k along the path, newest factor on the left."""
    for case, shown in results:
        cell = cell_of(case)
        orbit = np.array(shown["orbit"], float)
        size = 1.0
        for s, product in enumerate(shown["products"], start=1):
            # Rounding in a product is relative to the product of the factors' sizes.
            size *= np.linalg.norm(jacobian(cell, orbit[s - 1], []), 2)
            error = np.abs(matrix(product["map"]) - transport(cell, orbit, NO_INPUT, 0, s)).max()
            assert error <= TOLERANCE * size, (case, s)


def maps(results):
    """Every matrix that is shown, with its case and its measures."""
    for case, shown in results:
        for each in (shown["weight"], *shown["products"]):
            yield case, matrix(each["map"]), each


def test_singular_values_are_numpys(results):
    """σ_max and σ_min are those of np.linalg.svd."""
    for case, M, shown in maps(results):
        largest, smallest = np.linalg.svd(M, compute_uv=False)
        # LAPACK itself promises digits relative to σ_max only, for both.
        assert abs(shown["largest"] - largest) <= TOLERANCE * largest + TINY, (case, M)
        assert abs(shown["smallest"] - smallest) <= TOLERANCE * largest + TINY_MAP, (case, M)


def test_eigenvalues_are_numpys(results):
    """Both eigenvalues are those of np.linalg.eigvals, complex ones too, the larger first."""
    for case, M, shown in maps(results):
        re1, im1, re2, im2, radius = map(float, shown["eigen"])
        size = np.linalg.norm(M, 2)
        expected = np.linalg.eigvals(M)
        gap = abs(expected[0] - expected[1])
        # A change ε of the matrix moves an eigenvalue by ε·size/gap, and by √ε where two meet.
        slack = (
            size * min(TOLERANCE * max(1, size / gap if gap else np.inf), np.sqrt(TOLERANCE))
            + TINY_MAP
        )
        ours = np.array([complex(re1, im1), complex(re2, im2)])
        error = min(abs(ours - expected).max(), abs(ours - expected[::-1]).max())
        assert error <= slack, (case, M, ours, expected)
        assert abs(radius - abs(expected).max()) <= slack, (case, M)
        assert abs(ours[0]) >= abs(ours[1]) * (1 - TOLERANCE), (case, M)


def test_image_and_semi_axes(results):
    """Drawn points are M(cos, sin), and the semi-axes are orthogonal images of unit vectors."""
    angles = np.arange(97)[::16] * np.pi / 48
    circle = np.stack([np.cos(angles), np.sin(angles)])
    for case, M, shown in maps(results):
        size = np.linalg.norm(M, 2) + TINY / TOLERANCE
        assert np.abs(np.array(shown["image"], float).T - M @ circle).max() <= TOLERANCE * size
        if "axes" not in shown:
            continue
        v1, u1, v2, u2 = np.array(shown["axes"], float).reshape(4, 2)
        assert abs(np.linalg.norm([v1, v2], 2) - 1) <= TOLERANCE
        assert np.abs(M @ v1 - u1).max() <= TOLERANCE * size, (case, M)
        assert np.abs(M @ v2 - u2).max() <= TOLERANCE * size, (case, M)
        assert abs(np.hypot(*u1) - np.linalg.norm(M, 2)) <= TOLERANCE * size, (case, M)
        # Where the image is nearly a circle any direction will do, and u1·u2 is small all the same.
        assert abs(u1 @ u2) <= TOLERANCE * size * size, (case, M)


def test_bound_holds_and_is_the_stated_one(results):
    """σ_max of a product is at most (σ_max(W) γ)^s, the number beside it, for every s."""
    for case, shown in results:
        gamma = float(ACTIVATIONS[case["activation"]].lipschitz)
        gain = np.linalg.norm(np.array(case["W"]), 2) * gamma
        assert shown["gamma"] == gamma
        for s, product in enumerate(shown["products"], start=1):
            assert abs(product["bound"] - gain**s) <= TOLERANCE * gain**s, (case, s)
            assert product["largest"] <= product["bound"] * (1 + TOLERANCE), (case, s)


def test_thin_images_keep_their_width(node, tmp_path):
    """σ_min of a product is right to twelve digits where the SVD has none left."""
    W = [[3.0, 1.0], [0.5, 0.3]]
    case = {"W": W, "b": [0, 0], "x": [1, 1], "activation": "identity"}
    (shown,) = in_node(node, tmp_path, MODULE, ANSWER, [case])
    with mp.workdps(60):
        for s, product in enumerate(shown["products"], start=1):
            exact = min(mp.svd_r(mp.matrix(W) ** s, compute_uv=False))
            assert abs(product["smallest"] - exact) <= TOLERANCE * exact, s
    assert shown["products"][-1]["smallest"] < 1e-16 * shown["products"][-1]["largest"]


def linear(W: list[list[float]]) -> dict:
    return {"W": W, "b": [0, 0], "x": [1, 0.5], "activation": "identity"}


def decimal(hundredths: int) -> float:
    return hundredths / 100


def defective(rng: np.random.Generator) -> list[list[int]]:
    """Four whole numbers [[m + p, q], [r, m - p]] with q r = −p²: m is a double eigenvalue."""
    p = int(rng.integers(1, 60)) * int(rng.choice([-1, 1]))
    q = int(rng.choice([d for d in range(1, 300) if p * p % d == 0 and p * p // d <= 300]))
    m = int(rng.integers(1, 240)) * int(rng.choice([-1, 1]))
    return [[m + p, q], [-p * p // q, m - p]]


def test_a_double_eigenvalue_is_double(node, tmp_path):
    """Two equal eigenvalues are shown as two equal real numbers, though W is rounded to binary."""
    rng = np.random.default_rng(3)
    whole = [[[70, 30], [-30, 10]], [[50, -50], [50, 50]], *(defective(rng) for _ in range(300))]
    cases = [linear([[decimal(entry) for entry in row] for row in W]) for W in whole]
    shown = in_node(node, tmp_path, MODULE, ANSWER, cases)
    seen = 0
    for W, case, result in zip(whole, cases, shown, strict=True):
        power = np.eye(2, dtype=int).astype(object)
        for s, product in enumerate(result["products"], start=1):
            power = power @ np.array(W, dtype=object)
            trace, det = power[0, 0] + power[1, 1], power[0, 0] * power[1, 1]
            det -= power[0, 1] * power[1, 0]
            if trace * trace != 4 * det:
                continue
            seen += 1
            re1, im1, re2, im2, radius = product["eigen"]
            assert im1 == im2 == 0, (case, s)
            assert re1 == re2, (case, s)
            exact = float(Fraction(trace, 2 * 100**s))
            # Rounding of 1e-16 of the largest entry stays in a sum that cancels.
            slack = 1e-13 * product["largest"] + TOLERANCE * abs(exact)
            assert max(abs(re1 - exact), abs(re2 - exact)) <= slack, (case, s)
            assert radius == abs(re1)
    assert seen > 3500


def test_a_pair_stays_a_pair(node, tmp_path):
    """Eigenvalues are shown as a pair if and only if the exact discriminant is negative."""
    rng = np.random.default_rng(4)
    whole = rng.integers(-30000, 30001, (400, 2, 2))
    # Discriminants of ±4 beside products of 1e8: as near to 0 as four decimals come.
    whole = [*whole.tolist(), [[12004, 27101], [-5317, -12004]], [[12006, 24361], [-5917, -12006]]]
    whole += [[[12000, 14183], [-10153, -12000]], [[12001, 28240], [-5100, -12001]]]
    cases = [linear([[entry / 1e4 for entry in row] for row in W]) for W in whole]
    shown = in_node(node, tmp_path, MODULE, ANSWER, cases)
    for ((a, b), (c, d)), case, result in zip(whole, cases, shown, strict=True):
        discriminant = (a - d) ** 2 + 4 * b * c
        im1 = result["weight"]["eigen"][1]
        assert (im1 > 0) == (discriminant < 0), case
        imaginary = np.sqrt(max(0, -discriminant)) / 2e4
        assert im1 == pytest.approx(imaginary, rel=1e-6), case


def test_a_singular_matrix_is_singular(node, tmp_path):
    """Parallel columns give σ_min = 0 exactly, though 0.1·0.9 and 0.3·0.3 round differently."""
    rng = np.random.default_rng(5)
    pairs = [((1, 3), (2, 6)), *(rng.integers(1, 17, (200, 2, 2)).tolist())]
    rows = [[[p * u, p * v], [q * u, q * v]] for (u, v), (p, q) in pairs]
    cases = [linear([[decimal(entry) for entry in row] for row in W]) for W in rows]
    assert any(np.prod(np.diag(W)) != W[0][1] * W[1][0] for W in (case["W"] for case in cases))
    for case, shown in zip(
        cases,
        in_node(node, tmp_path, MODULE, ANSWER, cases),
        strict=True,
    ):
        smallest = [each["smallest"] for each in (shown["weight"], *shown["products"])]
        assert smallest == [0] * 13, case


def test_a_wrong_kernel_is_caught(node, tmp_path, results):
    """With W transposed in one Jacobian the comparison with NumPy fails."""
    wrong = MODULE.replace(
        "return [m11*slope1, m12*slope2, m21*slope1, m22*slope2,",
        "return [m11*slope1, m21*slope2, m12*slope1, m22*slope2,",
        1,
    )
    assert wrong != MODULE
    cases = [case for case, _ in results]
    shown = in_node(node, tmp_path, wrong, ANSWER, cases)
    with pytest.raises(AssertionError):
        test_products_are_transports(list(zip(cases, shown, strict=True)))
