"""Nothing that is released holds an answer: look for it everywhere before it leaves.

This looks at finished files and knows nothing of how they were made: a mistake in making them is
what it is there to find.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from book_utils.coursework.source import Built

PASSAGE = 24
"""Characters, without spaces, from which on a repeated passage is no coincidence."""
DIGITS = 16
"""Hexadecimal digits of a secret key that already give it away."""
DEPTH = 3
"""How often what was decoded is decoded again."""
LARGEST = 20_000_000
"""Bytes of one decoded piece that are looked at."""

MARKER = re.compile(
    r"#\s*(?:BEGIN|END)\b|\b(?:BEGIN|END)[ _-]+(?:HIDD?EN|SOLUTIONS?|MARK)\b", re.IGNORECASE
)
REGION = re.compile(
    r"BEGIN (?P<what>SOLUTION|HIDDEN TESTS|MARK SCHEME)\b.*\n"
    r"(?P<text>[\s\S]*?)\n.*END (?P=what)"
)
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
# Lines that every program has, in an answer or not.
COMMON = re.compile(
    r"\s*(?:(?:from|import|def|class|for|while|if|elif|else|with|try|except)\b.*|@.*|"
    r"return\b[\w\s,.]*|[\W\d_]*|pass|raise NotImplementedError.*)"
)
# What a released notebook may say about itself and its cells.
ABOUT_NOTEBOOK = {"kernelspec", "language_info"}
ABOUT_CELL = {"nbgrader", "jupyter", "cellView", "tags", "deletable", "editable"}
ABOUT_GRADING = {
    *("schema_version", "grade_id", "cell_type", "grade", "locked", "solution", "task"),
    *("points", "checksum"),
}


class Leak(Exception):
    """Something secret in what is to be released; the message says where, not what."""


@dataclass(frozen=True)
class Secrets:
    """What nobody outside may read."""

    passages: Mapping[str, str]
    """Squeezed text, and what it is taken from."""
    keys: Mapping[str, str] = field(repr=False)
    """Hexadecimal digits, and what they are."""


def secrets_of(built: Built, seed: bytes) -> Secrets:
    """Solutions, hidden tests, rubrics, typical mistakes, and the numbers behind the draws."""
    passages: dict[str, str] = {}
    keys = {seed.hex(): "the seed"}
    meant = _meant(built)
    for cell in built.grader.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", cell.get("id", "?"))
        for found in REGION.finditer(cell.source):
            what = f"{found['what'].lower()} of {name}"
            hidden = found["what"] == "HIDDEN TESTS"
            passages.update(
                (each, what)
                for each in _passages(found["text"])
                if not (hidden and any(each in text for text in meant))
            )
            keys.update((each, what) for each in re.findall(r"[0-9a-fA-F]{32,}", found["text"]))
    for question, text in built.rubrics.items():
        passages.update((each, f"rubric of {question}") for each in _passages(text))
    for mistake in built.mistakes:
        what = f"typical mistake at {mistake.question}"
        passages.update((each, what) for each in _passages(mistake.code))
    return Secrets(passages, keys)


def _meant(built: Built) -> list[str]:
    """Texts that a draw cell defines and the assignment shows: code to start from, a statement.

    The draw cells stand among the hidden tests, but these texts of theirs are there to be read.
    What stands in a solution, a rubric or a mistake stays a secret all the same.
    """
    shown = [squeezed(cell.source) for cell in built.student.cells]
    texts = [squeezed(each) for each in _strings(built.drawn.values())]
    return [text for text in texts if text and any(text in cell for cell in shown)]


def _strings(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _strings(value.values())
        elif isinstance(value, list | tuple):
            yield from _strings(value)


def squeezed(text: str) -> str:
    """Without spaces and quotes, which another spelling may have in other places."""
    return re.sub(r"[\s'\"\\]+", "", text)


def _passages(text: str) -> Iterator[str]:
    """Lines that are long enough to be known again, and short ones together with the next."""
    lines = [line.strip(" \t#>*-") for line in text.splitlines()]
    parts = [(squeezed(line), bool(COMMON.fullmatch(line))) for line in lines]
    parts = [(line, common) for line, common in parts if line]
    for first in range(len(parts)):
        passage, telling = "", False
        for line, common in parts[first:]:
            passage += line
            telling = telling or not common
            if telling and len(passage) >= PASSAGE:
                yield passage
                break


# --- looking -------------------------------------------------------------------------------------


def look(notebook: NotebookNode, secrets: Secrets, where: str) -> None:
    """Raise Leak unless this notebook can be given to everybody."""
    found = list(_strange(notebook))
    for place, text in _texts(json.loads(json.dumps(notebook))):
        found.extend(f"{_named(notebook, place)}: {what}" for what in told(text, secrets))
    if found:
        raise Leak(_message(where, found))


def look_at_file(path: Path, secrets: Secrets) -> None:
    """The same for a file of any kind that lies beside a released notebook."""
    data = path.read_bytes()
    found = list(told(data.decode("utf-8", "replace"), secrets, data))
    if found:
        raise Leak(_message(str(path), found))


def _message(where: str, found: list[str]) -> str:
    places = "\n".join(f"  {each}" for each in dict.fromkeys(found))
    return f"{where} would give something away, so nothing was released:\n{places}"


def _strange(notebook: NotebookNode) -> Iterator[str]:
    """Places of a notebook that a released one leaves empty."""
    for key in set(notebook) - {"cells", "metadata", "nbformat", "nbformat_minor"}:
        yield f"notebook: unknown part {key!r}"
    for key in set(notebook.metadata) - ABOUT_NOTEBOOK:
        yield f"notebook: unknown metadata {key!r}"
    for number, cell in enumerate(notebook.cells):
        name = _named(notebook, ("cells", number))
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"{name}: has outputs"
        if cell.get("attachments"):
            yield f"{name}: has attachments"
        for key in set(cell.metadata) - ABOUT_CELL:
            yield f"{name}: unknown metadata {key!r}"
        for key in set(cell.metadata.get("nbgrader", {})) - ABOUT_GRADING:
            yield f"{name}: unknown metadata 'nbgrader.{key}'"
        known = {
            *("cell_type", "id", "metadata", "source"),
            *("outputs", "execution_count", "attachments"),
        }
        for key in set(cell) - known:
            yield f"{name}: unknown part {key!r}"


def _named(notebook: NotebookNode, place: tuple[str | int, ...]) -> str:
    if place[:1] != ("cells",) or len(place) < 2:
        return ".".join(map(str, place)) or "notebook"
    cell = notebook.cells[int(place[1])]
    rest = "".join(f", {part}" for part in place[2:] if part != "source")
    return f"cell {cell.metadata.get('nbgrader', {}).get('grade_id', place[1])}{rest}"


def _texts(node: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple, str]]:
    """All texts in a notebook: sources, keys, metadata, outputs, attachments."""
    match node:
        case dict():
            for key, value in node.items():
                yield (*place, key), key
                yield from _texts(value, (*place, key))
        case list():
            if node and all(isinstance(each, str) for each in node):
                yield place, "".join(node)
            for number, each in enumerate(node):
                yield from _texts(each, (*place, number))
        case str():
            yield place, node


def told(text: str, secrets: Secrets, data: bytes = b"") -> Iterator[str]:
    """What a text gives away, also when it is written in base64, hexadecimal or as HTML."""
    for reading in _readings(text, data):
        if found := MARKER.search(reading):
            yield f"a marker of the source ({found[0].strip()!r})"
        close = squeezed(reading)
        # Comment signs at the beginning of lines do not hide a passage of several lines.
        bare = squeezed(re.sub(r"(?m)^[ \t#>*-]+", "", reading))
        for passage, what in secrets.passages.items():
            if passage in close or passage in bare:
                yield what
        low = close.lower()
        for key, what in secrets.keys.items():
            pieces = {key[i : i + DIGITS].lower() for i in range(len(key) - DIGITS + 1)}
            if any(piece in low for piece in pieces | {str(int(key, 16))}):
                yield what


def _readings(text: str, data: bytes, depth: int = DEPTH) -> Iterator[str]:
    """A text as it stands and as others could decode it."""
    yield text
    # Bytes of a key are looked for as digits.
    if data and data != text.encode("utf-8", "replace"):
        yield data.hex()
    if depth == 0:
        return
    yield from {html.unescape(text), urllib.parse.unquote(text), _unescaped(text)} - {text}
    for piece in _decoded(text, data):
        yield from _readings(piece.decode("utf-8", "replace"), piece, depth - 1)


def _unescaped(text: str) -> str:
    r"""The text with \u0041 and \x41 read."""
    return ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)


def _decoded(text: str, data: bytes) -> Iterator[bytes]:
    """Bytes hidden in a text, or packed into bytes."""
    for found in re.finditer(r"(?:[A-Za-z0-9+/_-]{4}\s*){5,}[A-Za-z0-9+/_-]*={0,2}", text):
        run = squeezed(found[0]).rstrip("=").replace("-", "+").replace("_", "/")
        # A run may begin with characters that do not belong to it, such as "data/".
        for start in range(4):
            part = run[start:]
            part = part[: len(part) - (len(part) % 4 == 1)]
            try:
                yield base64.b64decode(part + "=" * (-len(part) % 4))
            except binascii.Error:
                continue
    for found in re.finditer(r"(?:[0-9a-fA-F]{2}\s*){20,}", text):
        yield bytes.fromhex(squeezed(found[0]))
    for packed in re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]", data):
        try:
            yield zlib.decompressobj(wbits=47).decompress(data[packed.start() :], LARGEST)
        except zlib.error:
            continue
