"""A notebook in a sandbox, seen from outside: run the cells, ask for answers, call functions.

A cell that takes the process down is left out, and the others run again without it: so a student
loses that cell, not the notebook. Each reply is bounded in length and time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from book_utils.coursework import desk, values
from book_utils.coursework.isolation.sandbox import MIB, STUCK, TOO_LONG, Ended, Limits, Sandbox

RESTARTS = 5
GRACE = 1.0  # the alarm inside comes first; what ignores it is ended this much later
MANY_CALLS = 2000
LAST: dict[str, Any] = {}
"""After the last cell: our own code for reading answers, which finds out who has spoken."""
SPOKE = "it wrote where only its results belong"


class Spoke(Ended):
    """It sent more than it was asked for: what ran before is to blame, not what runs now."""

    number: int | None = None
    """Of the order that was answered twice."""


class NoStart(RuntimeError):
    """The sandbox did not come up: nothing that a student did."""


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _program() -> str:
    return _text(Path(__file__).with_name("runner.py"))


def _desk() -> bytes:
    return _text(Path(desk.__file__)).encode()


class Session:
    """One submission's notebook, through as many sandboxes as it takes."""

    def __init__(
        self,
        limits: Limits,
        isolation: str = "bubblewrap",
        hide: tuple[str, ...] = (),
        fonts: Mapping[str, str] | None = None,
    ) -> None:
        self.limits, self.isolation, self.hide = limits, isolation, hide
        self.fonts = dict(fonts or {})
        self.left = limits.run  # seconds that the notebook itself may still take
        self.restarts = RESTARTS
        self.calls = 0
        self._sandbox: Sandbox | None = None
        self._cells: list[dict[str, str]] = []  # what has run and may run again
        self._ended: dict[str, str] = {}  # answers that took the process down
        self._n = 0
        self._asked: dict[int, dict[str, Any]] = {}  # cells that have run, by their orders

    # Talking

    def _open(self, do: str = "start") -> dict[str, Any]:
        self.close()
        life = self.limits.but(run=self.limits.run + self.limits.marking)
        self._sandbox = Sandbox(_program(), {"desk.py": _desk()}, life, self.isolation, self.hide)
        start = {"limits": asdict(self.limits), "fonts": self.fonts}
        try:
            found = self._ask(do, self.limits.start, MIB, own=True, **start)
        except Ended as why:
            said = self._sandbox.last_words
            raise NoStart(
                f"the sandbox did not start: {why}" + (f" ({said})" if said else "")
            ) from why
        return found

    def _ask(
        self, do: str, wait: float, most: int, /, own: bool = False, **what: Any
    ) -> dict[str, Any]:
        """Send an order and read its reply; `Ended` if there is none that can be read."""
        sandbox = self._sandbox
        if not sandbox.quiet:
            raise Spoke(sandbox.end(SPOKE))
        self._n += 1
        order = json.dumps({"n": self._n, "do": do, **what}).encode()
        begun = time.monotonic()
        allowed = wait if own else min(wait, self.left)
        if allowed <= 0:
            raise sandbox.end(TOO_LONG)
        late = TOO_LONG if allowed < wait else STUCK
        try:
            sandbox.write(order, allowed, late)
            line = sandbox.read(allowed, most, late)
        except Ended:
            raise
        except BaseException:
            # Interrupted by a time limit of the checks: its reply would be taken for the next one.
            self.close()
            raise
        finally:
            if not own:
                self.left -= time.monotonic() - begun
        try:
            reply = values.read(line)
        except values.Broken as why:
            raise sandbox.end(f"{SPOKE}: {why}") from None
        number = reply.pop("n", None)
        if type(number) is int and number in self._asked:
            # A second process that came out of that cell answers it once more.
            spoke = Spoke(sandbox.end(SPOKE))
            spoke.number = number
            raise spoke
        if number != self._n:
            raise sandbox.end(SPOKE)
        return reply

    def close(self) -> None:
        """End the sandbox, if one is there."""
        if self._sandbox:
            self._sandbox.close()
            self._sandbox = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # Cells

    def _run_one(self, cell: dict[str, Any]) -> dict[str, Any]:
        limits = self.limits
        most = 12 * limits.text + int(1.4 * limits.figures * limits.picture * MIB) + MIB
        seconds = limits.cell + GRACE
        if "take" in cell:
            reply = self._ask("take", seconds, most, cell=cell, seconds=limits.call)
        else:
            reply = self._ask("run", seconds, most, cells=[cell], seconds=limits.cell)
        match reply:
            case {"cells": [{"error": (None | str()) as error, "outputs": shown, **rest}]} if set(
                rest
            ) <= {"id"}:
                try:
                    return {
                        "error": None if error is None else values.clean(error, 500),
                        "outputs": values.outputs(
                            shown, limits.text, limits.figures, limits.picture * MIB
                        ),
                    }
                except values.Broken as why:
                    raise self._sandbox.end(f"what it shows cannot be read: {why}") from None
        raise self._sandbox.end("what it shows cannot be read")

    def run(self, cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What each cell shows, in order; `NoStart` if nothing could run at all."""
        shown: list[dict[str, Any]] = []
        self._cells = []
        self._open()
        for cell in [*cells, LAST]:
            while True:
                try:
                    shown.append(self._tried(cell))
                    break
                except Spoke as why:
                    # Taking an answer starts no process: the cell above it did.
                    theirs = [one for one in self._cells if "take" not in one]
                    guilty = next(
                        (one for one in theirs if one is self._asked.get(why.number)), theirs[-1]
                    )
                    self._cells = [one for one in self._cells if one is not guilty]
                    at = next(n for n, one in enumerate(cells) if one is guilty)
                    shown[at] = {"error": f"stopped: {why}", "outputs": []}
        return shown[:-1]

    def _tried(self, cell: dict[str, Any]) -> dict[str, Any]:
        """What a cell shows, or what it ended; `Spoke` if the one before it is to blame."""
        if self._sandbox is None and not self._again():
            return {"error": "not run: the notebook was stopped", "outputs": []}
        try:
            if cell is LAST:
                return self._ask("desk", self.limits.cell + GRACE, MIB)
            result = self._run_one(cell)
        except Ended as why:
            self.close()
            if isinstance(why, Spoke) and self._cells:
                raise
            return {"error": f"stopped: {why}", "outputs": []}
        self._cells.append(cell)
        self._asked[self._n] = cell
        return result

    def _again(self) -> bool:
        """A new sandbox in which the cells have run that did not end the last one."""
        if self.restarts <= 0 or self.left <= 0:
            return False
        self.restarts -= 1
        self._open()
        try:
            for cell in self._cells:
                self._run_one(cell)
                self._asked[self._n] = cell
        except Ended:
            self.close()
            return False
        return True

    # Answers

    def answers(self, wanted: Mapping[str, str]) -> dict[str, Any]:
        """The declared answers as they came, for `values.answer` to look at."""
        found: dict[str, Any] = {}
        for name, kind in wanted.items():
            # One at a time: one that takes the process down does not take the others along.
            if self._sandbox is None and not self._again():
                found[name] = {"not_allowed": "the notebook was stopped before it could be read"}
                continue
            try:
                found |= self._read({name: kind})
            except Ended as why:
                found[name] = {"not_allowed": f"reading it ended the notebook: {why}"}
                self.close()
        return found

    def _read(self, wanted: Mapping[str, str]) -> dict[str, Any]:
        reply = self._ask(
            "answers",
            self.limits.call + GRACE,
            values.ANSWER_BYTES,
            wanted=dict(wanted),
            seconds=self.limits.call,
        )
        match reply:
            case {"answers": dict(found)} if set(found) == set(wanted):
                return found
        raise self._sandbox.end("its answers cannot be read")

    def call(self, name: str, arguments: list[Any]) -> dict[str, Any]:
        """The reply to a call of an answer that is a function, for `values` to look at."""
        self.calls += 1
        if self.calls > MANY_CALLS:
            raise RuntimeError(f"the checks call functions more than {MANY_CALLS} times")
        if name in self._ended:
            return {"error": self._ended[name]}
        if self._sandbox is None and not self._again():
            return {"error": "late"}
        try:
            return self._ask(
                "call",
                self.limits.call + GRACE,
                values.ANSWER_BYTES,
                name=name,
                arguments=arguments,
                seconds=self.limits.call,
            )
        except Ended as why:
            # It would only do so again.
            self._ended[name] = "late" if str(why) in (STUCK, TOO_LONG) else "ended"
            self.close()
            return {"error": self._ended[name]}


def fonts(limits: Limits, isolation: str) -> dict[str, str]:
    """matplotlib's list of fonts, made once inside, where it sees what notebooks will see."""
    with Session(limits, isolation) as session:
        found = session._open("fonts").get("fonts")
    if not isinstance(found, dict):
        raise NoStart("matplotlib's list of fonts could not be made")
    return found
