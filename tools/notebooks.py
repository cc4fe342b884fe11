"""Chapters as values: a text, its notebook, and what it takes to keep the two in step.

Everything here is a pure function, except `execute`, which starts a kernel.
`tools/sync.py` reads and writes the files.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupytext.config import load_jupytext_config
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

# What a text holds and what it leaves out is declared once, in jupytext.toml.
JUPYTEXT = load_jupytext_config(str(Path(__file__).parent))
TEXT_FORMAT = "md:myst"
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
# The lexer is what jupytext and Sphinx read; a full version would differ between machines.
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}
# A page without a kernel cannot show a live view, and nbval does not compare one. What stays
# beside it is the still figure (text/html) and its description (text/plain).
LIVE_VIEW = "application/vnd.jupyter.widget-view+json"
# A notebook remembers here which inputs it was made from, so that a later edit shows.
ORIGIN = "chapter"
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CELL_SECONDS = 1800


class ChapterError(Exception):
    """A chapter that cannot be brought in step; the message says what to do."""


# --- the two forms of a chapter ---------------------------------------------------------


def from_text(text: str) -> NotebookNode:
    """The notebook that a MyST text stands for, not yet executed."""
    notebook = jupytext.reads(text, fmt=TEXT_FORMAT)
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["kernelspec"] = dict(KERNELSPEC)
    notebook.metadata["language_info"] = dict(LANGUAGE)
    return notebook


def to_text(notebook: NotebookNode) -> str:
    """The MyST text of a notebook: its front matter and its inputs, no outputs."""
    # A notebook's file has sorted keys, so the text has them too: else the order would depend
    # on which form was written last.
    bare = nbformat.from_dict(json.loads(json.dumps(notebook, sort_keys=True)))
    bare.metadata["kernelspec"] = dict(KERNELSPEC)
    bare.metadata["language_info"] = dict(LANGUAGE)
    return jupytext.writes(bare, fmt=TEXT_FORMAT, config=JUPYTEXT)


def digest(parts: Iterable[bytes]) -> str:
    """One short name for a sequence of byte strings; it differs when any of them does."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]


def inputs(notebook: NotebookNode) -> str:
    """A digest of what a person wrote: front matter and cells, whatever the outputs are."""
    return digest([to_text(notebook).encode()])


def made_from(notebook: NotebookNode) -> str | None:
    """The inputs that a notebook had when it was last written by `make sync`."""
    return notebook.metadata.get(ORIGIN, {}).get("inputs")


def reconcile(text: NotebookNode | None, notebook: NotebookNode | None) -> NotebookNode:
    """Whichever form a person edited last: the text, the notebook, but not both."""
    if notebook is None or text is None:
        if text is not None:
            return text
        if notebook is not None and made_from(notebook) is None:
            return notebook
        raise ChapterError(
            "the text is gone but its notebook is still there. "
            "Delete the notebook too, or bring the text back from git."
        )
    of_text, of_notebook, before = inputs(text), inputs(notebook), made_from(notebook)
    if of_text == of_notebook or of_notebook == before:
        return text
    if of_text == before:
        return notebook
    raise ChapterError(
        "the text and the notebook were both edited since the last `make sync`. "
        "To keep the text, delete the notebook. To keep the notebook, delete its "
        f'metadata entry "{ORIGIN}" and the text. Then run `make sync` again.'
    )


# --- one notebook, one sequence of bytes ------------------------------------------------


def _tidy_output(output: NotebookNode, count: int | None) -> NotebookNode:
    tidy = nbformat.from_dict(output)
    if "data" in tidy:
        tidy.data.pop(LIVE_VIEW, None)
    if tidy.output_type == "execute_result":
        tidy.execution_count = count
    tidy.pop("transient", None)
    return tidy


def _tidy_outputs(outputs: Iterable[NotebookNode], count: int | None) -> list[NotebookNode]:
    """Outputs without live views; text that was printed in pieces becomes one piece."""
    tidied: list[NotebookNode] = []
    for output in (_tidy_output(output, count) for output in outputs):
        if "data" in output and not output.data:
            continue
        last = tidied[-1] if tidied else None
        if (
            last is not None
            and output.output_type == last.output_type == "stream"
            and output.name == last.name
        ):
            last.text += output.text
        else:
            tidied.append(output)
    return tidied


def _ids(cells: Iterable[NotebookNode]) -> Iterator[str]:
    """A name per cell that depends on its source only, so that one edit is one line of diff."""
    seen: dict[str, int] = {}
    for cell in cells:
        name = digest([cell.cell_type.encode(), cell.source.encode()])[:8]
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def normalise(notebook: NotebookNode) -> NotebookNode:
    """The same chapter without anything that differs from run to run or machine to machine.

    The inputs are read back from the text form, so the two forms agree by construction.
    """
    clean = from_text(to_text(notebook))
    if len(clean.cells) != len(notebook.cells):
        raise ChapterError(
            f"the notebook has {len(notebook.cells)} cells but its text holds {len(clean.cells)}. "
            "Remove empty cells."
        )
    count = 0
    for cell, executed, name in zip(clean.cells, notebook.cells, _ids(clean.cells), strict=True):
        cell.id = name
        if cell.cell_type != "code":
            continue
        cell.execution_count = None
        # A count that is missing stays missing: nbval would not compare such a cell.
        if executed.execution_count is not None:
            count += 1
            cell.execution_count = count
        cell.outputs = _tidy_outputs(executed.outputs, cell.execution_count)
    clean.metadata[ORIGIN] = {"inputs": inputs(clean)}
    clean.nbformat, clean.nbformat_minor = 4, 5
    return clean


def dumps(notebook: NotebookNode) -> str:
    """The file of a notebook: sorted keys, one final line break."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _texts(output: NotebookNode) -> Iterator[str]:
    """Every text that nbval compares in an output."""
    if output.output_type == "stream":
        yield output.text
    for kind, value in output.get("data", {}).items():
        if isinstance(value, str) and not (kind.startswith("image/") and kind != "image/svg+xml"):
            yield value
        elif not isinstance(value, str):
            yield json.dumps(value)


def _line_with_address(text: str) -> str | None:
    """The first line that holds a memory address."""
    # Looked for by itself: a pattern that also takes the line around it needs a time that grows
    # with the square of the line, and a figure in HTML is one line of a million letters.
    if (found := ADDRESS.search(text)) is None:
        return None
    start = text.rfind("\n", 0, found.start()) + 1
    return text[start:].partition("\n")[0]


def complaints(notebook: NotebookNode) -> list[str]:
    """What must not be stored: errors, warnings, and text that no second run would repeat."""
    found = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        if not cell.source.strip():
            found.append(f"cell {number}: it is empty, so it never gets a count. Remove it.")
        for output in cell.outputs:
            what = None
            if output.output_type == "error":
                what = COLOUR.sub("", "\n".join(output.traceback))
            elif output.output_type == "stream" and output.name == "stderr":
                what = f"it wrote to stderr:\n{output.text}"
            else:
                address = next(filter(None, map(_line_with_address, _texts(output))), None)
                if address:
                    what = (
                        "its output holds a memory address, which differs in every run:\n"
                        f"{address.strip()[:200]}\n"
                        "Give the object a __repr__ or print what matters."
                    )
            if what:
                found.append(f"cell {number}:\n{cell.source}\n\n{what}")
    return found


# --- execution --------------------------------------------------------------------------


def kernel_command(python: str | Path) -> list[str]:
    """What starts a kernel of this interpreter, as a kernel spec says it."""
    # Below an error, a kernel only remarks on its transport and on its own end.
    command = [str(python), "-m", "ipykernel_launcher", "--log-level=ERROR"]
    return [*command, "-f", "{connection_file}"]


class _OnePython(KernelSpecManager):
    """Kernels of one given interpreter, whatever else is registered on this machine."""

    python = sys.executable

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        command = kernel_command(self.python)
        return KernelSpec(argv=command, **{k: KERNELSPEC[k] for k in ("display_name", "language")})


def kernel_manager(python: str | Path) -> AsyncKernelManager:
    """What starts kernels of this interpreter.

    nbclient leaves a kernel running whose manager it was given, unless told `cleanup_kc=True`.
    """
    specs = _OnePython()
    specs.python = str(python)
    return AsyncKernelManager(kernel_name=KERNELSPEC["name"], kernel_spec_manager=specs)


async def execute(
    notebook: NotebookNode,
    folder: Path,
    python: str | Path = sys.executable,
    checkout: Path | None = None,
) -> NotebookNode:
    """The notebook with its outputs, run by `python` with `folder` as the current folder.

    The package is that of `checkout`, also where another one is installed; without it, the
    installed one.
    """
    executed = nbformat.from_dict(notebook)
    client = NotebookClient(
        executed,
        km=kernel_manager(python),
        timeout=CELL_SECONDS,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    )
    with TemporaryDirectory() as profile:
        environment = os.environ | {
            # A reader's own settings of IPython or a display must not change the pages.
            "IPYTHONDIR": profile,
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        if checkout is not None:
            before = os.environ.get("PYTHONPATH")
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(checkout), before]))
        try:
            await client.async_execute(env=environment, cleanup_kc=True)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise ChapterError(COLOUR.sub("", str(error)).strip()) from None
    wrong = complaints(executed)
    if wrong:
        raise ChapterError("\n\n".join(wrong))
    return normalise(executed)
