"""What a caller may give for each kind of record: the model's own fields, with references in place of ids."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any, get_args, get_origin

from msgspec import Struct

from ledgermesh.model.enums import PaymentMethod, SendChannel
from ledgermesh.model.mapped import Mapped
from ledgermesh.model.money import Money
from ledgermesh.spec.pointer import Pointer
from ledgermesh.spec.wires import declared


class Input(Struct, frozen=True, kw_only=True):
    """One field of an input."""

    hint: Any
    """The type of its value, without null; of a list, that of an element; of a part None."""
    many: bool = False
    kinds: tuple[str, ...] = ()
    """Of a reference: what it may name."""
    parts: Mapping[str, Input] | None = None
    """Of a nested object, or of the elements of a list."""
    model: str = ""
    """Name of the model's type that `parts` mirror."""
    help: str = ""


COMPUTED = frozenset((
    "origin_integration", "origin_native_id", "created_at", "updated_at", "deleted", "home_currency",
    "amount_paid", "amount_due", "balance", "balance_due", "overdue", "days_until", "category_confidence",
    "full_name", "attachments", "payment_refs", "size", "paid_date", "tax_breakdown", "status_raw",
    "accept_url", "accept_status_raw", "line_number", "remaining", "system", "custom_fields",
))  # fmt: skip
"""Fields that no provider lets anybody set. The company's own fields are given beside the input."""

ACCOUNTS = ("Account", "BankAccount")

REFERS: Mapping[str, tuple[str, ...]] = {
    "party": ("Party",),
    "group": ("PartyGroup",),
    "member": ("Party",),
    "account": ACCOUNTS,
    "receivable_account": ("Account",),
    "payable_account": ("Account",),
    "sales_account": ("Account",),
    "purchase_account": ("Account",),
    "from_account": ACCOUNTS,
    "to_account": ACCOUNTS,
    "bank_account": ("BankAccount",),
    "item": ("Item",),
    "document": ("Invoice", "Bill"),
    "transaction": ("BankTransaction",),
    "employee": ("Employee",),
    "activity": ("TrackingCategory",),
    "project": ("Project",),
    "subject": ("Project", "TrackingCategory", "Party"),
}
"""What a reference names, by its field; a parent is of its child's own kind."""


def _ref(*kinds: str, help: str = "", many: bool = False) -> Input:
    return Input(hint=Pointer, kinds=kinds, help=help, many=many)


def _value(hint: Any, help: str = "", *, many: bool = False) -> Input:
    return Input(hint=hint, help=help, many=many)


FILE = "File"
"""The hint of a file."""

MORE: Mapping[str, Mapping[str, Input]] = {
    "PartyAddress": {"party": _ref("Party", help="Whose address it is.")},
    "ContactPerson": {"party": _ref("Party", help="Where the person is.")},
    "PartyBankAccount": {"party": _ref("Party", help="Whose account it is.")},
    "Document": {"file": _value(FILE, "The file itself.")},
    "DocumentLine": {"unit": _ref("Unit", help="What the quantity counts.")},
    "Item": {
        "unit": _ref("Unit", help="What it is sold in."),
        "category": _ref("ItemCategory", help="The category it is in."),
    },
    "Expense": {"payment_account": _ref(*ACCOUNTS, help="The account it was paid from.")},
}
"""What is given beside the model's fields, or in another form than it is read."""

for _document in ("Invoice", "Quote", "SalesOrder", "DeliveryNote", "Letter"):
    MORE = {
        **MORE,
        _document: {
            "party_address": _ref("PartyAddress", help="The address it goes to; the party's main one by default."),
            "contact_person": _ref("ContactPerson", help="The person it is addressed to."),
            **({"bank_account": _ref("BankAccount", help="Where it is to be paid.")} if _document == "Invoice" else {}),
        },
    }  # fmt: skip

RECIPIENT = {"email": _value(str, "E-mail address."), "name": _value(str, "Name of the person.")}

ACTIONS: Mapping[str, Mapping[str, Input]] = {
    "PAY": {
        "date": _value(dt.date, "Day the money moved."),
        "amount": _value(Money, "All that is open by default."),
        "method": _value(PaymentMethod, "How it was moved."),
        "account": _ref(*ACCOUNTS, help="The bank or cash account."),
        "number": _value(str, "Number of the payment."),
        "reference": _value(str, "Check number or other reference."),
        "memo": _value(str, "Text."),
    },
    "SEND": {
        "channel": _value(SendChannel, "EMAIL, or POST where the provider prints and posts letters."),
        "recipients": Input(hint=None, many=True, parts=RECIPIENT, model="Recipient", help="To whom, by e-mail."),
        "cc": _value(str, "Copies to these addresses.", many=True),
        "bcc": _value(str, "Hidden copies to these addresses.", many=True),
        "subject": _value(str, "Subject of the e-mail."),
        "message": _value(str, "Text of the e-mail."),
        "preview": _value(bool, "Only shows what would be sent, where the provider can."),
        "receipt": _value(bool, "As a receipt."),
        "color": _value(bool, "By post: in colour."),
        "duplex": _value(bool, "By post: printed on both sides."),
        "express": _value(bool, "By post: fast."),
    },
    "SET_STATUS": {
        "status": _value(str, "The status, by this schema's word for it."),
        "status_raw": _value(str, "The status by the provider's own word, in its place."),
        "at": _value(dt.datetime, "Since when, where the provider takes it."),
    },
    "IMPORT": {
        "file": _value(FILE, "The bank statement: OFX or QBO."),
        "account": _ref(*ACCOUNTS, help="The account the statement is of."),
        "preview": _value(bool, "Only shows what would be taken in."),
    },
    "DELETE": {},
    "VOID": {},
    "UNPROCESS": {},
}  # fmt: skip
"""What verbs other than CREATE and UPDATE take; the same for every kind."""


@cache
def inputs_of(model: Any) -> Mapping[str, Input]:
    """The fields that CREATE and UPDATE of this kind take, or those of one of its parts."""
    found: dict[str, Input] = {}
    for name, hint in declared(model).items():
        if name not in COMPUTED and (name != "native_id" or not hasattr(model, "source")):
            given, made = _input(model, name, hint)
            found[given] = made
    return {**found, **MORE.get(model.__name__, {})}


def inputs_for(model: Any, verb: str) -> Mapping[str, Input]:
    """The fields that this verb takes."""
    return inputs_of(model) if verb in ("CREATE", "UPDATE", "UPDATE_MANY") else ACTIONS[verb]


def _input(model: Any, name: str, hint: Any) -> tuple[str, Input]:
    bare, many = _bare(hint)
    for ending in ("_ref", "_refs", "_native_id", "_native_ids"):
        stem = name.removesuffix(ending)
        if stem != name:
            plural = ending.endswith("s")
            kinds = (model.__name__,) if stem == "parent" else REFERS[stem]
            return (f"{stem}s" if plural else stem), Input(hint=Pointer, many=plural, kinds=kinds)
    if isinstance(bare, type) and issubclass(bare, Mapped):
        made: Any = bare
        return name, Input(hint=None, many=many, parts=inputs_of(made), model=bare.__name__)
    return name, Input(hint=bare, many=many)


def _bare(hint: Any) -> tuple[Any, bool]:
    """A type without its null and its list."""
    kept = (
        [each for each in get_args(hint) if each is not type(None)]
        if type(None) in get_args(hint)
        else [hint]
    )
    bare = kept[0]
    return (get_args(bare)[0], True) if get_origin(bare) is list else (bare, False)
