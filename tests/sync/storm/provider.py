"""A provider that outlives the storm: `python -m tests.sync.storm.provider PORT STORE`, until its input ends.

The Kashoo emulator with its control API, and beside it `/_books`: what stands in the books, for the judge alone. The
company and the demo's keys are registered in the store first.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from ledgermesh.clock import SystemClock
from ledgermesh.demo import link_demo
from ledgermesh.sandbox.app import Sandbox, make_sandbox
from ledgermesh.sandbox.kashoo import make as make_kashoo
from ledgermesh.sandbox.world import World
from ledgermesh.server import Site, serve
from ledgermesh.state.opening import open_store
from ledgermesh.state.shared import make_state
from tests.contract.small import small_world
from tests.states import KEYS
from tests.sync.storm.ending import ended_with_input

COMPANY: Final = "maple-bakery"


def with_books(sandbox: Sandbox, world: World) -> Starlette:
    """The sandbox, and what is there of the company, straight from the emulator's own books."""
    emulator: Any = sandbox.emulators["kashoo"]
    settings = emulator.access(world.books[COMPANY, "kashoo"]).settings
    business = emulator.businesses.find(int(settings["business_id"]))

    async def books(request: Request) -> JSONResponse:
        contacts = [[id, row.name] for id, row in business.contact_by_id.items() if not row.removed]
        records = [[id, row.number] for id, row in business.records.by_id.items() if not row.removed]
        letters = [letter.record for letter in emulator.mail.outbox]
        return JSONResponse({"contacts": contacts, "records": records, "letters": letters})

    return Starlette(routes=[Route("/_books", books), Mount("/", sandbox.app)])


async def linked(store_url: str, world: World, sandbox: Sandbox, url: str) -> None:
    """Register the companies, their books and the demo's keys."""
    clock = SystemClock()
    store = await open_store(store_url, clock)
    await link_demo(make_state(store, KEYS, clock), world, sandbox.emulators, url)
    await store.close()


async def run(port: int, store_url: str) -> None:
    """Serve."""
    clock = SystemClock()
    world = small_world(clock.now().date())
    sandbox = make_sandbox(world, clock, known={"kashoo": make_kashoo})
    await linked(store_url, world, sandbox, f"http://127.0.0.1:{port}")
    site = Site(with_books(sandbox, world), "127.0.0.1", port)
    serving = asyncio.create_task(serve([site], started=lambda ports: print("ready", flush=True)))
    await ended_with_input(serving)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), sys.argv[2]))
