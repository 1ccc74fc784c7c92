"""The emulator's routes and what stands before each of them: the limits, the key and its scopes."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ledgermesh.clock import Clock
from ledgermesh.sandbox.accountsos import additions, answers
from ledgermesh.sandbox.accountsos.answers import Refusal
from ledgermesh.sandbox.accountsos.intake import Intake
from ledgermesh.sandbox.accountsos.limits import Limiter, Verdict
from ledgermesh.sandbox.accountsos.reads import Reads
from ledgermesh.sandbox.accountsos.switches import Switches
from ledgermesh.sandbox.accountsos.writes import Writes
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.emulator import Access


class World(Protocol):
    """All that the emulator asks of a world."""

    @property
    def books(self) -> Mapping[tuple[str, str], Books]:
        """By company key and provider."""
        ...


class Key(Struct, frozen=True):
    """One API key: whose books, and how far it reaches."""

    books: Books
    scopes: frozenset[str]


class Operation(Struct, frozen=True):
    """What one method does on one path."""

    answer: Callable[[Request, Books], Awaitable[object]]
    scope: str = "read"
    status: int = 200


class AccountsOS:
    """The REST API over a world's books."""

    name = "accountsos"
    app: ASGIApp

    def __init__(self, world: World, clock: Clock, switches: Switches) -> None:
        self.switches = switches
        self._limiter = Limiter(clock, switches)
        kept = [books for (_, provider), books in world.books.items() if provider == self.name]
        self._keys = {_key(books, "write"): Key(books, frozenset(("read", "write"))) for books in kept}
        self._keys |= {_key(books, "read"): Key(books, frozenset(("read",))) for books in kept}
        intake = Intake(clock, switches)
        reads = Reads(clock, switches, intake)
        table = _table(reads, Writes(switches, reads, intake))
        app = Starlette(
            routes=[Route(path, self._route(doors), methods=[*doors]) for path, doors in table.items()]
        )
        app.add_exception_handler(404, self._not_found)
        app.add_exception_handler(405, self._not_allowed)
        self.app = app

    def credentials(self, books: Books) -> Mapping[str, str]:
        """A key that may read and write, and one that may only read."""
        return {"api_key": _key(books, "write"), "read_key": _key(books, "read")}

    def access(self, books: Books) -> Access:
        """The key that may read and write."""
        return Access(base_path="/api", scheme="api_key", secrets={"api_key": _key(books, "write")})

    def revoke(self, company: str) -> None:
        """The company's keys answer 401 from now on; KeyError where it keeps no books here."""
        if company not in {key.books.company for key in self._keys.values()}:
            raise KeyError(company)
        self.switches.revoked.add(company)

    # -- every request -------------------------------------------------------------------------------------------

    def _route(self, operations: Mapping[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
        # Not in a thread of its own: the limits count one request after the other.
        async def endpoint(request: Request) -> Response:
            method = "GET" if request.method == "HEAD" else request.method
            return await self._answer(request, operations[method])

        return endpoint

    async def _answer(self, request: Request, operation: Operation) -> Response:
        verdict = self._counted(request)
        try:
            key = self._known(request.headers.get("authorization", ""))
            if not verdict.allowed:
                raise Refusal(429, "rate_limited", "Too many requests; wait until the reset time")
            self._check(key, operation.scope)
            body = await operation.answer(request, key.books)
            shown = additions.grown(body) if self.switches.additive else body
            return answers.json(operation.status, shown, verdict.headers)
        except Refusal as refusal:
            return self._refused(refusal, verdict.headers)

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
        return self._refused(refusal, self._counted(request).headers)

    async def _not_allowed(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "as the router raises it"
        allowed = sorted(set((error.headers or {})["Allow"].split(", ")) - {"HEAD"})
        refusal = Refusal(405, "method_not_allowed", f"{request.method} is not allowed here")
        return self._refused(refusal, {**self._counted(request).headers, "Allow": ", ".join(allowed)})

    def _refused(self, refusal: Refusal, headers: Mapping[str, str]) -> Response:
        body = additions.recoded(refusal.body) if self.switches.additive else refusal.body
        return answers.json(refusal.status, body, headers)


def _table(reads: Reads, writes: Writes) -> Mapping[str, Mapping[str, Operation]]:
    """All that the API offers, by path and method."""
    return {
        "/api/transactions": {"GET": Operation(reads.list_transactions)},
        "/api/transactions/{id}": {
            "GET": Operation(reads.read_transaction),
            "PATCH": Operation(writes.update_transaction, "write"),
        },
        "/api/documents": {"GET": Operation(reads.list_documents)},
        "/api/documents/upload": {"POST": Operation(writes.upload_document, "write", 201)},
        "/api/deadlines": {"GET": Operation(reads.list_deadlines)},
        "/api/contacts": {"GET": Operation(reads.list_contacts)},
        "/api/reports/profit-loss": {"GET": Operation(reads.read_profit_and_loss)},
        "/api/reports/balance-sheet": {"GET": Operation(reads.read_balance_sheet)},
        "/api/reports/vat": {"GET": Operation(reads.read_vat_return)},
    }


def _secret(authorization: str) -> str:
    scheme, _, secret = authorization.partition(" ")
    return secret.strip() if scheme.casefold() == "bearer" else ""


def _key(books: Books, scope: str) -> str:
    """An API key in the form of the real ones; made from the books so that it is the same at every start."""
    return "sk_live_" + hashlib.sha256(f"accountsos {books.company} {scope}".encode()).hexdigest()[:32]


def make(world: World, clock: Clock, *, switches: Switches | None = None) -> AccountsOS:
    """The emulator over the world's AccountsOS books."""
    return AccountsOS(world, clock, switches or Switches())
