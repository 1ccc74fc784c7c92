"""How books look that lie with one provider; every emulator module has one as `KEEPER`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.world.companies import Size
from ledgermesh.sandbox.world.setting import Setting


class Keeper(Struct, frozen=True):
    """How books look that lie with a provider."""

    currency: str
    country: str
    fill: Callable[[Books, Setting], None]
    joins: Mapping[str, Size] = field(default_factory=dict)
    """Companies (by key) that keep books there besides those the table of companies says."""
