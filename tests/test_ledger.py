"""The ledger: every numbered statement is registered, shown and backed by evidence."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from statements import Statement, displayed, gaps, numbered, results

from book_utils.derivations import __main__ as command
from book_utils.derivations import entries, registry
from book_utils.derivations.engine import Contradiction, Derivation, Evidence, Grade
from book_utils.derivations.engine import derivation as derivation_module
from book_utils.derivations.engine.decide import CASES, Trial
from book_utils.derivations.entries import ledger
from book_utils.derivations.registry import records, statements

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted(path.stem for path in (ROOT / "book" / "source").glob("*.md"))
labels = pytest.mark.parametrize("label", records())


def registered(topic: str) -> set[str]:
    return {label for label, (where, _) in records().items() if where == topic}


def gaps_of(topic: str) -> list[str]:
    text = (ROOT / "book" / "source" / f"{topic}.md").read_text(encoding="utf-8")
    notebook = nbformat.read(ROOT / "book" / f"{topic}.ipynb", as_version=4)
    return gaps(numbered(text), displayed(notebook), registered(topic))


# What holds for the book ---------------------------------------------------------------------


@pytest.mark.parametrize("topic", sorted({*CHAPTERS, *registry.topics()}))
def test_text_notebook_and_register_agree(topic: str) -> None:
    """Every numbered statement of a chapter is registered and its record displayed; every
    record is a numbered statement of its chapter."""
    assert gaps_of(topic) == []


LINE = re.compile(
    r"^\| \[([\w-]+)\]\(([\w-]+)\.ipynb#\1\): .* \| ([^|]+) \| (\d+) of (\d+)(?:; \d+ true)? "
    r"\| ([^|]*) \|$",
    re.MULTILINE,
)


@cache
def printed() -> dict[str, list[re.Match]]:
    """The lines of the ledger's page by label. nbval checks every record and every mutant anew
    and compares with this page, so what stands here need not be checked a second time."""
    page = nbformat.read(ROOT / "book" / "ledger.ipynb", as_version=4)
    table = next(results(page))["data"]["text/markdown"]
    lines: dict[str, list[re.Match]] = {}
    for line in LINE.finditer(table):
        lines.setdefault(line[1], []).append(line)
    assert sum(map(len, lines.values())) == table.count("\n| [")
    return lines


@labels
def test_every_record_has_evidence_and_rejects_its_mutants(label: str) -> None:
    """The ledger's page has one line for each record: it is more than inconclusive, has at least
    one mutant, and no survivor."""
    topic, record = records()[label]
    (line,) = printed()[label]
    _, where, evidence, killed, mutants, source = line.groups()
    assert (where, source) == (topic, ", ".join(record.source))
    assert re.match(r"(refuted \()?(proved|certified|tested|cited)\b", evidence)
    assert int(killed) == int(mutants) >= 1


def test_the_page_lists_nothing_else() -> None:
    """No line of the ledger's page is about a record that is gone."""
    assert printed().keys() == records().keys()


@labels
def test_every_source_is_a_row_of_the_list(label: str) -> None:
    """What a record says it settles exists in statements.csv."""
    _, record = records()[label]
    assert set(record.source) <= set(statements())


def test_the_list_of_statements_is_whole() -> None:
    """The list has its 124 rows, each with an id of its own, a source and a verdict."""
    path = ROOT / "book_utils" / "derivations" / "statements.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 124
    assert len({row["id"] for row in rows}) == 124
    assert len(statements()) == 124
    for row in rows:
        assert all(row[column] for column in ("id", "source", "kind", "what", "as printed")), row
        assert row["id"].startswith(row["source"])


def test_the_ledger_lists_every_record_with_what_was_promised() -> None:
    """One entry for each record, each with its label, statement, place, source and evidence."""
    found = ledger(list(records())[:3])
    assert [entry.label for entry in found] == list(records())[:3]
    for entry in found:
        for name in ("label", "statement", "where", "source", "evidence", "mutants", "killed"):
            assert entry[name] == getattr(entry, name)
    with pytest.raises(KeyError):
        found[0]["nonsense"]


# Each of these checks can fail ---------------------------------------------------------------

TEXT = """
# A chapter

:::{prf:theorem} One
:label: one

Text.
:::

::::{prf:example} Two
:class: counterexample
:label: two
::::

```{prf:lemma}
---
label: three
---
```

:::{prf:corollary} Nameless
It has no label.
:label: too-late
:::

:::{prf:remark}
:label: not-numbered
:::
"""


def shown(*results: str) -> nbformat.NotebookNode:
    outputs = [
        new_output("execute_result", data={"text/plain": result, "text/markdown": "…"})
        for result in results
    ]
    return new_notebook(cells=[new_code_cell("show", outputs=outputs)])


def test_numbered_statements_are_found() -> None:
    """All five kinds are found with their labels, in any fence; a remark is none of them."""
    found = numbered(TEXT)
    assert [(s.kind, s.label) for s in found] == [
        ("theorem", "one"),
        ("example", "two"),
        ("lemma", "three"),
        ("corollary", ""),
    ]
    assert found[0].line == 4


def test_displayed_labels_are_found() -> None:
    """A record counts as displayed if a result begins with its label, not if it is printed."""
    notebook = shown("one: proved (1 step)", "nothing")
    printed = new_output("stream", name="stdout", text="two: proved")
    notebook.cells[0].outputs.append(printed)
    assert displayed(notebook) == {"one"}


@pytest.mark.parametrize(
    ("statements", "shown", "registered", "problem"),
    [
        (["one"], set(), {"one"}, "one: no cell displays its record"),
        (["one"], {"one"}, set(), "one: stands in the text but not in the register"),
        ([], {"one"}, {"one"}, "one: is registered but stands in no numbered statement"),
        ([""], set(), set(), "line 1: this theorem has no label"),
        (["one", "one"], {"one"}, {"one"}, "one: two statements have this label"),
    ],
)
def test_a_gap_is_named(statements, shown, registered, problem: str) -> None:
    """An unregistered, an undisplayed, an unwritten and a nameless statement are each named."""
    made = [Statement("theorem", label, 1) for label in statements]
    assert gaps(made, shown, registered) == [problem]
    assert gaps([Statement("theorem", "one", 1)], {"one"}, {"one"}) == []


@pytest.fixture
def one_record(monkeypatch) -> Derivation:
    """The first derivation of the book alone in the register, unchecked as yet."""
    topic, record = next(found for found in records().values() if isinstance(found[1], Derivation))
    fresh = replace(record)
    alone = {fresh.label: (topic, fresh)}
    for module in (entries, command):
        monkeypatch.setattr(module, "records", lambda: alone)
    entries._entry.cache_clear()
    yield fresh
    entries._entry.cache_clear()


def test_a_survivor_fails_the_ledger(one_record, monkeypatch, capsys) -> None:
    """With a tester that refutes nothing mutants survive: the command says so and exits 1."""
    assert command.main() == 0
    assert "0 survivors" in capsys.readouterr().out
    entries._entry.cache_clear()
    blind = replace(one_record)
    for module in (entries, command):
        monkeypatch.setattr(module, "records", lambda: {blind.label: ("jacobian", blind)})
    monkeypatch.setattr(derivation_module, "refute", lambda *_, **__: Trial(CASES))
    (entry,) = ledger()
    assert entry.killed < entry.mutants
    assert command.main() == 1


def test_a_broken_prover_fails_the_ledger(one_record, monkeypatch) -> None:
    """With a prover that accepts everything the ledger ends in a contradiction."""
    monkeypatch.setattr(derivation_module, "prove", lambda *_, **__: Evidence(Grade.PROVED))
    with pytest.raises(Contradiction):
        ledger()


def test_an_unknown_source_is_refused(one_record, monkeypatch) -> None:
    """A record that names no row of the list is refused with the row's name."""
    stray = replace(one_record, source=("999-nothing",))
    monkeypatch.setattr(entries, "records", lambda: {stray.label: ("jacobian", stray)})
    with pytest.raises(ValueError, match="999-nothing"):
        ledger()


def test_a_label_is_used_once(monkeypatch) -> None:
    """Two records with one label are refused with the places of both."""
    import book_utils.derivations.jacobian as topic

    first = next(record for _, record in records().values())
    monkeypatch.setattr(topic, "another_record", replace(first), raising=False)
    records.cache_clear()
    try:
        with pytest.raises(ValueError, match="expects a label of its own"):
            records()
    finally:
        monkeypatch.undo()
        records.cache_clear()
