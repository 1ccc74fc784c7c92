"""What several commands are asked in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Host = Annotated[str, typer.Option(help="Address to listen on.")]
SandboxPort = Annotated[int, typer.Option(help="Port of the emulated providers.", min=1, max=65535)]
Scale = Annotated[int, typer.Option(help="Invoices of the company grand-tour; 0 for a few hundred.", min=0)]
Config = Annotated[
    Path | None, typer.Option(help="The settings file; else LEDGERMESH_CONFIG, else ledgermesh.toml.")
]


def address(host: str, port: int, scheme: str = "http") -> str:
    """How to reach from this machine what listens on this host and port."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # a name, nothing listens here
    return f"{scheme}://[{reached}]:{port}" if ":" in reached else f"{scheme}://{reached}:{port}"
