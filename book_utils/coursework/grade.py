"""Grade what was handed in, on all cores or on many machines, and lose nothing when stopped.

One pure function turns a submission into a report, as text: `examine(bundle, data, terms)`. What it
depends on is hashed, and the hash stands in the report: a report whose hash still fits is kept,
everything else is graded. Reports are written whole or not at all, so a run may be killed at any
moment.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm import tqdm

from book_utils.coursework import course as courses
from book_utils.coursework.course import Course, CourseError, shown
from book_utils.coursework.isolation.sandbox import Limits, refuse_unless_isolated

Examine = Callable[[str, bytes, Mapping[str, Any]], str]
"""Bundle, submission and terms (limits, isolation, what to hide) in; the report as JSON out."""

MIB = 2**20
AHEAD = 2
"""Submissions in memory for each worker: one at work, one waiting."""
SHOWN = 20
"""Lines of each list in the summary."""
QUIET_SECONDS = 30.0
"""Between two lines of progress where there is no terminal."""

PACKAGE = Path(__file__).resolve().parents[1]
# What never changes a mark. A file that is not named here does, or may: when in doubt, grade again.
NO_MARKING = (
    *("widgets", "figures", "experiments"),
    *(
        f"coursework/{name}.py"
        for name in (
            *("__main__", "course", "release", "leaks", "grade", "distant", "practice", "rehearse"),
            *("gradebook", "exports", "rosters", "feedback", "rendering", "standing"),
        )
    ),
)
MACHINE, SUBMISSION = "machine", "submission"
"""What a failure was caused by: the first is tried again by the next run."""


@cache
def engine_version() -> str:
    """A hash of all code that decides about marks, and of the packages it stands on."""
    parts = hashlib.sha256(f"python {sys.version_info[:2]}".encode())
    for package in ("numpy", "sympy", "matplotlib"):
        parts.update(f"{package} {version(package)}".encode())
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(NO_MARKING):
            parts.update(f"\0{name}\0".encode() + path.read_bytes())
    return parts.hexdigest()


# --- one submission ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """One submission, and everything that its report depends on."""

    assignment: str
    student: str
    key: str
    bundle: str = field(repr=False, default="")
    data: bytes = field(repr=False, default=b"")
    notes: tuple[str, ...] = ()
    fault: str = ""
    """Why it cannot be graded, where that is plain already."""
    cause: str = SUBMISSION


def key_of(bundle: str, data: bytes, terms: Mapping[str, Any], more: str) -> str:
    """The hash of everything that a report depends on."""
    parts = {
        "bundle": hashlib.sha256(bundle.encode()).hexdigest(),
        "submission": hashlib.sha256(data).hexdigest(),
        "limits": terms["limits"],
        "isolation": terms["isolation"],
        "engine": engine_version(),
        "more": more,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Examiners:
    """An examiner for each thread of this process, here or on a Dask worker."""

    def __init__(self) -> None:
        self.mine = threading.local()
        self.all: list[Any] = []
        self.lock = threading.Lock()

    def get(self, terms: Mapping[str, Any]) -> Any:
        """The examiner of this thread, for these terms."""
        key = json.dumps(terms, sort_keys=True)
        if getattr(self.mine, "key", None) != key:
            from book_utils.coursework import examiner

            made = examiner.Examiner(
                examiner.Limits(**terms["limits"]),
                isolation=terms["isolation"],
                hide=tuple(terms["hide"]),
            )
            before = getattr(self.mine, "examiner", None)
            self.mine.key, self.mine.examiner = key, made
            with self.lock:
                self.all.append(made)
                if before in self.all:
                    self.all.remove(before)
            if before is not None:
                before.close()
        return self.mine.examiner

    def stop(self) -> None:
        """End them, and what they are at."""
        with self.lock:
            ending, self.all = self.all, []
        for each in ending:
            each.stop()
        for each in ending:
            each.close()
        self.mine = threading.local()


EXAMINERS = Examiners()


def examine(bundle: str, data: bytes, terms: Mapping[str, Any]) -> str:
    """The report of one submission."""
    report = EXAMINERS.get(terms).examine(json.loads(bundle), data)
    return json.dumps(report, allow_nan=False)


def failure(why: str, cause: str) -> dict[str, Any]:
    """The report of a submission that could not be graded: never a zero."""
    return {"status": "failed", "why": why, "cause": cause, "notes": [], "questions": []}


def finished(task: Task, outcome: str | BaseException) -> dict[str, Any]:
    """The report as it is stored."""
    if isinstance(outcome, BaseException):
        text = " ".join(str(outcome).split())[:500]
        report = failure(f"{type(outcome).__name__}: {text}", MACHINE)
    else:
        report = json.loads(outcome)
    if report["status"] == "failed":
        report.setdefault("cause", SUBMISSION)
    report["notes"] = [*task.notes, *report["notes"]]
    about = {"assignment": task.assignment, "student": task.student, "key": task.key}
    return {**about, **report}


def read_report(path: Path) -> dict[str, Any] | None:
    """A stored report; None where there is none, or none that can be used."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError, json.JSONDecodeError):
        return None
    return report if isinstance(report, dict) and {"key", "status"} <= set(report) else None


# --- what was handed in --------------------------------------------------------------------------


@dataclass(frozen=True)
class HandedIn:
    """A folder below submitted/, and whose it is."""

    assignment: str
    student: str
    folder: Path


def walk(
    course: Course, assignments: Sequence[str], students: Sequence[str]
) -> tuple[list[HandedIn], list[str]]:
    """What was handed in, in the order of names; and what lies there that is none."""
    found: dict[tuple[str, str], list[Path]] = {}
    odd = []
    for folder in sorted((course.folder / "submitted").glob("*")):
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        try:
            student = courses.student_id(folder.name)
        except CourseError as error:
            odd.append(f"{shown(str(folder.relative_to(course.folder)))}: {error}")
            continue
        for name in assignments:
            if (folder / name).is_dir() and (not students or student in students):
                found.setdefault((name, student), []).append(folder / name)
    handed = []
    for (name, student), folders in sorted(found.items()):
        if len(folders) > 1:
            odd.append(
                f"{name} {student}: {len(folders)} folders have this name, spelled in "
                "different ways; keep one"
            )
        else:
            handed.append(HandedIn(name, student, folders[0]))
    return handed, odd


def read_submission(name: str, folder: Path, largest: int) -> tuple[bytes, list[str], str]:
    """The notebook's bytes, notes for a human, and why there is nothing to grade, or ""."""
    others = sorted(
        path.name
        for path in folder.glob("*.ipynb")
        if path.name != f"{name}.ipynb" and not path.name.startswith(".")
    )
    notes = []
    path = folder / f"{name}.ipynb"
    if not os.path.lexists(path):
        if len(others) != 1 or not others[0].startswith(name):
            there = ", ".join(shown(p.name) for p in sorted(folder.iterdir())[:5])
            return b"", [], f"there is no {name}.ipynb; handed in was: {there or 'nothing'}"
        path = folder / others.pop()
        notes.append(f"the file is called {shown(path.name)}; it was graded as {name}.ipynb")
    if others:
        notes.append(f"only {name}.ipynb was graded; also there: {', '.join(map(shown, others))}")
    try:
        # A link could point to another student's file, or to the solutions.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return b"", notes, f"{path.name} cannot be opened: {error.strerror}"
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return b"", notes, f"{path.name} is not a file"
    with os.fdopen(handle, "rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        return b"", notes, f"{path.name} is larger than {largest // MIB} MiB"
    return data, notes, ""


def limits_of(course: Course) -> dict[str, Any]:
    """The limits of this course, with the built-in ones where it names none."""
    known = asdict(Limits())
    for key, value in course.limits.items():
        if key not in known:
            raise CourseError(
                f"course.toml: unknown limits.{key}, expected one of {', '.join(known)}"
            )
        known[key] = type(known[key])(value)
    return known


@dataclass(frozen=True)
class Job:
    """What all submissions of a run have in common."""

    course: Course
    terms: Mapping[str, Any]

    def task(self, handed: HandedIn) -> Task:
        """Read one submission."""
        name, student = handed.assignment, handed.student
        bundle, fault, cause = self.bundle(name, student), "", SUBMISSION
        data, notes = b"", []
        if not bundle:
            cause = MACHINE
            fault = "no variant was made for this student: release with a roster that names them"
        else:
            largest = int(self.terms["limits"]["submission"]) * MIB
            data, notes, fault = read_submission(name, handed.folder, largest)
        more = json.dumps([fault, notes])
        key = key_of(bundle, data, self.terms, more)
        return Task(name, student, key, bundle, data, tuple(notes), fault, cause)

    def bundle(self, name: str, student: str) -> str:
        """The notebook to grade with."""
        by_student = self.course.variants == "student"
        path = self.course.source(name, student if by_student else None)
        return _bundle(name, path, path.stat().st_mtime_ns) if path.is_file() else ""


@lru_cache(maxsize=32)
def _bundle(name: str, path: Path, _changed: int) -> str:
    import nbformat

    from book_utils.coursework import examiner

    return json.dumps(examiner.bundle(name, nbformat.read(path, as_version=4)))


# --- a run ---------------------------------------------------------------------------------------


@dataclass
class Summary:
    """What a run did, and who needs a human look."""

    graded: int = 0
    unchanged: int = 0
    failed: list[str] = field(default_factory=list)
    look: list[str] = field(default_factory=list)
    by_hand: Counter[str] = field(default_factory=Counter)
    late: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def status(self) -> int:
        """The exit status of the command."""
        return 130 if self.stopped else 1 if self.failed else 0

    def add(self, report: Mapping[str, Any]) -> None:
        """Count one report."""
        who = f"{report['assignment']} {report['student']}"
        if report["status"] == "failed":
            self.failed.append(f"{who}: {report['why']}")
            return
        reasons = []
        for question in report["questions"]:
            if question["verdict"] == "undecided":
                reasons.append(f"{question['id']} undecided")
            elif question["verdict"] == "hand":
                self.by_hand[f"{report['assignment']} {question['id']}"] += 1
        reasons.extend(report["notes"])
        if reasons:
            self.look.append(f"{who}: {'; '.join(reasons)}")

    def sort(self) -> None:
        """Bring the lists into one order, whoever finished first."""
        for entries in (self.failed, self.look, self.late):
            entries.sort()

    def lines(self) -> Iterator[str]:
        """The summary as people read it."""
        yield f"graded {self.graded}, unchanged {self.unchanged}, failed {len(self.failed)}"
        for title, entries in (
            ("could not be graded (not a zero):", self.failed),
            ("need a human look:", self.look),
            (
                "to grade by hand, in `nbgrader formgrader`:",
                [f"{what}: {count} submissions" for what, count in sorted(self.by_hand.items())],
            ),
            ("late:", self.late),
        ):
            if entries:
                yield title
                yield from (f"  {entry}" for entry in entries[:SHOWN])
                if len(entries) > SHOWN:
                    yield f"  and {len(entries) - SHOWN} more; each report says it"
        if self.stopped:
            yield "stopped: nothing is lost, the same command goes on from here"


def grade(
    course: Course,
    assignments: Sequence[str] = (),
    students: Sequence[str] = (),
    workers: int | None = None,
    scheduler: str | None = None,
    isolation: str = "bubblewrap",
    retry: bool = False,
    examine: Examine = examine,
    say: Callable[[str], None] = print,
) -> Summary:
    """Grade all that was handed in and has no report that fits."""
    assignments = course.chosen(assignments)
    wanted = [courses.student_id(student) for student in students]
    terms = {
        "limits": limits_of(course),
        "isolation": isolation,
        "hide": [str(course.folder)],
    }
    if not scheduler:
        refuse_unless_isolated(isolation)
    job = Job(course, terms)
    summary = Summary()
    handed, odd = walk(course, assignments, wanted)
    summary.failed.extend(odd)
    there = {each.student for each in handed}
    summary.failed.extend(f"{s}: nothing handed in" for s in wanted if s not in there)
    summary.late.extend(_late(course, handed, summary))
    with _alone(course):
        pending = _pending(job, handed, retry, summary)
        if scheduler:
            from book_utils.coursework import distant

            outcomes = distant.outcomes(pending, scheduler, terms, examine, say)
        else:
            outcomes = local_outcomes(pending, workers or cores(), terms, examine)
        with Progress(len(handed)) as progress:
            try:
                for task, outcome in outcomes:
                    if outcome is not None:
                        _store(course, task, outcome, summary)
                    progress.step()
            except KeyboardInterrupt:
                summary.stopped = True
            finally:
                outcomes.close()
    summary.sort()
    return summary


def _store(course: Course, task: Task, outcome: str | BaseException, summary: Summary) -> None:
    """Write a report, and count it."""
    try:
        report = finished(task, outcome)
        text = json.dumps(report, indent=1, allow_nan=False)
        Summary().add(report)
    except (ValueError, KeyError, TypeError) as error:
        # The examiner broke its word about reports: a failure of ours, said as one.
        report = finished(task, error)
        text = json.dumps(report, indent=1)
    path = course.report(task.assignment, task.student)
    try:
        courses.write_whole(path, text + "\n", 0o600)
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written: {error.strerror}. What was graded before is kept; "
            "put it right, and the same command goes on from here"
        ) from None
    summary.graded += report["status"] == "graded"
    summary.add(report)


def _pending(
    job: Job, handed: Iterable[HandedIn], retry: bool, summary: Summary
) -> Iterator[tuple[Task, str | None]]:
    """Tasks one after the other, each with its outcome where it needs no examiner.

    A task with outcome "" is settled: its report fits.
    """
    for each in handed:
        try:
            task = job.task(each)
        except OSError as error:
            reason = f"{each.folder} cannot be read: {error.strerror}"
            task = Task(each.assignment, each.student, "", fault=reason, cause=MACHINE)
        report = read_report(job.course.report(each.assignment, each.student))
        fits = report is not None and task.key and report["key"] == task.key
        if fits and report["status"] == "failed" and (retry or report.get("cause") == MACHINE):
            fits = False
        if fits:
            summary.unchanged += report["status"] == "graded"
            summary.add(report)
            yield task, ""
        elif task.fault:
            yield task, json.dumps(failure(task.fault, task.cause))
        else:
            yield task, None


def _late(course: Course, handed: Iterable[HandedIn], summary: Summary) -> Iterator[str]:
    for each in handed:
        who = f"{each.assignment} {each.student}"
        try:
            late = course.lateness(each.assignment, courses.handed_in(each.folder))
        except (ValueError, OSError) as error:
            summary.look.append(f"{who}: whether it is late is not known: {error}")
            continue
        if late:
            hours, minutes = divmod(int(late // 60), 60)
            yield f"{who}: {hours} h {minutes:02} min after the deadline"


@contextmanager
def _alone(course: Course) -> Iterator[None]:
    """One run at a time: two would do the same work. The lock ends with the process."""
    folder = course.folder / "reports"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(
                f"another `grade` is at work in {course.folder}: wait for it, or stop it"
            ) from None
        for part in folder.glob("*/.*.part"):
            part.unlink()
        yield


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def local_outcomes(
    pending: Iterable[tuple[Task, str | None]],
    workers: int,
    terms: Mapping[str, Any],
    examine: Examine,
) -> Iterator[tuple[Task, str | BaseException | None]]:
    """Outcomes as they come, from threads of this process; each waits for processes of its own."""
    running: dict[Future[str], Task] = {}
    pool = ThreadPoolExecutor(workers, thread_name_prefix="grade")
    try:
        for task, known in pending:
            if known is not None:
                yield task, known or None
                continue
            running[pool.submit(examine, task.bundle, task.data, terms)] = task
            while len(running) >= AHEAD * workers:
                yield from _done(running)
        while running:
            yield from _done(running)
    finally:
        # Whatever still runs is given up: its processes end, and with them the threads.
        pool.shutdown(wait=False, cancel_futures=True)
        EXAMINERS.stop()
        pool.shutdown(wait=True)


def _done(running: dict[Future[str], Task]) -> Iterator[tuple[Task, str | BaseException]]:
    """Wait for at least one. A wait without end would not notice Ctrl-C on every system."""
    done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
    for future in done:
        task = running.pop(future)
        yield task, future.exception() or future.result()


class Progress:
    """A bar in a terminal, a line now and then elsewhere."""

    def __init__(self, total: int):
        self.total, self.count = total, 0
        self.bar = tqdm(total=total, unit="submission", disable=not sys.stderr.isatty())
        self.last = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def step(self) -> None:
        """One more is settled."""
        self.count += 1
        self.bar.update()
        if self.bar.disable and time.monotonic() - self.last > QUIET_SECONDS:
            self.last = time.monotonic()
            print(f"{self.count} of {self.total}", file=sys.stderr, flush=True)
