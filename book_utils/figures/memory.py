"""What one unit remembers of one pulse: x_t = w σ(x_{t-1}) + u_t, with u_t = 0 after step one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.activations import Activation
from book_utils.cells import Vanilla
from book_utils.dynamics import simulate
from book_utils.figures.still import BLUE, FAINT, GREEN, ORANGE, Still, drawn

NEGLIGIBLE = 0.05
"""A state, or a difference of states, below this counts as gone in the words."""


@dataclass(frozen=True)
class Record:
    """The states x_0 … x_T under each pulse: by gain, a row for a pulse, a column for a time."""

    pulses: tuple[float, ...]
    states: dict[float, np.ndarray]


def compute(
    gains: tuple[float, ...] = (0.8, 1.5, -1.5),
    pulses: tuple[float, ...] = (2.0, 0.5, -1.0),
    steps: int = 20,
    activation: Activation | str = "tanh",
) -> Record:
    """Run one unit from x_0 = 0 for each gain and each pulse."""
    states = {}
    for gain in gains:
        unit = Vanilla(W=[[gain]], U=[[1]], b=[0], activation=activation)
        runs = [simulate(unit, [0], _pulse(pulse, steps))[:, 0] for pulse in pulses]
        states[gain] = np.stack(runs)
    return Record(pulses, states)


def draw(figure: Figure, record: Record) -> None:
    """One panel for each gain, one line for each pulse."""
    places = figure.subplots(len(record.states), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (gain, runs) in zip(places, record.states.items(), strict=True):
        ax.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
        styles = zip(record.pulses, runs, (BLUE, ORANGE, GREEN), "os^", strict=True)
        for pulse, run, color, marker in styles:
            label = f"pulse ${pulse:g}$"
            ax.plot(run, color=color, marker=marker, markersize=3, linewidth=1.2, label=label)
        ax.set_title(f"$w = {gain:g}$", loc="left")
        ax.set_ylabel("$x_t$")
    places[-1].set_xlabel("$t$")
    places[-1].xaxis.get_major_locator().set_params(integer=True)
    places[0].legend(loc="upper right", ncols=len(record.pulses))


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    last = next(iter(record.states.values())).shape[1] - 1
    listed = ", ".join(f"{pulse:g}" for pulse in record.pulses)
    panels = "; ".join(_panel(gain, runs) for gain, runs in record.states.items())
    return f"One unit after a pulse of {listed} at t = 1, up to t = {last}: {panels}"


def _panel(gain: float, runs: np.ndarray) -> str:
    ends = ", ".join(f"{value:.3f}" for value in runs[:, -1])
    before = ", ".join(f"{value:.3f}" for value in runs[:, -2])
    if np.abs(runs[:, -2:]).max() < NEGLIGIBLE:
        what = "every state fades to nearly 0"
    elif np.all(runs[:, -1] * runs[:, -2] < 0):
        what = f"every state goes on jumping between two values, the step before at {before},"
    else:
        what = "every state stays where it is"
    return f"with w = {gain:g} {what} and ends at {ends}"


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "One unit with tanh and no bias, started at 0. A pulse comes at the first step and "
        "nothing after it. Only the weight differs between the panels."
    )
    size = (5.2, 1.9 * len(record.states))
    return Still(drawn(lambda figure: draw(figure, record), size), describe(record) + ".", caption)


def _pulse(pulse: float, steps: int) -> np.ndarray:
    inputs = np.zeros((steps, 1))
    inputs[0] = pulse
    return inputs
