"""Leave a provider alone for a while when most of its answers are failures."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import Literal

from ledgermesh.clock import Clock
from ledgermesh.errors import Garbled, LedgermeshError, SlowDown, TooLate, Unavailable, UpstreamError
from ledgermesh.upstream.call import Call, Handler, Link, Response
from ledgermesh.upstream.local import is_local, refusal
from ledgermesh.upstream.recent import Recent
from ledgermesh.upstream.rolling import Latest, Rolling
from ledgermesh.upstream.watch import Scope, Watch

REQUESTS_MIN = 20
FAILURES_SHARE = 0.5
SICK_MIN = 3
"""Connections that must be failing before their provider's address is left alone by all."""
OPEN_SECONDS = 30.0
TOLD_SECONDS_MAX = 60.0
"""How long a provider's address is left alone at most because it told one connection to come back later: what is told
to one may be about its own budget."""
PROBE_SECONDS = 1.0
"""When to come back while the one probe is on its way."""
SLOW_SECONDS = 2.0
"""A timeout is the provider's failure only if it had this long; a caller in a hurry must not shut it for others."""
CIRCUITS_MAX = 10_000


class Showed(Enum):
    """What the end of a call shows of the provider."""

    WELL = auto()
    """It is at work, also where it refuses."""
    SICK = auto()
    """5xx, no answer, none in time, or one that cannot be read."""
    FULL = auto()
    """It says itself that it takes no more calls for the moment."""
    NOTHING = auto()
    """A refusal of our own, or a caller who left."""


WELL, NOTHING = Showed.WELL, Showed.NOTHING
BAD = (Showed.SICK, Showed.FULL)

State = Literal["closed", "open", "half_open"]
"""Half open: one probe may go."""


class Circuit:
    """Closed, open until a moment, or half open with one probe on its way. One for a connection."""

    scope: Scope = "connection"

    def __init__(self, provider: str = "") -> None:
        self.provider = provider
        self.openings = 0
        """How often it opened."""
        self.closed = True
        """Whether any call may go."""
        self._counts = Rolling()
        self._open_until: float | None = None
        self._probing = False
        self.full = False
        """Whether it opened because the provider said so itself."""

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

    def leave(self, now: float, who: object, showed: Showed, *, probe: bool, told: float) -> bool:
        """End a call of a connection; whether that opens it.

        `told` is until when the provider asked to be left alone, 0 if it did not.
        """
        openings = self.openings
        if probe:
            self._probed(now, showed, told)
        elif self.closed and showed is not NOTHING:
            bad = showed in BAD
            self._count(now, who, bad=bad)
            if bad and self._sick(now):
                self._open(now, showed, told)
        return self.openings > openings

    def _probed(self, now: float, showed: Showed, told: float) -> None:
        self._probing = False
        if showed in BAD:
            self._open(now, showed, told)
        elif showed is WELL:
            self._open_until, self.closed = None, True
            self._counts.clear()

    def state(self, now: float) -> State:
        """How it stands at this moment."""
        if self._open_until is None:
            return "closed"
        return "open" if now < self._open_until else "half_open"

    def _open(self, now: float, showed: Showed, told: float) -> None:
        self.openings += 1
        self.closed = False
        self._open_until = max(now + OPEN_SECONDS, told)
        self.full = showed is Showed.FULL

    def _count(self, now: float, who: object, *, bad: bool) -> None:
        self._counts.add(now, total=1, marked=bad)

    def _sick(self, now: float) -> bool:
        counts = self._counts
        return counts.total >= REQUESTS_MIN and counts.marked >= FAILURES_SHARE * counts.total


class ProviderCircuit(Circuit):
    """The circuit of a provider's address, which opens only when several connections find it sick.

    One connection (or tenant) whose books make the provider fail must not shut it for the others: besides most answers
    of the last minute, the latest answers to most connections have to be failures, and to three at least. With fewer,
    their own circuits do all that is needed.
    """

    scope: Scope = "address"

    def __init__(self, provider: str = "") -> None:
        super().__init__(provider)
        self._latest = Latest()

    def _open(self, now: float, showed: Showed, told: float) -> None:
        super()._open(now, showed, min(told, now + TOLD_SECONDS_MAX))

    def _count(self, now: float, who: object, *, bad: bool) -> None:
        self._counts.add(now, total=1, marked=bad)
        self._latest.put(now, who, marked=bad)

    def _sick(self, now: float) -> bool:
        heard, sick = self._latest.total, self._latest.marked
        several = sick >= SICK_MIN and sick >= FAILURES_SHARE * heard
        return several and super()._sick(now)


class Breaker:
    """One circuit for each connection and one for each provider's address; a call needs both.

    Failures are 5xx, lost connections, timeouts, answers that cannot be read, and a provider that says over and over
    that it takes no more calls. Any other answer in the 4xx range is a provider at work; a refusal of our own and a
    caller who leaves say nothing.
    """

    def __init__(self, clock: Clock, watches: Sequence[Watch] = ()) -> None:
        self._clock = clock
        self._watches = watches
        self._circuits: Recent[tuple[str, ...], Circuit] = Recent(CIRCUITS_MAX)
        self._addresses: Recent[tuple[str, ...], ProviderCircuit] = Recent(CIRCUITS_MAX)

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        link = call.link
        who = whose(link)
        own, shared = self._of(link, who)
        own_probes, shared_probes = self._enter(call, own, shared)
        showed, told = NOTHING, 0.0
        try:
            response = await send(call)
            showed = WELL
            return response
        except LedgermeshError as error:
            showed, told = verdict(error), self._told(error)
            raise
        finally:
            now = self._clock.monotonic()
            if own.leave(now, who, showed, probe=own_probes, told=told):
                self._tell(link, own.scope)
            if shared.leave(now, who, showed, probe=shared_probes, told=told):
                self._tell(link, shared.scope)

    def states(self) -> Counter[tuple[str, Scope, State]]:
        """How many circuits of each provider stand how; those that were used lately."""
        now = self._clock.monotonic()
        used: Iterable[Circuit] = (*self._circuits.values(), *self._addresses.values())
        return Counter((each.provider, each.scope, each.state(now)) for each in used)

    def _tell(self, link: Link, scope: Scope) -> None:
        for watch in self._watches:
            watch.opened(link, scope)

    def _told(self, error: LedgermeshError) -> float:
        """Until when the provider asked to be left alone, in monotonic seconds; 0 if it did not."""
        if error.retry_at is None:
            return 0.0
        return self._clock.monotonic() + (error.retry_at - self._clock.now()).total_seconds()

    def _of(self, link: Link, who: tuple[str, ...]) -> tuple[Circuit, Circuit]:
        name = link.provider.name
        shared = link.environment, name, link.base_url
        circuit = self._circuits.get(who) or self._circuits.put(who, Circuit(name))
        address = self._addresses.get(shared) or self._addresses.put(shared, ProviderCircuit(name))
        return circuit, address

    def _enter(self, call: Call, own: Circuit, shared: Circuit) -> tuple[bool, bool]:
        """Begin a call; whether it is the probe of each. Raises where one of them is open."""
        if own.closed and shared.closed:
            return False, False
        now = self._clock.monotonic()
        waits = [(until, each.full) for each in (own, shared) if (until := each.refused_until(now))]
        if not waits:
            return own.enter(), shared.enter()
        until, full = max(waits)
        kind: type[UpstreamError] = SlowDown if full else Unavailable
        meaning = "takes no more calls" if full else "failed most of its recent calls"
        raise refusal(
            kind,
            f"{call.link.provider.title} {meaning} and is left alone.",
            retry_at=self._clock.now() + dt.timedelta(seconds=until - now),
        )


def whose(link: Link) -> tuple[str, ...]:
    """The connection, whoever of those it is shared with asks; apart from who brings a token of their own."""
    return link.granted if link.token is None else (*link.granted, link.token_digest)


def verdict(error: LedgermeshError) -> Showed:
    """What an error shows of the provider."""
    if is_local(error):
        return Showed.NOTHING
    if isinstance(error, SlowDown):
        return Showed.FULL
    if isinstance(error, TooLate):
        seconds = error.details.get("seconds")
        return Showed.SICK if isinstance(seconds, float) and seconds >= SLOW_SECONDS else Showed.NOTHING
    return Showed.SICK if isinstance(error, Unavailable | Garbled) else Showed.WELL
