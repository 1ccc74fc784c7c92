"""What the emulator remembers of one company beside its books: ids, and what was typed in that books do not hold."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from ledgermesh.clock import Clock
from ledgermesh.sandbox.books import Books, Item
from ledgermesh.sandbox.smallinvoice.ids import Ids
from ledgermesh.sandbox.smallinvoice.payments import PaymentRow

_NOTHING: Mapping[str, object] = {}


class Store:
    """Lives as long as the emulator, while tables are made anew whenever the books change."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self.books = books
        self.ids = Ids(books.company)
        self.payments: dict[int, list[PaymentRow]] = {}
        """By invoice: what its payments are, once one of them was written."""
        self.main_addresses: dict[int, str] = {}
        """By contact: which address is the main one, once another has become it."""
        self._clock = clock
        self._entered: defaultdict[tuple[str, int], dict[str, object]] = defaultdict(dict)
        self._items: dict[str, Item] = {}

    def now(self) -> dt.datetime:
        """The instant, in UTC."""
        return self._clock.now()

    def entered(self, kind: str, id: int) -> Mapping[str, object]:
        """What was typed in about this record and is shown instead of what the books imply."""
        return self._entered.get((kind, id), _NOTHING)

    def enter(self, kind: str, id: int, values: Mapping[str, object]) -> None:
        """Remember what was typed in; what is not named stays."""
        self._entered[kind, id].update(values)

    def erase(self, kind: str, id: int, keys: Iterable[str]) -> None:
        """Show what the books imply again."""
        for key in keys:
            self._entered[kind, id].pop(key, None)

    def forget(self, kind: str, key: str) -> None:
        """The record is gone; another with the same key will have another id."""
        self._entered.pop((kind, self.ids.of(kind, key)), None)
        self.ids.drop(kind, key)

    def items(self) -> Mapping[str, Item]:
        """The items by number as they were when first seen: documents keep what their lines said then."""
        for item in self.books.items:
            if item.number not in self._items:
                self._items[item.number] = replace(item)
        return self._items


def next_number(taken: Collection[str], first: int) -> str:
    """The next free number: one more than the highest, but not below the first."""
    whole = [int(text) for text in taken if text.isascii() and text.isdigit()]
    return str(max([first - 1, *whole]) + 1)


def fresh_id(taken: Collection[str]) -> str:
    """An id that none of these records has."""
    return next_number(taken, 1)
