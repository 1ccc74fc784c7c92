"""Writing payments, which stand below their invoice, and settling an invoice by one: smallinvoice API v2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from ledgermesh.model.enums import PaymentKind, PaymentMethod
from ledgermesh.model.money import Money
from ledgermesh.providers.smallinvoice.writing_encodings import (
    CREATE,
    amount,
    bare,
    crud,
    day,
    given,
    needs,
    stamp,
    words,
)
from ledgermesh.spec.write import Compose, Draft, Lost, Part, Problem, Put, Target, Writes

_KINDS: Final = {
    PaymentKind.PAYMENT: "N",
    PaymentKind.CASH_DISCOUNT: "C",
    PaymentKind.ROUNDING: "D",
    PaymentKind.WRITE_OFF: "W",
}
_CHANNELS: Final = {PaymentMethod.BANK_TRANSFER: "T", PaymentMethod.CASH: "C", PaymentMethod.CARD: "CC"}
_ONLINE: Final = ("PP", "PF", "PR", "SC")
_WORDS: Final = (*_CHANNELS.values(), *_ONLINE)
_VOID: Final = ("C", "D")


def _kind(value: PaymentKind | None, draft: Draft) -> Mapping[str, object]:
    if value is None:
        return {}
    if value not in _KINDS:
        raise ValueError(f"one of {', '.join(kind.value for kind in _KINDS)}, not {value.value}")
    if draft.values.get("kind_raw") not in (None, _KINDS[value]):
        raise ValueError(f"{value.value} is {_KINDS[value]} at smallinvoice, not {draft.values['kind_raw']}")
    return {"type": _KINDS[value]}


def _method(value: PaymentMethod | None, draft: Draft) -> Mapping[str, object]:
    """Four channels are ONLINE: which one, only the provider's own word tells."""
    own = draft.values.get("method_raw")
    if value is None:
        return {}
    if value is PaymentMethod.ONLINE:
        if own not in _ONLINE:
            raise ValueError(f"say by methodRaw which one: {', '.join(_ONLINE)}")
        return {}
    if value not in _CHANNELS:
        raise Lost(f"smallinvoice has no channel for {value.value}.")
    if own not in (None, _CHANNELS[value]):
        raise ValueError(f"{value.value} is {_CHANNELS[value]} at smallinvoice, not {own}")
    return {"channel": _CHANNELS[value]}


def _raw(path: str) -> Put:
    """The provider's own word, where the caller gives it."""
    taken = tuple(_KINDS.values()) if path == "type" else _WORDS
    return Put(encode=lambda value, draft: {path: value} if value else {}, words=taken, verbs=CREATE)


def _allocations(value: Sequence[Mapping[str, Any]] | None, draft: Draft) -> Mapping[str, object]:
    """The path carries the invoice, and all of the payment settles it."""
    if not value or len(value) != 1 or not isinstance(value[0].get("document"), Target):
        raise ValueError("a payment settles one invoice, all of it: name it as allocations.0.document")
    if value[0]["document"].kind != "Invoice":
        raise ValueError("a payment settles an invoice")
    return {}


def _typed(body: dict[str, object], draft: Draft) -> object:
    """Money received, unless another kind is said."""
    return {"type": "N", **body} if draft.verb == "CREATE" else body


_PAYMENT: Mapping[str, Put] = {
    "allocations": Put(encode=_allocations, kind="Invoice", required=True, verbs=CREATE),
    "date": given("date", day, required=True, verbs=CREATE),
    "kind": Put(encode=_kind, verbs=CREATE, words=tuple(kind.value for kind in _KINDS)),
    "kind_raw": _raw("type"),
    "method": Put(encode=_method, verbs=CREATE),
    "method_raw": _raw("channel"),
    "amount": given("amount", amount, required=True, verbs=CREATE),
    "currency": Put(silent=True, verbs=CREATE),
    "party": Put(silent=True, kind="Party", verbs=CREATE),
    "memo": words("notes"),
}


# -- what can be known before -----------------------------------------------------------------------------------------


def open_amount(invoice: Mapping[str, Any]) -> Decimal | None:
    """What of an invoice is not settled yet; None where it does not say."""
    total, paid = invoice.get("total"), invoice.get("total_paid")
    if not isinstance(total, int | Decimal) or not isinstance(paid, int | Decimal):
        return None
    return Decimal(total) - Decimal(paid)


def _invoice(draft: Draft) -> Mapping[str, Any]:
    allocations = draft.values.get("allocations") or ()
    target = allocations[0].get("document") if allocations else None
    return target.doc if isinstance(target, Target) else {}


def _fits_the_invoice(draft: Draft) -> Iterable[Problem]:
    """Not more than is open, in the invoice's currency, of the invoice's contact."""
    invoice = _invoice(draft)
    if draft.verb != "CREATE" or not invoice:
        return
    party = draft.values.get("party")
    if isinstance(party, Target) and bare(party) != invoice.get("contact_id"):
        yield Problem("party", "the invoice is another contact's")
    part = draft.values["allocations"][0].get("amount")
    for name, value in (("amount", draft.values.get("amount")), ("allocations.0.amount", part)):
        if isinstance(value, Money):
            yield from _amount_fits(name, value, invoice)
    if isinstance(part, Money) and part.amount != getattr(draft.values.get("amount"), "amount", part.amount):
        yield Problem("allocations.0.amount", "a payment settles its invoice with all of its amount")


def _amount_fits(name: str, value: Money, invoice: Mapping[str, Any]) -> Iterable[Problem]:
    left = open_amount(invoice)
    if value.currency not in (None, invoice.get("currency")):
        yield Problem(name, f"the invoice is in {invoice.get('currency')}, not in {value.currency}")
    if value.amount <= 0:
        yield Problem(name, "a payment is above zero")
    elif left is not None and value.amount > left:
        yield Problem(name, f"only {left} of the invoice is open", "OVER_BALANCE")


def _not_void(draft: Draft) -> Iterable[Problem]:
    invoice = draft.before if draft.verb == "PAY" else _invoice(draft)
    if (invoice or {}).get("status") in _VOID:
        path = "" if draft.verb == "PAY" else "allocations.0.document"
        yield Problem(path, "the invoice is cancelled or deleted", "READ_ONLY")


PAYMENTS: Writes = crud(
    "Payment",
    "/receivables/invoices/{parent}/payments",
    _PAYMENT,
    parent="allocations.0.document",
    repeat=stamp("memo"),
    build=_typed,
    checks=(_fits_the_invoice, _not_void),
)


# -- an invoice is paid ------------------------------------------------------------------------------------------------


def _something_open(draft: Draft) -> Iterable[Problem]:
    left = open_amount(draft.before or {})
    if left is not None and left <= 0:
        yield Problem("", "nothing of the invoice is open", "OVER_BALANCE")


def _one_payment(draft: Draft, target: Target | None) -> Sequence[Part]:
    """A payment of all that is open unless an amount is given."""
    assert target is not None, "what is paid is there"
    invoice = draft.before or {}
    given = {name: value for name, value in draft.values.items() if name in _PAY and value is not None}
    if "amount" not in given:
        left = open_amount(invoice)
        if left is None:
            raise ValueError("the invoice does not say what is open; give the amount")
        given["amount"] = Money(amount=left, currency=invoice.get("currency"))
    paid = Target("Invoice", target.native_id, invoice)
    return (Part(kind="Payment", verb="CREATE", values={"allocations": ({"document": paid},), **given}),)


_PAY: Mapping[str, Put] = {name: _PAYMENT[name] for name in ("date", "amount", "method", "memo")}

PAY: Final = Compose(
    kind="Invoice",
    verb="PAY",
    puts=_PAY,
    parts=_one_payment,
    before=True,
    checks=(needs("date"), _something_open, _not_void),
)

PAYMENT_WRITES: Writes = (*PAYMENTS, PAY)
