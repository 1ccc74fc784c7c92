"""Processes that push plans at the Kashoo emulator in simulated time, over a wire that fails, and that die."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random
from typing import Any

import httpx
import strawberry
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.demo import link_demo
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.ids import Shelf
from ledgermesh.engine.planned import Outcome, Plan
from ledgermesh.engine.push import Pusher
from ledgermesh.engine.replay import WriteKey
from ledgermesh.engine.request import Terms
from ledgermesh.errors import StateDown
from ledgermesh.model.platform import Connection, ConnectionState
from ledgermesh.sandbox.kashoo import KashooEmulator
from ledgermesh.sandbox.kashoo import make as make_kashoo
from ledgermesh.state.base import Changes, Kept, Store, Swapped
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.call import Fresh, Link, Trace
from ledgermesh.upstream.stack import make_stack
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.contract.known import PROVIDERS
from tests.contract.small import small_world
from tests.contract.stand import ENVIRONMENT, KEY, NOW, SANDBOX, SHOWN
from tests.simulated import SimulatedClock
from tests.states import KEYS

NEVER_SECONDS = 10_000.0
WAY_SECONDS = 0.001
"""To the store."""


class Trouble(Enum):
    """What happens to one request that changes something."""

    CUT_BEFORE = auto()
    CUT_AFTER = auto()
    CUT_EARLY = auto()
    """The connection breaks at once; the request has its effect a second later."""
    BROKEN_BEFORE = auto()
    BROKEN_AFTER = auto()
    SILENT_BEFORE = auto()
    SILENT_AFTER = auto()
    GARBLED_AFTER = auto()
    FULL = auto()
    """429, for two seconds."""
    REFUSED = auto()


INSTEAD: Mapping[Trouble | None, tuple[int, Mapping[str, str], str]] = {
    Trouble.FULL: (429, {"retry-after": "2"}, "slow down"),
    Trouble.REFUSED: (400, {}, "the name of Zoë is not liked"),
    Trouble.BROKEN_BEFORE: (503, {}, "down"),
}
"""What is answered without an effect."""


class Mortal:
    """A process: its store, its wire and its callbacks end with it, at the step that was chosen."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.dies_at = dies_at
        self.steps = 0
        self.dead = False

    def step(self) -> None:
        """One more thing that the process does, or did; the last one where it was chosen."""
        if not self.dead and self.dies_at is not None and self.steps >= self.dies_at:
            self.dead = True
        self.steps += 1
        if self.dead:
            raise asyncio.CancelledError


class OwnStore:
    """A shared store as one process reaches it."""

    def __init__(self, store: Store, process: Mortal) -> None:
        self._store = store
        self._process = process
        self.down = False
        self.tear: Callable[[str, bytes | None], bool] | None = None
        """Whether the store goes down at this swap, which is made but not confirmed."""

    def _step(self) -> None:
        self._process.step()
        if self.down:
            raise StateDown("the store is down")

    async def get(self, key: str) -> Kept | None:
        self._step()
        await asyncio.sleep(WAY_SECONDS)
        kept = await self._store.get(key)
        self._step()
        return kept

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        self._step()
        return await self._store.put(key, value, expect=expect)

    async def delete(self, key: str, *, expect: int) -> bool:
        self._step()
        return await self._store.delete(key, expect=expect)

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        self._step()
        await asyncio.sleep(WAY_SECONDS)
        swapped = await self._store.swap(key, value, expect=expect, seconds=seconds)
        if self.tear is not None and self.tear(key, value):
            self.down = True
        self._step()
        return swapped

    async def under(self, prefix: str) -> Mapping[str, Kept]:
        return await self._store.under(prefix)

    async def keys(self, prefix: str) -> Sequence[str]:
        return await self._store.keys(prefix)

    async def changes(self, cursor: str | None, *, seconds: float) -> Changes:
        return await self._store.changes(cursor, seconds=seconds)

    async def close(self) -> None:
        """Nothing of its own."""


@dataclass
class Line(httpx.AsyncBaseTransport):
    """The way from one process to the emulator."""

    desk: Desk
    process: Mortal
    troubles: list[Trouble | None] = field(default_factory=list)
    """Of the next requests that change something, one each."""
    reads_cut: int = 0
    """So many reads find nobody."""
    seen: list[httpx.Request] = field(default_factory=list)
    """What was sent to change something."""
    reads: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        if request.url.path.endswith("/authTokens"):
            return await self.desk.reach(request)
        if request.method == "GET":
            self.reads.append(request)
            if self.reads_cut > 0:
                self.reads_cut -= 1
                raise httpx.ReadError("cut")
            return await self.desk.reach(request)
        self.seen.append(request)
        self.process.step()
        trouble = self.troubles.pop(0) if self.troubles else None
        response = await self._spoiled(request, trouble)
        self.process.step()
        return response

    async def _spoiled(self, request: httpx.Request, trouble: Trouble | None) -> httpx.Response:
        if trouble in INSTEAD:
            status, headers, text = INSTEAD[trouble]
            return httpx.Response(status, headers=headers, json={"message": text})
        if trouble is Trouble.CUT_EARLY:
            self.desk.later(request)
        if trouble in (Trouble.CUT_BEFORE, Trouble.CUT_EARLY):
            raise httpx.ReadError("cut")
        if trouble is Trouble.SILENT_BEFORE:
            await asyncio.sleep(NEVER_SECONDS)
        return await self._lost(await self.desk.reach(request), trouble)

    async def _lost(self, response: httpx.Response, trouble: Trouble | None) -> httpx.Response:
        match trouble:
            case Trouble.CUT_AFTER:
                raise httpx.ReadError("cut")
            case Trouble.BROKEN_AFTER:
                return httpx.Response(500, text="broken")
            case Trouble.SILENT_AFTER:
                await asyncio.sleep(NEVER_SECONDS)
            case Trouble.GARBLED_AFTER:
                return httpx.Response(200, text="<html>")
        return response


@dataclass
class Worker:
    """One process."""

    desk: Desk
    process: Mortal
    line: Line
    store: OwnStore
    pusher: Pusher
    send: Any
    raised: list[tuple[str, str]]

    def hub(self, *, seconds: float = 30.0) -> Hub:
        """The books during one request."""
        now, link = self.desk.clock.monotonic(), self.desk.link
        shown = Connection(
            id=strawberry.ID(link.connection),
            provider=SHOWN["kashoo"],
            company_key="company",
            environment=ENVIRONMENT,
            state=ConnectionState.ACTIVE,
        )
        terms = Terms(now + seconds, now, Fresh(), Trace(), self.desk.clock.now().date())
        return Hub(
            self.send, terms, link, shown, lambda kind, _: Shelf(lambda id: f"{kind}:{id}", lambda: None)
        )

    async def push(self, plan: Plan, key: str, *, seconds: float = 30.0, digest: str = "d") -> Outcome:
        deadline = self.desk.clock.monotonic() + seconds
        return await self.pusher.push(
            self.hub(seconds=seconds), plan, key=self.key(key, digest), deadline=deadline
        )

    def key(self, key: str, digest: str = "d") -> WriteKey:
        link = self.desk.link
        return WriteKey(
            tenant=link.tenant,
            environment=link.environment,
            connection=link.connection,
            client_key=key,
            body_digest=digest,
        )


@dataclass
class Desk:
    """The emulator, and what all processes share."""

    clock: SimulatedClock
    emulator: KashooEmulator
    transport: httpx.ASGITransport
    state: State
    link: Link
    random: Random
    _later: set[asyncio.Task[httpx.Response]] = field(default_factory=set)
    _known: dict[str, httpx.Response] = field(default_factory=dict)

    def worker(self, *troubles: Trouble | None, dies_at: int | None = None) -> Worker:
        """A new process."""
        process = Mortal(dies_at)
        store = OwnStore(self.state.store, process)
        line = Line(self, process, list(troubles))
        wire = HttpxWire(httpx.AsyncClient(transport=line))
        stack = make_stack(clock=self.clock, random=Random(1), wire=wire, state=self.state)
        raised: list[tuple[str, str]] = []

        async def note(environment: str, connection: str) -> None:
            process.step()
            raised.append((environment, connection))

        pusher = Pusher(store, self.clock, Random(2), note)
        return Worker(self, process, line, store, pusher, stack, raised)

    async def reach(self, request: httpx.Request) -> httpx.Response:
        """The emulator's answer; the same again for a key that it knows, as providers with such keys do."""
        key = request.headers.get("idempotency-key", "")
        if key in self._known:
            return self._known[key]
        response = await self.transport.handle_async_request(
            httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        )
        await response.aread()
        if key and response.is_success:
            self._known[key] = response
        return response

    def later(self, request: httpx.Request) -> None:
        """Let it have its effect after a second, whoever waits."""

        async def reach() -> httpx.Response:
            await asyncio.sleep(1.0)
            return await self.reach(request)

        task = asyncio.ensure_future(reach())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    @property
    def business(self) -> Any:
        return self.emulator.businesses.find(int(self.link.settings["business_id"]))

    def parties(self, name: str) -> list[int]:
        """The ids of the contacts with this name that are not removed, straight from the books."""
        return [id for id, row in self.business.contact_by_id.items() if row.name == name and not row.removed]

    def records(self, memo: str) -> list[Any]:
        """The records with this memo that are not removed, straight from the books."""
        rows = self.business.records.by_id.values()
        return [row for row in rows if row.source.memo == memo and not row.removed]

    async def rest(self) -> None:
        """Until nothing is under way at the provider."""
        await asyncio.sleep(5.0)


async def open_desk(seed: int = 1) -> Desk:
    """A fresh emulator and a fresh store."""
    clock = SimulatedClock(NOW)
    world = small_world(NOW.date())
    emulator = make_kashoo(world, clock, chance=Random(7))
    state = make_state(MemoryStore(clock), KEYS, clock)
    await link_demo(state, world, {"kashoo": emulator}, SANDBOX)
    principal = state.registry.principal(KEY)
    assert principal is not None
    entry = next(
        each
        for company in state.registry.companies(principal)
        for each in state.registry.connections(company)
    )
    link = Link(
        tenant=principal.tenant.id,
        environment=ENVIRONMENT,
        connection=entry.id,
        provider=PROVIDERS["kashoo"],
        base_url=entry.base_url,
        settings=entry.settings,
        owner=entry.owner,
    )
    app = Starlette(routes=[Mount("/kashoo", emulator.app)])
    return Desk(clock, emulator, httpx.ASGITransport(app), state, link, Random(seed))


async def dying(worker: Worker, plan: Plan, key: str) -> None:
    """Push until the process dies."""
    with suppress(asyncio.CancelledError):
        await worker.push(plan, key)
    assert worker.process.dead, "it got to the end alive"


def answers(outcomes: Sequence[Outcome]) -> list[str]:
    return [each.status for each in outcomes]
