"""What a request asks for: parameters and bodies, refused where they cannot be read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ledgermesh.sandbox.accountsos.answers import Refusal, bad_request

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def day(request: Request, name: str) -> dt.date | None:
    """A date in the query; None when absent."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError(text)
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise bad_request(f"{name} is a date YYYY-MM-DD") from error


def number(request: Request, name: str, default: int, *, least: int) -> int:
    """A whole number in the query."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < least:
        raise bad_request(f"{name} is a whole number, {least} or more")
    return int(text)


# -- bodies ------------------------------------------------------------------------------------------------------


async def json_object(request: Request, *, bytes_max: int) -> dict[str, Any]:
    """The body as a JSON object."""
    try:
        found = _DECODER.decode(await _body(request, bytes_max))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_request("The body is not JSON") from error
    if not isinstance(found, dict):
        raise bad_request("The body is not a JSON object")
    return found


@asynccontextmanager
async def form(request: Request, *, bytes_max: int) -> AsyncGenerator[FormData]:
    """The fields and files of a multipart body; closed at the end of the block."""
    if not request.headers.get("content-type", "").casefold().startswith("multipart/form-data"):
        raise bad_request("Send multipart/form-data with the fields file and type")
    whole = await _body(request, bytes_max)
    try:
        found = await MultiPartParser(request.headers, _once(whole)).parse()
    except MultiPartException as error:
        raise bad_request(f"The body is not multipart/form-data: {error.message}") from error
    try:
        yield found
    finally:
        await found.close()


async def _body(request: Request, bytes_max: int) -> bytes:
    """The whole body; no more of it is read than is allowed, whatever length it announces."""
    too_large = Refusal(413, "payload_too_large", f"A body has {bytes_max} bytes at most")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > bytes_max:
        raise too_large
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > bytes_max:
            raise too_large
    return bytes(found)


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
