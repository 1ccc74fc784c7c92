"""Writes of invoices and bills, and invoices by e-mail: https://api.kashoo.com/index.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledgermesh.model.enums import TaxMode
from ledgermesh.providers.kashoo import bodies, checks
from ledgermesh.providers.kashoo.encodings import EXCHANGE_RATE, TEXT_MAX, day_at, implied, text_at
from ledgermesh.providers.kashoo.writing_lines import lines
from ledgermesh.providers.kashoo.writing_records import RECORD, REQUIRED_CURRENCY, Kind, writes_of
from ledgermesh.spec.write import Draft, Lost, Never, Problem, Put, Write, Writes, reference

SENDING = frozenset(("SEND",))


def paper_puts(line: Mapping[str, Put]) -> dict[str, Put]:
    """The fields of an invoice or a bill, whose lines have these fields."""
    return {
        **RECORD,
        **REQUIRED_CURRENCY,
        "due_date": day_at("dueDate", required=True),
        "reference": text_at("poNumber"),
        "exchange_rate": EXCHANGE_RATE,
        "tax_mode": implied(TaxMode.EXCLUSIVE),
        "memo": text_at("memo"),
        "private_note": text_at("description", length_max=TEXT_MAX),
        "payment_terms": text_at("terms"),
        "party": reference("Party", "contact", numeric=True),
        "lines": lines(line),
    }


def paper_writes(line: Mapping[str, Put]) -> Writes:
    """Invoices and bills, whose lines have these fields."""
    puts = paper_puts(line)
    found = [
        writes_of(
            Kind(
                kind=kind,
                type=type,
                path=path,
                puts=puts,
                stamp="private_note",
                build=bodies.paper,
                dropped=bodies.PAPER_COMPUTED,
                checks=(checks.lines_there, checks.lines_priced),
            )
        )
        for kind, type, path in (("Invoice", "INVOICE", "invoices"), ("Bill", "BILL", "bills"))
    ]
    return tuple(write for each in found for write in each)


# -- by e-mail -------------------------------------------------------------------------------------------------------


def _addresses(value: tuple[str, ...] | None, name: str) -> Mapping[str, object]:
    for address in value or ():
        if "@" not in address or "," in address or any(letter.isspace() for letter in address):
            raise ValueError(f"{address!r} is no e-mail address")
    return {name: ",".join(value or ())}


def _recipients(value: tuple[Mapping[str, Any], ...] | None, draft: Draft) -> Mapping[str, object]:
    if any(each.get("name") for each in value or ()):
        raise Lost("recipients are addresses without names")
    return _addresses(tuple(each.get("email") or "" for each in value or ()), "to")


def _addressed(draft: Draft) -> Iterator[Problem]:
    if not draft.values.get("preview") and not draft.values.get("recipients"):
        yield Problem("recipients", "Kashoo needs somebody to send it to", "REQUIRED")


SEND_INVOICE = Write(
    kind="Invoice",
    verb="SEND",
    method="POST",
    path="/records/{id}/email",
    puts={
        "channel": Put(words=("EMAIL",), silent=True, verbs=SENDING),
        "recipients": Put(encode=_recipients, required_if="It is sent, not only previewed.", verbs=SENDING),
        "cc": Put(encode=lambda value, draft: _addresses(value, "cc"), verbs=SENDING),
        "bcc": Put(encode=lambda value, draft: _addresses(value, "bcc"), verbs=SENDING),
        "message": text_at("message", verbs=SENDING),
        "preview": Put(encode=lambda value, draft: {"preview": bool(value)}, verbs=SENDING),
    },
    before=True,
    id="",
    repeat=Never(),
    checks=(checks.still_there, _addressed),
    assumed="The path, and that several addresses stand in one text with commas between them.",
)
