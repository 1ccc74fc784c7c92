"""Answer from kept bytes, when the caller takes them that old."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from decimal import Decimal

import pytest

from ledgermesh.errors import (
    Absent,
    LedgermeshError,
    MissingScope,
    Paused,
    Reconnect,
    Refused,
    Unavailable,
    UpstreamError,
)
from ledgermesh.upstream.cache import Cache, Entries, Entry
from ledgermesh.upstream.call import Call, Fresh, Response
from ledgermesh.upstream.decode import decode

from .conftest import START, Answering, World, fresh, raw, say


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


# -- in place of an answer that the provider does not give -------------------------------------------------------------


def lenient(seconds: float, *, max_age: float = 0.0, no_cache: bool = False) -> Fresh:
    """A caller who takes an answer so old when the provider fails."""
    return Fresh(max_age_seconds=max_age, no_cache=no_cache, stale_seconds=seconds)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(say({}, 503), id="503"),
        pytest.param(say({}, 429, retry_after="60"), id="429"),
        pytest.param(raw(b"<html>"), id="web page"),
    ],
)
async def test_a_failing_provider_is_stood_in_for_by_what_was_kept(world: World, fault: Answering) -> None:
    """The answer says when it was fetched and in place of which error; the trace has the tries, then the stale one."""
    await world.ask()
    world.server.usual = fault
    world.clock.advance(50)
    found = await world.ask(fresh=lenient(60))
    assert (found.document, found.fetched_at) == ({"n": 1}, START)
    assert isinstance(found.instead, UpstreamError)
    tries = world.lines()[1:-1]
    assert tries and all(came == "MISS" and error for came, _, _, error in tries)
    assert world.lines()[-1][0] == "STALE"


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(Fresh(), id="nothing said"),
        pytest.param(Fresh(max_age_seconds=49), id="only max-age"),
        pytest.param(lenient(49), id="too old"),
        pytest.param(lenient(60, no_cache=True), id="no-cache"),
    ],
)
async def test_only_within_what_the_caller_allows(world: World, asked: Fresh) -> None:
    """Who did not allow it, or not so old, gets the error."""
    await world.ask()
    world.server.usual = say({}, 503)
    world.clock.advance(50)
    with pytest.raises(Unavailable):
        await world.ask(fresh=asked)


async def test_in_the_same_instant_too_it_has_to_be_allowed(world: World) -> None:
    """An answer of no age at all is none that was asked for."""
    await world.ask()
    world.server.usual = say({}, 503)
    with pytest.raises(Unavailable):
        await world.ask()


async def test_five_minutes_are_the_limit_here_too(world: World) -> None:
    """An allowance of an hour is one of 300 s: nothing is kept longer."""
    await world.ask()
    world.server.usual = say({}, 503)
    world.clock.advance(299)
    assert (await world.ask(fresh=lenient(3600))).document == {"n": 1}
    world.clock.advance(2)
    with pytest.raises(Unavailable):
        await world.ask(fresh=lenient(3600))


async def test_an_open_breaker_is_stood_in_for_as_well(world: World) -> None:
    """While the provider is left alone the older answer is there without a call."""
    await world.ask()
    world.server.usual = say({}, 503)
    for _ in range(20):
        with contextlib.suppress(Unavailable):
            await world.ask()
    reached = len(world.server.seen)
    assert (await world.ask(fresh=lenient(60))).document == {"n": 1}
    assert len(world.server.seen) == reached


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(say({}, 404), Absent, id="gone"),
        pytest.param(say({}, 422), Refused, id="refused"),
        pytest.param(say({}, 401), Reconnect, id="credentials"),
        pytest.param(say({}, 402), Paused, id="plan"),
        pytest.param(say({}, 403), MissingScope, id="permission"),
    ],
)
async def test_an_answer_that_is_no_failure_stands(
    world: World, fault: Answering, expected: type[LedgermeshError]
) -> None:
    """What the provider says about the record, the request or the connection is not papered over."""
    await world.ask()
    world.server.usual = fault
    with pytest.raises(expected):
        await world.ask(fresh=lenient(300))


async def test_refused_credentials_end_what_was_kept_before(world: World) -> None:
    """A connection that was not let in any more shows nothing of before, not even while its provider is down."""
    await world.ask("/a")
    await world.ask("/b")
    world.clock.advance(1)
    world.server.then(say({}, 401))
    with pytest.raises(Reconnect):
        await world.ask("/a", fresh=lenient(300))
    world.server.usual = say({}, 503)
    for path in ("/a", "/b"):
        with pytest.raises((Unavailable, Reconnect)):
            await world.ask(path, fresh=lenient(300))


async def test_nobody_is_given_what_another_or_an_older_generation_kept(world: World) -> None:
    """Another tenant, another environment, a generation later: the error, as if nothing had ever been kept."""
    await world.ask()
    world.server.usual = say({}, 503)
    strangers = (
        replace(world.link, tenant="tenant-2", owner="tenant-1"),
        replace(world.link, generation=1),
    )
    for link in strangers:
        with pytest.raises(Unavailable):
            await world.ask(link=link, fresh=lenient(300))
    assert (await world.ask(fresh=lenient(300))).document == {"n": 1}


def entry(kept_at: float, size: int) -> Entry:
    """A kept answer."""
    return Entry(200, {}, b"", START, kept_at, size)


def test_the_longest_unused_goes_first_and_the_oldest_when_it_is_over() -> None:
    """Room is made by use, time is over by age; what is put in another's place takes no room twice."""
    entries = Entries(100)
    for moment, name in enumerate("abc"):
        entries.put((name,), entry(moment, 30))
    assert entries.get(("a",)) is not None
    entries.put(("d",), entry(3.0, 30))
    assert [name for name in "abcd" if entries.get((name,))] == ["a", "c", "d"]
    entries.put(("d",), entry(4.0, 40))
    entries.put(("e",), entry(5.0, 101))
    assert entries.size == 100

    entries.expire(302.5)
    assert ([name for name in "abcde" if entries.get((name,))], entries.size) == (["d"], 40)
    entries.expire(304.0)
    assert entries.size == 0
