"""Promises of what anybody can get: no solution and no hidden test, in the site or the package."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from conftest import ROOT

from book_utils.coursework import leaks, source
from tools.examples import SEED

TEXTS = sorted((ROOT / "book" / "assignments").glob("*.md"))
EXAMPLES = ROOT / "book" / "assignments" / "example"
# Shorter lines of code are written again by chance: `rng = np.random.default_rng(seed)`.
TELLING = 45


@pytest.fixture(scope="module")
def secrets() -> dict[str, str]:
    """Telling lines of all solutions, hidden tests, rubrics and mistakes, for the public seed."""
    found: dict[str, str] = {}
    for path in TEXTS:
        built = source.build(path.read_text(encoding="utf-8"), path.stem, SEED)
        for passage, what in leaks.secrets_of(built, SEED).passages.items():
            if len(passage) >= TELLING:
                found[passage] = f"{path.stem}: {what}"
    assert len(found) > 500
    return found


def shared(text: str, secrets: dict[str, str]) -> list[str]:
    """The secrets that stand in a text as lines of their own, however they are spaced."""
    lines = {leaks.squeezed(line.strip(" \t#>*-")) for line in text.splitlines()}
    return sorted(secrets[line] for line in lines & secrets.keys())


def test_the_look_finds_what_is_there(secrets: dict[str, str]) -> None:
    """The instructor version of an assignment, shown as a page, would be found."""
    for path in TEXTS:
        built = source.build(path.read_text(encoding="utf-8"), path.stem, SEED)
        page = "\n".join(f"<pre>{html.escape(cell.source)}</pre>" for cell in built.grader.cells)
        assert len(shared(_text(page), secrets)) > 20


def test_the_package_holds_no_answer(secrets: dict[str, str]) -> None:
    """What students install has no line of a solution or a hidden test in it."""
    for path in sorted((ROOT / "book_utils").rglob("*")):
        if path.suffix in (".py", ".js", ".json", ".css", ".csv"):
            assert shared(path.read_text(encoding="utf-8"), secrets) == [], path


def test_the_site_holds_no_answer(site: Path, secrets: dict[str, str]) -> None:
    """No page shows one, no source is copied, the search knows no assignment, and what can be
    downloaded are the student versions, byte for byte."""
    assert not (site / "_sources").exists()
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "book/coursework" in index
    assert "book/assignments" not in index
    for page in sorted(site.rglob("*.html")):
        assert shared(_text(page.read_text(encoding="utf-8")), secrets) == [], page
    given = {path.name: path.read_bytes() for path in site.rglob("*.ipynb")}
    assert given == {path.name: path.read_bytes() for path in EXAMPLES.glob("*.ipynb")}
    for name, data in given.items():
        assert shared(data.decode().replace("\\n", "\n"), secrets) == [], name


def _text(page: str) -> str:
    """A page without its tags."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))
