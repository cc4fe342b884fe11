"""The still of "random gains" shows its record, and its words follow the data."""

from __future__ import annotations

import numpy as np
import pytest

from book_utils.dynamics import critical_gain, gaussian_exponent, gaussian_growth, gaussian_spread
from book_utils.figures import drawn, random_gains


def axes(**state):
    record = random_gains.compute(**{"gain": 1.2, "n": 4, "steps": 100, **state})
    return record, drawn(lambda figure: random_gains.draw(figure, record)).axes


def test_the_curve_is_the_exact_rate():
    """The curve is λ(g), the point on it stands at the gain, and the marks at ½, 1 and g_c."""
    record, (rate, _) = axes()
    found = {line.get_label(): line.get_xydata() for line in rate.lines}
    curve = found[r"$\lambda(g)$"]
    np.testing.assert_allclose(
        curve[:, 1], [gaussian_exponent(4, gain) for gain in curve[:, 0]], rtol=1e-12, atol=1e-15
    )
    (point,) = [line.get_xydata()[0] for line in rate.lines if line.get_marker() == "o"]
    assert point.tolist() == [1.2, record.rate]
    marks = {
        label: xy[0, 0] for label, xy in found.items() if xy[0, 0] == xy[-1, 0] and len(xy) == 2
    }
    assert marks["$2g = 1$"] == 0.5
    assert marks["$g = 1$"] == 1
    assert marks[f"$g_c$ = {critical_gain(4):.4f}"] == critical_gain(4)


def test_the_runs_are_those_that_were_drawn():
    """Six lines are the rates of the six runs of the seed, around the exact rate."""
    record, (_, runs) = axes(seed=5)
    logs = gaussian_growth(4, 1.2, 100, 6, 5)
    lines = [line.get_xydata() for line in runs.lines if len(line.get_xdata()) == 100]
    assert len(lines) == 6
    for line, log in zip(lines, logs, strict=True):
        np.testing.assert_allclose(line[:, 1], log / np.arange(1, 101), rtol=1e-14)
    (level,) = [line for line in runs.lines if "lambda" in line.get_label()]
    assert set(level.get_ydata()) == {record.rate}


@pytest.mark.parametrize("n", [1, 2, 16, 64])
def test_the_band_holds_its_share_of_runs(n):
    """Of many runs about 95 of 100 lie within two standard deviations, at every length."""
    record = random_gains.compute(1.0, n, 200)
    np.testing.assert_allclose(
        record.band, 2 * gaussian_spread(n) / np.sqrt(np.arange(1, 201)), rtol=1e-14
    )
    logs = np.concatenate([gaussian_growth(n, 1.0, 200, 100, seed) for seed in range(1, 11)])
    inside = np.abs(logs / record.steps - record.rate) <= record.band
    # A thousand runs: 0.954 ± 0.02; one normal number squared has a tail of its own at first.
    assert inside[:, 19:].mean() == pytest.approx(0.954, abs=0.02)
    assert inside[:, -1].mean() == pytest.approx(0.954, abs=0.025)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"gain": 1.0, "n": 2}, "exact rate is -0.2886, so typical products shrink by a factor of"),
        ({"gain": 1.5, "n": 16}, "exact rate is 0.3736, so typical products grow by a factor of"),
        ({"n": 64}, "0 at the critical gain 1.0079; at gain 1 it is -0.0079."),
        ({"steps": 30}, "After 30 steps the rates of 6 random runs lie from"),
    ],
)
def test_words_follow_the_data(state, says):
    """The alternative text says of each state what is true of it."""
    given = {"gain": 1.2, "n": 4, "steps": 100, **state}
    assert says in random_gains.show(random_gains.compute(**given)).alt


def test_another_seed_gives_other_words():
    """The seed reaches the picture: other runs, other ends."""
    words = {random_gains.describe(random_gains.compute(1.0, 2, 50, seed)) for seed in range(1, 6)}
    assert len(words) == 5


def test_the_caption_says_how_runs_are_drawn():
    """That the runs come from the exact law stands on the figure."""
    assert "drawn from the exact law" in random_gains.show(random_gains.compute(1, 2, 10)).caption


@pytest.mark.parametrize("n", [1, 2, 8, 64])
def test_half_a_gain_is_what_the_norm_asks(n):
    """At gain ½ the mean norm of a Jacobian is below 1 at every size, and near 1 for large n."""
    jacobians = np.random.default_rng(n).normal(size=(2000, n, n)) / (2 * np.sqrt(n))
    norms = np.linalg.norm(jacobians, 2, axis=(1, 2))
    mean, error = norms.mean(), norms.std() / np.sqrt(len(norms))
    assert random_gains.NORM == 0.5
    assert mean + 3 * error < 1
    assert n < 64 or mean > 0.95
