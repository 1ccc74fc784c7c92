"""Make invoices and bills: who, when, what, at which price."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from ledgermesh.sandbox.arithmetic import rounded
from ledgermesh.sandbox.books import Books, Item, Line, Paper, Party
from ledgermesh.sandbox.world.names import EMOJI_MEMO, TWO_LINE_MEMO
from ledgermesh.sandbox.world.rates import base_rate, exchange_rate
from ledgermesh.sandbox.world.span import Span

_ZERO = Decimal(0)
_PIECES = tuple(Decimal(text) for text in ("1", "1", "2", "2", "3", "4", "5", "6", "8", "10", "12", "24"))
_HOURS = tuple(
    Decimal(text) for text in ("0.5", "0.75", "1", "1.25", "1.5", "2", "2.5", "3.75", "4", "7.5", "12")
)
_LINE_DISCOUNTS = tuple(Decimal(text) for text in ("5", "10", "12.5"))
_DISCOUNTS = tuple(Decimal(text) for text in ("2", "5", "7.5"))
_MEMOS = (*[""] * 9, *["Thank you"] * 3, "As agreed by telephone", "Second half", TWO_LINE_MEMO)
_OFFICE_COSTS = tuple(
    Decimal(text) for text in ("18.95", "42.00", "64.35", "120.00", "249.90", "380.00", "815.40")
)


@dataclass
class Writer:
    """Writes papers into one set of books."""

    rng: random.Random
    books: Books
    span: Span
    _prices: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    _rates: dict[tuple[str, int, int], Decimal] = field(default_factory=dict)

    def invoices(
        self, count: int, customers: list[Party], tax: Callable[[Party, Item], str | None], first: int
    ) -> None:
        """So many invoices in order of date, numbered from `first` on."""
        for index, day in enumerate(self.span.dates(self.rng, count)):
            party = customers[int(len(customers) * self.rng.random() ** 1.7)]
            lines = [self._sale(party, tax) for _ in range(1 + int(self.rng.random() ** 2 * 5))]
            self.books.invoices.append(self._paper("invoice", str(first + index), day, party, lines))

    def bills(self, count: int, vendors: list[Party], accounts: tuple[str, ...], tax: str) -> None:
        """So many bills in order of date; a supplier's bills go to one account."""
        for index, day in enumerate(self.span.dates(self.rng, count)):
            which = int(self.rng.random() * len(vendors))
            party, account = vendors[which], accounts[which % len(accounts)]
            charged = tax if party.country == self.books.country else None
            lines = [self._cost(party, account, charged) for _ in range(1 + int(self.rng.random() * 2.4))]
            self.books.bills.append(self._paper("bill", f"{party.number}-{700 + index}", day, party, lines))

    def rate(self, currency: str, day: dt.date) -> Decimal:
        """The exchange rate of the day into the home currency."""
        key = (currency, day.year, day.month)
        if key not in self._rates:
            self._rates[key] = exchange_rate(currency, self.books.currency, day)
        return self._rates[key]

    def _paper(self, kind: str, number: str, day: dt.date, party: Party, lines: list[Line]) -> Paper:
        rng, terms = self.rng, party.payment_terms_days
        created = self.span.instant(rng, day)
        return Paper(
            kind=kind,
            number=number,
            date=day,
            due=day + dt.timedelta(days=terms or 0),
            party=party.number,
            currency=party.currency,
            exchange_rate=self.rate(party.currency, day),
            lines=lines,
            memo=_MEMOS[int(rng.random() * len(_MEMOS))],
            po_number=f"PO-{4000 + int(rng.random() * 5000)}" if rng.random() < 0.2 else "",
            created_at=created,
            updated_at=self.span.no_later(created + dt.timedelta(minutes=int(rng.random() * 2000))),
            terms=f"Net {terms}" if terms else "Due on receipt",
        )

    def _sale(self, party: Party, tax: Callable[[Party, Item], str | None]) -> Line:
        rng = self.rng
        item = self.books.items[int(rng.random() * len(self.books.items))]
        quantities = _HOURS if item.unit == "hour" else _PIECES
        return Line(
            description=item.name,
            quantity=quantities[int(rng.random() * len(quantities))],
            unit_price=self._price(item, party.currency),
            account=item.income_account,
            tax=tax(party, item),
            item=item.number,
            discount_percent=rng.choice(_LINE_DISCOUNTS) if rng.random() < 0.04 else _ZERO,
        )

    def _cost(self, party: Party, account: str, tax: str | None) -> Line:
        amount = self.rng.choice(_OFFICE_COSTS) / base_rate(party.currency, self.books.currency)
        quantity = self.rng.choice(_PIECES[:6])
        return Line(
            party.name.partition(" ")[0] + " delivery",
            quantity,
            rounded(amount, party.currency),
            account,
            tax,
        )

    def _price(self, item: Item, currency: str) -> Decimal:
        key = (item.number, currency)
        if key not in self._prices:
            self._prices[key] = rounded(item.price / base_rate(currency, self.books.currency), currency)
        return self._prices[key]


def discount_some(books: Books) -> None:
    """A discount on the whole of every ninth invoice; only where the system has such a discount."""
    for index, paper in enumerate(books.invoices[::9]):
        paper.discount_percent = _DISCOUNTS[index % len(_DISCOUNTS)]


def make_odd(books: Books) -> None:
    """Unusual but legal values on a few of the invoices that count and are in the home currency."""
    sent = (paper for paper in books.invoices if paper.state == "sent" and not paper.removed)
    plain = [paper for paper in sent if paper.currency == books.currency]
    for paper, change in zip(plain[3:38:5], _ODDITIES, strict=False):
        change(paper)


def _emoji(paper: Paper) -> None:
    paper.memo = EMOJI_MEMO


def _three_decimals(paper: Paper) -> None:
    paper.lines[0].quantity = Decimal("2.375")


def _four_decimals(paper: Paper) -> None:
    paper.lines[0].quantity, paper.lines[0].unit_price = Decimal(1250), Decimal("0.0375")


def _free(paper: Paper) -> None:
    for line in paper.lines:
        line.discount_percent = Decimal(100)


def _worded_number(paper: Paper) -> None:
    paper.number = f"A-{paper.date.year}/07b"


def _long_text(paper: Paper) -> None:
    paper.lines[0].description = "As ordered; " * 60 + "end."
    paper.memo = "Größe, Façade, Łódź, naïve, 東京 – " * 8


def _many_lines(paper: Paper) -> None:
    paper.lines = [line for _ in range(25) for line in map(_copy, paper.lines[:1])]


def _copy(line: Line) -> Line:
    return Line(line.description, line.quantity, line.unit_price, line.account, line.tax, line.item)


_ODDITIES = (_emoji, _three_decimals, _four_decimals, _free, _worded_number, _long_text, _many_lines)
