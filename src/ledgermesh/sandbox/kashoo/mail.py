"""Invoices by e-mail: what would be sent, or a letter in the outbox, from where nothing goes anywhere."""

from __future__ import annotations

import html
import re
from collections import deque

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.kashoo.body import Body, read_body
from ledgermesh.sandbox.kashoo.door import Door, holds_record
from ledgermesh.sandbox.kashoo.errors import Refusal
from ledgermesh.sandbox.kashoo.money import exponent, formatted
from ledgermesh.sandbox.kashoo.records import INVOICE, Record
from ledgermesh.sandbox.kashoo.view import View

_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+")
_OUTBOX_MAX = 1_000
_FORMS = ("html", "text")


class Letter(Struct, frozen=True):
    """One e-mail that was sent."""

    record: int
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    body: str
    attachments: tuple[str, ...]


class Mail:
    """Sends invoices; `outbox` holds what was sent, newest last."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.outbox: deque[Letter] = deque(maxlen=_OUTBOX_MAX)

    async def send(self, request: Request) -> Response:
        """Send the invoice, or only show what would be sent."""
        view, id = self._door.find(request, "record", holds_record)
        body, record = await read_body(request), view.business.records.by_id[id]
        form = body.text("previewType") or _FORMS[0]
        if form not in _FORMS:
            raise body.wrong("previewType", f"{form!r} is not one of {', '.join(_FORMS)}")
        preview = body.flag("preview")
        letter = _letter(view, record, body, form)
        if not preview:
            self.outbox.append(_addressed(letter, body))
        document = {
            "record": id,
            "sent": not preview,
            "to": ", ".join(letter.to),
            "subject": letter.subject,
            "previewType": form,
            "body": letter.body,
        }
        return self._door.answer(document)


def _letter(view: View, record: Record, body: Body, form: str) -> Letter:
    if record.type != INVOICE or record.removed:
        raise Refusal(400, f"Record {record.id} is no invoice that could be sent")
    amount = formatted(record.amount, record.currency, exponent(record.currency))
    words = body.text("message") or f"Please find invoice {record.number} over {amount} attached."
    for name in ("processor", "template"):
        body.maybe_text(name)
    return Letter(
        record=record.id,
        to=_addresses(body, "to"),
        cc=_addresses(body, "cc"),
        bcc=_addresses(body, "bcc"),
        subject=f"Invoice {record.number} from {view.business.books.name}",
        body=words if form == "text" else f"<p>{html.escape(words)}</p>",
        attachments=tuple(body.texts("attachments")),
    )


def _addressed(letter: Letter, body: Body) -> Letter:
    if not letter.to:
        raise body.wrong("to", "is required")
    return letter


def _addresses(body: Body, name: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in body.text(name).split(",") if part.strip())
    if not all(_ADDRESS.fullmatch(part) for part in found):
        raise body.wrong(name, "is no list of e-mail addresses")
    return found
