"""A reference from one record to another, as a provider's document gives it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ledgermesh.model.mapped import Reader
from ledgermesh.model.row import Row


class Pointer(msgspec.Struct, frozen=True):
    """A reference as the provider's document gives it; the engine adds the connection."""

    kind: str
    native_id: str
    row: Row | None = None
    """The other record's own document, where this one embeds it."""
    summary: Mapping[str, Reader] | None = None
    """How the fields of the other record that this document holds are read from it."""
    holder: Row | None = None
    """This document, where `summary` reads it."""
