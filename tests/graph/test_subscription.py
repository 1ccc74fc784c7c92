"""Being told of connections as they change."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace as asked_as

from ledgermesh.engine.index import Indexes
from ledgermesh.errors import TooLate, Unavailable
from ledgermesh.graph.admission import Doors
from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.context import Parts
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.question import Question
from ledgermesh.graph.schema import Gateway, Schema
from ledgermesh.providers import discover
from ledgermesh.spec.provider import Provider
from ledgermesh.state.entries import (
    CompanyEntry,
    ConnectionEntry,
    KeyEntry,
    Standing,
    TenantEntry,
    digest,
)
from ledgermesh.state.entries import State as Word
from ledgermesh.state.limits import Limits, Rate
from ledgermesh.state.link_tokens import LinkTokens
from ledgermesh.state.repair import Repairs
from ledgermesh.state.shared import State
from ledgermesh.upstream.allowance import Quota
from ledgermesh.upstream.call import Call, Link, Response
from ledgermesh.upstream.guard import Guard
from ledgermesh.upstream.wire_http1 import GuardedWire
from tests.hands import HandClock, settle
from tests.shared import shared_schema
from tests.states import KEYS, memory_state

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
KEY = KeyEntry(
    id="k1", digest=digest("key-1"), tenant="t1", environment="live", scopes=frozenset(("api.read",))
)
CHANGED = (
    "subscription ($company: ID, $now: Boolean) { connectionChanged(company: $company, includeCurrent: $now) "
)
CHANGED += "{ id companyKey state stateReason stateCode stateSince } }"


@cache
def definitions() -> Mapping[str, Provider]:
    """All that there are."""
    return discover(NAMES)


@cache
def schema() -> Schema:
    """Made once: it takes most of a second."""
    return shared_schema()


@dataclass
class Stage:
    """A gateway with companies of two tenants, and subscribers to it."""

    clock: HandClock
    state: State
    gateway: Gateway

    def question(self, text: str = CHANGED, *, key: str = "key-1", **variables: Any) -> Question:
        principal = self.state.registry.principal(key)
        assert principal is not None
        return Question(text=text, variables=variables, principal=principal, timeout_seconds=20.0)

    @asynccontextmanager
    async def listener(
        self, text: str = CHANGED, *, question: Question | None = None, **variables: Any
    ) -> AsyncIterator[Listener]:
        """Somebody who listens, for as long as the block lasts."""
        listener = Listener(self.gateway.subscribe(question or self.question(text, **variables)))
        task = asyncio.ensure_future(listener.listen())
        await settle()
        try:
            yield listener
        finally:
            task.cancel()
            await asyncio.wait((task,))
        if not task.cancelled():
            task.result()

    async def stand(self, connection: str, state: Word, environment: str = "live", **more: Any) -> None:
        """A connection stands so from now on."""
        word: Any = environment
        new = Standing(environment=word, connection=connection, state=state, since=self.clock.now(), **more)
        await self.state.directory.change(Standing, new.place, lambda _: new)
        await settle()

    async def change(self, entry: KeyEntry | CompanyEntry | ConnectionEntry, **changes: Any) -> None:
        """An entry is replaced, or taken away where nothing is said of it."""
        after: Any = replace(entry, **changes) if changes else None
        await self.state.directory.change(type(entry), entry.place, lambda _: after)
        await settle()


@dataclass
class Listener:
    """Keeps what it is told."""

    source: AsyncGenerator[dict[str, Any], None]
    heard: list[dict[str, Any]] = field(default_factory=list)
    over: bool = False

    async def listen(self) -> None:
        try:
            async for answer in self.source:
                self.heard.append(answer)
            self.over = True
        finally:
            await self.source.aclose()

    @property
    def states(self) -> list[tuple[str, str]]:
        """Connection and state of what was told."""
        shown = [answer["data"]["connectionChanged"] for answer in self.heard if answer.get("data")]
        return [(each["id"], each["state"]) for each in shown]

    @property
    def ended(self) -> str | None:
        """The code of the error that ended it."""
        if not self.over:
            return None
        errors = self.heard[-1].get("errors")
        return errors[0]["extensions"]["code"] if errors else "COMPLETE"


def company(key: str, *tenants: str, environment: Any = "live") -> CompanyEntry:
    return CompanyEntry(key=key, name=key, environment=environment, tenants=frozenset(tenants))


def connection(id: str, company: str, environment: Any = "live") -> ConnectionEntry:
    return ConnectionEntry(
        id=id,
        company=company,
        provider="kashoo",
        environment=environment,
        base_url="https://api.kashoo.com/api",
        scheme="session",
        settings={each.name: "7" for each in definitions()["kashoo"].settings},
    )


MAPLE, ALPINE = company("maple", "t1", "t2"), company("alpine", "t1")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Maple and alpine are the first tenant's; harbour is not, and a sandbox company has the same ids."""
    clock = HandClock(NOW)
    state = memory_state(clock)
    for entry in (
        TenantEntry(id="t1", name="One"),
        TenantEntry(id="t2", name="Two"),
        KEY,
        replace(KEY, id="k2", digest=digest("key-2"), tenant="t2"),
        replace(KEY, id="k3", digest=digest("key-3"), expires_at=NOW + dt.timedelta(seconds=10)),
        replace(KEY, id="k4", digest=digest("key-4"), companies=frozenset(("alpine",))),
        MAPLE, ALPINE, company("harbour", "t2"), company("maple", "t1", environment="sandbox"),
        connection("m1", "maple"), connection("a1", "alpine"), connection("h1", "harbour"),
        connection("m1", "maple", "sandbox"),
    ):  # fmt: skip
        await state.directory.add(entry)
    known = definitions()

    async def nobody(call: Call) -> Response:
        raise (TooLate if call.deadline <= clock.monotonic() else Unavailable)("nobody is there")

    async def unknown(link: Link) -> tuple[Quota, ...]:
        return ()

    parts = Parts(
        state=state,
        definitions=known,
        providers=catalogue(known),
        send=nobody,
        quota=unknown,
        wire=GuardedWire(Guard()),
        guard=Guard(),
        repairs=Repairs(
            registry=state.registry, tokens=LinkTokens(KEYS, state.store, clock), clock=clock, public_url=""
        ),
        doors=Doors(limits=Limits(state.store, clock), clock=clock, rate=Rate()),
        indexes=Indexes(clock),
        keys=KEYS,
        clock=clock,
    )
    gateway = Gateway(schema(), parts)
    follow = asyncio.ensure_future(state.directory.follow())
    yield Stage(clock, state, gateway)
    follow.cancel()


async def test_changes_of_what_the_key_sees_are_told(stage: Stage) -> None:
    """Of all its companies; nothing of other tenants' and of the other environment."""
    async with stage.listener() as listener:
        assert listener.heard == []
        await stage.stand("m1", "NEEDS_REAUTH", code="NEEDS_REAUTH", reason="The sign-in ended.")
        await stage.stand("h1", "ERROR")
        await stage.stand("m1", "ERROR", environment="sandbox")
        await stage.stand("a1", "PAUSED")
        await stage.stand("m1", "ACTIVE")

    assert listener.states == [("m1", "NEEDS_REAUTH"), ("a1", "PAUSED"), ("m1", "ACTIVE")]
    assert listener.heard[0]["data"]["connectionChanged"] == {
        "id": "m1",
        "companyKey": "maple",
        "state": "NEEDS_REAUTH",
        "stateReason": "The sign-in ended.",
        "stateCode": "NEEDS_REAUTH",
        "stateSince": "2026-11-15T12:00:00Z",
    }
    assert "errors" not in listener.heard[0]


async def test_one_company_by_argument_or_by_header(stage: Stage) -> None:
    """Others of the same key are left out; the argument wins."""
    asked = stage.question()
    async with (
        stage.listener(company="alpine") as by_argument,
        stage.listener(question=asked_as(asked, account_key="maple")) as by_header,
        stage.listener(
            question=asked_as(asked, account_key="maple", variables={"company": "alpine"})
        ) as by_both,
        stage.listener(key="key-4") as by_key,
    ):
        await stage.stand("m1", "ERROR")
        await stage.stand("a1", "ERROR")

    assert by_argument.states == by_both.states == by_key.states == [("a1", "ERROR")]
    assert by_header.states == [("m1", "ERROR")]


async def test_one_may_begin_with_how_things_stand(stage: Stage) -> None:
    """Every connection once, then changes: what happened between two subscriptions is not missed."""
    await stage.stand("m1", "REVOKED")
    async with stage.listener(now=True) as listener:
        assert listener.states == [("a1", "ACTIVE"), ("m1", "REVOKED")]
        await stage.stand("a1", "ERROR")
    assert listener.states[2:] == [("a1", "ERROR")]


async def test_only_what_is_shown_is_news(stage: Stage) -> None:
    """A count of failed probes is not; a new connection is, and settings that make one usable no more."""
    async with stage.listener() as listener:
        await stage.stand("m1", "ERROR")
        await stage.stand("m1", "ERROR", tries=3)
        assert listener.states == [("m1", "ERROR")]
        await stage.state.directory.add(connection("m2", "maple"))
        await stage.state.directory.raise_generation("live", "m1")
        await settle()
        assert listener.states[1:] == [("m2", "ACTIVE")]


@pytest.mark.parametrize("asked", [{}, {"company": "maple"}])
async def test_a_revoked_key_ends_it_at_once(stage: Stage, asked: dict[str, Any]) -> None:
    """With the error that a new request would get; nothing is told after it."""
    async with stage.listener(**asked) as listener, stage.listener(key="key-2") as other:
        await stage.change(KEY)
        assert listener.ended == "UNAUTHENTICATED"
        await stage.stand("m1", "ERROR")
    assert listener.states == []
    assert other.states == [("m1", "ERROR")]
    assert not other.over


async def test_an_expired_key_ends_it_within_a_second(stage: Stage) -> None:
    """Nobody writes anything when a key expires; the clock is enough."""
    async with stage.listener(key="key-3") as listener:
        for _ in range(9):
            await stage.clock.turn(1)
        assert not listener.over
        await stage.clock.turn(1)
        assert listener.ended == "UNAUTHENTICATED"


async def test_a_caller_whose_own_time_is_shorter_than_the_key_s(stage: Stage) -> None:
    """A browser's token ends its stream although the key behind it goes on."""
    asked = stage.question()
    key = replace(asked.principal.key, expires_at=NOW + dt.timedelta(seconds=3))
    short = asked_as(asked, principal=replace(asked.principal, key=key))
    async with stage.listener(question=short) as listener:
        for _ in range(3):
            assert not listener.over
            await stage.clock.turn(1)
        assert listener.ended == "UNAUTHENTICATED"


async def test_sharing_off_ends_it_at_once(stage: Stage) -> None:
    """For who asked for that company; who listens to all hears no more of it."""
    async with stage.listener(company="maple") as one, stage.listener() as all_:
        await stage.change(MAPLE, tenants=frozenset(("t2",)))
        assert one.ended == "FORBIDDEN"
        await stage.stand("m1", "ERROR")
        await stage.stand("a1", "ERROR")
    assert all_.states == [("a1", "ERROR")]
    assert not all_.over


async def test_a_key_that_is_narrowed_hears_less(stage: Stage) -> None:
    """Its companies count as they are now."""
    async with stage.listener() as listener:
        await stage.change(KEY, companies=frozenset(("alpine",)))
        await stage.stand("m1", "ERROR")
        await stage.stand("a1", "ERROR")
    assert listener.states == [("a1", "ERROR")]


async def test_a_stranger_s_company_is_forbidden(stage: Stage) -> None:
    """Of another tenant, and one that nobody has."""
    for strange in ("harbour", "nowhere"):
        async with stage.listener(company=strange) as listener:
            assert listener.ended == "FORBIDDEN"
        assert len(listener.heard) == 1


async def test_without_the_store_it_ends_with_the_lease(stage: Stage) -> None:
    """Who cannot be told apart from a revoked key is told nothing more."""
    stage.state.registry.checked()
    async with stage.listener() as listener:
        stage.clock.advance(31)
        await stage.clock.turn(1)
        assert listener.ended == "STATE_UNAVAILABLE"


async def test_who_fell_behind_is_told_how_things_stand(stage: Stage) -> None:
    """When changes were lost all is looked at again, and what differs is told."""
    async with stage.listener() as listener:
        entry = Standing(environment="live", connection="m1", state="ERROR", since=NOW)
        stage.state.registry.set(entry)
        stage.state.directory._lose()
        await settle()
        assert listener.states == [("m1", "ERROR")]
        await stage.stand("a1", "ERROR")
        assert listener.states[1:] == [("a1", "ERROR")]


async def test_closing_it_leaves_no_listener(stage: Stage) -> None:
    """Whether it was told something before or not."""
    for state in ("ERROR", "PAUSED"):
        async with stage.listener() as listener:
            assert len(stage.state.directory._listeners) == 1
            if state == "ERROR":
                await stage.stand("m1", "ERROR")
                assert listener.states == [("m1", "ERROR")]
        await settle()
        assert len(stage.state.directory._listeners) == 0


async def test_each_event_has_a_moment_of_its_own(stage: Stage) -> None:
    """A field that asks the provider has the whole time again, long after the subscription began."""
    text = "subscription { connectionChanged { id subscription { plan } } }"
    async with stage.listener(text) as listener:
        for _ in range(3):
            await stage.clock.turn(20)
            stage.state.registry.checked()
        await stage.stand("m1", "ERROR")
        [answer] = listener.heard
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["PROVIDER_UNAVAILABLE"]
    assert answer["data"]["connectionChanged"]["id"] == "m1"


async def test_queries_and_mistakes_are_answered_once(stage: Stage) -> None:
    """A query over the same way; a document that is wrong; two operations without a name; GET and a mutation."""
    async with stage.listener("{ viewer { id } }") as query:
        assert (query.over, query.heard[0]["data"]) == (True, {"viewer": {"id": "t1"}})
    for text, code in (
        ("subscription { nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription A { connectionChanged { id } } query B { viewer { id } }", "BAD_USER_INPUT"),
    ):
        async with stage.listener(text) as wrong:
            assert wrong.ended == code, wrong.heard
        assert len(wrong.heard) == 1


async def test_without_a_stream_it_is_refused(stage: Stage) -> None:
    """The answer says how to ask for it."""
    answer = await stage.gateway.answer(stage.question())

    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "text/event-stream" in answer["errors"][0]["message"]
