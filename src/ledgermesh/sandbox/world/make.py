"""Make the world: which company keeps books where, and how big they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from ledgermesh.sandbox.books import Books


@dataclass(frozen=True)
class World:
    """All books of all companies on one day."""

    today: dt.date
    books: Mapping[tuple[str, str], Books]
    """By company key and provider."""

    @property
    def companies(self) -> tuple[str, ...]:
        """The company keys, in order."""
        return tuple(dict.fromkeys(company for company, _ in self.books))

    def of(self, provider: str) -> list[Books]:
        """All books that lie with this provider, one per company, in the order of the companies."""
        return [books for (_, name), books in self.books.items() if name == provider]


def make_world(*, today: dt.date, seed: int = 1, scale: int = 0) -> World:
    """The same world for the same arguments."""
    raise NotImplementedError
