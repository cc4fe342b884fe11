"""nbgrader's gradebook: copies of automatic marks, and the home of marks given by hand.

Written through nbgrader's own models. Its API looks every cell up again for each mark, so this
reads once what an assignment has and writes what differs, one commit per student.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbgrader import api
from nbgrader.utils import compute_checksum
from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, load_only

from . import rendering, source
from .course import Course, CourseError, handed_in
from .rosters import Roster
from .standing import (
    HandMark,
    folder_of,
    grader,
    number,
    own_cells,
    paper,
    report,
    students,
    write_if_new,
)

WAIT = 20.0
"""Seconds to wait for a gradebook that another program has locked."""
LOCKED = (
    "gradebook.db is locked by another program; close it and run the command again; nothing is lost"
)
SHORT_ID = 128
NO_RESPONSE = "No response."


class GradebookLocked(CourseError):
    """Another program holds the gradebook."""

    def __init__(self) -> None:
        super().__init__(LOCKED)


@dataclass
class Synced:
    """What a synchronisation did."""

    students: int = 0
    changed: int = 0
    again: list[str] = field(default_factory=list)
    """Answers that changed after a person marked them."""
    notes: list[str] = field(default_factory=list)


# --- opening -------------------------------------------------------------------------------------


@contextmanager
def _unlocked() -> Iterator[None]:
    """Say of a locked gradebook what to do."""
    try:
        yield
    except (OperationalError, sqlite3.OperationalError, api.InvalidEntry) as error:
        if "locked" in str(error):
            raise GradebookLocked from None
        raise


def _url(path: Path, wait: float) -> str:
    return f"sqlite:///{path}?timeout={wait}"


@contextmanager
def _opened(course: Course, wait: float) -> Iterator[Session]:
    """A session with the gradebook, which is made where there is none."""
    # nbgrader calls `alembic` by name when it makes a gradebook.
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        with _unlocked():
            _wait_for_lock(course.gradebook, wait)
            book = api.Gradebook(_url(course.gradebook, wait))
            try:
                session = book.db()
                # What has been written is not read again after each student.
                session.expire_on_commit = False
                yield session
            finally:
                book.close()
    finally:
        os.environ["PATH"] = before


def _wait_for_lock(path: Path, wait: float) -> None:
    """Wait until the gradebook can be written, or say that it is locked.

    nbgrader reports a lock with a traceback of its own, so it is not asked before.
    """
    if not path.exists():
        return
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            raise
        raise CourseError(
            f"{path} is no gradebook: {error}; move it away, or put it right"
        ) from None
    finally:
        connection.close()


# --- reading -------------------------------------------------------------------------------------


def hand_marks(
    course: Course, assignment: str, wait: float = WAIT
) -> dict[str, dict[str, HandMark]]:
    """Marks and comments that people entered, by student and question."""
    found: dict[str, dict[str, HandMark]] = {}
    if not course.gradebook.exists():
        return found
    engine = create_engine(_url(course.gradebook, wait))
    try:
        with _unlocked(), Session(engine) as session:
            marked = session.execute(_of(api.Grade, assignment, _GRADE)).all()
            commented = session.execute(_of(api.Comment, assignment, _COMMENT)).all()
    finally:
        engine.dispose()
    for student, question, manual, extra, automatic, again in marked:
        points = manual if manual is not None else automatic if extra else None
        if points is not None:
            mark = HandMark(points + (extra or 0.0), "", manual is not None and bool(again))
            found.setdefault(student, {})[question] = mark
    for student, cell, text in sorted(commented):
        if text and text.strip():
            question = _question(cell)
            mark = found.setdefault(student, {}).get(question, HandMark(None, ""))
            comment = "\n\n".join(part for part in (mark.comment, text.strip()) if part)
            found[student][question] = mark._replace(comment=comment)
    return found


_GRADE = (
    api.Grade.manual_score,
    api.Grade.extra_credit,
    api.Grade.auto_score,
    api.Grade.needs_manual_grade,
)
_COMMENT = (api.Comment.manual_comment,)


def _of(kind: Any, assignment: str, columns: Sequence[Any]) -> Any:
    """Marks, or comments, of all students of an assignment."""
    notebook, handed = api.SubmittedNotebook, api.SubmittedAssignment
    return (
        select(handed.student_id, api.BaseCell.name, *columns)
        .select_from(kind)
        .join(api.BaseCell, api.BaseCell.id == kind.cell_id)
        .join(notebook, notebook.id == kind.notebook_id)
        .join(handed, handed.id == notebook.assignment_id)
        .join(api.Assignment, api.Assignment.id == handed.assignment_id)
        .where(api.Assignment.name == assignment)
    )


@dataclass
class Books:
    """Marks by hand by assignment, without those that cannot be read; and what went wrong."""

    hand: dict[str, dict[str, dict[str, HandMark]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_and_sync(
    course: Course,
    assignments: Sequence[str],
    chosen: Sequence[str] | None = None,
    roster: Roster | None = None,
    wait: float = WAIT,
) -> Books:
    """Synchronise, then read. A locked gradebook is a problem to tell, and no reason to stop.

    A program that is about to write leaves the gradebook readable, so reading is tried too.
    """
    books = Books()
    try:
        books.notes = sync(course, assignments, chosen, roster, wait).notes
    except GradebookLocked as error:
        books.problems.append(str(error))
        wait = min(wait, 1.0)
    for name in assignments:
        try:
            books.hand[name] = hand_marks(course, name, wait)
        except GradebookLocked as error:
            if str(error) not in books.problems:
                books.problems.append(str(error))
    return books


# --- writing -------------------------------------------------------------------------------------


def sync(
    course: Course,
    assignments: Sequence[str],
    chosen: Sequence[str] | None = None,
    roster: Roster | None = None,
    wait: float = WAIT,
    progress: Callable[[str], None] = lambda _: None,
) -> Synced:
    """Bring the gradebook and the notebooks of formgrader up to what grading found.

    Marks and comments that people entered are never changed. Where the answer changed after it was
    marked by hand, the mark stays and is shown as one to look at again.
    """
    done = Synced()
    with _opened(course, wait) as session:
        if roster is not None:
            _enrol(session, roster)
        for name in assignments:
            shape = _shape(session, course, name, done)
            rows = _rows(session, shape)
            for student in students(course, name):
                if chosen and student not in chosen:
                    continue
                found = report(course, name, student)
                if found is not None:
                    _student(session, course, shape, rows.get(student), student, found, done)
                    progress(student)
    return done


def harmless(name: str) -> str:
    """A name for nbgrader, whose pages print names as they are."""
    text = rendering.clean(name).translate({ord("<"): "‹", ord(">"): "›", ord("&"): "+"})
    return text[:SHORT_ID]


def _enrol(session: Session, roster: Roster) -> None:
    """Names and addresses of the class list."""
    known = {student.id: student for student in session.scalars(_plainly(api.Student))}
    for entry in roster.students:
        about = {
            "first_name": harmless(entry.first_name),
            "last_name": harmless(entry.last_name),
            "email": harmless(entry.email),
        }
        student = known.get(entry.id)
        if student is None:
            session.add(api.Student(id=entry.id, **about))
        else:
            _update(student, about)
    session.commit()


def _plainly(model: Any, *columns: Any) -> Any:
    """Rows without the sums that nbgrader's models compute for each of them."""
    names = columns or tuple(
        getattr(model, column.key)
        for column in model.__mapper__.column_attrs
        if column.key in {stored.key for stored in model.__table__.columns}
    )
    return select(model).options(load_only(*names))


def _update(row: Any, values: Mapping[str, Any]) -> bool:
    """Set what differs; tells whether anything did."""
    different = {key: value for key, value in values.items() if getattr(row, key) != value}
    for key, value in different.items():
        setattr(row, key, value)
    return bool(different)


@dataclass(frozen=True)
class _Shape:
    """An assignment as the gradebook knows it."""

    name: str
    assignment_id: str
    notebook_id: str
    graded: dict[str, tuple[str, float]]
    """Id and points of the cell of each question."""
    answered: dict[str, str]
    """Ids of the cells that can have a comment."""


def _shape(session: Session, course: Course, name: str, done: Synced) -> _Shape:
    """Assignment, notebook and cells, created or brought up to date."""
    notebook = grader(course, name)
    due = course.deadlines.get(name)
    assignment = session.scalar(_plainly(api.Assignment).where(api.Assignment.name == name))
    if assignment is None:
        assignment = api.Assignment(name=name, course_id="default_course")
        session.add(assignment)
    _update(assignment, {"duedate": _utc(due)})
    session.flush()
    sheet = session.scalar(
        _plainly(api.Notebook).where(
            api.Notebook.assignment_id == assignment.id, api.Notebook.name == name
        )
    )
    if sheet is None:
        kernel = json.dumps(notebook.metadata.get("kernelspec", {}))
        sheet = api.Notebook(name=name, assignment_id=assignment.id, kernelspec=kernel)
        session.add(sheet)
        session.flush()
    wanted: dict[Any, dict[str, dict[str, Any]]] = {
        api.GradeCell: {},
        api.SolutionCell: {},
        api.SourceCell: {},
    }
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader")
        if not about:
            continue
        key = about["grade_id"]
        # What nbgrader keeps of a cell: without the solution, with the hidden tests.
        released = from_dict(cell)
        stub = source.CODE_STUB if cell.cell_type == "code" else source.TEXT_STUB
        released.source = source.cut(cell.source, source.BEGIN_SOLUTION, source.END_SOLUTION, stub)
        if about["grade"]:
            points = float(about["points"])
            wanted[api.GradeCell][key] = {"max_score": points, "cell_type": cell.cell_type}
        if about["solution"]:
            wanted[api.SolutionCell][key] = {}
        wanted[api.SourceCell][key] = {
            "cell_type": cell.cell_type,
            "locked": bool(about["locked"]) and not about["solution"],
            "source": released.source,
            "checksum": compute_checksum(released),
        }
    ids = {
        model: _cells(session, model, sheet.id, cells, name, done)
        for model, cells in wanted.items()
    }
    session.commit()
    graded = {
        key: (ids[api.GradeCell][key], values["max_score"])
        for key, values in wanted[api.GradeCell].items()
    }
    return _Shape(name, assignment.id, sheet.id, graded, ids[api.SolutionCell])


def _cells(
    session: Session,
    model: Any,
    notebook_id: str,
    wanted: Mapping[str, Mapping[str, Any]],
    name: str,
    done: Synced,
) -> dict[str, str]:
    """The cells of one kind, by name; one that is gone goes, unless a person marked it."""
    there = {
        row.name: row
        for row in session.scalars(_plainly(model).where(model.notebook_id == notebook_id))
    }
    for key in sorted(set(there) - set(wanted)):
        row = there.pop(key)
        if model is not api.SourceCell:
            of_cell = {"Grade": api.Grade, "Comment": api.Comment}
            entries = [
                entry
                for kind in of_cell.values()
                for entry in session.scalars(_plainly(kind).where(kind.cell_id == row.id))
            ]
            if any(_by_hand(entry) for entry in entries):
                done.notes.append(
                    f"{name}: {key} is no longer asked but has marks or comments by hand; "
                    "it stays in gradebook.db"
                )
                continue
            for entry in entries:
                session.delete(entry)
            session.flush()
        session.delete(row)
    for key, values in wanted.items():
        if key in there:
            # The texts are nbgrader's, which wrote them at the release.
            if model is not api.SourceCell:
                _update(there[key], values)
        else:
            there[key] = model(name=key, notebook_id=notebook_id, **values)
            session.add(there[key])
    session.flush()
    return {key: there[key].id for key in wanted}


def _by_hand(entry: Any) -> bool:
    names = ("manual_score", "extra_credit", "manual_comment")
    return any(getattr(entry, name, None) not in (None, "") for name in names)


@dataclass
class _Rows:
    """What the gradebook has of one student."""

    handed: Any
    notebook: Any
    grades: dict[str, Any] = field(default_factory=dict)
    comments: dict[str, Any] = field(default_factory=dict)


def _rows(session: Session, shape: _Shape) -> dict[str, _Rows]:
    """Everything of an assignment, read in four questions and not in thousands."""
    handed = session.scalars(
        _plainly(api.SubmittedAssignment).where(
            api.SubmittedAssignment.assignment_id == shape.assignment_id
        )
    ).all()
    notebooks = {
        row.assignment_id: row
        for row in session.scalars(
            _plainly(api.SubmittedNotebook).where(
                api.SubmittedNotebook.notebook_id == shape.notebook_id
            )
        )
    }
    rows = {row.student_id: _Rows(row, notebooks.get(row.id)) for row in handed}
    by_notebook = {found.notebook.id: found for found in rows.values() if found.notebook}
    for kind, place in ((api.Grade, "grades"), (api.Comment, "comments")):
        query = _plainly(kind).join(
            api.SubmittedNotebook, api.SubmittedNotebook.id == kind.notebook_id
        )
        query = query.where(api.SubmittedNotebook.notebook_id == shape.notebook_id)
        for row in session.scalars(query):
            getattr(by_notebook[row.notebook_id], place)[row.cell_id] = row
    return rows


def _student(
    session: Session,
    course: Course,
    shape: _Shape,
    rows: _Rows | None,
    student: str,
    found: Mapping[str, Any],
    done: Synced,
) -> None:
    """One student: the rows, a commit, then the notebook that formgrader shows."""
    if rows is None or rows.notebook is None:
        rows = _new_rows(session, shape, rows, student)
    path = course.autograded(shape.name, student)
    answers = _answers(found)
    before = _answers_in(path)
    _update(rows.handed, {"timestamp": _timestamp(course, shape.name, student)})
    questions = {question["id"]: question for question in found.get("questions", [])}
    again = set()
    for key, (cell_id, _) in shape.graded.items():
        question = questions.get(key)
        score = None if question is None else question["points"]
        grade = rows.grades.get(cell_id)
        if grade is None:
            grade = api.Grade(cell_id=cell_id, notebook_id=rows.notebook.id)
            rows.grades[cell_id] = grade
            session.add(grade)
        values: dict[str, Any] = {"auto_score": None if score is None else float(score)}
        if grade.manual_score is None:
            values["needs_manual_grade"] = score is None
        elif key in before and before[key] != _answer_of(answers, key):
            # The mark stays; formgrader lists it among what wants a look.
            values["needs_manual_grade"] = True
        _update(grade, values)
        if grade.manual_score is not None and grade.needs_manual_grade:
            again.add(key)
            done.again.append(
                f"{shape.name}, {student}: {key} changed after it was marked by hand "
                f"({number(grade.manual_score)} points, which stay); look at it again"
            )
    for key, cell_id in shape.answered.items():
        comment = rows.comments.get(cell_id)
        if comment is None:
            comment = api.Comment(cell_id=cell_id, notebook_id=rows.notebook.id)
            rows.comments[cell_id] = comment
            session.add(comment)
        _update(comment, {"auto_comment": _auto_comment(questions.get(_question(key)))})
    changed = bool(session.new or session.dirty)
    if changed:
        session.commit()
    marked = {
        key: grade.manual_score
        for key, (cell_id, _) in shape.graded.items()
        if (grade := rows.grades[cell_id]).manual_score is not None and key in again
    }
    text = notebook_for_grader(course, shape.name, student, found, marked)
    changed = write_if_new(path, text) or changed
    done.students += 1
    done.changed += changed


def _new_rows(session: Session, shape: _Shape, rows: _Rows | None, student: str) -> _Rows:
    """The rows of a submission that the gradebook does not know yet."""
    if session.get(api.Student, student, options=[load_only(api.Student.id)]) is None:
        session.add(api.Student(id=student))
        session.flush()
    handed = rows.handed if rows else None
    if handed is None:
        handed = api.SubmittedAssignment(
            id=api.new_uuid(), assignment_id=shape.assignment_id, student_id=student
        )
        session.add(handed)
        session.flush()
    notebook = api.SubmittedNotebook(
        id=api.new_uuid(),
        notebook_id=shape.notebook_id,
        assignment_id=handed.id,
        late_submission_penalty=0.0,
    )
    session.add(notebook)
    session.flush()
    return _Rows(handed, notebook)


def _utc(when: datetime | None) -> datetime | None:
    """As nbgrader keeps times: in UTC, without saying so."""
    return when.astimezone(UTC).replace(tzinfo=None) if when else None


def _timestamp(course: Course, name: str, student: str) -> datetime | None:
    try:
        return _utc(handed_in(folder_of(course, name, student)))
    except ValueError:
        return None


def _question(cell: str) -> str:
    """The question that an answer cell belongs to."""
    return cell.partition("-answer")[0]


def _auto_comment(question: Mapping[str, Any] | None) -> str | None:
    if question is None:
        return None
    if question["verdict"] == "missing":
        return NO_RESPONSE
    said = [rendering.clean(str(remark["text"])) for remark in question["remarks"]]
    return "\n".join(said) or None


# --- the notebook of formgrader ------------------------------------------------------------------


def _answers(found: Mapping[str, Any]) -> dict[str, str]:
    """A fingerprint of each written answer, and one of all code under the empty name."""
    prints: dict[str, Any] = {"": hashlib.sha256()}
    for cell in found.get("cells", []):
        text = str(cell["source"]).strip().encode("utf-8", "replace")
        if cell["type"] == "code":
            prints[""].update(hashlib.sha256(text).digest())
        elif cell["id"]:
            prints[cell["id"]] = hashlib.sha256(text)
    return {key: value.hexdigest() for key, value in prints.items()}


def _answer_of(answers: Mapping[str, str], question: str) -> str:
    """What a mark by hand was given for: the written text, or all of the code."""
    return answers.get(question, answers[""])


def _answers_in(path: Path) -> dict[str, str]:
    """The fingerprints of what the grader has seen last."""
    try:
        seen = json.loads(path.read_text(encoding="utf-8"))["metadata"]["coursework"]["answers"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return seen if isinstance(seen, dict) else {}


def notebook_for_grader(
    course: Course,
    name: str,
    student: str,
    found: Mapping[str, Any],
    marked: Mapping[str, float] | None = None,
) -> str:
    """A submission as a person grades it, in the order of the assignment.

    Ids and points come from our version, never from the submission. What the student wrote is
    escaped already in the file, whatever shows it.
    """
    marked = marked or {}
    about = paper(course, name, student)
    ours = grader(course, name, student)
    known = {
        cell.metadata["nbgrader"]["grade_id"] for cell in ours.cells if "nbgrader" in cell.metadata
    }
    theirs, extra = _placed(own_cells(ours, found), known)
    questions = {question["id"]: question for question in found.get("questions", [])}
    answers = _answers(found)
    cells = []
    if found["status"] != "graded":
        why = rendering.escaped(str(found.get("why", "")))
        cells.append(_note(f"<p><strong>Autograding failed:</strong> {why}</p>"))
    if found.get("notes"):
        notes = "".join(f"<li>{rendering.escaped(str(note))}</li>" for note in found["notes"])
        cells.append(_note(f"<p><strong>Notes</strong></p><ul>{notes}</ul>"))
    cells += [_theirs(cell) for cell in extra.get(None, [])]
    for cell in ours.cells:
        meta = cell.metadata.get("nbgrader")
        key = meta["grade_id"] if meta else None
        if meta is None:
            cells.append(_text(rendering.one_block(cell.source)))
        elif meta["solution"] and meta["grade"]:
            rubric = about.rubrics.get(key)
            if rubric:
                cells.append(_text(rendering.one_block(f"**Rubric**\n\n{rubric}")))
            if key in marked:
                cells.append(
                    _note(
                        "<p><strong>The answer changed after it was marked by hand "
                        f"({number(marked[key])} points, which stay). Enter the mark again."
                        "</strong></p>"
                    )
                )
            written = theirs.get(key)
            absent = "*This cell is missing in what was handed in.*"
            body = str(written["source"]) if written else absent
            cells.append(_text(rendering.one_block(body), meta))
        elif meta["solution"]:
            cells.append(_theirs(theirs.get(key), meta))
        elif meta["grade"]:
            cells.append(_code(_result(key, meta, questions.get(key), key in marked), [], meta))
        cells += [_theirs(each) for each in extra.get(key, [])] if key else []
    for index, cell in enumerate(cells):
        cell["id"] = cell["metadata"].get("nbgrader", {}).get("grade_id", f"cell-{index}")
    notebook = {
        "cells": cells,
        "metadata": {
            "coursework": {
                "answers": {key: _answer_of(answers, key) for key in sorted(known & _asked(ours))}
            },
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def _asked(ours: NotebookNode) -> set[str]:
    metas = [cell.metadata.get("nbgrader", {}) for cell in ours.cells]
    return {meta["grade_id"] for meta in metas if meta.get("grade")}


def _placed(
    cells: Sequence[Mapping[str, Any]], known: set[str]
) -> tuple[dict[str, Mapping[str, Any]], dict[str | None, list[Mapping[str, Any]]]]:
    """The cells that we asked for, and what the student added, by the cell before it."""
    theirs: dict[str, Mapping[str, Any]] = {}
    extra: dict[str | None, list[Mapping[str, Any]]] = {}
    last = None
    for cell in cells:
        if cell["id"] in known and cell["id"] not in theirs:
            last = cell["id"]
            theirs[last] = cell
        else:
            extra.setdefault(last, []).append(cell)
    return theirs, extra


def _note(html: str) -> dict[str, Any]:
    """Words of ours around escaped ones of others, as a block that no parser reads again."""
    return _text(rendering.unread(html))


def _text(body: str, meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": _meta(meta), "source": body}


def _code(source: str, outputs: list[Any], meta: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": _meta(meta),
        "outputs": outputs,
        "source": source,
    }


def _meta(meta: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"nbgrader": dict(meta)} if meta else {}


def _theirs(
    cell: Mapping[str, Any] | None, meta: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A cell of the student, with outputs that are text or pictures and nothing else."""
    if cell is None:
        return _code("# This cell is missing in what was handed in.", [], meta)
    if cell["type"] != "code" and meta is None:
        return _text(rendering.one_block(str(cell["source"])), meta)
    outputs: list[dict[str, Any]] = []
    for output in cell.get("outputs", []):
        data = rendering.picture(output.get("png"))
        if data:
            outputs.append(
                {"data": {"image/png": data}, "metadata": {}, "output_type": "display_data"}
            )
        elif "text" in output:
            outputs.append(_stream("stdout", str(output["text"])))
    if cell.get("error"):
        outputs.append(_stream("stderr", str(cell["error"])))
    return _code(rendering.clean(str(cell["source"])), outputs, meta)


def _stream(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "output_type": "stream", "text": rendering.clean(text)}


def _result(
    key: str, meta: Mapping[str, Any], question: Mapping[str, Any] | None, again: bool
) -> str:
    """What the checks of a question found, as the comment lines of a cell; no check is in it."""
    of = number(float(meta["points"]))
    if question is None:
        return f"# {key}: not graded automatically; {of} points"
    points = question["points"]
    got = "a person decides" if points is None else number(float(points))
    lines = [f"{key}: {question['title']}", f"{question['verdict']}: {got} of {of} points"]
    lines += [f"- {remark['text']}" for remark in question["remarks"]]
    if again:
        lines.append("The code changed after this was marked by hand. Enter the mark again.")
    text = "\n".join(rendering.clean(str(line)) for line in lines)
    return "\n".join(f"# {line}" for line in text.splitlines())
