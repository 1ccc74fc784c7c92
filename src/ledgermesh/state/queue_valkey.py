"""A queue in Valkey (or Redis), for replicas: a stream, one group of consumers, and which jobs are in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from redis.exceptions import ResponseError

from ledgermesh.clock import Clock
from ledgermesh.state.lua import GUARD
from ledgermesh.state.queue import LEASE_SECONDS, Delivery
from ledgermesh.state.valkey import BATCH, ValkeyStore

STREAM: Final = "queue"
QUEUED: Final = "queued"
GROUP: Final = "workers"
FORGOTTEN_MS: Final = 3_600_000
"""A consumer with nothing in its hands that did not ask for so long is forgotten."""

ADD = (
    GUARD
    + """
for i = 2, #ARGV do
  if redis.call('HEXISTS', KEYS[3], ARGV[i]) == 0 then
    redis.call('HSET', KEYS[3], ARGV[i], redis.call('XADD', KEYS[2], '*', 'job', ARGV[i]))
  end
end
return {1}
"""
)
"""marker, stream, queued jobs · marker, jobs… → done."""

TAKE = (
    GUARD
    + f"""
local cursor, most, taken = '0-0', tonumber(ARGV[4]), {{}}
local function take(entries)
  for _, entry in ipairs(entries) do
    taken[#taken + 1] = entry[1]
    taken[#taken + 1] = entry[2][2]
  end
end
repeat
  local left = redis.call('XAUTOCLAIM', KEYS[2], '{GROUP}', ARGV[2], ARGV[3], cursor, 'COUNT', most - #taken / 2)
  take(left[2])
  cursor = left[1]
until cursor == '0-0' or #taken == 2 * most
if #taken < 2 * most then
  local read = redis.call(
    'XREADGROUP', 'GROUP', '{GROUP}', ARGV[2], 'COUNT', most - #taken / 2, 'STREAMS', KEYS[2], '>')
  if read then take(read[1][2]) end
end
if #taken > 0 then return taken end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
return {{#last > 0 and last[1][1] or '0-0'}}
"""
)
"""marker, stream · marker, worker, lease in milliseconds, how many at most → id and job of each; or, with none, the
last id there is."""

MINE = (
    GUARD
    + f"""
if #redis.call('XPENDING', KEYS[2], '{GROUP}', ARGV[3], ARGV[3], 1, ARGV[2]) == 0 then return {{0}} end
"""
)
"""marker, stream · marker, worker, id: nothing is done for a worker that has lost its delivery."""

EXTEND = (
    MINE
    + f"""
redis.call('XCLAIM', KEYS[2], '{GROUP}', ARGV[2], 0, ARGV[3], 'JUSTID')
return {{1}}
"""
)

DONE = (
    MINE
    + f"""
redis.call('XACK', KEYS[2], '{GROUP}', ARGV[3])
redis.call('XDEL', KEYS[2], ARGV[3])
redis.call('HDEL', KEYS[3], ARGV[4])
return {{1}}
"""
)
"""marker, stream, queued jobs · marker, worker, id, job → done or not."""

RELEASE = (
    MINE
    + f"""
redis.call('XACK', KEYS[2], '{GROUP}', ARGV[3])
redis.call('XDEL', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[3], ARGV[4], redis.call('XADD', KEYS[2], '*', 'job', ARGV[4]))
return {{1}}
"""
)
"""As DONE; a new entry of the stream wakes who waits for one."""


class ValkeyQueue(ValkeyStore):
    """See Queue. `open` it first. It speaks to the server as the store does, over connections of its own."""

    def __init__(self, url: str, clock: Clock, *, lease_seconds: float = LEASE_SECONDS) -> None:
        super().__init__(url, clock)
        self._lease_ms = math.ceil(lease_seconds * 1000)

    async def open(self) -> None:
        """See ValkeyStore."""
        await super().open()
        await self._bounded(self._grouped())

    async def add(self, *jobs: str) -> None:
        """See Queue. They are on the server's disk when this returns."""
        for start in range(0, len(jobs), BATCH):
            await self._run(ADD, [STREAM, QUEUED], jobs[start : start + BATCH], lasting=True)

    async def take(self, worker: str, *, seconds: float, most: int = 1) -> Sequence[Delivery]:
        """See Queue."""
        found = await self._taken(worker, most)
        if len(found) == 1 and seconds > 0 and await self._added(found[0], seconds):
            found = await self._taken(worker, most)
        pairs = zip(found[::2], found[1::2], strict=False)
        return [Delivery(job.decode(), worker, id.decode()) for id, job in pairs]

    async def extend(self, delivery: Delivery) -> Delivery | None:
        """See Queue."""
        [done] = await self._run(EXTEND, [STREAM], [delivery.worker, delivery.mark], lasting=False)
        return delivery if done else None

    async def done(self, delivery: Delivery) -> bool:
        """See Queue."""
        return await self._left(DONE, delivery)

    async def release(self, delivery: Delivery) -> bool:
        """See Queue."""
        return await self._left(RELEASE, delivery)

    async def waiting(self) -> int:
        """See Queue."""
        stream = self._name(STREAM)
        there = await self._bounded(self._server.xlen(stream))
        taken = await self._bounded(self._server.xpending(stream, GROUP))
        return max(int(there) - int(taken["pending"]), 0)

    async def _taken(self, worker: str, most: int) -> list[bytes]:
        return await self._run(TAKE, [STREAM], [worker, self._lease_ms, most], lasting=False)

    async def _added(self, last: bytes, seconds: float) -> bool:
        """Whether anything came after this id. It is only looked for: taken it is by a script, which nobody cancels
        between taking and telling.
        """
        after: dict[Any, Any] = {self._name(STREAM): last}
        waiting = self._follower.xread(after, count=1, block=max(1, math.ceil(seconds * 1000)))
        return bool(await self._bounded(waiting, longer_seconds=seconds))

    async def _left(self, script: str, delivery: Delivery) -> bool:
        values = [delivery.worker, delivery.mark, delivery.job]
        [done] = await self._run(script, [STREAM, QUEUED], values, lasting=False)
        return bool(done)

    async def _grouped(self) -> None:
        stream = self._name(STREAM)
        try:
            await self._server.xgroup_create(stream, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        for each in await self._server.xinfo_consumers(stream, GROUP):
            if not each["pending"] and each["idle"] > FORGOTTEN_MS:
                await self._server.xgroup_delconsumer(stream, GROUP, each["name"])
