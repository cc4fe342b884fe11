"""A small course with reports made by hand, for what is given back to students."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import nbformat
from nbgrader import api

from book_utils.coursework import course as courses
from book_utils.coursework import gradebook, source
from book_utils.coursework.course import Course

NAME = "bptt"
TITLE = "Backpropagation through time"

TEXT = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
assignment:
  title: Backpropagation through time
  minutes: 60
  objectives: ["Derive the gradient."]
  needs: [bptt, truncated_gradients]
---

# Backpropagation through time

Let $h_t = w h_{t-1}$ and $|w| < 1$.

```{code-cell} ipython3
:answer: q1
### BEGIN SOLUTION
gradient = 4.0  # CANARY-SOLUTION
### END SOLUTION
```

```{code-cell} ipython3
:check: q1
:points: 4
:title: The gradient
:answers: {gradient: number}
### BEGIN HIDDEN TESTS
look.right("the gradient", near(gradient, 4.0))  # CANARY-HIDDEN
### END HIDDEN TESTS
```

```{code-cell} ipython3
:answer: q2
### BEGIN SOLUTION
reach = 7
### END SOLUTION
```

```{code-cell} ipython3
:check: q2
:points: 2
:title: How far it reaches
:answers: {reach: integer}
look.right("the reach", near(reach, 7))
```

+++ {"written": "q3", "points": 3, "title": "Why it vanishes"}

Because every factor is below one. CANARY-MODEL-ANSWER

+++ {"rubric": "q3"}

- 1 point: names the factor $|w| < 1$. CANARY-RUBRIC
- 2 points: says how fast.
"""


def make(folder: Path, name: str = NAME, text: str = TEXT, due: str = "", book: str = "") -> Course:
    """A course with one released assignment and nobody in it."""
    if not (folder / courses.SETTINGS).exists():
        courses.create(folder)
    settings = folder / courses.SETTINGS
    said = settings.read_text().replace('book = ""', f'book = "{book}"')
    settings.write_text(said + (f"{name} = {due}\n" if due else ""))
    course = courses.load(folder)
    courses.write_whole(course.assignment(name), text)
    built = source.build(text, name, course.seed)
    courses.write_whole(course.source(name), nbformat.writes(built.grader))
    courses.write_whole(course.release(name), nbformat.writes(built.student))
    return course


def png(width: int = 8) -> str:
    """A small picture, as base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, width, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes(width)) * width)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", rows), chunk(b"IEND", b""))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


def code(cell: str | None, text: str, *outputs: dict[str, str], error: str | None = None) -> dict:
    """A code cell of a report."""
    return {"id": cell, "type": "code", "source": text, "outputs": list(outputs), "error": error}


def written(cell: str | None, text: str) -> dict:
    """A text cell of a report."""
    return {"id": cell, "type": "markdown", "source": text, "outputs": [], "error": None}


def graded(
    points: float | None = 4.0,
    answer: str = "Because $|w| < 1$ in every factor.",
    solution: str = "gradient = 2 + 2\nprint(gradient)",
    cells: tuple[dict, ...] = (),
    notes: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A report: q1 as given, q2 wrong, q3 for a person unless nothing was written."""
    verdict = {None: "undecided", 4.0: "right", 0.0: "wrong"}.get(points, "partly")
    by_hand = {"points": None, "verdict": "hand"} if answer else {"points": 0, "verdict": "missing"}
    return {
        "status": "graded",
        "why": "",
        "notes": list(notes),
        "questions": [
            {
                "id": "q1",
                "title": "The gradient",
                "points": points,
                "of": 4.0,
                "verdict": verdict,
                "remarks": []
                if points == 4.0
                else [{"points": points, "of": 4.0, "text": "the gradient: the sign is wrong"}],
            },
            {
                "id": "q2",
                "title": "How far it reaches",
                "points": 0.0,
                "of": 2.0,
                "verdict": "wrong",
                "remarks": [{"points": 0.0, "of": 0.0, "text": "the reach is too small"}],
            },
            {"id": "q3", "title": "Why it vanishes", "of": 3.0, "remarks": [], **by_hand},
        ],
        "cells": [
            code("q1-answer", solution, {"text": "4\n"}, {"png": png()}),
            code("q2-answer", "reach = 3"),
            written("q3", answer),
            *cells,
        ],
        "seconds": 1.0,
    }


def failed(why: str) -> dict[str, Any]:
    """The report of a submission that could not be graded."""
    return {"status": "failed", "why": why, "cause": "submission", "notes": [], "questions": []}


def hand_in(
    course: Course,
    student: str,
    report: dict[str, Any] | None,
    when: str | None = "2027-01-31 20:00:00 UTC",
    name: str = NAME,
) -> None:
    """A submission and what grading found."""
    folder = course.submitted(name, student)
    folder.mkdir(parents=True, exist_ok=True)
    if when:
        (folder / "timestamp.txt").write_text(when)
    if report is not None:
        about = {"assignment": name, "student": student, "key": "0"}
        path = course.report(name, student)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**about, **report}))


def new_gradebook(folder: Path) -> Path:
    """An empty gradebook to copy: nbgrader takes a second to make one."""
    course = make(folder / "empty")
    gradebook.sync(course, [NAME])
    return course.gradebook


def by_hand(
    course: Course,
    student: str,
    question: str,
    points: float | None,
    comment: str = "",
    cell: str = "",
) -> None:
    """What formgrader does when a person enters a mark and a comment."""
    with api.Gradebook(f"sqlite:///{course.gradebook}") as book:
        grade = book.find_grade(question, NAME, NAME, student)
        grade.manual_score = points
        grade.needs_manual_grade = points is None and grade.auto_score is None
        if comment:
            book.find_comment(cell or question, NAME, NAME, student).manual_comment = comment
        book.db.commit()
