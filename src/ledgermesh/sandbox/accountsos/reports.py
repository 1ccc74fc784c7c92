"""Statements computed from the books' own entries, so that they agree with the transactions."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal

from ledgermesh.sandbox.accountsos.shapes import Document, amount
from ledgermesh.sandbox.books import BankLine, Books
from ledgermesh.sandbox.ledger import balance_sheet, chart, profit_and_loss

EARNINGS = "eq_earnings"


def profit_loss(books: Books, start: dt.date, end: dt.date) -> Document:
    """Income and expenses of the days from `start` to `end`, both included; expenses are positive."""
    found = profit_and_loss(books, start, end)
    return {
        "report": "profit_loss",
        "from": start.isoformat(),
        "to": end.isoformat(),
        "currency": books.currency,
        "income": _part(books, found.income, "categories"),
        "expenses": _part(books, found.expenses, "categories"),
        "net_profit": amount(found.net),
    }


def balances(books: Books, on: dt.date) -> Document:
    """What there is at the end of a day; assets are liabilities and equity together."""
    found = balance_sheet(books, on)
    equity = _part(books, found.equity, "accounts")
    rows, total = equity["accounts"], equity["total"]
    assert isinstance(rows, list), "as _part makes them"
    assert isinstance(total, Decimal), "as _part makes them"
    rows.append({"id": EARNINGS, "name": "Retained and current earnings", "amount": amount(found.earnings)})
    return {
        "report": "balance_sheet",
        "as_of": on.isoformat(),
        "currency": books.currency,
        "assets": _part(books, found.assets, "accounts"),
        "liabilities": _part(books, found.liabilities, "accounts"),
        "equity": {"total": amount(total + found.earnings), "accounts": rows},
    }


def _part(books: Books, moved: Mapping[str, Decimal], rows: str) -> Document:
    accounts = chart(books)
    return {
        "total": amount(sum(moved.values(), Decimal(0))),
        rows: [
            {"id": number, "name": accounts[number].name, "amount": amount(moved[number])}
            for number in sorted(moved)
        ],
    }


# -- VAT ---------------------------------------------------------------------------------------------------------


def quarter(text: str) -> tuple[int, int] | None:
    """Year and quarter of `Q4 2025` or `2025-Q4`; None for anything else."""
    if found := re.fullmatch(r"Q([1-4]) (\d{4})", text):
        return int(found[2]), int(found[1])
    if found := re.fullmatch(r"(\d{4})-Q([1-4])", text):
        return int(found[1]), int(found[2])
    return None


def current(today: dt.date) -> tuple[int, int]:
    """The quarter of a day."""
    return today.year, (today.month - 1) // 3 + 1


def vat_return(books: Books, year: int, number: int) -> Document:
    """The nine boxes, from the transactions that carry a VAT rate: money in is a sale, money out a purchase."""
    start, end = _days(year, number)
    lines = [line for line in books.bank_lines if start <= line.date <= end and line.vat_percent is not None]
    sales, output = _sums([line for line in lines if line.amount > 0])
    purchases, given = _sums([line for line in lines if line.amount < 0])
    boxes = {
        "1": output, "2": Decimal(0), "3": output, "4": given, "5": abs(output - given),
        "6": sales, "7": purchases, "8": Decimal(0), "9": Decimal(0),
    }  # fmt: skip
    return {
        "report": "vat",
        "period": f"Q{number} {year}",
        "from": start.isoformat(),
        "to": end.isoformat(),
        "due_date": _due(end).isoformat(),
        "output_vat": amount(output),
        "input_vat": amount(given),
        "amount_owed": amount(output - given),
        "boxes": {box: amount(value) for box, value in boxes.items()},
    }


def _days(year: int, number: int) -> tuple[dt.date, dt.date]:
    last = number * 3
    return dt.date(year, last - 2, 1), dt.date(year, last, calendar.monthrange(year, last)[1])


def _due(end: dt.date) -> dt.date:
    """One month and seven days after the end of the quarter."""
    year, month = (end.year + 1, 1) if end.month == 12 else (end.year, end.month + 1)
    return dt.date(year, month, calendar.monthrange(year, month)[1]) + dt.timedelta(days=7)


def _sums(lines: list[BankLine]) -> tuple[Decimal, Decimal]:
    """Net and tax of gross amounts, each line rounded."""
    net, tax = Decimal(0), Decimal(0)
    for line in lines:
        gross, percent = abs(line.amount), line.vat_percent or Decimal(0)
        part = amount(gross * percent / (100 + percent))
        net, tax = net + gross - part, tax + part
    return net, tax
