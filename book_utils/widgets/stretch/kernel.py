"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here.

A map is five numbers: the entries of a 2 by 2 matrix row by row, and its determinant. The
determinant of a product is carried along as the product of determinants, because taken from
the entries it would be rounding noise as soon as the image of the circle is thin.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from book_utils.activations import ACTIVATIONS, Activation, X
from book_utils.cells import Vanilla
from book_utils.widgets.codegen import Formula, Hypot

w = sp.symbols("w11 w12 w21 w22", real=True)
b = sp.symbols("b1 b2", real=True)
x = sp.symbols("x1 x2", real=True)
m = sp.symbols("m11 m12 m21 m22 det", real=True)
p = sp.symbols("p11 p12 p21 p22 pdet", real=True)
angle, norm = sp.symbols("angle norm", real=True)
s = sp.Symbol("s", integer=True)


def formulas() -> tuple[Formula, ...]:
    """Everything the view may compute."""
    return (*_cell_formulas(), *_map_formulas())


def _cell_formulas() -> tuple[Formula, ...]:
    """One step of the vanilla cell and its Jacobian, for each activation."""
    step, jacobian = _step_and_jacobian()
    found = []
    for name, act in ACTIVATIONS.items():
        found += [
            Formula(f"step_{name}", (*w, *b, *x), _with_activation(step, act)),
            Formula(f"jacobian_{name}", (*w, *b, *x), _with_activation(jacobian, act)),
            Formula(f"bound_{name}", (norm, s), (act.lipschitz, (act.lipschitz * norm) ** s)),
        ]
    return tuple(found)


def _step_and_jacobian() -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]:
    """The cell's own step, run on symbols with a nameless activation, and its derivative."""
    nameless = Activation("nameless", "f", sp.Function("f")(X))
    cell = Vanilla(_square(w), np.zeros((2, 0)), np.array(b, dtype=object), nameless)
    step = sp.Matrix(cell.step(np.array(x, dtype=object), np.zeros(0)))
    jacobian = step.jacobian(x)
    return tuple(step), (*jacobian, jacobian.det())


def _with_activation(entries: tuple[sp.Expr, ...], act: Activation) -> tuple[sp.Expr, ...]:
    """Put the forms of σ and σ′ that do not overflow in the place of the nameless ones."""
    f = sp.Function("f")
    slopes = {f(each).diff(each): act.stable_derivative(each) for each in x}
    values = {f(each): act.stable_value(each) for each in x}
    return tuple(entry.subs(slopes).subs(values) for entry in entries)


def _map_formulas() -> tuple[Formula, ...]:
    """What a 2 by 2 matrix does to the unit circle."""
    M = sp.Matrix(2, 2, m[:4])
    P = sp.Matrix(2, 2, p[:4])
    return (
        Formula("unit", (), (*sp.eye(2), sp.Integer(1))),
        Formula("weight", w, (*w, sp.Matrix(2, 2, w).det())),
        Formula("product", (*m, *p), (*(M * P), m[4] * p[4])),
        Formula("image", (*m, angle), tuple(M * sp.Matrix([sp.cos(angle), sp.sin(angle)]))),
        _singular_values(),
        _semi_axes(M),
        _eigenvalues(),
    )


def _singular_values() -> Formula:
    """σ_max and σ_min: half the sum of the two moduli a plane map is made of, and |det|/σ_max."""
    m11, m12, m21, m22, det = m
    largest = sp.Symbol("largest", nonnegative=True)
    moduli = Hypot(m11 + m22, m21 - m12) + Hypot(m11 - m22, m21 + m12)
    smallest = _ratio(sp.Abs(det), largest)
    return Formula("singular", m, (largest, smallest), ((largest, moduli / 2),))


def _semi_axes(M: sp.Matrix) -> Formula:
    """The directions stretched most and least, each followed by its image.

    They are half the angle by which MᵀM departs from a multiple of the identity.
    """
    (m11, m12, m21, m22, _), scaled = _scaled()
    half = sp.Symbol("half", real=True)
    double = sp.atan2(2 * (m11 * m12 + m21 * m22), m11**2 + m21**2 - m12**2 - m22**2)
    v1 = sp.Matrix([sp.cos(half), sp.sin(half)])
    v2 = sp.Matrix([-sp.sin(half), sp.cos(half)])
    return Formula("axes", m, (*v1, *(M * v1), *v2, *(M * v2)), (*scaled, (half, double / 2)))


def _eigenvalues() -> Formula:
    """Real and imaginary part of both, the larger first, and the spectral radius.

    Of two real ones the smaller is det divided by the larger: their difference would cancel.
    """
    (m11, m12, m21, m22, det), scaled = _scaled()
    scale = scaled[0][0]
    half, square, root, larger = sp.symbols("half square root larger", real=True)
    steps = (
        (half, (m11 + m22) / 2),
        (square, ((m11 - m22) / 2) ** 2 + m12 * m21),
        (root, sp.sqrt(sp.Abs(square))),
        (larger, half + sp.Piecewise((-root, half < 0), (root, True))),
    )
    parts = [
        sp.Piecewise((if_complex, square < 0), (if_real, True))
        for if_complex, if_real in (
            (half, larger),
            (root, 0),
            (half, _ratio(det, larger)),
            (-root, 0),
            (Hypot(half, root), sp.Abs(larger)),
        )
    ]
    return Formula("eigen", m, tuple(scale * part for part in parts), (*scaled, *steps))


def _scaled() -> tuple[tuple[sp.Symbol, ...], tuple[tuple[sp.Symbol, sp.Expr], ...]]:
    """The map divided by its largest entry, so that squares neither overflow nor vanish."""
    scale = sp.Symbol("scale", positive=True)
    names = sp.symbols("s11 s12 s21 s22 once sdet", real=True)
    largest = sp.Max(*(sp.Abs(entry) for entry in m[:4]), sp.Float("1e-300"))
    entries = [(name, entry / scale) for name, entry in zip(names, m, strict=False)]
    twice = (names[5], names[4] / scale)
    return (*names[:4], names[5]), ((scale, largest), *entries, twice)


def _ratio(top: sp.Expr, bottom: sp.Expr) -> sp.Expr:
    return sp.Piecewise((0, sp.Eq(bottom, 0)), (top / bottom, True))


def _square(entries: tuple[sp.Symbol, ...]) -> np.ndarray:
    return np.array(entries, dtype=object).reshape(2, 2)
