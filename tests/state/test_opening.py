"""Which store an address names."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledgermesh.clock import SystemClock
from ledgermesh.errors import ConfigurationError
from ledgermesh.state.file import FileStore
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.opening import open_store
from ledgermesh.state.valkey import ValkeyStore
from tests.state.stores import Server


async def test_memory() -> None:
    """A store of this process."""
    assert isinstance(await open_store("memory:", SystemClock()), MemoryStore)


async def test_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its absolute place, or from where the gateway starts."""
    monkeypatch.chdir(tmp_path)

    store = await open_store(f"file://{tmp_path}/a%20b", SystemClock())
    await store.put("key/a", b"1", expect=0)
    other = await open_store("file:./a b", SystemClock())

    assert isinstance(store, FileStore)
    assert await other.get("key/a") is not None
    assert (tmp_path / "a b" / "lasting").is_dir()


async def test_valkey(server: Server) -> None:
    """By the name of either protocol."""
    for url in (server.url, f"redis://127.0.0.1:{server.port}/3?prefix=x:"):
        store = await open_store(url, SystemClock())
        assert isinstance(store, ValkeyStore)
        await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory",
        "sqlite:///state",
        "file:",
        "file:///",
        "file://host/folder",
        "file:./folder?mode=0777",
        "valkey:",
        "valkey:///0",
        "valkey://u:secret-pw@host/zero",
        "valkey://u:secret-pw@host?socket_timeout=0",
        "valkey://u:secret-pw@host?timeout=0",
        "valkey://u:secret-pw@host?timeout=soon",
        "valkey://u:secret-pw@host?timeout=61",
        "valkey://u:secret-pw@host?timeout=nan",
        "valkey://u:secret-pw@host:port",
        "valkey://u:secret-pw@[host",
    ],
)
async def test_an_address_that_names_none_is_refused(url: str) -> None:
    """In words for the operator, without a password that may stand in it."""
    with pytest.raises(ConfigurationError) as caught:
        await open_store(url, SystemClock())
    assert "secret-pw" not in str(caught.value)
