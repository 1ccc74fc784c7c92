"""Let equal calls that are in the air at the same time share one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

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

    __slots__ = ("joiners", "key", "started", "task", "until")

    task: asyncio.Task[Response]

    def __init__(self, key: tuple[object, ...], started: float, until: Until) -> None:
        self.key = key
        self.started = started
        self.until = until
        self.joiners: dict[asyncio.Future[None], asyncio.TimerHandle | None] = {}
        """One future for each, done when the flight has landed or the joiner's time is over, and the timer that ends
        it; none for who goes by the flight's own end."""

    def wake(self) -> None:
        """The flight has landed."""
        for joiner in self.joiners:
            _wake(joiner)

    def over(self) -> None:
        """The flight's time is over: whoever goes by it waits only a moment longer."""
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self.wake_patient)

    def wake_patient(self) -> None:
        """Wake who goes by the flight's own end."""
        for joiner, timer in self.joiners.items():
            if timer is None:
                _wake(joiner)

    def extend(self, deadline: float, now: float) -> None:
        """Let it fly for so long. Who went by its end so far keeps to that."""
        if deadline <= self.until.at:
            return
        left = max(self.until.at - now, 0.0) + GRACE_SECONDS
        loop = asyncio.get_running_loop()
        for joiner, timer in self.joiners.items():
            if timer is None:
                self.joiners[joiner] = loop.call_later(left, _wake, joiner)
        self.until.extend(deadline)


class Coalesce:
    """Single flight by the call's key, for safe calls only: a writer never joins."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._flights: dict[tuple[object, ...], Flight] = {}
        self._tasks: dict[asyncio.Task[Response], Flight] = {}

    @property
    def in_the_air(self) -> int:
        """How many flights have not ended."""
        return len(self._tasks)

    def answer(self, call: Call, send: Handler) -> Awaitable[Response]:
        """See Layer."""
        if not call.safe:
            return send(call)
        key = call.key
        flight = self._flights.get(key)
        if flight is None or not self._joinable(flight, call):
            return self._wait(self._start(key, call, send), call)
        return self._join(flight, call)

    async def close(self) -> None:
        """Cancel whatever is in the air; its callers are told that the provider is unavailable."""
        flights = list(self._tasks.values())
        for flight in flights:
            self._cancel(flight)
        if flights:
            await asyncio.wait([flight.task for flight in flights])

    def _joinable(self, flight: Flight, call: Call) -> bool:
        if flight.task.done():
            return False
        return not call.fresh.no_cache or flight.started >= call.arrived

    def _start(self, key: tuple[object, ...], call: Call, send: Handler) -> Flight:
        until = Until(call.deadline)
        flight = self._flights[key] = Flight(key, self._clock.monotonic(), until)
        until.begin(self._clock, flight.over)
        task = flight.task = asyncio.get_running_loop().create_task(_fly(send, call.but(until=until), flight))
        self._tasks[task] = flight
        return flight

    def _landed(self, flight: Flight) -> None:
        """Its task has ended; whoever sees that first says so."""
        if self._tasks.pop(flight.task, None) is None:
            return
        flight.until.end()
        self._forget(flight)
        # Whoever waits raises the error; one whom it reaches in the moment in which they leave does not look at it.
        if not flight.task.cancelled():
            flight.task.exception()

    def _cancel(self, flight: Flight) -> None:
        """Give it up. Nobody else may see its end, and if it has not begun yet it wakes nobody by itself."""

        def ended(_: asyncio.Task[Response]) -> None:
            self._landed(flight)
            flight.wake()

        flight.task.add_done_callback(ended)
        flight.task.cancel()

    def _forget(self, flight: Flight) -> None:
        found = self._flights.pop(flight.key, flight)
        if found is not flight:
            self._flights[flight.key] = found

    async def _join(self, flight: Flight, call: Call) -> Response:
        step = begin(call, self._clock, "JOINED")
        flight.extend(call.deadline, self._clock.monotonic())
        try:
            response = await self._wait(flight, call)
        except LedgermeshError as error:
            failed(step, call, self._clock, error)
            # Raising the flight's own error in several tasks would grow one traceback among them.
            raise type(error)(error.message, retry_at=error.retry_at, details=error.details) from error
        answered(step, call, self._clock, response)
        return response

    async def _wait(self, flight: Flight, call: Call) -> Response:
        loop = asyncio.get_running_loop()
        joiner: asyncio.Future[None] = loop.create_future()
        flight.joiners[joiner] = None
        if call.deadline < flight.until.at:
            left = max(call.deadline - self._clock.monotonic(), 0.0)
            flight.joiners[joiner] = loop.call_later(left, _wake, joiner)
        try:
            await joiner
        finally:
            timer = flight.joiners.pop(joiner)
            if timer is not None:
                timer.cancel()
            if flight.task.done():
                self._landed(flight)
            elif not flight.joiners:
                self._forget(flight)
                self._cancel(flight)
        if flight.task.cancelled():
            raise refusal(Unavailable, "The gateway is closing; this call was given up.")
        if not flight.task.done():
            raise TooLate(f"{call.link.provider.title} did not answer before the deadline.")
        return flight.task.result()


async def _fly(send: Handler, call: Call, flight: Flight) -> Response:
    try:
        return await send(call)
    finally:
        # By the time they are awake this task has ended; telling them here saves a turn of the event loop.
        flight.wake()


def _wake(joiner: asyncio.Future[None]) -> None:
    if not joiner.done():
        joiner.set_result(None)
