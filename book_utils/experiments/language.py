"""What do stable and unconstrained networks make of a text, and how far back do they look?

A language model reads a text and says at each place how likely every symbol is to come next. Four
models read the same text: a tanh network and an LSTM, each unconstrained and kept stable.

``python -m book_utils.experiments.language perplexity`` trains all four, with several learning
rates and seeds, and measures how the gradient by an input shrinks with the distance to the loss.
``python -m book_utils.experiments.language distance`` trains from one point with gradients that are
cut every k steps. Both read the shipped text, or with ``--text FOLDER`` the splits of WikiText-2
in a folder, use all cores, and store their result beside this file; ``stored(study, text)`` reads
it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from book_utils import validate
from book_utils.cells import LSTM, Cell, Elman
from book_utils.dynamics import clip, project_spectral_ball, spectral_norm
from book_utils.experiments.corpus import Corpus, corpus

CELLS = ("RNN", "LSTM")

# The model ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Model:
    """A cell whose input is looked up in a table, and whose output is scored against all symbols.

    Symbol s enters as u = E[s]. After it the symbols have the scores V h + c, and the probability
    of each is its share in the sum of the exponentials of all scores.
    """

    E: np.ndarray
    cell: Cell
    V: np.ndarray
    c: np.ndarray

    def parameters(self) -> dict[str, np.ndarray]:
        """Everything that is trained, by name."""
        return {"E": self.E, "V": self.V, "c": self.c, **self.cell.parameters()}

    def replaced(self, parameters: Mapping[str, np.ndarray]) -> Model:
        """The same model with other parameters."""
        own = {name: parameters[name] for name in ("E", "V", "c")}
        inner = {name: parameters[name] for name in self.cell.shapes}
        return Model(cell=replace(self.cell, **inner), **own)

    def rest(self, batch: int) -> np.ndarray:
        """The state in which nothing has been read."""
        return np.zeros((batch, self.cell.n))

    def recurrent(self) -> np.ndarray:
        """The matrices that act on the previous h, one below the other."""
        return np.concatenate([p for name, p in self.cell.parameters().items() if name[0] == "W"])

    def read(self, state: np.ndarray, symbols: np.ndarray) -> Reading:
        """Run over symbols of shape (T, B), from one state for each of the B rows of text."""
        u = self.E[symbols]
        states, arrived = self.cell.run(state, u)
        return Reading(self, symbols, u, states, arrived)


@dataclass(frozen=True, eq=False)
class Reading:
    """A stretch of text that a model has read."""

    model: Model
    symbols: np.ndarray
    u: np.ndarray
    states: np.ndarray
    arrived: np.ndarray

    @property
    def h(self) -> np.ndarray:
        """What leaves the units at each time: the last part of the state."""
        return self.states[1:, ..., -self.model.V.shape[1] :]

    def surprise(self, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """p_t = −log(probability of the target) at each time, and ∂p_t/∂(scores)."""
        scores = self.h @ self.model.V.T + self.model.c
        scores -= scores.max(axis=-1, keepdims=True)
        at = targets[..., None]
        own = np.take_along_axis(scores, at, -1)[..., 0]
        shares = np.exp(scores, out=scores)
        total = shares.sum(axis=-1)
        shares /= total[..., None]
        np.put_along_axis(shares, at, np.take_along_axis(shares, at, -1) - 1, -1)
        return np.log(total) - own, shares

    def rows(self, by_scores: np.ndarray) -> np.ndarray:
        """∂p_t/∂x_t: the loss sees the last part of the state alone."""
        by_h = by_scores @ self.model.V
        rows = np.zeros((*by_h.shape[:-1], self.model.cell.n))
        rows[..., -by_h.shape[-1] :] = by_h
        return rows

    def gradient(self, targets: np.ndarray, cut: int) -> tuple[float, dict[str, np.ndarray]]:
        """The mean p_t and its gradient, where no row is pulled back across a multiple of ``cut``.

        The states are those of the whole stretch; a cut at the length of it or more cuts nothing.
        """
        model, cell = self.model, self.model.cell
        losses, by_scores = self.surprise(targets)
        by_scores /= losses.size
        rows = self.rows(by_scores)
        slopes = cell.slopes(self.states[:-1], self.arrived)
        pieces = []
        for a in range(0, len(rows), cut):
            piece = np.concatenate([np.zeros_like(rows[:1]), rows[a : a + cut]])
            pieces.append(cell.pull_back(piece, *(s[a : a + cut] for s in slopes))[1:])
        costates = np.concatenate(pieces)
        E = np.zeros_like(model.E)
        np.add.at(E, self.symbols, cell.pull_input(costates, *slopes))
        flat = by_scores.reshape(-1, len(model.c))
        own = {
            "E": E,
            "V": flat.T @ self.h.reshape(len(flat), -1),
            "c": flat.sum(axis=0),
        }
        return float(losses.mean()), own | cell.pull_parameters(
            costates, self.states[:-1], self.u, *slopes
        )

    def reach(self, targets: np.ndarray, distances: int) -> np.ndarray:
        """‖∂p_{t+i}/∂u_t‖ for i = 0, …, ``distances``, each the mean over all t and all rows.

        All losses are pulled back side by side: after i steps row j belongs to the loss i later.
        """
        validate.index("distances", distances, len(targets) - 1, "the number of times less 1")
        cell = self.model.cell
        slopes = cell.slopes(self.states[:-1], self.arrived)
        rows = self.rows(self.surprise(targets)[1])
        found = []
        for i in range(distances + 1):
            here = [s[: len(rows)] for s in slopes]
            found.append(np.linalg.norm(cell.pull_input(rows, *here), axis=-1).mean())
            if i < distances:
                rows = cell.pull_state(rows[1:], *(s[1:] for s in here))
        return np.array(found)


# Stability ---------------------------------------------------------------------------------------

FORGET = 0.64
"""No forget gate of a stable LSTM opens further."""
GATE_ROWS = {
    "W_i": 1 - FORGET,
    "W_o": 1 - FORGET,
    "W_z": (1 - FORGET) / 4,
    "W_f": (1 - FORGET) ** 2,
    "U_f": 0.22,
}
"""Bounds for the sum of |entries| in a row. With |b_f| ≤ 0.22 and inputs of entries up to 1 the
forget gate stays below logistic(0.1296 + 0.22 + 0.22) < 0.64."""
GATE_ENTRIES = {"b_f": 0.22, "E": 1.0}


def steady(model: Model, radius: float) -> Model:
    """The model, brought back to where its step is a contraction, if it has left it.

    A tanh network gets the nearest W with ‖W‖ ≤ radius. For an LSTM the conditions are sums of
    |entries| in rows: a row that is too long is shortened, an entry that is too large is clipped.
    """
    p = model.parameters()
    if isinstance(model.cell, Elman):
        return model.replaced(p | {"W": project_spectral_ball(p["W"], radius)})
    kept = {name: shortened(p[name], radius * most) for name, most in GATE_ROWS.items()}
    kept |= {name: np.clip(p[name], -most, most) for name, most in GATE_ENTRIES.items()}
    return model.replaced(p | kept)


def shortened(W: np.ndarray, most: float) -> np.ndarray:
    """W with every row scaled down until the sum of its |entries| is at most ``most``."""
    sums = np.abs(W).sum(axis=1, keepdims=True)
    return W * np.minimum(1, most / np.maximum(sums, most))


# Training ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Config:
    """Everything that one run depends on, apart from the text."""

    cell: str = "RNN"
    stable: bool = False
    units: int = 128
    embedding: int = 128
    rate: float = 5.0
    decay: float = 4.0
    """The rate is divided by it after an epoch without progress on the held-out part."""
    progress: float = 0.01
    """The least share by which its perplexity must fall below the lowest one so far."""
    clip: float = 0.25
    epochs: int = 20
    batch: int = 20
    window: int = 35
    cut: int = 35
    """No gradient crosses a multiple of so many steps within the window, nor its ends."""
    radius: float = 0.999
    spread: float = 0.1
    """Tables and scores begin uniformly distributed up to it; the rest up to 1/√units."""
    looks: tuple[int, ...] = ()
    """After which epochs the reach of the gradient is measured; 0 is before training."""
    distances: int = 50
    span: int = 150
    """Over how many times of the held-out part, in each row of the batch."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ValueError(f"cell: got {self.cell!r}, expects one of {', '.join(CELLS)}")
        object.__setattr__(self, "looks", tuple(self.looks))

    @property
    def name(self) -> str:
        """Which of the four models it is."""
        return f"{'stable' if self.stable else 'unconstrained'} {self.cell}"


@dataclass(frozen=True)
class Run:
    """What came of one configuration. The first entry of a tuple is before training."""

    config: Config
    held: tuple[float, ...]
    """Perplexity of the held-out part after every epoch."""
    test: float
    """Perplexity of the test part, by the model that did best on the held-out part."""
    norms: tuple[float, ...]
    """‖W‖ after every epoch; for an LSTM of its four W, one below the other."""
    reach: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    """After which epoch: the mean ‖∂p_{t+i}/∂u_t‖ for i = 0, 1, …"""
    seconds: float = 0.0

    @property
    def best(self) -> float:
        """The lowest perplexity of the held-out part."""
        return min(self.held)


def initial(config: Config, symbols: int) -> Model:
    """Where a run begins; for one seed every run with this cell begins at the same point."""
    rng = np.random.default_rng([config.seed, CELLS.index(config.cell)])
    d, m = config.units, config.embedding

    def uniform(spread: float, *shape: int) -> np.ndarray:
        return rng.uniform(-spread, spread, shape)

    kind: Any = Elman if config.cell == "RNN" else LSTM
    sizes = {"n": d, "d": d, "m": m}
    inner = {
        name: uniform(1 / math.sqrt(d), *(sizes[letter] for letter in letters))
        for name, letters in kind.shapes.items()
    }
    others = {"activation": "tanh"} if kind is Elman else {}
    E, V = uniform(config.spread, symbols, m), uniform(config.spread, symbols, d)
    model = Model(E, kind(**inner, **others), V, np.zeros(symbols))
    return steady(model, config.radius) if config.stable else model


def in_rows(symbols: np.ndarray, batch: int) -> np.ndarray:
    """A text as columns of equal length, side by side; what is left over at its end is dropped."""
    length = len(symbols) // batch
    if length < 2:
        raise ValueError(f"batch: got {batch}, expects at most half of the {len(symbols)} symbols")
    return symbols[: length * batch].reshape(batch, length).T


def windows(columns: np.ndarray, window: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Symbols and the ones that follow them, window by window."""
    for a in range(0, len(columns) - 1, window):
        following = columns[a + 1 : a + 1 + window]
        yield columns[a : a + len(following)], following


def perplexity(model: Model, symbols: np.ndarray, batch: int, window: int = 100) -> float:
    """exp(mean p_t) over a text: among how many equally likely symbols a guess would be as hard."""
    columns = in_rows(symbols, batch)
    state, total, count = model.rest(batch), 0.0, 0
    for here, following in windows(columns, window):
        reading = model.read(state, here)
        losses, _ = reading.surprise(following)
        state, total, count = reading.states[-1], total + losses.sum(), count + losses.size
    return math.exp(total / count)


def epoch(model: Model, config: Config, symbols: np.ndarray, rate: float) -> Iterator[Model]:
    """Once through the text, with the model after every update."""
    columns = in_rows(symbols, config.batch)
    state = model.rest(config.batch)
    for here, following in windows(columns, config.window):
        reading = model.read(state, here)
        _, gradient = reading.gradient(following, config.cut)
        model, state = updated(model, gradient, config, rate), reading.states[-1]
        yield model


def updated(model: Model, gradient: Mapping[str, np.ndarray], config: Config, rate: float) -> Model:
    """One step of gradient descent, clipped; then back to the stable models if that is asked."""
    clipped = clip(gradient, config.clip)
    model = model.replaced(
        {name: p - rate * clipped[name] for name, p in model.parameters().items()}
    )
    return steady(model, config.radius) if config.stable else model


def run(config: Config, text: Corpus) -> Run:
    """Train one model, and look at it after every epoch."""
    began = time.perf_counter()
    model = kept = initial(config, len(text.symbols))
    rate, reach = config.rate, {}
    held, norms = [], []
    for passed in range(config.epochs + 1):
        if passed:
            for moved in epoch(model, config, text.train, rate):
                model = moved
        held.append(perplexity(model, text.held, config.batch))
        norms.append(spectral_norm(model.recurrent()))
        if passed in config.looks:
            reach[passed] = tuple(look(model, config, text))
        if held[-1] == min(held):
            kept = model
        if passed and held[-1] > (1 - config.progress) * min(held[:-1]):
            rate /= config.decay
    test = perplexity(kept, text.test, config.batch)
    seconds = time.perf_counter() - began
    return Run(config, tuple(held), test, tuple(norms), reach, seconds)


def look(model: Model, config: Config, text: Corpus) -> np.ndarray:
    """The reach of the gradient in the held-out part."""
    columns = in_rows(text.held, config.batch)[: config.span + 1]
    reading = model.read(model.rest(config.batch), columns[:-1])
    return reading.reach(columns[1:], config.distances)


# Cut gradients -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Apart:
    """How far W went from where full gradients took it, by the number of steps k between cuts."""

    config: Config
    """Of the run that is cut least; the others differ in ``cut`` alone."""
    updates: tuple[int, ...]
    distances: Mapping[int, tuple[float, ...]]
    """By k: ‖W_k − W_full‖ after so many updates."""
    norms: tuple[float, ...]
    """‖W_full‖."""
    test: Mapping[int, float]
    """By k: perplexity of the test part at the end."""


def snapshots(config: Config, text: Corpus, every: int) -> tuple[list[np.ndarray], float]:
    """W before training and after every so many updates, and the perplexity at the end."""
    model = initial(config, len(text.symbols))
    found, done = [model.recurrent()], 0
    for _ in range(config.epochs):
        for moved in epoch(model, config, text.train, config.rate):
            model, done = moved, done + 1
            if done % every == 0:
                found.append(model.recurrent())
    return found, perplexity(model, text.test, config.batch)


def apart(config: Config, every: int, found: Mapping[int, tuple[list[np.ndarray], float]]) -> Apart:
    """From the snapshots of several runs, by k, to distances from the one that is cut least."""
    full = max(found)
    reference = found[full][0]
    distances = {
        k: tuple(spectral_norm(a - b) for a, b in zip(taken, reference, strict=True))
        for k, (taken, _) in sorted(found.items())
        if k != full
    }
    return Apart(
        replace(config, cut=full),
        tuple(every * i for i in range(len(reference))),
        distances,
        tuple(map(spectral_norm, reference)),
        {k: test for k, (_, test) in sorted(found.items())},
    )


# The full studies --------------------------------------------------------------------------------

CUTS = (5, 10, 15, 25, 35, 50, 64, 65)
SEEDS = (0, 1)


@dataclass(frozen=True)
class Plan:
    """What the full studies run on one text."""

    level: str
    vocabulary: int | None
    base: Config
    rates: Mapping[str, tuple[float, ...]]
    """By cell, the learning rates that are tried."""
    apart_rates: Mapping[str, float]
    apart_epochs: int
    every: int

    def perplexity(self) -> list[Config]:
        """Every model with every rate and every seed."""
        return [
            replace(self.base, cell=cell, stable=stable, rate=rate, seed=seed)
            for cell in reversed(CELLS)  # the slow ones first
            for stable in (True, False)
            for rate in self.rates[cell]
            for seed in SEEDS
        ]

    def distance(self) -> list[Config]:
        """Every cell with every cut, from one start."""
        base = replace(self.base, window=max(CUTS), epochs=self.apart_epochs, looks=())
        return [
            replace(base, cell=cell, rate=self.apart_rates[cell], cut=cut)
            for cell in reversed(CELLS)
            for cut in CUTS
        ]


PLANS = {
    "wonderland": Plan(
        level="character",
        vocabulary=None,
        base=Config(epochs=16, looks=(0, 1, 4, 16)),
        rates={"RNN": (1.0, 3.0), "LSTM": (5.0, 20.0)},
        apart_rates={"RNN": 1.0, "LSTM": 5.0},
        apart_epochs=8,
        every=20,
    ),
    "wikitext-2": Plan(
        level="word",
        vocabulary=2000,
        base=Config(epochs=8, looks=(0, 1, 4, 8)),
        rates={"RNN": (1.0, 3.0), "LSTM": (5.0, 20.0)},
        apart_rates={"RNN": 1.0, "LSTM": 5.0},
        apart_epochs=3,
        every=20,
    ),
}

# Stored results ----------------------------------------------------------------------------------

FOLDER = files(__package__)
STUDIES = ("perplexity", "distance")


def perplexities(plan: Plan, text: Corpus, workers: int, after: Callable[[str], None]) -> list[Run]:
    """Train what the plan says, several runs at a time; ``after`` every run."""
    done = dict(_side_by_side(run, plan.perplexity(), (text,), workers, after))
    return [done[config] for config in plan.perplexity()]


def distances(plan: Plan, text: Corpus, workers: int, after: Callable[[str], None]) -> list[Apart]:
    """For each cell how far the runs with cut gradients go away."""
    done = dict(_side_by_side(snapshots, plan.distance(), (text, plan.every), workers, after))
    of_cell: dict[str, dict[int, Any]] = {cell: {} for cell in CELLS}
    bases = {}
    for config, found in done.items():
        of_cell[config.cell][config.cut] = found
        bases[config.cell] = config
    return [apart(bases[cell], plan.every, of_cell[cell]) for cell in CELLS]


def _side_by_side(
    work: Callable[..., Any],
    configs: Iterable[Config],
    others: tuple[Any, ...],
    workers: int,
    after: Callable[[str], None],
) -> Iterator[tuple[Config, Any]]:
    # Fresh processes, which read the environment: each run gets one thread for its matrices.
    kept = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        fresh = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=fresh) as pool:
            running = {pool.submit(work, config, *others): config for config in configs}
            for future in as_completed(running):
                config = running[future]
                yield config, future.result()
                after(f"{config.name}, rate {config.rate:g}, cut {config.cut}, seed {config.seed}")
    finally:
        for name, value in kept.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Stored:
    """A study as it was made once: the text, the results, and when, with what and how long."""

    study: str
    text: Mapping[str, Any]
    made: Mapping[str, Any]
    results: tuple[Any, ...]

    def of(self, **wanted: Any) -> list[Any]:
        """The results whose configuration has these values."""
        return [
            each
            for each in self.results
            if all(getattr(each.config, name) == value for name, value in wanted.items())
        ]

    def rate(self, cell: str, stable: bool) -> float:
        """The learning rate that did best on the held-out part, in the mean over the seeds."""
        runs = self.of(cell=cell, stable=stable)
        rates = sorted({each.config.rate for each in runs})
        return min(
            rates,
            key=lambda rate: np.mean([r.best for r in runs if r.config.rate == rate]),
        )

    def chosen(self, cell: str, stable: bool) -> list[Run]:
        """The runs of a model with the learning rate that did best."""
        return self.of(cell=cell, stable=stable, rate=self.rate(cell, stable))


def store(stored: Stored, path: Path) -> None:
    """One result in each line."""
    head = {"study": stored.study, "text": stored.text, "made": stored.made}
    lines = [json.dumps(_rounded(asdict(each))) for each in stored.results]
    whole = json.dumps(head, indent=1)[:-2] + ',\n "results": [\n' + ",\n".join(lines) + "\n ]\n}\n"
    path.write_text(whole, encoding="utf-8")


def read(path: Any) -> Stored:
    """What ``store`` has written."""
    found = json.loads(path.read_text(encoding="utf-8"))
    kind = {"perplexity": Run, "distance": Apart}[found["study"]]
    results = tuple(kind(**_restored(each)) for each in found["results"])
    return Stored(found["study"], found["text"], found["made"], results)


@cache
def stored(study: str, text: str = "wonderland") -> Stored:
    """A stored study: "perplexity" or "distance", on "wonderland" or "wikitext-2"."""
    return read(FOLDER.joinpath(filename(study, text)))


def filename(study: str, text: str) -> str:
    """Where a study is stored."""
    return f"language-{study}-{text}.json"


DIGITS = 5


def _rounded(value: Any) -> Any:
    """Numbers with five digits, in whatever holds them."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, (list, tuple)) else value


def _restored(result: dict[str, Any]) -> dict[str, Any]:
    """Lists as tuples, and the keys that JSON turned into text as integers again."""
    restored: dict[str, Any] = {"config": Config(**result.pop("config"))}
    for name, value in result.items():
        if isinstance(value, dict):
            restored[name] = {
                int(key): tuple(each) if isinstance(each, list) else each
                for key, each in value.items()
            }
        else:
            restored[name] = tuple(value) if isinstance(value, list) else value
    return restored


def make(study: str, source: Path | None, output: Path, workers: int) -> Path:
    """Run a study on a text and store it."""
    name = "wonderland" if source is None else "wikitext-2"
    plan = PLANS[name]
    text = corpus(source, plan.level, plan.vocabulary)
    began = time.perf_counter()
    count = len(plan.perplexity() if study == "perplexity" else plan.distance())
    finished = iter(range(1, count + 1))

    def after(what: str) -> None:
        passed = time.perf_counter() - began
        print(f"{name} {next(finished)}/{count} after {passed:.0f} s: {what}", file=sys.stderr)

    work = perplexities if study == "perplexity" else distances
    results = work(plan, text, workers, after)
    made = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seconds": round(time.perf_counter() - began),
        "workers": workers,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.machine()}, {sys.platform}",
    }
    path = output / filename(study, name)
    store(Stored(study, described(text), made, tuple(results)), path)
    return path


def described(text: Corpus) -> dict[str, Any]:
    """What the stored result says about its text."""
    return {
        "name": text.name,
        "level": text.level,
        "parts": text.parts,
        "vocabulary": len(text.symbols),
        "train": len(text.train),
        "held": len(text.held),
        "test": len(text.test),
        "unknown": round(text.unknown(), 4),
    }


def main(arguments: list[str] | None = None) -> None:
    """Make stored results anew."""
    parser = argparse.ArgumentParser(prog="python -m book_utils.experiments.language")
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--text", type=Path, help="a folder with WikiText-2; else the shipped text")
    parser.add_argument("--output", type=Path, default=Path(str(FOLDER)), help="where to store")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="runs at a time")
    chosen = parser.parse_args(arguments)
    chosen.output.mkdir(parents=True, exist_ok=True)
    try:
        path = make(chosen.study, chosen.text, chosen.output, chosen.workers)
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"stored {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
