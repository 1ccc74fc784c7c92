"""Leave a provider alone for a while when most of its answers are failures."""

from __future__ import annotations

import datetime as dt

from cachetools import LRUCache

from ledgermesh.clock import Clock
from ledgermesh.errors import Garbled, LedgermeshError, TooLate, Unavailable
from ledgermesh.upstream.call import Call, Handler, Response
from ledgermesh.upstream.local import is_local, refusal
from ledgermesh.upstream.rolling import Rolling

REQUESTS_MIN = 20
FAILURES_SHARE = 0.5
OPEN_SECONDS = 30.0
PROBE_SECONDS = 1.0
"""When to come back while the one probe is on its way."""
SLOW_SECONDS = 2.0
"""A timeout is the provider's failure only if it had this long; a caller in a hurry must not shut it for others."""
CIRCUITS_MAX = 10_000


class Circuit:
    """Closed, open until a moment, or half open with one probe on its way."""

    def __init__(self) -> None:
        self._counts = Rolling()
        self._open_until: float | None = None
        self._probing = False

    def refused_until(self, now: float) -> float | None:
        """When to come back, or None when a call may go."""
        if self._open_until is None:
            return None
        if now < self._open_until:
            return self._open_until
        return now + PROBE_SECONDS if self._probing else None

    def enter(self) -> bool:
        """Begin a call; whether it is the probe."""
        self._probing = self._open_until is not None
        return self._probing

    def leave(self, now: float, *, probe: bool, good: bool | None) -> None:
        """End a call. `good` is None when it says nothing about the provider."""
        if probe:
            self._probed(now, good=good)
        elif self._open_until is None and good is not None:
            self._counts.add(now, total=1, marked=not good)
            if (
                self._counts.total >= REQUESTS_MIN
                and self._counts.marked >= FAILURES_SHARE * self._counts.total
            ):
                self._open_until = now + OPEN_SECONDS

    def _probed(self, now: float, *, good: bool | None) -> None:
        self._probing = False
        if good:
            self._open_until = None
            self._counts.clear()
        elif good is not None:
            self._open_until = now + OPEN_SECONDS


class Breaker:
    """One circuit for each connection and one for each provider's address; a call needs both.

    Failures are 5xx, lost connections, timeouts and answers that cannot be read. An answer in the 4xx range is a
    provider at work; a refusal of our own and a caller who leaves say nothing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._circuits: LRUCache[tuple[str, ...], Circuit] = LRUCache(maxsize=CIRCUITS_MAX)

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        circuits = self._of(call)
        self._check(call, circuits)
        entered = [(circuit, circuit.enter()) for circuit in circuits]
        good: bool | None = None
        try:
            response = await send(call)
            good = True
            return response
        except LedgermeshError as error:
            good = verdict(error)
            raise
        finally:
            now = self._clock.monotonic()
            for circuit, probe in entered:
                circuit.leave(now, probe=probe, good=good)

    def _of(self, call: Call) -> tuple[Circuit, Circuit]:
        link = call.link
        return (
            self._circuit(link.tenant, link.environment, link.connection),
            self._circuit("provider", link.environment, link.provider.name, link.base_url),
        )

    def _circuit(self, *key: str) -> Circuit:
        circuit = self._circuits.get(key)
        if circuit is None:
            circuit = self._circuits[key] = Circuit()
        return circuit

    def _check(self, call: Call, circuits: tuple[Circuit, ...]) -> None:
        now = self._clock.monotonic()
        until = max((circuit.refused_until(now) or 0.0 for circuit in circuits), default=0.0)
        if until > 0.0:
            retry_at = self._clock.now() + dt.timedelta(seconds=until - now)
            title = call.link.provider.title
            raise refusal(
                Unavailable, f"{title} failed most of its recent calls and is left alone.", retry_at=retry_at
            )


def verdict(error: LedgermeshError) -> bool | None:
    """Whether an error shows a working provider (True), a failing one (False) or neither (None)."""
    if is_local(error):
        return None
    if isinstance(error, TooLate):
        seconds = error.details.get("seconds")
        return False if isinstance(seconds, float) and seconds >= SLOW_SECONDS else None
    return not isinstance(error, Unavailable | Garbled)
