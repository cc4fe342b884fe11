"""What is released holds no answer, fits nbgrader, and changes only when its owner says so."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import shutil
import sqlite3
import stat
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
import tiny_course
from nbformat import NotebookNode

from book_utils.coursework import __main__ as command
from book_utils.coursework import course as courses
from book_utils.coursework import leaks, release, source
from book_utils.coursework.course import Course, CourseError

SEED = bytes(range(32))


def quiet(_line: str) -> None:
    """For what a test does not read."""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A folder with the text of the tiny assignment."""
    return tiny_course.write_sources(tmp_path / "sources")


@pytest.fixture(scope="module")
def built() -> source.Built:
    """The tiny assignment for one seed."""
    return source.build(tiny_course.TEXT, "tiny", SEED)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, list[str]]:
    """A course with the tiny assignment released, and what the release said. Not to be changed."""
    folder = tmp_path_factory.mktemp("released")
    course, said = courses.create(folder / "course"), []
    texts = tiny_course.write_sources(folder / "sources")
    release.release(course, ["tiny"], sources=texts, say=said.append)
    return course, said


# --- course.toml ---------------------------------------------------------------------------------


def test_a_new_course_has_a_secret_of_its_own(tmp_path: Path, sources: Path, capsys) -> None:
    """Each course gets 256 random bits, readable by its owner only and printed nowhere."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        # Stops after course.toml: no such assignment.
        assert command.main(["release", "no", "--course", str(folder), "--sources", str(sources)])
    one, two = map(courses.load, folders)
    assert len(one.seed) == 32
    assert one.seed != two.seed
    for each in (one, two):
        mode = (each.folder / "course.toml").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
        out, err = capsys.readouterr()
        assert each.seed.hex()[:8] not in out + err + repr(each)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('seed = "', 'seed = "z', ["seed", "hexadecimal"]),
        ('seed = "', 'seed = "0', ["seed", "65 digits", "64"]),
        ("seed =", "sead =", ["'sead'", "seed"]),
        ('variants = "course"', 'variants = "all"', ["variants", "'all'", "student"]),
        ('variants = "course"', "variants = 3", ["variants", "int", "text"]),
        ("[limits]", "[limits]\nrun = -1", ["limits.run", "-1", "positive"]),
        ("[deadlines]", '[deadlines]\nbptt = "soon"', ["deadlines.bptt", "soon", "2027-"]),
        ("[deadlines]", "[deadlines]\nbptt = 2027-01-01", ["deadlines.bptt", "time"]),
        ("name =", "name", ["TOML", "line"]),
    ],
)
def test_what_is_wrong_in_the_settings_is_named(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    """A message about course.toml names the field, what it got and what it expects, no seed."""
    course = courses.create(tmp_path / "course")
    path = course.folder / "course.toml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(CourseError) as caught:
        courses.load(course.folder)
    assert all(word in str(caught.value) for word in words), caught.value
    assert course.seed.hex()[:8] not in str(caught.value)


def test_a_seed_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    """Whoever reads the seed can compute the answers, so its file is closed to others."""
    course = courses.create(tmp_path / "course")
    (course.folder / "course.toml").chmod(0o644)
    with pytest.raises(CourseError, match="chmod 600"):
        courses.load(course.folder)


def test_a_name_is_written_so_that_it_is_read_again(tmp_path: Path) -> None:
    """A folder of any name makes a course.toml that can be read."""
    name = 'a "b" \\ [x] äß \t 数'
    assert courses.create(tmp_path / name).name == name


@pytest.mark.parametrize("text", ["ada", "s1234567", "o'brien@uni.edu", "François", "दीप्ति", "a+b"])
def test_ids_of_students_are_kept(text: str) -> None:
    """Ids that universities give are good names of folders."""
    assert courses.student_id(text) == text


@pytest.mark.parametrize(
    "text", ["", ".", "..", ".hidden", "-rf", "a/b", "a\\b", "a\0b", "a\nb", "a*", "x" * 65, "a."]
)
def test_ids_that_are_no_names_are_refused(text: str) -> None:
    """No id of a student leads out of its folder, hides, or looks like an option."""
    with pytest.raises(CourseError, match="student id"):
        courses.student_id(text)


def test_two_spellings_of_an_id_are_one() -> None:
    """An accent written as a character of its own is the same student."""
    assert courses.student_id("Franc\u0327ois") == "François"


@pytest.mark.parametrize(
    "text",
    ["2027-01-31 22:59:30.5 UTC", "2027-01-31T23:59:30.5+01:00", "2027-01-31 22:59:30.500 Z\n"],
)
def test_the_time_of_handing_in_is_read(tmp_path: Path, text: str) -> None:
    """nbgrader's timestamps and ISO ones are compared with the deadline to the second."""
    (tmp_path / "timestamp.txt").write_text(text)
    due = datetime(2027, 1, 31, 22, 59, tzinfo=UTC)
    course = Course(tmp_path, "c", SEED, deadlines={"tiny": due})
    assert course.lateness("tiny", courses.handed_in(tmp_path)) == 30.5
    assert course.lateness("other", courses.handed_in(tmp_path)) == 0


def test_a_time_that_is_none_is_said(tmp_path: Path) -> None:
    """A broken timestamp raises an error, for it must not count as in time."""
    (tmp_path / "timestamp.txt").write_text("yesterday")
    with pytest.raises(ValueError, match="not a time"):
        courses.handed_in(tmp_path)


# --- release -------------------------------------------------------------------------------------


def read(path: Path) -> NotebookNode:
    """A notebook from its file."""
    return nbformat.read(path, as_version=4)


def sources_of(notebook: NotebookNode) -> str:
    """The text of all cells."""
    return "\n".join(cell.source for cell in notebook.cells)


def test_three_versions_and_a_gradebook_come_out(released: tuple[Course, list[str]]) -> None:
    """Students get no answer, the grader and the instructor all, the gradebook the points."""
    course, said = released
    public = course.release("tiny").read_text()
    grader = sources_of(read(course.source("tiny")))
    to_read = sources_of(read(course.instructor("tiny")))
    for secret in (tiny_course.SOLUTION, tiny_course.HIDDEN):
        assert secret not in public
        assert secret in grader
        assert secret in to_read
    for secret in (tiny_course.RUBRIC, tiny_course.MISTAKE, course.seed.hex()):
        assert secret not in public + grader
    with sqlite3.connect(course.gradebook) as gradebook:
        points = dict(
            gradebook.execute(
                "select base_cell.name, max_score from grade_cells "
                "join base_cell on base_cell.id = grade_cells.id"
            )
        )
    assert points == {"q1": 2, "q2": 3}
    assert any("5 points (3 of them by hand), 2 questions" in line for line in said)
    assert not list(course.folder.glob("staging-*"))


def test_nbgrader_knows_the_cells_that_it_is_given(released: tuple[Course, list[str]]) -> None:
    """A release has nbgrader's checksums, so nbgrader can tell whether a locked cell changed."""
    course, _ = released
    locked = [
        cell
        for cell in read(course.release("tiny")).cells
        if cell.metadata.get("nbgrader", {}).get("locked")
    ]
    assert {cell.metadata.nbgrader.grade_id for cell in locked} >= {"setup", "q1", "last"}
    assert all(re.fullmatch("[0-9a-f]{32}", cell.metadata.nbgrader.checksum) for cell in locked)


def test_releasing_again_keeps_the_edits_of_the_instructor(
    tmp_path: Path, released: tuple[Course, list[str]], sources: Path
) -> None:
    """The course's own text is never overwritten; what an edit changes is said."""
    shutil.copytree(released[0].folder, tmp_path / "course")
    course, said = courses.load(tmp_path / "course"), []
    release.release(course, ["tiny"], sources=sources, say=said.append)
    assert said == ["tiny: nothing changed since the last release"]
    own = course.assignment("tiny")
    edited = own.read_text().replace("Multiply by", "Please multiply by")
    edited = edited.replace("is above zero", "is above nought")
    edited = edited.replace("award(2,", "award(4,").replace(":points: 2", ":points: 4")
    own.write_text(edited)
    # Somebody has been graded, so points do not change by accident.
    courses.write_whole(course.report("tiny", "ada"), "{}")
    before = course.release("tiny").read_bytes()
    with pytest.raises(CourseError, match=r"q1: 2.0 -> 4.0.*--change-points"):
        release.release(course, ["tiny"], sources=sources, say=quiet)
    assert course.release("tiny").read_bytes() == before
    said.clear()
    release.release(course, ["tiny"], sources=sources, change_points=True, say=said.append)
    assert own.read_text() == edited
    assert "Please multiply by" in course.release("tiny").read_text()
    for words in ("text between the questions", "q1: points 2.0 -> 4.0", "q1: text or tests"):
        assert words in said[0]
    assert "graded again" in said[1]


def test_each_student_may_have_other_numbers(tmp_path: Path, sources: Path) -> None:
    """Variants differ in their numbers, not in their questions, and each is graded as its own."""
    course = courses.create(tmp_path / "course", variants="student")
    with pytest.raises(CourseError, match="--per-student"):
        release.release(course, ["tiny"], sources=sources, say=quiet)
    release.release(course, ["tiny"], ["ada", "emmy"], sources=sources, say=quiet)
    given = {}
    for student in ("ada", "emmy"):
        public = read(course.release("tiny", student))
        given[student] = next(c.source for c in public.cells if c.source.startswith("number_of"))
        grader = read(course.source("tiny", student))
        assert given[student] in [cell.source for cell in grader.cells]
        assert all(
            "checksum" in c.metadata.nbgrader for c in public.cells if "nbgrader" in c.metadata
        )
    assert given["ada"] != given["emmy"]
    # A common one beside them would be given to everybody by mistake.
    assert not course.release("tiny").exists()
    said: list[str] = []
    release.release(course, ["tiny"], ["ada"], sources=sources, say=said.append)
    assert "1 earlier versions for others" in said[0]
    assert not course.release("tiny", "emmy").exists()
    # What she was given before is still graded with her own numbers.
    assert course.source("tiny", "emmy").exists()


def test_a_leak_stops_the_release(tmp_path: Path) -> None:
    """If the text gives an answer away, nothing is released and the gradebook stays as it was."""
    leaking = tiny_course.TEXT.replace("Multiply by three.", f"Hint: {tiny_course.SOLUTION}")
    texts = tiny_course.write_sources(tmp_path / "sources", leaking)
    course = courses.create(tmp_path / "course")
    with pytest.raises(leaks.Leak, match=r"solution of q1-answer") as caught:
        release.release(course, ["tiny"], sources=texts, say=quiet)
    assert tiny_course.SOLUTION not in str(caught.value)
    assert sorted(path.name for path in course.folder.iterdir()) == ["assignments", "course.toml"]


@pytest.mark.parametrize(
    ("beside", "name", "text", "words"),
    [
        ("release", "notes.txt", tiny_course.SOLUTION, "solution of q1-answer"),
        ("source", "data.py", "answers = 1", "nbgrader would release it"),
    ],
)
def test_files_beside_a_notebook_do_not_travel_unseen(
    tmp_path: Path, sources: Path, beside: str, name: str, text: str, words: str
) -> None:
    """nbgrader hands out whatever lies in these folders, so it is looked at as well."""
    course = courses.create(tmp_path / "course")
    (course.folder / beside / "tiny").mkdir(parents=True)
    (course.folder / beside / "tiny" / name).write_text(text)
    with pytest.raises((CourseError, leaks.Leak), match=words):
        release.release(course, ["tiny"], sources=sources, say=quiet)
    assert not course.gradebook.exists()


def test_a_locked_gradebook_is_said(
    tmp_path: Path,
    released: tuple[Course, list[str]],
    sources: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another program that holds the gradebook stops a release before anything is in place."""
    monkeypatch.setattr(release, "LOCK_SECONDS", 0.1)
    shutil.copytree(released[0].folder, tmp_path / "course")
    course = courses.load(tmp_path / "course")
    own = course.assignment("tiny")
    own.write_text(own.read_text().replace("Multiply", "Please multiply"))
    other = sqlite3.connect(course.gradebook, isolation_level=None)
    other.execute("begin exclusive")
    with pytest.raises(CourseError, match=r"locked by another program.*release again"):
        release.release(course, ["tiny"], sources=sources, say=quiet)
    other.close()
    assert "Please multiply" not in course.release("tiny").read_text()


def test_nbgrader_itself_is_set_to_harm_nobody(
    released: tuple[Course, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """nbgrader's own autograde is refused, and what students write is sanitised."""
    from nbgrader.converters import Autograde, GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config, PyFileConfigLoader

    course, _ = released
    monkeypatch.setattr(Autograde, "start", Autograde.start)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course.folder)).load_config()
    with pytest.raises(NbGraderException, match="coursework grade"):
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()
    assert "SanitizeHTML" in config.HTMLExporter.preprocessors[0]
    assert "ClearHiddenTests" in [each.__name__ for each in config.GenerateFeedback.preprocessors]
    # With these settings nbgrader's own command gives the same release.
    assert isinstance(config, Config)
    assert GenerateAssignment(coursedir=CourseDirectory(), config=config) is not None
    assert config.ClearSolutions.text_stub == source.TEXT_STUB


def test_the_grader_version_marks_by_itself(built: source.Built) -> None:
    """Run in a notebook, as nbgrader and instructors do, the solution earns all its points."""
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for cell in built.grader.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, cell.id, "exec"), names)
            if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
                assert names["look"].close() == cell.metadata.nbgrader.points
    assert "ok: three times" in printed.getvalue()


# --- leaks ---------------------------------------------------------------------------------------


def code(notebook: NotebookNode) -> NotebookNode:
    """The answer cell."""
    return next(c for c in notebook.cells if c.get("id") == "q1-answer")


def add(text: str) -> Callable[[NotebookNode], None]:
    """Write a text into the answer cell."""

    def plant(notebook: NotebookNode) -> None:
        code(notebook).source += f"\n{text}"

    return plant


def put(where: str, value: object) -> Callable[[NotebookNode], None]:
    """Set a part of the answer cell, or of the notebook."""

    def plant(notebook: NotebookNode) -> None:
        kind, _, key = where.partition(".")
        node = {"notebook": notebook.metadata, "cell": code(notebook)}[kind]
        if key.startswith("metadata."):
            node, key = node.metadata, key.removeprefix("metadata.")
        node[key] = value

    return plant


def encoded(text: str) -> str:
    """Base64, as attachments are."""
    return base64.b64encode(text.encode()).decode()


ANSWER = tiny_course.SOLUTION
OUTPUT = nbformat.v4.new_output("stream", text="6")
PLANTED = {
    "a comment outside the markers": add(f"# {ANSWER}"),
    "other spaces": add(ANSWER.replace(" ", "  ").replace("=", "=\n")),
    "a comment over two lines": add("# tripled = 3 *\n# number_of_the_course"),
    "a hidden test": add(
        f"look.award(2, 'three times', lambda: near(tripled, {tiny_course.HIDDEN}))"
    ),
    "a draw cell": add(f"{tiny_course.HIDDEN} = 3 * a"),
    "a rubric": add(tiny_course.RUBRIC),
    "a typical mistake": add(tiny_course.MISTAKE),
    "a marker": add("### BEGIN SOLUTION"),
    "a misspelt marker": add("### Begin hiden test"),
    "the seed": add(f"seed = 0x{SEED.hex()}"),
    "a part of the seed": add(SEED.hex()[20:40].upper()),
    "the seed as a number": add(str(int.from_bytes(SEED, "big"))),
    "the seed in base64": add(base64.b64encode(SEED).decode()),
    "base64 in a text": add(f"x = '{encoded(ANSWER)}'"),
    "base64 in a link": add(f"[x](data:text/plain;base64,{encoded('see: ' + ANSWER)})"),
    "twice base64": add(encoded(encoded(ANSWER))),
    "packed": add(base64.b64encode(zlib.compress(ANSWER.encode())).decode()),
    "hexadecimal": add(ANSWER.encode().hex()),
    "HTML": add("".join(f"&#{ord(letter)};" for letter in ANSWER)),
    "escapes": add("".join(f"\\x{ord(letter):02x}" for letter in ANSWER)),
    "an attachment": put("cell.attachments", {"a.txt": {"text/plain": encoded(ANSWER)}}),
    "any attachment": put("cell.attachments", {"a.txt": {"text/plain": encoded("nothing")}}),
    "an output": put("cell.outputs", [OUTPUT]),
    "a count": put("cell.execution_count", 3),
    "metadata of a cell": put("cell.metadata.solution", "6"),
    "known metadata of a cell": put("cell.metadata.tags", [ANSWER]),
    "metadata of the notebook": put("notebook.widgets", {"state": {}}),
    "known metadata of the notebook": put("notebook.kernelspec", {"name": ANSWER}),
    "an unknown part": put("cell.comment", "6"),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_a_planted_leak_is_found(
    built: source.Built, plant: Callable[[NotebookNode], None]
) -> None:
    """Wherever an answer stands in a notebook, and however it is written, it is found."""
    secrets = leaks.secrets_of(built, SEED)
    notebook = nbformat.from_dict(json.loads(json.dumps(built.student)))
    leaks.look(notebook, secrets, "clean")
    plant(notebook)
    with pytest.raises(leaks.Leak):
        leaks.look(notebook, secrets, "planted")


def test_no_answer_is_searched_for_that_everybody_writes(built: source.Built) -> None:
    """Imports, loops and short lines are in every program, so they are no leak."""
    text = "import numpy as np\nfor t in range(10):\n    x = 1\n    return x"
    assert not list(leaks.told(text, leaks.secrets_of(built, SEED)))
    own = leaks.Secrets(dict.fromkeys(leaks._passages(text), "x"), {})
    assert not list(leaks.told("import numpy as np\nfor t in range(10):\n    pass", own))


def test_a_text_that_is_drawn_and_shown_is_meant_to_be_read() -> None:
    """Code to start from may be drawn; if it is also the solution, it is a leak all the same."""
    given = "def helper_of_the_course(x):\n    return x ** 2 + 7 * x"
    text = tiny_course.TEXT.replace("a = draw", f'given = """{given}"""\na = draw')
    text = text.replace("number_of_the_course = <<a>>", "number_of_the_course = <<a>>\n<<given>>")
    built = source.build(text, "tiny", SEED)
    leaks.look(built.student, leaks.secrets_of(built, SEED), "clean")
    text = text.replace("### END SOLUTION", "<<given>>\n### END SOLUTION")
    built = source.build(text, "tiny", SEED)
    with pytest.raises(leaks.Leak, match="solution of q1-answer"):
        leaks.look(built.student, leaks.secrets_of(built, SEED), "solved")


# --- the command ---------------------------------------------------------------------------------


def test_a_release_without_texts_says_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An installed package has no assignments; the message names the option and the checkout."""
    monkeypatch.setattr(release, "BESIDE", tmp_path / "nowhere")
    assert command.main(["release", "tiny", "--course", str(tmp_path / "course")]) == 2
    told = capsys.readouterr().err
    assert "--sources" in told
    assert "checkout" in told


@pytest.mark.parametrize("name", ["nbgrader", "jupytext"])
def test_a_missing_extra_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Without the extra a command says what to install, not where Python failed."""

    def run(_chosen: object) -> int:
        raise ModuleNotFoundError(f"No module named {name!r}", name=f"{name}.api")

    monkeypatch.setitem(command.COMMANDS, "grade", run)
    assert command.main(["grade"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "pip install 'gradients-through-time[coursework]'" in told


@pytest.mark.parametrize("name", ["release", "grade", "feedback", "export"])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--help shows an example that can be typed."""
    with pytest.raises(SystemExit):
        command.main([name, "--help"])
    told = capsys.readouterr().out
    assert f"{command.COMMAND} {name}" in told
    assert "--course" in told


def test_a_course_is_not_made_by_accident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only a folder that was named becomes a course."""
    monkeypatch.chdir(tmp_path)
    assert command.main(["release", "tiny"]) == 2
    assert "--course" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
