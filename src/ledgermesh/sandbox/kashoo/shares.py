"""Which payments settle which paper, and how much of it; kept up to date write by write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from ledgermesh.sandbox.books import Paper, Settlement

Key = tuple[str, str]
Share = tuple[Settlement, Decimal]


class Shares:
    """The allocations of all payments that are not removed, by paper."""

    def __init__(self, settlements: Iterable[Settlement]) -> None:
        self._of: dict[Key, list[Share]] = {}
        for row in settlements:
            self.add(row)

    def of(self, paper: Paper) -> Sequence[Share]:
        """Each payment of the paper with the amount it settles."""
        return self._of.get((paper.kind, paper.number), ())

    def paid(self, paper: Paper) -> Decimal:
        """How much of the paper is settled, in its own currency."""
        return sum((amount for _, amount in self.of(paper)), Decimal(0))

    def add(self, row: Settlement) -> None:
        """Count this payment, unless it is removed."""
        if not row.removed:
            for key, amount in _allocated(row):
                self._of.setdefault(key, []).append((row, amount))

    def drop(self, row: Settlement) -> None:
        """Count it no longer."""
        for key, _ in _allocated(row):
            self._of[key] = [share for share in self._of.get(key, []) if share[0] is not row]


def _allocated(row: Settlement) -> Iterable[tuple[Key, Decimal]]:
    kind = "invoice" if row.kind == "receipt" else "bill"
    return (((kind, number), amount) for number, amount in row.allocations)
