"""The still of "the wall" shows its record, and its words follow the data."""

from __future__ import annotations

import numpy as np
import pytest
from test_wall_kernel import COMMON, EXAMPLES

from book_utils.activations import logistic
from book_utils.dynamics import one_unit
from book_utils.dynamics.descent import Clipped, FixedW, Projected, Vanilla, descend
from book_utils.figures import drawn, wall

STATE = {
    "x0": -2, "target": 0.66, "n": 50, "start": [4.64, -2.41], "step": 0.28, "threshold": 2.5,
    "held": 3, "radius": 3.9, "iterations": 200, "zoom": "near",
}  # fmt: skip


def compute(**changes) -> wall.Record:
    return wall.compute(**{**STATE, **changes})


def test_heights_are_distances_from_the_target():
    """A cell is as high as |y_n − y_T| at its middle, of the largest possible distance."""
    record = compute(zoom="whole", n=7)
    w, b = np.meshgrid(wall.middles(0, 8), wall.middles(-7, 1))
    last = one_unit.orbit(w, b, logistic(-2.0), 7)[-1]
    np.testing.assert_allclose(record.heights, np.abs(last - 0.66) / 0.66, atol=1e-9)
    assert record.heights.max() <= 1


def test_runs_are_gradient_descent():
    """Each run is what a loop of one line gives for the first steps, before any wall."""
    record = compute(start=[3.6, -2.5], threshold=0.1)
    objective = one_unit.objective(record.y0, 0.66, 50)
    for name, run in record.runs.items():
        w, b = (3.0 if name == "fixed" else 3.6), -2.5
        for k in range(5):
            E, gw, gb = objective(w, b)
            assert (run.w[k], run.b[k]) == pytest.approx((w, b), rel=1e-12)
            assert run.losses[k] == pytest.approx(E, rel=1e-9)
            size = np.hypot(gw, gb)
            assert run.gradients[k] == pytest.approx(size, rel=1e-9)
            factor = 0.1 / size if name == "clipped" and size > 0.1 else 1
            w -= 0.28 * factor * gw * (name != "fixed")
            b -= 0.28 * factor * gb
            if name == "projected":
                w = min(3.9, max(-3.9, w))


def test_a_run_starts_where_its_method_allows():
    """With w fixed it starts at that w, projected at the nearest w that is allowed."""
    runs = compute(held=2.5, radius=3.2).runs
    starts = {name: (run.w[0], run.b[0]) for name, run in runs.items()}
    assert starts == {
        "vanilla": (4.64, -2.41),
        "clipped": (4.64, -2.41),
        "fixed": (2.5, -2.41),
        "projected": (3.2, -2.41),
    }
    assert set(runs["fixed"].w) == {2.5}
    assert runs["projected"].w.max() == 3.2


def test_example_8_has_the_ratios_of_the_paper():
    """Fixed w arrives 9.4 and 5.1 times sooner; the paper says 9.3 and 5.0."""
    hits = {name: run.hit for name, run in compute().runs.items()}
    assert hits == {"vanilla": 178, "clipped": 96, "fixed": 19, "projected": 15}


def test_example_9_has_the_ratios_of_the_paper():
    """Fixed w arrives 3.6 and 1.8 times sooner; the paper says 3.5 and 1.8."""
    runs = compute(x0=1.2, target=0.31, start=[4.3, -2.56], step=0.31, threshold=3.2).runs
    hits = {name: run.hit for name, run in runs.items()}
    assert hits == {"vanilla": 175, "clipped": 90, "fixed": 49, "projected": 23}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_do_not_hang_on_rounding(name):
    """A billionth more or less in the start changes no arrival and no number of jumps."""
    case = {**COMMON, **EXAMPLES[name]}
    y0 = logistic(float(case["x0"]))
    moved = np.random.default_rng(53).uniform(-1e-9, 1e-9, size=(2, 30))
    start = np.array(case["start"])[:, None] + moved
    methods = (Vanilla(), Clipped(case["threshold"]), FixedW(3), Projected(3.9))
    objective = one_unit.objective(y0, case["target"], 50)
    for method, run in zip(methods, wall.compute(**case).runs.values(), strict=True):
        found = descend(objective, start, method, case["step"], case["iterations"])
        assert set(found.first_below(wall.GOAL)) == {-1 if run.hit is None else run.hit}
        moves = np.hypot(np.diff(found.w, axis=0), np.diff(found.b, axis=0))
        assert set((moves > wall.JUMP).sum(axis=0)) == {len(run.jumps)}


def test_explosion_turns_into_vanishing():
    """One step of more than three throws the vanilla run onto the plateau, where it stays."""
    run = compute(target=0.6, start=[4.8, -2.39], step=0.2).runs["vanilla"]
    (jump,) = run.jumps
    assert run.steps[jump - 1] > 3
    assert run.b[jump] < -6
    assert np.abs(run.b[jump:] - run.b[jump]).max() < 0.2
    assert run.gradients[jump:].max() < 1e-2
    assert run.hit is None


def test_jumps_and_arrivals_are_those_of_the_losses():
    """The marks on the chart stand where steps were long and where the cost fell below 10⁻⁴."""
    record = compute()
    _, losses = drawn(lambda figure: wall.draw(figure, record)).axes
    marks = {tuple(line.get_xdata()) for line in losses.lines if line.get_marker() == "o"}
    for run in record.runs.values():
        moves = np.hypot(np.diff(run.w), np.diff(run.b))
        assert tuple(1 + np.flatnonzero(moves > 0.5)) in marks
        assert run.losses[run.hit] < 1e-4 <= run.losses[: run.hit].min()
        assert (run.hit,) in marks
    curves = [line for line in losses.lines if len(line.get_xdata()) == 201]
    for line, run in zip(curves, record.runs.values(), strict=True):
        shown = run.losses > wall.LOWEST
        np.testing.assert_array_equal(line.get_ydata()[shown], run.losses[shown])


def test_the_map_shows_wall_folds_and_valley():
    """The curves on the map are those of the one unit."""
    record = compute(x0=0.5)
    the_map, _ = drawn(lambda figure: wall.draw(figure, record)).axes
    lines = {line.get_label(): line.get_xydata() for line in the_map.lines}
    w, b = lines["wall"].T
    np.testing.assert_allclose(b, one_unit.shock(w, record.y0))
    w, b = lines["E = 0"].T
    last = one_unit.orbit(w[:1], b[:1], record.y0, 50)[-1]
    assert last == pytest.approx(0.66)
    fixed = logistic(w * 0.66 + b)
    np.testing.assert_allclose(fixed, 0.66, rtol=1e-12)
    several = [xy for xy in lines.values() if len(xy) == 60]
    folds = [one_unit.fold(several[0][:, 0])[i].tolist() for i in (0, 1)]
    assert all(fold in [xy[:, 1].tolist() for xy in several] for fold in folds)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "vanilla is below 0.0001 after 178 iterations, with a largest gradient of 5.62 and "
             "2 steps longer than 0.5; clipped is below 0.0001 after 96 iterations"),
        ({}, "5.62 and 3 steps longer than 0.5; fixed w is below 0.0001 after 19 iterations"),
        ({}, "at w = 6 the limit jumps at b = -2.585"),
        ({"x0": 1.2}, "at w = 6 the limit jumps at b = -3.411"),
        ({"x0": 0.5, "target": 0.7, "start": [4.5, -2.4], "step": 0.3, "threshold": 1},
         "vanilla leaves the map at iteration 6, with a largest gradient of 103.1"),
        ({"target": 0.6, "start": [4.8, -2.39], "step": 0.2, "threshold": 1},
         "vanilla stands at 0.357 after 200 iterations"),
    ],
)  # fmt: skip
def test_words_follow_the_data(changes, says):
    """The alternative text says of each state what is true of it."""
    assert says in wall.describe(compute(**changes))
