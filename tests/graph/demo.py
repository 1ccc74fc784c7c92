"""The gateway over the demo world behind the sandbox's faults, with a count of what really reached a provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from starlette.types import ASGIApp

from ledgermesh.clock import ManualClock
from ledgermesh.graph.compiling import Compiling
from ledgermesh.sandbox.board import Spoiled, Switchboard
from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.emulator import Access, Emulator
from ledgermesh.sandbox.world import World
from ledgermesh.state.limits import Rate
from tests.contract.known import PROVIDERS
from tests.contract.stand import rig
from tests.harness import NOW, UNBOUND, House, house, world_today


@dataclass
class Sick:
    """An emulator that the switchboard stands before."""

    name: str
    app: ASGIApp
    real: Any

    def credentials(self, books: Books) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self.real.credentials(books))

    def access(self, books: Books) -> Access:
        return cast("Access", self.real.access(books))


@dataclass
class Demo(House):
    """The demo's gateway; `board` spoils answers and logs every request that reached a provider."""

    board: Switchboard = field(default_factory=Switchboard)

    @property
    def reads(self) -> int:
        """Requests for data that reached a provider so far."""
        return sum(1 for seen in self.board.log if seen.method == "GET")

    def switches(self, provider: str) -> Any:
        """The switches of an emulator."""
        return cast("Sick", self.emulators[provider]).real.switches


@cache
def demo_world() -> World:
    """Shared by all tests: they turn switches of emulators, never the books."""
    return world_today()


@asynccontextmanager
async def demo_house(
    world: World | None = None, *, rate: Rate = UNBOUND, compiling: Compiling | None = None
) -> AsyncIterator[Demo]:
    """A gateway over all emulators of the demo world."""
    clock, board, world = ManualClock(NOW), Switchboard(), world or demo_world()
    made = [rig(name).make(world, clock) for name in sorted(PROVIDERS)]
    sick = {each.name: cast("Emulator", Sick(each.name, Spoiled(each, board, clock), each)) for each in made}
    async with house(world, sick, clock, rate=rate, compiling=compiling) as built:
        yield Demo(clock, world, sick, built.gateway, built.down, board)


def codes(answer: Any) -> list[str]:
    """The codes of an answer's errors."""
    return [each["extensions"]["code"] for each in answer.get("errors", [])]
