"""What every emulator module offers: `make(world, clock)` gives an Emulator, `KEEPER` says whose books it keeps."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Protocol

from starlette.types import ASGIApp

import ledgermesh.sandbox
from ledgermesh.sandbox.books import Books

PACKAGE = ledgermesh.sandbox.__name__


@dataclass(frozen=True, kw_only=True)
class Access:
    """How a client of the real API would be set up for one set of books."""

    base_path: str
    """Below the emulator's root, for example `/api`."""
    scheme: str
    """Which of the provider's ways to sign in."""
    secrets: Mapping[str, str]
    """What that way needs, by the names the provider uses."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What is not secret and stands in the provider's paths (a business id, a host name)."""


class Emulator(Protocol):
    """One provider's API over the world's books."""

    name: str
    """The provider's key, for example `kashoo`; the sandbox serves it below `/{name}`."""
    app: ASGIApp
    """The provider's own paths at the root, for example `/api/businesses/{id}`."""

    def credentials(self, books: Books) -> Mapping[str, str]:
        """What a person who keeps these books would type in to link them (keys, logins, business ids)."""
        ...

    def access(self, books: Books) -> Access:
        """The same as the demo links them."""
        ...


def modules(package: str = PACKAGE) -> Mapping[str, ModuleType]:
    """The emulators there are, sorted by name: modules and packages that have a function `make`."""
    path = importlib.import_module(package).__path__
    names = sorted(module.name for module in pkgutil.iter_modules(path))
    found = {name: importlib.import_module(f"{package}.{name}") for name in names}
    return {name: module for name, module in found.items() if callable(getattr(module, "make", None))}
