"""Grants and generations in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.memory import MemoryGenerations, MemoryGrants

GRANT = Grant(
    tenant="t", environment="live", connection="c", scheme="api_key", secrets={"api_key": Secret("k")}
)


async def test_a_grant_is_found_by_its_whole_key() -> None:
    """Another tenant, environment or connection has none."""
    grants = MemoryGrants()
    assert await grants.write(GRANT)
    found = await grants.find("t", "live", "c")
    assert found == replace(GRANT, version=1)
    for key in (("other", "live", "c"), ("t", "sandbox", "c"), ("t", "live", "d")):
        assert await grants.find(*key) is None


async def test_a_write_compares_the_version() -> None:
    """Whoever read an older grant does not overwrite the newer one."""
    grants = MemoryGrants()
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


async def test_what_is_kept_cannot_be_changed_from_outside() -> None:
    """A caller's dictionary is copied, and what is found is read-only."""
    grants, secrets = MemoryGrants(), {"api_key": Secret("k")}
    await grants.write(replace(GRANT, secrets=secrets))
    secrets["api_key"] = Secret("other")
    found = await grants.find("t", "live", "c")
    assert found is not None
    assert found.secrets["api_key"].reveal() == "k"
    with pytest.raises(TypeError):
        found.secrets["api_key"] = Secret("x")  # type: ignore[index]  # that is the point


async def test_generations_count_for_each_connection() -> None:
    """From 0, one more each time, apart from each other."""
    generations = MemoryGenerations()
    assert generations.now("t", "live", "c") == 0
    assert [await generations.raise_("t", "live", "c") for _ in range(2)] == [1, 2]
    assert generations.now("t", "live", "c") == 2
    assert generations.now("t", "sandbox", "c") == generations.now("u", "live", "c") == 0
