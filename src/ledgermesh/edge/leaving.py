"""A caller who hangs up before the answer is ready: what is being done for it ends, down to the calls to providers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from ledgermesh.graph.question import Question

Made = TypeVar("Made")


async def unless_left(request: Request, question: Question, making: Coroutine[Any, Any, Made]) -> Made:
    """What is made, or ClientDisconnect when the caller leaves first; the making is over in any case.

    A document with a mutation is carried out to its end: a write that is broken off leaves nobody knowing what it did.
    """
    if "mutation" in question.text:
        return await making
    work, leaving = asyncio.ensure_future(making), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        return await work
    finally:
        work.cancel()
        leaving.cancel()
        await asyncio.wait((work, leaving))


async def _left(request: Request) -> None:
    """Return when the caller hangs up; the body was read before, or there is none."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
