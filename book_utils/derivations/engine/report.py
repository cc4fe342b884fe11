"""A refutation in words: the numbers put in, and what the two sides come to."""

from __future__ import annotations

import mpmath

from book_utils.derivations.engine.compare import DIGITS
from book_utils.derivations.engine.decide import Refutation
from book_utils.derivations.engine.numbers import SMOOTH
from book_utils.derivations.engine.plain import LETTERS, plain
from book_utils.derivations.engine.tex import number_text

SHOWN = 6
"""Digits of the two sides. What was put in is shown exactly."""

_SYMBOLS = {"=": "=", "<=": "≤", "<": "<", ">=": "≥", ">": ">"}


def refutation_text(refutation: Refutation) -> str:
    """What a reader needs to put the same numbers in: sizes, values, functions, both sides."""
    claim, at = refutation.claim, refutation.instance
    with mpmath.workdps(4 * DIGITS):
        left, right = at(claim.left), at(claim.right)
        sides = number_text(left, SHOWN), number_text(right, SHOWN)
        gap = number_text(left - right, SHOWN)
    lines = [
        f"  claimed: {plain(claim.left)} {_SYMBOLS[claim.relation]} {plain(claim.right)}",
        "  put in:",
    ]
    lines += [f"    {name} = {size}" for name, size in sorted(at.sizes.items())]
    for name, value in sorted(at.values.items(), key=lambda item: str(item[0])):
        if not str(name).startswith("_"):
            lines.append(f"    {name} = {number_text(value)}")
    names = {function: name for name, function in SMOOTH.items()}
    for name, function in sorted(at.functions.items()):
        letter = LETTERS.get(f"\\{name}", name)
        lines.append(f"    {letter}(z) = {names.get(function, 'a given function')}")
    lines += [f"  left side:  {sides[0]}", f"  right side: {sides[1]}"]
    if sides[0] == sides[1]:
        lines.append(f"  difference: {gap}")
    return "\n".join(lines)
