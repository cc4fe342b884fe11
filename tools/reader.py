"""Make the environment of someone who runs the cells on Binder: its pip section, nothing else.

python -m tools.reader .venv/reader
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def pip_section(environment: str) -> list[str]:
    """What Binder hands to pip, line by line, from the text of environment.yml."""
    entries = yaml.safe_load(environment)["dependencies"]
    (section,) = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    return section


def make(folder: Path) -> None:
    """Make a fresh environment in `folder`, with what Binder would install."""
    venv.create(folder, clear=True, with_pip=True)
    section = pip_section((ROOT / "environment.yml").read_text(encoding="utf-8"))
    # Like conda: a file beside environment.yml, since the paths in it are relative to that folder.
    with tempfile.NamedTemporaryFile("w", dir=ROOT, suffix=".requirements.txt") as file:
        file.write("\n".join(section) + "\n")
        file.flush()
        pip = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
        ]
        for command in (["install", "--no-compile", "-r", file.name], ["check"]):
            done = subprocess.run([*pip, *command], cwd=ROOT)
            if done.returncode:
                raise SystemExit(
                    f"pip {command[0]} failed with status {done.returncode}, see above: "
                    "what environment.yml lists cannot be installed here."
                )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    make(Path(sys.argv[1]).resolve())
