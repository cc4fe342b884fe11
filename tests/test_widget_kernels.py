"""The generated JavaScript of every explorable: fresh, small, and what SymPy means."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import mpmath
import numpy as np
import pytest
import sympy as sp
from widget_pages import in_node

from book_utils import widgets
from book_utils.widgets.codegen import Formula, Hypot

EVERY = pytest.mark.parametrize("name", widgets.names())

# A formula has tens of operations of 1e-16 each; a sum that cancels may lose a few digits more.
TOLERANCE = 1e-10
CASES = 20


def formulas(name: str) -> tuple[Formula, ...]:
    every = import_module(f"book_utils.widgets.{name}.kernel").formulas()
    # A hash is no formula of real numbers: what it gives is compared with Python bit by bit.
    return tuple(each for each in every if isinstance(each, Formula))


def random_arguments(formula: Formula, rng: np.random.Generator) -> list[float]:
    """A number of the kind that each argument says it is."""
    return [
        int(rng.integers(1, 13)) if each.is_integer
        else float(abs(value) if each.is_nonnegative else value)
        for each, value in zip(formula.arguments, rng.normal(size=len(formula.arguments)),
                               strict=True)
    ]  # fmt: skip


def by_sympy(formula: Formula) -> Callable[[list[float]], list[float]]:
    """What gives the formula's results with 40 digits, one definition after the other."""

    def plain(expression: sp.Expr) -> sp.Expr:
        return expression.replace(Hypot, lambda a, b: sp.sqrt(a**2 + b**2))

    names, steps = list(formula.arguments), []
    for symbol, expression in formula.where:
        steps.append(sp.lambdify(names, plain(expression), "mpmath", dummify=True))
        names = [*names, symbol]
    results = sp.lambdify(names, list(map(plain, formula.results)), "mpmath", dummify=True)

    def at(numbers: list[float]) -> list[float]:
        with mpmath.workdps(40):
            values = list(map(mpmath.mpf, numbers))
            for step in steps:
                values.append(step(*values))
            return list(map(float, results(*values)))

    return at


@EVERY
def test_javascript_means_what_sympy_means(name, node, tmp_path):
    """Each function of a kernel gives, at random numbers, what its SymPy expressions give."""
    rng = np.random.default_rng(6)
    expected = {each: by_sympy(each) for each in formulas(name)}
    cases = [(each, random_arguments(each, rng)) for each in expected for _ in range(CASES)]
    found = in_node(
        node,
        tmp_path,
        (widgets.HERE / name / "kernel.js").read_text(encoding="utf-8"),
        "([name, numbers], module) => module.kernel[name](...numbers)",
        [(each.name, numbers) for each, numbers in cases],
    )
    for (formula, numbers), ours in zip(cases, found, strict=True):
        theirs = np.array(expected[formula](numbers))
        size = max(np.abs(theirs).max(), np.abs(numbers).max(initial=0))
        error = np.abs(np.array(ours, float) - theirs).max()
        assert error <= TOLERANCE * size, (formula.name, numbers)


@EVERY
def test_kernel_is_fresh(name):
    """kernel.js is what the definitions print today; `python -m book_utils.widgets` makes it."""
    stored = (widgets.HERE / name / "kernel.js").read_text(encoding="utf-8")
    assert stored == widgets.kernel_text(name), "run: python -m book_utils.widgets"


@EVERY
def test_kernel_says_where_it_comes_from_and_stays_small(name):
    """The first line names the command that made it, and the arithmetic stays below 4.5 kB."""
    stored = (widgets.HERE / name / "kernel.js").read_bytes()
    assert b"python -m book_utils.widgets" in stored.splitlines()[0]
    assert len(stored) < 4500


@EVERY
def test_every_explorable_has_its_own_tests(root, name):
    """What is special to an explorable, its numbers above all, is tested in a file of its own."""
    assert (root / "tests" / f"test_{name}_widget.py").is_file()
