"""The registry in the store, as several replicas follow it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Kept, Store
from ledgermesh.state.directory import Changed, Conflict, Directory
from ledgermesh.state.entries import Generation, KeyEntry, TenantEntry, digest
from ledgermesh.state.registry import LEASE_SECONDS, Registry
from tests.state.stores import START, Engine, Failing

TENANT = TenantEntry(id="t", name="Tenant")
KEY = KeyEntry(
    id="k",
    digest=digest("lm_test_1"),
    tenant="t",
    environment="sandbox",
    scopes=frozenset({"api.read"}),
    created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
)


async def replica(engine: Engine) -> tuple[Directory, Registry]:
    return await over(await engine.open(), engine)


async def over(store: Store, engine: Engine) -> tuple[Directory, Registry]:
    registry = Registry(clock=engine.clock)
    directory = Directory(store, registry, engine.clock)
    await directory.load()
    return directory, registry


async def test_what_one_writes_another_knows(engine: Engine) -> None:
    """The writer at once, another replica when it catches up, a later one from its start."""
    one, first = await replica(engine)
    two, second = await replica(engine)
    await one.add(TENANT)
    await one.add(KEY)

    assert first.principal("lm_test_1") is not None
    assert second.principal("lm_test_1") is None
    await two.catch_up(0.0)
    assert second.principal("lm_test_1") == first.principal("lm_test_1")
    _, third = await replica(engine)
    assert third.principal("lm_test_1") == first.principal("lm_test_1")


async def test_a_revocation_binds_every_replica(engine: Engine) -> None:
    """A key that is deleted or has its end set by one lets nobody in at the other."""
    one, first = await replica(engine)
    await one.add(TENANT)
    await one.add(KEY)
    await one.add(replace(KEY, id="k2", digest=digest("lm_test_2")))
    two, second = await replica(engine)
    assert second.principal("lm_test_1") and second.principal("lm_test_2")

    await one.change(KeyEntry, KEY.place, lambda _: None)
    await one.change(
        KeyEntry,
        replace(KEY, id="k2").place,
        lambda old: old and replace(old, expires_at=engine.clock.now()),
    )
    await two.catch_up(5.0)

    for registry in (first, second):
        assert registry.principal("lm_test_1") is None
        assert registry.principal("lm_test_2") is None


async def test_after_a_gap_everything_is_read_anew(engine: Engine) -> None:
    """What was deleted meanwhile is gone, and listeners are told that they missed something."""
    one, _ = await replica(engine)
    await one.add(TENANT)
    await one.add(KEY)
    two, second = await replica(engine)
    with two.listening() as changes:
        await one.change(KeyEntry, KEY.place, lambda _: None)
        await engine.overflow()
        await one.add(replace(TENANT, id="u"))
        await two.catch_up(0.0)

        assert [changed async for changed in changes] == []

    assert second.principal("lm_test_1") is None
    assert second.get(TenantEntry, "u") is not None
    await one.add(replace(TENANT, id="v"))
    await two.catch_up(0.0)
    assert second.get(TenantEntry, "v") is not None


async def test_what_is_there_is_not_added(engine: Engine) -> None:
    """Conflict, though this replica has not heard of the other's entry yet."""
    one, _ = await replica(engine)
    two, _ = await replica(engine)
    await one.add(TENANT)

    with pytest.raises(Conflict):
        await two.add(replace(TENANT, name="Another"))


async def test_no_change_is_lost(engine: Engine) -> None:
    """Twenty tasks of two replicas raise one generation: it ends at twenty, and both know it."""
    one, first = await replica(engine)
    two, second = await replica(engine)

    numbers = await asyncio.gather(
        *((one, two)[number % 2].raise_generation("live", "c") for number in range(20))
    )
    await one.catch_up(0.0)
    await two.catch_up(0.0)

    assert sorted(numbers) == list(range(1, 21))
    assert first.generation("live", "c") == second.generation("live", "c") == 20


async def test_what_stays_the_same_is_not_written(engine: Engine) -> None:
    """A change to the same value is told to nobody."""
    one, _ = await replica(engine)
    two, _ = await replica(engine)
    await one.add(TENANT)
    await two.catch_up(0.0)
    with two.listening() as changes:
        assert await one.change(TenantEntry, TENANT.place, lambda old: old) == TENANT
        assert await one.change(TenantEntry, "tenant/none", lambda _: None) is None
        await one.add(replace(TENANT, id="u"))
        await two.catch_up(0.0)

        assert await anext(aiter(changes)) == Changed("tenant/u", replace(TENANT, id="u"))


async def test_listeners_hear_of_everything_that_lasts(engine: Engine) -> None:
    """Entries with what they are now, deletions, and that something of another sort changed."""
    store = await engine.open()
    directory, _ = await over(store, engine)
    with directory.listening() as changes:
        await directory.add(TENANT)
        await directory.change(TenantEntry, TENANT.place, lambda _: None)
        await store.put("grant/t/live/c", b"sealed", expect=0)
        await directory.catch_up(0.0)
        told = [await anext(aiter(changes)) for _ in range(3)]

    assert told == [
        Changed("tenant/t", TENANT),
        Changed("tenant/t", None),
        Changed("grant/t/live/c", None),
    ]


class Slow(Failing):
    """Lets others go first while it lists; `under` comes too late."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.listing, self.go_on = asyncio.Event(), asyncio.Event()

    async def under(self, prefix: str) -> Mapping[str, Kept]:
        found = await super().under(prefix)
        if prefix == "key/":
            self.listing.set()
            await self.go_on.wait()
        return found


async def test_a_reading_that_began_earlier_undoes_nothing() -> None:
    """A key that this process revokes while it is reading everything stays revoked."""
    clock = ManualClock(START)
    store = Slow(clock)
    store.go_on.set()
    registry = Registry(clock=clock)
    directory = Directory(store, registry, clock)
    await directory.add(TENANT)
    await directory.add(KEY)
    store.go_on.clear()
    store.listing.clear()
    loading = asyncio.create_task(directory.load())
    await store.listing.wait()

    await directory.change(KeyEntry, KEY.place, lambda _: None)
    store.go_on.set()
    await loading

    assert registry.get(TenantEntry, "t") == TENANT
    assert registry.principal("lm_test_1") is None


class Tardy(Failing):
    """Confirms its first write after all others."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.written, self.go_on = asyncio.Event(), asyncio.Event()

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        done = await super().put(key, value, expect=expect)
        if not self.written.is_set():
            self.written.set()
            await self.go_on.wait()
        return done


async def test_what_was_written_last_is_known_last() -> None:
    """Two changes of one place by one process: a confirmation that comes late brings no older entry back."""
    clock = ManualClock(START)
    store = Tardy(clock)
    registry = Registry(clock=clock)
    directory = Directory(store, registry, clock)
    first = asyncio.create_task(directory.raise_generation("live", "c"))
    await store.written.wait()
    second = asyncio.create_task(directory.raise_generation("live", "c"))
    for _ in range(5):
        await asyncio.sleep(0)
    store.go_on.set()

    assert list(await asyncio.gather(first, second)) == [1, 2]
    assert registry.generation("live", "c") == 2


async def test_a_reading_that_fails_is_made_good() -> None:
    """With the store gone in the middle of it, nothing is forgotten and nothing is taken for read."""
    clock = ManualClock(START)
    store = Failing(clock)
    registry = Registry(clock=clock)
    directory = Directory(store, registry, clock)
    await directory.load()
    await directory.add(TENANT)
    other = Directory(store, Registry(clock=clock), clock)
    await other.add(KEY)
    for number in range(10_001):
        await store.put("flood/x", b"", expect=number)
    store.fails_under = "company/"
    with pytest.raises(StateDown):
        await directory.catch_up(0.0)
    assert registry.get(TenantEntry, "t") == TENANT

    store.fails_under = None
    await directory.catch_up(0.0)

    assert registry.principal("lm_test_1") is not None


async def test_while_the_store_is_down_keys_are_good_for_a_lease() -> None:
    """Thirty seconds after the last look into the store nobody is let in any more, until it is back."""
    clock = ManualClock(START)
    store = Failing(clock)
    registry = Registry(clock=clock)
    directory = Directory(store, registry, clock)
    await directory.load()
    await directory.add(TENANT)
    await directory.add(KEY)
    await directory.catch_up(0.0)
    principal = registry.principal("lm_test_1")
    assert principal is not None
    store.down = True

    clock.advance(LEASE_SECONDS)
    with pytest.raises(StateDown):
        await directory.catch_up(0.0)
    assert registry.principal("lm_test_1") == principal
    assert registry.current(principal) == principal
    clock.advance(0.1)
    with pytest.raises(StateDown):
        registry.principal("lm_test_1")
    with pytest.raises(StateDown):
        registry.current(principal)
    with pytest.raises(StateDown):
        registry.holder("t", "sandbox", "k")

    store.down = False
    await directory.catch_up(0.0)
    assert registry.principal("lm_test_1") == principal


async def test_following_goes_on_after_the_store_was_down() -> None:
    """A replica that follows knows of a change that was made after an outage, without a restart."""
    clock = ManualClock(START)
    store = Failing(clock)
    one, two = Registry(clock=clock), Registry(clock=clock)
    writer, reader = Directory(store, one, clock), Directory(store, two, clock)
    await writer.load()
    await reader.load()
    following = asyncio.create_task(reader.follow())
    store.down = True
    for _ in range(5):
        await asyncio.sleep(0)
    store.down = False

    with reader.listening() as changes:
        await writer.add(Generation(environment="live", connection="c", number=7))
        await anext(aiter(changes))

    assert two.generation("live", "c") == 7
    following.cancel()
