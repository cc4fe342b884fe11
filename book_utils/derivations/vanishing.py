"""Why long products of Jacobians shrink: what the chapter on vanishing gradients states."""

from __future__ import annotations

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from book_utils.derivations import bptt, jacobian, terms
from book_utils.derivations.engine import (
    HYPOTHESIS,
    Claim,
    Counterexample,
    Derivation,
    Step,
    definition,
    every,
    for_each,
    given,
    lemma,
)
from book_utils.derivations.engine.claim import Equation
from book_utils.derivations.engine.vocabulary import (
    Diagonal,
    SigmaMax,
    SquareMatrix,
    SumOf,
)
from book_utils.derivations.network import (
    ImmediateRate,
    LossGradient,
    LossRate,
    StateJacobian,
    StateSlopes,
    V,
    W,
    at_time,
    ell,
    k,
    n,
    r,
    sigma,
    t,
)

_gamma = sp.Symbol("gamma", positive=True)
_z = sp.Symbol("z", real=True)
_D = Diagonal("D", n)

# How steep an activation is ------------------------------------------------------------------

tanh_slope = Derivation(
    "vanishing-tanh-slope",
    r"$\tanh'(z) = 1 - \tanh^2(z) \le 1$",
    Claim(sp.Derivative(sp.tanh(_z), _z), "<=", 1),
    steps=(
        Step(1 - sp.tanh(_z) ** 2, "the derivative of tanh"),
        Step(sp.Integer(1), "a square is not negative", relation="<="),
    ),
    source=("001-gamma", "002-gamma-bound"),
)

_logistic = 1 / (1 + sp.exp(-_z))

logistic_slope = Derivation(
    "vanishing-logistic-slope",
    r"for $s = 1/(1 + e^{-z})$: $s'(z) = s(1 - s) \le \frac14$",
    Claim(sp.Derivative(_logistic, _z), "<=", sp.Rational(1, 4)),
    steps=(
        Step(_logistic * (1 - _logistic), "the derivative of the logistic function"),
        Step(
            sp.Rational(1, 4),
            r"$\frac14 - s(1 - s) = (s - \frac12)^2$",
            relation="<=",
        ),
    ),
    source=("001-gamma", "002-gamma-bound"),
)

strict_slope = Counterexample(
    "vanishing-slope-attained",
    r"$\Vert\operatorname{diag}(\sigma')\Vert < \gamma$ where $\gamma$ is the largest slope",
    refutes=Claim(1 - sp.tanh(_z) ** 2, "<", 1),
    instance={_z: 0},
    instead=(Claim(1 - sp.tanh(_z) ** 2, "<=", 1),),
    source=("002-gamma-bound",),
)

# One step ------------------------------------------------------------------------------------

_bounded = Claim(SigmaMax(_D), "<=", _gamma)

one_step = Derivation(
    "vanishing-one-step",
    r"if $\Vert D\Vert \le \gamma$, then $\Vert W D\Vert \le \gamma\,\sigma_{\max}(W)$",
    Claim(SigmaMax(W * _D), "<=", _gamma * SigmaMax(W), given=(_bounded,)),
    steps=(
        Step(
            SigmaMax(W) * SigmaMax(_D),
            "the norm of a product is at most the product of the norms",
            relation="<=",
        ),
        Step(
            _gamma * SigmaMax(W),
            "the slopes are bounded",
            relation="<=",
            using=(given(_bounded),),
        ),
    ),
    source=("001-eq6", "002-eq14"),
)

_small = Claim(_gamma * SigmaMax(W), "<", 1)

below_one = Derivation(
    "vanishing-below-one",
    r"if $\Vert D\Vert \le \gamma$ and $\sigma_{\max}(W) < 1/\gamma$, then $\Vert W D\Vert < 1$",
    Claim(SigmaMax(W * _D), "<", 1, given=(_bounded, _small)),
    steps=(
        Step(
            _gamma * SigmaMax(W),
            "the bound of one step",
            relation="<=",
            using=(lemma(SigmaMax(W * _D), _gamma * SigmaMax(W), one_step, "<="),),
        ),
        Step(sp.Integer(1), "the assumption", relation="<", using=(given(_small),)),
    ),
    source=("001-eq6", "002-eq14"),
)

_strictly_bounded = Claim(SigmaMax(_D), "<", _gamma)

strict_product = Counterexample(
    "vanishing-strict-fails",
    r"if $\Vert D\Vert < \gamma$ and $\sigma_{\max}(W) < 1/\gamma$, then "
    r"$\Vert W D\Vert < \Vert W\Vert\,\Vert D\Vert$",
    refutes=Claim(
        SigmaMax(W * _D),
        "<",
        SigmaMax(W) * SigmaMax(_D),
        given=(_strictly_bounded, Claim(SigmaMax(W), "<", 1 / _gamma)),
    ),
    instance={W: sp.eye(2) / 2, _D: sp.eye(2), _gamma: sp.Rational(3, 2)},
    instead=(Claim(SigmaMax(W * _D), "<=", SigmaMax(W) * SigmaMax(_D)),),
    source=("002-eq14",),
)

# Each below one ------------------------------------------------------------------------------

_m = sp.Symbol("m", integer=True, positive=True)


def _product(last: sp.Basic) -> sp.Product:
    return sp.Product(1 - 1 / (_m + 1) ** 2, (_m, 1, last))


_half_and_more = (t + 2) / (2 * (t + 1))

each_below_one = Derivation.by_induction(
    "vanishing-each-below-one",
    r"$\prod_{m=1}^t (1 - 1/(m+1)^2) = \frac{t + 2}{2(t + 1)}$",
    Claim(_product(t), "=", _half_and_more, where={t: sp.Range(1, 9)}),
    over=t,
    start=sp.Integer(1),
    base=(
        Step(
            _half_and_more.subs(t, 1),
            "one factor, $1 - 1/4$",
            using=(definition(_product(1), 1 - sp.Rational(1, 4)),),
        ),
    ),
    step=(
        Step(
            _product(t - 1) * (1 - 1 / (t + 1) ** 2),
            "the newest factor apart",
            using=(definition(_product(t), _product(t - 1) * (1 - 1 / (t + 1) ** 2)),),
        ),
        Step(
            (t + 1) / (2 * t) * (1 - 1 / (t + 1) ** 2),
            "the statement for $t - 1$",
            using=(HYPOTHESIS,),
        ),
        Step(_half_and_more, r"$1 - 1/(t+1)^2 = t(t+2)/(t+1)^2$"),
    ),
    source=("001-eta", "002-eta"),
)


more_than_half = Derivation(
    "vanishing-more-than-half",
    r"and this product stays above $\frac12$",
    Claim(_product(t), ">", sp.Rational(1, 2), where={t: sp.Range(1, 9)}),
    steps=(
        Step(
            _half_and_more,
            "the lemma",
            using=(lemma(_product(t), _half_and_more, each_below_one),),
        ),
        Step(
            sp.Rational(1, 2),
            r"the difference is $\frac{1}{2(t + 1)} > 0$",
            relation=">",
        ),
    ),
    source=("001-eta", "002-eta"),
)

# Many steps ----------------------------------------------------------------------------------

_later = {k: sp.Range(0, 3), t: sp.Range(k, k + 4)}
_slopes = every(r, sp.Range(k, t), SigmaMax(StateSlopes(r)), "<=", _gamma)
_jacobian = StateJacobian(t, k)
_rate = _gamma * SigmaMax(W)
_chain = lemma(_jacobian, W * StateSlopes(t - 1) * StateJacobian(t - 1, k), jacobian.chain_rule)

product_bound = Derivation.by_induction(
    "vanishing-product-bound",
    r"if $\Vert D_r\Vert \le \gamma$ for $k \le r < t$, then $\Vert\partial x_t/\partial "
    r"x_k\Vert \le (\gamma\,\sigma_{\max}(W))^{t-k}$",
    Claim(SigmaMax(_jacobian), "<=", _rate ** (t - k), where=_later, given=(_slopes,)),
    over=t,
    start=k,
    base=(
        Step(
            sp.Integer(1),
            r"$\partial x_k/\partial x_k = I$, and $\Vert I\Vert = 1$",
            using=(definition(StateJacobian(k, k), sp.Identity(n)),),
        ),
    ),
    step=(
        Step(
            SigmaMax(W) * SigmaMax(StateSlopes(t - 1)) * SigmaMax(StateJacobian(t - 1, k)),
            "one more factor on the left; the norm of a product",
            relation="<=",
            using=(_chain,),
        ),
        Step(
            _rate * SigmaMax(StateJacobian(t - 1, k)),
            "the slopes are bounded",
            relation="<=",
            using=(given(_slopes, t - 1),),
        ),
        Step(
            _rate ** (t - k),
            "the statement for $t - 1$",
            relation="<=",
            using=(HYPOTHESIS,),
        ),
    ),
    source=("001-eq7", "002-vanishing"),
)

_after = {k: sp.Range(1, 3), t: sp.Range(k, k + 4)}
_row = LossGradient(t)

loss_row = Derivation(
    "vanishing-loss-row",
    r"then $\Vert\frac{\partial E_t}{\partial x_t}\frac{\partial x_t}{\partial x_k}\Vert \le "
    r"(\gamma\,\sigma_{\max}(W))^{t-k}\,\Vert\frac{\partial E_t}{\partial x_t}\Vert$",
    Claim(
        SigmaMax(_row * _jacobian),
        "<=",
        _rate ** (t - k) * SigmaMax(_row),
        where=_after,
        given=(_slopes,),
    ),
    steps=(
        Step(
            SigmaMax(_row) * SigmaMax(_jacobian),
            "the norm of a product",
            relation="<=",
        ),
        Step(
            _rate ** (t - k) * SigmaMax(_row),
            "the product bound",
            relation="<=",
            using=(lemma(SigmaMax(_jacobian), _rate ** (t - k), product_bound, "<="),),
        ),
    ),
    source=("001-eq7",),
)

_term = _row * _jacobian * ImmediateRate(k)
_sizes = SigmaMax(_row) * SigmaMax(ImmediateRate(k))

term_bound = Derivation(
    "vanishing-term-bound",
    r"and the term of step $k$ in $dE_t/d\theta$ is at most $\Vert\frac{\partial E_t}{\partial "
    r"x_t}\Vert\,(\gamma\,\sigma_{\max}(W))^{t-k}\,\Vert\frac{\partial^+ x_k}"
    r"{\partial\theta}\Vert$",
    Claim(SigmaMax(_term), "<=", _rate ** (t - k) * _sizes, where=_after, given=(_slopes,)),
    steps=(
        Step(
            SigmaMax(_row * _jacobian) * SigmaMax(ImmediateRate(k)),
            "the norm of a product",
            relation="<=",
        ),
        Step(
            _rate ** (t - k) * _sizes,
            "the bound of what reaches the loss",
            relation="<=",
            using=(
                lemma(
                    SigmaMax(_row * _jacobian), _rate ** (t - k) * SigmaMax(_row), loss_row, "<="
                ),
            ),
        ),
    ),
    source=("002-vanishing",),
)

# The whole gradient --------------------------------------------------------------------------

_all_steps = {t: sp.Range(1, 5)}
_all_slopes = every(r, sp.Range(0, t), SigmaMax(StateSlopes(r)), "<=", _gamma)
_sum_of_norms = sp.Sum(SigmaMax(_term), (k, 1, t))
_sum_of_bounds = sp.Sum(_rate ** (t - k) * _sizes, (k, 1, t))

split_gradient = Derivation(
    "vanishing-split-gradient",
    r"$\Vert\frac{dE_t}{d\theta}\Vert$ is at most the sum of the norms of its terms",
    Claim(SigmaMax(LossRate(t)), "<=", _sum_of_norms, where=_all_steps),
    steps=(
        Step(
            _sum_of_norms,
            "the gradient is the sum of its terms, and the norm of a sum is at most the sum of "
            "the norms",
            relation="<=",
            using=(lemma(LossRate(t), SumOf(_term, k, 1, t), bptt.gradient_sum),),
        ),
    ),
    source=("002-eq15",),
)

whole_gradient = Derivation(
    "vanishing-whole-gradient",
    r"and this sum is at most $\sum_{k=1}^t \Vert\frac{\partial E_t}{\partial "
    r"x_t}\Vert\,(\gamma\,\sigma_{\max}(W))^{t-k}\,\Vert\frac{\partial^+ x_k}"
    r"{\partial\theta}\Vert$",
    Claim(_sum_of_norms, "<=", _sum_of_bounds, where=_all_steps, given=(_all_slopes,)),
    steps=(
        Step(
            _sum_of_bounds,
            "the bound of one term, for each $k$",
            relation="<=",
            using=(
                for_each(
                    lemma(SigmaMax(_term), _rate ** (t - k) * _sizes, term_bound, "<="), k, 1, t
                ),
            ),
        ),
    ),
    source=("002-eq15",),
)


_one = sp.Integer(1)
_first, _path, _last = (
    sp.MatrixSymbol("a", _one, n),
    sp.MatrixSymbol("P", n, n),
    sp.MatrixSymbol("b", n, _one),
)

regrouped = Counterexample(
    "vanishing-regrouped",
    r"$\Vert a P b\Vert \le \Vert a b\Vert\,\Vert P\Vert$",
    refutes=Claim(
        SigmaMax(_first * _path * _last), "<=", SigmaMax(_first * _last) * SigmaMax(_path)
    ),
    instance={
        _first: sp.Matrix([[1, 0]]),
        _path: sp.Matrix([[0, 1], [1, 0]]),
        _last: sp.Matrix([[0], [1]]),
    },
    instead=(
        Claim(
            SigmaMax(_first * _path * _last),
            "<=",
            SigmaMax(_first) * SigmaMax(_path) * SigmaMax(_last),
        ),
    ),
    source=("002-eq15",),
)

_two = sp.Integer(2)
_slopes_of_two = every(r, sp.Range(0, 2), SigmaMax(StateSlopes(r)), "<=", _gamma)

printed_bound = Counterexample(
    "vanishing-eq15-fails",
    r"$\Vert\frac{dE_2}{d\theta}\Vert \le \sum_{k=1}^2 \Vert\frac{\partial E_2}{\partial x_2}"
    r"\frac{\partial^+ x_k}{\partial\theta}\Vert\,\eta^{2-k}$ with $\eta = \gamma\,"
    r"\sigma_{\max}(W)$",
    refutes=Claim(
        SigmaMax(LossRate(2)),
        "<=",
        sp.Sum(SigmaMax(LossGradient(2) * ImmediateRate(k)) * _rate ** (2 - k), (k, 1, 2)),
        given=(_slopes_of_two,),
    ),
    instance={
        W: sp.Matrix([[0, 1], [1, 0]]) / 2,
        V: sp.zeros(2),
        at_time("x", 0): [0, 0],
        **{at_time("c", p): [0, 0] for p in (1, 2)},
        **{at_time("e", p): [0, 1] for p in (1, 2)},
        at_time("y", 2): [-1, 0],
        sigma: sp.Lambda(_z, sp.tanh(_z)),
        ell: sp.Lambda(_z, _z**2 / 2),
        _gamma: 1,
    },
    instead=(
        Claim(
            SigmaMax(LossRate(2)),
            "<=",
            sp.Sum(
                SigmaMax(LossGradient(2)) * SigmaMax(ImmediateRate(k)) * _rate ** (2 - k),
                (k, 1, 2),
            ),
            given=(_slopes_of_two,),
        ),
    ),
    source=("002-eq15",),
)

# What must be bounded ------------------------------------------------------------------------

_target = -(sp.Integer(4) ** t)

growing_error = Derivation(
    "vanishing-growing-error",
    r"with $x_t = w x_{t-1}$, $w = \frac12$, $x_0 = 1$ and targets $-4^t$ the term of the first "
    r"step is $2 \cdot 4^{-t} + 2 \cdot 2^t$",
    Claim(
        terms.Contribution(terms.LEFT_ALONE, sp.Rational(1, 2), _target, t, 1),
        "=",
        2 * sp.Integer(4) ** (-t) + 2 * sp.Integer(2) ** t,
        where={t: sp.Range(1, 8)},
    ),
    steps=(
        Step(
            (sp.Integer(2) ** (-t) + sp.Integer(4) ** t) * sp.Integer(2) ** (1 - t),
            "the term of a step, with $x_t = 2^{-t}$ and $w^{t-1} x_0 = 2^{1-t}$",
            using=(
                lemma(
                    terms.Contribution(terms.LEFT_ALONE, sp.Rational(1, 2), _target, t, 1),
                    (sp.Integer(2) ** (-t) + sp.Integer(4) ** t) * sp.Integer(2) ** (1 - t),
                    terms.contribution,
                ),
                lemma(
                    terms.State(terms.LEFT_ALONE, sp.Rational(1, 2), t),
                    sp.Integer(2) ** (-t),
                    terms.left_alone,
                ),
            ),
        ),
        Step(
            2 * sp.Integer(4) ** (-t) + 2 * sp.Integer(2) ** t,
            "multiply out",
        ),
    ),
    source=("002-vanishing",),
)

# The linear case -----------------------------------------------------------------------------


class ByEigenvectors(SquareMatrix):
    """A matrix W = S Λ S⁻¹ with real eigenvectors, the columns of S, and eigenvalues Λ."""

    def eigenvectors(self, at):
        """S, and its inverse by the adjugate."""
        size = at.integer(self.shape[0])
        rows = at.matrix("S", size, size)
        determinant = at.determinant(rows)
        if determinant == 0:
            raise at.NotEvaluable("the eigenvectors depend on each other")
        places = range(size)

        def cofactor(i: int, j: int):
            minor = [[rows[a, b] for b in places if b != j] for a in places if a != i]
            sign = at.one if (i + j) % 2 == 0 else -at.one
            return sign * (at.determinant(at.matrix_of(minor)) if minor else at.one)

        inverse = [[cofactor(j, i) / determinant for j in places] for i in places]
        return rows, at.matrix_of(inverse)

    def numeric(self, at):
        rows, inverse = self.eigenvectors(at)
        return rows * at.matrix_of(at.diagonal("Lambda", at.integer(self.shape[0]))) * inverse


class InverseOfEigenvectors(ByEigenvectors):
    """S⁻¹."""

    def numeric(self, at):
        return self.eigenvectors(at)[1]


_W, _S, _Lambda = ByEigenvectors("W", n), sp.MatrixSymbol("S", n, n), Diagonal("Lambda", n)
_S_inverse = InverseOfEigenvectors("S^{-1}", n)


class Power(MatrixExpr):
    """A^k, one factor after another."""

    tex = "{{{}}}^{{{}}}"

    def __new__(cls, base: sp.MatrixExpr, exponent: sp.Basic):
        return super().__new__(cls, base, sp.sympify(exponent))

    @property
    def shape(self):
        return self.args[0].shape

    @property
    def diagonal(self) -> bool:
        return getattr(self.args[0], "diagonal", False)

    def _eval_transpose(self):
        return self if self.diagonal else sp.Transpose(self)

    def peel(self) -> Equation:
        """The definition, for k >= 1: one factor times the rest."""
        base, exponent = self.args
        return definition(self, base * type(self)(base, exponent - 1))

    def numeric(self, at):
        exponent = at.integer(self.args[1])
        if exponent < 0:
            raise at.OutOfRange("a power has no less than no factors")
        power = at.identity(at.integer(self.shape[0]))
        for _ in range(exponent):
            power = at(self.args[0]) * power
        return power


_in_directions = _S * Power(_Lambda, k) * _S_inverse
_any_k = {k: sp.Range(0, 6)}

powers = Derivation.by_induction(
    "vanishing-powers",
    r"if $W = S \Lambda S^{-1}$, then $W^k = S \Lambda^k S^{-1}$",
    Claim(Power(_W, k), "=", _in_directions, where=_any_k),
    over=k,
    start=sp.Integer(0),
    base=(
        Step(
            _in_directions.subs(k, 0),
            "$W^0 = I$, $\\Lambda^0 = I$ and $S S^{-1} = I$",
            using=(
                definition(Power(_W, 0), sp.Identity(n)),
                definition(Power(_Lambda, 0), sp.Identity(n)),
                definition(_S * _S_inverse, sp.Identity(n)),
            ),
        ),
    ),
    step=(
        Step(
            _W * _in_directions.subs(k, k - 1),
            "one more factor, and the statement for $k - 1$",
            using=(Power(_W, k).peel(), HYPOTHESIS),
        ),
        Step(
            _in_directions,
            r"$W S = S \Lambda$, and $\Lambda$ is one more factor of $\Lambda^k$",
            using=(
                definition(_W * _S, _S * _Lambda),
                Power(_Lambda, k).peel(),
            ),
        ),
    ),
    source=("001-linear-sufficient",),
)

_q = sp.Symbol("q", positive=True)
_eigenvalues_bounded = Claim(SigmaMax(_Lambda), "<=", _q)

eigenvalue_powers = Derivation.by_induction(
    "vanishing-eigenvalue-powers",
    r"if all $\vert\lambda_i\vert \le q$, then $\Vert\Lambda^k\Vert \le q^k$",
    Claim(
        SigmaMax(Power(_Lambda, k)),
        "<=",
        _q**k,
        where=_any_k,
        given=(_eigenvalues_bounded,),
    ),
    over=k,
    start=sp.Integer(0),
    base=(
        Step(
            sp.Integer(1),
            r"$\Lambda^0 = I$",
            using=(definition(Power(_Lambda, 0), sp.Identity(n)),),
        ),
    ),
    step=(
        Step(
            _q * SigmaMax(Power(_Lambda, k - 1)),
            r"one more factor",
            relation="<=",
            using=(Power(_Lambda, k).peel(), given(_eigenvalues_bounded)),
        ),
        Step(
            _q**k,
            "the statement for $k - 1$",
            relation="<=",
            using=(HYPOTHESIS,),
        ),
    ),
    source=("001-linear-sufficient",),
)


class ConditionNumber(sp.Expr):
    """κ(S) = ‖S‖ ‖S⁻¹‖ of the matrix of eigenvectors."""

    is_commutative = True
    is_extended_nonnegative = True

    def numeric(self, at):
        return at(SigmaMax(_S)) * at(SigmaMax(_S_inverse))

    def _latex(self, printer) -> str:
        return r"\kappa(S)"

    def _sympystr(self, printer) -> str:
        return "κ(S)"


_kappa = ConditionNumber()

linear_rate = Derivation(
    "vanishing-linear-rate",
    r"if $W = S \Lambda S^{-1}$ and all $\vert\lambda_i\vert \le q$, then $\Vert W^k\Vert \le "
    r"\kappa(S)\, q^k$ with $\kappa(S) = \Vert S\Vert\,\Vert S^{-1}\Vert$",
    Claim(
        SigmaMax(Power(_W, k)),
        "<=",
        _kappa * _q**k,
        where=_any_k,
        given=(_eigenvalues_bounded,),
    ),
    steps=(
        Step(
            _kappa * _q**k,
            r"the norm of the product $S \Lambda^k S^{-1}$, and the two lemmas",
            relation="<=",
            using=(
                lemma(Power(_W, k), _in_directions, powers),
                lemma(SigmaMax(Power(_Lambda, k)), _q**k, eigenvalue_powers, "<="),
                definition(SigmaMax(_S) * SigmaMax(_S_inverse), _kappa),
            ),
        ),
    ),
    source=("001-linear-sufficient",),
)
