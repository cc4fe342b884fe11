"""What the explorable "norm radius" computes in JavaScript is what NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
from widget_pages import in_node

from book_utils import widgets
from book_utils.dynamics import departure, power_norms
from book_utils.figures import norm_radius

# Each side rounds to 1e-16 of the sizes it multiplies, sixty times over.
TOLERANCE = 1e-12
MODULE = widgets.explorable("norm_radius").module()
RECORD = "({ W }, view) => { const { powers, ...rest } = view.record({ W }); return rest; }"
RESHAPED = "({ W, change }, view) => view.reshaped(W, change)"
CALL = "([name, numbers], view) => view.kernel[name](...numbers)"


def band(radius: float, shear: float) -> np.ndarray:
    return radius * np.eye(3) + shear * np.eye(3, k=1)


def pair(radius: float, degrees: float, stretch: float) -> np.ndarray:
    """Eigenvalues of that radius and angle; a stretch other than 1 takes W away from normal."""
    a, b = radius * np.cos(np.radians(degrees)), radius * np.sin(np.radians(degrees))
    return np.array([[a, stretch * b], [-b / stretch, a]])


CORNERS = [
    [[0.9, 10], [0, 0.9]], [[0.9, 0], [0, 0.5]], [[0, 5], [0, 0]], [[1, 1], [0, 1]],
    [[0.57, -0.76], [0.76, 0.57]], [[1, 2], [0, 0.5]], [[1.3, 0.09], [-1, 0.7]],
    [[-1, 1], [0, -1]],
    [[0, 0], [0, 0]], [[1, 0], [0, 1]], [[0, -1], [1, 0]], [[12, 12], [12, 12]],
    [[-0.9, 3], [0, 0.5]],
    [[1.2, 10], [0, 1.2]], [[0.99, 10], [0, 0.99]], [[0.9998, 0.1], [0, 0.9]], [[0, 1], [1, 0]],
    band(0.9, 1), band(0, 5), band(1, 0), band(1, 2), band(0.5, 0), band(1.2, 10), band(0.97, 8),
]  # fmt: skip


def matrices() -> list[list[list[float]]]:
    """600 random matrices of all kinds, and the corners."""
    rng = np.random.default_rng(30)
    found = [np.array(W, float) for W in CORNERS]
    for i in range(600):
        kind, radius = i % 6, rng.uniform(0.05, 1.2)
        if kind == 0:
            W = rng.uniform(-1.2, 1.2, (2, 2)).round(4)
        elif kind == 1:
            W = np.array([[radius, rng.uniform(0, 10)], [0, radius]]).round(2)
        elif kind == 2:
            W = pair(radius, rng.uniform(1, 179), rng.uniform(1, 9))
        elif kind == 3:
            W = band(radius, rng.uniform(0, 10)).round(2)
        elif kind == 4:
            W = np.array([[radius, rng.uniform(0, 10)], [0, rng.uniform(-1, 1) * radius]]).round(3)
        else:
            W = rng.integers(-30, 31, (2, 2)) / 10
        found.append(W)
    return [W.tolist() for W in found]


@pytest.fixture(scope="module")
def results(node, tmp_path_factory) -> list[tuple[norm_radius.Record, dict]]:
    """What NumPy and what the published module make of each matrix."""
    cases = [{"W": W} for W in matrices()]
    assert len(cases) > 600
    shown = in_node(node, tmp_path_factory.mktemp("node"), MODULE, RECORD, cases)
    records = [norm_radius.compute(case["W"], 0) for case in cases]
    return list(zip(records, shown, strict=True))


def test_norms_are_those_of_the_powers(results):
    """‖W^k‖ for k = 0 … 60 is np.linalg.norm of the power, for every matrix."""
    for record, shown in results:
        norms = record.norms
        # An error made at step j is carried on by the powers before and after it.
        sizes = [np.max(norms[: k + 1] * norms[: k + 1][::-1]) for k in range(61)]
        error = np.abs(np.array(shown["norms"]) - norms)
        assert (error <= TOLERANCE * np.maximum(sizes, 1e-300)).all(), record.W


def test_radius_norm_and_departure_are_numpys(results):
    """ρ(W), ‖W‖ and ‖WᵀW − WWᵀ‖ are NumPy's, and so are the powers of the first two."""
    k = np.arange(61)
    for record, shown in results:
        size = max(record.norm, 1e-300)
        # np.linalg.eigvals splits a nearly double eigenvalue by the root of its rounding; what
        # else a size of 1e-12 hides in the radius is 1e-12/gap.
        gap = abs(np.subtract(*np.linalg.eigvals(record.W)[:2])) or np.inf
        slack = size * min(1e-7, TOLERANCE * max(1, size / gap))
        assert abs(shown["radius"] - record.radius) <= slack, record.W
        assert abs(shown["norm"] - record.norm) <= TOLERANCE * size, record.W
        assert abs(shown["departure"] - record.departure) <= TOLERANCE * size**2, record.W
        assert shown["normal"] == record.normal, record.W
        np.testing.assert_allclose(
            np.array(shown["radii"], float), float(shown["radius"]) ** k, rtol=TOLERANCE
        )
        np.testing.assert_allclose(
            np.array(shown["sizes"], float), float(shown["norm"]) ** k, rtol=TOLERANCE
        )


def test_peak_and_settling_are_the_same(results):
    """The longest power, its norm, and from where on all are below 1 are NumPy's."""
    for record, shown in results:
        assert shown["peak"] == record.peak, record.W
        assert shown["settled"] == record.settled, record.W
        assert shown["largest"] == pytest.approx(record.largest, rel=1e-9), record.W


def test_settled_means_settled(results):
    """Followed four times as far, every power stays below 1 from the number that is shown on."""
    seen = 0
    for record, shown in results:
        if shown["settled"] is None or shown["settled"] > 300:
            continue
        norms = power_norms(record.W, 4 * shown["settled"] + 10)
        assert (norms[shown["settled"] :] < 1).all(), record.W
        assert norms[shown["settled"] - 1] >= 1, record.W
        assert norms.max() == pytest.approx(shown["largest"], rel=1e-9)
        seen += 1
    assert seen > 200


def test_kreiss_is_the_searched_one(results):
    """K is dynamics.kreiss, ∞ where powers grow, and brackets the longest power."""
    finite = 0
    for record, shown in results:
        if not np.isfinite(record.kreiss):
            assert shown["kreiss"] == "Infinity", record.W
            continue
        # The two searches may stop on either side of a flat top. With a radius near 1 the SVD
        # knows its smallest singular value to 1e-16 ‖W‖, which is down to 1e-9 there.
        assert shown["kreiss"] == pytest.approx(record.kreiss, rel=1e-6), record.W
        assert shown["ceiling"] == pytest.approx(np.e * len(record.W) * shown["kreiss"])
        if shown["settled"] is not None:
            finite += 1
            assert shown["kreiss"] <= shown["largest"] * (1 + TOLERANCE), record.W
            assert shown["largest"] <= shown["ceiling"], record.W
    assert finite > 200


def test_three_by_three_search_on_the_axis_is_enough(results):
    """For ρI with s above the diagonal no point off the real axis gives more."""
    for record, shown in results:
        if len(record.W) == 3 and np.isfinite(record.kreiss):
            # record.kreiss is searched in the whole half plane.
            assert shown["kreiss"] >= record.kreiss * (1 - 1e-6), record.W


def test_the_known_shear(results):
    """[[.9, 10], [0, .9]]: the longest power is 38.7459227175 at k = 9, and K = 25.01."""
    _, shown = results[0]
    assert shown["peak"] == 9
    assert shown["largest"] == pytest.approx(38.7459227175, abs=5e-11)
    assert shown["kreiss"] == pytest.approx(25.01, abs=1e-9)


def test_kernel_norms_and_resolvents(node, tmp_path):
    """The norm of any matrix, and of any resolvent, is the one that the SVD gives."""
    rng = np.random.default_rng(31)
    calls, expected = [], []
    for _ in range(600):
        scale = 10.0 ** rng.uniform(-80, 80)
        W = rng.normal(size=(2, 2)) * scale
        a, b, c = np.abs(rng.normal(size=3)) * scale * rng.choice([1, 1e-3], size=3)
        b, c = (0, 0) if rng.random() < 0.1 else (b, c)
        T = np.array([[a, b, c], [0, a, b], [0, 0, a]])
        for name, numbers, M in (("norm", W.ravel(), W), ("norm3", (a, b, c), T)):
            calls.append([name, list(map(float, numbers))])
            expected.append(np.linalg.norm(M, 2))
        M = rng.uniform(-1, 1, (2, 2))
        values = np.linalg.eigvals(M)
        M *= rng.uniform(0.2, 0.98) / np.abs(values).max()
        one, two = np.linalg.eigvals(M)
        beyond, angle = np.exp(rng.uniform(-7, 3)), rng.uniform(0, np.pi)
        numbers = (*M.ravel(), one.real, one.imag, two.real, two.imag, beyond, angle)
        calls.append(["resolvent", list(map(float, numbers))])
        z = (1 + beyond) * np.exp(1j * angle)
        expected.append(beyond * np.linalg.norm(np.linalg.inv(z * np.eye(2) - M), 2))
        radius, shear = rng.uniform(0, 0.98), rng.uniform(0, 10)
        calls.append(["resolvent3", [radius, shear, float(beyond)]])
        inverse = np.linalg.inv((1 + beyond) * np.eye(3) - band(radius, shear))
        expected.append(beyond * inverse[0])
    found = in_node(node, tmp_path, widgets_kernel(), CALL, calls)
    for call, ours, theirs in zip(calls, found, expected, strict=True):
        size = np.abs(theirs).max()
        # Beside an eigenvalue, NumPy's inverse itself has lost two or three digits.
        slack = TOLERANCE if call[0].startswith("norm") else 1e-10
        assert np.abs(np.array(ours) - theirs).max() <= slack * size + 1e-300, call


def widgets_kernel() -> str:
    return (widgets.HERE / "norm_radius" / "kernel.js").read_text(encoding="utf-8")


def shear_of(W: np.ndarray) -> float:
    """Schur's measure: ‖W‖² in the sum of squares, less that of the eigenvalues."""
    rest = np.sum(W**2) - np.sum(np.abs(np.linalg.eigvals(W)) ** 2)
    return np.sqrt(max(0, rest))


def test_a_slider_changes_one_thing(node, tmp_path):
    """Moved by a slider, the matrix has the new radius, shear or angle, and keeps the others."""
    rng = np.random.default_rng(32)
    cases = []
    for W in matrices():
        if np.abs(W).max() <= 10 and 0.05 < norm_radius._radius(np.array(W)) <= 1.2:
            what = ("radius", "shear", "degrees")[len(cases) % 3]
            top = {"radius": 1.2, "shear": 10, "degrees": 179}[what]
            cases.append({"W": W, "change": {what: round(rng.uniform(0.1, top), 1)}})
    found = in_node(node, tmp_path, MODULE, RESHAPED, cases)
    assert len(found) > 400
    for case, after in zip(cases, found, strict=True):
        W, V, (what, value) = np.array(case["W"]), np.array(after), *case["change"].items()
        if len(W) == 3:
            # There is no angle to change.
            radius = value if what == "radius" else W[0, 0]
            shear = value if what == "shear" else W[0, 1]
            np.testing.assert_allclose(V, band(radius, shear), atol=5.1e-5)
            continue
        eigenvalues = np.linalg.eigvals(V)
        before = np.linalg.eigvals(W)
        radius = np.abs(before).max()
        expected = {
            "radius": value if what == "radius" else radius,
            "shear": value if what == "shear" else min(10, shear_of(W)),
        }
        # Sliders stand at four decimals, and a double eigenvalue splits by 1e-8.
        assert np.abs(eigenvalues).max() == pytest.approx(expected["radius"], abs=6e-5), case
        assert shear_of(V) == pytest.approx(expected["shear"], abs=1e-3), case
        angle = np.degrees(np.abs(np.angle(eigenvalues)).max())
        if what == "degrees":
            assert angle == pytest.approx(value, abs=1e-3), case
        elif not np.iscomplex(before).any() and np.ptp(before) > 1e-3:
            # Two different real eigenvalues keep their ratio.
            (small, large), (less, more) = (sorted(each, key=abs) for each in (before, eigenvalues))
            assert less / more == pytest.approx(small / large, abs=1e-6), case
        elif np.iscomplex(before).any() and shear_of(W) < 9:
            assert angle == pytest.approx(np.degrees(np.abs(np.angle(before)).max()), abs=2e-2)


def test_the_way_from_normal_to_shear_is_continuous(node, tmp_path):
    """From a rotation by any angle to the shear at angle 0, small steps move W a little."""
    for change in ("shear", "degrees"):
        values = np.linspace(0, 10 if change == "shear" else 180, 401)
        start = [[0.6, 0.9], [-0.4, 0.6]] if change == "shear" else [[0.9, 2], [0, 0.9]]
        cases = [{"W": start, "change": {change: float(value)}} for value in values]
        steps = np.array(in_node(node, tmp_path, MODULE, RESHAPED, cases))
        assert np.abs(np.diff(steps, axis=0)).max() < 0.03


def test_a_matrix_without_shear_is_normal(node, tmp_path):
    """At shear 0 each angle and radius gives a matrix that commutes with its transpose."""
    cases = [
        {"W": [[0.9, 3], [-0.2, 0.8]], "change": {"shear": 0, "degrees": d, "radius": r}}
        for d in (0, 1, 45, 90, 179, 180)
        for r in (0, 0.5, 1, 1.2)
    ]
    for case, after in zip(cases, in_node(node, tmp_path, MODULE, RESHAPED, cases), strict=True):
        assert departure(after) <= 1e-15, case


def test_a_wrong_kernel_is_caught(node, tmp_path, results):
    """With the second power of a product transposed the comparison with NumPy fails."""
    wrong = MODULE.replace("m11*p12 + m12*p22", "m11*p21 + m12*p22", 1)
    assert wrong != MODULE
    cases = [{"W": record.W.tolist()} for record, _ in results]
    shown = in_node(node, tmp_path, wrong, RECORD, cases)
    records = [record for record, _ in results]
    with pytest.raises(AssertionError):
        test_norms_are_those_of_the_powers(list(zip(records, shown, strict=True)))
