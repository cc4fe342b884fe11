"""What the five sources state, row by row, and what the ledger has for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from book_utils.derivations.entries import Entry
from book_utils.derivations.registry import statements

SOURCES = {
    "000": "CrossValidated question 413843",
    "001": "CrossValidated question 293862, which quotes Pascanu et al.",
    "002": "Taprantzis, blog post",
    "003": "Hong et al., gradient explosion as optimal control",
    "004": "Miller and Hardt, stable recurrent models",
}
"""What the first three digits of a row of statements.csv stand for."""


@dataclass(frozen=True)
class Note:
    """What no record of the ledger says about a row, and the chapter that says it."""

    topic: str
    text: str


NOTES = {
    "004-fig1a": Note(
        "instances", "the curves are computed anew and shown; what is proved is about their shape"
    ),
    "004-fig1b": Note(
        "instances",
        "the printed settings do not give the printed curves, and the records say why; our own "
        "curves are computed and shown",
    ),
    "004-fig2": Note(
        "language",
        "an experiment with trained networks: measured anew on smaller ones; what is proved "
        "bounds what can be seen in it",
    ),
    "004-fig3": Note(
        "language", "an experiment with trained networks, no statement: measured on smaller ones"
    ),
    "004-stable-perplexity": Note(
        "language",
        "the result of one training, no statement: measured on smaller networks and less text",
    ),
}
"""For the rows that are no statement, or not only one."""


def settled(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """For each row of statements.csv that some entry names: the labels that name it."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        for row in entry.source:
            found.setdefault(row, []).append(entry.label)
    return found


@dataclass(frozen=True)
class Coverage:
    """Row by row of statements.csv: which of them the ledger meets, by source."""

    entries: list[Entry]

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """Source -> (rows that a record meets, rows with a reason instead, rows)."""
        met = settled(self.entries)
        counts = {}
        for source in SOURCES:
            rows = [row["id"] for row in statements().values() if row["source"] == source]
            by_record = sum(row in met for row in rows)
            by_reason = sum(row in NOTES and row not in met for row in rows)
            counts[source] = by_record, by_reason, len(rows)
        return counts

    def missing(self) -> list[str]:
        """The rows that neither a record nor a reason answers."""
        met = settled(self.entries)
        return [row for row in statements() if row not in met and row not in NOTES]

    def text(self) -> str:
        """The counts and what is not met, for a terminal."""
        lines = [
            f"{source}  {met} of {rows} rows met"
            + (f", {noted} with a reason" if noted else "")
            + f"  ({SOURCES[source]})"
            for source, (met, noted, rows) in self.counts().items()
        ]
        met = settled(self.entries)
        lines += [
            f"     {row}: {note.text} (chapter {note.topic})"
            for row, note in NOTES.items()
            if row not in met
        ]
        lines += [f"     {row}: NOT ANSWERED" for row in self.missing()]
        return "\n".join(["statements.csv, source by source:", *lines, repr(self)])

    def _repr_markdown_(self) -> str:
        lines = [
            "| source | met by a record | listed with a reason | rows |",
            "| :-- | :-- | :-- | :-- |",
        ]
        lines += [
            f"| {source}: {SOURCES[source]} | {met} | {noted} | {rows} |"
            for source, (met, noted, rows) in self.counts().items()
        ]
        return "\n".join([*lines, *(line for source in SOURCES for line in self._rows(source))])

    def _rows(self, source: str) -> Iterator[str]:
        """The rows of one source: what was printed, and the statements that settle it."""
        met, where = settled(self.entries), {e.label: e.where for e in self.entries}
        yield from ("", f"**{SOURCES[source]}**", "")
        for name, row in statements().items():
            if row["source"] != source:
                continue
            answers = [f"[{label}]({where[label]}.ipynb#{label})" for label in met.get(name, [])]
            said = [", ".join(answers)] if answers else []
            if name in NOTES:
                said.append(
                    f"{NOTES[name].text} ([{NOTES[name].topic}]({NOTES[name].topic}.ipynb))"
                )
            printed = f"{row['what']}; as printed: {row['as printed']}"
            yield f"- {name} ({printed}): " + ("; ".join(said) or "not answered")

    def __repr__(self) -> str:
        met, noted, rows = (sum(column) for column in zip(*self.counts().values(), strict=True))
        return f"{met} of {rows} rows of statements.csv are met by a record, {noted} by a reason"
