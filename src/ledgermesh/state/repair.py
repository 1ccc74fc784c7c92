"""Where a person repairs a connection: a link to its page that nobody had to ask for."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.state.entries import CompanyEntry, ConnectionEntry, Standing, TenantEntry
from ledgermesh.state.link_tokens import LINK_SECONDS_MAX, NO_KEY, LinkRequest, LinkTokens
from ledgermesh.state.registry import Registry

REPAIRABLE: Final = frozenset(("PENDING", "NEEDS_REAUTH", "NEEDS_CONFIG", "REVOKED"))
"""States that a person ends."""
AHEAD: Final = dt.timedelta(days=14)
"""How long before its end a sign-in that does not renew itself is announced."""


def ends_soon(standing: Standing, now: dt.datetime) -> bool:
    """Whether a person should link it again although it still works."""
    return (
        standing.state == "ACTIVE" and standing.expires_at is not None and standing.expires_at - now <= AHEAD
    )


class Repairs(Struct, frozen=True, kw_only=True):
    """Makes such links, each for a day."""

    registry: Registry
    tokens: LinkTokens
    clock: Clock
    public_url: str
    """How the gateway is reached from outside; empty where nobody said, and then there are no links."""

    def __call__(self, entry: ConnectionEntry) -> str | None:
        """The address of the page, in the name of who administers the connection; None where nobody does."""
        tenant = self.registry.get(TenantEntry, self.owner(entry))
        if tenant is None or not self.public_url:
            return None
        token = self.tokens.seal(
            LinkRequest(
                tenant=tenant.id,
                key=NO_KEY,
                environment=entry.environment,
                company=entry.company,
                return_url=next(iter(tenant.allowed_urls), ""),
                expires_at=int(self.clock.now().timestamp()) + LINK_SECONDS_MAX,
                provider=entry.provider,
                connection=entry.id,
            )
        )
        return f"{self.public_url}/connect/{token}"

    def owner(self, entry: ConnectionEntry) -> str:
        """The tenant that linked it, else the one that made its company; empty where there is none."""
        company = self.registry.get(CompanyEntry, entry.environment, entry.company)
        return entry.owner or (company.owner if company is not None else "")
