"""Runs ASGI applications on sockets, several in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType

import uvicorn
from msgspec import Struct, field
from starlette.types import ASGIApp

from ledgermesh import large_pages
from ledgermesh.edge.drain import Drain
from ledgermesh.edge.socket.frames import LeavingSocket, Socket
from ledgermesh.edge.transport.wire import WireLimits, bounded
from ledgermesh.errors import ConfigurationError
from ledgermesh.garbage import AFTER

GRACE_SECONDS = 10
"""Until the process ends that was told to stop: most of what runs containers kills it then."""
ANSWER_SECONDS = 7.0
"""Of these, for answers in flight; who waits for others is told that they will not come."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)
AT_ONCE = signal.SIGQUIT
"""Ends one of several workers without waiting. Whoever tells them to stop may tell the same one twice: the terminal
and service managers signal all processes of a group, the one that watches over the workers included."""


class Site(Struct, frozen=True):
    """One application and where it listens. Port 0 takes any free one."""

    app: ASGIApp
    host: str
    port: int
    tls: ssl.SSLContext | None = None
    """What to show to clients; None is plain http."""
    drain: Drain | None = None
    """Told when the process is about to end, so that the application can say so on its streams and sockets."""
    notice_seconds: float = 0.0
    """Between saying that it is not ready and taking no more connections."""
    message_bytes_max: int = 1_000_000
    """Of one message on a WebSocket."""
    wire: WireLimits = field(default_factory=WireLimits)
    bound: socket.socket | None = None
    """Listens already, for `host` and `port`."""


def listen(host: str, port: int, *, several: bool = False) -> socket.socket:
    """A bound socket; raises ConfigurationError where the port is taken or the address is not ours.

    `several`: others of this process may listen there too, and the system spreads connections over all of them.
    """
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = infos[0]
        found = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if several:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        found.bind(address)
        # Taken by another process that listens already is found out here, not when uvicorn does the same.
        found.listen()
    except OSError as error:
        found.close()
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return found


class _Server(uvicorn.Server):
    """One of several in this process; signals are everybody's, so nobody takes them alone."""

    def __init__(self, config: uvicorn.Config, site: Site) -> None:
        super().__init__(config)
        self._drain = site.drain or Drain()
        self._notice_seconds = site.notice_seconds

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as error:
            # In a task it would end the loop at once, and the other servers with their answers in flight.
            raise ConfigurationError("an application did not start; the lines above say why") from error

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._drain.notice()
        over = loop.time() + self._notice_seconds
        while loop.time() < over and not self.force_exit:
            await asyncio.sleep(0.05)
        self._drain.begin()
        late = loop.call_later(ANSWER_SECONDS, self._drain.give_up)
        hurried = asyncio.ensure_future(self._let_go())
        try:
            await super().shutdown(sockets)
        finally:
            late.cancel()
            hurried.cancel()

    async def _let_go(self) -> None:
        """Drop all callers once nobody is to wait: from Python 3.12 on, a server ends only after its last caller."""
        while not self.force_exit:
            await asyncio.sleep(0.05)
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()


def _server(site: Site) -> _Server:
    tls = site.tls
    # The access log prints query strings, and uvicorn's own lines would stand between ours.
    config = uvicorn.Config(
        site.app,
        access_log=False,
        log_level="warning",
        server_header=False,
        # Whose word counts on where a request came from is a setting: `edge/transport/forwarded.py`.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        http=bounded(site.wire),
        ws=Socket if site.drain is None else LeavingSocket,
        ws_max_size=site.message_bytes_max,
        # What is compressed has to be kept beside what is sent, for every socket; answers over HTTP are not either.
        ws_per_message_deflate=False,
        ssl_context_factory=None if tls is None else lambda config, default: tls,
    )
    return _Server(config, site)


@contextmanager
def uncollected() -> Iterator[None]:
    """What is made in the block stays, and is not looked through for garbage: not while it is made, nor ever after."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*AFTER)
        if was:
            gc.enable()


@contextmanager
def _signals(servers: Sequence[_Server], *, worker: bool) -> Iterator[None]:
    """Until the end of the block the first signal lets answers in flight end, the second does not wait for them."""

    def stop(number: int, frame: FrameType | None) -> None:
        for server in servers:
            server.force_exit = number == AT_ONCE if worker else server.should_exit
            server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (*SIGNALS, *((AT_ONCE,) if worker else ()))}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def serve(
    sites: Sequence[Site],
    *,
    started: Callable[[list[int]], None],
    worker: bool = False,
    lasting: bool = False,
) -> None:
    """Run all sites until a signal or until one of them stops; `started` is given their ports.

    A `worker` has somebody who watches over it: only AT_ONCE does not wait, however often it is told to stop. What is
    `lasting` puts its memory into large pages.

    Raises ConfigurationError where one cannot listen or start. Called in the main thread, which has the signals.
    """
    with ExitStack() as held:
        sockets = [held.enter_context(site.bound or listen(site.host, site.port)) for site in sites]
        ports = [bound.getsockname()[1] for bound in sockets]  # now, for who is told to stop closes them
        servers = [_server(site) for site in sites]
        held.enter_context(_signals(servers, worker=worker))
        running = [
            asyncio.create_task(server.serve(sockets=[bound]))
            for server, bound in zip(servers, sockets, strict=True)
        ]
        keeping = asyncio.ensure_future(large_pages.keep()) if lasting else None
        try:
            if await _all_started(servers, running):
                # What start-up made stays. Looking at it again and again is a third of what a large answer costs.
                gc.freeze()
                started(ports)
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if keeping is not None:
                keeping.cancel()
            for server in servers:
                server.should_exit = True
            ended = await asyncio.gather(*running, return_exceptions=True)
        for error in filter(None, ended):
            raise error


async def _all_started(servers: Sequence[_Server], running: Sequence[asyncio.Task[None]]) -> bool:
    """Once all have; False when one ends before that."""
    while not all(server.started for server in servers):
        if any(task.done() for task in running):
            return False
        await asyncio.sleep(0.005)
    return True
