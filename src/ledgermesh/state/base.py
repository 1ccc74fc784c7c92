"""What replicas share, as small protocols; `memory` serves one process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


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


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What lets a connection in: which of the provider's ways, and its secrets."""

    tenant: str
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


class Grants(Protocol):
    """The grants of all connections; every key begins with the tenant and the environment."""

    async def find(self, tenant: str, environment: str, connection: str) -> Grant | None:
        """The newest grant, or None when there is none."""
        ...

    async def write(self, grant: Grant) -> bool:
        """Keep this grant if the stored version is `grant.version`, raising it by one; False when it was not."""
        ...


class Generations(Protocol):
    """One counter for each connection; raised by whatever makes older answers wrong."""

    def now(self, tenant: str, environment: str, connection: str) -> int:
        """The connection's generation; 0 at first."""
        ...

    async def raise_(self, tenant: str, environment: str, connection: str) -> int:
        """Raise it by one and give it."""
        ...
