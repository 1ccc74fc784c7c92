"""People on their way through the consent pages, between one page and the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from ledgermesh.clock import Clock
from ledgermesh.sandbox.kashoo.users import User

VISIT_SECONDS = 600
_VISITS_MAX = 1000


@dataclass
class Visit:
    """One person's way: what the app asked for, and what they have shown so far."""

    query: str
    """Of the authorize request."""
    user: User | None = None
    """Who has given a right password, or comes from an identity provider; None is still there."""
    code_wanted: bool = False
    wrong: int = 0
    """Codes that were wrong."""


class Visits:
    """Those that are under way, by a ticket that only their page knows."""

    def __init__(self, clock: Clock, fresh: Callable[[], str]) -> None:
        self._clock = clock
        self._fresh = fresh
        self._open: dict[str, tuple[Visit, dt.datetime]] = {}

    def open(self, visit: Visit) -> str:
        """The ticket of a visit that begins now; the oldest one ends when there are too many."""
        if len(self._open) >= _VISITS_MAX:
            del self._open[next(iter(self._open))]
        ticket = self._fresh()
        self._open[ticket] = visit, self._clock.now() + dt.timedelta(seconds=VISIT_SECONDS)
        return ticket

    def find(self, ticket: str) -> Visit | None:
        """The visit with this ticket, unless it took too long."""
        visit, ends = self._open.get(ticket, (None, self._clock.now()))
        return visit if self._clock.now() < ends else None

    def close(self, ticket: str) -> Visit | None:
        """The same; the ticket is worth nothing from then on."""
        visit = self.find(ticket)
        self._open.pop(ticket, None)
        return visit
