"""An emulator of TrulySmall Accounting, which shares its backend with Kashoo: see `sandbox/kashoo`."""

from __future__ import annotations

from random import Random

from ledgermesh.clock import Clock
from ledgermesh.sandbox.kashoo.emulator import REDIRECT_URI, KashooEmulator, World, make_product
from ledgermesh.sandbox.kashoo.product import TRULYSMALL
from ledgermesh.sandbox.kashoo.switches import DateStyle
from ledgermesh.sandbox.world import full_books
from ledgermesh.sandbox.world.keeper import Keeper

KEEPER = Keeper("CAD", "CA", full_books.fill)


def make(
    world: World,
    clock: Clock,
    *,
    date_style: DateStyle = "object",
    redirect_uri: str = REDIRECT_URI,
    chance: Random | None = None,
) -> KashooEmulator:
    """TrulySmall over the world's books; tokens are random unless `chance` is seeded."""
    return make_product(
        TRULYSMALL, world, clock, date_style=date_style, redirect_uri=redirect_uri, chance=chance
    )


__all__ = ["KEEPER", "make"]
