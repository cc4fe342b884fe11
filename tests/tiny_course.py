"""A course with one tiny assignment, and an examiner that does what a submission says.

Where isolation is not the point, a submission is a line of JSON for `examine`, which needs no
sandbox and no kernel.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from book_utils.coursework import course as courses
from book_utils.coursework.course import Course

# What the release must not contain, in a form that is known again.
SOLUTION = "tripled = 3 * number_of_the_course"
HIDDEN = "three_times_as_the_truth_has_it"
RUBRIC = "3 points for the words more than one"
MISTAKE = "tripled = 2 * number_of_the_course + 0"

TEXT = f"""\
---
assignment:
  title: Three times
  minutes: 10
  objectives: [multiply]
  needs: [numbers]
---

# Three times

Multiply by three.

```{{code-cell}}
:draw: true

a = draw.integer(2, 999999)
{HIDDEN} = 3 * a
```

```{{code-cell}}
number_of_the_course = <<a>>
```

```{{code-cell}}
:answer: q1

### BEGIN SOLUTION
{SOLUTION}
### END SOLUTION
```

```{{code-cell}}
:check: q1
:title: Three times a number
:points: 2
:answers: {{tripled: integer}}

look("tripled is above zero", lambda: tripled > 0)
### BEGIN HIDDEN TESTS
look.award(2, "three times", lambda: near(tripled, {HIDDEN}))
### END HIDDEN TESTS
```

+++ {{"written": "q2", "points": 3, "title": "Why"}}

Since three is more than one.

+++ {{"rubric": "q2"}}

- {RUBRIC}

```{{code-cell}}
:mistake: q1
:earns: 0

{MISTAKE}
```
"""

GRADER = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
"""A notebook to grade with that has no cells: `examine` does not need them."""


def write_sources(folder: Path, text: str = TEXT) -> Path:
    """A folder of assignments as the book has one; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.md").write_text(text, encoding="utf-8")
    return folder


def open_course(folder: Path) -> Course:
    """A course that has released `tiny`, without nbgrader: grading needs the source only."""
    made = courses.create(folder)
    courses.write_whole(made.source("tiny"), json.dumps(GRADER))
    return made


def hand_in(course: Course, student: str, name: str = "tiny", **told: Any) -> Path:
    """A submission that tells `examine` what to do."""
    path = course.submitted(name, student) / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"student": student, "points": 1, **told}), encoding="utf-8")
    return path


def examine(bundle: str, data: bytes, terms: Mapping[str, Any]) -> str:
    """A report on a submission of `hand_in`."""
    told = json.loads(data)
    if log := told.get("log"):
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(told["student"] + "\n")
    time.sleep(told.get("seconds", 0))
    while told.get("after") and not Path(told["after"]).exists():
        time.sleep(0.02)
    if told.get("once") and not Path(told["once"]).exists():
        Path(told["once"]).touch()
        os.kill(os.getpid(), 9)
    if "raise" in told:
        raise RuntimeError(told["raise"])
    questions = [
        {
            "id": "q1",
            "title": "Three times",
            "points": told["points"],
            "of": 2.0,
            "verdict": told.get("verdict", "partly"),
            "remarks": [],
        }
    ]
    report = {
        "status": told.get("status", "graded"),
        "why": told.get("why", ""),
        "notes": told.get("notes", []),
        "questions": questions if told.get("status", "graded") == "graded" else [],
        "cells": [],
        "seconds": time.perf_counter(),
    }
    if "cause" in told:
        report["cause"] = told["cause"]
    return json.dumps(report)


def reports(course: Course) -> dict[str, Any]:
    """All reports, without what a clock says."""
    found = {}
    for path in sorted((course.folder / "reports").glob("*/*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        report.pop("seconds", None)
        found[f"{path.parent.name}/{path.stem}"] = report
    return found
