"""Class lists: what Canvas and Moodle export, or a plain CSV, read by their headers.

A roster keeps every cell that it was read with, so that an export can hand the ids back as the
other system knows them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .course import CourseError, shown, student_id

LARGEST = 20_000_000
"""Bytes; a class of ten thousand with a hundred columns is smaller."""

# What the columns of ids are called, the first that is filled being the id of the student.
IDS = {
    "canvas": ("SIS Login ID", "SIS User ID", "ID"),
    "moodle": ("Username", "ID number", "Email address"),
    "plain": ("id",),
}
PLAIN = ("id", "last_name", "first_name", "email")
POINTS_POSSIBLE = "points possible"


@dataclass(frozen=True)
class Student:
    """One line of a roster."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    line: int = 0
    cells: dict[str, str] = field(default_factory=dict, repr=False, hash=False)

    @property
    def name(self) -> str:
        """The name as it is spoken; the id where there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.id


@dataclass(frozen=True)
class Roster:
    """A class list: who is on it, how it named them, and what was wrong with it."""

    kind: str
    path: Path
    header: tuple[str, ...]
    students: tuple[Student, ...]
    problems: tuple[str, ...] = ()
    points: dict[str, str] = field(default_factory=dict)
    """Canvas's row of points possible, by column."""

    def find(self, student: str) -> Student | None:
        """The line of a student, by any id that names one line only."""
        return self._index.get(student) or self._index.get(student.casefold())

    @property
    def _index(self) -> dict[str, Student]:
        index = self.__dict__.get("_found")
        if index is None:
            index = _by_any_id(self)
            object.__setattr__(self, "_found", index)
        return index


def _by_any_id(roster: Roster) -> dict[str, Student]:
    """Students by their ids; an id of two students names neither."""
    found: dict[str, Student | None] = {}
    for student in roster.students:
        names = {student.id, student.email}
        names |= {student.cells.get(column, "") for column in IDS[roster.kind]}
        names |= {name.casefold() for name in names}
        for name in names - {""}:
            found[name] = None if name in found else student
    # The id in its column wins against the same word in another column of somebody else.
    found.update({student.id: student for student in roster.students})
    return {name: student for name, student in found.items() if student is not None}


def read(path: Path) -> Roster:
    """Read a roster. A file that is none raises CourseError; a bad line becomes a problem."""
    text = _decode(path)
    delimiter = _delimiter(text)
    rows = _rows(path, text, delimiter)
    _, header = next(rows, (0, []))
    columns = [cell.strip() for cell in header]
    kind = _kind(columns)
    if kind is None:
        raise CourseError(
            f"{path}: the first line is {shown(delimiter.join(columns))}; expected the header of "
            "a Canvas gradebook (Student, ID, SIS User ID, SIS Login ID, Section), of a Moodle "
            f"list (First name, Last name, Email address), or {','.join(PLAIN)}"
        )
    columns = [_spelled(kind, column) for column in columns]
    students: list[Student] = []
    problems: list[str] = []
    points: dict[str, str] = {}
    seen: dict[str, int] = {}
    for line, row in rows:
        cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
        if not any(cells.values()):
            continue
        if len(row) > len(columns) and any(row[len(columns) :]):
            problems.append(
                f"line {line}: {len(row)} fields, the header has {len(columns)}; "
                "is a comma missing its quotes? The line is left out"
            )
            continue
        if kind == "canvas" and _is_note(cells):
            if cells["Student"].casefold() == POINTS_POSSIBLE:
                points = cells
            continue
        try:
            student = _student(kind, cells, line)
        except CourseError as error:
            problems.append(f"line {line}: {error}; the line is left out")
            continue
        if student.id in seen:
            problems.append(
                f"line {line}: id {shown(student.id)} stands in line {seen[student.id]} already; "
                f"line {seen[student.id]} counts"
            )
            continue
        seen[student.id] = line
        students.append(student)
    return Roster(
        kind=kind,
        path=path,
        header=tuple(columns),
        students=tuple(students),
        problems=tuple(problems),
        points=points,
    )


def _decode(path: Path) -> str:
    """The text of the file: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252."""
    try:
        if path.stat().st_size > LARGEST:
            raise CourseError(f"{path} has more than {LARGEST:,} bytes; is it a class list?")
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif data[1:2] == b"\0":
        encodings = ["utf-16-le"]
    elif data[:1] == b"\0":
        encodings = ["utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise CourseError(f"{path} is no text; expected a CSV file in UTF-8")


def _delimiter(text: str) -> str:
    """What separates the fields: the one that the first line uses most, outside quotes."""
    first = text.lstrip().split("\n", 1)[0]
    outside = "".join(first.split('"')[::2])
    return max(",;\t", key=outside.count)


def _rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CourseError(f"{path}, line {line}: {error}") from None
        if row:
            yield line, row


def _kind(columns: list[str]) -> str | None:
    names = {column.casefold() for column in columns}
    if {"student", "id"} <= names and names & {"sis login id", "sis user id", "section"}:
        return "canvas"
    named = names & {"first name", "surname", "last name"}
    if named and names & {"email address", "id number", "username"}:
        return "moodle"
    return "plain" if "id" in names else None


def _spelled(kind: str, column: str) -> str:
    """A column in the spelling that this file uses for it; others stay as they are."""
    known = {
        "canvas": ("Student", "Section", *IDS["canvas"]),
        "moodle": ("First name", "Last name", *IDS["moodle"]),
        "plain": PLAIN,
    }[kind]
    spelled = {name.casefold(): name for name in known}
    spelled |= {"surname": "Last name"} if kind == "moodle" else {}
    return spelled.get(column.casefold(), column)


def _is_note(cells: dict[str, str]) -> bool:
    """Whether a row of Canvas's is none of a student: points, posting, the test student."""
    name = cells.get("Student", "").casefold()
    ids = any(cells.get(column) for column in IDS["canvas"])
    return name == POINTS_POSSIBLE or name == "student, test" or (not ids and not name)


def _student(kind: str, cells: dict[str, str], line: int) -> Student:
    id_ = next((cells[column] for column in IDS[kind] if cells.get(column)), "")
    if not id_:
        raise CourseError(f"no id; expected one in {' or '.join(IDS[kind])}")
    if kind == "canvas":
        # "Doe, Jr., Jane": the first name stands after the last comma.
        last, _, first = cells.get("Student", "").rpartition(", ")
        last, first = (last, first) if last else (first, "")
        login = cells.get("SIS Login ID", "")
        email = login if "@" in login else ""
    elif kind == "moodle":
        first, last = cells.get("First name", ""), cells.get("Last name", "")
        email = cells.get("Email address", "")
    else:
        first, last = cells.get("first_name", ""), cells.get("last_name", "")
        email = cells.get("email", "")
    return Student(student_id(id_), first, last, email, line, cells)
