"""The cells against outsiders: a per-unit loop, SymPy, finite differences and autograd."""

import numpy as np
import pytest
import sympy as sp
import witnesses

from book_utils.cells import CELLS, Cell
from book_utils.checks import autograd_jacobian, finite_difference_jacobian, relative_error

EVERY = pytest.mark.parametrize("kind", witnesses.kinds(), ids=witnesses.kind_name)


def random_cell(kind, n, m, seed=0):
    """A cell of this kind, and a state and an input for it."""
    cell_type, others = kind
    rng = np.random.default_rng([seed, n, m])
    return cell_type.random(n, m, rng, **others), rng.normal(size=n), rng.normal(size=m)


def symbolic_cell(kind, n, m):
    """A cell of this kind, a state and an input, all of them symbols."""
    cell_type, others = kind
    sizes = {"n": n, "m": m}
    parameters = {
        name: sp.symarray(name, tuple(sizes[letter] for letter in letters), real=True)
        for name, letters in cell_type.shapes.items()
    }
    x, u = sp.symarray("x", n, real=True), sp.symarray("u", m, real=True)
    return cell_type(**parameters, **others), x, u


def test_every_cell_has_a_witness():
    """Each registered cell has a per-unit loop in witnesses.STEP; a new one must bring its own."""
    assert set(witnesses.STEP) == {cell.__name__ for cell in CELLS}


@EVERY
@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (3, 0), (5, 2), (64, 3)])
def test_step_agrees_with_loops(kind, n, m):
    """One step agrees with naive per-unit loops written from the displayed formula."""
    cell, x, u = random_cell(kind, n, m)
    # 64 products summed in another order differ by a few roundings.
    assert relative_error(cell.step(x, u), witnesses.run(cell, x, [u])) < 1e-13


@EVERY
@pytest.mark.parametrize("n", [1, 2, 3])
def test_jacobian_agrees_with_sympy(kind, n):
    """At n = 1, 2, 3 the Jacobian equals SymPy's of the step, entry by entry, exactly."""
    cell, x, u = symbolic_cell(kind, n, 2)
    outside = sp.Matrix(cell.step(x, u)).jacobian(sp.Matrix(x))
    difference = sp.Matrix(cell.jacobian(x, u)) - outside
    assert difference.applyfunc(lambda entry: sp.simplify(sp.piecewise_fold(entry))).is_zero_matrix


@EVERY
@pytest.mark.parametrize("n", [1, 2, 3, 8, 64])
def test_jacobian_agrees_with_finite_differences(kind, n):
    """Up to 64 units the Jacobian agrees with central differences."""
    cell, x, u = random_cell(kind, n, 2)
    # relu is straight between kinks: a small step rarely meets one, and costs accuracy.
    options, tolerance = ({"step": 2.0**-20}, 1e-8) if _has_kink(cell) else ({}, 1e-10)
    outside = finite_difference_jacobian(lambda y: cell.step(y, u), x, **options)
    assert relative_error(cell.jacobian(x, u), outside) < tolerance


@EVERY
@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_jacobian_agrees_with_autograd(kind, n):
    """The Jacobian agrees with autograd's of the witness, which shares no line with the cell."""
    cell, x, u = random_cell(kind, n, 2)
    outside = autograd_jacobian(lambda y: witnesses.run(cell, y, [u]), x)
    assert relative_error(cell.jacobian(x, u), outside) < 1e-13


@EVERY
def test_symbols_and_numbers_agree(kind):
    """Putting numbers into the symbolic step gives the numeric step."""
    cell, x, u = random_cell(kind, 3, 2)
    symbols, xs, us = symbolic_cell(kind, 3, 2)
    pairs = [(xs, x), (us, u)]
    pairs += [(symbols.parameters()[name], value) for name, value in cell.parameters().items()]
    values = {
        s: v for names, numbers in pairs for s, v in zip(names.flat, numbers.flat, strict=True)
    }
    put_in = [float(entry.subs(values)) for entry in symbols.step(xs, us)]
    assert relative_error(put_in, cell.step(x, u)) < 1e-13


@EVERY
def test_parameters_cannot_change(kind):
    """A cell keeps read-only copies, whatever happens to the arrays it was made from."""
    cell_type, others = kind
    rng = np.random.default_rng(0)
    given = {
        name: np.array(p) for name, p in cell_type.random(3, 2, rng, **others).parameters().items()
    }
    cell = cell_type(**given, **others)
    before = {name: p.copy() for name, p in cell.parameters().items()}
    for p in given.values():
        p += 1
    for name, p in cell.parameters().items():
        assert np.array_equal(p, before[name])
        with pytest.raises(ValueError, match="read-only"):
            p[0] = 0
    with pytest.raises(AttributeError):
        cell.W = given["W"]


@EVERY
def test_contract(kind):
    """A cell meets the protocol, and tells the sizes of state and input."""
    cell, x, u = random_cell(kind, 3, 2)
    assert isinstance(cell, Cell)
    assert (cell.n, cell.m) == (3, 2)
    assert list(cell.parameters()) == list(cell.shapes)
    assert cell.step(x, u).shape == (3,)
    assert cell.jacobian(x, u).shape == (3, 3)


@EVERY
@pytest.mark.parametrize("method", ["step", "jacobian"])
def test_state_and_input_are_checked(kind, method):
    """step and jacobian refuse a state or an input that would only broadcast."""
    cell, x, u = random_cell(kind, 3, 2)
    with pytest.raises(
        ValueError, match=r"^x: got shape \(3, 1\), expects shape \(n,\) with n = 3"
    ):
        getattr(cell, method)(x[:, None], u)
    with pytest.raises(ValueError, match=r"^u: got shape \(1,\), expects shape \(m,\) with m = 2"):
        getattr(cell, method)(x, u[:1])


@EVERY
def test_jacobian_is_a_fresh_array(kind):
    """Writing into a Jacobian leaves the cell as it was."""
    cell, x, u = random_cell(kind, 2, 1)
    before = cell.jacobian(x, u).copy()
    cell.jacobian(x, u)[:] = 7
    assert np.array_equal(cell.jacobian(x, u), before)


def _has_kink(cell):
    act = getattr(cell, "activation", None)
    return act is not None and act.smoothness is None
