"""Gateways to be killed: `python -m tests.sync.storm.gateways STORE PROVIDER`, until its input ends.

Each line of input is a port; a gateway is forked for it, which is ready in a fraction of the time that a new
interpreter needs, and its process id is printed. Whole gateways, over the wire and the store that are served with, but
with leases that a test can wait for.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from random import Random
from typing import Final

from ledgermesh import telemetry
from ledgermesh.app import beside, web
from ledgermesh.clock import SystemClock
from ledgermesh.edge.connect.parts import ConnectParts
from ledgermesh.edge.incoming import Limits
from ledgermesh.gateway import Choices, make_gateway
from ledgermesh.graph.kinds import NAMES
from ledgermesh.playground import PlaygroundConfig
from ledgermesh.providers import discover
from ledgermesh.server import Site, serve
from ledgermesh.state.limits import Rate
from ledgermesh.state.opening import open_store
from ledgermesh.state.queues import open_queue
from ledgermesh.state.replicas import Replicas
from ledgermesh.state.shared import make_state
from ledgermesh.sync.pushing import Leases
from ledgermesh.upstream.guard import make_guard, origins
from ledgermesh.upstream.wire_http1 import GuardedWire
from tests.states import KEYS

LEASES: Final = Leases(job_seconds=2.5, claim_seconds=4.0)
UNBOUND: Final = Rate(per_second=1e6, burst=1_000_000)


async def gateway(store_url: str, provider: str, port: int) -> None:
    """Serve until killed, as `ledgermesh serve` does."""
    clock, definitions = SystemClock(), discover(NAMES)
    store = await open_store(store_url, clock)
    queue = await open_queue(store_url, store, clock, lease_seconds=LEASES.job_seconds)
    state = make_state(store, KEYS, clock, queue=queue)
    await state.directory.load()
    wire, hooks = GuardedWire(make_guard([], own=origins([provider]))), GuardedWire(make_guard([]))
    replicas = Replicas(store, clock)
    running = make_gateway(
        state=state, wire=wire, clock=clock, keys=KEYS, random=Random(), definitions=definitions,
        choices=Choices(rate=UNBOUND, leases=LEASES), replicas=lambda: replicas.count,
    )  # fmt: skip
    app = web(
        running,
        limits=Limits(),
        playground=PlaygroundConfig(environment="sandbox"),
        connect=ConnectParts(state=state, definitions={}, wire=wire, clock=clock, keys=KEYS, public_url=""),
        wires=(wire, hooks),
        work=beside(running, replicas, hooks),
    )
    await serve([Site(app, "127.0.0.1", port)], started=lambda ports: None)


def forked(store_url: str, provider: str, port: int) -> int:
    """The process id of a new gateway."""
    pid = os.fork()
    if pid == 0:
        # Neither the orders nor the answers to them are the child's.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        try:
            asyncio.run(gateway(store_url, provider, port))
        finally:
            os._exit(1)
    return pid


def main(store_url: str, provider: str) -> None:
    """See above."""
    telemetry.configure(stream=sys.stderr)
    gc.freeze()
    begun = []
    print("ready", flush=True)
    for line in sys.stdin:
        begun.append(forked(store_url, provider, int(line)))
        print(begun[-1], flush=True)
    # Nobody has waited for one before, so that each of these numbers is still one of ours, dead or alive.
    for pid in begun:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
