"""Writes of expenses, which Kashoo keeps as bills that are paid at once: https://api.kashoo.com/index.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ledgermesh.model.money import Money
from ledgermesh.model.row import Row
from ledgermesh.providers.kashoo import checks, quirks
from ledgermesh.providers.kashoo.writing_payments import METHOD_NAMES
from ledgermesh.spec.write import Compose, Draft, Part, Problem, Put, Target, hole

BILL_FIELDS = (
    "party", "date", "currency", "lines", "number", "reference", "memo", "private_note", "payment_terms",
    "exchange_rate", "tax_mode",
)  # fmt: skip


def _line_total(line: Mapping[str, Any], currency: str) -> Decimal | None:
    """What a line comes to before tax, rounded as Kashoo rounds it; None where the line does not say."""
    price, net = line.get("unit_price"), line.get("net")
    if not isinstance(price, Money):
        return net.amount if isinstance(net, Money) else None
    percent = line.get("discount_percent") or 0
    quantity = Decimal(line["quantity"] if line.get("quantity") is not None else 1)
    found = quirks.line_net(
        Row(
            {"quantity": quantity, "rate": price.amount, "discountCode": f"{percent}%"},
            Row({"currency": currency}),
        )
    )
    return found.amount if isinstance(found, Money) else None


def _sum(draft: Draft) -> Decimal | None:
    """What the lines come to where none is taxed; None where that cannot be known here."""
    lines, currency = draft.values.get("lines") or (), draft.values.get("currency")
    amounts = [_line_total(line, currency) for line in lines] if currency else [None]
    if any(tax.get("code") for line in lines for tax in line.get("taxes") or ()):
        return None
    return sum((each for each in amounts if each is not None), Decimal(0)) if None not in amounts else None


def _totalled(draft: Draft) -> Iterator[Problem]:
    """What was paid is known: from the lines, or, where there is tax on them, from `total`."""
    total, lines = draft.values.get("total"), _sum(draft)
    taxed = any(
        tax.get("code") for line in draft.values.get("lines") or () for tax in line.get("taxes") or ()
    )
    if total is None and taxed:
        yield Problem("total", "needed because only Kashoo knows the tax on the lines", "REQUIRED")
    elif isinstance(total, Money) and lines is not None and total.amount != lines:
        yield Problem("total", f"the lines come to {lines}", "UNBALANCED")


def _spend(draft: Draft, target: Target | None) -> Sequence[Part]:
    values = draft.values
    total, lines = values.get("total"), _sum(draft)
    amount = (
        total if isinstance(total, Money) else Money(amount=lines or Decimal(0), currency=values["currency"])
    )
    bill = {name: values[name] for name in BILL_FIELDS if name in values}
    bill["due_date"] = values.get("due_date") or values["date"]
    made = Target("Bill", hole(0))
    names = (
        ("payment_method", "method"),
        ("payment_method_raw", "method_raw"),
        ("memo", "memo"),
        ("party", "party"),
    )
    payment = {
        "date": values["date"],
        "currency": values["currency"],
        "amount": amount,
        "account": values["payment_account"],
        "allocations": ({"amount": amount, "document": made},),
        **{name: values[given] for given, name in names if given in values},
    }
    return (
        Part(kind="Bill", verb="CREATE", values=bill),
        Part(kind="BillPayment", verb="CREATE", values=payment),
    )


def expense(puts: Mapping[str, Put]) -> Compose:
    """An expense is a bill that is paid at once. Kashoo has no expenses of their own: the bill is what results."""
    return Compose(
        kind="Expense",
        verb="CREATE",
        puts={
            **{name: puts[name] for name in (*BILL_FIELDS, "due_date")},
            "payment_account": Put(required=True, kind="Account|BankAccount"),
            "payment_method": Put(words=METHOD_NAMES),
            "payment_method_raw": Put(),
            "total": Put(silent=True, required_if="A line is taxed."),
        },
        parts=_spend,
        result=0,
        checks=(checks.needs("date", "currency", "lines", "payment_account"), checks.lines_priced, _totalled),
        assumed="That a payment may settle a bill on the day that it was made.",
    )
