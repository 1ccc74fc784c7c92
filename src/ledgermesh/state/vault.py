"""Grants and other secrets in the store, each sealed under a key of its own that the operator's keys wrap."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

import msgspec
import structlog
from cachetools import LRUCache, TTLCache
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledgermesh.clock import Clock
from ledgermesh.errors import NeedsConfig, StateDown
from ledgermesh.state.base import Grant, Kept, Secret, Store
from ledgermesh.state.entries import place
from ledgermesh.state.memory import own_memory
from ledgermesh.state.registry import LEASE_SECONDS
from ledgermesh.state.sealing import SealingKey

VERSION: Final = 1
PURPOSE: Final = "envelope"
NONCE_BYTES: Final = 12
WRAPPED_BYTES: Final = 48
"""A data key of 32 bytes with its tag."""
HEAD_BYTES: Final = 2 + NONCE_BYTES + WRAPPED_BYTES + NONCE_BYTES
KNOWN_MAX: Final = 10_000


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed."""

    scheme: str
    secrets: dict[str, str]
    expires_at: dt.datetime | None = None


class Envelopes:
    """Seals values: version, key id, nonce, wrapped data key, nonce, content. The first key wraps, all unwrap."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._first = keys[0]
        self._keys = {key.id: key for key in keys}

    def seal(self, content: bytes, owner: bytes) -> bytes:
        """The envelope; it opens for the same owner only."""
        data_key, nonce = AESGCM.generate_key(256), os.urandom(NONCE_BYTES)
        return self._wrapped(data_key, owner) + nonce + AESGCM(data_key).encrypt(nonce, content, owner)

    def open(self, envelope: bytes, owner: bytes) -> bytes:
        """The content; raises InvalidTag, KeyError or ValueError for what was not sealed for this owner."""
        nonce = envelope[HEAD_BYTES - NONCE_BYTES : HEAD_BYTES]
        return AESGCM(self._data_key(envelope, owner)).decrypt(nonce, envelope[HEAD_BYTES:], owner)

    def current(self, envelope: bytes) -> bool:
        """Whether the first key wraps it."""
        return envelope[:2] == bytes((VERSION, self._first.id))

    def _wrapped(self, data_key: bytes, owner: bytes) -> bytes:
        head, nonce = bytes((VERSION, self._first.id)), os.urandom(NONCE_BYTES)
        return head + nonce + self._first.cipher(PURPOSE).encrypt(nonce, data_key, head + owner)

    def _data_key(self, envelope: bytes, owner: bytes) -> bytes:
        head, nonce = envelope[:2], envelope[2 : 2 + NONCE_BYTES]
        wrapped = envelope[2 + NONCE_BYTES : HEAD_BYTES - NONCE_BYTES]
        if len(envelope) < HEAD_BYTES or head[0] != VERSION:
            raise ValueError("not an envelope of this version")
        return self._keys[head[1]].cipher(PURPOSE).decrypt(nonce, wrapped, head + owner)


@dataclass(slots=True)
class _Known:
    """What was read last from a place."""

    read_at: float
    """Monotonic seconds."""
    kept: Kept | None
    """The envelope."""


class Vault:
    """See Grants. What was read stays known for a lease, so that reads go on for that long without the store.

    `family` keeps apart what is not the same sort of secret: grants, OAuth clients, signing secrets.
    """

    def __init__(
        self,
        store: Store,
        keys: Sequence[SealingKey],
        clock: Clock,
        *,
        family: str = "grant",
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._store = store
        self._own = own_memory(store)
        self._envelopes = Envelopes(keys)
        self._clock = clock
        self._family = family
        self._lease_seconds = lease_seconds
        self._known: LRUCache[str, _Known] = LRUCache(maxsize=KNOWN_MAX)
        self._grants: TTLCache[str, tuple[bytes, Grant]] = TTLCache(
            KNOWN_MAX, lease_seconds, timer=clock.monotonic
        )
        """Place → an envelope and what was in it: opening one takes longer than all else that a call needs here. Given
        for a lease at most and only for the very envelope that the store has; what is over is dropped with the next.
        """

    async def find(self, tenant: str, environment: str, connection: str) -> Grant | None:
        """See Grants. Raises StateDown when the store is down and what was known is over its lease."""
        where = self._place(tenant, environment, connection)
        kept = self._own.get_at_once(where) if self._own is not None else await self._read(where)
        if kept is None:
            self._grants.pop(where, None)
            return None
        try:
            opened = self._grants[where]
        except KeyError:
            opened = None
        if opened is not None and opened[0] == kept.value and opened[1].version == kept.version:
            return opened[1]
        bare = Grant(
            tenant=tenant, environment=environment, connection=connection, scheme="", version=kept.version
        )
        grant = self._opened(bare, kept.value)
        self._grants[where] = kept.value, grant
        return grant

    async def write(self, grant: Grant) -> bool:
        """See Grants. It is on disk when this returns True."""
        where, after = self._place(grant.tenant, grant.environment, grant.connection), grant.version + 1
        envelope = self._sealed(replace(grant, version=after))
        if not await self._store.put(where, envelope, expect=grant.version):
            return False
        self._know(where, Kept(envelope, after))
        self._grants.pop(where, None)
        return True

    async def forget(self, tenant: str, environment: str, connection: str) -> None:
        """Erase the secrets. The version stays, so that no renewal under way can bring the old ones back."""
        while (grant := await self.find(tenant, environment, connection)) is not None and grant.linked:
            await self.write(replace(grant, scheme="", secrets={}, expires_at=None))

    async def rewrap(self) -> int:
        """Seal what another key sealed under the first one, so that the other can go; how many those were.

        What no key opens is left as it is, and named in the log.
        """
        done = 0
        for where in await self._store.under(f"{self._family}/"):
            try:
                done += await self._rewrap(where)
            except NeedsConfig:
                structlog.get_logger("ledgermesh").warning("sealed under a key that is not here", place=where)
        return done

    async def _rewrap(self, where: str) -> bool:
        while (kept := await self._store.get(where)) is not None and not self._envelopes.current(kept.value):
            tenant, environment, connection = (unquote(word) for word in where.split("/")[1:])
            grant = await self.find(tenant, environment, connection)
            if grant is not None and await self.write(grant):
                return True
        return False

    async def _read(self, where: str) -> Kept | None:
        try:
            kept = await self._store.get(where)
        except StateDown:
            known = self._known.get(where)
            if known is None or self._clock.monotonic() - known.read_at > self._lease_seconds:
                raise
            return known.kept
        self._know(where, kept)
        return kept

    def _know(self, where: str, kept: Kept | None) -> None:
        known = self._known.get(where)
        if known is None:
            self._known[where] = _Known(self._clock.monotonic(), kept)
        # A read that began before a write here may end after it; what was written is newer.
        elif kept is None or known.kept is None or kept.version >= known.kept.version:
            known.read_at, known.kept = self._clock.monotonic(), kept

    def _sealed(self, grant: Grant) -> bytes:
        content = _Content(
            scheme=grant.scheme,
            secrets={name: secret.reveal() for name, secret in grant.secrets.items()},
            expires_at=grant.expires_at,
        )
        return self._envelopes.seal(msgspec.json.encode(content), self._owner(grant))

    def _opened(self, bare: Grant, envelope: bytes) -> Grant:
        try:
            content = msgspec.json.decode(self._envelopes.open(envelope, self._owner(bare)), type=_Content)
        except (ValueError, KeyError, IndexError, InvalidTag) as error:
            raise NeedsConfig(
                "The connection's credentials are sealed under a key that this gateway does not have.",
                details={"local": True, "connection": bare.connection},
            ) from error
        secrets = {name: Secret(text) for name, text in content.secrets.items()}
        return replace(bare, scheme=content.scheme, secrets=secrets, expires_at=content.expires_at)

    def _owner(self, grant: Grant) -> bytes:
        words = (self._family, grant.tenant, grant.environment, grant.connection, grant.version)
        return msgspec.json.encode(words)

    def _place(self, tenant: str, environment: str, connection: str) -> str:
        return place(self._family, tenant, environment, connection)
