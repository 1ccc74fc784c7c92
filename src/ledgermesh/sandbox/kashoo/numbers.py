"""The next number of each type of record: the highest one used, plus one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ledgermesh.sandbox.kashoo.records import BILL, INVOICE, Records

_TAIL = re.compile(r"(\d+)\D*\Z")
_DIGITS_MAX = 18
"""A longer tail is no running number but something else's name."""


class Numbers:
    """The sequences of one business; they only go up."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._highest: dict[str, tuple[int, str] | None] = {}

    def next(self, type: str) -> str:
        """What the next record of this type will be called."""
        highest = self._find(type)
        if highest is None:
            return "1"
        text = highest[1]
        tail = _TAIL.search(text)
        assert tail is not None, "it was found by its tail"
        start, end = tail.span(1)
        return text[:start] + str(highest[0] + 1).zfill(end - start) + text[end:]

    def note(self, type: str, number: str) -> None:
        """Take in a number that is used from now on."""
        found = [one for one in (self._find(type), _valued(number)) if one is not None]
        self._highest[type] = max(found, default=None)

    def shown(self) -> list[dict[str, str]]:
        """What a new invoice and a new bill will be called."""
        return [{"type": type, "number": self.next(type)} for type in (INVOICE, BILL)]

    def _find(self, type: str) -> tuple[int, str] | None:
        if type not in self._highest:
            self._highest[type] = _highest(row.number for row in self._records.by_type[type])
        return self._highest[type]


def _highest(numbers: Iterable[str]) -> tuple[int, str] | None:
    return max((one for one in map(_valued, numbers) if one is not None), default=None)


def _valued(number: str) -> tuple[int, str] | None:
    tail = _TAIL.search(number)
    return None if tail is None or len(tail[1]) > _DIGITS_MAX else (int(tail[1]), number)
