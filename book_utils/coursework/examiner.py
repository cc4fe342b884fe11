"""One submission in, one report out.

`examine` does it in the process that calls it. An `Examiner` keeps a clean process for it, which
answers each submission from a fork of its own: whatever a submission does to the process that
checks it, the next one finds a new one. Between them goes JSON, and nothing else.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from book_utils.coursework import handed_in, values
from book_utils.coursework.isolation import sandbox as _sandbox
from book_utils.coursework.isolation.sandbox import (
    MIB,
    Isolation,
    Limits,
    Unisolated,
    isolated_here,
    refuse_unless_isolated,
)
from book_utils.coursework.isolation.session import NoStart, Session, fonts

__all__ = [
    "Examiner",
    "Isolation",
    "Limits",
    "Unisolated",
    "bundle",
    "examine",
    "isolated_here",
]

bundle = handed_in.bundle
REPORT_BYTES = 256 * MIB


END_SECONDS = 15.0
"""For an Examiner's process to end what runs below it."""


def failed(why: str, notes: list[str] | None = None, cause: str = "submission") -> dict[str, Any]:
    """The report of a submission that no marks can be given for: a human looks, nobody gets 0.

    The cause is "submission", or "machine" where trying again may help.
    """
    return {
        "status": "failed",
        "cause": cause,
        "why": values.clean(why, 1000),
        "notes": notes or [],
        "questions": [],
        "cells": [],
        "seconds": 0.0,
    }


def examine(
    bundle: Mapping[str, Any],
    submission: bytes,
    limits: Limits | Mapping[str, Any] | None = None,
    *,
    isolation: str = "bubblewrap",
    hide: tuple[str, ...] = (),
    fonts: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The report of one submission. `Unisolated` where its code would run in the open."""
    limits = limits if isinstance(limits, Limits) else Limits(**(limits or {}))
    refuse_unless_isolated(isolation)
    begun = time.monotonic()
    try:
        assignment = handed_in.read_assignment(bundle)
        notebook = handed_in.read(submission, limits.submission * MIB)
        found = handed_in.match(notebook, assignment)
    except handed_in.Unreadable as why:
        return failed(str(why))
    try:
        with Session(limits, isolation, hide, fonts) as session:
            shown = session.run(found.order)
            marks = _marks(assignment, session)
    except NoStart as why:
        return failed(str(why), found.notes, cause="machine")
    cells = [cell | {"outputs": [], "error": None} for cell in found.cells]
    for ran, result in zip(found.order, shown, strict=True):
        if "theirs" in ran:
            cells[int(ran["id"])] |= result
        elif result["error"]:
            found.notes.append(f"the cell {ran['id']} did not run: {result['error']}")
    return {
        "status": "graded",
        "why": "",
        "notes": found.notes,
        "questions": _all(assignment, marks, found),
        "cells": cells,
        "seconds": round(time.monotonic() - begun, 3),
    }


def _marks(assignment: handed_in.Assignment, session: Session) -> list[dict[str, Any]]:
    # Here, for its import of SymPy costs half a second, which a client does not need to spend.
    from book_utils.coursework import marking

    wanted = {
        name: kind for question in assignment.questions for name, kind in question.answers.items()
    }
    came = session.answers(wanted)
    answers = {
        name: values.answer(name, kind, came[name], session.call) for name, kind in wanted.items()
    }
    with contextlib.redirect_stdout(None), warnings.catch_warnings():
        # What they hand in overflows and divides by zero; nobody at the terminal needs to know.
        warnings.simplefilter("ignore")
        return marking.mark(assignment.grader, answers)


def _all(
    assignment: handed_in.Assignment,
    marks: list[dict[str, Any]],
    found: handed_in.HandedIn,
) -> list[dict[str, Any]]:
    """All questions in the order of the notebook: marked ones, and those for a human."""
    marked = {result["id"]: result for result in marks}
    questions = []
    for question in assignment.questions:
        if question.by == "machine":
            questions.append(_told(marked[question.id]))
            continue
        there = bool(found.written.get(question.id)) or question.id in found.human
        questions.append(
            {
                "id": question.id,
                "title": question.title,
                "points": None if there else 0.0,
                "of": question.points,
                "verdict": "hand" if there else "missing",
                "remarks": [],
            }
        )
    return questions


def _told(result: dict[str, Any]) -> dict[str, Any]:
    """A result whose texts can be stored and shown: they quote the student."""
    remarks = [
        remark | {"text": values.clean(remark["text"], 1000)} for remark in result["remarks"]
    ]
    return result | {"remarks": remarks}


# --- the process that examines ------------------------------------------------------------


def serve() -> None:
    """Answer orders on stdin until it ends: the main program of an Examiner's process."""
    replies = os.dup(1)
    os.dup2(2, 1)
    _told_the_kernel(ORPHANS, 1)
    signal.signal(signal.SIGTERM, _leave)
    from book_utils.coursework import marking

    del marking  # imported here once, so that the forks have it
    for line in sys.stdin.buffer:
        order = json.loads(line)
        report = _in_a_fork(order) if "submission" in order else _fonts(order["isolation"])
        data = report if isinstance(report, bytes) else json.dumps(report).encode()
        with os.fdopen(os.dup(replies), "wb") as out:
            out.write(data + b"\n")


def _fonts(isolation: str) -> dict[str, str]:
    try:
        return fonts(Limits(), isolation)
    except (NoStart, Unisolated):
        # The submission itself will say so, in its report.
        return {}


ORPHANS, DEATH = 36, 1
"""PR_SET_CHILD_SUBREAPER: processes left behind become ours, so that they can be ended.
PR_SET_PDEATHSIG: the signal that one gets when its parent dies."""


def _leave(*_: Any) -> None:
    """Go, and take along what runs below: once, for it must not be interrupted in that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)


def _told_the_kernel(what: int, value: int) -> None:
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(what, value, 0, 0, 0)


def _in_a_fork(order: Mapping[str, Any]) -> bytes | dict[str, Any]:
    """The report of one submission, from a process that lives for it alone."""
    limits = Limits(**order["limits"])
    seconds = limits.run + limits.marking + limits.start
    reading, writing = os.pipe()
    with _folder(order["isolation"]) as folder:
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _child(order, limits, folder, writing)
        os.close(writing)
        try:
            data = _all_of(reading, time.monotonic() + seconds)
        finally:
            os.close(reading)
            _end(pid)
    if data is None:
        return failed(
            f"grading it took longer than {seconds:g} s, or gave too much, and was stopped",
            cause="machine",
        )
    if not data.endswith(b"\n"):
        return failed(
            "the process that examined it ended: too much memory, or a defect of ours",
            cause="machine",
        )
    return data[:-1]


def _folder(isolation: str) -> contextlib.AbstractContextManager[str | None]:
    """A folder for what a submission writes, which bubblewrap keeps in memory."""
    if isolation == "none":
        return tempfile.TemporaryDirectory(prefix="examined-")
    return contextlib.nullcontext()


def _child(order: Mapping[str, Any], limits: Limits, folder: str | None, writing: int) -> None:
    """Never returns: neither loops nor exit handlers of the process it was forked from run here."""
    try:
        os.setpgid(0, 0)
        _told_the_kernel(DEATH, signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if folder:
            tempfile.tempdir = folder
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        memory = limits.marking_memory * MIB
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            report = examine(
                order["bundle"],
                base64.b64decode(order["submission"]),
                limits,
                isolation=order["isolation"],
                hide=tuple(order["hide"]),
                fonts=order["fonts"],
            )
        except Unisolated as why:
            report = {"refused": str(why)}
        except MemoryError:
            report = failed("checking it took more memory than it may", cause="machine")
        except Exception as error:
            import traceback

            traceback.print_exc()
            # What the error says may hold what our checks expect, so it stays on this side.
            report = failed(f"the checks stopped with {type(error).__name__}", cause="machine")
        data = json.dumps(report).encode() + b"\n"
        while data:
            data = data[os.write(writing, data) :]
    finally:
        os._exit(0)


def _all_of(handle: int, end: float) -> bytes | None:
    """All that comes until the other side closes; None if it is too late or too much."""
    found = bytearray()
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(0, 0)  # says when the client has gone
    while True:
        left = end - time.monotonic()
        if left <= 0 or len(found) > REPORT_BYTES:
            return None
        ready = [number for number, _ in poll.poll(left * 1000)]
        if 0 in ready or not ready:
            return None
        data = os.read(handle, 2**20)
        if not data:
            return bytes(found)
        found += data


def _end(pid: int) -> None:
    """End a fork and everything below it, also what has left its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    end = time.monotonic() + 10
    while (left := _sandbox.descendants(os.getpid())) and time.monotonic() < end:
        for below in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(below, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.005)


def _kill_with_all_below(process: subprocess.Popen[bytes]) -> None:
    for pid in [process.pid, *_sandbox.descendants(process.pid)]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


# --- the client ---------------------------------------------------------------------------


_fonts_made: dict[str, dict[str, str]] = {}
_making_fonts = threading.Lock()


class Examiner:
    """Examines submissions, one at a time, in a process of its own.

    Several may work side by side, in threads or in a worker of Dask. A process that dies is
    replaced, and its submission gets a report that says so.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        isolation: str = "bubblewrap",
        hide: tuple[str, ...] = (),
    ) -> None:
        refuse_unless_isolated(isolation)
        self.limits = limits or Limits()
        self.isolation, self.hide = isolation, tuple(map(str, hide))
        self._server: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def examine(
        self, bundle: Mapping[str, Any], submission: bytes, limits: Limits | None = None
    ) -> dict[str, Any]:
        """The report of one submission; it never raises for what a submission does."""
        limits = limits or self.limits
        order = {
            "fonts": self._fonts(),
            "bundle": bundle,
            "submission": base64.b64encode(submission).decode(),
            "limits": asdict(limits),
            "isolation": self.isolation,
            "hide": self.hide,
        }
        line = json.dumps(order).encode() + b"\n"
        with self._lock:
            report = self._asked(line, limits)
        if "refused" in report:
            raise Unisolated(report["refused"])
        return report

    def _fonts(self) -> dict[str, str]:
        """matplotlib's list of fonts, which takes seconds to make, so once for all Examiners."""
        with _making_fonts:
            if self.isolation not in _fonts_made:
                with self._lock:
                    found = self._asked(json.dumps({"isolation": self.isolation}).encode() + b"\n")
                if "status" in found:
                    # No fonts but a report of a failure; the submission will get one of its own.
                    return {}
                _fonts_made[self.isolation] = found
            return _fonts_made[self.isolation]

    def _asked(self, line: bytes, limits: Limits | None = None) -> dict[str, Any]:
        if self._stopped:
            return failed("the grading was stopped", cause="machine")
        limits = limits or self.limits
        server = self._running()
        end = time.monotonic() + limits.run + limits.marking + limits.start + 60
        try:
            server.stdin.write(line)
            server.stdin.flush()
            found = bytearray()
            handle = server.stdout.fileno()
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            while not found.endswith(b"\n"):
                left = max(0.0, end - time.monotonic())
                if not poll.poll(left * 1000):
                    raise EOFError("it did not answer in time")
                data = os.read(handle, 2**20)
                if not data:
                    raise EOFError("it died")
                found += data
            return json.loads(found)
        except (OSError, EOFError, ValueError) as error:
            self._stop()
            return failed(f"the process that examines was lost: {error}", cause="machine")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._server is not None and self._server.poll() is not None:
            self._stop()
        if self._server is None:
            root = str(Path(__file__).resolve().parents[2])
            # -I: neither the environment nor the folder it starts in chooses what it imports.
            program = (
                f"import sys; sys.path.insert(0, {root!r}); "
                "from book_utils.coursework.examiner import serve; serve()"
            )
            kept = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
            kept |= {name: os.environ[name] for name in ("TMPDIR",) if name in os.environ}
            kept |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
            self._server = subprocess.Popen(
                [sys.executable, "-I", "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=kept,
                cwd="/",
                start_new_session=True,
            )
        return self._server

    def _stop(self) -> None:
        if self._server is None:
            return
        self._server.terminate()
        try:
            self._server.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            _kill_with_all_below(self._server)
            self._server.wait()
        for stream in (self._server.stdin, self._server.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        self._server = None

    def stop(self) -> None:
        """End what is running now, from any thread; its report says that it was stopped."""
        self._stopped = True
        server = self._server
        if server is not None:
            server.terminate()

    def close(self) -> None:
        """End the process, when what it is at has ended."""
        with self._lock:
            self._stop()

    def __enter__(self) -> Examiner:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
