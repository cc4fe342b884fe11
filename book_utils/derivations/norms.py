"""Norms and spectra: what the chapter of that name states."""

from __future__ import annotations

import mpmath
import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.engine import (
    HYPOTHESIS,
    Cited,
    Claim,
    Counterexample,
    Derivation,
    Step,
    definition,
    every,
    given,
    lemma,
    monotone,
)
from book_utils.derivations.engine.vocabulary import (
    ColumnOf,
    Entry,
    SigmaMax,
    SpectralRadius,
    SquareMatrix,
)
from book_utils.derivations.network import W, i, k, n, q

norm, radius = SigmaMax, SpectralRadius

p, m = sp.symbols("p m", integer=True, positive=True)
A, B = sp.MatrixSymbol("A", n, p), sp.MatrixSymbol("B", p, m)
"""Two matrices that can be multiplied."""
S, T = sp.MatrixSymbol("A", n, p), sp.MatrixSymbol("B", n, p)
"""Two matrices that can be added."""
M = sp.MatrixSymbol("A", n, n)
P = sp.MatrixSymbol("B", n, n)
v = sp.MatrixSymbol("v", p, 1)


class Direction(sp.MatrixSymbol):
    """A column of length 1 that a matrix stretches most: its first right singular vector."""

    def __new__(cls, name: str, matrix: MatrixExpr):
        column = sp.MatrixSymbol.__new__(cls, name, matrix.shape[1], sp.Integer(1))
        column.matrix = matrix
        return column

    @property
    def func(self):
        return lambda name, rows, columns: Direction(str(name), self.matrix)

    def numeric(self, at):
        rows = at(self.matrix)
        at.note_all(rows)
        _, _, right = mpmath.svd_r(rows, full_matrices=True)
        return right[0, :].T


class Normal(SquareMatrix):
    """A matrix with AᵀA = AAᵀ: in numbers, a polynomial in a symmetric or in a skew one."""

    def numeric(self, at):
        size = at.integer(self.shape[0])
        free = at.matrix(self.name, size, size)
        other = free.T if at.sizes["n"] % 2 == 0 and free[0, 0] > 0 else -free.T
        base = free + other
        return at.identity(size) * free[0, 0] + base + base * base / 4


# Singular values ------------------------------------------------------------------------------

_a, _v = sp.IndexedBase("A", shape=(n, p)), sp.IndexedBase("v", shape=(p,))
_vector = ColumnOf(_v[q], q, p, sp.Symbol("v"))
_image = ColumnOf(sp.Sum(_a[i, q] * _v[q], (q, 1, p)), i, n, sp.Symbol("y"))
_squares = sp.Sum(sp.Sum(_a[i, q] * _v[q], (q, 1, p)) ** 2, (i, 1, n))
_quadratic = Entry(_vector.T * A.T * A * _vector, 1, 1)

gram_symmetric = Derivation(
    "norms-gram-symmetric",
    r"$A^{\mathsf T} A$ is symmetric",
    Claim(sp.Transpose(A.T * A), "=", A.T * A),
    steps=(Step(A.T * A, "transposing reverses the order, and $A^{\\mathsf{TT}} = A$"),),
    source=("002-norm-identity",),
)

gram_nonnegative = Derivation(
    "norms-gram-nonnegative",
    r"$v^{\mathsf T} A^{\mathsf T} A v \ge 0$ for every $v$",
    Claim(_quadratic, ">=", 0),
    steps=(
        Step(Entry(_image.T * _image, 1, 1), "with $y = A v$", using=((_image, A * _vector),)),
        Step(_squares, r"$y^{\mathsf T} y = \sum_i y_i^2$, and $y_i = \sum_q A_{iq} v_q$"),
        Step(0, "a sum of squares", ">="),
    ),
    source=("002-norm-identity",),
)

squared = Derivation(
    "norms-squared",
    r"$\lVert A \rVert^2 = \rho(A^{\mathsf T} A)$",
    Claim(norm(A) ** 2, "=", radius(A.T * A)),
    steps=(
        Step(
            radius(A.T * A),
            r"the largest of $v^{\mathsf T} A^{\mathsf T} A v$ over all $v$ of length 1 is the "
            r"largest eigenvalue of the symmetric matrix $A^{\mathsf T} A$",
            by="test",
        ),
    ),
    source=("002-spectral-norm", "002-norm-identity", "001-lambda-squared"),
)

any_direction = Counterexample(
    "norms-any-direction",
    r"$\lVert A v \rVert = \sigma_{\max}(A) \lVert v \rVert$ in any direction $v$",
    refutes=Claim(norm(A * v), "=", norm(A) * norm(v)),
    instance={A: sp.diag(3, 1), v: sp.Matrix([0, 1])},
    instead=(Claim(norm(A * v), "<=", norm(A) * norm(v)),),
    source=("002-singular-values",),
)

_shear = sp.Matrix([[0, 5], [0, 0]])

norm_is_square = Counterexample(
    "norms-not-lambda-squared",
    r"$\lVert W \rVert = \rho(W^{\mathsf T} W)$, which is $\lambda_1^2$",
    refutes=Claim(norm(W), "=", radius(W.T * W)),
    instance={W: sp.diag(3, 1)},
    instead=(Claim(norm(W) ** 2, "=", radius(W.T * W)),),
    source=("001-lambda-squared",),
)

norm_is_radius = Counterexample(
    "norms-not-the-radius",
    r"$\lVert W \rVert = \rho(W)$",
    refutes=Claim(norm(W), "=", radius(W)),
    instance={W: _shear},
    instead=(Claim(norm(W), ">=", radius(W)), Claim(norm(W) ** 2, "=", radius(W.T * W))),
    source=("001-lambda-squared",),
)

# What a norm obeys ----------------------------------------------------------------------------

_top = Direction("v", A * B)
_of_product = (
    definition(norm(A * B * _top), norm(A * B)),
    definition(norm(A * B * _top), norm(A) * norm(B * _top), "<="),
    definition(norm(A) * norm(B * _top), norm(A) * norm(B), "<="),
)

submultiplicative = Derivation(
    "norms-submultiplicative",
    r"$\lVert A B \rVert \le \lVert A \rVert \, \lVert B \rVert$",
    Claim(norm(A * B), "<=", norm(A) * norm(B)),
    steps=(
        Step(
            norm(A * B * _top),
            "let $v$ have length 1 and be stretched most by $A B$",
            by=(monotone,),
            using=_of_product,
        ),
        Step(
            norm(A) * norm(B * _top),
            r"$A$ stretches no vector by more than $\lVert A \rVert$, so not $B v$",
            "<=",
            by=(monotone,),
            using=_of_product,
        ),
        Step(
            norm(A) * norm(B),
            r"$B$ stretches no vector of length 1 to more than $\lVert B \rVert$",
            "<=",
            by=(monotone,),
            using=_of_product,
        ),
    ),
    source=("001-eq6", "002-eq14"),
)

strictly = Counterexample(
    "norms-not-strictly",
    r"$\lVert A B \rVert < \lVert A \rVert \, \lVert B \rVert$",
    refutes=Claim(norm(M * P), "<", norm(M) * norm(P)),
    instance={M: sp.eye(2) / 2, P: sp.eye(2)},
    instead=(Claim(norm(M * P), "<=", norm(M) * norm(P)),),
    source=("002-eq14",),
)

_sum_top = Direction("v", S + T)
_of_sum = (
    definition(norm((S + T) * _sum_top), norm(S + T)),
    definition(norm(S * _sum_top), norm(S), "<="),
    definition(norm(T * _sum_top), norm(T), "<="),
)

triangle = Derivation(
    "norms-triangle",
    r"$\lVert A + B \rVert \le \lVert A \rVert + \lVert B \rVert$",
    Claim(norm(S + T), "<=", norm(S) + norm(T)),
    steps=(
        Step(
            norm(S * _sum_top + T * _sum_top),
            "let $v$ have length 1 and be stretched most by $A + B$",
            by=(monotone,),
            using=_of_sum,
        ),
        Step(
            norm(S * _sum_top) + norm(T * _sum_top),
            "a side of a triangle is no longer than the other two together",
            "<=",
            by=Cited("the triangle inequality for lengths"),
            using=_of_sum,
        ),
        Step(
            norm(S) + norm(T),
            r"neither stretches $v$ to more than its norm",
            "<=",
            by=(monotone,),
            using=_of_sum,
        ),
    ),
)

transposed = Derivation(
    "norms-transpose",
    r"$\lVert A^{\mathsf T} \rVert^2 = \lVert A \rVert^2$",
    Claim(norm(M.T) ** 2, "=", norm(M) ** 2),
    steps=(
        Step(
            radius(M * M.T),
            r"the norm squared, for $A^{\mathsf T}$",
            by=(monotone,),
            using=(lemma(norm(M.T) ** 2, radius(M * M.T), squared),),
        ),
        Step(radius(M.T * M), "$AB$ and $BA$ have the same eigenvalues"),
        Step(
            norm(M) ** 2,
            "the norm squared, for $A$",
            by=(monotone,),
            using=(lemma(norm(M) ** 2, radius(M.T * M), squared),),
        ),
    ),
)

_d, _x = sp.IndexedBase("d", shape=(n,)), sp.IndexedBase("v", shape=(n,))
_bound = sp.Symbol("gamma^2", real=True, nonnegative=True)
"""The square of γ as one number: every s >= 0 is the square of one."""
_slopes = every(i, sp.Range(1, n + 1), _d[i] ** 2, "<=", _bound)

diagonal = Derivation(
    "norms-diagonal",
    r"if $\lvert d_i \rvert \le \gamma$ for all $i$, then "
    r"$\sum_i (d_i v_i)^2 \le \gamma^2 \sum_i v_i^2$",
    Claim(
        sp.Sum((_d[i] * _x[i]) ** 2, (i, 1, n)),
        "<=",
        _bound * sp.Sum(_x[i] ** 2, (i, 1, n)),
        given=(_slopes,),
    ),
    steps=(
        Step(
            _bound * sp.Sum(_x[i] ** 2, (i, 1, n)),
            r"term by term: $d_i^2 v_i^2 \le \gamma^2 v_i^2$, since $v_i^2 \ge 0$",
            "<=",
            using=(given(_slopes),),
        ),
    ),
    source=("001-gamma", "002-gamma-bound"),
)

# Norm and radius ------------------------------------------------------------------------------

radius_below = Derivation(
    "norms-radius-below",
    r"$\rho(A) \le \lVert A \rVert$",
    Claim(radius(M), "<=", norm(M)),
    steps=(
        Step(
            norm(M),
            r"an eigenvector $v$ of length 1: "
            r"$\lvert\lambda\rvert = \lVert A v \rVert \le \lVert A \rVert$",
            "<=",
            by=Cited("Horn and Johnson, theorem 5.6.9"),
        ),
    ),
    source=("002-spectral-radius",),
)

_powers = {k: sp.Range(0, 5)}

radius_of_power = Derivation(
    "norms-radius-of-power",
    r"$\rho(A^k) = \rho(A)^k$",
    Claim(radius(M**k), "=", radius(M) ** k, where=_powers),
    steps=(
        Step(
            radius(M) ** k,
            r"the eigenvalues of $A^k$ are the $k$-th powers of those of $A$",
            by=Cited("Horn and Johnson, theorem 1.1.6"),
        ),
    ),
)

power_below = Derivation(
    "norms-radius-power-below",
    r"$\rho(A)^k \le \lVert A^k \rVert$",
    Claim(radius(M) ** k, "<=", norm(M**k), where=_powers),
    steps=(
        Step(
            radius(M**k),
            "the radius of a power (theorem 1.1.6)",
            by=(monotone,),
            using=(lemma(radius(M**k), radius(M) ** k, radius_of_power),),
        ),
        Step(
            norm(M**k),
            "the radius is at most the norm (theorem 5.6.9), for the matrix $A^k$",
            "<=",
            by=(monotone,),
            using=(lemma(radius(M**k), norm(M**k), radius_below, "<="),),
        ),
    ),
)

_newest = sp.MatMul(M, sp.MatPow(M, k - 1))

power_above = Derivation.by_induction(
    "norms-power",
    r"$\lVert A^k \rVert \le \lVert A \rVert^k$",
    Claim(norm(M**k), "<=", norm(M) ** k, where=_powers),
    over=k,
    start=sp.Integer(0),
    base=(Step(1, "$A^0 = I$ stretches nothing"),),
    step=(
        Step(
            norm(_newest),
            "take one factor off",
            by=(monotone,),
            using=(definition(M**k, _newest),),
        ),
        Step(
            norm(M) * norm(M) ** (k - 1),
            "the norm of a product, and the statement for $k - 1$",
            "<=",
            by=(monotone,),
            using=(
                lemma(norm(_newest), norm(M) * norm(M ** (k - 1)), submultiplicative, "<="),
                HYPOTHESIS,
            ),
        ),
        Step(norm(M) ** k, "one more factor"),
    ),
    source=("001-eq7",),
)

N = Normal("A", n)

normal_square = Derivation(
    "norms-normal-square",
    r"if $A^{\mathsf T} A = A A^{\mathsf T}$, then $(A^2)^{\mathsf T} A^2 = (A^{\mathsf T} A)^2$",
    Claim(sp.Transpose(N * N) * N * N, "=", N.T * N * N.T * N),
    steps=(
        Step(
            N.T * N * N.T * N,
            r"$A^{\mathsf T} A^{\mathsf T} A A$, and the two in the middle may change places",
            using=(definition(N * N.T, N.T * N),) * 3,
        ),
    ),
)

normal = Derivation(
    "norms-normal",
    r"if $A^{\mathsf T} A = A A^{\mathsf T}$, then $\lVert A \rVert = \rho(A)$",
    Claim(norm(N), "=", radius(N)),
    steps=(
        Step(
            radius(N),
            r"$\lVert A^2 \rVert = \lVert A \rVert^2$, $\lVert A^4 \rVert = \lVert A \rVert^4$, "
            "… and Gelfand's formula",
            by=Cited("Horn and Johnson, corollary 5.6.14"),
        ),
    ),
)

_above_shift = sp.Matrix([[2, 0, 0], [0, 0, 1], [0, 0, 0]])

only_normal = Counterexample(
    "norms-only-normal",
    r"if $\lVert W \rVert = \rho(W)$, then $W^{\mathsf T} W = W W^{\mathsf T}$",
    refutes=Claim(W.T * W, "=", W * W.T, given=(Claim(norm(W), "=", radius(W)),)),
    instance={W: _above_shift},
    instead=(Claim(radius(W), "<=", norm(W)),),
)

# What a radius does not obey ------------------------------------------------------------------

_up, _down = sp.Matrix([[0, 1], [0, 0]]), sp.Matrix([[0, 0], [1, 0]])

radius_product = Counterexample(
    "norms-radius-of-product",
    r"$\rho(A B) \le \rho(A) \, \rho(B)$",
    refutes=Claim(radius(M * P), "<=", radius(M) * radius(P)),
    instance={M: _up, P: _down},
    instead=(
        Claim(radius(M * P), "<=", norm(M) * norm(P)),
        Claim(radius(M * P), "=", radius(P * M)),
    ),
)

radius_sum = Counterexample(
    "norms-radius-of-sum",
    r"$\rho(A + B) \le \rho(A) + \rho(B)$",
    refutes=Claim(radius(M + P), "<=", radius(M) + radius(P)),
    instance={M: _up, P: _down},
    instead=(Claim(radius(M + P), "<=", norm(M) + norm(P)),),
)
