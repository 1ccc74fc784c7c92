"""The production wire, over aiohttp: kept-alive connections per host, and cancelled requests free theirs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from functools import partial

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from ledgermesh.errors import NeedsConfig
from ledgermesh.upstream.guard import Address, Barred, Guard, Way, parsed
from ledgermesh.upstream.wire import Answer, CutShort, Request, TooBig, Unreachable, Unreadable

CONNECT_SECONDS = 10.0
PER_HOST_MAX = 300
CHUNK_BYTES = 65_536

Gate = Callable[[Address], bool]
"""Whether a connection may go to this address."""


def make_session(
    *, gate: Gate | None = None, resolver: AbstractResolver | None = None
) -> aiohttp.ClientSession:
    """A session as the wire needs it; the caller closes it. Must be made inside the running loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,
            limit_per_host=PER_HOST_MAX,
            resolver=resolver,
            socket_factory=None if gate is None else _gated(gate),
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        auto_decompress=True,
        trust_env=False,
    )


def _gated(gate: Gate) -> aiohttp.SocketFactoryType:
    """Sockets for what the gate lets through.

    It is asked with the very address that is connected to next, whether a name stood for it or not, so that no second
    look at a name can answer otherwise.
    """

    def make(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not gate(parsed(str(address[0]))):
            raise Barred("its name stands for an address that is not on the public internet")
        return socket.socket(family, kind, protocol)

    return make


class AiohttpWire:
    """Sends over a session of `make_session`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def send(self, request: Request) -> Answer:
        """See Wire. Raises Barred where the session's gate let nothing through."""
        try:
            response = await self._session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
            )
        except (aiohttp.ClientResponseError, aiohttp.ClientPayloadError) as error:
            raise Unreadable(type(error).__name__) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error.__cause__, Barred):
                raise error.__cause__ from None
            raise Unreachable(type(error).__name__) from error
        async with response:
            body = await _read(response, request.body_bytes_max)
            return Answer(response.status, _headers(response), body)


class OwnWire:
    """The same over a session of its own, opened by the first request: what never sends has nothing to close."""

    def __init__(self, *, gate: Gate | None = None, resolver: AbstractResolver | None = None) -> None:
        self._gate = gate
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Answer:
        """See Wire."""
        if self._session is None:
            self._session = make_session(gate=self._gate, resolver=self._resolver)
        return await AiohttpWire(self._session).send(request)

    async def close(self) -> None:
        """End its connections; a later request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


class GuardedWire:
    """A wire for addresses that tenants give. `resolver` is the system's unless given."""

    def __init__(self, guard: Guard, *, resolver: AbstractResolver | None = None) -> None:
        self._guard = guard
        # Connections are kept alive, so ways that may reach different addresses share none.
        self._ways = {
            way: OwnWire(gate=None if way is Way.OWN else partial(guard.may, way=way), resolver=resolver)
            for way in Way
        }

    async def send(self, request: Request) -> Answer:
        """See Wire. Raises NeedsConfig for an address that may not be reached; nothing was sent then."""
        try:
            return await self._ways[self._guard.way(request.url)].send(request)
        except Barred as error:
            raise NeedsConfig(
                f"The address of this connection may not be called: {error}.", details={"local": True}
            ) from error

    async def close(self) -> None:
        """End its connections; a later request opens new ones."""
        for wire in self._ways.values():
            await wire.close()


def _headers(response: aiohttp.ClientResponse) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    if (response.content_length or 0) > bytes_max:
        response.close()
        raise TooBig(f"more than {bytes_max} bytes")
    body = bytearray()
    try:
        async for part in response.content.iter_chunked(CHUNK_BYTES):
            body += part
            if len(body) > bytes_max:
                response.close()
                raise TooBig(f"more than {bytes_max} bytes")
    except (aiohttp.ClientError, OSError) as error:
        raise CutShort(type(error).__name__) from error
    return bytes(body)
