"""What is served below `/connect`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ledgermesh.edge.connect.callback import arrive
from ledgermesh.edge.connect.look import COLOUR, style
from ledgermesh.edge.connect.opened import Opened, Trouble, open_link
from ledgermesh.edge.connect.page import HEADERS, Pages
from ledgermesh.edge.connect.parts import CALLBACK_PATH, ConnectParts
from ledgermesh.edge.connect.views import Views
from ledgermesh.edge.connect.words import status
from ledgermesh.edge.view import safely
from ledgermesh.errors import LedgermeshError, NotFound

ASSETS = Path(__file__).parent / "assets"
SCRIPT = "ledgermesh-connect.js"
FILES = {"page.css": "text/css", "page.js": "text/javascript", SCRIPT: "text/javascript"}
COLOUR_FILE = re.compile(r"colour-([0-9a-f]{6})\.css")
CACHED = {
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    # Apps of other origins load the script.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}

Serve = Callable[[Request], Awaitable[Response]]


def connect_routes(parts: ConnectParts) -> Sequence[BaseRoute]:
    """The routes; below each `{token}` the rest of the path is a permission and belongs in no log."""
    pages = Pages(parts.path)
    views = Views(parts, pages)
    script = _file(SCRIPT)

    def page(serve: Serve) -> Serve:
        return _page(pages, serve)

    async def callback(request: Request) -> Response:
        return await arrive(parts, pages, request)

    async def state(request: Request) -> Response:
        return await _state(parts, request)

    return (
        Route(CALLBACK_PATH, page(callback)),
        Route(f"/connect/{SCRIPT}", script),
        Route("/connect/assets/{name}", _asset),
        Route("/connect/{token}", page(views.first)),
        Route("/connect/{token}/status", _json(state)),
        Route("/connect/{token}/step", page(views.step), methods=["POST"]),
        Route("/connect/{token}/{provider}/{way}", page(views.submit), methods=["POST"]),
    )


def _page(pages: Pages, serve: Serve) -> Serve:
    """The same, with what stands in its way as a page."""

    async def inner(request: Request) -> Response:
        try:
            return await serve(request)
        except Trouble as trouble:
            return trouble_page(pages, request, trouble)
        except LedgermeshError as error:
            return trouble_page(pages, request, Trouble("down", status(error)))

    async def outer(request: Request) -> Response:
        return await safely(inner(request))

    return outer


def trouble_page(pages: Pages, request: Request, trouble: Trouble) -> Response:
    """What went wrong, in words, and the ways on from here."""
    opened = trouble.opened
    return pages.make(
        request, "trouble", opened, status=trouble.status, provider=_title(opened),
        kind=trouble.kind, again=trouble.again, outcome=trouble.outcome,
        back=opened.back(trouble.outcome) if opened is not None else "",
    )  # fmt: skip


def _title(opened: Opened | None) -> str:
    known = opened.parts.definitions.get(opened.provider or "") if opened is not None else None
    return known.title if known is not None else ""


async def _state(parts: ConnectParts, request: Request) -> Response:
    """Whether it is linked by now: a framed page asks while another window has the provider's consent."""
    answer = {"status": "open", "connection": ""}
    try:
        await open_link(parts, request.path_params["token"])
    except Trouble as trouble:
        if trouble.kind != "used" or trouble.opened is None:
            return JSONResponse({"status": "over", "connection": ""}, trouble.status, HEADERS)
        connection = await parts.tokens.used(trouble.opened.request) or ""
        answer = {"status": "linked" if connection else "open", "connection": connection}
    return JSONResponse(answer, headers=HEADERS)


def _json(serve: Serve) -> Serve:
    async def outer(request: Request) -> Response:
        return await safely(serve(request))

    return outer


def _file(name: str) -> Serve:
    content = (ASSETS / name).read_bytes()

    async def serve(request: Request) -> Response:
        return Response(content, headers=CACHED, media_type=FILES[name])

    return serve


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name in FILES:
        return await _file(name)(request)
    found = COLOUR_FILE.fullmatch(name)
    if found is None or not COLOUR.fullmatch(found[1]):
        return await safely(_nothing())
    return Response(style(found[1]), headers=CACHED, media_type="text/css")


async def _nothing() -> Response:
    raise NotFound("there is nothing at this path")
