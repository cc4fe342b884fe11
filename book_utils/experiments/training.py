"""How fast do four ways of training the one unit reach the target, over many settings?

One published example compares three runs. Here each of its two starts y_0 is tried with every step
size, every target and every start (w, b) near the wall of a ``Config``: vanilla gradient descent,
clipping at several thresholds, b alone at w = 3, b alone at the w of the start, and both parameters
with w kept in a strip.

``python -m book_utils.experiments.training`` makes the full result and stores it beside this file
with what it was made with; ``stored()`` reads it.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from book_utils.activations import logistic
from book_utils.dynamics.descent import Clipped, FixedW, Method, Projected, Vanilla, descend
from book_utils.dynamics.one_unit import limit, objective, shock
from book_utils.experiments.made import made

VANILLA, B_ONLY, B_KEPT = "vanilla", "b only, w = 3", "b only, w kept"
BOTH, AT_ONCE = "projected from 3", "projected from w_0"
ROUND = 100
"""Iterations between two looks at which runs have arrived."""
BESIDE = 1e-9
"""How far from the shock the two limits beside it are taken."""


def clipped(threshold: float) -> str:
    """The name of clipping at a threshold."""
    return f"clipped at {threshold:g}"


@dataclass(frozen=True)
class Config:
    """Everything that the study depends on."""

    x0: tuple[float, ...] = (-2.0, 1.2)
    steps: tuple[float, ...] = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
    targets: tuple[float, ...] = (0.15, 0.3, 0.45, 0.55, 0.7, 0.85)
    thresholds: tuple[float, ...] = (0.1, 0.5, 1.0, 2.0)
    starts: int = 20
    w_low: float = 4.2
    w_high: float = 6.0
    spread: float = 0.5
    """b_0 is the wall's b plus a normal number times this."""
    inside: float = 3.0
    """The w of the runs that begin inside the strip."""
    radius: float = 3.9
    tolerance: float = 1e-4
    stays: int = 200
    """For so many iterations the cost has to stay below the tolerance: a run may pass through."""
    iterations: int = 3000
    seed: int = 8


@dataclass(frozen=True)
class Settings:
    """One setting for each entry: the start of the unit, the step size, the target, the start."""

    x0: np.ndarray
    step: np.ndarray
    target: np.ndarray
    w: np.ndarray
    b: np.ndarray

    def __len__(self) -> int:
        return len(self.w)

    @property
    def y0(self) -> np.ndarray:
        return logistic(self.x0)

    def __getitem__(self, chosen: Any) -> Settings:
        return Settings(*(getattr(self, each.name)[chosen] for each in fields(self)))


@dataclass(frozen=True)
class Result:
    """For each method the iterations that every setting took, and the largest gradient on the way.

    A run arrives when its cost falls below the tolerance and stays there; −1 stands for one that
    has not when the iterations are used up.
    """

    config: Config
    settings: Settings
    counts: Mapping[str, np.ndarray]
    largest: Mapping[str, np.ndarray]
    made: str = "now"
    """When, with what, and how long it took."""

    def of(self, x0: float) -> np.ndarray:
        """Which settings belong to one start of the unit."""
        return self.settings.x0 == x0

    def arrived(self, method: str, x0: float) -> float:
        """The share of settings in which a method arrives."""
        return float(np.mean(self.counts[method][self.of(x0)] >= 0))

    def ratios(self, over: str, method: str = B_ONLY) -> np.ndarray:
        """Iterations of ``over`` for one of ``method`` in every setting.

        A run that has not arrived has taken infinitely many. NaN where a run begins where it should
        arrive, which is no training, and where neither arrives.
        """
        slow, fast = (np.where(c < 0, np.inf, c) for c in (self.counts[over], self.counts[method]))
        counted = (slow > 0) & (fast > 0) & (np.isfinite(slow) | np.isfinite(fast))
        return np.divide(slow, fast, out=np.full(len(slow), np.nan), where=counted)

    def speedups(self, over: str, x0: float, method: str = B_ONLY) -> np.ndarray:
        """The ratios that there are, for one start of the unit, in ascending order."""
        found = self.ratios(over, method)[self.of(x0)]
        return np.sort(found[~np.isnan(found)])

    def quartiles(self, over: str, x0: float, method: str = B_ONLY) -> tuple[float, float, float]:
        """Of the speed-ups."""
        return quartiles(self.speedups(over, x0, method))

    def steep(self, over: str, x0: float, size: float = 1.0) -> tuple[float, float]:
        """How often ``over`` meets a gradient above ``size``: where b alone at w = 3 is not faster,
        and where it is."""
        found, met = self.ratios(over), self.largest[over] > size
        of = self.of(x0)
        return float(np.mean(met[of & (found <= 1)])), float(np.mean(met[of & (found > 1)]))

    def in_gap(self) -> np.ndarray:
        """In which settings no limit at the start's own w comes as near to the target as it must:
        the limit jumps over it at the shock."""
        chosen, near = self.settings, np.sqrt(self.config.tolerance)
        wall = shock(chosen.w, chosen.y0)
        low, high = (limit(chosen.w, wall + side, chosen.y0) for side in (-BESIDE, BESIDE))
        return (low + near <= chosen.target) & (chosen.target <= high - near)

    def exploded(self, x0: float, size: float = 10.0) -> tuple[int, int]:
        """How many vanilla runs meet a gradient above ``size``, and how many of these arrive."""
        met = self.of(x0) & (self.largest[VANILLA] > size)
        return int(met.sum()), int((self.counts[VANILLA][met] >= 0).sum())


def quartiles(values: np.ndarray) -> tuple[float, float, float]:
    """The first of the values that a quarter, a half, three quarters of them do not exceed.

    Each is one of the values and no mean of two, since values may be infinite.
    """
    ordered = np.sort(values)
    low, middle, high = (ordered[-(-len(ordered) * k // 4) - 1] for k in (1, 2, 3))
    return float(low), float(middle), float(high)


def settings(config: Config) -> Settings:
    """Every step size with every target and every start, for each start of the unit.

    Starts are rounded to two decimals, so that the stored numbers are all there is to know.
    """
    columns: list[tuple[np.ndarray, ...]] = []
    for x0 in config.x0:
        rng = np.random.default_rng([config.seed, int(x0 > 0)])
        w = rng.uniform(config.w_low, config.w_high, config.starts).round(2)
        wall = shock(w, logistic(x0))
        b = (wall + config.spread * rng.normal(size=config.starts)).round(2)
        step, target, start = np.meshgrid(
            config.steps, config.targets, np.arange(config.starts), indexing="ij"
        )
        start = start.ravel()
        columns.append(
            (np.full(start.shape, float(x0)), step.ravel(), target.ravel(), w[start], b[start])
        )
    return Settings(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def ways(config: Config) -> dict[str, Callable[[np.ndarray], tuple[Method, np.ndarray]]]:
    """By name: from the w of some settings to the method and the w at which it begins."""

    def inside(w: np.ndarray) -> np.ndarray:
        return np.full_like(w, config.inside)

    return {
        VANILLA: lambda w: (Vanilla(), w),
        **{clipped(τ): (lambda w, τ=τ: (Clipped(τ), w)) for τ in config.thresholds},
        B_ONLY: lambda w: (FixedW(config.inside), inside(w)),
        B_KEPT: lambda w: (FixedW(w), w),
        BOTH: lambda w: (Projected(config.radius), inside(w)),
        AT_ONCE: lambda w: (Projected(config.radius), w),
    }


def run(
    config: Config | None = None,
    chosen: Settings | None = None,
    after: Callable[[], object] = lambda: None,
) -> Result:
    """Train all settings side by side, method by method; ``after`` every method."""
    config = config or Config()
    chosen = settings(config) if chosen is None else chosen
    counts, largest = {}, {}
    for name, way in ways(config).items():
        counts[name], largest[name] = train(way, chosen, config)
        after()
    return Result(config, chosen, counts, largest)


def train(way: Callable, chosen: Settings, config: Config) -> tuple[np.ndarray, np.ndarray]:
    """Iterations until the cost is below the tolerance to stay; the longest gradient until then.

    Runs that have stayed long enough are left out of the next round.
    """
    counts, largest = np.full(len(chosen), -1), np.zeros(len(chosen))
    running = np.arange(len(chosen))
    kept, (_, w), b = chosen.w, way(chosen.w), chosen.b
    below = Below(len(chosen))
    end = config.iterations + config.stays
    for done in range(0, end, ROUND):
        part = chosen[running]
        found = descend(
            objective(part.y0, part.target), (w, b), way(kept)[0], part.step, min(ROUND, end - done)
        )
        for k, (losses, gradients) in enumerate(zip(found.losses, found.gradients, strict=True)):
            below.look(done + k, losses < config.tolerance, gradients)
        stayed = below.length(done + len(found.losses) - 1) >= config.stays
        arrived = stayed & (below.since <= config.iterations)
        counts[running[arrived]] = below.since[arrived]
        largest[running] = np.where(arrived, below.until, below.largest)
        running, kept, below = running[~stayed], kept[~stayed], below.without(stayed)
        w, b = found.w[-1, ~stayed], found.b[-1, ~stayed]
        if not running.size:
            break
    return counts, largest


class Below:
    """Of runs side by side: since when each has been below the tolerance, and the longest gradient
    that it has met, until then and in all."""

    def __init__(self, runs: int) -> None:
        self.since = np.full(runs, -1)
        self.until = np.zeros(runs)
        self.largest = np.zeros(runs)

    def look(self, iteration: int, low: np.ndarray, gradients: np.ndarray) -> None:
        """Take in one iteration; the last one of a round comes again as the first of the next."""
        self.largest = np.maximum(self.largest, gradients)
        begins = low & (self.since < 0)
        self.since = np.where(low, np.where(begins, iteration, self.since), -1)
        self.until = np.where(begins, self.largest, self.until)

    def length(self, iteration: int) -> np.ndarray:
        """For how many iterations; −1 for a run that is not below."""
        return np.where(self.since < 0, -1, iteration - self.since)

    def without(self, gone: np.ndarray) -> Below:
        """The others."""
        rest = Below(0)
        rest.since, rest.until, rest.largest = (
            kept[~gone] for kept in (self.since, self.until, self.largest)
        )
        return rest


# The stored result ---------------------------------------------------------------------------

STORED = files(__package__).joinpath("training.csv")
NAMES = tuple(each.name for each in fields(Settings))


def store(result: Result, path: Path) -> None:
    """Two lines that say how it was made, one with the names, then one for each setting."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        write(["made", result.made])
        write(["config", *(f"{name}={value}" for name, value in asdict(result.config).items())])
        write([*NAMES, *(f"{part} {name}" for name in result.counts for part in PARTS)])
        for i in range(len(result.settings)):
            numbers = [f"{getattr(result.settings, name)[i]:g}" for name in NAMES]
            for name, counts in result.counts.items():
                numbers += [str(counts[i]), f"{result.largest[name][i]:.3g}"]
            write(numbers)


PARTS = ("iterations", "largest")


@cache
def stored() -> Result:
    """The result that was made once."""
    lines = list(csv.reader(STORED.read_text(encoding="utf-8").splitlines()))
    (_, made), (_, *values), head, *rows = lines
    config = Config(**dict(_read(value) for value in values))
    table = np.array(rows, dtype=float).T
    columns = dict(zip(head, table, strict=True))
    names = [name.removeprefix(PARTS[0] + " ") for name in head if name.startswith(PARTS[0])]
    return Result(
        config,
        Settings(*(columns[name] for name in NAMES)),
        {name: columns[f"{PARTS[0]} {name}"].astype(int) for name in names},
        {name: columns[f"{PARTS[1]} {name}"] for name in names},
        made,
    )


def _read(text: str) -> tuple[str, Any]:
    """``name=value`` with a number, or several in brackets."""
    name, value = text.split("=")
    kind = type(getattr(Config(), name))
    if kind is tuple:
        return name, tuple(float(part) for part in value.strip("()").split(",") if part.strip())
    return name, kind(value)


def main() -> None:
    """Make the stored result anew."""
    from tqdm import tqdm

    config, began = Config(), time.perf_counter()
    with tqdm(total=len(ways(config)), unit="method") as bar:
        result = run(config, after=bar.update)
    store(replace(result, made=made(began)), Path(str(STORED)))


if __name__ == "__main__":
    main()
