"""A full set of books: chart of accounts, sales, purchases, payments and journals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from ledgermesh.sandbox.books import Books, Item, Journal, Party, Posting
from ledgermesh.sandbox.world import chart
from ledgermesh.sandbox.world.papers import Writer, make_odd
from ledgermesh.sandbox.world.parties import own_customers, suppliers
from ledgermesh.sandbox.world.setting import Setting, item, numbered
from ledgermesh.sandbox.world.settling import Payer
from ledgermesh.sandbox.world.trades import Ware

_ZERO = Decimal(0)
_BILLS_MAX = 4000
_GROCERIES = ("Bread", "Pantry")


def fill(books: Books, setting: Setting) -> None:
    """Fill these empty books."""
    size, span, rng = setting.size, setting.span, setting.rng
    customers, vendors = _parties(books, setting)
    books.accounts = chart.accounts(books.currency)
    books.taxes = chart.taxes(span.start, span.start + (span.today - span.start) / 2)
    books.items = [_item(setting, index, ware) for index, ware in enumerate(setting.trade.wares, 1)]
    writer = Writer(rng, books, span)
    writer.invoices(size.invoices, customers, _sales_tax, first=10001)
    _remove_some(books)
    make_odd(books)
    writer.bills(min(size.invoices * 2 // 5, _BILLS_MAX), vendors, chart.SPENDING, chart.PURCHASE_TAX)
    for kind, papers, first in (("receipt", books.invoices, 20001), ("disbursement", books.bills, 30001)):
        Payer(rng, books, span, kind, _bank, writer.rate, first, joins=True).settle(papers)
    books.journals = _journals(setting)


def _parties(books: Books, setting: Setting) -> tuple[list[Party], list[Party]]:
    """Who is invoiced and who sends bills; a few more, archived or removed, do neither."""
    size, home, trade = setting.size, books.country, setting.trade
    own = max(size.customers - len(setting.known), 4)
    mine = own_customers(setting.stock, home, trade.customers, own)
    mine[-1].removed = mine[-2].archived = True
    customers = numbered(mine + setting.known, 1001)
    vendors = numbered(suppliers(setting.stock, home, trade.suppliers, max(size.suppliers, 4)), 5001)
    books.parties = customers + vendors
    vendors[-1].archived = True
    return mine[:-2] + setting.known, vendors[:-1]


def _item(setting: Setting, index: int, ware: Ware) -> Item:
    income = chart.SERVICES if ware.service else chart.GOODS
    expense = None if ware.service else chart.COST_OF_GOODS
    tax = chart.ZERO_RATED if ware.category in _GROCERIES else chart.PURCHASE_TAX
    return item(setting, index, ware, tax=tax, income=income, expense=expense)


def _sales_tax(party: Party, sold: Item) -> str | None:
    charged = chart.tax_of(party.country, party.region)
    return chart.ZERO_RATED if charged and sold.tax == chart.ZERO_RATED else charged


def _bank(currency: str) -> str:
    return chart.DOLLARS if currency == "USD" else chart.CHEQUING


def _remove_some(books: Books) -> None:
    for paper in books.invoices[23::61]:
        paper.removed = True


def _journals(setting: Setting) -> list[Journal]:
    """The opening balance, then each month's wages, depreciation and accruals; one entered by mistake."""
    span = setting.span
    opening = (
        Posting(chart.CHEQUING, Decimal("62000.00"), _ZERO),
        Posting(chart.EQUIPMENT, Decimal("36000.00"), _ZERO, "Taken over"),
        Posting(chart.CAPITAL, _ZERO, Decimal("98000.00")),
    )
    rows = [_journal(setting, span.start, "Opening balances", *opening)]
    for index, first in enumerate(span.months()):
        last, cost = first - dt.timedelta(days=1), Decimal(18000 + index * 735 % 6000).scaleb(-2)
        rows.append(
            _journal(setting, last, "Depreciation", *_move(chart.WEAR, chart.DEPRECIATION, Decimal("600.00")))
        )
        rows.append(_journal(setting, last, "Wages", *_move(chart.WAGES, chart.CHEQUING, Decimal("8450.75"))))
        rows.append(
            _journal(setting, last, "Accrued utilities", *_move(chart.UTILITIES, chart.ACCRUED, cost))
        )
        rows.append(
            _journal(setting, first, "Accrual reversed", *_move(chart.ACCRUED, chart.UTILITIES, cost))
        )
    rows.append(
        _journal(setting, span.today, "Wages", *_move(chart.WAGES, chart.CHEQUING, Decimal("8450.75")))
    )
    rows[-1].removed = True
    for number, row in enumerate(rows, 1):
        row.number = f"J-{number:04d}"
    return rows


def _move(debit: str, credit: str, amount: Decimal) -> tuple[Posting, Posting]:
    return Posting(debit, amount, _ZERO), Posting(credit, _ZERO, amount)


def _journal(setting: Setting, day: dt.date, memo: str, *postings: Posting) -> Journal:
    created = setting.span.instant(setting.rng, day)
    return Journal("", day, memo, list(postings), created, created)
