"""Spread TCP connections over several addresses in turn, leaving out those that refuse: `python -m … PORT TO…`."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Sequence
from contextlib import suppress

CHUNK_BYTES = 65_536


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await source.read(CHUNK_BYTES):
            sink.write(part)
            await sink.drain()
    sink.close()


async def balance(port: int, to: Sequence[int]) -> None:
    """Serve until cancelled."""
    turns = itertools.count()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = next(turns)
        for at in range(len(to)):
            with suppress(OSError):
                there = await asyncio.open_connection("127.0.0.1", to[(first + at) % len(to)])
                await asyncio.gather(_pour(reader, there[1]), _pour(there[0], writer))
                return
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(balance(int(sys.argv[1]), [int(each) for each in sys.argv[2:]]))
