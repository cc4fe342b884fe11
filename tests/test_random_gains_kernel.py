"""What the explorable "random gains" computes in JavaScript is what NumPy computes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from widget_pages import in_node

from book_utils import widgets
from book_utils.dynamics import critical_gain, gaussian_exponent, gaussian_growth, gaussian_spread
from book_utils.figures import random_gains
from book_utils.widgets.random_gains.kernel import SIZES

# Each step adds a logarithm with an error of 1e-16; the logarithm of a chi-squared number near its
# mean may cancel, so sums are compared to the size of what was added.
TOLERANCE = 1e-12
MODULE = widgets.explorable("random_gains").module()
KERNEL = (widgets.HERE / "random_gains" / "kernel.js").read_text(encoding="utf-8")
RECORD = "(state, view) => view.record(state)"
CALL = "([name, numbers], view) => view.kernel[name](...numbers)"


def states() -> list[dict]:
    """525 random states: every size, short and long runs, and the ends of all ranges."""
    rng = np.random.default_rng(40)
    found = [
        {"gain": round(rng.uniform(0.5, 2), 2), "n": SIZES[i % 7],
         "steps": int(rng.integers(10, 30)), "seed": int(rng.integers(1, 10_000))}
        for i in range(511)
    ]  # fmt: skip
    return found + [
        {"gain": gain, "n": n, "steps": 400, "seed": seed}
        for n in SIZES
        for gain, seed in ((0.5, 1), (2, 9999))
    ]


@pytest.fixture(scope="module")
def results(node, tmp_path_factory) -> list[tuple[dict, dict]]:
    """Each state with what the published module computes for it in Node."""
    cases = states()
    assert len(cases) >= 500
    shown = in_node(node, tmp_path_factory.mktemp("node"), MODULE, RECORD, cases)
    return list(zip(cases, shown, strict=True))


def test_runs_are_numpys(results):
    """All six runs are those that gaussian_growth draws for the same seed, step by step."""
    for case, shown in results:
        expected = gaussian_growth(case["n"], case["gain"], case["steps"], 6, case["seed"])
        added = np.cumsum(np.abs(np.diff(expected, prepend=0)) + 1, axis=1)
        assert (np.abs(np.array(shown["logs"]) - expected) <= TOLERANCE * added).all(), case
        np.testing.assert_allclose(
            shown["rates"], np.array(shown["logs"]) / np.arange(1, case["steps"] + 1), rtol=1e-15
        )


def test_rates_are_exact(results):
    """λ, g_c, the band and e^λ are those of the exact law."""
    for case, shown in results:
        record = random_gains.compute(**case)
        assert shown["rate"] == pytest.approx(record.rate, rel=TOLERANCE, abs=1e-15)
        assert shown["critical"] == pytest.approx(record.critical, rel=TOLERANCE)
        assert shown["spread"] == pytest.approx(record.spread, rel=TOLERANCE)
        np.testing.assert_allclose(shown["band"], record.band, rtol=TOLERANCE)
        assert shown["factor"] == pytest.approx(math.exp(record.rate), rel=TOLERANCE)


def test_sizes_are_evaluated_from_digamma(node, tmp_path):
    """Printed from SymPy's digamma, each size has the numbers that the finite sums give."""
    found = in_node(node, tmp_path, KERNEL, CALL, [[f"size_{n}", []] for n in SIZES])
    for n, numbers in zip(SIZES, found, strict=True):
        expected = (gaussian_exponent(n), critical_gain(n), gaussian_spread(n))
        # At n = 64 the exponent is a difference of numbers near 3.5.
        assert numbers == pytest.approx(expected, rel=1e-12, abs=1e-15)


def hash_in_words(x: int) -> int:
    """The hash on Python's whole numbers, from the published description of its three rounds."""
    x ^= x >> 16
    x = x * 0x7FEB352D % 2**32
    x ^= x >> 15
    x = x * 0x846CA68B % 2**32
    return x ^ (x >> 16)


def test_hash_is_the_same_bit_for_bit(node, tmp_path):
    """The hash in JavaScript is the one on whole numbers, also for those with the sign bit set."""
    rng = np.random.default_rng(41)
    numbers = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, *map(int, rng.integers(0, 2**32, 600))]
    # An exclusive or gives JavaScript a number with a sign; the hash must not mind.
    signed = [x - 2**32 if x >= 2**31 else x for x in numbers]
    calls = [["hash", [x]] for x in (*numbers, *signed)]
    found = in_node(node, tmp_path, KERNEL, CALL, calls)
    assert found == [[hash_in_words(x)] for x in numbers] * 2


def test_a_wrong_kernel_is_caught(node, tmp_path, results):
    """With one shift of the hash changed the comparison with NumPy fails."""
    wrong = MODULE.replace("x >>> 15", "x >>> 14", 1)
    assert wrong != MODULE
    cases = [case for case, _ in results]
    shown = in_node(node, tmp_path, wrong, RECORD, cases)
    with pytest.raises(AssertionError):
        test_runs_are_numpys(list(zip(cases, shown, strict=True)))
