"""Claims and numbers as TeX, in the letters of the text."""

from __future__ import annotations

from itertools import takewhile

import mpmath
import sympy as sp
from sympy.printing.latex import LatexPrinter

from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.vocabulary import (
    CharacteristicPolynomial,
    Descending,
    DiagonalAt,
    Entry,
    Jacobian,
    OfIndex,
    SumOf,
)

RELATION = {"=": "=", "<=": r"\le", "<": "<", ">=": r"\ge", ">": ">"}


class Printer(LatexPrinter):
    """SymPy's printer, with indices written as the text writes them: W_{im}, x_j, D_{t-1}."""

    def _print_Indexed(self, e):
        indices = [self._print(i) for i in e.indices]
        separator = "" if all(len(i) == 1 for i in indices) else ","
        return rf"{self._print(e.base.label)}_{{{separator.join(indices)}}}"

    def _print_Mul(self, e):
        """Matrix entries first, deltas last: W_{im} σ′(x_m) δ_{mj} as it is said."""
        plain = sp.Indexed | sp.Symbol | sp.Function | sp.Derivative | Entry
        if all(isinstance(a, plain) for a in e.args):
            return " ".join(self._print(a) for a in sorted(e.args, key=_place))
        return super()._print_Mul(e)

    def _as_ordered_terms(self, e, order=None):
        terms = super()._as_ordered_terms(e, order)
        return sorted(terms, key=_rank_of_term)

    def _print_MatAdd(self, e):
        """Terms in the order in which they stand (``sp.MatAdd`` keeps it, + does not).

        What is subtracted comes after what is added, and a sum over an index last: what
        followed it would look summed.
        """
        printed = [(isinstance(term, SumOf), self._print(term)) for term in e.args]
        printed.sort(key=lambda each: (each[0], each[1].startswith("-")))
        first, *rest = (text for _, text in printed)
        signed = (text if text.startswith("-") else f"+ {text}" for text in rest)
        return " ".join([first, *signed])

    def _print_log(self, e, exp=None):
        argument = self._print(e.args[0])
        inner = rf"\ln {argument}" if e.args[0].is_Integer else rf"\ln\left({argument}\right)"
        return rf"\left({inner}\right)^{{{exp}}}" if exp else inner

    def _print_IndexedBase(self, e):
        """A vector that belongs to a time is called c@1 inside and c_1 on the page."""
        name, at, time = str(e.label).partition("@")
        return rf"{name}_{{{time}}}" if at else self._print(e.label)

    def _print_Function(self, e, exp=None):
        name = getattr(e.func, "tex", None)
        if name is None:
            return super()._print_Function(e, exp)
        power = rf"^{{{exp}}}" if exp else ""
        return rf"{name}{power}({self._print(e.args[0])})"

    _print_SlopeFunction = _print_ActivationFunction = _print_Function
    _print_SigmaMax = _print_SpectralRadius = _print_Function

    def _print_AppliedUndef(self, e):
        """An undefined function whose first arguments are indices: x_m(s), W_{im}(s)."""
        places = list(takewhile(lambda a: a.is_integer, e.args))
        rest = e.args[len(places) :]
        if rest and places:
            inside = ", ".join(map(self._print, rest))
            return rf"{e.func.__name__}_{{{''.join(map(self._print, places))}}}({inside})"
        return super()._print_Function(e)

    def _print_MatrixExpr(self, e):
        """A word that a topic added: it says by its own pattern how it is written."""
        return e.tex.format(*(self._print(a) for a in e.args))

    def _print_OfIndex(self, e: OfIndex):
        return e.args[3].name

    def _print_Jacobian(self, e: Jacobian):
        return e.args[3].name

    def _print_Diagonal(self, e):
        return self._print(sp.Symbol(e.name))

    def _print_DiagonalAt(self, e: DiagonalAt):
        return rf"{self._print(e.args[0])}_{{{self._print(e.args[1])}}}"

    def _print_Transpose(self, e):
        inner = self._print(e.arg)
        if not isinstance(e.arg, sp.MatrixSymbol):
            inner = rf"\left({inner}\right)"
        return rf"{inner}^{{\mathsf{{T}}}}"

    def _print_matrix_contents(self, e):
        """Rows with fractions stand further apart: side by side in a line they would touch."""
        text = super()._print_matrix_contents(e)
        return text.replace(r"\\", r"\\[0.4em]") if r"\frac" in text else text

    def _print_Identity(self, e):
        return "I"

    def _print_Entry(self, e: Entry):
        matrix, i, j = (self._print(a) for a in e.args)
        return rf"\left({matrix}\right)_{{{i}{j}}}"

    def _print_Descending(self, e: Descending):
        factors, others = e.shown()
        return (r" \cdots " if others else "").join(map(self._factor, factors)) or "I"

    _print_Ascending = _print_Descending

    def _print_SumOf(self, e: SumOf):
        body, index, low, high = e.args
        below, above = rf"{self._print(index)}={self._print(low)}", self._print(high)
        return rf"\sum_{{{below}}}^{{{above}}} {self._term(body)}"

    def _term(self, body: sp.Basic) -> str:
        text = self._print(body)
        return rf"\left({text}\right)" if isinstance(body, sp.MatAdd) else text

    def _factor(self, factor: sp.Basic) -> str:
        text = self._print(factor)
        return rf"({text})" if isinstance(factor, sp.MatMul | sp.MatAdd) else text

    def _print_CharacteristicPolynomial(self, e: CharacteristicPolynomial):
        matrix, variable = (self._print(a) for a in e.args)
        return rf"\det\left({variable} I - {matrix}\right)"

    def _print_Derivative(self, e):
        variable = self._print(e.variables[0])
        order = e.derivative_count
        power = rf"^{{{order}}}" if order > 1 else ""
        body = self._print(e.expr)
        if isinstance(e.expr, sp.Function) and order == 1:
            return rf"\frac{{\partial {body}}}{{\partial {variable}}}"
        if isinstance(e.expr, sp.Add | sp.Mul):
            body = rf"\Bigl({body}\Bigr)"
        return rf"\frac{{\partial{power}}}{{\partial {variable}{power}}} {body}"


def _place(factor: sp.Basic) -> int:
    match factor:
        case sp.Symbol():
            return 0
        case sp.Indexed() if len(factor.indices) == 2:
            return 1
        case sp.Derivative() | sp.KroneckerDelta():
            return 3
    return 2


def _rank_of_term(term: sp.Expr) -> tuple[bool, bool, bool]:
    """Where a number stands in a sum: what is subtracted last, sums first, w σ(x) before b."""
    lone = term.is_Symbol and not term.is_integer
    return term.could_extract_minus_sign(), not term.has(sp.Sum), lone


_printer = Printer({"mat_str": "matrix", "mat_delim": "("})


def tex(e: sp.Basic) -> str:
    return _printer.doprint(e)


def cell(formula: str) -> str:
    """A formula that may stand in a cell of a Markdown table."""
    return r"\displaystyle " + formula.replace("|", r"\vert ")


def claim_tex(claim: Claim) -> str:
    return rf"{tex(claim.left)} {RELATION[claim.relation]} {tex(claim.right)}"


def conditions_tex(claim: Claim, known: Claim | None = None) -> str:
    """What a claim assumes, and in which intervals its numbers lie; without what ``known`` says."""
    said = () if known is None else known.given
    parts = [_assumption_tex(c) for c in claim.given if c not in said]
    if known is not None:
        new = {n: d for n, d in claim.where.items() if known.where.get(n) != d}
        parts += [_interval_tex(n, d) for n, d in new.items() if isinstance(d, sp.Interval)]
        parts += [
            # The domain of a time stands for all times from its start on.
            rf"{tex(n)} \ge {tex(d.start)}"
            for n, d in new.items()
            if isinstance(d, sp.Range) and d.size != 1
        ]
    return r",\ ".join(filter(None, parts))


def _assumption_tex(assumption: Claim) -> str:
    text = claim_tex(assumption)
    if assumption.every is None:
        return text
    domain = assumption.where[assumption.every]
    ends = rf"{tex(domain.start)} \le {tex(assumption.every)} < {tex(domain.stop)}"
    return rf"{text}\ \text{{for}}\ {ends}"


def _interval_tex(name: sp.Symbol, domain: sp.Interval) -> str:
    low, high, low_open, high_open = domain.args
    below = "" if low == -sp.oo else rf"{tex(low)} {'<' if low_open else RELATION['<=']} "
    above = "" if high == sp.oo else rf" {'<' if high_open else RELATION['<=']} {tex(high)}"
    return rf"{below}{tex(name)}{above}" if below or above else ""


def number_text(value, digits: int = 12) -> str:
    """A number for a message: exact where it is short, else to so many digits."""
    if isinstance(value, mpmath.matrix):
        rows = ", ".join(
            "[" + ", ".join(number_text(value[i, j], digits) for j in range(value.cols)) + "]"
            for i in range(value.rows)
        )
        return f"[{rows}]"
    if isinstance(value, dict):
        places = sorted(value)
        if len(places[0]) == 1:
            return "[" + ", ".join(number_text(value[p], digits) for p in places) + "]"
        height = max(p[0] for p in places)
        width = max(p[1] for p in places)
        rows = [
            "[" + ", ".join(number_text(value[i, j], digits) for j in range(1, width + 1)) + "]"
            for i in range(1, height + 1)
        ]
        return f"[{', '.join(rows)}]"
    if isinstance(value, mpmath.mpf):
        return mpmath.nstr(value, digits, strip_zeros=True).removesuffix(".0")
    return str(value)
