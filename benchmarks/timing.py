"""Time two ways to the same result in one process, and say the ratio in plain words."""

from __future__ import annotations

import time
from collections.abc import Callable


def compare(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], repeats: int = 5
) -> float:
    """Print one line with both times and their ratio; return the ratio theirs / ours.

    The two take turns, so a busy machine slows both. The best of the repeats counts: what is
    added to it is other people's work.
    """
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(repeats)]
    best, best_theirs = (min(times) for times in zip(*pairs, strict=True))
    ratio = best_theirs / best
    words = f"{ratio:.1f} times faster" if ratio >= 1 else f"{1 / ratio:.1f} times slower"
    print(f"{name}: {readable(best)} against {readable(best_theirs)}, {words}", flush=True)
    return ratio


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes once."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def readable(duration: float) -> str:
    """A duration with three digits and a fitting unit."""
    unit, size = next(
        (each for each in (("s", 1.0), ("ms", 1e-3)) if duration >= each[1]), ("µs", 1e-6)
    )
    return f"{duration / size:.3g} {unit}"
