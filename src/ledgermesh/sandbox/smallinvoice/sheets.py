"""PDF and preview over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.smallinvoice import fields
from ledgermesh.sandbox.smallinvoice.documents import DocumentRow
from ledgermesh.sandbox.smallinvoice.door import Handler
from ledgermesh.sandbox.smallinvoice.errors import Wrong, bad_request, invalid
from ledgermesh.sandbox.smallinvoice.letters import LetterRow
from ledgermesh.sandbox.smallinvoice.printing import SIZE_DEFAULT, SIZES, Sheet, pdf, png
from ledgermesh.sandbox.smallinvoice.resources import Reader, TableOf, one_row

_OPTIONS = fields.Form(
    tuple(fields.switch(name) for name in ("isr_ignore_custom_position", "isr_display_image", "receipt"))
)
_RECEIPTS = {"de": "Quittung", "en": "Receipt", "es": "Recibo", "fr": "Quittance", "it": "Ricevuta"}
_NUMBER = re.compile("[0-9]{1,6}")


class Printer(Struct, frozen=True):
    """Makes the handlers of documents as files."""

    reader: Reader

    def pdf(self, scopes: Sequence[str], table_of: TableOf, *, options: bool = False) -> Handler:
        """The whole document; an invoice takes options."""

        async def handler(request: Request) -> Response:
            row = one_row(table_of(self.reader.enter(request, scopes), request), request)
            chosen = _options(request.query_params) if options else {}
            sheet = _sheet(row, receipt=bool(chosen.get("receipt")))
            return Response(pdf(sheet), media_type="application/pdf")

        return handler

    def preview(self, scopes: Sequence[str], table_of: TableOf) -> Handler:
        """A picture of one page."""

        async def handler(request: Request) -> Response:
            row = one_row(table_of(self.reader.enter(request, scopes), request), request)
            sheet = _sheet(row)
            page, size = _page(request.query_params, sheet)
            return Response(png(sheet, page, size), media_type="image/png")

        return handler


def _options(query: Mapping[str, str]) -> Mapping[str, Any]:
    """The JSON in `options`, which the PHP library sends without url-encoding."""
    text = query.get("options") or "{}"
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise bad_request(2000, "Bad request. Options are not valid JSON") from error
    if document == []:
        document = {}
    if not isinstance(document, dict):
        raise invalid([Wrong("options", fields.TYPE, "must be an object")])
    return _OPTIONS.new(document)


def _page(query: Mapping[str, str], sheet: Sheet) -> tuple[int, int]:
    given = {
        name: query.get(name) or default for name, default in (("page", "1"), ("size", str(SIZE_DEFAULT)))
    }
    wrong = [
        Wrong(name, fields.TYPE, "must be an integer")
        for name, text in given.items()
        if not _NUMBER.fullmatch(text)
    ]
    if wrong:
        raise invalid(wrong)
    page, size = int(given["page"]), int(given["size"])
    if not 1 <= page <= sheet.pages:
        wrong.append(Wrong("page", fields.VALUE, f"must be between 1 and {sheet.pages}"))
    if size not in SIZES:
        wrong.append(Wrong("size", fields.VALUE, f"must be one of: {', '.join(map(str, SIZES))}"))
    if wrong:
        raise invalid(wrong)
    return page, size


def _sheet(row: DocumentRow | LetterRow, *, receipt: bool = False) -> Sheet:
    title = _RECEIPTS[row.language] if receipt else row.title
    return Sheet([*_head(row, title), *_body(row)], row.pages)


def _head(row: DocumentRow | LetterRow, title: str) -> Iterator[str]:
    party = row.contact.party
    yield f"{title} {row.paper.number}" if isinstance(row, DocumentRow) else title
    yield party.name
    yield f"{party.street} {party.street_no}, {party.postcode} {party.city}"
    yield ""


def _body(row: DocumentRow | LetterRow) -> Iterator[str]:
    if isinstance(row, LetterRow):
        yield from (row.record.content or "").splitlines()
        return
    for line in row.positions:
        words = line["name"] or line["description"] or ""
        yield f"{line['amount']} x {words}: {line['total']}" if line["type"] == "N" else words
    yield f"Total {row.paper.currency} {row.total:.2f}"
