"""Why the grading is as it is: a line that earns all marks from a usual grader earns none here."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from conftest import missing
from nbgrader.api import Gradebook

from benchmarks.coursework import ASSIGNMENT, autograde, released
from book_utils.coursework import grade

CHEAT = (
    "desk.question.award = lambda self, points, text, test: "
    "self.awards.append((points, text, self._judge(lambda: True)))"
)


def test_one_line_earns_everything_elsewhere_and_nothing_here(tmp_path: Path) -> None:
    """A notebook without an answer, whose one line replaces how marks are given, gets all marks
    from `nbgrader autograde` as it comes, since checks and answers share a process; here 0."""
    if shutil.which("bwrap") is None:
        missing("bubblewrap is missing: sudo apt-get install bubblewrap")
    course = released(tmp_path / "course", 0, None)
    notebook = nbformat.read(course.release(ASSIGNMENT), as_version=4)
    first = next(cell for cell in notebook.cells if cell.id == "q1-answer")
    first.source = CHEAT
    path = course.submitted(ASSIGNMENT, "sly") / f"{ASSIGNMENT}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    autograde(course)
    with Gradebook(f"sqlite:///{tmp_path / 'plain' / 'gradebook.db'}") as book:
        theirs = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "sly").grades
        by_machine = [each for each in theirs if each.name != "q6"]
        assert len(by_machine) == 5
        assert all(each.auto_score == each.max_score for each in by_machine)
    grade.grade(course)
    report = grade.read_report(course.report(ASSIGNMENT, "sly"))
    assert report["status"] == "graded"
    assert {question["points"] for question in report["questions"]} == {0.0}
