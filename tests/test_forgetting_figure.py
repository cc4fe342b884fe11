"""The still of the explorable "forgetting" shows its record, and its words follow the data."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from book_utils.dynamics.truncation import horizon
from book_utils.figures import drawn, forgetting


def axes(**state):
    record = forgetting.compute(**state)
    return record, drawn(lambda figure: forgetting.draw(figure, record)).axes


def exact_gaps(record: forgetting.Record, k: int) -> list[float]:
    """|h_t − h_t^k| by subtraction, with 80 digits."""
    with mpmath.workdps(80):
        σ = mpmath.tanh if record.activation == "tanh" else mpmath.mpf

        def run(inputs):
            h = mpmath.mpf(0)
            for x in inputs:
                h = σ(mpmath.mpf(record.λ) * h + mpmath.mpf(x))
            return h

        x = record.inputs.tolist()
        return [
            float(abs(run(x[:t]) - run(x[max(0, t - k) : t])))
            for t in range(1, forgetting.LAST + 1)
        ]


@pytest.mark.parametrize("activation", forgetting.ACTIVATIONS)
@pytest.mark.parametrize("kind", forgetting.INPUTS)
def test_differences_are_right_to_the_last_digits(activation, kind):
    """Also where two states agree in all sixteen digits, as 80 digits show."""
    record = forgetting.compute(activation, kind, 0.7, 20, 2.0)
    np.testing.assert_allclose(record.gap, exact_gaps(record, 20), rtol=1e-11)
    assert 0 < record.gap[-1] < 1e-2


@pytest.mark.parametrize("kind", forgetting.INPUTS)
@pytest.mark.parametrize(("λ", "ε"), [(0.5, 1e-3), (0.5, 0.5), (0.8, 0.01), (0.9, 0.2)])
def test_enough_is_enough(kind, λ, ε):
    """The horizon rounded up is never less than what one sequence needs, and keeps the bound."""
    for activation in forgetting.ACTIVATIONS:
        record = forgetting.compute(activation, kind, λ, 5, 1.0, ε)
        assert record.horizon == horizon(λ, record.B0, ε, forgetting.LONGEST[activation])
        assert λ**record.enough * record.H <= ε * (1 + 1e-8)
        assert record.enough == 0 or λ ** (record.enough - 1) * record.H > ε
        assert record.needed <= record.enough
        assert (record.gaps[record.needed :] <= ε * (1 + 1e-8)).all()
        assert record.needed == 0 or (record.gaps[record.needed - 1] > ε).any()


def test_the_picture_shows_inputs_states_and_differences():
    """Bars of the window apart from the others, three lines of states, and what lies below."""
    record, (inputs, states, gaps) = axes(activation="identity", inputs="random", k=8, B=1.0, t=30)
    outside, inside = ([path.vertices[0, 0] for path in each.get_paths()]
                       for each in inputs.collections[:2])  # fmt: skip
    assert inside == list(range(23, 31))
    assert sorted(inside + outside) == list(range(1, forgetting.LAST + 1))
    found = {line.get_label(): line.get_xydata() for line in (*states.lines, *gaps.lines)}
    np.testing.assert_array_equal(found["$h_t$"][:, 1], record.whole)
    np.testing.assert_array_equal(found["$h_t^k$"][:, 1], record.windows)
    np.testing.assert_array_equal(found["run of the window"][:, 1], record.run)
    assert found["run of the window"][[0, -1]].tolist() == [[22, 0], [30, record.windows[29]]]
    np.testing.assert_array_equal(found[r"$\vert h_t - h_t^k\vert$"][:, 1], record.gap[8:])
    assert set(found[r"$\lambda^k H$"][:, 1]) == {record.bound}
    assert set(found[r"$\varepsilon$"][:, 1]) == {record.ε}
    low, high = gaps.get_ylim()
    assert low < record.gap[8:].min()
    assert high > record.bound


def test_a_window_of_everything_is_drawn():
    """Where no difference is above 0, the picture still stands, without a warning."""
    record, (_, _, gaps) = axes(λ=0.1, k=forgetting.LAST, t=1)
    assert (record.gap == 0).all()
    assert record.bound > 0
    assert len(gaps.lines) == 4


def test_a_tolerance_above_all_states_needs_no_window():
    """H = 0.1/(1 − 0.9) is ε = 1 up to rounding: no window is too short."""
    record = forgetting.compute("identity", "constant", 0.9, 5, 0.1, 1.0)
    assert record.H > 1
    assert (record.horizon, record.enough) == (0, 0)


def test_states_of_tanh_are_no_longer_than_one():
    """For tanh H is 1 where B_0/(1 − λ) is more, and the bound that knows t follows it."""
    record = forgetting.compute("tanh", "constant", 0.9, 20, 1.0)
    assert record.H == 1
    assert record.bounds[20] == pytest.approx(0.9**20 * record.B0)
    assert record.bounds[-1] == record.bound


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({}, "One unit h_t = tanh(λ h_{t-1} + x_t) with λ = 0.9 and random inputs up to 0.5"),
        ({"activation": "identity", "inputs": "constant"}, "h_t = λ h_{t-1} + x_t with λ = 0.9"),
        ({"activation": "identity", "inputs": "constant", "λ": 0.5, "k": 3, "B": 1.0, "t": 6},
         "At t = 6 the whole run is at 1.969 and the window at 1.75, 0.219 apart"),
        ({"activation": "identity", "B": 1.0},
         "a window of 66 is enough for all such inputs, and one of"),
    ],
)  # fmt: skip
def test_words_follow_the_data(state, says):
    """The alternative text says of each state what is true of it."""
    assert says in forgetting.describe(forgetting.compute(**state))


def test_the_finished_picture_has_words():
    """The still comes with its alternative text and a caption."""
    record = forgetting.compute()
    still = forgetting.show(record)
    assert still.alt == forgetting.describe(record)
    assert still.caption


def test_unknown_inputs_are_refused():
    """A kind of inputs that nobody wrote is refused with those that there are."""
    with pytest.raises(ValueError, match="inputs: got 'noise', expects one of constant, pulse"):
        forgetting.compute(inputs="noise")
