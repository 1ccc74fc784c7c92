"""The emulator's routes: one key opens one company's books."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ledgermesh.clock import Clock
from ledgermesh.sandbox.accountsos import reports, shapes
from ledgermesh.sandbox.accountsos.limits import Limiter, Verdict
from ledgermesh.sandbox.accountsos.shapes import Document
from ledgermesh.sandbox.accountsos.switches import Switches
from ledgermesh.sandbox.books import BankLine, Books

T = TypeVar("T")

LIMIT_DEFAULT = 50
DAYS_DEFAULT = 90
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class World(Protocol):
    """All that the emulator asks of a world."""

    @property
    def books(self) -> Mapping[tuple[str, str], Books]:
        """By company key and provider."""
        ...


class Refusal(Exception):
    """An answer in the error envelope."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True)
class Key:
    """One API key: whose books, and how far it reaches."""

    books: Books
    scopes: frozenset[str]


class AccountsOS:
    """The REST API over a world's books."""

    name = "accountsos"
    app: ASGIApp

    def __init__(self, world: World, clock: Clock, switches: Switches) -> None:
        self.switches = switches
        self._clock = clock
        self._limiter = Limiter(clock, switches)
        kept = [books for (_, provider), books in world.books.items() if provider == self.name]
        self._keys = {_key(books, "write"): Key(books, frozenset(("read", "write"))) for books in kept}
        self._keys |= {_key(books, "read"): Key(books, frozenset(("read",))) for books in kept}
        get = {
            "/api/transactions": self._transactions,
            "/api/transactions/{id}": self._transaction,
            "/api/documents": self._documents,
            "/api/deadlines": self._deadlines,
            "/api/contacts": self._contacts,
            "/api/reports/profit-loss": self._profit_loss,
            "/api/reports/balance-sheet": self._balance_sheet,
            "/api/reports/vat": self._vat,
        }
        app = Starlette(routes=[Route(path, self._route(answer)) for path, answer in get.items()])
        app.add_exception_handler(404, self._not_found)
        app.add_exception_handler(405, self._not_allowed)
        self.app = app

    def credentials(self, books: Books) -> Mapping[str, str]:
        """A key that may read and write, and one that may only read."""
        return {"api_key": _key(books, "write"), "read_key": _key(books, "read")}

    # -- every request -------------------------------------------------------------------------------------------

    def _route(self, answer: Callable[[Request, Books], object]) -> Callable[[Request], Awaitable[Response]]:
        # Not in a thread of its own: the limits count one request after the other.
        async def endpoint(request: Request) -> Response:
            return self._answer(request, answer)

        return endpoint

    def _answer(self, request: Request, answer: Callable[[Request, Books], object]) -> Response:
        verdict = self._counted(request)
        try:
            key = self._known(request.headers.get("authorization", ""))
            if not verdict.allowed:
                raise Refusal(429, "rate_limited", "Too many requests; wait until the reset time")
            self._check(key, "read")
            return _json(200, self._grown(answer(request, key.books)), verdict.headers)
        except Refusal as refusal:
            return _refused(refusal, verdict.headers)

    def _known(self, authorization: str) -> Key:
        secret = _secret(authorization)
        if not secret:
            raise Refusal(401, "unauthorized", "Send Authorization: Bearer <API key>")
        key = self._keys.get(secret)
        if key is None or key.books.company in self.switches.revoked:
            raise Refusal(401, "invalid_api_key", "This API key is not known")
        return key

    def _check(self, key: Key, scope: str) -> None:
        if scope not in key.scopes or key.books.company in self.switches.forbidden:
            raise Refusal(403, "forbidden", f"This API key does not have the scope {scope}")

    def _counted(self, request: Request) -> Verdict:
        """Counted against its key; requests with no known key share one count."""
        secret = _secret(request.headers.get("authorization", ""))
        return self._limiter.ask(secret if secret in self._keys else "")

    async def _not_found(self, request: Request, error: Exception) -> Response:
        refusal = Refusal(404, "not_found", "There is no such resource")
        return _refused(refusal, self._counted(request).headers)

    async def _not_allowed(self, request: Request, error: Exception) -> Response:
        refusal = Refusal(405, "method_not_allowed", f"{request.method} is not allowed here")
        return _refused(refusal, {**self._counted(request).headers, "Allow": "GET"})

    # -- resources -----------------------------------------------------------------------------------------------

    def _transactions(self, request: Request, books: Books) -> object:
        start, end, wanted = _day(request, "from"), _day(request, "to"), request.query_params.get("category")
        if self.switches.window_ignored:
            start = end = None
        rows = [
            line
            for line in _newest_first(books)
            if (start is None or line.date >= start)
            and (end is None or line.date <= end)
            and (not wanted or wanted in _names(books, line))
        ]
        return self._page(request, "transactions", rows, lambda line: shapes.transaction(books, line))

    def _transaction(self, request: Request, books: Books) -> object:
        line = books.bank_line(request.path_params["id"])
        if line is None:
            raise Refusal(404, "not_found", "There is no such transaction")
        shown = self._shown(shapes.transaction(books, line))
        return {"transaction": shown} if self.switches.wrapped else shown

    def _documents(self, request: Request, books: Books) -> object:
        type, status = request.query_params.get("type"), request.query_params.get("status")
        rows = [
            row
            for row in sorted(books.files, key=lambda row: (row.created_at, row.id), reverse=True)
            if (not type or row.type == type) and (not status or row.status == status)
        ]
        return self._page(request, "documents", rows, shapes.file)

    def _deadlines(self, request: Request, books: Books) -> object:
        today, type = self._clock.now().date(), request.query_params.get("type")
        horizon = today + dt.timedelta(days=_number(request, "days", DAYS_DEFAULT, least=0))
        rows = [
            row
            for row in sorted(books.due_dates, key=lambda row: (row.due, row.id))
            if row.status != "completed" and row.due <= horizon and (not type or row.type == type)
        ]
        return {"deadlines": [self._shown(shapes.deadline(row, today)) for row in rows]}

    def _contacts(self, request: Request, books: Books) -> object:
        type, words = request.query_params.get("type"), request.query_params.get("search", "").casefold()
        shown = [shapes.contact(row) for row in books.parties if not row.removed]
        found = [
            row
            for row in sorted(shown, key=lambda row: (str(row["name"]).casefold(), str(row["id"])))
            if (not type or row["type"] == type) and words in f"{row['name']} {row['email'] or ''}".casefold()
        ]
        return {"contacts": [self._shown(row) for row in found[: self._limit(request)]]}

    def _profit_loss(self, request: Request, books: Books) -> object:
        today = self._clock.now().date()
        start, end = _day(request, "from") or dt.date(today.year, 1, 1), _day(request, "to") or today
        return self._report(reports.profit_loss(books, start, end))

    def _balance_sheet(self, request: Request, books: Books) -> object:
        return self._report(reports.balances(books, _day(request, "as_of") or self._clock.now().date()))

    def _vat(self, request: Request, books: Books) -> object:
        text = request.query_params.get("period")
        period = reports.quarter(text) if text is not None else reports.current(self._clock.now().date())
        if period is None:
            raise Refusal(400, "bad_request", "period is a quarter: Q4 2025 or 2025-Q4")
        return self._report(reports.vat_return(books, *period))

    def _report(self, report: Document) -> object:
        return report if self.switches.wrapped else {"report": report}

    # -- lists ---------------------------------------------------------------------------------------------------

    def _page(self, request: Request, name: str, rows: list[T], shape: Callable[[T], Document]) -> object:
        limit, offset = self._limit(request), _number(request, "offset", 0, least=0)
        page = [self._shown(shape(row)) for row in rows[offset : offset + limit]]
        total = len(rows)
        pagination = {
            "total": total,
            "limit": limit,
            "offset": offset,
            "has_more": offset + len(page) < total,
        }
        return {name: page, "pagination": pagination}

    def _limit(self, request: Request) -> int:
        return min(_number(request, "limit", LIMIT_DEFAULT, least=1), self.switches.page_size_max)

    def _shown(self, row: Document) -> object:
        id = str(row["id"])
        if id in self.switches.replacements:
            return self.switches.replacements[id]
        return self._grown(row | self.switches.overrides.get(id, {}))

    def _grown(self, body: object) -> object:
        if not self.switches.additive or not isinstance(body, dict):
            return body
        return {**body, "x_unknown": {"nested": [1, "two"]}}


def _secret(authorization: str) -> str:
    scheme, _, secret = authorization.partition(" ")
    return secret.strip() if scheme.casefold() == "bearer" else ""


def _newest_first(books: Books) -> list[BankLine]:
    """By date, newest first; lines of one day in an order of their own."""
    return books.index("accountsos newest", lambda: sorted(books.bank_lines, key=_newness))


def _newness(line: BankLine) -> tuple[int, str]:
    return -line.date.toordinal(), hashlib.md5(line.id.encode(), usedforsecurity=False).hexdigest()


def _names(books: Books, line: BankLine) -> Iterable[str]:
    shown = shapes.category(books, line.category)
    return [str(value) for value in shown.values()] if shown is not None else ()


def _day(request: Request, name: str) -> dt.date | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError(text)
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, "bad_request", f"{name} is a date YYYY-MM-DD") from error


def _number(request: Request, name: str, default: int, *, least: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < least:
        raise Refusal(400, "bad_request", f"{name} is a whole number, {least} or more")
    return int(text)


def _key(books: Books, scope: str) -> str:
    """An API key in the form of the real ones; made from the books so that it is the same at every start."""
    return "sk_live_" + hashlib.sha256(f"accountsos {books.company} {scope}".encode()).hexdigest()[:32]


def _json(status: int, body: object, headers: Mapping[str, str]) -> Response:
    return Response(_ENCODER.encode(body), status, dict(headers), "application/json")


def _refused(refusal: Refusal, headers: Mapping[str, str]) -> Response:
    body = {"error": {"code": refusal.code, "message": refusal.message, "status": refusal.status}}
    return _json(refusal.status, body, headers)


def make(world: World, clock: Clock, *, switches: Switches | None = None) -> AccountsOS:
    """The emulator over the world's AccountsOS books."""
    return AccountsOS(world, clock, switches or Switches())
