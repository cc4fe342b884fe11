"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here.

A map is five numbers: the entries of a 2 by 2 matrix row by row, and its determinant. The
determinant of a product is carried along as the product of determinants, because taken from
the entries it would be rounding noise as soon as the image of the circle is thin.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from book_utils.activations import Activation, X
from book_utils.cells import Vanilla
from book_utils.widgets.codegen import Formula, Hypot
from book_utils.widgets.formulas import activations, ratio

w = sp.symbols("w11 w12 w21 w22", real=True)
b = sp.symbols("b1 b2", real=True)
x = sp.symbols("x1 x2", real=True)
value = sp.symbols("value1 value2", real=True)
slope = sp.symbols("slope1 slope2", real=True)
m = sp.symbols("m11 m12 m21 m22 det", real=True)
p = sp.symbols("p11 p12 p21 p22 pdet", real=True)
angle, norm, gamma = sp.symbols("angle norm gamma", real=True)
s = sp.Symbol("s", integer=True)

# A decimal such as 0.1 is stored to half an ulp, and a product of twelve factors gathers about
# a hundred of them. A difference of two equal numbers is then not 0 but this much of either.
ONE_ULP = sp.Rational(1, 2**52)
FEW_ULPS, MANY_ULPS = 4 * ONE_ULP, 64 * ONE_ULP


def formulas() -> tuple[Formula, ...]:
    """Everything the view may compute."""
    return (*activations(), *_cell(), *_map_formulas())


def _cell() -> tuple[Formula, ...]:
    """One step of the vanilla cell, and its Jacobian as a map made from the map of W."""
    f = sp.Function("f")
    cell = Vanilla(
        _square(w), np.zeros((2, 0)), np.array(b, dtype=object), Activation("f", "f", f(X))
    )
    step = sp.Matrix(cell.step(np.array(x, dtype=object), np.zeros(0)))
    jacobian = step.jacobian(x).subs(
        {f(each).diff(each): s for each, s in zip(x, slope, strict=True)}
    )
    # det W is known better than from the entries of the Jacobian: take out what belongs to W.
    shrink = sp.cancel(jacobian.det() / sp.Matrix(2, 2, w).det())
    entries = tuple(jacobian.subs(dict(zip(w, m, strict=False))))
    values = {f(each): v for each, v in zip(x, value, strict=True)}
    return (
        Formula("step", (*w, *b, *value), tuple(step.subs(values))),
        Formula("jacobian", (*m, *slope), (*entries, m[4] * shrink)),
        Formula("bound", (norm, gamma, s), ((norm * gamma) ** s,)),
    )


def _map_formulas() -> tuple[Formula, ...]:
    """What a 2 by 2 matrix does to the unit circle."""
    M = sp.Matrix(2, 2, m[:4])
    P = sp.Matrix(2, 2, p[:4])
    return (
        Formula("unit", (), (*sp.eye(2), sp.Integer(1))),
        _weight(),
        Formula("product", (*m, *p), (*(M * P), m[4] * p[4])),
        Formula("image", (*m, angle), tuple(M * sp.Matrix([sp.cos(angle), sp.sin(angle)]))),
        _singular_values(),
        _semi_axes(M),
        _eigenvalues(),
    )


def _weight() -> Formula:
    """The map of W. A determinant that is nothing but rounding is 0: W is then singular."""
    w11, w12, w21, w22 = w
    down, up = w11 * w22, w12 * w21
    rounding = FEW_ULPS * (sp.Abs(down) + sp.Abs(up))
    det = sp.Piecewise((0, sp.Abs(down - up) <= rounding), (down - up, True))
    return Formula("weight", w, (*w, det))


def _singular_values() -> Formula:
    """σ_max and σ_min: half the sum of the two moduli a plane map is made of, and |det|/σ_max."""
    m11, m12, m21, m22, det = m
    largest = sp.Symbol("largest", nonnegative=True)
    moduli = Hypot(m11 + m22, m21 - m12) + Hypot(m11 - m22, m21 + m12)
    smallest = ratio(sp.Abs(det), largest)
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
    A discriminant that is nothing but rounding is 0, else a double eigenvalue would be shown as
    a pair with an imaginary part of 1e-8.
    """
    (m11, m12, m21, m22, det), scaled = _scaled()
    scale = scaled[0][0]
    names = sp.symbols("half apart rounding raw square root larger", real=True)
    half, apart, rounding, raw, square, root, larger = names
    diagonal = sp.Abs(m11) + sp.Abs(m22)
    error = MANY_ULPS * (sp.Abs(apart) * diagonal + sp.Abs(m12 * m21))
    steps = (
        (half, (m11 + m22) / 2),
        (apart, (m11 - m22) / 2),
        (rounding, error + (MANY_ULPS * diagonal) ** 2),
        (raw, apart**2 + m12 * m21),
        (square, sp.Piecewise((0, sp.Abs(raw) <= rounding), (raw, True))),
        (root, sp.sqrt(sp.Abs(square))),
        (larger, half + sp.Piecewise((-root, half < 0), (root, True))),
    )
    smaller = sp.Piecewise((half, sp.Eq(square, 0)), (ratio(det, larger), True))
    parts = [
        sp.Piecewise((if_complex, square < 0), (if_real, True))
        for if_complex, if_real in (
            (half, larger),
            (root, 0),
            (half, smaller),
            (-root, 0),
            (Hypot(half, root), sp.Abs(larger)),
        )
    ]
    return Formula("eigen", m, tuple(scale * part for part in parts), (*scaled, *steps))


def _scaled() -> tuple[tuple[sp.Symbol, ...], tuple[tuple[sp.Symbol, sp.Expr], ...]]:
    """The map divided by about its largest entry, so that squares neither overflow nor vanish.

    The divisor is a power of two, by which division is exact.
    """
    scale = sp.Symbol("scale", positive=True)
    names = sp.symbols("s11 s12 s21 s22 once sdet", real=True)
    largest = sp.Max(*(sp.Abs(entry) for entry in m[:4]), sp.Float("1e-300"))
    entries = [(name, entry / scale) for name, entry in zip(names, m, strict=False)]
    twice = (names[5], names[4] / scale)
    divisor = 2 ** sp.floor(sp.log(largest, 2))
    return (*names[:4], names[5]), ((scale, divisor), *entries, twice)


def _square(entries: tuple[sp.Symbol, ...]) -> np.ndarray:
    return np.array(entries, dtype=object).reshape(2, 2)
