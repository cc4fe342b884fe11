"""The ledger: every statement, where it stands, its source, its evidence, its mutants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from book_utils.derivations.registry import records, statements


@dataclass(frozen=True)
class Entry:
    """One line of the ledger. ``entry["label"]`` is ``entry.label``."""

    label: str
    kind: str
    statement: str
    where: str
    source: tuple[str, ...]
    evidence: str
    mutants: int
    killed: int
    equivalent: int

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError:
            raise KeyError(name) from None


@cache
def _entry(label: str) -> Entry:
    topic, record = records()[label]
    unknown = [row for row in record.source if row not in statements()]
    if unknown:
        raise ValueError(
            f"{label}: source: got {', '.join(unknown)}, expects ids of statements.csv"
        )
    status = [rejection.status for rejection in record.rejections]
    return Entry(
        label=label,
        kind=record.kind,
        statement=record.statement,
        where=topic,
        source=record.source,
        evidence=str(record.evidence),
        # A mutant that is proved is as true as what it was made from: it is no mutant.
        mutants=len(status) - status.count("equivalent"),
        killed=status.count("killed"),
        equivalent=status.count("equivalent"),
    )


def ledger(labels: Iterable[str] | None = None) -> list[Entry]:
    """Check every record and every mutant of it, and say what came of it."""
    return [_entry(label) for label in (records() if labels is None else labels)]


def tally(entries: list[Entry]) -> tuple[int, int]:
    """Mutants rejected, and mutants, over all entries."""
    return sum(e.killed for e in entries), sum(e.mutants for e in entries)


def table(entries: list[Entry]) -> str:
    """The ledger as text for a terminal."""
    head = ("statement", "where", "source", "evidence", "mutants")
    rows = [
        (
            e.label,
            e.where,
            " ".join(e.source) or "-",
            e.evidence if e.kind == "derivation" else f"refutes ({e.evidence})",
            f"{e.killed} of {e.mutants}",
        )
        for e in entries
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, tuple("-" * width for width in widths), *rows]
    ]
    killed, mutants = tally(entries)
    lines += [
        "",
        f"{len(entries)} statements, {killed} of {mutants} mutants rejected, "
        f"{mutants - killed} survivors",
    ]
    return "\n".join(lines)


@dataclass(frozen=True)
class Table:
    """The ledger as tables on a page, one for each chapter; each statement has a link to it."""

    entries: list[Entry]

    def _repr_markdown_(self) -> str:
        chapters = sorted({e.where for e in self.entries})
        return "\n\n".join(self._chapter(where) for where in chapters)

    def _chapter(self, where: str) -> str:
        entries = [e for e in self.entries if e.where == where]
        killed, mutants = tally(entries)
        lines = [
            f"**[{where}]({where}.ipynb)**: {len(entries)} statements, {killed} of {mutants} "
            "mutants rejected",
            "",
            "| statement | evidence | mutants rejected | source |",
            "| :-- | :-- | :-- | :-- |",
        ]
        lines += [_line(e) for e in entries]
        return "\n".join(lines)

    def __repr__(self) -> str:
        killed, mutants = tally(self.entries)
        return f"{len(self.entries)} statements, {killed} of {mutants} mutants rejected"


def _line(e: Entry) -> str:
    """One row of a table. What is refuted must not read like something that is stated."""
    stated = e.kind == "derivation"
    statement = e.statement if stated else f"*not true:* {e.statement}"
    verdict = e.evidence if stated else f"refuted ({e.evidence})"
    rejected = f"{e.killed} of {e.mutants}" + (f"; {e.equivalent} true" if e.equivalent else "")
    return (
        f"| [{e.label}]({e.where}.ipynb#{e.label}): {statement} "
        f"| {verdict} | {rejected} | {', '.join(e.source)} |"
    )
