"""A wire over httpx: for tests, which hand it a transport into an application, and for small scripts."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy

import httpx

from ledgermesh.upstream.wire import Answer, CutShort, Request, TooBig, Unreachable, Unreadable


class HttpxWire:
    """Not the production wire: after a storm of cancelled requests httpx 0.28's connection pool stays blocked."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._client = client

    async def send(self, request: Request) -> Answer:
        """See Wire."""
        try:
            response = await self._client.send(self._made(request), stream=True, follow_redirects=False)
        except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
            raise _unstarted(error) from error
        try:
            body = await _read(response, request.body_bytes_max)
        finally:
            await response.aclose()
        return Answer(response.status_code, _headers(response.headers), body)

    def _made(self, request: Request) -> httpx.Request:
        return self._client.build_request(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body,
            timeout=None,
        )


def _unstarted(error: Exception) -> Unreachable | Unreadable:
    # httpx has one class for a server that hangs up without a word and for one that does not speak HTTP.
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
        return Unreadable(type(error).__name__)
    return Unreachable(type(error).__name__)


def _headers(headers: httpx.Headers) -> Mapping[str, str]:
    return {name.lower(): headers[name] for name in headers}


async def _read(response: httpx.Response, bytes_max: int) -> bytes:
    body = bytearray()
    try:
        async for part in response.aiter_bytes():
            body += part
            if len(body) > bytes_max:
                raise TooBig(f"more than {bytes_max} bytes")
    except httpx.DecodingError as error:
        raise Unreadable(type(error).__name__) from error
    except httpx.TransportError as error:
        raise CutShort(type(error).__name__) from error
    return bytes(body)
