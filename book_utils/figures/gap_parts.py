"""What the gap of the gradients is made of: four parts, for windows of every length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import Cell, Elman
from book_utils.dynamics import simulate
from book_utils.dynamics.truncation import gradient_gap
from book_utils.figures.still import BLUE, GREEN, ORANGE, PURPLE, Still, drawn

PARTS = ("long-term", "row", "rates", "Jacobians")
COLORS = dict(zip(PARTS, (BLUE, ORANGE, GREEN, PURPLE), strict=True))


@dataclass(frozen=True)
class Record:
    """The norms of the four parts at each length of the window, and of the gap itself."""

    ks: np.ndarray
    norms: dict[str, np.ndarray]
    gaps: np.ndarray

    @property
    def shares(self) -> dict[str, np.ndarray]:
        """Of the sum of the four norms."""
        whole = sum(self.norms.values())
        return {name: norms / whole for name, norms in self.norms.items()}


def parts(cell: Cell, inputs: np.ndarray, target: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """The four parts as arrays over the entries of W, for the loss ‖h_T − y‖²/2."""
    T, n = len(inputs), cell.n
    whole = simulate(cell, np.zeros(n), inputs)
    window = np.zeros_like(whole)
    window[T - k :] = simulate(cell, np.zeros(n), inputs[T - k :])
    row, other = whole[-1] - target, window[-1] - target
    found = dict.fromkeys(PARTS, np.zeros_like(cell.W))
    J, J_window = np.eye(n), np.eye(n)
    for i in range(T, 0, -1):
        u = inputs[i - 1]
        rate = cell.immediate(whole[i - 1], u)["W"]
        if i > T - k:
            rate_window = cell.immediate(window[i - 1], u)["W"]
            found["row"] = found["row"] + np.tensordot((row - other) @ J_window, rate_window, 1)
            found["rates"] = found["rates"] + np.tensordot(row @ J, rate - rate_window, 1)
            found["Jacobians"] = found["Jacobians"] + np.tensordot(
                row @ (J - J_window), rate_window, 1
            )
            J_window = J_window @ cell.jacobian(window[i - 1], u)
        else:
            found["long-term"] = found["long-term"] + np.tensordot(row @ J, rate, 1)
        J = J @ cell.jacobian(whole[i - 1], u)
    return found


def compute(
    λ: float = 0.9, units: int = 8, T: int = 60, longest: int = 24, seed: int = 3
) -> Record:
    """A tanh network whose weights are λ times an orthogonal matrix, with random inputs."""
    rng = np.random.default_rng(seed)
    Q, R = np.linalg.qr(rng.normal(size=(units, units)))
    Q = Q * np.sign(np.diag(R))  # of the two signs of a column the same on every machine
    cell = Elman(λ * Q, np.eye(units), np.zeros(units), "tanh")
    inputs, target = 0.5 * rng.normal(size=(T, units)), rng.normal(size=units)
    ks = np.arange(1, longest + 1)
    found = [parts(cell, inputs, target, int(k)) for k in ks]
    norms = {name: np.array([np.linalg.norm(each[name]) for each in found]) for name in PARTS}
    return Record(ks, norms, gradient_gap(cell, inputs, lambda h: h - target, ks, ["W"]))


def draw(figure: Figure, record: Record) -> None:
    """The shares of the four norms, stacked."""
    ax = figure.subplots()
    shares = record.shares
    ax.stackplot(record.ks, *shares.values(), labels=PARTS, colors=[COLORS[name] for name in PARTS])
    ax.set_xlabel("window $k$")
    ax.set_ylabel("share of the four norms")
    ax.set_xlim(record.ks[0], record.ks[-1])
    ax.set_ylim(0, 1)
    handles, names = ax.get_legend_handles_labels()
    # From the top down, as the bands lie.
    figure.legend(handles[::-1], names[::-1], loc="outside right upper")


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    places = [0, len(record.ks) // 2, -1]
    said = [
        f"at k = {record.ks[place]} "
        + ", ".join(f"{name} {100 * share[place]:.0f} %" for name, share in record.shares.items())
        for place in places
    ]
    return "Shares of the norms of the four parts of the gap: " + "; ".join(said) + "."


def show(record: Record) -> Still:
    """The finished picture."""
    caption = (
        "The norms of the four parts, as shares of their sum, for one tanh network with weights "
        "0.9 times an orthogonal matrix: the steps before the window, and within it the changes of "
        "the loss row, of the immediate rates and of the Jacobians."
    )
    return Still(drawn(lambda figure: draw(figure, record), (5.4, 3.2)), describe(record), caption)
