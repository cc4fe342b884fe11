"""A place for code that nobody trusts: bubblewrap around one Python process.

Inside there is no network, no process of others, and no file but a Python, the packages that
notebooks use, and two small folders in memory that vanish with the sandbox. What leaves it are
lines of text on a pipe. Without bubblewrap nothing runs, unless the caller says `isolation="none"`.
"""

from __future__ import annotations

import importlib.util
import os
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from book_utils.coursework.isolation.system_calls import system_call_filter

MIB = 2**20
PACKAGES = ("numpy", "sympy", "matplotlib", "IPython")
# What a notebook finds of the machine. Not /usr/share and /usr/local, where anything may lie.
SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/bin", "/lib", "/lib64", "/bin")
WATCH_SECONDS = 0.05
TOO_LONG = "the notebook took longer than it may in all"
STUCK = "it took longer than it may and could not be interrupted"


class Unisolated(RuntimeError):
    """Students' code would run without isolation, and nobody said that it may."""


class Ended(RuntimeError):
    """The sandbox is gone; the message says why, in words for a report."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times in seconds, sizes in MiB unless the name says more."""

    cell: float = 20.0  # one cell, and one reading of the answers
    call: float = 5.0  # one call of a function that is an answer
    run: float = 120.0  # the notebook, from its start to the last call
    marking: float = 180.0  # on top of `run`: the checks of one submission
    start: float = 30.0  # of the sandbox, which no student delays
    process_memory: int = 2048  # address space of one process
    memory: int = 2048  # what all its processes hold together
    marking_memory: int = 4096  # address space of the process that checks
    processes: int = 32
    disk: int = 64  # each of the two folders, and one file
    text: int = 20_000  # characters that a cell may print
    figures: int = 12  # pictures in a notebook
    picture: int = 2  # one picture
    submission: int = 20  # the file that is handed in

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise ValueError(f"Limits: {name} is {value}, but must be above 0")

    def but(self, **changes: float) -> Limits:
        """These limits with some changed."""
        return replace(self, **changes)


def _package_folders() -> list[Path]:
    """The folders that hold the packages of a notebook, without the packages' own code."""
    folders = []
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        if found and found.origin:
            folders.append(Path(found.origin).parent.parent)
    return list(dict.fromkeys(folders))


def _own_package() -> Path:
    """Where book_utils lies: a notebook must not see it."""
    return Path(__file__).resolve().parents[2]


def _within(path: Path, folders: list[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)


def _python() -> str:
    """The interpreter itself: a virtual environment's is a link to it."""
    return os.path.realpath(sys.executable)


@dataclass(frozen=True)
class Isolation:
    """What holds students' code back on this machine."""

    files: bool
    network: bool
    processes: bool
    system_calls: bool
    memory_and_time: bool = True
    why_not: str = ""

    def __bool__(self) -> bool:
        return self.files and self.network and self.processes


def _shown() -> list[Path]:
    """All that a notebook sees of this machine's files."""
    base = Path(sys.base_prefix)
    shown = [Path(p) for p in SYSTEM if Path(p).exists()]
    # A Python of the system lies in SYSTEM already; all of /usr would be too much.
    shown += [base] if base != Path("/usr") else []
    return list(dict.fromkeys([*shown, *_package_folders()]))


def _bound(shown: list[Path]) -> list[str]:
    command = []
    # bubblewrap makes missing folders for its own user alone, which root is not for long.
    above = dict.fromkeys(folder for path in shown for folder in reversed(path.parents))
    for folder in above:
        command += ["--perms", "0755", "--dir", str(folder)] if folder != Path("/") else []
    for path in shown:
        if path.is_symlink() and str(path) in SYSTEM:
            command += ["--symlink", str(path.readlink()), str(path)]
        else:
            command += ["--ro-bind", str(path), str(path)]
    return command


def _walls(hide: tuple[str, ...] = (), disk: int = 64) -> list[str]:
    """What bubblewrap is told."""
    shown = _shown()
    told = ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
    told += ["--new-session", "--die-with-parent", "--clearenv"]
    told += ["--uid", "65534", "--gid", "65534", "--hostname", "notebook"]
    size = str(disk * MIB)
    # First these, then what is shown: Python's packages often lie below /home, or below /tmp.
    for folder in ("/tmp", "/home"):
        told += ["--size", size, "--tmpfs", folder]
    told += _bound(shown)
    for path in (path.resolve() for path in [_own_package(), *map(Path, hide)]):
        if path.exists() and _within(path, shown):
            told += ["--tmpfs", str(path), "--remount-ro", str(path)]
    told += ["--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm"]
    # bubblewrap's own folders in memory have no size limit, so nothing may be written there.
    told += ["--remount-ro", "/dev"]
    environment = {
        "HOME": "/home",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        **_always(),
    }
    for name, value in environment.items():
        told += ["--setenv", name, value]
    return [*told, "--chdir", "/home"]


def _as_nobody() -> list[str]:
    """What root puts in front: another user for what follows.

    A user namespace alone would leave the processes root's, to whom /proc/sys and much else that
    goes by the owner of a file is open, and whom no limit on processes meets. The number belongs
    to nobody on the machine and to no other sandbox. The outer bubblewrap only opens a way to
    the files, for they may lie where that user cannot go.
    """
    if os.geteuid() != 0:
        return []
    bubblewrap, setpriv = shutil.which("bwrap"), shutil.which("setpriv")
    user = str(0x70000000 + os.getpid())
    return [
        *(bubblewrap or "bwrap", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--tmpfs", "/tmp"),
        *_bound(_shown()),
        *("--dev-bind", "/dev", "/dev", "--bind", "/proc", "/proc"),
        *("--remount-ro", "/", "--", setpriv or "setpriv"),
        *("--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", "--"),
    ]


def _bubblewrap(told: list[str], command: list[str]) -> tuple[list[str], list[int]]:
    """The whole command, and the handles it needs."""
    # Through a handle, so that nobody inside reads our paths in the list of processes.
    handle = _in_memory("told", "".join(f"{word}\0" for word in told).encode())
    bubblewrap = shutil.which("bwrap") or "bwrap"
    return [*_as_nobody(), bubblewrap, "--args", str(handle), "--", *command], [handle]


def _always() -> dict[str, str]:
    """The same each time, and one thread: BLAS would start one for each core in each sandbox."""
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    same = {"PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):
        # Some Pythons find their own library only so.
        same["LD_LIBRARY_PATH"] = f"{sys.base_prefix}/lib"
    return dict.fromkeys(threads, "1") | same


@cache
def isolated_here() -> Isolation:
    """Try bubblewrap on this machine, and say what holds."""
    if sys.platform != "linux":
        return Isolation(False, False, False, False, why_not=f"{sys.platform} has no bubblewrap")
    if shutil.which("bwrap") is None:
        return Isolation(
            False, False, False, False, why_not="bubblewrap is missing: apt-get install bubblewrap"
        )
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return Isolation(
            False, False, False, False, why_not="setpriv is missing: apt-get install util-linux"
        )
    trial = [_python(), "-I", "-S", "-c", "print(6 * 7)"]
    command, handles = _bubblewrap([*_walls(), "--remount-ro", "/"], trial)
    try:
        tried = subprocess.run(
            command, capture_output=True, text=True, timeout=60, pass_fds=handles
        )
    finally:
        for handle in handles:
            os.close(handle)
    if tried.returncode or tried.stdout.strip() != "42":
        why = tried.stderr.strip().splitlines()
        return Isolation(
            False,
            False,
            False,
            False,
            why_not="bubblewrap does not work here: " + (why[-1] if why else "no message"),
        )
    return Isolation(True, True, True, system_call_filter() is not None)


def refuse_unless_isolated(isolation: str) -> None:
    """Refuse to run students' code in the open, in words that say what that would mean."""
    if isolation not in ("bubblewrap", "none"):
        raise ValueError(f"isolation is {isolation!r}, but must be 'bubblewrap' or 'none'")
    if isolation == "none":
        return
    here = isolated_here()
    if not here:
        raise Unisolated(
            f"Students' code cannot be isolated on this machine ({here.why_not}). "
            "It could read and change every file that you can (the gradebook, the solutions, the "
            "work of others), use the network, and end or watch your other processes; only its "
            "time and memory would be limited. Install bubblewrap, or grade on a machine that has "
            "it. If you trust every submission, say so: isolation = 'none'."
        )


class Sandbox:
    """One process inside, talked to in lines; ended with everything that it started."""

    def __init__(
        self,
        program: str,
        files: dict[str, bytes],
        limits: Limits,
        isolation: str = "bubblewrap",
        hide: tuple[str, ...] = (),
    ) -> None:
        """Start `program` (Python source) with `files` beside it, in the folder `sys.argv[1]`."""
        refuse_unless_isolated(isolation)
        self.limits = limits
        self.deadline = time.monotonic() + limits.run
        self._why: str | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._buffer = bytearray()
        # An anonymous file: a pipe that nobody reads would stop bubblewrap.
        self._errors = os.memfd_create("errors")
        files = {"runner.py": program.encode(), **files}
        if isolation == "bubblewrap":
            self._start_isolated(files, hide)
        else:
            self._start_open(files)
        os.set_blocking(self._process.stdout.fileno(), False)
        os.set_blocking(self._process.stdin.fileno(), False)
        self._closed = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _arguments(self, folder: str) -> list[str]:
        # -S: no .pth file runs, so an editable book_utils cannot bring itself in.
        # Not -I: it would take no hash seed, and a set would print in another order each time.
        packages = os.pathsep.join(map(str, _package_folders()))
        return [_python(), "-s", "-P", "-S", "-u", f"{folder}/runner.py", folder, packages]

    def _start_isolated(self, files: dict[str, bytes], hide: tuple[str, ...]) -> None:
        told = _walls(hide, self.limits.disk)
        handles = []
        for name, data in files.items():
            handles.append(_in_memory(name, data))
            told += ["--ro-bind-data", str(handles[-1]), f"/desk/{name}"]
        rules = system_call_filter()
        if rules is not None:
            handles.append(_in_memory("rules", rules))
            told += ["--seccomp", str(handles[-1])]
        told += ["--remount-ro", "/"]
        command, more = _bubblewrap(told, self._arguments("/desk"))
        handles += more
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                pass_fds=handles,
                cwd="/",
                env={"PATH": "/usr/bin:/bin"},
                start_new_session=True,
            )
        finally:
            for handle in handles:
                os.close(handle)

    def _start_open(self, files: dict[str, bytes]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="notebook-")
        folder = Path(self._folder.name)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        home = folder / "home"
        home.mkdir()
        environment = {"HOME": str(home), "TMPDIR": str(home), "PATH": "/usr/bin:/bin"}
        environment |= {"MPLCONFIGDIR": str(home / "matplotlib")}
        self._process = subprocess.Popen(
            self._arguments(str(folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=home,
            env=environment | _always(),
            start_new_session=True,
        )

    # Talking

    def write(self, line: bytes, seconds: float, late: str) -> None:
        """Send one line; a program that does not read is ended, being `late`."""
        end = min(time.monotonic() + seconds, self.deadline)
        handle = self._process.stdin.fileno()
        rest = memoryview(line + b"\n")
        while rest:
            self._wait([], [handle], end, late)
            try:
                rest = rest[os.write(handle, rest) :]
            except BlockingIOError:
                continue
            except (BrokenPipeError, OSError) as error:
                raise self.end("the notebook's process ended") from error

    def read(self, seconds: float, most: int, late: str) -> bytes:
        """The next line, at most `most` bytes long, within `seconds`; else it is `late`."""
        end = min(time.monotonic() + seconds, self.deadline)
        handle = self._process.stdout.fileno()
        while (at := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > most:
                raise self.end("the notebook's process sent too much")
            self._wait([handle], [], end, late)
            try:
                data = os.read(handle, 2**16)
            except BlockingIOError:
                continue
            if not data:
                raise self.end("the notebook's process ended")
            self._buffer += data
        if at > most:
            raise self.end("the notebook's process sent too much")
        line = bytes(self._buffer[:at])
        del self._buffer[: at + 1]
        return line

    def _wait(self, reading: list[int], writing: list[int], end: float, late: str) -> None:
        left = end - time.monotonic()
        if left <= 0 or not _ready(reading, writing, left):
            raise self.end(TOO_LONG if time.monotonic() >= self.deadline else late)

    @property
    def quiet(self) -> bool:
        """Whether nothing waits to be read that nobody asked for."""
        return not self._buffer and not _ready([self._process.stdout.fileno()], [], 0)

    # Ending

    def end(self, why: str) -> Ended:
        """Kill all of it; give the error to raise. The first reason stays."""
        if self._why is None:
            self._why = why
        self._kill()
        return Ended(self._why)

    def _kill(self) -> None:
        # With bubblewrap the first process inside takes all the others along.
        pids = [self._process.pid, *descendants(self._process.pid)]
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if self._process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, and leave nothing behind."""
        if self._closed.is_set():
            return
        self.end("closed")
        self._closed.set()
        self._watcher.join()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                stream.close()
        os.close(self._errors)
        if self._folder:
            self._folder.cleanup()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    @property
    def last_words(self) -> str:
        """What bubblewrap or Python said on stderr before any student code ran."""
        return os.pread(self._errors, 2000, 0).decode(errors="replace").strip()

    # Watching

    def _watch(self) -> None:
        limits = self.limits
        while not self._closed.wait(WATCH_SECONDS):
            pids = descendants(self._process.pid, most=limits.processes + 8)
            if len(pids) > limits.processes + 4:
                self.end("it started too many processes")
            elif _resident(pids) > limits.memory * MIB and _proportional(pids) > (
                limits.memory * MIB
            ):
                self.end("it took more memory than it may")
            elif time.monotonic() > self.deadline:
                self.end(TOO_LONG)


def _in_memory(name: str, data: bytes) -> int:
    """The handle of a file that has no place on any disk."""
    handle = os.memfd_create(name)
    os.write(handle, data)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def _ready(reading: list[int], writing: list[int], seconds: float) -> bool:
    # Not select(): it fails for the handles of a process that has many files open.
    poll = select.poll()
    for handle in reading:
        poll.register(handle, select.POLLIN)
    for handle in writing:
        poll.register(handle, select.POLLOUT)
    return bool(poll.poll(max(1, int(seconds * 1000)) if seconds else 0))


def descendants(pid: int, most: int = 10_000) -> list[int]:
    """The processes below one, at most `most`: a fork bomb must not keep the watcher busy."""
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) <= most:
        below = waiting.pop()
        try:
            tasks = list(Path(f"/proc/{below}/task").iterdir())
        except OSError:
            continue
        for task in tasks:
            try:
                children = (task / "children").read_text()
            except OSError:
                continue
            for child in map(int, children.split()):
                found.append(child)
                waiting.append(child)
    return found


def _resident(pids: list[int]) -> int:
    """Bytes in memory that are no file's: shared ones count more than once."""
    pages = 0
    for pid in pids:
        with suppress(OSError, IndexError, ValueError):
            fields = Path(f"/proc/{pid}/statm").read_text().split()
            pages += int(fields[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _proportional(pids: list[int]) -> int:
    """The same with shared pages shared out: slow, so only asked when it matters."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total
