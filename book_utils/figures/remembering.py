"""A small experiment: which networks learn to remember one sign over many steps of noise?

The first input is +1 or −1, all later ones are noise. After T steps one entry of the state has
to be half of that sign. Plain gradient descent on fresh sequences, with and without clipping.

A run whose gradients explode amplifies the last digit of every sum: on another machine the same
seed may end elsewhere. So the result is made once, by ``python -m book_utils.figures.remembering``,
and stored beside this file with what it was made with; ``stored()`` reads it.
"""

from __future__ import annotations

import csv
import datetime
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from book_utils.cells import LSTM, Cell, Vanilla
from book_utils.dynamics import bptt, clip, simulate
from book_utils.figures.still import BLUE, FAINT, ORANGE, Still, drawn

TARGET = 0.5
DIVERGED = 1e3
"""From this loss on a run is broken off."""
LEARNED = 0.9
"""The share of fresh sequences whose sign must come out right."""


@dataclass(frozen=True)
class Setting:
    """Everything that the experiment depends on."""

    n: int = 16
    steps: int = 40
    noise: float = 0.3
    batch: int = 16
    updates: int = 300
    rate: float = 0.2
    threshold: float = 1.0
    seeds: int = 10
    fresh: int = 500


@dataclass(frozen=True)
class Run:
    """One training: how many updates it lived, its last loss, the largest norm of a gradient that
    it met, and the share of fresh sequences that it gets right."""

    updates: int
    loss: float
    largest: float
    right: float

    @property
    def learned(self) -> bool:
        return self.right >= LEARNED


@dataclass(frozen=True)
class Record:
    """The runs, one for each seed, by network and by whether the gradient was clipped."""

    setting: Setting
    runs: dict[tuple[str, bool], tuple[Run, ...]]
    made: str = "now"
    """When, and with what."""

    def learned(self, network: str, clipped: bool) -> int:
        return sum(run.learned for run in self.runs[network, clipped])

    def broken_off(self, network: str, clipped: bool) -> int:
        return sum(run.updates < self.setting.updates for run in self.runs[network, clipped])


def random_weights(n: int, rng: np.random.Generator) -> Vanilla:
    """A tanh network with weights N(0, 1/n) and no bias."""
    W = rng.normal(size=(n, n)) / np.sqrt(n)
    return Vanilla(W, rng.normal(size=(n, 1)), np.zeros(n), "tanh")


def orthogonal_weights(n: int, rng: np.random.Generator) -> Vanilla:
    """The same with a random orthogonal matrix."""
    Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    return Vanilla(Q, rng.normal(size=(n, 1)), np.zeros(n), "tanh")


def lstm(n: int, rng: np.random.Generator, forget_bias: float) -> LSTM:
    """An LSTM with n/2 units, no bias but that of the forget gate."""
    d = n // 2
    weights = {
        name: rng.normal(size=(d, d if name.startswith("W") else 1))
        / np.sqrt(d if name.startswith("W") else 1)
        for name in LSTM.shapes
        if not name.startswith("b")
    }
    biases = {name: np.zeros(d) for name in LSTM.shapes if name.startswith("b")}
    return LSTM(**weights, **biases | {"b_f": np.full(d, float(forget_bias))})


NETWORKS = {
    "tanh, random W": random_weights,
    "tanh, orthogonal W": orthogonal_weights,
    "LSTM, forget bias 0": lambda n, rng: lstm(n, rng, 0),
    "LSTM, forget bias 3": lambda n, rng: lstm(n, rng, 3),
}


Make = Callable[[int, np.random.Generator], Cell]


def compute(
    setting: Setting | None = None,
    networks: dict[str, Make] = NETWORKS,
    after: Callable[[], object] = lambda: None,
) -> Record:
    """Train every network from every seed, with and without clipping; ``after`` every run."""
    setting = setting or Setting()
    runs = {}
    for name, make in networks.items():
        for clipped in (False, True):
            found = []
            for seed in range(setting.seeds):
                found.append(train(make, seed, clipped, setting))
                after()
            runs[name, clipped] = tuple(found)
    return Record(setting, runs)


def sequences(size: int, setting: Setting, rng: np.random.Generator) -> tuple:
    """Inputs (T, B, 1) and what is to be remembered, (B,)."""
    signs = rng.choice([-1.0, 1.0], size=size)
    inputs = setting.noise * rng.normal(size=(setting.steps, size, 1))
    inputs[0, :, 0] = signs
    return inputs, TARGET * signs


def shown(cell: Cell) -> int:
    """The entry of the state that has to show the answer: x_1, or h_1 of an LSTM."""
    return cell.n // 2 if isinstance(cell, LSTM) else 0


def gradient(cell: Cell, inputs: np.ndarray, targets: np.ndarray) -> tuple[float, dict]:
    """The mean of ½(answer − target)², and its derivatives by all parameters."""
    size = len(targets)
    start = np.zeros((size, cell.n))
    answers = simulate(cell, start, inputs)[-1][:, shown(cell)]
    rows = np.zeros((len(inputs), size, cell.n))
    rows[-1][:, shown(cell)] = (answers - targets) / size
    loss = float(np.mean((answers - targets) ** 2) / 2)
    return loss, bptt(cell, start, inputs, rows)


def norm(gradient: dict) -> float:
    """The 2-norm of all derivatives together."""
    return float(np.sqrt(sum(np.sum(each**2) for each in gradient.values())))


def train(make: Make, seed: int, clipped: bool, setting: Setting) -> Run:
    """One run; it is broken off when the loss shows that it has diverged."""
    rng = np.random.default_rng(seed)
    cell = make(setting.n, rng)
    largest = 0.0
    for update in range(setting.updates):
        loss, step = gradient(cell, *sequences(setting.batch, setting, rng))
        if loss > DIVERGED:
            return Run(update, loss, largest, 0.0)
        largest = max(largest, norm(step))
        if clipped:
            step = clip(step, setting.threshold)
        moved = {name: getattr(cell, name) - setting.rate * step[name] for name in step}
        cell = replace(cell, **moved)
    inputs, targets = sequences(setting.fresh, setting, rng)
    answers = simulate(cell, np.zeros((setting.fresh, cell.n)), inputs)[-1][:, shown(cell)]
    right = float(np.mean(np.sign(answers) == np.sign(targets)))
    return Run(setting.updates, loss, largest, right)


def draw(figure: Figure, record: Record) -> None:
    """A dot for each run, at the share it gets right; a row for each network, clipped and not."""
    ax = figure.subplots()
    names = list(dict.fromkeys(name for name, _ in record.runs))
    ax.axvline(0.5, color=FAINT, linewidth=1, zorder=0)
    for (name, clipped), runs in record.runs.items():
        color, marker, shift = (BLUE, "o", 0.18) if clipped else (ORANGE, "^", -0.18)
        height = names.index(name) + shift
        # Equal values are drawn beside each other, or ten runs would look like one.
        heights = height + np.linspace(-0.12, 0.12, len(runs))
        ax.scatter(
            [run.right for run in runs],
            heights,
            s=20,
            color=color,
            marker=marker,
            linewidths=0,
            label=("clipped" if clipped else "not clipped") if name == names[0] else None,
        )
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlim(-0.05, 1.05)
    ax.set_xlabel("share of fresh sequences with the right sign")
    # Above the axes, where no dot is.
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)


def describe(record: Record) -> str:
    """The picture in words and numbers."""
    seeds = record.setting.seeds
    parts = [
        f"{name} {'clipped' if clipped else 'not clipped'} {record.learned(name, clipped)}"
        for name, clipped in record.runs
    ]
    broken = sum(record.broken_off(*key) for key in record.runs)
    return (
        f"Which networks learned to remember a sign over {record.setting.steps} steps, of {seeds} "
        f"runs each: " + ", ".join(parts) + f". Broken off, of all runs: {broken}"
    )


def show(record: Record) -> Still:
    """The finished picture."""
    setting = record.setting
    caption = (
        f"Remember a sign over {setting.steps} steps of noise: {setting.seeds} runs each. At the "
        f"grey line the answer is a guess; a run at 0 was broken off or has every sign wrong. "
        f"Made {record.made}."
    )
    return Still(
        drawn(lambda figure: draw(figure, record), (5.6, 3.8)), describe(record) + ".", caption
    )


# The stored result ---------------------------------------------------------------------------

STORED = files(__package__).joinpath("remembering.csv")
COLUMNS = ("network", "clipped", "seed", "updates", "loss", "largest", "right")


def store(record: Record, path: Path) -> None:
    """Two lines that say how it was made, then one for each run."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        write(["made", record.made])
        write(["setting", *(f"{name}={value}" for name, value in asdict(record.setting).items())])
        write(COLUMNS)
        for (network, clipped), runs in record.runs.items():
            for seed, run in enumerate(runs):
                numbers = f"{run.loss:.6g}", f"{run.largest:.6g}", f"{run.right:.3f}"
                write([network, clipped, seed, run.updates, *numbers])


def stored() -> Record:
    """The result that was made once."""
    lines = list(csv.reader(STORED.read_text(encoding="utf-8").splitlines()))
    (_, made), (_, *values), _, *rows = lines
    kinds = {name: type(value) for name, value in asdict(Setting()).items()}
    pairs = dict(value.split("=") for value in values)
    setting = Setting(**{name: kinds[name](value) for name, value in pairs.items()})
    runs: dict[tuple[str, bool], tuple[Run, ...]] = {}
    for network, clipped, _, updates, *numbers in rows:
        key = network, clipped == "True"
        runs[key] = (*runs.get(key, ()), Run(int(updates), *map(float, numbers)))
    return Record(setting, runs, made)


def main() -> None:
    """Make the stored result anew."""
    from tqdm import tqdm

    setting = Setting()
    with tqdm(total=2 * len(NETWORKS) * setting.seeds, unit="run") as bar:
        record = compute(setting, after=bar.update)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    made = (
        f"on {today} with Python {platform.python_version()} and NumPy {np.__version__} "
        f"({platform.machine()}, {sys.platform})"
    )
    store(replace(record, made=made), Path(str(STORED)))


if __name__ == "__main__":
    main()
