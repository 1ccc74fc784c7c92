"""The demo companies and where their books lie: the one table to edit for another company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledgermesh.sandbox.world.trades import BAKERY, LEGAL, STUDIO, TOURS, Trade


@dataclass(frozen=True)
class Size:
    """How much lies in one set of books."""

    invoices: int = 0
    """With those that are taken over from the company's other books."""
    customers: int = 0
    suppliers: int = 0
    bank_lines: int = 0


@dataclass(frozen=True)
class Company:
    """One business and the providers that keep its books, in the order in which it joined them."""

    key: str
    name: str
    legal_name: str
    trade: Trade
    customers_in: str
    """Country of the customers that all its systems know."""
    books: Mapping[str, Size]
    """By provider; one that nothing makes books for yet is left out of the world."""


COMPANIES = (
    Company(
        "maple-bakery",
        "Maple Bakery",
        "Maple Bakery of Example Inc.",
        BAKERY,
        "CA",
        {
            "kashoo": Size(invoices=230, customers=60, suppliers=20),
            "accountsos": Size(customers=44, suppliers=20, bank_lines=700),
        },
    ),
    Company(
        "alpine-studio",
        "Alpine Studio",
        "Alpine Studio Example AG",
        STUDIO,
        "CH",
        {
            "smallinvoice": Size(invoices=230, customers=60, suppliers=6),
            "kashoo": Size(invoices=140, customers=44, suppliers=16),
            "bossinsights": Size(invoices=160, customers=40, suppliers=16),
        },
    ),
    Company(
        "harbour-legal",
        "Harbour Legal",
        "Harbour Legal Example LLP",
        LEGAL,
        "GB",
        {
            "trulysmall": Size(invoices=120, customers=40, suppliers=16),
            "accountsos": Size(customers=40, suppliers=16, bank_lines=600),
            "smallinvoice": Size(invoices=160, customers=48, suppliers=6),
        },
    ),
    Company(
        "grand-tour",
        "Grand Tour",
        "Grand Tour Example Ltd",
        TOURS,
        "CA",
        {
            "kashoo": Size(invoices=420, customers=72, suppliers=24),
            "trulysmall": Size(invoices=120, customers=40, suppliers=16),
            "accountsos": Size(customers=60, suppliers=24, bank_lines=3200),
            "smallinvoice": Size(invoices=260, customers=64, suppliers=8),
            "bossinsights": Size(invoices=160, customers=40, suppliers=16),
        },
    ),
)
