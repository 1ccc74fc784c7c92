"""Secrets in the addresses that providers notify us at: each good for one connection, until it is withdrawn."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

import msgspec

from ledgermesh.state.base import Store
from ledgermesh.state.entries import ConnectionEntry, Environment, place
from ledgermesh.state.registry import Registry
from ledgermesh.state.sealing import NotSealed, Seal, SealingKey

KIND: Final = "hook"
SECRET_MAX: Final = 1_000
"""Characters; longer ones are not even looked at."""


class _Content(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed."""

    environment: Environment
    connection: str
    mark: bytes


class HookSecrets:
    """Methods that are coroutines raise StateDown.

    A secret ends when it is withdrawn, when the connection is removed or linked by another tenant, and when the
    operator's key that sealed it is taken away.
    """

    def __init__(self, keys: Sequence[SealingKey], store: Store) -> None:
        self._seal = Seal(keys, "provider hook")
        self._store = store

    async def make(self, entry: ConnectionEntry) -> str:
        """A secret of this connection, fit for a path; every one that is made is good."""
        number, _ = await _number(self._store, entry)
        content = _Content(entry.environment, entry.id, _mark(entry, number))
        return self._seal.seal(msgspec.msgpack.encode(content))

    async def find(self, registry: Registry, provider: str, secret: str) -> ConnectionEntry | None:
        """The connection of this provider that a secret is good for; None for any other text."""
        content = self._opened(secret)
        registry.check()
        if content is None:
            return None
        entry = registry.get(ConnectionEntry, content.environment, content.connection)
        if entry is None or entry.provider != provider:
            return None
        number, _ = await _number(self._store, entry)
        return entry if hmac.compare_digest(content.mark, _mark(entry, number)) else None

    def _opened(self, secret: str) -> _Content | None:
        if len(secret) > SECRET_MAX:
            return None
        try:
            return msgspec.msgpack.decode(self._seal.open(secret), type=_Content)
        except (NotSealed, msgspec.MsgspecError):
            return None


async def withdraw(store: Store, entry: ConnectionEntry) -> None:
    """End every secret of this connection that was made so far. Raises StateDown."""
    while True:
        number, version = await _number(store, entry)
        if await store.put(_place(entry), str(number + 1).encode(), expect=version):
            return


async def _number(store: Store, entry: ConnectionEntry) -> tuple[int, int]:
    """How often secrets of the connection were withdrawn, and the version of the value that says so."""
    kept = await store.get(_place(entry))
    return (int(kept.value), kept.version) if kept is not None else (0, 0)


def _place(entry: ConnectionEntry) -> str:
    return place(KIND, entry.environment, entry.id)


def _mark(entry: ConnectionEntry, number: int) -> bytes:
    """What a secret holds of the connection as it was: another one of the same name has another mark."""
    began = entry.created_at.isoformat() if entry.created_at is not None else ""
    return hashlib.sha256(place(entry.provider, entry.owner, began, str(number)).encode()).digest()
