"""The two figures of the chapter on the recurrence: what they show is what is computed."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from book_utils.figures import memory, unrolled

# The pulse memory ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def record():
    return memory.compute()


def test_the_states_are_those_of_the_unit(record):
    """Each run follows x_t = w tanh(x_{t-1}) + u_t with one pulse, by a loop of its own."""
    for gain, runs in record.states.items():
        for pulse, run in zip(record.pulses, runs, strict=True):
            assert run[0] == 0
            assert run[1] == pulse
            for before, after in pairwise(run[1:]):
                assert after == pytest.approx(gain * np.tanh(before), rel=1e-14)


def test_small_gain_fades_and_large_gain_keeps_the_sign(record):
    """Below a gain of one everything fades, above it only the sign of the pulse is kept."""
    fading, held, jumping = (record.states[gain] for gain in (0.8, 1.5, -1.5))
    assert np.abs(fading[:, -1]).max() < 0.02
    rest = held[0, -1]
    assert rest == pytest.approx(1.5 * np.tanh(rest), rel=1e-6)
    np.testing.assert_allclose(held[:, -1], rest * np.sign(record.pulses), rtol=1e-5)
    np.testing.assert_allclose(jumping[:, -1], -jumping[:, -2], rtol=1e-5)


def test_a_negative_gain_only_turns_the_sign(record):
    """tanh is odd, so the gain −w gives the states of w, turned in every other step."""
    signs = -((-1.0) ** np.arange(record.states[1.5].shape[1]))
    np.testing.assert_allclose(record.states[-1.5], signs * record.states[1.5], rtol=1e-14)


def test_the_lines_are_the_states(record):
    """Each panel draws one line for each pulse, with the states as its heights."""
    figure = Figure()
    memory.draw(figure, record)
    for ax, (gain, runs) in zip(figure.axes, record.states.items(), strict=True):
        assert f"{gain:g}" in ax.get_title(loc="left")
        _, *lines = ax.lines  # the first is the axis through zero
        for line, run in zip(lines, runs, strict=True):
            np.testing.assert_array_equal(line.get_xdata(), np.arange(len(run)))
            np.testing.assert_array_equal(line.get_ydata(), run)


def test_the_words_tell_fading_holding_and_jumping_apart(record):
    """The alternative text is read off the states: the three panels are told apart by them."""
    words = memory.describe(record)
    fading, held, jumping = words.split("; ")
    assert "fades" in fading
    assert "stays" in held
    assert "jumping" in jumping
    assert f"{record.states[1.5][0, -1]:.3f}" in held
    swapped = {gain: record.states[1.5] for gain in record.states}
    assert "fades" not in memory.describe(replace(record, states=swapped))


def test_the_picture_carries_its_words(record):
    """What is shown has the alternative text and a caption that names the activation."""
    still = memory.show(record)
    assert still.alt == memory.describe(record) + "."
    assert "tanh" in still.caption


# The unrolled network ------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 4])
def test_the_chain_has_one_layer_for_each_step(steps):
    """T steps make T + 1 states, T inputs and T losses, joined as the recurrence says."""
    chain = unrolled.compute(steps)
    assert len(chain.nodes) == 3 * steps + 1
    expected = {
        arrow
        for t in range(1, steps + 1)
        for arrow in (
            (f"x_{t - 1}", f"x_{t}", "W"),
            (f"u_{t}", f"x_{t}", "U"),
            (f"x_{t}", f"E_{t}", "L"),
        )
    }
    assert {(a.start, a.end, a.acts) for a in chain.arrows} == expected


def test_no_steps_are_refused():
    """A chain needs at least one step, and the message says so."""
    with pytest.raises(ValueError, match="steps: got 0, expects at least 1"):
        unrolled.compute(0)


def test_arrows_of_one_colour_are_the_tied_ones():
    """Every arrow is drawn from its node to its node, in the colour of its parameter."""
    chain = unrolled.compute(3)
    figure = Figure()
    unrolled.draw(figure, chain)
    (ax,) = figure.axes
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    for patch, arrow in zip(arrows, chain.arrows, strict=True):
        ends = chain.nodes[arrow.start], chain.nodes[arrow.end]
        np.testing.assert_allclose(patch._posA_posB, ends)
        assert patch.get_edgecolor() == to_rgba(unrolled.COLORS[arrow.acts])
    assert [circle.center for circle in circles] == list(chain.nodes.values())
    texts = [text.get_text() for text in ax.texts]
    assert texts == [f"${a.acts}$" for a in chain.arrows] + [f"${name}$" for name in chain.nodes]
    assert len(set(unrolled.COLORS.values())) == len(unrolled.COLORS)


def test_the_words_count_the_arrows():
    """The alternative text names the states and counts the arrows of each parameter."""
    words = unrolled.show(unrolled.compute(3)).alt
    assert "x_0, x_1, x_2, x_3" in words
    assert words.count("3 arrows") == 3
    assert "marked W, the first from x_0 to x_1" in words
