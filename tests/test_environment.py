"""Promises of the lock and of Binder: everything is pinned, and Binder gets what it needs only."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import EXPORT, HEADER, constraints
from tools.notebooks import execute
from tools.sync import ROOT, topics

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "constraints.txt").read_text()
PINS = [Requirement(line) for line in LOCK.splitlines() if line and not line.startswith("#")]
EXTRAS = PROJECT["optional-dependencies"]
BENCH = EXTRAS.pop("bench")
PYTHONS = ["3.11.7", "3.12.1", "3.13.0"]


def pinned(name: str, python: str) -> str:
    """The one version that the lock has of a package, for one Python on Linux."""
    where = {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "sys_platform": "linux",
        "implementation_name": "cpython",
    }
    (version,) = [
        str(next(iter(pin.specifier)).version)
        for pin in PINS
        if canonicalize_name(pin.name) == canonicalize_name(name)
        and (pin.marker is None or pin.marker.evaluate(where))
    ]
    return version


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    "requirement", PROJECT["dependencies"] + [r for extra in EXTRAS.values() for r in extra]
)
def test_every_requirement_is_locked(requirement: str, python: str) -> None:
    """The lock holds one version of every dependency, for each Python, and it satisfies it."""
    wanted = Requirement(requirement)
    assert wanted.specifier.contains(pinned(wanted.name, python))


def test_what_is_only_timed_against_is_pinned_apart() -> None:
    """PyTorch and JAX have one version each in pyproject.toml, and no place in the lock."""
    wanted = [Requirement(line) for line in BENCH]
    assert {one.name for one in wanted} == {"jax", "torch"}
    for one in wanted:
        assert [part.operator for part in one.specifier] == ["=="]
    locked = {canonicalize_name(pin.name) for pin in PINS}
    assert not {name for name in locked if re.match("torch|jax|nvidia|cuda|triton", name)}
    assert "bench" in EXPORT[EXPORT.index("--no-extra") :][:2]


def test_the_book_builder_is_pinned() -> None:
    """jupyter-book is the last release that reads _config.yml and _toc.yml."""
    assert pinned("jupyter-book", "3.11.7") == "1.0.4.post1"
    assert "jupyter-book==1.0.4.post1" in EXTRAS["site"]


def test_the_lock_is_generated_and_names_no_host() -> None:
    """Every line pins one version and nothing else, below a line that says who wrote it."""
    assert LOCK.startswith(HEADER), "run `make lock`"
    assert constraints(LOCK) == LOCK
    assert not re.search(r"://|@|--|hash", LOCK)


def test_a_lock_with_an_address_is_refused() -> None:
    """`make lock` stops when a line is anything but a name and a version."""
    for line in (
        "a @ https://example.org/a.whl",
        "-e .",
        "a>=1",
        "--index-url https://example.org",
    ):
        with pytest.raises(SystemExit, match="pin no version"):
            constraints(f"b==1.0\n{line}\n")


def binder() -> dict:
    """What Binder reads."""
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def pip_section() -> list[str]:
    """What Binder hands to pip."""
    (section,) = [entry["pip"] for entry in binder()["dependencies"] if isinstance(entry, dict)]
    return section


def test_conda_brings_python_and_pip_only() -> None:
    """All else comes from the lock, and nothing that pyproject.toml says is said twice."""
    names = [entry for entry in binder()["dependencies"] if isinstance(entry, str)]
    assert {re.split("[=<>]", name)[0] for name in names} == {"python", "pip"}
    assert pip_section() == ["-c constraints.txt", "-e ."]


def needed(packages: dict[str, list[str]]) -> set[str]:
    """The project and all that it needs, directly or not, by the packages' own word."""
    found: set[str] = set()
    open_ones = [canonicalize_name(PROJECT["name"])]
    while open_ones:
        name = open_ones.pop()
        if name in found or name not in packages:
            continue
        found.add(name)
        wanted = [Requirement(line) for line in packages[name]]
        open_ones += [
            canonicalize_name(one.name)
            for one in wanted
            if one.marker is None or one.marker.evaluate({"extra": ""})
        ]
    return found


def test_what_is_needed_follows_the_requirements_but_no_extra() -> None:
    """A package of an extra is not needed, one that a needed package asks for is."""
    name = PROJECT["name"]
    packages = {
        name: ["one", "tool; extra == 'test'"],
        "one": ["two>=1"],
        "two": ["three; python_version < '3'"],
        "three": [],
        "tool": [],
    }
    assert needed(packages) == {name, "one", "two"}


def test_binder_runs_every_chapter(clone: Path, tmp_path: Path) -> None:
    """A fresh environment made from Binder's pip section runs every chapter; no tool gets in."""
    # conda writes the section to a file beside environment.yml and runs pip there.
    (clone / "section.requirements.txt").write_text("\n".join(pip_section()) + "\n")
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    for command in (
        ["install", "--progress-bar", "off", "-r", "section.requirements.txt"],
        ["check"],
    ):
        done = subprocess.run([*pip, *command], cwd=clone, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    listed = subprocess.run(
        [*pip, "list", "--format", "json"], cwd=clone, capture_output=True, text=True, check=True
    )
    installed = {canonicalize_name(p["name"]): p["version"] for p in json.loads(listed.stdout)}
    inspected = subprocess.run(
        [*pip, "inspect", "--local"], cwd=clone, capture_output=True, text=True, check=True
    )
    requirements = {
        canonicalize_name(one["metadata"]["name"]): one["metadata"].get("requires_dist", [])
        for one in json.loads(inspected.stdout)["installed"]
    }
    ours = {canonicalize_name(PROJECT["name"]), "pip", "setuptools", "wheel"}
    assert installed.keys() <= needed(requirements) | ours
    assert not installed.keys() & {"jupyter-book", "sphinx", "pytest", "nbval", "jupyterlab"}
    python_version = ".".join(map(str, sys.version_info[:3]))
    for name in installed.keys() - ours:
        assert installed[name] == pinned(name, python_version)

    ran = 0
    # The ledger imports nothing of its own: it checks the records of all chapters, for minutes,
    # and nbval replays it.
    for topic in sorted({*topics(clone)} - {"ledger"}):
        notebook = nbformat.read(clone / "book" / f"{topic}.ipynb", as_version=4)
        executed = asyncio.run(execute(notebook, clone / "book", python=python))
        ran += sum(cell.cell_type == "code" for cell in executed.cells)
    assert ran > 0, "no chapter has a cell that runs"
