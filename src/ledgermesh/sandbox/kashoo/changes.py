"""What a write to a record does: the checks that hold payments and papers together, and the marks it leaves."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable

from ledgermesh.clock import Clock
from ledgermesh.sandbox.arithmetic import by_line
from ledgermesh.sandbox.books import Paper, Settlement
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.extras import Detail
from ledgermesh.sandbox.kashoo.heads import Draft
from ledgermesh.sandbox.kashoo.records import BILL, INVOICE, Record, Source
from ledgermesh.sandbox.kashoo.sources import read_source
from ledgermesh.sandbox.kashoo.stamps import later


def write(draft: Draft) -> Record:
    """Create the record of the body, or replace the old one with it; 400 or 409 when that cannot be."""
    check_open(draft.old)
    source, detail = read_source(draft)
    check_closed(draft.business, draft.old, source)
    return put(draft.business, draft.clock, draft.type, source, detail=detail, old=draft.old)


def remove(business: Business, clock: Clock, record: Record) -> Record:
    """Mark the record as removed; nothing happens to one that is."""
    check_open(record)
    if record.removed:
        return record
    check_closed(business, record)
    source = dataclasses.replace(
        record.source, removed=True, updated_at=later(clock.now(), record.source.updated_at)
    )
    return put(business, clock, record.type, source, detail=record.detail, old=record)


def unprocess(business: Business, clock: Clock, record: Record) -> Record:
    """Remove the record, with a reference by which the inbox knows it."""
    gone = remove(business, clock, record)
    detail = dataclasses.replace(gone.detail, inbox=gone.detail.inbox or f"inbox-{gone.id:x}")
    return business.put_record(gone.type, gone.source, detail)


def put(
    business: Business, clock: Clock, type: str, source: Source, *, detail: Detail, old: Record | None
) -> Record:
    """Write it once it is checked; a payment touches the papers that it settles or settled."""
    if isinstance(source, Paper):
        _check_paper(business, source, None if old is None else old.source)
    if isinstance(source, Settlement):
        _check_payment(business, source, None if old is None else old.source)
    record = business.put_record(type, source, detail)
    if isinstance(source, Settlement):
        before = old.source.allocations if old is not None and isinstance(old.source, Settlement) else []
        _touch(business, clock, source, dict((*before, *source.allocations)))
    return record


def check_open(record: Record | None) -> None:
    """409 for a record that nobody may change."""
    if record is not None and record.detail.read_only:
        raise Refusal(409, f"Record {record.id} is read-only")


def check_closed(business: Business, old: Record | None, new: Source | None = None) -> None:
    """400 for what lies, or would lie, where the books are closed; that a business refuses it so is assumed."""
    last = business.extras.written.get(business.id, {}).get("booksCloseDate")
    days = [each.date for each in (old, new) if each is not None]
    if isinstance(last, dt.date) and any(day <= last for day in days):
        raise Refusal(400, f"date: the books are closed through {last}")


def _check_paper(business: Business, paper: Paper, old: Source | None) -> None:
    """What payments rely on must stay: that the paper is there, whose it is, and that it is not below them."""
    if not isinstance(old, Paper) or not business.shares.of(old):
        return
    if paper.removed:
        raise Refusal(409, "removed: there are payments of this record; remove them first")
    if (paper.party, paper.currency) != (old.party, old.currency):
        raise Refusal(400, "contact, currency: cannot change while there are payments of this record")
    if by_line(business.books, paper).total < business.shares.paid(old):
        raise Refusal(400, "lineItems: come to less than what is already paid")


def _check_payment(business: Business, payment: Settlement, old: Source | None) -> None:
    """Each share must be of a paper of the same contact and currency, and within what is left to pay of it."""
    if payment.removed:
        return
    for number in dict(payment.allocations):
        paper = _paper(business, payment, number)
        if paper.party != payment.party:
            raise Refusal(400, "allocations: a record belongs to another contact than the payment")
        if paper.currency != payment.currency:
            raise Refusal(400, "allocations: a record is in another currency than the payment")
        others = sum(share for row, share in business.shares.of(paper) if row is not old)
        wanted = sum(share for one, share in payment.allocations if one == number)
        if others + wanted > by_line(business.books, paper).total:
            raise Refusal(400, "allocations: more than the balance of a record")


def _touch(business: Business, clock: Clock, payment: Settlement, numbers: Iterable[str]) -> None:
    """The papers' balances have moved, so they were modified too."""
    for number in numbers:
        paper = _paper(business, payment, number)
        changed = dataclasses.replace(paper, updated_at=later(clock.now(), paper.updated_at))
        business.put_record(_paper_type(payment), changed)


def _paper(business: Business, payment: Settlement, number: str) -> Paper:
    """The paper with this number that the payment settles."""
    source = business.records.by_id[business.records.ids[_paper_type(payment), number]].source
    assert isinstance(source, Paper), "invoices and bills are papers"
    return source


def _paper_type(payment: Settlement) -> str:
    return INVOICE if payment.kind == "receipt" else BILL
