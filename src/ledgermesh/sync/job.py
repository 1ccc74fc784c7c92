"""What one operation pushes: its plans, as they lie sealed in the store until their outcome is known."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag

from ledgermesh.engine.planned import Plan
from ledgermesh.errors import TooCostly
from ledgermesh.state.entries import Environment, place
from ledgermesh.state.sealing import NotSealed, Seal, SealingKey
from ledgermesh.state.vault import Envelopes

KIND: Final = "job"
LASTS: Final = dt.timedelta(hours=24)
"""A job that did not run in this time does not run any more."""
BODY_BYTES_MAX: Final = 32_000_000
"""Of all plans of an operation together; the largest document that a provider takes fits several times."""
PREFIX: Final = "sy_"
NAMED_BYTES_MAX: Final = 400
"""Of the keys that an id names; it has to fit into a header."""

Content = TypeVar("Content")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One change through one connection."""

    plan: Plan
    client_key: str
    """By which the provider is asked, or searched, whether it was done already."""

    @property
    def digest(self) -> str:
        """Of the plan: SHA-256, hexadecimal."""
        return hashlib.sha256(msgspec.msgpack.encode(self.plan)).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Job:
    """The push of one operation."""

    id: str = ""
    """The sync id. Empty for `Jobs.accept` to make one; that of an operation under way to add parts to it."""
    tenant: str
    environment: Environment
    company: str
    """Account key."""
    key: str
    """Id of the API key."""
    tracking_id: str | None = None
    created_at: dt.datetime
    expires_at: dt.datetime
    parts: tuple[Part, ...]
    first: int = 0
    """The number of its first part in the sync; larger than 0 where parts were added to an operation under way."""

    @property
    def place(self) -> str:
        """The key of its body in the store, and its name in the queue."""
        return place(KIND, self.environment, self.tenant, self.id, str(self.first))


class Bodies:
    """Seals jobs, as grants are sealed, and whatever else is said of them that is not for everybody's eyes."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._envelopes = Envelopes(keys)

    def seal(self, content: object, *owner: str) -> bytes:
        """An envelope that opens for these words only; raises TooCostly for one that is too large."""
        packed = msgspec.msgpack.encode(content)
        if len(packed) > BODY_BYTES_MAX:
            raise TooCostly(
                f"what is to be pushed has {len(packed)} bytes and may have {BODY_BYTES_MAX}: push it in parts"
            )
        return self._envelopes.seal(packed, _owner(owner))

    def open(self, envelope: bytes, type: type[Content], *owner: str) -> Content:
        """The content; raises NotSealed for what was sealed for another owner or under a key that is not here."""
        try:
            return msgspec.msgpack.decode(self._envelopes.open(envelope, _owner(owner)), type=type)
        except (ValueError, KeyError, IndexError, InvalidTag) as error:
            raise NotSealed("not sealed here for this owner") from error


class _Named(msgspec.Struct, frozen=True, array_like=True):
    """What a sync id says to us."""

    created_ms: int
    keys: tuple[tuple[str, str], ...] = ()
    """Connection and client key of each part, where nothing else will remember them."""


class SyncIds:
    """Makes and reads sync ids: opaque, not to be guessed, and good for one tenant in one environment."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._seal = Seal(keys, "sync")

    def make(self, tenant: str, environment: str, at: dt.datetime, parts: Sequence[Part] = ()) -> str:
        """A new one, which names the keys of `parts` unless they are too many."""
        keys = tuple((each.plan.connection, each.client_key) for each in parts)
        created_ms = int(at.timestamp() * 1000)
        content = msgspec.msgpack.encode(_Named(created_ms, keys))
        if len(content) > NAMED_BYTES_MAX:
            content = msgspec.msgpack.encode(_Named(created_ms))
        return PREFIX + self._seal.seal(content, _owner((tenant, environment)))

    def open(
        self, id: str, tenant: str, environment: str
    ) -> tuple[dt.datetime, tuple[tuple[str, str], ...]] | None:
        """When it was made, and the connections and keys it names; None for one that is not this tenant's."""
        try:
            content = self._seal.open(id.removeprefix(PREFIX), _owner((tenant, environment)))
        except NotSealed:
            return None
        named = msgspec.msgpack.decode(content, type=_Named)
        return dt.datetime.fromtimestamp(named.created_ms / 1000, dt.UTC), named.keys


def _owner(words: Sequence[str]) -> bytes:
    return msgspec.json.encode(["sync", *words])
