"""What the explorable "wall" computes in JavaScript is what NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
from widget_pages import in_node

from book_utils import widgets
from book_utils.activations import logistic
from book_utils.dynamics import one_unit
from book_utils.figures import wall

# An orbit of up to 100 steps gathers 1e-16 a step; states at which rounding is amplified more than
# a hundred times, which is what a wall does, are compared elsewhere.
TOLERANCE = 1e-12
CALM = 100
MODULE = widgets.explorable("wall").module()

EXAMPLES = {
    "Figure 2": {
        "x0": 0.5, "target": 0.7, "start": [4.5, -2.4], "step": 0.3, "threshold": 1,
        "iterations": 60,
    },
    "Example 8": {"x0": -2, "target": 0.66, "start": [4.64, -2.41], "step": 0.28, "threshold": 2.5},
    "Example 9": {"x0": 1.2, "target": 0.31, "start": [4.3, -2.56], "step": 0.31,
                  "threshold": 3.2},
    "Thrown onto the plateau": {"x0": -2, "target": 0.6, "start": [4.8, -2.39], "step": 0.2,
                                "threshold": 1},
}  # fmt: skip
COMMON = {"n": 50, "held": 3, "radius": 3.9, "iterations": 200, "zoom": "whole"}


def amplified(w, b, y0, n) -> np.ndarray:
    """How many times the rounding of one step has grown at worst, on the way to y_n."""
    w, b, y, n = np.broadcast_arrays(w, b, y0, n)
    error = worst = np.ones(w.shape)
    for k in range(n.max(initial=0)):
        y = logistic(w * y + b)
        error = 1 + np.abs(w) * y * (1 - y) * error
        worst = np.where(k < n, np.maximum(worst, error), worst)
    return worst


def places(count: int) -> list[dict]:
    """Random places of the map, starts, targets and lengths, off the walls."""
    rng = np.random.default_rng(50)
    ranges = {"w": (0, 8), "b": (-7, 1), "x0": (-3, 3), "target": (0.05, 0.95)}
    drawn = {name: rng.uniform(*ends, 2 * count) for name, ends in ranges.items()}
    drawn["n"] = rng.integers(5, 101, 2 * count)
    calm = amplified(drawn["w"], drawn["b"], logistic(drawn["x0"]), drawn["n"]) < CALM
    kept = np.flatnonzero(calm)[:count]
    assert len(kept) == count
    return [{name: values[i].item() for name, values in drawn.items()} for i in kept]


def ask(node, folder, answer: str, cases: list) -> list:
    return in_node(node, folder, MODULE, answer, cases)


def test_cost_and_gradient_are_numpys(node, tmp_path):
    """At 600 places E, ∂E/∂w and ∂E/∂b are those of the one unit in NumPy."""
    cases = [{**place, "y0": float(logistic(place["x0"]))} for place in places(600)]
    answer = "(c, view) => view.cost(c.w, c.b, c.y0, c)"
    for case, (loss, gw, gb) in zip(cases, ask(node, tmp_path, answer, cases), strict=True):
        expected = one_unit.objective(case["y0"], case["target"], case["n"])(case["w"], case["b"])
        # Where y_n is close to the target, their difference has lost the digits they share.
        off = np.sqrt(expected[0])
        lost = 1 + 1 / off
        assert loss == pytest.approx(expected[0], rel=TOLERANCE * lost), case
        assert gw == pytest.approx(expected[1], rel=TOLERANCE * lost, abs=1e-300), case
        assert gb == pytest.approx(expected[2], rel=TOLERANCE * lost, abs=1e-300), case


def test_surface_is_numpys(node, tmp_path):
    """The map holds y_n at the middle of each cell, row by row from the top left."""
    cases = [(0.12, 50, "whole"), (0.62, 100, "near"), (0.77, 7, "whole")]
    asked = [(y0, n, wall.WINDOWS[zoom], 20) for y0, n, zoom in cases]
    answer = "([y0, n, window, cells], view) => [...view.surface(y0, n, window, cells)]"
    for (y0, n, zoom), found in zip(cases, ask(node, tmp_path, answer, asked), strict=True):
        (left, right), (bottom, top) = wall.WINDOWS[zoom]
        half = (np.arange(20) + 0.5) / 20
        w, b = np.meshgrid(left + half * (right - left), top - half * (top - bottom))
        expected = one_unit.orbit(w, b, y0, n)[-1]
        calm = amplified(w, b, y0, n).ravel() < CALM
        assert calm.mean() > 0.95
        np.testing.assert_allclose(
            np.array(found)[calm], expected.ravel()[calm], rtol=0, atol=TOLERANCE
        )


def test_curves_are_numpys(node, tmp_path):
    """Valley, folds and wall are where the one unit in NumPy has them."""
    cases = [{"x0": x0, "target": t} for x0 in (-3, -2, 0, 0.5, 1.2, 3) for t in (0.05, 0.6, 0.95)]
    for case, found in zip(
        cases, ask(node, tmp_path, "(c, view) => view.curves(c)", cases), strict=True
    ):
        target = case["target"]
        w, b = np.array(found["valley"]).T
        assert (w[0], w[-1]) == (0, 4)
        np.testing.assert_allclose(b, np.log(target / (1 - target)) - w * target, rtol=1e-14)
        (w, upper), (_, lower), (_, shock) = (
            np.array(found[name]).T for name in ("upper", "lower", "wall")
        )
        assert (w[0], w[-1]) == (4, 8)
        np.testing.assert_allclose([upper, lower], one_unit.fold(w), rtol=1e-13)
        np.testing.assert_allclose(
            shock[1:], one_unit.shock(w[1:], logistic(case["x0"])), rtol=1e-13
        )
        assert shock[0] == -2


def descents(count: int) -> list[dict]:
    """Random states with short runs from places off the walls."""
    rng = np.random.default_rng(51)
    return [
        {
            "x0": place["x0"], "target": place["target"], "n": place["n"],
            "start": [place["w"], place["b"]], "step": rng.uniform(0.01, 1),
            "threshold": rng.uniform(0.1, 5), "held": rng.uniform(0, 3.9),
            "radius": rng.uniform(0.5, 3.9), "iterations": 10, "zoom": "near",
        }
        for place in places(count)
    ]  # fmt: skip


def test_descents_are_numpys(node, tmp_path):
    """The first iterations of each of 4 × 150 runs, as long as no wall has been near."""
    cases = descents(150)
    compared = 0
    for case, found in zip(
        cases, ask(node, tmp_path, "(c, view) => view.record(c)", cases), strict=True
    ):
        y0 = float(logistic(case["x0"]))
        assert found["y0"] == pytest.approx(y0, rel=1e-15)
        asked = {key: value for key, value in case.items() if key not in ("x0", "zoom")}
        for name, run in wall.descents(y0, **asked).items():
            ours = found["runs"][name]
            points = np.array(ours["points"])
            assert len(points) == len(run.w) == len(ours["losses"]) == 11
            # An error in a gradient moves the next place, where its effect may grow again.
            wild = np.append(amplified(run.w, run.b, y0, case["n"]) > CALM, True)
            calm = slice(0, int(wild.argmax()))
            visited = np.stack([run.w, run.b], axis=1)
            np.testing.assert_allclose(points[calm], visited[calm], rtol=0, atol=1e-9)
            for quantity, theirs in (("losses", run.losses), ("norms", run.gradients)):
                np.testing.assert_allclose(ours[quantity][calm], theirs[calm], rtol=0, atol=1e-8)
            compared += calm.stop
    # Every run starts off the walls, and most stay there.
    assert compared > 5000


def test_examples_are_numpys(node, tmp_path):
    """Each example tells the same story in both: arrivals, jumps, largest gradients, exits."""
    cases = [{**COMMON, **each} for each in EXAMPLES.values()]
    for case, found in zip(
        cases, ask(node, tmp_path, "(c, view) => view.record(c)", cases), strict=True
    ):
        for name, run in wall.compute(**case).runs.items():
            ours = found["runs"][name]
            assert (ours["hit"], ours["jumps"], ours["left"]) == (run.hit, run.jumps, run.left)
            # The examples are chosen so that a billionth in the start changes less than this.
            assert ours["largest"] == pytest.approx(run.largest, rel=1e-4)


def test_a_run_that_flies_off_is_followed_no_further(node, tmp_path):
    """From a start on the wall one step goes beyond a million; numbers stay numbers."""
    w, y0 = 8.0, 0.5
    b = float(one_unit.shock(w, y0))
    case = {**COMMON, "x0": 0, "target": 0.7, "n": 100, "start": [w, b], "step": 1, "threshold": 1}
    (found,) = ask(node, tmp_path, "(c, view) => view.record(c)", [case])
    run = found["runs"]["vanilla"]
    assert len(run["points"]) == 1
    assert run["left"] == 1
    assert run["largest"] > wall.FAR
    assert run == {**run, **_plain(wall.compute(**case).runs["vanilla"])}
    assert len(found["runs"]["clipped"]["points"]) == 201


def _plain(run: wall.Run) -> dict:
    return {"hit": run.hit, "jumps": run.jumps, "left": run.left, "losses": run.losses.tolist()}


def test_the_window_follows_the_start(node, tmp_path):
    """The near window is shown if the start lies in it, else the whole one."""
    cases = [
        {"zoom": zoom, "start": start}
        for zoom in wall.WINDOWS
        for start in ([4.5, -2.4], [2.5, 0], [2.4, -2], [7, -6])
    ]
    found = ask(node, tmp_path, "(c, view) => view.shownWindow(c)", cases)
    assert found == ["whole"] * 4 + ["near", "near", "whole", "whole"]
    shown = [
        wall.compute(**{**COMMON, **EXAMPLES["Example 8"], **case, "iterations": 1}).window
        for case in cases
    ]
    assert shown == [wall.WINDOWS[name] for name in found]


def test_a_segment_is_cut_to_its_window(node, tmp_path):
    """What is drawn of a step is the part of it that lies in the window."""
    rng = np.random.default_rng(52)
    cases = rng.uniform(-4, 12, size=(400, 2, 2)).tolist()
    cases += [[[1, 5], [1, 6]], [[1, -1], [1, 2]], [[2, 2], [2, 2]]]
    code = (widgets.HERE / "shared" / "clip.js").read_text(encoding="utf-8")
    window = ((0, 8), (-3, 4))
    answer = "([from, to], clip) => clip.segment(from, to, [[0, 8], [-3, 4]])"
    for (start, end), part in zip(cases, in_node(node, tmp_path, code, answer, cases), strict=True):
        along = np.linspace(0, 1, 1001)[:, None]
        points = np.array(start) + along * (np.array(end) - np.array(start))
        seen = [wall.inside(point, window) for point in points]
        if part is None:
            assert not any(seen)
            continue
        # A thousand points along the step find its ends to a thousandth of its length.
        ends = points[seen][[0, -1]] if any(seen) else np.array(part)
        length = np.hypot(*(np.array(end) - np.array(start)))
        np.testing.assert_allclose(part, ends, atol=2e-3 * length + 1e-12)
