"""Let equal calls that are in the air at the same time share one."""

from __future__ import annotations

import asyncio

from ledgermesh.clock import Clock
from ledgermesh.errors import LedgermeshError, TooLate, Unavailable
from ledgermesh.upstream.call import Call, Handler, Response
from ledgermesh.upstream.deadline import Until
from ledgermesh.upstream.local import refusal
from ledgermesh.upstream.trace import answered, begin, failed

GRACE_SECONDS = 0.1
"""How long the callers whose deadline is the flight's own leave it to say itself that it is too late, so that the
layers below hear of it as the provider's slowness, not as our cancelling."""


class Flight:
    """One call on behalf of several callers; ends with the longest of their deadlines or when the last one leaves."""

    def __init__(
        self, task: asyncio.Task[Response], started: float, until: Until, joiners: set[asyncio.Future[None]]
    ) -> None:
        self.task = task
        self.started = started
        self.until = until
        self.joiners = joiners
        """One future for each, done when the flight has landed or the joiner's time is over."""


class Coalesce:
    """Single flight by the call's key, for safe calls only: a writer never joins."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._flights: dict[tuple[object, ...], Flight] = {}
        self._tasks: set[asyncio.Task[Response]] = set()

    @property
    def in_the_air(self) -> int:
        """How many flights have not ended."""
        return len(self._tasks)

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        if not call.safe:
            return await send(call)
        key = call.key
        flight = self._flights.get(key)
        if flight is None or not self._joinable(flight, call):
            return await self._wait(key, self._start(key, call, send), call)
        return await self._join(key, flight, call)

    async def close(self) -> None:
        """Cancel whatever is in the air; its callers are told that the provider is unavailable."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _joinable(self, flight: Flight, call: Call) -> bool:
        if flight.task.done():
            return False
        return not call.fresh.no_cache or flight.started >= call.arrived

    def _start(self, key: tuple[object, ...], call: Call, send: Handler) -> Flight:
        until = Until(call.deadline)
        joiners: set[asyncio.Future[None]] = set()
        task = asyncio.ensure_future(_fly(send, call.but(until=until), joiners))
        flight = self._flights[key] = Flight(task, self._clock.monotonic(), until, joiners)
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._landed(key, flight))
        return flight

    def _landed(self, key: tuple[object, ...], flight: Flight) -> None:
        self._forget(key, flight)
        self._tasks.discard(flight.task)
        for joiner in flight.joiners:
            _wake(joiner)
        # Whoever still waits raises the error; with nobody left it would be reported as never retrieved.
        if not flight.task.cancelled():
            flight.task.exception()

    def _forget(self, key: tuple[object, ...], flight: Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _join(self, key: tuple[object, ...], flight: Flight, call: Call) -> Response:
        step = begin(call, self._clock, "JOINED")
        flight.until.extend(call.deadline)
        try:
            response = await self._wait(key, flight, call)
        except LedgermeshError as error:
            failed(step, call, self._clock, error)
            # Raising the flight's own error in several tasks would grow one traceback among them.
            raise type(error)(error.message, retry_at=error.retry_at, details=error.details) from error
        answered(step, call, self._clock, response)
        return response

    async def _wait(self, key: tuple[object, ...], flight: Flight, call: Call) -> Response:
        loop = asyncio.get_running_loop()
        grace = GRACE_SECONDS if call.deadline >= flight.until.at else 0.0
        left = max(call.deadline - self._clock.monotonic(), 0.0) + grace
        joiner: asyncio.Future[None] = loop.create_future()
        flight.joiners.add(joiner)
        timer = loop.call_later(left, _wake, joiner)
        try:
            await joiner
        finally:
            timer.cancel()
            flight.joiners.discard(joiner)
            if not flight.joiners and not flight.task.done():
                self._forget(key, flight)
                flight.task.cancel()
        if flight.task.cancelled():
            raise refusal(Unavailable, "The gateway is closing; this call was given up.")
        if not flight.task.done():
            raise TooLate(f"{call.link.provider.title} did not answer before the deadline.")
        return flight.task.result()


async def _fly(send: Handler, call: Call, joiners: set[asyncio.Future[None]]) -> Response:
    try:
        return await send(call)
    finally:
        # By the time they are awake this task has ended; telling them here saves a turn of the event loop.
        for joiner in joiners:
            _wake(joiner)


def _wake(joiner: asyncio.Future[None]) -> None:
    if not joiner.done():
        joiner.set_result(None)
