"""Issuers of the settings as the edge knows them. What verifies signatures takes a while to load, so this is not
loaded where there are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ledgermesh.clock import Clock
from ledgermesh.edge.issuers.issuer import Issuer as Trusted
from ledgermesh.edge.issuers.issuer import Rights
from ledgermesh.edge.issuers.keyset import KeySet, NoKeys, Source, from_file, from_url, read_keys
from ledgermesh.edge.issuers.verifying import Issuers
from ledgermesh.edge.issuers.verifying import Trusted as Vouched
from ledgermesh.settings.values import Issuer, Settings
from ledgermesh.state.registry import Registry
from ledgermesh.upstream.wire import Wire


def unreadable(path: Path) -> Iterator[str]:
    """What is wrong with a file of keys."""
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
