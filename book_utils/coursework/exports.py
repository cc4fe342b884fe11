"""Marks for other systems: CSV for people, Canvas and Moodle, results.json for Gradescope.

A mark stands in a table only when it is one. What failed, waits for a person or was never handed
in has an empty cell and says so in words, and nobody who handed something in is left out.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import gradebook, rosters
from .course import Course, CourseError
from .rendering import clean
from .rosters import IDS, Roster, Student
from .standing import (
    Paper,
    Standing,
    number,
    paper,
    shortened,
    standing,
    students,
    write_if_new,
)

FORMATS = ("csv", "canvas", "moodle", "gradescope", "gradebook")
MISSING = ("empty", "zero")
MARKS = """
    student last_name first_name email assignment mark points_so_far out_of status handed_in
    minutes_late notes
"""
QUESTIONS = """
    student assignment question title points out_of verdict decided_by remarks comment
"""
# A spreadsheet runs a cell that begins so, also behind spaces and marks that nobody sees.
_FORMULA = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")
_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
# Columns of people in a Canvas export that it wants back as they were.
_CANVAS_KEPT = (*_CANVAS[:4], "Integration ID", "Root Account", "Section")
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass
class Summary:
    """Which files there are now, and who needs a look."""

    files: list[Path] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    """Students by state."""
    look: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The exit status of the command."""
        return 1 if self.problems else 0

    def lines(self) -> list[str]:
        """As people read it."""
        counts = ", ".join(f"{state} {count}" for state, count in sorted(self.counts.items()))
        lines = [f"export: {counts or 'nobody'}", *(f"  {path}" for path in self.files)]
        return lines + shortened(self.look) + self.problems


@dataclass(frozen=True)
class Line:
    """A student of the class, or of no class list, in all assignments."""

    entry: Student
    known: bool
    standings: Mapping[str, Standing]


def write(
    course: Course,
    assignments: Sequence[str] = (),
    formats: Sequence[str] = (),
    roster: Path | Roster | None = None,
    missing: str = "empty",
    say: Callable[[str], None] = print,
) -> int:
    """The command: write the files and say what was done; the result is the exit status."""
    if isinstance(roster, Path):
        roster = rosters.read(roster)
    summary = export(course, assignments, formats, roster, missing)
    say("\n".join(summary.lines()))
    return summary.status


def export(
    course: Course,
    assignments: Sequence[str] = (),
    formats: Sequence[str] = (),
    roster: Roster | None = None,
    missing: str = "empty",
    wait: float = gradebook.WAIT,
) -> Summary:
    """Write the marks of these assignments, or of all; the same marks give the same files.

    Without formats: all that the roster allows. `missing` says what stands for a submission that
    was not handed in: an empty cell, or zero.
    """
    assignments = course.chosen(assignments)
    if not formats:
        of_roster = [roster.kind] if roster and roster.kind in FORMATS else []
        formats = ["csv", *of_roster, "gradescope", "gradebook"]
    for name in formats:
        if name not in FORMATS:
            raise CourseError(f"format {name!r}: expected one of {', '.join(FORMATS)}")
    if missing not in MISSING:
        raise CourseError(f"missing is {missing!r}, expected one of {', '.join(MISSING)}")
    summary = Summary()
    books = gradebook.read_and_sync(course, assignments, (), roster, wait)
    summary.problems += books.problems
    summary.look += books.notes
    if "gradebook" in formats and not books.problems:
        summary.files.append(course.gradebook)
    if roster is not None:
        summary.look += [f"{roster.path.name}, {problem}" for problem in roster.problems]
    lines = _lines(course, assignments, roster, books.hand, summary)
    papers = {name: paper(course, name) for name in assignments}
    for line in lines:
        for found in line.standings.values():
            summary.counts[found.state] = summary.counts.get(found.state, 0) + 1
            # What waits for its turn in formgrader is counted; what is unusual is named.
            if found.notes or found.status not in ("graded", "not handed in", _waits(found)):
                said = "; ".join([found.status, *found.notes])
                summary.look.append(f"{found.paper.name}, {found.student}: {said}")
    folder = course.exports
    if "csv" in formats:
        _save(summary, folder / "marks.csv", _marks(lines, missing))
        _save(summary, folder / "questions.csv", _questions(lines))
    if "canvas" in formats:
        rows, states = _canvas(lines, papers, roster, missing, summary)
        _save(summary, folder / "canvas.csv", rows)
        _save(summary, folder / "canvas-status.csv", states)
    if "moodle" in formats:
        _save(summary, folder / "moodle.csv", _moodle(lines, papers, roster, missing))
    if "gradescope" in formats:
        for line in lines:
            for name, found in line.standings.items():
                if found.report is not None:
                    path = folder / "gradescope" / name / found.student / "results.json"
                    text = json.dumps(gradescope(found), indent=1, ensure_ascii=False)
                    write_if_new(path, clean(text) + "\n")
        summary.files.append(folder / "gradescope")
    strangers = [line for line in lines if roster is not None and not line.known]
    if roster is not None:
        _save(summary, folder / "not-on-the-roster.csv", _marks(strangers, missing))
    for line in strangers:
        names = ", ".join(line.standings)
        summary.look.append(
            f"{line.entry.id} handed in {names} but is not on {roster.path.name}; "
            "see not-on-the-roster.csv"
        )
    return summary


def _waits(found: Standing) -> str:
    """The status of somebody whose written answers, and nothing else, are still to be marked."""
    written = all(mark.verdict == "hand" for mark in found.open)
    return f"hand grading open: {', '.join(mark.id for mark in found.open)}" if written else ""


# --- who, and where they stand -------------------------------------------------------------------


def _lines(
    course: Course,
    assignments: Sequence[str],
    roster: Roster | None,
    hand: Mapping[str, Any],
    summary: Summary,
) -> list[Line]:
    """The class in the order of its list, then everybody else who handed something in."""
    by_entry: dict[str, dict[str, list[Standing]]] = {}
    strangers: dict[str, dict[str, Standing]] = {}
    for name in assignments:
        marks = hand.get(name)
        for student in students(course, name):
            mine = None if marks is None else marks.get(student, {})
            found = standing(course, name, student, mine)
            entry = roster.find(student) if roster else None
            if entry is None:
                strangers.setdefault(student, {})[name] = found
            else:
                by_entry.setdefault(entry.id, {}).setdefault(name, []).append(found)
    lines = []
    for entry in roster.students if roster else ():
        there = by_entry.get(entry.id, {})
        standings = {}
        for name in assignments:
            found = there.get(name) or [
                Standing(entry.id, paper(course, name), "missing", report=None)
            ]
            standings[name] = _last(found)
        lines.append(Line(entry, True, standings))
    for student, standings in sorted(strangers.items()):
        lines.append(Line(Student(student), False, standings))
    return lines


def _last(found: Sequence[Standing]) -> Standing:
    """The submission that counts where somebody handed in under several ids: the last in time."""
    if len(found) == 1:
        return found[0]
    ordered = sorted(found, key=lambda each: (each.submitted or _EARLIEST, each.student))
    last = ordered[-1]
    when = last.submitted.isoformat() if last.submitted else "with no time"
    others = ", ".join(each.student for each in ordered[:-1])
    note = (
        f"{len(found)} submissions; the last one counts, handed in by {last.student} ({when}), "
        f"not the one by {others}"
    )
    return replace(last, notes=(*last.notes, note))


def _mark(found: Standing, missing: str) -> float | str:
    """A number, or an empty cell."""
    if found.state == "missing":
        return 0 if missing == "zero" else ""
    return "" if found.points is None else found.points


# --- tables --------------------------------------------------------------------------------------


def cell(value: Any) -> Any:
    """A cell in which no spreadsheet finds a formula, on one line; numbers stay numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = " ".join(clean(str(value)).split("\n")).replace("\t", " ")
        return f"'{text}" if _FORMULA.match(text) else text
    return int(value) if float(value).is_integer() else round(float(value), 6)


def table(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV: every text in quotes, so that a comma in a name stays in its cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return text.getvalue()


def _save(summary: Summary, path: Path, rows: Iterable[Sequence[Any]]) -> None:
    write_if_new(path, table(rows))
    summary.files.append(path)


def _person(line: Line) -> list[str]:
    return [line.entry.id, line.entry.last_name, line.entry.first_name, line.entry.email]


def _marks(lines: Sequence[Line], missing: str) -> list[list[Any]]:
    """One line per student and assignment, with everything."""
    rows: list[list[Any]] = [MARKS.split()]
    for line in lines:
        for name, found in line.standings.items():
            rows.append(
                [
                    *_person(line),
                    name,
                    _mark(found, missing),
                    found.so_far if found.report is not None and found.state != "failed" else "",
                    found.paper.points,
                    found.status,
                    found.submitted.astimezone(UTC).isoformat() if found.submitted else "",
                    round(found.late / 60),
                    "; ".join(found.notes),
                ]
            )
    return rows


def _questions(lines: Sequence[Line]) -> list[list[Any]]:
    """One line per question."""
    rows: list[list[Any]] = [QUESTIONS.split()]
    for line in lines:
        for name, found in line.standings.items():
            for mark in found.marks:
                rows.append(
                    [
                        line.entry.id,
                        name,
                        mark.id,
                        mark.title,
                        "" if mark.points is None else mark.points,
                        mark.of,
                        mark.verdict,
                        mark.by,
                        "; ".join(mark.remarks),
                        mark.comment,
                    ]
                )
    return rows


# --- Canvas --------------------------------------------------------------------------------------


def _column(about: Paper, columns: Sequence[str]) -> str:
    """Canvas's column of an assignment, "Title (123)", or a title that makes a new one."""
    wanted = {about.title.casefold(), about.name.casefold()}
    for column in columns:
        if re.sub(r"\s*\(\d+\)$", "", column).strip().casefold() in wanted:
            return column
    return about.title


def _canvas(
    lines: Sequence[Line],
    papers: Mapping[str, Paper],
    roster: Roster | None,
    missing: str,
    summary: Summary,
) -> tuple[list[list[Any]], list[list[Any]]]:
    """The file to import, and the same with states instead of marks.

    Canvas would make an assignment of a column that it does not know, so the states stand apart.
    """
    theirs = roster if roster is not None and roster.kind == "canvas" else None
    people = [c for c in theirs.header if c in _CANVAS_KEPT] if theirs else list(_CANVAS)
    people = ["Student", *(column for column in people if column != "Student")]
    rest = [column for column in theirs.header if column not in people] if theirs else []
    columns = {name: _column(about, rest) for name, about in papers.items()}
    rows: list[list[Any]] = [[*people, *columns.values()]]
    possible: list[Any] = ["    Points Possible", *[""] * (len(people) - 1)]
    for name, about in papers.items():
        stated = _as_number(theirs.points.get(columns[name], "")) if theirs else None
        if stated is not None and stated != about.points:
            summary.look.append(
                f"{name}: Canvas has {number(stated)} points possible, "
                f"the assignment {number(about.points)}; canvas.csv keeps what Canvas has"
            )
        possible.append(about.points if stated is None else stated)
    rows.append(possible)
    states: list[list[Any]] = [[*people, *columns.values()]]
    for line in lines:
        if theirs is not None and not line.known:
            continue
        who = [
            line.entry.cells.get(column, "") if theirs else _canvas_cell(line, column)
            for column in people
        ]
        rows.append(
            [
                *who,
                *(_mark(line.standings[n], missing) if n in line.standings else "" for n in papers),
            ]
        )
        states.append(
            [*who, *(line.standings[n].status if n in line.standings else "" for n in papers)]
        )
    return rows, states


def _canvas_cell(line: Line, column: str) -> str:
    """What Canvas can find a student by, where the class list is none of its own."""
    if column == "Student":
        names = [name for name in (line.entry.last_name, line.entry.first_name) if name]
        return ", ".join(names) or line.entry.id
    return line.entry.id if column == "SIS Login ID" else ""


def _as_number(text: str) -> float | None:
    """Points possible as Canvas writes them, with a comma in some languages."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


# --- Moodle --------------------------------------------------------------------------------------


def _moodle(
    lines: Sequence[Line], papers: Mapping[str, Paper], roster: Roster | None, missing: str
) -> list[list[Any]]:
    """A grade and a feedback column for each assignment, beside all that names a student."""
    theirs = roster is not None and roster.kind == "moodle"
    people = ["First name", "Last name"]
    people += [c for c in IDS["moodle"] if theirs and c in roster.header] or ["Username"]
    if not theirs:
        people.append("Email address")
    head = [column for about in papers.values() for column in (about.title, _said(about))]
    rows: list[list[Any]] = [[*people, *head]]
    for line in lines:
        if theirs and not line.known:
            continue
        entry = line.entry
        own = {
            "First name": entry.first_name,
            "Last name": entry.last_name,
            "Username": entry.id,
            "Email address": entry.email,
        }
        row: list[Any] = [entry.cells.get(c) or own.get(c, "") for c in people]
        for name in papers:
            found = line.standings.get(name)
            row += ["", ""] if found is None else [_mark(found, missing), found.status]
        rows.append(row)
    return rows


def _said(about: Paper) -> str:
    return f"{about.title} (feedback)"


# --- Gradescope ----------------------------------------------------------------------------------


def gradescope(found: Standing) -> dict[str, Any]:
    """`results.json` as Gradescope documents it.

    What failed has neither a score nor tests, which Gradescope shows as a failure of the
    autograder and not as a zero.
    """
    output = [found.status[:1].upper() + found.status[1:] + "."]
    output += list(found.notes)
    result: dict[str, Any] = {
        "output": "\n".join(output),
        "visibility": "after_published",
        "stdout_visibility": "hidden",
        "extra_data": {
            "assignment": found.paper.name,
            "student": found.student,
            "state": found.state,
            "out_of": found.paper.points,
            "open": [mark.id for mark in found.open],
            "seconds_late": found.late,
        },
    }
    seconds = (found.report or {}).get("seconds")
    if isinstance(seconds, int | float):
        result["execution_time"] = seconds
    if found.state == "failed":
        return result
    if found.open:
        still = ", ".join(f"{mark.title} ({number(mark.of)} points)" for mark in found.open)
        result["output"] += f"\nMarked by hand later, and not in this score: {still}."
    result["tests"] = [
        {
            "number": mark.id.removeprefix("q"),
            "name": mark.title,
            "score": mark.points,
            "max_score": mark.of,
            "output": "\n".join([*mark.remarks, *([mark.comment] if mark.comment else [])]),
            "visibility": "after_published",
        }
        for mark in found.marks
        if mark.points is not None
    ]
    if not result["tests"]:
        # A file without tests needs a score of its own; none has been decided.
        del result["tests"]
    return result
