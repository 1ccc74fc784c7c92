"""Books kept from bank statements: categorised bank lines, contacts, uploaded files and due dates."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal

from ledgermesh.sandbox.books import Account, BankLine, Books, File, Party
from ledgermesh.sandbox.world.deadlines import deadlines
from ledgermesh.sandbox.world.parties import own_customers, suppliers
from ledgermesh.sandbox.world.setting import Setting
from ledgermesh.sandbox.world.span import Span

MAIN, RESERVE = "ba_main", "ba_reserve"
_CATEGORIES = (
    ("cat_sales", "Sales", "INCOME"),
    ("cat_consulting", "Consulting income", "INCOME"),
    ("cat_interest", "Interest received", "INCOME"),
    ("cat_materials", "Materials and stock", "COST_OF_GOODS_SOLD"),
    ("cat_rent", "Rent", "EXPENSE"),
    ("cat_salaries", "Salaries", "EXPENSE"),
    ("cat_paye", "PAYE and National Insurance", "EXPENSE"),
    ("cat_software", "Software subscriptions", "EXPENSE"),
    ("cat_travel", "Travel", "EXPENSE"),
    ("cat_meals", "Meals and entertainment", "EXPENSE"),
    ("cat_office", "Office costs", "EXPENSE"),
    ("cat_insurance", "Insurance", "EXPENSE"),
    ("cat_bank_fees", "Bank charges", "EXPENSE"),
    ("cat_advertising", "Advertising", "EXPENSE"),
    ("cat_vat", "VAT paid", "EXPENSE"),
    ("cat_transfer", "Transfers between own accounts", "OTHER_CURRENT_ASSET"),
    ("cat_equipment", "Equipment", "FIXED_ASSET"),
    ("cat_loan", "Bank loan", "LONG_TERM_LIABILITY"),
    ("cat_director", "Director's loan account", "OTHER_CURRENT_LIABILITY"),
    ("cat_capital", "Share capital", "EQUITY"),
    ("cat_dividends", "Dividends", "EQUITY"),
)
_MONTHLY = (
    ("Rent, {month}", "cat_rent", "-2150.00", 1, None),
    ("Salaries {month}", "cat_salaries", "-11840.25", 28, None),
    ("HMRC PAYE {month}", "cat_paye", "-3120.40", 19, None),
    ("Ledger software subscription", "cat_software", "-45.99", 6, "20"),
    ("Design suite, five seats", "cat_software", "-129.50", 11, "20"),
    ("Office broadband", "cat_office", "-54.00", 14, "20"),
    ("Public liability cover", "cat_insurance", "-96.30", 3, "0"),
    ("Account fee", "cat_bank_fees", "-12.50", 27, None),
    ("Loan repayment", "cat_loan", "-610.00", 15, None),
    ("Interest {month}", "cat_interest", "4.18", 26, None),
)
_SPENDING = (
    ("Train tickets", "cat_travel", "0"),
    ("Taxi", "cat_travel", "0"),
    ("Team lunch", "cat_meals", "20"),
    ("Stationery", "cat_office", "20"),
    ("Postage & packing", "cat_office", "0"),
    ("Newspaper notice", "cat_advertising", "20"),
    ("Card terminal fee", "cat_bank_fees", "0"),
    ("Heating oil", "cat_office", "5"),
)
_FIXED_COSTS = frozenset(row[1] for row in _MONTHLY) | {"cat_vat"}
_GUESSED = tuple(Decimal(number).scaleb(-2) for number in range(58, 101))
_UNSURE = tuple(Decimal(number).scaleb(-2) for number in range(8, 45))


def fill(books: Books, setting: Setting) -> None:
    """Fill these empty books."""
    rng, size = setting.rng, setting.size
    books.accounts = [
        Account(MAIN, "Business current account", "BANK", "GBP", bank_name="Example & County Bank"),
        Account(RESERVE, "Reserve account", "BANK", "GBP", bank_name="Example & County Bank"),
        *(Account(number, name, type, "GBP") for number, name, type in _CATEGORIES),
    ]
    own = own_customers(
        setting.stock, "GB", setting.trade.customers, max(size.customers - len(setting.known), 4)
    )
    vendors = suppliers(setting.stock, "GB", setting.trade.suppliers, max(size.suppliers, 4))
    books.parties = setting.known + own + vendors
    for party in books.parties:
        party.number = _id(rng, "con")
    fixed = list(_fixed(rng, setting.span))
    days = setting.span.dates(rng, max(size.bank_lines - len(fixed), 0))
    books.bank_lines = fixed + list(_daily(rng, days, books.parties, _usual_sale(fixed, len(days))))
    books.bank_lines.sort(key=lambda line: line.date)
    _review(rng, books.bank_lines)
    books.files = _files(rng, setting.span, books.bank_lines)
    books.due_dates = deadlines(lambda: _id(rng, "dl"), setting.span)


def _id(rng: random.Random, prefix: str) -> str:
    return f"{prefix}_{rng.getrandbits(64):016x}"


def _line(
    rng: random.Random, day: dt.date, text: str, amount: Decimal, category: str, account: str, vat: str | None
) -> BankLine:
    return BankLine(
        id=_id(rng, "txn"),
        date=day,
        description=text,
        amount=amount,
        currency="GBP",
        account=account,
        category=category,
        confidence=_GUESSED[int(rng.random() * len(_GUESSED))],
        vat_percent=None if vat is None else Decimal(vat),
    )


def _fixed(rng: random.Random, span: Span) -> Iterator[BankLine]:
    """What comes at the start and then every month or quarter."""
    yield _line(rng, span.start, "Shares issued", Decimal("120000.00"), "cat_capital", MAIN, None)
    yield _line(rng, span.start, "Loan paid out", Decimal("25000.00"), "cat_loan", MAIN, None)
    yield _line(rng, span.start, "Till and computers", Decimal("-8640.00"), "cat_equipment", MAIN, "20")
    for index, first in enumerate(span.months()):
        yield from (line for line in _month(rng, index, first) if line.date <= span.today)


def _month(rng: random.Random, index: int, first: dt.date) -> Iterator[BankLine]:
    for text, category, amount, number, vat in _MONTHLY:
        account = RESERVE if category == "cat_interest" else MAIN
        words = text.format(month=first.strftime("%Y-%m"))
        yield _line(rng, first.replace(day=number), words, Decimal(amount), category, account, vat)
    if index % 2:
        day, saved = first.replace(day=5), Decimal(1500)
        yield _line(rng, day, "To reserve account", -saved, "cat_transfer", MAIN, None)
        yield _line(rng, day, "From current account", saved, "cat_transfer", RESERVE, None)
    if first.month % 3 == 2:
        yield _line(rng, first.replace(day=7), "HMRC VAT", Decimal("-2874.13"), "cat_vat", MAIN, None)
    if index % 6 == 4:
        yield _line(rng, first.replace(day=9), "Dividend", Decimal("-2500.00"), "cat_dividends", MAIN, None)
    if index % 8 == 3:
        yield _line(
            rng, first.replace(day=22), "Director paid in", Decimal("900.00"), "cat_director", MAIN, None
        )


def _usual_sale(fixed: list[BankLine], days: int) -> int:
    """Pounds per sale with which the business pays its way: fixed costs, purchases, and a little profit."""
    costs = -sum(line.amount for line in fixed if line.category in _FIXED_COSTS)
    return int(costs * 11 / 10 / max(days * 42 // 100, 1)) + 110


def _daily(rng: random.Random, days: list[dt.date], parties: list[Party], sale: int) -> Iterator[BankLine]:
    """Customers pay, suppliers are paid, cards are used."""
    customers = [party for party in parties if party.customer]
    vendors = [party for party in parties if party.supplier]
    for index, day in enumerate(days):
        chance = rng.random()
        if chance < 0.42:
            yield _received(rng, day, customers[int(rng.random() * len(customers))], index, sale)
        elif chance < 0.6:
            vendor = vendors[int(rng.random() * len(vendors))]
            yield _line(
                rng,
                day,
                f"{vendor.name} inv {800 + index}",
                -_pence(rng, 60, 340),
                "cat_materials",
                MAIN,
                "20",
            )
        else:
            text, category, vat = _SPENDING[int(rng.random() * len(_SPENDING))]
            yield _line(rng, day, text, -_pence(rng, 3, 90), category, MAIN, vat)


def _received(rng: random.Random, day: dt.date, customer: Party, index: int, sale: int) -> BankLine:
    category = "cat_consulting" if index % 4 == 0 else "cat_sales"
    text = f"FPS {customer.name} REF {3000 + index}"
    return _line(rng, day, text, _pence(rng, sale // 4, sale // 4 + sale * 9 // 4), category, MAIN, "20")


def _pence(rng: random.Random, least: int, most: int) -> Decimal:
    return Decimal(int((least + rng.random() ** 2 * (most - least)) * 100)).scaleb(-2)


def _review(rng: random.Random, lines: list[BankLine]) -> None:
    """About three in a hundred nobody could place; of the others one in eight was placed by hand."""
    for line in lines:
        chance = rng.random()
        if chance < 0.03:
            line.category, line.confidence = None, _UNSURE[int(rng.random() * len(_UNSURE))]
        elif chance < 0.15:
            line.confidence = None
            line.notes = "Checked by hand" if chance < 0.06 else None


def _files(rng: random.Random, span: Span, lines: list[BankLine]) -> list[File]:
    """A receipt for some spending, statements by month, a few contracts and other papers."""
    rows: list[File] = []
    for line in [line for line in lines if line.amount < 0][::11]:
        kind = "invoice" if line.category == "cat_materials" else "receipt"
        rows.append(
            _file(rng, span, line.date, f"{kind}-{line.date.isoformat()}-{len(rows)}.pdf", kind, line.id)
        )
    for first in span.months():
        rows.append(_file(rng, span, first, f"statement-{first:%Y-%m}.csv", "bank_statement", None))
    for name, kind in (
        ("lease.pdf", "contract"),
        ("Verträge & Übergabe.pdf", "contract"),
        ("photo.png", "other"),
    ):
        rows.append(_file(rng, span, span.start, name, kind, None))
    for index, row in enumerate(sorted(rows, key=lambda row: row.created_at)[-6:]):
        row.status = "error" if index == 2 else "pending"
    return sorted(rows, key=lambda row: row.created_at)


def _file(rng: random.Random, span: Span, day: dt.date, name: str, kind: str, line: str | None) -> File:
    mime = {"pdf": "application/pdf", "csv": "text/csv", "png": "image/png"}[name.rpartition(".")[2]]
    return File(
        id=_id(rng, "doc"),
        name=name,
        type=kind,
        status="processed",
        mime_type=mime,
        size=18_000 + int(rng.random() * 900_000),
        created_at=span.instant(rng, day),
        bank_line=line,
    )
