"""How often a provider lets itself be called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """So many calls in a fixed window of so many seconds, for each connection."""

    calls: int
    per_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetHeaders:
    """Headers in which the provider says what is left of its (longest) budget."""

    limit: str
    remaining: str
    reset: str
    reset_is: Literal["epoch_seconds", "seconds_left"]
