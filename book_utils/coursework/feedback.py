"""The page that a student gets back: marks, reasons, the own work, and where to read on.

One file that loads nothing: no script, no font, no picture from elsewhere, and a policy in its
head that lets a browser do nothing of the kind. What the student wrote is shown as text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from . import gradebook
from .course import Course
from .rendering import escaped, markdown, picture, plain
from .rosters import Roster
from .source import TEXT_STUB
from .standing import (
    Mark,
    Standing,
    duration,
    grader,
    number,
    own_cells,
    shortened,
    standing,
    write_if_new,
)
from .standing import students as everybody

CSS = Path(__file__).with_name("feedback.css")
LONGEST_OUTPUT = 20_000
"""Characters of one output; the rest is in the student's own notebook."""
VERDICTS = {
    "right": "right",
    "partly": "partly right",
    "wrong": "not right",
    "missing": "no answer",
}
# Chapters are files named by their topic.
SHORT = {"bptt": "BPTT", "lstm": "LSTM", "rnn": "RNN"}


@dataclass
class Summary:
    """What was written, and what was not."""

    written: int = 0
    unchanged: int = 0
    waiting: list[str] = field(default_factory=list)
    """Pages that wait for the gradebook."""
    look: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The exit status of the command."""
        return 1 if self.problems else 0

    def lines(self) -> list[str]:
        """As people read it."""
        lines = [f"feedback: {self.written} written, {self.unchanged} unchanged"]
        if self.waiting:
            lines.append(f"not written, because marks by hand cannot be read: {len(self.waiting)}")
        return lines + shortened(self.look) + self.problems


def write(
    course: Course,
    assignments: Sequence[str] = (),
    students: Sequence[str] = (),
    rubric: bool = False,
    say: Callable[[str], None] = print,
) -> int:
    """The command: write the pages and say what was done; the result is the exit status."""
    summary = pages(course, assignments, students, rubric=rubric)
    say("\n".join(summary.lines()))
    return summary.status


def pages(
    course: Course,
    assignments: Sequence[str] = (),
    students: Sequence[str] = (),
    roster: Roster | None = None,
    rubric: bool = False,
    wait: float = gradebook.WAIT,
) -> Summary:
    """Write the page of each student; one that says the same already is left alone.

    `rubric` shows students how written answers are graded.
    """
    summary = Summary()
    names = course.chosen(assignments)
    books = gradebook.read_and_sync(course, names, students, roster, wait)
    summary.problems += books.problems
    summary.look += books.notes
    for name in names:
        hand = books.hand.get(name)
        for student in everybody(course, name):
            if students and student not in students:
                continue
            found = standing(course, name, student, None if hand is None else hand.get(student, {}))
            if found.report is None:
                summary.look.append(f"{name}, {student}: {found.status}; no page was written")
                continue
            path = course.feedback(name, student)
            # Without the marks by hand a page could take back what an earlier one said.
            if hand is None and (found.open or path.exists()):
                summary.waiting.append(f"{name} {student}")
                continue
            entry = roster.find(student) if roster else None
            if write_if_new(path, page(course, found, entry.name if entry else "", rubric)):
                summary.written += 1
            else:
                summary.unchanged += 1
    there = {student for name in names for student in everybody(course, name)}
    summary.look += [
        f"{student}: nothing handed in" for student in students if student not in there
    ]
    return summary


# --- the page ------------------------------------------------------------------------------------


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and the policy that allows it and nothing else."""
    css = CSS.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return css, policy


def page(course: Course, found: Standing, name: str = "", rubric: bool = False) -> str:
    """The whole page as HTML."""
    css, policy = _style()
    about = found.paper
    ours = grader(course, about.name, found.student)
    cells = _by_question(found, own_cells(ours, found.report or {}))
    sections = [
        _section(index, mark, found, cells.pop(mark.id, []), rubric)
        for index, mark in enumerate(found.marks, 1)
    ]
    rest = [cell for group in cells.values() for cell in group]
    who = f"<bdi>{escaped(name)}</bdi> (<bdi>{escaped(found.student)}</bdi>)"
    who = who if name and name != found.student else f"<bdi>{escaped(found.student)}</bdi>"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escaped(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>Feedback: {escaped(about.title)}</title>",
        f"<style>{css}</style>",
        "</head>",
        "<body>",
        "<header>",
        f'<p class="quiet">{escaped(course.name)}</p>',
        f"<h1>Feedback: {escaped(about.title)}</h1>",
        f"<p>For {who}</p>",
        "</header>",
        "<main>",
        *_total(found),
        *_table(found),
        *sections,
        *_rest(rest),
        "</main>",
        *_reading(course, found),
        "<footer><p>This page is yours alone. It loads nothing from anywhere.</p></footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _total(found: Standing) -> list[str]:
    """The sum in words, and what else has to be said first."""
    out_of = number(found.paper.points)
    parts = []
    if found.state == "failed":
        parts.append('<p class="total"><strong>Your submission could not be graded.</strong></p>')
        parts.append(
            f"<p>The reason: {escaped(found.why)}.</p><p>This is not a zero. Talk to your "
            "instructor; you may have handed in the wrong file.</p>"
        )
    elif found.state == "graded":
        points = number(found.points or 0.0)
        parts.append(f'<p class="total"><strong>{points} of {out_of} points</strong></p>')
    else:
        parts.append(
            f'<p class="total"><strong>{number(found.so_far)} of {out_of} points so far</strong>'
            "</p>"
        )
        still = ", ".join(escaped(mark.title) for mark in found.open)
        stop = "" if still.endswith("?") else "."
        parts.append(f"<p>A person still has to mark: {still}{stop}</p>")
    if found.submitted:
        moment = found.submitted.strftime("%Y-%m-%d %H:%M %Z").strip()
        late = f", {duration(found.late)} after the deadline" if found.late > 0 else ""
        parts.append(f'<p class="quiet">Handed in {escaped(moment)}{late}.</p>')
    if found.notes:
        notes = "".join(f"<li>{escaped(note)}</li>" for note in found.notes)
        parts.append(f"<h2>Notes on your file</h2><ul>{notes}</ul>")
    return parts


def _table(found: Standing) -> list[str]:
    rows = [
        f'<tr><th scope="row"><a href="#question-{index}">{escaped(mark.title)}</a></th>'
        f'<td class="number">{_points(mark)}</td><td>{_verdict(mark)}</td></tr>'
        for index, mark in enumerate(found.marks, 1)
    ]
    if not rows or found.state == "failed":
        return []
    return [
        "<table><caption>Points by question</caption>",
        '<thead><tr><th scope="col">Question</th><th scope="col">Points</th>'
        '<th scope="col">Result</th></tr></thead>',
        f"<tbody>{''.join(rows)}</tbody></table>",
    ]


def _points(mark: Mark) -> str:
    if mark.points is None:
        return f"open, of {number(mark.of)}"
    return f"{number(mark.points)} of {number(mark.of)}"


def _remark(text: str) -> str:
    """A remark, in which `name` is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped(text))


def _result(mark: Mark) -> str:
    if mark.points is None:
        return f"<strong>Still open</strong>: a person decides about {number(mark.of)} points"
    return f"<strong>{_points(mark)} points</strong>, {_verdict(mark)}"


def _verdict(mark: Mark) -> str:
    if mark.points is None:
        return "a person decides"
    if mark.by == "hand":
        return "marked by hand"
    return VERDICTS.get(mark.verdict, escaped(mark.verdict))


def _section(
    index: int, mark: Mark, found: Standing, cells: Sequence[Mapping[str, Any]], rubric: bool
) -> str:
    """One question: what it earned, why, and what was handed in."""
    if found.state == "failed" and mark.points is None and not cells and not mark.comment:
        return ""
    parts = [
        f'<section aria-labelledby="question-{index}">',
        f'<h2 id="question-{index}">{escaped(mark.title)}</h2>',
        f'<p class="points">{_result(mark)}</p>',
    ]
    if mark.changed:
        parts.append("<p>Your answer changed after it was marked by hand.</p>")
    if mark.remarks:
        remarks = "".join(f"<li>{_remark(remark)}</li>" for remark in mark.remarks)
        parts.append(f"<ul>{remarks}</ul>")
    if mark.comment:
        parts.append(
            f'<h3>Comment</h3><div class="words" dir="auto">{markdown(mark.comment)}</div>'
        )
    scheme = found.paper.rubrics.get(mark.id)
    if rubric and scheme:
        parts.append(f'<h3>How it is marked</h3><div class="words">{markdown(scheme)}</div>')
    if cells:
        parts.append("<h3>Your answer</h3>")
        parts += [_cell(cell) for cell in cells]
    parts.append("</section>")
    return "\n".join(parts)


def _by_question(
    found: Standing, own: Sequence[Mapping[str, Any]]
) -> dict[str, list[Mapping[str, Any]]]:
    """The student's cells, by the question that they answer; others under the empty name.

    Locked cells are ours: the checks, the setup and the last one say nothing about the student.
    """
    asked = {question.id: question.by for question in found.paper.questions}
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for cell in own:
        name = cell["id"] or ""
        question = name.partition("-answer")[0]
        if name and (question == name) != (asked.get(question) == "hand"):
            continue
        if question in asked or not name:
            groups.setdefault(question if name else "", []).append(cell)
    return groups


def _cell(cell: Mapping[str, Any]) -> str:
    if cell["type"] != "code":
        text = str(cell["source"])
        unwritten = text.strip() in ("", TEXT_STUB)
        body = "<p>Nothing was written.</p>" if unwritten else markdown(text)
        return f'<div class="words" dir="auto">{body}</div>'
    parts = [f"<pre><code>{plain(str(cell['source']))}</code></pre>"]
    pictures = 0
    for output in cell.get("outputs", []):
        data = picture(output.get("png"))
        if data:
            pictures += 1
            parts.append(
                f'<p><img src="data:image/png;base64,{data}" '
                f'alt="Picture {pictures} that the code above drew"></p>'
            )
        elif str(output.get("text", "")).strip():
            parts.append(_output(str(output["text"])))
    if cell.get("error"):
        parts.append(f'<pre class="error">{plain(str(cell["error"])[:LONGEST_OUTPUT])}</pre>')
    return "\n".join(parts)


def _output(text: str) -> str:
    cut = (
        f"\n… {len(text) - LONGEST_OUTPUT:,} more characters" if len(text) > LONGEST_OUTPUT else ""
    )
    return f'<pre class="output">{plain(text[:LONGEST_OUTPUT] + cut)}</pre>'


def _rest(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the student added."""
    if not cells:
        return []
    return [
        "<section>",
        '<h2 id="rest">Your other cells</h2>',
        f"<details><summary>Show {len(cells)}</summary>",
        *(_cell(cell) for cell in cells),
        "</details>",
        "</section>",
    ]


def _reading(course: Course, found: Standing) -> list[str]:
    """Links to the chapters that the assignment builds on."""
    book = course.book if urlsplit(course.book).scheme in ("http", "https") else ""
    if not book or not found.paper.needs:
        return []
    items = "".join(
        f'<li><a href="{escaped(book.rstrip("/"))}/{quote(chapter)}.html">{_chapter(chapter)}</a>'
        "</li>"
        for chapter in found.paper.needs
    )
    return [
        '<nav aria-labelledby="read-on">',
        f'<h2 id="read-on">Read on in the book</h2><ul>{items}</ul>',
        "</nav>",
    ]


def _chapter(name: str) -> str:
    words = [SHORT.get(word, word) for word in name.replace("-", "_").split("_")]
    text = " ".join(words)
    return escaped(text[:1].upper() + text[1:])
