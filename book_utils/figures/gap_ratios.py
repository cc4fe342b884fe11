"""How near random networks come to the bound of the gap, and how the gap grows beside λ^k."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Elman
from book_utils.dynamics.truncation import gap_bound, gradient_gap, smoothness_constants
from book_utils.figures.still import BLUE, FAINT, GREEN, INK, ORANGE, Still, drawn

PAST = 150
"""Steps before the window, in both panels: long enough to forget the start."""


@dataclass(frozen=True)
class Ratios:
    """Gap over bound for random tanh networks of four families."""

    sizes: np.ndarray
    """How large the inputs of each network are."""
    values: np.ndarray
    steady: np.ndarray
    """Whether all inputs are the same."""
    plain: np.ndarray
    """Whether the weights are a multiple of the identity."""


@dataclass(frozen=True)
class Shapes:
    """Gap over λ^k for linear networks, at windows ``ks``."""

    ks: np.ndarray
    typical: np.ndarray
    """Orthogonal weights times λ, random inputs: the root of the mean square over networks."""
    rates: np.ndarray
    """Of these the part A_w alone."""
    worst: np.ndarray
    """The unit that attains the bound."""
    constant: float
    """A_w at the longest window, as a part of k λ^(k−1) ‖∂p/∂h‖ ‖h_s‖, its largest value."""

    def exponents(self, values: np.ndarray) -> np.ndarray:
        """Between neighbours: how many powers of k the values grow by."""
        return np.diff(np.log(values)) / np.diff(np.log(self.ks))


@dataclass(frozen=True)
class Record:
    """What the two panels show, and the settings of the second."""

    ratios: Ratios
    shapes: Shapes
    λ: float
    units: int
    runs: int


def ratios(networks: int, seed: int) -> Ratios:
    """Tanh networks made to come near the bound.

    W is λ times the identity or an orthogonal matrix, the inputs steady or not, the row of the
    loss constant; one to three units, windows of 1 to 10 inputs.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(networks):
        n, k = int(rng.integers(1, 4)), int(rng.integers(1, 11))
        Q = orthogonal(rng, n)
        λ, size = rng.uniform(0.1, 0.9), 10 ** rng.uniform(-3, 0.5)
        steady, plain = rng.random(2) < 0.7
        W = λ * (np.eye(n) if plain else Q)
        row = rng.normal(size=n)
        directions = np.tile(row, (PAST, 1)) if steady else rng.normal(size=(PAST, n))
        inputs = size * directions / np.linalg.norm(directions, axis=1, keepdims=True)
        cell = Elman(W, np.eye(n), np.zeros(n), "tanh")
        largest = float(np.linalg.norm(np.tanh(inputs), axis=1).max())
        constants = smoothness_constants(cell, largest, float(np.linalg.norm(row)), 0.0)
        gap = gradient_gap(cell, inputs, lambda h, row=row: np.tile(row, (len(h), 1)), k, ["W"])
        found.append((size, gap / gap_bound(constants, k), steady, plain))
    sizes, values, steady, plain = map(np.array, zip(*found, strict=True))
    return Ratios(sizes, values, steady, plain)


def parts(
    Q: np.ndarray, λ: float, row: np.ndarray, inputs: np.ndarray, longest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A/λ^k and A_w/λ^k for k = 1 … longest, and h_s, of h_t = λ Q h_{t-1} + x_t and p = c h_T.

    Only ``inputs``, those before the window, matter: a linear network passes on the difference of
    the two runs whatever comes later. No power of λ is divided out, so nothing is lost to
    rounding however long the window is.
    """
    states = [np.zeros(len(row))]
    for x in inputs:
        states.append(λ * Q @ states[-1] + x)
    old, back = np.zeros_like(Q), row
    for h in states[-2::-1]:
        old = old + np.outer(back, h)
        back = λ * Q.T @ back
    inside, h = np.zeros_like(Q), states[-1]
    long_term, rates = np.empty((2, longest, *Q.shape))
    for place in range(longest):
        old, inside = Q.T @ old, Q.T @ inside + np.outer(row, h)
        long_term[place], rates[place] = old, inside / λ
        h = Q @ h
    return long_term, rates, states[-1]


def shapes(ks: np.ndarray, λ: float, units: int, runs: int, seed: int) -> Shapes:
    """Random networks with W = λQ, and the unit that attains the bound."""
    rng, longest = np.random.default_rng(seed), int(ks[-1])
    gaps, of_rates, most = np.zeros(len(ks)), np.zeros(len(ks)), 0.0
    for _ in range(runs):
        Q, row = orthogonal(rng, units), rng.normal(size=units)
        long_term, rates, h = parts(Q, λ, row, rng.normal(size=(PAST, units)), longest)
        gaps += np.sum((long_term + rates)[ks - 1] ** 2, axis=(1, 2))
        of_rates += np.sum(rates[ks - 1] ** 2, axis=(1, 2))
        most += float((longest / λ) ** 2 * (row @ row) * (h @ h))
    one = np.ones((1, 1))
    long_term, rates, _ = parts(one, λ, np.ones(1), np.ones((PAST, 1)), longest)
    return Shapes(
        ks,
        np.sqrt(gaps / runs),
        np.sqrt(of_rates / runs),
        (long_term + rates)[ks - 1, 0, 0],
        float(np.sqrt(of_rates[-1] / most)),
    )


def orthogonal(rng: np.random.Generator, n: int) -> np.ndarray:
    """A random orthogonal matrix, the same on every machine."""
    Q, R = np.linalg.qr(rng.normal(size=(n, n)))
    return Q * np.sign(np.diag(R))


def compute(
    networks: int = 240, λ: float = 0.8, units: int = 32, runs: int = 12, seed: int = 5
) -> Record:
    """The ratios of many small networks, and the shape for windows of 8 to 512 inputs."""
    ks = 2 ** np.arange(3, 10)
    return Record(ratios(networks, seed), shapes(ks, λ, units, runs, seed), λ, units, runs)


def draw(figure: Figure, record: Record) -> None:
    """Above the ratios against the size of the inputs, below gap/λ^k against k."""
    above, below = figure.subplots(2, 1)
    near, far = record.ratios, record.shapes
    above.axhline(1, color=FAINT)
    for steady, inputs, color in ((True, "steady", ORANGE), (False, "random", GREEN)):
        for plain, weights, marker in ((True, r"\lambda I", "o"), (False, r"\lambda Q", "x")):
            of = (near.steady == steady) & (near.plain == plain)
            label = f"${weights}$, {inputs} inputs"
            above.plot(near.sizes[of], near.values[of], marker, color=color, ms=4, label=label)
    above.set_xscale("log")
    above.set_xlabel("size of the inputs")
    above.set_ylabel("gap / bound")
    above.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize="small")
    for values, color, marker, name in (
        (far.worst, ORANGE, "s", r"$\lambda I$, steady inputs"),
        (far.typical, GREEN, "o", r"$\lambda Q$, random inputs"),
        (far.rates, BLUE, "x", r"of these $A_w$ alone"),
    ):
        below.plot(far.ks, values / values[0], color=color, marker=marker, ms=4, label=name)
    below.axvline(record.units, color=INK, linestyle=":", lw=1, label="$k$ = number of units")
    below.set_xscale("log", base=2)
    below.set_yscale("log", base=2)
    below.set_xlabel("window $k$")
    below.set_ylabel(rf"gap / $\lambda^k$, relative to $k = {far.ks[0]}$")
    below.legend(fontsize="small")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    near, far = record.ratios, record.shapes
    small = near.sizes < 0.1

    def ends(values: np.ndarray) -> str:
        found = far.exponents(values)
        return f"{found[0]:.2f} at first and {found[-1]:.2f} at last"

    return (
        f"Above: the gap over its bound for {len(near.values)} random tanh networks is at most "
        f"{near.values.max():.3f}; with steady inputs below 0.1 the median is "
        f"{np.median(near.values[small & near.steady]):.2f}, with random ones "
        f"{np.median(near.values[small & ~near.steady]):.2f}, with inputs of 0.1 and more "
        f"{np.median(near.values[~small]):.2f}. Below: from k = {far.ks[0]} to {far.ks[-1]} the "
        "gap over the k-th power of λ grows by a local power of k, which is "
        f"{ends(far.typical)} for orthogonal weights and random inputs, {ends(far.rates)} for "
        f"their part of the rates alone, {ends(far.worst)} for the unit that attains the bound."
    )


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "Above: gap over bound for random tanh networks with one to three units. Below: the gap "
        f"divided by the k-th power of λ = {record.λ:g}, with {PAST} steps before the window. "
        f"Linear networks with {record.units} units, orthogonal weights times λ and random inputs "
        f"(root of the mean square over {record.runs} networks), their part of the rates, and the "
        "unit that attains the bound."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.2, 6.4)), describe(record), caption)
