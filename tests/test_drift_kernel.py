"""What the explorable "drift" computes in JavaScript is what NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
from widget_pages import in_node

from book_utils import widgets
from book_utils.figures import trainings

# Weights are below 1, and a step of training moves a rounding error on, hardly enlarged; worst
# cases are products of up to 200 factors, each rounded to 1e-16.
TOLERANCE = 1e-12
MODULE = widgets.explorable("drift").module()
ANSWER = "(state, view) => view.record(state)"

START = {"losses": "unit", "activation": "tanh", "schedule": "over", "k": 4, "N": 60, "α": 0.1,
         "λ": 0.5, "w0": 0.5, "y": 0.3, "at": 60}  # fmt: skip
LINEAR = {**START, "activation": "identity"}
LONG = {**LINEAR, "schedule": "equal", "α": 0.3, "N": 200, "at": 200}
EXAMPLES = {
    "Both arrive": {**LONG, "λ": 0.7, "w0": 0, "y": 0.6},
    "Stopped": {**LONG, "w0": 0, "y": 0.8, "N": 60, "at": 8},
    "Far apart": {**LINEAR, "schedule": "equal", "k": 1, "y": -0.7},
    "Close to worst": {**LINEAR, "k": 1, "α": 0.02, "λ": 0.3, "w0": 0.3, "y": -0.8},
    "Worst pair, α/i": {**START, "losses": "pair"},
    "Worst pair, α": {**START, "losses": "pair", "schedule": "equal"},
}


def random_states(count: int) -> list[dict]:
    """Short trainings of units, all over the ranges of the sliders."""
    rng = np.random.default_rng(60)
    return [
        {
            "losses": "unit", "activation": trainings.UNITS[j % 2],
            "schedule": list(trainings.SCHEDULES)[j % 3], "k": int(rng.integers(1, 21)),
            "N": 10, "α": rng.uniform(0.02, 0.3), "λ": rng.uniform(0.3, 0.7),
            "w0": rng.uniform(-0.7, 0.7), "y": rng.uniform(-0.8, 0.8), "at": 10,
        }
        for j in range(count)
    ]  # fmt: skip


def corners() -> list[dict]:
    """The worst pair at the ends of the ranges, where its numbers are largest and smallest."""
    return [
        {**START, "losses": "pair", "activation": activation, "schedule": schedule, "k": k,
         "N": 200, "α": α, "λ": λ, "y": y}
        for activation in trainings.UNITS
        for schedule in trainings.SCHEDULES
        for k, α, λ, y in ((1, 0.3, 0.7, 0.8), (20, 0.02, 0.3, 0), (20, 0.3, 0.7, -0.8))
    ]  # fmt: skip


def agree(cases: list[dict], answers: list[dict]) -> None:
    """Weights, distances, worst cases and constants are NumPy's."""
    for case, found in zip(cases, answers, strict=True):
        record = trainings.compute(**case)
        # The weights of the pair grow as the worst case does.
        size = TOLERANCE * np.maximum(1, np.append(0, record.worst)) if case["losses"] == "pair" \
            else TOLERANCE  # fmt: skip
        for what in ("full", "short"):
            assert (np.abs(np.array(found[what]) - getattr(record, what)) <= size).all(), case
        assert found["distances"][1:] == pytest.approx(record.distances, rel=1e-12, abs=2e-12)
        assert found["worst"][1:] == pytest.approx(record.worst, rel=TOLERANCE)
        if record.simple is None:
            assert found["simple"] is None
        else:
            assert found["simple"][1:] == pytest.approx(record.simple, rel=TOLERANCE)
        c = record.constants
        constants = (c.H, c.L_p, record.smoothness, record.rate, record.gap)
        names = ("H", "L_p", "β", "γ", "g")
        assert [found[name] for name in names] == pytest.approx(constants, rel=TOLERANCE)
        assert found["firstGap"] == pytest.approx(record.first_gap, abs=TOLERANCE)
        assert found["exponent"] == pytest.approx(case["α"] * record.smoothness, rel=TOLERANCE)
        assert found["wide"] == record.wide


def test_trainings_are_numpys(node, tmp_path):
    """Sixty short trainings, and the two schedules of every unit at 200 steps of the pair."""
    cases = random_states(60) + corners()
    agree(cases, in_node(node, tmp_path, MODULE, ANSWER, cases))


def test_examples_are_numpys(node, tmp_path):
    """So are the examples, the longest trainings of all."""
    cases = list(EXAMPLES.values())
    agree(cases, in_node(node, tmp_path, MODULE, ANSWER, cases))


def test_a_wrong_kernel_is_caught(node, tmp_path):
    """With the immediate derivative left out of the gradient the comparison fails."""
    wrong = MODULE.replace("immediate*row + total", "row + total", 1)
    assert wrong != MODULE
    cases = random_states(3)
    answers = in_node(node, tmp_path, wrong, ANSWER, cases)
    with pytest.raises(AssertionError):
        agree(cases, answers)


def test_the_pair_attains_the_worst_case_and_units_stay_below(node, tmp_path):
    """For the pair the distance is the worst case at every step, for no unit is it more."""
    cases = [*EXAMPLES.values(), *random_states(60), *corners()]
    for case, found in zip(cases, in_node(node, tmp_path, MODULE, ANSWER, cases), strict=True):
        δ, worst = (np.array(found[what], float) for what in ("distances", "worst"))
        if case["losses"] == "pair":
            np.testing.assert_allclose(δ, worst, rtol=TOLERANCE)
        else:
            assert (δ <= worst * (1 + TOLERANCE)).all(), case
            assert max(δ.max(), worst.max()) <= 2 * case["λ"] * (1 + TOLERANCE)
        if found["simple"]:
            assert (worst <= np.array(found["simple"]) * (1 + TOLERANCE)).all(), case
        assert np.isfinite([δ, worst]).all(), case
