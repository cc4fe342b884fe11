"""The experiment on random systems: it measures what the package measures, and can be remade."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from book_utils.dynamics.stability import project_spectral_ball, spectral_norm
from book_utils.dynamics.truncation import (
    gap_bound,
    gap_rate,
    gradient_gap,
    smoothness_bound,
    truncated_gradients,
)
from book_utils.experiments import windows as study

SMALL = study.Config(runs=2, n=5, T=12, k=4, N=8)
NAMES = [(variant, model) for variant in study.VARIANTS for model in study.MODELS]


@pytest.fixture(scope="module")
def small():
    return study.run(SMALL)


def chosen(name, config=SMALL):
    return study.systems(config, *name)


@pytest.mark.parametrize("name", NAMES)
def test_systems_are_drawn_as_configured(name):
    """Each W was clipped to the ball, and only the rescaled variant has smaller U, C, D."""
    found = chosen(name)
    for W in found.W:
        assert spectral_norm(W) == pytest.approx(SMALL.λ, rel=1e-12)
    printed = chosen((study.PRINTED, name[1]))
    factor = 1 / np.sqrt(SMALL.n) if name[0] == study.RESCALED else 1
    for letter in "UCD":
        np.testing.assert_allclose(getattr(found, letter), factor * getattr(printed, letter))
    np.testing.assert_array_equal(found.inputs, printed.inputs)


def test_the_random_numbers_have_the_printed_sizes():
    """Variance 0.5 of the entries of U, 4 of the inputs, 1 of C, and targets within ±2."""
    found = chosen(NAMES[0], study.Config())
    # Ten thousand squares and more have a mean within 5 %, which is three of its own deviations.
    assert np.mean(found.U**2) == pytest.approx(0.5, rel=0.05)
    assert np.mean(found.inputs**2) == pytest.approx(4, rel=0.05)
    assert np.mean(found.C**2) == pytest.approx(1, rel=0.25)
    assert np.abs(found.target).max() <= 2


def test_a_run_does_not_depend_on_how_many_there_are():
    """The first system of two is the only one of one."""
    alone = chosen(NAMES[0], replace(SMALL, runs=1))
    np.testing.assert_array_equal(alone.W[0], chosen(NAMES[0]).W[0])


@pytest.mark.parametrize("name", NAMES)
def test_gaps_are_those_of_the_package(name):
    """All windows side by side give `gradient_gap` of the cell for every k and run."""
    found = chosen(name)
    gaps = study.gaps(found)
    for run in range(SMALL.runs):
        expected = gradient_gap(
            found.cell(run),
            found.inputs[run],
            found.loss_gradient(run),
            range(1, SMALL.T),
            ("W",),
        )
        # A gap is a difference of gradients: it keeps the digits of the gradient.
        np.testing.assert_allclose(gaps[run], expected, rtol=1e-9, atol=1e-12 * expected.max())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("k", [1, SMALL.k, SMALL.T])
def test_gradients_are_those_of_the_package(name, k):
    """Side by side, through a window and through the whole past, as `truncated_gradients` has it;
    the loss is half the square of the residual."""
    found = chosen(name)
    gradient, loss = study.gradients(
        found.W, found.drives[-k:], found.C, found.offset, found.model == study.TANH
    )
    for run in range(SMALL.runs):
        cell, inputs = found.cell(run), found.inputs[run]
        (expected,) = truncated_gradients(cell, inputs, found.loss_gradient(run), [k])
        np.testing.assert_allclose(gradient[run], expected["W"], rtol=1e-9, atol=1e-9)
        state = np.zeros(SMALL.n)
        for u in inputs[-k:]:
            state, _ = cell.forward(state, cell.drive(u))
        output = found.C[run] @ state + found.D[run] @ inputs[-1]
        assert loss[run] == pytest.approx((output - found.target[run]) ** 2 / 2, rel=1e-9)


@pytest.mark.parametrize("size", [0.01, 1.0, 100.0])
def test_the_projection_is_that_of_the_package(size):
    """Side by side, by way of W Wᵀ, as `project_spectral_ball` one by one; inside the ball exactly
    the matrix itself, also if it is singular."""
    rng = np.random.default_rng(2)
    W = size * rng.normal(size=(3, 4, 6, 6))
    W[0, 0, :, 2:] = 0
    found = study.project(W, 0.75)
    for place in np.ndindex(3, 4):
        expected = project_spectral_ball(W[place], 0.75)
        np.testing.assert_allclose(found[place], expected, rtol=1e-10, atol=1e-10)
        assert spectral_norm(found[place]) <= 0.75 * (1 + 1e-12)
    inside = 0.001 * rng.normal(size=(2, 6, 6))
    np.testing.assert_array_equal(study.project(inside, 0.75), inside)


def test_the_schedules_are_what_they_are_called():
    """The fourth step is a quarter, a half and the whole of the first."""
    assert [rule(4) / rule(1) for rule in study.SCHEDULES.values()] == [1 / 4, 1 / 2, 1]
    assert [rule(1) for rule in study.SCHEDULES.values()] == [1, 1, 1]


@pytest.mark.parametrize("name", NAMES)
def test_training_is_projected_descent(name):
    """Followed one system and one schedule at a time, with the gradients and the projection of the
    package, the distances and losses are the same."""
    found, trained = chosen(name), study.train(chosen(name), SMALL)
    for place, rule in enumerate(study.SCHEDULES.values()):
        pair = [found.W[1], found.W[1]]
        loss = found.loss_gradient(1)
        for i in range(1, SMALL.N + 1):
            for which, k in enumerate((SMALL.T, SMALL.k)):
                cell = replace(found.cell(1), W=pair[which])
                (gradient,) = truncated_gradients(cell, found.inputs[1], loss, [k])
                moved = pair[which] - SMALL.α * rule(i) * gradient["W"]
                pair[which] = project_spectral_ball(moved, SMALL.λ)
            # Printed linear systems are unstable in training: rounding grows from step to step.
            assert trained.distances[place, 1, i] == pytest.approx(
                np.linalg.norm(pair[0] - pair[1]), rel=1e-5, abs=1e-10
            )


def test_distances_start_at_zero_and_end_in_the_ball(small):
    """No distance exceeds 2λ√n, and before the first step there is none."""
    for variant, model in NAMES:
        for schedule in study.SCHEDULES:
            curve = small.distance(variant, model, schedule)
            assert curve.largest[0] == 0
            assert curve.largest.max() <= 2 * SMALL.λ * np.sqrt(SMALL.n)
            assert len(curve.mean) == SMALL.N + 1


@pytest.mark.parametrize("name", NAMES)
def test_the_constants_bound_what_is_measured(name, small):
    """With the constants of each system γ bounds its gaps for every k, and β what a step of its
    training does to the gradient."""
    found = chosen(name)
    gaps, trained = study.gaps(found), study.train(found, SMALL)
    for run in range(SMALL.runs):
        known = study.constants(SMALL, found, run)
        assert (gaps[run] <= gap_bound(known, small.ks)).all()
        assert trained.stretch[:, run].max() <= smoothness_bound(known)


def test_the_least_bound_is_below_every_bound(small):
    """The least constants that fit a system give less than those that are known to hold."""
    for name in NAMES:
        found = chosen(name)
        for run in range(SMALL.runs):
            known = study.constants(SMALL, found, run)
            start = SMALL.α * gap_rate(known) * SMALL.k * SMALL.λ**SMALL.k
            exponent = SMALL.α * smoothness_bound(known) + 1
            printed = np.log10(start) + exponent * np.log10(SMALL.N)
            assert small.least_bound(*name)[run] <= printed


def test_the_least_rate_leaves_rounding_out():
    """A gap that rounding may have made counts no more, and neither does any longer window."""
    config = replace(SMALL, λ=0.5)
    law = 0.5 ** np.arange(1, 5) * np.arange(1, 5)
    found = law * [[3, 7, 1e-14, 1e9], [2, 1, 1, 5]]
    np.testing.assert_allclose(study.least_rate(found, np.ones(2), config), [7, 5])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_settled_is_the_gradient_of_the_prediction(name):
    """`settled` is ‖∂f/∂W‖² at the last weights, and `spectral` their distance, found anew."""
    found, few = chosen(name), replace(SMALL, N=2)
    trained = study.train(found, few)
    pair = [found.W[0], found.W[0]]
    loss = found.loss_gradient(0)
    for i in (1, 2):
        for which, k in enumerate((few.T, few.k)):
            cell = replace(found.cell(0), W=pair[which])
            (gradient,) = truncated_gradients(cell, found.inputs[0], loss, [k])
            pair[which] = project_spectral_ball(pair[which] - few.α / i * gradient["W"], few.λ)
    cell = replace(found.cell(0), W=pair[0])
    (row,) = truncated_gradients(
        cell, found.inputs[0], lambda states: np.broadcast_to(found.C[0], states.shape), [few.T]
    )
    assert trained.settled[0, 0] == pytest.approx((row["W"] ** 2).sum(), rel=1e-6)
    apart = np.linalg.norm(pair[0] - pair[1], 2)
    assert trained.spectral[0, 0] == pytest.approx(apart, rel=1e-6, abs=1e-12)


def test_stored_and_read_again(small, tmp_path, monkeypatch):
    """What is written is read again: configuration, and four digits of every curve."""
    monkeypatch.setattr(study, "STORED", tmp_path / "windows.csv")
    study.store(small, study.STORED)
    again = study.stored.__wrapped__()
    assert again.config == small.config
    assert again.made == small.made
    assert again.curves.keys() == small.curves.keys()
    for name, curve in small.curves.items():
        for part in study.PARTS:
            found, expected = (getattr(each, part) for each in (again.curves[name], curve))
            np.testing.assert_allclose(found, expected, rtol=6e-4)
    assert again.runs.keys() == small.runs.keys()
    for name, values in small.runs.items():
        np.testing.assert_allclose(again.runs[name], values, rtol=6e-4)


def test_the_stored_gaps_can_be_remade():
    """All stored gaps of the rescaled systems are found again where they stand clear of rounding,
    and so is the first step of training."""
    full = study.stored()
    assert full.config == study.Config()
    for model in study.MODELS:
        name = study.RESCALED, model
        found = study.Curve.of(study.gaps(chosen(name, full.config)))
        clear = full.counted(*name) & (full.gap(*name).mean > 1e-9)
        np.testing.assert_allclose(found.mean[clear], full.gap(*name).mean[clear], rtol=1e-3)
        trained = study.train(chosen(name, full.config), replace(full.config, N=1))
        np.testing.assert_allclose(trained.first[0], full.first(*name), rtol=1e-3)
        if model == study.LINEAR:
            for place, schedule in enumerate(study.SCHEDULES):
                stored = full.distance(*name, schedule).mean[1]
                assert trained.distances[place, :, 1].mean() == pytest.approx(stored, rel=1e-3)


def test_the_command_reports_its_progress(tmp_path):
    """The command shows a bar and stores a result with what it was made with."""
    work = (
        "import sys; from pathlib import Path; from book_utils.experiments import windows as study;"
        "study.STORED = Path(sys.argv[1]);"
        "default = study.Config;"
        "study.Config = lambda **given: default("
        "**({'runs': 1, 'n': 3, 'T': 6, 'k': 2, 'N': 2} | given));"
        "study.main(); print(study.stored().made)"
    )
    done = subprocess.run(
        [sys.executable, "-c", work, str(tmp_path / "windows.csv")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "step" in done.stderr
    assert "NumPy" in done.stdout
