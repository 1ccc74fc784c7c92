"""Claims over each store: one holder, an end, and numbers that only rise."""

from __future__ import annotations

import asyncio

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.errors import StateDown
from ledgermesh.state.claims import Claims
from tests.state.stores import START, Engine, Failing

SECONDS = 10.0


async def test_one_holds_a_name(engine: Engine) -> None:
    """Of many processes that ask at once one gets it; another name is another claim."""
    claims = [Claims(await engine.open(), engine.clock) for _ in range(3)]

    got = await asyncio.gather(*(each.claim("a/b", seconds=SECONDS) for each in claims * 5))

    assert len([claim for claim in got if claim is not None]) == 1
    assert await claims[0].claim("a", seconds=SECONDS) is not None


async def test_what_is_released_is_free(engine: Engine) -> None:
    """The next one gets it at once, under a larger number."""
    claims = Claims(await engine.open(), engine.clock)
    first = await claims.claim("a", seconds=SECONDS)
    assert first is not None

    await claims.release(first)
    second = await claims.claim("a", seconds=SECONDS)

    assert second is not None
    assert second.number > first.number


async def test_a_claim_ends_by_itself(engine: Engine) -> None:
    """After its seconds another gets it, under a larger number; what its old holder releases then is not the new."""
    one, two = [Claims(await engine.open(), engine.clock) for _ in range(2)]
    first = await one.claim("a", seconds=SECONDS)
    assert first is not None

    await engine.pass_seconds("claim/a", SECONDS + 1)
    second = await two.claim("a", seconds=SECONDS)
    await one.release(first)

    assert second is not None
    assert second.number > first.number
    assert await one.claim("a", seconds=SECONDS) is None


async def test_a_renewed_claim_is_free_at_no_moment(engine: Engine) -> None:
    """It lasts on under a larger number; its older number releases nothing. One that has ended is not renewed."""
    one, two = [Claims(await engine.open(), engine.clock) for _ in range(2)]
    first = await one.claim("a", seconds=SECONDS)
    assert first is not None

    renewed = await one.renew(first, seconds=2 * SECONDS)
    assert renewed is not None
    assert (renewed.number > first.number, renewed.ends_at >= first.ends_at + SECONDS / 2) == (True, True)
    await one.release(first)
    assert await one.renew(first, seconds=SECONDS) is None
    assert await two.claim("a", seconds=SECONDS) is None

    await engine.pass_seconds("claim/a", 2 * SECONDS + 1)
    assert await one.renew(renewed, seconds=SECONDS) is None
    assert await two.claim("a", seconds=SECONDS) is not None


async def test_numbers_rise_over_a_restart(engine: Engine) -> None:
    """A process that starts anew over the same store goes on counting, though nothing is held any more."""
    store = await engine.open()
    claims = Claims(store, engine.clock)
    numbers = []
    for _ in range(5):
        claim = await claims.claim("a", seconds=SECONDS)
        assert claim is not None
        numbers.append(claim.number)
        await claims.release(claim)
    await engine.restart()

    last = await Claims(await engine.open(), engine.clock).claim("a", seconds=SECONDS)

    assert last is not None
    assert [*numbers, last.number] == sorted({*numbers, last.number})


async def test_a_block_holds_and_releases(engine: Engine) -> None:
    """Inside the block nobody else has it; after it, even after an error, it is free. Who comes second gets None."""
    claims = Claims(await engine.open(), engine.clock)

    with pytest.raises(ZeroDivisionError):
        async with claims.holding("a", seconds=SECONDS) as claim:
            async with claims.holding("a", seconds=SECONDS) as second:
                assert claim is not None and second is None
            assert await claims.claim("a", seconds=SECONDS) is None
            raise ZeroDivisionError

    assert await claims.claim("a", seconds=SECONDS) is not None


async def test_a_holder_knows_its_end(engine: Engine) -> None:
    """The end counts from before the store was asked, on the holder's own clock."""
    before = engine.clock.monotonic()
    claim = await Claims(await engine.open(), engine.clock).claim("a", seconds=SECONDS)

    assert claim is not None
    assert before + SECONDS <= claim.ends_at <= engine.clock.monotonic() + SECONDS


async def test_without_a_store_nothing_is_claimed_and_release_is_quiet() -> None:
    """StateDown for who asks; who hands back is not disturbed, because a claim ends by itself."""
    clock = ManualClock(START)
    store = Failing(clock)
    claims = Claims(store, clock)
    claim = await claims.claim("a", seconds=SECONDS)
    assert claim is not None
    store.down = True

    with pytest.raises(StateDown):
        await claims.claim("b", seconds=SECONDS)
    await claims.release(claim)
