"""The arithmetic of the explorable, as SymPy expressions; kernel.js is printed from here.

A 2 by 2 matrix is known up to rotation by its eigenvalues and by one number more, the shear s:
the entry above the diagonal of its triangular (Schur) form, complex if need be. The shear is 0
exactly if the matrix is normal. A 3 by 3 matrix is here ρI with s above the diagonal. It and its
powers are three numbers a, b, c, one for each diagonal.
"""

from __future__ import annotations

import sympy as sp

from book_utils.widgets import planar
from book_utils.widgets.codegen import Formula, Hypot
from book_utils.widgets.formulas import ratio
from book_utils.widgets.planar import M

m = planar.m[:4]
re1, im1, re2, im2 = sp.symbols("re1 im1 re2 im2", real=True)
shear, degrees, radius, beyond, angle = sp.symbols("s degrees radius beyond angle", real=True)
a, b, c, q, base, bound = sp.symbols("a b c q base bound", real=True)
k, n = sp.symbols("k n", integer=True)


def formulas() -> tuple[Formula, ...]:
    """Everything the view may compute."""
    return (
        planar.product(det=False),
        planar.image(det=False),
        Formula("norm", m, (planar.largest_stretch(),)),
        _eigenvalues(),
        _polar(),
        _schur(),
        _shape(),
        _commutator(),
        _resolvent(),
        *_diagonals(),
        Formula("power", (base, k), (base**k,)),
        Formula("ceiling", (n, bound), (sp.E * n * bound,)),
    )


def _eigenvalues() -> Formula:
    """Real and imaginary part of both, the larger first, and the spectral radius."""
    half, square, root, steps = planar.halves(*m)
    away = sp.Piecewise((-root, half < 0), (root, True))
    real = (half + away, 0, half - away, 0, sp.Abs(half) + root)
    pair = (half, root, half, -root, Hypot(half, root))
    parts = (sp.Piecewise((a, square < 0), (b, True)) for a, b in zip(pair, real, strict=True))
    return Formula("eigen", m, tuple(parts), steps)


def _polar() -> Formula:
    """The eigenvalue of that radius and angle: real and imaginary part."""
    turn = sp.pi * degrees / 180
    return Formula("polar", (radius, degrees), (radius * sp.cos(turn), radius * sp.sin(turn)))


def _schur() -> Formula:
    """The matrix with the eigenvalues re1 ± i im1, or re1 and q re1, and with this shear.

    A real matrix with a pair has equal diagonal entries; the two others have the product −im1²
    and, without their signs, the difference s.
    """
    upper = sp.Symbol("upper", nonnegative=True)
    half = (shear + Hypot(shear, 2 * im1)) / 2
    entries = (re1, upper, -ratio(im1**2, upper), q * re1)
    return Formula("schur", (re1, im1, q, shear), entries, ((upper, half),))


def _shape() -> Formula:
    """What ``polar`` and ``schur`` make a matrix from: shear, angle of λ₁ in degrees, λ₂/λ₁.

    A rotation keeps the skew part of a matrix and the length of its symmetric, traceless part.
    The triangular form shows the first if the eigenvalues are real; if they are a pair, the
    two entries beside the diagonal show the second.
    """
    m11, m12, m21, m22 = m
    pair, real = Hypot(m11 - m22, m12 + m21), sp.Abs(m12 - m21)
    s = sp.Piecewise((real, sp.Eq(im1, 0)), (pair, True))
    degrees = sp.atan2(im1, re1) * 180 / sp.pi
    part = sp.Piecewise((1, sp.Eq(re1, 0)), (re2 / re1, True))
    return Formula("shape", (*m, re1, im1, re2), (s, degrees, part))


def _commutator() -> Formula:
    """‖WᵀW − WWᵀ‖: a symmetric matrix with trace 0 has two eigenvalues of one modulus."""
    difference = (M.T * M - M * M.T).applyfunc(sp.factor)
    return Formula("commutator", m, (Hypot(difference[0, 0], difference[0, 1]),))


def _resolvent() -> Formula:
    """(|z| − 1) ‖(zI − W)⁻¹‖ at the point of that angle, |z| − 1 = beyond.

    The norm of the inverse is σ_max/|det|. The determinant is taken from the eigenvalues, and
    σ_max² from AᴴA, whose eigenvalues are the mean of its diagonal ± half a length.
    """
    x, y, first, second = sp.symbols("x y first second", real=True)
    across, along = sp.symbols("across along", real=True)
    m11, m12, m21, m22 = m
    size = 1 + beyond
    where = (
        (x, size * sp.cos(angle)),
        (y, size * sp.sin(angle)),
        # The columns of A = zI − W: their squared lengths, and their product.
        (first, (x - m11) ** 2 + y**2 + m21**2),
        (second, (x - m22) ** 2 + y**2 + m12**2),
        (across, -(x - m11) * m12 - m21 * (x - m22)),
        (along, y * (m12 - m21)),
    )
    length = Hypot(first - second, Hypot(2 * across, 2 * along))
    det = Hypot(x - re1, y - im1) * Hypot(x - re2, y - im2)
    value = beyond * sp.sqrt((first + second + length) / 2) / det
    return Formula("resolvent", (*m, re1, im1, re2, im2, beyond, angle), (value,), where)


def _diagonals() -> tuple[Formula, ...]:
    """3 by 3 matrices with a, b, c on and above the diagonal: product, norm and resolvent."""
    p = sp.symbols("p q r", real=True)
    d, step = sp.symbols("d step", real=True)
    product = _band(a, b, c) * _band(*p)
    W = _band(radius, shear, 0)
    # diag(−s², 0, s²): its norm is the last entry.
    difference = sp.expand(W.T * W - W * W.T)
    # The inverse of dI − sN, N² and N³ = 0 being known: (I + N s/d + N² s²/d²)/d.
    where = ((d, 1 + beyond - radius), (step, shear / d))
    inverse = (beyond / d, beyond / d * step, beyond / d * step**2)
    return (
        Formula("product3", (a, b, c, *p), tuple(product[0, :])),
        _norm3(),
        Formula("commutator3", (shear,), (difference[2, 2],)),
        Formula("resolvent3", (radius, shear, beyond), inverse, where),
    )


def _norm3() -> Formula:
    """σ_max of such a matrix with entries ≥ 0, by the cosine formula for the roots of a cubic.

    With its rows in reverse order it is symmetric, and σ_max is its largest eigenvalue. The
    entries are first divided by the largest, so that no square overflows or vanishes.
    """
    u, v, w, size, mean, width, turn = sp.symbols("u v w size mean width turn", real=True)
    H = sp.Matrix([[0, 0, u], [0, u, v], [u, v, w]])
    shifted = H - mean * sp.eye(3)
    squares = sum(entry**2 for entry in shifted)
    where = (
        (size, sp.Max(sp.Abs(a), sp.Abs(b), sp.Abs(c))),
        *((name, ratio(entry, size)) for name, entry in zip((u, v, w), (a, b, c), strict=True)),
        (mean, H.trace() / 3),
        (width, sp.sqrt(squares / 6)),
        (turn, sp.Max(-1, sp.Min(1, ratio(shifted.det(), 2 * width**3)))),
    )
    largest = mean + 2 * width * sp.cos(sp.acos(turn) / 3)
    # ρI: two eigenvalues of the reversed matrix meet, where the formula would lose half its digits.
    scaled = sp.Piecewise((1, sp.Eq(sp.Max(sp.Abs(b), sp.Abs(c)), 0)), (largest, True))
    return Formula("norm3", (a, b, c), (size * scaled,), where)


def _band(a: sp.Expr, b: sp.Expr, c: sp.Expr) -> sp.Matrix:
    return sp.Matrix([[a, b, c], [0, a, b], [0, 0, a]])
