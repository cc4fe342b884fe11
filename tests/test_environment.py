"""Promises of the lock and of Binder: everything is pinned, and Binder gets what it needs only."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from nbval.kernel import start_new_kernel
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import EXPORT, HEADER, constraints
from tools.reader import pip_section

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


BINDER = (ROOT / "environment.yml").read_text(encoding="utf-8")


def test_conda_brings_python_and_pip_only() -> None:
    """All else comes from the lock, and nothing that pyproject.toml says is said twice."""
    names = [e for e in yaml.safe_load(BINDER)["dependencies"] if isinstance(e, str)]
    assert {re.split("[=<>]", name)[0] for name in names} == {"python", "pip"}
    assert pip_section(BINDER) == ["-c constraints.txt", "-e ."]


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


def test_binder_installs_what_is_needed_and_no_tool(reader: Path) -> None:
    """Binder's pip section brings the book, what it needs in the locked versions, and no more."""
    pip = [str(reader), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    listed, inspected = (
        json.loads(
            subprocess.run([*pip, *asked], capture_output=True, text=True, check=True).stdout
        )
        for asked in (["list", "--format", "json"], ["inspect", "--local"])
    )
    installed = {canonicalize_name(p["name"]): p for p in listed}
    requirements = {
        canonicalize_name(one["metadata"]["name"]): one["metadata"].get("requires_dist", [])
        for one in inspected["installed"]
    }
    book = canonicalize_name(PROJECT["name"])
    assert installed[book]["editable_project_location"] == str(ROOT)
    ours = {book, "pip", "setuptools", "wheel"}
    assert installed.keys() <= needed(requirements) | ours
    assert not installed.keys() & {"jupyter-book", "sphinx", "pytest", "nbval", "jupyterlab"}
    python_version = ".".join(map(str, sys.version_info[:3]))
    for name in installed.keys() - ours:
        assert installed[name]["version"] == pinned(name, python_version)


def test_chapters_are_replayed_in_binders_environment(
    reader: Path, pytestconfig: pytest.Config
) -> None:
    """The kernels in which nbval replays every chapter run in the environment tested above."""
    assert not pytestconfig.option.nbval_current_env
    manager, client = start_new_kernel(kernel_name=pytestconfig.option.nbval_kernel_name)
    said: list[str] = []
    try:
        client.execute_interactive(
            "import sys, book_utils; print(sys.prefix, book_utils.__path__[0], sep='\\n')",
            timeout=60,
            output_hook=lambda message: said.append(message["content"].get("text", "")),
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "".join(said).split() == [str(reader.parent.parent), str(ROOT / "book_utils")]
