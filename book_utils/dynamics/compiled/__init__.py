"""``bptt`` for Vanilla and Elman cells, and runs of the one unit, compiled.

The shared library is made from bptt.c and unit.c when the package is installed, if there is a C
compiler. Without it, and for every other cell, for symbols, and for arguments that need a message,
``dynamics.bptt`` and ``dynamics.one_unit`` go their own way, which is the one to read.
"""

from __future__ import annotations

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from book_utils.activations import ACTIVATIONS
from book_utils.cells import Elman, Vanilla

NAME = f"{__name__}._loops"
CELLS = {Vanilla: 0, Elman: 1}  # their numbers in bptt.c
FLOAT = np.dtype(float)
MANY = 2**15
"""Shorter arrays are done before a second core has started."""


@cache
def library() -> ctypes.CDLL | None:
    """The compiled functions, or None if there are none."""
    spec = find_spec(NAME)
    return None if spec is None else load(str(spec.origin))


def load(path: str) -> ctypes.CDLL:
    """The compiled functions of one shared library."""
    found = ctypes.CDLL(path)
    found.work_size.argtypes, found.work_size.restype = [ctypes.c_long] * 4, ctypes.c_long
    found.bptt.argtypes = [ctypes.c_int] * 2 + [ctypes.c_long] * 4 + [ctypes.c_void_p] * 8
    found.one_unit.argtypes = [ctypes.c_long] * 2 + [ctypes.c_void_p] * 7
    found.one_unit_twofold.argtypes = [ctypes.c_long] * 2 + [ctypes.c_void_p] * 6
    found.one_unit.restype = found.one_unit_twofold.restype = None
    return found


def bptt(cell: Any, x0: Any, inputs: Any, loss_gradients: Any) -> dict[str, np.ndarray] | None:
    """What ``dynamics.bptt`` gives; None where this does not apply or a number is not finite."""
    compiled, known = library(), _known(cell)
    if compiled is None or known is None:
        return None
    for each in (x0, inputs, loss_gradients):
        if type(each) is not np.ndarray or each.dtype is not FLOAT or not each.flags.c_contiguous:
            return None
    kind, number, n, m, *parameters = known
    T, B = inputs.shape[0] if inputs.ndim else 0, 1
    leading: tuple[int, ...] = ()
    if x0.ndim == 2:
        leading = (B,) = x0.shape[:1]
    if (
        x0.shape != (*leading, n)
        or inputs.shape != (T, *leading, m)
        or loss_gradients.shape != (T, *leading, n)
        or T * B == 0
    ):
        return None
    size = n * (n + m + 1)
    room = np.empty(size + compiled.work_size(n, m, T, B))
    gradient = _address(room)
    arrays = (_address(x0), _address(inputs), _address(loss_gradients))
    if not compiled.bptt(
        kind, number, n, m, T, B, *parameters, *arrays, gradient, gradient + 8 * size
    ):
        return None
    W, U, b = room[: n * n], room[n * n : n * (n + m)], room[n * (n + m) : size]
    return {"W": W.reshape(n, n).copy(), "U": U.reshape(n, m).copy(), "b": b.copy()}


Arrays = tuple[np.ndarray, ...]


def one_unit(w: np.ndarray, b: np.ndarray, y0: np.ndarray, n: int) -> Arrays | None:
    """What ``one_unit.orbits.run`` gives for flat float arrays; None without the library."""
    return _filled("one_unit", 4, (w, b, y0), n)


def one_unit_twofold(w: np.ndarray, b: np.ndarray, y0: np.ndarray, n: int) -> Arrays | None:
    """What ``one_unit.orbits.long_run`` gives for flat float arrays; None without the library."""
    return _filled("one_unit_twofold", 3, (w, b, y0), n)


def _filled(name: str, results: int, given: Arrays, n: int) -> Arrays | None:
    """Long arrays are cut, a part for each core: every entry is computed by itself."""
    compiled = library()
    if compiled is None:
        return None
    found = tuple(np.empty_like(given[0]) for _ in range(results))
    function, size = getattr(compiled, name), given[0].size
    addresses = [each.ctypes.data for each in (*given, *found)]

    def part(start: int, stop: int) -> None:
        function(stop - start, n, *(each + FLOAT.itemsize * start for each in addresses))

    cores = os.cpu_count() or 1
    if size < MANY or cores == 1:
        part(0, size)
        return found
    cuts = [size * core // cores for core in range(cores + 1)]
    with ThreadPoolExecutor(cores) as pool:  # ctypes lets Python go on while C computes
        list(pool.map(part, cuts[:-1], cuts[1:]))
    return found


def _known(cell: Any) -> tuple[int, ...] | None:
    """What bptt.c is to know of a cell, found once; None if it is none of its kind."""
    try:
        return _KNOWN[cell]
    except KeyError:
        _KNOWN[cell] = _look_at(cell)
        return _KNOWN[cell]
    except TypeError:  # not a cell at all: no key of a dictionary, or one without weak references
        return None


def _look_at(cell: Any) -> tuple[int, ...] | None:
    kind = CELLS.get(type(cell))
    if kind is None:
        return None
    activations, parameters = list(ACTIVATIONS.values()), list(cell.parameters().values())
    if cell.activation not in activations or any(p.dtype is not FLOAT for p in parameters):
        return None
    number = activations.index(cell.activation)
    return kind, number, cell.n, cell.m, *map(_address, parameters)


def _address(array: np.ndarray) -> int:
    try:
        return ctypes.addressof(ctypes.c_byte.from_buffer(array))
    except (TypeError, ValueError):  # a read-only or an empty array tells it more slowly
        return array.__array_interface__["data"][0]


_KNOWN: WeakKeyDictionary[Any, tuple[int, ...] | None] = WeakKeyDictionary()
