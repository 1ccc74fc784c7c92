"""Whether an address can be reached at all: its name, its port, its certificate. No request is sent."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from urllib.parse import urlsplit

SECONDS_MAX = 3.0
TOGETHER_MAX = 20


async def probe(url: str, *, seconds: float = SECONDS_MAX) -> str | None:
    """What stands in the way of reaching the host of an http or https address; None when nothing does."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(
                parts.hostname,
                parts.port or (443 if secure else 80),
                ssl=ssl.create_default_context() if secure else None,
            )
    except TimeoutError:
        return f"no answer within {seconds:g} seconds"
    except OSError as error:
        return error.strerror or str(error)
    writer.close()
    return None


async def probe_all(urls: Iterable[str], *, seconds: float = SECONDS_MAX) -> dict[str, str | None]:
    """The same for several addresses, a few at once, by address."""
    turns = asyncio.Semaphore(TOGETHER_MAX)

    async def one(url: str) -> str | None:
        async with turns:
            return await probe(url, seconds=seconds)

    wanted = sorted(set(urls))
    return dict(zip(wanted, await asyncio.gather(*map(one, wanted)), strict=True))
