"""A notebook that a student handed in, beside the one that was released.

What is ours is taken from our version and never from theirs: the first cells, the given ones, the
checks and their points. What is theirs runs in their order. Everything that was moved, doubled,
edited or deleted is noted for whoever looks at it.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from book_utils.coursework.desk import STUB
from book_utils.coursework.values import clean

CELLS = 1000
NOTES = 40
SOURCE = 200_000
"""Characters of one cell."""
# Looks at what is missing before handing in; there is nobody in a sandbox to read it.
SKIPPED = {"last"}


class Unreadable(ValueError):
    """A file that no marks can be given for; the message says what it is instead."""


@dataclass(frozen=True)
class Asked:
    """A question as the grader version asks it."""

    id: str
    title: str
    points: float
    by: str
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """The grader version, and what can be read from it."""

    name: str
    grader: Mapping[str, Any]
    questions: tuple[Asked, ...]
    ours: Mapping[str, str]
    """Code that runs before and between the answers, by id: what is released of it."""
    checks: Mapping[str, str]
    """Check cells by id, as released: to notice a change."""
    answering: Mapping[str, str]
    """Cells for answers by id: "code" or "markdown"."""
    texts: frozenset[str]
    """The texts that everybody gets."""


def bundle(name: str, grader: Mapping[str, Any]) -> dict[str, Any]:
    """What `examine` needs of an assignment, as plain data: the grader version, and the student
    version that follows from it."""
    # Here, for it brings jupytext and nbformat, which take seconds and which no examining needs.
    import nbformat

    from book_utils.coursework.source import release

    student = release(nbformat.from_dict(grader))
    return json.loads(json.dumps({"name": name, "grader": grader, "student": student}))


def read_assignment(made: Mapping[str, Any]) -> Assignment:
    """The assignment of a bundle; ValueError if that is none of ours."""
    questions, ours, checks, answering, texts = [], {}, {}, {}, set()
    pairs = zip(made["grader"]["cells"], made["student"]["cells"], strict=True)
    for cell, public in pairs:
        about = cell["metadata"].get("nbgrader")
        if not about:
            if cell["cell_type"] == "markdown":
                texts.add(public["source"].strip())
            continue
        name = about["grade_id"]
        if about["grade"] and cell["cell_type"] == "code":
            title, answers = _declared(cell["source"])
            questions.append(Asked(name, title, float(about["points"]), "machine", answers))
            checks[name] = public["source"]
        elif about["solution"]:
            answering[name] = cell["cell_type"]
            if about["grade"]:
                questions.append(Asked(name, name, float(about["points"]), "hand"))
        elif cell["cell_type"] == "code":
            ours[name] = public["source"]
    titles = _titles(ours.get("last", ""))
    questions = [
        Asked(q.id, titles.get(q.id, q.title), q.points, q.by, q.answers) for q in questions
    ]
    return Assignment(
        made["name"], made["grader"], tuple(questions), ours, checks, answering, frozenset(texts)
    )


def _declared(code: str) -> tuple[str, dict[str, str]]:
    """Title and answers of a question, from the call that opens its check cell."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Attribute(attr="question"), args=[_, answers, *_]):
                named = {word.arg: word.value for word in node.keywords}
                title = ast.literal_eval(named["title"]) if "title" in named else ""
                return title, ast.literal_eval(answers)
    raise ValueError("a check cell of the grader version asks no question")


def _titles(code: str) -> dict[str, str]:
    """Titles of the written questions, which the last cell lists."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Attribute(attr="missing"), args=[asked, written, *_]):
                return {**ast.literal_eval(asked), **ast.literal_eval(written)}
    return {}


# --- what was handed in -------------------------------------------------------------------


@dataclass
class HandedIn:
    """The cells of a submission, and what is to be noted about them."""

    cells: list[dict[str, Any]]
    """All cells of theirs: id (if it is one for an answer), type, source, runs."""
    order: list[dict[str, Any]]
    """Code to run: ours and theirs; those of theirs have the number of their cell."""
    written: dict[str, str]
    """Written answers by id."""
    human: set[str]
    """Written answers that a human has to look for."""
    notes: list[str]


def read(data: bytes, most: int) -> dict[str, Any]:
    """The notebook in a file; Unreadable if there is none in it."""
    if len(data) > most:
        raise Unreadable(
            f"the file has {len(data) / 2**20:.1f} MiB, and at most {most / 2**20:g} are read"
        )
    if not data.strip():
        raise Unreadable("the file is empty")
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("the file is no text, so it is no notebook") from None
    except (ValueError, RecursionError):
        raise Unreadable("the file is no notebook: it cannot be read as JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("the file is no notebook: it holds other data")
    if "worksheets" in found:
        raise Unreadable(
            "the notebook has the format of before 2014: open it in JupyterLab and save it again"
        )
    if not isinstance(found.get("cells"), list):
        raise Unreadable("the file is no notebook: it has no cells")
    if len(found["cells"]) > CELLS:
        raise Unreadable(f"the notebook has more than {CELLS} cells")
    return found


def _part(found: Any, *path: str) -> Any:
    """What lies at the end of a path in data of any shape, or None."""
    for key in path:
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


def _text(source: Any) -> str:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return ""
    # Half a letter cannot be written to any file.
    return source[:SOURCE].encode("utf-8", "replace").decode("utf-8")


def match(notebook: Mapping[str, Any], assignment: Assignment) -> HandedIn:
    """Theirs beside ours; Unreadable if nothing of ours is in it."""
    notes: list[str] = []
    _look_at_the_head(notebook, notes)
    ours, checks, answering = assignment.ours, assignment.checks, assignment.answering
    points = {q.id: q.points for q in assignment.questions}
    asked = {q.id: q.answers for q in assignment.questions}
    seen: Counter[str] = Counter()
    cells, order = [], []
    written: dict[str, list[str]] = {}
    for cell in notebook["cells"]:
        kind = _part(cell, "cell_type")
        source = _text(_part(cell, "source"))
        if kind not in ("code", "markdown", "raw"):
            notes.append("a cell that is neither code nor text was left out")
            continue
        name = _part(cell, "metadata", "nbgrader", "grade_id")
        name = name if isinstance(name, str) else None
        if name is not None and name not in ours | checks | answering:
            notes.append(
                f"a cell calls itself {clean(name, 40)!r}, which is not asked here; "
                "it counts as a cell of the student's own"
            )
            name = None
        if name is not None:
            seen[name] += 1
        if name in checks or name in ours:
            _look_at_ours(cell, name, source, assignment, points, seen, notes)
            if name in ours and seen[name] == 1 and name not in SKIPPED:
                order.append({"id": name, "source": ours[name]})
            elif name in checks:
                order.append({"id": name, "take": dict(asked[name])})
            continue
        if name is not None:
            wanted = answering[name]
            if seen[name] == 2:
                notes.append(f"{name} is there more than once: all copies count, in their order")
            if kind != wanted:
                notes.append(f"{name} was {wanted} and was handed in as {kind}")
            worth = _part(cell, "metadata", "nbgrader", "points")
            if name in points and worth is not None and worth != points[name]:
                notes.append(f"the points of {name} were changed; ours were used")
            if wanted == "markdown":
                written.setdefault(name, []).append(source)
        cells.append(
            {
                "id": name,
                "type": "code" if kind == "code" else "markdown",
                "source": clean(source, SOURCE),
            }
        )
        if kind == "code" and (name is None or answering[name] == "code"):
            order.append({"id": str(len(cells) - 1), "source": source, "theirs": "yes"})
        if _part(cell, "attachments"):
            notes.append("a cell has pictures attached, which are only in the submission itself")
    if not seen:
        raise Unreadable(f"no cell of {assignment.name} is in the notebook: is it another one?")
    absent = [name for name in ours if name not in seen and name not in SKIPPED]
    for name in [name for name in ours | checks | answering if name not in seen]:
        notes.append(f"the cell {name} is missing" + ("; ours was used" * (name not in answering)))
    order = [{"id": name, "source": ours[name]} for name in absent] + order
    found, human = _written(written, answering, cells, assignment.texts, notes)
    notes = list(dict.fromkeys(notes))
    if len(notes) > NOTES:
        notes[NOTES:] = [f"and {len(notes) - NOTES} more notes"]
    return HandedIn(cells, order, found, human, notes)


def _look_at_the_head(notebook: Mapping[str, Any], notes: list[str]) -> None:
    version = notebook.get("nbformat")
    if version != 4:
        notes.append(f"the notebook says it has format {clean(str(version), 20)}, not 4")
    for path in (("kernelspec", "name"), ("language_info", "name")):
        kernel = _part(notebook.get("metadata"), *path)
        if isinstance(kernel, str) and not kernel.lower().startswith("python"):
            notes.append(f"it names the kernel {clean(kernel, 40)!r}; it ran in Python 3")


def _look_at_ours(
    cell: Any,
    name: str,
    source: str,
    assignment: Assignment,
    points: Mapping[str, float],
    seen: Counter[str],
    notes: list[str],
) -> None:
    what = f"the check of {name}" if name in assignment.checks else f"the cell {name}"
    ours = assignment.checks.get(name, assignment.ours.get(name, ""))
    if source.rstrip() != ours.rstrip() or _part(cell, "cell_type") != "code":
        notes.append(f"{what} was edited; ours was used")
    if seen[name] == 2:
        notes.append(f"{what} is there more than once; ours was used, once")
    worth = _part(cell, "metadata", "nbgrader", "points")
    if name in points and worth is not None and worth != points[name]:
        notes.append(f"the points of {name} were changed; ours were used")


def _written(
    written: Mapping[str, list[str]],
    answering: Mapping[str, str],
    cells: list[dict[str, Any]],
    given: frozenset[str],
    notes: list[str],
) -> tuple[dict[str, str], set[str]]:
    """Written answers, and those that may stand elsewhere, so that a human has to look."""
    found, human = {}, set()
    own_text = any(
        cell["id"] is None and cell["type"] == "markdown" and cell["source"].strip() not in given
        for cell in cells
        if cell["source"].strip()
    )
    for name, kind in answering.items():
        if kind != "markdown":
            continue
        texts = [text for text in written.get(name, []) if text.strip() not in ("", STUB)]
        found[name] = clean("\n\n".join(texts), SOURCE)
        if len(texts) > 1:
            human.add(name)
        if not texts and own_text:
            human.add(name)
            notes.append(f"{name} is empty, but there is text in a cell of the student's own")
    return found, human
