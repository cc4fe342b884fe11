"""``bptt`` against the gradients of PyTorch and JAX, or of autograd where those are missing.

All compute ∂E/∂(W, U, b) for E = Σ_t g_t · x_t in double precision, forward and backward, on one
thread each. PyTorch and JAX get their own arrays, made beforehand; JAX has compiled its function
(jit over lax.scan) before the clock starts, and PyTorch takes its own recurrent layer for the Elman
cell, which is faster than a loop.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np

from benchmarks.timing import compare, seconds
from book_utils.cells import Elman, Vanilla
from book_utils.checks import relative_error
from book_utils.dynamics import bptt

UNITS, STEPS, BATCHES = (4, 32, 256), (50, 500), (1, 32)
INPUTS = 3
# The best of as many turns as fit counts; slow libraries get a few at least.
SECONDS, TURNS = 1.0, (5, 500)
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
}

Work = Callable[[], Any]
Gradient = dict[str, np.ndarray]


def main() -> None:
    """Measure in a process of its own: the number of threads is fixed before NumPy starts."""
    work = "from benchmarks.bptt import measure; measure()"
    subprocess.run([sys.executable, "-c", work], env=os.environ | ONE_THREAD, check=True)


def measure() -> None:
    """One line for each cell, size and library, then how many were slower."""
    rivals = {"PyTorch": "torch", "JAX": "jax"}
    missing = [name for name, module in rivals.items() if find_spec(module) is None]
    if missing:
        print(f"{' and '.join(missing)} not found: `make bench` installs both beside the book")
    found = [name for name in rivals if name not in missing] or ["autograd"]
    print("bptt, forward and backward, double precision, one thread each")
    ratios: dict[str, list[float]] = {name: [] for name in found}
    for kind, n, T, B in product((Vanilla, Elman), UNITS, STEPS, BATCHES):
        problem = example(kind, n, T, B)
        for name in found:
            theirs, gradient = RIVALS[name](*problem)
            ours = bptt(*problem)
            for parameter, value in gradient().items():
                error = relative_error(ours[parameter], value)
                if error > 1e-10:
                    raise ArithmeticError(f"{name} differs by {error:.1e} in {parameter}")
            title = f"{kind.__name__}, n = {n}, T = {T}, batch {B}, against {name}"
            mine = lambda problem=problem: bptt(*problem)  # noqa: E731
            ratios[name].append(compare(title, mine, theirs, turns(mine, theirs)))
    for name, each in ratios.items():
        slower = sum(ratio < 1 for ratio in each)
        print(
            f"against {name}: slower in {slower} of {len(each)}, median ratio {np.median(each):.2f}"
        )


def turns(*works: Work) -> int:
    """How many turns fit into the time."""
    once = sum(min(seconds(work) for _ in range(3)) for work in works)
    return int(np.clip(SECONDS / once, *TURNS))


def example(kind: type, n: int, T: int, B: int) -> tuple[Any, ...]:
    """A random cell with tanh, a first state, inputs and loss gradients; no batch axis if B = 1."""
    rng = np.random.default_rng(0)
    cell = kind.random(n, INPUTS, rng, activation="tanh")
    batch = () if B == 1 else (B,)
    sizes = ((*batch, n), (T, *batch, INPUTS), (T, *batch, n))
    return cell, *(rng.normal(size=size) for size in sizes)


# --- the others: each gives what is timed, and the same result as arrays by name ----------------


def with_jax(cell: Any, x0: Any, inputs: Any, g: Any) -> tuple[Work, Callable[[], Gradient]]:
    """grad of a compiled scan."""
    import jax
    import jax.numpy as jnp

    elman = isinstance(cell, Elman)

    def loss(p: Any, x0: Any, inputs: Any, g: Any) -> Any:
        def step(x: Any, d: Any) -> tuple[Any, Any]:
            x = jnp.tanh(x @ p["W"].T + d) if elman else jnp.tanh(x) @ p["W"].T + d
            return x, x

        _, states = jax.lax.scan(step, x0, inputs @ p["U"].T + p["b"])
        return (states * g).sum()

    compiled = jax.jit(jax.grad(loss))
    parameters = {name: jnp.asarray(p) for name, p in cell.parameters().items()}
    arguments = parameters, *map(jnp.asarray, (x0, inputs, g))

    def work() -> Any:
        return jax.block_until_ready(compiled(*arguments))

    return work, lambda: {name: np.asarray(value) for name, value in work().items()}


def with_torch(cell: Any, x0: Any, inputs: Any, g: Any) -> tuple[Work, Callable[[], Gradient]]:
    """autograd.grad of a loop over steps, or of PyTorch's own layer for the Elman cell."""
    import torch

    torch.set_num_threads(1)
    elman = isinstance(cell, Elman)
    p = {name: torch.tensor(value) for name, value in cell.parameters().items()}
    x0, inputs, g = map(torch.tensor, (x0, inputs, g))
    if elman:
        layer = torch.nn.RNN(INPUTS, cell.n, dtype=torch.float64)
        with torch.no_grad():
            for mine, value in zip(layer.parameters(), (p["U"], p["W"], p["b"]), strict=False):
                mine.copy_(value)
            layer.bias_hh_l0.zero_()
        p = {"W": layer.weight_hh_l0, "U": layer.weight_ih_l0, "b": layer.bias_ih_l0}
    else:
        for value in p.values():
            value.requires_grad_()

    def states() -> Any:
        if elman:
            return layer(inputs, x0[None])[0]
        drives, W_T, x, every = inputs @ p["U"].T + p["b"], p["W"].T, x0, []
        for d in drives.unbind(0):
            x = torch.tanh(x) @ W_T + d
            every.append(x)
        return torch.stack(every)

    def work() -> Any:
        return torch.autograd.grad((states() * g).sum(), list(p.values()))

    return work, lambda: {name: each.numpy() for name, each in zip(p, work(), strict=True)}


def with_autograd(cell: Any, x0: Any, inputs: Any, g: Any) -> tuple[Work, Callable[[], Gradient]]:
    """grad of a loop over steps."""
    import autograd
    import autograd.numpy as anp

    elman = isinstance(cell, Elman)

    def loss(p: Gradient) -> Any:
        x, E = x0, 0.0
        for u, row in zip(inputs, g, strict=True):
            d = anp.dot(u, p["U"].T) + p["b"]
            s = x if elman else anp.tanh(x)
            x = anp.dot(s, p["W"].T) + d
            x = anp.tanh(x) if elman else x
            E = E + anp.sum(row * x)
        return E

    gradient, parameters = autograd.grad(loss), dict(cell.parameters())
    return (lambda: gradient(parameters),) * 2


RIVALS = {"PyTorch": with_torch, "JAX": with_jax, "autograd": with_autograd}


if __name__ == "__main__":
    main()
