"""Texts for language models: the one that the book ships, or a folder that a reader has.

A text becomes a row of numbers, one for each character or each word. ``corpus()`` reads the shipped
text, ``corpus(folder)`` one in the form of WikiText-2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np

from book_utils import validate

SHIPPED = files(__package__).joinpath("texts", "wonderland.txt")
LEVELS = ("character", "word")
UNKNOWN, END = "<unk>", "<eos>"
NAMES = {
    part: (f"wiki.{part}.tokens", f"{part}.txt", f"wiki.{part}.txt")
    for part in ("train", "valid", "test")
}


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text in three parts, as numbers, and what each number stands for."""

    name: str
    level: str
    symbols: tuple[str, ...]
    """The vocabulary: characters or words. The first stands for all that are not in it."""
    train: np.ndarray
    held: np.ndarray
    """Held out: it decides when the learning rate falls and which model is kept."""
    test: np.ndarray
    parts: str
    """What the three parts were made from."""

    def unknown(self) -> float:
        """The share of the test part that the vocabulary does not contain."""
        return float(np.mean(self.test == 0))


def corpus(
    source: str | Path | None = None, level: str | None = None, vocabulary: int | None = None
) -> Corpus:
    """The shipped text, or the one in a folder; by characters or by words.

    Without ``source`` it is the shipped text, character by character; 8, 1 and 1 tenths of it are
    for training, held out and for the test. A ``source`` is a folder with the splits of WikiText-2,
    which are read word by word. If the folder has no training split, the first nine tenths of the
    validation split are used for training and the last tenth is held out.
    ``vocabulary`` keeps so many symbols, the most frequent ones of the training part.
    """
    level = level or ("character" if source is None else "word")
    if level not in LEVELS:
        raise ValueError(f"level: got {level!r}, expects one of {', '.join(LEVELS)}")
    if (
        vocabulary is not None
        and validate.index("vocabulary", vocabulary, 10**7, "ten million") < 2
    ):
        raise ValueError(f"vocabulary: got {vocabulary}, expects at least 2 symbols")
    if source is None:
        symbols = split(SHIPPED.read_text(encoding="utf-8"), level)
        train, held, test = _cut(symbols, 8, 1, 1)
        name, parts = "wonderland", "8, 1 and 1 tenths of the shipped text"
    else:
        name, parts, (train, held, test) = _folder(Path(source), level)
    known = most_frequent(train, vocabulary)
    number = {symbol: i for i, symbol in enumerate(known)}
    numbers = (np.array([number.get(s, 0) for s in part]) for part in (train, held, test))
    return Corpus(name, level, known, *numbers, parts)


def split(text: str, level: str) -> list[str]:
    """The characters, or the words with a mark at the end of every line."""
    if level == "character":
        return list(text)
    return [word for line in text.splitlines() for word in (*line.split(), END)]


def most_frequent(symbols: Iterable[str], vocabulary: int | None = None) -> tuple[str, ...]:
    """The mark for the unknown, then the symbols by falling frequency, equal ones by alphabet."""
    counts = Counter(symbols)
    counts.pop(UNKNOWN, None)
    ordered = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    return (UNKNOWN, *ordered[: None if vocabulary is None else vocabulary - 1])


def _cut(symbols: Sequence[str], *shares: int) -> list[Sequence[str]]:
    ends = [len(symbols) * sum(shares[:i]) // sum(shares) for i in range(len(shares) + 1)]
    return [symbols[a:b] for a, b in pairwise(ends)]


def _folder(folder: Path, level: str) -> tuple[str, str, list[Sequence[str]]]:
    if not folder.is_dir():
        raise FileNotFoundError(
            f"source: got {str(folder)!r}, which is no folder. Expects a folder with the splits of "
            f"WikiText-2: {_wanted('valid')} and {_wanted('test')}, and {_wanted('train')} for "
            "training on all of it. Without a source the shipped text is used."
        )
    found = {part: _find(folder, part) for part in NAMES}
    for part in ("valid", "test"):
        if found[part] is None:
            raise FileNotFoundError(
                f"source: the folder {str(folder)!r} has no {part} split. "
                f"Expects it there as {_wanted(part)}."
            )
    texts = {
        part: split(path.read_text(encoding="utf-8"), level)
        for part, path in found.items()
        if path is not None
    }
    name = folder.resolve().name
    if "train" in texts:
        return name, "the three splits", [texts["train"], texts["valid"], texts["test"]]
    parts = "9 and 1 tenths of the validation split, and the test split: no training split there"
    return name, parts, [*_cut(texts["valid"], 9, 1), texts["test"]]


def _find(folder: Path, part: str) -> Path | None:
    return next((folder / name for name in NAMES[part] if (folder / name).is_file()), None)


def _wanted(part: str) -> str:
    return " or ".join(NAMES[part][:2])
