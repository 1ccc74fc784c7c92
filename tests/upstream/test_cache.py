"""Answer from kept bytes, when the caller takes them that old."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgermesh.errors import Absent
from ledgermesh.upstream.cache import Cache
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.decode import decode

from .conftest import START, World, fresh, raw, say


async def test_the_default_is_live(world: World) -> None:
    """With max-age 0 every question is asked, however young the kept answer is."""
    await world.ask(fresh=fresh(60))
    assert (await world.ask()).document == {"n": 2}


async def test_an_answer_serves_until_it_is_too_old_for_the_caller(world: World) -> None:
    """A kept answer is given to who takes its age, with the time it was fetched; then it is fetched again."""
    await world.ask()
    world.clock.advance(30)
    kept = await world.ask(fresh=fresh(30))
    assert (kept.document, kept.fetched_at) == ({"n": 1}, START)
    assert (await world.ask(fresh=fresh(29))).document == {"n": 2}
    assert world.lines() == [("MISS", 1, 200, None), ("HIT", 1, 200, None), ("MISS", 1, 200, None)]


async def test_no_cache_asks_although_something_is_kept(world: World) -> None:
    """`no-cache` goes past the cache, and what it brings is kept for the others."""
    await world.ask()
    assert (await world.ask(fresh=fresh(60, no_cache=True))).document == {"n": 2}
    assert (await world.ask(fresh=fresh(60))).document == {"n": 2}


async def test_five_minutes_are_the_limit(world: World) -> None:
    """Nothing older than 300 s is given or kept, whatever the caller takes."""
    await world.ask()
    world.clock.advance(301)
    assert (await world.ask(fresh=fresh(100_000))).document == {"n": 2}


async def test_a_raised_generation_leaves_older_answers_behind(world: World) -> None:
    """After a write the connection's answers from before are not found."""
    await world.ask()
    newer = replace(world.link, generation=1)
    assert (await world.ask(fresh=fresh(60), link=newer)).document == {"n": 2}


async def test_failures_and_writes_are_not_kept(world: World) -> None:
    """Only good answers to GET are."""
    world.server.then(say({"error": {"code": "x"}}, 404), say({"made": 1}, 201))
    with pytest.raises(Absent):
        await world.ask(fresh=fresh(60))
    await world.ask(method="POST", fresh=fresh(60))
    assert (await world.ask(fresh=fresh(60))).document == {"n": 3}


async def test_a_hit_is_read_anew_and_exactly(world: World) -> None:
    """The kept bytes are decoded again, so that nobody shares a document, and amounts stay exact."""
    world.server.then(raw(b'{"amount": 1234567890123456.789}'))
    first = await world.ask()
    second = await world.ask(fresh=fresh(60))
    assert first.document == second.document == {"amount": Decimal("1234567890123456.789")}
    assert first.document is not second.document


async def test_it_is_bounded_in_bytes(world: World) -> None:
    """Every entry counts its body and its overhead; the least used goes first; what is too big is not kept."""
    cache = Cache(world.clock, 20_000)
    body = b'"' + b"x" * 3_000 + b'"'

    async def send(_call: Call) -> Response:
        return Response(200, {}, body, decode(body), world.clock.now())

    for number in range(20):
        await cache.answer(world.call(f"/{number}"), send)
        assert cache.bytes_kept <= 20_000
    assert cache.bytes_kept > 3 * len(body)

    body = b'"' + b"x" * 30_000 + b'"'
    before = cache.bytes_kept
    await cache.answer(world.call("/big"), send)
    assert cache.bytes_kept == before
