"""Books that an aggregator gathers from many apps: accounting with expenses and credit notes, pay, a shop."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from ledgermesh.sandbox import booking
from ledgermesh.sandbox.arithmetic import balance, totals
from ledgermesh.sandbox.books import Account, Books, Item, Journal, Line, Paper, Party, Posting
from ledgermesh.sandbox.more_books import CreditNote, Expense
from ledgermesh.sandbox.world import chart
from ledgermesh.sandbox.world.commerce import open_shop
from ledgermesh.sandbox.world.papers import Writer, make_odd
from ledgermesh.sandbox.world.parties import own_customers, suppliers
from ledgermesh.sandbox.world.payroll import staff
from ledgermesh.sandbox.world.setting import Setting, item, numbered
from ledgermesh.sandbox.world.settling import Payer
from ledgermesh.sandbox.world.trades import Ware

PETTY_CASH, LOAN = "1090", "2700"
_ZERO = Decimal(0)
_BILLS_MAX = 4000
_EXPENSES = 70
_CREDIT_NOTES = 9
_DRAFT_DAYS = 45
_GROCERIES = ("Bread", "Pantry")
_PURCHASES = (
    ("Train tickets", "6010", "48.60", "card"),
    ("Stationery", "6030", "31.15", "card"),
    ("Parking", "6060", "12.00", "cash"),
    ("Online notices", "6070", "140.00", "bank_transfer"),
    ("Courier", "5020", "27.45", "cash"),
)
_PAID_FROM = {"card": chart.CARD, "cash": PETTY_CASH, "bank_transfer": chart.CHEQUING}
_MORE_ACCOUNTS = (
    (booking.PAYROLL_OWED, "Payroll liabilities", "OTHER_CURRENT_LIABILITY", None),
    (booking.SHIPPING, "Shipping charged", "INCOME", "4000"),
    (booking.PAYROLL_TAXES, "Payroll taxes", "EXPENSE", None),
    (booking.REIMBURSED, "Reimbursed expenses", "EXPENSE", None),
    (booking.FEES, "Payment service fees", "EXPENSE", None),
)


def lay_out(books: Books, setting: Setting) -> None:
    """Accounts and taxes of these empty books."""
    span = setting.span
    books.accounts = all_accounts(books.currency)
    books.taxes = chart.taxes(span.start, span.start + (span.today - span.start) / 2)


def fill(books: Books, setting: Setting) -> None:
    """Fill these books, which are laid out. Numbers of papers and parties lie apart from those of full books."""
    size, span, rng = setting.size, setting.span, setting.rng
    customers, vendors = _parties(books, setting)
    books.items = [_item(setting, index, ware) for index, ware in enumerate(setting.trade.wares, 1)]
    writer = Writer(rng, books, span)
    writer.invoices(size.invoices, customers, _sales_tax, first=700001)
    _draft_and_void_some(books, span.today)
    make_odd(books)
    writer.bills(min(size.invoices * 2 // 5, _BILLS_MAX), vendors, chart.SPENDING, chart.PURCHASE_TAX)
    for kind, papers, first in (("receipt", books.invoices, 800001), ("disbursement", books.bills, 900001)):
        Payer(rng, books, span, kind, _bank, writer.rate, first, joins=True).settle(papers)
    books.journals = [_opening(setting)]
    staff(books, setting)
    open_shop(books, setting)
    _buy(books, setting, vendors)
    _credit(books, setting)
    _number(books.journals)


def _parties(books: Books, setting: Setting) -> tuple[list[Party], list[Party]]:
    """Who is invoiced and who sends bills; one of each is archived and does neither."""
    size, trade = setting.size, setting.trade
    mine = own_customers(
        setting.stock, books.country, trade.customers, max(size.customers - len(setting.known), 4)
    )
    vendors = suppliers(setting.stock, books.country, trade.suppliers, max(size.suppliers, 4))
    mine[-1].archived = vendors[-1].archived = True
    books.parties = numbered(mine + setting.known, 70001) + numbered(vendors, 90001)
    return mine[:-1] + setting.known, vendors[:-1]


def all_accounts(currency: str) -> list[Account]:
    """The chart of accounts, with those that only pay and a shop need; by number."""
    more = [
        Account(number, name, type, currency, parent=above) for number, name, type, above in _MORE_ACCOUNTS
    ]
    return sorted([*chart.accounts(currency), *more], key=lambda row: row.number)


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


def _draft_and_void_some(books: Books, today: dt.date) -> None:
    recent = [paper for paper in books.invoices if paper.date >= today - dt.timedelta(days=_DRAFT_DAYS)]
    for paper in recent[::4]:
        paper.state = "draft"
    for paper in books.invoices[17::53]:
        paper.state = "void"


def _opening(setting: Setting) -> Journal:
    postings = [
        Posting(chart.CHEQUING, Decimal("90000.00"), _ZERO),
        Posting(PETTY_CASH, Decimal("1500.00"), _ZERO),
        Posting(chart.EQUIPMENT, Decimal("28000.00"), _ZERO, "Taken over"),
        Posting(LOAN, _ZERO, Decimal("18000.00")),
        Posting(chart.CAPITAL, _ZERO, Decimal("101500.00")),
    ]
    at = setting.span.instant(setting.rng, setting.span.start)
    return Journal("", setting.span.start, "Opening balances", postings, at, at)


def _buy(books: Books, setting: Setting, vendors: list[Party]) -> None:
    """Purchases that are paid at once."""
    rng, near = setting.rng, [party for party in vendors if party.currency == books.currency]
    for index, day in enumerate(setting.span.dates(rng, _EXPENSES)):
        text, account, price, method = _PURCHASES[index % len(_PURCHASES)]
        amount = Decimal(price) + Decimal(rng.randrange(0, 2000)).scaleb(-2)
        line = Line(text, Decimal(1), amount, account, chart.PURCHASE_TAX)
        paper = _paper(books, setting, f"EXP-{1 + index:04d}", "expense", day, rng.choice(near), [line])
        expense = Expense(paper, _PAID_FROM[method], method)
        books.more.expenses.append(expense)
        booking.book_expense(books, expense)


def _credit(books: Books, setting: Setting) -> None:
    """A line of some invoices is taken back; every third time the money is paid out."""
    open_ones = [
        paper
        for paper in books.invoices
        if paper.state == "sent" and balance(books, paper) == 0 and totals(books, paper).lines[0] > 0
    ]
    for index, paper in enumerate(open_ones[-_CREDIT_NOTES * 2 :: 2]):
        day = min(paper.date + dt.timedelta(days=12), setting.span.today)
        party = books.party(paper.party)
        if party is None:
            continue
        number = f"CN-{301 + index}"
        given = _paper(books, setting, number, "credit_note", day, party, [replace(paper.lines[0])])
        given.exchange_rate = paper.exchange_rate
        note = CreditNote(given, _bank(paper.currency) if index % 3 == 0 else None)
        books.more.credit_notes.append(note)
        booking.book_credit_note(books, note)


def _paper(
    books: Books, setting: Setting, number: str, kind: str, day: dt.date, party: Party, lines: list[Line]
) -> Paper:
    at = setting.span.instant(setting.rng, day)
    return Paper(kind, number, day, day, party.number, party.currency, Decimal(1), lines, "", "", at, at)


def _number(journals: list[Journal]) -> None:
    for number, row in enumerate((row for row in journals if not row.number), 1):
        row.number = f"J-{number:04d}"
