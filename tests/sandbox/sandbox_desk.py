"""The whole sandbox on a clock of the test's own, and a client of all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from ledgermesh.clock import ManualClock
from ledgermesh.sandbox.app import Sandbox, make_sandbox
from ledgermesh.sandbox.world import World
from tests.sandbox.accountsos_desk import START, small_books

PATH = "/accountsos/api/transactions"


@dataclass
class Room:
    """A sandbox and how to talk to it."""

    sandbox: Sandbox
    clock: ManualClock
    world: World
    client: httpx.AsyncClient
    """Signed in at AccountsOS as the corner shop."""

    async def control(self, method: str, at: str, /, **body: object) -> Any:
        """The JSON of a good answer of `/_control`."""
        answer = await self.client.request(method, f"/_control{at}", json=body or None)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def fault(self, kind: str, /, **more: object) -> Any:
        """Switch a fault of AccountsOS on."""
        return await self.control("POST", "/faults", provider="accountsos", kind=kind, **more)

    async def wrong(self, at: str, body: object) -> str:
        """What `/_control` says is wrong with this; bytes are sent as they are."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        answer = await self.client.post(f"/_control{at}", content=content)
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])


def key(room_sandbox: Sandbox, world: World, company: str = "corner-shop") -> str:
    """The Authorization header of a company at AccountsOS."""
    return f"Bearer {room_sandbox.emulators['accountsos'].credentials(world.books[company, 'accountsos'])['read_key']}"


def small_world() -> World:
    """Two companies with books at AccountsOS, none elsewhere."""
    shelf = [small_books(), small_books("other-shop")]
    shelf[1].bank_lines = shelf[1].bank_lines[:2]
    return World(START.date(), {(books.company, "accountsos"): books for books in shelf})


def open_room() -> Room:
    """A sandbox over the small world."""
    clock, world = ManualClock(START), small_world()
    sandbox = make_sandbox(world, clock)
    headers = {"Authorization": key(sandbox, world)}
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox", headers=headers
    )
    return Room(sandbox, clock, world, client)
