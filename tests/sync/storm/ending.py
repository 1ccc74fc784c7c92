"""Processes that end with whoever began them, however that one ended."""

from __future__ import annotations

import asyncio
import sys


async def ended_with_input(task: asyncio.Task[None]) -> None:
    """Run the task until the standard input is closed; raises what ended it before that."""
    closed = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait((task, closed), return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    task.cancel()
    await asyncio.wait((task,))
