"""The built files: found once by name, read and compressed on first use, then kept."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".ttf": "font/ttf",
}
# A name holds a digest of its content, so a browser never has to ask for it again.
FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """Serves the files of one folder; a name is looked up in a table, so no other path is reachable.

    Kept in memory are the compressed bytes of what was asked for, 1.8 MB at most; the rare client without
    gzip gets them unpacked.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = {path.name: path for path in folder.iterdir() if path.suffix in TYPES}
        self._packed: dict[str, bytes] = {}

    async def answer(self, request: Request) -> Response:
        """Answer `GET` and `HEAD` for `{name}`; 404 for a name that was not built."""
        path = self._paths.get(request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        packed = await self._read(path)
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
        if _takes_gzip(request):
            return Response(
                packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=TYPES[path.suffix]
            )
        content = await asyncio.to_thread(gzip.decompress, packed)
        return Response(content, headers=headers, media_type=TYPES[path.suffix])

    async def _read(self, path: Path) -> bytes:
        if path.name not in self._packed:
            # Two first requests at once do the same work twice, which is cheaper than a lock.
            self._packed[path.name] = await asyncio.to_thread(_pack, path)
        return self._packed[path.name]


def _pack(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)


def _takes_gzip(request: Request) -> bool:
    offers = request.headers.get("accept-encoding", "").lower().split(",")
    return any(_is_gzip(offer) for offer in offers)


def _is_gzip(offer: str) -> bool:
    name, _, quality = offer.replace(" ", "").partition(";q=")
    return name in ("gzip", "*") and quality not in ("0", "0.0", "0.00", "0.000")
