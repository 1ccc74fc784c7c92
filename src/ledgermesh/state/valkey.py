"""A store in Valkey (or Redis): for replicas on as many machines as reach it."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

import structlog
from redis.commands.core import AsyncScript
from redis.exceptions import AuthenticationError, RedisError

from ledgermesh.clock import Clock
from ledgermesh.errors import ConfigurationError, StateDown
from ledgermesh.state import lua
from ledgermesh.state.base import Changes, Kept, Swapped
from ledgermesh.state.server import FOLLOWERS_MAX, address, check_lasting, client
from ledgermesh.state.together import Together

OPENING_SECONDS: Final = 8.0
"""How much longer an opening may take than a question: nobody waits for an answer yet, and a server that was started
a moment ago reads its file first.
"""
REST_SECONDS: Final = 0.25
"""After an answer that did not come in time nobody asks for so long, so that callers fail at once and do not queue."""
BATCH: Final = 500

Got = TypeVar("Got")


class ValkeyStore:
    """See Store. `open` it first."""

    def __init__(self, url: str, clock: Clock) -> None:
        where = address(url)
        self._clock = clock
        self._prefix = where.prefix
        self._timeout_seconds = where.timeout_seconds
        self._server = client(where)
        # Followers wait inside the server; what they hold is not missing to anybody else.
        self._follower = client(where, connections_max=FOLLOWERS_MAX)
        self._together = Together(self._server, seconds=where.timeout_seconds)
        self._scripts: dict[str, AsyncScript] = {}
        self._marker = ""
        self._emptied = False
        self._rests_until = -math.inf

    async def open(self) -> None:
        """Raises ConfigurationError where the server refuses us or keeps too little, StateDown where there is none."""
        await self._bounded(self._opened(), longer_seconds=OPENING_SECONDS)

    async def adopt(self) -> None:
        """Go on with what is there, after the server was emptied or another took its place. Raises StateDown."""
        await self._bounded(self._mark())
        self._emptied = False

    async def get(self, key: str) -> Kept | None:
        """See Store."""
        return (await self._read([key])).get(key)

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        """See Store."""
        return await self._change(lua.PUT, key, expect, value)

    async def delete(self, key: str, *, expect: int) -> bool:
        """See Store."""
        return await self._change(lua.DELETE, key, expect)

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        """See Store."""
        kind = _kind(key)
        milliseconds = "" if value is None else str(max(1, math.ceil(seconds * 1000)))
        won, *rest = await self._run(
            lua.SWAP,
            [f"v/{key}", f"i/{kind}", "kinds", "versions"],
            [expect, kind, key, milliseconds, value or b""],
            lasting=False,
        )
        if not won:
            return Swapped(won=False, kept=_kept(rest))
        return Swapped(won=True, kept=Kept(value, rest[0]) if value is not None else None)

    async def under(self, prefix: str) -> Mapping[str, Kept]:
        """See Store."""
        found: dict[str, Kept] = {}
        wanted = await self.keys(prefix)
        for start in range(0, len(wanted), BATCH):
            found |= await self._read(wanted[start : start + BATCH])
        return found

    async def keys(self, prefix: str) -> Sequence[str]:
        """See Store."""
        kind, slash, _ = prefix.partition("/")
        kinds = [kind]
        if not slash:
            every = [word.decode() for word in await self._run(lua.KINDS, ["kinds"])]
            kinds = sorted(word for word in every if word.startswith(kind))
        asked = [await self._run(lua.KEYS, [f"i/{each}"], [prefix]) for each in kinds]
        return [key.decode() for keys in asked for key in keys]

    async def changes(self, cursor: str | None, *, seconds: float) -> Changes:
        """See Store."""
        changes = await self._since(cursor)
        if changes.keys != () or cursor is None or seconds <= 0:
            return changes
        return await self._since(cursor) if await self._told(cursor, seconds) else changes

    async def close(self) -> None:
        """See Store."""
        await self._together.close()
        await self._server.aclose()
        await self._follower.aclose()

    # -- what each asks ----------------------------------------------------------------------------------------

    async def _read(self, keys: Sequence[str]) -> dict[str, Kept]:
        answers = await self._run(lua.READ, [f"v/{key}" for key in keys])
        found = {key: _kept(answer) for key, answer in zip(keys, answers, strict=True)}
        return {key: kept for key, kept in found.items() if kept is not None}

    async def _change(self, script: str, key: str, expect: int, *value: bytes) -> bool:
        kind = _kind(key)
        names = [f"v/{key}", f"i/{kind}", "kinds", "changes", "changed"]
        [done] = await self._run(script, names, [expect, kind, key, *value], lasting=True)
        return bool(done)

    async def _since(self, cursor: str | None) -> Changes:
        marker, _, seen = (cursor or "").partition(".")
        since = int(seen) if marker == self._marker else -1
        last, whole, *keys = await self._run(lua.CHANGES, ["changes", "changed"], [since])
        now = f"{self._marker}.{last}"
        if not whole and cursor is not None:
            return Changes(now, None)
        return Changes(now, tuple(key.decode() for key in keys))

    async def _told(self, cursor: str, seconds: float) -> bool:
        """Whether anything changed within so many seconds."""
        after: dict[Any, Any] = {self._name("changes"): f"{cursor.partition('.')[2]}-0"}
        waiting = self._follower.xread(after, count=1, block=max(1, math.ceil(seconds * 1000)))
        return bool(await self._bounded(waiting, longer_seconds=seconds))

    # -- how it is asked ---------------------------------------------------------------------------------------

    async def _run(
        self,
        script: str,
        names: Sequence[str],
        values: Sequence[bytes | str | int] = (),
        *,
        lasting: bool | None = None,
    ) -> list[Any]:
        """What a script answers; `lasting` says of one that writes whether that is to be on disk then."""
        self._check()
        keys, values = [self._name("marker"), *map(self._name, names)], [self._marker, *values]
        made = self._script(script)
        if lasting is None:
            answer = await self._bounded(made(keys, values))
        else:
            answer = await self._bounded(self._together.run(made, keys, values, lasting=lasting))
        if answer is None:
            self._lose()
            self._check()
        return cast("list[Any]", answer)

    async def _with_wait(self, *command: Any) -> list[Any]:
        # WAITAOF speaks of what its own connection wrote, and a pipeline has one.
        async with self._server.pipeline(transaction=False) as pipe:
            pipe.execute_command(*command)
            pipe.execute_command("WAITAOF", 1, 0, math.ceil(self._timeout_seconds * 1000))
            return await pipe.execute()

    async def _bounded(self, asked: Awaitable[Got], *, longer_seconds: float = 0.0) -> Got:
        try:
            async with asyncio.timeout(longer_seconds + self._timeout_seconds):
                return await asked
        except (RedisError, OSError) as error:
            if isinstance(error, TimeoutError):
                self._rests_until = self._clock.monotonic() + REST_SECONDS
            # The client's own words may hold addresses and values.
            raise StateDown(f"The shared state cannot be asked ({type(error).__name__}).") from None

    def _check(self) -> None:
        if self._emptied:
            raise StateDown("The shared state was emptied, or another engine stands in its place.")
        if self._clock.monotonic() < self._rests_until:
            raise StateDown("The shared state did not answer in time a moment ago.")

    def _lose(self) -> None:
        if not self._emptied:
            self._emptied = True
            logger = structlog.get_logger("ledgermesh")
            logger.error("shared state was emptied; restore it, or restart every gateway to begin anew")

    # -- opening -----------------------------------------------------------------------------------------------

    async def _opened(self) -> None:
        try:
            await check_lasting(self._server)
        except AuthenticationError:
            raise ConfigurationError("Valkey refuses the user or the password of the address.") from None
        await self._mark()

    async def _mark(self) -> None:
        await self._with_wait("SET", self._name("marker"), secrets.token_hex(16), "NX")
        marker = await cast("Awaitable[bytes | None]", self._server.get(self._name("marker")))
        self._marker = marker.decode() if marker is not None else ""

    def _name(self, name: str) -> str:
        return self._prefix + name

    def _script(self, text: str) -> AsyncScript:
        # Its digest is worked out once.
        if text not in self._scripts:
            self._scripts[text] = self._server.register_script(text)
        return self._scripts[text]


def _kind(key: str) -> str:
    return key.partition("/")[0]


def _kept(answer: Sequence[Any]) -> Kept | None:
    version, data = answer
    return Kept(data, int(version)) if version is not None else None
