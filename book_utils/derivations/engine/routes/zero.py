"""Whether an expression is zero: for all values of its letters, exactly."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction

from book_utils.derivations.engine.domains import satisfies
from book_utils.derivations.engine.vocabulary import ActivationFunction, SlopeFunction

# What SymPy can put numbers into: letters for numbers, and functions that it knows itself.
_NUMERIC = (
    sp.Symbol,
    sp.Number,
    sp.NumberSymbol,
    sp.Add,
    sp.Mul,
    sp.Pow,
    sp.exp,
    sp.log,
    TrigonometricFunction,
    HyperbolicFunction,
)


def is_zero(e: sp.Expr) -> bool:
    """Multiplied out, nothing is left; or SymPy simplifies what is left to nothing."""
    e = sp.expand(e)
    return e == 0 or (_may_simplify(e) and not _differs(e) and sp.simplify(e) == 0)


def _differs(e: sp.Expr) -> bool:
    """Whether one point shows that it is not zero: most of what is asked is a mutant.

    This only saves SymPy's simplify, which takes longest where there is nothing to find. That
    nothing was seen at the point proves nothing.
    """
    words = {word: sp.Dummy() for word in _words(e)}
    # Two words of one kind may stand at one place that is written in two ways.
    if not all(map(_is_opaque, words)) or len({word.func for word in words}) < len(words):
        return False
    e = e.xreplace(words)
    letters = sorted(e.free_symbols - set(words.values()), key=str) + list(words.values())
    point = {letter: _value(letter, place) for place, letter in enumerate(letters)}
    if not all(satisfies(letter, value) for letter, value in point.items()):
        return False
    value = e.xreplace(point).evalf(20)
    return bool(value.is_Float and abs(value) > 1e-9)


def _is_opaque(word: sp.Basic) -> bool:
    """A word of ours, or a name without a definition: to SymPy's simplify no more than a letter."""
    ours = hasattr(word, "numeric") and type(word).doit is sp.Basic.doit
    return ours or isinstance(word, AppliedUndef | sp.Indexed)


def _words(e: sp.Basic) -> Iterator[sp.Basic]:
    """The outermost parts that SymPy cannot put numbers into."""
    if not isinstance(e, _NUMERIC):
        yield e
        return
    for part in e.args:
        yield from _words(part)


def _value(letter: sp.Symbol, place: int) -> sp.Rational:
    """A number that no formula was made for, other for each letter."""
    return sp.Integer(place + 2) if letter.is_integer else sp.Rational(7 * place + 5, 13)


def _may_simplify(e: sp.Expr) -> bool:
    """SymPy's simplify is slow, and no help where letters are only multiplied and added.

    It also takes a sum with upper < lower by Karr's convention; here such a sum is empty.
    """
    if e.has(sp.Sum, sp.Product):
        return False
    undefined = ActivationFunction | SlopeFunction | AppliedUndef | sp.KroneckerDelta
    return any(not isinstance(f, undefined) for f in e.atoms(sp.Function)) or any(
        not (p.exp.is_Integer and p.exp > 0) for p in e.atoms(sp.Pow)
    )
