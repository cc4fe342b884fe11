"""What every chapter owes its readers, before its first section."""

import re
from pathlib import Path

import jupytext
import pytest

BOOK = Path(__file__).resolve().parent.parent / "book"

# Pages about the book are not chapters of it.
PAGES = {"coursework", "index", "ledger", "references"}
CHAPTERS = sorted(path.stem for path in (BOOK / "source").glob("*.md") if path.stem not in PAGES)

WORDS_PER_MINUTE = 150
MINUTES_PER_CELL = 0.5


def cells(topic: str) -> list:
    return jupytext.read(BOOK / "source" / f"{topic}.md", fmt="md:myst").cells


def reading_minutes(chapter: list) -> float:
    """Prose at the pace of a text with formulas, and half a minute for each cell and its output.

    The exercises, which take as long as they take, are left out.
    """
    words, code = 0, 0
    for cell in chapter:
        if cell.cell_type == "code":
            code += 1
            continue
        text = cell.source.split("\n## Exercises")[0]
        words += len(re.findall(r"\w+", re.sub(r"\$\$.*?\$\$", " formula ", text, flags=re.S)))
        if "\n## Exercises" in cell.source or cell.source.startswith("## Exercises"):
            break
    return words / WORDS_PER_MINUTE + code * MINUTES_PER_CELL


def stated_minutes(chapter: list) -> float:
    text = "\n".join(cell.source for cell in chapter if cell.cell_type == "markdown")
    found = re.search(r"about (\d+) minutes to read", text)
    assert found, "no reading time is stated: 'about N minutes to read'"
    return float(found[1])


def test_there_is_a_chapter():
    """The tests below run on something: at least one chapter exists."""
    assert CHAPTERS


@pytest.mark.parametrize("topic", CHAPTERS)
def test_reading_time(topic):
    """The reading time at the top is the one that the length of the chapter gives, within 20 %."""
    chapter = cells(topic)
    assert stated_minutes(chapter) == pytest.approx(reading_minutes(chapter), rel=0.2)


@pytest.mark.parametrize("topic", CHAPTERS)
@pytest.mark.parametrize(
    "promise",
    [
        ":class: objectives",
        "**You will be able to**",
        "**You need**",
        "**Time:**",
        "## Vocabulary",
        "## Limits",
        "## The functions we now have",
        "## Exercises",
    ],
)
def test_skeleton(topic, promise):
    """Each chapter has its objectives, vocabulary, limits, list of functions and exercises."""
    text = (BOOK / "source" / f"{topic}.md").read_text(encoding="utf-8")
    assert text.count(promise) == 1


@pytest.mark.parametrize("topic", CHAPTERS)
def test_every_exercise_has_a_solution(topic):
    """Each exercise is solved, and each solution belongs to an exercise."""
    text = (BOOK / "source" / f"{topic}.md").read_text(encoding="utf-8")
    exercises = re.findall(r":::\{exercise\}[^\n]*\n:label: (\S+)", text)
    solutions = re.findall(r":::\{solution(?:-start)?\} (\S+)", text)
    assert exercises
    assert sorted(exercises) == sorted(solutions)


@pytest.mark.parametrize("topic", CHAPTERS)
def test_cells_are_short(topic):
    """A cell has at most 25 lines, none wider than the page shows."""
    for cell in cells(topic):
        if cell.cell_type == "code":
            lines = cell.source.splitlines()
            assert len(lines) <= 25, cell.source
            assert max(map(len, lines)) <= 80, max(lines, key=len)
