"""The end of the process, as answers and streams hear of it: first that it comes, then that nobody waits any longer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ledgermesh.errors import Indeterminate, UpstreamError

Made = TypeVar("Made")


class Restarting(UpstreamError):
    """The process ends; the next one, or another replica, answers."""

    code = "RESTARTING"
    retryable = True
    remedy = "Ask again at once; a subscription goes on behind the last `cursor` with `after`."
    status = 503


class Drain:
    """Told by the server; heard by whatever is going on."""

    def __init__(self) -> None:
        self.noticed = False
        """From then on nobody new should be sent here."""
        self.begun = asyncio.Event()
        """What never ends by itself ends now, and nothing new is begun."""
        self.late = asyncio.Event()
        """What is still being answered is given up."""
        self._answering: set[asyncio.Task[Any]] = set()
        self._given_up: set[asyncio.Task[Any]] = set()

    def notice(self) -> None:
        """The end is near: say that this process is not ready."""
        self.noticed = True

    def begin(self) -> None:
        """No connection is taken any more: end what never ends, finish what does."""
        self.noticed = True
        self.begun.set()

    def give_up(self) -> None:
        """Time is up."""
        self.begin()
        self.late.set()
        for task in self._answering:
            self._given_up.add(task)
            task.cancel()

    def trouble(self) -> str | None:
        """Why this process should be sent no more requests."""
        return "restarting" if self.noticed else None

    def ending(self, *, lasting: bool) -> asyncio.Event:
        """When a stream ends: one that never does by itself at once, one with an answer to come when time is up."""
        return self.begun if lasting else self.late

    async def finished(self, making: Coroutine[Any, Any, Made], *, writes: bool) -> Made:
        """What is made; raises Restarting, or Indeterminate for what may have written, when time is up before."""
        task = asyncio.current_task()
        assert task is not None, "a coroutine runs in a task"
        self._answering.add(task)
        try:
            return await making
        except asyncio.CancelledError:
            if task not in self._given_up:
                raise
            task.uncancel()
            raise unfinished(writes=writes) from None
        finally:
            self._answering.discard(task)
            self._given_up.discard(task)


def lasting(text: str) -> bool:
    """Whether a document may ask to be told from now on, by its words alone: it is not parsed for this."""
    return "subscription" in text


def writes(text: str) -> bool:
    """Whether a document may change something, by its words alone."""
    return "mutation" in text


def unfinished(*, writes: bool) -> UpstreamError:
    """What to say of an answer that nobody waits for any longer."""
    if writes:
        return Indeterminate(
            "the gateway restarts, and this was not done by then; nobody can say how far it came"
        )
    return Restarting("the gateway restarts, and the answer was not ready by then")
