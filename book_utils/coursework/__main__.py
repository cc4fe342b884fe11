"""Run a course from the command line: release, grade, feedback, export."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from book_utils.coursework import course as courses
from book_utils.coursework.course import Course, CourseError
from book_utils.coursework.isolation.sandbox import Unisolated

COMMAND = "python -m book_utils.coursework"
EXTRA = (
    "{missing} is not installed: pip install 'gradients-through-time[coursework]', "
    "or in a checkout of the book: pip install -e '.[coursework]'"
)
# What the extra brings, by the names of imports.
BROUGHT = {
    *("distributed", "dask", "jupytext", "latex2mathml", "markdown_it", "mdit_py_plugins"),
    *("nbformat", "nbgrader", "nbconvert", "traitlets", "sqlalchemy"),
}

ABOUT = """\
Assign, grade and give back the assignments of the book.

A course is one folder. `release` makes it; students' work goes to submitted/STUDENT/ASSIGNMENT/,
as nbgrader collects it; the other commands read and write the same folder.
"""
WALK = f"""\
from an empty folder to marks:
  {COMMAND} release bptt --course my-course
  (give my-course/release/bptt/bptt.ipynb to students, collect into my-course/submitted/)
  {COMMAND} grade --course my-course
  (grade written answers by hand: cd my-course && nbgrader formgrader, in JupyterLab)
  {COMMAND} feedback --course my-course
  {COMMAND} export --course my-course --format canvas --roster roster.csv

exit status: 0 all went well; 1 something could not be graded; 2 the command or the course has
to be put right first; 130 stopped with Ctrl-C
"""
RELEASE = """\
Make the versions of an assignment: what students get (release/), what their work is graded with
(source/, keep it secret), and one to read (instructor/). The first release copies the book's text
to assignments/, where it is yours to edit; release again after an edit.

Everything that would be released is searched for solutions, hidden tests, rubrics, typical
mistakes and the secret seed first. If something is found, nothing is released.
"""
REHEARSE = """\
Mark the solution, the empty notebook and every typical mistake of an assignment, here and at once,
and say what does not earn what it must. With --students a made class hands in, so that all other
commands can be tried; that is refused where somebody has handed in already.
"""
GRADE = """\
Grade what was handed in. Students' code runs in isolation; each submission ends in a report in
reports/. Only what changed is graded again, so the command can be repeated, and after a crash or
Ctrl-C it goes on where it was.
"""
GRADE_MORE = f"""\
examples:
  {COMMAND} grade bptt --course my-course
  {COMMAND} grade --course my-course --student ada --student emmy
  {COMMAND} grade --course my-course --scheduler tcp://10.0.0.5:8786

A submission that cannot be graded is listed with the reason and is never a zero. It is tried again
by the next run if the machine was the cause, and with --retry failed in any case.

With --scheduler the work goes to a Dask scheduler (`dask scheduler`, `dask worker ADDRESS`).
Scheduler, workers and the network between them must be trusted, or use TLS (Dask's configuration
distributed.comm): whoever reaches a scheduler can run code on its workers.

exit status: 0 everything was graded; 1 the run is complete, but something could not be graded;
2 the run could not begin or lost its scheduler, the message says why; 130 stopped with Ctrl-C
"""


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    raw = argparse.RawDescriptionHelpFormatter
    main = argparse.ArgumentParser(
        prog=COMMAND, description=ABOUT, epilog=WALK, formatter_class=raw
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, short: str, long: str, examples: str) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name, help=short, description=long, epilog=examples, formatter_class=raw
        )
        made.add_argument(
            "assignments",
            nargs="+" if name == "release" else "*",
            metavar="ASSIGNMENT",
            help="such as bptt" + ("" if name == "release" else "; without one: all released"),
        )
        made.add_argument(
            "--course", type=Path, metavar="FOLDER", help="the course; without it: this folder"
        )
        return made

    release = command(
        "release",
        "make what students get",
        RELEASE,
        f"examples:\n  {COMMAND} release bptt --course my-course\n"
        f"  {COMMAND} release bptt --course my-course --per-student roster.csv\n",
    )
    release.add_argument(
        "--sources",
        type=Path,
        metavar="FOLDER",
        help="the texts of the assignments; without it: book/assignments of the checkout",
    )
    release.add_argument(
        "--book",
        default="",
        metavar="ADDRESS",
        help="of your copy of the book, for links in feedback; goes into a new course's settings",
    )
    release.add_argument(
        "--per-student",
        type=Path,
        metavar="ROSTER.csv",
        help="other numbers for each student of this class list (Canvas, Moodle, or a column id)",
    )
    release.add_argument(
        "--change-points",
        action="store_true",
        help="allow other points although submissions have been graded",
    )

    grade = command("grade", "grade what was handed in", GRADE, GRADE_MORE)
    grade.add_argument(
        "--student", action="append", default=[], metavar="ID", help="only this one; repeatable"
    )
    grade.add_argument(
        "--workers", type=_positive, metavar="N", help="at a time; without it: one for each core"
    )
    grade.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask scheduler, such as tcp://10.0.0.5:8786"
    )
    grade.add_argument(
        "--isolation",
        metavar="bubblewrap|none",
        choices=("bubblewrap", "none"),
        default="bubblewrap",
        help="without it: bubblewrap. none: students' code can read and change whatever you can, "
        "and use the network",
    )
    grade.add_argument(
        "--retry", choices=("failed",), help="try again whatever could not be graded"
    )

    rehearse = command(
        "rehearse",
        "try an assignment before students do",
        REHEARSE,
        f"examples:\n  {COMMAND} rehearse bptt --course my-course\n"
        f"  {COMMAND} rehearse bptt --course my-course --students 30\n",
    )
    rehearse.add_argument(
        "--students",
        type=_positive,
        metavar="N",
        help="also hand in for a made class of N, and write its class list, roster.csv",
    )

    feedback = command(
        "feedback",
        "write a page for each student",
        "Write feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html from reports and marks by hand.",
        f"example:\n  {COMMAND} feedback bptt --course my-course\n",
    )
    feedback.add_argument(
        "--student", action="append", default=[], metavar="ID", help="only this one; repeatable"
    )

    feedback.add_argument(
        "--rubric", action="store_true", help="show the rubrics of written answers on the pages"
    )

    export = command(
        "export",
        "write marks for other systems",
        "Write marks into nbgrader's gradebook and exports/. A submission that could not be\n"
        "graded says so; it is never a 0.",
        f"example:\n  {COMMAND} export --course my-course --format canvas --roster roster.csv\n",
    )
    export.add_argument(
        "--format",
        action="append",
        default=[],
        choices=("csv", "canvas", "moodle", "gradescope"),
        help="repeatable; without it: all that the roster allows",
    )
    export.add_argument(
        "--roster", type=Path, metavar="ROSTER.csv", help="class list as Canvas or Moodle writes it"
    )
    export.add_argument(
        "--missing",
        choices=("empty", "zero"),
        default="empty",
        help="what stands where nothing was handed in; without it: empty",
    )
    return main


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"got {number}, expected 1 or more")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit status."""
    chosen = parser().parse_args(arguments)
    try:
        return COMMANDS[chosen.command](chosen)
    except (CourseError, Unisolated) as error:
        print(error, file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in BROUGHT:
            raise
        print(EXTRA.format(missing=name), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _release(chosen: argparse.Namespace) -> int:
    from book_utils.coursework import leaks, release, source

    students: list[str] = []
    if chosen.per_student:
        from book_utils.coursework import rosters

        roster = rosters.read(chosen.per_student)
        for problem in roster.problems:
            print(f"{chosen.per_student}: {problem}", file=sys.stderr)
        students = [student.id for student in roster.students]
    try:
        release.release(
            _opened_or_made(chosen),
            chosen.assignments,
            students,
            sources=chosen.sources,
            change_points=chosen.change_points,
        )
    except (leaks.Leak, source.SourceError) as error:
        raise CourseError(str(error)) from None
    return 0


def _opened_or_made(chosen: argparse.Namespace) -> Course:
    folder = chosen.course or Path()
    if (folder / courses.SETTINGS).exists():
        if chosen.book:
            raise CourseError(f"{folder / courses.SETTINGS} is there: change `book` in it")
        return courses.load(folder)
    if chosen.course is None:
        raise CourseError(
            f"there is no {courses.SETTINGS} here: name the course with --course FOLDER; "
            "a folder that does not exist is made"
        )
    variants = "student" if chosen.per_student else "course"
    made = courses.create(folder, variants, book=chosen.book)
    print(
        f"{folder / courses.SETTINGS}: made, with a fresh secret seed; "
        "only you can read it, keep a copy in a safe place"
    )
    return made


def _opened(chosen: argparse.Namespace) -> Course:
    return courses.load(chosen.course or Path())


def _grade(chosen: argparse.Namespace) -> int:
    from book_utils.coursework import grade

    if chosen.scheduler and chosen.workers:
        raise CourseError("--workers is for this machine; with --scheduler Dask's workers count")
    if chosen.isolation == "none":
        print("students' code runs without isolation, as you asked", file=sys.stderr)
    course = _opened(chosen)
    summary = grade.grade(
        course,
        chosen.assignments,
        chosen.student,
        workers=chosen.workers,
        scheduler=chosen.scheduler,
        isolation=chosen.isolation,
        retry=chosen.retry == "failed",
    )
    print("\n".join(summary.lines()))
    _show_in_formgrader(course, chosen.assignments)
    return summary.status


def _show_in_formgrader(course: Course, assignments: Sequence[str]) -> None:
    """Copy marks into the gradebook. It may be locked: the reports count, and they are written."""
    if not course.gradebook.exists():
        return
    from book_utils.coursework import gradebook

    try:
        for line in gradebook.sync(course, assignments or course.released()).again:
            print(line)
    except CourseError as error:
        print(f"formgrader does not show the new marks yet: {error}", file=sys.stderr)


def _rehearse(chosen: argparse.Namespace) -> int:
    from book_utils.coursework import practice, rehearse, source

    course, found = _opened(chosen), 0
    for name in chosen.assignments or course.released():
        if not course.assignment(name).exists():
            raise CourseError(f"{name}: not released in this course yet; run release first")
        text = course.assignment(name).read_text(encoding="utf-8")
        built = source.build(text, name, course.seed)
        faults = rehearse.faults(built)
        found += len(faults)
        for fault in faults:
            print(f"{name}: {fault}")
        if not faults:
            print(
                f"{name}: the solution earns all that a machine marks, the empty notebook "
                f"nothing, and {len(built.mistakes)} typical mistakes what they must"
            )
        if chosen.students:
            practice.write(course, built, chosen.students)
            print(f"{name}: {chosen.students} made students have handed in")
    return 1 if found else 0


def _feedback(chosen: argparse.Namespace) -> int:
    from book_utils.coursework import feedback

    return feedback.write(_opened(chosen), chosen.assignments, chosen.student, rubric=chosen.rubric)


def _export(chosen: argparse.Namespace) -> int:
    from book_utils.coursework import exports

    return exports.write(
        _opened(chosen), chosen.assignments, chosen.format, chosen.roster, missing=chosen.missing
    )


COMMANDS = {
    "release": _release,
    "rehearse": _rehearse,
    "grade": _grade,
    "feedback": _feedback,
    "export": _export,
}


if __name__ == "__main__":
    sys.exit(main())
