"""How tests turn the TrulySmall emulator, which shares its backend with Kashoo's."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.kashoo import KashooEmulator
from ledgermesh.sandbox.trulysmall import make as make_trulysmall
from ledgermesh.sandbox.world import World
from tests.providers.kashoo.rig import (
    MODES,
    STEADY,
    additive,
    limit,
    linked,
    override,
    page_size,
    replace,
    restore,
)

__all__ = [
    "MODES",
    "STEADY",
    "additive",
    "limit",
    "link",
    "make",
    "override",
    "page_size",
    "replace",
    "restore",
]

OAUTH = "http://sandbox/trulysmall/oauth2"


def make(world: World, clock: ManualClock) -> KashooEmulator:
    return make_trulysmall(world, clock, chance=Random(7))


async def link(
    scheme: str, emulator: KashooEmulator, books: Books
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The owner's login as it is typed in, or the owner's consent at the authorize page."""
    return await linked(scheme, emulator, books, OAUTH)
