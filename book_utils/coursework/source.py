"""One text per assignment, and the three notebooks made from it.

The text is MyST with roles in the metadata of its cells:

    draw: true                     code that draws what differs between courses; never released
    answer: q1                     where a student answers, with ### BEGIN/END SOLUTION
    check: q1, points, answers     public checks; ### BEGIN/END HIDDEN TESTS around the rest
    written: q5, points            a text that is graded by hand
    rubric: q5                     how that text is graded
    mistake: q1, earns             a typical wrong answer, and the points it must earn

`<<name>>` in any cell stands for a name that a draw cell defines.
"""

from __future__ import annotations

import pprint
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from book_utils.coursework import desk
from book_utils.coursework.draws import Draws

SCHEMA = 3
"""nbgrader's version of the metadata of a cell."""

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
CODE_STUB = "# Your answer here\n..."
TEXT_STUB = desk.STUB
ROLES = ("draw", "answer", "check", "written", "rubric", "mistake")
ALLOWED = {
    "draw": set(),
    "answer": set(),
    "check": {"points", "answers", "title"},
    "written": {"points", "title"},
    "rubric": set(),
    "mistake": {"earns"},
}
FRONT = {"title", "minutes", "objectives", "needs"}
PLACE = re.compile(r"<<\s*([^<>]*?)\s*>>")
# Whatever somebody may have meant as a marker, in capitals or not, with one # or three.
LIKE_A_MARKER = re.compile(r"^\s*#+\s*(?:begin|end)\b.*$", re.IGNORECASE | re.MULTILINE)


class SourceError(ValueError):
    """A source that no assignment can be made from; the message says where and why."""


@dataclass(frozen=True)
class Question:
    """What one question asks for and how many points it has."""

    id: str
    title: str
    points: float
    by: str
    """"machine" or "hand"."""
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer: the code that gives it, and what it must earn."""

    question: str
    code: str
    earns: float | str
    """Points, or "human" where a person has to decide."""


@dataclass(frozen=True)
class Built:
    """An assignment for one course, or for one student of it."""

    name: str
    title: str
    minutes: int
    objectives: tuple[str, ...]
    needs: tuple[str, ...]
    questions: tuple[Question, ...]
    mistakes: tuple[Mistake, ...]
    rubrics: Mapping[str, str]
    drawn: Mapping[str, Any]
    instructor: NotebookNode
    grader: NotebookNode

    @property
    def points(self) -> float:
        """All points, automatic and by hand."""
        return sum(question.points for question in self.questions)

    @cached_property
    def student(self) -> NotebookNode:
        """What is released: no solution, no hidden test."""
        return release(self.grader)


# --- reading ------------------------------------------------------------------------------


def role(cell: NotebookNode) -> str | None:
    """The role of a cell of the source, or None for text and code that everybody gets."""
    found = [name for name in ROLES if name in cell.metadata]
    if len(found) > 1:
        raise SourceError(f"a cell has the roles {' and '.join(found)}, expects one")
    if not found:
        strange = set(cell.metadata) - {"tags"}
        if strange:
            raise SourceError(
                f"a cell has the unknown key {sorted(strange)[0]!r}; roles are {', '.join(ROLES)}"
            )
        return None
    strange = set(cell.metadata) - ALLOWED[found[0]] - {found[0], "tags"}
    if strange:
        raise SourceError(
            f"{found[0]} {cell.metadata[found[0]]}: unknown key {sorted(strange)[0]!r}"
        )
    return found[0]


def regions(text: str, begin: str, end: str, where: str) -> list[tuple[int, int]]:
    """First and last line of each marked region; a marker that is not one is refused."""
    found, start = [], None
    for number, line in enumerate(text.splitlines()):
        if line.strip() == begin:
            if start is not None:
                raise SourceError(f"{where}: {begin!r} stands inside another region")
            start = number
        elif line.strip() == end:
            if start is None:
                raise SourceError(f"{where}: {end!r} without a beginning")
            found.append((start, number))
            start = None
    if start is not None:
        raise SourceError(f"{where}: {begin!r} is never ended")
    return found


def _refuse_strange_markers(text: str, where: str) -> None:
    for line in LIKE_A_MARKER.findall(text):
        if line.strip() not in (BEGIN_SOLUTION, END_SOLUTION, BEGIN_HIDDEN, END_HIDDEN):
            raise SourceError(f"{where}: {line.strip()!r} looks like a marker but is none")


def _placed(text: str, drawn: Mapping[str, Any], where: str) -> str:
    def put(match: re.Match) -> str:
        name = match[1]
        if name not in drawn:
            raise SourceError(f"{where}: <<{name}>> is drawn nowhere")
        value = drawn[name]
        return value if isinstance(value, str) else repr(value)

    return PLACE.sub(put, text)


def _draw(cells: list[NotebookNode], seed: bytes, purpose: tuple[str, ...]) -> dict[str, Any]:
    """The names that the draw cells define, which get `draw`."""
    names: dict[str, Any] = {"draw": Draws(seed, *purpose)}
    for cell in cells:
        exec(compile(cell.source, f"<draw cell of {purpose[0]}>", "exec"), names)
    return {name: value for name, value in names.items() if not name.startswith("__")}


# --- building -----------------------------------------------------------------------------


def build(text: str, name: str, seed: bytes, student: str | None = None) -> Built:
    """The assignment for a course, or for one student where each gets other numbers."""
    try:
        return _build(text, name, seed, student)
    except SourceError as error:
        raise SourceError(f"{name}: {error}") from None


def _build(text: str, name: str, seed: bytes, student: str | None) -> Built:
    source = jupytext.reads(text, fmt="md:myst")
    front = _front(source.metadata.get("assignment"))
    roles = [role(cell) for cell in source.cells]
    purpose = (name,) if student is None else (name, "student", student)
    drawing = [cell for cell, its in zip(source.cells, roles, strict=True) if its == "draw"]
    drawn = _draw(drawing, seed, purpose)
    key = Draws(seed, *purpose).key
    oracle = _with_draws(key, "\n".join(c.source for c in drawing)) if drawing else ""
    questions: dict[str, Question] = {}
    mistakes, rubrics = [], {}
    grader, instructor = [setup_cell()], [setup_cell()]
    given = 0
    for number, (cell, its) in enumerate(zip(source.cells, roles, strict=True), 1):
        where = f"cell {number}" if its is None else f"{its} {cell.metadata[its]}"
        body = _placed(cell.source, drawn, where)
        _refuse_strange_markers(body, where)
        regions(body, BEGIN_SOLUTION, END_SOLUTION, where)
        hidden = regions(body, BEGIN_HIDDEN, END_HIDDEN, where)
        if hidden and its != "check":
            raise SourceError(f"{where}: hidden tests belong into a check")
        match its:
            case None if cell.cell_type == "markdown":
                grader.append(_markdown(body))
            case None:
                given += 1
                grader.append(_code(body, f"given-{given}", locked=True))
            case "draw":
                drawing_starts = cell is drawing[0]
                instructor.append(_code(_with_draws(key, body) if drawing_starts else body))
                continue
            case "answer":
                identifier = f"{cell.metadata.answer}-answer"
                if not regions(body, BEGIN_SOLUTION, END_SOLUTION, where):
                    raise SourceError(f"{where}: no solution is marked")
                if identifier in (c.metadata.get("nbgrader", {}).get("grade_id") for c in grader):
                    identifier += f"-{number}"
                grader.append(_code(body, identifier, solution=True))
            case "check":
                question = _question(cell, "machine")
                _add(questions, question)
                first = not any(q.by == "machine" for q in list(questions.values())[:-1])
                code = _check(question, body, oracle if first else "")
                grader.append(
                    _code(code, question.id, grade=True, locked=True, points=question.points)
                )
                _refuse_shadows(question, drawn)
            case "written":
                question = _question(cell, "hand")
                _add(questions, question)
                grader.append(_written(body, question))
            case "rubric":
                rubrics[cell.metadata.rubric] = body
                instructor.append(_markdown(f"**Rubric**\n\n{body}"))
                continue
            case "mistake":
                mistake = Mistake(cell.metadata.mistake, body, cell.metadata.get("earns"))
                mistakes.append(mistake)
                # As text: run, it would change what the cells below find.
                told = f"Typical mistake: earns {mistake.earns}"
                instructor.append(_markdown(f"**{told}**\n\n```python\n{body}\n```"))
                continue
        instructor.append(grader[-1])
    for identifier in [*rubrics, *(mistake.question for mistake in mistakes)]:
        if identifier not in questions:
            raise SourceError(f"there is no question {identifier!r}")
    for question in questions.values():
        if question.by == "hand" and question.id not in rubrics:
            raise SourceError(f"written {question.id}: there is no rubric for it")
    grader.append(_last(name, questions.values()))
    return Built(
        name=name,
        **front,
        questions=tuple(questions.values()),
        mistakes=tuple(mistakes),
        rubrics=rubrics,
        drawn=drawn,
        instructor=_notebook(instructor),
        grader=_notebook(grader),
    )


def _front(front: Mapping[str, Any] | None) -> dict[str, Any]:
    if not front:
        raise SourceError("the front matter has no `assignment:`")
    if missing := sorted(FRONT - set(front)):
        raise SourceError(f"assignment: {missing[0]!r} is missing")
    if strange := sorted(set(front) - FRONT):
        raise SourceError(f"assignment: unknown key {strange[0]!r}")
    lists = {key: tuple(front[key]) for key in ("objectives", "needs")}
    return {"title": str(front["title"]), "minutes": int(front["minutes"]), **lists}


def _question(cell: NotebookNode, by: str) -> Question:
    its = "check" if by == "machine" else "written"
    name = str(cell.metadata[its])
    if not re.fullmatch(r"q[0-9]+[a-z]?", name):
        raise SourceError(f"{its}: got {name!r}, expects a name such as q3")
    for key in ("points", "title"):
        if key not in cell.metadata:
            raise SourceError(f"{its} {name}: {key!r} is missing")
    answers = dict(cell.metadata.get("answers", {}))
    if by == "machine" and not answers:
        raise SourceError(f"check {name}: which answers does it look at?")
    for answer, kind in answers.items():
        if not answer.isidentifier() or kind.partition(" ")[0] not in desk._A:
            raise SourceError(f"check {name}: {answer!r} is declared as {kind!r}")
    return Question(name, str(cell.metadata.title), float(cell.metadata.points), by, answers)


def _add(questions: dict[str, Question], question: Question) -> None:
    if question.id in questions:
        raise SourceError(f"{question.id} is asked twice")
    questions[question.id] = question


def _refuse_shadows(question: Question, drawn: Mapping[str, Any]) -> None:
    for answer in question.answers:
        if answer in drawn:
            raise SourceError(
                f"check {question.id}: the answer {answer!r} would hide what a draw cell defines"
            )


def _with_draws(key: bytes, code: str) -> str:
    """Draw cells as they can be run again: hidden tests need what was drawn, and the truth."""
    head = [
        "from book_utils.coursework.draws import Draws",
        "from book_utils.coursework.marking import *",
        f'draw = Draws.of(bytes.fromhex("{key.hex()}"))',
    ]
    return "\n".join([*head, code])


def _check(question: Question, body: str, oracle: str) -> str:
    head = (
        f'look = desk.question("{question.id}", {_lines(question.answers, 27)}, globals(),\n'
        f"                     title={question.title!r}, of={question.points:g})"
    )
    if oracle:
        oracle = f"{BEGIN_HIDDEN}\n{oracle}\n{END_HIDDEN}"
    return "\n".join(part for part in (head, oracle, body, "look.close()") if part)


def _lines(names: Mapping[str, str], indent: int) -> str:
    """A dictionary as code that nobody has to scroll sideways for."""
    text = pprint.pformat(dict(names), width=90 - indent, sort_dicts=False)
    return textwrap.indent(text, " " * indent).lstrip()


def _last(name: str, questions: Any) -> NotebookNode:
    asked = {q.id: q.title for q in questions if q.by == "machine"}
    written = {q.id: q.title for q in questions if q.by == "hand"}
    code = f"""desk.missing({_lines(asked, 13)},
             {_lines(written, 13)},
             "{name}.ipynb")"""
    return _code(code, "last", locked=True)


def setup_cell() -> NotebookNode:
    """The first cell of a notebook: desk.py inside a function, so that no name gets in the way."""
    text = Path(desk.__file__).read_text(encoding="utf-8")
    code = (
        "# @title Run this cell first. It helps you to check your answers.\n"
        "# Generated from book_utils/coursework/desk.py; a change here changes no mark.\n"
        "def _desk():\n"
        + textwrap.indent(text, "    ")
        + "\n    from types import SimpleNamespace\n\n"
        "    return SimpleNamespace(**PUBLIC)\n\n\n"
        "desk = _desk()"
    )
    cell = _code(code, "setup", locked=True)
    cell.metadata["jupyter"] = {"source_hidden": True}
    cell.metadata["cellView"] = "form"
    return cell


def _nbgrader(identifier: str, kind: str, **how: Any) -> dict[str, Any]:
    about = {"grade": False, "locked": False, "solution": False, "task": False, **how}
    return {"schema_version": SCHEMA, "grade_id": identifier, "cell_type": kind, **about}


def _code(source: str, identifier: str | None = None, **how: Any) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source)
    if identifier:
        cell.metadata["nbgrader"] = _nbgrader(identifier, "code", **how)
    return cell


def _markdown(source: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source)


def _written(body: str, question: Question) -> NotebookNode:
    solution = (
        "\n".join((BEGIN_SOLUTION, body, END_SOLUTION)) if BEGIN_SOLUTION not in body else body
    )
    cell = _markdown(solution)
    cell.metadata["nbgrader"] = _nbgrader(
        question.id, "markdown", grade=True, solution=True, points=question.points
    )
    return cell


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    """A notebook whose file is the same each time: cells are numbered, not named at random."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.cells = [nbformat.from_dict(cell) for cell in cells]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{number}")
    return notebook


# --- releasing ----------------------------------------------------------------------------


def cut(text: str, begin: str, end: str, stub: str | None = None) -> str:
    """The text without its marked regions, each replaced by the stub, indented as it was."""
    lines = text.splitlines()
    for first, last in reversed(regions(text, begin, end, "cell")):
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
        instead = [] if stub is None else [indent + line for line in stub.splitlines()]
        lines[first : last + 1] = instead
    return "\n".join(lines)


def release(grader: NotebookNode) -> NotebookNode:
    """The student version of a grader version."""
    cells = []
    for cell in grader.cells:
        kept = nbformat.from_dict(cell)
        stub = CODE_STUB if cell.cell_type == "code" else TEXT_STUB
        kept.source = cut(
            cut(cell.source, BEGIN_SOLUTION, END_SOLUTION, stub), BEGIN_HIDDEN, END_HIDDEN
        )
        cells.append(kept)
    return _notebook(cells)
