"""How tests turn the AccountsOS emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.accountsos import make as make_accountsos
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.world import World

STEADY = frozenset[str]()
"""Kinds whose records the emulator cannot spoil."""
MODES: Mapping[str, Mapping[str, object]] = {"bare": {"wrapped": False}}
"""Other ways in which it may write the same records."""


def make(world: World, clock: ManualClock) -> Emulator:
    return make_accountsos(world, clock)


def page_size(emulator: Any, rows: int) -> None:
    emulator.switches.page_size_max = rows


def additive(emulator: Any) -> None:
    emulator.switches.additive = True


def override(emulator: Any, native_id: str, fields: dict[str, object]) -> None:
    emulator.switches.overrides[native_id] = fields


def replace(emulator: Any, native_id: str, value: object) -> None:
    emulator.switches.replacements[native_id] = value


def restore(emulator: Any) -> None:
    emulator.switches.overrides.clear()
    emulator.switches.replacements.clear()


def limit(emulator: Any, calls: int, seconds: int) -> None:
    """Its minute is the provider's own; only how many calls fit in can be turned."""
    assert seconds == 60
    emulator.switches.calls_per_minute = calls


async def link(scheme: str, emulator: Any, books: Books) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The key that a person copies from the settings page."""
    return {"api_key": emulator.credentials(books)["api_key"]}, {}
