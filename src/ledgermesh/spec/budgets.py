"""How often a provider lets itself be called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

Scope = Literal["connection", "app"]
"""Whose calls are counted together: those of one connection, or those of all connections to the provider's host, as
where the limit is that of our client there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """So many calls in a fixed window of so many seconds."""

    calls: int
    per_seconds: int
    per: Scope = "connection"


class BudgetHeaders(Struct, frozen=True, kw_only=True):
    """Headers in which the provider says what is left of its (longest) budget."""

    limit: str
    remaining: str
    reset: str
    reset_is: Literal["epoch_seconds", "seconds_left"]
    per: Scope = "connection"
    """Whose budget they tell of."""
