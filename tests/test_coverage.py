"""The coverage: every row of the list of statements has a record that answers it, or a reason."""

from __future__ import annotations

import pytest

from book_utils.derivations import coverage
from book_utils.derivations.coverage import NOTES, SOURCES, Coverage, Note
from book_utils.derivations.entries import Entry
from book_utils.derivations.registry import records, statements
from tools.sync import ROOT, topics

ROWS = {"000": 4, "001": 9, "002": 28, "003": 43, "004": 40}


def entries() -> list[Entry]:
    """All records as the coverage reads them: what they answer needs no check to be known."""
    return [
        Entry(label, record.kind, record.statement, topic, record.source, "", 0, 0, 0)
        for label, (topic, record) in records().items()
    ]


@pytest.fixture
def covered() -> Coverage:
    """The coverage of the whole book."""
    return Coverage(entries())


def test_every_row_is_answered(covered: Coverage) -> None:
    """Each of the 124 rows is met by a record that names it, or has a reason why not."""
    assert covered.missing() == []
    assert {source: rows for source, (_, _, rows) in covered.counts().items()} == ROWS
    assert sum(ROWS.values()) == len(statements()) == 124
    for source, (met, noted, rows) in covered.counts().items():
        assert met + noted == rows, source


def test_only_experiments_go_without_a_record(covered: Coverage) -> None:
    """A row without a record is a figure or an experiment, never something that is claimed."""
    met = coverage.settled(covered.entries)
    without = {row for row in statements() if row not in met}
    assert {statements()[row]["kind"] for row in without} <= {"experiment", "figure"}
    assert without <= set(NOTES)


def test_every_reason_points_to_a_chapter() -> None:
    """A reason is given for a row that exists, in words, and names the chapter that says more."""
    assert set(NOTES) <= set(statements())
    for note in NOTES.values():
        assert note.topic in topics(ROOT)
        assert len(note.text.split()) >= 6


def test_the_terminal_says_it_source_by_source(covered: Coverage) -> None:
    """The text for `make ledger` has one line for each source, and the sum over all."""
    text = covered.text()
    for source, rows in ROWS.items():
        met = covered.counts()[source][0]
        assert f"{source}  {met} of {rows} rows met" in text
        assert SOURCES[source] in text
    assert repr(covered) in text
    assert "NOT ANSWERED" not in text


def test_a_row_without_an_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that no record names and that has no reason is missing, in the text and on the page."""
    without = [one for one in entries() if "004-lemma4" not in one.source]
    covered = Coverage(without)
    assert covered.missing() == ["004-lemma4"]
    assert "004-lemma4: NOT ANSWERED" in covered.text()
    assert any("004-lemma4" in line and "not answered" in line for line in covered._rows("004"))
    monkeypatch.setitem(coverage.NOTES, "004-lemma4", Note("smoothness", "given for this test"))
    assert covered.missing() == []
    assert any("given for this test" in line for line in covered._rows("004"))
