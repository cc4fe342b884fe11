"""What a student's notebook needs to look at its own answers; it needs nothing but NumPy.

The text of this file is the first cell of every released notebook, so that the notebook runs
anywhere: in JupyterLab, on Binder, in Colab. The marking uses the same file, in a process of its
own, on answers that have left the student's notebook as plain data.
"""

import ast as _ast
import dis as _dis
import json as _json
import math as _math
from collections import namedtuple as _namedtuple
from pathlib import Path as _Path

import numpy as _np


class Unanswered(Exception):
    """There is no answer yet."""


class NotAllowed(Exception):
    """There is an answer, but not of the declared kind."""


class NotRead(Exception):
    """There is an answer, but no check can read it: a human looks at it."""


class AnswerError(Exception):
    """The answer is a function, and calling it did not give numbers."""


class Verdict(_namedtuple("Verdict", ["kind", "says", "how"], defaults=["", ""])):
    """What a check found: right, wrong or undecided, what it says, and how it knows."""


class Missing:
    """Stands for an answer that is not there; whatever is done with it says so."""

    def __init__(self, reason, error=Unanswered):
        self.reason, self.error = reason, error

    def __repr__(self):
        return f"Missing({self.reason!r})"

    def _refuse(self, *_arguments, **_named):
        raise self.error(self.reason)

    __call__ = __getitem__ = __iter__ = __len__ = __float__ = __int__ = __array__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __matmul__ = __neg__ = __abs__ = __bool__ = _refuse
    __eq__ = __ne__ = __contains__ = _refuse
    __hash__ = object.__hash__


class Plot:
    """The data of a figure: what it draws, not how it looks."""

    def __init__(self, data):
        self.data = data

    @property
    def axes(self):
        """The axes, each with title, labels, scales, legend, lines and points."""
        return self.data["axes"]


# --- answers as plain data ----------------------------------------------------------------

_A = {
    "integer": "a whole number",
    "number": "a number",
    "numbers": "an array of numbers",
    "text": "a text in quotes",
    "formula": "a formula",
    "formulas": "a list of formulas",
    "function": "a function",
    "plot": "a matplotlib figure",
}


def said(kind):
    """A kind of answer in words: 'formula in a, w' is 'a formula in a, w'."""
    first, _, rest = kind.partition(" ")
    return _A[first] + (" " + rest if rest else "")


def plain(kind, value):
    """The value as JSON data of the declared kind; Unanswered or NotAllowed if it is none."""
    if isinstance(value, Missing):
        raise value.error(value.reason)
    if value is None or value is Ellipsis:
        raise Unanswered("not answered yet")
    first = kind.partition(" ")[0]
    return {
        "integer": _integer,
        "number": _number,
        "numbers": _numbers,
        "text": _text,
        "formula": _formula,
        "formulas": _formulas,
        "function": _function,
        "plot": plot,
    }[first](value)


def _not(expected, value):
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return NotAllowed(f"expects {expected}, got {type(value).__name__} {shown}")


def _number(value):
    if value is None or value is Ellipsis:
        raise Unanswered("not answered yet")
    if isinstance(value, (bool, _np.bool_, str, bytes)):
        raise _not("a number", value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _not("a number", value) from None
    if not _math.isfinite(number):
        raise NotAllowed(f"expects a finite number, got {number}")
    return number


def _integer(value):
    number = _number(value)
    if not number.is_integer():
        raise _not("a whole number", value)
    return int(number)


def _numbers(value):
    if value is None:
        raise Unanswered("got None where a number is expected; is a return missing?")
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        parts = [_numbers(part) for part in value]
        shapes = {_np.shape(part) for part in parts}
        if len(shapes) > 1:
            raise NotAllowed("expects rows of one length")
        return parts
    return _number(value)


def _text(value):
    if not isinstance(value, str):
        raise _not("a text in quotes", value)
    return str(value)


def _formula(value):
    if value is None or value is Ellipsis:
        raise Unanswered("not answered yet")
    if callable(value) and not hasattr(value, "free_symbols"):
        raise _not("a formula", value)
    if isinstance(value, (list, tuple, dict, set, bytes, bool, _np.ndarray)):
        raise _not("one formula", value)
    text = str(value).strip()
    if not text:
        raise Unanswered("not answered yet")
    return text


def _formulas(value):
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_formulas(part) for part in value]
    return _formula(value)


def _function(value):
    if not callable(value):
        raise _not("a function", value)
    if _is_stub(value):
        raise Unanswered("not answered yet")
    return True


def _is_stub(function):
    """Whether the body of a function is nothing but a docstring and three dots."""
    code = getattr(function, "__code__", None)
    if code is None or not set(code.co_consts) <= {None, function.__doc__}:
        return False
    steps = {step.opname for step in _dis.get_instructions(code)}
    return steps <= {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}


def plot(value):
    """The data of a figure, or of one pair of axes, in which something is drawn."""
    if isinstance(value, Plot):
        return value.data
    if isinstance(value, Missing):
        raise Unanswered(value.reason)
    figure = getattr(value, "figure", value)
    figure = value if hasattr(value, "savefig") else figure
    if not hasattr(figure, "get_axes"):
        raise _not("a matplotlib figure", value)
    shown = figure.get_axes() if hasattr(value, "savefig") else [value]
    drawn = [_axes(axes) for axes in shown if axes.get_visible()]
    # What is empty is left out: where a question asks for one picture, the first of these is it.
    drawn = [axes for axes in drawn if axes["lines"] or axes["points"]]
    if not drawn:
        raise Unanswered("it shows no line and no points yet")
    return {"axes": drawn}


def _described(data):
    """A figure in words, for whoever does not see it, and so that all see what is looked at."""
    parts = []
    for axes in data["axes"]:
        drawn = [
            f"{count} {what}{'s' * (count > 1)}"
            for what, count in (
                ("line", len(axes["lines"])),
                ("scatter plot", sum(cloud["as"] == "scatter" for cloud in axes["points"])),
                ("bar chart", sum(cloud["as"] == "bars" for cloud in axes["points"])),
            )
            if count
        ]
        for way in "xy":
            name, scale = axes[way + "label"].strip() or "no label", axes[way + "scale"]
            drawn.append(f"{way}: {name}" + ("" if scale == "linear" else f" ({scale})"))
        if axes["legend"]:
            drawn.append(f"legend: {', '.join(axes['legend'])}")
        parts.append(", ".join(drawn))
    return "; ".join(parts)


def _axes(axes):
    legends = [axes.get_legend()] if axes.get_legend() else axes.figure.legends
    return {
        "title": axes.get_title(),
        "xlabel": axes.get_xlabel(),
        "ylabel": axes.get_ylabel(),
        "xscale": axes.get_xscale(),
        "yscale": axes.get_yscale(),
        "xlim": [float(end) for end in axes.get_xlim()],
        "ylim": [float(end) for end in axes.get_ylim()],
        "legend": [
            text.get_text()
            for legend in legends
            if legend.get_visible()
            for text in legend.get_texts()
        ],
        "lines": [_drawn(*line) for line in _lines(axes) if len(line[1])],
        "points": [
            *(
                {**_drawn(cloud.get_label(), cloud.get_offsets()), "as": "scatter"}
                for cloud in axes.collections
                if _is_a("PathCollection", cloud) and _shows(cloud)
            ),
            *({**_drawn(*bars), "as": "bars"} for bars in _bars(axes) if len(bars[1])),
        ],
    }


def _shows(artist):
    return artist.get_visible() and artist.get_alpha() != 0


def _is_a(name, artist):
    # By name, since this file does without matplotlib.
    return any(kind.__name__ == name for kind in type(artist).__mro__)


def _lines(axes):
    """Lines with their labels; those of stems and error bars have the label of the whole."""
    labels = {id(held[0]): held.get_label() for held in axes.containers if len(held)}
    inside = {
        id(part)
        for held in axes.containers
        for parts in held
        if isinstance(parts, tuple)
        for part in parts
    }
    nothing = ("None", "none", " ", "", None)
    for line in axes.get_lines():
        if line.get_linestyle() in nothing and line.get_marker() in nothing:
            continue
        if not _shows(line) or id(line) in inside:
            continue
        at = line.get_xydata()
        if line.get_transform() is not axes.transData:  # axhline, for instance
            at = axes.transData.inverted().transform(line.get_transform().transform(at))
        yield labels.get(id(line), line.get_label()), at
    for lines in axes.collections:
        if _is_a("LineCollection", lines) and _shows(lines) and id(lines) not in inside:
            for at in lines.get_segments():
                if len(at) > 1 and _np.ptp(at[:, 1]) == 0:  # hlines
                    yield lines.get_label(), at


def _bars(axes):
    """Bar charts and stairs: the middle and the end of each bar."""
    for held in axes.containers:
        if _is_a("BarContainer", held):
            lying = held.orientation == "horizontal"
            yield (
                held.get_label(),
                [
                    (
                        bar.get_x() + bar.get_width() / (1 if lying else 2),
                        bar.get_y() + bar.get_height() / (2 if lying else 1),
                    )
                    for bar in held.patches
                    if _shows(bar)
                ],
            )
    for steps in axes.patches:
        if _is_a("StepPatch", steps) and _shows(steps):
            ends, edges, _ = steps.get_data()
            at = [(edges[:-1] + edges[1:]) / 2, ends]
            yield (
                steps.get_label(),
                _np.transpose(at if steps.orientation == "vertical" else at[::-1]),
            )


def _drawn(label, places):
    x, y = _np.ma.transpose(places)
    return {"label": str(label), "x": _data(x), "y": _data(y)}


def _data(values):
    # What is not finite is not drawn.
    kept = _np.ma.filled(_np.ma.asarray(values, dtype=float), _np.nan).tolist()
    return [value if _math.isfinite(value) else None for value in kept]


# --- a quick look at a formula ------------------------------------------------------------


def _sigma(x):
    return 1 / (1 + _math.exp(-x)) if x > -700 else 0.0


FUNCTIONS = {
    "exp": _math.exp,
    "log": _math.log,
    "ln": _math.log,
    "sqrt": _math.sqrt,
    "tanh": _math.tanh,
    "cosh": _math.cosh,
    "sinh": _math.sinh,
    "atanh": _math.atanh,
    "asinh": _math.asinh,
    "acosh": _math.acosh,
    "sin": _math.sin,
    "cos": _math.cos,
    "Abs": abs,
    "abs": abs,
    "sigma": _sigma,
}


def value(formula, **at):
    """The number that a formula has where its letters have these values."""
    while isinstance(formula, list) and len(formula) == 1:  # a row of a column
        (formula,) = formula
    text = plain("formula", formula).replace("^", "**")
    if len(text) > 4000:
        raise NotAllowed("expects a formula of at most 4000 characters")
    try:
        tree = _ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotAllowed(f"cannot be read as a formula: {error}") from None
    try:
        return float(_evaluate(tree, at))
    except (OverflowError, ZeroDivisionError, ValueError, RecursionError) as error:
        raise NotAllowed(f"has no value at {_point(at)}: {error}") from None
    except TypeError:
        raise NotAllowed(f"has no real value at {_point(at)}") from None


def _point(at):
    return ", ".join(f"{name} = {number:g}" for name, number in at.items())


def _evaluate(node, at):
    match node:
        case _ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case _ast.Name(id=name):
            if name in at:
                return float(at[name])
            if name == "pi":
                return _math.pi
            raise NotAllowed(f"unknown name {name!r}; this answer may use {', '.join(at)}")
        case _ast.UnaryOp(op=_ast.USub(), operand=operand):
            return -_evaluate(operand, at)
        case _ast.UnaryOp(op=_ast.UAdd(), operand=operand):
            return _evaluate(operand, at)
        case _ast.BinOp(left=left, op=op, right=right):
            a, b = _evaluate(left, at), _evaluate(right, at)
            if isinstance(op, _ast.Pow):
                return _math.pow(a, b)
            match op:
                case _ast.Add():
                    return a + b
                case _ast.Sub():
                    return a - b
                case _ast.Mult():
                    return a * b
                case _ast.Div():
                    return a / b
        case _ast.Call(
            func=_ast.Name(id=("Sum" | "Product") as name),
            args=[term, _ast.Tuple(elts=[_ast.Name(id=letter), low, high])],
            keywords=[],
        ):
            first, last = round(_evaluate(low, at)), round(_evaluate(high, at))
            if last - first > 1000:
                raise NotAllowed("expects at most 1000 terms in a sum")
            terms = [_evaluate(term, {**at, letter: k}) for k in range(first, last + 1)]
            return _math.fsum(terms) if name == "Sum" else _math.prod(terms)
        case _ast.Call(func=_ast.Name(id="binomial"), args=[of, below], keywords=[]):
            n, k = _evaluate(of, at), round(_evaluate(below, at))
            return _math.prod((n - i) / (i + 1) for i in range(min(k, 1000))) if k >= 0 else 0.0
        case _ast.Call(func=_ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](_evaluate(argument, at))
        case _ast.Call(func=_ast.Name(id="log"), args=[of, base], keywords=[]):
            return _math.log(_evaluate(of, at)) / _math.log(_evaluate(base, at))
    raise NotAllowed(f"cannot use {_ast.unparse(node)!r} in a formula")


# --- questions ----------------------------------------------------------------------------

_OPEN = {}
"""The questions that have been looked at, by name, for the last cell."""


def _seen(kind, value):
    """What the checks see of an answer, here as in the marking."""
    data, first = plain(kind, value), kind.partition(" ")[0]
    if first in ("function", "plot"):
        return value
    return _np.array(data, dtype=float) if isinstance(data, list) and first == "numbers" else data


class Question:
    """One question: the answers it asks for, the checks on them, and what they earn."""

    def __init__(self, name, answers, where, title="", of=0):
        self.name, self.title, self.of, self.where = name, title, of, where
        self.answers, self.checks, self.awards = answers, [], []
        self.look_up()
        _OPEN[name] = self

    def look_up(self):
        """Note which answers are not there, or not of their kind, and why."""
        self.open, self.seen = {}, {}
        for answer, kind in self.answers.items():
            try:
                self.seen[answer] = _seen(kind, self.where.get(answer))
            except (Unanswered, NotAllowed) as reason:
                self.open[answer] = reason

    @property
    def unanswered(self):
        """The names of the answers that are not there."""
        return [name for name, why in self.open.items() if isinstance(why, Unanswered)]

    def __call__(self, text, test):
        """A check that everybody sees; it earns nothing by itself."""
        self.checks.append((text, self._judge(test)))

    def award(self, points, text, test):
        """Points for what a test finds right."""
        self.awards.append((points, text, self._judge(test)))

    def award_each(self, points, text, test):
        """Points for each of several verdicts, the steps of a derivation for instance."""
        verdicts = self._judge(test)
        if isinstance(verdicts, Verdict):
            self.awards.append((points, text, verdicts))
            return
        share = points / len(verdicts)
        for number, verdict in enumerate(verdicts, 1):
            self.awards.append((share, f"{text}, line {number}", verdict))

    def _tried(self, test):
        """The result of a test that sees the answers as the marking does: a matrix of SymPy is a
        list of rows. Whatever is done with a missing answer says so. Afterwards all is as before.
        """
        gone = {name: Missing(str(self.open[name])) for name in self.unanswered}
        held = {name: self.where[name] for name in {**self.seen, **gone} if name in self.where}
        self.where.update(self.seen, **gone)
        try:
            return test()
        finally:
            for name in gone:
                del self.where[name]
            self.where.update(held)

    def _judge(self, test):
        try:
            found = self._tried(test)
        except Unanswered as reason:
            return Verdict("wrong", str(reason), "unanswered")
        except (NotAllowed, AnswerError) as reason:
            return Verdict("wrong", str(reason))
        except NotRead as reason:
            return Verdict("undecided", str(reason), "not read")
        except Exception as error:
            stopped = f"stopped with {type(error).__name__}: {error}"
            if self.where.get("__marking__"):
                # Not the answer failed but the check: a human looks at it.
                return Verdict("undecided", f"the check {stopped}")
            if self.open:
                waits = ", ".join(self.open)
                return Verdict("wrong", f"waits for {waits}", "unanswered")
            return Verdict("wrong", stopped)
        if found is True or (isinstance(found, _np.bool_) and found):
            return Verdict("right")
        if isinstance(found, str):
            return Verdict("wrong", found)
        if isinstance(found, (Verdict, list)) or self.where.get("__marking__"):
            return found if isinstance(found, (Verdict, list)) else Verdict("wrong")
        # Where the grader version itself is run, the hidden tests have another copy of this file.
        if hasattr(found, "says"):
            return Verdict(found.kind, found.says, found.how)
        return Verdict("wrong")

    def close(self):
        """Print what the checks found; in the grading, give the points too."""
        if not self.where.get("__marking__"):
            print(self.report())
        if self.awards:
            return float(
                sum(points for points, _, verdict in self.awards if verdict.kind == "right")
            )
        return None

    def report(self):
        """What a student reads below the question."""
        lines = [f"{self.title or self.name} ({self.of:g} points)"]
        for answer, why in self.open.items():
            lines.append(f"  {answer}, {said(self.answers[answer])}: {why}.")
        for answer, kind in self.answers.items():
            if kind == "plot" and answer not in self.open:
                lines.append(f"  {answer} shows {_described(plot(self.where[answer]))}.")
        waits = 0
        for text, verdict in self.checks + [(t, v) for _, t, v in self.awards]:
            if verdict.how == "unanswered" and self.open:
                waits += 1
                continue
            mark = {"right": "ok", "wrong": "LOOK AGAIN", "undecided": "undecided"}[verdict.kind]
            lines.append(f"  {mark}: {text}" + (f". {verdict.says}" if verdict.says else ""))
        if waits:
            some = "1 check waits" if waits == 1 else f"{waits} checks wait"
            lines.append(f"  {some} for an answer.")
        if not self.open and all(verdict.kind == "right" for _, verdict in self.checks):
            lines.append("  All public checks pass. The marks come from further checks.")
        return "\n".join(lines)


def missing(asked, written, file):
    """The last cell: what is still open before the notebook is handed in."""
    lines = []
    for name, title in asked.items():
        question = _OPEN.get(name)
        if question is None:
            lines.append(f"{title}: run the check below the answer.")
            continue
        question.look_up()
        if question.unanswered:
            lines.append(f"{title}: not answered yet: {', '.join(question.unanswered)}.")
        elif question.open:
            lines.append(f"{title}: not of the kind that is asked for: {', '.join(question.open)}.")
        elif any(verdict.kind != "right" for _, verdict in question.checks):
            lines.append(f"{title}: a public check did not pass.")
    found = _written(file)
    for name, title in written.items():
        if found is None:
            lines.append(f"{title}: look yourself; from here the saved notebook cannot be seen.")
        elif found.get(name, "").strip() in ("", STUB):
            lines.append(f"{title}: nothing is written in the saved notebook.")
    if lines:
        print("Still to do:\n" + "\n".join(f"  - {line}" for line in lines))
    else:
        print("Every question has an answer, and all public checks pass.")
    print(f"Before you hand in: restart, run all cells, save. Hand in {file} under this name.")


STUB = "*Your answer here.*"


def _written(file):
    """The written answers of the saved notebook by name, or None where it is not to be found."""
    try:
        cells = _json.loads(_Path(file).read_text(encoding="utf-8"))["cells"]
        return {
            cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
            for cell in cells
            if cell["cell_type"] == "markdown" and "nbgrader" in cell["metadata"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def as_list(array, shape):
    """The array; a row or a column of a matrix becomes the list that is asked for."""
    flat = len(shape) == 1 and array.shape in ((1, *shape), (*shape, 1))
    return array.reshape(shape) if flat else array


def numbers(got, shape, what="it"):
    """True, or what is wrong: numbers of this shape, () for a single one."""
    found = as_list(_np.array(_numbers(got)), shape).shape
    return True if found == tuple(shape) else f"{what} has shape {found}, expects {tuple(shape)}"


def close(got, want, within=1e-6):
    """Whether two arrays of one shape agree, relative to the larger of 1 and their size."""
    got, want = _np.asarray(_numbers(got), dtype=float), _np.asarray(want, dtype=float)
    got = as_list(got, want.shape)
    if got.shape != want.shape:
        return f"the shapes differ: {got.shape} and {want.shape}"
    size = max(1.0, float(_np.max(_np.abs(want), initial=0.0)))
    return bool(_np.max(_np.abs(got - want), initial=0.0) <= within * size)


PUBLIC = {
    "question": Question,
    "missing": missing,
    "numbers": numbers,
    "close": close,
    "value": value,
    "plot": plot,
}
"""What a notebook finds under the name ``desk``."""
