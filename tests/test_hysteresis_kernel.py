"""What the explorable "hysteresis" computes in JavaScript is what NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
from widget_pages import in_node

from book_utils import widgets
from book_utils.activations import logistic
from book_utils.dynamics import one_unit
from book_utils.figures import hysteresis

# As in test_cobweb_kernel.py: twelve digits where 1 − wσ′ is not small, half of them at a fold.
TOLERANCE, HALF = 1e-12, 1e-6
MODULE = widgets.explorable("hysteresis").module()
RECORD = "(state, view) => view.record(state)"
TRAVEL = "([state, to], view) => view.travel(state, to)"


def states() -> list[dict]:
    """400 states: along b within what its axis shows, and along w."""
    rng = np.random.default_rng(51)
    found = []
    for across in ("b", "w"):
        for _ in range(200):
            w, b = rng.uniform(-12, 12), rng.uniform(-10, 16)
            if across == "b":
                b = rng.uniform(*hysteresis.window(w, "b"))
            y0, memory = rng.uniform(0.001, 0.999, 2)
            found.append({"across": across, "w": w, "b": b, "y0": y0, "memory": memory,
                          "trace": []})  # fmt: skip
    return found


def record_of(state: dict) -> hysteresis.Record:
    return hysteresis.compute(**{key: state[key] for key in ("w", "b", "y0", "memory", "across")})


@pytest.fixture(scope="module")
def results(node, tmp_path_factory) -> list[tuple[dict, dict]]:
    """Each state with what the published module computes for it in Node."""
    cases = states()
    shown = in_node(node, tmp_path_factory.mktemp("node"), MODULE, RECORD, cases)
    return list(zip(cases, shown, strict=True))


def on_axis(state: dict, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points (w, b) with those values on the axis."""
    w, b = (state["w"], values) if state["across"] == "b" else (values, state["b"])
    return np.broadcast_arrays(w, b)


def test_branches_are_fixed_points(results):
    """Each point that is drawn is a fixed point, stable or not as it is drawn, and on the axis."""
    stable = unstable = 0
    for case, shown in results:
        low, high = shown["window"]
        for branch in shown["branches"]:
            values, states = np.transpose(branch["points"])
            w, b = on_axis(case, values)
            np.testing.assert_allclose(logistic(w * states + b), states, rtol=0, atol=TOLERANCE)
            assert (low - 1e-9 <= values).all()
            assert (values <= high + 1e-9).all()
            # At its ends a branch may have a multiplier of exactly ±1.
            multipliers = np.abs(w * logistic.derivative(w * states + b))[1:-1]
            if branch["stable"]:
                assert (multipliers < 1 + HALF).all(), case
            else:
                assert (multipliers > 1 - HALF).all(), case
            stable += branch["stable"]
            unstable += not branch["stable"]
    assert stable > 400
    assert unstable > 150


def test_branches_are_complete(results):
    """At every value on the axis the branches that are drawn there are as many as fixed points."""
    for case, shown in results[::7]:
        low, high = shown["window"]
        values = np.linspace(low, high, 42)[1:-1]
        counts = (~np.isnan(one_unit.fixed_points(*on_axis(case, values)))).sum(axis=-1)
        found = np.zeros(len(values), int)
        for branch in shown["branches"]:
            ends = [branch["points"][0][0], branch["points"][-1][0]]
            found += (min(ends) <= values) & (values <= max(ends))
        np.testing.assert_array_equal(found, counts)


def test_cycles_are_cycles(results):
    """Low and high states of the two-cycle are mapped to each other, from flip to flip."""
    seen = 0
    for case, shown in results[::2]:
        points = np.array(shown["cycles"]).reshape(-1, 2)
        values = np.linspace(*shown["window"], 50)
        inside = values[~np.isnan(one_unit.two_cycle(*on_axis(case, values))[:, 0])]
        present = inside.size > 0
        if present:
            assert points[:, 0].min() <= inside.min() <= inside.max() <= points[:, 0].max(), case
        for value, state in points[::5]:
            w, b = (each.item() for each in on_axis(case, np.array(value)))
            twice = logistic(w * logistic(w * state + b) + b)
            assert twice == pytest.approx(state, abs=TOLERANCE)
        seen += present
    assert seen > 50


def test_jumps_and_marks_are_numpys(results):
    """Both jumps, the shock, and where both starts end."""
    jumps = shocks = 0
    for case, shown in results[::2]:
        record = record_of(case)
        for found, expected in ((shown["up"], record.up), (shown["down"], record.down)):
            assert (found is None) == (expected is None), case
            if expected is not None:
                assert [found["at"], found["y"]] == pytest.approx(expected[:2], abs=1e-11)
                jumps += 1
        assert (shown["shock"] is None) == (record.shock is None), case
        if record.shock is not None:
            # Along w the curves are crossed at a slope of y, which may be 0.001.
            assert shown["shock"] == pytest.approx(record.shock, abs=1e-11)
            shocks += 1
        w, b = case["w"], case["b"]
        for end, y in ((shown["carried"], record.carried), (shown["fresh"], record.fresh)):
            distance = abs(1 - w**2 * logistic.derivative(w * y + b) ** 2)
            assert end["y"] == pytest.approx(y, abs=TOLERANCE if distance > 0.05 else HALF), case
    assert jumps > 70
    assert shocks > 35


def test_a_start_ends_where_a_long_run_ends(results):
    """Where the marks stand, 20,000 steps of the unit itself lead."""
    easy = [(case, shown) for case, shown in results if abs(abs(case["w"]) - 4) > 0.3]
    w, b, y = (np.array([case[key] for case, _ in easy]) for key in ("w", "b", "memory"))
    for _ in range(20_000):
        y = logistic(w * y + b)
    ends = np.array([shown["carried"]["y"] for _, shown in easy])
    # Slow only within 1e-3 of a curve; there 20,000 steps may not be enough.
    assert np.mean(np.abs(y - ends) < 1e-9) > 0.99


def journeys() -> list[tuple[dict, float]]:
    rng = np.random.default_rng(52)
    found = []
    for case in states()[::8]:
        ends = (-12, 12) if case["across"] == "w" else hysteresis.window(case["w"], "b")
        found.append((case, float(rng.uniform(*ends))))
    return found


def test_a_journey_follows_its_branch(node, tmp_path):
    """Where the journey ends, the unit itself ends, run 2,000 steps at each of a hundred places."""
    cases = journeys()
    arrived = in_node(node, tmp_path, MODULE, TRAVEL, cases)
    y = np.array([case["memory"] for case, _ in cases])
    froms = np.array([case[case["across"]] for case, _ in cases])
    tos = np.array([to for _, to in cases])
    along_b = np.array([case["across"] == "b" for case, _ in cases])
    kept = np.array([case["w" if case["across"] == "b" else "b"] for case, _ in cases])
    for values in np.linspace(froms, tos, 100):
        w, b = np.where(along_b, kept, values), np.where(along_b, values, kept)
        for _ in range(2000):
            y = logistic(w * y + b)
    ends = np.array([shown["trace"][-1][1] for shown in arrived])
    # A journey that ends next to a curve would need more steps.
    assert np.mean(np.abs(ends - y) < HALF) > 0.95
    for (case, to), shown in zip(cases, arrived, strict=True):
        trace = np.array(shown["trace"])
        assert shown[case["across"]] == to == trace[-1, 0]
        # Every place of the trace is a fixed point, or a state of a cycle.
        w, b = on_axis(case, trace[:, 0])
        twice = logistic(w * logistic(w * trace[:, 1] + b) + b)
        np.testing.assert_allclose(twice, trace[:, 1], rtol=0, atol=10 * TOLERANCE)


@pytest.mark.parametrize(
    ("case", "ends"),
    [
        ({"across": "b", "w": 6, "b": -6}, (-6, 0)),
        ({"across": "w", "w": 0, "b": -3}, (0, 12)),
    ],
)
def test_forth_and_back_is_a_loop(node, tmp_path, case, ends):
    """The carried state goes up at one fold and down at the other, the limit from y₀ between."""
    state = {**case, "y0": 0.5, "memory": 0.01, "trace": []}
    both = f"""(state, view) => {{
        const there = {{ ...state, ...view.travel(state, {ends[1]}) }};
        return {{ ...there, ...view.travel(there, {ends[0]}) }};
    }}"""
    (loop,) = in_node(node, tmp_path, MODULE, both, [state])
    trace = np.array(loop["trace"])
    steps = np.abs(np.diff(trace[:, 1]))
    up, down = sorted(np.argsort(steps)[-2:])
    for at, side in ((up, 0), (down, 1)):
        assert trace[at, 0] == trace[at + 1, 0]
        w, b = (each.item() for each in on_axis(case, trace[at, 0]))
        assert one_unit.fold(w)[side] == pytest.approx(b, abs=1e-9)
    assert trace[down, 0] < record_of(state).shock < trace[up, 0]


def test_a_fast_hand_sees_what_a_slow_one_sees(node, tmp_path):
    """One journey over the whole axis ends where a hundred short ones end."""
    start = {"across": "b", "w": 7, "b": -7, "y0": 0.5, "memory": 0.01, "trace": []}
    slow = """([state, stops], view) => stops.reduce(
        (now, to) => ({ ...now, ...view.travel(now, to) }), state)"""
    stops = [np.linspace(-7, 0, 101)[1:].tolist(), [0]]
    ends = in_node(node, tmp_path, MODULE, slow, [[start, each] for each in stops])
    assert ends[0]["trace"][-1] == pytest.approx(ends[1]["trace"][-1], abs=TOLERANCE)
    # So many points and no more are kept.
    again = """(state, view) => [...Array(12)].reduce(
        (now, _, i) => ({ ...now, ...view.travel(now, i % 2 ? -7 : 0) }), state)"""
    (long,) = in_node(node, tmp_path, MODULE, again, [start])
    assert len(long["trace"]) == 500
