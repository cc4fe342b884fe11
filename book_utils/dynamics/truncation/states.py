"""The states of a cell that forgets all but the last k inputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import Cell
from book_utils.dynamics.simulation import start


def truncated_states(cell: Cell, inputs: Any, k: int) -> np.ndarray:
    """h_1^k, …, h_T^k as rows: each reached from zero with the k inputs up to its time.

    Where fewer than k inputs have come, h_t^k is the state h_t of the whole run from h_0 = 0.
    Symbols in give symbols out.
    """
    inputs = from_zero(cell, inputs)
    k = window("k", k, len(inputs))
    if len(inputs) == 0:
        return np.zeros((0, cell.n))
    drives = cell.drive(inputs)
    times = np.arange(len(inputs))
    states = np.zeros((len(inputs), cell.n), cell.kind(inputs))
    with np.errstate(over="ignore", invalid="ignore"):  # said below, with the step's number
        for age in range(k - 1, -1, -1):
            # All windows take their next step at once; those that start before time 1 wait.
            begun = times >= age
            states[begun] = cell.forward(states[begun], drives[times[begun] - age])[0]
    validate.rows_not_overflown("the truncated state {} steps after the first", states)
    return states


def state_bound(contraction: float, input_bound: float, longest: float = math.inf) -> float:
    """H = B/(1 − λ): no state that starts at zero is longer, if B bounds ‖φ(0, x_t)‖.

    ``longest`` is a bound of all states that is known otherwise, √n for n units of tanh; then H
    is the smaller of the two.
    """
    H = _input_bound("input_bound", input_bound) / (1 - rate("contraction", contraction))
    return H if longest == math.inf else min(H, _input_bound("longest", longest))


def horizon(
    contraction: float, input_bound: float, tolerance: float, longest: float = math.inf
) -> float:
    """The least real k >= 0 with λ^k H <= ε, and H of `state_bound`: ln(H/ε) / ln(1/λ).

    Where λ = 0 and an input is needed at all, it is 1. With an integer k at least that large,
    ‖h_t − h_t^k‖ <= ε for every t, if the cell contracts by λ and ‖φ(0, x_t)‖ <= B for every
    input; B = L_x B_x is one such bound where φ(0, 0) = 0.
    """
    H = state_bound(contraction, input_bound, longest)
    tolerance = validate.positive("tolerance", tolerance)
    if tolerance >= H:
        return 0.0
    if contraction == 0:
        return 1.0
    # A difference of logarithms: the quotient H/ε may leave the range of floats.
    return (math.log(H) - math.log(tolerance)) / -math.log(contraction)


def rate(name: str, value: Any) -> float:
    """Return ``value`` as a contraction factor, at least 0 and below 1."""
    number = float(validate.numbers(name, value, ()))
    if not 0 <= number < 1:
        raise ValueError(f"{name}: got {number:g}, expects a number from 0 up to, not including, 1")
    return number


def window(name: str, value: Any, longest: int) -> int:
    """Return ``value`` as the length of a window: an integer from 1 on."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value < 1:
        raise ValueError(
            f"{name}: got {value}, expects at least 1: a window holds the newest input"
        )
    return min(validate.index(name, value, 10**9, "a billion"), longest)


def from_zero(cell: Any, inputs: Any) -> np.ndarray:
    """The inputs of one run from h_0 = 0, refused if they do not fit the cell."""
    validate.instance("cell", cell, Cell)
    return start(cell, np.zeros(cell.n), inputs)[1]


def _input_bound(name: str, value: Any) -> float:
    bound = float(validate.numbers(name, value, ()))
    if bound < 0:
        raise ValueError(f"{name}: got {bound:g}, expects a number that is not negative")
    return bound
