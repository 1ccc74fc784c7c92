"""Processes that write grants and are killed: `python -m tests.state.storm URL KILLS SEED`.

Imports nothing but the state, waits until it is warm, and forks each writer, so that most of a writer's short life is
spent writing. Prints what it found as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any

from ledgermesh.clock import SystemClock
from ledgermesh.state.base import Grant, Secret
from ledgermesh.state.opening import open_store
from ledgermesh.state.sealing import SealingKey
from ledgermesh.state.vault import Vault

KEYS = (SealingKey(1, b"1" * 32), SealingKey(2, b"2" * 32))
CONNECTIONS = tuple(f"c{number}" for number in range(5))
CANARY = "canary-3f9c"
LATEST_SECONDS = 0.08
"""A writer is killed at a random moment before this."""
BEGINS_SECONDS = 30.0
"""A process says something within this, also on a busy machine."""
BELOW = frozenset({"state", "errors", "clock"})
WRITTEN = ("state/folder.py", "state/journal.py", "state/file.py")


async def vaults(url: str) -> tuple[Vault, Vault]:
    """Before and after a key rotation: each opens what the other sealed, and seals under its own first key."""
    store, clock = await open_store(url, SystemClock()), SystemClock()
    return Vault(store, KEYS, clock), Vault(store, KEYS[::-1], clock)


def numbered(connection: str, version: int, number: int) -> Grant:
    """A grant whose secret says how often it was renewed."""
    return Grant(
        tenant="t",
        environment="live",
        connection=connection,
        scheme="oauth",
        secrets={"refresh_token": Secret(f"{CANARY}-{number}")},
        version=version,
    )


def number_of(grant: Grant | None) -> int:
    """How often it was renewed; 0 for none."""
    return 0 if grant is None else int(grant.secrets["refresh_token"].reveal().rpartition("-")[2])


async def write(told: int, *, url: str, seed: int) -> None:
    """Renew grants and rotate keys without an end; says each renewal that is on disk."""
    chance, both = random.Random(seed), await vaults(url)
    while True:
        vault, connection = chance.choice(both), chance.choice(CONNECTIONS)
        if chance.random() < 0.2:
            await vault.rewrap()
            continue
        grant = await vault.find("t", "live", connection)
        number = number_of(grant) + 1
        if await vault.write(numbered(connection, grant.version if grant is not None else 0, number)):
            os.write(told, f"{connection} {number}\n".encode())


async def once(told: int, *, url: str) -> None:
    """One renewal, killed at a line that the tracer names."""
    fuse = Fuse(int(os.environ["STORM_LINE"]))
    # Before the first thread is made, because it counts for new ones.
    threading.settrace(fuse.trace)
    vault, _ = await vaults(url)
    grant = await vault.find("t", "live", "c0")
    assert grant is not None
    fuse.lit = True
    await vault.write(replace(numbered("c0", grant.version, number_of(grant) + 1)))
    os.write(told, b"end\n")


class Fuse:
    """Kills this process before the n-th line of what writes the folder."""

    def __init__(self, lines: int) -> None:
        self._left = lines
        self.lit = False

    def trace(self, frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.endswith(WRITTEN):
            return None
        if self.lit and event == "line":
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.trace


def forked(
    work: Callable[[int], Coroutine[Any, Any, None]], seconds: float | None, *, told_first: bool = False
) -> list[str]:
    """What a writer said before it was killed after so many seconds, or ended.

    With `told_first` these are counted from when it said something, however long a busy machine takes until then.
    """
    told, telling = os.pipe()
    pid = os.fork()
    if pid == 0:
        asyncio.run(work(telling))
        os._exit(0)
    os.close(telling)
    if told_first:
        select.select([told], [], [], BEGINS_SECONDS)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with os.fdopen(told) as said:
        return said.read().splitlines()


async def found(url: str) -> dict[str, int]:
    """How often each grant was renewed; raises where one does not open."""
    vault, _ = await vaults(url)
    return {each: number_of(await vault.find("t", "live", each)) for each in CONNECTIONS}


def check(said: list[str], before: dict[str, int], after: dict[str, int]) -> list[str]:
    """What is neither the last that was said to be on disk nor the one that was being written."""
    last = dict(before)
    for connection, number in (line.split() for line in said):
        last[connection] = int(number)
    return [
        f"{each}: {last[each]} became {after[each]}"
        for each in after
        if after[each] - last[each] not in {0, 1}
    ]


def storm(url: str, kills: int, seed: int) -> dict[str, object]:
    """Kill so many writers one after the other; the writes they confirmed, and what is wrong."""
    chance, wrong, writes = random.Random(seed), list[str](), 0
    before = asyncio.run(found(url))
    for number in range(kills):
        # One in four is killed wherever it is, the others after a first renewal, however slow the machine.
        seconds, renewed = chance.uniform(0.0, LATEST_SECONDS), number % 4 > 0
        said = forked(partial(write, url=url, seed=seed + number), seconds, told_first=renewed)
        after = asyncio.run(found(url))
        wrong += check(said, before, after)
        before, writes = after, writes + len(said)
    return {"writes": writes, "wrong": wrong}


def lines(url: str) -> dict[str, object]:
    """Kill a writer before every line that writes the folder, in turn, until one gets through."""
    said, wrong, line = list[str](), list[str](), 0
    asyncio.run(seeded(url))
    while not said:
        before = asyncio.run(found(url))
        os.environ["STORM_LINE"] = str(line)
        said = forked(partial(once, url=url), None)
        wrong += check([], before, asyncio.run(found(url)))
        line += 1
    return {"writes": line, "wrong": wrong}


async def seeded(url: str) -> None:
    """One grant to begin with."""
    vault, _ = await vaults(url)
    assert await vault.write(numbered("c0", 0, 1))


def main() -> None:
    """See above; LINES instead of a number kills at every line."""
    url, kills, seed = sys.argv[1:]
    above = [
        name for name in sys.modules if name.startswith("ledgermesh.") and name.split(".")[1] not in BELOW
    ]
    report = lines(url) if kills == "LINES" else storm(url, int(kills), int(seed))
    print(json.dumps({**report, "imported": above}))


if __name__ == "__main__":
    main()
