"""The compiled bptt: the same numbers as the way in NumPy, the same messages, the same accuracy."""

from __future__ import annotations

import ctypes
import runpy
import shutil
import subprocess
import sys
import types
from itertools import product
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import sympy as sp
import witnesses
from conftest import ROOT, missing

import book_utils.dynamics as d
from book_utils.activations import ACTIVATIONS, Activation, X
from book_utils.cells import LSTM, Elman, Linear, Vanilla
from book_utils.checks import relative_error
from book_utils.dynamics import compiled
from book_utils.dynamics.compiled.codegen import header


def extension() -> dict:
    """What setup.py says of the extension."""
    stand_in, found = types.ModuleType("setuptools"), []
    stand_in.Extension = lambda name, **said: {"name": name, **said}
    stand_in.setup = lambda ext_modules: found.extend(ext_modules)
    with mock.patch.dict(sys.modules, setuptools=stand_in):
        runpy.run_path(str(ROOT / "setup.py"))
    return found[0]


EXTENSION = extension()
BOTH = pytest.mark.parametrize("kind", [Vanilla, Elman])


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """bptt.c as it stands now, compiled as setup.py says."""
    if shutil.which("cc") is None:
        missing("a C compiler is missing: sudo apt-get install gcc libc6-dev")
    path = tmp_path_factory.mktemp("compiled") / "bptt.so"
    options = [*EXTENSION["extra_compile_args"], "-fPIC", "-shared"]
    libraries = [f"-l{name}" for name in EXTENSION["libraries"]]
    subprocess.run(
        ["cc", *options, "-o", str(path), *EXTENSION["sources"], *libraries], cwd=ROOT, check=True
    )
    return compiled.load(str(path))


@pytest.fixture
def use(built: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """bptt goes the compiled way."""
    monkeypatch.setattr(compiled, "library", lambda: built)
    return monkeypatch


def problem(kind, activation, n, m, T, batch=(), seed=0):
    """A cell, a first state, inputs and loss gradients."""
    rng = np.random.default_rng([seed, n, m, T, *batch])
    cell = kind.random(n, m, rng, activation=activation)
    sizes = ((*batch, n), (T, *batch, m), (T, *batch, n))
    return cell, *(rng.normal(size=size) for size in sizes)


def in_numpy(monkeypatch, *arguments):
    """What bptt gives without the compiled way."""
    with monkeypatch.context() as without:
        without.setattr(compiled, "library", lambda: None)
        return d.bptt(*arguments)


def test_the_activations_are_generated():
    """activations.h is what the activations print now; nobody has edited it."""
    text = (Path(compiled.__file__).parent / "activations.h").read_text(encoding="utf-8")
    assert text == header(), "run `python -m book_utils.dynamics.compiled`"


def test_the_package_builds_what_is_looked_for():
    """The installation makes the module that bptt looks for, and does without where it cannot."""
    assert EXTENSION["name"] == compiled.NAME
    assert EXTENSION["optional"] is True
    here = Path(compiled.__file__).parent.relative_to(ROOT)
    assert EXTENSION["sources"] == [str(here / name) for name in ("bptt.c", "unit.c")]


@BOTH
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_agrees_with_numpy(use, kind, activation):
    """For sizes on both sides of every tile, all activations and batches, the gradients agree."""
    sizes = product((1, 4, 5, 28, 33, 130), (0, 3, 5), (1, 40), ((), (1,), (6,)))
    for n, m, T, batch in sizes:
        given = problem(kind, activation, n, m, T, batch)
        ours = compiled.bptt(*given)
        for name, reference in in_numpy(use, *given).items():
            assert ours[name].shape == reference.shape
            # The same sums in another order, over 40 steps that may enlarge a rounding error.
            assert relative_error(ours[name], reference) < 1e-10, (n, m, T, batch, name)


@BOTH
def test_agrees_with_numpy_over_many_blocks(use, kind):
    """What is gathered in blocks of times adds up over more blocks than one, the last one short."""
    given = problem(kind, "tanh", 64, 2, 203, (5,))
    for name, reference in in_numpy(use, *given).items():
        assert relative_error(d.bptt(*given)[name], reference) < 1e-9


@BOTH
def test_agrees_with_the_witness(use, kind):
    """One step back by hand: ∂E/∂b for a single step is the loss gradient times the slope."""
    cell, x0, inputs, g = problem(kind, "tanh", 3, 2, 1)
    after = witnesses.run(cell, x0, inputs)
    slope = 1 - after**2 if kind is Elman else 1.0
    assert relative_error(d.bptt(cell, x0, inputs, g)["b"], g[0] * slope) < 1e-14


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_slopes_keep_their_digits_far_out(use, activation):
    """At a state of 30, where 1 − tanh² would round to 0, the gradient keeps 12 digits."""
    cell = Vanilla([[1.0]], np.zeros((1, 1)), [30.0], activation)
    # An input at the first step reaches the loss at the second through that state alone.
    given = cell, np.zeros(1), np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])
    slope = cell.activation.derivative(30.0 + cell.activation(0.0))
    assert 0 < slope < 1e-12
    assert compiled.bptt(*given)["U"].item() == pytest.approx(slope, rel=1e-12)


def applies(*arguments):
    """Whether the compiled way is taken."""
    return compiled.bptt(*arguments) is not None


def test_applies_where_it_should_and_nowhere_else(use):
    """Float arrays that fit a Vanilla or Elman cell go the compiled way; all else is declined."""
    cell, x0, inputs, g = problem(Vanilla, "tanh", 3, 2, 4)
    assert applies(cell, x0, inputs, g)
    read_only = x0.copy()
    read_only.flags.writeable = False
    assert applies(cell, read_only, inputs, g)
    rng = np.random.default_rng(0)
    linear, lstm = Linear.random(3, 2, rng), LSTM.random(4, 2, rng)
    sine = Vanilla(cell.W, cell.U, cell.b, Activation("double", "d", 2 * X))
    symbols = Vanilla(sp.symarray("w", (3, 3)), cell.U, cell.b, "tanh")
    for other in (linear, sine, symbols, "tanh", None):
        assert not applies(other, x0, inputs, g)
    assert not applies(lstm, np.zeros(4), inputs, np.zeros((4, 4)))
    for arguments in (
        (list(x0), inputs, g),
        (x0, inputs.astype(int), g),
        (x0, inputs, g.astype(object)),
        (x0, inputs, g[::-1]),
        (x0, inputs[:3], g),
        (x0, inputs[:, :1], g),
        (x0[:2], inputs, g),
        (x0[None], inputs, g),
        (x0[None, None], inputs, g),
        (x0, inputs[0], g),
        (x0, np.array(1.0), g),
        (x0, inputs[:0], g[:0]),
    ):
        assert not applies(cell, *arguments)
    use.setattr(compiled, "library", lambda: None)
    assert not applies(cell, x0, inputs, g)


def test_what_is_declined_has_the_same_result(use):
    """Lists, integers and reversed arrays give the gradient too, by the other way."""
    cell, x0, inputs, g = problem(Elman, "tanh", 3, 2, 4)
    backwards = g[::-1].copy()[::-1]
    for name, value in d.bptt(cell, x0, inputs, g).items():
        other = d.bptt(cell, x0.tolist(), inputs.tolist(), backwards)[name]
        assert relative_error(value, other) < 1e-13


@pytest.mark.parametrize("spoiled", ["x0", "inputs", "loss_gradients"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@BOTH
def test_a_number_that_is_not_finite_gets_its_message(use, kind, spoiled, value):
    """NaN and infinity anywhere are refused with the sentence of the careful way."""
    names = ("x0", "inputs", "loss_gradients")
    cell, *arrays = problem(kind, "tanh", 3, 2, 4)
    arguments = dict(zip(names, arrays, strict=True))
    arguments[spoiled].flat[-1] = value
    with pytest.raises(ValueError, match=rf"^{spoiled}: got a non-finite number"):
        d.bptt(cell, *arguments.values())


@BOTH
def test_overflow_gets_its_message(use, kind):
    """A state and a gradient beyond the largest number are refused with the step, as elsewhere."""
    cell = kind([[1e200]], [[1.0]], [0.0], "identity")
    ones = np.ones((3, 1))
    with pytest.raises(OverflowError, match=r"^the state at t = 2: got numbers beyond"):
        d.bptt(cell, np.ones(1), ones, ones)
    with pytest.raises(OverflowError, match=r"^the costate at t = \d: got numbers beyond"):
        d.bptt(cell, np.zeros(1), 0 * ones, 1e200 * ones)


@BOTH
def test_arguments_stay_and_results_stand_alone(use, kind):
    """No argument is written into, and a gradient keeps no working memory alive."""
    cell, *arrays = problem(kind, "tanh", 4, 2, 30, (3,))
    kept = [each.copy() for each in arrays]
    first, second = compiled.bptt(cell, *arrays), compiled.bptt(cell, *arrays)
    for before, after in zip(kept, arrays, strict=True):
        assert np.array_equal(before, after)
    for name, each in first.items():
        assert each.base is None
        each[...] = 7
        assert not (second[name] == 7).any()


def test_memory_grows_linearly(built):
    """Twice the steps take twice the room beyond what one step takes, at every size."""
    for n, m, B in product((1, 4, 300), (0, 3), (1, 32)):
        one, two, four = (built.work_size(n, m, T, B) for T in (1_000, 2_000, 4_000))
        assert four - two == 2 * (two - one)
        assert two - one == 2 * 1_000 * B * n  # a_t and s_t, nothing else
