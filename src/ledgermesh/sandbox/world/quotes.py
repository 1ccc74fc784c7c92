"""Offers, order confirmations and delivery notes of an invoicing office: what came before some of its invoices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from ledgermesh.sandbox.books import Books, Paper
from ledgermesh.sandbox.world.setting import Setting

OFFERS, CONFIRMATIONS, NOTES = 48, 30, 26
"""So many at most, however many invoices there are."""
_FIRST = 10001
_OFFER_STATES = ("sent", "accepted", "declined", "billed", "draft", "billed")
_STATES = ("sent", "billed", "billed", "draft")


def fill(books: Books, setting: Setting) -> None:
    """Fill this part of the office; the invoices must be there: each of these papers lists what one of them lists."""
    plain = [paper for paper in books.invoices if paper.state == "sent" and not paper.removed]
    office = books.office
    office.offers = list(_papers(setting, "offer", plain, OFFERS, _OFFER_STATES))
    office.order_confirmations = list(_papers(setting, "order_confirmation", plain, CONFIRMATIONS, _STATES))
    office.delivery_notes = list(_papers(setting, "delivery_note", plain, NOTES, _STATES))


def _papers(
    setting: Setting, kind: str, invoices: list[Paper], count: int, states: tuple[str, ...]
) -> Iterator[Paper]:
    step = max(1, len(invoices) // count)
    for index, invoice in enumerate(invoices[::step][:count]):
        day = max(invoice.date - dt.timedelta(days=7 + int(setting.rng.random() * 20)), setting.span.start)
        created = setting.span.instant(setting.rng, day)
        yield Paper(
            kind=kind,
            number=str(_FIRST + index),
            date=day,
            due=day + dt.timedelta(days=30 if kind == "offer" else 0),
            party=invoice.party,
            currency=invoice.currency,
            exchange_rate=invoice.exchange_rate,
            lines=[replace(line) for line in invoice.lines],
            memo=invoice.memo if index % 4 == 0 else "",
            po_number="",
            created_at=created,
            updated_at=created,
            discount_percent=invoice.discount_percent,
            state=states[index % len(states)],
            removed=index % 13 == 12,
            terms=invoice.terms,
        )
