"""The time limit: what does not finish is inconclusive, and says so."""

from __future__ import annotations

import signal
import threading
import time

import pytest
import sympy as sp

from book_utils.derivations.engine import Claim, Derivation, Evidence, Grade, Step, decide
from book_utils.derivations.engine.decide import refute
from book_utils.derivations.engine.timelimit import OutOfTime, time_limit

z = sp.Symbol("z", real=True)
claim = Claim(z, "=", z)

SHORT, LONG = 0.2, 60.0


def stubborn(_claim=None, _using=()) -> None:
    """Never ends, and silences the limit a few times on its way."""
    silenced = 0
    while silenced < 3:
        try:
            while True:
                pass
        except:  # noqa: E722 (what a careless library does)
            silenced += 1
    while True:
        pass


def liar(_claim=None, _using=()) -> Evidence:
    """Silences the limit and then claims success."""
    try:
        while True:
            pass
    except:  # noqa: E722
        return Evidence(Grade.PROVED)


def endless(_claim=None, _using=()) -> None:
    while True:
        pass


def in_main_thread(job):
    return job()


def in_worker_thread(job):
    result = []

    def run():
        try:
            result.append(job())
        except BaseException as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(LONG)
    assert not thread.is_alive()
    if isinstance(result[0], BaseException):
        raise result[0]
    return result[0]


threads = pytest.mark.parametrize("run", [in_main_thread, in_worker_thread])


@threads
@pytest.mark.parametrize("route", [endless, stubborn, liar])
def test_a_proof_that_does_not_finish_is_inconclusive(run, route) -> None:
    """In any thread, whatever the slow code swallows, the verdict is inconclusive and says why."""
    evidence = run(lambda: decide(claim, by=(route,), seconds=SHORT))
    assert evidence.grade is Grade.INCONCLUSIVE
    assert evidence.note == f"the proof did not finish in {SHORT:g} s"
    assert str(evidence).startswith("inconclusive")


@threads
def test_a_test_that_does_not_finish_says_so(run) -> None:
    """A tester out of time refutes nothing and passes nothing."""
    slow = Claim(sp.Sum(z, (sp.Symbol("m", integer=True), 1, 10**9)), "=", 10**9 * z)
    trial = run(lambda: refute(slow, seconds=SHORT))
    assert trial.refutation is None
    assert trial.cases == 0
    assert "did not finish" in trial.note
    evidence = run(lambda: decide(slow, by="test", seconds=SHORT))
    assert evidence.grade is Grade.INCONCLUSIVE


def test_a_derivation_shows_that_a_step_ran_out_of_time() -> None:
    """The evidence of the whole is inconclusive, and the table says what did not finish."""
    record = Derivation("slow", "", claim, [Step(z, "slowly", by=(endless,))], seconds=SHORT)
    assert record.evidence.grade is Grade.INCONCLUSIVE
    assert "did not finish in 0.2 s" in record._repr_mimebundle_()["text/markdown"]


@threads
def test_what_finishes_is_left_alone(run) -> None:
    """Within the limit nothing is raised, neither inside the block nor after it."""

    def job():
        with time_limit(5 * SHORT):
            value = sum(range(1000))
        time.sleep(6 * SHORT)
        return value

    assert run(job) == 499500


@threads
def test_an_inner_limit_does_not_end_the_outer_one(run) -> None:
    """After an inner limit has rung, or has not, the outer one still rings."""

    def job():
        with time_limit(3 * SHORT):
            with time_limit(LONG):
                pass
            with pytest.raises(OutOfTime), time_limit(SHORT):
                endless()
            endless()

    with pytest.raises(OutOfTime):
        run(job)


@threads
def test_an_outer_limit_ends_an_inner_one(run) -> None:
    """An inner block may not run longer than the outer one allows."""

    def job():
        with time_limit(SHORT), time_limit(LONG):
            end = time.monotonic() + 50 * SHORT
            while time.monotonic() < end:
                pass
            pytest.fail("the outer limit did not ring")

    with pytest.raises(OutOfTime):
        run(job)


def test_the_alarm_is_given_back() -> None:
    """The handler and the alarm that were set before are set again, also after a ring."""
    rings = []
    before = signal.signal(signal.SIGALRM, lambda *_: rings.append(True))
    try:
        handler = signal.getsignal(signal.SIGALRM)
        signal.setitimer(signal.ITIMER_REAL, LONG)
        with time_limit(SHORT):
            pass
        with pytest.raises(OutOfTime), time_limit(SHORT):
            endless()
        assert signal.getsignal(signal.SIGALRM) is handler
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= LONG
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        while not rings:
            time.sleep(0.01)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_an_error_in_the_block_is_not_changed() -> None:
    """Errors pass through as they are."""
    with pytest.raises(ZeroDivisionError), time_limit(LONG):
        _ = 1 / 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
