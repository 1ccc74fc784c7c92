"""What an invoice or a bill comes to, exact to the currency's smallest unit: net, tax, total, balance.

Two rules of rounding exist among providers. By line: each line's net is rounded, the document discount is
rounded, and each tax is rounded once over all lines that bear it. By document: nothing is rounded but the
final sums (smallinvoice's published examples have totals that are not the sum of their lines). Both round
half up.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from ledgermesh.sandbox.books import Books, Line, Paper

_EXPONENTS = {
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "ISK": 0,
    "VND": 0,
    "KWD": 3,
    "BHD": 3,
    "OMR": 3,
    "JOD": 3,
    "TND": 3,
}
_QUANTA = {digits: Decimal(1).scaleb(-digits) for digits in range(5)}
_HUNDRED = Decimal(100)


class TaxAmount(Struct, frozen=True):
    """One tax over all lines of a paper that bear it."""

    name: str
    percent: Decimal
    base: Decimal
    """What the tax is charged on, after discounts."""
    amount: Decimal


class Totals(Struct, frozen=True):
    """What a paper comes to, in its own currency."""

    lines: tuple[Decimal, ...]
    """Net of each line after its own discount, in the order of the lines."""
    net: Decimal
    """Sum of the lines, before the document's discount."""
    discount: Decimal
    """The document's discount; never negative on a positive paper."""
    taxes: tuple[TaxAmount, ...]
    """One for each tax, in the order the lines name them."""
    tax: Decimal
    total: Decimal
    """net - discount + tax."""


def digits(currency: str) -> int:
    """How many decimals the currency's smallest unit has (ISO 4217), 2 for those not listed here."""
    return _EXPONENTS.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half up to the currency's smallest unit."""
    return amount.quantize(_QUANTA[digits(currency)], ROUND_HALF_UP)


def exact_net(line: Line) -> Decimal:
    """Quantity times price less the line's discount, not rounded."""
    gross = line.quantity * line.unit_price
    return gross * (_HUNDRED - line.discount_percent) / _HUNDRED if line.discount_percent else gross


def line_net(line: Line, currency: str) -> Decimal:
    """The line's net amount, rounded."""
    return rounded(exact_net(line), currency)


def tax_percent(books: Books, name: str | None, on: dt.date) -> Decimal:
    """The tax's rate on that day in percent; 0 for no tax. KeyError for a tax the books do not have."""
    if name is None:
        return Decimal(0)
    row = books.tax(name, on)
    if row is None:
        raise KeyError(name)
    return row.percent


def totals(books: Books, paper: Paper) -> Totals:
    """What the paper comes to by its provider's rule of rounding; kept until `books.invalidate()`."""
    known: dict[int, tuple[Paper, Totals]] = books.index("totals", dict)
    found = known.get(
        id(paper)
    )  # the paper is kept beside its totals, so that its id cannot be given to another
    if found is None:
        rule = by_document if books.provider == "smallinvoice" else by_line
        found = known[id(paper)] = (paper, rule(books, paper))
    return found[1]


def by_line(books: Books, paper: Paper) -> Totals:
    """Each line's net, the discount and each tax are rounded on their own."""
    currency = paper.currency
    nets = tuple(line_net(line, currency) for line in paper.lines)
    net = sum(nets, Decimal(0))
    taxes = []
    for name, base in _tax_bases(paper, nets):
        percent = tax_percent(books, name, paper.date)
        taxes.append(
            TaxAmount(name, percent, rounded(base, currency), rounded(base * percent / _HUNDRED, currency))
        )
    discount = rounded(net * paper.discount_percent / _HUNDRED, currency)
    tax = sum((row.amount for row in taxes), Decimal(0))
    return Totals(nets, net, discount, tuple(taxes), tax, net - discount + tax)


def by_document(books: Books, paper: Paper) -> Totals:
    """Only sums are rounded: the net, the discount and the total; tax is what is left between them."""
    currency = paper.currency
    exact = tuple(exact_net(line) for line in paper.lines)
    taxes = []
    gross = sum(exact, Decimal(0)) * _left(paper)
    for name, base in _tax_bases(paper, exact):
        percent = tax_percent(books, name, paper.date)
        gross += base * percent / _HUNDRED
        taxes.append(
            TaxAmount(name, percent, rounded(base, currency), rounded(base * percent / _HUNDRED, currency))
        )
    net = rounded(sum(exact, Decimal(0)), currency)
    discount = net - rounded(sum(exact, Decimal(0)) * _left(paper), currency)
    total = rounded(gross, currency)
    nets = tuple(rounded(amount, currency) for amount in exact)
    return Totals(nets, net, discount, tuple(taxes), total - net + discount, total)


def paid(books: Books, paper: Paper) -> Decimal:
    """How much of the paper is settled, in its own currency."""
    return books.paid(paper)


def balance(books: Books, paper: Paper) -> Decimal:
    """What is still owed on the paper; nothing on a draft, a void or a removed one."""
    if paper.state != "sent" or paper.removed:
        return Decimal(0)
    return totals(books, paper).total - books.paid(paper)


def _left(paper: Paper) -> Decimal:
    return (_HUNDRED - paper.discount_percent) / _HUNDRED


def _tax_bases(paper: Paper, nets: tuple[Decimal, ...]) -> list[tuple[str, Decimal]]:
    bases: dict[str, Decimal] = {}
    for line, net in zip(paper.lines, nets, strict=True):
        if line.tax is not None:
            bases[line.tax] = bases.get(line.tax, Decimal(0)) + net * _left(paper)
    return list(bases.items())
