"""The same grading on other machines, by Dask's distributed scheduler.

Bytes go out, text comes back. Scheduler, workers and the network between them have to be trusted,
or use TLS: whoever speaks to a scheduler can run code on its workers, and the bundles hold the
hidden tests.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from book_utils.coursework import grade
from book_utils.coursework.course import CourseError
from book_utils.coursework.grade import AHEAD, Examine, Task
from book_utils.coursework.isolation.sandbox import refuse_unless_isolated

SECONDS = 10.0
"""To wait for a scheduler that does not answer."""
RETRIES = 2


class OtherEngine(RuntimeError):
    """A worker would grade with other code than this run's reports say."""


def on_worker(
    examine: Examine,
    engine: str,
    bundle: str,
    data: bytes,
    terms: Mapping[str, Any],
) -> str:
    """What a worker runs: the same pure function, if its code is the same."""
    if grade.engine_version() != engine:
        raise OtherEngine("this worker has another version of the book or its packages")
    return examine(bundle, data, terms)


def outcomes(
    pending: Iterable[tuple[Task, str | None]],
    address: str,
    terms: Mapping[str, Any],
    examine: Examine,
    say: Callable[[str], None],
) -> Iterator[tuple[Task, str | BaseException | None]]:
    """Outcomes as they come. Only a few submissions for each worker are on the way at a time."""
    from distributed import Client

    # What it would say of a lost connection, in forty lines, is said here in one.
    for name in ("distributed.client", "distributed.utils"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise CourseError(
            f"no Dask scheduler answers at {address}: {error}. Start one with `dask scheduler`, "
            "and name the address that it prints, such as tcp://10.0.0.5:8786"
        ) from None
    running: dict[Any, Task] = {}
    done: queue.SimpleQueue = queue.SimpleQueue()
    try:
        engine = grade.engine_version()
        _check(client, address, engine, terms["isolation"])
        for task, known in pending:
            if known is not None:
                yield task, known or None
                continue
            future = client.submit(
                on_worker,
                examine,
                engine,
                task.bundle,
                task.data,
                dict(terms),
                key=f"grade-{task.assignment}-{task.student}-{task.key[:12]}",
                retries=RETRIES,
            )
            running[future] = task
            future.add_done_callback(done.put)
            while len(running) >= AHEAD * max(1, _threads(client)):
                yield from _done(client, running, done, say)
        while running:
            yield from _done(client, running, done, say)
    finally:
        client.cancel(list(running))
        client.close()


def _workers(client: Any) -> dict[str, Any]:
    return client.scheduler_info(n_workers=-1)["workers"]


def _threads(client: Any) -> int:
    return sum(worker["nthreads"] for worker in _workers(client).values())


def ready(isolation: str) -> str:
    """What a worker says about itself: the version of its code, if it can isolate."""
    refuse_unless_isolated(isolation)
    return grade.engine_version()


def _check(client: Any, address: str, engine: str, isolation: str) -> None:
    """Each worker has the same book, and isolates; later ones are asked by `on_worker`."""
    if not _workers(client):
        raise CourseError(
            f"the scheduler at {address} has no workers: start some with `dask worker {address}`, "
            "in an environment that has the book and its extra `coursework`"
        )
    for worker, found in client.run(ready, isolation, on_error="return").items():
        if found != engine:
            why = (
                f"{type(found).__name__}: {found}"
                if isinstance(found, BaseException)
                else "another version of the book, of Python or of NumPy, SymPy or Matplotlib"
            )
            raise CourseError(f"the worker {worker} cannot grade for this course: {why}")


def _done(
    client: Any,
    running: dict[Any, Task],
    done: queue.SimpleQueue,
    say: Callable[[str], None],
) -> Iterator[tuple[Task, str | BaseException]]:
    """Wait for one outcome. Dask runs the tasks of a worker that died on the others."""
    try:
        future = done.get(timeout=SECONDS)
    except queue.Empty:
        if client.status != "running":
            raise CourseError(
                "the connection to the Dask scheduler is lost; what was graded is kept, "
                "and the same command goes on from there"
            ) from None
        if not _workers(client):
            say("the Dask scheduler has no workers left; waiting for one (Ctrl-C stops)")
        return
    task = running.pop(future)
    if future.cancelled():
        raise CourseError(
            "the Dask scheduler was lost or gave the work up; what was graded is kept, "
            "and the same command goes on from there"
        )
    error = future.exception()
    yield task, error if error is not None else future.result()
    future.release()
