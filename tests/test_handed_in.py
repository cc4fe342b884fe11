"""Promises about the notebook that is handed in: ours is ours, theirs is theirs, and what was
changed is noted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from walled_course import (
    BUILT,
    BUNDLE,
    RIGHT,
    answered,
    cell_of,
    file_of,
    own_cell,
    released,
    right,
    twin,
)

from book_utils.coursework import handed_in
from book_utils.coursework.handed_in import HandedIn, Unreadable

ASSIGNMENT = handed_in.read_assignment(BUNDLE)
MANY = 2**20


def matched(notebook: dict[str, Any]) -> HandedIn:
    """A notebook beside the assignment."""
    return handed_in.match(handed_in.read(file_of(notebook), MANY), ASSIGNMENT)


def runs(found: HandedIn) -> list[str]:
    """What runs, in its order: ids of ours, sources of theirs."""
    return [ran["source"] if "theirs" in ran else ran["id"] for ran in found.order]


def test_a_bundle_is_plain_data_and_tells_the_questions() -> None:
    """An assignment travels as JSON, and what it asks can be read from it."""
    assert json.loads(json.dumps(BUNDLE)) == BUNDLE
    asked = [(q.id, q.title, q.points, q.by, dict(q.answers)) for q in ASSIGNMENT.questions]
    assert asked == [(q.id, q.title, q.points, q.by, dict(q.answers)) for q in BUILT.questions]


def test_the_released_notebook_has_no_notes() -> None:
    """What nobody changed gives no note; our cells run before the first answer, and
    where a check stands the answers are taken."""
    found = matched(released())
    assert found.notes == []
    assert runs(found)[:2] == ["setup", "given-1"]
    assert "last" not in runs(found)
    assert [ran["id"] for ran in found.order if "take" in ran] == [
        "q1",
        "q2",
        "q3",
        "q4",
        "q5",
        "q6",
    ]
    assert found.written == {"q7": ""}
    assert found.human == set()


def test_students_code_runs_in_their_order() -> None:
    """Own cells and answers run where the student put them, copies too."""
    notebook = twin(answered("first = 1", "last = 2", q1="double = 1"), "q1-answer")
    found = matched(notebook)
    theirs = [ran for ran in runs(found) if "=" in ran]
    assert theirs == ["first = 1", "double = 1", "double = 1", "last = 2"]
    assert found.notes == ["q1-answer is there more than once: all copies count, in their order"]


@pytest.mark.parametrize("name", ["setup", "given-1"])
def test_ours_runs_as_we_wrote_it(name: str) -> None:
    """Edited, copied or deleted: our cells run once, as released, and it is noted."""
    released_source = cell_of(released(), name)["source"]
    edited, deleted = released(), released()
    cell_of(edited, name)["source"] = "evil = 1"
    deleted["cells"].remove(cell_of(deleted, name))
    for notebook in (edited, twin(released(), name), deleted):
        found = matched(notebook)
        assert [ran["source"] for ran in found.order if ran["id"] == name] == [released_source]
        assert len(found.notes) == 1
        assert name in found.notes[0]
        assert "ours was used" in found.notes[0]


def test_lines_in_a_list_and_spaces_at_the_end_are_no_change() -> None:
    """Jupyter stores a source as lines and editors strip it; neither is an edit."""
    notebook = released()
    for cell in notebook["cells"]:
        cell["source"] = (cell["source"].rstrip() + "\n").splitlines(True)
    assert matched(notebook).notes == []


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda nb: cell_of(nb, "q1").update(source="look = 1"), "the check of q1 was edited"),
        (lambda nb: nb["cells"].remove(cell_of(nb, "q1")), "q1 is missing; ours was used"),
        (lambda nb: nb["cells"].remove(cell_of(nb, "q1-answer")), "q1-answer is missing"),
        (lambda nb: cell_of(nb, "q2")["metadata"]["nbgrader"].update(points=99), "points of q2"),
        (lambda nb: cell_of(nb, "q7")["metadata"]["nbgrader"].update(points=99), "points of q7"),
        (lambda nb: cell_of(nb, "q1-answer").update(cell_type="raw"), "was code and was handed"),
        (lambda nb: nb["cells"].append({"cell_type": "video"}), "neither code nor text"),
        (lambda nb: nb.update(nbformat=5), "format 5"),
        (lambda nb: nb["metadata"].update(kernelspec={"name": "julia-1.9"}), "kernel 'julia-1.9'"),
        (lambda nb: nb["metadata"].update(language_info={"name": "R"}), "kernel 'R'"),
        (lambda nb: cell_of(nb, "q7").update(attachments={"a": {}}), "pictures attached"),
    ],
)
def test_changes_are_noted(change: Any, note: str) -> None:
    """Whoever grades reads what was changed."""
    notebook = answered(**right())
    change(notebook)
    assert any(note in told for told in matched(notebook).notes)


def test_planted_cells_are_the_students_own() -> None:
    """A cell that claims an id that we do not have is run as theirs, and noted."""
    notebook = released()
    planted = own_cell("planted = 1")
    planted["metadata"]["nbgrader"] = {"grade_id": "q9", "grade": True, "locked": True}
    notebook["cells"].append(planted)
    found = matched(notebook)
    assert "planted = 1" in runs(found)
    assert found.cells[-1]["id"] is None
    assert any("'q9'" in note for note in found.notes)


def test_notes_do_not_become_a_flood() -> None:
    """A thousand strange cells are not a thousand notes."""
    notebook = released()
    for number in range(500):
        planted = own_cell("x = 1")
        planted["metadata"] = {"nbgrader": {"grade_id": f"q{number + 100}"}}
        notebook["cells"].append(planted)
    notes = matched(notebook).notes
    assert len(notes) == handed_in.NOTES + 1
    assert notes[-1] == "and 460 more notes"


def test_written_answers() -> None:
    """A text is one answer; two are joined for a human; an empty one is missing, unless there is
    text in a cell of the student's own, which a human has to read."""
    assert matched(answered(q7=RIGHT["q7"])).written == {"q7": RIGHT["q7"]}
    double = twin(answered(q7="One."), "q7")
    assert matched(double).written == {"q7": "One.\n\nOne."}
    assert matched(double).human == {"q7"}
    elsewhere = released()
    elsewhere["cells"].append(own_cell("My answer stands here.", "markdown"))
    assert matched(elsewhere).human == {"q7"}
    assert any("q7 is empty" in note for note in matched(elsewhere).notes)
    elsewhere["cells"].remove(cell_of(elsewhere, "q7"))
    assert matched(elsewhere).human == {"q7"}


def test_null_bytes_and_half_letters_can_be_stored() -> None:
    """What is kept of a source can be written to a file."""
    data = file_of(answered(q1="double = 1 # \x00 \ud800", q7="a\ud800b\x00"))
    found = handed_in.match(handed_in.read(data, MANY), ASSIGNMENT)
    for cell in found.cells:
        assert cell["source"].encode("utf-8")
        assert "\x00" not in cell["source"]
    for ran in found.order:
        assert isinstance(ran.get("source", "").encode("utf-8"), bytes)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"\xff\xfe", "no text"),
        (b"7", "other data"),
        (b"{}", "no cells"),
        (b'{"cells": {}}', "no cells"),
        (b'{"worksheets": []}', "2014"),
        (b" " * (MANY + 1), "MiB"),
    ],
)
def test_files_that_are_no_notebook_say_so(data: bytes, why: str) -> None:
    """What cannot be read is refused in words that name what is wrong."""
    with pytest.raises(Unreadable, match=why):
        handed_in.read(data, MANY)


def test_a_byte_order_mark_does_not_matter() -> None:
    """Some editors on Windows write one."""
    assert handed_in.read(b"\xef\xbb\xbf" + file_of(released()), MANY) == released()


def test_another_notebook_is_no_zero() -> None:
    """A notebook without any of our cells is another one, which is said."""
    with pytest.raises(Unreadable, match="another one"):
        matched({"cells": [own_cell("x = 1")], "metadata": {}, "nbformat": 4})
