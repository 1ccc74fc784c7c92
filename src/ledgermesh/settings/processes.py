"""How many processes answer, and what runs each of them, in the settings."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec

from ledgermesh.settings.named import state_url
from ledgermesh.settings.values import Server, Settings

Loop = Callable[[], asyncio.AbstractEventLoop]


def to_workers(server: Server) -> int:
    """Processes that answer; where nobody says how many, one for each core that this one may run on."""
    if server.workers in (0, "auto"):
        return max(
            1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
    return int(server.workers)


def to_loop(server: Server) -> Loop:
    """What makes the event loop of a process."""
    if server.event_loop == "asyncio" or (server.event_loop == "auto" and find_spec("uvloop") is None):
        return asyncio.new_event_loop
    # Its package is an extra: it is loaded where it is there and wanted.
    made: Loop = import_module("uvloop").new_event_loop
    return made


def wrong_processes(settings: Settings) -> Iterator[str]:
    """What does not fit together."""
    server = settings.server
    if server.event_loop == "uvloop" and find_spec("uvloop") is None:
        yield 'server.event_loop: "uvloop" needs the extra `uvloop`: install ledgermesh[uvloop]'
    if (count := to_workers(server)) == 1:
        return
    if state_url(settings.state) == "memory:":
        yield (
            f"server.workers: {count} processes need a state that they share; set state.url to file:./state (this "
            "machine alone) or valkey://…"
        )
    if server.mcp:
        yield (
            f"server.mcp: a plan is kept by the process that made it, and {count} answer; set server.workers to 1, or "
            "serve agents with `ledgermesh mcp`"
        )
