"""Files that a provider makes of a record, streamed through to whoever has the link."""

from __future__ import annotations

from msgspec import Struct


class Stream(Struct, frozen=True, kw_only=True):
    """One file of a record. `{id}` in the path is the record's native id; other braces are settings."""

    name: str
    """What it is, for example `pdf` or `preview`."""
    path: str
    content_type: str
    query: tuple[tuple[str, str], ...] = ()
