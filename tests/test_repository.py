"""Promises of the repository itself: its papers, its commands, its style, and no hosts in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import files_of_a_clone

from tools.sync import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMMANDS = ["serve", "test", "book", "sync", "ledger", "bench", "lint", "lock", "clean"]
# Written in pieces, or this file would name what no file may name.
REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "yarnpkg" + ".com",
    "anaconda" + ".org",
    "conda" + ".io",
]
MARK = re.compile(r"[Gg]enerated")


def paper(name: str) -> str:
    """The text of a file at the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def make(
    *arguments: str, folder: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run make in a folder."""
    return subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, env=environment or None
    )


# --- papers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("README.md", ["make serve", "make test", "docs/screenshot.png", "LICENSE-TEXT"]),
        ("CONTRIBUTING.md", ["Add a chapter", "Add a cell", "Add a derivation", "Add a widget"]),
        ("CHANGELOG.md", [PROJECT["version"]]),
        ("LICENSE", ["MIT License", "WITHOUT WARRANTY OF ANY KIND"]),
        ("LICENSE-TEXT", ["Attribution 4.0 International", "Section 1 ", "Section 8 "]),
    ],
)
def test_the_papers_say_what_they_must(name: str, says: list[str]) -> None:
    """A reader finds the two commands, the recipes, the changes and both licences in full."""
    for phrase in says:
        assert phrase in paper(name), f"{name} does not say {phrase!r}"


def test_links_between_papers_resolve() -> None:
    """Every file that a paper links to exists."""
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", paper(name)):
            assert (ROOT / target).exists(), f"{name} links to {target}, which does not exist"


def test_the_citation_agrees_with_the_package() -> None:
    """CITATION.cff, the changelog and the package tell one version and one date."""
    citation = yaml.safe_load(paper("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == PROJECT["version"]
    assert citation["authors"] == [{"name": "The Gradients Through Time authors"}]
    assert f"## {citation['version']}, {citation['date-released']}" in paper("CHANGELOG.md")
    assert " AND ".join(citation["license"]) == PROJECT["license"]


def test_no_loose_ends() -> None:
    """No paper and no chapter holds a note to its own author."""
    for path in files_of_a_clone():
        if path.suffix in {".md", ".cff"}:
            assert not re.search(r"\b(TODO|FIXME|XXX)\b", (ROOT / path).read_text()), path


# --- commands ---------------------------------------------------------------------------


def test_make_alone_lists_every_command() -> None:
    """`make` prints one line of help for every command, and does nothing else."""
    listed = make()
    assert listed.returncode == 0
    assert re.findall(r"^  make (\w+) {2,}\S", listed.stdout, re.M) == COMMANDS


def test_a_python_that_is_too_old_is_refused(clone: Path, tmp_path: Path) -> None:
    """An old, an absent and a crippled Python each get one message that says what to do."""
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\nexit 1\n")
    crippled = tmp_path / "crippled"
    # Debian's python3 without python3-venv: it runs, but has no ensurepip.
    crippled.write_text('#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; esac\n')
    for script in (old, crippled):
        script.chmod(0o755)
    for python, message in {
        str(tmp_path / "absent"): "absent was not found: install Python 3.11 or newer",
        str(old): "old is too old: this book needs Python 3.11 or newer.",
        str(crippled): "crippled cannot make environments: sudo apt-get install python3-venv",
    }.items():
        refused = make("serve", f"PYTHON={python}", folder=clone)
        assert refused.returncode == 2
        assert message in refused.stderr
        assert not (clone / ".venv").exists()


@pytest.fixture
def workshop(clone: Path) -> Path:
    """A clone whose tools only write down that they were called, and when they were done."""
    tools = clone / "tools-of-the-test"
    tools.mkdir()
    for name in ("python", "npm", "jupyter-book"):
        script = tools / name
        script.write_text(
            "#!/bin/sh\n"
            f'echo "start {name} $*" >> calls\n'
            "sleep 0.05\n"
            "mkdir -p .venv node_modules _build/html\n"
            f'echo "end {name} $*" >> calls\n'
        )
        script.chmod(0o755)
    return clone


def calls(workshop: Path, *arguments: str) -> list[str]:
    """What make calls, in short, in order; no call may begin before the last has ended."""
    log = workshop / "calls"
    log.write_text("")
    done = make("-j4", "BIN=tools-of-the-test", *arguments, folder=workshop)
    assert done.returncode == 0, done.stderr
    lines = log.read_text().splitlines()
    for start, end in zip(lines[::2], lines[1::2], strict=True):
        assert end == start.replace("start", "end", 1), f"two things at a time: {lines}"
    short = {
        "[site]": "install site",
        "[site,coursework,test]": "install test",
        "--omit=dev": "npm site",
        "npm ci": "npm test",
        "jupyter-book build": "build",
        "tools.serve": "serve",
        "-m pytest": "pytest",
        "-m venv": "venv",
        "tools.reader": "reader",
        "[bench,coursework]": "install bench",
        "-m benchmarks": "bench",
    }
    return [next(name for mark, name in short.items() if mark in line) for line in lines[1::2]]


def test_the_first_run_does_all_and_the_second_nothing(workshop: Path) -> None:
    """`make serve` installs no test tool and no development package; nothing is done twice."""
    assert calls(workshop, "serve") == ["install site", "npm site", "build", "serve"]
    assert calls(workshop, "serve") == ["serve"]
    assert sorted(calls(workshop, "test")[:-1]) == ["install test", "npm test", "reader"]
    assert calls(workshop, "test") == ["pytest"]
    assert calls(workshop, "book") == []


def test_the_benchmark_has_an_environment_of_its_own(workshop: Path) -> None:
    """`make bench` brings PyTorch and JAX into .venv/bench, once, and installs nothing else."""
    (workshop / ".venv" / "bench").mkdir(parents=True)  # what the silent `-m venv` would make
    apart = "BENCH_BIN=tools-of-the-test"
    assert calls(workshop, "bench", apart) == ["venv", "install bench", "bench"]
    assert calls(workshop, "bench", apart) == ["bench"]


def test_make_is_safe_with_j(workshop: Path) -> None:
    """With -j all is done once, and no installer works in a folder that a build reads."""
    done = calls(workshop, "serve", "test")
    once = ["install site", "install test", "npm site", "npm test", "reader", "build", "serve"]
    assert sorted(done) == sorted([*once, "pytest"])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("book/references.bib", ["build"]),
        ("_toc.yml", ["build"]),
        ("book_utils/__init__.py", ["build"]),
        ("package-lock.json", ["npm site", "build"]),
        ("constraints.txt", ["install site", "build"]),
        ("book_utils/dynamics/compiled/bptt.c", ["install site", "build"]),
        ("README.md", []),
    ],
)
def test_a_change_redoes_what_depends_on_it(
    workshop: Path, changed: str, expected: list[str]
) -> None:
    """A change of a source builds the site again, one of a lock file installs again."""
    calls(workshop, "book")
    later = max(path.stat().st_mtime for path in workshop.rglob("*")) + 1
    os.utime(workshop / changed, (later, later))
    assert calls(workshop, "book") == expected


def test_a_removed_page_is_a_change(clone: Path) -> None:
    """The list of the site's sources is rewritten when a file goes, and only then."""
    listing = clone / "_build" / "sources.txt"
    assert make("_build/sources.txt", folder=clone).returncode == 0
    first = listing.stat().st_mtime_ns
    assert make("_build/sources.txt", folder=clone).returncode == 0
    assert listing.stat().st_mtime_ns == first
    (clone / "book" / "references.bib").unlink()
    assert make("_build/sources.txt", folder=clone).returncode == 0
    assert listing.stat().st_mtime_ns != first


# --- content ----------------------------------------------------------------------------


def test_no_file_names_a_registry() -> None:
    """Whoever installs chooses the mirror: no file names the host of a package registry."""
    for path in files_of_a_clone():
        content = (ROOT / path).read_bytes()
        for host in REGISTRIES:
            assert host.encode() not in content, f"{path} names {host}"


def test_generated_files_say_so() -> None:
    """What is made by a command says so in its first lines, so that nobody edits it."""
    assert MARK.search(paper("constraints.txt").splitlines()[0])


def test_style() -> None:
    """ruff has nothing to say, neither about style nor about layout."""
    for arguments in (["check", "--no-cache", "."], ["format", "--no-cache", "--check", "."]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_direction_of_imports() -> None:
    """Numbers and symbols never import each other, and nothing imports what is above it."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
