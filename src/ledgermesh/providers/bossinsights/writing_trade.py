"""Changes of invoices, bills, expenses and credit notes: https://docs.bossinsights.com/developer"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledgermesh.model.enums import DocumentStatus, TaxMode
from ledgermesh.model.sales import CreditNoteStatus
from ledgermesh.providers.bossinsights import quirks
from ledgermesh.providers.bossinsights.trade import METHODS
from ledgermesh.providers.bossinsights.writing_lines import LINE, priced, taxed
from ledgermesh.providers.bossinsights.writing_values import (
    TEXT_MAX,
    account,
    blank,
    code,
    create,
    day,
    firm,
    only,
    record,
    update,
    word,
)
from ledgermesh.spec.leaves import folded
from ledgermesh.spec.write import Draft, Lost, Problem, Put, Stamp, Target, Write, Writes, parts

PAY_METHODS = ("cash", "check", "card", "bank_transfer")
"""Assumed: the words that are taken; more are read."""

NET = "Its prices are net: tax comes on top of them."


def _named(name: str, role: str) -> Put:
    """The other side by name; a name that nobody has makes a new customer or vendor."""

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        if not (value or "").strip():
            raise ValueError(f"a document names its {role}")
        party = draft.values.get("party")
        if not isinstance(party, Target):
            return {name: value}
        if party.doc.get("name") != value:
            raise Lost(f"a document shows the name of its {role}, whom `party` says already")
        return {}

    return Put(encode=encode, required_if="without `party`")


def _sides(id: str, name: str, resource: str) -> dict[str, Put]:
    return {
        "party": record("Party", id, resource=resource, required_if="without `partyName`"),
        "party_name": _named(name, resource),
    }


def _methods(path: str, method: str, raw_name: str) -> dict[str, Put]:
    """How it was paid, by our word or by its own; given both ways it is the same one."""
    known = {folded(found): member for found, member in METHODS.items()}

    def raw(value: str | None, draft: Draft) -> Mapping[str, object]:
        ours = draft.values.get(method)
        if not value:
            raise ValueError("it can be changed, not taken away")
        if ours is not None and known.get(folded(value)) is not ours:
            raise ValueError(f"{value!r} is not its word for {ours.value}")
        return {path: value}

    return {method: word(path, METHODS, *PAY_METHODS), raw_name: Put(encode=raw)}


METHOD = _methods("method", "method", "method_raw")

DOCUMENT: dict[str, Put] = {
    "currency": code("currency"),
    "memo": blank("memo"),
    "tax_mode": only(TaxMode.EXCLUSIVE, NET),
    "lines": parts("lines", LINE, many=True, required=True),
}

STATUS = word("status", quirks.STATUSES, "draft", "open", "paid", "void")
"""Assumed: `paid` settles what is open, on the day; how it was paid can be said by a payment only."""

INVOICE: dict[str, Put] = {
    "number": firm("invoiceNumber"),
    "date": day("invoiceDate"),
    "due_date": day("paymentDueDate"),
    "status": STATUS,
    **_sides("customerId", "customerName", "customer"),
    **DOCUMENT,
}

_PURCHASE: dict[str, Put] = {
    "number": firm("billNumber"),
    "date": day("billDate"),
    **_sides("vendorId", "vendorName", "vendor"),
    **DOCUMENT,
}

BILL: dict[str, Put] = {**_PURCHASE, "due_date": day("paymentDueDate"), "status": STATUS}

EXPENSE: dict[str, Put] = {
    **_PURCHASE,
    "account": account("accountId"),
    "payment_account": account("accountId"),
    **_methods("method", "payment_method", "payment_method_raw"),
}

CREDIT_STATUSES = {"open": CreditNoteStatus.OPEN, "paid": CreditNoteStatus.REFUNDED}

CREDIT_NOTE: dict[str, Put] = {
    "number": firm("creditNoteNumber"),
    "date": day("date"),
    "status": word("status", CREDIT_STATUSES, "open", "paid"),
    **_sides("customerId", "customerName", "customer"),
    **DOCUMENT,
}

# -- what can be known before ----------------------------------------------------------------------------------------


def _sided(draft: Draft) -> Iterator[Problem]:
    if draft.verb == "CREATE" and all(draft.values.get(name) is None for name in ("party", "party_name")):
        yield Problem("party", "`party` or `partyName` says whose it is", "REQUIRED")


def _paid_from(draft: Draft) -> Iterator[Problem]:
    ways = {
        draft.values[name] for name in ("account", "payment_account") if draft.values.get(name) is not None
    }
    if len(ways) > 1:
        yield Problem(
            "payment_account", "`account` is the account it was paid from as well; give one of them"
        )


CHECKS = (_sided, priced, taxed)


def _unpaid(draft: Draft) -> Iterator[Problem]:
    """What money was paid on counts."""
    if (found := _word(draft)) in (DocumentStatus.PAID, DocumentStatus.PARTIALLY_PAID):
        yield Problem("", f"it is {found.value}: something is paid on it, so that it cannot be made void")


def _stated(draft: Draft) -> Iterator[Problem]:
    if not draft.values.get("status"):
        yield Problem("status", "which one?", "REQUIRED")


def _word(draft: Draft) -> DocumentStatus | None:
    found = (draft.before or {}).get("status")
    return quirks.STATUSES.get(folded(found)) if isinstance(found, str) else None


# -- all of them -----------------------------------------------------------------------------------------------------


def _void(kind: str, path: str) -> Write:
    return update(
        kind, path, {}, verb="VOID", fixed={"status": "void"}, delete="VOID", looked_at=("status",),
        checks=(_unpaid,),
    )  # fmt: skip


def _set_status(kind: str, path: str, known: Mapping[str, Any]) -> Write:
    """By our word for it, or by its own."""
    words = {member.value: found for found, member in reversed(list(known.items()))} | {
        found: found for found in known
    }

    def encode(value: str | None, draft: Draft) -> Mapping[str, object]:
        return {"status": words.get(value or "")}

    taken = Put(encode=encode, required=True, words=tuple(words))
    return update(kind, path, {"status": taken}, verb="SET_STATUS", looked_at=("status",), checks=(_stated,))


_SETTABLE = {word: quirks.STATUSES[word] for word in ("draft", "open", "paid", "void")}


def _object(kind: str, path: str, puts: Mapping[str, Put], *, undo: bool = False, **more: Any) -> Writes:
    checks = (*CHECKS, *more.pop("checks", ()))
    return (
        create(
            kind, path, puts, Stamp("memo", TEXT_MAX), checks=checks, undo="VOID" if undo else None, **more
        ),
        update(kind, path, puts, checks=checks, **more),
    )


WRITES: Writes = (
    *_object("Invoice", "/invoices", INVOICE, undo=True),
    _void("Invoice", "/invoices"),
    _set_status("Invoice", "/invoices", _SETTABLE),
    *_object("Bill", "/bills", BILL, undo=True),
    _void("Bill", "/bills"),
    _set_status("Bill", "/bills", _SETTABLE),
    *_object("Expense", "/expenses", EXPENSE, checks=(_paid_from,)),
    *_object("CreditNote", "/credit_notes", CREDIT_NOTE),
    _set_status("CreditNote", "/credit_notes", CREDIT_STATUSES),
)
