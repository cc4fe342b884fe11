"""The solution and the typical mistakes of an assignment, marked here and at once.

This code is ours, so it runs in this process. What it answers still leaves as plain data, as a
student's answers do.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from nbformat import NotebookNode

from book_utils.coursework import desk, values
from book_utils.coursework.marking import mark
from book_utils.coursework.source import Built, Mistake, Question


def answers(
    cells: Sequence[NotebookNode],
    asked: Sequence[Question],
    instead: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The answers of a notebook, each taken where its check stands, as the grading takes them.

    ``instead`` has code for a question that runs just above its check.
    """
    names: dict[str, Any] = {}
    found: dict[str, Any] = {}
    open_ = {question.id: question for question in asked if question.by == "machine"}
    for cell in cells:
        about = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code":
            continue
        if about.get("grade"):
            question = open_.pop(about["grade_id"])
            run((instead or {}).get(question.id, ""), names)
            found |= declared(question, names)
            if not open_:
                break  # what stands below changes no mark, and would cost time
        else:
            run(cell.source, names)
    plt.close("all")  # their data has been read
    return found


def run(code: str, names: dict[str, Any]) -> None:
    """Run a cell, silently and without a window."""
    with matplotlib.rc_context({"backend": "Agg"}), contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "<cell>", "exec"), names)


def declared(question: Question, names: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to one question, as plain data that has been checked again."""
    # Functions stay what they are here, whatever their names come to mean below.
    now = {name: names[name] for name in question.answers if name in names}
    return {
        name: values.answer(name, kind, _leaves(kind, now.get(name)), partial(_called, now))
        for name, kind in question.answers.items()
    }


def _leaves(kind: str, value: Any) -> dict[str, Any]:
    try:
        return json.loads(json.dumps({"data": desk.plain(kind, value)}))
    except desk.Unanswered as reason:
        return {"unanswered": str(reason)}
    except desk.NotAllowed as reason:
        return {"not_allowed": str(reason)}


def _called(names: Mapping[str, Any], name: str, arguments: list[Any]) -> dict[str, Any]:
    """What the sandbox replies to a call."""
    given = [
        np.array(a["array"], dtype=a["type"]).reshape(a["shape"]) if isinstance(a, dict) else a
        for a in arguments
    ]
    try:
        result = names[name](*given)
        if isinstance(result, tuple):
            return {"data": {"tuple": [desk.plain("numbers", part) for part in result]}}
        return {"data": desk.plain("numbers", result)}
    except (desk.Unanswered, desk.NotAllowed) as reason:
        return {"error": "result", "says": str(reason)}
    except Exception as error:
        return {"error": "raised", "says": type(error).__name__}


def solution(built: Built) -> list[dict[str, Any]]:
    """The marks of the solution: all of them, or the assignment is wrong."""
    return marks(built, built.grader)


def stub(built: Built) -> list[dict[str, Any]]:
    """The marks of what is released, before anybody has answered."""
    return marks(built, built.student)


def marks(built: Built, notebook: NotebookNode) -> list[dict[str, Any]]:
    """The marks of a notebook of ours, without a sandbox."""
    return mark(built.grader, answers(notebook.cells, built.questions))


def mistaken(built: Built, mistake: Mistake) -> dict[str, Any]:
    """The result of one question where the mistake stands instead of the solution."""
    check = [cell.id for cell in built.grader.cells].index(mistake.question)
    cells = built.grader.cells[: check + 1]
    found = answers(cells, built.questions, {mistake.question: mistake.code})
    results = mark(built.grader, found, only={mistake.question})
    return next(result for result in results if result["id"] == mistake.question)


def faults(built: Built, every: int = 1) -> list[str]:
    """What is wrong with an assignment: no full marks for the solution, a mistake that earns
    what it should not, a stub that earns anything. Empty if all is well.

    ``every`` = 3 looks at each third mistake only.
    """
    found = []
    for result in solution(built):
        if result["points"] != result["of"]:
            found.append(
                f"{result['id']}: the solution earns {result['points']}: {result['remarks']}"
            )
        total = math.fsum(remark["of"] for remark in result["remarks"])
        if not math.isclose(total, result["of"]):
            found.append(f"{result['id']}: the awards add up to {total:g}, not {result['of']:g}")
    for result in stub(built):
        if result["points"] != 0:
            found.append(f"{result['id']}: the stub earns {result['points']}")
    for mistake in built.mistakes[::every]:
        result = mistaken(built, mistake)
        earned = "human" if result["points"] is None else result["points"]
        if earned != mistake.earns:
            found.append(
                f"{mistake.question}: earns {earned}, not {mistake.earns}: "
                f"{mistake.code!r}: {result['remarks']}"
            )
    return found
