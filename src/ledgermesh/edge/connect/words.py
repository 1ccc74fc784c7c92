"""Errors of linking as keys of the pages' words."""

from __future__ import annotations

from ledgermesh.errors import (
    Absent,
    BadInput,
    Garbled,
    LedgermeshError,
    MissingScope,
    NeedsConfig,
    NotFound,
    Paused,
    Reconnect,
    SlowDown,
    StateDown,
    UpstreamError,
)
from ledgermesh.upstream.linking.signing_in import CodeWanted

MEANINGS: tuple[tuple[type[LedgermeshError], str], ...] = (
    (StateDown, "error_state"),
    (CodeWanted, "error_code"),
    (Reconnect, "error_credentials"),
    (MissingScope, "error_scope"),
    (Paused, "error_plan"),
    (SlowDown, "error_slow"),
    (Garbled, "error_garbled"),
    (NotFound, "error_removed"),
    (BadInput, "error_choice"),
    (Absent, "error_address"),
    (UpstreamError, "error_unreachable"),
)
"""The first that fits counts."""


def word(error: LedgermeshError) -> str:
    """The key of what a person is told."""
    if isinstance(error, NeedsConfig):
        reaches = error.details.get("reaches")
        if reaches is not None:
            return f"error_reaches_{reaches}"
        return "error_client" if error.details.get("status") is not None else "error_address"
    return next((key for kind, key in MEANINGS if isinstance(error, kind)), "error_unreachable")


def status(error: LedgermeshError) -> int:
    """Of the page that says so: 422 where another input helps, 503 where time does."""
    return 503 if isinstance(error, UpstreamError) and not isinstance(error, Absent) else 422
