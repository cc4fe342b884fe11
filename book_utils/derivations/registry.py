"""All records of the book. A record is registered by standing in a topic's module.

One topic, one name: the statements of ``book/source/jacobian.md`` are the records of
``book_utils/derivations/jacobian.py``.
"""

from __future__ import annotations

import csv
import importlib
import pkgutil
from functools import cache
from importlib.resources import files

from book_utils import derivations
from book_utils.derivations.engine import Counterexample, Derivation

Record = Derivation | Counterexample

_NOT_TOPICS = {
    "coverage",
    "engine",
    "entries",
    "network",
    "one_unit",
    "registry",
    "windows",
    "__main__",
}


def topics() -> list[str]:
    """The topics that have records: every module beside this one that is not its machinery."""
    names = (module.name for module in pkgutil.iter_modules(derivations.__path__))
    return sorted(set(names) - _NOT_TOPICS)


@cache
def records() -> dict[str, tuple[str, Record]]:
    """Label -> (topic, record), in the order of the topics and, within one, of their text."""
    found: dict[str, tuple[str, Record]] = {}
    for topic in topics():
        module = importlib.import_module(f"{derivations.__name__}.{topic}")
        for value in vars(module).values():
            if not isinstance(value, Derivation | Counterexample):
                continue
            if value.label in found and found[value.label][1] is not value:
                raise ValueError(
                    f"label {value.label!r}: used in {found[value.label][0]} and in {topic}, "
                    "expects a label of its own for each record"
                )
            found.setdefault(value.label, (topic, value))
    return found


@cache
def statements() -> dict[str, dict[str, str]]:
    """The rows of statements.csv by id: what the five sources state."""
    text = files(derivations).joinpath("statements.csv").read_text(encoding="utf-8")
    return {row["id"]: row for row in csv.DictReader(text.splitlines())}
