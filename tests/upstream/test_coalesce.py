"""Equal calls in the air share one."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from ledgermesh.errors import TooLate, Unavailable
from ledgermesh.upstream.call import Call, Response, Trace
from ledgermesh.upstream.coalesce import Coalesce

from .conftest import START, Gate, World, fresh, say


class Held:
    """What stands under coalesce: holds every call until it is let go."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.open = asyncio.Event()
        self.cancelled = 0
        self.linger = asyncio.Event()
        self.linger.set()
        self.error: Exception | None = None

    async def __call__(self, call: Call) -> Response:
        self.calls.append(call)
        number = len(self.calls)
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            await self.linger.wait()
            raise
        if self.error is not None:
            raise self.error
        return Response(200, {}, b"{}", number, START)


@pytest.fixture
async def complaints() -> AsyncIterator[list[str]]:
    """What the event loop complains of: tasks and errors that nobody looked at."""
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(str(context["message"])))
    gc.freeze()  # what other tests keep need not be searched
    yield told
    await settle()
    gc.collect()
    gc.unfreeze()
    assert told == []


async def settle() -> None:
    """Let everything that can run run."""
    for _ in range(10):
        await asyncio.sleep(0)


def start(coalesce: Coalesce, held: Held, call: Call) -> asyncio.Task[Response]:
    """Send a call in a task of its own."""

    async def asked() -> Response:
        return await coalesce.answer(call, held)

    return asyncio.ensure_future(asked())


async def test_equal_calls_share_one(world: World, complaints: list[str]) -> None:
    """Five equal calls make one; each caller's trace says whether it asked or joined."""
    coalesce, held = Coalesce(world.clock), Held()
    traces = [Trace() for _ in range(5)]
    tasks = [start(coalesce, held, world.call(trace=trace)) for trace in traces]
    await settle()
    held.open.set()

    assert [response.document for response in await asyncio.gather(*tasks)] == [1] * 5
    assert len(held.calls) == 1
    assert [[step.cache for step in trace.steps] for trace in traces] == [[]] + [["JOINED"]] * 4
    await settle()
    assert coalesce.in_the_air == 0


async def test_different_calls_and_later_calls_do_not_share(world: World, complaints: list[str]) -> None:
    """Another path is another flight, and a flight that has landed is not joined."""
    coalesce, held = Coalesce(world.clock), Held()
    held.open.set()
    await asyncio.gather(start(coalesce, held, world.call("/a")), start(coalesce, held, world.call("/b")))
    await coalesce.answer(world.call("/a"), held)
    assert len(held.calls) == 3


async def test_a_writer_never_joins(world: World, complaints: list[str]) -> None:
    """Two equal writes are two writes."""
    coalesce, held = Coalesce(world.clock), Held()
    held.open.set()
    await asyncio.gather(*(start(coalesce, held, world.call(method="POST", body=b"{}")) for _ in range(2)))
    assert len(held.calls) == 2


async def test_no_cache_joins_only_flights_that_started_after_it(world: World, complaints: list[str]) -> None:
    """A flight from before the request arrived may bring old news; one from after it may be joined."""
    coalesce, held = Coalesce(world.clock), Held()
    old = start(coalesce, held, world.call())
    await settle()
    world.clock.advance(1)
    strict = world.call(fresh=fresh(no_cache=True))
    newer, joined = start(coalesce, held, strict), start(coalesce, held, strict)
    await settle()
    held.open.set()

    answers = await asyncio.gather(old, newer, joined)
    assert [response.document for response in answers] == [1, 2, 2]


async def test_a_leader_who_leaves_does_not_take_the_others_along(
    world: World, complaints: list[str]
) -> None:
    """The flight goes on for who is left."""
    coalesce, held = Coalesce(world.clock), Held()
    leader, joiner = start(coalesce, held, world.call()), start(coalesce, held, world.call())
    await settle()
    leader.cancel()
    await settle()
    assert held.cancelled == 0
    held.open.set()
    assert (await joiner).document == 1


async def test_the_last_one_out_cancels_the_flight(world: World, complaints: list[str]) -> None:
    """Nobody waits, nothing flies; the next equal call starts anew instead of joining the dying flight."""
    coalesce, held = Coalesce(world.clock), Held()
    held.linger.clear()
    tasks = [start(coalesce, held, world.call()) for _ in range(3)]
    await settle()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    again = start(coalesce, held, world.call())
    await settle()
    assert (held.cancelled, len(held.calls), coalesce.in_the_air) == (1, 2, 2)
    held.linger.set()
    await settle()
    assert coalesce.in_the_air == 1
    held.open.set()
    assert (await again).document == 2


async def test_a_joiner_leaves_at_its_own_deadline(world: World, complaints: list[str]) -> None:
    """Whoever has less time is told so, while the flight goes on for the others."""
    coalesce, held = Coalesce(world.clock), Held()
    patient = start(coalesce, held, world.call())
    await settle()
    with pytest.raises(TooLate):
        await coalesce.answer(world.call(deadline=world.clock.monotonic() + 0.01), held)
    held.open.set()
    assert (await patient).document == 1
    assert world.trace.steps[0].error == "TIMEOUT"


async def test_a_flight_has_the_longest_joiners_deadline(world: World, complaints: list[str]) -> None:
    """A joiner with more time gives it to the flight, which the layers below see."""
    coalesce, held = Coalesce(world.clock), Held()
    first = start(coalesce, held, world.call())
    await settle()
    assert held.calls[0].ends == 10
    second = start(coalesce, held, world.call(deadline=25.0))
    await settle()
    assert held.calls[0].ends == 25
    held.open.set()
    await asyncio.gather(first, second)


async def test_a_flight_that_does_not_end_keeps_nobody(world: World, complaints: list[str]) -> None:
    """Who has as much time as the flight is told that it is too late, a moment after its end; then it is given up."""
    coalesce, held = Coalesce(world.clock), Held()
    with pytest.raises(TooLate):
        await coalesce.answer(world.call(deadline=0.01), held)
    await settle()
    assert (held.cancelled, coalesce.in_the_air) == (1, 0)


async def test_a_leader_keeps_to_its_own_deadline_when_others_have_more(
    world: World, complaints: list[str]
) -> None:
    """A joiner makes the flight longer, not the wait of who began it."""
    coalesce, held = Coalesce(world.clock), Held()
    leader = start(coalesce, held, world.call(deadline=0.01))
    await settle()
    patient = start(coalesce, held, world.call())
    with pytest.raises(TooLate):
        await leader
    assert (held.cancelled, coalesce.in_the_air) == (0, 1)
    held.open.set()
    assert (await patient).document == 1


async def test_closing_reaches_a_flight_that_has_not_begun(world: World, complaints: list[str]) -> None:
    """Its caller is told, although nothing of it ever ran."""
    coalesce, held = Coalesce(world.clock), Held()
    asking = start(coalesce, held, world.call())
    await asyncio.sleep(0)
    assert (held.calls, coalesce.in_the_air) == ([], 1)

    await coalesce.close()

    with pytest.raises(Unavailable, match="closing"):
        await asking
    assert (held.calls, coalesce.in_the_air) == ([], 0)


async def test_an_extended_flight_outlives_its_first_deadline_on_the_wire(world: World) -> None:
    """Through the whole stack: the leader runs out of time, the joiner still gets the answer of the one call."""
    gate = Gate(say({"late": 1}))
    world.server.then(gate)
    leader = asyncio.ensure_future(world.ask(deadline=0.02))
    joiner = asyncio.ensure_future(world.ask())
    with pytest.raises(TooLate):
        await leader
    gate.open.set()

    assert (await joiner).document == {"late": 1}
    assert len(world.server.seen) == 1


async def test_an_error_reaches_everybody_and_nobody_is_no_complaint(
    world: World, complaints: list[str]
) -> None:
    """Each caller gets the error as an object of its own; an error that nobody awaits makes no noise."""
    coalesce, held = Coalesce(world.clock), Held()
    held.error = Unavailable("down", details={"status": 503})
    tasks = [start(coalesce, held, world.call()) for _ in range(3)]
    await settle()
    held.open.set()
    errors = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(error) for error in errors] == [Unavailable] * 3
    assert len({id(error) for error in errors}) == 3
    assert all(isinstance(error, Unavailable) and error.details == {"status": 503} for error in errors)
    assert [(step.cache, step.status, step.error) for step in world.trace.steps] == [
        ("JOINED", 503, "PROVIDER_UNAVAILABLE")
    ] * 2

    lonely = start(coalesce, held, world.call("/lonely"))
    held.open.clear()
    await settle()
    held.open.set()
    lonely.cancel()
    await asyncio.wait([lonely])
