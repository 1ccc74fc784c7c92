"""Invoices: what the books say, with smallinvoice's totals, status words and reference numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from operator import attrgetter

from ledgermesh.sandbox.smallinvoice import payments
from ledgermesh.sandbox.smallinvoice.answers import number
from ledgermesh.sandbox.smallinvoice.configuration import BANK_ACCOUNT, SLIP, BankAccountRow
from ledgermesh.sandbox.smallinvoice.documents import BODY, EXTRAS, HEAD, SEARCHED, TAIL, DocumentRow
from ledgermesh.sandbox.smallinvoice.ids import digest
from ledgermesh.sandbox.smallinvoice.table import Shape

_CHECK_DIGITS = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)
_REMINDED = ((90, "DC"), (60, "R3"), (40, "R2"), (25, "R1"), (10, "R"))
"""Days overdue -> the status that some of those invoices have been given by then."""
CHOSEN_STATUS = "status chosen"
"""Under this key stands the status that somebody set, as long as no payment tells otherwise."""
PAYMENT_LINKS = ("paypal", "postfinance", "payrexx", "smartcommerce")


@dataclass(eq=False)
class InvoiceRow(DocumentRow):
    """An invoice as smallinvoice shows it."""

    @cached_property
    def payments(self) -> list[payments.PaymentRow]:
        """Oldest first."""
        store = self.around.store
        payable = payments.Payable(self.id, self.paper, self.total, self.oddness)
        return payments.payment_rows(store.books, store.ids, payable, store.payments.get(self.id))

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
        if CHOSEN_STATUS in self.entered:
            return str(self.entered[CHOSEN_STATUS])
        if self.total_paid > 0:
            return "P" if self.total_paid >= self.total else "PP"
        return self._reminded()

    @cached_property
    def reference_number(self) -> str:
        """27 digits of a sequence of the account's own; the invoice number is not in it."""
        return with_check_digit(f"{digest(self.around.books.company) % 10**8:08}{self.id:018}")

    @property
    def bank_account(self) -> BankAccountRow | None:
        """Where to pay."""
        if "bank_account_id" not in self.entered:
            return self.around.bank_account
        chosen = self.entered["bank_account_id"]
        return self.around.bank_accounts.get(chosen) if isinstance(chosen, int) else None

    def _reminded(self) -> str:
        overdue = (dt.date.fromisoformat(self.around.today) - self.paper.due).days
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
    if row.status != "P" or not row.payments:
        return None
    return max(payment.settlement.date for payment in row.payments).isoformat()


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
    return BANK_ACCOUNT.show(row.bank_account) if row.bank_account else None


def _slip(row: InvoiceRow) -> dict[str, object] | None:
    default = row.around.slip
    chosen = row.entered.get("isr_id", default.id if default else None)
    slip = row.around.slips.get(chosen) if isinstance(chosen, int) else None
    return SLIP.show(slip) if slip else None


def _workflow(row: InvoiceRow) -> list[dict[str, object]]:
    email = row.contact.party.email or ""
    first: dict[str, object] = {"active": bool(email), "status": "R", "overdue_days": 10, "action": "CE"}
    return [{**first, "contact_email": email, "speed": "P"}]


def _payment_links() -> dict[str, Callable[[InvoiceRow], object]]:
    links: dict[str, Callable[[InvoiceRow], object]] = {}
    for service in PAYMENT_LINKS:
        links[f"payment_link_{service}"] = lambda _: False
        links[f"payment_link_{service}_url"] = _link_to(service)
    return links


def _link_to(service: str) -> Callable[[InvoiceRow], object]:
    def link(row: InvoiceRow) -> str | None:
        if not row.entered.get(f"payment_link_{service}"):
            return None
        return f"https://app.smallinvoice.com/pay/{service}/{row.oddness:016x}"

    return link


_COLUMNS: Mapping[str, Callable[[InvoiceRow], object]] = {
    **HEAD,
    "due": lambda row: row.paper.due.isoformat(),
    "period_from": _period_from,
    "period_to": _period_to,
    **BODY,
    "cash_discount_rate": lambda row: payments.CASH_DISCOUNT_PERCENT if _cash_discount_date(row) else None,
    "cash_discount_date": _cash_discount_date,
    "total_paid": lambda row: number(row.total_paid),
    "paid_date": _paid_date,
    "bank_account_id": _bank_account_id,
    "isr_id": lambda row: row.around.slip.id if row.around.slip else None,
    "isr_position": lambda _: "A",
    "isr_reference_number": attrgetter("reference_number"),
    **_payment_links(),
    **TAIL,
}
INVOICE: Shape[InvoiceRow] = Shape(
    "DocumentInvoiceStandard",
    _COLUMNS,
    {**EXTRAS, "bank_account": _bank_account, "isr": _slip, "workflow": _workflow},
    "-number",
    SEARCHED,
)
