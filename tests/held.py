"""A small application in several workers: `python -m tests.held FOLDER WORKERS [broken]`.

`/` tells the process that answers. `/held` leaves a file that names it, and answers once there is a file
`release`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ledgermesh import telemetry
from ledgermesh.clock import SystemClock
from ledgermesh.errors import LedgermeshError, NeedsConfig
from ledgermesh.server import Site, serve
from ledgermesh.workers.child import Place
from ledgermesh.workers.parent import Workers

HOST = "127.0.0.1"


def application(folder: Path) -> Starlette:
    """Knows its process."""
    numbers = count()

    async def page(request: Request) -> Response:
        return PlainTextResponse(str(os.getpid()))

    async def held(request: Request) -> Response:
        (folder / f"asked-{os.getpid()}-{next(numbers)}").touch()
        while not (folder / "release").exists():
            await asyncio.sleep(0.01)
        return PlainTextResponse(str(os.getpid()))

    return Starlette(routes=[Route("/", page), Route("/held", held)])


def main() -> None:
    """Run until a signal."""
    folder, workers, broken = Path(sys.argv[1]), int(sys.argv[2]), len(sys.argv) > 3

    def work(place: Place) -> None:
        if broken and place.number:
            raise NeedsConfig("the second one cannot start")
        site = Site(application(folder), HOST, 0, bound=place.bound)
        asyncio.run(serve([site], started=lambda _: place.answers(), worker=True))

    telemetry.configure(stream=sys.stderr)
    try:
        Workers(count=workers, host=HOST, port=0, work=work, clock=SystemClock()).run(
            lambda port: print(port, flush=True)
        )
    except LedgermeshError as error:
        sys.exit(f"ended: {error}")


if __name__ == "__main__":
    main()
