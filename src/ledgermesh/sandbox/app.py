"""All emulators as one application, or one of them at the root, behind the switchboard for faults."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ledgermesh.sandbox
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

from ledgermesh.clock import Clock
from ledgermesh.sandbox.control import Control
from ledgermesh.sandbox.emulator import Emulator
from ledgermesh.sandbox.faults import Faults, Switchboard
from ledgermesh.sandbox.world import World


@dataclass(frozen=True)
class Sandbox:
    """The emulated providers."""

    app: Starlette
    emulators: Mapping[str, Emulator]
    board: Switchboard


class NoSuchEmulator(LookupError):
    """`--only` names a provider that has no emulator."""


def emulated() -> list[str]:
    """The providers that have an emulator: the packages here that offer `make(world, clock)`."""
    found = (module.name for module in pkgutil.iter_modules(ledgermesh.sandbox.__path__) if module.ispkg)
    return sorted(name for name in found if callable(_maker(name)))


def _maker(name: str) -> Any:
    return getattr(importlib.import_module(f"ledgermesh.sandbox.{name}"), "make", None)


def make_sandbox(world: World, clock: Clock, *, only: str | None = None) -> Sandbox:
    """The sandbox over a world; with `only`, that provider's own paths at the root. Raises NoSuchEmulator."""
    names = emulated()
    if only is not None and only not in names:
        raise NoSuchEmulator(f"there is no emulator of {only!r}; there are {', '.join(names)}")
    chosen = names if only is None else [only]
    emulators: dict[str, Emulator] = {name: _maker(name)(world, clock) for name in chosen}
    board = Switchboard()
    mounts: list[BaseRoute] = [
        Mount(f"/{name}" if only is None else "/", Faults(emulator.app, name, board, clock))
        for name, emulator in emulators.items()
    ]

    async def index(request: Request) -> JSONResponse:
        return JSONResponse({"providers": {name: f"/{name}" for name in emulators}, "control": "/_control"})

    pages: list[BaseRoute] = [] if only is not None else [Route("/", index)]
    return Sandbox(
        Starlette(routes=[*Control(emulators, board, clock).routes(), *pages, *mounts]), emulators, board
    )
