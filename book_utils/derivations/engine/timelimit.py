"""A limit on the time a check may take. What does not finish is inconclusive, never passed."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 20.0
"""The limit for one check. What is in the book takes a hundredth of it."""


class OutOfTime(BaseException):
    """Not an Exception, so that no ``except Exception`` inside a library can swallow it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime inside the block once ``seconds`` have passed.

    In the main thread the system's alarm does it. Elsewhere (a worker thread, or a system
    without alarms) a timer asks the interpreter to raise it here.
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        yield from _by_alarm(seconds)
    else:
        yield from _by_timer(seconds)


def _by_alarm(seconds: float) -> Iterator[None]:
    def ring(_signal, _frame):
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    # It rings again every second, should somebody's bare `except:` have silenced it.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _by_timer(seconds: float) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    lock, done = threading.Lock(), False

    def ring():
        with lock:
            if not done:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(OutOfTime))

    timer = threading.Timer(seconds, ring)
    timer.start()
    try:
        yield
    finally:
        with lock:
            done = True
        timer.cancel()
