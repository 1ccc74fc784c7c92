"""Our own OAuth clients at providers: a tenant's, or the operator's for everybody. Their secrets are never shown."""

from __future__ import annotations

from dataclasses import replace

from msgspec import Struct

from ledgermesh.graph.admin.desk import Desk
from ledgermesh.graph.admin.words import wrong
from ledgermesh.spec.auth import OAuth2
from ledgermesh.spec.provider import Provider
from ledgermesh.state.base import Grant, Secret

FOR_ALL = "*"
"""In the place of a tenant: the client of every tenant that has none of its own."""
CHARACTERS_MAX = 4_000


class OAuthClientEntry(Struct, frozen=True, kw_only=True):
    """What may be shown of a client."""

    provider: str
    environment: str
    app_wide: bool
    client_id: str


def ways(definition: Provider) -> tuple[OAuth2, ...]:
    """The provider's ways in that need a client of ours."""
    return tuple(
        each for each in definition.auth if isinstance(each, OAuth2) and each.grant == "authorization_code"
    )


async def oauth_clients(desk: Desk) -> list[OAuthClientEntry]:
    """The tenant's own, by provider; an operator's also those for everybody."""
    desk.check_whole()
    found = []
    for owner in (desk.tenant.id, *((FOR_ALL,) if desk.operator else ())):
        for provider in sorted(name for name, each in desk.definitions.items() if ways(each)):
            grant = await desk.state.clients.find(owner, desk.environment, provider)
            if grant is not None and grant.linked:
                found.append(_shown(grant))
    return found


async def set_oauth_client(
    desk: Desk, *, provider: str, client_id: str, client_secret: Secret, app_wide: bool = False
) -> OAuthClientEntry:
    """Keep a client for a provider in the caller's environment, instead of the one before."""
    owner = _owner(desk, app_wide=app_wide)
    definition = desk.definition(provider)
    if not ways(definition):
        raise wrong("provider", "has no consent that would need a client")
    for field, text in (("clientId", client_id), ("clientSecret", client_secret.reveal())):
        if not 0 < len(text) <= CHARACTERS_MAX or not text.isprintable():
            raise wrong(field, f"is 1 to {CHARACTERS_MAX} printable characters")
    secrets = {"client_id": Secret(client_id), "client_secret": client_secret}
    with desk.audited("set OAuth client", owner=owner, provider=provider):
        while True:
            old = await desk.state.clients.find(owner, desk.environment, provider)
            grant = Grant(
                tenant=owner,
                environment=desk.environment,
                connection=provider,
                scheme=ways(definition)[0].name,
                secrets=secrets,
                version=old.version if old is not None else 0,
            )
            if await desk.state.clients.write(grant):
                return _shown(replace(grant, version=grant.version + 1))


async def remove_oauth_client(desk: Desk, *, provider: str, app_wide: bool = False) -> bool:
    """Forget a client; whether there was one."""
    owner = _owner(desk, app_wide=app_wide)
    desk.definition(provider)
    with desk.audited("remove OAuth client", owner=owner, provider=provider):
        old = await desk.state.clients.find(owner, desk.environment, provider)
        await desk.state.clients.forget(owner, desk.environment, provider)
    return old is not None and old.linked


def _owner(desk: Desk, *, app_wide: bool) -> str:
    if app_wide:
        desk.check_operator()
        return FOR_ALL
    desk.check_whole()
    return desk.tenant.id


def _shown(grant: Grant) -> OAuthClientEntry:
    return OAuthClientEntry(
        provider=grant.connection,
        environment=grant.environment,
        app_wide=grant.tenant == FOR_ALL,
        client_id=grant.secrets["client_id"].reveal(),
    )
