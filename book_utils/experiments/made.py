"""When, how long and with what a stored result was made."""

from __future__ import annotations

import datetime
import platform
import sys
import time

import numpy as np


def made(began: float) -> str:
    """The stamp of a result whose making began at ``time.perf_counter() == began``."""
    seconds = time.perf_counter() - began
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return (
        f"on {today} in {seconds:.0f} seconds with Python {platform.python_version()} and NumPy "
        f"{np.__version__} ({platform.machine()}, {sys.platform})"
    )
