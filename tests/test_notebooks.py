"""Promises of the stored chapters: text and notebook agree, and the replay is strict.

nbval itself runs every book/*.ipynb again, as tests of their own. Here stands what nbval leaves
open, and the proof that it notices a wrong output.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbval.plugin import (
    comment_markers,
    find_comment_markers,
    find_metadata_tags,
    get_sanitize_patterns,
)

from tools.notebooks import complaints, dumps, execute, from_text, inputs, normalise, to_text
from tools.sync import ROOT, topics

TOPICS = topics(ROOT)
every_topic = pytest.mark.parametrize("topic", TOPICS)


def text_of(topic: str) -> str:
    """The text that people edit."""
    return (ROOT / "book" / "source" / f"{topic}.md").read_text(encoding="utf-8")


def notebook_of(topic: str) -> NotebookNode:
    """The stored notebook."""
    path = ROOT / "book" / f"{topic}.ipynb"
    if not path.exists():
        pytest.fail(f"book/{topic}.ipynb is missing: run `make sync`", pytrace=False)
    return nbformat.read(path, as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_chapters() -> None:
    """The book has at least one chapter with code, so the tests below test something."""
    assert any(code_cells(notebook_of(topic)) for topic in TOPICS)


@every_topic
def test_both_forms_exist(topic: str) -> None:
    """Every chapter has a text and a notebook; `make sync` makes the one that is missing."""
    assert (ROOT / "book" / "source" / f"{topic}.md").is_file()
    assert (ROOT / "book" / f"{topic}.ipynb").is_file()


@every_topic
def test_text_and_notebook_agree(topic: str) -> None:
    """The notebook has the inputs of the text: nobody forgot `make sync`."""
    assert inputs(notebook_of(topic)) == inputs(from_text(text_of(topic)))
    written = [(cell.cell_type, cell.source) for cell in notebook_of(topic).cells]
    assert written == [(cell.cell_type, cell.source) for cell in from_text(text_of(topic)).cells]


@every_topic
def test_the_text_survives_the_notebook(topic: str) -> None:
    """Text to notebook to text is the identity, so an edit in Jupyter changes only itself."""
    assert to_text(from_text(text_of(topic))) == text_of(topic)
    assert to_text(notebook_of(topic)) == text_of(topic)


@every_topic
def test_every_cell_has_run_in_order(topic: str) -> None:
    """Counts are 1 to N without a gap: nbval would not compare a cell without a count."""
    counts = [cell.execution_count for cell in code_cells(notebook_of(topic))]
    assert counts == list(range(1, len(counts) + 1))


@every_topic
def test_nothing_unfit_is_stored(topic: str) -> None:
    """No stored error, no warning on stderr, no memory address."""
    assert complaints(notebook_of(topic)) == []


@every_topic
def test_the_notebook_is_normal(topic: str) -> None:
    """The file is, byte for byte, what `make sync` would write for these cells and outputs."""
    stored = (ROOT / "book" / f"{topic}.ipynb").read_bytes()
    assert dumps(normalise(notebook_of(topic))).encode() == stored


@every_topic
def test_no_cell_evades_the_replay(topic: str) -> None:
    """No cell asks nbval to skip it, to ignore its output, or to let it raise."""
    for cell in code_cells(notebook_of(topic)):
        assert list(find_metadata_tags(cell.metadata)) == []
        assert list(find_comment_markers(cell.source)) == []


def test_evasions_are_recognised() -> None:
    """The test above sees every marker that nbval knows, in a comment and in a tag."""
    for marker in comment_markers:
        assert list(find_comment_markers(f"x = 1\n# {marker}\n"))
        assert list(find_metadata_tags({"tags": [marker.lower().replace("_", "-")]}))


CHAPTER = """\
```{code-cell} ipython3
print("a line")
```

```{code-cell} ipython3
6 * 7
```

```{code-cell} ipython3
from IPython.display import HTML

HTML('<img src="data:image/png;base64,iVBORw0KGgo=" alt="a still figure">')
```
"""


def altered(notebook: NotebookNode, old: str, new: str) -> str:
    """The file of a notebook with one stored output changed, its inputs untouched."""
    changed = nbformat.from_dict(notebook)
    for cell in changed.cells:
        outputs = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell("", outputs=cell.outputs)]
        )
        cell.outputs = nbformat.reads(dumps(outputs).replace(old, new), 4).cells[0].outputs
    assert changed != notebook
    return dumps(changed)


def test_the_replay_is_strict(tmp_path: Path) -> None:
    """A changed line, value, HTML or missing output fails; only the bytes of a PNG may differ."""
    stored = asyncio.run(execute(from_text(CHAPTER), tmp_path))
    without_output = nbformat.from_dict(stored)
    without_output.cells[1].outputs = []
    files = {
        "same": dumps(stored),
        "png": altered(stored, "iVBORw0KGgo=", "AAAABBBB"),
        "line": altered(stored, "a line", "another line"),
        "value": altered(stored, '"42"', '"43"'),
        "html": altered(stored, "a still figure", "a moving figure"),
        "missing": dumps(without_output),
    }
    for name, content in files.items():
        (tmp_path / f"{name}.ipynb").write_text(content)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-rA", "-q"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", "--color=no"]
    command += ["--rootdir", str(tmp_path), *(str(tmp_path / f"{name}.ipynb") for name in files)]
    replay = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert replay.returncode == 1, replay.stdout + replay.stderr
    failed = set(re.findall(r"^FAILED (?:\S*/)?(\w+)\.ipynb::(Cell \d)", replay.stdout, re.M))
    passed = set(re.findall(r"^PASSED (?:\S*/)?(\w+)\.ipynb::(Cell \d)", replay.stdout, re.M))
    assert failed == {
        ("line", "Cell 0"),
        ("value", "Cell 1"),
        ("html", "Cell 2"),
        ("missing", "Cell 1"),
    }, replay.stdout
    assert len(passed) == 3 * len(files) - len(failed)


def test_the_sanitizer_is_minimal() -> None:
    """nbval reads every rule of the file, and each stands below a comment that gives a reason."""
    text = (ROOT / "tests" / "nbval_sanitize.cfg").read_text()
    rules = get_sanitize_patterns(text)
    assert len(rules) == text.count("\nregex: ") == text.count("\nreplace: ") == 1
    blocks = [block for block in text.split("\n\n") if "regex: " in block]
    assert all(block.startswith("# ") for block in blocks)
    ((regex, replacement),) = rules
    sanitized = re.sub(regex, replacement, '<img src="data:image/png;base64,iVBO+/=" alt="b">')
    assert sanitized == '<img src="a PNG" alt="b">'
    assert re.sub(regex, replacement, '<img src="figure.png" alt="b">').count("figure.png") == 1
