"""Worlds that tests look at, and what they ask of the books."""

from __future__ import annotations

import datetime as dt

from ledgermesh.sandbox.books import Books, Paper
from ledgermesh.sandbox.world import World

TODAY = dt.date(2026, 11, 21)
FULL = ("kashoo", "trulysmall")
"""Who keeps full books, as the same product does under two names."""
INVOICING = (*FULL, "smallinvoice", "bossinsights")


def kept_by(world: World, *providers: str) -> list[Books]:
    return [books for provider in providers for books in world.of(provider)]


def taken_over(books: Books, table: str) -> set[str]:
    """The numbers of the records of this kind that other books of the company hold too."""
    return {
        number
        for (kind, number), origin in books.more.origins.items()
        if kind == table and origin.integration == "kashoo"
    }


def more_papers(books: Books) -> list[Paper]:
    """Expenses and credit notes."""
    return [*(row.paper for row in books.more.expenses), *(row.paper for row in books.more.credit_notes)]
