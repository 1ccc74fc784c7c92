"""What was booked to one account, as Kashoo's JSON: one row for each record, with the balance after it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ledgermesh.sandbox.kashoo.entries import Row
from ledgermesh.sandbox.kashoo.listing import text
from ledgermesh.sandbox.kashoo.query import Page, Query
from ledgermesh.sandbox.kashoo.records import KEYS
from ledgermesh.sandbox.kashoo.view import Document, View


def list_entries(view: View, account: str, query: Query, page: Page) -> list[object]:
    """One page of the account's entries."""
    business = view.business
    rows, balances = business.entries.of(account), business.entries.balances(account)
    shown = islice(_wanted(view, account, query), page.offset, page.stop)
    return [_shown(view, account, rows[index], balances[index]) for index in shown]


def _wanted(view: View, account: str, query: Query) -> Iterator[int]:
    """Where the rows stand that the query asks for, in its order."""
    entries, records = view.business.entries, view.business.records.by_id
    rows, window = entries.of(account), entries.between(account, query.start, query.end)
    places: Iterator[int] = reversed(window) if query.descending else iter(window)
    if query.column == "amount":
        places = iter(sorted(window, key=lambda at: _amount(rows[at]), reverse=query.descending))
    elif query.column != "date":
        key = KEYS[query.column]
        places = iter(sorted(window, key=lambda at: key(records[rows[at].record]), reverse=query.descending))
    if query.amount_ge is not None or query.amount_le is not None:
        places = (at for at in places if query.fits(_amount(rows[at])))
    if query.search:
        places = (at for at in places if query.search in text(view, records[rows[at].record]))
    return places


def _amount(row: Row) -> int:
    return row.debit or row.credit


def _shown(view: View, account: str, row: Row, balance: int) -> object:
    business = view.business
    record = business.records.by_id[row.record]
    contact = None if record.contact is None else business.contact_by_id[record.contact].name
    id = business.part("entry", str(record.id), account)
    document: Document = {
        "id": id,
        "record": record.id,
        "recordType": record.type,
        "account": business.accounts[account],
        "contact": record.contact,
        "contactName": contact,
        "date": view.day(row.date),
        "number": record.number,
        "description": row.memo or record.detail.description,
        "memo": record.source.memo,
        "debit": row.debit,
        "credit": row.credit,
        "balance": balance,
        "currency": business.books.currency,
    }
    return view.shown(id, document, "journal entry")
