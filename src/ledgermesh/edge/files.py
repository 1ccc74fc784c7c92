"""Files of records through sealed links: the link is the permission, so nothing about it is cached or logged."""

from __future__ import annotations

import re

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.view import safely
from ledgermesh.graph.question import Files

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # What a provider made must not run as a page of ours.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
}


class FilesView(Struct, frozen=True):
    """The `/files/{link}` endpoint."""

    files: Files
    limits: Limits

    async def __call__(self, request: Request) -> Response:
        """The file, or the error as JSON; never raises for what a caller sends."""
        return await safely(self._respond(request))

    async def _respond(self, request: Request) -> Response:
        file = await self.files.file(request.path_params["link"], self.limits.timeout_seconds)
        name = re.sub(r"[^A-Za-z0-9._-]", "_", file.name)
        headers = {**HEADERS, "Content-Disposition": f'inline; filename="{name}"'}
        return Response(file.body, media_type=file.content_type, headers=headers)
