"""Enter money received for invoices or paid for bills."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from ledgermesh.sandbox.books import Paper, Settlement
from ledgermesh.sandbox.bossinsights.origins import OWN
from ledgermesh.sandbox.bossinsights.writing import Writing, unused
from ledgermesh.sandbox.more_books import Origin
from ledgermesh.sandbox.world import chart


@dataclass(frozen=True, kw_only=True)
class Money:
    """Money that came in or went out, in the currency of the papers."""

    kind: str
    """receipt | disbursement"""
    party: str
    date: dt.date
    parts: list[tuple[Paper, Decimal]] = field(default_factory=list)
    """What it settles."""
    unallocated: Decimal = Decimal(0)
    method: str = "bank_transfer"
    account: str = chart.CHEQUING
    memo: str = ""


def settle(writing: Writing, money: Money) -> Settlement:
    """Enter it as one payment."""
    books, paper = writing.books, money.parts[0][0] if money.parts else None
    rows = books.receipts if money.kind == "receipt" else books.disbursements
    row = Settlement(
        kind=money.kind,
        number=unused({each.number for each in rows}, "BP-"),
        date=money.date,
        party=money.party,
        account=money.account,
        currency=books.currency if paper is None else paper.currency,
        amount=sum((amount for _, amount in money.parts), money.unallocated),
        method=money.method,
        allocations=[(one.number, amount) for one, amount in money.parts],
        created_at=writing.now,
        updated_at=writing.now,
        unallocated=money.unallocated,
        memo=money.memo,
        exchange_rate=Decimal(1) if paper is None else paper.exchange_rate,
    )
    rows.append(row)
    shown = writing.view.id("payments", f"{row.kind}:{row.number}")
    books.more.origins[f"{row.kind}s", row.number] = Origin(OWN, str(shown))
    books.invalidate()
    return row
