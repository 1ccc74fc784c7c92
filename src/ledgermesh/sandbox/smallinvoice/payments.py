"""What was paid on an invoice. Payments live below their invoice and know neither customer nor currency.

The books know receipts only. So that all four types occur, a few receipts are told as smallinvoice's users enter them:
the money (N) and beside it a cash discount (C) or a write-off (W); what is left of less than five cents is entered as
a rounding difference (D). Their sum is what the books call paid, but for the rounding difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from operator import attrgetter

from ledgermesh.sandbox.books import Books, Paper, Settlement
from ledgermesh.sandbox.smallinvoice.answers import number, timestamp
from ledgermesh.sandbox.smallinvoice.ids import Ids
from ledgermesh.sandbox.smallinvoice.table import Shape

CASH_DISCOUNT_PERCENT = 2
_WRITE_OFF_PERCENT = 5
_DIFFERENCE_MAX = Decimal("0.05")
_CENT = Decimal("0.01")
_CHANNELS = {"bank_transfer": "T", "cash": "C", "card": "CC"}


@dataclass(eq=False)
class PaymentRow:
    """One payment of one invoice."""

    id: int
    type: str
    """N normal, C cash discount, D rounding difference, W write-off."""
    amount: Decimal
    settlement: Settlement


def has_cash_discount(oddness: int) -> bool:
    """Whether the invoice grants a discount for paying early."""
    return oddness % 29 == 0


def payment_rows(books: Books, ids: Ids, paper: Paper, total: Decimal, oddness: int) -> list[PaymentRow]:
    """The invoice's payments, oldest first."""
    receipts = [(row, _allocated(row, paper)) for row in books.settlements(paper)]
    receipts.sort(key=lambda pair: pair[0].date)
    rest = total - sum((amount for _, amount in receipts), Decimal(0))
    rows: list[PaymentRow] = []
    for settlement, amount in receipts:
        split = _split(amount, oddness) if len(receipts) == 1 and abs(rest) <= _DIFFERENCE_MAX else {"N": amount}
        rows.extend(_rows(ids, paper, settlement, split))
    if receipts and rest and abs(rest) <= _DIFFERENCE_MAX:
        rows.extend(_rows(ids, paper, receipts[-1][0], {"D": rest}))
    return rows


def _allocated(settlement: Settlement, paper: Paper) -> Decimal:
    return sum((amount for name, amount in settlement.allocations if name == paper.number), Decimal(0))


def _split(amount: Decimal, oddness: int) -> Mapping[str, Decimal]:
    kind, percent = "", 0
    if has_cash_discount(oddness):
        kind, percent = "C", CASH_DISCOUNT_PERCENT
    elif oddness % 61 == 0:
        kind, percent = "W", _WRITE_OFF_PERCENT
    part = (amount * percent / 100).quantize(_CENT, ROUND_HALF_UP)
    return {"N": amount - part, kind: part} if part else {"N": amount}


def _rows(ids: Ids, paper: Paper, settlement: Settlement, parts: Mapping[str, Decimal]) -> Iterator[PaymentRow]:
    for kind, amount in parts.items():
        id = ids.of("payment", f"{paper.number} {settlement.number} {kind}")
        yield PaymentRow(id, kind, amount, settlement)


_COLUMNS: Mapping[str, Callable[[PaymentRow], object]] = {
    "id": attrgetter("id"),
    "type": attrgetter("type"),
    "channel": lambda row: _CHANNELS.get(row.settlement.method, "T"),
    "amount": lambda row: number(row.amount),
    "date": lambda row: row.settlement.date.isoformat(),
    "notes": lambda row: row.settlement.memo or None,
    "created": lambda row: timestamp(row.settlement.created_at),
}
PAYMENT: Shape[PaymentRow] = Shape(
    "DocumentInvoicePayment", _COLUMNS, {}, "-date", (attrgetter("settlement.memo"), attrgetter("settlement.number"))
)
