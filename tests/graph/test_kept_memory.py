"""What is kept of answers: bounded in bytes, in all and for each tenant, and gone when nobody may ask for it."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import msgspec
import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.graph.kept.memory import ENTRY_BYTES, Holder, Kept, Memory, Room
from ledgermesh.graph.kept.packed import finish, pack
from ledgermesh.graph.kept.reached import Reached
from ledgermesh.state.entries import TenantEntry
from ledgermesh.state.registry import Registry
from tests.harness import NOW

ME, OTHER = ("me", "live"), ("other", "live")
EACH = ENTRY_BYTES + 1_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def entry(memory: Memory, key: str, *, holder: Holder = ME, born: float = 0.0, size: int = 1_000) -> Kept:
    """An answer that is kept, if there is room."""
    made = Kept(
        holder=holder, key=(key,), data=msgspec.Raw(b"x" * size), born=born, reached=Reached(Registry()),
        tenant=TenantEntry(id="me", name="Me"), companies=(), cost=None, changes=0, memory=memory,
        size=ENTRY_BYTES + size,
    )  # fmt: skip
    memory.keep(made)
    return made


def there(memory: Memory, *keys: str, holder: Holder = ME) -> list[str]:
    """Which of these are kept. Looking is asking."""
    return [key for key in keys if memory.find(holder, (key,)) is not None]


def test_whoever_was_asked_for_longest_ago_goes(clock: ManualClock) -> None:
    """When a tenant's room is full; what was asked for again stays."""
    memory = Memory(clock, Room(tenant_bytes_max=3 * EACH))
    for key in "abc":
        entry(memory, key)
    there(memory, "a")
    entry(memory, "d")
    assert there(memory, *"abcd") == ["a", "c", "d"]
    assert memory.size == 3 * EACH


def test_one_tenant_takes_no_room_of_another(clock: ManualClock) -> None:
    """However much one asks for, until all of it is full: then the one who asked longest ago gives."""
    memory = Memory(clock, Room(bytes_max=5 * EACH, tenant_bytes_max=3 * EACH))
    entry(memory, "mine", holder=OTHER)
    for number in range(50):
        entry(memory, str(number))
    assert there(memory, "mine", holder=OTHER) == ["mine"]
    assert memory.size == 4 * EACH
    for number in range(3):
        entry(memory, str(number), holder=("third", "live"))
    assert memory.size == 5 * EACH
    assert there(memory, *(str(number) for number in range(50))) == ["49"]


def test_what_is_too_large_is_not_kept(clock: ManualClock) -> None:
    """For one answer, for a tenant, for all of it; nothing else goes for its sake. Without room nothing is kept."""
    memory = Memory(clock, Room(answer_bytes_max=5_000))
    entry(memory, "a")
    entry(memory, "large", size=5_001)
    assert there(memory, "a", "large") == ["a"]
    entry(memory, "a", size=3_000)
    assert memory.size == ENTRY_BYTES + 3_000, "a newer one stands in the place of the older"
    for room in (Room(bytes_max=0), Room(tenant_bytes_max=10)):
        none = Memory(clock, room)
        entry(none, "a")
        assert (there(none, "a"), none.size) == ([], 0)


def test_nothing_stays_longer_than_anybody_may_ask_for_it(clock: ManualClock) -> None:
    """Five minutes after its oldest part was read, whoever asks for whatever."""
    memory = Memory(clock, Room())
    clock.advance(1_000)
    entry(memory, "old", born=800.0)
    entry(memory, "new", born=1_000.0)
    clock.advance(102)
    assert there(memory, "nothing", holder=OTHER) == []
    assert memory.size == EACH
    clock.advance(200)
    assert there(memory, "nothing", holder=OTHER) == []
    assert memory.size == 0


def test_compressed_bytes_count(clock: ManualClock) -> None:
    """Once, while the answer is kept; an older answer goes for them."""
    memory = Memory(clock, Room(tenant_bytes_max=2 * EACH + 100))
    a, b = entry(memory, "a"), entry(memory, "b")
    packed = pack(b"y" * 1_000)
    assert len(packed.body) < 100
    for _ in range(2):
        memory.pack(b, packed)
    assert memory.size == 2 * EACH + len(packed.body)
    entry(memory, "c")
    assert there(memory, *"abc") == ["b", "c"]
    memory.pack(a, packed)
    assert a.packed is None, "it is not kept any more"
    memory.drop(b)
    memory.drop(b)
    assert memory.size == EACH


@pytest.mark.parametrize("rest", [b"", b"}", b',"extensions":{}}' * 100])
@pytest.mark.parametrize("content", [b"", b'{"data":{}', b'{"data":{"a":"\xc3\xa4"}' * 10_000])
def test_a_kept_beginning_and_any_end_are_one_gzip_member(content: bytes, rest: bytes) -> None:
    """For every decoder, also those that take one member alone; checksum and length are of the whole."""
    made = finish(pack(content), rest)
    decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert decoder.decompress(made) == content + rest == gzip.decompress(made)
    assert (decoder.eof, decoder.unused_data) == (True, b"")


def test_an_entry_costs_what_is_counted(clock: ManualClock) -> None:
    """Beside its bytes: not more than is counted for it."""
    memory, count = Memory(clock, Room()), 500
    entry(memory, "first")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(count):
            entry(memory, f"{number:0200}")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / count < EACH
