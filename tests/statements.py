"""The numbered statements of a chapter's text, and what its notebook displays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

NUMBERED = ("theorem", "lemma", "proposition", "corollary", "example")

_OPENING = re.compile(r"^\s*(?::{3,}|`{3,})\{prf:(%s)\}" % "|".join(NUMBERED))  # noqa: UP031
_LABEL = re.compile(r"^\s*:?label:\s*(\S+)\s*$")
_OPTION = re.compile(r"^\s*(?::\w[\w-]*:|\w[\w-]*:|---)")


@dataclass(frozen=True)
class Statement:
    """A numbered statement in a chapter: its kind, its label, and the line it begins at."""

    kind: str
    label: str
    line: int


def numbered(text: str) -> list[Statement]:
    """Every numbered statement; one without a label has the label ''."""
    lines = text.splitlines()
    found = []
    for number, line in enumerate(lines):
        if opening := _OPENING.match(line):
            label = ""
            for option in lines[number + 1 :]:
                if not _OPTION.match(option):
                    break
                if given := _LABEL.match(option):
                    label = given[1]
            found.append(Statement(opening[1], label, number + 1))
    return found


def results(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """What the cells of a notebook display, other than what they print."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type in ("execute_result", "display_data"):
                yield output


def shown_records(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """What a notebook shows of each record, by the label that its plain text begins with."""
    bundles = [output.get("data", {}) for output in results(notebook)]
    parts = [("".join(data.get("text/plain", "")).partition(":"), data) for data in bundles]
    return {label: data for (label, colon, _), data in parts if colon}


def displayed(notebook: NotebookNode) -> set[str]:
    """The labels that the notebook's stored results begin with."""
    return set(shown_records(notebook))


def gaps(statements: Iterable[Statement], shown: set[str], registered: set[str]) -> list[str]:
    """What is missing between a chapter's text, its notebook and the register: one line each."""
    statements = list(statements)
    labels = [statement.label for statement in statements]
    problems = [f"line {s.line}: this {s.kind} has no label" for s in statements if not s.label]
    for label in sorted(set(filter(None, labels))):
        if labels.count(label) > 1:
            problems.append(f"{label}: two statements have this label")
        if label not in registered:
            problems.append(f"{label}: stands in the text but not in the register")
        elif label not in shown:
            problems.append(f"{label}: no cell displays its record")
    problems += [
        f"{label}: is registered but stands in no numbered statement"
        for label in sorted(registered - set(labels))
    ]
    return problems
