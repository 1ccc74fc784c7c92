"""Writes of payments: by themselves, and to pay an invoice or a bill: https://api.kashoo.com/index.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledgermesh.model.enums import PaymentKind, PaymentMethod
from ledgermesh.model.money import Money
from ledgermesh.model.row import Row
from ledgermesh.providers.kashoo import bodies, checks, quirks
from ledgermesh.providers.kashoo.encodings import (
    TEXT_MAX,
    account_at,
    implied,
    minor_at,
    stands,
    text_at,
)
from ledgermesh.providers.kashoo.sales import METHODS, SETTLEMENT_WIRES
from ledgermesh.providers.kashoo.writing_records import RECORD, REQUIRED_CURRENCY, Kind, writes_of
from ledgermesh.spec.write import Compose, Draft, Part, Problem, Put, Target, Writes, reference

PAYING = frozenset(("PAY",))
WORDS = {member: word for word, member in reversed(list(METHODS.items()))}
METHOD_NAMES = tuple(sorted(member.value for member in WORDS))
ALLOCATED = {"Payment": "Invoice", "BillPayment": "Bill"}
PAID_BY = {document: payment for payment, document in ALLOCATED.items()}


def _method(value: PaymentMethod | None, draft: Draft) -> Mapping[str, object]:
    """The word, and the flag for checks; where Kashoo's own word is given too, it goes and must mean this."""
    by_check = {"byCheck": value is PaymentMethod.CHECK}
    raw = draft.values.get("method_raw")
    if not raw:
        return {"method": "" if value is None else WORDS[value], **by_check}
    if SETTLEMENT_WIRES["method"].read(Row({"method": raw})) not in (value, PaymentMethod.OTHER):
        raise ValueError("`methodRaw` says another method")
    return by_check


def _nothing_left(value: Money | None, draft: Draft) -> Mapping[str, object]:
    """Follows from the amount and what is allocated of it; a check compares them."""
    return {}


def _puts(kind: str) -> dict[str, Put]:
    shares = {
        "amount": minor_at("amount", required=True),
        "document": reference(ALLOCATED[kind], "record", numeric=True, required=True),
    }
    return {
        **RECORD,
        **REQUIRED_CURRENCY,
        "kind": implied(PaymentKind.PAYMENT),
        "method": Put(encode=_method, words=METHOD_NAMES),
        "method_raw": text_at("method"),
        "amount": minor_at("amount", required=True),
        "unallocated": Put(encode=_nothing_left, silent=True),
        "memo": text_at("memo", length_max=TEXT_MAX),
        "allocations": Put(parts=shares, path="allocations", many=True),
        "party": reference(
            "Party", "contact", numeric=True, required_if="Nothing is allocated that would tell it."
        ),
        "account": account_at("account", required=True),
    }


def _kind(kind: str, type: str, path: str) -> Kind:
    return Kind(
        kind=kind,
        type=type,
        path=path,
        puts=_puts(kind),
        stamp="memo",
        build=bodies.payment,
        checks=(checks.allocated(ALLOCATED[kind]), checks.adds_up),
    )


PAYMENT_WRITES: Writes = (
    *writes_of(_kind("Payment", "INVOICE_PAYMENT", "invoicePayments")),
    *writes_of(_kind("BillPayment", "BILL_PAYMENT", "billPayments")),
)


# -- to pay a document -----------------------------------------------------------------------------------------------


def _open_balance(draft: Draft) -> Money | None:
    balance = stands(draft, "balanceDue")
    return quirks.minor(balance, Row(draft.before)) if isinstance(balance, int) and draft.before else None


def _payable(draft: Draft) -> Iterator[Problem]:
    """There is something to pay, and no more than that is paid."""
    balance, amount = _open_balance(draft), draft.values.get("amount")
    if balance is None:
        return
    if balance.amount <= 0:
        yield Problem("", "nothing is left to pay", "OVER_BALANCE")
    elif isinstance(amount, Money) and amount.amount > balance.amount:
        yield Problem("amount", f"more than the {balance.amount} that are left to pay", "OVER_BALANCE")
    elif isinstance(amount, Money) and amount.currency not in (None, balance.currency):
        yield Problem("amount", f"this document is in {balance.currency}", "OTHER_CURRENCY")


def _pay(draft: Draft, target: Target | None) -> Sequence[Part]:
    before = draft.before or {}
    amount = draft.values.get("amount") or _open_balance(draft)
    if target is None or amount is None:
        raise ValueError("what is left to pay is not known")
    document = Target(target.kind, target.native_id, before)
    contact = before.get("contact")
    values: dict[str, Any] = {
        "date": draft.values["date"],
        "currency": before.get("currency"),
        "amount": amount,
        "account": draft.values["account"],
        "allocations": ({"amount": amount, "document": document},),
        **({"party": Target("Party", str(contact))} if contact else {}),
        **{name: draft.values[name] for name in ("method", "number", "memo") if name in draft.values},
    }
    return (Part(kind=PAID_BY[target.kind], verb="CREATE", values=values),)


def _pays(kind: str) -> Compose:
    """A document is paid by a payment that settles it; the payment is what results."""
    return Compose(
        kind=kind,
        verb="PAY",
        puts={
            "date": Put(required=True, verbs=PAYING),
            "account": Put(required=True, verbs=PAYING, kind="Account|BankAccount"),
            "amount": Put(verbs=PAYING),
            "method": Put(verbs=PAYING, words=METHOD_NAMES),
            "number": Put(verbs=PAYING),
            "memo": Put(verbs=PAYING, length_max=TEXT_MAX),
        },
        parts=_pay,
        before=True,
        checks=(checks.needs("date", "account"), checks.still_there, _payable),
    )


PAY_WRITES: Writes = (_pays("Invoice"), _pays("Bill"))
