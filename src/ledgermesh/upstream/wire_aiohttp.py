"""The production wire, over aiohttp: kept-alive connections per host, and cancelled requests free theirs."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from yarl import URL

from ledgermesh.upstream.wire import Answer, CutShort, Request, TooBig, Unreachable, Unreadable

CONNECT_SECONDS = 10.0
PER_HOST_MAX = 100
CHUNK_BYTES = 65_536


def make_session() -> aiohttp.ClientSession:
    """A session as the wire needs it; the caller closes it. Must be made inside the running loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, limit_per_host=PER_HOST_MAX),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        auto_decompress=True,
        trust_env=False,
    )


class AiohttpWire:
    """Sends over a session of `make_session`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def send(self, request: Request) -> Answer:
        """See Wire."""
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
            raise Unreachable(type(error).__name__) from error
        async with response:
            body = await _read(response, request.body_bytes_max)
            return Answer(response.status, _headers(response), body)


class OwnWire:
    """The same over a session of its own, opened by the first request: what never sends has nothing to close."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Answer:
        """See Wire."""
        if self._session is None:
            self._session = make_session()
        return await AiohttpWire(self._session).send(request)

    async def close(self) -> None:
        """End its connections; a later request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


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
