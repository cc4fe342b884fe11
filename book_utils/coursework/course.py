"""A course: one folder, laid out as nbgrader lays it out, and its `course.toml`.

The seed in `course.toml` decides every number that an assignment draws. Whoever knows it can
compute the answers, so it is never printed, and the file belongs to its owner alone.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

SETTINGS = "course.toml"
VARIANTS = ("course", "student")
SEED_BYTES = 32
LONGEST_ID = 64
# What a timestamp of nbgrader may look like: "2026-11-27 10:15:00.123456 UTC", or ISO 8601.
_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(UTC|Z|[+-]\d\d:?\d\d)?"
)

TEMPLATE = """\
# The settings of this course. Keep this file to yourself: the seed decides every number that an
# assignment draws, and whoever knows it can compute the answers. Lose it and no version can be
# built again, so keep a copy in a safe place.
name = {name}
seed = "{seed}"

# The address of your copy of the book, for links in feedback. Empty: no links.
book = {book}

# "course": everybody gets the same numbers. "student": everybody gets their own,
# with `release --per-student ROSTER.csv`.
variants = "{variants}"

# What the code of one submission may use. Leave a line out to keep what is built in.
[limits]
{limits}
# When an assignment is due. Without an offset such as +01:00 the time is UTC.
[deadlines]
# bptt = 2027-01-31T23:59:00+01:00
"""


class CourseError(Exception):
    """Something about the course that its owner has to put right; the message says what."""


@dataclass(frozen=True)
class Course:
    """What `course.toml` says, and where everything lies."""

    folder: Path
    name: str
    seed: bytes = field(repr=False)
    book: str = ""
    variants: str = "course"
    limits: dict[str, Any] = field(default_factory=dict)
    deadlines: dict[str, datetime] = field(default_factory=dict)

    # --- where everything lies -------------------------------------------------------------------

    def assignment(self, name: str) -> Path:
        """The instructor's own text of an assignment."""
        return self.folder / "assignments" / f"{name}.md"

    def source(self, name: str, student: str | None = None) -> Path:
        """What submissions are graded with: the notebook with solutions and hidden tests."""
        if student is None:
            return self.folder / "source" / name / f"{name}.ipynb"
        return self.folder / "variants" / name / f"{student}.ipynb"

    def instructor(self, name: str) -> Path:
        """The version to read: solutions, rubric, typical mistakes."""
        return self.folder / "instructor" / f"{name}.ipynb"

    def release(self, name: str, student: str | None = None) -> Path:
        """What students get."""
        folder = self.folder / "release" / name
        return (folder if student is None else folder / student) / f"{name}.ipynb"

    def submitted(self, name: str, student: str) -> Path:
        """The folder of what a student handed in."""
        return self.folder / "submitted" / student / name

    def report(self, name: str, student: str) -> Path:
        """What grading found."""
        return self.folder / "reports" / name / f"{student}.json"

    def autograded(self, name: str, student: str) -> Path:
        """The submission as nbgrader's formgrader shows it."""
        return self.folder / "autograded" / student / name / f"{name}.ipynb"

    def feedback(self, name: str, student: str) -> Path:
        """The page that a student gets back."""
        return self.folder / "feedback" / student / name / f"{name}.html"

    @property
    def gradebook(self) -> Path:
        """nbgrader's data base: structure, copies of marks, and marks given by hand."""
        return self.folder / "gradebook.db"

    @property
    def exports(self) -> Path:
        """The folder of files for other systems."""
        return self.folder / "exports"

    # --- what is there ---------------------------------------------------------------------------

    def released(self) -> list[str]:
        """The assignments that can be graded, by name."""
        found = (self.folder / "source").glob("*/*.ipynb")
        return sorted(path.stem for path in found if path.stem == path.parent.name)

    def chosen(self, names: Sequence[str]) -> list[str]:
        """These assignments, or all that were released."""
        released = self.released()
        for name in names:
            if name not in released:
                raise CourseError(
                    f"assignment {shown(name)} is not released in {self.folder}: "
                    f"expected one of {', '.join(released) or 'none, release one first'}"
                )
        return list(names) or released

    def lateness(self, name: str, handed_in: datetime | None) -> float:
        """Seconds after the deadline; 0 where one of the two is not known."""
        due = self.deadlines.get(name)
        if due is None or handed_in is None:
            return 0.0
        return max(0.0, (handed_in - due).total_seconds())


# --- names ---------------------------------------------------------------------------------------


def student_id(text: str) -> str:
    """The id of a student in its one spelling, or an error: it becomes the name of a folder."""
    spelled = unicodedata.normalize("NFC", text)
    if not spelled or len(spelled) > LONGEST_ID or len(spelled.encode()) > 2 * LONGEST_ID:
        raise CourseError(
            f"student id {shown(text)}: expected 1 to {LONGEST_ID} characters, got {len(spelled)}"
        )
    odd = [c for c in spelled if not (unicodedata.category(c)[0] in "LMN" or c in "._-@+'")]
    if odd:
        raise CourseError(
            f"student id {shown(text)}: expected letters, digits and . _ - @ + ' only, "
            f"got {shown(odd[0])}"
        )
    if spelled[0] in ".-" or spelled[-1] == "." or unicodedata.category(spelled[0]) == "M":
        raise CourseError(f"student id {shown(text)}: it may not begin with . or - or end with .")
    return spelled


def assignment_name(text: str) -> str:
    """The name of an assignment, or an error: it becomes the name of files."""
    if not re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", text) or len(text) > LONGEST_ID:
        raise CourseError(
            f"assignment {shown(text)}: expected small letters and digits, joined by - or _, "
            "such as bptt or truncation-drift"
        )
    return text


def shown(text: str) -> str:
    """A text from outside as one short line of plain characters."""
    return ascii(text if len(text) <= 80 else text[:79] + "…")


# --- course.toml ---------------------------------------------------------------------------------


def create(
    folder: Path,
    variants: str = "course",
    limits: dict[str, Any] | None = None,
    book: str = "",
) -> Course:
    """Write a `course.toml` with a fresh seed; an existing one is never touched."""
    folder.mkdir(parents=True, exist_ok=True)
    seed = secrets.token_bytes(SEED_BYTES)
    name = folder.resolve().name or "course"
    text = TEMPLATE.format(
        name=_quoted(name),
        seed=seed.hex(),
        variants=variants,
        book=_quoted(book),
        limits="".join(f"# {key} = {value}\n" for key, value in (limits or {}).items()),
    )
    # Made with its mode, so that at no moment anybody else can read it.
    handle = os.open(folder / SETTINGS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return load(folder)


def load(folder: Path) -> Course:
    """Read `course.toml`. What is wrong with it is said by field, value and expectation."""
    path = folder / SETTINGS
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(
            f"{path} is missing: name the course folder with --course, "
            "or make one with `python -m book_utils.coursework release`"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read: {error}") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path} is not valid TOML: {error}") from None
    if stat.S_IMODE(path.stat().st_mode) & 0o007:
        raise CourseError(f"{path} holds the seed and everybody can read it: chmod 600 {path}")
    known = {"name", "seed", "book", "variants", "limits", "deadlines"}
    unknown = sorted(set(data) - known)
    if unknown:
        raise CourseError(
            f"{path}: unknown field {shown(unknown[0])}, expected {', '.join(sorted(known))}"
        )
    for key, kind in (("name", str), ("seed", str), ("book", str), ("variants", str)):
        if not isinstance(data.get(key, ""), kind):
            raise CourseError(
                f"{path}: {key} is a {type(data[key]).__name__}, expected a text in quotes"
            )
    if data.get("variants", "course") not in VARIANTS:
        raise CourseError(
            f"{path}: variants is {shown(data['variants'])}, expected one of {VARIANTS}"
        )
    return Course(
        folder=folder.resolve(),
        name=data.get("name") or folder.resolve().name,
        seed=_seed(path, data.get("seed")),
        book=data.get("book", ""),
        variants=data.get("variants", "course"),
        limits=_limits(path, data.get("limits", {})),
        deadlines=_deadlines(path, data.get("deadlines", {})),
    )


def _seed(path: Path, text: str | None) -> bytes:
    """The seed. A wrong one is described, never shown."""
    expected = f"expected {2 * SEED_BYTES} hexadecimal digits in quotes"
    if text is None:
        raise CourseError(f"{path}: seed is missing, {expected}")
    if not re.fullmatch(r"[0-9a-fA-F]*", text):
        raise CourseError(f"{path}: seed has characters that are no hexadecimal digits, {expected}")
    if len(text) != 2 * SEED_BYTES:
        raise CourseError(f"{path}: seed has {len(text)} digits, {expected}")
    seed = bytes.fromhex(text)
    if len(set(seed)) < 4:
        raise CourseError(f"{path}: seed is no random number, {expected}")
    return seed


def _limits(path: Path, table: Any) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise CourseError(f"{path}: limits is {shown(str(table))}, expected a table [limits]")
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise CourseError(
                f"{path}: limits.{key} is {shown(str(value))}, expected a positive number"
            )
    return dict(table)


def _deadlines(path: Path, table: Any) -> dict[str, datetime]:
    if not isinstance(table, dict):
        raise CourseError(f"{path}: deadlines is {shown(str(table))}, expected a table [deadlines]")
    found = {}
    for key, value in table.items():
        if not isinstance(value, datetime):
            hint = " with a time" if isinstance(value, date) else ""
            raise CourseError(
                f"{path}: deadlines.{key} is {shown(str(value))}, "
                f"expected a date{hint} such as 2027-01-31T23:59:00+01:00, without quotes"
            )
        found[key] = value if value.tzinfo else value.replace(tzinfo=UTC)
    return found


def _quoted(text: str) -> str:
    """A text as a TOML string."""
    inner = "".join(
        f"\\{c}" if c in '"\\' else c if c.isprintable() else f"\\u{ord(c):04x}"
        for c in text
        if ord(c) < 0x10000 or c.isprintable()
    )
    return f'"{inner}"'


# --- files ---------------------------------------------------------------------------------------


def handed_in(folder: Path) -> datetime | None:
    """The time in a submission's `timestamp.txt`; None where there is none.

    A file that says something else raises ValueError: the caller tells a human.
    """
    path = folder / "timestamp.txt"
    if not path.exists():
        return None
    if path.is_symlink() or not path.is_file() or path.stat().st_size > 200:
        raise ValueError("timestamp.txt is not a short file")
    text = path.read_bytes().decode("utf-8", "replace").strip()
    found = _STAMP.fullmatch(text)
    if not found:
        raise ValueError(f"timestamp.txt says {shown(text)}, not a time")
    day, time, zone = found.groups()
    offset = "+00:00" if zone in (None, "UTC", "Z") else zone
    return datetime.fromisoformat(f"{day}T{time}{offset}")


def write_whole(path: Path, data: str | bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader, or a run after a crash, sees all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Temporary names begin with a dot, which no student id does.
    part = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_text_if_missing(path: Path, data: str) -> bool:
    """Write a file that its owner may change; tells whether it was written."""
    if path.exists():
        return False
    write_whole(path, data)
    return True
