"""Promises of the assignments: solutions earn all, stubs nothing, typical mistakes what they must,
for every course; and nobody can copy what another course published."""

from __future__ import annotations

import ast
import math
import re
import statistics
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise

import nbformat
import numpy as np
import pytest
from conftest import ROOT
from matplotlib.figure import Figure

from book_utils.coursework import desk, marking, rehearse, source
from book_utils.coursework.draws import Draws
from book_utils.coursework.source import BEGIN_HIDDEN, BEGIN_SOLUTION, Built, SourceError, build
from tools.sync import topics

FOLDER = ROOT / "book" / "assignments"
NAMES = sorted(path.stem for path in FOLDER.glob("*.md"))
EACH = pytest.mark.parametrize("name", NAMES)


def seed(number: int) -> bytes:
    """The secret of one made course."""
    return f"the secret seed of course {number}".encode()


def build_anew(name: str, number: int, student: str | None = None) -> Built:
    """An assignment of the book for one made course."""
    return build((FOLDER / f"{name}.md").read_text(encoding="utf-8"), name, seed(number), student)


built = cache(build_anew)
"""The same, made once: no test changes it."""


# --- every assignment ---------------------------------------------------------------------


def test_there_are_six() -> None:
    """The book has at least six assignments, and each names chapters that exist."""
    assert len(NAMES) >= 6
    chapters = set(topics(ROOT))
    for name in NAMES:
        assert set(built(name, 0).needs) <= chapters


@EACH
@pytest.mark.parametrize("number", range(2))
def test_marks_are_what_they_must_be(name: str, number: int) -> None:
    """The solution earns all, the stub nothing, and each typical mistake what its cell says (in
    the second course each third mistake)."""
    assert rehearse.faults(built(name, number), every=1 + 2 * number) == []


def _rounded(answer: object) -> object:
    """What a student would copy from a screen: every fraction with eight digits."""
    if isinstance(answer, np.ndarray) and answer.dtype.kind == "f":
        return np.vectorize(_rounded, otypes=[float])(answer)
    return float(f"{answer:.8g}") if isinstance(answer, float) else answer


@EACH
def test_the_solution_earns_all_in_many_courses(name: str) -> None:
    """Whatever is drawn, the solution earns full marks and nothing is left to a human; in every
    second course with numbers of eight digits, which the notebooks ask for."""
    for number in range(2, 10):
        made = built(name, number)
        found = rehearse.answers(made.grader.cells, made.questions)
        kinds = {n: kind for q in made.questions for n, kind in q.answers.items()}
        for answer in found if number % 2 else ():
            if kinds[answer].partition(" ")[0] in ("number", "numbers"):
                found[answer] = _rounded(found[answer])
        for result in marking.mark(made.grader, found):
            assert (result["points"], result["verdict"]) == (result["of"], "right"), (
                number,
                result,
            )


@pytest.mark.parametrize(
    ("secret", "first"),
    [(b"rounding grows, course 7", 492), (b"rounding grows, course 16", 542)],
)
def test_the_project_draws_trainings_that_rounding_does_not_part(secret: bytes, first: int) -> None:
    """In these two courses the first seed drawn lets rounding grow into the marked losses; the
    seed that is used does not, and the solution earns all."""
    made = build((FOLDER / "project.md").read_text(encoding="utf-8"), "project", secret)
    assert made.drawn["swings"](first)
    assert not made.drawn["swings"](made.drawn["seed"])
    assert [r["points"] for r in rehearse.solution(made)] == [
        q.points for q in made.questions if q.by == "machine"
    ]


@EACH
def test_what_an_assignment_mixes(name: str) -> None:
    """Numbers, formulas, a counterexample or a function, a plot and a written text; five typical
    mistakes or more for each question that a machine marks; objectives, time and marks stated."""
    made = built(name, 0)
    kinds = {kind.partition(" ")[0] for q in made.questions for kind in q.answers.values()}
    assert kinds & {"number", "numbers", "integer"}
    assert kinds & {"formula", "formulas"}
    assert {"function", "plot"} <= kinds
    assert {q.by for q in made.questions} == {"machine", "hand"}
    for question in made.questions:
        wrong = [
            m for m in made.mistakes if m.question == question.id and m.earns != question.points
        ]
        assert question.by == "hand" or len(wrong) >= 5, question.id
        assert question.by == "machine" or _rubric_points(made, question.id) == question.points
    assert len(made.objectives) >= 4
    assert 60 <= made.minutes <= 600
    assert made.points >= 25


def _rubric_points(made: Built, question: str) -> float:
    return sum(
        float(points)
        for points in re.findall(r"^- ([\d.]+) points?:", made.rubrics[question], re.MULTILINE)
    )


@EACH
def test_the_page_for_teachers_lists_it(name: str) -> None:
    """The page for teachers gives its title, time, marks and chapters as they are."""
    made = built(name, 0)
    marks = {by: sum(q.points for q in made.questions if q.by == by) for by in ("machine", "hand")}
    row = f"| `{name}`: {made.title} | {made.minutes} | {marks['machine']:g} + {marks['hand']:g} |"
    page = (ROOT / "book" / "source" / "coursework.md").read_text(encoding="utf-8")
    assert row in page
    (listed,) = [line for line in page.splitlines() if line.startswith(f"- {{download}}`{name}.")]
    assert re.findall(r"\((\w+)\.ipynb\)", listed) == list(made.needs)


@EACH
def test_students_read_which_chapters_they_need(name: str) -> None:
    """The notebook names the chapters by the titles that they have."""
    made = built(name, 0)
    text = "".join(cell.source for cell in made.student.cells[:2])
    for chapter in made.needs:
        source = (ROOT / "book" / "source" / f"{chapter}.md").read_text(encoding="utf-8")
        assert f"*{re.search('^# (.*)$', source, re.MULTILINE)[1]}*" in text, chapter


# --- courses ------------------------------------------------------------------------------


def _work(made: Built) -> int:
    """How much there is to write: the parts of the solution's code."""
    cells = [
        cell.source
        for cell in made.grader.cells
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code"
    ]
    return sum(1 for code in cells for _ in ast.walk(ast.parse(code)))


@EACH
def test_every_course_is_as_hard(name: str) -> None:
    """Courses differ in what is drawn, not in what is asked: the same questions for the same
    marks, texts of one length, solutions of one size."""
    made = [built(name, number) for number in range(40)]
    assert len({*map(_asked, made)}) == 1
    for measure in (_work, _words):
        sizes = [measure(one) for one in made]
        assert max(sizes) <= 1.2 * statistics.median(sizes)
        assert min(sizes) >= 0.8 * statistics.median(sizes)


def _asked(made: Built) -> tuple:
    return tuple((q.id, q.points, q.by, tuple(q.answers.values())) for q in made.questions)


def _words(made: Built) -> int:
    return sum(len(cell.source.split()) for cell in made.student.cells[1:])


@EACH
def test_a_published_solution_does_not_give_the_answers_away(name: str) -> None:
    """Handed in elsewhere, the solution of another course earns less than half of the marks on
    average, and never nearly all."""
    made = [built(name, number) for number in range(9)]
    shares = []
    for theirs, ours in pairwise(made):
        copied = rehearse.answers(theirs.grader.cells, ours.questions)
        results = marking.mark(ours.grader, copied)
        shares.append(sum(r["points"] or 0 for r in results) / sum(r["of"] for r in results))
    assert statistics.mean(shares) < 0.5, shares
    assert max(shares) < 0.85, shares


@EACH
def test_a_course_is_the_same_every_time(name: str) -> None:
    """One seed makes one notebook, byte for byte; another seed or another student another one."""
    versions = [
        nbformat.writes(made.student)
        for made in (
            build_anew(name, 0),
            build_anew(name, 0),
            build_anew(name, 1),
            build_anew(name, 0, "ada"),
            build_anew(name, 0, "emmy"),
        )
    ]
    assert versions[0] == versions[1]
    assert len(set(versions[1:])) == 4


@EACH
def test_the_instructor_version_runs(name: str) -> None:
    """What an instructor reads can be run from top to bottom, and each question earns all marks."""
    made, names = built(name, 0), {}
    for cell in made.instructor.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade_id") != "last":
            rehearse.run(cell.source, names)
            if cell.metadata.get("nbgrader", {}).get("grade"):
                question = next(q for q in made.questions if q.id == cell.id)
                assert names["look"].close() == question.points
    assert names["look"].name == [q.id for q in made.questions if q.by == "machine"][-1]


@EACH
def test_nothing_secret_is_released(name: str) -> None:
    """A mark planted into every solution, hidden test, draw, mistake and rubric, and the seed,
    stand in the instructor version and nowhere in what is released."""
    text, planted = _with_canaries((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    made = build(text, name, seed(0))
    released = nbformat.writes(made.student)
    everything = nbformat.writes(made.instructor)
    assert planted > 20
    # The draws stand in the instructor version twice: as they are, and for the hidden tests.
    assert all(f"canary-{number}-" in everything for number in range(planted))
    for secret in ("canary", "### BEGIN", "### END", seed(0).decode(), seed(0).hex()):
        assert secret not in released


def _with_canaries(text: str) -> tuple[str, int]:
    """The source with a numbered mark in each of its secret parts, and how many there are."""
    places = re.compile(
        r"^[ \t]*### BEGIN (?:SOLUTION|HIDDEN TESTS)\n"
        r"|^```\{code-cell\}[^\n]*\n:(?:draw|mistake):[^\n]*\n(?::[^\n]*\n)*\n"
        r'|^\+\+\+ \{"(?:rubric|written)"[^\n]*\n\n',
        re.MULTILINE,
    )
    count = 0

    def plant(match: re.Match) -> str:
        nonlocal count
        count += 1
        indent = match[0][: len(match[0]) - len(match[0].lstrip(" "))]
        return f"{match[0]}{indent}# canary-{count - 1}-\n"

    return places.sub(plant, text), count


# --- draws --------------------------------------------------------------------------------


def test_draws_do_not_change() -> None:
    """A seed gives these numbers, on every machine and with every version."""
    draw = Draws(b"a seed of a test", "one")
    assert [draw.integer(1, 6) for _ in range(8)] == FIRST_THROWS
    assert Draws.of(Draws(b"a seed of a test", "one").key).integer(1, 6) == FIRST_THROWS[0]


FIRST_THROWS = [1, 4, 5, 2, 5, 3, 4, 6]


def test_draws_are_fair_and_apart() -> None:
    """Each face comes up about equally often; another purpose gives another stream."""
    throws = [Draws(seed(1), "dice", str(n)).integer(1, 6) for n in range(3000)]
    # Six standard deviations of a count of 500.
    assert all(abs(throws.count(face) - 500) < 6 * 21 for face in range(1, 7))
    assert Draws(b"12345678", "ab", "c").key != Draws(b"12345678", "a", "bc").key
    draw = Draws(seed(1), "else")
    assert {draw.sign() for _ in range(40)} == {1, -1}
    assert sorted(draw.several(range(5), 5)) == list(range(5))
    assert all(0.25 <= draw.decimal("0.25", "0.75") <= 0.75 for _ in range(50))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Draws(b"short"), "seed: got fewer than 8 bytes"),
        (lambda: Draws(seed(1)).integer(2, 1), "integer: got 2 to 1"),
        (lambda: Draws(seed(1)).several([1], 2), "several: got 2 of 1"),
        (lambda: Draws(seed(1)).fraction("1/3", 1, 2), "multiples of 1/2"),
    ],
)
def test_draws_refuse(make, says: str) -> None:
    """What cannot be drawn is refused by name."""
    with pytest.raises(ValueError, match=re.escape(says)):
        make()


# --- sources ------------------------------------------------------------------------------

SMALL = """---
assignment:
  title: A small one
  minutes: 60
  needs: []
  objectives: [one]
---

# A small one

```{code-cell} ipython3
:draw: true

number = draw.integer(1, 9)
```

What is $<<number>> + 1$?

```{code-cell} ipython3
:answer: q1

total = None
### BEGIN SOLUTION
total = <<number>> + 1
### END SOLUTION
```

```{code-cell} ipython3
:check: q1
:points: 2
:title: Sum
:answers: {total: integer}

look("it is positive", lambda: total > 0)
### BEGIN HIDDEN TESTS
look.award(2, "the sum", lambda: near(total, number + 1))
### END HIDDEN TESTS
```

```{code-cell} ipython3
:mistake: q1
:earns: 0

total = <<number>>
```

Why?

+++ {"written": "q2", "points": 1, "title": "Why"}

Because.

+++ {"rubric": "q2"}

- 1 point: because.
"""


def test_a_small_assignment() -> None:
    """A source gives a grader version with everything and a student version with nothing."""
    made = build(SMALL, "small", seed(0))
    assert rehearse.faults(made) == []
    assert [q.id for q in made.questions] == ["q1", "q2"]
    text = nbformat.writes(made.student)
    for secret in (
        "BEGIN",
        "near(",
        "Because",
        "because",
        "draw.integer",
        f"{made.drawn['number']} + 1\\n",
    ):
        assert secret not in text
    assert source.TEXT_STUB in text
    assert BEGIN_SOLUTION in nbformat.writes(made.grader)
    assert BEGIN_HIDDEN in nbformat.writes(made.instructor)
    assert "Typical mistake: earns 0" in nbformat.writes(made.instructor)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("### BEGIN SOLUTION", "### BEGIN SOLUTIONS", "'### BEGIN SOLUTIONS' looks like a marker"),
        ("### BEGIN HIDDEN TESTS", "# begin hidden test", "'# begin hidden test' looks like"),
        ("### END SOLUTION\n", "", "'### BEGIN SOLUTION' is never ended"),
        ("### BEGIN SOLUTION\n", "", "'### END SOLUTION' without a beginning"),
        (":answer: q1", ":answr: q1", "unknown key 'answr'"),
        (":points: 2\n", "", "check q1: 'points' is missing"),
        (":points: 2", ":point: 2", "check q1: unknown key 'point'"),
        ("{total: integer}", "{total: whole}", "'total' is declared as 'whole'"),
        ("{total: integer}", "{number: integer}", "'number' would hide what a draw cell defines"),
        ("<<number>> + 1$", "<<numbre>> + 1$", "cell 3: <<numbre>> is drawn nowhere"),
        ('{"rubric": "q2"}', '{"rubric": "q3"}', "there is no question 'q3'"),
        (":mistake: q1", ":mistake: q9", "there is no question 'q9'"),
        (":mistake: q1", ":mistake: q1\n:answer: q1", "has the roles answer and mistake"),
        ("  minutes: 60\n", "", "assignment: 'minutes' is missing"),
        ("  minutes: 60\n", "  minutes: 60\n  mark: 3\n", "assignment: unknown key 'mark'"),
        ('"written": "q2"', '"written": "q1"', "q1 is asked twice"),
        (":check: q1", ":check: first", "got 'first', expects a name such as q3"),
    ],
)
def test_a_source_that_is_wrong(old: str, new: str, says: str) -> None:
    """A slip in a source is refused, with its place; nothing is released by accident."""
    assert old in SMALL
    with pytest.raises(SourceError, match=re.escape(says)):
        build(SMALL.replace(old, new, 1), "small", seed(0)).student  # noqa: B018


def test_a_rehearsal_finds_faults() -> None:
    """A solution that is wrong, a mistake that earns, awards that do not add up: each is found."""
    for old, new, says in (
        ("total = <<number>> + 1", "total = <<number>> + 2", "q1: the solution earns 0.0"),
        (":earns: 0", ":earns: 1", "q1: earns 0.0, not 1"),
        (":points: 2", ":points: 3", "q1: the awards add up to 2, not 3"),
        ("total = None", "total = <<number>> + 1", "q1: the stub earns 2.0"),
    ):
        assert any(
            says in fault
            for fault in rehearse.faults(build(SMALL.replace(old, new, 1), "small", seed(0)))
        )


# --- what the student sees ----------------------------------------------------------------


def test_a_check_that_breaks_is_for_a_human() -> None:
    """Where our check stops, not the answer, the question is undecided and never a zero."""
    broken = SMALL.replace("near(total, number + 1)", "1 / 0")
    (result,) = rehearse.solution(build(broken, "small", seed(0)))
    assert (result["points"], result["verdict"]) == (None, "undecided")


@pytest.mark.parametrize(
    ("kind", "value", "data"),
    [
        ("integer", 7.0, 7),
        ("number", "1/2", desk.NotAllowed),
        ("number", float("nan"), desk.NotAllowed),
        ("integer", True, desk.NotAllowed),
        ("integer", 1.5, desk.NotAllowed),
        ("numbers", [[1, 2], [3]], desk.NotAllowed),
        ("numbers", [[1, 2], [3, None]], desk.Unanswered),
        ("formulas in w", ["w", None], desk.Unanswered),
        ("numbers", ((1, 2), (3, 4)), [[1.0, 2.0], [3.0, 4.0]]),
        ("formula in w", "w**2", "w**2"),
        ("formula in w", ["w"], desk.NotAllowed),
        ("formulas in w", [["w", 1]], [["w", "1"]]),
        ("text", 3, desk.NotAllowed),
        ("function", 3, desk.NotAllowed),
        ("plot", 3, desk.NotAllowed),
        ("number", None, desk.Unanswered),
        ("function", ..., desk.Unanswered),
    ],
)
def test_answers_become_plain_data(kind: str, value, data) -> None:
    """An answer of the declared kind becomes data; another is refused, a missing one is missing."""
    if isinstance(data, type):
        with pytest.raises(data):
            desk.plain(kind, value)
    else:
        assert desk.plain(kind, value) == data


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("2*w**2 + 1", 1.5),
        ("2*w^2 + 1", 1.5),
        ("Sum(w**k, (k, 0, 2))", 1.75),
        ("exp(log(w)) / 2", 0.25),
        ("-sigma(0) + w", 0.0),
        ("__import__('os')", "cannot use"),
        ("w.real", "cannot use"),
        ("ln(w) + log(8, 2)", 3 + math.log(0.5)),
        ("v + 1", "unknown name 'v'; this answer may use w"),
        ("9**9**9**9", "has no value"),
        ("(-8)**w", "has no value"),
        ("1/(w - 0.5)", "has no value"),
        ("2 w", "cannot be read"),
    ],
)
def test_a_quick_look_at_a_formula(formula: str, value) -> None:
    """desk.value computes what a formula says, and nothing that is none."""
    if isinstance(value, str):
        with pytest.raises(desk.NotAllowed, match=value):
            desk.value(formula, w=0.5)
    else:
        assert desk.value(formula, w=0.5) == pytest.approx(value)


@pytest.mark.parametrize(
    ("verdict", "kind", "says"),
    [
        (lambda: marking.near(2.0, 1.0), "wrong", "2, which is too large"),
        (lambda: marking.near(-1.0, 1.0), "wrong", "the wrong sign"),
        (lambda: marking.near([1, 2], [1, 3]), "wrong", "entry 2 is 2, which is too small"),
        (lambda: marking.near([1], [1, 2]), "wrong", "has shape (1,), expects (2,)"),
        (lambda: marking.near(1 + 1e-9, 1.0), "right", ""),
        (
            lambda: marking.holds(marking.entry([["w"], ["2"]], (2, 1), (1, 0)) == "2", ""),
            "right",
            "",
        ),
        (
            lambda: marking.holds(marking.exact(["1/4/2"], (1,))[0] == Fraction(1, 8), ""),
            "right",
            "",
        ),
        (lambda: marking.one_of(" Row ", "row"), "right", ""),
        (lambda: marking.one_of("column", "row"), "wrong", "'column' it is not"),
        (
            lambda: marking.agrees(lambda x: x, lambda x: 2 * x, [(0,), (3,)]),
            "wrong",
            "at (3) the result: 3, which is too small",
        ),
    ],
)
def test_verdicts(verdict, kind: str, says: str) -> None:
    """An oracle says how an answer is off and never what it should be."""
    found = verdict()
    assert (found.kind, says in found.says) == (kind, True)


def test_an_entry_of_another_shape_is_refused() -> None:
    """One formula of a matrix is judged only where the matrix has the shape that is asked for."""
    for answer in (["w"], [["w"], ["2", "3"]], "w"):
        with pytest.raises(desk.NotAllowed, match="expects"):
            marking.entry(answer, (2, 1), (0, 0))


def test_a_line_is_found_by_its_name() -> None:
    """A line counts as what the legend calls it, by its own label or by the legend's order."""
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2, 3], [1, 4, 9], label="The Squares")
    axes.plot([1, 2, 3], [1, 8, 27], label="cubes")
    squares = [1, 2, 3], [1, 4, 9]
    named = partial(marking.curve, figure, *squares)
    # A label that no legend shows names nothing.
    assert "nothing in the legend" in named(label="squares").says
    axes.legend()
    assert named(label="squares").kind == "right"
    assert named(label="cubes").kind == "wrong"
    assert named(label="roots").kind == "wrong"
    assert named().kind == "right"
    for line in axes.lines:
        line.set_label("")
    axes.legend(axes.lines, ["cubes", "squares"])
    assert named(label="squares").kind == "wrong"
    assert named(label="cubes").kind == "right"
