"""A limit on time inside another one: each rings for itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from book_utils.derivations.engine.timelimit import OutOfTime, time_limit

Result = TypeVar("Result")


class TooSlow(Exception):
    """It did not finish in the time it had."""


def within(seconds: float, act: Callable[[], Result]) -> Result:
    """What ``act`` returns, or ``TooSlow``. A limit around this one keeps its word."""
    started = time.monotonic()
    try:
        with time_limit(seconds):
            return act()
    except OutOfTime:
        # The alarm is one for all limits; a clock may be a little behind it.
        if time.monotonic() - started < 0.95 * seconds:
            raise
        raise TooSlow from None
