"""Valkey gone, slow, restarted, emptied, refusing: what callers and the operator see."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis
from structlog.testing import capture_logs

from ledgermesh.clock import ManualClock, SystemClock
from ledgermesh.errors import ConfigurationError, StateDown
from ledgermesh.state import lua
from ledgermesh.state.base import Grant, Kept, Secret, Store
from ledgermesh.state.opening import open_store
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.valkey import REST_SECONDS, ValkeyStore
from ledgermesh.state.vault import Vault
from tests.ports import free_port
from tests.state.stores import START, Server

GRANT = Grant(tenant="t", environment="live", connection="c", scheme="token", secrets={"token": Secret("s")})
SLOW_SECONDS = 0.2


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server for one test, to be ill-treated."""
    made = Server(tmp_path / "own")
    yield made
    made.stop()


@asynccontextmanager
async def opened(
    server: Server, clock: ManualClock | None = None, *, within: float = 20.0
) -> AsyncIterator[ValkeyStore]:
    store = ValkeyStore(server.within(within), clock or ManualClock(START))
    await store.open()
    yield store
    await store.close()


async def every_call(store: Store) -> list[str]:
    """What each method raises."""
    calls = (
        store.get("key/a"),
        store.put("key/a", b"confidential", expect=0),
        store.delete("key/a", expect=1),
        store.swap("claim/a", b"confidential", expect=0, seconds=9.0),
        store.under("key/"),
        store.changes("x.0", seconds=0.0),
    )
    said = []
    for call in calls:
        with pytest.raises(StateDown) as caught:
            await call
        assert caught.value.__cause__ is None
        said.append(str(caught.value))
    return said


async def test_a_server_that_is_gone_is_told_and_comes_back(own: Server) -> None:
    """StateDown from every method, with no address and no value in it; once it is there again all is as it was."""
    async with opened(own) as store:
        await store.put("key/a", b"1", expect=0)
        own.stop()

        said = await every_call(store)
        assert not any(str(own.port) in each or "confidential" in each for each in said)

        own.start()
        assert await store.get("key/a") == Kept(b"1", 1)


async def test_a_restart_loses_no_grant_and_no_key(own: Server) -> None:
    """Killed in the middle of writing, it has every write that it confirmed, and a replica needs no restart."""
    confirmed: dict[int, int] = {}

    async def write(store: Store, number: int) -> None:
        for version in range(10_000):
            assert await store.put(f"key/{number}", b"%d" % (version + 1), expect=version)
            confirmed[number] = version + 1

    async with opened(own) as store:
        grants = Vault(store, [SealingKey(1, b"k" * 32)], SystemClock())
        assert await grants.write(GRANT)
        writers = [asyncio.create_task(write(store, number)) for number in range(4)]
        while sum(confirmed.values()) < 100:
            await asyncio.sleep(0)
        own.kill()
        ended = await asyncio.gather(*writers, return_exceptions=True)
        assert {type(error) for error in ended} == {StateDown}
        own.start()

        kept = await store.under("key/")
        found = await grants.find("t", "live", "c")

    assert all(int(kept[f"key/{n}"].value) - done in {0, 1} for n, done in confirmed.items())
    assert found is not None and found.secrets == GRANT.secrets


async def test_a_slow_server_holds_nobody_for_long(own: Server) -> None:
    """After the timeout the caller is told; the next ones at once, until a moment has passed; then all is well."""
    clock = ManualClock(START)
    async with opened(own, clock, within=SLOW_SECONDS) as store:
        await store.put("key/a", b"1", expect=0)
        os.kill(own.pid, signal.SIGSTOP)
        try:
            with pytest.raises(StateDown, match=r"TimeoutError"):
                await store.put("key/a", b"2", expect=1)
            with pytest.raises(StateDown, match=r"a moment ago"):
                await store.get("key/a")
            clock.advance(REST_SECONDS)
            with pytest.raises(StateDown, match=r"TimeoutError"):
                await store.get("key/a")
        finally:
            os.kill(own.pid, signal.SIGCONT)
        clock.advance(REST_SECONDS)

        # Nobody knows whether the one that was not answered in time was done; it was not done by halves.
        kept = await store.get("key/a")
        assert kept in {Kept(b"1", 1), Kept(b"2", 2)}
        cursor = (await store.changes(None, seconds=0.0)).cursor
        assert kept is not None and await store.put("key/a", b"3", expect=kept.version)
        assert (await store.changes(cursor, seconds=0.0)).keys == ("key/a",)


async def test_a_slow_server_ends_a_wait_for_changes(own: Server) -> None:
    """A follower is not held either."""
    async with opened(own, within=SLOW_SECONDS) as store:
        begin = await store.changes(None, seconds=0.0)
        waiting = asyncio.create_task(store.changes(begin.cursor, seconds=SLOW_SECONDS))
        with own.admin() as admin:
            while not admin.info("clients")["blocked_clients"]:
                await asyncio.sleep(0)
        os.kill(own.pid, signal.SIGSTOP)
        try:
            with pytest.raises(StateDown):
                await waiting
        finally:
            os.kill(own.pid, signal.SIGCONT)


async def test_an_emptied_server_is_not_taken_for_one_with_nothing_in_it(own: Server) -> None:
    """Every call is refused, the operator is told once, and a replica that starts later does not make it good."""
    async with opened(own) as store:
        await store.put("key/a", b"1", expect=0)
        begin = await store.changes(None, seconds=0.0)
        with own.admin() as admin:
            admin.flushall()

        with capture_logs() as logs:
            assert all("was emptied" in said for said in await every_call(store))
            async with opened(own) as later:
                assert await later.get("key/a") is None
                assert all("was emptied" in said for said in await every_call(store))
        assert [line["log_level"] for line in logs] == ["error"]

        await store.adopt()
        assert await store.get("key/a") is None
        assert [await store.put("key/a", b"1", expect=version) for version in range(3)] == [True] * 3
        # Though as many changes and more have been made again.
        assert (await store.changes(begin.cursor, seconds=0.0)).keys is None


async def test_a_copy_of_another_time_is_refused(own: Server) -> None:
    """Another engine behind the same address, with a marker of its own, is not the one that was opened."""
    async with opened(own) as store:
        with own.admin() as admin:
            admin.set("lm:marker", "another")

        assert all("was emptied" in said for said in await every_call(store))


async def test_gateways_with_other_prefixes_do_not_meet(server: Server) -> None:
    """One server serves several, and every key of each begins with its prefix."""
    clock = SystemClock()
    one = await open_store(f"{server.url}&prefix=one:", clock)
    two = await open_store(f"{server.url}&prefix=two:", clock)
    begin = await two.changes(None, seconds=0.0)
    await one.put("key/a", b"1", expect=0)
    await one.swap("claim/a", b"1", expect=0, seconds=60.0)

    assert await two.get("key/a") is None
    assert await two.under("") == {}
    assert (await two.changes(begin.cursor, seconds=0.0)).keys == ()
    with server.admin() as admin:
        assert admin.exists("one:v/key/a", "one:v/claim/a") == 2
    await one.close()
    await two.close()


async def test_followers_see_every_change_of_a_trimmed_stream_or_read_anew(server: Server) -> None:
    """More changes than are kept: the stream stays bounded, and who is behind is told so."""
    store = await open_store(f"{server.url}&prefix=trim:", SystemClock())
    begin = await store.changes(None, seconds=0.0)
    await store.put("key/a", b"", expect=0)
    with server.admin() as admin:
        fill(admin, "trim:", lua.CHANGES_MAX + 500)
    await store.put("key/b", b"", expect=0)

    with server.admin() as admin:
        assert admin.xlen("trim:changes") < lua.CHANGES_MAX + 500
    assert (await store.changes(begin.cursor, seconds=0.0)).keys is None
    await store.close()


def fill(admin: Redis, prefix: str, count: int) -> None:
    """As many changes as so many writes would leave."""
    pipe = admin.pipeline(transaction=False)
    for _ in range(count):
        pipe.eval(
            "return redis.call('XADD', KEYS[1], redis.call('INCR', KEYS[2]) .. '-0', 'k', 'key/x')",
            2,
            f"{prefix}changes",
            f"{prefix}changed",
        )
    pipe.execute()


@pytest.mark.parametrize(
    ("name", "value"),
    [("appendonly", "no"), ("appendfsync", "everysec"), ("maxmemory-policy", "allkeys-lru")],
)
async def test_a_server_that_would_lose_grants_is_refused(own: Server, name: str, value: str) -> None:
    """At opening, with the setting that has to change."""
    with own.admin() as admin:
        admin.config_set(name, value)

    with pytest.raises(ConfigurationError, match=name):
        await open_store(own.url, SystemClock())


async def test_settings_that_nobody_may_ask_for_are_a_warning(own: Server) -> None:
    """Servers run by others take CONFIG away; what INFO tells is still checked."""
    url = own.url.replace("//", "//app:pw@")
    with own.admin() as admin:
        admin.execute_command("ACL SETUSER app on >pw ~* &* +@all -config")

    with capture_logs() as logs:
        store = await open_store(url, SystemClock())
    assert [line["settings"] for line in logs] == [["appendfsync always"]]
    await store.close()

    with own.admin() as admin:
        admin.config_set("appendonly", "no")
    with pytest.raises(ConfigurationError, match=r"appendonly yes"):
        await open_store(url, SystemClock())


async def test_durability_that_ends_later_is_noticed(own: Server) -> None:
    """No grant is called written by a server whose AOF was turned off under us."""
    async with opened(own) as store:
        with own.admin() as admin:
            admin.config_set("appendonly", "no")

        with pytest.raises(StateDown):
            await store.put("key/a", b"1", expect=0)


async def test_a_wrong_password_is_the_operators_to_correct(own: Server) -> None:
    """And is not repeated in the message."""
    with own.admin() as admin:
        admin.config_set("requirepass", "right")
    url = own.url.replace("//", "//:wrong-pw@")

    with pytest.raises(ConfigurationError) as caught:
        await open_store(url, SystemClock())
    assert "wrong-pw" not in str(caught.value)
    await (await open_store(url.replace("wrong-pw", "right"), SystemClock())).close()


async def test_a_full_or_read_only_server_is_down(own: Server) -> None:
    """It reads, and refuses to write, without the value in the message."""
    async with opened(own) as store:
        await store.put("key/a", b"1", expect=0)
        with own.admin() as admin:
            admin.config_set("maxmemory", "1")
            with pytest.raises(StateDown, match=r"OutOfMemoryError"):
                await store.put("key/a", b"confidential", expect=1)
            admin.config_set("maxmemory", "0")
            admin.execute_command("REPLICAOF", "127.0.0.1", free_port())
            with pytest.raises(StateDown) as caught:
                await store.put("key/a", b"confidential", expect=1)
            assert "confidential" not in str(caught.value)
            admin.execute_command("REPLICAOF", "NO", "ONE")
        assert await store.put("key/a", b"2", expect=1)


async def test_without_a_server_nothing_is_opened() -> None:
    """StateDown: whoever starts the gateway tries again."""
    with pytest.raises(StateDown):
        await open_store(f"valkey://user:secret-pw@127.0.0.1:{free_port()}", SystemClock())
