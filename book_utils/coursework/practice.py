"""A made class, to try a course before it begins: its marks are known in advance.

Each made student hands in the solution, with none, one or two of the typical mistakes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from book_utils.coursework import rehearse
from book_utils.coursework.course import Course, CourseError, write_whole
from book_utils.coursework.draws import Draws
from book_utils.coursework.source import BEGIN_SOLUTION, END_SOLUTION, TEXT_STUB, Built, Mistake

FIRST = (
    "Ada",
    "Emmy",
    "Sofya",
    "Alan",
    "Srinivasa",
    "Katherine",
    "Leonhard",
    "Maryam",
    "Paul",
    "Grace",
)
LAST = (
    "Reed",
    "Okafor",
    "Lindqvist",
    "Marsh, Jr.",
    "de la Cruz",
    "Ōno",
    "Haddad",
    "Novák",
    "Byrne",
    "Rao",
)
TEXT = "The terms of a longer run are other terms.\n\nHere $x_t$ depends on $w$ at every step."


@dataclass(frozen=True)
class Made:
    """One made student: who it is, what is handed in, and what it must earn."""

    id: str
    first_name: str
    last_name: str
    notebook: NotebookNode
    earns: dict[str, float | None]
    """By question; None where a human decides."""


def handed_in(built: Built, mistakes: Sequence[Mistake] = (), text: str = TEXT) -> NotebookNode:
    """A student's notebook: the solution, mistakes above their checks, and a written text."""
    notebook = nbformat.from_dict(built.student)
    solved = {cell.id: cell.source for cell in built.grader.cells}
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if not about.get("solution"):
            continue
        if cell.cell_type == "markdown":
            cell.source = text or cell.source
        else:
            lines = solved[cell.id].splitlines()
            cell.source = "\n".join(
                line for line in lines if line.strip() not in (BEGIN_SOLUTION, END_SOLUTION)
            )
    for number, mistake in enumerate(mistakes):
        added = nbformat.v4.new_code_cell(mistake.code)
        added.id = f"mistake-{number}"
        places = [cell.id for cell in notebook.cells]
        notebook.cells.insert(places.index(mistake.question), added)
    return notebook


def earned(built: Built, notebook: NotebookNode) -> dict[str, float | None]:
    """What a made notebook must earn, question by question: it is ours, so it is marked here."""
    by_machine = {result["id"]: result["points"] for result in rehearse.marks(built, notebook)}
    texts = {cell.id: cell.source for cell in notebook.cells}
    by_hand = {
        question.id: 0.0 if texts[question.id] == TEXT_STUB else None
        for question in built.questions
        if question.by == "hand"
    }
    return {question.id: (by_machine | by_hand)[question.id] for question in built.questions}


def students(built: Built, count: int, seed: bytes) -> list[Made]:
    """The made class, the same for the same seed."""
    made = []
    for number in range(count):
        draw = Draws(seed, "practice", built.name, str(number))
        questions = draw.several(
            sorted({mistake.question for mistake in built.mistakes}), draw.integer(0, 2)
        )
        mistakes = [
            draw.choice([m for m in built.mistakes if m.question == question])
            for question in questions
        ]
        # Every tenth leaves the text as it was.
        notebook = handed_in(built, mistakes, "" if number % 10 == 9 else TEXT)
        made.append(
            Made(
                f"student-{number + 1:03}",
                FIRST[number % len(FIRST)],
                LAST[(number // len(FIRST) + 3 * number) % len(LAST)],
                notebook,
                earned(built, notebook),
            )
        )
    return made


def write(course: Course, built: Built, count: int) -> list[Made]:
    """Hand in for a made class, and write its class list; refuse where somebody has handed in."""
    for folder in (course.folder / "submitted").glob(f"*/{built.name}"):
        raise CourseError(f"{folder}: somebody has handed in here; practise in another folder")
    made = students(built, count, course.seed)
    for student in made:
        file = course.submitted(built.name, student.id) / f"{built.name}.ipynb"
        write_whole(file, nbformat.writes(student.notebook))
    write_whole(course.folder / "roster.csv", roster(made))
    return made


def roster(made: Sequence[Made]) -> str:
    """The class list, in the columns that nbgrader uses."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["id", "first_name", "last_name", "email"])
    for student in made:
        rows.writerow(
            [student.id, student.first_name, student.last_name, f"{student.id}@example.org"]
        )
    return text.getvalue()
