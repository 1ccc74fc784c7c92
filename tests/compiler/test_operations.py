"""Every example operation on both paths of the gateway: the same answer for the same calls."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.graph.compiling import Compiling
from ledgermesh.sandbox.world import World
from tests.graph.demo import Demo, demo_house, demo_world
from tests.scenes.test_scenes import OPERATIONS, settled, variables

HERE = Path(__file__).parents[2] / "schema" / "operations"
EVERY = [*OPERATIONS, *sorted((HERE / "records").glob("*.graphql"))]


@dataclass
class Both:
    """The same books behind two gateways."""

    interpreted: Demo
    compiled: Demo

    async def check(self, text: str, given: dict[str, Any]) -> dict[str, Any]:
        """Ask both; the answer of the compiled one."""
        expected = await self.interpreted.ask(text, **given)
        found = await self.compiled.ask(text, **given)
        assert expected["extensions"].pop("compiled") == "interpreted: switched off"
        assert found["extensions"].pop("compiled") == "compiled"
        assert ordered(found) == ordered(expected)
        return found


def ordered(answer: Any) -> str:
    """An answer as it goes out, keys in their order, without what changes from run to run."""
    return json.dumps(settled(answer), default=str, indent=0)


@pytest.fixture(scope="module")
def world() -> World:
    """Nobody writes to it."""
    return demo_world()


@pytest.fixture
async def both(world: World) -> AsyncIterator[Both]:
    """Two houses over the world."""
    off, on = Compiling(on=False), Compiling(from_time=1)
    async with demo_house(world, compiling=off) as one, demo_house(world, compiling=on) as other:
        yield Both(one, other)


async def test_every_operation_says_the_same(both: Both) -> None:
    """Data in the order of the selection, errors, verdicts and each call to a provider agree."""
    for path in EVERY:
        given = {name: value for name, value in variables(path).items() if f"${name}" in path.read_text()}
        try:
            await both.check(path.read_text(), given)
        except AssertionError as error:
            raise AssertionError(path.stem) from error
