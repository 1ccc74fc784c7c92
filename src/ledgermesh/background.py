"""What runs beside the requests for as long as the process serves: one task each, watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

Work = Callable[[], Coroutine[Any, Any, None]]
"""Runs until it is cancelled."""


class Background:
    """Tasks that never end by themselves; one that does is told in the log, and `ended` names it."""

    def __init__(self, work: Mapping[str, Work]) -> None:
        self._work = dict(work)
        self.ended: list[str] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All of them, until the end of the block."""
        tasks = [asyncio.create_task(work(), name=name) for name, work in self._work.items()]
        for task in tasks:
            task.add_done_callback(self._note)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _note(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        self.ended.append(task.get_name())
        logger = structlog.get_logger("ledgermesh")
        logger.error("background work ended", work=task.get_name(), exc_info=task.exception())
