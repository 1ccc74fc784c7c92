"""The store in a folder: closed to others, whole after a crash, and shared by processes."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledgermesh.clock import ManualClock, SystemClock
from ledgermesh.errors import ConfigurationError, StateDown
from ledgermesh.state.base import Kept
from ledgermesh.state.file import FileStore
from tests.state.stores import START

ADD = """
import asyncio, sys
from pathlib import Path
from ledgermesh.clock import SystemClock
from ledgermesh.state.file import FileStore

async def add(store, left):
    while left:
        lasting, passing = await store.get("key/sum"), await store.get("claim/sum")
        assert lasting and passing
        if await store.put("key/sum", b"%d" % (int(lasting.value) + 1), expect=lasting.version):
            left -= 1
            while not (await store.swap("claim/sum", b"%d" % (int(passing.value) + 1), expect=passing.version,
                                        seconds=900)).won:
                passing = await store.get("claim/sum")

async def main():
    store = FileStore(Path(sys.argv[1]), SystemClock())
    await asyncio.gather(*(add(store, 20) for _ in range(3)))

asyncio.run(main())
"""


def store(folder: Path, clock: ManualClock | None = None) -> FileStore:
    return FileStore(folder, clock or ManualClock(START))


async def test_processes_lose_no_update(tmp_path: Path) -> None:
    """Four processes that count up the same two values, three tasks each, come to the sum of all."""
    shared = FileStore(tmp_path / "state", SystemClock())
    await shared.put("key/sum", b"0", expect=0)
    await shared.swap("claim/sum", b"0", expect=0, seconds=900.0)

    adders = [
        subprocess.Popen([sys.executable, "-c", ADD, str(tmp_path / "state")])  # noqa: ASYNC220  # runs beside us
        for _ in range(4)
    ]

    assert [adder.wait(timeout=60) for adder in adders] == [0] * 4
    passing = await shared.get("claim/sum")
    assert await shared.get("key/sum") == Kept(b"240", 241)
    assert passing is not None and passing.value == b"240"


async def test_nobody_else_can_read_the_folder(tmp_path: Path) -> None:
    """Whatever the umask: the folder and all in it belong to their owner alone."""
    before = os.umask(0)
    try:
        kept = store(tmp_path / "state")
        await kept.put("grant/t/live/c", b"1", expect=0)
        await kept.swap("claim/a", b"1", expect=0, seconds=9.0)
        await kept.delete("grant/t/live/c", expect=1)
        await kept.put("grant/t/live/c", b"1", expect=0)
    finally:
        os.umask(before)

    made = [tmp_path / "state", *(tmp_path / "state").rglob("*")]
    assert len(made) > 8
    assert {oct(path.stat().st_mode & 0o077) for path in made} == {"0o0"}


def test_a_folder_that_others_may_read_is_closed(tmp_path: Path) -> None:
    """An empty one, and one of ours; with other files in it it is refused and left alone."""
    tmp_path.chmod(0o755)
    store(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    tmp_path.chmod(0o750)
    store(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700

    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "letter").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="chmod 700"):
        store(home)
    assert home.stat().st_mode & 0o777 == 0o755


def test_a_folder_that_cannot_be_used_is_the_operators_to_correct(tmp_path: Path) -> None:
    """A file in its place, or above it."""
    (tmp_path / "file").write_text("", encoding="utf-8")

    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigurationError, match="state folder"):
            store(folder)


async def test_what_a_killed_writer_left_is_gone(tmp_path: Path) -> None:
    """Half a value is never read, and the next opening tidies up."""
    kept = store(tmp_path)
    await kept.put("key/a", b"1", expect=0)
    left = tmp_path / "temporary" / "4711-abc"
    left.write_bytes(b'{"key":"key/a","ver')

    assert set(await kept.under("")) == {"key/a"}
    store(tmp_path)
    assert not left.exists()


async def test_a_folder_that_went_away_is_no_empty_one(tmp_path: Path) -> None:
    """StateDown, not "there is no grant"."""
    kept = store(tmp_path / "state")
    await kept.put("key/a", b"1", expect=0)
    begin = await kept.changes(None, seconds=0.0)
    (tmp_path / "state").rename(tmp_path / "elsewhere")

    for call in (
        kept.get("key/a"),
        kept.put("key/a", b"", expect=0),
        kept.delete("key/a", expect=1),
        kept.swap("claim/a", b"", expect=0, seconds=9.0),
        kept.under("key/"),
        kept.changes(begin.cursor, seconds=0.0),
    ):
        with pytest.raises(StateDown) as caught:
            await call
        assert str(tmp_path) not in str(caught.value)

    (tmp_path / "elsewhere").rename(tmp_path / "state")
    assert await kept.get("key/a") == Kept(b"1", 1)


async def test_a_damaged_value_is_not_taken_for_none(tmp_path: Path) -> None:
    """A lasting one stops whoever needs it; a passing one, which a power cut may tear, has ended."""
    kept = store(tmp_path)
    await kept.put("key/a", b"1", expect=0)
    await kept.swap("claim/a", b"1", expect=0, seconds=9.0)
    for file in (*(tmp_path / "lasting" / "key").iterdir(), *(tmp_path / "passing" / "claim").iterdir()):
        file.write_bytes(b"")

    with pytest.raises(StateDown):
        await kept.get("key/a")
    with pytest.raises(StateDown):
        await kept.put("key/a", b"2", expect=0)
    with pytest.raises(StateDown):
        await kept.under("key/")
    assert await kept.get("claim/a") is None
    assert await kept.under("claim/") == {}
    assert (await kept.swap("claim/a", b"2", expect=0, seconds=9.0)).won


async def test_a_lock_that_is_never_let_go_holds_nobody_for_ever(tmp_path: Path) -> None:
    """A stopped process that holds it: writers are told, readers go on."""
    kept = FileStore(tmp_path, ManualClock(START), lock_seconds=0.02)
    await kept.put("key/a", b"1", expect=0)
    with (tmp_path / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        with pytest.raises(StateDown, match=r"TimeoutError"):
            await kept.put("key/a", b"2", expect=1)
        assert await kept.get("key/a") == Kept(b"1", 1)

    assert await kept.put("key/a", b"2", expect=1)


async def test_what_has_ended_is_swept(tmp_path: Path) -> None:
    """At opening and now and then: passing values do not fill the disk."""
    clock = ManualClock(START)
    kept = store(tmp_path, clock)
    for number in range(20):
        await kept.swap(f"claim/{number}", b"", expect=0, seconds=number + 1)
    clock.advance(10.0)

    store(tmp_path, clock)

    assert len(list((tmp_path / "passing" / "claim").iterdir())) == 10


async def test_numbers_rise_over_a_power_cut(tmp_path: Path) -> None:
    """What was on disk may be old by thousands of numbers; none of them comes again."""
    kept = store(tmp_path)
    disk = (tmp_path / "numbers").read_bytes()
    first = await kept.swap("claim/a", b"", expect=0, seconds=9.0)
    synced = (tmp_path / "numbers").read_bytes()
    assert synced != disk
    last = first
    for number in range(50):
        last = await kept.swap(f"claim/{number}.", b"", expect=0, seconds=9.0)
    (tmp_path / "numbers").write_bytes(synced)

    after = await store(tmp_path).swap("claim/b", b"", expect=0, seconds=9.0)

    assert last.kept is not None and after.kept is not None
    assert after.kept.version > last.kept.version


async def test_a_writer_leaves_time_to_others(tmp_path: Path) -> None:
    """While values are written to disk the event loop runs on."""
    kept, turns = store(tmp_path), 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await asyncio.gather(*(kept.put(f"key/{number}", b"", expect=0) for number in range(10)))
    counting.cancel()

    assert turns > 20
