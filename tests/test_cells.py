"""The cells against outsiders: a per-unit loop, SymPy, finite differences and autograd."""

import numpy as np
import pytest
import sympy as sp
import witnesses

from book_utils.cells import CELLS, Cell
from book_utils.checks import autograd_jacobian, finite_difference_jacobian, relative_error

EVERY = pytest.mark.parametrize("kind", witnesses.kinds(), ids=witnesses.kind_name)


def random_cell(kind, units, m, seed=0):
    """A cell of this kind with so many units, and a state and an input for it."""
    cell_type, others = kind
    rng = np.random.default_rng([seed, units, m])
    n = witnesses.state_size(kind, units)
    return cell_type.random(n, m, rng, **others), rng.normal(size=n), rng.normal(size=m)


def symbolic_cell(kind, units, m):
    """A cell of this kind, a state and an input, all of them symbols."""
    cell_type, others = kind
    n = witnesses.state_size(kind, units)
    sizes = cell_type.sizes(n, m)
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
@pytest.mark.parametrize(("units", "m"), [(1, 1), (2, 3), (3, 0), (5, 2), (64, 3)])
def test_step_agrees_with_loops(kind, units, m):
    """One step agrees with naive per-unit loops written from the displayed formula."""
    cell, x, u = random_cell(kind, units, m)
    # 64 products summed in another order differ by a few roundings.
    assert relative_error(cell.step(x, u), witnesses.run(cell, x, [u])) < 1e-13


@EVERY
@pytest.mark.parametrize("units", [1, 2, 3])
def test_jacobian_agrees_with_sympy(kind, units):
    """With 1, 2 and 3 units the Jacobian equals SymPy's of the step, entry by entry, exactly."""
    cell, x, u = symbolic_cell(kind, units, 2)
    outside = sp.Matrix(cell.step(x, u)).jacobian(sp.Matrix(x))
    for entry in sp.Matrix(cell.jacobian(x, u)) - outside:
        # Expanding is enough for most, and does not take minutes for an LSTM.
        assert sp.expand(entry) == 0 or sp.simplify(sp.piecewise_fold(entry)) == 0


@EVERY
@pytest.mark.parametrize("units", [1, 2, 3, 8, 64])
def test_jacobian_agrees_with_finite_differences(kind, units):
    """Up to 64 units the Jacobian agrees with central differences."""
    cell, x, u = random_cell(kind, units, 2)
    # relu is straight between kinks: a small step rarely meets one, and costs accuracy.
    options, tolerance = ({"step": 2.0**-20}, 1e-8) if _has_kink(cell) else ({}, 1e-10)
    outside = finite_difference_jacobian(lambda y: cell.step(y, u), x, **options)
    assert relative_error(cell.jacobian(x, u), outside) < tolerance


@EVERY
@pytest.mark.parametrize("units", [1, 2, 3, 8])
def test_jacobian_agrees_with_autograd(kind, units):
    """The Jacobian agrees with autograd's of the witness, which shares no line with the cell."""
    cell, x, u = random_cell(kind, units, 2)
    outside = autograd_jacobian(lambda y: witnesses.run(cell, y, [u]), x)
    assert relative_error(cell.jacobian(x, u), outside) < 1e-13


@EVERY
@pytest.mark.parametrize("units", [1, 2])
def test_pulling_to_the_input_agrees_with_sympy(kind, units):
    """The unit rows pulled to the input are exactly the derivative of the step by the input."""
    cell, x, u = symbolic_cell(kind, units, 3)
    outside = sp.Matrix(cell.step(x, u)).jacobian(sp.Matrix(u))
    ours = cell.pull_input(cell.units(x, u), *cell.slopes_along(x, u))
    for entry in sp.Matrix(ours) - outside:
        assert sp.expand(entry) == 0 or sp.simplify(sp.piecewise_fold(entry)) == 0


@EVERY
@pytest.mark.parametrize(("units", "m"), [(1, 1), (3, 2), (8, 5)])
def test_pulling_to_the_input_agrees_with_autograd(kind, units, m):
    """A row pulled to the input is the row times what autograd finds for the witness, with leading
    axes as without them."""
    cell, x, u = random_cell(kind, units, m)
    outside = autograd_jacobian(lambda v: witnesses.run(cell, x, [v]), u)
    rows = np.random.default_rng(4).normal(size=(3, 2, cell.n))
    slopes = cell.slopes_along(x, u)
    assert relative_error(cell.pull_input(cell.units(x, u), *slopes), outside) < 1e-13
    assert relative_error(cell.pull_input(rows, *slopes), rows @ outside) < 1e-13


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
    given = {name: np.array(p) for name, p in random_cell(kind, 3, 2)[0].parameters().items()}
    cell = cell_type(**given, **others)
    before = {name: p.copy() for name, p in cell.parameters().items()}
    for p in given.values():
        p += 1
    for name, p in cell.parameters().items():
        assert np.array_equal(p, before[name])
        with pytest.raises(ValueError, match="read-only"):
            p[0] = 0
    with pytest.raises(AttributeError):
        setattr(cell, name, given[name])


@EVERY
def test_contract(kind):
    """A cell meets the protocol, and tells the sizes of state and input."""
    cell, x, u = random_cell(kind, 3, 2)
    n = witnesses.state_size(kind, 3)
    assert isinstance(cell, Cell)
    assert (cell.n, cell.m) == (n, 2)
    assert list(cell.parameters()) == list(cell.shapes)
    assert cell.step(x, u).shape == (n,)
    assert cell.jacobian(x, u).shape == (n, n)


@EVERY
@pytest.mark.parametrize("method", ["step", "jacobian"])
def test_state_and_input_are_checked(kind, method):
    """step and jacobian refuse a state or an input that would only broadcast."""
    cell, x, u = random_cell(kind, 3, 2)
    n = cell.n
    with pytest.raises(
        ValueError, match=rf"^x: got shape \({n}, 1\), expects shape \(n,\) with n = {n}"
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
