"""Books of an invoicing system: parties, a catalogue, invoices, what was paid on them, bank accounts, the office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from ledgermesh.sandbox import ledger
from ledgermesh.sandbox.books import Account, Books, Item, Party, Tax
from ledgermesh.sandbox.office_books import CurrencyRate
from ledgermesh.sandbox.world import letters, quotes, tracking
from ledgermesh.sandbox.world.papers import Writer, discount_some, make_odd
from ledgermesh.sandbox.world.parties import own_customers, suppliers
from ledgermesh.sandbox.world.places import iban
from ledgermesh.sandbox.world.rates import exchange_rate
from ledgermesh.sandbox.world.setting import Setting, item, numbered
from ledgermesh.sandbox.world.settling import Payer
from ledgermesh.sandbox.world.span import Span

_BANKS = (("Business account", "CHF", "30987"), ("Euro account", "EUR", "30987"), ("Savings", "CHF", "08123"))
_CURRENCIES = ("CHF", "EUR", "GBP", "USD")
_DRAFT_DAYS = 45


def fill(books: Books, setting: Setting) -> None:
    """Fill these empty books."""
    size, span, rng = setting.size, setting.span, setting.rng
    own = max(size.customers - len(setting.known), 4)
    customers = own_customers(setting.stock, books.country, setting.trade.customers, own) + setting.known
    vendors = suppliers(setting.stock, books.country, setting.trade.suppliers, size.suppliers)
    books.parties = numbered(customers + vendors, 1001)
    books.accounts = _bank_accounts(setting)
    books.taxes = [
        Tax(f"{percent}%", Decimal(percent), "Mehrwertsteuer", span.start)
        for percent in ("8.1", "2.6", "3.8", "0")
    ]
    books.items = [
        item(setting, index, ware, tax=f"{ware.swiss_vat}%", income=ledger.SALES, expense=None)
        for index, ware in enumerate(setting.trade.wares, 1)
    ]
    writer = Writer(rng, books, span)
    writer.invoices(size.invoices, customers, _vat, first=10001)
    discount_some(books)
    _draft_and_void_some(books, span.today)
    make_odd(books)
    Payer(rng, books, span, "receipt", _bank, writer.rate, 1).settle(books.invoices)
    books.office.exchange_rates = list(_rates(books, span))
    for office in (letters, quotes, tracking):
        office.fill(books, setting)


def _rates(books: Books, span: Span) -> Iterator[CurrencyRate]:
    """What the office set at the beginning of this month for each currency that it uses."""
    first = span.today.replace(day=1)
    used = {*_CURRENCIES, *(paper.currency for paper in books.invoices)}
    for currency in sorted(used - {books.currency}):
        rate = exchange_rate(currency, books.currency, first)
        created = span.no_later(dt.datetime.combine(first, dt.time(8), dt.UTC))
        yield CurrencyRate(currency, currency, books.currency, rate, created)


def _bank_accounts(setting: Setting) -> list[Account]:
    return [
        Account(
            number=str(1020 + index),
            name=name,
            type="BANK",
            currency=currency,
            iban=iban(setting.rng, bank),
            bank_name="Beispielbank AG" if bank == _BANKS[0][2] else "Musterkasse",
        )
        for index, (name, currency, bank) in enumerate(_BANKS)
    ]


def _vat(party: Party, sold: Item) -> str:
    return sold.tax if party.country == "CH" else "0%"


def _bank(currency: str) -> str:
    return "1021" if currency == "EUR" else "1020"


def _draft_and_void_some(books: Books, today: dt.date) -> None:
    recent = [paper for paper in books.invoices if paper.date >= today - dt.timedelta(days=_DRAFT_DAYS)]
    for paper in recent[::3]:
        paper.state = "draft"
    for paper in books.invoices[19::47]:
        paper.state = "void"
