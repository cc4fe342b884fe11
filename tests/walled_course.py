"""A small assignment with an answer of each kind, and submissions to it made by hand."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from book_utils.coursework import examiner, source

SEED = b"canary-seed-of-the-course-0123456789"
# Stands in the hidden tests, so it must stand in no report.
HIDDEN = "canary_hidden"

TEXT = """\
---
assignment:
  title: Walls
  minutes: 10
  objectives: [answer]
  needs: [bptt]
---

# Walls

```{code-cell}
:draw: true

import numpy as np
import sympy as sp
a = draw.integer(10, 99)
canary_hidden = draw.decimals((3,), "0.1", "0.9")
```

```{code-cell}
import numpy as np
```

Double <<a>>.

```{code-cell}
:answer: q1

### BEGIN SOLUTION
double = 2 * <<a>>
### END SOLUTION
```

```{code-cell}
:check: q1
:title: Double
:points: 2
:answers: {double: integer}

look("double is above zero", lambda: double > 0)
### BEGIN HIDDEN TESTS
look.award(2, "the double", lambda: near(double, 2 * a))
### END HIDDEN TESTS
```

```{code-cell}
:answer: q2

### BEGIN SOLUTION
def slope(w, x):
    return w / np.cosh(x) ** 2
### END SOLUTION
```

```{code-cell}
:check: q2
:title: Slope
:points: 3
:answers: {slope: function}

### BEGIN HIDDEN TESTS
look.award(1, "the slope at zero", lambda: agrees(slope, lambda w, x: w, [(a, 0.0)]))
look.award(2, "the slope", lambda: holds(
    np.allclose(slope(2.0, np.array(canary_hidden)), 2 / np.cosh(canary_hidden) ** 2),
    "differs at a place that is not told"))
### END HIDDEN TESTS
```

```{code-cell}
:answer: q3

### BEGIN SOLUTION
rate = "w * (1 - tanh(x)**2)"
### END SOLUTION
```

```{code-cell}
:check: q3
:title: Rate
:points: 2
:answers: {rate: "formula in w, x"}

### BEGIN HIDDEN TESTS
q3_w, q3_x = sp.symbols("w x")
look.award(2, "the rate", lambda: same_formula(rate, q3_w / sp.cosh(q3_x)**2, "w real; x real"))
### END HIDDEN TESTS
```

```{code-cell}
:answer: q4

### BEGIN SOLUTION
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(2, 2))
axes.plot([0, 1, 2], [0, 1, 4]);
### END SOLUTION
```

```{code-cell}
:check: q4
:title: Plot
:points: 1
:answers: {axes: plot}

### BEGIN HIDDEN TESTS
look.award(1, "the curve", lambda: curve(axes, [0, 1, 2], [0, 1, 4]))
### END HIDDEN TESTS
```

```{code-cell}
:answer: q5

### BEGIN SOLUTION
word = "exploding"
### END SOLUTION
```

```{code-cell}
:check: q5
:title: Word
:points: 1
:answers: {word: text}

### BEGIN HIDDEN TESTS
look.award(1, "the word", lambda: one_of(word, "exploding"))
### END HIDDEN TESTS
```

```{code-cell}
:answer: q6

### BEGIN SOLUTION
powers = np.array([[1.0, 2.0], [4.0, 8.0]])
### END SOLUTION
```

```{code-cell}
:check: q6
:title: Powers
:points: 1
:answers: {powers: numbers}

### BEGIN HIDDEN TESTS
look.award(1, "the powers", lambda: near(powers, [[1, 2], [4, 8]]))
### END HIDDEN TESTS
```

+++ {"written": "q7", "points": 2, "title": "Why"}

Because it is so.

+++ {"rubric": "q7"}

- 2 points: for a reason.
"""

BUILT = source.build(TEXT, "walls", SEED)
BUNDLE = examiner.bundle("walls", BUILT.grader)
POINTS = {question.id: question.points for question in BUILT.questions}
RIGHT = {
    cell.metadata.nbgrader.grade_id.partition("-")[0]: source.cut(
        cell.source, source.BEGIN_HIDDEN, source.END_HIDDEN
    )
    for cell in BUILT.grader.cells
    if cell.metadata.get("nbgrader", {}).get("solution")
}


def released() -> dict[str, Any]:
    """The student version as a file holds it."""
    return json.loads(json.dumps(BUILT.student))


def cell_of(notebook: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The cell with this id."""
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name:
            return cell
    raise KeyError(name)


def own_cell(code: str, kind: str = "code") -> dict[str, Any]:
    """A cell that the student added."""
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": code, "id": "own"}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def answered(first: str = "", last: str = "", **answers: str) -> dict[str, Any]:
    """The student version with these answers, and with own cells before and after the rest."""
    notebook = released()
    for question, code in answers.items():
        name = question if question == "q7" else f"{question}-answer"
        cell_of(notebook, name)["source"] = code
    if first:
        notebook["cells"].insert(1, own_cell(first))
    if last:
        notebook["cells"].append(own_cell(last))
    return notebook


def right(*questions: str) -> dict[str, str]:
    """The solutions of these questions, or of all."""
    return {question: RIGHT[question] for question in questions or RIGHT}


def file_of(notebook: Mapping[str, Any]) -> bytes:
    """The notebook as bytes."""
    return json.dumps(notebook).encode()


def earned(report: Mapping[str, Any]) -> dict[str, float | None]:
    """Points by question."""
    return {question["id"]: question["points"] for question in report["questions"]}


def twin(notebook: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The notebook with a copy of a cell right behind it."""
    made = copy.deepcopy(dict(notebook))
    at = made["cells"].index(cell_of(made, name))
    made["cells"].insert(at + 1, copy.deepcopy(made["cells"][at]))
    return made


def processes(word: str) -> list[str]:
    """Commands that are running and hold a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in command:
            found.append(command)
    return found
