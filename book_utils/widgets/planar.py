"""Arithmetic of maps of the plane, shared by the kernels that draw circles and their images.

A map is five numbers: the entries of a 2 by 2 matrix row by row, and its determinant. The
determinant of a product is carried along as the product of determinants, because taken from
the entries it would be rounding noise as soon as the image of the circle is thin.
"""

from __future__ import annotations

import sympy as sp

from book_utils.widgets.codegen import Formula, Hypot
from book_utils.widgets.formulas import ratio

w = sp.symbols("w11 w12 w21 w22", real=True)
m = sp.symbols("m11 m12 m21 m22 det", real=True)
p = sp.symbols("p11 p12 p21 p22 pdet", real=True)
angle = sp.Symbol("angle", real=True)
M, P = sp.Matrix(2, 2, m[:4]), sp.Matrix(2, 2, p[:4])

# A decimal such as 0.1 is stored to half an ulp, and a product of twelve factors gathers about
# a hundred of them. A difference of two equal numbers is then not 0 but this much of either.
ONE_ULP = sp.Rational(1, 2**52)
FEW_ULPS, MANY_ULPS = 4 * ONE_ULP, 64 * ONE_ULP


def unit() -> Formula:
    """The map that changes nothing."""
    return Formula("unit", (), (*sp.eye(2), sp.Integer(1)))


def product(det: bool = True) -> Formula:
    """The first map after the second. Without ``det`` maps are their four entries."""
    if not det:
        return Formula("product", (*m[:4], *p[:4]), tuple(M * P))
    return Formula("product", (*m, *p), (*(M * P), m[4] * p[4]))


def image(det: bool = True) -> Formula:
    """Where the point of the unit circle at that angle goes."""
    map_ = m if det else m[:4]
    return Formula("image", (*map_, angle), tuple(M * sp.Matrix([sp.cos(angle), sp.sin(angle)])))


def largest_stretch() -> sp.Expr:
    """σ_max: half the sum of the two moduli a plane map is made of."""
    m11, m12, m21, m22, _ = m
    return (Hypot(m11 + m22, m21 - m12) + Hypot(m11 - m22, m21 + m12)) / 2


def weight() -> Formula:
    """The map of W. A determinant that is nothing but rounding is 0: W is then singular."""
    w11, w12, w21, w22 = w
    down, up = w11 * w22, w12 * w21
    rounding = FEW_ULPS * (sp.Abs(down) + sp.Abs(up))
    det = sp.Piecewise((0, sp.Abs(down - up) <= rounding), (down - up, True))
    return Formula("weight", w, (*w, det))


def singular_values() -> Formula:
    """σ_max and σ_min, which is |det|/σ_max."""
    largest = sp.Symbol("largest", nonnegative=True)
    smallest = ratio(sp.Abs(m[4]), largest)
    return Formula("singular", m, (largest, smallest), ((largest, largest_stretch()),))


def semi_axes() -> Formula:
    """The directions stretched most and least, each followed by its image.

    They are half the angle by which MᵀM departs from a multiple of the identity.
    """
    (m11, m12, m21, m22, _), scaled = _scaled()
    half = sp.Symbol("half", real=True)
    double = sp.atan2(2 * (m11 * m12 + m21 * m22), m11**2 + m21**2 - m12**2 - m22**2)
    v1 = sp.Matrix([sp.cos(half), sp.sin(half)])
    v2 = sp.Matrix([-sp.sin(half), sp.cos(half)])
    return Formula("axes", m, (*v1, *(M * v1), *v2, *(M * v2)), (*scaled, (half, double / 2)))


def eigenvalues() -> Formula:
    """Real and imaginary part of both, the larger first, and the spectral radius.

    Of two real ones the smaller is det divided by the larger: their difference would cancel.
    A discriminant that is nothing but rounding is 0, else a double eigenvalue would be shown as
    a pair with an imaginary part of 1e-8.
    """
    (*entries, det), scaled = _scaled()
    scale = scaled[0][0]
    half, square, root, steps = halves(*entries)
    larger = sp.Symbol("larger", real=True)
    steps = (*steps, (larger, half + sp.Piecewise((-root, half < 0), (root, True))))
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


def halves(m11, m12, m21, m22) -> tuple:
    """Eigenvalues are ``half`` ± the root of ``square``: both, √|square|, and how to get there.

    A square that is nothing but rounding is 0.
    """
    names = sp.symbols("half apart ulps rounding raw square root", real=True)
    half, apart, ulps, rounding, raw, square, root = names
    diagonal = sp.Abs(m11) + sp.Abs(m22)
    error = ulps * (sp.Abs(apart) * diagonal + sp.Abs(m12 * m21))
    steps = (
        (half, (m11 + m22) / 2),
        (apart, (m11 - m22) / 2),
        (ulps, MANY_ULPS),
        (rounding, error + (ulps * diagonal) ** 2),
        (raw, apart**2 + m12 * m21),
        (square, sp.Piecewise((0, sp.Abs(raw) <= rounding), (raw, True))),
        (root, sp.sqrt(sp.Abs(square))),
    )
    return half, square, root, steps


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
