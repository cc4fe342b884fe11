"""Marks from answers: the check cells of the grader version, run on plain data.

Hidden tests are written with the oracles below, each of which gives a verdict: right, wrong, or
undecided, which a human decides. What a verdict says never contains the expected answer.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from book_utils.coursework import desk, formulas
from book_utils.coursework.desk import AnswerError, NotAllowed, NotRead, Unanswered, Verdict
from book_utils.coursework.formulas import saying
from book_utils.derivations.engine.timelimit import OutOfTime, time_limit

__all__ = [
    "AnswerError",
    "NotAllowed",
    "NotRead",
    "Unanswered",
    "Verdict",
    "agrees",
    "curve",
    "entry",
    "exact",
    "follows",
    "holds",
    "labelled",
    "near",
    "one_of",
    "part",
    "same_formula",
]

CHECK_SECONDS = 60.0
"""For all that one check cell asks; a single formula has a limit of its own."""

RIGHT = Verdict("right")


# --- oracles ------------------------------------------------------------------------------


def holds(condition: Any, says: str) -> Verdict:
    """Right if the condition is true; else wrong, for the reason given."""
    return RIGHT if bool(condition) else Verdict("wrong", says)


def near(got: Any, want: Any, within: float = 1e-6, what: str = "") -> Verdict:
    """Right if all numbers agree, relative to the larger of 1 and the largest wanted one."""
    found, expected = np.asarray(desk.plain("numbers", got)), np.asarray(want, dtype=float)
    found = desk.as_list(found, expected.shape)
    of = f"{what}: " if what else ""
    if found.shape != expected.shape:
        return Verdict("wrong", f"{of}has shape {found.shape}, expects {expected.shape}")
    size = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    apart = np.abs(found - expected)
    if not apart.size or float(np.max(apart)) <= within * size:
        return RIGHT
    place = tuple(int(i) for i in np.unravel_index(np.argmax(apart > within * size), apart.shape))
    yours, right = float(found[place]), float(expected[place])
    entry = (
        f"entry {', '.join(str(i + 1) for i in place)} is {yours:.6g}" if place else f"{yours:.6g}"
    )
    return Verdict("wrong", f"{of}{entry}, {_hint(yours, right)}")


def part(got: Any, shape: tuple[int, ...], place: int | tuple[int, ...]) -> Any:
    """One number of an array of this shape; an array of another shape is refused."""
    found = desk.as_list(np.asarray(desk.plain("numbers", got)), tuple(shape))
    if found.shape != tuple(shape):
        raise NotAllowed(f"has shape {found.shape}, expects {tuple(shape)}")
    return found[place]


def entry(answer: Any, shape: tuple[int, ...], place: int | tuple[int, ...]) -> str:
    """One formula of a list or matrix of this shape; an answer of another shape is refused."""
    return _formulas(answer, shape)[place]


def _formulas(answer: Any, shape: tuple[int, ...]) -> np.ndarray:
    found = np.array(desk.plain("formulas", answer), dtype=object)
    found = desk.as_list(found, tuple(shape))
    if found.shape != tuple(shape):
        raise NotAllowed(f"has shape {found.shape}, expects {tuple(shape)}")
    if not all(isinstance(each, str) for each in found.flat):
        raise NotAllowed("expects one formula for each entry")
    return found


def _hint(yours: float, right: float) -> str:
    """How a number is off, without saying what it should be."""
    if yours == -right:
        return "which has the wrong sign"
    if yours * right < 0:
        return "which has the wrong sign, and not only that"
    return "which is too large" if yours > right else "which is too small"


def agrees(
    function: Callable, truth: Callable, at: Iterable[Sequence[Any]], within: float = 1e-6
) -> Verdict:
    """Right if a function of the student gives what ours gives at every one of the places."""
    for arguments in at:
        want = truth(*arguments)
        got = function(*arguments)
        verdict = near(got, want, within, f"at ({', '.join(map(_short, arguments))}) the result")
        if verdict.kind != "right":
            return verdict
    return RIGHT


def _short(argument: Any) -> str:
    if np.ndim(argument) == 0:
        return f"{float(argument):.4g}"
    if np.size(argument) < 10:
        return f"[{', '.join(map(_short, argument))}]"
    return "×".join(map(str, np.shape(argument)))


def one_of(got: Any, right: str | Iterable[str], says: str = "") -> Verdict:
    """Right if a text is one of the right ones, whatever its case and the spaces around it."""
    options = [right] if isinstance(right, str) else list(right)
    said = desk.plain("text", got).strip().lower()
    return holds(said in [option.lower() for option in options], says or f"{got!r} it is not")


def same_formula(answer: Any, truth: Any, of: str) -> Verdict:
    """Whether a formula, or a matrix of formulas, equals ours for all values of its letters.

    ``of`` declares them: "w real; T positive integer; 0 < w < 1".
    """
    return formulas.same(desk.plain("formulas", answer), truth, of)


def follows(lines: Any, of: str, start: Any = None) -> list[Verdict]:
    """One verdict per line of a derivation: whether it follows from the line before it, and the
    first one from ``start``."""
    given = desk.plain("formulas", lines)
    if isinstance(given, str):
        raise NotAllowed("expects a list of lines")
    # The lines may stand in a column of SymPy.
    given = [line[0] if isinstance(line, list) and len(line) == 1 else line for line in given]
    return formulas.steps(given, of, start)


def exact(answer: Any, shape: tuple[int, ...] = ()) -> Any:
    """Exact numbers that a student gave as formulas without letters: one, or a matrix.

    What cannot be read goes to a human, as with ``same_formula``.
    """
    given = _formulas(answer, shape).tolist()
    try:
        return formulas.exact([given] if len(shape) == 1 else given)
    except formulas.Refused as error:
        raise NotRead(saying.upper(str(error))) from None


FAR = 1e-9
"""Places are the same if they are so near to each other, as a part of all places."""
CROWD = 6
"""So many single points, or bars of one chart, may stand at one place: a cloud meets everything."""


def curve(
    plot: Any,
    x: Sequence[float],
    y: Sequence[float],
    within: float = 1e-3,
    axes: int | None = None,
    label: str | None = None,
) -> Verdict:
    """Right if a line, the bars or the points of a plot pass through all of these places.

    Single points count together, and between two places a line is straight on the scales of its
    axes. What lies outside their limits is not shown. Where ``axes`` names none of several, one
    is enough. With ``label``, only what the legend calls so, in a longer text and in capitals too.
    """
    wanted = np.column_stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)])
    best, seen, named = -1, 0, False
    for shown in _axes(plot, axes):
        drawn = [*shown["lines"], *shown["points"]]
        if label is not None:
            drawn = _called(label, shown)
        named = named or bool(drawn)
        inside = _inside(wanted, shown, within)
        for hits in _hits(drawn, wanted, shown, within):
            found = int(np.sum(hits)), int(np.sum(hits & inside))
            if (found[1], found[0]) > (seen, best):
                best, seen = found
    if label is not None and not named:
        return Verdict("wrong", f"nothing in the legend is called {label!r}")
    says = f"the line that comes closest is right at {max(best, 0)} of {len(wanted)} places"
    if best > seen:
        says += f", and the limits of the axes hide {best - seen} of them"
    return holds(seen == len(wanted), says)


def _hits(drawn: list[dict], wanted: np.ndarray, shown: dict, within: float) -> list[np.ndarray]:
    """For each of what is drawn, and for all single points together, the places that it meets."""
    log = shown["yscale"] == "log"
    x, y = _scaled(wanted[:, 0], shown["xscale"]), _scaled(wanted[:, 1], shown["yscale"])
    size = np.ptp(wanted[:, 1]) or np.max(np.abs(wanted[:, 1])) or 1.0
    met, single = [], []

    def right(found: np.ndarray) -> np.ndarray:
        apart = found - y[:, None]
        return np.abs(np.expm1(apart) if log else apart / size) <= within

    def one_right(at: np.ndarray, found: np.ndarray) -> np.ndarray:
        return np.any(at & right(found), axis=1) & (np.sum(at, axis=1) <= CROWD)

    with np.errstate(all="ignore"):  # what is drawn may be as large as numbers are
        for each in drawn:
            xs, ys = _standing(each, shown)
            if len(xs) == 1 or (len(xs) and each.get("as")):
                single.append((xs, ys))
            if len(xs) and each.get("as") == "bars":
                met.append(one_right(_over(x, xs), ys))
            elif len(xs):
                met.append(right(_between(x, xs, ys)[:, None])[:, 0])
        if len(single) > 1:
            xs, ys = map(np.concatenate, zip(*single, strict=True))
            met.append(one_right(np.abs(xs - x[:, None]) <= within * _span(x), ys))
    nowhere = np.isnan(x) | np.isnan(y)  # what no logarithmic axis can show
    return [hits | nowhere for hits in met if hits.any()]


def _standing(each: dict, shown: dict) -> tuple[np.ndarray, np.ndarray]:
    """Where that which can be shown of a line or of points stands, from left to right."""
    xs, ys = (_scaled(each[way], shown[way + "scale"]) for way in "xy")
    kept = np.isfinite(xs) & np.isfinite(ys)
    order = np.argsort(xs[kept], kind="stable")
    return xs[kept][order], ys[kept][order]


def _over(x: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Which bars stand at a place: those whose share of the axis holds it, beside others too."""
    gaps = np.diff(middles)
    half = np.min(gaps[gaps > 0], initial=np.inf) / 2
    off = x[:, None] - middles
    return (off >= -half * (1 + FAR)) & (off < half * (1 - FAR)) & np.isfinite(half)


def _between(x: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """How high a line is at these places; beyond its ends it is nowhere."""
    ends = np.clip(x, xs[0], xs[-1])
    places = np.where(np.abs(ends - x) <= FAR * _span(x), ends, x)
    return np.interp(places, xs, ys, left=np.inf, right=np.inf)


def _span(x: np.ndarray) -> float:
    """How far the places reach, or 1 for a single one."""
    known = x[np.isfinite(x)]
    return float(np.ptp(known)) or 1.0 if known.size else 1.0


def _scaled(values: Any, scale: str) -> np.ndarray:
    """Where values stand on an axis: what a logarithmic one cannot show stands nowhere."""
    found = np.asarray(values, dtype=float)
    return np.log(np.where(found > 0, found, np.nan)) if scale == "log" else found


def _inside(wanted: np.ndarray, shown: dict, within: float) -> np.ndarray:
    """Which places lie within the limits of the axes; what cannot be shown hides nothing."""
    inside = np.full(len(wanted), True)
    for column, way in enumerate("xy"):
        at = _scaled(wanted[:, column], shown[way + "scale"])
        low, high = np.sort(_scaled(shown[way + "lim"], shown[way + "scale"]))
        room = within * (high - low)
        inside &= np.isnan(at) | ((at >= low - room) & (at <= high + room))
    return inside


def _called(label: str, shown: dict) -> list[dict]:
    """What the legend calls so; names may also be given to the legend alone, in order."""
    drawn = [*shown["lines"], *shown["points"]]
    names = [each["label"] for each in drawn]
    if all(name.startswith("_") or not name for name in names):
        names = shown["legend"]
    elif not shown["legend"]:
        names = []
    return [each for each, name in zip(drawn, names, strict=False) if label.lower() in name.lower()]


def labelled(plot: Any, axes: int | None = None, yscale: str | None = None) -> Verdict:
    """Right if both axes have labels, and the vertical one has the scale that was asked for.

    Where ``axes`` names none of several pairs, one is enough.
    """
    found = [_labelled(shown, yscale) for shown in _axes(plot, axes)]
    return next((verdict for verdict in found if verdict.kind == "right"), found[0])


def _labelled(shown: dict, yscale: str | None) -> Verdict:
    for name, label in (("horizontal", shown["xlabel"]), ("vertical", shown["ylabel"])):
        if not label.strip():
            return Verdict("wrong", f"the {name} axis has no label")
    if yscale and shown["yscale"] != yscale:
        return Verdict("wrong", f"the vertical scale is {shown['yscale']}, expects {yscale}")
    return RIGHT


def _axes(plot: Any, number: int | None) -> list[dict]:
    axes = desk.plain("plot", plot)["axes"]
    least = 1 if number is None else number + 1
    if len(axes) < least:
        raise NotAllowed(f"the figure has {len(axes)} pairs of axes, expects {least}")
    return axes if number is None else [axes[number]]


# --- marks --------------------------------------------------------------------------------


def checks(grader: Mapping[str, Any]) -> list[tuple[str, float, str]]:
    """The check cells of a grader version: name, points, code."""
    found = []
    for cell in grader["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and about.get("grade"):
            found.append((about["grade_id"], float(about["points"]), cell["source"]))
    return found


def mark(
    grader: Mapping[str, Any], answers: Mapping[str, Any], only: Container[str] | None = None
) -> list[dict[str, Any]]:
    """The result of every question that a machine marks, in the order of the notebook.

    The first check defines what all hidden tests use, so it runs whatever ``only`` names.
    """
    names: dict[str, Any] = {"desk": SimpleNamespace(**desk.PUBLIC), "__marking__": True}
    results = []
    for number, (name, points, code) in enumerate(checks(grader)):
        if number and only is not None and name not in only:
            continue
        names.update(answers)
        names.pop("look", None)
        late = ""
        try:
            with time_limit(CHECK_SECONDS):
                exec(compile(code, f"<check {name}>", "exec"), names)
        except OutOfTime:
            late = f"the checks did not finish in {CHECK_SECONDS:g} s"
        if "look" not in names:
            raise RuntimeError(f"{name}: {late or 'the check asks no question'}")
        results.append(result(names["look"], points, late))
    return results


def result(look: desk.Question, points: float, late: str = "") -> dict[str, Any]:
    """What is told of one question."""
    remarks = [
        {"points": 0.0, "of": 0.0, "text": _told(text, verdict)}
        for text, verdict in look.checks
        if verdict.kind != "right" and verdict.how != "unanswered"
    ]
    remarks = [
        {"points": 0.0, "of": 0.0, "text": f"{answer}: {why}"} for answer, why in look.open.items()
    ] + remarks
    earned = open_points = 0.0
    for of, text, verdict in look.awards:
        got = {"right": of, "wrong": 0.0, "undecided": None}[verdict.kind]
        earned += got or 0.0
        open_points += of if got is None else 0.0
        remarks.append({"points": got, "of": of, "text": _told(text, verdict)})
    if late:
        open_points = points - earned
        remarks.append({"points": None, "of": open_points, "text": late})
    if len(look.unanswered) == len(look.answers):
        kind, total = "missing", 0.0
    elif open_points > 0:
        kind, total = "undecided", None
    else:
        total = min(earned, points)
        kind = "right" if total >= points else "partly" if total > 0 else "wrong"
    return {
        "id": look.name,
        "title": look.title,
        "points": total,
        "of": points,
        "verdict": kind,
        "remarks": remarks,
    }


def _told(text: str, verdict: Verdict) -> str:
    # How a verdict was found can hang on how fast the machine is, and a report must not.
    return f"{text}: {verdict.says}" if verdict.says else text
