"""``grade`` on all cores against plain ``nbgrader autograde``, on the same made submissions.

nbgrader runs each notebook in one process, with students' code and hidden tests side by side;
``grade`` isolates every submission and marks it in a process of its own. Both begin from nothing
and write their results, as they would for a class.

    python -m benchmarks.coursework --students 12 --many 50
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat

from benchmarks.timing import readable, seconds
from book_utils.coursework import course as courses
from book_utils.coursework import grade, practice, release, source
from book_utils.coursework.course import Course, CourseError
from book_utils.coursework.isolation.sandbox import Unisolated

ASSIGNMENT = "bptt"
# Class and marks are the same each time.
SEED = b"the seed of the benchmark, 32 by"


def main(arguments: Sequence[str] = ()) -> None:
    """Three lines: against nbgrader, and the cost of a submission in a small and a large class."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=50, help="in the class that both grade")
    parser.add_argument("--many", type=int, default=500, help="in the class that only we grade")
    parser.add_argument("--sources", type=Path, help="the texts of the assignments")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="coursework-") as folder:
        try:
            measure(Path(folder), chosen.students, chosen.many, chosen.sources)
        except (CourseError, Unisolated) as error:
            print(f"coursework: {error}")


def measure(folder: Path, students: int, many: int, sources: Path | None) -> None:
    """Make both classes, and time both ways on the first."""
    course = released(folder / "small", students, sources)
    print(f"assignment {ASSIGNMENT}, {grade.cores()} cores", flush=True)
    theirs = seconds(lambda: autograde(course))
    ours = seconds(lambda: graded(course))
    agree(course)
    print(
        f"{students} submissions: {readable(ours)} against {readable(theirs)} of nbgrader in one "
        f"process; {students / ours:.3g} against {students / theirs:.3g} a second, "
        f"{theirs / ours:.1f} times as many (goal: 3)",
        flush=True,
    )
    large = released(folder / "large", many, sources)
    long = seconds(lambda: graded(large))
    print(
        f"{many} submissions: {readable(long)}; each {readable(long / many)}, "
        f"{(long / many) / (ours / students):.2f} times the cost of one of {students} (goal: 1)",
        flush=True,
    )


def released(folder: Path, count: int, sources: Path | None) -> Course:
    """A course with one assignment, and a made class that has handed in."""
    course = courses.create(folder)
    settings = folder / courses.SETTINGS
    settings.write_text(settings.read_text().replace(course.seed.hex(), SEED.hex()))
    course = courses.load(folder)
    release.release(course, [ASSIGNMENT], sources=sources, say=lambda _: None)
    text = course.assignment(ASSIGNMENT).read_text(encoding="utf-8")
    built = source.build(text, ASSIGNMENT, course.seed)
    for number in range(count):
        path = course.submitted(ASSIGNMENT, f"student-{number:04}") / f"{ASSIGNMENT}.ipynb"
        courses.write_whole(path, nbformat.writes(handed_in(built, number)))
    return course


def handed_in(built: source.Built, number: int) -> nbformat.NotebookNode:
    """The solution, or one typical mistake above its check."""
    mistakes = [[], *([mistake] for mistake in built.mistakes)]
    return practice.handed_in(built, mistakes[number % len(mistakes)])


def graded(course: Course) -> None:
    """Our way, as the command does it."""
    summary = grade.grade(course)
    if summary.failed:
        raise ArithmeticError(f"not everything was graded: {summary.failed[0]}")


def autograde(course: Course) -> None:
    """nbgrader's way, with its defaults: the course's own settings refuse it."""
    root = Path(__file__).resolve().parents[1]
    plain = course.folder.parent / "plain"
    for name in ("source", "submitted"):
        shutil.copytree(course.folder / name, plain / name)
    shutil.copy(course.gradebook, plain / "gradebook.db")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT],
        cwd=plain,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(root), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ArithmeticError(f"nbgrader stopped: {done.stderr[-2000:]}")


def agree(course: Course) -> None:
    """Refuse to time two different things: both give the same automatic marks."""
    from nbgrader.api import Gradebook

    plain = course.folder.parent / "plain"
    with Gradebook(f"sqlite:///{plain / 'gradebook.db'}") as gradebook:
        for folder in sorted((course.folder / "submitted").iterdir()):
            report = grade.read_report(course.report(ASSIGNMENT, folder.name))
            found = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, folder.name)
            theirs = {each.name: each.auto_score for each in found.grades}
            for question in report["questions"]:
                mine = question["points"]
                other = theirs[question["id"]]
                # What a human decides is no mark, here or there.
                if mine is not None and other is not None and abs(mine - other) > 1e-9:
                    raise ArithmeticError(
                        f"{folder.name} {question['id']}: {mine} here, {other} by nbgrader"
                    )


if __name__ == "__main__":
    main(sys.argv[1:])
