"""Grants in the vault: sealed, versioned, and good for nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from ledgermesh.clock import ManualClock, SystemClock
from ledgermesh.errors import NeedsConfig, StateDown
from ledgermesh.state.base import Grant, Kept, Secret, Store
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.registry import LEASE_SECONDS
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.vault import Vault
from tests.state.stores import START, Engine, Failing

OLD, NEW = SealingKey(1, b"o" * 32), SealingKey(2, b"n" * 32)
GRANT = Grant(
    tenant="t", environment="live", connection="c", scheme="api_key", secrets={"api_key": Secret("canary")}
)


def vault(store: Store, *keys: SealingKey) -> Vault:
    return Vault(store, keys or (OLD,), SystemClock())


async def test_a_grant_is_found_by_its_whole_key(engine: Engine) -> None:
    """Another tenant, environment or connection has none."""
    grants = vault(await engine.open())
    assert await grants.write(GRANT)
    assert await grants.find("t", "live", "c") == replace(GRANT, version=1)
    for key in (("other", "live", "c"), ("t", "sandbox", "c"), ("t", "live", "d")):
        assert await grants.find(*key) is None


async def test_a_write_compares_the_version(engine: Engine) -> None:
    """Whoever read an older grant does not overwrite the newer one."""
    grants = vault(await engine.open())
    await grants.write(GRANT)
    read = await grants.find("t", "live", "c")
    assert read is not None
    assert await grants.write(replace(read, scheme="first"))
    assert not await grants.write(replace(read, scheme="second"))
    assert not await grants.write(GRANT)
    assert not await grants.write(replace(GRANT, connection="new", version=3))
    now = await grants.find("t", "live", "c")
    assert now is not None
    assert (now.scheme, now.version) == ("first", 2)


async def test_the_store_holds_nothing_readable(engine: Engine) -> None:
    """Neither the secret nor its name stands in the bytes."""
    store = await engine.open()
    await vault(store).write(GRANT)
    [kept] = (await store.under("")).values()
    assert b"canary" not in kept.value
    assert b"api_key" not in kept.value


async def test_an_envelope_opens_in_its_own_place_only(engine: Engine) -> None:
    """Copied to another tenant, or back from an older version, it is refused."""
    store = await engine.open()
    grants = vault(store)
    await grants.write(GRANT)
    first = await store.get("grant/t/live/c")
    assert first is not None
    await store.put("grant/thief/live/c", first.value, expect=0)
    with pytest.raises(NeedsConfig):
        await grants.find("thief", "live", "c")
    await store.put("grant/t/live/c", first.value, expect=1)
    with pytest.raises(NeedsConfig):
        await grants.find("t", "live", "c")


async def test_a_rotation_leaves_no_grant_behind(engine: Engine) -> None:
    """With two keys old and new open; after rewrapping the old key can go."""
    store = await engine.open()
    await vault(store, OLD).write(GRANT)
    await vault(store, OLD).write(replace(GRANT, connection="d"))
    both = vault(store, NEW, OLD)
    found = await both.find("t", "live", "c")
    assert found is not None
    assert await both.rewrap() == 2
    assert await both.rewrap() == 0
    found = await vault(store, NEW).find("t", "live", "d")
    assert found is not None
    assert found.secrets["api_key"].reveal() == "canary"


async def test_what_is_forgotten_cannot_be_brought_back(engine: Engine) -> None:
    """A renewal that began before the connection was unlinked does not write its grant."""
    grants = vault(await engine.open())
    await grants.write(GRANT)
    read = await grants.find("t", "live", "c")
    assert read is not None
    await grants.forget("t", "live", "c")
    assert not await grants.write(read)
    now = await grants.find("t", "live", "c")
    assert now is not None
    assert not now.linked
    assert now.secrets == {}


async def test_replicas_share_grants(engine: Engine) -> None:
    """What one writes another finds; of two that write over the same version one wins."""
    one, two = vault(await engine.open()), vault(await engine.open())
    await one.write(GRANT)
    read = await two.find("t", "live", "c")
    assert read is not None

    won = await asyncio.gather(*(each.write(replace(read, scheme="new")) for each in (one, two) * 3))

    assert sorted(won) == [False] * 5 + [True]
    found = await two.find("t", "live", "c")
    assert found is not None and found.version == 2


async def test_a_rotation_passes_by_what_no_key_opens(engine: Engine) -> None:
    """It is left as it is and named in the log; the others are sealed anew."""
    store = await engine.open()
    await vault(store, SealingKey(9, b"l" * 32)).write(GRANT)
    await vault(store, OLD).write(replace(GRANT, connection="d"))

    with capture_logs() as logs:
        assert await vault(store, NEW, OLD).rewrap() == 1

    assert [line["place"] for line in logs] == ["grant/t/live/c"]
    assert await vault(store, NEW).find("t", "live", "d") is not None


async def test_a_rotation_and_a_renewal_at_once_lose_neither(engine: Engine) -> None:
    """The renewed secret stays, whoever writes first, and is sealed under the new key or can be."""
    store = await engine.open()
    both = vault(store, NEW, OLD)
    for number in range(5):
        await vault(store, OLD).write(replace(GRANT, connection=f"c{number}"))

    async def renew(connection: str) -> None:
        secrets = {"api_key": Secret("renewed")}
        while (grant := await both.find("t", "live", connection)) is not None:
            if await both.write(replace(grant, secrets=secrets)):
                return

    await asyncio.gather(both.rewrap(), *(renew(f"c{number}") for number in range(5)))

    for number in range(5):
        found = await vault(store, NEW).find("t", "live", f"c{number}")
        assert found is not None and found.secrets["api_key"].reveal() == "renewed"


async def test_without_the_store_a_grant_is_good_for_a_lease() -> None:
    """Thirty seconds after it was last read it is not used any more; one that was never read is not guessed."""
    clock = ManualClock(START)
    store = Failing(clock)
    grants = Vault(store, [OLD], clock)
    await grants.write(GRANT)
    assert await grants.find("t", "live", "none") is None
    clock.advance(100.0)
    found = await grants.find("t", "live", "c")
    store.down = True

    clock.advance(LEASE_SECONDS)
    assert await grants.find("t", "live", "c") == found
    for call in (
        grants.find("t", "live", "none"),
        grants.find("t", "live", "d"),
        grants.write(replace(GRANT, version=1)),
        grants.forget("t", "live", "c"),
        grants.rewrap(),
    ):
        with pytest.raises(StateDown):
            await call
    clock.advance(0.1)
    with pytest.raises(StateDown):
        await grants.find("t", "live", "c")

    store.down = False
    assert await grants.find("t", "live", "c") == found


class Late(Failing):
    """Answers one read after a write that came later."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.read, self.go_on = asyncio.Event(), asyncio.Event()

    async def get(self, key: str) -> Kept | None:
        kept = await super().get(key)
        self.read.set()
        await self.go_on.wait()
        return kept


async def test_a_late_answer_does_not_bring_an_old_grant_back() -> None:
    """With the store gone after a renewal, what was renewed is used, not what an older read found."""
    clock = ManualClock(START)
    store = Late(clock)
    grants = Vault(store, [OLD], clock)
    await grants.write(GRANT)
    reading = asyncio.create_task(grants.find("t", "live", "c"))
    await store.read.wait()
    await grants.write(replace(GRANT, scheme="renewed", version=1))
    store.go_on.set()
    await reading
    store.down = True

    found = await grants.find("t", "live", "c")

    assert found is not None and found.scheme == "renewed"


async def test_an_envelope_is_opened_once_in_a_lease() -> None:
    """The very same bytes of the very same version only; what somebody else put there is opened anew, or refused."""
    clock = ManualClock(START)
    store = MemoryStore(clock)
    grants = Vault(store, (OLD,), clock)
    await grants.write(GRANT)
    first = await grants.find("t", "live", "c")
    assert first is not None
    assert await grants.find("t", "live", "c") is first
    clock.advance(LEASE_SECONDS + 1)
    again = await grants.find("t", "live", "c")
    assert again == first
    assert again is not first

    [(where, kept)] = (await store.under("grant/")).items()
    assert await store.put(where, kept.value, expect=kept.version)
    with pytest.raises(NeedsConfig):
        await grants.find("t", "live", "c")
    assert await store.delete(where, expect=kept.version + 1)
    assert await grants.find("t", "live", "c") is None
