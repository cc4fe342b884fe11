"""Check what people hand in, and refuse it with one sentence they can act on.

A message names the argument, what it got and what it expects:
``W: got shape (2, 3), expects a square matrix (n, n)``.
A value of the wrong kind (text, booleans, complex numbers) is a TypeError;
a value of the right kind that does not fit (shape, NaN, range) is a ValueError.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

Shape = tuple[int | str, ...]

# A cell may have no input, and a trajectory may have no step; everything else has a size.
MAY_BE_ZERO = frozenset({"m", "T"})


def array(name: str, value: Any, shape: Shape | None = None, **sizes: int) -> np.ndarray:
    """Return ``value`` as an array of finite real numbers, or of SymPy expressions.

    ``shape`` holds numbers or letters. A letter stands for any size, the same wherever it
    returns; ``sizes`` fixes letters whose size is known. Without ``shape`` any shape will do.
    Numbers become floats. An object array stays exact: its entries become SymPy expressions.
    """
    result = _finite(name, _real(name, value))
    return result if shape is None else shaped(name, result, shape, **sizes)


def shaped(name: str, values: np.ndarray, shape: Shape, **sizes: int) -> np.ndarray:
    """Return the array ``values``, refused if it has another shape; see ``array``."""
    if not _fits(values.shape, shape, sizes):
        raise ValueError(f"{name}: got shape {values.shape}, expects {_describe(shape, sizes)}")
    return values


def index(name: str, value: Any, at_most: int, bound: str) -> int:
    """Return ``value`` as an integer from 0 to ``at_most``, which ``bound`` puts in words."""
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: got {value!r}, expects an integer")
    number = operator.index(value)
    if number < 0:
        raise ValueError(f"{name}: got {number}, expects at least 0")
    if number > at_most:
        raise ValueError(f"{name}: got {number}, expects at most {bound} = {at_most}")
    return number


def instance(name: str, value: Any, kind: type) -> None:
    """Refuse ``value`` unless it is a ``kind``."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: got {value!r}, expects a {kind.__name__}")


def numbers(name: str, value: Any, shape: Shape | None = None) -> np.ndarray:
    """A float array; exact numbers are rounded, symbols refused."""
    values = array(name, value, shape)
    if values.dtype != object:
        return values
    for where, entry in np.ndenumerate(values):
        if not entry.is_number:
            raise TypeError(f"{name}: got the symbol {entry} at index {where}, expects numbers")
    return values.astype(float)


def positive(name: str, value: Any) -> float:
    """Return ``value`` as a finite number above zero."""
    number = float(numbers(name, value, ()))
    if number <= 0:
        raise ValueError(f"{name}: got {number}, expects a positive number")
    return number


def not_overflown(what: str, values: np.ndarray) -> None:
    """Refuse results that outgrew floating point, where inf and NaN would pass as numbers."""
    if values.dtype != object and not np.isfinite(values).all():
        raise OverflowError(
            f"{what}: got numbers beyond {np.finfo(float).max:.0e}, expects finite ones; "
            "take fewer steps or smaller weights"
        )


def rows_not_overflown(what: str, rows: np.ndarray, order: int = 1) -> None:
    """The same for every row, named by its number; ``order`` is −1 if the last came first."""
    if rows.dtype != object and not np.isfinite(rows).all():
        bad = [t for t, row in enumerate(rows) if not np.isfinite(row).all()]
        first = bad[::order][0]
        not_overflown(what.format(first), rows[first])


def _real(name: str, value: Any) -> np.ndarray:
    try:
        raw = np.asarray(value)
    except ValueError as error:  # NumPy's word for rows of different length
        message = f"{name}: got rows of different length, expects a full array of real numbers"
        raise ValueError(message) from error
    if raw.dtype.kind in "iuf":
        return raw.astype(float, copy=False)
    if raw.dtype.kind == "O":
        return _exact(name, raw)
    kind = {"b": "booleans", "c": "complex numbers", "U": "text", "S": "bytes"}
    got = kind.get(raw.dtype.kind, f"entries of type {raw.dtype}")
    raise TypeError(f"{name}: got {got}, expects real numbers or SymPy expressions")


def _exact(name: str, raw: np.ndarray) -> np.ndarray:
    entries = np.empty(raw.shape, dtype=object)
    for where, entry in np.ndenumerate(raw):
        # SymPy would read text as a formula and True as logic, so the type is asked first.
        is_number = isinstance(entry, (int, float, Fraction, np.integer, np.floating))
        if isinstance(entry, bool) or not (is_number or isinstance(entry, sp.Expr)):
            raise TypeError(
                f"{name}: got {type(entry).__name__}{_place(where)}, "
                "expects real numbers or SymPy expressions"
            )
        entries[where] = sp.sympify(entry)
        if entries[where].is_extended_real is False and entries[where] is not sp.nan:
            raise TypeError(
                f"{name}: got the complex number {entry}{_place(where)}, expects real numbers"
            )
    return entries


def _finite(name: str, values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        good = [entry.is_finite is not False and entry is not sp.nan for entry in values.flat]
        good = np.array(good, dtype=bool).reshape(values.shape)
    else:
        good = np.isfinite(values)
    if not good.all():
        where = tuple(int(i) for i in np.argwhere(~good)[0])
        raise ValueError(
            f"{name}: got a non-finite number {values[where]}{_place(where)}, "
            "expects finite numbers"
        )
    return values


def _place(where: tuple[int, ...]) -> str:
    return f" at index {where}" if where else ""


def _fits(got: tuple[int, ...], shape: Shape, sizes: dict[str, int]) -> bool:
    if len(got) != len(shape):
        return False
    known = dict(sizes)
    for size, letter in zip(got, shape, strict=True):
        if isinstance(letter, str):
            if size == 0 and letter not in MAY_BE_ZERO and known.get(letter) != 0:
                return False
            letter = known.setdefault(letter, size)
        if size != letter:
            return False
    return True


def _describe(shape: Shape, sizes: dict[str, int]) -> str:
    letters = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    fixed = ", ".join(
        f"{letter} = {sizes[letter]}" for letter in dict.fromkeys(shape) if letter in sizes
    )
    square = len(shape) == 2 and shape[0] == shape[1]
    noun = "a square matrix" if square else "a number, shape" if not shape else "shape"
    return f"{noun} ({letters})" + (f" with {fixed}" if fixed else "")
