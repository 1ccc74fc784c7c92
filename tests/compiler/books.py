"""The same spoilt books behind two gateways, on compiled code and on graphql-core, and every answer compared.

The first one decodes documents in their shapes where they have them, the other all of them as dicts.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any, Final

import httpx
import msgspec
import structlog
from graphql import GraphQLSchema, build_schema
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.clock import ManualClock
from ledgermesh.gateway import Choices, Running, make_gateway
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.question import Question
from ledgermesh.sandbox.board import switches
from ledgermesh.spec.provider import Provider
from ledgermesh.upstream.wire import Wire
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.compiler.questions import Questions
from tests.compiler.spoiling import Badness, Spoilt
from tests.contract.known import PROVIDERS
from tests.contract.stand import rig
from tests.graph.small import COMPANY, CONNECTIONS, KEY, linked, make_emulator, small_books
from tests.harness import NOW, SANDBOX, UNBOUND
from tests.scenes.test_scenes import settled
from tests.states import KEYS

LINK: Final = re.compile(rb'"/files/[^"]*"')
"""A sealed link is another one every time."""
REFERENCE: Final = re.compile(r"\b[0-9a-f]{12}\b")
"""What a masked error is found again by in the log; drawn anew for each."""
AHEAD: Final = '"status": null, "cache": "MISS", "error": null'
"""A call that nobody waited for to its end."""
BELOW_A_NULL: Final = "replayed: a null above other errors"
"""Which of several errors below one null are told depends on who was first, also in graphql-core."""
NOTHING: Final = b'{\n"company": null\n}'
ROWS: Final = 5
"""Records of each kind in each of the books."""
BETWEEN_SECONDS: Final = 61.0
"""Between two questions: circuits that a spoilt answer has opened close again."""
UNLIMITED: Final = {
    name: replace(provider, budgets=(), budget_headers=None) for name, provider in PROVIDERS.items()
}
"""On a clock that stands still a budget never fills again."""


def shapeless(provider: Provider) -> Provider:
    """The same definition, all of whose documents are read as dicts."""
    resources = tuple(replace(each) for each in provider.resources)
    for each in resources:
        if each.list is not None:
            each.shapes[each.list.items] = None
    return replace(provider, resources=resources)


SHAPELESS: Final = {name: shapeless(provider) for name, provider in UNLIMITED.items()}
BADNESS: Final = (
    Badness(), Badness(values=0.003), Badness(values=0.01), Badness(values=0.03), Badness(values=0.1),
    Badness(values=0.005, answers=0.15), Badness(values=0.002, envelope=True), Badness(values=0.05, gentle=True),
)  # fmt: skip
"""One world after another; few values first, for most of a document is written in one go as long as it is usual."""


@dataclass
class Side:
    """One of the two gateways, with a clock of its own."""

    running: Running
    clock: ManualClock

    async def ask(self, text: str, given: Mapping[str, Any]) -> Any:
        """The response object as it goes out, numbers as they are written."""
        principal = self.running.state.registry.principal(KEY)
        assert principal is not None
        question = Question(text=text, variables=given, principal=principal, timeout_seconds=20.0)
        answer = await self.running.answers.answer(question)
        data = answer.get("data")
        return {**answer, "data": bytes(data) if isinstance(data, msgspec.Raw) else data}


@dataclass
class Books:
    """Both of them, and the one wire that they share."""

    wire: Spoilt
    compiled: Side
    interpreted: Side
    schema: GraphQLSchema
    log: list[Any]
    """What the gateways said while they answered."""
    ways: Counter[str] = field(default_factory=Counter)
    """How the compiled one answered."""
    errors: int = 0
    reordered: int = 0
    """Answers whose errors came in another order."""
    internal: int = 0
    """Errors that are masked: something that nobody thought of, the same on both sides."""
    compared: int = 0
    """Bytes of data."""

    async def check(self, text: str, given: Mapping[str, Any]) -> str:
        """Ask both; the way that the compiled one went. AssertionError where they differ in anything but time."""
        before = self.compiled.clock.now()
        found = await self.compiled.ask(text, given)
        again = await self.interpreted.ask(text, given)
        self._same_time(before)
        way = str(found.get("extensions", {}).pop("compiled", "not run"))
        again.get("extensions", {}).pop("compiled", None)
        one, other = shown(found), shown(again)
        self.internal += sum("INTERNAL" in each for each in one["errors"])
        if one["data"] == NOTHING and way == BELOW_A_NULL and bool(one["errors"]) == bool(other["errors"]):
            one["errors"] = other["errors"]
        if one != other:
            self._as_they_come(one, other, alone=len(given["from"] or ()) == 1)
        assert one == other, difference(one, other)
        self.ways[way] += 1
        self.errors += len(found.get("errors", ()))
        self.compared += len(one["data"] or b"")
        return way

    def _as_they_come(self, one: dict[str, Any], other: dict[str, Any], *, alone: bool) -> None:
        """Leave out what depends on who was first, also in graphql-core."""
        # An error is told when it is known, and fields beside each other are read at the same time.
        self.reordered += one["errors"] != other["errors"]
        for each in (one, other):
            each["errors"].sort()
            # Pages that are read ahead of the one that ended the reading are given up, begun or not.
            each["calls"] = (
                each["calls"] if alone else sorted({call for call in each["calls"] if AHEAD not in call})
            )
        if one["data"] == NOTHING and {call for call in other["calls"] if AHEAD not in call} <= set(
            one["calls"]
        ):
            # graphql-core gives up what it still reads below a null; compiled code reads it to its end.
            one["calls"] = other["calls"]

    def _same_time(self, before: Any) -> None:
        """Waiting has moved both clocks as far."""
        assert self.compiled.clock.now() == self.interpreted.clock.now(), "one of them waited longer"
        for side in (self.compiled, self.interpreted):
            side.clock.advance(BETWEEN_SECONDS)


def shown(answer: Any) -> dict[str, Any]:
    """What must be the same: data in every byte but opaque ids and cursors, errors whole, extensions but for times."""
    data = answer.get("data")
    if isinstance(data, bytes):
        data = json.loads(data, parse_float=Decimal)
    extensions = settled(answer.get("extensions", {}))
    calls = sorted(json.dumps(each, default=str) for each in extensions.pop("calls", ()))
    return {
        "data": LINK.sub(b'"/files/(sealed)"', written(settled(data))),
        "errors": [
            REFERENCE.sub("(reference)", json.dumps(each, default=str)) for each in answer.get("errors", ())
        ],
        "calls": calls,
        "extensions": written(extensions),
    }


def written(value: Any) -> bytes:
    """Keys in their order, numbers with their digits."""
    return json.dumps(value, default=str, indent=0).encode()


def difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """The first lines that differ, for people."""
    told = []
    for name in one:
        pair = [lines(each[name]) for each in (one, other)]
        if pair[0] == pair[1]:
            continue
        if name == "calls":
            more, fewer = (Counter(pair[index]) - Counter(pair[1 - index]) for index in (0, 1))
            told.append(f"calls: compiled alone {dict(more)}, graphql-core alone {dict(fewer)}")
            continue
        both = enumerate(zip(*pair, strict=False))
        first = next((index for index, (a, b) in both if a != b), min(map(len, pair)))
        told.append(" != ".join(f"{name}: {each[max(first - 2, 0) : first + 3]}" for each in pair))
    return "\n".join(told)


def lines(value: Any) -> list[Any]:
    """What is compared piece by piece."""
    return value.splitlines() if isinstance(value, bytes) else value


@asynccontextmanager
async def books(rows: int = ROWS) -> AsyncIterator[Books]:
    """Small books of five providers behind two gateways, which see the same bytes."""
    still = ManualClock(NOW)
    kept = {connection: small_books(connection, rows=rows) for connection in CONNECTIONS}
    emulators = {connection: make_emulator(each, still) for connection, each in kept.items()}
    for connection, each in emulators.items():
        rig(CONNECTIONS[connection][1]).limit(each, 10**9, 60)
        limited: Any = switches(each)
        if hasattr(limited, "limited"):
            limited.limited = False
    app = Starlette(routes=[Mount(f"/{name}", each.app) for name, each in emulators.items()])
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SANDBOX)
        )
        wire = Spoilt(HttpxWire(client))
        sides = []
        for definitions, compiling in (
            (UNLIMITED, Compiling(from_time=1)),
            (SHAPELESS, Compiling(on=False)),
        ):
            clock = ManualClock(NOW)
            state = await linked(kept, emulators)
            running = _gateway(state, wire, clock, definitions, compiling)
            stack.push_async_callback(running.close)
            sides.append(Side(running, clock))
        # Errors that are masked are logged with all that led to them, which takes longer than the whole case.
        log = stack.enter_context(structlog.testing.capture_logs())
        yield Books(wire, sides[0], sides[1], build_schema(sides[0].running.sdl), log)
        await asyncio.sleep(0)


def _gateway(
    state: Any, wire: Wire, clock: ManualClock, definitions: Mapping[str, Provider], compiling: Compiling
) -> Running:
    return make_gateway(
        state=state, wire=wire, clock=clock, keys=KEYS, random=Random(1), definitions=definitions,
        choices=Choices(rate=UNBOUND, compiling=compiling),
    )  # fmt: skip


async def case(both: Books, seed: int, worlds: int) -> Counter[str]:
    """One question on so many worlds, each of one connection or of all; an AssertionError names what differs."""
    questions, random = Questions(both.schema, seed), Random(seed)
    text, ways = questions.document(), Counter[str]()
    for number in range(worlds):
        badness = BADNESS[number % len(BADNESS)]
        sources = None if random.random() < 0.1 else [random.choice(sorted(CONNECTIONS))]
        given = {"company": COMPANY, "from": sources, **questions.variables()}
        world = 1000 * seed + number
        both.wire.turn(world, badness)
        try:
            ways[await both.check(text, given)] += 1
        except AssertionError as error:
            raise AssertionError(
                f"seed {seed}, world {number}, {given}, {badness}: {text}\n{error}"
            ) from error
    return ways
