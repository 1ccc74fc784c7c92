"""Leave a failing provider alone for a while."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.errors import Absent, Garbled, LedgermeshError, Reconnect, SlowDown, TooLate, Unavailable
from ledgermesh.upstream.breaker import Breaker, verdict
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


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unavailable("5xx"), False),
        (Garbled("html"), False),
        (TooLate("slow", details={"seconds": 2.5}), False),
        (TooLate("hasty caller", details={"seconds": 0.01}), None),
        (Absent("404"), True),
        (Reconnect("401"), True),
        (SlowDown("429"), True),
        (refusal(SlowDown, "pace"), None),
        (refusal(Unavailable, "closing"), None),
    ],
)
def test_what_counts(error: LedgermeshError, expected: bool | None) -> None:
    """5xx, unreadable answers and real timeouts are failures; 4xx is not; what we refuse ourselves says nothing."""
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
