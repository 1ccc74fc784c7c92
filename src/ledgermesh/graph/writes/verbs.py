"""Which mutations there are: of every kind that can be anybody's to change, whatever the providers here take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ledgermesh.graph.kinds import KINDS, Kind
from ledgermesh.spec.write import WriteVerb

DERIVED: Final = frozenset((
    "NextNumber", "PaymentSlip", "Unit", "TaxRate", "Deadline", "LedgerTransaction", "Organization", "Order",
    "CommerceTransaction",
))  # fmt: skip
"""Kinds that follow from other records or from settings, or come from shops alone: nobody writes them."""

WRITTEN: Final = tuple(kind for kind in KINDS if kind.name not in DERIVED)
"""What can be created, updated and deleted."""

VOIDED: Final = (
    "Invoice", "Bill", "Expense", "CreditNote", "Payment", "BillPayment", "JournalEntry", "Transfer",
)  # fmt: skip
TOGETHER: Final = "Invoice", "Bill", "Payment", "BillPayment", "Transfer", "JournalEntry"
"""What providers may change several of by one request."""
PAID: Final = ("Invoice", "Bill")
SENT: Final = ("Invoice", "Quote", "SalesOrder", "DeliveryNote", "Letter")
IMPORTED: Final = "BankTransaction"
"""What an imported bank statement makes."""

VERBS: Final[tuple[WriteVerb, ...]] = (
    "CREATE", "UPDATE", "UPDATE_MANY", "DELETE", "VOID", "PAY", "SEND", "SET_STATUS", "UNPROCESS", "IMPORT",
)  # fmt: skip

WORDS: Final[Mapping[WriteVerb, str]] = {
    "CREATE": "create",
    "UPDATE": "update",
    "UPDATE_MANY": "update several",
    "DELETE": "delete",
    "VOID": "void",
    "PAY": "pay",
    "SEND": "send",
    "SET_STATUS": "set the status of",
    "UNPROCESS": "unprocess",
    "IMPORT": "import",
}
"""What a verb does to a record, in words."""


def of_kinds(names: tuple[str, ...]) -> Iterator[Kind]:
    """The kinds with these names."""
    return (kind for kind in KINDS if kind.name in names)
