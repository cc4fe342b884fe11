"""The instructor's walk, as the page for teachers prints it: from an empty folder to marks."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, missing

from book_utils.coursework import course as courses
from book_utils.coursework import gradebook, practice, source
from book_utils.coursework.course import Course
from book_utils.coursework.grade import read_report

PAGE = (ROOT / "book" / "source" / "coursework.md").read_text(encoding="utf-8")
STUDENTS = 30


def commands(block: int = 0) -> list[str]:
    """The commands of the walk, in order; of block 1, those for a course of one's own."""
    text = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)[block]
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def run(command: str, folder: Path) -> str:
    """Run one command of the page in a folder; what it prints."""
    words = command.split()
    assert words[:3] == ["python", "-m", "book_utils.coursework"]
    done = subprocess.run([sys.executable, *words[1:]], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, dict[str, str]]:
    """The course after the walk, and what each command printed."""
    if shutil.which("bwrap") is None:
        missing("bubblewrap is missing: sudo apt-get install bubblewrap")
    folder = tmp_path_factory.mktemp("walk")
    printed = {command.split()[3]: run(command, folder) for command in commands()}
    return courses.load(folder / "practice"), printed


@pytest.fixture(scope="module")
def made(walked: tuple[Course, dict[str, str]]) -> list[practice.Made]:
    """The made class, with the marks that it must get."""
    course, _ = walked
    text = course.assignment("bptt").read_text(encoding="utf-8")
    return practice.students(source.build(text, "bptt", course.seed), STUDENTS, course.seed)


def test_the_walk_has_every_command(walked: tuple[Course, dict[str, str]]) -> None:
    """The page walks through release, rehearse, grade, feedback and export."""
    assert list(walked[1]) == ["release", "rehearse", "grade", "feedback", "export"]


def test_everybody_gets_the_marks_that_were_known(
    walked: tuple[Course, dict[str, str]], made: list[practice.Made]
) -> None:
    """Each of thirty submissions earns what its solution and its mistakes must earn."""
    for student in made:
        report = read_report(walked[0].report("bptt", student.id))
        assert report["status"] == "graded"
        assert {q["id"]: q["points"] for q in report["questions"]} == student.earns, student.id


def test_everybody_gets_a_page(
    walked: tuple[Course, dict[str, str]], made: list[practice.Made]
) -> None:
    """Each student has a page with their own name on the folder and nothing secret in it."""
    for student in made:
        page = walked[0].feedback("bptt", student.id).read_text(encoding="utf-8")
        assert "Question 3" in page
        assert "BEGIN" not in page
        assert walked[0].seed.hex() not in page


def test_the_table_lists_everybody(
    walked: tuple[Course, dict[str, str]], made: list[practice.Made]
) -> None:
    """The CSV has one row for each student of the class list, and says what a human still owes."""
    with (walked[0].exports / "marks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["student"] for row in rows) == [student.id for student in made]
    by_id = {student.id: student for student in made}
    for row in rows:
        waits = any(points is None for points in by_id[row["student"]].earns.values())
        assert ("hand grading open" in ",".join(row.values())) == waits


def test_hand_marks_complete_the_table(
    walked: tuple[Course, dict[str, str]], made: list[practice.Made]
) -> None:
    """Marks that are entered by hand, as formgrader enters them, come into the next export."""
    from nbgrader.api import Gradebook

    course, student = walked[0], made[0]
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        grade = book.find_grade("q6", "bptt", "bptt", student.id)
        grade.manual_score, grade.needs_manual_grade = 4.0, False
        book.db.commit()
    assert gradebook.hand_marks(course, "bptt")[student.id]["q6"][0] == 4.0
    (export,) = [command for command in commands() if " export " in command]
    run(export, course.folder.parent)
    with (course.exports / "marks.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["student"] == student.id)
    assert float(row["mark"]) == 4.0 + sum(p for p in student.earns.values() if p is not None)


def test_a_second_run_grades_nothing(walked: tuple[Course, dict[str, str]]) -> None:
    """Nothing changed, so nothing is graded again, and nothing is handed in twice."""
    (grade,) = [command for command in commands() if " grade " in command]
    printed = run(grade, walked[0].folder.parent)
    assert f"unchanged {STUDENTS}" in printed
    again = [sys.executable, "-m", "book_utils.coursework", "rehearse", "bptt"]
    again += ["--course", str(walked[0].folder), "--students", "2"]
    refused = subprocess.run(again, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "somebody has handed in here" in refused.stderr


def test_a_course_of_ones_own_has_no_invented_students(tmp_path: Path) -> None:
    """Released and rehearsed as the page says, it has nobody's work in it."""
    printed = [run(command, tmp_path) for command in commands(1)]
    assert len(printed) == 2
    course = courses.load(tmp_path / "my-course")
    assert course.release("bptt").is_file()
    assert not (course.folder / "submitted").exists()
    assert not (course.folder / "roster.csv").exists()
