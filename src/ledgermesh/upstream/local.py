"""Refusals of our own making: no provider was asked, so they are neither its failure nor worth repeating."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

from ledgermesh.errors import LedgermeshError

Kind = TypeVar("Kind", bound=LedgermeshError)


def refusal(kind: type[Kind], message: str, *, retry_at: dt.datetime | None = None) -> Kind:
    """An error that says in its details that it was made here."""
    return kind(message, retry_at=retry_at, details={"local": True})


def is_local(error: LedgermeshError) -> bool:
    """Whether the provider had no part in this error."""
    return error.details.get("local") is True
