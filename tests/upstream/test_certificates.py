"""Providers' certificates are verified, whoever gave the address; nothing switches that off."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ledgermesh.clock import ManualClock
from ledgermesh.edge.issuers.keyset import NoKeys, from_url
from ledgermesh.sandbox.app import make_sandbox
from ledgermesh.sandbox.certificate import self_signed
from ledgermesh.server import Site, serve
from ledgermesh.upstream.guard import Guard, origins
from ledgermesh.upstream.wire import Unreachable
from ledgermesh.upstream.wire_http1 import GuardedWire
from tests.harness import NOW, world_today
from tests.shape.sources import sources

from .wires import get


@asynccontextmanager
async def emulated() -> AsyncIterator[str]:
    """The address of an emulated provider behind a certificate that no authority has signed."""
    tls = self_signed(("127.0.0.1",), dt.datetime.now(dt.UTC)).context()
    made = make_sandbox(world_today(), ManualClock(NOW), only="accountsos")
    started: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(serve([Site(made.app, "127.0.0.1", 0, tls)], started=started.set_result))
    try:
        async with asyncio.timeout(30):
            [port] = await started
        yield f"https://127.0.0.1:{port}"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_an_unknown_authority_ends_the_call() -> None:
    """Also at an address that the operator gave, for a provider and for an issuer's keys."""
    async with emulated() as url:
        wire = GuardedWire(Guard(own=origins([url])))
        try:
            with pytest.raises(Unreachable, match="Certificate"):
                await wire.send(get(f"{url}/api/transactions"))
            with pytest.raises(NoKeys):
                await from_url(wire, f"{url}/keys", ManualClock(NOW))()
        finally:
            await wire.close()


def test_nothing_switches_it_off() -> None:
    """No line of ours tells a client not to verify."""
    off = re.compile(
        r"verify\s*=\s*False|ssl\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False|_create_unverified"
    )
    assert not [
        module.path for module in sources().values() if off.search(module.path.read_text(encoding="utf-8"))
    ]
