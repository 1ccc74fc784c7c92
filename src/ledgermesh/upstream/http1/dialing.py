"""From a host's name to a connection: its addresses, which of them may be reached, and who answers first."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from cachetools import TTLCache

from ledgermesh.upstream.guard import Address, Barred, Lookup, Site, looked_up, parsed
from ledgermesh.upstream.http1.connection import Connection

CONNECT_SECONDS: Final = 10.0
"""For the name, the connection and TLS together."""
STAGGER_SECONDS: Final = 0.25
"""How long an address has before the next one is tried beside it (RFC 8305, Happy Eyeballs)."""
NAMES_SECONDS: Final = 10.0
"""How long the addresses behind a name are believed."""
NAMES_MAX: Final = 1_000

Gate = Callable[[Address], bool]
"""Whether a connection may go to this address."""
Made = TypeVar("Made")


@cache
def verifying() -> ssl.SSLContext:
    """TLS as the system's authorities vouch for it. Made by the first who needs it: reading them takes a while."""
    context = ssl.create_default_context()
    # Not every build of Python or OpenSSL sees to that by itself.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


class Names:
    """The addresses behind names, asked once for all who want them at the same time."""

    def __init__(self, lookup: Lookup = looked_up) -> None:
        self._lookup = lookup
        self._known: TTLCache[tuple[str, int], Sequence[str]] = TTLCache(NAMES_MAX, NAMES_SECONDS)
        self._asked: dict[tuple[str, int], asyncio.Future[Sequence[str]]] = {}

    async def behind(self, host: str, port: int) -> Sequence[str]:
        """Addresses, as the system's resolver writes them; raises OSError."""
        key = (host, port)
        known = self._known.get(key)
        if known is not None:
            return known
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.ensure_future(self._lookup(host, port))
            asked.add_done_callback(lambda done: self._answered(key, done))
        # Whoever leaves must not take the answer from the others.
        return await asyncio.shield(asked)

    async def close(self) -> None:
        """Ask no longer."""
        asked = tuple(self._asked.values())
        for each in asked:
            each.cancel()
        if asked:
            await asyncio.wait(asked)

    def _answered(self, key: tuple[str, int], done: asyncio.Future[Sequence[str]]) -> None:
        del self._asked[key]
        if not done.cancelled() and done.exception() is None:
            self._known[key] = done.result()


class Dialer:
    """Connects to one site. The gate is asked with the very address that is connected to next, whether a name stood
    for it or not, so that no second look at a name can answer otherwise.
    """

    def __init__(
        self, site: Site, names: Names, gate: Gate | None, tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` vouches for certificates; the system's authorities do where it is None."""
        self._site, self._names, self._gate, self._tls = site, names, gate, tls

    async def dial(self, make: Callable[[], Connection]) -> Connection:
        """A connection that is up, certificate verified; raises OSError, and Barred where no address may be reached."""
        async with asyncio.timeout(CONNECT_SECONDS):
            addresses = await self._addresses()
            if len(addresses) == 1:
                return await self._connect(addresses[0], make)
            return await first([self._connect(each, make) for each in addresses], _abandoned)

    async def _addresses(self) -> Sequence[str]:
        site = self._site
        found = (
            [str(site.literal)]
            if site.literal is not None
            else await self._names.behind(site.host, site.port)
        )
        allowed = [each for each in found if self._gate is None or self._gate(parsed(each))]
        if found and not allowed:
            raise Barred("its name stands for an address that is not on the public internet")
        if not found:
            raise OSError("its name stands for no address")
        return allowed

    async def _connect(self, address: str, make: Callable[[], Connection]) -> Connection:
        secure = self._site.scheme == "https"
        _, made = await asyncio.get_running_loop().create_connection(
            make,
            address,
            self._site.port,
            ssl=(self._tls or verifying()) if secure else None,
            server_hostname=self._site.host.strip("[]") if secure else None,
        )
        return made


def _abandoned(connection: Connection) -> None:
    connection.abort()


async def first(
    ways: Sequence[Coroutine[Any, Any, Made]],
    abandon: Callable[[Made], None],
    *,
    stagger: float = STAGGER_SECONDS,
) -> Made:
    """The first that comes up; each has so many seconds before the next begins. Raises what the last of them raised."""
    tasks: list[asyncio.Task[Made]] = []
    waiting = list(reversed(ways))
    try:
        while True:
            if waiting:
                tasks.append(asyncio.ensure_future(waiting.pop()))
            running = [task for task in tasks if not task.done()]
            up = next((task for task in tasks if task.done() and task.exception() is None), None)
            if up is not None:
                tasks.remove(up)
                return up.result()
            if not running and not waiting:
                return tasks[-1].result()
            if running:
                timeout = stagger if waiting else None
                await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in waiting:
            way.close()
        for task in tasks:
            task.add_done_callback(lambda done: _give_up(done, abandon))
            task.cancel()


def _give_up(task: asyncio.Task[Made], abandon: Callable[[Made], None]) -> None:
    """Nobody waits for it any more; one that came up all the same is closed."""
    if not task.cancelled() and task.exception() is None:
        abandon(task.result())
