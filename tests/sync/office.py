"""Two tenants, a company of theirs, webhooks, and a receiver that a test tells what to answer."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, Standing, State, WebhookEntry
from ledgermesh.state.shared import State as Shared
from ledgermesh.state.shared import make_state
from ledgermesh.sync.notify import CHANGED, Notifier
from ledgermesh.sync.outbox import Outbox
from ledgermesh.sync.signing import make_secret
from ledgermesh.sync.webhooks import Deliverer
from ledgermesh.upstream.wire import Wire
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.hands import HandClock
from tests.states import KEYS, memory_state

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
COMPANY = CompanyEntry(key="maple", name="Maple", environment="live", tenants=frozenset(("t1", "t2")))
CONNECTION = ConnectionEntry(
    id="maple-acme",
    company="maple",
    provider="acme",
    environment="live",
    base_url="https://acme.example",
    scheme="api_key",
    owner="t1",
)


@dataclass(frozen=True)
class Posted:
    """One attempt as the receiver saw it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Keeps what is posted; answers what is queued for a path, then 204."""

    posted: list[Posted] = field(default_factory=list)
    queued: dict[str, deque[int]] = field(default_factory=dict)
    after: Callable[[], Awaitable[object]] | None = None
    """Awaited before the answer goes out."""

    async def take(self, request: Request) -> Response:
        path = request.url.path
        self.posted.append(Posted(path, dict(request.headers), await request.body()))
        if self.after is not None:
            await self.after()
        queued = self.queued.get(path)
        return Response(status_code=queued.popleft() if queued else 204)

    def then(self, path: str, *statuses: int) -> None:
        """The next answers at a path."""
        self.queued.setdefault(path, deque()).extend(statuses)


def verified(posted: Posted, secret: Secret, *, now: dt.datetime) -> bool:
    """Whether a receiver with this secret takes the message, as https://www.standardwebhooks.com says."""
    timestamp = posted.headers["webhook-timestamp"]
    if abs(now.timestamp() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(secret.reveal().removeprefix("whsec_"))
    signed = f"{posted.id}.{timestamp}.".encode() + posted.body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [each.split(",") for each in posted.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(text, wanted) for version, text in given)


@dataclass
class Office:
    """One process of the gateway, as far as it tells tenants of changes."""

    clock: HandClock
    state: Shared
    receiver: Receiver
    wire: Wire
    secrets: dict[str, Secret] = field(default_factory=dict)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.state.store, self.clock)

    def notifier(self) -> Notifier:
        """One that tells where to repair."""
        return Notifier(
            self.state, self.clock, repair_url=lambda entry: f"https://gate.example/repair/{entry.id}"
        )

    def deliverer(self, wire: Wire | None = None) -> Deliverer:
        """One more that delivers from the same store."""
        return Deliverer(self.state, wire or self.wire, self.clock, Random(7))

    def replica(self) -> Office:
        """Another process over the same store, which has read it."""
        state = make_state(self.state.store, KEYS, self.clock, rest_seconds=0.0)
        return Office(self.clock, state, self.receiver, self.wire, self.secrets)

    async def hook(self, tenant: str, id: str, *, events: tuple[str, ...] = (CHANGED,)) -> WebhookEntry:
        """A webhook of a tenant with a secret of its own."""
        entry = WebhookEntry(
            id=id,
            tenant=tenant,
            environment="live",
            url=f"https://hook.example/{id}",
            events=frozenset(events),
        )
        await self.state.directory.add(entry)
        self.secrets[id] = make_secret()
        await self.sign(entry, current=self.secrets[id])
        return entry

    async def sign(
        self, entry: WebhookEntry, *, expires_at: dt.datetime | None = None, **secrets: Secret
    ) -> None:
        """Keep these secrets for a webhook."""
        known = await self.state.signing.find(entry.tenant, entry.environment, entry.id)
        grant = Grant(
            tenant=entry.tenant, environment=entry.environment, connection=entry.id, scheme="hmac-sha256",
            secrets=secrets, expires_at=expires_at, version=known.version if known is not None else 0,
        )  # fmt: skip
        assert await self.state.signing.write(grant)

    async def stand(self, state: State | None, *, code: str = "", reason: str = "", tries: int = 0) -> None:
        """The connection stands so from now on; None takes the standing away."""
        now = self.clock.now()

        def change(old: Standing | None) -> Standing | None:
            if state is None:
                return None
            same = old is not None and (old.state, old.code) == (state, code)
            return Standing(
                environment="live", connection=CONNECTION.id, state=state, code=code, reason=reason,
                since=old.since if same and old is not None else now, tries=tries,
            )  # fmt: skip

        await self.state.directory.change(Standing, f"standing/live/{CONNECTION.id}", change)

    async def waiting(self) -> list[tuple[str, str]]:
        """Webhook and state of every event that waits."""
        return [(each.event.webhook, str(each.event.data["state"])) for each in await self.outbox.all()]


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    """With the company and its connection, and no webhooks yet."""
    clock, receiver = HandClock(NOW), Receiver()
    state = memory_state(clock)
    for entry in (COMPANY, CONNECTION):
        await state.directory.add(entry)
    app = Starlette(routes=[Route("/{path:path}", receiver.take, methods=["POST"])])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield Office(clock, state, receiver, HttpxWire(client))


@asynccontextmanager
async def running(*work: Awaitable[None]) -> AsyncIterator[None]:
    """Background work, for as long as the block lasts."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks), tasks
