"""What every emulator module offers: `make(world, clock)` gives an Emulator, `KEEPER` says whose books it keeps.

Some emulators offer more: `Registering` where apps are linked by OAuth, `Messaging` where logins are confirmed by text
message, `Revoking` where a company can take back what it granted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from msgspec import Struct, field
from starlette.types import ASGIApp

import ledgermesh.sandbox
from ledgermesh.sandbox.books import Books

PACKAGE = ledgermesh.sandbox.__name__
APP_NAME = "ledgermesh"
"""What the consent pages call an app that was registered without a name."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Access(Struct, frozen=True, kw_only=True):
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


class OAuthClient(Struct, frozen=True):
    """An app that a provider has registered, with the one address it may send people back to.

    Id and secret are public, like everything in the sandbox.
    """

    client_id: str
    client_secret: str
    redirect_uri: str
    name: str = APP_NAME


class Message(Struct, frozen=True):
    """A text message that an emulator would have sent to a person's phone."""

    to: str
    """The person's login; the sandbox knows no numbers."""
    text: str
    code: str
    sent_at: dt.datetime


@runtime_checkable
class Registering(Protocol):
    """An emulator that apps are registered with."""

    def oauth_client(self, redirect_uri: str) -> OAuthClient:
        """The app with this address, registered if it was not; the same at every start."""
        ...

    def register(self, client: OAuthClient) -> None:
        """Register an app, or change the one that has this id."""
        ...

    def clients(self) -> Sequence[OAuthClient]:
        """Every app, in the order of registration."""
        ...


@runtime_checkable
class Messaging(Protocol):
    """An emulator that sends text messages."""

    def messages(self) -> Sequence[Message]:
        """Those sent so far, oldest first."""
        ...

    def forget_messages(self) -> None:
        """Forget them; the codes in them stay good."""
        ...


@runtime_checkable
class Revoking(Protocol):
    """An emulator whose companies can take back what they granted."""

    def revoke(self, company: str) -> None:
        """What was granted on this company's books is worth nothing from now on; KeyError where it has none here."""
        ...


def oauth_client(emulator: Emulator, redirect_uri: str) -> OAuthClient | None:
    """The app that sends people back to this address, registered with the emulator and the same at every start.

    None for a provider without OAuth; ValueError for an address that providers refuse, see `check_redirect_uri`.
    """
    return emulator.oauth_client(redirect_uri) if isinstance(emulator, Registering) else None


def derived_client(provider: str, redirect_uri: str) -> OAuthClient:
    """An app whose id and secret follow from its address; ValueError as `check_redirect_uri` says."""
    check_redirect_uri(redirect_uri)
    seed = f"{provider} {redirect_uri}".encode()
    id, secret = (hashlib.blake2b(seed, digest_size=size).hexdigest() for size in (8, 20))
    return OAuthClient(f"{provider}-app-{id}", secret, redirect_uri)


def check_redirect_uri(uri: str) -> None:
    """ValueError unless people may be sent back there: https, or http to this machine, and no fragment.

    Kashoo states the first for its apps, RFC 6749 (3.1.2) the second for all.
    """
    parts = urlsplit(uri)
    host = parts.hostname or ""
    local = host in _LOOPBACK or host.endswith(".localhost")
    if not host or parts.scheme not in ("https", "http") or (parts.scheme == "http" and not local):
        raise ValueError(f"redirect_uri must be https, or http to localhost; not {uri!r}")
    if "#" in uri:
        raise ValueError(f"redirect_uri must have no fragment; not {uri!r}")


def modules(package: str = PACKAGE) -> Mapping[str, ModuleType]:
    """The emulators there are, sorted by name: modules and packages that have a function `make`."""
    path = importlib.import_module(package).__path__
    names = sorted(module.name for module in pkgutil.iter_modules(path))
    found = {name: importlib.import_module(f"{package}.{name}") for name in names}
    return {name: module for name, module in found.items() if callable(getattr(module, "make", None))}
