"""What was paid on an invoice. Payments live below their invoice and know neither customer nor currency.

The books know receipts only. So that all four types occur, a few receipts are told as smallinvoice's users enter them:
the money (N) and beside it a cash discount (C), a write-off (W), or the cents that no coin pays (D). Their sum is what
the books call paid. What then differs from the total by five cents at most is a rounding difference (D) too. Once a
payment of an invoice has been written, its payments are what was written, and no longer told from the receipts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from operator import attrgetter

from msgspec import Struct

from ledgermesh.sandbox.books import Books, Paper, Settlement
from ledgermesh.sandbox.smallinvoice.answers import number, timestamp
from ledgermesh.sandbox.smallinvoice.ids import Ids
from ledgermesh.sandbox.smallinvoice.table import Shape

CASH_DISCOUNT_PERCENT = 2
_WRITE_OFF_PERCENT = 5
_SMALLEST_COIN = Decimal("0.05")
_CENT = Decimal("0.01")
_CHANNELS = {"bank_transfer": "T", "cash": "C", "card": "CC"}
METHODS = {channel: method for method, channel in _CHANNELS.items()}
"""How books call a channel; another one is a bank transfer to them."""


@dataclass(eq=False)
class PaymentRow:
    """One payment of one invoice."""

    id: int
    type: str
    """N normal, C cash discount, D rounding difference, W write-off."""
    amount: Decimal
    settlement: Settlement
    entered: Mapping[str, object] = field(default_factory=dict)


def has_cash_discount(oddness: int) -> bool:
    """Whether the invoice grants a discount for paying early."""
    return oddness % 29 == 0


class Payable(Struct, frozen=True):
    """What payments are of."""

    id: int
    """Of the invoice."""
    paper: Paper
    total: Decimal
    oddness: int


def payment_rows(
    books: Books, ids: Ids, payable: Payable, written: list[PaymentRow] | None
) -> list[PaymentRow]:
    """The invoice's payments, oldest first; `written` are those of an invoice of which one was written."""
    receipts = [(row, _allocated(row, payable.paper)) for row in books.settlements(payable.paper)]
    receipts.sort(key=lambda pair: pair[0].date)
    if written is None:
        return _told(ids, payable, receipts)
    there = {settlement.number for settlement, _ in receipts}
    known = {row.settlement.number for row in written}
    rows = [row for row in written if row.settlement.number in there]
    for settlement, amount in receipts:
        if settlement.number not in known:
            rows += _rows(ids, payable, settlement, {"N": amount})
    return sorted(rows, key=lambda row: row.settlement.date)


def _told(ids: Ids, payable: Payable, receipts: list[tuple[Settlement, Decimal]]) -> list[PaymentRow]:
    rest = payable.total - sum((amount for _, amount in receipts), Decimal(0))
    in_full = bool(receipts) and abs(rest) <= _SMALLEST_COIN
    rows: list[PaymentRow] = []
    for settlement, amount in receipts:
        alone = in_full and len(receipts) == 1
        parts = _split(settlement, amount, payable.oddness) if alone else {"N": amount}
        rows.extend(_rows(ids, payable, settlement, parts))
    if in_full and rest:
        id = ids.of("payment", f"{payable.id} rest")
        rows.append(PaymentRow(id, "D", rest, receipts[-1][0]))
    return rows


def _allocated(settlement: Settlement, paper: Paper) -> Decimal:
    return sum((amount for name, amount in settlement.allocations if name == paper.number), Decimal(0))


def _split(settlement: Settlement, amount: Decimal, oddness: int) -> Mapping[str, Decimal]:
    kind, part = "", Decimal(0)
    if has_cash_discount(oddness):
        kind, part = "C", amount * CASH_DISCOUNT_PERCENT / 100
    elif oddness % 61 == 0:
        kind, part = "W", amount * _WRITE_OFF_PERCENT / 100
    elif settlement.method == "cash":
        kind, part = "D", amount.remainder_near(_SMALLEST_COIN)
    part = part.quantize(_CENT, ROUND_HALF_UP)
    return {"N": amount - part, kind: part} if part else {"N": amount}


def _rows(
    ids: Ids, payable: Payable, settlement: Settlement, parts: Mapping[str, Decimal]
) -> Iterator[PaymentRow]:
    for kind, amount in parts.items():
        id = ids.of("payment", f"{payable.id} {settlement.number} {kind}")
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
    "DocumentInvoicePayment",
    _COLUMNS,
    {},
    "-date",
    (attrgetter("settlement.memo"), attrgetter("settlement.number")),
)
