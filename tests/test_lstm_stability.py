"""The LSTM: the bounds of its gates, memory and contraction hold, and are reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book_utils.cells import LSTM, Elman
from book_utils.dynamics import (
    jacobian,
    lstm_contraction,
    lstm_iterations,
    lstm_rates,
    simulate,
    spectral_norm,
    spectral_radius,
    transport,
)

quiet = settings(deadline=None, derandomize=True, max_examples=60)
# Differences of states of size 1/(1 − F), at most some hundreds here.
ROUNDING = 1e-12


def logit(f):
    return np.log(f / (1 - f))


def one_unit(**others) -> LSTM:
    """d = 1 and m = 1; what is not given is 0."""
    shapes = {name: np.zeros([1] * len(letters)) for name, letters in LSTM.shapes.items()}
    return LSTM(**shapes | {name: np.reshape(v, shapes[name].shape) for name, v in others.items()})


def distances(first, second):
    """The largest entries of c − c′ and of h − h′."""
    gap = np.abs(first - second)
    d = gap.shape[-1] // 2
    return gap[..., :d].max(axis=-1), gap[..., d:].max(axis=-1)


@st.composite
def cells(draw):
    """LSTMs with small, medium and large recurrent weights, some of them zero."""
    d, m = draw(st.integers(1, 4)), draw(st.integers(0, 2))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    cell = LSTM.random(2 * d, m, rng)
    sizes = {
        f"W_{gate}": draw(st.sampled_from([0.0, 0.05, 0.5, 3.0])) * getattr(cell, f"W_{gate}")
        for gate in "fioz"
    }
    return replace(cell, **sizes, b_f=cell.b_f + draw(st.sampled_from([-3.0, 0.0, 2.0])))


def admissible(cell, known, rng, count=1):
    """States with |c| <= 1/(1 − F) and |h| <= 1, every other entry at the very bound."""
    bounds = np.repeat([1 / (1 - known.forget), 1.0], cell.n // 2)
    share = rng.uniform(-1, 1, size=(count, cell.n))
    return bounds * np.where(rng.random(share.shape) < 0.5, np.sign(share), share)


@given(cell=cells(), seed=st.integers(0, 999), bound=st.sampled_from([0.0, 0.5, 2.0]))
@quiet
def test_what_is_reached_stays_in_the_bounds(cell, seed, bound):
    """From 0 the forget gates never exceed F, |h| stays below 1 and |c| at most 1/(1 − F)."""
    known = lstm_contraction(cell, bound)
    inputs = bound * np.random.default_rng(seed).choice([-1.0, 1.0], size=(40, cell.m))
    states = simulate(cell, np.zeros(cell.n), inputs)
    d = cell.n // 2
    gates = cell.slopes_along(states[:-1], inputs)[0]
    assert gates.max() <= known.forget
    assert np.abs(states[:, d:]).max() < 1
    assert np.abs(states[:, :d]).max() <= 1 / (1 - known.forget)


@given(cell=cells(), seed=st.integers(0, 999), bound=st.sampled_from([0.0, 0.5, 2.0]))
@quiet
def test_one_step_moves_no_two_states_further_apart_than_the_bounds(cell, seed, bound):
    """‖c − c′‖ and ‖h − h′‖ after a step obey M, and so do the two rates in their norms."""
    known, rng = lstm_contraction(cell, bound), np.random.default_rng(seed)
    M = np.array([[known.forget, known.p], [known.forget, known.p + known.q_o]])
    first = admissible(cell, known, rng, 30)
    near = first + 1e-3 * rng.normal(size=first.shape)
    limits = np.repeat([1 / (1 - known.forget), 1.0], cell.n // 2)
    for second in (admissible(cell, known, rng, 30), np.clip(near, -limits, limits)):
        u = bound * rng.choice([-1.0, 1.0], size=cell.m)
        after = [np.array([cell.step(s, u) for s in states]) for states in (first, second)]
        before = np.array(distances(first, second))
        moved = np.array(distances(*after))
        assert (moved <= M @ before + ROUNDING).all()
        assert (moved.max(axis=0) <= known.by_sum * before.max(axis=0) + ROUNDING).all()
        weigh = np.array([[1.0], [known.weight]])
        moved_weighed, weighed = (weigh * moved).max(axis=0), (weigh * before).max(axis=0)
        assert (moved_weighed <= known.weighted * weighed + ROUNDING).all()


@pytest.mark.parametrize("name", ["W_i", "W_f", "W_z"])
def test_each_share_of_p_is_reached(name):
    """A nudge of h moves c by W_i/4, W_f/(4(1 − F)) or W_z where gates and memory stand so."""
    w, h = 0.4, 1e-6
    if name == "W_i":  # i = σ(w h) at 0, and z = tanh(20) = 1
        cell, expected = one_unit(W_i=w, b_z=20.0), w / 4
    elif name == "W_f":  # f = σ(w h) at 0, and the largest memory that is ever reached
        cell = one_unit(W_f=w, b_i=-40.0)
        expected = w / 4 * (1 + np.exp(w))  # 1/(1 − σ(w)) = 1 + e^w
    else:  # i = σ(40) = 1, and z = tanh(w h) at 0
        cell, expected = one_unit(W_z=w, b_i=40.0), w
    known = lstm_contraction(cell, 1.0)
    c = 1 / (1 - known.forget)
    moved, _ = distances(cell.step([c, h], [0.0]), cell.step([c, -h], [0.0]))
    # The next term of the series is h² of the first.
    assert moved / (2 * h) == pytest.approx(expected, rel=1e-9)
    assert known.p == pytest.approx(expected, rel=1e-14)


def test_the_output_gate_is_reached():
    """Where tanh(c) is 1 a nudge of h moves the next h by W_o/4, which is q_o of the norms."""
    cell, h = one_unit(W_o=2.0, b_f=logit(0.75)), 1e-6
    _, moved = distances(cell.step([30.0, h], [0.0]), cell.step([30.0, -h], [0.0]))
    assert moved / (2 * h) == pytest.approx(2.0 / 4, rel=1e-6)
    assert lstm_contraction(cell, 1.0).q_o == 2.0 / 4


@given(cell=cells(), seed=st.integers(0, 999))
@quiet
def test_bounds_of_the_other_gates_sharpen_the_rate(cell, seed):
    """With i <= I and o <= O the distances obey [[F, p], [O F, O p + q_o]], where p has K and N_z
    times I."""
    known, rng = lstm_contraction(cell, 1.0), np.random.default_rng(seed)
    matrices = [name for name in cell.shapes if name[0] != "b"]
    rows = {name: np.abs(getattr(cell, name)).sum(axis=1) for name in matrices}
    I, O = (
        (1 / (1 + np.exp(-rows[f"W_{g}"] - rows[f"U_{g}"] - getattr(cell, f"b_{g}")))).max()
        for g in "io"
    )
    F, K, q = known.forget, I / (1 - known.forget), known.q_o
    N = {gate: rows[f"W_{gate}"].max() for gate in "ifz"}
    p = (N["i"] + K * N["f"]) / 4 + I * N["z"]
    M = np.array([[F, p], [O * F, O * p + q]])
    assert spectral_radius(M) <= known.weighted * (1 + 1e-12)
    limits = np.repeat([K, 1.0], cell.n // 2)
    first, second = limits * rng.uniform(-1, 1, size=(2, 30, cell.n))
    u = rng.choice([-1.0, 1.0], size=cell.m)
    after = [np.array([cell.step(s, u) for s in states]) for states in (first, second)]
    assert (np.abs(after[0]) <= limits + ROUNDING).all()
    moved = np.array(distances(*after))
    assert (moved <= M @ np.array(distances(first, second)) + ROUNDING).all()


@pytest.mark.parametrize(("weight", "grows"), [(1.99, False), (2.01, True)])
def test_at_the_state_zero_a_number_above_one_rules_out_every_norm(weight, grows):
    """One unit without biases and inputs: (1, o) is multiplied by f + o i W_z = 1/2 + W_z/4."""
    cell, direction = one_unit(W_z=weight), np.array([1.0, 0.5])
    moved = jacobian(cell, [0.0, 0.0], [0.0]) @ direction
    np.testing.assert_allclose(moved, (0.5 + weight / 4) * direction, rtol=1e-14)
    assert (moved[0] > 1) == grows
    after = simulate(cell, 1e-4 * direction, np.zeros((2000, 1)))[-1]
    assert (np.linalg.norm(after) > 1e-3) == grows


def test_without_recurrent_weights_the_rate_is_the_forget_gate():
    """With all W = 0 both rates are F, the memory shrinks by just F, and h counts in full."""
    cell = one_unit(b_f=logit(0.95), b_o=logit(0.99))
    known = lstm_contraction(cell, 1.0)
    assert known.by_sum == known.weighted == known.forget == pytest.approx(0.95, rel=1e-14)
    moved, _ = distances(cell.step([0.5, 0.2], [1.0]), cell.step([0.1, -0.3], [1.0]))
    assert moved == pytest.approx(0.95 * 0.4, rel=1e-12)
    assert known.weight == 1


def test_the_bias_of_the_forget_gate_counts_with_its_sign():
    """F is σ of the largest row: weights and inputs by modulus, the bias as it is."""
    cell = one_unit(W_f=-0.3, U_f=-2.0, b_f=-1.0)
    assert lstm_contraction(cell, 1.5).forget == pytest.approx(1 / (1 + np.exp(-2.3)))
    two = LSTM.random(4, 1, np.random.default_rng(0))
    arrives = np.abs(two.W_f).sum(1) + 1.5 * np.abs(two.U_f).sum(1) + two.b_f
    assert lstm_contraction(two, 1.5).forget == pytest.approx(1 / (1 + np.exp(-arrives.max())))


# The five numbers ----------------------------------------------------------------------------

norms = st.floats(0, 3)


@given(F=st.floats(0, 0.99), i=norms, o=st.floats(0, 5), f=norms, z=norms)
@quiet
def test_the_weighted_rate_is_the_spectral_radius(F, i, o, f, z):
    """``weighted`` is ρ(M), below 1 just where the weaker condition holds, and never above
    ``by_sum``; the weight makes both rows of M agree on it."""
    rates = lstm_rates(F, i, o, f, z)
    M = np.array([[F, rates.p], [F, rates.p + rates.q_o]])
    assert rates.weighted == pytest.approx(spectral_radius(M), rel=1e-7, abs=1e-7)
    assert rates.weighted <= rates.by_sum * (1 + 1e-15)
    if abs(rates.weighted - 1) > 1e-9:
        assert rates.weaker_holds == (rates.weighted < 1)
    ω, λ = rates.weight, rates.weighted
    assert ω * F + rates.p + rates.q_o == pytest.approx(λ, abs=1e-9)
    assert ω * F + rates.p == pytest.approx(λ * ω, abs=1e-9)


@given(
    F=st.floats(0.0, 0.99),
    shares=st.tuples(*[st.floats(0, 1, exclude_max=True)] * 4),
)
@quiet
def test_the_printed_hypotheses_make_both_rates_less_than_one(F, shares):
    """Inside all four hypotheses F + p + q_o < 1, and the weaker condition holds as well."""
    i, o, f, z = np.array(shares) * [1 - F, 1 - F, (1 - F) ** 2, (1 - F) / 4]
    rates = lstm_rates(F, i, o, f, z)
    assert rates.hypotheses_hold
    assert rates.by_sum < 1 + 1e-15
    assert rates.weighted < 1 + 1e-15


def test_at_the_corner_of_the_hypotheses_the_rate_is_one():
    """With all four norms at their bounds F + p + q_o = 1, and the weaker rate is still below."""
    rates = lstm_rates(0.9, 0.1, 0.1, 0.01, 0.025)
    assert rates.by_sum == pytest.approx(1, abs=1e-15)
    assert not rates.hypotheses_hold
    assert rates.weighted < 0.999
    assert rates.weaker_holds


@pytest.mark.parametrize(("place", "holds"), [(0, False), (1, False), (2, False), (3, True)])
def test_each_hypothesis_has_its_bound(place, holds):
    """i, o and f must stay below their bounds, z may reach its own; above it all of them fail."""
    bounds = np.array([0.25, 0.25, 0.0625, 0.0625])  # of i, o, f, z at F = 0.75
    norms = bounds / 2
    assert lstm_rates(0.75, *norms).hypotheses_hold
    norms[place] = bounds[place]
    assert lstm_rates(0.75, *norms).hypotheses_hold == holds
    norms[place] = bounds[place] * (1 + 1e-12)
    assert not lstm_rates(0.75, *norms).hypotheses_hold


def test_a_cell_inside_the_weaker_condition_alone():
    """F = 0.9, p = 0.05, q_o = 0.4: the printed rate is 1.35, the weighted one 0.98423."""
    rates = lstm_rates(0.9, 0.2, 1.6, 0.0, 0.0)
    assert rates.by_sum == pytest.approx(1.35)
    assert rates.weighted == pytest.approx(0.98423, abs=5e-6)
    assert rates.weaker_holds
    assert not rates.hypotheses_hold


def test_arrays_give_what_numbers_give():
    """The rates of arrays are those of their entries."""
    F, o = np.array([[0.2], [0.9]]), np.array([0.0, 1.0, 5.0])
    whole = lstm_rates(F, 0.1, o, 0.2, 0.3)
    for a in range(2):
        for b in range(3):
            one = lstm_rates(F[a, 0], 0.1, o[b], 0.2, 0.3)
            assert whole.weighted[a, b] == one.weighted
            assert whole.weaker_holds[a, b] == one.weaker_holds


# Iterations ----------------------------------------------------------------------------------


@given(d=st.integers(1, 50), rate=st.floats(1e-3, 0.999), weight=st.floats(0.01, 1))
@quiet
def test_the_number_of_iterations_is_the_least(d, rate, weight):
    """r steps are enough, r − 1 are not, and none is too few."""
    r = lstm_iterations(d, rate, weight)
    factor = d * (1 + weight**-2)
    assert r >= 1
    assert factor * rate ** (2 * r) < 1
    assert factor * rate ** (2 * (r - 1)) >= 1


def test_no_number_of_iterations_is_enough_from_one_on():
    """A rate of 1 or more promises nothing."""
    assert lstm_iterations(3, 1.0) is None
    assert lstm_iterations(3, 1.2, 0.5) is None


@given(cell=cells(), seed=st.integers(0, 999))
@quiet
def test_so_many_steps_contract_the_euclidean_norm(cell, seed):
    """After the stated number of steps two runs are closer than at the start, in length."""
    known, rng = lstm_contraction(cell, 1.0), np.random.default_rng(seed)
    first, second = admissible(cell, known, rng, 2)
    second[0] = first[0] / 2  # the two differ
    for r in {known.sum_iterations, known.weighted_iterations} - {None}:
        if r <= 400:
            inputs = rng.uniform(-1, 1, size=(r, cell.m))
            runs = [simulate(cell, s, inputs) for s in (first, second)]
            before = np.linalg.norm(first - second)
            assert np.linalg.norm(runs[0][-1] - runs[1][-1]) < before


HELD = np.tile([0.0, 1.0], (8, 1))


def held() -> LSTM:
    """No W and no bias: a second input of 1 gives f = 0.95 and o = 0.99, the first writes and
    hides what it wrote."""
    gates = {"U_f": [[0, np.log(19)]], "U_o": [[-20.0, np.log(99)]], "U_z": [[0.01, 0]]}
    return replace(one_unit(), **gates, U_i=np.zeros((1, 2)))


def test_two_reachable_states_are_pushed_apart_for_six_steps():
    """0 and the state after one input: further apart for six steps, and closer after seven."""
    cell = held()
    known = lstm_contraction(cell, 1.0)
    assert known.hypotheses_hold
    assert known.sum_iterations == 7
    assert not any(np.any(getattr(cell, f"b_{gate}")) for gate in "fioz")
    s = cell.step([0.0, 0.0], [1.0, 1.0])
    runs = simulate(cell, s, HELD)
    factors = np.linalg.norm(runs, axis=1) / np.linalg.norm(s)
    np.testing.assert_allclose(factors[[1, 6, 7]], [1.3368, 1.0344, 0.9827], atol=5e-5)
    assert (simulate(cell, [0.0, 0.0], HELD) == 0).all()


def test_the_norm_of_the_jacobian_needs_seven_steps():
    """‖J_r‖ = 0.95^r √(1 + 0.99²) at the state 0: 1.3368 at r = 1, below 1 from r = 7 on."""
    cell = held()
    assert spectral_norm(jacobian(cell, [0.0, 0.0], [0.0, 1.0])) == pytest.approx(1.3368, abs=5e-5)
    states = np.zeros((9, 2))
    for r in range(1, 9):
        J = transport(cell, states, HELD, 0, r)
        assert spectral_norm(J) == pytest.approx(0.95**r * np.hypot(1, 0.99), rel=1e-12)
        assert (spectral_norm(J) < 1) == (r >= 7)


def test_without_p_the_weight_may_be_zero():
    """p = 0 and q_o above F: the rate is q_o with the weight 0, and a larger rate has a weight."""
    cell = one_unit(W_o=2.0, b_f=-2.0)
    known = lstm_contraction(cell, 1.0)
    assert known.weighted == pytest.approx(0.5)
    assert known.weight == pytest.approx(0, abs=1e-15)
    # With the rate 3/4 the weight is 1/3: 10 (3/4)^(2r) < 1 from r = 5 on.
    assert known.weighted_iterations == 5


# Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lstm_contraction("cell", 1.0), TypeError, "cell: got 'cell', expects a LSTM"),
        (
            lambda: lstm_contraction(Elman([[1.0]], [[1.0]], [0.0], "tanh"), 1.0),
            TypeError,
            "expects a LSTM",
        ),
        (lambda: lstm_contraction(held(), -1.0), ValueError, "input_bound: got -1.0, expects at"),
        (lambda: lstm_contraction(held(), "one"), TypeError, "input_bound: got text"),
        (lambda: lstm_contraction(held(), [1.0]), ValueError, "input_bound: got shape"),
        (lambda: lstm_contraction(one_unit(b_f=40.0), 1.0), ValueError, "rounds to 1"),
        (lambda: lstm_rates(1.0, 0, 0, 0, 0), ValueError, "F: got 1.0, expects 0 <= F < 1"),
        (lambda: lstm_rates([0.5, -0.5], 0, 0, 0, 0), ValueError, "F: got -0.5, expects"),
        (lambda: lstm_rates(0.5, 0, -1.0, 0, 0), ValueError, "o: got -1.0, expects a norm"),
        (lambda: lstm_iterations(0, 0.5), ValueError, "d: got 0, expects at least 1"),
        (lambda: lstm_iterations(2.0, 0.5), TypeError, "d: got 2.0, expects an integer"),
        (lambda: lstm_iterations(2, 0.0), ValueError, "rate: got 0.0, expects a positive number"),
        (lambda: lstm_iterations(2, 0.5, 0.0), ValueError, "weight: got 0.0, expects a positive"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    """Each refusal names the argument, what it got and what it expects."""
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
