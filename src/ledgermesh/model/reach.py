"""All that the model's resolvers see of the engine: follow a reference, list what belongs to a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import strawberry

if TYPE_CHECKING:
    from ledgermesh.model.record import Record


class Reach(Protocol):
    """Live access to the books of the connection a record came from."""

    async def follow(self, record: Record, pointer: Any, wanted: frozenset[str]) -> Any:
        """The record a pointer of `record` names, or None when the provider has none with this id.

        `wanted` are the fields that will be read (Python names); what `record` itself holds costs no call.
        """
        ...

    async def children(self, record: Record, kind: str, wanted: frozenset[str]) -> Sequence[Any]:
        """The records of a kind that belong to `record`; raises a LedgermeshError when they cannot be read."""
        ...

    async def subscription(self, connection: str) -> Any:
        """The company's plan behind a connection; None where the provider does not tell."""
        ...

    async def quota(self, connection: str) -> Any:
        """What is left of the provider's budget for a connection, window by window."""
        ...

    def repair_url(self, connection: str) -> str | None:
        """Where a person links it again; None where nothing is to be repaired, or not by this caller."""
        ...

    async def hook_url(self, connection: str) -> str | None:
        """Where the provider is to notify us of changes; None where it does not, or not for this caller."""
        ...

    def downloads(self, record: Record) -> Sequence[Any]:
        """A `Download` for each file that the provider makes of `record`; costs no call."""
        ...

    def version(self, record: Record) -> str:
        """A text that changes with anything that `record` says; costs no call."""
        ...


class Context(Protocol):
    """The part of the request's context that the model uses."""

    @property
    def reach(self) -> Reach: ...

    @property
    def today(self) -> dt.date:
        """The day this request is answered on (UTC)."""
        ...


Info = strawberry.Info[Context, None]
