"""Fixed points, folds and flips of one unit: what the chapter on bifurcations states.

With p in (0, 1), w = 1/(p (1 − p)) runs through all weights from 4 on, and −w through those up to
−4: so no root has to be drawn.
"""

from __future__ import annotations

import sympy as sp

from book_utils.derivations.engine import (
    Claim,
    Counterexample,
    Derivation,
    Step,
    calculus,
    definition,
    sign,
)
from book_utils.derivations.engine.prove import box, certified
from book_utils.derivations.engine.vocabulary import Number
from book_utils.derivations.one_unit import STATES, Orbit, b, logit, shift, sigma, w, y

p = sp.Symbol("p", real=True)
"""Where a curve of bifurcations is met: the fixed point there."""
z = sp.Symbol("z", real=True)
"""A state that is moved, beside a fixed point y."""
m = sp.Symbol("m", real=True)
d = sp.Symbol("d", positive=True)
"""Middle and half distance of the two places σ⁻¹ of a two-cycle."""
u = sp.Symbol("u", real=True)

_half, _tenth = sp.Rational(1, 2), sp.Rational(1, 10)
_one, _zero = sp.Integer(1), sp.Integer(0)
_s = y * (1 - y)
_inside = {y: STATES}
_lower_half = sp.Interval.open(0, _half)
_outer = {p: _lower_half, y: sp.Interval.open(0, p)}
_middle = {p: _lower_half, y: sp.Interval.open(p, 1 - p)}
_negative = sp.Interval.open(-sp.oo, 0)
_tangent = 1 / (p * (1 - p))
"""The weight at which the line touches the logit at p."""

# Fixed points --------------------------------------------------------------------------------


class Bias(Number):
    """g(y), with arguments w and y: the b at which y is a fixed point."""

    tex, plain = "g({1})", "g({1})"

    def numeric(self, at):
        return at(shift(*self.args))


root = Derivation(
    "bifurcations-root",
    r"for $0 < y < 1$ and $b = \sigma^{-1}(y) - w y$: $\sigma(w y + b) = y$",
    Claim(sigma(w * y + Bias(w, y)), "=", y, where=_inside),
    steps=(
        Step(
            sigma(logit(y)),
            r"the definition of $g$; $w y$ cancels",
            by=(calculus,),
            using=(definition(Bias(w, y), shift(w, y)),),
        ),
        Step(y, r"$\sigma$ undoes $\sigma^{-1}$"),
    ),
    source=("003-eq3.2",),
)

slope = Derivation(
    "bifurcations-slope",
    r"$F(z) = \sigma(w z + b)$ has the slope $w\,F(z)\,(1 - F(z))$",
    Claim(
        sp.Derivative(sigma(w * z + b), z),
        "=",
        w * sigma(w * z + b) * (1 - sigma(w * z + b)),
    ),
    steps=(
        Step(
            w * sigma(w * z + b) * (1 - sigma(w * z + b)),
            r"the chain rule, and $\sigma' = \sigma (1 - \sigma)$",
            by=(calculus,),
        ),
    ),
)

two_slopes = Derivation(
    "bifurcations-two-slopes",
    r"$1 - w s = s\,g'(y)$ with $s = y(1 - y)$",
    Claim(1 - w * _s, "=", _s * sp.Derivative(shift(w, y), y), where=_inside),
    steps=(
        Step(_s * (1 / _s - w), "multiply out"),
        Step(
            _s * sp.Derivative(shift(w, y), y),
            r"$\frac{d}{dy} \ln\frac{y}{1-y} = \frac{1}{y(1-y)}$",
            by=(calculus,),
        ),
    ),
    source=("003-eq3.3",),
)

at_least_four = Derivation(
    "bifurcations-at-least-four",
    r"$1/(y(1-y)) \ge 4$ for $0 < y < 1$, with equality only for $y = \frac12$",
    Claim(1 / _s, ">=", 4, where=_inside),
    steps=(
        Step(4 + (1 - 2 * y) ** 2 / _s, "one fraction"),
        Step(sp.Integer(4), "a square, over something positive", relation=">="),
    ),
    source=("003-lemma1", "003-eq3.3"),
)

all_reals = Counterexample(
    "bifurcations-all-reals",
    r"$y(1 - y) \le \frac14$ for all real $y$ implies $w = 1/(y(1-y)) \ge 4$",
    refutes=Claim(1 / _s, ">=", 4, given=(Claim(_s, "<=", sp.Rational(1, 4)),)),
    instance={y: 2},
    instead=(
        Claim(1 / _s, ">=", 4, given=(Claim(_s, "<=", sp.Rational(1, 4)), Claim(_s, ">", 0))),
    ),
    source=("003-lemma1", "003-eq3.3"),
)

one_below_four = Derivation(
    "bifurcations-one-below-four",
    r"for $w < 4$ and $0 < y < 1$: $g'(y) > 0$",
    Claim(1 / _s - w, ">", 0, where={y: STATES, w: sp.Interval.open(-sp.oo, 4)}),
    steps=(
        Step(4 - w, "*At least four*", relation=">=", by=(box,)),
        Step(_zero, "$w < 4$", relation=">", by=(box,)),
    ),
)

# Folds ---------------------------------------------------------------------------------------

_root = sp.sqrt(1 - 4 / w)

lemma1 = Derivation(
    "bifurcations-lemma1",
    r"for $w \ge 4$ both $y_\pm = \frac12 \pm \frac12\sqrt{1 - 4/w}$ solve $y(1-y) = 1/w$",
    Claim((1 + _root) / 2 * (1 - (1 + _root) / 2), "=", 1 / w, where={w: sp.Interval(4, sp.oo)}),
    steps=(
        Step((1 + _root) * (1 - _root) / 4, "$y_+ = 1 - y_-$, so it is the same product for both"),
        Step(1 / w, r"$1 - (1 - 4/w) = 4/w$"),
    ),
    source=("003-lemma1", "003-eq3.1", "003-eq3.3", "003-fig3"),
)

fold = Derivation(
    "bifurcations-fold",
    r"for $w = 1/(p(1-p))$: $g'(y) = w\,(y - p)(y - (1 - p))/(y(1-y))$",
    Claim(
        1 / _s - _tangent,
        "=",
        _tangent * (y - p) * (y - (1 - p)) / _s,
        where={p: STATES, y: STATES},
    ),
    steps=(
        Step(_tangent * (p * (1 - p) - _s) / _s, "one fraction"),
        Step(
            _tangent * (y - p) * (y - (1 - p)) / _s,
            "$p(1-p) - y(1-y) = (y - p)(y - (1-p))$",
        ),
    ),
    source=("003-lemma1", "003-fig3"),
)

symmetry = Derivation(
    "bifurcations-symmetry",
    r"$\sigma(w(1 - y) + (-w - b)) = 1 - \sigma(w y + b)$",
    Claim(sigma(w * (1 - y) + (-w - b)), "=", 1 - sigma(w * y + b)),
    steps=(
        Step(sigma(-(w * y + b)), "multiply out"),
        Step(1 - sigma(w * y + b), r"$\sigma(-v) = 1 - \sigma(v)$"),
    ),
    source=("003-fig3",),
)

envelope = Derivation(
    "bifurcations-envelope",
    r"along $w = 1/(p(1-p))$, $b = g(p)$: $\frac{db}{dp} = -p\,\frac{dw}{dp}$",
    Claim(
        sp.Derivative(shift(_tangent, p), p),
        "=",
        -p * sp.Derivative(_tangent, p),
        where={p: STATES},
    ),
    steps=(
        Step(
            1 / (p * (1 - p)) - 1 / (1 - p) ** 2,
            r"there $g(p) = \ln\frac{p}{1-p} - \frac{1}{1-p}$",
            by=(calculus,),
        ),
        Step((1 - 2 * p) / (p * (1 - p) ** 2), "one fraction"),
        Step(
            -p * sp.Derivative(_tangent, p),
            r"$\frac{dw}{dp} = -\frac{1 - 2p}{p^2 (1-p)^2}$",
            by=(calculus,),
        ),
    ),
    source=("003-fig3",),
)

convex = Derivation(
    "bifurcations-convex",
    r"along the fold curve $\frac{d^2 b}{dw^2} = -1 / \frac{dw}{dp}$, which is positive for "
    r"$p < \frac12$",
    Claim(-1 / sp.Derivative(_tangent, p), ">", 0, where={p: _lower_half}),
    steps=(
        Step(
            p**2 * (1 - p) ** 2 / (1 - 2 * p),
            r"$\frac{dw}{dp} = -\frac{1 - 2p}{p^2 (1-p)^2}$",
            by=(calculus,),
        ),
        Step(_zero, r"$0 < p < \frac12$", relation=">", by=(box,)),
    ),
    source=("003-fig3",),
)

outer = Derivation(
    "bifurcations-outer",
    r"for $w = 1/(p(1-p)) > 4$ and $0 < y < p = y_-(w)$: $w\,y(1-y) < 1$",
    Claim(_tangent * _s, "<", 1, where=_outer),
    steps=(Step(_one, "$y(1-y)$ grows up to $p$", relation="<", by=(box,)),),
    source=("003-fig5",),
)

middle = Derivation(
    "bifurcations-middle",
    r"for $w = 1/(p(1-p)) > 4$ and $y_-(w) = p < y < 1 - p = y_+(w)$: $w\,y(1-y) > 1$",
    Claim(_tangent * _s, ">", 1, where=_middle),
    steps=(
        Step(
            _one,
            "$y(1-y) - p(1-p) = (y - p)(1 - p - y)$",
            relation=">",
            by=(box,),
        ),
    ),
    source=("003-fig5",),
)

# Flips ---------------------------------------------------------------------------------------

_turned = sp.sqrt(1 + 4 / w)

flip = Derivation(
    "bifurcations-flip",
    r"for $w \le -4$ both $q_\pm = \frac12 \pm \frac12\sqrt{1 + 4/w}$ solve $w\,y(1-y) = -1$",
    Claim(
        w * (1 + _turned) / 2 * (1 - (1 + _turned) / 2),
        "=",
        -1,
        where={w: sp.Interval(-sp.oo, -4)},
    ),
    steps=(
        Step(
            w * (1 + _turned) * (1 - _turned) / 4,
            "$q_+ = 1 - q_-$, so it is the same product for both",
        ),
        Step(-_one, r"$1 - (1 + 4/w) = -4/w$"),
    ),
    source=("003-lemma1", "003-fig3"),
)

caption = Counterexample(
    "bifurcations-caption",
    r"for $w < 4$, where line and logit meet once, $-1 \le F'(y) \le 1$ at the fixed point $y$",
    refutes=Claim(
        w * _s,
        ">=",
        -1,
        where={y: STATES, w: sp.Interval.open(-sp.oo, 4)},
        given=(Claim(b, "=", shift(w, y)),),
    ),
    instance={w: -8, b: 4, y: _half},
    instead=(Claim(w * _s, ">=", -1, where={y: STATES, w: sp.Interval(-4, 4)}),),
    source=("003-fig5",),
)

flip_unstable = Derivation(
    "bifurcations-flip-unstable",
    r"for $w = -1/(p(1-p)) < -4$ and $q_-(w) = p < y < 1 - p = q_+(w)$: $w\,y(1-y) < -1$",
    Claim(-_tangent * _s, "<", -1, where=_middle),
    steps=(
        Step(
            -_one,
            "$y(1-y) - p(1-p) = (y - p)(1 - p - y)$",
            relation="<",
            by=(box,),
        ),
    ),
    source=("003-fig5",),
)

flip_finite = Derivation(
    "bifurcations-flip-finite",
    r"for $w \le -4$ and $s = y(1-y)$: $s/(1 - w s) \le \frac18$",
    Claim(
        _s / (1 - w * _s),
        "<=",
        sp.Rational(1, 8),
        where={y: STATES, w: sp.Interval(-sp.oo, -4)},
    ),
    steps=(
        Step(
            sp.Rational(1, 8),
            r"$1 - w s \ge 1 + 4s \ge 8s$",
            relation="<=",
            by=(box,),
        ),
    ),
    source=("003-crossing",),
)

# Two steps at once ---------------------------------------------------------------------------


two_steps = Derivation(
    "bifurcations-two-steps",
    r"for $w < 0$ the product of two slopes of $F$ is positive",
    Claim(w * _s * (w * z * (1 - z)), ">", 0, where={y: STATES, z: STATES, w: _negative}),
    steps=(Step(_zero, "$w^2$ times positive numbers", relation=">", by=(box,)),),
)

_inner = w * z + b
_F1, _F2, _F3 = (sp.Derivative(sigma(_inner), (z, k)) for k in (1, 2, 3))

schwarzian = Derivation(
    "bifurcations-schwarzian",
    r"$F''' F' - \frac32 (F'')^2 = -\frac{w^2}{2} (F')^2$: the Schwarzian of $F$ is $-w^2/2$",
    Claim(_F3 * _F1 - sp.Rational(3, 2) * _F2**2, "=", -(w**2) / 2 * _F1**2),
    steps=(Step(-(w**2) / 2 * _F1**2, "differentiate three times", by=(calculus,)),),
)

_M, _D = sp.symbols("M D", positive=True)
"""e^m and e^d. The identities below hold whatever the four letters are."""
_sinh = (_D - 1 / _D) / 2
_sum = (_M + 1 / _M + _D + 1 / _D) / 2
"""cosh m + cosh d."""
_cycle_w = -2 * d * _sum / _sinh
# The same in products, as the difference of the states gives it: shorter lines.
_product_w = -2 * d * (1 + _M * _D) * (_M + _D) / (_M * (_D**2 - 1))
_product_b = m - _product_w / 2 + d * _D * (_M**2 - 1) / (_M * (_D**2 - 1))
_apart = {_D: sp.Interval.open(1, sp.oo)}

difference = Derivation(
    "bifurcations-difference",
    r"with $M = e^m$, $D = e^d$: $\sigma(m + d) - \sigma(m - d) = \sinh d/(\cosh m + \cosh d)$",
    Claim(
        _M * _D / (1 + _M * _D) - _M / (_M + _D),
        "=",
        (_D - 1 / _D) / (_M + 1 / _M + _D + 1 / _D),
    ),
    steps=(
        Step(
            (_D - 1 / _D) / (_M + 1 / _M + _D + 1 / _D),
            r"$(M + D)(1 + M D) = M D\,(M + \frac1M + D + \frac1D)$",
        ),
    ),
)

cycle = Derivation(
    "bifurcations-cycle",
    r"with $M = e^m$, $D = e^d$, $w = -2d\,(\cosh m + \cosh d)/\sinh d$ and $b = m - \frac w2 + "
    r"d\,\sinh m/\sinh d$: $w\,\sigma(m - d) + b = m + d$",
    Claim(_product_w * (_M / (_M + _D)) + _product_b, "=", m + d, where=_apart),
    steps=(Step(m + d, "one fraction; it cancels"),),
)

cycle_slope = Derivation(
    "bifurcations-cycle-slope",
    r"on this cycle the product of the two slopes is $(d/\sinh d)^2$",
    Claim(
        _cycle_w**2 * (_M * _D / (_M + _D) ** 2) * (_M * _D / (1 + _M * _D) ** 2),
        "=",
        (d / _sinh) ** 2,
        where=_apart,
    ),
    steps=(
        Step(
            (d / _sinh) ** 2,
            r"$(M + D)(1 + M D) = M D\,(M + \frac1M + D + \frac1D)$",
        ),
    ),
)

sinh_grows = Derivation(
    "bifurcations-sinh",
    r"$\sinh u - u$ has a slope that is nowhere negative",
    Claim(sp.Derivative(sp.sinh(u) - u, u), ">=", 0),
    steps=(
        Step(2 * sp.sinh(u / 2) ** 2, r"$\cosh u - 1 = 2 \sinh^2 \frac u2$", by=(calculus,)),
        Step(_zero, "a square", relation=">=", by=(sign,)),
    ),
)

_at_flip = -1 / _s

at_the_flip = Derivation(
    "bifurcations-at-the-flip",
    r"where $F'(y) = -1$: $-2F''' - 3(F'')^2 = -w^2$",
    Claim(
        -2 * _at_flip**3 * _s * (1 - 6 * _s) - 3 * (_at_flip**2 * _s * (1 - 2 * y)) ** 2,
        "=",
        -(_at_flip**2),
        where=_inside,
    ),
    steps=(Step(-(_at_flip**2), "$(1 - 2y)^2 = 1 - 4s$"),),
)

# The Remark ----------------------------------------------------------------------------------

remark_cycle = Derivation(
    "bifurcations-remark-cycle",
    r"for $w = -8$, $b = 4$: $F(\frac12 - u) = \sigma(8u) = 1 - F(\frac12 + u)$",
    Claim(sigma(-8 * (_half - u) + 4), "=", 1 - sigma(-8 * (_half + u) + 4)),
    steps=(
        Step(
            1 - sigma(-8 * (_half + u) + 4),
            r"the left side is $\sigma(8u)$, the right side $1 - \sigma(-8u)$",
        ),
    ),
    source=("003-remark",),
)

_below, _above = (sp.Rational(n, 10**13) for n in (4787520120386, 4787520120387))


class Gap(Number):
    """h(u) = σ(8u) − ½ − u."""

    tex, plain = "h({0})", "h({0})"

    def numeric(self, at):
        (u,) = self.args
        return at(sigma(8 * u) - _half - u)


remark_root = Derivation(
    "bifurcations-remark-root",
    r"$h(u) = \sigma(8u) - \frac12 - u$ changes its sign between $u = 0.4787520120386$ and "
    r"$0.4787520120387$",
    Claim(Gap(_below) * Gap(_above), "<", 0),
    steps=(Step(_zero, "an enclosure of the two values", relation="<", by=(certified,)),),
    source=("003-remark",),
)

_orbit = Orbit(-8, 4, sp.Rational(2, 5), 40)

remark_orbit = Derivation(
    "bifurcations-remark-orbit",
    r"for $w = -8$, $b = 4$, $y_0 = 0.4$: $(y_{40} - 0.0212479880)^2 < 10^{-20}$",
    Claim(
        (_orbit - sp.Rational(212479880, 10**10)) ** 2,
        "<",
        sp.Rational(1, 10**20),
    ),
    steps=(
        Step(
            sp.Rational(1, 10**20),
            "an enclosure of forty steps",
            relation="<",
            by=(certified,),
        ),
    ),
    source=("003-remark",),
)

# Crossing ------------------------------------------------------------------------------------


class LowerFold(Number):
    """b_-(w) = g(y_-), with argument w >= 4."""

    tex, plain = "b_-({0})", "b_-({0})"

    def numeric(self, at):
        (w,) = self.args
        return at(shift(w, (1 - sp.sqrt(1 - 4 / w)) / 2))


_fold_of_six = LowerFold(6)
_near = sp.Interval(sp.Rational(-26, 10), sp.Rational(-257, 100))

crossed = Derivation(
    "bifurcations-crossed",
    r"$-2.6 < b_-(6) < -2.57$",
    Claim(
        (_fold_of_six + sp.Rational(26, 10)) * (_fold_of_six + sp.Rational(257, 100)),
        "<",
        0,
    ),
    steps=(Step(_zero, "enclosures of the two factors", relation="<", by=(certified,)),),
    source=("003-crossing",),
)

stays = Derivation(
    "bifurcations-stays",
    r"for $0.9 \le y \le 1$ and $-2.6 \le b \le -2.57$: $\sigma(6 y + b) > 0.94$",
    Claim(
        sigma(6 * y + b),
        ">",
        sp.Rational(94, 100),
        where={y: sp.Interval(9 * _tenth, 1), b: _near},
    ),
    steps=(
        Step(
            sp.Rational(94, 100),
            "boxes, each with an enclosure of the value",
            relation=">",
            by=(certified,),
        ),
    ),
    source=("003-crossing",),
)

gentle = Derivation(
    "bifurcations-gentle",
    r"for $w = 6$, $0.94 \le y < 1$ and $s = y(1-y)$: $s/(1 - w s) < 0.09$",
    Claim(
        _s / (1 - 6 * _s),
        "<",
        sp.Rational(9, 100),
        where={y: sp.Interval.Ropen(sp.Rational(94, 100), 1)},
    ),
    steps=(
        Step(
            sp.Rational(9, 100),
            "$s$ is largest at $0.94$",
            relation="<",
            by=(box,),
        ),
    ),
    source=("003-crossing",),
)
