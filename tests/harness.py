"""A whole gateway over emulated providers in this process: real HTTP messages, an injected clock, no sockets."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.routing import Mount

from ledgermesh.clock import ManualClock
from ledgermesh.demo import link_demo
from ledgermesh.gateway import Choices, Running, make_gateway
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.question import Answer, Question
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.world import World, make_world
from ledgermesh.spec.provider import Provider
from ledgermesh.state.limits import Rate
from ledgermesh.upstream.call import Fresh
from ledgermesh.upstream.wire_httpx import HttpxWire
from tests.shared import shared_providers, shared_schema
from tests.states import KEYS, memory_state

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
SANDBOX = "http://sandbox"
UNBOUND = Rate(per_second=1e6, burst=1_000_000)
"""For tests of other things: on a clock that stands still a bucket never fills again."""


@dataclass
class House:
    """The gateway, the emulators behind it, and the clock of both."""

    clock: ManualClock
    world: World
    emulators: Mapping[str, Emulator]
    gateway: Running
    down: set[str] = field(default_factory=set)
    """Providers whose connections are refused."""

    async def ask(
        self, text: str, *, key: str = "lm_demo_read", fresh: Fresh | None = None, **variables: Any
    ) -> Any:
        """The whole response object of one question."""
        principal = self.gateway.state.registry.principal(key)
        assert principal is not None
        answer = await self.gateway.answers.answer(
            Question(
                text=text,
                variables=variables,
                principal=principal,
                timeout_seconds=20.0,
                fresh=fresh or Fresh(),
            )
        )
        return opened(answer)

    def calls(self, answer: Any) -> list[dict[str, Any]]:
        """The calls an answer really made."""
        return [step for step in answer["extensions"]["calls"] if step["cache"] == "MISS"]


def opened(answer: Answer) -> Any:
    """An answer whose data is no bytes, however it was made; numbers are exact."""
    data = answer.get("data")
    if not isinstance(data, msgspec.Raw):
        return answer
    return {**answer, "data": json.loads(bytes(data), parse_float=Decimal)}


class Cable(httpx.AsyncBaseTransport):
    """The way to the emulators, which a test may cut."""

    def __init__(self, app: Starlette, down: set[str]) -> None:
        self._inner = httpx.ASGITransport(app)
        self._down = down

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        provider = request.url.path.split("/")[1]
        if provider in self._down:
            raise httpx.ConnectError("refused", request=request)
        return await self._inner.handle_async_request(request)


@asynccontextmanager
async def house(
    world: World,
    emulators: Mapping[str, Emulator],
    clock: ManualClock,
    *,
    definitions: Mapping[str, Provider] | None = None,
    rate: Rate | None = None,
    compiling: Compiling | None = None,
) -> AsyncIterator[House]:
    """A gateway over these emulators; `definitions` are those of the providers there are by default."""
    app = Starlette(routes=[Mount(f"/{name}", emulator.app) for name, emulator in emulators.items()])
    down: set[str] = set()
    state = memory_state(clock)
    await link_demo(state, world, emulators, SANDBOX)
    async with httpx.AsyncClient(transport=Cable(app, down), base_url=SANDBOX) as client:
        gateway = make_gateway(
            state=state, wire=HttpxWire(client), clock=clock, keys=KEYS, random=Random(1),
            definitions=definitions, choices=Choices(rate=rate or UNBOUND, compiling=compiling or Compiling()),
            schema=shared_schema(), providers=shared_providers() if definitions is None else None,
        )  # fmt: skip
        yield House(clock, world, emulators, gateway, down)
        await gateway.close()


def world_today() -> World:
    """The default world on the tests' day."""
    return make_world(today=NOW.date())
