"""The lanes of all connections in use, and the budgets they share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ledgermesh.clock import Clock
from ledgermesh.spec.budgets import Scope
from ledgermesh.spec.provider import Provider
from ledgermesh.state.entries import place
from ledgermesh.upstream.allowance import Allowance
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.lane import Lane
from ledgermesh.upstream.spent import Sharing, Spent
from ledgermesh.upstream.turns import Turns

KIND: Final = "budget"
SWEEP_SECONDS: Final = 60.0

Owner = tuple[tuple[str, str, str], str]
"""Where the grant is kept, and the digest of a caller's own token."""


class Lanes:
    """Found by connection. What nobody uses is forgotten when that changes nothing."""

    def __init__(self, clock: Clock, sharing: Sharing) -> None:
        self._clock = clock
        self._sharing = sharing
        self._lanes: dict[Owner, tuple[Lane, Turns]] = {}
        self._apps: dict[str, tuple[Spent, Turns]] = {}
        self._sweep_at = clock.monotonic() + SWEEP_SECONDS

    def __len__(self) -> int:
        return len(self._lanes)

    def left(self) -> Iterator[tuple[str, int]]:
        """Provider and calls left, of every connection in use whose budget is known."""
        for lane, _ in self._lanes.values():
            if (left := lane.left()) is not None:
                yield lane.provider, left

    def of(self, link: Link) -> tuple[Lane, Turns]:
        """The connection's lane, and where those wait who cannot go at once."""
        if self._clock.monotonic() >= self._sweep_at:
            self._sweep()
        key = link.granted, link.token_digest
        known = self._lanes.get(key)
        if known is None:
            known = self._lanes[key] = self._made(link)
        return known

    def _made(self, link: Link) -> tuple[Lane, Turns]:
        app, turns = self._app(link)
        own = Spent(self._sharing, own_place(link), allowance(link.provider, "connection"), "connection")
        return Lane(link.provider, self._sharing, own, app, turns.wake), turns

    def _app(self, link: Link) -> tuple[Spent | None, Turns]:
        rules = allowance(link.provider, "app")
        if not rules.budgets and rules.headers is None:
            return None, Turns(self._clock)
        key = app_place(link)
        known = self._apps.get(key)
        if known is None:
            known = self._apps[key] = Spent(self._sharing, key, rules, "app"), Turns(self._clock)
        return known

    def _sweep(self) -> None:
        self._sweep_at = self._clock.monotonic() + SWEEP_SECONDS
        self._lanes = {
            key: (lane, turns)
            for key, (lane, turns) in self._lanes.items()
            if not turns.empty or not lane.idle()
        }
        used = {lane.app for lane, _ in self._lanes.values()}
        self._apps = {
            key: (spent, turns)
            for key, (spent, turns) in self._apps.items()
            if spent in used or not spent.idle()
        }


def own_place(link: Link) -> str:
    """Where a connection's tally is kept: under its owner, whoever asks; a caller's own token has one of its own."""
    digest = link.token_digest
    return place(KIND, *link.granted, *((digest,) if digest else ()))


def app_place(link: Link) -> str:
    """Where the tally is kept that all connections to a provider's host share."""
    return place(KIND, "app", link.environment, link.provider.name, urlsplit(link.base_url).netloc)


def allowance(provider: Provider, per: Scope) -> Allowance:
    """What the provider declares and tells of such budgets."""
    headers = provider.budget_headers
    return Allowance(
        tuple(budget for budget in provider.budgets if budget.per == per),
        headers if headers is not None and headers.per == per else None,
    )
