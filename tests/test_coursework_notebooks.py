"""Promises to students: the notebook they get runs anywhere, says what is open, and is accessible.

Every assignment is run once in a kernel of its own, first as it is released, then as solved.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from markdown_it import MarkdownIt
from matplotlib.figure import Figure
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import CheckCellMetadata

from book_utils.coursework import desk, practice
from book_utils.coursework.source import Built, build
from tools import examples
from tools.notebooks import COLOUR, kernel_manager

FOLDER = ROOT / "book" / "assignments"
NAMES = sorted(path.stem for path in FOLDER.glob("*.md"))
EACH = pytest.mark.parametrize("name", NAMES)
SEED = b"the seed of the tests of notebooks"
AT_ONCE = 2

# In Colab there is no book_utils; here it is installed, so the kernel refuses to find it.
NOWHERE = """\
import sys


class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "book_utils":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Nowhere())
"""
PROBE = """\
try:
    import book_utils
except ModuleNotFoundError as error:
    print(error)
"""
SAVE = "import shutil\n_ = shutil.copy('solved/{0}', '{0}')"


@dataclass(frozen=True)
class Run:
    """One assignment after its run: what each cell put out, by the name of the cell."""

    built: Built
    probe: str
    stub: dict[str, NotebookNode]
    solved: dict[str, NotebookNode]

    def printed(self, version: str, cell: str) -> str:
        """What a cell printed."""
        outputs = getattr(self, version)[cell].outputs
        return "".join(output.text for output in outputs if output.output_type == "stream")

    @property
    def checks(self) -> list[str]:
        """The names of the questions that have public checks."""
        return [question.id for question in self.built.questions if question.by == "machine"]


def built(name: str) -> Built:
    """An assignment of the book for the course of these tests."""
    return build((FOLDER / f"{name}.md").read_text(encoding="utf-8"), name, SEED)


async def played(name: str, folder: Path) -> Run:
    """Run the released notebook, then the solved one, each beside its saved file."""
    made = built(name)
    stub, solved = made.student, practice.handed_in(made)
    file = f"{name}.ipynb"
    (folder / "solved").mkdir(parents=True)
    nbformat.write(stub, folder / file)
    nbformat.write(solved, folder / "solved" / file)
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-nowhere.py").write_text(NOWHERE)
    probe, save = map(nbformat.v4.new_code_cell, (PROBE, SAVE.format(file)))
    whole = nbformat.v4.new_notebook(metadata=stub.metadata)
    whole.cells = [probe, *stub.cells, save, *solved.cells]
    client = NotebookClient(
        whole,
        km=kernel_manager(sys.executable),
        timeout=120,
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )
    backend = "module://matplotlib_inline.backend_inline"
    own = {"IPYTHONDIR": str(folder / "ipython"), "MPLBACKEND": backend}
    await client.async_execute(env={**os.environ, **own}, cleanup_kc=True)
    first = 1 + len(stub.cells)
    return Run(
        made,
        probe.outputs[0].text,
        {cell.id: cell for cell in whole.cells[1:first]},
        {cell.id: cell for cell in whole.cells[first + 1 :]},
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Every assignment of the book after its run."""
    home = tmp_path_factory.mktemp("students")

    async def all_of_them() -> list[Run]:
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(name: str) -> Run:
            async with turn:
                return await played(name, home / name)

        return await asyncio.gather(*map(one, NAMES))

    return dict(zip(NAMES, asyncio.run(all_of_them()), strict=True))


def complaints(cells: dict[str, NotebookNode]) -> list[str]:
    """Errors and warnings in the outputs, with the cell they stand in."""
    found = []
    for name, cell in cells.items():
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                found.append(f"{name}: {COLOUR.sub('', output.traceback[-1])}")
            elif output.get("name") == "stderr":
                found.append(f"{name}: {output.text}")
    return found


# --- in a kernel --------------------------------------------------------------------------


@EACH
def test_the_released_notebook_runs_without_the_book(runs: dict[str, Run], name: str) -> None:
    """Where book_utils is not installed the notebook runs from top to bottom, with no error."""
    assert runs[name].probe == "No module named 'book_utils'\n"
    assert complaints(runs[name].stub) == []


@EACH
def test_an_empty_notebook_alarms_nobody(runs: dict[str, Run], name: str) -> None:
    """Before any answer each check names the answers it waits for, and finds nothing wrong."""
    run = runs[name]
    for question in run.built.questions:
        if question.by == "machine":
            said = run.printed("stub", question.id)
            assert said.startswith(question.title)
            assert f"{question.points:g} points" in said
            for answer in question.answers:
                assert re.search(
                    rf"^  {answer}, .*: (not answered yet|it shows no line and no points yet)\.$",
                    said,
                    re.MULTILINE,
                ), said
            for alarm in ("LOOK AGAIN", "ok:", "Error", "None", "object at", "stopped"):
                assert alarm not in said


@EACH
def test_the_solved_notebook_passes_its_public_checks(runs: dict[str, Run], name: str) -> None:
    """With right answers no cell fails, and every public check says ok."""
    run = runs[name]
    assert complaints(run.solved) == []
    for check in run.checks:
        said = run.printed("solved", check)
        assert "  ok: " in said
        assert "All public checks pass." in said
        for alarm in ("LOOK AGAIN", "wait", "not answered", "undecided"):
            assert alarm not in said


@EACH
def test_the_last_cell_lists_what_is_open(runs: dict[str, Run], name: str) -> None:
    """As released every question is on the list, the written ones too; as solved none is."""
    run = runs[name]
    empty, solved = (run.printed(version, "last") for version in ("stub", "solved"))
    for question in run.built.questions:
        how = "not answered yet" if question.by == "machine" else "nothing is written"
        assert f"  - {question.title}: {how}" in empty
        assert question.title not in solved
    assert empty.count("  - ") == len(run.built.questions)
    assert solved.startswith("Every question has an answer, and all public checks pass.")
    assert f"{name}.ipynb" in empty
    assert f"{name}.ipynb" in solved


# --- what a student stumbles over ---------------------------------------------------------


def checked(answers: dict[str, str], names: dict, *checks: tuple) -> str:
    """What a check cell prints."""
    look = desk.Question("q1", answers, names, title="Question 1", of=2)
    for text, test in checks:
        look(text, test)
    return look.report()


def test_a_check_says_what_it_waits_for() -> None:
    """Half an answer is looked at for that half, and the other half is named."""
    names = {"a": 3, "b": None}
    said = checked(
        {"a": "number", "b": "numbers"},
        names,
        ("a is positive", lambda: names["a"] > 0),
        ("b is one of a few", lambda: names["b"] in (1, 2)),
        ("b has three", lambda: desk.numbers(names["b"], (3,))),
    )
    assert said.splitlines() == [
        "Question 1 (2 points)",
        "  b, an array of numbers: not answered yet.",
        "  ok: a is positive",
        "  2 checks wait for an answer.",
    ]
    assert names == {"a": 3, "b": None}


def test_a_function_without_return_is_told_so() -> None:
    """A function that was written and gives None is not taken for one that was not written."""

    def written(x):
        x + 1

    def stub(x):
        """What it is to do."""
        ...

    def one():
        return 1

    same = ("it gives a number", lambda: desk.numbers(names["f"](2), ()))
    names = {"f": written}
    assert "LOOK AGAIN: it gives a number. got None" in checked({"f": "function"}, names, same)
    names = {"f": stub}
    assert "f, a function: not answered yet." in checked({"f": "function"}, names, same)
    assert names["f"] is stub
    names = {"f": lambda x: x}
    assert "All public checks pass" in checked({"f": "function"}, names, same)
    assert desk.plain("function", one) is True


def test_a_wrong_kind_is_named() -> None:
    """An answer of another kind than was asked for is shown with what it is and should be."""
    said = checked({"a": "integer"}, {"a": "two"})
    assert "a, a whole number: expects a number, got str 'two'." in said


def test_a_figure_is_told_in_words() -> None:
    """Whoever cannot see the picture reads below it what it shows; empty axes are no answer."""
    figure = Figure()
    left, right = figure.subplots(1, 2)
    said = checked({"f": "plot"}, {"f": figure})
    assert "f, a matplotlib figure: it shows no line and no points yet." in said
    left.plot([1, 2], [3, 4], label="one")
    left.plot([1, 2], [4, 5], label="two")
    left.set(xlabel="steps", ylabel="size", yscale="log")
    left.legend()
    right.scatter([1, 2], [1, 2])
    assert checked({"f": "plot"}, {"f": figure}).splitlines()[1] == (
        "  f shows 2 lines, x: steps, y: size (log), legend: one, two; "
        "1 scatter plot, x: no label, y: no label."
    )


def last(file: Path, questions: dict[str, str] | None = None) -> str:
    """What the last cell prints for a notebook with one written question."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        desk.missing(questions or {}, {"q9": "Question 9"}, str(file))
    return out.getvalue()


def test_written_answers_are_read_from_the_saved_file(tmp_path: Path) -> None:
    """A stub or an empty text is missing, a text is not; without a file the student has to look."""
    file = tmp_path / "one.ipynb"
    cell = nbformat.v4.new_markdown_cell(metadata={"nbgrader": {"grade_id": "q9"}})
    for text, missing in ((desk.STUB, True), ("  \n", True), ("Because.", False)):
        cell.source = text
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), file)
        assert ("Question 9: nothing is written" in last(file)) is missing
    assert "Question 9: look yourself" in last(tmp_path / "no.ipynb")
    file.write_text("no notebook")
    assert "Question 9: look yourself" in last(file)


def test_an_answer_taken_away_is_missing_again(tmp_path: Path) -> None:
    """The last cell looks at the answers as they are now, not as they were at the check."""
    names = {"a": 1}
    checked({"a": "number"}, names, ("it is positive", lambda: names["a"] > 0))
    asked = {"q1": "Question 1"}
    assert "Question 1" not in last(tmp_path / "no.ipynb", asked)
    names["a"] = None
    assert "Question 1: not answered yet: a." in last(tmp_path / "no.ipynb", asked)
    names["a"] = "one"
    assert "Question 1: not of the kind that is asked for: a." in last(tmp_path / "no", asked)


# --- the files ----------------------------------------------------------------------------


@EACH
def test_notebooks_are_what_jupyter_and_nbgrader_read(name: str) -> None:
    """All versions are valid notebooks, and nbgrader accepts what it gets; names of cells stay."""
    made, again = built(name), built(name)
    for version in ("instructor", "grader", "student"):
        notebook = getattr(made, version)
        nbformat.validate(notebook)
        names = [cell.id for cell in notebook.cells]
        assert names == [cell.id for cell in getattr(again, version).cells]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell) for cell in names)
    for version in (made.grader, made.student):
        MetadataValidator().validate_nb(version)
        CheckCellMetadata().preprocess(nbformat.from_dict(version), {})


@EACH
def test_the_setup_cell_is_folded_away(name: str) -> None:
    """The first cell is a form with a title in Colab, and collapsed in JupyterLab."""
    first = built(name).student.cells[0]
    assert first.source.startswith("# @title Run this cell first.")
    assert first.metadata.cellView == "form"
    assert first.metadata.jupyter.source_hidden is True
    assert first.metadata.nbgrader.locked is True


@EACH
def test_the_text_can_be_read_by_everybody(name: str) -> None:
    """One first heading and no level skipped, images with words, links that lead out of here."""
    read = MarkdownIt("commonmark").enable("table")
    levels, words = [], ""
    for cell in built(name).student.cells:
        if cell.cell_type == "markdown":
            for token in read.parse(cell.source):
                if token.type == "heading_open":
                    levels.append(int(token.tag[1]))
                for part in token.children or ():
                    if part.type == "image":
                        assert part.content.strip(), f"an image without words in {cell.id}"
                    if part.type == "link_open":
                        assert str(part.attrs["href"]).startswith("https://"), part.attrs
            words += cell.source
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))
    assert "<img" not in words


# --- examples for readers -----------------------------------------------------------------


def test_examples_are_fresh() -> None:
    """The example notebooks are what the command makes now, say so, and none is left over."""
    wanted = examples.wanted(ROOT)
    stored = {path: path.read_text(encoding="utf-8") for path in (FOLDER / "example").iterdir()}
    stored = {path: text for path, text in stored.items() if path.suffix == ".ipynb"}
    assert stored == wanted, "run `python -m tools.examples`"
    for text in stored.values():
        assert nbformat.reads(text, as_version=4).cells[0].source == examples.NOTE
    assert [path.stem for path in wanted] == NAMES
