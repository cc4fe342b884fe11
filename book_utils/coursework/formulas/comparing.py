"""Whether two formulas are the same under what is assumed of their letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from book_utils.coursework.desk import Verdict
from book_utils.coursework.formulas import saying
from book_utils.coursework.formulas.evaluating import Point, TooLarge, TooLong
from book_utils.coursework.formulas.exact import proved
from book_utils.coursework.formulas.letters import letters
from book_utils.coursework.formulas.limits import TooSlow, within
from book_utils.coursework.formulas.making import ALLOWED, as_matrix, is_matrix
from book_utils.coursework.formulas.names import Letters, Refused
from book_utils.coursework.formulas.points import points
from book_utils.coursework.formulas.reading import Formula, answered, known
from book_utils.derivations.engine.claim import Claim
from book_utils.derivations.engine.compare import compare
from book_utils.derivations.engine.instances import NotEvaluable

SECONDS = 5.0
"""For one comparison. A usual one takes a hundredth of it."""

ENOUGH = 8
"""At so many points two formulas must agree, unless fewer can be told apart."""

GIVEN = "what is given"

LADDER = (60, 240, 960)
"""Digits at which a difference is looked at, each time with twice as many again."""

SURE = mpmath.mpf("1e10")
"""A difference is one if it is so many times larger than what more digits change."""

CLOSE = "the two are too close to tell apart"

FULL = 4
"""Points at which the digits are checked by a second evaluation, as the engine does."""


@dataclass(frozen=True)
class Look:
    """The two formulas at one point: "same", "apart", or why nothing can be said there.

    "nothing" the known side has no value there; "gap": the answer has none; "large" or "long":
    the answer asks for too much; "close": too close to tell.
    """

    point: Point
    outcome: str
    yours: Any = None
    right: Any = None
    why: str = ""


def same(
    answer: Any,
    truth: Any,
    of: str | Letters,
    seconds: float = SECONDS,
    functions: Iterable[str] = ALLOWED,
) -> Verdict:
    """Whether an answer says what the truth says, for all letters as ``of`` declares them.

    Both are a text, a SymPy expression or matrix, or a (nested) list of these. An answer that
    cannot be read is undecided, and says why.
    """
    here = letters(of) if isinstance(of, str) else of
    right = known(truth, here)

    def judge() -> Verdict:
        return _same(answered(answer, here, functions), right, here)

    try:
        return within(seconds, judge)
    except Refused as error:
        return Verdict("undecided", saying.upper(str(error)), "not read")
    except TooSlow:
        return Verdict("undecided", f"It could not be compared within {seconds:g} s.", "time")


def _same(yours: Formula, right: Formula, here: Letters) -> Verdict:
    plain = [not isinstance(side, list) and not is_matrix(side) for side in (yours, right)]
    if all(plain):
        return _scalar(yours, right, here)
    if any(plain):
        wanted = "one formula" if plain[1] else "a matrix or a list of formulas"
        says = f"The answer is {wanted}."
        if isinstance(yours, list) and len(yours) > 1:
            says += " A comma stands between two formulas; write 2.5 for a decimal."
        return Verdict("wrong", says, "shape")
    left, wanted = as_matrix(yours), as_matrix(right)
    if wanted is None:
        raise ValueError("truth: got rows of several lengths, expects a matrix")
    if left is None:
        return Verdict("wrong", "The rows must have the same number of entries.", "shape")
    if 1 in left.shape and left.shape == wanted.shape[::-1] and isinstance(yours, list):
        left = left.T  # a plain list is neither a row nor a column
    if left.shape != wanted.shape:
        return Verdict("wrong", saying.shape(left.shape, wanted.shape), "shape")
    return _matrix(left, wanted, here)


def _matrix(left: sp.Matrix, wanted: sp.Matrix, here: Letters) -> Verdict:
    places = [(i, j) for i in range(left.rows) for j in range(left.cols)]
    verdicts = {(i, j): _scalar(left[i, j], wanted[i, j], here) for i, j in places}
    wrong = [place for place in places if verdicts[place].kind == "wrong"]
    open_ = [place for place in places if verdicts[place].kind == "undecided"]
    if wrong:
        says = saying.entry(wrong[0], left.shape, verdicts[wrong[0]].says)
        if len(wrong) > 1:
            says += f" {len(wrong)} of {len(places)} entries are wrong."
        if left.rows == left.cols > 1 and all(
            _scalar(left[j, i], wanted[i, j], here).kind == "right" for i, j in places
        ):
            says += " Rows and columns are swapped."
        return Verdict("wrong", says, verdicts[wrong[0]].how)
    if open_:
        verdict = verdicts[open_[0]]
        return verdict._replace(says=saying.entry(open_[0], left.shape, verdict.says))
    ways = {verdicts[place].how for place in places}
    return Verdict("right", "", max(ways))  # "tested" says less than "proved" does


def _scalar(yours: sp.Expr, right: sp.Expr, here: Letters) -> Verdict:
    looks = look(yours, right, here)
    apart = [each for each in looks if each.outcome == "apart"]
    agreed = [each for each in looks if each.outcome == "same"]
    gaps = [each for each in looks if each.outcome == "gap"]
    if apart:
        return Verdict("wrong", saying.difference(looks, here, yours), f"at {len(apart)} points")
    if gaps and not agreed and len(gaps) >= min(ENOUGH, len(looks)):
        return Verdict("wrong", saying.gap(gaps[0], here, yours), f"at {len(gaps)} points")
    if gaps:
        says = f"It agrees at {len(agreed)} points. " + saying.gap(gaps[0], here, yours)
        return Verdict("undecided", says, "gap")
    if len(agreed) < min(ENOUGH, len(looks)):
        unsure = [each for each in looks if each.outcome not in ("same", "nothing")]
        reason = saying.upper(unsure[0].why) if unsure else ""
        found = f"It agrees at {len(agreed)} points; no more could be compared."
        says = f"{found if agreed else 'It could not be compared at any point.'} {reason}"
        return Verdict("undecided", says.strip(), "large" if unsure else "nothing to compare")
    how = "proved" if proved(yours, right) else f"tested at {len(agreed)} points"
    return Verdict("right", "", how)


def look(yours: sp.Expr, right: sp.Expr, here: Letters) -> list[Look]:
    """Both formulas at every point, or at the first few if the answer is too long at all these."""
    claim = Claim(yours, "=", right)
    looks: list[Look] = []
    for place, drawn in enumerate(points(here.text)):
        looks.append(_look(claim, Point(drawn, place), quick=place >= FULL))
        if place == FULL and all(each.outcome == "long" for each in looks):
            break
    return looks


def _look(claim: Claim, point: Point, quick: bool) -> Look:
    try:
        right = _value(claim.right, point)
    except NotEvaluable:
        return Look(point, "nothing")
    try:
        yours = _value(claim.left, point)
        agree = compare(claim, point.fresh(6), quick)
        if agree is False:
            return _confirmed(claim, point)
    except TooLarge as error:
        outcome = "long" if isinstance(error, TooLong) else "large"
        return Look(point, outcome, why=str(error))
    except NotEvaluable as error:
        return Look(point, "gap", right=right, why=str(error))
    if agree is None:
        return Look(point, "close", yours, right, CLOSE)
    return Look(point, "same", yours, right)


def _confirmed(claim: Claim, point: Point) -> Look:
    """Whether a difference stays one when more and more digits are taken.

    The engine tells sides apart by one look where they are far apart. That is right for the
    formulas of the book; a student's may lose all digits at once, as cosh(x)²(1 - tanh(x)²) does.
    """
    for digits in LADDER:
        (left, right, _), (l, r, lost) = (_at(claim, point, d) for d in (digits, 2 * digits))
        with mpmath.workdps(2 * digits):
            error = max(abs(left - l), abs(right - r))
            noise = max(error, mpmath.mpf(10) ** -digits * max(abs(l), abs(r)))
            if not lost and abs(l - r) > SURE * noise:
                return Look(point, "apart", l, r)
    return Look(point, "close", l, r, CLOSE)


def _at(claim: Claim, point: Point, digits: int) -> tuple[Any, Any, bool]:
    with mpmath.workdps(digits):
        left, right = point.fresh(2)(claim.left), point(claim.right)
        return left, right, point.lost[0]


def _value(e: sp.Expr, point: Point) -> Any:
    """The value to 40 digits, for messages; a formula without one is told from the others."""
    with mpmath.workdps(40):
        value = point.fresh()(e)
        if not mpmath.isfinite(value):
            raise NotEvaluable("it is infinite")
        return value


def steps(
    lines: Sequence[Any],
    of: str | Letters,
    start: Any = None,
    seconds: float = SECONDS,
    functions: Iterable[str] = ALLOWED,
) -> list[Verdict]:
    """Whether every line follows from the line before it, the first one from ``start``.

    A line after a wrong one is judged by that wrong one: a mistake counts once. A line that
    cannot be read is undecided, and the next is compared with the last that can.
    """
    here = letters(of) if isinstance(of, str) else of
    before: tuple[str, Any] | None = (GIVEN, start) if start is not None else None
    verdicts = []
    for number, line in enumerate(lines, 1):
        verdict = _step(line, before, number, here, seconds, frozenset(functions))
        verdicts.append(verdict)
        if verdict.how != "not read":
            before = (f"line {number}", line)
    return verdicts


def _step(
    line: Any,
    before: tuple[str, Any] | None,
    number: int,
    here: Letters,
    seconds: float,
    functions: frozenset[str],
) -> Verdict:
    def judge() -> Verdict:
        return _follows(answered(line, here, functions), line, before, number, here)

    try:
        return within(seconds, judge)
    except Refused as error:
        return Verdict("undecided", f"Line {number}: {error}.", "not read")
    except TooSlow:
        return Verdict("undecided", f"Line {number} took more than {seconds:g} s.", "time")


def _follows(
    yours: Formula, line: Any, before: tuple[str, Any] | None, number: int, here: Letters
) -> Verdict:
    if before is None:
        return Verdict("right", "", "the first line")
    name, earlier = before
    given = name == GIVEN
    wanted = known(earlier, here) if given else answered(earlier, here, ALLOWED)
    if not given and (_bare(line) == _bare(earlier) or yours == wanted):
        return Verdict("wrong", f"Line {number} repeats {name}.", "repeated")
    verdict = _same(yours, wanted, here)
    if verdict.kind != "wrong" or verdict.how == "shape":
        return verdict._replace(says=f"Line {number}: {verdict.says}" * bool(verdict.says))
    return verdict._replace(
        says=f"Line {number} does not follow from {name}. "
        + (verdict.says if given else _both(yours, wanted, here, number, name))
    )


def _bare(line: Any) -> Any:
    """The text without its spaces: the same step twice is no step."""
    return "".join(line.split()) if isinstance(line, str) else line


def _both(yours: Formula, wanted: Formula, here: Letters, number: int, name: str) -> str:
    """Numbers of both lines: they are the student's own, so nothing is given away."""
    left, right = (
        as_matrix([side] if isinstance(side, sp.Expr) else side) for side in (yours, wanted)
    )
    for i in range(left.rows):
        for j in range(left.cols):
            looks = look(left[i, j], right[i, j], here)
            if any(each.outcome in ("apart", "gap") for each in looks):
                says = saying.both(looks, here, (left[i, j], right[i, j]), number, name)
                return says if len(left) == 1 else saying.entry((i, j), left.shape, says)
    return ""
