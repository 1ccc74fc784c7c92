"""Issuers of tokens in the settings: what is wrong with them, and the issuers that the edge knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ledgermesh.clock import Clock
from ledgermesh.edge.transport.addresses import loopback
from ledgermesh.settings.values import Issuer, Settings
from ledgermesh.state.registry import Registry
from ledgermesh.upstream.wire import Wire

if TYPE_CHECKING:
    from ledgermesh.edge.issuers.verifying import Issuers

VOUCHING: Final = "ledgermesh.settings.vouching"
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


def wrong_issuers(settings: Settings) -> Iterator[str]:
    """What keeps tokens from being taken."""
    names, urls = [each.name for each in settings.issuers], [each.issuer for each in settings.issuers]
    for twice in sorted({each for found in (names, urls) for each in found if found.count(each) > 1}):
        yield f"issuers: {twice!r} is there twice"
    tenants = {each.id for each in settings.tenants}
    for each in settings.issuers:
        yield from (f"issuers {each.name}: {wrong}" for wrong in _wrong(each, tenants))


def _wrong(issuer: Issuer, tenants: set[str]) -> Iterator[str]:
    if NAME.fullmatch(issuer.name) is None:
        yield "name is 1 to 40 letters, digits, - and _"
    if (issuer.jwks_url is None) == (issuer.jwks_file is None):
        yield "give exactly one of jwks_url and jwks_file"
    if issuer.jwks_url is not None and not _safe(issuer.jwks_url):
        yield "jwks_url is https://, or http:// on this machine"
    if issuer.jwks_file is not None:
        yield from import_module(VOUCHING).unreadable(issuer.jwks_file)
    if (issuer.tenant is None) == (issuer.tenant_claim is None):
        yield "give exactly one of tenant and tenant_claim"
    if issuer.tenant is not None and issuer.tenant not in tenants:
        yield f"there is no tenant {issuer.tenant!r}"


def _safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and loopback(host)))
    except ValueError:
        return False


def to_issuers(settings: Settings, wire: Wire, registry: Registry, clock: Clock) -> Issuers | None:
    """Who else vouches for callers, None where nobody does; `wire` fetches their keys."""
    if not settings.issuers:
        return None
    made: Issuers = import_module(VOUCHING).to_issuers(settings, wire, registry, clock)
    return made
