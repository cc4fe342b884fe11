"""What a window loses on random systems: a published experiment, repeated as printed and rescaled.

A system reads T random inputs and predicts one number from its last state. Two things are measured
over several runs: how far the gradient of a window of k inputs is from that of the whole past, for
every k; and how far training with the window moves away from training with the whole past, for
three schedules of step sizes. Systems are linear or have tanh. They are drawn as the paper prints
it, or with U, C and D divided by √n; both are made from the same random numbers.

Only the recurrent weights W are trained. After each step they are projected to ‖W‖ <= λ.

``python -m book_utils.experiments.windows`` makes the full result and stores it beside this file
with what it was made with; ``stored()`` reads it.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from book_utils.cells import Cell, Elman, Linear
from book_utils.dynamics.stability import project_spectral_ball
from book_utils.dynamics.truncation import Constants, smoothness_constants, state_bound
from book_utils.experiments.made import made

PRINTED, RESCALED = "printed", "rescaled"
VARIANTS = (PRINTED, RESCALED)
LINEAR, TANH = "linear", "tanh"
MODELS = (LINEAR, TANH)
SCHEDULES: Mapping[str, Callable[[int], float]] = {
    "1/t": lambda i: 1 / i,
    "1/√t": lambda i: i**-0.5,
    "constant": lambda _: 1.0,
}
"""By name: the i-th step size, i = 1, 2, …, as a multiple of α."""


@dataclass(frozen=True)
class Config:
    """Everything that the experiment depends on; the numbers are the printed ones."""

    runs: int = 10
    n: int = 32
    """Units, and inputs at each time."""
    T: int = 200
    λ: float = 0.75
    variance: float = 0.5
    """Of the entries of W and U. The paper writes N(0, 0.5): 0.25 is the other reading."""
    spread: float = 2.0
    """The standard deviation of the inputs, and the bound of the target."""
    k: int = 35
    α: float = 0.01
    N: int = 200
    seed: int = 4


# Systems --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Systems:
    """Systems of one kind, one for each run, side by side: the first axis is the run.

    The loss of a state h is ½ (C h + D x_T − y)².
    """

    model: str
    W: np.ndarray
    U: np.ndarray
    C: np.ndarray
    D: np.ndarray
    inputs: np.ndarray
    target: np.ndarray

    @property
    def drives(self) -> np.ndarray:
        """U x_t by time, run and unit."""
        return np.ascontiguousarray((self.inputs @ self.U.swapaxes(1, 2)).swapaxes(0, 1))

    @property
    def offset(self) -> np.ndarray:
        """D x_T − y of each run."""
        return (self.D * self.inputs[:, -1]).sum(axis=1) - self.target

    def cell(self, run: int) -> Cell:
        """The system of one run as a cell."""
        W, U = self.W[run], self.U[run]
        return Linear(W, U) if self.model == LINEAR else Elman(W, U, np.zeros(len(W)), "tanh")

    def loss_gradient(self, run: int) -> Callable[[np.ndarray], np.ndarray]:
        """∂p/∂h of one run, for states as rows."""
        C, offset = self.C[run], self.offset[run]
        return lambda states: (states @ C + offset)[..., None] * C


def systems(config: Config, variant: str, model: str) -> Systems:
    """The same random numbers for every variant and model; a run does not depend on how many."""
    n, size = config.n, np.sqrt(config.variance)
    scale = 1 / np.sqrt(n) if variant == RESCALED else 1.0
    columns = []
    for run in range(config.runs):
        rng = np.random.default_rng([config.seed, run])
        W, U = size * rng.normal(size=(2, n, n))
        C, D = rng.normal(size=(2, n))
        inputs = config.spread * rng.normal(size=(config.T, n))
        target = rng.uniform(-config.spread, config.spread)
        W = project_spectral_ball(W, config.λ)
        columns.append((W, scale * U, scale * C, scale * D, inputs, target))
    return Systems(model, *map(np.array, zip(*columns, strict=True)))


def constants(config: Config, chosen: Systems, run: int) -> Constants:
    """The constants of one system: B_0 is the largest ‖φ(0, x_t)‖ that occurs in its run.

    The loss ½ (C h + D x_T − y)² is Lipschitz on ‖h‖ <= H only, and that is where the states are.
    A state of tanh is also shorter than √n, which replaces H = B_0/(1 − λ) where it is smaller.
    """
    drives, C = chosen.inputs[run] @ chosen.U[run].T, float(np.linalg.norm(chosen.C[run]))
    first = drives if chosen.model == LINEAR else np.tanh(drives)
    H = state_bound(config.λ, float(np.linalg.norm(first, axis=1).max()))
    if chosen.model == TANH:
        H = min(H, float(np.sqrt(config.n)))
    L_p = C * (C * H + abs(float(chosen.offset[run])))
    return smoothness_constants(chosen.cell(run), (1 - config.λ) * H, L_p, C**2, config.λ)


# Gradients, all runs side by side -------------------------------------------------------------


def gaps(chosen: Systems) -> np.ndarray:
    """‖∇p_T − ∇p_T^k‖ with respect to W, a row for each run, for k = 1, …, T − 1.

    As ``dynamics.truncation.gradient_gap``, and faster: the windows stand in the order in which
    they start, so those that have started are the first rows.
    """
    drives, offset = chosen.drives, chosen.offset
    return np.array(
        [
            _gaps(W, drives[:, run], C, offset[run], chosen.model == TANH)
            for run, (W, C) in enumerate(zip(chosen.W, chosen.C, strict=True))
        ]
    )


def _gaps(
    W: np.ndarray, drives: np.ndarray, C: np.ndarray, offset: float, tanh: bool
) -> np.ndarray:
    T, n = drives.shape
    states = np.zeros((T + 1, T, n))  # window i starts at time i: it has T − i inputs
    W_T = np.ascontiguousarray(W.T)
    for t in range(T):
        new = states[t + 1, : t + 1]
        np.matmul(states[t, : t + 1], W_T, out=new)
        new += drives[t]
        if tanh:
            np.tanh(new, out=new)
    rows = np.empty((T, T, n))
    row = (states[T] @ C + offset)[:, None] * C
    for t in range(T - 1, -1, -1):
        here = rows[t, : t + 1]
        if tanh:
            np.multiply(states[t + 1, : t + 1], states[t + 1, : t + 1], out=here)
            np.subtract(1, here, out=here)
            here *= row
        else:
            here[:] = row
        row = here[:t] @ W  # window t has just started: it goes back no further
    whole, *windows = (rows[i:, i].T @ states[i:T, i] for i in range(T))
    return np.array([np.linalg.norm(whole - window) for window in windows])[::-1]


def gradients(
    W: np.ndarray, drives: np.ndarray, C: np.ndarray, offset: np.ndarray, tanh: bool
) -> tuple[np.ndarray, np.ndarray]:
    """∂p/∂W and p for systems side by side, run from zero through all the drives given."""
    T, R, n = drives.shape
    states = np.zeros((T + 1, R, n))
    for t in range(T):
        new = states[t + 1]
        np.matmul(W, states[t, :, :, None], out=new[:, :, None])
        new += drives[t]
        if tanh:
            np.tanh(new, out=new)
    residual = (states[T] * C).sum(axis=1) + offset
    rows = np.empty((T, R, n))
    row = residual[:, None] * C
    slopes = 1 - states[1:] ** 2 if tanh else None
    for t in range(T - 1, -1, -1):
        if slopes is None:
            rows[t] = row
        else:
            np.multiply(row, slopes[t], out=rows[t])
        row = np.matmul(rows[t, :, None, :], W)[:, 0, :]
    return rows.transpose(1, 2, 0) @ states[:-1].transpose(1, 0, 2), residual**2 / 2


def project(W: np.ndarray, radius: float) -> np.ndarray:
    """``dynamics.project_spectral_ball`` for matrices side by side, by way of W Wᵀ.

    U min(Σ, r) Vᵀ is U min(1, r/Σ) Uᵀ W, which needs no division by a small singular value.
    """
    squares, U = np.linalg.eigh(W @ W.swapaxes(-1, -2))
    with np.errstate(divide="ignore"):
        factors = np.minimum(1, radius / np.sqrt(np.maximum(squares, 0)))
    # With a factor of exactly 1 everywhere the matrix is returned as it is.
    inside = (factors == 1).all(axis=-1)[..., None, None]
    return np.where(inside, W, (U * factors[..., None, :]) @ (U.swapaxes(-1, -2) @ W))


@dataclass(frozen=True)
class Training:
    """What the two ways of training do, by schedule and run.

    ``distances[…, i]`` is ‖w_recurr − w_trunc‖ in the Frobenius norm after i steps,
    ``losses[…, i]`` the loss of the whole past there, along the weights that it trains. ``first``
    is the norm of the gradient before the first step. ``stretch`` is the largest change of the
    gradient from one step to the next, divided by the length of the step: no β of a theorem may
    be smaller. ``settled`` is the squared norm of ∂f/∂W after the last step: the largest curvature
    of the loss there if the prediction f has come to its target. ``spectral`` is the last distance
    in the spectral norm.
    """

    distances: np.ndarray
    losses: np.ndarray
    first: np.ndarray
    stretch: np.ndarray
    settled: np.ndarray
    spectral: np.ndarray


def train(chosen: Systems, config: Config, after: Callable[[], object] = lambda: None) -> Training:
    """Projected gradient descent with the whole past and with the window, all runs side by side."""
    several = len(SCHEDULES) * len(chosen.W)
    shape = len(SCHEDULES), len(chosen.W)

    def each(values: np.ndarray, axis: int = 0) -> np.ndarray:
        return np.concatenate([values] * len(SCHEDULES), axis)

    C, offset, drives = each(chosen.C), each(chosen.offset), each(chosen.drives, 1)
    newest = np.ascontiguousarray(drives[-config.k :])
    rest = C, offset, chosen.model == TANH
    pair = np.stack([each(chosen.W)] * 2)
    distances, losses = np.zeros((2, several, config.N + 1))
    first, stretch = np.zeros((2, several))
    before = gradient = pair[0]
    for i in range(1, config.N + 1):
        whole, losses[:, i - 1] = gradients(pair[0], drives, *rest)
        window, _ = gradients(pair[1], newest, *rest)
        if i == 1:
            first = _length(whole)
        else:
            moved, turned = _length(pair[0] - before), _length(whole - gradient)
            # Of a step this short rounding has left no direction.
            found = np.divide(turned, moved, out=np.zeros_like(moved), where=moved > SHORT)
            stretch = np.maximum(stretch, found)
        before, gradient = pair[0], whole
        steps = config.α * np.repeat([rule(i) for rule in SCHEDULES.values()], len(chosen.W))
        pair = project(pair - steps[:, None, None] * np.stack([whole, window]), config.λ)
        distances[:, i] = _length(pair[0] - pair[1])
        after()
    last, losses[:, -1] = gradients(pair[0], drives, *rest)
    # The gradient is the residual times ∂f/∂W: a residual larger by 1 adds ∂f/∂W once.
    more, _ = gradients(pair[0], drives, C, offset + 1, chosen.model == TANH)
    return Training(
        distances.reshape(*shape, -1),
        losses.reshape(*shape, -1),
        first.reshape(shape),
        stretch.reshape(shape),
        (_length(more - last) ** 2).reshape(shape),
        np.linalg.norm(pair[0] - pair[1], 2, axis=(-2, -1)).reshape(shape),
    )


def _length(matrices: np.ndarray) -> np.ndarray:
    return np.linalg.norm(matrices, axis=(-2, -1))


# The experiment -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """The mean over the runs, the smallest and the largest."""

    mean: np.ndarray
    least: np.ndarray
    largest: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Curve:
        """Of values with a row for each run."""
        return cls(values.mean(axis=0), values.min(axis=0), values.max(axis=0))


@dataclass(frozen=True)
class Result:
    """What was measured, by name: the quantity, the variant, the model, and the schedule if any."""

    config: Config
    curves: Mapping[tuple[str, ...], Curve]
    runs: Mapping[tuple[str, ...], np.ndarray]
    """One number of each run."""
    made: str = "now"
    """When, with what, and how long it took."""

    def gap(self, variant: str, model: str) -> Curve:
        """‖∇p_T − ∇p_T^k‖ for k = 1, …, T − 1."""
        return self.curves["gap", variant, model]

    def distance(self, variant: str, model: str, schedule: str) -> Curve:
        """‖w_recurr − w_trunc‖ after 0, …, N steps."""
        return self.curves["distance", variant, model, schedule]

    def spectral(self, variant: str, model: str, schedule: str) -> np.ndarray:
        """The last distance of each run in the spectral norm."""
        return self.runs["spectral", variant, model, schedule]

    def loss(self, variant: str, model: str, schedule: str) -> tuple[np.ndarray, np.ndarray]:
        """The loss of the whole past of each run, before the first step and after the last."""
        return self.runs["start", variant, model], self.runs["end", variant, model, schedule]

    def stretch(self, variant: str, model: str, schedule: str) -> np.ndarray:
        """Of each run the largest change of the gradient in a step, for each unit of its length."""
        return self.runs["stretch", variant, model, schedule]

    def settled(self, variant: str, model: str, schedule: str) -> np.ndarray:
        """‖∂f/∂W‖² of each run after the last step: the curvature where the loss is zero."""
        return self.runs["settled", variant, model, schedule]

    def first(self, variant: str, model: str) -> np.ndarray:
        """The norm of the gradient of each run before the first step."""
        return self.runs["gradient", variant, model]

    @property
    def ks(self) -> np.ndarray:
        """1, …, T − 1."""
        return np.arange(1, self.config.T)

    def counted(self, variant: str, model: str) -> np.ndarray:
        """For which k the mean gap stands clear of rounding."""
        gap = self.gap(variant, model).mean
        return gap > ROUNDING * self.first(variant, model).mean()

    def least_rates(self, variant: str, model: str) -> tuple[np.ndarray, np.ndarray]:
        """For each run numbers that its γ and its αβ are not below, from what was measured.

        γ is at least every gap/(k λ^k) that stands clear of rounding, β every stretch.
        """
        stretches = [self.stretch(variant, model, name) for name in SCHEDULES]
        return self.runs["rate", variant, model], self.config.α * np.max(stretches, axis=0)

    def least_bound(self, variant: str, model: str, steps: int | None = None) -> np.ndarray:
        """log10 of α γ k λ^k N^(αβ + 1) of each run, with the least γ and β that fit; N = steps."""
        c = self.config
        γ, αβ = self.least_rates(variant, model)
        start = np.log10(c.α * γ * c.k * c.λ**c.k)
        return start + (αβ + 1) * np.log10(c.N if steps is None else steps)


ROUNDING = 1e-13
"""A gap below this share of the gradient is taken to be rounding."""
SHORT = 1e-9


def least_rate(found: np.ndarray, first: np.ndarray, config: Config) -> np.ndarray:
    """Of each run the largest gap/(k λ^k), over k up to the first gap that may be rounding."""
    k = np.arange(1, found.shape[1] + 1)
    clear = np.logical_and.accumulate(found > ROUNDING * first[:, None], axis=1)
    return np.where(clear, found / (k * config.λ**k), 0).max(axis=1)


def run(config: Config | None = None, after: Callable[[], object] = lambda: None) -> Result:
    """Measure gaps and train, for both variants and models; ``after`` every step of training."""
    config = config or Config()
    curves: dict[tuple[str, ...], Curve] = {}
    runs: dict[tuple[str, ...], np.ndarray] = {}
    for name in product(VARIANTS, MODELS):
        chosen = systems(config, *name)
        found, trained = gaps(chosen), train(chosen, config, after)
        first = trained.first[0]
        curves["gap", *name] = Curve.of(found)
        runs["gradient", *name] = first
        runs["rate", *name] = least_rate(found, first, config)
        runs["start", *name] = trained.losses[0, :, 0]
        for place, schedule in enumerate(SCHEDULES):
            curves["distance", *name, schedule] = Curve.of(trained.distances[place])
            runs["end", *name, schedule] = trained.losses[place, :, -1]
            runs["stretch", *name, schedule] = trained.stretch[place]
            runs["settled", *name, schedule] = trained.settled[place]
            runs["spectral", *name, schedule] = trained.spectral[place]
    return Result(config, curves, runs)


# The stored result ----------------------------------------------------------------------------

STORED = files(__package__).joinpath("windows.csv")
PARTS = ("mean", "least", "largest")
RUNS = "runs"


def store(result: Result, path: Path) -> None:
    """Two lines that say how it was made, then three for each curve: its name, part and values; and
    one for each quantity that is a number of each run."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        write(["made", result.made])
        write(["config", *(f"{name}={value}" for name, value in asdict(result.config).items())])
        rows = [
            (name, part, getattr(curve, part))
            for name, curve in result.curves.items()
            for part in PARTS
        ]
        rows += [(name, RUNS, values) for name, values in result.runs.items()]
        for name, part, values in rows:
            write([" ".join(name), part, *(f"{value:.4g}" for value in values)])


@cache
def stored() -> Result:
    """The result that was made once."""
    lines = list(csv.reader(STORED.read_text(encoding="utf-8").splitlines()))
    (_, made), (_, *values), *rows = lines
    config = Config(**dict(_read(value) for value in values))
    parts: dict[tuple[str, ...], dict[str, np.ndarray]] = {}
    for name, part, *numbers in rows:
        parts.setdefault(tuple(name.split()), {})[part] = np.array(numbers, dtype=float)
    runs = {name: each.pop(RUNS) for name, each in parts.items() if RUNS in each}
    curves = {name: Curve(**each) for name, each in parts.items() if each}
    return Result(config, curves, runs, made)


def _read(text: str) -> tuple[str, Any]:
    """``name=value`` with a number."""
    name, value = text.split("=")
    return name, type(getattr(Config(), name))(value)


def main() -> None:
    """Make the stored result anew."""
    from tqdm import tqdm

    config, began = Config(), time.perf_counter()
    with tqdm(total=len(VARIANTS) * len(MODELS) * config.N, unit="step") as bar:
        result = run(config, after=bar.update)
    store(replace(result, made=made(began)), Path(str(STORED)))


if __name__ == "__main__":
    main()
