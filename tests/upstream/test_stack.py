"""The whole stack, in its order."""

from __future__ import annotations

import asyncio
import importlib
import traceback
from dataclasses import replace

import pytest

from ledgermesh.errors import LedgermeshError, Reconnect, Unavailable
from ledgermesh.state.base import Grant, Secret
from ledgermesh.upstream.stack import LAYERS, LINES

from .conftest import START, Gate, World, fresh, say


def test_the_printed_list_is_the_real_order() -> None:
    """`ledgermesh layers` names exactly the layers a call passes, each a file of its name, then send."""
    assert [name for name, _ in LINES] == [layer.__name__.lower() for layer in LAYERS] + ["send"]
    for layer, (name, _) in zip(LAYERS, LINES, strict=False):
        assert layer.__module__ == importlib.import_module(f"ledgermesh.upstream.{name}").__name__


async def test_a_call_passes_all_layers(world: World) -> None:
    """A live call is signed, sent once and decoded; its answer says when it was fetched."""
    response = await world.ask("/things", query=(("a b", "c&d"),), headers=(("X-More", "1"),))

    assert response.document == {"n": 1}
    assert response.fetched_at == START
    (seen,) = world.server.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/v1/things", "a%20b=c%26d")
    assert (seen.headers["authorization"], seen.headers["x-more"]) == ("Bearer key-canary", "1")
    assert world.lines() == [("MISS", 1, 200, None)]


async def test_no_secret_comes_out_in_an_error(world: World) -> None:
    """Whatever fails, neither the error, its chain nor the call it was for prints a credential."""
    told: list[str] = []
    failures = (
        say({}, 401),
        say({}, 500),
        say({}, 403),
        say({}, 429),
        say({}, 302, location="https://x.example"),
    )
    for failure in failures:
        world.server.queued.clear()
        world.server.then(failure, failure, failure)
        with pytest.raises(LedgermeshError) as caught:
            await world.ask("/things")
        told.append("".join(traceback.format_exception(caught.value)) + repr(caught.value.details))
    signed = world.call(signature=(("Authorization", Secret("Bearer key-canary")),))
    told.append(repr(signed))

    assert "key-canary" not in "".join(told)


async def test_an_unlinked_connection_makes_no_call(world: World) -> None:
    """Without a grant the tenant is told to link; nothing goes out."""
    with pytest.raises(Reconnect, match="not linked"):
        await world.ask(link=replace(world.link, tenant="tenant-2"))

    assert world.server.seen == []
    assert world.lines() == []


async def test_tenants_never_share_an_answer(world: World) -> None:
    """The same upstream request of another tenant is another call, from the cache as in the air."""
    await world.grants.write(
        Grant(
            tenant="tenant-2",
            environment="live",
            connection="connection-1",
            scheme="api_key",
            secrets={"api_key": Secret("other")},
        )
    )
    other = replace(world.link, tenant="tenant-2")

    await world.ask(fresh=fresh(60))
    theirs, ours = await asyncio.gather(world.ask(fresh=fresh(60), link=other), world.ask(fresh=fresh(60)))

    assert (theirs.document, ours.document) == ({"n": 2}, {"n": 1})
    assert [seen.headers["authorization"] for seen in world.server.seen] == [
        "Bearer key-canary",
        "Bearer other",
    ]


async def test_closing_tells_the_callers_in_the_air(world: World) -> None:
    """Closing the stack gives up a call under way; its caller gets an error, not a cancellation."""
    gate = Gate(say({}))
    world.server.then(gate)
    asking = asyncio.ensure_future(world.ask())
    await gate.reached.wait()

    await world.stack.close()

    with pytest.raises(Unavailable, match="closing"):
        await asking
