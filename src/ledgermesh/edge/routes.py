"""What is served where."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send
from starlette.websockets import WebSocket

from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.cors import CrossOrigin
from ledgermesh.edge.documents import Documents
from ledgermesh.edge.drain import Drain
from ledgermesh.edge.files import FilesView
from ledgermesh.edge.health import Trouble, healthz, readyz
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.socket.caps import Sockets
from ledgermesh.edge.socket.operation import Desk
from ledgermesh.edge.socket.route import SocketView
from ledgermesh.edge.stream import Streams
from ledgermesh.edge.trail import GRAPHQL, Trail
from ledgermesh.edge.transport.doorway import Doorway
from ledgermesh.edge.transport.forwarded import Forwarded
from ledgermesh.edge.transport.values import Transport
from ledgermesh.edge.view import View, refused
from ledgermesh.errors import NotFound, WrongMethod
from ledgermesh.graph.question import Answers

ASKING: Final = frozenset(("GET", "HEAD", "POST"))


class Nowhere(NotFound):
    """Nothing is served at this path."""

    remedy = "GraphQL is at /graphql, the playground at /, the schema at /schema.graphql."


def application(
    *,
    answers: Answers,
    who: Authenticator,
    sdl: str | Callable[[], str],
    limits: Limits,
    pages: Sequence[BaseRoute],
    documents: Documents | None = None,
    origins: frozenset[str] = frozenset(),
    transport: Transport | None = None,
    trouble: Trouble = lambda: None,
    lifespan: Lifespan[Starlette] | None = None,
    sockets: Sockets | None = None,
    drain: Drain | None = None,
) -> Starlette:
    """The gateway as an ASGI application. `pages` are routes beside it: the playground's, those for linking.

    `sdl` is the schema's text, or makes it when it is asked for; `origins` are web pages of the operator's that may ask
    from a browser; `drain` tells that the process ends.
    """
    ending, known = drain or Drain(), documents or Documents()
    streams = Streams(who.clock, drain=ending)
    view = View(answers, who, limits, streams, known, ending)
    socket_view = SocketView(
        Desk(
            answers=answers, who=who, limits=limits, streams=streams, documents=known,
            sockets=sockets or Sockets(), drain=ending, origins=origins,
        )
    )  # fmt: skip

    async def graphql(request: Request) -> Response:
        return await view(request)

    async def graphql_socket(socket: WebSocket) -> None:
        await socket_view(socket)

    opened = FilesView(answers, limits)

    async def files(request: Request) -> Response:
        return await opened(request)

    async def schema(request: Request) -> Response:
        return PlainTextResponse(sdl if isinstance(sdl, str) else await asyncio.to_thread(sdl))

    app = Starlette(
        routes=[
            Route(GRAPHQL, graphql, methods=["GET", "POST"]),
            WebSocketRoute(GRAPHQL, graphql_socket),
            Route("/schema.graphql", schema),
            Route("/files/{link}", files),
            Route("/healthz", healthz),
            Route("/readyz", readyz(lambda: ending.trouble() or trouble())),
            *pages,
        ],
        middleware=_around(transport or Transport(), who, origins, view),
        exception_handlers={404: _missing, 405: _wrong_method},
        lifespan=lifespan,
    )
    # A redirect would name whatever host the caller claims, and make a POST travel twice.
    app.router.redirect_slashes = False
    return app


def _around(
    transport: Transport, who: Authenticator, origins: frozenset[str], view: View
) -> list[Middleware]:
    """What every request passes, in this order."""
    proxies = transport.trusted_proxies
    return [
        *([Middleware(Forwarded, proxies=proxies)] if proxies else []),  # nobody else is believed
        Middleware(Trail),
        Middleware(Doorway, transport=transport),
        Middleware(CrossOrigin, registry=who.registry, origins=origins),
        Middleware(Straight, view=view),
    ]


class Straight:
    """ASGI middleware behind all others: questions go straight to their view, everything else to the router."""

    def __init__(self, app: ASGIApp, *, view: View) -> None:
        self._app, self._serve = app, view.serve

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve a question, or pass the request on."""
        straight = scope["type"] == "http" and scope["path"] == GRAPHQL and scope["method"] in ASKING
        return (self._serve if straight else self._app)(scope, receive, send)


async def _missing(request: Request, error: Exception) -> Response:
    return refused(Nowhere("there is nothing at this path"))


async def _wrong_method(request: Request, error: Exception) -> Response:
    response = refused(WrongMethod(f"{request.method} is not served here"))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response
