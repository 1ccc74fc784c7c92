"""Link tokens: what a tenant's backend gives an end user, to link a company's books on a page of ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from ledgermesh.errors import Forbidden
from ledgermesh.graph.admin.addresses import checked
from ledgermesh.graph.admin.desk import ADMIN, WRITE, Desk
from ledgermesh.graph.admin.words import wrong
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, TenantEntry
from ledgermesh.state.link_tokens import LINK_SECONDS_MAX, LinkRequest, LinkTokens, may_return


@dataclass(frozen=True, kw_only=True)
class MadeLink:
    """A link token, where its page is (empty where nobody said how we are reached), and when it ends."""

    token: str
    url: str
    expires_at: dt.datetime

    def __repr__(self) -> str:
        return "MadeLink(…)"


class Wish(Struct, frozen=True, kw_only=True):
    """What is to be linked."""

    company: str
    return_url: str
    seconds: int
    provider: str | None = None
    """None lets the end user pick."""
    connection: str | None = None
    """One to link again."""
    settings: Mapping[str, str]


def create_link_token(desk: Desk, wish: Wish) -> MadeLink:
    """A link token of the caller's tenant, which ends with the key that asks at the latest."""
    desk.check_backend()
    with desk.audited("create link token", company=wish.company, connection=wish.connection):
        _check_company(desk, wish.company)
        return sealed_link(desk, desk.tenant, desk.principal.key.id, wish)


def sealed_link(desk: Desk, tenant: TenantEntry, key_id: str, wish: Wish) -> MadeLink:
    """A link token in a tenant's name, for a company that is known to be its own."""
    if not 0 < wish.seconds <= LINK_SECONDS_MAX:
        raise wrong("ttlSeconds", f"is 1 to {LINK_SECONDS_MAX}")
    if not may_return(wish.return_url, tenant.allowed_urls):
        raise wrong("returnUrl", "lies at none of the tenant's allowed URLs")
    provider = wish.provider
    if wish.connection is not None:
        provider = _again(desk, tenant, wish).provider
    if provider is not None:
        checked(desk.definition(provider), wish.settings)
    elif wish.settings:
        raise wrong("settings", "need `provider`")
    ends = desk.now + dt.timedelta(seconds=wish.seconds)
    request = LinkRequest(
        tenant=tenant.id,
        key=key_id,
        environment=desk.environment,
        company=wish.company,
        return_url=wish.return_url,
        expires_at=int(min(ends, desk.principal.key.expires_at or ends).timestamp()),
        provider=provider,
        connection=wish.connection,
        settings=wish.settings,
    )
    token = LinkTokens(desk.keys, desk.state.store, desk.clock).seal(request)
    return MadeLink(
        token=token,
        url=f"{desk.public_url}/connect/{token}" if desk.public_url else "",
        expires_at=dt.datetime.fromtimestamp(request.expires_at, dt.UTC),
    )


def _check_company(desk: Desk, key: str) -> None:
    """Links are made for companies of one's own; who is only shared with links nothing into another's company."""
    scopes = desk.principal.key.scopes
    if not scopes & {WRITE, ADMIN}:
        raise Forbidden("this needs a key with the scope `api.write` or `admin`")
    found = desk.registry.get(CompanyEntry, desk.environment, key)
    if found is not None and found.owner == desk.tenant.id:
        desk.check_reaches(key)
        return
    if found is None or found.owner or desk.registry.company(desk.principal, key) is None:
        raise Forbidden("this key does not link that company, or there is no such company")


def _again(desk: Desk, tenant: TenantEntry, wish: Wish) -> ConnectionEntry:
    entry = desk.registry.get(ConnectionEntry, desk.environment, wish.connection or "")
    if entry is None or entry.company != wish.company or entry.owner not in ("", tenant.id):
        raise Forbidden("this key does not link that connection, or there is no such connection")
    if wish.provider not in (None, entry.provider):
        raise wrong("provider", "is another than the connection's")
    return entry
