"""The tools at `/mcp` of a running gateway: each call is a request to its own `/graphql` with the caller's key."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ledgermesh.edge.auth import CHALLENGE
from ledgermesh.edge.mcp.asking import Asking, Denied
from ledgermesh.edge.mcp.starting import SECONDS, loaded
from ledgermesh.edge.mcp.tools import Caller
from ledgermesh.edge.view import refused
from ledgermesh.errors import LedgermeshError, Unavailable

PATH: Final = "/mcp"
READY_SECONDS: Final = 30.0
PASSED_ON: Final = (
    "authorization",
    "origin",
    "x-account-key",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
)
"""Headers of a call that its requests to `/graphql` carry too."""


class NotReady(Unavailable):
    """The tools are not up."""

    remedy = "Try again later; the operator finds the cause at /readyz and in the log."
    status = 503


class McpEndpoint:
    """ASGI endpoint; `run` has to run beside the requests, and loads in a thread what the tools need."""

    def __init__(self, sdl: Callable[[], str], folder: Path, *, unasked: bool, waiting: bool = True) -> None:
        """`unasked`: whether plans are committed for clients that can ask nobody; `waiting`: whether the first call is
        waited for before anything is loaded, which that one feels.
        """
        self._sdl, self._folder, self._unasked = sdl, folder, unasked
        self._wanted, self._ready = asyncio.Event(), asyncio.Event()
        self._manager: Any = None
        if not waiting:
            self._wanted.set()

    @property
    def route(self) -> Route:
        """Where it is served."""
        return Route(PATH, self)

    async def run(self) -> None:
        """Serve from the first call on, until cancelled."""
        await self._wanted.wait()
        module, known = await loaded(await asyncio.to_thread(self._sdl), self._folder)
        server = module.make_server(known, caller_of, version=version("ledgermesh"), unasked=self._unasked)
        async with module.http(server) as manager:
            self._manager = manager
            self._ready.set()
            await asyncio.Event().wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one message of a client with a key; nobody else gets further than this."""
        try:
            await self._enter(Request(scope, receive))
        except Denied as error:
            await _denied(error)(scope, receive, send)
        except LedgermeshError as error:
            await refused(error)(scope, receive, send)
        else:
            await self._manager.handle_request(scope, receive, send)

    async def _enter(self, request: Request) -> None:
        """Go on for a caller that `/graphql` lets in; raises Denied, GatewayAway and NotReady."""
        async with caller_of(request) as caller:
            await caller.asking.scopes()
        self._wanted.set()
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
        except TimeoutError as error:
            raise NotReady("the tools for agents are not up") from error


def _denied(error: Denied) -> Response:
    body = {"errors": [{"message": str(error), "extensions": dict(error.extensions)}]}
    headers = {"WWW-Authenticate": CHALLENGE} if error.status == 401 else None
    return JSONResponse(body, error.status, headers)


@asynccontextmanager
async def caller_of(request: Request) -> AsyncIterator[Caller]:
    """Whoever sent this call, asking the very application that it came to."""
    app: ASGIApp = request.app
    client = request.client
    transport = httpx.ASGITransport(app, client=(client.host, client.port) if client else ("127.0.0.1", 0))
    headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    base = str(request.base_url)
    async with httpx.AsyncClient(transport=transport, base_url=base, timeout=SECONDS) as asking:
        owner = hashlib.sha256(request.headers.get("authorization", "").encode()).hexdigest()
        yield Caller(Asking(asking, headers), owner)
