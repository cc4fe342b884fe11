"""Grading ends with a report for each submission, whatever happens on the way."""

from __future__ import annotations

import json
import os
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import nbformat
import pytest
import tiny_course
from conftest import missing
from nbformat import NotebookNode

from book_utils.coursework import __main__ as command
from book_utils.coursework import course as courses
from book_utils.coursework import distant, gradebook, source
from book_utils.coursework import grade as grading
from book_utils.coursework.course import Course, CourseError
from book_utils.coursework.isolation.sandbox import descendants, isolated_here

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with one assignment released."""
    return tiny_course.open_course(tmp_path / "course")


def grade(course: Course, **options: Any) -> grading.Summary:
    """A run with the examiner of `tiny_course`, which runs no code of anybody."""
    options = {"workers": 2, "isolation": "none", "examine": tiny_course.examine, **options}
    return grading.grade(course, **options)


def settled(course: Course) -> dict[str, Any]:
    """Students and how their reports stand."""
    return {name.partition("/")[2]: r["status"] for name, r in tiny_course.reports(course).items()}


# --- what is graded again ------------------------------------------------------------------------


def test_a_second_run_grades_only_what_changed(course: Course, tmp_path: Path) -> None:
    """A report is kept as long as the submission, our notebook, limits and code are the same."""
    log = tmp_path / "log"
    for student in ("ada", "emmy", "kurt"):
        tiny_course.hand_in(course, student, log=str(log))

    def ran() -> list[str]:
        names = sorted(log.read_text().split()) if log.exists() else []
        log.unlink(missing_ok=True)
        return names

    first = grade(course)
    assert (first.graded, first.unchanged, first.status) == (3, 0, 0)
    assert ran() == ["ada", "emmy", "kurt"]
    again = grade(course)
    assert (again.graded, again.unchanged, again.status) == (0, 3, 0)
    assert ran() == []
    tiny_course.hand_in(course, "emmy", log=str(log), points=2)
    assert grade(course).graded == 1
    assert ran() == ["emmy"]
    grader = tiny_course.GRADER | {"metadata": {"edited": True}}
    courses.write_whole(course.source("tiny"), json.dumps(grader))
    assert grade(course).graded == 3
    assert ran() == ["ada", "emmy", "kurt"]
    settings = course.folder / "course.toml"
    settings.write_text(settings.read_text().replace("[limits]", "[limits]\nrun = 7"))
    assert grade(courses.load(course.folder), students=["kurt"]).graded == 1
    assert ran() == ["kurt"]


def test_other_code_of_the_engine_grades_again(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report says with which code it was made; other code makes a new one."""
    tiny_course.hand_in(course, "ada")
    grade(course)
    monkeypatch.setattr(grading, "engine_version", lambda: "another")
    assert grade(course).graded == 1


def test_the_engine_is_all_code_that_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of an oracle counts as another engine, a change of an export does not."""
    package = tmp_path / "book_utils"
    for name in ("checks.py", "coursework/marking.py", "coursework/exports.py", "widgets/a.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("1")
    monkeypatch.setattr(grading, "PACKAGE", package)
    before = grading.engine_version.__wrapped__()
    for name in ("coursework/exports.py", "widgets/a.py"):
        (package / name).write_text("2")
    assert grading.engine_version.__wrapped__() == before
    for name in ("checks.py", "coursework/marking.py"):
        (package / name).write_text("2")
        assert grading.engine_version.__wrapped__() != before
        (package / name).write_text("1")


def test_what_the_engine_leaves_out_is_there() -> None:
    """Every name that is left out of the engine's hash is one of a file or folder."""
    for name in grading.NO_MARKING:
        assert (grading.PACKAGE / name).exists(), name


@pytest.mark.parametrize(
    ("cause", "again", "retried"), [("submission", 0, 1), ("machine", 1, 1), (None, 0, 1)]
)
def test_failures_of_the_machine_are_tried_again(
    course: Course, tmp_path: Path, cause: str | None, again: int, retried: int
) -> None:
    """The next run repeats what failed by the machine; the rest only with --retry failed."""
    log = tmp_path / "log"
    told = {"status": "failed", "why": "no room", "log": str(log)}
    tiny_course.hand_in(course, "ada", **told, **({"cause": cause} if cause else {}))
    first = grade(course)
    assert first.failed == ["tiny ada: no room"]
    assert first.status == 1
    log.unlink()
    assert grade(course).failed == ["tiny ada: no room"]
    assert log.exists() == bool(again)
    log.unlink(missing_ok=True)
    grade(course, retry=True)
    assert log.exists() == bool(retried)


# --- what happens on the way ---------------------------------------------------------------------


def test_an_error_in_one_submission_does_not_end_the_run(course: Course) -> None:
    """A defect of ours becomes a report that says so and is no zero; all others are graded."""
    for student in ("ada", "kurt"):
        tiny_course.hand_in(course, student)
    # She is done last and named first: the summary does not depend on who finished when.
    tiny_course.hand_in(course, "emmy", seconds=0.5, **{"raise": "out of\nluck"})
    tiny_course.hand_in(course, "kurt", points="NaN", verdict=["no", "report"])
    tiny_course.hand_in(course, "olga", notes=7)
    tiny_course.hand_in(course, "paul", notes=[{}])
    summary = grade(course)
    assert summary.graded == 2
    assert summary.failed == [
        "tiny emmy: RuntimeError: out of luck",
        "tiny olga: TypeError: Value after * must be an iterable, not int",
        "tiny paul: TypeError: sequence item 0: expected str instance, dict found",
    ]
    failed = [name for name, status in settled(course).items() if status == "failed"]
    assert failed == ["emmy", "olga", "paul"]
    report = tiny_course.reports(course)["tiny/emmy"]
    assert report["cause"] == "machine"
    assert report["questions"] == []


def test_a_killed_run_goes_on_where_it_was(course: Course, tmp_path: Path) -> None:
    """After SIGKILL every report is whole, and the next run grades the rest and nothing twice."""
    log, killed = tmp_path / "log", tmp_path / "killed"
    for number in range(12):
        # Two workers get through six of them; the others wait for the end of this run.
        after = str(killed) if number >= 6 else None
        tiny_course.hand_in(course, f"s{number:02}", log=str(log), after=after)
    code = (
        "import sys, tiny_course; from pathlib import Path; "
        "from book_utils.coursework import course, grade; "
        "grade.grade(course.load(Path(sys.argv[1])), workers=2, isolation='none', "
        "examine=tiny_course.examine)"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(course.folder)], env=os.environ | {"PYTHONPATH": path}
    )
    while len(list((course.folder / "reports").glob("tiny/*.json"))) < 4:
        assert run.poll() is None, "the run ended by itself"
        time.sleep(0.02)
    run.kill()
    assert run.wait() == -signal.SIGKILL
    killed.touch()
    kept = {path.stem for path in (course.folder / "reports").glob("tiny/[!.]*.json")}
    assert 4 <= len(kept) <= 6
    assert set(settled(course)) == kept
    # As if it had been killed in the middle of writing.
    (course.folder / "reports" / "tiny" / ".1-a.part").write_text('{"key":')
    log.unlink()
    summary = grade(course)
    assert (summary.graded, summary.unchanged) == (12 - len(kept), len(kept))
    assert set(log.read_text().split()) == {f"s{n:02}" for n in range(12)} - kept
    assert not list((course.folder / "reports" / "tiny").glob(".*"))


def test_a_report_that_is_broken_is_made_again(course: Course) -> None:
    """A file that is no report does not count as one."""
    tiny_course.hand_in(course, "ada")
    for text in ("", '{"key":', "[]", "{}"):
        courses.write_whole(course.report("tiny", "ada"), text)
        assert grade(course).graded == 1


def test_stopping_a_run_loses_nothing(course: Course) -> None:
    """Ctrl-C ends the run after the report at hand, with a summary and status 130."""
    for number in range(8):
        tiny_course.hand_in(course, f"s{number}", seconds=0.05)
    seen = []

    def stopped(bundle: str, data: bytes, terms: Any) -> str:
        seen.append(1)
        if len(seen) == 4:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return tiny_course.examine(bundle, data, terms)

    summary = grade(course, examine=stopped, workers=1)
    assert summary.stopped
    assert summary.status == 130
    assert any("goes on from here" in line for line in summary.lines())
    kept = len(settled(course))
    assert 0 < kept < 8
    again = grade(course)
    assert (again.graded, again.unchanged) == (8 - kept, kept)


def test_two_runs_at_once_are_one_too_many(course: Course) -> None:
    """A second run on the same course is refused while the first is at work."""
    tiny_course.hand_in(course, "ada")

    def nested(bundle: str, data: bytes, terms: Any) -> str:
        with pytest.raises(CourseError, match="another `grade` is at work"):
            grade(course)
        return tiny_course.examine(bundle, data, terms)

    assert grade(course, examine=nested).graded == 1


def test_results_depend_on_neither_order_nor_workers(tmp_path: Path) -> None:
    """Any number of workers, and any order of finishing, give the same reports."""
    found = []
    for number, workers in enumerate((1, 2, 5)):
        course = tiny_course.open_course(tmp_path / f"course{number}")
        for student in range(9):
            # The first take longest in one run and least in another.
            wait = abs(student - 8 * (number % 2)) / 200
            path = tiny_course.hand_in(course, f"s{student}", points=student / 8)
            path.write_text(path.read_text() + " " * 3)
            times[path.read_bytes()] = wait
        assert grade(course, workers=workers, examine=slow).graded == 9
        found.append(tiny_course.reports(course))
    assert found[0] == found[1] == found[2]


times: dict[bytes, float] = {}


def slow(bundle: str, data: bytes, terms: Any) -> str:
    """`tiny_course.examine`, late by what `times` says."""
    time.sleep(times[data])
    return tiny_course.examine(bundle, data, terms)


def test_a_locked_gradebook_does_not_matter(course: Course) -> None:
    """Grading needs no gradebook, so nothing that locks it can end a run."""
    tiny_course.hand_in(course, "ada")
    other = sqlite3.connect(course.gradebook, isolation_level=None)
    other.execute("create table a (b)")
    other.execute("begin exclusive")
    assert grade(course).status == 0
    other.close()


def test_a_locked_gradebook_delays_only_formgrader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says that formgrader does not show the new marks, and is done all the same."""

    def locked(*_: object, **__: object) -> None:
        raise gradebook.GradebookLocked

    course = tiny_course.open_course(tmp_path / "course")
    tiny_course.hand_in(course, "ada")
    course.gradebook.touch()
    monkeypatch.setattr(gradebook, "sync", locked)
    original = grading.grade
    monkeypatch.setattr(
        grading, "grade", lambda *a, **k: original(*a, **k | {"examine": tiny_course.examine})
    )
    assert command.main(["grade", "--course", str(course.folder), "--isolation", "none"]) == 0
    out, err = capsys.readouterr()
    assert "graded 1, unchanged 0, failed 0" in out
    assert "formgrader does not show the new marks yet: gradebook.db is locked" in err
    assert "without isolation" in err


def test_a_report_is_there_whole_or_not_at_all(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens while a report is written, the one before it stays, and no rest of it."""
    tiny_course.hand_in(course, "ada")
    grade(course)
    path = course.report("tiny", "ada")
    before = path.read_bytes()

    def full(_: int) -> None:
        assert path.read_bytes() == before
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    tiny_course.hand_in(course, "ada", points=2)
    with pytest.raises(CourseError, match=r"cannot be written: No space.*goes on from here"):
        grade(course)
    assert [each.name for each in path.parent.iterdir()] == ["ada.json"]
    assert path.read_bytes() == before
    monkeypatch.undo()
    with path.open("rb") as opened:
        assert grade(course).graded == 1
        # Whoever is reading the old one reads it to its end.
        assert opened.read() == before
    assert path.read_bytes() != before


def test_few_submissions_are_in_memory_at_a_time(course: Course) -> None:
    """Submissions are read as they are needed, however many there are."""
    for number in range(20):
        tiny_course.hand_in(course, f"s{number:02}")
    read, done, most = [], [], 0
    original = grading.Job.task

    def counted(self: grading.Job, handed: grading.HandedIn) -> grading.Task:
        nonlocal most
        read.append(handed.student)
        most = max(most, len(read) - len(done))
        return original(self, handed)

    def examine(bundle: str, data: bytes, terms: Any) -> str:
        done.append(1)
        return tiny_course.examine(bundle, data, terms)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grading.Job, "task", counted)
        assert grade(course, examine=examine).graded == 20
    assert most <= 2 * grading.AHEAD + 1


# --- what is handed in ---------------------------------------------------------------------------


def test_what_cannot_be_read_is_said(course: Course, tmp_path: Path) -> None:
    """Wrong files, links, huge files and bad names are failures with a reason, never a zero."""
    (course.folder / "course.toml").write_text(
        (course.folder / "course.toml").read_text().replace("[limits]", "[limits]\nsubmission = 1")
    )
    course = courses.load(course.folder)
    wrong = tiny_course.hand_in(course, "wrong")
    wrong.rename(wrong.with_name("homework.pdf"))
    linked = tiny_course.hand_in(course, "linked")
    linked.rename(tmp_path / "elsewhere")
    linked.symlink_to(tmp_path / "elsewhere")
    tiny_course.hand_in(course, "huge").write_bytes(b" " * (2**20 + 1))
    pipe = tiny_course.hand_in(course, "pipe")
    pipe.unlink()
    os.mkfifo(pipe)
    folder = tiny_course.hand_in(course, "folder")
    folder.unlink()
    folder.mkdir()
    (course.folder / "submitted" / "-bad" / "tiny").mkdir(parents=True)
    tiny_course.hand_in(course, "good")
    summary = grade(course)
    assert summary.graded == 1
    told = "\n".join(summary.failed)
    for words in (
        "wrong: there is no tiny.ipynb; handed in was: 'homework.pdf'",
        "linked: tiny.ipynb cannot be opened",
        "huge: tiny.ipynb is larger than 1 MiB",
        "pipe: tiny.ipynb is not a file",
        "folder: tiny.ipynb is not a file",
        "'submitted/-bad': student id",
    ):
        assert words in told
    again = grade(course)
    assert (again.graded, again.unchanged, len(again.failed)) == (0, 1, 6)


def test_a_renamed_download_is_graded_and_said(course: Course) -> None:
    """A single notebook that a browser renamed counts; a second one beside it is mentioned."""
    path = tiny_course.hand_in(course, "ada")
    path.rename(path.with_name("tiny (1).ipynb"))
    other = tiny_course.hand_in(course, "emmy")
    other.with_name("tiny-old.ipynb").write_text("{}")
    summary = grade(course)
    assert summary.graded == 2
    ada, emmy = summary.look
    assert "'tiny (1).ipynb'; it was graded as tiny.ipynb" in ada
    assert "also there: 'tiny-old.ipynb'" in emmy


def test_the_summary_says_who_needs_a_look(course: Course) -> None:
    """Undecided questions, notes, late hand-ins and unknown students are listed by name."""
    settings = course.folder / "course.toml"
    settings.write_text(settings.read_text() + "tiny = 2027-01-31T12:00:00Z\n")
    course = courses.load(course.folder)
    tiny_course.hand_in(course, "ada", points=None, verdict="undecided")
    tiny_course.hand_in(course, "emmy", points=None, verdict="hand")
    late = tiny_course.hand_in(course, "kurt", notes=["the check of q1 was edited"])
    late.with_name("timestamp.txt").write_text("2027-01-31 14:05:00 UTC")
    odd = tiny_course.hand_in(course, "olga")
    odd.with_name("timestamp.txt").write_text("in time, I swear")
    summary = grade(course, students=["ada", "emmy", "kurt", "olga", "nobody"])
    told = "\n".join(summary.lines())
    for words in (
        "graded 4, unchanged 0, failed 1",
        "nobody: nothing handed in",
        "tiny ada: q1 undecided",
        "tiny q1: 1 submissions",
        "tiny kurt: the check of q1 was edited",
        "tiny kurt: 2 h 05 min after the deadline",
        "tiny olga: whether it is late is not known",
    ):
        assert words in told, told


def test_an_unknown_assignment_or_limit_is_named(course: Course) -> None:
    """The message lists what there is."""
    with pytest.raises(CourseError, match=r"'typo' is not released .* one of tiny"):
        grade(course, assignments=["typo"])
    settings = course.folder / "course.toml"
    settings.write_text(settings.read_text().replace("[limits]", "[limits]\nseconds = 7"))
    with pytest.raises(CourseError, match=r"unknown limits.seconds, expected one of .*run"):
        grade(courses.load(course.folder))


# --- with the real examiner ----------------------------------------------------------------------


@pytest.fixture
def sandbox() -> None:
    """Isolation, or no test."""
    if not isolated_here():
        missing(f"no isolation here ({isolated_here().why_not}): apt-get install bubblewrap")


def answered(built: source.Built, code: str) -> NotebookNode:
    """The released notebook with an answer to q1."""
    notebook = nbformat.from_dict(json.loads(json.dumps(built.student)))
    next(c for c in notebook.cells if c.get("id") == "q1-answer").source = code
    return notebook


def test_a_class_is_graded_by_the_command(
    tmp_path: Path, sandbox: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command marks right and wrong work, says what is broken, and its status tells."""
    course = courses.create(tmp_path / "course")
    built = source.build(tiny_course.TEXT, "tiny", course.seed)
    courses.write_whole(course.source("tiny"), nbformat.writes(built.grader))
    for student, code in {
        "right": tiny_course.SOLUTION,
        "wrong": tiny_course.MISTAKE,
        "rude": "import os\nos._exit(0)",
    }.items():
        path = course.submitted("tiny", student) / "tiny.ipynb"
        courses.write_whole(path, nbformat.writes(answered(built, code)))
    assert command.main(["grade", "--course", str(course.folder)]) == 0
    points = {
        name: report["questions"][0]["points"]
        for name, report in tiny_course.reports(course).items()
    }
    assert points == {"tiny/right": 2, "tiny/wrong": 0, "tiny/rude": 0}
    courses.write_whole(course.submitted("tiny", "broken") / "tiny.ipynb", "{")
    capsys.readouterr()
    assert command.main(["grade", "tiny", "--course", str(course.folder)]) == 1
    told = capsys.readouterr().out
    assert "graded 0, unchanged 3, failed 1" in told
    assert "tiny broken: " in told


def test_stopping_ends_what_students_run(tmp_path: Path, sandbox: None) -> None:
    """Ctrl-C does not wait for a loop without end, and leaves none of its processes behind."""
    course = courses.create(tmp_path / "course")
    built = source.build(tiny_course.TEXT, "tiny", course.seed)
    courses.write_whole(course.source("tiny"), nbformat.writes(built.grader))
    path = course.submitted("tiny", "ada") / "tiny.ipynb"
    courses.write_whole(path, nbformat.writes(answered(built, "while True: pass")))
    settings = course.folder / "course.toml"
    # Waiting for these limits would be noticed.
    text = settings.read_text().replace("[limits]", "[limits]\ncell = 900\nrun = 900")
    settings.write_text(text)
    run = subprocess.Popen(
        [sys.executable, "-m", "book_utils.coursework", "grade", "--course", str(course.folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    # The lock is taken when it begins; before, the isolation is tried out.
    lock = course.folder / "reports" / ".lock"
    while not lock.exists() or len(below := descendants(run.pid)) < 4:
        assert run.poll() is None
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    told, _ = run.communicate(timeout=100)
    assert run.returncode == 130
    assert "goes on from here" in told
    assert not [pid for pid in below if runs(pid)]
    assert not settled(course)


def runs(pid: int) -> bool:
    """Whether a process lives, not waiting for its parent only."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


# --- on Dask -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes on this machine."""
    from distributed import LocalCluster

    cloudpickle.register_pickle_by_value(tiny_course)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as made:
        yield made
    cloudpickle.unregister_pickle_by_value(tiny_course)


def test_a_killed_worker_changes_no_result(tmp_path: Path, cluster: Any) -> None:
    """Work of a worker that dies is done by another, and the reports are those of a local run."""
    here, there = (tiny_course.open_course(tmp_path / name) for name in ("here", "there"))
    for course in (here, there):
        for number in range(8):
            once = str(tmp_path / "killed") if number == 3 and course is there else None
            tiny_course.hand_in(course, f"s{number}", seconds=0.02, once=once)
        # The one that kills its worker says so in its bytes; here it finds that it did.
    (tmp_path / "killed").touch()
    shared = {p.name: p for p in (there.folder / "submitted").iterdir()}
    for name, folder in shared.items():
        data = (folder / "tiny" / "tiny.ipynb").read_bytes()
        (here.folder / "submitted" / name / "tiny" / "tiny.ipynb").write_bytes(data)
    assert grade(here).graded == 8
    (tmp_path / "killed").unlink()
    summary = grade(there, workers=None, scheduler=cluster.scheduler_address)
    assert (tmp_path / "killed").exists(), "no worker was killed"
    assert (summary.graded, summary.failed) == (8, [])
    assert tiny_course.reports(there) == tiny_course.reports(here)


def test_the_real_examiner_works_on_a_worker(tmp_path: Path, sandbox: None, cluster: Any) -> None:
    """Dask's worker processes, which may have no children of multiprocessing, can isolate."""
    course = courses.create(tmp_path / "course")
    built = source.build(tiny_course.TEXT, "tiny", course.seed)
    courses.write_whole(course.source("tiny"), nbformat.writes(built.grader))
    path = course.submitted("tiny", "ada") / "tiny.ipynb"
    courses.write_whole(path, nbformat.writes(answered(built, tiny_course.SOLUTION)))
    summary = grading.grade(course, scheduler=cluster.scheduler_address)
    assert (summary.graded, summary.failed) == (1, [])
    assert tiny_course.reports(course)["tiny/ada"]["questions"][0]["points"] == 2


def test_a_worker_with_another_book_is_refused(
    course: Course, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marks come from one version of the code, wherever they are made."""
    tiny_course.hand_in(course, "ada")
    monkeypatch.setattr(grading, "engine_version", lambda: "another")
    with pytest.raises(CourseError, match="another version of the book"):
        grade(course, workers=None, scheduler=cluster.scheduler_address)


def test_an_address_that_does_not_answer_is_said(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the address and the command that starts a scheduler."""
    tiny_course.hand_in(course, "ada")
    monkeypatch.setattr(distant, "SECONDS", 0.3)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(CourseError, match=rf"{address}.*dask scheduler"):
            grade(course, workers=None, scheduler=address)
    assert not settled(course)


class Lost:
    """A client of Dask, or a future, after the scheduler is gone."""

    status = "closed"

    def cancelled(self) -> bool:
        """What Dask does with the futures of a lost scheduler."""
        return True


@pytest.mark.parametrize("told", [True, False], ids=["futures", "connection"])
def test_a_lost_scheduler_is_said(monkeypatch: pytest.MonkeyPatch, told: bool) -> None:
    """When the scheduler goes away the run ends, and says that nothing is lost."""
    monkeypatch.setattr(distant, "SECONDS", 0.01)
    future, done = Lost(), queue.SimpleQueue()
    if told:
        done.put(future)
    running = {future: grading.Task("tiny", "ada", "key")}
    with pytest.raises(CourseError, match="the same command goes on from there"):
        list(distant._done(Lost(), running, done, print))
