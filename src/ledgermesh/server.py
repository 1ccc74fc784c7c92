"""Runs ASGI applications on sockets, several in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from ledgermesh.errors import ConfigurationError

GRACE_SECONDS = 10
"""For answers in flight when the process is told to stop."""


@dataclass(frozen=True, slots=True)
class Site:
    """One application and where it listens. Port 0 takes any free one."""

    app: ASGIApp
    host: str
    port: int


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; raises ConfigurationError where the port is taken or the address is not ours."""
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = infos[0]
        found = socket.socket(family, kind, protocol)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return found


def _config(app: ASGIApp) -> uvicorn.Config:
    # The access log prints query strings, and uvicorn's own lines would stand between ours.
    return uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def serve(sites: Sequence[Site], *, started: Callable[[list[int]], None]) -> None:
    """Run all sites until a signal or until one of them stops; `started` is given their ports."""
    with ExitStack() as open_:
        sockets = [open_.enter_context(listen(site.host, site.port)) for site in sites]
        servers = [uvicorn.Server(_config(site.app)) for site in sites]
        running = [
            asyncio.create_task(server.serve(sockets=[bound]))
            for server, bound in zip(servers, sockets, strict=True)
        ]
        while not all(server.started for server in servers) and not any(task.done() for task in running):
            await asyncio.sleep(0.005)
        started([bound.getsockname()[1] for bound in sockets])
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)
