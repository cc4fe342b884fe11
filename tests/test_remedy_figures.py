"""The figures and the experiment of the chapter on remedies: what they show is what is computed."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from book_utils.activations import logistic
from book_utils.cells import LSTM
from book_utils.checks import finite_difference_jacobian
from book_utils.dynamics import simulate
from book_utils.figures import backwards, paths, remembering
from book_utils.figures.still import BLUE, ORANGE

# Rows sent back ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lengths():
    return backwards.compute(steps=30, runs=5)


def test_orthogonal_weights_without_activation_keep_every_length(lengths):
    """The linear network sends each row back in full length."""
    linear = lengths.lengths[backwards.NETWORKS[0]]
    np.testing.assert_allclose(linear, 1, rtol=1e-12)


def tanh(lengths, gain, noise):
    return lengths.lengths[backwards.Network(gain, "tanh", noise)]


def test_with_tanh_lengths_fall_and_noise_makes_them_fall_faster(lengths):
    """Slopes below one shorten the row at every step, the more the stronger the noise."""
    rows = [tanh(lengths, 1, noise) for noise in (0.1, 0.5, 2)]
    for values in rows:
        assert values[0] == pytest.approx(1, rel=1e-12)
        assert np.all(np.diff(values) <= 1e-12)
    weak, middle, strong = (values[-1] for values in rows)
    assert weak > 100 * middle > 100 * 100 * strong


def test_a_gain_above_one_forbids_nothing_and_guarantees_nothing(lengths):
    """At equal noise 1.5 Q keeps more than Q; with weak noise rows grow, with strong not."""
    for noise in (0.1, 0.5, 2):
        assert tanh(lengths, 1.5, noise)[-1] > 10 * tanh(lengths, 1, noise)[-1]
    assert tanh(lengths, 1.5, 0.1)[-1] > 1
    assert tanh(lengths, 1.5, 2)[-1] < 1e-3


def test_the_last_step_back_meets_slopes_of_one(lengths):
    """The run starts at the state 0, where tanh has slope 1: the last factor is the gain."""
    for network, values in lengths.lengths.items():
        assert values[-1] / values[-2] == pytest.approx(network.gain, rel=1e-9), network.name


def test_the_lines_are_the_lengths(lengths):
    """Each line of the picture is one network's lengths, under its name."""
    figure = Figure()
    backwards.draw(figure, lengths)
    (ax,) = figure.axes
    for line, (network, values) in zip(ax.lines, lengths.lengths.items(), strict=True):
        assert line.get_label() == network.name
        assert (line.get_linestyle() == "--") == (network.gain == 1.5)
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert ax.get_yscale() == "log"


def test_the_words_name_the_factor_per_step(lengths):
    """The alternative text gives the length at the end and the mean factor of a step."""
    words = backwards.show(lengths).alt
    last = tanh(lengths, 1, 0.5)[-1]
    factor = last ** (1 / 30)
    assert f"with Q, tanh, noise 0.5 it is {last:.2g}, a factor of {factor:.2f} per step" in words


# Paths through an LSTM -----------------------------------------------------------------------


def test_without_recurrent_weights_the_forget_gates_are_all():
    """With all W at zero the derivative of c_T by c_0 is the product of the forget gates."""
    rng = np.random.default_rng(0)
    cell, inputs = paths.random_lstm(3, 0.0, rng), rng.normal(size=(20, 1))
    forget, whole = paths.memory_paths(cell, inputs)
    np.testing.assert_allclose(whole, forget, rtol=1e-13)
    gates = logistic(inputs @ cell.U_f.T + cell.b_f)
    np.testing.assert_allclose(np.diag(forget), np.prod(gates, axis=0), rtol=1e-13)


def test_the_two_paths_are_those_of_a_run():
    """With recurrent weights: the gates of the run, and differences of the run, by hand."""
    rng = np.random.default_rng(1)
    cell, inputs = paths.random_lstm(2, 1.0, rng), rng.normal(size=(8, 1))
    forget, whole = paths.memory_paths(cell, inputs)
    states = simulate(cell, np.zeros(4), inputs)
    gates = [
        logistic(cell.W_f @ x[2:] + cell.U_f @ u + cell.b_f)
        for x, u in zip(states[:-1], inputs, strict=True)
    ]
    np.testing.assert_allclose(np.diag(forget), np.prod(gates, axis=0), rtol=1e-12)
    moved = finite_difference_jacobian(
        lambda c: simulate(cell, np.concatenate([c, np.zeros(2)]), inputs)[-1][:2], np.zeros(2)
    )
    # The differences are good to about ten digits of the largest entry.
    np.testing.assert_allclose(whole, moved, atol=1e-8 * np.abs(whole).max())
    assert not np.allclose(whole, forget, rtol=0.1)


def test_the_forget_path_is_no_bound_either_way():
    """With weights of size one many networks lie far above the gates' product, many far below;
    with weights of a tenth almost all lie near it."""
    record = paths.compute()
    above, below = paths.shares(record, 1.0)
    assert above > 20
    assert below > 15
    assert sum(paths.shares(record, 0.1)) < 10
    assert paths.near(record, 0.1) > 60 > 40 > paths.near(record, 1.0)


def test_near_is_within_a_factor_of_two():
    """Half and double count as near, what lies just beyond does not."""
    total = np.array([0.49, 0.5, 1, 2, 2.01])
    record = paths.Record(2, 30, {1.0: np.ones(5)}, {1.0: total})
    assert paths.near(record, 1.0) == 3


def test_the_points_are_the_networks():
    """Each network is a point: the gates' product across, the whole derivative up."""
    record = paths.compute(networks=5, steps=10)
    figure = Figure()
    paths.draw(figure, record)
    (ax,) = figure.axes
    for points, size in zip(ax.collections, record.forget, strict=True):
        expected = np.column_stack([record.forget[size], record.total[size]])
        np.testing.assert_array_equal(points.get_offsets(), expected)
        assert f"{size:g}" in points.get_label()
    words = paths.show(record).alt
    above, below = paths.shares(record, 1.0)
    assert f"in {above} of 5 networks and less than a 10th of it in {below}" in words


# The experiment ------------------------------------------------------------------------------

SMALL = remembering.Setting(n=4, steps=5, noise=0.1, batch=8, updates=3, seeds=2, fresh=20)


def test_the_task_is_to_remember_the_first_sign():
    """The first input is ±1, the target half of it, and what follows is noise of its size."""
    setting = replace(SMALL, steps=200)
    inputs, targets = remembering.sequences(500, setting, np.random.default_rng(0))
    assert inputs.shape == (200, 500, 1)
    np.testing.assert_array_equal(inputs[0, :, 0], 2 * targets)
    assert set(targets) == {-0.5, 0.5}
    assert inputs[1:].std() == pytest.approx(setting.noise, rel=0.02)


@pytest.mark.parametrize("name", remembering.NETWORKS)
def test_the_gradient_is_that_of_the_loss(name):
    """Along a random direction of all parameters the loss changes as the gradient says."""
    rng = np.random.default_rng(3)
    cell = remembering.NETWORKS[name](SMALL.n, rng)
    sequences = remembering.sequences(SMALL.batch, SMALL, rng)
    _, gradient = remembering.gradient(cell, *sequences)
    assert set(gradient) == set(cell.parameters())
    direction = {key: rng.normal(size=value.shape) for key, value in gradient.items()}

    def loss(α):
        moved = {key: getattr(cell, key) + α[0] * direction[key] for key in direction}
        return np.array([remembering.gradient(replace(cell, **moved), *sequences)[0]])

    slope = finite_difference_jacobian(loss, np.zeros(1))[0, 0]
    expected = sum(np.sum(gradient[key] * direction[key]) for key in gradient)
    # Differences of a loss of order 0.1 are good to eight digits.
    assert slope == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_answer_is_read_where_the_network_shows_it():
    """Of a tanh network the first unit answers, of an LSTM the first entry of h."""
    rng = np.random.default_rng(0)
    for name, make in remembering.NETWORKS.items():
        cell = make(6, rng)
        assert cell.n == 6
        assert remembering.shown(cell) == (3 if isinstance(cell, LSTM) else 0), name


def test_the_forget_bias_is_what_its_name_says():
    """The two LSTMs differ in the forget bias alone, and have no other."""
    none, three = (remembering.lstm(6, np.random.default_rng(0), bias) for bias in (0, 3))
    for name, value in none.parameters().items():
        other = three.parameters()[name]
        np.testing.assert_array_equal(other, np.full(3, 3.0) if name == "b_f" else value)
        assert name.startswith(("W", "U")) or not value.any()


def test_every_network_is_run_from_every_seed_both_ways():
    """Eight rows of runs, each with one for every seed; clipping bounds what a step may do."""
    seen = []
    record = remembering.compute(SMALL, after=lambda: seen.append(1))
    assert len(record.runs) == 2 * len(remembering.NETWORKS)
    assert all(len(runs) == SMALL.seeds for runs in record.runs.values())
    assert len(seen) == 2 * len(remembering.NETWORKS) * SMALL.seeds
    # The first gradient is met before any step is taken: with and without clipping it is one.
    one = replace(SMALL, updates=1)
    make = remembering.orthogonal_weights
    free, clipped = (remembering.train(make, 0, clipped, one) for clipped in (False, True))
    assert free.largest == clipped.largest


def test_clipping_is_what_the_two_runs_differ_in():
    """With a threshold that is never reached a clipped run is the other; with a tiny one it
    hardly moves."""
    make, setting = remembering.random_weights, replace(SMALL, updates=20)
    free = remembering.train(make, 0, False, setting)
    assert remembering.train(make, 0, True, replace(setting, threshold=1e6)) == free
    still = remembering.train(make, 0, True, replace(setting, threshold=1e-9))
    again = remembering.train(make, 0, False, replace(setting, rate=1e-12))
    assert still.loss == pytest.approx(again.loss, rel=1e-6)
    assert still.loss != pytest.approx(free.loss, rel=1e-3)


def test_a_run_that_diverges_is_broken_off():
    """With an absurd rate the loss passes all bounds; the run says when, and counts as wrong."""
    run = remembering.train(remembering.random_weights, 0, False, replace(SMALL, rate=1e4))
    assert run.updates < SMALL.updates
    assert run.right == 0
    assert not run.learned


def test_the_stored_result_is_that_of_the_setting():
    """What is stored was made with the setting that the code states, all runs of it."""
    stored = remembering.stored()
    assert stored.setting == remembering.Setting()
    assert list(stored.runs) == list(remembering.compute(SMALL).runs)
    assert all(len(runs) == stored.setting.seeds for runs in stored.runs.values())
    assert "Python" in stored.made


def test_a_stored_run_can_be_repeated():
    """One run whose gradients stay below one, so that it does not amplify rounding, made again."""
    stored = remembering.stored()
    before = stored.runs["tanh, random W", False][1]
    again = remembering.train(remembering.random_weights, 1, False, stored.setting)
    assert before.largest < 1
    assert again.updates == before.updates
    # Rounding differs between machines; in a run like this it does not grow.
    assert again.loss == pytest.approx(before.loss, rel=1e-4)
    assert again.largest == pytest.approx(before.largest, rel=1e-4)
    assert again.right == pytest.approx(before.right, abs=0.01)


def test_what_is_stored_is_read_again(tmp_path, monkeypatch):
    """Writing a result and reading it gives the same numbers, to the digits that are kept."""
    record = replace(remembering.compute(SMALL), made="on a day, with commas")
    remembering.store(record, tmp_path / "result.csv")
    monkeypatch.setattr(remembering, "STORED", tmp_path / "result.csv")
    read = remembering.stored()
    assert (read.setting, read.made) == (record.setting, record.made)
    for key, runs in record.runs.items():
        for run, other in zip(runs, read.runs[key], strict=True):
            assert other.updates == run.updates
            assert other.loss == pytest.approx(run.loss, rel=1e-5)
            assert other.right == pytest.approx(run.right, abs=1e-3)


def test_the_stored_result_says_what_the_chapter_says():
    """The chapter's reading of the experiment, sentence by sentence."""
    stored = remembering.stored()
    seeds = range(stored.setting.seeds)
    broken = {key: stored.broken_off(*key) for key in stored.runs}
    assert not any(count for (_, clipped), count in broken.items() if clipped)
    assert {name for (name, _), count in broken.items() if count} == {
        "tanh, random W",
        "tanh, orthogonal W",
    }
    assert sum(broken.values()) == 4
    off = [run for runs in stored.runs.values() for run in runs if run.updates < 300]
    assert min(run.largest for run in off) > 100
    # One more has every sign wrong, though it ran to its end.
    wrong = [run for runs in stored.runs.values() for run in runs if run.right == 0]
    assert [run.updates for run in wrong if run not in off] == [stored.setting.updates]
    # Clipping never acts on the LSTM with forget bias 0: the same runs twice.
    free, clipped = (stored.runs["LSTM, forget bias 0", which] for which in (False, True))
    assert free == clipped
    assert max(run.largest for run in free) < 0.28 < stored.setting.threshold
    assert stored.learned("LSTM, forget bias 0", False) == 0
    # Forget bias 3 learns from six seeds only with clipping, and from none only without.
    free, clipped = (stored.runs["LSTM, forget bias 3", which] for which in (False, True))
    assert max(run.largest for run in free) < 8
    only = [clipped[seed].learned - free[seed].learned for seed in seeds]
    assert (only.count(1), only.count(-1)) == (6, 0)
    # The forecast by the length of the error fails without clipping.
    learned = {key: stored.learned(*key) for key in stored.runs}
    assert learned["tanh, orthogonal W", False] == 7 > learned["LSTM, forget bias 3", False] == 2
    assert learned["LSTM, forget bias 3", True] == 8
    assert (learned["tanh, random W", False], learned["tanh, random W", True]) == (2, 3)
    assert learned["tanh, orthogonal W", True] == 6


def test_every_run_is_a_dot():
    """The picture has a dot for each run at its share, in the colour of clipping or not."""
    record = remembering.stored()
    figure = Figure()
    remembering.draw(figure, record)
    (ax,) = figure.axes
    for dots, ((_, clipped), runs) in zip(ax.collections, record.runs.items(), strict=True):
        shares = dots.get_offsets()[:, 0]
        np.testing.assert_allclose(shares, [run.right for run in runs])
        assert tuple(dots.get_facecolor()[0]) == to_rgba(BLUE if clipped else ORANGE)
    words = remembering.show(record).alt
    assert f"forget bias 3 clipped {record.learned('LSTM, forget bias 3', True)}" in words
    assert "Broken off, of all runs: 4." in words
