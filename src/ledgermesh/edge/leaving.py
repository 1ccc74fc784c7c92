"""A caller who hangs up before the answer is ready: what is being done for it ends, down to the calls to providers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect, Request

from ledgermesh.graph.question import Question

Made = TypeVar("Made")

UNWATCHED_SECONDS: Final = 0.02
"""Before this nobody looks whether the caller is still there: most answers that no provider is asked for are ready, and
a call that was begun for nobody is on its way anyhow."""


async def unless_left(request: Request, question: Question, making: Coroutine[Any, Any, Made]) -> Made:
    """What is made, or ClientDisconnect when the caller leaves first; the making is over in any case.

    A document with a mutation is carried out to its end: a write that is broken off leaves nobody knowing what it did.
    """
    if "mutation" in question.text:
        return await making
    leaving = _Leaving(request)
    try:
        made = await making
    except asyncio.CancelledError:
        if not leaving.alone:
            raise
        raise ClientDisconnect from None
    else:
        return made
    finally:
        await leaving.close()


class _Leaving:
    """Cancels the task that it is made in when its caller hangs up; the body was read before, or there is none."""

    def __init__(self, request: Request) -> None:
        self.left = False
        self._request = request
        self._task = _this_task()
        self._before = self._task.cancelling()
        self._watching: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(UNWATCHED_SECONDS, self._begin)

    @property
    def alone(self) -> bool:
        """Whether nobody else wants the task to end."""
        return self.left and self._task.cancelling() <= self._before + 1

    async def close(self) -> None:
        """Nobody is cancelled any more."""
        self._timer.cancel()
        if self.left:
            self._task.uncancel()
        elif self._watching is not None:
            self._watching.remove_done_callback(self._over)
            self._watching.cancel()
            await asyncio.wait((self._watching,))

    def _begin(self) -> None:
        self._watching = asyncio.ensure_future(self._gone())
        self._watching.add_done_callback(self._over)

    def _over(self, watching: asyncio.Task[None]) -> None:
        if watching.cancelled():
            return
        watching.exception()  # one that cannot be asked any more is gone too
        self.left = True
        self._task.cancel()

    async def _gone(self) -> None:
        """Return when the caller hangs up."""
        while (await self._request.receive())["type"] != "http.disconnect":
            pass


def _this_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"
    return task
