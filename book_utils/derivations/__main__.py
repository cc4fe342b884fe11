"""``python -m book_utils.derivations`` prints the ledger (``make ledger``)."""

from __future__ import annotations

import sys

from tqdm import tqdm

from book_utils.derivations.coverage import Coverage
from book_utils.derivations.entries import ledger, table
from book_utils.derivations.registry import records


def main() -> int:
    labels = tqdm(list(records()), desc="checking", unit="statement", disable=None)
    entries = ledger(labels)
    print(table(entries))
    print("\n" + Coverage(entries).text())
    return int(any(e.killed < e.mutants for e in entries))


if __name__ == "__main__":
    sys.exit(main())
