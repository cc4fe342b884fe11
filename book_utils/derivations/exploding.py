"""When products of Jacobians grow: what the chapter on exploding gradients states."""

from __future__ import annotations

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    definition,
    every,
    given,
)
from book_utils.derivations.engine.prove import certified
from book_utils.derivations.engine.vocabulary import (
    Descending,
    Diagonal,
    DiagonalAt,
    SigmaMax,
    SpectralRadius,
    SquareMatrix,
)
from book_utils.derivations.network import StateJacobian, W, at_time, k, n, r, sigma, t

_gamma = sp.Symbol("gamma", positive=True)
_z = sp.Symbol("z", real=True)
_I = sp.Identity(n)
_D = Diagonal("D", n)
_tenth = sp.Rational(1, 10)

# Necessary -----------------------------------------------------------------------------------


def _slopes_at(time: sp.Basic) -> DiagonalAt:
    return DiagonalAt("D", time, n)


def _steps(newest: sp.Basic) -> Descending:
    return Descending(W * _slopes_at(r - 1), r, newest, k + 1)


_slopes_bounded = every(r, sp.Range(k, t), SigmaMax(_slopes_at(r)), "<=", _gamma)
_weights_small = Claim(_gamma * SigmaMax(W), "<=", 1)

needs = Derivation.by_induction(
    "exploding-needs",
    r"if all $\Vert D_r \Vert \le \gamma$ and $\gamma\,\sigma_{\max}(W) \le 1$, then "
    r"$\Vert (W D_{t-1}) \cdots (W D_k) \Vert \le 1$",
    Claim(
        SigmaMax(_steps(t)),
        "<=",
        1,
        where={k: sp.Range(0, 3), t: sp.Range(k, k + 4)},
        given=(_slopes_bounded, _weights_small),
    ),
    over=t,
    start=k,
    base=(Step(1, r"an empty product is $I$, and $\Vert I \Vert = 1$"),),
    step=(
        Step(
            1,
            r"$\Vert W D_{t-1} P \Vert \le \sigma_{\max}(W)\, \gamma\, \Vert P \Vert$ for what is "
            r"left, $P$; here $\gamma\,\sigma_{\max}(W) \le 1$, and $\Vert P \Vert \le 1$ is the "
            "statement for $t - 1$",
            relation="<=",
            using=(
                _steps(t).peel_newest(),
                given(_slopes_bounded, t - 1),
                given(_weights_small),
                HYPOTHESIS,
            ),
        ),
    ),
    source=("002-exploding",),
)

# Not sufficient ------------------------------------------------------------------------------

nilpotent = Counterexample(
    "exploding-norm-not-sufficient",
    r"in a linear network with $\sigma_{\max}(W) > 1$ two steps stretch by more than $1$",
    refutes=Claim(SigmaMax(W**2), ">", 1, given=(Claim(SigmaMax(W), ">", 1),)),
    instance={W: sp.Matrix([[0, 100], [0, 0]])},
    instead=(Claim(SigmaMax(W**2), "<=", SigmaMax(W) ** 2),),
    source=("002-exploding",),
)

_from_1_9_to_3 = {_z: sp.Interval(19 * _tenth, 3)}

tanh_stays = Derivation(
    "exploding-tanh-stays",
    r"if $1.9 \le z \le 3$, then $2\tanh z \ge 1.9$",
    Claim(2 * sp.tanh(_z), ">=", 19 * _tenth, where=_from_1_9_to_3),
    steps=(
        Step(
            19 * _tenth,
            r"intervals of $z$, each with an enclosure of $2\tanh z$",
            relation=">=",
            by=(certified,),
        ),
    ),
    source=("002-exploding",),
)

tanh_slope = Derivation(
    "exploding-tanh-slope",
    r"if $1.9 \le z \le 3$, then the slope of $2\tanh$ at $z$ is at most $0.18$",
    Claim(2 * (1 - sp.tanh(_z) ** 2), "<=", 18 * _tenth**2, where=_from_1_9_to_3),
    steps=(
        Step(
            18 * _tenth**2,
            "intervals of $z$, each with an enclosure of the slope",
            relation="<=",
            by=(certified,),
        ),
    ),
    source=("002-exploding",),
)

# Printed conditions --------------------------------------------------------------------------

_grows = Claim(SpectralRadius(W * _D), ">", 1)
_bounded = Claim(SigmaMax(_D), "<=", _gamma)

boxed = Counterexample(
    "exploding-boxed-fails",
    r"if $\Vert D \Vert > \gamma$ and the powers of $W D$ explode, then "
    r"$\sigma_{\max}(W) > 1/\gamma$",
    refutes=Claim(SigmaMax(W), ">", 1 / _gamma, given=(Claim(SigmaMax(_D), ">", _gamma), _grows)),
    instance={W: 2 * sp.eye(2), _D: sp.eye(2), _gamma: _tenth},
    instead=(Claim(SigmaMax(W) * SigmaMax(_D), ">", 1, given=(_grows,)),),
    source=("002-exploding",),
)

small_gamma = Counterexample(
    "exploding-gamma-below-one",
    r"if the slopes are bounded by a $\gamma < 1$, the gradients explode",
    refutes=Claim(SigmaMax(W * _D), ">", 1, given=(_bounded, Claim(_gamma, "<", 1))),
    instance={W: sp.Matrix([[3]]), _D: sp.Matrix([[sp.Rational(1, 4)]]), _gamma: sp.Rational(1, 4)},
    instead=(Claim(SigmaMax(W * _D), "<=", SigmaMax(W) * _gamma, given=(_bounded,)),),
    source=("001-gamma-decides",),
)

large_gamma = Counterexample(
    "exploding-gamma-above-one",
    r"if the slopes are bounded by a $\gamma > 1$, the gradients vanish",
    refutes=Claim(SpectralRadius(W * _D), "<", 1, given=(_bounded, Claim(_gamma, ">", 1))),
    instance={W: sp.Matrix([[1]]), _D: sp.Matrix([[2]]), _gamma: 2},
    instead=(Claim(SpectralRadius(W * _D), "<=", SigmaMax(W) * _gamma, given=(_bounded,)),),
    source=("001-gamma-decides",),
)

# Powers --------------------------------------------------------------------------------------


class SquareZero(SquareMatrix):
    """A matrix N with N² = 0: what it maps to, it maps to zero."""

    def numeric(self, at):
        """A free block in the upper right corner: from the later half of the places to the
        earlier half, where nothing goes on."""
        size = at.integer(self.shape[0])
        free, places = at.array(self.name, (size, size)), range(1, size + 1)
        half = size // 2
        return at.matrix_of(
            [[free[i, j] if i <= half < j else at.zero for j in places] for i in places]
        )


_N = SquareZero("N", n)
_mu = sp.Symbol("mu", positive=True)
_shear = _mu * _I + _N


def _powers(exponent: sp.Basic) -> Descending:
    return Descending(_shear, r, exponent, 1)


_closed = _mu**k * _I + k * _mu ** (k - 1) * _N

shear_powers = Derivation.by_induction(
    "exploding-shear-powers",
    r"if $N^2 = 0$, then $(\mu I + N)^k = \mu^k I + k \mu^{k-1} N$",
    Claim(_powers(k), "=", _closed, where={k: sp.Range(0, 7)}),
    over=k,
    start=sp.Integer(0),
    base=(Step(_closed.subs(k, 0), "an empty product is $I$"),),
    step=(
        Step(
            _shear * _closed.subs(k, k - 1),
            "one more factor, and the statement for $k - 1$",
            using=(_powers(k).peel_newest(), HYPOTHESIS),
        ),
        Step(
            _closed,
            r"multiply out: $\mu^{k-1} N$ comes once and $k - 1$ times, and $N N = 0$",
            using=(definition(_N * _N, sp.ZeroMatrix(n, n)),),
        ),
    ),
    source=("001-linear-necessary",),
)

_C = sp.Symbol("C", positive=True)
_length = sp.Symbol("k", integer=True, positive=True)

linear_growth = Counterexample(
    "exploding-linear-growth",
    r"in a linear network with $\rho(W) \le 1$ all products stay below some $C$",
    refutes=Claim(
        SigmaMax(sp.MatPow(W, _length)), "<=", _C, given=(Claim(SpectralRadius(W), "<=", 1),)
    ),
    instance={W: sp.Matrix([[1, 1], [0, 1]]), _length: 1000, _C: 1000},
    instead=(Claim(SpectralRadius(sp.MatPow(W, _length)), "<=", SigmaMax(sp.MatPow(W, _length))),),
    source=("001-linear-necessary",),
)

transient = Counterexample(
    "exploding-transient",
    r"in a linear network with $\rho(W) < 1$ nine steps stretch by no more than one step",
    refutes=Claim(SigmaMax(W**9), "<=", SigmaMax(W), given=(Claim(SpectralRadius(W), "<", 1),)),
    instance={W: sp.Matrix([[9 * _tenth, 10], [0, 9 * _tenth]])},
    instead=(
        Claim(
            SpectralRadius(W**9),
            "<=",
            SpectralRadius(W),
            given=(Claim(SpectralRadius(W), "<", 1),),
        ),
    ),
)

# Different factors ---------------------------------------------------------------------------

_J1, _J2 = (sp.MatrixSymbol(f"J_{p}", n, n) for p in (1, 2))

two_nilpotents = Counterexample(
    "exploding-two-steps",
    r"if $\rho(J_1) < 1$ and $\rho(J_2) < 1$, then $\rho(J_2 J_1) < 1$",
    refutes=Claim(
        SpectralRadius(_J2 * _J1),
        "<",
        1,
        given=tuple(Claim(SpectralRadius(each), "<", 1) for each in (_J1, _J2)),
    ),
    instance={_J1: sp.Matrix([[0, 2], [0, 0]]), _J2: sp.Matrix([[0, 0], [2, 0]])},
    instead=(Claim(SpectralRadius(_J2 * _J1), "<=", SigmaMax(_J2) * SigmaMax(_J1)),),
)

_relu = sp.Lambda(_z, sp.Piecewise((_z, _z > 0), (0, True)))
_first, _second, _both = StateJacobian(1, 0), StateJacobian(2, 1), StateJacobian(2, 0)

one_weight = Counterexample(
    "exploding-one-weight",
    r"if $\rho(W) < 1$ and $\rho(J_t) < 1$ at every step of a relu network, then "
    r"$\rho(J_2 J_1) < 1$",
    refutes=Claim(
        SpectralRadius(_both),
        "<",
        1,
        given=tuple(Claim(SpectralRadius(each), "<", 1) for each in (W, _first, _second)),
    ),
    instance={
        W: sp.Matrix([[9, 13], [-13, -9]]) * _tenth,
        at_time("x", 0): [1, -1],
        at_time("c", 1): [-19 * _tenth, 23 * _tenth],
        at_time("c", 2): [-3 * _tenth, -_tenth],
        sigma: _relu,
    },
    instead=(Claim(SpectralRadius(_both), "<=", SigmaMax(_second) * SigmaMax(_first)),),
)

# Random and orthogonal factors ---------------------------------------------------------------


class Psi(sp.Function):
    """The digamma function ψ, the derivative of ln Γ."""

    nargs = 1
    tex = r"\psi"
    is_extended_real = True

    def numeric(self, at):
        digamma = sp.polygamma(0, self.args[0])
        return at.elementary(digamma, [at(argument) for argument in digamma.args])


_exponent = (sp.log(2 / n) + Psi(n / 2)) / 2

gain_one_vanishes = Derivation(
    "exploding-gain-one-vanishes",
    r"for $g = 1$ the exponent $\tfrac12(\ln\tfrac2n + \psi(\tfrac n2))$ is negative, for "
    "every $n$",
    Claim(_exponent, "<", 0, where={n: sp.Range(1, 500)}),
    steps=(
        Step(
            sp.Integer(0),
            r"the mean of a logarithm lies below the logarithm of the mean",
            relation="<",
            by="test",
        ),
    ),
)


class OrthogonalAt(MatrixExpr):
    """An orthogonal matrix Q_t that depends on time: a free sequence with Q_tᵀ Q_t = I.

    In numbers it is a product of two reflections, each of which turns one vector round.
    """

    tex = "Q_{{{}}}"

    def __new__(cls, t: sp.Basic):
        return super().__new__(cls, sp.sympify(t))

    @property
    def shape(self):
        return (n, n)

    def numeric(self, at):
        time, size = at.integer(self.args[0]), at.integer(n)
        product = at.identity(size)
        for name in ("mirror", "other mirror"):
            product = product * self._reflection(at, at.vector(f"{name}@{time}", size))
        return product

    @staticmethod
    def _reflection(at, v: list):
        square = sum(each * each for each in v)
        if square == 0:
            return at.identity(len(v))
        at.note(at.one)
        return at.matrix_of(
            [
                [(at.one if a == b else at.zero) - 2 * v[a] * v[b] / square for b in range(len(v))]
                for a in range(len(v))
            ]
        )


def _turns(newest: sp.Basic) -> Descending:
    return Descending(OrthogonalAt(r), r, newest, 1)


_v = sp.MatrixSymbol("v", n, 1)
_Q = OrthogonalAt(k)

isometry = Derivation.by_induction(
    "exploding-orthogonal-isometry",
    r"if all $Q_r$ are orthogonal, then $\Vert Q_k \cdots Q_1 v \Vert = \Vert v \Vert$",
    Claim(
        sp.Transpose(_turns(k) * _v) * (_turns(k) * _v),
        "=",
        _v.T * _v,
        where={k: sp.Range(0, 6)},
    ),
    over=k,
    start=sp.Integer(0),
    base=(Step(_v.T * _v, "an empty product is $I$"),),
    step=(
        Step(
            _v.T * _v,
            r"the two newest factors meet in the middle, $Q_k^{\mathsf T} Q_k = I$, and what is "
            "left is the statement for $k - 1$",
            using=(
                _turns(k).peel_newest(),
                definition(_Q.T * _Q, _I),
                HYPOTHESIS,
            ),
        ),
    ),
)
