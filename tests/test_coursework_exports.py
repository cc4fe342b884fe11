"""Class lists, nbgrader's gradebook, and the files for other systems."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import sample_course as sample
from nbgrader import api
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.plugins.export import CsvExportPlugin
from sample_course import NAME

from book_utils.coursework import exports, gradebook, rosters
from book_utils.coursework.course import Course, CourseError

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Essay (11),Backpropagation Through Time (77),Final Score
,,,,,Manual Posting,Manual Posting,
    Points Possible,,,,,10,9,(read only)
"Doe, Jr., Jane",101,S1,jane,A,,,12
"=HYPERLINK(""http://evil"",""x"")",102,S2,eve,A,,,
"Łęcki, Zoë 😀",103,S3,zoe,B,,,
"بدوي, ليلى",104,S4,layla,B,,,
"Late, Lou",105,S5,lou,B,,,
"Broken, Bo",106,S6,bo,B,,,
"Nobody, Nora",107,S7,nora,B,,,
"Student, Test",199,,testee,B,,,
"""
MOODLE = """\
First name,Surname,ID number,Email address,Last downloaded from this course
Jane,"Doe, Jr.",1,jane@example.org,1
Zoë,Łęcki,2,zoe@example.org,1
"""
PLAIN = """\
id,first_name,last_name,email
jane,Jane,"Doe, Jr.",jane@example.org
zoe,Zoë 😀,Łęcki,zoe@example.org
"""


@pytest.fixture(scope="module")
def empty_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook of the sample course without students."""
    return sample.new_gradebook(tmp_path_factory.mktemp("book"))


@pytest.fixture
def course(tmp_path: Path, empty_book: Path) -> Course:
    """A course with one assignment, due on a day in January, and nobody in it."""
    made = sample.make(tmp_path / "course", due="2027-01-31T23:59:00+01:00")
    shutil.copy(empty_book, made.gradebook)
    return made


@pytest.fixture
def book(course: Course) -> Iterator[api.Gradebook]:
    """The gradebook as nbgrader opens it."""
    with api.Gradebook(f"sqlite:///{course.gradebook}") as opened:
        yield opened


def class_list(folder: Path, text: str = CANVAS, encoding: str = "utf-8") -> rosters.Roster:
    """A roster, from a file."""
    path = folder / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return rosters.read(path)


def a_class(course: Course) -> rosters.Roster:
    """Everything that can happen to a submission, once."""
    sample.hand_in(course, "jane", sample.graded(4.0, answer=""))
    sample.hand_in(course, "eve", sample.graded(1.5))
    sample.hand_in(course, "zoe", sample.graded(None))
    sample.hand_in(course, "layla", sample.graded(0.0, answer=""), when=None)
    note = "the file is called 'bptt(1).ipynb'; it was graded as bptt.ipynb"
    late = sample.graded(4.0, answer="", notes=(note,))
    sample.hand_in(course, "lou", late, when="2027-02-01 01:04:00 UTC")
    sample.hand_in(course, "bo", sample.failed("the file is no notebook: it holds other data"))
    sample.hand_in(course, "stranger", sample.graded(4.0, answer=""))
    return class_list(course.folder)


def rows(path: Path) -> list[dict[str, str]]:
    """A table as `csv` reads it."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def marks(course: Course) -> dict[str, dict[str, str]]:
    """The lines of marks.csv by student."""
    return {row["student"]: row for row in rows(course.exports / "marks.csv")}


# --- class lists ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("text", "kind", "id_"),
    [(MOODLE, "moodle", "1"), (PLAIN, "plain", "jane")],
)
def test_a_class_list_is_known_by_its_header(
    tmp_path: Path, text: str, kind: str, id_: str, delimiter: str, encoding: str
) -> None:
    """Moodle's and plain lists are read in every encoding and with every separator in use."""
    table = [next(csv.reader([line])) for line in text.splitlines()]
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in table]
    roster = class_list(tmp_path, "\r\n".join(lines), encoding)
    jane, zoe = roster.students
    assert (roster.kind, roster.problems) == (kind, ())
    assert (jane.id, jane.last_name, jane.first_name) == (id_, "Doe, Jr.", "Jane")
    assert zoe.last_name == "Łęcki"
    assert roster.find("JANE@example.org") is jane


def test_a_canvas_list_is_read_without_its_own_rows(tmp_path: Path) -> None:
    """Posting, points possible and the test student are no students, and the points are kept."""
    roster = class_list(tmp_path)
    assert [student.id for student in roster.students] == (
        ["jane", "eve", "zoe", "layla", "lou", "bo", "nora"]
    )
    assert roster.points["Backpropagation Through Time (77)"] == "9"
    assert (roster.students[0].last_name, roster.students[0].first_name) == ("Doe, Jr.", "Jane")
    assert {roster.find(name) for name in ("101", "S1", "jane")} == {roster.students[0]}
    assert roster.find("nobody") is None


def test_a_bad_line_of_a_class_list_is_named(tmp_path: Path) -> None:
    """A doubled, missing or impossible id and a missing quote name their lines; others count."""
    lines = ["id,last_name,first_name,email", 'a,A,"x\ny",', ",B,,", "a,C,,", "../e,D,,"]
    roster = class_list(tmp_path, "\n".join([*lines, "b,Doe, Jr.,J,b@x", "z,Z,,"]))
    assert [student.id for student in roster.students] == ["a", "z"]
    told = [problem.partition(":")[0] for problem in roster.problems]
    assert told == ["line 4", "line 5", "line 6", "line 7"]
    assert "'a' stands in line 2 already" in roster.problems[1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the first line is ''"),
        (b"name;points\nx;3\n", "expected the header"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no text"),
        (b'id,email\n"a' + b"b" * 200_000, "line 2"),
    ],
)
def test_a_file_that_is_no_class_list_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    """Another file gets one message that says what was expected."""
    path = tmp_path / "roster.csv"
    path.write_bytes(data)
    with pytest.raises(CourseError, match=said):
        rosters.read(path)
    with pytest.raises(CourseError, match="cannot be read"):
        rosters.read(tmp_path / "none.csv")


# --- the gradebook -------------------------------------------------------------------------------


def test_nbgrader_reads_the_marks_that_grading_found(
    course: Course, book: api.Gradebook, tmp_path: Path
) -> None:
    """nbgrader's API and its own CSV give our marks, names and times, and list what is open."""
    gradebook.sync(course, [NAME], roster=a_class(course))
    jane = book.find_submission(NAME, "jane")
    assert (jane.score, jane.max_score, jane.needs_manual_grade) == (4.0, 9.0, False)
    assert jane.student.last_name == "Doe, Jr."
    assert book.find_submission(NAME, "eve").needs_manual_grade
    undecided = book.find_grade("q1", NAME, NAME, "zoe")
    assert (undecided.auto_score, undecided.needs_manual_grade) == (None, True)
    assert book.find_comment("q3", NAME, NAME, "jane").comment == "No response."
    late = book.find_submission(NAME, "lou")
    assert late.total_seconds_late == 2 * 3600 + 5 * 60
    assert book.find_grade("q2", NAME, NAME, "bo").needs_manual_grade
    there = {cell.name for cell in book.find_notebook(NAME, NAME).source_cells}
    assert there == {"setup", "q1-answer", "q1", "q2-answer", "q2", "q3", "last"}

    path = tmp_path / "nbgrader.csv"
    CsvExportPlugin(to=str(path)).export(book)
    # nbgrader writes names without quotes; whole lines are compared without them.
    scores = {line.split(",")[3]: line.split(",")[-2] for line in path.read_text().splitlines()[1:]}
    assert {name: float(scores[name]) for name in ("zoe", "layla", "lou")} == (
        {"zoe": 0.0, "layla": 0.0, "lou": 4.0}
    )


def test_a_name_cannot_bring_markup_into_formgrader(course: Course, book: api.Gradebook) -> None:
    """Names reach nbgrader without what its pages would take for HTML."""
    text = "id,first_name,last_name\neve,<img src=x onerror=alert(1)>,O'Brien & <b>\n"
    gradebook.sync(course, [NAME], roster=class_list(course.folder, text))
    eve = book.find_student("eve")
    assert not set("<>&") & set(eve.first_name + eve.last_name)
    assert eve.last_name.startswith("O'Brien")


def test_the_notebook_of_formgrader_is_valid(course: Course) -> None:
    """What lies in autograded/ is a notebook of nbgrader's format, also for odd submissions."""
    added = (
        sample.code(None, "1 / 0", error="ZeroDivisionError: division by zero"),
        sample.written(None, "# An own heading"),
        sample.code("q1-answer", "a second copy"),
        sample.written(None, f"# {sample.TITLE}\n\nLet $h_t = w h_{{t-1}}$ and $|w| < 1$.\n"),
    )
    sample.hand_in(course, "a", sample.graded(cells=added, answer="\ud800 half a letter"))
    wrong_kinds = sample.graded()
    wrong_kinds["cells"] = [sample.written("q1-answer", "text"), sample.code("q3", "print(1)")]
    sample.hand_in(course, "b", wrong_kinds)
    sample.hand_in(course, "c", sample.failed("<script>alert(1)</script>"))
    gradebook.sync(course, [NAME])
    for student in "abc":
        notebook = nbformat.read(course.autograded(NAME, student), as_version=4)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
        text = json.dumps(notebook)
        assert "CANARY-RUBRIC" in text
        assert "CANARY-HIDDEN" not in text
        assert "<script>" not in text
    a = nbformat.read(course.autograded(NAME, "a"), as_version=4)
    assert sum("a second copy" in cell.source for cell in a.cells) == 1
    # The texts that everybody gets stand there once, not a second time as an own cell.
    assert sum("<mi>h</mi>" in cell.source for cell in a.cells) == 1


def test_marks_by_hand_are_kept_and_read_back(course: Course, book: api.Gradebook) -> None:
    """What a person entered outlives regrading, and comes back with its comment."""
    sample.hand_in(course, "eve", sample.graded(None))
    gradebook.sync(course, [NAME])
    assert gradebook.hand_marks(course, NAME) == {}
    sample.by_hand(course, "eve", "q3", 2.5, "Say *why*.")
    sample.by_hand(course, "eve", "q1", 3.0, "Nearly.", cell="q1-answer")
    expected = {
        "eve": {
            "q1": gradebook.HandMark(3.0, "Nearly.", False),
            "q3": gradebook.HandMark(2.5, "Say *why*.", False),
        }
    }
    assert gradebook.hand_marks(course, NAME) == expected
    # Another verdict on the same work.
    sample.hand_in(course, "eve", sample.graded(0.0))
    assert gradebook.sync(course, [NAME]).again == []
    assert gradebook.hand_marks(course, NAME) == expected
    assert book.find_submission(NAME, "eve").score == 5.5
    exports.export(course)
    assert marks(course)["eve"]["mark"] == "5.5"


def test_an_answer_that_changed_after_its_mark_is_shown_again(course: Course) -> None:
    """The mark stays, formgrader and the table ask for a look, and a new mark settles it."""
    sample.hand_in(course, "eve", sample.graded(4.0, answer="first"))
    gradebook.sync(course, [NAME])
    sample.by_hand(course, "eve", "q3", 2.0)
    assert gradebook.sync(course, [NAME]).again == []

    sample.hand_in(course, "eve", sample.graded(4.0, answer="second"))
    for _ in range(2):
        done = gradebook.sync(course, [NAME])
        assert len(done.again) == 1
        assert "q3 changed after it was marked by hand (2 points" in done.again[0]
        assert gradebook.hand_marks(course, NAME)["eve"]["q3"] == (2.0, "", True)
        assert "changed after it was marked" in course.autograded(NAME, "eve").read_text()
    exports.export(course)
    assert marks(course)["eve"]["mark"] == "6"
    assert "look again: q3 changed" in marks(course)["eve"]["status"]

    sample.by_hand(course, "eve", "q3", 3.0)
    assert gradebook.sync(course, [NAME]).again == []
    assert gradebook.hand_marks(course, NAME)["eve"]["q3"] == (3.0, "", False)
    assert "changed after it was marked" not in course.autograded(NAME, "eve").read_text()


def test_a_question_that_is_gone_keeps_its_marks_by_hand(course: Course) -> None:
    """An edited assignment loses automatic marks of old questions, and nothing of a person's."""
    sample.hand_in(course, "eve", sample.graded())
    gradebook.sync(course, [NAME])
    sample.by_hand(course, "eve", "q3", 2.0)
    start = sample.TEXT.index('+++ {"written"')
    without = sample.TEXT[:start].replace(":points: 2", ":points: 5")
    sample.make(course.folder, text=without)
    report = sample.graded()
    del report["questions"][2]
    sample.hand_in(course, "eve", report)
    notes = gradebook.sync(course, [NAME]).notes
    assert any("q3 is no longer asked but has marks or comments by hand" in note for note in notes)
    with api.Gradebook(f"sqlite:///{course.gradebook}") as book:
        assert book.find_grade("q3", NAME, NAME, "eve").manual_score == 2.0
        assert book.find_grade_cell("q2", NAME, NAME).max_score == 5.0


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_gradebook_delays_its_step_only(course: Course, lock: str) -> None:
    """Everything else is written, the message says what to do, and the next run goes on."""
    roster = a_class(course)
    gradebook.sync(course, [NAME], roster=roster)
    sample.by_hand(course, "eve", "q3", 3.0)
    sample.hand_in(course, "new", sample.graded(4.0, answer=""))
    other = sqlite3.connect(course.gradebook, isolation_level=None)
    other.execute(f"BEGIN {lock}")
    try:
        with pytest.raises(gradebook.GradebookLocked, match="close it and run the command again"):
            gradebook.sync(course, [NAME], wait=0.1)
        summary = exports.export(course, roster=roster, wait=0.1)
    finally:
        other.close()
    assert summary.status == 1
    assert summary.problems == [gradebook.LOCKED]
    told = marks(course)
    assert told["jane"]["mark"] == told["new"]["mark"] == "4"
    # While somebody writes, the marks by hand can still be read, unless the file is closed to all.
    assert told["eve"]["mark"] == ("4.5" if lock == "IMMEDIATE" else "")
    assert ("gradebook.db is locked" in told["eve"]["status"]) == (lock == "EXCLUSIVE")

    assert exports.export(course, roster=roster).status == 0
    assert marks(course)["eve"]["mark"] == "4.5"
    with api.Gradebook(f"sqlite:///{course.gradebook}") as book:
        assert book.find_submission(NAME, "new").score == 4.0


def test_a_file_that_is_no_gradebook_is_said_to_be_none(course: Course) -> None:
    """Another file in its place gets a message instead of a traceback."""
    course.gradebook.write_bytes(b"no data base at all" * 100)
    with pytest.raises(CourseError, match="no gradebook"):
        gradebook.sync(course, [NAME])


def test_a_class_of_500_is_synchronised(course: Course, book: api.Gradebook) -> None:
    """All marks of a large class arrive, and a second run finds nothing to write."""
    points = [4.0, None, 1.0, 0.0]
    for index in range(500):
        answer = f"Answer {index}" if index % 5 else ""
        sample.hand_in(course, f"s{index:03}", sample.graded(points[index % 4], answer=answer))
    assert gradebook.sync(course, [NAME]).changed == 500
    again = gradebook.sync(course, [NAME])
    assert (again.students, again.changed) == (500, 0)
    found = {row["student"]: row for row in book.submission_dicts(NAME)}
    assert len(found) == 500
    assert sum(row["score"] for row in found.values()) == 125 * (4 + 0 + 1 + 0)
    waiting = sum(row["needs_manual_grade"] for row in found.values())
    assert waiting == sum(index % 5 > 0 or index % 4 == 1 for index in range(500))


# --- files for other systems ---------------------------------------------------------------------


def test_a_mark_is_a_number_only_where_it_is_one(course: Course) -> None:
    """What failed, is open or was not handed in has an empty cell and says so; nobody is lost."""
    summary = exports.export(course, roster=a_class(course))
    assert summary.status == 0
    told = {name: (row["mark"], row["status"]) for name, row in marks(course).items()}
    assert told == {
        "jane": ("4", "graded"),
        "eve": ("", "hand grading open: q3"),
        "zoe": ("", "hand grading open: q1, q3"),
        "layla": ("0", "graded"),
        "lou": ("4", "graded; late by 2 h 5 min"),
        "bo": ("", "autograding failed: the file is no notebook: it holds other data"),
        "nora": ("", "not handed in"),
        "stranger": ("4", "graded"),
    }
    assert "bptt(1).ipynb" in marks(course)["lou"]["notes"]
    assert [row["student"] for row in rows(course.exports / "not-on-the-roster.csv")] == [
        "stranger"
    ]
    text = "\n".join(summary.lines())
    for who in ("stranger handed in bptt but is not on roster.csv", "bo: autograding failed"):
        assert who in text
    questions = rows(course.exports / "questions.csv")
    zoe = {row["question"]: row for row in questions if row["student"] == "zoe"}
    assert (zoe["q1"]["points"], zoe["q2"]["points"], zoe["q3"]["points"]) == ("", "0", "")
    assert zoe["q2"]["remarks"] == "the reach is too small"


def test_a_folder_spelled_otherwise_is_the_same_student(course: Course) -> None:
    """An accented letter of two characters in the name of a folder makes no second student."""
    sample.hand_in(course, "Zoe\u0308", None, when="2027-02-01 01:04:00 UTC")
    sample.hand_in(course, "Zoë", sample.graded(4.0, answer=""), when=None)
    shutil.rmtree(course.submitted(NAME, "Zoë").parent)
    (course.submitted(NAME, "-odd")).mkdir(parents=True)
    exports.export(course)
    told = {name: row["status"] for name, row in marks(course).items()}
    assert told == {"Zoë": "graded; late by 2 h 5 min"}


def test_what_was_not_handed_in_is_zero_only_on_request(course: Course) -> None:
    """`missing="zero"` gives a zero to whoever handed in nothing, and to nobody else."""
    exports.export(course, roster=a_class(course), missing="zero")
    told = marks(course)
    assert (told["nora"]["mark"], told["nora"]["status"]) == ("0", "not handed in")
    assert told["bo"]["mark"] == told["eve"]["mark"] == ""
    with pytest.raises(CourseError, match="expected one of"):
        exports.export(course, missing="0")


def test_canvas_gets_its_own_ids_back(course: Course) -> None:
    """The file for Canvas has its columns, ids, sections and points, and marks in its column."""
    roster = a_class(course)
    exports.export(course, formats=["canvas"], roster=roster)
    with (course.exports / "canvas.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.reader(file))
    column = "Backpropagation Through Time (77)"
    assert table[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column]
    assert table[1] == ["    Points Possible", "", "", "", "", "9"]
    assert table[2] == ["Doe, Jr., Jane", "101", "S1", "jane", "A", "4"]
    assert table[3][0].startswith("'=HYPERLINK")
    assert [row[1] for row in table[2:]] == [str(number) for number in range(101, 108)]
    assert [row[5] for row in table[2:]] == ["4", "", "", "0", "4", "", ""]
    states = rows(course.exports / "canvas-status.csv")
    assert states[5][column].startswith("autograding failed")
    # Canvas reads its own file again: ours is one.
    assert rosters.read(course.exports / "canvas.csv").kind == "canvas"


def test_moodle_gets_marks_and_words(course: Course) -> None:
    """The file for Moodle has what names a student there, a mark, and the state as feedback."""
    sample.hand_in(course, "jane@example.org", sample.graded(4.0, answer=""))
    sample.hand_in(course, "2", sample.failed("no notebook"))
    exports.export(course, formats=["moodle"], roster=class_list(course.folder, MOODLE))
    found = rows(course.exports / "moodle.csv")
    people = ["First name", "Last name", "ID number", "Email address"]
    assert list(found[0]) == [*people, sample.TITLE, f"{sample.TITLE} (feedback)"]
    assert [row[sample.TITLE] for row in found] == ["4", ""]
    assert found[1][f"{sample.TITLE} (feedback)"] == "autograding failed: no notebook"


@pytest.mark.parametrize(("first", "last"), [("jane", "101"), ("101", "jane")])
def test_of_two_submissions_the_last_in_time_counts(course: Course, first: str, last: str) -> None:
    """Somebody who handed in under two ids gets the later one, and the table says so."""
    sample.hand_in(course, first, sample.graded(4.0, answer=""), when="2027-01-30 10:00:00 UTC")
    sample.hand_in(course, last, sample.graded(0.0, answer=""), when="2027-01-31 10:00:00 UTC")
    exports.export(course, roster=class_list(course.folder))
    jane = marks(course)["jane"]
    assert jane["mark"] == "0"
    assert f"2 submissions; the last one counts, handed in by {last}" in jane["notes"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\ufeff=1",
        "＝1",
        "=cmd|' /C calc'!A0",
    ],
)
def test_no_cell_begins_a_formula(text: str) -> None:
    """A text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers."""
    assert exports.cell(text).startswith("'")
    assert exports.table([[text]]).startswith("\"'")
    assert [exports.cell(value) for value in (-1.5, 3.0, 0)] == [-1.5, 3, 0]


def test_every_name_comes_through_a_table(course: Course) -> None:
    """Commas, quotes, emoji, right-to-left letters and line breaks are read back as they were."""
    names = ['Doe, "Jr."', "Łęcki 😀", "بدوي", "two\nlines", "semi;colon", "\ud800"]
    text = exports.table([["name"], *([name] for name in names)])
    back = [row[0] for row in csv.reader(text.encode().decode().splitlines())]
    assert back == ["name", 'Doe, "Jr."', "Łęcki 😀", "بدوي", "two lines", "semi;colon", ""]


def test_gradescope_gets_its_documented_fields(course: Course) -> None:
    """results.json has a score per decided question, names what is open, and fails without one."""
    a_class(course)
    gradebook.sync(course, [NAME])
    # One mark by hand is no grade of a submission that could not be graded.
    sample.by_hand(course, "bo", "q1", 3.0)
    exports.export(course, formats=["gradescope"])
    folder = course.exports / "gradescope" / NAME
    told = {
        path.parent.name: json.loads(path.read_text()) for path in folder.glob("*/results.json")
    }
    assert set(told) == {"jane", "eve", "zoe", "layla", "lou", "bo", "stranger"}
    eve = told["eve"]
    assert [(test["score"], test["max_score"]) for test in eve["tests"]] == [(1.5, 4.0), (0.0, 2.0)]
    assert "not in this score: Why it vanishes (3 points)" in eve["output"]
    assert "score" not in told["bo"]
    assert "tests" not in told["bo"]
    assert "Autograding failed: the file is no notebook" in told["bo"]["output"]
    fields = {"output", "visibility", "stdout_visibility", "extra_data", "execution_time", "tests"}
    of_test = {"number", "name", "score", "max_score", "output", "visibility"}
    for result in told.values():
        assert set(result) <= fields
        assert all(set(test) == of_test for test in result.get("tests", []))


def test_the_same_marks_give_the_same_files(course: Course) -> None:
    """A second export writes nothing, and neither the order of grading nor of folders shows."""
    roster = a_class(course)
    everything = ["csv", "canvas", "moodle", "gradescope"]
    exports.export(course, formats=everything, roster=roster)
    files = [path for path in sorted(course.exports.rglob("*")) if path.is_file()]
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}
    exports.export(course, formats=everything, roster=roster)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files} == before


def test_the_command_says_what_it_did(course: Course) -> None:
    """`write` prints files and who needs a look, and takes a roster as a path."""
    a_class(course)
    said: list[str] = []
    status = exports.write(course, roster=course.folder / "roster.csv", say=said.append)
    assert status == 0
    assert "canvas.csv" in said[0]
    assert "lou: graded; late by 2 h 5 min" in said[0]
    with pytest.raises(CourseError, match="format 'xls': expected one of csv"):
        exports.write(course, formats=["xls"], say=said.append)
    with pytest.raises(CourseError, match="not released"):
        exports.write(course, ["none"], say=said.append)
