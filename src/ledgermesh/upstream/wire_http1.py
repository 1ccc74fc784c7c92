"""The production wire: kept-alive HTTP/1.1 connections per site, and cancelled requests free theirs."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from functools import partial

from ledgermesh.errors import NeedsConfig
from ledgermesh.upstream.guard import Barred, Guard, Lookup, Site, looked_up, site_at, split
from ledgermesh.upstream.http1.dialing import Dialer, Gate, Names
from ledgermesh.upstream.http1.head import host_of, message
from ledgermesh.upstream.http1.pool import IDLE_SECONDS, Pool
from ledgermesh.upstream.wire import Answer, Request, Unreachable

Door = tuple[str, bool]
"""Scheme, host and port as they are written, and whether it leads anywhere because the operator gave it."""


class Sites:
    """The connections to all sites in use. `gate` says which addresses may be connected to for a guarded one."""

    def __init__(
        self,
        gate: Callable[[Site], Gate] | None,
        lookup: Lookup,
        idle_seconds: float,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._gate, self._tls = gate, tls
        self._names = Names(lookup)
        self._idle_seconds = idle_seconds
        self._pools: dict[Door, tuple[Pool, str]] = {}
        """The connections there, and the Host header. They are kept alive, so doors share none."""

    def send(self, request: Request, door: Door, target: str) -> Awaitable[Answer]:
        """See Wire. Raises Barred where nothing was sent because nothing may be."""
        pool, host = self._pools.get(door) or self._opened(door)
        try:
            asked = message(request, host, target)
        except ValueError as error:
            raise Unreachable(type(error).__name__) from error
        return pool.send(asked)

    async def close(self) -> None:
        """End all connections; a later request opens new ones."""
        pools, self._pools = self._pools, {}
        await self._names.close()
        await asyncio.gather(*(pool.close() for pool, _ in pools.values()))

    def _opened(self, door: Door) -> tuple[Pool, str]:
        base, own = door
        site = site_at(base)
        dialer = Dialer(site, self._names, None if own or self._gate is None else self._gate(site), self._tls)
        pool = Pool(dialer, partial(self._emptied, door), idle_seconds=self._idle_seconds)
        found = self._pools[door] = pool, host_of(site)
        return found

    def _emptied(self, door: Door) -> None:
        self._pools.pop(door, None)


class OwnWire:
    """Goes wherever it is told to. What never sends has nothing to close."""

    def __init__(
        self,
        *,
        lookup: Lookup = looked_up,
        idle_seconds: float = IDLE_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls` vouches for certificates; the system's authorities do where it is None."""
        self._sites = Sites(None, lookup, idle_seconds, tls)

    async def send(self, request: Request) -> Answer:
        """See Wire."""
        try:
            base, target = split(request.url)
            return await self._sites.send(request, (base, True), target)
        except Barred as error:
            raise Unreachable(f"no address: {error}") from error

    async def close(self) -> None:
        """End its connections; a later request opens new ones."""
        await self._sites.close()


class GuardedWire:
    """A wire for addresses that tenants give."""

    def __init__(
        self,
        guard: Guard,
        *,
        lookup: Lookup = looked_up,
        idle_seconds: float = IDLE_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls` vouches for certificates; the system's authorities do where it is None."""
        self._guard = guard
        self._sites = Sites(self._gate, lookup, idle_seconds, tls)

    async def send(self, request: Request) -> Answer:
        """See Wire. Raises NeedsConfig for an address that may not be reached; nothing was sent then."""
        try:
            base, target = split(request.url)
            own = site_at(base).origin in self._guard.own
            return await self._sites.send(request, (base, own), target)
        except Barred as error:
            raise NeedsConfig(
                f"The address of this connection may not be called: {error}.", details={"local": True}
            ) from error

    async def close(self) -> None:
        """End its connections; a later request opens new ones."""
        await self._sites.close()

    def _gate(self, site: Site) -> Gate:
        return partial(self._guard.may, way=self._guard.way_to(site))
