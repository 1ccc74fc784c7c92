"""What typed-in lines come to, and what they mean to the books.

A line's total is gross and rounded on its own; the document's total is rounded once, from lines that are not. With VAT
included prices are gross already. Discounts are percents or amounts, of a line before VAT, of the document spread over
all its lines.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ledgermesh.sandbox import ledger
from ledgermesh.sandbox.arithmetic import rounded
from ledgermesh.sandbox.books import Books, Line, Tax
from ledgermesh.sandbox.smallinvoice.answers import number

Position = Mapping[str, Any]
"""A line as answers show it."""

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_NONE = Decimal(0)


@dataclass(frozen=True)
class Terms:
    """What a document says about all its lines."""

    vat_included: bool
    discount_rate: Decimal
    discount_type: str
    """P percent | A amount"""

    def left(self, base: Decimal) -> Decimal:
        """Which part of the sum of the lines the discount leaves."""
        if self.discount_type == "P":
            return (_HUNDRED - self.discount_rate) / _HUNDRED
        return (base - self.discount_rate) / base if base else Decimal(1)


def normal(positions: Iterable[Position]) -> Iterator[Position]:
    """The lines proper, which have amounts."""
    return (position for position in positions if position["type"] == "N")


def base(position: Position) -> Decimal:
    """Price times quantity less the line's discount; net or, with VAT included, gross."""
    exact: Decimal = position["price"] * position["amount"]
    discount = position["discount_rate"] or _NONE
    return exact - discount if position["discount_type"] == "A" else exact * (_HUNDRED - discount) / _HUNDRED


def gross(position: Position, *, vat_included: bool) -> Decimal:
    """The line with VAT, not rounded."""
    exact = base(position)
    return exact if vat_included else exact * (_HUNDRED + position["vat"]) / _HUNDRED


def total(positions: Iterable[Position], terms: Terms, currency: str) -> Decimal:
    """What the document comes to, rounded half up to the currency's smallest unit."""
    lines = list(normal(positions))
    sum_of_lines = sum((gross(line, vat_included=terms.vat_included) for line in lines), _NONE)
    return rounded(sum_of_lines * terms.left(sum(map(base, lines), _NONE)), currency)


def told(position: Position, terms: Terms) -> dict[str, Any]:
    """The line as answers show it, with its total."""
    if position["type"] != "N":
        return {**position, "total": None}
    exact = gross(position, vat_included=terms.vat_included)
    return {**position, "total": number(exact.quantize(_CENT, ROUND_HALF_UP))}


def discount_percent(positions: Iterable[Position], terms: Terms) -> Decimal:
    """The document's discount as a percentage of its lines."""
    if terms.discount_type == "P":
        return terms.discount_rate
    return (1 - terms.left(sum(map(base, normal(positions)), _NONE))) * _HUNDRED


def lines(books: Books, positions: Iterable[Position], terms: Terms) -> list[Line]:
    """The lines as the books keep them: prices net, discounts in percent."""
    return [_line(books, position, terms) for position in normal(positions)]


def _line(books: Books, position: Position, terms: Terms) -> Line:
    quantity, price, discount = position["amount"], position["price"], position["discount_rate"] or _NONE
    if terms.vat_included or position["discount_type"] == "A":
        net = base(position)
        if terms.vat_included:
            net = net * _HUNDRED / (_HUNDRED + position["vat"])
        quantity, discount = quantity or Decimal(1), _NONE
        price = net / quantity
    item = books.item(position["number"]) if position["number"] else None
    return Line(
        description=position["description"] or position["name"] or "",
        quantity=quantity,
        unit_price=price,
        account=item.income_account if item else ledger.SALES,
        tax=tax_of(books, position["vat"]),
        item=item.number if item else None,
        discount_percent=discount,
    )


def tax_of(books: Books, percent: Decimal) -> str:
    """The name of the books' tax of so many percent; entered in the books if they have none."""
    for tax in books.taxes:
        if tax.percent == percent:
            return tax.name
    name = f"{percent.normalize():f}%"
    since = min((tax.valid_from for tax in books.taxes), default=dt.date(1995, 1, 1))
    books.taxes.append(Tax(name, percent, "Mehrwertsteuer", since))
    return name
