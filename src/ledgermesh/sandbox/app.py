"""All emulators as one application, or one of them at the root, behind the switchboard for faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, cast

from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from ledgermesh.clock import Clock
from ledgermesh.sandbox.board import Spoiled, Switchboard, switches
from ledgermesh.sandbox.control import Control
from ledgermesh.sandbox.emulator import PACKAGE, Emulator, modules
from ledgermesh.sandbox.world import World


class Sandbox(Struct, frozen=True):
    """The emulated providers."""

    app: Starlette
    emulators: Mapping[str, Emulator]
    board: Switchboard


class NoSuchEmulator(LookupError):
    """`--only` names a provider that has no emulator."""


class Maker(Protocol):
    """What a module here offers when it emulates a provider."""

    def __call__(self, world: World, clock: Clock) -> Emulator: ...


def makers(*packages: str) -> Mapping[str, Maker]:
    """How to make each emulator that these packages hold; by default those of this one."""
    found = {
        name: module.make for package in packages or (PACKAGE,) for name, module in modules(package).items()
    }
    return {name: cast("Maker", make) for name, make in sorted(found.items())}


def make_sandbox(
    world: World,
    clock: Clock,
    *,
    only: str | None = None,
    known: Mapping[str, Maker] | None = None,
    turned: Mapping[str, object] | None = None,
) -> Sandbox:
    """The sandbox over a world, each provider below its name; with `only`, that one at the root.

    `turned` are switches that stand otherwise from the start, at the emulators that have them. Raises NoSuchEmulator.
    `/` lists what there is, `/_control` is described in `control`.
    """
    known = makers() if known is None else known
    if only is not None and only not in known:
        raise NoSuchEmulator(f"there is no emulator of {only!r}; there are {', '.join(known)}")
    prefixes = {name: f"/{name}" for name in known} if only is None else {only: ""}
    emulators = {name: known[name](world, clock) for name in prefixes}
    for emulator in emulators.values():
        for name, value in (turned or {}).items():
            if hasattr(switches(emulator), name):
                setattr(switches(emulator), name, value)
    board = Switchboard()
    routes = [*Control(emulators, board, clock).routes(), Route("/", _landing(prefixes))]
    mounts = [Mount(prefix, Spoiled(emulators[name], board, clock)) for name, prefix in prefixes.items()]
    return Sandbox(Starlette(routes=[*routes, *mounts]), emulators, board)


def _landing(prefixes: Mapping[str, str]) -> Callable[[Request], Awaitable[Response]]:
    shown = {"providers": {name: prefix or "/" for name, prefix in prefixes.items()}, "control": "/_control"}

    async def landing(request: Request) -> Response:
        return JSONResponse(shown)

    return landing
