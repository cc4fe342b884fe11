"""The gradient through a window, and the bound of what it leaves out, on any cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.cells import CELLS, Elman, Linear, Vanilla
from book_utils.dynamics import bptt, simulate
from book_utils.dynamics.truncation import (
    Constants,
    gap_bound,
    gap_rate,
    gradient_gap,
    smoothness_constants,
    truncated_gradients,
)
from book_utils.figures import gap_parts

cells = pytest.mark.parametrize("kind", CELLS, ids=lambda kind: kind.__name__)
C2 = 4 / (3 * np.sqrt(3))


def ones(states):
    """The rows of the loss p = sum of the state."""
    return np.ones_like(states)


def line(λ: float, B: float = 1.0) -> Linear:
    """h_t = λ h_{t-1} + B, for inputs that are 1."""
    return Linear([[λ]], [[B]])


def random_cell(kind, m, rng):
    """Four units; tanh where an activation is to be chosen."""
    chosen = {"activation": "tanh"} if kind in (Vanilla, Elman) else {}
    return kind.random(4, m, rng, **chosen)


def norm(gradient) -> float:
    return float(np.sqrt(sum(np.sum(value**2) for value in gradient.values())))


# The gradients themselves --------------------------------------------------------------------


@cells
def test_a_window_has_the_gradient_of_a_run_of_its_inputs(kind) -> None:
    """∇p_T^k is what backpropagation gives for a run from zero with the last k inputs alone."""
    rng = np.random.default_rng(1)
    cell = random_cell(kind, 3, rng)
    inputs, T = rng.normal(size=(7, 3)), 7
    found = truncated_gradients(cell, inputs, np.cos, range(1, T + 3))
    for k, gradient in enumerate(found, 1):
        part = inputs[max(T - k, 0) :]
        states = simulate(cell, np.zeros(4), part)
        rows = np.zeros((len(part), 4))
        rows[-1] = np.cos(states[-1])
        expected = bptt(cell, np.zeros(4), part, rows)
        assert gradient.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(gradient[name], value, rtol=1e-11, atol=1e-12)


@cells
def test_the_gap_is_the_norm_of_the_difference_and_zero_for_the_whole_run(kind) -> None:
    """The gap counts all entries of the parameters asked for; a window of T steps has none."""
    rng = np.random.default_rng(2)
    cell, inputs = random_cell(kind, 2, rng), rng.normal(size=(6, 2))
    (window, whole) = truncated_gradients(cell, inputs, np.cos, [2, 6])
    differences = {name: whole[name] - window[name] for name in whole}
    assert gradient_gap(cell, inputs, np.cos, 2) == pytest.approx(norm(differences), rel=1e-12)
    several = gradient_gap(cell, inputs, np.cos, [2, 6, 9])
    np.testing.assert_allclose(several, [norm(differences), 0, 0], rtol=1e-12)
    for name in cell.shapes:
        one = gradient_gap(cell, inputs, np.cos, 2, [name])
        assert one == pytest.approx(norm({name: differences[name]}), rel=1e-12)


def test_the_usual_truncation_is_another_one() -> None:
    """Cutting the backward pass alone keeps the true states: on the line its gap is the long-term
    part, and that of the restarted window has k λ^(k−1) B/(1−λ) more, up to λ^T."""
    λ, k, T = 0.5, 5, 80
    cell, inputs = line(λ), np.ones((T, 1))
    states = simulate(cell, np.zeros(1), inputs)
    (whole,) = truncated_gradients(cell, inputs, ones, [T])
    kept = bptt(cell, states[T - k], inputs[T - k :], np.eye(k)[-1][:, None])
    backward_only = whole["W"][0, 0] - kept["W"][0, 0]
    assert backward_only == pytest.approx(λ**k / (1 - λ) ** 2, rel=1e-12)
    restarted = gradient_gap(cell, inputs, ones, k, ["W"])
    assert restarted - backward_only == pytest.approx(k * λ ** (k - 1) / (1 - λ), rel=1e-12)


# The bound -----------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True)
@given(λ=st.floats(0.05, 0.95), B=st.floats(0.1, 5), k=st.integers(1, 20), more=st.integers(1, 30))
def test_the_line_has_the_gap_that_the_chapter_derives(λ, B, k, more) -> None:
    """For h = λh + B and p = h_T the gap has its exact form for every T > k."""
    T = k + more
    exact = B * (λ**k - λ**T) / (1 - λ) ** 2
    exact += B * (k * λ ** (k - 1) - T * λ ** (T - 1)) / (1 - λ)
    gap = gradient_gap(line(λ, B), np.ones((T, 1)), ones, k, ["W"])
    # The exact form is a difference of nearly equal numbers where λ is near 1.
    assert gap == pytest.approx(exact, rel=1e-9, abs=1e-10 * B / (1 - λ) ** 2)


@pytest.mark.parametrize("λ", [0.1, 0.5, 0.9])
def test_the_bound_is_attained_on_the_line(λ) -> None:
    """When T is so large that λ^T vanishes, gap and bound agree for every k."""
    T, ks = 500, np.arange(1, 12)
    cell = line(λ, 2.0)
    constants = smoothness_constants(cell, 2.0, 1.0, 0.0)
    gaps = gradient_gap(cell, np.ones((T, 1)), ones, ks, ["W"])
    # Two gradients of size B/(1−λ)² are subtracted.
    np.testing.assert_allclose(
        gaps, gap_bound(constants, ks), rtol=1e-9, atol=1e-14 * 2 / (1 - λ) ** 2
    )
    assert gap_bound(constants, 1) == pytest.approx(gap_rate(constants) * λ, rel=1e-12)


def adversarial(draw_seed: int, tanh: bool):
    """A contraction, often close to the worst: few units, steady inputs, rows that line up."""
    rng = np.random.default_rng(draw_seed)
    n, T = int(rng.integers(1, 4)), int(rng.integers(2, 30))
    Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    λ, size = rng.uniform(0.05, 0.95), 10 ** rng.uniform(-3, 0.5)
    W = λ * (np.eye(n) if rng.random() < 0.5 else Q)
    steady = rng.random() < 0.5
    inputs = size * (np.ones((T, 1)) * rng.normal(size=n) if steady else rng.normal(size=(T, n)))
    if tanh:
        cell = Elman(W, np.eye(n), np.zeros(n), "tanh")
        bound = np.linalg.norm(np.tanh(inputs), axis=1).max()
    else:
        cell, bound = Linear(W, np.eye(n)), np.linalg.norm(inputs, axis=1).max()
    row, curved = rng.normal(size=n), bool(rng.random() < 0.5)

    def rows(states):
        return row * np.cos(states @ row)[:, None] if curved else np.tile(row, (len(states), 1))

    length = float(np.linalg.norm(row))
    constants = smoothness_constants(cell, float(bound), length, curved * length**2)
    return cell, inputs, rows, constants


@settings(deadline=None, derandomize=True, max_examples=200)
@given(seed=st.integers(0, 10**6), tanh=st.booleans(), k=st.integers(1, 12))
def test_no_gap_exceeds_the_bound(seed, tanh, k) -> None:
    """Lemma 2 with its constants, on networks made to come near it: never above, for W."""
    cell, inputs, rows, constants = adversarial(seed, tanh)
    gap = gradient_gap(cell, inputs, rows, k, ["W"])
    bound = gap_bound(constants, k)
    # Rounding of two gradients, each at most L_p L_w/(1−λ).
    slack = 1e-13 * constants.L_p * constants.L_w / (1 - constants.λ)
    assert gap <= bound * (1 + 1e-12) + slack
    assert bound <= gap_rate(constants) * k * constants.λ**k * (1 + 1e-12)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=st.integers(0, 10**6), size=st.floats(0.01, 3), k=st.integers(1, 12))
def test_each_part_of_the_gap_keeps_its_own_bound(seed, size, k) -> None:
    """The four terms of the bound are bounds of the four parts, one by one."""
    rng = np.random.default_rng(seed)
    n, T = int(rng.integers(1, 4)), 20
    inputs, target = size * rng.normal(size=(T, n)), size * rng.normal(size=n)
    cell = Elman(_ball(rng, n, 0.9), np.eye(n), np.zeros(n), "tanh")
    H = np.linalg.norm(simulate(cell, np.zeros(n), inputs), axis=1).max()
    largest = float(np.linalg.norm(np.tanh(inputs), axis=1).max())
    L_p = float(H + np.linalg.norm(target))
    constants = smoothness_constants(cell, largest, L_p, 1.0)
    names = {"long-term": (), "row": ("β_p",), "rates": ("β_wh",), "Jacobians": ("β_hh",)}
    found = gap_parts.parts(cell, inputs, target, k)
    without = replace(constants, β_p=0, β_wh=0, β_hh=0)
    base = gap_bound(without, k)
    for name, kept in names.items():
        alone = gap_bound(replace(without, **{b: getattr(constants, b) for b in kept}), k)
        bound = alone - base if kept else base
        assert np.linalg.norm(found[name]) <= bound * (1 + 1e-9) + 1e-13 * base


@settings(deadline=None, derandomize=True)
@given(
    values=st.lists(st.floats(0, 10), min_size=8, max_size=8),
    λ=st.floats(0.01, 0.99),
    k=st.integers(1, 40),
)
def test_the_bound_has_its_four_terms_and_stays_below_its_rate(values, λ, k) -> None:
    """The function is the displayed formula, and γ k λ^k is never below it."""
    c = Constants(λ, *values)
    expected = (
        λ**k * c.L_p * c.L_w / (1 - λ)
        + λ**k * c.β_p * c.L_w * c.H / (1 - λ)
        + k * λ ** (k - 1) * c.L_p * c.β_wh * c.H
        + (k - 1) * λ ** (k - 1) * c.L_p * c.L_w * c.β_hh * c.H / (1 - λ)
    )
    assert gap_bound(c, k) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gap_bound(c, [k, k]), gap_bound(c, k), rtol=1e-12)
    assert gap_bound(c, k) <= gap_rate(c) * k * λ**k * (1 + 1e-12)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_the_constants_bound_what_they_are_said_to_bound(seed) -> None:
    """Two states within H and two weights in the ball: no derivative of the step moves by more."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 4))
    W, other = (_ball(rng, n, 0.8) for _ in range(2))
    U, b, u = np.eye(n), np.zeros(n), rng.normal(size=n)
    bound = float(np.linalg.norm(np.tanh(u)))
    cell, moved = Elman(W, U, b, "tanh"), Elman(other, U, b, "tanh")
    c = smoothness_constants(cell, bound, 1.0, 0.0, contraction=0.8)
    h, g = (_within(rng, n, c.H) for _ in range(2))
    far, weights = np.linalg.norm(h - g), np.linalg.norm(W - other)
    by_w = [each.immediate(x, u)["W"].reshape(n, -1) for each, x in _three(cell, moved, h, g)]
    by_h = [each.jacobian(x, u) for each, x in _three(cell, moved, h, g)]
    spectral = [
        (np.linalg.norm(a[0] - a[1], 2), np.linalg.norm(a[0] - a[2], 2)) for a in (by_w, by_h)
    ]
    assert np.linalg.norm(by_h[0], 2) <= c.λ * (1 + 1e-12)
    assert np.linalg.norm(by_w[0], 2) <= c.L_w * (1 + 1e-12)
    assert spectral[0][0] <= c.β_wh * far * (1 + 1e-9) + 1e-12
    assert spectral[0][1] <= c.β_ww * weights * (1 + 1e-9) + 1e-12
    assert spectral[1][0] <= c.β_hh * far * (1 + 1e-9) + 1e-12
    assert spectral[1][1] <= c.β_hw * weights * (1 + 1e-9) + 1e-12


def _three(cell, moved, h, g):
    return (cell, h), (cell, g), (moved, h)


def _ball(rng, n, radius):
    W = rng.normal(size=(n, n))
    return W * radius * rng.random() ** 0.2 / np.linalg.norm(W, 2)


def _within(rng, n, radius):
    h = rng.normal(size=n)
    return h * radius * rng.random() ** 0.2 / np.linalg.norm(h)


def test_the_constants_of_tanh_and_of_a_linear_cell() -> None:
    """tanh has c = 4/(3√3) and the linear cell c = 0 in β_hh = cλ², β_wh = 1 + cλH, β_ww = cH²."""
    W = np.diag([0.5, 0.25])
    for cell, c in ((Elman(W, np.eye(2), np.zeros(2), "tanh"), C2), (Linear(W, np.eye(2)), 0.0)):
        found = smoothness_constants(cell, 1.5, 2.0, 3.0)
        assert (found.λ, found.H, found.L_p, found.L_w, found.β_p) == (0.5, 3.0, 2.0, 3.0, 3.0)
        assert found.β_hh == pytest.approx(c / 4)
        assert found.β_wh == found.β_hw == pytest.approx(1 + 1.5 * c)
        assert found.β_ww == pytest.approx(9 * c)


# Messages ------------------------------------------------------------------------------------

TANH = Elman([[0.5]], [[1.0]], [0.0], "tanh")
GOOD = Constants(0.5, 1, 1, 1, 0, 0, 1, 1, 0)
REFUSED = {
    "no step": (
        lambda: truncated_gradients(line(0.5), np.zeros((0, 1)), ones, [1]),
        ValueError,
        "inputs: got no time step, expects at least one",
    ),
    "an empty window": (
        lambda: gradient_gap(line(0.5), np.ones((3, 1)), ones, 0),
        ValueError,
        "ks: got 0, expects at least 1",
    ),
    "an unknown parameter": (
        lambda: gradient_gap(line(0.5), np.ones((3, 1)), ones, 1, ["V"]),
        ValueError,
        "parameters: got 'V', expects names among W, U",
    ),
    "rows of another shape": (
        lambda: truncated_gradients(line(0.5), np.ones((3, 1)), lambda x: x[:, :0], [1]),
        ValueError,
        "loss_gradient",
    ),
    "a bound for no step": (lambda: gap_bound(GOOD, 0), ValueError, "k: got 0, expects at least 1"),
    "constants of another kind": (lambda: gap_bound(0.5, 1), TypeError, "constants: got"),
    "a factor of zero": (
        lambda: gap_rate(Constants(0, 1, 1, 1, 0, 0, 1, 1, 0)),
        ValueError,
        "λ: got 0, expects a positive factor",
    ),
    "a factor of one": (
        lambda: Constants(1, 1, 1, 1, 0, 0, 1, 1, 0),
        ValueError,
        "λ: got 1, expects a number from 0 up to, not including, 1",
    ),
    "a constant below zero": (
        lambda: Constants(0.5, -1, 1, 1, 0, 0, 1, 1, 0),
        ValueError,
        "H: got -1, expects a number not below zero",
    ),
    "a cell that stretches": (
        lambda: smoothness_constants(line(1.5), 1, 1, 0),
        ValueError,
        "cell: got a cell whose factor is 1.5, expects one below 1",
    ),
    "a cell outside the ball": (
        lambda: smoothness_constants(line(0.5), 1, 1, 0, contraction=0.25),
        ValueError,
        "cell: got a cell whose factor is 0.5, expects one of at most 0.25",
    ),
    "an activation with a corner": (
        lambda: smoothness_constants(Elman([[0.5]], [[1.0]], [0.0], "relu"), 1, 1, 0),
        ValueError,
        "cell: got the activation relu, whose slope jumps",
    ),
    "another cell": (
        lambda: smoothness_constants(Vanilla([[0.5]], [[1.0]], [0.0], "tanh"), 1, 1, 0),
        TypeError,
        "cell: got Vanilla, expects a Linear or an Elman cell",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_named(what) -> None:
    """The message names the argument, what it got and what it expects."""
    call, error, message = REFUSED[what]
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_no_window_asked_for_gives_none() -> None:
    """An empty list of lengths gives an empty list."""
    assert truncated_gradients(TANH, np.ones((3, 1)), ones, []) == []
