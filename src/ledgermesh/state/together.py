"""Writes to Valkey that are under way at the same time go together: one way there, one wait for its disk."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import NoScriptError, RedisError

from ledgermesh.errors import StateDown

WRITES_MAX: Final = 200
"""Of one batch."""
BYTES_MAX: Final = 4_000_000
"""Of one batch, but for a single write that is larger."""

REST_SECONDS: Final = 0.004
"""From the start of one batch to that of the next, so that many writes come as a few batches."""


@dataclass(frozen=True, slots=True, eq=False)
class _Write:
    """A script that somebody waits for."""

    script: AsyncScript
    arguments: tuple[bytes | str | int, ...]
    """Number of keys, keys, values."""
    lasting: bool
    answer: asyncio.Future[Any] = field(repr=False)

    @property
    def bytes(self) -> int:
        return sum(len(each) for each in self.arguments if isinstance(each, bytes | str))


class Together:
    """A server that syncs its file at every write does so once for all that came at the same time; and what is waited
    for while a batch is under way is the next batch. So the busier it is, the less each write costs.

    Each write is still a script of its own, with an answer of its own.
    """

    def __init__(self, server: Redis, *, seconds: float) -> None:
        self._server = server
        self._seconds = seconds
        self._waiting: deque[_Write] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._rests_until = -math.inf

    async def run(
        self, script: AsyncScript, keys: Sequence[str], values: Sequence[bytes | str | int], *, lasting: bool
    ) -> Any:
        """Its answer; with `lasting` not before what it wrote is on the server's disk.

        Raises StateDown where it did not get there in time, RedisError or OSError as the client does. Whoever stops
        waiting may have been too late to stop it.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Write(script, (len(keys), *keys, *values), lasting, answer))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())
        return await answer

    async def close(self) -> None:
        """Let what is under way come to its end."""
        if self._sending is not None:
            await asyncio.wait((self._sending,))

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                await self._rest()
                await self._send(self._batch())
        finally:
            self._sending = None
            while self._waiting:  # only where this task itself was ended
                self._waiting.popleft().answer.cancel()

    async def _rest(self) -> None:
        """A write that comes alone goes at once."""
        time = asyncio.get_running_loop().time
        if self._rests_until > time():
            await asyncio.sleep(self._rests_until - time())
        self._rests_until = time() + REST_SECONDS

    def _batch(self) -> list[_Write]:
        """What goes together now; nothing for those who wait no longer."""
        batch: list[_Write] = []
        room = BYTES_MAX
        while self._waiting and len(batch) < WRITES_MAX and (not batch or self._waiting[0].bytes <= room):
            write = self._waiting.popleft()
            if not write.answer.done():
                batch.append(write)
                room -= write.bytes
        return batch

    async def _send(self, batch: list[_Write]) -> None:
        if not batch:
            return
        try:
            async with asyncio.timeout(self._seconds):
                unknown = _told(batch, await self._pipelined("EVALSHA", batch))
                if unknown:  # a server that was restarted knows no script
                    _told(unknown, await self._pipelined("EVAL", unknown))
        except (RedisError, OSError) as error:
            for write in batch:
                if not write.answer.done():
                    write.answer.set_exception(error)
        finally:
            for write in batch:
                write.answer.cancel()  # changes nothing for one that was told

    async def _pipelined(self, name: str, batch: Sequence[_Write]) -> list[Any]:
        """The answer to each, and to the wait for the disk; an error in its place is one."""
        async with self._server.pipeline(transaction=False) as pipe:
            for write in batch:
                text = write.script.sha if name == "EVALSHA" else write.script.script
                pipe.execute_command(name, text, *write.arguments)
            if any(write.lasting for write in batch):
                # It speaks of what its own connection wrote, and a pipeline has one.
                pipe.execute_command("WAITAOF", 1, 0, math.ceil(self._seconds * 1000))
            return await pipe.execute(raise_on_error=False)


def _told(batch: Sequence[_Write], answers: Sequence[Any]) -> list[_Write]:
    """Tell everybody what became of theirs; gives those whose script the server does not know."""
    unknown, synced = [], answers[-1] if len(answers) > len(batch) else None
    for write, answer in zip(batch, answers, strict=False):
        if isinstance(answer, NoScriptError):
            unknown.append(write)
        elif not write.answer.done():
            _tell(write, answer, synced)
    return unknown


def _tell(write: _Write, answer: Any, synced: Any) -> None:
    if isinstance(answer, Exception):
        write.answer.set_exception(answer)
    elif not write.lasting or answer != [1]:
        write.answer.set_result(answer)
    elif isinstance(synced, Exception):
        write.answer.set_exception(synced)
    elif not synced[0]:
        write.answer.set_exception(StateDown("The shared state did not reach the disk in time."))
    else:
        write.answer.set_result(answer)
