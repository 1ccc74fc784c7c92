"""Invoices: what the books say, with smallinvoice's totals, status words and reference numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from operator import attrgetter

from ledgermesh.sandbox.arithmetic import totals
from ledgermesh.sandbox.books import Books, Paper
from ledgermesh.sandbox.smallinvoice import payments
from ledgermesh.sandbox.smallinvoice.answers import number, timestamp
from ledgermesh.sandbox.smallinvoice.catalog import ItemRow
from ledgermesh.sandbox.smallinvoice.configuration import BANK_ACCOUNT, SLIP, BankAccountRow, SlipRow
from ledgermesh.sandbox.smallinvoice.contacts import ContactRow, show_address, show_contact
from ledgermesh.sandbox.smallinvoice.ids import Ids, digest
from ledgermesh.sandbox.smallinvoice.positions import positions
from ledgermesh.sandbox.smallinvoice.table import Shape

_CHECK_DIGITS = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)
_TITLES = {"de": "Rechnung", "en": "Invoice", "es": "Factura", "fr": "Facture", "it": "Fattura"}
_REMINDED = ((90, "DC"), (60, "R3"), (40, "R2"), (25, "R1"), (10, "R"))
"""Days overdue -> the status that some of those invoices have been given by then."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What every invoice of a company refers to."""

    books: Books
    ids: Ids
    items: Mapping[str, ItemRow]
    bank_account: BankAccountRow | None
    slip: SlipRow | None
    today: dt.date
    total_step: Decimal


@dataclass(eq=False)
class InvoiceRow:
    """An invoice as smallinvoice shows it; what costs something is worked out when it is asked for."""

    id: int
    paper: Paper
    contact: ContactRow
    around: Surroundings

    @cached_property
    def oddness(self) -> int:
        """Decides, the same in every run, which of the rarer things happen to this invoice."""
        return digest(self.around.books.company, "invoice", self.paper.number)

    @cached_property
    def total(self) -> Decimal:
        """Gross; rounded from the unrounded lines, then to the step of the account."""
        step = self.around.total_step
        exact = totals(self.around.books, self.paper).total
        return (exact / step).quantize(Decimal(1), ROUND_HALF_UP) * step

    @cached_property
    def payments(self) -> list[payments.PaymentRow]:
        """Oldest first."""
        return payments.payment_rows(self.around.books, self.around.ids, self.paper, self.total, self.oddness)

    @cached_property
    def total_paid(self) -> Decimal:
        return sum((row.amount for row in self.payments), Decimal(0))

    @cached_property
    def status(self) -> str:
        """DR draft, S sent, R R1 R2 R3 reminders, DC debt collection, PP partly paid, P paid, C cancelled, D deleted
        but still visible.
        """
        if self.paper.removed:
            return "D"
        if self.paper.state != "sent":
            return {"draft": "DR", "void": "C"}[self.paper.state]
        if self.total_paid:
            return "P" if self.total_paid >= self.total else "PP"
        return self._reminded()

    @cached_property
    def reference_number(self) -> str:
        """27 digits of a sequence of the account's own; the invoice number is not in it."""
        return with_check_digit(f"{digest(self.around.books.company) % 10**8:08}{self.id:018}")

    def _reminded(self) -> str:
        overdue = (self.around.today - self.paper.due).days
        for chance, (days, status) in enumerate(_REMINDED):
            if overdue > days and self.oddness % 8 <= chance:
                return status
        return "S"


def with_check_digit(digits: str) -> str:
    """The digits and the check digit that Swiss payment slips use: modulo 10, recursive."""
    carry = 0
    for digit in digits:
        carry = _CHECK_DIGITS[(carry + int(digit)) % 10]
    return digits + str((10 - carry) % 10)


def _paid_date(row: InvoiceRow) -> str | None:
    return row.payments[-1].settlement.date.isoformat() if row.status == "P" else None


def _cash_discount_date(row: InvoiceRow) -> str | None:
    if not payments.has_cash_discount(row.oddness):
        return None
    return (row.paper.date + dt.timedelta(days=10)).isoformat()


def _period_from(row: InvoiceRow) -> str | None:
    """Every sixth invoice tells the month it is for."""
    return row.paper.date.replace(day=1).isoformat() if row.oddness % 6 == 0 else None


def _period_to(row: InvoiceRow) -> str | None:
    if row.oddness % 6:
        return None
    next_month = row.paper.date.replace(day=28) + dt.timedelta(days=4)
    return (next_month - dt.timedelta(days=next_month.day)).isoformat()


def _bank_account_id(row: InvoiceRow) -> int | None:
    return row.around.bank_account.id if row.around.bank_account else None


def _bank_account(row: InvoiceRow) -> dict[str, object] | None:
    return BANK_ACCOUNT.show(row.around.bank_account) if row.around.bank_account else None


def _slip(row: InvoiceRow) -> dict[str, object] | None:
    return SLIP.show(row.around.slip) if row.around.slip else None


def _texts(row: InvoiceRow) -> list[dict[str, object]]:
    """Placeholders stay as they were typed."""
    title = f"{_TITLES[row.contact.language]} {{INVOICENO}}"
    return [{"status": "D", "title": title, "introduction": "", "conditions": row.paper.terms}]


def _custom_fields(row: InvoiceRow) -> list[dict[str, object]]:
    return [{"key": "purchase_order", "name": "Bestellnummer", "value": row.paper.po_number}]


def _workflow(row: InvoiceRow) -> list[dict[str, object]]:
    email = row.contact.party.email or ""
    first: dict[str, object] = {"active": bool(email), "status": "R", "overdue_days": 10, "action": "CE"}
    return [{**first, "contact_email": email, "speed": "P"}]


def _payment_links() -> dict[str, Callable[[InvoiceRow], object]]:
    links: dict[str, Callable[[InvoiceRow], object]] = {}
    for service in ("paypal", "postfinance", "payrexx", "smartcommerce"):
        links[f"payment_link_{service}"] = lambda _: False
        links[f"payment_link_{service}_url"] = lambda _: None
    return links


_COLUMNS: Mapping[str, Callable[[InvoiceRow], object]] = {
    "id": attrgetter("id"),
    "number": attrgetter("paper.number"),
    "contact_id": attrgetter("contact.id"),
    "contact_address_id": lambda row: row.contact.addresses[0].id,
    "contact_prepage_address_id": lambda _: None,
    "contact_person_id": lambda _: None,
    "date": lambda row: row.paper.date.isoformat(),
    "due": lambda row: row.paper.due.isoformat(),
    "period_from": _period_from,
    "period_to": _period_to,
    "period_text": lambda _: "",
    "currency": attrgetter("paper.currency"),
    "total": lambda row: number(row.total),
    "vat_included": lambda _: False,
    "discount_rate": lambda row: number(row.paper.discount_percent),
    "discount_type": lambda _: "P",
    "cash_discount_rate": lambda row: payments.CASH_DISCOUNT_PERCENT if _cash_discount_date(row) else None,
    "cash_discount_date": _cash_discount_date,
    "total_paid": lambda row: number(row.total_paid),
    "paid_date": _paid_date,
    "bank_account_id": _bank_account_id,
    "isr_id": lambda row: row.around.slip.id if row.around.slip else None,
    "isr_position": lambda _: "A",
    "isr_reference_number": attrgetter("reference_number"),
    **_payment_links(),
    "language": attrgetter("contact.language"),
    "signature_id": lambda _: None,
    "layout_id": lambda row: row.around.ids.of("layout", "standard"),
    "page_amount": lambda row: 1 + len(row.paper.lines) // 12,
    "notes": lambda row: row.paper.memo or None,
    "status": attrgetter("status"),
    "created": lambda row: timestamp(row.paper.created_at),
}
_EXTRAS: Mapping[str, Callable[[InvoiceRow], object]] = {
    "contact": lambda row: show_contact(row.contact),
    "contact_name": attrgetter("contact.party.name"),
    "contact_address": lambda row: show_address(row.contact.addresses[0]),
    "contact_prepage_address": lambda _: None,
    "contact_person": lambda _: None,
    "bank_account": _bank_account,
    "isr": _slip,
    "custom_fields": _custom_fields,
    "positions": lambda row: positions(row.around.books, row.paper, row.around.items, row.oddness),
    "texts": _texts,
    "free_texts": lambda _: (),
    "workflow": _workflow,
    "permissions": lambda _: ("view", "edit", "manage"),
}
INVOICE: Shape[InvoiceRow] = Shape(
    "DocumentInvoiceStandard",
    _COLUMNS,
    _EXTRAS,
    "-number",
    tuple(
        attrgetter(name) for name in ("paper.number", "paper.memo", "paper.po_number", "contact.party.name")
    ),
)
