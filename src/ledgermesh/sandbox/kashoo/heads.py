"""What every record in a body has in common."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.sandbox.kashoo.body import Body
from ledgermesh.sandbox.kashoo.business import Business
from ledgermesh.sandbox.kashoo.extras import Detail
from ledgermesh.sandbox.kashoo.lookups import contact_of, currency_of, project_of
from ledgermesh.sandbox.kashoo.records import Record, type_word
from ledgermesh.sandbox.kashoo.stamps import later
from ledgermesh.sandbox.world.rates import exchange_rate


class Head(Struct, frozen=True):
    """The shared part, read and looked up."""

    key: str
    """The number in the books; what is shown may differ."""
    date: dt.date
    party: str | None
    """Number of the contact."""
    currency: str
    rate: Decimal
    memo: str
    removed: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    detail: Detail


@dataclass(frozen=True)
class Draft:
    """A record to be written: its type, its body, and what it takes the place of."""

    type: str
    body: Body
    business: Business
    clock: Clock
    old: Record | None = None


def read_head(draft: Draft, *, currency: str | None = None) -> Head:
    """The shared part of the body; `currency` is that of a record that leaves it out, None when it must not."""
    body, business, old = draft.body, draft.business, draft.old
    _check_type(draft)
    number = _number(draft)
    code = _currency(body, currency)
    date, now = body.required_day("date"), draft.clock.now()
    return Head(
        key=business.records.free(draft.type, number) if old is None else old.source.number,
        date=date,
        party=contact_of(body, "contact", business, None if old is None else old.contact),
        currency=code,
        rate=_rate(body, code, business.books.currency, date),
        memo=body.text("memo"),
        removed=body.flag("removed"),
        created_at=now if old is None else old.source.created_at,
        updated_at=now if old is None else later(now, old.source.updated_at),
        detail=_detail(draft, number),
    )


def _check_type(draft: Draft) -> None:
    word = draft.body.maybe_text("type")
    if word is not None and type_word(word) != type_word(draft.type):
        raise draft.body.wrong("type", f"{word!r} is not {draft.type}")


def _number(draft: Draft) -> str:
    """A new record without a number gets the next one; an old one loses what is left out, like any field."""
    number = draft.body.text("number")
    if number or draft.old is not None:
        return number
    return draft.business.numbers.next(draft.type)


def _currency(body: Body, absent: str | None) -> str:
    if absent is None and "currency" not in body:
        raise body.wrong("currency", "is required")
    return currency_of(body, "currency", absent or "")


def _rate(body: Body, currency: str, home: str, day: dt.date) -> Decimal:
    """One unit in the home currency; without one it is looked up for the day."""
    given = body.number("exchangeRate")
    if currency == home:
        return Decimal(1)
    if given is None:
        try:
            return exchange_rate(currency, home, day)
        except KeyError as error:
            raise body.wrong("exchangeRate", f"is required for {currency}") from error
    if given <= 0:
        raise body.wrong("exchangeRate", "must be above 0")
    return given


def _detail(draft: Draft, number: str) -> Detail:
    body = draft.body
    return Detail(
        number=number,
        description=body.text("description"),
        project=project_of(body, "project", draft.business),
        context=body.whole("collaborationContext"),
        inbox=body.maybe_text("inboxReference"),
        zero_allowed=body.flag("allowZeroAmounts"),
        attached=False if draft.old is None else draft.old.detail.attached,
    )
