"""Writing over HTTP: what POST, PUT, PATCH and DELETE have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.smallinvoice import errors
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.door import Handler
from ledgermesh.sandbox.smallinvoice.fields import Form, Values
from ledgermesh.sandbox.smallinvoice.resources import Reader, TableOf, many_rows, one_row

_BODY_BYTES_MAX = 1_000_000
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
Act = Callable[[Company, Any, Values], None]
Regroup = Callable[[Company, Any, Sequence[Any]], None]


class Writes(Protocol):
    """How records of one kind are written; the books' indexes are renewed afterwards."""

    @property
    def form(self) -> Form:
        """The keys of a body."""
        ...

    @property
    def limited(self) -> str:
        """The feature whose limit in the plan new ones count against; empty if none does."""
        ...

    def create(self, company: Company, values: Values, parent: Any) -> int:
        """Make a record, below its parent if it has one, and give its id."""
        ...

    def change(self, company: Company, row: Any, values: Values) -> None:
        """Change what the values name."""
        ...

    def remove(self, company: Company, rows: Sequence[Any]) -> None:
        """Remove all of these, or raise Problem before the first."""
        ...


class Writer(Struct, frozen=True):
    """Makes the handlers that write."""

    reader: Reader

    def create(
        self, scopes: Sequence[str], table_of: TableOf, writes: Writes, parent_of: TableOf | None = None
    ) -> Handler:
        """POST: 201 with the new record."""

        async def handler(request: Request) -> Response:
            company = await self._entered(request, scopes)
            parent = one_row(parent_of(company, request), request, "parent") if parent_of else None
            self._check_limit(company, writes, table_of, request)
            id = writes.create(company, writes.form.new(_document(request)), parent)
            return self._written(request, company, table_of, id, 201)

        return handler

    def change(self, scopes: Sequence[str], table_of: TableOf, writes: Writes) -> Handler:
        """PUT: 200 with the changed record."""

        async def handler(request: Request) -> Response:
            company = await self._entered(request, scopes)
            row = one_row(table_of(company, request), request)
            writes.change(company, row, writes.form.change(_document(request)))
            return self._written(request, company, table_of, row.id, 200)

        return handler

    def remove(self, scopes: Sequence[str], table_of: TableOf, writes: Writes) -> Handler:
        """DELETE: 204; nothing is deleted when one of the records is not there."""

        async def handler(request: Request) -> Response:
            company = await self._entered(request, scopes)
            writes.remove(company, many_rows(table_of(company, request), request, "id"))
            company.books.invalidate()
            return Response(status_code=204)

        return handler

    def patch(self, scopes: Sequence[str], table_of: TableOf, form: Form, act: Act) -> Handler:
        """PATCH: 200 with the record after the action."""

        async def handler(request: Request) -> Response:
            company = await self._entered(request, scopes)
            row = one_row(table_of(company, request), request)
            act(company, row, form.new({**_document(request), **request.path_params}))
            return self._written(request, company, table_of, row.id, 200)

        return handler

    def send(
        self, scopes: Sequence[str], table_of: TableOf, form: Form, act: Act, *, by_post: bool = False
    ) -> Handler:
        """PATCH: 204, the document is on its way."""

        async def handler(request: Request) -> Response:
            company = await self._entered(request, scopes)
            if by_post and self.reader.switches.post_refused:
                raise errors.forbidden(body=self.reader.switches.forbidden_body)
            row = one_row(table_of(company, request), request)
            act(company, row, form.new(_document(request)))
            company.books.invalidate()
            return Response(status_code=204)

        return handler

    def regroup(self, scopes: Sequence[str], contacts: TableOf, groups: TableOf, act: Regroup) -> Handler:
        """PATCH: 200 with the contact, after the groups in the path are its own or no more."""

        async def handler(request: Request) -> Response:
            company = await self._entered(request, scopes)
            row = one_row(contacts(company, request), request)
            act(company, row, many_rows(groups(company, request), request, "groups"))
            return self._written(request, company, contacts, row.id, 200)

        return handler

    async def _entered(self, request: Request, scopes: Sequence[str]) -> Company:
        """The company, after the whole body has been read: from here on nothing else runs between."""
        books = self.reader.enter(request, scopes).books
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _BODY_BYTES_MAX:
                raise errors.TOO_LARGE
        request.state.body = body
        return self.reader.company_of(books)

    def _written(
        self, request: Request, company: Company, table_of: TableOf, id: int, status: int
    ) -> Response:
        company.books.invalidate()
        table = table_of(self.reader.company_of(company.books), request)
        return self.reader.item(request, table, table.get(id), status=status)

    def _check_limit(self, company: Company, writes: Writes, table_of: TableOf, request: Request) -> None:
        limit = self.reader.switches.limits.get(writes.limited)
        if limit is not None and len(table_of(company, request)) >= limit:
            raise errors.limit_reached(self.reader.switches.limit_code, writes.limited, limit)


def _document(request: Request) -> Mapping[str, Any]:
    """The body as an object; PHP writes an empty one as `[]`, and no body at all is one too."""
    body = request.state.body
    try:
        document = _DECODER.decode(body) if body.strip() else {}
    except msgspec.DecodeError as error:
        raise errors.bad_request(2000, "Bad request. Body is not valid JSON") from error
    if document == []:
        return {}
    if not isinstance(document, dict):
        raise errors.bad_request(2000, "Bad request. Body is not an object")
    return document
