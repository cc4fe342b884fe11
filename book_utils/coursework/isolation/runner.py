"""Runs the cells of a notebook inside the sandbox and answers in lines of JSON.

This file is alone in there: the standard library, and the packages that the notebook itself
imports. Whatever students' code does to this process can break its own results and no others:
the other side of the pipe believes nothing.
"""

import ast
import base64
import builtins
import contextlib
import io
import json
import linecache
import os
import re
import resource
import signal
import site
import sys
import tokenize
import traceback
import types
import warnings

FOLDER = sys.argv[1]
# What only IPython understands; all else runs without it, which saves its import.
NEEDS_IPYTHON = re.compile(
    r"^\s*[%!]|^\s*\??\S+\?\s*$|=\s*[%!]\w|\b(get_ipython|display|await|IPython)\b", re.MULTILINE
)
SHORT = 400  # characters of an error's message


class TooLong(BaseException):
    """The alarm rang. No Exception, so that `except Exception` does not swallow it."""


class Text(io.TextIOBase):
    """What a cell prints, cut where it gets too long."""

    def __init__(self, most):
        self.most = most
        self.parts = []
        self.size = 0

    def writable(self):
        return True

    @property
    def encoding(self):
        return "utf-8"

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() needs a str, not {type(text).__name__}")
        room = self.most + 1 - self.size
        if room > 0:
            self.parts.append(text[:room])
            self.size += min(len(text), room)
        return len(text)

    def take(self):
        text = "".join(self.parts)
        self.parts, self.size = [], 0
        return text


class Alarm:
    """Interrupts what runs too long; rings again for code that swallows the first one."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        signal.signal(signal.SIGALRM, self.ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds, 0.2)

    def ring(self, *_):
        raise TooLong(f"stopped after {self.seconds:g} seconds")

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)


def limit(limits):
    """Limit this process and its children; nothing inside can raise a hard limit again."""
    mib = 2**20
    for what, value in (
        (resource.RLIMIT_AS, limits["process_memory"] * mib),
        (resource.RLIMIT_FSIZE, limits["disk"] * mib),
        (resource.RLIMIT_CPU, int(limits["run"]) + 5),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def message(error):
    """An error in one line. Its class and its text are the student's, so both may misbehave."""
    try:
        name = str(type(error).__name__)
        # Not where: the cell is the one above the message, whatever it is called inside.
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except TooLong:
        raise
    except BaseException:
        return "an error whose message cannot be read"
    if isinstance(error, TooLong):
        return text
    line = f"{name}: {text}" if text else name
    return line if len(line) <= SHORT else line[:SHORT] + " ..."


class Notebook:
    """The student's variables, and what running a cell shows."""

    def __init__(self, limits):
        self.limits = limits
        self.pictures = 0
        self.shell = None
        self.count = 0
        self.taken = {}
        # Their own __main__, so that classes and inspect work as in a notebook.
        self.module = types.ModuleType("__main__")
        self.module.__dict__["__builtins__"] = builtins
        self.names = self.module.__dict__
        sys.modules["__main__"] = self.module
        self.text = Text(limits["text"])
        sys.stdout = sys.stderr = self.text
        # What is written past Python, by C code or by other processes.
        self.raw = os.open(
            os.path.join(os.environ["HOME"], ".output"),
            os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC,
            0o600,
        )
        os.unlink(os.path.join(os.environ["HOME"], ".output"))
        os.dup2(self.raw, 1)
        os.dup2(self.raw, 2)

    # Cells

    def run(self, cell, seconds):
        error = None
        shown = []
        try:
            with Alarm(seconds):
                try:
                    error = self.execute(cell["source"])
                except TooLong as late:
                    error = message(late)
                except SystemExit:
                    error = "the cell ended the program"
                except BaseException as raised:
                    error = message(raised)
                    self.text.write(self.trace(raised))
                shown = self.figures()
        except TooLong as late:
            error = error or message(late)
        except BaseException as raised:
            error = error or message(raised)
        return {"id": cell.get("id"), "error": error, "outputs": self.printed() + shown}

    def execute(self, source):
        if self.shell is None and NEEDS_IPYTHON.search(source):
            self.start_ipython()
        if self.shell is not None:
            return self.execute_in_ipython(source)
        self.count += 1
        name = f"<cell {self.count}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        tree = ast.parse(source, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not silent(source):
            last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, name, "exec"), self.names)
        if last is not None:
            value = eval(compile(last, name, "eval"), self.names)
            if value is not None:
                self.names["_"] = value
                self.text.write(shown(value) + "\n")
        return None

    def start_ipython(self):
        from IPython.core.interactiveshell import InteractiveShell

        self.shell = InteractiveShell.instance(
            user_module=self.module, user_ns=self.names, history_length=0
        )
        self.shell.history_manager.enabled = False
        self.shell.colors = "NoColor"
        # Figures are taken after each cell in any case.
        self.shell.enable_matplotlib = lambda *_: ("agg", "agg")
        self.shell.run_line_magic("colors", "NoColor")
        # Values as they are, without a number in front of them.
        hook = self.shell.displayhook
        hook.write_format_data = lambda found, *_: self.text.write(found["text/plain"] + "\n")
        hook.write_output_prompt = lambda: None
        hook.quiet = lambda: silent(self.source)
        warnings.filterwarnings("ignore", "To exit:")
        self.shell.showtraceback = lambda *_, **__: None
        self.shell.showsyntaxerror = lambda *_, **__: None

    def execute_in_ipython(self, source):
        self.source = source
        result = self.shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            raise error
        return None

    def trace(self, error):
        """Where it went wrong, in the lines of the student's cells only."""
        lines = []
        for frame in traceback.extract_tb(error.__traceback__)[-30:]:
            if frame.filename.startswith("<cell") or "<ipython-input" in frame.filename:
                lines.append(f"line {frame.lineno}: {frame.line}\n")
        if isinstance(error, SyntaxError) and error.lineno:
            lines.append(f"line {error.lineno}: {(error.text or '').rstrip()}\n")
        return "".join(lines[-8:])

    def printed(self):
        text = self.text.take()
        size = os.lseek(self.raw, 0, os.SEEK_END)
        if size:
            os.lseek(self.raw, 0, os.SEEK_SET)
            most = self.limits["text"] + 1
            text += os.read(self.raw, min(size, 4 * most)).decode(errors="replace")
            os.ftruncate(self.raw, 0)
        if len(text) > self.limits["text"]:
            text = text[: self.limits["text"]] + "\n[the rest is cut]\n"
        return [{"text": text}] if text else []

    def figures(self):
        """Every open figure as a picture. Closed after that, as a notebook does; names keep it."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return []
        shown = []
        try:
            for number in pyplot.get_fignums():
                figure = pyplot.figure(number)
                if self.pictures >= self.limits["figures"]:
                    shown.append({"text": "[more pictures are not kept]\n"})
                    break
                self.pictures += 1
                width, height = figure.get_size_inches()
                # Above 1600 pixels a page gains nothing.
                dots = min(80.0, 1600 / max(width, height, 1))
                data = io.BytesIO()
                figure.savefig(data, format="png", dpi=dots)
                if data.tell() > self.limits["picture"] * 2**20:
                    shown.append({"text": "[a picture is too large to keep]\n"})
                else:
                    shown.append({"png": base64.b64encode(data.getvalue()).decode()})
        except TooLong:
            raise
        except BaseException as error:
            shown.append({"text": f"[a figure could not be drawn: {message(error)}]\n"})
        finally:
            pyplot.close("all")
        return shown

    # Answers

    def take(self, cell, seconds, desk):
        """Keep the answers as they are where their check stands: a name may be used again below."""
        for name, kind in cell["take"].items():
            with contextlib.suppress(BaseException), Alarm(seconds):
                found = self.answer(name, kind, desk)
                # What is not there yet may come below its check.
                if "data" in found:
                    self.taken[name] = (found, self.names[name])
        self.printed()
        return {"id": cell["id"], "error": None, "outputs": []}

    def answers(self, wanted, seconds, desk):
        found = {}
        for name, kind in wanted.items():
            if name in self.taken:
                found[name] = self.taken[name][0]
                continue
            try:
                with Alarm(seconds):
                    found[name] = self.answer(name, kind, desk)
            except BaseException as error:
                found[name] = {"not_allowed": message(error)}
        self.printed()
        return found

    def answer(self, name, kind, desk):
        if name not in self.names:
            return {"unanswered": f"`{name}` is not defined"}
        try:
            return {"data": desk["plain"](kind, self.names[name])}
        except desk["Unanswered"] as error:
            return {"unanswered": message_only(error)}
        except desk["NotAllowed"] as error:
            return {"not_allowed": message_only(error)}

    def call(self, name, arguments, seconds, desk):
        try:
            with Alarm(seconds):
                function = self.taken[name][1] if name in self.taken else self.names[name]
                result = function(*[self.argument(a) for a in arguments])
                kind = "numbers"
                if isinstance(result, tuple):
                    return {"data": {"tuple": [desk["plain"](kind, part) for part in result]}}
                return {"data": desk["plain"](kind, result)}
        except (desk["Unanswered"], desk["NotAllowed"]) as error:
            return {"error": "result", "says": message_only(error)}
        except TooLong:
            return {"error": "late"}
        except BaseException as error:
            # The class of a built-in error only: a message could carry the arguments out.
            kinds = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
            return {"error": "raised", "says": kinds[0]}
        finally:
            self.text.take()
            os.ftruncate(self.raw, 0)
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")

    @staticmethod
    def argument(value):
        if isinstance(value, dict):
            import numpy

            return numpy.array(value["array"], dtype=value["type"]).reshape(value["shape"])
        return value


def message_only(error):
    return str(error)[:SHORT]


def shown(value):
    """A value as IPython writes it, which differs from repr where lines are long, and for sets."""
    text = repr(value)
    if type(value) in (set, frozenset) or (type(value) in (list, tuple, dict) and len(text) > 75):
        try:
            from IPython.lib.pretty import pretty
        except ImportError:
            return text
        return pretty(value)
    return text


def silent(source):
    """A final semicolon hides the value, as in IPython, whatever comments follow it."""
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)
    try:
        tokens = [
            token.string
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type not in skipped
        ]
    except (tokenize.TokenError, SyntaxError):
        return False
    return tokens[-1:] == [";"]


def read_desk():
    """The checks that students have too: `plain` turns an answer into data."""
    path = os.path.join(FOLDER, "desk.py")
    with open(path, encoding="utf-8") as file:
        source = file.read()
    module = types.ModuleType("desk")
    sys.modules["desk"] = module
    exec(compile(source, path, "exec"), module.__dict__)
    return dict(module.__dict__)


def main():
    # The pipe gets numbers of its own, and the usual ones lead to nothing of ours.
    commands = os.fdopen(os.dup(0), "rb", closefd=False)
    replies = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    sys.stdin = open(os.devnull)  # noqa: SIM115
    sys.path[:] = [p for p in sys.path if p] + sys.argv[2].split(os.pathsep)
    sys.argv[:] = [""]
    os.environ.setdefault("HOME", "/home")
    site.setquit()
    site.sethelper()
    write, dumps, loads = os.write, json.dumps, json.loads

    def reply(value):
        data = dumps(value, allow_nan=False).encode() + b"\n"
        while data:
            data = data[write(replies, data) :]

    start = loads(commands.readline())
    limits = start["limits"]
    for name in start.get("fonts", {}):
        folder = os.environ["MPLCONFIGDIR"]
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, os.path.basename(name)), "w") as file:
            file.write(start["fonts"][name])
    notebook = Notebook(limits)
    if start.get("do") == "fonts":
        reply({"n": start["n"], "fonts": made_fonts()})
        return
    desk = None
    limit(limits)
    reply({"n": start["n"], "ready": True})
    while line := commands.readline():
        order = loads(line)
        if order["do"] == "run":
            result = {"cells": [notebook.run(cell, order["seconds"]) for cell in order["cells"]]}
        elif order["do"] == "take":
            desk = desk or read_desk()
            result = {"cells": [notebook.take(order["cell"], order["seconds"], desk)]}
        else:
            # Late, for it costs the import of NumPy; into names that students do not have.
            desk = desk or read_desk()
            if order["do"] == "desk":
                result = {"ready": True}
            elif order["do"] == "answers":
                result = {"answers": notebook.answers(order["wanted"], order["seconds"], desk)}
            else:
                result = notebook.call(order["name"], order["arguments"], order["seconds"], desk)
        try:
            reply({"n": order["n"], **result})
        except (TypeError, ValueError, RecursionError, MemoryError) as error:
            reply({"n": order["n"], "broken": type(error).__name__})


def made_fonts():
    """The list that matplotlib makes at its first start, for others to start faster."""
    from matplotlib import font_manager

    folder = os.environ["MPLCONFIGDIR"]
    del font_manager
    made = {}
    for name in os.listdir(folder):
        if name.startswith("fontlist") and name.endswith(".json"):
            with open(os.path.join(folder, name)) as file:
                made[name] = file.read()
    return made


if __name__ == "__main__":
    main()
