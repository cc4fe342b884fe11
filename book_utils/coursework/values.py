"""What comes out of a sandbox, believed only after a look at each part of it.

Numbers, texts and the data of a plot become answers that the checks can work with; anything else
becomes an answer that is not there, with the reason.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import json
import math
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from book_utils.coursework.desk import AnswerError, Missing, NotAllowed, Plot, said

NUMBERS = 200_000
"""Numbers in one answer."""
TEXT = 20_000
"""Characters in one answer."""
DEPTH = 8
LARGEST = 10**18
"""The largest integer: what is larger is no answer, and costs time to print."""
ANSWER_BYTES = 8 * 2**20
SIDE = 2400
"""Pixels of a picture, each way."""


class Broken(ValueError):
    """Data that no runner of ours sends."""


# --- reading ------------------------------------------------------------------------------


def read(line: bytes) -> dict[str, Any]:
    """The object in a line of JSON, read strictly: no NaN, no key twice, no number without end."""
    try:
        found = json.loads(
            line.decode("utf-8"),
            parse_constant=_refuse,
            parse_int=_integer,
            parse_float=_finite,
            object_pairs_hook=_once,
        )
    except Broken:
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        raise Broken(f"no JSON: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise Broken("no object")
    return found


def _refuse(name: str) -> Any:
    raise Broken(f"{name} is no JSON")


def _integer(text: str) -> int:
    if len(text) > 20:
        raise Broken("an integer without end")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Broken("a number without end")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Broken("a key twice")
    return found


# --- texts and pictures -------------------------------------------------------------------


ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")
# Control characters, half letters, and what turns the order of a line around.
STRANGE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufff9-\ufffb\ufffe\uffff]"
)


PLACE = re.compile(r" at 0x[0-9a-fA-F]{4,16}\b")


def clean(text: Any, most: int = TEXT) -> str:
    """A text that can be stored and shown: no control characters, no reordering, not too long."""
    if not isinstance(text, str):
        raise Broken("no text")
    kept = ESCAPES.sub("", text[:most].replace("\r\n", "\n").replace("\r", "\n"))
    return STRANGE.sub("\ufffd", kept) + (" ..." if len(text) > most else "")


def picture(text: Any, most: int) -> str:
    """A PNG, read here byte by byte so that no decoder in C has to trust it, as base64."""
    if not isinstance(text, str) or len(text) > most * 4 // 3 + 8:
        raise Broken("a picture too large")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Broken("no picture") from None
    return base64.b64encode(_png(data)).decode()


CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def _png(data: bytes) -> bytes:
    """The same picture with nothing in it but its pixels."""
    signature = b"\x89PNG\r\n\x1a\n"
    if not data.startswith(signature):
        raise Broken("no PNG")
    chunks: list[tuple[bytes, bytes]] = []
    at = len(signature)
    while at < len(data):
        if at + 12 > len(data):
            raise Broken("a PNG cut short")
        size, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        sum_at = at + 8 + size
        if data[sum_at : sum_at + 4] != struct.pack(">I", zlib.crc32(name + body)):
            raise Broken("a PNG with a wrong checksum")
        chunks.append((name, body))
        at = sum_at + 4
    kept = [(name, body) for name, body in chunks if name in (b"IHDR", b"PLTE", b"IDAT", b"IEND")]
    names = [name for name, _ in kept]
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or names.count(b"IHDR") != 1:
        raise Broken("a PNG out of order")
    if names.count(b"IEND") != 1 or len(kept[0][1]) != 13:
        raise Broken("a PNG out of order")
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", kept[0][1])
    if not (0 < width <= SIDE and 0 < height <= SIDE) or depth != 8 or rest != [0, 0, 0]:
        raise Broken("a PNG of a kind that is not taken")
    if colour not in CHANNELS:
        raise Broken("a PNG of a kind that is not taken")
    length = height * (1 + width * CHANNELS[colour])
    unpack = zlib.decompressobj()
    try:
        pixels = unpack.decompress(
            b"".join(body for name, body in kept if name == b"IDAT"), length + 1
        )
    except zlib.error:
        raise Broken("a PNG that cannot be unpacked") from None
    if len(pixels) != length or not unpack.eof or unpack.unused_data:
        raise Broken("a PNG that says another size than it has")
    made = signature
    for name, body in kept:
        made += struct.pack(">I4s", len(body), name) + body
        made += struct.pack(">I", zlib.crc32(name + body))
    return made


def outputs(found: Any, text: int, pictures: int, picture_bytes: int) -> list[dict[str, str]]:
    """What a cell shows: texts and pictures, nothing else, each as it may be stored."""
    if not isinstance(found, list) or len(found) > pictures + 20:
        raise Broken("outputs of another kind")
    kept = []
    for output in found:
        match output:
            case {"text": value, **rest} if not rest:
                # Where an object lies changes with every run, and a report must not.
                kept.append({"text": PLACE.sub(" at 0x...", clean(value, text + 100))})
            case {"png": value, **rest} if not rest:
                try:
                    kept.append({"png": picture(value, picture_bytes)})
                except Broken as why:
                    kept.append({"text": f"[a picture was left out: {why}]\n"})
            case _:
                raise Broken("an output of another kind")
    return kept


# --- answers ------------------------------------------------------------------------------


def answer(name: str, kind: str, found: Any, call: Callable[[str, list], Any]) -> Any:
    """The answer for the checks, or why there is none."""
    match found:
        case {"data": data, **rest} if not rest:
            try:
                return _of_kind(name, kind, data, call)
            except Broken as why:
                return Missing(f"expects {said(kind)}: {why}", NotAllowed)
        case {"unanswered": str(why), **rest} if not rest:
            return Missing(clean(why, 400))
        case {"not_allowed": str(why), **rest} if not rest:
            return Missing(clean(why, 400), NotAllowed)
    return Missing("it could not be read")


def _of_kind(name: str, kind: str, data: Any, call: Callable[[str, list], Any]) -> Any:
    match kind.partition(" ")[0]:
        case "integer":
            if type(data) is not int:
                raise Broken("it is no whole number")
            if abs(data) > LARGEST:
                raise Broken("it is too large")
            return data
        case "number":
            return _number(data)
        case "numbers":
            return _array(data)
        case "text":
            return _text(data)
        case "formula":
            return _text(data)
        case "formulas":
            return _formulas(data, [0])
        case "function":
            if data is not True:
                raise Broken("it is no function")
            return _Remote(name, call)
        case "plot":
            return _plot(data)
    raise ValueError(f"the kind {kind!r} is unknown")


def _number(data: Any) -> float:
    # bool is an int in Python, and neither is a subclass of anything of theirs: JSON made it.
    if type(data) not in (int, float):
        raise Broken("it is no number")
    return float(data)


def _text(data: Any) -> str:
    if type(data) is not str:
        raise Broken("it is no text")
    if len(data) > TEXT:
        raise Broken(f"it has more than {TEXT} characters")
    return clean(data)


def _array(data: Any) -> np.ndarray | float:
    if type(data) is not list:
        return _number(data)
    _look(data, [0], 1)
    try:
        array = np.array(data, dtype=float)
    except (ValueError, TypeError):
        raise Broken("its rows have different lengths") from None
    return array


def _look(data: Any, count: list[int], depth: int) -> None:
    if depth > DEPTH:
        raise Broken("it is nested too deeply")
    for part in data:
        count[0] += 1
        if count[0] > NUMBERS:
            raise Broken(f"it has more than {NUMBERS} numbers")
        if type(part) is list:
            _look(part, count, depth + 1)
        else:
            _number(part)


def _formulas(data: Any, count: list[int], depth: int = 0) -> Any:
    if depth > 3:
        raise Broken("it is nested too deeply")
    count[0] += 1
    if count[0] > 400:
        raise Broken("it has too many formulas")
    if type(data) is list:
        return [_formulas(part, count, depth + 1) for part in data]
    return _text(data)


def _plot(data: Any) -> Plot:
    match data:
        case {"axes": list(axes), **rest} if not rest and len(axes) <= 20:
            count = [0]
            return Plot({"axes": [_axes(one, count) for one in axes]})
    raise Broken("it is no plot")


WORDS = ("title", "xlabel", "ylabel", "xscale", "yscale")
ENDS = ("xlim", "ylim")
AS = ("scatter", "bars")


def _axes(data: Any, count: list[int]) -> dict[str, Any]:
    if type(data) is not dict or set(data) != {*WORDS, *ENDS, "legend", "lines", "points"}:
        raise Broken("it is no plot")
    if any(type(data[key]) is not list for key in ("legend", "lines", "points")):
        raise Broken("it is no plot")
    if any(len(data[key]) > 1000 for key in ("legend", "lines", "points")):
        raise Broken("it draws too much")
    kept: dict[str, Any] = {word: clean(data[word], 1000) for word in WORDS}
    kept["legend"] = [clean(text, 1000) for text in data["legend"]]
    for key in ENDS:
        if type(data[key]) is not list or len(data[key]) != 2:
            raise Broken("it is no plot")
        kept[key] = [_number(end) for end in data[key]]
    kept["lines"] = [_line(line, count) for line in data["lines"]]
    kept["points"] = [_points(points, count) for points in data["points"]]
    return kept


def _points(data: Any, count: list[int]) -> dict[str, Any]:
    match data:
        case {"as": str(way), **rest} if way in AS:
            return {**_line(rest, count), "as": way}
    raise Broken("it is no plot")


def _line(data: Any, count: list[int]) -> dict[str, Any]:
    match data:
        case {"label": label, "x": list(x), "y": list(y), **rest} if not rest:
            count[0] += len(x) + len(y)
            if len(x) != len(y) or count[0] > NUMBERS:
                raise Broken("it draws too much")
            # None stands for what was not finite, which no figure shows.
            return {
                "label": clean(label, 1000),
                "x": [None if v is None else _number(v) for v in x],
                "y": [None if v is None else _number(v) for v in y],
            }
    raise Broken("it is no plot")


# --- functions ----------------------------------------------------------------------------


def packed(argument: Any) -> Any:
    """An argument as JSON: numbers as they are, arrays with their shape and type."""
    if isinstance(argument, (bool, np.bool_)):
        return bool(argument)
    if isinstance(argument, (int, np.integer)):
        return int(argument)
    if isinstance(argument, (float, np.floating)):
        return float(argument)
    if isinstance(argument, (list, tuple)):
        return [packed(part) for part in argument]
    if isinstance(argument, str):
        return argument
    array = np.asarray(argument)
    if array.dtype.kind not in "if":
        raise TypeError(f"an answer cannot be called with {type(argument).__name__}")
    return {"array": array.ravel().tolist(), "shape": array.shape, "type": array.dtype.kind + "8"}


SAYS = {
    "late": "the function did not finish in time",
    "ended": "calling the function ended the notebook",
    "raised": "the function stopped with ",
    "result": "the function's result: ",
}


class _Remote:
    """A function that lives in the sandbox: numbers go there and numbers come back."""

    def __init__(self, name: str, call: Callable[[str, list], Any]) -> None:
        self.__name__ = name
        self._call = call

    def __call__(self, *arguments: Any) -> Any:
        found = self._call(self.__name__, [packed(argument) for argument in arguments])
        try:
            return self._result(found)
        except Broken as why:
            raise AnswerError(f"the function's result: {why}") from None

    def _result(self, found: Any) -> Any:
        match found:
            case {"data": {"tuple": list(parts), **more}, **rest} if not rest and not more:
                if len(parts) > 100:
                    raise Broken("it has too many parts")
                return tuple(_array(part) for part in parts)
            case {"data": data, **rest} if not rest:
                return _array(data)
            case {"error": ("late" | "ended") as what, **rest} if not rest:
                raise AnswerError(SAYS[what])
            case {"error": "raised", "says": str(name), **rest} if not rest:
                raise AnswerError(SAYS["raised"] + (name if name in ERRORS else "an error"))
            case {"error": "result", "says": str(says), **rest} if not rest:
                raise AnswerError(SAYS["result"] + _safe(says))
        raise Broken("it could not be read")


# What may be said of an error or a result. Free text of theirs could carry hidden inputs out.
ERRORS = {
    name
    for name, found in vars(builtins).items()
    if isinstance(found, type) and issubclass(found, BaseException)
}
RESULTS = (
    "not answered yet",
    "expects a number",
    "expects a finite number",
    "expects rows of one length",
)


def _safe(says: str) -> str:
    for known in RESULTS:
        if says.startswith(known):
            return "the function gives nothing" if known == RESULTS[0] else known
    return "it is not made of numbers"
