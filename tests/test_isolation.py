"""Promises about running a notebook: what it shows, what ends it, and what refuses to run it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import PATIENCE, missing
from walled_course import BUNDLE, POINTS, answered, cell_of, earned, file_of, processes, right

from book_utils.coursework import examiner
from book_utils.coursework.examiner import Examiner, Limits, Unisolated, isolated_here
from book_utils.coursework.isolation import sandbox
from book_utils.coursework.isolation.sandbox import descendants
from book_utils.coursework.isolation.session import Session
from book_utils.derivations.engine.timelimit import OutOfTime, time_limit

# What runs within them is quick; a loaded machine may stand still for seconds.
LIMITS = Limits(cell=30, call=10, run=90, marking=60)
FULL = {**POINTS, "q7": None}


@pytest.fixture(scope="module", autouse=True)
def _isolated() -> None:
    if not isolated_here():
        missing(f"No isolation here: {isolated_here().why_not}")


@pytest.fixture(scope="module")
def one() -> Any:
    """One Examiner for the tests that do not break it for long."""
    with Examiner(LIMITS) as made:
        yield made


def shown(*cells: str, limits: Limits = LIMITS, **how: Any) -> list[tuple[Any, Any]]:
    """Errors and outputs of cells."""
    with Session(limits, **how) as session:
        found = session.run([{"id": str(n), "source": cell} for n, cell in enumerate(cells)])
    return [(cell["error"], cell["outputs"]) for cell in found]


# --- running ------------------------------------------------------------------------------

CELLS = [
    "x = 3\nx",
    "x;",
    "x;  # hidden\n# too",
    "{'d', 'c', 'b', 'a'}",
    "list(range(50))",
    "{number: 'a' * number for number in range(20)}",
    "print('a'); x",
    "None",
    "'text'",
    "[1, 2, {'a': 3}]",
    "import sys\nprint('err', file=sys.stderr)",
    "def f():\n    return __name__\nf()",
    "import numpy as np\nnp.eye(2)",
    "class A:\n    def __repr__(self): return 'an A'\nA()",
    "1 / 0",
    "undefined",
    "def (",
    "x = 4\nif x:\n    x",
    "_",
    "import inspect\ninspect.getsource(f)",
    "raise SystemExit",
    "x",
]


def test_what_runs_without_ipython_shows_the_same() -> None:
    """Cells that do not need IPython run without it, and show what they show in it."""
    plain = shown(*CELLS)
    inside = shown("get_ipython() and None", *CELLS)[1:]
    for cell, one_way, other_way in zip(CELLS, plain, inside, strict=True):
        assert one_way == other_way, cell


def test_magics_and_shells_work() -> None:
    """What only IPython knows runs in it: magics, a shell, display."""
    found = shown(
        "%time x = 1", "!echo $((6 * 7))", "from IPython.display import display", "display(x)"
    )
    assert [error for error, _ in found] == [None] * 4
    assert "42" in found[1][1][0]["text"]
    assert found[3][1] == [{"text": "1\n"}]


def test_errors_are_told_with_their_line() -> None:
    """An error has its class, its message and the lines of the student's own code."""
    error, outputs = shown("def f(x):\n    return 1 / x\n\nf(0)")[0]
    assert error == "ZeroDivisionError: division by zero"
    assert outputs == [{"text": "line 4: f(0)\nline 2: return 1 / x\n"}]


def test_figures_are_kept_and_closed() -> None:
    """Open figures are shown once and closed; names keep them for an answer."""
    with Session(LIMITS) as session:
        first, second = session.run(
            [
                {
                    "id": "a",
                    "source": "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n"
                    "ax.plot([0, 1], [2, 3]);\nplt.show()",
                },
                {"id": "b", "source": "print(plt.get_fignums())"},
            ]
        )
        answers = session.answers({"fig": "plot", "ax": "plot"})
    assert ["png" in output for output in first["outputs"]][-1:] == [True]
    assert second["outputs"] == [{"text": "[]\n"}]
    for answer in answers.values():
        assert answer["data"]["axes"][0]["lines"][0]["y"] == [2, 3]


def test_a_cell_that_ends_the_notebook_costs_that_cell() -> None:
    """The others run again without it, and the variables of the ended run are gone."""
    found = shown("x = 1", "x = 2\nimport os\nos._exit(1)", "x")
    assert found[1][0].startswith("stopped: ")
    assert found[2] == (None, [{"text": "1\n"}])


def test_the_notebook_has_a_limit_of_its_own() -> None:
    """Many cells that each keep within their time do not add up to hours."""
    cells = [f"import time\ntime.sleep({seconds})" for seconds in (0.5, 0.5, 25, 25, 25, 25)]
    found = shown(*cells, limits=LIMITS.but(run=12))
    assert [error is None for error, _ in found][:2] == [True, True]
    assert "longer than it may in all" in found[2][0]
    assert all("not run" in error for error, _ in found[3:])


def test_processes_together_have_a_limit() -> None:
    """Memory is counted over all processes of a notebook, not for each alone."""
    code = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        held = os.urandom(2**20) * 120\n"
        "        time.sleep(100)\n"
        "time.sleep(20)"
    )
    assert "more memory than it may" in shown(code, limits=LIMITS.but(memory=256))[0][0]


def test_a_call_that_is_broken_off_does_not_answer_the_next_one() -> None:
    """When a check runs out of its time inside a call, later calls get their own results."""
    code = "import time\ndef slow(): time.sleep(1); return 7\ndef fast(): return 1"
    with Session(LIMITS) as session:
        session.run([{"id": "a", "source": code}])
        with pytest.raises(OutOfTime), time_limit(0.3):
            session.call("slow", [])
        time.sleep(1)
        assert session.call("fast", []) == {"data": 1.0}
        assert session.call("slow", []) == {"data": 7.0}


def test_folders_can_be_hidden() -> None:
    """A course that lies among the packages of Python can be kept from the notebooks."""
    import sympy

    folder = str(Path(sympy.__file__).parent)
    assert shown("import sympy")[0][0] is None
    assert "Error" in shown("import sympy\nsympy.Symbol", hide=(folder,))[0][0]


def test_limits_are_checked() -> None:
    """A limit of zero is a mistake, and says which one."""
    with pytest.raises(ValueError, match="call is 0"):
        Limits(call=0)


# --- refusing -----------------------------------------------------------------------------


@pytest.fixture
def asked_again() -> Any:
    """What this machine can do is asked anew, before and after."""
    isolated_here.cache_clear()
    yield
    isolated_here.cache_clear()


def broken_bubblewrap(folder: Path) -> str:
    """A folder with a bubblewrap that may make no namespaces."""
    (folder / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions' >&2\nexit 1\n")
    (folder / "bwrap").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize("broken", [False, True])
def test_without_bubblewrap_it_refuses(
    broken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_again: None
) -> None:
    """Missing or broken, nothing of a student runs, and the message says what would be open."""
    monkeypatch.setenv("PATH", broken_bubblewrap(tmp_path) if broken else str(tmp_path))
    why = "No permissions" if broken else "apt-get install bubblewrap"
    for refused in (
        lambda: Examiner(LIMITS),
        lambda: examiner.examine(BUNDLE, file_of(answered()), LIMITS),
        lambda: shown("x = 1"),
    ):
        with pytest.raises(Unisolated) as error:
            refused()
        for word in (why, "every file", "the gradebook", "network", "processes", "'none'"):
            assert word in str(error.value)
    here = isolated_here()
    assert not here
    assert (here.files, here.network, here.processes) == (False, False, False)


def test_told_to_it_runs_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_again: None
) -> None:
    """Told that nothing is isolated, it grades all the same, with limits, and cleans up."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    nap = "87654.321"
    leaves = f"import subprocess\nsubprocess.Popen(['/bin/sleep', '{nap}'], start_new_session=True)"
    with Examiner(LIMITS, isolation="none") as open_one:
        assert earned(open_one.examine(BUNDLE, file_of(answered(**right())))) == FULL
        report = open_one.examine(
            BUNDLE,
            file_of(answered(leaves, "while True: pass", **right("q1", "q2"))),
            LIMITS.but(cell=4),
        )
    assert (earned(report)["q1"], earned(report)["q2"]) == (POINTS["q1"], POINTS["q2"])
    assert "stopped after 4 seconds" in report["cells"][-1]["error"]
    assert list(tmp_path.iterdir()) == []
    assert processes(nap) == []


def test_another_word_for_isolation_is_refused() -> None:
    """A misspelt word is not taken for "none"."""
    with pytest.raises(ValueError, match="'docker'"):
        Examiner(LIMITS, isolation="docker")


# --- the process that examines ------------------------------------------------------------


def with_check(code: str) -> dict[str, Any]:
    """The assignment with other code in the check of its first question."""
    bundle = json.loads(json.dumps(BUNDLE))
    cell = cell_of(bundle["grader"], "q1")
    cell["source"] = cell["source"].replace("look.award(2,", f"{code}\nlook.award(2,")
    return bundle


STUCK = """
import time
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
"""


@pytest.mark.parametrize(
    ("code", "why", "limits"),
    [
        (STUCK, "took longer than", Limits(cell=2, call=1, run=3, marking=1, start=3)),
        ("import os; os._exit(1)", "ended", LIMITS),
        ("import os, signal; os.kill(os.getpid(), 9)", "ended", LIMITS),
        ("raise RuntimeError('canary')", "RuntimeError", LIMITS),
        ("held = bytes(8 * 2**30)", "memory", LIMITS),
    ],
)
def test_checks_that_fail_are_no_zero(one: Examiner, code: str, why: str, limits: Limits) -> None:
    """Whatever becomes of the checks, a human is told to look, and the next one is examined."""
    report = one.examine(with_check(code), file_of(answered(**right("q1"))), limits)
    assert report["status"] == "failed"
    assert report["cause"] == "machine"
    assert why in report["why"]
    assert "canary" not in report["why"]
    assert report["questions"] == []
    assert earned(one.examine(BUNDLE, file_of(answered(**right())))) == FULL


# Longer than `napping` waits, so that it has to be broken off; a test that fails still ends soon.
NAP = file_of(answered(f"import time\ntime.sleep({2 * PATIENCE})"))
LONG = LIMITS.but(cell=3 * PATIENCE, run=3 * PATIENCE)


@contextmanager
def napping(examiner: Examiner) -> Iterator[list[dict[str, Any]]]:
    """A thread that examines `NAP`; the list gets its report when it is done."""
    reports: list[dict[str, Any]] = []
    thread = threading.Thread(
        target=lambda: reports.append(examiner.examine(BUNDLE, NAP, LONG)), daemon=True
    )
    thread.start()
    until = time.monotonic() + PATIENCE
    while not descendants(examiner._server.pid):
        assert time.monotonic() < until, "it does not begin"
        time.sleep(0.05)
    yield reports
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_an_examiner_that_dies_is_replaced(one: Examiner) -> None:
    """Killed between two submissions or during one, it goes on; the lost one says so."""
    one.examine(BUNDLE, file_of(answered()))
    one._server.kill()
    one._server.wait()
    assert earned(one.examine(BUNDLE, file_of(answered(**right())))) == FULL
    with napping(one) as reports:
        one._server.kill()
    assert (reports[0]["status"], reports[0]["cause"]) == ("failed", "machine")
    assert earned(one.examine(BUNDLE, file_of(answered(**right())))) == FULL


def test_stopping_ends_what_is_running() -> None:
    """Stopped from another thread, the report comes at once and says so; nothing starts again."""
    with Examiner(LIMITS) as made:
        made.examine(BUNDLE, file_of(answered()))
        with napping(made) as reports:
            made.stop()
        reports.append(made.examine(BUNDLE, NAP))
    assert [(report["status"], report["cause"]) for report in reports] == [
        ("failed", "machine")
    ] * 2


def test_the_environment_does_not_choose_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither PYTHONPATH nor the folder it starts in can put other code into what checks."""
    (tmp_path / "sympy.py").write_text("raise SystemExit('the wrong sympy')")
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('the wrong start')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "sympy.py"))
    monkeypatch.chdir(tmp_path)
    with Examiner(LIMITS) as made:
        assert earned(made.examine(BUNDLE, file_of(answered(**right())))) == FULL


def test_the_same_submission_gets_the_same_report(one: Examiner) -> None:
    """A report depends on the submission alone, but for the seconds it took."""
    data = file_of(answered("import random\nprint({'a', 'b', 'c'}, object())", **right()))
    first, second = (one.examine(BUNDLE, data) | {"seconds": 0} for _ in range(2))
    assert first == second


def test_packages_may_lie_below_the_folders_that_are_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packages below /tmp or /home are seen inside, where both are the notebook's own folders."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/found.py").write_text("answer = 42")
    (tmp_path / "beside.txt").write_text("not for students")
    folders = [*sandbox._package_folders(), tmp_path / "packages"]
    monkeypatch.setattr(sandbox, "_package_folders", lambda: folders)
    look = f"import os, found\nprint(found.answer, os.listdir({str(tmp_path)!r}))"
    assert shown(look) == [(None, [{"text": "42 ['packages']\n"}])]
