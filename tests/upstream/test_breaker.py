"""Leave a failing provider alone for a while."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.errors import (
    Absent,
    Garbled,
    LedgermeshError,
    Reconnect,
    SlowDown,
    StateDown,
    TooLate,
    Unavailable,
)
from ledgermesh.state.base import Secret
from ledgermesh.upstream.breaker import Breaker, Showed, verdict
from ledgermesh.upstream.call import Call, Response
from ledgermesh.upstream.local import refusal

from .conftest import START, World, say

GOOD = Response(200, {}, b"{}", {}, START)


class Below:
    """What stands under the breaker: fails or answers, as told; counts."""

    def __init__(self) -> None:
        self.error: LedgermeshError | None = None
        self.calls = 0
        self.held: asyncio.Event | None = None

    async def __call__(self, call: Call) -> Response:
        self.calls += 1
        if self.held is not None:
            await self.held.wait()
        if self.error is not None:
            raise self.error
        return GOOD


async def ask(breaker: Breaker, call: Call, below: Below, times: int = 1) -> str | None:
    """Send a call so often; the code of the last error."""
    code: str | None = None
    for _ in range(times):
        try:
            await breaker.answer(call, below)
            code = None
        except LedgermeshError as error:
            code = "LOCAL" if error.details.get("local") else error.code
    return code


async def test_it_opens_at_half_of_twenty_and_says_when_to_come_back(world: World) -> None:
    """Ten failures among twenty calls open the circuit for 30 s; meanwhile nothing goes out."""
    breaker, below, call = Breaker(world.clock), Below(), world.call()
    await ask(breaker, call, below, 10)
    below.error = Unavailable("x")
    assert await ask(breaker, call, below, 9) == "PROVIDER_UNAVAILABLE"
    assert await ask(breaker, call, below) == "PROVIDER_UNAVAILABLE"

    with pytest.raises(Unavailable) as caught:
        await breaker.answer(call, below)

    assert below.calls == 20
    assert caught.value.details == {"local": True}
    assert caught.value.retry_at is not None
    assert (caught.value.retry_at - START).total_seconds() == 30


async def test_few_calls_never_open_it(world: World) -> None:
    """Nineteen failures of nineteen are too few to judge."""
    breaker, below = Breaker(world.clock), Below()
    below.error = Unavailable("x")
    await ask(breaker, world.call(), below, 19)
    world.clock.advance(61)
    await ask(breaker, world.call(), below, 19)
    assert below.calls == 38


async def opened(clock: ManualClock, call: Call, below: Below) -> Breaker:
    """A breaker that has just opened."""
    breaker = Breaker(clock)
    below.error = Unavailable("x")
    await ask(breaker, call, below, 20)
    below.calls = 0
    return breaker


async def test_one_probe_at_a_time_decides(world: World) -> None:
    """After 30 s one call goes out while the others are refused; its success closes the circuit."""
    below, call = Below(), world.call()
    breaker = await opened(world.clock, call, below)
    world.clock.advance(30)
    below.error, below.held = None, asyncio.Event()
    probe = asyncio.ensure_future(breaker.answer(call, below))
    await asyncio.sleep(0)
    assert await ask(breaker, call, below, 3) == "LOCAL"
    assert below.calls == 1
    below.held.set()
    await probe

    assert await ask(breaker, call, below, 5) is None
    assert below.calls == 6


async def test_a_failed_probe_opens_it_again(world: World) -> None:
    """The next probe is 30 s later."""
    below, call = Below(), world.call()
    breaker = await opened(world.clock, call, below)
    world.clock.advance(30)
    assert await ask(breaker, call, below) == "PROVIDER_UNAVAILABLE"
    world.clock.advance(29)
    assert await ask(breaker, call, below) == "LOCAL"
    world.clock.advance(1)
    assert await ask(breaker, call, below) == "PROVIDER_UNAVAILABLE"


async def test_a_probe_whose_caller_leaves_gives_its_place_to_the_next(world: World) -> None:
    """A cancelled probe says nothing; the circuit does not stay half open for ever."""
    below, call = Below(), world.call()
    breaker = await opened(world.clock, call, below)
    world.clock.advance(30)
    below.error, below.held = None, asyncio.Event()
    probe = asyncio.ensure_future(breaker.answer(call, below))
    await asyncio.sleep(0)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    below.held = None

    assert await ask(breaker, call, below) is None


async def test_a_connection_alone_is_left_alone(world: World) -> None:
    """One connection's failures do not shut the provider while others are answered well."""
    breaker, bad, good = Breaker(world.clock), Below(), Below()
    bad.error = Unavailable("x")
    mine, other = world.call(), world.call(link=replace(world.link, connection="connection-2"))
    await ask(breaker, other, good, 30)
    await ask(breaker, mine, bad, 20)
    assert await ask(breaker, mine, bad) == "LOCAL"
    assert await ask(breaker, other, good) is None


async def test_a_provider_that_fails_everybody_is_left_alone_by_all(world: World) -> None:
    """Failures spread over many connections open the provider's circuit; another address of it stays open."""
    breaker, below = Breaker(world.clock), Below()
    below.error = Unavailable("x")
    for number in range(20):
        link = replace(world.link, tenant=f"t{number}", connection=f"c{number}")
        await ask(breaker, world.call(link=link), below)
    assert await ask(breaker, world.call(link=replace(world.link, connection="new")), below) == "LOCAL"
    below.error = None
    elsewhere = replace(world.link, connection="new", base_url="https://eu.acme.example")
    assert await ask(breaker, world.call(link=elsewhere), below) is None


async def test_one_connection_or_two_never_shut_the_provider_for_others(world: World) -> None:
    """However often two of a tenant's connections fail, and although nobody else was heard of: a third may ask."""
    breaker, bad, good = Breaker(world.clock), Below(), Below()
    bad.error = Garbled("x")
    for _ in range(10):
        world.clock.advance(31)
        for name in ("one", "two"):
            await ask(breaker, world.call(link=replace(world.link, connection=name)), bad, 30)
    assert await ask(breaker, world.call(link=replace(world.link, connection="three")), good) is None


async def test_three_sick_connections_among_many_do_not_shut_it_either(world: World) -> None:
    """Most of the answers were failures, but most of the connections are answered well: they go on."""
    breaker, bad, good = Breaker(world.clock), Below(), Below()
    bad.error = Unavailable("x")
    links = [replace(world.link, tenant=f"t{number}", connection=f"c{number}") for number in range(10)]
    for link in links:
        await ask(breaker, world.call(link=link), good)
    for link in links[:3]:
        await ask(breaker, world.call(link=link), bad, 19)
    assert [await ask(breaker, world.call(link=link), good) for link in links[3:]] == [None] * 7


async def test_what_was_heard_long_ago_shuts_nothing(world: World) -> None:
    """Connections that failed more than a minute ago count neither as sick nor as heard of."""
    breaker, below = Breaker(world.clock), Below()
    below.error = Unavailable("x")
    for number in range(10):
        await ask(breaker, world.call(link=replace(world.link, connection=f"c{number}")), below, 2)
        world.clock.advance(35)
    below.error = None
    assert await ask(breaker, world.call(link=replace(world.link, connection="new")), below) is None


def full(world: World, seconds: float) -> SlowDown:
    """A provider's 429 with its reset."""
    return SlowDown("429", retry_at=world.clock.now() + dt.timedelta(seconds=seconds))


async def test_a_storm_of_429_is_waited_out_until_the_told_reset(world: World) -> None:
    """Most answers are 429: nothing goes out before the reset, then one call; one more 429 and all is as before."""
    breaker, below, call = Breaker(world.clock), Below(), world.call()
    below.error = full(world, 240)
    assert await ask(breaker, call, below, 20) == "RATE_LIMITED"
    with pytest.raises(SlowDown) as refused:
        await breaker.answer(call, below)
    assert refused.value.retry_at == below.error.retry_at
    world.clock.advance(239)
    assert await ask(breaker, call, below, 5) == "LOCAL"
    world.clock.advance(1)
    below.error = full(world, 600)
    assert await ask(breaker, call, below) == "RATE_LIMITED"
    world.clock.advance(599)
    assert (await ask(breaker, call, below, 5), below.calls) == ("LOCAL", 21)
    world.clock.advance(1)
    below.error = None
    assert await ask(breaker, call, below, 3) is None


async def test_some_429_among_good_answers_are_no_storm(world: World) -> None:
    """A budget that is met now and then is pace's matter."""
    breaker, below, call = Breaker(world.clock), Below(), world.call()
    for _ in range(20):
        below.error = None
        await ask(breaker, call, below, 2)
        below.error = full(world, 5)
        assert await ask(breaker, call, below) == "RATE_LIMITED"


async def test_what_one_connection_is_told_does_not_shut_the_provider_for_long(world: World) -> None:
    """Many connections get 429 with a reset in an hour: the address is left alone a minute at most."""
    breaker, below = Breaker(world.clock), Below()
    below.error = full(world, 3600)
    for number in range(20):
        await ask(breaker, world.call(link=replace(world.link, connection=f"c{number}")), below)
    below.error, new = None, world.call(link=replace(world.link, connection="new"))
    assert await ask(breaker, new, below) == "LOCAL"
    world.clock.advance(60)
    assert await ask(breaker, new, below) is None


async def test_those_who_share_a_connection_share_its_circuit_but_not_with_own_tokens(world: World) -> None:
    """It is one connection whoever asks; a caller's own token may be refused without harm to the others."""
    breaker, bad, good = Breaker(world.clock), Below(), Below()
    bad.error = Unavailable("x")
    shared = replace(world.link, owner="tenant-1")
    guest = replace(shared, tenant="tenant-2")
    await ask(breaker, world.call(link=replace(guest, token=Secret("own"))), bad, 20)
    assert await ask(breaker, world.call(link=shared), good) is None
    await ask(breaker, world.call(link=shared), bad, 20)
    assert await ask(breaker, world.call(link=guest), good) == "LOCAL"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unavailable("5xx"), Showed.SICK),
        (Garbled("html"), Showed.SICK),
        (TooLate("slow", details={"seconds": 2.5}), Showed.SICK),
        (TooLate("hasty caller", details={"seconds": 0.01}), Showed.NOTHING),
        (Absent("404"), Showed.WELL),
        (Reconnect("401"), Showed.WELL),
        (SlowDown("429"), Showed.FULL),
        (refusal(SlowDown, "pace"), Showed.NOTHING),
        (refusal(Unavailable, "closing"), Showed.NOTHING),
        (StateDown("store"), Showed.NOTHING),
    ],
)
def test_what_counts(error: LedgermeshError, expected: Showed) -> None:
    """5xx, unreadable answers, real timeouts and 429 count; other 4xx do not; what we refuse ourselves says nothing."""
    assert verdict(error) is expected


async def test_in_the_stack_an_open_circuit_ends_the_retries(world: World) -> None:
    """Through the whole stack: failing calls open the circuit, and then the server is left in peace."""
    world.server.usual = say({}, 500)
    for _ in range(40):
        with pytest.raises(Unavailable):
            await world.ask()
    reached = len(world.server.seen)
    with pytest.raises(Unavailable, match="left alone"):
        await world.ask()

    assert reached == len(world.server.seen) == 20
    assert len(world.trace.steps) == 20
