"""Pay invoices and bills: in full, in part, in two parts, several at once, or not at all."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from ledgermesh.sandbox.arithmetic import by_document, by_line, rounded
from ledgermesh.sandbox.books import Books, Paper, Settlement
from ledgermesh.sandbox.world.span import Span

_ZERO = Decimal(0)
_METHODS = ("bank_transfer", "bank_transfer", "bank_transfer", "card", "cash", "check")
_SHARES = tuple(Decimal(text) for text in ("0.25", "0.4", "0.5", "0.6"))
_EXTRAS = tuple(Decimal(text) for text in ("15.00", "40.00", "100.00"))


@dataclass
class Payer:
    """Writes the settlements of one kind into one set of books."""

    rng: random.Random
    books: Books
    span: Span
    kind: str
    """receipt | disbursement"""
    account: Callable[[str], str]
    """The bank account for a currency."""
    rate: Callable[[str, dt.date], Decimal]
    first: int
    joins: bool = False
    """Whether one settlement may be for several papers, have an unallocated part, or be removed."""
    _held: dict[str, tuple[Paper, Decimal]] = field(default_factory=dict)

    def settle(self, papers: list[Paper]) -> None:
        """Settle about five of six papers that fell due; of the recent ones fewer."""
        rule = by_document if self.books.provider == "smallinvoice" else by_line
        for paper in papers:
            if paper.state == "sent" and not paper.removed:
                total = rule(self.books, paper).total
                if total > 0:
                    self._settle(paper, total)
        for paper, total in self._held.values():
            self._pay([(paper, total)], self._day(paper))
        if self.joins:
            self._unusual(papers)
        self.rows.sort(key=lambda row: row.date)
        for number, row in enumerate(self.rows, self.first):
            row.number = str(number)

    @property
    def rows(self) -> list[Settlement]:
        """Where the settlements go."""
        return self.books.receipts if self.kind == "receipt" else self.books.disbursements

    def _settle(self, paper: Paper, total: Decimal) -> None:
        chance, day = self.rng.random(), self._day(paper)
        part = rounded(total * self.rng.choice(_SHARES), paper.currency)
        if chance < 0.72:
            self._pay_whole(paper, total)
        elif chance < 0.79 and part:
            self._pay([(paper, part)], day)
        elif chance < 0.85 and part and part < total:
            self._pay([(paper, part)], day)
            self._pay([(paper, total - part)], day + dt.timedelta(days=17))

    def _pay_whole(self, paper: Paper, total: Decimal) -> None:
        """Sometimes wait for the party's next paper and pay both at once."""
        held = self._held.pop(paper.party, None)
        if held is not None:
            self._pay([held, (paper, total)], max(self._day(held[0]), self._day(paper)))
        elif self.joins and self.rng.random() < 0.12:
            self._held[paper.party] = (paper, total)
        else:
            self._pay([(paper, total)], self._day(paper))

    def _day(self, paper: Paper) -> dt.date:
        late = int(self.rng.random() ** 3 * 45) - 6
        return max(paper.date, paper.due + dt.timedelta(days=late))

    def _pay(self, parts: list[tuple[Paper, Decimal]], day: dt.date) -> Settlement | None:
        """Nothing when the day has not come yet."""
        if day > self.span.today:
            return None
        paper = parts[0][0]
        row = self._row(paper, day, [(one.number, amount) for one, amount in parts])
        for one, _ in parts:
            one.updated_at = max(one.updated_at, row.created_at)
        return row

    def _row(self, paper: Paper, day: dt.date, allocations: list[tuple[str, Decimal]]) -> Settlement:
        created = self.span.instant(self.rng, day)
        row = Settlement(
            kind=self.kind,
            number="",
            date=day,
            party=paper.party,
            account=self.account(paper.currency),
            currency=paper.currency,
            amount=sum((amount for _, amount in allocations), _ZERO),
            method=_METHODS[int(self.rng.random() * len(_METHODS))],
            allocations=allocations,
            created_at=created,
            updated_at=created,
            exchange_rate=self.rate(paper.currency, day),
        )
        self.rows.append(row)
        return row

    def _unusual(self, papers: list[Paper]) -> None:
        """Overpaid, paid ahead without a paper, and entered by mistake and removed."""
        for index, row in enumerate(self.rows[7::53]):
            row.unallocated = rounded(_EXTRAS[index % len(_EXTRAS)], row.currency)
            row.amount += row.unallocated
            row.memo = "Overpaid; kept on account"
        home = [paper for paper in papers if paper.currency == self.books.currency]
        for paper in home[9::150]:
            ahead = self._row(paper, paper.date, [])
            ahead.unallocated = ahead.amount = Decimal("250.00")
            ahead.memo = "Deposit"
        self.books.invalidate()
        for paper in [paper for paper in home if not self.books.settlements(paper) and self._open(paper)][
            ::12
        ]:
            mistake = self._row(paper, paper.date, [(paper.number, by_line(self.books, paper).total)])
            mistake.removed, mistake.memo = True, "Entered twice"
            mistake.updated_at = self.span.no_later(mistake.created_at + dt.timedelta(days=2))

    def _open(self, paper: Paper) -> bool:
        return paper.state == "sent" and not paper.removed and by_line(self.books, paper).total > 0
