"""Whether an address can be reached."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from ledgermesh.upstream.probe import probe, probe_all


@pytest.fixture
async def door() -> AsyncIterator[str]:
    """The address of somebody who listens and says nothing."""

    async def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(opened, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"127.0.0.1:{port}"
    server.close()


@pytest.fixture
def shut() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


async def test_who_listens_can_be_reached(door: str) -> None:
    """A connection is enough; nothing is sent, whatever the path."""
    assert await probe(f"http://{door}/some/path") is None


async def test_what_is_in_the_way_is_named(door: str, shut: str) -> None:
    """A refused connection, an unknown name and a listener that speaks no TLS are told apart."""
    refused = await probe(f"http://{shut}")
    unknown = await probe("http://nobody.invalid")
    silent = await probe(f"https://{door}", seconds=0.2)

    assert refused is not None
    assert "refused" in refused.casefold() or "Connect call failed" in refused
    assert unknown
    assert silent == "no answer within 0.2 seconds"


async def test_several_at_once(door: str, shut: str) -> None:
    """Each address once, each with its own answer."""
    found = await probe_all([f"http://{shut}", f"http://{door}", f"http://{door}"])

    assert [found[f"http://{door}"] is None, found[f"http://{shut}"] is None] == [True, False]
    assert len(found) == 2
