"""Claims in one line of plain text, for messages: ∂x_t/∂x_{t-1} = W.T diag(σ′(x))."""

from __future__ import annotations

import re

import sympy as sp
from sympy.printing.str import StrPrinter

LETTERS = {
    r"\partial^+ ": "∂⁺",
    r"\partial ": "∂",
    r"\partial": "∂",
    r"\sigma": "σ",
    r"\varphi": "φ",
    r"\phi": "φ",
    r"\alpha": "α",
    r"\theta": "θ",
    r"\lambda": "λ",
    r"\ell": "ℓ",
    r"\rho": "ρ",
    r"_{\max}": "_max",
}


def plain_name(tex: str) -> str:
    """A name that was given for the page, without its TeX."""
    tex = re.sub(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1/\2", tex)
    tex = re.sub(r"\\operatorname\{(\w+)\}", r"\1", tex)
    for command, letter in LETTERS.items():
        tex = tex.replace(command, letter)
    return tex.replace("'", "′")


class Plain(StrPrinter):
    """SymPy's plain printer, with the names that the text gives to a word."""

    def _print_named(self, e):
        return plain_name(e.args[3].name)

    _print_Jacobian = _print_OfIndex = _print_DiagonalOf = _print_ColumnOf = _print_named

    def _print_Function(self, e):
        name = plain_name(getattr(e.func, "tex", e.func.__name__))
        return f"{name}({self.stringify(e.args, ', ')})"

    def _print_Transpose(self, e):
        inner = self._print(e.arg)
        return f"{inner}.T" if isinstance(e.arg, sp.MatrixSymbol) else f"({inner}).T"

    def _print_Trajectory(self, e):
        return plain_name(e.tex.format(*(self._print(a) for a in e.args)))

    def _print_DiagonalAt(self, e):
        return f"{self._print(e.args[0])}_{{{self._print(e.args[1])}}}"

    def _print_Descending(self, e):
        factors, others = e.shown()
        if len(factors) < 2:
            return self._print(factors[0]) if factors else "I"
        return (" ⋯ " if others else "").join(f"({self._print(factor)})" for factor in factors)

    def _print_SumOf(self, e):
        body, index, low, high = map(self._print, e.args)
        inside = f"({body})" if isinstance(e.args[0], sp.MatAdd) else body
        return f"Σ_{{{index}={low}}}^{{{high}}} {inside}"

    def _print_Entry(self, e):
        matrix, i, j = map(self._print, e.args)
        return f"({matrix})[{i}, {j}]"

    def _print_CharacteristicPolynomial(self, e):
        matrix, variable = map(self._print, e.args)
        return f"det({variable} I - {matrix})"


def plain(e: sp.Basic) -> str:
    text = Plain().doprint(e)
    text = re.sub(r"_\{([^{}]*)\}", lambda index: "_{" + index[1].replace(" ", "") + "}", text)
    return re.sub(r"_\{(\w)\}", r"_\1", text)
