"""Where a student stands in an assignment: the automatic marks, the marks by hand, and in words.

Everything that is given back, a page, a line of a table or a file for another system, says this.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

import nbformat
from nbformat import NotebookNode

from . import source
from .course import Course, CourseError, handed_in, student_id

SHOWN = 20
"""Lines of a list in a summary."""


class HandMark(NamedTuple):
    """What a person entered in formgrader for one question."""

    points: float | None
    comment: str
    changed: bool = False
    """Whether the answer changed after it was marked."""


HandMarks = Mapping[str, Mapping[str, HandMark]]
"""By student and question."""


@dataclass(frozen=True)
class Paper:
    """What an assignment is about, for whoever reads about it."""

    name: str
    title: str
    points: float
    questions: tuple[source.Question, ...]
    objectives: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    rubrics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mark:
    """What one question earned."""

    id: str
    title: str
    points: float | None
    """None where a person has to decide."""
    of: float
    by: str
    """"machine" or "hand": who decided, or has to."""
    verdict: str
    remarks: tuple[str, ...] = ()
    comment: str = ""
    changed: bool = False


@dataclass(frozen=True)
class Standing:
    """One student, one assignment."""

    student: str
    paper: Paper
    state: str
    """graded, open, failed, ungraded or missing."""
    why: str = ""
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()
    submitted: datetime | None = None
    late: float = 0.0
    """Seconds."""
    report: Mapping[str, Any] | None = None

    @property
    def so_far(self) -> float:
        """The points of what has been decided."""
        return sum(mark.points for mark in self.marks if mark.points is not None)

    @property
    def open(self) -> tuple[Mark, ...]:
        """What a person still has to decide."""
        return tuple(mark for mark in self.marks if mark.points is None)

    @property
    def points(self) -> float | None:
        """The points of all, or None while there is no such number."""
        return round(self.so_far, 6) if self.state == "graded" else None

    @property
    def status(self) -> str:
        """In words, for a column of a table."""
        words = {
            "graded": "graded",
            "open": f"hand grading open: {', '.join(mark.id for mark in self.open)}",
            "failed": f"autograding failed: {self.why}",
            "ungraded": f"not graded yet{': ' if self.why else ''}{self.why}",
            "missing": "not handed in",
        }[self.state]
        parts = [words]
        if self.late > 0:
            parts.append(f"late by {duration(self.late)}")
        changed = [mark.id for mark in self.marks if mark.changed]
        if changed:
            parts.append(f"look again: {', '.join(changed)} changed after it was marked by hand")
        return "; ".join(parts)


def duration(seconds: float) -> str:
    """A time span as people say it: its two largest units, from minutes on."""
    minutes = max(1, round(seconds / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        minutes = 0
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def number(value: float) -> str:
    """Points as people write them: 3, 2.5, 0.333."""
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"


def write_if_new(path: Path, text: str) -> bool:
    """Write a file whole, unless it says that already; tells whether it was written.

    It can be made again at any time, so nobody waits until it has reached the disk.
    """
    data = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Temporary names begin with a dot, which no student id does.
    part = path.with_name(f".{os.getpid()}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    part.replace(path)
    return True


def shortened(lines: Sequence[str]) -> list[str]:
    """The first lines of a long list, and how many more there are."""
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [*lines[:SHOWN], *more]


# --- assignments ---------------------------------------------------------------------------------


def paper(course: Course, name: str, student: str | None = None) -> Paper:
    """What the instructor's text says of an assignment; the graded notebook where it has none."""
    path = course.assignment(name)
    if not path.is_file():
        return _paper_of_notebook(name, grader(course, name))
    # One text for all, unless each student has other numbers in it.
    who = student if course.variants == "student" else None
    return _paper(path, path.stat().st_mtime_ns, name, course.seed, who)


@lru_cache(maxsize=32)
def _paper(path: Path, _changed: int, name: str, seed: bytes, student: str | None) -> Paper:
    try:
        built = source.build(path.read_text(encoding="utf-8"), name, seed, student)
    except source.SourceError as error:
        raise CourseError(f"{path}: {error}") from None
    return Paper(
        name=name,
        title=built.title,
        points=built.points,
        questions=built.questions,
        objectives=built.objectives,
        needs=built.needs,
        rubrics=built.rubrics,
    )


def _paper_of_notebook(name: str, notebook: NotebookNode) -> Paper:
    questions = [
        source.Question(
            about["grade_id"],
            about["grade_id"],
            float(about["points"]),
            "hand" if about.get("solution") else "machine",
        )
        for about in (cell.metadata.get("nbgrader", {}) for cell in notebook.cells)
        if about.get("grade")
    ]
    points = sum(question.points for question in questions)
    return Paper(name=name, title=name, points=points, questions=tuple(questions))


def grader(course: Course, name: str, student: str | None = None) -> NotebookNode:
    """The notebook that submissions are graded with; of a student, where each has an own one."""
    path = course.source(name, student)
    if student is not None and not path.is_file():
        path = course.source(name)
    if not path.is_file():
        raise CourseError(
            f"assignment {name}: {path} is missing; "
            f"make it with `python -m book_utils.coursework release {name}`"
        )
    return _notebook(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _notebook(path: Path, _changed: int) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def own_cells(ours: NotebookNode, found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a submission has beside the texts that everybody gets."""
    given = {
        cell.source.strip()
        for cell in ours.cells
        if cell.cell_type == "markdown" and "nbgrader" not in cell.metadata
    }
    return [
        cell
        for cell in found.get("cells", [])
        if cell["id"] or not (cell["source"].strip() in given or not cell["source"].strip())
    ]


# --- students ------------------------------------------------------------------------------------


def report(course: Course, name: str, student: str) -> dict[str, Any] | None:
    """What grading found, or None where nothing was graded."""
    try:
        data = json.loads(course.report(name, student).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CourseError(
            f"{course.report(name, student)} cannot be read: {error}; "
            "delete it and grade again, nothing else is lost"
        ) from None
    return data.get("report", data)


def students(course: Course, name: str) -> list[str]:
    """Everybody who handed something in, or was graded."""
    found = {path.stem for path in course.report(name, "x").parent.glob("*.json")}
    for folder in (course.folder / "submitted").glob(f"*/{name}"):
        # A folder with an impossible name is none of a student; `grade` lists it.
        with suppress(CourseError):
            found.add(student_id(folder.parent.name))
    return sorted(student for student in found if not student.startswith("."))


def folder_of(course: Course, name: str, student: str) -> Path:
    """What a student handed in, also where a system spells an é of the folder in two characters."""
    folder = course.submitted(name, student)
    if folder.is_dir():
        return folder
    others = (course.folder / "submitted").glob(f"*/{name}")
    same = (path for path in others if normalize("NFC", path.parent.name) == student)
    return next(same, folder)


def standing(
    course: Course, name: str, student: str, hand: Mapping[str, HandMark] | None
) -> Standing:
    """Where a student stands; `hand` is None where marks by hand could not be read."""
    about = paper(course, name)
    folder = folder_of(course, name, student)
    notes: list[str] = []
    submitted = None
    try:
        submitted = handed_in(folder)
    except ValueError as error:
        notes.append(f"when it was handed in is not known: {error}")
    late = course.lateness(name, submitted)
    found = report(course, name, student)
    if found is None:
        state = "ungraded" if folder.is_dir() else "missing"
        return Standing(student, about, state, submitted=submitted, late=late, notes=tuple(notes))
    notes += [str(note) for note in found.get("notes", [])]
    marks = _marks(about, found, hand or {})
    why = str(found.get("why", "")).strip() or "no reason was given"
    if found["status"] != "graded" and any(mark.points is None for mark in marks):
        state = "failed"
    elif any(mark.points is None for mark in marks):
        state = "open"
        if hand is None:
            state, why = "ungraded", "gradebook.db is locked, so marks by hand cannot be read"
    else:
        # A person who entered every mark of a failed submission has graded it.
        state = "graded"
    return Standing(
        student=student,
        paper=about,
        state=state,
        why=why if state in ("failed", "ungraded") else "",
        marks=marks,
        notes=tuple(notes),
        submitted=submitted,
        late=late,
        report=found,
    )


def _marks(
    about: Paper, found: Mapping[str, Any], hand: Mapping[str, HandMark]
) -> tuple[Mark, ...]:
    """Marks in the order of the assignment; a mark by hand wins."""
    by_id = {question["id"]: question for question in found.get("questions", [])}
    asked = {question.id: question for question in about.questions}
    marks = []
    for name in [*asked, *(name for name in by_id if name not in asked)]:
        automatic = by_id.get(name)
        question = asked.get(name)
        entered = hand.get(name, HandMark(None, ""))
        of = float(automatic["of"] if automatic else question.points)
        title = str(automatic["title"]) if automatic else question.title
        points = entered.points
        if points is None and automatic is not None and automatic["points"] is not None:
            points = float(automatic["points"])
        decided = "hand" if entered.points is not None or points is None else "machine"
        verdict = automatic["verdict"] if automatic else "undecided"
        remarks = tuple(_said(remark) for remark in automatic["remarks"]) if automatic else ()
        marks.append(
            Mark(
                id=name,
                title=title,
                points=points,
                of=of,
                by=decided,
                verdict=verdict,
                remarks=remarks,
                comment=entered.comment,
                changed=entered.changed,
            )
        )
    return tuple(marks)


def _said(remark: Mapping[str, Any]) -> str:
    """A remark with what it earned, where it is worth something."""
    text = str(remark.get("text", "")).strip()
    points, of = remark.get("points"), remark.get("of")
    if not of:
        return text
    if points is None:
        return f"{text} (a person decides about {number(of)} points)"
    return f"{text} ({number(points)} of {number(of)} points)"
