"""The next number of each kind of paper: the highest one used, plus one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ledgermesh.sandbox.books import Paper
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.records import BILL, INVOICE

_TAIL = re.compile(r"(\d+)\D*\Z")


def next_numbers(business: Business) -> list[dict[str, str]]:
    """What a new invoice and a new bill will be called."""
    books = business.books
    return [
        {"type": INVOICE, "number": _next(books.invoices)},
        {"type": BILL, "number": _next(books.bills)},
    ]


def _next(papers: Iterable[Paper]) -> str:
    numbers = [
        (int(tail[1]), row.number, tail.span(1)) for row in papers if (tail := _TAIL.search(row.number))
    ]
    if not numbers:
        return "1"
    value, text, (start, end) = max(numbers)
    return text[:start] + str(value + 1).zfill(end - start) + text[end:]
