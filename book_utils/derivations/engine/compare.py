"""Comparing the two sides of a claim at one instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath

from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.instances import NotEvaluable
from book_utils.derivations.engine.numbers import Numbers
from book_utils.derivations.engine.vocabulary import SpectralRadius

DIGITS = 50
"""The first evaluation. The second has four times as many digits, and if need be a third."""

# Rounding errors fall from 50 to 200 digits by a factor of about 1e-150; differences stay.
SAME, APART = mpmath.mpf("1e-100"), mpmath.mpf("1e-60")
CLEAR = mpmath.mpf("1e-20")


@dataclass(frozen=True)
class Sides:
    """Both sides, entry by entry, and what rounding may have done to them."""

    pairs: list[tuple[Any, Any]]
    noise: mpmath.mpf
    largest: mpmath.mpf


def compare(claim: Claim, instance: Numbers, quick: bool = False) -> bool | None:
    """True: the relation holds here. False: it fails here. None: too close to tell.

    Both sides are evaluated at two precisions. How far the first is off measures the rounding
    errors; a difference of the sides that does not shrink with them is a true one, however
    small, and one that does is none, however large the numbers that cancel. One evaluation is
    enough where the sides are further apart than rounding could ever bring them: to twenty of
    fifty digits. A ``quick`` look is content with one also where that one agrees, to thirty
    digits of the numbers in it.
    """
    # An eigenvalue that is m-fold is only good to the m-th part of the digits, m at most 4.
    spectral = any(side.has(SpectralRadius) for side in (claim.left, claim.right))
    digits = DIGITS * 4 if spectral else DIGITS
    rough = _sides(claim, instance, digits)
    far = _verdict(claim.relation, _far_apart(rough))
    if far is False or (quick and far):
        return far
    if quick and _verdict(claim.relation, _first_signs(rough, spectral)):
        return True
    fine = _sides(claim, instance, 4 * digits)
    signs = _signs(rough, fine)
    if None in signs:
        finer = _sides(claim, instance, 16 * digits)
        signs = _signs(fine, finer, last=True)
    return _verdict(claim.relation, signs)


def _sides(claim: Claim, instance: Numbers, digits: int) -> Sides:
    with mpmath.workdps(digits):
        instance.largest[0] = mpmath.mpf(0)
        left, right = instance(claim.left), instance(claim.right)
        if isinstance(left, mpmath.matrix):
            if instance.shape(left) != instance.shape(right):
                raise NotEvaluable("the shapes of the two sides differ")
            pairs = list(zip(left, right, strict=True))
        else:
            pairs = [(left, right)]
        if claim.relation != "=" and any(isinstance(v, mpmath.mpc) for p in pairs for v in p):
            raise NotEvaluable("the sides are not real here")
        if not all(mpmath.isfinite(v) for p in pairs for v in p):
            raise NotEvaluable("not finite here")
        largest = instance.largest[0]
        return Sides(pairs, largest * mpmath.mpf(10) ** (20 - digits), largest)


def _far_apart(rough: Sides) -> list[int | None]:
    """Signs of the gaps that are far larger than rounding; None for all others."""
    return [
        (-1 if not isinstance(r - l, mpmath.mpc) and r < l else 1)
        if abs(r - l) > CLEAR * max(abs(l), abs(r), rough.largest, 1)
        else None
        for l, r in rough.pairs
    ]


def _first_signs(rough: Sides, spectral: bool) -> list[int | None]:
    """Signs from one evaluation: none where a side is not far larger than the rounding.

    Of eigenvalues not all digits are known to be good: a gap must be a wide one.
    """
    signs = [
        None
        if rough.noise > CLEAR * max(abs(l), abs(r), 1 if l == r else 0)
        else _sign(l, r, mpmath.mpf(0), rough.noise, False, CLEAR)
        for l, r in rough.pairs
    ]
    if not spectral:
        return signs
    wide = _far_apart(rough)
    return [s if s == 0 else far for s, far in zip(signs, wide, strict=True)]


def _signs(rough: Sides, fine: Sides, last: bool = False) -> list[int | None]:
    return [
        _sign(l, r, max(abs(l - l_rough), abs(r - r_rough)), fine.noise, last)
        for (l_rough, r_rough), (l, r) in zip(rough.pairs, fine.pairs, strict=True)
    ]


def _sign(l: Any, r: Any, error: Any, noise: Any, last: bool, clear: Any = APART) -> int | None:
    """0: no gap. ±1: a gap; its sign, where it is real. None: too close to tell."""
    gap = r - l
    if abs(gap) > max(APART * error, noise):
        return -1 if not isinstance(gap, mpmath.mpc) and gap < 0 else 1
    if abs(gap) > max(SAME * error, noise):
        return None
    # Two sides that rounding could have made, or could have wiped out, say nothing as yet.
    size = max(abs(l), abs(r))
    if noise <= clear * (size if size else 1):
        return 0
    return 0 if last and noise <= SAME else None


def _verdict(relation: str, signs: list[int | None]) -> bool | None:
    holds = {"=": (0,), "<=": (0, 1), "<": (1,), ">=": (0, -1), ">": (-1,)}[relation]
    if any(s is not None and s not in holds for s in signs):
        return False
    return None if None in signs else True
