"""What is served where, and the headers every answer carries."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from ledgermesh.edge.health import healthz, readyz
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.view import View, refused
from ledgermesh.errors import NotFound, WrongMethod
from ledgermesh.graph.question import Answers
from ledgermesh.state.registry import Registry

SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}

ANSWERS_ARE_PRIVATE = {"cache-control": "private, no-store", "vary": "Accept, Authorization, X-Account-Key"}


class Headers:
    """ASGI middleware: headers that an answer has unless it says otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add them as the answer starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extra = SECURITY | (ANSWERS_ARE_PRIVATE if scope["path"] == "/graphql" else {})

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in extra.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)


def application(
    *,
    answers: Answers,
    registry: Registry,
    sdl: str,
    limits: Limits,
    pages: Sequence[BaseRoute],
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """The gateway as an ASGI application. `pages` are the playground's routes."""
    view = View(answers, registry, limits)

    async def graphql(request: Request) -> Response:
        return await view(request)

    async def schema(request: Request) -> Response:
        return PlainTextResponse(sdl)

    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=["GET", "POST"]),
            Route("/schema.graphql", schema),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *pages,
        ],
        middleware=[Middleware(Headers)],
        exception_handlers={404: _missing, 405: _wrong_method},
        lifespan=lifespan,
    )


async def _missing(request: Request, error: Exception) -> Response:
    return refused(NotFound(f"there is nothing at {request.scope['path']}"))


async def _wrong_method(request: Request, error: Exception) -> Response:
    response = refused(WrongMethod(f"{request.method} is not served here"))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response
