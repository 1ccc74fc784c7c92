"""What replicas share, as small protocols; `memory` serves one process, `file` one machine, `valkey` replicas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
from msgspec import Struct


class Secret:
    """Text that cannot print itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; call it only where it goes onto the wire."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class Kept(msgspec.Struct, frozen=True):
    """A value in the store."""

    value: bytes
    version: int
    """What the next writer expects. Of lasting values it counts from 1; of passing ones it never comes again."""

    def __repr__(self) -> str:
        return f"Kept(version={self.version})"


class Swapped(msgspec.Struct, frozen=True):
    """How an attempt to keep a passing value went."""

    won: bool
    kept: Kept | None
    """What stands there now: ours, or what somebody else was faster with."""


class Changes(Struct, frozen=True):
    """Which lasting values were written or deleted since a reader looked last."""

    cursor: str
    """Where to go on."""
    keys: tuple[str, ...] | None
    """In their order, repeats possible; None when too much happened, and everything has to be read again."""


class Store(Protocol):
    """Small values by key: `/`-separated words, each percent-encoded where it holds more than letters, digits, `-._~`.

    Two sorts that never share a key. Lasting values (grants, registry) are on disk before `put` returns, and every
    change is told to all replicas. Passing values (budgets, claims) end by themselves and are told to nobody.
    Every method raises StateDown when the store cannot be asked or does not answer in time.
    """

    async def get(self, key: str) -> Kept | None:
        """The value, lasting or passing; None when there is none."""
        ...

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        """Keep a lasting value as version `expect + 1` if the stored version is `expect` (0: there is none)."""
        ...

    async def delete(self, key: str, *, expect: int) -> bool:
        """Delete a lasting value if the stored version is `expect`."""
        ...

    async def swap(self, key: str, value: bytes | None, *, expect: int, seconds: float) -> Swapped:
        """Keep a passing value for so long if the stored version is `expect` (0: there is none or it has ended).

        None as value deletes it.
        """
        ...

    async def under(self, prefix: str) -> Mapping[str, Kept]:
        """Every value, lasting or passing, whose key begins with this text."""
        ...

    async def keys(self, prefix: str) -> Sequence[str]:
        """The keys of what `under` gives, in no order, without reading the values."""
        ...

    async def changes(self, cursor: str | None, *, seconds: float) -> Changes:
        """The changes after `cursor`; without one, where to begin. Waits up to so many seconds for the first."""
        ...

    async def close(self) -> None:
        """Let go of files and sockets."""
        ...


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What lets a connection in: which of the provider's ways, and its secrets."""

    tenant: str
    """Who linked the connection; tenants that a company is shared with use the same grant."""
    environment: str
    connection: str
    scheme: str
    """Name of the provider's `Auth` value."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    """For example `api_key`; `client_id` and `client_secret`; `access_token` and `refresh_token`; `token`."""
    expires_at: dt.datetime | None = None
    """Of the access token, UTC; None when it does not expire or nobody said."""
    version: int = 0
    """Raised by every write; writes compare it and set it."""

    @property
    def linked(self) -> bool:
        """Whether it lets anybody in; a connection that was unlinked keeps an empty grant."""
        return bool(self.secrets)


class Grants(Protocol):
    """The grants of all connections; every key begins with the tenant and the environment."""

    async def find(self, tenant: str, environment: str, connection: str) -> Grant | None:
        """The newest grant, or None when there is none."""
        ...

    async def write(self, grant: Grant) -> bool:
        """Keep this grant if the stored version is `grant.version`, raising it by one; False when it was not."""
        ...
