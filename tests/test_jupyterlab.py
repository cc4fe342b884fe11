"""In JupyterLab, with a kernel: the same explorables, drawn by the same module; and an assignment
as a student meets it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import PATIENCE, missing
from playwright.sync_api import Browser, Page, expect

from book_utils import widgets

# One notebook shows one explorable after the other: each run of SHOW is the next.
NEXT = "from book_utils import widgets\n\nnames = iter({names!r})"
SHOW = "name = next(names)\nshown = widgets.explorable(name)()\nshown"
COMPARE = "print(name, 'moved:', shown.state() != widgets.explorable(name)().state())"
ASK = "shown.state()"
ASSIGNMENT = Path("book/assignments/example/bptt.ipynb")
# Jupyter gives a student's figure no words; the check below it says what it shows.
OUTPUTS = """() => axe.run(
    {include: ['.jp-OutputArea']},
    {resultTypes: ['violations'], rules: {'image-alt': {enabled: false}}},
)"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_it_answers(server: subprocess.Popen, address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}", pytrace=False)


@pytest.fixture(scope="module")
def lab(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab that knows no settings of the reader's."""
    if importlib.util.find_spec("jupyterlab") is None:
        missing("JupyterLab is missing: run `make test`, which installs it into .venv")
    home = tmp_path_factory.mktemp("lab")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name, names in (("all", widgets.names()), ("stretch", ["stretch"])):
        sources = (NEXT.format(names=names), SHOW, COMPARE, ASK)
        notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, sources)))
        notebook.metadata["kernelspec"] = kernel
        nbformat.write(notebook, home / f"{name}.ipynb")
    shutil.copy(root / ASSIGNMENT, home)
    port, log = free_port(), home / "log"
    own = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    own |= {"JUPYTER_RUNTIME_DIR": str(home / "runtime"), "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    command += [f"--ServerApp.root_dir={home}", "--LabApp.check_for_updates_class="
                "jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"]  # fmt: skip
    with log.open("w") as out:
        server = subprocess.Popen(
            command, cwd=home, env={**os.environ, **own}, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_it_answers(server, address, log)
        yield address
    finally:
        # It shuts its kernels down before it ends.
        server.terminate()
        server.wait(PATIENCE)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    yield page
    page.close()


def start(page: Page, lab: str, name: str) -> None:
    """Open a notebook, and run its first cell."""
    # Without what was open before, whose cells would lie hidden on the page.
    page.goto(f"{lab}/lab/tree/{name}.ipynb?reset")
    # Before the kernel is ready JupyterLab drops what it is asked to run.
    page.get_by_role("button", name="| Idle").wait_for()
    run(page, 0)


def show(page: Page, name: str) -> None:
    """Run the cell that shows the next explorable, which must be that one."""
    run(page, 1)
    page.locator(f".explorable-view.{name}").wait_for()


def run(page: Page, cell: int) -> None:
    page.locator(".jp-Notebook .cm-content").nth(cell).click()
    page.keyboard.press("Shift+Enter")


def test_explorables_in_jupyterlab(page, lab):
    """Each draws, its sliders keep the arrow keys, and Python sees what the reader changed."""
    start(page, lab, "all")
    for name in widgets.names():
        show(page, name)
        sliders = page.locator(".explorable-view :is([role=slider], input[type=range])")
        for i in range(sliders.count()):
            sliders.nth(i).focus()
            page.keyboard.press("ArrowLeft")
            expect(sliders.nth(i)).to_be_focused()
        run(page, 2)
        said = page.locator(".jp-OutputArea-output").last
        expect(said).to_contain_text(f"{name} moved: True")


def test_stretch_in_jupyterlab(page, lab):
    """It draws, drags and takes the arrow keys, and Python sees the state that the reader sets."""
    start(page, lab, "stretch")
    show(page, "stretch")
    state = page.get_by_role("slider", name="State x at step k")
    expect(state).to_have_attribute("aria-valuetext", "x₁ = 1, x₂ = 0.5")

    state.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    expect(state).to_have_attribute("aria-valuetext", "x₁ = 1.05, x₂ = 1")

    # A slider of the browser's own loses its keys to JupyterLab unless they are kept inside.
    steps = page.get_by_role("slider", name="steps s")
    steps.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(steps).to_have_value("6")
    expect(steps).to_be_focused()

    state.scroll_into_view_if_needed()
    box = state.locator(".knob").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 900, y + 900, steps=3)
    page.mouse.up()
    expect(state).to_have_attribute("aria-valuetext", "x₁ = 4, x₂ = −4")

    run(page, 3)
    expect(page.locator(".jp-OutputArea-executeResult").last).to_contain_text("'x': [4.0, -4.0]")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_assignment_in_jupyterlab(page, lab, root, node_modules):
    """By keyboard alone: run the folded setup cell, type an answer, run its check and read what it
    says, be told what is missing. The console is silent, and axe has nothing against the outputs.
    """
    faults: list[str] = []
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    names = [cell.id for cell in nbformat.read(root / ASSIGNMENT, as_version=4).cells]
    cells = page.locator(".jp-Notebook .jp-Cell")
    check, last = (cells.nth(names.index(name)) for name in ("q1", "last"))
    page.goto(f"{lab}/lab/tree/{ASSIGNMENT.name}?reset")
    page.get_by_role("button", name="| Idle").wait_for()
    expect(cells.nth(names.index("setup"))).to_contain_text("Run this cell first")
    expect(cells.nth(names.index("setup")).locator(".cm-content")).to_have_count(0)

    press(page, *["Shift+Enter"] * (1 + names.index("q1")))
    expect(check).to_contain_text("four_terms, an array of numbers: not answered yet.")
    press(page, "ArrowUp", "ArrowUp", "Enter", "Control+End", "Enter")
    page.keyboard.type("four_terms = [1, 2, 3]")
    press(page, "Shift+Enter", "Shift+Enter")
    expect(check).to_contain_text("LOOK AGAIN: there are four terms. four_terms has shape (3,)")

    press(page, *["Shift+Enter"] * (len(names) - 1 - names.index("q1")))
    expect(last).to_contain_text("Question 1: by hand: a public check did not pass.")
    expect(last).to_contain_text(
        "a formula for every T: not answered yet: state, term_k, derivative"
    )
    expect(last).to_contain_text("nothing is written in the saved notebook.")

    page.evaluate((node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(OUTPUTS)
    assert [violation["id"] for violation in found["violations"]] == []
    assert faults == []
