"""Pin every version anew: resolve pyproject.toml and write constraints.txt.

python -m tools.lock
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Generated from pyproject.toml by `make lock`; do not edit.\n"
EXPORT = ["export", "--quiet", "--all-extras", "--no-extra", "bench", "--no-emit-project"]
EXPORT += ["--no-hashes", "--no-annotate", "--no-header", "--format", "requirements-txt"]


def constraints(exported: str) -> str:
    """The content of constraints.txt: a heading and one pinned version a line, no address."""
    lines = [line for line in exported.splitlines() if line and not line.startswith("#")]
    strange = [line for line in lines if not re.match(r"[A-Za-z0-9._-]+==[^\s/]+( ; .+)?$", line)]
    if strange:
        raise SystemExit(f"make lock: these lines pin no version: {strange}")
    return HEADER + "".join(f"{line}\n" for line in lines)


def main() -> None:
    """Resolve, export, and leave constraints.txt only."""
    uv = [sys.executable, "-m", "uv"]
    resolved = ROOT / "uv.lock"
    try:
        subprocess.run([*uv, "lock", "--upgrade"], cwd=ROOT, check=True)
        exported = subprocess.run(
            [*uv, *EXPORT], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        ).stdout
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            f"make lock: uv failed with status {error.returncode}, see above"
        ) from None
    finally:
        # It names the host of every file, and a mirror would be another host.
        resolved.unlink(missing_ok=True)
    (ROOT / "constraints.txt").write_text(constraints(exported), encoding="utf-8")
    print("wrote constraints.txt")


if __name__ == "__main__":
    main()
