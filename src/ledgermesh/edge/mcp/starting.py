"""Bring the tools up when they are wanted: the protocol's package is an extra, and takes longer to load than we do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import httpx
from graphql import build_schema

from ledgermesh.edge.mcp.asking import Asking
from ledgermesh.edge.mcp.operations import operations
from ledgermesh.edge.mcp.planning import Plans
from ledgermesh.edge.mcp.tools import Caller, Known
from ledgermesh.edge.mcp.words import index
from ledgermesh.errors import ConfigurationError
from ledgermesh.playground.examples import read_examples

SERVER: Final = "ledgermesh.edge.mcp.server"
SECONDS: Final = 130.0
"""For one answer of the gateway: longer than it gives anybody."""


def protocol() -> Any:
    """The module that speaks the protocol, loaded now."""
    return import_module(SERVER)


def known(sdl: str, folder: Path) -> Known:
    """What the tools know of a gateway with this schema; takes about a second."""
    schema = build_schema(sdl, assume_valid=True)
    ready = operations(schema, read_examples(folder))
    return Known(
        schema=schema,
        entries=index(schema, {name: each.description for name, each in ready.items()}),
        operations=ready,
        plans=Plans(),
    )


async def over_stdio(url: str, key: str, folder: Path, *, unasked: bool) -> None:
    """Serve the tools of the gateway at this address over standard input and output.

    Raises GatewayAway and Denied where it does not answer.
    """
    headers = {"Authorization": f"Bearer {key}", "User-Agent": f"ledgermesh-mcp/{version('ledgermesh')}"}
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS, follow_redirects=False) as client:
        caller = Caller(Asking(client, headers), owner="stdio")
        await caller.asking.scopes()
        found = known(await caller.asking.schema(), folder)

        @asynccontextmanager
        async def of(request: Any) -> AsyncIterator[Caller]:
            yield caller

        module = protocol()
        await module.serve_stdio(
            module.make_server(found, of, version=version("ledgermesh"), unasked=unasked)
        )


async def loaded(sdl: str, folder: Path) -> tuple[Any, Known]:
    """The protocol and what the tools know, while others go on."""
    return await asyncio.to_thread(protocol), await asyncio.to_thread(known, sdl, folder)


def environment_key(environ: Mapping[str, str], variable: str) -> str:
    """The API key that the environment holds; raises ConfigurationError."""
    found = environ.get(variable, "").strip()
    if not found:
        raise ConfigurationError(f"the environment variable {variable} holds no API key")
    return found
