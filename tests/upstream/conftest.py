"""A tiny provider, its server, and a stack in front of it on a clock that tests move."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random

import httpx
import pytest
from msgspec import structs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from ledgermesh.clock import ManualClock
from ledgermesh.spec.auth import ApiKey, FirstPartyToken, OAuth2
from ledgermesh.spec.provider import Provider, ProviderKind
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.shared import State
from ledgermesh.state.vault import Vault
from ledgermesh.upstream.call import Call, Fresh, Link, Response, Trace
from ledgermesh.upstream.stack import Stack, make_stack
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.states import memory_state

START = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
ACME = Provider(
    name="acme",
    title="Acme Books",
    docs_url="https://developer.acme.example",
    checked_on=START.date(),
    kinds=(ProviderKind.ACCOUNTING,),
    base_url="https://acme.example/v1",
    auth=(
        ApiKey(),
        FirstPartyToken(login_path="/login", prefix="TOKEN json:", expiry_field="expiryDate"),
        OAuth2(
            name="oauth2",
            grant="authorization_code",
            token_url="/token",
            scopes=("read",),
            client_auth="body",
            body="json",
            rotates_refresh_token=True,
        ),
        OAuth2(
            name="client",
            grant="client_credentials",
            token_url="/token",
            scopes=("read", "write"),
            client_auth="basic",
        ),
    ),
    fault_code="error.code",
    fault_message="error.message",
    request_id_header="X-Request-Id",
    body_bytes_max=10_000,
)

Answering = Callable[[Request], Awaitable[HttpResponse]]


@dataclass
class Seen:
    """One request as the provider's server saw it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Server:
    """The provider's server: gives the answers that are queued, then a good one for ever."""

    seen: list[Seen] = field(default_factory=list)
    queued: deque[Answering] = field(default_factory=deque)
    usual: Answering | None = None
    in_flight: int = 0
    in_flight_max: int = 0

    def app(self) -> Starlette:
        """As an application."""
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST", "DELETE"])])

    def then(self, *answers: Answering) -> None:
        """Queue these for the next requests."""
        self.queued.extend(answers)

    async def _answer(self, request: Request) -> HttpResponse:
        body = await request.body()
        self.seen.append(Seen(request.method, request.url.path, request.url.query, request.headers, body))
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight, self.in_flight_max)
        try:
            answering = self.queued.popleft() if self.queued else self.usual or say({"n": len(self.seen)})
            return await answering(request)
        finally:
            self.in_flight -= 1


def say(document: object, status: int = 200, **headers: str) -> Answering:
    """An answer with this document; `x_request_id=` stands for the header X-Request-Id."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return raw(json.dumps(document).encode(), status, **{"content-type": "application/json", **named})


def raw(body: bytes, status: int = 200, **headers: str) -> Answering:
    """An answer with these bytes."""

    async def answering(_request: Request) -> HttpResponse:
        return HttpResponse(body, status_code=status, headers=dict(headers))

    return answering


class Gate:
    """An answer that waits until it is let through, and tells when it was reached."""

    def __init__(self, answering: Answering) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self._answering = answering

    async def __call__(self, request: Request) -> HttpResponse:
        self.reached.set()
        await self.open.wait()
        return await self._answering(request)


@dataclass
class World:
    """Everything a test of the stack touches."""

    clock: ManualClock
    server: Server
    wire: HttpxWire
    state: State
    stack: Stack
    trace: Trace = field(default_factory=Trace)
    link: Link = field(default_factory=lambda: Link("tenant-1", "live", "connection-1", ACME, ACME.base_url))

    @property
    def grants(self) -> Vault:
        """What lets connections in."""
        return self.state.grants

    def call(self, path: str = "/things", **changes: object) -> Call:
        """A GET ten seconds before its deadline; `changes` are fields of Call."""
        now = self.clock.monotonic()
        plain = Call(
            link=self.link,
            method="GET",
            path=path,
            template=path,
            deadline=now + 10,
            arrived=now,
            trace=self.trace,
        )
        return structs.replace(plain, **changes)

    async def ask(self, path: str = "/things", **changes: object) -> Response:
        """Send such a call down the stack."""
        return await self.stack(self.call(path, **changes))

    def lines(self) -> list[tuple[str, int, int | None, str | None]]:
        """The trace: how it came, attempt, status, error."""
        return [(step.cache, step.attempt, step.status, step.error) for step in self.trace.steps]

    async def grant(self, scheme: str, *, expires_in: float | None = None, **secrets: str) -> None:
        """Link the connection with these secrets."""
        known = await self.grants.find("tenant-1", "live", "connection-1")
        ends = None if expires_in is None else self.clock.now() + dt.timedelta(seconds=expires_in)
        hidden = {name: Secret(text) for name, text in secrets.items()}
        assert await self.grants.write(
            Grant(
                tenant="tenant-1",
                environment="live",
                connection="connection-1",
                scheme=scheme,
                secrets=hidden,
                expires_at=ends,
                version=0 if known is None else known.version,
            )
        )


def fresh(seconds: float = 0.0, *, no_cache: bool = False) -> Fresh:
    """How old an answer may be."""
    return Fresh(max_age_seconds=seconds, no_cache=no_cache)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A linked connection in front of a provider that answers."""
    clock, server = ManualClock(START), Server()
    state = memory_state(clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app())) as client:
        wire = HttpxWire(client)
        stack = make_stack(clock=clock, random=Random(7), wire=wire, state=state)
        made = World(clock, server, wire, state, stack)
        await made.grant("api_key", api_key="key-canary")
        yield made
        await stack.close()
