"""``transport`` against the same product of Jacobians in plain Python loops, unit by unit."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.timing import compare
from book_utils.cells import Vanilla
from book_utils.checks import relative_error
from book_utils.dynamics import simulate, transport

STEPS = 50
SIZES = {2: 20, 8: 10, 32: 5, 64: 3}  # units: repeats


def plain_transport(W: list[list[float]], states: list[list[float]]) -> list[list[float]]:
    """The product of W[i][j] tanh′(x[j]) over all steps, newest factor on the left."""
    units = range(len(W))
    product = [[float(i == j) for j in units] for i in units]
    for x in states[:-1]:
        slopes = [1 / math.cosh(value) ** 2 for value in x]
        factor = [[W[i][j] * slopes[j] for j in units] for i in units]
        product = [[sum(factor[i][l] * product[l][j] for l in units) for j in units] for i in units]
    return product


def main() -> None:
    """One line per size; both ways are first seen to agree."""
    rng = np.random.default_rng(0)
    for n, repeats in SIZES.items():
        cell = Vanilla.random(n, 1, rng, activation="tanh")
        inputs = rng.normal(size=(STEPS, 1))
        states = simulate(cell, rng.normal(size=n), inputs)
        lists = cell.W.tolist(), states.tolist()
        error = relative_error(
            transport(cell, states, inputs, 0, STEPS), np.array(plain_transport(*lists))
        )
        if error > 1e-9:
            raise ArithmeticError(f"the two products differ by {error:.1e} at n = {n}")
        compare(
            f"transport over {STEPS} steps, n = {n}",
            lambda cell=cell, states=states, inputs=inputs: transport(
                cell, states, inputs, 0, STEPS
            ),
            lambda lists=lists: plain_transport(*lists),
            repeats,
        )


if __name__ == "__main__":
    main()
