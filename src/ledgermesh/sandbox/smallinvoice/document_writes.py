"""Writing invoices, offers, order confirmations and delivery notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledgermesh.sandbox.books import Books, Paper
from ledgermesh.sandbox.smallinvoice import amounts, documents
from ledgermesh.sandbox.smallinvoice.assigning import (
    Home,
    assign,
    custom_fields,
    day,
    exact,
    maybe_named,
    recipient,
    taken,
    words,
)
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.configuration import currency_rates
from ledgermesh.sandbox.smallinvoice.documents import ORDER_NUMBER, STATES, DocumentRow
from ledgermesh.sandbox.smallinvoice.errors import Wrong, invalid
from ledgermesh.sandbox.smallinvoice.fields import VALUE, Form, Values
from ledgermesh.sandbox.smallinvoice.store import next_number

_FIRST_NUMBER = 10000
_HOMES: Mapping[str, Home] = {
    "date": day("date"),
    "due": day("due"),
    "valid_until": day("due"),
    "currency": Home("currency"),
    "notes": words("memo"),
}
_TERMS = frozenset(("positions", "vat_included", "discount_rate", "discount_type"))


@dataclass(frozen=True)
class Documents:
    """Papers of one kind."""

    kind: str
    limited: str
    form: Form
    papers: Callable[[Books], list[Paper]]

    def create(self, company: Company, values: Values, parent: object) -> int:
        """A draft."""
        papers, store = self.papers(company.books), company.store
        numbers = {paper.number for paper in papers}
        number = values.get("number") or next_number(numbers, _FIRST_NUMBER)
        if number in numbers:
            raise taken("number")
        contact = recipient(company, values, None)
        self.check(company, values)
        paper = _blank(self.kind, number, contact.party.number, store.now())
        self._assign(company, store.ids.of(self.kind, number), paper, values, {})
        papers.append(paper)
        return store.ids.of(self.kind, number)

    def change(self, company: Company, row: DocumentRow, values: Values) -> None:
        """Positions, texts and the like replace those that are there."""
        number, paper = values.get("number"), row.paper
        others = (each.number for each in self.papers(company.books) if each is not paper)
        if number and number in others:
            raise taken("number")
        contact = recipient(company, values, row.contact)
        self.check(company, values)
        before = _shown(row) if _TERMS & values.keys() else {}
        if contact is not row.contact:
            company.store.erase(self.kind, row.id, documents.WHO)
        paper.party = contact.party.number
        if number and number != paper.number:
            self.renumber(company, paper, number)
        self._assign(company, row.id, paper, values, before)
        paper.updated_at = company.store.now()

    def remove(self, company: Company, rows: Sequence[DocumentRow]) -> None:
        papers = self.papers(company.books)
        gone = {id(row.paper) for row in rows}
        papers[:] = [paper for paper in papers if id(paper) not in gone]
        for row in rows:
            company.store.forget(self.kind, row.paper.number)

    def check(self, company: Company, values: Values) -> None:
        """Problem 1000 if a line's unit is not there."""
        wrong = [
            Wrong(f"positions.{place}.unit_id", VALUE, "does not exist")
            for place, line in enumerate(values.get("positions", ()))
            if line["unit_id"] is not None and company.units.find(line["unit_id"]) is None
        ]
        if wrong:
            raise invalid(wrong)

    def renumber(self, company: Company, paper: Paper, number: str) -> None:
        """The new number in the books; the id stays."""
        company.store.ids.move(self.kind, paper.number, number)
        paper.number = number

    def _assign(
        self, company: Company, id: int, paper: Paper, values: Values, before: Mapping[str, Any]
    ) -> None:
        rest = assign(paper, values, _HOMES)
        for key in ("number", "contact_id"):
            rest.pop(key, None)
        if "custom_fields" in rest:
            shown = custom_fields(ORDER_NUMBER, rest["custom_fields"])
            rest["custom_fields"] = shown
            paper.po_number = shown[0]["value"]
        if "currency" in values:
            paper.exchange_rate = _rate(company.books, paper.currency)
        if _TERMS & rest.keys():
            rest |= _lines(company.books, paper, {**before, **rest})
        company.store.enter(self.kind, id, rest)


def _shown(row: DocumentRow) -> dict[str, Any]:
    """What the document says about its lines so far."""
    terms = row.terms
    return {
        "positions": row.positions,
        "vat_included": terms.vat_included,
        "discount_rate": terms.discount_rate,
        "discount_type": terms.discount_type,
    }


def _lines(books: Books, paper: Paper, said: Mapping[str, Any]) -> dict[str, Any]:
    """Put the lines into the paper; gives them as they are shown, with their totals."""
    discount = said["discount_rate"] or Decimal(0)
    terms = amounts.Terms(said["vat_included"], discount, said["discount_type"])
    paper.lines = amounts.lines(books, said["positions"], terms)
    paper.discount_percent = exact(amounts.discount_percent(said["positions"], terms)) or Decimal(0)
    return {"positions": [amounts.told(position, terms) for position in said["positions"]]}


def _rate(books: Books, currency: str) -> Decimal:
    """The currency's rate in the settings; 1 for one that has none."""
    rates = (rate for rate in currency_rates(books) if rate.currency_to == books.currency)
    return next((rate.rate for rate in rates if rate.currency_from == currency), Decimal(1))


def _blank(kind: str, number: str, party: str, now: dt.datetime) -> Paper:
    return Paper(
        kind=kind,
        number=number,
        date=now.date(),
        due=now.date(),
        party=party,
        currency="",
        exchange_rate=Decimal(1),
        lines=[],
        memo="",
        po_number="",
        created_at=now,
        updated_at=now,
        state="draft",
    )


def set_status(company: Company, row: DocumentRow, values: Values) -> None:
    """Any status that the kind of document has; D leaves it visible."""
    row.paper.removed = values["status"] == "D"
    if not row.paper.removed:
        row.paper.state = STATES[values["status"]]
    row.paper.updated_at = company.store.now()


def sent(company: Company, row: DocumentRow, values: Values) -> None:
    """A draft that is sent is one no more."""
    if row.status == "DR":
        set_status(company, row, {"status": "S"})


@dataclass(frozen=True)
class Invoices(Documents):
    """Invoices: with payments, a bank account and a payment slip."""

    def create(self, company: Company, values: Values, parent: object) -> int:
        id = super().create(company, values, parent)
        company.store.payments[id] = []
        return id

    def remove(self, company: Company, rows: Sequence[DocumentRow]) -> None:
        """Their payments go with them."""
        numbers = {row.paper.number for row in rows}
        for receipt in company.books.receipts:
            kept = [each for each in receipt.allocations if each[0] not in numbers]
            if len(kept) < len(receipt.allocations):
                receipt.amount -= sum(
                    (each[1] for each in receipt.allocations if each[0] in numbers), Decimal(0)
                )
                receipt.allocations = kept
        company.books.receipts[:] = [
            each for each in company.books.receipts if each.allocations or each.amount
        ]
        for row in rows:
            company.store.payments.pop(row.id, None)
        super().remove(company, rows)

    def check(self, company: Company, values: Values) -> None:
        maybe_named(company.bank_accounts, values, "bank_account_id")
        maybe_named(company.slips, values, "isr_id")
        super().check(company, values)

    def renumber(self, company: Company, paper: Paper, number: str) -> None:
        for receipt in company.books.receipts:
            receipt.allocations = [
                (number if name == paper.number else name, part) for name, part in receipt.allocations
            ]
        super().renumber(company, paper, number)
