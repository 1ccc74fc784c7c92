"""The playground: GraphiQL, our panels and nothing from outside, served from the built files in this package.

`routes(config)` serves, relative to the path it is mounted at (with its closing slash):

    GET /                              the page; it sends its queries to `graphql` beside it
    GET /playground/config.json        what the page is told, see below
    GET /playground/assets/{name}      scripts, styles, fonts: cached for ever by name

The configuration is `PlaygroundConfig`, and on the wire:

    {"environment": "sandbox" | "live",
     "keys": [{"label": "Read only", "key": "..."}],           demo keys only: everyone can read them
     "companies": [{"key": "...", "name": "..."}],             empty: the page offers a text field
     "defaultCompany": "..." | null,
     "examples": [{"name": "newest-invoices", "group": "..." | null,          in the order they are shown
                   "description": "...", "query": "...", "variables": {}}]}

A first visit opens `newest-invoices`, else the first example. The source is `playground/` at the top of the
repository; `npm ci && npm run build` there makes `built/` again, byte for byte.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledgermesh.playground.assets import Assets
from ledgermesh.playground.config import (
    Environment,
    Example,
    PlaygroundCompany,
    PlaygroundConfig,
    PlaygroundKey,
)
from ledgermesh.playground.examples import ExampleError, read_examples
from ledgermesh.playground.page import Page

__all__ = [
    "BUILT",
    "Environment",
    "Example",
    "ExampleError",
    "PlaygroundCompany",
    "PlaygroundConfig",
    "PlaygroundKey",
    "read_examples",
    "routes",
]

BUILT = Path(__file__).parent / "built"


def routes(config: PlaygroundConfig, make_nonce: Callable[[], str] = secrets.token_urlsafe) -> list[Route]:
    """The playground's routes; only names and the page (1 kB) are read now, the rest when it is asked for."""
    told = config.as_json()

    async def tell(_request: Request) -> Response:
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(told, headers=headers, media_type="application/json")

    html = (BUILT / "index.html").read_text(encoding="utf-8")
    return [
        Route("/", Page(html, make_nonce).answer, methods=["GET"]),
        Route("/playground/config.json", tell, methods=["GET"]),
        Route("/playground/assets/{name}", Assets(BUILT / "playground" / "assets").answer, methods=["GET"]),
    ]
