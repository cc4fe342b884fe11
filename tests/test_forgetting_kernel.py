"""What the explorable "forgetting" computes in JavaScript is what NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
from widget_pages import in_node

from book_utils import widgets
from book_utils.cells import Elman
from book_utils.dynamics import simulate
from book_utils.dynamics.truncation import state_bound, truncated_states
from book_utils.figures import forgetting

# Of the size of a state: a few operations at each of 120 steps, and each shrinks the errors before.
TOLERANCE = 1e-12
# A difference keeps its digits however small it is; near ±1 each factor 1 − h h′ loses three.
DIGITS = 1e-9
# Below it floats have fewer digits.
TINY = 1e-300
MODULE = widgets.explorable("forgetting").module()
RECORD = "(state, view) => view.record(state)"


def states() -> list[dict]:
    """508 states: every unit and kind of input, at random and at the ends of all ranges."""
    rng = np.random.default_rng(41)
    kinds = [(unit, kind) for unit in forgetting.ACTIVATIONS for kind in forgetting.INPUTS]
    found = [
        {"activation": unit, "inputs": kind, "λ": round(rng.uniform(0.1, 0.99), 2),
         "k": int(rng.integers(1, 121)), "B": round(rng.uniform(0.1, 3), 1),
         "ε": float(f"{10 ** rng.uniform(-6, 0):.1g}"), "t": int(rng.integers(1, 121)),
         "seed": int(rng.integers(1, 10_000))}
        for unit, kind in 60 * kinds
    ]  # fmt: skip
    ends = ((0.1, 1, 3, 1, 1), (0.99, 1, 3, 1e-6, 120), (0.9, 1, 0.1, 1, 2), (0.5, 120, 1, 0.5, 9))
    for unit, kind in kinds[:7]:
        for λ, k, B, ε, t in ends:
            case = {"activation": unit, "inputs": kind, "λ": λ, "k": k, "B": B, "ε": ε, "t": t}
            found.append(case | {"seed": 9999})
    return found


@pytest.fixture(scope="module")
def results(node, tmp_path_factory) -> list[tuple[dict, dict]]:
    """Each state with what the published module computes for it in Node."""
    cases = states()
    assert len(cases) >= 500
    shown = in_node(node, tmp_path_factory.mktemp("node"), MODULE, RECORD, cases)
    return list(zip(cases, shown, strict=True))


def test_inputs_are_numpys(results):
    """The inputs are the same numbers, also those drawn at random, and none exceeds B."""
    for case, shown in results:
        expected = forgetting.sequence(case["inputs"], case["B"], case["seed"])
        np.testing.assert_allclose(shown["x"], expected, rtol=1e-15, err_msg=str(case))
        assert np.abs(expected).max() <= case["B"]


def test_states_are_those_of_the_engine(results):
    """h_t and h_t^k are what simulate and truncated_states give, the run is that of one window."""
    for case, shown in results:
        cell = Elman([[case["λ"]]], [[1.0]], [0.0], case["activation"])
        x = np.array(shown["x"])[:, None]
        k, t = case["k"], case["t"]
        whole = simulate(cell, [0.0], x)[:, 0]
        windows = truncated_states(cell, x, k)[:, 0]
        size = max(1, np.abs(whole).max())
        assert np.abs(np.array(shown["h"]) - whole).max() <= TOLERANCE * size, case
        assert np.abs(np.array(shown["windows"][1:]) - windows).max() <= TOLERANCE * size, case
        gaps = np.abs(whole[1:] - windows)
        assert np.abs(np.array(shown["gap"][1:]) - gaps).max() <= TOLERANCE * size, case
        assert shown["start"] == max(0, t - k)
        assert len(shown["run"]) == min(k, t) + 1
        assert shown["run"][0] == 0
        assert shown["run"][-1] == shown["windows"][t]


def test_small_differences_keep_their_digits(results):
    """Where two states agree in all digits, their difference still agrees with NumPy's."""
    smallest = 1.0
    for case, shown in results:
        expected = forgetting.compute(**case).gap
        np.testing.assert_allclose(shown["gap"][1:], expected, DIGITS, TINY, err_msg=str(case))
        smallest = min(smallest, *expected[expected > 0], 1.0)
    assert smallest < 1e-20


def test_bounds_and_horizon_are_those_of_the_engine(results):
    """H, λ^k H, the bound that knows t and k* are the chapter's, and no difference exceeds them."""
    for case, shown in results:
        λ, k = case["λ"], case["k"]
        record = forgetting.compute(**case)
        B0 = case["B"] if case["activation"] == "identity" else np.tanh(case["B"])
        assert shown["B0"] == pytest.approx(B0, rel=TOLERANCE)
        H = state_bound(λ, B0, forgetting.LONGEST[case["activation"]])
        assert shown["H"] == pytest.approx(H, rel=TOLERANCE)
        assert shown["bound"] == pytest.approx(λ**k * H, rel=TOLERANCE, abs=0)
        np.testing.assert_allclose(shown["bounds"][1:], record.bounds, rtol=TOLERANCE)
        assert shown["horizon"] == pytest.approx(record.horizon, rel=TOLERANCE)
        assert (shown["enough"], shown["needed"]) == (record.enough, record.needed), case
        assert (np.array(shown["gap"][1:]) <= record.bounds * (1 + TOLERANCE)).all(), case
        at = int(record.shares.argmax())
        assert shown["share"] == pytest.approx(record.shares[case["t"] - 1], rel=DIGITS)
        assert shown["largest"] == pytest.approx(record.shares[at], rel=DIGITS)
        assert record.shares[shown["largestAt"] - 1] == pytest.approx(record.shares[at], rel=DIGITS)


def test_the_constant_input_attains_the_bound(results):
    """For the linear unit with a constant input every difference is the bound that knows t."""
    tight = [
        (c, s) for c, s in results if (c["activation"], c["inputs"]) == ("identity", "constant")
    ]
    assert len(tight) > 60
    for _, shown in tight:
        np.testing.assert_allclose(shown["gap"][1:], shown["bounds"][1:], rtol=1e-11)
