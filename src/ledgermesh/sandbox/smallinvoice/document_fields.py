"""The keys of a document's body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ledgermesh.sandbox.smallinvoice.assigning import CUSTOM_FIELDS, LANGUAGE
from ledgermesh.sandbox.smallinvoice.errors import Wrong
from ledgermesh.sandbox.smallinvoice.fields import (
    REQUIRED,
    UNSET,
    Check,
    Field,
    Form,
    amount,
    between,
    choice,
    currency,
    day,
    email,
    filled,
    instant,
    many,
    nested,
    one_of,
    optional,
    required,
    share,
    switch,
    text,
)
from ledgermesh.sandbox.smallinvoice.invoices import PAYMENT_LINKS

_ID = between(1, 10**10)
_IN_A_LINE = ("price", "vat", "amount", "unit_id")


def _amounts_of_lines(line: Mapping[str, Any]) -> Iterable[Wrong]:
    if line.get("type") == "N":
        yield from (Wrong(key, REQUIRED, "is required") for key in _IN_A_LINE if line.get(key) is None)


_POSITION = nested(
    required("type", one_of("N", "T", "PB", "H", "SI", "SNI")),
    required("catalog_type", one_of("P", "S")),
    *(optional(name, text) for name in ("number", "name", "description")),
    optional("price", amount),
    optional("vat", share),
    optional("amount", amount),
    optional("unit_id", _ID),
    optional("discount_rate", share),
    choice("discount_type", "P", "P", "A"),
    switch("show_only_total"),
    also=_amounts_of_lines,
)


def _texts(*statuses: str) -> Field:
    words = (Field(name, text, default="") for name in ("title", "introduction", "conditions"))
    return Field(
        "texts",
        many(_filled_texts(nested(required("status", one_of(*statuses)), *words))),
        null=False,
        default=UNSET,
    )


def _filled_texts(check: Check) -> Check:
    """Null is the same as no text."""
    return lambda value: {key: word or "" for key, word in check(value).items()}


RECIPIENT_FIELDS = (
    required("contact_id", _ID),
    required("contact_address_id", _ID),
    optional("contact_prepage_address_id", _ID),
    optional("contact_person_id", _ID),
)
LOOK_FIELDS = (optional("signature_id", _ID), optional("layout_id", _ID, UNSET))
FREE_TEXTS = Field(
    "free_texts",
    many(
        nested(
            required("text", text),
            required("font_size", between(1, 50)),
            required("position_x", amount),
            required("position_y", amount),
            required("page", between(1, 10_000)),
        )
    ),
    null=False,
    default=[],
)
_DOCUMENT = (
    optional("number", filled, UNSET),
    *RECIPIENT_FIELDS,
    required("date", day),
    Field("period_text", text, default=""),
    required("currency", currency),
    switch("vat_included"),
    optional("discount_rate", share, share(0)),
    choice("discount_type", "P", "A", "P"),
    LANGUAGE,
    *LOOK_FIELDS,
    optional("notes", text),
    CUSTOM_FIELDS,
    required("positions", many(_POSITION)),
    FREE_TEXTS,
)
NOTE = Form((*_DOCUMENT, _texts("D", "DR", "S", "B")))
"""Order confirmations and delivery notes."""
OFFER = Form(
    (
        *_DOCUMENT,
        required("valid_until", day),
        switch("accept_online"),
        _texts("D", "DR", "S", "DE", "A", "B"),
    )
)
INVOICE = Form(
    (
        *_DOCUMENT,
        required("due", day),
        optional("period_from", day),
        optional("period_to", day),
        optional("cash_discount_rate", between(0, 100)),
        optional("cash_discount_date", day),
        optional("bank_account_id", _ID, UNSET),
        optional("isr_id", _ID, UNSET),
        choice("isr_position", "A", "A", "F", "L"),
        *(switch(f"payment_link_{service}") for service in PAYMENT_LINKS),
        _texts("D", "R", "R1", "R2", "R3", "DC", "RE"),
        Field(
            "workflow",
            many(
                nested(
                    switch("active"),
                    required("status", one_of("R", "R1", "R2", "R3")),
                    required("overdue_days", between(0, 10_000)),
                    required("action", one_of("M", "CE", "CP")),
                    optional("contact_email", email),
                    optional("speed", one_of("P", "E")),
                )
            ),
            null=False,
            default=[],
        ),
    )
)


def status(*words: str) -> Form:
    """The body of change-status."""
    return Form((required("status", one_of(*words)), optional("date_time", instant)))


def _email(*more: Field) -> Form:
    recipients = many(nested(required("email", email), required("name", text)), least=1)
    sender = optional("from", one_of("CO", "U", "S", "CE"))
    return Form(
        (
            required("subject", filled),
            required("body", text),
            required("recipients", recipients),
            sender,
            *more,
        )
    )


EMAIL = _email()
INVOICE_EMAIL = _email(switch("receipt"))
POST = Form(
    (
        required("palette", one_of("C", "BW")),
        required("print", one_of("D", "S")),
        required("speed", one_of("P", "E")),
    )
)
