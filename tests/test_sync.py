"""Promises of `make sync`: two forms, one chapter; executed when something changed, else not."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import subprocess
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path

import nbformat
import pytest

from tools.notebooks import (
    LIVE_VIEW,
    ChapterError,
    complaints,
    dumps,
    execute,
    from_text,
    normalise,
    to_text,
)
from tools.sync import main, sync, topics

TEXT = """\
---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
myst:
  html_meta:
    keywords: gradients, networks
    description: A page of a test
---

# A chapter

Text with {prf:ref}`thm-one`, $x$ and {eq}`eq-one`.

:::{prf:theorem} A name
:label: thm-one

$$
a = b
$$ (eq-one)
:::

+++

A second cell directly after the first.

+++ {"tags": ["objectives"]}

A third one, with a tag.

```{code-cell} ipython3
from pathlib import Path

print(Path("../book_utils/answer.txt").read_text())
```

```{code-cell} ipython3
:tags: [hide-input]

6 * 7
```

The end.
"""


def text_with(cell: str) -> str:
    """A chapter that holds one code cell."""
    return f"# A chapter\n\n```{{code-cell}} ipython3\n{cell}\n```\n"


def run(root: Path) -> tuple[list[str], list[str]]:
    """Run `make sync` on a small book; file names are relative to it."""
    written, wrong = asyncio.run(sync(root))
    return [path.relative_to(root).as_posix() for path in written], wrong


def make_book(root: Path, repository: Path, **chapters: str) -> Path:
    """A book with the given chapters and the project's own settings."""
    (root / "book" / "source").mkdir(parents=True)
    (root / "book_utils").mkdir()
    (root / "tools").mkdir()
    (root / "book_utils" / "answer.txt").write_text("forty-two")
    for name in ("constraints.txt", "jupytext.toml", "tools/notebooks.py"):
        shutil.copy(repository / name, root / name)
    for topic, text in chapters.items():
        (root / "book" / "source" / f"{topic}.md").write_text(text)
    return root


@pytest.fixture
def book(tmp_path: Path, root: Path) -> Path:
    """A book of one chapter, brought in step."""
    made = make_book(tmp_path / "a book", root, page=TEXT)
    assert run(made)[1] == []
    return made


def contents(book: Path) -> dict[str, bytes]:
    """Every file of the book below book/."""
    return {p.relative_to(book).as_posix(): p.read_bytes() for p in book.glob("book/**/*.*")}


def test_a_second_run_writes_nothing(book: Path) -> None:
    """After `make sync` nothing is left to do, and running it anew changes no byte."""
    before = contents(book)
    assert run(book) == ([], [])
    shutil.rmtree(book / "_build")  # a fresh clone has no note of the last run
    assert run(book) == ([], [])
    assert contents(book) == before


def test_the_bytes_do_not_depend_on_the_folder(book: Path, tmp_path: Path, root: Path) -> None:
    """The same chapter executed in another folder gives the same notebook, byte for byte."""
    elsewhere = make_book(tmp_path / "elsewhere" / "deeper", root, page=TEXT)
    run(elsewhere)
    assert contents(elsewhere) == contents(book)


def test_an_edited_text_reaches_the_notebook(book: Path) -> None:
    """Editing the text executes the chapter and stores the new output."""
    text = book / "book/source/page.md"
    text.write_text(text.read_text().replace("6 * 7", "6 * 8"))
    assert run(book) == (["book/page.ipynb"], [])
    cells = nbformat.read(book / "book/page.ipynb", as_version=4).cells
    assert [c.outputs[0].data["text/plain"] for c in cells if c.source == "6 * 8"] == ["48"]


def test_an_edited_notebook_reaches_the_text(book: Path) -> None:
    """Editing the notebook in Jupyter rewrites the text, and nothing but what was edited."""
    path = book / "book/page.ipynb"
    path.write_text(path.read_text().replace("6 * 7", "6 * 8"))
    assert run(book) == (["book/page.ipynb", "book/source/page.md"], [])
    assert (book / "book/source/page.md").read_text() == TEXT_CANONICAL.replace("6 * 7", "6 * 8")


TEXT_CANONICAL = to_text(from_text(TEXT))


def test_two_edits_are_refused(book: Path) -> None:
    """When both forms were edited nothing is written, and the message says what to do."""
    for path in (book / "book/page.ipynb", book / "book/source/page.md"):
        path.write_text(path.read_text().replace("6 * 7", f"6 * {len(path.suffix)}"))
    before = contents(book)
    written, (message,) = run(book)
    assert written == []
    assert message.startswith("page: the text and the notebook were both edited")
    assert "To keep the text, delete the notebook." in message
    assert contents(book) == before


def test_a_lost_text_is_not_brought_back(book: Path) -> None:
    """Deleting only the text of a chapter is reported, not undone."""
    (book / "book/source/page.md").unlink()
    written, (message,) = run(book)
    assert written == []
    assert "Delete the notebook too" in message


def test_a_new_notebook_gets_its_text(book: Path) -> None:
    """A notebook started in Jupyter becomes a chapter, in a folder of its own too."""
    cells = [nbformat.v4.new_markdown_cell("# New"), nbformat.v4.new_code_cell("2 + 2")]
    (book / "book/more").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), book / "book/more/one.ipynb")
    assert run(book) == (["book/more/one.ipynb", "book/source/more/one.md"], [])
    assert topics(book) == ["more/one", "page"]
    assert run(book) == ([], [])


def test_only_what_changed_is_executed(tmp_path: Path, root: Path) -> None:
    """A chapter that nothing touched does not run again while another one does."""
    note = "from pathlib import Path\n\n_ = Path('{0}').open('a').write('ran')\nprint('done')"
    texts = {name: text_with(note.format(name)) for name in ("a", "b")}
    made = make_book(tmp_path, root, **texts)
    run(made)
    run(made)
    text = made / "book/source/b.md"
    text.write_text(text.read_text().replace("# A chapter", "# Another title"))
    assert run(made) == (["book/b.ipynb"], [])
    assert [(made / "book" / name).read_text() for name in ("a", "b")] == ["ran", "ranran"]


def test_chapters_can_be_named(tmp_path: Path, root: Path) -> None:
    """Only the chapters that are named are brought in step; one that does not exist is said."""
    made = make_book(tmp_path, root, a=TEXT, b=TEXT)
    written, wrong = asyncio.run(sync(made, ["b", "c"]))
    assert {path.stem for path in written} == {"b"}
    assert wrong == ["c: no such chapter; there are a, b"]


def test_a_change_of_the_engine_executes_the_chapters(book: Path) -> None:
    """A change in book_utils, data files included, is a change of every chapter."""
    (book / "book_utils/answer.txt").write_text("forty-three")
    assert run(book) == (["book/page.ipynb"], [])
    assert b"forty-three" in (book / "book/page.ipynb").read_bytes()


def test_the_coursework_is_no_part_of_the_engine(tmp_path: Path, root: Path) -> None:
    """A change of the coursework executes the chapters that speak of it, and no other."""
    speaks = text_with(
        "from pathlib import Path\n\nPath('../book_utils/coursework/marks.txt')"
        ".read_text()  # book_utils.coursework"
    )
    made = make_book(tmp_path, root, silent=TEXT, speaks=speaks)
    (made / "book_utils/coursework").mkdir()
    (made / "book_utils/coursework/marks.txt").write_text("one")
    run(made)
    (made / "book_utils/coursework/marks.txt").write_text("two")
    assert run(made) == (["book/speaks.ipynb"], [])


def test_the_kernels_import_this_checkout(tmp_path: Path, root: Path) -> None:
    """In a second checkout the chapters run with its own package, not with the installed one."""
    made = make_book(tmp_path, root, page=text_with("import book_utils\n\nbook_utils.WHERE"))
    (made / "book_utils/__init__.py").write_text("WHERE = 'the second checkout'")
    assert run(made)[1] == []
    assert b"the second checkout" in (made / "book/page.ipynb").read_bytes()


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import warnings\n\nwarnings.warn('beware')", "it wrote to stderr"),
        ("print(object())", "its output holds a memory address"),
        ("", "it is empty"),
    ],
)
def test_a_cell_that_must_not_be_stored(
    tmp_path: Path, root: Path, cell: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error, a warning or an address stops the sync, naming chapter, cell and reason."""
    made = make_book(tmp_path, root, bad=text_with(cell), good=text_with("1 + 1"))
    assert main(made) == 1
    shown = capsys.readouterr()
    assert "bad: " in shown.err
    assert cell in shown.err
    assert complaint in shown.err
    assert not (made / "book/bad.ipynb").exists()
    # The other chapter does not suffer for it.
    assert "wrote book/good.ipynb" in shown.out


def test_a_notebook_holds_no_trace_of_its_run(tmp_path: Path) -> None:
    """No live view, no timing, no piecewise output, no second count, no full version is stored."""
    cells = [
        "import sys\nprint(1)\nsys.stdout.flush()\nprint(2)",
        "import ipywidgets\n\ndisplay(ipywidgets.IntSlider())\n4",
    ]
    text = "".join(text_with(cell) for cell in cells)
    notebook = asyncio.run(execute(from_text(text), tmp_path))
    first, second = (cell for cell in notebook.cells if cell.cell_type == "code")
    assert [output.text for output in first.outputs] == ["1\n2\n"]
    assert [list(output.data) for output in second.outputs] == [["text/plain"], ["text/plain"]]
    assert LIVE_VIEW not in dumps(notebook)
    assert [first.execution_count, second.execution_count] == [1, 2]
    assert second.outputs[1].execution_count == 2
    assert notebook.metadata.language_info == {"name": "python", "pygments_lexer": "ipython3"}
    assert all(cell.metadata == {} for cell in notebook.cells)


@pytest.mark.parametrize("last", ["", "\n1 / 0"], ids=["right", "wrong"])
def test_a_kernel_ends_with_its_notebook(tmp_path: Path, last: str) -> None:
    """A run leaves no process and no socket behind, also where a cell is wrong."""
    number = tmp_path / "number"
    cell = f"import os, pathlib\n_ = pathlib.Path({str(number)!r}).write_text(str(os.getpid()))"
    gc.collect()  # What other tests have left is not ours.
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always", ResourceWarning)
        with nullcontext() if not last else pytest.raises(ChapterError, match="ZeroDivisionError"):
            asyncio.run(execute(from_text(text_with(cell + last)), tmp_path))
        gc.collect()
    assert [str(each.message) for each in left if "zmq" in str(each.message)] == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_what_jupyter_leaves_behind_is_no_edit() -> None:
    """Timings, scroll states and counts that Jupyter stores do not reach the normal form."""
    notebook = from_text(text_with("1"))
    used = nbformat.from_dict(notebook)
    used.cells[1].metadata = {"execution": {"iopub.status.busy": "now"}, "scrolled": True}
    used.cells[1].execution_count = 17
    used.metadata["widgets"] = {"state": {}}
    used.metadata["language_info"]["version"] = "3.11.7"
    used.cells[0].id = "aaaa"
    expected = nbformat.from_dict(notebook)
    expected.cells[1].execution_count = 1
    assert dumps(normalise(used)) == dumps(normalise(expected))
    assert to_text(used) == to_text(notebook)


def test_a_cell_id_follows_the_source() -> None:
    """An edit changes the id of its own cell only, and equal cells have different ids."""
    before = normalise(from_text(text_with("1") + text_with("2") + text_with("2")))
    after = normalise(from_text(text_with("0") + text_with("2") + text_with("2")))
    changed = [a.id != b.id for a, b in zip(before.cells, after.cells, strict=True)]
    assert changed == [False, True, False, False, False, False]
    ids = [cell.id for cell in before.cells]
    assert len(set(ids)) == len(ids)


def test_an_unrun_cell_keeps_no_count() -> None:
    """Normalising does not invent a count for a cell that never ran: nbval would skip it."""
    (cell,) = normalise(from_text("```{code-cell} ipython3\n1\n```\n")).cells
    assert cell.execution_count is None


def test_a_cell_that_the_text_cannot_hold_is_refused() -> None:
    """No cell is dropped in silence: a notebook with more cells than its text is refused."""
    notebook = from_text(text_with("1"))
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(""))
    with pytest.raises(ChapterError, match=r"has 3 cells but its text holds 2\. Remove empty"):
        normalise(notebook)


def test_text_round_trip() -> None:
    """Fences of colons, labelled equations, roles, cell breaks and tags survive both ways."""
    notebook = from_text(TEXT)
    assert to_text(notebook) == TEXT_CANONICAL
    assert TEXT.split("---\n", 2)[2] == TEXT_CANONICAL.split("---\n", 2)[2]
    assert from_text(TEXT_CANONICAL).metadata == notebook.metadata
    assert [c.source for c in from_text(TEXT_CANONICAL).cells] == [c.source for c in notebook.cells]


def test_addresses_are_found_wherever_they_stand() -> None:
    """An address is refused in printed text, in a result and in HTML, not inside a picture."""
    output = nbformat.v4.new_output
    kinds = {
        True: [
            output("stream", text="<f at 0x7f00>"),
            output("display_data", {"text/html": "<p>f at 0x7f00</p>"}),
            output("execute_result", {"text/plain": "<f at 0x7f00>"}),
        ],
        False: [
            output("display_data", {"image/png": "a at 0x7f00"}),
            output("stream", text="at 0xyz, at 12"),
        ],
    }
    for refused, outputs in kinds.items():
        for each in outputs:
            cell = nbformat.v4.new_code_cell("f", outputs=[each])
            found = complaints(nbformat.v4.new_notebook(cells=[cell]))
            assert bool(found) is refused, each


def test_jupytext_itself_pairs_the_folders(book: Path) -> None:
    """Saving either form in Jupyter updates the other: jupytext.toml declares the pairing."""

    def jupytext(path: Path) -> None:
        subprocess.run(
            [sys.executable, "-m", "jupytext", "--sync", "--quiet", str(path)], cwd=book, check=True
        )

    text, notebook = book / "book/source/page.md", book / "book/page.ipynb"
    text.write_text(text.read_text().replace("The end.", "The end of the text."))
    jupytext(text)
    assert "The end of the text." in notebook.read_text()
    notebook.write_text(notebook.read_text().replace("The end of the text.", "The very end."))
    jupytext(notebook)
    assert text.read_text() == TEXT_CANONICAL.replace("The end.", "The very end.")
