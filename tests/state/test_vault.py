"""Grants in the vault: sealed, versioned, and good for nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledgermesh.clock import SystemClock
from ledgermesh.errors import NeedsConfig
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.vault import Vault

OLD, NEW = SealingKey(1, b"o" * 32), SealingKey(2, b"n" * 32)
GRANT = Grant(
    tenant="t", environment="live", connection="c", scheme="api_key", secrets={"api_key": Secret("canary")}
)


def vault(store: MemoryStore, *keys: SealingKey) -> Vault:
    return Vault(store, keys or (OLD,), SystemClock())


async def test_a_grant_is_found_by_its_whole_key() -> None:
    """Another tenant, environment or connection has none."""
    grants = vault(MemoryStore())
    assert await grants.write(GRANT)
    assert await grants.find("t", "live", "c") == replace(GRANT, version=1)
    for key in (("other", "live", "c"), ("t", "sandbox", "c"), ("t", "live", "d")):
        assert await grants.find(*key) is None


async def test_a_write_compares_the_version() -> None:
    """Whoever read an older grant does not overwrite the newer one."""
    grants = vault(MemoryStore())
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


async def test_the_store_holds_nothing_readable() -> None:
    """Neither the secret nor its name stands in the bytes."""
    store = MemoryStore()
    await vault(store).write(GRANT)
    [kept] = (await store.under("")).values()
    assert b"canary" not in kept.value
    assert b"api_key" not in kept.value


async def test_an_envelope_opens_in_its_own_place_only() -> None:
    """Copied to another tenant, or back from an older version, it is refused."""
    store = MemoryStore()
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


async def test_a_rotation_leaves_no_grant_behind() -> None:
    """With two keys old and new open; after rewrapping the old key can go."""
    store = MemoryStore()
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


async def test_what_is_forgotten_cannot_be_brought_back() -> None:
    """A renewal that began before the connection was unlinked does not write its grant."""
    grants = vault(MemoryStore())
    await grants.write(GRANT)
    read = await grants.find("t", "live", "c")
    assert read is not None
    await grants.forget("t", "live", "c")
    assert not await grants.write(read)
    now = await grants.find("t", "live", "c")
    assert now is not None
    assert not now.linked
    assert now.secrets == {}
