"""From the texts of assignments to what students get, and a gradebook that knows them.

Everything is made and looked at beside the course first. Only then does it take its place.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from book_utils.coursework import course as courses
from book_utils.coursework import leaks, source
from book_utils.coursework.course import Course, CourseError

BESIDE = Path(__file__).resolve().parents[2] / "book" / "assignments"
"""Where the texts lie in a checkout; an installed package has none."""
STAGING = "staging-"
LOCK_SECONDS = 20.0
"""To wait for a gradebook that another program has locked."""

CONFIG = '''\
"""Settings of nbgrader for this course, written once: change what you like."""

from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import ClearHiddenTests, GetGrades
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor

from book_utils.coursework.rendering import TAG_ATTRIBUTES, TAGS

c = get_config()  # noqa: F821

# What students wrote is shown in your browser, in formgrader: no script of theirs runs there.
c.HTMLExporter.preprocessors = ["nbconvert.preprocessors.sanitize.SanitizeHTML"]
# Written answers lie in autograded/ as HTML of these elements, with formulas in MathML.
c.SanitizeHTML.tags = list(TAGS)
c.SanitizeHTML.attributes = TAG_ATTRIBUTES

# No hidden test goes back with the feedback.
c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, CSSHTMLHeaderPreprocessor]

# What stands where an answer belongs, so that `nbgrader generate_assignment` gives the same.
c.ClearSolutions.code_stub = {{"python": {code_stub!r}}}
c.ClearSolutions.text_stub = {text_stub!r}


def refuse(converter):
    """nbgrader would run students' code here, beside the gradebook and the hidden tests."""
    why = "this course is graded by `python -m book_utils.coursework grade`, in isolation"
    converter.log.error(why)
    raise NbGraderException(why)


Autograde.start = refuse
'''


def nbgrader_config() -> str:
    """The text of `nbgrader_config.py`."""
    return CONFIG.format(code_stub=source.CODE_STUB, text_stub=source.TEXT_STUB)


def sources_in(folder: Path | None) -> Path:
    """The folder of the book's assignments, or an error that says how to get one."""
    chosen = folder or BESIDE
    if not chosen.is_dir():
        raise CourseError(
            f"there is no folder {chosen}"
            if folder
            else "the texts of the assignments are no part of the installed package: get a "
            "checkout of the book and name its folder with --sources CHECKOUT/book/assignments"
        )
    return chosen


def own_copy(course: Course, name: str, sources: Path | None, say: Callable[[str], None]) -> str:
    """The course's own text of an assignment, copied from the book when there is none yet."""
    path = course.assignment(name)
    if not path.exists():
        original = sources_in(sources) / f"{name}.md"
        if not original.is_file():
            known = ", ".join(sorted(p.stem for p in original.parent.glob("*.md")))
            raise CourseError(
                f"there is no assignment {name!r} in {original.parent}: "
                f"expected one of {known or 'none, the folder is empty'}"
            )
        courses.write_whole(path, original.read_bytes())
        say(f"{name}: copied to {path}, which is yours to edit")
    return path.read_text(encoding="utf-8")


def release(
    course: Course,
    names: Sequence[str],
    students: Sequence[str] = (),
    sources: Path | None = None,
    change_points: bool = False,
    build: Callable[..., source.Built] = source.build,
    say: Callable[[str], None] = print,
) -> None:
    """Make, check and put in place the versions of these assignments, one after the other."""
    if course.variants == "student" and not students:
        raise CourseError(
            'variants is "student" in course.toml: name the students with --per-student ROSTER.csv'
        )
    if course.variants == "course" and students:
        raise CourseError('--per-student needs variants = "student" in course.toml')
    for left in course.folder.glob(f"{STAGING}*"):
        shutil.rmtree(left)
    for name in names:
        text = own_copy(course, courses.assignment_name(name), sources, say)
        built = build(text, name, course.seed)
        before = _read(course.source(name))
        changes = list(differences(before, built.grader)) if before else []
        _mind_the_points(course, name, before, built.grader, change_points)
        secrets = leaks.secrets_of(built, course.seed)
        leaks.look(built.student, secrets, f"release/{name}/{name}.ipynb")
        variants = {}
        for student in students:
            variants[student] = checked_variant(build, text, name, course.seed, student, built)
        stale = _look_around(course, name, secrets, students)
        with staged(course) as folder:
            released = through_nbgrader(course, built, folder, secrets)
            _place(course, built, released, variants, stale)
        if stale:
            say(f"{name}: {len(stale)} earlier versions for others were taken out of release/")
        _told(course, name, built, changes, before is not None, len(variants), say)
    if courses.write_text_if_missing(
        course.folder / "nbgrader_config.py",
        nbgrader_config(),
    ):
        say("nbgrader_config.py: written, for `nbgrader formgrader` in the course folder")


# --- what changed --------------------------------------------------------------------------------


def _cells(notebook: NotebookNode) -> dict[str, tuple[str, float | None]]:
    """Text and points of each cell, by the name that nbgrader knows it by, or its place."""
    found = {}
    for number, cell in enumerate(notebook.cells):
        about = cell.metadata.get("nbgrader", {})
        key = about.get("grade_id") or f"text {number}"
        found[key] = (cell.source, about.get("points") if about.get("grade") else None)
    return found


def _points(notebook: NotebookNode) -> dict[str, float]:
    return {key: points for key, (_, points) in _cells(notebook).items() if points is not None}


def differences(before: NotebookNode, after: NotebookNode) -> Iterator[str]:
    """What a second release of an assignment changes, in words."""
    old, new = _cells(before), _cells(after)
    texts = {key: value[0] for key, value in old.items() if key.startswith("text ")}
    if texts != {key: value[0] for key, value in new.items() if key.startswith("text ")}:
        yield "the text between the questions changed"
    for key in [*new, *(key for key in old if key not in new)]:
        if key.startswith("text "):
            continue
        if key not in old:
            yield f"{key}: new"
        elif key not in new:
            yield f"{key}: gone"
        else:
            if old[key][1] != new[key][1]:
                yield f"{key}: points {old[key][1]} -> {new[key][1]}"
            if old[key][0] != new[key][0]:
                yield f"{key}: text or tests changed"


def _mind_the_points(
    course: Course, name: str, before: NotebookNode | None, after: NotebookNode, told: bool
) -> None:
    """Marks that people have seen do not change by accident."""
    reports = len(list(course.report(name, "x").parent.glob("[!.]*.json")))
    if before is None or told or not reports:
        return
    old, new = (
        {k: v[1] for k, v in _cells(n).items() if v[1] is not None} for n in (before, after)
    )
    if old != new:
        changed = [
            f"{key}: {old.get(key, 'new')} -> {new.get(key, 'gone')}"
            for key in {**new, **old}
            if old.get(key) != new.get(key)
        ]
        raise CourseError(
            f"{name}: the points changed ({'; '.join(changed)}) and {reports} submissions have "
            "been graded. If that is meant, release again with --change-points, then grade again"
        )


def _told(
    course: Course,
    name: str,
    built: source.Built,
    changes: list[str],
    again: bool,
    variants: int,
    say: Callable[[str], None],
) -> None:
    if not again:
        by_hand = sum(q.points for q in built.questions if q.by == "hand")
        say(
            f"{name}: released, {built.points:g} points ({by_hand:g} of them by hand), "
            f"{len(built.questions)} questions, about {built.minutes} minutes"
        )
    elif not changes:
        say(f"{name}: nothing changed since the last release")
    else:
        say(f"{name}: released again; {'; '.join(changes)}")
        if any(course.report(name, "x").parent.glob("[!.]*.json")):
            say(f"{name}: submissions will be graded again by the next `grade`")
    if variants:
        say(f"{name}: {variants} variants, one for each student, in release/{name}/STUDENT/")


# --- checks --------------------------------------------------------------------------------------


def checked_variant(
    build: Callable[..., source.Built],
    text: str,
    name: str,
    seed: bytes,
    student: str,
    common: source.Built,
) -> source.Built:
    """The version of one student: other numbers, the same questions, and no leak."""
    built = build(text, name, seed, student)
    shape = [(q.id, q.points, q.by) for q in built.questions]
    if shape != [(q.id, q.points, q.by) for q in common.questions]:
        raise CourseError(f"{name}: the variant of {student} has other questions or points")
    where = f"release/{name}/{student}/{name}.ipynb"
    leaks.look(built.student, leaks.secrets_of(built, seed), where)
    return built


def _look_around(
    course: Course, name: str, secrets: leaks.Secrets, students: Sequence[str]
) -> list[Path]:
    """Files in the release folder that would travel along; old versions of ours are returned."""
    folder = course.release(name).parent
    ours = {course.release(name, student) for student in students}
    ours |= set() if students else {course.release(name)}
    stale = []
    for path in sorted(folder.rglob("*")):
        if path in ours or path.is_dir():
            continue
        if path.name == f"{name}.ipynb":
            stale.append(path)
        else:
            leaks.look_at_file(path, secrets)
    for path in sorted(course.source(name).parent.glob("*")):
        # nbgrader copies whatever lies beside a source, so nothing may.
        if path.name not in (f"{name}.ipynb", ".ipynb_checkpoints"):
            raise CourseError(f"{path}: nbgrader would release it to students; move it elsewhere")
    return stale


@contextmanager
def staged(course: Course) -> Iterator[Path]:
    """A folder beside the course's others that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=course.folder))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def through_nbgrader(
    course: Course, built: source.Built, folder: Path, secrets: leaks.Secrets
) -> NotebookNode:
    """Let nbgrader make the release too: it must be ours, and then it fills the gradebook."""
    name = built.name
    path = folder / "source" / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(built.grader, path)
    _generate(course, name, folder, database=False)
    theirs = _read(folder / "release" / name / f"{name}.ipynb")
    if theirs is None:
        raise CourseError(f"{name}: nbgrader wrote no release")
    same_as(built.student, theirs, name)
    leaks.look(theirs, secrets, f"release/{name}/{name}.ipynb")
    _generate(course, name, folder, database=True)
    return theirs


def same_as(ours: NotebookNode, theirs: NotebookNode, name: str) -> None:
    """Two routes to the release have to agree, cell for cell."""
    if len(ours.cells) != len(theirs.cells):
        raise CourseError(
            f"{name}: nbgrader releases {len(theirs.cells)} cells, we {len(ours.cells)}"
        )
    for number, (mine, other) in enumerate(zip(ours.cells, theirs.cells, strict=True)):
        about, theirs_about = (dict(c.metadata.get("nbgrader", {})) for c in (mine, other))
        theirs_about.pop("checksum", None)
        about.pop("checksum", None)
        for what, a, b in (
            ("type", mine.cell_type, other.cell_type),
            ("id", mine.get("id"), other.get("id")),
            ("text", mine.source, other.source),
            ("metadata of nbgrader", about, theirs_about),
        ):
            if a != b:
                raise CourseError(
                    f"{name}: cell {about.get('grade_id', number)} has another {what} when "
                    "nbgrader releases it, so nothing was released. Are its markers complete?"
                )


def _generate(course: Course, name: str, folder: Path, database: bool) -> None:
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    config = Config()
    config.ClearSolutions.code_stub = {"python": source.CODE_STUB}
    config.ClearSolutions.text_stub = source.TEXT_STUB
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{course.gradebook}?timeout={LOCK_SECONDS}"
    config.SaveCells.enabled = database
    config.GenerateAssignment.no_database = not database
    # nbgrader makes a gradebook with the command alembic, which lies beside this Python.
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        api = NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)
        api.log_level = "CRITICAL"
        result = api.generate_assignment(name, force=True, create=database)
    finally:
        os.environ["PATH"] = before
    if not result["success"]:
        raise CourseError(_why(course, name, result))


def _why(course: Course, name: str, result: dict[str, Any]) -> str:
    """nbgrader's traceback in one line that says what to do."""
    told = f"{result.get('log', '')}\n{result.get('error', '')}"
    if "database is locked" in told:
        return (
            f"{name}: {course.gradebook} is locked by another program, so nothing was released. "
            "Close it (formgrader, a data base browser), then release again"
        )
    if "there are submissions associated with it" in told:
        return (
            f"{name}: the gradebook holds submissions for it, so nbgrader does not let cells come "
            "or go. Give the edited assignment another name, or remove it from the gradebook: "
            f"nbgrader db assignment remove {name} --force"
        )
    lines = [line for line in told.strip().splitlines() if line.strip()]
    return f"{name}: nbgrader could not make the release: {lines[-1] if lines else 'no reason'}"


# --- putting in place ----------------------------------------------------------------------------


def _read(path: Path) -> NotebookNode | None:
    return nbformat.read(path, as_version=4) if path.is_file() else None


def _place(
    course: Course,
    built: source.Built,
    released: NotebookNode,
    variants: dict[str, source.Built],
    stale: list[Path],
) -> None:
    """Sources first: a run that is killed here leaves nothing that could not be graded."""
    name = built.name
    courses.write_whole(course.source(name), _text(built.grader), 0o600)
    courses.write_whole(course.instructor(name), _text(built.instructor), 0o600)
    for student, each in variants.items():
        courses.write_whole(course.source(name, student), _text(each.grader), 0o600)
        courses.write_whole(course.release(name, student), _text(with_checksums(each.student)))
    if not variants:
        courses.write_whole(course.release(name), _text(released))
    for path in stale:
        path.unlink()


def with_checksums(notebook: NotebookNode) -> NotebookNode:
    """What nbgrader adds to a release: locks, and checksums that tell whether a cell changed."""
    from nbgrader.preprocessors import ComputeChecksums, LockCells

    for step in (LockCells(), ComputeChecksums()):
        notebook, _ = step.preprocess(notebook, {})
    return notebook


def _text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook) + "\n"
