"""The commands of `ledgermesh`."""

from __future__ import annotations

import sys

from ledgermesh.cli.admin import admin
from ledgermesh.cli.agents import mcp
from ledgermesh.cli.commands import address, banner, cli, printed
from ledgermesh.cli.config import config
from ledgermesh.cli.doctor.command import doctor
from ledgermesh.cli.link import connect
from ledgermesh.errors import LedgermeshError
from ledgermesh.sandbox.app import NoSuchEmulator

__all__ = ["address", "banner", "cli", "main", "printed"]

cli.add_typer(admin, name="admin")
cli.add_typer(config, name="config")
cli.command()(connect)
cli.command()(doctor)
cli.command()(mcp)


def main(arguments: list[str] | None = None) -> None:
    """The entry point: a mistake of the operator is said in plain words, not in a traceback."""
    try:
        cli(arguments)
    except (LedgermeshError, NoSuchEmulator) as error:
        for line in str(error).splitlines():
            print(f"ledgermesh: {line}", file=sys.stderr)  # noqa: T201  # a command prints
        sys.exit(2)
