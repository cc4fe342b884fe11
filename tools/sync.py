"""Bring every chapter's text and notebook in step, and execute what changed.

    python -m tools.sync [TOPIC ...]

Without a topic it goes through all of them. A chapter is executed again when its inputs, any file
of book_utils, or the locked versions changed. Nothing is written that is already right, so a second
run changes no file.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from tqdm import tqdm

from tools.notebooks import (
    ChapterError,
    digest,
    dumps,
    execute,
    from_text,
    reconcile,
    to_text,
)

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 2


def topics(root: Path) -> list[str]:
    """Every chapter, by the path it has below book/ and below book/source/, without suffix."""
    book = root / "book"
    texts = {path.relative_to(book / "source") for path in (book / "source").rglob("*.md")}
    notebooks = {
        path.relative_to(book)
        for path in book.rglob("*.ipynb")
        if not {".ipynb_checkpoints", "source", "assignments"} & set(path.relative_to(book).parts)
    }
    return sorted({path.with_suffix("").as_posix() for path in texts | notebooks})


def engine_files(root: Path, coursework: bool) -> Iterator[Path]:
    """What a chapter's outputs depend on besides its own text."""
    for path in sorted((root / "book_utils").rglob("*")):
        below = path.relative_to(root / "book_utils").parts
        if not path.is_file() or "__pycache__" in below:
            continue
        # Nothing imports the coursework, so only a chapter that speaks of it can depend on it.
        if coursework or below[0] != "coursework":
            yield path
    yield root / "constraints.txt"
    yield root / "jupytext.toml"
    yield root / "tools" / "notebooks.py"


def engine(root: Path, coursework: bool = False) -> str:
    """A digest of the engine; the names count, so that a renamed file is a change."""
    files = [(path.relative_to(root).as_posix(), path) for path in engine_files(root, coursework)]
    return digest(part for name, path in files for part in (name.encode(), path.read_bytes()))


def write_if_changed(path: Path, content: str) -> bool:
    """Write a file unless it already holds that content; say whether it was written."""
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="\n")
    return True


class Chapter:
    """The three files of a chapter: its text, its notebook, and the note of its last run."""

    def __init__(self, root: Path, topic: str) -> None:
        self.topic, self.root = topic, root
        self.text = root / "book" / "source" / f"{topic}.md"
        self.notebook = root / "book" / f"{topic}.ipynb"
        self.note = root / "_build" / "sync" / topic

    def wanted(self) -> NotebookNode:
        """The inputs that count, taken from whichever form was edited."""
        text = from_text(self.text.read_text(encoding="utf-8")) if self.text.exists() else None
        stored = nbformat.read(self.notebook, as_version=4) if self.notebook.exists() else None
        return reconcile(text, stored)

    def coursework(self) -> bool:
        """Whether it speaks of the coursework, and so depends on it."""
        forms = (path for path in (self.text, self.notebook) if path.exists())
        return any("book_utils.coursework" in path.read_text(encoding="utf-8") for path in forms)

    def state(self, engine: str) -> str:
        """A digest of everything that the stored notebook depends on, and of itself."""
        parts = [path.read_bytes() for path in (self.text, self.notebook) if path.exists()]
        return digest([engine.encode(), *parts])

    def fresh(self, engine: str) -> bool:
        """Whether nothing changed since the last run."""
        return self.note.exists() and self.note.read_text() == self.state(engine)


async def sync_chapter(chapter: Chapter, engine: str) -> list[Path]:
    """Execute one chapter and write what differs; return the files written."""
    text = to_text(chapter.wanted())
    executed = await execute(from_text(text), folder=chapter.notebook.parent, checkout=chapter.root)
    files = {chapter.text: text, chapter.notebook: dumps(executed)}
    written = [path for path, content in files.items() if write_if_changed(path, content)]
    write_if_changed(chapter.note, chapter.state(engine))
    return written


async def sync(root: Path, only: Collection[str] = ()) -> tuple[list[Path], list[str]]:
    """Bring all chapters in step, or some; return the files written and what went wrong."""
    now = {coursework: engine(root, coursework) for coursework in (False, True)}
    known = topics(root)
    unknown = [topic for topic in only if topic not in known]
    wrong = [f"{topic}: no such chapter; there are {', '.join(known)}" for topic in unknown]
    chapters = [Chapter(root, topic) for topic in known if topic in only or not only]
    stale = [chapter for chapter in chapters if not chapter.fresh(now[chapter.coursework()])]
    turn = asyncio.Semaphore(AT_ONCE)
    written: list[Path] = []
    with tqdm(total=len(stale), desc="chapters", unit="chapter", disable=not stale) as bar:

        async def one(chapter: Chapter) -> None:
            async with turn:
                bar.set_postfix_str(chapter.topic)
                try:
                    written.extend(await sync_chapter(chapter, now[chapter.coursework()]))
                except ChapterError as error:
                    wrong.append(f"{chapter.topic}: {error}")
                bar.update()

        await asyncio.gather(*map(one, stale))
    return sorted(written), sorted(wrong)


def main(root: Path = ROOT, only: Collection[str] = ()) -> int:
    """Run the command; the exit status is 1 if a chapter failed."""
    written, wrong = asyncio.run(sync(root, only))
    for path in written:
        print(f"wrote {path.relative_to(root)}")
    if not written and not wrong:
        print("Every chapter is in step; nothing was written.")
    for message in wrong:
        print(f"\n{message}", file=sys.stderr)
    if wrong:
        print(f"\nmake sync: {len(wrong)} chapter(s) failed, see above.", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(only=sys.argv[1:]))
