"""What every emulator module offers: `make(world, clock)` gives one of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from starlette.types import ASGIApp

from ledgermesh.sandbox.books import Books


class Emulator(Protocol):
    """One provider's API over the world's books."""

    name: str
    """The provider's key, for example `kashoo`; the sandbox serves it below `/{name}`."""
    app: ASGIApp
    """The provider's own paths at the root, for example `/api/businesses/{id}`."""

    def credentials(self, books: Books) -> Mapping[str, str]:
        """What a person who keeps these books would type in to link them (keys, logins, business ids)."""
        ...
