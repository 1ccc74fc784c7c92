"""`GET /handed/{link}`: a file that a provider fetches from us. The link is the permission, so it is logged nowhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import structlog
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ledgermesh.clock import Clock
from ledgermesh.edge.files import HEADERS
from ledgermesh.edge.view import safely
from ledgermesh.engine.handed import PATH, HandedEnded, Handing
from ledgermesh.errors import StateDown
from ledgermesh.state.base import Store
from ledgermesh.state.sealing import SealingKey

OK: Final = 200
MEDIA: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,60}")


def handed_routes(store: Store, keys: Sequence[SealingKey], clock: Clock) -> list[BaseRoute]:
    """What is served for providers that fetch files."""
    handing = Handing(store, keys, clock)

    async def respond(request: Request) -> Response:
        response = await safely(_file(handing, request.path_params["link"]))
        if request.method == "GET" and response.status_code == OK:
            # Runs when the last byte is out, as far as the server can tell.
            response.background = BackgroundTask(_end, handing, request.path_params["link"])
        return response

    return [Route(f"{PATH}{{link}}", respond, methods=["GET"])]


async def _file(handing: Handing, link: str) -> Response:
    file = await handing.fetch(link)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", file.name)
    return Response(
        file.body,
        media_type=file.content_type if MEDIA.fullmatch(file.content_type) else "application/octet-stream",
        headers={**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _end(handing: Handing, link: str) -> None:
    try:
        await handing.fetched(link)
    except (HandedEnded, StateDown):
        # It ends by itself in any case.
        structlog.get_logger("ledgermesh").debug("a handed file stays until its time is over")
