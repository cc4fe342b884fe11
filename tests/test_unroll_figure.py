"""The unrolled unit: its contributions are what they are called, and the picture shows them."""

from __future__ import annotations

import numpy as np
import pytest

from book_utils.activations import ACTIVATIONS
from book_utils.checks import finite_difference_jacobian, relative_error
from book_utils.figures import drawn, unroll

PAGE = {"w": 1.0, "activation": "tanh", "inputs": "sine", "T": 20, "k": 15}
# relu is off at step 12, and its input to step 13 is 0.
CUT = {"w": 1.0, "activation": "relu", "inputs": "sine", "T": 16, "k": 8, "b": -0.1}
SATURATED = {"w": 2.0, "activation": "tanh", "inputs": "none", "T": 20, "k": 15, "x0": 1.9}
CANCELLING = {"w": -1.0, "activation": "identity", "inputs": "none", "T": 20, "k": 7, "b": 2.0}
REPELLING = {"w": 1.3, "activation": "identity", "inputs": "none", "T": 20, "k": 1, "b": -0.3}


def loss(weights, activation, u, x0=1.0, b=0.0, y=-1.0):
    """The loss of a unit that may have another weight at every step, from the formula alone."""
    σ = ACTIVATIONS[activation]
    x = x0
    for w, now in zip(weights, u, strict=True):
        x = w * σ(x) + now + b
    return np.array([(x - y) ** 2 / 2])


@pytest.mark.parametrize("activation", ["tanh", "logistic", "identity"])
@pytest.mark.parametrize("inputs", unroll.INPUTS)
@pytest.mark.parametrize("w", [-0.9, 1.3])
def test_a_contribution_is_what_the_weight_does_at_that_step(activation, inputs, w):
    """Moving w at step k alone moves the loss by r_{T,k}; the weights of other steps stay."""
    T = 7
    u = {"none": np.zeros(T), "pulse": np.eye(T)[0], "sine": np.sin(np.arange(1, T + 1))}[inputs]
    record = unroll.compute(w, activation, inputs, T, k=1, b=0.2)
    (expected,) = finite_difference_jacobian(
        lambda weights: loss(weights, activation, u, b=0.2), np.full(T, w)
    )
    # The differences leave about 1e-12 of the largest entry.
    assert relative_error(record.terms, expected) < 1e-9
    assert record.gradient == pytest.approx(expected.sum(), rel=1e-8)


@pytest.mark.parametrize("state", [PAGE, CUT, SATURATED, CANCELLING, REPELLING])
def test_three_factors(state):
    """A contribution is the product of its three factors and lies below the bound."""
    r = unroll.compute(**state)
    np.testing.assert_array_equal(r.terms, r.loss_gradient * r.transports * r.immediates)
    assert r.transports[-1] == 1
    # Equality is possible, and then rounding decides: twenty factors of 1e-16.
    assert (np.abs(r.terms) <= r.bounds * (1 + 1e-13)).all()
    assert r.bounds[:-1] == pytest.approx(r.eta * r.bounds[1:])


def test_what_the_examples_teach():
    """Saturation beats a gain of 2, a fixed point that repels explodes, and equal terms cancel."""
    saturated = unroll.compute(**SATURATED)
    x = saturated.states[-1]
    assert x == pytest.approx(1.9150080481545, abs=1e-12)
    assert 2 * (1 - np.tanh(x) ** 2) == pytest.approx(0.16637, abs=1e-5)
    assert saturated.eta == 2
    ratios = saturated.transports[5:-1] / saturated.transports[6:]
    assert ratios == pytest.approx(np.full(14, 0.16637), rel=1e-3)
    repelling = unroll.compute(**REPELLING)
    assert (repelling.states == 1).all()
    assert repelling.gradient == pytest.approx(2 * (1.3**20 - 1) / 0.3)
    assert np.abs(repelling.terms) == pytest.approx(repelling.bounds)
    cancelling = unroll.compute(**CANCELLING)
    assert cancelling.terms.tolist() == [-2, 2] * 10
    assert cancelling.gradient == 0
    assert cancelling.distance == pytest.approx(9.5)


def test_old_steps_gain_before_they_lose():
    """As the chapter says of the page's example: with w the age grows from 1.2 to above 6 at 1.47,
    and at 3.98 the newest contribution is more than 99 % of all sizes."""
    gains = [round(10 ** (part / 60), 2) for part in range(37)]  # the slider, from 1 to 3.98
    records = {w: unroll.compute(**{**PAGE, "w": w}) for w in gains}
    assert f"{records[1.0].distance:.1f}" == "1.2"
    oldest = max(gains, key=lambda w: records[w].distance)
    assert oldest == 1.47
    assert records[oldest].distance > 6
    assert gains[-1] == 3.98
    assert records[3.98].shares[-1] > 0.99


def test_a_sum_of_rounding_is_zero():
    """Terms that cancel but for rounding add up to 0, and a small sum that is real stays."""
    # By hand: −0.045 + 0.015 − 0.105 + 0.135.
    noise = unroll.compute(-0.5, "identity", "none", 4, 1, x0=-2.4, b=-1.6)
    assert 0 < abs(noise.terms.sum()) < 1e-15
    assert noise.gradient == 0
    small = unroll.compute(-1.0 + 1e-9, "identity", "none", 20, 1, x0=1.0, b=2.0)
    assert 0 < abs(small.gradient) < 1e-6


def marks(axes, record):
    """Of the lower part: the points of each sign by their label, and those on the lower edge."""
    lines = {line.get_label(): line for line in axes.lines}
    zero = [line for line in axes.lines if line.get_transform() == axes.get_xaxis_transform()]
    points = {
        label: dict(line.get_xydata().tolist())
        for label, line in lines.items()
        if label in ("positive", "negative")
    }
    return points, [int(x) for line in zero for x in line.get_xdata() if line.get_marker() == "x"]


@pytest.mark.parametrize("state", [PAGE, CUT, CANCELLING])
def test_every_contribution_is_drawn(state):
    """Each step has its point with its size and sign; a 0 stands on the lower edge, not nowhere."""
    record = unroll.compute(**state)
    _, axes = drawn(lambda figure: unroll.draw(figure, record)).axes
    points, zeros = marks(axes, record)
    expected = {"positive": {}, "negative": {}}
    for step, term in enumerate(record.terms.tolist(), start=1):
        if term:
            expected["positive" if term > 0 else "negative"][step] = abs(term)
    assert points == {label: found for label, found in expected.items() if found}
    assert zeros == [i + 1 for i in range(record.T) if record.terms[i] == 0]
    low, high = axes.get_ylim()
    assert all(low <= size <= high for found in points.values() for size in found.values())


def test_shades_are_shares():
    """A box is as dark as its share, the largest fully, in the colour of its sign."""
    record = unroll.compute(**PAGE)
    chain, _ = drawn(lambda figure: unroll.draw(figure, record)).axes
    shaded = [patch for patch in chain.patches if patch.get_linewidth() == 0]
    alphas = [patch.get_alpha() for patch in shaded]
    assert alphas == pytest.approx([0, *record.shares / record.shares.max()])
    colors = {
        np.sign(t): p.get_facecolor()[:3] for t, p in zip(record.terms, shaded[1:], strict=True)
    }
    assert len(set(colors.values())) == 2


def test_nothing_but_zeros():
    """A gradient of nothing but zeros is drawn and said."""
    record = unroll.compute(1.0, "relu", "none", 5, 2, x0=-1.0, y=0.0)
    shown = unroll.show(record)
    assert "5 of them are 0" in shown.alt
    assert "dE/dw = 0." in shown.alt
    _, axes = drawn(lambda figure: unroll.draw(figure, record)).axes
    assert marks(axes, record) == ({}, [1, 2, 3, 4, 5])


def test_words_follow_the_data():
    """Every number of the alternative text is computed: another state is another text."""
    record = unroll.compute(**PAGE)
    words = unroll.describe(record)
    for value in (record.terms[0], record.terms[-1], record.terms[14], record.gradient,
                  record.distance, record.transports[14], record.immediates[14]):  # fmt: skip
        assert f"{value:.3g}" in words
    others = [
        {"w": 1.1}, {"activation": "logistic"}, {"inputs": "pulse"}, {"T": 21}, {"k": 14},
        {"x0": 1.1}, {"b": 0.1}, {"y": -1.1},
    ]  # fmt: skip
    texts = {unroll.describe(unroll.compute(**{**PAGE, **other})) for other in others}
    assert len(texts | {words}) == len(others) + 1
