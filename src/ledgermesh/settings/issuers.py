"""Issuers of tokens in the settings: what is wrong with them, and the issuers that the edge knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ledgermesh.clock import Clock
from ledgermesh.edge.issuers.issuer import Issuer as Trusted
from ledgermesh.edge.issuers.issuer import Rights
from ledgermesh.edge.issuers.keyset import KeySet, NoKeys, Source, from_file, from_url, read_keys
from ledgermesh.edge.issuers.verifying import Issuers
from ledgermesh.edge.issuers.verifying import Trusted as Vouched
from ledgermesh.edge.transport.addresses import loopback
from ledgermesh.settings.values import Issuer, Settings
from ledgermesh.state.registry import Registry
from ledgermesh.upstream.wire import Wire

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
        yield from _unreadable(issuer.jwks_file)
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


def _unreadable(path: Path) -> Iterator[str]:
    try:
        read_keys(path.read_bytes())
    except OSError:
        yield "jwks_file cannot be read"
    except NoKeys as error:
        yield f"jwks_file: {error}"


def to_issuers(settings: Settings, wire: Wire, registry: Registry, clock: Clock) -> Issuers:
    """Who else vouches for callers; `wire` fetches their keys."""
    trusted = [
        Vouched(to_issuer(each), KeySet(each.name, to_source(each, wire, clock), clock))
        for each in settings.issuers
    ]
    return Issuers(trusted, registry, clock)


def to_issuer(given: Issuer) -> Trusted:
    """The issuer as the edge knows it."""
    return Trusted(
        name=given.name,
        url=given.issuer,
        audiences=frozenset(given.audience),
        algorithms=frozenset(given.algorithms),
        rights=Rights(
            tenant=given.tenant,
            tenant_claim=given.tenant_claim,
            tenants=frozenset(given.tenants) if given.tenants is not None else None,
            environment=given.environment,
            environment_claim=given.environment_claim,
            scopes_claim=given.scopes_claim,
            scope_words={word: frozenset(ours) for word, ours in given.scope_words.items()},
            scopes=frozenset(given.scopes),
            companies_claim=given.companies_claim,
        ),
        subject_claim=given.subject_claim,
        leeway_seconds=given.leeway_seconds,
        age_seconds_max=given.age_seconds_max,
    )


def to_source(given: Issuer, wire: Wire, clock: Clock) -> Source:
    """Where its keys come from."""
    if given.jwks_file is not None:
        return from_file(given.jwks_file)
    return from_url(wire, given.jwks_url or "", clock)
