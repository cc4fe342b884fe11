"""What the explorable "lstm_plane" computes in JavaScript is what NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.path import Path
from widget_pages import in_node

from book_utils import widgets
from book_utils.dynamics import lstm_iterations, lstm_rates
from book_utils.figures import lstm_plane

# Sums of numbers up to 500, rounded to 1e-16 each.
TOLERANCE = 1e-12
MODULE = widgets.explorable("lstm_plane").module()
ASK = """(state, view) => {
    const reach = view.windowOf(state);
    return { ...view.record(state), reach, regions: view.regions(state, reach) };
}"""


def states() -> list[dict]:
    """Some 300 states in all planes: small norms, large ones, zeros, and F up to 0.99."""
    rng = np.random.default_rng(60)
    found = []
    for k in range(300):
        F = float(rng.choice([0, 0.5, rng.uniform(0, 0.99), 0.99]))
        sizes = [1 - F, 4, (1 - F) ** 2, 0.3 * (1 - F)] * rng.choice([0, 0.5, 1, 1], size=4)
        i, o, f, z = (rng.uniform(size=4) * (sizes if k % 3 else 5)).tolist()
        d = int(rng.choice([1, 2, 50, 1500]))
        plane = list(lstm_plane.PLANES)[k % len(lstm_plane.PLANES)]
        found.append({"F": F, "i": i, "o": o, "f": f, "z": z, "d": d, "plane": plane})
    return [*found, {"F": 0, "i": 0, "o": 0, "f": 0, "z": 0, "d": 3, "plane": "p over q_o"}]


@pytest.fixture(scope="module")
def results(node, tmp_path_factory) -> list[tuple[dict, dict, lstm_plane.Record]]:
    """Each state with what the published module computes for it in Node, and with the record."""
    cases = states()
    shown = in_node(node, tmp_path_factory.mktemp("node"), MODULE, ASK, cases)
    records = [lstm_plane.compute(**case, points=16) for case in cases]
    return list(zip(cases, shown, records, strict=True))


def test_rates_are_numpys(results):
    """p, q_o, both rates, the weight and the right side of the weaker condition."""
    for case, shown, record in results:
        rates = record.rates
        expected = [rates.p, rates.q_o, rates.by_sum, rates.weighted, rates.weight,
                    (1 - case["F"]) * (1 - rates.q_o)]  # fmt: skip
        found = [shown[key] for key in ("p", "q", "printed", "weighted", "weight", "room")]
        np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_conditions_and_steps_are_numpys(results):
    """Which conditions hold, and how many steps are enough; both happen and fail often."""
    outcomes = []
    for case, shown, record in results:
        rates = record.rates
        expected = [rates.hypotheses_hold, rates.by_sum < 1, rates.weaker_holds]
        outcomes.append([bool(each) for each in expected])
        assert list(shown["holds"].values()) == outcomes[-1], case
        steps = {"sum": record.sum_iterations, "weaker": record.weighted_iterations}
        assert shown["steps"] == steps, case
        if steps["weaker"] is not None:
            rate, weight = shown["counted"]
            assert rate >= shown["weighted"]
            assert rates.weaker_holds
            assert rate == 0 or lstm_iterations(case["d"], rate, weight) == steps["weaker"], case
        assert shown["above"] == (rates.p == 0 and rates.q_o > 0 and case["F"] <= rates.q_o)
    assert (np.sum(outcomes, axis=0) > 20).all()
    assert (np.sum(outcomes, axis=0) < 280).all()


def test_regions_are_numpys(results):
    """A pair of a plane lies in a region that is drawn just if NumPy says so of its LSTM."""
    seen = np.zeros(4, dtype=int)
    for case, shown, record in results:
        assert shown["reach"][1] == pytest.approx(record.up[-1], rel=1e-15)
        # Off the axes, where no point is just on the edge of a region.
        across, up = np.meshgrid(record.across[1:], record.up[1:])
        pairs = np.column_stack([across.ravel(), up.ravel()]) / shown["reach"]
        levels = record.regions[1:, 1:].ravel()
        seen += np.bincount(levels, minlength=4)
        for level, kind in ((1, "weaker"), (2, "sum"), (3, "printed")):
            corners = np.reshape(shown["regions"][kind], (-1, 2)) / shown["reach"]
            # Grown and shrunk by a hair: a pair on an edge may lie on either side.
            inside = np.zeros((3, len(pairs)), dtype=bool)
            for k, way in enumerate(([0, 0], [1e-3, 1e-3], [-1e-3, -1e-3])):
                if len(corners):
                    inside[k] = Path(corners).contains_points(pairs + way)
            surely, maybe = inside.all(axis=0), inside.any(axis=0)
            assert (surely <= (levels >= level)).all(), (case, kind)
            assert ((levels >= level) <= maybe).all(), (case, kind)
    assert (seen > 200).all()


def test_the_line_keeps_the_rate(results):
    """Every point of the line has the ρ(M) of the point of the plane."""
    drawn = 0
    for case, shown, record in results:
        names = lstm_plane.PLANES[case["plane"]]
        # Over F the ends of a piece are cut off between two points of a curve.
        ends = slice(1, -1) if names[0] == "F" else slice(None)
        for across, up in (pair for piece in shown["regions"]["same"] for pair in piece[ends]):
            numbers = {name: case[name] for name in "Fiofz"}
            if names == ("q_o", "p"):
                without = float(record.rates.p) - case["z"]
                numbers |= {"o": 4 * across, "z": max(up - without, 0.0)}
            else:
                numbers |= {names[0]: across, names[1]: max(up, 0.0)}
            rate = lstm_rates(**numbers).weighted
            assert rate == pytest.approx(record.rates.weighted, rel=1e-9), case
            drawn += 1
    assert drawn > 1000
