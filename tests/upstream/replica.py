"""One gateway's stack as a process of its own: `python -m tests.upstream.replica FOLDER ADDRESS CALLERS [die]`.

Asks so many times at once, prints how many were answered, and then waits to be killed. With `die` it kills itself, as
hard as a machine that fails, at the moment at which it would keep a new grant.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from random import Random

from ledgermesh.clock import Clock, SystemClock
from ledgermesh.errors import LedgermeshError
from ledgermesh.state.base import Store
from ledgermesh.state.file import FileStore
from ledgermesh.state.shared import State, make_state
from ledgermesh.upstream.call import Call, Link
from ledgermesh.upstream.stack import Stack, make_stack
from ledgermesh.upstream.wire import Wire
from ledgermesh.upstream.wire_http1 import OwnWire
from tests.states import KEYS

from .conftest import ACME


class Fatal(FileStore):
    """Dies instead of keeping what a renewal brought."""

    async def put(self, key: str, value: bytes, *, expect: int) -> bool:
        """See Store."""
        if key.startswith("grant/"):
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().put(key, value, expect=expect)


async def gateway(store: Store, wire: Wire, clock: Clock, seed: int) -> tuple[State, Stack]:
    """A process's own view of the store, and its stack."""
    state = make_state(store, KEYS, clock)
    await state.directory.load()
    return state, make_stack(clock=clock, random=Random(seed), wire=wire, state=state)


def call(url: str, clock: Clock, path: str = "/things") -> Call:
    """A GET of the connection whose provider is at this address, half a minute before its deadline."""
    link = Link("tenant-1", "live", "connection-1", ACME, url)
    now = clock.monotonic()
    return Call(link=link, method="GET", path=path, template=path, deadline=now + 30, arrived=now)


async def answered(stack: Stack, url: str, clock: Clock, callers: range) -> int:
    """How many of these callers, all at once, get what they asked for."""
    asked = (stack(call(url, clock, f"/things/{number}")) for number in callers)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for each in answers:
        if isinstance(each, BaseException) and not isinstance(each, LedgermeshError):
            raise each
    return sum(not isinstance(each, BaseException) and each.document == {"ok": True} for each in answers)


async def main(folder: str, url: str, callers: str, how: str = "") -> None:
    """See above."""
    clock, wire = SystemClock(), OwnWire()
    store = (Fatal if how == "die" else FileStore)(Path(folder), clock)
    _, stack = await gateway(store, wire, clock, os.getpid())
    sys.stdout.write(f"{await answered(stack, url, clock, range(int(callers)))}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
