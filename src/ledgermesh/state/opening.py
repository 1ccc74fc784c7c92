"""Open the store that an address names."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from ledgermesh.clock import Clock
from ledgermesh.errors import ConfigurationError, LedgermeshError
from ledgermesh.state.base import Store
from ledgermesh.state.file import FileStore
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.schemes import SCHEMES

if TYPE_CHECKING:
    from ledgermesh.state.valkey import ValkeyStore

VALKEY: Final = "ledgermesh.state.valkey"
"""Loaded where it is wanted: its client takes longer than all other kinds of state together."""


async def open_store(url: str, clock: Clock) -> Store:
    """The store at `memory:`, `file:./folder`, `file:///folder`, `valkey://host` or `valkeys://host`.

    Raises ConfigurationError for an address, a folder or a server that cannot be used, StateDown for a server that
    does not answer.
    """
    scheme = url.partition(":")[0]
    if url == "memory:":
        return MemoryStore(clock)
    if scheme == "file":
        return await asyncio.to_thread(FileStore, _folder(url), clock)
    if scheme in SCHEMES:
        return await _opened(import_module(VALKEY).ValkeyStore(url, clock))
    raise ConfigurationError(
        "The address of the shared state begins with none of memory:, file:, valkey:// and valkeys://."
    )


async def _opened(store: ValkeyStore) -> Store:
    try:
        await store.open()
    except LedgermeshError:
        await store.close()
        raise
    return store


def _folder(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"} or not parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigurationError(
            "A state folder is given as file:./folder, from where the gateway starts, or as file:///folder."
        )
    return Path(unquote(parts.path))
