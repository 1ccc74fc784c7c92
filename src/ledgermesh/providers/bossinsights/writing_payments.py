"""Changes of payments, and what pays an invoice or a bill: https://docs.bossinsights.com/developer"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from ledgermesh.model.enums import DocumentStatus, PaymentKind
from ledgermesh.model.money import Money
from ledgermesh.providers.bossinsights import quirks
from ledgermesh.providers.bossinsights.writing_trade import METHOD
from ledgermesh.providers.bossinsights.writing_values import (
    TEXT_MAX,
    account,
    blank,
    cents,
    code,
    create,
    day,
    only,
    record,
    update,
)
from ledgermesh.spec.leaves import as_percent, folded, in_major, to_currency, to_decimal
from ledgermesh.spec.write import (
    Compose,
    Draft,
    Lost,
    Part,
    Problem,
    Put,
    Stamp,
    Target,
    Values,
    Writes,
    parts,
)

IN_ORDER = (
    "it is told which documents a payment settles and not how much of each: they are settled in the order in which "
    "they are named, each as far as the money goes"
)


def _allocations(values: Values) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = values.get("allocations") or ()
    return found


def _open(document: object) -> Decimal | None:
    """What is open on a document, in hundredths; None for one that is not there yet."""
    found = document.doc.get("balance") if isinstance(document, Target) else None
    return None if found in (None, "") else to_decimal(found)


def _shares(values: Values) -> Iterator[Decimal]:
    """What each document gets, in hundredths."""
    amount = values.get("amount")
    left = as_percent(amount.amount) if isinstance(amount, Money) else Decimal(0)
    for each in _allocations(values):
        balance = _open(each.get("document"))
        share = left if balance is None else min(balance, left)
        left -= share
        yield share


def _share(value: Money | None, draft: Draft) -> Mapping[str, object]:
    """How much of a document a payment settles: only what it would settle anyway."""
    above = draft.above
    if value is None or above is None:
        return {}
    own = draft.values.get("document")
    documents = [each.get("document") for each in _allocations(above.values)]
    if (own, as_percent(value.amount)) not in zip(documents, _shares(above.values), strict=True):
        raise Lost(IN_ORDER)
    return {}


def _puts(side: str, resource: str, documents: str, kind: str) -> dict[str, Put]:
    one = {
        "document": record(kind, "id", required=True),
        "amount": Put(encode=_share, silent=True),
    }
    return {
        "date": day("paymentDate"),
        "kind": only(PaymentKind.PAYMENT, "It keeps payments only."),
        **METHOD,
        "currency": code("currency"),
        "amount": cents("amount", required=True),
        "allocations": parts(documents, one, many=True, required_if="without `party`"),
        "reference": blank("reference"),
        "party": record("Party", side, resource=resource, required_if="without `allocations`"),
        "account": account("accountId"),
    }


PAYMENT = _puts("customerId", "customer", "invoiceIds", "Invoice")
BILL_PAYMENT = _puts("vendorId", "vendor", "billIds", "Bill")


def _bare_ids(body: dict[str, Any], draft: Draft, *, documents: str) -> object:
    """What is settled stands there by bare ids."""
    rows = body.get(documents)
    return body if not isinstance(rows, list) else {**body, documents: [row["id"] for row in rows]}


# -- what can be known before ----------------------------------------------------------------------------------------


def _whole(draft: Draft) -> Iterator[Problem]:
    amount, values = draft.values.get("amount"), draft.values
    if isinstance(amount, Money) and amount.amount <= 0:
        yield Problem("amount", "a payment is of more than nothing")
    if draft.verb == "CREATE" and values.get("party") is None and not _allocations(values):
        yield Problem("party", "`party` or `allocations` says whose it is", "REQUIRED")


def _settling(draft: Draft, *, kind: str, side: str) -> Iterator[Problem]:
    """All that is settled is open, of one party, and in the payment's currency."""
    party = draft.values.get("party")
    known = party.doc.get("srcId") if isinstance(party, Target) else None
    for place, each in enumerate(_allocations(draft.values)):
        path, document = f"allocations.{place}.document", each.get("document")
        if not isinstance(document, Target) or not document.doc:
            continue
        if document.kind != kind:
            yield Problem(path, f"a {document.kind} stands where a {kind} is settled")
            continue
        known = known or document.doc.get(side)
        if document.doc.get(side) not in (None, known):
            yield Problem(path, "it is another party's than the payment")
        yield from _within(draft, document, each, f"allocations.{place}")


def _within(draft: Draft, document: Target, each: Mapping[str, Any], path: str) -> Iterator[Problem]:
    balance, amount = _open(document), each.get("amount")
    if draft.verb == "CREATE" and balance is not None and balance <= 0:
        yield Problem(f"{path}.document", "nothing is open on it")
    elif isinstance(amount, Money) and balance is not None and as_percent(amount.amount) > balance:
        yield Problem(f"{path}.amount", f"{in_major(balance, None)} is open on it, not {amount.amount}")
    currency, own = to_currency(document.doc.get("currency")), _currency(draft)
    if currency and own and currency != own:
        yield Problem(f"{path}.document", f"it is in {currency} and the payment in {own}")


def _currency(draft: Draft) -> str | None:
    amount = draft.values.get("amount")
    return draft.values.get("currency") or (amount.currency if isinstance(amount, Money) else None)


# -- marking a document as paid --------------------------------------------------------------------------------------


def _payable(draft: Draft) -> Iterator[Problem]:
    """There is something to pay, and no more is paid than that."""
    before = draft.before or {}
    word, balance = before.get("status"), _open(Target("", "", before))
    status = quirks.STATUSES.get(folded(word)) if isinstance(word, str) else None
    if status in (DocumentStatus.DRAFT, DocumentStatus.VOID):
        yield Problem("", f"it is {status.value}, and nothing is paid on such")
    elif balance is None or balance <= 0:
        yield Problem("", "nothing is open on it")
    amount = draft.values.get("amount")
    if isinstance(amount, Money) and balance is not None and as_percent(amount.amount) > balance:
        yield Problem("amount", f"{in_major(balance, None)} is open on it, not {amount.amount}")


def _pay(draft: Draft, target: Target | None, *, kind: str) -> Sequence[Part]:
    """One payment, of all that is open unless an amount is given."""
    before = draft.before or {}
    if target is None:
        raise ValueError("a payment needs the document that it pays")
    money = Money(
        amount=in_major(_open(Target("", "", before)) or 0, None),
        currency=to_currency(before.get("currency")) or draft.settings.get("currency"),
    )
    given = {"amount": money, **{name: value for name, value in draft.values.items() if value is not None}}
    settled = Target(target.kind, target.native_id, before)
    return (Part(kind=kind, verb="CREATE", values={**given, "allocations": ({"document": settled},)}),)


def _paying(kind: str, payment: str, puts: Mapping[str, Put]) -> Compose:
    return Compose(
        kind=kind,
        verb="PAY",
        before=True,
        puts={name: puts[name] for name in ("date", "amount", "method", "account", "reference")},
        parts=partial(_pay, kind=payment),
        result=0,
        checks=(_payable,),
    )


def _object(
    kind: str, puts: Mapping[str, Put], documents: str, checks: Callable[[Draft], Iterator[Problem]]
) -> Writes:
    more: dict[str, Any] = {"checks": (_whole, checks), "build": partial(_bare_ids, documents=documents)}
    return (
        create(kind, "/payments", puts, Stamp("reference", TEXT_MAX), **more),
        update(kind, "/payments", puts, **more),
    )


WRITES: Writes = (
    *_object("Payment", PAYMENT, "invoiceIds", partial(_settling, kind="Invoice", side="customerId")),
    *_object("BillPayment", BILL_PAYMENT, "billIds", partial(_settling, kind="Bill", side="vendorId")),
    _paying("Invoice", "Payment", PAYMENT),
    _paying("Bill", "BillPayment", BILL_PAYMENT),
)
