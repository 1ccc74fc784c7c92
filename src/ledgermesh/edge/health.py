"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Trouble = Callable[[], str | None]
"""What keeps the gateway from answering, without any value; None when nothing does."""


async def healthz(request: Request) -> JSONResponse:
    """The process lives."""
    return JSONResponse({"status": "ok"})


def readyz(trouble: Trouble) -> Callable[[Request], Awaitable[Response]]:
    """It can answer: what replicas share is known well enough, and nothing that runs beside the requests has ended."""

    async def answer(request: Request) -> JSONResponse:
        found = trouble()
        if found is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": found}, status_code=503)

    return answer
