"""Which connection somebody links: a new one or one that is there, at which provider, with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from ledgermesh.errors import BadInput
from ledgermesh.spec.auth import Auth, OAuth2
from ledgermesh.spec.provider import Provider
from ledgermesh.state.entries import ConnectionEntry, Environment
from ledgermesh.state.registry import Registry
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.linking.places import ADDRESSES, checked_all, filled, moved_settings, needed

NEW = "new"
"""Stands for the id of a connection that is not there yet; nothing is kept under it."""


class Target(Struct, frozen=True, kw_only=True):
    """What is to be linked, in whose name."""

    owner: str
    """Under whose name the grant is sealed, and whose client at the provider is used."""
    environment: Environment
    company: str
    provider: Provider
    template: str
    """The base URL, with `{settings}` in it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Known before anybody was asked."""
    connection: str | None = None
    """The id it has, or is to get."""
    entry: ConnectionEntry | None = None
    """Where it is there already."""

    def link(self, auth: Auth, settings: Mapping[str, str]) -> Link:
        """The connection as calls see it, with settings that a person gave as well; raises BadInput for those."""
        known = {**self.settings, **checked_all(self.provider, self.template, settings)}
        base_url = filled(self.template, known)
        if isinstance(auth, OAuth2):
            known |= moved_settings(self.provider, self.template, base_url, auth)
        return Link(
            tenant=self.owner,
            environment=self.environment,
            connection=self.connection or NEW,
            provider=self.provider,
            base_url=base_url,
            settings=known,
            owner=self.owner,
        )


def find_target(
    registry: Registry,
    definitions: Mapping[str, Provider],
    bases: Mapping[str, str],
    *,
    tenant: str,
    environment: Environment,
    company: str,
    provider: str,
    connection: str | None = None,
    settings: Mapping[str, str] | None = None,
    base_url: str | None = None,
) -> Target:
    """The target; raises BadInput for a provider that is not there or a connection of another company or provider.

    `bases` are the operator's addresses for sandbox connections.
    """
    if provider not in definitions:
        raise BadInput("there is no such provider", details={"field": "provider"})
    definition = definitions[provider]
    entry = registry.get(ConnectionEntry, environment, connection) if connection is not None else None
    if entry is not None and (entry.company, entry.provider) != (company, provider):
        raise BadInput("this connection is of another company or provider", details={"field": "connection"})
    usual = bases.get(provider, definition.base_url) if environment == "sandbox" else definition.base_url
    template = base_url or _template(entry, usual)
    known = {
        name: value
        for name, value in (entry.settings if entry is not None else {}).items()
        if name not in ADDRESSES
    }
    return Target(
        owner=(entry.owner if entry is not None else "") or tenant,
        environment=environment,
        company=company,
        provider=definition,
        template=template.rstrip("/"),
        settings={**known, **checked_all(definition, template, settings or {})},
        connection=connection,
        entry=entry,
    )


def _template(entry: ConnectionEntry | None, usual: str) -> str:
    """An address of its own stays with a connection."""
    if entry is None:
        return usual
    own = {name: entry.settings[name] for name in needed(usual) if name in entry.settings}
    usually = filled(usual, own) if len(own) == len(needed(usual)) else None
    return usual if usually in (None, entry.base_url) else entry.base_url
