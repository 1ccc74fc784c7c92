"""Browser tokens: part of a key's rights for one company, for pages of few origins, for an hour at most."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from ledgermesh.errors import Forbidden
from ledgermesh.graph.admin.desk import READ, WRITE, Desk
from ledgermesh.graph.admin.words import origins, wrong
from ledgermesh.state.minting import BROWSER_SECONDS_MAX, BrowserGrant, BrowserTokens


@dataclass(frozen=True, kw_only=True)
class MadeToken:
    """A token, and when it ends."""

    token: str
    expires_at: dt.datetime

    def __repr__(self) -> str:
        return "MadeToken(…)"


def create_browser_token(
    desk: Desk, *, company: str, scopes: Sequence[str], pages: Sequence[str], seconds: int
) -> MadeToken:
    """A token in the name of the key that asks; it is kept nowhere, and ends with that key at the latest."""
    desk.check_backend()
    with desk.audited("create browser token", company=company):
        grant = _grant(desk, company, scopes, pages, seconds)
    token = BrowserTokens(desk.keys).seal(grant)
    return MadeToken(token=token, expires_at=dt.datetime.fromtimestamp(grant.expires_at, dt.UTC))


def _grant(
    desk: Desk, company: str, scopes: Sequence[str], pages: Sequence[str], seconds: int
) -> BrowserGrant:
    key, tenant = desk.principal.key, desk.tenant
    if desk.registry.company(desk.principal, company) is None:
        raise Forbidden("this key does not reach that company, or there is no such company")
    if not scopes or not {READ, WRITE}.issuperset(scopes):
        raise wrong("scopes", f"are {READ}, {WRITE} or both")
    if beyond := set(scopes) - key.scopes:
        raise Forbidden(f"this key has no scope `{min(beyond)}` itself, so it gives none away")
    if not 0 < seconds <= BROWSER_SECONDS_MAX:
        raise wrong("ttlSeconds", f"is 1 to {BROWSER_SECONDS_MAX}")
    found, ends = origins("origins", pages), desk.now + dt.timedelta(seconds=seconds)
    if not found or not set(found) <= set(tenant.allowed_urls):
        raise wrong("origins", "are one or more of the tenant's allowed URLs")
    return BrowserGrant(
        tenant=tenant.id,
        environment=desk.environment,
        key=key.id,
        company=company,
        scopes=frozenset(scopes),
        origins=frozenset(found),
        expires_at=int(min(ends, key.expires_at or ends).timestamp()),
    )
