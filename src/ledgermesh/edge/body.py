"""The body of a POST: read within its limit, decompressed within the same limit, and decoded."""

from __future__ import annotations

import asyncio
import zlib
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from ledgermesh.edge import multipart
from ledgermesh.edge.incoming import JSON, Limits, TooLarge, UnsupportedMedia, decoded
from ledgermesh.errors import BadInput

GZIP: Final = 16 + zlib.MAX_WBITS
CONTENT_TYPE_MAX: Final = 1_000
"""Characters; some long ones take long to read."""
PREFLIGHT: Final = (
    "GraphQL-Require-Preflight",
    "Apollo-Require-Preflight",
    "X-Apollo-Operation-Name",
    "X-Account-Key",
)
"""Headers that no page can have sent to another origin before we let it: one of them stands on every upload."""


async def read(request: Request, limits: Limits) -> Any:
    """What the body of a POST says: one operation, or a list of them, not checked yet.

    Files of a multipart body stand in it as `Upload`. Raises UnsupportedMedia, TooLarge and BadInput.
    """
    content_type = request.headers.get("content-type", "")
    if content_type == JSON:
        return decoded(await _content(request, limits.body_bytes_max))
    if len(content_type) > CONTENT_TYPE_MAX:
        raise UnsupportedMedia(f"Content-Type is over {CONTENT_TYPE_MAX} characters")
    media, *parameters = content_type.split(";")
    media = media.strip().casefold()
    _check_charset(parameters)
    if media == multipart.MEDIA:
        _check_preflight(request)
        body = await _content(request, limits.upload_bytes_max)
        return multipart.operations(body, content_type, limits)
    if media != JSON:
        raise UnsupportedMedia(f"the body is {media or 'of no declared type'}, not application/json")
    return decoded(await _content(request, limits.body_bytes_max))


def _check_charset(parameters: list[str]) -> None:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        named = value.strip().strip('"').casefold()
        if name.strip().casefold() == "charset" and named not in ("utf-8", "utf8"):
            raise UnsupportedMedia("the body is not in UTF-8")


def _check_preflight(request: Request) -> None:
    # A page of anybody's can post a form anywhere, with the credentials that the browser has kept.
    if not any(request.headers.get(name) for name in PREFLIGHT):
        raise UnsupportedMedia(f"an upload has one of these headers: {', '.join(PREFLIGHT)}")


async def _content(request: Request, bytes_max: int) -> bytes:
    """The body as it was before it was compressed."""
    given = request.headers.getlist("content-encoding")
    coding = ",".join(given).strip().casefold() if given else ""
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise UnsupportedMedia("the body is compressed neither by gzip nor by deflate")
    body = await sent(request, bytes_max)
    if coding in ("", "identity"):
        return body
    # A few bytes may take long to unpack, and the whole process would wait for it.
    return await asyncio.to_thread(
        inflated, body, bytes_max, wbits=_deflate(body) if coding == "deflate" else GZIP
    )


async def sent(request: Request, bytes_max: int) -> bytes:
    """The body as it was sent, refused as soon as it is known to be too large; raises TooLarge and ClientDisconnect."""
    body, more = bytearray(), True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        if len(body) + len(chunk) > bytes_max:
            raise TooLarge(f"the body is over {bytes_max} bytes")
        if not (more or body):  # all of it at once, as it usually comes
            return bytes(chunk)
        body += chunk
    return bytes(body)


def _deflate(body: bytes) -> int:
    """How deflate was meant: with zlib's header, as HTTP has it, or without one, as some clients send it."""
    wrapped = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS


def inflated(body: bytes, bytes_max: int, *, wbits: int) -> bytes:
    """The decompressed body; no more than one byte over the limit is ever made of it. Raises TooLarge and BadInput."""
    inflater = zlib.decompressobj(wbits)
    try:
        found = inflater.decompress(body, bytes_max + 1)
    except zlib.error as error:
        raise BadInput("the body is not compressed as Content-Encoding says") from error
    if len(found) > bytes_max:
        raise TooLarge(f"the body is over {bytes_max} bytes when it is decompressed")
    if not inflater.eof or inflater.unused_data:
        raise BadInput("the compressed body ends too early, or something stands behind it")
    return found
