"""Promises about what is believed of data that came out of a sandbox: as little as can be."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from book_utils.coursework import desk, values
from book_utils.coursework.desk import AnswerError, Missing, NotAllowed, Unanswered


def never(name: str, arguments: list[Any]) -> Any:
    """No function is called."""
    raise AssertionError(name)


def taken(kind: str, data: Any) -> Any:
    """The answer that the checks get for this data."""
    return values.answer("it", kind, {"data": data}, never)


# --- reading ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"7",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": "\xff"}',
        b'{"a": 1} {"b": 2}',
    ],
)
def test_what_is_no_strict_json_is_refused(line: bytes) -> None:
    """NaN, numbers and nesting without end, keys twice, and what is no object are refused."""
    with pytest.raises(values.Broken):
        values.read(line)


def test_strict_json_is_read() -> None:
    """What the runner sends comes through as it was."""
    sent = {"n": 3, "data": [1, 2.5, "ä", None, True, {"x": []}]}
    assert values.read(json.dumps(sent).encode()) == sent


@given(st.text(st.characters(exclude_categories=())))
def test_a_clean_text_can_be_stored_and_shown(text: str) -> None:
    """Whatever is written, what is kept has no control characters and can be encoded."""
    kept = values.clean(text)
    assert kept.encode("utf-8").decode("utf-8") == kept
    assert not any(ord(c) < 32 and c not in "\n\t" for c in kept)
    assert values.clean(kept) == kept


def test_usual_texts_stay_as_they_are() -> None:
    """Letters of all scripts, joined emoji and mathematics are no control characters."""
    text = "Größe σ′(x) ∂⁺h/∂w 𝜆₁ — naïve 文字 می‌خواهم 👩‍🔬\n\ttabs"
    assert values.clean(text) == text
    assert values.clean("\x1b[31mred\x1b[0m") == "red"


# --- answers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "data", "answer"),
    [
        ("integer", 7, 7),
        ("number", 2, 2.0),
        ("number", -0.5, -0.5),
        ("text", "exploding", "exploding"),
        ("formula in w", "w**2", "w**2"),
        ("formulas in w", [["w", "1"], ["0", "w"]], [["w", "1"], ["0", "w"]]),
    ],
)
def test_answers_of_the_declared_kind_are_taken(kind: str, data: Any, answer: Any) -> None:
    """Each kind of answer arrives as what the checks work with."""
    assert taken(kind, data) == answer
    assert type(taken(kind, data)) is type(answer)


def test_numbers_become_an_array() -> None:
    """Nested lists of numbers become an array of floats."""
    array = taken("numbers", [[1, 2], [3, 4.5]])
    assert type(array) is np.ndarray
    assert array.dtype == float
    assert array.tolist() == [[1, 2], [3, 4.5]]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("integer", 7.0),
        ("integer", True),
        ("integer", "7"),
        ("integer", None),
        ("integer", 10**19),
        ("number", True),
        ("number", "nan"),
        ("number", [1]),
        ("numbers", [[1, 2], [3]]),
        ("numbers", ["1"]),
        ("numbers", [None]),
        ("numbers", [True]),
        ("numbers", [0.0] * (values.NUMBERS + 1)),
        ("numbers", [[[[[[[[[[1]]]]]]]]]]),
        ("numbers", {"shape": 3}),
        ("text", 7),
        ("text", ["exploding"]),
        ("text", "x" * (values.TEXT + 1)),
        ("formula in w", ["w"]),
        ("formulas in w", [[[[["w"]]]]]),
        ("formulas in w", ["w"] * 1000),
        ("formulas in w", {"w": 1}),
        ("function", "slope"),
        ("function", 1),
        ("plot", []),
        ("plot", {"axes": [{}]}),
        ("plot", {"axes": [], "more": 1}),
    ],
)
def test_answers_of_another_kind_are_refused(kind: str, data: Any) -> None:
    """Data of another kind is no answer, and the reason is told to whoever asks for it."""
    answer = taken(kind, data)
    assert isinstance(answer, Missing)
    with pytest.raises(NotAllowed, match="expects"):
        desk.plain(kind, answer)


@pytest.mark.parametrize("found", [None, 7, [], {}, {"data": 1, "more": 2}, {"unanswered": 1}])
def test_a_reply_of_another_shape_is_no_answer(found: Any) -> None:
    """What the runner never sends is no answer and no exception."""
    assert isinstance(values.answer("it", "number", found, never), Missing)


def test_reasons_come_through() -> None:
    """Unanswered stays unanswered, a wrong kind stays a wrong kind, both without control
    characters."""
    with pytest.raises(Unanswered, match="not yet"):
        desk.plain("number", values.answer("it", "number", {"unanswered": "not yet\x00"}, never))
    with pytest.raises(NotAllowed, match="expects a number"):
        desk.plain(
            "number", values.answer("it", "number", {"not_allowed": "expects a number"}, never)
        )


AXES = {
    "title": "t",
    "xlabel": "x",
    "ylabel": "y",
    "xscale": "linear",
    "yscale": "log",
    "xlim": [-0.1, 1.1],
    "ylim": [1.0, 10.0],
    "legend": ["one"],
    "lines": [{"label": "one", "x": [0, 1], "y": [2.5, None]}],
    "points": [{"label": "two", "x": [0], "y": [1], "as": "bars"}],
}


def test_a_plot_is_its_data() -> None:
    """The data of a figure is taken as it is."""
    assert taken("plot", {"axes": [AXES]}).axes == [AXES]


@pytest.mark.parametrize(
    "change",
    [
        {"title": 7},
        {"legend": [7]},
        {"legend": ["x"] * 2000},
        {"lines": 7},
        {"lines": [{"label": "one", "x": [0], "y": [1, 2]}]},
        {"lines": [{"label": "one", "x": ["0"], "y": [1]}]},
        {"lines": [{"label": "one", "x": [0] * 150_000, "y": [0] * 150_000}]},
        {"points": [{"x": [0], "y": [1]}]},
        {"points": [{"label": "two", "x": [0], "y": [1]}]},
        {"points": [{"label": "two", "x": [0], "y": [1], "as": "pie"}]},
        {"points": [{"label": "two", "x": [0], "y": [1], "as": ["bars"]}]},
        {"points": [{"label": "two", "x": [0], "y": [1], "as": "bars", "more": 1}]},
        {"lines": [{"label": "one", "x": [0], "y": [1], "as": "bars"}]},
        {"xlim": [0.0]},
        {"xlim": [0.0, None]},
        {"ylim": [0.0, "1"]},
        {"ylim": 7},
        {"more": 1},
    ],
)
def test_what_is_no_plot_is_refused(change: dict[str, Any]) -> None:
    """Data that no figure gives is no answer."""
    assert isinstance(taken("plot", {"axes": [{**AXES, **change}]}), Missing)


# --- functions ----------------------------------------------------------------------------


def test_a_function_gets_numbers_and_gives_numbers() -> None:
    """Arguments leave as plain data with their shape and type; results come back as floats."""
    calls = []

    def call(name: str, arguments: list[Any]) -> Any:
        calls.append((name, json.loads(json.dumps(arguments))))
        return {"data": [[1, 2]]}

    slope = values.answer("slope", "function", {"data": True}, call)
    assert slope(2, np.float64(0.5), np.eye(2)).tolist() == [[1, 2]]
    array = {"array": [1.0, 0.0, 0.0, 1.0], "shape": [2, 2], "type": "f8"}
    assert calls == [("slope", [2, 0.5, array])]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ({"data": "secret"}, "no number"),
        ({"data": {"secret": 1}}, "no number"),
        ({"data": [[1], [1, 2]]}, "different lengths"),
        ({"error": "late"}, "in time"),
        ({"error": "ended"}, "ended the notebook"),
        ({"error": "raised", "says": "ValueError"}, "stopped with ValueError"),
        ({"error": "raised", "says": "secret"}, "stopped with an error"),
        ({"error": "result", "says": "secret"}, "not made of numbers"),
        ({"error": "secret"}, "could not be read"),
        ({"secret": 1}, "could not be read"),
        ([], "could not be read"),
    ],
)
def test_a_call_that_goes_wrong_tells_no_words_of_theirs(reply: Any, says: str) -> None:
    """Errors of a function are told in our words: theirs could hold the hidden arguments."""
    slope = values.answer("slope", "function", {"data": True}, lambda *_: reply)
    with pytest.raises(AnswerError, match=says) as error:
        slope(1.0)
    assert "secret" not in str(error.value)


# --- pictures -----------------------------------------------------------------------------


def png(width: int = 3, height: int = 2, mode: str = "RGBA", **more: Any) -> bytes:
    """A picture as a program makes it."""
    made = io.BytesIO()
    Image.new(mode, (width, height), 1).save(made, "PNG", **more)
    return made.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(name + body))


def put(data: bytes, name: bytes, body: bytes) -> bytes:
    """The picture with a part before its end."""
    return data[:-12] + chunk(name, body) + data[-12:]


def seen(data: bytes) -> bytes:
    """What is kept of a picture."""
    return base64.b64decode(values.picture(base64.b64encode(data).decode(), 2**20))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_pictures_keep_their_pixels(mode: str) -> None:
    """A picture is the same afterwards, for a decoder that knows nothing of us."""
    data = png(mode=mode)
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(seen(data)))
    assert after.mode == before.mode
    assert after.tobytes() == before.tobytes()


def test_pictures_lose_what_is_no_pixel() -> None:
    """Texts and unknown parts of a picture are left out."""
    assert b"script" not in seen(put(put(png(), b"tEXt", b"a\0<script>"), b"evIl", b"<script>"))


SIZE = struct.Struct(">IIBBBBB")
HEAD = b"\x89PNG\r\n\x1a\n"


def made(width: int, height: int, pixels: bytes, *head: int) -> bytes:
    """A PNG whose head says what it likes."""
    body = SIZE.pack(width, height, *(head or (8, 0, 0, 0, 0)))
    return HEAD + chunk(b"IHDR", body) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        HEAD,
        b"<svg onload='alert(1)'/>",
        png()[:-5],
        png()[:-20],
        png() + b"<script>",
        png().replace(b"IDAT", b"IDAS"),
        put(png(), b"IDAT", b"more"),
        put(png(), b"IHDR", SIZE.pack(1, 1, 8, 0, 0, 0, 0)),
        made(100_000, 100_000, b""),
        made(0, 1, b""),
        made(2, 2, b"\0" * 5),
        made(2, 2, b"\0" * 10_000_000),
        made(2, 2, b"\0" * 6, 16, 0, 0, 0, 0),
        made(2, 2, b"\0" * 6, 8, 5, 0, 0, 0),
        made(2, 2, b"\0" * 6, 8, 0, 0, 0, 1),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    """Other files, broken ones, bombs and lies about the size are no pictures."""
    with pytest.raises(values.Broken):
        seen(data)


@pytest.mark.parametrize(
    "found",
    [
        7,
        [7],
        [{"text": 7}],
        [{"html": "<script>"}],
        [{"text": "a", "html": "<script>"}],
        [{"text": "a"}] * 1000,
    ],
)
def test_outputs_of_another_kind_are_refused(found: Any) -> None:
    """A cell shows texts and pictures, and nothing else."""
    with pytest.raises(values.Broken):
        values.outputs(found, 100, 3, 2**20)


def test_a_bad_picture_does_not_hide_the_text() -> None:
    """Where a picture is none, the rest of what a cell shows stays."""
    shown = values.outputs([{"text": "seen"}, {"png": "PHN2Zz4="}], 100, 3, 2**20)
    assert shown[0] == {"text": "seen"}
    assert "left out" in shown[1]["text"]
