"""How long large answers of providers hold the event loop: `python -m tests.bench.isolation [MB …]` prints a table.

The provider is Oak Books on a wire without sockets, giving one body of the size asked for. Asked are the newest
invoices with party and lines, compiled and interpreted; of a provider that sorts, and of one whose list is sorted here;
and with a cursor for each. The hold is the longest time between two turns of the loop: in CPU time of its thread and by
the wall clock, which counts what others on the machine do. Meanwhile a neighbour asks for one invoice of another
company again and again; its p99 stands beside that of the time when it is alone.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from ledgermesh.clock import SystemClock
from ledgermesh.gateway import Choices, Running, make_gateway
from ledgermesh.graph.compiling import Compiling
from ledgermesh.graph.question import Question
from ledgermesh.settings import to_key
from ledgermesh.spec.paging import Whole
from ledgermesh.spec.provider import Provider
from ledgermesh.spec.resource import List
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, KeyEntry, TenantEntry, digest
from ledgermesh.state.memory import MemoryStore
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.call import Fresh
from ledgermesh.upstream.wire import Answer, Request
from tests.bench.books.oak.definition import PROVIDER
from tests.bench.processes import machine
from tests.bench.provider import invoice

SIZES: Final = (0.1, 1.0, 4.0, 16.0)
GOAL_MS: Final = 20.0
TIMES: Final = 3
KEY: Final = "lm_isolation"
NODES: Final = """number date total { amount currency } party { id }
  lines { description quantity unitPrice { amount } net { amount } }"""
SHAPES: Final[Mapping[str, str]] = {
    "sorted there": f"nodes {{ {NODES} }}",
    "sorted here": f"nodes {{ {NODES} }}",
    "edges": f"edges {{ cursor node {{ {NODES} }} }}",
}
ORDERS: Final[Mapping[str, str]] = {"sorted here": "orderBy: [{ field: NUMBER }]"}
SMALL: Final = '{ company(key: "small") { invoices(first: 1) { nodes { number } } } }'


@dataclass
class Books:
    """A wire that answers with bodies made before."""

    bodies: Mapping[str, bytes]

    async def send(self, request: Request) -> Answer:
        """See Wire."""
        await asyncio.sleep(0)
        company, _, path = request.url.removeprefix("http://").partition("/")
        name = company if path.startswith("invoices") else "contacts"
        return Answer(200, {"content-type": "application/json"}, self.bodies[name])


@dataclass
class Holds:
    """The longest turns of the loop since it was asked last."""

    wall: float = 0.0
    cpu: float = 0.0
    others: list[float] = field(default_factory=list)
    """Seconds of each of the neighbour's questions."""

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            wall, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0)
            self.wall = max(self.wall, time.perf_counter() - wall)
            self.cpu = max(self.cpu, time.thread_time() - cpu)

    def reset(self) -> None:
        """Forget what was seen so far."""
        self.wall = self.cpu = 0.0
        self.others.clear()

    @property
    def p99_ms(self) -> float:
        """Of the neighbour."""
        found = sorted(self.others)
        return found[min(len(found) - 1, int(len(found) * 0.99))] * 1000 if found else 0.0


def body_of(megabytes: float) -> bytes:
    """Invoices of about this size, by date from the newest, several a day."""
    random, rows, size = Random(7), list[str](), 0
    while size < megabytes * 1_000_000:
        text = json.dumps(invoice(random, len(rows) % 10_000) | {"id": f"inv-{len(rows):06d}"})
        rows.append(text)
        size += len(text)
    rows.sort(key=lambda text: json.loads(text)["issueDate"], reverse=True)
    return f'{{"total":{len(rows)},"rows":[{",".join(rows)}]}}'.encode()


def definition() -> Provider:
    """Oak Books with lists that are not cut."""
    resources = []
    for resource in PROVIDER.resources:
        assert isinstance(resource.list, List)
        resources.append(replace(resource, list=replace(resource.list, page=Whole())))
    return replace(PROVIDER, resources=tuple(resources))


async def _link(state: State, name: str) -> None:
    tenants = frozenset(("bench",))
    await state.directory.add(CompanyEntry(key=name, name=name, environment="sandbox", tenants=tenants))
    await state.directory.add(
        ConnectionEntry(
            id=f"{name}-oak", company=name, provider="oak", environment="sandbox", base_url=f"http://{name}",
            scheme="api_key", settings={}, owner="bench",
        )
    )  # fmt: skip
    await state.grants.write(
        Grant(
            tenant="bench", environment="sandbox", connection=f"{name}-oak", scheme="api_key",
            secrets={"api_key": Secret("oak")},
        )
    )  # fmt: skip


async def make_running(bodies: Mapping[str, bytes], *, compiled: bool) -> Running:
    """A gateway over these books."""
    clock, keys = SystemClock(), (to_key("a secret for measuring only"),)
    state = make_state(MemoryStore(clock), keys, clock)
    await state.directory.add(TenantEntry(id="bench", name="Bench"))
    await state.directory.add(
        KeyEntry(
            id="bench", digest=digest(KEY), tenant="bench", environment="sandbox",
            scopes=frozenset(("api.read",)), name="Bench", companies=None, expires_at=None,
            requests_per_second=1_000_000,
        )
    )  # fmt: skip
    for name in bodies:
        await _link(state, name)
    return make_gateway(
        state=state, wire=Books(bodies), clock=clock, keys=keys, random=Random(1),
        definitions={"oak": definition()}, choices=Choices(compiling=Compiling(on=compiled, from_time=1)),
    )  # fmt: skip


async def ask(running: Running, text: str) -> Any:
    """One question, live."""
    principal = running.state.registry.principal(KEY)
    assert principal is not None
    answer = await running.answers.answer(
        Question(text=text, variables={}, principal=principal, timeout_seconds=120.0, fresh=Fresh())
    )
    assert "errors" not in answer, answer["errors"]
    return answer


def question(shape: str) -> str:
    """The newest thousand invoices."""
    order = ORDERS.get(shape, "")
    return f'{{ company(key: "large") {{ invoices(first: 1000 {order}) {{ {SHAPES[shape]} }} }} }}'


async def neighbour(running: Running, holds: Holds) -> None:
    """Until it is cancelled."""
    while True:
        began = time.perf_counter()
        await ask(running, SMALL)
        holds.others.append(time.perf_counter() - began)
        await asyncio.sleep(0.002)


async def measure(running: Running, text: str) -> tuple[Holds, Holds, float]:
    """The holds and the neighbour's times without the question, with it, and seconds of the question."""
    alone, beside = Holds(), Holds()
    await ask(running, text)
    gc.collect()
    gc.freeze()
    for holds, times in ((alone, 0), (beside, TIMES)):
        tasks = [asyncio.create_task(holds.watch()), asyncio.create_task(neighbour(running, holds))]
        await asyncio.sleep(0.2)
        holds.reset()
        began = time.perf_counter()
        for _ in range(times):
            await ask(running, text)
        seconds = (time.perf_counter() - began) / max(times, 1)
        if not times:
            await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return alone, beside, seconds


async def main(sizes: tuple[float, ...]) -> None:
    """The table."""
    print(f"{machine()}; goal: at most {GOAL_MS:.0f} ms\n")
    print(
        "| MB | question | way | seconds | longest hold, CPU ms | wall ms | neighbour p99 ms | alone | met |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for size in sizes:
        contacts = json.dumps({"total": 1, "rows": [{"id": "c1", "name": "Customer"}]}).encode()
        bodies = {"large": body_of(size), "small": body_of(0.01), "contacts": contacts}
        for way in ("compiled", "interpreted"):
            running = await make_running(bodies, compiled=way == "compiled")
            for shape in SHAPES:
                alone, beside, seconds = await measure(running, question(shape))
                met = "yes" if beside.cpu * 1000 <= GOAL_MS else "NO"
                print(
                    f"| {size:g} | {shape} | {way} | {seconds:.2f} | {beside.cpu * 1000:.1f} "
                    f"| {beside.wall * 1000:.1f} | {beside.p99_ms:.1f} | {alone.p99_ms:.1f} | {met} |",
                    flush=True,
                )
            await running.close()


if __name__ == "__main__":
    asyncio.run(main(tuple(float(each) for each in sys.argv[1:]) or SIZES))
