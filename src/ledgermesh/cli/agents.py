"""`ledgermesh mcp`: a running gateway's books as tools for an agent, over standard input and output."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Annotated

import typer

from ledgermesh import telemetry
from ledgermesh.app import operations
from ledgermesh.edge.mcp.asking import Denied
from ledgermesh.edge.mcp.extra import check_installed
from ledgermesh.edge.mcp.starting import environment_key, over_stdio
from ledgermesh.errors import ConfigurationError
from ledgermesh.settings.read import KEY_VARIABLE


def mcp(
    url: Annotated[str, typer.Option(help="Address of the gateway.")] = "http://127.0.0.1:8000",
    key_from_env: Annotated[
        str, typer.Option(help="Environment variable that holds the API key.")
    ] = KEY_VARIABLE,
    *,
    allow_commit: Annotated[
        bool, typer.Option("--allow-commit", help="Commit plans also where the client can ask nobody.")
    ] = False,
) -> None:
    """Serve a running gateway's books to an agent as tools (Model Context Protocol, standard input and output)."""
    telemetry.configure(stream=sys.stderr)
    check_installed("ledgermesh mcp")
    key = environment_key(os.environ, key_from_env)
    try:
        asyncio.run(over_stdio(url, key, operations(), unasked=allow_commit))
    except Denied as error:
        raise ConfigurationError(f"{url}: {error}") from error
