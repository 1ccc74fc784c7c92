"""Every example operation on both paths of the gateway: the same answer for the same calls."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledgermesh.clock import ManualClock
from ledgermesh.graph.compiling import Compiling
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.world import World
from tests.contract.known import PROVIDERS
from tests.contract.stand import rig
from tests.graph.demo import Sick, demo_house, demo_world
from tests.harness import NOW, House, house
from tests.scenes.test_scenes import OPERATIONS, settled, variables

HERE = Path(__file__).parents[2] / "schema" / "operations"
EVERY = [*OPERATIONS, *sorted((HERE / "records").glob("*.graphql"))]


@dataclass
class Both:
    """The same books behind two gateways."""

    interpreted: House
    compiled: House

    async def check(self, text: str, given: dict[str, Any]) -> Any:
        """Ask both; the answer of the compiled one."""
        expected = await self.interpreted.ask(text, **given)
        found = await self.compiled.ask(text, **given)
        assert expected["extensions"].pop("compiled") == "interpreted: switched off"
        assert found["extensions"].pop("compiled") == "compiled"
        assert calls(found) == calls(expected)
        assert ordered(found) == ordered(expected)
        return found


def calls(answer: Any) -> list[str]:
    """The calls that an answer took, taken out of it; which of several at once came first is chance."""
    return sorted(json.dumps(settled(each), default=str) for each in answer["extensions"].pop("calls"))


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


# -- spoilt answers ----------------------------------------------------------------------------------------------------

BAD: tuple[Any, ...] = (
    None,
    True,
    "",
    "a word",
    7,
    -1,
    10**30,
    [],
    {},
    [None],
    {"not": ["what", "the", "contract", "says"]},
)
SPOILT = (0.02, 0.2)
"""Parts of the values of an answer."""
READ = ("invoice-details", "ledger")


FINDINGS = """query Findings($company: ID!) { company(key: $company) {
  invoices(first: 40) { nodes { source { findings { code path message sourcePath } } date number
    total { amount currency } lines { description net { amount } } party { displayName address { lines city } } }
    sources { status rejected { nativeId path reason } } }
  bills(first: 40) { nodes { dueDate status source { findings { path } unmapped } } sources { status } } } }"""
"""Findings asked for before other fields of the same record, and after them."""


class Spoiling:
    """An emulator's application whose answers hold values that they should not: for one question always the same."""

    def __init__(self, app: ASGIApp, part: float) -> None:
        self._app, self._part = app, part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the question on, and spoil the answer to a reading."""
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in sent)
        if scope["method"] == "GET" and body[:1] in (b"{", b"["):
            random = Random(f"{scope['path']}?{scope['query_string']!r}")
            body = json.dumps(self._spoilt(json.loads(body), random, 0)).encode()
        start = sent[0]
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    def _spoilt(self, value: Any, random: Random, level: int) -> Any:
        # What lies around the records stays, or there would be none.
        if level > 2 and random.random() < self._part:
            return random.choice(BAD)
        if isinstance(value, dict):
            return {name: self._spoilt(each, random, level + 1) for name, each in value.items()}
        if isinstance(value, list):
            return [self._spoilt(each, random, level + 1) for each in value]
        return value


@pytest.mark.parametrize("part", SPOILT)
async def test_spoilt_answers_of_providers_say_the_same(world: World, part: float) -> None:
    """Fields that cannot be read, records that cannot be shown and what is found in them agree as well."""
    async with AsyncExitStack() as stack:
        made = []
        for compiling in (Compiling(on=False), Compiling(from_time=1)):
            clock = ManualClock(NOW)
            real = [rig(name).make(world, clock) for name in sorted(PROVIDERS)]
            sick = {
                each.name: cast("Emulator", Sick(each.name, Spoiling(each.app, part), each)) for each in real
            }
            made.append(await stack.enter_async_context(house(world, sick, clock, compiling=compiling)))
        both = Both(*made)
        found = (await both.check(FINDINGS, variables(HERE)))["data"]["company"]
        assert any(node["source"]["findings"] for page in found.values() for node in page["nodes"])
        for path in (
            *(path for path in OPERATIONS if path.stem in READ),
            HERE / "records" / "invoices.graphql",
        ):
            await both.check(path.read_text(), variables(path))
