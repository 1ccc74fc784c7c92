"""Link a connection with secrets that its tenant already has: an API key, a client, a token."""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.graph.admin.connections import way_in
from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.ways import kept_ways
from ledgermesh.graph.admin.words import wrong
from ledgermesh.spec.provider import Provider
from ledgermesh.state.allowances import sandbox_addresses
from ledgermesh.state.base import Secret
from ledgermesh.state.entries import ConnectionEntry
from ledgermesh.upstream.linking.direct import link_with_secrets

CHARACTERS_MAX = 8_000


async def link_connection(
    desk: Desk, id: str, *, secrets: Mapping[str, Secret], scheme: str | None = None
) -> ConnectionEntry:
    """Try what lets us in with a real call, and keep it sealed instead of what was there.

    Raises Reconnect for what the provider does not accept, and UpstreamErrors; then nothing has changed.
    """
    entry = desk.connection(id)
    definition = desk.definition(entry.provider)
    way = way_in(definition, scheme or entry.scheme)
    _check(definition, way, secrets)
    return await link_with_secrets(
        desk.state,
        desk.definitions,
        wire=desk.wire,
        clock=desk.clock,
        tenant=entry.owner or _owner(desk, entry),
        key=desk.principal.key.id,
        environment=entry.environment,
        company=entry.company,
        provider=entry.provider,
        scheme=way,
        secrets=secrets,
        connection=entry.id,
        bases=await sandbox_addresses(desk.state.store),
    )


def _owner(desk: Desk, entry: ConnectionEntry) -> str:
    """Under whose name the grant is sealed: the company's owner, else a tenant it is shared with."""
    company = desk.company(entry.company)
    return company.owner or min(company.tenants, default=desk.tenant.id)


def _check(definition: Provider, scheme: str, secrets: Mapping[str, Secret]) -> None:
    [auth] = [each for each in definition.auth if each.name == scheme]
    ways = kept_ways(auth)
    if frozenset(secrets) not in ways:
        words = " or ".join(" and ".join(sorted(way)) for way in ways)
        raise wrong("secrets", f"of {definition.name} ({scheme}) are {words}")
    for name, secret in secrets.items():
        text = secret.reveal()
        if not 0 < len(text) <= CHARACTERS_MAX or not text.isprintable():
            raise wrong("secrets", f"has a {name} that is not 1 to {CHARACTERS_MAX} printable characters")
