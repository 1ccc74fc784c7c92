"""What the headers of a request say about its writes."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class WriteHeaders(Struct, frozen=True, kw_only=True):
    """Checked where HTTP is read; `WriteOptions` of a mutation win over them."""

    push: bool = False
    """X-Sync-Data: push."""
    sources: tuple[str, ...] = ()
    """X-Sync-Sources: providers, kinds of providers, connections, or systems behind an aggregator."""
    tracking_id: str | None = None
    """X-Tracking-ID."""
    client_key: str | None = None
    """Idempotency-Key."""


NOTHING: Final = WriteHeaders()
"""Of a request that says nothing."""
