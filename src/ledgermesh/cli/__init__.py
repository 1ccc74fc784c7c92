"""The commands of `ledgermesh`. What a command needs is loaded when it is the one that is run."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Final

import typer

from ledgermesh.errors import LedgermeshError

__all__ = ["COMMANDS", "commands", "main"]

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "demo",
    "serve": "serving",
    "sandbox": "sandboxed",
    "providers": "printing",
    "schema": "printing",
    "layers": "printing",
    "connect": "link",
    "doctor": "doctor.command",
    "mcp": "agents",
    "admin": "admin",
    "config": "config",
}
"""Every command and the module of this package that has it, under its own name."""


def commands(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """These commands; a group of commands is one of them."""
    made = typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    # Without one, Typer takes a single command for the whole program.
    made.callback(help="One live GraphQL endpoint over every set of books a company keeps.")(lambda: None)
    for name in names:
        found = getattr(import_module(f"{__name__}.{COMMANDS[name]}"), name)
        if isinstance(found, typer.Typer):
            made.add_typer(found, name=name)
        else:
            made.command(name)(found)
    return made


def main(arguments: list[str] | None = None) -> None:
    """The entry point: a mistake of the operator is said in plain words, not in a traceback."""
    own = arguments is None
    if own:
        # Modules and types stay for good. Looking for garbage among them is a tenth of the time they take to load.
        gc.disable()
    asked = sys.argv[1:] if arguments is None else arguments
    try:
        cli = commands(asked[:1] if asked and asked[0] in COMMANDS else COMMANDS)
        if own:
            gc.freeze()
            gc.enable()
        cli(arguments)
    except LedgermeshError as error:
        for line in str(error).splitlines():
            print(f"ledgermesh: {line}", file=sys.stderr)  # noqa: T201  # a command prints
        sys.exit(2)
