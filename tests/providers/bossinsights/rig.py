"""How tests turn the Boss Insights emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.bossinsights import make as make_bossinsights
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.world import World

STEADY = frozenset[str]()
"""Kinds whose records the emulator cannot spoil."""
BELOW = "/mycompany-sandbox"
"""Where the contract's paths begin: each tenant has a host of its own."""
MODES: Mapping[str, Mapping[str, object]] = {
    "texts": {"numeric_strings": True},
    "full pages": {"short_pages": False},
    "dates ignored": {"dates_ignored": True},
}
"""Other ways in which it may write the same records."""


def make(world: World, clock: ManualClock) -> Emulator:
    return make_bossinsights(world, clock)


def page_size(emulator: Any, rows: int) -> None:
    emulator.switches.page_size_max = rows


def additive(emulator: Any) -> None:
    emulator.switches.additive = True


def _bare(native_id: str) -> int:
    """Without the resource before it (`customer:11`)."""
    return int(native_id.rpartition(":")[2])


def override(emulator: Any, native_id: str, fields: dict[str, object]) -> None:
    emulator.switches.overrides[_bare(native_id)] = fields


def replace(emulator: Any, native_id: str, value: object) -> None:
    emulator.switches.replacements[_bare(native_id)] = value


def restore(emulator: Any) -> None:
    emulator.switches.overrides.clear()
    emulator.switches.replacements.clear()


def limit(emulator: Any, calls: int, seconds: int) -> None:
    """So many a second, whatever the seconds: its second is the provider's own."""
    emulator.switches.calls_per_second = calls


async def link(scheme: str, emulator: Any, books: Books) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """A key of the tenant in the place of the user, without a password; and whose data is meant."""
    keys = emulator.credentials(books)
    return {"user": keys["sk_key"], "password": ""}, {"account_key": keys["account_key"]}
