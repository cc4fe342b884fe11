"""The experiment on random systems, as printed, beside the same in PyTorch.

Both measure the gap for every k and train with three schedules, for ten runs of 32 units and 200
inputs, in double precision and on one thread. PyTorch gets the same systems and the same
vectorisation: all runs and schedules in one batch, all windows of a run side by side, autograd for
the rows ∂p/∂h_t and one product for the gradient. Of several ways to write it, its fastest is
taken: states as rows, and a projection by way of eigenvectors.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.bptt import ONE_THREAD
from benchmarks.timing import compare, readable, seconds
from book_utils.checks import relative_error
from book_utils.experiments import windows


def main() -> None:
    """Measure in a process of its own: the number of threads is fixed before NumPy starts."""
    work = "from benchmarks.windows import measure; measure()"
    subprocess.run([sys.executable, "-c", work], env=os.environ | ONE_THREAD, check=True)


def measure() -> None:
    """A line for each model and part, and one for the whole experiment."""
    config = windows.Config()
    chosen = [windows.systems(config, windows.PRINTED, model) for model in windows.MODELS]
    print("random systems as printed, double precision, one thread each")
    if find_spec("torch") is None:
        print("PyTorch not found: `make bench` installs it beside the book")
        for each in chosen:
            took = seconds(lambda each=each: (windows.gaps(each), windows.train(each, config)))
            print(f"gaps and training, {each.model}: {readable(took)}")
        return
    import torch

    torch.set_num_threads(1)
    for each in chosen:
        ours, theirs = windows.gaps(each), torch_gaps(each)
        clear = ours > windows.ROUNDING * ours.max()
        # The gap is a difference of gradients: it keeps as many digits as are left of them.
        agree(each.model, ours[clear], theirs[clear], 1e-2)
        small = windows.Config(runs=2, N=5)
        few = windows.systems(small, windows.RESCALED, each.model)
        trained = windows.train(few, small).losses[..., -1]
        agree(each.model, trained.ravel(), torch_train(few, small).ravel(), 1e-9)
    for each in chosen:
        compare(
            f"gaps for all k, {each.model}",
            lambda each=each: windows.gaps(each),
            lambda each=each: torch_gaps(each),
            3,
        )
        compare(
            f"training, {each.model}",
            lambda each=each: windows.train(each, config),
            lambda each=each: torch_train(each, config),
            3,
        )
    compare(
        "the experiment, NumPy against PyTorch",
        lambda: [(windows.gaps(each), windows.train(each, config)) for each in chosen],
        lambda: [(torch_gaps(each), torch_train(each, config)) for each in chosen],
        1,
    )


def agree(what: str, ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    """Refuse to time two different things."""
    error = relative_error(ours, theirs)
    if error > tolerance:
        raise ArithmeticError(f"{what}: PyTorch differs by {error:.1e}")


# --- the same in PyTorch ------------------------------------------------------------------------


def torch_gaps(chosen: windows.Systems) -> np.ndarray:
    """All windows of a run side by side; autograd gives the costates, a product each gradient."""
    import torch

    drives, offset = torch.tensor(chosen.drives), chosen.offset
    found = []
    for run in range(len(chosen.W)):
        W, C = torch.tensor(chosen.W[run]), torch.tensor(chosen.C[run])
        h = torch.zeros(0, len(W), dtype=W.dtype)
        arrived, before = [], []
        for d in drives[:, run]:
            before.append(torch.nn.functional.pad(h, (0, 0, 0, 1)))
            arrived.append(torch.addmm(d, before[-1], W.T).requires_grad_())
            h = torch.tanh(arrived[-1]) if chosen.model == windows.TANH else arrived[-1]
        loss = ((h @ C + float(offset[run])) ** 2).sum() / 2
        rows = torch.autograd.grad(loss, arrived)
        with torch.no_grad():
            T = len(rows)
            pad = [torch.nn.functional.pad(r, (0, 0, 0, T - len(r))) for r in rows]
            past = [torch.nn.functional.pad(b, (0, 0, 0, T - len(b))) for b in before]
            each = torch.bmm(torch.stack(pad).permute(1, 2, 0), torch.stack(past).transpose(0, 1))
            found.append(torch.linalg.matrix_norm(each[:1] - each[1:]).flip(0).numpy())
    return np.array(found)


def torch_train(chosen: windows.Systems, config: windows.Config) -> np.ndarray:
    """The losses after the last step, by schedule and run."""
    import torch

    count, tanh = len(windows.SCHEDULES), chosen.model == windows.TANH
    W, C, offset = (
        torch.tensor(np.concatenate([a] * count)) for a in (chosen.W, chosen.C, chosen.offset)
    )
    # States are rows: batched products of columns are several times slower here.
    drives = torch.tensor(np.concatenate([chosen.drives] * count, axis=1))[:, :, None]

    def last(weights: Any, inputs: Any) -> tuple[Any, list[Any], list[Any]]:
        transposed, h = weights.mT.contiguous(), torch.zeros_like(inputs[0])
        arrived, before = [], []
        for d in inputs.unbind(0):
            before.append(h)
            # The first needs a gradient, and so do all that follow from it.
            arrived.append(torch.baddbmm(d, h, transposed) if arrived else d.clone())
            if len(arrived) == 1:
                arrived[0].requires_grad_()
            h = torch.tanh(arrived[-1]) if tanh else arrived[-1]
        return ((h[:, 0] * C).sum(1) + offset) ** 2 / 2, arrived, before

    def gradient(weights: Any, inputs: Any) -> Any:
        loss, arrived, before = last(weights, inputs)
        rows = torch.autograd.grad(loss.sum(), arrived)
        with torch.no_grad():
            return torch.cat(rows, 1).mT @ torch.cat(before, 1)

    def project(weights: Any) -> Any:
        squares, U = torch.linalg.eigh(weights @ weights.mT)
        factors = (config.λ / squares.clamp(min=0).sqrt()).clamp(max=1)
        return (U * factors[..., None, :]) @ (U.mT @ weights)

    whole = window = W
    for i in range(1, config.N + 1):
        steps = torch.tensor([rule(i) for rule in windows.SCHEDULES.values()], dtype=W.dtype)
        steps = config.α * steps.repeat_interleave(len(chosen.W))[:, None, None]
        moves = gradient(whole, drives), gradient(window, drives[-config.k :])
        whole, window = project(torch.stack([whole, window]) - steps * torch.stack(moves))
    return last(whole, drives)[0].detach().reshape(count, -1).numpy()


if __name__ == "__main__":
    main()
