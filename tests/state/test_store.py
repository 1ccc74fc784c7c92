"""The store's protocol, the same on memory, file and Valkey."""

from __future__ import annotations

import asyncio

import pytest

from ledgermesh.state.base import Kept, Store, Swapped
from ledgermesh.state.entries import place
from tests.state.stores import Engine

ODD = place("key", "a/b", "ümläut %", "..", "", "x" * 400)
"""Words that no file name and no command takes as they are."""
BYTES = bytes(range(256))


async def test_a_value_is_read_as_it_was_written(engine: Engine) -> None:
    """Any bytes under any key, by every process."""
    one, two = await engine.open(), await engine.open()

    assert await one.get(ODD) is None
    assert await one.put(ODD, BYTES, expect=0)
    assert await one.put("key/empty", b"", expect=0)

    assert await two.get(ODD) == Kept(BYTES, 1)
    assert await two.get("key/empty") == Kept(b"", 1)
    assert await two.get(ODD.upper()) is None


async def test_a_writer_names_the_version_it_replaces(engine: Engine) -> None:
    """Versions count from 1; a writer that expects another one changes nothing."""
    one, two = await engine.open(), await engine.open()

    assert await one.put("key/a", b"1", expect=0)
    assert not await two.put("key/a", b"x", expect=0)
    assert await two.put("key/a", b"2", expect=1)
    assert not await one.put("key/a", b"x", expect=1)
    assert not await one.put("key/b", b"x", expect=3)

    assert await one.get("key/a") == Kept(b"2", 2)
    assert await one.get("key/b") is None


async def test_a_value_is_deleted_once(engine: Engine) -> None:
    """Only at the version that is expected; afterwards its place is free."""
    store = await engine.open()
    await store.put("key/a", b"1", expect=0)

    assert not await store.delete("key/a", expect=2)
    assert not await store.delete("key/a", expect=0)
    assert not await store.delete("key/none", expect=0)
    assert await store.delete("key/a", expect=1)
    assert not await store.delete("key/a", expect=1)

    assert await store.get("key/a") is None
    assert await store.put("key/a", b"again", expect=0)


async def test_no_update_is_lost(engine: Engine) -> None:
    """Many that read, add one and write, over two stores at once, come to the sum."""
    stores = [await engine.open(), await engine.open()]
    await stores[0].put("key/sum", b"0", expect=0)

    async def add(store: Store) -> None:
        while True:
            kept = await store.get("key/sum")
            assert kept is not None
            if await store.put("key/sum", b"%d" % (int(kept.value) + 1), expect=kept.version):
                return

    await asyncio.gather(*(add(stores[number % 2]) for number in range(20)))

    assert await stores[1].get("key/sum") == Kept(b"20", 21)


async def test_a_passing_value_ends(engine: Engine) -> None:
    """Until then only its version replaces it; afterwards there is none."""
    one, two = await engine.open(), await engine.open()
    first = await one.swap("budget/a", b"1", expect=0, seconds=60.0)
    assert first.won and first.kept is not None

    assert await two.swap("budget/a", b"x", expect=0, seconds=60.0) == Swapped(won=False, kept=first.kept)
    second = await two.swap("budget/a", b"2", expect=first.kept.version, seconds=60.0)
    assert second.won and second.kept is not None
    assert await one.get("budget/a") == second.kept == Kept(b"2", second.kept.version)

    await engine.pass_seconds("budget/a", 60.0)
    assert await one.get("budget/a") is None
    assert await one.under("budget/") == {}
    assert await two.swap("budget/a", b"x", expect=second.kept.version, seconds=60.0) == Swapped(False, None)
    assert (await two.swap("budget/a", b"", expect=0, seconds=60.0)).won


async def test_versions_of_passing_values_never_come_again(engine: Engine) -> None:
    """Not after a deletion, not after an end, not for another key."""
    store = await engine.open()
    versions = []
    for number in range(6):
        swapped = await store.swap(f"claim/{number % 2}", b"", expect=0, seconds=9.0)
        assert swapped.kept is not None
        versions.append(swapped.kept.version)
        if number % 3:
            await engine.pass_seconds(f"claim/{number % 2}", 9.0)
        gone = await store.swap(f"claim/{number % 2}", None, expect=swapped.kept.version, seconds=0.0)
        assert gone.won == (number % 3 == 0)

    assert versions == sorted(set(versions))


async def test_one_of_many_swaps_wins(engine: Engine) -> None:
    """All others are told what stands there."""
    stores = [await engine.open(), await engine.open()]

    swaps = await asyncio.gather(
        *(stores[n % 2].swap("claim/a", b"%d" % n, expect=0, seconds=9.0) for n in range(12))
    )

    [won] = [swapped for swapped in swaps if swapped.won]
    assert {swapped.kept for swapped in swaps} == {won.kept}


async def test_values_are_listed_by_how_their_key_begins(engine: Engine) -> None:
    """Lasting and passing ones, and only with exactly this beginning."""
    store = await engine.open()
    for key in ("key/a/1", "key/a/2", "key/ab/1", "keys/a", "key/%2A"):
        await store.put(key, key.encode(), expect=0)
    await store.swap("key/a/3", b"passing", expect=0, seconds=60.0)

    assert set(await store.under("key/a/")) == {"key/a/1", "key/a/2", "key/a/3"}
    assert (await store.under("key/a/2"))["key/a/2"] == Kept(b"key/a/2", 1)
    assert set(await store.under("key/a")) == {"key/a/1", "key/a/2", "key/a/3", "key/ab/1"}
    assert set(await store.under("key/*")) == set()
    assert len(await store.under("key")) == 6
    assert len(await store.under("")) == 6


async def test_changes_are_told_in_their_order(engine: Engine) -> None:
    """To every process, from where it began; passing values are told to nobody."""
    one, two = await engine.open(), await engine.open()
    await one.put("key/before", b"", expect=0)
    begin = await two.changes(None, seconds=9.0)
    assert begin.keys == ()

    await one.put("key/a", b"", expect=0)
    await one.put(ODD, b"", expect=0)
    await two.delete("key/a", expect=1)
    await one.swap("claim/a", b"", expect=0, seconds=60.0)
    changes = await two.changes(begin.cursor, seconds=9.0)

    assert changes.keys == ("key/a", ODD, "key/a")
    assert await two.changes(changes.cursor, seconds=0.0) == type(changes)(changes.cursor, ())
    assert (await one.changes(begin.cursor, seconds=0.0)).keys == changes.keys


async def test_a_change_ends_the_wait(engine: Engine) -> None:
    """Who waits for changes hears of one made by another process."""
    one, two = await engine.open(), await engine.open()
    begin = await two.changes(None, seconds=0.0)

    async def write() -> None:
        await one.put("key/a", b"", expect=0)

    waited, _ = await asyncio.gather(two.changes(begin.cursor, seconds=60.0), write())

    assert waited.keys == ("key/a",)


async def test_a_wait_without_changes_ends(engine: Engine) -> None:
    """After its seconds, with the same cursor."""
    store = await engine.open()
    begin = await store.changes(None, seconds=0.0)

    assert await store.changes(begin.cursor, seconds=0.05) == type(begin)(begin.cursor, ())


async def test_too_many_changes_are_not_told(engine: Engine) -> None:
    """A follower that is too far behind is told so, and goes on from there."""
    store = await engine.open()
    begin = await store.changes(None, seconds=0.0)
    await store.put("key/a", b"", expect=0)
    await engine.overflow()
    await store.put("key/b", b"", expect=0)

    lost = await store.changes(begin.cursor, seconds=0.0)
    await store.put("key/c", b"", expect=0)

    assert lost.keys is None
    assert (await store.changes(lost.cursor, seconds=0.0)).keys == ("key/c",)


async def test_a_restart_loses_nothing_that_lasts(engine: Engine) -> None:
    """What was written is there for the next process, and for one that was open all the time."""
    before = await engine.open()
    for number in range(10):
        await before.put(f"key/{number}", b"%d" % number, expect=0)
    await engine.restart()

    after = await engine.open()

    assert len(await after.under("key/")) == 10
    assert await before.get("key/7") == Kept(b"7", 1)
    assert await before.put("key/7", b"x", expect=1)


async def test_a_cancelled_call_answers_nobody_else(engine: Engine) -> None:
    """A storm of cancelled calls leaves a store that gives everyone its own answer."""
    store = await engine.open()
    await asyncio.gather(*(store.put(f"key/{n}", b"%d" % n, expect=0) for n in range(20)))

    for round_ in range(20):
        calls: list[asyncio.Task[object]] = [asyncio.create_task(store.get(f"key/{n}")) for n in range(20)]
        calls += [asyncio.create_task(store.put("key/x", b"", expect=99)) for _ in range(5)]
        for _ in range(round_ % 7):
            await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    found = await asyncio.gather(*(store.get(f"key/{n}") for n in range(20)))
    assert [kept.value for kept in found if kept is not None] == [b"%d" % n for n in range(20)]


async def test_only_plain_words_begin_a_key(tmp_path: object, engine: Engine) -> None:
    """A key of the registry never names a place outside of the store."""
    store = await engine.open()

    assert place("key", "..", "/etc") == "key/../%2Fetc"
    assert await store.put(place("key", "..", "/etc"), b"", expect=0)
    assert await store.get(place("key", "/etc")) is None


@pytest.mark.parametrize("value", [b"", b"x" * 100_000], ids=["none", "much"])
async def test_a_value_may_be_of_any_length(engine: Engine, value: bytes) -> None:
    """From nothing to what a sealed job takes."""
    store = await engine.open()

    await store.put("job/a", value, expect=0)
    await store.swap("job/b", value, expect=0, seconds=9.0)

    assert {kept.value for kept in (await store.under("job/")).values()} == {value}
