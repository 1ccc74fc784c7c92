"""What can be written: category and notes of a transaction, and a new document. Nothing else."""

from __future__ import annotations

from decimal import Decimal
from mimetypes import guess_type

from starlette.datastructures import UploadFile
from starlette.requests import Request

from ledgermesh.sandbox.accountsos import asked, shapes
from ledgermesh.sandbox.accountsos.answers import bad_request
from ledgermesh.sandbox.accountsos.intake import Intake
from ledgermesh.sandbox.accountsos.reads import Reads, transaction
from ledgermesh.sandbox.accountsos.switches import Switches
from ledgermesh.sandbox.books import Books

SURE = Decimal("1.0")
TYPES = ("receipt", "invoice", "contract", "bank_statement", "other")
_BANK = frozenset(("BANK", "CREDIT_CARD"))


class Writes:
    """The two writing operations."""

    def __init__(self, switches: Switches, reads: Reads, intake: Intake) -> None:
        self._switches, self._reads, self._intake = switches, reads, intake

    async def update_transaction(self, request: Request, books: Books) -> object:
        """Other keys than the two are ignored; where one of the two does not fit, nothing changes."""
        line = transaction(request, books)
        given = await asked.json_object(request, bytes_max=self._switches.body_bytes_max)
        category, notes = given.get("category_id", line.category), given.get("notes", line.notes)
        if "category_id" in given and not _is_category(books, category):
            raise bad_request("category_id names no category")
        if notes is not None and not isinstance(notes, str):
            raise bad_request("notes is a text or null")
        line.category, line.notes = category, notes
        if "category_id" in given:
            line.confidence = SURE
        books.invalidate()
        return self._reads.single("transaction", shapes.transaction(books, line))

    async def upload_document(self, request: Request, books: Books) -> object:
        """A scan with its type."""
        async with asked.form(request, bytes_max=self._switches.body_bytes_max) as form:
            file, type = form.get("file"), form.get("type")
            if not isinstance(file, UploadFile) or not file.filename or not file.size:
                raise bad_request("file is a file with a name and something in it")
            if type not in TYPES:
                raise bad_request(f"type is one of {', '.join(TYPES)}")
            mime_type = file.content_type or guess_type(file.filename)[0] or "application/octet-stream"
            row = self._intake.take(
                books, name=file.filename, type=str(type), mime_type=mime_type, size=file.size
            )
        return self._reads.single("document", shapes.file(row))


def _is_category(books: Books, number: object) -> bool:
    """Whether transactions can be booked to it, which the bank accounts themselves are not for."""
    account = books.account(number) if isinstance(number, str) else None
    return account is not None and account.type not in _BANK
