"""What a language model's numbers mean: what the chapter on a small text states."""

from __future__ import annotations

import sympy as sp

from book_utils.derivations import vanishing
from book_utils.derivations.engine import (
    Claim,
    Derivation,
    Step,
    certified,
    every,
    lemma,
)
from book_utils.derivations.engine.vocabulary import SigmaMax
from book_utils.derivations.network import (
    LossGradient,
    StateJacobian,
    StateSlopes,
    W,
    k,
    n,
    r,
    t,
)

# Perplexity ----------------------------------------------------------------------------------

_size, _count = sp.symbols("S N", integer=True, positive=True)
_place = sp.Symbol("t", integer=True, positive=True)
_first, _second = sp.symbols("a b", positive=True)

uniform = Derivation(
    "language-uniform",
    r"a guess that gives each of $S$ symbols the probability $1/S$ has the perplexity $S$",
    Claim(
        sp.exp(sp.Sum(-sp.log(1 / _size), (_place, 1, _count)) / _count),
        "=",
        _size,
        where={_count: sp.Range(1, 6), _size: sp.Range(1, 9)},
    ),
    steps=(
        Step(
            _size,
            r"$N$ equal terms $-\log\frac1S = \log S$, whose mean is $\log S$",
        ),
    ),
)

mean = Derivation(
    "language-mean",
    r"two places, guessed with the probabilities $a$ and $b$: the mean loss is "
    r"$\log\frac1{\sqrt{ab}}$",
    Claim(
        (-sp.log(_first) - sp.log(_second)) / 2,
        "=",
        sp.log(1 / sp.sqrt(_first * _second)),
    ),
    steps=(Step(sp.log(1 / sp.sqrt(_first * _second)), "rules of the logarithm"),),
)

# How steep the loss is -----------------------------------------------------------------------

_a, _s = sp.symbols("a s", real=True)
_b = 1 - _s - _a

score_row = Derivation(
    "language-score-row",
    r"$(1 - s)^2 + a^2 + b^2 = 2 - 2s(2 - s) - 2ab$, where $b = 1 - s - a$",
    Claim((1 - _s) ** 2 + _a**2 + _b**2, "=", 2 - 2 * _s * (2 - _s) - 2 * _a * _b),
    steps=(
        Step(
            2 * (1 - _s) ** 2 - 2 * _a * _b,
            "$a^2 + b^2 = (a + b)^2 - 2ab$, and $a + b = 1 - s$",
        ),
        Step(
            2 - 2 * _s * (2 - _s) - 2 * _a * _b,
            "$(1 - s)^2 = 1 - s(2 - s)$",
        ),
    ),
)

# How far a stable network looks --------------------------------------------------------------

_gamma = sp.Symbol("gamma", positive=True)
_U = sp.MatrixSymbol("U", n, n)
_slopes = every(r, sp.Range(k, t), SigmaMax(StateSlopes(r)), "<=", _gamma)
_rate = _gamma * SigmaMax(W)
_row, _jacobian = LossGradient(t), StateJacobian(t, k)

reach = Derivation(
    "language-reach",
    r"if $\Vert D_r\Vert \le \gamma$ for $k \le r < t$, then $\Vert\frac{\partial E_t}{\partial "
    r"x_t}\frac{\partial x_t}{\partial x_k}U\Vert \le (\gamma\,\sigma_{\max}(W))^{t-k}\,"
    r"\Vert\frac{\partial E_t}{\partial x_t}\Vert\,\Vert U\Vert$",
    Claim(
        SigmaMax(_row * _jacobian * _U),
        "<=",
        _rate ** (t - k) * SigmaMax(_row) * SigmaMax(_U),
        where={k: sp.Range(1, 3), t: sp.Range(k, k + 3)},
        given=(_slopes,),
    ),
    steps=(
        Step(
            SigmaMax(_row * _jacobian) * SigmaMax(_U),
            "the norm of a product",
            relation="<=",
        ),
        Step(
            _rate ** (t - k) * SigmaMax(_row) * SigmaMax(_U),
            "what reaches the state",
            relation="<=",
            using=(
                lemma(
                    SigmaMax(_row * _jacobian),
                    _rate ** (t - k) * SigmaMax(_row),
                    vanishing.loss_row,
                    "<=",
                ),
            ),
        ),
    ),
    source=("004-fig2",),
)

# A stable LSTM -------------------------------------------------------------------------------

_F = sp.Symbol("F", positive=True)
_mu_i, _mu_o, _mu_f, _mu_z = _margins = sp.symbols("mu_i mu_o mu_f mu_z", positive=True)
_most = Claim(_F, "<", 1)
_gates = (_mu_i * (1 - _F) + _mu_o * (1 - _F) + _mu_f * (1 - _F) ** 2 / (1 - _F)) / 4
_written = _mu_z * (1 - _F) / 4

gate_rate = Derivation(
    "language-gate-rate",
    r"with $\Vert W_i\Vert_\infty = \mu_i(1 - F)$, $\Vert W_o\Vert_\infty = \mu_o(1 - F)$, "
    r"$\Vert W_f\Vert_\infty = \mu_f(1 - F)^2$ and $\Vert W_z\Vert_\infty = "
    r"\frac{\mu_z}4(1 - F)$: "
    r"$\lambda = 1 - (1 - F)\left(1 - \frac{\mu_i + \mu_o + \mu_f + \mu_z}4\right)$",
    Claim(_F + _gates + _written, "=", 1 - (1 - _F) * (1 - sum(_margins) / 4), given=(_most,)),
    steps=(
        Step(
            _F + (1 - _F) * sum(_margins) / 4,
            "each condition takes its quarter of $1 - F$",
        ),
        Step(
            1 - (1 - _F) * (1 - sum(_margins) / 4),
            "$F = 1 - (1 - F)$",
        ),
    ),
)

forget = Derivation(
    "language-forget",
    r"$1/(1 + e^{-(0.1296 + 0.22 + 0.22)}) < 0.64$",
    Claim(
        1 / (1 + sp.exp(-(sp.Rational(1296, 10000) + 2 * sp.Rational(22, 100)))),
        "<",
        sp.Rational(64, 100),
    ),
    steps=(
        Step(
            sp.Rational(64, 100),
            "interval arithmetic",
            relation="<",
            by=(certified,),
        ),
    ),
)
