"""Reading over HTTP: lists and single records, behind a token with the right scope."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.smallinvoice import additions, errors
from ledgermesh.sandbox.smallinvoice.answers import json_answer, language_of
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.door import Handler
from ledgermesh.sandbox.smallinvoice.oauth import AuthServer
from ledgermesh.sandbox.smallinvoice.query import Query, read_query, read_with
from ledgermesh.sandbox.smallinvoice.switches import Switches
from ledgermesh.sandbox.smallinvoice.table import Table

CompanyOf = Callable[[Books], Company]
TableOf = Callable[[Company, Request], Table[Any]]
_ID = re.compile("[0-9]{1,12}")


class Reader(Struct, frozen=True):
    """Makes the handlers of the resources."""

    server: AuthServer
    switches: Switches
    company_of: CompanyOf

    def many(self, scopes: Sequence[str], table_of: TableOf) -> Handler:
        """The list of a table's records."""

        async def handler(request: Request) -> Response:
            table = table_of(self.enter(request, scopes), request)
            query = read_query(request.query_params, table.shape.extras, self.switches)
            rows = table.select(query.sort, query.filter, query.search)
            shown = rows[query.offset : query.offset + query.limit]
            items = [self._show(table, row, query.optional) for row in shown]
            pages = pagination(request.url, query, len(rows))
            return self._answer(request, {"items": items, "pagination": pages, **self._additive()})

        return handler

    def one(self, scopes: Sequence[str], table_of: TableOf) -> Handler:
        """The record whose id the path ends with."""

        async def handler(request: Request) -> Response:
            table = table_of(self.enter(request, scopes), request)
            optional = read_with(request.query_params, table.shape.extras, self.switches)
            row = one_row(table, request)
            return self.item(request, table, row, optional)

        return handler

    def fixed(self, scopes: Sequence[str], record: Callable[[Company], dict[str, object]]) -> Handler:
        """A record without an id in the path."""

        async def handler(request: Request) -> Response:
            shown = record(self.enter(request, scopes))
            return self._answer(
                request, {"item": additions.grown(shown) if self.switches.additive else shown}
            )

        return handler

    def enter(self, request: Request, scopes: Sequence[str]) -> Company:
        """The company of the request's token; Problem if the token does not reach this resource. Any one of the scopes
        is enough; none means that every token will do.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise errors.access_denied('Missing "Authorization" header')
        access = self.server.check(token.strip())
        if access.books.company in self.switches.lapsed:
            raise errors.no_plan("api")
        if scopes and not access.scopes.intersection(scopes):
            raise errors.scope_missing(scopes[0])
        if self.switches.plan_missing.intersection(scopes):
            raise errors.no_plan(scopes[0])
        if self.switches.forbidden_scopes.intersection(scopes):
            raise errors.forbidden(body=self.switches.forbidden_body)
        return self.company_of(access.books)

    def item(
        self, request: Request, table: Table[Any], row: Any, optional: Sequence[str] = (), status: int = 200
    ) -> Response:
        """The answer that holds one record."""
        body = {"item": self._show(table, row, optional), **self._additive()}
        return self._answer(request, body, status)

    def _show(self, table: Table[Any], row: Any, optional: Sequence[str]) -> object:
        if row.id in self.switches.replacements:
            return self.switches.replacements[row.id]
        record = table.shape.show(row, optional)
        if self.switches.additive:
            record = additions.grown(additions.reworded(row.id, record))
        record.update(self.switches.overrides.get(row.id, {}))
        return record

    def _additive(self) -> Mapping[str, object]:
        return additions.FIELD if self.switches.additive else {}

    def _answer(self, request: Request, body: dict[str, object], status: int = 200) -> Response:
        language = language_of(request.headers.get("accept-language", ""))
        return json_answer(body, status=status, language=language)


def one_row(table: Table[Any], request: Request, name: str = "id") -> Any:
    """The record whose id is in the path; Problem 3000 if there is none."""
    text = request.path_params[name]
    return table.get(int(text) if _ID.fullmatch(text) else -1)


def many_rows(table: Table[Any], request: Request, name: str) -> list[Any]:
    """The records whose ids stand in the path, with commas between them; Problem 3000 if one is not there."""
    ids = [int(text) if _ID.fullmatch(text) else -1 for text in request.path_params[name].split(",")]
    return table.many(ids)


def pagination(url: URL, query: Query, total: int) -> dict[str, object]:
    """Where this page lies; `next` and `previous` are there only when such a page is."""
    pages = max(1, -(-total // query.limit))
    shown: dict[str, object] = {
        "page": query.offset // query.limit + 1,
        "pages": pages,
        "total": total,
        "first": _page_url(url, query, 0),
        "last": _page_url(url, query, (pages - 1) * query.limit),
    }
    if query.offset + query.limit < total:
        shown["next"] = _page_url(url, query, query.offset + query.limit)
    if query.offset > 0:
        shown["previous"] = _page_url(url, query, max(0, query.offset - query.limit))
    return shown


def _page_url(url: URL, query: Query, offset: int) -> str:
    parameters = {
        "limit": query.limit,
        "offset": offset,
        "sort": query.sort,
        "filter": query.filter,
        "q": query.search,
        "with": ",".join(query.optional),
    }
    return str(
        url.replace(
            query=urlencode({key: value for key, value in parameters.items() if value not in ("", None)})
        )
    )
