"""The cost of the one unit and its gradient on a grid of a million points, three ways.

Against the loop over n that one writes first in NumPy, and against JAX, which has compiled the
same loop before the clock starts. Both JAX and the book use all cores, as they do by themselves;
the obvious loop uses one. Then thousands of training runs side by side against the same runs one
after another.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.timing import compare
from book_utils.checks import relative_error
from book_utils.dynamics.descent import Clipped, descend
from book_utils.dynamics.one_unit import objective, orbits

POINTS, STEPS, TURNS = 1000, 50, 7
Y0, TARGET = 0.3775, 0.7
RUNS, ITERATIONS = 1000, 100


def main() -> None:
    """Measure in a process of its own: JAX reads its precision when it starts."""
    work = "from benchmarks.one_unit import measure; measure()"
    doubles = {"JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1"}
    subprocess.run([sys.executable, "-c", work], env=os.environ | doubles, check=True)


def measure() -> None:
    """A line for each rival, after the results were seen to agree."""
    w, b = np.linspace(0, 8, POINTS)[:, None], np.linspace(-6, 2, POINTS)[None, :]
    rivals = {"the obvious NumPy loop": obvious}
    if find_spec("jax") is None:
        print("JAX not found: `make bench` installs it beside the book")
    else:
        rivals["compiled JAX"] = with_jax()
    title = f"cost and gradient of the one unit, {POINTS}×{POINTS} points, n = {STEPS}"
    # On the walls a rival's rounding errors are enlarged; there only ours is right.
    calm = orbits.run(*flat(w, b), STEPS)[-1].reshape(POINTS, POINTS) < 200
    for name, rival in rivals.items():
        for mine, other in zip(ours(w, b), rival(w, b), strict=True):
            error = relative_error(mine[calm], np.asarray(other)[calm])
            if error > 1e-10:
                raise ArithmeticError(f"{name} differs by {error:.1e}")
        compare(
            f"{title}, against {name}",
            lambda: ours(w, b),
            lambda rival=rival: rival(w, b),
            TURNS,
        )
    compare(
        f"{RUNS} clipped runs of {ITERATIONS} steps side by side, against one by one",
        side_by_side,
        one_by_one,
        1,
    )


def ours(w: np.ndarray, b: np.ndarray) -> tuple[Any, ...]:
    """E, ∂E/∂w, ∂E/∂b."""
    return objective(Y0, TARGET, STEPS)(w, b)


def obvious(w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    """The formulas as they stand, on whole arrays."""
    y = np.full(np.broadcast_shapes(w.shape, b.shape), Y0)
    by_w = by_b = np.zeros_like(y)
    for _ in range(STEPS):
        after = 1 / (1 + np.exp(-(w * y + b)))
        s = after * (1 - after)
        by_w, by_b, y = s * (y + w * by_w), s * (1 + w * by_b), after
    return (y - TARGET) ** 2, 2 * (y - TARGET) * by_w, 2 * (y - TARGET) * by_b


def with_jax() -> Any:
    """The faster of two compiled forms: the same forward formulas, in a loop that XLA fuses.

    (Its own gradient, vmap over value_and_grad of a scan, stores every state and is slower.)
    """
    import jax
    import jax.numpy as jnp

    def step(_: Any, carried: Any) -> Any:
        y, by_w, by_b, w, b = carried
        after = jax.nn.sigmoid(w * y + b)
        s = after * (1 - after)
        return after, s * (y + w * by_w), s * (1 + w * by_b), w, b

    @jax.jit
    def run(w: Any, b: Any) -> Any:
        w, b = jnp.broadcast_arrays(w, b)
        zero = jnp.zeros_like(w)
        y, by_w, by_b, *_ = jax.lax.fori_loop(
            0, STEPS, step, (jnp.full_like(w, Y0), zero, zero, w, b)
        )
        return (y - TARGET) ** 2, 2 * (y - TARGET) * by_w, 2 * (y - TARGET) * by_b

    return lambda w, b: jax.block_until_ready(run(w, b))


def flat(w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    """w, b and y_0 as flat arrays."""
    return tuple(np.ascontiguousarray(each).ravel() for each in np.broadcast_arrays(w, b, Y0))


def settings() -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Starts near the wall, and step sizes."""
    rng = np.random.default_rng(0)
    return (rng.uniform(4.5, 7, RUNS), rng.uniform(-4, -1, RUNS)), rng.uniform(0.05, 1, RUNS)


def side_by_side() -> np.ndarray:
    """All runs in one array."""
    start, step = settings()
    return descend(objective(Y0, TARGET), start, Clipped(1), step, ITERATIONS).losses


def one_by_one() -> list[np.ndarray]:
    """One call after another."""
    start, step = settings()
    f = objective(Y0, TARGET)
    return [
        descend(f, (w, b), Clipped(1), a, ITERATIONS).losses
        for w, b, a in zip(*start, step, strict=True)
    ]


if __name__ == "__main__":
    main()
