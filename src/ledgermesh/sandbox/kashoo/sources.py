"""Bodies of records as the books keep them: papers, payments, transfers and journal entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from ledgermesh.sandbox.books import Journal, Line, Paper, Posting, Settlement
from ledgermesh.sandbox.kashoo.base import METHODS
from ledgermesh.sandbox.kashoo.body import Body
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.extras import Detail, Transfer
from ledgermesh.sandbox.kashoo.heads import Draft, read_head
from ledgermesh.sandbox.kashoo.lookups import cash_account, project_of, required_account, tax_of
from ledgermesh.sandbox.kashoo.money import exponent
from ledgermesh.sandbox.kashoo.records import (
    ADJUSTMENT,
    BILL,
    BILL_PAYMENT,
    INVOICE,
    INVOICE_PAYMENT,
    TRANSFER,
    Source,
)

_WAYS = {word: way for way, word in METHODS.items()}
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)%")


def read_source(draft: Draft) -> tuple[Source, Detail]:
    """The record in the body, as the books keep it, and the rest of it."""
    return _READERS[draft.type](draft)


def read_paper(draft: Draft) -> tuple[Paper, Detail]:
    """An invoice or a bill; everything computed in the body is ignored."""
    head, body = read_head(draft), draft.body
    rows = body.rows("lineItems")
    if not rows:
        raise body.wrong("lineItems", "is required")
    paper = Paper(
        kind="invoice" if draft.type == INVOICE else "bill",
        number=head.key,
        date=head.date,
        due=body.required_day("dueDate"),
        party=head.party or "",
        currency=head.currency,
        exchange_rate=head.rate,
        lines=[_line(row, draft.business, head.currency) for row in rows],
        memo=head.memo,
        po_number=body.text("poNumber"),
        created_at=head.created_at,
        updated_at=head.updated_at,
        removed=head.removed,
        terms=body.text("terms"),
    )
    detail = replace(
        head.detail,
        exchange_payment=body.flag("exchangePayment"),
        keeps_currency=body.flag("keepInOriginalCurrency"),
        line_projects=tuple(project_of(row, "project", draft.business) for row in rows),
    )
    return paper, detail


def read_payment(draft: Draft) -> tuple[Settlement, Detail]:
    """A payment; what is allocated and what is left must be the amount."""
    head, body = read_head(draft), draft.body
    shares = _shares(draft)
    digits = exponent(head.currency)
    amount, left = _amounts(body, sum(share for _, share in shares))
    method = body.text("method")
    settlement = Settlement(
        kind="receipt" if draft.type == INVOICE_PAYMENT else "disbursement",
        number=head.key,
        date=head.date,
        party=head.party or "",
        account=cash_account(body, "account", draft.business).number,
        currency=head.currency,
        amount=_major(amount, digits),
        method=_WAYS.get(method, method),
        allocations=[(number, _major(share, digits)) for number, share in shares],
        created_at=head.created_at,
        updated_at=head.updated_at,
        unallocated=_major(left, digits),
        memo=head.memo,
        removed=head.removed,
        exchange_rate=head.rate,
    )
    by_check = body.flag("byCheck") if "byCheck" in body else None
    return settlement, replace(head.detail, by_check=by_check)


def read_transfer(draft: Draft) -> tuple[Transfer, Detail]:
    """Money from one account to another."""
    head, body = read_head(draft, currency=draft.business.books.currency), draft.body
    source = cash_account(body, "fromAccount", draft.business)
    target = cash_account(body, "toAccount", draft.business)
    amount = body.required("amount")
    if source is target:
        raise body.wrong("toAccount", "must be another account than fromAccount")
    if amount <= 0:
        raise body.wrong("amount", "must be above 0")
    transfer = Transfer(
        number=head.key,
        date=head.date,
        source=source.number,
        target=target.number,
        amount=_major(amount, exponent(head.currency)),
        currency=head.currency,
        memo=head.memo,
        created_at=head.created_at,
        updated_at=head.updated_at,
        exchange_rate=head.rate,
        removed=head.removed,
    )
    return transfer, replace(head.detail, party=head.party)


def read_adjustment(draft: Draft) -> tuple[Journal, Detail]:
    """A journal entry in the home currency, with sides that balance."""
    home = draft.business.books.currency
    head, body = read_head(draft, currency=home), draft.body
    if head.currency != home:
        raise body.wrong("currency", f"an adjustment is in {home}")
    sides = [_side(row, draft.business) for row in body.rows("lineItems")]
    if len(sides) < 2 or sum((side.debit - side.credit for side in sides), Decimal(0)):
        raise body.wrong("lineItems", "the debits must equal the credits")
    journal = Journal(
        number=head.key,
        date=head.date,
        memo=head.memo,
        postings=sides,
        created_at=head.created_at,
        updated_at=head.updated_at,
        removed=head.removed,
    )
    return journal, replace(head.detail, party=head.party)


_READERS: Mapping[str, Callable[[Draft], tuple[Source, Detail]]] = {
    INVOICE: read_paper,
    BILL: read_paper,
    INVOICE_PAYMENT: read_payment,
    BILL_PAYMENT: read_payment,
    TRANSFER: read_transfer,
    ADJUSTMENT: read_adjustment,
}


def _line(body: Body, business: Business, currency: str) -> Line:
    quantity, rate = body.number("quantity"), body.number("rate")
    if quantity is None or rate is None:
        raise body.wrong("quantity" if quantity is None else "rate", "is required")
    return Line(
        description=body.text("description"),
        quantity=quantity,
        unit_price=rate,
        account=required_account(body, "account", business).number,
        tax=tax_of(body, "taxCode", business),
        item=_item(body, business),
        discount_percent=_discount(body),
    )


def _item(body: Body, business: Business) -> str | None:
    if not business.product.items or "item" not in body:
        return None
    item = business.item_by_id.get(body.required("item"))
    if item is None:
        raise body.wrong("item", "no such item in this business")
    return item.number


def _discount(body: Body) -> Decimal:
    code = body.text("discountCode")
    found = _PERCENT.fullmatch(code)
    if code and (found is None or Decimal(found[1]) > 100):
        raise body.wrong("discountCode", f"{code!r} is no percentage")
    return Decimal(0) if found is None else Decimal(found[1])


def _shares(draft: Draft) -> list[tuple[str, int]]:
    """The number of each settled paper with the minor units it gets."""
    type = INVOICE if draft.type == INVOICE_PAYMENT else BILL
    found = []
    for row in draft.body.rows("allocations"):
        record = draft.business.records.by_id.get(row.required("record"))
        if record is None or record.type != type or record.removed:
            raise row.wrong("record", f"no {type} of this business")
        if row.required("amount") <= 0:
            raise row.wrong("amount", "must be above 0")
        found.append((record.source.number, row.required("amount")))
    return found


def _amounts(body: Body, allocated: int) -> tuple[int, int]:
    amount, left = body.required("amount"), body.whole("unallocatedAmount")
    if amount <= 0:
        raise body.wrong("amount", "must be above 0")
    rest = amount - allocated
    if rest < 0 or left not in (None, rest):
        raise body.wrong("amount", "must be the allocations and unallocatedAmount together")
    return amount, rest


def _side(body: Body, business: Business) -> Posting:
    debit, credit = body.whole("debit") or 0, body.whole("credit") or 0
    if min(debit, credit) < 0 or (debit == 0) == (credit == 0):
        raise body.wrong("debit", "exactly one of debit and credit must be above 0")
    digits = exponent(business.books.currency)
    account = required_account(body, "account", business).number
    return Posting(account, _major(debit, digits), _major(credit, digits), body.text("description"))


def _major(minor: int, digits: int) -> Decimal:
    return Decimal(minor).scaleb(-digits)
