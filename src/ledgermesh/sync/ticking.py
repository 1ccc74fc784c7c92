"""Waiting for the next of something, and for the clock at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final, TypeVar

from ledgermesh.clock import Clock

Item = TypeVar("Item")


class _End:
    """There are no more items."""


END: Final = _End()


async def ticking(
    items: AsyncIterator[Item], clock: Clock, seconds: float
) -> AsyncGenerator[Item | None, None]:
    """The items as they come, and None whenever none came for so many seconds; ends with them.

    Whoever closes this closes `items` as well: only the wait for the next one is cancelled here.
    """
    while True:
        coming = asyncio.ensure_future(_next(items))
        try:
            while not await _came(coming, clock, seconds):
                yield None
        finally:
            coming.cancel()  # changes nothing for one that came
            await asyncio.wait((coming,))
        item = coming.result()
        if isinstance(item, _End):
            return
        yield item


async def _next(items: AsyncIterator[Item]) -> Item | _End:
    return await anext(items, END)


async def _came(coming: asyncio.Future[Item], clock: Clock, seconds: float) -> bool:
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((coming, sleeping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
    return coming.done()
