"""Writes to Valkey that come at the same time share the way and the disk, and nothing else; keys without values."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ledgermesh.clock import SystemClock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Changes, Kept
from ledgermesh.state.directory import Directory
from ledgermesh.state.entries import TenantEntry
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.opening import open_store
from ledgermesh.state.registry import Registry
from ledgermesh.state.together import BYTES_MAX
from tests.hands import HandClock, settle
from tests.state.stores import START, Engine, Server

WRITES = 60


def waits(server: Server) -> int:
    """How often somebody has waited for the server's disk."""
    with server.admin() as admin:
        return int(admin.info("commandstats").get("cmdstat_waitaof", {"calls": 0})["calls"])


async def test_writes_at_once_wait_for_the_disk_together(server: Server) -> None:
    """Each has an answer of its own, also where one of them comes too late; alone each would wait for itself."""
    store = await open_store(f"{server.url}&prefix=together:", SystemClock())
    before = waits(server)
    puts = [store.put(f"key/{number}", b"%d" % number, expect=0) for number in range(WRITES)]
    swaps = [store.swap("claim/a", b"x", expect=0, seconds=60.0) for _ in range(3)]
    late = [store.put(f"key/{number}", b"late", expect=0) for number in range(3)]

    done, swapped, refused = await asyncio.gather(
        asyncio.gather(*puts), asyncio.gather(*swaps), asyncio.gather(*late)
    )

    assert (set(done), set(refused)) == ({True}, {False})
    assert sum(each.won for each in swapped) == 1
    assert {key: kept.value for key, kept in (await store.under("key/")).items()} == {
        f"key/{number}": b"%d" % number for number in range(WRITES)
    }
    assert waits(server) - before <= WRITES // 10
    await store.close()


async def test_who_stops_waiting_spoils_nobody_elses_write(server: Server) -> None:
    """Writes that were cancelled while others were under way: those are all done and told."""
    store = await open_store(f"{server.url}&prefix=cancelled:", SystemClock())
    tasks = [asyncio.create_task(store.put(f"key/{n}", b"", expect=0)) for n in range(WRITES)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()

    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert ended[1::2] == [True] * (WRITES // 2)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended[::2])
    assert {f"key/{number}" for number in range(1, WRITES, 2)} <= set(await store.keys("key/"))
    await store.close()


async def test_a_restarted_server_knows_no_script_and_loses_nothing(tmp_path: Path) -> None:
    """Of many writes at once, all are done by the text of their script."""
    server = Server(tmp_path / "own")
    try:
        store = await open_store(server.url, SystemClock())
        assert await store.put("key/a", b"1", expect=0)
        server.kill()
        server.start()
        done = await asyncio.gather(*(store.put(f"key/{n}", b"2", expect=0) for n in range(WRITES)))
        assert (set(done), len(await store.keys("key/"))) == ({True}, WRITES + 1)
        server.stop()
        ended = await asyncio.gather(
            *(store.put(f"key/{n}", b"3", expect=1) for n in range(3)), return_exceptions=True
        )
        assert [type(each) for each in ended] == [StateDown] * 3
        await store.close()
    finally:
        server.stop()


async def test_large_values_go_in_batches_of_their_own(server: Server) -> None:
    """Each larger than a batch may be; all are there, and a small one is among them."""
    store = await open_store(f"{server.url}&prefix=large:", SystemClock())
    large = b"x" * (BYTES_MAX + 1)

    done = await asyncio.gather(
        store.put("key/a", large, expect=0),
        store.put("key/b", b"", expect=0),
        store.put("key/c", large, expect=0),
    )

    assert all(done)
    assert (await store.get("key/b"), await store.get("key/c")) == (Kept(b"", 1), Kept(large, 1))
    await store.close()


async def test_keys_are_those_of_the_values(engine: Engine) -> None:
    """Lasting and passing, by how they begin, also over several kinds; not what has ended or was deleted."""
    store = await engine.open()
    for key in ("key/a/1", "key/a/2", "key/b/1", "keys/a/1"):
        assert await store.put(key, b"value", expect=0)
    await store.swap("key/a/passing", b"", expect=0, seconds=10.0)
    await store.swap("key/a/ended", b"", expect=0, seconds=1.0)
    await store.delete("key/a/2", expect=1)
    assert set(await store.keys("key/a/")) == {"key/a/1", "key/a/passing", "key/a/ended"}
    assert set(await store.keys("key")) == {
        "key/a/1", "key/a/passing", "key/a/ended", "key/b/1", "keys/a/1",
    }  # fmt: skip
    assert await store.keys("none/") == []
    assert set(await store.keys("key/")) == set(await store.under("key/"))


class Asked(MemoryStore):
    """Counts looks for changes."""

    looks = 0

    async def changes(self, cursor: str | None, *, seconds: float) -> Changes:
        self.looks += 1
        return await super().changes(cursor, seconds=seconds)


async def test_many_changes_are_asked_for_as_a_few() -> None:
    """After one that was found a follower rests, and takes all that came meanwhile at the next look."""
    clock = HandClock(START)
    store = Asked(clock)
    other = Directory(store, Registry(clock=clock), clock)
    registry = Registry(clock=clock)
    following = asyncio.create_task(Directory(store, registry, clock, rest_seconds=0.05).follow())
    await settle()
    await clock.turn(0.05)  # it has read everything, and rests from that
    before = store.looks
    for number in range(20):
        await other.add(TenantEntry(id=f"t{number}", name="T"))
        await settle()
    assert store.looks - before <= 2
    await clock.turn(0.05)

    assert len(registry.all(TenantEntry)) == 20
    following.cancel()
    await asyncio.wait((following,))
