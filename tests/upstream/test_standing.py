"""A connection that is not let in is left alone, probed, and believed again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import pytest

from ledgermesh.errors import (
    Garbled,
    LedgermeshError,
    LinkError,
    MissingScope,
    NeedsConfig,
    OnHold,
    Paused,
    Reconnect,
    Refused,
    SlowDown,
    Unavailable,
)
from ledgermesh.state.entries import Standing, State
from ledgermesh.state.shared import make_state
from ledgermesh.upstream.stack import make_stack
from tests.states import KEYS

from .conftest import Gate, Seen, World, raw, say
from .issuer import CLIENT, relink, rotating


def standing(world: World) -> Standing | None:
    """How the connection stands, as this process knows."""
    return world.state.registry.standing("live", "connection-1")


def shown(world: World) -> tuple[str, str, int] | None:
    """State, code, seconds to the next probe."""
    found = standing(world)
    if found is None:
        return None
    ahead = (found.probe_at - world.clock.now()).total_seconds() if found.probe_at is not None else -1
    return found.state, found.code, int(ahead)


async def stand(world: World, state: State, **fields: object) -> None:
    """As an administrator says."""
    told = Standing(environment="live", connection="connection-1", state=state, since=world.clock.now())
    await world.state.directory.change(Standing, told.place, lambda _: replace(told, **fields))  # type: ignore[arg-type]  # names are checked by replace


async def refused(world: World, kind: type[LinkError] = Reconnect) -> LinkError:
    """Ask, and be refused in this way."""
    with pytest.raises(kind) as caught:
        await world.ask()
    return caught.value


def things(world: World) -> list[Seen]:
    """The calls that reached the provider, sign-ins left out."""
    return [seen for seen in world.server.seen if seen.path not in ("/v1/token", "/v1/login")]


@asynccontextmanager
async def replica(world: World) -> AsyncIterator[World]:
    """One more process over the same store, in front of the same provider."""
    state = make_state(world.state.store, KEYS, world.clock)
    await state.directory.load()
    stack = make_stack(clock=world.clock, random=Random(2), wire=world.wire, state=state)
    yield World(world.clock, world.server, world.wire, state, stack)
    await stack.close()


@pytest.mark.parametrize(
    ("answer", "kind", "expected"),
    [
        (say({}, 401), Reconnect, ("NEEDS_REAUTH", "NEEDS_REAUTH", 60)),
        (say({}, 402), Paused, ("PAUSED", "SUBSCRIPTION", 3600)),
    ],
)
async def test_a_connection_that_is_not_let_in_is_left_alone(
    world: World, answer: Gate, kind: type[LinkError], expected: tuple[str, str, int]
) -> None:
    """It says how it stands, why and since when; until the probe the same error comes, and no call is made."""
    began = world.clock.now()
    world.server.usual = answer
    told = await refused(world, kind)
    assert shown(world) == expected
    found = standing(world)
    assert found is not None
    assert (found.reason, found.since, found.grant_version) == (told.message, began, 1)

    world.clock.advance(expected[2] - 1)
    again = await refused(world, kind)
    assert (type(again), again.message, again.code) == (kind, told.message, expected[1])
    assert again.details == {"local": True}
    assert again.retry_at == (found.probe_at if kind is Paused else None)
    assert len(world.server.seen) == 1
    assert world.lines()[1:] == []


async def test_probes_are_ever_rarer_and_the_first_that_is_let_in_ends_it(world: World) -> None:
    """A minute, then twice as long each time, at most an hour; since when it stands so stays true."""
    began, world.server.usual = world.clock.now(), say({}, 401)
    waits = []
    for _ in range(9):
        await refused(world)
        found = shown(world)
        assert found is not None
        waits.append(found[2])
        world.clock.advance(found[2])
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert len(world.server.seen) == 9
    before = standing(world)
    assert before is not None and before.since == began

    world.server.usual = None
    await world.ask()
    assert shown(world) == ("ACTIVE", "", -1)
    after = standing(world)
    assert after is not None and (after.since, after.tries) == (world.clock.now(), 0)
    for _ in range(3):
        await world.ask()


async def test_a_lapsed_plan_is_probed_every_hour(world: World) -> None:
    """However often it failed."""
    world.server.usual = say({}, 402)
    for tries in range(3):
        await refused(world, Paused)
        assert shown(world) == ("PAUSED", "SUBSCRIPTION", 3600)
        found = standing(world)
        assert found is not None and found.tries == tries
        world.clock.advance(3600)


async def test_one_call_probes_for_all_processes(world: World) -> None:
    """While it is away the others are refused as before; none of those that come after it is refused."""
    world.server.then(say({}, 401))
    await refused(world)
    async with replica(world) as other:
        world.clock.advance(60)
        gate = Gate(say({}))
        world.server.then(gate)
        probing = asyncio.ensure_future(world.ask("/probe"))
        await gate.reached.wait()
        for number in range(5):
            for each in (world, other):
                with pytest.raises(Reconnect):
                    await each.ask(f"/{number}")
        gate.open.set()
        await probing
        assert len(world.server.seen) == 2
        assert shown(other) == ("NEEDS_REAUTH", "NEEDS_REAUTH", 0)  # it has not heard yet
        await asyncio.gather(*(each.ask(f"/{number}") for number in range(5) for each in (world,)))
        await other.ask("/first")
        assert shown(other) == ("ACTIVE", "", -1)


async def test_a_probe_that_failed_elsewhere_is_not_repeated(world: World) -> None:
    """A process that has not heard of it yet looks before it probes."""
    world.server.usual = say({}, 401)
    await refused(world)
    async with replica(world) as other:
        world.clock.advance(60)
        await refused(world)
        await refused(other)
        assert len(world.server.seen) == 2
        assert shown(other) == ("NEEDS_REAUTH", "NEEDS_REAUTH", 120)


async def test_a_probe_that_says_nothing_changes_nothing(world: World) -> None:
    """The provider is broken, or the caller leaves: the state stays as it was, and the next call probes."""
    world.server.then(say({}, 401))
    await refused(world)
    world.clock.advance(60)
    world.server.then(say({}, 500), say({}, 500), say({}, 500))
    with pytest.raises(Unavailable):
        await world.ask()
    before = standing(world)
    gate = Gate(say({}))
    world.server.then(gate)
    leaving = asyncio.ensure_future(world.ask())
    await gate.reached.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    gate.open.set()
    await asyncio.sleep(0)
    assert standing(world) == before
    await world.ask()
    assert shown(world) == ("ACTIVE", "", -1)


async def test_linking_again_starts_afresh_at_once(world: World) -> None:
    """A newer grant is tried without waiting; if it is refused too, the waiting begins anew."""
    world.server.then(say({}, 401), say({}, 401), say({}, 401))
    await refused(world)
    world.clock.advance(60)
    await refused(world)
    await relink(world.state, api_key="also wrong")
    await refused(world)
    assert shown(world) == ("NEEDS_REAUTH", "NEEDS_REAUTH", 60)
    await refused(world)
    assert len(world.server.seen) == 3
    await relink(world.state, api_key="right")
    await world.ask()
    assert world.server.seen[-1].headers["authorization"] == "Bearer right"
    assert shown(world) == ("ACTIVE", "", -1)


@pytest.mark.parametrize("state", ["PENDING", "REVOKED"])
async def test_who_never_linked_or_disconnected_is_never_probed(world: World, state: State) -> None:
    """Not later, and not for a grant that lies there: only whoever links it says so."""
    await stand(world, state)
    world.clock.advance(100_000)
    await relink(world.state, api_key="new")
    assert "not linked" in (await refused(world)).message
    assert world.server.seen == []
    await stand(world, "ACTIVE")
    await world.ask()


async def test_what_an_administrator_paused_is_not_probed(world: World) -> None:
    """Without a moment for a probe only an administrator goes on with it; a late refusal does not change it."""
    gate = Gate(say({}, 401))
    world.server.then(gate)
    late = asyncio.ensure_future(world.ask())
    await gate.reached.wait()
    await stand(world, "PAUSED", code="PAUSED_BY_TENANT", reason="Paused by its tenant.")
    gate.open.set()
    with pytest.raises(Reconnect):
        await late
    world.clock.advance(100_000)
    assert (await refused(world, OnHold)).message == "Paused by its tenant."
    assert shown(world) == ("PAUSED", "PAUSED_BY_TENANT", -1)
    assert len(world.server.seen) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (say({}, 403), MissingScope),
        (say({}, 400), Refused),
        (say({}, 429, retry_after="900"), SlowDown),
        (say({}, 503), Unavailable),
        (raw(b"<html>"), Garbled),
    ],
)
async def test_other_failures_say_nothing_of_the_link(
    world: World, answer: Gate, kind: type[LedgermeshError]
) -> None:
    """Books that are closed to these credentials, a wrong request, a spent budget, a broken provider."""
    world.server.usual = answer
    with pytest.raises(kind):
        await world.ask()
    assert standing(world) is None


async def test_a_sign_in_that_lacks_a_permission_shuts_the_connection(world: World) -> None:
    """The provider gives no token at all without it, other than where one endpoint wants more."""
    await world.grant("client", **CLIENT)
    world.server.usual = say({"error": "invalid_scope"}, 400)
    await refused(world, MissingScope)
    assert shown(world) == ("NEEDS_REAUTH", "MISSING_SCOPE", 60)
    assert type(await refused(world, MissingScope)) is MissingScope
    assert len(world.server.seen) == 1


async def test_a_missing_client_of_our_own_is_the_operators(world: World) -> None:
    """NEEDS_CONFIG, without a call."""
    await rotating(world, expires_in=-5)
    await relink(world.state, access_token="a0", refresh_token="r0")
    await refused(world, NeedsConfig)
    assert shown(world) == ("NEEDS_CONFIG", "NEEDS_CONFIG", 60)
    assert world.server.seen == []
