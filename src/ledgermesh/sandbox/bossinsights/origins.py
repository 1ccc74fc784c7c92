"""Which app a record comes from, and its id there."""

from __future__ import annotations

from ledgermesh.sandbox.books import Books, Party
from ledgermesh.sandbox.bossinsights.ids import source_id
from ledgermesh.sandbox.more_books import Origin

OWN = "bossinsights"
"""What was written here and came from no app."""
ACCOUNTING, COMMERCE, PAYROLL, BANKING = "quickbooks", "square", "gusto", "plaid"
TYPES = {
    ACCOUNTING: "accounting",
    "kashoo": "accounting",
    COMMERCE: "commerce",
    PAYROLL: "payroll",
    BANKING: "banking",
}
"""What kind of app each is."""
TAKES = {
    "accounting": frozenset(
        (
            "accounts",
            "customers",
            "vendors",
            "invoices",
            "bills",
            "expenses",
            "credit_notes",
            "payments",
            "products",
            "journal_entries",
        )
    ),
    "commerce": frozenset(("customers", "invoices", "products")),
    "payroll": frozenset(("employees", "payroll")),
    "banking": frozenset[str](),
}
"""Objects that can be pushed to each kind of app."""


def origin(books: Books, table: str, key: str, integration: str) -> Origin:
    """Where this record was taken over from, else a place of its own in that app."""
    known = books.more.origins.get((table, key))
    return known or Origin(integration, source_id(integration, books.company, table, key))


def party_origin(books: Books, table: str, party: Party) -> Origin:
    """One in four customers is known from the shop; suppliers from the accounting."""
    shop = party.customer and not party.supplier and party.number.isdecimal() and int(party.number) % 4 == 0
    return origin(books, table, party.number, COMMERCE if shop else ACCOUNTING)


def of_party(books: Books, table: str, party: Party | None, key: str) -> Origin:
    """A paper comes from the app that its party comes from; `table` and `key` are the paper's."""
    known = books.more.origins.get((table, key))
    if known is not None:
        return known
    side = "customers" if table in ("invoices", "credit_notes", "receipts") else "vendors"
    integration = ACCOUNTING if party is None else party_origin(books, side, party).integration
    return origin(books, table, key, ACCOUNTING if integration == OWN else integration)
