"""A limit on the time a check may take. What does not finish is inconclusive, never passed."""

from __future__ import annotations

import ctypes
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 20.0
"""The limit for one check. What is in the book takes a hundredth of it."""

AGAIN = 0.2
"""It rings again and again, should somebody's bare ``except:`` have silenced it."""


class OutOfTime(BaseException):
    """Not an Exception, so that no ``except Exception`` inside a library can swallow it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime inside the block once ``seconds`` have passed.

    In the main thread the system's alarm does it. Elsewhere (a worker thread, or a system
    without alarms) a timer asks the interpreter to raise it here. Code that silences it is
    not believed: whatever the block did after its time was up, OutOfTime is raised at its end.
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        yield from _by_alarm(seconds)
    else:
        yield from _by_timer(seconds)


def _by_alarm(seconds: float) -> Iterator[None]:
    rang = done = False

    def ring(_signal, _frame):
        nonlocal rang
        if not done:
            rang = True
            raise OutOfTime

    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, ring)
    # An alarm that was set before, of an outer limit for instance, must not come later for it.
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    signal.setitimer(signal.ITIMER_REAL, min(seconds, left) if left else seconds, AGAIN)
    try:
        try:
            yield
        finally:
            done = True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            remaining = max(left - (time.monotonic() - started), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, remaining, interval)
    if rang:
        raise OutOfTime


def _by_timer(seconds: float) -> Iterator[None]:
    here = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    lock, stop = threading.Lock(), threading.Event()
    rang = False

    def watch():
        nonlocal rang
        wait = seconds
        while not stop.wait(wait):
            with lock:
                if stop.is_set():
                    return
                rang = True
                raise_in(here, ctypes.py_object(OutOfTime))
            wait = AGAIN

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        _certainly(stop.set)
        # The watch may be in the middle of ringing: wait for it, then take the ring back.
        _certainly(lambda: lock.acquire() and lock.release())
        _certainly(lambda: raise_in(here, None))
    if rang:
        raise OutOfTime


def _certainly(act) -> None:
    """Do it, even if the limit rings just now."""
    while True:
        try:
            act()
            return
        except OutOfTime:
            continue
